"""Lesson 09 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

w = -1.4
for _ in range(20):  # Newton's method on f'
    w -= (4 * w**3 - 8 * w + 1) / (12 * w**2 - 8)
other = 1.3
for _ in range(20):
    other -= (4 * other**3 - 8 * other + 1) / (12 * other**2 - 8)


def count():
    x, k = 0.001, 0
    while x <= 0.5:
        x, k = x + 0.1 * 4 * x, k + 1
    return k


right = {
    "09.1": [(-2, 6), [-2.0, 6.0], np.linalg.eigvalsh([[2, 4], [4, 2]])],
    "09.2": ["a", "It comes to the origin and stays there."],
    "09.3": [2 / (12 * w**2 - 8), 0.111, 2 / (12 * 1.473**2 - 8)],
    "09.4": [count(), 19.0, "19"],
}
wrong = {
    "09.1": [
        ((2, 2), "mixed derivative"),
        ((6, -2), "wrong order"),
        ((-1, 3), "half the Hessian"),
        ((0, 4), "not that small"),
        ((2, 4), "entries"),
        ((-6, 2), "trace"),
        (6, "2 numbers"),
    ],
    "09.2": [("b", "How large is that part"), ("c", "bends up"), ("d", "one point only")],
    "09.3": [
        (1 / (12 * w**2 - 8), "lands on the minimum"),
        (2 / (12 * other**2 - 8), "other minimum"),
        (12 * w**2 - 8, "curvature"),
        (2 / (12 * w**2), "one more term"),
        (-2 / (12 * w**2 - 8), "sign"),
    ],
    "09.4": [
        (np.log(500) / np.log(1.4), "whole"),
        (18, "almost there"),
        (66, "1 + 4η"),
        (16, "exponential"),
        (358, "does not add"),
    ],
}
