"""A path through a thousand weights, on the plane that shows most of it (Li et al., 2018)."""

import numpy as np

from calclearn.descent.arguments import array, instance, shown, whole
from calclearn.descent.surfaces import Array, Surface, beside


def principal_directions(points: Array) -> tuple[np.ndarray, np.ndarray, float]:
    """Two directions u, v (d,) along which a path (K+1, d) moves most, and their share of it.

    The two first right singular vectors of M = [w₀ - w_K, ..., w_K - w_K], with the share
    (s₁² + s₂²) / Σ sᵢ², and such signs that the path begins at positive coordinates. Raises
    ValueError for fewer than two weights, and for a path that never moves.

    >>> principal_directions([[3.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])[0]
    array([1., 0., 0.])
    """
    moves = from_the_end(points)
    _, sizes, directions = np.linalg.svd(moves, full_matrices=False)
    u, v = directions[:2] * np.where(directions[:2] @ moves[0] < 0, -1, 1)[:, None]
    return u, v, float(np.sum(sizes[:2] ** 2) / np.sum(sizes**2))


def from_the_end(points: Array) -> np.ndarray:
    """The moves wₖ - w_K of a path (K+1, d), divided by the largest: so no square overflows."""
    points = np.asarray(array("points", points), dtype=float)
    if points.ndim != 2 or len(points) == 0 or points.shape[1] < 2:
        expected = "points must have shape (K+1, d) with d of at least 2"
        raise ValueError(f"{expected}, got {points.shape}")
    moves = points - points[-1]
    if not moves.any():
        raise ValueError("points must not all be the same")
    return moves / np.abs(moves).max()


def projected(points: Array, origin: Array, u: Array, v: Array) -> np.ndarray:
    """The shadow of a path (K+1, d) on the plane through `origin` along u and v: (2, K+1).

    The coordinates a, b for which o + a u + b v is nearest to each point. Raises ValueError for
    shapes that do not fit and for directions that are parallel.

    >>> projected([[3.0, 4.0, 5.0]], origin=[1, 0, 0], u=[1, 0, 0], v=[0, 2, 0]).ravel()
    array([2., 2.])
    """
    given = {"points": points, "origin": origin, "u": u, "v": v}
    points, origin, u, v = (np.asarray(array(*pair), dtype=float) for pair in given.items())
    if points.ndim != 2 or not points.shape[1:] == origin.shape == u.shape == v.shape:
        got = f"{points.shape}, {origin.shape}, {u.shape} and {v.shape}"
        raise ValueError(f"points must have shape (K+1, d), and origin, u and v (d,), got {got}")
    coordinates, _, rank, _ = np.linalg.lstsq(np.stack([u, v], axis=1), (points - origin).T)
    if rank < 2:
        raise ValueError("u and v must not be parallel")
    return coordinates


def share_shown(points: Array, u: Array, v: Array) -> float:
    """The share of a path's movement (K+1, d) that the plane along u and v shows.

    Σₖ ‖shadow of wₖ - w_K‖² / Σₖ ‖wₖ - w_K‖²

    Raises ValueError as `principal_directions` and `projected` do.

    >>> share_shown([[3.0, 0.0, 4.0], [0.0, 0.0, 0.0]], u=[1, 0, 0], v=[0, 1, 0])
    0.36
    """
    moves = from_the_end(points)
    coordinates = projected(moves, moves[-1], u, v)
    shadow = np.transpose([u, v]) @ coordinates  # (d, K+1)
    return float(np.sum(shadow**2) / np.sum(moves**2))


def tabulated(surface: Surface, window: tuple, nodes: int) -> Surface:
    """The surface read off a table over the window, linearly between its nodes, and at its edge.

    Where a point is NaN, so is the height. Raises ValueError for fewer than two `nodes` a side.

    >>> tabulated(Surface(lambda w: 2 * w[0] + w[1]), ((0, 1), (0, 1)), 3)([0.3, 0.8]).round(12)
    np.float64(1.4)
    """
    instance("surface", surface, Surface, "a Surface")
    whole("nodes", nodes, 2)
    pairs = array("window", window)
    low, high = np.transpose(pairs) if pairs.shape == (2, 2) else (0, 0)
    if not np.all(low < high):
        raise ValueError(f"window must hold one pair low < high for each side, got {shown(window)}")
    mesh = np.meshgrid(*np.linspace(low, high, nodes).T)
    heights = surface(np.stack(mesh))  # (b, a)

    def function(w: np.ndarray) -> np.ndarray:
        place = (w - beside(low, w)) / beside(high - low, w) * (nodes - 1)
        place = np.clip(place, 0, nodes - 1)
        i, j = np.minimum(np.nan_to_num(place).astype(int), nodes - 2)
        s, t = place - np.stack([i, j])
        left = (1 - t) * heights[j, i] + t * heights[j + 1, i]
        right = (1 - t) * heights[j, i + 1] + t * heights[j + 1, i + 1]
        return (1 - s) * left + s * right

    return Surface(function, name=f"table of the {surface.name}", domain=window, dimension=2)
