"""The table of derivatives: each NumPy function with its pull-backs beside it.

The one decision: a pull-back is written in NumPy, like the function that it belongs to, so the
table differentiates itself and second derivatives need no second table.  For y = f(a, b) the
pull-back of a is given g = ∂L/∂y, y, a and b, and returns ∂L/∂a = g · ∂y/∂a.  Sums over broadcast
axes are added by the backward pass, so an elementwise rule is the school formula and nothing else.

At a kink the table gives the mean of the slopes at both sides, which is what a central difference
gives: |x| has slope 0 at 0, and each of two equal arguments of max gets half.
"""

import functools
import math

import numpy as np

from calclearn.calculus.primitives import constant, primitive, rewritten, rule

LN2, LN10 = float(np.log(2)), float(np.log(10))
DEGREE = float(np.pi / 180)


def where_first(g, wins, ties):
    """The part of g that goes to the first of two arguments: all if it wins, half at a tie."""
    return np.where(ties, g / 2, np.where(wins, g, 0))


def power_base(g, y, a, b):
    """∂(aᵇ)/∂a = b aᵇ⁻¹, and 0 where b = 0, also at a = 0."""
    if type(b) in (int, float) or np.ndim(b) == 0:  # NumPy takes long to see a number
        return g * (2 * a) if b == 2 else g * (b * a ** (b - 1 if b != 0 else 1))
    return g * (b * a ** np.where(b == 0, 1, b - 1))


def power_exponent(g, y, a, b):
    """∂(aᵇ)/∂b = aᵇ ln a, and 0 where a = 0."""
    return g * y * np.log(np.where(a == 0, y.dtype.type(1), a))


# fmt: off
# Arithmetic
rule(np.positive,    lambda g, y, a: g)
rule(np.negative,    lambda g, y, a: -g)
rule(np.add,         lambda g, y, a, b: g,         lambda g, y, a, b: g)
rule(np.subtract,    lambda g, y, a, b: g,         lambda g, y, a, b: -g)
rule(np.multiply,    lambda g, y, a, b: g * b,     lambda g, y, a, b: g * a)
rule(np.true_divide, lambda g, y, a, b: g / b,     lambda g, y, a, b: -g * y / b)
rule(np.remainder,   lambda g, y, a, b: g,         lambda g, y, a, b: -g * np.floor(a / b))
rule(np.fmod,        lambda g, y, a, b: g,         lambda g, y, a, b: -g * np.trunc(a / b))
rule(np.reciprocal,  lambda g, y, a: -g * y * y)

# Powers and roots
rule(np.power,       power_base,                   power_exponent)
rule(np.float_power, power_base,                   power_exponent)
rule(np.square,      lambda g, y, a: g * (2 * a))
rule(np.sqrt,        lambda g, y, a: g / (2 * y))
rule(np.cbrt,        lambda g, y, a: g / (3 * y * y))
rule(np.hypot,       lambda g, y, a, b: g * a / y, lambda g, y, a, b: g * b / y)

# Exponentials and logarithms
rule(np.exp,         lambda g, y, a: g * y)
rule(np.exp2,        lambda g, y, a: g * y * LN2)
rule(np.expm1,       lambda g, y, a: g * (y + 1))
rule(np.log,         lambda g, y, a: g / a)
rule(np.log2,        lambda g, y, a: g / (a * LN2))
rule(np.log10,       lambda g, y, a: g / (a * LN10))
rule(np.log1p,       lambda g, y, a: g / (a + 1))
rule(np.logaddexp,   lambda g, y, a, b: g * np.exp(a - y),  lambda g, y, a, b: g * np.exp(b - y))
rule(np.logaddexp2,  lambda g, y, a, b: g * np.exp2(a - y), lambda g, y, a, b: g * np.exp2(b - y))

# Trigonometric functions and their inverses
rule(np.sin,         lambda g, y, a: g * np.cos(a))
rule(np.cos,         lambda g, y, a: -g * np.sin(a))
rule(np.tan,         lambda g, y, a: g * (1 + y * y))
rule(np.arcsin,      lambda g, y, a: g / np.sqrt(1 - a * a))
rule(np.arccos,      lambda g, y, a: -g / np.sqrt(1 - a * a))
rule(np.arctan,      lambda g, y, a: g / (1 + a * a))
rule(np.arctan2,     lambda g, y, a, b: g * b / (a * a + b * b),
                     lambda g, y, a, b: -g * a / (a * a + b * b))
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
rule(np.absolute,    lambda g, y, a: g * np.sign(a))
rule(np.fabs,        lambda g, y, a: g * np.sign(a))
rule(np.nan_to_num,  lambda g, y, a: np.where(np.isfinite(a), g, 0))
rule(np.copysign,    lambda g, y, a, b: g * (np.sign(a) * np.copysign(1, b)),
                     None)
