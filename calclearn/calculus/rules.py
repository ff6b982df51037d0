"""The table of derivatives: each NumPy function with its pull-backs beside it.

For y = f(a, b) the pull-back of a is given g = ∂L/∂y, y, a and b, and returns ∂L/∂a = g · ∂y/∂a.
It is written in NumPy, like the function that it belongs to, so the table differentiates itself and
second derivatives need no second table.  Sums over broadcast axes are added by the walk, so an
elementwise rule is the school formula and nothing else.

At a kink the table gives the mean of the slopes at both sides, which is what a central difference
gives: |x| has slope 0 at 0, and each of two equal arguments of max gets half.  The second
derivative is the mean of both sides for max and min, so that max(x, 0)² has 1 at 0; lengths, |x|,
norms and standard deviations have none at 0, and give nan.
"""

import itertools
import math
import operator

import numpy as np

from calclearn.calculus.tracing import (
    Traced,
    constant,
    plain,
    primitive,
    refused,
    rewritten,
    rule,
)

LN2, LN10 = float(np.log(2)), float(np.log(10))
DEGREE = float(np.pi / 180)


def power_base(g, y, a, b):
    """∂(aᵇ)/∂a = b aᵇ⁻¹, and 0 where b = 0, also at a = 0."""
    if type(b) in (int, float) or np.ndim(b) == 0:  # much quicker than a condition for each entry
        return g * (2 * a) if b == 2 else g * (b * a ** (b - 1 if b != 0 else 1))
    return g * (b * a ** np.where(b == 0, 1, b - 1))


def power_exponent(g, y, a, b):
    """∂(aᵇ)/∂b = aᵇ ln a, and 0 where a = 0."""
    return g * y * np.log(np.where(a == 0, y.dtype.type(1), a))


def part(a, b, y):
    """eᵃ⁻ʸ, the part of eᵃ in eʸ = eᵃ + eᵇ; half where both are infinite."""
    infinite = np.isinf(y) & (a == y)
    return np.exp(np.where(infinite, np.where(a == b, -LN2, 0).astype(y.dtype), a - y))


def slope_of_sinc(a):
    """(cos πa - sinc a) / a, and its series at 0, where it is 0/0."""
    near = np.abs(plain(a)) < 1e-3
    far = np.where(near, 1, a)
    return np.where(near, -(np.pi**2) / 3 * a + np.pi**4 / 30 * a**3,
                    (np.cos(np.pi * far) - np.sinc(far)) / far)  # fmt: skip


# Kinks
def to_first(g, wins, ties, y):
    """What one of two arguments gets of g: all if it wins, half at a tie, nan of nan.

    Half of 0 is 0, but it moves at half the pace, and y, too, moves at half the pace of the
    argument.  So that max(x, 0)² has the second derivative 1 at 0, a g that is 0 stays whole.
    """
    half = np.where(ties & (g != 0), g / 2, np.where(wins | ties, g, 0))
    return half if not np.isnan(plain(y)).any() else np.where(y != y, np.nan, half)


def unless_zero(g, a):
    """`a`, or 1 where its cotangent is a constant 0, so that a kink that is left out has no say."""
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
    """g, but nan at a kink, whatever it is multiplied with."""
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
# Arithmetic
rule(np.positive,    lambda g, y, a: g)
rule(np.negative,    lambda g, y, a: -g)
rule(np.add,         lambda g, y, a, b: g,         lambda g, y, a, b: g)
rule(np.subtract,    lambda g, y, a, b: g,         lambda g, y, a, b: -g)
rule(np.multiply,    lambda g, y, a, b: g * b,     lambda g, y, a, b: g * a)
rule(np.true_divide, lambda g, y, a, b: g / b,     lambda g, y, a, b: -g * (y / b))
rule(np.remainder,   lambda g, y, a, b: g,         lambda g, y, a, b: -g * np.floor(a / b))
rule(np.fmod,        lambda g, y, a, b: g,         lambda g, y, a, b: -g * np.trunc(a / b))
rule(np.reciprocal,  lambda g, y, a: -g * y * y)

