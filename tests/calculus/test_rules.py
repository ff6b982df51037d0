"""Every rule of the table against differences, to second order, over shapes of rank 0 to 4."""

import inspect
import itertools
import re
from collections import UserList
from pathlib import Path

import numpy as np
import pytest

from calclearn.calculus import arrays, curves, kinks, products, rules, strong  # noqa: F401  in the table
from calclearn.calculus.autodiff import grad, hessian, ones, record, walk
from calclearn.calculus.cures import full_name
from calclearn.calculus.graph import is_parent
from calclearn.calculus.tracing import TABLE, primitive, rule

# The table: expressions in a, b and c, at shapes of these or at arrays
CASES = []


def numbers(shape, low=-2.0, high=2.0):
    """Numbers in a mixed order, none close to another, to zero, or to an end of the interval."""
    size = int(np.prod(shape))
    steps = np.random.default_rng(size).permutation(size) + 0.37
    return (low + (high - low) * steps / (size + 0.2)).reshape(shape)


def regular(*shape):
    """Matrices that are well away from singular."""
    return numbers(shape) / 2 + 2 * np.eye(shape[-1])


def gram(a):
    """A symmetric positive definite matrix made of any matrix."""
    return a @ np.swapaxes(a, -1, -2) + np.eye(a.shape[-1])


class Column(UserList):
    """What a column of a table of pandas is for NumPy."""

    def to_numpy(self):
        return np.array(self.data)

    def __sub__(self, other):
        traced = getattr(other, "__pandas_priority__", 0) > 3000
        return NotImplemented if traced else self.to_numpy() - other


def case(expressions, *points):
    # the shift keeps arguments of one shape apart, as max and min need it
    points = [numbers(x) + 0.05 * k if isinstance(x, tuple) else x for k, x in enumerate(points)]
    shapes = " ".join(str(x.shape) for x in points)
    for expression in filter(None, map(str.strip, re.split("[;\n]", expressions))):
        if not all(hasattr(np, name) for name in re.findall(r"\bnp\.(\w+)", expression)):
            continue  # from a later NumPy than this one
        f = eval(f"lambda {', '.join('abc'[: len(points)])}: {expression}", globals())
        CASES.append(pytest.param(f, points, id=f"{expression}   {shapes}"))


POSITIVE = (0.5, 2.0)
UNARY = {
    "positive negative square absolute fabs exp exp2 expm1 sin cos arctan sinh cosh": (-2.0, 2.0),
    "tanh arcsinh deg2rad radians rad2deg degrees sinc conjugate real_if_close": (-2.0, 2.0),
    "reciprocal sqrt cbrt log log2 log10": POSITIVE,
    "arcsin arccos arctanh tan log1p": (-0.8, 0.8),
    "arccosh": (1.5, 3.0),
}
BINARY = {
    "add subtract multiply logaddexp logaddexp2 maximum minimum fmax fmin": ((-2, 2), (-2, 2)),
    "hypot arctan2": (POSITIVE, POSITIVE),
    "power float_power": (POSITIVE, (-2, 2)),
    "remainder fmod": ((5.2, 5.6), (1.9, 2.1)),
    "divide": ((-2, 2), POSITIVE),
}
PAIRS = [
    *[((), ()), ((3,), ()), ((), (3,)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3))],
    *[((2, 1), (1, 3)), ((1,), (4,)), ((0,), (1,)), ((1, 0), (2, 1)), ((2, 1, 3), (4, 1))],
    *[((2, 1, 2, 2), (1, 2, 1)), ((1, 1), (1, 1))],
]
for names, interval in UNARY.items():
    for name, shape in itertools.product(names.split(), [(), (0,), (2, 3)]):
        case(f"np.{name}(a)", numbers(shape, *interval))
for names, intervals in BINARY.items():
    for name, shapes in itertools.product(names.split(), PAIRS):
        if name in ("multiply", "maximum", "power") or shapes in (PAIRS[0], PAIRS[4], PAIRS[6]):
            first, second = (numbers(s, *i) for s, i in zip(shapes, intervals, strict=True))
            case(f"np.{name}(a, b)", first, second + 0.05)
for shapes in PAIRS:
    case("np.where(numbers(np.shape(a + b)) > 0, a, b); strong.times(a, b)", *shapes)
case("a**0; a**1; a**2; a**3", np.zeros(2))
case("a**-1; a**0.5; a**2.5; a**np.arange(3.0); 0.0**a; 2**a", numbers((3,), *POSITIVE))
case("""a**0; a**1; a**2; a**3; a ** np.array([0, 1, 2]); np.angle(a) * a; np.modf(a); np.frexp(a)
        np.ldexp(a, [1, 2, -1]); np.real(a) + a.real + np.conj(a) + a.conjugate(); np.nan_to_num(a)
        np.nan_to_num(a, nan=3.0, posinf=2.0); np.clip(a, -1, 1); np.clip(a, None, np.ones(3))
        a * kinks.side(a)""", (2, 3))  # fmt: skip
case("np.copysign(a, b); np.clip(a, b, None)", (2, 3), (3,))
case("np.divmod(a, b)", (2, 3), numbers((3,), 1.7, 2.0))
case("np.sinc(a)", np.array([0.0, 1e-4, 1.0, -0.5]))
case("kinks.unknown_slope(a, b, b > 9); curves.bent(a, b, b > 9)", (3,), (3,))

