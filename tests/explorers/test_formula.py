"""A formula that was typed: right values and derivatives, and every attack ends in a sentence."""

import math
import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus.autodiff import grad
from calclearn.calculus.numerical import complex_step, derivative
from calclearn.explorers.formula import CONSTANTS, LONGEST, SPELLED, parse

SENTENCE = re.compile(r"formula goes wrong at character (\d+), [^\n]*▸[^\n]*: [^\n]+", re.DOTALL)


def mistake(text):
    """The sentence for a formula that cannot be read, and the character that it points at."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a hint of Python's parser would reach the learner
        with pytest.raises(ValueError, match="goes wrong at") as caught:
            parse(text)
    assert type(caught.value) is ValueError
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    found = SENTENCE.fullmatch(str(caught.value))
    assert found, str(caught.value)
    return str(caught.value), int(found[1])


# What can be read.


@pytest.mark.parametrize(
    ("text", "f"),
    [
        ("x", lambda x: x), ("  x**2 + sin( x ) ", lambda x: x**2 + np.sin(x)),
        ("-x**2", lambda x: -(x**2)), ("2**-x", lambda x: 2**-x),
        ("2**x**0.5", lambda x: 2 ** (x**0.5)), ("1 - 2 - x", lambda x: -1 - x),
        ("8/4/x", lambda x: 2 / x), ("+(x + 1)*(x - 1)", lambda x: x**2 - 1),
        ("max(x, 1) - min(x, 1)", lambda x: abs(x - 1)),
        ("1/(1 + exp(-x))", lambda x: 1 / (1 + np.exp(-x))),
        ("1e-3*x + .5 + 2.", lambda x: x / 1000 + 2.5),
        ("e**x - exp(x) + pi", lambda x: 0 * x + np.pi),
        ("ln(x) + log2 (x) + log10(x)", lambda x: np.log(x) * (1 + 1 / np.log(2) + 1 / np.log(10))),
        ("+".join("x" * 100), lambda x: 100 * x), ("(" * 99 + "x" + ")" * 99, lambda x: x),
    ],
)  # fmt: skip
def test_values_are_those_of_the_same_code(text, f):
    x = np.linspace(0.3, 2.7, 7).reshape(7, 1)
    assert parse(text)(x) == pytest.approx(f(x), rel=1e-12, abs=1e-12)
    assert parse(text)(1.3) == pytest.approx(f(1.3), rel=1e-12, abs=1e-12)


def test_a_constant_has_as_many_values_as_there_are_x():
    for text, value in [("3", 3.0), ("pi*2**2", 4 * np.pi), *CONSTANTS.items()]:
        assert np.array_equal(parse(text)(np.arange(4.0)), np.full(4, value))
        assert grad(parse(text))(2.0) == 0.0
        assert complex_step(parse(text), 2.0) == 0.0


SMOOTH = "x**3 - 2*x", "sin(x)*exp(-x)", "1/(1 + exp(-x))", "x**x", "log(x) + sqrt(x)", "tanh(x)/x"


@pytest.mark.parametrize("text", SMOOTH)
def test_slopes_agree_in_three_ways(text):
    f, x = parse(text), 1.3
    assert grad(f)(x) == pytest.approx(complex_step(f, x), rel=1e-14)
    assert abs(derivative(f, x).value - grad(f)(x)) <= derivative(f, x).error


def test_single_precision_stays():
    assert parse("2*x + sin(x)/3")(np.ones(2, np.float32)).dtype == np.float32


@settings(max_examples=60, deadline=None)
@given(st.recursive(
    st.sampled_from(["x", "1", "0.5", "pi"]),
    lambda part: st.one_of(
        st.tuples(st.sampled_from(["+", " - ", "*", " / "]), part, part).map(
            "({0[1]}{0[0]}{0[2]})".format
        ),
        st.tuples(st.sampled_from(["sin", "exp", "-", "abs"]), part).map("{0[0]}({0[1]})".format),
    ),
    max_leaves=8,
))  # fmt: skip
def test_whatever_can_be_built_means_what_it_means_in_python(text):
    names = {"sin": math.sin, "exp": math.exp, "abs": abs, "pi": math.pi, "x": 0.7}
    try:
        right = eval(text, names)  # text of this test alone
    except ArithmeticError:
        right = None
    if right is not None and len(text) <= LONGEST:
        assert parse(text)(0.7) == pytest.approx(right, rel=1e-9, abs=1e-12)


# What cannot, and the character that is to blame.


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", 1, "missing at the end"), ("   ", 4, "missing at the end"),
        ("x +", 4, "missing at the end"), ("  x * ", 7, "missing at the end"),
        ("2x", 2, "operation such as *"), ("x + 2 x", 7, "operation such as *"),
        ("1e5x", 4, "operation such as *"), ("2(x)", 2, "operation such as *"),
        ("(x)(x)", 4, "operation such as *"), ("sin x", 5, "a ( is missing"),
        ("x^2", 2, "for ^ type **"), ("x − 1", 3, "for − type -"), ("x²", 2, "for ² type **2"),
        ("x//2", 2, "for // type /"), ("  sin(y)", 7, "y is not known"),
        ("sine(x)", 1, "sine is not one of the functions"),
        ("x(2)", 1, "x is not one of the functions"), ("2 + sin", 5, "in brackets, as in sin(x)"),
        ("sin(x, x)", 1, "one value, got 2"), ("x + max(x)", 5, "two values, got 1"),
        ("sin()", 1, "one value, got 0"), ("(x + 1", 1, "never closed"),
        ("2*sin(x", 6, "never closed"), ("x + 1)", 6, "cannot stand here"),
        ("x + * 2", 5, "cannot stand here"), ("1 + 1/0", 5, "no finite value"),
        ("x*log(-1)", 3, "no finite value"), ("sqrt(-2)", 1, "no finite value"),
        ("1e999", 1, "no finite value"), ("(-8)**(1/3)", 1, "no finite value"),
        ("x, x", 1, "a formula has"), ("True", 1, "a formula has"), ("y = x", 3, "no place here"),
    ],
)  # fmt: skip
def test_a_mistake_is_pointed_at(text, place, words):
    sentence, pointed = mistake(text)
    assert pointed == place
    assert words in sentence


ATTACKS = {
    "import": "__import__('os').system('true')", "dunder": "x.__class__", "attribute": "x.real",
    "attribute of a number": "1 .real", "builtin": "exec(x)", "power": "9**9**9",
    "long power": "9**9**9**9**9", "factor": "x*10**400", "nested calls": "sin(" * 40 + "x",
    "signs": "-" * 150 + "x", "brackets": "(" * 5000 + "x" + ")" * 5000,
    "long": "x+" * 10**6 + "x", "digits": "9" * 10**5, "full width": "\uff58",
    "mathematical x": "\U0001d465", "emoji": "\U0001f600",
    "right to left": "x\u202e+1", "no break space": "x\u00a0+ 1", "surrogate": "x\ud800",
    "null": "x\x00", "line": "x\n+ 1", "comment": "x # 1", "list": "[i for i in x]",
    "generator": "max(i for i in x)", "lambda": "(lambda: x)()", "keyword": "sin(x=1)",
    "starred": "sin(*x)", "double starred": "sin(**x)", "subscript": "x[0]", "text": "'x'*9",
    "bytes": "b'x'", "walrus": "(x := 2)", "condition": "x if x else 1", "comparison": "x < 1",
    "bool": "x and x", "not": "not x", "yield": "(yield)", "await": "await x", "none": "None",
    "ellipsis": "...", "complex": "1j*x", "hexadecimal": "0x10", "underscore": "1_000",
    "leading zero": "01", "matrix product": "x @ x", "mathtext": "$x$ + $x$", "format": "{x}",
    "backslash": "x\\", "call of a call": "sin(x)(x)",
}  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_ends_in_one_short_sentence(text):
    sentence, place = mistake(text)
    assert 1 <= place <= LONGEST + 1
    assert len(sentence) < 250
    assert sentence.count("$") < 2  # a pair of them would be typeset in a figure
    assert set(sentence) <= {*map(chr, range(32, 127)), "▸", *"".join(SPELLED)}


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(), max_size=30) | st.text("x0123 +-*/().,sine_", max_size=30))
def test_any_text_is_a_function_or_a_sentence(text):
    try:
        f = parse(text)
    except ValueError:
        mistake(text)
        return
    with np.errstate(all="ignore"):
        assert np.shape(f(np.linspace(-2, 2, 5))) == (5,)


@pytest.mark.parametrize("text", [None, 3, b"x", ["x"]])
def test_only_text_is_read(text):
    with pytest.raises(TypeError, match="formula must be text such as"):
        parse(text)
