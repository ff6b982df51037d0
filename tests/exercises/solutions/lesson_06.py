"""Lesson 06 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

from calclearn.calculus.numerical import central_difference
from calclearn.data import penguin_line
from calclearn.descent.losses import line_loss

x, y = penguin_line().x, penguin_line().y
z = penguin_line("standardised").x
bowl = line_loss(x, y)


def sse(slope, intercept):
    return np.sum((slope * x + intercept - y) ** 2)


def r(slope, intercept):
    return slope * x + intercept - y


g = bowl.gradient(np.array([0.0, 3.0]))
down = -g / np.linalg.norm(g)

right = {
    "06.1": [
        lambda m, c: 2 * np.sum(m * x + c - y),
        lambda m, c: bowl.gradient(np.array([m, c]))[1],
        lambda m, c: central_difference(lambda v: sse(m, v), c, 1e-4),
        lambda m, c: -2 * sum(b - m * a - c for a, b in zip(x, y, strict=True)),
        lambda m, c: 2 * len(x) * (m * x.mean() + c - y.mean()),
    ],
    "06.2": [
        lambda m, c: 2 * np.sum((m * x + c - y) * x),
        lambda m, c: 2 * x @ (m * x + c - y),
        lambda m, c: bowl.gradient(np.array([m, c]))[0],
        lambda m, c: central_difference(lambda v: sse(v, c), m, 1e-4),
    ],
    "06.3": [down, tuple(down), [round(v, 3) for v in down], down.reshape(2, 1)],
    "06.4": [0, 0.0, 2 * z.sum(), line_loss(z, y).hessian(np.array([1.0, 2.0]))[0, 1], "0"],
}
wrong = {
    "06.1": [
        (lambda m, c: -2 * np.sum(r(m, c)), "sign"),
        (lambda m, c: np.sum(r(m, c)), "factor of two"),
        (lambda m, c: 2 * np.mean(r(m, c)), "This is a mean"),
        (lambda m, c: 2 * np.sum(r(m, c) * x), "the other one"),
        (lambda m, c: 2 * np.sum(r(c, m)), "changed places"),
        (lambda m, c: 3 * np.sum(r(m, c)), "constant factor"),
        (lambda m, c: 2 * r(m, c), "one number"),
    ],
    "06.2": [
        (lambda m, c: 2 * np.sum(r(m, c)), "x is missing"),
        (lambda m, c: 2 * np.sum((y - m * x - c) * x), "sign"),
        (lambda m, c: np.sum(r(m, c) * x), "factor of two"),
        (lambda m, c: np.mean(r(m, c) * x), "This is a mean"),
        (lambda m, c: 2 * np.sum(r(m, c)) * np.sum(x), "own x first"),
        (lambda m, c: 2 * np.sum(r(c, m) * x), "changed places"),
        (lambda w: 2 * np.sum(r(*w) * x), "TypeError"),
    ],
    "06.3": [
        (-down, "way up"),
        (-g, "divide by its length"),
        (g, "way up, and its length"),
        (2 * down, "twice"),
        (down[::-1], "wrong order"),
        ((-down[1], down[0]), "along the contour"),
        ((0.4968557 / 0.8248, 0.6594263 / 0.8248), "straight at the minimum"),
    ],
    "06.4": [(2 * x.sum(), "centimetres"), (684, "diagonal"), (1, "standard deviation")],
}
