"""Lesson 02: its exercises as learners answer them, and its figure."""

import numpy as np
import pytest

from calclearn import central_difference, complex_step, grad, parse
from calclearn.lessons.lesson_02 import STUDIED

right = {
    "02.1": [2**-25.5],
    "02.2": [100],
    "02.3": [complex_step, lambda f, x: (f(x + 1e-200j) / 1e-200).imag, lambda f, x: grad(f)(x)],
    "02.4": ["b"],
}
readings = {
    "02.3": [
        (lambda f, x: central_difference(f, x, 3e-6), "Hint 1"),
        (lambda f, x: (f(x + 1e-20) - f(x)) / 1e-20, "does not change"),
    ],
}
H = np.logspace(-18, 0, 181)


def errors(f, h, x=1.0):
    """The relative errors of the three rules, written out."""
    rules = [(f(x + h) - f(x)) / h, (f(x + h) - f(x - h)) / (2 * h), f(x + 1j * h).imag / h]
    return np.abs(np.array(rules) / grad(f)(x) - 1)


@pytest.mark.parametrize("function", STUDIED)
def test_errors_of_the_three_rules_and_the_stars_at_the_least(how_small_is_small, function):
    f = parse(function)
    state = how_small_is_small.set(function=function, h=1e-3).state
    # rounding may differ by one unit in each value of f
    assert state["errors"][1] == pytest.approx(errors(f, 1e-3), abs=1e-9)
    for rule, order in (("forward", 1), ("central", 2), ("complex step", 2)):
        h, error = state[f"{rule}, truncation"]
        clear = np.flatnonzero((h < 1e-3) & (error > 1e-13))[3:]
        grows = np.diff(np.log(error[clear])) / np.diff(np.log(h[clear]))
        assert np.median(grows) == pytest.approx(order, abs=0.05)
        assert [*state[f"{rule}, round-off"][0], *h] == pytest.approx(H)
    measured = errors(f, H)
    for error, at in zip(measured, state["best"][0], strict=False):
        smooth = np.exp(np.convolve(np.log(error + 1e-17), np.ones(9) / 9, "same"))[9:-9]
        assert abs(np.log10(H[9:-9][np.argmin(smooth)] / at)) < 1
    assert state["admitted"] < measured[0].min()


def test_the_curve_is_a_staircase_at_the_scale_of_the_last_digit(how_small_is_small):
    seen = {h: how_small_is_small.set(h=h).state["magnified"][1] for h in (1e-6, 1e-15, 1e-18)}
    steps = {h: len(np.unique(heights)) for h, heights in seen.items()}
    assert 1 == steps[1e-18] < 5 < steps[1e-15] < 50 < 700 < steps[1e-6]
    assert "forward 1 (round-off)" in how_small_is_small.caption
    assert " sin(x) + 1000 at" in how_small_is_small.set(function="sin(x) + 1000").caption
