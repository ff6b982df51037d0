"""Lesson 04 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

from calclearn.data import penguin_line

px, py = penguin_line().x, penguin_line().y
i, j = py.argmin(), py.argmax()
m, c = np.polyfit(px[[i, j]], py[[i, j]], 1)


def loop(slope, intercept, x, y):
    total = 0
    for a, b in zip(x, y, strict=True):
        total += (b - slope * a - intercept) ** 2
    return total


def in_place(slope, intercept, x, y):
    x *= slope
    x += intercept - y
    return x @ x


def fraction(error):
    typed = py.copy()
    typed[0] *= 10
    parts = error(0.5 * px + 3.7 - typed)
    return parts[0] / parts.sum()


right = {
    "04.1": [
        lambda slope, intercept, x, y: ((slope * x + intercept - y) ** 2).sum(),
        lambda slope, intercept, x, y: [np.linalg.norm(y - slope * x - intercept) ** 2],
        loop,
        in_place,
    ],
    "04.2": [(m, c), [m, c], np.array([[m], [c]]), (round(m, 2), round(c, 2)), (str(m), str(c))],
    "04.3": [fraction(np.square), round(fraction(np.square), 3)],
    "04.4": [
        "a",
        "Because a plain sum is zero for every line through the mean point, however bad.",
    ],
}
wrong = {
    "04.1": [
        (lambda m, c, x, y: np.sum(m * x + c - y), "not squared"),
        (lambda m, c, x, y: np.mean((m * x + c - y) ** 2), "mean of the squares"),
        (lambda m, c, x, y: np.sum((c * x + m - y) ** 2), "changed places"),
        (lambda m, c, x, y: np.sum((m * px + c - py) ** 2), "always uses the penguins"),
        (lambda m, c, x, y: np.sum((m * x + c - y) ** 2) / 2, "half"),
        (lambda m, c, x, y: (m * x + c - y) ** 2, "one number, got an array"),
        (lambda m, c: 0.0, "TypeError"),
        (lambda m, c, x, y: None, "return"),
        (53.5, "function is asked for"),
    ],
    "04.2": [
        ((c, m), "wrong order"),
        ((1 / m, py[i] - px[i] / m), "upside down"),
        ((m, 2.7), "lightest penguin's y"),
        (tuple(np.polyfit(px, py, 1)), "all penguins"),
        ((m,), "2 numbers"),
        (m, "2 numbers"),
    ],
    "04.3": [
        (100 * fraction(np.square), "per cent"),
        (fraction(np.abs), "lengths"),
        (1 - fraction(np.square), "all the other"),
        (1 / 342, "number of birds"),
    ],
    "04.4": [("b", "grows"), ("c", "counted once"), ("d", "kg²")],
}
