"""A figure in other hosts than JupyterLab: Notebook, Voilà, and a Python in the browser."""

import base64
import io
import time
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from calclearn import lessons
from calclearn.layout import Course

from .conftest import LIMIT, TOKEN, LiveFigure, Window, served

LESSON = "00_start_here.ipynb"
PRESSES = 8
COMMANDS = {
    "notebook": [
        "--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ],
    "voila": ["--no-browser"],
}  # fmt: skip


@pytest.fixture(scope="module")
def course(request, chromium, tmp_path_factory):
    """The course on the server of a host: its address, and the folder."""
    host = request.param
    pytest.importorskip(host, reason=f"{host} is not installed (uv sync --group hosts)")
    desk = tmp_path_factory.mktemp(host)
    Course(desk / "course").lay_out()
    command = [host, str(desk / "course"), *COMMANDS[host]]
    with served(desk, command, f"/api/status?token={TOKEN}" if host == "notebook" else "") as url:
        yield SimpleNamespace(url=url, folder=desk / "course")


@pytest.mark.parametrize("course", ["notebook"], indirect=True)
def test_in_notebook(course, page):
    window = Window(page, course, f"notebooks/{LESSON}")
    window.wait_until_idle()
    window.run_all()
    assert window.complaints() == []
    follows_its_slider(page)


@pytest.mark.parametrize("course", ["voila"], indirect=True)
def test_in_voila(course, page):
    page.goto(f"{course.url}/voila/render/{LESSON}")
    follows_its_slider(page)


def follows_its_slider(page):
    """Move the first figure's slider; what is shown at last is what a kernel paints."""
    figure, explorer = LiveFigure(page), lessons.first_descent()
    before = figure.look()
    figure.press(figure.sliders.first, "ArrowRight", PRESSES)
    rate = explorer.controls["learning_rate"]
    rate.value *= rate.base ** (PRESSES * rate.step)
    after, end = figure.look(unlike=before), time.monotonic() + LIMIT / 1000
    while after[1] != explorer.caption and time.monotonic() < end:
        after = figure.look()  # the host was slow, and an earlier press had rested
    shown, caption = after
    assert caption == explorer.caption != before[1]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown.partition(",")[2]))))
    explorer._give(pixels.shape[1])
    explorer._follow(explorer.values)
    painted = explorer._painter.paint()
    assert np.array_equal(pixels, painted.view(np.uint8).reshape(pixels.shape))


UNDEFINED = """\
from IPython.display import display
from ipywidgets import Label
from calclearn import lessons
from calclearn.explorers.live import LiveFigure

def without_none(parts):
    return {name: part for name, part in parts.items() if part is not None}

def send(figure, content, buffers, send=LiveFigure.send):
    kept.value = "the background is kept" if len(buffers) == 2 else kept.value
    send(figure, without_none(content), buffers)

get_state, kept = LiveFigure.get_state, Label()
LiveFigure.send = send
LiveFigure.get_state = lambda *which, **how: without_none(get_state(*which, **how))
display(kept)
lessons.first_descent()
"""


def test_in_a_python_of_the_browser_whose_none_arrives_as_undefined(desk):
    desk.show(UNDEFINED)
    follows_its_slider(desk.page)
    desk.page.get_by_text("the background is kept", exact=True).wait_for()
    desk.own = False  # no other notebook has this kernel
