"""Exact minima of penalised quadratics: by the conditions that mark them, and by descents."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.descent.landscapes import (
    booth,
    bowl,
    double_well,
    himmelblau,
    rosenbrock,
    saddle,
    two_valleys,
)
from calclearn.descent.losses import l2, line_loss, linear_fit, mse, polynomial_loss, sse
from calclearn.descent.penalised import lasso, ridge

SEEDS = st.integers(0, 10**6)
WHOLE = st.booleans()  # small whole numbers bring ties: weights that enter or leave together


def fit(seed, whole, loss=mse):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 7))
    n = d + int(rng.integers(0, 12))
    draw = (lambda *shape: rng.integers(-1, 2, shape)) if whole else (lambda *s: rng.normal(size=s))
    X, y = draw(n, d).astype(float), draw(n).astype(float)
    X[:d] += (d + 1) * np.eye(d)  # more on the diagonal than beside it: a single minimum
    return linear_fit(X, y, loss)


def largest_pull(surface):
    """The strength from which on all weights are 0."""
    return np.abs(surface.gradient(np.zeros(surface.dimension))).max()


def misses(surface, weights, strength):
    """How far the weights are from the lasso's conditions."""
    pull = -surface.gradient(weights)
    held = np.abs(pull) - strength
    pulled = np.where(weights != 0, np.abs(pull - strength * np.sign(weights)), 0)
    return max(held.max(), pulled.max())


