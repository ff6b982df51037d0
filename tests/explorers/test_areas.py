"""What the explorers of areas claim: sums, the fundamental theorem, and tests that miss by σ/√n."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus import integrals
from calclearn.data import penguins
from calclearn.data.penguins import bell, flipper_density
from calclearn.descent.losses import line_loss
from calclearn.explorers.areas import (
    FLIPPERS,
    PIECES,
    SIZES,
    SUMS,
    accumulated_area,
    adelie_line,
    expected_loss,
)


@pytest.fixture(scope="module")
def area():
    return accumulated_area()


@pytest.fixture(scope="module")
def shift():
    return expected_loss()


def test_a_bell_has_area_one_and_the_width_that_it_says():
    x = np.linspace(-60, 60, 4001)
    density = bell(x, 3.0, 5.0)
    assert np.trapezoid(density, x) == pytest.approx(1)
    assert np.trapezoid(density * x, x) == pytest.approx(3)
    assert np.trapezoid(density * (x - 3) ** 2, x) == pytest.approx(25)


def test_the_density_of_flippers_counts_the_penguins():
    assert flipper_density(np.full((2, 3), 200.0)).shape == (2, 3)
    for end in (185.0, 200.5, 220.0):
        share = integrals.accumulate(flipper_density, FLIPPERS[0], end)
        assert share == pytest.approx((penguins().flipper_length < end).mean(), abs=0.03)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([*SUMS]), st.integers(1, 32), st.floats(165, 240))
def test_the_pieces_add_up_to_the_rule_and_the_slope_is_the_curve(area, rule, half, end):
    state = area.set(rule=rule, pieces=2 * half, upper_limit=end).state
    total, _ = SUMS[rule]
    assert area.error is None
    assert state["sum"] == pytest.approx(total(flipper_density, 165.0, end, 2 * half), abs=1e-12)
    assert state["slope"] == pytest.approx(flipper_density(end), abs=1e-7)
    assert state["running"][1][-1] == state["sum"]


def test_the_error_of_each_rule_falls_with_its_order():
    state = accumulated_area(np.exp, (0.0, 2.0), ("x", "f", "F")).state
    counts, misses, _ = state["misses"]
    orders = [np.log2(row[-2] / row[-1]) for row in misses]
    assert orders == pytest.approx([1, 2, 2, 4], abs=0.05)
    assert np.array_equal(counts, PIECES)


def test_the_caption_says_what_the_tangent_shows(area, drawing):
    caption = area.set(rule="left", pieces=8, upper_limit=210.0).caption
    state = area.state
    x0, x1 = drawing(area, "touch").line.get_xdata()
    y0, y1 = drawing(area, "touch").line.get_ydata()
    assert f"{(y1 - y0) / (x1 - x0):.5f}" == f"{state['slope']:.5f}"
    assert f"derivative {state['slope']:.4g}" in caption
    assert "210 mm" in caption
    assert "8 pieces" in caption
    assert "too little" in caption
    assert drawing(area, "note").text.get_text() == f"slope {state['slope']:.4g}"


@pytest.mark.parametrize(
    "f", [math.sin, lambda x: 2.0, lambda x: 0 * x, lambda x: x**3 - 1e6, np.arctan]
)
def test_any_smooth_function_of_one_number_serves(f):
    explorer = accumulated_area(f, (-2.0, 2.0), ("x", "f", "F"))
    for end in (-2.0, 0.0, 2.0):
        for rule in SUMS:
            state = explorer.set(upper_limit=end, rule=rule).state
            assert explorer.error is None
            assert state["slope"] == pytest.approx(f(end), rel=1e-6, abs=1e-6)
            assert "-0 " not in explorer.caption
            assert "-0," not in explorer.caption


def test_bad_functions_are_named():
    with pytest.raises(TypeError, match="f must be a function of x, got int"):
        accumulated_area(3)
    with pytest.raises(ValueError, match="f must be finite everywhere between -1 and 1"):
        accumulated_area(lambda x: np.where(x > 0, x, np.nan), (-1.0, 1.0))
    with pytest.raises(ValueError, match=r"limits must be .low, high. with low < high, got"):
        accumulated_area(np.sin, (1.0, 1.0))


def test_the_upper_limit_can_be_dragged(area, drag):
    area.set(upper_limit=190.0)
    drag(area, "limit", (190.0, 0.01), (205.0, 0.03))
    assert area.values["upper_limit"] == pytest.approx(205.0)


def test_the_line_is_level_ground_for_the_adelie_penguins():
    table = penguins()
    some = table.species == "Adelie"
    x, y = (table.flipper_length[some] - 190) / 10, table.body_mass[some] / 1000
    slope, intercept = adelie_line()
    r = slope * x + intercept - y
    assert [r.sum(), r @ x] == pytest.approx([0, 0], abs=1e-9)


@pytest.mark.parametrize(("centre", "width"), [(190, 6.5), (217, 4), (226, 12), (178, 4)])
def test_the_area_is_the_mean_over_penguins_drawn_by_the_density(shift, centre, width):
    """The expected loss in a second way: each penguin's squared error times its chance."""
    state = shift.set(centre=centre, width=width).state
    flippers, masses = penguins().flipper_length, penguins().body_mass / 1000
    slope, intercept = adelie_line()
    squares = (slope * (flippers - 190) / 10 + intercept - masses) ** 2
    rng = np.random.default_rng(1)
    x = rng.normal(centre, width, 20_000)
    x = x[(FLIPPERS[0] < x) & (x < FLIPPERS[1])]
    near = np.exp(-(((x[:, None] - flippers) / 4) ** 2) / 2)
    losses = near @ squares / near.sum(axis=1)
    error = losses.std() / np.sqrt(len(x))
    assert abs(losses.mean() - state["area"]) < 4 * error
    on_paper = np.trapezoid(state["product"][1], state["product"][0])
    total = np.trapezoid(state["density"][1], state["density"][0])
    assert on_paper / total == pytest.approx(state["area"], rel=1e-3)


