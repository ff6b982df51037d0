"""Lesson 12: its exercises as learners answer them, and its figures."""

import re
from functools import partial

import numpy as np
import pytest

from calclearn import lessons
from calclearn.calculus.autodiff import grad
from calclearn.data import spirals
from calclearn.lessons.lesson_12 import neuron, spiral_loss, spiral_network


def error(w, b):
    return (np.tanh(2.0 * w + b) - 1.0) ** 2


both = np.array(grad(error, (0, 1))(0.5, -0.5))
polynomial = grad(lambda x: 3 * x**2 + 3 * x)(2.0)  # y multiplied out
count = sum(units * (before + 1) for before, units in ((3, 20), (20, 20), (20, 1)))


def with_exponentials(s):
    e = 1 / s - 1  # exp(-z)
    return e / (1 + e) ** 2


def by_grad(x, w, v, target, h, y):
    """The derivatives of L by y, v, h, z, w and x, each of the rest of the way as a function."""

    def loss(v, h, x):
        return (v * h + x - target) ** 2

    ways = [
        (lambda y: (y - target) ** 2, y), (lambda v: loss(v, h, x), v),
        (lambda h: loss(v, h, x), h), (lambda z: loss(v, np.tanh(z), x), w * x),
        (lambda w: loss(v, np.tanh(w * x), x), w), (lambda x: loss(v, np.tanh(w * x), x), x),
    ]  # fmt: skip
    return [grad(way)(at) for way, at in ways]


def spoiled(line, *at):
    """One line of the backward pass wrong, in a way that no list foresees, and all below it."""
    results = np.array(by_grad(*at))
    results[line:] *= 1.07 + 0.2 * np.arange(6 - line)
    return results


right = {
    "12.1": [both],
    "12.2": [polynomial],
    "12.3": [lambda s: s - s**2, with_exponentials],
    "12.4": [count + 1],
    "12.5": [by_grad],
}
ROWS = (  # of the backward pass, the first that is wrong
    "`to_y` is not right", "`to_y` is right, `to_v` is not",
    "`to_y` and `to_v` are right, `to_h` is not", "Down to `to_h` all is right, `to_z` is not",
    "Down to `to_z` all is right, `to_w` is not", "All is right but `to_x`",
)  # fmt: skip
readings = {"12.5": [(partial(spoiled, line), words) for line, words in enumerate(ROWS)]}

# One formula.


def in_python(formula):
    """A formula of the figure as Python: h₁ is h1, and neighbours are multiplied."""
    plain = formula.translate(str.maketrans("₁₂−", "12-")).replace("²", "**2")
    return re.sub(r"(?<=[\w)]) (?=\w)", " * ", plain)


@pytest.mark.parametrize(("step", "tanh", "lines"), [(0, 7, 3), (3, 5, 10), (5, 5, 12)])
def test_formulas_of_each_step_are_the_network(one_formula, step, tanh, lines):
    explorer = one_formula.set(step=step)
    formulas, uses = explorer.state["formulas"], explorer.state["uses"]
    assert len(formulas) == step + 1
    assert f"tanh is written {tanh} times" in explorer.caption
    assert sum(map(len, uses.values())) == lines
    for line in explorer.state["text"].split("\n")[:-1]:  # they end at signs alone
        assert line[-1] in "+−" or re.match(r"[+−]", line) or line.endswith(")")
    network = spiral_network(2)
    w = network.init(np.random.default_rng(0))
    (W, b), (V, c), (u, d) = (pair for pair in network.parameters(w) if pair)
    names = {"tanh": np.tanh, "x": 0.4, "y": -1.3, "t": 1.0, "d": d[0]}
    for letter, matrix in (("w", W), ("v", V)):
        names |= {f"{letter}{i + 1}{j + 1}": matrix[i, j] for i in (0, 1) for j in (0, 1)}
    for letter, vector in (("b", b), ("c", c), ("u", u[0])):
        names |= {f"{letter}{i + 1}": vector[i] for i in (0, 1)}
    for name, formula in formulas.items():
        names[in_python(name)] = eval(in_python(formula), {}, names)
    (answer,) = network(w, np.array([[0.4, -1.3]]))[0]
    assert names["L"] == pytest.approx((answer - 1.0) ** 2)


# Backpropagation.


def test_words_of_each_step_of_a_neuron(backpropagation):
    captions = [backpropagation.set(step=step).caption for step in range(15)]
    for step, words in {
        0: "nothing is computed yet", 6: "backward begins",
        3: "forward, 3 of 5, tanh(−0.9) = −0.716; local derivative 0.487.",
        8: "from − to tanh: upstream −2.43 × local derivative 1 = downstream −2.43",
        14: "derivatives are ∂/∂x = 0.948, ∂/∂w = −1.78, ∂/∂b = −1.18, ∂/∂target = 2.43.",
    }.items():  # fmt: skip
        assert words in captions[step]
    assert len({*captions}) == len(captions)


