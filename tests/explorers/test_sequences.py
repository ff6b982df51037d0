"""The explorers of lesson 15: every size that is drawn is a derivative, found in a second way."""

import numpy as np
import pytest

from calclearn import explorers
from calclearn.calculus.autodiff import grad
from calclearn.descent.descend import descend
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.schedules import clipped
from calclearn.explorers.cliffs import RUNS, STEPS, descents, landscape, one_unit
from calclearn.explorers.forecasts import forecaster, free_running, rmse, simple_forecasts, trained
from calclearn.explorers.sequences import ACTIVATIONS, UNITS, sequence
from calclearn.figures.sequences import FORECASTS, LONGEST
from calclearn.networks.recurrent import step_by_step

MAKERS = [
    explorers.error_through_time,
    explorers.truncated_gradient,
    explorers.clipping_at_a_cliff,
    explorers.forecast,
]
ONE = (1.6, -0.3)


def readout():
    """What turns a state into a forecast: ∂L_t/∂h_t is the error times this."""
    rng = np.random.default_rng(0)
    for shape in ((UNITS, UNITS), (UNITS, 1)):  # the other weights come first
        rng.normal(size=shape)
    return rng.normal(size=UNITS) / np.sqrt(UNITS)


def loss_after_push(months, push, s, t):
    """L_t where the state at step s was pushed: the network, once more, in plain Python."""
    W_ih, W_hh, *_ = months.parameters
    φ = np.tanh if months.layer.nonlinearity == "tanh" else lambda a: np.maximum(a, 0)
    h, v = np.zeros(UNITS), readout()
    for k in range(t + 1):
        h = φ(W_ih[:, 0] * months.x[0, k, 0] + W_hh @ h)
        h = h + push if k == s else h
    target = v @ months.h[t] - months.errors[t] @ v / (v @ v)
    return (v @ h - target) ** 2 / 2


@pytest.fixture(scope="module")
def star():
    return explorers.error_through_time()


@pytest.fixture(scope="module")
def cliff():
    return explorers.clipping_at_a_cliff()


# Error through time
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("radius", [0.6, 1.7])
def test_the_map_shows_derivatives_by_earlier_states(star, radius, activation):
    state = star.set(steps=12, radius=radius, activation=activation).state
    months = sequence(radius, activation, 12)
    for t, s in ((11, 0), (11, 11), (7, 3)):
        by_differences = [
            (loss_after_push(months, e, s, t) - loss_after_push(months, -e, s, t)) / 2e-6
            for e in 1e-6 * np.eye(UNITS)
        ]
        assert state["sizes"][t, s] == pytest.approx(np.linalg.norm(by_differences), rel=1e-4)
    assert not np.triu(state["sizes"], 1).any(), "a loss sends nothing into the future"


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_clipping_is_shown_for_the_gradient_of_the_recurrent_weights(star, activation):
    state = star.set(steps=10, radius=1.3, activation=activation, threshold=0.1).state
    months, v = sequence(1.3, activation, 10), readout()
    W_ih, W_hh, *biases = months.parameters
    targets = months.h @ v - months.errors @ v / (v @ v)

    def loss(W_hh, t):
        h = step_by_step(months.layer, (W_ih, W_hh, *biases), months.x)
        return (h[0, t] @ v - targets[t]) ** 2 / 2

    whole = [np.linalg.norm(grad(loss)(W_hh, t)) for t in range(10)]
    assert state["to weights"] == pytest.approx(whole)
    assert state["clipping"]["clipped"][1] == pytest.approx(np.minimum(whole[1:], 0.1))
    assert whole[0] == 0
    assert f"shortens {np.sum(np.array(whole) > 0.1)} of 10" in star.caption


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("radius", [0.2, 0.9, 1.0, 2.5])
def test_no_error_grows_faster_than_by_the_radius(radius, activation):
    sizes = np.linalg.norm(sequence(radius, activation, LONGEST).adjoints(), axis=2)
    t, s = np.tril_indices(LONGEST)
    assert (sizes[t, s] <= sizes[t, t] * radius ** (t - s) * (1 + 1e-9)).all()


def test_small_radii_vanish_and_large_ones_explode(star):
    for radius, activation, factor in ((0.5, "tanh", 0.5), (0.8, "ReLU", 0.6)):
        star.set(steps=30, radius=radius, activation=activation)
        assert star.state["factor"] == pytest.approx(factor, abs=0.02)
    assert star.set(radius=2.5, activation="tanh").state["factor"] > 1.1
    assert star.set(radius=2.5, activation="ReLU").state["factor"] > 1.8
    assert star.set(radius=1.0, activation="ReLU").state["factor"] < 0.8


def test_a_loss_is_not_changed_by_what_comes_after_it(star):
    star.set(radius=1.2, activation="tanh")
    short, long = (star.set(steps=steps).state["sizes"] for steps in (9, 31))
    assert long[:9, :9] == pytest.approx(short)


