"""Drawings of areas: what a rule adds up under a curve.

The top of a piece is the polynomial through the heights at the rule's nodes: flat with one node,
slanted with two, bent with three. So the area on the paper is the sum, whatever the rule.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from calclearn.descent.arguments import shown
from calclearn.figures.marks import Drawing, finite_range, moving_pieces
from calclearn.figures.style import BLACK, GREY, MODEL, style

SHARES = np.linspace(0, 1, 13)  # of a piece's width; enough for a parabola to look bent


def tops(f, ends: np.ndarray, nodes) -> tuple[np.ndarray, np.ndarray]:
    """Return the tops (x, y), each (pieces, 13), of pieces between `ends` (pieces + 1,).

    `nodes` say where a top meets f, as shares of the piece's width, from 0 to 1.
    """
    left, width = ends[:-1, None], np.diff(ends)[:, None]
    powers = np.arange(len(nodes))
    coefficients = np.linalg.solve(np.power.outer(nodes, powers), f(left + width * nodes).T)
    return left + width * SHARES, (np.power.outer(SHARES, powers) @ coefficients).T


@style()
def frame(ax: Axes, curve, *, title: str, labels: tuple[str, str]) -> None:
    """Draw zero and a curve (x, y) that stays, with room around it, and name the axes."""
    x, y = curve
    low, high = finite_range([0.0, *y])
    room = (high - low or 1.0) / 10
    ax.axhline(0, color=GREY, lw=0.8)
    ax.plot(x, y, color=BLACK, lw=1.5)
    ax.set(title=title, xlabel=labels[0], ylabel=labels[1])
    ax.set(xlim=(x[0], x[-1]), ylim=(low - room, high + room))


class Areas(Drawing):
    """Areas between curves and zero.

    `update(tops)`: the curves as (x, y), each (points,), or (pieces, points).
    """

    def __init__(self, ax: Axes, *, color: str = MODEL) -> None:
        super().__init__(ax)
        look = {"fc": (color, 0.3), "ec": (color, 0.7), "lw": 0.7}
        self.areas = moving_pieces(ax, PolyCollection, **look)

    def update(self, tops) -> None:
        if not (isinstance(tops, tuple | list | np.ndarray) and len(tops) == 2):
            raise ValueError(f"tops must be (x, y), got {shown(tops)}")
        x, y = (np.pad(np.atleast_2d(c), ((0, 0), (1, 1)), mode="edge") for c in tops)
        y[:, [0, -1]] = 0  # down to the axis at both ends
        self.areas.set_verts(np.stack([x, y], axis=-1))
