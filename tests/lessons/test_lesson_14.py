"""Lesson 14: its exercises as learners answer them, and its figures."""

import numpy as np

from calclearn.calculus.autodiff import grad
from calclearn.networks.images import Conv2D, conv2d, max_pool2d
from calclearn.networks.network import Network

pixels = np.array([[3.0, 6.0, 5.0, 1.0], [8.0, 2.0, 4.0, 9.0]])
x = np.array([[1.0, 2.0, 0.0], [6.0, 1.0, 4.0], [0.0, 6.0, 2.0]])
G = np.array([[1.0, -1.0], [2.0, 0.0]])


def pooled(x):
    return np.sum(max_pool2d(x[None, None], 2)[0, 0] * np.array([[2.0, -3.0]]))


def convolved(K):
    return np.sum(conv2d(x[None, None], K[None, None], np.zeros(1))[0, 0] * G)


def rows(n, k, s, p):
    return len(range(-p, n + p - k + 1, s))


received = grad(pooled)(pixels).ravel()
by_grad = grad(convolved)(np.array([[0.3, -0.2], [0.5, 1.0]]))

right = {
    "14.1": [
        rows,
        lambda n, k, s, p: Conv2D(1, k, s, p).output_shape((1, n, n))[1],
        lambda n, k, s, p: np.floor((n + 2 * p - k) / s) + 1,
        lambda n, k, s, p: int((n + 2 * p - k) / s + 1),
    ],
    "14.2": [Network((Conv2D(16, 5),), (3, 32, 32)).dimension, 16 * 76, "1216"],
    "14.3": [received, received.reshape(2, 4), [0, 0, 0, 0, 2, 0, 0, -3], tuple(received)],
    "14.4": [by_grad[0, 1], 4, "4"],
}
readings = {  # answers that are not listed as mistakes, and words of the reply
    "14.1": [
        (lambda n, k, s, p: n - (k - 1), "without stride"),
        (lambda n, k, s, p: n + 2 * p - (k - 1), "stride has no part"),
        (lambda n, k, s, p: np.ceil((n + 2 * p - k) / s) + 1, "rounds up"),
        (7, "function is asked for"),
    ],
    "14.2": [(400, "every colour"), (16 * 28 * 28 * 3073, "dense")],
    "14.3": [
        ([[0.5, 0.5, -0.75, -0.75], [0.5, 0.5, -0.75, -0.75]], "average pooling"),
        (received[:7], "8 numbers"),
        (-received, "sign"),
    ],
    "14.4": [(8, "counts once"), (3, "flipped"), (-4, "sign")],
}
