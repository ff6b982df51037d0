"""A figure as one file: the pictures of its controls' positions, each as what differs from another.

A picture is kept as its parent (the picture of the position before, the background alone, or blank
paper) and the runs of pixels in which it differs from that, exactly as painted; at most `DEPTH`
parents rebuild it. All of it is one deflate stream:

    length of the head (4 bytes), head (JSON), palette (4 bytes a colour),
    gaps of all runs, lengths of all runs, colours of all pixels (in planes of bytes each)

Where a figure would be larger than `CAP` it has fewer positions. A second control and sharper
pixels come in up to `EXTRAS`.
"""

import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, product
from typing import Any

import ipywidgets as widgets
import numpy as np

from calclearn.explorers.explore import Explorer
from calclearn.figures.style import style

CAP = 600_000  # bytes of a figure's file
EXTRAS = 250_000
DEPTH = 16  # pictures that one picture is rebuilt from
REACH = 0.7  # pixels that are set on the way, for each pixel of the picture
STOPS = (11, 6, 3)  # positions of a second control
POSITIONS = 151  # of a control with more there is every second, or third, and so on
LEVEL = 7  # of deflate; the highest takes six times as long and saves a hundredth
SAMPLE = 8  # pictures that say how large all of them will be
PAPER = np.uint32(0xFFFFFFFF)  # white, opaque
MOST = 2000  # pictures of a figure with a second control
FEWEST = 5  # positions, however large their pictures are
SHARED = 4  # pictures that need one background before it is worth a picture of its own
PLAYED = ("label", "words", "start", "listed", "track", "pace")  # of a dial, for the player


@dataclass(frozen=True)
class Dial:
    """A control in the book: the values that it takes, what they are called, and where it begins.

    `track` colours it, as CSS; `pace` is the time of a picture in seconds where Play moves it.
    """

    name: str
    label: str
    values: list
    words: list[str]
    start: int
    listed: bool = False
    track: str = ""
    pace: float | None = None

    def thinned(self, count: int) -> "Dial":
        """Return about `count` of its positions, evenly spaced; both ends and the start stay."""
        last = len(self.values) - 1
        stride = math.ceil(last / max(count - 1, 1))
        if stride <= 1 or self.listed:
            return self
        keep = sorted({*range(self.start % stride, last + 1, stride), 0, self.start, last})
        return replace(
            self,
            values=[self.values[k] for k in keep],
            words=[self.words[k] for k in keep],
            start=keep.index(self.start),
        )


def dial(name: str, control: widgets.Widget) -> Dial | None:
    """Return a control as a dial; None where its values cannot be listed, as those of a text.

    >>> from calclearn.explorers.controls import log_slider
    >>> rate = dial("rate", log_slider(0.1, 0.01, 1, 4, label="rate η"))
    >>> rate.words, rate.start
    (['0.0100', '0.0316', '0.100', '0.316', '1.00'], 2)
    """
    label = control.description or name.replace("_", " ")
    if hasattr(control, "_options_full"):
        words, values = zip(*control._options_full, strict=True)
        return Dial(name, label, list(values), [*map(str, words)], control.index or 0, listed=True)
    if isinstance(control, widgets.Checkbox | widgets.ToggleButton):
        return Dial(name, label, [False, True], ["no", "yes"], int(control.value), listed=True)
    if not all(hasattr(control, part) for part in ("min", "max", "step", "readout_format")):
        return None
    log = isinstance(control, widgets.FloatLogSlider)
    count = math.floor((control.max - control.min) / control.step + 1e-9) + 1
    places = [control.min + k * control.step for k in range(count)]
    if control.max - places[-1] > 1e-9 * (control.max - control.min):
        places.append(control.max)
    kind = type(control.value)
    values = [control.base**place if log else kind(place) for place in places]
    value = math.log(control.value, control.base) if log else control.value
    start = min(range(len(places)), key=lambda k: abs(places[k] - value))
    values[start] = control.value
    words = [_spoken(value, control.readout_format) for value in values]
    return Dial(name, label, values, words, start).thinned(POSITIONS)


def _spoken(value: float, form: str) -> str:
    """The number as it stands beside the slider; d3's form r is one without a power of ten."""
    if form.endswith("r"):
        digits = int(form.strip(".r"))
        order = math.floor(math.log10(abs(value))) if value else 0
        return f"{value:.{max(digits - 1 - order, 0)}f}"
    text = format(value, form)
    return text if form.endswith(("d", "f")) else f"{float(text):g}"


