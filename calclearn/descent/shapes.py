"""The shapes that descent meets, each the simplest formula that has the shape.

Value, gradient and Hessian stand under one another, so that a reader can differentiate along:
curves of one weight first, then bowl, ravine, double well, saddles and plateau. Each is a
function that returns a `Surface`. The test functions of the literature are in `catalogue`.
"""

from collections.abc import Sequence

import numpy as np

from calclearn.descent.arguments import one_number, real_numbers
from calclearn.descent.batches import Array, everywhere, stack
from calclearn.descent.surfaces import Surface


def parabola() -> Surface:
    """One valley: the quadratic that every smooth minimum looks like from nearby."""
    return Surface(
        lambda w: w[0] ** 2,
        lambda w: 2 * w,
        lambda w: everywhere(np.array([[2.0]]), w),
        name="parabola",
        formula=r"w^2",
        domain=((-3.0, 3.0),),
        start=(2.5,),
        minima=((0.0,),),
    )


def two_valleys() -> Surface:
    """A global and a local minimum with a hill between: where one ends depends on where one starts.

    >>> left, right = two_valleys().minima
    >>> bool(two_valleys()(left) < two_valleys()(right))
    True
    """
    return Surface(
        lambda w: w[0] ** 4 - 3 * w[0] ** 2 + w[0],
        lambda w: 4 * w**3 - 6 * w + 1,
        lambda w: (12 * w**2 - 6)[None],
        name="two valleys",
        formula=r"w^4 - 3 w^2 + w",
        domain=((-2.2, 2.0),),
        start=(1.9,),
        minima=((-1.300839565941577,), (1.1309011226299857,)),
    )


def ripples() -> Surface:
    """A valley with a local minimum in every ripple."""
    return Surface(
        lambda w: w[0] ** 2 / 10 + 1 - np.cos(3 * w[0]),
        lambda w: w / 5 + 3 * np.sin(3 * w),
        lambda w: (1 / 5 + 9 * np.cos(3 * w))[None],
        name="ripples",
        formula=r"w^2 / 10 + 1 - \cos 3w",
        domain=((-5.0, 5.0),),
        start=(4.6,),
        minima=(
            (0.0,),
            (2.0487251273952287,),
            (-2.0487251273952287,),
            (4.096583585387091,),
            (-4.096583585387091,),
        ),
    )


def quadratic(A: Sequence, *, name: str = "quadratic", reach: float = 3.0) -> Surface:
    """½ wᵀ A w for a symmetric matrix A (d, d): what its eigenvalues say is all there is to say.

    >>> quadratic([[2.0, 0.0], [0.0, 6.0]]).gradient([1.0, 1.0])
    array([2., 6.])
    """
    real_numbers("A", A)
    A = np.array(A, dtype=float)
    square = A.ndim == 2 and A.shape[0] == A.shape[1] > 0
    if not (square and np.isfinite(A).all() and np.array_equal(A, A.T)):
        raise ValueError(f"A must be a symmetric matrix of finite numbers, got {A.tolist()}")
    d = len(A)
    return Surface(
        lambda w: (w * np.tensordot(A, w, 1)).sum(axis=0) / 2,
        lambda w: np.tensordot(A, w, 1),
        lambda w: everywhere(A, w),
        name=name,
        formula=r"\frac12 w^\top A w",
        domain=((-reach, reach),) * d,
        start=(0.8 * reach,) * d,
        minima=((0.0,) * d,) if np.linalg.eigvalsh(A)[0] > 0 else (),
    )


def bowl(a: float = 1.0, b: float = 3.0) -> Surface:
    """The friendliest surface: a x² + b y² with curvatures 2a and 2b."""
    one_number("a", a)
    one_number("b", b)
    return Surface(
        lambda w: a * w[0] ** 2 + b * w[1] ** 2,
        lambda w: stack(2 * a * w[0], 2 * b * w[1]),
        lambda w: everywhere(np.diag([2.0 * a, 2.0 * b]), w),
        name="bowl",
        formula=rf"{a:g}\,x^2 + {b:g}\,y^2",
        domain=((-3.0, 3.0), (-3.0, 3.0)),
        start=(2.5, 2.0),
        minima=((0.0, 0.0),) if a > 0 and b > 0 else (),
    )


