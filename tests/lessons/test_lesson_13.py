"""Lesson 13: its exercises as learners answer them, and its figures."""

from itertools import product

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad
from calclearn.data import penguins
from calclearn.lessons.lesson_13 import ACTIVATIONS, deep_network, of_scale, species, train
from calclearn.networks.initial import he


def sigmoids(n):
    """∂aₙ/∂a₀ of sigmoid neurons that all stand at z = 0: b = -w·a, and a = 1/2 in each."""

    def output(a):
        for _ in range(n):
            a = 1 / (1 + np.exp(-(2 * a - 1)))
        return a

    return grad(output)(0.5)


first = next(n for n in range(1, 99) if sigmoids(n) < 1e-6)
deviation = he(np.random.default_rng(0), (20 * 4000, 50)).std()  # many layers at once


def in_place(g, max_norm):
    if np.hypot(*g) > max_norm:
        g *= max_norm / np.hypot(*g)
    return g


right = {
    "13.1": [first],
    "13.2": [deviation],
    "13.3": [in_place, lambda g, m: g * np.minimum(1, m / (np.linalg.norm(g) + 1e-6))],
    "13.4": ["c"],
}
readings = {"13.3": [(lambda g, m: g * m / np.sqrt(g @ g) if g @ g > m else g, "Hint 1")]}


CURES = [(True, False), (False, True), (True, True)]  # skip, normalise

# The data and the networks.


