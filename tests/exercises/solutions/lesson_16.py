"""Lesson 16 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

from calclearn.data import penguins
from calclearn.descent.descend import descend
from calclearn.descent.optimizers import GradientDescent, ProximalGradient
from calclearn.descent.surfaces import Surface

hill = Surface(lambda w: 0.3 * (w[0] - 5) ** 2 + 0.1 * w[0] ** 2)
by_descent = descend(hill, (0.0,), GradientDescent(1.0)).point[0]


def by_cases(a, l1, l2):
    if a > l1:
        return (a - l1) / (1 + 2 * l2)
    if a < -l1:
        return (a + l1) / (1 + 2 * l2)
    return 0


def by_proximal_steps(a, l1, l2):
    net = Surface(lambda w: 0.5 * (w[0] - a) ** 2 + l2 * w[0] ** 2)
    return descend(net, (0.0,), ProximalGradient(0.3, l1), 200).point[0]


def by_trying(a, l1, l2):
    w = np.linspace(-3, 3, 2_000_001)
    return w[np.argmin(0.5 * (w - a) ** 2 + l1 * abs(w) + l2 * w**2)]


def validation_loss(strength):
    x, y = (penguins().flipper_length - 201.5) / 29.5, penguins().bill_depth - 17
    order = np.random.default_rng(9).permutation(342)
    train, validation = order[:20], order[20:120]
    X = np.vander(x, 7, increasing=True)
    normal = X[train].T @ X[train] / 20 + strength * np.eye(7)
    w = np.linalg.solve(normal, X[train].T @ y[train] / 20)
    return np.mean((X[validation] @ w - y[validation]) ** 2)


chosen = min(10.0 ** np.arange(-5, 0.1, 0.5), key=validation_loss)

right = {
    "16.1": [by_descent, 3.75, "15/4"],
    "16.2": [by_cases, by_proximal_steps, by_trying],
    "16.3": [chosen, 10**-3.5, 3.16e-4],
    "16.4": ["c"],
}
wrong = {
    "16.1": [
        (5 * 6 / 7, "two is missing"),
        (1.25, "takes away"),
        (0.75, "which weight"),
        (4.9, "soft threshold"),
        (2, "one step"),
    ],
    "16.2": [
        (
            lambda a, l1, l2: np.sign(a) * max(abs(a) / (1 + 2 * l2) - l1, 0),
            "First the threshold",
        ),
        (lambda a, l1, l2: by_cases(a, l1, 0), "L1 alone"),
        (lambda a, l1, l2: by_cases(a, 0, l2), "L2 alone"),
        (lambda a, l1, l2: by_cases(a, l1, l2 / 2), "derivative of l₂w²"),
        (lambda a, l1, l2: by_cases(max(a, 0), l1, l2), "positive a"),
        (lambda a, l1, l2: (a - l1) / (1 + 2 * l2), "no farther than 0"),
        (lambda a, l1, l2: a / (1 + 2 * l2) if abs(a) > l1 else 0, "lets the others off"),
        (by_cases(1.0, 0.5, 0.0), "A function"),
    ],
    "16.3": [
        (1e-5, "weakest"),
        (1e-3, "test birds"),
        (1e-2, "for L1"),
        (-3.5, "exponent"),
        (10**-4.5, "one of the eleven"),
        (3e-4, "more digits"),
    ],
    "16.4": [("a", "as strong as you like"), ("b", "pencil and paper"), ("d", "loss only")],
}
