"""Drawings of a slope: secants and the tangent that they become, the microscope, errors against h.

A slope that does not exist is NaN, and NaN draws nothing.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from calclearn.figures.style import (
    BEST,
    BLACK,
    DIFFERENCES,
    GREY,
    MODEL,
    PARTS,
    STEP,
    defaults,
    style,
)


class Graph:
    """A curve in the window that suits it; `update(x, y, limits)` with the limits of y."""

    def __init__(self, ax: Axes, *, title: str, xlabel: str = "$x$", ylabel: str = "$f(x)$"):
        self.ax = ax
        with style():
            ax.set(xlabel=xlabel, ylabel=ylabel)
            ax.set_title(title, y=1)  # where it stays when numbers are written as 1e6
            ax.yaxis.set_label_coords(-0.17, 0.5)  # which leaves room for them
            ax.ticklabel_format(axis="y", scilimits=(-3, 4))
            ax.grid(True, lw=0.6)
        (self.line,) = ax.plot([], [], color=BLACK, lw=2, animated=True)

    def update(self, x, y, limits) -> None:
        low, high = limits
        window = (float(x[0]), float(x[-1])), (float(low), float(high))
        if window != (self.ax.get_xlim(), self.ax.get_ylim()):
            self.ax.set(xlim=window[0], ylim=window[1])
        # A pole leaves a gap, not a wall.
        self.line.set_data(x, np.where(abs(y - (low + high) / 2) < 5 * (high - low), y, np.nan))


class Microscope(Graph):
    """What lies within 2h of a point, magnified until h is one unit long in both directions.

    `update(t, rise, limits)`: the curve from the point, counted in h. Its axes stay.
    """

    def __init__(self, ax: Axes, *, title: str, unit: str = "$h$"):
        super().__init__(ax, title=title, xlabel="", ylabel=f"height above the point, in {unit}")
        ax.set_xticks(range(-2, 3), ["$x-2h$", "$x-h$", "$x$", "$x+h$", "$x+2h$"])


class Secants:
    """A point, the secants to its neighbours at x - h and x + h, and the tangent.

    `update(x, y, h, left, right, slope)` with the slopes of the three lines. The point can be
    dragged along the curve where `drags` names the control of x.
    """

    def __init__(self, ax: Axes, *, drags: tuple[str, ...] = ()):
        self.ax, self.drags = ax, drags
        looks = {
            "secant to $x-h$": {"color": MODEL, "lw": 1.4, "ls": (0, (4, 2))},
            "secant to $x+h$": {"color": MODEL, "lw": 1.8},
            "tangent": {"color": STEP, "lw": 6, "alpha": 0.45},
        }
        self.lines = [
            ax.plot([], [], label=label, zorder=3, animated=True, **look)[0]
            for label, look in looks.items()
        ]
        dots = {"ls": "", "mec": "white", "animated": True, "zorder": 7}
        (self.neighbours,) = ax.plot([], [], "o", color=MODEL, ms=7, **dots)
        (self.point,) = ax.plot([], [], "o", color=STEP, ms=10, **dots)

    def update(self, x, y, h, left, right, slope) -> None:
        ends = np.array(self.ax.get_xlim())
        for line, m in zip(self.lines, (left, right, slope), strict=True):
            line.set_data(ends, y + m * (ends - x))
        self.neighbours.set_data([x - h, x + h], [y - h * left, y + h * right])
        self.point.set_data([x], [y])

    def dragged(self, start, to, x: float) -> tuple[float]:
        """Return the x under the pointer; the height is the curve's affair."""
        return (to[0],)


class ErrorCurves:
    """The error of each rule of `DIFFERENCES` against h, in the colour of its larger part.

    `update(h, errors, truncated, best, admitted, now)`: the errors (3, n); where truncation is
    the larger part, (3, n); the (h, error) that promise least, stars; the error that `derivative`
    admits to; and the present h with its errors (3,).
    """

    @defaults()
    def __init__(self, ax: Axes, limits: tuple[float, float]):
        self.ax = ax
        star = {"ls": "", "marker": "*", "ms": 14, "color": BEST, "mec": BLACK, "zorder": 6}
        dashed = {"ls": (0, (4, 2)), "color": BLACK, "lw": 1.2}
        keys = [
            *(Line2D([], [], marker=m, color=GREY, label=name) for name, m in DIFFERENCES.items()),
            *(Line2D([], [], color=color, lw=4, label=name) for name, color in PARTS.items()),
            Line2D([], [], label="best $h$", **star),
            Line2D([], [], label="derivative", **dashed),
        ]
        with style():
            ax.set(xscale="log", yscale="log", xlim=limits, ylim=(1e-17, 30))
            ax.set(xlabel="$h$", title="relative error of the slope")
            ax.set(xticks=10.0 ** np.arange(-18, 1, 3), yticks=10.0 ** np.arange(-15, 1, 3))
            ax.grid(True, lw=0.6)
            ax.minorticks_off()
            ax.figure.legend(handles=keys, loc="outside lower center", ncols=7, columnspacing=1)
        look = {"ls": "-", "lw": 1.2, "ms": 5, "markevery": 8, "animated": True}
        self.parts = [
            [ax.plot([], [], marker, color=color, **look)[0] for color in PARTS.values()]
            for marker in DIFFERENCES.values()
        ]
        (self.best,) = ax.plot([], [], animated=True, **star)
        self.admitted = ax.axhline(1, animated=True, **dashed)
        self.here = ax.axvline(1, color=STEP, lw=1.2, animated=True)
        (self.now,) = ax.plot([], [], "o", color=STEP, ms=8, mec="white", zorder=7, animated=True)

    def update(self, h, errors, truncated, best, admitted, now) -> None:
        now, now_errors = now
        for lines, error, mask in zip(self.parts, errors, truncated, strict=True):
            for line, part in zip(lines, (mask, ~mask), strict=True):
                line.set_data(h[part], error[part])
        self.best.set_data(*np.transpose(best))
        self.admitted.set_ydata([admitted, admitted])
        self.here.set_xdata([now, now])
        self.now.set_data(np.full(len(now_errors), now), now_errors)
