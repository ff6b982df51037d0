"""What `check` takes as right is right in the book, and cannot be read in its pages."""

import base64
import json
import re

import numpy as np
import pytest

from calclearn.book.answers import LENGTH, digest, neighbours, question, rounded
from calclearn.exercises.catalogue import exercises
from calclearn.exercises.kinds import Choice, Function
from calclearn.layout import shipped

LESSONS = sorted(name[:2] for name in shipped())
ALL = {number: each for lesson in LESSONS for number, each in exercises(lesson).items()}
ASKED = {number: made for number, each in ALL.items() if (made := question(number, each))}


def is_right(number, *parts):
    """What the player says of an answer, its numbers rounded or its letter."""
    right = ASKED[number]["right"]
    return len(parts) == len(right) and all(
        digest(number, place, part) in known
        for place, (part, known) in enumerate(zip(parts, right, strict=True))
    )


def test_most_exercises_can_be_answered_in_the_book():
    without = {number for number, each in ALL.items() if isinstance(each, Function)}
    assert len(ASKED) > 0.6 * len(ALL)
    assert not without & set(ASKED)


@pytest.mark.parametrize("number", sorted(ASKED))
def test_the_right_answer_is_right_and_no_mistake_is(number):
    exercise = ALL[number]
    if isinstance(exercise, Choice):
        assert is_right(number, exercise.read(exercise.right))
        assert not any(
            is_right(number, letter) for letter in exercise.options if letter != exercise.right
        )
        return
    right = np.atleast_1d(exercise.read(exercise.right)).ravel()
    assert is_right(number, *map(rounded, right))
    for wrong, _ in exercise.mistakes:
        values = np.atleast_1d(np.asarray(wrong, dtype=float)).ravel()
        assert not is_right(number, *map(rounded, values)), wrong


@pytest.mark.parametrize("value", [1.0, 0.000808, -2474.7, 999.6, 0.1005, 4.7, 3, 1e-12, 123456])
def test_what_rounds_within_the_tolerance_is_right(value):
    exercise = next(each for each in ALL.values() if type(each).__name__ == "Number")
    right = np.array([float(value)])
    known = neighbours(exercise, right, 0)
    for factor in (1, 1.001, 0.999, 1.0045, 0.9955):
        assert rounded(value * factor) in known or abs(factor - 1) > 0.0045 - 1e-9
    assert rounded(value) in known
    for factor in (-1, 2, 0.5, 1.012, 0.988):
        assert rounded(value * factor) not in known


def test_no_answer_and_no_sentence_stands_in_plain_text():
    for number, made in ASKED.items():
        exercise, text = ALL[number], json.dumps(made)
        assert exercise.why not in text
        assert all(hint not in text for hint in exercise.hints)
        assert all(sentence not in text for _, sentence in exercise.mistakes)
        assert base64.b64decode(made["why"]).decode() == exercise.why
        hashes = [part for parts in made["right"] for part in parts]
        assert all(re.fullmatch(rf"[0-9a-f]{{{LENGTH}}}", part) for part in hashes)
        assert set(made) == {"number", "letters", "right", "why", "mistakes", "hints"}
