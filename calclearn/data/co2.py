"""Carbon dioxide over Mauna Loa: a season on top of a rise, and the last years kept for the test.

A network predicts the monthly rises, which stay in one range while the level leaves it.
"""

import csv
import gzip
from functools import cache
from importlib import resources
from types import SimpleNamespace

import numpy as np

from calclearn.data.dataset import Dataset

HELD_OUT_FROM = 1994  # the first of the eight years that no fit may use
WINDOW = 36  # months that a forecast of the next one may use


@cache
def co2() -> Dataset:
    """Monthly means of carbon dioxide in the air at Mauna Loa, Hawaii, March 1958 to December 2001.

    Columns, each `(526,)`:

        year       the middle of the month as a decimal year: January 1994 is 1994 + 1/24
        month      1 to 12
        co2        parts per million of dry air (ppm): the mean of the weekly values of the month
        measured   False in the five months without a weekly value: there co2 is on a straight line
        held_out   True from January 1994 on, the last 96 months; the 430 before are for training

    >>> co2().co2[:3].round(2), co2().label("co2")
    (array([316.1 , 317.2 , 317.43]), 'co2 (ppm)')

    Source: Keeling and Whorf (2004); see `README.md`. Licence: public domain.
    """
    packed = resources.files("calclearn.data").joinpath("co2.csv.gz").read_bytes()
    rows = csv.DictReader(gzip.decompress(packed).decode("ascii").splitlines())
    weeks = [(row["date"], float(row["co2"])) for row in rows if row["co2"]]

    number = np.array([12 * int(date[:4]) + int(date[4:6]) - 1 for date, _ in weeks], np.intp)
    start = number[0]
    count = np.bincount(number - start)  # weekly values in each month, (526,)
    total = np.bincount(number - start, weights=[ppm for _, ppm in weeks])
    measured = count > 0
    number = start + np.arange(len(count))
    year, month = np.divmod(number, 12)
    return Dataset(
        name="Carbon dioxide at Mauna Loa",
        columns={
            "year": year + (month + 0.5) / 12,
            "month": month + 1,
            "co2": np.interp(number, number[measured], total[measured] / count[measured]),
            "measured": measured,
            "held_out": year >= HELD_OUT_FROM,
        },
        units={"co2": "ppm"},
        source="Keeling and Whorf (2004), Scripps Institution of Oceanography, weekly averages "
        "published by the Carbon Dioxide Information Analysis Center",
        licence="public domain",
    )


@cache
def rises() -> SimpleNamespace:
    """The monthly rises in standard deviations, cut into windows of `WINDOW` months.

        r_t = CO2_t - CO2_{t-1},      z_t = (r_t - mean) / deviation

    `z` (525,) is the whole series; `x` (n, WINDOW, 1) holds the windows and `y` (n, 1) what
    followed; `held_out` (n,) marks the last eight years. `mean` and `deviation`, in ppm, are of
    training months alone.

    >>> rises().x.shape, rises().held_out.sum()
    ((489, 36, 1), np.int64(96))
    """
    data = co2()
    rises, train = np.diff(data.co2), ~data.held_out[1:]
    mean, deviation = rises[train].mean(), rises[train].std()
    z = (rises - mean) / deviation
    x = np.lib.stride_tricks.sliding_window_view(z[:-1], WINDOW)[..., None]
    held_out = data.held_out[1 + WINDOW :]
    return SimpleNamespace(
        z=z, x=x, y=z[WINDOW:, None], held_out=held_out, mean=mean, deviation=deviation
    )


def simple_forecasts(ahead: int = 12) -> dict[str, np.ndarray]:
    """Forecasts (ahead, n) in ppm of the n held-out months by three simple rules, by their names.

    Row h - 1 is made h months before: the same month last year; that, and the last year's rise; the
    last known value with the mean rise of each coming month, over the training years.

    >>> simple_forecasts(ahead=1)["same month last year"][0, :2].round(1)
    array([356.7, 357.2])
    """
    data = co2()
    air, months = data.co2, np.flatnonzero(data.held_out)
    change, train = np.diff(air, prepend=np.nan), ~data.held_out
    usual = np.array([np.nanmean(change[train & (data.month == m)]) for m in data.month])
    now = months - np.arange(1, ahead + 1)[:, None]  # (ahead, n)
    last_year = air[months - 12] + 0 * now
    return {
        "same month last year": last_year,
        "the same, and last year's rise": last_year + air[now] - air[now - 12],
        "usual rise of each month": air[now] + np.cumsum(usual[now + 1], axis=0),
    }
