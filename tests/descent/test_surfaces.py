"""Surfaces: by hand = autodiff = differences, batched = looped, sums, slices, curvature."""

from functools import partial

import numpy as np
import pytest

from calclearn.calculus import autodiff
from calclearn.descent.curvature import Regimes, classify, eigenvalues, quadratic_model
from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import (
    CATALOGUE,
    ackley,
    bowl,
    double_well,
    himmelblau,
    quadratic,
    rastrigin,
    ravine,
    rosenbrock,
    saddle,
)
from calclearn.descent.losses import (
    binary_cross_entropy,
    huber,
    huber_error,
    l1,
    l2,
    line_loss,
    logistic_loss,
    mae,
    mse,
    polynomial_loss,
    sse,
)
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.surfaces import Surface, shaken, slice_through

from ..refusals import refused

SHAPES = [(), (2, 3, 2)]
SURFACES = {name: make() for name, make in CATALOGUE.items()} | {
    "tilted double well": double_well(tilt=0.3),
    **{f"Rosenbrock in {d}": rosenbrock(d) for d in (4, 5, 12)},
    "Rastrigin in 3": rastrigin(3),
    "Ackley in 4": ackley(4),
    "sum": 0.5 * himmelblau() + 2 * l2(),
    "slice": slice_through(rosenbrock(3), [0.2, 0.1, 0.3], [1, 0, 1], [0, 2, -1]),
    "model": quadratic_model(CATALOGUE["Beale"](), [2.0, 0.3]),
}
random = np.random.default_rng(7)
X = random.normal(size=23)
Y = 2 * X - 1 + random.normal(size=23)
LABELS = Y > 0
SURFACES |= {
    **{f"line {k}": line_loss(X, Y, e) for k, e in enumerate([sse, mse, mae, huber_error(0.3)])},
    "line of labels": line_loss(X, LABELS, binary_cross_entropy),
    "cubic": polynomial_loss(X, Y, 3),
    "cubic huber": polynomial_loss(X, Y, 3, huber),
    "constant": polynomial_loss(X, Y, 0, mse),
    "logistic in 3 features": logistic_loss(random.normal(size=(23, 3)), LABELS),
    "l1": l1(2),
}
surfaces = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)


def points(surface, shape=(), seed=0):
    lows, highs = np.array(surface.domain or [(-2, 2)] * surface.dimension).T
    inside = np.random.default_rng(seed).random((*shape, surface.dimension))
    return np.moveaxis(lows + (highs - lows) * inside, -1, 0)


def loop(field, w):
    """The field of points (d, ...), one point after the other, batch axes behind."""
    flat = w.reshape(len(w), -1)
    rows = np.stack([field(flat[:, i]) for i in range(flat.shape[1])], axis=-1)
    return rows.reshape(rows.shape[:-1] + w.shape[1:])


@surfaces
def test_gradient_and_hessian_by_hand_equal_autodiff(surface):
    w = points(surface, (40,), seed=1)
    automatic = autodiff.grad(surface.function)(w)
    rows = [autodiff.grad(lambda w, i=i: surface.gradient(w)[i])(w) for i in range(len(w))]
    size = 1 + np.abs(automatic).max()
    np.testing.assert_allclose(surface.gradient(w), automatic, rtol=1e-10, atol=1e-12 * size)
    np.testing.assert_allclose(surface.hessian(w), rows, rtol=1e-9, atol=1e-11 * size)


@surfaces
@pytest.mark.parametrize("shape", SHAPES)
def test_batched_equals_looped(surface, shape):
    w = points(surface, shape)
    for field in (surface, surface.gradient, surface.hessian):
        np.testing.assert_allclose(field(w), loop(field, w), rtol=1e-11, atol=1e-11)
    value, gradient = surface.value_and_gradient(w)
    assert value.shape == shape
    np.testing.assert_allclose(value, surface(w), rtol=1e-13)
    np.testing.assert_allclose(gradient, surface.gradient(w), rtol=1e-13)


@surfaces
def test_listed_minima_are_minima_and_nothing_lower_is_in_the_domain_where_the_start_is(surface):
    for w in surface.minima:
        np.testing.assert_allclose(surface.gradient(w), 0, atol=1e-12 * (1 + abs(surface(w))))
        if surface.name != "Ackley":
            assert classify(surface, w) == "minimum"
    if surface.minima:
        heights = [surface(w) for w in surface.minima]
        assert heights[0] == pytest.approx(min(heights), abs=1e-12)
        assert np.all(surface(points(surface, (2000,))) >= heights[0] - 1e-12)
    if surface.name in CATALOGUE:
        for w, (low, high) in zip(surface.start, surface.domain, strict=True):
            assert low <= w <= high