def gradient(explorer):
    return [node.adjoint for node in explorer.state["graph"].nodes if not node.parents]


def test_gradient_at_the_values_of_the_sliders(backpropagation):
    shown = gradient(backpropagation.set(x=-0.7, w=1.1, b=-0.4, target=-1.0))
    assert shown == pytest.approx(grad(neuron, (0, 1, 2, 3))(-0.7, 1.1, -0.4, -1.0))
    backpropagation.set(x=1.5, w=-2.0, b=0.0, target=1.0)  # those of the prediction
    assert backpropagation.state["graph"].result.value > 3.9
    assert abs(gradient(backpropagation)[1]) < 0.1


@pytest.mark.parametrize(
    ("f", "arguments"),
    [
        (lambda x, y: np.where(x > y, x * y, x / (y + 9)), (1.0, 2.0)),
        (lambda p, q: np.sum(p * q) + q[0], (np.array([1.0, 2.0]), np.array([3.0, 4.0]))),
        (lambda x, unused: np.sin(x), (1.0, 2.0)),
        (lambda graph, steps: graph * steps, (1.0, 2.0)),  # the figure's own quantities
    ],
)
def test_small_functions(f, arguments):
    explorer = lessons.backpropagation(f, *arguments)
    last = explorer.controls["step"].max
    assert len({explorer.set(step=step).caption for step in range(last + 1)}) == last + 1
    assert explorer.still()
    exact = grad(f, tuple(range(len(arguments))))(*arguments)
    for derivative, expected in zip(gradient(explorer), exact, strict=True):
        assert derivative == pytest.approx(expected)


def test_missing_derivative():
    for f, x, node in (
        (lambda x: np.log(x) + x, -1.0, "log(−1)"),
        (lambda x: np.sqrt(x), 0.0, "x"),
    ):
        explorer = lessons.backpropagation(f, 1.0)
        words = f"{node} has no finite value or derivative: move an inp"
        assert explorer.set(x=x).caption.startswith(words)
        assert explorer.set(x=1.0).error is None


@pytest.mark.parametrize(
    ("f", "arguments", "sentence"),
    [
        (lambda x: x, (1.0,), "f must return one number that it computes from its arguments"),
        (lambda x: 2 * x, (np.ones(3),), "f must return one number that it computes"),
        (lambda x, y: x * y, (1.0,), "f must take as many arguments as are given"),
        (lambda step: step * 2, (1.0,), "none of them named step"),
        (np.sin, (1.0,), "f must take as many arguments as are given"),
        (3.0, (1.0,), "f must be a function, got float"),
    ],
)
def test_functions_that_cannot_be_drawn(f, arguments, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        lessons.backpropagation(f, *arguments)


# The spirals.


def test_sixteen_units_learn_and_err_last_at_the_inner_ends_and_two_do_not(learning_spirals):
    data = spirals()
    inner = np.hypot(data.x, data.y) < 0.7
    for step in (100, 152, 200, 400):
        state = learning_spirals.set(step=step, hidden=16).state
        assert inner[np.argsort(state["errors"])[-3:]].all()
    assert state["wrong"] == 0
    assert learning_spirals.set(hidden=2).state["wrong"] > 40


def test_quantities_of_a_step(learning_spirals):
    state, loss = learning_spirals.set(step=36, hidden=8).state, spiral_loss(8)
    steps, losses = state["losses"]
    assert np.mean(state["errors"]) == pytest.approx(state["loss"])
    assert state["now"] == (36, losses[list(steps).index(36)])
    assert losses[0] == pytest.approx(loss(spiral_network(8).init(0)))
    assert np.sum(state["errors"] > 1) == state["wrong"]  # answers ±1: wrong is more than 1 away
    assert state["gradient"].shape == (loss.dimension,)


def test_blame_of_one_point(learning_spirals):
    data, network = spirals(), spiral_network(4)
    ring = next(each for each in learning_spirals._held() if each.drags[0] == "point")
    to = np.array([data.x[7], data.y[7]]) + 0.004
    point, error_of = ring.dragged(np.zeros(2), to, 102, "all points")
    state = learning_spirals.set(step=0, hidden=4, error_of=error_of, point=point).state
    assert state["own_error"] == state["errors"][7]
    assert "Error of one point: the largest of its 37 derivatives" in learning_spirals.caption

    def own_error(w):
        return np.sum((network(w, np.array([[data.x[7], data.y[7]]])) - data.arm[7]) ** 2)

    assert state["gradient"] == pytest.approx(grad(own_error)(network.init(0)))
    blame = np.concatenate([part.ravel() for pair in state["blame"] for part in pair])
    assert np.array_equal(blame, state["gradient"])


def test_point_that_is_right_blames_hardly_any_weight(learning_spirals):
    spiral = learning_spirals.set(step=400, hidden=16, error_of="one point")
    order = np.argsort(spiral.state["errors"]).tolist()
    best, worst = (spiral.set(point=point).state["largest"] for point in (order[0], order[-1]))
    assert best < 1e-3 < 0.1 < worst
