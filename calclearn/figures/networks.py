"""A network drawn as its units and weights: each unit is a small map of its output, each weight a
line whose width is the size of a derivative by it, and whose colour is that derivative's sign. A
bias belongs to one unit: it is the frame around its map.
"""

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from calclearn.figures.marks import Drawing, moving, moving_pieces, put
from calclearn.figures.style import BLACK, BLUE, CLASSES, GREY, ORANGE, SIGNED, style

SIDE, LARGEST, WIDEST = 100.0, 11.0, 7.0  # of the drawing and of a unit; and of a line, in points
SAMPLES, FLOOR = (1.0, 0.5, 0.1), -13.0  # shares of the full width, shown below the network


class NetworkGraph(Drawing):
    """Units in columns, one column a layer; `update(maps, blame, full)`.

    `maps` has each column's outputs over a window, (rows, columns, units) from -1 to +1, the inputs
    first. `blame` has ∂L/∂W (units, inputs) and ∂L/∂b (units,) for each column but the first. A
    derivative of size `full` has the full width, as larger ones have; the others are as wide as
    their share of it.
    """

    @style()
    def __init__(self, ax: Axes, columns: int, names: tuple[str, ...] = ()) -> None:
        super().__init__(ax)
        self.middles = np.linspace(10, SIDE - 7, columns)
        ax.set_axis_off()
        self.weights, self.biases = (
            moving_pieces(ax, LineCollection, capstyle="round", zorder=z) for z in (1, 4)
        )
        self.edges = moving_pieces(ax, LineCollection, color=GREY, lw=0.6, zorder=3)
        look = {"origin": "lower", "aspect": "equal", "interpolation": "nearest", "zorder": 2}
        self.images = [ax.imshow(np.zeros((1, 1, 4)), animated=True, **look) for _ in self.middles]
        ax.set(xlim=(0, SIDE), ylim=(FLOOR, SIDE))
        for name, (_, y) in zip(names, _places(self.middles[0], len(names))[0], strict=True):
            ax.text(2, y, name, ha="center", va="center", size=12, style="italic")
        ax.text(2, FLOOR + 4, r"$|\partial L/\partial w|$", va="center", size=11)
        self.sizes, look = [], {"va": "center", "size": 10, "animated": True}
        for k, share in enumerate(SAMPLES):
            x = 28 + 25 * k
            ax.plot([x, x + 9], [FLOOR + 4] * 2, color=BLACK, lw=WIDEST * share)
            self.sizes.append(ax.text(x + 11, FLOOR + 4, "", **look))

    def update(self, maps, blame, full: float) -> None:
        columns = [_places(x, each.shape[-1]) for x, each in zip(self.middles, maps, strict=True)]
        for image, maps_of, (places, size) in zip(self.images, maps, columns, strict=True):
            image.set_data(_stacked(maps_of, places, size))
            (x, high), (_, low) = places[0], places[-1]
            image.set_extent([*(x + size * np.array([-0.5, 0.5])), low - size / 2, high + size / 2])
        squares = [[_square(*place, size) for place in places] for places, size in columns]
        self.edges.set_segments(np.concatenate(squares))
        lines = []
        for (before, small), (after, large) in pairwise(columns):
            starts, ends = np.add(before, (small / 2, 0)), np.subtract(after, (large / 2, 0))
            both = np.broadcast_arrays(starts, ends[:, None])  # (units, inputs, 2) each
            lines.append(np.stack(both, axis=2).reshape(-1, 2, 2))
        W, b = (np.concatenate([*map(np.ravel, parts)]) for parts in zip(*blame, strict=True))
        _draw(self.weights, np.concatenate(lines), W, full)
        _draw(self.biases, np.concatenate(squares[1:]), b, full)
        for text, share in zip(self.sizes, SAMPLES, strict=True):
            text.set_text(f"{share * full:.3g}")


