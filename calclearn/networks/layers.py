"""A layer is a value: its hyperparameters.  Its parameters are handed to it, never kept.

    parameters = layer.init(rng, shape)       shape: of one example, without N
    y = layer(parameters, x)                  x: (N, *shape), y: (N, *layer.output_shape(shape))

So the same layer serves many sets of weights, and a gradient with respect to the weights is one
with respect to an argument.  Names, layouts and meaning are PyTorch's; a Dense layer is its Linear.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calclearn.calculus.rules import sum_rows
from calclearn.calculus.tracing import primitive, rule
from calclearn.descent.arguments import (
    generator,
    not_negative,
    one_number,
    real_numbers,
    whole_number,
)
from calclearn.descent.batches import Array
from calclearn.descent.errors import sigmoid
from calclearn.networks.initial import Initial, drawn, he, initial_like

Shape = tuple[int, ...]


@primitive
def linear(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the linear layer Y = X W + b: (N, D), (D, M), (M,) to (N, M).

    Raises ValueError for other shapes.

    >>> linear(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0]))
    array([[16.]])
    """
    x, W, b = np.asarray(x), np.asarray(W), np.asarray(b)
    if b.ndim != 1 or x.ndim != 2 or W.shape != (x.shape[1], b.size):
        raise ValueError(
            f"x, W and b must have shapes (N, D), (D, M) and (M,), "
            f"got {x.shape}, {W.shape} and {b.shape}"
        )
    if not frozenset("fiub").issuperset((x.dtype.kind, W.dtype.kind, b.dtype.kind)):
        raise TypeError(f"x, W and b must be real, got {x.dtype}, {W.dtype} and {b.dtype}")
    y = x @ W
    if y.dtype.kind != "f":
        return y + b
    y += b
    return y


rule(
    linear,
    lambda g, y, x, W, b: g @ W.T,
    lambda g, y, x, W, b: x.T @ g,
    lambda g, y, x, W, b: sum_rows(g),
)