@dataclass
class Film:
    """A figure's pictures: for each position of its dials one, the picture's number, its caption.

    `frames` are (parent, places, colours): the numbers of the pixels that differ, and what they
    are. `grid` gives the number of the picture, and of its caption, for a position of the dials.
    `absent` are the labels of the explorer's controls that have no dial.
    """

    shape: tuple[int, int]
    ratio: float
    dials: list[Dial]
    grid: dict[tuple[int, ...], tuple[int, int]] = field(default_factory=dict)
    frames: list[tuple[int, np.ndarray, np.ndarray]] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    @cached_property
    def encoded(self) -> bytes:
        """The stream that the player reads."""
        # All colours are opaque, and so they are numbers of 24 bits.
        colours = np.concatenate([colours for _, _, colours in self.frames]) & 0xFFFFFF
        palette, counts = np.unique(colours, return_counts=True)
        palette = palette[np.argsort(-counts, kind="stable")]  # frequent colours have small codes
        codes = np.empty(1 << 24, np.uint32)
        codes[palette] = np.arange(len(palette))
        gaps, lengths, frames = [], [], []
        for parent, places, _ in self.frames:
            runs = np.flatnonzero(np.diff(places, prepend=-2) != 1)
            gaps.append(np.diff(places[runs], prepend=0))
            lengths.append(np.diff(runs, append=len(places)))
            frames.append([parent, len(runs), len(places)])
        numbers = np.concatenate(gaps), np.concatenate(lengths), codes[colours]
        planes = [in_planes(each) for each in numbers]
        head = {
            "height": self.shape[0],
            "width": self.shape[1],
            "ratio": self.ratio,
            "dials": [{part: getattr(dial, part) for part in PLAYED} for dial in self.dials],
            "captions": self.captions,
            "grid": [[*position, *numbers] for position, numbers in self.grid.items()],
            "frames": frames,
            "palette": len(palette),
            "planes": [len(each) for each in planes],
        }
        head = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
        head += b" " * (-len(head) % 4)
        colours = (palette | 0xFF000000).astype("<u4").tobytes()
        length = np.array([len(head)], "<u4").tobytes()
        return zlib.compress(b"".join([length, head, colours, *chain(*planes)]), LEVEL)

    def script(self, name: str) -> bytes:
        """Return the stream as a script, which a page may load from a disk as from a server."""
        begin = f'\ufeffcalclearn.film("{name}",{len(self.encoded)},"'
        return begin.encode("utf-16-le") + characters(self.encoded) + '");\n'.encode("utf-16-le")

    @property
    def size(self) -> int:
        """The bytes of the script."""
        return 2 * math.ceil(8 * len(self.encoded) / 15) + 80


def characters(stream: bytes) -> bytes:
    """Bytes as characters of UTF-16, 15 bits in each of 16: as text they must get through a script.

    The characters lie from U+3400 on, where each number of 15 bits is one, and none means anything
    to JavaScript. (Base 64 would make a third more of it.)

    >>> characters(b"\\xff\\xff\\xff\\xfe").decode("utf-16-le").encode("unicode_escape")
    b'\\\\ub3ff\\\\ub3ff\\\\u7400'
    """
    bits = np.unpackbits(np.frombuffer(stream, np.uint8))
    bits = np.pad(bits, (0, -len(bits) % 15)).reshape(-1, 15)
    numbers = bits @ (1 << np.arange(14, -1, -1))
    return (numbers + 0x3400).astype("<u2").tobytes()


def in_planes(numbers: np.ndarray) -> list[bytes]:
    """The lowest byte of each number, then the next of each, as many as the largest number has.

    >>> [list(plane) for plane in in_planes(np.array([5, 300]))]
    [[5, 44], [0, 1]]
    """
    bits = int(numbers.max(initial=1)).bit_length()
    return [(numbers >> low).astype(np.uint8).tobytes() for low in range(0, bits, 8)]


class Camera:
    """Paints the pictures of an explorer once, at one ratio, and keeps what moves in each."""

    def __init__(self, explorer: Explorer, ratio: float = 1) -> None:
        self.explorer, self.ratio = explorer, ratio
        self.backgrounds: dict[bytes, int] = {}  # their pixels, in the order of their numbers
        self._shots: dict[tuple, tuple[int, np.ndarray, np.ndarray, str]] = {}

    def shot(self, values: dict[str, Any]) -> tuple[int, np.ndarray, np.ndarray, str]:
        """The background's number, the pixels that differ from it, their colours, the caption."""
        key = tuple(values.items())
        if key not in self._shots:
            pixels, background, caption = self.explorer.painted(values, self.ratio)
            number = self.backgrounds.setdefault(background.tobytes(), len(self.backgrounds))
            places = _places(pixels != background)
            self._shots[key] = number, places, pixels.flat[places], caption
            self.shape = pixels.shape
        return self._shots[key]

    def film(self, dials: list[Dial], places: list[tuple[int, ...]]) -> Film:
        """The film of these positions, in their order."""
        shots = [
            self.shot({dial.name: dial.values[k] for dial, k in zip(dials, place, strict=True)})
            for place in places
        ]
        film = Film(self.shape, self.ratio, dials)
        backgrounds = [np.frombuffer(each, np.uint32) for each in self.backgrounds]
        often = np.bincount([number for number, *_ in shots])
        depth, reach = {-1: -1}, {-1: 0}
        blank = -1, np.full(math.prod(self.shape), PAPER)
        last = blank
        bases: dict[int, tuple[int, np.ndarray]] = {}  # background: its frame and pixels
        captions: dict[str, int] = {}

        def add(pixels: np.ndarray, *parents: tuple[int, np.ndarray]) -> tuple[int, np.ndarray]:
            """Append a frame, whose parent is the most similar picture that is near enough."""
            changes = [(parent, _places(pixels != before)) for parent, before in parents]
            near = [
                (parent, differ)
                for parent, differ in changes
                if depth[parent] < DEPTH and reach[parent] + len(differ) <= REACH * len(pixels)
            ]
            parent, differ = min(
                near or [(-1, _places(pixels != blank[1]))], key=lambda pair: len(pair[1])
            )
            number = len(film.frames)
            film.frames.append((parent, differ, pixels[differ]))
            depth[number], reach[number] = depth[parent] + 1, reach[parent] + len(differ)
            return number, pixels

        for place, (number, moved, colours, caption) in zip(places, shots, strict=True):
            background = backgrounds[number]
            if often[number] >= SHARED and number not in bases:
                bases[number] = last = add(background, last)
            pixels = background.copy()
            pixels[moved] = colours
            last = add(pixels, *filter(None, [bases.get(number)]), last)
            film.grid[place] = last[0], captions.setdefault(caption, len(captions))
        film.captions = list(captions)
        return film


