"""Lesson 15: its exercises as learners answer them, and its figures."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from calclearn import grad, lessons
from calclearn.data import co2
from calclearn.data.co2 import rises, simple_forecasts
from calclearn.descent.descend import descend
from calclearn.descent.losses import mse
from calclearn.descent.optimizers import AdamW, GradientDescent
from calclearn.descent.schedules import clipped, cosine
from calclearn.figures.descents import Path
from calclearn.figures.sequences import LONGEST
from calclearn.lessons import lesson_15
from calclearn.lessons import lesson_15_tasks as tasks
from calclearn.lessons.lesson_15 import ACTIVATIONS, UNITS, landscape, sequence, truncated_gradients
from calclearn.lessons.lesson_15_tasks import forecaster, free_running, practice, rmse, trained
from calclearn.networks.recurrent import GRU, RNN, step_by_step


def last_state(w):
    h = 0.0
    for x in (4, 1, 2):
        h = w * h + x
    return h


def by_recursion(w, h, to_last):
    if len(h) == 1:
        return 0.0
    to_a = to_last * (1 - h[-1] ** 2)
    return to_a * h[-2] + by_recursion(w, h[:-1], to_a * w)


def reached(layer):
    """The number of inputs that receive a gradient, by asking the layer itself."""
    parameters = layer.init(np.random.default_rng(0), (12, 1))
    by_x = grad(lambda x: np.sum(layer(parameters, x)[:, 10]))(np.ones((1, 12, 1)))
    return int(np.sum(by_x != 0))


right = {
    "15.1": [grad(last_state)(0.5)],
    "15.2": [math.ceil(math.log(0.01, 0.9))],
    "15.3": [by_recursion],
    "15.4": [reached(RNN(8, truncate=4))],
}
readings = {  # answers that are not listed as mistakes, and words of the reply
    "15.3": [
        (lambda w, h, g: g * (1 - h[-1] ** 2) * h[-2], "last step alone"),
        (lambda w, h, g: 0, "This is 0 whatever comes back"),
    ],
}


def loss_after_push(push, months, s, t):
    """L_t where the state at step s was pushed: the network, once more, in plain Python."""
    W_ih, W_hh, *_ = months.parameters
    φ = np.tanh if months.layer.nonlinearity == "tanh" else lambda a: np.maximum(a, 0)
    h = np.zeros(UNITS)
    for k in range(t + 1):
        h = φ(W_ih[:, 0] * rises().z[k] + W_hh @ h)
        h = h + push if k == s else h
    return (months.readout @ h - rises().z[t + 1]) ** 2 / 2


def losses(months, *parameters, truncate=None):
    """L_t (T,) by the plain loop."""
    h = step_by_step(replace(months.layer, truncate=truncate), parameters, months.x)[0]
    return (h @ months.readout - rises().z[1 : len(months.h) + 1]) ** 2 / 2


# Error through time.


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("radius", [0.6, 1.7])
def test_derivatives_by_earlier_states(error_through_time, radius, activation):
    state = error_through_time.set(length=12, radius=radius, activation=activation).state
    months = sequence(radius, activation, 12)
    for t, s in ((11, 0), (11, 11), (7, 3)):
        adjoint = grad(loss_after_push)(np.zeros(UNITS), months, s, t)
        assert state["sizes"][t, s] == pytest.approx(np.linalg.norm(adjoint))
    assert not np.triu(state["sizes"], 1).any()  # a loss sends nothing into the future


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_of_the_recurrent_weights_and_clipping(error_through_time, activation):
    settings = {"length": 10, "radius": 1.3, "activation": activation, "threshold": 0.1}
    state = error_through_time.set(**settings).state
    months = sequence(1.3, activation, 10)
    by_W_hh = [grad(lambda *p, t=t: losses(months, *p)[t], 1) for t in range(10)]
    whole = np.linalg.norm([each(*months.parameters) for each in by_W_hh], axis=(1, 2))
    assert whole[0] == 0
    assert state["whole"][1] == pytest.approx(whole[1:])
    assert state["clipped"][1] == pytest.approx(np.minimum(whole[1:], 0.1))
    assert state["shortened"] == np.sum(whole > 0.1)


def test_small_radii_vanish_and_large_ones_explode(error_through_time):
    for activation, radius, least, most in (
        ("tanh", 0.5, 0.48, 0.52), ("tanh", 2.5, 1.1, 2.5), ("ReLU", 0.8, 0.58, 0.62),
        ("ReLU", 1.0, 0.6, 0.8), ("ReLU", 2.5, 1.8, 2.5),
    ):  # fmt: skip
        state = error_through_time.set(length=30, radius=radius, activation=activation).state
        assert least < state["factor"] < most


# Truncation.


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("truncate", [1, 5, LONGEST])
def test_truncated_gradient_is_that_of_the_plain_loop(truncate, activation):
    months = sequence(1.1, activation, LONGEST)

    def loss(*parameters):
        return np.mean(losses(months, *parameters, truncate=truncate))

    W_ih, W_hh, b_ih, b_hh = grad(loss, (0, 1, 2, 3))(*months.parameters)
    whole = np.column_stack([W_ih, W_hh, b_ih, b_hh]).ravel()
    assert truncated_gradients(1.1, activation)[truncate - 1] == pytest.approx(whole)


# The cliff.


def test_both_runs_and_thresholds(clipping_at_a_cliff):
    cliff = clipping_at_a_cliff
    state = cliff.set(threshold=1.0, step=40).state
    optimizers = {"whole": GradientDescent(1.0), "clipped": clipped(GradientDescent(1.0), 1.0)}
    for name, optimizer in optimizers.items():
        alone = descend(landscape(30), (1.6, -0.3), optimizer, lesson_15.STEPS).points
        assert state[name].points[: len(alone)] == pytest.approx(alone)
    whole, at_1 = state["whole"].value, state["clipped"].value
    at_100, low = (cliff.set(threshold=at).state["clipped"].value for at in (100.0, 0.01))
    assert whole == pytest.approx(at_100)
    assert low > 1 > whole > 0.05 > 1e-3 > at_1


def test_runs_at_a_step_and_the_ball_that_leaves_map_and_bowl(clipping_at_a_cliff):
    cliff, drawings = clipping_at_a_cliff, clipping_at_a_cliff._drawings
    (norms,) = (one.drawing for one in drawings if "norms" in one.parameters)
    paths = [one.drawing for one in drawings if isinstance(one.drawing, Path)]
    for step, gone in ((2, False), (3, True), (40, True)):
        cliff.set(step=step).still()
        assert f"its loss is {cliff.state['whole'].values[step]:.3f}" in cliff.caption
        assert norms.lines["clipped"].get_xdata().tolist() == [*range(step + 1)]
        thrown = [len(np.ravel(path.arrow.get_xdata())) for path in paths]
        assert thrown == [gone, False] * 2  # whole and clipped, on the map and on the bowl


# The task that needs memory.


def test_sequences_to_recall():
    x, first = tasks.symbols(4000, 6, seed=3)
    drawn, mark = x[..., :4], x[..., 4]
    assert (drawn.sum(axis=2) == 1).all()
    assert (drawn[:, 0].argmax(axis=1) == first).all()
    assert (mark == np.eye(7)[0]).all()
    assert drawn.mean(axis=0) == pytest.approx(1 / 4, abs=0.03)


def test_gate_from_the_states_alone():
    layer, rng = GRU(3), np.random.default_rng(2)
    W_ih, W_hh, b_ih, b_hh = layer.init(rng, (5, 2))
    b_ih = b_ih + np.repeat([0, 0, 60], 3)  # what is proposed is 1, so h_t = z h_{t-1} + 1 - z
    parameters, x = (W_ih, W_hh, b_ih, b_hh), rng.normal(size=(4, 5, 2))
    h = layer(parameters, x)
    before = np.concatenate([np.zeros((4, 1, 3)), h[:, :-1]], axis=1)
    assert tasks.gate(parameters, x, h) == pytest.approx((1 - h) / (1 - before))


@pytest.fixture(scope="module")
def recalls():
    """Trainings by network and wait, asked for as the figure does, so that each is one training."""
    pairs = product(tasks.MEMORIES, (3, 10, 40))
    return {(name, wait): practice(name, wait, 0.97) for name, wait in pairs}


def test_who_recalls(recalls):
    shares = {key: run.shares[-1] for key, run in recalls.items()}
    assert min(shares["GRU", wait] for wait in (10, 40)) > 0.97
    assert shares["truncated RNN", 10] < 0.7 < 0.9 < shares["plain RNN", 10]
    for name in ("plain RNN", "truncated RNN"):
        assert shares[name, 40] < 0.4 < 0.97 < shares[name, 3]
    far = {name: recalls[name, 40].arriving[-1] for name in tasks.MEMORIES}
    assert not far["truncated RNN"][:35].any()
    assert far["plain RNN"][0] < 1e-2 < 0.1 < far["GRU"][0]


def test_gates_that_begin_half_open_forget(recalls):
    run = practice("GRU", 20, 0.5)
    assert run.gates[0].mean() == pytest.approx(0.5, abs=0.05)
    assert run.shares[-1] < 0.4
    assert run.arriving[0, 0] < 1e-2
    first, *_, last = recalls["GRU", 40].gates
    assert first.mean() == pytest.approx(0.97, abs=0.05)
    assert last[:, 0].min() < 0.4 < 0.7 < last[:, 1:].mean()


def test_memory_at_a_step(recalls, monkeypatch):
    monkeypatch.setattr(tasks, "WAITS", (3, 10, 40))  # those that are trained already
    figure, run = lessons.task_that_needs_memory().set(wait=10, step=50), recalls["plain RNN", 10]
    assert figure.state["shares"]["plain RNN"] == run.shares[5]
    assert np.array_equal(figure.state["arriving"]["plain RNN"], run.arriving[5])
    assert figure.state["gates"][:, 11:].sum() == 0
    assert f"plain RNN {run.shares[5]:.0%}".replace("%", " %") in figure.caption


# The forecast.


def test_free_running_reads_its_own_forecasts():
    network, data, air = forecaster(), rises(), co2()
    held_out, w = np.flatnonzero(air.held_out), network.init(3)
    forecasts = free_running(network, w)
    assert forecasts.shape == (tasks.AHEAD, len(held_out))
    for h, i in ((1, 0), (5, 0), (12, 50), (12, 95), (1, 95)):
        month = held_out[i]
        series, level = list(data.z[: month - h]), air.co2[month - h]  # all that is known then
        for _ in range(h):
            z = network(w, np.array(series[-tasks.PAST :])[None, :, None])[0, 0]
            series.append(z)
            level += data.mean + data.deviation * z
        assert forecasts[h - 1, i] == pytest.approx(level)


def test_rounding_is_not_amplified():
    network, data, run = forecaster(), rises(), trained(0)
    noise = 1e-7 * np.random.default_rng(1).normal(size=network.dimension)
    loss = network.loss(data.x[~data.held_out], data.y[~data.held_out], mse, tasks.BATCH)
    optimizer = AdamW(cosine(0.01, tasks.TRAINING), weight_decay=0.3)
    steps = int(run.steps[10])
    other = descend(loss, network.init(0) * (1 + noise), optimizer, steps, every=steps).point
    exact = rmse(free_running(network, run.points[10]))
    assert rmse(free_running(network, other)) == pytest.approx(exact, abs=1e-5)


def test_forecast_of_the_network_during_the_training_and_one_rule():
    network, run, rule = forecaster(), trained(0), "usual rise of each month"
    figure = lessons.forecast(network, run).set(ahead=6, rule=rule, step=300)
    forecasts = free_running(network, run.points[run.steps.tolist().index(300)])
    mine, other = forecasts[5], simple_forecasts()[rule][5]
    shown = {name: ppm for name, (_, ppm) in figure.state["ppm"].items()}
    assert {*shown} == {"network", rule}
    assert shown["network"] == pytest.approx(mine)
    assert shown[rule] == pytest.approx(other)
    assert figure.state["errors"]["network"] == pytest.approx(rmse(forecasts))
    share = round(100 * (rmse(mine) / rmse(other) - 1))
    compared = f"{abs(share)} % {'larger' if share > 0 else 'smaller'}"
    for words in ("After 300 steps", f"{rmse(mine):.2f} ppm", compared):
        assert words in figure.caption


def test_error_wanders_until_the_rate_falls():
    points = trained(0).points
    late, early = (
        [rmse(free_running(forecaster(), w))[11] for w in part]
        for part in (points[-5:], points[15:66:2])
    )
    assert np.ptp(late) < 0.1 < 0.3 < np.ptp(early)
    assert 0.6 < min(early) < max(early) < 1.5
