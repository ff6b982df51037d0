"""Lesson 00 as learners answer it: right forms, and typical slips with words of the reply."""

from fractions import Fraction

import numpy as np

from calclearn.data import penguin_line

x, y = penguin_line().x, penguin_line().y
line = lambda flipper: 0.5 * (flipper - 190) / 10 + 3.7  # noqa: E731
sse = float(((0.5 * x + 3.7 - y) ** 2).sum())

right = {
    "00.1": [
        4.7,
        line(210),
        np.float32(4.7),
        np.array(4.7),
        [4.7],
        Fraction(47, 10),
        "4.7",
        "47/10",
    ],
    "00.2": [
        sse,
        round(sse, 1),
        np.array([[sse]]),
        sum((0.5 * a + 3.7 - b) ** 2 for a, b in zip(x, y, strict=True)),
    ],
    "00.3": ["b", "B", " (b) "],
}
wrong = {
    "00.1": [
        (0.5 * 210 + 3.7, "whole 210 mm"),
        (0.5 * 20 + 3.7, "millimetres"),
        (1.0, "intercept is missing"),
        (4700, "units"),
        (5.3, "how far is 210 mm"),
    ],
    "00.2": [
        ((0.5 * x + 3.7 - y).sum(), "not squared"),
        (((0.5 * x + 3.7 - y) ** 2).mean(), "mean"),
        (sse**0.5, "square root"),
        (2 * sse, "twice"),
        (((0.5 * x + 3.7 - y) ** 2), "shape (342,)"),
    ],
    "00.3": [
        ("a", "jump over"),
        ("c", "short again"),
        ("d", "by nothing"),
        ("e", "one of the letters"),
    ],
}
