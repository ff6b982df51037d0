"""Drawings on one plane of data: points, lines through them, residuals, curves and their slopes.

Every drawing has `ax`, makes its artists once, and fills them in `update`. Artists that follow a
control are made with matplotlib's `animated=True`, which is what lets a live figure keep the rest.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from calclearn.figures.marks import Drawing, finite_range
from calclearn.figures.style import BLACK, DATA, MODEL, STEP, defaults, style
from calclearn.figures.surfaces import Point


class Data(Drawing):
    """The points of a data set; `update(data)` takes a `LineData`.

    The axes fit around the data, or, where only some of it is shown, around all of it (`around`).
    """

    background = True

    def __init__(self, ax: Axes, data=None, *, title: str = "", around=None) -> None:
        self.ax, self.around, self.shown = ax, around, None
        self.constants = {} if data is None else {"data": data}
        with style():
            (self.points,) = ax.plot([], [], "o", color=DATA, alpha=0.55, ms=4, mec="none")
            ax.set_title(title)

    def update(self, data) -> None:
        if data is self.shown:
            return
        self.shown, frame = data, data if self.around is None else self.around
        self.points.set_data(data.x, data.y)
        self.ax.set(xlabel=data.x_label, ylabel=data.y_label)
        self.ax.set(xlim=_around(frame.x), ylim=_around(frame.y))


class Line(Drawing):
    """The model $w_0 x + w_1$ across the axes; `update(weights)` takes (2,) or many, (2, k).

    With many, as far as a `step`, the lines are thin and the last one, the present one, is thick.
    """

    @defaults()
    def __init__(self, ax: Axes, *, color: str = MODEL, dashes: str = "-") -> None:
        self.ax = ax
        self.family = LineCollection([], colors=color, lw=1, alpha=0.35, animated=True)
        ax.add_collection(self.family, autolim=False)
        (self.line,) = ax.plot([], [], color=color, ls=dashes, lw=2.5, animated=True, zorder=3)

    def update(self, weights: np.ndarray, step: int | None = None) -> None:
        so_far = slice(None if step is None else step + 1)
        slopes, intercepts = np.reshape(weights, (2, -1))[:, so_far]
        x = np.array(self.ax.get_xlim())
        y = slopes[:, None] * x + intercepts[:, None]  # (k, 2)
        self.family.set_segments([np.column_stack([x, row]) for row in y[:-1]])
        self.line.set_data(x, y[-1])


class Handles(Drawing):
    """Two ends by which a line can be dragged; `update(weights)`. `drags` names its two controls.

    They stand on the line at these places of x. The end that is not dragged stays where it is.
    """

    def __init__(
        self, ax: Axes, places: tuple[float, float], *, drags=("slope", "intercept")
    ) -> None:
        self.ax, self.places, self.drags = ax, np.array(places), drags
        look = {"ms": 11, "mec": "white", "mew": 1.5, "clip_on": False, "zorder": 6}
        (self.dots,) = ax.plot([], [], "o", color=MODEL, animated=True, **look)

    def update(self, weights) -> None:
        slope, intercept = weights
        self.dots.set_data(self.places, slope * self.places + intercept)

    def dragged(self, start, to, slope: float, intercept: float) -> tuple[float, float]:
        """Return the line whose nearer end has moved as the pointer has."""
        heights = slope * self.places + intercept
        heights[np.argmin(np.abs(self.places - start[0]))] += to[1] - start[1]
        slope = float(np.diff(heights)[0] / np.diff(self.places)[0])
        return slope, float(heights[0] - slope * self.places[0])


class Residuals(Drawing):
    """Each point's distance to the line as the side of a square; their total area is the SSE.

    `update(data, weights)`; `data` given here stay. A square stands on the vertical residual and is
    as wide on the screen as it is high, so that its area is the residual squared, in squared units
    of y.
    """

    @defaults()
    def __init__(self, ax: Axes, data=None) -> None:
        self.ax = ax
        self.constants = {} if data is None else {"data": data}
        self.squares = PolyCollection(
            [], facecolors=STEP, edgecolors=STEP, alpha=0.22, lw=1, animated=True, zorder=2
        )
        ax.add_collection(self.squares, autolim=False)

    def update(self, data, weights) -> None:
        slope, intercept = weights
        on_line = slope * data.x + intercept
        across = data.x + self._x_per_y() * (data.y - on_line)
        corners = [data.x, data.y], [across, data.y], [across, on_line], [data.x, on_line]
        self.squares.set_verts(np.transpose(corners, (2, 0, 1)))  # (n, 4 corners, 2)

    def _x_per_y(self) -> float:
        """Return how much of x is as long on the screen as one unit of y."""
        box = self.ax.get_window_extent()
        return (np.ptp(self.ax.get_xlim()) / box.width) / (np.ptp(self.ax.get_ylim()) / box.height)


class Curves(Drawing):
    """Several curves on fixed axes; `update({name: (x, y)})`. `looks` go to matplotlib's `plot`.

    What leaves the axes runs along their edge: no renderer draws a line to 1e300, and a logarithmic
    axis has no place for zero.
    """

    def __init__(self, ax: Axes, looks: dict[str, dict], **axes) -> None:
        self.ax = ax
        with style():
            if axes:
                ax.set(**axes)
                ax.grid(True, axis="y", lw=0.6)
            self.lines = {
                name: ax.plot([], [], animated=True, **look)[0] for name, look in looks.items()
            }

    def update(self, curves) -> None:
        for name, line in self.lines.items():
            x, y = curves[name]
            line.set_data(x, np.clip(y, *self.ax.get_ylim()))


class Tangent(Drawing):
    """A point on a curve and the slope there; `update(x, y, slope)`.

    The tangent reaches a quarter of the axes to each side, so it reads as a direction.
    """

    def __init__(self, ax: Axes, *, color: str = STEP) -> None:
        self.ax = ax
        (self.line,) = ax.plot([], [], color=color, lw=2.5, animated=True, zorder=4)
        (self.point,) = ax.plot(
            [], [], "o", color=color, ms=9, mec="white", animated=True, zorder=5
        )

    def update(self, x: float, y: float, slope: float) -> None:
        left, right = self.ax.get_xlim()
        reach = (right - left) / 4
        self.line.set_data([x - reach, x + reach], [y - reach * slope, y + reach * slope])
        self.point.set_data([x], [y])


class OnCurve(Point):
    """A point that stays on its curve; `update((x, height))`. Dragged, it says its x."""

    def dragged(self, start, to, x: float) -> tuple[float]:
        """Return the x under the pointer; the curve gives the height."""
        return (to[0],)


class Numbered(Drawing):
    """Points with their numbers, 0, 1, 2, ...; `update(places)` takes (2, k).

    Of points that lie close together only the last has its number. What is above or below the axes
    stands at their edge, as a triangle that points on.
    """

    def __init__(self, ax: Axes, *, color: str = BLACK, marker: str = "o", count: int = 20) -> None:
        self.ax = ax
        look = {"color": color, "mec": "white", "animated": True}
        (self.dots,) = ax.plot([], [], marker, ms=8, mew=0.8, zorder=5, **look)
        self.above, self.below = (
            ax.plot([], [], sign, ms=13, clip_on=False, zorder=7, **look)[0] for sign in "^v"
        )
        outline = [withStroke(linewidth=2.5, foreground="white")]
        self.words = [
            ax.annotate(
                str(k), (0, 0), (0, 0), textcoords="offset points", color=color, zorder=8,
                ha="center", va="center", animated=True, path_effects=outline,
            )
            for k in range(count)
        ]  # fmt: skip
        for artist in (self.above, self.below, *self.words):
            artist.set_in_layout(False)

    def update(self, places) -> None:
        x, y = np.asarray(places, float)
        (left, right), (low, high) = self.ax.get_xlim(), self.ax.get_ylim()
        across = (left <= x) & (x <= right)
        self.dots.set_data(x, y)
        self.above.set_data(x[across & (y > high)], np.full(np.sum(across & (y > high)), high))
        self.below.set_data(x[across & (y < low)], np.full(np.sum(across & (y < low)), low))
        y = np.clip(y, low, high)
        shares = np.stack([(x - left) / (right - left), (y - low) / (high - low)])  # of the axes
        for k, word in enumerate(self.words):
            apart = k < len(x) and np.all(np.abs(shares[:, k + 1 :].T - shares[:, k]).max(1) > 0.05)
            word.set_visible(bool(apart and across[k]))
            if word.get_visible():
                word.xy = x[k], y[k]
                word.set_position(
                    (-11 if shares[0, k] > 0.93 else 11, 8 if shares[1, k] < 0.1 else -8)
                )


class View(Drawing):
    """The part of the plane that the axes show; `update(view)`, ((left, right), (low, high))."""

    background = True

    def __init__(self, ax: Axes) -> None:
        self.ax, self.shown = ax, None

    def update(self, view) -> None:
        if view != self.shown:
            self.shown = view
            self.ax.set(xlim=view[0], ylim=view[1])


class TotalSquare(Drawing):
    """One square whose area is a whole sum of squares; `update(total, least, most)`.

    The dashed square is the least total that any line reaches, `most` sets the scale.
    """

    background = True

    @defaults()
    def __init__(self, ax: Axes, *, unit: str) -> None:
        self.ax, self.most = ax, None
        with style():
            ax.set(
                xlabel=f"side ({unit})",
                ylabel=f"side ({unit})",
                title="the SSE: all in one (other scale)",
            )
            ax.set_aspect("equal")
        look = {"animated": True, "lw": 1.5}
        self.total = Rectangle((0, 0), 0, 0, fc=STEP, ec=STEP, alpha=0.3, **look)
        self.least = Rectangle((0, 0), 0, 0, fill=False, ec=BLACK, ls="--", zorder=3, **look)
        for square in (self.total, self.least):
            ax.add_patch(square)

    def update(self, total: float, least: float, most: float) -> None:
        total, least, most = np.sqrt([total, least, most])
        self.total.set(width=total, height=total)
        self.least.set(width=least, height=least)
        if most != self.most:
            self.most = most
            self.ax.set(xlim=(0, 1.05 * most), ylim=(0, 1.05 * most))


def _around(values: np.ndarray) -> tuple[float, float]:
    """Return limits that leave a margin around the values."""
    low, high = finite_range(values)
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room
