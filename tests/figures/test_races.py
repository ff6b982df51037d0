"""What the drawings of a race put on the paper, and the rings of a quadratic model."""

import numpy as np
import pytest

from calclearn.descent.curvature import quadratic_model
from calclearn.descent.descend import descend
from calclearn.descent.landscapes import himmelblau
from calclearn.descent.optimizers import Adam
from calclearn.descent.races import RaceResult
from calclearn.figures.races import ModelRings, Paths, RaceCurves, key
from calclearn.figures.style import OPTIMIZERS, panels

NAMES = ("GradientDescent", "Adam")
LIMITS = {"limits": (1e-9, 1e3), "arrived": 1e-6, "price": "gradients", "most": 20}


@pytest.fixture
def paths(ax):
    ax.set(xlim=(-5, 5), ylim=(-5, 5))
    return Paths(ax, NAMES)


@pytest.fixture
def curves():
    return RaceCurves(panels("flat")[0], NAMES, **LIMITS)


def test_looks_on_map_curves_and_key(ax, paths, curves):
    key(ax, NAMES)
    (legend,) = ax.figure.legends
    assert tuple(text.get_text() for text in legend.get_texts()) == NAMES
    for name, handle in zip(NAMES, legend.legend_handles, strict=True):
        lines = paths.paths[name].line, curves.lines[name], handle
        assert {(line.get_color(), line.get_marker()) for line in lines} == {OPTIMIZERS[name]}


def test_a_race_with_and_without_an_optimizer(paths, curves):
    surface, start = himmelblau(), (1.0, 1.0)
    descents = {name: descend(surface, start, Adam(0.1), 200) for name in NAMES}
    results = {"GradientDescent": (np.arange(5), np.ones(5)), "Adam": ([0], [1.0])}
    for names in (NAMES, NAMES[:1], NAMES):
        paths.update({name: descents[name] for name in names})
        curves.update({name: RaceResult(None, *results[name]) for name in names})
        for name in NAMES:
            line, price = paths.paths[name].line, results[name][0] if name in names else []
            assert line.get_visible() == (name in names)
            assert np.transpose(line.get_data()) == pytest.approx(descents[name].points)
            assert curves.lines[name].get_xdata().tolist() == [*price]
            if name in names:  # the marker is at the end
                assert curves.lines[name].get_markevery() == [len(price) - 1]


@pytest.mark.parametrize("steps", [9, 40, 90, 1000])
def test_markers_of_a_long_path(paths, steps):
    descent = descend(himmelblau(), (1.0, 1.0), Adam(0.1), steps, tolerance=0)
    paths.update({"Adam": descent})
    shown = range(len(descent.points))[paths.paths["Adam"].line.get_markevery()]
    assert min(steps, 20) <= len(shown) <= 45
    assert 0 not in shown  # the start has a mark of its own


@pytest.mark.parametrize("at", [(0.0, 0.0), (3.0, 1.0), (-1.0, -2.0), (3.0, 2.0)])
def test_rings_of_a_model(ax, at):
    surface, at = himmelblau(), np.array(at)
    model, rings = quadratic_model(surface, at), ModelRings(ax, surface.domain)
    rings.update(model, at)
    segments = rings.rings.get_segments()
    heights = [model(np.transpose(segment)) for segment in segments]
    size = max(np.ptp(np.concatenate(heights)), 20.0)
    assert all(np.ptp(height) < 0.05 * size for height in heights)
    assert segments
    if at.tolist() != [3.0, 2.0]:  # at the minimum there is no ring through the point
        nearest = min(abs(np.mean(height) - surface(at)) for height in heights)
        assert nearest < 0.02 * size
