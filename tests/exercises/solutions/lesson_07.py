"""Lesson 07 as learners answer it: right forms, and typical slips with words of the reply."""

from fractions import Fraction

import numpy as np

from calclearn.data import penguin_line
from calclearn.descent.losses import line_loss

x, y = penguin_line().x, penguin_line().y
bowl, start = line_loss(x, y), np.array([0.0, 3.0])
g = bowl.gradient(start)
a, b, c = 2 * x @ x, 2 * x.sum(), 2 * len(x)
steep = (a + c) / 2 + np.hypot((a - c) / 2, b)  # eigenvalues of [[a, b], [b, c]] by hand
flat = (a + c) / 2 - np.hypot((a - c) / 2, b)
after = start - 0.0002 * g


def plain_loop():
    slope = intercept = 0.0
    for xi, yi in zip(x, y, strict=True):
        slope -= 0.0002 * 2 * (3 - yi) * xi
        intercept -= 0.0002 * 2 * (3 - yi)
    return slope, 3 + intercept


right = {
    "07.1": [after, tuple(after), after.tolist(), plain_loop(), [f"{v:.3g}" for v in after]],
    "07.2": [684 / steep, float(f"{684 / steep:.3g}"), Fraction(684 / steep), [2 / (steep / 342)]],
    "07.3": [1 - flat / steep, (steep - flat) / steep, round(1 - flat / steep, 3)],
    "07.4": ["c"],
}
wrong = {
    "07.1": [
        (start + 0.0002 * g, "uphill"),
        (start - 0.0001 * g, "lacks the two"),
        (-0.0002 * g, "step alone"),
        (after[::-1], "wrong order"),
        (start - g, "learning rate is missing"),
        (start - 0.0002 * g[1], "lost its x"),
        (start - 0.0002 * g / 342, "mean squared error"),
        (after[0], "2 numbers"),
    ],
    "07.2": [
        (342 / steep, "after one step"),
        (684 / flat, "flattest"),
        (2 * 684 / steep, "lacks the two"),
        (684 / a, "tilted"),
        (684 / c, "intercept axis"),
        (684 / (a + c), "best learning rate"),
        (2 / steep, "bound of the sum"),
        (2 / (342 * steep), "flatter, not steeper"),
        (-684 / steep, "sign"),
        (float("nan"), "not finite"),
    ],
    "07.3": [
        (flat / steep, "takes away"),
        (1 - steep / flat, "changed places"),
        (0, "steepest direction"),
        ((steep - flat) / (steep + flat), "best learning rate"),
    ],
    "07.4": [("a", "once and for all"), ("b", "same number"), ("d", "right angles")],
}
