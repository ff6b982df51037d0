"""`check` never raises and never tells the answer: it says what the mistake looks like.

Whatever an answer does (raise, print, return nonsense) ends in a `Verdict`, so a lesson always runs
to its end. A hint cannot be taken back: the next one is given only to another wrong answer, and a
fresh kernel that gets the same answers gives the same texts.
"""

import builtins
import contextlib
import io
import re
import warnings
from dataclasses import dataclass

import numpy as np

from calclearn.exercises.catalogue import exercises
from calclearn.exercises.kinds import Exercise, UnansweredError, UnreadableError

# What this kernel remembers: on each exercise the latest verdict, or the first right one, and the
# different wrong answers with their places.
_verdicts: dict[str, "Verdict"] = {}
_attempts: dict[str, dict[str, int]] = {}

# What a cell of the learner may have replaced by accident, as in np.abs = 3.
_ORIGINALS = [
    (vars(module), {name: thing for name, thing in vars(module).items() if name[0] != "_"})
    for module in (builtins, np, np.linalg)
]

# The sign stands beside words, so that neither colour nor font is needed to tell a verdict.
RIGHT, WRONG = "✓ Right.", "✗ Not yet."
UNANSWERED, UNKNOWN = "… Not answered yet.", "? No such exercise."


@dataclass(frozen=True, repr=False)
class Verdict:
    """What `check` says: `right` is True, False, or None where nothing has been answered."""

    right: bool | None
    sign: str
    message: str

    def __repr__(self) -> str:
        return f"{self.sign} {self.message}"

    def _repr_markdown_(self) -> str:
        return f"**{self.sign}** {self.message}"


def check(number: str, answer: object = ..., *more: object) -> Verdict:
    """Compare the answer to exercise `number` with the right one; `...` means not answered yet.

    Numbers are right within 0.5 % (three significant digits), in any form that NumPy can read;
    several may stand in parentheses or one after the other. Functions are called at several
    points. Never raises: bad input, too, becomes a verdict. Only an interrupt goes through.

    >>> check("00.1", ...)
    … Not answered yet. Put your answer in place of the three dots, then run the cell again.
    """
    with _undisturbed():
        exercise = exercises(number).get(number) if isinstance(number, str) else None
        if exercise is None:
            return Verdict(None, UNKNOWN, _what_there_is(number))
        try:
            verdict = _judge(number, exercise, exercise.read((answer, *more) if more else answer))
        except UnansweredError:
            dots = "Put your answer in place of the three dots, then run the cell again."
            verdict = Verdict(None, UNANSWERED, dots)
        except UnreadableError as reason:
            verdict = Verdict(False, WRONG, str(reason))
        except KeyboardInterrupt:
            raise
        except BaseException:  # an answer may do anything when it is looked at, also exit()
            verdict = Verdict(False, WRONG, "This answer cannot be read as a number.")
    before = _verdicts.pop(number, None)  # so that the latest comes last
    _verdicts[number] = before if before and before.right else verdict
    return verdict


@dataclass(frozen=True, repr=False)
class Score:
    """How far the exercises of a lesson are: the numbers of the right, wrong, unanswered ones."""

    lesson: str
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()

    def __repr__(self) -> str:
        if not self.lesson:
            return "No exercise has been checked in this kernel yet."
        groups = ("✓ right", self.right), ("✗ not yet", self.wrong), ("… open", self.unanswered)
        parts = [f"{words} {len(n)} ({', '.join(n)})" for words, n in groups if n]
        return f"Lesson {self.lesson}: {'; '.join(parts)}."


def score() -> Score:
    """The score, in this kernel, of the lesson whose exercise was checked last."""
    lesson = next(reversed(_verdicts), "").partition(".")[0]
    states = {number: getattr(_verdicts.get(number), "right", None) for number in exercises(lesson)}
    return Score(lesson, *(
        tuple(number for number, state in states.items() if state is group)
        for group in (True, False, None)
    ))  # fmt: skip


def _what_there_is(number: object) -> str:
    if known := ", ".join(exercises(number)):
        absent = f"There is no {number}; this" if re.fullmatch(r"\d\d\.\d+", number) else "This"
        return f"{absent} lesson has {known}."
    if isinstance(number, str) and re.fullmatch(r"\d\d(\.\d+)?", number):
        return f"There is no lesson {number[:2]}."
    return 'The number of an exercise is the lesson and a count in quotation marks, like "07.2".'


def _judge(number: str, exercise: Exercise, values: object) -> Verdict:
    if exercise.is_right(values):
        return Verdict(True, RIGHT, exercise.why)
    attempts, most = _attempts.setdefault(number, {}), len(exercise.hints)
    step = min(attempts.setdefault(exercise.signature(values), len(attempts) + 1), most)
    hint = f"Hint {step} of {most}: {exercise.hints[step - 1]}"
    return Verdict(False, WRONG, f"{exercise.mistake(values)} {hint}".strip())


@contextlib.contextmanager
def _undisturbed():
    """Try an answer without its prints and warnings, with NumPy's and Python's own names."""
    before = [names.copy() for names, _ in _ORIGINALS]
    for names, originals in _ORIGINALS:
        names.update(originals)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(action="ignore"),
            np.errstate(all="ignore"),
        ):
            yield
    finally:
        for (names, originals), were in zip(_ORIGINALS, before, strict=True):
            for name in originals.keys() - were.keys():
                del names[name]
            names.update(were)
