"""The test functions on which optimizers have been compared for sixty years, derivatives by hand.

Each is a function that returns a `Surface` with formula, domain, customary start, all known minima
(global ones first) and source; `CATALOGUE` holds these and the course's own shapes in one table.
"""

from collections.abc import Callable
from itertools import product

import numpy as np

from calclearn.descent.arguments import whole_number
from calclearn.descent.batches import Array, everywhere, stack
from calclearn.descent.shapes import (
    bowl,
    double_well,
    monkey_saddle,
    parabola,
    plateau,
    ravine,
    ripples,
    saddle,
    symmetric,
    two_valleys,
)
from calclearn.descent.surfaces import Surface

JAMIL_YANG = "Jamil & Yang, A literature survey of benchmark functions, arXiv:1308.4008 (2013)"


def booth() -> Surface:
    """A bowl with its axes turned, in disguise."""
    return Surface(
        lambda w: (w[0] + 2 * w[1] - 7) ** 2 + (2 * w[0] + w[1] - 5) ** 2,
        lambda w: stack(10 * w[0] + 8 * w[1] - 34, 8 * w[0] + 10 * w[1] - 38),
        lambda w: everywhere(np.array([[10.0, 8.0], [8.0, 10.0]]), w),
        name="Booth",
        formula=r"(x + 2y - 7)^2 + (2x + y - 5)^2",
        domain=((-10.0, 10.0), (-10.0, 10.0)),
        start=(-6.0, -4.0),
        minima=((1.0, 3.0),),
        source=JAMIL_YANG,
    )


def himmelblau() -> Surface:
    """Four equally deep minima, a hill between them, and four saddles.

    >>> [float(np.abs(himmelblau().gradient(w)).max().round(12)) for w in himmelblau().minima]
    [0.0, 0.0, 0.0, 0.0]
    """

    def function(w: Array) -> Array:
        x, y = w[0], w[1]
        a, b = x * x + y - 11, x + y * y - 7
        return a * a + b * b

    def value_and_gradient(w: Array) -> tuple[Array, Array]:
        x, y = w[0], w[1]
        a, b = x * x + y - 11, x + y * y - 7
        return a * a + b * b, stack(4 * x * a + 2 * b, 2 * a + 4 * y * b)

    def hessian(w: Array) -> Array:
        x, y = w[0], w[1]
        return symmetric(12 * x * x + 4 * y - 42, 4 * x + 4 * y, 4 * x + 12 * y * y - 26)

    return Surface(
        function,
        lambda w: value_and_gradient(w)[1],
        hessian,
        value_and_gradient=value_and_gradient,
        name="Himmelblau",
        formula=r"(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        domain=((-5.0, 5.0), (-5.0, 5.0)),
        start=(0.0, 0.0),
        minima=(
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.283185991286169),
            (3.5844283403304917, -1.8481265269644034),
        ),
        source="Himmelblau, Applied Nonlinear Programming (1972)",
    )


def rosenbrock(dimension: int = 2) -> Surface:
    """A curved ravine, in any number of dimensions from 2: easy to find, slow to follow.

    f(w) = Σᵢ 100 (wᵢ₊₁ - wᵢ²)² + (1 - wᵢ)²

    >>> rosenbrock(5)([1.0, 1.0, 1.0, 1.0, 1.0])
    np.float64(0.0)
    """
    whole_number("dimension", dimension, 2)

    def function(w: Array) -> Array:
        if dimension == 2:  # the same in two numbers, which are quicker than arrays
            return 100 * (w[1] - w[0] * w[0]) ** 2 + (1 - w[0]) ** 2
        a, b = w[1:] - w[:-1] ** 2, 1 - w[:-1]
        return (100 * a * a + b * b).sum(axis=0)

    def gradient(w: Array) -> Array:
        if dimension == 2:
            a = w[1] - w[0] * w[0]
            return stack(-400 * w[0] * a - 2 * (1 - w[0]), 200 * a)
        a, end = w[1:] - w[:-1] ** 2, 0 * w[:1]
        own = -400 * w[:-1] * a - 2 * (1 - w[:-1])
        return np.concatenate([own, end]) + np.concatenate([end, 200 * a])

    def hessian(w: Array) -> Array:
        end = 0 * w[:1]
        own = np.concatenate([1200 * w[:-1] ** 2 - 400 * w[1:] + 2, end])
        own = own + np.concatenate([end, 200 + 0 * w[:-1]])
        next_one = np.concatenate([-400 * w[:-1], end])
        eye, above = (everywhere(np.eye(dimension, k=k), w) for k in (0, 1))
        return eye * own + above * next_one[:, None] + np.swapaxes(above * next_one[:, None], 0, 1)

    return Surface(
        function,
        gradient,
        hessian,
        name="Rosenbrock",
        formula=r"\sum_i 100 (w_{i+1} - w_i^2)^2 + (1 - w_i)^2",
        domain=((-2.0, 2.0),) * dimension if dimension > 2 else ((-2.0, 2.0), (-1.0, 3.0)),
        start=tuple(np.resize([-1.2, 1.0], dimension).tolist()),
        minima=((1.0,) * dimension, *second_minimum(dimension, gradient, hessian)),
        source="Rosenbrock, Computer Journal 3 (1960); Kok & Sandrock, Evol. Comput. 17 (2009)",
    )


