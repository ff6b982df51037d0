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
from calclearn.data import penguin_line
from calclearn.exercises import check, score
from calclearn.exercises.catalogue import exercises


def bell(t):
    return np.exp(-(t**2))


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
    "hostile object": Hostile(),
    "hostile class": Hostile,
    "returns a hostile object": lambda *_: Hostile(),
    "a list of hostile objects": [Hostile(), Hostile()],
    "raises": raises(ValueError("no idea")),
    "raises an error that cannot be printed": raises(RudeError()),
    "leaves": raises(SystemExit(1)),
    "raises a base exception": raises(BaseException("base")),
    "recursion": endless_recursion,
    "prints and warns": noisy,
    "nan": float("nan"),
    "infinities": [np.inf, -np.inf],
    "none": None,
    "complex": 1 + 2j,
    "true": True,
    "text": "four point seven",
    "division by zero": "1/0",
    "empty text": "",
    "empty": [],
    "ragged": [[1], [1, 2]],
    "contains itself": itself,
    "set": {4.7},
    "dictionary": {"slope": 1},
    "generator": (i for i in range(2)),
    "huge integer": 10**400,
    "date": np.datetime64("2007-11-11"),
    "bytes": b"4,7",
    "builtin": len,
    "module": np,
    "huge array": np.broadcast_to(1.0, (10**6, 10**6)),
}
NUMBERS = ("00.1", "04.1", "04.2", "04.4", "06.1", "06.3")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_no_answer_makes_check_raise_or_print(number, answer, capfd):
    verdict = check(number, answer)
    printed = capfd.readouterr()
    assert verdict.right is False
    assert verdict.message
    assert (printed.out, printed.err) == ("", "")


@settings(max_examples=60, deadline=None)
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


@pytest.mark.parametrize("thing", [3, lambda *_: 0.0, None], ids=["number", "function", "None"])
@pytest.mark.parametrize("name", ["abs", "all", "sum", "mean", "asarray", "linalg"])
def test_replaced_names_of_numpy_change_no_verdict(name, thing, monkeypatch):
    exercises("06")  # whose definitions need NumPy, too
    monkeypatch.setattr(np, name, thing)
    assert check("00.1", 4.7).right is True
    assert check("00.1", 5.7).right is False
    assert check("08.2", lambda X, y, w: 2 * (X @ w - y) @ X / len(X)).right is True
    assert getattr(np, name) is thing


@pytest.mark.parametrize("name", ["abs", "round", "len", "isinstance"])
def test_replaced_builtins_change_no_verdict(name, monkeypatch):
    exercises("00")
    with monkeypatch.context() as patch:
        patch.setattr(builtins, name, lambda *_: 0)
        verdict = check("00.1", 4.7)
        replaced = vars(builtins)[name](1)
    assert (verdict.right, replaced) == (True, 0)


def test_deleted_names_of_numpy_change_no_verdict(monkeypatch):
    monkeypatch.delattr(np, "abs")
    assert check("00.1", 4.7).right is True
    assert not hasattr(np, "abs")


@pytest.mark.parametrize("text", ["a `b` c", "```", "`", "np.foo`", "``a` b"])
def test_backticks_of_an_error_stay_inside_its_code_span(text):
    message = check("06.1", raises(ValueError(text))).message
    fence, line, closing = re.fullmatch(r".*? with (`+)(.*?)(`+)\.", message).groups()
    assert fence == closing
    assert line == f" ValueError: {text} "
    assert fence not in line


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("00.1", "4,7"), ("00.1", "(4.7)"), ("00.1", "+4.7"), ("09.1", "(−2, 6)"),
        ("09.1", "-2 6"), ("09.1", "−2,0; 6,0"), ("09.1", ("−2", "6")), ("09.1", [[-2], [6]]),
        ("09.1", "-2,0, 6,0"), ("09.1", "−2,0 6,0"), ("09.1", "{ − 2 , 6}"), ("09.1", "-2,6"),
        ("11.2", "0,9, 0,73, 0,521"), ("11.2", "[0.9 0.73 0.521]"), ("02.1", "2,11e−8"),
        ("08.1", "–14"), ("08.1", "- 14"), ("03.4", "6 400"), ("03.4", "6\u202f400"),
        ("03.4", "6'400"), ("03.2", "−0,368"),
        ("03.2", derivative(lambda x: accumulate(bell, x, 2.0), 1.0)),
        ("03.2", SimpleNamespace(value=-0.368, error=1e-9)),
        ("14.3", np.array([[0, 0, 0, 0], [2, 0, 0, -3]])),
    ],
)  # fmt: skip
def test_usual_ways_to_write_numbers_are_read(number, answer):
    assert check(number, answer).right is True


