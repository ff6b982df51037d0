"""Drawings of time: what the error at one step does to each step before it.

The size of a gradient has one colour in all figures, from 10⁻⁶ to 10⁶ in even decades: dark is
vanished, light is exploded. What is smaller or larger has the colour of that end.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, to_rgba

from calclearn.figures.marks import Drawing, moving, put
from calclearn.figures.style import BLACK, BLAME, GRADIENT, GREY, LIGHT, style

LONGEST = 40  # steps
SIZES = (1e-6, 1e6)
DECADES = 10.0 ** np.arange(-6, 7, 3)


def shades(sizes: np.ndarray) -> np.ndarray:
    """Colours (..., 4) of sizes (...); one that is exactly 0 gets the colour of empty paper."""
    norm = LogNorm(*SIZES)
    colours = GRADIENT(norm(np.clip(sizes, *SIZES)).filled(0))
    colours[np.equal(sizes, 0)] = to_rgba(LIGHT)
    return colours


class TimeMap(Drawing):
    """Sizes of gradients as a map: row t is the loss at step t, column s an earlier step.

    `update(sizes)` takes (T, T), with T up to `LONGEST`; what is right of the diagonal is the
    future, of which no loss knows, and stays white. A frame stands around the last row.
    """

    def __init__(self, ax: Axes, *, title: str) -> None:
        super().__init__(ax)
        most = LONGEST + 0.5
        with style():
            ax.set(xlabel="earlier step $s$", ylabel="loss at step $t$", title=title)
            bar = ax.figure.colorbar(
                ScalarMappable(LogNorm(*SIZES), GRADIENT), ax=ax, pad=0.02, aspect=25
            )
            bar.set_ticks(DECADES)
            bar.ax.minorticks_off()
            bar.outline.set_visible(False)
        look = {"origin": "lower", "aspect": "auto", "interpolation": "nearest", "animated": True}
        self.image = ax.imshow(np.zeros((1, 1, 4)), extent=(0.5, most, 0.5, most), **look)
        self.last = moving(ax, color=BLAME, lw=1.6, clip_on=False)
        ax.set(xticks=range(10, LONGEST + 1, 10), yticks=range(10, LONGEST + 1, 10))

    def update(self, sizes) -> None:
        steps = len(sizes)
        colours = np.zeros((LONGEST, LONGEST, 4))
        colours[:steps, :steps] = shades(sizes) * np.tri(steps)[:, :, None]
        self.image.set_data(colours)
        low, high = steps - 0.5, steps + 0.5
        put(self.last, ([0.5, high, high, 0.5, 0.5], [low, low, high, high, low]))


class Unrolled(Drawing):
    """The network, one dot per step, in the colour of what arrives there; `update(sizes)`, (T,)."""

    def __init__(self, ax: Axes) -> None:
        super().__init__(ax)
        ax.set(xlim=(0, LONGEST + 3), ylim=(-1, 1), yticks=[], xticks=[])
        ax.set_xlabel("unrolled: one dot per step, coloured by what arrives")
        ax.spines[:].set_visible(False)
        self.loss = ax.text(0, 0, " loss", color=BLAME, va="center", animated=True)
        self.chain = moving(ax, color=GREY, lw=1.2, zorder=1)
        self.states = ax.scatter([], [], s=72, ec=BLACK, lw=0.7, animated=True, clip_on=False)

    def update(self, sizes) -> None:
        s = np.arange(1, len(sizes) + 1)
        put(self.chain, ([1, len(sizes) + 0.8], [0, 0]))
        self.states.set_offsets(np.column_stack([s, 0 * s]))
        self.states.set_facecolor(shades(sizes))
        self.loss.set_position((len(sizes) + 0.8, -0.1))
