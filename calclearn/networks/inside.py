"""What every layer of a network holds, and what comes back to it.

The one decision: the network is walked layer by layer, there and back, as one would by hand.

    aₖ₊₁ = layerₖ(wₖ, aₖ)                               forward, from the first layer to the last
    ∂L/∂wₖ, ∂L/∂aₖ = pull-backₖ(∂L/∂aₖ₊₁)               backward, from the last to the first

What comes out is the gradient of `Network.loss`, in pieces; training itself has no need of them.
"""

import contextlib
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from calclearn.calculus.autodiff import vjp
from calclearn.descent.losses import cross_entropy
from calclearn.descent.surfaces import Array
from calclearn.networks.layers import Layer
from calclearn.networks.network import Network, network_like


class Inside(NamedTuple):
    """A layer at work: its `activation` (N, ...), what it has put out, and the loss's derivatives.

    `to_activation` (N, ...) is ∂L/∂activation, `to_parameters` has ∂L/∂W, ∂L/∂b, ... in the order
    of the layer's `shapes`; empty for a layer without parameters.
    """

    name: str
    activation: np.ndarray
    to_activation: np.ndarray
    to_parameters: tuple[np.ndarray, ...]


def activations(network: Network, w: Array, x: Array) -> dict[str, np.ndarray]:
    """What each layer puts out, by the layer's name, for inputs (N, *input_shape).

    Raises ValueError for weights or inputs that are not this network's.

    >>> from calclearn.networks.layers import Dense, Tanh
    >>> network = Network((Dense(2), Tanh(), Dense(1)), input_shape=(2,))
    >>> found = activations(network, np.ones(9), np.array([[1.0, -2.0]]))
    >>> found["1 Tanh"], found["2 Dense"].shape
    (array([[0., 0.]]), (1, 1))
    """
    return {name: value for name, value, _ in walk(network, w, x)}


def backpropagated(
    network: Network, w: Array, x: Array, y: Array, error: Callable = cross_entropy
) -> list[Inside]:
    """Every layer with what comes back to it from the loss L(w) = error(network(w, x), y).

    Raises what `Network.loss` raises, and ValueError for weights that are not this network's.

    >>> from calclearn.networks.layers import Dense, Sigmoid
    >>> network = Network((Dense(2), Sigmoid(), Dense(2)), input_shape=(1,))
    >>> for layer in backpropagated(network, np.ones(10), np.zeros((4, 1)), np.array([0, 0, 0, 1])):
    ...     print(layer.name, [g.shape for g in layer.to_parameters])
    0 Dense [(2, 1), (2,)]
    1 Sigmoid []
    2 Dense [(2, 2), (2,)]

    Source: Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors",
    Nature 323 (1986).
    """
    forward = walk(network, w, x)
    network.loss(x, y, error)  # says in one sentence what is wrong with x and y
    value, pull = vjp(lambda prediction: error(prediction, np.asarray(y)), forward[-1][1])
    (g,) = pull(np.ones_like(value))
    layers = []
    for name, activation, pull in reversed(forward):
        *to_parameters, to_input = pull(g)
        layers.append(Inside(name, activation, g, tuple(to_parameters)))
        g = to_input
    return layers[::-1]


def gradient_norms(
    network: Network, w: Array, x: Array, y: Array, error: Callable = cross_entropy
) -> dict[str, float]:
    """How long the gradient is in each layer that has parameters, by the layer's name: ‖∂L/∂wₖ‖.

    Their squares add up to ‖∇L‖². Raises what `backpropagated` raises.

    >>> from calclearn.networks.layers import Dense
    >>> network = Network((Dense(2), Dense(2)), input_shape=(1,))
    >>> norms = gradient_norms(network, np.zeros(10), np.ones((4, 1)), np.array([0, 0, 0, 1]))
    >>> {name: round(norm, 3) for name, norm in norms.items()}
    {'0 Dense': 0.0, '1 Dense': 0.354}
    """
    return {
        layer.name: length(*layer.to_parameters)
        for layer in backpropagated(network, w, x, y, error)
        if layer.to_parameters
    }


def gradient_of_output(
    layer: Layer, parameters: tuple[Array, ...], x: Array, index: tuple[int, ...]
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Which inputs and which parameters one single output depends on, and how strongly.

    ∂y[index]/∂x, and a tuple of ∂y[index]/∂W, ∂y[index]/∂b, ..., for y = layer(parameters, x)

    x: (N, ...), `index` one of y: (N, ...).  Of a convolution's input the kernel is seen, laid on
    one window, and of its kernel the window that it covers; max pooling sends all to the winner,
    average pooling the same to every cell.  Raises ValueError unless `index` names one output.

    >>> from calclearn.networks.pooling import AvgPool2D, MaxPool2D
    >>> x = np.array([[[[1.0, 5.0, 2.0, 0.0], [4.0, 3.0, 0.0, 0.0]]]])
    >>> gradient_of_output(MaxPool2D(2), (), x, (0, 0, 0, 0))[0][0, 0]
    array([[0., 1., 0., 0.],
           [0., 0., 0., 0.]])
    >>> gradient_of_output(AvgPool2D(2), (), x, (0, 0, 0, 0))[0][0, 0]
    array([[0.25, 0.25, 0.  , 0.  ],
           [0.25, 0.25, 0.  , 0.  ]])
    """
    y, pull = vjp(lambda x, *parameters: layer(parameters, x), x, *parameters)
    g = np.zeros(y.shape)
    with contextlib.suppress(IndexError):
        g[index] = 1
    if np.sum(g) != 1:
        raise ValueError(f"index must name one output of shape {y.shape}, got {index!r:.60}")
    to_input, *to_parameters = pull(g)
    return to_input, tuple(to_parameters)


def length(*parts: np.ndarray) -> float:
    """√(Σ g²) over all parts, in 64 bits: the squares of 32-bit numbers may overflow.

    >>> f"{length(np.float32([3e30]), np.float32([[0.0, 4e30]])):.3g}"
    '5e+30'
    """
    return math.sqrt(sum(np.sum(np.square(part, dtype=float)) for part in parts))


def walk(network: Network, w: Array, x: Array) -> list[tuple[str, np.ndarray, Callable]]:
    """Each layer's name, what it puts out, and its pull-back to (its parameters..., its input)."""
    network_like(network)
    parts, steps = network.parameters(w), []
    a = network._inputs(x, w)
    for k, (layer, parameters) in enumerate(zip(network.layers, parts, strict=True)):
        a, pull = vjp(lambda *given, layer=layer: layer(given[:-1], given[-1]), *parameters, a)
        steps.append((f"{k} {type(layer).__name__}", a, pull))
    return steps
