"""Every rule of the table against differences, to second order, over shapes of rank 0 to 4."""

import inspect
import itertools
import operator
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from calclearn.calculus import arrays as moves
from calclearn.calculus import kinks, products, rules, strong
from calclearn.calculus.autodiff import (
    grad,
    hessian,
    ones,
    primitive,
    record,
    rule,
    value_and_grad,
    walk,
)
from calclearn.calculus.graph import is_parent
from calclearn.calculus.tracing import TABLE

# Shapes: ranks 0 to 4, an empty axis, axes of length one
SHAPES = [(), (1,), (3,), (0,), (2, 3), (2, 1, 3), (2, 1, 2, 2)]
PAIRS = [
    *[((), ()), ((3,), ()), ((), (3,)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3))],
    *[((2, 1), (1, 3)), ((1,), (4,)), ((0,), (1,)), ((1, 0), (2, 1)), ((2, 1, 3), (4, 1))],
    *[((2, 1, 2, 2), (1, 2, 1)), ((1, 1), (1, 1))],
]

ANY, POSITIVE, INSIDE = (-2.0, 2.0), (0.5, 2.0), (-0.8, 0.8)
UNARY = {
    **dict.fromkeys([np.positive, np.negative, np.square, np.absolute, np.fabs], ANY),
    **dict.fromkeys([np.exp, np.exp2, np.expm1, np.sin, np.cos, np.arctan, np.sinh, np.cosh], ANY),
    **dict.fromkeys([np.tanh, np.arcsinh, np.deg2rad, np.radians, np.rad2deg, np.degrees], ANY),
    **dict.fromkeys([np.reciprocal, np.sqrt, np.cbrt, np.log, np.log2, np.log10], POSITIVE),
    **dict.fromkeys([np.arcsin, np.arccos, np.arctanh, np.tan, np.log1p], INSIDE),
    np.arccosh: (1.5, 3.0),
}
BINARY = {
    **dict.fromkeys([np.add, np.subtract, np.multiply, np.logaddexp, np.logaddexp2], (ANY, ANY)),
    **dict.fromkeys([np.maximum, np.minimum, np.fmax, np.fmin], (ANY, ANY)),
    **dict.fromkeys([np.hypot, np.arctan2], (POSITIVE, POSITIVE)),
    **dict.fromkeys([np.power, np.float_power], (POSITIVE, ANY)),
    **dict.fromkeys([np.remainder, np.fmod], ((5.2, 5.6), (1.9, 2.1))),
    np.true_divide: (ANY, POSITIVE),
}


def numbers(shape, low=-2.0, high=2.0):
    """Numbers in a mixed order, none close to another, to zero, or to an end of the interval."""
    size = int(np.prod(shape))
    steps = np.random.default_rng(size).permutation(size) + 0.37
    return (low + (high - low) * steps / (size + 0.2)).reshape(shape)


CASES = []


def case(function, f, *arguments):
    """`arguments` are shapes, or arrays to differentiate at."""
    arrays = [numbers(a) if isinstance(a, tuple) else a for a in arguments]
    CASES.append(pytest.param(function, f, arrays, id=f"{function.__name__}-{len(CASES)}"))


for function, interval in UNARY.items():
    for shape in SHAPES:
        case(function, function, numbers(shape, *interval))
for function, intervals in BINARY.items():
    for shapes in PAIRS:
        # a shift of 0.05 keeps the two arguments of max and min apart
        first, second = (numbers(s, *i) for s, i in zip(shapes, intervals, strict=True))
        case(function, function, first, second + 0.05)

for exponent in (0, 1, 2, 3, -1, 0.5, 2.5, np.array([0.0, 1.0, 2.0])):
    case(np.power, lambda a, b=exponent: a**b, numbers((3,), *POSITIVE))
for exponent in (0, 1, 2, 3, np.array([0, 1, 2])):
    case(np.power, lambda a, b=exponent: a**b, numbers((2, 3)))
case(np.power, lambda b: 2**b, (3,))
case(np.copysign, np.copysign, (2, 3), (3,))

for shapes in PAIRS:
    chosen = numbers(np.broadcast_shapes(*shapes)) > 0
    case(np.where, lambda a, b, c=chosen: np.where(c, a, b), *shapes)

# Reductions
AXES = [
    *[((), None), ((1,), None), ((3,), 0), ((3,), -1), ((2, 3), None), ((2, 3), 0), ((2, 3), -1)],
    *[((2, 1, 3), 1), ((2, 1, 3), (0, -1)), ((2, 1, 2, 2), (1, 2)), ((2, 1, 2, 2), -2)],
]
for (shape, axis), keep in itertools.product([*AXES, ((0, 3), 1), ((2, 0), 0)], [False, True]):
    for function in (np.sum, np.prod, np.mean):
        case(function, lambda a, f=function, i=axis, k=keep: f(a, axis=i, keepdims=k), shape)
for (shape, axis), keep in itertools.product(AXES, [False, True]):
    for function in (np.max, np.min):
        case(function, lambda a, f=function, i=axis, k=keep: f(a, axis=i, keepdims=k), shape)
    case(np.var, lambda a, i=axis, k=keep: np.var(a, axis=i, keepdims=k), shape)
    lengths = {"axis": axis, "keepdims": keep}
    case(kinks.euclidean, lambda a, k=lengths: kinks.euclidean(a, **k), numbers(shape) + 3)
for axis, degrees in itertools.product([None, 0, -1, (0, 1)], [0, 1]):
    case(np.var, lambda a, i=axis, d=degrees: np.var(a, axis=i, ddof=d), (3, 4))
    case(np.std, lambda a, i=axis, d=degrees: np.std(a, axis=i, ddof=d), (3, 4))
