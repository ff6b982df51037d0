"""Lesson 08: its exercises as learners answer them, and its figures beside plain loops."""

import numpy as np
import pytest

from calclearn import lessons
from calclearn.calculus.autodiff import grad
from calclearn.data import penguin_line
from calclearn.lessons.lesson_08 import ITERATIONS, REPAIRS, STEPS

DATA = penguin_line()
X, Y = np.column_stack([DATA.x, np.ones(len(DATA))]), DATA.y


right = {
    "08.1": [sum(2 * (0.5 * x - 2 * x) * x / 3 for x in (1, 2, 3))],
    "08.2": [lambda X, y, w: grad(lambda v: np.mean((X @ v - y) ** 2))(w)],
    "08.3": ["19/6"],
    "08.4": [342 / 5000],
}
readings = {
    "08.1": [([1, 2, 3], "number for each row")],
    "08.2": [(lambda X, y, w: np.mean((X @ w - y) ** 2), "there are two weights")],
}
MISTAKES = {
    "2 * error": "missing_x", "2 * error.mean()": "missing_x", "2 * X.T @ error": "factor",
    "X.T @ error / n": "factor", "-2 * X.T @ error / n": "sign", "2 * X.T @ error / n": "agrees",
}  # fmt: skip
TRUE = "2 * X.T @ error / n"


@pytest.fixture
def lying(at_first):
    return at_first(lessons.lying_loop)


def typed(gradient, learning_rate, steps=STEPS):
    """The loop as a learner types it: the choice is run as the text that it is."""
    w = np.zeros(2)
    for _ in range(steps):
        w -= learning_rate * eval(gradient, {"X": X, "n": len(Y), "error": X @ w - Y})
    return w


def test_repairs_and_their_mistakes(lying):
    assert list(MISTAKES) == list(REPAIRS)
    for gradient, mistake in MISTAKES.items():
        state = lying.set(gradient=gradient).state
        assert state["report"].diagnosis == mistake
        assert f"gradient = {gradient}." in lying.caption
        assert f"“{mistake}”" in lying.caption


def test_the_published_gradient(lying):
    with pytest.raises(ValueError, match="broadcast"):
        typed("2 * error", 0.01, steps=1)
    assert "cannot take one step" in lying.set(gradient="2 * error").caption


@pytest.mark.parametrize("gradient", list(MISTAKES)[1:])
def test_paths_of_typed_gradients(lying, gradient):
    state = lying.set(gradient=gradient, learning_rate=5e-4).state
    assert state["chosen"].point == pytest.approx(typed(gradient, 5e-4), rel=1e-9)
    assert state["true"].point == pytest.approx(typed(TRUE, 5e-4), rel=1e-9)


def test_a_gradient_without_x(lying):
    state = lying.state
    w, losses = state["chosen"].point, state["chosen"].values
    assert abs(np.mean(X @ w - Y)) < 1e-7
    assert w[0] == pytest.approx(w[1])
    assert losses[-1] > 20 * state["true"].values[-1]
    assert "comes to rest" in lying.caption
    assert f"{losses[-1]:.3g} kg²; with the true" in lying.caption
    state = lying.set(step=20).state
    assert state["chosen_line"] == pytest.approx(typed("2 * error.mean()", 0.07, 20))
    assert state["true_line"] == pytest.approx(typed(TRUE, 0.07, 20))
    assert "the loss after 20 steps" in lying.caption


@pytest.mark.parametrize(
    ("size", "read"), [(16, "800 rows were read (2.34"), (342, "17,100 rows were read (50")]
)
def test_training_on_batches(at_first, size, read):
    sound = at_first(lessons.sound_loop)
    state = sound.set(batch_size=size - 0.3, iterations=50).state  # as a slider over powers has it
    rng, w = np.random.default_rng(0), np.zeros(2)
    for _ in range(50):
        rows = rng.choice(len(Y), size, replace=False, shuffle=False)
        w -= 0.07 * 2 * X[rows].T @ (X[rows] @ w - Y[rows]) / size
    assert state["on_all"].point == pytest.approx(w)
    assert state["on_all"].values[-1] == pytest.approx(np.mean((X @ w - Y) ** 2))
    assert f"batches of {size}: over all 342 points" in sound.caption
    assert f"{read} passes)" in sound.caption


def test_clouds_of_small_batches(at_first):
    sound, spread = at_first(lessons.sound_loop), {}
    for size in (1, 16, 256):
        run = sound.set(learning_rate=0.05, batch_size=size, iterations=ITERATIONS).state["on_all"]
        spread[size] = run.points[100:].std(axis=0).max()
    assert spread[1] > 2 * spread[16] > 4 * spread[256]
    few = sound.set(iterations=40).state["on_all"].points
    assert np.array_equal(few, run.points[:41]), "the same batches, fewer of them"