# Reductions
AXES = [((), None), ((3,), -1), ((2, 3), None), ((2, 3), 0), ((2, 1, 3), (0, -1)), ((2, 3, 2), 1)]
for (shape, axis), keep in itertools.product([*AXES, ((0, 3), 1), ((2, 0), 0)], [False, True]):
    k = f"axis={axis}, keepdims={keep}"
    case(f"np.sum(a, {k}); np.prod(a, {k}); np.mean(a, {k})", shape)
    if 0 not in shape:
        case(f"np.max(a, {k}); np.min(a, {k}); np.var(a, {k}); np.ptp(a, {k})", shape)
        case(f"kinks.euclidean(a, {k})", numbers(shape) + 3)
PICK, MOST = numbers((2, 3)) > -1, numbers((3, 3)) > -1.5
HOLES = np.array([[True, False, False, False], [False, False, True, False], [False] * 4])


def with_holes(a):
    return np.where(HOLES[:, : a.shape[1]], np.nan, a)


for axis, keep in itertools.product([None, 0, -1, (0, 1)], [False, True]):
    k = f"axis={axis}, keepdims={keep}"
    h = f"with_holes(a), {k}"
    case(f"""np.std(a, {k}); np.var(a, {k}, ddof=1); np.std(a, {k}, ddof=1); np.median(a, {k})
             np.quantile(a, [0.2, 0.55], {k}); np.percentile(a, 37, {k}); np.nanmedian(a, {k})
             np.nanquantile(a, [0.2, 0.55], {k}); np.nanpercentile({h}, q=37); np.nanmedian({h})
             np.nansum({h}); np.nanmean({h}); np.nanprod({h}); np.nanmax({h}); np.nanmin({h})
         """, (3, 4))  # fmt: skip
    case(f"""np.sum(a, {k}, where=MOST); np.mean(a, {k}, where=MOST); np.var(a, {k}, where=MOST)
             np.prod(a, {k}, where=MOST); np.std(a[:, ::-1], {k}, where=MOST); np.nanvar({h})
             np.max(a, {k}, initial=-9.0, where=MOST); np.amax(a, {k}, initial=-9.0, where=MOST)
             np.min(a, {k}, initial=9.0, where=MOST); np.amin(a, {k}, initial=9.0, where=MOST)
             np.nanstd({h})""", (3, 3))  # fmt: skip
case("""np.sum(a, 0, None, None, True, 3.0); np.prod(a, initial=2.0); np.max(a, initial=0.5)
        np.max(a, 0, None, True); np.std(a, correction=1); np.std(a, mean=np.float64(0.3))
        np.var(a, 0, None, None, 1); np.cumsum(a); np.cumsum(a, axis=0); np.cumsum(a, -1)
        np.cumprod(a); np.cumprod(a, axis=0); np.cumprod(a, axis=-1); np.average(a)
        np.average(a, axis=1, weights=[1, 2, 1], keepdims=True); kinks.direction(a)
        kinks.direction(a, 0); kinks.direction(a, -1)""", (2, 3))  # fmt: skip
