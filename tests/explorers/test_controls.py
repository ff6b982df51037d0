"""The controls say clearly what they cannot do, and know where on their track a value stands."""

import ipywidgets as widgets
import pytest

from calclearn.explorers.controls import (
    check_value,
    choice,
    fraction,
    log_slider,
    put,
    read,
    round_slider,
    slider,
)


@pytest.mark.parametrize("make", [slider, log_slider])
def test_limits_answer_in_a_sentence(make):
    with pytest.raises(ValueError, match="minimum must be below maximum, got 3 and 1"):
        make(2, 3, 1)
    with pytest.raises(ValueError, match="value must lie between 1 and 3, got 7"):
        make(7, 1, 3)


def test_a_logarithmic_slider_needs_a_positive_minimum():
    with pytest.raises(ValueError, match=r"minimum must be above 0 .* got 0"):
        log_slider(1, 0, 3)


def test_a_choice_needs_options_and_shows_a_mappings_keys():
    with pytest.raises(ValueError, match="options must hold at least one"):
        choice([])
    control = choice({"sine": 1.0, "cosine": 2.0}, 2.0)
    assert (control.value, control.label) == (2.0, "cosine")


def test_integers_stay_integers():
    control = slider(3, 1, 10, 1)
    put(control, 7.6)
    assert type(control.value) is int
    assert control.value == 8


@pytest.mark.parametrize(
    ("control", "value", "expected"),
    [
        (slider(1.0, 0.0, 4.0), 1.0, 0.25),
        (slider(1.0, 0.0, 4.0), 9.0, 1.0),
        (log_slider(1, 0.01, 100), 1.0, 0.5),
        (log_slider(1, 0.01, 100), 0.0, 0.0),
        (log_slider(1, 0.01, 100), float("inf"), 1.0),
    ],
)
def test_fraction_is_where_the_handle_would_be(control, value, expected):
    assert fraction(control, value) == pytest.approx(expected)


def test_put_stays_on_the_steps_and_inside():
    control = round_slider(0.0, (-1.0, 1.0))
    put(control, 0.1234)
    assert control.value == pytest.approx(0.12)
    put(control, 55.0)
    assert control.value == 1.0
    control = log_slider(1, 0.01, 100, steps=40)
    put(control, 9.7)
    assert control.value == pytest.approx(10)
    put(control, -3)
    assert control.value == pytest.approx(0.01)


def test_values_that_a_control_cannot_take():
    with pytest.raises(ValueError, match=r"rate must lie between 0\.01 and 1, got 2"):
        check_value("rate", log_slider(0.1, 0.01, 1), 2)
    with pytest.raises(ValueError, match=r"shape must be one of .*'round'.* got 'square'"):
        check_value("shape", choice(["round", "long"]), "square")
    with pytest.raises(ValueError, match="rate must be a number, got 'fast'"):
        check_value("rate", slider(0.1, 0.0, 1.0), "fast")


def test_what_the_browser_sends_is_read_back():
    assert read(choice({"a": 10, "b": 20}), {"index": 1}) == 20
    assert read(slider(1.0, 0.0, 2.0), 1.5) == 1.5
    assert read(widgets.Text("x"), "x**2") == "x**2"