rule(np.maximum,     lambda g, y, a, b: where_first(g, a > b, a == b),
                     lambda g, y, a, b: where_first(g, b > a, a == b))
rule(np.minimum,     lambda g, y, a, b: where_first(g, a < b, a == b),
                     lambda g, y, a, b: where_first(g, b < a, a == b))
rule(np.fmax,        lambda g, y, a, b: where_first(g, (a > b) | (b != b), a == b),
                     lambda g, y, a, b: where_first(g, (b > a) | (a != a), a == b))
rule(np.fmin,        lambda g, y, a, b: where_first(g, (a < b) | (b != b), a == b),
                     lambda g, y, a, b: where_first(g, (b < a) | (a != a), a == b))
rule(np.where,       None,
                     lambda g, y, chosen, a, b: unbroadcast(np.where(chosen, g, 0), np.shape(a)),
                     lambda g, y, chosen, a, b: unbroadcast(np.where(chosen, 0, g), np.shape(b)))

# Steps: the slope is zero wherever there is one
constant(np.floor, np.ceil, np.trunc, np.rint, np.round, np.fix, np.sign, np.heaviside,
         np.floor_divide, np.signbit, np.isnan, np.isinf, np.isfinite, np.isclose, np.allclose,
         np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
         np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.array_equal,
         np.any, np.all, np.argmax, np.argmin, np.argsort, np.argwhere, np.nonzero,
         np.flatnonzero, np.count_nonzero, np.searchsorted, np.digitize, np.lexsort,
         np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like,
         np.result_type, np.may_share_memory, np.shares_memory)
# fmt: on


def sum_rows(g):
    """Σᵢ gᵢ as a product with a row of ones, which the matrix library does faster than a sum."""
    return row_of_ones(g.shape[0], g.dtype) @ g


@functools.lru_cache(maxsize=8)
def row_of_ones(n, dtype):
    return np.ones(n, dtype)


def unbroadcast(g, shape):
    """Sum g over the axes along which an argument of this shape was repeated."""
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    if extra == 1 and g.shape[1:] == shape:
        return sum_rows(g) if g.ndim == 2 else np.add.reduce(g, axis=0)
    repeated = [extra + i for i, n in enumerate(shape) if n == 1]
    return np.add.reduce(g, axis=(*range(extra), *repeated)).reshape(shape)


# Reductions: the cotangent of a sum goes back to every term
def kept(shape, axis):
    """The shape that a reduction with keepdims=True would have had."""
    if axis is None or not shape:
        return (1,) * len(shape)
    axes = {i % len(shape) for i in (axis if isinstance(axis, tuple) else (axis,))}
    return tuple([1 if i in axes else n for i, n in enumerate(shape)])


def terms(shape, axis):
    """How many terms each entry of the reduction has."""
    if axis is None:
        return math.prod(shape)
    return math.prod([n for n, k in zip(shape, kept(shape, axis), strict=True) if k == 1])


def spread(g, a, axis):
    g = g if axis is None else g.reshape(kept(a.shape, axis))
    return g + np.zeros(a.shape, g.dtype)


def pull_winner(g, y, a, axis=None, keepdims=False):
    """The winner takes the cotangent; winners that tie share it equally."""
    shape = kept(a.shape, axis)
    best = a == y.reshape(shape)
    share = best / np.add.reduce(best, axis=axis, keepdims=True)
    return g.reshape(shape) * share.astype(a.dtype)


