"""The loop: stops, records, batches, sweeps, interruption, derivatives of a whole descent."""

import tracemalloc
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus.autodiff import grad
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
from calclearn.descent.second_order import BFGS, LBFGS, DampedNewton
from calclearn.descent.surfaces import Surface

random = np.random.default_rng(3)
X = random.normal(size=40)
Y = 2 * X - 1 + random.normal(size=40)


def textbook(surface, w, learning_rate, steps):
    path = [np.array(w, dtype=float)]
    for _ in range(steps):
        path.append(path[-1] - learning_rate * surface.gradient(path[-1]))
    return np.array(path)


def test_every_step_of_the_record_is_a_step_of_the_textbook():
    run = descend(himmelblau(), [0.0, 0.0], GradientDescent(0.01), steps=77, tolerance=0)
    np.testing.assert_allclose(run.points, textbook(himmelblau(), [0, 0], 0.01, 77), rtol=1e-12)
    np.testing.assert_array_equal(run.steps, np.arange(78))
    np.testing.assert_allclose(run.values, himmelblau()(run.points.T))
    np.testing.assert_allclose(run.gradients.T, himmelblau().gradient(run.points.T), atol=1e-12)
    assert (run.stop, run.steps_taken, run.evaluations) == (Stop.OUT_OF_STEPS, 77, 78)
    assert run.point is not None
    np.testing.assert_array_equal(run.point, run.points[-1])
    assert run.value == run.values[-1]


def test_a_converged_descent_stops_early_at_the_first_small_gradient():
    run = descend(bowl(), [3.0, 1.0], GradientDescent(0.25))
    norms = np.linalg.norm(run.gradients, axis=1)
    assert run.stop == Stop.CONVERGED
    assert len(run.points) == run.steps_taken + 1 < 40
    assert norms[-1] <= 1e-8 < norms[-2]


def test_divergence_is_a_result():
    run = descend(bowl(), [3.0, 1.0], GradientDescent(0.5))
    assert run.stop == Stop.DIVERGED
    assert run.steps_taken == 15
    assert np.all(np.isfinite(run.points))
    limit = 1e8 * run.values[0]
    assert run.values[-1] > limit >= run.values[-2]


def test_a_start_at_a_stationary_point_has_converged_before_the_first_step():
    for surface, w in [(bowl(), [0, 0]), (saddle(), [0, 0]), (himmelblau(), [3, 2])]:
        run = descend(surface, w, GradientDescent(0.1))
        assert (run.stop, run.steps_taken, run.evaluations) == (Stop.CONVERGED, 0, 1)
        assert run.points.shape == (1, 2)
    for w in himmelblau().minima:
        assert descend(himmelblau(), w, GradientDescent(0.01)).stop == Stop.CONVERGED


def test_the_least_squares_line_converges_in_all_units():
    for unit in (1e-6, 1.0, 1e9):
        surface = line_loss(X, unit * Y, mse)
        run = descend(surface, [0.0, 0.0], GradientDescent(0.4), steps=500)
        assert run.stop == Stop.CONVERGED
        np.testing.assert_allclose(run.point, surface.minima[0], rtol=1e-6)
        assert descend(surface, surface.minima[0], GradientDescent(0.4)).steps_taken == 0


@pytest.mark.parametrize("optimizer", [GradientDescent, Momentum])
def test_just_below_two_over_lambda_converges_and_just_above_diverges(optimizer):
    surface = quadratic([[4.0, 0.0], [0.0, 1.0]])
    edge = 2 / 4 if optimizer is GradientDescent else 2 * (1 + 0.9) / 4
    below = descend(surface, [1.0, 1.0], optimizer(0.99 * edge), steps=5000)
    above = descend(surface, [1.0, 1.0], optimizer(1.01 * edge), steps=5000)
    assert (below.stop, above.stop) == (Stop.CONVERGED, Stop.DIVERGED)


