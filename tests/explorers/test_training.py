"""A training under a live view is `descend`, can be ended at any moment, and loses nothing."""

import itertools
import re
import sys
import threading
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import bowl
from calclearn.descent.optimizers import Adam, GradientDescent, Momentum
from calclearn.descent.schedules import clipped, cosine
from calclearn.descent.surfaces import Surface, shaken
from calclearn.explorers import choice, log_slider
from calclearn.explorers.live_training import training
from calclearn.explorers.progress import Progress, described

from .conftest import REQUEST, tell

START, STEPS, EVERY, SEED = np.array([2.0, 1.0]), 120, 7, 3
NOISY, ADAM = shaken(bowl(), 0.5), Adam(0.05)
PARTS = ("steps", "points", "values", "gradients", "validation", "steps_taken")
PLACES = ("loss", "score", "picture")


def share(w):
    return 100 * np.exp(-(w @ w))


def watched(**others):
    """A training with everything that there is to watch."""
    given = {"held_out": bowl(), "score": share, "score_label": "% of the way", "unit": "m²"}
    return training(NOISY, START, ADAM, STEPS, every=EVERY, rng=SEED, **(given | others))


def at_call(count, do, then=share):
    """A function of weights that does something, or raises it, at its `count`-th call."""
    calls = itertools.count(1)

    def called(*arguments, **named):
        if next(calls) == count:
            if isinstance(do, BaseException):
                raise do
            do()
        return then(*arguments, **named)

    return called


@pytest.fixture
def eager(monkeypatch):
    """Reports come after a dozen steps or so: for descend, each look at the clock takes 20 ms."""
    clock = SimpleNamespace(perf_counter=itertools.count(0, 0.02).__next__)
    monkeypatch.setattr(sys.modules["calclearn.descent.descend"], "time", clock)


@pytest.fixture
def view():
    return watched()


@pytest.fixture
def shown(monkeypatch):
    """Every caption that is sent to the browser unasked, with whether it rests there."""
    from calclearn.explorers.live import LiveFigure

    sent, show = [], LiveFigure.show

    def listening(figure, caption, *, rest):
        sent.append((caption, rest))
        show(figure, caption, rest=rest)

    monkeypatch.setattr(LiveFigure, "show", listening)
    return sent


# It is descend.


def test_a_training_is_descend_to_the_last_digit(view):
    run = view.train()
    direct = descend(NOISY, START, ADAM, STEPS, every=EVERY, rng=SEED, validation=bowl())
    for part in PARTS:
        assert np.array_equal(getattr(run, part), getattr(direct, part)), part
    assert view.run is run
    assert np.array_equal(view.point, run.point)
    assert not run.interrupted
    # The figure shows what was recorded, and the caption the last of it.
    scores = [share(w) for w in run.points]
    curves = {"mini-batch loss": run.values, "held-out loss": run.validation}
    for name, values in (curves | {"% of the way": scores}).items():
        x, y = view.progress.curves[name]
        assert np.array_equal(x, run.steps)
        assert y == pytest.approx(values)
    loss, held_out = (f"{curve[-1]:.3g} m²".replace("-", "−") for curve in curves.values())
    assert view.caption == (
        f"Trained to step 120: mini-batch loss {loss}, held-out loss {held_out}, "
        f"{scores[-1]:.3g} % of the way. Train goes on from here to step 240: "
        f"Adam, learning rate 0.05."
    )


def test_without_more_to_measure_it_is_the_loss_alone():
    view = training(bowl(), START, GradientDescent(0.1), 20)
    assert view.caption == (
        "Not trained yet: loss 7. Train takes 20 steps of GradientDescent, learning rate 0.1."
    )
    assert view.train().steps.tolist() == list(range(21))
    assert list(view.progress.curves) == ["loss"]
    run = training(NOISY, START, ADAM, 600).train()
    assert run.steps.tolist() == list(range(0, 601, 6))
    assert np.array_equal(run.point, descend(NOISY, START, ADAM, 600, rng=0).point)


def test_each_step_is_scored_once_however_often_it_is_reported(eager):
    asked = []
    run = Progress(bowl(), START, STEPS, score=lambda w: asked.append(tuple(w)) or 0.0, every=EVERY)
    run.go_on(ADAM, lambda: False)
    assert asked[0] == asked[1] == tuple(START)  # before the run, and of it
    assert len({*asked}) == len(asked) - 1


@pytest.mark.parametrize(
    ("since", "step", "seconds", "left"),
    [(0, 25, 10.0, "30 s"), (20, 25, 2.0, "30 s"), (20, 25, 200.0, "50 min"), (0, 99, 0.1, "1 s")],
)
def test_the_time_left_follows_from_the_steps_of_this_run(since, step, seconds, left):
    run = Progress(bowl(), START, 100)
    assert "left" not in run.under_way(), "before the first step nobody knows"
    run.since, run.step, run.seconds = since, step, seconds
    assert run.under_way().startswith(f"Step {step} of 100")
    assert run.under_way().endswith(f"; {left} left.")
    assert ("going on from step" in run.under_way()) == bool(since)


