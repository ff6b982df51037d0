"""Rules of what reduces an axis: sums, products, extremes, running sums, means, spreads, quantiles.

Most are formulas in functions that have rules, and need none of their own.  A quantile is a
weighted mean of two of the sorted numbers, and NumPy names them: the quantile of the indices
0, 1, ..., n - 1 is the place between them.  The methods of ufuncs, as np.add.reduce, come last.
"""

import functools
import itertools
import math

import numpy as np

from calclearn.calculus.arrays import axes_of, cast, places, with_ones
from calclearn.calculus.cures import full_name, refused
from calclearn.calculus.kinks import at_kink, euclidean
from calclearn.calculus.structures import operand
from calclearn.calculus.tracing import TABLE, Traced, apply, parameters, rewritten, rule


# Sums: the cotangent goes back to every term
def spread(g, a, axis, where=True):
    """The cotangent of each term of a sum."""
    g = g if axis is None else g.reshape(with_ones(a.shape, axis))
    g = g + np.zeros(a.shape, g.dtype) if where is True else np.where(where, g, np.zeros(a.shape))
    return g if g.dtype == a.dtype else g.astype(a.dtype)


@rule(np.mean)
def pull_mean(g, y, a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    if where is True:
        terms = a.size / max(1, g.size)
    else:
        terms = np.sum(np.broadcast_to(where, a.shape), axis=axis).reshape(g.shape)
    return spread(g / terms, a, axis, where)


rule(np.sum, lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False, initial=0,
                    where=True: spread(g, a, axis, where))  # fmt: skip


# Products and extremes
def in_rows(a, axis):
    """`a` with the axes of a reduction brought to the end and made one."""
    if axis is None:
        return np.ravel(a)
    axes = axes_of(axis, np.ndim(a))
    moved = np.moveaxis(a, axes, range(-len(axes), 0))
    kept = np.shape(moved)[: np.ndim(a) - len(axes)]
    return np.reshape(moved, (*kept, math.prod([np.shape(a)[i] for i in axes])))


def pull_winner(g, y, a, axis=None, out=None, keepdims=False, initial=None, where=True):
    """The winner takes the cotangent; winners that tie share it equally."""
    shape = with_ones(a.shape, axis)
    top = y.reshape(shape)
    best = ((a == top) | (top != top)) & where
    winners = np.sum(best, axis=axis, keepdims=True)
    if initial is not None:
        winners = winners + (top == initial)
    share = best / np.where(winners == 0, 1, winners)
    g = g.reshape(shape) * np.where(best & (top != top), np.nan, share).astype(a.dtype)
    return at_kink(g, a, best & (winners > 1))


@rule(np.prod)
def pull_prod(g, y, a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True):
    """Each factor's slope is the product of the others, of those before it and those after it."""
    if a.size == 0:
        return np.zeros(a.shape, a.dtype)
    rows = in_rows(a if where is True else np.where(where, a, 1), axis)
    one = np.ones((*rows.shape[:-1], 1), rows.dtype)
    before = np.cumprod(np.concatenate([one, rows[..., :-1]], -1), -1)
    after = np.flip(np.cumprod(np.concatenate([one, np.flip(rows[..., 1:], -1)], -1), -1), -1)
    order = np.argsort(np.ravel(in_rows(places(a), axis)))
    others = np.ravel(before * after)[order].reshape(a.shape)
    return spread(g.reshape(with_ones(a.shape, axis)) * others * initial, a, None, where)


@rule(np.cumsum)
def pull_cumsum(g, y, a, axis=None, dtype=None, out=None):
    """Term j is in the partial sums j, j + 1, ..., so its cotangent is their sum."""
    along = -1 if axis is None else axis
    return np.flip(np.cumsum(np.flip(g, along), along), along).reshape(a.shape).astype(a.dtype)


rule(np.max, pull_winner)
rule(np.min, pull_winner)
rewritten(np.amax)(np.max)
rewritten(np.amin)(np.min)


@rewritten(np.ptp)
def ptp(a, axis=None, out=None, keepdims=False):
    return np.max(a, axis, keepdims=keepdims) - np.min(a, axis, keepdims=keepdims)


# Running sums and products
@rewritten(np.cumprod)
def cumprod(a, axis=None, dtype=None, out=None):
    a = a if dtype is None else a.astype(dtype)
    return partial_folds(np.multiply, np.ravel(a) if axis is None else a, axis or 0)


def with_start(running, start):
    """np.cumulative_sum and np.cumulative_prod, which may begin with the sum of nothing."""

    def definition(x, *, axis=None, dtype=None, out=None, include_initial=False):
        axis = 0 if axis is None and x.ndim == 1 else axis
        y = running(x, axis, dtype)
        first = np.full(with_ones(y.shape, axis), start, y.dtype)
        return np.concatenate([first, y], axis) if include_initial else y

    return definition


if hasattr(np, "cumulative_sum"):  # from NumPy 2.1
    rewritten(np.cumulative_sum)(with_start(np.cumsum, 0))
    rewritten(np.cumulative_prod)(with_start(np.cumprod, 1))


# Spreads
def spread_by(length):
    """The sum of the squares of what is off the mean, or its root, over n - ddof, or its root."""

    def definition(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True,
                   mean=None, correction=None):  # fmt: skip
        a = a if dtype is None else a.astype(dtype)
        mean = np.mean(a, axis=axis, keepdims=True, where=where) if mean is None else mean
        off = a - mean if where is True else np.where(where, a - mean, 0)
        n = np.sum(np.broadcast_to(where, np.shape(a)), axis=axis, keepdims=keepdims)
        free = np.maximum(n - (ddof if correction is None else correction), 0)
        free = float(np.max(free, initial=0)) if where is True else free.astype(a.dtype)
        if not length:
            return np.sum(off * off, axis=axis, keepdims=keepdims) / free
        root = np.sum if np.all(n == 1) else euclidean  # of one number it is always 0
        return root(off, axis=axis, keepdims=keepdims) / free**0.5

    return definition


rewritten(np.var)(spread_by(length=False))
rewritten(np.std)(spread_by(length=True))


@rewritten(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    """Σ w a / Σ w."""
    if weights is None:
        weights = np.ones(np.shape(a), a.dtype)
    weights = operand(weights)
    if np.shape(weights) != np.shape(a):  # one weight for each index along the axes
        axes = axes_of(axis, np.ndim(a))
        weights = np.transpose(weights, np.argsort(axes))
        weights = np.reshape(weights, [n if i in axes else 1 for i, n in enumerate(np.shape(a))])
    total = np.sum(np.broadcast_to(weights, np.shape(a)), axis=axis, keepdims=keepdims)
    mean = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


@rewritten(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """Σ w (xᵢ - x̅ᵢ)(xⱼ - x̅ⱼ) / (n - ddof), with a row for each variable."""
    rows = [np.atleast_2d(a) if rowvar or np.ndim(a) < 2 else np.transpose(a)
            for a in (m, y) if a is not None]  # fmt: skip
    x = np.concatenate(rows, 0)
    x = x if dtype is None else x.astype(dtype)
    f = np.ones(x.shape[1]) if fweights is None else np.asarray(fweights)
    w = f if aweights is None else f * aweights
    ddof = (0 if bias else 1) if ddof is None else ddof
    total = np.sum(w)
    centred = x - (x @ w / total)[:, None]
    spare = ddof if aweights is None else ddof * np.sum(w * aweights) / total
    return np.squeeze((centred * w) @ centred.T / (total - spare))


@rewritten(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = np.cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
        return c / c
    deviation = np.sqrt(np.diagonal(c))
    return np.clip(c / deviation[:, None] / deviation, -1, 1)


# Quantiles
def quantile(a, q, axis, keepdims=False, method="linear", skip_nan=False):
    dtype = np.result_type(a.dtype, np.asarray(q)) if np.ndim(q) else a.dtype
    q, rows = np.asarray(q), in_rows(a, axis)
    if skip_nan and np.isnan(rows).any():
        flat = np.reshape(rows, (-1, rows.shape[-1]))
        kept = [row[~np.isnan(row)] for row in flat]
        result = np.stack([quantile(row, q, 0, method=method) if row.size
                           else np.full(q.shape, np.nan) for row in kept], -1)  # fmt: skip
        result = np.reshape(result, (*q.shape, *rows.shape[:-1]))
    else:
        place = np.quantile(np.arange(rows.shape[-1], dtype=float), q, method=method)
        low = np.floor(place).astype(int)
        high, part = np.ceil(place).astype(int), (place - low).astype(dtype)
        ordered = np.moveaxis(np.sort(rows), -1, 0)
        part = np.reshape(part, (*q.shape, *[1] * (np.ndim(rows) - 1)))
        result = ordered[low] + (ordered[high] - ordered[low]) * part
        result = np.where(np.isnan(rows).any(-1), np.nan, result).astype(dtype)
    return np.reshape(result, (*q.shape, *with_ones(np.shape(a), axis))) if keepdims else result


def quantiles(scale, skip_nan):
    def definition(a, q, axis=None, out=None, overwrite_input=False, method="linear",
                   keepdims=False):  # fmt: skip
        return quantile(a, np.divide(q, scale), axis, keepdims, method, skip_nan)

    return definition


def median(skip_nan):
    return lambda a, axis=None, out=None, overwrite_input=False, keepdims=False: quantile(
        a, 0.5, axis, keepdims, skip_nan=skip_nan
    )


# fmt: off
rewritten(np.median)(       median(skip_nan=False))
rewritten(np.nanmedian)(    median(skip_nan=True))
rewritten(np.quantile)(     quantiles(1, skip_nan=False))
rewritten(np.nanquantile)(  quantiles(1, skip_nan=True))
rewritten(np.percentile)(   quantiles(100, skip_nan=False))
rewritten(np.nanpercentile)(quantiles(100, skip_nan=True))


# Without NaN
def without_nan(reduce):
    def definition(a, *rest, where=True, **keywords):
        return reduce(a, *rest, where=np.logical_and(where, ~np.isnan(a)), **keywords)

    return definition


def extreme_without_nan(reduce, worst):
    def definition(a, axis=None, out=None, keepdims=False, **keywords):
        nothing = np.all(np.isnan(a), axis=axis, keepdims=keepdims)
        y = reduce(np.where(np.isnan(a), worst, a), axis=axis, keepdims=keepdims, **keywords)
        return np.where(nothing, np.nan, y)

    return definition


rewritten(np.nansum)(    without_nan(np.sum))
rewritten(np.nanprod)(   without_nan(np.prod))
rewritten(np.nanmean)(   without_nan(np.mean))
rewritten(np.nanvar)(    without_nan(np.var))
rewritten(np.nanstd)(    without_nan(np.std))
rewritten(np.nancumsum)( lambda a, axis=None, dtype=None, out=None:
                             np.cumsum(np.where(np.isnan(a), 0, a), axis, dtype))
rewritten(np.nancumprod)(lambda a, axis=None, dtype=None, out=None:
                             np.cumprod(np.where(np.isnan(a), 1, a), axis, dtype))
rewritten(np.nanmax)(    extreme_without_nan(np.max, -np.inf))
rewritten(np.nanmin)(    extreme_without_nan(np.min, np.inf))
# fmt: on


# Methods and keywords of ufuncs
@rewritten(np.ufunc, arrays=0)
def ufunc_method(ufunc, method, *inputs, out=None, dtype=None, order=None, casting=None,
                 subok=None, **keywords):  # fmt: skip
    """Call `ufunc` with keywords, or one of its methods."""
    if out is not None:
        raise refused(ufunc, "store")
    if dtype is not None:
        inputs = [cast(a, dtype) if type(a) is Traced else a for a in inputs]
    if method == "__call__" and (not keywords or TABLE[ufunc].definition):
        return apply(ufunc, inputs, keywords)
    if method == "at":
        raise TypeError(
            f"{full_name(ufunc)}.at changes an array in place, and its derivative would be lost: "
            "use np.bincount(index, weights=x), or sum the parts that np.where picks"
        )
    definition = METHODS_OF_UFUNCS.get(method)
    if definition is None or not parameters(definition).issuperset(keywords):
        raise refused(ufunc, "option", ", ".join(keywords) or method)
    return definition(ufunc, *inputs, **keywords)


def outer(ufunc, a, b):
    a, b = operand(a), operand(b)
    return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)


FOLDS = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}


def fold(ufunc, a, axis=0, keepdims=False, initial=None, where=True):
    first = {} if initial is None else {"initial": initial}
    if ufunc in FOLDS:
        keywords = {"axis": axis, "keepdims": keepdims, "where": where}
        return apply(FOLDS[ufunc], (a,), keywords | first)
    if where is not True:
        raise refused(ufunc, "option", "where")
    rows = np.moveaxis(in_rows(a, axis), -1, 0)
    whole = functools.reduce(ufunc, [*first.values(), *rows])
    return np.reshape(whole, with_ones(a.shape, axis)) if keepdims else whole


def partial_folds(ufunc, a, axis=0):
    folds = list(itertools.accumulate([*np.moveaxis(a, axis, 0)], ufunc))
    return np.moveaxis(np.stack(folds), 0, axis) if folds else a


def folds_of_spans(ufunc, a, starts, axis=0):
    a, spans = np.moveaxis(a, axis, 0), zip(starts, [*starts[1:], None], strict=True)
    slices = [a[i : j if j is None or i < j else i + 1] for i, j in spans]
    return np.moveaxis(np.stack([fold(ufunc, piece) for piece in slices]), 0, axis)


METHODS_OF_UFUNCS = {
    "outer": outer, "reduce": fold, "accumulate": partial_folds, "reduceat": folds_of_spans,
}  # fmt: skip
