"""The talk between browser and kernel: every request gets its reply, and rebuilds the picture."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from calclearn import lessons
from calclearn.explorers import choice, coloured, slider
from calclearn.explorers.live import LONGEST, Painter
from calclearn.figures.style import panels

from .conftest import REQUEST, Dot, full_draw, in_words, pixels, squared, tell


class JsNull:
    """The browser's null in its Python: false, and not None."""

    def __bool__(self):
        return False


@pytest.fixture(scope="module")
def sturdy():
    """One figure for all that it has to survive."""
    return squared()


def ask(explorer, **parts):
    """Send what the browser would send, with parts and values of one's own; return its answer."""
    request = REQUEST | {name: part for name, part in parts.items() if name in REQUEST}
    values = {name: value for name, value in parts.items() if name not in REQUEST}
    return tell(explorer._live, request | {"values": explorer.values | values})


def answers(explorer):
    """Whether the next ordinary request gets its picture and its caption."""
    reply, buffers = ask(explorer, x=3, number=99)
    return (reply["number"], reply["caption"], len(buffers)) == (99, "3 squared is 9", 3)


def rebuilt(buffers, background):
    """The picture that the browser makes of a reply."""
    moved, colours = (np.frombuffer(buffer, np.uint32) for buffer in buffers[:2])
    picture = background.copy()
    picture.ravel()[moved] = colours
    return picture


def test_a_reply_rebuilds_the_picture_exactly(square):
    painter, nothing = square._painter, dict.fromkeys(("drag", "edition", "width"), JsNull())
    reply, buffers = ask(square, x=6, number=4, **nothing)
    assert reply["number"] == 4
    assert reply["caption"] == "6 squared is 36"
    assert Image.open(io.BytesIO(buffers[2])).format == "JPEG"

    reply, buffers = ask(square, x=6, rest=True)
    assert Image.open(io.BytesIO(buffers[2])).format == "PNG"
    assert (pixels(buffers[2]) == painter.background.view(np.uint8).reshape(
        *painter.background.shape, 4)[..., :3]).all()  # fmt: skip
    assert pixels(square._live.png).shape == pixels(buffers[2]).shape
    assert square._live.caption == "6 squared is 36"

    reply, buffers = ask(square, x=8, edition=reply["edition"])
    assert len(buffers) == 2, "the browser has this background already"
    assert (rebuilt(buffers, painter.background) == painter.paint()).all()


def test_of_a_background_that_changes_only_the_part_that_differs_travels():
    class Title(Dot):
        background = True

        def update(self, x):
            self.ax.set_title(f"{x} squared")

    left, right = panels("flat", "flat")
    square = squared(drawings=[Dot(left), Title(right)])
    painter = square._painter
    known = [(ask(square, x=x)[0]["edition"], painter.background.copy()) for x in (3, 4, 5, 6, 8)]
    last = painter.background.view(np.uint8).reshape(*painter.background.shape, 4)[..., :3]
    for edition, background in known[-3:-1]:
        reply, buffers = ask(square, x=8, edition=edition)
        part, (x, y) = pixels(buffers[2]).astype(int), reply["corner"]
        assert x > len(background[0]) / 2
        place = slice(y, y + len(part)), slice(x, x + len(part[0]))
        assert np.abs(part - last[place]).max() < 60, "as a JPEG has it"
        background[place] = painter.background[place]
        assert (background == painter.background).all()
    for unknown in (None, -1, painter.edition + 1, 0.5):
        reply, buffers = ask(square, x=8, edition=unknown)
        assert reply["corner"] is None
        assert pixels(buffers[2]).shape == last.shape


class UnspeakableError(Exception):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (KeyError("height"), "KeyError: 'height'"),
        (SystemExit(2), "2"),
        (ValueError(r"$\frac{1}{$ and $x^$ and $"), r"$\frac{1}{$ and $x^$ and $"),
        (ValueError("half \ud83d a smiley"), "half \N{REPLACEMENT CHARACTER} a smiley"),
        (ValueError("an end\0"), "an end\N{REPLACEMENT CHARACTER}"),
        (ValueError("x" * 1_000_000), "x" * (LONGEST - 1) + "…"),
        (ValueError("\n" * 1_000_000), "ValueError"),
        (UnspeakableError(), "UnspeakableError"),
    ],
    ids=lambda given: type(given).__name__,
)  # fmt: skip
def test_an_error_in_compute_is_a_reply(error, sentence):
    def compute(x):
        if x == 5:
            raise error
        return {}

    square = squared(compute)
    reply, buffers = ask(square, x=5, rest=True)
    assert (reply["number"], reply["caption"]) == (1, sentence)
    assert len(buffers) == 3, "the sentence stands in the picture as well"
    assert answers(square)


