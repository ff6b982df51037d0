"""Newton, BFGS and L-BFGS: SciPy's minima in SciPy's number of evaluations; line searches."""

import numpy as np
import pytest

from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import (
    CATALOGUE,
    beale,
    booth,
    bowl,
    double_well,
    himmelblau,
    plateau,
    quadratic,
    rosenbrock,
    saddle,
)
from calclearn.descent.losses import line_loss, logistic_loss, mse
from calclearn.descent.second_order import (
    BFGS,
    FALL,
    FLATTEN,
    LBFGS,
    DampedNewton,
    Newton,
    backtracking,
    strong_wolfe,
)
from calclearn.descent.surfaces import Evaluation, Surface


def wood(w):
    """Wood's function as in More, Garbow & Hillstrom, ACM TOMS 7 (1981), problem 14."""
    a, b, c, d = w
    valleys = 100 * (b - a * a) ** 2 + (1 - a) ** 2 + 90 * (d - c * c) ** 2 + (1 - c) ** 2
    return valleys + 10.1 * ((b - 1) ** 2 + (d - 1) ** 2) + 19.8 * (b - 1) * (d - 1)


def powell_singular(w):
    """Problem 13 of the same paper: the Hessian at the minimum 0 is singular."""
    a, b, c, d = w
    return (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4


PROBLEMS = {
    "Rosenbrock 2": (rosenbrock(), [-1.2, 1.0]),
    "Rosenbrock 10": (rosenbrock(10), rosenbrock(10).start),
    "Rosenbrock 100": (rosenbrock(100), rosenbrock(100).start),
    "Beale": (beale(), [1.0, 1.0]),
    "Himmelblau": (himmelblau(), [0.0, 0.0]),
    "Wood": (Surface(wood, dimension=4), [-3.0, -1.0, -3.0, -1.0]),
    "Powell singular": (Surface(powell_singular, dimension=4), [3.0, -1.0, 0.0, 1.0]),
}
# From scipy.optimize.minimize 1.17, asked for a gradient of 1e-5 with the same derivatives by BFGS,
# L-BFGS-B, trust-exact: evaluations, the value found, the norm of the gradient there (rounded up).
SCIPY = {
    "Rosenbrock 2":          ((39, 2.5e-15, 1.9e-6), (45, 1.7e-17, 3.9e-8), (26, 3.3e-19, 6.4e-9)),
    "Rosenbrock 10":         ((83, 3.9866, 6.1e-6), (92, 5.8e-15, 2.5e-6), (30, 3.9866, 3.2e-6)),
    "Rosenbrock 100":        ((642, 2.2e-14, 6.2e-6), (614, 3.3e-13, 1.9e-5)),
    "Beale":                 ((17, 2.0e-16, 1.4e-7), (16, 1.9e-15, 3.7e-7), (8, 5.2e-13, 1.8e-6)),
    "Himmelblau":            ((16, 1.1e-13, 4.2e-6), (16, 1.1e-14, 1.2e-6), (9, 6.5e-25, 6.4e-12)),
    "Wood": ((104, 1.8e-16, 4.2e-7), (115, 1.1e-13, 1.4e-5), (44, 3.9e-22, 7.2e-10)),
    "Powell singular":       ((40, 4.0e-9, 4.5e-6), (31, 2.2e-8, 1.5e-5), (16, 4.6e-9, 5.6e-6)),
}  # fmt: skip
CASES = [
    (solver, name, row)
    for name, rows in SCIPY.items()
    for solver, row in zip((BFGS(), LBFGS(), DampedNewton()), rows, strict=False)
]


@pytest.mark.parametrize(("solver", "name", "scipys"), CASES)
def test_scipys_minimum_or_a_better_one_in_at_most_1_15_of_its_evaluations(solver, name, scipys):
    (surface, start), (evaluations, value, gradient) = PROBLEMS[name], scipys
    run = descend(surface, start, solver, steps=2000, tolerance=max(1e-5, gradient))
    assert run.stop == Stop.CONVERGED
    assert run.value <= value + 1e-3 * abs(value) + 1e-7
    # In a hundred dimensions the path is chaotic: another rounding, other 600 steps.
    assert run.evaluations <= (1.5 if name == "Rosenbrock 100" else 1.15) * evaluations


@pytest.mark.parametrize("optimizer", [BFGS(), LBFGS(), DampedNewton()])
def test_evaluations_are_counted_and_none_is_made_twice(optimizer):
    evaluated = []

    def counted(w):
        evaluated.append(w)
        return rosenbrock().value_and_gradient(w)

    surface = rosenbrock().replace(value_and_gradient=counted)
    run = descend(surface, [-1.2, 1.0], optimizer, steps=11)
    assert run.evaluations == len(evaluated)


def test_newton_needs_one_step_for_a_quadratic():
    for surface in (booth(), line_loss([1.0, 2.0, 4.0], [2.0, 1.0, 5.0], mse)):
        run = descend(surface, [-6.0, -4.0], Newton())
        np.testing.assert_allclose(run.points[1], surface.minima[0], atol=1e-12)
        assert run.stop == Stop.CONVERGED


def test_newton_where_the_hessian_is_singular_takes_the_shortest_step():
    trough = quadratic([[2.0, 0.0], [0.0, 0.0]])
    for optimizer in (Newton(), DampedNewton()):
        run = descend(trough, [[3.0, 0.0], [5.0, 1.0]], optimizer)
        np.testing.assert_allclose(run.point, [[0.0, 0.0], [5.0, 1.0]], atol=1e-9)


@pytest.mark.parametrize("optimizer", [Newton(), DampedNewton(), BFGS(), LBFGS()])
def test_every_surface_gives_a_stop_and_no_warning(optimizer):
    for make in CATALOGUE.values():
        surface = make()
        shares = np.stack(np.meshgrid(*[np.linspace(0, 1, 5)] * surface.dimension))
        low, high = np.transpose(surface.domain)
        starts = (low + (high - low) * shares.T).T
        run = descend(surface, starts, optimizer, steps=15, every=15)
        assert np.all(np.isfinite(run.points))
        assert np.all(np.isin(run.stop, list(Stop)))
        if surface.minima and optimizer != Newton():
            assert np.all(run.values[-1] <= run.values[0] + 1e-9)


@pytest.mark.parametrize("optimizer", [DampedNewton(), BFGS(), LBFGS()])
@pytest.mark.parametrize("surface", [rosenbrock(), beale(), rosenbrock(4)])
def test_batched_equals_looped(optimizer, surface):
    random = np.random.default_rng(0)
    starts = random.normal(size=(surface.dimension, 2, 3))
    together = descend(surface, starts, optimizer, steps=12)
    for i in np.ndindex(2, 3):
        alone = descend(surface, starts[(slice(None), *i)], optimizer, steps=12)
        here = (Ellipsis, *i)
        rows = together.points[: len(alone.points)][here]
        np.testing.assert_allclose(rows, alone.points, rtol=1e-5, atol=1e-7)
        assert together.evaluations[i] == alone.evaluations
        assert together.steps_taken[i] == alone.steps_taken


@pytest.mark.parametrize("optimizer", [DampedNewton(), BFGS(), LBFGS()])
def test_mini_batches_search_on_the_batch_that_gave_the_gradient(optimizer):
    x = np.linspace(-1, 1, 30)
    noisy = line_loss(x, 2 * x + 0.1 * np.sin(40 * x), mse, batch_size=15)
    run = descend(noisy, [0.0, 0.0], optimizer, steps=30, rng=1)
    assert run.stop == Stop.OUT_OF_STEPS
    np.testing.assert_allclose(run.point, noisy.minima[0], atol=0.2)


@pytest.mark.parametrize(
    "surface", [rosenbrock(), himmelblau(), plateau(), logistic_loss([1.0, 2.0, -1.0], [1, 1, 0])]
)
@pytest.mark.parametrize("first", [1e-6, 0.3, 1.0, 50.0])
def test_a_step_of_strong_wolfe_satisfies_both_conditions(surface, first):
    w = np.array([[-1.2, 0.4, 1.3], [1.0, 0.9, -0.2]])
    value, g = surface.value_and_gradient(w)
    p = -g / np.sqrt((g * g).sum(axis=0))
    found = strong_wolfe(surface, Evaluation(w, value, g, 0), p, first)
    t = ((found.w - w) * p).sum(axis=0)
    slope = (g * p).sum(axis=0)
    assert np.all(found.value <= value + FALL * t * slope + 1e-15)
    assert np.all(np.abs((found.gradient * p).sum(axis=0)) <= -FLATTEN * slope)


def test_a_search_uphill_or_without_a_bottom_ends_too():
    value, g = bowl().value_and_gradient(np.array([1.0, 1.0]))
    here = Evaluation(np.array([1.0, 1.0]), value, g, 1)
    for search in (strong_wolfe, backtracking):
        assert search(bowl(), here, g).w is here.w
    down = descend(saddle(), [0.0, 1.0], BFGS())
    assert down.stop in (Stop.DIVERGED, Stop.OUT_OF_STEPS)


def test_an_almost_singular_hessian_keeps_its_own_step_beside_a_singular_one():
    H = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-15]])

    def hessian(w):
        return np.where(w[0] > 0, H.reshape(2, 2, *[1] * (w.ndim - 1)), 0.0)

    surface = Surface(lambda w: w[0], lambda w: np.stack([1 + 0 * w[0], 0 * w[0]]), hessian)
    alone = Newton().update(np.ones(2), np.array([1.0, 0.0]), 0, surface)[0]
    both = np.array([[1.0, -1.0], [1.0, -1.0]])
    batched = Newton().update(both, surface.gradient(both), 0, surface)[0]
    np.testing.assert_array_equal(batched[:, 0], alone)


