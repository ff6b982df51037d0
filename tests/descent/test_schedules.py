"""Schedules: their formulas, PyTorch's schedulers, clipping."""

import numpy as np
import pytest

from calclearn.descent.descend import descend
from calclearn.descent.landscapes import bowl, himmelblau
from calclearn.descent.optimizers import Adam, GradientDescent
from calclearn.descent.schedules import (
    clipped,
    constant,
    cosine,
    exponential_decay,
    per_step,
    step_decay,
    warmup,
)
from calclearn.descent.second_order import BFGS, LBFGS, DampedNewton

from ..refusals import refused


def rise(k):
    return np.minimum(1, (k + 1) / 5)


def wave(k):
    return (1 + np.cos(np.pi * np.minimum(k / 12, 1))) / 2


RATES = np.linspace(0.3, 0.1, 12)
SCHEDULES = [
    (constant(0.3),                    lambda k: 0.3 + 0 * k),
    (step_decay(0.3, 0.5, every=4),    lambda k: 0.3 * 0.5 ** np.floor(k / 4)),
    (exponential_decay(0.3, 0.9),      lambda k: 0.3 * 0.9**k),
    (cosine(0.3, 12),                  lambda k: 0.3 * wave(k)),
    (warmup(0.3, 5),                   lambda k: 0.3 * rise(k)),
    (warmup(cosine(0.3, 12), 5),       lambda k: 0.3 * wave(k) * rise(k)),
    (per_step(RATES),                  lambda k: RATES[np.minimum(k, 11)]),
    (warmup(per_step(RATES), 5),       lambda k: RATES[np.minimum(k, 11)] * rise(k)),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "formula"), SCHEDULES)
def test_the_formulas_for_each_step_and_for_many(schedule, formula):
    k = np.arange(20)
    np.testing.assert_allclose(schedule(k), formula(k))
    np.testing.assert_allclose([schedule(int(i)) for i in k], formula(k))


def test_schedules_equal_those_of_pytorch():
    torch = pytest.importorskip("torch")
    lr = torch.optim.lr_scheduler
    pairs = [
        (step_decay(0.5, 0.3, 4), lambda o: lr.StepLR(o, 4, 0.3)),
        (exponential_decay(0.5, 0.8), lambda o: lr.ExponentialLR(o, 0.8)),
        (cosine(0.5, 12), lambda o: lr.CosineAnnealingLR(o, 12)),
        (warmup(0.5, 5), lambda o: lr.LinearLR(o, 1 / 5, total_iters=4)),
    ]
    for schedule, scheduler in pairs:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        scheduled = scheduler(optimizer)
        for k in range(12):
            assert schedule(k) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-12)
            optimizer.step()
            scheduled.step()


def test_a_descent_follows_its_schedule():
    for schedule, rates in [
        (step_decay(0.1, 0.5, 2), [0.1, 0.1, 0.05, 0.05, 0.025]),
        (per_step([0.3, 0.1]), [0.3, 0.1, 0.1, 0.1, 0.1]),  # the last goes on
    ]:
        run = descend(bowl(), [3.0, 1.0], GradientDescent(schedule), steps=5)
        steps = -np.array(rates)[:, None] * run.gradients[:-1]
        np.testing.assert_allclose(np.diff(run.points, axis=0), steps)


def test_clipping_shortens_long_gradients_only_and_each_start_by_itself():
    g = np.array([[30.0, 0.3], [-40.0, 0.4]])
    w, _ = clipped(GradientDescent(1.0), 5.0).update(np.zeros((2, 2)), g, 0)
    np.testing.assert_allclose(w, [[-3.0, -0.3], [4.0, -0.4]], rtol=1e-6)
    w, _ = clipped(GradientDescent(1.0), 5.0).update(np.zeros(2), np.zeros(2), 0)
    np.testing.assert_array_equal(w, 0)


BAD = [
    (lambda: constant(-1.0), ValueError, "learning_rate must be at least 0"),
    (lambda: step_decay(1.0, -0.5), ValueError, "factor must be at least 0"),
    (lambda: step_decay(1.0, 0.5, 0), ValueError, "every must be a whole number of at least 1"),
    (lambda: cosine(1.0, 0), ValueError, "steps must be a whole number of at least 1"),
    (lambda: per_step([0.1, -0.1]), ValueError, "learning_rates must be at least 0"),
    (lambda: per_step([]), ValueError, r"learning_rates must have shape \(K,\) or .* \(0,\)"),
    (lambda: per_step(0.1), ValueError, r"learning_rates must have shape \(K,\) or .* \(\)"),
    (lambda: per_step("fast"), TypeError, "learning_rates must be real numbers"),
    (lambda: clipped(Adam(), -1.0), ValueError, "max_norm must be at least 0"),
    (lambda: clipped(0.1, 1.0), TypeError, "optimizer must have init and update"),
    *((lambda o=o: clipped(o, 1.0), TypeError, "optimizer must take one gradient a step")
      for o in (BFGS(), LBFGS(), DampedNewton())),
]  # fmt: skip

test_what_cannot_be = refused(BAD)


@pytest.mark.parametrize("factors", [[1.0, 0.5], [1.0, 0.5, 0.25], [[1.0], [0.5]]])
@pytest.mark.parametrize(
    "schedule",
    [
        lambda f: exponential_decay(0.002, f),
        lambda f: step_decay(0.002, f, every=2),
        lambda f: warmup(exponential_decay(0.002, f), 3),
        lambda f: warmup(cosine(0.002 * f, 10), 3),
        lambda f: per_step(0.002 * np.stack([f, f / 2, f])),
        lambda f: lambda k: 0.002 * f**k,
    ],
)
def test_an_array_inside_a_schedule_is_a_run_for_each(schedule, factors):
    factors = np.array(factors)
    for wrapped in (GradientDescent, lambda rate: clipped(Adam(rate), 1.0)):
        sweep = descend(himmelblau(), [0.0, 0.0], wrapped(schedule(factors)), 12, tolerance=0)
        assert sweep.points.shape == (13, 2, *factors.shape)
        for i in np.ndindex(factors.shape):
            alone = wrapped(schedule(factors[i]))
            run = descend(himmelblau(), [0.0, 0.0], alone, 12, tolerance=0)
            np.testing.assert_allclose(sweep.points[(..., *i)], run.points, rtol=1e-9, atol=1e-12)
