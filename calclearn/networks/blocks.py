"""What keeps a deep network's gradient alive, built into a layer: a skip, and normalised sums.

A skip gives the way back a factor of 1 beside that of the layer; normalised sums keep the examples
apart on the way forward, whatever the scale of the weights.
"""

from dataclasses import dataclass

import numpy as np

from calclearn.calculus.tracing import primitive, rule
from calclearn.descent.arguments import instance
from calclearn.networks.layers import Dense, Layer


def _spread(z: np.ndarray) -> np.ndarray:
    return np.sqrt(np.var(z, axis=0) + 1e-5)


@primitive
def normalised(z: np.ndarray) -> np.ndarray:
    """ẑ = (z - mean z) / √(var z + 10⁻⁵), each column for itself: (N, D) to (N, D).

    Backward, as a z moves the mean and the variance too: (g - mean g - ẑ mean(g ẑ)) / √(...).
    """
    return (z - np.mean(z, axis=0)) / _spread(z)


@rule(normalised)
def pull_normalised(g, y, z):
    return (g - np.mean(g, axis=0) - y * np.mean(g * y, axis=0)) / _spread(z)


@dataclass(frozen=True)
class Block(Layer):
    """A dense layer and its activation, with the two cures that a network is built with.

        y = φ(ẑ) + x,        z = W x + b

    `skip` adds the x, where y has its shape; `normalise` makes z to ẑ, which has mean 0 and spread
    1 over all examples, unit by unit.

    >>> from calclearn.networks.layers import ReLU
    >>> Block(Dense(1), ReLU(), skip=True)((np.array([[-2.0]]), np.zeros(1)), np.array([[3.0]]))
    array([[3.]])

    Sources: He, Zhang, Ren & Sun, "Deep residual learning", CVPR (2016); Ioffe & Szegedy, "Batch
    normalization", ICML (2015), whose learned scale and shift are left out.
    """

    dense: Dense
    activation: Layer
    skip: bool = False
    normalise: bool = False

    def __post_init__(self) -> None:
        instance("dense", self.dense, Dense, "a Dense layer")
        instance("activation", self.activation, Layer, "a layer such as ReLU()")
        if self.activation.random or self.activation.shapes((self.dense.units,)):
            expected = "activation must have no weights and draw no numbers"
            raise ValueError(f"{expected}, got {self.activation}")

    def shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        return self.dense.shapes(shape)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.dense.output_shape(shape)

    def draw(self, name: str, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return self.dense.draw(name, rng, shape)

    def forward(self, parameters: tuple, x):
        z = self.dense.forward(parameters, x)
        y = self.activation.forward((), normalised(z) if self.normalise else z)
        return y + x if self.skip and y.shape == x.shape else y
