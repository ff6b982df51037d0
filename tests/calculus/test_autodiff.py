"""The transforms: shapes, kinds of number, nesting, and what they refuse at the door."""

import copy
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad, hessian, jacobian, rule, trace, value_and_grad, vjp

from ..refusals import refused


# Shapes and kinds of number
def cubic(p):
    return p[0] ** 3 * p[1]


@pytest.mark.parametrize("batch", [(), (7,), (2, 3, 2), (0,)])
def test_each_point_of_a_batch_gets_its_own_derivatives(batch):
    x, y = p = np.random.default_rng(0).normal(size=(2, *batch))
    curvatures = np.array([[6 * x * y, 3 * x**2], [3 * x**2, 0 * x]])
    np.testing.assert_allclose(grad(cubic)(p), [3 * x**2 * y, x**3])
    np.testing.assert_allclose(hessian(cubic)(p), curvatures)
    slopes = jacobian(lambda p: np.stack([3 * p[0] ** 2 * p[1], p[0] ** 3]))
    np.testing.assert_allclose(slopes(p), curvatures)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_dtype_is_kept(dtype):
    x = np.array([1, 2, 3], dtype)
    f = lambda x: np.sum(np.tanh(x) * 2 + x**2 / 3)  # noqa: E731
    value, gradient = value_and_grad(f)(x)
    assert value.dtype == gradient.dtype == dtype
    assert hessian(f)(x).dtype == dtype
    wider = grad(lambda x: np.sum(x * np.ones(3)))(x)
    assert wider.dtype == dtype


ONES, PAIR, A = np.ones(3), np.array([1.0, 2.0]), np.arange(6.0).reshape(2, 3)
Line = namedtuple("Line", "slope height")


def scaled(x, y, scale=1.0):
    return scale * x**2 * y


def square(x):
    return x[None] @ x[:, None]


ROWS, FIRST = np.array([[1.0, 2.0], [np.nan, 3.0]]), np.array([True, False])
PULL = vjp(lambda p, q: p["a"] * q[0], {"a": np.ones(2)}, (2 * np.ones(2), 3.0))[1]


