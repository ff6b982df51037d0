"""Exercises and predictions in the book, where no Python checks an answer.

A page has the checksums of all answers that count, of numbers those of three digits within the
tolerance of `check`, and in the same way the typical mistakes; its sentences cannot be read in
passing. That keeps answers out of sight, and no more: all numbers of three digits are soon tried.
"""

import base64
import contextlib
import html
import json
import zlib
from typing import Any

import numpy as np

from calclearn.exercises.kinds import Choice, Exercise, Function, Number, UnreadableError

DIGITS = 3
LENGTH = 8  # characters of a checksum: one wrong answer out of 2**32 would have it, too
REACH = 0.02  # around a number, more than any tolerance
LARGEST = 8  # numbers that one answer may consist of


def digest(number: str, part: int, answer: str) -> str:
    """The checksum of one letter, or of the number at a place of the answer to an exercise.

    >>> digest("07.4", 0, "c")
    'feb13fbf'
    """
    return f"{zlib.crc32(f'{number}/{part}/{answer}'.encode()):0{LENGTH}x}"


def rounded(value: float) -> str:
    """A number to three digits, as the player writes it, too.

    >>> rounded(0.000808), rounded(-2474.7), rounded(0.0)
    ('8.08e-4', '-2.47e+3', '0')
    """
    if value == 0:
        return "0"
    digits, power = f"{value:.{DIGITS - 1}e}".split("e")
    return f"{digits}e{int(power):+d}"


def neighbours(exercise: Number, right: np.ndarray, part: int) -> list[str]:
    """All that a right number, rounded to three digits, may be: `part` counts the numbers."""
    shares = 0.0, *np.linspace(-REACH, REACH, 401)
    value, *others = dict.fromkeys(rounded(right[part] * (1 + share)) for share in shares)

    def agrees(text: str) -> bool:
        near = right.copy()
        near[part] = float(text)
        return exercise.agrees(near, right)

    return [value, *filter(agrees, others)]


def hidden(text: str) -> str:
    """A sentence in a form that is not read in passing."""
    return base64.b64encode(text.encode()).decode()


def checksums(exercise: Exercise, number: str, answer: Any) -> list[list[str]]:
    """For each part of an answer, a number or the one letter, the checksums of what counts as it.

    The first of them is that of the part itself.
    """
    values = exercise.read(answer)
    if isinstance(exercise, Choice):
        return [[digest(number, 0, values)]]
    flat = np.atleast_1d(values).astype(float).ravel()
    return [
        [digest(number, part, text) for text in neighbours(exercise, flat, part)]
        for part in range(len(flat))
    ]


def question(number: str, exercise: Exercise) -> dict[str, Any] | None:
    """What a page needs to check an exercise; None where the answer is a function, or long."""
    if isinstance(exercise, Function):
        return None
    right = checksums(exercise, number, exercise.right)
    if len(right) > LARGEST:
        return None
    mistakes = []
    for wrong, sentence in exercise.mistakes:
        with contextlib.suppress(UnreadableError):  # a mistake of another shape
            mistakes.append([checksums(exercise, number, wrong), hidden(sentence)])
    return {
        "number": number,
        "letters": sorted(exercise.options) if isinstance(exercise, Choice) else None,
        "right": right,
        "why": hidden(exercise.why),
        "mistakes": mistakes,
        "hints": [hidden(hint) for hint in exercise.hints],
    }


def as_attribute(thing: Any) -> str:
    """A value as JSON, for an attribute of HTML."""
    return html.escape(json.dumps(thing, ensure_ascii=False, separators=(",", ":")))
