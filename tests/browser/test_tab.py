"""The course in a tab, around its Python: the way from a lesson in JupyterLite back to the book."""

import functools
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from calclearn.book import tab

LESSON = "07_how_big_a_step"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The address of a book with one page, and of its tab, whose Pyodide is empty."""
    folder = tmp_path_factory.mktemp("book")
    (folder / f"{LESSON}.html").write_text("<title>in the book</title>")
    pyodide = tmp_path_factory.mktemp("pyodide")
    (pyodide / "pyodide.mjs").write_text("export const loadPyodide = async () => {}")
    (pyodide / "pyodide-lock.json").write_text(json.dumps({"info": {}, "packages": {}}))
    tab.build(folder / "lite", str(pyodide), book="..", say=lambda _: None)
    handler = functools.partial(Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("app", ["lab", "notebooks"])
def test_an_open_lesson_leads_back_to_its_page_of_the_book(page, book, app):
    page.on("dialog", lambda dialog: dialog.accept())  # the notebook may count as changed
    page.goto(f"{book}/lite/{app}/index.html?path={LESSON}.ipynb")
    page.wait_for_function("document.title.startsWith('07_')")
    page.click("#calclearn-back")
    page.wait_for_url(f"{book}/{LESSON}.html")
    assert page.title() == "in the book"
