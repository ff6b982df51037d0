"""Rules of the functions that only move numbers: indexing, reshaping, sorting, joining, splitting.

What was moved there is moved back: the pull-back adds each cotangent to the place that its number
came from.  Where NumPy moves numbers in a complicated way, it shows by itself how: `moved` calls
the function on the places 0, 1, 2, ... and then reads the numbers at the places that come out.
"""

import inspect
import operator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from calclearn.calculus.methods import Methods
from calclearn.calculus.rules import unbroadcast
from calclearn.calculus.structures import operand
from calclearn.calculus.tracing import Traced, plain, primitive, rewritten, rule


def axes_of(axis, ndim) -> list[int]:
    """The axes of a reduction, counted from the first; None is all of them."""
    axes = range(ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return [int(i) % ndim for i in axes]


def with_ones(shape, axis):
    """The shape that a reduction with keepdims=True has."""
    axes = axes_of(axis, len(shape)) if shape else ()
    return tuple([1 if i in axes else n for i, n in enumerate(shape)])


# Indexing.  The cotangent of a[index] is zero but for one piece of a: a pair (index, piece).  A
# vector that is read in a thousand slices would otherwise cost a thousand arrays of zeros.
rule(operator.getitem, lambda g, y, a, index: [(index, g)])


def assembled(pairs, value):
    """The cotangent of `value` from its pieces: an array like it, or a list if it is a tuple."""
    if isinstance(value, tuple):
        entries = [None] * len(value)
        for k, piece in pairs:
            entries[k] = piece if entries[k] is None else entries[k] + piece
        return entries
    indices, pieces = zip(*pairs, strict=True)
    return scatter(value.shape, value.dtype, indices, *pieces)


@primitive
def scatter(shape, dtype, indices, *pieces):
    """Zeros, with each piece added at its index."""
    whole = np.zeros(shape, dtype)
    for index, piece in zip(indices, pieces, strict=True):
        part = whole[index]
        if part.base is whole:  # a view, so adding to the part adds to the whole
            part += piece
        elif part.ndim == 0:
            whole[index] = part + piece
        else:  # an index that is an array may name a place twice
            if isinstance(index, np.ndarray) and index.dtype.kind in "iu":  # faster along one axis
                index, piece = index.ravel(), piece.reshape(index.size, *whole.shape[1:])
            np.add.at(whole, index, piece)
    return whole


rule(scatter, together=lambda needed, g, y, shape, dtype, indices, *pieces: (
    None, None, None, *[g[index] for index in indices]))  # fmt: skip


def cast(a, dtype, *_, **__):
    """a.astype(dtype), a plain array where that has no slope."""
    return in_dtype(a, dtype) if np.dtype(dtype).kind in "fc" else plain(a).astype(dtype)


@primitive
def in_dtype(a, dtype):
    return a.astype(dtype)


rule(in_dtype, lambda g, y, a, dtype: in_dtype(g, a.dtype))
Methods.astype = cast


def places(a):
    return np.arange(np.size(a)).reshape(np.shape(a))


def moved(*functions, arrays=(0,), like_first=False):
    """Differentiate functions that move numbers, by the places that they read.

    The numbers of the arguments at the positions `arrays` are numbered one after the other.  They
    get the dtype that all of them have room in, or that of the first.
    """

    def definition(function):
        signature = inspect.signature(function)
        names = [list(signature.parameters)[k] for k in arrays]

        def read(*arguments, dtype=None, **keywords):
            parts, size = [], 0

            def placed(x):
                nonlocal size
                if isinstance(x, (list, tuple)):
                    return [placed(entry) for entry in x]
                x = operand(x)
                parts.append(np.ravel(x))
                size += np.size(x)
                return size - np.size(x) + places(x)

            bound = signature.bind(*arguments, **keywords)
            for name, a in bound.arguments.items():
                bound.arguments[name] = placed(a) if name in names else plain(operand(a))
            where = function(*bound.args, **bound.kwargs)
            numbers = parts[0] if len(parts) == 1 else np.concatenate(parts)
            dtype = parts[0].dtype if like_first else dtype
            numbers = numbers if dtype is None else numbers.astype(dtype)
            if isinstance(where, np.ndarray):
                return numbers[where]
            return type(where)([numbers[k] for k in where])

        return read

    for function in functions:
        rewritten(function, arrays=0)(definition(function))


def before(a, axis):
    """The index that leaves all axes before this one alone."""
    return (slice(None),) * (axis % np.ndim(a))


def unravelled(g, a, order):
    """The numbers of g in the shape of a, from which they were read in this order."""
    if order == "A":
        order = "F" if plain(a).flags.fnc else "C"
    if order != "K":
        return g.reshape(a.shape, order=order)
    where = np.empty_like(plain(a), int)  # whose memory has the order of a's
    where[...] = places(a)
    return np.ravel(g)[np.argsort(where.ravel(order))].reshape(a.shape)


# fmt: off
# The same numbers in another shape
rule(np.copy,         lambda g, y, a, order="K", subok=False: g)
rule(np.reshape,      lambda g, y, a, shape, order="C", copy=None:
                                 g.reshape(a.shape) if order == "C" else unravelled(g, a, order))
rule(np.ravel,        lambda g, y, a, order="C": unravelled(g, a, order))
rule(np.squeeze,      lambda g, y, a, axis=None: g.reshape(a.shape))
rule(np.expand_dims,  lambda g, y, a, axis: g.reshape(a.shape))
rule(np.broadcast_to, lambda g, y, a, shape, subok=False: unbroadcast(g, a.shape))

# in another order
rule(np.transpose,    lambda g, y, a, axes=None: np.transpose(
                                 g, None if axes is None else np.argsort(np.mod(axes, a.ndim))))
rule(np.swapaxes,     lambda g, y, a, axis1, axis2: np.swapaxes(g, axis1, axis2))
rule(np.moveaxis,     lambda g, y, a, source, destination: np.moveaxis(g, destination, source))
rule(np.flip,         lambda g, y, a, axis=None: np.flip(g, axis))
rule(np.roll,         lambda g, y, a, shift, axis=None: np.roll(g, np.negative(shift), axis))
moved(np.rollaxis, np.rot90, np.fliplr, np.flipud, np.matrix_transpose, np.linalg.matrix_transpose)
moved(np.fft.fftshift, np.fft.ifftshift)
if hasattr(np, "astype"):  # from NumPy 2.1
    rewritten(np.astype)(cast)

# a part of them, or some of them more than once
rule(np.triu,         lambda g, y, a, k=0: np.triu(g, k))
rule(np.tril,         lambda g, y, a, k=0: np.tril(g, k))
moved(np.take, np.take_along_axis, np.diagonal, np.linalg.diagonal, np.delete)
moved(np.resize, np.tile, np.repeat)
moved(np.extract, np.compress, np.choose, arrays=(1,))
rewritten(np.trace)(   lambda a, offset=0, axis1=0, axis2=1, dtype=None, out=None:
                          np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype))
