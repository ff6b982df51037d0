"""Drawings of a descent: its path on the map and on the bowl, its loss, and the rates that work.

In a race each optimizer keeps its colour and its marker, on the map and beside it.
"""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D
from mpl_toolkits.mplot3d.proj3d import proj_transform

from calclearn.descent.arguments import shown
from calclearn.figures.marks import Drawing, finite_range, moving, put
from calclearn.figures.style import BEST, BLACK, OPTIMIZERS, STEP, legend_below, style

GAP = r"loss $-$ lowest loss"
MARKERS = 45  # on the map, of a long path


def _so_far(descent, step: int | None) -> slice:
    """The records of a descent up to a step."""
    if not hasattr(descent, "steps"):
        raise TypeError(f"descent must be a Descent, as descend returns it, got {shown(descent)}")
    return slice(None if step is None else np.searchsorted(descent.steps, step, side="right"))


class Path(Drawing):
    """The points of a descent, joined, as far as a step; `update(descent, step)`.

    Without a `step` the path is drawn to its end; a `ball`, if there is one, stands there. On a
    bowl the path runs at the loss's height. Where it leaves the window or the box for good, it is
    cut off, and an arrow points on.
    """

    def __init__(
        self, ax: Axes, *, color: str = STEP, marker: str = "o", ball: bool = False
    ) -> None:
        super().__init__(ax)
        self.solid = ax.name == "3d"
        look = {"color": color, "mec": "white", "mew": 0.6, "zorder": 15}
        self.line = moving(ax, marker + "-", ms=4.5, lw=1.6, **look)
        self.start = moving(ax, marker, ms=9, **look)
        self.ball = moving(ax, marker, ms=11, visible=ball, **look)
        self.arrow = moving(ax, ">", ms=12, clip_on=False, **look)
        self.arrow.set_in_layout(False)

    def update(self, descent, step: int | None = None) -> None:
        so_far = _so_far(descent, step)
        points, values = descent.points[so_far], descent.values[so_far]  # (k+1, 2), (k+1,)
        if points.shape[1:] != (2,):
            raise ValueError(f"Path takes one descent of two weights, got points {points.shape}")
        places = np.column_stack([points, values]) if self.solid else points
        places, leaving = _inside(self.ax, places)
        put(self.line, places.T)
        put(self.start, places[:1].T)
        put(self.arrow, leaving[1:].T)
        put(self.ball, (places[:0] if len(leaving) else places[-1:]).T)
        if len(leaving):
            turned = Affine2D().rotate(_angle_on_paper(self.ax, leaving))
            self.arrow.set_marker(MarkerStyle(">", transform=turned))


class LossCurve(Drawing):
    """Loss against step; `update(descent, lowest, step)`, with the lowest possible loss dashed.

    `lowest` comes from the `surface` where one is given. Without a `step` the curve is drawn to its
    end, and without `steps` the axis is as long as the first descent. The axis of losses is
    logarithmic, unless they fall below zero. It is chosen anew only where `lowest`, and so the
    surface, is another: under a moving control a curve should move, not its axis.
    """

    background = True

    def __init__(
        self, ax: Axes, surface=None, *, steps: int | None = None, unit: str = "",
        color: str = STEP,
    ) -> None:  # fmt: skip
        known = getattr(surface, "minima", ())  # those of a plain function are not known
        super().__init__(ax, lowest=float(surface(surface.minima[0])) if known else None)
        self.steps = steps
        title = f"loss by step ({unit})" if unit else "loss by step"
        with style():
            ax.set(xlabel="step $k$", title=title, yscale="log")
            ax.grid(True, axis="y", lw=0.6)
        self.floor = ax.axhline(1, color=BEST, ls="--", lw=1.2)
        self.line = moving(ax, ".-", color=color, ms=5, lw=1.6)

    def update(self, descent, lowest: float = 0.0, step: int | None = None) -> None:
        so_far = _so_far(descent, step)
        if descent.values.ndim != 1:
            raise ValueError(f"LossCurve takes one descent, got {descent.values.shape[1:]} of them")
        if self._is_new(lowest):
            first = float(descent.values[0])
            self.floor.set_ydata([lowest, lowest])
            self.floor.set_visible(lowest != 0)
            low, high = min(lowest, finite_range(descent.values)[0]), max(first, lowest)
            if low >= 0 and high > 0:
                self.ax.set(yscale="log", ylim=(max(0.7 * lowest, 1e-9 * first), 30 * high))
            else:
                low = max(low, -3 * max(abs(first), abs(lowest)))
                room = (high - low) / 20 or 1
                self.ax.set(yscale="linear", ylim=(low - room, high + room))
            self.ax.set_xlim(0, self.steps or max(descent.steps[-1], 1))
        put(self.line, (descent.steps[so_far], descent.values[so_far]))