@pytest.mark.parametrize("damping", [0.0, 1e-3, 1e3])
@pytest.mark.parametrize("name", CATALOGUE)
def test_damped_newton_goes_down_from_every_start_at_every_damping(name, damping):
    surface = CATALOGUE[name]()
    low, high = np.transpose(surface.domain)
    starts = np.random.default_rng(0).uniform(low, high, (100, len(low))).T
    if name == "Himmelblau":
        starts[:, 0] = 1.4, 0.9  # every curvature there is negative
    run = descend(surface, starts, DampedNewton(damping), steps=1)
    steep = np.linalg.norm(run.gradients[0], axis=0) > 1e-6
    assert np.all(run.values[-1][steep] < run.values[0][steep])


@pytest.mark.parametrize("damping", [0.0, 1e-12, 1e-8, 1.0])
def test_damped_newton_goes_down_where_all_curvature_is_negative_or_none(damping):
    for surface in (
        -1 * bowl(),
        Surface(lambda w: w[0] - 2 * w[1], dimension=2),
        Surface(lambda w: -(w[0] ** 4) + w[1], dimension=2),
        1e-170 * double_well(),
        1e170 * saddle(),
    ):
        run = descend(surface, [0.3, 0.4], DampedNewton(damping), steps=1)
        assert run.value < run.values[0]
    valley = Surface(lambda w: (w[0] + w[1]) ** 4 + (w[0] + w[1]) ** 2, dimension=2)
    run = descend(valley, [1.0, 2.0], DampedNewton(damping), 100)  # the Hessian is singular
    assert run.stop == Stop.CONVERGED
    assert np.all(np.diff(run.values) < 0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("optimizer", [DampedNewton(), DampedNewton(1e-3), BFGS(), LBFGS()])
def test_at_the_rounding_of_a_value_a_search_ends(optimizer, dtype):
    """A loss of 1000 at its minimum shows no fall below 1e-13: the gradient never becomes 1e-12."""
    surface = rosenbrock() + Surface(lambda w: 1000 + 0 * w[0], dimension=2)
    run = descend(surface, np.array([-1.2, 1.0], dtype), optimizer, 2000, tolerance=1e-14)
    assert run.stop in (Stop.STALLED, Stop.CONVERGED)
    assert run.steps_taken < 400
    assert run.points.dtype == dtype
    np.testing.assert_allclose(run.point, [1, 1], atol=1e-3 if dtype == np.float64 else 0.3)
    high = double_well() + Surface(lambda w: 1e12 + 0 * w[0], dimension=2)
    assert descend(high, [0.3, 0.5], optimizer).stop == Stop.CONVERGED


@pytest.mark.parametrize("optimizer", [DampedNewton(), BFGS(), LBFGS()])
def test_a_search_does_not_step_to_where_there_is_no_gradient(optimizer):
    size = Surface(lambda w: np.sqrt(w[0] ** 2), dimension=1)  # whose gradient at 0 is no number
    run = descend(size, [[1.0, -0.3, 2.0]], optimizer, 200)
    assert np.all(run.stop == Stop.STALLED)
    assert np.all(run.value < 1e-6)
