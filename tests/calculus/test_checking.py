"""The bench: wrong gradients, each with the name of its disease, and right ones left in peace."""

import math
import re

import numpy as np
import pytest

from calclearn.calculus.checking import check_gradient

RNG = np.random.default_rng(7)


# Functions with their right gradients.


def least_squares(n, d, scale=1.0, mean=False):
    rng = np.random.default_rng([n, d])
    X, y = scale * rng.normal(size=(n, d)), scale * rng.normal(size=n)
    weight = 1 / n if mean else 1.0

    def f(w):
        return weight * np.sum((X @ w - y) ** 2)

    def residuals(w):
        return X @ w - y

    return f, lambda w: 2 * weight * X.T @ residuals(w), X, residuals


def logistic(n, d):
    rng = np.random.default_rng([n, d])
    X, t = rng.normal(size=(n, d)), rng.integers(0, 2, n)

    def f(w):
        return np.sum(np.logaddexp(0, X @ w) - t * (X @ w))

    def errors(w):
        return 1 / (1 + np.exp(-X @ w)) - t

    return f, lambda w: X.T @ errors(w), errors


def rosenbrock(w):
    return np.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2)


def rosenbrock_gradient(w):
    gradient = np.zeros_like(w)
    gradient[1:] += 200 * (w[1:] - w[:-1] ** 2)
    gradient[:-1] += -400 * w[:-1] * (w[1:] - w[:-1] ** 2) - 2 * (1 - w[:-1])
    return gradient


def himmelblau(p):
    x, y = p
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def himmelblau_gradient(p):
    x, y = p
    a, b = x**2 + y - 11, x + y**2 - 7
    return np.stack([4 * x * a + 2 * b, 2 * a + 4 * y * b])


def matrix_fit(rows, columns):
    rng = np.random.default_rng(rows)
    target = rng.normal(size=(rows, columns))

    def f(w):
        return np.sum(np.sin(w.reshape(rows, columns)) * target)

    def matrix(w):
        return np.cos(w.reshape(rows, columns)) * target

    return f, matrix


def l1(w):
    return np.sum(np.abs(w))


def point(d, seed=0, scale=1.0):
    return scale * np.random.default_rng(seed).normal(size=d)


LINE_X, LINE_Y = np.array([1.0, 2.0, 4.0, 7.0]), np.array([1.0, 3.0, 2.0, 5.0])


def line(w):
    return np.sum((w[0] * LINE_X + w[1] - LINE_Y) ** 2)


def line_residuals(w):
    return w[0] * LINE_X + w[1] - LINE_Y


def line_gradient(w):
    return 2 * np.array([line_residuals(w) @ LINE_X, line_residuals(w).sum()])


LESSON_X, LESSON_Y = np.array([[1], [2], [3]]), np.array([2, 4, 6])


def lesson(w):
    return np.sum((LESSON_X @ w - LESSON_Y) ** 2)


