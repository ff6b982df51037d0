"""The loss in a plane: what is drawn is the network's, and the shadow that of its training."""

import numpy as np
import pytest

from calclearn import explorers
from calclearn.calculus import numerical
from calclearn.descent.planes import principal_directions, share_shown
from calclearn.descent.surfaces import slice_through
from calclearn.explorers.landscape import (
    NETWORK,
    OPTIMIZERS,
    PLANES,
    STEPS,
    landscape_loss,
    path_of,
    plane_of,
)
from calclearn.figures.planes import ALONG
from calclearn.figures.surfaces import grid


@pytest.fixture(scope="module")
def landscape():
    return explorers.loss_landscape()


def test_the_network_is_small_and_learns():
    assert NETWORK.dimension == 139
    nothing = np.log(3)
    for optimizer in OPTIMIZERS:
        run = path_of(optimizer)
        assert len(run.points) == STEPS + 1
        assert run.values[-1] < 0.1 * nothing


def test_the_path_tells_the_loss_of_all_penguins_also_where_batches_were_followed():
    for optimizer in ("GradientDescent", "SGD"):
        run = path_of(optimizer)
        for k in (0, 7, STEPS):
            assert run.values[k] == pytest.approx(float(landscape_loss()(run.points[k])))


@pytest.mark.parametrize("seed", PLANES.values())
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_table_is_the_loss_in_the_plane(optimizer, seed):
    plane, run = plane_of(optimizer, seed), path_of(optimizer)
    rng = np.random.default_rng(0)
    low, high = np.transpose(plane.window)
    for _ in range(10):
        place = rng.uniform(low, high)
        w = run.point + place[0] * plane.u + place[1] * plane.v
        assert float(plane.surface(place)) == pytest.approx(float(landscape_loss()(w)), rel=0.06)
    at_end = plane.surface(np.zeros(2))
    assert float(at_end) == pytest.approx(float(run.values[-1]), rel=0.06)


def test_the_shadow_is_the_nearest_point_and_ends_at_the_middle():
    plane, run = plane_of("Adam", 0), path_of("Adam")
    np.testing.assert_allclose(plane.shadow[:, -1], 0, atol=1e-9)
    for k in (0, 20):
        left = (
            run.points[k] - run.point - plane.shadow[0, k] * plane.u - plane.shadow[1, k] * plane.v
        )
        assert abs(left @ plane.u) < 1e-9
        assert abs(left @ plane.v) < 1e-9


def test_the_share_is_that_of_the_singular_values_and_small_along_random_directions():
    for optimizer in OPTIMIZERS:
        run = path_of(optimizer)
        u, v, share = principal_directions(run.points)
        assert share_shown(run.points, u, v) == pytest.approx(share)
        assert plane_of(optimizer, 0).share == pytest.approx(share)
        assert share > 0.95
        for seed in (1, 2, 3):
            assert plane_of(optimizer, seed).share < 0.1


def test_the_gradient_of_a_slice_is_the_gradient_seen_along_its_directions():
    loss, plane, w = landscape_loss(), plane_of("Momentum", 0), path_of("Momentum").point
    cut = slice_through(loss, w, plane.u, plane.v)
    here = np.array([0.3, -0.2])
    there = w + here[0] * plane.u + here[1] * plane.v
    by_hand = [plane.u @ loss.gradient(there), plane.v @ loss.gradient(there)]
    np.testing.assert_allclose(cut.gradient(here), by_hand, rtol=1e-9)
    np.testing.assert_allclose(numerical.grad(cut)(here), by_hand, rtol=1e-5)


def test_random_planes_show_a_valley_where_the_loss_still_falls_elsewhere():
    end = float(path_of("GradientDescent").value)
    for seed in PLANES.values():
        plane = plane_of("GradientDescent", seed)
        lowest = plane.surface(grid(plane.window, 60)).min()
        assert lowest < 0.5 * end if seed == 0 else lowest > 0.95 * end


def test_the_path_drawn_is_the_shadow_up_to_the_step(landscape):
    base = landscape.values
    for plane in PLANES.values():
        state = landscape.set(step=7, plane=plane).state
        assert len(state["path"].points) == 8
        np.testing.assert_array_equal(state["path"].points[-1], state["here"])
        (low_a, high_a), (low_b, high_b) = state["plane"].window
        a, b = state["plane"].shadow
        assert low_a < a.min() <= a.max() < high_a
        assert low_b < b.min() <= b.max() < high_b
    landscape.set(**base)


def test_the_directions_are_named_on_the_map_and_on_the_surface(landscape, drawing):
    for part in ("map", "view"):
        ax = drawing(landscape, part).ax
        assert (ax.get_xlabel(), ax.get_ylabel()) == ALONG


def test_every_plane_and_optimizer_is_a_picture_with_its_own_sentence(landscape):
    base, seen = landscape.values, set()
    for plane in PLANES.values():
        for optimizer in OPTIMIZERS:
            landscape.set(plane=plane, optimizer=optimizer)
            assert landscape.error is None
            assert landscape.still()
            seen.add(landscape.caption)
    assert len(seen) == len(PLANES) * len(OPTIMIZERS)
    landscape.set(**base)


def test_another_seed_is_refused():
    assert explorers.loss_landscape(2).state["told"][0] == 2
    for seed in (4, -1, 1.5, "one"):
        with pytest.raises((ValueError, TypeError), match="seed must be"):
            explorers.loss_landscape(seed)
