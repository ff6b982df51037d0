"""Lesson 04: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn.data import penguin_line

px, py = penguin_line().x, penguin_line().y
ends = [py.argmin(), py.argmax()]
m, c = np.polyfit(px[ends], py[ends], 1)
typed = np.append(10 * py[0], py[1:])
squares = (0.5 * px + 3.7 - typed) ** 2

right = {
    "04.1": [lambda m, c, x, y: np.sum(np.subtract(y, m * x + c, out=y) ** 2)],
    "04.2": [(m, c), (round(m, 2), round(c, 2))],
    "04.3": [squares[0] / squares.sum()],
    "04.4": ["a"],
}


def test_the_sse_and_its_least_value(residual_squares):
    state = residual_squares.set(slope=0.8, intercept=3.0, points=40).state
    x, y = state["data"].x, state["data"].y
    (_, (rest,), *_) = np.polyfit(x, y, 1, full=True)
    assert len(x) == 40
    assert state["total"] == pytest.approx(np.sum((0.8 * x + 3 - y) ** 2))
    assert state["least"] == pytest.approx(rest)
    assert state["total"] < state["most"]


@pytest.mark.parametrize("family", ["slope", "intercept", "through the middle"])
def test_a_family_of_lines(family_of_lines, family):
    state = family_of_lines.set(slope=0.4, intercept=4.0, family=family).state
    slopes, intercepts = state["lines"]
    sums = [np.sum((m * px + c - py) ** 2) for m, c in zip(slopes, intercepts, strict=True)]
    assert state["losses"] == pytest.approx(sums)
    at_the_mean = slopes * px.mean() + intercepts
    common = {"slope": intercepts, "intercept": slopes, "through the middle": at_the_mean}
    assert np.ptp(common[family]) == pytest.approx(0, abs=1e-12)
    assert state["weights"] == pytest.approx([0.4, 4.0])
    assert f"SSE {min(sums):.4g} kg²" in family_of_lines.caption


def test_the_far_penguin_pulls_the_squares_and_hardly_the_absolute_values(far_penguin):
    near = far_penguin.set(flipper=3.0, mass=5.2).state
    far, kept = far_penguin.set(flipper=4.0, mass=2.5).state, penguin_line().thinned(14)
    x, y = np.append(kept.x, 4.0), np.append(kept.y, 2.5)
    assert far["squares"] == pytest.approx(np.polyfit(x, y, 1))
    squares = (np.polyval(far["squares"], x) - y) ** 2
    assert far["share"] == pytest.approx(squares[-1] / squares.sum())
    lines = np.random.default_rng(0).normal(far["absolute"], 0.1, (200, 2))
    lines[0] = far["absolute"]
    sizes = [np.abs(slope * x + intercept - y).sum() for slope, intercept in lines]
    assert min(sizes) == sizes[0]
    moved = {name: abs(far[name][0] - near[name][0]) for name in ("squares", "absolute")}
    assert moved["absolute"] < moved["squares"] / 2


def test_an_end_of_the_line_is_dragged_and_the_other_stays(residual_squares):
    (line,) = residual_squares._held()
    left, right = line.handles
    slope, intercept = line.dragged((right - 0.1, 4.0), (right, 4.5), 0.2, 4.0)
    assert slope * left + intercept == pytest.approx(0.2 * left + 4.0)
    assert slope * right + intercept == pytest.approx(0.2 * right + 4.0 + 0.5)
    line.update((0.5, 4.0))
    assert line.ends.get_ydata() == pytest.approx([0.5 * left + 4, 0.5 * right + 4])
