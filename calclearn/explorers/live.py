"""The live figure: matplotlib paints, the browser shows.

The decision of this module: what does not move is painted once and sent once. Artists that move
are made with matplotlib's own `animated=True`; a full draw leaves them out, and they never make the
figure stale. So one question, `figure.stale`, tells whether the kept background still holds. A
frame costs one copy of it plus the few moving artists (about 2 ms instead of 50), and only the
pixels that differ from the background travel, exactly as painted, with nothing to decode.

A background that moves too (a bowl being turned) travels as JPEG, and as PNG when it rests.
`live.js` does the asking: it listens to the controls in the browser, keeps at most two requests in
flight and always sends the last values, so that a slow kernel drops pictures instead of queueing
them. Work that goes on by itself, such as a training, sends pictures that nobody asked for.

Such work may run in a thread of its own, and so may a kernel's answers while a cell runs. So all
painting, and all that changes a figure, happens under one lock.
"""

import io
from collections.abc import Callable
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from ipywidgets import Widget, widget_serialization
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from calclearn.figures.style import PAINTING, style


class Painter:
    """Paints one figure again and again, keeping what does not move.

    `paint()` returns the pixels, (height, width) of uint32, each red, green, blue, opaque in bytes.
    `ratio` is the number of picture pixels for one of the screen's, the browser's devicePixelRatio.
    `background` holds the pixels of what does not move, and `edition` counts how often it changed.

    >>> figure = Figure(figsize=(2, 1), dpi=100)
    >>> dot, = figure.subplots().plot([0.5], [0.5], "ko", animated=True)
    >>> painter = Painter(figure)
    >>> bool((painter.paint() == painter.background).all()), painter.background.shape
    (False, (100, 200))
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.background: np.ndarray | None = None
        self.edition = 0
        self._canvas = FigureCanvasAgg(figure)
        self._dpi = figure.dpi
        self._moving: list = []

    def paint(self, ratio: float = 1) -> np.ndarray:
        if self.figure.dpi != self._dpi * ratio:
            self.figure.dpi = self._dpi * ratio
        if self.figure.stale or self.background is None:
            self._paint_background()
        pixels = self._pixels()
        pixels[...] = self.background
        for artist in self._moving:
            if artist.get_visible():
                artist.draw(self._canvas.renderer)
        return pixels

    def _paint_background(self) -> None:
        with style():
            self._canvas.draw()
            if self.background is None:
                # The first draw has found room for every label; finding it again each time costs
                # two thirds of a draw, and panels would twitch when a tick label gets wider.
                self.figure.set_layout_engine("none")
                self._canvas.draw()
        self.background = self._pixels().copy()
        self.edition += 1
        moving = self.figure.findobj(lambda artist: artist.get_animated())
        self._moving = sorted(moving, key=lambda artist: artist.get_zorder())

    def _pixels(self) -> np.ndarray:
        return np.asarray(self._canvas.buffer_rgba()).view(np.uint32)[..., 0]


def encode(pixels: np.ndarray, kind: str) -> bytes:
    """Return the bytes of a "JPEG", quick and for motion, or of a "PNG", exact and for rest."""
    height, width = pixels.shape
    picture = Image.frombuffer("RGBA", (width, height), np.ascontiguousarray(pixels)).convert("RGB")
    options = {"JPEG": {"quality": 85, "subsampling": 0}, "PNG": {"compress_level": 3}}
    file = io.BytesIO()
    picture.save(file, kind, **options[kind])
    return file.getvalue()


class LiveFigure(anywidget.AnyWidget):
    """The widget around a picture and its caption.

    `answer(values, drag)` is what the explorer does with each request of the browser: it takes the
    controls' values by name and a pointer drag (or None), updates the figure, and returns the
    caption and the style of the controls. The last picture at rest stays in `png`, so that a second
    window, a saved notebook and a lost kernel still show it. Pictures that nobody asked for are
    counted in `shown`; while more of them are to come, the figure is `busy`. While a cell waits for
    that, `stop` is the toggle that ends it: the kernel hears no click then, but for an interrupt.
    """

    _esm = Path(__file__).with_name("live.js")
    controls = traitlets.Dict(value_trait=traitlets.Instance(Widget)).tag(
        sync=True, **widget_serialization
    )
    png = traitlets.Bytes().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    grips = traitlets.List().tag(sync=True)
    css = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Int().tag(sync=True)
    busy = traitlets.Bool().tag(sync=True)
    stop = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)

    def __init__(self, painter: Painter, answer: Callable, **traits) -> None:
        self._painter = painter
        self._answer = answer
        self._ratio = 1
        super().__init__(width=round(painter.figure.bbox.width), **traits)
        self.on_msg(self._reply)

    def show(self, caption: str, *, rest: bool) -> None:
        """Send the figure as it stands to every window; `rest` says that it will rest there."""
        with PAINTING, self.hold_sync():
            self.png = encode(self._painter.paint(self._ratio), "PNG")
            self.caption, self.busy = caption, not rest
            self.shown += 1

    def _reply(self, _widget, request: dict, _buffers: list) -> None:
        """Answer one request; every request gets its reply, or the browser would wait for ever."""
        with PAINTING:
            caption, css = self._answer(request["values"], request["drag"])
            painter, rest, self._ratio = self._painter, request["rest"], request["ratio"]
            pixels = painter.paint(self._ratio)
            moved = np.flatnonzero(pixels != painter.background).astype(np.uint32)
            buffers = [moved, pixels.ravel()[moved]]
            known = request["edition"] == painter.edition
            if not known:
                buffers.append(encode(painter.background, "PNG" if rest else "JPEG"))
            if css != self.css:
                self.css = css
            if rest:
                with self.hold_sync():
                    self.png, self.caption = encode(pixels, "PNG"), caption
            reply = {name: request[name] for name in ("page", "number", "rest")}
            edition = painter.edition if known or rest else None  # a JPEG is no lasting background
            self.send(reply | {"caption": caption, "edition": edition}, buffers=buffers)
