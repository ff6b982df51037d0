"""Penalties, the soft threshold beside scikit-learn's lasso, and what an early end shrinks."""

import json
from pathlib import Path

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad
from calclearn.descent.curvature import shrinkage_of_l2, shrinkage_of_steps
from calclearn.descent.descend import Stop, descend
from calclearn.descent.losses import linear_fit, mse
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
# again: `python -m tests.descent.test_regularisation` writes the file.
REFERENCE = Path(__file__).with_name("lasso_reference.json")
ALPHAS = (0.001, 0.01, 0.05, 0.2, 1.0)


def lasso_by_scikit_learn(alpha):
    """Its loss is 1/2n ‖y - Xw‖² + α Σ|wⱼ|: half of ours, for a strength of 2α."""
    from sklearn.linear_model import Lasso

    fit = Lasso(alpha=alpha, fit_intercept=False, tol=1e-14, max_iter=10**6)
    return fit.fit(FEATURES, TARGETS).coef_.tolist()


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_coefficients_of_scikit_learn(alpha):
    expected = np.array(json.loads(REFERENCE.read_text())[str(alpha)])
    run = descend(LOSS, np.ones(12), ProximalGradient(0.25, strength=2 * alpha), steps=10_000)
    assert run.stop == Stop.STALLED
    for weights in (run.point, lasso(LOSS, 2 * alpha)):
        np.testing.assert_allclose(weights, expected, atol=1e-6)
        np.testing.assert_array_equal(weights == 0, expected == 0)


def test_the_stored_coefficients_are_those_of_scikit_learn():
    pytest.importorskip("sklearn")
    stored = json.loads(REFERENCE.read_text())
    for alpha in ALPHAS:
        np.testing.assert_allclose(lasso_by_scikit_learn(alpha), stored[str(alpha)], atol=1e-9)


def test_a_sweep_of_strengths_is_one_call_and_sets_ever_more_weights_to_zero():
    strengths = 2 * np.array(ALPHAS)
    sweep = descend(LOSS, np.zeros(12), ProximalGradient(0.25, strengths), 10_000, every=10_000)
    stored = np.transpose(list(json.loads(REFERENCE.read_text()).values()))
    np.testing.assert_allclose(sweep.point, stored, atol=1e-6)


@pytest.mark.parametrize("steps", [0, 1, 7, 300])
def test_shrinkage_of_steps_is_that_of_gradient_descent(steps):
    eigenvalues, vectors = np.linalg.eigh(LOSS.hessian(np.zeros(12)))
    minimum = np.array(LOSS.minima[0])
    rate = 1.9 / eigenvalues[-1]  # the steepest direction overshoots, and the equation holds
    run = descend(LOSS, np.zeros(12), GradientDescent(rate), steps, tolerance=0)
    share = shrinkage_of_steps(eigenvalues, rate, steps)
    np.testing.assert_allclose(vectors.T @ run.point, share * (vectors.T @ minimum), atol=1e-12)


@pytest.mark.parametrize("strength", [0.0, 0.01, 0.3, 10.0])
def test_shrinkage_of_l2_is_that_of_ridge(strength):
    eigenvalues, vectors = np.linalg.eigh(LOSS.hessian(np.zeros(12)))
    shrunk = vectors @ (shrinkage_of_l2(eigenvalues, strength) * (vectors.T @ LOSS.minima[0]))
    normal = FEATURES.T @ FEATURES / 60 + strength * np.eye(12)
    solved = np.linalg.solve(normal, FEATURES.T @ TARGETS / 60)
    np.testing.assert_allclose(shrunk, solved, atol=1e-12)
    np.testing.assert_allclose(ridge(LOSS, strength), solved, atol=1e-12)


def test_shrinkage_takes_many_steps_or_strengths_at_once_and_has_derivatives():
    curvatures = np.array([0.0, 0.5, 2.0])
    many = shrinkage_of_steps(curvatures[:, None], 0.1, np.arange(5))
    assert many.shape == (3, 5)
    np.testing.assert_allclose(many[:, 3], shrinkage_of_steps(curvatures, 0.1, 3))
    assert shrinkage_of_steps(0.5, 1.0, 1.5) == 1 - 0.5**1.5
    slope = grad(lambda c: shrinkage_of_l2(curvatures, c).sum())(0.3)
    assert slope == pytest.approx(-(2 * curvatures / (curvatures + 0.6) ** 2).sum())
    np.testing.assert_array_equal(shrinkage_of_l2(curvatures, 0.0), [0, 1, 1])


A = np.array([1.0, 2.0])
# fmt: off
BAD = [
    (lambda: shrinkage_of_steps(-A, 0.1, 3), ValueError, "eigenvalues must be at least 0"),
    (lambda: shrinkage_of_steps(A, -0.1, 3), ValueError, "learning_rate must be at least 0"),
    (lambda: shrinkage_of_steps(A, 0.1, -3), ValueError, "steps must be at least 0"),
    (lambda: shrinkage_of_steps(3 * A, 0.5, 1.5), ValueError, "steps must be whole where a step"),
    (lambda: shrinkage_of_l2(A, -1.0), ValueError, "strength must be at least 0 and finite"),
    (lambda: shrinkage_of_l2(-A, 1.0), ValueError, "eigenvalues must be at least 0"),
    (lambda: shrinkage_of_l2([1.0], 1.0), TypeError, "eigenvalues must be a number or an"),
]
# fmt: on

test_what_cannot_be = refused(BAD)


if __name__ == "__main__":
    made = {str(alpha): lasso_by_scikit_learn(alpha) for alpha in ALPHAS}
    REFERENCE.write_text(json.dumps(made, indent=1) + "\n")
