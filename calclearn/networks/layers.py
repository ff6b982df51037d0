"""A layer is a value: its hyperparameters.  Its parameters are handed to it, never kept.

    parameters = layer.init(rng, shape)       shape: of one example, without N
    y = layer(parameters, x)                  x: (N, *shape), y: (N, *layer.output_shape(shape))

So the same layer serves many sets of weights, and a gradient with respect to the weights is one
with respect to an argument.  Names, layouts and meaning are PyTorch's; a Dense layer is its Linear.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calclearn.calculus.fused import linear
from calclearn.calculus.primitives import primitive, rule
from calclearn.descent.arguments import not_negative, one_number, whole_number
from calclearn.descent.batches import Array
from calclearn.descent.errors import sigmoid
from calclearn.networks.initial import Initial, he

Shape = tuple[int, ...]


class Layer:
    """What all layers have.  One without parameters that keeps the shape defines the call alone."""

    initial: Initial = staticmethod(he)

    def shapes(self, shape: Shape) -> dict[str, Shape]:
        """Names and shapes of the parameters, for inputs of this shape."""
        return {}

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one output, for inputs of this shape."""
        return shape

    def init(self, rng: np.random.Generator, shape: Shape) -> tuple[np.ndarray, ...]:
        """First parameters: weights as `initial` draws them, biases 0."""
        return tuple(
            self.first(name, rng, found) if len(found) > 1 else np.zeros(found)
            for name, found in self.shapes(shape).items()
        )

    def first(self, name: str, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """The first values of the weights of this name."""
        return self.initial(rng, shape)

    def __call__(self, parameters: tuple[Array, ...], x: Array) -> Array:
        raise NotImplementedError


def with_axes(layer: Layer, names: str, shape: Shape) -> None:
    """Raise ValueError unless inputs (N, *shape) have one axis for each of the names after N."""
    if len(shape) != len(names.split()):
        kind = type(layer).__name__
        expected = ", ".join(["N", *names.split()])
        raise ValueError(f"the input of {kind} must have shape ({expected}), got {('N', *shape)}")


@dataclass(frozen=True)
class Dense(Layer):
    """Every output is a weighted sum of all inputs: (N, D) to (N, M), for M `units`.

        Y = X Wᵀ + b                                W: (M, D), b: (M,)

    Backward, with G = ∂L/∂Y: the entry yₙₘ = Σ_d x_nd w_md + b_m holds w_md once for each example,
    x_nd once for each unit, and b_m once, so that

        ∂L/∂W = Gᵀ X,      ∂L/∂X = G W,      ∂L/∂b = Σₙ Gₙ

    Raises ValueError for inputs of other than one axis (see Flatten).

    >>> layer = Dense(2)
    >>> layer((np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, 0.0])), np.array([[1.0, 1.0]]))
    array([[3.5, 7. ]])
    """

    units: int
    initial: Initial = field(default=he, repr=False)

    def __post_init__(self) -> None:
        whole_number("units", self.units, 1)

    def shapes(self, shape: Shape) -> dict[str, Shape]:
        with_axes(self, "D", shape)
        return {"W": (self.units, *shape), "b": (self.units,)}

    def output_shape(self, shape: Shape) -> Shape:
        with_axes(self, "D", shape)
        return (self.units,)

    def __call__(self, parameters: tuple[Array, Array], x: Array) -> Array:
        W, b = parameters
        return linear(x, W.T, b)


@dataclass(frozen=True)
class Flatten(Layer):
    """All axes of an example in one: (N, ...) to (N, D).  Backward: the old shape again.

    >>> Flatten().output_shape((8, 3, 3))
    (72,)
    """

    def output_shape(self, shape: Shape) -> Shape:
        return (int(np.prod(shape)),)

    def __call__(self, parameters: tuple, x: Array) -> Array:
        return x.reshape((len(x), -1))


@dataclass(frozen=True)
class LastStep(Layer):
    """The last step of a sequence: (N, T, H) to (N, H).  Backward: G there, 0 at all others.

    >>> LastStep().output_shape((50, 32))
    (32,)
    """

    def output_shape(self, shape: Shape) -> Shape:
        with_axes(self, "T H", shape)
        return shape[1:]

    def __call__(self, parameters: tuple, x: Array) -> Array:
        return x[:, -1]


@dataclass(frozen=True)
class Dropout(Layer):
    """While a network trains, each number is silenced with probability p = `rate`.

        y = x · m / (1 - p),      m = 0 with probability p, else 1

    The factor keeps the mean.  Without an `rng` the layer lets everything through.  Backward: the
    same m / (1 - p), times G.  Raises ValueError for a rate that is not from 0 to below 1.

    >>> Dropout(0.5)((), np.ones((1, 6)), np.random.default_rng(0))
    array([[2., 2., 2., 0., 0., 0.]])

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
    JMLR 15 (2014).
    """

    rate: float = 0.5

    def __post_init__(self) -> None:
        one_number("rate", self.rate)
        not_negative("rate", self.rate, below=1)

    def __call__(self, parameters: tuple, x: Array, rng: Any = None) -> Array:
        if rng is None:
            return x
        kept = rng.random(x.shape, dtype=np.float32) >= self.rate
        return x * (kept / (1 - self.rate)).astype(x.dtype)


# Activations: one function of one number, at each of the numbers
@primitive
def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0), with slope 0 at the kink, as PyTorch has it."""
    return np.maximum(x, np.zeros_like(x))  # nearly twice as quick as with the number 0


rule(relu, lambda g, y, x: g * (x > 0))


@dataclass(frozen=True)
class ReLU(Layer):
    """y = max(x, 0).  Backward: G where x > 0, else 0.

    >>> ReLU()((), np.array([[-2.0, 3.0]]))
    array([[0., 3.]])

    Source: Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML
    (2010).
    """

    def __call__(self, parameters: tuple, x: Array) -> Array:
        return relu(x)


@dataclass(frozen=True)
class LeakyReLU(Layer):
    """y = x where x > 0, else s x, with s = `slope`.  Backward: G, or s G.

    >>> LeakyReLU(0.1)((), np.array([[-2.0, 3.0]]))
    array([[-0.2,  3. ]])

    Source: Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models",
    ICML (2013).
    """

    slope: float = 0.01

    def __post_init__(self) -> None:
        one_number("slope", self.slope)

    def __call__(self, parameters: tuple, x: Array) -> Array:
        return np.where(x > 0, x, self.slope * x)


@dataclass(frozen=True)
class Sigmoid(Layer):
    """y = 1 / (1 + e⁻ˣ).  Backward: G y (1 - y), at most a quarter of G.

    >>> Sigmoid()((), np.array([[0.0]]))
    array([[0.5]])
    """

    def __call__(self, parameters: tuple, x: Array) -> Array:
        return sigmoid(x)


@dataclass(frozen=True)
class Tanh(Layer):
    """y = tanh x.  Backward: G (1 - y²), at most G.

    >>> Tanh()((), np.array([[0.0]]))
    array([[0.]])
    """

    def __call__(self, parameters: tuple, x: Array) -> Array:
        return np.tanh(x)
