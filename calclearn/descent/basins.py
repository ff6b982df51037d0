"""Where descent ends: the minimum that each start settles in, and the points without slope."""

from functools import cache

import numpy as np

from calclearn.descent.curvature import classify, eigenvalues
from calclearn.descent.descend import Stop, descend
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.second_order import Newton
from calclearn.descent.surfaces import Array, Surface, as_points

NOT_SETTLED, DIVERGES = -2, -1  # what stands for a start that reaches no minimum
MOVES = 1e-5  # of the domain's width: a shorter step is none
NEAR = 0.03  # of the domain's width: within this distance a start is at a minimum


def ends(surface: Surface, starts: Array, learning_rate: float, steps: int = 100) -> np.ndarray:
    """The number of the minimum in which gradient descent from each start (d, ...) settles.

    It is near, can hold a start at this rate, and the next step goes no farther away. What has not
    settled gets `NOT_SETTLED - 1 - k` if it is on its way and minimum k is the nearest,
    `NOT_SETTLED` if it hardly moves any more, and `DIVERGES` if it is farther out than the domain
    is wide. Raises ValueError for a surface without a domain.

    >>> from calclearn.descent.landscapes import two_valleys
    >>> ends(two_valleys(), np.array([[-2.0, 0.1, 0.3, 2.0]]), 0.02)
    array([0, 0, 1, 1])
    """
    starts = as_points(starts, surface.dimension, "starts")
    if not surface.domain:
        raise ValueError(f"surface must have a domain, got {surface!r}")
    run = descend(surface, starts, GradientDescent(learning_rate), steps, tolerance=0, every=steps)
    here, width = run.point, np.ptp(surface.domain[0])
    with np.errstate(all="ignore"):  # what overflows is far out, and that is all there is to know
        after = here - learning_rate * run.gradients[-1]
        gone = is_outside(surface, here) | (run.stop == Stop.DIVERGED)
        unsettled = np.where(gone, DIVERGES, NOT_SETTLED)
        if not surface.minima:
            return unsettled
        minima = np.array(surface.minima, starts.dtype)  # (m, d)
        gaps = [np.subtract.outer(m, w) for m, w in zip(minima.T, here, strict=True)]
        number = np.argmin(sum(gap * gap for gap in gaps), axis=0)
        goal = np.moveaxis(minima[number], -1, 0)
        now, then = (np.linalg.norm(w - goal, axis=0) for w in (here, after))
        moves = np.linalg.norm(after - here, axis=0) > MOVES * width
    holds = learning_rate < limits(surface)[number]
    settled = (now < NEAR * width) & (then <= now + 1e-4 * width) & holds & ~gone
    unsettled = np.where(moves & ~gone, NOT_SETTLED - 1 - number, unsettled)
    return np.where(settled, number, unsettled)


@cache
def limits(surface: Surface) -> np.ndarray:
    """2/λmax of each minimum, (m,): the learning rate above which no start rests there."""
    return np.array([2 / eigenvalues(surface, minimum)[-1] for minimum in surface.minima])


@cache
def stationary(surface: Surface) -> tuple[np.ndarray, list[str]]:
    """The points (d, m) of the domain where the gradient vanishes, and their m kinds.

    Newton's method from a mesh of starts: unlike descent it converges to every kind.

    >>> from calclearn.descent.landscapes import two_valleys
    >>> points, kinds = stationary(two_valleys())
    >>> points.round(2), kinds
    (array([[-1.3 ,  0.17,  1.13]]), ['minimum', 'maximum', 'minimum'])
    """
    low, high = np.transpose(surface.domain)[..., None]
    starts = pixels(surface, 25).reshape(len(low), -1).astype(float)
    run = descend(surface, starts, Newton(), 40, tolerance=1e-20, every=40)
    level = np.linalg.norm(run.gradients[-1], axis=0) < 1e-9
    inside = np.all((low <= run.point) & (run.point <= high), axis=0)
    points = np.unique(run.point[:, level & inside].round(6), axis=1) + 0.0
    return points, classify(surface, points).tolist()


@cache
def pixels(surface: Surface, count: int) -> np.ndarray:
    """The middles of `count` pixels along each axis of the domain, (d, ...)."""
    axes = [np.linspace(low, high, 2 * count + 1)[1::2] for low, high in surface.domain]
    return np.stack(np.meshgrid(*axes)).astype(np.float32)  # half as much to move about


def is_outside(surface: Surface, w: np.ndarray) -> np.ndarray:
    """Whether points (d, ...) are farther out than the domain is wide, (...)."""
    low, high = np.transpose(surface.domain)
    return np.any(np.abs(w.T - (low + high) / 2) > 1.5 * (high - low), axis=-1).T
