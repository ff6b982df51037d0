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
EDGE = 0.53  # from the middle of the outermost cells to the edge of the axes


class Cells(Drawing):
    """The quantity `name`, an array (H, W), cell by cell.

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
        if values.shape != self.shape:
            self.shape = values.shape
            number_cells(self.ax, self.image, self.shape)
        whole = 0, 0, *self.shape
        row, column, height, width = quantities[self.framed] if self.framed else whole
        colour(self.image, values, self.limit)
        if self.framed:
            self.frame.set(xy=(column - 0.5, row - 0.5), height=height, width=width)
        cells = np.indices((height, width)).reshape(2, -1).T + np.array([row, column])  # (n, 2)
        cells = cells if len(cells) <= len(self.numbers) else cells[:0]
        inside = values[tuple(cells.T)]
        write(self.numbers, cells, [self.words(v) for v in inside], self.image.to_rgba(inside))

    def dragged(self, start, to, *values: float) -> tuple[float, float]:
        """Return the row and column of the cell under the pointer, as of the frame's corner."""
        return to[1] - self.grip[0], to[0] - self.grip[1]


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
    """

    @defaults()
    def __init__(self, ax: Axes, *, numbers: int = 9) -> None:
        super().__init__(ax)
        self.squares = PolyCollection([], ec=GREY, lw=0.8, animated=True, zorder=4)
        ax.add_collection(self.squares, autolim=False)
        with style():
            self.numbers = written(ax, numbers)

    def update(self, shares: np.ndarray) -> None:
        cells = np.argwhere(shares)  # (n, 2)
        values = shares[tuple(cells.T)]
        limit = np.abs(shares).max() or 1.0
        colours = SIGNED(0.5 + 0.5 * values / limit)
        self.squares.set_verts(cells[:, None, ::-1] + 0.8 * CORNERS)
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
            ax.set(xticks=[], yticks=[], facecolor="white" if words else LIGHT)
            ax.spines[:].set_visible(False)
            self.image = ax.imshow(np.full(shape, np.nan), cmap=shades, animated=True)
            self.words = written(ax, count if words else 0)

    def update(self, **quantities: Any) -> None:
        values = quantities[self.name]
        words = quantities[self.named][: self.count] if self.named else []
        canvas = np.full(self.image.get_array().shape, np.nan)
        for k, tile in enumerate(values[: self.count]):
            row, column = self._corner(k)
            canvas[row : row + self.height, column : column + self.width] = tile
        colour(self.image, canvas)
        below = np.array([self.height + 0.6, (self.width - 1) / 2])
        places = [np.add(self._corner(k), below) for k in range(len(words))]
        write(self.words, places, words, np.ones((len(places), 4)))

    def _corner(self, k: int) -> tuple[int, int]:
        return k // self.columns * self.down, k % self.columns * self.across


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
    image.set_clim(0 if image.cmap is INK else -limit, limit)


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
    for text in texts[len(cells) :]:
        text.set_text("")
    for text, (row, column), word, ground in zip(texts, cells, words, grounds, strict=False):
        light = np.dot(ground[:3], (0.299, 0.587, 0.114)) > 0.5
        text.set(position=(column, row), text=word, color=BLACK if light else "white")
