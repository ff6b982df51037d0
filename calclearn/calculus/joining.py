"""Rules of the functions that make one array of several, or several of one.

The one decision: the pull-back of joining is cutting, and that of cutting is joining.  Windows that
slide over an array are pieces too, only that they overlap: going back, the overlaps add up.
"""

import functools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from calclearn.calculus.primitives import primitive, rewritten, rule


# Joining
@primitive
def join(axis, *arrays):
    return np.concatenate(arrays, axis)


@primitive
def pile(axis, *arrays):
    return np.stack(arrays, axis)


def pull_join(needed, g, y, axis, *arrays):
    """Cut the cotangent where the arrays were joined."""
    ends = np.cumsum([a.shape[axis] for a in arrays])
    before = (slice(None),) * (axis % y.ndim)
    cuts = [(*before, slice(end - a.shape[axis], end)) for a, end in zip(arrays, ends, strict=True)]
    return None, *[g[cut] if need else None for cut, need in zip(cuts, needed[1:], strict=True)]


rule(join, together=pull_join)
rule(pile, together=lambda needed, g, y, axis, *arrays: (None, *np.moveaxis(g, axis, 0)))


@rewritten(np.concatenate)
def concatenate(arrays, axis=0):
    if axis is None:
        return join(0, *[np.ravel(a) for a in arrays])
    return join(axis, *[a if hasattr(a, "shape") else np.asarray(a) for a in arrays])


@rewritten(np.stack)
def stack(arrays, axis=0):
    return pile(axis, *arrays)


@rewritten(np.append)
def append(a, values, axis=None):
    return concatenate([a, values], axis)


def lifted(to_dimensions, a):
    """`a` with the axes of length one that np.atleast_1d, _2d or _3d would give it."""
    return np.reshape(a, to_dimensions(np.empty(np.shape(a))).shape)


for at_least in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    rewritten(at_least)(functools.partial(lifted, at_least))


@rewritten(np.vstack)
def vstack(arrays):
    return concatenate([lifted(np.atleast_2d, a) for a in arrays], 0)


@rewritten(np.hstack)
def hstack(arrays):
    arrays = [lifted(np.atleast_1d, a) for a in arrays]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1)


@rewritten(np.dstack)
def dstack(arrays):
    return concatenate([lifted(np.atleast_3d, a) for a in arrays], 2)


@rewritten(np.column_stack)
def column_stack(arrays):
    return concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in arrays], 1)


@rewritten(np.broadcast_arrays)
def broadcast_arrays(*arrays):
    shape = np.broadcast_shapes(*[np.shape(a) for a in arrays])
    return tuple(np.broadcast_to(a, shape) for a in arrays)


@rewritten(np.meshgrid)
def meshgrid(*axes, indexing="xy"):
    """One array a coordinate; each repeats its axis along all of the others."""
    grid = np.meshgrid(*[np.arange(np.size(a)) for a in axes], indexing=indexing)
    return tuple(np.ravel(a)[places] for a, places in zip(axes, grid, strict=True))


# Splitting
def splitting(split):
    """Splitting is indexing: split the places, and take the numbers from first to last."""

    def definition(a, indices_or_sections, axis=0):
        before = (slice(None),) * (axis % a.ndim)
        places = split(np.arange(a.shape[axis]), indices_or_sections)
        return [a[(*before, slice(p[0], p[-1] + 1) if p.size else slice(0))] for p in places]

    return definition


for split in (np.split, np.array_split):
    rewritten(split)(splitting(split))


# Windows
@primitive
def overlap_add(windows, shape, window_shape, axes):
    """Add every window back to the place that it looked at."""
    whole = np.zeros(shape, windows.dtype)
    for offset in np.ndindex(*window_shape):
        place = [slice(None)] * len(shape)
        for axis, start in zip(axes, offset, strict=True):
            place[axis] = slice(start, start + windows.shape[axis])
        whole[tuple(place)] += windows[(..., *offset)]
    return whole


def window_axes(a, window_shape, axis):
    window_shape = tuple(np.atleast_1d(window_shape))
    axes = range(a.ndim) if axis is None else np.atleast_1d(axis)
    return window_shape, tuple([int(i) % a.ndim for i in axes])


rule(
    sliding_window_view,
    lambda g, y, a, window_shape, axis=None: overlap_add(
        g, a.shape, *window_axes(a, window_shape, axis)
    ),
)
rule(
    overlap_add,
    lambda g, y, windows, shape, window_shape, axes: sliding_window_view(g, window_shape, axes),
)
