"""Derivatives at a kink, taken from both sides.

Where numbers tie or a length is 0, the rules know the slope, the mean of both sides, and put NaN
for the slope of that slope.  A derivative that meets such a kink is therefore taken again beside x,
at x + h and x - h along several directions.  Where the value is continuous and the mean of both
sides is the same along each of them, it is the derivative.  Elsewhere there is none, and NaN stays.
"""

import threading
from collections.abc import Callable

import numpy as np

from calclearn.calculus.structures import each_leaf, real, restored
from calclearn.calculus.tracing import Traced


class Here(threading.local):
    """Where the derivative that is being taken is: at a kink, or beside one."""

    at_kink = beside_kink = False


here = Here()


def no_slope(g, kink):
    """g, but nan at a kink, also where g is 0.

    Numbers that tie beside the point, too, are one number, and this is no kink.
    """
    if here.beside_kink or not np.any(kink):
        return g
    here.at_kink = True
    return np.where(kink, np.nan, g)


def from_both_sides(derivative: Callable, arguments, argnums):
    """Return derivative(*arguments): a value, and its slopes, with the mean of both sides for NaN.

    There is an array of slopes for each array x among the arguments; the axes of the value come
    first, then those of x.
    """
    here.at_kink = False
    value, slopes = derivative(*arguments)
    if not here.at_kink or Traced in map(type, (value, *slopes)):
        return value, slopes
    if not any(np.isnan(s).any() for s in slopes):  # nothing depends on the kink
        return value, slopes
    chosen, xs, answers = [arguments[k] for k in argnums], [], None
    for argument in chosen:
        each_leaf(lambda name, x: xs.append(real(name, x)), "", argument)

    def beside(steps):
        points = restored(chosen, [x + h for x, h in zip(xs, steps, strict=True)])
        moved = dict(zip(argnums, points, strict=True))
        return derivative(*[moved.get(k, a) for k, a in enumerate(arguments)])

    here.beside_kink = True
    try:
        for k in range(8 + sum(x.size for x in xs).bit_length()):
            h = steps(xs, k)
            once, half = [means_along(beside, [x / n for x in h], value) for n in (1, 2)]
            means = [extrapolated(a, b) for a, b in zip(once, half, strict=True)]
            answers = [agreed(a, b) for a, b in zip(answers or means, means, strict=True)]
            if all(np.isnan(a[np.isnan(s)]).all() for a, s in zip(answers, slopes, strict=True)):
                return value, slopes
    except Exception:  # f, which took x, refuses a point beside it in its own way
        return value, slopes
    finally:
        here.beside_kink = False
    return value, [np.where(np.isnan(s), a, s)[()] for s, a in zip(slopes, answers, strict=True)]


def steps(xs, k: int) -> list:
    """The steps h of direction k.

    All differ, so that what ties at x does not tie beside it; each direction's are half as long, so
    that what grows without end on the way to x is another number.
    """
    rng, result = np.random.default_rng(k), []
    for x in xs:
        size = np.where(x == 0, np.abs(x).max(initial=0) or 1, np.abs(x))
        h = size * rng.choice([-1, 1], x.shape) * rng.uniform(1, 2, x.shape) / 2**k
        result.append((h * np.finfo(x.dtype).eps ** 0.75).astype(x.dtype))
    return result


@np.errstate(all="ignore")
def means_along(beside: Callable, steps, value) -> list:
    """The means of the slopes at x + h and x - h, and NaN where the value jumps at x."""
    (above, slopes_above), (below, slopes_below) = beside(steps), beside([-h for h in steps])
    sides = [*zip(slopes_above, slopes_below, steps, strict=True)]

    def own_axes(slopes, h):  # those that the value has not: the axes of one point x
        rows = slopes.ndim - h.ndim
        return tuple(range(rows, rows + slopes.ndim - value.ndim))

    value = np.where(np.isnan(value), (above + below) / 2, value)  # it had a kink itself
    change = np.finfo(value.dtype).eps ** 0.5 * abs(value)
    for a, b, h in sides:
        change = change + 2 * np.sum((abs(a) + abs(b)) * abs(h), axis=own_axes(a, h))
    continuous = (abs(above - value) <= change) & (abs(below - value) <= change)
    continuous = [np.expand_dims(continuous, own_axes(a, h)) for a, _, h in sides]
    return [
        np.where(c, (a + b) / 2, np.nan) for c, (a, b, _) in zip(continuous, sides, strict=True)
    ]


def extrapolated(a, b):
    """The limit for h to 0 of the means at h and h / 2:  2 b - a, and 0 where they go there."""
    return np.where(np.abs(b) < 0.6 * np.abs(a), 0, 2 * b - a)


def agreed(a, b):
    """a, and NaN where b is another number."""
    eps = np.finfo(a.dtype).eps
    size = np.abs(a).max(initial=0, where=~np.isnan(a))
    return np.where(np.isclose(a, b, eps**0.25, size * eps**0.5), a, np.nan)