def test_known_values():
    assert quadratic([[2, 1 + 1e-16], [1, 2]])([1.0, 1.0]) == 3  # symmetric but for rounding
    assert rosenbrock()([-1.2, 1.0]) == pytest.approx(24.2)
    assert himmelblau()([0.0, 0.0]) == 170
    assert SURFACES["Beale"]([0.0, 0.0]) == pytest.approx(14.203125)
    assert SURFACES["six-hump camel"](SURFACES["six-hump camel"].minima[0]) == pytest.approx(
        -1.031628453489877
    )
    assert rastrigin()([1.0, 1.0]) == pytest.approx(2)
    assert ackley()([0.0, 0.0]) == pytest.approx(0, abs=1e-15)
    assert len(rastrigin().minima) == 121


def test_sample_is_the_surface_itself_without_data_and_passes_through_sums():
    rng, surface = np.random.default_rng(0), bowl()
    assert surface.sample(rng) is surface
    noisy = line_loss([1, 2, 3, 4], [2, 4, 7, 1], batch_size=2) + 0.1 * l2()
    assert len({float(noisy.sample(rng)([1.0, 0.0])) for _ in range(50)}) > 1


@pytest.mark.parametrize("factors", [1.0, np.array([1.0, 2.0])])
def test_a_slice_is_the_surface_on_its_plane_and_keeps_its_batch(factors):
    deep, ab = factors * rosenbrock(4), np.random.default_rng(0).normal(size=(2, 5, 1))
    origin, u, v = np.full(4, 0.3), np.array([1.0, 0, 0, 0]), np.array([0, 1.0, 1.0, 0])
    w = origin[:, None, None] + u[:, None, None] * ab[0] + v[:, None, None] * ab[1]
    flat = slice_through(deep, origin, u, v)
    np.testing.assert_allclose(flat(ab), deep(w))
    assert descend(flat, [0.1, 0.1], GradientDescent(1e-4), 1).stop.shape == np.shape(factors)


def test_quadratic_model_touches_the_surface_to_second_order():
    surface, at = himmelblau(), np.array([2.5, 2.5])
    model = quadratic_model(surface, at)
    for field in ("__call__", "gradient", "hessian"):
        np.testing.assert_allclose(getattr(model, field)(at), getattr(surface, field)(at))
    np.testing.assert_allclose(model.gradient(model.minima[0]), 0, atol=1e-12)
    assert quadratic_model(saddle(), [1.0, 1.0]).minima == ()


def test_classification_of_points():
    # fmt: off
    for surface, at, word in [
        (bowl(), [0, 0], "minimum"), (-1 * bowl(), [0, 0], "maximum"),
        (SURFACES["parabola"], [0], "minimum"),
        (double_well(), [0, 0], "saddle"), (SURFACES["monkey saddle"], [0, 0], "degenerate"),
        (bowl(1, 0), [0, 0], "degenerate"), (bowl(), [1, 1], "slope"),
        (1e-9 * bowl(), [1, 1], "slope"), (bowl(), [np.nan, 0], "slope"),
        (Surface(lambda w: w[0] + 0 * w[1], dimension=2), [0, 0], "slope"),
        (ackley(), [0, 0], "degenerate"),
        *((quadratic(np.diag([1, small])), [0, 0], word)
          for small, word in [(1e-7, "degenerate"), (-1e-7, "degenerate"), (1e-5, "minimum"),
                              (-1e-5, "saddle")]),
    ]:
        assert classify(surface, at) == word
    # fmt: on
    words = classify(double_well(), [[-1, 0, 1, 1e-6, 2], [0, 0, 0, -1e-6, 0]])
    assert words.tolist() == ["minimum", "saddle", "minimum", "saddle", "slope"]
    np.testing.assert_allclose(eigenvalues(ravine(ratio=50), [0, 0]), [1, 50])


