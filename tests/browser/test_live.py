"""The live figure's front end: what fails in the kernel or in the browser does not end the talk."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from .conftest import TOKEN

SQUARE = """\
import time
from calclearn.explorers import explore, slider
from calclearn.figures.style import panels

class Dot:
    def __init__(self, ax):
        self.ax = ax
        ax.set(xlim=(0, 20), ylim=(0, 400))
        (self.dot,) = ax.plot([], [], "o", animated=True)

    def update(self, x):
        self.dot.set_data([x], [x**2])
        if 6 <= x <= 9:
            self.dot.set_data([1, 2, 3], [1, 2])

def compute(x):
    if x == 11:
        raise SystemExit("eleven has left")
    if x == 12:
        time.sleep(3)
    return {"square": x**2}

explore(compute, [Dot(*panels("flat"))], "{x} squared is {square}.", x=slider(2, 0, 20, 1))
"""


def test_a_figure_goes_on_after_what_fails_and_announces_a_picture_that_is_long_in_coming(desk):
    figure = desk.show(SQUARE)
    first, caption = figure.look()
    assert caption == "2 squared is 4."

    # Three pictures that the browser cannot decode: more than it waits for.
    desk.page.evaluate("""() => {
      window.ImageDecoder = class { decode = async () => { throw new Error("no picture"); }; };
    }""")
    for _ in range(3):
        figure.press(figure.slider("x"), "ArrowRight")
        assert figure.look() == (first, caption)
    desk.page.evaluate("() => { window.ImageDecoder = undefined; }")  # as in a browser without one
    assert desk.console
    assert all("no picture" in message for message in desk.console)
    desk.console.clear()

    # Four pictures that the kernel cannot draw, and an exit.
    for x in (6, 7, 8, 9):
        figure.press(figure.slider("x"), "ArrowRight")
        assert "shape" in figure.look()[1], x
    figure.press(figure.slider("x"), "ArrowRight")
    ten = figure.look()
    assert ten[1] == "10 squared is 100."
    figure.press(figure.slider("x"), "ArrowRight")
    assert figure.look()[1] == "eleven has left"
    figure.press(figure.slider("x"), "ArrowLeft")
    assert figure.look() == ten

    assert desk.page.locator(".calclearn-late").count() == 0
    figure.press(figure.slider("x"), "ArrowRight", times=2)
    desk.page.wait_for_selector(".calclearn-late canvas")
    assert figure.look(unlike=ten)[1] == "12 squared is 144."
    assert desk.page.locator(".calclearn-late").count() == 0


RATE = "from calclearn import lessons\nlessons.learning_rate()"
COUNT = "import ipywidgets\nprint('widgets:', len(ipywidgets.widgets.widget._instances))"


@pytest.fixture(scope="module")
def shown(window):
    """The figure of the learning rate, in a notebook of its own."""
    return window.show(RATE, COUNT)


@pytest.fixture
def rate(desk, shown):
    """This figure, as the test before has left it."""
    shown.look()
    return shown


def test_a_screen_reader_hears_what_a_handle_moves_and_its_value(rate):
    handles = [handle for handle in rate.sliders.all() if handle.is_visible()]
    assert len(handles) >= 5
    for handle in handles:
        assert handle.get_attribute("aria-label") == rate.label(handle)
    slider = rate.sliders.first
    assert slider.get_attribute("aria-valuetext") == "0.0002"
    rate.press(slider, "ArrowRight")
    rate.look()
    assert 0.0002 < float(slider.get_attribute("aria-valuetext")) < 0.00023


def test_a_slider_that_is_moved_never_jumps_back(rate):
    slider = rate.sliders.first
    slider.evaluate(
        """(handle) => {
          const { style } = handle.closest(".noUi-origin"); // which is moved by so many per cent
          const place = () => Number(style.transform.match(/-?[0-9.]+/)[0]);
          window.places = [];
          new MutationObserver(() => window.places.push(place()))
            .observe(handle.closest(".noUi-origin"), { attributeFilter: ["style"] });
        }"""
    )
    rate.press(slider, "ArrowRight", 60)  # for longer than it keeps its news from the kernel
    rate.look()
    places = rate.page.evaluate("() => window.places")
    assert len({*places}) == 60
    assert places == sorted(places)


def test_the_figure_takes_the_width_that_it_is_given(desk, rate):
    for width in (1700, 700):
        desk.page.set_viewport_size({"width": width, "height": 900})
        desk.page.wait_for_function(
            """() => {
              const live = document.querySelector(".calclearn-live");
              const [shown, room] = [live.querySelector("canvas").clientWidth, live.clientWidth];
              return shown <= room && shown > Math.min(room, 1200) - 60;
            }"""
        )
        assert rate.look()[1].startswith("Learning rate")


def test_in_a_dark_theme_the_figure_is_dark(desk, rate):
    def brightness(theme):
        desk.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
            f"JupyterLab {theme}",
        )
        light = f"body[data-jp-theme-light={str(theme == 'Light').lower()}]"
        desk.page.wait_for_selector(light, state="attached")
        rate.look()
        png = rate.live.locator("canvas").screenshot()
        return float(np.median(np.asarray(Image.open(io.BytesIO(png)).convert("L"))))

    try:
        assert brightness("Light") > 240
        assert brightness("Dark") < 40
    finally:
        assert brightness("Light") > 240


def test_a_cell_that_runs_again_frees_its_widgets(desk, rate):
    counts = []
    for _ in range(2):
        printed = desk.page.locator(".jp-OutputArea-output pre", has_text="widgets:")
        counts.append(printed.text_content())
        desk.run_all()
        assert desk.figure().look()[1]
    assert len(set(counts)) == 1


def test_an_exported_page_has_the_stored_picture(desk, rate):
    page = desk.page
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    saved = json.loads((desk.lab.folder / "own.ipynb").read_text(encoding="utf-8"))
    assert saved["metadata"]["widgets"], "with which a page would ask the network for its figures"
    html = page.request.get(f"{desk.lab.url}/nbconvert/html/own.ipynb?token={TOKEN}").text()
    assert "<img" in html
    assert "widget-view" not in html


def test_play_ends_with_the_run_and_a_figure_without_its_kernel_stays(desk, rate):
    page, before = desk.page, rate.look()
    rate.press(rate.slider("learning rate"), "End")
    end = rate.look(unlike=before)
    assert "diverges" in end[1]
    for _ in range(2):  # at its end it begins anew
        page.locator(".widget-play button").first.click()
        page.wait_for_selector(".widget-play .fa-pause")
        page.wait_for_selector(".widget-play .fa-play")
        assert rate.look(like=end) == end
        assert rate.slider("step").get_attribute("aria-valuetext") == "60"
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    page.locator(".calclearn-note", has_text="Run this cell to move the figure.").wait_for()
    rate.press(rate.slider("learning rate"), "Home")
    assert rate.look() == end


MOVED = """\
from ipywidgets import Label
from calclearn.explorers import explore, slider
from calclearn.figures import *
(ax,) = panels('flat')
ax.set(xlim=(-3, 3), ylim=(-1, 1))
dots, x = Dots(ax, 'place'), slider(0.0, -2, 2, 0.5)
news = Label()
x.observe(lambda change: setattr(news, 'value', f'the kernel has {change.new}'), 'value')
display(news)
explore(lambda x: {'place': (x, 0)}, [dots], '{x:.1f}', x=x).set(x=1)"""


def test_a_number_that_the_slider_does_not_take_is_answered_and_no_other(desk):
    figure, note = desk.show(MOVED), desk.page.locator(".calclearn-note")
    before = figure.look()
    assert before[1] == "1.0", "it stands where its cell has set it"
    readout = desk.page.locator(".widget-readout[contenteditable=true]:visible").first
    readout.fill("9")
    readout.press("Enter")
    note.filter(has_text="x: 9 is no place of this slider; it stands at 2.0.").wait_for()
    before = figure.look(unlike=before)
    for typed, caption, key in (
        ("-1.0", "−1.0", "Enter"), ("−1.5", "−1.5", "Tab"), ("0,5", "0.5", "Enter"),
    ):  # fmt: skip
        readout.fill(typed)  # the slider writes a minus that it cannot read
        readout.press(key)
        before = figure.look(unlike=before)
        assert (before[1], note.text_content()) == (caption, "")
    figure.press(figure.sliders.first, "ArrowRight")  # and what is left was answered before
    figure.look()
    assert note.text_content() == ""
    desk.page.get_by_text("the kernel has 1.0").wait_for()  # which the slider says by itself


PAD = """\
import ipywidgets as widgets
import numpy as np
from calclearn.explorers import choice, explore, slider
from calclearn.figures import Pad, panels

def compute(pixels):
    return {"image": np.reshape(pixels, (8, 8)), "ink": sum(pixels)}

(ax,) = panels("flat")
explore(
    compute,
    [Pad(ax, "image", full=16, drags=("pixels", "brush", "step"))],
    "{ink} of ink at step {step}.",
    pixels=widgets.IntsInput(value=[0] * 64, layout={"display": "none"}),
    brush=choice(["pen", "eraser"]),
    step=slider(3, 0, 9, 1),
)
"""


def test_strokes_of_the_pointer_stay(desk):
    figure, mouse, inks = desk.show(PAD), desk.page.mouse, [0]
    assert figure.look()[1] == "0 of ink at step 3."
    canvas = figure.live.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()

    def move(x, y, steps=8):
        mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=steps)

    for y in (0.3, 0.7):  # from the left to the right, and a little down at the end
        move(0.4, y, steps=1)
        mouse.down()
        move(0.6, y)
        move(0.6, y + 0.1)
        mouse.up()
        desk.page.wait_for_timeout(500)
        ink, words = figure.look()[1].split(" ", 1)
        assert words == "of ink at step 0."
        inks.append(int(ink))
    assert (np.diff(inks) > 16 * 4).all()  # the cells on the way, not only those at its ends
