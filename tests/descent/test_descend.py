"""The loop: stops, records, batches, sweeps, memories, derivatives of a whole descent."""

import tracemalloc
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.descent import descend as module
from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import (
    bowl,
    double_well,
    himmelblau,
    quadratic,
    rosenbrock,
    saddle,
)
from calclearn.descent.losses import l2, line_loss, mse
from calclearn.descent.optimizers import AdaGrad, Adam, GradientDescent, Momentum, RMSProp
from calclearn.descent.schedules import clipped, cosine, per_step
from calclearn.descent.second_order import BFGS, LBFGS, DampedNewton, Newton
from calclearn.descent.surfaces import Surface

from ..refusals import refused

random = np.random.default_rng(3)
X = random.normal(size=40)
Y = 2 * X - 1 + random.normal(size=40)
HALF, GD = quadratic([[1.0]]), GradientDescent()


def test_every_step_of_the_record_is_a_step_of_the_textbook():
    run = descend(himmelblau(), [0.0, 0.0], GradientDescent(0.01), steps=77, tolerance=0)
    path = [np.zeros(2)]
    for _ in range(77):
        path.append(path[-1] - 0.01 * himmelblau().gradient(path[-1]))
    np.testing.assert_allclose(run.points, path, rtol=1e-12)
    np.testing.assert_array_equal(run.steps, np.arange(78))
    np.testing.assert_allclose(run.values, himmelblau()(run.points.T))
    np.testing.assert_allclose(run.gradients.T, himmelblau().gradient(run.points.T), atol=1e-12)
    assert (run.stop, run.steps_taken, run.evaluations) == (Stop.OUT_OF_STEPS, 77, 78)
    np.testing.assert_array_equal(run.point, run.points[-1])
    assert run.value == run.values[-1]


# How a descent ends.
@pytest.mark.parametrize(
    ("optimizer", "steps", "words"),
    [
        (GradientDescent(0.25), 100, "converged after 30 steps at loss 1.04e-17"),
        (GradientDescent(0.01), 1, "at loss 11.3 after 1 step"),
        (GradientDescent(0.5), 100, "diverged after 15 steps"),
        (GradientDescent(0.0), 100, "stalled after 10 steps at loss 12"),
    ],
)
def test_how_a_descent_ended_in_words_and_when(optimizer, steps, words):
    run = descend(bowl(), [3.0, 1.0], optimizer, steps)
    assert str(run) == f"{run}" == words
    assert repr(run) == f"<Descent: {words}>"
    assert np.all(np.isfinite(run.points))
    small = np.linalg.norm(run.gradients, axis=1) <= 1e-8
    large = run.values > 1e8 * run.values[0]
    for over, stop in ((small, Stop.CONVERGED), (large, Stop.DIVERGED)):
        first = [run.steps_taken] if run.stop == stop else []
        assert np.flatnonzero(over).tolist() == first


def test_a_start_at_a_stationary_point_has_converged_before_the_first_step():
    for surface, w in [(bowl(), [0, 0]), (saddle(), [0, 0]), (himmelblau(), [3, 2])]:
        run = descend(surface, w, GradientDescent(0.1))
        assert (run.stop, run.steps_taken, run.evaluations) == (Stop.CONVERGED, 0, 1)
        assert run.points.shape == (1, 2)


def test_momentum_that_will_converge_is_never_called_diverged():
    momenta = np.array([[0.5], [0.9], [0.99], [0.999]])
    rates = 2 * (1 + momenta) * [1e-6, 1e-3, 0.1, 0.5, 0.9, 0.99, 0.999]
    run = descend(HALF, [1.0], Momentum(rates, momenta), 3000, every=3000)
    assert not np.any(run.stop == Stop.DIVERGED)


def test_a_start_without_a_value_diverges_beside_the_others():
    run = descend(lambda w: w[0] - np.log(w[0]), [[-1.0, 2.0]], GradientDescent(0.5))
    assert run.stop.tolist() == [Stop.DIVERGED, Stop.CONVERGED]
    assert run.point.tolist() == [[-1.0, pytest.approx(1.0)]]


