"""The controls are ipywidgets' own, made so that they read like mathematics.

What is added is what a learner or a test needs and a bare widget does not give: limits that answer
in a sentence, steps that multiply, and a track coloured by what happens there.
"""

import contextlib
import math
import numbers
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets as widgets
from ipywidgets.widgets.widget_selection import _Selection
from traitlets import TraitError, observe


def slider(
    value: float, minimum: float, maximum: float, step: float | None = None, *, label: str = ""
) -> widgets.FloatSlider | widgets.IntSlider:
    """Return a slider with even steps; four whole numbers make it a slider of integers.

    Without a `step` there are 200 of them. `label` stands left of it (by default the control's
    name).

    >>> slider(3, 1, 10, 1).value, slider(0.5, 0, 1).step
    (3, 0.005)
    """
    _check_range(value, minimum, maximum, label)
    step = (maximum - minimum) / 200 if step is None else step
    _check_number("step", step)
    if step <= 0:
        raise ValueError(f"step must be above 0, got {step}")
    given = {"value": value, "min": minimum, "max": maximum, "step": step, "description": label}
    if all(isinstance(given[name], numbers.Integral) for name in ("value", "min", "max", "step")):
        return widgets.IntSlider(**given, readout_format="d")
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return widgets.FloatSlider(**given, readout_format=f".{decimals}f")


def round_slider(
    value: float, limits: tuple[float, float], *, label: str = ""
) -> widgets.FloatSlider:
    """Return a slider over about these limits that stands on round numbers, some hundred of them.

    >>> control = round_slider(0.123, (-0.71, 1.73))
    >>> control.value, control.min, control.max, control.step
    (0.12, -0.71, 1.73, 0.01)
    """
    try:
        low, high = limits
    except (TypeError, ValueError):
        raise ValueError(f"limits must be a pair of numbers, got {limits!r:.60}") from None
    for name, number in (("value", value), ("limits", low), ("limits", high)):
        _check_number(name, number)
    if not low < high:
        raise ValueError(f"limits must be the lower and the upper one, got {low} and {high}")
    _check_apart(low, high)
    step = 10.0 ** math.floor(math.log10((high - low) / 100))
    value, low, high = (float(f"{round(number / step) * step:.12g}") for number in (value, *limits))
    return slider(min(max(value, low), high), low, high, step, label=label)


def log_slider(
    value: float, minimum: float, maximum: float, steps: int = 120, *, label: str = ""
) -> widgets.FloatLogSlider:
    """Return a slider over orders of magnitude: each of its `steps` multiplies by the same factor.

    `value` stands on a step, so there may be a few more or fewer, and the last one may be shorter.
    It is shown with three digits, and with a power of ten only where the limits need one.

    >>> log_slider(0.1, 1e-3, 1).value
    0.1
    """
    _check_range(value, minimum, maximum, label)
    if minimum <= 0:
        raise ValueError(f"minimum must be above 0 on a logarithmic slider, got {minimum}")
    if not isinstance(steps, numbers.Integral) or steps < 1:
        raise ValueError(f"steps must be a whole number of at least 1, got {steps!r:.60}")
    low, high = math.log10(minimum), math.log10(maximum)
    step = (high - low) / steps
    start = math.log10(value) - low
    if round(start / step):  # the browser would move a value between two steps to one of them
        step = start / round(start / step)
    form = ".3r" if minimum >= 1e-5 and maximum <= 1e6 else ".3"  # d3 takes that for 1e-8
    return widgets.FloatLogSlider(
        value=value, base=10, min=low, max=high, step=step, description=label, readout_format=form
    )


class Choice(widgets.Dropdown):
    """A drop-down list in which None is an option like any other, and not the lack of one."""

    @observe("value")
    def _propagate_value(self, change: Any) -> None:
        if change.new is None and None in self._options_values:
            self.index = self._options_values.index(None)
        else:
            super()._propagate_value(change)


def choice(options: Iterable[Any], value: Any = None, *, label: str = "") -> widgets.Dropdown:
    """Return a drop-down list; a mapping shows its keys and gives its values. The first is chosen.

    >>> choice(["sine", "square"]).value
    'sine'
    """
    _check_label(label)
    if isinstance(options, str) or not isinstance(options, Iterable):
        raise TypeError(f"options must be a list or a mapping, got {options!r:.60}")
    entries = list(options.items() if isinstance(options, Mapping) else options)
    if not entries:
        raise ValueError("options must hold at least one entry, got none")
    if not isinstance(options, Mapping) and not all(map(_is_labelled, entries)):
        entries = [(str(each), each) for each in entries]  # a pair of numbers is an option
    given = {} if value is None else {"value": value}
    try:
        return Choice(options=entries, description=label, **given)
    except TraitError:
        if value is not None:
            raise ValueError(f"value must be one of the options, got {value!r:.60}") from None
        raise TypeError(f"options must be values that == compares, got {options!r:.60}") from None


