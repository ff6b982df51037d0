"""Lesson 00: its exercises as learners answer them, and its figure."""

import numpy as np
import pytest

from calclearn.data import penguin_line
from calclearn.descent.losses import line_loss

x, y = penguin_line().x, penguin_line().y

right = {
    "00.1": [3.7 + 0.5 + 0.5],  # half a kilogram more for each centimetre
    "00.2": [sum((0.5 * a + 3.7 - b) ** 2 for a, b in zip(x, y, strict=True))],
    "00.3": ["b", " (B) "],
}


def test_line_ball_and_loss_play_together(first_descent):
    line, path, curve = (first_descent._drawings[i].drawing for i in (2, 3, 4))
    first_descent.set(step=7).still()
    descent = first_descent.state["descent"]
    slope, intercept = weights = descent.points[7]
    assert line.line.get_ydata() == pytest.approx(slope * line.line.get_xdata() + intercept)
    assert np.ravel(path.ball.get_data_3d()) == pytest.approx([*weights, descent.values[7]])
    assert np.array_equal(curve.line.get_ydata(), descent.values[:8])
    assert f"{descent.values[7]:.3g} kg²" in first_descent.caption


def test_the_caption_counts_the_steps_to_the_lowest_loss(first_descent):
    lowest = float(line_loss(x, y)(np.polyfit(x, y, 1)))
    values = first_descent.set(learning_rate=2e-4).state["descent"].values
    assert values[35] <= 1.01 * lowest < values[34]
    assert "within 1 % of that after 35 steps." in first_descent.caption
    assert "within 1 %" not in first_descent.set(learning_rate=2e-5).caption
