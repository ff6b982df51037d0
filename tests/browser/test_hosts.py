"""A figure whose Python runs in the browser, too."""

import base64
import json
from pathlib import Path

from calclearn import lessons
from calclearn.explorers import live

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
