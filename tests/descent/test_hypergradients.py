"""Derivatives of a whole descent: by the penalty, the learning rates, the momentum."""

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad
from calclearn.calculus.numerical import central_difference
from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import himmelblau
from calclearn.descent.losses import l2, linear_fit, mse
from calclearn.descent.optimizers import (
    AdaGrad,
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Nesterov,
    ProximalGradient,
    RMSProp,
)
from calclearn.descent.schedules import clipped, per_step, warmup
from calclearn.descent.second_order import DampedNewton
from calclearn.descent.surfaces import Surface

random = np.random.default_rng(5)
X, HELD_OUT_X = random.normal(size=(2, 120, 50))
TRUE = random.normal(size=50)
Y, HELD_OUT_Y = X @ TRUE + random.normal(size=120), HELD_OUT_X @ TRUE + random.normal(size=120)
TRAIN, HELD_OUT = linear_fit(X, Y, mse), linear_fit(HELD_OUT_X, HELD_OUT_Y, mse)
START = np.zeros(50)
EVERY_OPTIMIZER = [
    GradientDescent(0.1),
    Momentum(0.03),
    Nesterov(0.03),
    AdaGrad(0.2),
    RMSProp(0.01),
    Adam(0.05),
    AdamW(0.05, weight_decay=0.1),
    clipped(Adam(0.05), 1.0),
]


def after(optimizer, steps=60, surface=TRAIN, held_out=HELD_OUT, start=START):
    return held_out(descend(surface, start, optimizer, steps, tolerance=0).point)


def penalised(log_strength):
    return TRAIN + np.exp(log_strength) * l2()


def check(loss, at, h=1e-5, rel=1e-6):
    """Whether the derivative of a loss of one number is its difference."""
    assert grad(loss)(at) == pytest.approx(central_difference(loss, at, h), rel=rel)


@pytest.mark.parametrize("optimizer", EVERY_OPTIMIZER, ids=repr)
def test_the_derivative_by_the_penalty_is_the_difference(optimizer):
    check(lambda log_strength: after(optimizer, surface=penalised(log_strength)), -2.0)


@pytest.mark.parametrize("kind", [GradientDescent, Momentum, Nesterov, AdaGrad, RMSProp, Adam])
def test_the_derivative_by_the_learning_rate_is_the_difference(kind):
    def loss(log_rate):
        return after(kind(np.exp(log_rate)))

    check(loss, -4.0)
    if kind is GradientDescent:
        check(grad(loss), -4.0, rel=1e-5)


def test_the_derivative_by_the_momentum_the_damping_and_the_strength_is_the_difference():
    for kind in (Momentum, Nesterov):
        check(lambda momentum, kind=kind: after(kind(0.005, momentum)), 0.7)
    hills = himmelblau()
    check(lambda d: hills(descend(hills, [1.4, 0.9], DampedNewton(d), 3).point), 0.5, rel=1e-5)
    # Between the kinks of the soft threshold:
    check(lambda log: after(ProximalGradient(0.05, np.exp(log))), -1.5, 1e-7, 1e-5)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda rates: GradientDescent(lambda k: rates[k]),
        lambda rates: Momentum(per_step(rates), 0.5),
        lambda rates: Adam(warmup(per_step(rates), 5)),
    ],
)
def test_the_derivative_by_each_steps_learning_rate_is_its_difference(optimizer):
    rates = 0.02 + 0.01 * np.cos(np.arange(12.0))

    def loss(rates):
        return after(optimizer(rates), steps=12)

    slopes = grad(loss)(rates)
    for slope, unit in zip(slopes, np.eye(12), strict=True):
        moved = central_difference(lambda x, unit=unit: loss(rates + x * unit), 0.0, 1e-5)
        assert slope == pytest.approx(moved, rel=1e-6, abs=1e-8)


def test_a_converged_ridge_has_the_derivative_of_the_implicit_function_theorem():
    """∇L(w) + 2λ w = 0 defines w(λ), so (H + 2λ I) dw/dλ = -2w."""

    def loss(log):
        run = descend(penalised(log), START, Momentum(0.05, 0.8), 2000, tolerance=1e-13)
        assert run.stop == Stop.CONVERGED
        return HELD_OUT(run.point)

    strength = np.exp(0.5)
    bent = TRAIN.hessian(START) + 2 * strength * np.eye(50)
    w = np.linalg.solve(bent, -TRAIN.gradient(START))
    implicit = -HELD_OUT.gradient(w) @ np.linalg.solve(bent, 2 * strength * w)
    assert grad(loss)(0.5) == pytest.approx(implicit, rel=1e-8)


def test_a_model_without_derivatives_by_hand_and_mini_batches_will_do():
    def model(w, x):
        return np.tanh(x[:, :4] @ np.reshape(w[:32], (4, 8)) + w[32:40]) @ w[40:48] + w[48]

    def loss_of(x, y, **more):
        return Surface(lambda w: np.mean((model(w, x) - y) ** 2), dimension=49, **more)

    def sampler(rng):
        rows = rng.choice(120, 20, replace=False)
        return loss_of(X[rows], Y[rows])

    whole, held_out = loss_of(X, Y, sampler=sampler), loss_of(HELD_OUT_X, HELD_OUT_Y)
    start = 0.5 * np.random.default_rng(1).normal(size=49)
    optimizer = Momentum(0.02, 0.5)
    check(lambda log: after(optimizer, 30, whole + np.exp(log) * l2(), held_out, start), -4.0)


def test_the_best_point_and_the_validation_losses_can_be_differentiated():
    settings = {"steps": 80, "tolerance": 0, "validation": HELD_OUT, "patience": 3}

    def loss(log_strength):
        rates = GradientDescent(np.array([0.1, 0.05, 0.01]))
        run = descend(penalised(log_strength), START, rates, **settings)
        return HELD_OUT(run.best_point).sum() + run.validation[-1].sum()

    check(loss, -2.0)
