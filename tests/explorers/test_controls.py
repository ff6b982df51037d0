"""The controls say clearly what they cannot do, and know where on their track a value stands."""

import math

import ipywidgets as widgets
import numpy as np
import pytest

from calclearn.explorers.controls import (
    check_value,
    choice,
    coloured,
    fraction,
    log_slider,
    put,
    read,
    round_slider,
    slider,
)

from ..refusals import refused


def test_a_choice_shows_a_mappings_keys_and_none_is_a_choice_like_any_other():
    control = choice({"to 1": 1.0, "to 2": 2.0, "none": None}, 2.0)
    assert (control.value, control.label) == (2.0, "to 2")
    control.index = 2  # as the browser does it
    assert (control.index, control.value, control.label) == (2, None, "none")
    control.value = 1.0
    assert control.index == 0
    control.value = None
    assert (control.index, control.label) == (2, "none")


def test_pairs_are_options_and_numbers_of_any_precision_numbers():
    assert choice([(28, 28), (8, 8)]).value == (28, 28)
    assert choice([("a", 1), ["b", 2]]).value == 1
    assert choice([(), (1,)]).value == ()
    with np.errstate(all="raise"):
        assert slider(*np.float32([0.5, 0.25, 1])).value == 0.5


@pytest.mark.parametrize(
    ("control", "value", "expected"),
    [
        (slider(1.0, 0.0, 4.0), 1.0, 0.25), (slider(1.0, 0.0, 4.0), 9.0, 1.0),
        (log_slider(1, 0.01, 100), 1.0, 0.5), (log_slider(1, 0.01, 100), 0.0, 0.0),
        (log_slider(1, 0.01, 100), float("inf"), 1.0),
    ],
)  # fmt: skip
def test_fraction_is_where_the_handle_would_be(control, value, expected):
    assert fraction(control, value) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("control", "value", "stands"),
    [
        (round_slider(0.0, (-1.0, 1.0)), 0.1234, 0.12), (round_slider(0.0, (-1.0, 1.0)), 55.0, 1.0),
        (log_slider(1, 0.01, 100, steps=40), 9.7, 10),
        (log_slider(1, 0.01, 100, steps=40), -3, 0.01),
        (widgets.FloatText(1.0), 0.0625, 0.0625),  # without limits
        (widgets.IntsInput(value=[0, 0]), [3, 4], [3, 4]),
        (slider(np.int64(3), 1, 10, 1), 7.6, 8), (slider(2, 0, 9, 1), np.nan, 2),
        (slider(2, 0, 9, 1), np.inf, 9), (slider(2, 0, 9, 1), -np.inf, 0),
        (slider(2, 0, 9, 1), 1e300, 9),
    ],
)  # fmt: skip
def test_put_stays_on_the_steps_and_inside(control, value, stands):
    put(control, value)
    assert control.value == pytest.approx(stands)
    assert type(control.value) in (int, float, list, tuple)


@pytest.mark.parametrize("value", [5e-5, 6e-5, 0.5, 1.0])
def test_a_logarithmic_slider_begins_on_one_of_its_steps(value):
    control = log_slider(value, 5e-5, 1.0)
    steps = (math.log10(value) - control.min) / control.step
    assert steps == pytest.approx(round(steps), abs=1e-9)
    assert (control.base**control.min, control.base**control.max) == pytest.approx((5e-5, 1))
    assert control.value == value
    ranges = {(1e-5, 1e6): ".3r", (1e-8, 1): ".3", (1, 1e9): ".3"}  # powers where they must be
    assert {ends: log_slider(1, *ends).readout_format for ends in ranges} == ranges


