"""Losses: the sums of the definition, the direct double loop, PyTorch's conventions."""

import math
import warnings
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus import autodiff
from calclearn.data import penguins
from calclearn.descent.descend import descend
from calclearn.descent.landscapes import bowl, plateau
from calclearn.descent.losses import (
    binary_cross_entropy,
    cross_entropy,
    huber,
    huber_error,
    l1,
    l2,
    line_loss,
    linear_fit,
    logistic_loss,
    mae,
    mse,
    polynomial_loss,
    sigmoid,
    sse,
)
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.surfaces import shaken

from ..refusals import refused

ERRORS = [sse, mse, mae, huber, huber_error(0.3), binary_cross_entropy]
rng = np.random.default_rng(7)
X = rng.normal(size=23)
Y = 2 * X - 1 + rng.normal(size=23)
LABELS = (Y > 0).astype(float)


def double_loop(x, y, slope, intercept):
    """Exactly summed squared residuals, each computed in float64 like a learner's loop."""
    return math.fsum((slope * a + intercept - b) ** 2 for a, b in zip(x, y, strict=True))


def test_errors_are_what_their_names_say():
    p, t = np.array([1.0, 4.0, 0.0]), np.array([1.0, 2.0, 1.0])
    assert sse(p, t) == 5
    assert mse(p, t) == pytest.approx(5 / 3)
    assert mae(p, t) == 1
    assert huber(p, t) == pytest.approx((0 + 1.5 + 0.5) / 3)
    shares = [1 / (1 + np.exp(-1)), 1 - 1 / (1 + np.exp(-4)), 0.5]
    expected = -np.mean(np.log(shares))
    assert binary_cross_entropy(p, np.array([1.0, 0.0, 1.0])) == pytest.approx(expected)
    assert binary_cross_entropy(np.zeros(2), [0.25, 1.0]) == pytest.approx(np.log(2))
    assert binary_cross_entropy(np.array([800.0, -800.0]), np.array([0.0, 1.0])) == 800
    p, t = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))  # several outputs
    assert sse(p, t) == pytest.approx(((p - t) ** 2).sum())
    assert mse(p, t) == pytest.approx(((p - t) ** 2).mean())
    assert (l1()([3.0, -4.0]), l2()([3.0, -4.0])) == (7, 25)


def test_cross_entropy_is_the_mean_surprise_at_the_true_class():
    z, target = rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    shares = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    expected = -np.mean(np.log(shares[np.arange(4), target]))
    for logits, true in ((z, target), (z, np.eye(3)[target]), (z + 1e4, target)):
        assert cross_entropy(logits, true) == pytest.approx(expected)
    assert cross_entropy(np.array([[1e4, -1e4]]), np.array([1])) == 2e4
    slopes = autodiff.grad(lambda z: cross_entropy(z, target))(z)
    np.testing.assert_allclose(slopes, (shares - np.eye(3)[target]) / 4, atol=1e-15)
    hessian = autodiff.hessian(lambda z: cross_entropy(np.reshape(z, (4, 3)), target))(z.ravel())
    for i, p in enumerate(shares):
        block = hessian[3 * i : 3 * i + 3, 3 * i : 3 * i + 3]
        np.testing.assert_allclose(block, (np.diag(p) - np.outer(p, p)) / 4, atol=1e-15)


@pytest.mark.parametrize("error", [*ERRORS, cross_entropy], ids=lambda e: getattr(e, "name", "ce"))
@pytest.mark.parametrize("shape", [(), (2, 3, 2)])
def test_a_batch_of_models_is_compared_one_by_one_and_data_add_up_or_average(error, shape):
    classes = error is cross_entropy
    assert error.targets == ("classes" if classes else "numbers")
    p = rng.normal(size=((5, 3) if classes else (5,)) + shape)
    t = np.array([0, 2, 1, 1, 0]) if classes else np.array([0.0, 1, 1, 0, 1])
    flat = p.reshape(*p.shape[: p.ndim - len(shape)], -1)
    looped = np.array([error(flat[..., i], t) for i in range(flat.shape[-1])]).reshape(shape)
    np.testing.assert_allclose(error(p, t), looped, rtol=1e-13)
    twice = error(np.concatenate([p, p]), np.concatenate([t, t]))
    np.testing.assert_allclose(twice, looped * (1 if error.averaged else 2))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 200),
    centre=st.sampled_from([0.0, 3.0, -200.0, 1e6]),
    spread=st.sampled_from([1.0, 1e-3, 50.0]),
)
def test_sse_by_sufficient_statistics_equals_the_double_loop(seed, n, centre, spread):
    random = np.random.default_rng(seed)
    x = centre + spread * random.normal(size=n)
    y = random.normal(scale=5, size=n)
    surface = line_loss(x, y)
    slopes, intercepts = random.normal(scale=10, size=(2, 5))
    direct = [[double_loop(x, y, m, c) for c in intercepts] for m in slopes]
    grid = np.stack(np.meshgrid(slopes, intercepts, indexing="ij"))
    np.testing.assert_allclose(surface(grid), direct, rtol=1e-12)
    np.testing.assert_allclose(line_loss(x, y, mse)(grid), np.array(direct) / n, rtol=1e-12)


