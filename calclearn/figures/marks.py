"""Marks: lines, curves, dots, rules, texts, areas, stems and rasters of any quantities.

A mark is made with the names of the quantities that it draws, so a cell needs no class of its own:

    Lines(ax, "train", "held_out", color=[BLUE, ORANGE], step="step")

draws what `compute` returns as `train` and as `held_out`, as far as the step. Further keywords are
matplotlib's own; a list gives each name its own value, and a table {name: {keyword: value}} may
stand in place of names. Artists that no quantity moves belong to matplotlib: `ax.axhline(0)`.

NaN leaves a gap. What is far outside the axes, infinite, or zero on a logarithmic axis is moved to
a place that every renderer can draw to, beyond the edge.
"""

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cbook import normalize_kwargs
from matplotlib.collections import Collection, PolyCollection
from matplotlib.colors import Colormap, Normalize
from matplotlib.lines import Line2D
from matplotlib.transforms import IdentityTransform

from calclearn.figures.printing import fields, filled
from calclearn.figures.style import BEST, BLACK, GREEN, LOSS, MODEL, PURPLE, STEP, defaults, style

COLORS = (MODEL, STEP, GREEN, PURPLE, BEST, BLACK)  # in turn, where none is given
FAR = 1000  # lengths of the axis; renderers fail, or lose precision, much farther out
FAR_SCALED = 3  # the same on axes that are not linear, whose numbers would overflow


class Drawing:
    """What `explore` updates: artists on the axes `ax`, made once, that follow quantities.

    `update` names the quantities. Where their names are data, `parameters` holds them: {name:
    whether it is needed}. `constants` are given once for all, and None where they are not.
    Artists that move are made with `animated=True`, or else the drawing has `background = True`.
    """

    parameters: dict[str, bool] | None = None
    background = False
    drags: tuple[str, ...] = ()
    sources: Mapping[str, str] = MappingProxyType({})
    _shown: Any = None

    def __init__(self, ax: Axes, **constants: Any) -> None:
        if not hasattr(ax, "add_line"):
            came = "a list of them" if isinstance(ax, list) else f"{ax!r:.60}"
            raise TypeError(f"{type(self).__name__} needs one of the panels first, got {came}")
        self.ax = ax
        self.constants = {name: value for name, value in constants.items() if value is not None}

    def on(self, **names: str) -> Self:
        """Take other quantities: after `on(descent="second")` the descent is the quantity `second`.

        Raises TypeError for a name that `update` does not take, or one that is not text.
        """
        known = list(self.parameters or inspect.signature(self.update).parameters)
        for name, quantity in names.items():
            if name not in known:
                raise TypeError(f"{type(self).__name__} takes {', '.join(known)}; got {name!r}")
            if not isinstance(quantity, str):
                raise TypeError(f"{name} must be the name of a quantity, got {quantity!r:.60}")
        self.sources = {**self.sources, **names}
        return self

    def drag(self, *controls: str, by: Callable) -> Self:
        """Let a pointer move these controls: `by(start, to, *values)` returns their new values.

        `start` and `to` are places on the axes, `values` those when the pointer was pressed. Raises
        TypeError for a `by` that is no function.
        """
        if not callable(by):
            raise TypeError(f"by must be a function of start, to and values, got {by!r:.60}")
        self.drags, self.dragged = controls, by
        return self

    def update(self, **quantities: Any) -> None:
        raise NotImplementedError

    def _show(self, window: list) -> bool:
        """Let the axes show a window ((left, right), (low, high)), unless they do already."""
        if new := self._is_new(window):
            self.ax.set(xlim=window[0], ylim=window[1])
        return new

    def _is_new(self, *what: Any) -> bool:
        """Whether this is other than what it was at the last call: then the axes change, too."""
        before, self._shown = self._shown, what
        return what != before


def moving(ax: Axes, *form: str, **look) -> Line2D:
    """Return a line on flat or solid axes that is empty and moves: `put` gives it its places."""
    empty = [[]] * (3 if ax.name == "3d" else 2)
    return ax.plot(*empty, *form, animated=True, **look)[0]