rewritten(np.linalg.trace)(lambda x, offset=0, dtype=None: np.trace(x, offset, -2, -1, dtype))

# several arrays in one, or beside each other
moved(np.vstack, np.hstack, np.dstack, np.column_stack, np.block, np.broadcast_arrays, np.meshgrid)
moved(np.atleast_1d, np.atleast_2d, np.atleast_3d)
moved(np.append, arrays=(0, 1))
moved(np.insert, arrays=(0, 2), like_first=True)
# fmt: on


@rewritten(np.trim_zeros)
def trim_zeros(filt, trim="fb", axis=None):
    where = np.flatnonzero(plain(filt))
    first, last = (where[0], where[-1] + 1) if where.size else (len(filt), 0)
    return filt[first if "f" in trim.lower() else 0 : last if "b" in trim.lower() else None]


@rewritten(np.unique)
def unique(ar, *rest, axis=None, return_index=False, **keywords):
    """Each different number, read at the first place where it stands."""
    if axis is not None or rest:
        raise TypeError("numpy.unique under grad takes no axis, and its flags by name")
    _, index, *others = np.unique(plain(ar), return_index=True, **keywords)
    parts = (np.ravel(ar)[index], *([index] if return_index else []), *others)
    return parts if len(parts) > 1 else parts[0]