def second_minimum(dimension: int, gradient: Callable, hessian: Callable) -> tuple:
    """The local minimum near (-1, 1, ..., 1) that Rosenbrock's function has from d = 4 on."""
    if dimension < 4:
        return ()
    w = np.array([-0.78, 0.61, 0.38, 0.15] if dimension == 4 else [-1.0] + [1.0] * (dimension - 1))
    for _ in range(50):
        w = w - np.linalg.solve(hessian(w), gradient(w))
    return (tuple(w.tolist()),)


def beale() -> Surface:
    """A flat-bottomed valley between steep walls in the corners."""
    constants = (1.5, 2.25, 2.625)

    def residuals(w: Array) -> list[Array]:
        x, y = w[0], w[1]
        return [c - x + x * y**k for k, c in enumerate(constants, 1)]

    def gradient(w: Array) -> Array:
        x, y = w[0], w[1]
        terms = [
            stack(2 * r * (y**k - 1), 2 * r * x * k * y ** (k - 1))
            for k, r in enumerate(residuals(w), 1)
        ]
        return sum(terms[1:], terms[0])

    def hessian(w: Array) -> Array:
        x, y = w[0], w[1]
        xx = xy = yy = 0 * x
        for k, r in enumerate(residuals(w), 1):
            rx, ry, rxy = y**k - 1, k * x * y ** (k - 1), k * y ** (k - 1)
            ryy = k * (k - 1) * x * y ** max(k - 2, 0)
            xx = xx + 2 * rx * rx
            xy = xy + 2 * (rx * ry + r * rxy)
            yy = yy + 2 * (ry * ry + r * ryy)
        return symmetric(xx, xy, yy)

    return Surface(
        lambda w: sum(r * r for r in residuals(w)),
        gradient,
        hessian,
        name="Beale",
        formula=r"\sum_{k=1}^3 (c_k - x + x y^k)^2,\quad c = (1.5, 2.25, 2.625)",
        domain=((-4.5, 4.5), (-4.5, 4.5)),
        start=(1.0, 1.0),
        minima=((3.0, 0.5),),
        source="Beale, On an iterative method for finding a local minimum (1958)",
    )


def six_hump_camel() -> Surface:
    """Six minima of three depths."""

    def function(w: Array) -> Array:
        x, y, xx, yy = w[0], w[1], w[0] * w[0], w[1] * w[1]
        return (4 - 2.1 * xx + xx * xx / 3) * xx + x * y + (4 * yy - 4) * yy

    def gradient(w: Array) -> Array:
        x, y, xx, yy = w[0], w[1], w[0] * w[0], w[1] * w[1]
        return stack((8 - 8.4 * xx + 2 * xx * xx) * x + y, x + (16 * yy - 8) * y)

    def hessian(w: Array) -> Array:
        xx, yy = w[0] * w[0], w[1] * w[1]
        return symmetric(8 - 25.2 * xx + 10 * xx * xx, 1 + 0 * xx, 48 * yy - 8)

    half = (
        (0.08984201310031807, -0.7126564030207396),
        (1.703606714969981, -0.7960835686726251),
        (1.6071047529201976, 0.5686514548841313),
    )
    return Surface(
        function,
        gradient,
        hessian,
        name="six-hump camel",
        formula=r"(4 - 2.1 x^2 + x^4 / 3)\,x^2 + x y + (4 y^2 - 4)\,y^2",
        domain=((-2.0, 2.0), (-1.2, 1.2)),
        start=(1.9, 1.0),
        minima=tuple(w for x, y in half for w in ((x, y), (-x, -y))),
        source="Dixon & Szegő, Towards Global Optimisation 2 (1978)",
    )


