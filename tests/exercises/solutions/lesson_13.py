"""Lesson 13 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

from calclearn import grad
from calclearn.networks.initial import he


def chain(n):
    """∂aₙ/∂a₀ of sigmoid neurons that all stand at z = 0: b = -w·a, and a = 1/2 everywhere."""

    def output(a):
        for _ in range(n):
            a = 1 / (1 + np.exp(-(2 * a - 1)))
        return a

    return grad(output)(0.5)


first = next(n for n in range(1, 99) if chain(n) < 1e-6)
drawn = he(np.random.default_rng(0), (20 * 4000, 50)).std()  # many layers at once


def clipped(g, max_norm):
    length = np.linalg.norm(g)
    return g if length <= max_norm else max_norm * g / length


def in_place(g, max_norm):
    if np.hypot(*g) > max_norm:
        g *= max_norm / np.hypot(*g)
    return g


right = {
    "13.1": [first, float(first), "20", np.array([20])],
    "13.2": [drawn, 0.2, "0.2", 2 / np.sqrt(100)],
    "13.3": [
        clipped,
        in_place,
        lambda g, m: g * np.minimum(1, m / (np.linalg.norm(g) + 1e-6)),
        lambda g, m: list(g / max(1, np.linalg.norm(g) / m)),
    ],
    "13.4": ["c", "C)", "Nothing: neither its weights nor its bias move."],
}

wrong = {
    "13.1": [
        (10, "w = 1"),
        (19, "still more"),
        (21, "One fewer"),
        (np.log(1e-6) / np.log(0.5), "parts of a neuron"),
        (19.93, "parts of a neuron"),
        (6, "nine tenths"),
        (500_000, "same amount"),
    ],
    "13.2": [
        (0.04, "variance"),
        (0.1414, "silenced"),
        (0.169, "Xavier"),
        (0.316, "not how many units"),
        (0.0447, "own inputs"),
        (5, "smaller a weight"),
        (-0.2, "sign"),
    ],
    "13.3": [
        (lambda g, m: np.minimum(np.maximum(g, -m), m), "turns g"),
        (lambda g, m: m * g / np.linalg.norm(g), "longer, too"),
        (lambda g, m: g / np.linalg.norm(g), "length 1"),
        (lambda g, m: g / np.linalg.norm(g) if np.linalg.norm(g) > m else g, "whatever max_norm"),
        (lambda g, m: np.zeros(2) if np.linalg.norm(g) > m else g, "direction is still good"),
        (lambda g, m: -clipped(g, m), "sign"),
        (lambda g, m: min(m, np.linalg.norm(g)), "2 numbers"),
        (5.0, "function is asked for"),
    ],
    "13.4": [("a", "Small"), ("b", "multiplied by"), ("d", "slope of this unit"), ("z", "letters")],
}