def right_gradients():
    for n, d in [(3, 1), (10, 2), (50, 5), (30, 50), (200, 200)]:
        f, g, *_ = least_squares(n, d)
        yield f"least squares {n} x {d}", f, g, point(d)
    for scale in (1e-8, 1e-4, 1e4, 1e8):
        f, g, *_ = least_squares(10, 3, scale)
        yield f"least squares, data times {scale}", f, g, point(3)
    f, g, *_ = least_squares(20, 4)
    yield "least squares at 0", f, g, np.zeros(4)
    f, g, X, residuals = least_squares(20, 4, mean=True)
    minimum = np.linalg.solve(X.T @ X, -X.T @ residuals(np.zeros(4)))
    yield "mean squares at its minimum", f, g, minimum
    f, g, _ = logistic(40, 3)
    yield "logistic", f, g, point(3)
    for d in (2, 3, 10, 100):
        yield f"rosenbrock {d}", rosenbrock, rosenbrock_gradient, point(d)
    yield "rosenbrock at its minimum", rosenbrock, rosenbrock_gradient, np.ones(5)
    yield "himmelblau", himmelblau, himmelblau_gradient, point(2)
    yield "himmelblau at a minimum", himmelblau, himmelblau_gradient, [3.0, 2.0]
    yield "himmelblau, several points", himmelblau, himmelblau_gradient, RNG.normal(size=(2, 7))
    yield "himmelblau, a list", himmelblau, himmelblau_gradient, [[1.0, 2.0], [3.0, -1.0]]
    for scale in (1e-9, 1e-3, 1e3, 1e9):
        yield (
            f"himmelblau times {scale}",
            lambda w, s=scale: s * himmelblau(w),
            lambda w, s=scale: s * himmelblau_gradient(w),
            point(2),
        )
    for scale in (1e-6, 1e-3, 1e3, 1e6):
        yield (
            f"himmelblau of w / {scale}",
            lambda w, s=scale: himmelblau(w / s),
            lambda w, s=scale: himmelblau_gradient(w / s) / s,
            point(2, scale=scale),
        )
    f, matrix = matrix_fit(3, 4)
    yield "matrix, flattened", f, lambda w: matrix(w).ravel(), point(12)
    yield "l1", l1, np.sign, point(6)
    yield "l1 at its kink, slope 0", l1, np.sign, np.zeros(4)
    yield "l1 at its kink, slope 1", l1, lambda w: np.where(w >= 0, 1.0, -1.0), np.zeros(4)
    yield "l1, some at the kink", l1, np.sign, np.array([0.0, 1.0, 0.0, -2.0])
    yield "relu at 0", lambda x: max(x, 0.0), lambda x: float(x > 0), [0.0, -1.0, 1.0]
    yield "relu at 0, the other slope", lambda x: max(x, 0.0), lambda x: float(x >= 0), 0.0
    yield (
        "hinge",
        lambda w: np.sum(np.maximum(1 - LINE_X * w[0], 0)),
        lambda w: np.array([-LINE_X[LINE_X * w[0] < 1].sum()]),
        [0.3],
    )
    yield "a constant", lambda w: 3.0, np.zeros_like, point(3)
    yield "a dead coordinate", lambda w: w[0] ** 2, lambda w: np.array([2 * w[0], 0.0]), point(2)
    yield "log near 0", lambda w: np.sum(np.log(w)), lambda w: 1 / w, np.array([1e-6, 1e-2, 1.0])
    yield "sine of a number", math.sin, math.cos, 1.0
    yield "sine of several numbers", np.sin, np.cos, [0.0, 1.0, 2.0]
    yield "sine, two numbers, math", math.sin, math.cos, [0.5, 1.0]
    yield "sine, no point given", math.sin, math.cos, None
    yield "large offset", lambda x: 1e6 + np.cos(x), lambda x: -np.sin(x), 0.7
    yield "one weight", lesson, lambda w: 2 * LESSON_X.T @ (LESSON_X @ w - LESSON_Y), [0.5]
    yield "one weight, a number", lambda w: lesson([w]), lambda w: 28 * (w - 2), 0.5
    yield "fast", lambda x: np.sin(50 * x), lambda x: 50 * np.cos(50 * x), 1.0
    yield "list returned", himmelblau, lambda p: list(himmelblau_gradient(p)), point(2)
    yield "line", line, line_gradient, point(2)