def rastrigin(dimension: int = 2) -> Surface:
    """A bowl beset with dimples, a minimum near every point of whole numbers.

    f(w) = Σᵢ 10 + wᵢ² - 10 cos 2πwᵢ

    All minima inside the domain are listed for one and two dimensions, else the global one.
    """
    whole_number("dimension", dimension, 1)
    tau = 2 * np.pi
    near = np.arange(-5.0, 6.0)
    for _ in range(20):  # Newton's method: the derivative vanishes, beside each whole number
        slope, bend = tau * np.sin(tau * near), tau**2 * np.cos(tau * near)
        near = near - (2 * near + 10 * slope) / (2 + 10 * bend)
    minima = product(near.tolist(), repeat=dimension) if dimension < 3 else [(0.0,) * dimension]
    return Surface(
        lambda w: (10 + w * w - 10 * np.cos(tau * w)).sum(axis=0),
        lambda w: 2 * w + 10 * tau * np.sin(tau * w),
        lambda w: everywhere(np.eye(dimension), w) * (2 + 10 * tau**2 * np.cos(tau * w)),
        name="Rastrigin",
        formula=r"\sum_i 10 + w_i^2 - 10 \cos 2\pi w_i",
        domain=((-5.12, 5.12),) * dimension,
        start=tuple(np.resize([3.3, -2.2, 1.7, -4.4], dimension).tolist()),
        minima=tuple(sorted(minima, key=lambda w: sum(x * x for x in w))),
        source="Rastrigin, Systems of Extremal Control (1974)",
    )


def ackley(dimension: int = 2) -> Surface:
    """A plain of dimples with one deep funnel, whose bottom is a kink.

    f(w) = 20 (1 - e^{-r/5}) + e - e^{m},    r² = 1/d Σ wᵢ²,    m = 1/d Σ cos 2πwᵢ

    At the kink the gradient is taken as 0; the Hessian there is infinite.
    """
    whole_number("dimension", dimension, 1)
    d, tau = dimension, 2 * np.pi

    def parts(w: Array) -> tuple[Array, Array, Array]:
        r = np.sqrt((w * w).sum(axis=0) / d)
        return r, 4 * np.exp(-r / 5), np.exp(np.cos(tau * w).sum(axis=0) / d)

    def function(w: Array) -> Array:
        _, funnel, dimples = parts(w)
        return 20 - 5 * funnel + np.e - dimples

    def gradient(w: Array) -> Array:
        r, funnel, dimples = parts(w)
        return funnel * w / (d * np.where(r == 0, 1, r)) + dimples * tau / d * np.sin(tau * w)

    def hessian(w: Array) -> Array:
        r, funnel, dimples = parts(w)
        with np.errstate(divide="ignore"):
            slope = funnel / (d * r)  # the gradient of the funnel is slope · w
        bend = slope / (d * np.where(r == 0, 1, r) ** 2) * (1 + r / 5)
        s, c = tau / d * np.sin(tau * w), tau * tau / d * np.cos(tau * w)
        eye = everywhere(np.eye(d), w)
        diagonal = np.where(eye == 1, slope + dimples * c, 0)
        return diagonal - np.where(r == 0, 0, bend) * outer(w) - dimples * outer(s)

    return Surface(
        function,
        gradient,
        hessian,
        name="Ackley",
        formula=r"20 (1 - e^{-r/5}) + e - e^{\frac1d \sum_i \cos 2\pi w_i},\quad"
        r" r^2 = \tfrac1d \sum_i w_i^2",
        domain=((-5.0, 5.0),) * d,
        start=tuple(np.resize([3.3, -2.2, 1.7, -4.4], d).tolist()),
        minima=((0.0,) * d,),
        source="Ackley, A Connectionist Machine for Genetic Hillclimbing (1987)",
    )


def outer(w: Array) -> Array:
    return w[:, None] * w[None]  # (d, d, ...)


CATALOGUE = {
    surface().name: surface
    for surface in (
        *(parabola, two_valleys, ripples, bowl, ravine, double_well, saddle, monkey_saddle),
        *(plateau, booth, himmelblau, rosenbrock, beale, six_hump_camel, rastrigin, ackley),
    )
}