class Layer:
    """What all layers have.  One without parameters that keeps the shape defines the call alone."""

    initial: Initial = staticmethod(he)

    def shapes(self, shape: Shape) -> dict[str, Shape]:
        """Names and shapes of the parameters, for inputs of this shape."""
        return {}

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one output, for inputs of this shape."""
        return shape

    def init(self, rng: Any, shape: Shape) -> tuple[np.ndarray, ...]:
        """First parameters: weights as `initial` draws them, biases 0; `rng` or a seed."""
        rng = generator(rng)
        return tuple(
            self.first(name, rng, found) if len(found) > 1 else np.zeros(found)
            for name, found in self.shapes(shape).items()
        )

    def first(self, name: str, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """The first values of the weights of this name."""
        return drawn(self.initial, rng, shape)

    def __call__(self, parameters: tuple[Array, ...], x: Array) -> Array:
        raise NotImplementedError


# At the door
def with_axes(layer: Layer, names: str, shape: Shape) -> None:
    """Raise ValueError unless inputs (N, *shape) have one axis for each of the names after N."""
    if len(shape) != len(names.split()) or 0 in shape:
        expected, found = (", ".join(map(str, ["N", *axes])) for axes in (names.split(), shape))
        raise ValueError(
            f"x, the input of {type(layer).__name__}, must have shape ({expected}), none but N 0, "
            f"got ({found})"
        )


def floating(name: str, values: Array) -> Array:
    """Real numbers in any form, as floating-point numbers.  Raises TypeError for others."""
    dtype = getattr(values, "dtype", None)
    if dtype is not None and dtype.kind == "f":
        return values
    real_numbers(name, values)
    return np.asarray(values, float)


def taken(layer: Layer, parameters: tuple[Array, ...], x: Array) -> list[Array]:
    """x and the parameters, as the layer can take them, or one sentence that says why it cannot."""
    x = floating("x", x)
    expected, kind = layer.shapes(x.shape[1:]), type(layer).__name__
    if not isinstance(parameters, tuple | list):
        raise TypeError(f"parameters of {kind} must be a tuple of arrays, got {parameters!r:.60}")
    if len(parameters) != len(expected):
        raise ValueError(
            f"parameters of {kind} must be {', '.join(expected)}, got {len(parameters)} arrays"
        )
    arrays = [x]
    for (name, shape), array in zip(expected.items(), parameters, strict=True):
        arrays.append(floating(name, array))
        if arrays[-1].shape != shape:
            raise ValueError(
                f"{name} of {layer} must have shape {shape} for x of shape {x.shape}, "
                f"got {arrays[-1].shape}"
            )
    return arrays


@dataclass(frozen=True)
class Dense(Layer):
    """Every output is a weighted sum of all inputs: (N, D) to (N, M), for M `units`.

        Y = X Wᵀ + b                                W: (M, D), b: (M,)

    Backward, with G = ∂L/∂Y: the entry yₙₘ = Σ_d x_nd w_md + b_m holds w_md once for each example,
    x_nd once for each unit, and b_m once, so that

        ∂L/∂W = Gᵀ X,      ∂L/∂X = G W,      ∂L/∂b = Σₙ Gₙ

    Raises ValueError for inputs of other than one axis (see Flatten) and for other parameters.

    >>> layer = Dense(2)
    >>> layer((np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, 0.0])), np.array([[1.0, 1.0]]))
    array([[3.5, 7. ]])
    """

    units: int
    initial: Initial = field(default=he, repr=False)

    def __post_init__(self) -> None:
        whole_number("units", self.units, 1)
        initial_like("initial", self.initial)

    def shapes(self, shape: Shape) -> dict[str, Shape]:
        with_axes(self, "D", shape)
        return {"W": (self.units, *shape), "b": (self.units,)}

    def output_shape(self, shape: Shape) -> Shape:
        with_axes(self, "D", shape)
        return (self.units,)

    def __call__(self, parameters: tuple[Array, Array], x: Array) -> Array:
        x, W, b = taken(self, parameters, x)
        return linear(x, W.T, b)


@dataclass(frozen=True)
class Flatten(Layer):
    """All axes of an example in one: (N, ...) to (N, D).  Backward: the old shape again.

    >>> Flatten().output_shape((8, 3, 3))
    (72,)
    """

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def __call__(self, parameters: tuple, x: Array) -> Array:
        x = floating("x", x)
        return x.reshape((*x.shape[:1], math.prod(x.shape[1:])))


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
        x = floating("x", x)
        with_axes(self, "T H", x.shape[1:])
        return x[:, -1]


@dataclass(frozen=True)
class Dropout(Layer):
    """While a network trains, each number is silenced with probability p = `rate`.

        y = x · m / (1 - p),      m = 0 with probability p, else 1

    The factor keeps the mean.  Without an `rng`, a generator or a seed, the layer lets everything
    through.  Backward: the same m / (1 - p), times G.  Raises ValueError for a rate that is not
    from 0 to below 1.

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
        x = floating("x", x)
        if rng is None:
            return x
        kept = generator(rng).random(x.shape, dtype=np.float32) >= self.rate
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
        return relu(floating("x", x))


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
        x = floating("x", x)
        return np.where(x > 0, x, self.slope * x)


@dataclass(frozen=True)
class Sigmoid(Layer):
    """y = 1 / (1 + e⁻ˣ).  Backward: G y (1 - y), at most a quarter of G.

    >>> Sigmoid()((), np.array([[0.0]]))
    array([[0.5]])
    """

    def __call__(self, parameters: tuple, x: Array) -> Array:
        return sigmoid(floating("x", x))


@dataclass(frozen=True)
class Tanh(Layer):
    """y = tanh x.  Backward: G (1 - y²), at most G.

    >>> Tanh()((), np.array([[0.0]]))
    array([[0.]])
    """

    def __call__(self, parameters: tuple, x: Array) -> Array:
        return np.tanh(floating("x", x))
