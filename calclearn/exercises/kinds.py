"""An exercise knows its typical mistakes, because a wrong answer is worth more than "wrong".

Kinds of exercises differ in how they read an answer: reading turns what was typed into plain
numbers (a function into its values at some points). Then one comparison is made with the right
answer, and with each typical mistake:

    |answer − right| ≤ tolerance · |right|

The tolerance of numbers is 0.5 %: three significant digits are enough.
"""

import contextlib
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

COUNTS = ("no number", "one number", "two numbers", "three numbers", "four numbers")
MANY = 8  # numbers; more than these are data rather than a slip
CLOSE = 3e-2  # beyond it two digits are no better than a guess

# What other keyboards write, in Python's characters: dashes for a minus, blanks that do not break.
# The last ones have no width, and come along where a text is copied.
CHARACTERS = str.maketrans(
    "−–—‐‑⁄∕÷\u00a0\u2009\u202f\u3000’", "-----///    '", "\u200b\u200e\u2060\ufeff"
) | {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}  # ４ as in an East Asian font is 4
# What Python writes around a number that it shows, as in np.float64(4.7).
SHOWN = r"\b(np\.)?(float|int|array)\d*(?=\()"


class UnansweredError(Exception):
    """The three dots are still in the answer's place."""


class UnreadableError(Exception):
    """The answer cannot be compared with anything; the message says why in one sentence.

    Where it is numbers, but not as many as are asked for, `shape` is what it has.
    """

    def __init__(self, sentence: str, shape: tuple[int, ...] | None = None) -> None:
        super().__init__(sentence)
        self.shape = shape


@dataclass(frozen=True, kw_only=True, eq=False)
class Exercise:
    """The right answer and why, the typical mistakes, and hints from mild to strong."""

    right: object
    why: str
    hints: tuple[str, ...]
    mistakes: tuple[tuple[object, str], ...] = ()

    def read(self, answer: object) -> object:
        """The answer as `agrees` compares it; raises `UnansweredError` or `UnreadableError`."""
        raise NotImplementedError

    def agrees(self, values: object, right: object) -> bool:
        """Whether two answers that were read say the same."""
        return values == right

    def is_right(self, values: object) -> bool:
        """Whether an answer that was read is the right one."""
        return self.agrees(values, self.read(self.right))

    def signature(self, values: object) -> str:
        """The same text for the same answer, however it was typed or computed."""
        return str(values)

    def mistake(self, values: object) -> str:
        """The sentence for the mistake that leads to this answer; empty where none is known."""
        return next((sentence for wrong, sentence in self.mistakes if wrong == values), "")


