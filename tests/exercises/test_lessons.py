"""Every exercise accepts its model solutions, rejects its typical mistakes, and keeps its secret.

The answers in `solutions/lesson_NN.py` are written as learners write them, apart from the
definitions of the exercises, and reach the right values another way where there is one.
"""

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from calclearn.exercises import check
from calclearn.exercises.catalogue import exercises
from calclearn.exercises.kinds import Choice, Function, Number

HERE = Path(__file__).parent
LESSONS = sorted(path.stem[-2:] for path in HERE.glob("solutions/lesson_*.py"))
SOLUTIONS = {name: runpy.run_path(HERE / f"solutions/lesson_{name}.py") for name in LESSONS}
EXERCISES = {n: e for lesson in LESSONS for n, e in exercises(lesson).items()}


def table(column):
    rows = [(n, a) for s in SOLUTIONS.values() for n, many in s[column].items() for a in many]
    return [pytest.param(*row, id=f"{row[0]}-{i}") for i, row in enumerate(rows)]


def test_every_lesson_with_exercises_has_solutions_and_every_exercise_several():
    package = HERE.parents[1] / "calclearn/exercises/lessons"
    defined = sorted(path.stem[-2:] for path in package.glob("lesson_*.py"))
    assert defined == LESSONS
    for lesson in LESSONS:
        numbers = list(exercises(lesson))
        assert numbers == [f"{lesson}.{i + 1}" for i in range(len(numbers))]
        assert 2 <= len(numbers) <= 4
        assert list(SOLUTIONS[lesson]["right"]) == list(SOLUTIONS[lesson]["wrong"]) == numbers


@pytest.mark.parametrize(("number", "answer"), table("right"))
def test_each_model_solution_is_right_and_told_why(number, answer):
    verdict = check(number, answer)
    assert verdict.right is True, verdict
    assert verdict.message == EXERCISES[number].why


@pytest.mark.parametrize(("number", "mistake"), table("wrong"))
def test_each_typical_mistake_is_wrong_and_named(number, mistake):
    answer, words = mistake
    verdict = check(number, answer)
    assert verdict.right is False
    assert words in verdict.message


@pytest.mark.parametrize("number", EXERCISES)
def test_each_listed_mistake_gets_its_own_sentence(number):
    for wrong, sentence in EXERCISES[number].mistakes:
        verdict = check(number, wrong)
        assert verdict.right is False, sentence
        assert verdict.message.startswith(sentence)


@pytest.mark.parametrize("number", EXERCISES)
def test_three_dots_are_neither_right_nor_wrong(number):
    verdict = check(number, ...)
    assert verdict.right is None
    assert "Not answered yet" in repr(verdict)


@pytest.mark.parametrize("number", EXERCISES)
def test_the_right_answer_of_the_definition_is_right(number):
    assert check(number, EXERCISES[number].right).right is True


@pytest.mark.parametrize("number", EXERCISES)
def test_no_text_before_the_right_answer_contains_it(number):
    exercise = EXERCISES[number]
    text = " ".join([*exercise.hints, *(sentence for _, sentence in exercise.mistakes)])
    if isinstance(exercise, Choice):
        assert f'"{exercise.right}"' not in text
        assert exercise.options[exercise.right] not in text
    elif not isinstance(exercise, Function):
        assert isinstance(exercise, Number)
        told = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]
        for right in np.ravel(exercise.right):
            assert not any(abs(n - right) <= 0.01 * abs(right) for n in told)
        if not np.any(exercise.right):
            assert "zero" not in text.lower()


@pytest.mark.parametrize("number", EXERCISES)
def test_texts_are_complete(number):
    exercise = EXERCISES[number]
    assert len(exercise.hints) >= 2
    for text in (exercise.question, exercise.why, *exercise.hints):
        assert text.rstrip("`)").endswith((".", "?")), text
    if isinstance(exercise, Choice):
        assert {letter for letter, _ in exercise.mistakes} == set(exercise.options) - {
            exercise.right
        }


@pytest.mark.parametrize("path", sorted((HERE.parents[1] / "notebooks").glob("*.ipynb")))
def test_a_notebook_asks_the_questions_of_its_exercises_word_by_word(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    source = " ".join("\n".join("".join(cell["source"]) for cell in cells).split())
    for number in EXERCISES.keys() & exercises(path.stem[:2]).keys():
        exercise = EXERCISES[number]
        assert f'check("{number}"' in source
        assert " ".join(exercise.question.split()) in source