class Uneven(Dot):
    """At 5 it has more x than y, which matplotlib sees when it draws."""

    still = False

    def update(self, x):
        super().update(x)
        self.dot.set_animated(not self.still)
        if x == 5:
            self.dot.set_data([1, 2, 3], [1, 2])


class EvenInTheBackground(Uneven):
    still = True


@pytest.mark.usefixtures("recwarn")  # the artists are made without animated=True
@pytest.mark.parametrize("kind", [Uneven, EvenInTheBackground])
def test_an_artist_that_fails_while_it_is_drawn_leaves_the_last_picture(kind):
    square = squared(drawings=[kind(*panels("flat"))])
    before = square._live.png
    for rest in (False, True, True):
        reply, buffers = ask(square, x=5, rest=rest)
        assert (reply["number"], buffers) == (1, [])
        assert "shape" in reply["caption"]
    assert square._live.png == before
    assert answers(square)
    assert square.set(x=2).still() == before
    drawing = square._drawings[0].drawing
    drawing.update = lambda x: drawing.dot.set_data([1, 2, 3], [1, 2])
    square.set(x=4)
    square.show(rest=True)  # which nobody has asked for
    assert "shape" in square._live.caption
    assert square._live.png == before


@pytest.mark.usefixtures("recwarn")  # the artists are made without animated=True
def test_what_changed_beside_an_artist_that_failed_is_drawn_with_the_next_picture():
    left, right = panels("flat", "flat")
    failing, title = EvenInTheBackground(left), Dot(right)
    title.update = lambda x: right.set_title("at least 5" if x >= 5 else "below 5")
    square = squared(drawings=[failing, title])
    assert ask(square, x=5)[1] == []
    failing.dot.set_data([5], [25])
    after = square._painter.paint().copy()
    square._painter._layers = []
    assert (square._painter.paint() == after).all()


@pytest.mark.parametrize("part", ["caption", "bands"])
def test_a_caption_or_bands_that_fail_are_a_reply(part):
    def unless_five(name, x, result):
        if (name, x) == (part, 5):
            raise ValueError(f"no {part} for five")
        return "half \ud83d" if (name, x) == ("caption", 6) else result

    square = squared(
        caption=lambda x: unless_five("caption", x, in_words(x)),
        x=coloured(slider(2, 0, 9, 1), lambda x: unless_five("bands", x, [(9, "green")])),
    )
    reply, buffers = ask(square, x=5)
    assert (reply["caption"], len(buffers)) == (f"no {part} for five", 3 * (part == "caption"))
    assert ask(square, x=6)[0]["caption"] == "half ?"
    assert answers(square)


def test_a_choice_of_nothing_is_a_reply():
    square = squared(lambda x, power: {}, power=choice({"square": 2, "cube": 3}))
    for index in (12, -5, "0", 1.5, JsNull(), None):
        reply, _ = ask(square, power={"index": index})
        assert reply["number"] == 1
    assert reply["caption"] == "choose one of the options of power"
    assert ask(square, x=3, power={"index": 1})[0]["caption"] == "3 squared is 9"


ABSENT = "no such field"
MALFORMED = [
    {}, {"values": None}, {"values": 3}, {"values": {"x": "three"}}, {"values": {"x": None}},
    {"values": {"x": float("nan")}}, {"values": {"x": 1e9}}, {"values": {"x": [1, 2]}},
    {"values": {"x": {"index": 0}}}, {"values": {"y": 1, "__class__": 2}}, {"drag": {"id": "old"}},
    {"drag": {"grip": 7, "before": {}, "start": [0.5, 0.5], "to": [0.5, 0.5]}},
    {"drag": {"grip": 0, "before": {"x": "?"}, "start": [0.5, 0.5], "to": [0.5, 0.5]}},
    {"drag": {"grip": 0, "before": {"x": 2}, "start": "here", "to": "there"}}, {"drag": [1, 2]},
    {"edition": "new"}, {"edition": {"a": 1}}, {"rest": "no"},
    *({field: ABSENT} for field in ("number", "values", "ratio", "edition", "rest", "drag")),
]  # fmt: skip