@dataclass(frozen=True, kw_only=True, eq=False)
class Number(Exercise):
    """One number is asked for: int, float, fraction, array with one entry, or text like "1/3".

    Or several, in a list, a tuple or an array, where `right` has several. Text may have a decimal
    comma and a typographic minus. What has a `value` and an `error`, as the estimates of
    `calclearn.derivative` have, counts as its value.

    >>> third = Number(right=1 / 3, why="", hints=("Divide.",))
    >>> third.is_right(third.read("1/3")), third.is_right(third.read(0.333))
    (True, True)
    >>> third.mistake(third.read(-0.333))
    'The size is right, the sign is not.'
    """

    subject: ClassVar[str] = "The answer is"
    tolerance: float = 5e-3
    negligible: float = 1e-9  # of the largest number (of one, if that is zero): counts as zero

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.right)

    def read(self, answer: object) -> np.ndarray:
        try:
            given = [as_numbers(each, self.shape, self.subject) for each in self._given(answer)]
        except UnreadableError as error:
            for wrong, sentence in self.mistakes if error.shape is not None else ():
                if np.shape(next(self._given(wrong))) == error.shape:
                    raise UnreadableError(sentence) from None
            raise
        return np.stack(given)

    def _given(self, answer: object) -> Iterator[object]:
        """What the answer consists of: itself, or what a function returns at each point."""
        yield answer

    def agrees(self, values: np.ndarray, right: np.ndarray) -> bool:
        largest = np.abs(right).max(axis=-1, keepdims=True)  # of several together
        slack = self.tolerance * np.abs(right) + self.negligible * np.where(largest, largest, 1.0)
        return bool(np.all(np.abs(values - right) <= slack))

    def signature(self, values: np.ndarray) -> str:
        return " ".join(f"{value:.6g}" for value in values.ravel())

    def mistake(self, values: np.ndarray) -> str:
        near = []
        for wrong, sentence in self.mistakes:
            with contextlib.suppress(UnreadableError):  # a mistake of another shape
                read = self.read(wrong)
                if self.agrees(values, read):
                    near.append((np.abs(values - read).max(), sentence))
        if sentence := min(near)[1] if near else self._too_rough(values):
            return sentence
        if self.shape and self.is_right(values[..., ::-1]):
            return "These are the right numbers in the wrong order."
        return self._wrong_factor(values)

    def _too_rough(self, values: np.ndarray) -> str:
        """Close is the right number with two digits, rounded or cut off; a whole one is exact."""
        right = self.read(self.right)
        exact = np.all(right == np.round(right))
        if exact or not right.all() or np.any(np.abs(values / right - 1) > CLOSE):
            return ""
        unit = 10.0 ** (np.floor(np.log10(np.abs(right))) - 1)  # of the second digit
        off = (values - right) / unit * np.sign(right)
        two_digits = np.abs(values / unit - np.round(values / unit)) < 1e-6
        close = np.all(two_digits & (off > -0.999) & (off < 0.501))
        if close and self.is_right(np.round(right / unit, 1) * unit):
            return "This is close. Give more digits: three are enough."
        return ""

    def _wrong_factor(self, values: np.ndarray) -> str:
        """Compare answer ≈ factor · right, the factor being that of least squares."""
        right = self.read(self.right)
        if not (right.any() and values.any()):
            return ""
        factor = np.sum(values * right) / np.sum(right**2)
        if factor == 0 or not self.is_right(values / factor):
            return ""
        power = 10 ** np.round(np.log10(abs(factor)))
        twice, half = "This is twice what it should be.", "This is half of what it should be."
        if not isinstance(self, Function):  # to name the direction gives the answer away
            twice = half = "This is wrong by a factor of two."
        signed = "The sign is wrong, and so is a factor of two."
        for named, sentence in (
            (-1, "The size is right, the sign is not."),
            (2, twice), (1 / 2, half), (-2, signed), (-1 / 2, signed),
            (power, "The digits are right, the power of ten is not: is it a unit, or the point?"),
        ):  # fmt: skip
            if abs(factor / named - 1) <= self.tolerance:
                return sentence
        several = np.count_nonzero(right) > 1  # any number is a multiple of any other
        return "This is right up to a constant factor." if several else ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Function(Number):
    """A function is asked for; it is called at `points`, a tuple of argument tuples.

    `returns` is the shape of one value. The mistakes are functions too. One that returns another
    shape stands for every answer of that shape. Where the function returns several results of one
    computation, `lines` has a sentence for each of them: that of the first wrong one is given.

    >>> slope = Function(right=lambda x: 2 * x, points=((1.0,), (3.0,)), why="", hints=(),
    ...                  mistakes=((lambda x: x, "The 2 is missing."),))
    >>> slope.is_right(slope.read(lambda x: x + x)), slope.mistake(slope.read(lambda x: x))
    (True, 'The 2 is missing.')
    """

    subject: ClassVar[str] = "Your function must return"
    points: tuple[tuple, ...]
    returns: tuple[int, ...] = ()
    lines: tuple[str, ...] = ()
    tolerance: float = 1e-4
    negligible: float = 1e-6

    @property
    def shape(self) -> tuple[int, ...]:
        return self.returns

    def _given(self, answer: Callable) -> Iterator[object]:
        if _has_dots(answer):
            raise UnansweredError
        if not callable(answer):
            without = "quotation marks" if isinstance(answer, str) else "calling it"
            raise UnreadableError(f"A function is asked for: give its name, without {without}.")
        for point in self.points:
            yield _call(answer, point)

    def mistake(self, values: np.ndarray) -> str:
        if sentence := super().mistake(values):
            return sentence
        # The first result that is wrong; those before it are right.
        for line, one, right in zip(self.lines, values.T, self.read(self.right).T, strict=False):
            if not self.agrees(one, right):
                return line
        if len(values) > 1 and not self.shape and np.all(values == values[0]):
            return f"Your function returns {values[0] + 0:g} for all arguments."
        right = self.read(self.right)
        error = np.max(np.abs(values - right) / (np.abs(right) + self.negligible))
        return f"It is right to {-np.log10(error):.0f} digits only." if error < 1e-2 else ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice(Exercise):
    """One of several options is asked for, by its letter.

    >>> sky = Choice(options=("a", "b"), right="a", why="", hints=("Look up.",))
    >>> sky.is_right(sky.read(" A) ")), sky.is_right(sky.read("a) Because it is so."))
    (True, True)
    """

    options: tuple[str, ...]

    def read(self, answer: str) -> str:
        if _has_dots(answer):
            raise UnansweredError
        if (letter := letter_of(answer)) in self.options:
            return letter
        letters = ", ".join(f'"{letter}"' for letter in self.options)
        raise UnreadableError(f"Answer with one of the letters {letters}, in quotation marks.")


