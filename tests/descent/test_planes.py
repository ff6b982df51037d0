"""The plane that a path lies in best, and its shadow there."""

import numpy as np
import pytest

from calclearn.descent.landscapes import bowl
from calclearn.descent.planes import principal_directions, projected, share_shown, tabulated
from calclearn.descent.surfaces import Surface

from ..refusals import refused

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("d", [2, 50])
def test_a_path_in_a_plane_is_all_there_and_begins_at_positive_coordinates(d):
    basis, flat = RNG.normal(size=(2, d)), RNG.normal(size=(20, 2))
    points = RNG.normal(size=d) + flat @ basis
    u, v, share = principal_directions(points)
    assert share == pytest.approx(1)
    assert (u @ u, v @ v, u @ v) == pytest.approx((1, 1, 0))
    a, b = projected(points, points[-1], u, v)
    np.testing.assert_allclose(points[-1] + np.outer(a, u) + np.outer(b, v), points, atol=1e-9)
    assert min(a[0], b[0]) > 0


def test_no_other_plane_shows_more():
    points = np.cumsum(RNG.normal(size=(30, 8)), axis=0)
    moves = points - points[-1]
    u, v, share = principal_directions(points)
    assert share_shown(points, u, v) == pytest.approx(share)
    assert share_shown(points, 3 * u, v - 2 * u) == pytest.approx(share)  # in any basis
    for size in (1e-200, 1e200):
        u, v, same = principal_directions(size * points)
        assert (same, share_shown(size * points, u, v)) == pytest.approx((share, share))
    for _ in range(50):
        Q = np.linalg.qr(RNG.normal(size=(8, 2)))[0]
        assert np.sum((moves @ Q) ** 2) / np.sum(moves**2) <= share


def test_the_shadow_is_the_nearest_point_of_the_plane():
    points, origin, u, v = (RNG.normal(size=s) for s in [(4, 6), 6, 6, 6])
    a, b = projected(points, origin, u, v)
    rest = points - origin - np.outer(a, u) - np.outer(b, v)
    np.testing.assert_allclose(rest @ np.stack([u, v], axis=1), 0, atol=1e-12)


def test_a_path_along_a_line_still_has_a_plane_and_many_weights_are_no_matrix_of_their_square():
    points = np.outer(np.arange(4.0), [1, 2, 2])
    u, v, share = principal_directions(points)
    assert share == pytest.approx(1)
    assert (abs(u @ [1, 2, 2]), u @ v) == pytest.approx((3, 0), abs=1e-12)
    assert principal_directions(points[:2])[1].shape == (3,)
    assert principal_directions(RNG.normal(size=(3, 100_000)))[0].shape == (100_000,)


BAD = [
    (lambda: principal_directions(np.ones((3, 4))), "points must not all be the same"),
    (lambda: principal_directions(np.ones(3)), r"points must have shape \(K\+1, d\)"),
    (lambda: principal_directions(np.ones((3, 1))), "d of at least 2"),
    (lambda: principal_directions(np.ones((0, 4))), r"points must have shape \(K\+1, d\)"),
    (lambda: principal_directions([[0, 0], [np.nan, 1]]), "points must be finite, got nan"),
    (lambda: share_shown(np.eye(2), [1, 0], [0]), r"v \(d,\), got"),
    (lambda: projected([[1, 0]], [0, 0], [1, 0], [0, np.nan]), "v must be finite, got nan"),
    (lambda: projected(np.ones((3, 4)), np.ones(3), np.ones(4), np.ones(4)), r"\(K\+1, d\), and"),
    (lambda: projected(np.ones((3, 2)), [0, 0], [1, 1], [2, 2]), "u and v must not be parallel"),
    (lambda: tabulated(bowl(), ((-1, 1), (-1, 1)), 1), "nodes must be a whole number"),
    *((lambda pairs=pairs: tabulated(bowl(), pairs, 3), "window must hold one pair low < high for")
      for pairs in (((0, 0), (0, 1)), (0, 1), ((0, 1),) * 3)),
]  # fmt: skip

test_what_cannot_be = refused(BAD)


def test_a_table_is_exact_for_what_is_straight_and_level_beyond_its_edge():
    plane = Surface(lambda w: 3 * w[0] - w[1] + 1, lambda w: w)
    table = tabulated(plane, ((-1, 2), (0, 5)), 4)
    places = np.random.default_rng(1).uniform((-1, 0), (2, 5), (50, 2)).T
    np.testing.assert_allclose(table(places), plane(places), atol=1e-12)
    mesh = np.stack(np.meshgrid(np.linspace(-1, 2, 7), np.linspace(0, 5, 5)))
    np.testing.assert_allclose(table(mesh), plane(mesh), atol=1e-12)
    w = np.array([[9.0, np.inf, np.nan, 0.5], [2.0, 2.0, 0.5, np.nan]])
    np.testing.assert_allclose(table(w), [*[plane([2.0, 2.0])] * 2, np.nan, np.nan])
