"""Areas as weighted sums of heights: each rule is a choice of nodes and weights.

    ∫ₐᵇ f(x) dx ≈ (b - a) Σₖ wₖ f(a + (b - a) tₖ),   0 ≤ tₖ ≤ 1,   Σₖ wₖ = 1

An area is a width times an average height, and the rules differ in where they look, and so in how
their error shrinks with the width h of a piece. Limits a and b of shape (...) give areas (...), and
`autodiff` differentiates an area by its limits, or by what f contains. Every rule raises
`TypeError` or `ValueError` unless the limits are real and finite, their shapes broadcast, n is a
whole number of at least 1, and f gives one real number for each.

Source: Davis and Rabinowitz, Methods of Numerical Integration (2nd edition, 1984).
"""

import operator
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from calclearn.calculus.numerical import Estimate, broadcastable, elementwise, quiet, real_numbers
from calclearn.calculus.structures import function
from calclearn.calculus.tracing import Traced

PIECES = 32  # for smooth functions over a few bends, eight Gauss nodes in each are exact


@quiet
def weighted_sum(f: Callable, a, b, nodes: np.ndarray, weights: np.ndarray):
    """The formula behind every rule: the width times a weighted mean of heights.

    (b - a) Σₖ wₖ f(a + (b - a) tₖ)

    >>> float(weighted_sum(np.square, 0.0, 2.0, nodes=np.array([0.5]), weights=np.array([1.0])))
    2.0
    """
    function("f", f)
    x, w, width = grid(a, b, nodes, weights)
    return width * np.sum(w * elementwise(f, x), axis=0)


def grid(a, b, nodes: np.ndarray, weights: np.ndarray):
    """The places a + (b - a) tₖ, their weights, and the width."""
    a, width = interval(a=a, b=b)
    t, w = (array.reshape(-1, *(1,) * width.ndim) for array in (nodes, weights))
    return a + width * t, w, width


def interval(**limits):
    """The left limit and the width, of limits that are given by their names."""
    a, b = (x if isinstance(x, Traced) else real_numbers(name, x) for name, x in limits.items())
    broadcastable(**dict(zip(limits, (a, b), strict=True)))
    return a, b - a


def whole(name: str, value, least: int = 1) -> int:
    """`value` as an int of at least `least`."""
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {value!r:.60}") from None
    if count < least:
        raise ValueError(f"{name} must be at least {least}, got {count}")
    return count


def left_sum(f: Callable, a, b, n: int = 100):
    """Rectangles as high as f at their left edges; the error shrinks like h.

    h Σₖ f(a + kh),   k = 0 ... n-1

    >>> float(left_sum(np.square, 0.0, 1.0, 4))
    0.21875
    """
    n = whole("n", n)
    return weighted_sum(f, a, b, np.arange(n) / n, np.full(n, 1 / n))


def midpoint(f: Callable, a, b, n: int = 100):
    """Rectangles as high as f in their middles; the error shrinks like h².

    h Σₖ f(a + (k + ½)h),   k = 0 ... n-1

    >>> float(midpoint(np.square, 0.0, 1.0, 4))
    0.328125
    """
    n = whole("n", n)
    return weighted_sum(f, a, b, (np.arange(n) + 0.5) / n, np.full(n, 1 / n))


def trapezoid(f: Callable, a, b, n: int = 100):
    """Straight lines between n + 1 points of the curve; the error shrinks like h².

    h (½f(a) + f(a + h) + ... + f(b - h) + ½f(b))

    >>> float(trapezoid(np.square, 0.0, 1.0, 4))
    0.34375
    """
    n = whole("n", n)
    weights = np.r_[0.5, np.ones(n - 1), 0.5] / n
    return weighted_sum(f, a, b, np.arange(n + 1) / n, weights)


