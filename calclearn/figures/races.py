"""Drawings of a race: each optimizer keeps its colour and marker, on the map and beside it."""

import math

import numpy as np
from contourpy import contour_generator
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from calclearn.descent.races import RaceResult
from calclearn.figures.descents import Path
from calclearn.figures.marks import Drawing, Lines, moving, moving_pieces, put
from calclearn.figures.style import GREY, MODEL, OPTIMIZERS, legend_below, style
from calclearn.figures.surfaces import grid

GAP = r"loss $-$ lowest loss"
MARKERS = 45


@style()
def key(ax: Axes, names) -> None:
    """Show below the figure of `ax` the colour and the marker of each name."""
    handles = [
        Line2D([], [], marker=marker, color=color, ms=7, lw=1.6, mec="white", label=name)
        for name, (color, marker) in ((name, OPTIMIZERS[name]) for name in names)
    ]
    legend_below(ax, handles=handles, handlelength=1.5, columnspacing=1.0, handletextpad=0.4)


class Paths(Drawing):
    """The paths of several optimizers over one map; `update(descents, step)`, {name: descent}.

    They begin at one point, which is left to another drawing. `size` is that of the markers, of
    which a long path has no more than `MARKERS`. One without a descent is not drawn. Without a
    `step` they are drawn to their ends. White edges set them off from a dark map.
    """

    def __init__(self, ax: Axes, names, *, size: float = 6) -> None:
        super().__init__(ax)
        self.paths, self.edges = {}, {}
        for name in names:
            color, marker = OPTIMIZERS[name]
            self.paths[name] = Path(ax, color=color, marker=marker)
            self.paths[name].line.set(ms=size, mew=0.08 * size, lw=1.8)
            self.edges[name] = moving(ax, color="white", lw=3.6, zorder=14)
            self.paths[name].start.set_visible(False)

    def update(self, descents, step: int | None = None) -> None:
        for name, path in self.paths.items():
            for artist in (path.line, path.arrow, self.edges[name]):
                artist.set_visible(name in descents)
            if name in descents:
                path.update(descents[name], step)
                many = math.ceil(len(path.line.get_xdata()) / MARKERS) or 1
                path.line.set_markevery(slice(many, None, many))
                put(self.edges[name], path.line.get_data())


class RaceCurves(Lines):
    """What is left to fall against the price paid; `update(results)`.

    `results` are those of `race`: {name: RaceResult(descent, price, gap)}. Below the dotted
    line an optimizer has arrived. One that is not among the results is not drawn.
    """

    def __init__(
        self, ax: Axes, names, *, limits, price: str, most: float, arrived: float, title: str = GAP
    ) -> None:
        looks = {
            name: {"color": color, "marker": marker, "ms": 8, "mec": "white", "lw": 1.6}
            for name, (color, marker) in OPTIMIZERS.items()
            if name in names
        }
        super().__init__(ax, looks, edge=True)
        self.parameters = {"results": True}
        ax.set(yscale="log", ylim=limits, xlim=(0, 1.03 * most), xlabel=price, title=title)
        ax.grid(True, axis="y", lw=0.6)
        ax.axhline(arrived, color=GREY, ls=":", lw=1.2)

    def update(self, results) -> None:
        absent = RaceResult(None, np.zeros(0), np.zeros(0))
        super().update(**{name: results.get(name, absent)[1:] for name in self.lines})
        for name, result in results.items():
            self.lines[name].set_markevery([len(result.price) - 1])


class ModelRings(Drawing):
    """The contours of a quadratic model, over those of the surface; `update(model, point)`.

    One ring runs through the point, the others lie at even distances where the model is a bowl.
    """

    def __init__(self, ax: Axes, window) -> None:
        super().__init__(ax)
        self.mesh = grid(window, 61)
        self.rings = moving_pieces(ax, LineCollection, colors=MODEL, lw=1.4, zorder=4)

    def update(self, model, point) -> None:
        g, h = model.gradient(point), model.hessian(point)
        height = model(point)
        middle = height - g @ np.linalg.lstsq(h, g)[0] / 2  # the value where the model is level
        room = abs(height - middle) or 1.0
        lines = contour_generator(*self.mesh, model(self.mesh)).lines
        shares = (np.arange(1, 5) / 2) ** 2
        levels = middle + room * np.concatenate([-shares, shares])
        self.rings.set_segments([line for level in levels for line in lines(level)])
