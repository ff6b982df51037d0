"""The explorers of lesson 16: the fits that they draw, the losses that they tell, what holds."""

import numpy as np
import pytest

from calclearn import explorers
from calclearn.data import penguins
from calclearn.descent.descend import descend
from calclearn.descent.losses import l1, l2, mse, polynomial_loss
from calclearn.descent.optimizers import GradientDescent

X = (penguins().flipper_length - 201.5) / 29.5
Y = penguins().bill_depth - 17


def birds(sample):
    return np.split(np.random.default_rng(sample).permutation(342), [20])


@pytest.fixture(scope="module")
def fits():
    return explorers.lower_is_worse()


@pytest.fixture(scope="module")
def meets():
    return explorers.penalty_meets_bowl()


@pytest.fixture(scope="module")
def early():
    return explorers.early_stopping()


@pytest.mark.parametrize(("degree", "sample"), [(0, 9), (3, 4), (8, 0)])
def test_the_losses_are_those_of_the_birds_seen_and_of_the_others(fits, degree, sample):
    state = fits.set(degree=degree, sample=sample, strength=1e-4, penalty="L2").state
    design, (seen, unseen) = np.vander(X, degree + 1, increasing=True), birds(sample)
    normal = design[seen].T @ design[seen] / 20 + 1e-4 * np.eye(degree + 1)
    weights = np.linalg.solve(normal, design[seen].T @ Y[seen] / 20)
    assert state["weights"] == pytest.approx(weights, rel=1e-6)
    losses = [np.mean((design[part] @ weights - Y[part]) ** 2) for part in (seen, unseen)]
    assert state["losses"] == pytest.approx(losses, rel=1e-6)
    x, y, mask = state["split"]
    assert set(np.flatnonzero(mask)) == set(seen)
    assert len(x) == len(y) == 342


def test_the_training_loss_only_falls_and_the_other_turns(fits):
    for sample in (9, 0, 15):
        curves = fits.set(sample=sample).state["curves"]
        seen, unseen = (curves[f"{name}, free"][1] for name in ("seen", "unseen"))
        assert np.all(np.diff(seen) < 1e-12)
        assert 1 <= unseen.argmin() <= 7
        assert unseen[-1] > 100 * unseen.min()


def test_a_good_penalty_makes_the_degree_unimportant(fits):
    curves = fits.set(sample=9, penalty="L2", strength=1e-3).state["curves"]
    unseen = curves["unseen"][1]
    assert np.ptp(unseen[4:]) < 0.2
    assert unseen[10] < curves["unseen, free"][1].min()


def test_l1_leaves_rings_and_the_caption_counts_them(fits, drawing):
    fits.set(sample=9, penalty="L1", strength=1e-2, degree=10)
    zeros = int(np.sum(fits.state["weights"] == 0))
    assert zeros > 3
    assert f"{zeros} of 11 are exactly 0" in fits.caption
    assert len(drawing(fits, "weights").zeros.get_xydata()) == zeros
    surface = polynomial_loss(X[birds(9)[0]], Y[birds(9)[0]], 10, mse)
    pull = surface.gradient(fits.state["weights"])
    assert np.abs(pull).max() <= 1e-2 * (1 + 1e-6)


def test_every_sample_and_penalty_is_a_picture(fits):
    for sample in range(0, 30, 3):
        for penalty in ("L1", "L2"):
            fits.set(sample=sample, penalty=penalty, degree=11, strength=1e-8)
            assert fits.error is None


@pytest.mark.parametrize("penalty", ["L1", "L2"])
@pytest.mark.parametrize("bottom", [(1.08, -0.31), (-1.2, 1.2), (0.4, 0.9), (0.0, -1.0)])
@pytest.mark.parametrize("strength", [0.05, 1.0])
def test_the_ring_touches_the_reach_and_never_crosses_it(meets, drawing, penalty, bottom, strength):
    state = meets.set(penalty=penalty, mass=bottom[0], depth=bottom[1], strength=strength).state
    surface, weights = state["rings"]
    assert surface.minima[0] == pytest.approx(bottom)
    reach = drawing(meets, "reach").region.get_xy()
    inside = np.concatenate([share * reach for share in (1.0, 0.99, 0.5)])
    assert surface(weights) <= surface(inside.T).min() + 1e-9
    total = surface + strength * (l1() if penalty == "L1" else l2())
    nearby = weights[:, None] + 1e-3 * np.random.default_rng(0).normal(size=(2, 50))
    assert np.all(total(weights) <= total(nearby))