def moving_pieces(ax: Axes, kind: type[Collection], **look) -> Collection:
    """Return an empty collection that moves, of a kind such as `LineCollection`, on the axes."""
    with defaults():
        return ax.add_collection(kind([], animated=True, **look), autolim=False)


def put(line: Line2D, places) -> None:
    """Draw a line through places (2, n), on solid axes (3, n)."""
    line.set_data_3d(*places) if len(places) == 3 else line.set_data(*places)


class _Mark(Drawing):
    """A drawing with one artist, or pair of artists, for each quantity in `looks`."""

    def __init__(self, ax: Axes, names, look: dict, usual: dict, kind: type = Line2D) -> None:
        super().__init__(ax)
        self.looks = _looks(type(self).__name__, names, look, usual, kind)
        self.parameters = dict.fromkeys(self.looks, True)


class Lines(_Mark):
    """A curve for each name: y over its index, or (x, y); on solid axes (x, y, z).

    `step` names the quantity up to which the curves are drawn, `window` one that the axes show:
    ((left, right), (low, high)). With `edge`, what leaves the axes runs along their edge.

    >>> from calclearn.figures.style import panels
    >>> (ax,) = panels("flat")
    >>> losses = Lines(ax, "train", "held_out", label=["train", "held out"], step="step")
    >>> losses.update(train=[4, 2, 1], held_out=[5, 3, 4], step=1)
    >>> losses.lines["train"].get_ydata().tolist()
    [4.0, 2.0]
    """

    usual: ClassVar[dict] = {}
    index = True  # a row of numbers is y over its index

    @style()
    def __init__(
        self, ax: Axes, *names: str | dict, step: str | None = None, window: str | None = None,
        edge: bool = False, **look,
    ) -> None:  # fmt: skip
        super().__init__(ax, names, look, self.usual)
        self.step, self.window, self.edge, self.solid = step, window, edge, ax.name == "3d"
        self.parameters |= {step: False} if step else {}
        if window:
            self.parameters[window] = self.background = True
        self.lines = {name: moving(ax, **each) for name, each in self.looks.items()}

    def update(self, **quantities: Any) -> None:
        step, flat = quantities.get(self.step), not self.solid
        if self.window:
            self._show(_rows(self.window, quantities[self.window], 2).tolist())
        for name, line in self.lines.items():
            places = _rows(name, quantities[name], 2 if flat else 3, index=self.index and flat)
            places = places if step is None else places[:, : int(step) + 1]
            put(line, _within(self.ax, places, self.edge))


class Curves(Lines):
    """The curves of one quantity, {label: curve}, as `looks` {label: {keyword: value}} has them.

    A label that has no curve is not drawn.

    >>> from calclearn.figures.style import panels
    >>> (ax,) = panels("flat")
    >>> losses = Curves(ax, "losses", {"SGD": {"color": "red"}, "Adam": {"ls": "--"}}, lw=2)
    >>> losses.update(losses={"Adam": [4, 2, 1]})
    >>> [len(line.get_xdata()) for line in losses.lines.values()]
    [0, 3]
    """

    def __init__(self, ax: Axes, name: str, looks: dict[str, dict], **others) -> None:
        super().__init__(ax, {key: {"label": key} | look for key, look in looks.items()}, **others)
        self.name = name
        kept = {key: needed for key, needed in self.parameters.items() if key not in self.looks}
        self.parameters = {name: True} | kept

    def update(self, **quantities: Any) -> None:
        curves, none = quantities[self.name], np.empty((3 if self.solid else 2, 0))
        if not isinstance(curves, Mapping):
            raise TypeError(f"{self.name} must be {{label: curve}}, got {curves!r:.60}")
        super().update(**quantities | {key: curves.get(key, none) for key in self.lines})


