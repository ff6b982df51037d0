"""What can be measured at a run without knowing what is wrong with it.

The one decision: an instrument takes the run as it is. The gradient is the one that the run
follows, the units are asked with the data that it is trained on, and the gradient check compares
with differences of its loss. A reading has a place on the axis for each layer, or each input.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from calclearn.calculus import numerical
from calclearn.calculus.checking import GradientReport, check_gradient
from calclearn.explorers.patients import Trial
from calclearn.networks.initial import fans
from calclearn.networks.inside import activations, length
from calclearn.networks.network import Network

FLAT = 0.01  # of the largest slope; a unit whose slopes are all below it is silent
SLOPES = {  # of an activation from its output a, of at most 1
    "ReLU": lambda a: a > 0,
    "RNN": lambda a: a > 0,  # those of the clinic have ReLU
    "LeakyReLU": lambda a: np.where(a > 0, 1, 0.1),
    "Tanh": lambda a: 1 - a**2,
    "Sigmoid": lambda a: 4 * a * (1 - a),
}


class Reading(NamedTuple):
    """What an instrument shows: numbers at places, at the start of the run and at its end."""

    places: list[str]
    start: np.ndarray
    end: np.ndarray
    words: str


def matrices(network: Network) -> dict[str, int]:
    """The weight matrices by a short name, and the place of each among all parameters.

    >>> from calclearn.explorers.cases import PATIENTS
    >>> matrices(PATIENTS["G"].trial().network)
    {'1 ih': 0, '1 hh': 1, '2': 4}
    """
    names, layers = {}, []
    for place, (name, shape) in enumerate(network.parameter_shapes.items()):
        layer, _, kind = name.split()
        layers += [layer] if layer not in layers else []
        if len(shape) > 1:
            names[f"{len(layers)} {kind[2:]}".strip()] = place
    return names


def pieces(network: Network, w: np.ndarray) -> list[np.ndarray]:
    """The weight matrices out of one vector (d,), of weights or of a gradient."""
    every = [part for layer in network.parameters(w) for part in layer]
    return [every[place] for place in matrices(network).values()]


def gradient_norms(trial: Trial, record: int) -> np.ndarray:
    """How long the gradient is at each of the weight matrices."""
    return np.array([length(g) for g in pieces(trial.network, trial.run.gradients[record])])


def by_layer(trial: Trial) -> Reading:
    """The gradient: ‖∂L/∂W‖ for each weight matrix."""
    start, end = gradient_norms(trial, 0), gradient_norms(trial, -1)
    words = f"the gradient is {start[0]:.2g} in the first layer and {start[-1]:.2g} in the last"
    return Reading([*matrices(trial.network)], start, end, f"At the start {words}.")


def weights(trial: Trial) -> Reading:
    """The scale of the weights, typical size · √inputs: in a wide layer 1 keeps a signal's size."""

    def scales(record: int) -> np.ndarray:
        found = pieces(trial.network, trial.run.points[record])
        return np.array([length(W) * np.sqrt(fans(W.shape)[0] / W.size) for W in found])

    w, places, start = trial.run.points, [*matrices(trial.network)], scales(0)
    moved, most = length(w[-1] - w[0]) / length(w[0]), int(np.argmax(start))
    words = (
        f"At the start the largest scale is {start[most]:.2g}, in layer {places[most]}. From "
        f"start to end all weights together move by {100 * moved:.2g} % of their length."
    )
    return Reading(places, start, scales(-1), words)


def silent(trial: Trial, record: int) -> dict[str, float]:
    """The share of silent units in each hidden layer: flat for all examples, in %."""
    with np.errstate(all="ignore"):
        found = activations(trial.network, trial.run.points[record], trial.data.x)
        slopes = [
            SLOPES[kind](a) for name, a in found.items() if (kind := name.split()[1]) in SLOPES
        ]
        return {
            f"{k}": 100 * float(np.mean(slope.max(axis=tuple(range(slope.ndim - 1))) < FLAT))
            for k, slope in enumerate(slopes, 1)
        }


def silent_units(trial: Trial) -> Reading:
    start, end = silent(trial, 0), silent(trial, -1)
    if not start:
        return Reading([], np.zeros(0), np.zeros(0), "There are no hidden units.")
    most = [max(share.values()) for share in (start, end)]
    words = (
        f"In the worst layer {most[0]:.0f} % of the units are silent at the start, "
        f"{most[1]:.0f} % at the end."
    )
    return Reading([*start], np.array([*start.values()]), np.array([*end.values()]), words)


def inputs(trial: Trial) -> Reading:
    """The standard deviation of each feature."""
    x = trial.data.x
    spread = x.reshape(-1, x.shape[-1]).std(axis=0)
    used = spread[spread > 0]
    low, high = (f"{size:.2g}" for size in (used.min(), used.max()))
    words = f"The inputs have standard deviations from {low} to {high}."
    if low == high:
        words = f"The standard deviation is {low}."
    return Reading([str(k + 1) for k in range(len(spread))], spread, np.zeros(0), words)


def checked(trial: Trial) -> tuple[np.ndarray, GradientReport]:
    """By what share the gradient misses the slopes along a random direction in each layer.

        s(c) = L(w₀ + Σₖ cₖ dₖ),      ∂s/∂cₖ = dₖ · ∇L

    So a check of thousands of weights is one of a few numbers.
    """
    network, rng = trial.network, np.random.default_rng(0)
    directions = np.zeros((len(matrices(network)), network.dimension))
    for part, row in zip(range(len(directions)), directions, strict=True):
        W = pieces(network, row)[part]
        W[...] = rng.normal(size=W.shape)  # a view, so it fills the direction
        row /= length(row)
    w = trial.run.points[0]

    def along(c: np.ndarray) -> np.ndarray:
        return trial.loss(np.moveaxis(w + np.tensordot(c, directions, (0, 0)), -1, 0))

    def given(c: np.ndarray) -> np.ndarray:
        return directions @ trial.loop.gradient(w + c @ directions)

    here = np.zeros(len(directions))
    slopes, found = numerical.grad(along)(here), given(here)
    typical = np.maximum(np.abs(slopes), 1e-6 * np.abs(slopes).max() or 1.0)
    return np.abs(found - slopes) / typical, check_gradient(along, given, at=here)


def gradient_check(trial: Trial) -> Reading:
    misses, report = checked(trial)
    names, words = [*matrices(trial.network)], report.message.replace("of f", "of the loss")
    for k, name in enumerate(names):
        words = words.replace(f"w[{k}]", f"layer {name}")
    return Reading(names, misses, np.zeros(0), words)


INSTRUMENTS: dict[str, Callable[[Trial], Reading]] = {
    "gradient by layer": by_layer, "weights by layer": weights, "silent units": silent_units,
    "inputs": inputs, "gradient check": gradient_check,
}  # fmt: skip
