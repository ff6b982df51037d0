"""One notebook that was handed in: what it holds is read, what it is up to is not."""

import os

import pytest

from calclearn.classroom import submissions
from calclearn.classroom.submissions import read

from .conftest import OPEN, RIGHT, STEP, WRONG, answered, asked, code, notebook


def exercises(hand_in, *cells):
    return read(hand_in(STEP, notebook(*cells))).exercises


@pytest.mark.parametrize(
    ("source", "texts", "states"),
    [
        ('check("07.1", 3)', [], {"07.1": None}),
        ("check( '07.1', 3 )", [RIGHT], {"07.1": True}),
        ('check(\n    "07.1",\n    3,\n)', [RIGHT], {"07.1": True}),
        ('check("07.1", 1)\ncheck("07.2", 2)', [RIGHT], {"07.1": None, "07.2": True}),
        ('print(check("07.1", 1))\ncheck("07.2", 2)', [WRONG, RIGHT],
         {"07.1": False, "07.2": True}),
        ('print(check("07.1", 1))\nprint(check("07.2", 2))', [f"{WRONG}\n{RIGHT}\n"],
         {"07.1": False, "07.2": True}),
        ('# check("07.1", 1)', [RIGHT], {}),
        ('precheck("07.1", 1)', [RIGHT], {}),
        ("print('✓ Right.')", [RIGHT], {}),
    ],
)  # fmt: skip
def test_a_verdict_belongs_to_the_check_of_its_cell(hand_in, source, texts, states):
    assert exercises(hand_in, code(source, *texts)) == states


def test_the_score_counts_what_was_right_before(hand_in):
    """A right answer that is tried again wrongly stays right in `score()`."""
    score = "Lesson 07: ✓ right 1 (07.1); ✗ not yet 1 (07.2); … open 1 (07.3)."
    cells = [code(f'check("07.{i}", 0)', text) for i, text in ((1, WRONG), (2, OPEN), (3, OPEN))]
    states = exercises(hand_in, *cells, code("score()", score))
    assert states == {"07.1": True, "07.2": False, "07.3": None}


def test_votes(hand_in):
    others = code("more", asked(None, "And?")), code("odd", asked("no option", "Or?"))
    path = hand_in(STEP, notebook(code("guess", asked("down")), *others))
    assert read(path).votes == {"Up or down?": "down", "And?": "", "Or?": ""}
    assert read(path).options["Up or down?"] == ("up", "down")


@pytest.mark.parametrize(
    ("counts", "cells"),
    [
        ([1, 2, 3], 0),
        ([1, 2, 7, 12], 0),  # some cells were run again, in order
        ([1, 2, 9, 4, 5], 1),
        ([5, 4, 3, 2, 1], 4),
        ([1, None, 2, True, 1.5, "3"], 0),
        ([2, 2], 1),
        ([], 0),
    ],
)
def test_cells_out_of_order(hand_in, counts, cells):
    path = hand_in(STEP, notebook(*(code("1", count=count) for count in counts)))
    assert read(path).out_of_order == cells


def test_the_lesson_of_a_renamed_notebook_is_that_of_its_exercises(hand_in):
    assert read(hand_in("homework.ipynb", answered({}))).lesson == "07"


# What cannot be read gets a sentence.

DEEP = 200_000
BROKEN = {
    "empty": (b"", "is no JSON, or broken"),
    "no JSON": (b"%PDF-1.7", "is no JSON, or broken"),
    "cut short": (b'{"cells": [{"cell_type": "code"', "is no JSON, or broken"),
    "nested": (b"[" * DEEP + b"]" * DEEP, "is no JSON, or broken"),
    "nested objects": (b'{"cells":' * DEEP, "is no JSON, or broken"),
    "another encoding": ('{"cells": ["é"]}'.encode("utf-16"), "is no JSON, or broken"),
    "a number without end": (b'{"cells": ' + b"9" * 10_000 + b"}", "is no JSON, or broken"),
    "a list": (b"[]", "is no notebook of format 4"),
    "a number": (b"7", "is no notebook of format 4"),
    "format 3": (b'{"worksheets": [], "nbformat": 3}', "is no notebook of format 4"),
    "cells that are none": (b'{"cells": 7}', "is no notebook of format 4"),
}


@pytest.mark.parametrize("content", BROKEN)
def test_what_is_broken_gets_a_sentence(hand_in, content):
    text, sentence = BROKEN[content]
    submission = read(hand_in(STEP, text))
    assert submission.problem == sentence
    assert submission.lesson == "07"


def test_a_file_without_end_is_not_read(hand_in):
    path = hand_in(STEP, "")
    os.truncate(path, 10**12)
    try:
        assert read(path).problem == "has 1000000 MB, more than the 30 MB that are read"
    finally:
        path.unlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / STEP)
    assert read(folder / STEP).problem == "is no file"


ODD = [None, 7, "text", [], {}, [None], [[["x"]]], {"data": 7}, [{"data": {"text/plain": 7}}], True]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("key", ["cell_type", "source", "outputs", "execution_count", None])
def test_a_value_of_another_type_is_passed_over(hand_in, odd, key):
    spoiled = odd if key is None else code('check("07.1", 3)', RIGHT) | {key: odd}
    path = hand_in(STEP, notebook(spoiled, code('check("07.2", 3)', RIGHT)))
    submission = read(path)
    assert submission.problem == ""
    assert submission.exercises["07.2"] is True


def test_a_notebook_full_of_inventions_is_read_up_to_a_number(hand_in):
    cells = [code(f'check("07.{i}", 0)', asked("up", f"Question {i}?")) for i in range(1, 900)]
    submission = read(hand_in(STEP, notebook(*cells)))
    assert len(submission.exercises) == len(submission.votes) == submissions.MOST
    longest = asked("x" * 10_000, "q" * 10_000, ["x" * 10_000])
    (question,) = read(hand_in(STEP, notebook(code("guess", longest)))).votes
    assert len(question) == submissions.LONGEST
