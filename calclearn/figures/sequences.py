"""Drawings of time: what the error at one step does to each step before, and what comes next.

The one decision: the size of a gradient has one colour and one height everywhere, from 10⁻⁶ to 10⁶
in even decades, with 1 in the middle. So dark is vanished, light is exploded, and two settings can
be compared. What is smaller or larger is drawn at the end of the scale.
"""

from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, to_rgba

from calclearn.figures.curves import Curves
from calclearn.figures.style import (
    BEST,
    BLACK,
    BLAME,
    DATA,
    GRADIENT,
    GREEN,
    GREY,
    LIGHT,
    LOSS,
    MODEL,
    PURPLE,
    TRUE,
    style,
)
from calclearn.figures.surfaces import grid, levels

LONGEST = 40  # steps
SIZES = (1e-6, 1e6)
DECADES = 10.0 ** np.arange(-6, 7, 3)
ARRIVING = {  # at step s, of the error at the last step
    "guide": {"color": BLACK, "ls": "--", "lw": 1.2, "label": "radius a step"},
    "arriving": {"color": BLAME, "marker": "o", "ms": 3.5, "lw": 1, "label": "what arrives"},
}
CLIPPING = {  # the gradient of the weights, for the loss at step t
    "threshold": {"color": BLACK, "ls": ":", "lw": 1.2, "label": "threshold"},
    "whole": {"color": MODEL, "marker": "s", "ms": 3.5, "lw": 1, "label": "as it is"},
    "clipped": {"color": GREEN, "marker": ".", "ms": 4, "lw": 2.2, "label": "clipped"},
}
AGREEMENT = {  # of the truncated gradient with the true one
    "length": {"color": MODEL, "marker": "s", "ms": 3.5, "lw": 1, "label": "its length: ratio"},
    "direction": {
        "color": BLAME,
        "marker": "o",
        "ms": 3.5,
        "lw": 1,
        "label": "its direction: cosine",
    },
}
FORECASTS = {
    "network": {"color": MODEL, "marker": "o", "label": "network"},
    "same month last year": {
        "color": BEST,
        "ls": ":",
        "marker": "s",
        "label": "same month last year",
    },
    "the same, and last year's rise": {
        "color": GREEN,
        "ls": "--",
        "marker": "^",
        "label": "the same, and last year's rise",
    },
    "usual rise of each month": {
        "color": PURPLE,
        "ls": "-.",
        "marker": "D",
        "label": "usual rise of each month",
    },
}
RUNS = {"as it is": (BLAME, "o"), "clipped": (TRUE, "s")}  # of gradient descent at a cliff


def shades(sizes: np.ndarray) -> np.ndarray:
    """Colours (..., 4) of sizes (...); one that is exactly 0 gets the colour of empty paper.

    >>> bool(np.all(shades(np.array([1e-300])) == shades(np.array([1e-6]))))
    True
    """
    norm = LogNorm(*SIZES)
    colours = GRADIENT(norm(np.clip(sizes, *SIZES)).filled(0))
    colours[np.equal(sizes, 0)] = to_rgba(LIGHT)
    return colours


class TimeMap:
    """Sizes of gradients as a map: row t is the loss at step t, column s an earlier step.

    `update(sizes)` takes (T, T), with T up to `LONGEST`; what is right of the diagonal is the
    future, of which no loss knows, and stays white. A frame stands around the last row.
    """

    def __init__(self, ax: Axes, *, title: str) -> None:
        self.ax, most = ax, LONGEST + 0.5
        with style():
            ax.set(xlabel="earlier step $s$", ylabel="loss at step $t$", title=title)
            bar = ax.figure.colorbar(
                ScalarMappable(LogNorm(*SIZES), GRADIENT), ax=ax, pad=0.02, aspect=25
            )
            bar.set_ticks(DECADES)
            bar.ax.minorticks_off()
            bar.outline.set_visible(False)
        self.image = ax.imshow(
            np.zeros((1, 1, 4)), extent=(0.5, most, 0.5, most), origin="lower", aspect="auto",
            interpolation="nearest", animated=True,
        )  # fmt: skip
        (self.last,) = ax.plot([], [], color=BLAME, lw=1.6, animated=True, clip_on=False)
        ax.set(xticks=range(10, LONGEST + 1, 10), yticks=range(10, LONGEST + 1, 10))

    def update(self, sizes) -> None:
        steps = len(sizes)
        colours = np.zeros((LONGEST, LONGEST, 4))
        colours[:steps, :steps] = shades(sizes) * np.tri(steps)[:, :, None]
        self.image.set_data(colours)
        low, high = steps - 0.5, steps + 0.5
        self.last.set_data([0.5, high, high, 0.5, 0.5], [low, low, high, high, low])


