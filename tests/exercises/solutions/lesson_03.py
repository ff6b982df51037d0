"""Lesson 03 as learners answer it: right forms, and typical slips with words of the reply."""

import math
from fractions import Fraction

import numpy as np

from calclearn import accumulate, derivative, expected


def in_numpy(f, a, b, n):
    return np.sum(f(np.linspace(a, b, n + 1)[1:])) * (b - a) / n


def as_a_loop(f, a, b, n):
    h, total = (b - a) / n, 0.0
    for k in range(1, n + 1):
        total += h * f(a + k * h)
    return total


def left_edges(f, a, b, n):
    return np.sum(f(np.linspace(a, b, n + 1)[:-1])) * (b - a) / n


def all_edges(f, a, b, n):
    return np.sum(f(np.linspace(a, b, n + 1))) * (b - a) / n


def middles(f, a, b, n):
    h = (b - a) / n
    return np.sum(f(a + h * (np.arange(n) + 0.5))) * h


def area_to_the_right(x):
    return -accumulate(lambda t: np.exp(-(t**2)), 2.0, x)


def miss(x):
    return (0.06 * (x - 190)) ** 2


right = {
    "03.1": [
        in_numpy,
        as_a_loop,
        lambda f, a, b, n: np.mean(f(np.linspace(b, a, n + 1)[:-1])) * (b - a),
    ],
    "03.2": [-1 / math.e, derivative(area_to_the_right, 1.0).value, "-0.368"],
    "03.3": [Fraction(3, 25), expected(miss, lambda x: 1 + 0 * x, 180.0, 200.0), 0.12],
    "03.4": [6400, 400 * 4**2, "6400"],
}
wrong = {
    "03.1": [
        (left_edges, "left edges"),
        (middles, "in the middles"),
        (all_edges, "one rectangle too many"),
        (lambda f, a, b, n: (left_edges(f, a, b, n) + in_numpy(f, a, b, n)) / 2, "trapezoid"),
        (lambda f, a, b, n: np.sum(f(np.linspace(a, b, n + 1)[1:])), "multiplied by a width"),
        (lambda f, a, b, n: np.mean(f(np.linspace(a, b, n + 1)[1:])), "how wide"),
        (lambda f, a, b, n: np.sum(f(np.linspace(a, b, n + 1)[1:])) * (b - a), "only a part"),
        (lambda f, a, b, n: f(b), "Hint"),
        (lambda f, a, b, n: print(f), "None"),
        (in_numpy(np.exp, 0.0, 1.0, 4), "function is asked for"),
    ],
    "03.2": [
        (1 / math.e, "upper limit moved"),
        (-2 / math.e, "slope of exp"),
        (area_to_the_right(1.0), "area G(1)"),
        (math.exp(-4) - math.exp(-1), "no part"),
        (-0.5 / math.e, "half"),
    ],
    "03.3": [
        (accumulate(miss, 180.0, 200.0), "density is missing"),
        (0, "cancel"),
        (0.36, "at the ends"),
        (0.18, "smallest and the largest"),
        (0.09, "squares the mean miss"),
        (0.24, "whole width"),
        (120, "power of ten"),
    ],
    "03.4": [
        (1600, "only halve"),
        (800, "smaller by"),
        (6000, "in all"),
        (25, "more data"),
        (100, "more data"),
        (102400, "squared once"),
        (16, "factor by which"),
        (-6400, "sign"),
    ],
}
