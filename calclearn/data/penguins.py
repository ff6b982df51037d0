"""Palmer penguins: real animals, so that the loss of a line is a loss about something."""

import csv
from functools import cache
from importlib import resources

import numpy as np

from calclearn.data.dataset import Dataset, LineData


@cache
def penguins() -> Dataset:
    """The 342 Palmer penguins whose flipper and mass were measured, out of the 344 in the study.

    Columns, each `(342,)`: species, island, bill_length, bill_depth, flipper_length (mm),
    body_mass (g), sex (`NA` for the nine birds whose sex was not determined) and year.

    >>> penguins().flipper_length[:3], penguins().label("flipper_length")
    (array([181., 186., 195.]), 'flipper length (mm)')

    Source: Gorman, Williams and Fraser (2014); see `README.md`. Licence: CC0 1.0.
    """
    text = resources.files("calclearn.data").joinpath("penguins.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["body_mass_g"] != "NA"]
    columns, units = {}, {}
    for header in rows[0]:
        name, kind = header, int if header == "year" else str
        if header.endswith(("_mm", "_g")):
            name, _, units[name] = header.rpartition("_")
            kind = float
        columns[name] = np.array([kind(row[header]) for row in rows])
    return Dataset(
        name="Palmer penguins", columns=columns, units=units, licence="CC0 1.0",
        source="Gorman, Williams and Fraser (2014), PLoS ONE 9(3): e90081; Palmer Station LTER",
    )  # fmt: skip


def penguin_line(scale: str = "cm above 190 mm") -> LineData:
    """Flipper length x and body mass y (kg) of `penguins`, ready for the fit of y ≈ w₀·x + w₁.

        "cm above 190 mm"     x = flipper − 190 mm, in cm   the loss is a tilted, longish bowl
        "cm above the mean"   x = flipper − mean, in cm     a bowl without tilt
        "standardised"        x = (flipper − mean) / sd     a round bowl without tilt
        "raw cm"              x = flipper, in cm            a ravine, 84,000 : 1

    x and y are `(342,)`. Raises `ValueError` for any other scale.

    >>> penguin_line()
    LineData: 342 points, flipper length above 190 mm (cm) -1.8 to 4.1, body mass (kg) 2.7 to 6.3
    """
    if not isinstance(scale, str):
        raise TypeError(f"scale must be text, got {type(scale).__name__}")
    flipper, mass = penguins().flipper_length, penguins().body_mass / 1000
    above_mean, sd = flipper - flipper.mean(), flipper.std()
    scales = {
        "cm above 190 mm": ((flipper - 190) / 10, "above 190 mm (cm)"),
        "cm above the mean": (above_mean / 10, "above the mean (cm)"),
        "standardised": (above_mean / sd, "(standard deviations from the mean)"),
        "raw cm": (flipper / 10, "(cm)"),
    }
    if scale not in scales:
        raise ValueError(f"scale must be one of {', '.join(map(repr, scales))}, got {scale!r}")
    x, label = scales[scale]
    return LineData(x, mass, x_label=f"flipper length {label}", y_label="body mass (kg)")


def bell(x, centre, width):
    """exp(-(x - centre)² / 2 width²) / (width √2π), a bell of area one; shapes broadcast.

    >>> bell(190.0, 190.0, 1.0).round(6)
    np.float64(0.398942)
    """
    return np.exp(-(((x - centre) / width) ** 2) / 2) / (width * np.sqrt(2 * np.pi))


def flipper_density(x):
    """The share of the penguins per millimetre at flipper length x (mm), any shape of x.

    The mean of bells 3 mm wide, one on each penguin: a kernel density estimate (Parzen, 1962).

    >>> flipper_density(np.array([190.0, 205.0])).round(3)
    array([0.033, 0.011])
    """
    lengths, counts = np.unique(penguins().flipper_length, return_counts=True)
    return bell(np.expand_dims(x, -1), lengths, 3.0) @ (counts / counts.sum())
