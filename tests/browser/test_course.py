"""What nbval cannot see: a browser opens lessons, runs them, moves sliders, looks at pixels.

`explorers/test_lessons.py` moves every control of every figure. Here one lesson stands for all: a
logarithmic slider, and one of whole numbers that paints the whole figure anew.
"""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from calclearn.layout import shipped

from ..cells import cells

STEP = "07_how_big_a_step.ipynb"
NOT_FOUND = "Error displaying widget"
TEXT_AND_OUTPUTS = [[".jp-RenderedMarkdown"], [".jp-OutputArea-output"]]
# Where a notebook stands in JupyterLab is not for its author to say.
NOT_OURS = {"region", "landmark-one-main", "page-has-heading-one"}


def serious(page):
    """What axe-core finds in a lesson that has run: in its text, its figures, its questions."""
    found = Axe().run(page, context={"include": TEXT_AND_OUTPUTS}).response["violations"]
    return {
        fault["id"]: [node["html"][:300] for node in fault["nodes"]]
        for fault in found
        if fault["impact"] in ("serious", "critical") and fault["id"] not in NOT_OURS
    }


@pytest.fixture(scope="module")
def lesson(window):
    """Lesson 07 as it is stored, then run: its first figure, and how many pictures were there."""
    window.console.clear()
    window.open(STEP)
    assert window.page.get_by_text(NOT_FOUND).count() == 0
    pictures = window.page.locator(".jp-OutputArea-output img:visible").count()
    window.run_all()
    assert window.console == []
    return window.figure(), pictures


def test_a_stored_lesson_shows_its_pictures_and_when_it_has_run_it_has_no_serious_fault(
    lesson, desk
):
    figure, shown = lesson
    notebook = json.loads(shipped()[STEP].read_text(encoding="utf-8"))
    stored = [out.get("data", {}) for cell in notebook["cells"] for out in cell.get("outputs", [])]
    # Where words in HTML are stored beside a picture, JupyterLab shows the words.
    pictures = sum("image/png" in data and "text/html" not in data for data in stored)
    assert shown >= pictures >= 1
    figure.look()
    assert serious(desk.page) == {}


@pytest.mark.parametrize("label", ["learning rate", "turn (°)"])
def test_a_figure_follows_its_sliders(lesson, desk, label):
    figure, _ = lesson
    assert figure.live.locator(".calclearn-caption").get_attribute("role") == "status"
    slider, before = figure.slider(label), figure.look()
    highest = slider.get_attribute("aria-valuemax") == slider.get_attribute("aria-valuenow")
    there, back = ("ArrowLeft", "ArrowRight") if highest else ("ArrowRight", "ArrowLeft")
    figure.press(slider, there, times=3)
    pressed = figure.look(unlike=before)
    figure.drag(slider, 0.6)
    dragged = figure.look(unlike=pressed)
    pictures, captions = zip(before, pressed, dragged, strict=True)
    assert pictures[0] != pictures[1], "the keyboard moved it and the picture stayed"
    assert pictures[1] != pictures[2], "the mouse dragged it and the picture stayed"
    assert label == "turn (°)" or len(set(captions)) == 3
    # The last picture of a drag is the one that this value has when it is reached by a step.
    figure.press(slider, there)
    assert figure.look(unlike=dragged) != dragged
    figure.press(slider, back)
    assert figure.look(like=dragged) == dragged


def test_a_saved_lesson_shows_its_figures_when_it_is_opened_again(lesson, desk):
    figure, _ = lesson
    before = figure.look()
    figure.press(figure.slider("learning rate"), "ArrowRight", times=3)
    _, caption = figure.look(unlike=before)
    desk.command("docmanager:save")
    desk.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    desk.open(STEP)  # the kernel is gone, as it is the next morning
    again = desk.figure()
    assert desk.page.get_by_text(NOT_FOUND).count() == 0
    assert again.look()[1] == caption


CLINIC = ("import", "guess =", 'lessons.failing_run("A")', 'diagnose("A"', "scoreboard", "check(")


def test_a_lesson_of_questions_and_menus_has_no_serious_fault(desk):
    desk.show(*(source for source, _ in cells("18") if source.startswith(CLINIC))).look()
    assert serious(desk.page) == {}
