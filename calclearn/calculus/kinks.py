"""Rules of functions that are not smooth: kinks, steps, and what has no slope or is refused.

At a kink the table gives the mean of the slopes at both sides, as a central difference does: |x|
has slope 0 at 0, and each of two equal arguments of max gets half.  The slope of this slope is not
known to the table, which gives nan; `sides` looks at both sides of the kink for it.

Steps, comparisons and indices compute with plain numbers: their slope, where there is one, is zero.
What changes an array in place, or may be complex, is an error that names the cure.
"""

import functools
import operator

import numpy as np

from calclearn.calculus.arrays import with_ones
from calclearn.calculus.cures import full_name
from calclearn.calculus.sides import no_slope
from calclearn.calculus.structures import has_traced, operand
from calclearn.calculus.tracing import Traced, plain, primitive, rewritten, rule


@primitive
def unknown_slope(share, a, kink):
    """The share of a cotangent, whose slope along `a` is unknown at a kink."""
    return share


rule(unknown_slope, lambda g, y, share, a, kink: g,
                    lambda g, y, share, a, kink: no_slope(np.zeros_like(a), kink))  # fmt: skip


def at_kink(share, a, kink):
    """unknown_slope, where there is a kink, and it is used: a constant cotangent of 0 is not."""
    kink = kink if type(share) is Traced else kink & (share != 0)
    return unknown_slope(share, a, kink) if np.any(kink) else share


def to_first(g, wins, y, a, b):
    """What the first of two arguments gets of g: all if it wins, half at a tie, nan of nan."""
    ties = a == b
    share = np.where(wins | ties, g, 0)
    if np.any(ties):
        share = at_kink(np.where(ties, share / 2, share), a - b, ties)
    return share if not np.isnan(plain(y)).any() else np.where(y != y, np.nan, share)


@primitive
def side(a):
    """The slope of |a|: -1, 0 or 1."""
    return np.sign(a)


rule(side, lambda g, y, a: no_slope(0 * g, a == 0).astype(g.dtype))
# fmt: off
rule(np.absolute,    lambda g, y, a: g * side(a))
rule(np.fabs,        lambda g, y, a: g * side(a))
rule(np.nan_to_num,  lambda g, y, a, copy=True, nan=0.0, posinf=None, neginf=None:
                                     np.where(np.isfinite(a), g, 0))
rule(np.copysign,    lambda g, y, a, b: g * (np.sign(a) * np.copysign(1, b)),
                     lambda g, y, a, b: np.zeros(np.shape(b), y.dtype))
rule(np.maximum,     lambda g, y, a, b: to_first(g, a > b, y, a, b),
                     lambda g, y, a, b: to_first(g, b > a, y, b, a))
rule(np.minimum,     lambda g, y, a, b: to_first(g, a < b, y, a, b),
                     lambda g, y, a, b: to_first(g, b < a, y, b, a))
rule(np.fmax,        lambda g, y, a, b: to_first(g, (a > b) | (b != b), y, a, b),
                     lambda g, y, a, b: to_first(g, (b > a) | (a != a), y, b, a))
rule(np.fmin,        lambda g, y, a, b: to_first(g, (a < b) | (b != b), y, a, b),
                     lambda g, y, a, b: to_first(g, (b < a) | (a != a), y, b, a))
rule(np.hypot,       lambda g, y, a, b: g * cosine(a, b), lambda g, y, a, b: g * cosine(b, a))
rule(np.arctan2,     lambda g, y, a, b: g * (cosine(b, a) / np.hypot(a, b)),
                     lambda g, y, a, b: -g * (cosine(a, b) / np.hypot(a, b)))
# fmt: on


# Sorting: each number gets what stands at its place, and equal ones share theirs
def pull_sort(g, y, a, axis=-1, kind=None, order=None, *, stable=None):
    if axis is None:
        return pull_sort(g, y, np.ravel(a)).reshape(a.shape)
    g, y = np.moveaxis(g, axis, -1), np.moveaxis(y, axis, -1)
    first = np.ones(y.shape, bool)
    first[..., 1:] = y[..., 1:] != y[..., :-1]
    places, ties = np.argsort(np.argsort(a, axis), axis), ~first
    if ties.any():
        group = np.cumsum(first) - 1
        share = np.bincount(group, np.ravel(g)) / np.bincount(group)
        g = share[group].reshape(g.shape).astype(a.dtype)
        ties[..., :-1] |= ties[..., 1:]
    share = np.take_along_axis(np.moveaxis(g, -1, axis), places, axis)
    return at_kink(share, a, np.take_along_axis(np.moveaxis(ties, -1, axis), places, axis))


def pull_partition(g, y, a, kth, axis=-1, kind="introselect", order=None):
    along = -1 if axis is None else axis
    order = np.argsort(y, along)
    g, y = np.take_along_axis(g, order, along), np.take_along_axis(y, order, along)
    return pull_sort(g, y, a, axis)