# Truncation
def test_truncation_cuts_the_map_into_pieces():
    sizes = explorers.truncated_gradient().set(truncate=7, radius=0.9).state["sizes"]
    t, s = np.tril_indices(LONGEST)
    assert ((sizes[t, s] > 0) == (t // 7 == s // 7)).all()


@pytest.mark.parametrize("truncate", [None, 5])
def test_the_truncated_gradient_is_that_of_the_plain_loop(truncate):
    months, v = sequence(1.1, "tanh", 20, truncate), readout()
    targets = months.h @ v - months.errors @ v / (v @ v)

    def loss(*parameters):
        h = step_by_step(months.layer, parameters, months.x)[0]
        return np.mean((h @ v - targets) ** 2) / 2

    parts = grad(loss, (0, 1, 2, 3))(*months.parameters)
    assert months.gradient() == pytest.approx(np.concatenate([np.ravel(g) for g in parts]))


def test_the_curves_compare_with_the_gradient_that_is_not_cut():
    cut = explorers.truncated_gradient().set(truncate=40)
    lengths, cosines = (cut.state["agreement"][name][1] for name in ("length", "direction"))
    assert (lengths[-1], cosines[-1]) == pytest.approx((1, 1))
    true, other = (sequence(1.1, "tanh", LONGEST, k).gradient() for k in (None, 3))
    long, short = np.linalg.norm(true), np.linalg.norm(other)
    assert lengths[2] == pytest.approx(short / long)
    assert cosines[2] == pytest.approx(other @ true / long / short)
    assert (abs(cosines) <= 1 + 1e-12).all()


# One unit, and its cliff
@pytest.mark.parametrize("w", [(0.9, 0.5), (-1.2, 0.3), (1.3, 0.01)])
def test_the_gradient_of_one_unit_is_that_of_grad(w):
    x = np.array([0.3, -1.0, 0.7, 0.2, 1.5])
    loss = one_unit(x, 0.4)
    assert loss.gradient(w) == pytest.approx(grad(loss.function)(np.array(w)))
    assert loss(w) == pytest.approx(loss.value_and_gradient(w)[0])


def test_many_units_at_once_are_the_single_ones():
    loss, mesh = landscape(20), np.random.default_rng(0).normal(size=(2, 3, 4))
    values, gradients = loss.value_and_gradient(mesh)
    for i, j in np.ndindex(3, 4):
        assert values[i, j] == pytest.approx(loss(mesh[:, i, j]))
        assert gradients[:, i, j] == pytest.approx(loss.gradient(mesh[:, i, j]))


def test_both_runs_are_those_of_descend():
    runs = descents(30, *ONE, 1.0, 1.0)
    alone = descend(landscape(30), ONE, GradientDescent(1.0), STEPS)
    other = descend(landscape(30), ONE, clipped(GradientDescent(1.0), 1.0), STEPS)
    for run, single in zip(runs, (alone, other), strict=True):
        steps = min(len(run.values), len(single.values))
        assert run.points[:steps] == pytest.approx(single.points[:steps])
    moves = np.linalg.norm(np.diff(runs[1].points, axis=0), axis=1)
    assert moves.max() <= 1.0 + 1e-9


def test_the_cliff_gets_steeper_with_the_sequence():
    steepest = [
        np.linalg.norm(landscape(T).gradient([2.0, u]), axis=0).max()
        for T in (5, 15, 30)
        for u in [0.0]
    ]
    assert steepest[0] * 100 < steepest[1] < steepest[2] / 100


def test_clipping_saves_the_run_and_a_tiny_threshold_creeps(cliff):
    ends = cliff.set(threshold=1.0).state["ends"]
    assert ends["as it is"] > 0.05 > 1e-3 > ends["clipped"]
    crept = cliff.set(threshold=0.01).state
    assert crept["ends"]["clipped"] > 1
    assert list(crept["losses"]) == list(RUNS)
    same = cliff.set(threshold=100.0).state["ends"]
    assert same["clipped"] == pytest.approx(same["as it is"])


def test_the_start_can_be_dragged(cliff, drag):
    drag(cliff, "start", (0.5, 2.0))
    assert cliff.state["start"] == pytest.approx((0.5, 2.0), abs=0.03)
    cliff.set(w=ONE[0], u=ONE[1])


# The forecast
def test_the_forecast_shows_the_network_and_one_rule():
    network, w, rule = forecaster(), trained(0), "usual rise of each month"
    shown = explorers.forecast(network, w).set(ahead=6, rule=rule)
    found, other = free_running(network, w)[5], simple_forecasts()[rule][5]
    series = shown.state["series"]
    assert [name for name in series if len(series[name][0])] == ["network", rule]
    assert series["network"][1] == pytest.approx(found)
    assert series[rule][1] == pytest.approx(other)
    assert list(shown.state["rmse"]) == list(FORECASTS)
    assert f"{rmse(found):.2f} ppm" in shown.caption
    assert f"{100 * (1 - rmse(found) / rmse(other)):.0f} % less" in shown.caption
