"""What the explorers of basins claim: each start walked alone, each kind by its Hessian."""

import warnings

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad, hessian
from calclearn.descent.descend import descend
from calclearn.descent.optimizers import GradientDescent
from calclearn.explorers.basins import (
    CURVES,
    STEPS,
    SURFACES,
    ball_on_a_curve,
    basin_map,
    ends,
    noisy_saddle,
    stationary,
)
from calclearn.figures.basins import DIVERGES, NOT_SETTLED

RATES = {
    "Himmelblau": 0.01, "double well": 0.1, "saddle": 0.1, "monkey saddle": 0.03, "plateau": 0.4,
    "Rastrigin": 0.002,
}  # fmt: skip


@pytest.fixture(scope="module")
def ball():
    return ball_on_a_curve()


@pytest.fixture(scope="module")
def basins():
    return basin_map()


@pytest.fixture(scope="module")
def noisy():
    return noisy_saddle()


@pytest.mark.parametrize("name", SURFACES)
def test_the_map_is_what_each_start_does_alone(name):
    surface, rng = SURFACES[name], np.random.default_rng(0)
    low, high = np.transpose(surface.domain)
    starts = rng.uniform(low, high, (40, 2)).T
    found = ends(surface, starts, RATES[name])
    for start, end in zip(starts.T, found, strict=True):
        run = descend(surface, start, GradientDescent(RATES[name]), STEPS)
        inside = np.all(np.abs(run.point) <= 3 * high)
        if end == DIVERGES:
            assert not inside
        elif end == NOT_SETTLED:
            gaps = np.linalg.norm(np.subtract(surface.minima, run.point), axis=-1)
            assert not surface.minima or gaps.min() > 1e-3
        else:
            gap = np.linalg.norm(np.subtract(surface.minima[end], run.point))
            assert gap < 0.03 * (high - low)[0]


@pytest.mark.parametrize("shape", [(), (7,), (3, 4)])
def test_ends_of_many_are_the_ends_of_each(shape):
    surface = SURFACES["Himmelblau"]
    starts = np.random.default_rng(1).uniform(-5, 5, (2, *shape))
    whole = ends(surface, starts, 0.01)
    assert whole.shape == shape
    alone = [int(ends(surface, start, 0.01)) for start in starts.reshape(2, -1).T]
    assert np.ravel(whole).tolist() == alone


@pytest.mark.parametrize("surface", [*SURFACES.values(), *CURVES.values()], ids=lambda s: s.name)
def test_stationary_points_are_level_and_their_kinds_are_the_hessians(surface):
    points, kinds = stationary(surface)
    assert len(kinds) == points.shape[1] >= 1
    for point, kind in zip(points.T, kinds, strict=True):
        assert np.abs(grad(surface.function)(point)).max() < 1e-3  # to six decimals of the point
        curvatures = np.linalg.eigvalsh(hessian(surface.function)(point))
        signs = set(np.sign(curvatures.round(2)).tolist())
        expected = {"minimum": {1}, "maximum": {-1}, "saddle": {-1, 1}, "degenerate": {0}}
        assert signs == expected[kind]
    low, high = np.transpose(surface.domain)
    inside = [m for m in surface.minima if np.all((low <= m) & (m <= high))]
    assert kinds.count("minimum") == len(inside)


def test_himmelblau_has_its_four_saddles_and_its_hill():
    _, kinds = stationary(SURFACES["Himmelblau"])
    assert sorted(kinds) == ["maximum", *["minimum"] * 4, *["saddle"] * 4]


def test_no_minimum_is_rested_in_above_its_own_limit():
    surface = CURVES["two valleys"]
    starts = np.linspace(-2.2, 2, 801)[None]
    deep, shallow = (2 / surface.hessian(np.array(m))[0, 0] for m in surface.minima)
    assert deep < shallow
    for rate in np.linspace(0.02, 0.3, 29):
        found = ends(surface, starts, rate)
        for number, limit in enumerate((deep, shallow)):
            share = np.mean(
                found == number
            )  # of leaping balls one in 801 may be caught in mid-leap
            assert (share > 0.01) == (rate < limit) or abs(rate - limit) < 0.01


def test_a_large_rate_can_rest_in_the_local_minimum_only(ball):
    state = ball.set(curve="two valleys", start=-1.4, learning_rate=0.18).state
    assert np.ptp(state["run"].points[-10:]) > 0.5
    assert np.all(state["run"].points < 0)
    assert (state["ends"] == 1).mean() > 0.3
    assert (state["ends"] == 0).mean() < 0.005
    assert "(0 % in the global one)" in ball.caption
    assert "2/λmax is above this rate in 1 of 2 minima" in ball.caption
    assert "on a slope of" in ball.caption


