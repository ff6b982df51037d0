"""Right gradients agree; wrong ones are named by the marks of their mistakes."""

import math
import re

import numpy as np
import pytest

from calclearn.calculus import autodiff
from calclearn.calculus.checking import (
    MARKS,
    Comparison,
    check_gradient,
    coordinate,
    factor,
    forgets_x,
    sign,
)

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


def times(c, f, gradient):
    return lambda w: c * f(w), lambda w: c * gradient(w)


def of_scaled(c, f, gradient):
    return lambda w: f(w / c), lambda w: gradient(w / c) / c


ROSENBROCK, HIMMELBLAU = (rosenbrock, rosenbrock_gradient), (himmelblau, himmelblau_gradient)
SQUARES, SQUARES_GRADIENT, X, RESIDUALS = least_squares(20, 4)
SMALLEST = np.linalg.solve(X.T @ X, -X.T @ RESIDUALS(np.zeros(4)))
MATRIX_FIT, MATRIX = matrix_fit(3, 4)

# fmt: off
RIGHT = [  # name, f, its gradient, at
    *[(f"least squares {n} x {d}", *least_squares(n, d)[:2], point(d))
      for n, d in [(3, 1), (10, 2), (50, 5), (30, 50), (200, 200)]],
    *[(f"least squares, data times {c}", *least_squares(10, 3, c)[:2], point(3))
      for c in (1e-8, 1e-4, 1e4, 1e8)],
    ("least squares at 0", SQUARES, SQUARES_GRADIENT, np.zeros(4)),
    ("mean squares at its minimum", *least_squares(20, 4, mean=True)[:2], SMALLEST),
    ("logistic", *logistic(40, 3)[:2], point(3)),
    *[(f"rosenbrock {d}", *ROSENBROCK, point(d)) for d in (2, 3, 10, 100)],
    ("rosenbrock at its minimum", *ROSENBROCK, np.ones(5)),
    ("himmelblau at a minimum", *HIMMELBLAU, [3.0, 2.0]),
    ("himmelblau, several points", *HIMMELBLAU, np.random.default_rng(7).normal(size=(2, 7))),
    *[(f"himmelblau times {c}", *times(c, *HIMMELBLAU), point(2)) for c in (1e-9, 1e-3, 1e3, 1e9)],
    *[(f"himmelblau of w / {c}", *of_scaled(c, *HIMMELBLAU), point(2, scale=c))
      for c in (1e-6, 1e-3, 1e3, 1e6)],
    ("matrix, flattened", MATRIX_FIT, lambda w: MATRIX(w).ravel(), point(12)),
    ("l1", l1, np.sign, point(6)),
    ("l1 at its kink, slope 0", l1, np.sign, np.zeros(4)),
    ("l1 at its kink, slope 1", l1, lambda w: np.where(w >= 0, 1.0, -1.0), np.zeros(4)),
    ("l1, some at the kink", l1, np.sign, np.array([0.0, 1.0, 0.0, -2.0])),
    ("relu at 0", lambda x: max(x, 0.0), lambda x: float(x > 0), [0.0, -1.0, 1.0]),
    ("relu at 0, the other slope", lambda x: max(x, 0.0), lambda x: float(x >= 0), 0.0),
    ("hinge", lambda w: np.sum(np.maximum(1 - LINE_X * w[0], 0)),
     lambda w: np.array([-LINE_X[LINE_X * w[0] < 1].sum()]), [0.3]),
    ("a constant", lambda w: 3.0, np.zeros_like, point(3)),
    ("a dead coordinate", lambda w: w[0] ** 2, lambda w: np.array([2 * w[0], 0.0]), point(2)),
    ("log near 0", lambda w: np.sum(np.log(w)), lambda w: 1 / w, np.array([1e-6, 1e-2, 1.0])),
    ("sine, two numbers, math", math.sin, math.cos, [0.5, 1.0]),
    ("large offset", lambda x: 1e6 + np.cos(x), lambda x: -np.sin(x), 0.7),
    ("one weight", lesson, lambda w: 2 * LESSON_X.T @ (LESSON_X @ w - LESSON_Y), [0.5]),
    ("one weight, a number", lambda w: lesson([w]), lambda w: 28 * (w - 2), 0.5),
    ("fast", lambda x: np.sin(50 * x), lambda x: 50 * np.cos(50 * x), 1.0),
    ("list returned", himmelblau, lambda p: list(himmelblau_gradient(p)), point(2)),
    ("line", line, line_gradient, point(2)),
]


