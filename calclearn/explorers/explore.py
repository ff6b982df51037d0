"""An explorer is a pure function from the controls' values to quantities, some drawings of them,
and a sentence in words.

    quantities = values | compute(**values);    drawing.update(**quantities);    caption

Each of the three names what it takes, as pytest's tests name their fixtures, and the same three
answer to the learner's slider, to the still picture in the notebook, and to the tests.
"""

import base64
import math
import numbers
import textwrap
import warnings
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets
import numpy as np

from calclearn.explorers.controls import check_value, fraction, put, read
from calclearn.explorers.displays import note_display, reopen, widget_parts
from calclearn.explorers.live import LiveFigure, Painter, encode, error_sentence
from calclearn.explorers.play import last_step, pace_of, remote, steps_of
from calclearn.explorers.quantities import ALL, Shown, bands, computing, describing, listed, shown
from calclearn.figures.style import PAINTING, VERMILION, style

_explorers: weakref.WeakSet = weakref.WeakSet()


class Explorer:
    """A figure that follows its controls; `explore` makes it.

    `set(**values)` moves controls, `state` holds all quantities by name (the controls' values and
    what `compute` returned for them), `caption` says them in words, `still()` paints them as PNG
    bytes, `controls` are the widgets by name. `error` is None, or the exception that `compute`
    raised for the present values; the figure then shows it as a sentence. `play` is None, or the
    control that Play moves, and the seconds of a picture.
    """

    def __init__(self, compute, drawings, caption, controls, play, pace) -> None:
        self.controls: dict[str, widgets.Widget] = controls
        self._compute, self._drawings, self._describe = compute, drawings, caption
        self.play = None if play is None else (play, pace_of(controls[play], pace))
        self._play, self._last = play, math.inf
        self._values = self._inputs = self._result = None
        self._state = self._caption = self._error = None
        self._warned: set = set()
        self._bands = {
            name: bands(control.bands)
            for name, control in controls.items()
            if hasattr(control, "bands")
        }
        (figure,) = {each.figure for each in drawings} - {None}
        if any(figure is other._painter.figure for other in _explorers):
            warnings.warn(
                "these panels show another figure, whose drawings stay on them; make new ones with "
                "panels in the same cell",
                stacklevel=3,
            )
        with style():
            self._apology = figure.text(
                0.5, 0.5, "", ha="center", va="center", fontsize=12, zorder=100, animated=True,
                bbox={"facecolor": "white", "edgecolor": VERMILION, "pad": 9}, parse_math=False,
            )  # fmt: skip
        self._painter = Painter(figure)
        self.still()
        self._check_controls()
        self._check_limits()
        self._values = None  # once more: the first picture found the layout that drawings measure
        png = self.still()
        film = [remote(controls[play], self.play[1])] if play else []
        self._live = LiveFigure(
            self._painter, self._answer, self._give, controls=controls, png=png,
            caption=self._caption, css=self._css(), grips=self._grips(),
            player=film[0].children[0] if film else None,
        )  # fmt: skip
        row = widgets.Layout(flex_flow="row wrap")
        others = [control for name, control in controls.items() if name != play]
        self.widget = widgets.VBox([widgets.Box(others, layout=row), *film, self._live])
        _explorers.add(self)
        note_display(self)

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
        values = {name: control.value for name, control in self.controls.items()}
        # A list is a copy, so that `compute` may change it.
        return {n: value[:] if isinstance(value, list) else value for n, value in values.items()}

    @property
    def state(self) -> dict[str, Any]:
        """All quantities by name: the controls' values, and what `compute` returned for them."""
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
        return encode(self.painted({})[0], "PNG")

    def painted(
        self, values: dict[str, Any], ratio: float = 1
    ) -> tuple[np.ndarray, np.ndarray, str]:
        """Return the picture for these values of controls, what does not move in it, its caption.

        Both are (height, width) of uint32, as `Painter.paint` returns them, and in the figure's
        own width; `ratio` is the number of their pixels for one of the screen's. No control moves.
        """
        with PAINTING:
            width = self._painter.width
            self._lay_out(None)
            self._follow(self.values | values)
            pixels = self._painter.paint(ratio).copy()
            background, caption = self._painter.background, self._caption
            self._lay_out(width)
            return pixels, background, caption

    def show(self, *, rest: bool = True) -> None:
        """Compute once more, for what lies behind the figure has changed, and show it everywhere.

        `rest` says that no further picture follows soon. Raises the KeyboardInterrupt that came
        meanwhile: it is meant for the training that runs behind the figure.
        """
        with PAINTING:
            self._values = self._inputs = None
            self._follow(self.values)
            if isinstance(self._error, KeyboardInterrupt):
                raise self._error
            self._live.show(self._caption, rest=rest)

    def _follow(self, values: dict) -> None:
        """Bring state, drawings and caption up to the values, unless they are there already."""
        if values == self._values:
            return
        with style():
            anew, self._values, self._error = self._values is None, values, None
            first = self._state is None
            try:
                self._update(anew)
            except BaseException as error:  # SystemExit would end the kernel
                if first:  # a figure that cannot show its first picture is its author's mistake
                    raise
                self._error, self._caption = error, error_sentence(error)
            self._apology.set_text(textwrap.fill(self._caption, 70) if self._error else "")

    def _update(self, anew: bool) -> None:
        inputs = self._compute.taken(self._values)
        if inputs != self._inputs:
            self._result, self._inputs = self._compute.function(**inputs), inputs
        quantities = self._values | self._result
        if self._play:
            if self._play in self._result:
                raise TypeError(f"compute returns {self._play!r}, which play moves")
            control = self.controls[self._play]
            quantities[self._play], self._last = steps_of(control, quantities, self._play)
        self._state = quantities
        for drawing in self._drawings:
            stale = self._painter.figure.stale
            drawing(quantities)
            if not (stale or anew):
                self._check_animated(drawing)
        self._caption = self._describe(quantities).encode("utf-8", "replace").decode()

    def _lay_out(self, width: int | None) -> None:
        if self._painter.lay_out(width):
            self._values = None  # drawings that measure their axes do so again

    def _give(self, width: int) -> None:
        """Take the width that the browser has."""
        if width != self._painter.width:
            self._lay_out(width)
            self._live.width, self._live.grips = width, self._grips()

    def _check_controls(self) -> None:
        """Raise TypeError for a control that nothing takes: its name is misspelt somewhere."""
        takers = [*self._drawings, *self._bands.values(), self._describe]
        taken = {name for taker in takers for name in taker.names}
        taken |= {name for drawing in self._held() for name in drawing.drags}
        for name in self.controls:
            if not {ALL, name} & {*taken, *self._compute.names}:
                raise TypeError(
                    f"nothing takes the control {name!r}: compute takes "
                    f"{listed(self._compute.names)}, drawings and caption {listed(sorted(taken))}"
                )
        for each in self._drawings:
            usual = getattr(type(each.drawing), "drags", ())  # of its kind, where nothing is said
            if each.drags != usual and not {*each.drags} <= self.controls.keys():
                raise TypeError(
                    f"{each.kind} drags {listed(each.drags)}; the controls are "
                    f"{listed(self.controls)}"
                )

    def _check_limits(self) -> None:
        """Warn of a panel that shows what moves nowhere, as nothing has given it limits."""
        for each in self._drawings:
            ax = each.drawing.ax
            if getattr(ax, "name", "3d") == "3d" or not ax.has_data():
                continue
            bare = not np.isfinite(ax.dataLim.get_points()).any()
            if bare and (ax.get_autoscalex_on() or ax.get_autoscaley_on()):
                warnings.warn(
                    f"the panel of {each.kind} has no limits, and what moves gives it none; set "
                    "them before, as in ax.set(xlim=(0, 9), ylim=(-1, 1))",
                    stacklevel=4,
                )

    def _check_animated(self, drawing: Shown) -> None:
        """Warn once of a drawing that makes the figure paint all of itself for what it moves."""
        still = not self._painter.figure.stale or getattr(drawing.drawing, "background", False)
        if not (still or drawing.kind in self._warned):
            self._warned.add(drawing.kind)
            warnings.warn(
                f"{drawing.kind} moves artists that were made in update, or without animated=True, "
                "so the whole figure is painted for each picture; make them once, in __init__, "
                "with animated=True, or give the drawing the attribute background = True",
                stacklevel=2,
            )

    def _answer(self, values: dict, drag: dict | None) -> tuple[str, str, bool]:
        """Follow values or a pointer; return caption, CSS, and whether a film is over."""
        values = self._read(values)
        if drag:  # nothing is `None` in CPython, and a false value of its own in the browser
            self._drag(**drag)
            values = self.values
        self._follow(values)
        return self._caption, self._css(), values.get(self._play, 0) > self._last

    def _read(self, sent: dict) -> dict[str, Any]:
        """Return the controls' values from what the browser sent of them."""
        values = self.values
        for name in values.keys() & sent.keys():
            values[name] = read(self.controls[name], sent[name])
            check_value(name, self.controls[name], values[name])
        return values

    def _drag(self, grip: int, before: dict, start: list, to: list, path: list = ()) -> None:
        """Give controls the values that a drawing reads from a pointer, in fractions of the figure.

        `grip` is the drawing's place among those that can be dragged, `before` the values when the
        pointer was pressed. A drawing with `painted` instead of `dragged` takes the whole `path`.
        """
        drawing, before = self._held()[grip], self._read(before)
        ax, values = drawing.ax, [before[name] for name in drawing.drags]
        plane = ax.transAxes if ax.name == "3d" else ax.transData
        places = (ax.figure.transFigure + plane.inverted()).transform([start, *path, to])
        if hasattr(drawing, "painted"):
            moved = drawing.painted(places, *values)
        else:
            moved = drawing.dragged(places[0], places[-1], *values)
        for name, value in zip(drawing.drags, moved, strict=True):
            if value != self.controls[name].value:  # else it stays, on its control's steps or not
                put(self.controls[name], value)

    def _grips(self) -> list[list[float]]:
        """Where the drawings that can be dragged lie, in fractions of the figure."""
        shares = self._painter.figure.transFigure.inverted()
        # not `get_position`, which makes the axes stale
        return [each.ax.bbox.transformed(shares).extents.tolist() for each in self._held()]

    def _held(self) -> list:
        """The drawings that can be dragged: all that they move is among the controls."""
        held = [(each.drawing, {*each.drags}) for each in self._drawings]
        return [drawing for drawing, moves in held if moves and moves <= self.controls.keys()]

    def track(self, name: str, state: dict[str, Any] | None = None) -> str:
        """The colours of a slider's track as CSS, by default for the present values."""
        if name not in self._bands:
            return ""
        control, stops, low = self.controls[name], [], 0.0
        for end, colour, *_ in self._bands[name](self.state if state is None else state):
            high = 100 * fraction(control, end)
            stops.append(f"{colour} {low:.1f}% {high:.1f}%")
            low = high
        return f"linear-gradient(to right, {', '.join(stops)})" if stops else ""

    def _css(self) -> str:
        """Colour the tracks of the sliders that have bands."""
        rules = []
        for name in self._bands:
            place = f"calclearn-track-{self.controls[name].model_id}"
            self.controls[name].add_class(place)
            rules.append(
                f".{place} .noUi-connects {{ background: {self.track(name, self._state)}; }} "
                f".{place} .noUi-connect {{ background: transparent; }}"
            )
        return "\n".join(rules)

    def close(self) -> None:
        """Free the widgets and the painted pictures. Displayed again, the figure is as it was.

        A cell that runs again closes what it alone has made or displayed before.
        """
        with PAINTING:
            others = [each for each in _explorers if each is not self and each._live.comm]
            shared = {part for each in others for part in widget_parts(each.widget)}
            for part in widget_parts(self.widget):
                if part not in shared:
                    part.close()
            self._painter.forget()

    def __reduce_ex__(self, protocol: int) -> None:
        raise TypeError("a live figure cannot be copied or pickled; explore makes another one")

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        """Return view, picture and sentence, and what hosts, such as Colab, must know of them."""
        reopen(self.widget)
        note_display(self)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        try:
            png, caption = self.still(), self._caption
        except Exception as error:  # the last picture stays, and the sentence says why
            png, caption = self._live.png, error_sentence(error)
        if (self._live.png, self._live.caption) != (png, caption):
            # It was `set` since: the browser may begin to listen only after it has heard of that.
            self._live.show(caption, rest=True)
        bundle = {
            "application/vnd.jupyter.widget-view+json": view,
            "image/png": base64.b64encode(png).decode("ascii"),
            "text/plain": caption,
        }
        _, metadata = self._live._repr_mimebundle_()
        return bundle, metadata | {"image/png": {"alt": caption}}