PAIR, ON = np.array([1.0, 2.0]), [1.0, 1.0]
BAD = [
    (lambda: bowl()([1.0, 2.0, 3.0]), r"w must have shape \(2,\) or \(2, \.\.\.\), got \(3,\)"),
    (lambda: bowl().hessian(np.ones((3, 5))), r"got \(3, 5\)"),
    (lambda: bowl() + SURFACES["parabola"], "must have one dimension, got 2 and 1"),
    (lambda: PAIR * bowl() + np.ones(3) * himmelblau(), r"of the factors must .* \(2,\), \(3,\)"),
    (lambda: (PAIR * bowl()).gradient(np.ones((2, 3))), r"of w and .* must .* got \(3,\), \(2,\)"),
    (lambda: bowl() / 0, "a surface can be divided by what is not 0"),
    (lambda: slice_through(bowl(), [0, 0], [1, 0, 0], [0, 1]), "u must have shape"),
    (lambda: slice_through(bowl(), [[0, 0], [0, 1]], [1, 0], [0, 1]), "single points"),
    (lambda: quadratic_model(bowl(), np.zeros((2, 3))), r"at must be a single point \(2,\)"),
    (lambda: eigenvalues(bowl(), [1.0]), "at must have shape"),
    *((lambda d=d: Surface(np.sum, dimension=d), "dimension must be a whole number of at least 1")
      for d in (0, -1, 2.0, "2", True, [2])),
    *((lambda d=d: Surface(np.sum, domain=d, dimension=1), r"domain must hold one \(low, high\) pa")
      for d in (None, 3, "ab", (1.0, 2.0), np.ones(2), [(0, 1, 2)], ((1, 2), (3,)), ((0, 1),) * 2)),
    (lambda: rosenbrock(1), "dimension must be a whole number of at least 2, got 1"),
    (lambda: quadratic([[1, 2], [3, 4]]), "A must be a symmetric matrix"),
    (lambda: quadratic([[np.inf, 0], [0, 1]]), "A must be a symmetric matrix of finite numbers"),
    (lambda: ravine(np.inf), "ratio must be finite, got inf"),
    (lambda: shaken(bowl(), -1.0), "size must be at least 0"),
    (lambda: shaken(l2(), 1.0), "surface must have a dimension"),
    (lambda: Regimes([]), "eigenvalues must be"),
    (lambda: Regimes([1.0, np.inf]), "eigenvalues must be"),
    (lambda: Regimes([1.0], steps=0), "steps must be a whole number of at least 1"),
    (lambda: Regimes([1.0, 4.0]).name(-0.1), "learning_rate must be at least 0"),
    (lambda: Regimes([1.0, 4.0]).name(np.nan), "learning_rate must be at least 0"),
]  # fmt: skip
WRONG = [
    *((lambda name=name: Surface(**{"function": np.sum, name: 3.0}), f"{name} must be a function")
      for name in ("function", "gradient", "hessian", "sampler")),
    *((lambda w=w, field=field: field(w), "(w|at) must be real numbers")
      for w in ("ab", {}, [1j, 2.0], [[1, 2], [3]], np.array([1.0, None]))
      for field in (bowl().hessian, partial(classify, bowl()))),
    *((partial(ask, np.sum, *more), "surface must be a Surface, got")
      for ask, *more in ((eigenvalues, ON), (classify, ON), (quadratic_model, ON), (shaken, 0.1),
                         (slice_through, ON, ON, ON))),
    *((lambda factor=factor: bowl() * factor, "Surface") for factor in (None, "2", [2.0], 2j)),
    (lambda: bowl(None), "a must be a number, got"),
    (lambda: double_well([1.0]), "tilt must be a number, got"),
    (lambda: Regimes([1j]), "eigenvalues must be real numbers"),
    (lambda: Regimes([1.0]).factor("high"), "learning_rate must be a number, got 'high'"),
    (lambda: bowl() - 1, "unsupported operand"),
    (lambda: bowl() + 1, "unsupported operand"),
    (lambda: bowl() * bowl(), "unsupported operand"),
    (lambda: bowl().replace(colour="red"), "colour"),
]  # fmt: skip

test_what_cannot_be = refused(BAD, WRONG)


@surfaces
@pytest.mark.parametrize("shape", [(), (3,)])
def test_values_and_derivatives_have_the_type_of_the_points(surface, shape):
    w = points(surface, shape).astype(np.float32)
    many = np.array([1.0, 2.0, 3.0]) * surface
    for s in (surface, 0.5 * surface, surface / np.float64(3), many if shape else surface):
        value, gradient = s.value_and_gradient(w)
        parts = s(w), s.gradient(w), s.hessian(w), value, gradient
        assert {np.asarray(part).dtype for part in parts} == {np.dtype(np.float32)}


