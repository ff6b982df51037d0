"""The live figure: matplotlib paints, the browser shows.

What does not move is painted and sent once. Artists that move are made with matplotlib's own
`animated=True`: a full draw leaves them out, and they never make the figure stale, so
`figure.stale` tells whether the kept background still holds. A frame is a copy of it plus the few
moving artists, and only the pixels that differ from the background travel, exactly as painted. Of a
background that moves too the part that differs travels as JPEG, and the whole as PNG when it rests.

`live.js` asks: it listens to the controls in the browser, keeps at most two requests in flight and
always sends the last values. A training sends pictures that nobody asked for, and a kernel may
answer while it runs; so all that changes or paints a figure happens under one lock.
"""

import io
import itertools
import numbers
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from ipywidgets import Widget, widget_serialization
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from PIL import Image

from calclearn.explorers.canvas import Canvas
from calclearn.explorers.widths import Layout
from calclearn.figures.style import PAINTING, style

LONGEST = 500  # characters of an error's message; drawing a million takes a minute
RATIOS = (0.25, 4.0)  # picture pixels for one of the screen's; memory grows with the square
WIDTHS = (500, 1200)  # screen pixels that a figure takes where it is given them


def error_sentence(error: BaseException) -> str:
    """Return an error's message on one line, short enough to draw and fit to be sent.

    >>> error_sentence(ValueError("x must be\\n  positive")), error_sentence(KeyboardInterrupt())
    ('x must be positive', 'KeyboardInterrupt')
    """
    try:
        message = str(error)[: 2 * LONGEST]
    except Exception:  # a __str__ of the learner's own
        message = ""
    message = "".join(
        c if c.isprintable() or c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in message
    )
    message = " ".join(message.split()) or type(error).__name__
    if isinstance(error, KeyError):  # whose message is the key alone
        message = f"KeyError: {message}"
    return message if len(message) <= LONGEST else f"{message[: LONGEST - 1]}…"


def _limited(sent: Any, limits: tuple[float, float], otherwise: float | None) -> float | None:
    """Return what a browser sent, within limits; `otherwise` where it is no number above 0."""
    if not isinstance(sent, numbers.Real) or not sent > 0:
        return otherwise
    return min(max(sent, limits[0]), limits[1])


class Painter:
    """Paints one figure again and again, keeping what does not move.

    `paint()` returns the pixels, (height, width) of uint32, each red, green, blue, opaque in bytes;
    `ratio` is the number of them for one pixel of the screen. `background` holds those of what does
    not move, and `edition` counts how often it changed; `changed_since(edition)` is a rectangle in
    which it differs from an earlier one, or all of it. It is made of layers, each an axes, a legend
    or a text: only stale ones are drawn again, each alone. Layers that meet become one, so the
    pixels are always those of a full draw. `lay_out(width)` gives the figure another width in
    pixels, or its own again; the answer is whether anything has moved.
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.background: np.ndarray | None = None
        self.edition = 0
        self._canvas = Canvas(figure)
        self._dpi = figure.dpi
        self._changes: deque = deque(maxlen=4)  # the rectangles in which the last editions differ
        self._layers: list[_Layer] = []
        self._artists: set = set()  # of all layers
        self._layout = Layout(figure)

    def paint(self, ratio: float = 1) -> np.ndarray:
        with style():
            if self.figure.dpi != self._dpi * ratio:
                self.figure.dpi = self._dpi * ratio
                self._layers = []  # all have another size
            if self.figure.stale or not self._layers:
                self._paint_background()
            pixels = self._pixels()
            pixels[...] = self.background
            for artist in self._moving:
                if artist.get_visible():
                    artist.draw(self._canvas.renderer)
        return pixels

    @property
    def width(self) -> int:
        return self._layout.width

    def lay_out(self, width: int | None = None) -> bool:
        with style():
            moved = self._layout.take(self._layout.own_width if width is None else width)
        if moved:
            self._layers = []
        return moved

    def forget(self) -> None:
        """Free all pixels; the next picture paints them again."""
        self.background, self._layers = None, []
        self._canvas = Canvas(self.figure)

    def _paint_background(self) -> None:
        try:
            if not self._layout.found:
                self._layout.find()
            self._draw_layers()
        except BaseException:
            self.figure.stale, self._layers = True, []  # what failed may count as drawn
            raise
        before, self.background = self.background, self._empty.copy()
        for layer in self._layers:
            self.background[layer.place] = layer.pixels
        self.figure.stale = False
        if before is None or before.shape != self.background.shape:
            self._changes.clear()
        elif (changed := before != self.background).any():
            self._changes.append(_rectangle(changed))
        else:
            return
        self.edition += 1

    def changed_since(self, edition: Any) -> tuple[slice, ...]:
        last = self.edition - edition if isinstance(edition, int) else 0
        if not 0 < last <= len(self._changes):
            return slice(None), slice(None)
        return tuple(slice(min(part.start for part in side), max(part.stop for part in side))
                     for side in zip(*[*self._changes][-last:], strict=True))  # fmt: skip

    def _draw_layers(self) -> None:
        """Draw the layers that are stale, and those that meet as one."""
        patch, *artists = self.figure.get_children()
        still = [artist for artist in artists if not artist.get_animated()]
        if patch.stale or not self._layers or {*still} != self._artists:
            self._canvas.get_renderer().clear()
            patch.draw(self._canvas.get_renderer())
            self._empty, self._artists = self._pixels().copy(), {*still}
            self._layers = [self._drawn([artist]) for artist in still]
        else:
            self._layers = [
                self._drawn(layer.artists) if any(a.stale for a in layer.artists) else layer
                for layer in self._layers
            ]
        while pair := next(filter(_meet, itertools.combinations(self._layers, 2)), None):
            both = [artist for artist in still if artist in pair[0].artists + pair[1].artists]
            others = [layer for layer in self._layers if layer not in pair]
            self._layers = [self._drawn(both), *others]
        moving = [part for artist in artists for part in _parts(artist) if part.get_animated()]
        self._moving = sorted(moving, key=lambda artist: artist.get_zorder())

    def _drawn(self, artists: list[Artist]) -> "_Layer":
        """Draw artists alone, and return the pixels of the rectangle in which they lie."""
        pixels, renderer = self._pixels(), self._canvas.get_renderer()
        pixels[...] = self._empty
        for artist in sorted(artists, key=lambda artist: artist.get_zorder()):
            artist.draw(renderer)
        inked = pixels != self._empty
        for ax in filter(self.figure.axes.__contains__, artists):  # its paper may be white
            (x0, y0), (x1, y1) = ax.bbox.get_points()
            rows = slice(max(0, int(len(pixels) - y1)), int(len(pixels) - y0) + 2)
            inked[rows, max(0, int(x0)) : int(x1) + 2] = True
        place = _rectangle(inked)
        return _Layer(artists, place, pixels[place].copy())

    def _pixels(self) -> np.ndarray:
        return np.asarray(self._canvas.buffer_rgba()).view(np.uint32)[..., 0]


def _parts(artist: Artist) -> Iterator[Artist]:
    """An artist, and what lies on it: on an inset, and on a subfigure's axes, as well."""
    yield artist
    for part in artist.get_children():
        yield from _parts(part) if isinstance(part, Axes | SubFigure) else (part,)