def wrong_gradients():
    f, g, X, residuals = least_squares(10, 3)
    w = point(3)
    for name, factor in [("2", 2), ("1/2", 0.5), ("n", 10), ("1/n", 0.1), ("2/n", 0.2), ("3", 3)]:
        yield "factor", f"least squares, factor {name}", f, lambda w, c=factor: c * g(w), w
    yield "factor", "minus two", f, lambda w: -2 * g(w), w
    yield "factor", "always zero", f, np.zeros_like, w
    yield "factor", "odd factor", f, lambda w: 0.43 * g(w), w
    yield "sign", "least squares", f, lambda w: -g(w), w
    yield "sign", "sine", np.cos, np.sin, 1.0
    yield "sign", "sine, math", math.cos, math.sin, 1.0
    yield "sign", "rosenbrock 100", rosenbrock, lambda w: -rosenbrock_gradient(w), point(100)
    yield "sign", "l1", l1, lambda w: -np.sign(w), np.array([0.0, 1.0, -1.0])
    for scale in (1e-9, 1e9):
        yield (
            "factor",
            f"himmelblau times {scale}, half",
            lambda w, s=scale: s * himmelblau(w),
            lambda w, s=scale: 0.5 * s * himmelblau_gradient(w),
            point(2),
        )
        yield (
            "sign",
            f"himmelblau times {scale}",
            lambda w, s=scale: s * himmelblau(w),
            lambda w, s=scale: -s * himmelblau_gradient(w),
            point(2),
        )
    for scale in (1e-6, 1e6):
        yield (
            "factor",
            f"himmelblau of w / {scale}, doubled",
            lambda w, s=scale: himmelblau(w / s),
            lambda w, s=scale: 2 * himmelblau_gradient(w / s) / s,
            point(2, scale=scale),
        )
    for n, d in [(3, 1), (10, 3), (200, 2), (50, 5)]:
        squares, _, _, r = least_squares(n, d)
        yield "missing_x", f"least squares {n} x {d}", squares, lambda w, r=r: 2 * r(w), point(d)
    mean_squares = least_squares(10, 3, mean=True)[0]
    yield "missing_x", "mean squares", mean_squares, lambda w: residuals(w) / 5, w
    yield "missing_x", "a column", f, lambda w: 2 * residuals(w)[:, None], w
    yield "missing_x", "the lesson", lesson, lambda w: 2 * (LESSON_X @ w - LESSON_Y), [0.5]
    yield "missing_x", "the lesson, other sign", lesson, lambda w: LESSON_Y - LESSON_X @ w, [0.0]
    entropy, _, errors = logistic(12, 2)
    yield "missing_x", "logistic", entropy, errors, point(2)
    yield "missing_x", "line", line, lambda w: 2 * line_residuals(w), point(2)
    yield (
        "missing_x",
        "line, summed",
        line,
        lambda w: np.full(2, 2 * line_residuals(w).sum()),
        [1, 0],
    )
    yield "missing_x", "logistic, summed", entropy, lambda w: np.full(2, errors(w).sum()), point(2)
    yield (
        "factor",
        "the lesson, summed",
        lesson,
        lambda w: 2 * np.sum(LESSON_X @ w - LESSON_Y),
        [0.5],
    )
    yield "factor", "the lesson, mean", lesson, lambda w: 28 * (w - 2) / 3, [0.5]
    for rows, columns in [(2, 3), (3, 4), (10, 20)]:
        fit, matrix = matrix_fit(rows, columns)
        yield (
            "transposed",
            f"{rows} x {columns}",
            fit,
            lambda w, m=matrix: m(w).T.ravel(),
            point(rows * columns),
        )
    yield "transposed", "swapped", himmelblau, lambda p: himmelblau_gradient(p)[::-1], point(2)
    yield "transposed", "rolled", rosenbrock, lambda w: np.roll(rosenbrock_gradient(w), 1), point(6)

    def one_wrong(w, i=2, change=lambda g: g + 1):
        gradient = rosenbrock_gradient(w)
        gradient[i] = change(gradient[i])
        return gradient

    yield "coordinate", "one off by one", rosenbrock, one_wrong, point(5)
    yield "coordinate", "one sign", rosenbrock, lambda w: one_wrong(w, 0, np.negative), point(5)
    yield "coordinate", "one of 200", rosenbrock, lambda w: one_wrong(w, 150), point(200)
    yield "coordinate", "one zero", rosenbrock, lambda w: one_wrong(w, 4, lambda g: 0 * g), point(5)
    yield (
        "coordinate",
        "slope without its chain",
        line,
        lambda w: line_gradient(w) * np.array([2, 1]),
        point(2),
    )
    yield (
        "coordinate",
        "himmelblau",
        himmelblau,
        lambda p: himmelblau_gradient(p) + np.array([p[1], 0]),
        [1, 2],
    )
    yield (
        "coordinate",
        "a tiny coordinate",
        lambda w: w[0] ** 2 + 1e-5 * np.sin(w[1]),
        lambda w: np.array([2 * w[0], -1e-5 * np.cos(w[1])]),
        point(2),
    )

    def normalised(p):
        gradient = himmelblau_gradient(p)
        return gradient / np.linalg.norm(gradient)

    yield "length", "normalised", himmelblau, normalised, point(2)
    yield "offset", "without the target", f, lambda w: 2 * X.T @ (X @ w), w
    yield "shape", "a column of d", f, lambda w: g(w)[:, None], w
    yield "shape", "one gradient a row", f, lambda w: 2 * X * residuals(w)[:, None], w
    yield "shape", "summed to one", f, lambda w: g(w).sum(), w
    yield "shape", "an intercept too many", f, lambda w: np.append(g(w), 1.0), w
    yield "shape", "a weight too few", f, lambda w: g(w)[:-1], w
    yield "kink", "l1", l1, lambda w: np.where(w == 0, 2.0, np.sign(w)), np.array([0.0, 1.0])
    yield "kink", "relu", lambda x: max(x, 0.0), lambda x: -1.0 if x == 0 else float(x > 0), 0.0
    yield "not_finite", "l2 norm at 0", np.linalg.norm, lambda w: w / np.sqrt(w @ w), np.zeros(2)
    yield "raises", "shapes that do not fit", f, lambda w: X @ residuals(w), w
    yield "wrong", "the function itself", himmelblau, lambda p: p**2, point(2)
    yield "wrong", "another function", np.sin, np.exp, [0.1, 0.5, 1.0]
    yield "wrong", "missing chain rule", lambda x: np.sin(x**2), lambda x: np.cos(x**2), 1.0


