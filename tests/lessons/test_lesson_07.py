"""Lesson 07: its exercises as learners answer them, and its figures."""

from fractions import Fraction

import numpy as np

from calclearn.data import penguin_line
from calclearn.descent.losses import line_loss

x, y = penguin_line().x, penguin_line().y
a, b, c = 2 * x @ x, 2 * x.sum(), 2 * len(x)
steep = (a + c) / 2 + np.hypot((a - c) / 2, b)  # eigenvalues of [[a, b], [b, c]] by hand
flat = (a + c) / 2 - np.hypot((a - c) / 2, b)
after = np.array([0.0, 3.0]) - 0.0002 * line_loss(x, y).gradient(np.array([0.0, 3.0]))


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
    "07.4": ["c", "C)"],
}
readings = {  # answers that are not listed as mistakes, and words of the reply
    "07.1": [(after[::-1], "wrong order"), (after[0], "2 numbers")],
    "07.2": [(-684 / steep, "sign"), (float("nan"), "not finite")],
    "07.4": [("e", 'letters "a", "b", "c", "d"')],
}
