"""Explorers of backpropagation: one function taken apart, and a network that learns by it.

A step, forward or backward or of a training, is a slider like any other, so that one can go back;
the buttons beside it only move it.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from calclearn.calculus.graph import argument_names, trace
from calclearn.data.spirals import spirals
from calclearn.descent.descend import Descent, descend
from calclearn.descent.losses import mse
from calclearn.descent.optimizers import Adam
from calclearn.descent.surfaces import Surface
from calclearn.explorers.buttons import with_buttons
from calclearn.explorers.controls import choice, log_slider, round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.figures.answers import AnswerMap
from calclearn.figures.curves import Curve
from calclearn.figures.graphs import (
    ComputationGraph,
    Pass,
    downstream,
    formula,
    height,
    name,
    number,
)  # fmt: skip
from calclearn.figures.style import GREY, panels
from calclearn.figures.surfaces import Point, grid
from calclearn.networks.layers import Dense, Tanh
from calclearn.networks.network import Network

STEPS, WINDOW = 400, 2.3  # of training; and half the width of the map, in cm


def neuron(x, w, b, target):
    """Return the squared error of one neuron: (tanh(w·x + b) - target)²."""
    return (np.tanh(w * x + b) - target) ** 2


def backpropagation(f: Callable = neuron, *arguments) -> Explorer:
    """Who caused the result? Any small function as a graph: its values forward, its blame backward.

    `step` goes there and back; each argument that is a number is a slider. Without a function it
    shows one `neuron`. Raises ValueError for a function with more than 25 nodes, or whose result is
    not one number computed from its arguments.

    >>> backpropagation(lambda u, v: u * v, 3.0, 4.0).caption
    'At u = 3, v = 4: forward, 1 of 1, 3 × 4 = 12; local derivatives 4 and 3.'
    """
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")
    arguments = arguments or ((1.5, -0.8, 0.3, 0.5) if f is neuron else ())
    names = argument_names(f)
    if len(names) != len(arguments) or {"step", "compute", "drawings", "caption"} & set(names):
        raise ValueError(
            f"f must take as many arguments as are given, none of them named step, compute, "
            f"drawings or caption; got {names} for {len(arguments)} arguments"
        )
    given = dict(zip(names, arguments, strict=True))

    def compute(step: int, **moved: float) -> dict:
        with np.errstate(all="ignore"):
            graph = trace(f, *(given | moved).values())
        if np.ndim(graph.result.value) or not graph.result.parents:
            raise ValueError("f must return one number that it computes from its arguments")
        for k, node in enumerate(graph.nodes):
            if not (np.all(np.isfinite(node.value)) and np.all(np.isfinite(node.adjoint))):
                raise ValueError(
                    f"{formula(graph, k)} has no finite value or derivative: move an input."
                )
        walk = Pass(graph, step)
        return {
            "walk": walk._replace(step=min(step, walk.last)),
            "gradient": {n.operation: np.array(n.adjoint) for n in graph.nodes if not n.parents},
        }

    first = compute(0)["walk"]
    (ax,) = panels("flat", height=height(first.graph))
    sliders = {
        argument: round_slider(value, (-2.0 * max(1.0, abs(value)), 2.0 * max(1.0, abs(value))))
        for argument, value in given.items()
        if np.ndim(value) == 0
    }
    step = slider(len(first.operations), 0, first.last, 1)
    drawings = {"walk": ComputationGraph(ax)}
    explorer = explore(compute, drawings, lambda state: told(state["walk"]), step=step, **sliders)
    return with_buttons(explorer, "step", interval=900)


def told(walk: Pass) -> str:
    """Say what happens at this step of a pass."""
    (graph, step), nodes, ops = walk, walk.graph.nodes, walk.operations

    inputs = [node for node in nodes if not node.parents]
    at = "At " + ", ".join(f"{node.operation} = {number(node.value)}" for node in inputs)
    if step == 0:
        return f"{at}: nothing is computed yet, no local derivative is known."
    if step <= len(ops):
        k = ops[step - 1]
        slopes = " and ".join(map(number, nodes[k].local))
        return (
            f"{at}: forward, {step} of {len(ops)}, {formula(graph, k)} = {number(nodes[k].value)}; "
            f"local {'derivatives' if len(nodes[k].local) > 1 else 'derivative'} {slopes}."
        )
    if not walk.sent:
        return f"{at}: backward begins; the derivative of the result with respect to itself is 1."
    k, j = walk.sent[-1]
    upstream, local, parent = nodes[k].adjoint, nodes[k].local[j], nodes[k].parents[j]
    share, here, there = downstream(graph, k, j), name(graph, k), name(graph, parent)
    if np.ndim(upstream) or np.ndim(local):
        product = f"an array of shape {np.shape(share)}"
    else:
        product = (
            f"upstream {number(upstream)} × local derivative {number(local)} = "
            f"downstream {number(share)}"
        )
    if step == walk.last:
        ends = [f"∂/∂{node.operation} = {number(node.adjoint)}" for node in inputs]
        rest = f"done, the derivatives are {', '.join(ends)}"
    else:
        rest = f"{'more is to come' if parent in walk.waiting else 'all has come'} to {there}"
    return (
        f"{at}: backward, {len(walk.sent)} of {len(walk.lines)}, from {here} to {there}: "
        f"{product}; {rest}."
    )


def learning_spirals() -> Explorer:
    """A network that learns to tell two spirals apart, at any step of its training.

    `learning_rate` is Adam's, `hidden` the number of units in each of the two hidden layers. A
    point is the larger, the more it is to be blamed for the loss.

    >>> learning_spirals().set(step=400).state["wrong"]
    0
    """
    data = spirals()
    points = np.stack([data.x, data.y])
    mesh = grid(((-WINDOW, WINDOW),) * 2, 40)
    left, right = panels("flat", "flat", ratios=(1, 1.1), height=4.1)

    def compute(step: int, learning_rate: float, hidden: int) -> dict:
        run, network = train(hidden, learning_rate), spiral_network(hidden)
        k = min(step, len(run.values) - 1)
        w, losses = run.points[k], np.maximum(run.values, 1e-9)
        answers = answers_at(points, network, w)
        return {
            "map": (answers_at(mesh, network, w), (answers - data.arm) ** 2),
            "losses": (np.arange(len(losses)), losses), "now": (k, losses[k]),
            "gradient": run.gradients[k], "wrong": int(np.sum(answers * data.arm <= 0)),
            "hidden": hidden, "rate": learning_rate,
        }  # fmt: skip

    def caption(state: dict) -> str:
        blame = np.abs(state["gradient"])
        return (
            f"{state['hidden']} units a layer, learning rate {state['rate']:.2g}: after "
            f"{state['now'][0]} steps the loss is {state['now'][1]:.2g}, the largest of its "
            f"{len(blame)} derivatives {blame.max():.2g}, and {state['wrong']} of {len(data)} "
            f"points are on the wrong side."
        )

    left.set(xlabel=data.label("x"), ylabel=data.label("y"), title="answer: −1 orange, +1 blue")
    right.set(xlabel="step $k$", title="loss by step: mean squared error")
    right.set(yscale="log", xlim=(-4, STEPS + 4), ylim=(1e-4, 4))
    drawings = {
        "map": AnswerMap(left, WINDOW, points, data.arm),
        "losses": Curve(right, color=GREY, lw=2),
        "now": Point(right),
    }
    explorer = explore(
        compute,
        drawings,
        caption,
        step=slider(100, 0, STEPS, 1),
        learning_rate=log_slider(0.01, 0.001, 0.1, 24),
        hidden=choice([2, 4, 8, 16, 24], 16, label="hidden units"),
    )
    return with_buttons(explorer, "step", stride=4, interval=60)


def spiral_network(hidden: int) -> Network:
    """Return two hidden layers of tanh units, and one unit that answers from -1 to +1.

        h₁ = tanh(W₁ x + b₁),    h₂ = tanh(W₂ h₁ + b₂),    answer = tanh(W₃ h₂ + b₃)

    Of d = h (2 + 1) + h (h + 1) + (h + 1) weights.
    """
    layers = Dense(hidden), Tanh(), Dense(hidden), Tanh(), Dense(1), Tanh()
    return Network(layers, input_shape=(2,))


def answers_at(places: np.ndarray, network: Network, w: np.ndarray) -> np.ndarray:
    """Return the network's answers at the places (2, ...), as (...)."""
    answers = network(w, np.reshape(places, (2, -1)).T)
    return np.reshape(answers, places.shape[1:])


def spiral_loss(hidden: int) -> Surface:
    """Return the mean squared error of `spiral_network` on the spirals, over its d weights.

        L(w) = mean (answerᵢ − armᵢ)²

    >>> loss = spiral_loss(16)
    >>> loss.dimension, round(float(loss(np.zeros(337))), 6)
    (337, 1.0)
    """
    data = spirals()
    return spiral_network(hidden).loss(np.column_stack([data.x, data.y]), data.arm[:, None], mse)


@lru_cache(maxsize=16)  # a slider that comes back finds its run again
def train(hidden: int, learning_rate: float) -> Descent:
    """Return one training on record, all steps of it; Adam by backpropagation."""
    return descend(spiral_loss(hidden), spiral_network(hidden).init(0), Adam(learning_rate), STEPS)
