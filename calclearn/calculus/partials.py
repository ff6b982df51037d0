"""Partial derivatives from values alone: the shifted points of all coordinates in one call of f.

A point is a column (d,); 2d shifted points are a table (d, 2d), and plain NumPy code that takes the
one takes the other. So a gradient costs one call of f in place of 2d, and the same holds for many
points (d, ...). Functions that cannot do this, and functions that only seem to (`evaluation` tells
them apart), are asked point by point; so are all functions of three coordinates or fewer, for which
a loop is the quicker way.

`grad` and `jacobian` take one central difference an axis: quick, right to about ten digits, with no
error beside it; where the error matters, `derivative` along a line tells it. `hessian` divides by
h² and would lose half of its digits, so it extrapolates.
"""

import math
from collections.abc import Callable

import numpy as np

from calclearn.calculus import richardson
from calclearn.calculus.evaluation import (
    at_points,
    callable_function,
    numbers,
    real,
    real_array,
)
from calclearn.calculus.richardson import EPS

STEP = EPS ** (1 / 3)  # where truncation h² meets round-off EPS / h


def grad(f: Callable) -> Callable:
    """The gradient of a function of many coordinates, by central differences: f -> ∇f.

    ∂f/∂wᵢ ≈ (f(w + hᵢeᵢ) - f(w - hᵢeᵢ)) / 2hᵢ,   hᵢ = ∛ε max(|wᵢ|, 1)

    `grad(f)` takes one point (d,) or many (d, ...) and returns an array of the same shape, right
    to about ten digits for functions that change over distances near 1. All shifted points go
    through f in one call, as (d, 2dm) for m points, where f can take it. Raises `TypeError` or
    `ValueError` where the point is not real and finite, or f(w) is not one number.

    >>> grad(lambda w: w[0] ** 2 + 3 * w[1])([2.0, 1.0]).round(8)
    array([4., 3.])
    """

    callable_function("f", f)

    def gradient(w) -> np.ndarray:
        w = w if isinstance(w, np.ndarray) else real_array("w", w)
        if w.ndim == 0:
            return _slopes(lambda points: f(points[0]), real_array("w", w)[None])[0]
        slopes = _few_slopes(f, w) if w.shape in FEW and w.dtype == float else None
        if slopes is None:
            slopes = _slopes(f, _point(w))
            _one_number(slopes.shape[: -w.ndim])
        return slopes

    return gradient


def jacobian(f: Callable) -> Callable:
    """The Jacobian matrix by central differences, column by column: f (d,) -> (p,) gives (p, d).

    Jₖᵢ = ∂fₖ/∂wᵢ

    Many points (d, ...) give (p, d, ...). Errors and accuracy as for `grad`.

    >>> jacobian(lambda w: np.stack([w[0] * w[1], w[1]]))([2.0, 5.0]).round(8)
    array([[5., 2.],
           [0., 1.]])
    """

    callable_function("f", f)

    def matrix(w) -> np.ndarray:
        return _slopes(f, _point(w))

    return matrix