case(np.std, lambda a: np.std(a, axis=1, keepdims=True), (2, 3, 2))
for zeros in ([0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [[0.0, 2.0], [3.0, 4.0]]):
    for axis in (None, 0, -1):
        case(np.prod, lambda a, i=axis: np.prod(a, axis=i), np.array(zeros))
case(np.prod, lambda a: np.prod(a, axis=(0, 2)), numbers((2, 2, 3)) * (numbers((2, 2, 3)) > -1.5))
for shape, axis in [((), None), ((3,), None), ((0,), 0), ((2, 3), None), ((2, 3), 0), ((2, 3), -1)]:
    case(np.cumsum, lambda a, i=axis: np.cumsum(a, axis=i), shape)
case(np.average, lambda a: np.average(a), (2, 3))
case(np.average, lambda a, w: np.average(a, weights=w), (2, 3), numbers((2, 3), *POSITIVE))
case(np.average, lambda a, w: np.average(a, axis=1, weights=w), (2, 3), numbers((3,), *POSITIVE))
case(np.clip, lambda a: np.clip(a, -1, 1), (2, 3))
case(np.clip, lambda a: np.clip(a, None, np.ones(3)), (2, 3))
case(np.clip, lambda a, b: np.clip(a, b, None), (2, 3), (3,))

case(np.nan_to_num, lambda a: np.nan_to_num(a), (2, 3))
for shape, axis in [((3,), None), ((2, 3), None), ((2, 3), 0), ((2, 3), -1)]:
    case(np.cumprod, lambda a, i=axis: np.cumprod(a, axis=i), shape)
case(np.full_like, lambda a, b: a * np.full_like(a, b), (2, 3), ())
case(np.linspace, lambda a, b: np.linspace(a, b, 4), (), ())
case(np.linspace, lambda a, b: np.linspace(a, b, 5, endpoint=False), (2, 3), (3,))
case(np.polyval, lambda p, x: np.polyval(p, x), (3,), (2, 3))
case(np.polyval, lambda x: np.polyval([1.0, 2.0, 3.0], x), ())
case(np.trapezoid, lambda y: np.trapezoid(y), (2, 4))
case(np.trapezoid, lambda y, x: np.trapezoid(y, x, axis=0), (4, 2), (4,))

# Indexing
INDICES = [
    *[0, -1, slice(1, None), slice(None, None, -1), ..., None, (0, 1), (slice(None), -1)],
    *[(..., None, 0), [1, 0, 1], np.array([[0, 1], [1, 1]]), (slice(None), [2, 0, 2])],
    *[([0, 1], [2, 2]), (0, [1, 1]), numbers((2, 3)) > 0, numbers((2,)) > 0, np.int64(1), ()],
    (slice(0, 0),),
]
for index in INDICES:
    case(operator.getitem, lambda a, i=index: a[i] * 1, (2, 3))
case(operator.getitem, lambda a: a[0] + a[1:].sum() + np.sum(a), (4,))
PIECES = (slice(1, 3), [0, 0])
case(moves.scatter, lambda a, b: moves.scatter((4,), a.dtype, PIECES, a, b), (2,), (2,))

# Same numbers, another shape or order
MOVES = [
    (np.copy, lambda a: np.copy(a), (2, 3)),
    (moves.in_dtype, lambda a: a.astype(a.dtype), (2, 3)),
    (np.reshape, lambda a: np.reshape(a, (3, 2)), (2, 3)),
    (np.reshape, lambda a: a.reshape(3, -1, order="F"), (2, 3)),
    (np.reshape, lambda a: a.reshape(()), (1, 1)),
    (np.ravel, lambda a: np.ravel(a), (2, 1, 2, 2)),
    *[(np.ravel, lambda a, o=order: np.ravel(a.T, order=o), (2, 3)) for order in "CFAK"],
    (np.ravel, lambda a: np.swapaxes(a, 0, 1).ravel("K"), (2, 3, 2)),
    (np.reshape, lambda a: np.reshape(a.T, (2, 3), order="A"), (2, 3)),
    (np.squeeze, lambda a: np.squeeze(a), (2, 1, 2, 1)),
    (np.squeeze, lambda a: np.squeeze(a, axis=-1), (2, 1, 2, 1)),
    (np.expand_dims, lambda a: np.expand_dims(a, -1), (2, 3)),
    (np.expand_dims, lambda a: np.expand_dims(a, (0, 2)), (2,)),
    (np.broadcast_to, lambda a: np.broadcast_to(a, (4, 2, 3)), (2, 1)),
    (np.broadcast_to, lambda a: np.broadcast_to(a, (2,)), ()),
    (np.transpose, lambda a: np.transpose(a), (2, 3, 2)),
    (np.transpose, lambda a: np.transpose(a, (1, -1, 0)), (2, 3, 2)),
    (np.transpose, lambda a: a.transpose(1, 0, 2).T, (2, 3, 2)),
    (np.swapaxes, lambda a: np.swapaxes(a, 0, -1), (2, 3, 2)),
    (np.swapaxes, lambda a: a.mT, (2, 3, 2)),
    (np.moveaxis, lambda a: np.moveaxis(a, 0, -1), (2, 3, 2)),
    (np.moveaxis, lambda a: np.moveaxis(a, (0, 1), (-1, 0)), (2, 3, 2)),
    (np.flip, lambda a: np.flip(a), (2, 3)),
    (np.flip, lambda a: np.flip(a, (0, -1)), (2, 3, 2)),
    (np.fliplr, lambda a: np.fliplr(a), (2, 3)),
    (np.flipud, lambda a: np.flipud(a), (2, 3)),
    (np.roll, lambda a: np.roll(a, 2), (2, 3)),
    (np.roll, lambda a: np.roll(a, (1, -1), (0, 1)), (2, 3)),
    (np.triu, lambda a: np.triu(a, 1), (3, 3)),
    (np.tril, lambda a: np.tril(a, -1), (2, 3, 3)),
    (np.take, lambda a: np.take(a, [0, 0, 5]), (2, 3)),
    (np.take, lambda a: np.take(a, [0, 0, 2], axis=-1), (2, 3)),
    (np.take_along_axis, lambda a: np.take_along_axis(a, np.array([[2, 0], [1, 1]]), -1), (2, 3)),
    (np.take_along_axis, lambda a: np.take_along_axis(a, np.array([[1, 0, 1]]), 0), (2, 3)),
    (np.repeat, lambda a: np.repeat(a, 2), (2, 3)),
    (np.repeat, lambda a: np.repeat(a, [1, 0, 2], axis=1), (2, 3)),
    (np.tile, lambda a: np.tile(a, 2), (2, 3)),
    (np.tile, lambda a: np.tile(a, (2, 1, 3)), (2, 3)),
    (np.sort, lambda a: np.sort(a), (2, 4)),
    (np.sort, lambda a: np.sort(a, axis=0), (3, 2)),
    (np.sort, lambda a: np.sort(a, axis=None), (3, 2)),
    (np.pad, lambda a: np.pad(a, 1), (2, 3)),
    (np.pad, lambda a: np.pad(a, ((1, 0), (2, 1)), constant_values=5.0), (2, 3)),
    *[
        (np.pad, lambda a, m=mode: np.pad(a, ((1, 0), (0, 2)), mode=m), (2, 3))
        for mode in ("edge", "reflect", "symmetric", "wrap")
    ],
    (np.diff, lambda a: np.diff(a), (2, 4)),
    (np.diff, lambda a: np.diff(a, n=2, axis=0), (4, 2)),
    (np.diff, lambda a: np.diff(a), (1,)),
    (np.diagonal, lambda a: np.diagonal(a, 1), (3, 3)),
    (np.diagonal, lambda a: np.diagonal(a, -1, 1, 2), (2, 3, 4)),
    (np.diag, lambda a: np.diag(a), (3,)),
    (np.diag, lambda a: np.diag(a, -2), (2,)),
    (np.diag, lambda a: np.diag(a, 1), (2, 3)),
    (np.trace, lambda a: np.trace(a), (3, 3)),
    (np.trace, lambda a: np.trace(a, 1, -1, 0), (3, 2, 3)),
    (moves.join, lambda a, b: moves.join(0, a, b), (2,), (3,)),
    (moves.pile, lambda a, b: moves.pile(0, a, b), (2,), (2,)),
    (np.concatenate, lambda a, b: np.concatenate([a, b, [1.0]]), (2,), (3,)),
    (np.concatenate, lambda a, b: np.concatenate([a, b], axis=-1), (2, 0), (2, 3)),
    (np.concatenate, lambda a, b: np.concatenate([a, b], axis=None), (2, 2), (3,)),
    (np.append, lambda a, b: np.append(a, b), (2, 2), ()),
    (np.stack, lambda a, b: np.stack([a, b, 1.0]), (), ()),
    (np.stack, lambda a, b: np.stack([a, b], axis=-1), (2, 3), (2, 3)),
    (np.vstack, lambda a, b: np.vstack([a, b]), (3,), (2, 3)),
    (np.hstack, lambda a, b: np.hstack([a, b]), (2, 1), (2, 3)),
    (np.hstack, lambda a, b: np.hstack([a, b]), (), (3,)),
    (np.dstack, lambda a, b: np.dstack([a, b]), (2, 3), (2, 3)),
    (np.column_stack, lambda a, b: np.column_stack([a, b]), (2,), (2, 3)),
    (np.broadcast_arrays, lambda a, b: np.broadcast_arrays(a, b), (2, 1), (3,)),
    (np.meshgrid, lambda a, b: np.meshgrid(a, b), (2,), (3,)),
    (np.meshgrid, lambda a, b: np.meshgrid(a, b, indexing="ij"), (2,), (3,)),
    *[
        (function, lambda a, f=function: f(a) * 1, shape)
        for function in (np.atleast_1d, np.atleast_2d, np.atleast_3d)
        for shape in SHAPES[:5]
    ],
    (np.split, lambda a: np.split(a, 3)[1], (6,)),
    (np.split, lambda a: np.split(a, [1, 3, 3], axis=1), (2, 4)),
    (np.array_split, lambda a: np.array_split(a, 3), (5, 2)),
    (sliding_window_view, lambda a: sliding_window_view(a, 2), (5,)),
    (sliding_window_view, lambda a: sliding_window_view(a, (2, 2)), (3, 4)),
    (sliding_window_view, lambda a: sliding_window_view(a, (2, 2), axis=(0, 0)), (5,)),
    (sliding_window_view, lambda a: sliding_window_view(a, (2, 3), (-2, -1)), (2, 1, 3, 4)),
    (moves.overlap_add, lambda a: moves.overlap_add(a, (4,), (2,), (0,)), (3, 2)),
]

# Linear algebra
MATMUL = [
    *[((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((4, 2, 3), (3, 2))],
    *[((4, 2, 3), (3,)), ((3,), (4, 3, 2)), ((2, 3), (4, 3, 2)), ((2, 1, 2, 3), (4, 3, 1))],
    *[((1, 2, 3), (4, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((4, 2, 0), (0, 3))],
]
for left, right in MATMUL:
    case(np.matmul, lambda a, b: a @ b, left, right)
PRODUCTS = [
    (np.dot, lambda a, b: np.dot(a, b), (2, 3), (3,)),
    (np.dot, lambda a, b: np.dot(a, b), (), (2, 3)),
    (np.dot, lambda a, b: np.dot(a, b), (2, 3), (2, 3, 2)),
    (np.inner, lambda a, b: np.inner(a, b), (2, 3), (4, 3)),
    (np.inner, lambda a, b: np.inner(a, b), (3,), ()),
    (np.outer, lambda a, b: np.outer(a, b), (2, 2), (3,)),
    (np.vecdot, lambda a, b: np.vecdot(a, b), (2, 3), (3,)),
    *[
        (np.convolve, lambda a, b, m=mode: np.convolve(a, b, m), *shapes)
        for mode in ("full", "same", "valid")
        for shapes in [((5,), (3,)), ((4,), (2,)), ((2,), (5,))]
    ],
    (np.vdot, lambda a, b: np.vdot(a, b), (2, 2), (2, 2)),
    (np.tensordot, lambda a, b: np.tensordot(a, b), (2, 3, 2), (3, 2, 2)),
    (np.tensordot, lambda a, b: np.tensordot(a, b, 0), (2,), (3,)),
    (np.tensordot, lambda a, b: np.tensordot(a, b, ([-1, 0], [0, 1])), (2, 3, 4), (4, 2)),
    (np.tensordot, lambda a, b: np.tensordot(a, b, (1, 0)), (2, 3), (3, 2)),
]
EINSUM = [
    *[("i->", (3,)), ("ii", (3, 3)), ("ii->i", (3, 3)), ("ij->ji", (2, 3)), ("ba", (2, 3))],
    *[("iij->j", (2, 2, 3)), ("iii->i", (2, 2, 2)), ("...i->...", (2, 3)), ("i...", (2, 3))],
    *[("ij,jk", (2, 3), (3, 2)), ("i,i", (3,), (3,)), ("i,j->ij", (2,), (3,))],
    *[("ij,jk,k->i", (2, 3), (3, 2), (2,)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 2))],
    *[("...ij,...jk->...ik", (4, 2, 3), (3, 2)), ("i...,...->i...", (2, 3), (1,))],
    *[("ij,k->i", (2, 3), (2,)), ("ii,i->", (3, 3), (3,)), (" i j , j -> i ", (2, 3), (3,))],
]
for subscripts, *shapes in EINSUM:
    case(np.einsum, lambda *a, s=subscripts: np.einsum(s, *a), *shapes)
case(products.contract, lambda a, b: products.contract(["ij", "j"], "i", a, b), (2, 3), (3,))


def regular(*shape):
    """Matrices that are well away from singular."""
    return numbers(shape) / 2 + 2 * np.eye(shape[-1])


def gram(a):
    """A symmetric positive definite matrix made of any matrix."""
    return a @ np.swapaxes(a, -1, -2) + np.eye(a.shape[-1])


SQUARE = [
    (np.linalg.inv, lambda a: np.linalg.inv(a)),
    (np.linalg.det, lambda a: np.linalg.det(a)),
    (np.linalg.slogdet, lambda a: np.linalg.slogdet(a)),
    (np.linalg.slogdet, lambda a: np.linalg.slogdet(a)[0] * a),
    (np.linalg.cholesky, lambda a: np.linalg.cholesky(gram(a))),
    (np.linalg.eigh, lambda a: np.linalg.eigh(gram(a)).eigenvalues),
    (np.linalg.eigh, lambda a: np.linalg.eigh(gram(a))[1] ** 2),
    (np.linalg.eigh, lambda a: np.prod(np.linalg.eigh(gram(a), "U")[0]) * gram(a)),
    (np.linalg.eigvalsh, lambda a: np.linalg.eigvalsh(gram(a))),
]
for function, f in SQUARE:
    for shape in [(1, 1), (3, 3), (2, 2, 2)]:
        case(function, f, regular(*shape))
for left, right in [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 2, 2), (2, 1)), ((2, 2), (2, 2, 1)),
                    ((2, 2, 2), (2,))]:  # fmt: skip
    case(np.linalg.solve, lambda a, b: np.linalg.solve(a, b), regular(*left), numbers(right))
case(products.solve_columns, products.solve_columns, regular(2, 2), (2, 1))
NORMS = [
    *[((3,), order, None) for order in (None, 1, 2, 3, 0.5, np.inf, -np.inf)],
    *[((2, 3), order, None) for order in (None, "fro", 1, -1, 2, np.inf, -np.inf)],
    *[((2, 3), None, 0), ((2, 3), 2, -1), ((2, 3), np.inf, 0), ((2, 3, 2), None, (0, 2))],
    *[((2, 3, 2), 1, (-1, 0)), ((2, 3, 2), 2, (1, 2)), ((2, 1, 2, 2), None, None)],
]
for (shape, order, axis), keep in itertools.product(NORMS, [False, True]):
    options = {"ord": order, "axis": axis, "keepdims": keep}
    case(np.linalg.norm, lambda a, k=options: np.linalg.norm(a, **k), shape)


# What only a kink, a repetition or a singular matrix needs
case(kinks.side, lambda a: a * kinks.side(a), (2, 3))
for shapes in PAIRS[:8]:
    case(kinks.cosine, kinks.cosine, *[numbers(s, *POSITIVE) for s in shapes])
    case(strong.times, strong.times, *shapes)
for axis in (None, 0, -1):
    case(kinks.direction, lambda a, i=axis: kinks.direction(a, i), (2, 3))
case(kinks.euclidean, lambda a: kinks.euclidean(a[:1] * 0 + 1) * a, (3,))
case(products.cofactors, lambda a: products.cofactors(a), regular(3, 3))
case(products.cofactors, lambda a: products.cofactors(a), regular(2, 2, 2))
case(moves.in_dtype, lambda a: a.astype(a.dtype), (2, 3))

# Keywords of reductions
PICK, MOST = numbers((2, 3)) > -1, numbers((3, 3)) > -1.5
for axis, keep in itertools.product([None, 0, (0, 1)], [False, True]):
    options = {"axis": axis, "keepdims": keep, "where": MOST}
    for function in (np.sum, np.mean, np.var, np.prod):
        case(function, lambda a, f=function, k=options: f(a, **k), (3, 3))
    case(np.std, lambda a, k=options: np.std(a[:, ::-1], **k), (3, 3))
    for function in (np.max, np.min, np.amax, np.amin):
        limit = {"initial": -9.0 if function in (np.max, np.amax) else 9.0}
        case(function, lambda a, f=function, k=options | limit: f(a, **k), (3, 3))
    case(np.ptp, lambda a, i=axis, k=keep: np.ptp(a, axis=i, keepdims=k), (2, 3))
case(np.sum, lambda a: np.sum(a, 0, None, None, True, 3.0), (2, 3))
case(np.prod, lambda a: np.prod(a, initial=2.0), (2, 3))
case(np.prod, lambda a: np.prod(a) * a, (0,))
case(np.max, lambda a: np.max(a, initial=0.5), (2, 3))
case(np.max, lambda a: np.max(a, 0, None, True), (2, 3))
case(np.std, lambda a: np.std(a, correction=1), (2, 3))
case(np.std, lambda a: np.std(a, mean=np.float64(0.3)), (2, 3))
case(np.std, lambda a: a * np.std(a, axis=0), (1, 3))
case(np.var, lambda a: np.var(a, 0, None, None, 1), (3, 4))
for axis, first in itertools.product([0, -1], [False, True]):
    many = {"axis": axis, "include_initial": first}
    case(np.cumulative_sum, lambda a, k=many: np.cumulative_sum(a, **k), (2, 3))
    case(np.cumulative_prod, lambda a, k=many: np.cumulative_prod(a, **k), (2, 3))

# Elementwise functions that are formulas
case(np.sinc, np.sinc, (2, 3))
case(np.sinc, np.sinc, np.array([0.0, 1e-4, 1.0, -0.5]))
case(np.real, lambda a: np.real(a) + a.real + np.conj(a) + np.real_if_close(a), (3,))
case(np.conjugate, np.conjugate, (3,))
case(np.real_if_close, np.real_if_close, (3,))
case(np.angle, lambda a: a * np.angle(a), (3,))
case(np.ldexp, lambda a: np.ldexp(a, [1, 2, -1]), (3,))
case(np.modf, lambda a: np.modf(a), (2, 3))
case(np.frexp, lambda a: np.frexp(a), (2, 3))
case(np.divmod, lambda a, b: np.divmod(a, b), (2, 3), numbers((3,), 1.7, 2.0))
case(np.nan_to_num, lambda a: np.nan_to_num(a, nan=3.0, posinf=2.0), (2, 3))

# Statistics
HOLES = np.array([[True, False, False, False], [False, False, True, False], [False] * 4])


def with_holes(a):
    return np.where(HOLES, np.nan, a)


for axis, keep in itertools.product([None, 0, -1, (0, 1)], [False, True]):
    whole = {"axis": axis, "keepdims": keep}
    for function in (np.median, np.nanmedian):
        case(function, lambda a, f=function, k=whole: f(a, **k), (3, 4))
    for function in (np.nansum, np.nanmean, np.nanprod, np.nanmax, np.nanmin, np.nanmedian):
        case(function, lambda a, f=function, k=whole: f(with_holes(a), **k), (3, 4))
    for function in (np.nanvar, np.nanstd):
        case(function, lambda a, f=function, k=whole: f(with_holes(a)[:, :3], **k), (3, 4))
    for function in (np.quantile, np.nanquantile):
        case(function, lambda a, f=function, k=whole: f(a, [0.2, 0.55], **k), (3, 4))
    for function in (np.percentile, np.nanpercentile):
        case(function, lambda a, f=function, k=whole: f(a, 37, **k), (3, 4))
for method in ("linear", "lower", "nearest", "midpoint", "hazen", "weibull", "median_unbiased"):
    case(np.quantile, lambda a, m=method: np.quantile(a, 0.3, method=m), (7,))
case(np.nancumsum, lambda a: np.nancumsum(with_holes(a), axis=1), (3, 4))
case(np.nancumprod, lambda a: np.nancumprod(with_holes(a), axis=0), (3, 4))
case(np.average, lambda a, w: np.average(a, 0, w, returned=True), (2, 3), numbers((2,), *POSITIVE))
case(np.average, lambda a: np.average(a, axis=(0, 1), weights=np.ones((2, 3))), (2, 3, 2))
case(np.average, lambda a: np.average(a, axis=1, weights=[1, 2, 1], keepdims=True), (2, 3))
for options in ({}, {"rowvar": False}, {"bias": True}, {"ddof": 0}, {"fweights": [1, 2, 1, 3]},
                {"aweights": [1.0, 0.5, 2.0, 1.0]}):  # fmt: skip
    shape = (4, 3) if "rowvar" in options else (3, 4)
    case(np.cov, lambda a, o=options: np.cov(a, **o), shape)
case(np.cov, lambda a, b: np.cov(a, b), (4,), (4,))
case(np.cov, lambda a: np.cov(a), (4,))
case(np.corrcoef, lambda a: np.corrcoef(a)[0, 1:], (3, 5))
case(np.corrcoef, lambda a, b: np.corrcoef(a, b)[0, 1], numbers((4,)), numbers((4,)) ** 2)

# Samples and polynomials
PLACES = np.array([-2.5, -1.0, 0.1, 1.3, 2.6])
case(np.interp, lambda x, y: np.interp(x, PLACES, y), (2, 3), (5,))
ENDS = lambda x, xp, y: np.interp(x, xp, y, left=0.5, right=y[0])  # noqa: E731
case(np.interp, ENDS, (7,), PLACES / 2 + 0.1, (5,))
case(np.interp, lambda x, y: np.interp(x, PLACES % 5, y, period=5), (3,), (5,))
case(np.interp, lambda y: np.interp([0.3, 5.0], PLACES, y), (5,))
for axis in (0, 1):
    case(np.diff, lambda a, i=axis: np.diff(a, axis=i, prepend=0, append=1.5), (2, 3))
case(np.diff, lambda a: np.diff(a, 2, prepend=a[:, :1]), (2, 3))
case(np.ediff1d, lambda a: np.ediff1d(a, to_begin=a[0, 0], to_end=[1.0, 2.0]), (2, 3))
for order in (1, 2):
    case(np.gradient, lambda a, o=order: np.gradient(a, edge_order=o), (3, 4))
    case(np.gradient, lambda a, o=order: np.gradient(a, PLACES, axis=1, edge_order=o), (2, 5))
    case(np.gradient, lambda a, h, o=order: np.gradient(a, h, edge_order=o), (4,), PLACES[:4])
case(np.gradient, lambda a: np.gradient(a, 2.0, 0.5), (3, 3))
case(np.unwrap, lambda a: np.unwrap(a * 4), (6,))
for mode in ("valid", "same", "full"):
    for shapes in [((5,), (3,)), ((2,), (4,)), ((3,), (3,))]:
        case(np.correlate, lambda a, b, m=mode: np.correlate(a, b, m), *shapes)
case(np.logspace, lambda a, b: np.logspace(a, b, 4), (), ())
case(np.geomspace, lambda a, b: np.geomspace(a, b, 4), np.array(0.5), np.array(2.0))
case(np.linspace, lambda a, b: np.linspace(a, b, 4, retstep=True), (), ())
case(np.linspace, lambda a: np.linspace(a, [1.0, 2.0], 4, axis=1), (2,))
case(np.polyder, lambda p: np.polyder(p, 2), (4,))
case(np.polyint, lambda p: np.polyint(p, 2, k=3.0), (3,))
case(np.polyadd, lambda p, q: np.polyadd(p, q), (4,), (2,))
case(np.polysub, lambda p, q: np.polysub(p, q), (2,), (3,))
case(np.polymul, lambda p, q: np.polymul(p, q), (3,), (2,))
case(np.polyfit, lambda x, y: np.polyfit(x, y, 2), PLACES, (5,))
case(np.polyfit, lambda y: np.polyfit(PLACES, y, 1, w=np.arange(1.0, 6)), (5, 2))
case(np.vander, lambda x: np.vander(x), (3,))
case(np.vander, lambda x: np.vander(x, 4, increasing=True), (3,))

# Moving numbers
MORE_MOVES = [
    (np.rollaxis, lambda a: np.rollaxis(a, 2), (2, 3, 2)),
    (np.rot90, lambda a: np.rot90(a, 3), (2, 3)),
    (np.resize, lambda a: np.resize(a, (3, 3)), (2, 3)),
    (np.delete, lambda a: np.delete(a, [0, 2], axis=1), (2, 3)),
    (np.insert, lambda a, b: np.insert(a, 1, b, axis=1), (2, 3), (2,)),
    (np.insert, lambda a: np.insert(a, [0, 2], [5.0, 6.0]), (2, 3)),
    (np.insert, lambda b: np.insert(np.ones((2, 2)), 1, b, axis=0), (2,)),
    (np.trim_zeros, lambda a: np.trim_zeros(np.pad(a, 2)), (3,)),
    (np.extract, lambda a: np.extract(PICK, a), (2, 3)),
    (np.compress, lambda a: np.compress([True, False, True], a, axis=1), (2, 3)),
    (np.compress, lambda a: a.compress([True, False, True]), (2, 3)),
    (np.partition, lambda a: np.sort(np.partition(a, 2)), (2, 4)),
    (np.sort, lambda a: np.sort(a, kind="stable") + np.sort(a, stable=True), (2, 4)),
    (np.matrix_transpose, lambda a: np.matrix_transpose(a), (2, 3)),
    (np.linalg.matrix_transpose, lambda a: np.linalg.matrix_transpose(a), (2, 3)),
    (np.linalg.trace, lambda a: np.linalg.trace(a, offset=1), (2, 3, 3)),
    (np.linalg.diagonal, lambda a: np.linalg.diagonal(a, offset=1), (2, 3, 3)),
    (np.diagflat, lambda a: np.diagflat(a, 1), (2, 2)),
    (np.astype, lambda a: np.astype(a, np.float64).astype(a.dtype), (2, 3)),
    (np.block, lambda a, b: np.block([[a, b], [np.ones((1, 2)), b[:1] * 2]]), (2, 2), (2, 1)),
    (np.block, lambda a: np.block([a, 1.0, a[:1]]), (3,)),
    (np.vsplit, lambda a: np.vsplit(a, 2), (4, 3)),
    (np.hsplit, lambda a: np.hsplit(a, [1, 2]), (2, 3)),
    (np.hsplit, lambda a: np.hsplit(a, 2), (4,)),
    (np.dsplit, lambda a: np.dsplit(a, 2), (1, 2, 4)),
    (np.unstack, lambda a: np.unstack(a, axis=1), (2, 3)),
    (np.select, lambda a: np.select([a > 1, a > -1], [a * 2, a**2], 7.0), (2, 3)),
    (np.choose, lambda a, b: np.choose([0, 1, 1], [a, b]), (3,), (2, 3)),
    (np.piecewise, lambda a: np.piecewise(a, [a < -1, a > 1], [np.exp, 3.0, np.square]), (2, 4)),
    (np.bincount, lambda a: np.bincount([0, 2, 0], a, 5), (3,)),
    (np.histogram_bin_edges, lambda a: np.histogram_bin_edges(a, 3) ** 2, (5,)),
    (np.histogram, lambda a: np.histogram(a, 3, density=True)[0], (2,)),
    (np.histogram, lambda a: np.histogram([0, 1, 2, 9], [0, 1, 2], weights=a)[0] ** 2, (4,)),
    (np.histogram, lambda a: np.histogram([0], np.sort(a))[1] ** 2, (4,)),
    (np.unique, lambda a: np.unique(a), (2, 3)),
    (np.apply_along_axis, lambda a: np.apply_along_axis(np.cumsum, 0, a), (2, 3)),
    (np.apply_along_axis, lambda a: np.apply_along_axis(np.prod, 1, a), (2, 3)),
    (np.take, lambda a: np.take(a, [0, 7, -9], mode="wrap"), (2, 3)),
    (np.take, lambda a: np.take(a, [0, 7], 0, mode="clip"), (2, 3)),
    (np.take_along_axis, lambda a: np.take_along_axis(a, np.array([[0, 1]]), 1), (3, 4)),
    (np.vstack, lambda a: np.vstack([a, a], dtype=a.dtype), (3,)),
    (np.stack, lambda a: np.stack([a, a], 1, dtype=a.dtype), (3,)),
    (np.full_like, lambda a: np.full_like(np.ones(3), 2.0) * np.full_like(a, a[0]), (3,)),
    (np.meshgrid, lambda a, b: np.meshgrid(a, b, sparse=True), (2,), (3,)),
    (np.atleast_2d, lambda a, b: [x * 1 for x in np.atleast_2d(a, b)], (2,), ()),
]  # fmt: skip

# More products and linear algebra
MORE_PRODUCTS = [
    (np.kron, lambda a, b: np.kron(a, b), (2, 3), (3, 2)),
    (np.kron, lambda a, b: np.kron(a, b), (2,), (2, 1, 2)),
    (np.cross, lambda a, b: np.cross(a, b), (2, 3), (3,)),
    (np.cross, lambda a, b: np.cross(a, b, axis=0), (3, 2), (3, 2)),
    (np.linalg.cross, lambda a, b: np.linalg.cross(a, b), (3,), (3,)),
    (np.linalg.outer, lambda a, b: np.linalg.outer(a, b), (2,), (3,)),
    (np.linalg.vecdot, lambda a, b: np.linalg.vecdot(a, b, axis=0), (2, 3), (2, 3)),
    (np.linalg.matmul, lambda a, b: np.linalg.matmul(a, b), (2, 3), (3, 2)),
    (np.linalg.tensordot, lambda a, b: np.linalg.tensordot(a, b, axes=1), (2, 3), (3, 2)),
    (np.matvec, lambda a, b: np.matvec(a, b), (2, 2, 3), (3,)),
    (np.vecmat, lambda a, b: np.vecmat(a, b), (2, 2), (2, 3)),
    (np.dot, lambda a: np.dot((1.0, 2.0, 3.0), a) + np.dot([1, 2, 3], a), (3,)),
    (np.einsum, lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), (2, 3), (3, 2)),
    (np.einsum, lambda a: np.einsum(a, [..., 0, 0]), (2, 3, 3)),
    (np.einsum, lambda a: np.einsum("ij,j", a, [1, 2, 3], optimize=True), (2, 3)),
    (np.einsum, lambda a: np.einsum("ij->i", a, order="F", dtype=a.dtype), (2, 3)),
    (np.vecdot, lambda a, b: np.vecdot(a, b, axis=0), (3, 2), (3, 2)),
    (np.linalg.multi_dot, lambda a, b, c: np.linalg.multi_dot([a, b, c]), (2, 3), (3, 3), (3,)),
    (np.linalg.svd, lambda a: np.linalg.svd(a, compute_uv=False), (3, 2)),
    *[(np.linalg.svd, lambda a: [x**2 for x in np.linalg.svd(a, full_matrices=False)], shape)
      for shape in [(3, 2), (2, 3), (2, 2), (2, 3, 2)]],
    (np.linalg.svd, lambda a: np.linalg.svd(a)[1], (2, 3)),
    (np.linalg.svdvals, lambda a: np.linalg.svdvals(a), (2, 3)),
    *[(np.linalg.pinv, lambda a: np.linalg.pinv(a), shape)
      for shape in [(3, 2), (2, 3), (2, 3, 2)]],
    (np.linalg.pinv, lambda a: np.linalg.pinv(a[:, None] * a), (3,)),
    *[(np.linalg.qr, lambda a: np.linalg.qr(a), shape)
      for shape in [(3, 2), (2, 2), (2, 3), (2, 3, 2)]],
    (np.linalg.qr, lambda a: np.linalg.qr(a, mode="r"), (3, 2)),
    (products.qr_of_tall, lambda a: products.qr_of_tall(a), (3, 2)),
    *[(np.linalg.lstsq, lambda a, b: np.linalg.lstsq(a, b)[:2], *shapes)
      for shapes in [((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 3), (2,)), ((2, 3), (2, 2))]],
    (np.linalg.lstsq, lambda a, b: np.linalg.lstsq(a[:, None] * [1.0, 2.0], b)[0], (3,), (3,)),
    *[(np.linalg.matrix_power, lambda a, n=n: np.linalg.matrix_power(a, n), regular(2, 2))
      for n in (-2, 0, 1, 3, 4)],
    *[(np.linalg.cond, lambda a, p=p: np.linalg.cond(a, p), regular(3, 3))
      for p in (None, 2, -2, 1, np.inf, "fro")],
    (np.linalg.tensorsolve, lambda a, b: np.linalg.tensorsolve(a, b),
     regular(4, 4).reshape(2, 2, 4), (2, 2)),
    (np.linalg.tensorinv, lambda a: np.linalg.tensorinv(a), regular(4, 4).reshape(2, 2, 1, 4)),
    (products.eig_of_real, lambda a: products.eig_of_real(a)[0],
     numbers((3, 3)) / 5 + np.diag([1.0, 3, 6])),
    (np.linalg.eig, lambda a: [np.real(x) ** 2 for x in np.linalg.eig(a)],
     numbers((3, 3)) / 5 + np.diag([1.0, 3, 6])),
    (np.linalg.cholesky, lambda a: np.linalg.cholesky(a @ a.T + np.eye(3), upper=True), (3, 3)),
    (np.linalg.matrix_norm, lambda a: np.linalg.matrix_norm(a, ord="nuc"), (2, 2, 3)),
    (np.linalg.norm, lambda a: np.linalg.norm(a, -2), (2, 3)),
    (np.linalg.norm, lambda a: np.linalg.norm(a, "nuc", axis=(0, 2)), (2, 3, 2)),
    (np.linalg.norm, lambda a: a * np.linalg.norm(a, 0), (3,)),
    (np.linalg.vector_norm, lambda a: np.linalg.vector_norm(a, ord=3), (2, 3)),
    (np.linalg.vector_norm, lambda a: np.linalg.vector_norm(a, axis=(0, 2), keepdims=True),
     (2, 3, 2)),
    (np.linalg.vector_norm, lambda a: np.linalg.vector_norm(a, axis=1), (2, 3)),
]  # fmt: skip
for function, f, *shapes in [*MOVES, *PRODUCTS, *MORE_MOVES, *MORE_PRODUCTS]:
    case(function, f, *shapes)


# The check
def joined(result):
    """All numbers of a result, which may be a list of arrays, in one flat vector."""
    parts = result if isinstance(result, (list, tuple)) else [result]
    return np.concatenate([np.ravel(part) for part in parts])


def richardson(f, width=0.01, columns=4):
    """The slope of f at 0 by central differences, extrapolated to width zero."""
    widths = width / 2.0 ** np.arange(columns)
    table = [(f(h) - f(-h)) / (2 * h) for h in widths]
    for k in range(1, columns):
        table = [(4**k * b - a) / (4**k - 1) for a, b in itertools.pairwise(table)]
    return table[0]


def check(f, arrays):
    """Compare f's derivatives with differences along a random line, then those of its gradient."""
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.5, 1.5, np.shape(joined(f(*arrays))))
    along = [rng.uniform(-1, 1, a.shape) for a in arrays]
    across = [rng.uniform(-1, 1, a.shape) for a in arrays]
    every = tuple(range(len(arrays)))

    def loss(*x):
        return np.sum(joined(f(*x)) * weights)

    def slope(*x):
        return sum(np.sum(g * v) for g, v in zip(grad(loss, every)(*x), across, strict=True))

    for function, direction in ((loss, across), (slope, along)):
        gradients = grad(function, every)(*arrays)
        assert [g.shape for g in gradients] == [a.shape for a in arrays]
        exact = sum(np.sum(g * v) for g, v in zip(gradients, direction, strict=True))
        line = lambda t: function(*[a + t * v for a, v in zip(arrays, direction, strict=True)])  # noqa: B023, E731
        np.testing.assert_allclose(exact, richardson(line), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("function", "f", "arrays"), CASES)