def test_the_picture_changes_at_every_report_and_rests_at_the_end(eager, shown, view):
    shown.clear()
    view.train()
    captions, rests = zip(*shown, strict=True)
    assert rests == (False,) * (len(rests) - 1) + (True,)
    assert len(set(captions)) >= 4
    assert captions[0].startswith("Step 0 of 120: mini-batch loss 7 m², held-out loss 7 m², ")
    assert all(caption.endswith(" s left.") for caption in captions[1:-1])
    figure = view._figure
    assert (figure.caption, figure.busy) == (view.caption, False)
    assert figure.png == view.still()
    assert "left" not in view.caption


@pytest.mark.parametrize(
    ("rate", "stop", "words"),
    [
        (0.1, Stop.CONVERGED, "The gradient vanishes: at rest since step 89 of 400: loss .*"),
        (1.1, Stop.DIVERGED, "Diverged at step .*Start again, with a smaller learning rate."),
    ],
)
def test_each_end_has_its_own_words(rate, stop, words):
    view = training(bowl(), START, GradientDescent(rate), 400)
    assert view.train().stop == stop
    assert re.fullmatch(words, view.caption)


# It can be ended, and goes on.


def test_a_stop_keeps_usable_weights_and_train_goes_on_from_them(eager, shown):
    view = watched(score=at_call(8, lambda: view.stop()))
    run = view.train()
    taken = int(run.steps_taken)
    assert run.interrupted
    assert 0 < taken < STEPS
    assert np.array_equal(view.point, descend(NOISY, START, ADAM, taken, rng=SEED).point)
    assert view.caption.startswith(f"Stopped at step {taken} of 120: ")

    shown.clear()
    more = view.train()
    assert shown[0][0].startswith(f"Step {taken} of 120, going on from step {taken}: ")
    assert np.array_equal(more.points[0], run.point)
    assert more.steps_taken == STEPS - taken
    again = descend(NOISY, run.point, ADAM, STEPS - taken, rng=SEED)
    assert more.values[1] != again.values[1], "the first mini-batches came a second time"
    curve = [*run.steps, *(taken + more.steps)], [*run.values, *more.values]
    assert np.array_equal(view.progress.curves["mini-batch loss"], curve)
    assert view.caption.startswith("Trained to step 120: ")
    view.train()
    assert view.caption.startswith("Trained to step 240: "), "after the end, as many again"


def test_a_training_that_was_stopped_goes_on_with_the_optimizers_memory(eager):
    optimizer = Momentum(cosine(0.01, STEPS), 0.9)
    view = training(bowl(), START, optimizer, STEPS, score=at_call(8, lambda: view.stop()))
    assert 0 < view.train().steps_taken < STEPS
    view.train()
    undisturbed = descend(bowl(), START, optimizer, STEPS)
    assert np.array_equal(view.point, undisturbed.point)
    anew = descend(bowl(), undisturbed.point, optimizer, STEPS)
    view.train()
    assert np.array_equal(view.point, anew.point), "a new stretch, and a new schedule"


def test_another_optimizer_begins_without_the_memory_of_the_first(eager):
    """Even where Stop is pressed twice: the second training has ended before its first step."""
    progress, other = Progress(bowl(), START, STEPS), Momentum(0.01)
    progress.go_on(Adam(0.01), watch=lambda: progress.step > 0)
    taken, point = progress.step, progress.point
    progress.go_on(other, watch=lambda: True)
    assert 0 < progress.step == taken < STEPS
    progress.go_on(other, watch=lambda: False)
    assert np.array_equal(progress.point, descend(bowl(), point, other, STEPS - taken).point)


def test_start_again_repeats_the_training_and_keeps_the_last_run(view):
    first, picture = view.train(), view.still()
    last = view.train()
    view.start_again()
    assert np.array_equal(view.point, START)
    assert view.run is last
    assert view.caption.startswith("Not trained yet: mini-batch loss 7 m², held-out loss 7 m², ")
    assert np.array_equal(view.train().points, first.points)
    assert view.still() == picture


