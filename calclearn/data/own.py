"""Two columns of a table of one's own, ready for every figure of a line."""

import csv
import math
from pathlib import Path

import numpy as np

from calclearn.data.dataset import LineData

MISSING = {"", "na", "n/a", "nan", "null", "none"}


def line_data(path: str | Path, *, x: str, y: str) -> LineData:
    """Read two columns of a CSV file, for the fit of a line y ≈ w₀·x + w₁.

    The first row names the columns; `x` and `y` are two of these names, and become the labels of
    the axes, so a name such as "height (cm)" carries the unit. Rows without one of the two numbers
    are left out. Comma, semicolon and tab are understood as separators; where it is not a
    comma, a number may have a decimal comma.

    Shapes: x and y are `(n,)`. Raises `FileNotFoundError` where there is no such file, `ValueError`
    for a column that is not there, a cell that is no number, or fewer than three points.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "my.csv")
    ...     _ = file.write_text("hours,points\\n1,10\\n2,\\n3,14\\n5,17\\n")
    ...     line_data(file, x="hours", y="points")
    LineData: 3 points, hours 1 to 5, points 10 to 17
    """
    for name, column in (("x", x), ("y", y)):
        if not isinstance(column, str):
            raise TypeError(f"{name} must name a column, got {column!r:.60}")
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path must be a CSV file, there is none at {path}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"path must be a text file in UTF-8, {path.name} is not") from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = csv.DictReader(text.splitlines(), delimiter=separator, skipinitialspace=True)
    names = [name.strip() for name in rows.fieldnames or ()]
    rows.fieldnames = names
    for argument, column in (("x", x), ("y", y)):
        if column not in names:
            known = ", ".join(map(repr, names)) or "none"
            raise ValueError(f"{argument} must be a column of {path.name}, {known}; got {column!r}")
    pairs = [
        [_number(row[column], column, number, separator) for column in (x, y)]
        for number, row in enumerate(rows, 2)
    ]
    kept = [pair for pair in pairs if not any(map(math.isnan, pair))]
    if len(kept) < 3:
        raise ValueError(
            f"{path.name} must have at least three rows with {x!r} and {y!r}, it has {len(kept)}"
        )
    points = np.array(kept)
    return LineData(points[:, 0], points[:, 1], x_label=x, y_label=y)


def _number(cell: str | None, column: str, row: int, separator: str) -> float:
    """Return a cell's number, NaN where it is missing."""
    text = (cell or "").strip()
    if text.lower() in MISSING:
        return math.nan
    try:
        number = float(text if separator == "," else text.replace(",", "."))
    except ValueError:
        raise ValueError(f"row {row}: {column!r} must be a number, got {text!r:.60}") from None
    if math.isinf(number):
        raise ValueError(f"row {row}: {column!r} must be a finite number, got {text!r:.60}")
    return number
