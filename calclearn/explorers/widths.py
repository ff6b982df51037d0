"""How a figure takes the width that it is given: its panels in rows, its words in lines.

Text keeps its size, so a narrow figure has fewer panels in a row, titles of several lines, and
legends of fewer columns. Matplotlib's constrained layout finds room for every label, once for each
width: it costs two thirds of a draw, and panels would twitch with their tick labels.
"""

import math
import re

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

PANEL = 230  # screen pixels below which panels of one row are moved to two
MARGIN = 60  # screen pixels that a title of a narrow panel leaves to the labels beside the axes
LEGEND = "handlelength", "columnspacing", "handletextpad"  # what a narrower legend keeps
BLANKS = re.compile(r"\s(?=(?:[^$]*\$[^$]*\$)*[^$]*$)")  # outside of formulas


class Layout:
    """Where the panels of a figure stand at each width; `width` is the present one in pixels.

    `take(width)` gives the figure another width; the answer is whether anything has moved.
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.own_width = self.width = round(figure.bbox.width)
        self._own_height, self._dpi = figure.get_figheight(), figure.dpi
        self._own_cells: dict = {}  # of the grid, each with its axes: a twin shares its cell
        for ax in figure.axes:
            if (cell := ax.get_subplotspec()) is not None:
                self._own_cells.setdefault(cell, []).append(ax)
        self._narrowed: list = []  # legends in place of those that are too wide
        self._engine = figure.get_layout_engine()
        self._broken: dict[Text, tuple[str, str]] = {}  # titles as they were, and in lines
        self._places: dict[int, list] = {}  # the axes and their places by width

    @property
    def found(self) -> bool:
        """Whether there is room for every label at the present width."""
        return self.width in self._places

    def take(self, width: int) -> bool:
        if width == self.width:
            return False
        self.width = width
        self.find()
        return True

    def find(self) -> None:
        """Find room for panels, titles, legends and labels at the present width."""
        self._set_panels()
        self._break_lines()
        self._narrow_legends()
        if self.found:
            for ax, place in self._places[self.width]:
                ax.set_position(place, which="original")
                ax.set_in_layout(True)
                ax.apply_aspect()  # for drawings that measure their axes before they are drawn
        else:
            self.figure.set_layout_engine(self._engine)
            self.figure.canvas.draw()
            self.figure.set_layout_engine("none")
            axes = self.figure.axes
            if not self._places:
                self._pin_labels()
            self._places[self.width] = [(ax, ax.get_position(original=True)) for ax in axes]

    def _pin_labels(self) -> None:
        """Keep labels of x, and missing ones of y, as far from their axes as they are.

        Else they are placed anew in each draw, which takes a fifth of its time; only the numbers
        along y differ in width.
        """
        for ax in filter(Axes.get_subplotspec, self.figure.axes):
            if ax.name == "3d":
                continue
            for axis, side, k in ((ax.xaxis, "bottom", 1), (ax.yaxis, "left", 0)):
                text = axis.label
                if axis.get_label_position() != side or (side == "left" and text.get_text()):
                    continue
                place = text.get_transform().transform(text.get_position())
                share, away = ax.transAxes.inverted().transform(place), np.zeros(2)
                share[k], away[k] = 0, (place - ax.bbox.min)[k] / self.figure.dpi
                shift = ScaledTranslation(*away, self.figure.dpi_scale_trans)
                axis.set_label_coords(*share, ax.transAxes + shift)

    def _set_panels(self) -> None:
        """Put the panels into one row or more, and give the figure the height that suits them."""
        cells = self._own_cells
        row = [cell for cell in cells if cell.rowspan.start == 0]
        strips = [cell for cell in cells if cell.rowspan.start > 0]
        narrow = self.width < self.own_width
        columns = max(1, min(len(row), self.width // PANEL)) if narrow else len(row)
        rows = math.ceil(len(row) / columns) if row else 1
        places = {cell: cell for cell in cells}
        if rows > 1:
            shares = [1] * rows + [
                cell.get_gridspec().get_height_ratios()[cell.rowspan.start] for cell in strips
            ]
            grid = self.figure.add_gridspec(len(shares), columns, height_ratios=shares)
            row.sort(key=_takes_half)  # it comes last, for the last takes what is left of its row
            for place, cell in enumerate(row):
                last = cell is row[-1]
                down, across = divmod(place, columns)
                places[cell] = grid[down, across : columns if last else across + 1]
            for place, cell in enumerate(strips, rows):
                places[cell] = grid[place, :]
        for cell, axes in cells.items():
            for ax in axes:
                ax.set_subplotspec(places[cell])
        if isinstance(self._engine, ConstrainedLayoutEngine):  # which looks at no label of a bowl
            own = mpl.rcParams["figure.constrained_layout.h_pad"]
            self._engine.set(h_pad=0.1 if rows > 1 else own)
        stretch = 0.85 * rows if rows > 1 else math.sqrt(max(1, self.width / self.own_width))
        self.figure.set_size_inches(self.width / self._dpi, self._own_height * stretch)

    def _break_lines(self) -> None:
        """Set titles and labels that are wider than their panels in several lines."""
        for text, (whole, lines) in self._broken.items():
            if text.get_text() == lines:
                text.set_text(whole)
        self._broken = {}
        for ax in filter(Axes.get_subplotspec, self.figure.axes):
            room = self._room(ax.get_subplotspec())
            for text in (ax.title, ax.xaxis.label):
                if self._width_of(text) > room:
                    whole = text.get_text()
                    self._broken[text] = whole, self._in_lines(text, room)

    def _in_lines(self, text: Text, room: float) -> str:
        first, *words = BLANKS.split(text.get_text())
        lines = [first]
        for word in words:
            text.set_text(f"{lines[-1]} {word}")
            fits = self._width_of(text) <= room
            lines[-1:] = [text.get_text()] if fits else [lines[-1], word]
        text.set_text("\n".join(lines))
        return text.get_text()

    def _room(self, cell) -> float:
        """The pixels from the left to the right of a cell of the grid."""
        grid = cell.get_gridspec()
        shares = grid.get_width_ratios()
        share = sum(shares[k] for k in cell.colspan) / sum(shares)
        margin = MARGIN * self.figure.dpi / self._dpi if self.width < self.own_width else 0
        return share * self.figure.bbox.width - margin

    def _width_of(self, artist) -> float:
        return artist.get_window_extent(self.figure.canvas.get_renderer()).width

    def _narrow_legends(self) -> None:
        """Set legends below the figure that are wider than it in fewer columns."""
        for legend in self._narrowed:
            legend.remove()
        self._narrowed = []
        for own in [*self.figure.legends]:
            own.set(visible=True, in_layout=True)
            shown, words = own, [text.get_text() for text in own.get_texts()]
            look = {name: getattr(own, name) for name in LEGEND}
            for rows in range(2, len(words) + 1):
                if self._width_of(shown) <= self.figure.bbox.width:
                    break
                if shown is not own:
                    shown.remove()
                look |= {"ncols": math.ceil(len(words) / rows), "loc": "outside lower center"}
                shown = self.figure.legend(own.legend_handles, words, **look)
            own.set(visible=shown is own, in_layout=shown is own)
            self._narrowed += [] if shown is own else [shown]


def _takes_half(cell: SubplotSpec) -> bool:
    """Whether a panel has more than half of the row."""
    ratios = cell.get_gridspec().get_width_ratios()
    return sum(ratios[cell.colspan.start : cell.colspan.stop]) > sum(ratios) / 2
