"""Lesson 10 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

from calclearn.descent.descend import descend
from calclearn.descent.landscapes import double_well, two_valleys
from calclearn.descent.second_order import DampedNewton, Newton

newton = descend(two_valleys(), (2.0,), Newton(), 1).point
damped = descend(double_well(), (0.25, 1.0), DampedNewton(), 1).point
climbed = descend(double_well(), (0.25, 1.0), Newton(), 1).point

right = {
    "10.1": [newton, 1.5, "3/2", 2 - 21 / 42],
    "10.2": [damped, (0.25 + 0.9375 / 3.25, 0), [0.538, 0.0]],
    "10.3": [20, 50_000**2 * 8 / 1e9, "20"],
    "10.4": ["c", "Newton's method."],
}
wrong = {
    "10.1": [
        (2.5, "uphill"),
        (0.5, "length of the step"),
        (-0.5, "step alone"),
        (2 - 21, "curvature is missing"),
        (0, "changed places"),
        (2 - 21 * 42, "divides the slope"),
        (2 - 21 / 48, "lost its constant"),
    ],
    "10.2": [
        (climbed, "goes up along x"),
        ((0.25 - 0.9375 / 3.25, 2), "uphill along both"),
        ((0.9375 / 3.25, -1), "step alone"),
        ((0.25 + 0.9375, -1), "no curvature"),
        ((0.25 + 0.9375 / 2, 0), "its own curvature"),
        (damped[::-1], "wrong order"),
        (np.zeros(3), "2 numbers"),
    ],
    "10.3": [
        (0.0004, "gradient"),
        (2.5, "8 bytes"),
        (10, "symmetric"),
        (2e10, "bytes"),
        (160, "twice"),
        (20_000, "power of ten"),
    ],
    "10.4": [("a", "with the unit"), ("b", "other weight"), ("d", "One of them")],
}
