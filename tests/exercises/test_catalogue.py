"""A lesson's file defines its exercises and outcomes by number."""

import numpy as np
import pytest

from calclearn.exercises import catalogue, check, choice, exercise, outcome, predict
from calclearn.exercises.catalogue import exercises, outcomes
from calclearn.exercises.kinds import Function, Number

from ..refusals import refused

TEXT = """
    Because it is so,
    and not otherwise.
    > Look again: is 1 > 0?
    > Count them,
    one by one."""


@pytest.fixture(autouse=True)
def lesson_99(fresh_kernel, monkeypatch):
    """The only lesson is 99, which has nothing yet."""
    monkeypatch.setattr(catalogue, "_exercises", {})
    monkeypatch.setattr(catalogue, "_outcomes", {})


@pytest.mark.parametrize("right", [3, 2.5, np.float64(2), (1, 2), [1.0], np.eye(2), np.sin])
def test_the_right_answer_says_the_kind(right):
    exercise("99.1", right, TEXT, **{"points": ((1.0,), (2.0,))} if callable(right) else {})
    assert type(exercises("99")["99.1"]) is (Function if callable(right) else Number)
    assert check("99.1", right).right


def test_text_is_why_and_hints():
    exercise("99.1", 3, TEXT, [(4, "One too many."), (2, "One is missing.")])
    made = exercises("99.1")["99.1"]
    assert made.why == "Because it is so, and not otherwise."
    assert made.hints == ("Look again: is 1 > 0?", "Count them, one by one.")
    assert check("99.1", 4).message == "One too many. Hint 1 of 2: Look again: is 1 > 0?"


def test_a_choice_by_letter():
    choice("99.1", "b", TEXT, a="No.", c="Nor this.")
    assert exercises("99")["99.1"].options == ("a", "b", "c")
    for answer in ("(B)", " b. ", "[b]", "'b'", "“B”;", "**b**", "_b_", "b\u200b"):
        assert check("99.1", answer).right
    for answer in ("b) It is so.", "B It is so.", "**b** It is so.", "Option b", "(b): So.", "ｂ"):
        assert check("99.1", answer).right
    for answer in ("b, c", "b or c", "b Or c", "b/c", "bc", "b because", "It is so.", "not b"):
        assert "one of the letters" in check("99.1", answer).message
    assert check("99.1", "c").message.startswith("Nor this.")


def test_an_outcome_is_an_option_by_its_number(capsys):
    prediction = predict("What happens?", ["this", "that"])
    outcome("99", 2, "For it\n   is so.")
    outcome("99", 1, "As before.", prediction=2)
    assert outcomes("99") == {1: (2, "For it is so."), 2: (1, "As before.")}
    prediction.reveal("99")
    outcome("99", 3, "There is no such option.")  # a file that is loaded again defines it again
    assert outcomes("99")[1] == (3, "There is no such option.")
    for missing in ((), (3,)):
        with pytest.raises(ValueError, match="lesson must be the one"):
            prediction.reveal("99", *missing)


@pytest.mark.parametrize("number", ["98", "98.1", "7", "", None, 7.2, "lesson", "99.", "07/../x"])
def test_no_such_lesson_has_nothing(number):
    assert exercises(number) == {}
    assert outcomes(number) == {}


test_wrong_definitions_are_named = refused([
    (lambda: exercise("9.1", 3, TEXT), "like \"07.2\", got '9.1'"),
    (lambda: exercise("99.1", 3, "Only why."), "hints: lines that begin with >"),
    (lambda: exercise("99.1", 3, "> Only a hint."), "must say why"),
    (lambda: choice("99.1", "b", TEXT, b="No."), "one sentence for each wrong option"),
    (lambda: choice("99.1", "b", TEXT), "one sentence for each wrong option, got none"),
    (lambda: outcome("99", 0, "So."), "an option like 2"),
    (lambda: outcome("lesson", 1, "So."), 'a lesson like "07"'),
])  # fmt: skip


def test_the_first_wrong_line_of_a_function_is_named():
    lines = "`a` is wrong.", "`b` is wrong."
    points = (2.0, 3.0), (1.0, -1.0)
    exercise("99.1", lambda u, v: (u + v, u * v), TEXT, points=points, returns=(2,), lines=lines)
    assert check("99.1", lambda u, v: (u + v, v * u)).right
    for answer, line in (
        (lambda u, v: (u + v, u / v), 1), (lambda u, v: (u - v, u * v), 0),
        (lambda u, v: (u - v, u / v), 0),
    ):  # fmt: skip
        assert check("99.1", answer).message.startswith(lines[line])


def test_a_point_with_small_numbers_counts_beside_one_with_large():
    exercise("99.1", lambda u: (u, u), TEXT, points=((1e9,), (1.0,)), returns=(2,))
    assert check("99.1", lambda u: (u, u + (u < 2) / 9)).right is False
