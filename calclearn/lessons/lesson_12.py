"""Lesson 12, who caused the error: back along each line of a graph travels the derivative of the
result, upstream × local = downstream, and where lines meet, what arrives is added.
"""

import re
import textwrap
from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
from matplotlib.colors import Normalize

from calclearn.calculus.graph import Graph, argument_names, trace
from calclearn.data import spirals
from calclearn.descent.descend import Descent, descend
from calclearn.descent.losses import mse, sigmoid
from calclearn.descent.optimizers import Adam
from calclearn.descent.surfaces import Surface
from calclearn.exercises import exercise, outcome
from calclearn.explorers import Explorer, choice, explore, log_slider, round_slider, slider
from calclearn.figures import graphs
from calclearn.figures.graphs import number
from calclearn.figures.marks import Dots, Lines, Raster, Text
from calclearn.figures.networks import NamedParts, NetworkGraph, SizedPoints
from calclearn.figures.style import GREY, SIGNED, STEP, panels
from calclearn.figures.surfaces import grid
from calclearn.networks.inside import activations
from calclearn.networks.layers import Dense, Tanh
from calclearn.networks.network import Network


def neuron(x, w, b, target):
    """Return the squared error of one neuron: (tanh(w·x + b) - target)²."""
    return (np.tanh(w * x + b) - target) ** 2


PARTS = {  # of the error L of a network with two hidden layers of two units
    "h₁": "tanh(w₁₁ x + w₁₂ y + b₁)",
    "h₂": "tanh(w₂₁ x + w₂₂ y + b₂)",
    "k₁": "tanh(v₁₁ h₁ + v₁₂ h₂ + c₁)",
    "k₂": "tanh(v₂₁ h₁ + v₂₂ h₂ + c₂)",
    "a": "tanh(u₁ k₁ + u₂ k₂ + d)",
    "L": "(a − t)²",
}
PLACES = {
    "x": (0, 0.62), "y": (0, 0.38), "h₁": (1, 0.85), "h₂": (1, 0.15), "k₁": (2, 0.85),
    "k₂": (2, 0.15), "a": (3, 0.5), "t": (3.4, 0.15), "L": (4, 0.5),
}  # fmt: skip


def one_formula() -> Explorer:
    """A whole network as one formula that nobody can read, and as a graph, part by part.

    At each step one more part has a name, and is written once instead of wherever it is used.

    >>> one_formula().set(step=5).state["formulas"]["L"]
    '(a − t)²'
    """

    def named(step) -> dict:
        formulas = {name: PARTS[name] for name in [*[*PARTS][:step], "L"]}
        for part, inside in reversed(PARTS.items()):  # what stands inside has come before
            if part not in formulas:
                for name, text in formulas.items():
                    formulas[name] = re.sub(rf"\b{part}\b", inside, text)
        # a line may end after a sign, and never within a product
        lines = [f"{name} = {text}" for name, text in formulas.items()]
        lines = [re.sub(r"(?<=[₀-₉]) (?=\w)", "\u00a0", line) for line in lines]
        return {
            "formulas": formulas,
            "text": "\n".join(textwrap.fill(line, 35) for line in lines),
            "uses": {
                name: [place for place in PLACES if place in re.findall(r"\w+", text)]
                for name, text in formulas.items()
            },
            "longest": max(map(len, formulas.values())),
            "tanh": sum(text.count("tanh") for text in formulas.values()),
        }

    left, right = panels("flat", "flat", ratios=(1.15, 0.9), height=3.2)
    left.set_axis_off()
    right.set(xlim=(-0.45, 4.45), ylim=(0, 1))
    look = {"va": "top", "size": 11, "linespacing": 1.7, "in_layout": False}
    return explore(
        named, [Text(left, (0, 1), "{text}", **look), NamedParts(right, PLACES)],
        "{step} of 5 parts have a name: the longest formula has {longest} characters, tanh is "
        "written {tanh} times, and each line of the graph stands for one local derivative.",
        play="step", pace=1.5, step=slider(0, 0, 5, 1, label="parts named"),
    )  # fmt: skip


