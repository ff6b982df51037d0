"""Landscapes to descend: the shapes that descent meets, and the test functions of the literature.

Each returns a `Surface` with domain, a customary start and its known minima, global ones first. The
gradient stands below the value. `CATALOGUE` holds all by name.

Source of those of the literature: Jamil & Yang, A literature survey of benchmark functions,
arXiv:1308.4008 (2013); Rastrigin, Systems of Extremal Control (1974).
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from calclearn.descent.arguments import array, number, whole
from calclearn.descent.surfaces import Array, Surface, stack

# The mathematics has a line for each derivative, the landmarks share theirs.
# fmt: off


def parabola() -> Surface:
    """One valley: the quadratic that every smooth minimum looks like from nearby."""
    return Surface(
        lambda w: w[0] ** 2,
        lambda w: 2 * w,
        name="parabola", domain=((-3.0, 3.0),), start=(2.5,), minima=((0.0,),),
    )


def two_valleys() -> Surface:
    """A global and a local minimum with a hill between: where one ends depends on the start."""
    return Surface(
        lambda w: w[0] ** 4 - 3 * w[0] ** 2 + w[0],
        lambda w: 4 * w**3 - 6 * w + 1,
        name="two valleys", domain=((-2.2, 2.0),), start=(1.9,),
        minima=((-1.300839565941577,), (1.1309011226299857,)),
    )


def ripples() -> Surface:
    """A valley with a local minimum in every ripple."""
    first, second = 2.0487251273952287, 4.096583585387091
    return Surface(
        lambda w: w[0] ** 2 / 10 + 1 - np.cos(3 * w[0]),
        lambda w: w / 5 + 3 * np.sin(3 * w),
        name="ripples", domain=((-5.0, 5.0),), start=(4.6,),
        minima=((0.0,), (first,), (-first,), (second,), (-second,)),
    )


def quadratic(A: Sequence, *, name: str = "quadratic") -> Surface:
    """½ wᵀ A w for a symmetric matrix A (d, d), whose eigenvalues say all there is to say.

    >>> quadratic([[2.0, 0.0], [0.0, 6.0]]).gradient([1.0, 1.0])
    array([2., 6.])
    """
    A = np.array(array("A", A, finite=False), dtype=float)
    d = len(A) if A.ndim else 0
    fits = A.shape == (d, d) and d > 0 and np.isfinite(A).all()
    if not (fits and np.allclose(A, A.T, 1e-12, 1e-12 * np.abs(A).max())):
        raise ValueError(f"A must be a symmetric matrix of finite numbers, got {A.tolist()}")
    A = A / 2 + A.T / 2  # symmetric to the last digit
    return Surface(
        lambda w: (w * np.tensordot(A, w, 1)).sum(axis=0) / 2,
        lambda w: np.tensordot(A, w, 1),
        name=name, domain=((-3.0, 3.0),) * d, start=(2.4,) * d,
        minima=((0.0,) * d,) if np.linalg.eigvalsh(A)[0] > 0 else (),
    )


def bowl(a: float = 1.0, b: float = 3.0) -> Surface:
    """The friendliest surface: a x² + b y² with curvatures 2a and 2b."""
    number("a", a)
    number("b", b)
    return Surface(
        lambda w: a * w[0] ** 2 + b * w[1] ** 2,
        lambda w: stack(2 * a * w[0], 2 * b * w[1]),
        name="bowl", domain=((-3.0, 3.0),) * 2, start=(2.5, 2.0),
        minima=((0.0, 0.0),) if a > 0 and b > 0 else (),
    )


def ravine(ratio: float = 50.0, angle: float = 0.5) -> Surface:
    """A long valley, `ratio` times as steep across as along, turned by `angle` radians."""
    number("ratio", ratio)
    number("angle", angle)
    c, s = np.cos(angle), np.sin(angle)
    xx, xy, yy = ratio * s * s + c * c, (1 - ratio) * s * c, ratio * c * c + s * s
    return quadratic([[xx, xy], [xy, yy]], name="ravine")


def double_well(tilt: float = 0.0) -> Surface:
    """Two minima with a saddle between; a `tilt` makes one of them the lower."""
    number("tilt", tilt)
    roots = np.roots([4.0, 0.0, -4.0, tilt])  # of the derivative along x
    wells = [x.real for x in roots if abs(x.imag) < 1e-9 and 12 * x.real**2 > 4]
    wells = [x - (4 * x**3 - 4 * x + tilt) / (12 * x * x - 4) for x in wells]  # to the last digit
    wells.sort(key=lambda x: (x * x - 1) ** 2 + tilt * x)
    return Surface(
        lambda w: (w[0] ** 2 - 1) ** 2 + tilt * w[0] + w[1] ** 2,
        lambda w: stack(4 * w[0] * (w[0] ** 2 - 1) + tilt, 2 * w[1]),
        name="double well", domain=((-2.0, 2.0),) * 2, start=(0.1, 1.5),
        minima=tuple((float(x), 0.0) for x in wells),
    )


def saddle() -> Surface:
    """Up on one axis and down on the other: the gradient vanishes where nothing is lowest."""
    return Surface(
        lambda w: w[0] ** 2 - w[1] ** 2,
        lambda w: stack(2 * w[0], -2 * w[1]),
        name="saddle", domain=((-2.0, 2.0),) * 2, start=(1.5, 0.01),
    )


def monkey_saddle() -> Surface:
    """A saddle with room for a tail: even the Hessian vanishes in the middle."""
    return Surface(
        lambda w: w[0] * (w[0] ** 2 - 3 * w[1] ** 2),
        lambda w: stack(3 * w[0] ** 2 - 3 * w[1] ** 2, -6 * w[0] * w[1]),
        name="monkey saddle", domain=((-2.0, 2.0),) * 2, start=(1.0, 0.1),
    )


def plateau() -> Surface:
    """A hole in a plain: far away the gradient says next to nothing."""

    @np.errstate(under="ignore")
    def value_and_gradient(w: Array) -> tuple[Array, Array]:
        depth = np.exp(-(w[0] ** 2) - w[1] ** 2)
        return 1 - depth, 2 * depth * w

    return Surface(
        value_and_gradient=value_and_gradient,
        name="plateau", domain=((-3.0, 3.0),) * 2, start=(2.0, 1.0), minima=((0.0, 0.0),),
    )


def booth() -> Surface:
    """A bowl with its axes turned, in disguise."""
    return Surface(
        lambda w: (w[0] + 2 * w[1] - 7) ** 2 + (2 * w[0] + w[1] - 5) ** 2,
        lambda w: stack(10 * w[0] + 8 * w[1] - 34, 8 * w[0] + 10 * w[1] - 38),
        name="Booth", domain=((-10.0, 10.0),) * 2, start=(-6.0, -4.0), minima=((1.0, 3.0),),
    )


def himmelblau() -> Surface:
    """Four equally deep minima, a hill between them, and four saddles."""

    def value_and_gradient(w: Array) -> tuple[Array, Array]:
        x, y = w[0], w[1]
        a, b = x * x + y - 11, x + y * y - 7
        return a * a + b * b, stack(4 * x * a + 2 * b, 2 * a + 4 * y * b)

    return Surface(
        value_and_gradient=value_and_gradient,
        name="Himmelblau", domain=((-5.0, 5.0),) * 2, start=(0.0, 0.0),
        minima=(
            (3.0, 2.0), (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.283185991286169), (3.5844283403304917, -1.8481265269644034),
        ),
    )


def rosenbrock(dimension: int = 2) -> Surface:
    """A curved ravine, in any number of dimensions from 2: easy to find, slow to follow.

    f(w) = Σᵢ 100 (wᵢ₊₁ - wᵢ²)² + (1 - wᵢ)²

    From four dimensions on there is a local minimum near (-1, 1, ..., 1): Kok & Sandrock (2009).
    """
    whole("dimension", dimension, 2)

    def value_and_gradient(w: Array) -> tuple[Array, Array]:
        a, b, end = w[1:] - w[:-1] ** 2, 1 - w[:-1], 0 * w[:1]
        own, of_next = -400 * w[:-1] * a - 2 * b, 200 * a
        value = (100 * a * a + b * b).sum(axis=0)
        return value, np.concatenate([own, end]) + np.concatenate([end, of_next])

    return Surface(
        value_and_gradient=value_and_gradient, name="Rosenbrock",
        domain=((-2.0, 2.0),) * dimension if dimension > 2 else ((-2.0, 2.0), (-1.0, 3.0)),
        start=tuple(np.resize([-1.2, 1.0], dimension).tolist()), minima=((1.0,) * dimension,),
    )


def beale() -> Surface:
    """A flat-bottomed valley between steep walls in the corners."""

    def value_and_gradient(w: Array) -> tuple[Array, Array]:
        x, y = w[0], w[1]
        r1, r2, r3 = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
        along_x = r1 * (y - 1) + r2 * (y**2 - 1) + r3 * (y**3 - 1)
        along_y = x * (r1 + 2 * r2 * y + 3 * r3 * y**2)
        return r1 * r1 + r2 * r2 + r3 * r3, stack(2 * along_x, 2 * along_y)

    return Surface(
        value_and_gradient=value_and_gradient,
        name="Beale", domain=((-4.5, 4.5),) * 2, start=(1.0, 1.0), minima=((3.0, 0.5),),
    )


def six_hump_camel() -> Surface:
    """Six minima of three depths."""

    def value_and_gradient(w: Array) -> tuple[Array, Array]:
        x, y, xx, yy = w[0], w[1], w[0] * w[0], w[1] * w[1]
        value = (4 - 2.1 * xx + xx * xx / 3) * xx + x * y + (4 * yy - 4) * yy
        return value, stack((8 - 8.4 * xx + 2 * xx * xx) * x + y, x + (16 * yy - 8) * y)

    half = ((0.08984201310031807, -0.7126564030207396), (1.703606714969981, -0.7960835686726251),
            (1.6071047529201976, 0.5686514548841313))
    return Surface(
        value_and_gradient=value_and_gradient,
        name="six-hump camel", domain=((-2.0, 2.0), (-1.2, 1.2)), start=(1.9, 1.0),
        minima=tuple(w for x, y in half for w in ((x, y), (-x, -y))),
    )


def rastrigin(dimension: int = 2) -> Surface:
    """A bowl beset with dimples, a minimum near every point of whole numbers.

    f(w) = Σᵢ 10 + wᵢ² - 10 cos 2πwᵢ

    All minima inside the domain are listed for one and two dimensions, else the global one.
    """
    whole("dimension", dimension, 1)
    tau = 2 * np.pi
    near = np.arange(-5.0, 6.0)
    for _ in range(20):  # Newton's method: the derivative vanishes, beside each whole number
        slope, bend = tau * np.sin(tau * near), tau**2 * np.cos(tau * near)
        near = near - (2 * near + 10 * slope) / (2 + 10 * bend)
    minima = product(near.tolist(), repeat=dimension) if dimension < 3 else [(0.0,) * dimension]
    return Surface(
        lambda w: (10 + w * w - 10 * np.cos(tau * w)).sum(axis=0),
        lambda w: 2 * w + 10 * tau * np.sin(tau * w),
        name="Rastrigin", domain=((-5.12, 5.12),) * dimension,
        start=tuple(np.resize([3.3, -2.2, 1.7, -4.4], dimension).tolist()),
        minima=tuple(sorted(minima, key=lambda w: sum(x * x for x in w))),
    )


def ackley(dimension: int = 2) -> Surface:
    """A plain of dimples with one deep funnel, whose bottom is a kink.

    f(w) = 20 (1 - e^{-r/5}) + e - e^{m},    r² = 1/d Σ wᵢ²,    m = 1/d Σ cos 2πwᵢ

    At the kink, the only minimum that is listed, the gradient is set to 0 and there is no Hessian.
    """
    whole("dimension", dimension, 1)
    d, tau = dimension, 2 * np.pi

    def value_and_gradient(w: Array) -> tuple[Array, Array]:
        r = np.sqrt((w * w).sum(axis=0) / d)
        funnel, dimples = 4 * np.exp(-r / 5), np.exp(np.cos(tau * w).sum(axis=0) / d)
        gradient = funnel * w / (d * np.where(r == 0, 1, r)) + dimples * tau / d * np.sin(tau * w)
        return 20 - 5 * funnel + np.e - dimples, gradient

    return Surface(
        value_and_gradient=value_and_gradient,
        name="Ackley", domain=((-5.0, 5.0),) * d, minima=((0.0,) * d,),
        start=tuple(np.resize([3.3, -2.2, 1.7, -4.4], d).tolist()),
    )


CATALOGUE = {
    surface().name: surface
    for surface in (
        *(parabola, two_valleys, ripples, bowl, ravine, double_well, saddle, monkey_saddle),
        *(plateau, booth, himmelblau, rosenbrock, beale, six_hump_camel, rastrigin, ackley),
    )
}