class Unrolled:
    """The network, one dot a step, in the colour of what arrives there; `update(sizes)`, (T,)."""

    def __init__(self, ax: Axes, words: str) -> None:
        self.ax = ax
        with style():
            ax.set(xlim=(0, LONGEST + 3), ylim=(-1, 1), yticks=[], xticks=[], xlabel=words)
            for spine in ax.spines.values():
                spine.set_visible(False)
            self.loss = ax.text(0, 0, " loss", color=BLAME, va="center", animated=True)
        (self.chain,) = ax.plot([], [], color=GREY, lw=1.2, animated=True, zorder=1)
        self.states = ax.scatter([], [], s=72, ec=BLACK, lw=0.7, animated=True, clip_on=False)

    def update(self, sizes) -> None:
        s = np.arange(1, len(sizes) + 1)
        self.chain.set_data([1, len(sizes) + 0.8], [0, 0])
        self.states.set_offsets(np.column_stack([s, 0 * s]))
        self.states.set_facecolor(shades(sizes))
        self.loss.set_position((len(sizes) + 0.8, -0.1))


class ByStep(Curves):
    """Sizes by step, on the scale of the map; `update({name: (steps, sizes)})`."""

    def __init__(self, ax: Axes, looks: dict[str, dict], *, title: str, step: str) -> None:
        limits = {"xlim": (0, LONGEST + 1), "ylim": SIZES, "yscale": "log", "yticks": DECADES}
        super().__init__(ax, looks, title=title, xlabel=step, **limits)
        ax.minorticks_off()


class Months(Curves):
    """A measured series, its last part held out, and forecasts; `update({name: (years, values)})`.

    `measured` is (years, values); the shading begins with the year `held_out`.
    """

    def __init__(
        self, ax: Axes, looks: dict[str, dict], *, measured, held_out: float, **axes
    ) -> None:
        years = measured[0]
        super().__init__(ax, looks, xlim=(years[0], years[-1] + 0.1), xlabel="year", **axes)
        with style():
            ax.axvspan(held_out, years[-1] + 0.1, color=LIGHT, alpha=0.4, lw=0)
            ax.plot(*measured, color=DATA, lw=1.2, zorder=1)


class Relief:
    """The map of a loss that changes with a control; `update(surface)`. Contours would be slower.

    It has the levels and the colours of `Contours`.
    """

    def __init__(self, ax: Axes, window, *, names, title: str) -> None:
        self.ax, self.mesh = ax, grid(window, 150)
        with style():
            ax.set(xlabel=names[0], ylabel=names[1], title=title)
        self.image = ax.imshow(
            np.zeros((1, 1, 4)), extent=(*window[0], *window[1]), origin="lower", aspect="auto",
            interpolation="bilinear", animated=True, zorder=0.5,
        )  # fmt: skip
        self.painted = lru_cache(maxsize=16)(self._painted)

    def update(self, surface) -> None:
        self.image.set_data(self.painted(surface))

    def _painted(self, surface) -> np.ndarray:
        heights = surface(self.mesh)
        steps = levels(heights)
        return LOSS((np.searchsorted(steps[1:-1], heights, "right")) / (len(steps) - 2))