def simpson(f: Callable, a, b, n: int = 100):
    """Parabolas through three points at a time, n even; the error shrinks like h⁴.

    h/3 (f(a) + 4f(a + h) + 2f(a + 2h) + ... + 4f(b - h) + f(b))

    >>> float(round(simpson(lambda x: x**3, 0.0, 1.0, 2), 12))
    0.25
    """
    n = whole("n", n)
    if n % 2:
        raise ValueError(f"n must be even, because a parabola spans two pieces, got {n}")
    weights = np.r_[1, np.tile([4, 2], n // 2)[:-1], 1] / (3 * n)
    return weighted_sum(f, a, b, np.arange(n + 1) / n, weights)


def gauss_legendre(f: Callable, a, b, n: int = 8, pieces: int = 1):
    """The best n nodes there are, in each of so many equal pieces; exact to degree 2n - 1.

    The nodes are the roots of the Legendre polynomial of degree n. Smooth functions need few
    nodes; a function with kinks needs pieces.

    >>> float(round(gauss_legendre(np.exp, 0.0, 1.0, 8) - (np.e - 1), 12))
    0.0
    """
    return weighted_sum(f, a, b, *_gauss(whole("n", n), whole("pieces", pieces)))


@lru_cache
def _gauss(n: int, pieces: int) -> tuple[np.ndarray, np.ndarray]:
    roots, weights = np.polynomial.legendre.leggauss(n)  # on [-1, 1], with weights that add up to 2
    nodes = (np.arange(pieces)[:, None] + (roots + 1) / 2) / pieces
    return nodes.ravel(), np.tile(weights / (2 * pieces), pieces)


@quiet
def monte_carlo(f: Callable, a, b, n: int = 10_000, rng=0) -> Estimate:
    """The mean height at n random points, and the standard error of that mean.

    (b - a) · mean f(xᵢ) ± (b - a) · std f(xᵢ) / √n,   xᵢ uniform on [a, b]

    `rng` is a NumPy Generator or a seed. The error is one standard deviation: about one estimate in
    three lies further off than that.

    >>> area = monte_carlo(np.square, 0.0, 1.0, n=10_000, rng=0)
    >>> bool(abs(area.value - 1 / 3) < 3 * area.error)
    True
    """
    n = whole("n", n, least=2)
    if not isinstance(rng, np.random.Generator):
        rng = np.random.default_rng(whole("rng, unless a Generator,", rng, least=0))
    function("f", f)
    a, width = interval(a=a, b=b)
    heights = elementwise(f, a + width * rng.random((n, *width.shape)))
    value = width * heights.mean(axis=0)
    error = np.abs(width) * heights.std(axis=0, ddof=1) / np.sqrt(n)
    return Estimate(value, error, n, np.isfinite(value))


def accumulate(f: Callable, a, x, pieces: int = PIECES):
    """The area from a up to each x; its slope is f, which is the fundamental theorem of calculus.

    F(x) = ∫ₐˣ f(t) dt,   F'(x) = f(x)

    `x` may have any shape; areas to the left of a count negative.

    >>> accumulate(np.cos, 0.0, np.array([0.0, np.pi / 2, np.pi])).round(12) + 0.0
    array([0., 1., 0.])
    """
    interval(a=a, x=x)
    return gauss_legendre(f, a, x, pieces=pieces)


@quiet
def expected(loss: Callable, density: Callable, a, b, pieces: int = PIECES):
    """The mean of a loss where inputs come with a given density on [a, b].

    E[loss] = ∫ loss(x) p(x) dx / ∫ p(x) dx

    The density need not be normalised: the division does that, and the width cancels. Raises
    `ValueError` where it is negative, or has no area.

    >>> float(expected(np.square, lambda x: np.exp(-(x**2) / 2), -8.0, 8.0).round(9))
    1.0
    """
    function("loss", loss)
    function("density", density)
    x, w, _ = grid(a, b, *_gauss(8, whole("pieces", pieces)))
    shares = w * elementwise(density, x)
    if np.any(shares < 0):
        raise ValueError("density must not be negative anywhere between a and b")
    total = np.sum(shares, axis=0)
    if not np.all((total > 0) & (total < np.inf)):
        raise ValueError("density must have an area between a and b, got one of 0, ∞ or NaN")
    return np.sum(shares * elementwise(loss, x), axis=0) / total
