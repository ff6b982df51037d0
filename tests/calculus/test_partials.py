"""Gradients, Jacobians and Hessians by differences, against those known by hand."""

import math

import numpy as np
import pytest

from calclearn.calculus.numerical import grad, hessian, jacobian


def rosenbrock(w):
    return np.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2, axis=0)


def rosenbrock_gradient(w):
    gradient = np.zeros_like(w)
    gradient[1:] += 200 * (w[1:] - w[:-1] ** 2)
    gradient[:-1] += -400 * w[:-1] * (w[1:] - w[:-1] ** 2) - 2 * (1 - w[:-1])
    return gradient


def rosenbrock_hessian(w):
    d = len(w)
    H = np.zeros((d, d))
    for i in range(d - 1):
        H[i, i] += 1200 * w[i] ** 2 - 400 * w[i + 1] + 2
        H[i + 1, i + 1] += 200
        H[i, i + 1] = H[i + 1, i] = -400 * w[i]
    return H


@pytest.mark.parametrize("d", [2, 3, 4, 20, 100])
def test_gradient_of_rosenbrock(d):
    w = np.random.default_rng(d).normal(size=d)
    exact = rosenbrock_gradient(w)
    assert np.abs(grad(rosenbrock)(w) - exact).max() < 1e-9 * np.abs(exact).max()


def softplus_sum(w):  # log Σ exp(w), with Hessian diag(p) - pp'
    return np.log(np.sum(np.exp(w), axis=0))


def softplus_hessian(w):
    p = np.exp(w) / np.exp(w).sum()
    return np.diag(p) - np.outer(p, p)


def bell(w):
    return np.exp(-np.sum(w * w, axis=0) / 2)


def bell_hessian(w):
    return (np.outer(w, w) - np.eye(len(w))) * bell(w)


def barrier(w):
    return -np.sum(np.log(w), axis=0) + w[0] * w[-1]


def barrier_hessian(w):
    H = np.diag(1 / w**2)
    H[0, -1] += 1
    H[-1, 0] += 1
    return H


HESSIANS = {
    "rosenbrock": (rosenbrock, rosenbrock_hessian, 1.0),
    "log-sum-exp": (softplus_sum, softplus_hessian, 1.0),
    "bell": (bell, bell_hessian, 0.5),
    "barrier": (barrier, barrier_hessian, None),
}


@pytest.mark.parametrize("d", [2, 3, 5, 10, 20])
@pytest.mark.parametrize(("f", "exact", "spread"), HESSIANS.values(), ids=HESSIANS)
def test_hessians_are_right_to_eight_digits(f, exact, spread, d):
    rng = np.random.default_rng(d)
    w = rng.uniform(0.2, 2, d) if spread is None else rng.normal(size=d) * spread
    H = hessian(f)(w)
    assert np.abs(H - exact(w)).max() <= 1e-8 * np.abs(exact(w)).max()
    np.testing.assert_array_equal(H, H.T)


