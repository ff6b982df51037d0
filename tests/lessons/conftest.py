"""The figures of the course are fixtures: a test takes those that it names."""

import pytest

from calclearn import lessons


@pytest.fixture(scope="module")
def made():
    """The figures that the tests of a file have asked for, with the values that they begin with."""
    return {}


@pytest.fixture
def at_first(made):
    """`at_first(lessons.learning_rate)`: the figure, made once, as it is when it has been made."""

    def figure(make):
        if make not in made:
            explorer = make()
            made[make] = explorer, explorer.values
        explorer, values = made[make]
        return explorer.set(**values)

    return figure


def figure(name):
    """The fixture `learning_rate` is the figure `lessons.learning_rate()`."""
    return pytest.fixture(name=name)(lambda at_first: at_first(getattr(lessons, name)))


globals().update({name: figure(name) for name in lessons.__all__})