def hessian(f: Callable) -> Callable:
    """The Hessian by extrapolated second differences: f (d,) -> () gives (d, d).

    v'Hv ≈ (f(w + hv) - 2f(w) + f(w - hv)) / h²,   Hᵢⱼ = (q(eᵢ + eⱼ) - q(eᵢ) - q(eⱼ)) / 2

    where q(v) = v'Hv: curvature along a line is all that needs measuring, and the identity on the
    right turns lines into a matrix. The steps are chosen as in `derivative`, so smooth functions
    are right to about ten digits. Many points (d, ...) give (d, d, ...). Errors as for `grad`.

    >>> hessian(lambda w: w[0] ** 2 * w[1])([1.0, 2.0]).round(8) + 0.0
    array([[4., 2.],
           [2., 0.]])
    """

    callable_function("f", f)

    def matrix(w) -> np.ndarray:
        w = _point(w)
        if w.size == 0:
            return np.zeros((len(w), *w.shape))
        d, points = len(w), w.reshape(len(w), -1)  # (d, m)
        scale = np.maximum(np.abs(points), 1.0)
        i, j = np.triu_indices(d)
        along = np.eye(d)[:, i]
        along[j, np.arange(len(j))] = 1.0  # eᵢ on the diagonal, eᵢ + eⱼ off it
        block = max(1, 2**22 // (2 * len(COARSE) * points.size))  # lines a call, to bound memory
        curvature = np.concatenate(
            [_curvature(f, points, scale, along[:, k : k + block]) for k in range(0, len(i), block)]
        )
        pure = curvature[i == j]  # (d, m)
        mixed = (curvature - pure[i] - pure[j]) / 2
        entries = np.where((i == j)[:, None], curvature, mixed) / scale[i] / scale[j]
        H = np.empty((d, d, points.shape[1]))
        H[i, j] = H[j, i] = entries
        return H.reshape(d, *w.shape)

    return matrix


COARSE = richardson.ladder(0.5, 8)  # below 2e-4, second differences are noise
COARSE_TABLE = richardson.Table(len(COARSE))


def _curvature(f, points, scale, along):
    """q(v) at every point (d, m) along every line v (d, lines), in units of `scale`: (lines, m)."""
    d, m = points.shape
    h = COARSE[:, None, None]
    steps = h * (along[:, :, None] * scale[:, None])[:, None]  # (d, rungs, lines, m)
    shifted = points[:, None, None] + np.concatenate([steps, -steps], axis=1)
    with np.errstate(all="ignore"):
        values = real(at_points(f, np.concatenate([shifted.reshape(d, -1), points], axis=1)))
        _one_number(values.shape[:-1])
        centre = values[-m:]
        right, left = values[:-m].reshape(2, *steps.shape[1:])
        rounding = EPS * (np.abs(right) + 2 * np.abs(centre) + np.abs(left))
        differences = (right - 2 * centre + left) / h**2
        flat = (len(COARSE), -1)
        entries, errors, _ = COARSE_TABLE.entries(
            differences.reshape(flat), rounding.reshape(flat), COARSE[:, None] ** 2
        )
        low, high = COARSE_TABLE.bounds(entries, errors)
        return richardson.best(entries, errors, low, high)[0].reshape(-1, m)


def _point(w) -> np.ndarray:
    w = real_array("w", w)
    if w.ndim == 0 or len(w) == 0:
        raise ValueError(f"w must have shape (d,) or (d, ...), got {w.shape}")
    return w


def _one_number(shape: tuple[int, ...]) -> None:
    if shape:
        raise ValueError(f"f must return one number for each point, got shape {shape}")


def _slopes(f, w):
    """Central differences along every axis: w (d, ...) -> (outputs, d, ...)."""
    d = len(w)
    if w.size == 0:  # no points
        outputs = numbers(f(w)).shape[: 1 - w.ndim]
        return np.zeros(outputs + w.shape)
    points = np.repeat(w.reshape(d, 1, -1), 2 * d, axis=1)  # (d, 2d, m)
    right = np.einsum("iim->im", points[:, :d])  # views: the i-th coordinate of the i-th point
    left = np.einsum("iim->im", points[:, d:])
    step = STEP * np.maximum(np.abs(right), 1.0)
    right += step
    left -= step
    values = real(at_points(f, points.reshape(d, -1)))
    values = values.reshape(*values.shape[:-1], 2, d, -1)
    with np.errstate(invalid="ignore"):  # ∞ - ∞, where f is infinite, is NaN
        slopes = (values[..., 0, :, :] - values[..., 1, :, :]) / (right - left)
    return slopes.reshape(*slopes.shape[:-2], *w.shape)


FEW = {(1,), (2,), (3,)}  # where a loop costs less than a batch and the check of its answers


def _few_slopes(f, w):
    """∇f in a loop, or None where anything is unusual, so that `_slopes` may say what it is."""
    slopes = []
    try:
        for i, x in enumerate(w.tolist()):
            if not math.isfinite(x):
                return None
            h = STEP * max(abs(x), 1.0)
            right, left = w.copy(), w.copy()
            right[i], left[i] = x + h, x - h
            slopes.append((f(right) - f(left)) / ((x + h) - (x - h)))
    except TypeError:
        return None
    slopes = np.array(slopes)
    usual = slopes.dtype == float and slopes.ndim == 1 and math.isfinite(sum(slopes.tolist()))
    return slopes if usual else None
