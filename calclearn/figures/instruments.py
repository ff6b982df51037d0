"""Drawings of what instruments read off a training run, layer by layer or input by input.

The one decision: an instrument has axes of its own, and they are the same for every run. So what
looks large in one patient is larger than what looks small in another, and only another instrument
changes them.
"""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from calclearn.figures.style import GREY, STEP, style

FEW = 8  # places whose names have room on the axis


class Dial(NamedTuple):
    """The axes of an instrument: title, what is counted, the ticks, and a level to compare with."""

    title: str
    counted: str
    ticks: tuple[float, ...]
    level: float


def powers(low: int, high: int, by: int) -> tuple[float, ...]:
    """Powers of ten, from one exponent to another.

    >>> powers(-2, 2, 2)
    (0.01, 1.0, 100.0)
    """
    return tuple(float(f"1e{exponent}") for exponent in range(low, high + 1, by))


DIALS = {
    "gradient by layer": Dial("size of the gradient", "layer", powers(-6, 6, 3), 1.0),
    "weights by layer": Dial("scale of the weights", "layer", powers(-3, 3, 1), 1.0),
    "silent units": Dial("silent units (%)", "hidden layer", (0, 20, 40, 60, 80, 100), 0.0),
    "inputs": Dial("standard deviation", "input", powers(-3, 4, 1), 1.0),
    "gradient check": Dial("error of the gradient", "layer", powers(-12, 3, 3), 1e-6),
}


class Instrument:
    """What an instrument reads; `update(instrument, reading)`, an instrument of `DIALS`.

    A reading has the names of its `places`, and numbers at the `start` and at the `end` of the run,
    or none. Numbers that leave the axes run along their edge.
    """

    def __init__(self, ax: Axes) -> None:
        self.ax, self.shown = ax, None
        look = {"animated": True, "clip_on": False}
        start = {"color": GREY, "marker": "s", "mfc": "white", "ms": 7, "lw": 1.2, "zorder": 5}
        end = {"color": STEP, "marker": "o", "ms": 6, "lw": 1.6, "zorder": 4}
        with style():
            ax.set_ylabel(" ", labelpad=-8)  # room for the longest numbers
            (self.start,) = ax.plot([], [], ls=":", label="at the start", **start, **look)
            (self.end,) = ax.plot([], [], label="at the end", **end, **look)
            self.level = ax.axhline(1, color=GREY, lw=0.8)

    def update(self, instrument, reading) -> None:
        places = list(reading.places)
        if (instrument, places) != self.shown:
            self.shown = (instrument, places)
            self._turn_to(DIALS[instrument], places)
        for line, values in ((self.start, reading.start), (self.end, reading.end)):
            k = np.flatnonzero(np.isfinite(values))
            line.set_data(k, np.clip(values[k], *self.ax.get_ylim()))

    def _turn_to(self, dial: Dial, places: list[str]) -> None:
        few, log, ends = len(places) <= FEW, 0 not in dial.ticks, (dial.ticks[0], dial.ticks[-1])
        named = range(0, len(places), 1 if few else len(places) // 4)
        with style():
            self.ax.set_yscale("log" if log else "linear")
            self.ax.set(title=dial.title, xlabel=dial.counted, yticks=dial.ticks)
            self.ax.yaxis.set_minor_locator(NullLocator())
            self.ax.set_ylim(ends if log else (-4, 104))
            self.ax.set_xlim(-0.5, max(len(places), 1) - 0.5)
            self.ax.set_xticks([*named], [places[k] for k in named])
        self.start.set_linestyle(":" if few else "")
        self.level.set_ydata([dial.level, dial.level])
