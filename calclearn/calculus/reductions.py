"""Rules of products, extremes and running sums along an axis."""

import itertools
import math
import operator

import numpy as np

from calclearn.calculus.rules import spread, with_ones
from calclearn.calculus.tracing import rewritten, rule


def count(shape, axis, where=True):
    """How many terms each entry of the reduction has."""
    if where is not True:
        return np.sum(np.broadcast_to(where, shape), axis=axis, keepdims=True)
    if axis is None:
        return math.prod(shape)
    return math.prod([n for n, k in zip(shape, with_ones(shape, axis), strict=True) if k == 1])


def pull_winner(g, y, a, axis=None, out=None, keepdims=False, initial=None, where=True):
    """The winner takes the cotangent; winners that tie share it equally."""
    shape = with_ones(a.shape, axis)
    y = y.reshape(shape)
    best = ((a == y) | (y != y)) & where
    winners = np.sum(best, axis=axis, keepdims=True)
    if initial is not None:
        winners = winners + (y == initial)
    share = best / np.where(winners == 0, 1, winners)
    return g.reshape(shape) * np.where(best & (y != y), np.nan, share).astype(a.dtype)


def pull_prod(g, y, a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True):
    """Each factor's slope is the product of the others, of those before it and those after it."""
    if a.size == 0:
        return np.zeros(a.shape, a.dtype)
    axes = tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes, last = [i % a.ndim for i in axes], range(-len(axes), 0)
    factors = np.moveaxis(a if where is True else np.where(where, a, 1), axes, last)
    rows = factors.reshape(*factors.shape[: a.ndim - len(axes)], count(a.shape, axis))
    one = np.ones((*rows.shape[:-1], 1), rows.dtype)
    before = np.cumprod(np.concatenate([one, rows[..., :-1]], -1), -1)
    after = np.flip(np.cumprod(np.concatenate([one, np.flip(rows[..., 1:], -1)], -1), -1), -1)
    others = np.moveaxis((before * after).reshape(factors.shape), last, axes)
    return spread(g.reshape(with_ones(a.shape, axis)) * others * initial, a, None, where)


def pull_cumsum(g, y, a, axis=None, dtype=None, out=None):
    """Term j is in the partial sums j, j + 1, ..., so its cotangent is their sum."""
    along = -1 if axis is None else axis
    return np.flip(np.cumsum(np.flip(g, along), along), along).reshape(a.shape).astype(a.dtype)


# fmt: off
rule(np.prod,   pull_prod)
rule(np.max,    pull_winner)
rule(np.min,    pull_winner)
rule(np.cumsum, pull_cumsum)
rewritten(np.amax)(lambda a, *rest, **keywords: np.max(a, *rest, **keywords))
rewritten(np.amin)(lambda a, *rest, **keywords: np.min(a, *rest, **keywords))
rewritten(np.ptp)( lambda a, axis=None, out=None, keepdims=False:
                       np.max(a, axis, keepdims=keepdims) - np.min(a, axis, keepdims=keepdims))
# fmt: on


# Running sums and products
@rewritten(np.cumprod)
def cumprod(a, axis=None, dtype=None, out=None):
    a = a if dtype is None else a.astype(dtype)
    factors = np.moveaxis(a.reshape(-1) if axis is None else a, axis or 0, 0)
    products = list(itertools.accumulate([*factors], operator.mul))
    return np.moveaxis(np.stack(products), 0, axis or 0) if products else factors


def with_start(running, start):
    """np.cumulative_sum and np.cumulative_prod, which may begin with the sum of nothing."""

    def definition(x, *, axis=None, dtype=None, out=None, include_initial=False):
        axis = 0 if axis is None and x.ndim == 1 else axis
        y = running(x, axis, dtype)
        if not include_initial:
            return y
        shape = [1 if i == axis % y.ndim else n for i, n in enumerate(y.shape)]
        return np.concatenate([np.full(shape, start, y.dtype), y], axis)

    return definition


if hasattr(np, "cumulative_sum"):  # from NumPy 2.1
    rewritten(np.cumulative_sum)(with_start(np.cumsum, 0))
    rewritten(np.cumulative_prod)(with_start(np.cumprod, 1))