@pytest.mark.parametrize("momentum", [0.5, 0.9, 0.99, 0.999])
def test_momentum_that_will_converge_is_never_called_diverged(momentum):
    surface = quadratic([[1.0]])
    edge = 2 * (1 + momentum)
    rates = edge * np.array([1e-6, 1e-3, 0.1, 0.5, 0.9, 0.99, 0.999])
    run = descend(surface, [1.0], Momentum(rates, momentum), steps=3000, every=3000)
    assert not np.any(run.stop == Stop.DIVERGED)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.sampled_from([(), (1,), (7,), (3, 4), (2, 3, 2)]),
    every=st.sampled_from([1, 3, 50]),
    surface=st.sampled_from([bowl(), himmelblau(), double_well(), rosenbrock()]),
    optimizer=st.sampled_from([GradientDescent(0.02), Momentum(0.004), GradientDescent(2.0)]),
)
def test_batched_equals_looped(seed, shape, every, surface, optimizer):
    starts = np.random.default_rng(seed).normal(scale=2, size=(2, *shape))
    together = descend(surface, starts, optimizer, steps=60, every=every)
    for i in np.ndindex(shape):
        alone = descend(surface, starts[(slice(None), *i)], optimizer, steps=60, every=every)
        here = (Ellipsis, *i)
        assert together.stop[i] == alone.stop
        assert together.steps_taken[i] == alone.steps_taken
        assert together.evaluations[i] == alone.evaluations
        np.testing.assert_allclose(together.points[-1][here], alone.point, rtol=1e-9, atol=1e-12)
        same = [k for k in alone.steps if k in together.steps]
        rows, own = np.searchsorted(together.steps, same), np.searchsorted(alone.steps, same)
        for record in ("points", "values", "gradients"):
            np.testing.assert_allclose(
                getattr(together, record)[here][rows],
                getattr(alone, record)[own],
                rtol=1e-8,
                atol=1e-9 * (1 + np.abs(alone.values).max()),
            )


@pytest.mark.parametrize(
    "optimizer",
    [
        GradientDescent(cosine(0.01, 60)),
        clipped(Momentum(0.01, 0.9), 5.0),
        Adam(0.05),
        BFGS(),
        LBFGS(),
    ],
)
def test_with_its_memory_an_optimizer_goes_on_as_if_nothing_had_been(optimizer):
    whole = descend(himmelblau(), [0.5, -1.0], optimizer, 60, tolerance=0)
    first = descend(himmelblau(), [0.5, -1.0], optimizer, 7, tolerance=0)
    rest = descend(himmelblau(), first.point, optimizer, 53, tolerance=0, state=first.state)
    np.testing.assert_array_equal(np.concatenate([first.points, rest.points[1:]]), whole.points)


def test_a_memory_is_that_of_the_optimizer_and_none_where_all_came_to_an_end():
    with pytest.raises(TypeError, match="state must be a memory of Adam for these starts, got 5"):
        descend(bowl(), [2.0, 1.0], Adam(), state=5)
    ended = descend(bowl(), [2.0, 1.0], Momentum(0.1, 0.5), 500)
    assert (ended.stop, ended.state) == (Stop.CONVERGED, None)


@pytest.mark.parametrize("optimizer", [GradientDescent(cosine(0.01, 60)), Adam(0.05), BFGS()])
@pytest.mark.parametrize("where", ["gradient", "asking"])
def test_an_interrupt_finds_a_point_and_the_memory_of_its_step(monkeypatch, optimizer, where):
    calls = count(1)

    def interrupted_once(f):
        def calling(*arguments):
            if next(calls) == 9:
                raise KeyboardInterrupt
            return f(*arguments)

        return calling

    surface = himmelblau()
    whole = descend(surface, [0.5, -1.0], optimizer, 60, tolerance=0)
    if where == "gradient":
        gradient = interrupted_once(surface.gradient)
        surface = surface.replace(gradient=gradient)
    else:
        monkeypatch.setattr(module.Run, "ask", interrupted_once(module.Run.ask))
    first = descend(surface, [0.5, -1.0], optimizer, 60, tolerance=0)
    taken = int(first.steps_taken)
    assert first.interrupted
    assert 0 < taken < 60
    rest = descend(surface, first.point, optimizer, 60 - taken, tolerance=0, state=first.state)
    np.testing.assert_array_equal(np.concatenate([first.points, rest.points[1:]]), whole.points)


def test_a_start_that_stopped_stays_put_while_the_others_go_on():
    starts = np.array([[0.0, 3.0, 1e-9], [0.0, 1.0, 0.0]])
    run = descend(bowl(), starts, GradientDescent(np.array([0.25, 0.01, 0.25])), steps=50)
    assert run.stop.tolist() == [Stop.CONVERGED, Stop.OUT_OF_STEPS, Stop.CONVERGED]
    assert run.steps_taken.tolist() == [0, 50, 0]
    np.testing.assert_array_equal(run.points[:, :, 2], np.tile([1e-9, 0.0], (51, 1)))


