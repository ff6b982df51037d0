"""Lesson 11: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn import lessons
from calclearn.data import penguin_line
from calclearn.descent.descend import Stop
from calclearn.descent.landscapes import rosenbrock
from calclearn.descent.losses import line_loss, mse
from calclearn.descent.optimizers import Adam
from calclearn.descent.schedules import cosine, step_decay, warmup

x, y = penguin_line().x, penguin_line().y


def with_memory(eta, mu, w=1.0, v=0.0):
    places = []
    for _ in range(3):
        v = mu * v + w
        w -= eta * v
        places.append(w)
    return places


adam, memory = Adam(1.0, (0.5, 0.84)), (np.zeros(1), np.zeros(1), 0)
for _ in range(2):
    _, memory = adam.update(np.zeros(1), np.array([4.0]), memory)


def by_loop(k):
    rate = 0.4
    for _ in range(k // 10):
        rate = rate / 2
    return rate


right = {
    "11.1": [640, 10 * (2.4 / 0.3) ** 2, "640"],
    "11.2": [with_memory(0.1, 0.8), (0.9, 0.73, 0.521)],
    "11.3": [memory[0] / np.sqrt(memory[1]), 3 / np.sqrt(4.7104), 1.382],
    "11.4": [step_decay(0.4, factor=0.5, every=10), by_loop, lambda k: 0.4 / 2 ** int(k / 10)],
}
readings = {  # answers that are not listed as mistakes, and words of the reply
    "11.2": [(0.521, "three numbers"), (with_memory(-0.1, 0.8), "climbs")],
    "11.4": [(step_decay(0.4, factor=0.5, every=10)(3), "A function")],
}


@pytest.fixture(scope="module")
def race():
    return lessons.race_of_batches()


@pytest.fixture
def batches(race):
    before = race.values
    yield race
    race.set(**before)


def test_memory_in_a_ravine():
    results = lessons.race_with_memory().set(budget=60).state["results"]
    assert {result.price[-1] for result in results.values()} == {60}
    assert results["Nesterov"].gap[-1] < results["GradientDescent"].gap[-1] / 100


def test_momentum_of_0_is_gradient_descent():
    results = lessons.race_with_memory(rosenbrock()).set(momentum=0.0).state["results"]
    plain = results["GradientDescent"].descent.points
    for name in ("Momentum", "Nesterov"):
        assert results[name].descent.points == pytest.approx(plain)


def test_divergence(batches):
    rate = batches.controls["learning_rate"]
    batches.set(learning_rate=float(rate.base**rate.max))
    assert batches.error is None
    assert "SGD diverged" in batches.caption
    assert batches.still()


@pytest.mark.parametrize("size", [1, 9, 342])
def test_equal_numbers_of_data(batches, size):
    results = dict(batches.set(batch_size=size, budget=2).state["results"])
    assert results.pop("GradientDescent").descent.steps_taken == 2
    for result in results.values():
        assert result.descent.steps_taken == 2 * 342 // size
        assert result.price[-1] == pytest.approx(2, rel=0.03)


def test_batch_of_all_data(batches):
    results = batches.set(batch_size=342, budget=6).state["results"]
    plain, sgd = (results[name].descent.points for name in ("GradientDescent", "SGD"))
    assert sgd == pytest.approx(plain)


def test_same_settings_same_batches(batches):
    first = batches.set(batch_size=4).state["results"]["SGD"].gap
    again = batches.set(batch_size=40).set(batch_size=4).state["results"]["SGD"].gap
    assert np.array_equal(first, again)


def test_start_is_a_pair_of_sliders(batches):
    state = batches.set(x=1.0, y=3.0).state
    assert state["start"] == pytest.approx([1.0, 3.0])
    for result in state["results"].values():
        assert result.descent.points[0] == pytest.approx([1.0, 3.0])


@pytest.mark.parametrize("size", [1, 5, 60, 300])
def test_noise_of_the_batches_of_line_loss(size):
    state = lessons.noise_of_batches().set(batch_size=size, slope=1.0, intercept=3.0).state
    place, surface = state["place"], line_loss(x, y, mse, batch_size=size)
    rng = np.random.default_rng(7)
    gradients = np.array([surface.sample(rng).gradient(place) for _ in range(400)])
    off = np.sqrt(((gradients - surface.gradient(place)) ** 2).sum(axis=1).mean())
    assert state["noise"] == pytest.approx(off, rel=0.15)
    assert state["noise"] == pytest.approx(state["drawn"][1][size - 1], rel=0.1)
    assert state["expected"] == pytest.approx(state["independent"][1][0] / np.sqrt(size))


def test_batch_of_all_data_has_no_noise():
    noise = lessons.noise_of_batches().set(batch_size=342)
    assert noise.state["noise"] < 1e-9
    noise.still()
    dot = noise._drawings[4].drawing.lines["now"]
    assert dot.get_ydata()[0] == pytest.approx(dot.axes.get_ylim()[0])  # at the edge


@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.5, 0.75), (0.0, 0.9)])
def test_adams_memories(beta1, beta2):
    explorer = lessons.adam_step_by_step()
    curves = explorer.set(beta1=beta1, beta2=beta2, gradients="of 1 ± 0.5").state
    m = v = 0.0
    for k, slope in enumerate(curves["gradient"][1]):
        m, v = beta1 * m + (1 - beta1) * slope, beta2 * v + (1 - beta2) * slope**2
        mean, size = m / (1 - beta1 ** (k + 1)), np.sqrt(v / (1 - beta2 ** (k + 1)))
        for name, value in {"mean": mean, "size": size, "length": mean / size}.items():
            assert curves[name][1][k] == pytest.approx(value, rel=1e-6)
        assert curves["length as it is"][1][k] == pytest.approx(m / np.sqrt(v), rel=1e-9)


def test_adam_with_constant_gradients():
    state = lessons.adam_step_by_step().set(step=7).state
    assert state["length"][1] == pytest.approx(1, rel=1e-6)
    assert state["length as it is"][1][0] == pytest.approx(0.1 / np.sqrt(0.001))
    assert state["mean now"] == (7, pytest.approx(1))


def test_schedules():
    state, k = lessons.effect_of_schedules().set(learning_rate=0.12, warm=40).state, np.arange(241)
    expected = {
        "constant": 0.12 + 0.0 * k,
        "step decay": step_decay(0.12, 0.3, 60)(k),
        "cosine": cosine(0.12, 240)(k),
        "warm-up, cosine": warmup(cosine(0.12, 240), 40)(k),
    }
    for name, rate in expected.items():
        assert state[f"rate, {name}"] == pytest.approx(rate)
    last = state["last"]
    assert max(last["cosine"], last["step decay"]) < last["constant"] / 5


def test_too_large_a_rate_diverges():
    explorer = lessons.effect_of_schedules()
    explorer.set(learning_rate=explorer.controls["learning_rate"].max, batch_size=1.0)
    assert Stop.DIVERGED in explorer.state["stop"]
    assert "constant diverged" in explorer.caption
    assert explorer.still()
