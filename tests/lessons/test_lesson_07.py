"""Lesson 07: its exercises as learners answer them, and its figures."""

from fractions import Fraction

import numpy as np
import pytest

from calclearn import lessons
from calclearn.data import penguin_line
from calclearn.descent.descend import Stop
from calclearn.descent.losses import line_loss

x, y = penguin_line().x, penguin_line().y
a, b, c = 2 * x @ x, 2 * x.sum(), 2 * len(x)
steep = (a + c) / 2 + np.hypot((a - c) / 2, b)  # eigenvalues of [[a, b], [b, c]] by hand
flat = (a + c) / 2 - np.hypot((a - c) / 2, b)
after = np.array([0.0, 3.0]) - 0.0002 * line_loss(x, y).gradient(np.array([0.0, 3.0]))


def plain_loop():
    slope = intercept = 0.0
    for xi, yi in zip(x, y, strict=True):
        slope -= 0.0002 * 2 * (3 - yi) * xi
        intercept -= 0.0002 * 2 * (3 - yi)
    return slope, 3 + intercept


right = {
    "07.1": [after, tuple(after), after.tolist(), plain_loop(), [f"{v:.3g}" for v in after]],
    "07.2": [684 / steep, float(f"{684 / steep:.3g}"), Fraction(684 / steep), [2 / (steep / 342)]],
    "07.3": [1 - flat / steep, (steep - flat) / steep, round(1 - flat / steep, 3)],
    "07.4": ["c", "C)"],
}
readings = {  # answers that are not listed as mistakes, and words of the reply
    "07.1": [(after[::-1], "wrong order"), (after[0], "2 numbers")],
    "07.2": [(-684 / steep, "sign"), (float("nan"), "not finite")],
    "07.4": [("e", 'letters "a", "b", "c", "d"')],
}


def test_divergence_at_any_rate_is_a_picture_and_a_sentence():
    explorer = lessons.learning_rate()
    control = explorer.controls["learning_rate"]
    names = set()
    for exponent in np.linspace(control.min, control.max, 60):
        explorer.set(learning_rate=float(control.base**exponent))
        stop = Stop(explorer.state["descent"].stop.item())
        name = explorer.state["rates"].name(explorer.values["learning_rate"])
        names.add(name)
        assert explorer.error is None
        assert explorer.still()
        assert name in explorer.caption
        if stop is Stop.DIVERGED:
            taken = explorer.state["descent"].steps_taken.item()
            assert f"diverges after {taken} steps" in explorer.caption
            assert name == "diverges"
    assert names == {"creeps", "converges", "oscillates", "diverges"}


def test_the_bands_follow_the_curvature_of_the_data_in_use():
    explorer = lessons.learning_rate()
    data = penguin_line()
    for points in (342, 100, 34):
        few = data.thinned(points)
        hessian = 2 * np.array([[few.x @ few.x, few.x.sum()], [few.x.sum(), points]])
        border = explorer.set(points=points).state["bands"][2][0]
        assert border == pytest.approx(2 / np.linalg.eigvalsh(hessian)[-1])


def test_a_film_shows_the_path_up_to_its_step():
    explorer = lessons.learning_rate()
    whole = explorer.still()
    map_path, bowl_path, curve = (explorer._drawings[i].drawing for i in (2, 3, 4))
    for step in (0, 1, 7):
        explorer.set(step=step)
        assert explorer.still() != whole
        descent = explorer.state["descent"]
        assert np.array_equal(map_path.line.get_xydata(), descent.points[: step + 1])
        assert np.array_equal(bowl_path.line.get_data_3d()[2], descent.values[: step + 1])
        assert np.array_equal(curve.line.get_ydata(), descent.values[: step + 1])
        after = "1 step is" if step == 1 else f"{step} steps is"
        assert f"the loss after {after} {descent.values[step]:.3g} kg²" in explorer.caption
    assert explorer.set(step=60).still() == whole


def test_each_weight_moves_by_its_own_partial_derivative():
    explorer = lessons.each_weight()
    for rate in (1e-5, 2e-4, 1e-3):
        points = explorer.set(learning_rate=rate).state["descent"].points
        slope, intercept = points[0]
        r = slope * x + intercept - y
        assert points[1] == pytest.approx(points[0] - rate * 2 * np.array([r @ x, r.sum()]))
        for drawing, column in zip(explorer._drawings[2:], points[:3].T, strict=True):
            explorer.set(step=2).still()
            assert drawing.drawing.line.get_ydata() == pytest.approx(column)
