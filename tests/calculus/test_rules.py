"""Every rule of the table against differences, to second order, over shapes of rank 0 to 4."""

import inspect
import itertools
import operator
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from calclearn.calculus import fused, joining, products, rearranging, rules
from calclearn.calculus.autodiff import grad, primitive, rule
from calclearn.calculus.backward import backward, ones, record, start
from calclearn.calculus.primitives import Rule
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
case(np.copysign, lambda a: np.copysign(a, np.array([1.0, -1.0, 1.0])), (2, 3))

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
    case(
        rules.euclidean,
        lambda a, i=axis, k=keep: rules.euclidean(a, axis=i, keepdims=k),
        numbers(shape) + 3,
    )
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
case(
    rearranging.scatter,
    lambda a, b: rearranging.scatter((4,), a.dtype, (slice(1, 3), [0, 0]), a, b),
    *[(2,), (2,)],
)

# Same numbers, another shape or order
MOVES = [
    (np.copy, lambda a: np.copy(a), (2, 3)),
    (rearranging.cast, lambda a: a.astype(a.dtype), (2, 3)),
    (np.reshape, lambda a: np.reshape(a, (3, 2)), (2, 3)),
    (np.reshape, lambda a: a.reshape(3, -1, order="F"), (2, 3)),
    (np.reshape, lambda a: a.reshape(()), (1, 1)),
    (np.ravel, lambda a: np.ravel(a), (2, 1, 2, 2)),
    (np.ravel, lambda a: np.ravel(a, order="F"), (2, 3)),
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
    (joining.join, lambda a, b: joining.join(0, a, b), (2,), (3,)),
    (joining.pile, lambda a, b: joining.pile(0, a, b), (2,), (2,)),
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
    (sliding_window_view, lambda a: sliding_window_view(a, (2, 3), (-2, -1)), (2, 1, 3, 4)),
    (
        joining.overlap_add,
        lambda a: joining.overlap_add(a, (4,), (2,), (0,)),
        *[(3, 2)],
    ),
]
for function, f, *shapes in MOVES:
    case(function, f, *shapes)

# Linear algebra
MATMUL = [
    *[((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((4, 2, 3), (3, 2))],
    *[((4, 2, 3), (3,)), ((3,), (4, 3, 2)), ((2, 3), (4, 3, 2)), ((2, 1, 2, 3), (4, 3, 1))],
    *[((1, 2, 3), (4, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3))],
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
for function, f, *shapes in PRODUCTS:
    case(function, f, *shapes)
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
case(
    products.contract,
    lambda a, b: products.contract(["ij", "j"], "i", a, b),
    *[(2, 3), (3,)],
)


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
NORMS = [
    *[((3,), order, None) for order in (None, 1, 2, 3, 0.5, np.inf, -np.inf)],
    *[((2, 3), order, None) for order in (None, "fro", 1, -1, 2, np.inf, -np.inf)],
    *[((2, 3), None, 0), ((2, 3), 2, -1), ((2, 3), np.inf, 0), ((2, 3, 2), None, (0, 2))],
    *[((2, 3, 2), 1, (-1, 0)), ((2, 3, 2), 2, (1, 2)), ((2, 1, 2, 2), None, None)],
]
for (shape, order, axis), keep in itertools.product(NORMS, [False, True]):
    case(
        np.linalg.norm,
        lambda a, o=order, i=axis, k=keep: np.linalg.norm(a, o, axis=i, keepdims=k),
        numbers(shape),
    )

# Fused
case(fused.linear, fused.linear, (4, 3), (3, 2), (2,))
case(fused.softmax_cross_entropy, lambda z: fused.softmax_cross_entropy(z, [0, 2, 1, 1]), (4, 3))


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
    _, result, level = record(lambda *x: joined(f(*x)), range(len(single)), single, {})
    np.testing.assert_allclose(result.value, joined(f(*single)), rtol=1e-5, atol=1e-5)
    assert result.dtype == joined(f(*single)).dtype
    if result.dtype != np.float32:
        return  # a constant of the case is wider

    def visit(node, g):
        if not isinstance(node.value, tuple):
            assert g.shape == node.value.shape
            assert g.dtype == node.value.dtype

    backward(*start(result, level, ones(result.value)), visit)


# The check itself
def ours(entry) -> bool:
    """Whether an entry of the table is the package's own, and no example's or test's."""
    if isinstance(entry, Rule):
        entry = entry.together or next(filter(None, entry.pullbacks))
    entry = getattr(entry, "func", entry)
    return Path(entry.__code__.co_filename).parent == Path(inspect.getfile(rules)).parent


def test_every_rule_has_a_case():
    constants = {f for f, entry in TABLE.items() if getattr(entry, "func", None) is ON_PLAIN}
    table = {function for function, entry in TABLE.items() if ours(entry)} - constants
    assert table == {parameters.values[0] for parameters in CASES}


ON_PLAIN = TABLE[np.floor].func


def test_every_pull_back_is_run_by_a_case():
    run = set()

    def visit(node, g):
        run.update(
            (node.rule, k) for k, p in enumerate(node.parents) if node.rule and p is not None
        )

    for parameters in CASES:
        _, f, arrays = parameters.values
        _, result, level = record(lambda *x, f=f: joined(f(*x)), range(len(arrays)), arrays, {})
        backward(*start(result, level, ones(result.value)), visit)
    table = [entry for entry in TABLE.values() if isinstance(entry, Rule) and ours(entry)]
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
    seen = []

    def f(a):
        seen.append(function(a))
        return np.sum(a * a) + np.sum(seen[-1])

    np.testing.assert_array_equal(grad(f)(x), 2 * x)
    assert isinstance(seen[0], (np.ndarray, np.generic, int))


def test_comparisons_are_plain_booleans():
    def f(x):
        assert (x > 0) is True or isinstance(x > 0, np.bool_)
        assert x == x
        return x**2 if x > 1 else x

    assert grad(f)(3.0) == 6
    assert grad(f)(0.5) == 1


# The methods of ufuncs
def test_methods_of_ufuncs_are_their_whole_functions():
    x = numbers((2, 3))
    for method, whole in [
        (np.add.reduce, lambda a: np.sum(a, axis=0)),
        (np.multiply.reduce, lambda a: np.prod(a, axis=0)),
        (np.maximum.reduce, lambda a: np.max(a, axis=0)),
        (np.minimum.reduce, lambda a: np.min(a, axis=0)),
        (np.add.accumulate, lambda a: np.cumsum(a, axis=0)),
        (lambda a: np.multiply.outer(a, a), lambda a: np.tensordot(a, a, 0)),
    ]:
        expected = grad(lambda a, f=whole: np.sum(np.sin(f(a))))(x)
        np.testing.assert_allclose(grad(lambda a, f=method: np.sum(np.sin(f(a))))(x), expected)
