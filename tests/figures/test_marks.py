"""Marks draw the quantities that they name, whatever values these have."""

import sys

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm

from calclearn import figures
from calclearn.figures.marks import Area, Curves, Dots, Drawing, Lines, Raster, Rule, Stems, Text
from calclearn.figures.style import GRADIENT, MODEL, STEP, panels


@pytest.fixture
def solid():
    (ax,) = panels("solid")
    ax.set(xlim=(0, 1), ylim=(0, 1), zlim=(0, 1))
    return ax


def painted(ax):
    """Draw what is animated, too, on top of the rest; return the pixels."""
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    for artist in ax.get_children():
        if artist.get_animated() and artist.get_visible():
            artist.draw(canvas.renderer)
    return np.asarray(canvas.buffer_rgba()).copy()


def data(line):
    return [list(row) for row in line.get_data()]


# What is drawn where.


@pytest.mark.parametrize(
    ("value", "x", "y"),
    [
        ([3.0, 1.0, 2.0], [0, 1, 2], [3, 1, 2]),
        (([5, 6], [1, 2]), [5, 6], [1, 2]),
        (np.array([[5, 6, 7], [1, 2, 3]]), [5, 6, 7], [1, 2, 3]),
        (([5, 6], 1.0), [5, 6], [1, 1]),
        ([], [], []),
        (np.ma.array([3.0, 1.0, 2.0], mask=[0, 1, 0]), [0, 1, 2], [3, np.nan, 2]),
    ],
)
def test_lines_over_index_or_x(ax, value, x, y):
    ax.set(xlim=(0, 9), ylim=(0, 9))
    mark = Lines(ax, "curve")
    mark.update(curve=value)
    np.testing.assert_array_equal(data(mark.lines["curve"]), [x, y])


def test_lines_follow_the_step(ax):
    ax.set(xlim=(0, 9), ylim=(0, 9))
    mark = Lines(ax, "train", "test", step="k")
    assert mark.parameters == {"train": True, "test": True, "k": False}
    for k, shown in [(0, 1), (1, 2), (99, 3), (None, 3)]:
        mark.update(train=[3, 2, 1], test=([0, 5, 6], [1, 2, 3]), **{} if k is None else {"k": k})
        assert [len(line.get_xdata()) for line in mark.lines.values()] == [shown, shown]


def test_looks_by_name_list_and_table_in_short_and_long(ax):
    mark = Lines(ax, "a", "b", lw=3, label=["first", "second"])
    assert [line.get_color() for line in mark.lines.values()] == [MODEL, STEP]
    assert [line.get_label() for line in mark.lines.values()] == ["first", "second"]
    table = Lines(ax, {"as it is": {"color": "red"}, "clipped": {"ls": ":"}}, lw=1)
    assert table.lines["as it is"].get_color() == "red"
    assert table.lines["clipped"].get_linestyle() == ":"
    table.update(**{"as it is": [1, 2], "clipped": [1, 3]})
    (dots,) = Dots(ax, "a", ms=3, mec="red", c="blue").lines.values()
    looks = dots.get_markersize(), dots.get_markeredgecolor(), dots.get_color()
    assert looks == (3, "red", "blue")
    (_, rule) = Rule(ax, x="a", lw=5).lines["x"]
    (area,) = Area(ax, "a", lw=2).areas.values()
    assert (rule.get_linewidth(), area.get_linewidth()) == (5, [2])


def test_dots(ax, solid):
    ax.set(xlim=(0, 9), ylim=(0, 9))
    mark, ball = Dots(ax, "start", "path", step="step"), Dots(solid, "ball")
    mark.update(start=np.array([1.0, 2.0]), path=[[1, 2, 3], [4, 5, 6]], step=1)
    assert [data(line) for line in mark.lines.values()] == [[[1], [2]], [[1, 2], [4, 5]]]
    ball.update(ball=(0.1, 0.2, 0.3))
    assert np.ravel(ball.lines["ball"].get_data_3d()).tolist() == [0.1, 0.2, 0.3]


def test_rules(ax):
    ax.set(xlim=(0, 9), ylim=(0, 9))
    mark = Rule(ax, x="best", y="levels")
    mark.update(best=4.0, levels=[1.0, 2.0])
    (_, upright), (_, level) = mark.lines["x"], mark.lines["y"]
    assert np.array_equal(upright.get_xydata(), [[4, 0], [4, 1], [4, np.nan]], equal_nan=True)
    assert np.nanmax(level.get_xdata()) == 1
    assert set(level.get_ydata()) == {1, 2}


def test_text(ax, solid):
    for panel in (ax, solid):
        fixed = Text(panel, (0.1, 0.9), "loss {run[loss]:.2g} after {steps} steps")
        assert fixed.parameters == {"run": True, "steps": True}
        fixed.update(run={"loss": -0.5}, steps=3)
        assert fixed.text.get_text() == "loss −0.5 after 3 steps"
    hyphen = Text(ax, (0, 0), "{name}: {value}")
    hyphen.update(name="warm-up", value=-1)
    assert hyphen.text.get_text() == "warm-up: −1"