def test_tests_miss_by_about_sigma_over_root_n(shift):
    ratios = []
    for centre in (185.0, 195.0, 205.0, 215.0):
        state = shift.set(centre=centre, width=4.0).state
        sizes, misses, _ = state["misses"]
        *runs, usual = misses
        assert usual == pytest.approx(state["spread"] / np.sqrt(sizes))
        ratios += [run / usual for run in runs]
    typical = np.sqrt(np.mean(np.square(ratios), axis=0))  # by size
    assert 0.6 < typical.mean() < 1.4
    assert abs(np.polyfit(np.log(SIZES), np.log(typical), 1)[0]) < 0.15


def test_the_test_is_the_mean_over_its_first_penguins(shift):
    for n in (10, 100, 10_000):
        state = shift.set(test_penguins=n, centre=190.0, width=6.5).state
        sizes, misses, (count, miss) = state["misses"]
        assert count == n
        assert miss == pytest.approx(misses[0][np.searchsorted(sizes, n)])
        assert f"{n:,} penguins says {state['test']:.4f} kg²" in shift.caption


def test_inputs_that_moved_away_cost_the_line_that_did_not_see_them(shift):
    at_home = shift.set(centre=190.0, width=6.5).state["area"]
    away = shift.set(centre=217.0).state["area"]
    assert away > 2 * at_home
    of_all = expected_loss(tuple(_best_line()))
    assert of_all.set(centre=217.0).state["area"] < away / 2


@pytest.mark.parametrize("line", [(1.0,), 3, (np.nan, 1.0)])
def test_a_line_is_two_numbers(line):
    with pytest.raises(ValueError, match=r"line must be two numbers .slope, intercept., got"):
        expected_loss(line)


def _best_line():
    return line_loss((penguins().flipper_length - 190) / 10, penguins().body_mass / 1000).minima[0]


def test_the_density_can_be_dragged_sideways_and_pulled_narrower(shift, drag):
    shift.set(centre=190.0, width=8.0)
    top = bell(0, 0, 8.0)
    drag(shift, "density", (190.0, top), (200.0, 2 * top))
    assert shift.values["centre"] == pytest.approx(200.0)
    assert shift.values["width"] == pytest.approx(4.0)
    drag(shift, "density", (200.0, top), (200.0, -top))
    assert shift.values["width"] == shift.controls["width"].max