def ravine(ratio: float = 50.0, angle: float = 0.5) -> Surface:
    """A long valley, `ratio` times as steep across as along, turned by `angle` radians."""
    one_number("ratio", ratio)
    one_number("angle", angle)
    c, s = np.cos(angle), np.sin(angle)
    across, along = (s * s, -s * c, c * c), (c * c, s * c, s * s)
    xx, xy, yy = (ratio * p + q for p, q in zip(across, along, strict=True))
    return quadratic([[xx, xy], [xy, yy]], name="ravine")


def double_well(tilt: float = 0.0) -> Surface:
    """Two minima with a saddle between; a `tilt` makes one of them the lower."""
    one_number("tilt", tilt)
    return Surface(
        lambda w: (w[0] ** 2 - 1) ** 2 + tilt * w[0] + w[1] ** 2,
        lambda w: stack(4 * w[0] * (w[0] ** 2 - 1) + tilt, 2 * w[1]),
        lambda w: symmetric(12 * w[0] ** 2 - 4, 0 * w[0], 2 + 0 * w[0]),
        name="double well",
        formula=r"(x^2 - 1)^2 + y^2" + (rf" + {tilt:g}\,x" if tilt else ""),
        domain=((-2.0, 2.0), (-2.0, 2.0)),
        start=(0.1, 1.5),
        minima=tuple((float(x), 0.0) for x in wells(tilt)),
    )


def wells(tilt: float) -> list[float]:
    """The minima of (x² - 1)² + tilt x, the lower first: roots of 4x³ - 4x + tilt with f″ > 0."""
    roots = np.roots([4.0, 0.0, -4.0, tilt])
    real = [x.real for x in roots if abs(x.imag) < 1e-9 and 12 * x.real**2 > 4]
    polished = [x - (4 * x**3 - 4 * x + tilt) / (12 * x * x - 4) for x in real]
    return sorted(polished, key=lambda x: (x * x - 1) ** 2 + tilt * x)


def saddle() -> Surface:
    """Up on one axis and down on the other: the gradient vanishes where nothing is lowest.

    >>> saddle().gradient([1.0, 1.0]), saddle().minima
    (array([ 2., -2.]), ())
    """
    return Surface(
        lambda w: w[0] ** 2 - w[1] ** 2,
        lambda w: stack(2 * w[0], -2 * w[1]),
        lambda w: everywhere(np.diag([2.0, -2.0]), w),
        name="saddle",
        formula=r"x^2 - y^2",
        domain=((-2.0, 2.0), (-2.0, 2.0)),
        start=(1.5, 0.01),
    )


def monkey_saddle() -> Surface:
    """A saddle with room for a tail: even the Hessian vanishes in the middle."""
    return Surface(
        lambda w: w[0] ** 3 - 3 * w[0] * w[1] ** 2,
        lambda w: stack(3 * w[0] ** 2 - 3 * w[1] ** 2, -6 * w[0] * w[1]),
        lambda w: symmetric(6 * w[0], -6 * w[1], -6 * w[0]),
        name="monkey saddle",
        formula=r"x^3 - 3 x y^2",
        domain=((-2.0, 2.0), (-2.0, 2.0)),
        start=(1.0, 0.1),
        source="Hilbert & Cohn-Vossen, Geometry and the Imagination (1932)",
    )


def plateau() -> Surface:
    """A hole in a plain: far away the gradient says next to nothing."""

    def depth(w: Array) -> Array:
        return np.exp(-(w[0] ** 2) - w[1] ** 2)

    def hessian(w: Array) -> Array:
        (x, y), e = w, 2 * depth(w)
        return symmetric(e * (1 - 2 * x * x), e * (-2 * x * y), e * (1 - 2 * y * y))

    return Surface(
        lambda w: 1 - depth(w),
        lambda w: 2 * depth(w) * w,
        hessian,
        name="plateau",
        formula=r"1 - e^{-x^2 - y^2}",
        domain=((-3.0, 3.0), (-3.0, 3.0)),
        start=(2.0, 1.0),
        minima=((0.0, 0.0),),
    )


def symmetric(xx: Array, xy: Array, yy: Array) -> Array:
    """The Hessian (2, 2, ...) with these entries (...)."""
    return stack(stack(xx, xy), stack(xy, yy))