def coloured(control: widgets.Widget, bands: Callable[[Any], list]) -> widgets.Widget:
    """Return the slider with its track coloured by `bands`, a function of quantities that it names.

    It returns a list of (upper end, colour).

    >>> track = coloured(slider(1, 0, 4), lambda: [(2, "green"), (4, "red")])
    """
    if not isinstance(control, widgets.Widget) or _limits(control) is None:
        raise TypeError(f"control must be a slider, got {type(control).__name__}")
    if not callable(bands):
        raise TypeError(f"bands must be a function, got {type(bands).__name__}")
    control.bands = bands
    return control


def turning() -> dict[str, widgets.Widget]:
    """Return the two controls that turn a bowl, in degrees; the bowl can be dragged as well."""
    return {
        "azimuth": slider(-60, -180, 180, 1, label="turn (°)"),
        "elevation": slider(35, 5, 90, 1, label="tilt (°)"),
    }


def _is_labelled(option: Any) -> bool:
    return isinstance(option, tuple | list) and len(option) == 2 and isinstance(option[0], str)


def _check_label(label: str) -> None:
    if not isinstance(label, str):
        raise TypeError(f"label must be text, got {type(label).__name__}")


def _check_number(name: str, number: float) -> None:
    with contextlib.suppress(OverflowError):
        if isinstance(number, numbers.Real) and math.isfinite(number):
            return
    raise ValueError(f"{name} must be a finite number, got {number!r:.60}")


def _check_range(value: float, minimum: float, maximum: float, label: str) -> None:
    _check_label(label)
    for name, number in (("value", value), ("minimum", minimum), ("maximum", maximum)):
        _check_number(name, number)
    if not minimum < maximum:
        raise ValueError(f"minimum must be below maximum, got {minimum} and {maximum}")
    _check_apart(minimum, maximum)
    if not minimum <= value <= maximum:
        raise ValueError(f"value must lie between {minimum} and {maximum}, got {value}")


def _check_apart(low: float, high: float) -> None:
    """Raise ValueError where hundreds of steps between two limits would be no numbers."""
    if not 1e-300 < float(high) - float(low) < math.inf or low + (high - low) / 1000 == low:
        raise ValueError(f"no steps of a slider fit between {low} and {high}")


def _limits(control: widgets.Widget) -> tuple[float, float] | None:
    """Return the least and greatest value of a slider, None for any other control."""
    if isinstance(control, widgets.FloatLogSlider):
        return control.base**control.min, control.base**control.max
    one_number = hasattr(control, "min") and isinstance(control.value, numbers.Real)
    return (control.min, control.max) if one_number else None


def check_value(name: str, control: widgets.Widget, value: Any) -> None:
    if (limits := _limits(control)) is not None:
        if not isinstance(value, numbers.Real):
            raise ValueError(f"{name} must be a number, got {value!r}")
        low, high = limits
        slack = 1e-9 * (high - low)
        if not low - slack <= value <= high + slack:
            raise ValueError(f"{name} must lie between {low:g} and {high:g}, got {value!r}")
    elif isinstance(control, _Selection):
        known = [option for _, option in control._options_full]
        with contextlib.suppress(ValueError):  # of an array, which is equal here and there
            if value in known:
                return
        raise ValueError(f"{name} must be one of {known}, got {value!r}")


SENT = str | numbers.Real | list | tuple  # kinds of values that the browser sends


def read(control: widgets.Widget, sent: Any) -> Any:
    """Return a control's value from what the browser sent: a choice sends only its place or places.

    Raises ValueError where nothing is chosen.
    """
    if not hasattr(control, "index") and not isinstance(control.value, SENT):
        return control.value  # a date, of which the kernel hears by itself
    if isinstance(sent, list) and isinstance(like := control.value, list | tuple):
        return type(like)(_alike(each, next(iter(like), each)) for each in sent)
    if not isinstance(sent, dict):
        return _alike(sent, control.value)
    place = sent.get("index")
    if isinstance(place, list):
        return tuple(control._options_full[each][1] for each in place)
    if not isinstance(place, numbers.Integral):  # a browser's null is not always None
        raise ValueError(f"choose one of the options of {control.description}")
    return control._options_full[place][1]


def _alike(sent: Any, like: Any) -> Any:
    """Return a number as the kind of number that `like` is: JavaScript sends 3.0 as 3."""
    return float(sent) if isinstance(like, float) and isinstance(sent, numbers.Real) else sent


def put(control: widgets.Widget, value: float) -> None:
    """Give a slider the value nearest to this one that it can show; NaN leaves it as it is.

    A control without limits takes the value itself.
    """
    if _limits(control) is None:
        control.value = value
        return
    if math.isnan(value):
        return
    steps = round((_place(control, value) - control.min) / control.step)
    place = min(control.min + steps * control.step, control.max)
    log = isinstance(control, widgets.FloatLogSlider)
    control.value = control.base**place if log else type(control.value)(place)


def fraction(control: widgets.Widget, value: float) -> float:
    """Return where on its track a slider shows the value, from 0 to 1."""
    return (_place(control, value) - control.min) / (control.max - control.min)


def _place(control: widgets.Widget, value: float) -> float:
    """Return a slider's value as its place between `min` and `max`."""
    if isinstance(control, widgets.FloatLogSlider):
        value = math.log(max(value, 1e-300), control.base)
    return min(max(value, control.min), control.max)