def test_derivatives_agree_with_differences_to_second_order(function, f, arrays):
    check(f, arrays)


@pytest.mark.parametrize(("function", "f", "arrays"), CASES)
def test_values_are_numpys_and_adjoints_have_the_shape_and_dtype_of_their_values(
    function, f, arrays
):
    single = [a.astype(np.float32) for a in arrays]
    result = record(lambda *x: joined(f(*x)), range(len(single)), single, {})[1]
    np.testing.assert_allclose(result.value, joined(f(*single)), rtol=1e-5, atol=1e-5)
    assert result.dtype == joined(f(*single)).dtype
    if result.dtype != np.float32:
        return  # a constant of the case is wider

    def visit(node, g):
        if not isinstance(node.value, tuple):
            assert g.shape == node.value.shape
            assert g.dtype == node.value.dtype

    walk(result, ones(result.value), visit)


# The check itself
def ours(entry) -> bool:
    """Whether an entry of the table is the package's own, and no example's or test's."""
    entry = entry.together or entry.definition or next(filter(None, entry.pullbacks))
    entry = inspect.unwrap(getattr(entry, "func", entry))
    return Path(entry.__code__.co_filename).parent == Path(inspect.getfile(rules)).parent


def is_constant(entry) -> bool:
    """Whether a function has no slope, or none that is computed."""
    return hasattr(entry.definition, "func")