FORMULA = "Write a formula without quotation marks"


@pytest.mark.parametrize(
    ("number", "answer", "cause"),
    [
        ("00.1", "4.7 kg", "without its unit"),
        ("00.1", "4,7kg", "without its unit"),
        ("00.1", "4.7 kg²", "without its unit"),
        ("00.1", "4.7 kg/m", "without its unit"),
        ("03.4", "6 400 penguins", "without its unit"),
        ("09.1", ["−2 kg", "6 kg"], "without its unit"),
        ("03.4", "6,400", "without its comma"),
        ("03.4", "6,400.0", "without its comma"),
        ("03.4", "6.400,0", "without its comma"),
        ("04.3", "95%", "as a fraction"),
        ("04.3", "95,7 %", "as a fraction"),
        ("02.1", "sqrt(2*eps)", FORMULA),
        ("02.1", "√(2ε)", FORMULA),
        ("02.1", "2.1·10⁻⁸", FORMULA),
        ("02.1", "10^-8", FORMULA),
        ("00.1", "0.5*2 + 3.7", FORMULA),
        ("00.1", "m = 4.7", "Give the number alone"),
        ("00.1", "~4.7", "Give the number alone"),
        ("00.1", "about 4.7", "without words"),
        ("00.1", "4.7 per step", "without its unit"),
        ("00.1", "four", "not a number"),
        ("00.1", "4.7.2", "not a number"),
        ("09.1", 6.0, "The answer is two numbers, not one number."),
        ("09.1", "6", "two numbers, not one number. Put a semicolon between"),
        ("09.1", [], "The answer is two numbers, not no number."),
        ("09.1", (-2, 6, 1), "The answer is two numbers, not three numbers."),
        ("09.1", {-2, 6}, "The answer is two numbers, not a set."),
        ("09.1", lambda: (-2, 6), "The answer is two numbers, not a function."),
        ("00.1", (4, 7), "one number, not two numbers. Python writes a decimal number"),
        ("00.1", [4.7, 4.7], "The answer is one number, not two numbers."),
        ("00.1", np.arange(342), "not 342 numbers. Which single number do they come to?"),
        ("03.1", lambda *_: (1, 2), "Your function must return one number, not two numbers."),
        ("07.5", lambda *_: 1, "Your function must return two numbers, not one number."),
    ],
)
def test_unreadable_answers_say_why(number, answer, cause):
    reply = check(number, answer).message
    assert cause in reply
    assert "shape" not in reply


def test_several_numbers_may_stand_one_after_the_other():
    assert check("09.1", -2, 6).right is True
    assert "one number" in check("00.1", 4, 7).message
    assert check("00.1").right is None


@pytest.mark.parametrize(
    ("number", "answer", "is_close"),
    [
        ("00.1", 4.5, False), ("00.1", 4.6, False), ("00.1", 4.8, False),
        ("05.3", 1540.0, False), ("04.3", 0.95, True), ("04.3", 1, False),
        ("18.1", 1, False), ("14.2", 1220, False), ("15.2", 44.1, False), ("03.2", -0.37, True),
        ("12.4", 520, False), ("03.2", -0.36, True), ("03.2", -0.38, False), ("03.2", 0.37, False),
    ],
)  # fmt: skip
def test_close_is_the_right_number_with_two_digits(number, answer, is_close):
    verdict = check(number, answer)
    assert verdict.right is False
    assert ("This is close" in verdict.message) is is_close


@pytest.mark.parametrize(
    ("number", "answer"),
    [("03.4", 12800), ("11.1", 320), ("15.4", 6), ("10.1", 3), ("09.3", 0.2218)],
)
def test_a_factor_of_two_does_not_give_the_answer_away(number, answer):
    assert "wrong by a factor of two" in check(number, answer).message


def test_an_answer_that_contains_dots_is_unanswered():
    assert check("04.2", (..., ...)).right is None
    assert check("06.1", lambda slope, intercept: ...).right is None


