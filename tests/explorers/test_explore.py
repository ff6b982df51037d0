"""The frame around every figure: values in, state, drawings and caption out, nothing lost."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from calclearn.explorers import choice, coloured, explore, log_slider, slider
from calclearn.figures.style import panels


class Dot:
    """A point at (x, x²) that can be dragged; it counts how often it was asked to move."""

    drags = ("x",)

    def __init__(self, ax):
        self.ax, self.updates = ax, 0
        ax.set(xlim=(0, 10), ylim=(0, 100))
        (self.dot,) = ax.plot([], [], "o", animated=True)

    def update(self, x):
        self.updates += 1
        self.dot.set_data([x], [x**2])

    def dragged(self, start, to, x):
        return (x + to[0] - start[0],)


class Curve:
    """A line that is not animated: whenever it changes, the background does."""

    def __init__(self, ax):
        self.ax, self.power = ax, None
        (self.line,) = ax.plot([], [])

    def update(self, power):
        if power != self.power:
            self.power, x = power, np.linspace(0, 10, 20)
            self.line.set_data(x, x**power)


def root(x):
    if x == 7:
        raise ValueError("seven has no root here,\n  sorry")
    return x


@pytest.fixture
def dot():
    return Dot(panels("flat")[0])


@pytest.fixture
def square(dot):
    return explore(root, [dot], lambda x: f"{x} squared is {x**2}", x=slider(2, 0, 9, 1))


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def test_a_control_moves_state_caption_and_picture(square):
    before = square.still()
    assert square.set(x=3) is square
    assert (square.state, square.caption) == (3, "3 squared is 9")
    assert (pixels(square.still()) != pixels(before)).any()
    assert (pixels(square.set(x=2).still()) == pixels(before)).all()


def test_the_same_values_are_computed_once(square, dot):
    before = dot.updates
    for _ in range(3):
        assert square.set(x=8).still()
        assert square.caption
    assert dot.updates == before + 1


def test_parts_of_the_state_go_to_their_drawings():
    left, right = panels("flat", "flat")
    explorer = explore(
        lambda x, power: {"x": x, "power": power},
        {"x": [Dot(left), Dot(right)], "power": Curve(right)},
        lambda state: f"power {state['power']}",
        x=slider(2, 0, 9, 1),
        power=choice({"square": 2, "cube": 3}),
    )
    edition = explorer._painter.edition
    explorer.set(x=5).still()
    assert explorer._painter.edition == edition, "a moving point repainted the background"
    explorer.set(power=3).still()
    assert explorer._painter.edition == edition + 1


def test_an_exception_is_a_sentence_and_passes(square):
    before = square.still()
    assert square.set(x=7).caption == "seven has no root here, sorry"
    assert isinstance(square.error, ValueError)
    assert (pixels(square.still()) != pixels(before)).any(), "the sentence is not in the picture"
    assert square.set(x=2).error is None
    assert (pixels(square.still()) == pixels(before)).all()


def test_an_explorer_that_cannot_begin_raises(dot):
    with pytest.raises(ValueError, match="seven"):
        explore(root, [dot], str, x=slider(7, 0, 9, 1))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"compute": 3}, "compute must be a function, got int"),
        ({"caption": "x"}, "caption must be a function, got str"),
        ({"drawings": []}, "drawings must hold at least one drawing, got none"),
        ({"drawings": [3]}, r"drawings must have update\(state\) and ax, got int"),
        ({"x": 3}, "x must be a widget with a value, got int"),
    ],
)
def test_bad_parts_are_named(dot, change, sentence):
    parts = {"compute": root, "drawings": [dot], "caption": str, "x": slider(2, 0, 9, 1)}
    with pytest.raises(TypeError, match=sentence):
        explore(**(parts | change))


def test_bad_values_are_named_and_change_nothing(square):
    with pytest.raises(ValueError, match="controls are x, got 'y'"):
        square.set(x=5, y=1)
    with pytest.raises(ValueError, match="x must lie between 0 and 9, got 12"):
        square.set(x=12)
    assert square.state == 2


def test_the_output_is_a_widget_a_picture_and_a_sentence(square):
    bundle = square.set(x=4)._repr_mimebundle_()
    assert bundle["text/plain"] == "4 squared is 16"
    assert base64.b64decode(bundle["image/png"]) == square.still()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == square.widget.model_id


def test_what_was_set_is_what_the_browser_begins_with(square):
    """The news of a control may reach the browser before it listens; the picture must not."""
    live, before = square._live, square._live.shown
    square._repr_mimebundle_()
    assert live.shown == before
    square.set(x=4)._repr_mimebundle_()
    assert (live.caption, live.png, live.shown) == (square.caption, square.still(), before + 1)


def test_a_track_is_coloured_where_its_bands_are(dot):
    control = coloured(log_slider(1, 0.01, 100), lambda state: [(1, "green"), (1e9, "red")])
    explorer = explore(lambda x: x, [dot], str, x=control)
    assert "green 0.0% 50.0%, red 50.0% 100.0%" in explorer._live.css
    (name,) = control._dom_classes
    assert f".{name} " in explorer._live.css


def test_drawings_and_captions_that_cannot_be_are_named(dot):
    with pytest.raises(TypeError, match="drawings must be a list or a mapping, got int"):
        explore(lambda x: x, 3, str, x=slider(1, 0, 2))
    with pytest.raises(TypeError, match="caption must return text, got NoneType"):
        explore(lambda x: x, [dot], lambda state: None, x=slider(1, 0, 2))
