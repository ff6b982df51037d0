"""Lesson 15 as learners answer it: right forms, and typical slips with words of the reply."""

import math
from itertools import pairwise

import numpy as np

from calclearn import central_difference, grad
from calclearn.networks.recurrent import RNN


def last_state(w):
    h = 0.0
    for x in (4, 1, 2):
        h = w * h + x
    return h


def by_recursion(w, h, to_last):
    if len(h) == 1:
        return 0.0
    to_a = to_last * (1 - h[-1] ** 2)
    return to_a * h[-2] + by_recursion(w, h[:-1], to_a * w)


def by_products(w, h, to_last):
    factors = w * (1 - h[1:] ** 2)
    behind = np.append(np.cumprod(factors[::-1])[::-1][1:], 1.0)
    return float(np.sum(to_last * behind * (1 - h[1:] ** 2) * h[:-1]))


def tanh_afterwards(w, h, to_last):
    parts = []
    for t in range(len(h) - 1, 0, -1):
        parts.append(to_last * h[t - 1])
        to_last *= (1 - h[t] ** 2) * w
    return sum(parts)


def from_the_start(w, h, to_last):
    parts = []
    for before, now in pairwise(h):
        to_last *= 1 - now**2
        parts.append(to_last * before)
        to_last *= w
    return sum(parts)


def without_sum(w, h, to_last):
    for t in range(len(h) - 1, 0, -1):
        to_last *= 1 - h[t] ** 2
        by_w = to_last * h[t - 1]
        to_last *= w
    return by_w


def reached(layer):
    """At how many inputs a change of the last weights would be felt, by asking the layer itself."""
    parameters = layer.init(np.random.default_rng(0), (12, 1))
    by_x = grad(lambda x: np.sum(layer(parameters, x)[:, 10]))(np.ones((1, 12, 1)))
    return int(np.sum(by_x != 0))


right = {
    "15.1": [grad(last_state)(0.5), central_difference(last_state, 0.5, 1e-4), 2 * 0.5 * 4 + 1, 5],
    "15.2": [44, math.ceil(math.log(0.01) / math.log(0.9)), "44",
             next(n for n in range(99) if 0.9**n < 0.01)],
    "15.3": [by_recursion, by_products],
    "15.4": [3, "3", reached(RNN(8, truncate=4))],
}  # fmt: skip
wrong = {
    "15.1": [
        (3, "last use alone"),
        (2, "earlier use alone"),
        (7, "pass through the later step"),
        (3.5, "last state itself"),
        (-5, "sign"),
    ],
    "15.2": [
        (43, "slightly more"),
        (43.71, "whole one"),
        (43.7, "whole one"),
        (10, "of what is left"),
        (22, "where a tenth is left"),
        (45, "One step fewer"),
    ],
    "15.3": [
        (lambda w, h, g: g * (1 - h[-1] ** 2) * h[-2], "last step alone"),
        (lambda w, h, g: -by_recursion(w, h, g), "not the sign"),
        (lambda w, h, g: 2 * by_recursion(w, h, g), "twice"),
        (lambda w, h, g: by_recursion(1.0, h, g), "multiplied by w"),
        (tanh_afterwards, "before it meets w"),
        (from_the_start, "sets out from the last step"),
        (without_sum, "Add all the parts"),
        (lambda w, h, g: 0, "whatever comes back"),
        (0.7, "function is asked for"),
    ],
    "15.4": [
        (4, "best case"),
        (11, "without truncation"),
        (7, "fixed places"),
        (2, "reads an input, too"),
        (reached(RNN(8)), "without truncation"),
    ],
}