def test_every_rule_has_a_case():
    table = {f for f, entry in TABLE.items() if ours(entry) and not is_constant(entry)}
    operators = {f for f in table if f in vars(operator).values()} - {operator.getitem}
    assert table - operators - REPEATED == {parameters.values[0] for parameters in CASES}


# what other cases run: the ufunc under np.clip, and the methods of ufuncs
REPEATED = {np._core.umath.clip, np.ufunc}


def test_every_pull_back_is_run_by_a_case():
    run = set()

    def visit(node, g):
        run.update((node.rule, k) for k, a in enumerate(node.arguments) if is_parent(a, node))

    for parameters in CASES:
        _, f, arrays = parameters.values
        result = record(lambda *x, f=f: joined(f(*x)), range(len(arrays)), arrays, {})[1]
        walk(result, ones(result.value), visit)
    table = [entry for entry in TABLE.values() if ours(entry)]
    missing = {
        (entry.name, k)
        for entry in table
        for k, pullback in enumerate(entry.pullbacks)
        if pullback and (entry, k) not in run
    }
    assert not missing


def wrong(pullback, f=np.sin):
    """A copy of f with a rule of its own."""

    @primitive
    def copy(*arguments):
        return f(*arguments)

    rule(copy, *([pullback] if callable(pullback) else pullback))
    return copy


