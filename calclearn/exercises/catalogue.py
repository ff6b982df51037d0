"""What a lesson's file says of its exercises, and where `check` and `reveal` look it up.

The questions stand in the notebook. The file has the right answers, the typical mistakes, one a
line, and what the predictions come to:

    exercise("07.2", 2 * n / steep, '''
        Dividing the loss by n divides every curvature by n.
        > The bound is 2/λmax. Which Hessian has the mean?
        > Divide the Hessian by n, then form 2/λmax.''', [
        (2 / steep,        "This is the bound of the sum."),
        (2 / (n * steep),  "Dividing the loss by n makes the bowl flatter, not steeper."),
    ])

The text says why the answer is right; its lines that begin with > begin a hint each, from mild to
strong. A lesson is found by its number, `calclearn/lessons/lesson_07.py`, and imported when one of
its exercises is first asked for, so the engine depends on no lesson.
"""

import importlib
import importlib.util
import re
from collections.abc import Iterable
from dataclasses import fields
from string import ascii_lowercase

from calclearn.exercises.kinds import Choice, Exercise, Function, Number

_exercises: dict[str, dict[str, Exercise]] = {}  # by lesson, then by number
_outcomes: dict[str, dict[int, tuple[int, str]]] = {}  # by lesson, then by prediction


def exercise(
    number: str, right: object, text: str, mistakes: Iterable[tuple[object, str]] = (), **more
) -> None:
    """Define an exercise: the right answer, why it is right, hints, a sentence for each mistake.

    The right answer is one number, several, or a function. A function needs `points`, the tuples of
    arguments at which it is called, such as ((1.0,), (2.0,)), and `returns`, the shape of one value
    where that is not a number. `more` goes to the kind, as `tolerance` does. Raises ValueError for
    a number unlike "07.2" or a text without hints, TypeError for other points or mistakes.
    """
    kind, points = Function if callable(right) else Number, more.get("points")
    tuples = isinstance(points, list | tuple) and all(isinstance(at, tuple) for at in points)
    if kind is Function and not (tuples and points):
        raise TypeError(
            f"{number} has a function as its answer, so points must be tuples of arguments, such "
            f"as ((1.0,), (2.0,)), got {points!r:.60}"
        )
    known = {field.name for field in fields(kind)} - {"right", "why", "hints", "mistakes"}
    if unknown := sorted(more.keys() - known):
        raise TypeError(f"{number} takes {', '.join(sorted(known))}; got {', '.join(unknown)}")
    rows = tuple(mistakes)
    for row in rows:
        if not (isinstance(row, tuple) and len(row) == 2 and isinstance(row[1], str)):
            raise TypeError(f"mistakes of {number} must be (answer, sentence), got {row!r:.60}")
    _define(number, kind, text, right=right, mistakes=rows, **more)


def choice(number: str, right: str, text: str, **mistakes: str) -> None:
    """Define an exercise whose answer is the letter of an option: `a="why this is a mistake"`.

    Raises ValueError where the right letter has such a sentence, and as `exercise` does.
    """
    options = tuple(sorted({str(right), *mistakes}))
    if right in mistakes or not mistakes or options != tuple(ascii_lowercase[: len(options)]):
        raise ValueError(
            f"{number} must have one sentence for each wrong option, of a, b, c, ..., "
            f"got {', '.join(mistakes) or 'none'} with {right!r} right"
        )
    _define(number, Choice, text, right=right, options=options, mistakes=tuple(mistakes.items()))


def outcome(lesson: str, option: int, why: str, *, prediction: int = 1) -> None:
    """Say which option of a lesson's prediction comes true, counted from 1, and why.

    Where a lesson has several predictions, `prediction` counts them, also from 1.
    """
    if not (_fits(r"\d\d", lesson) and isinstance(option, int) and option > 0):
        raise ValueError(
            f'a lesson like "07" and an option like 2 are needed, got {lesson!r}, {option!r}'
        )
    if not _fits(r".*\S.*", why):
        raise ValueError(f"why must be text, got {why!r:.60}")
    _outcomes.setdefault(lesson, {})[prediction] = (option, " ".join(why.split()))


def exercises(number: str) -> dict[str, Exercise]:
    """The exercises of the lesson that a number like "07.2", or "07", belongs to; else none."""
    return _exercises.get(_loaded(number), {})


def outcomes(lesson: str) -> dict[int, tuple[int, str]]:
    """By prediction: the option that comes true, and why; empty where there is no such lesson."""
    return _outcomes.get(_loaded(lesson), {})


def _loaded(number: object) -> str:
    """The lesson of a number, with its file imported; empty where the number names none."""
    match = re.match(r"\d\d(?=\.|$)", number) if isinstance(number, str) else None
    module = f"calclearn.lessons.lesson_{match[0]}" if match else ""
    if match and importlib.util.find_spec(module):
        importlib.import_module(module)
    return match[0] if match else ""


def _fits(pattern: str, text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(pattern, text, re.DOTALL) is not None


def _define(number: str, kind: type[Exercise], text: str, **about) -> None:
    """Keep an exercise; the text says why, and its lines that begin with > begin hints."""
    if not _fits(r"\d\d\.\d+", number):
        raise ValueError(f'number must be the lesson and a count, like "07.2", got {number!r}')
    parts = re.split(r"^\s*> ?", text, flags=re.MULTILINE) if isinstance(text, str) else [""]
    why, *hints = (" ".join(part.split()) for part in parts)
    if not why or not hints:
        raise ValueError(
            f"the text of {number} must say why, and have hints: lines that begin with >"
        )
    made = kind(why=why, hints=tuple(hints), **about)
    _exercises.setdefault(number.partition(".")[0], {})[number] = made
