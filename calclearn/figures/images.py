"""Drawings of images cell by cell: pixels, kernels and maps.

A cell is a square around whole numbers (column, row), so what the pointer touches is an index of
the array. Ink goes from white to black; signed numbers from orange over white to blue.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle

from calclearn.figures.graphs import number
from calclearn.figures.marks import Drawing, moving_pieces
from calclearn.figures.style import BLACK, GREY, INK, LIGHT, SIGNED, STEP, style

PEN = 1.3  # from the middle of a stroke to where its ink ends, in cells
EDGE = 0.53  # from the middle of the outermost cells to the edge of the axes


class Cells(Drawing):
    """The quantity `name`, an array (H, W), or colours (H, W, 3), cell by cell.

    `frame` names the quantity (row, column, height, width), a rectangle of cells to outline. The
    numbers in it, without one all of them, are written by `words`, if they are at most `numbers`.
    `limit` is the number that has the full colour, by default the largest shown. `drags` names the
    controls of row and column, and `grip` is the cell of the frame, (row, column), at which a
    pointer holds it.
    """

    background = True  # an array of another shape gets other axes

    @style()
    def __init__(
        self, ax: Axes, name: str, *, frame: str | None = None, shades=SIGNED,
        limit: float | None = None, numbers: int = 0, words: Callable = number, drags=(),
        grip: tuple[int, int] = (0, 0),
    ) -> None:  # fmt: skip
        super().__init__(ax)
        self.name, self.framed, self.limit, self.words = name, frame, limit, words
        self.drags, self.grip = drags, grip
        self.parameters = {name: True} | ({frame: True} if frame else {})
        ax.tick_params(length=0)
        self.image = ax.imshow(np.zeros((1, 1)), cmap=shades, animated=True)
        ax.spines[:].set(visible=True, color=LIGHT)
        self.frame = _frame(ax, 0, lw=2.5, zorder=3)
        self.numbers = _texts(ax, numbers)

    def update(self, **quantities: Any) -> None:
        values = np.asarray(quantities[self.name], float)
        self.shape = H, W = values.shape[:2]
        if self._is_new(H, W):
            self.image.set_extent((-0.5, W - 0.5, H - 0.5, -0.5))
            # a row or column of cells needs no number
            self.ax.set(xticks=range(W if W > 1 else 0), yticks=range(H if H > 1 else 0))
            self.ax.set(xlim=(-EDGE, W - 1 + EDGE), ylim=(H - 1 + EDGE, -EDGE))
        _colour(self.image, values, self.limit)
        row, column, height, width = quantities[self.framed] if self.framed else (0, 0, H, W)
        if self.framed:
            self.frame.set(xy=(column - 0.5, row - 0.5), height=height, width=width)
        cells = np.indices((height, width)).reshape(2, -1).T + np.array([row, column])  # (n, 2)
        cells = cells[((cells >= 0) & (cells < self.shape)).all(axis=1)]  # a frame may reach beyond
        if len(cells) > len(self.numbers):
            cells = cells[:0]
        inside = values[tuple(cells.T)]
        _write(self.numbers, cells, [self.words(v) for v in inside], self.image.to_rgba(inside))

    def dragged(self, start, to, *values: float) -> tuple[float, float]:
        """Return the row and column of the cell under the pointer, as of the frame's corner."""
        return to[1] - self.grip[0], to[0] - self.grip[1]


class Pad(Cells):
    """An image that a pointer paints on; `drags` names the controls of pixels, brush and step.

    A pen leaves `full` ink on a cell that its way passes through the middle of, and less the
    farther off it passes; an eraser takes as much away. What is painted begins a new walk: the step
    becomes 0.
    """

    def __init__(self, ax: Axes, name: str, *, full: int, drags: tuple[str, str, str]) -> None:
        super().__init__(ax, name, shades=INK, limit=full, drags=drags)
        self.full = full

    def painted(self, places, pixels, brush: str, step: int) -> tuple[list[int], str, int]:
        """Return the pixels after the pointer's way over these places (n, 2), the brush, step 0."""
        cells = np.indices(self.shape)[::-1].reshape(2, -1).T  # (x, y) of each
        stroke = np.rint(self.full * np.clip(PEN - _distances(cells, places), 0, 1)).astype(int)
        before = np.array(pixels)
        after = np.maximum(before, stroke) if brush == "pen" else np.maximum(before - stroke, 0)
        return tuple(after.tolist()), brush, 0


