"""What other hosts need: Colab's metadata, words for a picture, a browser's None."""

import base64
import sys
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from calclearn import explorers, lessons
from calclearn.descent.landscapes import bowl
from calclearn.descent.optimizers import GradientDescent

WIDGET = "application/vnd.jupyter.widget-view+json"
MANAGER = "https://colab.example/manager.js"


def shown(thing) -> tuple[dict, dict]:
    """What IPython sends of the last line of a cell: data and metadata."""
    return DisplayFormatter().format(thing)


@pytest.fixture
def colab(monkeypatch):
    """Colab's module, as far as anywidget asks it."""
    output = SimpleNamespace(
        _widgets=SimpleNamespace(_installed_url=MANAGER),
        enable_custom_widget_manager=lambda: None,
    )
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace(output=output))


@pytest.mark.parametrize(
    "make",
    [
        lessons.first_descent,
        lambda: explorers.training(bowl(), (2.0, 1.0), GradientDescent(0.1), steps=5),
    ],
    ids=["explorer", "training"],
)
def test_a_figure_as_a_last_line_says_to_colab_that_it_is_a_custom_widget(request, make):
    figure = make()
    last_line = getattr(figure, "_explorer", figure)
    assert WIDGET not in shown(last_line)[1]
    request.getfixturevalue("colab")
    for data, metadata in (figure._repr_mimebundle_(), shown(last_line)):
        assert WIDGET in data
        assert metadata[WIDGET] == {"colab": {"custom_widget_manager": {"url": MANAGER}}}


def test_a_page_made_of_a_notebook_has_words_for_its_pictures(root):
    from nbconvert import HTMLExporter

    notebook = nbformat.read(root / "notebooks" / "05_one_weight_at_a_time.ipynb", as_version=4)
    nbformat.validate(notebook)
    # nbconvert's other template, lab, leaves the words of a PNG out.
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    *_, figure = (o.data for o in outputs if "image/png" in o.get("data", {}))
    assert f'alt="{figure["text/plain"]}"' in page
    assert page.count("<img") == page.count("alt=")
    assert base64.b64decode(figure["image/png"]).startswith(b"\x89PNG")


class JsNull:
    """The browser's null in its Python: false, and not None."""

    def __bool__(self):
        return False


def test_a_browsers_null_counts_as_none():
    explorer, sent = lessons.learning_rate(), []
    explorer._live.send = lambda reply, buffers: sent.append((reply, buffers))
    request = {"page": "p", "number": 1, "ratio": 1, "rest": True, "values": explorer.values}
    nothing = {"drag": JsNull(), "edition": JsNull(), "width": JsNull()}
    explorer._live._reply(None, request | nothing, [])
    ((reply, buffers),) = sent
    assert reply["caption"] == explorer.caption
    assert len(buffers) == 3
    assert explorers.controls.read(explorer.controls["points"], 34) == 34
    with pytest.raises(ValueError, match="choose one of the options"):
        explorers.controls.read(explorers.choice(["a", "b"], label="kind"), {"index": JsNull()})


def test_labels_are_indices_of_the_machine():
    from calclearn.data import digits
    from calclearn.lessons.lesson_13 import species

    for labels in (digits().train.labels, digits().held_out.labels, species()[1]):
        assert labels.dtype == np.intp
