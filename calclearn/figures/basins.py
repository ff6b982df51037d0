"""Drawings of where descents end: a map of starts, and the points without slope."""

from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from calclearn.descent.basins import stationary
from calclearn.figures.marks import Drawing, put
from calclearn.figures.style import BASINS, BLACK, STATIONARY, UNSETTLED, legend_below, style

COORDINATES = ("$x$", "$y$")


def colours(minima) -> np.ndarray:
    """Return a colour of `BASINS`, as its number, for each of the minima (m, d).

    While there are enough, each gets its own; then that whose nearest bearer is farthest away.
    """
    minima = np.asarray(minima, float)
    chosen = np.empty(len(minima), int)
    for i, here in enumerate(minima):
        gaps = np.linalg.norm(minima[:i] - here, axis=-1)
        nearest = [gaps[chosen[:i] == c].min(initial=np.inf) for c in range(len(BASINS))]
        chosen[i] = np.argmax(nearest)
    return chosen


@cache
def palette(surface) -> np.ndarray:
    """Return the colour of each number that `descent.basins.ends` gives: `palette(surface)[ends]`.

    A start on its way has a pale tint of the colour of the nearest minimum.
    """
    own = np.array([to_rgb(BASINS[c]) for c in colours(surface.minima)]).reshape(-1, 3)
    pale = 0.3 * own + 0.7
    others = [to_rgb(color) for color in UNSETTLED.values()]
    shades = np.concatenate([own, pale[::-1], others])  # -1, -2, ... from the back
    return np.round(255 * shades) / 255


class Valleys(Drawing):
    """A surface over one weight as a curve over its domain; `update(surface)`."""

    background = True

    def __init__(self, ax: Axes, *, title: str = "") -> None:
        super().__init__(ax)
        ax.set(ylabel="height $f(w)$", title=title)
        ax.tick_params(labelbottom=False)  # a strip below has the same axis
        (self.line,) = ax.plot([], [], color=BLACK, lw=1.8)

    def update(self, surface) -> None:
        if not self._is_new(surface):
            return
        w = np.linspace(*surface.domain[0], 400)
        heights = surface(w[None])
        put(self.line, (w, heights))
        room = 0.12 * np.ptp(heights)
        self.ax.set(xlim=(w[0], w[-1]), ylim=(heights.min() - room, heights.max() + room))


class StationaryPoints(Drawing):
    """Where the gradient vanishes, one marker a kind; `update(surface)`.

    On a curve they stand at its heights. The minima have the colours that they have in the map.
    """

    def __init__(self, ax: Axes, *, size: float = 70) -> None:
        super().__init__(ax)
        look = {"ec": BLACK, "lw": 1.2, "animated": True, "zorder": 15.5}
        self.dots = {
            kind: ax.scatter([], [], s=size, marker=marker, fc="white", **look)
            for kind, marker in STATIONARY.items()
        }

    def update(self, surface) -> None:
        if not self._is_new(surface):
            return
        points, kinds = stationary(surface)
        places = {kind: points[:, np.equal(kinds, kind)] for kind in self.dots}
        if surface.minima:
            places["minimum"] = np.transpose(surface.minima)
            self.dots["minimum"].set_facecolor([BASINS[c] for c in colours(surface.minima)])
        for kind, at in places.items():
            self.dots[kind].set_offsets((at if len(at) == 2 else np.vstack([at, surface(at)])).T)


@style()
def legend(ax: Axes) -> None:
    """Say below the figure of `ax` what the markers mean, and the colours of no minimum."""
    look = {"ls": "none", "mfc": "white", "mec": BLACK, "ms": 8}
    marks = [Line2D([], [], marker=m, label=kind, **look) for kind, m in STATIONARY.items()]
    patches = [Patch(color=color, label=word) for word, color in UNSETTLED.items()]
    legend_below(ax, handles=[*marks, *patches], handlelength=1.2, columnspacing=1.2)
