"""What f may take and return: real numbers, and dicts, lists and tuples of arrays of them."""

import copy
from collections.abc import Callable

import numpy as np

from calclearn.calculus import cures
from calclearn.calculus.methods import Methods


def each_leaf(function: Callable, name: str, x):
    """Put function(path, leaf) in the place of each leaf of nested dicts, lists and tuples."""
    if type(x) in (float, np.ndarray) or is_leaf(x):
        return function(name, x)
    if isinstance(x, dict):
        whole = copy.copy(x)
        for k, v in x.items():
            path = f'{name}["{k}"]' if isinstance(k, str) else f"{name}[{k!r}]"
            whole[k] = v if v is None else each_leaf(function, path, v)
        return whole
    entries = [v if v is None else each_leaf(function, f"{name}[{k}]", v) for k, v in enumerate(x)]
    return type(x)(*entries) if hasattr(x, "_fields") else type(x)(entries)


def is_leaf(x) -> bool:
    """Whether x is one array: a list of nothing but numbers is a point, or one of such lists."""
    if isinstance(x, (list, tuple)):
        lists = all(isinstance(entry, (list, tuple)) for entry in x)
        return not hasattr(x, "_fields") and all(map(is_leaf if lists else is_number, x))
    return not isinstance(x, dict)


def is_number(x) -> bool:
    number = (int, float, complex, np.generic)
    return isinstance(x, number) or (isinstance(x, Methods) and not x.shape)


def real(name: str, x, kinds: str = "fiu", must: str = "must be a real number or an array of them"):
    """Return x as floating-point numbers: an array, a NumPy number or a traced array."""
    if type(x) in (float, int):
        return np.float64(x)
    try:
        x = operand(x)
        numbers = x if isinstance(x, (Methods, np.generic)) else np.asarray(x)
    except ValueError:  # lists of different lengths
        numbers = np.array(None)
    if hasattr(x, "filled"):
        raise TypeError(f"{name} must have no mask: give the numbers that count, x.compressed()")
    kind = numbers.dtype.kind
    if kind not in kinds:
        came = numbers.dtype if kind in "bc" or type(x) is np.ndarray else type(x).__name__
        scope = ": complex numbers are out of scope" if kind == "c" else ""
        raise TypeError(f"{name} {must}, got {came}{scope}")
    return numbers.astype(np.float64) if kind in "iu" else numbers


def function(name: str, f) -> Callable:
    """Return `f`, if it can be called; raises TypeError if it cannot."""
    if not callable(f):
        raise TypeError(f"{name} must be a function, got {type(f).__name__}")
    return f


def argument_numbers(f: Callable, argnum) -> tuple[int, ...]:
    """Return `argnum` as a tuple, and refuse what no transform can work with."""
    function("f", f)
    argnums = tuple(argnum) if isinstance(argnum, (tuple, list)) else (argnum,)
    if not argnums or not all(isinstance(k, (int, np.integer)) for k in argnums):
        raise TypeError(f"argnum must be an int or a tuple of ints, got {argnum!r}")
    if len(set(argnums)) < len(argnums):
        raise ValueError(f"argnum must name each argument once, got {argnum!r}")
    return argnums


# The arguments of NumPy's functions
def operand(a):
    """Return an argument as an array: lists, pandas' columns, and arrays of traced numbers."""
    if type(a) is np.ndarray and not a.dtype.hasobject:
        return a
    if isinstance(a, (Methods, np.generic)):
        return a
    if hasattr(a, "to_numpy"):
        a = a.to_numpy()
    if isinstance(a, (list, tuple)):
        return np.stack([operand(entry) for entry in a]) if has_traced(a) else np.asarray(a)
    if type(a) is np.ndarray:
        entries = list(a.flat)
        return np.reshape(np.stack(entries) if has_traced(a) else np.array(entries), a.shape)
    return np.complex128(a) if type(a) is complex else a


def has_traced(a) -> bool:
    """Whether there is a traced array in a list, at any depth, or in an array of objects."""
    if type(a) is np.ndarray:
        return a.dtype.hasobject and any(map(has_traced, a.flat))
    return isinstance(a, Methods) or (isinstance(a, (list, tuple)) and any(map(has_traced, a)))


def checked(function, rule, keywords):
    """Return the keywords that a rule takes; refuse any other that has a value."""
    if keywords.get("out") is not None:
        raise cures.refused(function, "store")
    taken = {k: v for k, v in keywords.items() if not rule.keywords or k in rule.keywords}
    for name, value in keywords.items():
        if isinstance(value, Methods) and not rule.definition:
            raise cures.refused(function, "name", name)
        if name not in taken and value is not None:
            raise cures.refused(function, "keyword", name)
    return taken


# What f returns
def real_result(result):
    if isinstance(result, (list, tuple)):
        raise TypeError(
            f"f must return one number or array, got a {type(result).__name__}: "
            f"join its parts with np.stack or np.concatenate"
        )
    return real("f", result, "fiub", "must return real numbers")


def one_number_per_point(arguments, argnums, inputs, result):
    """Return the result, or the one number in it; refuse other shapes."""
    nested = not all(is_leaf(arguments[k]) for k in argnums)
    wrong = [x for x in inputs if result.shape not in (x.shape[1:], x.shape if nested else None)]
    if not wrong:
        return result
    if result.size == 1:
        return result.reshape(())
    shape = wrong[0].shape
    raise ValueError(
        f"grad needs one number for each point: for an argument of shape {shape} "
        f"f must return shape {' or '.join(dict.fromkeys(['()', str(shape[1:])]))}, "
        f"got {result.shape}; use jacobian(f) for several results"
    )


def results_per_point(argument, inputs, result):
    """Return the results and the axes that count them, before those of the batch of points."""
    shape = inputs[0].shape
    batch = shape[1:] if is_leaf(argument) else ()
    rows = result.shape[: max(0, result.ndim - len(batch))]
    if result.shape in ((), rows + batch):
        return result, rows
    if result.size == 1:
        return result.reshape(()), ()
    raise ValueError(
        f"jacobian needs each result for each point: for an argument of shape {shape} "
        f"f must return shape (m, {str(batch)[1:-1]}), got {result.shape}"
    )


# What comes back
def like(value, g):
    """A cotangent of `value` in its shape and dtype, that shares no memory with any other."""
    if g is None:
        g = np.zeros(value.shape, value.dtype)
    if g.dtype.kind == "c":
        raise TypeError(f"the gradient is {g.dtype}: complex numbers are out of scope")
    if isinstance(g, Methods):
        return g if g.dtype == value.dtype else g.astype(value.dtype)
    return np.array(g, value.dtype) if g.shape else value.dtype.type(g)


def joined(rows, inputs, walks) -> list:
    """The slopes of each input: those of all walks, one for each of the rows."""
    if not rows:
        return walks[0]
    slopes = [[walk[k] for walk in walks] or [np.zeros(0)] for k in range(len(inputs))]
    return [np.reshape(np.stack(s), rows + x.shape) for s, x in zip(slopes, inputs, strict=True)]


def restored(arguments, slopes) -> list:
    """One slope for each input, put together in the structures of the arguments."""
    slopes = iter(slopes)

    def leaf(name, x):
        slope = next(slopes)
        number = type(x) in (int, float) and isinstance(slope, np.floating)
        return float(slope) if number else slope

    return [each_leaf(leaf, "", argument) for argument in arguments]


def copied(name, x):
    return np.array(x) if isinstance(x, np.ndarray) else x


def ones(value):
    return value.dtype.type(1) if value.shape == () else np.ones(value.shape, value.dtype)
