"""What the explorers of training loops claim, computed once more with plain loops."""

import warnings

import numpy as np
import pytest

from calclearn.data import penguin_line
from calclearn.explorers.loops import ITERATIONS, REPAIRS, STEPS, lying_loop, sound_loop

DATA = penguin_line()
X, Y = np.column_stack([DATA.x, np.ones(len(DATA))]), DATA.y
DISEASES = {
    "2 * error": "missing_x",
    "2 * error.mean()": "missing_x",
    "2 * X.T @ error": "factor",
    "X.T @ error / n": "factor",
    "-2 * X.T @ error / n": "sign",
    "2 * X.T @ error / n": "agrees",
}


@pytest.fixture(scope="module")
def clinic():
    return lying_loop()


@pytest.fixture(scope="module")
def sound():
    return sound_loop()


def typed(gradient, learning_rate, steps=STEPS):
    """The loop as a learner types it: the choice is run as the text that it is."""
    w, n = np.zeros(2), len(Y)
    for _ in range(steps):
        names = {"X": X, "n": n, "error": X @ w - Y}
        w -= learning_rate * eval(gradient, names)
    return w


def test_each_repair_has_its_disease(clinic):
    assert list(DISEASES) == list(REPAIRS)
    for gradient, disease in DISEASES.items():
        state = clinic.set(gradient=gradient).state
        assert clinic.error is None
        assert state["diagnosis"] == disease
        assert f"gradient = {gradient}." in clinic.caption
        assert f"“{disease}”" in clinic.caption


def test_the_published_gradient_cannot_take_a_step_and_the_figure_takes_none(clinic):
    with pytest.raises(ValueError, match="broadcast"):
        typed("2 * error", 0.01, steps=1)
    state = clinic.set(gradient="2 * error").state
    assert state["lying"].points.tolist() == [[0, 0]]
    assert "cannot take one step" in clinic.caption


@pytest.mark.parametrize("gradient", list(DISEASES)[1:])
def test_a_path_is_what_the_typed_loop_does(clinic, gradient):
    state = clinic.set(gradient=gradient, learning_rate=5e-4).state
    assert state["lying"].point == pytest.approx(typed(gradient, 5e-4), rel=1e-9)
    assert state["true"].point == pytest.approx(typed("2 * X.T @ error / n", 5e-4), rel=1e-9)


def test_without_x_it_stops_where_the_errors_add_up_to_nothing(clinic):
    state = clinic.set(gradient="2 * error.mean()", learning_rate=0.07).state
    w = state["lying"].point
    assert abs(np.mean(X @ w - Y)) < 1e-7
    assert w[0] == pytest.approx(w[1])
    losses = state["lying"].values
    assert losses[-1] > 20 * state["true"].values[-1]
    assert "comes to rest" in clinic.caption
    assert f"{losses[-1]:.3g} kg²; with the true" in clinic.caption


def test_a_gradient_times_n_is_a_learning_rate_times_n(clinic):
    state = clinic.set(gradient="2 * X.T @ error", learning_rate=2e-4).state
    lying = state["lying"].point
    scaled = clinic.set(gradient="2 * X.T @ error / n", learning_rate=2e-4 * len(Y)).state
    assert lying == pytest.approx(scaled["true"].point)


def test_no_warning_at_any_rate(clinic, sound):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for gradient in REPAIRS:
            clinic.set(gradient=gradient)
            rate = clinic.controls["learning_rate"]
            for exponent in np.linspace(rate.min, rate.max, 7):
                clinic.set(learning_rate=10**exponent).still()
                assert clinic.error is None
        rate = sound.controls["learning_rate"]
        for size in (1, 7, 342):
            for exponent in np.linspace(rate.min, rate.max, 7):
                sound.set(batch_size=size, learning_rate=10**exponent).still()
                assert sound.error is None


def test_training_with_all_rows_is_plain_gradient_descent(sound):
    state = sound.set(learning_rate=0.07, batch_size=342, iterations=100).state
    assert state["run"].point == pytest.approx(typed("2 * X.T @ error / n", 0.07, 100))


def test_training_reads_the_batches_that_the_generator_draws(sound):
    state = sound.set(learning_rate=0.07, batch_size=16, iterations=50).state
    rng, w = np.random.default_rng(0), np.zeros(2)
    for _ in range(50):
        rows = rng.choice(len(Y), 16, replace=False, shuffle=False)
        w -= 0.07 * 2 * X[rows].T @ (X[rows] @ w - Y[rows]) / 16
    assert state["run"].point == pytest.approx(w)
    assert state["run"].values[-1] == pytest.approx(np.mean((X @ w - Y) ** 2))
    assert "800 rows were read (2.34 passes)" in sound.caption


def test_smaller_batches_leave_a_larger_cloud(sound):
    spread = {}
    for size in (1, 16, 256):
        points = sound.set(learning_rate=0.05, batch_size=size, iterations=ITERATIONS).state
        spread[size] = points["run"].points[100:].std(axis=0).max()
    assert spread[1] > 2 * spread[16] > 4 * spread[256]


def test_iterations_only_lengthen_the_walk(sound):
    short = sound.set(batch_size=8, learning_rate=0.05, iterations=40).state["run"].points
    long = sound.set(iterations=120).state["run"].points
    assert len(short) == 41
    assert np.array_equal(short, long[:41])