class NamedParts(Drawing):
    """What is computed from what; `update(uses)`: the names that each name is computed from.

    `places` has a point (2,) for each name that may come, those that are only used included. The
    lines lead from what is used to what uses it.
    """

    def __init__(self, ax: Axes, places: dict[str, tuple[float, float]]) -> None:
        super().__init__(ax)
        self.places = places
        ax.set_axis_off()
        self.lines = moving_pieces(ax, LineCollection, lw=1.5, color=GREY, zorder=1)
        self.rings = moving(ax, "o", mfc="white", mec=BLACK, ms=27, zorder=2)
        look = {"ha": "center", "va": "center", "size": 12, "animated": True, "zorder": 3}
        self.names = {name: ax.text(*place, name, **look) for name, place in places.items()}

    def update(self, uses) -> None:
        used_or_named = {*uses, *(used for names in uses.values() for used in names)}
        shown = [name for name in self.places if name in used_or_named]
        for name, text in self.names.items():
            text.set_visible(name in shown)
        put(self.rings, np.transpose([self.places[name] for name in shown]))
        self.lines.set_segments(
            [[self.places[used], self.places[name]] for name in uses for used in uses[name]]
        )


class SizedPoints(Drawing):
    """Points (2, n) of two classes, -1 and +1, the larger the larger their errors, one in a ring.

    `update(errors, point)` takes the squared errors (n,), and the index of the ringed point. A drag
    takes the ring to the point nearest to the pointer. `drags` names the control of the index, and
    may name others behind it, which then take the values `also`.
    """

    def __init__(
        self, ax: Axes, points: np.ndarray, classes: np.ndarray, *, drags=(), also=()
    ) -> None:
        super().__init__(ax)
        self.points, self.drags, self.also = points, drags, also
        self.groups = [classes < 0, classes > 0]
        self.dots = [
            ax.scatter(*points[:, group], c=color, marker=marker, ec=BLACK, lw=0.5, animated=True)
            for group, color, marker in zip(self.groups, CLASSES, "os", strict=True)
        ]
        self.ring = moving(ax, "o", ms=15, mfc="none", mec=BLACK, mew=2.2, zorder=6)

    def update(self, errors, point: int) -> None:
        for dots, group in zip(self.dots, self.groups, strict=True):
            dots.set_sizes(8 + 20 * np.asarray(errors)[group])
        put(self.ring, self.points[:, [point]])

    def dragged(self, start, to, *values) -> tuple:
        """Return the index of the point nearest to the pointer, and the values `also`."""
        away = self.points - np.reshape(to, (2, 1))
        return int(np.argmin(np.sum(away**2, axis=0))), *self.also


def _places(x: float, count: int) -> tuple[np.ndarray, float]:
    """Return the middles (count, 2) of a column's units, the first at the top, and their size."""
    size = min(LARGEST, 0.8 * SIDE / count)
    pitch = min(SIDE / count, 2.5 * size)
    heights = SIDE / 2 + pitch * ((count - 1) / 2 - np.arange(count))
    return np.column_stack([np.full(count, x), heights]), size


def _stacked(maps: np.ndarray, places: np.ndarray, size: float) -> np.ndarray:
    """Return the colours of a column's maps above one another, nothing between them."""
    rows, columns, count = maps.shape
    pitch = size if count == 1 else (places[0, 1] - places[-1, 1]) / (count - 1)
    gap = round(rows * (pitch / size - 1))
    colors = SIGNED(0.5 + np.moveaxis(maps, -1, 0)[::-1] / 3.2, bytes=True)
    colors = np.concatenate([colors, np.zeros((count, gap, columns, 4), np.uint8)], axis=1)
    return colors.reshape(-1, columns, 4)[: count * (rows + gap) - gap]


def _square(x: float, y: float, size: float) -> np.ndarray:
    return np.array([x, y]) + size / 2 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])


def _draw(lines: LineCollection, places: np.ndarray, derivatives: np.ndarray, full: float) -> None:
    """Show derivatives as lines: sizes by width, the widest in front, signs by colour."""
    widths = WIDEST * np.minimum(np.abs(derivatives) / full, 1)
    order = np.argsort(widths)
    order = order[widths[order] > 0.1]
    colors = np.where(derivatives[order] < 0, ORANGE, BLUE)
    lines.set(segments=places[order], linewidths=widths[order], colors=colors)
