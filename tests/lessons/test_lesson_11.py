"""Lesson 11: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn.data import penguin_line
from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import quadratic
from calclearn.descent.losses import line_loss, mse
from calclearn.descent.optimizers import Adam, GradientDescent, Momentum
from calclearn.descent.schedules import step_decay
from calclearn.lessons.lesson_11 import USERS, _noisy

x, y = penguin_line().x, penguin_line().y


def with_memory(eta, mu, w=1.0, v=0.0):
    places = []
    for _ in range(3):
        v = mu * v + w
        w -= eta * v
        places.append(w)
    return places


adam, memory = Adam(1.0, (0.5, 0.84)), (np.zeros(1), np.zeros(1), 0)
for _ in range(2):
    _, memory = adam.update(np.zeros(1), np.array([4.0]), memory)


def by_loop(k):
    rate = 0.4
    for _ in range(k // 10):
        rate = rate / 2
    return rate


right = {
    "11.1": [10 * (2.4 / 0.3) ** 2],
    "11.2": [with_memory(0.1, 0.8)],
    "11.3": [memory[0] / np.sqrt(memory[1]), 3 / np.sqrt(4.7104)],
    "11.4": [step_decay(0.4, factor=0.5, every=10), by_loop, lambda k: 0.4 / 2 ** int(k / 10)],
}
readings = {
    "11.1": [(641, "Hint 1")],
    "11.4": [(lambda k: 0.4 if k <= 10 else 0.2 if k <= 20 else 0.1 if k <= 30 else 0.05, "late")],
}

BOXES = ("Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam")


@pytest.mark.parametrize("size", [1, 9, 342])
def test_equal_numbers_of_data(race_of_batches, size):
    entered = dict.fromkeys(BOXES, True)
    state = race_of_batches.set(**entered, batch_size=size, budget=2 * 342, x=1.0, y=3.0).state
    results = dict(state["results"])
    plain = results.pop("GradientDescent").descent
    assert plain.steps_taken == 2
    for result in results.values():
        assert result.descent.points[0].tolist() == state["start"].tolist() == [1, 3]
        assert result.descent.steps_taken == 2 * 342 // size
        assert result.price[-1] == pytest.approx(2 * 342, rel=0.03)
    if size == 342:
        assert results["SGD"].descent.points == pytest.approx(plain.points)


def test_two_optimizers_at_first_and_the_controls_of_others(race_of_batches):
    race = race_of_batches
    for entered in ([], *([name] for name in BOXES)):
        race.set(**{name: name in entered for name in BOXES})
        assert list(race.state["results"]) == ["GradientDescent", "SGD", *entered]
        used = {name for name, users in USERS.items() if {*entered} & {*users}}
        assert used == {name for name in USERS if race.controls[name].layout.display != "none"}
        words = ["and 0.1" in race.caption, "β₁" in race.caption]
        assert words == [name in used for name in USERS]


def test_a_race_its_goal_and_its_divergence(race_of_batches):
    race, loss = race_of_batches, line_loss(x, y, mse)
    whole = race.state["results"]["SGD"].descent.points
    part = race.set(budget=342).state["results"]["SGD"].descent.points
    assert len(part) == 342 // 8 + 1
    assert part == pytest.approx(whole[:43])
    race.set(budget=race.controls["budget"].max, batch_size=64.0, learning_rate=0.15)
    gap = loss(race.state["results"]["SGD"].descent.point) - loss(loss.minima[0])
    assert gap < 0.001
    assert "penguins: reached." in race.caption
    assert "penguins: not yet." in race.set(budget=342).caption
    rate = race.controls["learning_rate"]
    assert "SGD diverged" in race.set(learning_rate=float(rate.base**rate.max)).caption


def test_smooth_paths(race_of_batches):
    path = race_of_batches.set(batch_size=1.0).state["results"]["SGD"].descent.points
    raw = descend(_noisy(1), race_of_batches.state["start"], GradientDescent(0.05), 3 * 342).points
    for k in (0, 1, 10, 24, 500, 1026):
        assert path[k] == pytest.approx(raw[max(0, k - 23) : k + 1].mean(axis=0))


@pytest.mark.parametrize("size", [1, 60, 342])
def test_noise_of_the_batches_of_line_loss(noise_of_batches, size):
    state = noise_of_batches.set(batch_size=size, slope=1.0, intercept=3.0).state
    place, surface = state["place"], line_loss(x, y, mse, batch_size=size)
    rng = np.random.default_rng(7)
    gradients = np.array([surface.sample(rng).gradient(place) for _ in range(400)])
    off = np.sqrt(((gradients - surface.gradient(place)) ** 2).sum(axis=1).mean())
    assert state["noise"] == pytest.approx(off, rel=0.15, abs=1e-9)
    assert state["noise"] == pytest.approx(state["drawn"][1][size - 1], rel=0.1, abs=1e-9)
    assert state["expected"] == pytest.approx(state["independent"][1][0] / np.sqrt(size))


@pytest.mark.parametrize("condition", [3.0, 150.0])
def test_momentum_map_and_descents(momentum_map, condition):
    cells = momentum_map.set(condition=condition).state["tenth"]
    row, column = np.meshgrid(np.arange(2, 100, 7), np.arange(1, 160, 9), indexing="ij")
    tenth = cells[row, column]
    row, column, tenth = (each[np.isfinite(tenth) & (tenth < 60)] for each in (row, column, tenth))
    assert len(tenth) > 20
    rate, momentum = 4 / 30 * (column + 0.5) / 160, (row + 0.5) / 100
    surface, starts = quadratic(np.diag([30 / condition, 30.0])), np.ones((2, len(rate)))
    descents = descend(surface, starts, Momentum(rate, momentum), 500, tolerance=0)
    for k in range(len(rate)):
        late = 4 + round(8 * tenth[k])
        before, after = (
            np.linalg.norm(descents.points[at : at + 2, :, k]) for at in (late // 2, late)
        )
        measured = (late - late // 2) / np.log10(before / after)
        assert measured == pytest.approx(tenth[k], rel=0.25, abs=0.5)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_limit_of_momentum(momentum_map, momentum):
    limit = 2 * (1 + momentum) / 30
    surface, around = quadratic(np.diag([1.0, 30.0])), np.array([0.97, 1.03])
    descents = descend(surface, np.ones((2, 2)), Momentum(around * limit, momentum), 3000)
    assert (descents.stop == Stop.DIVERGED).tolist() == [False, True]
    state = momentum_map.set(condition=30.0, momentum=momentum).state
    (left, right), (low, high) = state["limit"]
    assert left + (right - left) * momentum / (high - low) == pytest.approx(limit)
    edge = np.isnan(state["tenth"][round(100 * momentum)]).argmax() / 160 * 4 / 30
    assert edge == pytest.approx(limit, abs=0.003)


@pytest.mark.parametrize("condition", [2.0, 200.0])
def test_best_momentum(momentum_map, condition):
    state = momentum_map.set(condition=condition).state
    (rate, momentum), root = state["best"], np.sqrt(condition)
    assert np.sqrt(momentum) == pytest.approx((root - 1) / (root + 1))
    fewest = np.nanmin(state["tenth"])
    assert fewest >= -1 / np.log10(np.sqrt(momentum)) - 1e-9
    row, column = np.argwhere(state["tenth"] == fewest)[0]
    assert (row + 0.5) / 100 == pytest.approx(momentum, abs=0.03)
    assert 4 / 30 * (column + 0.5) / 160 == pytest.approx(rate, abs=0.004)


def test_words_of_a_pair(momentum_map):
    for momentum, learning_rate, words in (
        (0.0, 0.02, "by 0.980 along the flat axis and by 0.400 along the steep one; the flat axis"),
        (0.0, 0.07, "along the steep axis each step overshoots farther than the last"),
        (0.48, 0.095, "hardly any other pair is faster"),
        (0.6, 0.095, "both are √μ, so less momentum is better"),
        (0.0, 0.066, "the steep axis overshoots, a smaller rate is better"),
    ):
        assert words in momentum_map.set(momentum=momentum, learning_rate=learning_rate).caption