def test_a_corner_a_point_and_an_edge_are_named(meets):
    meets.set(mass=1.08, depth=-0.31, penalty="L1", strength=1.0)
    assert "exactly 0" in meets.caption
    assert "touches the diamond at a corner" in meets.caption
    assert "runs through 0, to which the diamond has shrunk" in meets.set(strength=10.0).caption
    assert "touches the diamond on its edge" in meets.set(strength=0.1).caption
    assert "touches the disc on its edge" in meets.set(penalty="L2").caption


def test_the_bottom_can_be_dragged(meets, drag):
    drag(meets, "bottom", (-0.5, 0.8))
    assert meets.state["bottom"] == pytest.approx([-0.5, 0.8], abs=0.02)


@pytest.mark.parametrize("a", [-3.0, -0.4, 0.0, 0.5, 2.0])
@pytest.mark.parametrize("strength", [0.0, 0.5, 2.0])
def test_what_is_left_over_is_where_the_total_is_lowest(a, strength):
    soft = explorers.soft_threshold().set(a=a, strength=strength)
    for name, left in zip(("L1", "L2"), soft.state["left over"], strict=True):
        w, total = soft.state[f"{name} total"]
        assert left == pytest.approx(w[total.argmin()], abs=0.013)
    assert ("exactly 0" in soft.caption) == (abs(a) <= strength)


def test_the_early_fit_is_what_a_descent_finds(early):
    seen = birds(9)[0]
    surface = polynomial_loss(X[seen], Y[seen], 10, mse)
    rate = 1 / np.linalg.eigvalsh(surface.hessian(np.zeros(11)))[-1]
    for steps in (1, 30, 1000):
        run = descend(surface, np.zeros(11), GradientDescent(rate), steps)
        drawn = early.set(steps=float(steps)).state["early"][1]
        flipper = (early.state["early"][0] - 201.5) / 29.5
        expected = np.clip(17 + np.polynomial.polynomial.polyval(flipper, run.point), -100, 100)
        assert drawn == pytest.approx(expected, abs=1e-8)


def test_few_steps_are_like_a_strong_penalty(early):
    for steps, strength in ((10.0, 0.108), (1000.0, 1.08e-3), (1e5, 1.08e-5)):
        state = early.set(steps=steps, strength=strength).state
        assert state["alike"] == pytest.approx(steps, rel=0.01)
        assert state["apart"] < 0.25
    assert early.set(steps=1e5, strength=1.0).state["apart"] > 0.9


def test_other_degrees_serve_and_wrong_ones_are_told():
    assert explorers.early_stopping(6).error is None
    for degree in (0, 12, 2.5, "ten"):
        with pytest.raises(ValueError, match="degree must be from 1 to 11"):
            explorers.early_stopping(degree)


def test_among_equal_degrees_the_lowest_is_called_the_best(fits):
    fits.set(sample=9, penalty="L1", strength=10.0, degree=10)
    assert "11 of 11 are exactly 0" in fits.caption
    assert "degree 0 would be best" in fits.caption


def test_without_a_penalty_no_kink_holds_the_weight():
    soft = explorers.soft_threshold()
    assert "kink" not in soft.set(a=0.0, strength=0.0).caption
    assert "the kink holds the weight" in soft.set(strength=0.5).caption


def test_all_eleven_directions_are_in_sight(early, drawing):
    dots = drawing(early, "dots")
    low, high = dots.ax.get_xlim()
    for line in dots.lines.values():
        assert len(line.get_xdata()) == 11
        assert np.all((low < line.get_xdata()) & (line.get_xdata() < high))
