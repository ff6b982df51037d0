"""Lesson 11 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

from calclearn.descent.descend import descend
from calclearn.descent.optimizers import Adam, GradientDescent, Momentum, Nesterov
from calclearn.descent.schedules import step_decay
from calclearn.descent.surfaces import Surface

valley = Surface(lambda w: w[0] ** 2 / 2, lambda w: w)


def places(optimizer):
    return descend(valley, (1.0,), optimizer, 3).points[1:, 0]


adam, memory = Adam(1.0, (0.5, 0.84)), (np.zeros(1), np.zeros(1), 0)
for _ in range(2):
    _, memory = adam.update(np.zeros(1), np.array([4.0]), memory)


def by_loop(k):
    rate = 0.4
    for _ in range(k // 10):
        rate = rate / 2
    return rate


right = {
    "11.1": [640, 10 * (2.4 / 0.3) ** 2, "640"],
    "11.2": [places(Momentum(0.1, 0.8)), (0.9, 0.73, 0.521)],
    "11.3": [memory[0] / np.sqrt(memory[1]), 3 / np.sqrt(4.7104), 1.382],
    "11.4": [step_decay(0.4, factor=0.5, every=10), by_loop, lambda k: 0.4 / 2 ** int(k / 10)],
}
wrong = {
    "11.1": [(80, "1/B"), (28.3, "wrong side"), (64, "how large"), (1.25, "noisier")],
    "11.2": [
        (places(GradientDescent(0.1)), "forgotten"),
        ((0.98, 0.9444, 0.897032), "counts 1"),
        (places(Nesterov(0.1, 0.8)), "looks ahead"),
        ((1.1, 1.29, 1.571), "climbs"),
        ((0.9, 0.71, 0.449), "where is μ"),
        ((1, 0.9, 0.73), "start is not one"),
        (0.521, "3 numbers"),
    ],
    "11.3": [
        (1, "corrected step"),
        (3, "m alone"),
        (3 / 4.7104, "root of v"),
        (0.75 / 0.2944, "root of v"),
        (np.sqrt(4.7104) / 3, "Upside down"),
        (1.25, "first step"),
    ],
    "11.4": [
        (lambda k: 0.4 * 0.5 ** (k / 10), "whole tens"),
        (lambda k: 0.4 * 0.5 ** ((k + 1) // 10), "early"),
        (lambda k: 0.4 * 0.5**k, "each step"),
        (step_decay(0.4, factor=0.5, every=10)(3), "A function"),
    ],
}