def test_a_start_without_a_value_diverges_beside_the_others():
    run = descend(lambda w: w[0] - np.log(w[0]), [[-1.0, 2.0]], GradientDescent(0.5))
    assert run.stop.tolist() == [Stop.DIVERGED, Stop.CONVERGED]
    assert run.point.tolist() == [[-1.0, pytest.approx(1.0)]]


def test_a_batch_of_surfaces_is_one_call():
    strengths = np.array([0.0, 1.0, 10.0])
    run = descend(line_loss(X, Y, mse) + strengths * l2(), [0.0, 0.0], GradientDescent(0.05), 2000)
    assert run.point.shape == (2, 3)
    design = np.column_stack([X, np.ones(40)])
    for i, c in enumerate(strengths):
        ridge = np.linalg.solve(design.T @ design / 40 + c * np.eye(2), design.T @ Y / 40)
        np.testing.assert_allclose(run.point[:, i], ridge, atol=1e-6)


def test_every_keeps_each_nth_step_and_the_last():
    full = descend(himmelblau(), [0.0, 0.0], GradientDescent(0.001), steps=100)
    thin = descend(himmelblau(), [0.0, 0.0], GradientDescent(0.001), steps=100, every=30)
    assert thin.steps.tolist() == [0, 30, 60, 90, 100]
    np.testing.assert_array_equal(thin.points, full.points[thin.steps])
    np.testing.assert_array_equal(thin.gradients, full.gradients[thin.steps])
    early = descend(bowl(), [3.0, 1.0], GradientDescent(0.25), every=7)
    assert early.steps.tolist() == [0, 7, 14, 21, 28, 30]
    assert descend(bowl(), [3.0, 1.0], GradientDescent(0.25), steps=0).steps.tolist() == [0]


def test_mini_batches_repeat_with_their_seed_and_never_count_as_converged():
    noisy = line_loss(X, Y, mse, batch_size=4)
    runs = [descend(noisy, [0.0, 0.0], GradientDescent(0.05), 200, rng=seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(runs[0].points, runs[1].points)
    assert np.any(runs[0].points != runs[2].points)
    assert runs[0].stop == Stop.OUT_OF_STEPS
    np.testing.assert_allclose(runs[0].points[-50:].mean(axis=0), noisy.minima[0], atol=0.5)
    exact = line_loss(X[:2], 3 * X[:2], mse, batch_size=1)
    assert descend(exact, [3.0, 0.0], GradientDescent(0.05)).stop == Stop.OUT_OF_STEPS
    assert descend(noisy, [0.0, 0.0], GradientDescent(50.0)).stop == Stop.DIVERGED


def test_a_function_will_do_and_gets_its_gradient_from_autodiff():
    run = descend(lambda w: (w[0] - 3) ** 2, [0.0], GradientDescent(0.4))
    assert run.stop == Stop.CONVERGED
    assert run.point[0] == pytest.approx(3)


def test_the_derivative_of_a_batch_and_of_a_descent_that_stopped():
    def lowest(rate):
        rates = rate * np.array([1.0, 2.0, 5.0])
        return descend(bowl(), [3.0, 1.0], GradientDescent(rates), steps=60).values[-1].sum()

    assert grad(lowest)(0.01) == pytest.approx(
        (lowest(0.01 + 1e-7) - lowest(0.01 - 1e-7)) / 2e-7, rel=1e-5
    )
    run = grad(lambda r: descend(bowl(), [3.0, 1.0], GradientDescent(r)).value)(0.25)
    assert abs(run) < 1e-6


class Interrupts:
    """Gradient descent that is interrupted, as by the stop button, at a chosen step."""

    def __init__(self, at):
        self.at = at

    def init(self, w):
        return 0

    def update(self, w, g, k, surface):
        if k == self.at:
            raise KeyboardInterrupt
        return w - 0.001 * g, k + 1


def test_progress_begins_after_the_first_second(monkeypatch):
    seconds = iter(np.arange(0, 1000, 0.02))
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(seconds))
    calls = []
    descend(
        himmelblau(),
        [0.0, 0.0],
        GradientDescent(1e-6),
        steps=200,
        progress=lambda k, steps: calls.append((k, steps)),
    )
    assert len(calls) >= 5
    assert all(0 < k <= 200 and steps == 200 for k, steps in calls)
    assert calls[0][0] > 20
    calls.clear()
    monkeypatch.setattr(module.time, "perf_counter", lambda: 0.0)
    descend(bowl(), [1.0, 1.0], GradientDescent(1e-6), progress=lambda *a: calls.append(a))
    assert calls == []


def test_a_terminal_shows_a_line_of_progress(monkeypatch, capsys):
    monkeypatch.setattr(module.sys.stderr, "isatty", lambda: True, raising=False)
    seconds = iter(np.arange(0, 1000, 0.05))
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(seconds))
    descend(himmelblau(), [0.0, 0.0], GradientDescent(1e-6), steps=200)
    assert "of 200" in capsys.readouterr().err


