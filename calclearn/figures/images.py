"""Drawings of images cell by cell: pixels, kernels and maps.

A cell is a square around whole numbers (column, row), so what the pointer touches is an index of
the array. Ink goes from white to black; a number with a sign goes from orange, below zero, over
white to blue, and the largest number shown has the full colour.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle

from calclearn.figures.graphs import number
from calclearn.figures.marks import Drawing
from calclearn.figures.style import BLACK, GREY, INK, LIGHT, SIGNED, STEP, defaults, style

CORNERS = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2
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

    def __init__(
        self, ax: Axes, name: str, *, frame: str | None = None, shades=SIGNED,
        limit: float | None = None, numbers: int = 0, words: Callable = number, drags=(),
        grip: tuple[int, int] = (0, 0),
    ) -> None:  # fmt: skip
        super().__init__(ax)
        self.name, self.framed, self.limit, self.words = name, frame, limit, words
        self.drags, self.grip, self.shape = drags, grip, None
        self.parameters = {name: True} | ({frame: True} if frame else {})
        with style():
            ax.tick_params(length=0)
            self.image = ax.imshow(np.zeros((1, 1)), cmap=shades, animated=True)
            ax.spines[:].set(visible=True, color=LIGHT)
            self.frame = ax.add_patch(
                Rectangle((0, 0), 0, 0, fill=False, ec=STEP, lw=2.5, animated=True, zorder=3)
            )
            self.numbers = written(ax, numbers)

    def update(self, **quantities: Any) -> None:
        values = np.asarray(quantities[self.name], float)
        if values.shape[:2] != self.shape:
            self.shape = values.shape[:2]
            number_cells(self.ax, self.image, self.shape)
        whole = 0, 0, *self.shape
        row, column, height, width = quantities[self.framed] if self.framed else whole
        colour(self.image, values, self.limit)
        if self.framed:
            self.frame.set(xy=(column - 0.5, row - 0.5), height=height, width=width)
        cells = np.indices((height, width)).reshape(2, -1).T + np.array([row, column])  # (n, 2)
        cells = cells[((cells >= 0) & (cells < self.shape)).all(axis=1)]  # a frame may reach beyond
        cells = cells if len(cells) <= len(self.numbers) else cells[:0]
        inside = values[tuple(cells.T)]
        write(self.numbers, cells, [self.words(v) for v in inside], self.image.to_rgba(inside))

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
        reach = np.clip(PEN - distances(cells, places), 0, 1)
        stroke = np.rint(self.full * reach).astype(int)
        before = np.array(pixels)
        after = (
            np.maximum(before, stroke) if brush == "pen" else before - np.minimum(before, stroke)
        )
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

    @defaults()
    def __init__(self, ax: Axes, *, numbers: int = 9, side: float = 0.8) -> None:
        super().__init__(ax)
        self.corners = side * CORNERS
        self.squares = PolyCollection([], ec=GREY, lw=0.8, animated=True, zorder=4)
        ax.add_collection(self.squares, autolim=False)
        with style():
            self.numbers = written(ax, numbers)

    def update(self, shares: np.ndarray) -> None:
        cells = np.argwhere(shares)  # (n, 2)
        values = shares[tuple(cells.T)]
        limit = np.abs(shares).max() or 1.0
        colours = SIGNED(0.5 + 0.5 * values / limit)
        self.squares.set_verts(cells[:, None, ::-1] + self.corners)
        self.squares.set_facecolor(colours)
        few = slice(len(cells) if len(cells) <= len(self.numbers) else 0)
        write(self.numbers, cells[few], [short(v) for v in values[few]], colours)


class Tiles(Drawing):
    """The quantity `name`, small images (n, H, W), in rows, all on one scale.

    There is room for `count` of them, `columns` in a row. `words` names a quantity, a list with a
    text for each, which stands below it in a room of `lines` cells. Images that are not there
    leave their places empty.
    """

    def __init__(
        self, ax: Axes, name: str, count: int, size: tuple[int, int], columns: int, *,
        shades=SIGNED, words: str | None = None, lines: int = 2,
    ) -> None:  # fmt: skip
        super().__init__(ax)
        self.name, self.named, self.count, (self.height, self.width) = name, words, count, size
        self.parameters = {name: True} | ({words: True} if words else {})
        self.across, self.columns = self.width + 1, columns  # with the gap
        self.down = self.height + 1 + (lines if words else 0)
        shape = -(-count // columns) * self.down - 1, columns * self.across - 1
        with style():
            ax.set(xticks=[], yticks=[], facecolor=LIGHT)
            ax.spines[:].set_visible(False)
            self.image = ax.imshow(np.full(shape, np.nan), cmap=shades, animated=True)
            ax.set(xlim=(-1, shape[1]), ylim=(shape[0], -1))  # half a cell of margin
            self.words = written(ax, count if words else 0)

    def update(self, **quantities: Any) -> None:
        values = quantities[self.name]
        words = quantities[self.named][: self.count] if self.named else []
        rows = -(-self.count // self.columns)
        room = self.down, self.across
        colour(self.image, mosaic(values[: self.count], rows, self.columns, room)[:-1, :-1])
        below = np.array([self.height + 0.6, (self.width - 1) / 2])
        places = [np.add(self._corner(k), below) for k in range(len(words))]
        write(self.words, places, words, np.ones((len(places), 4)))

    def _corner(self, k: int) -> tuple[int, int]:
        return k // self.columns * self.down, k % self.columns * self.across


class Maps(Drawing):
    """The maps of several layers, {name: (count, height, width)}: rows of maps for each layer.

    Maps of fewer cells have larger ones, so all are equally large. Each layer is on its own scale;
    the line above it gives the number that has the full colour. `frame` names the quantity (map,
    row, column), a cell of the first layer to outline; `drags` names the controls of these three.
    """

    COLUMNS, LABEL = 8, 3  # maps in a row; rows of cells for a line of text

    def __init__(
        self, ax: Axes, sizes: dict[str, tuple[int, int, int]], *, frame: str | None = None,
        drags=(),
    ) -> None:  # fmt: skip
        super().__init__(ax)
        self.sizes, self.framed, self.drags = sizes, frame, drags
        self.parameters = dict.fromkeys([*sizes, frame] if frame else sizes, True)
        self.side = max(max(size[1:]) for size in sizes.values())
        self.rows = {name: -(-size[0] // self.COLUMNS) for name, size in sizes.items()}
        with style():
            ax.set(xticks=[], yticks=[], facecolor=LIGHT)
            ax.spines[:].set_visible(False)
            canvas = self._canvas({name: np.zeros(size) for name, size in sizes.items()})
            self.image = ax.imshow(canvas, cmap=SIGNED, vmin=-1, vmax=1, animated=True)
            look = {"va": "center", "animated": True, "parse_math": False}
            self.labels = {name: ax.text(-0.5, 0, "", **look) for name in sizes}
            self.times = self.side // max(next(iter(sizes.values()))[1:])  # pixels of a cell
            self.frame = ax.add_patch(
                Rectangle(
                    (0, 0), self.times, self.times, fill=False, ec=STEP, lw=2, animated=True,
                    visible=bool(frame),
                )
            )  # fmt: skip
        row = 0
        for name, label in self.labels.items():
            label.set_y(row + (self.LABEL - 1) / 2)
            row += self.LABEL + self.rows[name] * (self.side + 1)

    def update(self, **quantities: Any) -> None:
        limits = {name: np.abs(quantities[name]).max() for name in self.sizes}
        scaled = {name: quantities[name] / (limit or 1) for name, limit in limits.items()}
        self.image.set_data(np.ma.masked_invalid(self._canvas(scaled)))
        for name, label in self.labels.items():
            label.set_text(
                f"{name}, {self.sizes[name][0]} maps; full colour: {number(limits[name])}"
            )
        if self.framed:
            k, row, column = quantities[self.framed]
            down, across = divmod(k, self.COLUMNS)
            x, y = across * (self.side + 1), self.LABEL + down * (self.side + 1)
            self.frame.set_xy((x + self.times * column - 0.5, y + self.times * row - 0.5))

    def dragged(self, start, to, *values: float) -> tuple[int, int, int]:
        """Return the map, the row and the column of the first layer's cell under the pointer."""
        (count, height, width), room = next(iter(self.sizes.values())), self.side + 1
        x, y = np.rint(to).astype(int) - np.array([0, self.LABEL])
        down, across = min(max(y // room, 0), -(-count // self.COLUMNS) - 1), x // room
        across = min(max(across, 0), self.COLUMNS - 1)
        places = [(y - down * room) // self.times, (x - across * room) // self.times]
        row, column = np.clip(places, 0, [height - 1, width - 1]).tolist()
        return min(int(down * self.COLUMNS + across), count - 1), row, column

    def _canvas(self, maps: dict[str, np.ndarray]) -> np.ndarray:
        blocks = []
        for name, values in maps.items():
            times = self.side // max(values.shape[1:])
            large = values.repeat(times, axis=1).repeat(times, axis=2)
            below = mosaic(large, self.rows[name], self.COLUMNS, (self.side + 1, self.side + 1))
            blocks += [np.zeros((self.LABEL, below.shape[1])), below]  # white paper for the text
        return np.concatenate(blocks)[:-1, :-1]


def mosaic(images: np.ndarray, rows: int, columns: int, room: tuple[int, int]) -> np.ndarray:
    """Images (n, H, W) in rows, each in a room (height, width) of its own; what is left is NaN.

    >>> mosaic(np.ones((3, 1, 1)), 2, 2, (1, 2))
    array([[ 1., nan,  1., nan],
           [ 1., nan, nan, nan]])
    """
    (count, H, W), (height, width) = np.shape(images), room
    rooms = np.full((rows * columns, height, width), np.nan)
    rooms[:count, :H, :W] = images
    return rooms.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, -1)


def distances(points: np.ndarray, way: np.ndarray) -> np.ndarray:
    """How far points (n, 2) are from a way of straight pieces through places (m, 2).

    >>> distances(np.array([[1.0, 1.0], [3.0, 0.0]]), np.array([[0.0, 0.0], [2.0, 0.0]]))
    array([1., 1.])
    """
    start, along = way[:-1, None], np.diff(way, axis=0)[:, None]  # (m - 1, 1, 2)
    length = np.maximum(np.sum(along**2, axis=2), np.finfo(float).tiny)
    share = np.clip(np.sum((points - start) * along, axis=2) / length, 0, 1)
    return np.linalg.norm(points - start - share[..., None] * along, axis=2).min(axis=0)


def number_cells(ax: Axes, image, shape: tuple[int, int]) -> None:
    """Give the axes and the image on them room for so many cells, with their numbers beside."""
    height, width = shape
    image.set_extent((-0.5, width - 0.5, height - 0.5, -0.5))
    with style():
        # a row or column of cells needs no number
        ax.set(xticks=range(width if width > 1 else 0), yticks=range(height if height > 1 else 0))
    ax.set(xlim=(-EDGE, width - 1 + EDGE), ylim=(height - 1 + EDGE, -EDGE))


def colour(image, values, limit: float | None = None) -> None:
    """Show the values in their colours: ink from 0 on, signed numbers around 0."""
    limit = limit or np.nanmax(np.abs(values), initial=0) or 1.0
    image.set_data(np.ma.masked_invalid(values))
    image.set_clim(-limit if image.cmap is SIGNED else 0, limit)


def short(value: float) -> str:
    """Return a number as it fits into a small cell.

    >>> [short(value) for value in (0.1111, -0.25, 2.0, -146.3, -0.001)]
    ['.11', '−.25', '2', '−146', '0']
    """
    text = f"{value:.0f}" if abs(value) >= 10 else f"{round(float(value), 2) + 0.0:g}"
    return text.replace("0.", ".").replace("-", "−")


def written(ax: Axes, count: int) -> list:
    """Return so many empty texts, to be filled by `write`."""
    look = {"ha": "center", "va": "center", "animated": True, "zorder": 5, "parse_math": False}
    return [ax.text(0, 0, "", clip_on=True, **look) for _ in range(count)]


def write(texts: list, cells, words, grounds) -> None:
    """Write words into cells (row, column), black or white, as their ground asks for."""
    words = [*words, *[""] * (len(texts) - len(words))]
    for text, word in zip(texts, words, strict=False):
        text.set(text=word, visible=bool(word))  # an empty text takes time to draw
    for text, (row, column), ground in zip(texts, cells, grounds, strict=False):
        light = np.dot(ground[:3], (0.299, 0.587, 0.114)) > 0.5
        text.set(position=(column, row), color=BLACK if light else "white")
