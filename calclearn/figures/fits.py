"""The drawing of two weights under a penalty: the rings of the loss meet where the penalty is low.

Each ring of a quadratic loss is an ellipse, given by the minimum and the Hessian, so the rings
follow a bowl that moves within a frame.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Polygon

from calclearn.figures.marks import Drawing, moving, moving_pieces, put
from calclearn.figures.style import BLACK, LIGHT, MODEL, defaults

ANGLES = np.linspace(0, 2 * np.pi, 121)
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)])


class PenaltyAndLoss(Drawing):
    """The rings of a quadratic loss, and all weights whose penalty is no higher than at `weights`.

    `update(surface, power, weights)`. The rings lie at even distances, the k-th (k · spacing)²
    above the minimum; the dark one runs through the weights. With power 1 the other region is the
    diamond of Σ|wⱼ|, with power 2 the disc of Σ wⱼ².
    """

    @defaults()
    def __init__(self, ax: Axes, *, spacing: float) -> None:
        super().__init__(ax)
        self.rises = (spacing * np.arange(1, 13)) ** 2
        self.rings = moving_pieces(ax, LineCollection, colors=LIGHT, lw=1.2, zorder=3)
        self.through = moving(ax, color=BLACK, lw=1.8, zorder=3)
        look = {"fc": MODEL, "ec": MODEL, "alpha": 0.3, "lw": 1.6, "zorder": 2}
        self.region = ax.add_patch(Polygon(np.zeros((1, 2)), animated=True, **look))

    def update(self, surface, power, weights) -> None:
        best = np.array(surface.minima[0])
        values, vectors = np.linalg.eigh(surface.hessian(best))
        half = vectors @ (np.sqrt(2 / values)[:, None] * CIRCLE)

        def ring(rise: float) -> np.ndarray:  # where (w - w*)ᵀ H (w - w*) = 2 · rise
            return best[:, None] + np.sqrt(max(rise, 0)) * half

        self.rings.set_segments([ring(rise).T for rise in self.rises])
        put(self.through, ring(float(surface(weights) - surface(best))))
        edge = CIRCLE[:, :-1] if power == 2 else np.array([[1, 0, -1, 0], [0, 1, 0, -1]])
        self.region.set_xy(np.linalg.norm(weights, ord=power) * edge.T)
