"""A prediction is locked once committed, revealed only then, and kept in the saved notebook."""

import base64
import io
import json
import os
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from calclearn.exercises import predict, predictions
from calclearn.exercises.predictions import SITE_DATE

pytestmark = pytest.mark.usefixtures("fresh_kernel")
QUESTION = "Which way does <w> move?"
OPTIONS = ["uphill", "downhill", "not at all"]
WIDGET = "application/vnd.jupyter.widget-view+json"


def test_the_output_shows_question_and_options_without_a_kernel():
    prediction = predict(QUESTION, OPTIONS)
    bundle, metadata = prediction.asked()._repr_mimebundle_()
    assert metadata == {"image/png": {"alt": repr(prediction)}}
    assert set(bundle) == {WIDGET, "text/plain", "text/html", "image/png"}
    assert Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).size[0] > 800
    assert bundle["text/plain"] == (
        "Predict: Which way does <w> move?\n- uphill\n- downhill\n- not at all\nNo prediction yet."
    )
    assert "&lt;w&gt;" in bundle["text/html"]
    assert all(f"- {option}" in bundle["text/html"] for option in OPTIONS)


def test_commit_waits_for_a_choice_then_locks_it():
    prediction = predict(QUESTION, OPTIONS)
    card = prediction.asked()
    _, radio, button, state = card.widget.children
    assert button.disabled
    radio.value = "uphill"
    assert (button.disabled, prediction.commitment) == (False, None)
    radio.value = "downhill"
    button.click()
    assert prediction.commitment == "downhill"
    assert (radio.disabled, button.disabled) == (True, True)
    assert state.value == "You predicted: downhill"
    assert "You predicted: downhill" in repr(card)
    assert WIDGET not in card._repr_mimebundle_()
    prediction.commit("uphill")
    again = predict(QUESTION, OPTIONS)  # the same cell, run again
    assert prediction.commitment == again.commitment == "downhill"
    assert again.asked().widget is None
    assert predict(QUESTION, ["up", "down"]).commitment is None
    assert predict("Another question?", OPTIONS).commitment is None


def test_reveal_waits_for_the_commitment_and_then_compares():
    prediction = predict(QUESTION, OPTIONS)
    card = prediction.revealed("downhill", "The step is minus the gradient.")
    state, button = card.widget.children
    assert button.disabled
    assert repr(card) == state.value == "Commit to a prediction first, further up."
    prediction.commit("uphill")
    assert not button.disabled
    assert repr(card) == "How did your prediction do?"
    button.click()
    assert repr(card).splitlines() == [
        "You predicted: uphill",
        "✗ What happens: downhill",
        "The step is minus the gradient.",
    ]
    assert "What happens: downhill" in state.value
    right = prediction.revealed("uphill", "So it is.")
    right.widget.children[1].click()
    assert "✓ That is what happens." in repr(right)


def saved(folder, option):
    """A saved notebook in which this option was committed to."""
    text = "\n".join(predict(QUESTION, OPTIONS).lines(option))
    output = {"output_type": "display_data", "data": {"text/plain": text.splitlines(True)}}
    path = folder / "lesson.ipynb"
    cells = [{"cell_type": "markdown"}, {"cell_type": "code", "outputs": [output]}]
    path.write_text(json.dumps({"cells": cells}))
    predictions._predictions.clear()
    return path


def test_a_saved_notebook_restores_the_commitment(tmp_path, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(saved(tmp_path, "uphill")))
    assert predict(QUESTION, OPTIONS).commitment == "uphill"
    assert predict("Another question?", OPTIONS).commitment is None
    monkeypatch.delenv("JPY_SESSION_NAME")  # VS Code names it in a variable
    shell = SimpleNamespace(user_ns={"__vsc_ipynb_file__": str(saved(tmp_path, "downhill"))})
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    assert predict(QUESTION, OPTIONS).commitment == "downhill"


def test_in_a_browser_the_notebooks_that_were_saved_are_read(tmp_path, monkeypatch):
    path = saved(tmp_path, "uphill")
    (tmp_path / "another.ipynb").write_text("no notebook")
    (tmp_path / "gone.ipynb").symlink_to("nowhere")
    monkeypatch.chdir(path.parent)
    assert predict(QUESTION, OPTIONS).commitment is None
    predictions._predictions.clear()
    monkeypatch.setattr("sys.platform", "emscripten")
    assert predict(QUESTION, OPTIONS).commitment == "uphill"
    predictions._predictions.clear()
    os.utime(path, (SITE_DATE, SITE_DATE))  # as the site brings it
    assert predict(QUESTION, OPTIONS).commitment is None


@pytest.mark.parametrize("content", [None, "", "[" * 99999, "[]", '{"cells": [[]]}'])
def test_a_notebook_that_cannot_be_read_restores_nothing(tmp_path, monkeypatch, content):
    path = tmp_path / "lesson.ipynb"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert predict(QUESTION, OPTIONS).commitment is None


def run(*cells):
    """The notebook of these cells, run, and the text of each output."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=600, startup_timeout=600, kernel_name="python3").execute()
    return notebook, [shown.data["text/plain"] for cell in notebook.cells for shown in cell.outputs]


def test_a_commitment_is_written_into_the_output_further_up_and_outlives_the_kernel(
    tmp_path, monkeypatch
):
    notebook, texts = run(
        "from calclearn.exercises import predict\n"
        "guess = predict('Is it?', ['A straight line.', 'A circle.'])",
        "guess.reveal('01')",
        "guess.commit('A circle.')",
    )
    assert texts[0].endswith("You predicted: A circle.")
    assert texts[1:] == ["How did your prediction do?"]
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "lesson.ipynb"))
    assert predict("Is it?", ["A straight line.", "A circle."]).commitment == "A circle."


@pytest.mark.parametrize("options", [[], ["a"], ["a", "a"], ["a", 2], "ab", ["a", ""], None, 3])
def test_bad_input_gets_one_sentence(options):
    with pytest.raises(ValueError, match="options must be two or more different texts, got "):
        predict(QUESTION, options)
    with pytest.raises(ValueError, match="question must be text, got 3"):
        predict(3, OPTIONS)
    with pytest.raises(ValueError, match=r"lesson must be the one .*; got '98', 1$"):
        predict(QUESTION, OPTIONS).reveal("98")
    for option in ("sideways", np.ones(2)):
        with pytest.raises(ValueError, match="option must be one of"):
            predict(QUESTION, iter(OPTIONS)).commit(option)
