"""The words of captions."""

import pytest

from calclearn.descent.descend import descend
from calclearn.descent.landscapes import bowl
from calclearn.descent.optimizers import GradientDescent
from calclearn.explorers.wording import ended


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
