"""Plain NumPy code is traced as it stands, and what would lose the trace names the cure."""

import math

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad

from ..refusals import refused


def test_whole_numbers_booleans_and_indices_are_fine():
    def f(x):
        order = np.argsort(x)
        best = int(np.argmax(x))
        inside = (x > 0) & (x < 10)
        total = sum(2 * v for v in x)
        return total + x[best] * len(x) + np.sum(x[order][:2]) + np.sum(x[inside]) * x.ndim

    np.testing.assert_array_equal(grad(f)([3.0, -1.0, 2.0]), [2 + 3 + 1, 3, 4])


def test_other_classes_may_take_part_in_arithmetic():
    class Scaled:
        __array_ufunc__ = None

        def __rmul__(self, factor):
            return lambda x: factor * x

    assert grad(lambda x: (x * Scaled())(3.0))(2.0) == 3


def test_a_traced_array_shows_its_numbers():
    shown = []

    def f(x):
        shown.extend([repr(x), f"{x[0]:.2f}", str(x.shape), bool(x[0])])
        return np.sum(x)

    grad(f)(np.array([1.5, 2.0]))
    assert shown == ["Traced(array([1.5, 2. ]))", "1.50", "(2,)", True]


# Errors that name the cure
def expit(t):
    return 1 / (1 + math.exp(-t))


REFUSED = [  # f, and what its error says
    (lambda x: np.asarray(x, float).sum(), r"float\(x\) .* use x as it is"),
    (lambda x: math.sin(x[0]), r"np\.sin\(x\) instead of math\.sin\(x\)"),
    (lambda x: int(x[0]), r"int\(x\) .* np\.floor"),
    (lambda x: complex(x[0]), r"complex numbers are out of scope"),
    (lambda x: [1, 2][x[0]], r"compute indices from plain numbers"),
    (lambda x: x[0].item(), r"x\.item\(\) .* use x as it is"),
    (lambda x: x.sort(), r"np\.sort\(x\)"),
    (lambda x: x.__setitem__(0, 1.0), r"changed in place.* np\.where, np\.stack"),
    (lambda x: np.zeros(2).__setitem__(0, x[0]), r"np\.stack instead of storing x"),
    (lambda x: np.zeros(2).__setitem__(slice(None), x), r"instead of storing x "),
    (lambda x: np.add(x, 1, out=np.zeros(2)), r"leave out= away"),
    (lambda x: np.fft.fft(x), r"numpy\.fft\.fft has no derivative rule: complex numbers"),
    (lambda x: np.spacing(x), r"numpy\.spacing has no .* for y = spacing\(a\)$"),
    (lambda x: np.pad(x, 1, mode="mean").sum(), r"has the modes constant, .* got 'mean'"),
    (lambda x: np.pad(x, 1, stat_length=1), r"numpy\.pad under grad has no keyword 'stat_"),
    (lambda x: np.sin(x, where=[True, False]), r"numpy\.sin under grad has no where"),
    (lambda x: np.where(x, 1.0, 2.0), r"no derivative with respect to its argument 0"),
    (lambda x: np.sum(a=x), r"numpy\.sum under grad takes a by position"),
    (lambda x: x * 1j, r"complex numbers are out of scope"),
    (lambda x: np.sum(np.abs(np.exp(x * 1j))), r"complex numbers are out of scope"),
    (lambda x: x[x], r"getitem has no derivative with respect to its argument 1"),
    (lambda x: np.hypot.reduce(x, where=[True, False]), r"numpy\.hypot under .* has no where"),
    (lambda x: np.matmul(x[None], x, axes=[0, 1]), r"numpy\.matmul under grad has no axes"),
    (lambda x: [x[0], x[1]], r"f must return one number or array, got a list"),
    (lambda x: None, r"f must return real numbers, got NoneType"),
    (lambda x: np.add.at(np.zeros(2), [0, 1], x), r"np\.bincount\(index, weights=x\)"),
    (lambda x: np.full_like(np.ones(2), x[0]), r"numpy\.copyto .* np\.zeros\(shape\)"),
    (lambda x: np.fill_diagonal(x, 1), r"changes an array in place"),
    (lambda x: np.mean([x[0], x[1]]), r"np\.mean\(np\.stack\(\[a, b\]\)\) instead"),
    (lambda x: [*x[0]], r"a traced number has no length and cannot be unpacked"),
    (lambda x: np.linalg.norm(x, axis=1), r"axis 1 is out of bounds"),
    (lambda x: np.roots(x), r"may be complex"),
    (lambda x: np.linalg.norm(np.outer(x, x), 3), r"has no matrix norm 3"),
    (lambda x: np.sum(np.frompyfunc(expit, 1, 1)(x)), r"^expit .*rule: add one with rule\("),
    (lambda x: x.flat[0], r"no attribute 'flat': use a NumPy function"),
    (lambda x: np.linalg.qr(np.outer([1, 2, 3], x), "complete"), r"modes 'reduced' and 'r'"),
]
test_what_cannot_be_differentiated_names_the_cure = refused(
    [(lambda f=f: grad(f)(np.array([1.0, 2.0])), message) for f, message in REFUSED],
    kind=(TypeError, AttributeError, ValueError),
)


@pytest.mark.parametrize(
    "f", [np.linalg.det, lambda A: np.sin(A)[0, 0], lambda A: np.interp(0.5, A[0], [1.0, 2.0])]
)
def test_what_needs_numbers_says_to_stack_them(f):
    def of_array(x):
        return f(np.array([[x[0], 1.0], [0.5, x[1]]]))

    with pytest.raises(TypeError, match=r"use np\.stack\(\[a, b\]\) instead \(") as caught:
        grad(of_array)(np.array([2.0, 3.0]))
    assert any(entry.name == "of_array" for entry in caught.traceback)


def test_an_error_of_the_function_itself_stays_as_it_is():
    def f(x):
        raise TypeError("the learner's own")

    with pytest.raises(TypeError, match=r"^the learner's own$"):
        grad(f)(1.0)


def test_a_number_that_was_kept_is_named():
    kept = []
    grad(lambda x: (kept.append(x), x * x)[1])(1.0)
    with pytest.raises(TypeError, match="kept after its function had returned"):
        float(kept[0])