@pytest.mark.parametrize(
    ("where", "error", "caption"),
    [
        *((where, KeyboardInterrupt(), "Stopped at step {} of 120: loss ") for where in PLACES),
        *((where, ValueError("no such\n digit"), "no such digit") for where in PLACES[:2]),
    ],
)
def test_what_ends_a_training_leaves_what_ran(eager, where, error, caption):
    loss = Surface(bowl().function, at_call(40, error, then=bowl().gradient), dimension=2)
    view = training(
        loss if where == "loss" else bowl(), START, GradientDescent(1e-3), STEPS,
        score=at_call(8, error) if where == "score" else share, every=1,
    )  # fmt: skip
    if where == "picture":
        update = view.drawings[0].update
        view.drawings[0].update = at_call(4, error, then=update)
    before = view.still()
    with pytest.raises(ValueError, match="no such") if "no" in caption else nullcontext():
        view.train()
    taken = int(view.run.steps_taken)
    assert 0 < taken < STEPS, "what had been reported is lost"
    assert np.array_equal(view.point, view.run.point)
    assert view.caption.startswith(caption.format(taken))
    assert view.still() != before
    assert view.train().steps_taken == STEPS - taken
    assert view.error is None
    assert view.caption.startswith("Trained to step 120: ")


# Its buttons and controls, and others who paint.


def test_each_button_can_be_pressed_in_its_time():
    seen = []
    view = watched(score=at_call(3, lambda: seen.append((view._figure.stop, stop.disabled))))
    train, stop, again = view._explorer.widget.children[1].children
    stop.value = True  # too late, or too early
    assert (stop.value, stop.disabled) == (False, True)
    train.click()
    assert view.progress.step == STEPS
    assert seen == [(stop, False)]
    assert (view._figure.stop, view._figure.busy, stop.disabled) == (None, False, True)
    again.click()
    assert view.caption.startswith("Not trained yet")


def test_an_exception_under_the_train_button_is_a_sentence(eager):
    view = training(bowl(), START, ADAM, 99, score=at_call(9, ValueError("no digit")))
    view._train.click()
    assert (view._figure.caption, str(view.error)) == ("no digit", "no digit")


def test_controls_make_the_optimizer_and_rest_while_it_trains():
    names, held = {"Adam": Adam, "descent": GradientDescent}, []
    view = training(
        bowl(), START, lambda learning_rate, rule: names[rule](learning_rate), 30,
        score=at_call(3, lambda: held.append([c.disabled for c in view.controls.values()])),
        learning_rate=log_slider(0.01, 1e-3, 1), rule=choice(list(names)),
    )  # fmt: skip
    assert view.caption.endswith("30 steps of Adam, learning rate 0.01.")
    view.set(learning_rate=0.1, rule="descent")
    assert view.caption.endswith("30 steps of GradientDescent, learning rate 0.1.")
    direct = descend(bowl(), START, GradientDescent(0.1), 30)
    assert np.array_equal(view.train().point, direct.point)
    assert held == [[True, True]]
    assert [control.disabled for control in view.controls.values()] == [False, False]


def test_requests_are_answered_while_a_cell_trains(eager, view):
    other = watched()
    thread = threading.Thread(target=view.train)
    thread.start()
    for number in range(1, 13):
        reply, _ = tell(view._figure, REQUEST | {"number": number, "rest": number % 3 == 0})
        assert reply["number"] == number
        assert view.still()
        assert other.still()
    thread.join()
    other.train()
    assert view.still() == other.still()


# What it refuses.


# fmt: off
BAD = [
    *(({name: 3}, TypeError, f"{name} must be a function of weights, got 3")
      for name in ("loss", "held_out", "score")),
    ({"start": np.ones((2, 5))}, ValueError, r"start must be one point, .* got shape \(2, 5\)"),
    ({"start": [1.0, np.nan]}, ValueError, "start must be finite, got nan"),
    ({"start": [1.0]}, ValueError, r"start must have shape \(2,\)"),
    *(({name: 0}, ValueError, f"{name} must be a whole number of at least 1, got 0")
      for name in ("steps", "every")),
    ({"optimizer": Adam}, TypeError, "optimizer must have init and update"),
    ({"optimizer": Adam(np.array([0.1, 0.2]))}, ValueError, "one start and one learning rate"),
    ({"rate": log_slider(1, 0.1, 9)}, TypeError, "optimizer must be a function of rate, got Ad"),
    ({"score": lambda w: w}, ValueError, r"the score must be one number, got shape \(2,\)"),
    ({"loss": bowl() * np.ones(3)}, ValueError, r"the loss must be one number, got shape \(3,\)"),
]
# fmt: on


@pytest.mark.parametrize(("change", "error", "sentence"), BAD)
def test_bad_arguments_are_named(change, error, sentence):
    given = {"loss": bowl(), "start": START, "optimizer": ADAM, "steps": 9} | change
    with pytest.raises(error, match=sentence):
        training(**given).train()


@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        (Adam(cosine(0.01, 100)), "Adam, learning rate 0.01 at first"),
        (clipped(Adam(), 2.0), "Clipped, optimizer (Adam, learning rate 0.001), max norm 2"),
        (object(), "object"),
    ],
)
def test_an_optimizer_is_described_in_words(optimizer, words):
    assert described(optimizer) == words
