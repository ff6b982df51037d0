"""Every lesson: its exercises accept right answers, name mistakes, and keep their secret, and its
notebook asks for exactly the exercises, figures and outcomes of its file.

The right answers stand in `test_lesson_NN.py`, reached another way than in the definitions where
there is one, and with them wrong ones that are not listed as mistakes: `readings`, with words of
the reply. `pytest tests/lessons -k 07` tests one lesson.
"""

import ast
import re
import runpy
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from calclearn import lessons
from calclearn.exercises import check
from calclearn.exercises.catalogue import exercises, outcomes
from calclearn.exercises.kinds import Choice, Function

from ..cells import by_hand, cells, figure

HERE = Path(__file__).parent
FOLDER = Path(lessons.__file__).parent
LESSONS = sorted(path.stem[-2:] for path in FOLDER.glob("lesson_[0-9][0-9].py"))
ANSWERS = {lesson: runpy.run_path(HERE / f"test_lesson_{lesson}.py") for lesson in LESSONS}
EXERCISES = {number: each for lesson in LESSONS for number, each in exercises(lesson).items()}
MOST = 5  # exercises in a lesson: a learner needs some ten minutes for each

each_lesson = pytest.mark.parametrize("lesson", LESSONS)
each_exercise = pytest.mark.parametrize("number", EXERCISES)
pytestmark = pytest.mark.usefixtures("fresh_kernel")


def rows(table):
    return [
        pytest.param(number, answer, id=f"{number}-{place}")
        for lesson in LESSONS
        for number, answers in ANSWERS[lesson].get(table, {}).items()
        for place, answer in enumerate(answers)
    ]


def text(lesson, kind):
    return "\n".join(source for source, _ in cells(lesson, kind))


def calls_of(lesson):
    """The calls in the code of a lesson's notebook."""
    nodes = ast.walk(ast.parse(text(lesson, "code")))
    return [node for node in nodes if isinstance(node, ast.Call)]


def named(lesson, name):
    """The arguments of the calls of a function in a lesson's notebook."""
    return [call.args for call in calls_of(lesson) if getattr(call.func, "id", "") == name]


# Answers.


@each_lesson
def test_exercises_are_numbered_and_have_right_forms(lesson):
    numbers = list(exercises(lesson))
    assert numbers == [f"{lesson}.{place + 1}" for place in range(len(numbers))]
    assert 2 <= len(numbers) <= MOST, (
        f"lesson {lesson} has {len(numbers)} exercises, not 2 to {MOST}"
    )
    table = f"give each exercise a row in `right` of tests/lessons/test_lesson_{lesson}.py"
    assert list(ANSWERS[lesson]["right"]) == numbers, table


@pytest.mark.parametrize(("number", "answer"), rows("right"))
def test_right_answers(number, answer):
    verdict = check(number, answer)
    assert verdict.right is True, verdict
    assert verdict.message == EXERCISES[number].why


@pytest.mark.parametrize(("number", "reading"), rows("readings"))
def test_readings(number, reading):
    answer, words = reading
    verdict = check(number, answer)
    assert verdict.right is False
    assert words in verdict.message


@each_exercise
def test_each_mistake_gets_its_own_sentence(number):
    assert check(number, ...).right is None
    assert check(number, EXERCISES[number].right).right is True
    for wrong, sentence in EXERCISES[number].mistakes:
        verdict = check(number, wrong)
        assert verdict.right is False, sentence
        assert verdict.message.startswith(sentence)


@each_exercise
def test_texts_are_sentences_that_do_not_give_the_answer_away(number):
    exercise = EXERCISES[number]
    sentences = [sentence for _, sentence in exercise.mistakes]
    for text in (exercise.why, *exercise.hints, *sentences):
        assert text.rstrip("`)").endswith((".", "?")), text
    assert len(exercise.hints) >= 2
    assert len({*sentences}) == len(sentences)
    text = " ".join([*exercise.hints, *sentences])
    if isinstance(exercise, Choice):
        assert f'"{exercise.right}"' not in text
    elif not isinstance(exercise, Function):
        numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]
        for right in np.ravel(exercise.right):
            assert not any(abs(n - right) <= 0.01 * abs(right) for n in numbers)
        assert np.any(exercise.right) or "zero" not in text.lower()


