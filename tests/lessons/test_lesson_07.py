"""Lesson 07: its exercises as learners answer them, and its figures."""

import re
from functools import reduce

import numpy as np
import pytest

from calclearn import lessons
from calclearn.data import penguin_line
from calclearn.descent.descend import Stop

x, y = penguin_line().x, penguin_line().y
a, b, c = 2 * x @ x, 2 * x.sum(), 2 * len(x)
steep = (a + c) / 2 + np.hypot((a - c) / 2, b)  # eigenvalues of [[a, b], [b, c]] by hand
flat = (a + c) / 2 - np.hypot((a - c) / 2, b)


right = {
    "07.1": [(0.0002 * 1567.255, 3 + 0.0002 * 822), ("0.313", "3.16")],
    "07.2": [2 / (steep / 342)],
    "07.3": [(steep - flat) / steep],
    "07.4": ["c"],
    "07.5": [lambda g, w, r, k: reduce(lambda w, _: list(w - r * g(np.array(w))), range(k), w)],
}
readings = {"07.5": [(lambda g, w, r, k: next(w - r * g(w) for _ in range(k)), "inside the loop")]}


def test_each_kind_of_rate_is_a_sentence_and_divergence_a_picture(learning_rate):
    control, names = learning_rate.controls["learning_rate"], []
    for exponent in np.linspace(control.min, control.max, 12):
        learning_rate.set(learning_rate=float(control.base**exponent))
        names.append(re.search(r"Learning rate .+? (\w+):", learning_rate.caption)[1])
        descent = learning_rate.state["descent"]
        if descent.stop == Stop.DIVERGED:
            assert f"diverges after {descent.steps_taken} steps" in learning_rate.caption
            assert learning_rate.still()
    assert list(dict.fromkeys(names)) == ["creeps", "converges", "oscillates", "diverges"]


def test_the_bands_follow_the_curvature_of_the_data_in_use(learning_rate):
    few = penguin_line().thinned(34)
    hessian = 2 * np.array([[few.x @ few.x, few.x.sum()], [few.x.sum(), 34]])
    border = learning_rate.set(points=34).state["bands"][2][0]
    assert border == pytest.approx(2 / np.linalg.eigvalsh(hessian)[-1])


def test_the_two_factors_are_those_of_the_errors(two_factors):
    for rate in (1e-5, 0.001):
        state = two_factors.set(learning_rate=rate).state
        assert state["factors"] == pytest.approx([1 - rate * flat, 1 - rate * steep])
        for name, factor in zip(("flat", "steep"), state["factors"], strict=True):
            errors = state[name]
            assert errors[1:] == pytest.approx(np.abs(factor) * errors[:-1], rel=1e-5, abs=1e-7)
        assert state["steep_loss"][2] == pytest.approx(state["descent"].values)
    assert "no single rate does better" in two_factors.set(learning_rate=0.0007).caption
    assert two_factors.state["factors"] == pytest.approx([0.738, -0.738], abs=0.007)
    assert "overshoots farther" in two_factors.set(learning_rate=0.0009).caption


def test_the_axes_of_the_oval_lie_along_the_eigenvectors(learning_rate):
    learning_rate.still()
    for line, curvature in zip(
        learning_rate._drawings[1].drawing.lines, (flat, steep), strict=True
    ):
        along = np.diff(line.get_xydata(), axis=0)[0]
        assert np.array([[a, b], [b, c]]) @ along == pytest.approx(curvature * along)


def test_the_goal_is_a_loss_after_ten_steps(learning_rate):
    for rate, reached in ((0.0002, False), (0.0006, True), (0.00075, False), (0.002, False)):
        values = learning_rate.set(learning_rate=rate).state["descent"].values
        assert bool(len(values) > 10 and values[10] < 60) is reached
        assert learning_rate.caption.endswith("reached." if reached else "not yet.")


def test_longer_runs_than_the_first_one_are_played_step_by_step():
    standardised = lessons.learning_rate(penguin_line("standardised"))  # rests after 29 steps
    caption = standardised.set(learning_rate=3e-5, step=50).caption
    assert "the loss after 50 steps is" in caption
