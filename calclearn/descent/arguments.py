"""Checks of what comes in at a public door: each raises one sentence that names the argument."""

from collections.abc import Callable
from typing import Any

import numpy as np

from calclearn.calculus.tracing import Traced

REAL = frozenset("fiub")  # kinds of numbers that are not complex


def is_real(value: Any) -> bool:
    """Whether value is a real number or an array of them, traced or not."""
    if isinstance(value, int | float):
        return True
    return getattr(getattr(value, "dtype", None), "kind", None) in REAL


def shown(value: Any, form: Callable = repr) -> str:
    """The value on a line of at most 60 characters, for a message."""
    return " ".join(form(value).split())[:60]


def number(
    name: str, value: Any, low: float = -np.inf, high: float = np.inf, *, many: bool = False
) -> None:
    """Raise TypeError or ValueError unless low ≤ value < high; so each of `many` in an array."""
    if not (is_real(value) and (many or np.ndim(value) == 0)):
        raise TypeError(f"{name} must be a number{' or an array' * many}, got {shown(value)}")
    if not (np.all(value >= low) and np.all(value < high) and np.all(abs(value) < np.inf)):
        least = f"at least {low:g} and " if low > -np.inf else ""
        most = f"below {high:g}" if high < np.inf else "finite"
        raise ValueError(f"{name} must be {least}{most}, got {shown(value, str)}")


def whole(name: str, value: Any, low: int, high: int | None = None) -> None:
    """Raise ValueError unless value is one of low, low + 1, ..., high."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not (is_whole and low <= value and (high is None or value <= high)):
        expected = f"of at least {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name} must be a whole number {expected}, got {shown(value)}")


def array(name: str, values: Any, *, finite: bool = True) -> Any:
    """The values as an array of real numbers, or traced as they are; else TypeError, ValueError.

    A masked number, which is missing, becomes NaN.
    """
    given = values
    if hasattr(values, "filled"):
        values = values.astype(float).filled(np.nan)
    try:
        values = values if type(values) is Traced else np.asarray(values)
    except (ValueError, OverflowError):  # lists of different lengths, whole numbers without end
        values = np.array(None)
    if values.dtype.kind not in REAL:
        came = values.dtype if values.dtype.kind == "c" else shown(given)
        raise TypeError(f"{name} must be real numbers, got {came}")
    if finite and type(values) is not Traced and not np.isfinite(values).all():
        bad = np.flatnonzero(~np.isfinite(values))[0]
        place = f" at position {bad}" if values.ndim == 1 else ""
        raise ValueError(f"{name} must be finite, got {values.flat[bad]}{place}")
    return values


def floating(name: str, values: Any) -> Any:
    """The values as an array of floating-point numbers, or TypeError."""
    values = array(name, values, finite=False)
    return values if values.dtype.kind == "f" else values.astype(float)


def instance(name: str, value: Any, kind: Any, expected: str) -> None:
    """Raise TypeError unless value is of this kind."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {expected}, got {shown(value)}")


def generator(rng: Any) -> np.random.Generator:
    """A generator as it is, or a new one of a seed.  Raises TypeError for anything else."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise TypeError(f"rng must be a generator or a seed, got {shown(rng)}") from None
