"""Backpropagation step by step, the network that learns by it, and the buttons beside both."""

import numpy as np
import pytest

from calclearn import explorers
from calclearn.calculus.autodiff import grad
from calclearn.calculus.checking import check_gradient
from calclearn.data import spirals
from calclearn.explorers.graphs import answers_at, neuron, spiral_loss, spiral_network, train


def last(explorer):
    return explorer.controls["step"].max


def buttons(explorer):
    play, back, following = explorer.widget.children[1].children
    return play, back, following


def test_every_step_of_one_neuron_is_said_in_words():
    explorer = explorers.backpropagation()
    captions = [explorer.set(step=step).caption for step in range(last(explorer) + 1)]
    assert len(set(captions)) == len(captions) == 15
    assert "nothing is computed yet" in captions[0]
    assert "forward, 3 of 5, tanh(−0.9) = −0.716; local derivative 0.487." in captions[3]
    assert "backward begins" in captions[6]
    assert "from − to tanh: upstream −2.43 × local derivative 1 = downstream −2.43" in captions[8]
    assert captions[-1].endswith(
        "done, the derivatives are ∂/∂x = 0.948, ∂/∂w = −1.78, ∂/∂b = −1.18, ∂/∂target = 2.43."
    )


def test_the_gradient_is_that_of_the_values_on_the_sliders():
    explorer = explorers.backpropagation().set(x=-0.7, w=1.1, b=-0.4, target=-1.0)
    exact = grad(neuron, (0, 1, 2, 3))(-0.7, 1.1, -0.4, -1.0)
    assert [*explorer.state["gradient"].values()] == pytest.approx(exact)


def test_a_saturated_neuron_is_wrong_and_hardly_blamed():
    """What lesson 12 lets a learner predict."""
    explorer = explorers.backpropagation().set(x=1.5, w=-2.0, b=0.0, target=1.0)
    state = explorer.state
    assert state["walk"].graph.result.value > 3.9
    assert abs(state["gradient"]["w"]) < 0.1


@pytest.mark.parametrize(
    ("f", "arguments"),
    [
        (lambda x: x * x, (3.0,)),
        (lambda x, y: np.where(x > y, x * y, x / (y + 9)), (1.0, 2.0)),
        (lambda p, q: np.sum(p * q) + q[0], (np.array([1.0, 2.0]), np.array([3.0, 4.0]))),
        (lambda a, b, c, d: np.log(np.exp(a) + np.exp(b * c) + d**2), (1.0, 2.0, 0.5, 1.5)),
        (lambda x, unused: np.sin(x), (1.0, 2.0)),
    ],
)
def test_any_small_function_goes_forward_and_back(f, arguments):
    explorer = explorers.backpropagation(f, *arguments)
    pictures = set()
    for step in range(last(explorer) + 1):
        pictures.add(explorer.set(step=step).still())
        assert explorer.error is None
        assert "nan" not in explorer.caption
    assert len(pictures) == last(explorer) + 1, "each step shows something else"
    exact = grad(f, tuple(range(len(arguments))))(*arguments)
    for found, right in zip(explorer.state["gradient"].values(), exact, strict=True):
        assert found == pytest.approx(right)


def test_twenty_five_nodes_are_drawn_and_twenty_six_are_refused():
    def chain(x, count):
        for _ in range(int(count)):
            x = np.sin(x)
        return x

    explorer = explorers.backpropagation(lambda x: chain(x, 24), 1.0)
    assert len(explorer.state["walk"].graph.nodes) == 25
    with pytest.raises(ValueError, match="at most 25 inputs and operations to be drawn, got 26"):
        explorers.backpropagation(lambda x: chain(x, 25), 1.0)


def test_a_function_that_takes_another_way_is_drawn_anew():
    def steps(x):
        return np.sin(x) if x > 0 else np.exp(x) * x

    explorer = explorers.backpropagation(steps, 1.0).set(step=3)
    first = explorer.still()
    explorer.set(x=-1.0)
    assert explorer.error is None
    assert [n.operation for n in explorer.state["walk"].graph.nodes] == ["x", "exp", "multiply"]
    assert explorer.set(x=1.0).still() == first


