"""The table of derivatives: each NumPy function with its pull-backs beside it.

For y = f(a, b) the pull-back of a is given g = ∂L/∂y, y, a and b, and returns ∂L/∂a = g · ∂y/∂a.
It is written in NumPy, like the function that it belongs to, so the table differentiates itself and
second derivatives need no second table.  Sums over broadcast axes are added by the walk, so an
elementwise rule is the school formula and nothing else.

Here are arithmetic and the elementary functions.  The other files have sums (`reductions`),
products of arrays (`products`), what is not smooth (`kinks`), what only moves numbers (`arrays`),
and all the rest.
"""

import numpy as np

from calclearn.calculus.tracing import rule

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

rule(np.where,       None,
                     lambda g, y, chosen, a, b: unbroadcast(np.where(chosen, g, 0), np.shape(a)),
                     lambda g, y, chosen, a, b: unbroadcast(np.where(chosen, 0, g), np.shape(b)))
# fmt: on


def unbroadcast(g, shape):
    """Sum g over the axes along which an argument of this shape was repeated."""
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    if g.ndim == 2 and g.shape[1:] == shape:
        return sum_rows(g)
    repeated = [extra + i for i, n in enumerate(shape) if n == 1]
    return np.sum(g, axis=(*range(extra), *repeated)).reshape(shape)


def sum_rows(g):
    """Σᵢ gᵢ as a product with a row of ones, which the matrix library does faster than a sum."""
    return np.dot(np.ones(g.shape[0], g.dtype), g)
