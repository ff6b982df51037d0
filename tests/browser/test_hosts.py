"""The same lesson in other hosts: Notebook 7, Voilà, and a Python that runs in the browser."""

import base64
import json
import os
import shutil
from pathlib import Path

import pytest

from calclearn import lessons
from calclearn.explorers import live

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSON = "07_how_big_a_step.ipynb"


@pytest.fixture
def as_root():
    return ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def drive(page, figure) -> None:
    """Move the first slider by keys and by mouse, and commit to the prediction."""
    first, caption = figure.look()
    assert caption.startswith("Learning rate 0.0002")
    figure.press(figure.sliders.first, "ArrowRight", times=8)
    sentence = figure.live.locator(".calclearn-caption")
    sentence.filter(has_not_text="Learning rate 0.0002 ").wait_for(timeout=60_000)
    second, _ = figure.look()
    figure.drag(figure.sliders.first, 0.9)
    sentence.filter(has_text="diverges").wait_for(timeout=60_000)
    third, _ = figure.look()
    assert len({first, second, third}) == 3
    page.get_by_text("It gets about ten times larger.").first.click()
    page.get_by_role("button", name="Commit").click()
    page.get_by_text("You predicted: It gets about ten times larger.").first.wait_for()


def test_in_notebook_7(page, serve, figure_on, tmp_path, as_root):
    shutil.copy(NOTEBOOKS / LESSON, tmp_path)
    command = [
        "notebook",
        "--no-browser",
        f"--ServerApp.root_dir={tmp_path}",
        f"--IdentityProvider.token={serve.token}",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]
    with serve(command + as_root, f"/api/status?token={serve.token}") as url:
        page.goto(f"{url}/notebooks/{LESSON}?token={serve.token}")
        page.wait_for_function(
            """() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session
                       ?.kernel?.status === "idle" """
        )
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        drive(page, figure_on(page))


def test_in_voila(page, serve, figure_on, tmp_path, as_root):
    shutil.copy(NOTEBOOKS / LESSON, tmp_path)
    command = ["voila", str(tmp_path / LESSON), "--no-browser"]
    with serve(command, "/voila/static/voila.js") as url:
        page.goto(url)
        drive(page, figure_on(page))


# A Python in the browser: its None arrives as undefined, and the browser's null is not None there.

MODEL = """async ([esm, state]) => {
  const listeners = {};
  const heard = (name, values) => (listeners[name] ?? []).forEach((call) => call(...values));
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const views = (texts) => texts.map((text) => new DataView(bytes(text).buffer));
  const control = (value) => ({ value,
    get(name) { return name === "value" ? this.value : undefined; },
    on(name, call) { this.call = name === "change:value" ? call : this.call; },
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


class JsNull:
    """The browser's null in its Python: false, and not None."""

    def __bool__(self):
        return False


def without_null(thing):
    """What a request holds in a browser's Python."""
    if isinstance(thing, dict):
        return {name: without_null(part) for name, part in thing.items()}
    return JsNull() if thing is None else thing


def test_in_a_python_of_the_browser(page):
    explorer = lessons.each_weight()
    errors = []
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    replies = []

    def python(text):
        request, sent = without_null(json.loads(text)), []
        explorer._live.send = lambda reply, buffers: sent.append((reply, buffers))
        explorer._live._reply(None, request, [])
        ((reply, buffers),) = sent
        replies.append(reply)
        told = {name: value for name, value in reply.items() if value is not None}
        return told, [base64.b64encode(bytes(buffer)).decode() for buffer in buffers]

    page.expose_function("python", python)
    png = base64.b64encode(explorer._live.png).decode()
    state = {
        "values": explorer.values, "png": png, "caption": explorer.caption, "width": 840,
        "grips": [], "css": "", "shown": 0, "busy": False,
    }  # fmt: skip
    page.goto("about:blank")
    page.evaluate(MODEL, [Path(live.__file__).with_name("live.js").read_text("utf-8"), state])
    captions = []
    for rate in (2e-4, 3e-4, 4e-4, 5e-4, 6e-4):
        page.evaluate("rate => window.controls.learning_rate.move(rate)", rate)
        page.locator(".calclearn-caption", has_text=f"Learning rate {rate:.3g}").wait_for(
            timeout=60_000
        )
        captions.append(page.locator(".calclearn-caption").text_content())
    assert len(set(captions)) == 5
    page.wait_for_timeout(1000)
    assert any(reply["edition"] is not None for reply in replies), "at rest the background is kept"
    assert errors == []
