"""The words of captions."""

import pytest

from calclearn.descent.descend import descend
from calclearn.descent.landscapes import bowl
from calclearn.descent.optimizers import GradientDescent
from calclearn.explorers.wording import counted, ended, placed


def test_one_is_not_many():
    assert [counted(n, "step") for n in (0, 1, 2)] == ["0 steps", "1 step", "2 steps"]


def test_a_point_is_said_by_its_coordinates():
    assert placed((1.0, -2.345)) == "(1.00, -2.35)"
    assert placed((0.3,)) == "w = 0.30"


@pytest.mark.parametrize(
    ("learning_rate", "steps", "sentence"),
    [
        (0.4, 2, "the loss after 2 steps is 0.0064 m"),
        (0.4, 500, "where it comes to rest, is"),
        (50.0, 500, "it diverges after"),
    ],
)
def test_each_end_has_its_sentence(learning_rate, steps, sentence):
    assert sentence in ended(descend(bowl(), (2, 0), GradientDescent(learning_rate), steps), "m")
