"""Lesson 16: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn.data import penguins
from calclearn.descent.descend import descend
from calclearn.descent.losses import l1, l2, mse, polynomial_loss
from calclearn.descent.optimizers import GradientDescent, ProximalGradient
from calclearn.descent.surfaces import Surface
from calclearn.explorers.controls import put

X = (penguins().flipper_length - 201.5) / 29.5
Y = penguins().bill_depth - 17

hill = Surface(lambda w: 0.3 * (w[0] - 5) ** 2 + 0.1 * w[0] ** 2)
by_descent = descend(hill, (0.0,), GradientDescent(1.0)).point[0]


def by_proximal_steps(a, l1, l2):
    net = Surface(lambda w: 0.5 * (w[0] - a) ** 2 + l2 * w[0] ** 2)
    return descend(net, (0.0,), ProximalGradient(0.3, l1), 200).point[0]


def by_normal_equations(design, y, strength):
    penalty = strength * np.eye(design.shape[1])
    penalty[0, 0] = 0  # the intercept is spared
    return np.linalg.solve(design.T @ design / len(y) + penalty, design.T @ y / len(y))


def validation_loss(strength):
    train, validation, _ = np.split(np.random.default_rng(9).permutation(342), [20, 120])
    design = np.vander(X, 7, increasing=True)
    w = by_normal_equations(design[train], Y[train], strength)
    return np.mean((design[validation] @ w - Y[validation]) ** 2)


chosen = min(10.0 ** np.arange(-5, 0.1, 0.5), key=validation_loss)

right = {
    "16.1": [by_descent],
    "16.2": [by_proximal_steps],
    "16.3": [chosen],
    "16.4": ["c"],
}


def parts(sample):
    return np.split(np.random.default_rng(sample).permutation(342), [20])


@pytest.mark.parametrize(("degree", "sample"), [(0, 9), (3, 4), (8, 0)])
def test_losses_on_the_birds_of_the_fit_and_on_the_others(lower_is_worse, degree, sample):
    state = lower_is_worse.set(degree=degree, sample=sample, strength=1e-4).state
    design, (fitted, others) = np.vander(X, degree + 1, increasing=True), parts(sample)
    weights = by_normal_equations(design[fitted], Y[fitted], 1e-4)
    assert state["weights"] == pytest.approx(weights, rel=1e-6)
    for loss, shown, birds in (("train", "fitted", fitted), ("test", "held_out", others)):
        exact = np.mean((design[birds] @ weights - Y[birds]) ** 2)
        assert state[loss][degree] == pytest.approx(exact, rel=1e-6)
        assert {*state[shown][1]} == {*(Y[birds] + 17)}


def test_the_training_loss_falls_with_the_degree_and_the_other_turns(lower_is_worse):
    state = lower_is_worse.set(sample=9, strength=1e-3).state  # a good penalty
    assert np.all(np.diff(state["free_train"]) < 1e-12)
    assert state["free_test"][-1] > 100 * state["free_test"].min()
    assert state["test"][10] < state["free_test"].min()


def test_l1_weights_at_zero_are_rings(lower_is_worse):
    state = lower_is_worse.set(penalty="L1", strength=1e-2, degree=10).state
    weights, (rings, heights) = state["weights"], state["zeros"]
    assert rings.tolist() == np.flatnonzero(weights == 0).tolist()
    assert len(rings) > 3
    assert not heights.any()
    assert f"{len(rings)} of 11 are exactly 0" in lower_is_worse.caption
    birds = parts(9)[0]
    pull = polynomial_loss(X[birds], Y[birds], 10, mse).gradient(weights)
    assert np.abs(pull).max() <= 1e-2 * (1 + 1e-6)
    assert pull[0] == pytest.approx(0, abs=1e-9)


def test_the_strongest_penalty_leaves_the_mean_and_the_weakest_stays_on_the_axes(lower_is_worse):
    figure, mean = lower_is_worse, Y[parts(9)[0]].mean()
    low, high = figure._drawings[4].drawing.ax.get_ylim()
    for penalty in ("L2", "L1"):
        state = figure.set(penalty=penalty, strength=10.0, degree=10, sample=9).state
        assert state["weights"] == pytest.approx([mean] + 10 * [0], abs=0.06)
        assert state["best"] == 0 or penalty == "L2"  # the lowest of equal degrees
        stems = figure.set(sample=18, degree=11, strength=1e-8).state["stems"]
        assert ((low <= stems) & (stems <= high)).all()


# Far beyond degree 11.


@pytest.mark.parametrize(("degree", "sample"), [(3, 9), (9, 0), (30, 9), (120, 4)])
def test_the_smallest_weights_of_the_best_are_the_limit_of_ridges(double_descent, degree, sample):
    state, (fitted, others) = double_descent.set(degree=degree, sample=sample).state, parts(sample)
    design = np.polynomial.legendre.legvander(X, degree)
    rows = design[fitted]
    limit = rows.T @ np.linalg.solve(rows @ rows.T + 1e-9 * np.eye(20), Y[fitted])
    weights = state["weights"][degree]
    assert len(weights) == degree + 1
    assert weights == pytest.approx(limit, abs=1e-3 * np.abs(weights).max())
    assert state["size"] == pytest.approx(np.linalg.norm(weights))
    for name, birds in (("train", fitted), ("test", others)):
        loss = np.mean((design[birds] @ weights - Y[birds]) ** 2)
        assert state[name][degree] == pytest.approx(loss, rel=1e-6)


def test_the_peak_is_where_no_loss_is_left_but_that_of_equal_flippers(double_descent):
    second_is_lower = {9: True, 0: False, 1: False, 5: True}
    for sample, expected in second_is_lower.items():
        state, birds = double_descent.set(sample=sample).state, parts(sample)[0]
        test, (first, second), enough = state["test"], state["lowest"], state["enough"]
        apart = [Y[birds][X[birds] == x] for x in np.unique(X[birds])]
        least = sum(np.sum((y - y.mean()) ** 2) for y in apart) / 20
        assert state["lengths"] == len(apart)
        assert np.all(np.diff(state["train"]) < 1e-9)
        assert state["train"][len(apart) - 1 :] == pytest.approx(least, rel=1e-5)
        # where the curve first comes nearest, weights and the other loss are largest
        assert test.argmax() == enough == np.argmax([np.linalg.norm(w) for w in state["weights"]])
        assert test.max() > 1e8
        assert 1.5 < test[100] < 5
        assert (test[enough + 1 + second] < test[first]) == expected


@pytest.mark.parametrize("penalty", ["L1", "L2"])
@pytest.mark.parametrize("mass_depth", [(1.08, -0.31), (-1.2, 1.2), (0.0, -1.0)])
@pytest.mark.parametrize("strength", [0.05, 1.0])
def test_the_ring_touches_the_region(penalty_meets_bowl, penalty, mass_depth, strength):
    bottom = dict(zip(("mass", "depth"), mass_depth, strict=True))
    state = penalty_meets_bowl.set(penalty=penalty, strength=strength, **bottom).state
    surface, weights = state["surface"], state["weights"]
    assert surface.minima[0] == pytest.approx(mass_depth)
    edge = penalty_meets_bowl._drawings[0].drawing.region.get_xy()
    inside = np.concatenate([share * edge for share in (1.0, 0.99, 0.5)])
    assert surface(weights) <= surface(inside.T).min() + 1e-9
    total = surface + strength * (l1() if penalty == "L1" else l2())
    nearby = weights[:, None] + 1e-3 * np.random.default_rng(0).normal(size=(2, 50))
    assert np.all(total(weights) <= total(nearby))


@pytest.mark.parametrize(
    ("penalty", "strength", "words"),
    [
        ("L1", 1.0, "touches the diamond at a corner"),
        ("L1", 10.0, "runs through 0, to which the diamond has shrunk"),
        ("L1", 0.1, "touches the diamond on its edge"),
        ("L2", 0.1, "touches the disc on its edge"),
    ],
)
def test_a_corner_a_point_and_an_edge_are_named(penalty_meets_bowl, penalty, strength, words):
    put(penalty_meets_bowl.controls["strength"], strength)
    assert penalty_meets_bowl.values["strength"] == pytest.approx(strength)  # the text asks for it
    assert words in penalty_meets_bowl.set(mass=1.08, depth=-0.31, penalty=penalty).caption


@pytest.mark.parametrize(("record", "steps"), [(0, 1), (30, 32), (60, 1000)])
def test_the_early_fit_is_that_of_a_descent(early_stopping, record, steps):
    birds = parts(9)[0]
    surface = polynomial_loss(X[birds], Y[birds], 10, mse)
    rate = 1 / np.linalg.eigvalsh(surface.hessian(np.zeros(11)))[-1]
    run = descend(surface, np.zeros(11), GradientDescent(rate), steps)
    flipper, depth = early_stopping.set(record=record).state["early_fit"]
    fit = 17 + np.polynomial.polynomial.polyval((flipper - 201.5) / 29.5, run.point)
    assert depth == pytest.approx(fit, abs=1e-8)


def test_few_steps_are_like_a_strong_penalty(early_stopping):
    for record, strength in ((20, 0.108), (60, 1.08e-3), (100, 1.08e-5)):
        state = early_stopping.set(record=record, strength=strength).state
        assert state["alike"] == pytest.approx(state["taken"], rel=0.01)
        assert state["apart"] < 0.25
    assert early_stopping.set(record=100, strength=1.0).state["apart"] > 0.9


def test_stopping_plays_from_the_first_step_to_a_million(early_stopping):
    states = [early_stopping.set(record=record).state for record in range(0, 121, 10)]
    assert (states[0]["taken"], states[-1]["taken"]) == (1, 1_000_000)
    losses = [state["early_test"] for state in states]
    assert losses.index(min(losses)) == 6  # at a thousand steps, and worse on either side