def pull_prod(g, y, a, axis=None, keepdims=False):
    """Each factor's slope is the product of the others: y / a where no factor is zero."""
    shape = kept(a.shape, axis)
    if np.all(a != 0):
        return (g * y).reshape(shape) / a
    axes = [i for i, n in enumerate(shape) if axis is None or i in np.atleast_1d(axis) % a.ndim]
    last = range(-len(axes), 0)
    moved = np.moveaxis(a, axes, last)
    rows = moved.reshape(*moved.shape[: a.ndim - len(axes)], terms(a.shape, axis))
    others = np.where(np.eye(rows.shape[-1], dtype=bool), 1, rows[..., None, :])
    slopes = np.prod(others, axis=-1).reshape(moved.shape)
    return g.reshape(shape) * np.moveaxis(slopes, last, axes)


def pull_cumsum(g, y, a, axis=None):
    """Term j is in the partial sums j, j + 1, ..., so its cotangent is their sum."""
    along = -1 if axis is None else axis
    return np.flip(np.cumsum(np.flip(g, along), along), along).reshape(a.shape)


# fmt: off
rule(np.sum,    lambda g, y, a, axis=None, keepdims=False: spread(g, a, axis))
rule(np.mean,   lambda g, y, a, axis=None, keepdims=False:
                       spread(g / terms(a.shape, axis), a, axis))
rule(np.prod,   pull_prod)
rule(np.max,    pull_winner)
rule(np.min,    pull_winner)
rule(np.cumsum, pull_cumsum)
# fmt: on


@primitive
def euclidean(a, axis=None, keepdims=False):
    """‖a‖ = √(Σ a²) over the axes."""
    return np.sqrt(np.sum(a * a, axis=axis, keepdims=keepdims))


@rule(euclidean)
def pull_euclidean(g, y, a, axis=None, keepdims=False):
    """a / ‖a‖, and 0 at the origin, where the norm has a kink."""
    y = y.reshape(kept(a.shape, axis))
    return g.reshape(y.shape) * a / np.where(y == 0, 1, y)


@rewritten(np.var)
def var(a, axis=None, ddof=0, keepdims=False):
    residual = a - np.mean(a, axis=axis, keepdims=True)
    squares = np.sum(residual * residual, axis=axis, keepdims=keepdims)
    return squares / (terms(a.shape, axis) - ddof)


@rewritten(np.std)
def std(a, axis=None, ddof=0, keepdims=False):
    residual = a - np.mean(a, axis=axis, keepdims=True)
    length = euclidean(residual, axis=axis, keepdims=keepdims)
    return length / (terms(a.shape, axis) - ddof) ** 0.5


@rewritten(np.average)
def average(a, axis=None, weights=None, *, keepdims=False):
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    if np.ndim(weights) == 1 and np.ndim(a) > 1:
        weights = np.moveaxis(np.expand_dims(weights, tuple(range(1, a.ndim))), 0, axis)
    total = np.sum(weights + np.zeros_like(a), axis=axis, keepdims=keepdims)
    return np.sum(a * weights, axis=axis, keepdims=keepdims) / total


@rewritten(np.clip)
def clip(a, a_min=None, a_max=None, *, min=None, max=None):
    low, high = a_min if min is None else min, a_max if max is None else max
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


# Functions that are formulas of the others
@rewritten(np.cumprod)
def cumprod(a, axis=None):
    factors = np.moveaxis(a.reshape(-1) if axis is None else a, axis or 0, 0)
    partial = [factors[0]]
    for factor in factors[1:]:
        partial.append(partial[-1] * factor)
    return np.moveaxis(np.stack(partial), 0, axis or 0)


@rewritten(np.full_like)
def full_like(a, fill_value):
    return np.zeros(a.shape, a.dtype) + fill_value


@rewritten(np.linspace)
def linspace(start, stop, num=50, endpoint=True):
    places = np.linspace(0, 1, num, endpoint).reshape(-1, *[1] * max(np.ndim(start), np.ndim(stop)))
    width = stop - start
    return start + width * places.astype(width.dtype)


@rewritten(np.polyval)
def polyval(p, x):
    """Horner's scheme: ((p₀ x + p₁) x + p₂) x + ..."""
    y = 0 * x
    for coefficient in np.asarray(p) if isinstance(p, list) else p:
        y = y * x + coefficient
    return y


@rewritten(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Σ (yᵢ + yᵢ₊₁) / 2 · Δxᵢ."""
    y = np.moveaxis(y, axis, -1)
    width = dx if x is None else np.diff(x if np.ndim(x) == 1 else np.moveaxis(x, axis, -1))
    return np.sum((y[..., 1:] + y[..., :-1]) / 2 * width, axis=-1)