def one_wrong(i, change=lambda g: g + 1):
    def gradient(w):
        g = rosenbrock_gradient(w)
        g[i] = change(g[i])
        return g

    return gradient


def normalised(p):
    return himmelblau_gradient(p) / np.linalg.norm(himmelblau_gradient(p))


f, g, X3, r = least_squares(10, 3)
ENTROPY, _, ERRORS = logistic(12, 2)
AT = point(3)
WRONG = [  # mistake, name, f, gradient, at
    *[("factor", f"least squares times {c}", f, lambda w, c=c: c * g(w), AT)
      for c in (2, 0.5, 10, 0.1, 0.2, 3, -2, 0, 0.43)],
    *[("factor", f"himmelblau times {c}, half", times(c, *HIMMELBLAU)[0],
       times(c / 2, *HIMMELBLAU)[1], point(2)) for c in (1e-9, 1e9)],
    *[("factor", f"himmelblau of w / {c}, doubled", of_scaled(c, *HIMMELBLAU)[0],
       times(2, *of_scaled(c, *HIMMELBLAU))[1], point(2, scale=c)) for c in (1e-6, 1e6)],
    ("factor", "the lesson, summed", lesson, lambda w: 2 * np.sum(LESSON_X @ w - LESSON_Y), [0.5]),
    ("factor", "the lesson, mean", lesson, lambda w: 28 * (w - 2) / 3, [0.5]),
    ("sign", "least squares", f, lambda w: -g(w), AT),
    ("sign", "sine", np.cos, np.sin, 1.0),
    ("sign", "sine, math", math.cos, math.sin, 1.0),
    ("sign", "rosenbrock 100", rosenbrock, lambda w: -rosenbrock_gradient(w), point(100)),
    ("sign", "l1", l1, lambda w: -np.sign(w), np.array([0.0, 1.0, -1.0])),
    *[("sign", f"himmelblau times {c}", times(c, *HIMMELBLAU)[0], times(-c, *HIMMELBLAU)[1],
       point(2)) for c in (1e-9, 1e9)],
    *[("missing_x", f"least squares {n} x {d}", least_squares(n, d)[0],
       lambda w, n=n, d=d: 2 * least_squares(n, d)[3](w), point(d))
      for n, d in [(3, 1), (10, 3), (200, 2), (50, 5)]],
    ("missing_x", "mean squares", least_squares(10, 3, mean=True)[0], lambda w: r(w) / 5, AT),
    ("missing_x", "a column", f, lambda w: 2 * r(w)[:, None], AT),
    ("missing_x", "the lesson", lesson, lambda w: 2 * (LESSON_X @ w - LESSON_Y), [0.5]),
    ("missing_x", "the lesson, other sign", lesson, lambda w: LESSON_Y - LESSON_X @ w, [0.0]),
    ("missing_x", "logistic", ENTROPY, ERRORS, point(2)),
    ("missing_x", "logistic, summed", ENTROPY, lambda w: np.full(2, ERRORS(w).sum()), point(2)),
    ("missing_x", "line", line, lambda w: 2 * line_residuals(w), point(2)),
    ("missing_x", "line, summed", line, lambda w: np.full(2, 2 * line_residuals(w).sum()), [1, 0]),
    *[("transposed", f"{n} x {m}", matrix_fit(n, m)[0],
       lambda w, n=n, m=m: matrix_fit(n, m)[1](w).T.ravel(), point(n * m))
      for n, m in [(2, 3), (3, 4), (10, 20)]],
    ("transposed", "swapped", himmelblau, lambda p: himmelblau_gradient(p)[::-1], point(2)),
    ("transposed", "rolled", rosenbrock, lambda w: np.roll(rosenbrock_gradient(w), 1), point(6)),
    ("coordinate", "one off by one", rosenbrock, one_wrong(2), point(5)),
    ("coordinate", "one sign", rosenbrock, one_wrong(0, np.negative), point(5)),
    ("coordinate", "one of 200", rosenbrock, one_wrong(150), point(200)),
    ("coordinate", "one zero", rosenbrock, one_wrong(4, lambda g: 0 * g), point(5)),
    ("coordinate", "slope without its chain", line, lambda w: line_gradient(w) * [2, 1], point(2)),
    ("coordinate", "himmelblau", himmelblau,
     lambda p: np.add(himmelblau_gradient(p), (p[1], 0)), [1, 2]),
    ("coordinate", "a tiny coordinate", lambda w: w[0] ** 2 + 1e-5 * np.sin(w[1]),
     lambda w: np.array([2 * w[0], -1e-5 * np.cos(w[1])]), point(2)),
    ("length", "normalised", himmelblau, normalised, point(2)),
    ("offset", "without the target", f, lambda w: 2 * X3.T @ (X3 @ w), AT),
    ("shape", "a column of d", f, lambda w: g(w)[:, None], AT),
    ("shape", "one gradient a row", f, lambda w: 2 * X3 * r(w)[:, None], AT),
    ("shape", "summed to one", f, lambda w: g(w).sum(), AT),
    ("shape", "an intercept too many", f, lambda w: np.append(g(w), 1.0), AT),
    ("shape", "a weight too few", f, lambda w: g(w)[:-1], AT),
    ("kink", "l1", l1, lambda w: np.where(w == 0, 2.0, np.sign(w)), np.array([0.0, 1.0])),
    ("kink", "relu", lambda x: max(x, 0.0), lambda x: -1.0 if x == 0 else float(x > 0), 0.0),
    ("not_finite", "l2 norm at 0", np.linalg.norm, lambda w: w / np.sqrt(w @ w), np.zeros(2)),
    ("raises", "shapes that do not fit", f, lambda w: X3 @ r(w), AT),
    ("wrong", "the function itself", himmelblau, lambda p: p**2, point(2)),
    ("wrong", "another function", np.sin, np.exp, [0.1, 0.5, 1.0]),
    ("wrong", "missing chain rule", lambda x: np.sin(x**2), lambda x: np.cos(x**2), 1.0),
]
# fmt: on