@pytest.mark.parametrize("shift", [0.0, 5.0])
def test_the_domain_of_a_line_fit_holds_the_minimum_and_the_start(shift):
    y = Y - Y.mean() + shift
    surface = line_loss(X - X.mean(), y, mse)
    low, high = np.transpose(surface.domain)
    assert np.all((low < surface.minima[0]) & (surface.minima[0] < high) & (low <= 0) & (high >= 0))
    assert line_loss(X - X.mean(), y, mae).domain == surface.domain
    assert 2 * surface.scale < surface(high) < 1e3 * surface.scale


def test_the_minimum_of_a_line_fit_is_the_least_squares_line_even_far_from_the_origin():
    x = 1e6 + np.arange(50.0)
    y = 3 * (x - 1e6) + 0.5 * np.sin(x)
    surface = line_loss(x, y)
    best, centred = surface.minima[0], np.polyfit(x - x.mean(), y, 1)
    assert best[0] == pytest.approx(centred[0], rel=1e-12)
    least = np.sum((np.polyval(centred, x - x.mean()) - y) ** 2)
    assert surface(best) == pytest.approx(least, rel=1e-9)
    assert np.all(np.abs(surface.gradient(best)) < 1e-9 * surface.steepness)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_more_weights_than_data_are_no_trouble(n):
    surface = polynomial_loss(X[:n], Y[:n], 6)
    w = rng.normal(size=7)
    expected = np.sum((np.polyval(w[::-1], X[:n]) - Y[:n]) ** 2)
    assert surface(w) == pytest.approx(expected, rel=1e-9)
    assert surface(surface.minima[0]) == pytest.approx(0, abs=1e-18 + 1e-20 * surface.scale)


@pytest.mark.parametrize("error", [sse, mse, mae, huber])
@pytest.mark.parametrize(
    ("x", "y"), [([2.0], [3.0]), ([2.0, 2.0], [3.0, 5.0]), ([1.0, 2.0], [4.0, 4.0]), ([0], [0])]
)
def test_one_datum_and_constant_data(error, x, y):
    surface, x, y = line_loss(x, y, error), np.array(x, float), np.array(y, float)
    for w in ([0.0, 0.0], [1.5, -2.0]):
        assert surface(w) == pytest.approx(error(w[0] * x + w[1], y), abs=1e-14)
    assert surface.scale > 0
    assert all(np.all(surface.gradient(w) == 0) for w in surface.minima)


@pytest.mark.parametrize(
    "make",
    [
        *(lambda size, e=e: line_loss(X[:20], Y[:20], e, size) for e in (sse, mse, mae, huber)),
        lambda size: polynomial_loss(X[:20], Y[:20], 2, batch_size=size),
        lambda size: logistic_loss(X[:20], LABELS[:20], size),
    ],
)
def test_the_mean_of_the_mini_batches_is_the_loss(make):
    whole, noisy, rows = make(None), make(5), iter(np.arange(20).reshape(4, 5))
    dealer = SimpleNamespace(choice=lambda *_, **__: next(rows))  # of all rows, batch after batch
    w = np.full(whole.dimension, 0.3)
    batches = [noisy.sample(dealer).value_and_gradient(w) for _ in range(4)]
    values, gradients = zip(*batches, strict=True)
    assert np.mean(values) == pytest.approx(whole(w))
    assert np.std(values) > 0.001
    np.testing.assert_allclose(np.mean(gradients, axis=0), whole.gradient(w), rtol=1e-10)
    everything = make(20).sample(np.random.default_rng(0))
    np.testing.assert_allclose(everything.gradient(w), whole.gradient(w), rtol=1e-10)


