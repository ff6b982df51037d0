"""The initial weights decide whether a signal keeps its size through a deep network.

A unit with n inputs sums n products, so its variance is n Var(w) times that of an input, and Var(w)
is such that signals, or gradients, keep their size from layer to layer. Each initialisation is a
function (rng or seed, shape) -> array, of the shape (outputs, inputs, *kernel).
"""

import math
from collections.abc import Callable

import numpy as np

from calclearn.descent.arguments import floating, generator, shown

Initial = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
EXPECTED = "a function (rng, shape) -> array"


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(fan_in, fan_out): how many numbers one output sums up, and one input reaches.

    Raises ValueError unless the shape is (outputs, inputs, *kernel).

    >>> fans((8, 3, 5, 5))
    (75, 200)
    """
    if not isinstance(shape, tuple | list) or len(shape) < 2 or 0 in shape:
        raise ValueError(f"shape must be (outputs, inputs, *kernel), none 0, got {shown(shape)}")
    cells = math.prod(shape[2:])
    return shape[1] * cells, shape[0] * cells


def xavier(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """w ~ N(0, 2 / (fan_in + fan_out)): for tanh, signals and gradients nearly keep their size.

    >>> xavier(0, (300, 100)).std().round(3)
    np.float64(0.071)

    Source: Glorot & Bengio, AISTATS (2010).
    """
    return generator(rng).normal(0, math.sqrt(2 / sum(fans(shape))), shape)


def he(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """w ~ N(0, 2 / fan_in): signals keep their size where ReLU makes half of them 0.

    >>> he(0, (300, 200)).std().round(2)
    np.float64(0.1)

    Source: He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV (2015).
    """
    return generator(rng).normal(0, math.sqrt(2 / fans(shape)[0]), shape)


def orthogonal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """W Wᵀ = I, or Wᵀ W = I for more rows than columns: a random rotation keeps every length.

    >>> np.linalg.norm(orthogonal(0, (3, 3)), axis=0).round(12)
    array([1., 1., 1.])

    Source: Saxe, McClelland & Ganguli, ICLR (2014).
    """
    columns, rows = fans(shape)[0], shape[0]
    Q, R = np.linalg.qr(generator(rng).normal(size=(max(rows, columns), min(rows, columns))))
    Q = Q * np.sign(np.diag(R))  # else the rotations would not be evenly spread
    return (Q if rows >= columns else Q.T).reshape(shape)


def drawn(initial: Initial, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Weights of this shape. Raises ValueError where the initialisation draws them in another."""
    weights = floating("initial weights", initial(rng, shape))
    if weights.shape != shape:
        raise ValueError(f"initial must draw an array of shape {shape}, got {weights.shape}")
    return weights
