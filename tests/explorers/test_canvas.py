"""A live figure's canvas: its texts are matplotlib's, drawn once and laid on whole pixels."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from calclearn.explorers.canvas import Canvas, Renderer
from calclearn.figures.style import style

# fmt: off
TEXTS = {  # the text, its angle, its colour, its alpha, its size
    "plain":       ("slope of the loss, g/mm", 0, "#1b1f24", None, 10),
    "formula":     (r"$\frac{\partial L}{\partial w_0}$", 0, "#D55E00", None, 14),
    "upright":     ("weight (kg)", 90, "#1b1f24", None, 10),
    "aslant":      ("along $w_1$", 33, "#0072B2", None, 17),
    "translucent": ("before", 0, "#0072B2", 0.4, 10),
    "blank":       (" ", 0, "#1b1f24", None, 10),
}
# fmt: on


def pixels(kind: type, x: float, y: float, text, angle, color, alpha, size) -> np.ndarray:
    renderer, font = kind(300, 200, 100), FontProperties(size=size)
    gc = renderer.new_gc()
    gc.set_foreground(color)
    gc.set_alpha(alpha)
    with style():
        renderer.draw_text(gc, x, y, text, font, angle, ismath="$" in text)
    return np.asarray(renderer.buffer_rgba()).astype(int)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts_are_those_of_matplotlib_on_whole_pixels(text):
    expected = pixels(RendererAgg, 60, 120, *text)
    for x, y in ((60, 120), (60.4, 119.6)):
        np.testing.assert_allclose(pixels(Renderer, x, y, *text), expected, atol=2)


def test_the_canvas_has_pixels_for_each_size_of_its_figure():
    figure = Figure(figsize=(3, 2), dpi=100)
    canvas = Canvas(figure)
    assert canvas.get_renderer() is canvas.get_renderer()
    figure.dpi = 200
    assert np.asarray(canvas.get_renderer().buffer_rgba()).shape == (400, 600, 4)
