"""The minimum of a penalised quadratic, exactly, so that a figure need not wait for a descent.

For a quadratic loss f with Hessian H and minimum w*, pull = -∇f(w) = H (w* - w), and the minimum of

    f + c Σ wⱼ²     has    pull = 2c w                         one linear system
    f + c Σ |wⱼ|    has    |pullⱼ| ≤ c,    with pullⱼ = c sign(wⱼ) if wⱼ ≠ 0

Along weights that are spared, such as an intercept, no derivative is left: they follow the others.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from calclearn.descent.arguments import array, instance, number, whole
from calclearn.descent.curvature import shrinkage_of_l2
from calclearn.descent.surfaces import Array, Surface, beside, length

ROUNDING = 1e-12  # a relative difference that counts as none


def ridge(surface: Surface, strength: Any, spared: int = 0) -> Array:
    """The minimum (d, ...) of a quadratic surface plus `strength * l2()`, for strengths (...).

    w = Σᵢ λᵢ / (λᵢ + 2c)  (vᵢ·w*) vᵢ,    H vᵢ = λᵢ vᵢ

    The penalty leaves out the first `spared` weights: 1 for a model that begins with an intercept.
    Raises ValueError for a surface that is not quadratic with a known minimum, and below 0.

    >>> from calclearn.descent.losses import line_loss, mse
    >>> ridge(line_loss([-1, 1], [1, 5], mse), [0.0, 1.0, 3.0])
    array([[2.  , 1.  , 0.5 ],
           [3.  , 1.5 , 0.75]])

    Source: Hoerl & Kennard, Technometrics 12 (1970).
    """
    H, best, completed = penalised_part(surface, spared)
    strength = np.asarray(array("strength", strength))
    values, vectors = np.linalg.eigh(H)
    values = np.maximum(values, 0)  # a flat direction may come out as -1e-17
    shares = shrinkage_of_l2(values.reshape(-1, *(1,) * strength.ndim), strength)
    return completed(np.tensordot(vectors * (vectors.T @ best), shares, 1))


def lasso(surface: Surface, strength: Any, spared: int = 0) -> Array:
    """The minimum (d, ...) of a quadratic surface plus `strength * l1()`, for strengths (...).

    Weights that are 0 are exactly 0. Raises ValueError as `ridge` does, and where the surface has
    no single minimum.

    >>> from calclearn.descent.losses import line_loss, mse
    >>> lasso(line_loss([-1, 1], [1, 5], mse), [0.0, 1.0, 5.0])
    array([[2. , 1.5, 0. ],
           [3. , 2.5, 0.5]])

    Source: Tibshirani, J. R. Statist. Soc. B 58 (1996).
    """
    H, best, completed = penalised_part(surface, spared)
    strength = np.asarray(array("strength", strength))
    number("strength", strength, 0, many=True)
    curvatures = np.linalg.eigvalsh(H)
    if len(best) and curvatures[0] <= 1e-15 * curvatures[-1]:
        raise ValueError(f"surface must have a single minimum, got {surface.name!r}")
    weights = [lasso_of_one(H, best, c) for c in strength.ravel()]
    return completed(np.reshape(np.transpose(weights), (len(best), *strength.shape)))


def lasso_of_one(H: Array, best: Array, c: float) -> Array:
    """The w (d,) whose pull H (w* - w) is c sign(wⱼ) where wⱼ ≠ 0, and at most c elsewhere.

    One weight after another is let go, with the sign of its pull: the one whose pull is most above
    c. Those that are free solve their linear system, as far as none of them changes its sign; the
    first that would is 0 again (Lawson & Hanson 1974, chapter 23).
    """
    w, free, pull = np.zeros(len(best)), np.zeros(len(best), bool), H @ best
    signs, least = np.sign(pull), c + ROUNDING * np.abs(pull).max(initial=0)
    for _ in range(10 * len(w)):
        excess = np.where(free, 0, np.abs(pull))
        if excess.max(initial=0) <= least:
            break
        j = excess.argmax()
        free[j], signs[j] = True, np.sign(pull[j])
        while True:
            new = np.zeros(len(w))
            new[free] = np.linalg.solve(H[np.ix_(free, free)], (H @ best - c * signs)[free])
            lost = np.flatnonzero(free & (new * signs <= 0))
            if lost.size == 0:
                break
            shares = np.abs(w[lost]) / np.maximum(np.abs(w - new)[lost], np.finfo(float).tiny)
            first = lost[shares.argmin()]
            w = w + shares.min() * (new - w)
            free[first], w[first] = False, 0
        w, pull = new, H @ (best - new)
    return w


@np.errstate(all="ignore")  # squares may overflow
def penalised_part(surface: Surface, spared: int) -> tuple[Array, Array, Callable[[Array], Array]]:
    """The Hessian and minimum of all but the first `spared` weights, and how these follow.

    wₛ = w*ₛ - A (wₚ - w*ₚ),    A = Hₛₛ⁻¹ Hₛₚ,    and for wₚ alone    H = Hₚₚ - Hₚₛ A
    """
    instance("surface", surface, Surface, "a Surface")
    name = repr(surface.name or surface)
    if not surface.minima or surface.batch:
        raise ValueError(f"surface must have a known minimum and be no batch, got {name}")
    best = np.array(surface.minima[0])
    H, reach = surface.hessian(best), 1 + np.abs(best)
    for w in np.random.default_rng(0).normal(size=(3, len(best))):
        gradient, linear = surface.gradient(best + reach * w), H @ (reach * w)
        if not length(gradient - linear) <= 1e-6 * (length(gradient) + length(linear)):
            raise ValueError(f"surface must be quadratic, got {name}")
    whole("spared", spared, 0, len(best))
    s, p = slice(None, spared), slice(spared, None)
    A = np.linalg.lstsq(H[s, s], H[s, p])[0]

    def completed(w: Array) -> Array:
        start = beside(best[s], w) - np.tensordot(A, w - beside(best[p], w), 1)
        return np.concatenate([start, w])

    return H[p, p] - H[p, s] @ A, best[p], completed
