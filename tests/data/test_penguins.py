"""The penguins in the package are the published ones, and they say what they are."""

import pickle

import numpy as np
import pytest

from calclearn.data import Dataset, LineData, co2, digits, penguin_line, penguins, spirals

from ..refusals import refused


def test_the_table_is_the_published_one():
    data = penguins()
    assert len(data) == 342
    species, counts = np.unique(data.species, return_counts=True)
    assert (*species, *counts) == ("Adelie", "Chinstrap", "Gentoo", 151, 68, 123)
    # Means of flipper length and body mass as printed on the data set's own page.
    assert data.flipper_length.mean() == pytest.approx(200.9152, abs=1e-4)
    assert data.body_mass.mean() == pytest.approx(4201.754, abs=1e-3)
    assert np.unique(data.year).tolist() == [2007, 2008, 2009]
    assert np.count_nonzero(data.sex == "NA") == 9


PARTS = digits().train, digits().validation, digits().held_out


@pytest.mark.parametrize("data", [penguins(), co2(), spirals(), penguin_line(), *PARTS], ids=repr)
def test_data_cannot_be_spoilt_by_a_lesson(data):
    for array in getattr(data, "columns", vars(data)).values():
        if isinstance(array, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = array[1]
    assert repr(pickle.loads(pickle.dumps(data))) == repr(data)


SAYS = [
    (penguins(), "CC0 1.0", "Gorman, Williams and Fraser (2014)",
     ["Palmer penguins: 342 rows", "flipper length (mm)  172 to 231", "Adelie, Chinstrap, Gentoo"]),
    (co2(), "public domain", "Keeling and Whorf (2004)", ["Mauna Loa: 526 rows", "co2 (ppm) "]),
    (spirals(), "CC0 1.0", "calclearn.data.spirals, seed 0", ["(made): 200 rows", "y (cm)"]),
    (digits(), "CC BY 4.0", "doi:10.24432/C50P49", ["1077 train, 360 validation, 360 held out"]),
]  # fmt: skip


@pytest.mark.parametrize(("data", "licence", "source", "words"), SAYS)
def test_data_say_what_they_are(data, licence, source, words):
    assert data.licence == licence
    assert source in data.source
    assert all(part in repr(data) for part in words)


def test_columns_answer_to_attribute_and_subscript():
    data = penguins()
    assert data["body_mass"] is data.body_mass
    assert "flipper_length" in dir(data)
    for name in ("wingspan", ["body_mass", "year"], {}, 3):
        for ask in (data.__getitem__, data.label):
            with pytest.raises(ValueError, match=r"Palmer penguins has no column .* it has spec"):
                ask(name)
    with pytest.raises(AttributeError, match="no column 'wingspan'; it has species, "):
        data.wingspan  # noqa: B018


def test_the_scale_changes_x_and_never_the_masses():
    flipper, sd = penguins().flipper_length, penguins().flipper_length.std()
    for scale, unit, origin in (
        ("cm above 190 mm", 10, 190), ("raw cm", 10, 0),
        ("cm above the mean", 10, flipper.mean()), ("standardised", sd, flipper.mean()),
    ):  # fmt: skip
        line = penguin_line(scale)
        np.testing.assert_allclose(unit * line.x + origin, flipper)
        np.testing.assert_allclose(1000 * line.y, penguins().body_mass)
    assert penguin_line().x_label == "flipper length above 190 mm (cm)"


def test_thinned_data_are_a_part_of_the_points():
    line = penguin_line()
    few = line.thinned(40)
    assert len(few) == 40
    assert set(zip(few.x, few.y, strict=True)) <= set(zip(line.x, line.y, strict=True))
    assert (few.x[0], few.x[-1]) == (line.x[0], line.x[-1])
    assert len(line.thinned(1000)) == len(line)
    gap = LineData(np.ma.array([1.0, 2.0], mask=[False, True]), [3.0, 4.0], "x", "y")
    np.testing.assert_array_equal(gap.x, [1, np.nan])  # what is masked is missing
    assert (few.y_unit, few.y_label) == ("kg", "body mass (kg)")


BAD = [
    (lambda: penguin_line("inches"), ValueError, "scale must be one of 'cm above 190 mm', .*"),
    (lambda: penguin_line(np.ones(2)), TypeError, "scale must be text, got ndarray"),
    (lambda: line([1.0, 2.0], [1.0]), ValueError, r"x and y must have the same shape .*\(2,\) and"),
    (lambda: line([None, 1.0], [1.0, 2.0]), ValueError, "x must be a list of numbers"),
    (lambda: line([1.0, 2.0], [[1, 2], [3]]), ValueError, "y must be a list of numbers"),
    (lambda: line(["a", "b"], [1.0, 2.0]), TypeError, "x must be real numbers"),
    (lambda: line([1j, 2.0], [1.0, 2.0]), TypeError, "x must be real numbers"),
    (lambda: table(None), TypeError, "columns must be a mapping of names to values"),
    (lambda: table({"a": [1], "b": [1, 2]}), ValueError, "columns must have one shape"),
    (lambda: table({"a": 3.0, "b": [1.0]}), ValueError, r"columns must have one shape \(n,\), got"),
    (lambda: table({"a": [None, 1]}), ValueError, r"a must be a list of numbers or .* \[None, 1\]"),
    *((lambda count=count: penguin_line().thinned(count), ValueError, "count must be a whole numb")
      for count in (0, None, 2.5, "2", np.ones(2))),
]  # fmt: skip


def line(x, y):
    return LineData(x, y, x_label="x", y_label="y")


def table(columns):
    return Dataset("t", columns, {}, source="", licence="")


test_what_cannot_be = refused(BAD)