def backpropagation(f: Callable = neuron, *arguments) -> Explorer:
    """Who caused the result? Any small function as a graph: values forward, derivatives backward.

    `step` goes there and back; each argument that is a number is a slider. Without a function it
    shows one `neuron`. Raises ValueError for a function with more than 25 nodes, or whose result is
    not one number computed from its arguments.

    >>> backpropagation(lambda u, v: u * v, 3.0, 4.0).caption
    'At u = 3, v = 4: forward, 1 of 1, 3 × 4 = 12; local derivatives 4 and 3.'
    """
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")
    arguments = arguments or ((1.5, -0.8, 0.3, 0.5) if f is neuron else ())
    names, taken = argument_names(f), {"step", "compute", "drawings", "caption", "play"}
    if len(names) != len(arguments) or taken & {*names}:
        raise ValueError(
            f"f must take as many arguments as are given, none of them named step, compute, "
            f"drawings, caption or play; got {names} for {len(arguments)} arguments"
        )
    given = dict(zip(names, arguments, strict=True))

    def there_and_back(step=0, **moved) -> dict:
        with np.errstate(all="ignore"):
            graph = trace(f, *(given | moved).values())
        if np.ndim(graph.result.value) or not graph.result.parents:
            raise ValueError("f must return one number that it computes from its arguments")
        for k, node in enumerate(graph.nodes):
            if not (np.all(np.isfinite(node.value)) and np.all(np.isfinite(node.adjoint))):
                raise ValueError(
                    f"{graphs.formula(graph, k)} has no finite value or derivative: move an input."
                )
        return {"graph": graph, "steps": graphs.Pass(graph).last}

    walk = graphs.Pass(there_and_back()["graph"])
    (ax,) = panels("flat", height=graphs.height(walk.graph))
    sliders = {
        argument: round_slider(value, (-2.0 * max(1.0, abs(value)), 2.0 * max(1.0, abs(value))))
        for argument, value in given.items()
        if np.ndim(value) == 0
    }
    return explore(
        there_and_back, [graphs.ComputationGraph(ax)], _step_of, play="step", pace=0.9,
        step=slider(len(walk.operations), 0, walk.last, 1), **sliders,
    )  # fmt: skip


def _step_of(graph: Graph, step: int) -> str:
    """Return what happens at this step of a pass."""
    walk, nodes = graphs.Pass(graph, step), graph.nodes
    inputs = [node for node in nodes if not node.parents]
    at = "At " + ", ".join(f"{node.operation} = {number(node.value)}" for node in inputs)
    if step == 0:
        return f"{at}: nothing is computed yet, no local derivative is known."
    if step <= len(walk.operations):
        k = walk.operations[step - 1]
        slopes = nodes[k].local
        return (
            f"{at}: forward, {step} of {len(walk.operations)}, "
            f"{graphs.formula(graph, k)} = {number(nodes[k].value)}; "
            f"local derivative{'s' * (len(slopes) > 1)} {' and '.join(map(number, slopes))}."
        )
    if not walk.sent:
        return f"{at}: backward begins; the derivative of the result with respect to itself is 1."
    k, j = walk.sent[-1]
    upstream, local, parent = nodes[k].adjoint, nodes[k].local[j], nodes[k].parents[j]
    share = graphs.downstream(graph, k, j)
    product = f"an array of shape {np.shape(share)}"
    if not (np.ndim(upstream) or np.ndim(local)):
        factors = f"upstream {number(upstream)} × local derivative {number(local)}"
        product = f"{factors} = downstream {number(share)}"
    if step == walk.last:
        ends = [f"∂/∂{node.operation} = {number(node.adjoint)}" for node in inputs]
        rest = f"done, the derivatives are {', '.join(ends)}"
    elif parent in walk.waiting:
        rest = f"{graphs.name(graph, parent)} waits for more"
    else:
        rest = f"{graphs.name(graph, parent)} has received everything"
    return (
        f"{at}: backward, {len(walk.sent)} of {len(walk.lines)}, "
        f"from {graphs.name(graph, k)} to {graphs.name(graph, parent)}: {product}; {rest}."
    )