@pytest.mark.parametrize("starts", [[3.0], [[3.0, 0.1]]])
def test_an_evaluation_that_is_not_finite_counts(starts):
    steep = Surface(lambda w: np.exp(w[0] ** 2), dimension=1)
    run = descend(steep, starts, GradientDescent(1.0), steps=1)
    assert np.ravel(run.stop)[0] == Stop.DIVERGED
    assert np.all(run.evaluations == 2)
    assert np.all(np.isfinite(run.points))


@pytest.mark.parametrize("scale", [1e-170, 1e-30, 1e200])
@pytest.mark.parametrize("starts", [[2.5, 2.0], [[2.5, 0.0], [2.0, 0.0]]])
def test_a_multiple_of_a_surface_descends_like_the_surface(scale, starts):
    plain = descend(bowl(), starts, GradientDescent(0.1))
    scaled = descend(scale * bowl(), starts, GradientDescent(0.1 / scale))
    np.testing.assert_array_equal(scaled.stop, plain.stop)
    np.testing.assert_allclose(scaled.steps_taken, plain.steps_taken, atol=1)
    np.testing.assert_allclose(scaled.points[20], plain.points[20], rtol=1e-12)
    for optimizer in (BFGS(), LBFGS(), DampedNewton()):
        assert np.all(descend(scale * bowl(), starts, optimizer).stop == Stop.CONVERGED)


# A stop is asked of the run, not of one step.
PAUSES = [lambda k: 0.1 * min(1, k / 10), per_step([0.0] * 30 + [0.1]), per_step([0.0, 0.1])]


@pytest.mark.parametrize(
    "optimizer",
    [Momentum(1.5, 0.5), *(kind(r) for kind in (GradientDescent, Momentum, Adam) for r in PAUSES)],
)
def test_a_turning_point_of_momentum_and_a_rate_that_begins_at_0_end_nothing(optimizer):
    assert descend(HALF, [1.0], optimizer, steps=1000).stop == Stop.CONVERGED


def test_one_start_of_a_batch_waits_while_another_runs():
    rates = per_step(np.array([[0.0, 0.1]] * 20 + [[0.1, 0.1]]))
    run = descend(HALF, [1.0], GradientDescent(rates), steps=400)
    assert run.stop.tolist() == [Stop.CONVERGED, Stop.CONVERGED]
    assert run.steps_taken[0] == run.steps_taken[1] + 20


class Places(GradientDescent):
    """An optimizer that steps to the k-th place after the start, whatever the gradient."""

    def __init__(self, place):
        vars(self)["place"] = place

    def update(self, w, g, k, surface=None):
        return 1 + np.spacing(1.0) * self.place(k) + 0 * w, k + 1


def within(period):
    return lambda k: (k + 1) % period


TURNS = [
    *((HALF, Places(within(p)), Stop.STALLED, 10 * p, 12 * p) for p in (1, 2, 3, 7)),
    (bowl(), Places(lambda k: np.array([k % 13, k % 11])), Stop.STALLED, 100, 2500),  # a long cycle
    (HALF, Places(lambda k: k + 1), Stop.OUT_OF_STEPS, 5000, 5001),  # by one digit a step
    (HALF, GradientDescent(2.0), Stop.OUT_OF_STEPS, 5000, 5001),  # 1, -1, 1, -1, ... is no rest
]  # fmt: skip


@pytest.mark.parametrize(("surface", "optimizer", "stop", "least", "most"), TURNS)
def test_a_start_that_turns_round_in_its_last_digits_is_at_rest(
    surface, optimizer, stop, least, most
):
    run = descend(surface, np.ones(surface.dimension), optimizer, 5000, every=5000)
    assert run.stop == stop
    assert least <= run.steps_taken < most


