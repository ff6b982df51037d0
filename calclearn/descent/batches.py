"""Coordinates come first, the batch behind: the few idioms that serve one start and many alike.

A point is (d,), many are (d, ...). What each start has one of, a value or an answer, is (...): a
single number for a single start. Arrays of one number are slow, so for a single start these
idioms ask Python instead of NumPy, and it pays: a step of BFGS takes half the time.
"""

from typing import Any

import numpy as np

from calclearn.calculus.tracing import Traced
from calclearn.descent.arguments import REAL

Array = Any  # an ndarray, or what a trace puts in its place
NUMBERS = frozenset({float, np.float64})


def as_points(w: Array, dimension: int | None = None, argument: str = "w") -> Array:
    """`w` as floating-point coordinates (d, ...), or one sentence saying what it should be."""
    if not hasattr(w, "__array_function__"):
        try:
            w = np.asarray(w)
        except ValueError:  # lists of different lengths
            w = np.array(None)
    kind = w.dtype.kind
    if kind not in REAL:
        raise TypeError(f"{argument} must be a point, or many, in real numbers, got {w.dtype}")
    if w.ndim == 0 or (dimension is not None and w.shape[0] != dimension):
        d = "d" if dimension is None else dimension
        raise ValueError(f"{argument} must have shape ({d},) or ({d}, ...), got {w.shape}")
    return w if kind == "f" else w.astype(float)


def stack(*components: Array) -> Array:
    """Components that broadcast, stacked along a new first axis: `np.stack`, without its checks."""
    if NUMBERS.issuperset(map(type, components)):
        return np.array(components)
    shapes = {getattr(c, "shape", ()) for c in components}
    if len(shapes) > 1:
        zeros = np.zeros(np.broadcast_shapes(*shapes))
        components = [c + zeros for c in components]
    return np.stack(components) if Traced in map(type, components) else np.array(components)


def everywhere(constant: Array, w: Array) -> Array:
    """A constant (d,) or (d, d) as a field: the same at each of the points w (d, ...)."""
    return np.reshape(constant, constant.shape + (1,) * (w.ndim - 1)) + np.zeros(
        w.shape[1:], dtype=constant.dtype
    )


def inner(a: Array, b: Array) -> Array:
    """a·b for each start: (d, ...), (d, ...) -> (...)."""
    if a.ndim > 1:
        return (a * b).sum(axis=0)
    return a.dot(b) if type(a) is type(b) else np.dot(a, b)  # slower, but one may be traced


def either(which: Array, new: Array, old: Array) -> Array:
    """`np.where`, which for a single start is a question of yes or no."""
    if isinstance(which, np.ndarray):
        return np.where(which, new, old)
    return new if which else old


def chosen(which: Array, new: Any, old: Any) -> Any:
    """For each start the tuple `new` where `which` (...) is true, else `old`."""
    if isinstance(which, np.ndarray):
        return type(old)(*(np.where(which, n, o) for n, o in zip(new, old, strict=True)))
    return new if which else old


def some(which: Array) -> bool:
    """Is it true of any start?"""
    return bool(which.any() if isinstance(which, np.ndarray) else which)