@pytest.mark.parametrize(
    "pullback",
    [
        lambda g, y, a: -g * np.cos(a),
        lambda g, y, a: g * np.cos(a) * (1 + 1e-5),
        lambda g, y, a: g * np.sqrt(1 - y * y),
        lambda g, y, a: np.flip(g) * np.cos(a),
        lambda g, y, a: g * wrong(lambda g, y, a: 0 * g, np.cos)(a),
    ],
    ids=["sign", "slightly", "branch", "order", "second order only"],
)
def test_the_check_catches_a_wrong_rule(pullback):
    check(wrong(lambda g, y, a: g * np.cos(a)), [numbers((5,))])
    with pytest.raises(AssertionError):
        check(wrong(pullback), [numbers((5,))])


# Kinks
@pytest.mark.parametrize("function", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_arguments_that_tie_share_the_slope(function):
    assert grad(function, (0, 1))(2.0, 2.0) == (0.5, 0.5)


def test_the_slope_at_a_kink_is_what_a_central_difference_gives():
    assert grad(np.abs)(0.0) == 0
    assert grad(lambda x: np.clip(x, 0, 1))(0.0) == 0.5
    np.testing.assert_array_equal(grad(np.max)(np.array([1.0, 3.0, 3.0])), [0, 0.5, 0.5])
    np.testing.assert_array_equal(grad(np.linalg.norm)(np.zeros(3)), np.zeros(3))
    np.testing.assert_array_equal(grad(np.std)(np.ones(3)), np.zeros(3))
    np.testing.assert_array_equal(grad(np.median)(np.array([1.0, 2, 1])), [0.5, 0, 0.5])
    np.testing.assert_array_equal(grad(lambda x: np.sort(x)[0])(np.ones(2)), [0.5, 0.5])
    for order in (1, 3, 0.5, np.inf, 2):
        norm = lambda w, p=order: np.linalg.norm(w, p)  # noqa: E731
        np.testing.assert_array_equal(grad(norm)(np.zeros(2)), np.zeros(2))
    np.testing.assert_array_equal(grad(lambda a: np.linalg.norm(a, 2))(np.zeros((2, 2))), 0)
    knots, heights = np.arange(3.0), np.array([0.0, 1.0, 4.0])
    assert grad(lambda x: np.interp(x, knots, heights))(1.0) == 2
    assert grad(lambda x: np.interp(x, knots, heights, left=0.0))(0.0) == 0.5


@pytest.mark.parametrize(
    ("f", "x", "slopes"),
    [
        (lambda a: np.sort(a) @ [1, 2, 4], [2, 2, 2], [7 / 3, 7 / 3, 7 / 3]),
        (lambda a: np.sort(a) @ [1, 2, 4], [2, 2, 1], [3, 3, 1]),
        (lambda a: np.sort(a, axis=None) @ [1, 2, 4], [[2, 3, 2]], [[1.5, 4, 1.5]]),
        (lambda a: np.partition(a, 1)[1], [2, 1, 1], [0, 0.5, 0.5]),
        (lambda a: np.partition(a, -1, axis=None)[-1], [[2], [3]], [[0], [1]]),
        (np.median, [1, 1, 1, 2], [1 / 3, 1 / 3, 1 / 3, 0]),
        (np.min, [1, 1, 1], [1 / 3, 1 / 3, 1 / 3]),
        (lambda a: np.quantile(a, 0.3), [1, 1, 2, 1], [1 / 3, 1 / 3, 0, 1 / 3]),
    ],
)
def test_numbers_that_tie_share_their_places_equally(f, x, slopes):
    np.testing.assert_allclose(grad(f)(np.array(x, float)), slopes, rtol=1e-14)


def test_second_derivatives_at_a_kink_are_the_mean_of_both_sides():
    for f in (lambda x: np.maximum(x, 0) ** 2, lambda x: np.maximum(0, x) ** 2,
              lambda x: np.clip(x, 0, None) ** 2, lambda x: np.minimum(x, 0) ** 2,
              lambda x: np.fmax(x, 0) ** 2):  # fmt: skip
        assert grad(f)(0.0) == 0
        assert grad(grad(f))(0.0) == 1


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.linalg.norm, np.zeros(2)),
        (lambda w: np.linalg.norm(w) ** 2, np.zeros(2)),
        (lambda w: np.linalg.norm(w - np.ones(2)) ** 3, np.ones(2)),
        (lambda w: np.hypot(w[0], w[1]) ** 2, np.zeros(2)),
        (np.std, np.ones(3)),
        (lambda w: np.std(w) ** 2, np.ones(3)),
        (lambda w: np.sum(np.abs(w) ** 2), np.zeros(2)),
        (lambda w: np.sum(np.abs(w)), np.zeros(2)),
    ],
)
def test_lengths_of_zero_have_a_slope_and_no_second_derivative(f, x):
    np.testing.assert_array_equal(grad(f)(x), np.zeros_like(x))
    assert np.isnan(np.diagonal(hessian(f)(x))).all()


