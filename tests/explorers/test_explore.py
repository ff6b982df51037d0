"""The frame around every figure: values in, state, drawings and caption out, nothing lost."""

import base64
import copy
import pickle
from types import SimpleNamespace

import ipywidgets as widgets
import numpy as np
import pytest

from calclearn.explorers import choice, coloured, explore, log_slider, slider
from calclearn.figures.marks import Dots
from calclearn.figures.style import panels
from calclearn.figures.surfaces import Point

from .conftest import Dot, root, squared


class Curve:
    """A line that is not animated: whenever it changes, the background does."""

    def __init__(self, ax):
        self.ax, self.power = ax, None
        (self.line,) = ax.plot([], [])

    def update(self, power):
        if power != self.power:
            self.power, x = power, np.linspace(0, 10, 20)
            self.line.set_data(x, x**power)


def test_a_control_moves_state_caption_and_picture(square):
    before = square.still()
    assert square.set(x=3) is square
    assert square.state == {"x": 3, "height": 9}
    assert square.caption == "3 squared is 9"
    assert square.still() != before
    assert square.set(x=2).still() == before


def nothing():
    return {}


def test_drawings_take_the_quantities_that_they_name():
    left, right = panels("flat", "flat")
    curve = Curve(right)
    curve.background = True
    controls = {"x": slider(2, 0, 9, 1), "power": choice({"square": 2, "cube": 3})}
    explorer = explore(nothing, [Dot(left), Dot(right), curve], "power {power}", **controls)
    edition = explorer._painter.edition
    explorer.set(x=5).still()
    assert explorer._painter.edition == edition, "a moving point repainted the background"
    explorer.set(power=3).still()
    assert explorer._painter.edition == edition + 1


class Selfless:
    """Its author forgot `self`."""

    ax = None

    def update(x):  # noqa: N805
        pass


class Inset(Dot):
    """Takes all quantities."""

    def update(self, **quantities):
        super().update(quantities["x"])


@pytest.mark.parametrize("subfigure", [False, True])
def test_what_takes_all_quantities_and_lies_on_an_inset_moves(subfigure):
    (ax,) = panels("flat")
    ax = ax.figure.subfigures(1, 2)[0].subplots() if subfigure else ax
    inset = Inset(ax.inset_axes((0.2, 0.2, 0.6, 0.6)))
    square = squared(drawings=[inset], caption=lambda **every: f"{[*every]}")
    before = square.still()
    assert square.caption == "['x', 'height']"
    assert square.set(x=3).still() != before


def test_compute_may_change_the_lists_that_it_takes(dot):
    cells = widgets.IntsInput(value=[1, 2])
    explorer = explore(lambda cells: {"x": cells.pop()}, [dot], "{x}", cells=cells)
    assert (explorer.set(cells=[5]).set(cells=[1, 2]).caption, cells.value) == ("2", [1, 2])


def test_an_exception_is_a_sentence_and_passes(square):
    before = square.still()
    assert square.set(x=7).caption == "seven has no root here, sorry"
    assert isinstance(square.error, ValueError)
    assert square.still() != before, "the sentence is not in the picture"
    assert square.set(x=2).error is None
    assert square.still() == before
    with pytest.raises(ValueError, match="seven"):  # as it cannot begin
        squared(x=slider(7, 0, 9, 1))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"compute": 3}, "compute must be a function, got int"),
        ({"compute": lambda x: x}, "compute must return a dict, got int"),
        ({"caption": 3}, "caption must be a template or a function, got int"),
        ({"caption": lambda x: None}, "caption must return text, got NoneType"),
        ({"drawings": 3}, "drawings must be a list, got int"),
        ({"drawings": []}, "drawings must hold at least one drawing, got none"),
        ({"drawings": [3]}, "drawings must have update and ax, got int"),
        ({"x": 3}, r"x must be a control, such as slider\(2, 0, 9\), got 3"),
        ({"x": (0, 9)}, r"x must be a control, such as slider\(2, 0, 9\), got \(0, 9\)"),
        ({"compute": lambda x, power: {}}, "compute takes power; the controls are x"),
        ({"y": slider(1, 0, 2, 1)}, "nothing takes the control 'y': compute takes x"),
        ({"drawings": [Dots(*panels("flat"), "y")]}, "Dots takes y; there are x, height"),
        ({"caption": "{hight}"}, "the caption names hight; there are x, height"),
        ({"caption": lambda hight: ""}, "the caption takes hight; there are x, height"),
        ({"compute": lambda x: {1: 2}, "caption": "{hight}"}, "names hight; there are x, 1"),
        ({"compute": eval("lambda x, /: {}")}, "given by name: x must not stand before a /"),
        ({"drawings": [Dots]}, "drawings must be made first, got the class Dots"),
        ({"drawings": [SimpleNamespace(ax="left", update=root)]}, "must be one of the panels, got"),
        ({"x": coloured(slider(2, 0, 9), lambda: None)}, "bands must return a list of "),
        ({"drawings": [Dot(*panels("flat")), Dot(*panels("flat"))]}, "on panels of one figure"),
        ({"play": 3}, "play must name the quantity of the steps, got 3"),
        ({"play": "step"}, "play needs a control of that name, or a Descent, .* are x, height"),
        ({"drawings": [Selfless()]}, "update of Selfless must name, after self, quantities"),
        ({"compute": lambda x: {"weights": (x, x)},
          "drawings": [Point(Dot(*panels("flat")).ax, drags=("x", "hight"))]},
         "Point drags x, hight; the controls are x"),
        ({"drawings": [Point(*panels("flat"), drags="x")]}, "drags of Point must be a tuple"),
        ({"play": "x", "x": slider(1, 0, 2)}, "x must be a slider of whole numbers, got FloatSl"),
        ({"play": "x", "compute": lambda x: {"x": 1}}, "compute returns 'x', which play moves"),
        *(({"play": "n", "compute": lambda x, n=n: {"steps": n}}, "steps must be their number, got")
          for n in (np.nan, -1, 10**400)),
        ({"play": "n", "compute": lambda x: {"steps": 3}}, "nothing takes the control 'n'"),
        *(({"pace": pace}, "pace must be a number of seconds above 0") for pace in (0, np.nan, "")),
    ],
)  # fmt: skip
def test_bad_parts_are_named(dot, change, sentence):
    with pytest.raises(TypeError, match=sentence):
        squared(**{"drawings": [dot], "caption": ""} | change)