# Powers and roots
rule(np.power,       power_base,                   power_exponent)
rule(np.float_power, power_base,                   power_exponent)
rule(np.square,      lambda g, y, a: g * (2 * a))
rule(np.sqrt,        lambda g, y, a: g / (2 * y))
rule(np.cbrt,        lambda g, y, a: g / (3 * y * y))
rule(np.hypot,       lambda g, y, a, b: g * cosine(a, b), lambda g, y, a, b: g * cosine(b, a))

# Exponentials and logarithms
rule(np.exp,         lambda g, y, a: g * y)
rule(np.exp2,        lambda g, y, a: g * y * LN2)
rule(np.expm1,       lambda g, y, a: g * (y + 1))
rule(np.log,         lambda g, y, a: g / a)
rule(np.log2,        lambda g, y, a: g / (a * LN2))
rule(np.log10,       lambda g, y, a: g / (a * LN10))
rule(np.log1p,       lambda g, y, a: g / (a + 1))
rule(np.logaddexp,   lambda g, y, a, b: g * part(a, b, y), lambda g, y, a, b: g * part(b, a, y))
rule(np.logaddexp2,  lambda g, y, a, b: g * part(a * LN2, b * LN2, y * LN2),
                     lambda g, y, a, b: g * part(b * LN2, a * LN2, y * LN2))

# Trigonometric functions and their inverses
rule(np.sin,         lambda g, y, a: g * np.cos(a))
rule(np.cos,         lambda g, y, a: -g * np.sin(a))
rule(np.tan,         lambda g, y, a: g * (1 + y * y))
rule(np.arcsin,      lambda g, y, a: g / np.sqrt(1 - a * a))
rule(np.arccos,      lambda g, y, a: -g / np.sqrt(1 - a * a))
rule(np.arctan,      lambda g, y, a: g / (1 + a * a))
rule(np.arctan2,     lambda g, y, a, b: g * (b / np.square(np.hypot(a, b))),
                     lambda g, y, a, b: -g * (a / np.square(np.hypot(a, b))))
rule(np.sinc,        lambda g, y, a: g * slope_of_sinc(a))
rule(np.deg2rad,     lambda g, y, a: g * DEGREE)
rule(np.radians,     lambda g, y, a: g * DEGREE)
rule(np.rad2deg,     lambda g, y, a: g / DEGREE)
rule(np.degrees,     lambda g, y, a: g / DEGREE)

# Hyperbolic functions and their inverses
rule(np.sinh,        lambda g, y, a: g * np.cosh(a))
rule(np.cosh,        lambda g, y, a: g * np.sinh(a))
rule(np.tanh,        lambda g, y, a: g * (1 - y * y))
rule(np.arcsinh,     lambda g, y, a: g / np.sqrt(a * a + 1))
rule(np.arccosh,     lambda g, y, a: g / np.sqrt(a * a - 1))
rule(np.arctanh,     lambda g, y, a: g / (1 - a * a))

# Kinks
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
rule(np.where,       None,
                     lambda g, y, chosen, a, b: unbroadcast(np.where(chosen, g, 0), np.shape(a)),
                     lambda g, y, chosen, a, b: unbroadcast(np.where(chosen, 0, g), np.shape(b)))

# Steps: the slope is zero wherever there is one
constant(np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix, np.sign, np.heaviside,
         np.floor_divide, operator.floordiv, np.signbit, np.isnan, np.isinf, np.isfinite,
         np.isposinf, np.isneginf, np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj,
         np.isclose, np.allclose, np.array_equal, np.array_equiv, np.equal, np.not_equal, np.less,
         np.less_equal, np.greater, np.greater_equal, operator.lt, operator.le, operator.eq,
         operator.ne, operator.gt, operator.ge, np.logical_and, np.logical_or, np.logical_not,
         np.logical_xor, np.any, np.all, np.argmax, np.argmin, np.nanargmax, np.nanargmin,
         np.argsort, np.argpartition, np.argwhere, np.nonzero, np.flatnonzero, np.count_nonzero,
         np.searchsorted, np.digitize, np.lexsort, np.histogram, np.histogram2d,
         np.histogram_bin_edges, np.isin, np.shape, np.ndim, np.size, np.zeros_like, np.ones_like,
         np.empty_like, np.result_type, np.can_cast, np.min_scalar_type, np.common_type,
         np.may_share_memory, np.shares_memory, np.linalg.matrix_rank, np.array2string,
         np.array_repr, np.array_str, np.imag, np.triu_indices_from,
         np.tril_indices_from, np.diag_indices_from, np.einsum_path)
