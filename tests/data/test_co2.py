"""The series is the published weekly one, averaged by month, and marks what was filled."""

import gzip
import hashlib
import sys
from importlib import resources

import numpy as np
import pytest

from calclearn.data import co2
from calclearn.data.co2 import WINDOW, rises, simple_forecasts
from calclearn.data.dataset import Dataset


def weekly_lines():
    packed = resources.files("calclearn.data").joinpath("co2.csv.gz").read_bytes()
    return gzip.decompress(packed)


def test_the_stored_file_is_the_published_one():
    assert hashlib.sha256(weekly_lines()).hexdigest() == (
        "16695fa2786e53414e5a6b54767a3fdf5de99cfbc68617f69d1362d92776a92f"
    )


def test_every_month_is_there_once_and_is_the_mean_of_its_weeks():
    months, data = {}, co2()
    for line in weekly_lines().decode().splitlines()[1:]:
        date, ppm = line.split(",")
        months.setdefault((int(date[:4]), int(date[4:6])), []).extend([float(ppm)] if ppm else [])
    assert [*zip(data.year.astype(int), data.month, strict=True)] == [*months]
    np.testing.assert_allclose(data.year % 1, (data.month - 0.5) / 12, atol=1e-9)
    assert data.measured.tolist() == [bool(weeks) for weeks in months.values()]
    means = [np.mean(weeks) for weeks in months.values() if weeks]
    np.testing.assert_allclose(data.co2[data.measured], means, atol=1e-9)


def test_the_five_months_without_a_measurement_are_on_a_line_and_marked():
    data = co2()
    filled = np.flatnonzero(~data.measured)
    assert [(int(data.year[k]), int(data.month[k])) for k in filled] == [
        (1958, 6), (1958, 10), (1964, 2), (1964, 3), (1964, 4),
    ]  # fmt: skip
    for first, last in ((2, 4), (6, 8), (70, 74)):
        assert data.measured[[first, last]].all()
        line = np.linspace(data.co2[first], data.co2[last], last - first + 1)
        np.testing.assert_allclose(data.co2[first : last + 1], line)


def test_the_last_eight_years_are_held_out_and_no_filled_month_is_among_them():
    data = co2()
    assert data.held_out.dtype == data.measured.dtype == bool
    assert np.array_equal(data.held_out, data.year > 1994)
    assert (np.count_nonzero(data.held_out), np.count_nonzero(~data.held_out)) == (96, 430)
    assert data.measured[data.held_out].all()


# Rises and simple forecasts.
def test_each_window_holds_the_months_before_the_one_to_predict():
    air, data = co2(), rises()
    for i in (0, 17, len(data.y) - 1):
        month = i + WINDOW + 1
        changes = np.array([air.co2[m] - air.co2[m - 1] for m in range(month - WINDOW, month + 1)])
        z = (changes - data.mean) / data.deviation
        assert data.x[i, :, 0] == pytest.approx(z[:-1])
        assert data.y[i, 0] == pytest.approx(z[-1])
        assert data.held_out[i] == air.held_out[month]
    assert (len(data.y), data.held_out.sum()) == (len(air) - WINDOW - 1, air.held_out.sum())


def test_training_windows_do_not_depend_on_the_years_held_out(monkeypatch):
    air, before = co2(), rises()
    columns = {name: getattr(air, name) for name in ("year", "month", "co2", "held_out")}
    columns["co2"] = np.where(air.held_out, -1e6, air.co2)
    words = {"units": {"co2": "ppm"}, "source": "made up", "licence": "none"}
    other = Dataset(name="an air nobody breathes", columns=columns, **words)
    monkeypatch.setattr(sys.modules[rises.__module__], "co2", lambda: other)
    after, train = rises.__wrapped__(), ~before.held_out
    assert (after.mean, after.deviation) == (before.mean, before.deviation)
    assert np.array_equal(after.x[train], before.x[train])
    assert np.array_equal(after.y[train], before.y[train])
    assert after.y[~train].min() < -1e5


def test_simple_forecasts_are_their_rules():
    air = co2()
    by_month = {
        m: np.mean([air.co2[i] - air.co2[i - 1] for i in range(1, len(air))
                    if not air.held_out[i] and air.month[i] == m])
        for m in range(1, 13)
    }  # fmt: skip
    last_year, last_rise, usual = simple_forecasts().values()
    held_out = np.flatnonzero(air.held_out)
    for h in (1, 7, 12):
        for i in (0, 40, 95):
            m = held_out[i]
            now, year = air.co2[m - h], air.co2[m - h] - air.co2[m - h - 12]
            assert last_year[h - 1, i] == air.co2[m - 12]
            assert last_rise[h - 1, i] == pytest.approx(air.co2[m - 12] + year)
            to_come = sum(by_month[air.month[k]] for k in range(m - h + 1, m + 1))
            assert usual[h - 1, i] == pytest.approx(now + to_come)