def test_bad_values_are_named_and_change_nothing(square, dot):
    with pytest.raises(ValueError, match="controls are x, got 'y'"):
        square.set(x=5, y=1)
    with pytest.raises(ValueError, match="x must lie between 0 and 9, got 12"):
        square.set(x=12)
    with pytest.warns(UserWarning, match="these panels show another figure"):
        squared(drawings=[dot])
    assert square.state["x"] == 2
    for act in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="a live figure cannot be copied or pickled"):
            act(square)


def test_what_was_set_is_what_the_browser_begins_with(square):
    """The news of a control may reach the browser before it listens; the picture must not."""
    live, before = square._live, square._live.shown
    square._repr_mimebundle_()
    assert live.shown == before
    bundle, metadata = square.set(x=4)._repr_mimebundle_()
    assert (live.caption, live.png, live.shown) == (square.caption, square.still(), before + 1)
    assert metadata["image/png"] == {"alt": "4 squared is 16"}
    assert bundle["text/plain"] == "4 squared is 16"
    assert base64.b64decode(bundle["image/png"]) == square.still()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == square.widget.model_id


def test_a_track_is_coloured_where_its_bands_are():
    control = coloured(log_slider(1, 0.01, 100), lambda x: [(1, "green"), (1e9, "red")])
    explorer = squared(x=control)
    assert "green 0.0% 50.0%, red 50.0% 100.0%" in explorer._live.css
    (name,) = control._dom_classes
    assert f".{name} " in explorer._live.css


def test_compute_runs_only_where_what_it_takes_has_moved():
    calls = []
    explorer = squared(lambda power: {"calls": calls.append(power)}, power=slider(2, 0, 9, 1))
    assert explorer.set(x=5).state["x"] == 5
    explorer._give(600)
    explorer.still()
    assert calls == [2]
    explorer.set(power=3).still()
    assert calls == [2, 3]


def test_a_panel_without_limits_is_warned_of():
    (bare,), (framed,) = panels("flat"), panels("flat")
    bare.set_xlim(0, 9)  # and none upwards
    framed.set(xlim=(0, 9), ylim=(0, 9))
    words = "the panel of Dots has no limits, and what moves gives it none; set them before"
    with pytest.warns(UserWarning, match=words) as warned:
        explore(lambda x: {"p": (x, x)}, [Dots(bare, "p")], "", x=slider(2, 0, 9, 1))
    assert warned[0].filename == __file__
    explore(lambda x: {"p": (x, x)}, [Dots(framed, "p")], "", x=slider(2, 0, 9, 1))


def test_a_forgotten_animated_is_warned_of_once():
    (ax,) = panels("flat")
    ax.set(xlim=(0, 10), ylim=(0, 10))
    explorer = explore(nothing, [Curve(ax)], "{power}", power=slider(2, 0, 9, 1))
    with pytest.warns(UserWarning, match="Curve moves artists that were made .* without animated"):
        explorer.set(power=3).still()
    explorer.set(power=4).still()
