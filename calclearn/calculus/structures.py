"""Arguments that hold several arrays: dicts, lists and tuples of them, nested."""

import copy
from collections.abc import Callable

import numpy as np

from calclearn.calculus.tracing import Traced


def each_leaf(function: Callable, name: str, x):
    """Put function(name, leaf) in the place of each leaf of nested dicts, lists and tuples.

    A list of nothing but numbers is a point, so it is a leaf.  None stays None.
    """
    if type(x) in (np.ndarray, float):
        return function(name, x)
    if isinstance(x, dict):
        entries = {}
        for k, v in x.items():
            path = f'{name}["{k}"]' if isinstance(k, str) else f"{name}[{k!r}]"
            entries[k] = v if v is None else each_leaf(function, path, v)
        whole = copy.copy(x)
        whole.update(entries)
        return whole
    if isinstance(x, (list, tuple)) and not is_leaf(x):
        entries = [
            v if v is None else each_leaf(function, f"{name}[{k}]", v) for k, v in enumerate(x)
        ]
        return type(x)(*entries) if hasattr(x, "_fields") else type(x)(entries)
    return function(name, x)


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