class Dots(Lines):
    """A point for each name, or many: (2,) or (2, k); on solid axes (3,) or (3, k).

    `step` names the quantity up to which the points are drawn. With `edge`, a point that is outside
    the axes stands at their edge.
    """

    usual: ClassVar[dict] = {
        "marker": "o", "linestyle": "", "markersize": 8, "markeredgecolor": "white", "zorder": 5
    }  # fmt: skip
    index = False


class Rule(Drawing):
    """Straight lines across flat axes: vertical ones at the quantity `x`, level ones at `y`.

    `Rule(ax, x="best")` follows the quantity `best`: a number, or several.
    """

    @style()
    def __init__(self, ax: Axes, *, x: str | None = None, y: str | None = None, **look) -> None:
        super().__init__(ax)
        _flat(self)
        names = {way: name for way, name in (("x", x), ("y", y)) if name is not None}
        if not names or not all(isinstance(name, str) for name in names.values()):
            raise TypeError(f"x or y must name a quantity, got x={x!r}, y={y!r}")
        self.parameters = dict.fromkeys(names.values(), True)
        look = {"color": BLACK, "linewidth": 1.2} | normalize_kwargs(look, Line2D)
        across = {"x": ax.get_xaxis_transform, "y": ax.get_yaxis_transform}
        self.lines = {
            way: (name, moving(ax, transform=across[way](), **look)) for way, name in names.items()
        }

    def update(self, **quantities: Any) -> None:
        for way, (name, line) in self.lines.items():
            values = np.ravel(_numbers(name, quantities[name]))
            place = _within_axis(getattr(self.ax, f"{way}axis"), values)
            ends = np.tile([0, 1, np.nan], len(place)), np.repeat(place, 3)
            put(line, ends[::-1] if way == "x" else ends)


class Text(Drawing):
    """Words that follow quantities: `Text(ax, (0.05, 0.9), "slope {slope:.2f}")`.

    `text` is a template, `place` a pair of fractions of the axes.

    >>> from calclearn.figures.style import panels
    >>> (ax,) = panels("flat")
    >>> words = Text(ax, (0.5, 0.5), "slope {slope:.2f}")
    >>> words.update(slope=-0.25)
    >>> words.text.get_text()
    'slope −0.25'
    """

    @style()
    def __init__(self, ax: Axes, place: tuple[float, float], text: str, **look) -> None:
        super().__init__(ax)
        if np.shape(place) != (2,) or not isinstance(text, str):
            came = f"{place!r:.40}, {text!r:.40}"
            raise TypeError(f"Text needs a place such as (0.05, 0.9), and words, got {came}")
        self.template, self.parameters = text, dict.fromkeys(fields(text), True)
        write = ax.text2D if ax.name == "3d" else ax.text
        self.text = write(*place, "", transform=ax.transAxes, animated=True, **look)

    def update(self, **quantities: Any) -> None:
        self.text.set_text(filled(self.template, quantities))


class Area(_Mark):
    """The area under a curve, or between two, for each name: y over its index, (x, y), or
    (x, low, high). The first two reach down, or up, to 0.
    """

    @style()
    def __init__(self, ax: Axes, *names: str | dict, **look) -> None:
        usual = {"alpha": 0.25, "linewidth": 0}
        super().__init__(ax, names, look, usual, PolyCollection)
        _flat(self)
        self.areas = {
            name: moving_pieces(ax, PolyCollection, **each) for name, each in self.looks.items()
        }

    def update(self, **quantities: Any) -> None:
        for name, area in self.areas.items():
            x, *y = _rows(name, quantities[name], 2, 3, index=True)
            low, high = y if len(y) == 2 else (np.zeros(len(x)), *y)
            below, above = edges = [_within(self.ax, np.stack([x, side])) for side in (low, high)]
            known = np.isfinite(edges).all(axis=(0, 1))
            pieces = np.split(np.arange(len(x)), np.flatnonzero(np.diff(known)) + 1)
            area.set_verts([
                np.concatenate([below[:, piece], above[:, piece[::-1]]], axis=1).T
                for piece in pieces if len(piece) and known[piece[0]]
            ])  # fmt: skip