def test_data():
    (x, y), data = species(), penguins()
    np.testing.assert_allclose([x.mean(axis=0), x.std(axis=0)], [[0] * 4, [1] * 4], atol=1e-5)
    assert [set(data.species[y == k]) for k in range(3)] == [{"Adelie"}, {"Chinstrap"}, {"Gentoo"}]
    assert np.corrcoef(x[:, 3], data.body_mass)[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_from_the_output(name):
    layer, slope, steepest = ACTIVATIONS[name]
    z = np.linspace(-4, 4, 40)  # not at 0, where ReLU has a kink
    np.testing.assert_allclose(
        slope(layer((), z)), grad(lambda z: np.sum(layer((), z)))(z), atol=1e-12
    )
    assert slope(layer((), z)).max() == pytest.approx(steepest, rel=0.02)


# The star figure.


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_and_sizes_by_layer(gradients_by_layer, activation):
    state = gradients_by_layer.set(depth=6, scale=1.5, activation=activation).state
    (x, y), network = species(), deep_network(6, activation, of_scale(1.5))
    w = network.init(0)
    g = network.parameters(network.loss(x.astype(float), y).gradient(w))
    norms = [np.linalg.norm(parts[0]) for parts in g[:-1:2]]
    np.testing.assert_allclose(state["weights"][1], norms, rtol=2e-3)
    a = x.astype(float)
    for k, (W, b) in enumerate(network.parameters(w)[:-1:2]):
        a = ACTIVATIONS[activation][0]((), a @ W.T + b)
        assert state["size"][1][k] == pytest.approx(np.sqrt(np.mean(a**2)), rel=1e-3)
        spread = np.sqrt(np.mean((a - a.mean(axis=0)) ** 2))
        assert state["spread"][1][k] == pytest.approx(spread, rel=1e-3)


@pytest.mark.parametrize(
    ("activation", "scale", "least", "most"),
    [
        ("sigmoid", 1.0, 0.2, 0.25), ("tanh", 1.0, 0.85, 1.0), ("tanh", 3.0, 1.2, 1.6),
        ("ReLU", 1.0, 0.6, 0.8), ("ReLU", 2**0.5, 0.9, 1.1), ("ReLU", 3.0, 1.8, 2.3),
    ],
)  # fmt: skip
def test_factor_is_scale_times_slope(gradients_by_layer, activation, scale, least, most):
    state = gradients_by_layer.set(depth=30, scale=scale, activation=activation).state
    measured, expected = (
        (sizes[0] / sizes[-1]) ** (1 / 29) for _, sizes in (state["output"], state["expected"])
    )
    assert least < measured < most
    assert measured == pytest.approx(expected, rel=0.1)


def test_numbers_beyond_32_bits(gradients_by_layer):
    state = gradients_by_layer.set(depth=40, scale=16.0, activation="ReLU").state
    assert "numbers pass 3.4 × 10³⁸" in gradients_by_layer.caption
    assert len(state["output"][1]) == 0
    assert 20 < len(state["size"][1]) < 40
    gradients_by_layer.set(scale=0.25, activation="sigmoid")
    assert "0 at the first, as 32 bits hold nothing below 1.4 × 10⁻⁴⁵" in gradients_by_layer.caption
    line = gradients_by_layer._drawings[0].drawing.lines["output"]
    assert line.get_ydata()[0] == pytest.approx(1e-16)  # what is too small runs along the edge


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_caption_at_every_corner(gradients_by_layer, activation):
    star = gradients_by_layer.set(activation=activation)
    for depth, scale, (skip, normalise) in product((2, 40), (0.25, 32.0), [(False, False), *CURES]):
        star.set(depth=depth, scale=scale, skip=skip, normalise=normalise)
        assert star.error is None
        assert f"{depth} layers of {activation}" in star.caption
        assert not any(word in star.caption for word in ("nan", "inf"))


# Skip and normalise.


@pytest.mark.parametrize(("skip", "normalise"), CURES)
def test_forty_sigmoid_layers_come_alive(gradients_by_layer, skip, normalise):
    star = gradients_by_layer.set(depth=40, scale=1.0, activation="sigmoid")
    assert star.state["output"][1][0] < 1e-20
    state = star.set(skip=skip, normalise=normalise).state
    growth, expected = (sizes[0] / sizes[-1] for _, sizes in map(state.get, ("output", "expected")))
    assert len(state["spread"][0]) == 40  # the penguins still differ
    assert 0.5 < growth < 30
    assert growth ** (1 / 39) == pytest.approx(expected ** (1 / 39), rel=0.15)
    assert ("skip" in star.caption, "normalised" in star.caption) == (skip, normalise)


# The cures.


@pytest.mark.parametrize(
    ("activation", "initial", "learns"),
    [("sigmoid", "He", False), ("tanh", "too small", False), ("tanh", "He", True)],
)
def test_initial_weights_from_which_ten_layers_do_not_learn(activation, initial, learns):
    assert (train(10, activation, initial, 0.03).values[-1] < 0.2) == learns


@pytest.mark.parametrize("max_norm", [None, 1.0])
def test_run_that_explodes_and_its_cure(cures, max_norm):
    losses = cures.set(step=120, max_norm=max_norm).state["now"]
    assert [*losses] == ["too small", "He", "too large"]
    assert losses["He"] == train(10, "ReLU", "He", 0.03, max_norm).values[-1]
    assert (losses["too large"] == np.inf) == (max_norm is None)
    assert ("too large diverges" in cures.caption) == (max_norm is None)


def test_switches_of_the_cures(cures):
    cures.set(step=120, initial=("He",), depth=5, skip=True, normalise=True)
    run = train(5, "ReLU", "He", 0.03, skip=True, normalise=True)
    assert cures.state["now"] == {"He": run.values[-1]}
    assert "ReLU, skip, normalised, learn" in cures.caption


def test_losses_and_gradients_at_a_step(cures):
    cures.set(step=57, initial=("He",))
    state, run = cures.state, train(10, "ReLU", "He", 0.03)
    assert state["now"] == {"He": run.values[14]}
    assert "Loss after 56 steps (nats):" in cures.caption
    whole = np.linalg.norm(run.gradients[14].astype(float))
    assert np.linalg.norm(state["gradients"]["He"][1]) == pytest.approx(whole, rel=1e-3)
    cures.still()
    assert cures._drawings[1].drawing.lines["x"][1].get_xdata()[0] == 56
    lines = cures._drawings[0].drawing.lines
    assert [name for name, line in lines.items() if len(line.get_xdata())] == ["He"]
