"""Lesson 03: its exercises as learners answer them, and its figures."""

import math
import re

import numpy as np
import pytest

from calclearn import accumulate, derivative, expected, lessons
from calclearn.calculus import integrals
from calclearn.data import penguin_line, penguins
from calclearn.data.penguins import flipper_density

RULES = {
    "left": integrals.left_sum, "midpoint": integrals.midpoint,
    "trapezoid": integrals.trapezoid, "Simpson": integrals.simpson,
}  # fmt: skip


right = {
    "03.1": [lambda f, a, b, n: np.mean(f(np.linspace(b, a, n + 1)[:-1])) * (b - a)],
    "03.2": [derivative(lambda x: -accumulate(lambda t: np.exp(-(t**2)), 2.0, x), 1.0)],
    "03.3": [expected(lambda x: (0.06 * (x - 190)) ** 2, lambda x: 1 + 0 * x, 180.0, 200.0)],
    "03.4": [400 * 4**2],
}
readings = {"03.4": [(6390, "Hint 1"), (6401, "Hint 1")]}  # a count is exact


@pytest.mark.parametrize(("rule", "end"), [*zip(RULES, (166.5, 199.9, 220.0, 240.0), strict=True)])
def test_pieces_add_up_to_the_rule_and_the_slope_is_the_curve(accumulated_area, rule, end):
    for n in (2, 22):
        state = accumulated_area.set(rule=rule, pieces=n, upper_limit=end).state
        total = RULES[rule](flipper_density, 165.0, end, n)
        assert state["result"] == state["running"][1][-1] == pytest.approx(total, abs=1e-12)
        assert state["slope"] == pytest.approx(flipper_density(end), abs=1e-7)
        assert state["now"] == (n, abs(state["result"] - state["area"]))
        counts, errors = state[rule]
        totals = [RULES[rule](flipper_density, 165.0, end, n) for n in counts]
        assert errors == pytest.approx(np.abs(totals - state["area"]))
    assert "with no visible error" in accumulated_area.set(upper_limit=165.0).caption


@pytest.mark.parametrize("f", [math.sin, lambda x: 0 * x, lambda x: x**3 - 1e6])
def test_any_smooth_function_of_one_number(f):
    explorer = lessons.accumulated_area(f, (-2.0, 2.0), ("x (s)", "f (m/s)", "F (m)"))
    assert explorer.set(upper_limit=2.0, rule="trapezoid").still()
    assert explorer.state["slope"] == pytest.approx(f(2.0), rel=1e-6, abs=1e-6)
    assert "Up to 2 s the trapezoid" in explorer.caption
    assert re.search(r" m, w(hich is|ith no)", explorer.caption)


@pytest.mark.parametrize(("arguments", "error", "words"), [
    ((3,), TypeError, "f must be a function of x, got int"),
    ((lambda x: np.where(x > 0, x, np.nan), (-1.0, 1.0)), ValueError, "f must be finite"),
    ((np.sin, (1.0, 1.0)), ValueError, "limits must be .low, high. with low < high, got"),
])  # fmt: skip
def test_bad_functions_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        lessons.accumulated_area(*arguments)


def test_density_of_the_flippers():
    for end in (185.0, 200.5, 220.0):
        share = integrals.accumulate(flipper_density, 165.0, end)
        assert share == pytest.approx((penguins().flipper_length < end).mean(), abs=0.03)


def test_expected_loss_by_drawing_inputs(expected_loss):
    """A second way: inputs drawn from the density, and the mean of the losses near them."""
    state = expected_loss.set(centre=226, width=12).state
    flippers, adelie = penguins().flipper_length, penguins().species == "Adelie"
    line = np.polyfit(penguin_line().x[adelie], penguin_line().y[adelie], 1)
    squares = (np.polyval(line, penguin_line().x) - penguin_line().y) ** 2
    x = np.random.default_rng(1).normal(226, 12, 20_000)
    x = x[(x > 165) & (x < 240)]
    near = np.exp(-(((x[:, None] - flippers) / 4) ** 2) / 2)
    losses = near @ squares / near.sum(axis=1)
    assert abs(losses.mean() - state["area"]) < 4 * losses.std() / np.sqrt(len(x))
    (x, product), (_, density) = state["product"], state["density"]
    on_paper = np.trapezoid(product, x) / np.trapezoid(density, x)
    assert on_paper == pytest.approx(state["area"], rel=1e-3)


def test_tests_miss_by_about_sigma_over_root_n(expected_loss):
    ratios = []
    for centre in (185.0, 195.0, 205.0, 215.0):
        state = expected_loss.set(centre=centre, width=4.0, test_penguins=10).state
        sizes, usual = state["usual"]
        assert usual == pytest.approx(state["typical"] * np.sqrt(10 / sizes))
        assert state["now"] == (10, pytest.approx(state["first"][1][0]))
        ratios += [state[name][1] / usual for name in ("first", "second", "third", "fourth")]
    typical = np.sqrt(np.mean(np.square(ratios), axis=0))  # by size
    assert 0.6 < typical.mean() < 1.4
    assert abs(np.polyfit(np.log(sizes), np.log(typical), 1)[0]) < 0.15
    assert f"10 penguins gives {state['result']:.4f} kg²" in expected_loss.caption


def test_a_density_dragged_by_its_top_keeps_an_area_of_one(expected_loss):
    (density,), top = expected_loss._held(), 1 / np.sqrt(2 * np.pi)
    moved = density.dragged((200.0, top / 5), (206.5, top / 10), 200.0, 5.0)
    assert moved == pytest.approx((206.5, 10.0))
    _, width = density.dragged((200.0, 0.1), (200.0, -3.0), 200.0, 4.0)
    assert 0 < width < np.inf
