"""Rules of the functions that only move numbers: indexing, reshaping, sorting, repeating, padding.

The one decision: what was moved there is moved back.  A function that copies its input to other
places has a pull-back that adds each cotangent to the place its number came from, and no rule here
contains a formula.  They stand apart from ``rules``, the table of formulas, because they are one
idea and that table would pass 300 lines with them.  Functions of several arrays are in ``joining``.
"""

import operator

import numpy as np

from calclearn.calculus.primitives import primitive, rewritten, rule
from calclearn.calculus.rules import unbroadcast
from calclearn.calculus.tracing import Traced, plain

# Indexing.  The cotangent of a[index] is zero but for one piece of a, so it is not an array but a
# list of pairs (index, piece).  Each slice of a flat vector would otherwise cost an array of zeros;
# so the pairs wait until all have come, and are then added into a single array.
rule(operator.getitem, lambda g, y, a, index: [(index, g)])


def assembled(pairs, value):
    """Return the cotangent of `value` as an array like it, or as a list if it is a tuple."""
    if isinstance(value, tuple):
        entries = [None] * len(value)
        for k, piece in pairs:
            entries[k] = piece if entries[k] is None else entries[k] + piece
        return entries
    if Traced in [type(piece) for _, piece in pairs]:
        indices, pieces = zip(*pairs, strict=True)
        return scatter(value.shape, value.dtype, indices, *pieces)
    return placed(value.shape, value.dtype, pairs)


def placed(shape, dtype, pairs):
    """Zeros, with each piece added at its index."""
    whole = np.zeros(shape, dtype)
    for index, piece in pairs:
        part = whole[index]
        if part.base is whole:  # a view, so adding to the part adds to the whole
            part += piece
        elif may_repeat(index):
            np.add.at(whole, index, piece)
        else:
            whole[index] = part + piece
    return whole


@primitive
def scatter(shape, dtype, indices, *pieces):
    return placed(shape, dtype, zip(indices, pieces, strict=True))


def may_repeat(index):
    """Whether an index can name the same place twice: arrays of integers can."""
    if type(index) is tuple:
        return any(map(may_repeat, index))
    return isinstance(index, (list, np.ndarray)) and np.asarray(index).dtype != bool


rule(
    scatter,
    together=lambda needed, g, y, shape, dtype, indices, *pieces: (
        *(None, None, None),
        *[g[index] for index in indices],
    ),
)


@primitive
def cast(a, dtype, copy=True):
    return a.astype(dtype)


def astype(a, dtype, copy=True):
    """Another width of real number keeps the trace; whole numbers and booleans have no slope."""
    return cast(a, dtype) if np.dtype(dtype).kind in "fc" else plain(a).astype(dtype)


rule(cast, lambda g, y, a, dtype, copy=True: cast(g, a.dtype))
Traced.astype = astype


def way_back(axes):
    """The order of axes that undoes a transposition."""
    return None if axes is None else np.argsort(np.mod(axes, len(axes)))


def reshape_back(g, y, a, shape, order="C"):
    return g.reshape(a.shape) if order == "C" else g.reshape(a.shape, order=order)


# Same numbers, another shape
# fmt: off
rule(np.copy,         lambda g, y, a: g)
rule(np.reshape,      reshape_back)
rule(np.ravel,        lambda g, y, a, order="C": g.reshape(a.shape, order=order))
rule(np.squeeze,      lambda g, y, a, axis=None: g.reshape(a.shape))
rule(np.expand_dims,  lambda g, y, a, axis: g.reshape(a.shape))
rule(np.broadcast_to, lambda g, y, a, shape: unbroadcast(g, a.shape))

# Same numbers, another order
rule(np.transpose, lambda g, y, a, axes=None: np.transpose(g, way_back(axes)))
rule(np.swapaxes,  lambda g, y, a, axis1, axis2: np.swapaxes(g, axis1, axis2))
rule(np.moveaxis,  lambda g, y, a, source, destination: np.moveaxis(g, destination, source))
rule(np.flip,      lambda g, y, a, axis=None: np.flip(g, axis))
rule(np.roll,      lambda g, y, a, shift, axis=None: np.roll(g, np.negative(shift), axis))

# Some of the numbers
rule(np.triu,      lambda g, y, a, k=0: np.triu(g, k))
rule(np.tril,      lambda g, y, a, k=0: np.tril(g, k))
# fmt: on


@rewritten(np.fliplr)
def fliplr(a):
    return np.flip(a, 1)


@rewritten(np.flipud)
def flipud(a):
    return np.flip(a, 0)


@rewritten(np.take)
def take(a, indices, axis=None):
    if axis is None:
        return np.ravel(a)[np.asarray(indices)]
    return a[(slice(None),) * (axis % a.ndim) + (np.asarray(indices),)]


@rewritten(np.take_along_axis)
def take_along_axis(a, indices, axis=-1):
    if axis is None:
        return np.ravel(a)[indices]
    axis = axis % a.ndim
    places = list(np.ogrid[tuple(map(slice, indices.shape))])
    places[axis] = indices
    return a[tuple(places)]


@rewritten(np.repeat)
def repeat(a, repeats, axis=None):
    length = a.size if axis is None else a.shape[axis]
    return take(a, np.repeat(np.arange(length), repeats), axis)


@rewritten(np.tile)
def tile(a, reps):
    places = np.arange(a.size).reshape(a.shape)
    return np.ravel(a)[np.tile(places, reps)]


@rewritten(np.sort)
def sort(a, axis=-1):
    return take_along_axis(a, np.argsort(a, axis=axis, kind="stable"), axis)


@rule(np.pad)
def pull_pad(g, y, a, pad_width, mode="constant", constant_values=0):
    if mode == "constant":
        return g[np.pad(np.ones(a.shape, bool), pad_width)].reshape(a.shape)
    places = np.pad(np.arange(a.size).reshape(a.shape), pad_width, mode)
    return scatter((a.size,), g.dtype, (places,), g).reshape(a.shape)


@rewritten(np.diff)
def diff(a, n=1, axis=-1):
    for _ in range(n):
        before = (slice(None),) * (axis % a.ndim)
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


# Diagonals
def diagonal_places(rows, columns, offset):
    row = np.arange(max(0, -offset), min(rows, columns - offset))
    return row, row + offset


@rewritten(np.diagonal)
def diagonal(a, offset=0, axis1=0, axis2=1):
    last = np.moveaxis(a, (axis1, axis2), (-2, -1))
    return last[(..., *diagonal_places(*last.shape[-2:], offset))]


@rewritten(np.diag)
def diag(v, k=0):
    if v.ndim == 2:
        return diagonal(v, k)
    size = v.size + abs(k)
    return scatter((size, size), v.dtype, (diagonal_places(size, size, k),), v)


@rewritten(np.trace)
def trace(a, offset=0, axis1=0, axis2=1):
    return np.sum(diagonal(a, offset, axis1, axis2), axis=-1)
