"""What each layer of a network holds and receives, and directions in the network's own scale.

aₖ₊₁ = layerₖ(wₖ, aₖ)                      forward, from the first layer to the last
∂L/∂wₖ, ∂L/∂aₖ = pull-backₖ(∂L/∂aₖ₊₁)      backward: the gradient of `Network.loss`, in pieces
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from calclearn.calculus.autodiff import vjp
from calclearn.descent.arguments import generator, instance
from calclearn.descent.losses import cross_entropy
from calclearn.descent.surfaces import Array, as_points
from calclearn.networks.network import Error, Network


class Inside(NamedTuple):
    """A layer at work: its `activation` (N, ...), which is its output, and the loss's derivatives.

    `to_activation` (N, ...) is ∂L/∂activation; `to_parameters` has ∂L/∂W, ∂L/∂b, ...
    """

    name: str
    activation: np.ndarray
    to_activation: np.ndarray
    to_parameters: tuple[np.ndarray, ...]


def activations(network: Network, w: Array, x: Array) -> dict[str, np.ndarray]:
    """The output of each layer, by the layer's name, for inputs (N, *input_shape).

    Raises ValueError for weights or inputs that are not this network's.

    >>> from calclearn.networks.layers import Dense, Tanh
    >>> activations(Network((Dense(2), Tanh()), (2,)), np.ones(6), [[1.0, -2.0]])
    {'0 Dense': array([[0., 0.]]), '1 Tanh': array([[0., 0.]])}
    """
    return {name: value for name, value, _ in forward_pass(network, w, x)}


def backpropagated(
    network: Network, w: Array, x: Array, y: Array, error: Error = cross_entropy
) -> list[Inside]:
    """Every layer with what comes back to it from the loss L(w) = error(network(w, x), y).

    Raises what `Network.loss` and `activations` raise.

    >>> from calclearn.networks.layers import Dense, Sigmoid
    >>> layers = backpropagated(Network((Dense(2), Sigmoid()), (1,)), np.zeros(4), [[1.0]], [1])
    >>> [(layer.name, layer.to_activation.tolist()) for layer in layers]
    [('0 Dense', [[0.125, -0.125]]), ('1 Sigmoid', [[0.5, -0.5]])]

    Source: Rumelhart, Hinton & Williams, Nature 323 (1986).
    """
    steps = forward_pass(network, w, x)
    _, y = network.data(x, y, error)
    value, pull = vjp(lambda prediction: error(prediction, y), steps[-1][1])
    (g,) = pull(np.ones_like(value))
    layers = []
    for name, activation, pull in reversed(steps):
        *to_parameters, to_input = pull(g)
        layers.append(Inside(name, activation, g, tuple(to_parameters)))
        g = to_input
    return layers[::-1]


def gradient_norms(
    network: Network, w: Array, x: Array, y: Array, error: Error = cross_entropy
) -> dict[str, float]:
    """The length ‖∂L/∂wₖ‖ of the gradient in each layer that has parameters, by the layer's name.

    Their squares add up to ‖∇L‖². Raises what `backpropagated` raises.

    >>> from calclearn.networks.layers import Dense
    >>> gradient_norms(Network((Dense(2), Dense(2)), (1,)), np.zeros(10), [[1.0], [3.0]], [1, 1])
    {'0 Dense': 0.0, '1 Dense': 0.7071067811865476}
    """
    layers = backpropagated(network, w, x, y, error)
    return {a.name: length(*a.to_parameters) for a in layers if a.to_parameters}


def length(*parts: np.ndarray) -> float:
    """√(Σ g²) over all parts, in 64 bits: the squares of 32-bit numbers may overflow."""
    return math.sqrt(sum(np.sum(np.square(part, dtype=float)) for part in parts))


def forward_pass(network: Network, w: Array, x: Array) -> list[tuple[str, np.ndarray, Callable]]:
    """Each layer's name, its output, and its pull-back to (its parameters..., its input)."""
    instance("network", network, Network, "a Network")
    parts, steps = network.parameters(w), []
    a = network.inputs(x, as_points(w).dtype)
    for k, (layer, own) in enumerate(zip(network.layers, parts, strict=True)):
        a, pull = vjp(lambda *given, k=k: network.outputs(k, given[:-1], given[-1]), *own, a)
        steps.append((f"{k} {type(layer).__name__}", a, pull))
    return steps


def filter_normalised(network: Network, w: Array, rng: Any) -> np.ndarray:
    """A random direction (d,) with the length of the weights w (d,) in every filter, 0 for biases.

        dᵢ ← dᵢ ‖wᵢ‖ / ‖dᵢ‖        i: all weights into one unit, or one channel

    A layer of ReLU with its weights doubled and the next with its weights halved compute the same,
    so plain random directions look steep or flat at will; these do not. `rng`: a generator or seed.
    Raises ValueError for weights that are not this network's.

    >>> from calclearn.networks.layers import Dense
    >>> abs(filter_normalised(Network((Dense(2),), (1,)), np.array([3.0, -4.0, 1.0, 1.0]), 0))
    array([3., 4., 0., 0.])

    Source: Li, Xu, Taylor, Studer & Goldstein, NeurIPS (2018).
    """
    instance("network", network, Network, "a Network")
    rng, direction = generator(rng), []
    for part in (part for parts in network.parameters(w) for part in parts):
        if part.ndim < 2:
            direction.append(np.zeros(part.size))
            continue
        filters, drawn = part.reshape(len(part), -1), rng.normal(size=(len(part), part[0].size))
        lengths = np.linalg.norm(filters, axis=1) / np.linalg.norm(drawn, axis=1)
        direction.append((drawn * lengths[:, None]).ravel())
    return np.concatenate(direction)
