"""The table: it cancels what it says it cancels, and no entry trusts a false agreement."""

import numpy as np
import pytest

from calclearn.calculus.richardson import EPS, Estimate, Table, best, ladder, triangle

H = ladder(0.5, 14)[:, None]
TABLE = Table(14)


def extrapolate(f, x):
    with np.errstate(all="ignore"):
        right, left = f(x + H), f(x - H)
        rounding = EPS * (np.abs(right) + np.abs(left))
        entries, errors, _ = TABLE.entries((right - left) / (2 * H), rounding, 2 * H + 0 * right)
        return best(entries, errors, *TABLE.bounds(entries, errors))


def test_each_rung_is_a_third():
    np.testing.assert_allclose(ladder(0.9, 5)[:-1] / ladder(0.9, 5)[1:], 3)


@pytest.mark.parametrize("column", range(6))
def test_each_column_cancels_one_more_even_power(column):
    h = ladder(0.9, 8)
    for power in range(1, 7):
        values = triangle(1 + h ** (2 * power))[column]
        assert np.allclose(values, 1, rtol=0, atol=1e-15) == (power <= column)


def test_the_matrix_is_the_triangle():
    differences = np.random.default_rng(0).normal(size=(14, 3))
    entries, errors, noise = TABLE.entries(differences, np.zeros((14, 3)), np.ones((14, 1)))
    columns = triangle(differences)
    np.testing.assert_allclose(entries, np.concatenate([column[1:] for column in columns]))
    np.testing.assert_allclose(entries[TABLE.finest], differences[-1])
    distances = np.concatenate([np.abs(column[1:] - column[:-1]) for column in columns])
    np.testing.assert_allclose(errors - noise[TABLE.rung], distances, atol=1e-14)


def test_a_missing_rung_spoils_its_entries_and_no_others():
    slopes = np.cos(1 + 0 * H)
    slopes[4] = np.nan
    entries, errors, _ = TABLE.entries(slopes, 0 * H, 2 * H)
    expected = np.concatenate([column[1:] for column in triangle(slopes)])
    np.testing.assert_array_equal(np.isnan(errors), np.isnan(entries))
    assert np.all(np.isnan(entries[np.isnan(expected)]))
    np.testing.assert_allclose(entries[np.isfinite(entries)], np.cos(1))
    assert np.isfinite(entries).sum() > 30


def test_a_polynomial_of_degree_twelve_is_exact_up_to_rounding():
    coefficients = np.arange(1.0, 14.0)
    (value,), (error,) = extrapolate(lambda x: np.polyval(coefficients, x), 0.3)
    exact = np.polyval(np.polyder(coefficients), 0.3)
    assert abs(value - exact) <= error < 1e-12 * abs(exact)


def test_steps_across_a_pole_are_thrown_out():
    (value,), (error,) = extrapolate(lambda x: 1 / x, 1e-4)
    assert abs(value + 1e8) <= 3 * error < 1e-2 * 1e8


def test_steps_beyond_the_domain_are_thrown_out():
    (value,), (error,) = extrapolate(np.sqrt, 1e-3)
    assert abs(value - 0.5 / np.sqrt(1e-3)) <= 3 * error < 1e-8


def test_noise_is_measured_not_assumed():
    rng = np.random.default_rng(0)
    value, error = extrapolate(lambda x: np.sin(x) + 1e-6 * rng.normal(size=(14, 500)), 1.0)
    assert np.mean(np.abs(value - np.cos(1)) <= 3 * error) > 0.98
    assert np.median(error) < 1e-4


def test_nothing_to_agree_on_is_nan():
    (value,), (error,) = extrapolate(lambda x: x * np.nan, 1.0)
    assert np.isnan(value)
    assert error == np.inf


def test_an_estimate_prints_itself():
    assert repr(Estimate(1.5, 2e-13, 58)) == "1.5 ± 2e-13 (58 evaluations)"
    assert repr(Estimate(0.0, 1.0, 58, False)) == "0.0 ± 1, unreliable (58 evaluations)"
    array = Estimate(np.array([1.0, 2.0]), np.array([1e-3, 0.5]), 58, np.array([True, False]))
    assert repr(array) == "[1. 2.] ± [0.001 0.5], unreliable (58 evaluations)"
