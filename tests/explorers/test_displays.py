"""A cell that runs again frees what it displayed, and nothing that is displayed elsewhere."""

import gc
import sys
import weakref
from types import SimpleNamespace

import ipywidgets as widgets
import pytest
from IPython.core.formatters import DisplayFormatter

from calclearn.descent.landscapes import bowl
from calclearn.descent.optimizers import GradientDescent
from calclearn.explorers import displays, slider, training

from .conftest import squared

WIDGET = "application/vnd.jupyter.widget-view+json"


class Shell:
    """An IPython that runs cells with names, as a notebook does."""

    def __init__(self):
        self.cell, self.callbacks = None, []
        self.events = SimpleNamespace(register=lambda _, call: self.callbacks.append(call))

    def get_parent(self):
        return {"metadata": {} if self.cell is None else {"cellId": self.cell}}

    def run(self, cell, *figures):
        """Run a cell that displays these figures."""
        self.cell = cell
        for callback in self.callbacks:
            callback(SimpleNamespace(cell_id=cell))
        for figure in figures:
            figure._repr_mimebundle_()


@pytest.fixture
def shell(monkeypatch):
    shell = Shell()
    monkeypatch.setattr(displays, "get_ipython", lambda: shell)
    monkeypatch.setattr(displays, "_shown", {})
    return shell


def is_open(figure):
    """Whether all of its widgets are, or none."""
    (state,) = {part.comm is not None for part in displays.widget_parts(figure.widget)}
    return state


def test_a_cell_that_runs_again_frees_its_figures(shell):
    first, second = squared(), squared()
    shell.run("a", first, second)
    assert [is_open(first), is_open(second)] == [True, True]
    shell.run("a", squared())
    assert [is_open(first), is_open(second)] == [False, False]
    assert first._painter.background is None
    painted = weakref.ref(first._painter.figure)
    del first
    gc.collect()
    assert painted() is None, "something is kept of it"


def test_a_figure_that_another_cell_displays_stays(shell):
    figure, unnamed = squared(), squared()
    shell.run(None, unnamed)
    shell.run(None, squared())
    shell.run("a", figure)
    shell.run("b", figure)
    shell.run("a")
    assert is_open(figure)
    shell.run("b")
    assert not is_open(figure)
    assert is_open(unnamed), "frontends that do not name their cells keep all"


def test_a_figure_in_a_variable_opens_again_as_it_was(shell):
    figure = squared()
    shell.run("a", figure.set(x=5))
    png, names = figure.still(), list(figure._live.keys)
    shell.run("a", figure)
    assert is_open(figure)
    assert figure.still() == png
    assert figure._live.keys == names
    figure.close()
    assert figure.set(x=3).caption == "3 squared is 9", "without widgets it still computes"


def test_a_slider_of_another_cell_serves_again_and_more_than_one_figure(shell):
    x = slider(2, 0, 9, 1)
    for cell in "aaba":  # which displays nothing, and closes what it has made
        shell.run(cell)
        figure = squared(x=x)
        assert is_open(figure)
    shell.run("a")
    assert x.comm is not None, "the cell b still has it"
    assert figure._live.comm is None


@pytest.mark.parametrize("close", [lambda _: widgets.Widget.close_all(), lambda each: each.close()])
def test_a_closed_figure_can_be_displayed(close):
    figure = squared()
    close(figure)
    bundle, _ = figure._repr_mimebundle_()
    assert is_open(figure)
    assert bundle[WIDGET]["model_id"] == figure.widget.model_id is not None


@pytest.mark.parametrize("make", [squared, lambda: training(bowl(), (2, 1), GradientDescent(), 5)])
def test_colab_hears_that_a_figure_as_a_last_line_is_a_custom_widget(monkeypatch, make):
    figure = make()
    manager = {"url": "https://colab.example/manager.js"}
    output = SimpleNamespace(
        _widgets=SimpleNamespace(_installed_url=manager["url"]),
        enable_custom_widget_manager=lambda: None,
    )
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace(output=output))
    last_line = DisplayFormatter().format(getattr(figure, "_explorer", figure))
    for data, metadata in (figure._repr_mimebundle_(), last_line):
        assert WIDGET in data
        assert metadata[WIDGET] == {"colab": {"custom_widget_manager": manager}}
