"""A penalised quadratic has its minimum in closed form, so a figure need not wait for a descent.

For a quadratic loss f with Hessian H and minimum w*, the gradient is H (w - w*), and the minimum of

    f + c Σ wⱼ²     has    H (w - w*) + 2c w = 0               one linear system
    f + c Σ |wⱼ|    has    |pullⱼ| ≤ c,  pull = H (w* - w),    with pullⱼ = c sign(wⱼ) if wⱼ ≠ 0

The second is linear in c as long as the same weights are 0: a polyline, given by its corners.
Along weights that are spared, such as an intercept, no derivative is left: they follow the others.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from calclearn.descent.arguments import array, instance, number, whole
from calclearn.descent.curvature import shrinkage_of_l2
from calclearn.descent.surfaces import Array, Surface, length

TIE = 1e-9  # a relative difference that counts as none


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
    """
    strength = np.asarray(array("strength", strength))
    number("strength", strength, 0, many=True)
    corners, weights = lasso_path(surface, spared)
    return np.stack([np.interp(strength, corners[::-1], row[::-1]) for row in weights])


def lasso_path(surface: Surface, spared: int = 0) -> tuple[Array, Array]:
    """The corners of the lasso's polyline: falling strengths (K,), and the weights there (d, K).

    From the strength at which all weights are 0 downwards: lowered by s, it lets the weights that
    are not 0 move by s H⁻¹ sign(pull), until one more pull is as large as the strength, or one of
    the weights is 0 again. Both are linear in s, so the next corner is the smallest of d numbers.

    >>> from calclearn.descent.losses import line_loss, mse
    >>> lasso_path(line_loss([-1, 1], [1, 5], mse))[0]
    array([6., 4., 0.])

    Source: Osborne, Presnell & Turlach, IMA Journal of Numerical Analysis 20 (2000).
    """
    H, best, completed = penalised_part(surface, spared)
    curvatures = np.linalg.eigvalsh(H)
    if len(best) and curvatures[0] <= 1e-15 * curvatures[-1]:
        raise ValueError(f"surface must have a single minimum, got {surface.name!r}")
    w, pull = np.zeros(len(best)), H @ best
    strength = float(np.abs(pull).max(initial=0))
    corners, rounding = [(strength, w)], 1e-10 * strength
    while strength > 0:
        step = direction(H, w, pull, np.abs(pull) >= strength - rounding)
        lost = H @ step  # of each pull, while the strength is lowered by 1
        free = (step != 0) | (w != 0)
        shrinks = free & (w * step < 0)
        events = np.full(len(w), np.inf)
        events[shrinks] = -w[shrinks] / step[shrinks]
        for side in (1, -1):  # the others, until their pull is as large as the strength
            speed = 1 - side * lost
            grows = ~free & (speed > TIE)
            distance = np.maximum(strength - side * pull, 0)
            events[grows] = np.minimum(events[grows], distance[grows] / speed[grows])
        s = events.min() if events.min() < strength - rounding else strength
        at_0 = shrinks & (events <= s * (1 + 1e-12))
        w, strength = np.where(at_0, 0, w + s * step), strength - s
        pull = H @ (best - w)
        corners.append((strength, w))
    return np.array([s for s, _ in corners]), completed(np.stack([w for _, w in corners], axis=1))


def penalised_part(surface: Surface, spared: int) -> tuple[Array, Array, Callable[[Array], Array]]:
    """The Hessian and minimum of all but the first `spared` weights, and how these follow.

    wₛ = w*ₛ - A (wₚ - w*ₚ),    A = Hₛₛ⁻¹ Hₛₚ,    and for wₚ alone    H = Hₚₚ - Hₚₛ A
    """
    H, best = hessian_and_minimum(surface)
    whole("spared", spared, 0, len(best))
    s, p = slice(None, spared), slice(spared, None)
    A = np.linalg.lstsq(H[s, s], H[s, p])[0]

    def completed(w: Array) -> Array:
        apart = (1,) * (w.ndim - 1)
        start = best[s].reshape(-1, *apart) - np.tensordot(A, w - best[p].reshape(-1, *apart), 1)
        return np.concatenate([start, w])

    return H[p, p] - H[p, s] @ A, best[p], completed


def direction(H: Array, w: Array, pull: Array, tied: Array) -> Array:
    """How the weights move while the strength is lowered by 1: the v with (H v)ⱼ = sign(pullⱼ).

    Where wⱼ = 0 and `tied`, its pull being as large as the strength, it moves as its pull, or not
    at all. With u = v sign(pull) that is the minimum of ½ uᵀ M u - Σ u over u ≥ 0 of the tied ones:
    least squares whose weights may not be negative (Lawson & Hanson 1974, chapter 23).
    """
    signs = np.where(w != 0, np.sign(w), np.sign(pull))
    M, bound, u, moves = signs[:, None] * H * signs, tied & (w == 0), np.zeros(len(w)), w != 0
    while True:
        while True:
            new = np.zeros(len(w))
            new[moves] = np.linalg.solve(M[np.ix_(moves, moves)], np.ones(moves.sum()))
            below = moves & bound & (new <= 0)
            if not below.any():
                break
            share = np.min(u[below] / (u[below] - new[below]))  # of the step, as far as u ≥ 0
            u = u + share * (new - u)
            moves = moves & ~(below & (u <= TIE * np.abs(u).max()))
            u[~moves] = 0
        u, gain = new, np.where(bound & ~moves, 1 - M @ new, 0)
        if gain.max() <= TIE:
            return signs * u
        moves = moves | (np.arange(len(w)) == gain.argmax())


@np.errstate(all="ignore")  # squares may overflow
def hessian_and_minimum(surface: Surface) -> tuple[Array, Array]:
    """The Hessian (d, d) and the minimum (d,) of a surface that is quadratic."""
    instance("surface", surface, Surface, "a Surface")
    name = repr(surface.name or surface)
    if not surface.minima or surface.batch:
        raise ValueError(f"surface must have a known minimum and be no batch, got {name}")
    best = np.array(surface.minima[0])
    H, reach = surface.hessian(best), 1 + np.abs(best)
    for w in np.random.default_rng(0).normal(size=(3, len(best))):
        w = best + reach * w
        gradient, linear = surface.gradient(w), H @ (w - best)
        if not length(gradient - linear) <= 1e-6 * (length(gradient) + length(linear)):
            raise ValueError(f"surface must be quadratic, got {name}")
    return H, best