class Stems(_Mark):
    """A stem with a dot on it for each value: y over its index, or (x, y); it begins at 0."""

    @style()
    def __init__(self, ax: Axes, *names: str | dict, **look) -> None:
        super().__init__(ax, names, look, {"marker": "o"})
        _flat(self)
        self.stems = {
            name: (
                moving(ax, **each | {"marker": "", "label": "_stem"}),
                moving(ax, **each | {"linestyle": "", "zorder": 3}),
            )
            for name, each in self.looks.items()
        }

    def update(self, **quantities: Any) -> None:
        for name, (stem, head) in self.stems.items():
            x, y = _within(self.ax, _rows(name, quantities[name], 2, index=True))
            bases = _within_axis(self.ax.yaxis, np.zeros(len(x)))
            put(stem, (np.repeat(x, 3), np.stack([bases, y, np.nan * x], axis=1).ravel()))
            put(head, (x, y))


class Raster(Drawing):
    """The quantity `name` as coloured cells: (rows, columns), or colours (rows, columns, 3 or 4).

    `window`, ((left, right), (low, high)), is where it lies on the axes, its first row lowest; it
    may name a quantity, which the axes then show. Without one, a cell is one unit wide and the
    first row is at the top, as in an image. `colors` is a colormap; `scale` is matplotlib's
    `Normalize` or `LogNorm`, by default from the smallest to the largest finite value. NaN has no
    colour, infinities have those of the ends.
    """

    background = True  # its window may be another one

    @style()
    def __init__(
        self, ax: Axes, name: str, *, window=None, colors: Colormap = LOSS,
        scale: Normalize | None = None, **look,
    ) -> None:  # fmt: skip
        super().__init__(ax)
        _flat(self)
        self.name, self.colors, self.scale, self.window = name, colors, scale, window
        self.parameters = {name: True}
        place = {"origin": "upper", "aspect": "equal"}
        if window is not None:
            place = {"origin": "lower", "aspect": "auto"}
        if isinstance(window, str):
            self.parameters[window] = True
        elif window is not None:
            place["extent"] = (*window[0], *window[1])
        look = {"interpolation": "nearest", "zorder": 0.5} | place | look
        self.image = ax.imshow(np.zeros((1, 1, 4)), animated=True, **look)

    def update(self, **quantities: Any) -> None:
        cells = _numbers(self.name, quantities[self.name])
        if not (cells.size and (cells.ndim == 2 or (cells.ndim == 3 and cells.shape[2] in (3, 4)))):
            raise ValueError(
                f"{self.name} must be cells (rows, columns), or their colours, got an array of "
                f"shape {cells.shape}"
            )
        rows, columns = cells.shape[:2]
        window = [[-0.5, columns - 0.5], [rows - 0.5, -0.5]]
        if isinstance(self.window, str):
            window = _rows(self.window, quantities[self.window], 2).tolist()
        if isinstance(self.window, str | None) and self._show(window):
            self.image.set_extent((*window[0], *window[1]))
        self.image.set_data(np.nan_to_num(cells) if cells.ndim == 3 else self._colored(cells))

    def _colored(self, cells: np.ndarray) -> np.ndarray:
        low, high = finite_range(cells)
        scale = self.scale or Normalize(low, high if high > low else low + 1)
        shares = np.ma.filled(scale(np.clip(cells, scale.vmin, scale.vmax)), np.nan)
        colors = self.colors(np.nan_to_num(shares), bytes=True)
        colors[np.isnan(shares), 3] = 0
        return colors


