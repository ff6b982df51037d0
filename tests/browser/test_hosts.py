"""A figure in other hosts than JupyterLab: Notebook, Voilà, and a Python in the browser."""

import base64
import io
import json
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from calclearn import lessons
from calclearn.explorers import live
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


# A Python in the browser: its None arrives as undefined.

MODEL = """async ([esm, state]) => {
  const listeners = {};
  const heard = (name, values) => (listeners[name] ?? []).forEach((call) => call(...values));
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const views = (texts) => texts.map((text) => new DataView(bytes(text).buffer));
  const control = (value) => ({ value,
    get(name) { return name === "value" ? this.value : undefined; },
    on(name, call) { this.call = name === "change:value" ? call : this.call; },
    save_changes() {}, set_state() {},
    move(to) { this.value = to; this.call(); } });
  window.controls = Object.fromEntries(
    Object.entries(state.values).map(([name, value]) => [name, control(value)]));
  const all = { ...state, png: views([state.png])[0],
    controls: Object.fromEntries(Object.keys(state.values).map((name) => [name, name])) };
  const model = { get: (name) => all[name], off() {},
    on: (name, call) => (listeners[name] ??= []).push(call),
    widget_manager: { get_model: async (name) => window.controls[name] },
    send: async (request) => {
      const [reply, buffers] = await window.python(JSON.stringify(request));
      heard("msg:custom", [reply, views(buffers)]);
    } };
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const widget = (await import(url)).default();
  await widget.initialize({ model });
  widget.render({ model, el: document.body.appendChild(document.createElement("div")) });
}"""


def test_in_a_python_of_the_browser(page):
    explorer = lessons.first_descent()
    errors = []
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    replies = []

    def python(text):
        explorer._live.send = lambda reply, buffers: replies.append((reply, buffers))
        explorer._live._reply(None, json.loads(text), [])
        reply, buffers = replies[-1]
        said = {name: value for name, value in reply.items() if value is not None}
        return said, [base64.b64encode(bytes(buffer)).decode() for buffer in buffers]

    page.expose_function("python", python)
    png = base64.b64encode(explorer._live.png).decode()
    state = {
        "values": explorer.values, "png": png, "caption": explorer.caption, "width": 840,
        "grips": [], "css": "", "shown": 0, "busy": False,
    }  # fmt: skip
    page.goto("about:blank")
    page.evaluate(MODEL, [Path(live.__file__).with_name("live.js").read_text("utf-8"), state])
    for rate in (2e-4, 3e-4, 4e-4, 5e-4, 6e-4):
        page.evaluate("rate => window.controls.learning_rate.move(rate)", rate)
        page.locator(".calclearn-caption", has_text=f"Learning rate {rate:.3g}").wait_for()
    page.wait_for_timeout(1000)
    assert any(len(buffers) == 2 for _, buffers in replies), "in motion the background is kept"
    assert replies[-1][0]["rest"], "at rest it comes once more, exactly"
    assert errors == []