def test_sums_differences_multiples_and_quotients_have_their_derivatives():
    w = np.array([[0.5, 1.0], [-2.0, 0.3]])
    a, b = himmelblau(), rosenbrock()
    for made, p, q in [
        (a - b, 1, -1), (-a, -1, 0), (a / 4, 0.25, 0), (sum([a, b, b]), 1, 2),
        (2 * (a - b / 2), 2, -1), (a - a, 0, 0),
    ]:  # fmt: skip
        np.testing.assert_allclose(made(w), p * a(w) + q * b(w))
        for field in ("gradient", "hessian"):
            expected = p * getattr(a, field)(w) + q * getattr(b, field)(w)
            np.testing.assert_allclose(getattr(made, field)(w), expected, atol=1e-9)
    assert (2 * bowl()).minima == (np.float64(2) * bowl()).minima == bowl().minima
    assert (-1 * bowl()).minima == ()
    assert (bowl() + 0.5 * l1()).domain == bowl().domain
    assert (a - b).name == "Himmelblau - Rosenbrock"
    assert (2 * bowl() + 0.5 * l2()).name == "2 bowl + 0.5 L2"
    assert (2 * (bowl() - l2())).name == "2 (bowl - L2)"
    assert (bowl() - (-bowl())).name == "bowl - (-bowl)"


def test_a_surface_does_not_change_and_nothing_in_another_one_is_stale():
    surface = bowl().replace(function=lambda w: 5 * (w**2).sum(axis=0))
    assert surface([1.0, 1.0]) == 10
    for gradient in (surface.gradient([1, 1]), surface.value_and_gradient([1, 1])[1]):
        np.testing.assert_allclose(gradient, [10, 10])
    np.testing.assert_allclose(surface.hessian([1.0, 1.0]), 10 * np.eye(2))
    assert surface.minima == ()
    assert surface.domain == bowl().domain
    noisy = line_loss([1, 2, 3], [1, 2, 4], batch_size=1).replace(function=lambda w: w[0] + w[1])
    assert noisy.sample(np.random.default_rng(0)) is noisy
    other = himmelblau().replace(gradient=lambda w: 0 * w)
    np.testing.assert_array_equal(other.value_and_gradient([1.0, 2.0])[1], [0, 0])
    moved = himmelblau().replace(domain=((0.0, 1.0), (0.0, 1.0)), start=(0.5, 0.5))
    assert moved.domain == ((0.0, 1.0), (0.0, 1.0))
    assert moved([1.0, 2.0]) == himmelblau()([1.0, 2.0])
    for change in (lambda: setattr(moved, "minima", ()), lambda: delattr(moved, "minima")):
        with pytest.raises(AttributeError, match="a surface does not change"):
            change()


def test_a_shaken_surface_is_itself_on_average_and_lets_descent_off_a_saddle():
    noisy, random = shaken(double_well(), 0.5), np.random.default_rng(0)
    w = np.array([0.0, 1.0])
    assert noisy(w) == double_well()(w)
    gradients = np.array([noisy.sample(random).gradient(w) for _ in range(500)])
    np.testing.assert_allclose(gradients.mean(axis=0), double_well().gradient(w), atol=0.1)
    np.testing.assert_allclose(gradients.std(axis=0), 0.5, rtol=0.1)
    assert abs(descend(double_well(), w, GradientDescent(0.05), 300).point[0]) < 1e-9
    assert abs(descend(noisy, w, GradientDescent(0.05), 300).point[0]) > 0.5


def test_a_sampler_may_return_a_function():
    noisy = Surface(lambda w: w[0] ** 2, sampler=lambda rng: lambda w: (w[0] - rng.normal()) ** 2)
    assert descend(noisy, [9.0], GradientDescent(0.1)).stop == Stop.OUT_OF_STEPS
    with pytest.raises(TypeError, match=r"what sampler\(rng\) returns must be a Surface"):
        descend(Surface(lambda w: w[0], sampler=lambda rng: 3), [1.0], GradientDescent())


def test_masked_numbers_are_missing():
    assert type(bowl().gradient(np.ma.array([1.0, 2.0]))) is np.ndarray
    hidden = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(ValueError, match="start must be finite, got nan"):
        descend(bowl(), hidden, GradientDescent())
