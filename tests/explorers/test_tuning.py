"""The explorers of lesson 17: hypergradients three ways, the map and its paths, and chaos."""

import numpy as np
import pytest

from calclearn import explorers
from calclearn.calculus.autodiff import grad
from calclearn.descent.descend import descend
from calclearn.descent.losses import l2
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.penalised import ridge
from calclearn.explorers.chaos import START, sensitivities, two_in_a_row
from calclearn.explorers.tuning import OUTER, STARTS, Birds

BIRDS = Birds()
X = np.random.default_rng(5).normal(size=30)
Y = 0.7 * X + np.random.default_rng(6).normal(size=30)


@pytest.fixture(scope="module")
def slopes():
    return explorers.slope_of_validation()


@pytest.fixture(scope="module")
def tuning():
    return explorers.tuning_by_descent()


@pytest.fixture(scope="module")
def rates():
    return explorers.chaotic_rates()


def test_the_parts_are_those_of_lesson_16_and_share_no_bird():
    assert [len(part) for part in BIRDS.parts] == [20, 100, 222]
    assert sorted(np.concatenate(BIRDS.parts)) == list(range(342))


@pytest.mark.parametrize("strength", [1e-4, 1e-2, 0.5])
@pytest.mark.parametrize("rate", [0.01, 0.4])
def test_slopes_through_the_run_are_those_of_differences(slopes, strength, rate):
    state = slopes.set(strength=strength, learning_rate=rate, steps=60).state
    assert state["slopes"] == pytest.approx(state["differences"], rel=1e-6, abs=1e-8)


def test_at_the_end_of_a_training_the_slope_is_that_of_the_implicit_function():
    strength, flat = 0.02, np.zeros(13)

    def score(log_strength):
        penalised = BIRDS.loss + np.exp(log_strength) * l2()
        end = descend(penalised, flat, GradientDescent(0.4), 2500, tolerance=0, every=2500).point
        return BIRDS.validation(end)

    w = ridge(BIRDS.loss, strength)
    bent = BIRDS.loss.hessian(flat) + 2 * strength * np.eye(13)
    by_hand = -BIRDS.validation.gradient(w) @ np.linalg.solve(bent, 2 * strength * w)
    assert grad(score)(np.log(strength)) == pytest.approx(by_hand, rel=1e-8)


@pytest.mark.parametrize("name", ["λ", "η"])
def test_the_tangent_touches_its_sweep(slopes, name):
    state = slopes.set(strength=0.01, learning_rate=0.1, steps=100).state
    x, height, slope = state[f"at {name}"]
    at, heights = state[f"over {name}"]["validation"]
    assert height == pytest.approx(np.interp(x, at, heights), abs=0.01)
    assert slope == pytest.approx(np.interp(x, at, np.gradient(heights, at)), abs=0.02)


def test_beyond_the_border_there_is_no_slope_but_a_sentence(slopes):
    state = slopes.set(strength=0.01, learning_rate=1.2, steps=100).state
    assert state["border"][0][0] < np.log(1.2)
    assert np.isnan(state["at η"][2])
    assert "diverges" in slopes.caption
    assert slopes.still()


def test_a_path_is_the_descent_on_its_map(tuning):
    for start, place in STARTS.items():
        state = tuning.set(start=start, learning_rate=1, step=3).state
        t = np.log(place)
        for k in range(3):
            assert state["path"].points[k] == pytest.approx(t)
            t = t - grad(BIRDS.score)(t)
        assert state["losses"]["validation"][1][-1] == pytest.approx(BIRDS.score(t))


def test_a_tuning_helps_birds_that_had_no_say(tuning):
    for start in STARTS:
        _, test = tuning.set(start=start, learning_rate=1, step=20).state["losses"]["test"]
        assert test[-1] < test[0]


def test_too_large_a_rate_of_tuning_diverges_in_words(tuning):
    tuning.set(start=next(iter(STARTS)), learning_rate=OUTER[-1], step=20)
    assert "diverges" in tuning.caption
    assert tuning.still()


def test_two_weights_in_a_row_have_the_loss_of_their_line():
    loss, w = two_in_a_row(X, Y), np.array([0.4, -1.3])

    def plainly(w):
        return np.mean((w[0] * w[1] * X - Y) ** 2)

    assert loss(w) == pytest.approx(plainly(w))
    assert loss.gradient(w) == pytest.approx(grad(plainly)(w))
    assert loss.hessian(w) == pytest.approx(
        np.stack([grad(lambda w, k=k: grad(plainly)(w)[k])(w) for k in (0, 1)])
    )
    assert loss.gradient(loss.minima[0]) == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize("rate", [0.1, 0.6])
def test_what_is_carried_along_is_what_is_walked_back_to(rate):
    loss = two_in_a_row(X, Y)
    descent = descend(loss, START, GradientDescent(rate), 12, tolerance=0)
    carried = sensitivities(loss, descent, rate)
    for k in (1, 5, 12):
        for j in (0, 1):

            def weight(rate, k=k, j=j):
                return descend(loss, START, GradientDescent(rate), k, tolerance=0).point[j]

            assert grad(weight)(rate) == pytest.approx(carried[k, j], rel=1e-6)


@pytest.mark.parametrize("steps", [5, 12, 20])
def test_in_chaos_the_exact_slope_is_the_last_of_those_carried_along(rates, steps):
    state = rates.set(learning_rate=0.8, steps=steps).state
    assert abs(state["slope"]) == pytest.approx(state["sizes"]["slope"][1][-1], rel=1e-6)


def test_slopes_fade_in_calm_and_grow_in_chaos(rates):
    calm = rates.set(learning_rate=0.3, steps=30).state["sizes"]["slope"][1]
    wild = rates.set(learning_rate=0.8, steps=30).state["sizes"]["slope"][1]
    assert calm[-1] < 1e-4 * calm[0]
    assert wild[-1] > 1e6 * wild[0]


def test_magnified_far_enough_the_curve_is_its_tangent(rates):
    state = rates.set(learning_rate=0.8, steps=12, magnification=1e5).state
    (at, near), (_, height, slope) = state["near"]["loss"], state["touch"]
    assert near == pytest.approx(height + slope * at, abs=1e-4)
    assert " no turning point within" in rates.caption
    assert "no turning point" not in rates.set(magnification=1.0).caption


def test_more_turns_than_the_picture_can_hold_are_a_lower_bound(rates):
    assert "at least" in rates.set(learning_rate=0.8, steps=60, magnification=10.0).caption
    assert "at least" not in rates.set(steps=12).caption


def test_a_run_that_arrives_says_when(rates):
    assert "50 steps (it has arrived after " in rates.set(learning_rate=0.2, steps=50).caption
    assert "arrived" not in rates.set(learning_rate=0.8).caption


def test_a_rate_that_is_lost_is_a_picture_and_a_sentence(rates):
    rates.set(learning_rate=rates.controls["learning_rate"].max, steps=30)
    assert "diverges, as do 100 % of the runs" in rates.caption
    assert "turning point" not in rates.caption
    assert np.isnan(rates.state["at"][2])
    assert rates.still()
