"""A learner's desk: the course laid out by its own command, JupyterLab, and a headless browser.

Where no browser is found these tests are skipped; where CI is set they fail instead, unless
CALCLEARN_BROWSER=none says that this machine is not meant to have one.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SEARCHABLE = '{"windowingMode": "none"}'  # every cell is on the page, not only those in sight
SIZE = {"width": 1280, "height": 900}
TOKEN = "lesson"
LIMIT = 300_000  # ms: what is waited for comes, and on a busy machine it comes late


@pytest.fixture(scope="session")
def chromium():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if os.environ.get("CALCLEARN_BROWSER") == "none":
        pytest.skip("CALCLEARN_BROWSER=none")
    if found is None and os.environ.get("CI"):
        pytest.fail(f"CI is set and none of {', '.join(BROWSERS)} is installed")
    if found is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, headless=True, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """JupyterLab as `calclearn` starts it, on settings that no one has touched: url and folder."""
    desk = tmp_path_factory.mktemp("desk")
    command = [
        "calclearn", str(desk / "course"), "--no-browser", "--",
        f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    with served(desk, command, f"/api/status?token={TOKEN}") as url:
        yield SimpleNamespace(url=url, folder=desk / "course")


@pytest.fixture
def page(chromium):
    """An empty page, 1280 pixels wide."""
    context = chromium.new_context(viewport=SIZE)
    context.set_default_timeout(LIMIT)
    yield context.new_page()
    context.close()


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as sockets:
        probes = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextlib.contextmanager
def served(desk: Path, command: list[str], asked: str):
    """The address of a server, `python -m command --port=...`, once it answers what is asked.

    It has settings of its own, in the folder `desk`.
    """
    settings = desk / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(SEARCHABLE)
    own = {
        "JUPYTERLAB_SETTINGS_DIR": desk / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": desk / "workspaces",
        "JUPYTER_CONFIG_DIR": desk / "config",
        "JUPYTER_DATA_DIR": desk / "data",
        "JUPYTER_RUNTIME_DIR": desk / "runtime",
        "IPYTHONDIR": desk / "ipython",
    }
    (port,) = free_ports(1)
    log = desk / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, f"--port={port}"],
            env=os.environ | {name: str(folder) for name, folder in own.items()},
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(
            lambda: urllib.request.urlopen(url + asked, timeout=20).read() or True, server, log
        )
        yield url
    finally:
        server.terminate()
        server.wait(LIMIT / 1000)


def wait_for(condition, server: subprocess.Popen, log: Path):
    """What a condition gives, once it gives something, as long as the server runs."""
    end = time.monotonic() + LIMIT / 1000
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError):  # no answer yet
            if answer := condition():
                return answer
        time.sleep(0.2)
    return pytest.fail(f"the server does not answer: {log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def window(chromium, lab):
    """JupyterLab, in one window for all tests: to load it takes longer than most of them."""
    context = chromium.new_context(viewport=SIZE)
    context.set_default_timeout(LIMIT)
    yield Window(context.new_page(), lab)
    context.close()


@pytest.fixture
def desk(window):
    """The window as it was at first, but for the notebook that may still be open in it.

    Whatever a test does, in the end neither the console nor a cell has complained.
    """
    window.console.clear()
    window.page.set_viewport_size(SIZE)
    yield window
    assert window.console == []
    assert window.complaints() == []


class Window:
    """One browser window, spoken to in a learner's words."""

    def __init__(self, page, lab, path: str = "lab") -> None:
        self.page, self.lab, self.console, self.own = page, lab, [], False
        page.on("console", lambda message: message.type == "error" and self._heard(message))
        page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))
        page.goto(f"{lab.url}/{path}?reset&token={TOKEN}")
        page.wait_for_function("() => window.jupyterapp")
        page.evaluate("() => window.jupyterapp.restored")

    def _heard(self, message) -> None:
        if "@jupyterlite/services" in message.text:
            return  # what makes the course in a tab complains where Python is no tab's
        self.console.append(f"{message.text} ({message.location.get('url', '')})")

    def open(self, name: str) -> None:
        """Open a notebook, none of it run in its kernel, and nothing beside it."""
        self.close()
        self.page.evaluate(
            """async (path) => {
              const panel = await window.jupyterapp.commands.execute("docmanager:open", { path });
              await panel.context.ready;
              await panel.sessionContext.ready;
            }""",
            name,
        )
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        self.page.wait_for_function(
            """() => {
              const panel = window.jupyterapp.shell.currentWidget;
              return panel?.sessionContext?.session?.kernel?.status === "idle";
            }"""
        )

    def open_cells(self, *sources: str) -> None:
        """A notebook of these cells, none of them run; one kernel serves all such notebooks."""
        notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        if self.own:
            self.page.evaluate(
                "cells => window.jupyterapp.shell.currentWidget.context.model.fromJSON(cells)",
                notebook,
            )
            return
        nbformat.write(notebook, self.lab.folder / "own.ipynb")
        self.open("own.ipynb")
        self.own = True

    def figure(self) -> "LiveFigure":
        """The first explorer on the page."""
        return LiveFigure(self.page)

    def show(self, *sources: str) -> "LiveFigure":
        """The first explorer of a notebook of these cells, which have run."""
        self.open_cells(*sources)
        self.run_all()
        return self.figure()

    def command(self, name: str) -> None:
        self.page.evaluate("name => { window.jupyterapp.commands.execute(name); }", name)

    def run_all(self) -> None:
        """Run all cells, and wait until the last has run or one has failed."""
        self.page.evaluate(
            """() => {
              window.ran = false;
              const over = () => { window.ran = true; };
              window.jupyterapp.commands.execute("notebook:run-all-cells").then(over, over);
            }"""
        )
        self.page.wait_for_function("() => window.ran")

    def complaints(self) -> list[str]:
        """What the notebook's cells wrote to stderr or raised."""
        return self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
              .filter((cell) => cell.model.type === "code")
              .flatMap((cell) => cell.model.sharedModel.outputs)
              .filter((output) => output.output_type === "error" || output.name === "stderr")
              .map((output) => JSON.stringify(output))"""
        )

    def close(self) -> None:
        """Close the notebooks, without a question, and stop their kernels."""
        self.own = False
        self.page.evaluate(
            """async () => {
              [...window.jupyterapp.shell.widgets("main")].forEach((widget) => widget.dispose());
              await window.jupyterapp.serviceManager.sessions.shutdownAll();
            }"""
        )


class LiveFigure:
    """The first explorer on the page: its sliders, its picture, its caption."""

    def __init__(self, page) -> None:
        self.page = page
        self.live = page.locator(".calclearn-live").first
        self.live.wait_for()
        self.live.scroll_into_view_if_needed()
        output = page.locator(".jp-OutputArea-output", has=page.locator(".calclearn-live")).first
        self.sliders = output.locator(".noUi-handle")

    def look(self, *, unlike=None, like=None) -> tuple[str, str]:
        """Its pixels and its caption, once the figure and the kernel rest.

        Before, wait until it is no longer `unlike`, or is `like`; in vain for some minutes only.
        """
        return tuple(
            self.live.evaluate(
                """async (live, [unlike, like]) => {
                  const look = () => [live.querySelector("canvas").toDataURL(),
                                      live.querySelector(".calclearn-caption").textContent];
                  const begin = performance.now();
                  let [before, since] = [look().join(), begin];
                  const kernel = () =>
                    window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
                  const busy = () =>
                    kernel()?.status === "busy" || live.querySelector("[aria-busy=true]") !== null;
                  const awaited = () =>
                    (before === unlike?.join() || (like && before !== like.join())) &&
                    performance.now() - begin < 180_000;
                  const rest = unlike || like ? 150 : 300;  // ms
                  while (performance.now() - since < rest || busy() || awaited()) {
                    await new Promise(requestAnimationFrame);
                    const now = look().join();
                    if (now !== before) [before, since] = [now, performance.now()];
                  }
                  return look();
                }""",
                [unlike, like],
            )
        )

    def label(self, slider) -> str:
        return slider.evaluate(
            """(handle) =>
              handle.closest(".widget-slider").querySelector(".widget-label").textContent"""
        )

    def press(self, slider, key: str, times: int = 1) -> None:
        slider.focus()
        for _ in range(times):
            slider.press(key)

    def drag(self, slider, fraction: float) -> None:
        """Take the handle by mouse to this fraction of its track, in many small moves."""
        handle = slider.bounding_box()
        track = slider.evaluate(
            "(handle) => handle.closest('.noUi-target').getBoundingClientRect().toJSON()"
        )
        y = handle["y"] + handle["height"] / 2
        self.page.mouse.move(handle["x"] + handle["width"] / 2, y)
        self.page.mouse.down()
        self.page.mouse.move(track["x"] + fraction * track["width"], y, steps=12)
        self.page.mouse.up()

    def slider(self, label: str):
        """The handle of the slider with this label."""
        (handle,) = (handle for handle in self.sliders.all() if self.label(handle) == label)
        return handle
