"""Lesson 14 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

from calclearn import grad
from calclearn.networks.images import Conv2D, conv2d, max_pool2d
from calclearn.networks.network import Network

image = np.array([[3.0, 6.0, 5.0, 1.0], [8.0, 2.0, 4.0, 9.0]])
x = np.array([[1.0, 2.0, 0.0], [6.0, 1.0, 4.0], [0.0, 6.0, 2.0]])
G = np.array([[1.0, -1.0], [2.0, 0.0]])


def pooled(x):
    return np.sum(max_pool2d(x[None, None], 2)[0, 0] * np.array([[2.0, -3.0]]))


def convolved(K):
    return np.sum(conv2d(x[None, None], K[None, None], np.zeros(1))[0, 0] * G)


def rows(n, k, s, p):
    return len(range(-p, n + p - k + 1, s))


received = grad(pooled)(image).ravel()
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
wrong = {
    "14.1": [
        (lambda n, k, s, p: n - (k - 1), "without stride"),
        (lambda n, k, s, p: (n + p - k) // s + 1, "both sides"),
        (lambda n, k, s, p: (n - k) // s + 1, "padding"),
        (lambda n, k, s, p: n + 2 * p - (k - 1), "stride has no part"),
        (lambda n, k, s, p: (n + 2 * p - k) // s, "counts the moves"),
        (lambda n, k, s, p: (n + 2 * p - k) / s + 1, "parts of a row"),
        (lambda n, k, s, p: np.ceil((n + 2 * p - k) / s) + 1, "rounds up"),
        (lambda n, k, s, p: round((n + 2 * p - k) / s) + 1, "rounds to the nearest"),
        (7, "function is asked for"),
    ],
    "14.2": [
        (1200, "biases"),
        (16 * 26, "every colour"),
        (400, "every colour"),
        (16 * 78, "belongs to the kernel"),
        (76, "one kernel"),
        (16 * 28 * 28 * 3073, "dense"),
        (16 * 28 * 28 * 76, "shared"),
    ],
    "14.3": [
        ([0.5, 0.5, -0.75, -0.75, 0.5, 0.5, -0.75, -0.75], "average pooling"),
        ([2, 2, -3, -3, 2, 2, -3, -3], "Not every pixel"),
        ([0, 0, 0, 0, 8, 0, 0, 9], "on the way forward"),
        ([0, 0, 0, 0, 16, 0, 0, -27], "not the winner's value"),
        ([0, 0, 0, 0, -3, 0, 0, 2], "changed places"),
        ([0, 0, 0, -3, 0, 2, 0, 0], "smallest"),
        ([0, 0, 2, 0, 0, 0, 0, -3], "window by window"),
        (received[:7], "8 numbers"),
        (-received, "sign"),
    ],
    "14.4": [
        (by_grad[1, 0], "K[1, 0]"),
        (by_grad[0, 0], "K[0, 0]"),
        (by_grad[1, 1], "K[1, 1]"),
        (7, "its own G"),
        (8, "counts once"),
        (2, "three more"),
        (3, "flipped"),
        (-4, "sign"),
    ],
}
