"""Penalties: exact minima by the conditions that mark them, by scikit-learn and by descents."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus.autodiff import grad
from calclearn.descent.curvature import shrinkage_of_l2, shrinkage_of_steps
from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import (
    booth,
    bowl,
    double_well,
    himmelblau,
    rosenbrock,
    saddle,
    two_valleys,
)
from calclearn.descent.losses import line_loss, linear_fit, mse, polynomial_loss, sse
from calclearn.descent.optimizers import GradientDescent, ProximalGradient
from calclearn.descent.penalised import lasso, ridge

from ..refusals import refused

# A lasso whose columns overlap: which weights vanish cannot be read off one column at a time.
FEATURES = np.sin(np.outer(np.arange(1.0, 61.0), np.sqrt(np.arange(2.0, 14.0))))
FEATURES[:, 1::3] += 0.5 * FEATURES[:, ::3]
WEIGHTS = np.array([2.0, 0, 0, -1.5, 0.3, 0, 0, 0, 1.0, 0, -0.05, 0])
TARGETS = FEATURES @ WEIGHTS + 0.3 * np.cos(np.arange(60.0) ** 2)
LOSS = linear_fit(FEATURES, TARGETS, mse)

# The coefficients of `sklearn.linear_model.Lasso` 1.9.1. Whoever has scikit-learn can make them
# again: `python -m tests.descent.test_penalised` writes the file.
REFERENCE = Path(__file__).with_name("lasso_reference.json")
ALPHAS = (0.001, 0.01, 0.05, 0.2, 1.0)


def lasso_by_scikit_learn(alpha):
    """Its loss is 1/2n ‖y - Xw‖² + α Σ|wⱼ|: half of ours, for a strength of 2α."""
    from sklearn.linear_model import Lasso

    fit = Lasso(alpha=alpha, fit_intercept=False, tol=1e-14, max_iter=10**6)
    return fit.fit(FEATURES, TARGETS).coef_.tolist()


def test_the_coefficients_of_scikit_learn():
    columns = [json.loads(REFERENCE.read_text())[str(alpha)] for alpha in ALPHAS]
    expected, strengths = np.transpose(columns), 2 * np.array(ALPHAS)
    optimizer = ProximalGradient(0.25, strengths)
    single, double = (
        descend(LOSS, np.ones(12, dtype), optimizer, 10_000, every=10_000)
        for dtype in (np.float32, np.float64)
    )
    assert np.all(np.stack([single.stop, double.stop]) == Stop.STALLED)
    for weights in (double.point, lasso(LOSS, strengths)):
        np.testing.assert_allclose(weights, expected, atol=1e-6)
        np.testing.assert_array_equal(weights == 0, expected == 0)


@pytest.mark.parametrize("steps", [0, 1, 7, 300])
def test_shrinkage_of_steps_is_that_of_gradient_descent(steps):
    eigenvalues, vectors = np.linalg.eigh(LOSS.hessian(np.zeros(12)))
    minimum = np.array(LOSS.minima[0])
    rate = 1.9 / eigenvalues[-1]  # the steepest direction overshoots, and the equation holds
    run = descend(LOSS, np.zeros(12), GradientDescent(rate), steps, tolerance=0)
    share = shrinkage_of_steps(eigenvalues, rate, steps)
    np.testing.assert_allclose(vectors.T @ run.point, share * (vectors.T @ minimum), atol=1e-12)


def test_shrinkage_takes_many_steps_or_strengths_at_once_and_has_derivatives():
    curvatures = np.array([0.0, 0.5, 2.0])
    many = shrinkage_of_steps(curvatures[:, None], 0.1, np.arange(5))
    assert many.shape == (3, 5)
    np.testing.assert_allclose(many[:, 3], shrinkage_of_steps(curvatures, 0.1, 3))
    assert shrinkage_of_steps(0.5, 1.0, 1.5) == 1 - 0.5**1.5
    slope = grad(lambda c: shrinkage_of_l2(curvatures, c).sum())(0.3)
    assert slope == pytest.approx(-(2 * curvatures / (curvatures + 0.6) ** 2).sum())
    np.testing.assert_array_equal(shrinkage_of_l2(curvatures, 0.0), [0, 1, 1])


# Exact minima.
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
    beyond = strengths > 1.01 * largest_pull(surface) + 1e-12  # a pull of 0 is one to rounding
    assert not weights[:, beyond].any()
    assert weights[:, 0] == pytest.approx(np.array(surface.minima[0]), abs=1e-9)


@pytest.mark.parametrize("seed", [3, 9, 24])
def test_a_weight_may_leave_again_and_come_back(seed):
    random = np.random.default_rng(seed)
    surface = linear_fit(random.normal(size=(8, 4)), random.normal(size=8), mse)
    strengths = np.linspace(1, 0, 1000) * largest_pull(surface)
    weights = lasso(surface, strengths)
    assert ((weights[:, 1:-1] == 0) & (weights[:, :-2] != 0)).any()
    assert misses(surface, weights, strengths) < 1e-12


@pytest.mark.parametrize("solve", [lasso, ridge])
def test_many_strengths_are_one_after_the_other(solve):
    surface = polynomial_loss(np.linspace(-1, 1, 9), np.arange(9.0) ** 2, 3, sse)
    strengths = np.abs(np.random.default_rng(0).normal(size=(2, 5))) * 30
    weights = solve(surface, strengths)
    assert weights.shape == (4, 2, 5)
    for place in np.ndindex(2, 5):
        assert weights[:, *place] == pytest.approx(solve(surface, float(strengths[place])))


def test_a_quadratic_of_any_size_has_its_minima():
    for solve in (ridge, lasso):
        for size in (1e-170, 1e-9, 1e9, 1e200):
            assert solve(size * booth(), size * 0.5) == pytest.approx(solve(booth(), 0.5))


def test_columns_that_tie_enter_together():
    X = np.array([[-1.0, 0, -1], [0, 1, -1], [-1, -1, 1]])
    surface = linear_fit(X, np.array([0.0, -1, 0]), mse)
    # sklearn.linear_model.Lasso(alpha=0.05, fit_intercept=False): its loss is half of this one.
    np.testing.assert_allclose(lasso(surface, 0.1), [11 / 60, -31 / 60, 0], atol=1e-12)


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
    flat = linear_fit(np.ones((3, 2)), np.arange(3.0), mse)  # the data do not tell them apart
    np.testing.assert_allclose(ridge(flat, 0.1, spared=2).sum(), 1.0)


A, LINE = np.array([1.0, 2.0]), line_loss([0, 1, 2], [1, 5, 6], mse)
BAD = [
    (lambda: shrinkage_of_steps(-A, 0.1, 3), ValueError, "eigenvalues must be at least 0"),
    (lambda: shrinkage_of_steps(A, -0.1, 3), ValueError, "learning_rate must be at least 0"),
    (lambda: shrinkage_of_steps(A, 0.1, -3), ValueError, "steps must be at least 0"),
    (lambda: shrinkage_of_steps(3 * A, 0.5, 1.5), ValueError, "steps must be whole where a step"),
    (lambda: shrinkage_of_l2(A, -1.0), ValueError, "strength must be at least 0 and finite"),
    (lambda: shrinkage_of_l2(-A, 1.0), ValueError, "eigenvalues must be at least 0"),
    (lambda: shrinkage_of_l2([1.0], 1.0), TypeError, "eigenvalues must be a number or an"),
    (lambda: lasso(line_loss([1, 1], [0, 1]), 1.0), ValueError, "must have a single minimum, got"),
    *((lambda solve=solve, given=given: solve(*given), kind, sentence)
      for solve in (lasso, ridge) for *given, kind, sentence in [
        (saddle(), 1.0, ValueError, "a known minimum and be no batch, got 'saddle'"),
        (A * bowl(), 1.0, ValueError, "surface must have a known minimum and be no batch"),
        (np.sum, 1.0, TypeError, "surface must be a Surface"),
        (bowl(), -1.0, ValueError, "strength must be at least 0"),
        (bowl(), "much", TypeError, "strength must be real numbers"),
        *((surface, 1.0, ValueError, "surface must be quadratic, got")
          for surface in (double_well(), himmelblau(), two_valleys(), rosenbrock(4))),
        *((LINE, 1.0, spared, ValueError, "spared must be a whole number from 0 to 2, got")
          for spared in (-1, 3, 1.0, True, "1"))]),
]  # fmt: skip

test_what_cannot_be = refused(BAD)


if __name__ == "__main__":
    made = {str(alpha): lasso_by_scikit_learn(alpha) for alpha in ALPHAS}
    REFERENCE.write_text(json.dumps(made).replace('], "', '],\n"') + "\n")