def test_areas(ax):
    ax.set(xlim=(0, 9), ylim=(0, 9))
    mark, band = Area(ax, "under", "between"), Area(ax, "band")
    mark.update(under=([0, 2], [1, 3]), between=([0, 2], [1, 1], [2, 4]))
    under, between = (area.get_paths()[0].vertices[:4].tolist() for area in mark.areas.values())
    assert under == [[0, 0], [2, 0], [2, 3], [0, 1]]
    assert between == [[0, 1], [2, 1], [2, 4], [0, 2]]
    band.update(band=[1.0, 2.0, np.nan, 3.0, 4.0])  # with a gap
    assert [len(path.vertices) for path in band.areas["band"].get_paths()] == [5, 5]


def test_stems(ax):
    ax.set(xlim=(0, 9), ylim=(0, 9))
    mark = Stems(ax, "weights")
    mark.update(weights=[3.0, 5.0])
    stem, head = mark.stems["weights"]
    assert data(head) == [[0, 1], [3, 5]]
    assert stem.get_ydata()[[0, 1, 3, 4]].tolist() == [0, 3, 0, 5]
    assert len(ax.get_legend_handles_labels()[0]) == 0


def test_raster_of_numbers(ax):
    mark = Raster(ax, "sizes", window=((0, 2), (0, 1)), colors=GRADIENT, scale=LogNorm(1e-3, 1e3))
    mark.update(sizes=[[1e-9, 1.0, 1e9], [0.0, np.inf, np.nan]])
    colors = mark.image.get_array()
    assert colors[0, 0].tolist() == colors[1, 0].tolist() == list(GRADIENT(0.0, bytes=True))
    assert colors[0, 2].tolist() == colors[1, 1].tolist() == list(GRADIENT(1.0, bytes=True))
    assert colors[1, 2, 3] == 0
    assert mark.image.get_extent() == [0, 2, 0, 1]


def test_raster_of_an_image_fits_the_axes_to_its_cells(ax):
    mark = Raster(ax, "image")
    mark.update(image=np.arange(6.0).reshape(2, 3))
    assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 2.5), (1.5, -0.5))
    ax.figure.stale = False
    mark.update(image=np.ones((2, 3, 3)))
    assert not ax.figure.stale


def test_axes_show_a_window_that_is_a_quantity(ax):
    raster, dots = Raster(ax, "cells", window="where"), Dots(ax, "at", window="where")
    curves = Curves(ax, "all", {"SGD": {}}, window="where", step="k")
    assert raster.parameters == {"cells": True, "where": True}
    assert curves.parameters == {"all": True, "k": False, "where": True}
    for window in ([(0, 2), (0, 1)], ((-5, 5), (-1, 1))):
        for mark, value in ((raster, np.eye(2)), (dots, (1, 2)), (curves, {})):
            ax.set(xlim=(8, 9), ylim=(8, 9))
            mark.update(**dict.fromkeys(mark.parameters, value) | {"where": window, "k": 1})
            assert (ax.get_xlim(), ax.get_ylim()) == tuple(window)
        assert raster.image.get_extent() == [*window[0], *window[1]]
    assert raster.image.origin == "lower"


# Values that renderers cannot draw.

WILD = [1.0, 1e300, -1e300, np.inf, -np.inf, np.nan, 0.0, -1.0, 1e-320]


@pytest.mark.parametrize(
    ("make", "quantity"),
    [
        (lambda ax: Lines(ax, "q", ls="--"), WILD),
        (lambda ax: Lines(ax, "q", edge=True), WILD),
        (lambda ax: Lines(ax, "q"), (WILD, WILD)),
        (lambda ax: Dots(ax, "q"), (WILD, WILD[::-1])),
        (lambda ax: Rule(ax, x="q"), WILD),
        (lambda ax: Rule(ax, y="q"), WILD),
        (lambda ax: Area(ax, "q"), WILD),
        (lambda ax: Area(ax, "q"), (range(9), WILD, WILD[::-1])),
        (lambda ax: Stems(ax, "q"), WILD),
        (lambda ax: Raster(ax, "q", window=((1, 2), (1, 2))), [WILD]),
        (lambda ax: Raster(ax, "q", window=((1, 2), (1, 2))), [[np.nan]]),
    ],
)
def test_values_far_outside_are_drawn_without_an_error(ax, make, quantity):
    mark = make(ax)
    for scale in ("linear", "log", "symlog"):
        ax.set(xlim=(1, 2), ylim=(1, 2), xscale=scale, yscale=scale)
        mark.update(q=quantity)
        painted(ax)


@pytest.mark.parametrize("kind", [Lines, Dots])
def test_what_leaves_the_box_of_solid_axes_is_not_drawn(solid, kind):
    mark = kind(solid, "q")
    mark.update(q=(0.5, 0.5, [*WILD, 0.5]))
    painted(solid)
    assert np.nanmax(mark.lines["q"].get_data_3d()[2]) == 1
    assert np.isnan(mark.lines["q"].get_data_3d()[2]).sum() == 6