def test_memory_is_bounded_by_what_is_recorded():
    starts = random.normal(size=(2, 10_000))  # a step sees 5 numbers a start: 0.4 MB
    tracemalloc.start()
    run = descend(himmelblau(), starts, GradientDescent(1e-4), steps=300, every=300)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert run.points.shape == (2, 2, 10_000)
    assert peak < 40e6 < 300 * 0.4e6
    assert set(np.unique(run.stop)) <= set(Stop)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: descend(bowl(), [1.0, 2.0, 3.0], GradientDescent()),
            r"start must have shape \(2,\) or \(2, \.\.\.\), got \(3,\)",
        ),
        (lambda: descend(lambda w: w.sum(axis=0), [], GradientDescent()), "start must have shape"),
        (
            lambda: descend(bowl(), [1, 1], GradientDescent(lambda k: -0.1)),
            "learning_rate must be at least 0 and finite, got -0.1",
        ),
        (lambda: descend(bowl(), [np.inf, 0], GradientDescent()), "start must be finite"),
        (lambda: descend(bowl(), [np.nan, 0], GradientDescent()), "start must be finite"),
        (lambda: descend(bowl(), [1, 1], GradientDescent(), -1), "steps must be a whole number"),
        (lambda: descend(bowl(), [1, 1], GradientDescent(), 2.5), "steps must be a whole number"),
        (lambda: descend(bowl(), [1, 1], GradientDescent(), every=0), "every must be a whole"),
        (lambda: descend(bowl(), [1, 1], GradientDescent(), tolerance=-1), "tolerance must be"),
        (
            lambda: descend(bowl(), np.ones((2, 3)), GradientDescent(np.ones(4))),
            r"batch shapes of start \(3,\), .* \(4,\) must broadcast",
        ),
        (
            lambda: descend(Surface(lambda w: w[0] ** 2, lambda w: w[0]), [1.0], GradientDescent()),
            r"the gradient of the surface must have shape \(1,\)",
        ),
        (
            lambda: descend(
                Surface(lambda w: w**2, lambda w: 2 * w), [1.0, 2.0], GradientDescent()
            ),
            r"the value of the surface must have shape \(\)",
        ),
        (
            lambda: descend(
                lambda w: ((np.ones((5, 2)) @ w - np.ones(5)) ** 2).sum(),
                [1.0, 2.0],
                GradientDescent(np.array([0.1, 0.2])),
            ),
            r"surface cannot take points of shape \(2, 2\): ",
        ),
    ],
)
def test_bad_input_gets_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        call()
    assert "\n" not in str(error.value)


def test_what_is_no_optimizer_and_no_surface():
    with pytest.raises(TypeError, match="optimizer must have init and update"):
        descend(bowl(), [1.0, 1.0], 0.1)
    with pytest.raises(TypeError, match="optimizer must have init and update"):
        descend(bowl(), [1.0, 1.0], GradientDescent)
    with pytest.raises(TypeError, match="learning_rate must be a number or an array, got None"):
        descend(bowl(), [1.0, 1.0], GradientDescent(lambda k: None))
    with pytest.raises(TypeError, match="surface must be a Surface"):
        descend(3.0, [1.0, 1.0], GradientDescent())


@pytest.mark.parametrize("start", ["ab", {}, None, [[1, 2], [3]], [1j, 2.0], [None, 1.0]])
def test_what_is_no_start(start):
    with pytest.raises(TypeError, match="start must be real numbers, got"):
        descend(bowl(), start, GradientDescent())


@pytest.mark.parametrize(
    ("part", "came"), [(None, "None"), ("ab", "'ab'"), (1j, "1j"), ([1.0, 2.0], r"\[1.0, 2.0\]")]
)
def test_a_surface_that_returns_no_numbers(part, came):
    with pytest.raises(TypeError, match=f"the gradient of the surface must be .* got {came}"):
        descend(Surface(lambda w: w[0], lambda w: part), [1.0, 2.0], GradientDescent())
    with pytest.raises(TypeError, match=f"the value of the surface must be .* got {came}"):
        descend(Surface(lambda w: part, lambda w: w), [1.0, 2.0], GradientDescent())


