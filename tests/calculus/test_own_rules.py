"""Rules of one's own: a pull-back an argument, pull-backs that share, several results."""

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad, primitive, rule


def test_a_primitive_with_pull_backs_that_share_their_work():
    masks = []

    def pull(needed, g, y, a, b):
        masks.append(needed)
        return g * b, g * a

    @primitive
    def product(a, b):
        return a * b

    rule(product, together=pull)
    assert grad(product, (0, 1))(2.0, 3.0) == (3, 2)
    assert grad(grad(product), 1)(2.0, 3.0) == 1
    assert grad(lambda a: product(a, 3.0))(2.0) == 3
    assert masks[0] == [True, True]
    assert masks[-1] == [True, False]


def test_a_primitive_with_several_results():
    @primitive
    def polar(x, y):
        return np.hypot(x, y), np.arctan2(y, x)

    def pull(needed, g, y, a, b):
        radius, angle = g
        r = y[0]
        dx = (0 if radius is None else radius * a / r) - (0 if angle is None else angle * b / r**2)
        dy = (0 if radius is None else radius * b / r) + (0 if angle is None else angle * a / r**2)
        return dx, dy

    rule(polar, together=pull)
    x, y = 3.0, 4.0
    assert grad(lambda x, y: polar(x, y)[0], (0, 1))(x, y) == pytest.approx((0.6, 0.8))
    assert grad(lambda x, y: polar(x, y)[1], (0, 1))(x, y) == pytest.approx((-0.16, 0.12))

    def back(x, y):
        radius, angle = polar(x, y)
        return radius * np.cos(angle) + 2 * radius * np.sin(angle)

    assert grad(back, (0, 1))(x, y) == pytest.approx((1, 2))
    assert grad(grad(back))(x, y) == pytest.approx(0, abs=1e-12)


def test_a_rule_as_a_decorator():
    @primitive
    def cube(x):
        return x**3

    @rule(cube)
    def pull_cube(g, y, x):
        return g * 3 * x**2

    assert grad(cube)(2.0) == 12
    assert pull_cube(1.0, 8.0, 2.0) == 12
    assert cube(2.0) == 8


def test_a_primitive_may_take_keywords_that_are_not_traced():
    @primitive
    def scaled(x, *, by=1.0):
        return x * by

    rule(scaled, lambda g, y, x, **keywords: g * keywords.get("by", 1.0))
    assert grad(lambda x: scaled(x, by=3.0))(2.0) == 3
    with pytest.raises(TypeError, match=r"scaled under grad takes by by position"):
        grad(lambda x: scaled(2.0, by=x))(2.0)


def test_a_primitive_without_a_rule():
    @primitive
    def bare(x):
        return x

    assert bare(2.0) == 2
    with pytest.raises(TypeError, match=r"bare has no derivative rule: add one with rule\("):
        grad(bare)(1.0)


def test_what_is_no_pullback_and_no_function_is_named():
    for pullbacks in ((None,), ("g",), (None, 3)):
        with pytest.raises(TypeError, match="pullbacks must be functions or None"):
            rule(np.spacing, *pullbacks)
    with pytest.raises(TypeError, match="function must be a function, got NoneType"):
        primitive(None)


# fmt: off
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
]
# fmt: on


@pytest.mark.parametrize(("pullback", "together", "message"), WRONG)
def test_a_wrong_pull_back_is_named_with_its_function(pullback, together, message):
    @primitive
    def product(a, b):
        return a * b

    rule(product, *([pullback] if pullback else []), together=together)
    with pytest.raises((TypeError, ValueError), match=message):
        grad(lambda x: np.sum(product(np.sin(x), np.cos(x) if together else 2.0)))(np.ones(2))


def test_a_pull_back_may_return_a_python_number():
    @primitive
    def triple(a):
        return 3 * a

    rule(triple, lambda g, y, a: 3)
    assert grad(triple)(2.0) == 3