@pytest.mark.parametrize("part", MALFORMED, ids=str)
def test_a_malformed_request_is_answered(sturdy, part):
    request = REQUEST | {"number": 5, "values": {"x": 4}} | part
    request = {name: sent for name, sent in request.items() if sent is not ABSENT}
    reply, _ = tell(sturdy._live, request)
    assert reply["number"] == (None if part.get("number") is ABSENT else 5)
    assert isinstance(reply["caption"], str)
    for message in (None, "hello", [1]):  # no request is ignored
        sturdy._live._reply(None, message, [])
    assert answers(sturdy)


@pytest.mark.parametrize(("ratio", "counts_as"), [
    (2, 2), (4.5, 4), (float("inf"), 4), (float("nan"), 1), (0, 1), ("2", 1), ([2], 1),
    (1e-9, 0.25),
])  # fmt: skip
def test_a_picture_has_the_pixels_of_the_screen_within_limits(sturdy, ratio, counts_as):
    height, width = pixels(sturdy.still()).shape[:2]
    ask(sturdy, ratio=ratio)
    assert sturdy._painter.background.shape == (height * counts_as, width * counts_as)
    assert pixels(sturdy.still()).shape[:2] == (height, width)


@pytest.mark.parametrize("width", [840, 1200])
def test_a_drag_moves_the_control_from_where_it_was_pressed(square, dot, width):
    ask(square, width=width)
    ((x0, y0, x1, _),) = square._live.grips

    def drag(share):
        start, to = ([x0 + part * (x1 - x0), y0 + 0.5] for part in (0.5, share))
        return ask(square, drag={"grip": 0, "before": {"x": 2}, "start": start, "to": to})[0]

    assert drag(0.8)["caption"] == "5 squared is 25"  # three units of x to the right
    assert square.controls["x"].value == 5
    assert drag(0.5)["caption"] == "2 squared is 4", "a drag back ends where it began"
    assert drag(5.5)["caption"] == "9 squared is 81", "a drag ends at the end of the slider"


def test_a_drawing_that_is_painted_on_gets_the_whole_way_of_the_pointer(square, dot):
    ways = []
    dot.painted = lambda places, x: (ways.append(places), [x + 1])[1]
    box, shares = dot.ax.get_position(), (0.1, 0.5, 0.2, 0.3)
    path = [[box.x0 + share * box.width, box.y0] for share in shares]
    drag = {"grip": 0, "before": {"x": 2}, "start": path[0], "path": path[1:3], "to": path[3]}
    assert ask(square, drag=drag)[0]["caption"] == "3 squared is 9"
    assert ways[0][:, 0] == pytest.approx(10 * np.array(shares))


def test_a_drawing_without_its_controls_cannot_be_dragged():
    dot = type("Both", (Dot,), {"drags": ("x", "y")})(*panels("flat"))
    assert squared(drawings=[dot])._live.grips == []


def test_a_drag_that_fails_is_a_reply(square, dot):
    dot.dragged = lambda start, to, x: 1 / 0
    drag = {"grip": 0, "before": {"x": 2}, "start": [0.5, 0.5], "to": [0.6, 0.5]}
    assert ask(square, drag=drag)[0]["caption"] == "division by zero"
    assert answers(square)


@pytest.mark.usefixtures("recwarn")
def test_floating_point_errors_and_warnings_stay_out_of_the_figure(odd_settings):
    def compute(x):
        warnings.warn("a warning", RuntimeWarning, stacklevel=1)
        return {"size": np.exp(-1000.0 * x) + np.exp(1000.0 * x) + x / np.zeros(1)[0]}

    square = squared(compute, caption="{size}")
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("error")
        for x, caption in ((0, "nan"), (5, "inf")):
            reply, buffers = ask(square, x=x)
            assert (reply["caption"], len(buffers)) == (caption, 3)
    assert {str(warning.message) for warning in shown} == {"a warning"}


@pytest.fixture
def painter():
    """Of a figure of two panels that are far apart, painted once."""
    figure = panels("flat", "flat")[0].figure
    figure.axes[0].plot([0, 1], [0, 1])
    painter = Painter(figure)
    painter.paint()
    return painter


