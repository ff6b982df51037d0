"""Lesson 08: its exercises as learners answer them, and its figures beside plain loops."""

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad
from calclearn.data import penguin_line
from calclearn.lessons.lesson_08 import REPAIRS, STEPS

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


def typed(gradient, learning_rate, steps=STEPS):
    """The loop as a learner types it: the choice is run as the text that it is."""
    w = np.zeros(2)
    for _ in range(steps):
        w -= learning_rate * eval(gradient, {"X": X, "n": len(Y), "error": X @ w - Y})
    return w


@pytest.mark.parametrize(("gradient", "mistake"), MISTAKES.items())
def test_repairs_their_mistakes_and_their_paths(lying_loop, gradient, mistake):
    assert list(MISTAKES) == list(REPAIRS)
    state = lying_loop.set(gradient=gradient, learning_rate=5e-4).state
    assert lying_loop.caption.startswith(f"gradient = {gradient}. check_gradient finds “{mistake}”")
    assert state["true"].point == pytest.approx(typed(TRUE, 5e-4), rel=1e-9)
    if gradient == "2 * error":  # as it was published
        with pytest.raises(ValueError, match="broadcast"):
            typed(gradient, 5e-4, steps=1)
        assert "cannot take one step" in lying_loop.caption
    else:
        assert state["chosen"].point == pytest.approx(typed(gradient, 5e-4), rel=1e-9)


def test_a_gradient_without_x(lying_loop):
    state = lying_loop.state
    w, losses = state["chosen"].point, state["chosen"].values
    assert abs(np.mean(X @ w - Y)) < 1e-7
    assert losses[-1] > 20 * state["true"].values[-1]
    assert f"{losses[-1]:.3g} kg²; with the true" in lying_loop.caption
    state = lying_loop.set(step=20).state
    assert state["chosen_line"] == pytest.approx(typed("2 * error.mean()", 0.07, 20))
    assert state["true_line"] == pytest.approx(typed(TRUE, 0.07, 20))
    assert "the loss after 20 steps" in lying_loop.caption


@pytest.mark.parametrize(
    ("size", "read"), [(16, "800 rows read (2.34"), (342, "17,100 rows read (50")]
)
def test_training_on_batches(sound_loop, size, read):
    sound_loop.set(batch_size=size - 0.3, iterations=50)  # as a slider over powers has it
    run, rng, w = sound_loop.state["on_all"], np.random.default_rng(0), np.zeros(2)
    for _ in range(50):
        rows = rng.choice(len(Y), size, replace=False, shuffle=False)
        w -= 0.07 * 2 * X[rows].T @ (X[rows] @ w - Y[rows]) / size
    assert run.point == pytest.approx(w)
    assert run.values[-1] == pytest.approx(np.mean((X @ w - Y) ** 2))
    assert f"batches of {size}: over all 342 points" in sound_loop.caption
    assert f"{read} passes)" in sound_loop.caption
    few = sound_loop.set(iterations=40).state["on_all"].points
    assert np.array_equal(few, run.points[:41]), "the same batches, fewer of them"