rewritten(np.real, np.conjugate, np.real_if_close)(lambda a, tol=100: a)
rewritten(np.angle)( lambda z, deg=False: np.where(
                     plain(z) < 0, 180.0 if deg else np.pi, 0.0).astype(z.dtype))
rewritten(np.ldexp, arrays=2)( lambda a, b: a * np.power(2.0, plain(b)).astype(a.dtype))
rewritten(np.modf)(  lambda a: (a - np.trunc(a), np.trunc(a)))
rewritten(np.divmod, arrays=2)(lambda a, b: (a // b, a % b))
refused(np.copyto, np.place, np.put, np.putmask, np.put_along_axis, np.fill_diagonal,
        cure="it changes an array in place; build a new one with np.where, np.stack, or "
             "value + np.zeros(shape)")
refused(np.roots, np.linalg.eigvals, np.poly,
        cure="its numbers may be complex, which are out of scope")
# fmt: on


def sum_rows(g):
    """Σᵢ gᵢ as a product with a row of ones, which the matrix library does faster than a sum."""
    return np.ones(g.shape[0], g.dtype) @ g


def unbroadcast(g, shape):
    """Sum g over the axes along which an argument of this shape was repeated."""
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    if g.ndim == 2 and g.shape[1:] == shape:
        return sum_rows(g)
    repeated = [extra + i for i, n in enumerate(shape) if n == 1]
    return np.sum(g, axis=(*range(extra), *repeated)).reshape(shape)


# Reductions: the cotangent of a sum goes back to every term
def with_ones(shape, axis):
    """The shape that a reduction with keepdims=True has."""
    if axis is None or not shape:
        return (1,) * len(shape)
    axes = {i % len(shape) for i in (axis if isinstance(axis, tuple) else (axis,))}
    return tuple([1 if i in axes else n for i, n in enumerate(shape)])


def count(shape, axis, where=True):
    """How many terms each entry of the reduction has."""
    if where is not True:
        return np.sum(np.broadcast_to(where, shape), axis=axis, keepdims=True)
    if axis is None:
        return math.prod(shape)
    return math.prod([n for n, k in zip(shape, with_ones(shape, axis), strict=True) if k == 1])


def spread(g, a, axis, where=True):
    """The cotangent of each term of a sum."""
    g = g if axis is None else g.reshape(with_ones(a.shape, axis))
    g = g + np.zeros(a.shape, g.dtype) if where is True else np.where(where, g, np.zeros(a.shape))
    return g if g.dtype == a.dtype else g.astype(a.dtype)


def pull_mean(g, y, a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    if where is True:
        return spread(g / count(a.shape, axis), a, axis)
    return spread(g.reshape(with_ones(a.shape, axis)) / count(a.shape, axis, where), a, None, where)


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
rule(np.sum,    lambda g, y, a, axis=None, dtype=None, out=None, keepdims=False, initial=0,
                       where=True: spread(g, a, axis, where))
rule(np.mean,   pull_mean)
rule(np.prod,   pull_prod)
rule(np.max,    pull_winner)
rule(np.min,    pull_winner)
rule(np.cumsum, pull_cumsum)
rewritten(np.amax)(lambda a, *rest, **keywords: np.max(a, *rest, **keywords))
rewritten(np.amin)(lambda a, *rest, **keywords: np.min(a, *rest, **keywords))
rewritten(np.ptp)( lambda a, axis=None, out=None, keepdims=False:
                       np.max(a, axis, keepdims=keepdims) - np.min(a, axis, keepdims=keepdims))
# fmt: on


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
