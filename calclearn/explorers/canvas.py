"""The canvas of a live figure, on which a text is drawn once and then laid where it stands.

Shaping a text and drawing its letters is costly, and ticks, labels and titles are the same from
picture to picture. They stand on whole pixels here, so that their pixels are the same, too.
"""

import functools
import math

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg


class Renderer(RendererAgg):
    """matplotlib's own, but for texts, which it keeps."""

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        pixels, left, below = _drawn(s, prop, angle, ismath, gc.get_rgb(), self.dpi)
        if pixels.size:
            self.draw_image(gc, round(x) + left, self.height - round(y) - below, pixels)


class Canvas(FigureCanvasAgg):
    """A canvas with this renderer."""

    _size = None

    def get_renderer(self):
        size = *self.get_width_height(physical=True), self.figure.dpi
        if size != self._size:
            self._size, self.renderer = size, Renderer(*size)
        return self.renderer


@functools.lru_cache(1000)
def _drawn(s, prop, angle, ismath, color, dpi) -> tuple[np.ndarray, int, int]:
    """A text's pixels, and from its origin to their left and their lower edge, right and down."""
    width, height, _ = RendererAgg(1, 1, dpi).get_text_width_height_descent(s, prop, ismath)
    reach = math.ceil(math.hypot(width, height)) + 3
    page = RendererAgg(2 * reach, 2 * reach, dpi)
    gc = page.new_gc()
    gc.set_foreground(color)
    page.draw_text(gc, reach, reach, s, prop, angle, ismath)
    pixels = np.asarray(page.buffer_rgba())
    inked = pixels[..., 3] > 0
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    if not len(rows):
        return pixels[:0], 0, 0
    place = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return pixels[place][::-1].copy(), columns[0] - reach, rows[-1] + 1 - reach
