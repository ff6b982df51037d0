"""Lesson 18: its exercises as learners answer them, and its figures."""

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
readings = {  # answers that are not listed as mistakes, and words of the reply
    "18.1": [(-1.04, "sign is not")],
    "18.2": [
        (lambda moves, u, v: by_loop(moves[:1], u, v), "Hint"),
        (by_loop(np.eye(3), *np.eye(3)[:2]), "A function"),
    ],
}