def test_a_curve_runs_along_the_edge_where_that_is_wished_and_a_steep_line_keeps_its_slope(ax):
    ax.set(xlim=(-1, 1), ylim=(0, 1))
    line = Lines(ax, "line")
    line.update(line=([-1, 0, 1], [-1e9, 0.5, 1e9]))
    x, y = line.lines["line"].get_data()
    assert (y[2] - y[1]) / (x[2] - x[1]) > 500
    ax.set(xlim=(0, 9), ylim=(1e-3, 1e3), yscale="log")
    curve = Lines(ax, "loss", edge=True)
    curve.update(loss=[10.0, np.inf, 0.0])
    assert curve.lines["loss"].get_ydata() == pytest.approx([10.0, 1e3, 1e-3])


# What a mark says of wrong input.


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda ax: Lines(ax), "Lines needs names of quantities that compute returns, got none"),
        (lambda ax: Dots(ax, 3), "Dots needs names of quantities that compute returns, got 3"),
        (lambda ax: Lines(ax, np.ones(2), [1, 2]), r"got array\(\[1., 1.\]\), \[1, 2\]"),
        (lambda ax: Lines(ax, "a", "b", color=["red"]), "color must have one value for each of a"),
        (lambda ax: Lines(ax, "a").update(a=np.ones((60, 2))), r"a must be y or \(x, y\).*\(60, 2"),
        (lambda ax: Lines(ax, "a").update(a="high"), "a must be numbers"),
        (lambda ax: Lines(ax, "a").update(a=([1, 2], [1, 2, 3])), "numbers of one length"),
        (lambda ax: Lines(ax, "a").update(a=(10**400, 1)), "a must be numbers"),
        (lambda ax: Lines(ax, "a").update(a=[1, 2j]), "a must be real numbers, got complex ones"),
        (lambda ax: Lines([ax], "a"), "Lines needs one of the panels first, got a list of them"),
        (lambda _: Dots("a"), "Dots needs one of the panels first, got 'a'"),
        (lambda ax: Dots(ax, "a").update(a=[1, 2, 3]), r"a must be \(x, y\)"),
        (lambda ax: Area(ax, "a").update(a=np.ones((4, 5))), r"\(x, y\) or \(x, low, high\)"),
        (lambda ax: Raster(ax, "a").update(a=[1, 2]), "a must be cells"),
        (lambda ax: Text(ax, "left", "{a}"), r"such as \(0.05, 0.9\), .* got 'left', '{a}'"),
        (lambda ax: Text(ax, (0, 1), None), r"and words, got \(0, 1\), None"),
        (lambda ax: Dots(ax, "a", window="b").update(a=(1, 2), b=[1, 2, 3]), r"b must be \(x, y\)"),
        (lambda ax: Rule(ax), "x or y must name"),
        (lambda ax: Rule(ax, x=3.0), "x or y must name"),
        (lambda ax: Lines(ax, "a").on(b="c"), "Lines takes a; got 'b'"),
        (lambda ax: Dots(ax, "a").drag("x", by="x"), "by must be a function of start, to and"),
        (lambda ax: Lines(ax, "a").on(a=3), "a must be the name"),
        *(
            (lambda _, make=make: make(panels("solid")[0]), "needs flat axes")
            for make in (
                lambda ax: Rule(ax, x="a"), lambda ax: Area(ax, "a"), lambda ax: Stems(ax, "a"),
                lambda ax: Raster(ax, "a"),
            )
        ),
        (lambda ax: Curves(ax, "a", {"b": {}}).update(a=[1, 2]), "a must be {label: curve}, got"),
    ],
)  # fmt: skip
def test_wrong_input_is_named(ax, act, words):
    with pytest.raises((TypeError, ValueError), match=words):
        act(ax)


# Names, settings, and the door.


def test_on_renames_what_a_drawing_takes(ax):
    class Own(Drawing):
        def update(self, descent, step=None):
            pass

    drawing = Own(ax).on(descent="quiet").on(step="k")
    assert drawing.sources == {"descent": "quiet", "step": "k"}
    with pytest.raises(TypeError, match="Own takes descent, step; got 'path'"):
        drawing.on(path="quiet")
    assert Lines(ax, "a", step="step").on(a="b").sources == {"a": "b"}


def test_one_import_brings_all_drawings_and_no_two_have_one_name():
    names = {}
    exec("from calclearn.figures import *", names)
    assert {"Contours", "Path", "LossCurve", "Raster", "panels", "legend_below"} <= {*names}
    assert names["Lines"] is Lines
    assert not {"Axes", "Normalize", "np", "style"} & {*names}
    assert {*figures.__all__} <= {*dir(figures)}
    with pytest.raises(AttributeError, match="has no 'Countours'"):
        figures.Countours  # noqa: B018
    rooms = [room for name, room in sys.modules.items() if name.startswith("calclearn.figures.")]
    own = [(room, kind) for room in rooms for kind in vars(room).values() if isinstance(kind, type)]
    kinds = [kind.__name__ for room, kind in own if kind.__module__ == room.__name__]
    assert len(kinds) == len({*kinds}) > 30
