"""Derivatives from values alone, in which the differences themselves tell how wrong they are.

A difference quotient has two enemies. Take h too large and the curve bends away from the secant
(truncation); take h too small and f(x+h) - f(x) drowns in the last digit (round-off). No single h
suits every function. The decision is to try a whole ladder of steps in one call of f, to combine
them by Richardson's table, and to keep the entry on which neighbours agree best: their
disagreement is the error that comes with the value.

From simple to complex: `forward_difference`, `backward_difference`, `central_difference` and
`complex_step` at an h of one's own; then `derivative`, which chooses. Functions of many coordinates
have `grad`, `jacobian` and `hessian`, which `partials` defines and this module hands on.
"""

from collections.abc import Callable

import numpy as np

from calclearn.calculus import richardson
from calclearn.calculus.evaluation import (
    broadcastable,
    callable_function,
    elementwise,
    real,
    real_array,
)
from calclearn.calculus.partials import grad, hessian, jacobian
from calclearn.calculus.richardson import EPS, Estimate

__all__ = [
    "Estimate",
    "backward_difference",
    "central_difference",
    "complex_step",
    "derivative",
    "forward_difference",
    "grad",
    "hessian",
    "jacobian",
]


def forward_difference(f: Callable, x, h):
    """Slope of the secant to the right of x; its error shrinks like h.

    f'(x) ≈ (f(x + h) - f(x)) / h

    `x` and `h` broadcast, so one call sweeps a thousand steps.

    >>> round(float(forward_difference(np.square, 1.0, 0.5)), 6)
    2.5
    """
    x, h = _point_and_step(f, x, h)
    return (elementwise(f, x + h) - elementwise(f, x)) / h


def backward_difference(f: Callable, x, h):
    """Slope of the secant to the left of x; its error shrinks like h.

    f'(x) ≈ (f(x) - f(x - h)) / h

    >>> float(backward_difference(np.square, 1.0, 0.5))
    1.5
    """
    x, h = _point_and_step(f, x, h)
    return (elementwise(f, x) - elementwise(f, x - h)) / h


def central_difference(f: Callable, x, h):
    """Slope of the secant across x; the odd terms cancel, so its error shrinks like h².

    f'(x) ≈ (f(x + h) - f(x - h)) / 2h

    >>> float(central_difference(np.square, 1.0, 0.5))
    2.0
    """
    x, h = _point_and_step(f, x, h)
    return (elementwise(f, x + h) - elementwise(f, x - h)) / (2 * h)


def complex_step(f: Callable, x, h=1e-20):
    """Slope read off the imaginary axis: nothing is subtracted, so h may be as small as one likes.

    f'(x) = Im f(x + ih) / h + O(h²)

    f must be analytic: `abs`, `maximum` and comparisons lose the imaginary part, and a `TypeError`
    says so where f returns a real number. Source: Squire and Trapp, SIAM Review 40 (1998).

    >>> bool(complex_step(np.exp, 1.0) == np.exp(1.0))
    True
    """
    x, h = _point_and_step(f, x, h)
    values = elementwise(f, x + 1j * h)
    if not np.iscomplexobj(values):
        raise TypeError("f must carry complex numbers through, got a real value for a complex x")
    return values.imag / h


def _point_and_step(f, x, h) -> tuple[np.ndarray, np.ndarray]:
    callable_function("f", f)
    x, h = real_array("x", x), real_array("h", h)
    broadcastable(x=x, h=h)
    if not h.all():
        raise ValueError("h must not be 0")
    return x, h


RUNGS = 14
LADDER = richardson.ladder(0.5, RUNGS)  # 0.5 ... 3e-7
OFFSETS = np.concatenate([LADDER, -LADDER, [0.0]])[:, None]
TABLE = richardson.Table(RUNGS)


def derivative(f: Callable, x) -> Estimate:
    """Slope of f at x with an honest error, elementwise, and no h to choose.

    D(h) = (f(x + h) - f(x - h)) / 2h = f'(x) + c₁h² + c₂h⁴ + ...

    A function may change over distances as large as x or as large as 1, and only the differences
    can tell, so there is a ladder of steps for either. `x` has any shape; f is called once, or
    point by point where it takes only scalars. Raises `TypeError` or `ValueError` unless x is real
    and finite and f gives one real number for each.

    Sources: Ridders, Advances in Engineering Software 4 (1982); Press et al., Numerical Recipes,
    section 5.7.

    >>> slope = derivative(np.sin, 1.0)
    >>> bool(abs(slope.value - np.cos(1.0)) < slope.error < 1e-12)
    True
    >>> derivative(abs, 0.0)
    0.0 ± 1, unreliable (58 evaluations)
    """
    callable_function("f", f)
    x = real_array("x", x)
    size = np.abs(x.ravel())
    size += size < 1e-100  # where numbers end, distances of 1 remain
    scale = np.concatenate([np.maximum(size, 1.0), np.minimum(size, 1.0)])  # wide, then narrow
    points = np.concatenate([x, x], axis=None) + OFFSETS * scale  # (2 RUNGS + 1, 2n)
    with np.errstate(all="ignore"):  # past the end of a domain f is NaN, and the table drops it
        value, error, reliable = _slope(points, real(elementwise(f, points)))
    evaluations = 2 * len(OFFSETS)
    if x.ndim == 0:
        return Estimate(float(value[0]), float(error[0]), evaluations, bool(reliable[0]))
    value, error, reliable = (part.reshape(x.shape) for part in (value, error, reliable))
    return Estimate(value, error, evaluations, reliable)


def _slope(points, values):
    right, left, centre = values[:RUNGS], values[RUNGS:-1], values[-1]
    width = points[:RUNGS] - points[RUNGS:-1]  # what rounding made of 2h
    size, change = np.abs(values), np.abs(values - centre)
    steepness = (change[:RUNGS] + change[RUNGS:-1]) / width
    rounding = size[:RUNGS] + size[RUNGS:-1] + np.abs(points[-1]) * steepness  # of f, and of x
    entries, errors, noise = TABLE.entries((right - left) / width, EPS * rounding, width)

    # A kink or a jump: the slopes to the right and to the left of x, which ought to meet in step
    # with h, stay apart by more than noise. It may hide beside x, within the steps of an entry.
    apart = (right + left - 2 * centre) / width
    stays = np.zeros(apart.shape, bool)
    stays[1:] = apart[1:] / apart[:-1] > 0.45
    stays[1:-1] &= stays[:-2] | stays[2:]
    apart = np.abs(apart)
    kink = np.where(stays & (apart > 4 * noise), apart, 0.0)
    errors = np.fmax(errors, kink[TABLE.rung])

    n = len(centre) // 2  # an entry must be possible on its own ladder and on the narrow one
    low, high = TABLE.bounds(entries, errors)
    low, high = np.fmax(low.reshape(2, n), low[n:]), np.fmin(high.reshape(2, n), high[n:])
    value, error = richardson.best(entries, errors, low.ravel(), high.ravel())

    # A slope of 0 is reliable too, beside the flattest secant and the rounding of the steepest.
    flattest = np.fmax(np.abs(value), np.fmin.reduce(steepness))
    reliable = (error <= 1e-3 * flattest + EPS * size[-1] / width[-1]) & np.isfinite(centre)
    narrow = error[n:] < error[:n]
    return [np.where(narrow, both[n:], both[:n]) for both in (value, error, reliable)]
