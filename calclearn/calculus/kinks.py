"""Rules of functions with kinks: |x|, the larger and the smaller, lengths.

At a kink the table gives the mean of the slopes at both sides, which is what a central difference
gives: |x| has slope 0 at 0, and each of two equal arguments of max gets half.  The second
derivative is the mean of both sides for max and min, so that max(x, 0)² has 1 at 0; lengths, |x|,
norms and standard deviations have none at 0, and give nan.
"""

import numpy as np

from calclearn.calculus.rules import unbroadcast, with_ones
from calclearn.calculus.tracing import Traced, plain, primitive, rewritten, rule


def to_first(g, wins, ties, y):
    """What one of two arguments gets of g: all if it wins, half at a tie, nan of nan.

    Half of 0 is 0, but it moves at half the pace, and y, too, moves at half the pace of the
    argument.  So that max(x, 0)² has the second derivative 1 at 0, a g that is 0 stays whole.
    """
    half = np.where(ties & (g != 0), g / 2, np.where(wins | ties, g, 0))
    return half if not np.isnan(plain(y)).any() else np.where(y != y, np.nan, half)


def unless_zero(g, a):
    """`a`, or 1 where its cotangent is a constant 0, so that an unused kink does not count."""
    return a if type(g) is Traced or np.all(g) else np.where(g == 0, 1, a)


@primitive
def side(a):
    """The slope of |a|: -1, 0 or 1."""
    return np.sign(a)


@primitive
def cosine(a, b):
    """The slope of √(a² + b²) along a:  a / √(a² + b²), and 0 at the origin."""
    length = np.hypot(a, b)
    return a / np.where(length == 0, 1, length)


def no_slope(g, kink):
    """g, but nan at a kink, also where g is 0."""
    return np.where(kink, np.nan, g)


rule(side, lambda g, y, a: no_slope(0 * g, a == 0).astype(g.dtype))
rule(
    cosine,
    lambda g, y, a, b: unbroadcast(
        no_slope(g * cosine(b, a) ** 2 / np.hypot(a, b), (a == 0) & (b == 0)), np.shape(a)
    ),
    lambda g, y, a, b: unbroadcast(
        no_slope(-g * y * cosine(b, a) / np.hypot(a, b), (a == 0) & (b == 0)), np.shape(b)
    ),
)

# fmt: off
rule(np.absolute,    lambda g, y, a: g * side(unless_zero(g, a)))
rule(np.fabs,        lambda g, y, a: g * side(unless_zero(g, a)))
rule(np.nan_to_num,  lambda g, y, a, copy=True, nan=0.0, posinf=None, neginf=None:
                                     np.where(np.isfinite(a), g, 0))
rule(np.copysign,    lambda g, y, a, b: g * (np.sign(a) * np.copysign(1, b)),
                     None)
rule(np.maximum,     lambda g, y, a, b: to_first(g, a > b, a == b, y),
                     lambda g, y, a, b: to_first(g, b > a, a == b, y))
rule(np.minimum,     lambda g, y, a, b: to_first(g, a < b, a == b, y),
                     lambda g, y, a, b: to_first(g, b < a, a == b, y))
rule(np.fmax,        lambda g, y, a, b: to_first(g, (a > b) | (b != b), a == b, y),
                     lambda g, y, a, b: to_first(g, (b > a) | (a != a), a == b, y))
rule(np.fmin,        lambda g, y, a, b: to_first(g, (a < b) | (b != b), a == b, y),
                     lambda g, y, a, b: to_first(g, (b < a) | (a != a), a == b, y))
rule(np.hypot,       lambda g, y, a, b: g * cosine(a, b), lambda g, y, a, b: g * cosine(b, a))
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
