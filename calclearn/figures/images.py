"""Drawings of images cell by cell: pixels, kernels, maps, and what a classifier answers.

The one decision: a cell is a square around whole numbers (column, row), so what the pointer touches
is an index of the array. Ink goes from white to black; a number with a sign goes from orange, below
zero, over white to blue, and the largest number in sight has the full colour.
"""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle

from calclearn.figures.graphs import number
from calclearn.figures.style import BLACK, GREY, INK, LIGHT, SIGNED, STEP, defaults, style

CORNERS = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2
EDGE = 0.53  # from the middle of the outermost cells to the edge of the axes


class Cells:
    """An array (H, W) as an image; `update(values, frame)` outlines a rectangle of its cells.

    The numbers in the frame, at most so many `numbers`, are written out by `words`. `limit` is the
    number that has the full colour; without one it is the largest in sight. `drags` names the
    controls of row and column, and `grip` the cell of the frame, (row, column), that a pointer
    holds it at.
    """

    def __init__(
        self, ax: Axes, size: tuple[int, int], *, title: str = "", shades=SIGNED,
        limit: float | None = None, numbers: int = 0, words: Callable = number, drags=(),
        grip: tuple[int, int] = (0, 0),
    ) -> None:  # fmt: skip
        self.ax, self.limit, self.words, self.drags, self.grip = ax, limit, words, drags, grip
        height, width = size
        with style():
            ax.set(title=title, xticks=range(width), yticks=range(height))
            ax.tick_params(length=0)
            self.image = ax.imshow(np.zeros(size), cmap=shades, animated=True)
            ax.set(xlim=(-EDGE, width - 1 + EDGE), ylim=(height - 1 + EDGE, -EDGE))
            ax.spines[:].set(visible=True, color=LIGHT)
            self.frame = ax.add_patch(
                Rectangle((0, 0), 0, 0, fill=False, ec=STEP, lw=2.5, animated=True, zorder=3)
            )
            self.numbers = written(ax, numbers)

    def update(self, values, frame) -> None:
        limit = self.limit or np.abs(values).max() or 1.0
        self.image.set_data(values)
        self.image.set_clim(0 if self.image.cmap is INK else -limit, limit)
        row, column, height, width = frame
        self.frame.set(xy=(column - 0.5, row - 0.5), height=height, width=width)
        inside = np.indices((height, width)).reshape(2, -1).T + np.array([row, column])  # (n, 2)
        seen = [values[tuple(cell)] for cell in inside]
        write(self.numbers, inside, [self.words(v) for v in seen], self.image.to_rgba(seen))

    def dragged(self, start, to, *values: float) -> tuple[float, float]:
        """Return the row and column of the cell under the pointer, as of the frame's corner."""
        return to[1] - self.grip[0], to[0] - self.grip[1]


class Kernel(Cells):
    """A kernel (k, k) whose cells a pointer drags up and down; `drags` names their controls."""

    def dragged(self, start, to, *values: float) -> tuple[float, ...]:
        """Return the kernel's numbers: one has grown by the cells that the pointer has risen."""
        height, width = self.image.get_array().shape
        (x, y), rise = np.rint(start).astype(int), start[1] - to[1]
        held = min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1)
        return tuple(v + rise * (k == held) for k, v in enumerate(values))


class Shares:
    """What each cell of an image receives, as a smaller square on it; `update(shares)`, (H, W).

    Cells that receive nothing stay bare. Of at most so many `numbers` the values are written out.
    """

    @defaults()
    def __init__(self, ax: Axes, *, numbers: int = 9) -> None:
        self.ax = ax
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


class Tiles:
    """Small images in rows, all on one scale; `update(values, words)` with values (n, H, W).

    There is room for `count` of them, `columns` in a row, with a word below each where there is a
    `lines` of room, in cells. Those that are not there leave their places empty.
    """

    def __init__(
        self, ax: Axes, count: int, size: tuple[int, int], columns: int, *, title: str = "",
        shades=SIGNED, lines: int = 0,
    ) -> None:  # fmt: skip
        self.ax, self.count, (self.height, self.width) = ax, count, size
        self.across, self.down = self.width + 1, self.height + 1 + lines  # with the gap
        self.columns, self.rows = columns, -(-count // columns)
        shape = self.rows * self.down - 1, self.columns * self.across - 1
        with style():
            ax.set(title=title, xticks=[], yticks=[], facecolor="white" if lines else LIGHT)
            ax.spines[:].set_visible(False)
            self.image = ax.imshow(np.full(shape, np.nan), cmap=shades, animated=True)
            self.words = written(ax, count if lines else 0)

    def update(self, values, words) -> None:
        canvas = np.full(self.image.get_array().shape, np.nan)
        for k, tile in enumerate(values[: self.count]):
            row, column = self._corner(k)
            canvas[row : row + self.height, column : column + self.width] = tile
        limit = np.nanmax(np.abs(canvas), initial=0) or 1.0
        self.image.set_data(np.ma.masked_invalid(canvas))
        self.image.set_clim(0 if self.image.cmap is INK else -limit, limit)
        below = np.array([self.height + 0.6, (self.width - 1) / 2])
        places = [np.add(self._corner(k), below) for k in range(len(words[: self.count]))]
        write(self.words, places, words, np.ones((len(places), 4)))

    def _corner(self, k: int) -> tuple[int, int]:
        return k // self.columns * self.down, k % self.columns * self.across


class Word:
    """A word that changes, in the middle of an image or above it (1.1); `update(text)`."""

    def __init__(self, ax: Axes, *, height: float = 0.5, color: str = GREY) -> None:
        self.ax = ax
        with style():
            (self.text,) = written(ax, 1)
        self.text.set(
            position=(0.5, height), transform=ax.transAxes, color=color, clip_on=False,
            in_layout=False,
        )  # fmt: skip

    def update(self, text: str) -> None:
        self.text.set_text(text)


class Confusion(Cells):
    """How often each class was answered for each; `update(counts)`, (true, answered).

    Right answers, on the diagonal, are blue; wrong ones are orange, strong from a few on.
    """

    def __init__(self, ax: Axes, classes: int, *, title: str = "") -> None:
        super().__init__(
            ax, (classes, classes), title=title, limit=8, numbers=classes**2,
            words=lambda count: f"{abs(count):.0f}" if count else "",
        )  # fmt: skip
        with style():
            ax.set(xlabel="answer", ylabel="true class")
        self.frame.set_visible(False)

    def update(self, counts: np.ndarray) -> None:
        right = np.eye(len(counts), dtype=bool)
        super().update(np.where(right, counts, -counts), (0, 0, *counts.shape))


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
    """Write words into cells (row, column), black or white, whatever their ground asks for."""
    for text in texts[len(cells) :]:
        text.set_text("")
    for text, (row, column), word, ground in zip(texts, cells, words, grounds, strict=False):
        light = np.dot(ground[:3], (0.299, 0.587, 0.114)) > 0.5
        text.set(position=(column, row), text=word, color=BLACK if light else "white")
