"""Drawings on one plane of data: points, lines through them, residuals, and tangents of curves."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import Rectangle

from calclearn.descent.arguments import shown
from calclearn.figures.marks import Drawing, finite_range, moving, moving_pieces, pairs, put
from calclearn.figures.style import BLACK, DATA, MODEL, STEP, defaults
from calclearn.figures.surfaces import OUTLINE


class Data(Drawing):
    """The points of a data set; `update(data)` takes a `LineData`.

    The axes fit around the data, or, where only some of it is shown, around all of it (`around`).
    """

    background = True

    def __init__(self, ax: Axes, data=None, *, title: str = "", around=None) -> None:
        super().__init__(ax, data=data)
        self.around = around
        (self.points,) = ax.plot([], [], "o", color=DATA, alpha=0.55, ms=4, mec="none")
        ax.set_title(title)

    def update(self, data) -> None:
        if not self._is_new(data):
            return
        if not hasattr(data, "x_label"):
            raise TypeError(f"data must be a LineData, as line_data reads it, got {shown(data)}")
        frame = data if self.around is None else self.around
        put(self.points, (data.x, data.y))
        labels = {"xlabel": data.x_label, "ylabel": data.y_label}
        self.ax.set(xlim=_around(frame.x), ylim=_around(frame.y), **labels)


class Line(Drawing):
    """The model $w_0 x + w_1$ across the axes; `update(weights)` takes (2,) or many, (2, k).

    With many, as far as a `step`, the lines are thin and the last one, the present one, is thick.
    By its `handles`, which stand on it at two places of x, it moves the controls `slope` and
    `intercept`.
    """

    def __init__(self, ax: Axes, *, color: str = MODEL, dashes: str = "-", handles=()) -> None:
        super().__init__(ax)
        self.family = moving_pieces(ax, LineCollection, colors=color, lw=1, alpha=0.35)
        self.line = moving(ax, color=color, ls=dashes, lw=2.5, zorder=3)
        self.handles = np.array(handles)
        if handles:
            self.drags = "slope", "intercept"
            look = {"ms": 11, "mec": "white", "mew": 1.5, "clip_on": False, "zorder": 6}
            self.ends = moving(ax, "o", color=color, **look)

    def update(self, weights: np.ndarray, step: int | None = None) -> None:
        so_far = slice(None if step is None else step + 1)
        slopes, intercepts = pairs("weights", weights)[:, so_far]
        x = np.array(self.ax.get_xlim())
        y = slopes[:, None] * x + intercepts[:, None]  # (k, 2)
        self.family.set_segments([np.column_stack([x, row]) for row in y[:-1]])
        put(self.line, (x, y[-1]))
        if len(self.handles):
            put(self.ends, (self.handles, slopes[-1] * self.handles + intercepts[-1]))

    def dragged(self, start, to, slope: float, intercept: float) -> tuple[float, float]:
        """Return the line whose nearer end has moved as the pointer has; the other stays."""
        heights = slope * self.handles + intercept
        heights[np.argmin(np.abs(self.handles - start[0]))] += to[1] - start[1]
        slope = float(np.diff(heights)[0] / np.diff(self.handles)[0])
        return slope, float(heights[0] - slope * self.handles[0])


class Residuals(Drawing):
    """Each point's distance to the line as the side of a square; their total area is the SSE.

    `update(data, weights)`; `data` given here stay. A square stands on the vertical residual and is
    as wide on the screen as it is high, so that its area is the residual squared, in squared units
    of y.
    """

    def __init__(self, ax: Axes, data=None) -> None:
        super().__init__(ax, data=data)
        look = {"fc": STEP, "ec": STEP, "alpha": 0.22, "lw": 1}
        self.squares = moving_pieces(ax, PolyCollection, zorder=2, **look)

    def update(self, data, weights) -> None:
        slope, intercept = weights
        on_line = slope * data.x + intercept
        box = self.ax.get_window_extent()  # how much of x is as long there as one unit of y?
        x_per_y = np.ptp(self.ax.get_xlim()) / box.width / (np.ptp(self.ax.get_ylim()) / box.height)
        across = data.x + x_per_y * (data.y - on_line)
        corners = [data.x, data.y], [across, data.y], [across, on_line], [data.x, on_line]
        self.squares.set_verts(np.transpose(corners, (2, 0, 1)))  # (n, 4 corners, 2)


class Tangent(Drawing):
    """A point on a curve and the slope there; `update(x, y, slope)`.

    The tangent reaches a quarter of the axes to each side, so it reads as a direction.
    """

    def __init__(self, ax: Axes, *, color: str = STEP) -> None:
        super().__init__(ax)
        self.line = moving(ax, color=color, lw=2.5, zorder=4)
        self.point = moving(ax, "o", color=color, ms=9, mec="white", zorder=5)

    def update(self, x: float, y: float, slope: float) -> None:
        left, right = self.ax.get_xlim()
        reach = (right - left) / 4
        put(self.line, ([x - reach, x + reach], [y - reach * slope, y + reach * slope]))
        put(self.point, ([x], [y]))


class Numbered(Drawing):
    """Points with their numbers, 0, 1, 2, ...; `update(places)` takes (2, k), k up to 20.

    Of points that lie close together only the last has its number. What is above or below the axes
    stands at their edge, as a triangle that points on.
    """

    def __init__(self, ax: Axes, *, color: str = BLACK, marker: str = "o") -> None:
        super().__init__(ax)
        look = {"color": color, "mec": "white"}
        self.dots = moving(ax, marker, ms=8, mew=0.8, zorder=5, **look)
        self.above, self.below = (
            moving(ax, sign, ms=13, clip_on=False, zorder=7, **look) for sign in "^v"
        )
        look = {"color": color, "zorder": 8, "ha": "center", "va": "center", "animated": True}
        look |= {"textcoords": "offset points"} | OUTLINE
        self.words = [ax.annotate(str(k), (0, 0), (0, 0), **look) for k in range(20)]
        for artist in (self.above, self.below, *self.words):
            artist.set_in_layout(False)

    def update(self, places) -> None:
        x, y = np.asarray(places, float)
        (left, right), (low, high) = self.ax.get_xlim(), self.ax.get_ylim()
        across = (left <= x) & (x <= right)
        put(self.dots, (x, y))
        for sign, beyond, edge in ((self.above, y > high, high), (self.below, y < low, low)):
            out = x[across & beyond]
            put(sign, (out, np.full(len(out), edge)))
        y = np.clip(y, low, high)
        shares = np.stack([(x - left) / (right - left), (y - low) / (high - low)])  # of the axes
        for k, word in enumerate(self.words):
            apart = k < len(x) and np.all(np.abs(shares[:, k + 1 :].T - shares[:, k]).max(1) > 0.05)
            word.set_visible(bool(apart and across[k]))
            if word.get_visible():
                word.xy = x[k], y[k]
                beside = -11 if shares[0, k] > 0.93 else 11
                word.set_position((beside, 8 if shares[1, k] < 0.1 else -8))


class TotalSquare(Drawing):
    """One square whose area is a whole sum of squares; `update(total, least, most)`.

    The dashed square is the least total that any line reaches, `most` sets the scale.
    """

    background = True

    @defaults()
    def __init__(self, ax: Axes, *, unit: str) -> None:
        super().__init__(ax)
        side, title = f"side ({unit})", "the SSE: all in one (other scale)"
        ax.set(xlabel=side, ylabel=side, title=title, aspect="equal")
        looks = {"fc": STEP, "ec": STEP, "alpha": 0.3}, {"fill": False, "ls": "--", "zorder": 3}
        self.total, self.least = (
            ax.add_patch(Rectangle((0, 0), 0, 0, **{"ec": BLACK, "lw": 1.5} | look, animated=True))
            for look in looks
        )

    def update(self, total: float, least: float, most: float) -> None:
        total, least, most = np.sqrt([total, least, most]).tolist()
        self.total.set(width=total, height=total)
        self.least.set(width=least, height=least)
        self._show([[0, 1.05 * most]] * 2)


def _around(values: np.ndarray) -> tuple[float, float]:
    """Return limits that leave a margin around the values."""
    low, high = finite_range(values)
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room
