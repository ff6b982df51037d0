"""The example that turns a lesson into an assignment of nbgrader, as far as it goes without it."""

import json
import re
import runpy
from pathlib import Path

import pytest

from calclearn import check
from calclearn.exercises.catalogue import exercises
from calclearn.layout import shipped

EXAMPLE = runpy.run_path(Path(__file__).parents[1] / ".github" / "nbgrader_assignment.py")


@pytest.fixture(params=shipped())
def graded(request):
    """The number of a lesson, and the cells of its assignment that nbgrader keeps something of."""
    lesson = json.loads(shipped()[request.param].read_text(encoding="utf-8"))
    made = EXAMPLE["assignment"](lesson)
    return request.param[:2], [c for c in made["cells"] if "nbgrader" in c["metadata"]]


def test_each_exercise_has_an_answer_and_a_locked_test(graded):
    number, cells = graded
    identities = [cell["metadata"]["nbgrader"]["grade_id"] for cell in cells]
    numbers = [n.replace(".", "-") for n in exercises(number)]
    assert identities == [f"{kind}-{n}" for n in numbers for kind in ("answer", "test")]
    for answer, test in zip(cells[::2], cells[1::2], strict=True):
        kept = answer["metadata"]["nbgrader"], test["metadata"]["nbgrader"]
        assert [k["solution"] for k in kept] == [True, False]
        assert [k["grade"] for k in kept] == [False, True]
        assert (kept[1]["locked"], kept[1]["points"]) == (True, 1)


def test_the_source_version_passes_and_the_released_one_is_open(graded):
    _, cells = graded
    for answer, test in zip(cells[::2], cells[1::2], strict=True):
        names = {"check": check, "print": lambda verdict: None}
        exec(answer["source"] + "\n" + test["source"], names)
        # What generate_assignment does with the lines between the marks.
        released = re.sub(
            r"### BEGIN SOLUTION\n.*?### END SOLUTION", "# Your code here.",
            answer["source"], flags=re.DOTALL,
        )  # fmt: skip
        assert "].right" not in released
        with pytest.raises(AssertionError):
            exec(released + "\n" + test["source"], names := {"check": check, "print": print})
        assert names["verdict"].right is None, names["verdict"]


def test_the_rest_of_the_lesson_stays(tmp_path, capsys):
    EXAMPLE["main"]("7", str(tmp_path))
    path = tmp_path / "source" / "lesson07" / "07_how_big_a_step.ipynb"
    assert capsys.readouterr().out == f"{path}\n"
    lesson = json.loads(shipped()[path.name].read_text(encoding="utf-8"))
    made = json.loads(path.read_text(encoding="utf-8"))
    kept = [cell for cell in made["cells"] if "nbgrader" not in cell["metadata"]]
    assert kept == [
        cell for cell in lesson["cells"]
        if cell["cell_type"] == "markdown" or not re.search(r"\bcheck\(", "".join(cell["source"]))
    ]  # fmt: skip
