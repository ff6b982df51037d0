"""A network is its layers in a row; all of its weights lie in one flat vector.

    aₖ₊₁ = layerₖ(wₖ, aₖ),      w = (w₀, w₁, ...) in one vector of d numbers

So a network's loss is a Surface over d weights like any other: `descend` trains it with any
optimizer, and a slice through it is drawn by the code of the bowl.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice, pairwise
from typing import Any

import numpy as np

from calclearn.calculus.autodiff import value_and_grad
from calclearn.calculus.tracing import Traced, primitive, rule
from calclearn.descent.arguments import array, floating, generator, instance, is_real, shown, whole
from calclearn.descent.losses import cross_entropy
from calclearn.descent.surfaces import Array, Surface, as_points
from calclearn.networks.layers import Layer, Shape, with_n

Error = Callable[[Array, Array], Array]


@primitive
def views(w: np.ndarray, shapes: tuple[Shape, ...]) -> tuple[np.ndarray, ...]:
    """A flat vector (d,) as arrays of these shapes, one behind the other, that share its memory."""
    ends = accumulate(map(math.prod, shapes), initial=0)
    places = zip(shapes, pairwise(ends), strict=True)
    return tuple(w[start:end].reshape(shape) for shape, (start, end) in places)


@rule(views)
def flattened(g, y, w, shapes):
    """The cotangents of the arrays one behind the other; 0 for those that were not used."""
    parts = [np.zeros_like(v) if part is None else part for part, v in zip(g, y, strict=True)]
    return np.concatenate([np.ravel(part) for part in parts])


@dataclass(frozen=True)
class Network:
    """Layers in a row, for inputs of one shape (without N).

    Raises ValueError where a layer cannot take what the one before it gives.

    >>> from calclearn.networks.layers import Dense, Tanh
    >>> network = Network((Dense(16), Tanh(), Dense(1)), input_shape=(2,))
    >>> network.dimension, network.shapes, network(network.init(0), np.zeros((3, 2))).shape
    (65, [(2,), (16,), (16,), (1,)], (3, 1))
    """

    layers: tuple[Layer, ...]
    input_shape: Shape

    def __post_init__(self) -> None:
        layers, shape = self.layers, self.input_shape
        if not isinstance(layers, tuple | list) or not all(isinstance(a, Layer) for a in layers):
            got = shown(layers)
            raise TypeError(f"layers must be layers in a row, such as (Dense(3),), got {got}")
        instance("input_shape", shape, tuple | list, "a tuple such as (1, 8, 8)")
        for size in shape:
            whole("each of input_shape", size, 1)
        vars(self).update(layers=tuple(layers), input_shape=tuple(shape))
        if not self.parameter_shapes:
            raise ValueError("layers must have weights to learn, got none that has")

    @cached_property
    def shapes(self) -> list[Shape]:
        """The shape of the inputs of each layer, and last of the outputs."""
        shapes = [self.input_shape]
        for layer in self.layers:
            shape = layer.output_shape(shapes[-1])
            instance(f"output_shape of {layer}", shape, tuple | list, "a tuple")
            shapes.append(tuple(shape))
        return shapes

    @cached_property
    def parameter_shapes(self) -> dict[str, Shape]:
        """The shape of each array of parameters, named after its layer: "0 Dense W"."""
        named = {}
        for k, (layer, shape) in enumerate(zip(self.layers, self.shapes, strict=False)):
            shapes = layer.shapes(shape)
            instance(f"shapes of {layer}", shapes, dict, "a dict of names and shapes")
            for name, size in shapes.items():
                instance(f"shape {name} of {layer}", size, tuple, "a tuple")
                named[f"{k} {type(layer).__name__} {name}"] = size
        return named

    @cached_property
    def dimension(self) -> int:
        """The number of weights, d."""
        return sum(map(math.prod, self.parameter_shapes.values()))

    def init(self, rng: Any) -> np.ndarray:
        """Initial weights (d,), drawn by each layer's own initialisation; `rng` or a seed."""
        rng = generator(rng)
        drawn = [a.init(rng, shape) for a, shape in zip(self.layers, self.shapes, strict=False)]
        return np.concatenate([part.ravel() for parts in drawn for part in parts])

    def parameters(self, w: Array) -> list[tuple[Array, ...]]:
        """The parameters of each layer, views of the weights (d,)."""
        w = as_points(w)
        if w.shape != (self.dimension,):
            raise ValueError(f"w must have shape ({self.dimension},), got {w.shape}")
        parts = iter(views(w, tuple(self.parameter_shapes.values())))
        pairs = zip(self.layers, self.shapes, strict=False)
        return [tuple(islice(parts, len(layer.shapes(shape)))) for layer, shape in pairs]

    def __call__(self, w: Array, x: Array, rng: Any = None) -> Array:
        """The outputs (N, ...) for inputs (N, *input_shape), in the weights' own precision.

        With an `rng` (or a seed), as in training, layers such as Dropout draw from it.
        """
        x, rng = self.inputs(x, as_points(w).dtype), None if rng is None else generator(rng)
        for k, parameters in enumerate(self.parameters(w)):
            x = self.outputs(k, parameters, x, rng)
        return x

    def outputs(self, k: int, parameters: tuple[Array, ...], x: Array, rng: Any = None) -> Array:
        """The outputs of layer k. Raises ValueError where they have not the shape it states."""
        y, shape = self.layers[k].apply(parameters, x, rng), x.shape[:1] + self.shapes[k + 1]
        if getattr(y, "shape", None) != shape:
            got = shown(getattr(y, "shape", y))
            raise ValueError(f"{self.layers[k]} must have outputs of shape {shape}, got {got}")
        return y

    def inputs(self, x: Array, dtype: Any) -> Array:
        """x as the first layer takes it, in this precision. Raises ValueError for other shapes."""
        x = array("x", x, finite=False)
        if x.ndim == 0 or x.shape[1:] != self.input_shape:
            raise ValueError(f"x must have shape {with_n(self.input_shape)}, got {x.shape}")
        if type(x) is Traced:
            return x
        x = np.asarray(x, dtype).view()
        x.flags.writeable = False  # so that no layer changes the data in place
        return x

    def loss(
        self, x: Array, y: Array, error: Error = cross_entropy, batch_size: int | None = None
    ) -> Surface:
        """How wrong the network is about the data, over its weights (d,).

        L(w) = error(network(w, x), y)

        x: (N, *input_shape). y: of the outputs' shape, or class numbers (N,) for `cross_entropy`
        and for errors of one's own. `sample` draws mini-batches of `batch_size` without repetition,
        with Dropout at work; a sum over a batch counts N / batch_size times. Raises ValueError for
        data and errors that do not fit.

        >>> from calclearn.networks.layers import Dense
        >>> loss = Network((Dense(3),), (2,)).loss(np.ones((4, 2)), np.array([0, 1, 2, 0]))
        >>> loss(np.zeros(9)).round(6), loss.gradient(np.zeros(9)).shape
        (np.float64(1.098612), (9,))
        """
        x, y = self.data(x, y, error)
        share = 1.0
        if batch_size is not None:
            whole("batch_size", batch_size, 1, len(x))
            if is_sum(error, self.shapes[-1], y[:batch_size]):
                share = len(x) / batch_size
        random = any(layer.random for layer in self.layers)

        def surface(x: np.ndarray, y: np.ndarray, seed: Any = None, sampler: Any = None) -> Surface:
            """The loss of data; with a seed, random layers draw the same at every point."""

            def value(w: Array) -> Array:
                return error(self(w, x, seed), y if y.dtype.kind == "i" else y.astype(w.dtype))

            both = value_and_grad(value)
            return Surface(
                lambda w: at_each(value, w),
                value_and_gradient=lambda w: at_each(both, w),
                name="loss of a network", dimension=self.dimension, sampler=sampler,
            )  # fmt: skip

        def sample(rng: np.random.Generator) -> Surface:
            rows = rng.choice(len(x), batch_size, False, shuffle=False) if batch_size else ...
            batch = surface(x[rows], y[rows], rng.integers(2**63) if random else None)
            return batch if share == 1 else share * batch

        return surface(x, y, sampler=sample if random or batch_size else None)

    def data(self, x: Array, y: Array, error: Error) -> tuple[np.ndarray, np.ndarray]:
        """x and y as this network and error can take them, or one sentence that says why not."""
        x, y = np.array(array("x", x)), np.array(array("y", y))  # later changes change no loss
        instance("error", error, Callable, "a function such as mse")
        self.inputs(x, x.dtype)
        if len(x) == 0 or y.shape[:1] != x.shape[:1]:
            expected = "x and y must hold the same number of examples, at least 1"
            raise ValueError(f"{expected}, got {x.shape} and {y.shape}")
        outputs = np.zeros((len(x), *self.shapes[-1]))
        targets = getattr(error, "targets", None)
        if targets == "classes" and outputs.shape[1:] == (1,):
            raise ValueError(
                "of one class the cross-entropy is always 0: give the network an output for each "
                "class, or take binary_cross_entropy"
            )
        if targets != "numbers" and y.ndim == 1 and outputs.ndim == 2 and outputs.shape[1] > 1:
            y = class_numbers(y, outputs.shape[1])
        elif targets != "classes" and y.shape != outputs.shape:
            raise ValueError(f"y must have the outputs' shape {outputs.shape}, got {y.shape}")
        else:
            y = floating("y", y)
        fit = f"outputs of shape {outputs.shape}"
        try:
            with np.errstate(all="ignore"):
                value = error(outputs, y)
        except (ValueError, IndexError) as why:
            raise ValueError(f"error must take {fit} and y of shape {y.shape}: {why}") from why
        if not is_real(value) or np.shape(value) != ():
            got = f"shape {np.shape(value)}" if is_real(value) else shown(value)
            raise ValueError(f"error must be one number for {fit}, got {got}")
        return x, y


