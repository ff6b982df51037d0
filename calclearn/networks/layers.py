"""A layer is a value: its hyperparameters. Its parameters are handed to it, never kept.

    parameters = layer.init(rng, shape)       shape: of one example, without N
    y = layer(parameters, x)                  x: (N, *shape), y: (N, *layer.output_shape(shape))

Names, layouts and meaning are PyTorch's; G = ∂L/∂y is what comes back to a layer. A layer of one's
own defines `forward` in plain NumPy, and the shapes where they change. One that is random takes a
generator, None outside of training:

    class Noise(Layer):
        def forward(self, parameters, x, rng):
            return x if rng is None else x + rng.normal(size=x.shape)
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calclearn.calculus.rules import sum_rows
from calclearn.calculus.tracing import primitive, rule
from calclearn.descent.arguments import floating, generator, instance, number, whole
from calclearn.descent.losses import sigmoid
from calclearn.descent.surfaces import Array
from calclearn.networks.initial import EXPECTED, Initial, drawn, he

Shape = tuple[int, ...]


class Layer:
    """What all layers have: a call checks parameters and input, then `forward` computes."""

    initial: Initial = staticmethod(he)
    random = False  # whether `forward` takes an rng

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "__call__" in vars(cls):
            raise TypeError(f"{cls.__name__} must define forward, which __call__ calls")
        cls.random = "rng" in inspect.signature(cls.forward).parameters

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def shapes(self, shape: Shape) -> dict[str, Shape]:
        """Names and shapes of the parameters, for inputs of this shape."""
        return {}

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one output, for inputs of this shape."""
        return shape

    def init(self, rng: Any, shape: Shape) -> tuple[np.ndarray, ...]:
        """Initial parameters: weights as `initial` draws them, biases 0; `rng` or a seed."""
        rng = generator(rng)
        return tuple(
            self.draw(name, rng, size) if len(size) > 1 else np.zeros(size)
            for name, size in self.shapes(shape).items()
        )

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """The initial weights of this name."""
        return drawn(self.initial, rng, shape)

    def forward(self, parameters: tuple[Array, ...], x: Array) -> Array:
        """The outputs (N, ...) for checked parameters and inputs."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(parameters, x)")

    def __call__(self, parameters: tuple[Array, ...], x: Array, rng: Any = None) -> Array:
        return self.apply(*self.checked(parameters, x), None if rng is None else generator(rng))

    def apply(self, parameters: tuple[Array, ...], x: Array, rng: Any = None) -> Array:
        """`forward`, with the generator where it takes one."""
        return self.forward(parameters, x, **({"rng": rng} if self.random else {}))

    def checked(self, parameters: tuple[Array, ...], x: Array) -> tuple[tuple[Array, ...], Array]:
        """Parameters and input as floating-point numbers that fit, or one sentence why not."""
        x, kind = floating("x", x), type(self).__name__
        self.output_shape(x.shape[1:])
        shapes = self.shapes(x.shape[1:])
        instance(f"parameters of {kind}", parameters, tuple | list, "a tuple of arrays")
        if len(parameters) != len(shapes):
            names, got = ", ".join(shapes) or "()", len(parameters)
            raise ValueError(f"parameters of {kind} must be {names}, got {got} arrays")
        arrays = tuple(map(floating, shapes, parameters))
        for part, (name, shape) in zip(arrays, shapes.items(), strict=True):
            if part.shape != shape:
                fit = f"have shape {shape} for x of shape {x.shape}"
                raise ValueError(f"{name} of {self} must {fit}, got {part.shape}")
        return arrays, x


def with_axes(layer: Layer, names: str, shape: Shape) -> None:
    """Raise ValueError unless inputs (N, *shape) have one axis for each of the names after N."""
    if len(shape) != len(names.split()) or 0 in shape:
        kind, expected = type(layer).__name__, with_n(names.split())
        raise ValueError(
            f"x, the input of {kind}, must have shape {expected}, none but N 0, got {with_n(shape)}"
        )


def with_n(shape: Shape) -> str:
    """The shape of N examples in words: `(N, 8, 8)`."""
    return f"({', '.join(map(str, ['N', *shape]))})"


@primitive
def linear(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Y = X Wᵀ + b:  (N, D), (M, D) and (M,) to (N, M)."""
    return x @ W.T + b