@pytest.mark.parametrize(("name", "f", "gradient", "at"), RIGHT, ids=[case[0] for case in RIGHT])
def test_a_right_gradient_agrees(name, f, gradient, at):
    report = check_gradient(f, gradient, at=at)
    assert report, str(report)
    assert report.diagnosis == "agrees"


@pytest.mark.parametrize(
    ("mistake", "name", "f", "gradient", "at"), WRONG, ids=[f"{c[0]}: {c[1]}" for c in WRONG]
)
def test_a_mistake_is_named(mistake, name, f, gradient, at):
    report = check_gradient(f, gradient, at=at)
    assert not report
    assert report.diagnosis == mistake, str(report)
    assert str(report) == f"{mistake}: {report.message}"
    assert 30 < len(report.message) < 260
    assert report.message.endswith(".")


def test_the_right_answer_is_never_shown():
    for mistake, _, f, gradient, at in WRONG:
        if mistake in ("sign", "coordinate", "wrong", "transposed", "length", "missing_x"):
            assert not re.search(r"\d\.\d|=", check_gradient(f, gradient, at=at).message)


def test_a_report_repeats():
    first, again = (check_gradient(himmelblau, lambda p: p, at=[1.0, 2.0]) for _ in range(2))
    assert first == again
    assert first.points == 6


def test_neighbours_outside_the_domain_are_left_out():
    assert check_gradient(lambda w: math.sqrt(w[0]), lambda w: 0.5 / np.sqrt(w), at=[1e-300])
    report = check_gradient(lambda w: math.sqrt(w[0]), lambda w: np.full(1, np.inf), at=[0.0])
    assert report.points < 6


# Many coordinates, small and large ones, single precision.


def squares(w):
    return np.sum(w**2)


