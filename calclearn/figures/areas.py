"""Drawings of areas: what a rule adds up under a curve, and by how much a sum misses.

One picture serves all rules. The top of a piece is the polynomial through the heights at the rule's
nodes: flat with one node, slanted with two, bent with three. So the area on the paper is the sum.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from calclearn.figures.style import BLACK, GREY, MODEL, defaults, style

SHARES = np.linspace(0, 1, 13)  # of a piece's width; enough for a parabola to look bent


def tops(f, ends: np.ndarray, nodes) -> tuple[np.ndarray, np.ndarray]:
    """Return the tops (x, y), each (pieces, 13), of pieces between `ends` (pieces + 1,).

    `nodes` say where a top meets f, as shares of the piece's width, from 0 to 1.

    >>> x, y = tops(np.square, np.array([0.0, 2.0]), (0, 0.5, 1))
    >>> bool(np.allclose(y, x**2))
    True
    """
    left, width = ends[:-1, None], np.diff(ends)[:, None]
    powers = np.arange(len(nodes))
    coefficients = np.linalg.solve(np.power.outer(nodes, powers), f(left + width * nodes).T)
    return left + width * SHARES, (np.power.outer(SHARES, powers) @ coefficients).T


def frame(ax: Axes, curve, *, title: str, labels: tuple[str, str]) -> None:
    """Draw zero and a curve (x, y) that stays, with room around it, and name the axes."""
    x, y = curve
    low, high = min(0.0, y.min()), max(0.0, y.max())
    room = (high - low or 1.0) / 10
    with style():
        ax.axhline(0, color=GREY, lw=0.8)
        ax.plot(x, y, color=BLACK, lw=1.5)
        ax.set(title=title, xlabel=labels[0], ylabel=labels[1])
        ax.set(xlim=(x[0], x[-1]), ylim=(low - room, high + room))


class Areas:
    """Areas between curves and zero; `update((x, y))`, each (points,), or (pieces, points)."""

    @defaults()
    def __init__(self, ax: Axes, *, color: str = MODEL) -> None:
        self.ax = ax
        self.areas = PolyCollection([], fc=(color, 0.3), ec=(color, 0.7), lw=0.7, animated=True)
        ax.add_collection(self.areas, autolim=False)

    def update(self, curves) -> None:
        x, y = (np.pad(np.atleast_2d(c), ((0, 0), (1, 1)), mode="edge") for c in curves)
        y[:, [0, -1]] = 0  # down to the axis at both ends
        self.areas.set_verts(np.stack([x, y], axis=-1))


class Density(Areas):
    """A bell over the inputs, on a scale of its own, because all that counts is its area of one.

    Dragged sideways it moves; pulled up at its top it gets narrower, as a bell of area one must.
    """

    drags = "centre", "width"

    def __init__(self, ax: Axes, *, highest: float) -> None:
        with style():
            own = ax.twinx()
            own.set(ylim=(0, highest), yticks=[])
            own.spines[:].set_visible(False)
        super().__init__(own)
        self.highest = highest

    def dragged(self, start, to, centre: float, width: float) -> tuple[float, float]:
        """Return centre and width after a drag; the top, 1 / width√2π high, follows the pointer."""
        top = 1 / (width * np.sqrt(2 * np.pi))
        pulled = np.clip(top + to[1] - start[1], self.highest / 100, self.highest)
        return centre + to[0] - start[0], width * top / pulled


class Misses:
    """By how much sums miss, by how much work they do, on two logarithmic axes.

    `update(counts, misses, now)`: a row of `misses` (k, len(counts)) for each of the lines, whose
    `looks` go to matplotlib's `plot`; a ring marks `now`, the present (count, miss). A miss that
    shrinks like 1/nᵖ falls p powers of ten for each power of ten in n.
    """

    def __init__(self, ax: Axes, looks: list[dict], *, limits, **words) -> None:
        self.ax, self.least = ax, limits[0] / 100
        with style():
            ax.set(xscale="log", yscale="log", ylim=limits, **words)
            ax.grid(True, axis="y", lw=0.6)
            self.lines = [ax.plot([], [], animated=True, **look)[0] for look in looks]
            (self.ring,) = ax.plot([], [], "o", ms=11, mfc="none", mec=BLACK, mew=2, animated=True)
            box = {"frameon": True, "framealpha": 1, "edgecolor": "none", "borderpad": 0.2}
            ax.legend(loc="lower left", handlelength=1.4, labelspacing=0.2, **box)

    def update(self, counts, misses, now) -> None:
        for line, row in zip(self.lines, misses, strict=True):
            line.set_data(counts, np.maximum(row, self.least))  # zero has no logarithm
        self.ring.set_data([now[0]], [max(now[1], self.least)])