rule(
    linear,
    lambda g, y, x, W, b: g @ W,
    lambda g, y, x, W, b: g.T @ x,
    lambda g, y, x, W, b: sum_rows(g),
)


@dataclass(frozen=True)
class Dense(Layer):
    """Every output is a weighted sum of all inputs: (N, D) to (N, M), for M `units`.

        Y = X Wᵀ + b                                                  W: (M, D), b: (M,)
        ∂L/∂W = Gᵀ X,      ∂L/∂X = G W,      ∂L/∂b = Σₙ Gₙ

    Raises ValueError for inputs of other than one axis (see Flatten) and for other parameters.

    >>> Dense(2)((np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, 0.0])), [[1.0, 1.0]])
    array([[3.5, 7. ]])
    """

    units: int
    initial: Initial = field(default=he, repr=False)

    def __post_init__(self) -> None:
        whole("units", self.units, 1)
        instance("initial", self.initial, Callable, EXPECTED)

    def shapes(self, shape: Shape) -> dict[str, Shape]:
        with_axes(self, "D", shape)
        return {"W": (self.units, *shape), "b": (self.units,)}

    def output_shape(self, shape: Shape) -> Shape:
        with_axes(self, "D", shape)
        return (self.units,)

    def forward(self, parameters: tuple[Array, Array], x: Array) -> Array:
        W, b = parameters
        return linear(x, W, b)


@dataclass(frozen=True)
class Flatten(Layer):
    """All axes of an example in one: (N, ...) to (N, D). Backward: the old shape again."""

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def forward(self, parameters: tuple, x: Array) -> Array:
        return x.reshape((*x.shape[:1], math.prod(x.shape[1:])))


@dataclass(frozen=True)
class LastStep(Layer):
    """The last step of a sequence: (N, T, H) to (N, H). Backward: G there, 0 at all others."""

    def output_shape(self, shape: Shape) -> Shape:
        with_axes(self, "T H", shape)
        return shape[1:]

    def forward(self, parameters: tuple, x: Array) -> Array:
        return x[:, -1]


@dataclass(frozen=True)
class Dropout(Layer):
    """While a network trains, each number becomes 0 with probability p = `rate`.

        y = x · m / (1 - p),      m = 0 with probability p, else 1

    The factor keeps the mean. Without an `rng`, a generator or a seed, y is x. Raises ValueError
    for a rate that is not from 0 to below 1.

    >>> Dropout(0.5)((), np.ones((1, 6)), np.random.default_rng(0))
    array([[2., 2., 2., 0., 0., 0.]])

    Source: Srivastava et al., JMLR 15 (2014).
    """

    rate: float = 0.5

    def __post_init__(self) -> None:
        number("rate", self.rate, 0, 1)

    def forward(self, parameters: tuple, x: Array, rng: np.random.Generator | None) -> Array:
        if rng is None:
            return x
        kept = rng.random(x.shape, dtype=np.float32) >= self.rate
        return x * (kept / (1 - self.rate)).astype(x.dtype)


# Activations: one function of one number, at each of the numbers
@primitive
def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0), with slope 0 at the kink."""
    return np.maximum(x, 0)


rule(relu, lambda g, y, x: g * (x > 0))


@dataclass(frozen=True)
class ReLU(Layer):
    """y = max(x, 0). Backward: G where x > 0, else 0. Source: Nair & Hinton, ICML (2010).

    >>> ReLU()((), [[-2.0, 3.0]])
    array([[0., 3.]])
    """

    def forward(self, parameters: tuple, x: Array) -> Array:
        return relu(x)


@dataclass(frozen=True)
class LeakyReLU(Layer):
    """y = x where x > 0, else `slope` times x. Source: Maas, Hannun & Ng, ICML (2013)."""

    slope: float = 0.01

    def __post_init__(self) -> None:
        number("slope", self.slope)

    def forward(self, parameters: tuple, x: Array) -> Array:
        return np.where(x > 0, x, self.slope * x)


@dataclass(frozen=True)
class Sigmoid(Layer):
    """y = 1 / (1 + e⁻ˣ). Backward: G y (1 - y), at most a quarter of G."""

    def forward(self, parameters: tuple, x: Array) -> Array:
        return sigmoid(x)


@dataclass(frozen=True)
class Tanh(Layer):
    """y = tanh x. Backward: G (1 - y²), at most G."""

    def forward(self, parameters: tuple, x: Array) -> Array:
        return np.tanh(x)
