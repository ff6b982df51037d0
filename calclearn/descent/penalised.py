"""A penalised quadratic has its minimum in closed form, so a figure need not wait for a descent.

For a quadratic loss f with Hessian H and minimum w*, the gradient is H (w - w*), and the minimum of

    f + c Σ wⱼ²     has    H (w - w*) + 2c w = 0               one linear system
    f + c Σ |wⱼ|    has    |pullⱼ| ≤ c,  pull = H (w* - w),    with pullⱼ = c sign(wⱼ) if wⱼ ≠ 0

The second is linear in c as long as the same weights are 0: a polyline, known by its corners.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from calclearn.descent.arguments import not_negative, surface_like
from calclearn.descent.batches import Array
from calclearn.descent.curvature import shrinkage_of_l2
from calclearn.descent.surfaces import Surface


def ridge(surface: Surface, strength: Any) -> Array:
    """The minimum (d, ...) of a quadratic surface plus `strength * l2()`, for strengths (...).

    w = Σᵢ λᵢ / (λᵢ + 2c)  (vᵢ·w*) vᵢ,    H vᵢ = λᵢ vᵢ

    Raises ValueError where the minimum of the surface is not known, and for a negative strength.

    >>> from calclearn.descent.losses import line_loss, mse
    >>> ridge(line_loss([-1, 1], [1, 5], mse), [0.0, 1.0, 3.0])
    array([[2.  , 1.  , 0.5 ],
           [3.  , 1.5 , 0.75]])

    Source: Hoerl & Kennard, Technometrics 12 (1970).
    """
    H, best = quadratic(surface)
    strength = strengths(strength)
    values, vectors = np.linalg.eigh(H)
    values = np.maximum(values, 0)  # a flat direction may come out as -1e-17
    shares = np.stack([shrinkage_of_l2(value, strength) for value in values])
    return np.tensordot(vectors * (vectors.T @ best), shares, 1)


def lasso(surface: Surface, strength: Any) -> Array:
    """The minimum (d, ...) of a quadratic surface plus `strength * l1()`, for strengths (...).

    Weights that are 0 are exactly 0. Raises ValueError as `ridge` does, and where the surface has
    no single minimum.

    >>> from calclearn.descent.losses import line_loss, mse
    >>> lasso(line_loss([-1, 1], [1, 5], mse), [0.0, 1.0, 5.0])
    array([[2. , 1.5, 0. ],
           [3. , 2.5, 0.5]])
    """
    corners, weights = lasso_path(surface)
    strength = strengths(strength)
    return np.stack([np.interp(strength, corners[::-1], row[::-1]) for row in weights])


@lru_cache(maxsize=64)
def lasso_path(surface: Surface) -> tuple[Array, Array]:
    """The corners of the lasso's polyline: falling strengths (K,), and the weights there (d, K).

    From the strength at which all weights are 0 downwards: lowered by s, it lets the weights that
    are not 0 move by s H⁻¹ sign(pull), until one more pull is as large as the strength, or one of
    the weights is 0 again. Both are linear in s, so the next corner is the smallest of d numbers.
    At most one weight is taken to enter or leave at a corner: where an exact tie, as between
    columns of small whole numbers, lets several in at once, the path may go on wrongly from there.

    >>> from calclearn.descent.losses import line_loss, mse
    >>> lasso_path(line_loss([-1, 1], [1, 5], mse))[0]
    array([6., 4., 0.])

    Source: Osborne, Presnell & Turlach, IMA Journal of Numerical Analysis 20 (2000).
    """
    H, best = quadratic(surface)
    curvatures = np.linalg.eigvalsh(H)
    if curvatures[0] <= 1e-15 * curvatures[-1]:
        raise ValueError(f"surface must have a single minimum, got {surface.name or surface!r}")
    w, pull = np.zeros(len(best)), H @ best
    strength = float(np.abs(pull).max())
    moves = np.abs(pull) == strength
    corners = [(strength, w)]
    while strength > 0:
        way, at_work = np.zeros(len(w)), np.ix_(moves, moves)
        way[moves] = np.linalg.solve(H[at_work], np.sign(pull[moves]))
        lost = H @ way  # of each pull, while the strength is lowered by 1
        toward_0 = np.where(w == 0, pull, w) * way < 0  # one that is 0 must follow its pull
        events = np.where(
            moves,
            until(np.abs(w), np.where(toward_0, np.abs(way), 0)),
            np.minimum(until(strength - pull, 1 - lost), until(strength + pull, 1 + lost)),
        )
        j = int(events.argmin())
        if events[j] < strength:
            w, strength = w + events[j] * way, strength - events[j]
            w[j], moves[j] = 0.0, not moves[j]
        else:
            w, strength = w + strength * way, 0.0
        pull = H @ (best - w)
        corners.append((strength, w))
    return np.array([s for s, _ in corners]), np.stack([w for _, w in corners], axis=1)


def until(distance: Array, speed: Array) -> Array:
    """When a distance that shrinks at this speed is 0: never, where it does not shrink."""
    shrinks = speed > 1e-12
    return np.where(shrinks, np.maximum(distance, 0) / np.where(shrinks, speed, 1), np.inf)


def quadratic(surface: Surface) -> tuple[Array, Array]:
    """The Hessian (d, d) and the minimum (d,) of a quadratic surface."""
    surface_like(surface)
    if not surface.minima:
        raise ValueError(f"surface must have a known minimum, got {surface.name or surface!r}")
    best = np.array(surface.minima[0])
    return surface.hessian(best), best


def strengths(strength: Any) -> Array:
    strength = np.asarray(strength)
    not_negative("strength", strength)
    return strength
