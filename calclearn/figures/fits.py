"""Drawings of two weights under a penalty: the rings of the loss, and where the penalty is lower.

Each ring of a quadratic loss is an ellipse, given by the minimum and the Hessian, so the rings
follow a bowl that moves within a frame.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Polygon

from calclearn.figures.marks import Drawing, moving, moving_pieces, put
from calclearn.figures.style import BLACK, LIGHT, MODEL, defaults


class Rings(Drawing):
    """The rings of a quadratic loss of two weights; `update(surface, weights)`.

    They lie at even distances, the k-th (k · spacing)² above the minimum; the dark one runs through
    the weights.
    """

    def __init__(self, ax: Axes, *, spacing: float) -> None:
        super().__init__(ax)
        self.rises = (spacing * np.arange(1, 13)) ** 2
        self.rings = moving_pieces(ax, LineCollection, colors=LIGHT, lw=1.2, zorder=3)
        self.through = moving(ax, color=BLACK, lw=1.8, zorder=3)

    def update(self, surface, weights) -> None:
        best = np.array(surface.minima[0])
        values, vectors = np.linalg.eigh(surface.hessian(best))
        angle = np.linspace(0, 2 * np.pi, 121)
        half = np.sqrt(2 / values)[:, None] * np.stack([np.cos(angle), np.sin(angle)])

        def ring(rise: float) -> np.ndarray:  # where (w - w*)ᵀ H (w - w*) = 2 · rise
            return best[:, None] + vectors @ (np.sqrt(max(rise, 0)) * half)

        self.rings.set_segments([ring(rise).T for rise in self.rises])
        put(self.through, ring(float(surface(weights) - surface(best))))


class Reach(Drawing):
    """All weights whose penalty is no higher than at the present ones; `update(power, weights)`.

    power 1: the diamond of Σ|wⱼ|; power 2: the disc of Σ wⱼ².
    """

    @defaults()
    def __init__(self, ax: Axes) -> None:
        super().__init__(ax)
        look = {"fc": MODEL, "ec": MODEL, "alpha": 0.3, "lw": 1.6, "zorder": 2}
        self.region = ax.add_patch(Polygon(np.zeros((1, 2)), animated=True, **look))

    def update(self, power, weights) -> None:
        if power == 1:
            edge = np.array([(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)])
        else:
            angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
            edge = np.column_stack([np.cos(angle), np.sin(angle)])
        self.region.set_xy(np.linalg.norm(weights, ord=power) * edge)
