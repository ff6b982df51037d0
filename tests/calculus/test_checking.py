"""Right gradients agree; wrong ones are named by the marks of their mistakes."""

import math
import re
from functools import partial

import numpy as np
import pytest

from calclearn.calculus import autodiff
from calclearn.calculus.checking import MARKS, check_gradient

from ..refusals import refused


# Losses, and points.
def data(n, d):
    rng = np.random.default_rng([n, d])
    return rng.normal(size=(n, d)), rng.normal(size=n)


def squared_errors(X, y):
    return lambda w: np.sum((X @ w - y) ** 2)


def errors(X, y):
    return lambda w: X @ w - y


def rosenbrock(w):
    return np.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2)


def himmelblau(p):
    x, y = p
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def matrix_fit(rows, columns):
    target = np.random.default_rng(rows).normal(size=(rows, columns))
    return lambda w: np.sum(np.sin(w.reshape(rows, columns)) * target)


def l1(w):
    return np.sum(np.abs(w))


def squares(w):
    return np.sum(w**2)


def barrier(w):
    return -np.sum(np.log(w))


def beside_1e4(w):
    return np.float32(1e4) + np.float32(squares(w))


def point(d):
    return np.random.default_rng(0).normal(size=d)


def relu(x):
    return max(x, 0.0)


def writes(factor, f):
    """A function that multiplies its argument in place."""

    def written(w):
        w *= factor
        return f(w)

    return written


def single(d):
    """A loss in single precision, and its gradient."""
    X, y = (a.astype(np.float32) for a in data(30, d))

    def residual(w):
        return X @ w.astype(np.float32) - y

    return lambda w: np.mean(residual(w) ** 2), lambda w: 2 * X.T @ residual(w) / np.float32(30)


def stretched(d):
    """A loss whose coordinates have sizes from 1e-8 to 1e8, and a point."""
    rng = np.random.default_rng(d)
    scale = 10 ** rng.uniform(-8, 8, d)
    loss = squared_errors(*data(20, d))
    return lambda w: loss(w / scale), 0.1 * scale * rng.normal(size=d)


