"""What a function may take: real numbers, and dicts, lists and tuples of them, nested."""

import copy
from collections.abc import Callable

import numpy as np

from calclearn.calculus.tracing import Traced, operand


def each_leaf(function: Callable, name: str, x):
    """Put function(name, leaf) in the place of each leaf of nested dicts, lists and tuples.

    A list of nothing but numbers is a point, so it is a leaf.  None stays None.
    """
    if is_leaf(x):
        return function(name, x)
    if isinstance(x, dict):
        entries = {}
        for k, v in x.items():
            path = f'{name}["{k}"]' if isinstance(k, str) else f"{name}[{k!r}]"
            entries[k] = v if v is None else each_leaf(function, path, v)
        whole = copy.copy(x)
        whole.update(entries)
        return whole
    entries = [v if v is None else each_leaf(function, f"{name}[{k}]", v) for k, v in enumerate(x)]
    return type(x)(*entries) if hasattr(x, "_fields") else type(x)(entries)


def is_leaf(x) -> bool:
    """Whether an argument is one array of numbers."""
    if isinstance(x, (list, tuple)):
        return not hasattr(x, "_fields") and all(
            isinstance(v, (int, float, complex, np.generic))
            or (type(v) is Traced and not v.shape)
            or (isinstance(v, (list, tuple)) and is_leaf(v))
            for v in x
        )
    return not isinstance(x, dict)


def real(name: str, x, kinds: str = "fiu", must: str = "must be a real number or an array of them"):
    """Return `x` as floating-point numbers: an array, a NumPy number or a traced array.

    Raises TypeError, with its name and what came, unless its dtype is one of these kinds.
    """
    if type(x) in (float, int):
        return np.float64(x)
    try:
        x = operand(x)
        numbers = x if isinstance(x, (Traced, np.generic)) else np.asarray(x)
    except ValueError:  # lists of different lengths
        numbers = np.array(None)
    kind = numbers.dtype.kind
    if kind not in kinds:
        came = numbers.dtype if kind in "bc" else type(x).__name__
        scope = ": complex numbers are out of scope" if kind == "c" else ""
        raise TypeError(f"{name} {must}, got {came}{scope}")
    return numbers.astype(np.float64) if kind in "iu" else numbers


def copied(name, x):
    return np.array(x) if isinstance(x, np.ndarray) else x


def argument_numbers(f: Callable, argnum) -> tuple[int, ...]:
    """Return `argnum` as a tuple, and refuse what no transform can work with."""
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")
    argnums = argnum if isinstance(argnum, tuple) else (argnum,)
    if not argnums or not all(isinstance(k, int) for k in argnums):
        raise TypeError(f"argnum must be an int or a tuple of ints, got {argnum!r}")
    if len(set(argnums)) < len(argnums):
        raise ValueError(f"argnum must name each argument once, got {argnum!r}")
    return argnums
