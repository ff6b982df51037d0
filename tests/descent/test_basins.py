"""Where descent ends: each start walked alone, each kind of stationary point by its Hessian."""

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad, hessian
from calclearn.descent.basins import DIVERGES, NOT_SETTLED, ends, limits, pixels, stationary
from calclearn.descent.curvature import eigenvalues
from calclearn.descent.descend import descend
from calclearn.descent.losses import l2
from calclearn.descent.optimizers import GradientDescent
from calclearn.lessons.lesson_09 import CURVES, STEPS, SURFACES

RATES = {
    "Himmelblau": 0.01, "double well": 0.1, "saddle": 0.1, "monkey saddle": 0.03, "plateau": 0.4,
    "Rastrigin": 0.002,
}  # fmt: skip


@pytest.mark.parametrize("name", SURFACES)
def test_ends_of_single_starts(name):
    surface, rng = SURFACES[name], np.random.default_rng(0)
    low, high = np.transpose(surface.domain)
    starts = rng.uniform(low, high, (40, 2)).T
    reached = ends(surface, starts, RATES[name])
    for start, end in zip(starts.T, reached, strict=True):
        run = descend(surface, start, GradientDescent(RATES[name]), STEPS)
        inside = np.all(np.abs(run.point) <= 3 * high)
        if end == DIVERGES:
            assert not inside
        elif end <= NOT_SETTLED:
            gaps = np.linalg.norm(np.subtract(surface.minima, run.point), axis=-1)
            assert not surface.minima or gaps.min() > 1e-3
            assert end == NOT_SETTLED or np.argmin(gaps) == NOT_SETTLED - 1 - end
        else:
            gap = np.linalg.norm(np.subtract(surface.minima[end], run.point))
            assert gap < 0.03 * (high - low)[0]


@pytest.mark.parametrize("surface", [*SURFACES.values(), *CURVES.values()], ids=lambda s: s.name)
def test_stationary_points(surface):
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


def test_limits_of_minima():
    for surface, rates in (
        (CURVES["two valleys"], np.linspace(0.02, 0.3, 15)),
        (SURFACES["double well"], (0.24, 0.2512)),
    ):
        held = [2 / eigenvalues(surface, each)[-1] for each in surface.minima]
        assert limits(surface) == pytest.approx(held)
        for rate in rates:
            reached = ends(surface, pixels(surface, 100), rate)
            for number, limit in enumerate(held):
                share = np.mean(reached == number)
                assert share == 0 if rate > limit else share > 0.01 or rate > limit - 0.01


def test_rates_that_are_far_too_small_or_large():
    starts = np.array([[0.0, 5.0], [0.0, 5.0]])
    assert (ends(SURFACES["Himmelblau"], starts, 1e-12) == NOT_SETTLED).all()
    assert (ends(SURFACES["Himmelblau"], starts, 1e12) == DIVERGES).all()
    with pytest.raises(ValueError, match="surface must have a domain, got <Surface L2"):
        ends(l2(2), starts, 0.1)
