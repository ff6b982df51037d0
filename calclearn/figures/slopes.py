"""Drawings of the slope at a point: secants and the tangent that they become, a microscope.

A slope that does not exist is NaN, and NaN draws nothing.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from calclearn.figures.marks import Drawing, moving, put
from calclearn.figures.style import BLACK, MODEL, STEP, style

# Of a microscope on x, whose field lies within 2h: magnified until h is one unit long.
FIELD = {"xticks": range(-2, 3), "xticklabels": ["$x-2h$", "$x-h$", "$x$", "$x+h$", "$x+2h$"]}


class Graph(Drawing):
    """A curve in the window that suits it; `update(curve, limits)`: (x, y), and the limits of y.

    The window is as wide as the curve.
    """

    background = True

    def __init__(self, ax: Axes, *, title: str, xlabel: str = "$x$", ylabel: str = "$f(x)$"):
        super().__init__(ax)
        with style():
            ax.set(xlabel=xlabel, ylabel=ylabel)
            ax.set_title(title, y=1)  # where it stays when numbers are written as 1e6
            beside = ScaledTranslation(-0.42, 0, ax.figure.dpi_scale_trans)  # room for them
            ax.yaxis.set_label_coords(0, 0.5, ax.transAxes + beside)
            ax.ticklabel_format(axis="y", scilimits=(-3, 4))
            ax.grid(True, lw=0.6)
        self.line = moving(ax, color=BLACK, lw=2)

    def update(self, curve, limits) -> None:
        (x, y), (low, high) = curve, map(float, limits)
        self._show([[x[0], x[-1]], [low, high]])
        # A pole leaves a gap, not a wall.
        put(self.line, (x, np.where(abs(y - (low + high) / 2) < 5 * (high - low), y, np.nan)))


class Secants(Drawing):
    """A point, the secants to its neighbours at x - h and x + h, and the tangent.

    `update(x, y, h, backward, forward, slope)` with the slopes of the three lines. The point can be
    dragged along the curve where `drags` names the control of x.
    """

    def __init__(self, ax: Axes, *, drags: tuple[str, ...] = ()) -> None:
        super().__init__(ax)
        self.drags = drags
        looks = {
            "secant to $x-h$": {"color": MODEL, "lw": 1.4, "ls": (0, (4, 2))},
            "secant to $x+h$": {"color": MODEL, "lw": 1.8},
            "tangent": {"color": STEP, "lw": 6, "alpha": 0.45},
        }
        self.lines = [moving(ax, label=label, zorder=3, **look) for label, look in looks.items()]
        self.neighbours = moving(ax, "o", color=MODEL, ms=7, mec="white", zorder=7)
        self.point = moving(ax, "o", color=STEP, ms=10, mec="white", zorder=7)

    def update(self, x, y, h, backward, forward, slope) -> None:
        ends = np.array(self.ax.get_xlim())
        for line, m in zip(self.lines, (backward, forward, slope), strict=True):
            put(line, (ends, y + m * (ends - x)))
        put(self.neighbours, ([x - h, x + h], [y - h * backward, y + h * forward]))
        put(self.point, ([x], [y]))

    def dragged(self, start, to, x: float) -> tuple[float]:
        """Return the x under the pointer; the curve gives the height."""
        return (to[0],)