case("np.prod(a, axis=(0, 2)); np.prod(a, axis=2)", numbers((2, 2, 3)) * (numbers((2, 2, 3)) > -1))
case("np.std(a, 1, keepdims=True); np.average(a, (0, 1), weights=np.ones((2, 3)))", (2, 3, 2))
case("np.std(a, axis=0) * a; kinks.euclidean(a[0] * 0 + 1) * a", (1, 3))
case("np.cumsum(a)", ())
case("np.cumsum(a, 0); np.prod(a) * a", (0,))
for zeros in ([0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [[0.0, 2.0], [3.0, 4.0]]):
    case("np.prod(a); np.prod(a, axis=0); np.prod(a, axis=-1)", np.array(zeros))
for axis, first in itertools.product([0, -1], [False, True]):
    k = f"axis={axis}, include_initial={first}"
    case(f"np.cumulative_sum(a, {k}); np.cumulative_prod(a, {k})", (2, 3))
case("np.median(a, axis=-1); np.add(a, a, casting='same_kind', order='C', subok=True)", (0, 2, 2))
case("np.average(a, weights=b)", (2, 3), numbers((2, 3), *POSITIVE))
case("np.average(a, axis=1, weights=b)", (2, 3), numbers((3,), *POSITIVE))
case("np.average(a, 0, b, returned=True)", (2, 3), numbers((2,), *POSITIVE))
for method in ("linear", "lower", "nearest", "midpoint", "hazen", "weibull", "median_unbiased"):
    case(f"np.quantile(a, 0.3, method='{method}')", (7,))
case("""np.nancumsum(with_holes(a), axis=1); np.nancumprod(with_holes(a), axis=0); np.cov(a)
        np.cov(a, bias=True); np.cov(a, ddof=0); np.cov(a, fweights=[1, 2, 1, 3]); np.cov(a[0])
        np.cov(a, aweights=[1.0, 0.5, 2.0, 1.0]); np.cov(a.T, rowvar=False)
        np.corrcoef(np.concatenate([a, a[:, :1] ** 2], 1))[0, 1:]""", (3, 4))  # fmt: skip
case("np.cov(a, b); np.corrcoef(a, b**2 + a)[0, 1]", (4,), (4,))

# Samples and polynomials
PLACES = np.array([-2.5, -1.0, 0.1, 1.3, 2.6])
case("np.interp(a, PLACES, b)", (2, 3), (5,))
case("np.interp(a, PLACES % 5, b, period=5)", (3,), (5,))
case("np.interp(a, b, c, left=0.5, right=c[0])", (7,), PLACES / 2 + 0.1, (5,))
case("np.interp([0.3, 5.0], PLACES, a); np.polyfit(PLACES, a, 1)", (5,))
case("""np.diff(a, axis=0, prepend=0, append=1.5); np.diff(a, prepend=0, append=1.5); np.diff(a)
        np.diff(a, 2, prepend=a[:, :1]); np.diff(a, n=2, axis=0)
        np.ediff1d(a, to_begin=a[0, 0], to_end=[1.0, 2.0])""", (3, 3))  # fmt: skip
case("np.diff(a)", (1,))
for order in (1, 2):
    case(f"np.gradient(a, 2.0, 0.5, edge_order={order})", (3, 4))
    case(f"np.gradient(a, PLACES, axis=1, edge_order={order})", (2, 5))
    case(f"np.gradient(a, b, edge_order={order})", (4,), PLACES[:4])
case("np.trapezoid(a, b, axis=0); np.trapezoid(a); np.trapezoid(a, dx=2.0, axis=0)", (4, 2), (4,))
case("np.unwrap(a * 4)", (6,))
for shapes in [((5,), (3,)), ((2,), (4,)), ((3,), (3,))]:
    for mode in ("valid", "same", "full"):
        case(f"np.correlate(a, b, '{mode}'); np.convolve(a, b, '{mode}')", *shapes)
case("np.logspace(a, b, 4); np.linspace(a, b, 4); np.linspace(a, b, 4, retstep=True)", (), ())
case("np.geomspace(a, b, 4)", np.array(0.5), np.array(2.0))
case("np.linspace(a, b, 5, endpoint=False); np.linspace(a, [1.0, 2, 3], 4, axis=1)",
     (2, 3), (3,))  # fmt: skip
case("np.polyval(a, b)", (3,), (2, 3))
case("np.polyval([1.0, 2.0, 3.0], a)", ())
case("np.polyder(a, 2); np.polyint(a, 2, k=3.0); np.vander(a); np.vander(a, 5, True)", (4,))
case("np.polyadd(a, b); np.polysub(b, a); np.polymul(a, b)", (4,), (2,))
case("np.polyfit(a, b, 2)", PLACES, (5,))
case("np.polyfit(PLACES, a, 1, w=np.arange(1.0, 6))", (5, 2))

# Indexing, also by columns of tables
COLUMN, PAIR = Column([0, 0, 1, 1, 0]), (Column([0, 0, 1]), [2, 2, 0])
case("""a[0]; a[-1]; a[1:]; a[::-1] * 1; a[...] * 1; a[None] * 1; a[0, 1]; a[:, -1]; a[..., None, 0]
        a[[1, 0, 1]]; a[np.array([[0, 1], [1, 1]])]; a[:, [2, 0, 2]]; a[[0, 1], [2, 2]]
        a[0, [1, 1]]; a[PICK]; a[[True, False]]; a[np.int64(1)]; a[()] * 1; a[0:0]
        a[0] + a[1:].sum() + np.sum(a); a[COLUMN]; a[PAIR]; a[[1, 1], [2, 2]]
     """, (2, 3))  # fmt: skip
case("arrays.scatter((4,), a.dtype, (slice(1, 3), [0, 0]), a, b)", (2,), (2,))

# Tuples, lists and columns of tables are arrays
case("""np.dot((1.0, 2.0, 4.0), a) + np.dot([1, 2, 3], a); np.multiply([1, 2, 4], a); (1, 2, 4) * a
        np.power(np.exp(a), (1, 2, 4)); np.sum([a[0], 2 * a[1]]) + np.sum([[4 * a[2]]])
        np.add((a[0], 2 * a[1], 4 * a[2]), 0 * a); a * Column([1.0, 2.0, 3.0])
        np.multiply(a, Column([1.0, 2.0, 3.0])); Column([1.0, 2.0, 3.0]) - a""", (3,))  # fmt: skip

# Methods, reflected operators, arrays of traced numbers
case("""a.sum(); a.mean(); a.prod(); a.max(); a.min(); a.var(); a.std(); a.cumsum(); a.ravel()
        a.copy(); a.flatten().reshape(3, 2).transpose().swapaxes(0, 1).T.dot([1, 2, 3])
        a.clip(0, 1).round() * a + abs(-a) + (+a); a.astype(float) * a; a.astype(int) * a
     """, (2, 3))  # fmt: skip
case("""np.ones(2) - a; 2 / a; 2.0**a; np.float64(3) * a; np.ones((2, 2)) @ a @ np.ones(2)
        [1, 2] * a; a % 0.3; a // 0.3 * a; 2 // a * a; np.array([a[0], 2 * a[1]]) ** 2
        np.exp(np.array([0 * a[0], 3.0 * a[1] - 6])); a @ np.array([[a[0], 1], [0, a[1]]])
        np.array([[a[0], 1], [0, a[1]]]) @ a; np.array([[a[0], a[1]], [a[1], a[0]]])[1, 1] * 3
        np.linalg.norm(np.array([3 * a[0], 2 * a[1]])); np.eye(2, dtype=a.dtype).dot(a)
        np.full(3, a[0]); np.linalg.det(np.stack([np.array([a[0], 1]), a]))
        np.array([5.0, 0.9]).clip(0, a[0]); np.vectorize(lambda t: t**2)(a)
        np.maximum(np.array([a[0], -a[1]]), 0 * a)
     """, numbers((2,), *POSITIVE))  # fmt: skip

# Numbers that move
case("np.broadcast_to(a, (2,))", ())
case("np.reshape(a, ()); np.squeeze(a); np.stack([a, np.ones((1, 1))])", (1, 1))
case("""np.copy(a); a.astype(a.dtype); np.astype(a, a.dtype); np.reshape(a, (3, 2))
        a.reshape(3, -1, order="F"); np.reshape(a.T, (2, 3), order="A"); arrays.in_dtype(a, a.dtype)
        np.ravel(a.T, order="C"); np.ravel(a.T, "F"); np.ravel(a.T, "A"); np.ravel(a.T, "K")
        np.expand_dims(a, -1); np.expand_dims(a, (0, 2)); np.flip(a); np.fliplr(a); np.flipud(a)
        np.roll(a, 2); np.roll(a, (1, -1), (0, 1)); np.rot90(a, 3); np.resize(a, (3, 3))
        np.take(a, [0, 0, 5]); np.take(a, [0, 0, 2], axis=-1); np.take(a, [0, 7, -9], mode="wrap")
        np.take(a, [0, 7], 0, mode="clip"); np.take_along_axis(a, np.array([[2, 0], [1, 1]]), -1)
        np.take_along_axis(a, np.array([[1, 0, 1]]), 0); np.take_along_axis(a, np.array([[0]]), 1)
        np.repeat(a, 2); np.repeat(a, [1, 0, 2], axis=1); np.tile(a, 2); np.tile(a, (2, 1, 3))
        np.pad(a, 1); np.pad(a, ((1, 0), (2, 1)), constant_values=5.0)
        np.pad(a, ((1, 0), (0, 2)), mode="edge"); np.pad(a, ((1, 0), (0, 2)), mode="reflect")
        np.pad(a, ((1, 0), (0, 2)), mode="symmetric"); np.pad(a, ((1, 0), (0, 2)), mode="wrap")
        np.diag(a, 1); np.delete(a, [0, 2], axis=1); np.insert(a, [0, 2], [5.0, 6.0])
        np.extract(PICK, a); np.compress([True, False, True], a, axis=1); np.unstack(a, axis=1)
        a.compress([True, False, True]); np.matrix_transpose(a); np.linalg.matrix_transpose(a)
        np.hsplit(a, [1, 2]); np.split(a, [1, 3, 3], axis=1); np.split(a, 3, 1)[1]
        np.unique(a); np.unique(a, return_index=True)[0] ** 2
        np.select([a > 1, a > -1], [a * 2, a**2], 7.0); np.apply_along_axis(np.cumsum, 0, a)
        np.apply_along_axis(np.prod, 1, a); np.full_like(a, a[0, 0]) * a""", (2, 3))  # fmt: skip
case("np.ravel(a); np.squeeze(a); np.squeeze(a, -1); np.broadcast_to(a, (3, 2, 1, 2, 1))",
     (2, 1, 2, 1))  # fmt: skip
case("""np.ravel(np.swapaxes(a, 0, 1), "K"); np.transpose(a); np.transpose(a, (1, -1, 0))
        a.transpose(1, 0, 2).T; np.swapaxes(a, 0, -1); a.mT; np.moveaxis(a, 0, -1)
        np.moveaxis(a, (0, 1), (-1, 0)); np.flip(a, (0, -1)); np.rollaxis(a, 2)
        np.diagonal(a, -1, 1, 2); np.trace(a, 1, -1, 0); np.linalg.trace(a, offset=1)
        np.linalg.diagonal(a, offset=1); np.triu(a, 1); np.tril(a, -1)""", (2, 3, 2))  # fmt: skip
case("""np.fft.fftshift(a, axes=1); np.fft.ifftshift(a); np.array_split(a, 3, 1); np.vsplit(a, 2)
        np.sort(a); np.sort(a, axis=0); np.sort(a, axis=None); np.sort(np.partition(a, 2))
        np.sort(a, kind="stable") + np.sort(a, stable=True); np.hsplit(a, 2)
        np.piecewise(a.T, [a.T < -1, a.T > 1], [np.exp, 3.0, np.square])
        np.piecewise(a[0], a[0] > 1, [np.exp])
     """, (2, 4))  # fmt: skip
case("np.diagonal(a, 1); np.trace(a)", (3, 3))
case("""np.diag(a); np.diag(a, -2); np.trim_zeros(np.pad(a, 2)); np.bincount([0, 2, 0], a, 5)
        np.vstack([a, a], dtype=a.dtype); np.stack([a, a], 1, dtype=a.dtype)
        np.full_like(np.ones(3), 2.0) * np.full_like(a, a[0]); np.block([a, 1.0, a[:1]])
     """, (3,))  # fmt: skip
case("""np.diagflat(a, 1); np.dsplit(a[None], 2); np.histogram_bin_edges(a, 3) ** 2
        np.histogram([0, 1, 2, 9], [0, 1, 2], weights=np.ravel(a))[0] ** 2
        np.histogram(a[0], 3, density=True)[0]; np.histogram([0], np.sort(a[0]))[1] ** 2
     """, (2, 2))  # fmt: skip
case("""np.concatenate([a, b, [1.0]]); arrays.join(np.concatenate, 0, a, b); np.meshgrid(a, b)
        np.meshgrid(a, b, indexing="ij"); np.meshgrid(a, b, sparse=True)
     """, (2,), (3,))  # fmt: skip
case("np.concatenate([a, b], axis=-1)", (2, 0), (2, 3))
case("np.concatenate([a, b], axis=None)", (2, 2), (3,))
case("np.append(a, b); [x * 1 for x in np.atleast_2d(a, b)]", (2, 2), ())
case("np.stack([a, b, 1.0])", (), ())
case("np.stack([a, b], axis=-1); np.dstack([a, b])", (2, 3), (2, 3))
case("np.vstack([a, b]); np.broadcast_arrays(a, b); np.choose([0, 1, 1], [a, b])", (3,), (2, 3))
case("np.hstack([a, b]); np.block([[a, b], [np.ones((1, 1)), b[:1] * 2]])", (2, 1), (2, 3))
case("np.hstack([a, b])", (), (3,))
case("np.column_stack([a, b]); np.insert(b, 1, a, axis=1)", (2,), (2, 3))
case("np.insert(np.ones((2, 2)), 1, a, axis=0)", (2,), (2,))
for shape in [(), (3,), (2, 3), (2, 1, 3)]:
    case("np.atleast_1d(a) * 1; np.atleast_2d(a) * 1; np.atleast_3d(a) * 1", shape)
for shape, window in [((5,), "2"), ((5,), "(2, 2), axis=(0, 0)"), ((3, 4), "(2, 2)"),
                      ((2, 1, 3, 4), "(2, 3), (-2, -1)")]:  # fmt: skip
    case(f"np.lib.stride_tricks.sliding_window_view(a, {window})", shape)
case("arrays.overlap_add(a, (4,), (2,), (0,))", (3, 2))

# Products
for left, right in [
    *[((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((4, 2, 3), (4, 3, 2))],
    *[((4, 2, 3), (3,)), ((3,), (4, 3, 2)), ((2, 3), (4, 3, 2)), ((2, 1, 2, 3), (4, 3, 1))],
    *[((1, 2, 3), (4, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((4, 2, 0), (0, 3))],
]:
    case("np.matmul(a, b)", left, right)
case("""np.dot(a, b); np.vecdot(a, b); np.inner(a, b); np.einsum("ij,j->i", a, b)
        products.contract(["ij", "j"], "i", a, b); np.cross(a, b)""", (2, 3), (3,))  # fmt: skip
case("np.dot(a, b); np.inner(b, a)", (), (2, 3))
case("np.dot(a, b)", (2, 3), (2, 3, 2))
case("np.outer(a, b); np.kron(a, b); np.linalg.outer(a[0], b)", (2, 2), (3,))
case("np.vdot(a, b); np.vecdot(a, b, axis=0); np.linalg.vecdot(a, b, axis=0)", (2, 3), (2, 3))
case("np.tensordot(a, b)", (2, 3, 2), (3, 2, 2))
case("np.tensordot(a, b, 0); np.kron(a, b)", (2,), (3, 1))
case("np.tensordot(a, b, ([-1, 0], [0, 1]))", (2, 3, 4), (4, 2))
case("""np.tensordot(a, b, (1, 0)); np.linalg.matmul(a, b); np.linalg.tensordot(a, b, axes=1)
        np.einsum(a, [0, 1], b, [1, 2], [2, 0]); np.kron(a, b); np.cross(a, b, axisb=0)
     """, (2, 3), (3, 2))  # fmt: skip
case("np.cross(a, b, axis=0)", (3, 2), (3, 2))
case("np.linalg.cross(a, b)", (3,), (3,))
case("np.matvec(a, b)", (2, 2, 3), (3,))
case("np.vecmat(a, b)", (2, 2), (2, 3))
case("""np.einsum("ij,j", a, [1, 2, 3], optimize=True)
        np.einsum("ij->i", a, order="F", dtype=a.dtype)""", (2, 3))  # fmt: skip
case("np.einsum(a, [..., 0, 0])", (2, 3, 3))
case("np.einsum('...ij->...', a)", (0, 0))
for subscripts, *shapes in [
    *[("i->", (3,)), ("ii", (3, 3)), ("ii->i", (3, 3)), ("ij->ji", (2, 3)), ("ba", (2, 3))],
    *[("iij->j", (2, 2, 3)), ("iii->i", (2, 2, 2)), ("...i->...", (2, 3)), ("i...", (2, 3))],
    *[("ij,jk", (2, 3), (3, 2)), ("i,i", (3,), (3,)), ("i,j->ij", (2,), (3,))],
    *[("ij,jk,k->i", (2, 3), (3, 2), (2,)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 2))],
    *[("...ij,...jk->...ik", (4, 2, 3), (3, 2)), ("i...,...->i...", (2, 3), (1,))],
    *[("ij,k->i", (2, 3), (2,)), ("ii,i->", (3, 3), (3,)), (" i j , j -> i ", (2, 3), (3,))],
]:
    case(f"np.einsum('{subscripts}', {', '.join('abc'[: len(shapes)])})", *shapes)
case("np.linalg.multi_dot([a, b, c])", (2, 3), (3, 3), (3,))

# Linear algebra
for shape in [(1, 1), (3, 3), (2, 2, 2)]:
    case("""np.linalg.inv(a); np.linalg.det(a); np.linalg.slogdet(a); np.linalg.slogdet(a)[0] * a
            np.linalg.cholesky(gram(a)); np.linalg.eigh(gram(a)).eigenvalues
            np.linalg.cholesky(gram(a), upper=True); np.linalg.eigvalsh(gram(a))
            np.linalg.eigh(gram(a))[1] ** 2; np.prod(np.linalg.eigh(gram(a), "U")[0]) * gram(a)
         """, regular(*shape))  # fmt: skip
for rank in (0, 1, 2):
    singular = numbers((3, 3))[:, :rank] @ numbers((3, 3))[:rank]
    case("np.linalg.det(a); np.linalg.det(np.stack([a, np.eye(3)]))", singular)
for left, right in [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 2, 2), (2, 1)), ((2, 2), (2, 2, 1)),
                    ((2, 2, 2), (2,))]:  # fmt: skip
    case("np.linalg.solve(a, b)", regular(*left), right)
for shape in [(3, 2), (2, 3), (2, 2), (2, 3, 2)]:
    case("""[x**2 for x in np.linalg.svd(a, full_matrices=False)]; np.linalg.qr(a)
            np.linalg.svd(a, compute_uv=False); np.linalg.svd(a)[1]""", shape)  # fmt: skip
for shape in [(2, 3), (3, 2), (2, 3, 2)]:
    case("np.linalg.pinv(a)", shape)
case("np.linalg.svdvals(a); products.qr_of_tall(a); np.linalg.qr(a, mode='r')", (3, 2))
case("np.linalg.pinv(a[:, None] * a)", (3,))
for shapes in [((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 3), (2,)), ((2, 3), (2, 2))]:
    case("np.linalg.lstsq(a, b)[:2]", *shapes)
case("np.linalg.lstsq(a[:, None] * [1.0, 2.0], b)[0]", (3,), (3,))
for n in (-2, 0, 1, 3, 4):
    case(f"np.linalg.matrix_power(a, {n})", regular(2, 2))
for p in ("None", "2", "-2", "1", "np.inf", "'fro'"):
    case(f"np.linalg.cond(a, {p})", regular(3, 3))
case("np.linalg.tensorsolve(a, b)", regular(4, 4).reshape(2, 2, 4), (2, 2))
case("np.linalg.tensorinv(a)", regular(4, 4).reshape(2, 2, 1, 4))
case("""products.eig_of_real(a)[0]; [np.real(x) ** 2 for x in np.linalg.eig(a)]
        np.linalg.eigvals(a)""", numbers((3, 3)) / 5 + np.diag([1.0, 3, 6]))  # fmt: skip
for (shape, order, axis), keep in itertools.product(
    [
        *[((3,), order, None) for order in ("None", "1", "2", "3", "0.5", "np.inf", "-np.inf")],
        *[((2, 3), p, None) for p in ("None", "'fro'", "1", "-1", "2", "-2", "np.inf", "-np.inf")],
        *[((2, 3), "None", 0), ((2, 3), "2", -1), ((2, 3), "np.inf", 0)],
        *[((2, 3, 2), "None", (0, 2)), ((2, 3, 2), "1", (-1, 0)), ((2, 3, 2), "2", (1, 2))],
        *[((2, 3, 2), "'nuc'", (0, 2)), ((2, 1, 2, 2), "None", None)],
    ],
    [False, True],
):
    case(f"np.linalg.norm(a, {order}, {axis}, {keep})", shape)
case("""np.linalg.matrix_norm(a, ord='nuc'); np.linalg.vector_norm(a, axis=(0, 2), keepdims=True)
        np.linalg.vector_norm(a, ord=3); a * np.linalg.norm(a, 0, 1, True)
     """, (2, 2, 3))  # fmt: skip

# Methods of ufuncs
case("""np.add.reduce(a); np.multiply.reduce(a); np.maximum.reduce(a); np.minimum.reduce(a)
        np.subtract.reduce(a); np.add.reduce(a, axis=None, keepdims=True)
        np.add.reduce(a, axis=1, initial=2.0, where=PICK); np.logaddexp.reduce(a, axis=None)
        np.logaddexp.reduce(a, axis=(0, 1)); np.logaddexp.reduce(a, axis=-1, keepdims=True)
        np.logaddexp.reduce(a, axis=1, initial=0.5); np.add.accumulate(a)
        np.multiply.accumulate(a); np.maximum.accumulate(a); np.add.reduceat(a, [0, 2], axis=1)
        np.maximum.reduceat(a, [1, 0, 2], axis=1); np.multiply.outer(a, a)""", (2, 3))  # fmt: skip


# The check
def joined(result):
    """All numbers of a result, which may be a list of arrays, in one flat vector."""
    parts = result if isinstance(result, (list, tuple)) else [result]
    return np.concatenate([np.ravel(part) for part in parts])


def central(f, h=0.002):
    """The slope of f at 0 by central differences, with an error of h⁴."""
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)


def check(f, points):
    """Compare f's derivatives with differences along a random line, then those of its gradient."""
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.5, 1.5, np.shape(joined(f(*points))))
    along, across = ([rng.uniform(-1, 1, x.shape) for x in points] for _ in range(2))
    every = tuple(range(len(points)))

    def loss(*x):
        return np.sum(joined(f(*x)) * weights)

    def slope(*x):
        return sum(np.sum(g * v) for g, v in zip(grad(loss, every)(*x), across, strict=True))

    for function, direction in ((loss, across), (slope, along)):
        gradients = grad(function, every)(*points)
        assert [g.shape for g in gradients] == [x.shape for x in points]
        exact = sum(np.sum(g * v) for g, v in zip(gradients, direction, strict=True))
        line = lambda t: function(*[x + t * v for x, v in zip(points, direction, strict=True)])  # noqa: B023, E731
        np.testing.assert_allclose(exact, central(line), rtol=1e-6, atol=1e-7)


