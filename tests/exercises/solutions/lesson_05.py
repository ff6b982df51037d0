"""Lesson 05 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

from calclearn.calculus.numerical import central_difference
from calclearn.data import penguin_line
from calclearn.descent.losses import line_loss

x, y = penguin_line().x, penguin_line().y
bowl = line_loss(x, y)
fine = np.linspace(2, 5, 3001)
profile = [np.sum((x + c - y) ** 2) for c in fine]


def by_parabola(slope):
    """The vertex of the parabola through three points of the profile."""
    a, b, _ = np.polyfit([0.0, 1.0, 2.0], [bowl(np.array([slope, c])) for c in (0.0, 1.0, 2.0)], 2)
    return -b / (2 * a)


def best_intercept(slope):
    return y.mean() - slope * x.mean()


second_difference = sum(
    k * np.sum(((0.5 + h) * x + 3 - y) ** 2) for k, h in ((1, -1.0), (-2, 0.0), (1, 1.0))
)

right = {
    "05.1": [
        best_intercept(1),
        (y - x).mean(),
        fine[np.argmin(profile)],
        round(best_intercept(1), 2),
    ],
    "05.2": [best_intercept, lambda slope: np.average(y - x * slope), by_parabola],
    "05.3": [
        2 * x @ x,
        bowl.hessian(np.array([0.0, 0.0]))[0, 0],
        second_difference,
        central_difference(lambda w: 2 * np.sum((w * x + 3 - y) * x), 0.5, 1e-3),
        2163,
    ],
    "05.4": ["c"],
}
wrong = {
    "05.1": [
        (y.mean(), "slope of zero"),
        (np.polyfit(x, y, 1)[1], "best slope"),
        (np.mean(x - y), "sign"),
        ((y + x).mean(), "taken away"),
    ],
    "05.2": [
        (lambda slope: best_intercept(1), "does not depend"),
        (lambda slope: y.mean() + slope * x.mean(), "taken away"),
        (lambda slope: np.sum(y - slope * x), "sum, not a mean"),
        (lambda slope: -best_intercept(slope), "sign is wrong"),
        (best_intercept(1), "function is asked for"),
        (lambda slope: y - slope * x, "one number"),
    ],
    "05.3": [
        (x @ x, "factor of two"),
        (2 * x.sum(), "squared too"),
        (2 * 342, "intercept's profile"),
        (2 * x.sum() ** 2, "Square each x first"),
        (2 * np.mean(x**2), "mean squared error"),
    ],
    "05.4": [("a", "remains a parabola"), ("b", "shape"), ("d", "first derivative")],
}