def test_the_ball_rests_where_the_caption_says(ball):
    caption = ball.set(curve="two valleys", start=1.9, learning_rate=0.02).caption
    assert caption.startswith(
        "From w = 1.90 the ball comes to the minimum at w = 1.13: height −1.07, curvature 9.35."
    )
    ball.set(curve="parabola", start=0.0)
    assert "From w = 0.00 the ball comes to the minimum at w = 0.00" in ball.caption
    ball.set(learning_rate=1.0, start=2.0)
    assert "on a slope of 4" in ball.caption
    assert "0 of 1 minima" in ball.caption


def test_starts_can_be_dragged(ball, basins, drag):
    ball.set(curve="ripples")
    drag(ball, "start", (-2.5, 3.0))
    assert ball.values["start"] == pytest.approx(-2.5)
    basins.set(surface="double well")
    for place in ((1.2, -0.7), (-0.4, 0.3)):
        drag(basins, "start", place)
        assert (basins.values["start_x"], basins.values["start_y"]) == pytest.approx(place)
    basins.set(start_x=5.0)
    assert basins.state["start"].tolist() == pytest.approx([2.2, 0.3])


def test_descent_onto_a_saddle_is_named_and_has_both_signs(basins):
    basins.set(surface="double well", start_x=0.0, start_y=1.5, learning_rate=0.1)
    assert "comes to the saddle at (0.00, 0.00): height 1.00, curvatures −4.00 and 2.00" in (
        basins.caption
    )
    basins.set(surface="monkey saddle", start_x=0.0, start_y=0.0)
    assert "degenerate point at (0.00, 0.00)" in basins.caption
    basins.set(surface="saddle", start_y=1.5)
    assert "off the map at step" in basins.caption
    assert "100 % of 10,000 starts diverge" in basins.caption


def test_on_the_plain_nothing_moves(basins):
    state = basins.set(surface="plateau", start_x=3.0, start_y=3.0, learning_rate=0.5).state
    assert np.ptp(state["run"].points) < 1e-3
    assert "at (3.00, 3.00) after 100 steps" in basins.caption
    assert state["ends"][0, 0] == NOT_SETTLED
    assert state["ends"][50, 50] == 0


@pytest.mark.parametrize("make", [ball_on_a_curve, basin_map])
def test_no_warning_at_any_rate(make):
    explorer = make()
    control = explorer.controls["learning_rate"]
    which = "curve" if "curve" in explorer.controls else "surface"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in explorer.controls[which].options:
            for exponent in np.linspace(control.min, control.max, 13):
                explorer.set(**{which: name}, learning_rate=10**exponent)
                assert explorer.still()
                assert explorer.error is None
    surface = SURFACES["Himmelblau"]
    starts = np.array([[0.0, 5.0], [0.0, 5.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (ends(surface, starts, 1e-12) == NOT_SETTLED).all()
        assert (ends(surface, starts, 1e12) == DIVERGES).all()


def test_the_map_moves_without_a_repaint(basins):
    basins.set(surface="Himmelblau", learning_rate=0.01).still()
    edition = basins._painter.edition
    before = basins._painter.paint().copy()
    basins.set(learning_rate=0.02).caption  # noqa: B018
    after = basins._painter.paint()
    assert basins._painter.edition == edition
    assert np.mean(before != after) > 0.05


def test_noise_escapes_the_saddle_and_stillness_does_not(noisy):
    for seed in range(10):
        state = noisy.set(noise=0.1, learning_rate=0.1, seed=seed).state
        assert state["quiet"].point == pytest.approx([0, 0], abs=1e-3)
        assert abs(state["noisy"].point[0]) == pytest.approx(1, abs=0.2)
        assert "leaves it and is past |x| = 0.5 at step" in noisy.caption
    noisy.set(noise=0.0)
    assert "stays near" in noisy.caption
    assert noisy.state["noisy"].point == pytest.approx([0, 0], abs=1e-3)
    state = noisy.set(noise=0.1, seed=0).state
    steps, heights = state["noisy heights"]
    x, y = state["noisy"].points.T
    assert heights == pytest.approx((x**2 - 1) ** 2 + y**2)
    assert steps.tolist() == list(range(STEPS + 1))
    first = int(np.argmax(np.abs(x) > 0.5))
    assert f"at step {first}," in noisy.caption