def test_what_the_browser_sends_is_read_back():
    for control, sent, value in (
        (choice({"a": 10, "b": 20}), {"index": 1}, 20), (slider(1.0, 0.0, 2.0), 1.5, 1.5),
        (widgets.Text("x"), "x**2", "x**2"), (widgets.DatePicker(), {}, None),
        (widgets.SelectMultiple(options=["a", "b"]), {"index": [1]}, ("b",)),
        (widgets.FloatRangeSlider(), [1, 2.5], (1.0, 2.5)), (slider(1.0, 0, 9), 3, 3.0),
        (slider(1.0, 0, 9), [3], [3]), (widgets.Checkbox(), True, True), (slider(1, 0, 9, 1), 3, 3),
    ):  # fmt: skip
        assert repr(read(control, sent)) == repr(value)  # JavaScript sends 3.0 as 3


@pytest.mark.parametrize("make", [slider, log_slider])
@pytest.mark.parametrize("bad", [None, "1", [1], float("nan"), float("inf"), 1j])
def test_what_is_no_number_is_named(make, bad):
    for name in ("value", "minimum", "maximum"):
        with pytest.raises(ValueError, match=f"{name} must be a finite number, got"):
            make(**{"value": 1, "minimum": 1, "maximum": 2, name: bad})
    with pytest.raises(TypeError, match="label must be text, got NoneType"):
        make(1, 1, 2, label=None)


# fmt: off
test_what_cannot_be_is_named = refused([
    (lambda: slider(2, 3, 1), "minimum must be below maximum, got 3 and 1"),
    (lambda: log_slider(2, 3, 1), "minimum must be below maximum, got 3 and 1"),
    (lambda: slider(7, 1, 3), "value must lie between 1 and 3, got 7"),
    (lambda: log_slider(7, 1, 3), "value must lie between 1 and 3, got 7"),
    (lambda: log_slider(1, 0, 3), "minimum must be above 0 .* got 0"),
    (lambda: slider(0.5, 0, 1, 0), "step must be above 0"),
    (lambda: slider(0.5, 0, 1, -0.1), "step must be above 0"),
    *((lambda steps=steps: log_slider(0.5, 0.1, 1, steps),
       "steps must be a whole number of at least 1") for steps in (0, -1, 2.5, math.nan, None)),
    *((lambda limits=limits: round_slider(0.5, limits),
       "limits must be a pair of numbers") for limits in (None, 3, (1,), (1, 2, 3))),
    (lambda: round_slider(0.5, (1, 0)), "limits must be the lower and the upper one"),
    *((lambda limits=limits, make=make: make(limits[0], limits), "no steps of a")
      for limits in ((0, 5e-324), (-1.7e308, 1.7e308), (1, 1 + 1e-15))
      for make in (round_slider, lambda value, limits: slider(value, *limits))),
    (lambda: choice([]), "options must hold at least one"),
    (lambda: choice(3), TypeError, "options must be a list or a mapping, got 3"),
    (lambda: choice("sine"), TypeError, "options must be a list or a mapping, got 'sine'"),
    (lambda: choice(["a", "b"], "c"), "value must be one of the options, got 'c'"),
    (lambda: choice({"a": np.ones(2), "b": np.ones(2)}), TypeError, "that == compares, got {'a'"),
    (lambda: slider(0, 0, 10**400), "maximum must be a finite number"),
    (lambda: coloured(choice([1]), list), TypeError, "control must be a slider, got Choice"),
    (lambda: coloured("slider", list), TypeError, "control must be a slider, got str"),
    (lambda: coloured(slider(1, 0, 2), []), TypeError, "bands must be a function, got list"),
    (lambda: check_value("rate", log_slider(0.1, 0.01, 1), 2),
     r"rate must lie between 0\.01 and 1, got 2"),
    (lambda: check_value("rate", slider(0.1, 0.0, 1.0), "fast"),
     "rate must be a number, got 'fast'"),
    (lambda: check_value("shape", choice(["round", "long"]), "square"),
     "shape must be one of .*'round'.* got 'square'"),
    (lambda: check_value("x", widgets.Select(options=[1]), 2), "x must be one of"),
    (lambda: check_value("x", choice([1, 2]), np.array([1, 2])), "x must be one of"),
])
# fmt: on
