"""Rules of the functions that only move numbers: indexing, reshaping, sorting, joining, splitting.

What was moved there is moved back: the pull-back adds each cotangent to the place that its number
came from.  Where NumPy moves numbers in a complicated way, it shows by itself how: `moved` calls
the function on the places 0, 1, 2, ... and then reads the numbers at the places that come out.
"""

import functools
import inspect
import operator

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view

from calclearn.calculus.methods import Methods
from calclearn.calculus.rules import unbroadcast
from calclearn.calculus.structures import operand
from calclearn.calculus.tracing import plain, primitive, rewritten, rule


def axes_of(axis, ndim) -> tuple[int, ...]:
    """The axes of a reduction, counted from the first; None is all of them."""
    return normalize_axis_tuple(range(ndim) if axis is None else axis, ndim, allow_duplicate=True)


def with_ones(shape, axis):
    """The shape that a reduction with keepdims=True has."""
    axes = axes_of(axis, len(shape)) if shape else ()
    return tuple([1 if i in axes else n for i, n in enumerate(shape)])


def before(a, axis):
    """The index that leaves all axes before this one alone."""
    return (slice(None),) * (axis % np.ndim(a))


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


def places(a):
    """0, 1, 2, ... where the numbers of a stand, in memory as they are."""
    where = np.empty_like(plain(a), int)
    where[...] = np.arange(where.size).reshape(where.shape)
    return where


def put_back(g, where, a):
    """The cotangent of a, whose numbers were read at these places."""
    return scatter((a.size,), g.dtype, (where,), g).reshape(a.shape)


def moved(*functions, arrays=(0,), like_first=False):
    """Differentiate functions that move numbers, by the places that they read.

    The numbers of the arguments at the positions `arrays` are numbered one after the other.  They
    get the dtype that all of them have room in, or that of the first.
    """
    for function in functions:
        signature = inspect.signature(function)
        names = [list(signature.parameters)[k] for k in arrays]
        definition = functools.partial(read, function, signature, names, like_first)
        rewritten(function, arrays=0)(definition)


def read(function, signature, names, like_first, *arguments, dtype=None, **keywords):
    """The numbers of the arguments of these names, as `function` moves their places."""
    parts, ends = [], [0]
    bound = signature.bind(*arguments, **keywords)
    for name, a in bound.arguments.items():
        bound.arguments[name] = numbered(a, parts, ends) if name in names else plain(operand(a))
    where = function(*bound.args, **bound.kwargs)
    numbers = parts[0] if len(parts) == 1 else np.concatenate(parts)
    dtype = parts[0].dtype if like_first else dtype
    numbers = numbers if dtype is None else numbers.astype(dtype)
    if isinstance(where, np.ndarray):
        return numbers[where]
    return type(where)([numbers[k] for k in where])


def numbered(x, parts, ends):
    """The places of the numbers of x, which are put behind the other parts."""
    if isinstance(x, (list, tuple)):
        return [numbered(entry, parts, ends) for entry in x]
    x = operand(x)
    parts.append(np.ravel(x))
    ends.append(ends[-1] + np.size(x))
    return ends[-2] + places(x)


@primitive
def in_dtype(a, dtype):
    return a.astype(dtype)


def cast(a, dtype, *_, **__):
    """a.astype(dtype), a plain array where that has no slope."""
    return in_dtype(a, dtype) if np.dtype(dtype).kind in "fc" else plain(a).astype(dtype)


Methods.astype = cast
# fmt: off
rule(in_dtype,        lambda g, y, a, dtype: in_dtype(g, a.dtype))

# The same numbers in another shape
rule(np.copy,         lambda g, y, a, order="K", subok=False: g)
rule(np.reshape,      lambda g, y, a, shape, order="C", copy=None:
                          g.reshape(a.shape) if order == "C" else
                          put_back(g, np.reshape(places(a), y.shape, order), a))
rule(np.ravel,        lambda g, y, a, order="C":
                          g.reshape(a.shape) if order == "C" else
                          put_back(g, np.ravel(places(a), order), a))
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
rewritten(np.astype)(cast)

# a part of them, or some of them more than once
rule(np.triu,         lambda g, y, a, k=0: np.triu(g, k))
rule(np.tril,         lambda g, y, a, k=0: np.tril(g, k))
rule(np.diagflat,     lambda g, y, v, k=0: np.diagonal(g, k).reshape(v.shape))
moved(np.take, np.take_along_axis, np.diagonal, np.linalg.diagonal, np.delete)
moved(np.resize, np.tile, np.repeat)
moved(np.extract, np.compress, np.choose, arrays=(1,))
rewritten(np.trace)(lambda a, offset=0, axis1=0, axis2=1, dtype=None, out=None:
                        np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype))