def class_numbers(y: np.ndarray, count: int) -> np.ndarray:
    """Class numbers (N,) as indices. Raises ValueError unless each is one of 0, ..., count - 1."""
    wrong = ~np.isin(y, np.arange(count))
    if wrong.any():
        raise ValueError(f"y must hold class numbers from 0 to {count - 1}, got {y[wrong][0]}")
    return y.astype(np.intp)  # which needs no cast, be an index of 32 bits or 64


def is_sum(error: Error, shape: Shape, y: np.ndarray) -> bool:
    """Whether an error is a sum over the data: of all data twice, it is twice as large.

    `shape` is that of one output, y (N, ...) are targets.
    """
    outputs = np.random.default_rng(0).uniform(0.1, 0.9, (len(y), *shape))
    with np.errstate(all="ignore"):
        once, twice = error(outputs, y), error(np.repeat(outputs, 2, 0), np.repeat(y, 2, 0))
        return bool(np.isclose(twice, 2 * once, atol=0))


def at_each(f: Callable[[Array], Any], w: Array) -> Any:
    """A function of single points (d,), or a tuple of results, at each of the points w (d, ...)."""
    if w.ndim == 1:
        return f(w)
    if w.size == 0:
        raise ValueError(f"w must hold at least one point, got shape {w.shape}")
    results = [f(np.copy(point)) for point in np.reshape(w, (len(w), -1)).T]

    def together(parts: Any) -> Array:
        return np.reshape(np.stack(parts, axis=-1), np.shape(parts[0]) + w.shape[1:])

    if isinstance(results[0], tuple):
        return tuple(map(together, zip(*results, strict=True)))
    return together(results)
