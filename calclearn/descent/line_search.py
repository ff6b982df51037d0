"""A line search asks how far to go, once the direction is known: φ(t) = f(w + t p).

Two conditions say when a step will do (Wolfe 1969). It must fall enough for its length, and
the slope at its end must have flattened, or it was too short:

    φ(t) ≤ φ(0) + c₁ t φ'(0)        |φ'(t)| ≤ -c₂ φ'(0)

`backtracking` asks for the first only and halves; `strong_wolfe` asks for both and interpolates.
Both work on one start or on a batch, each start with its own t, until all are content; what
they have seen at the new point is handed on, so that nothing is evaluated twice.
"""

from typing import Any, NamedTuple

import numpy as np

from calclearn.descent.batches import Array, chosen, either, inner, some
from calclearn.descent.record import Seen
from calclearn.descent.surfaces import Surface

FALL = 1e-4  # c₁
FLATTEN = 0.9  # c₂
TRIALS = 25
NOISE = 4 * np.finfo(float).eps  # a relative change of φ that is only rounding


class Trial(NamedTuple):
    """One point of the line, t along it."""

    t: Array  # (...)
    value: Array
    slope: Array  # φ'(t)


def backtracking(surface: Surface, seen: Seen, p: Array) -> Seen:
    """Halve the step, from 1, until the value falls by a fair share of what the slope promises.

    p: directions (d, ...) with ∇f(w)·p < 0. A start that finds no lower point stays.

    >>> bowl = Surface(lambda w: w[0] ** 2, lambda w: 2 * w)
    >>> here = Seen(np.array([3.0]), np.array(9.0), np.array([6.0]), evaluations=1)
    >>> there = backtracking(bowl, here, np.array([-24.0]))  # t = 1, 1/2, 1/4, 1/8
    >>> there.w, there.evaluations
    (array([0.]), 5)

    Source: Armijo, Pacific J. Math. 16 (1966).
    """
    (w, value, g, evaluations), t = seen, 1.0
    slope = inner(g, p)
    waiting = slope < 0
    for _ in range(TRIALS):
        x = w + t * p
        evaluations = evaluations + either(waiting, 1, 0)
        there = Seen(x, *surface.value_and_gradient(x), evaluations)
        enough = there.value <= value + FALL * t * slope + NOISE * abs(value)
        seen = chosen(waiting & enough, there, seen)
        waiting = either(enough, False, waiting)
        if not some(waiting):
            break
        t = either(waiting, t / 2, t)
    return seen._replace(evaluations=evaluations)


def strong_wolfe(surface: Surface, seen: Seen, p: Array, t: Any = 1.0) -> Seen:
    """Find a step, first trying `t`, that falls enough and ends flat enough: both conditions.

    Until a valley is between two trials, the step grows; then cubic interpolation closes in.
    A start that does not succeed takes the lowest of its trials, or stays.

    >>> bowl = Surface(lambda w: w[0] ** 2, lambda w: 2 * w)
    >>> here = Seen(np.array([3.0]), np.array(9.0), np.array([6.0]), evaluations=1)
    >>> strong_wolfe(bowl, here, np.array([-24.0])).w.round(9)
    array([0.])

    Source: Nocedal & Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6.
    """
    w, value, g, evaluations = before = seen
    slope = inner(g, p)
    low, high = Trial(0.0 * slope, value, slope), None
    waiting, rounding = slope < 0, NOISE * abs(value)
    for _ in range(TRIALS):
        x = w + t * p
        evaluations = evaluations + either(waiting, 1, 0)
        there = Seen(x, *surface.value_and_gradient(x), evaluations)
        here = Trial(t, there.value, inner(there.gradient, p))
        lower = here.value <= value + FALL * t * slope + rounding
        lower = lower & (here.value <= low.value)
        seen = chosen(waiting & lower, there, seen)
        waiting = either(lower & (abs(here.slope) <= -FLATTEN * slope), False, waiting)
        if not some(waiting):
            break
        high = high or Trial(np.inf + 0 * slope, value, slope)
        low, high, t = narrowed(low, high, here, lower, waiting)
    else:  # what changed by no more than rounding has not fallen: such a start stays
        fallen = seen.value < value - rounding
        seen = chosen(waiting & ~fallen, before, seen)
    return seen if seen.evaluations is evaluations else seen._replace(evaluations=evaluations)


@np.errstate(all="ignore")  # where there is no cubic, there is NaN, and the step is halved
def narrowed(low: Trial, high: Trial, here: Trial, lower: Array, waiting: Array) -> tuple:
    """The interval that holds a good step, with the news from `here`, and the next t to try."""
    passed = here.slope * (high.t - low.t) >= 0  # the valley lies between low and here
    new_high = chosen(lower, chosen(passed, low, high), here)
    new_low = chosen(lower, here, low)
    inside = new_high.t < np.inf
    a, b = chosen(inside, new_low, low), chosen(inside, new_high, here)
    share = cubic_minimum(a, b)
    sense = (share == share) & (inside | (share > 1))  # else it is no number, or lies behind
    share = either(sense, share, either(inside, 0.5, 5.0))
    least, most = either(inside, 0.1, 2.1), either(inside, 0.9, 5.0)
    share = either(share > least, share, least)  # not too close to what is known
    share = either(share < most, share, most)
    return new_low, new_high, either(waiting, a.t + share * (b.t - a.t), here.t)


def cubic_minimum(a: Trial, b: Trial) -> Array:
    """Where the cubic through two trials and their slopes is lowest, as a share of a to b."""
    width = b.t - a.t
    c = a.slope + b.slope - 3 * (b.value - a.value) / width
    root = np.sign(width) * np.sqrt(c * c - a.slope * b.slope)
    return 1 - (b.slope + root - c) / (b.slope - a.slope + 2 * root)