def check_types(f, points):
    """Compare values with NumPy's, and the adjoints' shapes and dtypes with the values'."""
    single = [x.astype(np.float32) for x in points]
    result = record(lambda *x: joined(f(*x)), range(len(single)), single, {})[1]
    np.testing.assert_allclose(result.value, joined(f(*single)), rtol=1e-5, atol=1e-5)
    assert result.dtype == joined(f(*single)).dtype
    if result.dtype != np.float32:
        return  # a constant of the case is wider

    def visit(node, g):
        if not isinstance(node.value, tuple):
            assert (g.shape, g.dtype) == (node.value.shape, node.value.dtype)

    walk(result, ones(result.value), visit)


@pytest.mark.parametrize(("f", "points"), CASES)
def test_derivatives_values_and_types(f, points):
    check(f, points)
    check_types(f, points)


# The check itself
def test_every_rule_has_a_case():
    def tested(function, entry) -> bool:
        definition = getattr(entry.definition, "func", entry.definition)  # of a partial
        made = inspect.unwrap(definition or entry.together or next(filter(None, entry.pullbacks)))
        return (
            Path(made.__code__.co_filename).parent == Path(rules.__file__).parent  # and no test's
            and made.__qualname__ not in ("on_plain", "refused.<locals>.refusal")  # no slope
            and getattr(function, "__module__", "") != "_operator"  # they run as ufuncs
            and function not in (np._core.umath.clip, np.ufunc)
        )

    functions = {function: entry for function, entry in TABLE.items() if tested(function, entry)}
    names = [re.sub(r"^(numpy|calclearn\.calculus)\.", "", full_name(f)) for f in functions]
    expressions = "".join(parameters.id for parameters in CASES).replace("np.", "")
    assert not [name for name in names if not re.search(rf"(?<![\w.]){name}\(", expressions)]

    run = set()
    for parameters in CASES:
        f, points = parameters.values
        result = record(lambda *x, f=f: joined(f(*x)), range(len(points)), points, {})[1]
        walk(result, ones(result.value), lambda node, g: run.update(
            (node.rule, k) for k, a in enumerate(node.arguments) if is_parent(a, node)
        ))  # fmt: skip
    assert not [(entry.name, k) for entry in functions.values()
                for k, pullback in enumerate(entry.pullbacks) if pullback and (entry, k) not in run
                ]  # fmt: skip


