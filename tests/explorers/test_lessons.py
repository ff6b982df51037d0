"""Every explorer of every lesson and of its notebook, driven to the ends of each control and back.

nbval sees a figure once and never moves a slider; here every control is moved, and what it draws
has to be finite, different, and said in words.
"""

import io
import re

import ipywidgets as widgets
import numpy as np
import pytest
from matplotlib.artist import Artist
from PIL import Image

from calclearn import lessons
from calclearn.data import LineData, digits
from calclearn.descent.descend import descend
from calclearn.descent.optimizers import Adam
from calclearn.lessons import lesson_13, lesson_18
from calclearn.lessons import lesson_15_tasks as tasks
from calclearn.networks.images import Conv2D, MaxPool2D
from calclearn.networks.layers import Dense, Flatten, ReLU
from calclearn.networks.network import Network

from ..cells import secondary
from .conftest import full_draw

TRAINED = ("filters_and_mistakes", "one_image", "draw_a_digit")  # they take a network
MAKERS = [getattr(lessons, name) for name in lessons.__all__] + [*secondary()]
FIRSTS = {make.__module__: make for make in MAKERS[::-1]}.values()  # of each lesson
VIEW = {"azimuth", "elevation"}  # they turn a bowl and change nothing that there is to say
UNITS = (" kg", "m²", "of ink", "of light", "derivative", "curvature", "radient", "ppm", " %")
PEN = {"brush", "pixels"}  # which show when the pointer paints


def settings(control):
    """The values at which a control is looked at, the one it has left out."""
    if isinstance(control, widgets.FloatLogSlider):
        return [control.base**control.min, control.base**control.max]
    if isinstance(control, widgets.Checkbox):
        return [False, True]
    if isinstance(control, widgets.Text):
        return ["x**3 - x", "exp(-x**2)"]
    if hasattr(control, "min"):
        return [control.min, control.max]
    if isinstance(control, widgets.FloatText):
        return [-1.5, 20.0]
    return [value for _, value in control._options_full]


def pixels(explorer):
    """What `still` stores, before it is packed as a PNG."""
    return explorer.painted({})[0]


def artists(figure):
    return len(figure.findobj(lambda artist: artist.get_animated()))


def arrays(state):
    """All arrays in a state, however it is nested."""
    if isinstance(state, dict):
        return [array for part in state.values() for array in arrays(part)]
    if isinstance(state, tuple | list):
        return [array for part in state for array in arrays(part)]
    if hasattr(state, "points") and hasattr(state, "values"):  # a descent
        return [state.points, state.values]
    return [state] if isinstance(state, np.ndarray) else []


# What the controls do is looked at here, and not how well a training ends: so these are short or
# coarse.
SHORT = {
    "cures": (lesson_13.train, lesson_13, "STEPS", 16),
    "loss_landscape": (lesson_18.plane_of, lesson_18, "NODES", 13),
    "task_that_needs_memory": (tasks.practice, tasks, "PRACTICE", 10),
}


def made(make):
    """The figure, of a small network that has begun to read where it takes one."""
    if make.__name__ not in TRAINED:
        return make()
    layers = Conv2D(4, 3), ReLU(), MaxPool2D(2), Flatten(), Dense(10)
    network, data = Network(layers, (1, 8, 8)), digits().held_out
    run = descend(network.loss(data.images, data.labels), network.init(0), Adam(0.01), 20)
    return make(network, run if make.__name__ == TRAINED[0] else run.point, data)


def numbered(make):
    """The lesson of a figure, by which `-k` finds it, and its name."""
    number = re.search(r"\d\d", make.__module__ + make.__name__)[0]
    return f"{number} {make.__name__}"


@pytest.fixture(scope="module", params=MAKERS, ids=numbered)
def explorer(request):
    make = request.param
    train, *shorter = SHORT.get(make.__name__, (None,))
    with pytest.MonkeyPatch.context() as patch:
        if train:
            patch.setattr(*shorter)
            train.cache_clear()  # it remembers the runs of a length, and not the length
        explorer = made(make)
        yield explorer
    explorer.close()
    if train:
        train.cache_clear()


