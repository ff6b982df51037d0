"""Two columns of a table of one's own, ready for every figure of a line."""

import csv
import math
import numbers
from io import StringIO
from pathlib import Path

import numpy as np

from calclearn.data.dataset import LineData

MISSING = {"", "na", "n/a", "nan", "null", "none"}


def line_data(path: str | Path, *, x: str, y: str, above: float = 0.0) -> LineData:
    """Read two columns of a CSV file, for the fit of a line y ≈ w₀·x + w₁.

    The first row names the columns; `x` and `y` are two of these names, and become the labels of
    the axes, so a name such as "height (cm)" carries the unit. x is measured above the value
    `above`: the nearer that is to the middle of the data, the rounder is the bowl of the loss. Rows
    without one of the two numbers are left out. Commas, semicolons or tabs separate; where it is
    not a comma, a number may have a decimal comma.

    Raises `FileNotFoundError` where there is no such file, `ValueError` for a column that is not
    there, a cell that is no number, fewer than three points, or an `above` that is not finite.

    >>> from importlib import resources
    >>> line_data(resources.files("calclearn.data") / "penguins.csv", x="year", y="body_mass_g")
    LineData: 342 points, year 2007 to 2009, body_mass_g 2700 to 6300
    """
    if not isinstance(path, str | Path):
        raise TypeError(f"path must be a path, got {path!r:.60}")
    if not (isinstance(above, numbers.Real) and math.isfinite(above)):
        raise ValueError(f"above must be a finite number, got {above!r:.60}")
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"path must be a CSV file, there is none at {path}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"path must be a text file in UTF-8, {path.name} is not") from None
    first = text.lstrip("\n").partition("\n")[0]
    for separator in sorted(",;\t", key=first.count):  # the likeliest last, or the first that fits
        lines = csv.reader(StringIO(text), delimiter=separator, skipinitialspace=True)
        try:
            rows = [(lines.line_num, [cell.strip() for cell in row]) for row in lines if row]
        except csv.Error as error:  # such as a quotation mark that is never closed
            raise ValueError(f"path must be a CSV file, {path.name} is not: {error}") from None
        names = rows[0][1] if rows else []
        if x in names and y in names:
            break
    for argument, column in (("x", x), ("y", y)):
        if names.count(column) != 1:
            known, kind = ", ".join(map(repr, names)) or "none", "one" if column in names else "a"
            expected = f"{argument} must be {kind} column of {path.name}, {known}"
            raise ValueError(f"{expected}; got {column!r:.60}")
    places = [(names.index(column), column) for column in (x, y)]
    points = np.array([
        [_number(row[i] if i < len(row) else "", column, line, separator) for i, column in places]
        for line, row in rows[1:]
    ]).reshape(-1, 2)  # fmt: skip
    points = points[~np.isnan(points).any(axis=1)]
    if len(points) < 3:
        expected = f"{path.name} must have at least three rows with {x!r} and {y!r}"
        raise ValueError(f"{expected}, it has {len(points)}")
    words, bracket, unit = x.partition(" (")
    label = f"{words} above {above:g}{bracket}{unit}" if above else x
    return LineData(points[:, 0] - above, points[:, 1], x_label=label, y_label=y)


def _number(text: str, column: str, row: int, separator: str) -> float:
    """A cell's number, NaN where it is missing."""
    if text.lower() in MISSING:
        return math.nan
    try:
        number = float(text if separator == "," else text.replace(",", "."))
    except ValueError:
        number = math.inf
    if math.isinf(number):
        raise ValueError(f"row {row}: {column!r} must be a finite number, got {text!r:.60}")
    return number