class Bands(Drawing):
    """What every learning rate does to this surface, as one strip, and where the rate now stands.

    `update(bands, learning_rate)` with bands a list of (upper end, colour, name).
    """

    background = True

    def __init__(self, ax: Axes, limits: tuple[float, float]) -> None:
        super().__init__(ax)
        self.limits, self.strip = limits, []
        ax.set(xlim=limits, ylim=(0, 1), xscale="log", yticks=[], xlabel="learning rate $\\eta$")
        ax.spines["left"].set_visible(False)
        self.now = moving(ax, "v", color=BLACK, ms=11, clip_on=False)

    def update(self, bands, learning_rate: float) -> None:
        if self._is_new(bands):
            self._paint(bands)
        put(self.now, ([learning_rate], [1.25]))

    def _paint(self, bands) -> None:
        for artist in self.strip:
            artist.remove()
        self.strip, left = [], self.limits[0]
        for end, color, name in bands:
            right = min(max(end, left), self.limits[1])
            band = Rectangle((left, 0), right - left, 1, color=color, lw=0)
            self.strip.append(self.ax.add_artist(band))
            if right > 1.6 * left:  # there is room for the name
                middle = np.sqrt(left * right)
                self.strip.append(self.ax.text(middle, 0.5, name, ha="center", va="center"))
            left = right


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


def _inside(ax: Axes, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what is drawn of the places (k, d), and how the path leaves the axes for good.

    That is the last place inside and the one on the edge, (2, d), or (0, d). No renderer draws a
    line to 1e300: a map gets the places up to the first far outside, a bowl those up to its edge.
    """
    solid = ax.name == "3d"
    limits = [ax.get_xlim(), ax.get_ylim()] + ([ax.get_zlim()] if solid else [])
    low, high = np.transpose(limits)

    def outside(share: float) -> np.ndarray:
        room = share * (high - low)
        return ((places < low - room) | (places > high + room)).any(axis=1)

    far = np.append(outside(0.2 if solid else 3.0), True)
    first = int(np.argmax(far))  # len(places) where none is
    inside = ~outside(0.2 if solid else 0.0)[: first + 1]
    if not inside.any() or inside[-1]:
        return places[: first + (not solid)], places[:0]
    last = np.flatnonzero(inside)[-1]
    start, way = places[last], places[last + 1] - places[last]
    room = np.where(way > 0, high, low) - start  # in the direction of the way, along each axis
    share = np.min(room[way != 0] / way[way != 0])
    edge = start + max(share, 0) * way
    drawn = np.vstack([places[:first], edge]) if solid else places[: first + 1]
    return drawn, np.stack([start, edge])


def _angle_on_paper(ax: Axes, places: np.ndarray) -> float:
    """Return the direction from the first of two places to the second, in the picture."""
    if ax.name == "3d":
        x, y, _ = proj_transform(*places.T, ax.get_proj())
        places = np.column_stack([x, y])
    (x0, y0), (x1, y1) = ax.transData.transform(places)
    return float(np.arctan2(y1 - y0, x1 - x0))
