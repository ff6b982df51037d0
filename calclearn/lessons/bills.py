"""The depth of a penguin's bill by the length of its flipper, as polynomials are fitted to it.

Lessons on overfitting and on tuning share the data, their scale and their panel.
"""

import numpy as np
from matplotlib.axes import Axes

from calclearn.data import penguins
from calclearn.figures.marks import Dots
from calclearn.figures.style import TRAINING, VALIDATION

WINDOW = (170, 233), (12, 23)  # mm
LEVEL = 17.0  # mm, from which depths are counted
FITTED = 20  # birds to which a model is fitted
GRID = np.linspace(*WINDOW[0], 300)  # mm, where a fit is drawn
LOSSES = {  # of a fit
    "train": {"color": TRAINING, "label": f"the {FITTED} birds of the fit"},
    "test": {"color": VALIDATION, "label": "the others"},
}


def scaled(flipper: np.ndarray) -> np.ndarray:
    """Return lengths in mm as numbers from -1 to 1."""
    return (flipper - 201.5) / 29.5


def sample_of(sample: int) -> np.ndarray:
    """Return the numbers of all penguins in random order; the first `FITTED` are fitted."""
    return np.random.default_rng(sample).permutation(len(penguins()))


def points_of(birds: np.ndarray) -> np.ndarray:
    """Return flipper and bill of these birds in mm, (2, n)."""
    return np.stack([penguins().flipper_length[birds], penguins().bill_depth[birds]])


def bird_dots(ax: Axes, *, title: str, held_out: dict | None = None) -> Dots:
    """Return the dots of the quantities `held_out` and `fitted`, with the axes for them.

    `held_out` may change the look of the birds held out.
    """
    flipper, bill = (penguins().label(name) for name in ("flipper_length", "bill_depth"))
    ax.set(xlabel=flipper, ylabel=bill, xlim=WINDOW[0], ylim=WINDOW[1], title=title)
    faint = {"marker": "s", "color": VALIDATION, "ms": 3, "alpha": 0.45, "mec": "none", "zorder": 2}
    fitted = {"color": TRAINING, "ms": 6, "zorder": 3, "label": "training birds"}
    return Dots(ax, {"held_out": faint | (held_out or {}), "fitted": fitted})