BAD = [
    (lambda: line_loss([1, np.nan, 3], [1, 2, 3]), "x must be finite, got nan at position 1"),
    (lambda: line_loss([1, 2, 3], [1, 2]), "x and y must have one length, got 3 and 2"),
    (lambda: line_loss([], []), r"x must have shape \(n,\) with n of at least 1, got \(0,\)"),
    (lambda: line_loss([[1, 2]], [1]), r"x must have shape \(n,\) .* got \(1, 2\)"),
    (lambda: line_loss(X, Y, batch_size=0), "batch_size must be a whole number from 1 to 23"),
    (lambda: line_loss([1e300, 1], [1, 2]), r"x must be at most 1e\+150 in size, got 1e\+300"),
    (lambda: polynomial_loss([1e100, 1.0], [1, 2], 4), "x must have powers of at most"),
    (lambda: polynomial_loss(X, Y, -1), "degree must be a whole number of at least 0, got -1"),
    (lambda: logistic_loss(X, Y), "y must hold labels 0 and 1"),
    (lambda: logistic_loss(np.ones((2, 2, 2)), [0, 1]), r"x must have shape \(n,\) or \(n, f\)"),
    (lambda: sse(np.ones(3), np.ones(4)), r"prediction must have the target's shape \(4,\)"),
    (lambda: cross_entropy(np.ones((2, 3)), [0, 3]), "class numbers from 0 to 2, got 3"),
    (lambda: cross_entropy(np.ones((0, 3)), []), r"target must not be empty, got shape \(0"),
    (lambda: cross_entropy(np.ones((2, 3)), [0, 1, 2]), r"logits must have shape \(n, C"),
    (lambda: cross_entropy([[0.0, 0.0]], [[1.1, -0.1]]), "probabilities of at least 0, got -0.1"),
    (lambda: linear_fit([1.0, 2.0], [1.0, 2.0], sse), r"X must have shape \(n, f\) with n"),
    (lambda: linear_fit([[1.0], [np.nan]], [1.0, 2.0], mae), "X must be finite, got nan"),
    (lambda: linear_fit(np.ones((3, 2)), np.ones(2), sse), "X and y must have one length, got 3"),
    (lambda: mse([], []), r"target must not be empty, got shape \(0,\)"),
    (lambda: huber_error(-1.0), "delta must be at least 0"),
    *((lambda t=t: binary_cross_entropy(np.zeros(2), t), "target must hold 0 and 1, or numbers bet")
      for t in ([-1.0, 1.0], [0.0, 1.5], [np.nan, 1.0])),
]  # fmt: skip
WRONG = [
    (lambda: line_loss({}, [1]), "x must be real numbers, got {}"),
    (lambda: line_loss(np.array([1j, 2.0]), [1, 2]), "x must be real numbers"),
    (lambda: line_loss([1, 2], [1, 10**400]), "y must be real numbers"),
    (lambda: line_loss(X, Y, "mse"), "loss must be an error"),
    (lambda: polynomial_loss(X, Y, 2, cross_entropy), "loss must be an error"),
    (lambda: sse(np.array(["a", "b"]), [1.0, 2.0]), "prediction must be real numbers"),
    (lambda: binary_cross_entropy(np.ones(2), [[1, 2], [3]]), "target must be real numbers"),
    (lambda: cross_entropy(np.array([["a", "b"]]), [0]), "logits must be real numbers"),
    *((lambda d=d: huber_error(d), "delta must be a number") for d in (None, "1", [1.0])),
]  # fmt: skip

test_what_cannot_be = refused(BAD, WRONG)


def test_sigmoid_keeps_the_digits_of_small_values():
    assert np.log(sigmoid(-30.0)) == pytest.approx(-30.0, abs=1e-12)
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
    z = np.linspace(-40, 40, 81)
    slope = autodiff.grad(lambda z: sigmoid(z).sum())
    expected = np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))) ** 2
    np.testing.assert_allclose(slope(z), expected)
    bends = autodiff.grad(lambda z: slope(z).sum())(z)
    np.testing.assert_allclose(bends, expected * (1 - 2 * sigmoid(z)), atol=1e-15)
    assert sigmoid(np.zeros(2, np.float32)).dtype == np.float32


def test_what_is_0_to_rounding_is_0_whatever_numpy_raises():
    z = np.array([1000.0, -1000.0])
    with np.errstate(all="raise"):
        assert (sigmoid(-1000.0), binary_cross_entropy(z, [1.0, 0.0])) == (0, 0)
        assert cross_entropy(z[None], [0]) == 0
        assert plateau()([40.0, 0.0]) == 1
        np.testing.assert_array_equal(autodiff.grad(lambda z: cross_entropy(z, [0]))(z[None]), 0)