def test_every_control_is_followed(explorer):
    boxes = [name for name, each in explorer.controls.items() if isinstance(each, widgets.Checkbox)]
    explorer.set(**dict.fromkeys(boxes, True))  # what is hidden does not follow
    base, figure = explorer.values, explorer._painter.figure
    first, caption, count = pixels(explorer), explorer.caption, artists(figure)
    for name, control in explorer.controls.items():
        if name in PEN:
            continue
        explorer.set(**base)  # the limits of a control may be those of another one's choice
        for value in settings(control):
            if value == base[name]:
                continue
            explorer.set(**{name: value})
            assert (pixels(explorer) != first).any(), f"{name} = {value} changes no pixel"
            assert explorer.error is None
            # NaN is a gap in a curve, and no curve is all gap.
            drawn = [
                not np.isinf(array).any() and not (array.size and np.isnan(array).all())
                for array in arrays(explorer.state)
            ]
            assert all(drawn)
            if name not in VIEW:
                assert explorer.caption != caption, f"{name} = {value} is not in the caption"
        back = pixels(explorer.set(**base))
        assert (back == first).all(), f"the way back of {name} leads elsewhere"
    assert artists(figure) == count
    assert not explorer._warned, "they paint the whole figure anew for what they move"


def test_layers_make_the_pixels_of_a_full_draw(explorer):
    explorer.state  # noqa: B018
    assert np.array_equal(explorer._painter.paint(), full_draw(explorer._painter))


def test_the_settings_of_a_learners_own_plots_change_no_pixel(explorer, request):
    usual, plain = pixels(explorer), explorer.values
    make = request.node.callspec.params["explorer"]
    request.getfixturevalue("odd_settings")
    explorer._painter.forget()  # so that all of it is painted again
    assert (pixels(explorer) == usual).all()
    if make in FIRSTS:
        assert (pixels(made(make).set(**plain)) == usual).all()


def test_captions_are_sentences_with_units(explorer):
    caption = explorer.caption
    assert caption.endswith(".")
    assert any(word in caption for word in UNITS), f"{caption!r} has none of {', '.join(UNITS)}"
    assert not any(word in caption for word in ("nan", "inf", "array", "np."))


@pytest.mark.parametrize("width", [None, 600])
def test_text_is_large_enough_and_inside_the_figure(explorer, width):
    figure, painter = explorer._painter.figure, explorer._painter
    explorer._lay_out(width)
    explorer._follow(explorer.values)
    height, width = painter.paint().shape

    def inside(artist) -> bool:
        box = artist.get_window_extent(figure.canvas.get_renderer())
        return min(box.x0, box.y0) >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1

    assert all(map(inside, filter(Artist.get_visible, figure.legends)))
    for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize")):
        if not (text.get_text().strip() and text.get_visible()):
            continue
        assert text.get_fontsize() >= 10, text.get_text()
        axes = text.axes
        if axes is None or axes.name == "3d":  # a bowl's labels are placed when it is painted
            continue
        if text in (axes.title, axes.xaxis.label, axes.yaxis.label):
            assert inside(text), text.get_text()
    explorer._lay_out(None)


def test_other_data_for_a_line():
    rng = np.random.default_rng(3)
    x = rng.uniform(-0.02, 0.05, 30)
    data = LineData(x, 40 * x + 700 + rng.normal(0, 1, 30), x_label="time (s)", y_label="way (m)")
    explorer = lessons.learning_rate(data)
    assert explorer.error is None
    assert Image.open(io.BytesIO(explorer.still())).size[0] == 840
    assert "kg" not in explorer.caption


def test_dragging_turns_the_bowl_and_moves_the_point(drag):
    explorer = lessons.which_way_is_down()
    held = [drawing.drags for drawing in explorer._held()]
    drag(explorer, held.index(("slope", "intercept")), (1.0, 3.0), (1.0, 3.0))
    assert explorer.state["weights"] == pytest.approx([1.0, 3.0], abs=0.02)
    before = explorer.values
    drag(explorer, held.index(("azimuth", "elevation")), (0.5, 0.5), (0.5 - 1 / 9, 0.5))
    assert explorer.values["azimuth"] == before["azimuth"] + 20
    assert explorer.values["elevation"] == before["elevation"]