def test_a_length_of_zero_that_is_left_out_has_no_say():
    def f(w):
        return np.sum(np.where(np.array([True, False]), w**2, np.abs(w)))

    np.testing.assert_array_equal(hessian(f)(np.array([0.0, 1.0])), [[2, 0], [0, 0]])


def test_slopes_where_a_formula_divides_by_zero():
    assert grad(np.hypot, (0, 1))(0.0, 0.0) == (0, 0)
    assert grad(np.logaddexp, (0, 1))(-np.inf, -np.inf) == (0.5, 0.5)
    assert np.isnan(grad(np.maximum)(1.0, np.nan))
    assert np.isnan(grad(np.arctan2)(0.0, 0.0))
    assert grad(np.sinc)(0.0) == 0
    assert grad(np.linalg.norm)(np.array([3.0, 4.0])).tolist() == [0.6, 0.8]


def test_the_product_of_tiny_and_huge_numbers():
    slopes = grad(np.prod)(np.array([1e-200, 1e-200, 1e300]))
    np.testing.assert_allclose(slopes, [1e100, 1e100, 0])


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_the_determinant_of_a_singular_matrix_has_its_cofactors(rank):
    vectors = numbers((3, 3))
    a = vectors[:, :rank] @ vectors[:rank] if rank else np.zeros((3, 3))
    minors = [
        [(-1.0) ** (i + j) * np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(3)]
        for i in range(3)
    ]
    np.testing.assert_allclose(grad(np.linalg.det)(a), minors, atol=1e-12)
    batch = np.stack([a, np.eye(3)])
    slopes = grad(lambda a: np.sum(np.linalg.det(a)))(batch)
    np.testing.assert_allclose(slopes, [minors, np.eye(3)], atol=1e-12)
    check(np.linalg.det, [a])