@rule(np.pad)
def pull_pad(g, y, a, pad_width, mode="constant", constant_values=0, reflect_type="even"):
    """Padding copies numbers to the margins: follow the places, -1 where a constant was written."""
    if mode == "constant":
        where = np.pad(places(a), pad_width, constant_values=-1)
    elif mode in ("edge", "reflect", "symmetric", "wrap") and reflect_type == "even":
        where = np.pad(places(a), pad_width, mode)
    else:
        raise TypeError(
            f"numpy.pad under grad has the modes constant, edge, reflect, symmetric and wrap, "
            f"got {mode!r}{'' if reflect_type == 'even' else ' with reflect_type'}"
        )
    return scatter((a.size,), g.dtype, (where[where >= 0],), g[where >= 0]).reshape(a.shape)


# Diagonals
rewritten(np.diag)(lambda v, k=0: np.diagonal(v, k) if v.ndim == 2 else np.diagflat(v, k))


@rewritten(np.diagflat)
def diagflat(v, k=0):
    row = np.arange(v.size) + max(0, -k)
    size = v.size + abs(k)
    return scatter((size, size), v.dtype, ((row, row + k),), np.ravel(v))


# Joining is cut going back, and cutting is indexing
@primitive
def join(axis, new, *arrays):
    """The arrays one behind the other along an axis, or side by side along a new one."""
    return (np.stack if new else np.concatenate)(arrays, axis)


def pull_join(needed, g, y, axis, new, *arrays):
    if new:
        pieces = np.moveaxis(g, axis, 0)
    else:
        sizes = [np.shape(a)[axis] for a in arrays]
        pieces = [g[(*before(y, axis), slice(end - size, end))]
                  for size, end in zip(sizes, np.cumsum(sizes), strict=True)]  # fmt: skip
    parts = zip(needed[2:], pieces, arrays, strict=True)
    return None, None, *[need and piece.astype(a.dtype) for need, piece, a in parts]


rule(join, together=pull_join)


@rewritten(np.concatenate, arrays=0)
def concatenate(arrays, axis=0, out=None, *, dtype=None, casting=None):
    arrays = [a if type(a) is Traced else np.asarray(a) for a in map(operand, arrays)]
    arrays = arrays if axis is not None else [np.ravel(a) for a in arrays]
    y = join(axis or 0, False, *arrays)
    return y if dtype is None else y.astype(dtype)


@rewritten(np.stack, arrays=0)
def stack(arrays, axis=0, out=None, *, dtype=None, casting=None):
    y = join(axis, True, *map(operand, arrays))
    return y if dtype is None else y.astype(dtype)


# Splitting
@rewritten(np.array_split)
def array_split(ary, indices_or_sections, axis=0, split=np.array_split):
    where = split(np.arange(ary.shape[axis]), indices_or_sections)
    slices = [slice(k[0], k[-1] + 1) if k.size else slice(0) for k in where]
    return [ary[(*before(ary, axis), piece)] for piece in slices]


# fmt: off
rewritten(np.split)( lambda ary, indices_or_sections, axis=0:
                         array_split(ary, indices_or_sections, axis, np.split))
moved(np.vsplit, np.hsplit, np.dsplit)
if hasattr(np, "unstack"):  # from NumPy 2.1
    rewritten(np.unstack)(lambda x, axis=0: tuple(np.moveaxis(x, axis, 0)))
# fmt: on


# Choosing
@rewritten(np.select, arrays=0)
def select(condlist, choicelist, default=0):
    """The first choice whose condition holds."""
    y = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        y = np.where(plain(operand(condition)), choice, y)
    return y