def one_flipped(w):
    gradient = 2 * w
    gradient[len(w) // 3] *= -1
    return gradient


LONG = 3000
LONG_MISTAKES = {
    "sign": lambda w: -2 * w,
    "factor": lambda w: w,
    "coordinate": one_flipped,
    "length": lambda w: w / np.linalg.norm(w),
    "wrong": lambda w: np.sin(5 * w),
    "shape": lambda w: 2 * w[:, None],
}


@pytest.mark.parametrize("mistake", LONG_MISTAKES)
def test_mistakes_among_thousands_of_coordinates(mistake):
    report = check_gradient(squares, LONG_MISTAKES[mistake], at=point(LONG))
    assert report.diagnosis == mistake, str(report)
    if mistake == "coordinate":
        assert f"w[{LONG // 3}] is wrong" in report.message


def test_wrong_coordinates_beyond_those_that_are_listed():
    def half_flipped(w):
        return np.where(np.arange(len(w)) % 2 == 0, 2, -2) * w

    report = check_gradient(squares, half_flipped, at=point(LONG))
    assert report.diagnosis == "coordinate"
    assert "and others" in report.message


@pytest.mark.parametrize("d", [200, LONG, 10_000])
def test_right_gradients_of_many_coordinates(d):
    assert check_gradient(squares, lambda w: 2 * w, at=point(d))
    assert check_gradient(lambda p: -np.sum(np.log(p)), lambda p: -1 / p, at=np.full(d, 1e-3))
    assert check_gradient(lambda p: -np.sum(np.log(p)), lambda p: -1 / p, at=np.full(d, 1 / d))
    kinks = np.where(np.arange(d) % 2 == 0, 0.0, point(d))
    assert check_gradient(l1, np.sign, at=kinks)


@pytest.mark.parametrize("d", [5, 1000])
def test_coordinates_from_1e_minus_8_to_1e8(d):
    rng = np.random.default_rng(d)
    w, scale = 10 ** rng.uniform(-8, 8, d), 10 ** rng.uniform(-8, 8, d)
    assert check_gradient(lambda w: np.sum(np.log(w)), lambda w: 1 / w, at=w)
    X, y = rng.normal(size=(20, d)), rng.normal(size=20)

    def loss(w):
        return np.sum((X @ (w / scale) - y) ** 2)

    def gradient(w):
        return 2 * X.T @ (X @ (w / scale) - y) / scale

    at = 0.1 * scale * rng.normal(size=d)
    assert check_gradient(loss, gradient, at=at)
    assert check_gradient(loss, lambda w: -gradient(w), at=at).diagnosis == "sign"


@pytest.mark.parametrize("d", [4, 800])
def test_a_loss_in_single_precision(d):
    rng = np.random.default_rng(d)
    X, y = rng.normal(size=(30, d)).astype(np.float32), rng.normal(size=30).astype(np.float32)

    def loss(w):
        return np.mean((X @ w.astype(np.float32) - y) ** 2)

    def gradient(w):
        return 2 * X.T @ (X @ w.astype(np.float32) - y) / np.float32(30)

    at = rng.normal(size=d) / np.sqrt(d)
    assert check_gradient(loss, gradient, at=at)
    assert check_gradient(lambda w: float(loss(w)), gradient, at=at)
    assert check_gradient(loss, lambda w: gradient(w) / 2, at=at).diagnosis == "factor"
    assert check_gradient(loss, lambda w: -gradient(w), at=at).diagnosis == "sign"


def test_the_gradient_of_a_network_in_single_precision():
    rng = np.random.default_rng(0)
    X, v, y = rng.normal(size=(20, 5)), rng.normal(size=8), rng.normal(size=20)

    def loss(w):
        return np.mean((np.tanh(X @ w.reshape(5, 8)) @ v - y) ** 2)

    def single(w):
        X32, v32, y32 = (a.astype(np.float32) for a in (X, v, y))
        return np.mean((np.tanh(X32 @ w.astype(np.float32).reshape(5, 8)) @ v32 - y32) ** 2)

    assert check_gradient(loss, autodiff.grad(loss), at=rng.normal(size=40))
    assert check_gradient(single, autodiff.grad(loss), at=rng.normal(size=40))


# Functions that write, that are random, or that take something else.


def test_functions_that_write_into_their_argument():
    def loss(w):
        w *= 2
        return np.sum(w**2)

    def gradient(w):
        w *= 8
        return w

    buffer = np.zeros(2)

    def reused(w):
        buffer[:] = 8 * w
        return buffer

    at = np.array([1.0, 2.0])
    assert check_gradient(loss, gradient, at=at)
    assert check_gradient(loss, reused, at=at)
    assert at.tolist() == [1.0, 2.0]


def random_functions():
    rng, calls = np.random.default_rng(0), iter(range(10**6))
    yield "dropout", lambda w: squares(w * (rng.random(9) < 0.8))
    yield "rare dropout", lambda w: squares(w * (rng.random(9) < 0.98))
    yield "noise in the last digits", lambda w: squares(w) * (1 + 1e-10 * rng.normal())
    yield "a different third call", lambda w: squares(w) + (next(calls) % 3 == 0)


@pytest.mark.parametrize(("name", "f"), list(random_functions()))
def test_random_functions_are_named(name, f):
    report = check_gradient(f, lambda w: 2 * w, point(9))
    assert report.diagnosis == "random"
    assert "Two calls of f at one point" in report.message


def test_random_gradients_are_named():
    rng = np.random.default_rng(0)
    report = check_gradient(squares, lambda w: 2 * w * rng.random(), point(9))
    assert report.diagnosis == "random"
    assert "Two calls of the gradient at one point" in report.message


def test_a_wrong_gradient_within_the_noise_of_f_has_no_other_name():
    def loss(w):
        return np.float32(1e4) + np.float32(squares(w))

    assert check_gradient(loss, lambda w: 2 * w, at=point(3))
    assert check_gradient(loss, lambda w: w, at=point(3)).diagnosis in ("factor", "wrong")


@pytest.mark.parametrize(
    ("c", "says"),
    [(1 + 1e-5, "1.00001 times"), (1 - 1e-5, "0.99999 times"), (1.01, "1.01 times")],
)
def test_a_factor_near_1_says_how_much(c, says):
    report = check_gradient(lambda w: np.sum(np.sin(w)), lambda w: c * np.cos(w), [0.3, 1.0, 2.0])
    assert report.diagnosis == "factor"
    assert says in report.message
    assert "close to 1" in report.message


FORMS = {  # of `at`: f, its gradient, at, points that are compared
    "no point": (math.sin, math.cos, None, 6),
    "a number": (math.sin, math.cos, 1, 6),
    "numbers": (np.sin, np.cos, [0.0, 1.0, 2.0], 3),
    "a point": (squares, lambda w: 2 * w, [1, 2, 3], 6),
    "a list of points": (squares, lambda w: 2 * w, [[1, 2], [3, 4], [5, 6]], 3),
    "columns": (squares, lambda w: 2 * w, np.ones((2, 4)), 4),
    "one weight": (squares, lambda w: 2 * w, [0.5], 6),
    "a loss of shape (1, 1)": (lambda w: (w @ w).reshape(1, 1), lambda w: 2 * w, [1, 2], 6),
}


@pytest.mark.parametrize(("f", "gradient", "at", "points"), FORMS.values(), ids=FORMS)
def test_forms_of_at(f, gradient, at, points):
    report = check_gradient(f, gradient, at)
    assert report
    assert report.points == points


OTHER_ARGUMENTS = {
    "a product of two": lambda w: w[0] * w[1],
    "two arguments": lambda x, y: x * y,
    "a vector": lambda w: w @ w,
    "a pair": lambda p: sum(a * b for a, b in [p]),
    "something with a length": lambda w: len(w) * w[0],
}


@pytest.mark.parametrize("f", OTHER_ARGUMENTS.values(), ids=OTHER_ARGUMENTS)
def test_without_at_f_takes_a_number(f):
    with pytest.raises(ValueError, match=r"at must be a point.*without it f is called with a numb"):
        check_gradient(f, lambda w: w)


def test_a_point_that_f_does_not_take_is_named():
    with pytest.raises(ValueError, match=r"as f takes them; f\(\[1\. 2\.\]\) raises IndexError"):
        check_gradient(lambda w: w[0] * w[2], lambda w: w, at=[1.0, 2.0])


REFUSED = [
    (himmelblau, np.zeros(2), [1.0, 2.0], "gradient must be a function, got ndarray"),
    (1.0, himmelblau_gradient, [1.0, 2.0], "f must be a function, got float"),
    (*HIMMELBLAU, np.ones((2, 2, 2)), r"at must have shape \(d,\) or \(d, m\), got \(2, 2, 2\)"),
    (*HIMMELBLAU, [[1.0, 2.0], [3.0]], "at must list points of one shape"),
    (*HIMMELBLAU, [1.0, np.inf], "at must be finite"),
    (*HIMMELBLAU, "here", "at must be a real number"),
    (lambda w: w[0] * np.nan, np.zeros_like, [1, 2], "f must be finite at the points in at, got n"),
    (lambda w: np.outer(w, w), np.zeros_like, [1, 2], "f must return one number for a point, got"),
    (lambda w: 1j, lambda w: w, [1.0, 2.0], "f must return real numbers, got complex"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "gradient", "at", "message"), REFUSED)
def test_bad_input_is_named(f, gradient, at, message):
    with pytest.raises((TypeError, ValueError), match=message):
        check_gradient(f, gradient, at=at)


def test_a_complex_or_empty_gradient_is_named():
    report = check_gradient(squares, lambda w: 2j * w, at=[1.0, 2.0])
    assert "must return real numbers" in report.message
    assert check_gradient(squares, lambda w: np.zeros((2, 0)), at=[1, 2]).diagnosis == "shape"


# Each mark on a table made for it.

SLOPES = np.random.default_rng(0).normal(size=(4, 6)) + np.arange(4)[:, None]
LENGTHS = np.linspace(0.5, 2, 6)

TABLES = {
    "sign": -SLOPES,
    "factor": 3 * SLOPES,
    "transposed": SLOPES[[1, 0, 3, 2]],
    "missing_x": np.tile(SLOPES.sum(axis=0), (4, 1)),
    "coordinate": SLOPES * np.array([1, 1, -1, 1])[:, None],
    "offset": SLOPES + np.array([1, 2, 3, 4])[:, None],
    "length": SLOPES * LENGTHS,
}


def table(given, slopes=SLOPES, doubt=1e-6):
    names, smooth = np.arange(len(slopes)), np.ones(slopes.shape, bool)
    return Comparison(given, slopes, np.full(slopes.shape, doubt), smooth, names)


def first(given):
    return next((mark.__name__ for mark in MARKS if mark(table(given))), None)


@pytest.mark.parametrize("mark", TABLES)
def test_each_mark_comes_first_on_its_own_table(mark):
    assert first(TABLES[mark]) == mark


def test_every_mark_has_a_table():
    assert {mark.__name__ for mark in MARKS} == set(TABLES)


def test_an_unknown_mistake_has_no_name():
    assert first(np.sin(SLOPES) * SLOPES[::-1]) is None


@pytest.mark.parametrize(("c", "plain"), [(2, True), (1 / 7, True), (2 / 9, True), (3 / 7, False)])
def test_an_odd_factor_points_elsewhere(c, plain):
    message = factor(table(c * SLOPES))
    assert ("from a square" in message) == plain
    assert f"{c:.3g} times" in message
    assert "wrong sign" not in message
    assert "wrong sign" in factor(table(-c * SLOPES))


def test_zero_is_a_factor_of_its_own():
    assert "It is 0" in factor(table(0 * SLOPES))


def test_wrong_coordinates_are_counted_and_described():
    flips = np.array([-1, -1, -1, 1])[:, None]
    assert "w[0], w[1], w[2] is wrong" in coordinate(table(flips * SLOPES))
    assert coordinate(table(flips * SLOPES)).endswith("It looks like: sign.")
    wide = table(np.ones((9, 2)), np.eye(9)[:, :1] + np.zeros((9, 2)))
    assert "and 5 more" in coordinate(wide)


def test_where_nothing_is_steep_nothing_is_said():
    flat = table(np.full((2, 3), 1e-9), np.zeros((2, 3)))
    assert not flat.differs.any()
    assert sign(flat) is None
    assert factor(flat) is None


def test_a_constant_matrix_is_recognised_and_a_changing_one_is_not():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(6, 2)), rng.normal(size=6)

    def f(w):
        return np.sum(np.cosh(X @ w - y))

    assert forgets_x(f, lambda w: np.sinh(X @ w - y), np.zeros(2), 6)
    assert not forgets_x(f, lambda w: np.sin(3 * (X @ w)), np.zeros(2), 6)
    assert not forgets_x(f, lambda w: np.full(6, np.nan), np.zeros(2), 6)
    assert not forgets_x(f, lambda w: np.zeros(501), np.zeros(2), 501)