LESSON = np.array([[1], [2], [3]]), np.array([2, 4, 6])
X3, Y3 = data(10, 3)
P2, T2 = data(12, 2)
lesson, f = squared_errors(*LESSON), squared_errors(X3, Y3)
BUFFER, SMALLEST = np.zeros(2), np.linalg.lstsq(*data(20, 4))[0]
SINGLE, STRETCHED = ({d: make(d) for d in (4, 5, 600)} for make in (single, stretched))
SCALES = 10 ** np.random.default_rng(0).uniform(-8, 8, 600)
RIGHT = [  # name, f, its gradient, at
    *[(name, loss, autodiff.grad(loss), at) for name, loss, at in [
        *[(f"least squares {n} x {d}", squared_errors(*data(n, d)), point(d))
          for n, d in [(3, 1), (30, 50), (200, 200)]],
        ("least squares at 0", f, np.zeros(3)),
        ("least squares at the minimum", squared_errors(*data(20, 4)), SMALLEST),
        *[(f"rosenbrock {d}", rosenbrock, point(d)) for d in (2, 100)],
        ("himmelblau at a minimum", himmelblau, [3.0, 2.0]),
        ("himmelblau, several points", himmelblau, np.random.default_rng(7).normal(size=(2, 7))),
        *[(f"himmelblau times {c}", lambda w, c=c: c * himmelblau(w), point(2))
          for c in (1e-9, 1e9)],
        ("a constant", lambda w: 3.0, point(3)),
        ("a dead coordinate", lambda w: w[0] ** 2, point(2)),
        ("large offset", lambda x: 1e6 + np.cos(x), 0.7),
        ("fast", lambda x: np.sin(50 * x), 1.0),
        *[(f"coordinates of all sizes, {d}", *STRETCHED[d]) for d in (5, 600)],
    ]],
    *[(f"{name}, {d} coordinates", f, gradient, at(d)) for d in (200, 1000)
      for name, f, gradient, at in [
        ("squares", squares, lambda w: 2 * w, point),
        ("a barrier", barrier, lambda w: -1 / w, lambda d: np.full(d, 1e-3)),
        ("l1", l1, np.sign, lambda d: np.where(np.arange(d) % 2 == 0, 0.0, point(d))),
    ]],
    ("a barrier, coordinates of all sizes", barrier, lambda w: -1 / w, SCALES),
    *[(f"single precision, {d}", *SINGLE[d], point(d) / np.sqrt(d)) for d in (4, 600)],
    ("single precision, as a double", lambda w: float(SINGLE[4][0](w)), SINGLE[4][1], point(4)),
    ("both write into their argument", writes(2, squares), writes(8, np.array), [1.0, 2.0]),
    ("one array is returned again", squares, lambda w: np.multiply(w, 2, out=BUFFER), [1.0, 2.0]),
    ("l1 at its kink, slope 1", l1, lambda w: np.where(w >= 0, 1.0, -1.0), np.zeros(4)),
    ("relu at 0", relu, lambda x: float(x > 0), [0.0, -1.0, 1.0]),
    ("sine, two numbers, math", math.sin, math.cos, [0.5, 1.0]),
    ("one weight, a number", lambda w: lesson([w]), lambda w: 28 * (w - 2), 0.5),
    ("list returned", himmelblau, lambda p: list(autodiff.grad(himmelblau)(p)), point(2)),
]  # fmt: skip
AT = point(3)
WRONG = [  # mistake, name, f, gradient, at
    *[(mistake, name, loss, lambda w, f=loss, wrong=wrong: wrong(autodiff.grad(f)(w)), at)
      for mistake, name, loss, wrong, at in [
        *[("factor", f"least squares times {c}", f, lambda g, c=c: c * g, AT)
          for c in (2, 0.5, 10, -2, 0, 0.43)],
        ("sign", "least squares", f, np.negative, AT),
        ("sign", "l1", l1, np.negative, np.array([0.0, 1.0, -1.0])),
        *[("sign", f"himmelblau times {c}", lambda w, c=c: c * himmelblau(w), np.negative, point(2))
          for c in (1e-9, 1e9)],
        *[("sign", f"coordinates of all sizes, {d}", STRETCHED[d][0], np.negative, STRETCHED[d][1])
          for d in (5, 600)],
        *[("transposed", f"{n} x {m}", matrix_fit(n, m),
           lambda g, n=n, m=m: g.reshape(n, m).T.ravel(), point(n * m))
          for n, m in [(2, 3), (5, 7)]],
        ("transposed", "rolled", rosenbrock, lambda g: np.roll(g, 1), point(6)),
        ("coordinate", "one of 200", rosenbrock, lambda g: g + (np.arange(200) == 150), point(200)),
        ("coordinate", "a tiny coordinate", lambda w: w[0] ** 2 + 1e-5 * np.sin(w[1]),
         lambda g: g * [1, -1], point(2)),
        ("length", "normalised", himmelblau, lambda g: g / np.linalg.norm(g), point(2)),
        ("shape", "a column of d", f, lambda g: g[:, None], AT),
        ("shape", "an intercept too many", f, lambda g: np.append(g, 1.0), AT),
        ("shape", "errors that are nan", f, lambda g: np.full(10, np.nan), AT),
        ("shape", "more rows than are compared", f, lambda g: np.zeros(501), AT),
        ("shape", "no numbers", f, lambda g: np.zeros((3, 0)), AT),
        ("raises", "complex numbers", f, lambda g: 1j * g, AT),
    ]],
    *[("missing_x", f"least squares {n} x {d}", squared_errors(*data(n, d)),
       errors(*data(n, d)), point(d)) for n, d in [(3, 1), (10, 3), (200, 2), (50, 5)]],
    *[(mistake, f"single precision, {d}", SINGLE[d][0], lambda w, d=d, by=by: by * SINGLE[d][1](w),
       point(d) / np.sqrt(d)) for mistake, d, by in [("sign", 4, -1), ("sign", 600, -1),
                                                     ("factor", 4, 0.5)]],
    ("missing_x", "a column", f, lambda w: errors(X3, Y3)(w)[:, None], AT),
    ("missing_x", "the lesson, other sign", lesson, lambda w: -errors(*LESSON)(w), [0.0]),
    ("missing_x", "logistic", lambda w: np.sum(np.logaddexp(0, P2 @ w) - (T2 > 0) * (P2 @ w)),
     lambda w: 1 / (1 + np.exp(-P2 @ w)) - (T2 > 0), point(2)),
    ("coordinate", "himmelblau", himmelblau,
     lambda p: np.add(autodiff.grad(himmelblau)(p), (p[1], 0)), [1, 2]),
    ("offset", "without the target", f, lambda w: 2 * X3.T @ (X3 @ w), AT),
    ("shape", "one gradient a row", f, lambda w: 2 * X3 * errors(X3, Y3)(w)[:, None], AT),
    ("shape", "no errors of a prediction", f, lambda w: np.sin(3 * (X3 @ w)), AT),
    ("kink", "l1", l1, lambda w: np.where(w == 0, 2.0, np.sign(w)), np.array([0.0, 1.0])),
    ("kink", "relu", relu, lambda x: -1.0 if x == 0 else float(x > 0), 0.0),
    ("not_finite", "l2 norm at 0", np.linalg.norm, lambda w: w / np.sqrt(w @ w), np.zeros(2)),
    ("raises", "shapes that do not fit", f, lambda w: X3 @ (X3 @ w - Y3), AT),
    ("wrong", "the function itself", himmelblau, lambda p: p**2, point(2)),
    ("wrong", "missing chain rule", lambda x: np.sin(x**2), lambda x: np.cos(x**2), 1.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("diagnosis", "name", "f", "gradient", "at"), [*[("agrees", *case) for case in RIGHT], *WRONG]
)
def test_a_mistake_is_named_and_the_right_answer_is_not_shown(diagnosis, name, f, gradient, at):
    kept = np.array(at)
    report = check_gradient(f, gradient, at=at)
    assert str(report) == f"{diagnosis}: {report.message}"
    assert bool(report) == (diagnosis == "agrees")
    np.testing.assert_array_equal(at, kept)
    assert 30 < len(report.message) < 260
    assert report.message.endswith(".")
    if diagnosis not in ("factor", "shape", "raises"):
        assert not re.search(r"\d\.\d|=", report.message)


def test_every_mark_has_a_case():
    assert {mark.__name__ for mark in MARKS} < {case[0] for case in WRONG}


rosenbrock_slopes = autodiff.grad(rosenbrock)
RNG, CALLS = np.random.default_rng(0), iter(range(10**6))
SINES = (lambda w: np.sum(np.sin(w)), np.cos)
TWO, NO_TWO = "Look for a 2 that comes from a square", "That is no plain 2 or n"
MESSAGES = [  # f, gradient, at, what the message says
    *[(SINES[0], lambda w, c=c: c * np.cos(w), [0.3, 1.0, 2.0], rf"{says} times as large.*{cause}")
      for c, says, cause in [
        (1 + 1e-5, "1.00001", "So close to 1"), (1 - 1e-5, "0.99999", "So close to 1"),
        (1.01, "1.01", "So close to 1"), (2, "2", TWO), (1 / 7, "0.143", TWO),
        (2 / 9, "0.222", TWO), (3 / 7, "0.429", NO_TWO), (-2, "2", "has the wrong sign"),
    ]],
    (SINES[0], lambda w: 0 * w, [0.3, 1.0], "The gradient is 0 where f is not flat"),
    (rosenbrock, lambda w: rosenbrock_slopes(w) * [-1, -1, -1, 1], point(4),
     r"w\[0\], w\[1\], w\[2\] is wrong.*It looks like: sign\.$"),
    *[(squares, lambda w, wrong=wrong: wrong(2 * w), point(600), message) for wrong, message in [
        (np.negative, "^sign"), (lambda g: g / 2, "^factor"),
        (lambda g: g * np.where(np.arange(600) == 300, -1, 1), r"^coordinate.* w\[300\] is wrong"),
        (lambda g: g * np.where(np.arange(600) % 2 == 0, -1, 1), "^coordinate.* and others"),
        (lambda g: g / np.linalg.norm(g), "^length"), (lambda g: np.sin(2.5 * g), "^wrong"),
        (lambda g: g[:, None], "^shape"),
    ]],
    (beside_1e4, lambda w: 2 * w, point(3), "^agrees"),
    (beside_1e4, lambda w: w, point(3), "^factor|^wrong"),
    *[(f, lambda w: 2 * w, point(9), "^random: Two calls of f at one point") for f in [
        lambda w: squares(w * (RNG.random(9) < 0.8)), lambda w: squares(w * (RNG.random(9) < 0.98)),
        lambda w: squares(w) * (1 + 1e-10 * RNG.normal()),
        lambda w: squares(w) + (next(CALLS) % 3 == 0),  # only the third call differs
    ]],
    (squares, lambda w: 2 * w * RNG.random(), point(9), "^random: Two calls of the gradient at"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "gradient", "at", "message"), MESSAGES)
def test_messages(f, gradient, at, message):
    assert re.search(message, str(check_gradient(f, gradient, at)))


FORMS = {  # of `at`: f, its gradient, at, points that are compared
    "beside the domain": (lambda w: math.sqrt(w[0]), lambda w: 0.5 / np.sqrt(w), [1e-300], 6),
    "at its edge": (lambda x: math.sqrt(x), lambda x: 0.5 / math.sqrt(x) if x else 9.0, 0.0, 4),
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
    report, again = check_gradient(f, gradient, at), check_gradient(f, gradient, at)
    assert report == again
    assert (bool(report), report.points) == (True, points)


REFUSED = [
    (himmelblau, np.zeros(2), [1.0, 2.0], "gradient must be a function, got ndarray"),
    (1.0, np.zeros_like, [1.0, 2.0], "f must be a function, got float"),
    (squares, np.sign, np.ones((2, 2, 2)), r"at must have shape \(d,\) or \(d, m\), got \(2,"),
    (himmelblau, np.zeros_like, [[1.0, 2.0], [3.0]], "at must list points of one shape"),
    (himmelblau, np.zeros_like, [1.0, np.inf], "at must be finite"),
    (himmelblau, np.zeros_like, "here", "at must be a real number"),
    (lambda w: w[0] * np.nan, np.sign, [1, 2], "f must be finite at the points in at, got n"),
    (lambda w: np.outer(w, w), np.zeros_like, [1, 2], "f must return one number for a point, got"),
    (lambda w: 1j, lambda w: w, [1.0, 2.0], "f must return real numbers, got complex"),
    (lambda w: w[0] * w[2], lambda w: w, [1.0, 2.0],
     r"as f takes them; f\(\[1\. 2\.\]\) raises IndexError"),
    *[(f, lambda w: w, None, "at must be a point.*without it f is called with a numb") for f in [
        lambda w: w[0] * w[1], lambda x, y: x * y, lambda w: w @ w,
        lambda p: sum(a * b for a, b in [p]), lambda w: len(w) * w[0],
    ]],
]  # fmt: skip


test_bad_input_is_named = refused(
    [(partial(check_gradient, *given), message) for *given, message in REFUSED],
    kind=(TypeError, ValueError),
)
