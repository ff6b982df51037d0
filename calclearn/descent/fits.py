"""A model that is linear in its weights gives a loss whose derivatives are matrix products.

    p = X w,    L = Σᵢ ℓ(pᵢ, yᵢ),    ∇L = Xᵀ ℓ'(p, y),    ∇²L = Xᵀ diag ℓ''(p, y) X

where row i of the design X (n, d) says how datum i weighs the weights. Squared errors need the data
only once: with QR = X their loss is L* + ‖R (w - w*)‖². Other errors visit all data for each
point, so many points are taken in blocks whose residuals fit a cache; the absolute error of
lines needs only one sorted list of residuals for all lines of one slope.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from calclearn.calculus.tracing import plain
from calclearn.descent.arguments import whole_number
from calclearn.descent.batches import Array, everywhere
from calclearn.descent.errors import Error, mse, sse
from calclearn.descent.surfaces import Field, Surface

LARGEST = 1e150  # beyond which squares are infinite
CACHED = 2**16  # residuals that a block may hold


def linear_fit(X: Array, y: Array, loss: Error, **details: Any) -> Surface:
    """The loss of p = X w for targets y (n,), as a Surface over w (d,)."""
    details = {"dimension": X.shape[1], "start": (0.0,) * X.shape[1], **details}
    if loss in (sse, mse):
        return least_squares(X, y, loss, **details)
    share = 1 / len(y) if loss.averaged else 1.0
    targets = lambda p: np.reshape(y, y.shape + (1,) * (p.ndim - 1))  # noqa: E731

    def function(w: Array) -> Array:
        return loss(np.tensordot(X, w, 1), y)

    def gradient(w: Array) -> Array:
        p = np.tensordot(X, w, 1)  # (n, ...)
        return share * np.tensordot(X.T, loss.slope(p, targets(p)), 1)

    def hessian(w: Array) -> Array:
        p = np.tensordot(X, w, 1)
        squares = (X[:, :, None] * X[:, None, :]).T  # (d, d, n)
        return share * np.tensordot(squares, loss.curvature(p, targets(p)), 1)

    zero = np.zeros_like(y)
    pull = share * np.abs(X).T @ np.abs(loss.slope(zero, y))
    fields = (in_blocks(field, len(y)) for field in (function, gradient, hessian))
    return Surface(
        *fields,
        scale=float(loss(zero, y)) or 1.0,
        steepness=float(np.linalg.norm(pull)) or 1.0,
        **details,
    )


def least_squares(X: Array, y: Array, loss: Error, **details: Any) -> Surface:
    """The squared error of p = X w: what its R factor and the best weights know of the data."""
    share = 1 / len(y) if loss.averaged else 1.0
    best = np.linalg.lstsq(X, y)[0]
    R = np.sqrt(share) * np.linalg.qr(X, mode="r")
    least = loss(X @ best, y)
    scale = float(loss(np.full_like(y, y.mean()), y) or loss(np.zeros_like(y), y)) or 1.0

    def residual(w: Array) -> Array:
        return np.tensordot(R, w - np.reshape(best, best.shape + (1,) * (w.ndim - 1)), 1)

    return Surface(
        lambda w: least + np.sum(residual(w) ** 2, axis=0),
        lambda w: 2 * np.tensordot(R.T, residual(w), 1),
        lambda w: everywhere(2 * R.T @ R, w),
        minima=(tuple(best),),
        scale=scale,
        steepness=2 * float(np.linalg.norm(R) * np.sqrt(scale)),  # g² ≤ 2 λ (f - f*), λ = 2‖R‖²
        **details,
    )


def absolute_error_of_lines(x: Array, y: Array, one_by_one: Field) -> Field:
    """The mean absolute error of lines (2, ...): n log n work a slope, log n an intercept.

    With the residuals rᵢ = yᵢ - m xᵢ sorted and S(k) the sum of the first k,

        Σ |rᵢ - c| = S(n) - 2 S(k) + (2k - n) c,    k the number of rᵢ < c

    Lines that hardly share a slope are left to `one_by_one`.
    """
    n = len(y)

    def function(w: Array) -> Array:
        if plain(w) is not w:
            return one_by_one(w)
        slopes, shared = np.unique(w[0], return_inverse=True)
        if 4 * slopes.size > w[0].size:
            return one_by_one(w)
        order = np.argsort(shared, axis=None)  # brings the lines of one slope together
        ends = np.searchsorted(np.ravel(shared)[order], np.arange(slopes.size + 1))
        total = np.empty(order.size)
        for j, slope in enumerate(slopes):
            lines = order[ends[j] : ends[j + 1]]
            r = np.sort(y - slope * x)
            middle = r[n // 2]  # is taken out, so that the sums stay small
            c = np.ravel(w[1])[lines] - middle
            k = np.searchsorted(r - middle, c)
            sums = np.concatenate([[0.0], np.cumsum(r - middle)])
            total[lines] = sums[n] - 2 * sums[k] + (2 * k - n) * c
        return total.reshape(w.shape[1:]) / n

    return function


def in_blocks(field: Field, n: int) -> Field:
    """The field of points (d, ...), computed for so many at a time that n residuals each fit."""

    def blocked(w: Array) -> Array:
        points = max(1, CACHED // n)
        if w.size <= points * len(w) or plain(w) is not w:
            return field(w)
        flat = w.reshape(len(w), -1)
        parts = [field(flat[:, i : i + points]) for i in range(0, flat.shape[1], points)]
        return np.concatenate(parts, axis=-1).reshape(parts[0].shape[:-1] + w.shape[1:])

    return blocked


def mini_batches(
    loss_of: Callable[[np.ndarray], Surface], n: int, batch_size: int | None, loss: Error
) -> Callable[[np.random.Generator], Surface] | None:
    """The sampler of a Surface: the loss of `batch_size` of n data, drawn without repetition.

    A sum over the batch counts n / batch_size times, so that its mean is the whole loss.
    """
    if batch_size is None:
        return None
    whole_number("batch_size", batch_size, 1, n)

    def sample(rng: np.random.Generator) -> Surface:
        batch = loss_of(rng.choice(n, batch_size, replace=False, shuffle=False))
        return batch if loss.averaged else (n / batch_size) * batch

    return sample


def data_for(x: Array, y: Array, loss: Error, features: bool = False) -> tuple[Array, Array]:
    """x and y as finite numbers of one length, or one sentence that says what is wrong."""
    if not isinstance(loss, Error):
        raise TypeError(f"loss must be an error such as sse, mse, mae or huber, got {loss!r}")
    x, y = as_data("x", x, features), as_data("y", y, False)
    if len(x) != len(y):
        raise ValueError(f"x and y must have one length, got {len(x)} and {len(y)}")
    return x, y


def as_data(name: str, values: Array, features: bool) -> np.ndarray:
    try:
        array = np.array(values)
        array = array.astype(float if array.dtype.kind in "fiubO" else object)
    except (TypeError, ValueError, OverflowError):
        array = np.array(None)
    if array.dtype != float:
        raise TypeError(f"{name} must be an array of real numbers, got {values!r:.60}")
    if not (array.ndim == 1 or (features and array.ndim == 2)) or array.size == 0:
        shapes = "(n,) or (n, f)" if features else "(n,)"
        raise ValueError(f"{name} must have shape {shapes} with n of at least 1, got {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise ValueError(f"{name} must be finite, got {array.flat[bad[0]]} at position {bad[0]}")
    if np.abs(array).max() > LARGEST:
        raise ValueError(f"{name} must be at most {LARGEST:g} in size, got {np.abs(array).max():g}")
    return array
