"""A small figure, and what a test does with one as a learner does: look at a part, drag it."""

import io
import json
import warnings

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from matplotlib.artist import Artist
from PIL import Image

from calclearn.explorers import explore, slider
from calclearn.figures.style import panels, style


class Dot:
    """A point at (x, x²) that can be dragged; it counts how often it was asked to move."""

    drags = ("x",)

    def __init__(self, ax):
        self.ax, self.updates = ax, 0
        ax.set(xlim=(0, 10), ylim=(0, 100))
        (self.dot,) = ax.plot([], [], "o", animated=True)

    def update(self, x):
        self.updates += 1
        self.dot.set_data([x], [x**2])

    def dragged(self, start, to, x):
        return (x + to[0] - start[0],)


def root(x):
    if x == 7:
        raise ValueError("seven has no root here,\n  sorry")
    return {"height": x**2}


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def in_words(x):
    return f"{x} squared is {x**2}"


def squared(compute=root, drawings=None, caption=in_words, **controls):
    """A figure of a dot, or of other drawings, which follows x, at first 2, from 0 to 9."""
    drawings = [Dot(*panels("flat"))] if drawings is None else drawings
    return explore(compute, drawings, caption, **{"x": slider(2, 0, 9, 1)} | controls)


REQUEST = {
    "page": "p", "number": 1, "ratio": 1, "width": None, "edition": None, "rest": False,
    "drag": None, "values": {},
}  # fmt: skip


def tell(live, request):
    """Send what a browser would send, and return the one reply, which can be put on the wire."""
    sent = []
    live.send = lambda content, buffers: sent.append((content, buffers))
    live._reply(None, request, [])
    ((reply, buffers),) = sent
    json.dumps(reply, ensure_ascii=False, allow_nan=False).encode("utf-8")
    return reply, buffers


@pytest.fixture
def dot():
    return Dot(*panels("flat"))


@pytest.fixture
def square(dot):
    return squared(drawings=[dot], caption="{x} squared is {height}")


ODD = {
    "text.usetex": True, "font.family": "serif", "font.size": 23, "lines.linewidth": 7,
    "lines.marker": "x", "path.sketch": (2, 50, 3), "axes.grid": True, "figure.dpi": 60,
    "legend.frameon": True, "axes.unicode_minus": False, "image.cmap": "jet", "savefig.dpi": 30,
    "image.origin": "lower", "patch.linewidth": 5, "scatter.marker": "x", "axes.xmargin": 0.4,
    "figure.autolayout": True, "text.antialiased": False, "contour.linewidth": 5,
}  # fmt: skip


@pytest.fixture
def odd_settings():
    """Dark plots that look drawn by hand, and errors wherever NumPy or Python warns."""
    with (
        matplotlib.style.context("dark_background"),
        mpl.rc_context(ODD),
        np.errstate(all="raise"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("error")
        before = dict(mpl.rcParams), np.geterr(), list(warnings.filters)
        yield
        assert (dict(mpl.rcParams), np.geterr(), list(warnings.filters)) == before


def full_draw(painter):
    """The pixels of matplotlib's own draw, and of what moves on it."""
    with style():
        canvas = painter._canvas
        canvas.draw()
        for artist in sorted(painter.figure.findobj(Artist.get_animated), key=Artist.get_zorder):
            if artist.get_visible():
                artist.draw(canvas.get_renderer())
        return np.asarray(canvas.buffer_rgba()).view(np.uint32)[..., 0].copy()
