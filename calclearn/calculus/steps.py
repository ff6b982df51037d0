"""Functions without a slope, and those that are refused.

Steps, comparisons, questions and indices compute with plain numbers: wherever they have a slope, it
is zero.  What changes an array in place, or may be complex, is an error that names the cure.
"""

import functools
import operator

import numpy as np

from calclearn.calculus.cures import full_name
from calclearn.calculus.structures import has_traced, operand
from calclearn.calculus.tracing import plain, rewritten


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
refused(np.roots, np.linalg.eigvals, np.poly,
        cure="its numbers may be complex, which are out of scope")
# fmt: on
