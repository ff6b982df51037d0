"""Early stopping, watching, and stopping by hand at any moment."""

import sys
import time

import numpy as np
import pytest

from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import bowl, himmelblau
from calclearn.descent.losses import l2, line_loss, mse
from calclearn.descent.optimizers import Adam, GradientDescent
from calclearn.descent.second_order import BFGS
from calclearn.descent.surfaces import Surface

HELD_OUT = Surface(  # its minimum lies beside the way from (3, 1) down the bowl
    lambda w: (w[0] - 1) ** 2 + (w[1] - 0.4) ** 2, dimension=2
)
SLOW, START = GradientDescent(0.01), [3.0, 1.0]


@pytest.mark.parametrize("every", [1, 3, 40])
@pytest.mark.parametrize("patience", [1, 4])
def test_a_start_ends_early_when_patience_does_and_keeps_its_best(every, patience):
    full = descend(bowl(), START, SLOW, steps=300, tolerance=0)
    recorded = np.arange(0, 301, every)
    best = np.argmin(HELD_OUT(full.points[recorded].T))  # the losses fall to it, then rise
    run = descend(bowl(), START, SLOW, 300, every=every, validation=HELD_OUT, patience=patience)
    assert run.stop == Stop.EARLY
    assert (run.steps_taken, run.best_step) == (recorded[best + patience], recorded[best])
    np.testing.assert_array_equal(run.steps, recorded[: best + patience + 1])
    np.testing.assert_array_equal(run.points, full.points[run.steps])
    np.testing.assert_array_equal(run.best_point, full.points[run.best_step])
    np.testing.assert_allclose(run.validation, HELD_OUT(run.points.T))
    assert run.evaluations == run.steps_taken + 1
    assert not run.interrupted


def test_without_patience_the_descent_goes_on_and_the_best_point_is_known():
    for steps, best in ((100, 60), (25, 25)):
        run = descend(bowl(), START, SLOW, steps, every=30, validation=HELD_OUT)
        assert (run.stop, run.steps_taken) == (Stop.OUT_OF_STEPS, steps)
        assert run.best_step == run.steps[np.argmin(run.validation)] == best
    with pytest.raises(AttributeError, match="only a descent with a validation surface has a best"):
        descend(bowl(), START, SLOW).best_point  # noqa: B018


def test_the_first_of_two_ends_is_the_end():
    late, soon, lost = (
        descend(bowl(), START, GradientDescent(rate), validation=HELD_OUT, patience=patience)
        for rate, patience in ((0.25, 60), (0.25, 9), (0.5, 50))
    )
    assert (late.stop, late.steps_taken) == (Stop.CONVERGED, 30)
    assert (soon.stop, soon.steps_taken < 30) == (Stop.EARLY, True)
    assert lost.stop == Stop.DIVERGED
    assert np.all(np.isfinite([lost.point, lost.best_point]))


def test_a_loss_that_is_no_number_or_as_low_as_before_is_not_the_best():
    holes = Surface(lambda w: np.where(w[0] > 2, np.nan, (w[0] - 1) ** 2), lambda w: w, dimension=2)
    run = descend(bowl(), START, SLOW, steps=300, validation=holes, patience=40)
    assert np.isnan(run.validation[0])
    assert run.stop == Stop.EARLY
    assert run.point[0] < run.best_point[0] == pytest.approx(1, abs=0.02)
    calls = []
    level = Surface(lambda w: calls.append(w) or 0 * w[0], dimension=2)
    run = descend(bowl(), START, SLOW, steps=300, validation=level, patience=5)
    assert (run.stop, run.steps_taken, run.best_step) == (Stop.EARLY, 5, 0)
    assert len(calls) == len(run.steps), "no loss is computed after the end"


def test_mini_batches_are_validated_on_the_whole_surface():
    x = np.linspace(-1, 1, 40)
    noisy = line_loss(x, 2 * x + np.sin(9 * x), mse, batch_size=4)
    run = descend(noisy, [0.0, 0.0], Adam(0.1), 400, every=10, validation=noisy, patience=5)
    assert run.stop == Stop.EARLY
    np.testing.assert_allclose(run.validation, noisy(run.points.T))
    assert noisy(run.best_point) == run.validation.min()


