"""The explorers of lesson 11: fair races, the noise that they measure, Adam's own numbers."""

import numpy as np
import pytest

from calclearn import explorers
from calclearn.data import LineData, penguin_line
from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import ravine, rosenbrock
from calclearn.descent.losses import line_loss, mse
from calclearn.descent.optimizers import Adam
from calclearn.descent.schedules import cosine, step_decay, warmup
from calclearn.explorers.races import Bill, race

PENGUINS = penguin_line()


@pytest.fixture(scope="module")
def batches():
    return explorers.race_of_batches()


def test_the_bill_counts_every_question():
    bill = Bill(ravine())
    w = np.array([1.0, 1.0])
    for _ in range(3):
        bill.surface.value_and_gradient(w)
    bill.surface.hessian(w)
    assert bill.paid == 3 + 2


def test_a_race_is_what_descend_does():
    lap = race(ravine(), (1.0, 2.0), {"Adam": Adam(0.1)}, 30)["Adam"]
    alone = descend(ravine(), (1.0, 2.0), Adam(0.1), 29)
    assert np.array_equal(lap.descent.points, alone.points)
    assert np.array_equal(lap.gap, alone.values)
    assert lap.price.tolist() == list(range(1, 31))


def test_memory_wins_in_a_ravine_and_none_takes_more_than_it_may():
    laps = explorers.race_with_memory().set(budget=60).state["laps"]
    assert {lap.price[-1] for lap in laps.values()} == {60}
    assert laps["Nesterov"].gap[-1] < laps["GradientDescent"].gap[-1] / 100


def test_without_memory_a_velocity_is_gradient_descent():
    laps = explorers.race_with_memory(rosenbrock()).set(momentum=0.0).state["laps"]
    plain = laps["GradientDescent"].descent.points
    for name in ("Momentum", "Nesterov"):
        assert laps[name].descent.points == pytest.approx(plain)


def test_divergence_is_a_word_and_a_picture(batches):
    rate = batches.controls["learning_rate"]
    before = batches.values
    batches.set(learning_rate=float(rate.base**rate.max))
    assert batches.error is None
    assert "SGD diverged" in batches.caption
    assert batches.still()
    batches.set(**before)


@pytest.mark.parametrize("size", [1, 9, 342])
def test_all_read_the_same_number_of_data(batches, size):
    laps = batches.set(batch_size=size, budget=2).state["laps"]
    assert laps.pop("GradientDescent").descent.steps_taken == 2
    for lap in laps.values():
        assert lap.descent.steps_taken == 2 * 342 // size
        assert lap.price[-1] == pytest.approx(2, rel=0.03)


def test_a_batch_of_everything_is_gradient_descent(batches):
    laps = batches.set(batch_size=342, budget=6).state["laps"]
    plain, sgd = (laps[name].descent.points for name in ("GradientDescent", "SGD"))
    assert sgd == pytest.approx(plain)


def test_the_same_settings_give_the_same_race(batches):
    before = batches.values
    first = batches.set(batch_size=4).state["laps"]["SGD"].gap
    again = batches.set(batch_size=40).set(batch_size=4).state["laps"]["SGD"].gap
    assert np.array_equal(first, again)
    batches.set(**before)


def test_the_start_can_be_dragged(batches, drag):
    drag(batches, "start", (1.0, 3.0))
    assert batches.state["start"] == pytest.approx([1.0, 3.0], abs=0.02)


@pytest.mark.parametrize("size", [1, 5, 60, 300])
def test_the_noise_is_that_of_the_packages_own_batches(size):
    state = explorers.noise_of_batches().set(batch_size=size, slope=1.0, intercept=3.0).state
    place, surface = state["place"], line_loss(PENGUINS.x, PENGUINS.y, mse, batch_size=size)
    rng = np.random.default_rng(7)
    gradients = np.array([surface.sample(rng).gradient(place) for _ in range(400)])
    off = np.sqrt(((gradients - surface.gradient(place)) ** 2).sum(axis=1).mean())
    assert state["noise"] == pytest.approx(off, rel=0.15)
    usual, drawn = (state["curves"][name][1][size - 1] for name in ("usual", "drawn"))
    assert state["noise"] == pytest.approx(drawn, rel=0.1)
    assert usual == pytest.approx(state["curves"]["usual"][1][0] / np.sqrt(size))


def test_the_batch_of_all_data_has_no_noise():
    noise = explorers.noise_of_batches().set(batch_size=342)
    assert noise.state["noise"] < 1e-9
    assert noise.still()


@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.5, 0.75), (0.0, 0.9)])
def test_adams_memories_are_the_papers(beta1, beta2):
    adam = explorers.adam_step_by_step().set(beta1=beta1, beta2=beta2, gradients="of 1 ± 0.5")
    g = adam.state["mean"]["g"][1]
    m = v = 0.0
    for k, slope in enumerate(g):
        m, v = beta1 * m + (1 - beta1) * slope, beta2 * v + (1 - beta2) * slope**2
        mean, size = m / (1 - beta1 ** (k + 1)), np.sqrt(v / (1 - beta2 ** (k + 1)))
        drawn = [adam.state[part]["with"][1][k] for part in ("mean", "size", "length")]
        assert drawn == pytest.approx([mean, size, mean / size], rel=1e-6)
        bare = adam.state["length"]["without"][1][k]
        assert bare == pytest.approx(m / np.sqrt(v), rel=1e-9)


def test_constant_gradients_make_corrected_steps_of_one_rate():
    state = explorers.adam_step_by_step().state
    assert state["length"]["with"][1] == pytest.approx(1, rel=1e-6)
    assert state["length"]["without"][1][0] == pytest.approx(0.1 / np.sqrt(0.001))


def test_schedules_are_the_packages_and_tame_the_noise():
    explorer = explorers.effect_of_schedules().set(learning_rate=0.12, warm=40)
    rates, k = explorer.state["rates"], np.arange(241)
    expected = {
        "constant": 0.12 + 0.0 * k,
        "step decay": step_decay(0.12, 0.3, 60)(k),
        "cosine": cosine(0.12, 240)(k),
        "warm-up, cosine": warmup(cosine(0.12, 240), 40)(k),
    }
    for name, rate in expected.items():
        assert rates[name][1] == pytest.approx(rate)
    late = explorer.state["late"]
    assert max(late["cosine"], late["step decay"]) < late["constant"] / 5


def test_too_high_a_rate_diverges_in_words():
    explorer = explorers.effect_of_schedules()
    explorer.set(learning_rate=explorer.controls["learning_rate"].max, batch_size=1.0)
    assert Stop.DIVERGED in explorer.state["stop"]
    assert "constant diverged" in explorer.caption
    assert explorer.still()


@pytest.mark.parametrize(
    "make",
    [explorers.race_of_batches, explorers.noise_of_batches, explorers.effect_of_schedules],
    ids=lambda make: make.__name__,
)
def test_other_data_serve_as_well(make):
    rng = np.random.default_rng(3)
    x = rng.uniform(-0.02, 0.05, 30)
    y = 40 * x + 700 + rng.normal(0, 1, 30)
    explorer = make(LineData(x, y, x_label="time (s)", y_label="way (m)"))
    assert explorer.error is None
    assert explorer.still()
    assert "kg" not in explorer.caption
    assert "m²" in explorer.caption