def test_settings_of_the_wrong_kind():
    def run(**settings):
        return descend(bowl(), [1.0, 1.0], GradientDescent(), **settings)

    for tolerance in (None, "small", [1.0], 1j):
        with pytest.raises(ValueError, match="tolerance must be a number of at least 0, got"):
            run(tolerance=tolerance)
    with pytest.raises(TypeError, match="rng must be a generator or a seed, got 'seed'"):
        run(rng="seed")
    with pytest.raises(TypeError, match="progress must be a function or None, got 'bar'"):
        run(progress="bar")
    with pytest.raises(ValueError, match="steps must be a whole number of at least 0, got True"):
        run(steps=True)
    assert run(tolerance=1e300).stop == Stop.CONVERGED


# A stop is asked of the run, not of one step.
HALF = quadratic([[1.0]])


def test_a_turning_point_of_momentum_ends_nothing():
    run = descend(HALF, [1.0], Momentum(1.5, 0.5))
    assert run.points[1] == run.points[2]
    assert run.stop == Stop.CONVERGED
    assert abs(run.point[0]) < 1e-8


@pytest.mark.parametrize(
    "rate",
    [
        lambda k: 0.1 * min(1, k / 10),
        per_step([0.0, 0.1, 0.1]),
        per_step([0.0] * 30 + [0.1]),
        lambda k: np.where(k < 25, 0.0, 0.1),
    ],
)
@pytest.mark.parametrize("kind", [GradientDescent, Momentum, Adam])
def test_a_schedule_that_begins_at_0_only_waits(rate, kind):
    run = descend(HALF, [1.0], kind(rate), steps=1000)
    assert run.stop == Stop.CONVERGED


def test_one_start_of_a_batch_waits_while_another_runs():
    rates = per_step(np.array([[0.0, 0.1]] * 20 + [[0.1, 0.1]]))
    run = descend(HALF, [1.0], GradientDescent(rates), steps=400)
    assert run.stop.tolist() == [Stop.CONVERGED, Stop.CONVERGED]
    assert run.steps_taken[0] == run.steps_taken[1] + 20


@pytest.mark.parametrize("period", [1, 2, 3, 7])
def test_a_start_that_turns_round_in_the_last_digit_is_at_rest(period):
    class Cycle(GradientDescent):
        def update(self, w, g, k, surface=None):
            return 1.0 + np.spacing(1.0) * ((k + 1) % period) + 0 * w, k + 1

    run = descend(HALF, [1.0], Cycle(), 1000)
    assert run.stop == Stop.STALLED
    assert 10 * period <= run.steps_taken < 12 * period


def test_a_long_cycle_in_the_last_digits_is_rest():
    class Cycle(GradientDescent):
        def update(self, w, g, k, surface=None):
            return 1 + np.spacing(1.0) * np.array([k % 13, k % 11]) + 0 * w, k + 1

    run = descend(bowl(), [1.0, 1.0], Cycle(), 5000)
    assert run.stop == Stop.STALLED
    assert run.steps_taken < 2500


def test_a_start_that_goes_to_and_fro_or_by_one_digit_a_step_is_not_at_rest():
    class Slow(GradientDescent):
        def update(self, w, g, k, surface=None):
            return w - np.spacing(1.0), k + 1

    assert descend(HALF, [1.0], Slow(), 300).stop == Stop.OUT_OF_STEPS
    wide = descend(HALF, [1.0], GradientDescent(2.0), steps=50)  # 1, -1, 1, -1, ... is no rest
    assert wide.stop == Stop.OUT_OF_STEPS


@pytest.mark.parametrize("optimizer", [GradientDescent(0.1), Adam(0.1), BFGS(), DampedNewton()])
def test_an_empty_batch_of_starts_is_an_empty_batch_of_descents(optimizer):
    run = descend(bowl(), np.zeros((2, 0)), optimizer, 5)
    assert run.points.shape == (1, 2, 0)
    assert run.stop.shape == run.evaluations.shape == (0,)
    assert str(run) == "0 starts: none"


