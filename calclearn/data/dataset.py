"""Data that say what they are: each array, read-only, travels with its name and its unit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A table of named columns `(n,)` with units, source and licence.

    Raises `ValueError` for columns of unequal lengths and for unknown names.

    >>> trees = Dataset("Trees", {"height": [2.0, 3.5]}, {"height": "m"}, "my garden", "CC0")
    >>> trees.height, trees.label("height")
    (array([2. , 3.5]), 'height (m)')
    """

    name: str
    columns: dict[str, np.ndarray]
    units: dict[str, str]
    source: str
    licence: str

    def __post_init__(self):
        if not isinstance(self.columns, Mapping):
            expected = "columns must be a mapping of names to values"
            raise TypeError(f"{expected}, got {self.columns!r:.60}")
        columns = {name: read_only(values, name) for name, values in self.columns.items()}
        shapes = {name: column.shape for name, column in columns.items()}
        if len({*shapes.values()}) > 1 or any(len(shape) != 1 for shape in shapes.values()):
            raise ValueError(f"columns must have one shape (n,), got {shapes}")
        vars(self).update(columns=columns)

    def __getitem__(self, name: str) -> np.ndarray:
        """The column called `name`, shape `(n,)`."""
        if not (isinstance(name, str) and name in self.columns):
            names = ", ".join(self.columns)
            raise ValueError(f"{self.name} has no column {name!r}; it has {names}")
        return self.columns[name]

    def __getattr__(self, name: str) -> np.ndarray:
        if "columns" not in vars(self):  # while a copy is being unpickled
            raise AttributeError(name)
        try:
            return self[name]
        except ValueError as error:
            raise AttributeError(str(error)) from None

    def __dir__(self):
        return [*super().__dir__(), *self.columns]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def label(self, name: str) -> str:
        """The column's name and unit, ready for an axis: `height (m)`."""
        _ = self[name]  # raises for an unknown name
        words, unit = name.replace("_", " "), self.units.get(name)
        return f"{words} ({unit})" if unit else words

    def __repr__(self) -> str:
        width = max((len(self.label(name)) for name in self.columns), default=0)
        rows = [f"  {self.label(name):{width}}  {_extent(self[name])}" for name in self.columns]
        return "\n".join([f"{self.name}: {len(self)} rows", *rows])


@dataclass(frozen=True, eq=False, repr=False)
class LineData:
    """The points (xᵢ, yᵢ) through which a line is to be fitted, with labels that state the units.

    x and y are `(n,)`. Raises `ValueError` where they differ in length.

    >>> LineData([0.0, 1.0, 2.0], [3.0, 5.0, 7.0], x_label="time (s)", y_label="height (m)")
    LineData: 3 points, time (s) 0 to 2, height (m) 3 to 7
    """

    x: np.ndarray
    y: np.ndarray
    x_label: str
    y_label: str

    def __post_init__(self):
        x, y = read_only(self.x, "x", real=True), read_only(self.y, "y", real=True)
        if x.ndim != 1 or x.shape != y.shape:
            raise ValueError(f"x and y must have the same shape (n,), got {x.shape} and {y.shape}")
        vars(self).update(x=x, y=y)

    def __len__(self) -> int:
        return len(self.x)

    @property
    def y_unit(self) -> str:
        """The unit in which y, and so every residual, is measured: "kg"; "unit" without one."""
        return self.y_label.rpartition("(")[2].rstrip(")") if "(" in self.y_label else "unit"

    def thinned(self, count: int) -> "LineData":
        """`count` of the points, spread evenly over the table; all where there are fewer."""
        rows = np.linspace(0, len(self) - 1, min(whole("count", count, 1), len(self)))
        rows = rows.round().astype(np.intp)
        return replace(self, x=self.x[rows], y=self.y[rows])

    def __repr__(self) -> str:
        x, y = f"{self.x_label} {_extent(self.x)}", f"{self.y_label} {_extent(self.y)}"
        return f"LineData: {len(self)} points, {x}, {y}"


def read_only(values, name: str, *, real: bool = False) -> np.ndarray:
    """A copy of the values that refuses assignment; what is masked becomes NaN."""
    try:
        array = np.array(values.astype(float).filled(np.nan) if np.ma.is_masked(values) else values)
    except ValueError:  # lists of different lengths
        array = np.array(None)
    if array.dtype.kind == "O":
        raise ValueError(f"{name} must be a list of numbers or words, got {values!r:.60}")
    if real and array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be real numbers, got {array.dtype}")
    array.setflags(write=False)
    return array


def whole(name: str, value, least: int) -> int:
    """The value as an int. Raises ValueError unless it is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r:.60}")
    return int(value)


def _extent(column: np.ndarray) -> str:
    """The range of a column of numbers, the different words of another."""
    if column.dtype.kind not in "fiub":
        return ", ".join(map(str, np.unique(column)))
    finite = column[np.isfinite(column)]
    return f"{finite.min():.4g} to {finite.max():.4g}" if finite.size else "empty"
