"""Drawings of a plane through many weights: the map and the bowl, in a window that may change.

A plane is a surface over two numbers, so both are those of ``surfaces``; but there are many planes,
and each comes with its own window.
"""

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from calclearn.figures.surfaces import Bowl, Contours

ALONG = ("$a$, along $u$", "$b$, along $v$")


class PlaneMap(Contours):
    """The map of one plane out of several; `update(surface, window)`."""

    def __init__(self, ax: Axes, **words) -> None:
        super().__init__(ax, names=ALONG, **words)
        short_ticks(ax)
        ax.yaxis.set_label_coords(-0.14, 0.5)  # the layout was made for the first window

    def update(self, surface, window) -> None:
        self.window = window
        super().update(surface)


class PlaneBowl(Bowl):
    """The same as a bowl; `update(surface, window, azimuth, elevation)`."""

    names = ALONG

    def __init__(self, ax: Axes, **words) -> None:
        super().__init__(ax, **words)
        short_ticks(ax)

    def update(self, surface, window, azimuth: float, elevation: float) -> None:
        self.window = window
        super().update(surface, azimuth, elevation)


def short_ticks(ax: Axes) -> None:
    """Let axes count in few numbers of few digits, which need the same room in every window."""
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
