"""Lesson 13: what is drawn is the gradient of a real network, and cures cure where they are due."""

import numpy as np
import pytest

from calclearn import explorers
from calclearn.calculus.autodiff import grad
from calclearn.data import penguins
from calclearn.descent.descend import Stop
from calclearn.explorers.depth import (
    ACTIVATIONS,
    EVERY,
    FIRST,
    STEPS,
    deep_network,
    of_scale,
    species,
    train,
)


@pytest.fixture(scope="module")
def star():
    return explorers.gradients_by_layer()


@pytest.fixture(scope="module")
def chain():
    return explorers.chain_of_neurons()


@pytest.fixture(scope="module")
def cures():
    return explorers.cures()


# The data and the networks
def test_the_data_are_the_penguins():
    (x, y), data = species(), penguins()
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(x.std(axis=0), 1, rtol=1e-5)
    assert [set(data.species[y == k]) for k in range(3)] == [{"Adelie"}, {"Chinstrap"}, {"Gentoo"}]
    assert np.corrcoef(x[:, 3], data.body_mass)[0, 1] == pytest.approx(1)


def test_the_scale_of_first_weights_is_what_it_says():
    rng = np.random.default_rng(0)
    for scale in (0.5, 1.0, 3.0):
        w = of_scale(scale)(rng, (400, 100))
        assert w.std() * np.sqrt(100) == pytest.approx(scale, rel=0.02)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_from_the_output_are_the_derivative(name):
    layer, f, slope, steepest = ACTIVATIONS[name]
    z = np.linspace(-4, 4, 40)  # not at 0, where ReLU has a kink
    np.testing.assert_allclose(layer((), z), f(z), rtol=1e-12)
    np.testing.assert_allclose(slope(f(z)), grad(lambda z: np.sum(layer((), z)))(z), atol=1e-12)
    assert slope(f(z)).max() == pytest.approx(steepest, rel=0.02)


# The star figure
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_drawn_is_that_of_the_loss(star, activation):
    state = star.set(depth=6, scale=1.5, activation=activation).state
    (x, y), network = species(), deep_network(6, activation, of_scale(1.5))
    w = network.init(0)
    g = network.parameters(network.loss(x.astype(float), y).gradient(w))
    norms = [np.linalg.norm(parts[0]) for parts in g[:-1:2]]
    np.testing.assert_allclose(state["found"]["weights"], norms, rtol=2e-3)
    a = x.astype(float)
    for size, (W, b) in zip(state["found"]["size"], network.parameters(w)[:-1:2], strict=True):
        a = ACTIVATIONS[activation][1](a @ W.T + b)
        assert size == pytest.approx(np.sqrt(np.mean(a**2)), rel=1e-3)


@pytest.mark.parametrize(
    ("activation", "scale", "least", "most"),
    [
        ("sigmoid", 1.0, 0.2, 0.25),
        ("tanh", 1.0, 0.85, 1.0),
        ("tanh", 3.0, 1.2, 1.6),
        ("ReLU", 1.0, 0.6, 0.8),
        ("ReLU", 2**0.5, 0.9, 1.1),
        ("ReLU", 3.0, 1.8, 2.3),
    ],
)
def test_a_layer_multiplies_the_gradient_by_scale_times_slope(star, activation, scale, least, most):
    found = star.set(depth=30, scale=scale, activation=activation).state["found"]
    factor = (found["output"][0] / found["output"][-1]) ** (1 / 29)
    assert least < factor < most
    assert factor == pytest.approx(
        (found["expected"][0] / found["expected"][-1]) ** (1 / 29), rel=0.1
    )


def test_numbers_that_32_bits_cannot_hold_are_a_picture_and_a_sentence(star):
    star.set(depth=40, scale=16.0, activation="ReLU")
    assert star.error is None
    assert star.still()
    assert "numbers pass 3.4 × 10³⁸" in star.caption
    assert len(star.state["found"]["output"]) == 0
    assert 20 < len(star.state["found"]["size"]) < 40
    star.set(depth=40, scale=0.25, activation="sigmoid")
    assert star.error is None
    assert star.still()
    assert "0 at the first, as 32 bits hold nothing below 1.4 × 10⁻⁴⁵" in star.caption


@pytest.mark.parametrize("depth", [2, 3, 21, 40])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("scale", [0.25, 4.0, 12.0, 16.0])
def test_every_corner_of_the_star_figure_has_its_sentence(star, depth, activation, scale):
    star.set(depth=depth, activation=activation, scale=scale)
    assert star.error is None
    assert f"{depth} layers of {activation}" in star.caption
    assert not any(word in star.caption for word in ("nan", "inf"))


# The chain
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("w", "b"), [(1.0, 0.0), (-3.0, 0.7), (6.0, -2.0)])
def test_the_product_is_the_derivative_of_the_chain(chain, activation, w, b):
    state = chain.set(depth=7, w=w, b=b, activation=activation).state

    def output(a):
        for _ in range(7):
            a = ACTIVATIONS[activation][1](w * a + b)
        return a

    assert state["product"] == pytest.approx(grad(output)(0.5), rel=1e-9, abs=1e-30)
    assert abs(state["product"]) <= state["bound"] * (1 + 1e-12)
    assert state["products"]["product"][1][0] == pytest.approx(abs(state["product"]))


def test_a_chain_of_the_steepest_sigmoids_reaches_its_bound(chain):
    for w in (2.0, 4.0):
        state = chain.set(depth=20, w=w, b=-w / 2, activation="sigmoid").state
        assert state["product"] == pytest.approx((w / 4) ** 20) == state["bound"]


# The cures
def test_a_training_on_show_is_what_descend_does():
    x, y = species()
    network = deep_network(5, "ReLU", FIRST["He"])
    loss, w = network.loss(x, y), network.init(0).astype(np.float32)
    for _ in range(EVERY):
        w = w - np.float32(0.03) * loss.gradient(w)
    np.testing.assert_allclose(train(5, "ReLU", "He", 0.03).points[1], w, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "depth", "learn", "do_not"),
    [
        ("sigmoid", 10, (), tuple(FIRST)),
        ("tanh", 20, ("Xavier", "He", "orthogonal"), ("too small",)),
        ("ReLU", 10, ("He",), ("too small",)),
    ],
)
def test_first_weights_decide_who_learns(cures, activation, depth, learn, do_not):
    before = cures.values
    late = cures.set(step=STEPS, activation=activation, depth=depth).state["late"]
    assert all(late[name] < 0.1 for name in learn)
    assert all(late[name] > 1.0 for name in do_not)
    cures.set(**before)


def test_clipping_saves_a_run_that_explodes(cures):
    before = cures.values
    cures.set(step=STEPS, activation="ReLU", depth=10, learning_rate=0.03)
    assert "too large diverges" in cures.caption
    assert train(10, "ReLU", "too large", 0.03).stop == Stop.DIVERGED
    assert cures.still()
    late = cures.set(max_norm=1.0).state["late"]
    assert late["too large"] < 0.1
    assert late["too small"] > 1.0  # to a gradient that has died clipping does nothing
    cures.set(**before)


def test_every_step_has_its_losses_and_gradients(cures):
    before = cures.values
    for step in (0, 4, STEPS):
        state = cures.set(step=step).state
        run = train(10, "ReLU", "He", 0.03)
        assert state["late"]["He"] == run.values[step // EVERY]
        whole = np.linalg.norm(run.gradients[step // EVERY].astype(float))
        assert np.linalg.norm(state["norms"]["He"][1]) == pytest.approx(whole, rel=1e-3)
    cures.set(**before)
