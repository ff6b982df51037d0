"""How to ask a function many questions: all in one call where it can answer, else one by one.

Numerical mathematics asks a function for its value at hundreds of points. Plain NumPy code answers
them all at once, a hundred times faster than a loop; code written for a single point refuses, or,
worse, answers something else. So the decision is to try one call and to believe it only if its
shape is right and two of its values are those that f gives when asked alone. Anything else is
asked again, point by point: doubt costs time, never correctness.
"""

from collections.abc import Callable

import numpy as np

ROUNDING = 1e-12  # NumPy may add the same numbers in another order, and nothing more


def real_array(name: str, values) -> np.ndarray:
    """`values` as a float64 array; raises where they are not real, finite numbers.

    >>> real_array("x", [1, 2])
    array([1., 2.])
    """
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        array = np.array(None)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be a real number or an array of them, got {values!r:.60}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {values!r:.60}")
    return array.astype(float, copy=False)


def callable_function(name: str, function) -> None:
    """Raise unless `function` can be called.

    >>> callable_function("f", 3.0)
    Traceback (most recent call last):
    ...
    TypeError: f must be a function, got float
    """
    if not callable(function):
        raise TypeError(f"{name} must be a function, got {type(function).__name__}")


def broadcastable(**arrays) -> None:
    """Raise unless the shapes of the two arrays go together.

    >>> broadcastable(x=np.ones(2), h=np.ones(3))
    Traceback (most recent call last):
    ...
    ValueError: x and h must have shapes that broadcast, got (2,) and (3,)
    """
    shapes = [array.shape for array in arrays.values()]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        names, came = " and ".join(arrays), " and ".join(map(str, shapes))
        raise ValueError(f"{names} must have shapes that broadcast, got {came}") from None


def remembers(values) -> bool:
    """Whether `values` are more than numbers: a traced array would lose its derivative as a copy.

    >>> remembers(np.ones(3)), remembers(1.0)
    (False, False)
    """
    return hasattr(values, "__array_function__") and not isinstance(values, np.ndarray)


def real(values: np.ndarray, name: str = "f") -> np.ndarray:
    """`values` that f returned, unless they are complex.

    >>> real(np.array([1.0]))
    array([1.])
    """
    if values.dtype.kind == "c":
        raise TypeError(f"{name} must return real numbers, got complex ones")
    return values


def elementwise(f: Callable, points: np.ndarray) -> np.ndarray:
    """f of every number in `points`, for an f that takes a number to a number: (...) -> (...).

    Where f itself refuses single points (`math.log` below 0), those values are NaN. Traced values
    pass as they are. Raises `TypeError` if f returns anything but one number for one number.

    >>> import math
    >>> elementwise(math.exp, np.array([0.0, 1.0]))
    array([1.        , 2.71828183])
    """
    if remembers(points):
        return f(points)
    if points.ndim == 0:
        return _one_number(f(points[()]))
    if points.size == 0:
        return np.empty_like(points)
    values = _in_one_call(f, points)
    if remembers(values):
        return values + np.zeros(points.shape)
    extremes = points.argmin(), points.argmax()  # where any branch in f would show
    if values.shape == points.shape and all(
        _same(values.flat[k], f, points.flat[k]) for k in extremes
    ):
        return values
    return _one_by_one(f, points)


def at_points(f: Callable, points: np.ndarray) -> np.ndarray:
    """f of every column of `points`, for an f of one point: (d, m) -> (..., m).

    >>> at_points(lambda w: np.sum(w**2), np.array([[1.0, 2.0], [0.0, 3.0]]))
    array([ 1., 13.])
    """
    first = numbers(f(points[:, 0]))
    values = _in_one_call(f, points)
    if (
        values.shape == (*first.shape, points.shape[1])
        and _same(values[..., 0], lambda _: first, None)
        and _same(values[..., -1], f, points[:, -1])
    ):
        return values
    return np.stack([numbers(f(column)) for column in points.T], axis=-1)


REFUSED = np.empty((0, 0))


def _in_one_call(f: Callable, points: np.ndarray) -> np.ndarray:
    try:
        values = f(points)
        return values if remembers(values) else numbers(values)
    except Exception:  # whatever stops the batch, the single points will raise if it is a mistake
        return REFUSED


def _same(value, f: Callable, point) -> bool:
    try:
        alone = np.asarray(f(point))
    except (ArithmeticError, ValueError):
        return False
    if value.shape != alone.shape:
        return False
    if value.ndim == 0:
        value, alone = value.item(), alone.item()
        nan = value != value and alone != alone
        return value == alone or nan or abs(value - alone) <= ROUNDING * abs(alone)
    close = abs(value - alone) <= ROUNDING * abs(alone)
    return bool(np.all(close | (value == alone) | (value != value) & (alone != alone)))


def _one_by_one(f: Callable, points: np.ndarray) -> np.ndarray:
    values, refusal = [], None
    for point in points.ravel():
        try:
            values.append(_one_number(f(point)))
        except (ArithmeticError, ValueError) as error:
            values.append(np.nan)
            refusal = error
    if refusal and all(value != value for value in values):
        raise refusal
    return np.array(values).reshape(points.shape)


def numbers(result, name: str = "f") -> np.ndarray:
    """What f returned, as an array of floats or complex numbers.

    >>> numbers([True, 2])
    array([1., 2.])
    """
    try:
        values = np.asarray(result)
    except ValueError:  # lists of different lengths
        values = np.array(None)
    if values.dtype.kind in "fc":
        return values
    if values.dtype.kind in "iub":
        return values.astype(float)
    raise TypeError(f"{name} must return numbers, got {result!r:.60}")


def _one_number(result):
    value = result if remembers(result) else numbers(result)
    if value.ndim:
        raise TypeError(f"f must return one number for one number, got shape {value.shape}")
    return value[()]
