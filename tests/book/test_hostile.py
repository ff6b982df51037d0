"""A notebook of an intruder as a page of the book."""

import base64
import io

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from calclearn.book.pages import page

EVIL = "<script>document.title = 'taken'</script>"
KINDS = (
    "text/html", "application/javascript", "image/svg+xml", "text/latex", "text/markdown",
    "application/vnd.jupyter.widget-view+json", "image/png", "application/json",
)  # fmt: skip


def test_only_words_are_shown_of_what_a_cell_has_stored(tmp_path):
    data = dict.fromkeys(KINDS, EVIL) | {"text/plain": "words"}
    outputs = [new_output("display_data", data={kind: EVIL}) for kind in KINDS]
    red = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(red, "PNG")
    picture = {"image/png": base64.b64encode(red.getvalue()).decode(), "text/html": EVIL}
    words = {kind: data[kind] for kind in ("text/html", "text/markdown", "text/plain")}
    outputs += [new_output("display_data", data=each) for each in (data, words, picture)]
    cell = new_code_cell("1", outputs=outputs)
    path = tmp_path / "99_evil.ipynb"
    nbformat.write(new_notebook(cells=[cell]), path)
    made = page(path)
    assert "document.title" not in str(made.notebook.cells)
    shown = [output.data for output in made.notebook.cells[0].outputs]
    assert shown[:2] == [{"text/html": "<p>words</p>"}, {"text/plain": "words"}]
    assert [*shown[2]] == ["image/png"]
    Image.open(io.BytesIO(base64.b64decode(shown[2]["image/png"]))).verify()
    assert made.files == {}
    assert not InteractiveShell.initialized(), "a process that made a page is left with an IPython"
