"""What a test does with an explorer as a learner does: look at a part of the figure, drag it."""

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
        pull(explorer, start, to)

    return dragged


@pytest.fixture
def pull_at():
    """`pull_at(explorer, start, to)`: as `drag`, in fractions of the figure."""
    return pull


def pull(explorer, start, to):
    """Send what the browser sends of a pointer: which drawing it has taken, and the values then."""
    before = {
        name: {"index": control.index} if hasattr(control, "index") else control.value
        for name, control in explorer.controls.items()
    }
    grip = next(
        place
        for place, (x0, y0, x1, y1) in enumerate(explorer._grips())
        if x0 <= start[0] <= x1 and y0 <= start[1] <= y1
    )
    explorer._answer(before, {"grip": grip, "before": before, "start": start, "to": to})


def part_of(explorer, part):
    return next(each.drawing for each in explorer._drawings if each.part == part)