rule(np.sort, pull_sort)
rule(np.partition, pull_partition)


# Lengths
@primitive
def euclidean(a, axis=None, keepdims=False):
    """‖a‖ = √(Σ a²) over the axes."""
    return np.sqrt(np.sum(a * a, axis=axis, keepdims=keepdims))


@primitive
def direction(a, axis=None):
    """The slope of ‖a‖:  a / ‖a‖, and 0 at the origin, where the norm has a kink."""
    length = euclidean(a, axis, keepdims=True)
    return a / np.where(length == 0, 1, length)


def cosine(a, b):
    """The slope of √(a² + b²) along a:  a / √(a² + b²), and 0 at the origin."""
    length = np.hypot(a, b)
    if np.all(plain(length)):
        return a / length
    size = np.where(plain(length) == 0, 1, plain(length))  # so that no square overflows
    return direction(np.stack(np.broadcast_arrays(a, b)) / size, 0)[0]


@rule(euclidean)
def pull_euclidean(g, y, a, axis=None, keepdims=False):
    g = g.reshape(with_ones(a.shape, axis))
    return g * direction(a, axis)


@rule(direction)
def pull_direction(g, y, a, axis=None):
    """(g - y (y · g)) / ‖a‖, and nan at the origin."""
    length = euclidean(a, axis, keepdims=True)
    across = g - y * np.sum(y * g, axis=axis, keepdims=True)
    return no_slope(across / np.where(length == 0, 1, length), length == 0).astype(a.dtype)


@rewritten(np.clip, np._core.umath.clip, arrays=3)
def clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None):
    low, high = a_min if min is None else min, a_max if max is None else max
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


# Steps
def constant(*functions) -> None:
    """Let `functions` compute with plain numbers: their slope is zero wherever there is one."""
    for function in functions:
        rewritten(function, arrays=0)(functools.partial(on_plain, function))


def on_plain(function, *arguments, **keywords):
    arguments = [operand(a) if has_traced(a) else a for a in arguments]
    return function(*plain(arguments), **{name: plain(value) for name, value in keywords.items()})


def refused(*functions, cure: str) -> None:
    """Let `functions` raise an error that names what to use instead."""

    def refusal(function, *_, **__):
        raise TypeError(f"{full_name(function)} has no derivative: {cure}")

    for function in functions:
        rewritten(function, arrays=0)(functools.partial(refusal, function))


# fmt: off
constant(np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix, np.sign, np.heaviside,
         np.floor_divide, operator.floordiv, np.signbit, np.isnan, np.isinf, np.isfinite,
         np.isposinf, np.isneginf, np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj,
         np.isclose, np.allclose, np.array_equal, np.array_equiv, np.equal, np.not_equal, np.less,
         np.less_equal, np.greater, np.greater_equal, operator.lt, operator.le, operator.eq,
         operator.ne, operator.gt, operator.ge, np.logical_and, np.logical_or, np.logical_not,
         np.logical_xor, np.any, np.all, np.argmax, np.argmin, np.nanargmax, np.nanargmin,
         np.argsort, np.argpartition, np.argwhere, np.nonzero, np.flatnonzero, np.count_nonzero,
         np.searchsorted, np.digitize, np.lexsort, np.isin, np.shape, np.ndim, np.size,
         np.zeros_like, np.ones_like, np.empty_like, np.result_type, np.can_cast,
         np.min_scalar_type, np.common_type, np.may_share_memory, np.shares_memory,
         np.linalg.matrix_rank, np.array2string, np.array_repr, np.array_str, np.imag,
         np.triu_indices_from, np.tril_indices_from, np.diag_indices_from, np.einsum_path)

# Parts of numbers, as real numbers have them
rewritten(np.real, np.conjugate, np.real_if_close)(lambda a, tol=100: a)
rewritten(np.angle)( lambda z, deg=False: np.where(
                     plain(z) < 0, 180.0 if deg else np.pi, 0.0).astype(z.dtype))
rewritten(np.ldexp, arrays=2)( lambda a, b: a * np.power(2.0, plain(b)).astype(a.dtype))
rewritten(np.frexp)( lambda a: (np.ldexp(a, -np.frexp(plain(a))[1]), np.frexp(plain(a))[1]))
rewritten(np.modf)(  lambda a: (a - np.trunc(a), np.trunc(a)))
rewritten(np.divmod, arrays=2)(lambda a, b: (a // b, a % b))
refused(np.copyto, np.place, np.put, np.putmask, np.put_along_axis, np.fill_diagonal,
        cure="it changes an array in place; build a new one with np.where, np.stack, or "
             "value + np.zeros(shape)")
refused(np.ix_, cure="compute indices from plain numbers")
refused(np.roots, np.poly,
        cure="its numbers may be complex, which are out of scope")
# fmt: on
