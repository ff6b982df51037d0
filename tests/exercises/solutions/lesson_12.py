"""Lesson 12 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

from calclearn import grad


def error(w, b):
    return (np.tanh(2.0 * w + b) - 1.0) ** 2


both = np.array(grad(error, (0, 1))(0.5, -0.5))
h = 1e-6
by_differences = (
    (error(0.5 + h, -0.5) - error(0.5 - h, -0.5)) / (2 * h),
    (error(0.5, -0.5 + h) - error(0.5, -0.5 - h)) / (2 * h),
)
a, passed = np.tanh(0.5), both[1]
polynomial = grad(lambda x: 3 * x**2 + 3 * x)(2.0)  # y multiplied out
counted = sum(units * (before + 1) for before, units in ((3, 20), (20, 20), (20, 1)))


def with_exponentials(s):
    e = 1 / s - 1  # exp(-z)
    return e / (1 + e) ** 2


right = {
    "12.1": [both, tuple(both), by_differences, [f"{v:.3g}" for v in both]],
    "12.2": [polynomial, 15, "15", np.array([15])],
    "12.3": [lambda s: s - s**2, with_exponentials, lambda s: 0.25 - (s - 0.5) ** 2],
    "12.4": [counted + 1, float(counted + 1), "522"],
}
wrong = {
    "12.1": [
        (both / 2, "two from the square"),
        (-both, "output minus target"),
        (both[::-1], "changed places"),
        ((passed, passed), "multiplied by x"),
        ((passed * 0.5, passed), "other factor"),
        ((4 * (a - 1), 2 * (a - 1)), "without its slope"),
        ((4 * (a - 1) * 0.75, 2 * (a - 1) * 0.75), "output a"),
        ((4 * (a - 1) * (a - a**2), 2 * (a - 1) * (a - a**2)), "sigmoid"),
        (2 * (1 - a**2) * np.array([1, 0.5]), "local derivatives only"),
        (passed, "2 numbers"),
    ],
    "12.2": [
        (9, "one of the ways"),
        (6, "one of the ways"),
        (54, "factors multiply"),
        (21, "the other one"),
        (18, "y itself"),
        (-15, "sign"),
    ],
    "12.3": [
        (lambda s: 1 - s * s, "tanh"),
        (lambda s: s**2 - s, "the sigmoid rises"),
        (lambda s: 1 / (1 + np.exp(-s)) * (1 - 1 / (1 + np.exp(-s))), "once more"),
        (lambda s: 1 - s, "factor is missing"),
        (lambda s: 2 * s * (1 - s), "twice"),
        (0.25, "function is asked for"),
    ],
    "12.4": [
        (counted, "where you stand"),
        (2 * counted, "Central"),
        (480, "biases"),
        (481, "biases"),
        (1, "backpropagation"),
    ],
}
