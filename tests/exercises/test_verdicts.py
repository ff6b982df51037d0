"""`check` survives every answer, escalates its hints fairly, and says the same in every kernel."""

import builtins
import re
import subprocess
import sys
import warnings
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn import accumulate, derivative
from calclearn.exercises import check, score
from calclearn.exercises.catalogue import exercises

pytestmark = pytest.mark.usefixtures("fresh_kernel")


class Hostile:
    """An answer that raises whatever is done with it."""

    def _no(self, *_, **__):
        raise RuntimeError("no")

    __array__ = __call__ = __eq__ = __float__ = __len__ = __iter__ = __getitem__ = __repr__ = _no
    __bool__ = __str__ = __hash__ = __int__ = __index__ = __getattr__ = _no


class RudeError(Exception):
    def __str__(self):
        raise RuntimeError("not even this")


def raises(error):
    def answer(*_):
        raise error

    return answer


def noisy(*_):
    print("here I am")
    print("and here", file=sys.stderr)
    warnings.warn("careful", stacklevel=1)
    return np.log(-1.0) + 1 / np.float64(0)


def endless_recursion(*_):
    def deeper():  # without *_, on which Python 3.13.0 itself breaks down at the limit
        return deeper()

    return deeper()


itself = []
itself.append(itself)
HOSTILE = {
    "object": Hostile(), "class": Hostile, "list": [Hostile()], "returned": lambda *_: Hostile(),
    "error": raises(ValueError("no idea")), "error that cannot be printed": raises(RudeError()),
    "exit": raises(SystemExit(1)), "recursion": endless_recursion, "noise": noisy,
    "nan": float("nan"), "infinities": [np.inf, -np.inf], "complex": 1 + 2j, "0": "1/0",
    "ragged": [[1], [1, 2]], "contains itself": itself, "generator": (i for i in range(2)),
    "huge integer": 10**400, "date": np.datetime64("2007-11-11"), "bytes": b"4,7", "module": np,
    "huge array": np.broadcast_to(1.0, (10**6, 10**6)),
}  # fmt: skip
NUMBERS = ("00.1", "04.2", "04.4", "06.1")  # a number, several, a choice, a function


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_no_answer_makes_check_raise_or_print(answer, capfd):
    for number in NUMBERS:
        verdict = check(number, answer)
        assert verdict.right is False
        assert verdict.message
    assert capfd.readouterr() == ("", "")


@settings(max_examples=40)
@given(
    answer=st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.just(...),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    ),
    number=st.sampled_from(NUMBERS),
)
def test_any_mixture_of_values_gets_a_verdict(number, answer):
    assert check(number, answer).right in (True, False, None)
    assert check(number, lambda *_: answer).right in (True, False, None)


def test_an_interrupt_ends_the_check_and_leaves_everything_as_it_was(monkeypatch):
    monkeypatch.setattr(np, "mean", "mine")
    out = sys.stdout
    with pytest.raises(KeyboardInterrupt):
        check("06.1", raises(KeyboardInterrupt()))
    assert (np.mean, sys.stdout) == ("mine", out)


@pytest.mark.parametrize("thing", [3, lambda *_: 0.0, None, "deleted"])
@pytest.mark.parametrize("module", [np, builtins])
def test_replaced_and_deleted_names_change_no_verdict(module, thing, monkeypatch):
    exercises("06")  # whose definitions need NumPy, too
    names = {"abs", "all", "sum", "mean", "asarray", "linalg", "len", "round", "isinstance"}
    for name in names & {*vars(module)}:
        with monkeypatch.context() as patch:
            if thing == "deleted":
                patch.delattr(module, name)
            else:
                patch.setattr(module, name, thing)
            said = [check("00.1", answer).right for answer in (4.7, 5.7)]
            said += [check("08.2", lambda X, y, w: 2 * (X @ w - y) @ X / len(X)).right]
            there = vars(module).get(name, "deleted")
        assert (said, there) == ([True, False, True], thing)


@pytest.mark.parametrize("text", ["a `b` c", "```", "`", "np.foo`", "``a` b"])
def test_backticks_of_an_error_stay_inside_its_code_span(text):
    message = check("06.1", raises(ValueError(text))).message
    fence, line, closing = re.fullmatch(r".*? with (`+)(.*?)(`+)\.", message).groups()
    assert fence == closing
    assert line == f" ValueError: {text} "
    assert fence not in line