# Batches and records.
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.sampled_from([(), (1,), (7,), (2, 3, 2)]),
    every=st.sampled_from([1, 3, 50]),
    patience=st.sampled_from([None, 1, 5]),
    surface=st.sampled_from([bowl(), himmelblau(), double_well(), rosenbrock()]),
    optimizer=st.sampled_from([GradientDescent(0.02), Momentum(0.004), GradientDescent(2.0)]),
)
def test_batched_equals_looped(seed, shape, every, patience, surface, optimizer):
    more = {"every": every, "validation": bowl(1, 2), "patience": patience}
    starts = np.random.default_rng(seed).normal(scale=2, size=(2, *shape))
    together = descend(surface, starts, optimizer, 60, **more)
    for i in np.ndindex(shape):
        alone, here = descend(surface, starts[:, *i], optimizer, 60, **more), (Ellipsis, *i)
        for number in ("stop", "steps_taken", "evaluations", "best_step"):
            assert getattr(together, number)[i] == getattr(alone, number)
        near = {"rtol": 1e-8, "atol": 1e-9 * (1 + np.abs(alone.values).max())}
        for point in ("point", "best_point"):
            batch, single = getattr(together, point)[here], getattr(alone, point)
            np.testing.assert_allclose(batch, single, **near)
        same = [k for k in alone.steps if k in together.steps]
        rows, own = np.searchsorted(together.steps, same), np.searchsorted(alone.steps, same)
        for record in ("points", "values", "gradients", "validation"):
            batch, single = getattr(together, record)[here][rows], getattr(alone, record)[own]
            np.testing.assert_allclose(batch, single, **near)


@pytest.mark.parametrize("optimizer", [GradientDescent(0.1), Adam(0.1), BFGS(), DampedNewton()])
def test_an_empty_batch_of_starts_is_an_empty_batch_of_descents(optimizer):
    run = descend(bowl(), np.zeros((2, 0)), optimizer, 5)
    assert run.points.shape == (1, 2, 0)
    assert run.stop.shape == run.evaluations.shape == (0,)
    assert str(run) == "0 starts: none"


def test_a_batch_of_surfaces_is_one_call():
    strengths = np.array([0.0, 1.0, 10.0])
    run = descend(line_loss(X, Y, mse) + strengths * l2(), [0.0, 0.0], GradientDescent(0.05), 2000)
    design = np.column_stack([X, np.ones(40)])
    for i, c in enumerate(strengths):
        ridge = np.linalg.solve(design.T @ design / 40 + c * np.eye(2), design.T @ Y / 40)
        np.testing.assert_allclose(run.point[:, i], ridge, atol=1e-6)


def test_every_keeps_each_nth_step_and_the_last():
    early = descend(bowl(), [3.0, 1.0], GradientDescent(0.25), every=7)
    assert early.steps.tolist() == [0, 7, 14, 21, 28, 30]
    np.testing.assert_allclose(early.gradients.T, bowl().gradient(early.points.T))
    assert descend(bowl(), [3.0, 1.0], GradientDescent(0.25), steps=0).steps.tolist() == [0]


def test_memory_is_bounded_by_what_is_recorded():
    starts = random.normal(size=(2, 10_000))  # a step sees 5 numbers a start: 0.4 MB
    tracemalloc.start()
    run = descend(himmelblau(), starts, GradientDescent(1e-4), steps=300, every=300)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert run.points.shape == (2, 2, 10_000)
    assert peak < 40e6 < 300 * 0.4e6


