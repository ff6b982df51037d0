"""What a test does with an explorer as a learner does: look at a part of the figure, drag it."""

import itertools

import pytest


@pytest.fixture
def drawing():
    """`drawing(explorer, part)`: what draws this part of the state."""
    return part_of


@pytest.fixture
def drag():
    """`drag(explorer, part, *places)`: take it at the first place, and let go at the last.

    Places are in the part's own coordinates; with one alone the part comes to the pointer.
    """

    def dragged(explorer, part, *places):
        explorer.still()  # what has been drawn has found its place
        ax = part_of(explorer, part).ax
        to_figure = ax.transData + ax.figure.transFigure.inverted()
        start, *_, to = to_figure.transform([places[0], *places]).tolist()
        explorer._answer(explorer.values, {"id": f"{part} {places}", "start": start, "to": to})

    return dragged


@pytest.fixture
def treatments():
    """`treatments(patient)`: every setting of a patient's knobs."""

    def settings(patient):
        choices = itertools.product(*patient.knobs.values())
        return [dict(zip(patient.knobs, values, strict=True)) for values in choices]

    return settings


def part_of(explorer, part):
    return next(drawing for name, drawing in explorer._drawings if name == part)
