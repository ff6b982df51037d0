"""Rules of one's own: a pull-back an argument, pull-backs that share, several results."""

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad, primitive, rule

from ..refusals import refused


def own(function, *pullbacks, together=None):
    """One operation with a rule."""
    operation = primitive(function)
    rule(operation, *pullbacks, together=together)
    return operation


def product(a, b):
    return a * b


def scaled(x, *, by=1.0):
    return x * by


def polar(x, y):
    return np.hypot(x, y), np.arctan2(y, x)


def pull_polar(needed, g, y, a, b):
    (radius, angle), r = (0 if part is None else part for part in g), y[0]
    return radius * a / r - angle * b / r**2, radius * b / r + angle * a / r**2


def never(g, y, a, b):
    raise AssertionError


SHARED = own(product, together=lambda needed, g, y, a, b: (g * b, g * a))
HALF = own(product, lambda g, y, a, b: g * b, never)
SCALED = own(scaled, lambda g, y, x, **keywords: g * keywords.get("by", 1.0))
POLAR = own(polar, together=pull_polar)
VALUES = [  # the function, its arguments, its gradient
    (SHARED,                                        (2.0, 3.0), (3, 2)),
    (lambda a, b: grad(SHARED, 1)(a, b) * a,        (2.0, 3.0), (4, 0)),
    (lambda a: HALF(a, 3.0),                        (2.0,),     (3,)),
    (own(lambda a: 3 * a, lambda g, y, a: 3),       (2.0,),     (3,)),
    (lambda x: SCALED(x, by=3.0),                   (2.0,),     (3,)),
    (lambda x, y: POLAR(x, y)[0],                   (3.0, 4.0), (0.6, 0.8)),
    (lambda x, y: POLAR(x, y)[1],                   (3.0, 4.0), (-0.16, 0.12)),
    (lambda x, y: np.cos(POLAR(x, y)[1]) * POLAR(x, y)[0] + 2 * y, (3.0, 4.0), (1, 2)),
    (grad(lambda x, y: np.cos(POLAR(x, y)[1]) * POLAR(x, y)[0]),   (3.0, 4.0), (0, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("f", "arguments", "gradient"), VALUES)
def test_gradients(f, arguments, gradient):
    came = grad(f, tuple(range(len(arguments))))(*arguments)
    assert came == pytest.approx(gradient, abs=1e-12)


def test_pull_backs_that_share_get_what_is_needed():
    needs = []
    f = own(product, together=lambda needed, g, y, a, b: (needs.append(needed), (g * b, g * a))[1])
    grad(f, (0, 1))(2.0, 3.0)
    grad(lambda a: f(a, 3.0))(2.0)
    assert needs == [[True, True], [True, False]]


WRONG = [  # a pull-back of a · b, or one of all together, and what its error says
    (lambda g: g,                            None, "rule of product must take g, y and .* takes 1"),
    (lambda g, y, a, b, c: g,               None, "rule of product must take g, y and.* missing 1"),
    (lambda g, y, a, b: None,                None, "rule of product must .* argument 0, got None"),
    (lambda g, y, a, b: [1, 2],              None, r"product .* shape \(2,\) .* 0, got \[1, 2\]"),
    (lambda g, y, a, b: np.sum(g),           None, r"product .* shape \(2,\) .* 0, got \(\)"),
    (lambda g, y, a, b: g / np.zeros(3),     None, "could not be broadcast"),
    (lambda g, y, a, b: sum(0.0),            None, "^'float' object is not iterable"),
    (None, lambda g, y, a, b: (g, g),        "rule of product must take needed, g, y and the arg"),
    (None, lambda needed, g, y, a, b: None,  "one cotangent for each of 2 arguments, got None"),
    (None, lambda needed, g, y, a, b: (g,),  r"one cotangent for each of 2 arguments, got \("),
    (None, lambda needed, g, y, a, b: (b * g, None), "product .* for its argument 1, got None"),
]  # fmt: skip


def slope(pullback, together):
    f = own(product, *([pullback] if pullback else []), together=together)
    return grad(lambda x: np.sum(f(np.sin(x), np.cos(x) if together else 2.0)))(np.ones(2))


REFUSED = [  # a call, and what its error says
    *[(lambda p=pullback, t=together: slope(p, t), message)
      for pullback, together, message in WRONG],
    *[(lambda p=pullbacks: rule(np.spacing, *p), "pullbacks must be functions or None")
      for pullbacks in ((None,), ("g",), (None, 3))],
    (lambda: primitive(None),                        "function must be a function, got NoneType"),
    (lambda: grad(primitive(scaled))(1.0),           r"scaled has no derivative rule: add one"),
    (lambda: grad(lambda x: SCALED(2.0, by=x))(2.0), "scaled under grad takes by by position"),
]  # fmt: skip


test_what_is_no_rule_is_named = refused(REFUSED, kind=(TypeError, ValueError))
