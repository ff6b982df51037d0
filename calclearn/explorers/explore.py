"""An explorer is a pure function from the controls' values to a state, some drawings, and a
sentence in words.

    state = compute(**values);    drawing.update(state);    caption(state)

The same three answer to the learner's slider, to the still picture stored in the notebook, and to
the tests.
"""

import base64
import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets as widgets
from matplotlib.transforms import Bbox

from calclearn.explorers.controls import check_value, fraction, put, read
from calclearn.explorers.displays import note_display, reopen, widget_parts
from calclearn.explorers.live import LiveFigure, Painter, encode, error_sentence
from calclearn.explorers.wording import typeset
from calclearn.figures.style import PAINTING, VERMILION, style


class Explorer:
    """A figure that follows its controls; `explore` makes it.

    `set(**values)` moves controls, `state` is what `compute` returned for them, `caption` says it
    in words, `still()` paints it as PNG bytes, `controls` are the widgets by name. `error` is
    None, or the exception that `compute` raised for the present values; the figure then shows it
    as a sentence.
    """

    def __init__(self, compute, drawings, caption, controls) -> None:
        self.controls: dict[str, widgets.Widget] = controls
        self._compute, self._drawings, self._describe = compute, drawings, caption
        self._values = self._state = self._caption = self._error = None
        figure = drawings[0][1].ax.figure
        with style():
            self._apology = figure.text(
                0.5, 0.5, "", ha="center", va="center", fontsize=12, zorder=100, animated=True,
                bbox={"facecolor": "white", "edgecolor": VERMILION, "pad": 9}, parse_math=False,
            )  # fmt: skip
        self._painter = Painter(figure)
        self.still()
        self._values = None  # once more: the first picture found the layout that drawings measure
        png = self.still()
        self._live = LiveFigure(
            self._painter, self._answer, self._give, controls=controls, png=png,
            caption=self._caption, css=self._css(), grips=self._grips(),
        )  # fmt: skip
        row = widgets.Layout(flex_flow="row wrap")
        self.widget = widgets.VBox([widgets.Box([*controls.values()], layout=row), self._live])

    def set(self, **values: Any) -> "Explorer":
        """Move controls, as a learner would, and return the explorer.

        Raises ValueError for a control that does not exist or a value that it cannot take.
        """
        for name, value in values.items():
            if name not in self.controls:
                raise ValueError(f"controls are {', '.join(self.controls)}, got {name!r}")
            check_value(name, self.controls[name], value)
        for name, value in values.items():
            self.controls[name].value = value
        return self

    @property
    def values(self) -> dict[str, Any]:
        """The controls' values by name."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def state(self) -> Any:
        """What `compute` made of the present values."""
        self._follow(self.values)
        return self._state

    @property
    def caption(self) -> str:
        """The figure in words."""
        self._follow(self.values)
        return self._caption

    @property
    def error(self) -> BaseException | None:
        """The exception that `compute` raised for the present values, if it did."""
        self._follow(self.values)
        return self._error

    def still(self) -> bytes:
        """Return the figure as it stands, as PNG bytes, in its own width."""
        with PAINTING:
            shown = self._painter.width
            self._lay_out(None)
            self._follow(self.values)
            png = encode(self._painter.paint(), "PNG")
            self._lay_out(shown)
            return png

    def show(self, *, rest: bool = True) -> None:
        """Compute once more, for what lies behind the figure has changed, and show it everywhere.

        `rest` says that no further picture follows soon. Raises the KeyboardInterrupt that came
        meanwhile: it is meant for whoever works behind the figure.
        """
        with PAINTING:
            self._values = None
            self._follow(self.values)
            if isinstance(self._error, KeyboardInterrupt):
                raise self._error
            self._live.show(self._caption, rest=rest)

    def _follow(self, values: dict) -> None:
        """Bring state, drawings and caption up to the values, unless they are there already."""
        with style():
            if values != self._values:
                first, self._values, self._error = self._state is None, values, None
                self._update(first)

    def _lay_out(self, width: int | None) -> None:
        if self._painter.lay_out(width):
            self._values = None  # drawings that measure their axes do so again

    def _give(self, width: int) -> None:
        """Take the width that the browser has."""
        if width != self._painter.width:
            self._lay_out(width)
            self._live.width, self._live.grips = width, self._grips()

    def _update(self, first: bool) -> None:
        try:
            self._state = self._compute(**self._values)
            for part, drawing in self._drawings:
                drawing.update(self._state if part is None else self._state[part])
            caption = self._describe(self._state)
            if not isinstance(caption, str):
                raise TypeError(f"caption must return text, got {type(caption).__name__}")
            self._caption = typeset(caption).encode("utf-8", "replace").decode()
        except BaseException as error:  # SystemExit would end the kernel
            if first:  # a figure that cannot show its first picture is its author's mistake
                raise
            self._error, self._caption = error, error_sentence(error)
        self._apology.set_text(textwrap.fill(self._caption, 70) if self._error else "")

    def _answer(self, values: dict, drag: dict | None) -> tuple[str, str]:
        """Follow the browser's values or pointer; return the caption and the tracks' colours."""
        values = self._read(values)
        if drag:  # nothing is `None` in CPython, and a false value of its own in the browser
            self._drag(**drag)
            values = self.values
        self._follow(values)
        return self._caption, self._css()

    def _read(self, sent: dict) -> dict[str, Any]:
        """Return the controls' values from what the browser sent of them."""
        values = self.values
        for name in values.keys() & sent.keys():
            values[name] = read(self.controls[name], sent[name])
            check_value(name, self.controls[name], values[name])
        return values

    def _drag(self, grip: int, before: dict, start: list, to: list) -> None:
        """Give controls the values that a drawing reads from a pointer going from `start` to `to`.

        `grip` is the drawing's place among those that can be dragged, `before` what the controls
        sent when the pointer was pressed, `start` and `to` are fractions of the figure.
        """
        drawing, before = self._held()[grip], self._read(before)
        ax = drawing.ax
        plane = ax.transAxes if ax.name == "3d" else ax.transData
        places = (ax.figure.transFigure + plane.inverted()).transform([start, to])
        moved = drawing.dragged(*places, *(before[name] for name in drawing.drags))
        for name, value in zip(drawing.drags, moved, strict=True):
            put(self.controls[name], value)

    def _grips(self) -> list[list[float]]:
        return [_box(grip).extents.tolist() for grip in self._held()]

    def _held(self) -> list:
        return [drawing for _, drawing in self._drawings if getattr(drawing, "drags", ())]

    def _css(self) -> str:
        """Colour the tracks of the sliders that have bands."""
        rules = []
        for control in self.controls.values():
            if not hasattr(control, "bands"):
                continue
            stops, low = [], 0.0
            for end, colour, *_ in control.bands(self._state):
                high = 100 * fraction(control, end)
                stops.append(f"{colour} {low:.1f}% {high:.1f}%")
                low = high
            name = f"calclearn-track-{control.model_id}"
            control.add_class(name)
            rules.append(
                f".{name} .noUi-connects {{ background: linear-gradient(to right, "
                f"{', '.join(stops)}); }} .{name} .noUi-connect {{ background: transparent; }}"
            )
        return "\n".join(rules)

    def close(self) -> None:
        """Free the widgets and the painted pictures. Displayed again, the figure is as it was.

        A cell that runs again closes what it alone has displayed before.
        """
        with PAINTING:
            for part in widget_parts(self.widget):
                part.close()
            self._painter.forget()

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        reopen(self.widget)
        note_display(self)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        png = self.still()
        if (self._live.png, self._live.caption) != (png, self._caption):
            # It was `set` since: the browser may begin to listen only after it has heard of that.
            self._live.show(self._caption, rest=True)
        return {
            "application/vnd.jupyter.widget-view+json": view,
            "image/png": base64.b64encode(png).decode("ascii"),
            "text/plain": self.caption,
        }