VALUES = [  # a call, its result
    # a Python number stays plain
    *[(lambda f=f: type(f(1)),                                  float)
      for f in (lambda x: value_and_grad(np.exp)(x)[0], grad(np.exp), grad(grad(np.exp)),
                hessian(np.exp))],
    *[(lambda p=p: grad(lambda p: np.sum(p**2))(p),             np.array([2.0, 4.0]))
      for p in ([1, 2], (1.0, 2.0), np.array([1, 2], np.int8))],
    (lambda: grad(np.sin)(np.float64(0)),                       1),
    (lambda: grad(np.sin)(np.array(0.0)).shape,                 ()),
    (lambda: grad(lambda x: x * x)(10**30),                     2e30),
    # several arguments
    (lambda: grad(scaled)(3.0, 5.0),                            30),
    *[(lambda k=k: grad(scaled, k)(3.0, 5.0),                   9) for k in (1, np.int64(1))],
    (lambda: grad(scaled, (1, 0))(3.0, 5.0),                    (9, 30)),
    (lambda: grad(scaled, (0,))(3.0, 5.0),                      (30,)),
    (lambda: grad(scaled)(3.0, 5.0, scale=2.0),                 60),
    (lambda: jacobian(lambda x, y: np.stack([x * y, y]), 1)(3.0, 5.0), np.array([3, 1])),
    (lambda: hessian(lambda a, p: a * np.sum(p**3), 1)(2.0, PAIR), np.array([[12, 0], [0, 24]])),
    # what does not depend on the input
    *[(lambda f=f: (grad(f)(ONES), hessian(f)(ONES)),           (np.zeros(3), np.zeros((3, 3))))
      for f in (lambda x: 3.0, lambda x: 7, lambda x: np.floor(x).sum(), lambda x: 0 * x[0])],
    (lambda: grad(lambda x, y: np.sum(x), 1)(ONES, A),          0 * A),
    (lambda: grad(lambda x: 3)(1.0),                            0.0),
    # Jacobians of many shapes
    (lambda: jacobian(lambda x: A @ x)(ONES),                   A),
    (lambda: jacobian(lambda x: np.outer(x, x))(ONES).shape,    (3, 3, 3)),
    (lambda: jacobian(lambda x: np.stack([x, x**2]))(2.0),      np.array([1, 4])),
    (lambda: jacobian(lambda x: x[:0])(ONES).shape,             (0, 3)),
    (lambda: jacobian(lambda x: x.sum())(ONES),                 ONES),
    # levels are not confused
    (lambda: grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0), 1),
    (lambda: grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0), 6),
    (lambda: grad(lambda x: grad(lambda y: y**3)(x**2))(2.0),   12 * 2.0**3),
    (lambda: grad(grad(grad(grad(lambda x: x**5))))(2.0),       240),
    # one number in an array is a number
    (lambda: value_and_grad(square)(PAIR),                      (5, np.array([2, 4]))),
    (lambda: value_and_grad(lambda x: np.array([x**2]))(3.0),   (9, 6)),
    (lambda: hessian(square)(PAIR),                             2 * np.eye(2)),
    (lambda: jacobian(lambda x: np.sum(x, axis=1, keepdims=True))(A[:1]), np.ones((1, 3))),
    # dicts, lists and tuples of arrays come back as they are
    (lambda: grad(lambda p: p.slope * p.height)(Line(2.0, 3.0)), Line(3.0, 2.0)),
    (lambda: grad(lambda p: p["a"] ** 2)(OrderedDict(a=2.0)),   OrderedDict(a=4.0)),
    (lambda: grad(lambda p: np.sum(p[0]) * p[1])((np.ones(2), 3)), (np.full(2, 3.0), 2.0)),
    (lambda: grad(lambda p, q: p["a"] * q["b"], (0, 1))({"a": 2.0}, {"b": np.float32(3)}),
                                                                ({"a": 3.0}, {"b": np.float32(2)})),
    (lambda: grad(lambda p: p[0][1] * p[1])([[1.0, 2.0], 3.0, 4.0]), [np.array([0, 3]), 2, 0]),
    (lambda: grad(lambda p: p[0] ** 2 * p[1])((PAIR, np.ones(2))), (2 * PAIR, PAIR**2)),
    (lambda: grad(lambda p: p["b"][0] * p["b"][1])({"b": [2.0, 3], "mask": None}),
                                                    {"b": [3.0, 2.0], "mask": None}),
    (lambda: jacobian(lambda p: p["a"] * p["b"])({"a": PAIR, "b": 3}),
                                                {"a": np.array([[3, 0], [0, 3]]), "b": PAIR}),
    (lambda: grad(lambda x: np.sum(grad(lambda p: np.sum(p["a"] ** 3) * p["b"])(
        {"a": x, "b": 2.0})["a"]))(PAIR),                       np.array([12, 24])),
    # arrays of traced numbers, and copies
    (lambda: jacobian(lambda x: np.array([x[0] * x[1], x[0]]))(PAIR), np.array([[2, 1], [1, 0]])),
    (lambda: grad(lambda x: copy.deepcopy(x) * copy.copy(x))(3.0), 6),
    # a pull-back may be used again, and gives a cotangent for each argument
    *[(lambda g=g: PULL(g),                                     ({"a": 2 * g}, (g, 0.0)))
      for g in np.eye(2)],
    # and is differentiated itself
    (lambda: grad(lambda x: np.sum(vjp(lambda x: x**3, x)[1](x)[0]))(PAIR), np.array([9, 36])),
    # a row that is left out of a product has no say
    *[(lambda f=f: grad(lambda w: np.sum(f(w)))(np.ones(2)),    np.array([1, 2])) for f in (
        lambda w: np.where(FIRST, ROWS @ w, 0), lambda w: np.einsum("ij,j->i", ROWS, w)[FIRST],
        lambda w: np.where(FIRST[:, None], ROWS @ w[:, None], 0))],
]  # fmt: skip


@pytest.mark.parametrize(("call", "value"), VALUES)
def test_values(call, value):
    came = call()
    assert type(came) is type(value) or isinstance(value, (int, float))
    np.testing.assert_equal(came, value)


# At the door
def layer(parameters):
    return np.sum(np.tanh(parameters["W"] @ parameters["b"][0]) * parameters["b"][1])


def product(x, y):
    return x * y


