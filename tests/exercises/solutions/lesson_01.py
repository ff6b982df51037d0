"""Lesson 01 as learners answer it: right forms, and typical slips with words of the reply."""

from fractions import Fraction

import numpy as np

from calclearn import derivative, forward_difference, grad, parse

curve = parse("x**2 - 3*x + 5")


def by_a_tiny_secant(x):
    return (curve(x + 1e-7) - curve(x)) / 1e-7


right = {
    "01.1": [
        12.61, "12.61", (9.261 - 8) / 0.1, Fraction(1261, 100), 2.1**2 + 2.1 * 2 + 2**2, [12.61],
        forward_difference(parse("x**3"), 2, 0.1),
    ],
    "01.2": [
        lambda x: 2 * x - 3, lambda x: x + x - 3, np.poly1d([2, -3]), grad(curve), by_a_tiny_secant,
        lambda x: derivative(curve, x).value,
    ],
    "01.3": [4.8, "4.8", 5 + (-2) * (3.1 - 3), np.array(4.8)],
    "01.4": ["d", "D", "(d)", "At 0 and at 1."],
}  # fmt: skip
wrong = {
    "01.1": [
        (1.261, "divide it"),
        (0.1 / 1.261, "upside down"),
        (12, "slope of the tangent at 2;"),
        (13.23, "tangent at 2.1"),
        (4.1, "secant of x²"),
        (11.41, "to the left"),
        (-12.61, "sign"),
        (126.1, "power of ten"),
    ],
    "01.2": [
        (lambda x: 2 * x, "has a slope as well"),
        (lambda x: 2 * x + 3, "sign of the slope"),
        (lambda x: 2 * x + 2, "lifts the curve"),
        (curve, "curve itself"),
        (lambda x: 3 - 2 * x, "sign"),
        (lambda x: 4 * x - 6, "twice"),
        (2, "A function is asked for"),
        (lambda x: None, "return"),
    ],
    "01.3": [
        (5.2, "negative"),
        (3, "whole unit"),
        (-0.2, "change alone"),
        (0.2, "change alone"),
        (4.9, "not multiplied"),
        (float("inf"), "not finite"),
    ],
    "01.4": [
        ("a", "they stay"),
        ("b", "switch on"),
        ("c", "absolute value"),
        ("e", "straight line"),
        ("f", "one of the letters"),
    ],
}