def as_numbers(
    answer: object, shape: tuple[int, ...], subject: str = "The answer is"
) -> np.ndarray:
    """The answer as finite floats of the given shape; a table is read row by row.

    Raises `UnansweredError` or `UnreadableError`; `subject` begins the sentence on its shape.
    """
    if _has_dots(answer):
        raise UnansweredError
    advice = ""
    if isinstance(answer, str):
        answer = numbers_in(answer, several=bool(shape))
        advice = " Put a semicolon between two numbers." if shape else ""
    elif isinstance(answer, tuple) and not shape and [*map(type, answer)] == [int, int]:
        advice = " Python writes a decimal number with a point." if answer[1] >= 0 else ""
    try:
        array = np.asarray(_values_of(answer))
    except ValueError:
        raise UnreadableError(f"{subject} {_count(shape)}, not parts of different sizes.") from None
    if array.dtype == object and any(part is None for part in array.flat):
        raise UnreadableError("The value is None: a function that ends without `return` gives it.")
    kind = array.dtype.name if array.dtype.kind not in "iufcOSU" else ""
    if array.dtype == object and not (array.ndim or hasattr(answer, "__float__")):
        kind = type(answer).__name__  # a set, a generator
    if kind := "function" if callable(answer) else kind:
        a = "an" if kind[0] in "aeiouAEIOU" else "a"
        raise UnreadableError(f"{subject} {_count(shape)}, not {a} {kind}.")
    if array.size != np.prod(shape):
        if not shape and array.size > MANY:
            advice = " Which single number do they come to?"
        sentence = f"{subject} {_count(shape)}, not {_count(array.shape)}.{advice}"
        raise UnreadableError(sentence, array.shape)
    if array.dtype.kind == "U":
        array = np.array([numbers_in(text, several=False) for text in array.ravel()])
    if array.dtype.kind == "c":
        if array.imag.any():
            raise UnreadableError("The answer must be real, got a complex number.")
        array = array.real
    values = array.astype(float).reshape(shape)
    if not np.isfinite(values).all():
        raise UnreadableError("The answer is not finite: nan or inf came out.")
    return values


