"""Lesson 17: its exercises as learners answer them, and its figures."""

import math

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad, hessian
from calclearn.descent.descend import descend
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.surfaces import Surface
from calclearn.lessons.lesson_17 import START, STARTS, _score, _sensitivities, _two_in_a_row

X = np.random.default_rng(5).normal(size=30)
Y = 0.7 * X + np.random.default_rng(6).normal(size=30)


def validation(strength):
    penalised = Surface(lambda w: (w[0] - 3) ** 2 + strength * w[0] ** 2)
    return (descend(penalised, (0.0,), GradientDescent(0.3), 200, tolerance=0).point[0] - 2) ** 2


def by_loop(rate, steps):
    def weight(rate):
        w = 1.0
        for _ in range(steps):
            w = w - rate * 4 * w
        return w

    return grad(weight)(rate)


right = {
    "17.1": [grad(lambda u: -6 * np.exp(u))(math.log(0.05))],
    "17.2": [grad(validation)(0.25)],
    "17.3": [by_loop, lambda eta, k: -4 * k * (1 - 4 * eta) ** (k - 1)],
    "17.4": ["b"],
}


@pytest.mark.parametrize(("strength", "rate"), [(1e-4, 0.4), (1e-2, 0.01), (0.5, 0.4)])
def test_slopes_through_the_run_are_those_of_differences(slope_of_validation, strength, rate):
    state = slope_of_validation.set(strength=strength, learning_rate=rate, steps=60).state
    assert state["slopes"] == pytest.approx(state["differences"], rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", ["strength", "rate"])
def test_the_tangent_touches_its_sweep(slope_of_validation, name):
    state = slope_of_validation.set(strength=0.01, learning_rate=0.1, steps=100).state
    x, heights = state[f"validation_by_{name}"]
    at = state[f"log_{name}"]
    assert state["height"] == pytest.approx(np.interp(at, x, heights), abs=0.01)
    slope = np.interp(at, x, np.gradient(heights, x))
    assert state[f"slope_by_{name}"] == pytest.approx(slope, abs=0.02)


def test_beyond_the_border_there_is_no_slope_but_a_sentence(slope_of_validation):
    state = slope_of_validation.set(strength=0.01, learning_rate=1.2, steps=100).state
    assert state["border"] < np.log(1.2)
    assert np.isnan(state["slope_by_rate"])
    assert "diverges" in slope_of_validation.caption


def test_a_path_is_the_descent_on_its_map(tuning_by_descent):
    for start, place in [*STARTS.items()][1:]:
        state = tuning_by_descent.set(start=start, learning_rate=1, step=3).state
        t = np.log(place)
        for k in range(3):
            assert state["descent"].points[k] == pytest.approx(t)
            t = t - grad(_score)(t)
        assert state["tuned"] == pytest.approx(np.exp(t))
        assert state["validation"][3] == pytest.approx(_score(t))
        assert state["test"][-1] < state["test"][0]  # it helps birds that had no say
    tuning_by_descent.set(start=next(iter(STARTS)), learning_rate=10, step=20)
    assert "diverges" in tuning_by_descent.caption


def test_two_weights_in_a_row_have_the_loss_of_their_line():
    loss, w = _two_in_a_row(X, Y), np.array([0.4, -1.3])

    def plain(w):
        return np.mean((w[0] * w[1] * X - Y) ** 2)

    assert loss(w) == pytest.approx(plain(w))
    assert loss.gradient(w) == pytest.approx(grad(plain)(w))
    assert loss.hessian(w) == pytest.approx(hessian(plain)(w))
    assert loss.gradient(loss.minima[0]) == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize("rate", [0.1, 0.6])
def test_sensitivities_carried_forward_are_those_of_grad(rate):
    loss = _two_in_a_row(X, Y)
    descent = descend(loss, START, GradientDescent(rate), 12, tolerance=0)
    forward = _sensitivities(loss, descent, rate)
    for k, j in ((1, 0), (5, 1), (12, 0)):

        def weight(rate, k=k, j=j):
            return descend(loss, START, GradientDescent(rate), k, tolerance=0).point[j]

        assert grad(weight)(rate) == pytest.approx(forward[k, j], rel=1e-6)


def test_slopes_fade_in_calm_and_grow_in_chaos(chaotic_rates):
    state = chaotic_rates.set(learning_rate=0.8, steps=12).state
    assert abs(state["slope"]) == pytest.approx(state["sizes"][1][-1], rel=1e-6)  # carried forward
    calm, wild = (
        chaotic_rates.set(learning_rate=rate, steps=30).state["sizes"][1] for rate in (0.3, 0.8)
    )
    assert calm[-1] < 1e-4 * calm[0]
    assert wild[-1] > 1e6 * wild[0]


def test_magnified_far_enough_the_curve_is_its_tangent(chaotic_rates):
    state = chaotic_rates.set(learning_rate=0.8, steps=12, magnification=1e5).state
    at, magnified = state["magnified"]
    assert np.ptp(magnified) > 1.9  # it fills the window, so that a flat line proves nothing
    assert magnified == pytest.approx(state["magnified_slope"] * at, abs=1e-2)
    near = state["height"] + state["slope"] * state["reach"] * at
    assert state["near"] == pytest.approx(near, abs=1e-4)
    assert "no turning point" not in chaotic_rates.set(magnification=1.0).caption


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learning_rate": 0.2, "steps": 50}, "50 steps (it has arrived after "),
        ({"learning_rate": 0.8, "steps": 60, "magnification": 10.0}, "at least"),
        ({"learning_rate": 0.8, "steps": 12, "magnification": 1e5}, "and has no turning point."),
        ({"learning_rate": 0.98, "steps": 30}, "diverges, as do 100 % of the runs"),
    ],
)
def test_words_of_a_run(chaotic_rates, settings, words):
    caption = chaotic_rates.set(**settings).caption
    assert words in caption
    for others in ("arrived", "at least", "diverges"):
        assert (others in caption) == (others in words)
    assert np.isnan(chaotic_rates.state["drawn_slope"]) == ("diverges" in words)
    assert chaotic_rates.still()
