"""One look for every figure: colour says what a thing is, and it says the same in every lesson.

The palette is Okabe and Ito's (2008), which stays apart for all common kinds of colour blindness;
whatever two colours tell apart, a marker, a line style or a word tells apart too, so grey
printing loses nothing. Losses run from dark (low) to light (high) with lightness rising all the
way. Nothing global is touched: figures are made inside the `style()` context and live outside
pyplot, so that no notebook needs a `%matplotlib` line.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

BLACK, GREY, LIGHT = "#1b1f24", "#5b6770", "#d0d7de"
ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip

DATA, MODEL, STEP, BEST = GREY, BLUE, VERMILION, ORANGE
WEIGHTS = (GREEN, PURPLE)  # the slope w0 and the intercept w1, wherever one of them acts alone
LOCAL, BLAME = BLUE, VERMILION  # a local derivative, and what is sent back through it
CLASSES = (ORANGE, BLUE)  # the answers -1 and +1 of a classifier
BASINS = (BLUE, ORANGE, GREEN, YELLOW, SKY, PURPLE)  # where descents end, one colour a minimum
UNSETTLED = {"not settled": LIGHT, "diverges": BLACK}  # where they do not end
TRUE, SUSPECT = SKY, VERMILION  # what the right gradient does, and what another one does
SEEN, UNSEEN = BLACK, ORANGE  # data that a fit was given, and data held back from it

# Marker of each kind of point at which the gradient vanishes.
STATIONARY = {"minimum": "o", "saddle": "X", "maximum": "^", "degenerate": "D"}

LOSS = LinearSegmentedColormap.from_list(
    "loss", ["#0d2236", "#1d4e68", "#3c7f8c", "#7bb0a4", "#bfd8c2", "#f6f2df"]
)

# Cells of an image: a pixel from paper to ink, and a number from below zero to above.
INK = LinearSegmentedColormap.from_list("ink", ["white", BLACK])
SIGNED = LinearSegmentedColormap.from_list("signed", [ORANGE, "white", BLUE])

# The size of a gradient: from vanished (dark) through 1 (the middle) to exploded (light).
GRADIENT = LinearSegmentedColormap.from_list(
    "gradient", ["#0a1433", "#1c4f8f", "#a29a98", "#f5a544", "#fff3b8"]
)

# What a learning rate does, from too small to too large; the names stand beside the colours.
REGIMES = {
    "creeps": "#c6dbef", "converges": "#7fcdbb", "oscillates": "#fed976", "diverges": "#fc8d59",
}  # fmt: skip

# Colour and marker of every optimizer that appears in a race, the same in all lessons.
OPTIMIZERS = {
    "GradientDescent": (VERMILION, "o"),
    "SGD": ("#7f1d1d", "*"),
    "Momentum": (BLUE, "s"),
    "Nesterov": (SKY, "D"),
    "AdaGrad": (GREEN, "^"),
    "RMSProp": (ORANGE, "v"),
    "Adam": (PURPLE, "P"),
    "AdamW": ("#7a3e63", "p"),
    "ProximalGradient": ("#8c6d1f", "h"),
    "Newton": (BLACK, "X"),
    "DampedNewton": (GREY, "d"),
    "BFGS": ("#00504a", "<"),
    "LBFGS": ("#16407a", ">"),
}

# Colour and marker of every rule for areas.
RULES = {
    "left": (ORANGE, "s"), "midpoint": (SKY, "o"),
    "trapezoid": (GREEN, "^"), "Simpson": (BLUE, "D"),
}  # fmt: skip

# The error of a difference quotient: its rules by marker, and by colour its parts.
DIFFERENCES = {"forward": "o", "central": "s", "complex step": "^"}
PARTS = {"truncation": BLUE, "round-off": PURPLE}

# Line of every schedule: colour and dashes.
SCHEDULES = {
    "constant": (BLACK, "-"), "step decay": (ORANGE, "--"),
    "cosine": (BLUE, "-"), "warm-up, cosine": (GREEN, "-."),
}  # fmt: skip

# Line of every kind of first weights: colour and dashes.
INITIALS = {
    "too small": (PURPLE, ":"), "Xavier": (BLUE, "-"), "He": (GREEN, "--"),
    "orthogonal": (ORANGE, "-."), "too large": (VERMILION, (0, (3, 1, 1, 1, 1, 1))),
}  # fmt: skip

# Inches; at 100 dots an inch a figure fits beside JupyterLab's side bar on a 1280-pixel screen.
WIDTH = 8.4
DPI = 100

_RC = {
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with matplotlib, so pictures agree between machines
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "axes.edgecolor": GREY,
    "axes.labelcolor": BLACK,
    "axes.titlecolor": BLACK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": LIGHT,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "lines.solid_capstyle": "round",
}


# One for all figures: inside the context matplotlib's settings are everyone's, in every thread.
PAINTING = threading.RLock()


@contextmanager
def style() -> Iterator[None]:
    """The context in which figures are made: the course's fonts, sizes and colours.

    >>> with style():
    ...     float(mpl.rcParams["font.size"])
    10.0
    """
    with PAINTING, mpl.rc_context(_RC):
        yield


def panels(*kinds: str, ratios: tuple[float, ...] | None = None, height: float = 3.4) -> list[Axes]:
    """Return the axes of a new figure, a row of panels, in the order of `kinds`.

    `kinds` names each panel from the left: "flat" for ordinary axes, "solid" for three dimensions;
    a "strip" is low and runs below all the others. `ratios` are the relative widths of the row,
    `height` is in inches; the figure is `WIDTH` inches wide. Raises ValueError for another kind.

    >>> data, bowl = panels("flat", "solid")
    >>> data.name, bowl.name
    ('rectilinear', '3d')
    """
    names = {"flat": "rectilinear", "solid": "3d", "strip": "rectilinear"}
    row = [kind for kind in kinds if kind != "strip"]
    if not row or not set(kinds) <= set(names):
        raise ValueError(f'kinds must be "flat", "solid" or "strip", got {kinds}')
    strips = len(kinds) - len(row)
    with style():
        # The last bit counts: 4.1 inches would be 409 pixels in some versions of matplotlib.
        figure = Figure(figsize=(WIDTH, height + 1e-9), layout="constrained")
        figure.get_layout_engine().set(wspace=0.06)
        shares = [1] + [0.09] * strips
        grid = figure.add_gridspec(1 + strips, len(row), width_ratios=ratios, height_ratios=shares)
        places = iter(range(len(row)))
        lines = iter(range(1, 1 + strips))
        axes = [
            figure.add_subplot(
                grid[next(lines), :] if kind == "strip" else grid[0, next(places)],
                projection=names[kind],
            )
            for kind in kinds
        ]
    return axes


def legend_below(*axes: Axes, columns: int | None = None, **look) -> None:
    """Name below the figure all that has a label on these axes, in one row or so many columns."""
    lines = [line for ax in axes for line in ax.get_legend_handles_labels()[0]]
    look = {"loc": "outside lower center", "columnspacing": 1.5} | look
    with style():
        axes[0].figure.legend(handles=lines, ncols=columns or len(lines), **look)