ESTIMATE = derivative(lambda x: accumulate(lambda t: np.exp(-(t**2)), x, 2.0), 1.0)
FORMS = {
    "00.1": [
        4.7, "4.7", " 47/10 ", "4,7", "(4.7)", "+4.7", Fraction(47, 10), np.float32(4.7),
        np.array([[4.7]]), 4.7 + 0j, "4.7.", "4,7;", "\u200e4.7…", "47⁄10",
        "np.float64(4.7)", "array(4.7)", "４．７", "４，７",
    ],
    "09.1": [
        "(−2, 6)", "-2 6", "−2,0; 6,0", ("−2", "6"), [[-2], [6]], "-2,0, 6,0", "−2,0 6,0",
        "{ − 2 , 6}", "-2,6", "(−2; 6).",
        "(np.float64(-2.0), np.float64(6.0))", "array([-2.,  6.])",
        [derivative(np.square, -1.0), derivative(np.square, 3.0)],
    ],
    "02.1": ["2,11e−8"],
    "03.2": ["−0,368", ESTIMATE, SimpleNamespace(value=-0.368, error=1e-9)],
    "03.4": ["6 400", "6\u202f400", "6'400"],
    "08.1": ["–14", "- 14"],
    "11.2": ["0,9, 0,73, 0,521", "[0.9 0.73 0.521]"],
    "14.3": [np.array([[0, 0, 0, 0], [2, 0, 0, -3]])],
}  # fmt: skip


@pytest.mark.parametrize(("number", "answers"), FORMS.items())
def test_usual_ways_to_write_numbers_are_read(number, answers):
    for answer in answers:
        assert check(number, answer).right is True, answer


REPLIES = {
    "without its unit": [
        ("00.1", "4.7 kg"), ("00.1", "4,7kg"), ("00.1", "4.7 kg²"), ("00.1", "4.7 kg/m"),
        ("03.4", "6 400 penguins"), ("09.1", ["−2 kg", "6 kg"]), ("00.1", "4.7 per step"),
    ],
    "without its comma": [("03.4", "6,400"), ("03.4", "6,400.0"), ("03.4", "6.400,0")],
    "as a fraction": [("04.3", "95%"), ("04.3", "95,7 %")],
    "Write a formula without quotation marks": [
        ("02.1", "sqrt(2*eps)"), ("02.1", "√(2ε)"), ("02.1", "2.1·10⁻⁸"), ("02.1", "10^-8"),
        ("00.1", "0.5*2 + 3.7"),
    ],
    "Give the number alone, without =": [("00.1", "m = 4.7"), ("00.1", "~4.7")],
    "without words": [("00.1", "about 4.7")],
    "not a number": [("00.1", "four"), ("00.1", "4.7.2"), ("00.1", "")],
    "The answer is two numbers, not one number.": [("09.1", 6.0)],
    "two numbers, not one number. Put a semicolon between": [("09.1", "6")],
    "The answer is two numbers, not no number.": [("09.1", [])],
    "The answer is two numbers, not three numbers.": [("09.1", (-2, 6, 1))],
    "The answer is two numbers, not a set.": [("09.1", {-2, 6})],
    "The answer is two numbers, not a map.": [("09.1", map(float, (-2, 6)))],
    "one number, not an object.": [("00.1", object()), ("01.2", lambda x: object())],
    "The value is None": [("00.1", None), ("09.1", (None, 6)), ("07.5", lambda *_: (None, 1))],
    "The answer is two numbers, not a function.": [("09.1", lambda: (-2, 6))],
    "one number, not two numbers. Python writes a decimal number": [("00.1", (4, 7))],
    "The answer is one number, not two numbers.": [("00.1", [4.7, 4.7])],
    "not 342 numbers. Which single number do they come to?": [("00.1", np.arange(342))],
    "Your function must return one number, not two numbers.": [("03.1", lambda *_: (1, 2))],
    "Your function must return two numbers, not one number.": [("07.5", lambda *_: 1)],
    "Your function must return two numbers, not a list_iterator.": [("08.2", lambda *_: iter([]))],
    "Your function stopped with `StopIteration`.": [("01.2", lambda _: next(iter([])))],
    "Python writes a power with `**`.": [("01.2", lambda x: x ^ 2), ("03.1", lambda *_: np.pi ^ 2)],
    "give its name, without quotation marks.": [("01.2", "slope")],
    "two numbers, not parts of different sizes.": [("07.5", lambda *_: ([1, 2], 3))],
    "The size is right, the sign is not.": [("01.1", -12.61)],
    "The sign is wrong, and so is a factor of two.": [("01.1", -25.22)],
    "The digits are right, the power of ten is not: is it a unit,": [("01.1", 126.1)],
    "This is twice what it should be.": [("01.2", lambda x: 4 * x - 6)],
    "This is half of what it should be.": [("01.2", lambda x: x - 1.5)],
    "This is wrong by a factor of two.": [  # which does not give the answer away
        ("03.4", 12800), ("15.4", 6), ("10.1", 3), ("09.3", 0.2218),
    ],
    "This is right up to a constant factor.": [("01.2", lambda x: 6 * x - 9), ("12.1", (-4, -2))],
    "It is right to 3 digits only.": [("01.2", lambda x: 2 * x - 3.001)],
    "This is close. Give more digits": [("04.3", 0.95), ("03.2", -0.37), ("03.2", -0.36)],
    "This takes x in metres": [("00.1", 3.71)],  # and not that nearby, of 3.7
    "This is the intercept alone": [("00.1", 3.7)],
    "Your function returns 7 for all arguments.": [("01.2", lambda x: 7)],
    "Your function returns 0 for all arguments.": [("01.2", lambda x: -0.0)],
    "a function that ends without `return` gives it.": [("01.2", lambda x: None)],
    "Your function stopped with `TypeError: <lambda>() takes 0": [("01.2", lambda: 0)],
    "A function is asked for: give its name, without calling it.": [("01.2", 2)],
    "These are the right numbers in the wrong order.": [("09.1", (6, -2))],
    "The answer is not finite: nan or inf came out.": [("01.3", float("inf"))],
    "The answer must be real, got a complex number.": [("01.3", 1 + 2j)],
    'Answer with one of the letters "a", "b", "c", "d", in quotation marks.': [("07.4", "e")],
}  # fmt: skip