STEPS, EVERY = 400, 4  # of training; a step of the film
WINDOW = ((-2.3, 2.3), (-2.3, 2.3))  # the map, in cm
FULL = {"all points": 0.05, "one point": 2.0}  # the derivative that has the full width


def learning_spirals() -> Explorer:
    """A network that learns to tell two spirals apart, and which weights its error blames.

    Each line is a weight w, as wide as |∂L/∂w| is large, each frame a bias; the map in a unit is
    its output over the plane. L is the loss of `all points`, or the ringed point's own error alone,
    (answer − arm)². `learning_rate` is Adam's, `hidden` the number of units in each of the two
    hidden layers. The larger a point, the larger its error.

    >>> learning_spirals().set(step=400).state["wrong"]
    0
    """
    data = spirals()
    points, mesh = np.stack([data.x, data.y]), grid(WINDOW, 40)
    left, right, below = panels("flat", "flat", "below", ratios=(1, 1.35), height=5.4)

    def training(step, error_of, point, learning_rate, hidden) -> dict:
        run, network = _train(hidden, learning_rate), spiral_network(hidden)
        record = min(step // EVERY, len(run.values) - 1)
        w, losses, taken = run.points[record], np.maximum(run.values, 1e-9), run.steps[record]
        answers = _outputs(network, w, points)[-1][:, 0]
        errors = (answers - data.arm) ** 2
        gradient = run.gradients[record]
        if error_of == "one point":
            gradient = network.loss(points[:, [point]].T, data.arm[[point], None], mse).gradient(w)
        maps = [np.moveaxis(mesh, 0, -1) / 2.3, *_outputs(network, w, mesh)]
        return {
            "map": maps[-1][..., 0], "maps": [each[::2, ::2] for each in maps],
            "gradient": gradient, "largest": np.abs(gradient).max(), "full": FULL[error_of],
            "blame": [pair for pair in network.parameters(gradient) if pair],
            "errors": errors, "wrong": int(np.sum(answers * data.arm <= 0)),
            "place": points[:, point], "own_error": errors[point],
            "losses": (run.steps, losses), "loss": losses[record], "taken": taken,
            "now": (taken, losses[record]),
        }  # fmt: skip

    left.set(xlabel=data.label("x"), ylabel=data.label("y"), title="answer: −1 orange, +1 blue")
    right.set_title("blame ∂L/∂w: orange −, blue +")
    below.set(xlabel="step $k$", title="loss by step: mean squared error")
    below.set(yscale="log", xlim=(-4, STEPS + 4), ylim=(1e-4, 4))
    look = {"window": WINDOW, "aspect": "equal", "interpolation": "bilinear"}
    drawings = [
        Raster(left, "map", colors=SIGNED, scale=Normalize(-1.6, 1.6), **look),
        SizedPoints(left, points, data.arm, drags=("point", "error_of"), also=("one point",)),
        NetworkGraph(right, 4, ("x", "y")),
        Lines(below, "losses", color=GREY, lw=2),
        Dots(below, "now", color=STEP, ms=10, mew=1.5, clip_on=False),
    ]
    return explore(
        training, drawings,
        "{hidden} units per layer, learning rate {learning_rate:.2g}: after {taken} steps the loss "
        f"is {{loss:.2g}}, and {{wrong}} of {len(data)} points are on the wrong side. The ringed "
        "point, at ({place[0]:.2f}, {place[1]:.2f}) cm, has the error {own_error:.2g}. "
        "Error of {error_of}: the largest of its {gradient.size} derivatives is {largest:.2g}.",
        play="step", step=slider(100, 0, STEPS, EVERY), error_of=choice([*FULL]),
        point=slider(100, 0, len(data) - 1, 1),
        learning_rate=log_slider(0.01, 0.001, 0.1, 24),
        hidden=choice([2, 4, 8, 16, 24], 16, label="hidden units"),
    )  # fmt: skip


def spiral_network(hidden: int) -> Network:
    """Return two hidden layers of tanh units, and one unit that answers from -1 to +1.

        h₁ = tanh(W₁ x + b₁),    h₂ = tanh(W₂ h₁ + b₂),    answer = tanh(W₃ h₂ + b₃)

    Of d = h (2 + 1) + h (h + 1) + (h + 1) weights.
    """
    layers = Dense(hidden), Tanh(), Dense(hidden), Tanh(), Dense(1), Tanh()
    return Network(layers, input_shape=(2,))


def spiral_loss(hidden: int) -> Surface:
    """Return the mean squared error of `spiral_network` on the spirals, over its d weights.

        L(w) = mean (answerᵢ − armᵢ)²

    >>> loss = spiral_loss(16)
    >>> loss.dimension, round(float(loss(np.zeros(337))), 6)
    (337, 1.0)
    """
    data = spirals()
    return spiral_network(hidden).loss(np.column_stack([data.x, data.y]), data.arm[:, None], mse)


def _outputs(network: Network, w: np.ndarray, places: np.ndarray) -> list[np.ndarray]:
    """Return the outputs (..., units) of each layer of units at the places (2, ...)."""
    layers = activations(network, w, np.reshape(places, (2, -1)).T)
    outputs = [values for name, values in layers.items() if name.endswith("Tanh")]
    return [values.reshape(*places.shape[1:], -1) for values in outputs]


@lru_cache(maxsize=16)  # a slider that comes back has its run again
def _train(hidden: int, learning_rate: float) -> Descent:
    """Return one training on record, each fourth step of it; Adam by backpropagation."""
    start = spiral_network(hidden).init(0)
    return descend(spiral_loss(hidden), start, Adam(learning_rate), STEPS, every=EVERY)


LINES = {  # of the backward pass in 12.5, whose way forward is z = w x, h = tanh(z), y = v h + x
    "to_y": lambda at: 2 * (at.y - at.target),
    "to_v": lambda at: at.to_y * at.h,
    "to_h": lambda at: at.to_y * at.v,
    "to_z": lambda at: at.to_h * (1 - at.h**2),
    "to_w": lambda at: at.to_z * at.x,
    "to_x": lambda at: at.to_z * at.w + at.to_y,
}


def _backward(**wrong: Callable) -> Callable:
    """Return the backward pass of 12.5, some of its lines wrong; those below follow from them."""

    def backward(x, w, v, target, h, y) -> list[float]:
        at = SimpleNamespace(x=x, w=w, v=v, target=target, h=h, y=y)
        for result, line in (LINES | wrong).items():
            setattr(at, result, line(at))
        return [getattr(at, result) for result in LINES]

    return backward


# Exercises; the questions stand in the notebook.
# fmt: off

x, w, b, target = 2.0, 0.5, -0.5, 1.0
z = w * x + b
a = np.tanh(z)
upstream, local = 2 * (a - target), 1 - a**2
to_z = upstream * local
misplaced = 1 - np.tanh(upstream) ** 2  # the slope of tanh at the wrong place
inputs, hidden = 3, 20
weights = hidden * (inputs + 1) + hidden * (hidden + 1) + (hidden + 1)
without_biases = hidden * inputs + hidden * hidden + hidden
forward = [(1.5, -0.8, 0.7, 0.5), (-0.6, 1.2, -1.4, 1.0), (0.9, 0.4, -4.0, -2.0)]  # x, w, v, target
kept = [(x, w, v, t, np.tanh(w * x), v * np.tanh(w * x) + x) for x, w, v, t in forward]

outcome("12", 3, """
    Upstream of tanh the blame is large, nearly −4. But tanh is flat at −3: its local derivative is
    0.01, and what comes through it is almost nothing. The error is large, and hardly anything of it
    arrives.""")

exercise("12.1", (to_z * x, to_z), """
    2·(a − target) comes back to tanh, 1 − a² is the slope of tanh itself, and the last factor is x
    for the weight and 1 for the bias.
    > Go forward first: w·x, then + b, then tanh gives a, then the difference, the square.
    > Backward: 2·(a − target), times the slope of tanh at that place, times x or times 1.""", [
    ((upstream * x, upstream),          "The blame passed through tanh without its slope."),
    ((to_z * x / 2, to_z / 2),          "The two from the square is missing."),
    ((to_z, to_z),                      "The weight's part has lost its last factor: w is multiplied by x."),
    ((to_z * w, to_z),                  "The local derivative of w·x by w is the other factor."),
    ((to_z, to_z * x),                  "The two have changed places: which of them is multiplied by x?"),
    ((upstream * (1 - z**2) * x, upstream * (1 - z**2)), "The slope of tanh is 1 − a², with the output a and not the input."),
    ((upstream * a * (1 - a) * x, upstream * a * (1 - a)), "This is the slope of the sigmoid, and not of tanh."),
    ((-to_z * x, -to_z),                "The sign: the difference is output minus target."),
    ((local * x, local),                "These are local derivatives only: what comes from the error?"),
    ((upstream * misplaced * x, upstream * misplaced), "The slope of tanh belongs to the place that the value took on its way forward."),
])

exercise("12.2", 15.0, """
    u sends back v·3 and v sends back u·1. Two ways lead from x to y, and what comes back along them
    adds up.
    > Draw the graph. How many lines leave x?
    > Find for each way the product of its local derivatives, and then add.""", [
    (9.0,  "This came along one of the ways only, the one through u."),
    (6.0,  "This came along one of the ways only, the one through v."),
    (54.0, "Along a way factors multiply; what arrives from several ways does not."),
    (21.0, "Upstream of each factor stands the other one: u·v changes by v when u moves."),
    (3.0,  "These are local derivatives, multiplied: two ways are no chain."),
    (4.0,  "These are the local derivatives alone; what is upstream of them?"),
    (18.0, "This is y itself, the value on the way forward."),
])

exercise("12.3", lambda s: s * (1 - s), """
    Forward has computed s already, so backward needs no exponential, only a product. It is never
    more than a quarter, and that has consequences in the next lesson.
    > Differentiate 1/(1 + e) with e = exp(−z). Which part of the result is s again?
    > exp(−z)/(1 + exp(−z)) can be written with s: what do the two add up to?""", [
    (lambda s: 1 - s**2,                "This is the slope of tanh from its output."),
    (lambda s: 1 - s,                   "A factor is missing: where s is near 0, the sigmoid is flat, too."),
    (lambda s: s,                       "A factor is missing: where s is near 1, the sigmoid is flat, too."),
    (lambda s: s**2,                    "This square grows up to s = 1, where the sigmoid is flat."),
    (lambda s: sigmoid(s) * (1 - sigmoid(s)), "This takes s for the input z and computes the sigmoid once more."),
    (lambda s: sigmoid(s),              "This is the sigmoid of the sigmoid."),
], points=((0.5,), (0.1,), (0.73,), (0.95,)))

exercise("12.4", weights + 1.0, """
    Each weight and bias is moved once, and the loss where you stand is subtracted from all.
    Backpropagation computes it once.
    > A unit with n inputs has n + 1 weights, the bias included. Add up the three layers.
    > Forward differences move one weight at a time. What do they subtract from?""", [
    (weights,            "This counts the weights. The loss where you stand is needed as well."),
    (2 * weights,        "Central differences need that many; forward differences need fewer."),
    (without_biases,     "The biases are weights, too, and so is the place where you stand."),
    (without_biases + 1, "The biases are weights, too."),
    (2 * hidden + 1,     "Each unit has a weight for every input, not only a bias."),
    (2 * hidden + 2,     "Beside its bias, each unit has a weight for every input."),
    (1,                  "That is what backpropagation needs."),
], tolerance=1e-4)

exercise("12.5", _backward(), """
    One line back for each line forward, in the opposite order: upstream × local along a line, and
    x, from which two lines lead away, adds what comes back along both.
    > Begin at the end: which lines lead into y, and what is the local derivative on each?
    > v·h passes `to_y` on times the other factor; the sum v·h + x passes it on as it is.""", [
    (_backward(to_y=lambda at: at.y - at.target),             "`to_y`: the two from the square is missing."),
    (_backward(to_y=lambda at: 2 * (at.target - at.y)),       "`to_y`: the difference is output minus target."),
    (_backward(to_y=lambda at: (at.y - at.target)**2),        "`to_y`: this is the error itself, and not its derivative."),
    (_backward(to_y=lambda at: 1.0),                          "`to_y`: 1 is the adjoint of L; the square comes between L and y."),
    (_backward(to_v=LINES["to_h"], to_h=LINES["to_v"]),       "`to_v` and `to_h` have changed places: the local derivative is the other factor."),
    (_backward(to_v=LINES["to_h"]),                           "`to_v`: v is multiplied by h, so h is the local derivative."),
    (_backward(to_v=lambda at: at.h),                         "`to_v`: this is a local derivative: what comes from upstream?"),
    (_backward(to_h=lambda at: at.v),                         "`to_h`: this is a local derivative: what comes from upstream?"),
    (_backward(to_h=LINES["to_v"]),                           "`to_h`: h is multiplied by v, so v is the local derivative."),
    (_backward(to_h=lambda at: at.to_y),                      "`to_h`: on its way back to h the error passes through v."),
    (_backward(to_z=lambda at: at.to_h),                      "`to_z`: the error passed through tanh without its slope."),
    (_backward(to_z=lambda at: at.to_h * (1 - (at.w * at.x)**2)), "`to_z`: the slope of tanh is one minus the square of its output, not of its input."),
    (_backward(to_z=lambda at: at.to_h * at.h * (1 - at.h)),  "`to_z`: this is the slope of the sigmoid, and not of tanh."),
    (_backward(to_z=lambda at: at.to_y * (1 - at.h**2)),      "`to_z`: upstream of z is `to_h`, and not `to_y`."),
    (_backward(to_w=lambda at: at.to_z),                      "`to_w`: w is multiplied by x, which is missing."),
    (_backward(to_w=lambda at: at.to_z * at.w),               "`to_w`: the local derivative of w·x by w is the other factor."),
    (_backward(to_x=lambda at: at.to_z * at.w),               "`to_x`: x is used twice, and y uses it, too."),
    (_backward(to_x=lambda at: at.to_y),                      "`to_x`: x is used twice, and z uses it, too."),
    (_backward(to_x=lambda at: at.to_z * at.w * at.to_y),     "`to_x`: what comes along two ways is added, not multiplied."),
    (_backward(to_x=lambda at: at.to_z + at.to_y),            "`to_x`: on the way from z a local derivative is missing."),
    (_backward(to_x=lambda at: at.to_z * at.x + at.to_y),     "`to_x`: the local derivative of w·x by x is the other factor."),
], points=kept, returns=(6,), lines=(
    "`to_y` is not right: it is the slope of the square, where the difference is.",
    "`to_y` is right, `to_v` is not: what is v multiplied by on its way to y?",
    "`to_y` and `to_v` are right, `to_h` is not: what does h meet on its way to y?",
    "Down to `to_h` all is right, `to_z` is not: what lies between z and h?",
    "Down to `to_z` all is right, `to_w` is not: what does w meet on its way to z?",
    "All is right but `to_x`: follow every line that leaves x.",
))

# fmt: on