def test_what_has_no_derivative_is_a_sentence_in_the_figure():
    explorer = explorers.backpropagation(lambda x: np.log(x) + x, 1.0)
    explorer.set(x=-1.0)
    assert str(explorer.error) == "log(−1) has no finite value or derivative: move an input."
    assert explorer.set(x=1.0).error is None
    edge = explorers.backpropagation(np_sqrt, 1.0).set(x=0.0)
    assert str(edge.error) == "x has no finite value or derivative: move an input."


def np_sqrt(x):
    return np.sqrt(x) + 1


@pytest.mark.parametrize(
    ("f", "arguments", "sentence"),
    [
        (lambda x: 3.0, (1.0,), "f must return one number that it computes from its arguments"),
        (lambda x: x, (1.0,), "f must return one number that it computes from its arguments"),
        (lambda x: 2 * x, (np.ones(3),), "f must return one number that it computes"),
        (lambda x, y: x * y, (1.0,), "f must take as many arguments as are given"),
        (lambda step: step * 2, (1.0,), "none of them named step"),
        (np.sin, (1.0,), "f must take as many arguments as are given"),
    ],
)
def test_what_cannot_be_drawn_is_told_at_the_door(f, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        explorers.backpropagation(f, *arguments)


def test_what_is_no_function_is_told_at_the_door():
    with pytest.raises(TypeError, match="f must be a function, got float"):
        explorers.backpropagation(3.0, 1.0)


@pytest.mark.parametrize("make", [explorers.backpropagation, explorers.learning_spirals])
def test_back_and_next_move_the_slider_and_stop_at_its_ends(make):
    explorer = make()
    play, back, following = buttons(explorer)
    step, stride = explorer.controls["step"], play.step
    before = step.value
    following.click()
    assert step.value == before + stride
    back.click()
    assert step.value == before
    step.value = step.max
    following.click()
    assert step.value == step.max
    step.value = step.min
    back.click()
    assert step.value == step.min
    assert (play.min, play.max) == (step.min, step.max)


# The network.


@pytest.mark.parametrize("hidden", [1, 2, 5])
def test_the_network_is_its_equations_written_with_loops(hidden):
    rng = np.random.default_rng(0)
    network, places = spiral_network(hidden), rng.normal(size=(2, 4))
    w = rng.normal(size=network.dimension)
    layers = [parameters for parameters in network.parameters(w) if parameters]
    for n in range(4):
        values = places[:, n]
        for W, b in layers:
            values = [np.tanh(sum(row * values) + bias) for row, bias in zip(W, b, strict=True)]
        assert answers_at(places, network, w)[n] == pytest.approx(values[0])
    assert answers_at(places.reshape(2, 2, 2), network, w) == pytest.approx(
        answers_at(places, network, w).reshape(2, 2)
    )


def test_the_gradient_of_the_training_is_right():
    loss = spiral_loss(3)
    assert check_gradient(loss.function, loss.gradient, at=spiral_network(3).init(0))


def test_sixteen_units_learn_the_spirals_and_two_cannot():
    data = spirals()
    points = np.stack([data.x, data.y])
    wrong = {
        hidden: np.sum(
            answers_at(points, spiral_network(hidden), train(hidden, 0.01).point) * data.arm <= 0
        )
        for hidden in (2, 16)
    }
    assert wrong[16] == 0
    assert wrong[2] > 40


def test_the_points_in_the_middle_are_blamed_to_the_last():
    """What lesson 12 tells a learner to look at."""
    data = spirals()
    explorer = explorers.learning_spirals()
    inner = np.hypot(data.x, data.y) < 0.7
    for step in (100, 150, 200, 400):
        errors = explorer.set(step=step).state["map"][1]
        assert inner[np.argsort(errors)[-3:]].all()


def test_the_explorer_shows_the_recorded_training():
    explorer = explorers.learning_spirals().set(step=37, hidden=8)
    run, data = train(8, explorer.values["learning_rate"]), spirals()
    state = explorer.state
    answers = answers_at(np.stack([data.x, data.y]), spiral_network(8), run.points[37])
    assert state["map"][1] == pytest.approx((answers - data.arm) ** 2)
    assert state["now"] == (37, pytest.approx(np.mean((answers - data.arm) ** 2)))
    assert state["gradient"] == pytest.approx(grad(spiral_loss(8).function)(run.points[37]))
    assert f"{state['wrong']} of 200" in explorer.caption
