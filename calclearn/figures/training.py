"""Curves of a training that is under way: nobody knows yet how far they will go.

So their axes follow in strides: limits are round numbers, and change where a curve has left them.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from calclearn.figures.marks import Lines
from calclearn.figures.style import style

LEAST, MOST = 2, 12  # decades on a logarithmic axis


class CurvesByStep(Lines):
    """What a training measures, step by step; `update(last, curves)`: {name: (steps, values)}.

    A `log` axis is linear where a value is below zero; a linear one always holds the values `at
    least`. Each curve ends in its marker; if there are several, a legend names them.
    """

    background = True

    @style()
    def __init__(
        self, ax: Axes, looks: dict[str, dict], *, title: str, log: bool = False,
        at_least: tuple[float, ...] = (0.0,),
    ) -> None:  # fmt: skip
        ends = {"markevery": [-1], "ms": 8, "mec": "white", "clip_on": False, "zorder": 4}
        super().__init__(ax, {name: ends | look for name, look in looks.items()}, edge=True)
        self.parameters = {"last": True, "curves": True}
        self.log, self.at_least = log, at_least
        # The layout is made once, at the start; the blank keeps room for longer numbers.
        ax.set_ylabel(" ", labelpad=-8)
        ax.set(xlabel="step $k$", title=title)
        ax.grid(True, axis="y", lw=0.6)
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        if len(looks) > 1:
            names = [name.removesuffix(" loss") for name in looks]
            ax.legend(self.lines.values(), names, loc="upper right", handlelength=1.2)

    def update(self, last, curves) -> None:
        values = np.concatenate([curves[name][1] for name in self.lines])
        log = self.log and not (values < 0).any()
        limits = decades(values) if log else round_limits([*values, *self.at_least])
        if self._is_new(last, log, limits):
            self.ax.set(xlim=(0, last), yscale="log" if log else "linear", ylim=limits)
        super().update(**curves)


def round_limits(values) -> tuple[float, float]:
    """Return round numbers that hold all finite values: (low, high)."""
    finite = [value for value in values if np.isfinite(value)]
    ticks = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(min(finite), max(finite) or 1.0)
    return float(ticks[0]), float(ticks[-1])


def decades(values) -> tuple[float, float]:
    """Return half decades, 1, √10, 10, ..., that hold all finite values: two decades at least."""
    finite = values[np.isfinite(values) & (values > 0)]
    high = float(np.max(finite, initial=1e-300)) if finite.size else 1.0
    top = np.ceil(2 * np.log10(high))
    low = np.floor(2 * np.log10(max(float(np.min(finite, initial=high)), high / 10**MOST)))
    return float(10 ** (min(low, top - 2 * LEAST) / 2)), float(10 ** (top / 2))
