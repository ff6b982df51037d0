"""Tables of a learner's own: what is read, and the sentence where it cannot be."""

import numpy as np
import pytest

from calclearn import lessons, line_data
from calclearn.data import penguin_line


@pytest.fixture
def table(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "my.csv"
        path.write_text(text, encoding=encoding)
        return path

    return write


@pytest.mark.parametrize("separator", [",", ";", "\t", ", "])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_columns_become_a_line_with_labels(table, separator, encoding):
    rows = [
        ["name", "height (cm)", "mass (kg)"],
        *(["a", f"{150 + k}", f"{k / 2}"] for k in range(9)),
    ]
    path = table("\n".join(separator.join(row) for row in rows), encoding)
    data = line_data(path, x="height (cm)", y="mass (kg)")
    assert data.x.tolist() == [150 + k for k in range(9)]
    assert data.y.tolist() == [k / 2 for k in range(9)]
    assert (data.x_label, data.y_unit) == ("height (cm)", "kg")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_decimal_comma_is_read_where_commas_separate_nothing(table, separator):
    text = "a;b\n1,5;-2,25\n2;3\n4,0;1e3\n".replace(";", separator)
    data = line_data(table(text), x="a", y="b")
    assert data.x.tolist() == [1.5, 2, 4]
    assert data.y.tolist() == [-2.25, 3, 1000]


def test_rows_with_a_missing_number_are_left_out(table):
    data = line_data(table('a,b\n1,2\n3,NA\n,4\n"5",6\n7,nan\n8\n9,10\n\n'), x="a", y="b")
    assert data.x.tolist() == [1, 5, 9]
    assert data.y.tolist() == [2, 6, 10]


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("\n\na,b\n1,2\n\n3,4\n5,6\n", "a"),
        ("a,b\r1,2\r3,4\r5,6\r", "a"),
        ('"a\ncm",b\n1,2\n3,4\n5,6\n', "a\ncm"),
        ("a\u2028,b\n1,2\n3,4\n5,6\n", "a"),
        ("a (0,5);b\n1;2\n3;4\n5;6\n", "a (0,5)"),
        ("c,c,a,b\n9,9,1,2\n9,9,3,4\n9,9,5,6\n", "a"),
        ("a,b\n1,2,9\n7\n3,4,9\n5,6,9\n", "a"),
    ],
)
def test_an_odd_table_is_read(table, text, x):
    data = line_data(table(text), x=x, y="b")
    assert (data.x.tolist(), data.y.tolist()) == ([1, 3, 5], [2, 4, 6])


@pytest.mark.parametrize(
    ("text", "columns", "sentence"),
    [
        ("a,b\n1,2\n", {"x": "A", "y": "b"}, "x must be a column of my.csv, 'a', 'b'; got 'A'"),
        ("a,b\n1,2\n", {"x": "a", "y": ""}, "y must be a column"),
        ("", {"x": "a", "y": "b"}, "x must be a column of my.csv, none"),
        ("a,b\n1,2\n3,four\n", {"x": "a", "y": "b"}, "row 3: 'b' must be a number, got 'four'"),
        ("a,b\n1,2\n3,inf\n", {"x": "a", "y": "b"}, "row 3: 'b' must be a finite number"),
        ("a,b\n1,2\n3,4\n", {"x": "a", "y": "b"}, "at least three rows"),
        ("a,b\n\n1,2\n\n3,-\n", {"x": "a", "y": "b"}, "row 5: 'b' must be a number, got '-'"),
        ("a,a,b\n1,2,3\n", {"x": "a", "y": "b"}, "x must be one column of my.csv, 'a', 'a'"),
    ],
)
def test_a_table_that_cannot_be_read_gets_a_sentence(table, text, columns, sentence):
    with pytest.raises(ValueError, match=sentence):
        line_data(table(text), **columns)


def test_a_missing_file_and_a_wrong_name_get_a_sentence(tmp_path, table):
    with pytest.raises(FileNotFoundError, match=r"there is none at .*nowhere\.csv"):
        line_data(tmp_path / "nowhere.csv", x="a", y="b")
    with pytest.raises(TypeError, match="y must name a column, got 1"):
        line_data(table("a,b\n1,2\n"), x="a", y=1)
    with pytest.raises(TypeError, match="path must be a path, got None"):
        line_data(None, x="a", y="b")
    with pytest.raises(ValueError, match="UTF-8"):
        line_data(table("ä,b\n1,2\n", "latin-1"), x="ä", y="b")


@pytest.mark.parametrize("figure", ["residual_squares", "learning_rate"])
def test_a_table_serves_the_figures_of_a_line(table, figure):
    rng = np.random.default_rng(3)
    x = rng.uniform(150, 200, 20).round(1)
    rows = [f"{a},{b:.1f}" for a, b in zip(x, 2 * x - 250 + rng.normal(0, 9, 20), strict=True)]
    data = line_data(
        table("\n".join(["height (cm),reach (m)", *rows])), x="height (cm)", y="reach (m)"
    )
    explorer = getattr(lessons, figure)(data)
    assert "m²" in explorer.caption
    assert explorer.error is None
    assert explorer.still() != getattr(lessons, figure)(penguin_line()).still()