def test_mini_batches_repeat_with_their_seed_and_never_count_as_converged():
    noisy = line_loss(X, Y, mse, batch_size=4)
    runs = [descend(noisy, [0.0, 0.0], GradientDescent(0.05), 200, rng=seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(runs[0].points, runs[1].points)
    assert np.any(runs[0].points != runs[2].points)
    assert runs[0].stop == Stop.OUT_OF_STEPS
    np.testing.assert_allclose(runs[0].points[-50:].mean(axis=0), noisy.minima[0], atol=0.5)
    exact = line_loss(X[:2], 3 * X[:2], mse, batch_size=1)
    assert descend(exact, [3.0, 0.0], GradientDescent(0.05)).stop == Stop.OUT_OF_STEPS
    for rate in (3.0, 1e20, 1e300):
        lost = descend(noisy, np.zeros(2, np.float32), GradientDescent(rate), validation=noisy)
        assert (lost.stop, lost.points.dtype) == (Stop.DIVERGED, np.float32)
        assert np.all(np.isfinite([lost.point, lost.gradients[-1], lost.best_point]))
        assert np.isfinite(lost.value)


@pytest.mark.parametrize(("dtype", "size"), [(np.float64, 1e200), (np.float32, 1e20)])
def test_a_clipped_gradient_without_a_square_makes_steps_of_the_clipped_length(dtype, size):
    steep = Surface(lambda w: size * w[0], lambda w: size + 0 * w, dimension=1)
    run = descend(steep, np.full(1, 10, dtype), clipped(GradientDescent(0.1), 2.0), steps=3)
    assert run.stop == Stop.OUT_OF_STEPS
    assert run.points.dtype == dtype
    np.testing.assert_allclose(np.diff(run.points[:, 0]), -0.2, rtol=1e-5)


# The optimizer's memory.
MEMORIES = [
    *[clipped(Momentum(0.01), 5.0), AdaGrad(0.5), RMSProp(0.01), Adam(0.05)],
    *[GradientDescent(cosine(0.01, 60)), BFGS(), LBFGS()],
]


@pytest.mark.parametrize("optimizer", MEMORIES)
def test_with_its_memory_an_optimizer_goes_on_as_if_nothing_had_been(optimizer):
    whole = descend(himmelblau(), [0.5, -1.0], optimizer, 60, tolerance=0)
    first = descend(himmelblau(), [0.5, -1.0], optimizer, 7, tolerance=0)
    rest = descend(himmelblau(), first.point, optimizer, 53, tolerance=0, state=first.state)
    np.testing.assert_array_equal(np.concatenate([first.points, rest.points[1:]]), whole.points)
    ended = descend(bowl(), [2.0, 1.0], GradientDescent(0.1))
    assert (ended.stop, ended.state) == (Stop.CONVERGED, None)


# What one sees of a run.
def test_progress_begins_after_the_first_second(monkeypatch, capsys):
    calls, slow = [], GradientDescent(1e-6)
    seconds = iter(np.arange(0, 1000, 0.02))
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(seconds))
    descend(himmelblau(), [0.0, 0.0], slow, 200, progress=lambda *now: calls.append(now))
    assert len(calls) >= 5
    assert all(20 < k <= 200 and steps == 200 for k, steps in calls)
    monkeypatch.setattr(module.sys.stderr, "isatty", lambda: True, raising=False)
    descend(himmelblau(), [0.0, 0.0], slow, steps=200)
    assert "of 200" in capsys.readouterr().err
    calls.clear()
    monkeypatch.setattr(module.time, "perf_counter", lambda: 0.0)
    descend(bowl(), [1.0, 1.0], slow, progress=lambda *now: calls.append(now))
    assert calls == []


def test_many_descents_in_words():
    run = descend(bowl(), [3.0, 1.0], GradientDescent(np.array([0.25, 0.5, 0.01])))
    assert str(run) == "3 starts: 1 converged, 1 diverged, 1 out of steps"
    early = descend(bowl(), [3.0, 1.0], GradientDescent(0.1), validation=bowl() * -1, patience=2)
    assert f"{early:.1f}" == "stopped early after 2 steps at loss 3.8"


# At the door.
def level(gradient, value=lambda w: w[0]):
    return Surface(value, gradient)


def kept(optimizer, shape):
    return descend(rosenbrock(shape[0]), np.ones(shape) / 2, optimizer, 2).state


def single(w):
    return ((np.ones((5, 2)) @ w - np.ones(5)) ** 2).sum()


RATES = GradientDescent(np.array([0.1, 0.2]))
REFUSED = [
    *((bowl(), [1, 1], GD, options, sentence) for options, sentence in [
        ({"steps": -1}, "steps must be a whole number"),
        ({"steps": 2.5}, "steps must be a whole number"),
        ({"steps": True}, "steps must be a whole number of at least 0, got True"),
        ({"every": 0}, "every must be a whole"),
        *(({"tolerance": wrong}, "tolerance must be a number of at least 0, got")
          for wrong in (-1, "small", [1.0])),
        ({"patience": 3}, "patience needs a validation surface"),
        ({"validation": bowl(), "patience": 0}, "patience must be a whole number of at least 1"),
        ({"validation": l2(3)}, r"validation cannot take points of shape \(2,\): w must have"),
        ({"validation": lambda w: w}, r"the value of validation must have shape .* got \(2,\)"),
    ]),
    (bowl(), [1.0, 2.0, 3.0], GD, {}, r"start must have shape \(2,\) or \(2, \.\.\.\), got \(3,\)"),
    (lambda w: w.sum(axis=0), [], GD, {}, "start must have shape"),
    (bowl(), [np.inf, 0], GD, {}, "start must be finite"),
    (bowl(), [1, 1], GradientDescent(lambda k: -0.1), {}, "learning_rate must be at least 0 and"),
    (bowl(), np.ones((2, 3)), RATES, {}, r"batch shapes of start, .* got \(3,\), \(2,\), \(2,\)$"),
    (bowl(), 1.0, GD, {}, r"got \(\): one number is a point as \[number\]$"),
    (lambda w: 2 * w, [1, 2], GD, {}, r"value of the surface must have shape \(\) at .* got \(2,"),
    (lambda w: w[0] + w[2], [1, 2], GD, {}, r"surface cannot take points of shape \(2,\): index 2"),
    (level(lambda w: w[0]), [1.0], GD, {}, r"the gradient of the surface must have shape \(1,\)"),
    (level(lambda w: w, lambda w: w), [1, 2], GD, {}, r"the value of the surface must have .*\(\)"),
    (single, [1.0, 2.0], RATES, {}, r"surface cannot take points of shape \(2, 2\): "),
    *((bowl().replace(hessian=lambda w: w), [1, 2], optimizer, {},
       r"hessian of the surface must have shape \(2, 2\), got \(2,\)")
      for optimizer in (Newton(), DampedNewton())),
]  # fmt: skip
OF_ANOTHER = r"^state must be a memory of \w+ for these starts.*$"
WRONG = [
    *((bowl(), np.ones(2), optimizer, {"state": state}, OF_ANOTHER)
      for optimizer, other in zip(MEMORIES, [*MEMORIES[1:], MEMORIES[0]], strict=True)
      for state in (other.init(np.ones(2)), "memory")),
    *((rosenbrock(then[0]), np.ones(then) / 2, optimizer, {"state": kept(optimizer, first)},
       OF_ANOTHER) for optimizer in (Momentum(0.01), Adam(), BFGS(), LBFGS())
      for first, then in [((2,), (3,)), ((2,), (2, 4)), ((2, 4), (2,)), ((2, 4), (2, 3))]),
    (bowl(), [1, 1], 0.1, {}, "optimizer must have init and update"),
    (bowl(), [1, 1], GradientDescent, {}, "optimizer must have init and update"),
    (bowl(), [1, 1], GradientDescent(lambda k: None), {}, "learning_rate must be a .* got None"),
    (3.0, [1, 1], GD, {}, "surface must be a Surface"),
    (lambda x, y: x + y, [1, 1], GD, {}, r"one argument, the point w, .* got one of \(x, y\)"),
    (lambda: 1.0, [1, 1], GD, {}, r"one argument, the point w, as in `x, y = w`, got one of \(\)"),
    *((lambda w, value=value: value, [1, 2], GD, {}, "the value of the surface must be .* got")
      for value in (None, "ab", 1j)),
    *((bowl(), start, GD, {}, f"start must be real numbers, got {start}") for start in (None, {})),
    *((bowl(), [1, 1], GD, options, sentence) for options, sentence in [
        ({"rng": "seed"}, "rng must be a generator or a seed, got 'seed'"),
        ({"progress": "bar"}, "progress must be a function or None, got 'bar'"),
        ({"watch": "bar"}, "watch must be a function or None, got 'bar'"),
        ({"validation": 3.0}, "validation must be a Surface or a function of points"),
        ({"validation": lambda w: None}, "the value of validation must be a real"),
    ]),
    *((bowl(), start, GD, {}, "start must be real numbers, got")
      for start in ("ab", {}, None, [[1, 2], [3]], [1j, 2.0], [None, 1.0])),
    *((level(lambda w, part=part: part), [1, 2], GD, {}, "the gradient of the surface must be .*")
      for part in (None, "ab", 1j, [1.0, 2.0])),
    *((level(np.ones_like, lambda w, part=part: part), [1, 2], GD, {}, "the value of the surface m")
      for part in (None, "ab", 1j, [1.0, 2.0])),
]  # fmt: skip


test_what_cannot_be = refused(
    *([(partial(descend, *three, **options), words) for *three, options, words in rows]
      for rows in (REFUSED, WRONG))
)  # fmt: skip
