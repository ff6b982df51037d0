"""Data that say what they are: each array travels with its name and its unit.

A number without a unit cannot be checked by anybody, so a figure or a lesson never types a unit:
it asks the data for `label("flipper_length")` and writes what it gets. All arrays are read-only; a
lesson that wants to change some data makes a copy, and the next one still finds the real ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A table of named columns of equal length, with units, source and licence.

    Shapes: each column is `(n,)`. Raises `ValueError` for unequal lengths and for unknown names.

    >>> trees = Dataset("Trees", {"height": [2.0, 3.5]}, {"height": "m"}, "my garden", "CC0")
    >>> trees.height
    array([2. , 3.5])
    >>> trees.label("height")
    'height (m)'
    """

    name: str
    columns: dict[str, np.ndarray]
    units: dict[str, str]
    source: str
    licence: str

    def __post_init__(self):
        if not isinstance(self.columns, Mapping):
            raise TypeError(
                f"columns must be a mapping of names to values, got {self.columns!r:.60}"
            )
        columns = {name: read_only(values, name) for name, values in self.columns.items()}
        shapes = {name: column.shape for name, column in columns.items() if column.ndim != 1}
        if shapes:
            raise ValueError(f"columns must have shape (n,), got {shapes}")
        object.__setattr__(self, "columns", columns)
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns must have equal lengths, got {lengths}")

    def __getitem__(self, name: str) -> np.ndarray:
        """The column called `name`, shape `(n,)`."""
        if not (isinstance(name, str) and name in self.columns):
            raise ValueError(self._unknown(name))
        return self.columns[name]

    def __getattr__(self, name: str) -> np.ndarray:
        columns = self.__dict__.get("columns", {})  # empty while a copy is being unpickled
        if name not in columns:
            raise AttributeError(self._unknown(name) if columns else name)
        return columns[name]

    def __dir__(self):
        return [*super().__dir__(), *self.columns]

    def __len__(self) -> int:
        """The number of rows, n."""
        return len(next(iter(self.columns.values()), ()))

    def label(self, name: str) -> str:
        """The column's name and unit in words, ready for an axis: `height (m)`."""
        if not (isinstance(name, str) and name in self.columns):
            raise ValueError(self._unknown(name))
        words, unit = name.replace("_", " "), self.units.get(name)
        return f"{words} ({unit})" if unit else words

    def __repr__(self) -> str:
        width = max((len(self.label(name)) for name in self.columns), default=0)
        rows = [f"  {self.label(name):{width}}  {_extent(self[name])}" for name in self.columns]
        return "\n".join([f"{self.name}: {len(self)} rows", *rows])

    def _unknown(self, name: object) -> str:
        return f"{self.name} has no column {name!r}; it has {', '.join(self.columns)}"


@dataclass(frozen=True, eq=False, repr=False)
class LineData:
    """The points (xᵢ, yᵢ) through which a line is to be fitted, with labels that state the units.

    Shapes: x and y are `(n,)`. Raises `ValueError` where they differ in length.

    >>> LineData([0.0, 1.0, 2.0], [3.0, 5.0, 7.0], x_label="time (s)", y_label="height (m)")
    LineData: 3 points, time (s) 0 to 2, height (m) 3 to 7
    """

    x: np.ndarray
    y: np.ndarray
    x_label: str
    y_label: str

    def __post_init__(self):
        for name in ("x", "y"):
            values = read_only(getattr(self, name), name)
            if values.dtype.kind not in "fiub":
                raise TypeError(f"{name} must be real numbers, got {values.dtype}")
            object.__setattr__(self, name, values)
        if self.x.ndim != 1 or self.x.shape != self.y.shape:
            raise ValueError(
                f"x and y must have the same shape (n,), got {self.x.shape} and {self.y.shape}"
            )

    def __len__(self) -> int:
        """The number of points, n."""
        return len(self.x)

    @property
    def y_unit(self) -> str:
        """The unit in which y, and so every residual, is measured: "kg"."""
        return self.y_label.rpartition("(")[2].rstrip(")") if "(" in self.y_label else ""

    def thinned(self, count: int) -> "LineData":
        """`count` of the points, spread evenly over the table; all where there are fewer."""
        if not isinstance(count, int | np.integer) or count < 1:
            raise ValueError(f"count must be a whole number of at least 1, got {count!r:.60}")
        rows = np.linspace(0, len(self) - 1, min(count, len(self))).round().astype(int)
        return replace(self, x=self.x[rows], y=self.y[rows])

    def __repr__(self) -> str:
        x, y = f"{self.x_label} {_extent(self.x)}", f"{self.y_label} {_extent(self.y)}"
        return f"LineData: {len(self)} points, {x}, {y}"


def read_only(values, name: str) -> np.ndarray:
    """A copy of the values that refuses assignment, so that no lesson can spoil another's data."""
    try:
        array = np.array(values)
    except ValueError:
        raise ValueError(f"{name} must be a list of numbers or words, got {values!r:.60}") from None
    array.setflags(write=False)
    return array


def _extent(column: np.ndarray) -> str:
    """What a column holds, in a few words: its range, or its different words."""
    if column.dtype.kind in "US":
        return ", ".join(np.unique(column))
    finite = column[np.isfinite(column)]
    return f"{finite.min():.4g} to {finite.max():.4g}" if finite.size else "empty"