def explore(
    compute: Callable[..., Any],
    drawings: Iterable[Any] | Mapping[str, Any],
    caption: Callable[[Any], str],
    **controls: widgets.Widget,
) -> Explorer:
    """Return a live figure: a state computed from the controls, drawings that show it, its caption.

    `drawings` is a list, each `update`d with the whole state, or a mapping from a part of the
    state to the drawing, or list of drawings, that shows `state[part]`. `controls` are made by
    `slider`, `log_slider` and `choice`; any widget with a `value` serves. Raises TypeError where
    one of the three is something else.

    >>> from calclearn.explorers.controls import slider
    >>> from calclearn.figures.style import panels
    >>> class Dot:
    ...     def __init__(self, ax):
    ...         self.ax, (self.dot,) = ax, ax.plot([], [], "o", animated=True)
    ...     def update(self, x):
    ...         self.dot.set_data([x], [x**2])
    >>> (ax,) = panels("flat")
    >>> square = explore(
    ...     lambda x: x, [Dot(ax)], lambda x: f"{x} squared is {x**2}", x=slider(2, 0, 9, 1)
    ... )
    >>> square.set(x=3).caption
    '3 squared is 9'
    """
    for name, given in (("compute", compute), ("caption", caption)):
        if not callable(given):
            raise TypeError(f"{name} must be a function, got {type(given).__name__}")
    pairs = _pairs(drawings)
    for name, control in controls.items():
        if not isinstance(control, widgets.Widget) or not control.has_trait("value"):
            raise TypeError(f"{name} must be a widget with a value, got {type(control).__name__}")
        control.description = control.description or name.replace("_", " ")
        control.style.description_width = "130px"
        control.layout.width = control.layout.width or "410px"
    return Explorer(compute, pairs, caption, controls)


def _box(drawing: Any) -> Bbox:
    """Return where a drawing's axes lie, in fractions of the figure."""
    # not `get_position`, which makes the axes stale
    return drawing.ax.bbox.transformed(drawing.ax.figure.transFigure.inverted())


def _pairs(drawings: Iterable[Any] | Mapping[str, Any]) -> list[tuple[str | None, Any]]:
    """Return (part of the state, drawing) for every drawing; the part None is the whole state."""
    try:
        parts = drawings.items() if isinstance(drawings, Mapping) else [(None, list(drawings))]
    except TypeError:
        came = type(drawings).__name__
        raise TypeError(f"drawings must be a list or a mapping, got {came}") from None
    pairs = [
        (part, drawing)
        for part, group in parts
        for drawing in (group if isinstance(group, list) else [group])
    ]
    for _, drawing in pairs:
        if not callable(getattr(drawing, "update", None)) or not hasattr(drawing, "ax"):
            raise TypeError(
                f"drawings must have update(state) and ax, got {type(drawing).__name__}"
            )
    if not pairs:
        raise TypeError("drawings must hold at least one drawing, got none")
    return pairs
