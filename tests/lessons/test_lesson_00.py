"""Lesson 00: its exercises as learners answer them, and its figure."""

from fractions import Fraction

import numpy as np
import pytest

from calclearn import lessons
from calclearn.data import penguin_line
from calclearn.descent.losses import line_loss

x, y = penguin_line().x, penguin_line().y
sse = float(((0.5 * x + 3.7 - y) ** 2).sum())


def line(flipper):
    return 0.5 * (flipper - 190) / 10 + 3.7


right = {
    "00.1": [line(210), Fraction(47, 10)],
    "00.2": [round(sse, 1), sum((0.5 * a + 3.7 - b) ** 2 for a, b in zip(x, y, strict=True))],
    "00.3": ["b", " (B) "],
}


@pytest.fixture(scope="module")
def explorer():
    return lessons.first_descent()


def test_line_ball_and_loss_play_together(explorer):
    whole = explorer.set(learning_rate=2e-4, step=60).still()
    line, path, curve = (explorer._drawings[i].drawing for i in (2, 3, 4))
    for step in (0, 7):
        assert explorer.set(step=step).still() != whole
        descent = explorer.state["descent"]
        slope, intercept = weights = descent.points[step]
        assert line.line.get_ydata() == pytest.approx(slope * line.line.get_xdata() + intercept)
        ball = np.ravel(path.ball.get_data_3d())
        assert ball == pytest.approx([*weights, descent.values[step]])
        assert np.array_equal(curve.line.get_ydata(), descent.values[: step + 1])
        assert f"{descent.values[step]:.3g} kg²" in explorer.caption
    assert explorer.set(step=60).still() == whole


def test_the_caption_counts_the_steps_to_the_lowest_loss(explorer):
    lowest = float(line_loss(x, y)(np.polyfit(x, y, 1)))
    for rate, steps in [(2e-4, 35), (4e-4, 17)]:
        values = explorer.set(learning_rate=rate, step=60).state["descent"].values
        assert values[steps] <= 1.01 * lowest < values[steps - 1]
        assert f"within 1 % of that after {steps} steps." in explorer.caption
    assert "within 1 %" not in explorer.set(learning_rate=2e-5).caption
    assert "diverges" in explorer.set(learning_rate=2e-3).caption
