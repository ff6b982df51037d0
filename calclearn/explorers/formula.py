"""A formula that somebody typed becomes a function, and no text is ever evaluated.

Python's own parser takes the text apart (`ast` runs nothing), each part is looked up in the short
tables below, and what is not in them is a mistake that has a place. The function is made of NumPy's
functions alone, so `grad` differentiates it. Numbers become floats, and what does not depend on x
is computed while reading: 9**9**9 is not a calculation without end but a mistake at a character.
"""

import ast
import re
import warnings
from collections.abc import Callable

import numpy as np

CONSTANTS = {"pi": np.pi, "e": np.e}
OPERATIONS = {
    ast.UAdd: np.positive, ast.USub: np.negative, ast.Add: np.add, ast.Sub: np.subtract,
    ast.Mult: np.multiply, ast.Div: np.true_divide, ast.Pow: np.power,
}  # fmt: skip
FUNCTIONS = {
    "abs": np.abs, "sign": np.sign, "max": np.maximum, "min": np.minimum, "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "exp": np.exp, "log": np.log, "ln": np.log, "log2": np.log2, "log10": np.log10,
    "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
}  # fmt: skip

LONGEST = 200  # characters
DEEPEST = 100  # operations inside one another, which a sum of a hundred terms has

# What is never part of a formula, and what to type for it if it stands for something.
STRANGE = re.compile(r"[^A-Za-z0-9_ .,+*/()-]|//|(?<!\d)\.(?= *[A-Za-z_])")
SPELLED = {
    "^": "**", "−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", "//": "/", "²": "**2",
    "³": "**3", "π": "pi", "√": "sqrt( )", "|": "abs( )", "[": "(", "]": ")",
}  # fmt: skip
# A name, a number or a closing bracket, and right behind it what must not follow.
NEIGHBOURS = re.compile(
    r"[A-Za-z_]\w* +(?=\w)"
    r"|(?<![\w.])(?>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?) *(?=[\w(])"
    r"|\) *(?=[\w(])"
)


class _MistakeError(Exception):
    """At which character, counted from 0, and why a formula cannot be read."""


def parse(text: str) -> Callable:
    """Return the function of x that a text like "x**2 + sin(x)" describes.

    The text may hold x, numbers, `pi`, `e`, + - * / **, brackets, and `FUNCTIONS`. The function
    works elementwise, (...) -> (...). Raises `TypeError` unless `text` is a string, and
    `ValueError` with one sentence that points at the first character which cannot be read.

    >>> f = parse("x**2 + sin(pi*x)")
    >>> f(np.array([0.0, 0.5, 2.0])).round(12)
    array([0.  , 1.25, 4.  ])
    >>> parse("3*sin(y)")
    Traceback (most recent call last):
    ...
    ValueError: formula goes wrong at character 7, 3*sin(▸y: y is not known, the variable is x
    """
    if not isinstance(text, str):
        raise TypeError(f'formula must be text such as "x**2", got {type(text).__name__}')
    formula = text.lstrip(" ")
    try:
        value = _read(_tree(formula))
    except _MistakeError as mistake:
        place, why = mistake.args
        sign, count = formula[place : place + 1], place + 1 + len(text) - len(formula)
        sign = sign if sign in SPELLED else ascii(sign)[1:-1]  # a figure shows it in plain letters
        where = f"{formula[:place][-20:]}▸{sign}"
        raise ValueError(f"formula goes wrong at character {count}, {where}: {why}") from None
    if callable(value):
        return value
    return lambda x: np.add(np.multiply(0.0, x), value)  # as many values as there are x


def _tree(formula: str) -> ast.expr:
    """Return what Python's parser makes of a formula that holds nothing strange."""
    if found := STRANGE.search(formula):
        sign = found[0]
        why = f"for {sign} type {SPELLED[sign]}" if sign in SPELLED else "this has no place here"
        raise _MistakeError(found.start(), why)
    if len(formula) > LONGEST:
        raise _MistakeError(LONGEST, f"a formula has at most {LONGEST} characters")
    if found := NEIGHBOURS.search(formula):
        raise _MistakeError(found.end(), "an operation such as * or a ( is missing before this")
    if not formula or formula.rstrip(" ")[-1] in "+-*/,":
        raise _MistakeError(len(formula), "something is missing at the end")
    try:
        with warnings.catch_warnings():  # hints of Python to its programmers
            warnings.simplefilter("ignore")
            return ast.parse(formula, mode="eval").body
    except SyntaxError as error:
        why = "is never closed" if "never closed" in error.msg else "cannot stand here"
        raise _MistakeError(max(error.offset or 1, 1) - 1, f"this {why}") from None
    except (MemoryError, RecursionError):  # of a small parser, as in a browser
        raise _MistakeError(0, "too much is nested in this") from None


def _read(node: ast.expr, depth: int = 0) -> float | Callable:
    """Return the number that a part of a formula is, or else its function of x."""
    place = node.col_offset
    if depth > DEEPEST:
        raise _MistakeError(place, f"more than {DEEPEST} operations are inside one another")
    match node:
        case ast.Name(id="x"):
            return lambda x: x
        case ast.Name(id=name) if name in CONSTANTS:
            return CONSTANTS[name]
        case ast.Name(id=name) if name in FUNCTIONS:
            raise _MistakeError(place, f"{name} needs its value in brackets, as in {name}(x)")
        case ast.Name(id=name):
            raise _MistakeError(place, f"{name} is not known, the variable is x")
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _applied(np.positive, [float(number)], place)
        case ast.UnaryOp(op=sign, operand=part) if type(sign) in OPERATIONS:
            operation, parts = OPERATIONS[type(sign)], [part]
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATIONS:
            operation, parts = OPERATIONS[type(sign)], [left, right]
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name in FUNCTIONS:
            operation = FUNCTIONS[name]
            if len(parts) != operation.nin:
                count = {1: "one value", 2: "two values"}[operation.nin]
                raise _MistakeError(place, f"{name} takes {count}, got {len(parts)}")
        case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            raise _MistakeError(place, f"{name} is not one of the functions {known}")
        case _:
            raise _MistakeError(place, "a formula has numbers, x, + - * / **, ( ) and functions")
    return _applied(operation, [_read(part, depth + 1) for part in parts], place)


def _applied(operation: np.ufunc, values: list, place: int) -> float | Callable:
    """Return operation(*values): a number of numbers, and a function where one of them is one."""
    if any(map(callable, values)):
        return lambda x: operation(*(v(x) if callable(v) else v for v in values))
    with np.errstate(all="ignore"):
        number = float(operation(*values))
    if not np.isfinite(number):
        raise _MistakeError(place, "this has no finite value")
    return number