rewritten(np.linalg.trace)(lambda x, offset=0, dtype=None: np.trace(x, offset, -2, -1, dtype))
rewritten(np.diag)( lambda v, k=0: np.diagonal(v, k) if v.ndim == 2 else np.diagflat(v, k))

# several arrays in one, or beside each other
moved(np.vstack, np.hstack, np.dstack, np.column_stack, np.block, np.broadcast_arrays, np.meshgrid)
moved(np.atleast_1d, np.atleast_2d, np.atleast_3d)
moved(np.append, arrays=(0, 1))
moved(np.insert, arrays=(0, 2), like_first=True)

# one array in several
moved(np.vsplit, np.hsplit, np.dsplit)
rewritten(np.split)(lambda ary, indices_or_sections, axis=0:
                        array_split(ary, indices_or_sections, axis, np.split))
if hasattr(np, "unstack"):  # from NumPy 2.1
    rewritten(np.unstack)(lambda x, axis=0: tuple(np.moveaxis(x, axis, 0)))
# fmt: on


@rewritten(np.array_split)
def array_split(ary, indices_or_sections, axis=0, split=np.array_split):
    where = split(np.arange(ary.shape[axis]), indices_or_sections)
    slices = [slice(k[0], k[-1] + 1) if k.size else slice(0) for k in where]
    return [ary[(*before(ary, axis), piece)] for piece in slices]


@rewritten(np.trim_zeros)
def trim_zeros(filt, trim="fb", axis=None):
    where, index = np.argwhere(plain(filt)), [slice(None)] * filt.ndim
    for i in axes_of(axis, filt.ndim):
        first, last = where[:, i].min(initial=filt.shape[i]), where[:, i].max(initial=-1)
        index[i] = slice(first if "f" in trim.lower() else 0,
                         last + 1 if "b" in trim.lower() else None)  # fmt: skip
    return filt[tuple(index)]


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
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap") or reflect_type != "even":
        raise TypeError(
            f"numpy.pad under grad has the modes constant, edge, reflect, symmetric and wrap, "
            f"got {mode!r}{'' if reflect_type == 'even' else ' with reflect_type'}"
        )
    constant = {"constant_values": -1} if mode == "constant" else {}
    where = np.pad(places(a), pad_width, mode, **constant)
    return put_back(g[where >= 0], where[where >= 0], a)


# Joining
@primitive
def join(how, axis, *arrays):
    """The arrays one behind the other along an axis, or with np.stack side by side along a new."""
    return how(arrays, axis)


def pull_join(needed, g, y, how, axis, *arrays):
    if how is np.stack:
        pieces = np.moveaxis(g, axis, 0)
    else:
        pieces = np.split(g, np.cumsum([np.shape(a)[axis] for a in arrays[:-1]], dtype=int), axis)
    parts = zip(needed[2:], pieces, arrays, strict=True)
    return None, None, *[need and piece.astype(a.dtype) for need, piece, a in parts]


def joined(how, arrays, axis=0, out=None, *, dtype=None, casting=None):
    arrays = [operand(a) if axis is not None else np.ravel(operand(a)) for a in arrays]
    y = join(how, axis or 0, *arrays)
    return y if dtype is None else y.astype(dtype)


rule(join, together=pull_join)
rewritten(np.concatenate, arrays=0)(functools.partial(joined, np.concatenate))
rewritten(np.stack, arrays=0)(functools.partial(joined, np.stack))


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
    y = np.zeros(x.shape, x.dtype)
    for function, here in zip(funclist, [*conditions, ~conditions.any(0)], strict=False):
        part = function(x[here], *args, **kw) if callable(function) else function
        part = np.broadcast_to(part, x[here].shape)
        y = np.where(here, scatter(x.shape, x.dtype, (here,), part), y)
    return y


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
    a, weights = np.ravel(plain(a)), None if weights is None else np.ravel(operand(weights))
    fixed = np.histogram_bin_edges(a, plain(operand(bins)), range, plain(weights))
    place = np.searchsorted(fixed, a, "right") - (a == fixed[-1])
    heights = np.bincount(place, weights, len(fixed) + 1)[1:-1]
    heights = heights if weights is None else heights.astype(weights.dtype)
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
    read = sliding_window_view(whole, window_shape, axes, writeable=True)
    for offset in np.ndindex(*window_shape):
        part = read[(..., *offset)]
        part += windows[(..., *offset)]
    return whole


rule(sliding_window_view, lambda g, y, a, window_shape, axis=None: overlap_add(
    g, a.shape, tuple(np.atleast_1d(window_shape)), axes_of(axis, a.ndim)))  # fmt: skip
rule(overlap_add, lambda g, y, windows, shape, window_shape, axes: sliding_window_view(
    g, window_shape, axes))  # fmt: skip