RIGHT, WRONG = list(right_gradients()), list(wrong_gradients())


def test_the_bench_is_large_enough():
    assert len(RIGHT) >= 40
    assert len(WRONG) >= 40
    assert len({(disease, name) for disease, name, *_ in WRONG}) == len(WRONG)


@pytest.mark.parametrize(("name", "f", "gradient", "at"), RIGHT, ids=[case[0] for case in RIGHT])
def test_a_right_gradient_is_left_in_peace(name, f, gradient, at):
    report = check_gradient(f, gradient, at=at)
    assert report, str(report)
    assert report.diagnosis == "agrees"


@pytest.mark.parametrize(
    ("disease", "name", "f", "gradient", "at"), WRONG, ids=[f"{c[0]}: {c[1]}" for c in WRONG]
)
def test_a_wrong_gradient_is_told_by_its_disease(disease, name, f, gradient, at):
    report = check_gradient(f, gradient, at=at)
    assert not report
    assert report.diagnosis == disease, str(report)
    assert str(report) == f"{disease}: {report.message}"
    assert 30 < len(report.message) < 260
    assert report.message.endswith(".")


def test_the_right_answer_is_never_shown():
    for disease, _, f, gradient, at in WRONG:
        if disease in ("sign", "coordinate", "wrong", "transposed", "length", "missing_x"):
            assert not re.search(r"\d\.\d|=", check_gradient(f, gradient, at=at).message)


def test_a_report_can_be_had_again():
    first, again = (check_gradient(himmelblau, lambda p: p, at=[1.0, 2.0]) for _ in range(2))
    assert first == again
    assert first.points == 6


def test_neighbours_outside_the_domain_are_left_out():
    report = check_gradient(lambda w: math.sqrt(w[0]), lambda w: 0.5 / np.sqrt(w), at=[1e-300])
    assert report


def test_bad_input_is_named():
    with pytest.raises(TypeError, match="gradient must be a function, got ndarray"):
        check_gradient(himmelblau, np.zeros(2), at=[1.0, 2.0])
    with pytest.raises(TypeError, match="f must be a function, got float"):
        check_gradient(1.0, himmelblau_gradient, at=[1.0, 2.0])
    with pytest.raises(ValueError, match=r"at must have shape \(d,\) or \(d, m\), got \(2, 2, 2\)"):
        check_gradient(himmelblau, himmelblau_gradient, at=np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="f must be finite at the points in at, got nan"):
        check_gradient(lambda w: w[0] * np.nan, np.zeros_like, at=[1.0, 2.0])
    with pytest.raises(ValueError, match="f must return one number for a point, got shape"):
        check_gradient(lambda w: np.outer(w, w), np.zeros_like, at=[1.0, 2.0])
    with pytest.raises(ValueError, match="at must list points of one shape"):
        check_gradient(himmelblau, himmelblau_gradient, at=[[1.0, 2.0], [3.0]])
    with pytest.raises(ValueError, match="at must be finite"):
        check_gradient(himmelblau, himmelblau_gradient, at=[1.0, np.inf])
    with pytest.raises(TypeError, match="at must be a real number"):
        check_gradient(himmelblau, himmelblau_gradient, at="here")


def test_a_gradient_that_is_complex_or_empty_is_told():
    def f(w):
        return np.sum(w**2)

    assert "must return real numbers" in check_gradient(f, lambda w: 2j * w, at=[1.0, 2.0]).message
    assert check_gradient(f, lambda w: np.zeros((2, 0)), at=[1.0, 2.0]).diagnosis == "shape"
    with pytest.raises(TypeError, match="f must return real numbers, got complex"):
        check_gradient(lambda w: 1j, lambda w: w, at=[1.0, 2.0])