class Kernel(Cells):
    """A kernel (k, k) whose cells a pointer drags up and down; `drags` names their controls."""

    def dragged(self, start, to, *values: float) -> tuple[float, ...]:
        """Return the kernel's numbers: one grows by how far the pointer rises, in quarters."""
        height, width = self.shape
        (x, y), rise = np.rint(start).astype(int), np.rint(4 * (start[1] - to[1])) / 4
        held = min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1)
        return tuple(v + rise * (k == held) for k, v in enumerate(values))


class Shares(Drawing):
    """What each cell of an image receives, the quantity `shares` (H, W), as a square on the cell.

    Cells that receive nothing stay bare. The values are written if they are at most `numbers`.
    `side` is that of a square, in cells.
    """

    @style()
    def __init__(self, ax: Axes, *, numbers: int, side: float = 0.8) -> None:
        super().__init__(ax)
        self.corners = side / 2 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        self.squares = moving_pieces(ax, PolyCollection, ec=GREY, lw=0.8, zorder=4)
        self.numbers = _texts(ax, numbers)

    def update(self, shares: np.ndarray) -> None:
        cells = np.argwhere(shares)  # (n, 2)
        values = shares[tuple(cells.T)]
        colours = SIGNED(0.5 + 0.5 * values / (np.abs(shares).max() or 1.0))
        self.squares.set_verts(cells[:, None, ::-1] + self.corners)
        self.squares.set_facecolor(colours)
        few = len(cells) <= len(self.numbers)
        _write(self.numbers, cells, [short(v) for v in values] if few else [], colours)