@pytest.mark.parametrize("batch", [(), (1,), (7,), (3, 4), (2, 3, 2)])
@pytest.mark.parametrize("d", [2, 5])
def test_batched_is_looped(d, batch):
    w = np.random.default_rng(0).normal(size=(d, *batch))
    points = w.reshape(d, -1).T

    def two(w):
        return np.stack([rosenbrock(w), w[0] * w[1], w[1] ** 3])

    for transform, f in ((grad, rosenbrock), (jacobian, two), (hessian, rosenbrock)):
        looped = np.stack([transform(f)(point) for point in points], axis=-1)
        together = transform(f)(w)
        assert together.shape == (*looped.shape[:-1], *batch)
        np.testing.assert_allclose(together.reshape(looped.shape), looped, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n", [2, 4, 5, 8, 10])  # 4 and 10: residuals as many as shifted points
@pytest.mark.parametrize("d", [2, 5])
def test_a_sum_without_an_axis_falls_back_to_a_loop(n, d):
    rng = np.random.default_rng(n)
    X, y, w = rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d)

    def sse(w):
        return np.sum((X @ w - y) ** 2)

    def by_accident(w):
        return ((X @ w - y) ** 2).sum(axis=0)

    exact = 2 * X.T @ (X @ w - y)
    np.testing.assert_allclose(grad(sse)(w), exact, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(grad(by_accident)(w), exact, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(jacobian(lambda w: X @ w - y)(w), X, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(hessian(sse)(w), 2 * X.T @ X, rtol=1e-8, atol=1e-8)
    many = rng.normal(size=(d, n))
    exact = 2 * X.T @ (X @ many - y[:, None])
    np.testing.assert_allclose(grad(sse)(many), exact, rtol=1e-7, atol=1e-7)


def test_f_is_asked_for_all_shifted_points_at_once():
    shapes = []

    def f(w):
        shapes.append(w.shape)
        return np.sum(w**2, axis=0)

    grad(f)(np.ones(10))
    assert shapes == [(10,), (10, 20), (10,)]


def test_a_scalar_function_has_a_scalar_gradient():
    assert grad(np.sin)(1.0) == pytest.approx(np.cos(1.0), rel=1e-9)
    assert np.ndim(grad(math.sin)(1.0)) == 0


def test_jacobian_shapes():
    def matrix_valued(w):
        return np.stack([np.stack([w[0], w[1]]), np.stack([w[0] * w[1], w[0] ** 2])])

    w = np.array([2.0, 3.0])
    expected = np.array([[[1, 0], [0, 1]], [[3, 2], [4, 0]]])
    np.testing.assert_allclose(jacobian(matrix_valued)(w), expected, atol=1e-8)
    np.testing.assert_allclose(jacobian(lambda w: w[0] * w[1])(w), [3, 2], atol=1e-8)
    np.testing.assert_allclose(
        jacobian(lambda w: [w[0] * w[1], 1.0])(w), [[3, 2], [0, 0]], atol=1e-8
    )
    np.testing.assert_allclose(grad(lambda w: float(w[0]) ** 2)(w), [4, 0], atol=1e-8)


def test_integers_are_real_numbers():
    np.testing.assert_allclose(grad(lambda w: np.sum(w**2, axis=0))([1, 2]), [2, 4], rtol=1e-9)
    np.testing.assert_allclose(grad(lambda w: w[0] > 0)(np.array([1, 2])), [0, 0])


@pytest.mark.parametrize("transform", [grad, jacobian, hessian])
@pytest.mark.parametrize("d", [2, 6])
def test_bad_input_is_named(transform, d):
    with pytest.raises(ValueError, match="w must be finite, got"):
        transform(np.sum)(np.full(d, np.inf))
    with pytest.raises(TypeError, match="w must be a real number or an array of them, got"):
        transform(np.sum)(["one"] * d)
    with pytest.raises(ValueError, match=r"w must have shape \(d,\) or \(d, ...\), got \(0,\)"):
        transform(np.sum)([])
    with pytest.raises(TypeError, match="f must return numbers, got 'seven'"):
        transform(lambda w: "seven")(np.ones(d))
    with pytest.raises(TypeError, match="f must return real numbers, got complex"):
        transform(lambda w: w[0] * 1j)(np.ones(d))
    if transform is not jacobian:
        for f in (lambda w: w**2, list):
            with pytest.raises(ValueError, match="f must return one number for each point, got"):
                transform(f)(np.ones(d))


@pytest.mark.parametrize("transform", [grad, jacobian, hessian])
def test_what_is_no_function_no_point_or_not_finite_is_named(transform):
    with pytest.raises(TypeError, match="f must be a function, got int"):
        transform(3)
    with pytest.raises(ValueError, match="w must be finite"):
        transform(np.sum)(np.array([np.inf, 1.0]))
    with pytest.raises(TypeError, match="w must be a real number or an array of them"):
        transform(np.sum)([[1, 2], [3]])


@pytest.mark.parametrize("batch", [(0,), (2, 0)])
def test_no_points_have_no_derivatives(batch):
    w = np.zeros((3, *batch))
    assert grad(lambda w: np.sum(w**2, axis=0))(w).shape == (3, *batch)
    assert jacobian(lambda w: np.stack([w[0], w[1]]))(w).shape == (2, 3, *batch)
    assert hessian(lambda w: np.sum(w**2, axis=0))(w).shape == (3, 3, *batch)


def test_an_infinite_function_and_a_huge_point_give_no_warning():
    assert np.isnan(grad(lambda w: np.inf + np.sum(w, axis=0))(np.ones(5))).all()
    H = hessian(lambda w: w[1] ** 2)(np.array([1e300, 1.0]))
    np.testing.assert_allclose(H, [[0.0, 0.0], [0.0, 2.0]], atol=1e-9)
