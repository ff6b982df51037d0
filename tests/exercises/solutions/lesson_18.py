"""Lesson 18 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

from calclearn.descent.losses import cross_entropy
from calclearn.descent.planes import projected

pictures = np.array([0, 0, 1, 2])
scores = np.tile(np.log([0.5, 0.25, 0.25]), (4, 1))


def by_shadows(moves, u, v):
    shadows = projected(moves, np.zeros(len(u)), u, v)
    return np.sum(shadows**2) / np.sum(np.linalg.norm(moves, axis=1) ** 2)


def by_loop(moves, u, v):
    shown = total = 0
    for move in moves:
        shadow = (move @ u) * u + (move @ v) * v
        shown += shadow @ shadow
        total += move @ move
    return shown / total


right = {
    "18.1": [cross_entropy(scores, pictures), 1.04, 0.75 * np.log(4)],
    "18.2": [by_shadows, by_loop],
    "18.3": ["d"],
}
wrong = {
    "18.1": [
        (1.0986, "equal shares"),
        (1.5, "in bits"),
        (0.4515, "base 10"),
        (3.466, "as often as each class"),
        (-1.04, "sign is not"),
        (0.5, "a share"),
    ],
    "18.2": [
        (lambda moves, u, v: by_loop(moves, u, v) ** 0.5, "squared lengths, which add up"),
        (lambda moves, u, v: by_loop(moves, u, 0 * v), "u alone"),
        (lambda moves, u, v: 1 - by_loop(moves, u, v), "is lost"),
        (lambda moves, u, v: by_loop(moves, u, v) * np.sum(moves**2), "Of how much"),
        (
            lambda moves, u, v: np.mean([by_loop(move[None], u, v) for move in moves]),
            "long moves count more",
        ),
        (lambda moves, u, v: by_loop(moves[:1], u, v), "Hint"),
        (by_loop(np.eye(3), *np.eye(3)[:2]), "A function"),
    ],
    "18.3": [("a", "rise all around"), ("b", "far from it"), ("c", "how much of the movement")],
}
