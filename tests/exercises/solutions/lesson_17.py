"""Lesson 17 as learners answer it: right forms, and typical slips with words of the reply."""

import math

import numpy as np

from calclearn.calculus.autodiff import grad
from calclearn.descent.descend import descend
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.surfaces import Surface


def validation(strength):
    penalised = Surface(
        lambda w: (w[0] - 3) ** 2 + strength * w[0] ** 2,
        lambda w: 2 * (w - 3) + 2 * strength * w,
    )
    run = descend(penalised, (0.0,), GradientDescent(0.3), 200, tolerance=0)
    return (run.point[0] - 2) ** 2


def by_loop(rate, steps):
    def weight(rate):
        w = 1.0
        for _ in range(steps):
            w = w - rate * 4 * w
        return w

    return grad(weight)(rate)


def carried(rate, steps):
    w, s = 1.0, 0.0
    for _ in range(steps):
        w, s = w - rate * 4 * w, s - rate * 4 * s - 4 * w
    return s


right = {
    "17.1": [-0.3, grad(lambda u: -6 * np.exp(u))(math.log(0.05)), "-0.3"],
    "17.2": [-1.536, grad(validation)(0.25), 2 * 0.4 * -1.92],
    "17.3": [by_loop, carried, lambda eta, k: -4 * k * (1 - 4 * eta) ** (k - 1)],
    "17.4": ["b", "(B)"],
}
wrong = {
    "17.1": [
        (-120, "divides"),
        (-6, "λ itself"),
        (-6 * math.log(0.05), "not its slope"),
        (-0.6908, "base ten"),
        (0.3, "sign"),
    ],
    "17.2": [
        (0.8, "along w"),
        (-1.92, "how w moves"),
        (-6, "λ = 0"),
        (-0.384, "log λ"),
        (-0.768, "factor of two"),
        (0.16, "not its slope"),
        (1.536, "sign"),
    ],
    "17.3": [
        (lambda rate, steps: (1 - 4 * rate) ** steps, "the weight"),
        (lambda rate, steps: steps * (1 - 4 * rate) ** (steps - 1), "inner derivative"),
        (lambda rate, steps: -4 * steps * (1 - 4 * rate) ** steps, "power too many"),
        (lambda rate, steps: -4 * (1 - 4 * rate) ** (steps - 1), "How many steps"),
        (by_loop(0.1, 3), "A function"),
    ],
    "17.4": [("a", "none may be left out"), ("c", "grows"), ("d", "rounding"), ("e", "letters")],
}
