"""An exercise knows its typical mistakes, because a wrong answer is worth more than "wrong".

Each exercise holds the right answer, a table of wrong ones with a sentence for each, and hints.
Kinds of exercises differ in how they read an answer: reading turns whatever was typed into plain
numbers (for a function: its values at some points). The rest is one comparison, made with the
right answer first and then with each wrong one:

    |answer − right| ≤ tolerance · |right|

The tolerance of numbers is 0.5 %, so that an answer rounded to three significant digits is right.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


class UnansweredError(Exception):
    """The three dots are still in the answer's place."""


class UnreadableError(Exception):
    """The answer cannot be compared with anything; the message says why in one sentence."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Exercise:
    """A question, its right answer and why, the typical mistakes, and hints from mild to strong."""

    question: str
    right: object
    why: str
    hints: tuple[str, ...]
    mistakes: tuple[tuple[object, str], ...] = ()

    @property
    def text(self) -> str:
        """The question as the notebook asks it, in Markdown."""
        return self.question

    def read(self, answer: object) -> object:
        """The answer in the form that `agrees` compares.

        Raises `UnansweredError` or `UnreadableError`.
        """
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
        for wrong, sentence in self.mistakes:
            if self.agrees(values, self.read(wrong)):
                return sentence
        return ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Number(Exercise):
    """One number is asked for: int, float, fraction, array with one entry, or text like "1/3".

    >>> third = Number(question="1 : 3 = ?", right=1 / 3, why="", hints=("Divide.",))
    >>> third.is_right(third.read("1/3")), third.is_right(third.read(0.333))
    (True, True)
    >>> third.mistake(third.read(-0.333))
    'The size is right, the sign is not.'
    """

    tolerance: float = 5e-3
    negligible: float = 1e-9  # of the largest number (of one, if that is zero): counts as zero

    @property
    def shape(self) -> tuple[int, ...]:
        return ()

    def read(self, answer: object) -> np.ndarray:
        return as_numbers(answer, self.shape)

    def agrees(self, values: np.ndarray, right: np.ndarray) -> bool:
        slack = self.negligible * (np.abs(right).max() or 1.0)
        return bool(np.all(np.abs(values - right) <= self.tolerance * np.abs(right) + slack))

    def signature(self, values: np.ndarray) -> str:
        return " ".join(f"{value:.6g}" for value in values.ravel())

    def mistake(self, values: np.ndarray) -> str:
        return (
            super().mistake(values)
            or self._too_rough(values)
            or self._wrong_order(values)
            or self._wrong_factor(values)
        )

    def _too_rough(self, values: np.ndarray) -> str:
        right = self.read(self.right)
        off = np.abs(values - right)
        close = right.any() and np.all(off <= 10 * self.tolerance * np.abs(right))
        return "This is close. Give more digits: three are enough." if close else ""

    def _wrong_order(self, values: np.ndarray) -> str:
        if self.shape and self.is_right(values[..., ::-1]):
            return "These are the right numbers in the wrong order."
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
        for named, sentence in (
            (-1, "The size is right, the sign is not."),
            (2, "This is twice what it should be."),
            (1 / 2, "This is half of what it should be."),
            (-2, "The sign is wrong, and so is a factor of two."),
            (-1 / 2, "The sign is wrong, and so is a factor of two."),
            (power, "The digits are right, the power of ten is not: look at the units."),
        ):
            if abs(factor / named - 1) <= self.tolerance:
                return sentence
        return "This is right up to a constant factor." if right.size > 1 else ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Vector(Number):
    """Several numbers are asked for, in a list, a tuple or an array; `right` has shape (d,)."""

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.right)


@dataclass(frozen=True, kw_only=True, eq=False)
class Function(Number):
    """A function is asked for; it is called at `points`, a tuple of argument tuples.

    `returns` is the shape of one value. The mistakes are functions too.

    >>> slope = Function(question="Slope of x²?", right=lambda x: 2 * x, points=((1.0,), (3.0,)),
    ...                  why="", hints=(), mistakes=((lambda x: x, "The 2 is missing."),))
    >>> slope.is_right(slope.read(lambda x: x + x)), slope.mistake(slope.read(lambda x: x))
    (True, 'The 2 is missing.')
    """

    points: tuple[tuple, ...]
    returns: tuple[int, ...] = ()
    tolerance: float = 1e-4
    negligible: float = 1e-6

    @property
    def shape(self) -> tuple[int, ...]:
        return self.returns

    def read(self, answer: Callable) -> np.ndarray:
        if answer is ...:
            raise UnansweredError
        if not callable(answer):
            raise UnreadableError("A function is asked for: give its name, without calling it.")
        return np.stack([as_numbers(_call(answer, point), self.returns) for point in self.points])


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice(Exercise):
    """One of several options is asked for: its letter, or its whole text.

    >>> sky = Choice(question="The sky is", options={"a": "blue", "b": "green"}, right="a",
    ...              why="", hints=("Look up.",))
    >>> sky.is_right(sky.read(" A) "))
    True
    """

    options: dict[str, str]

    @property
    def text(self) -> str:
        options = [f"- **{letter}** {option}" for letter, option in self.options.items()]
        return "\n".join([self.question, "", *options])

    def read(self, answer: str) -> str:
        if answer is ...:
            raise UnansweredError
        typed = answer.strip().strip("().:").lower() if isinstance(answer, str) else ""
        for letter, option in self.options.items():
            if typed in (letter, option.strip("().:").lower()):
                return letter
        letters = ", ".join(f'"{letter}"' for letter in self.options)
        raise UnreadableError(f"Answer with one of the letters {letters}, in quotation marks.")


def as_numbers(answer: object, shape: tuple[int, ...]) -> np.ndarray:
    """The answer as finite floats of the given shape.

    Raises `UnansweredError` or `UnreadableError`.
    """
    if _has_dots(answer):
        raise UnansweredError
    if answer is None:
        raise UnreadableError("The value is None: a function without `return` gives that.")
    if isinstance(answer, str):
        top, _, bottom = answer.partition("/")
        answer = float(top) / float(bottom or 1)
    array = np.asarray(answer)
    wanted = f"{shape[0]} numbers" if shape else "one number"
    if array.dtype.kind not in "iufcOSU":
        raise UnreadableError(f"The answer must be {wanted}, got {array.dtype.name}.")
    if array.size != np.prod(shape) or (shape and array.squeeze().shape != shape):
        raise UnreadableError(f"The answer must be {wanted}, got an array of shape {array.shape}.")
    if array.dtype.kind == "c":
        if array.imag.any():
            raise UnreadableError("The answer must be real, got a complex number.")
        array = array.real
    values = array.astype(float).reshape(shape)
    if not np.isfinite(values).all():
        raise UnreadableError("The answer is not finite: nan or inf came out.")
    return values


def _has_dots(answer: object) -> bool:
    return answer is ... or (isinstance(answer, list | tuple) and any(map(_has_dots, answer)))


def _call(function: Callable, point: tuple) -> object:
    """function(*point), on fresh copies, so that a function that changes its arguments is judged
    by what it returns."""
    try:
        return function(*copy.deepcopy(point))
    except BaseException as error:  # also an exit() or an interrupt inside the learner's code
        raise UnreadableError(f"Your function stopped with `{_first_line(error)}`.") from None


def _first_line(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}".partition("\n")[0][:120]
    except Exception:  # the message of a learner's own exception may fail too
        return type(error).__name__