def _looks(mark: str, names, look: dict, usual: dict, kind: type) -> dict[str, dict]:
    """Return the keywords of each name."""
    rows: dict[str, dict] = {}
    for each in names:
        rows |= each if isinstance(each, dict) else {each if isinstance(each, str) else None: {}}
    if not rows or not all(isinstance(name, str) for name in rows):
        came = ", ".join(f"{each!r:.40}" for each in names) or "none"
        raise TypeError(f"{mark} needs names of quantities that compute returns, got {came}")
    for keyword, values in look.items():
        if isinstance(values, list) and len(values) != len(rows):
            raise ValueError(
                f"{keyword} must have one value for each of {', '.join(rows)}, got {len(values)}"
            )
    looks = {}
    for k, (name, own) in enumerate(rows.items()):
        each = {key: value[k] if isinstance(value, list) else value for key, value in look.items()}
        usual_here = {"color": COLORS[k % len(COLORS)]} | usual
        looks[name] = usual_here | normalize_kwargs(each | own, kind)
    return looks


def _flat(mark: Drawing) -> None:
    if mark.ax.name == "3d":
        raise TypeError(f"{type(mark).__name__} needs flat axes, got solid ones")


def _numbers(name: str, value: Any) -> np.ndarray:
    try:
        if isinstance(value, tuple):
            value = np.broadcast_arrays(*value, subok=True)
        numbers = np.ma.asarray(value)
        if numbers.dtype.kind != "c":
            return numbers.astype(float, copy=False).filled(np.nan)  # what is masked is a gap
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name} must be numbers of one length, got {value!r:.60}") from None
    raise TypeError(f"{name} must be real numbers, got complex ones")


def finite_range(values: np.ndarray) -> tuple[float, float]:
    """Return the least and the greatest finite value, zeros where there is none."""
    finite = np.asarray(values, float)[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _rows(name: str, value: Any, *counts: int, index: bool = False) -> np.ndarray:
    """Return coordinates (d, n), with d one of `counts`; one row goes over its `index`."""
    rows = _numbers(name, value)
    if rows.ndim == 1:
        rows = np.stack([np.arange(len(rows)), rows]) if index else rows[:, None]
    if rows.ndim != 2 or len(rows) not in counts:
        third = "(x, low, high)" if 2 in counts else "(x, y, z)"
        forms = ["y"] * index + [{2: "(x, y)", 3: third}[count] for count in counts]
        raise ValueError(f"{name} must be {' or '.join(forms)}, got an array of shape {rows.shape}")
    return rows


def pairs(name: str, value: Any, *, many: bool = True) -> np.ndarray:
    """Return what must have shape (2,), or (2, k) where there may be `many`, as (2, k)."""
    numbers = _numbers(name, value)
    if numbers.shape[:1] != (2,) or not (many or numbers.size == 2):
        form = "(2,) or (2, k)" if many else "(2,)"
        raise ValueError(f"{name} must have shape {form}, got an array of shape {numbers.shape}")
    return numbers.reshape(2, -1)


def _within(ax: Axes, places: np.ndarray, edge: bool = False) -> np.ndarray:
    """Return places (d, n) that can be drawn; on solid axes those outside the box are left out."""
    if len(places) == 2:
        rows = zip((ax.xaxis, ax.yaxis), places, strict=True)
        return np.stack([_within_axis(axis, values, edge) for axis, values in rows])
    low, high = np.sort([ax.get_xlim(), ax.get_ylim(), ax.get_zlim()]).T[:, :, None]
    room = (high - low) / 100  # a bowl's bottom is lower than the corners of its mesh
    inside = (places >= low - room) & (places <= high + room)
    return np.where(inside.all(axis=0), places, np.nan)


def _within_axis(axis, values: np.ndarray, edge: bool = False) -> np.ndarray:
    """Return values no farther off than some lengths of the axis on paper, or at its ends."""
    scale = axis.get_transform()
    low, high = np.sort(scale.transform(np.array(axis.get_view_interval(), float)))
    far = FAR if isinstance(scale, IdentityTransform) else FAR_SCALED
    room = 0 if edge else far * (high - low)
    with np.errstate(all="ignore"):
        places = scale.transform(values)
        kept = np.clip(places, low - room, high + room)
        return np.where(kept == places, values, scale.inverted().transform(kept))
