"""A network is its layers in a row; all of its weights lie in one flat vector.

    aₖ₊₁ = layerₖ(wₖ, aₖ),      w = (w₀, w₁, ...) in one vector of d numbers

So a network's loss is a Surface over d weights like any other: `descend` trains it with any
optimizer, and a slice through it is drawn by the code of the bowl.  The layers take views of the
vector, and the gradient comes back as one vector, by one operation.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from calclearn.calculus.autodiff import value_and_grad
from calclearn.calculus.tracing import Traced, primitive, rule
from calclearn.descent.arguments import (
    finite_numbers,
    generator,
    is_real,
    real_numbers,
    whole_number,
)
from calclearn.descent.batches import Array, as_points
from calclearn.descent.errors import cross_entropy
from calclearn.descent.surfaces import Surface
from calclearn.networks.layers import Dropout, Layer, Shape


@primitive
def views(w: np.ndarray, shapes: tuple[Shape, ...]) -> tuple[np.ndarray, ...]:
    """A flat vector (d,) as arrays of these shapes, one behind the other, that share its memory."""
    ends = accumulate(map(math.prod, shapes), initial=0)
    places = zip(shapes, pairwise(ends), strict=True)
    return tuple(w[start:end].reshape(shape) for shape, (start, end) in places)


@rule(views)
def flattened(g, y, w, shapes):
    """The cotangents of the arrays one behind the other; 0 for those that were not used."""
    return np.concatenate(
        [np.zeros(v.size, v.dtype) if part is None else np.ravel(part)
         for part, v in zip(g, y, strict=True)]
    )  # fmt: skip


@dataclass(frozen=True)
class Network:
    """Layers in a row, for inputs of one shape (without N).

    `dimension` is the number d of its weights, `shapes` are the shapes of what goes into each
    layer, and last of what comes out. Raises ValueError where a layer cannot take what the one
    before it gives.

    >>> from calclearn.networks.layers import Dense, Tanh
    >>> network = Network((Dense(16), Tanh(), Dense(1)), input_shape=(2,))
    >>> network.dimension, network.shapes
    (65, [(2,), (16,), (16,), (1,)])
    >>> network(network.init(np.random.default_rng(0)), np.zeros((3, 2))).shape
    (3, 1)
    """

    layers: tuple[Layer, ...]
    input_shape: Shape

    def __post_init__(self) -> None:
        layers, shape = self.layers, self.input_shape
        if not isinstance(layers, tuple | list) or not all(isinstance(a, Layer) for a in layers):
            raise TypeError(f"layers must be layers in a row, such as (Dense(3),), got {layers!r}")
        if not isinstance(shape, tuple | list):
            raise TypeError(f"input_shape must be a tuple such as (1, 8, 8), got {shape!r}")
        for size in shape:
            whole_number("each of input_shape", size, 1)
        object.__setattr__(self, "layers", tuple(layers))
        object.__setattr__(self, "input_shape", tuple(shape))
        if not self.parameter_shapes:
            raise ValueError("layers must have weights to learn, got none that has")

    @cached_property
    def shapes(self) -> list[Shape]:
        """What goes into each layer, and what comes out of the last."""
        shapes = [self.input_shape]
        for layer in self.layers:
            shapes.append(layer.output_shape(shapes[-1]))
        return shapes

    @cached_property
    def parameter_shapes(self) -> dict[str, Shape]:
        """The shape of each array of parameters, named after its layer: "0 Dense W"."""
        return {
            f"{k} {type(layer).__name__} {name}": found
            for k, (layer, shape) in enumerate(zip(self.layers, self.shapes, strict=False))
            for name, found in layer.shapes(shape).items()
        }

    @cached_property
    def dimension(self) -> int:
        """The number of weights, d."""
        return sum(map(math.prod, self.parameter_shapes.values()))

    @cached_property
    def _plan(self) -> tuple[tuple[Shape, ...], list[slice]]:
        """The shapes for `views`, and which of the views are each layer's."""
        counts = [len(layer.shapes(s)) for layer, s in zip(self.layers, self.shapes, strict=False)]
        places = [slice(*pair) for pair in pairwise(accumulate(counts, initial=0))]
        return tuple(self.parameter_shapes.values()), places

    def init(self, rng: Any) -> np.ndarray:
        """First weights (d,), drawn by each layer's own initialisation; `rng` or a seed."""
        rng = generator(rng)
        parts = [
            part
            for layer, shape in zip(self.layers, self.shapes, strict=False)
            for part in layer.init(rng, shape)
        ]
        return np.concatenate([part.ravel() for part in parts])

    def parameters(self, w: Array) -> list[tuple[Array, ...]]:
        """The parameters of each layer, views of the weights (d,)."""
        w = as_points(w)
        if w.shape != (self.dimension,):
            raise ValueError(f"w must have shape ({self.dimension},), got {w.shape}")
        shapes, places = self._plan
        parts = views(w, shapes)
        return [parts[place] for place in places]

    def __call__(self, w: Array, x: Array, rng: Any = None) -> Array:
        """The outputs (N, ...) for inputs (N, *input_shape), in the weights' own precision.

        With an `rng` (or a seed), as in training, Dropout is at work.
        """
        x, rng = self._inputs(x, w), None if rng is None else generator(rng)
        for layer, parameters in zip(self.layers, self.parameters(w), strict=True):
            random = isinstance(layer, Dropout)
            x = layer(parameters, x, rng) if random else layer(parameters, x)
        return x

    def _inputs(self, x: Array, w: Array) -> Array:
        real_numbers("x", x)
        if np.shape(x)[1:] != self.input_shape or np.ndim(x) == 0:
            expected = ("N", *self.input_shape)
            raise ValueError(f"x must have shape {expected}, got {np.shape(x)}".replace("'", ""))
        if type(x) is Traced:
            return x
        return np.asarray(x, as_points(w).dtype)

    def loss(
        self,
        x: Array,
        y: Array,
        error: Callable[[Array, Array], Array] = cross_entropy,
        batch_size: int | None = None,
    ) -> Surface:
        """How wrong the network is about the data, over its weights (d,).

        L(w) = error(network(w, x), y)

        x: (N, *input_shape). y: class numbers (N,) for `cross_entropy`; for the errors of single
        numbers, such as `mse`, of the outputs' shape. `sample` draws mini-batches of `batch_size`
        without repetition, with Dropout at work; the surface itself is without. Raises ValueError
        for data that are empty, not finite or of other shapes, for class numbers out of range, and
        for an error that is not one number.

        >>> from calclearn.networks.layers import Dense
        >>> loss = Network((Dense(3),), (2,)).loss(np.ones((4, 2)), np.array([0, 1, 2, 0]))
        >>> round(float(loss(np.zeros(9))), 6), loss.gradient(np.zeros(9)).shape
        (1.098612, (9,))
        """
        x, y = self._data(x, y, error)
        if batch_size is not None:
            whole_number("batch_size", batch_size, 1, len(x))
        random = any(isinstance(layer, Dropout) for layer in self.layers)
        share = 1 if getattr(error, "averaged", True) else len(x) / (batch_size or len(x))

        def sample(rng: np.random.Generator) -> Surface:
            rows = rng.choice(len(x), batch_size, False, shuffle=False) if batch_size else ...
            seed = rng.integers(2**63) if random else None
            batch = self._surface(x[rows], y[rows], error, seed)
            return batch if share == 1 else share * batch

        noisy = random or batch_size is not None
        return self._surface(x, y, error, None, sample if noisy else None)

    def _surface(self, x, y, error, seed: int | None, sampler: Any = None) -> Surface:
        """The loss of some data; a `seed` says what Dropout silences, the same at every look."""

        def value(w: Array) -> Array:
            target = y if y.dtype.kind in "iu" else y.astype(w.dtype)
            return error(self(w, x, seed), target)

        both = value_and_grad(value)
        return Surface(
            lambda w: at_each(value, w),
            lambda w: at_each(both, w)[1],
            value_and_gradient=lambda w: at_each(both, w),
            name=f"{name_of(error)} of a network",
            dimension=self.dimension,
            sampler=sampler,
        )

    def _data(self, x: Array, y: Array, error: Any) -> tuple[np.ndarray, np.ndarray]:
        """x and y as this network and error can take them, or one sentence that says why not."""
        finite_numbers("x", x)
        finite_numbers("y", y)
        if not callable(error):
            raise TypeError(f"error must be a function such as mse, got {error!r:.60}")
        x, y = np.asarray(x), np.asarray(y)
        self._inputs(x, x)
        if len(x) == 0 or y.shape[:1] != x.shape[:1]:
            raise ValueError(
                f"x and y must hold the same number of examples, at least 1, got {x.shape} "
                f"and {y.shape}"
            )
        outputs = np.zeros((len(x), *self.shapes[-1]))
        if error is not cross_entropy and y.shape != outputs.shape:
            raise ValueError(f"y must have the outputs' shape {outputs.shape}, got {y.shape}")
        with np.errstate(all="ignore"):
            value = error(outputs, y)
        if not is_real(value) or np.shape(value) != ():
            got = f"shape {np.shape(value)}" if is_real(value) else f"{value!r:.60}"
            raise ValueError(
                f"error must be one number for outputs of shape {outputs.shape}, got {got}"
            )
        return x, y


def name_of(error: Callable) -> str:
    """An error's name in words."""
    found = getattr(error, "name", None) or getattr(error, "__name__", "loss")
    return found.replace("_", "-")


def at_each(field: Callable[[Array], Any], w: Array) -> Any:
    """What a field of single points finds at each of the points w (d, ...), in their order."""
    if w.ndim == 1:
        return field(w)
    if w.size == 0:
        raise ValueError(f"w must hold at least one point, got shape {w.shape}")
    flat = np.reshape(w, (len(w), -1))
    found = [field(np.copy(flat[:, k])) for k in range(flat.shape[1])]
    if isinstance(found[0], tuple):  # values and gradients
        return tuple(gathered(parts, w) for parts in zip(*found, strict=True))
    return gathered(found, w)


def gathered(parts: Sequence[Array], w: Array) -> Array:
    """The parts found at the points w (d, ...) in one array: (...) or (d, ...)."""
    return np.reshape(np.stack(parts, axis=-1), np.shape(parts[0]) + w.shape[1:])


def network_like(network: Any) -> None:
    """Raise TypeError for what is no network."""
    if not isinstance(network, Network):
        raise TypeError(f"network must be a Network, got {network!r:.60}")
