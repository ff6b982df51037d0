"""The penguins in the package are the published ones, and they say what they are."""

import pickle

import numpy as np
import pytest

from calclearn.data import Dataset, LineData, penguin_line, penguins


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


def test_every_column_is_complete_and_has_its_unit():
    data = penguins()
    for name, column in data.columns.items():
        assert column.shape == (342,)
        if column.dtype.kind == "f":
            assert np.isfinite(column).all()
            assert data.units[name] in data.label(name)
    assert data.label("flipper_length") == "flipper length (mm)"
    assert data.label("species") == "species"
    assert "CC0" in data.licence
    assert "Gorman" in data.source


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


def test_the_data_cannot_be_spoilt_by_a_lesson():
    with pytest.raises(ValueError, match="read-only"):
        penguins().body_mass[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        penguin_line().x[0] = 0
    assert pickle.loads(pickle.dumps(penguins())).body_mass[0] == 3750


def test_the_repr_has_rows_names_units_and_ranges():
    text = repr(penguins())
    assert text.startswith("Palmer penguins: 342 rows")
    assert "flipper length (mm)  172 to 231" in text
    assert "Adelie, Chinstrap, Gentoo" in text


def test_the_line_of_the_lessons_is_flipper_above_190_mm_in_cm():
    data, line = penguins(), penguin_line()
    np.testing.assert_allclose(10 * line.x + 190, data.flipper_length)
    np.testing.assert_allclose(1000 * line.y, data.body_mass)
    assert "cm" in line.x_label
    assert line.y_label == "body mass (kg)"
    assert len(line) == 342


def test_standardised_has_mean_zero_and_deviation_one():
    x = penguin_line("standardised").x
    assert x.mean() == pytest.approx(0, abs=1e-12)
    assert x.std() == pytest.approx(1)


def test_the_scale_changes_the_name_of_x_and_never_the_fitted_masses():
    lines = map(penguin_line, ("cm above 190 mm", "cm above the mean", "standardised", "raw cm"))
    fits = [np.polyval(np.polyfit(line.x, line.y, 1), line.x) for line in lines]
    np.testing.assert_allclose(fits[1:], [fits[0]] * 3)


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


# fmt: off
BAD = [
    (lambda: penguin_line("inches"), ValueError, "scale must be one of 'cm above 190 mm', .*"),
    (lambda: penguin_line(np.ones(2)), TypeError, "scale must be text, got ndarray"),
    (lambda: line([1.0, 2.0], [1.0]), ValueError, r"x and y must have the same shape .*\(2,\) and"),
    (lambda: line([None, 1.0], [1.0, 2.0]), ValueError, "x must be a list of numbers"),
    (lambda: line([1.0, 2.0], [[1, 2], [3]]), ValueError, "y must be a list of numbers"),
    (lambda: line(["a", "b"], [1.0, 2.0]), TypeError, "x must be real numbers"),
    (lambda: line([1j, 2.0], [1.0, 2.0]), TypeError, "x must be real numbers"),
    (lambda: table(None), TypeError, "columns must be a mapping of names to values"),
    (lambda: table({"a": [1], "b": [1, 2]}), ValueError, "columns must have equal lengths"),
    (lambda: table({"a": 3.0, "b": [1.0]}), ValueError, r"columns must have shape \(n,\), got"),
    (lambda: table({"a": [None, 1]}), ValueError, r"a must be a list of numbers or .* \[None, 1\]"),
    *((lambda count=count: penguin_line().thinned(count), ValueError, "count must be a whole numb")
      for count in (0, None, 2.5, "2", np.ones(2))),
]
# fmt: on


def line(x, y):
    return LineData(x, y, x_label="x", y_label="y")


def table(columns):
    return Dataset("t", columns, {}, source="", licence="")


@pytest.mark.parametrize(("make", "kind", "sentence"), BAD)
def test_bad_input_gets_one_sentence(make, kind, sentence):
    with pytest.raises(kind, match=sentence):
        make()
