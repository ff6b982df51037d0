"""One look for every figure: colour says what a thing is, and it says the same in every lesson.

The palette is Okabe and Ito's (2008), for all common kinds of colour blindness; what two colours
tell apart, a marker, a line style or a word tells apart too. Losses run from dark (low) to light.
Figures are made and painted inside the `style()` context, which begins from matplotlib's defaults:
the settings of a learner's own plots change no pixel here, and ours none there.
"""

import functools
import inspect
import numbers
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

BLACK, GREY, LIGHT = "#1b1f24", "#5b6770", "#d0d7de"
ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip

DATA, MODEL, STEP, BEST = GREY, BLUE, VERMILION, ORANGE
WEIGHTS = (GREEN, PURPLE)  # the slope w0 and the intercept w1, wherever one of them acts alone
LOCAL, BLAME = BLUE, VERMILION  # a local derivative, and what is sent back through it
CLASSES = (ORANGE, BLUE)  # the answers -1 and +1 of a classifier
BASINS = (BLUE, ORANGE, GREEN, YELLOW, SKY, PURPLE)  # where descents end, one colour a minimum
UNSETTLED = {"hardly moves": LIGHT, "diverges": BLACK}  # where they do not end
TRUE, SUSPECT = SKY, VERMILION  # what the right gradient does, and what another one does
TRAINING, VALIDATION = BLACK, ORANGE  # data that a fit was given, and data held back from it

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


class _Looks(dict):
    """Colour and marker by name; those of one's own optimizers are grey and plain."""

    def __missing__(self, name: str) -> tuple[str, str]:
        return GREY, "."


# Colour and marker of every optimizer that appears in a race, the same in all lessons.
OPTIMIZERS = _Looks({
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
})  # fmt: skip

# Colour and marker of every rule for areas.
RULES = {
    "left": (ORANGE, "s"), "midpoint": (SKY, "o"),
    "trapezoid": (GREEN, "^"), "Simpson": (BLUE, "D"),
}  # fmt: skip

# The error of a difference quotient: its rules by marker, and by colour its parts.
DIFFERENCES = {"forward": "o", "central": "s", "complex step": "^"}
PARTS = {"truncation": BLUE, "round-off": PURPLE}

# Line of each kind of initial weights.
INITIALS = {
    "too small": {"color": PURPLE, "ls": ":"}, "Xavier": {"color": BLUE, "ls": "-"},
    "He": {"color": GREEN, "ls": "--"}, "orthogonal": {"color": ORANGE, "ls": "-."},
    "too large": {"color": VERMILION, "ls": (0, (3, 1, 1, 1, 1, 1))},
}  # fmt: skip

# Words on white in the upper left corner of a drawing, for the mark `Text`.
NOTE = {
    "place": (0.04, 0.96), "va": "top", "zorder": 8,
    "bbox": {"fc": "white", "ec": "none", "pad": 3},
}  # fmt: skip

# Inches; at 100 dots an inch a figure fits beside JupyterLab's side bar on a 1280-pixel screen.
WIDTH = 8.4
DPI = 100

_OURS = {
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with matplotlib, so pictures agree between machines
    "font.size": 10, "legend.fontsize": 10, "axes.titlesize": 11, "axes.labelsize": 10,
    "xtick.labelsize": 10, "ytick.labelsize": 10, "xtick.color": GREY, "ytick.color": GREY,
    "axes.edgecolor": GREY, "axes.labelcolor": BLACK, "axes.titlecolor": BLACK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": False, "grid.color": LIGHT,
    "legend.frameon": False, "lines.linewidth": 2, "lines.solid_capstyle": "round",
    "axes.titley": 1.0,  # else each picture measures all ticks to find it
}  # fmt: skip

_PROGRAM = {"backend", "backend_fallback", "interactive", "toolbar"}  # windows, not looks
_DEFAULTS = {
    name: mpl.rcParamsDefault[name] for name in mpl.rcParamsDefault if name not in _PROGRAM
}
_STYLE = _DEFAULTS | _OURS

# One for all figures: inside the context matplotlib's settings are everyone's, in every thread.
PAINTING = threading.RLock()
_active: list[dict] = []  # the settings inside which the one thread is that may be


def style() -> AbstractContextManager:
    """The context in which figures are made and painted: the course's fonts, sizes and colours.

    Inside it matplotlib's other settings are its defaults, NumPy neither warns of nor raises
    a floating-point error (a figure shows infinities as it can), and a warning is no error.
    """
    return _settings(_STYLE)


def defaults() -> AbstractContextManager:
    """The same with matplotlib's defaults alone, outside `style()`: no learner's settings."""
    return _settings(_DEFAULTS)


@contextmanager
def _settings(rc: dict) -> Iterator[None]:
    with PAINTING:
        if _active and (rc is _DEFAULTS or rc is _active[-1]):  # the style stays the style
            yield
            return
        strict = any(action == "error" for action, *_ in warnings.filters)
        # Only where it is needed: the filters are shared with all threads.
        quiet = warnings.catch_warnings(action="default") if strict else nullcontext()
        with np.errstate(all="ignore"), quiet:
            # As `mpl.rc_context` does, without fetching and validating each of 340 settings: that
            # would cost as much as the picture of a moving point.
            before = dict.copy(mpl.rcParams)
            dict.update(mpl.rcParams, rc)
            _active.append(rc)
            try:
                yield
            finally:
                _active.pop()
                dict.update(mpl.rcParams, before)