def test_the_slopes_of_a_determinant():
    np.testing.assert_allclose(grad(np.linalg.det)([[1, 2], [2, 4]]), [[4, -2], [-2, 1]])


# Indices
class Column:
    """What a column of a table of pandas is for NumPy."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def to_numpy(self):
        return self.values

    def __array__(self, dtype=None, copy=None):
        return self.values

    def __len__(self):
        return len(self.values)


@pytest.mark.parametrize("kind", [np.array, list, Column])
def test_every_repetition_of_an_index_counts(kind):
    k, mass = kind([0, 0, 1, 2, 0]), np.arange(1.0, 6)
    slopes = grad(lambda m: np.sum((m[k] - mass) ** 2))(np.zeros(3))
    np.testing.assert_array_equal(slopes, [-16, -6, -8])
    pairs = grad(lambda m: np.sum(m[k, kind([0, 0, 1, 1, 0])] * mass))(np.zeros((3, 2)))
    np.testing.assert_array_equal(pairs, [[8, 0], [0, 3], [0, 4]])


def test_columns_of_tables_take_part_as_arrays():
    mass = Column([1.0, 2.0])
    np.testing.assert_array_equal(grad(lambda x: np.sum(x * mass))(np.ones(2)), [1, 2])
    np.testing.assert_array_equal(grad(lambda x: np.sum(np.multiply(x, mass)))(np.ones(2)), [1, 2])
    np.testing.assert_array_equal(grad(lambda x: np.sum(x**2))(mass), [2, 4])


def test_indices_that_broadcast():
    value, slopes = value_and_grad(
        lambda m: np.sum(np.take_along_axis(m, np.array([[0, 1]]), 1))
    )(np.arange(12.0).reshape(3, 4))  # fmt: skip
    assert value == 27
    np.testing.assert_array_equal(slopes, [[1, 1, 0, 0]] * 3)


def test_tuples_and_lists_are_arrays():
    x = np.ones(3)
    for f in (
        lambda x: np.dot((1.0, 2.0, 3.0), x),
        lambda x: np.sum(np.multiply([1, 2, 3], x)),
        lambda x: np.sum(np.power(x, (1, 2, 3))),
        lambda x: np.sum((1, 2, 3) * x),
        lambda x: np.sum([x[0], 2 * x[1]]) + np.sum([[3 * x[2]]]),
        lambda x: np.sum(np.add((x[0], 2 * x[1], 3 * x[2]), 0 * x)),
    ):
        np.testing.assert_array_equal(grad(f)(x), [1, 2, 3])


def test_padding_that_computes_names_the_modes():
    with pytest.raises(TypeError, match=r"has the modes constant, edge, reflect, .* got 'mean'"):
        grad(lambda x: np.sum(np.pad(x, 1, mode="mean")))(np.ones(3))


def test_powers_at_zero():
    assert grad(lambda x: x**0)(0.0) == 0
    assert grad(lambda x: x**1)(0.0) == 1
    assert grad(lambda x: x**2)(0.0) == 0
    assert grad(lambda b: 0.0**b)(2.0) == 0


CONSTANTS = [
    *[np.floor, np.ceil, np.trunc, np.rint, np.round, np.fix, np.sign, np.isnan, np.isfinite],
    *[np.isinf, np.signbit, np.argmax, np.argmin, np.argsort, np.zeros_like, np.ones_like],
    *[np.any, np.all, np.count_nonzero, np.logical_not, np.size, np.ndim],
]


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")
@pytest.mark.parametrize("function", CONSTANTS)
def test_steps_and_questions_give_plain_numbers(function):
    x = numbers((4,))
    results = []

    def f(a):
        results.append(function(a))
        return np.sum(a * a) + np.sum(results[-1])

    np.testing.assert_array_equal(grad(f)(x), 2 * x)
    assert isinstance(results[0], (np.ndarray, np.generic, int))


def test_comparisons_are_plain_booleans():
    def f(x):
        assert (x > 0) is True or isinstance(x > 0, np.bool_)
        assert x == x
        return x**2 if x > 1 else x

    assert grad(f)(3.0) == 6
    assert grad(f)(0.5) == 1


# The methods of ufuncs
METHODS = [  # a method, and the function that it is
    (np.add.reduce, lambda a: np.sum(a, axis=0)),
    (np.multiply.reduce, lambda a: np.prod(a, axis=0)),
    (np.maximum.reduce, lambda a: np.max(a, axis=0)),
    (np.minimum.reduce, lambda a: np.min(a, axis=0)),
    (np.subtract.reduce, lambda a: a[0] - a[1]),
    (lambda a: np.add.reduce(a, axis=None, keepdims=True), lambda a: np.sum(a, keepdims=True)),
    (lambda a: np.add.reduce(a, axis=1, initial=2.0, where=PICK),
     lambda a: np.sum(a, axis=1, initial=2.0, where=PICK)),
    *[(lambda a, k=keywords: np.logaddexp.reduce(a, **k),
       lambda a, k=keywords: np.log(np.sum(np.exp(a), **k)))
      for keywords in ({"axis": None}, {"axis": (0, 1)}, {"axis": -1, "keepdims": True})],
    (lambda a: np.logaddexp.reduce(a, axis=1, initial=0.5),
     lambda a: np.log(np.sum(np.exp(a), axis=1) + np.exp(0.5))),
    (np.add.accumulate, lambda a: np.cumsum(a, axis=0)),
    (np.multiply.accumulate, lambda a: np.cumprod(a, axis=0)),
    (np.maximum.accumulate, lambda a: np.stack([a[0], np.maximum(a[0], a[1])])),
    (lambda a: np.add.reduceat(a, [0, 2], axis=1),
     lambda a: np.stack([a[:, 0] + a[:, 1], a[:, 2]], 1)),
    (lambda a: np.maximum.reduceat(a, [1, 0, 2], axis=1),
     lambda a: np.stack([a[:, 1], np.maximum(a[:, 0], a[:, 1]), a[:, 2]], 1)),
    (lambda a: np.multiply.outer(a, a), lambda a: np.tensordot(a, a, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("method", "whole"), METHODS)
def test_methods_of_ufuncs_are_their_whole_functions(method, whole):
    x = numbers((2, 3))
    np.testing.assert_allclose(method(x), whole(x))
    slopes = [grad(lambda a, f=f: np.sum(np.sin(f(a))))(x) for f in (method, whole)]
    np.testing.assert_allclose(*slopes)
