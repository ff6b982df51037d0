"""Strong zeros: 0 · NaN = 0 and 0 · ∞ = 0, where the 0 is a cotangent's.

The branch that np.where leaves out gets the cotangent 0, and its slope may be infinite or no number
there.  In the second walk of a gradient with NaN, the cotangents are therefore traced at a level of
their own, STRONG, at which `apply` computes products with the functions of this module.  A gradient
without NaN pays for `has_nan` alone.
"""

import functools

import numpy as np

from calclearn.calculus.products import contract
from calclearn.calculus.rules import unbroadcast
from calclearn.calculus.tracing import STRONG, STRONG_PRODUCTS, Traced, plain, primitive, rule


@primitive
def times(g, b):
    return np.where(g == 0, 0, g * b).astype(np.result_type(g, b))


rule(times, lambda h, y, g, b: unbroadcast(np.where(np.isfinite(b), h * b, np.nan), np.shape(g)),
            lambda h, y, g, b: unbroadcast(times(g, h), np.shape(b)))  # fmt: skip


def cotangents_of(arguments):
    """The positions of the factors that are cotangents."""
    return [k for k, a in enumerate(arguments) if type(a) is Traced and a.level == STRONG]


def multiply(arguments, a, b):
    return times(a, b) if 0 in cotangents_of(arguments) else times(b, a)


def divide(arguments, a, b):
    return times(a, 1 / b) if cotangents_of(arguments) == [0] else a / b


def sum_of_products(function, arguments, *factors):
    """Leave out what is not finite, and put it back where it meets a cotangent that is not 0."""
    cotangents = cotangents_of(arguments)
    others = [k for k, b in enumerate(factors) if hasattr(b, "dtype") and k not in cotangents]
    finite = {k: np.isfinite(factors[k]) for k in others}

    def replaced(entries):
        return function(*[entries.get(k, b) for k, b in enumerate(factors)])

    moved = {k: (plain(factors[k]) != 0) * 1.0 for k in cotangents}
    every = {k: np.ones(np.shape(factors[k])) for k in others}
    met = replaced(moved | every) > replaced(moved | {k: finite[k] * 1.0 for k in others})
    kept = replaced({k: np.where(finite[k], factors[k], 0) for k in others})
    return np.where(met, function(*factors), kept)


STRONG_PRODUCTS.update(
    multiply=multiply,
    divide=divide,
    matmul=functools.partial(sum_of_products, np.matmul),
    contract=functools.partial(sum_of_products, contract),
)


def has_nan(x) -> bool:
    """Whether ‖x‖² is no number, as it is where one of the numbers is none."""
    x = plain(x)
    square = x if x.shape == () else np.vdot(x, x)
    return bool(square != square)
