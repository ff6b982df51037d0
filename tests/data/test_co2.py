"""The series is the published weekly one, averaged by month, and marks what was filled."""

import gzip
import hashlib
from importlib import resources

import numpy as np
import pytest

from calclearn.data import co2


def weekly_lines():
    packed = resources.files("calclearn.data").joinpath("co2.csv.gz").read_bytes()
    return gzip.decompress(packed)


def test_the_stored_file_is_the_published_one():
    assert hashlib.sha256(weekly_lines()).hexdigest() == (
        "16695fa2786e53414e5a6b54767a3fdf5de99cfbc68617f69d1362d92776a92f"
    )


def test_every_month_from_march_1958_to_december_2001_is_there_once():
    data = co2()
    assert len(data) == 526 == 10 + 43 * 12
    assert data.year[0] == pytest.approx(1958 + 2.5 / 12)
    assert data.year[-1] == pytest.approx(2001 + 11.5 / 12)
    np.testing.assert_allclose(np.diff(data.year), 1 / 12)
    assert data.month.tolist() == [(2 + place) % 12 + 1 for place in range(526)]
    np.testing.assert_allclose(data.year % 1, (data.month - 0.5) / 12, atol=1e-9)


def test_a_month_is_the_mean_of_its_weeks():
    months = {}
    for line in weekly_lines().decode().splitlines()[1:]:
        date, ppm = line.split(",")
        months.setdefault((int(date[:4]), int(date[4:6])), []).extend([float(ppm)] if ppm else [])
    data = co2()
    assert sum(map(len, months.values())) == 2225
    for year, month, ppm, measured in zip(
        data.year, data.month, data.co2, data.measured, strict=True
    ):
        weeks = months[int(year), int(month)]
        assert measured == bool(weeks)
        if weeks:
            assert ppm == pytest.approx(np.mean(weeks), abs=1e-9)
    assert (data.co2[0], data.co2[-1]) == (pytest.approx(316.1), pytest.approx(371.02))


def test_the_months_of_1959_are_near_those_that_scripps_published_as_monthly():
    """Means of days on another calibration scale: R's `co2`, from the same laboratory."""
    published = [
        315.42, 316.31, 316.50, 317.56, 318.13, 318.00,
        316.39, 314.65, 313.68, 313.18, 314.66, 315.43,
    ]  # fmt: skip
    data = co2()
    np.testing.assert_allclose(data.co2[data.year.astype(int) == 1959], published, atol=0.4)


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


def test_there_is_a_season_on_top_of_a_rise():
    data = co2()
    rise = data.co2[12:] - data.co2[:-12]
    assert 0.8 < rise.mean() < 1.6  # ppm a year
    cycle = data.co2[6:-6] - np.convolve(data.co2, np.r_[0.5, np.ones(11), 0.5] / 12, "valid")
    by_month = [cycle[data.month[6:-6] == month].mean() for month in range(1, 13)]
    assert (1 + np.argmax(by_month), 1 + np.argmin(by_month)) == (5, 10)


def test_the_month_of_a_year_ago_misses_the_held_out_years_by_under_two_ppm():
    """The yardstick of a forecast, the same from one to twelve months ahead."""
    data = co2()
    miss = data.co2[data.held_out] - data.co2[np.flatnonzero(data.held_out) - 12]
    assert np.sqrt(np.mean(miss**2)) == pytest.approx(1.8626, abs=1e-4)


def test_the_data_cannot_be_spoilt_and_say_what_they_are():
    data = co2()
    with pytest.raises(ValueError, match="read-only"):
        data.co2[0] = 0
    assert co2() is data
    assert data.label("co2") == "co2 (ppm)"
    assert repr(data).startswith("Carbon dioxide at Mauna Loa: 526 rows")
    assert "Keeling and Whorf (2004)" in data.source
    assert data.licence == "public domain"
