"""Rules of what reduces an axis: sums, products, extremes, running sums, means, spreads, quantiles.

Most are formulas in functions that have rules, and need none of their own.  A quantile is a
weighted mean of two of the sorted numbers, and NumPy names them: the quantile of the indices
0, 1, ..., n - 1 is the place between them.  The methods of ufuncs, as np.add.reduce, come last.
"""

import itertools
import math
from functools import partial, reduce

import numpy as np

from calclearn.calculus.arrays import axes_of, cast, places, put_back, with_ones
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


@rule(np.sum)
def pull_sum(g, y, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True):
    return spread(g, a, axis, where)


@rule(np.mean)
def pull_mean(g, y, a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    if where is True:
        terms = a.size / max(1, g.size)
    else:
        terms = np.sum(np.broadcast_to(where, a.shape), axis=axis).reshape(g.shape)
    return spread(g / terms, a, axis, where)


@rule(np.cumsum)
def pull_cumsum(g, y, a, axis=None, dtype=None, out=None):
    """Term j is in the partial sums j, j + 1, ..., so its cotangent is their sum."""
    along = -1 if axis is None else axis
    return np.flip(np.cumsum(np.flip(g, along), along), along).reshape(a.shape).astype(a.dtype)


# Products and extremes
def in_rows(a, axis):
    """`a` with the axes of a reduction brought to the end and made one."""
    if axis is None:
        return np.ravel(a)
    axes = axes_of(axis, np.ndim(a))
    moved = np.moveaxis(a, axes, range(-len(axes), 0))
    kept = np.shape(moved)[: np.ndim(a) - len(axes)]
    return np.reshape(moved, (*kept, math.prod([np.shape(a)[i] for i in axes])))


@rule(np.prod)
def pull_prod(g, y, a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True):
    """Each factor's slope is the product of the others, of those before it and those after it."""
    if a.size == 0:
        return np.zeros(a.shape, a.dtype)
    rows = in_rows(a if where is True else np.where(where, a, 1), axis)
    one = np.ones((*rows.shape[:-1], 1), rows.dtype)
    before = np.cumprod(np.concatenate([one, rows[..., :-1]], -1), -1)
    after = np.flip(np.cumprod(np.concatenate([one, np.flip(rows[..., 1:], -1)], -1), -1), -1)
    others = put_back(before * after, in_rows(places(a), axis), a)
    return spread(g.reshape(with_ones(a.shape, axis)) * others * initial, a, None, where)


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


# fmt: off
rule(np.max, pull_winner)
rule(np.min, pull_winner)
rewritten(np.amax)(np.max)
rewritten(np.amin)(np.min)
rewritten(np.ptp)(lambda a, axis=None, out=None, keepdims=False:
                      np.max(a, axis, keepdims=keepdims) - np.min(a, axis, keepdims=keepdims))
# fmt: on


# Running products, and running sums and products that may begin with none
@rewritten(np.cumprod)
def cumprod(a, axis=None, dtype=None, out=None):
    a = a if dtype is None else a.astype(dtype)
    return partial_folds(np.multiply, np.ravel(a) if axis is None else a, axis or 0)


def with_start(running, start, x, *, axis=None, dtype=None, out=None, include_initial=False):
    axis = 0 if axis is None and x.ndim == 1 else axis
    y = running(x, axis, dtype)
    first = np.full(with_ones(y.shape, axis), start, y.dtype)
    return np.concatenate([first, y], axis) if include_initial else y


if hasattr(np, "cumulative_sum"):  # from NumPy 2.1
    rewritten(np.cumulative_sum)(partial(with_start, np.cumsum, 0))
    rewritten(np.cumulative_prod)(partial(with_start, np.cumprod, 1))


# Means and spreads
def spread_by(length, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True,
              mean=None, correction=None):  # fmt: skip
    """The length of what is off the mean over √(n - ddof), or the square of that."""
    a = a if dtype is None else a.astype(dtype)
    mean = np.mean(a, axis=axis, keepdims=True, where=where) if mean is None else mean
    off = a - mean if where is True else np.where(where, a - mean, 0)
    n = np.sum(np.broadcast_to(where, np.shape(a)), axis=axis, keepdims=keepdims)
    free = np.maximum(n - (ddof if correction is None else correction), 0)
    free = float(np.max(free, initial=0)) if where is True else free.astype(a.dtype)
    if not length:
        return np.sum(off * off, axis=axis, keepdims=keepdims) / free
    total = np.sum if np.all(n == 1) else euclidean  # of one number it is always 0
    return total(off, axis=axis, keepdims=keepdims) / free**0.5


rewritten(np.var)(partial(spread_by, False))
rewritten(np.std)(partial(spread_by, True))


@rewritten(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    """Σ w a / Σ w."""
    weights = np.ones(np.shape(a), a.dtype) if weights is None else operand(weights)
    if np.shape(weights) != np.shape(a):  # one weight for each index along the axes
        axes = axes_of(axis, np.ndim(a))
        weights = np.transpose(weights, np.argsort(axes))
        weights = np.reshape(weights, [n if i in axes else 1 for i, n in enumerate(np.shape(a))])
    total = np.sum(np.broadcast_to(weights, np.shape(a)), axis=axis, keepdims=keepdims)
    mean = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


@rewritten(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """Σ w (xᵢ - x̅ᵢ)(xⱼ - x̅ⱼ) / (Σ w - ddof), with a row for each variable."""
    rows = [a if rowvar or np.ndim(a) < 2 else np.transpose(a) for a in (m, y) if a is not None]
    x = np.vstack(rows, dtype=dtype)
    f, a = (np.ones(x.shape[1]) if w is None else np.asarray(w) for w in (fweights, aweights))
    w, ddof = f * a, 1 - bool(bias) if ddof is None else ddof
    total = np.sum(w)
    off = x - (x @ w / total)[:, None]
    return np.squeeze((off * w) @ off.T / (total - ddof * np.sum(w * a) / total))


@rewritten(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = np.cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
        return c / c
    deviation = np.sqrt(np.diagonal(c))
    return np.clip(c / deviation[:, None] / deviation, -1, 1)


# Quantiles
def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *,
             scale=1, skip_nan=False):  # fmt: skip
    """The weighted mean of the two sorted numbers beside the place that NumPy gives, n q or so."""
    q, rows = np.divide(q, scale), in_rows(a, axis)
    *shape, length = np.shape(rows)
    rows = np.reshape(np.sort(rows), (math.prod(shape), length))  # NaN comes last
    n = np.sum(~np.isnan(rows), -1)
    n = n if skip_nan else np.where(n < length, 0, n)
    lengths = sorted({*n.tolist()})
    place = [np.quantile(np.arange(max(k, 1.0)), q, method=method) for k in lengths]
    place = np.reshape(place, (len(lengths), q.size))[np.searchsorted(lengths, n)]
    low, high, row = np.floor(place).astype(int), np.ceil(place).astype(int), np.arange(len(n))
    first, second = rows[row[:, None], low], rows[row[:, None], high]
    dtype = np.result_type(a.dtype, q) if q.ndim else a.dtype
    y = first + (second - first) * (place - low).astype(dtype)
    y = y if n.all() else np.where(n[:, None] > 0, y, np.nan)
    return np.reshape(y.T, (*q.shape, *(with_ones(np.shape(a), axis) if keepdims else shape)))


def median(a, axis=None, out=None, overwrite_input=False, keepdims=False, *, skip_nan=False):
    return quantile(a, 0.5, axis, keepdims=keepdims, skip_nan=skip_nan)


# Without NaN
def without_nan(function, a, *rest, where=True, **keywords):
    return function(a, *rest, where=np.logical_and(where, ~np.isnan(a)), **keywords)


def with_filler(function, filler, a, *rest, **keywords):
    return function(np.where(np.isnan(a), filler, a), *rest, **keywords)


def extreme_without_nan(function, worst, a, axis=None, out=None, keepdims=False, **keywords):
    nothing = np.all(np.isnan(a), axis=axis, keepdims=keepdims)
    y = with_filler(function, worst, a, axis=axis, keepdims=keepdims, **keywords)
    return np.where(nothing, np.nan, y)


# fmt: off
rewritten(np.median)(       median)
rewritten(np.quantile)(     quantile)
rewritten(np.percentile)(   partial(quantile, scale=100))
rewritten(np.nanmedian)(    partial(median, skip_nan=True))
rewritten(np.nanquantile)(  partial(quantile, skip_nan=True))
rewritten(np.nanpercentile)(partial(quantile, scale=100, skip_nan=True))
rewritten(np.nanmean)(      partial(without_nan, np.mean))
rewritten(np.nanvar)(       partial(without_nan, np.var))
rewritten(np.nanstd)(       partial(without_nan, np.std))
rewritten(np.nansum)(       partial(with_filler, np.sum, 0))
rewritten(np.nanprod)(      partial(with_filler, np.prod, 1))
rewritten(np.nancumsum)(    partial(with_filler, np.cumsum, 0))
rewritten(np.nancumprod)(   partial(with_filler, np.cumprod, 1))
rewritten(np.nanmax)(       partial(extreme_without_nan, np.max, -np.inf))
rewritten(np.nanmin)(       partial(extreme_without_nan, np.min, np.inf))
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
        options = {"axis": axis, "keepdims": keepdims, "where": where}
        return apply(FOLDS[ufunc], (a,), options | first)
    if where is not True:
        raise refused(ufunc, "option", "where")
    rows = np.moveaxis(in_rows(a, axis), -1, 0)
    whole = reduce(ufunc, [*first.values(), *rows])
    return np.reshape(whole, with_ones(a.shape, axis)) if keepdims else whole


def partial_folds(ufunc, a, axis=0):
    folds = list(itertools.accumulate([*np.moveaxis(a, axis, 0)], ufunc))
    return np.moveaxis(np.stack(folds), 0, axis) if folds else a


def folds_of_spans(ufunc, a, starts, axis=0):
    a, spans = np.moveaxis(a, axis, 0), zip(starts, [*starts[1:], None], strict=True)
    slices = [a[i : j if j is None or i < j else i + 1] for i, j in spans]
    return np.moveaxis(np.stack([fold(ufunc, piece) for piece in slices]), 0, axis)


METHODS_OF_UFUNCS = {"outer": outer, "reduce": fold, "accumulate": partial_folds,
                     "reduceat": folds_of_spans}  # fmt: skip