# The figures.


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("lesson_13", "GRADIENTS SIGNALS INITIALS"),
        ("lesson_15", "ARRIVING CLIPPING"), ("lesson_15_tasks", "MEMORIES FORECASTS"),
    ],
)  # fmt: skip
def test_curves_differ_without_colour(module, names):
    for name in names.split():
        looks = getattr(import_module(f"calclearn.lessons.{module}"), name).values()
        forms = {(str(look.get("ls", "-")), look.get("marker", "")) for look in looks}
        assert len(forms) == len({look["color"] for look in looks}) == len(looks)


# The notebook.


@each_lesson
def test_the_notebook_asks_for_each_exercise_once(lesson):
    assert [args[0].value for args in named(lesson, "check")] == list(exercises(lesson))
    for number, exercise in exercises(lesson).items():
        begin, end = rf"\*\*{number}\*\* ", r"(?=\*\*\d\d\.\d\*\*|^## |\Z)"
        (question,) = re.findall(f"{begin}(.*?){end}", text(lesson, "markdown"), re.S | re.M)
        if isinstance(exercise, Choice):
            assert re.findall(r"^- \*\*(\w)\*\* ", question, re.MULTILINE) == list(exercise.options)


@each_lesson
def test_the_notebook_shows_the_figures_of_its_lesson(lesson):
    heads = [call.func for call in calls_of(lesson) if isinstance(call.func, ast.Attribute)]
    shown = {head.attr for head in heads if getattr(head.value, "id", "") == "lessons"}
    home = f"calclearn.lessons.lesson_{lesson}"  # a long lesson has more than one file
    figures = {name: getattr(lessons, name) for name in lessons.__all__}
    assert shown == {name for name, each in figures.items() if each.__module__.startswith(home)}


@each_lesson
def test_the_notebook_reveals_each_prediction(lesson):
    offered = [ast.literal_eval(args[1]) for args in named(lesson, "predict")]
    reveals = [call for call in calls_of(lesson) if getattr(call.func, "attr", "") == "reveal"]
    revealed = [[ast.literal_eval(arg) for arg in call.args] for call in reveals]
    assert len({call.func.value.id for call in reveals}) == len(offered)
    counts = range(1, len(offered) + 1)
    assert revealed == [[lesson] if count == 1 else [lesson, count] for count in counts]
    assert sorted(outcomes(lesson)) == [*counts]
    for options, (option, why) in zip(offered, map(outcomes(lesson).get, counts), strict=True):
        assert 1 <= option <= len(options)
        assert why.endswith(".")


# The same figure, by hand.

LONGEST = 15  # lines, imports and blank ones aside


@each_lesson
def test_the_figure_by_hand_is_short_and_runs_as_it_stands_and_with_each_change(lesson):
    imports, cell, tags = by_hand(lesson)
    lines = [line for line in cell.splitlines() if line and not re.match("from|import", line)]
    assert len(lines) <= LONGEST
    changes = [tag.removeprefix("change: ").split(" -> ") for tag in tags if "change: " in tag]
    assert changes
    explorer = figure(cell, imports)
    base, caption, pictures = explorer.values, explorer.caption, [explorer.still()]
    for name, control in explorer.controls.items():
        ends = [control.min, control.max] if hasattr(control, "min") else []
        for end in [control.base**end for end in ends] if hasattr(control, "base") else ends:
            explorer.set(**base | {name: end})
            assert explorer.error is None
            if explorer.values != base:
                assert explorer.still() != pictures[0]
                assert explorer.caption != caption or name in (explorer.play or ())
    for before, after in changes:
        assert before in cell
        pictures.append(figure(cell.replace(before, after), imports).still())
    assert len({*pictures}) == 1 + len(changes)


# The door.


def test_a_figure_that_does_not_exist_is_answered_with_near_names(monkeypatch):
    assert {*lessons.__all__} <= {*dir(lessons)}
    with pytest.raises(AttributeError, match="lessons have no figure 'no_such_figure'"):
        lessons.no_such_figure  # noqa: B018
    monkeypatch.setattr(lessons, "_figures", lambda: {"learning_rate": "lesson_07", "cures": "?"})
    with pytest.raises(AttributeError, match=r"near it: learning_rate$"):
        lessons.learning_rates  # noqa: B018