@settings(max_examples=25, deadline=None)
@given(SEEDS, WHOLE)
def test_no_weight_of_a_lasso_could_do_better(seed, whole):
    surface = fit(seed, whole)
    strengths = np.linspace(0, 1.2, 31) * largest_pull(surface)
    weights = lasso(surface, strengths)
    assert misses(surface, weights, strengths) < 1e-9
    assert not weights[:, strengths > 1.01 * largest_pull(surface)].any()
    assert weights[:, 0] == pytest.approx(np.array(surface.minima[0]), abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(SEEDS, WHOLE)
def test_the_gradient_of_a_ridge_vanishes(seed, whole):
    surface, strengths = fit(seed, whole), np.logspace(-3, 1, 9)
    weights = ridge(surface, strengths)
    slopes = (surface + strengths * l2()).gradient(weights)
    assert np.abs(slopes).max() < 1e-9
    assert ridge(surface, 0.0) == pytest.approx(np.array(surface.minima[0]), abs=1e-9)


@pytest.mark.parametrize("seed", [3, 9, 24])
def test_a_weight_may_leave_again_and_come_back(seed):
    random = np.random.default_rng(seed)
    surface = linear_fit(random.normal(size=(8, 4)), random.normal(size=8), mse)
    strengths = np.linspace(1, 0, 1000) * largest_pull(surface)
    weights = lasso(surface, strengths)
    assert ((weights[:, 1:-1] == 0) & (weights[:, :-2] != 0)).any()
    assert misses(surface, weights, strengths) < 1e-12


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_units_do_not_matter(unit):
    random = np.random.default_rng(3)
    X, y = random.normal(size=(8, 4)), random.normal(size=8)
    own, other = linear_fit(X, y, mse), linear_fit(unit * X, y, mse)
    assert unit * lasso(other, 0.3 * unit) == pytest.approx(lasso(own, 0.3))
    assert unit * ridge(other, 0.3 * unit**2) == pytest.approx(ridge(own, 0.3))


@pytest.mark.parametrize("solve", [lasso, ridge])
def test_many_strengths_are_one_after_the_other(solve):
    surface = polynomial_loss(np.linspace(-1, 1, 9), np.arange(9.0) ** 2, 3, sse)
    strengths = np.abs(np.random.default_rng(0).normal(size=(2, 5))) * 30
    weights = solve(surface, strengths)
    assert weights.shape == (4, 2, 5)
    for place in np.ndindex(2, 5):
        assert weights[:, *place] == pytest.approx(solve(surface, float(strengths[place])))


def test_what_has_no_single_known_minimum():
    flat, batch = line_loss([1.0, 1.0], [0.0, 1.0]), np.array([1.0, 2.0]) * bowl()
    for surface, strength, kind, sentence in [
        (saddle(), 1.0, ValueError, "a known minimum and be no batch, got 'saddle'"),
        (batch, 1.0, ValueError, "surface must have a known minimum and be no batch"),
        (np.sum, 1.0, TypeError, "surface must be a Surface"),
        (bowl(), -1.0, ValueError, "strength must be at least 0"),
        (bowl(), "much", TypeError, "strength must be real numbers"),
        *((surface, 1.0, ValueError, "surface must be quadratic, got")
          for surface in (double_well(), himmelblau(), two_valleys(), rosenbrock(4))),
    ]:  # fmt: skip
        for solve in (lasso, ridge):
            with pytest.raises(kind, match=sentence):
                solve(surface, strength)
    with pytest.raises(ValueError, match="surface must have a single minimum, got"):
        lasso(flat, 1.0)
    for surface in (bowl(), 1e-170 * bowl(), 1e200 * bowl(), booth()):
        assert np.all(np.isfinite([ridge(surface, 0.5), lasso(surface, 0.5)]))


def test_columns_that_tie_enter_together():
    X = np.array([[-1.0, 0, -1], [0, 1, -1], [-1, -1, 1]])
    surface = linear_fit(X, np.array([0.0, -1, 0]), mse)
    # sklearn.linear_model.Lasso(alpha=0.05, fit_intercept=False): its loss is half of this one.
    np.testing.assert_allclose(lasso(surface, 0.1), [11 / 60, -31 / 60, 0], atol=1e-12)


@pytest.mark.parametrize("kind", ["signs", "orthogonal", "repeated pulls"])
@pytest.mark.parametrize("seed", range(12))
def test_ties_leave_the_lassos_conditions_as_they_are(kind, seed):
    random = np.random.default_rng(seed)
    d = int(random.integers(2, 6))
    X, y = 2.0 * np.eye(d), random.choice([-1.0, 1.0], d)
    if kind != "orthogonal":
        X, y = (random.integers(-1, 2, shape).astype(float) for shape in ((d + 2, d), d + 2))
    if kind == "repeated pulls":
        X, y = np.kron(np.eye(2), X), np.concatenate([y, -y])
    if np.linalg.matrix_rank(X) < X.shape[1] or not (X.T @ y).any():
        return
    surface = linear_fit(X, y, sse)
    strengths = np.linspace(0, largest_pull(surface), 25)
    assert misses(surface, lasso(surface, strengths), strengths) < 1e-8


@settings(max_examples=25, deadline=None)
@given(SEEDS, WHOLE, st.integers(0, 7))
def test_along_spared_weights_no_derivative_is_left(seed, whole, spared):
    surface, strengths = fit(seed, whole), np.linspace(0, 3, 7)
    d = len(surface.minima[0])
    spared = min(spared, d)
    sums, sizes = ridge(surface, strengths, spared), lasso(surface, strengths, spared)
    assert sums.shape == sizes.shape == (d, 7)
    pull = -surface.gradient(sizes)
    assert np.abs(pull[:spared]).max(initial=0) < 1e-9
    assert np.abs(pull[spared:]).max(initial=0) <= strengths[-1] + 1e-9
    rest = (np.arange(d) >= spared)[:, None]
    assert surface.gradient(sums) + 2 * strengths * rest * sums == pytest.approx(0, abs=1e-9)


def test_a_spared_intercept_is_the_mean_under_a_strong_penalty():
    surface = line_loss([0, 1, 2], [1, 5, 6], mse)  # the slope is the first weight, not spared
    intercept_first = polynomial_loss(np.array([0.0, 1, 2]), np.array([1.0, 5, 6]), 1, mse)
    for solve in (ridge, lasso):
        assert solve(intercept_first, 1e6, spared=1) == pytest.approx([4, 0], abs=1e-5)
        assert solve(surface, 1e6) == pytest.approx([0, 0], abs=1e-4)


@pytest.mark.parametrize("spared", [-1, 3, 1.0, True, "1"])
def test_spared_weights_are_a_whole_number_of_them(spared):
    surface = line_loss([0, 1, 2], [1, 5, 6], mse)
    for solve in (ridge, lasso):
        with pytest.raises(ValueError, match="spared must be a whole number from 0 to 2, got"):
            solve(surface, 1.0, spared=spared)


def test_spared_weights_that_the_data_do_not_tell_apart():
    loss = linear_fit(np.ones((3, 2)), np.arange(3.0), mse)
    np.testing.assert_allclose(ridge(loss, 0.1, spared=2).sum(), 1.0)