def sine(pullback, f=np.sin):
    operation = primitive(lambda a: f(a))
    rule(operation, pullback)
    return operation


# fmt: off
WRONG = {
    "sign":              lambda g, y, a: -g * np.cos(a),
    "slightly":          lambda g, y, a: g * np.cos(a) * (1 + 1e-5),
    "order":             lambda g, y, a: np.flip(g) * np.cos(a),
    "second order only": lambda g, y, a: g * sine(lambda g, y, a: 0 * g, np.cos)(a),
}
# fmt: on


@pytest.mark.parametrize("mistake", WRONG)
def test_the_check_catches_a_wrong_rule(mistake):
    check(sine(lambda g, y, a: g * np.cos(a)), [numbers((5,))])
    with pytest.raises(AssertionError):
        check(sine(WRONG[mistake]), [numbers((5,))])


# Slopes where differences are no check: at kinks, ties, and where a formula divides by zero
KNOTS = np.arange(3.0)
IJK = np.array([1, 2, 4])
# fmt: off
SLOPES = [  # f, x, its slopes there
    # at a kink, what a central difference gives
    (np.abs,                                               0.0,             0),
    (lambda x: np.clip(x, 0, 1),                           0.0,             0.5),
    (lambda x: np.interp(x, KNOTS, KNOTS**2),              1.0,             2),
    (lambda x: np.interp(x, KNOTS, KNOTS**2, left=0.0),    0.0,             0.5),
    *[(lambda p, f=f: f(*p), [2, 2], [0.5, 0.5])
      for f in (np.maximum, np.minimum, np.fmax, np.fmin)],
    *[(lambda w, p=p: np.linalg.norm(w, p), [0, 0], [0, 0]) for p in (1, 2, 3, 0.5, np.inf)],
    (np.linalg.norm,                                       [0, 0, 0],       [0, 0, 0]),
    (lambda a: np.linalg.norm(a, 2),                       [[0, 0], [0, 0]], [[0, 0], [0, 0]]),
    (np.std,                                               [1, 1, 1],       [0, 0, 0]),
    (lambda p: np.hypot(*p),                               [0, 0],          [0, 0]),
    # numbers that tie share their places equally
    (np.max,                                               [1, 3, 3],       [0, 0.5, 0.5]),
    (np.min,                                               [1, 1, 1],       [1/3, 1/3, 1/3]),
    (lambda a: np.sort(a) @ IJK,                           [2, 2, 2],       [7/3, 7/3, 7/3]),
    (lambda a: np.sort(a) @ IJK,                           [2, 2, 1],       [3, 3, 1]),
    (lambda a: np.sort(a, axis=None) @ IJK,                [[2, 3, 2]],     [[1.5, 4, 1.5]]),
    (lambda a: np.partition(a, 1)[1],                      [2, 1, 1],       [0, 0.5, 0.5]),
    (lambda a: np.partition(a, -1, axis=None)[-1],         [[2], [3]],      [[0], [1]]),
    (np.median,                                            [1, 1, 1, 2],    [1/3, 1/3, 1/3, 0]),
    (np.median,                                            [1, 2, 1],       [0.5, 0, 0.5]),
    (lambda a: np.quantile(a, 0.3),                        [1, 1, 2, 1],    [1/3, 1/3, 0, 1/3]),
    # where a formula divides by zero, or overflows
    (lambda p: np.logaddexp(*p),                           [-np.inf] * 2,   [0.5, 0.5]),
    (lambda x: np.maximum(x, np.nan),                      1.0,             np.nan),
    (lambda p: np.arctan2(*p),                             [0, 0],          [np.nan, np.nan]),
    (lambda p: np.arctan2(*p),                             [1e-200] * 2,    [5e199, -5e199]),
    (lambda a: np.sum(np.trim_zeros(a) ** 2),              [[0, 3], [0, 0]], [[0, 6], [0, 0]]),
    (np.prod,                                   [1e-200, 1e-200, 1e300],    [1e100, 1e100, 0]),
    (np.linalg.det,                                        [[1, 2], [2, 4]], [[4, -2], [-2, 1]]),
    # second derivatives at a kink are the mean of both sides where the first is continuous
    *[(grad(f), 0.0, second) for f, second in (
        (lambda x: np.maximum(x, 0) ** 2, 1),           (lambda x: np.maximum(0, x) ** 3, 0),
        (lambda x: np.fmax(x, 0) ** 2, 1),              (lambda x: np.minimum(x, 0) ** 2, 1),
        (lambda x: np.clip(x, 0, None) ** 2, 1),        (lambda x: np.maximum(x, 0) * x, 1),
        (lambda x: np.maximum(x, 0) * np.fmax(x, 0), 1), (lambda x: (np.maximum(x, 0) + x) ** 2, 5),
        (lambda x: np.maximum(x, 0) * np.maximum(-x, 0), 0),
        (lambda x: np.max(np.stack([x, -x])) ** 2, 2),  (lambda x: np.maximum(x, 2 * x) ** 2, 5),
        (lambda x: np.maximum(IJK * x, 0) @ np.maximum(IJK * x, 0), 21),
        (lambda x: np.sort(np.stack([x, 0 * x]))[1] ** 2, 1),
        (lambda x: np.median(np.stack([x, 0 * x, 1])) ** 2, 1),
        (lambda x: np.interp(x, [-1, 0, 1], [0, 0, 3]) ** 2, 9),
        (lambda x: np.abs(x) * x, 0),                   (lambda x: np.abs(x) ** 2, 2),
        (lambda x: np.where(np.abs(x) < 1, x**2, np.abs(x)), 2))],
    # and none where the first jumps, or grows without end
    *[(grad(f), 0.0, np.nan) for f in (
        np.abs, lambda x: np.maximum(x, 0), lambda x: np.exp(np.maximum(x, 0)),
        lambda x: (np.maximum(x, 0) - 1) ** 2, lambda x: np.abs(x) ** 1.5)],
]
# fmt: on