@functools.cache
def _independent(kind: type[Artist]) -> type[Artist]:
    """Return a kind of axes or figures whose artists never have the learner's own settings.

    Lines and patches made outside the style have matplotlib's defaults, words and axes the style's.
    """
    asks = ("_", "get", "draw", "is", "contains", "stale", "pchanged")
    written = (
        "add_axes", "add_subplot", "annotate", "clabel", "clear", "inset", "legend", "pie",
        "secondary", "set", "sub", "sup", "table", "text", "twin",
    )  # fmt: skip
    kept = {
        name: (style() if name.startswith(written) else defaults())(method)
        for name in dir(kind)
        if not name.startswith(asks)
        and name != "cla"
        and inspect.isfunction(method := getattr(kind, name))
    }
    return type(kind.__name__, (kind,), kept)


class _Sheet(_independent(Figure)):
    """A figure whose twin axes and insets are independent like its panels."""

    def _process_projection_requirements(self, *arguments, **keywords):
        kind, others = super()._process_projection_requirements(*arguments, **keywords)
        return _independent(kind), others


class _Solid(Axes3D):
    """Three dimensions, with the title at the height of a flat panel's."""

    def set_title(self, *arguments, **keywords):
        title = super().set_title(*arguments, **keywords)
        title.set_y(1)
        return title


_KINDS = {"flat": _independent(Axes), "solid": _independent(_Solid)}
_KINDS["ruled"] = _KINDS["strip"] = _KINDS["below"] = _KINDS["flat"]
_BELOW = 0.6  # its height, for a row of 1


def panels(*kinds: str, ratios: tuple[float, ...] | None = None, height: float = 3.4) -> list[Axes]:
    """Return the axes of a new figure, a row of panels, in the order of `kinds`.

    `kinds` names each panel from the left: "flat" for ordinary axes, "ruled" for those with level
    grid lines, "solid" for three dimensions; a "strip" is low and runs below all the others;
    "below" is flat and stands under the first panel, a second one under the second. `ratios` are
    the relative widths of the row, `height` is in inches; the figure is `WIDTH` inches wide. Limits
    come from `ax.set(xlim=(0, 9))`, or from a map or data; what moves does not change them. Raises
    ValueError for another kind, and for sizes that are no sizes.

    >>> data, bowl = panels("flat", "solid")
    >>> data.name, bowl.name
    ('rectilinear', '3d')
    """
    row = [kind for kind in kinds if kind not in ("strip", "below")]
    if not row or not all(kind in [*_KINDS] for kind in kinds):
        raise ValueError(f'kinds must be "flat", "ruled", "solid", "strip" or "below", got {kinds}')
    below, strips = kinds.count("below"), kinds.count("strip")
    if below > len(row):
        raise ValueError(f"there are {below} panels to stand below {len(row)}")
    widths = [1] * len(row) if ratios is None else ratios
    if np.shape(widths) != (len(row),) or not all(width > 0 for width in widths):
        raise ValueError(f"ratios must be {len(row)} numbers above 0, got {ratios!r:.60}")
    if not isinstance(height, numbers.Real) or not 0 < height < 100:
        raise ValueError(f"height must be a number of inches, got {height!r:.60}")
    shares = [1] + [_BELOW] * (below > 0) + [0.09] * strips
    tall = 1 + (below > 0)  # rows of a panel with nothing below
    with style():
        # The last bit counts: 4.1 inches would be 409 pixels in some versions of matplotlib.
        figure = _Sheet(figsize=(WIDTH, height + 1e-9), layout="constrained")
        figure.get_layout_engine().set(wspace=0.06)
        grid = figure.add_gridspec(len(shares), len(row), width_ratios=widths, height_ratios=shares)
        places = {
            "row": iter([grid[: 1 if k < below else tall, k] for k in range(len(row))]),
            "below": iter([grid[1, k] for k in range(below)]),
            "strip": iter([grid[k, :] for k in range(tall, len(shares))]),
        }
        axes = []
        for kind in kinds:
            place = next(places.get(kind, places["row"]))
            axes.append(figure.add_subplot(place, axes_class=_KINDS[kind]))
            if kind == "ruled":
                axes[-1].grid(True, axis="y", lw=0.6)
    return axes


def legend_below(*axes: Axes, handles=(), columns: int | None = None, **look) -> None:
    """Name below the figure all that has a label on these axes, in one row or so many columns.

    `handles` are artists that stand for something else, in place of those on the axes.
    """
    lines = handles or [line for ax in axes for line in ax.get_legend_handles_labels()[0]]
    look = {"loc": "outside lower center", "columnspacing": 1.5} | look
    with style():
        axes[0].figure.legend(handles=lines, ncols=columns or len(lines), **look)