def numbers_in(text: str, several: bool) -> float | list[float]:
    """The number that a text holds, or the list of its numbers."""
    plain = re.sub(SHOWN, "", text.translate(CHARACTERS))
    plain = re.sub(r"[()\[\]{}]", " ", plain).rstrip(" .,;…")
    plain = re.sub(r"(?<!\S)([-+])\s+(?=[\d.])", r"\1", plain).strip()  # a blank after the sign
    if several:  # a comma between two digits may be decimal, one before a blank is not
        plain = re.sub(r"\s+(?=[,;])", "", plain)
        marks = (mark for mark in (r";", r",\s", r"\s", r",") if re.search(mark, plain))
        pieces = [piece for piece in re.split(next(marks, ";"), plain) if piece.strip()]
        return [numbers_in(piece, several=False) for piece in pieces]
    if re.fullmatch(r"[-+]?\d{1,3}([ ']\d{3})+([.,]\d+)?", plain):
        plain = re.sub(r"[ ']", "", plain)
    if re.fullmatch(r"[-+]?[1-9]\d{0,2}(,\d{3})+|.*\d,\d+\..*|.*\d\.\d+,.*", plain):
        raise UnreadableError("Write the number without its comma, which may mean two things.")
    top, _, bottom = plain.replace(",", ".").partition("/")
    try:
        return float(top) / float(bottom or 1)
    except ValueError:
        text = text.translate(CHARACTERS).strip()
        why = next(why for pattern, why in NO_NUMBER if re.match(pattern, text, re.DOTALL))
        raise UnreadableError(why) from None


# fmt: off
NO_NUMBER = (  # what a text may be that Python does not read as a number
    (r".*[=≈~]", "Give the number alone, without =, ≈ or ~."),
    (r"[-+\d.,\s]+%", "Give the share as a fraction: half of all is 0.5, not 50 %."),
    (r"[-+]?[\d.,/ ']*\d\s*(°|[^\W\d_]+)[\w²³/· ]*$", "Give the number without its unit."),
    (r".*([*·×^√⁻²³]|\w\(|\d\s*[-+/]\s*\d)", "Write a formula without quotation marks, so that "
     "Python computes it; a power of ten is written 1e-3."),
    (r"(?=.*\d).*[^\d.,\s]", "Give the number alone, without words or signs around it."),
    (r"", "This text is not a number."),
)
# fmt: on


def _count(shape: tuple[int, ...]) -> str:
    count = int(np.prod(shape))
    return COUNTS[count] if count < len(COUNTS) else f"{count} numbers"


def _values_of(answer: object) -> object:
    """An answer with each estimate, value ± error, as its value."""
    if hasattr(answer, "value") and hasattr(answer, "error"):
        return answer.value
    return [*map(_values_of, answer)] if isinstance(answer, list | tuple) else answer


def _has_dots(answer: object) -> bool:
    if isinstance(answer, list | tuple):
        return any(map(_has_dots, answer))
    return answer is ... or (isinstance(answer, str) and answer.strip() in ("...", "…"))


def letter_of(answer: object) -> str:
    """The letter of an option in lower case: alone, or before the option's own text; else none."""
    text = answer.translate(CHARACTERS) if isinstance(answer, str) else ""
    option = r"[\W_]*(?:[Oo]ption )?([A-Za-z])(?:[\W_]*|[^\w,/&+]+(?!And|Or)[A-Z]\w.*)"
    match = re.fullmatch(option, text, re.DOTALL)
    return match[1].lower() if match else ""


def _call(function: Callable, point: tuple) -> object:
    try:
        return function(*copy.deepcopy(point))  # it may change its arguments
    except KeyboardInterrupt:  # the learner stops an endless loop
        raise
    except BaseException as error:  # also an exit() inside the learner's code
        text = _as_code(error)
        power = " Python writes a power with `**`." * ("for ^" in text or "bitwise_xor" in text)
        raise UnreadableError(f"Your function stopped with {text}.{power}") from None


def _as_code(error: BaseException) -> str:
    """The error's first line as code in Markdown, in a fence longer than any run of backticks."""
    try:
        line = f"{type(error).__name__}: {error}".partition("\n")[0][:120].rstrip(": ")
    except Exception:  # the message of a learner's own exception may fail too
        line = type(error).__name__
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence, space = "`" * (longest + 1), " " * ("`" in line)
    return f"{fence}{space}{line}{space}{fence}"