@pytest.mark.parametrize(("f", "x", "slopes"), SLOPES)
def test_slopes_at_a_point(f, x, slopes):
    x = np.array(x, float) if isinstance(x, list) else x
    np.testing.assert_allclose(grad(f)(x), slopes, rtol=1e-14)


# fmt: off
UNKNOWN, ZEROS = np.full((2, 2), np.nan), np.zeros(2)
SECOND = [  # f, x, its second derivatives there
    (lambda w: np.linalg.norm(w) ** 2,                      ZEROS,       2 * np.eye(2)),
    (lambda w: np.linalg.norm(w) ** 2,                      np.float32(ZEROS), 2 * np.eye(2)),
    (lambda w: np.hypot(w[0], w[1]) ** 2,                   ZEROS,       2 * np.eye(2)),
    (lambda w: np.linalg.norm(w - np.ones(2)) ** 3,         np.ones(2),  np.zeros((2, 2))),
    (lambda w: np.std(w) ** 2,                              np.ones(3),  np.eye(3) * 2/3 - 2/9),
    (lambda w: np.sum(np.maximum(w, 0) ** 2),               np.zeros(3), np.eye(3)),
    (lambda z: np.max(z) + np.log(np.sum(np.exp(z - np.max(z)))), np.ones(3), np.eye(3)/3 - 1/9),
    (lambda p: np.maximum(p[0], 0) ** 2,                    np.float64([[-1, 0, 2]]),[[[0, 1, 2]]]),
    # along some directions another number than along others
    (lambda w: np.maximum(w[0], 0) * np.maximum(w[1], 0),   ZEROS,      [[0, np.nan], [np.nan, 0]]),
    (lambda w: np.linalg.norm(w.reshape(2, 2), 2) ** 2,     np.zeros(4), np.full((4, 4), np.nan)),
    # where the gradient jumps
    (np.linalg.norm,                                        ZEROS,       UNKNOWN),
    (np.std,                                                np.ones(2),  UNKNOWN),
    (lambda w: np.sum(np.abs(w)),                           ZEROS,       UNKNOWN),
]
# fmt: on


@pytest.mark.parametrize(("f", "x", "second"), SECOND)
def test_second_derivatives_where_a_length_is_zero_or_numbers_tie(f, x, second):
    came = hessian(f)(x)
    np.testing.assert_allclose(came, second, atol=1e-12 if x.dtype == float else 1e-6)
    assert came.dtype == x.dtype


CONSTANTS = [np.floor, np.round, np.sign, np.isnan, np.argmax, np.argsort, np.ones_like, np.any]


@pytest.mark.parametrize("function", [*CONSTANTS, np.count_nonzero, np.logical_not, np.size])
def test_steps_and_questions_give_plain_numbers(function):
    def f(a):
        step = function(a)
        assert isinstance(step, (np.ndarray, np.generic, int))
        return np.sum(a * a) + np.sum(step)

    np.testing.assert_array_equal(grad(f)(numbers((4,))), 2 * numbers((4,)))
