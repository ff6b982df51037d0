"""The questions at the door: what is not as expected is named there, in one sentence."""

from typing import Any

import numpy as np


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> None:
    """Raise ValueError unless value is one of least, least + 1, ..., most."""
    if isinstance(value, int | np.integer) and least <= value and (most is None or value <= most):
        return
    expected = f"of at least {least}" if most is None else f"from {least} to {most}"
    raise ValueError(f"{name} must be a whole number {expected}, got {value!r}")


def not_negative(name: str, value: Any, below: float = np.inf) -> None:
    """Raise unless a number, or each number of an array, is at least 0 and below the bound."""
    if isinstance(value, str | bytes | list | tuple | dict | None):
        raise TypeError(f"{name} must be a number or an array, got {value!r}")
    if not (np.all(value >= 0) and np.all(value < below)):
        bound = "finite" if below == np.inf else f"below {below:g}"
        raise ValueError(f"{name} must be at least 0 and {bound}, got {value}")


def optimizer_like(optimizer: Any) -> None:
    """Raise TypeError for what cannot start and cannot step."""
    steps = hasattr(optimizer, "init") and hasattr(optimizer, "update")
    if not steps or isinstance(optimizer, type):
        raise TypeError(f"optimizer must have init and update, as Adam() has, got {optimizer!r}")
