"""What the drawings of a descent put on the paper, also of one that leaves the paper."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from calclearn.descent.descend import descend
from calclearn.descent.landscapes import himmelblau, saddle
from calclearn.descent.losses import line_loss
from calclearn.descent.optimizers import Adam, GradientDescent
from calclearn.figures.descents import Bands, LossCurve, Path, Paths, key
from calclearn.figures.style import GREY, OPTIMIZERS, panels

SURFACE = line_loss(np.array([-1.0, 0.5, 2.0, 3.0]), np.array([2.0, 2.5, 4.5, 5.0]))
START = np.array([-1.0, 4.0])


def walk(learning_rate, steps=60):
    return descend(SURFACE, START, GradientDescent(learning_rate), steps)


@pytest.fixture(params=["flat", "solid"])
def ax(request):
    (ax,) = panels(request.param)
    ax.set(xlim=(-2, 3), ylim=(0, 5))
    if request.param == "solid":
        ax.set_zlim(0, 100)
    return ax


def drawn(path, artist=None):
    line = artist or path.line
    return np.array(line.get_data_3d() if path.solid else line.get_data())


def test_a_path_shows_every_point_at_its_height_and_an_arrow_where_it_leaves(ax):
    path, descent = Path(ax, ball=True), walk(0.01)
    path.update(descent)
    points = np.column_stack([descent.points, descent.values]).T
    assert drawn(path) == pytest.approx(points if path.solid else points[:2])
    assert (drawn(path, path.arrow).size, drawn(path, path.ball).size) == (0, len(drawn(path)))
    path.update(walk(10.0))
    (place,) = drawn(path, path.arrow).T
    heights = [ax.get_zlim()] if path.solid else []
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim(), *heights])
    assert np.min(np.abs([place - low, place - high])) == pytest.approx(0, abs=1e-9)
    assert ((place >= low - 1e-9) & (place <= high + 1e-9)).all()
    assert drawn(path, path.ball).size == 0


def test_direction_of_an_arrow():
    (ax,) = panels("flat")
    ax.set(xlim=(-1, 1), ylim=(-1, 1))
    path, descent = Path(ax), walk(0.01)
    for end in ([9.0, 0.0], [0.0, -9.0]):
        path.update(replace(descent, points=np.array([[0.0, 0.0], end]), values=np.zeros(2)))
        turned = path.arrow._marker.get_user_transform()
        assert turned.transform([1.0, 0.0]) == pytest.approx(np.divide(end, 9), abs=1e-6)


def test_a_diverging_path_ends_soon_after_it_left_and_can_be_painted(ax):
    path, descent = Path(ax), walk(10.0)
    assert np.abs(descent.points).max() > 1e3
    path.update(descent)
    assert np.abs(drawn(path)[:2]).max() < np.abs(descent.points).max()
    if path.solid:  # as far as the wall that it meets first
        walls = np.array([ax.get_xlim(), ax.get_ylim(), ax.get_zlim()])
        end = drawn(path)[:, -1]
        assert np.clip(end, *walls.T) == pytest.approx(end)
        assert np.isclose(end, walls.T).any()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for animated in (True, False):
            path.line.set_animated(animated)
            FigureCanvasAgg(ax.figure).draw()


def test_the_loss_curve_keeps_its_axis_while_the_descent_changes():
    (ax,) = panels("flat")
    curve, lowest = LossCurve(ax, steps=60, unit="kg²"), float(SURFACE(SURFACE.minima[0]))
    curve.update(walk(0.01), lowest)
    limits, descent = ax.get_ylim(), walk(0.02)
    curve.update(descent, lowest)
    assert ax.get_ylim() == limits
    assert limits[0] < lowest < descent.values[0] < limits[1]
    assert np.array_equal(curve.line.get_ydata(), descent.values)
    curve.update(descent, 2 * lowest)
    assert ax.get_ylim() != limits


@pytest.mark.parametrize(("lowest", "steps"), [(-1.0, 20), (0.0, 20), (0.0, 900)])
def test_losses_below_zero_are_on_the_axis(lowest, steps):
    (ax,) = panels("flat")
    descent = descend(saddle(), (1.0, 0.01), GradientDescent(0.1), steps)
    LossCurve(ax).update(descent, lowest)
    low, high = ax.get_ylim()
    assert ax.get_yscale() == "linear"
    assert -4 < low < min(lowest, descent.values[19]) < descent.values[0] < high


@pytest.mark.parametrize("kind", [Path, LossCurve])
def test_a_batch_is_no_single_descent(kind):
    batch = descend(saddle(), np.ones((2, 5)), GradientDescent(0.1), steps=2)
    with pytest.raises(ValueError, match=f"{kind.__name__} takes one descent"):
        kind(*panels("flat")).update(batch)


def test_bands_fill_the_strip_and_their_names_stand_in_them():
    (ax,) = panels("flat")
    ends = [(0.1, "w", "creeps"), (1.0, "y", "converges"), (1.1, "r", "thin"), (np.inf, "k", "far")]
    bands = Bands(ax, (0.01, 10.0))
    bands.update(ends, 0.5)
    assert [text.get_text() for text in ax.texts] == ["creeps", "converges", "far"]
    widths = [np.ptp(patch.get_extents().get_points()[:, 0]) for patch in ax.patches]
    assert sum(widths) == pytest.approx(ax.bbox.width, rel=1e-3)
    strip = list(bands.strip)
    bands.update(ends, 0.6)
    assert list(bands.now.get_xdata()) == [0.6]
    assert bands.strip == strip, "the strip is painted only for other bands"
    bands.update([*ends[:1], (np.inf, "k", "far")], 0.6)
    assert len(ax.patches) == 2


# A race.

NAMES = ("GradientDescent", "Adam")


@pytest.fixture
def paths():
    (ax,) = panels("flat")
    ax.set(xlim=(-5, 5), ylim=(-5, 5))
    return Paths(ax, NAMES)


def test_looks_on_the_map_and_in_the_key(paths):
    key(paths.ax, NAMES)
    (legend,) = paths.ax.figure.legends
    assert tuple(text.get_text() for text in legend.get_texts()) == NAMES
    for name, handle in zip(NAMES, legend.legend_handles, strict=True):
        lines = paths.paths[name].line, handle
        assert {(line.get_color(), line.get_marker()) for line in lines} == {OPTIMIZERS[name]}


@pytest.mark.parametrize("came", [None, 3, np.ones((3, 2))])
def test_what_is_no_descent_is_named(came):
    for drawing in (Path(panels("flat")[0]), LossCurve(panels("flat")[0])):
        words = "descent must be a Descent, as descend returns it, got [^\n]+$"
        with pytest.raises(TypeError, match=words):
            drawing.update(came)


def test_the_loss_of_a_plain_function_has_no_lowest_line():
    run, curve = descend(np.sum, [1.0], Adam(0.1), 3), LossCurve(panels("flat")[0], np.sum)
    curve.update(run)
    assert not curve.floor.get_visible()


def test_an_optimizer_of_ones_own_is_drawn_grey():
    line = Paths(panels("flat")[0], ("Adam", "Mine")).paths["Mine"].line
    assert (line.get_color(), line.get_marker()) == OPTIMIZERS["Mine"] == (GREY, ".")


def test_paths_with_and_without_an_optimizer(paths):
    descents = {name: descend(himmelblau(), (1.0, 1.0), Adam(0.1), 200) for name in NAMES}
    for names in (NAMES, NAMES[:1], NAMES):
        paths.update({name: descents[name] for name in names})
        for name in NAMES:
            line = paths.paths[name].line
            assert line.get_visible() == (name in names)
            assert np.transpose(line.get_data()) == pytest.approx(descents[name].points)


@pytest.mark.parametrize("steps", [9, 40, 90, 1000])
def test_markers_of_a_long_path(paths, steps):
    descent = descend(himmelblau(), (1.0, 1.0), Adam(0.1), steps, tolerance=0)
    paths.update({"Adam": descent})
    shown = range(len(descent.points))[paths.paths["Adam"].line.get_markevery()]
    assert min(steps, 20) <= len(shown) <= 45
    assert 0 not in shown  # the start has a mark of its own
