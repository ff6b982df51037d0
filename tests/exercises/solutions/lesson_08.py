"""Lesson 08 as learners answer it: right forms, and typical slips with words of the reply."""

from fractions import Fraction

import numpy as np

from calclearn.calculus.autodiff import grad


def by_loop(X, y, w):
    total = [0.0, 0.0]
    for row, target in zip(X, y, strict=True):
        miss = row[0] * w[0] + row[1] * w[1] - target
        total = [total[0] + miss * row[0], total[1] + miss * row[1]]
    return [2 * part / len(y) for part in total]


def by_grad(X, y, w):
    return grad(lambda v: np.mean((X @ v - y) ** 2))(w)


right = {
    "08.1": [-14, Fraction(-28, 2), [-14.0], sum(2 * (0.5 * x - 2 * x) * x / 3 for x in (1, 2, 3))],
    "08.2": [by_loop, by_grad, lambda X, y, w: 2 * (X @ w - y) @ X / len(X)],
    "08.3": [19 / 6, "19/6", [3.17]],
    "08.4": [0.0684, "0.0684", 342 / 5000],
}
wrong = {
    "08.1": [
        (-42, "what does the mean change"),
        (-7, "two from the square"),
        (-21, "and the mean as well"),
        (-6, "only averaged"),
        (-18, "only added up"),
        (14, "sign"),
        (10.5, "loss itself"),
        (-12, "mean of the products"),
        ([1, 2, 3], "one number"),
    ],
    "08.2": [
        (lambda X, y, w: 2 * X.T @ (y - X @ w) / len(y), "uphill"),
        (lambda X, y, w: X.T @ (X @ w - y) / len(y), "two from the square"),
        (lambda X, y, w: 2 * X.T @ (X @ w - y), "sum, not the mean"),
        (lambda X, y, w: 2 * (X @ w - y), "number for each row"),
        (lambda X, y, w: 2 * np.mean(X @ w - y), "there are two weights"),
        (lambda X, y, w: 2 * np.mean(X @ w - y) * np.ones(2), "tell them apart"),
        (lambda X, y, w: 2 * X.mean(0) * (X @ w - y).mean(), "product of the means"),
        (lambda X, y, w: X.T @ (X @ w - y) / len(w), "number of weights"),
        (lambda X, y, w: np.mean((X @ w - y) ** 2), "there are two weights"),
        (lambda X, y, w: X - w, "2 numbers"),
        (lambda X, y, w: X @ (X @ w - y), "stopped with"),
    ],
    "08.3": [
        (36 / 14, "right gradient vanishes"),
        (19 / 3, "mean of y"),
        (2, "old y"),
        ((8 + 2.5 + 2) / 3, "no gradient asks"),
    ],
    "08.4": [
        (0.0002, "steps have to agree"),
        (0.0002 / 342, "larger"),
        (0.0342, "have their two"),
        (0.1368, "have their two"),
    ],
}
