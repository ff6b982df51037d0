"""Right gradients agree; wrong ones are named by the marks of their mistakes."""

import math
import re

import numpy as np
import pytest

from calclearn.calculus.checking import MARKS, check_gradient

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
    ("shape", "no errors of a prediction", f, lambda w: np.sin(3 * (X3 @ w)), AT),
    ("shape", "errors that are nan", f, lambda w: np.full(10, np.nan), AT),
    ("shape", "more rows than are compared", f, lambda w: np.zeros(501), AT),
    ("shape", "no numbers", f, lambda w: np.zeros((3, 0)), AT),
    ("kink", "l1", l1, lambda w: np.where(w == 0, 2.0, np.sign(w)), np.array([0.0, 1.0])),
    ("kink", "relu", lambda x: max(x, 0.0), lambda x: -1.0 if x == 0 else float(x > 0), 0.0),
    ("not_finite", "l2 norm at 0", np.linalg.norm, lambda w: w / np.sqrt(w @ w), np.zeros(2)),
    ("raises", "shapes that do not fit", f, lambda w: X3 @ r(w), AT),
    ("raises", "complex numbers", f, lambda w: 2j * w, AT),
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
def test_a_mistake_is_named_and_the_right_answer_is_not_shown(mistake, name, f, gradient, at):
    report = check_gradient(f, gradient, at=at)
    assert not report
    assert report.diagnosis == mistake, str(report)
    assert str(report) == f"{mistake}: {report.message}"
    assert 30 < len(report.message) < 260
    assert report.message.endswith(".")
    if mistake not in ("factor", "shape", "raises"):
        assert not re.search(r"\d\.\d|=", report.message)


def test_every_mark_has_a_case():
    assert {mark.__name__ for mark in MARKS} < {case[0] for case in WRONG}


SINES = (lambda w: np.sum(np.sin(w)), np.cos)
TWO, NO_TWO = "Look for a 2 that comes from a square", "That is no plain 2 or n"
MESSAGES = [  # f, gradient, at, what the message says
    *[(SINES[0], lambda w, c=c: c * np.cos(w), [0.3, 1.0, 2.0], rf"{says} times as large.*{cause}")
      for c, says, cause in [
        (1 + 1e-5, "1.00001", "So close to 1"), (1 - 1e-5, "0.99999", "So close to 1"),
        (1.01, "1.01", "So close to 1"), (2, "2", TWO), (1 / 7, "0.143", TWO),
        (2 / 9, "0.222", TWO), (3 / 7, "0.429", NO_TWO), (-2, "2", "has the wrong sign"),
    ]],
    (SINES[0], lambda w: 0 * w, [0.3, 1.0], "It is 0 at points where f is not flat"),
    (rosenbrock, lambda w: rosenbrock_gradient(w) * [-1, -1, -1, 1], point(4),
     r"w\[0\], w\[1\], w\[2\] is wrong.*It looks like: sign\.$"),
    (rosenbrock, lambda w: rosenbrock_gradient(w) + (np.arange(9) < 8), point(9), "and 5 more is"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "gradient", "at", "message"), MESSAGES)
def test_messages(f, gradient, at, message):
    assert re.search(message, check_gradient(f, gradient, at).message)


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


LONG = 1000
LONG_MISTAKES = [  # gradient, diagnosis, what the message says
    (lambda w: -2 * w, "sign", ""),
    (lambda w: w, "factor", ""),
    (lambda w: w * np.where(np.arange(LONG) == 300, -2, 2), "coordinate", r"w\[300\] is wrong"),
    (lambda w: w * np.where(np.arange(LONG) % 2 == 0, -2, 2), "coordinate", "and others"),
    (lambda w: w / np.linalg.norm(w), "length", ""),
    (lambda w: np.sin(5 * w), "wrong", ""),
    (lambda w: 2 * w[:, None], "shape", ""),
]


@pytest.mark.parametrize(("gradient", "diagnosis", "message"), LONG_MISTAKES)
def test_mistakes_among_a_thousand_coordinates(gradient, diagnosis, message):
    report = check_gradient(squares, gradient, at=point(LONG))
    assert report.diagnosis == diagnosis, str(report)
    assert re.search(message, report.message)


@pytest.mark.parametrize("d", [200, 2000])
def test_right_gradients_of_many_coordinates(d):
    assert check_gradient(squares, lambda w: 2 * w, at=point(d))
    assert check_gradient(lambda p: -np.sum(np.log(p)), lambda p: -1 / p, at=np.full(d, 1e-3))
    assert check_gradient(l1, np.sign, at=np.where(np.arange(d) % 2 == 0, 0.0, point(d)))


@pytest.mark.parametrize("d", [5, 600])
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


@pytest.mark.parametrize("d", [4, 600])
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


def test_a_wrong_gradient_within_the_noise_of_f_has_no_other_name():
    def loss(w):
        return np.float32(1e4) + np.float32(squares(w))

    assert check_gradient(loss, lambda w: 2 * w, at=point(3))
    assert check_gradient(loss, lambda w: w, at=point(3)).diagnosis in ("factor", "wrong")


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


RNG, CALLS = np.random.default_rng(0), iter(range(10**6))
RANDOM = {  # f, gradient, which of them is random
    "dropout": (lambda w: squares(w * (RNG.random(9) < 0.8)), lambda w: 2 * w, "f"),
    "rare dropout": (lambda w: squares(w * (RNG.random(9) < 0.98)), lambda w: 2 * w, "f"),
    "noise": (lambda w: squares(w) * (1 + 1e-10 * RNG.normal()), lambda w: 2 * w, "f"),
    "a different third call": (lambda w: squares(w) + (next(CALLS) % 3 == 0), lambda w: 2 * w, "f"),
    "a gradient": (squares, lambda w: 2 * w * RNG.random(), "the gradient"),
}


@pytest.mark.parametrize(("f", "gradient", "which"), RANDOM.values(), ids=RANDOM)
def test_random_functions_are_named(f, gradient, which):
    report = check_gradient(f, gradient, point(9))
    assert report.diagnosis == "random"
    assert f"Two calls of {which} at one point" in report.message


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
    (lambda w: w[0] * w[2], lambda w: w, [1.0, 2.0],
     r"as f takes them; f\(\[1\. 2\.\]\) raises IndexError"),
    *[(f, lambda w: w, None, "at must be a point.*without it f is called with a numb") for f in [
        lambda w: w[0] * w[1], lambda x, y: x * y, lambda w: w @ w,
        lambda p: sum(a * b for a, b in [p]), lambda w: len(w) * w[0],
    ]],
]  # fmt: skip


@pytest.mark.parametrize(("f", "gradient", "at", "message"), REFUSED)
def test_bad_input_is_named(f, gradient, at, message):
    with pytest.raises((TypeError, ValueError), match=message):
        check_gradient(f, gradient, at=at)