@pytest.mark.parametrize(
    "answer",
    [4.7, "4.7", " 47/10 ", Fraction(47, 10), np.float32(4.7), np.array([[4.7]]), 4.7 + 0j],
)
def test_equivalent_forms_of_a_number(answer):
    assert check("00.1", answer).right is True


def test_an_answer_that_prints_and_warns_may_be_right(capfd):
    def answer(slope, intercept):
        noisy()
        x, y = penguin_line().x, penguin_line().y
        return 2 * np.sum(slope * x + intercept - y)

    assert check("06.1", answer).right is True
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("number", ["00.2", "05.3", "07.2", "07.3"])
def test_three_significant_digits_are_enough_and_half_a_per_cent_is_the_limit(number):
    right = float(exercises(number)[number].right)
    assert check(number, float(f"{right:.3g}")).right is True
    assert check(number, right * 1.0051).right is False
    assert check(number, right * 0.9949).right is False


def test_hints_escalate_with_different_wrong_answers_only():
    hints = exercises("07.2")["07.2"].hints
    first = check("07.2", 0.3)
    assert "Hint 1 of 2" in first.message
    assert hints[0] in first.message
    assert check("07.2", 0.3) == first
    assert check("07.2", [0.3]) == first
    second = check("07.2", 0.4)
    assert hints[1] in second.message
    assert check("07.2", 0.5).message == second.message
    assert check("07.2", 0.3) == first
    check("07.2", ...)
    assert "Hint 1" in check("07.3", 0.3).message


def test_the_same_function_defined_again_does_not_escalate():
    first = check("06.2", lambda slope, intercept: 1.0)
    assert check("06.2", lambda slope, intercept: 3 / 3) == first


def test_unreadable_answers_use_up_no_hint():
    check("07.2", None)
    check("07.2", [1, 2])
    assert "Hint 1" in check("07.2", 0.3).message


@pytest.mark.parametrize(
    "number", ["04.9", "07", "99.1", "", "seven", "07.1\n", None, 7.2, [], ...]
)
def test_an_unknown_number_gets_a_sentence(number):
    verdict = check(number, 1)
    assert verdict.right is None
    assert "No such exercise" in repr(verdict)
    if number == "04.9":
        assert verdict.message == "There is no 04.9; this lesson has 04.1, 04.2, 04.3, 04.4."
    assert repr(score()) == "No exercise has been checked in this kernel yet."


def test_a_verdict_reads_the_same_as_text_and_as_markdown():
    verdict = check("00.1", 4.7)
    assert repr(verdict).startswith("✓ Right. The flipper is 2 cm above 190 mm")
    assert verdict._repr_markdown_() == f"**✓ Right.** {verdict.message}"
    assert repr(check("00.1", 5.0)).startswith("✗ Not yet. ")
    assert repr(check("00.1", ...)).startswith("… Not answered yet. ")


def test_the_score_counts_the_lesson_checked_last():
    assert repr(score()) == "No exercise has been checked in this kernel yet."
    check("00.1", 4.7)
    check("04.4", "b")
    check("04.2", ...)
    assert repr(score()) == "Lesson 04: ✗ not yet 1 (04.4); … open 3 (04.1, 04.2, 04.3)."
    check("04.4", "a")
    assert score().right == ("04.4",)
    check("00.1", 4.7)
    assert repr(score()) == "Lesson 00: ✓ right 1 (00.1); … open 2 (00.2, 00.3)."


@pytest.mark.parametrize("later", [5.7, ..., "x"])
def test_a_right_answer_stays_right_in_the_score(later):
    assert check("00.1", 5.0).right is False
    check("00.1", 4.7)
    assert check("00.1", later).right is not True
    check("00.3", "a")
    assert (score().right, score().wrong) == (("00.1",), ("00.3",))


def test_a_fresh_kernel_gives_the_same_verdicts_and_the_engine_needs_numpy_only():
    heavy = "{'ipywidgets', 'matplotlib', 'IPython', 'scipy', 'pandas'} & set(sys.modules)"
    answers = "[check('07.2', a) for a in (0.3, 0.3, ..., 'x', [1, 2], 0.5)]"
    code = "import sys; from calclearn.exercises import check, choice, exercise, outcome, predict; "
    code += f"print({heavy}, {answers})"
    command = [sys.executable, "-X", "utf8", "-c", code]
    fresh = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    here = [check("07.2", a) for a in (0.3, 0.3, ..., "x", [1, 2], 0.5)]
    assert fresh.stdout == f"set() {here}\n"
