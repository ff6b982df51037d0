"""Rules of functions that are not smooth: kinks, steps, and what has no slope or is refused.

At a kink the table gives the mean of the slopes at both sides, as a central difference does: |x|
has slope 0 at 0, and each of two equal arguments of max gets half.  Second derivatives are the mean
of both sides, too: max(x, 0)² has 1 at 0.  Lengths, |x|, norms and deviations have none, and
give nan.

Steps, comparisons and indices compute with plain numbers: their slope, where there is one, is zero.
What changes an array in place, or may be complex, is an error that names the cure.
"""

import functools
import operator

import numpy as np

from calclearn.calculus.arrays import with_ones
from calclearn.calculus.cures import full_name
from calclearn.calculus.structures import has_traced, operand
from calclearn.calculus.tracing import STRONG, Traced, plain, primitive, rewritten, rule


def to_first(g, wins, ties, y, other):
    """What one of two arguments gets of g: all if it wins, half at a tie, nan of nan.

    A g that comes from y alone, as 2y does in max(x, 0)², already moves at half the pace of x: half
    of its value goes, and all of its slope stays; entry by entry, or where it is 0.  Where both
    arguments move, both paces are needed, and a g of 0 has no slope.
    """
    share = np.where(wins | ties, g, 0)
    if np.any(ties) and comes_from(g, y):
        still = ties & (g == 0)
        slow = ties if comes_from(g, y, entry_by_entry=True) else still
        share = np.where(slow, share - plain(share) / 2, np.where(ties, share / 2, share))
        share = without_slope(share, still) if type(other) is Traced else share
    elif np.any(ties):
        share = np.where(ties, share / 2, share)
    return share if not np.isnan(plain(y)).any() else np.where(y != y, np.nan, share)


def comes_from(g, y, *, entry_by_entry: bool = False) -> bool:
    """Whether g is traced, and every path from it back to an input leads through y."""
    if type(g) is not Traced or type(y) is not Traced:
        return False
    waiting, reached = [g.value if g.level == STRONG else g], {y.born}
    while waiting:
        v = waiting.pop()
        if type(v) is Traced and v.level == y.level and v.born not in reached:
            function = v.rule and getattr(np, v.rule.name, None)
            if v.rule is None or (entry_by_entry and getattr(function, "signature", 0) is not None):
                return False
            reached.add(v.born)
            waiting += v.arguments
    return True


def without_slope(g, still):
    """g, whose slope is nan where it is `still`, at 0."""
    return np.where(still, side(np.where(still, g, 1)), g) if np.any(still) else g


def unless_zero(g, a):
    """`a`, or 1 where its cotangent is a constant 0, so that an unused kink does not count."""
    return a if type(g) is Traced or np.all(g) else np.where(g == 0, 1, a)


@primitive
def side(a):
    """The slope of |a|: -1, 0 or 1."""
    return np.sign(a)


def no_slope(g, kink):
    """g, but nan at a kink, also where g is 0."""
    return np.where(kink, np.nan, g)


rule(side, lambda g, y, a: no_slope(0 * g, a == 0).astype(g.dtype))
# fmt: off
rule(np.absolute,    lambda g, y, a: g * side(unless_zero(g, a)))
rule(np.fabs,        lambda g, y, a: g * side(unless_zero(g, a)))
rule(np.nan_to_num,  lambda g, y, a, copy=True, nan=0.0, posinf=None, neginf=None:
                                     np.where(np.isfinite(a), g, 0))
rule(np.copysign,    lambda g, y, a, b: g * (np.sign(a) * np.copysign(1, b)),
                     lambda g, y, a, b: np.zeros(np.shape(b), y.dtype))
rule(np.maximum,     lambda g, y, a, b: to_first(g, a > b, a == b, y, b),
                     lambda g, y, a, b: to_first(g, b > a, a == b, y, a))
rule(np.minimum,     lambda g, y, a, b: to_first(g, a < b, a == b, y, b),
                     lambda g, y, a, b: to_first(g, b < a, a == b, y, a))
rule(np.fmax,        lambda g, y, a, b: to_first(g, (a > b) | (b != b), a == b, y, b),
                     lambda g, y, a, b: to_first(g, (b > a) | (a != a), a == b, y, a))
rule(np.fmin,        lambda g, y, a, b: to_first(g, (a < b) | (b != b), a == b, y, b),
                     lambda g, y, a, b: to_first(g, (b < a) | (a != a), a == b, y, a))
rule(np.hypot,       lambda g, y, a, b: g * cosine(a, b), lambda g, y, a, b: g * cosine(b, a))
rule(np.arctan2,     lambda g, y, a, b: g * (cosine(b, a) / np.hypot(a, b)),
                     lambda g, y, a, b: -g * (cosine(a, b) / np.hypot(a, b)))
# fmt: on


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
    return g * direction(unless_zero(g, a), axis)


@rule(direction)
def pull_direction(g, y, a, axis=None):
    """(g - y (y · g)) / ‖a‖, and nan at the origin."""
    length = euclidean(a, axis, keepdims=True)
    across = g - y * np.sum(y * g, axis=axis, keepdims=True)
    return no_slope(across / length, length == 0).astype(a.dtype)


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
