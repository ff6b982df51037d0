"""What nbval cannot see: a browser opens lessons, runs them, moves sliders, looks at pixels."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = [path.name for path in sorted(NOTEBOOKS.glob("0[067]_*.ipynb"))]
NOT_FOUND = "Error displaying widget"
VIEW = {"turn (°)", "tilt (°)"}  # they turn a bowl and change nothing that there is to say


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_opens_runs_and_follows_its_sliders(desk, name):
    desk.open(name)
    cells = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    stored = [out.get("data", {}) for cell in cells for out in cell.get("outputs", [])]
    # Where words in HTML are stored beside a picture, JupyterLab shows the words.
    pictures = sum("image/png" in data and "text/html" not in data for data in stored)
    assert pictures >= 1
    assert desk.page.locator(".jp-OutputArea-output img:visible").count() >= pictures
    assert desk.page.get_by_text(NOT_FOUND).count() == 0

    desk.run_all()
    assert desk.complaints() == []
    figure = desk.figure()
    assert figure.sliders.count() >= 1
    assert figure.live.locator(".calclearn-caption").get_attribute("role") == "status"
    for slider in figure.sliders.all():
        label = figure.label(slider)
        before = figure.look()
        highest = slider.get_attribute("aria-valuemax") == slider.get_attribute("aria-valuenow")
        there, back = ("ArrowLeft", "ArrowRight") if highest else ("ArrowRight", "ArrowLeft")
        figure.press(slider, there, times=8)
        pressed = figure.look(unlike=before)
        figure.drag(slider, 0.15)
        left = figure.look(unlike=pressed)
        figure.drag(slider, 0.6)
        right = figure.look(unlike=left)
        pictures, captions = zip(before, pressed, left, right, strict=True)
        assert pictures[0] != pictures[1], f"the keyboard moved {label} and the picture stayed"
        assert pictures[2] != pictures[3], f"the mouse dragged {label} and the picture stayed"
        assert label in VIEW or len(set(captions)) > 1, f"{label} moved and the caption stayed"
        # The last picture of a drag is the one that this value has when it is reached by a step.
        figure.press(slider, there)
        assert figure.look(unlike=right) != right
        figure.press(slider, back)
        assert figure.look(like=right) == right
    assert desk.complaints() == []
    assert desk.console == []


def test_figures_with_buttons_stand_where_the_lesson_has_set_them(desk):
    name = "12_who_caused_the_error.ipynb"
    cells = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    places = [n for n, cell in enumerate(cells) if ".set(step=" in "".join(cell["source"])]
    assert places
    desk.open(name)
    desk.run_all()
    for number in places:
        outputs = cells[number]["outputs"]
        (stored,) = (out["data"] for out in outputs if "image/png" in out["data"])
        desk.page.evaluate(
            "n => window.jupyterapp.shell.currentWidget.content.scrollToItem(n)", number
        )
        words = "".join(stored["text/plain"])
        desk.page.locator(".calclearn-caption", has_text=words).wait_for()


@pytest.mark.parametrize("name", LESSONS[-1:])
def test_a_saved_lesson_shows_its_figures_when_it_is_opened_again(desk, name):
    desk.open(name)
    desk.run_all()
    figure = desk.figure()
    before = figure.look()
    figure.press(figure.sliders.first, "ArrowRight", times=8)
    _, caption = figure.look(unlike=before)
    desk.command("docmanager:save")
    desk.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    desk.close()  # the kernel is gone, as it is the next morning
    desk.open(name)
    again = desk.figure()
    assert desk.page.get_by_text(NOT_FOUND).count() == 0
    assert again.look()[1] == caption
