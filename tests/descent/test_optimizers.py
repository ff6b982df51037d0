"""Optimizers and schedules: PyTorch's numbers, batches, sweeps, derivatives, refusals."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad
from calclearn.calculus.numerical import central_difference
from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import ackley, bowl, himmelblau, rastrigin, rosenbrock
from calclearn.descent.losses import l2, line_loss, linear_fit, logistic_loss, mae, mse
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
from calclearn.descent.schedules import (
    clipped,
    constant,
    cosine,
    exponential_decay,
    per_step,
    step_decay,
    warmup,
)
from calclearn.descent.second_order import BFGS, LBFGS, DampedNewton, Newton
from calclearn.descent.surfaces import Surface

from ..refusals import refused

OPTIMIZERS = [
    GradientDescent(0.1),
    Momentum(0.1),
    Momentum(0.02, momentum=0.5),
    Nesterov(0.02),
    AdaGrad(0.5),
    RMSProp(0.05),
    Adam(0.1),
    AdamW(0.1, weight_decay=0.1),
    ProximalGradient(0.1, strength=0.2),
    clipped(Adam(0.1), 1.0),
]


@pytest.mark.parametrize(
    "kind", [GradientDescent, Momentum, Nesterov, AdaGrad, RMSProp, Adam, ProximalGradient]
)
def test_a_schedule_is_called_for_each_step(kind):
    calls = []
    descend(bowl(), [1.0, 1.0], kind(lambda k: calls.append(k) or 0.001), 3)
    assert sorted(set(calls)) == [0, 1, 2]


@pytest.mark.parametrize("shape", [(), (3,)])
def test_float32_stays_float32(shape):
    start = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    scheduled = [kind(warmup(cosine(0.1, 9), 3)) for kind in (GradientDescent, Momentum, Adam)]
    searches = [Newton(), DampedNewton(), BFGS(), LBFGS()]
    rates = Adam(np.float64(0.1)), GradientDescent(per_step([0.3, 0.2]))
    x = np.array([1.0, 2.0, 4.0])
    for surface in (0.5 * himmelblau(), line_loss(x, x**2, mae), line_loss(x, x**2, mse)):
        for optimizer in (*OPTIMIZERS, *scheduled, *searches, *rates):
            run = descend(surface, start, optimizer, 3, validation=lambda w: w[0] ** 2)
            records = run.points, run.values, run.gradients, run.validation, run.best_point
            assert {record.dtype for record in records} == {np.dtype(np.float32)}


BAD = [
    (lambda: GradientDescent(-0.1), ValueError, "learning_rate must be at least 0 and finite, got"),
    (lambda: GradientDescent(np.array([0.1, np.inf])), ValueError, "learning_rate must be"),
    (lambda: Momentum(0.1, 1.0), ValueError, "momentum must be at least 0 and below 1, got 1.0"),
    (lambda: Adam(0.1, betas=(0.9, 1.0)), ValueError, "betas must be at least 0 and below 1"),
    (lambda: Adam(0.1, betas=0.9), TypeError, "betas must be a pair of numbers, got 0.9"),
    (lambda: AdamW(0.1, weight_decay=-1), ValueError, "weight_decay must be at least 0"),
    (lambda: ProximalGradient(strength=np.inf), ValueError, "strength must be at least 0"),
    (lambda: DampedNewton(-1.0), ValueError, "damping must be at least 0"),
    (lambda: Newton(-1.0), ValueError, "learning_rate must be at least 0"),
    (lambda: LBFGS(memory=0), ValueError, "memory must be a whole number of at least 1, got 0"),
    *((lambda rate=rate: Adam(rate), TypeError, "learning_rate must be a number or an array")
      for rate in ("0.1", [0.1, 0.2], {1.0}, 1j, object(), np.array([None]), np.array(["a"]))),
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


# The runs that were made with torch.optim 2.13 in float64, 200 steps each. Whoever has PyTorch can
# make them again: `python -m tests.descent.test_optimizers` writes the file.
REFERENCE = Path(__file__).with_name("torch_reference.json")
TORCH = {
    "SGD": (GradientDescent(1e-3), "SGD", {"lr": 1e-3}),
    "momentum": (Momentum(2e-4, 0.9), "SGD", {"lr": 2e-4, "momentum": 0.9}),
    "Nesterov": (Nesterov(2e-4, 0.9), "SGD", {"lr": 2e-4, "momentum": 0.9, "nesterov": True}),
    "Adagrad": (AdaGrad(0.3), "Adagrad", {"lr": 0.3}),
    "RMSprop": (RMSProp(0.01, alpha=0.9), "RMSprop", {"lr": 0.01, "alpha": 0.9}),
    "Adam": (Adam(0.05), "Adam", {"lr": 0.05}),
    "Adam, other betas": (
        Adam(0.02, (0.8, 0.95), 1e-4), "Adam", {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-4},
    ),
    "AdamW": (AdamW(0.05, weight_decay=0.2), "AdamW", {"lr": 0.05, "weight_decay": 0.2}),
}  # fmt: skip
FEATURES = np.sin(np.arange(60.0)).reshape(20, 3)
LABELS = (np.cos(np.arange(20.0) ** 2) > 0).astype(float)
PROBLEMS = {
    "Rosenbrock": (rosenbrock(), [-1.2, 1.0]),
    "logistic": (logistic_loss(FEATURES, LABELS), [6.0, -5.0, 4.0, -7.0]),
}


def torch_run(problem, kind, arguments):
    import torch

    X, y = torch.tensor(FEATURES), torch.tensor(LABELS)

    def rosenbrock_loss(w):
        return 100 * (w[1] - w[0] ** 2) ** 2 + (1 - w[0]) ** 2

    def logistic(w):
        return torch.nn.functional.binary_cross_entropy_with_logits(X @ w[:3] + w[3], y)

    loss = rosenbrock_loss if problem == "Rosenbrock" else logistic
    w = torch.tensor(PROBLEMS[problem][1], dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, kind)([w], **arguments)
    path = []
    for _ in range(200):
        optimizer.zero_grad()
        loss(w).backward()
        optimizer.step()
        path.append(w.detach().numpy().tolist())
    return path[0], path[99], path[199]


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("name", TORCH)
def test_two_hundred_steps_equal_those_of_pytorch(name, problem):
    surface, start = PROBLEMS[problem]
    run = descend(surface, start, TORCH[name][0], steps=200, tolerance=0)
    expected = json.loads(REFERENCE.read_text())[problem][name]
    np.testing.assert_allclose(run.points[[1, 100, 200]], expected, rtol=1e-10, atol=1e-10)


PLAIN = AdamW(0.1, weight_decay=0.0)
STILL = ProximalGradient(0.1, strength=0.0)


@pytest.mark.parametrize("optimizer", [PLAIN, STILL, clipped(PLAIN, 1.0)])
def test_without_decay_or_penalty_a_flat_point_is_the_end(optimizer):
    run = descend(bowl(), [2.5, 2.0], optimizer, 3000)
    assert run.stop == Stop.CONVERGED
    if optimizer is PLAIN:
        assert run.steps_taken == descend(bowl(), [2.5, 2.0], Adam(0.1), 3000).steps_taken
        both = replace(PLAIN, weight_decay=np.array([0.0, 0.1]))  # each start stops by its own
        ends = descend(bowl(), [2.5, 2.0], both, 1000).stop == Stop.CONVERGED
        assert ends.tolist() == [True, False]


def test_weight_decay_goes_on_where_the_surface_is_flat():
    run = descend(bowl(), [0.0, 0.0], AdamW(0.1), steps=30)
    assert run.stop == Stop.STALLED
    flat = descend(0 * bowl(), [1.0, 1.0], AdamW(0.1, weight_decay=0.5), steps=3, tolerance=0)
    np.testing.assert_allclose(flat.point, 0.95**3)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_a_batch_of_starts_and_a_sweep_of_rates_are_one_run_after_the_other(optimizer):
    def run(rate, start):
        inner = replace(getattr(optimizer, "optimizer", optimizer), learning_rate=rate)
        made = replace(optimizer, optimizer=inner) if hasattr(optimizer, "optimizer") else inner
        return descend(himmelblau(), start, made, steps=20, tolerance=0)

    rates, starts = np.array([[0.001], [0.01]]), np.random.default_rng(1).normal(size=(2, 3))
    together = run(rates, starts)
    assert together.point.shape == (2, 2, 3)
    for i, j in np.ndindex(2, 3):
        alone = run(float(rates[i, 0]), starts[:, j])
        np.testing.assert_allclose(together.points[..., i, j], alone.points, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "kind", [GradientDescent, Nesterov, AdaGrad, RMSProp, AdamW, ProximalGradient]
)
def test_any_learning_rate_gives_finite_points_and_no_warning(kind):
    surfaces = himmelblau(), rosenbrock(), rastrigin(), ackley(), logistic_loss(FEATURES, LABELS)
    far = ((himmelblau(), w) for w in ([1e300, 1.0], [-1e160, 1e160], [1e-300, 0.0]))
    for surface, start in (*((each, each.start) for each in surfaces), *far):
        run = descend(surface, start, kind(10.0 ** np.arange(-12, 13)), steps=100)
        assert np.all(np.isfinite(run.points))
        if np.max(np.abs(start)) < 1e100:
            assert np.all(np.isfinite(run.values))
            assert np.all(np.isfinite(run.gradients))


# Schedules and clipping
def rise(k):
    return np.minimum(1, (k + 1) / 5)


def wave(k):
    return (1 + np.cos(np.pi * np.minimum(k / 12, 1))) / 2


PER_STEP = np.linspace(0.3, 0.1, 12)
SCHEDULES = [
    (constant(0.3),                    lambda k: 0.3 + 0 * k),
    (step_decay(0.3, 0.5, every=4),    lambda k: 0.3 * 0.5 ** np.floor(k / 4)),
    (exponential_decay(0.3, 0.9),      lambda k: 0.3 * 0.9**k),
    (cosine(0.3, 12),                  lambda k: 0.3 * wave(k)),
    (warmup(0.3, 5),                   lambda k: 0.3 * rise(k)),
    (warmup(cosine(0.3, 12), 5),       lambda k: 0.3 * wave(k) * rise(k)),
    (per_step(PER_STEP),               lambda k: PER_STEP[np.minimum(k, 11)]),
    (warmup(per_step(PER_STEP), 5),    lambda k: PER_STEP[np.minimum(k, 11)] * rise(k)),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "formula"), SCHEDULES)
def test_the_formulas_for_each_step_and_for_many(schedule, formula):
    k = np.arange(20)
    np.testing.assert_allclose(schedule(k), formula(k))
    np.testing.assert_allclose([schedule(int(i)) for i in k], formula(k))


def test_clipping_shortens_long_gradients_only_and_each_start_by_itself():
    g = np.array([[30.0, 0.3], [-40.0, 0.4]])
    w, _ = clipped(GradientDescent(1.0), 5.0).update(np.zeros((2, 2)), g, 0)
    np.testing.assert_allclose(w, [[-3.0, -0.3], [4.0, -0.4]], rtol=1e-6)
    w, _ = clipped(GradientDescent(1.0), 5.0).update(np.zeros(2), np.zeros(2), 0)
    np.testing.assert_array_equal(w, 0)


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


# Optimizers of one's own
def own(update):
    return type("Mine", (), {"init": lambda self, w: 0, "update": update})()


def in_place(self, w, g, state, surface):
    w -= 0.1 * g
    return w, state


CONTRACT = r"^Mine must have update\(w, g, state, surface\) that returns \(w, state\), "


OWN = [
    (lambda self, w, g: w - g, TypeError, r"got update\(w, g\)$"),
    (lambda self, w, g, state: (w, state), TypeError, r"got update\(w, g, state\)$"),
    (lambda self, w, g, state, surface: w - g, TypeError, r"floating point, got array\(\["),
    (lambda self, w, g, state, surface: None, TypeError, "w of shape .* got None$"),
    (lambda self, w, g, state, surface: (w, state, g), TypeError, r"got \(array\("),
    (lambda self, w, g, state, surface: (w[:1], state), TypeError, r"got \(array\(\["),
    (lambda self, w, g, state, surface: (w.tolist(), state), TypeError, r"got \(\["),
    (lambda self, w, g, state, surface: (w.astype(int), state), TypeError, "floating point"),
    (lambda self, w, g, state, surface: (state, w), TypeError, r"got \(0, array"),
    (in_place, ValueError, "and leaves the given w and g as they are$"),
]  # fmt: skip


@pytest.mark.parametrize(("update", "kind", "got"), OWN)
def test_an_optimizer_of_ones_own_that_is_none(update, kind, got):
    for start in ([3.0, 1.0], np.ones((2, 3)), np.ones((2, 2))):
        kept = np.array(start)
        for optimizer in (own(update), clipped(own(update), 9.0)):
            with pytest.raises(kind, match=CONTRACT + ".*" + got) as error:
                descend(bowl(), start, optimizer)
            assert "\n" not in str(error.value)
        np.testing.assert_array_equal(start, kept)


def test_an_own_optimizer_descends_and_can_be_differentiated_through():
    mine = own(lambda self, w, g, k, surface: [w - 0.1 * g, k + 1])
    run = descend(bowl(), [3.0, 1.0], mine)
    np.testing.assert_array_equal(
        run.points, descend(bowl(), [3.0, 1.0], GradientDescent(0.1)).points
    )
    slope = grad(lambda x: descend(bowl(), np.stack([x, 1.0]), mine, 3).value)(3.0)
    assert slope == pytest.approx(6 * 0.8**6)
    with pytest.raises(TypeError, match="unsupported operand"):  # what an update raises is raised
        descend(bowl(), [3.0, 1.0], own(lambda self, w, g, state, surface: (w - None, state)))


# Derivatives of a whole descent: by the penalty, the learning rates, the momentum, the start
random = np.random.default_rng(5)
X, HELD_OUT_X = random.normal(size=(2, 120, 50))
TRUE = random.normal(size=50)
Y, HELD_OUT_Y = X @ TRUE + random.normal(size=120), HELD_OUT_X @ TRUE + random.normal(size=120)
TRAIN, HELD_OUT = linear_fit(X, Y, mse), linear_fit(HELD_OUT_X, HELD_OUT_Y, mse)
TANH = Surface(lambda w: np.mean((np.tanh(X @ w) - Y) ** 2), dimension=50)
START = np.zeros(50)
LINE = line_loss(X[:, 0], Y, mse, batch_size=20)


def after(optimizer, steps=60, surface=TRAIN, held_out=HELD_OUT, start=START):
    return held_out(descend(surface, start, optimizer, steps, tolerance=0).point)


def penalised(log_strength, surface=TRAIN):
    return surface + np.exp(log_strength) * l2()


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
    (lambda log: after(Momentum(0.02, 0.5), 30, penalised(log, TANH)), -2.0, 1e-5, 1e-6),
    (lambda log: after(Momentum(0.02, 0.5), 30, penalised(log, LINE), LINE, START[:2]),
     -2.0, 1e-5, 1e-6),
    # Between the kinks of the soft threshold:
    (lambda log: after(ProximalGradient(0.05, np.exp(log))), -1.5, 1e-7, 1e-5),
    (by_steps(lambda rates: GradientDescent(lambda k: rates[k])), 0.0, 1e-5, 1e-6),
    (by_steps(lambda rates: Momentum(per_step(rates), 0.5)), 0.0, 1e-5, 1e-6),
    (by_steps(lambda rates: Adam(warmup(per_step(rates), 5))), 0.0, 1e-5, 1e-6),
    # The second weight never matters, and its gradient of 0 spoils nothing:
    (lambda rate: descend(1.0 * bowl(1, 0), [2.0, 1.0], Adam(rate), 10).value, 0.1, 1e-6, 1e-5),
    *((lambda x, o=o: descend(rosenbrock(), np.stack([x, 0.7 + 0 * x]), o, 5).value,
       -0.9, 1e-6, 1e-4) for o in (Newton(0.7), DampedNewton(), BFGS(), LBFGS())),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "at", "h", "tolerance"), LOSSES)
def test_a_derivative_through_a_descent_is_the_difference(loss, at, h, tolerance):
    assert grad(loss)(at) == pytest.approx(central_difference(loss, at, h), rel=tolerance)


def test_the_best_point_and_the_validation_losses_can_be_differentiated():
    settings = {"steps": 80, "tolerance": 0, "validation": HELD_OUT, "patience": 3}

    def loss(log_strength):
        rates = GradientDescent(np.array([0.1, 0.05, 0.01]))
        run = descend(penalised(log_strength), START, rates, **settings)
        return HELD_OUT(run.best_point).sum() + run.validation[-1].sum()

    assert grad(loss)(-2.0) == pytest.approx(central_difference(loss, -2.0, 1e-5), rel=1e-6)


if __name__ == "__main__":
    runs = {p: {n: torch_run(p, *t[1:]) for n, t in TORCH.items()} for p in PROBLEMS}
    REFERENCE.write_text(json.dumps(runs).replace('}, "', '},\n"') + "\n")
