"""Derivatives of a whole descent: by the penalty, the learning rates, the momentum."""

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad
from calclearn.calculus.numerical import central_difference
from calclearn.descent.descend import descend
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


def after(optimizer, steps=60, surface=TRAIN, held_out=HELD_OUT, start=START):
    return held_out(descend(surface, start, optimizer, steps, tolerance=0).point)


def penalised(log_strength):
    return TRAIN + np.exp(log_strength) * l2()


def by_steps(optimizer):
    """Each step has a learning rate of its own, and all of them are pushed, each by another."""
    rates = 0.02 + 0.01 * np.cos(np.arange(12.0))
    push = np.random.default_rng(0).normal(size=12)
    return lambda t: after(optimizer(rates + t * push), steps=12)


def damped(damping):
    hills = himmelblau()
    return hills(descend(hills, [1.4, 0.9], DampedNewton(damping), 3).point)


def by_rate(kind):
    return lambda log_rate: after(kind(np.exp(log_rate)))


LOSSES = [  # a loss of one number, where, the step of the difference, the tolerance
    *((lambda log, o=optimizer: after(o, surface=penalised(log)), -2.0, 1e-5, 1e-6)
      for optimizer in (GradientDescent(0.1), Momentum(0.03), Nesterov(0.03), AdaGrad(0.2),
                        RMSProp(0.01), Adam(0.05), AdamW(0.05, weight_decay=0.1),
                        clipped(Adam(0.05), 1.0))),
    *((by_rate(kind), -4.0, 1e-5, 1e-6)
      for kind in (GradientDescent, Momentum, Nesterov, AdaGrad, RMSProp, Adam)),
    (grad(by_rate(GradientDescent)), -4.0, 1e-5, 1e-5),
    *((lambda m, kind=kind: after(kind(0.005, m)), 0.7, 1e-5, 1e-6)
      for kind in (Momentum, Nesterov)),
    (damped, 0.5, 1e-5, 1e-5),
    # Between the kinks of the soft threshold:
    (lambda log: after(ProximalGradient(0.05, np.exp(log))), -1.5, 1e-7, 1e-5),
    (by_steps(lambda rates: GradientDescent(lambda k: rates[k])), 0.0, 1e-5, 1e-6),
    (by_steps(lambda rates: Momentum(per_step(rates), 0.5)), 0.0, 1e-5, 1e-6),
    (by_steps(lambda rates: Adam(warmup(per_step(rates), 5))), 0.0, 1e-5, 1e-6),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "at", "h", "tolerance"), LOSSES)
def test_a_derivative_through_a_descent_is_the_difference(loss, at, h, tolerance):
    assert grad(loss)(at) == pytest.approx(central_difference(loss, at, h), rel=tolerance)


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

    def loss(log_strength):
        return after(optimizer, 30, whole + np.exp(log_strength) * l2(), held_out, start)

    assert grad(loss)(-4.0) == pytest.approx(central_difference(loss, -4.0, 1e-5), rel=1e-6)


def test_the_best_point_and_the_validation_losses_can_be_differentiated():
    settings = {"steps": 80, "tolerance": 0, "validation": HELD_OUT, "patience": 3}

    def loss(log_strength):
        rates = GradientDescent(np.array([0.1, 0.05, 0.01]))
        run = descend(penalised(log_strength), START, rates, **settings)
        return HELD_OUT(run.best_point).sum() + run.validation[-1].sum()

    assert grad(loss)(-2.0) == pytest.approx(central_difference(loss, -2.0, 1e-5), rel=1e-6)