# fmt: off
CHANGES = {
    "overlapping axes": lambda figure: figure.add_axes((0.3, 0.3, 0.4, 0.4)),
    "a legend on two axes": lambda figure: figure.legend(
        handles=figure.axes[0].lines, labels=["line"], loc="center"),
    "a text below the axes": lambda figure: figure.text(0.2, 0.5, "below", zorder=-1, fontsize=40),
    "a text above the axes": lambda figure: figure.text(0.2, 0.5, "above", zorder=9, fontsize=40),
    "a title that is too long": lambda figure: figure.axes[0].set_title("into the next panel " * 4),
    "another order": lambda figure: figure.add_axes((0.3, 0.3, 0.4, 0.4)).set_zorder(-1),
    "no panel": lambda figure: figure.axes[1].set_visible(False),
    "one panel less": lambda figure: figure.axes[1].remove(),
    "another paper": lambda figure: figure.set_facecolor("pink"),
}
# fmt: on


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_lies_on_something_else_is_painted_in_its_order(painter, change):
    before = painter.paint().copy()
    change(painter.figure)
    for x in (0.5, 0.2):
        painter.figure.axes[0].lines[0].set_xdata([0, x])
        after = painter.paint().copy()
        assert (after == full_draw(painter)).all()
        assert (after != before).any()


def test_only_the_panel_that_changed_is_drawn(painter):
    drawn, (_, right) = [], painter.figure.axes
    for ax in painter.figure.axes:
        ax.draw = lambda renderer, ax=ax, draw=ax.draw: (drawn.append(ax), draw(renderer))
    right.set_title("changed")
    painter.paint()
    assert drawn == [right]


@pytest.mark.parametrize(("offered", "taken"), [(500, 500), (900, 900), (90, 500), (1e9, 1200),
                                                (None, 840), (-5, 840), (float("nan"), 840),
                                                ("wide", 840)])  # fmt: skip
def test_a_figure_takes_the_width_that_it_is_given(sturdy, offered, taken):
    before = sturdy.set(x=2).still()
    ask(sturdy, width=840)
    for ratio in (1, 2):
        reply, buffers = ask(sturdy, x=3, width=offered, ratio=ratio)
        assert reply["width"] == sturdy._live.width == taken
        assert Image.open(io.BytesIO(buffers[2])).size[0] == ratio * taken
        assert sturdy.still() == before, "the stored picture has its own width"


@pytest.fixture(scope="module")
def rates():
    """A figure of three panels and a strip."""
    return lessons.learning_rate()


def test_text_keeps_its_size_at_any_width(rates):
    def heights():
        texts = [text for ax in rates._painter.figure.axes for text in (ax.title, ax.xaxis.label)]
        return [text.get_window_extent().height for text in texts if text.get_text()]

    rates.still()
    usual = heights()
    for width in (500, 1200):
        ask(rates, width=width)
        rates._painter.paint()
        for height, own in zip(heights(), usual, strict=True):
            assert abs(height - own) < 1 or height > 2 * own  # a title may have two lines


def test_panels_that_would_be_narrow_stand_in_two_rows(rates):
    ask(rates, width=500)
    map_, _, curve, strip = (ax.get_position() for ax in rates._painter.figure.axes)
    assert map_.y0 > curve.y1 > curve.y0 > strip.y1
    assert curve.width > 1.5 * map_.width
    ask(rates, width=900)
    *panels_, _ = rates._painter.figure.axes
    assert len({round(ax.get_position().y1, 1) for ax in panels_}) == 1
    explorer = lessons.expected_loss()
    ask(explorer, width=500)
    left, right, below, twin = (ax.get_position() for ax in explorer._painter.figure.axes)
    assert twin.bounds == left.bounds
    assert left.y1 == right.y1 > below.y1
    explorer = lessons.loss_landscape()
    ask(explorer, width=500)
    flat, bowl, curve = (ax.get_position() for ax in explorer._painter.figure.axes)
    assert min(flat.y0, curve.y0) > bowl.y1, "the largest panel has a row of its own"


def test_long_titles_and_labels_stand_in_lines_and_a_late_legend_stays():
    left, _ = panels("flat", "flat")
    left.set(title="a long title " * 6, xlabel="a long label " * 6)
    late = squared(drawings=[Dot(left)])
    legend = left.figure.legend(handles=left.lines, labels=["late"])
    for width in (500, 840):
        ask(late, width=width)
        for box in (left.title.get_window_extent(), left.xaxis.label.get_window_extent()):
            assert 0 <= box.x0 < box.x1 <= width
        assert legend in left.figure.legends