def _rectangle(marked: np.ndarray) -> tuple[slice, ...]:
    """The smallest rectangle that holds all pixels that are marked."""
    sides = [np.flatnonzero(marked.any(axis)) for axis in (1, 0)]
    return tuple(slice(at[0], at[-1] + 1) if len(at) else slice(0, 0) for at in sides)


@dataclass(eq=False)
class _Layer:
    """Parts of a figure that are drawn together, and the rectangle of pixels that they take."""

    artists: list[Artist]
    place: tuple[slice, ...]
    pixels: np.ndarray


def _meet(pair: tuple[_Layer, _Layer]) -> bool:
    """Whether two layers have a pixel in common."""
    return all(
        one.start < other.stop and other.start < one.stop
        for one, other in zip(*(layer.place for layer in pair), strict=True)
    )


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

    `lay_out(width)` is called with the width that the browser has for the figure, and
    `answer(values, drag)` with each request: it takes the controls' values by name and a pointer
    drag (or None), and returns the caption, the style of the controls, and whether a film, whose
    widget Play is `player`, is over. `png` has the last picture at rest, for a second window and a
    saved notebook. `shown` counts pictures that nobody asked for; while more are to come, the
    figure is `busy`. `stop` is the toggle that ends what a cell waits for.
    """

    # As text: a file is watched for changes by each figure, which nothing would free then.
    _esm = Path(__file__).with_name("live.js").read_text(encoding="utf-8")
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
    player = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)

    def __init__(self, painter: Painter, answer: Callable, lay_out: Callable, **traits) -> None:
        self._painter = painter
        self._answer, self._lay_out = answer, lay_out
        self._ratio = 1
        super().__init__(width=painter.width, **traits)
        self.on_msg(self._reply)

    def show(self, caption: str, *, rest: bool) -> None:
        """Send the figure as it stands to every window; `rest` says that it will rest there."""
        with PAINTING, self.hold_sync():
            try:
                self.png = encode(self._painter.paint(self._ratio), "PNG")
            except Exception as error:  # the last picture stays, and the sentence says why
                caption = error_sentence(error)
            self.caption, self.busy = caption, not rest
            self.shown += 1

    def _reply(self, _widget, request: Any, _buffers: list) -> None:
        """Answer one request: the next picture, or the last one and a sentence, whatever raises."""
        if not isinstance(request, dict):
            return
        reply = {name: request.get(name) for name in ("page", "number", "rest")}
        with style():
            try:
                news, buffers = self._picture(request)
            except BaseException as error:  # an exit or an interrupt must not cost the reply
                news, buffers = {"caption": error_sentence(error)}, []
            self.send(reply | news, buffers=buffers)

    def _picture(self, request: dict) -> tuple[dict, list]:
        """Return the caption and the number of the background, and the buffers of the picture."""
        if (width := _limited(request.get("width"), WIDTHS, None)) is not None:
            self._lay_out(int(width))
        caption, css, over = self._answer(request["values"], request.get("drag"))
        painter, rest = self._painter, request.get("rest")
        self._ratio = _limited(request.get("ratio"), RATIOS, 1)
        pixels = painter.paint(self._ratio)
        moved = np.flatnonzero(pixels != painter.background).astype(np.uint32)
        buffers = [moved, pixels.ravel()[moved]]
        known, edition = request.get("edition"), painter.edition
        news = {"caption": caption, "edition": edition, "width": painter.width, "over": over}
        if known != edition:
            rows, columns = place = painter.changed_since(known)
            buffers.append(encode(painter.background[place], "PNG" if rest else "JPEG"))
            news["corner"] = None if rows.start is None else [int(columns.start), int(rows.start)]
        if css != self.css:
            self.css = css
        if rest:
            with self.hold_sync():
                self.png, self.caption = encode(pixels, "PNG"), caption
        return news, buffers
