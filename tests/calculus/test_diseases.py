"""Each disease on a table made for it, and on the tables of the others."""

import numpy as np
import pytest

from calclearn.calculus.diseases import DISEASES, Comparison, coordinate, factor, forgets_x, sign

SLOPES = np.random.default_rng(0).normal(size=(4, 6)) + np.arange(4)[:, None]
LENGTHS = np.linspace(0.5, 2, 6)

TABLES = {
    "sign": -SLOPES,
    "factor": 3 * SLOPES,
    "transposed": SLOPES[[1, 0, 3, 2]],
    "missing_x": np.tile(SLOPES.sum(axis=0), (4, 1)),
    "coordinate": SLOPES * np.array([1, 1, -1, 1])[:, None],
    "offset": SLOPES + np.array([1, 2, 3, 4])[:, None],
    "length": SLOPES * LENGTHS,
}


def table(given):
    return Comparison(given, SLOPES, np.full(SLOPES.shape, 1e-6))


def first(given):
    return next((disease.__name__ for disease in DISEASES if disease(table(given))), None)


@pytest.mark.parametrize("disease", TABLES)
def test_each_disease_is_found_first_on_its_own_table(disease):
    assert first(TABLES[disease]) == disease


def test_every_disease_has_a_table():
    assert {disease.__name__ for disease in DISEASES} == set(TABLES)


def test_an_unknown_mistake_has_no_name():
    assert first(np.sin(SLOPES) * SLOPES[::-1]) is None


@pytest.mark.parametrize(("c", "plain"), [(2, True), (1 / 7, True), (2 / 9, True), (3 / 7, False)])
def test_an_odd_factor_points_elsewhere(c, plain):
    message = factor(table(c * SLOPES))
    assert ("from a square" in message) == plain
    assert f"{c:.3g} times" in message
    assert "wrong sign" not in message
    assert "wrong sign" in factor(table(-c * SLOPES))


def test_zero_is_a_factor_of_its_own():
    assert "It is 0" in factor(table(0 * SLOPES))


def test_wrong_coordinates_are_counted_and_described():
    flips = np.array([-1, -1, -1, 1])[:, None]
    assert "w[0], w[1], w[2] is wrong" in coordinate(table(flips * SLOPES))
    assert coordinate(table(flips * SLOPES)).endswith("It looks like: sign.")
    wide = Comparison(np.ones((9, 2)), np.eye(9)[:, :1] + np.zeros((9, 2)), np.full((9, 2), 1e-6))
    assert "and 5 more" in coordinate(wide)


def test_where_nothing_is_steep_nothing_is_said():
    flat = Comparison(np.full((2, 3), 1e-9), np.zeros((2, 3)), np.full((2, 3), 1e-6))
    assert not flat.differs.any()
    assert sign(flat) is None
    assert factor(flat) is None


def test_a_constant_matrix_is_recognised_and_a_changing_one_is_not():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(6, 2)), rng.normal(size=6)

    def f(w):
        return np.sum(np.cosh(X @ w - y))

    assert forgets_x(f, lambda w: np.sinh(X @ w - y), np.zeros(2), 6)
    assert not forgets_x(f, lambda w: np.sin(3 * (X @ w)), np.zeros(2), 6)
    assert not forgets_x(f, lambda w: np.full(6, np.nan), np.zeros(2), 6)
    assert not forgets_x(f, lambda w: np.zeros(501), np.zeros(2), 501)
