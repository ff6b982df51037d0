"""Methods and keywords of ufuncs: np.add.reduce, np.multiply.outer, np.maximum.accumulate, out=."""

import functools
import itertools

import numpy as np

from calclearn.calculus.arrays import cast
from calclearn.calculus.cures import cannot_store, full_name
from calclearn.calculus.structures import operand
from calclearn.calculus.tracing import Traced, apply, rewritten


@rewritten(np.ufunc, arrays=0)
def ufunc_method(ufunc, method, *inputs, out=None, where=True, dtype=None, **keywords):
    """Call `ufunc` with keywords, or one of its methods."""
    if out is not None:
        raise cannot_store(ufunc)
    if dtype is not None:
        inputs = [cast(a, dtype) if type(a) is Traced else a for a in inputs]
    if method == "outer" and not keywords:
        a, b = map(operand, inputs)
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)
    if method in ("reduce", "accumulate") and where is True:
        return (fold if method == "reduce" else partial_folds)(ufunc, *inputs, **keywords)
    if method == "reduceat" and where is True:
        a, starts, axis = (*inputs, 0)[:3]
        a, ends = np.moveaxis(a, keywords.get("axis", axis), 0), [*starts[1:], None]
        spans = [
            slice(i, j if j is None or i < j else i + 1) for i, j in zip(starts, ends, strict=True)
        ]
        return np.moveaxis(np.stack([fold(ufunc, a[span]) for span in spans]), 0, axis)
    if method == "at":
        raise TypeError(
            f"{full_name(ufunc)}.at changes an array in place, and its derivative would be lost: "
            "use np.bincount(index, weights=x), or sum the parts that np.where picks"
        )
    if method != "__call__" or keywords or where is not True:
        refused = method if method != "__call__" else ", ".join(keywords) or "where"
        raise TypeError(
            f"{full_name(ufunc)} under grad has no {refused}: "
            f"use np.where, or another function of NumPy that has a rule"
        )
    return apply(ufunc, inputs)


FOLDS = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}


def fold(ufunc, a, axis=0, **keywords):
    if ufunc in FOLDS:
        return apply(FOLDS[ufunc], (a,), {"axis": axis, **keywords})
    whole = functools.reduce(ufunc, [*np.moveaxis(a, axis, 0)])
    return np.expand_dims(whole, axis) if keywords.get("keepdims") else whole


def partial_folds(ufunc, a, axis=0):
    folds = itertools.accumulate([*np.moveaxis(a, axis, 0)], ufunc)
    return np.moveaxis(np.stack(list(folds)), 0, axis)