def _places(mask: np.ndarray) -> np.ndarray:
    return np.flatnonzero(mask).astype(np.int32)


def recorded(explorer: Explorer, *, cap: int = CAP, extras: int = EXTRAS) -> Film | None:
    """Return the film of an explorer, None where none of its controls has positions to list.

    The first control is there at all its positions, and the steps that Play shows for the
    control's value at the start; both with fewer where the file would exceed `cap` bytes. Within
    `extras` come the steps for other values, or a second control, and twice the resolution.
    """
    controls = explorer.controls
    dials = [made for name, control in controls.items() if (made := dial(name, control))]
    name, pace = explorer.play or (None, None)
    played = [replace(each, pace=pace) for each in dials if each.name == name]
    others = [each for each in dials if each.name != name]
    chosen = [*others[: 2 - len(played)], *played]
    if not chosen:
        return None
    chosen[0] = replace(chosen[0], track=explorer.track(chosen[0].name))
    with style():  # once, and not for each picture
        camera = Camera(explorer)
        films = (_within(camera, *choice) for choice in _choices(chosen, cap, extras))
        film = next(filter(None, films))
        if 1.5 * film.size <= extras:
            film = _within(Camera(explorer, 2), film.dials, list(film.grid), extras) or film
    names = {each.name for each in film.dials}
    film.absent = [each.description for name, each in controls.items() if name not in names]
    return film


def _choices(chosen: list[Dial], cap: int, extras: int) -> Iterator[tuple[list[Dial], list, float]]:
    """What may be shown, the most first: dials, their positions, and the bytes that they may take.

    The last may take any number.
    """
    base = chosen if chosen[-1].pace is not None else chosen[:1]
    for stops in STOPS if len(chosen) == 2 else ():
        dials = base if len(base) == 2 else [*base, chosen[1].thinned(stops)]
        places = _positions(dials, stops)
        complete = not dials[1].listed or len(dials[1].values) <= stops
        if complete and len(places) <= MOST:
            yield dials, places, extras
    count = max(len(each.values) for each in base)
    while True:
        dials = [each.thinned(count) for each in base]
        yield dials, _positions(dials, 1), cap if count > FEWEST else math.inf
        count = math.ceil(count / 1.3)


def _within(camera: Camera, dials: list[Dial], places: list, most: float) -> Film | None:
    """The film of these positions, None where it is larger than `most` bytes, or will be.

    How large it will be is told by what eight of its pictures add after eight others.
    """
    if len(places) > 2 * SAMPLE and most < math.inf:
        middle = len(places) // 2
        first, both = (
            camera.film(dials, places[middle - SAMPLE : end]).size
            for end in (middle, middle + SAMPLE)
        )
        if first + (both - first) / SAMPLE * (len(places) - SAMPLE) > 1.3 * most:
            return None
    film = camera.film(dials, places)
    return film if film.size <= most else None


def _positions(dials: list[Dial], stops: int) -> list[tuple[int, ...]]:
    """The positions of the dials: of one all, of a second with them; a film at `stops` of them."""
    ranges = [range(len(each.values)) for each in dials]
    if len(dials) < 2:
        return list(product(*ranges))
    main, second = dials
    if second.pace is None:
        return list(product(*ranges))
    there = main if stops == 1 else main.thinned(stops)
    films = [main.start] if stops == 1 else [main.values.index(value) for value in there.values]
    end = len(second.values) - 1
    whole = [(k, end) for k in ranges[0]]
    return whole + [(k, step) for k in films for step in ranges[1] if step != end]
