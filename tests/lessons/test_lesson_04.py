"""Lesson 04: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn import lessons
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


def test_the_sse_and_its_least_value(at_first):
    explorer = at_first(lessons.residual_squares).set(slope=0.8, intercept=3.0)
    for points in (3, 40):
        state = explorer.set(points=points).state
        x, y = state["data"].x, state["data"].y
        (_, (rest,), *_) = np.polyfit(x, y, 1, full=True)
        assert len(x) == points
        assert state["total"] == pytest.approx(np.sum((0.8 * x + 3 - y) ** 2))
        assert state["least"] == pytest.approx(rest)
        assert state["least"] < state["total"] < state["most"]


@pytest.mark.parametrize("family", ["slope", "intercept", "through the middle"])
def test_a_family_of_lines(at_first, family):
    explorer = at_first(lessons.family_of_lines).set(slope=0.4, intercept=4.0, family=family)
    (slopes, intercepts), losses = explorer.state["lines"], explorer.state["losses"]
    sums = [np.sum((m * px + c - py) ** 2) for m, c in zip(slopes, intercepts, strict=True)]
    assert losses == pytest.approx(sums)
    common = {  # what all lines of the family have in common
        "slope": intercepts,
        "intercept": slopes,
        "through the middle": slopes * px.mean() + intercepts,
    }[family]
    assert np.ptp(common) == pytest.approx(0, abs=1e-12)
    assert (slopes[-1], intercepts[-1]) == pytest.approx(explorer.state["weights"])
    assert f"SSE {losses.min():.4g} kg²" in explorer.caption


def test_the_far_penguin_pulls_the_squares_and_hardly_the_absolute_values(at_first):
    explorer, kept = at_first(lessons.far_penguin), penguin_line().thinned(14)
    near = explorer.set(flipper=3.0, mass=5.2).state
    far = explorer.set(flipper=4.0, mass=2.5).state
    x, y = np.append(kept.x, 4.0), np.append(kept.y, 2.5)
    assert far["squares"] == pytest.approx(np.polyfit(x, y, 1))

    def size(slope, intercept):
        return np.abs(slope * x + intercept - y).sum()

    m, c = far["absolute"]
    near_it = np.random.default_rng(0).normal((m, c), 0.1, (200, 2))
    assert size(m, c) <= min(size(*line) for line in near_it)
    moved = {name: abs(far[name][0] - near[name][0]) for name in ("squares", "absolute")}
    assert moved["absolute"] < moved["squares"] / 2


def test_an_end_of_the_line_is_dragged_and_the_other_stays(at_first):
    explorer = at_first(lessons.residual_squares).set(slope=0.2, intercept=4.0)
    handles = next(e.drawing for e in explorer._drawings if hasattr(e.drawing, "places"))
    left, right = handles.places
    slope, intercept = handles.dragged((right - 0.1, 4.0), (right, 4.5), 0.2, 4.0)
    assert slope * left + intercept == pytest.approx(0.2 * left + 4.0)
    assert slope * right + intercept == pytest.approx(0.2 * right + 4.0 + 0.5)