def test_watch_gets_the_descent_four_times_a_second_and_at_the_end(monkeypatch):
    seconds = iter(np.arange(0, 1000, 0.01))
    monkeypatch.setattr(time, "perf_counter", lambda: next(seconds))
    runs = []
    run = descend(bowl(), START, SLOW, 200, every=7, validation=HELD_OUT, watch=runs.append)
    assert 5 <= len(runs) <= 200 * 0.01 / 0.25 + 2
    assert runs[-1] is run
    steps = [int(part.steps_taken) for part in runs]
    assert steps == sorted(set(steps))
    assert all(10 <= ticks <= 60 for ticks in np.diff(steps[:-1]))
    for part in runs[:-1]:
        assert part.stop == Stop.OUT_OF_STEPS
        assert part.steps[-1] == part.steps_taken
        assert len(part.steps) == len(part.points) == len(part.values) == len(part.validation)
        np.testing.assert_array_equal(part.points[:-1], run.points[: len(part.points) - 1])


def test_a_short_run_is_watched_once_and_a_true_answer_ends_a_long_one(monkeypatch):
    runs, seconds = [], iter(np.arange(0, 1000, 0.01))
    descend(bowl(), START, SLOW, 5, watch=runs.append)
    assert len(runs) == 1
    monkeypatch.setattr(time, "perf_counter", lambda: next(seconds))
    run = descend(bowl(), START, SLOW, 1000, watch=lambda run: run.steps_taken > 40)
    assert run.interrupted
    assert 40 < run.steps_taken == len(run.points) - 1 < 100
    assert str(run) == f"interrupted after {run.steps_taken} steps at loss {run.value:.3g}"


def test_a_slow_watch_leaves_time_to_run(monkeypatch):
    now = [0.0]

    def tick():
        now[0] += 0.01
        return now[0]

    def watch(run):
        now[0] += 1.0

    monkeypatch.setattr(time, "perf_counter", tick)
    descend(bowl(), START, SLOW, 1000, tolerance=0, watch=watch)
    assert now[0] < 1000 * 0.01 * 1.5 + 2


class InterruptedAt:
    """A trace that presses the stop button before the n-th line that the room executes."""

    def __init__(self, n):
        self.n, self.pressed = n, False

    def __call__(self, frame, event, argument):
        return self.line if "descent" in frame.f_code.co_filename else None

    def line(self, frame, event, argument):
        self.n -= event == "line"
        if self.n == 0:
            self.pressed = True
            raise KeyboardInterrupt
        return self.line


@pytest.mark.parametrize("optimizer", [Adam(0.05), BFGS()])
def test_an_interrupt_at_any_line_returns_what_ran_and_can_be_continued(optimizer):
    settings = {"tolerance": 0, "validation": himmelblau() + l2(), "watch": lambda run: None}

    def run(start=(0.5, -1.0), steps=10, **more):
        return descend(himmelblau(), start, optimizer, steps, **settings, **more)

    full, returned, n, kept = run(), [], 1, sys.gettrace()
    while True:
        stop_button = InterruptedAt(n)
        sys.settrace(stop_button)
        try:
            part = run(every=4)
        except KeyboardInterrupt:
            part = None
        finally:
            sys.settrace(kept)
        if not stop_button.pressed:
            break
        returned.append(part)
        n += 7
    begun = [part is not None for part in returned].index(True)
    assert len(returned) > 50
    returned = returned[begun:-1]  # the last button may have been pressed on the way out
    for part in returned:
        taken = int(part.steps_taken)
        assert part.interrupted
        assert part.steps.tolist() == [*range(0, taken, 4), taken]
        assert len(part.steps) == len(part.points) == len(part.values) == len(part.validation)
        np.testing.assert_array_equal(part.points, full.points[part.steps])
    for part in returned[::9]:
        rest = run(part.point, 10 - int(part.steps_taken), state=part.state)
        np.testing.assert_array_equal(rest.points, full.points[part.steps_taken :])
    assert max(part.steps_taken for part in returned) == 10
