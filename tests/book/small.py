"""A lesson with a figure, a prediction, an exercise, and a text that means harm, as stored."""

import base64
import io

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

SCRIPT = "<script>document.title = 'taken'</script><img src=x onerror=alert(1)>"
FIGURE = """\
from calclearn import check, predict
from calclearn.explorers import explore, slider
from calclearn.figures import *

(ax,) = panels("flat")
ax.set(xlim=(0, 9), ylim=(0, 81))
explore(lambda x: {"point": (x, x**2)}, [Dots(ax, "point")], "x = {x}", x=slider(2, 0, 9, 1))
"""


def red(kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def stored(folder):
    """The path of the lesson, written into a folder."""
    figure = {"application/vnd.jupyter.widget-view+json": {}, "image/png": red()}
    shown = {  # by the source of its cell
        FIGURE: [{"text/plain": "x = 2"} | figure],
        'predict("Where?", ["up", "down"])': [{"text/plain": "Predict: Where?"} | figure],
        'check("00.1", ...)': [{"text/plain": "… Not answered yet."}],
        "print()": [{"text/plain": SCRIPT}, {"text/plain": SCRIPT, "text/html": SCRIPT}],
    }
    cells = [new_markdown_cell("# One", id="top")]
    for number, (source, texts) in enumerate(shown.items()):
        outputs = [new_output("display_data", data=data) for data in texts]
        cells.append(new_code_cell(source, outputs=outputs, id=f"cell{number}"))
    metadata = {"language_info": {"name": "python"}}
    path = folder / "00_small.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
    return path