@rewritten(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    """Each function on the numbers that it is for, put back in their order."""
    conditions = np.asarray(plain(operand(condlist)))
    if conditions.ndim <= np.ndim(x):  # one condition, and not a list of them
        conditions = conditions[None]
    which = np.full(np.shape(x), len(conditions))
    for k, condition in enumerate(conditions):
        which[condition] = k
    functions = [*funclist, 0] if len(funclist) == len(conditions) else funclist
    places = [which == k for k in range(len(functions))]
    parts = [function(x[here], *args, **kw) if callable(function) else function
             for function, here in zip(functions, places, strict=True)]  # fmt: skip
    parts = [np.broadcast_to(y, x[here].shape) for y, here in zip(parts, places, strict=True)]
    return scatter(x.shape, x.dtype, places, *parts)


@rewritten(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, device=None):
    shape = np.shape(a) if shape is None else shape
    y = np.broadcast_to(fill_value, shape) + np.zeros(shape, a.dtype)
    return y.astype(a.dtype if dtype is None else dtype)


@rewritten(np.bincount, arrays=2)
def bincount(x, weights=None, minlength=0):
    x = np.asarray(plain(x))
    size = max(minlength, x.max(initial=-1) + 1)
    return scatter((size,), np.dtype(float), (x,), weights.astype(float))


@rewritten(np.histogram_bin_edges)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    """Edges at equal distances, from the smallest number to the largest."""
    if np.ndim(bins):
        return operand(bins)
    edges = np.histogram_bin_edges(plain(a), bins, range, plain(weights))
    if range is not None or edges[0] != np.min(plain(a)):
        return edges
    return np.linspace(np.min(a), np.max(a), len(edges))


@rewritten(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    """The sum of the weights between two edges: numbers that do not cross an edge change none."""
    edges = histogram_bin_edges(a, bins, range, weights)
    a, bins, last = plain((np.ravel(a), operand(bins), len(edges) - 2))
    fixed = np.histogram_bin_edges(a, bins, range, plain(weights))
    place = np.where(a == fixed[-1], last, np.searchsorted(fixed, a, "right") - 1)
    inside = (place >= 0) & (place <= last)
    heights = np.bincount(place[inside], minlength=last + 1)
    if weights is not None:
        weights = np.ravel(operand(weights))[inside]
        heights = np.bincount(place[inside], weights, last + 1).astype(weights.dtype)
    return heights / np.diff(edges) / np.sum(heights) if density else heights, edges


@rewritten(np.apply_along_axis, arrays=0)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    rows = np.moveaxis(arr, axis, -1)
    slices = [operand(func1d(rows[k], *args, **kwargs)) for k in np.ndindex(rows.shape[:-1])]
    whole = np.reshape(np.stack(slices), (*rows.shape[:-1], *np.shape(slices[0])))
    new = range(rows.ndim - 1, np.ndim(whole))
    return np.moveaxis(whole, new, range(axis % arr.ndim, axis % arr.ndim + len(new)))


# Windows overlap: going back, the overlaps add up
@primitive
def overlap_add(windows, shape, window_shape, axes):
    """Add every window back to the place that it was read from."""
    whole = np.zeros(shape, windows.dtype)
    for offset in np.ndindex(*window_shape):
        starts = [0] * len(shape)
        for axis, start in zip(axes, offset, strict=True):  # which may name an axis twice
            starts[axis] += start
        place = tuple([slice(i, i + n) for i, n in zip(starts, windows.shape, strict=False)])
        whole[place] += windows[(..., *offset)]
    return whole


@rule(sliding_window_view)
def pull_windows(g, y, a, window_shape, axis=None):
    return overlap_add(g, a.shape, tuple(np.atleast_1d(window_shape)), axes_of(axis, a.ndim))


rule(overlap_add, lambda g, y, windows, shape, window_shape, axes: sliding_window_view(
    g, window_shape, axes))  # fmt: skip