@pytest.mark.parametrize(("words", "answers"), REPLIES.items())
def test_a_wrong_answer_that_no_lesson_lists_is_told_what_it_looks_like(words, answers):
    for number, answer in answers:
        verdict = check(number, answer)
        assert verdict.right is False
        assert words in verdict.message, answer


def test_close_is_the_right_number_with_two_digits_and_one_number_has_no_constant_factor():
    for number, answer in (
        ("00.1", 4.5), ("00.1", 4.6), ("00.1", 4.8), ("05.3", 1540.0), ("04.3", 1), ("18.1", 1),
        ("14.2", 1220), ("15.2", 44.1), ("12.4", 520), ("03.2", -0.38), ("03.2", 0.37),
        ("10.2", (0.7, 0)),  # of (0.538, 0)
    ):  # fmt: skip
        verdict = check(number, answer)
        assert verdict.right is False
        assert not re.search("This is close|constant factor", verdict.message), answer


def test_several_numbers_may_stand_one_after_the_other():
    assert check("09.1", -2, 6).right is True
    assert "one number" in check("00.1", 4, 7).message
    assert check("00.1").right is None
    for number in NUMBERS:  # dots are no answer
        for answer in (..., [..., 1], "...", " … "):
            assert check(number, answer).right is None
    assert check("06.1", lambda slope, intercept: ...).right is None


@pytest.mark.parametrize("number", ["00.2", "07.2", "07.3"])
def test_three_significant_digits_are_enough_and_half_a_per_cent_is_the_limit(number):
    right = float(exercises(number)[number].right)
    given = float(f"{right:.3g}"), right * 1.0051, right * 0.9949
    assert [check(number, answer).right for answer in given] == [True, False, False]


def test_hints_escalate_with_different_wrong_answers_only():
    hints = exercises("07.2")["07.2"].hints
    check("07.2", None)  # what cannot be read uses up none
    check("07.2", [1, 2])
    first, second = check("07.2", 0.3), check("07.2", 0.4)
    assert f"Hint 1 of 2: {hints[0]}" in first.message
    assert f"Hint 2 of 2: {hints[1]}" in second.message
    assert check("07.2", 0.3) == check("07.2", [0.3]) == first
    assert check("07.2", 0.5).message == second.message
    assert "Hint 1" in check("07.3", 0.3).message
    again = check("06.2", lambda slope, intercept: 1.0)
    assert check("06.2", lambda slope, intercept: 3 / 3) == again


@pytest.mark.parametrize("number", ["07", "99.1", "", "seven", "07.1\n", None, 7.2, [], ...])
def test_an_unknown_number_gets_a_sentence(number):
    assert check(number, 1).right is None
    assert "No such exercise" in repr(check(number, 1))
    assert repr(score()) == "No exercise has been checked in this kernel yet."
    there_is = "There is no 04.9; this lesson has 04.1, 04.2, 04.3, 04.4."
    assert check("04.9", 1).message == there_is
    assert check("99.1", 1).message == "There is no lesson 99."


def test_the_score_counts_the_lesson_checked_last():
    verdict = check("00.1", 4.7)
    assert repr(verdict).startswith("✓ Right. The flipper is 2 cm above 190 mm")
    assert verdict._repr_markdown_() == f"**✓ Right.** {verdict.message}"
    check("04.4", "b")
    check("04.2", ...)
    assert repr(score()) == "Lesson 04: ✗ not yet 1 (04.4); … open 3 (04.1, 04.2, 04.3)."
    check("04.4", "a")
    assert score().right == ("04.4",)
    for later in (4.7, 5.7, ..., "x"):  # what was right stays right
        check("00.1", later)
        assert repr(score()) == "Lesson 00: ✓ right 1 (00.1); … open 2 (00.2, 00.3)."


def test_a_fresh_kernel_gives_the_same_verdicts_and_the_engine_needs_numpy_only():
    heavy = "{'ipywidgets', 'matplotlib', 'IPython', 'scipy', 'pandas'} & set(sys.modules)"
    answers = "[check('07.2', a) for a in (0.3, 0.3, ..., 'x', [1, 2], 0.5)]"
    code = "import sys; from calclearn.exercises import check, choice, exercise, outcome, predict; "
    command = [sys.executable, "-X", "utf8", "-c", f"{code}print({heavy}, {answers})"]
    fresh = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert fresh.stdout == f"set() {eval(answers)}\n"