def explore(
    compute: Callable[..., dict[str, Any]],
    drawings: Iterable[Any],
    caption: Callable[..., str] | str,
    *,
    play: str | None = None,
    pace: float | None = None,
    **controls: widgets.Widget,
) -> Explorer:
    """Return a live figure: quantities computed from the controls, drawings of them, a caption.

    `compute` takes controls by name and returns a dict of quantities. Each drawing has `ax`, and
    `update`, which names the quantities that it shows; `drawing.on(descent="second")` gives it
    another one. `caption` is a template, "At {x:.2f} the slope is {slope:.3g}", or a function that
    names quantities and returns the sentence; what takes `**quantities` gets all. `controls` are
    made by `slider`, `log_slider` and `choice`; any widget with a `value` serves.

    `play="step"` makes the figure a film: a slider `step`, with Play, Back and Next, runs through
    the longest `Descent` among the quantities (or from 0 to a quantity `steps`), and the drawings
    that name `step` show the run as far as that. Where `step` is one of the controls, it is used.
    `pace` is the time of a picture in seconds, by default such that the film takes about three.

    Raises TypeError where one of these is something else, and where names do not agree.

    >>> from calclearn.explorers.controls import slider
    >>> from calclearn.figures.style import panels
    >>> class Dot:
    ...     def __init__(self, ax):
    ...         self.ax, (self.dot,) = ax, ax.plot([], [], "o", animated=True)
    ...     def update(self, x, height):
    ...         self.dot.set_data([x], [height])
    >>> (ax,) = panels("flat")
    >>> limits = ax.set(xlim=(0, 10), ylim=(0, 100))  # what moves does not change them
    >>> square = explore(
    ...     lambda x: {"height": x**2}, [Dot(ax)], "{x} squared is {height}", x=slider(2, 0, 9, 1)
    ... )
    >>> square.set(x=3).caption
    '3 squared is 9'
    """
    for name, control in controls.items():
        if not isinstance(control, widgets.Widget) or not control.has_trait("value"):
            raise TypeError(
                f"{name} must be a control, such as slider(2, 0, 9), got {control!r:.60}"
            )
    compute, drawn, describe = computing(compute, controls), shown(drawings), describing(caption)
    if play is not None:
        if not isinstance(play, str) or not play.isidentifier():
            raise TypeError(f"play must name the quantity of the steps, got {play!r:.60}")
        if play not in controls:
            values = {name: control.value for name, control in controls.items()}
            with style():
                last = last_step(values | compute(values))
            last = max(last, 1)  # a slider needs two places, also where there is no step
            controls[play] = widgets.IntSlider(value=last, min=0, max=last, description="step")
        control = controls[play]
        if not (hasattr(control, "step") and isinstance(control.value, numbers.Integral)):
            raise TypeError(
                f"{play} must be a slider of whole numbers, got {type(control).__name__}"
            )
    if pace is not None and not (isinstance(pace, numbers.Real) and 0 < pace < math.inf):
        raise TypeError(f"pace must be a number of seconds above 0, got {pace!r:.60}")
    for name, control in controls.items():
        reopen(control)
        control.description = control.description or name.replace("_", " ")
        control.style.description_width = "130px"
        control.layout.width = control.layout.width or "410px"
    return Explorer(compute, drawn, describe, controls, play, pace)