def test_soft_targets_are_weighed_as_pytorch_does():
    z = np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 2.0]])
    t = np.array([[0.2, 0.3, 0.1], [0.0, 2.0, 0.5]])
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    assert cross_entropy(z, t) == pytest.approx(np.mean(-(t * log_p).sum(axis=1)))
    slopes = autodiff.grad(lambda z: cross_entropy(z, t))(z)
    np.testing.assert_allclose(slopes, (t.sum(axis=1, keepdims=True) * np.exp(log_p) - t) / 2)
    impossible = np.array([[0.0, -np.inf]])
    assert cross_entropy(impossible, [0]) == cross_entropy(impossible, [[1.0, 0.0]]) == 0


def summed_exactly(x, y, w):
    """Σ (y - Σ wⱼ xʲ)² in fractions, rounded once."""
    exactly = np.vectorize(lambda number: Fraction(float(number)), otypes=[object])
    return float(np.sum((exactly(y) - np.polyval(exactly(w)[::-1], exactly(x))) ** 2))


@pytest.mark.parametrize("degree", [3, 9, 12])
@pytest.mark.parametrize("unit", [1.0, 10.0, 0.01])
def test_the_loss_of_a_high_polynomial_is_the_sum_of_squares(degree, unit):
    x = unit * np.arange(20.0)
    y = np.sin(x / unit)
    surface = polynomial_loss(x, y, degree)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # polyfit's own doubts about the conditioning
        fitted = np.polyfit(x, y, degree)[::-1]
    assert surface(fitted) == pytest.approx(summed_exactly(x, y, fitted), rel=1e-6)
    best = surface.minima[0]
    assert surface(best) == pytest.approx(summed_exactly(x, y, best), rel=1e-6)
    assert surface(best) <= surface(fitted) * (1 + 1e-6)
    assert polynomial_loss(x, y, degree, mse)(fitted) == pytest.approx(surface(fitted) / 20)


def test_penguins_in_millimetres_have_the_loss_of_penguins_in_metres():
    x, y = penguins().flipper_length, penguins().body_mass
    in_mm = polynomial_loss(x, y, 5, mse)
    centred = np.polyfit((x - x.mean()) / x.std(), y, 5)
    expected = np.mean((np.polyval(centred, (x - x.mean()) / x.std()) - y) ** 2)
    assert in_mm(in_mm.minima[0]) == pytest.approx(expected, rel=1e-6)


def test_scores_beyond_all_measure_in_32_bits_have_a_slope():
    z = np.array([[1e30, -1e30, 0.0], [3e38, 3e38, 0.0]], np.float32)
    slope = autodiff.grad(lambda z: cross_entropy(z, [1, 0]))(z)
    assert slope.dtype == np.float32
    np.testing.assert_array_equal(slope, [[0.5, -0.5, 0], [-0.25, 0.25, 0]])


@pytest.mark.parametrize("error", [sse, mse, mae, huber], ids=lambda e: e.name)
def test_whole_numbers_and_truth_values_are_compared_as_numbers(error):
    p, t = np.array([1, 200], np.uint8), np.array([200, 1], np.uint8)
    assert error(p, t) == error([1.0, 200.0], [200.0, 1.0])
    assert error(np.array([True, False]), np.array([True, True])) == error([1.0, 0.0], [1.0, 1.0])
    assert cross_entropy(np.array([[1, 200, 3]], np.uint8), [0]) == 199


def test_where_an_index_has_32_bits_batches_are_drawn_and_classes_counted(narrow_indices):
    x = np.linspace(-1, 1, 12)
    for loss in (
        line_loss(x, x**2, mse, batch_size=4),
        polynomial_loss(x, x**2, 3, batch_size=4),
        logistic_loss(x, x > 0, batch_size=4),
        shaken(bowl(), 0.1),
    ):
        start = np.zeros(loss.dimension)
        run = descend(loss, start, GradientDescent(0.01), 5, validation=loss)
        assert run.steps_taken == 5
    z = np.arange(9.0).reshape(3, 3)
    for labels in (np.array([0, 2, 1], np.int64), [0, 2, 1]):
        assert cross_entropy(z, labels) == pytest.approx(np.log(1 + np.e + np.e**2) - 1)