class Tiles(Drawing):
    """The quantity `name`, small images (n, H, W), in rows, all on one scale.

    There is room for `count` of them, `columns` in a row. `words` names a quantity, a list with a
    text for each, which stands below it in a room of two cells. Images that are not there leave
    their places empty.
    """

    @style()
    def __init__(
        self, ax: Axes, name: str, count: int, size: tuple[int, int], columns: int, *,
        shades=SIGNED, words: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(ax)
        self.name, self.named, self.count, (height, width) = name, words, count, size
        self.parameters = {name: True} | ({words: True} if words else {})
        self.rows, self.columns = -(-count // columns), columns
        self.room = down, across = height + (3 if words else 1), width + 1  # with the gap
        places = np.array([divmod(k, columns) for k in range(count)]) * self.room
        self.below = np.add(places, (height + 0.6, (width - 1) / 2))  # the middle of each text
        shape = self.rows * down - 1, columns * across - 1
        self.image = _plain_image(ax, np.full(shape, np.nan), cmap=shades)
        ax.set(xlim=(-1, shape[1]), ylim=(shape[0], -1))  # half a cell of margin
        self.words = _texts(ax, count if words else 0)

    def update(self, **quantities: Any) -> None:
        values = quantities[self.name][: self.count]
        words = quantities[self.named][: self.count] if self.named else []
        _colour(self.image, _mosaic(values, self.rows, self.columns, self.room)[:-1, :-1])
        _write(self.words, self.below, words, np.ones((self.count, 4)))


class Maps(Drawing):
    """The maps of several layers, {name: (count, height, width)}: rows of maps for each layer.

    Maps of fewer cells have larger ones, so all are equally large. Each layer is on its own scale;
    the line above it gives the number that has the full colour. `frame` names the quantity (map,
    row, column), a cell of the first layer to outline; `drags` names the controls of these three.
    """

    COLUMNS, LABEL = 8, 3  # maps in a row; rows of cells for a line of text

    @style()
    def __init__(
        self, ax: Axes, sizes: dict[str, tuple[int, int, int]], *, frame: str | None = None,
        drags=(),
    ) -> None:  # fmt: skip
        super().__init__(ax)
        self.sizes, self.framed, self.drags = sizes, frame, drags
        self.parameters = dict.fromkeys([*sizes, frame] if frame else sizes, True)
        self.side = max(max(size[1:]) for size in sizes.values())
        first = next(iter(sizes.values()))
        (k, row, column), self.times = np.indices(first), self.side // max(first[1:])
        down, across = np.multiply(np.divmod(k, self.COLUMNS), self.side + 1)
        places = across + self.times * column, self.LABEL + down + self.times * row
        self.corners = np.stack(places, axis=-1) - 0.5  # of the first layer's cells, (..., 2)
        canvas = self._canvas({name: np.zeros(size) for name, size in sizes.items()})
        self.image = _plain_image(ax, canvas, cmap=SIGNED, vmin=-1, vmax=1)
        self.frame = _frame(ax, self.times, lw=2, visible=bool(frame))
        look, y = {"va": "center", "animated": True, "parse_math": False}, (self.LABEL - 1) / 2
        self.labels = {}
        for name, (count, *_) in sizes.items():
            self.labels[name] = ax.text(-0.5, y, "", **look)
            y += self.LABEL + self._rows(count) * (self.side + 1)

    def update(self, **quantities: Any) -> None:
        limits = {name: np.abs(quantities[name]).max() for name in self.sizes}
        scaled = {name: quantities[name] / (limit or 1) for name, limit in limits.items()}
        self.image.set_data(np.ma.masked_invalid(self._canvas(scaled)))
        for name, label in self.labels.items():
            count, full = self.sizes[name][0], number(limits[name])
            label.set_text(f"{name}, {count} maps; full colour: {full}")
        if self.framed:
            self.frame.set_xy(self.corners[quantities[self.framed]])

    def dragged(self, start, to, *values: float) -> tuple[int, int, int]:
        """Return the map, row and column of the first layer's cell nearest to the pointer."""
        away = np.linalg.norm(self.corners + self.times / 2 - to, axis=-1)
        return tuple(map(int, np.unravel_index(np.argmin(away), away.shape)))

    def _rows(self, count: int) -> int:
        return -(-count // self.COLUMNS)

    def _canvas(self, maps: dict[str, np.ndarray]) -> np.ndarray:
        blocks, room = [], (self.side + 1, self.side + 1)
        for values in maps.values():
            times = self.side // max(values.shape[1:])
            large = values.repeat(times, axis=1).repeat(times, axis=2)
            below = _mosaic(large, self._rows(len(values)), self.COLUMNS, room)
            blocks += [np.zeros((self.LABEL, below.shape[1])), below]  # white paper for the text
        return np.concatenate(blocks)[:-1, :-1]


def short(value: float) -> str:
    """Return a number as it fits into a small cell.

    >>> [short(value) for value in (0.1111, -0.25, 2.0, -146.3, -0.001)]
    ['.11', '−.25', '2', '−146', '0']
    """
    text = f"{value:.0f}" if abs(value) >= 10 else f"{round(float(value), 2) + 0.0:g}"
    return text.replace("0.", ".").replace("-", "−")


def _mosaic(images: np.ndarray, rows: int, columns: int, room: tuple[int, int]) -> np.ndarray:
    """Images (n, H, W) in rows, each in a room (height, width) of its own; what is left is NaN."""
    (count, H, W), (height, width) = np.shape(images), room
    rooms = np.full((rows * columns, height, width), np.nan)
    rooms[:count, :H, :W] = images
    return rooms.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, -1)


def _distances(points: np.ndarray, way: np.ndarray) -> np.ndarray:
    """How far points (n, 2) are from a way of straight pieces through places (m, 2)."""
    start, along = way[:-1, None], np.diff(way, axis=0)[:, None]  # (m - 1, 1, 2)
    length = np.maximum(np.sum(along**2, axis=2), np.finfo(float).tiny)
    share = np.clip(np.sum((points - start) * along, axis=2) / length, 0, 1)
    return np.linalg.norm(points - start - share[..., None] * along, axis=2).min(axis=0)


def _plain_image(ax: Axes, cells: np.ndarray, **look):
    """Return an image that moves, on axes without numbers and lines."""
    ax.set(xticks=[], yticks=[], facecolor=LIGHT)
    ax.spines[:].set_visible(False)
    return ax.imshow(cells, animated=True, **look)


def _frame(ax: Axes, side: int, **look) -> Rectangle:
    look = {"fill": False, "ec": STEP, "animated": True} | look
    return ax.add_patch(Rectangle((0, 0), side, side, **look))


def _colour(image, values, limit: float | None = None) -> None:
    """Show the values in their colours: ink from 0 on, signed numbers around 0."""
    limit = limit or np.nanmax(np.abs(values), initial=0) or 1.0
    image.set_data(np.ma.masked_invalid(values))
    image.set_clim(-limit if image.cmap is SIGNED else 0, limit)


def _texts(ax: Axes, count: int) -> list:
    """Return so many empty texts, to be filled by `_write`."""
    look = {"ha": "center", "va": "center", "animated": True, "zorder": 5, "parse_math": False}
    return [ax.text(0, 0, "", clip_on=True, **look) for _ in range(count)]


def _write(texts: list, cells, words, grounds) -> None:
    """Write words into cells (row, column), black or white, as their ground asks for."""
    for k, text in enumerate(texts):
        word = words[k] if k < len(words) else ""
        text.set(text=word, visible=bool(word))  # an empty text takes time to draw
        if word:
            light = np.dot(grounds[k][:3], (0.299, 0.587, 0.114)) > 0.5
            text.set(position=cells[k][::-1], color=BLACK if light else "white")