@pytest.mark.parametrize("scale", [1e-170, 1e-30, 1e200])
@pytest.mark.parametrize("starts", [[2.5, 2.0], [[2.5, 0.0], [2.0, 0.0]]])
def test_a_multiple_of_a_surface_descends_like_the_surface(scale, starts):
    plain = descend(bowl(), starts, GradientDescent(0.1))
    scaled = descend(scale * bowl(), starts, GradientDescent(0.1 / scale))
    np.testing.assert_array_equal(scaled.stop, plain.stop)
    np.testing.assert_allclose(scaled.steps_taken, plain.steps_taken, atol=1)
    np.testing.assert_allclose(scaled.points[20], plain.points[20], rtol=1e-12)
    for optimizer in (BFGS(), LBFGS(), DampedNewton()):
        run = descend(scale * bowl(), starts, optimizer)
        assert np.all(run.stop == Stop.CONVERGED)


@pytest.mark.parametrize(("dtype", "size"), [(np.float64, 1e200), (np.float32, 1e20)])
def test_a_clipped_gradient_without_a_square_makes_steps_of_the_clipped_length(dtype, size):
    steep = Surface(lambda w: size * w[0], lambda w: size + 0 * w, dimension=1)
    start = np.full(1, 10, dtype)
    run = descend(steep, start, clipped(GradientDescent(0.1), 2.0), steps=3)
    assert run.stop == Stop.OUT_OF_STEPS
    assert run.points.dtype == dtype
    np.testing.assert_allclose(np.diff(run.points[:, 0]), -0.2, rtol=1e-5)


@pytest.mark.parametrize("starts", [[3.0], [[3.0, 0.1]]])
def test_an_evaluation_that_is_not_finite_counts(starts):
    steep = Surface(lambda w: np.exp(w[0] ** 2), dimension=1)
    run = descend(steep, starts, GradientDescent(1.0), steps=1)
    assert np.ravel(run.stop)[0] == Stop.DIVERGED
    assert np.all(run.evaluations == 2)
    assert np.all(np.isfinite(run.points))


@pytest.mark.parametrize(
    ("optimizer", "other"),
    [
        (Adam(), Momentum()),
        (Momentum(), AdaGrad()),
        (AdaGrad(), RMSProp()),
        (RMSProp(), Adam()),
        (GradientDescent(), BFGS()),
        (BFGS(), LBFGS()),
        (LBFGS(), DampedNewton()),
        (clipped(Adam(), 1.0), Momentum()),
    ],
)
def test_a_memory_of_another_optimizer_is_refused(optimizer, other):
    w = np.array([2.0, 1.0])
    with pytest.raises(TypeError, match="state must be a memory of") as error:
        descend(bowl(), w, optimizer, state=other.init(w))
    assert "\n" not in str(error.value)
    assert descend(bowl(), w, optimizer, 1, state=optimizer.init(w)).steps_taken == 1


@pytest.mark.parametrize("optimizer", [Momentum(0.01), Adam(), BFGS(), LBFGS()])
@pytest.mark.parametrize(
    ("first", "then"), [((2,), (3,)), ((2,), (2, 4)), ((2, 4), (2,)), ((2, 4), (2, 3))]
)
def test_a_memory_of_other_starts_is_refused(optimizer, first, then):
    state = descend(rosenbrock(first[0]), np.full(first, 0.5), optimizer, 2).state
    with pytest.raises(TypeError, match=r"state must be a memory of \w+ for these starts"):
        descend(rosenbrock(then[0]), np.full(then, 0.5), optimizer, state=state)


@pytest.mark.parametrize(
    ("optimizer", "steps", "words"),
    [
        (GradientDescent(0.25), 100, "converged after 30 steps at loss 1.04e-17"),
        (GradientDescent(0.01), 1, "at loss 11.3 after 1 step"),
        (GradientDescent(0.5), 100, "diverged after 15 steps"),
        (GradientDescent(0.0), 100, "stalled after 10 steps at loss 12"),
        (Interrupts(1), 100, "interrupted after 1 step at loss 11.9"),
    ],
)
def test_a_descent_in_words(optimizer, steps, words):
    run = descend(bowl(), [3.0, 1.0], optimizer, steps)
    assert str(run) == f"{run}" == words
    assert repr(run) == f"<Descent: {words}>"


def test_many_descents_in_words():
    rates = GradientDescent(np.array([0.25, 0.5, 0.01]))
    run = descend(bowl(), [3.0, 1.0], rates)
    assert str(run) == "3 starts: 1 converged, 1 diverged, 1 out of steps"
    early = descend(bowl(), [3.0, 1.0], GradientDescent(0.1), validation=bowl() * -1, patience=2)
    assert f"{early:.1f}" == "stopped early after 2 steps at loss 3.8"