REFUSED = [  # a call, and what its error says
    (lambda: grad(np.sin)(np.ones(3)), r"f must return shape \(\), got \(3,\); use jacobian"),
    (lambda: grad(np.sin)(np.ones((3, 4))), r"f must return shape \(\) or \(4,\), got \(3, 4\)"),
    (lambda: jacobian(lambda x: np.sum(x, axis=1))(np.ones((3, 4))), "needs each result for each"),
    (lambda: hessian(lambda W: np.sum(W**2))(np.ones((3, 4))), "hessian needs one number for each"),
    (lambda: hessian(lambda p: p["a"] ** 2)({"a": 2.0}), "hessian needs one array, got a dict"),
    (lambda: vjp(np.sin, np.ones(3))[1](np.ones(2)), r"g must have shape \(3,\).* got \(2,\)"),
    *[(lambda t=transform: t(3.0), "f must be a function, got float")
      for transform in (grad, value_and_grad, jacobian, hessian, trace, vjp)],
    (lambda: grad(np.sin, 1)(1.0), "argnum must lie in 0 to 0, got 1"),
    *[(lambda k=argnum: grad(np.sin, k), "argnum must be an int or a tuple of ints, got")
      for argnum in (1.5, "x", None, (0.0,), ())],
    *[(lambda t=transform: t(np.sin, (0, 1)), r"argnum must be an int, got \(0, 1\)")
      for transform in (jacobian, hessian)],
    (lambda: grad(product, (0, 0)), r"argnum must name each argument once, got \(0, 0\)"),
    (lambda: rule(3, lambda g, y, a: g), "function must be a function, got int"),
    *[(lambda g=g: vjp(np.exp, np.ones(2))[1](g), "g must be a real number or an array of them")
      for g in (np.array([1j, 1.0]), "ab", None, [[1, 2], [3]])],
    (lambda: grad(np.sin)(), "needs an argument, got none"),
    (lambda: grad(lambda x, y: x * y)(x=1.0, y=2.0), "needs an argument, got x, y by name"),
    (lambda: grad(np.sum)(np.ma.array([1.0, 2.0], mask=[False, True])),
     r"argument 0 must have no mask.* x\.compressed\(\)"),
    *[(lambda x=x: grad(np.sum)(x), "argument 0 must be a real number")
      for x in (1j, np.array([1j]), "x", True, [True], None, [[1.0], [1, 2]])],
    *[(lambda leaf=leaf: grad(layer)({"W": np.eye(2), "b": [np.ones(2), leaf]}),
       r'argument 0\["b"\]\[1\] must be a real number')
      for leaf in ("tanh", True, np.array([True]), 1j, object())],
]  # fmt: skip


test_what_is_wrong_at_the_door_is_named = refused(REFUSED, kind=(TypeError, ValueError))


# Strong zeros
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("f", "x", "slopes", "curvatures"),
    [
        (lambda x: np.where(x >= 0, x**2, np.sqrt(-x)), [1.0, 2.0], [2, 4], [2, 2]),
        (lambda a: np.log1p(a)[a > -1], [-1, 0.5, 1], [0, 2 / 3, 0.5], [0, -4 / 9, -0.25]),
        (lambda x: np.where(x > 0, np.sqrt(x), 0), [0.0, 4.0], [0, 0.25], [0, -1 / 32]),
        (lambda x: np.array([0, 1]) * np.sqrt(x), [0.0, 4.0], [0, 0.25], [0, -1 / 32]),
        (lambda x: np.where(x != 0, np.sin(x) / x, 1), [0.0], [0], [0]),
        (lambda x: np.where(x > 0, x * np.log(x), 0), [0.0, 1.0], [0, 1], [0, 1]),
        (lambda x: np.maximum(np.log(x), -5), [0.0, 1.0], [0, 1], [0, -1]),
        (lambda x: np.where(x > 0, x**0.5, 0), [0.0, 4.0], [0, 0.25], [0, -1 / 32]),
        (lambda x: np.where([1, 0], x**2, np.abs(x)), [0.0, 1.0], [0, 1], [2, 0]),
    ],
)
def test_a_branch_that_is_left_out_has_no_say(f, x, slopes, curvatures):
    total = lambda x: np.sum(f(x))  # noqa: E731
    np.testing.assert_allclose(grad(total)(x), slopes)
    np.testing.assert_allclose(hessian(total)(x), np.diag(curvatures))
    _, pull = vjp(total, np.array(x, float))
    np.testing.assert_allclose(pull(2.0)[0], 2 * np.array(slopes))
    np.testing.assert_allclose(jacobian(total)(x), slopes)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_gradient_that_is_no_number_stays_so():
    assert np.isnan(grad(lambda x: np.sqrt(x**2))(0.0))
    assert np.isnan(grad(lambda x: x * np.nan)(1.0))
    assert np.isnan(grad(lambda x: np.log(1 + np.exp(x)))(800.0))  # f is infinite there
    assert np.isnan(grad(lambda x: np.sqrt(x) * 0)(-1.0))  # f has no value there
    assert np.isnan(hessian(lambda w: np.sqrt(np.sum(w**2)) ** 2)(np.zeros(2))).any()


def test_settings_of_numpy_change_nothing():
    with np.errstate(all="raise"):
        assert grad(lambda x: np.where(x > 0, np.sqrt(x), x))(0.0) == 1
        assert grad(np.sqrt)(0.0) == np.inf


def test_a_pull_back_holds_copies():
    w = np.full(3, 2.0)
    y, pull = vjp(np.exp, w)
    slope = 1 * y
    w *= 10
    y *= 10
    np.testing.assert_array_equal(pull(np.ones(3))[0], slope)
