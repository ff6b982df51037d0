"""Tables of a learner's own: what is read, and the sentence where it cannot be."""

import pytest

from calclearn import lessons, line_data


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
    rows = [("name", "height (cm)", "mass (kg)"), *(("a", f"15{k}", f"{k / 2}") for k in range(9))]
    path = table("\n".join(map(separator.join, rows)), encoding)
    data = line_data(path, x="height (cm)", y="mass (kg)")
    assert data.x.tolist() == [150 + k for k in range(9)]
    assert data.y.tolist() == [k / 2 for k in range(9)]
    assert (data.x_label, data.y_unit) == ("height (cm)", "kg")
    data = line_data(path, x="height (cm)", y="mass (kg)", above=150)
    assert (data.x_label, data.x.tolist()) == ("height above 150 (cm)", [*range(9)])


COLUMNS = [1, 3, 5], [2, 4, 6]
ODD = [  # a text, the name of x, the columns that are read
    *(("a;b\n1,5;-2,25\n2;3\n4,0;1e3\n".replace(";", separator), "a",
       ([1.5, 2, 4], [-2.25, 3, 1000])) for separator in ";\t"),
    ('a,b\n1,2\n3,NA\n,4\n"5",6\n7,nan\n8\n9,10\n\n', "a", ([1, 5, 9], [2, 6, 10])),
    ("\n\na,b\n1,2\n\n3,4\n5,6\n", "a", COLUMNS),
    ("a,b\r1,2\r3,4\r5,6\r", "a", COLUMNS),
    ('"a\ncm",b\n1,2\n3,4\n5,6\n', "a\ncm", COLUMNS),
    ("a\u2028,b\n1,2\n3,4\n5,6\n", "a", COLUMNS),
    ("a (0,5);b\n1;2\n3;4\n5;6\n", "a (0,5)", COLUMNS),
    ("c,c,a,b\n9,9,1,2\n9,9,3,4\n9,9,5,6\n", "a", COLUMNS),
    ("a,b\n1,2,9\n7\n3,4,9\n5,6,9\n", "a", COLUMNS),
]  # fmt: skip


@pytest.mark.parametrize(("text", "x", "columns"), ODD)
def test_an_odd_table_is_read(table, text, x, columns):
    """With decimal commas where commas separate nothing, and without rows that lack a number."""
    data = line_data(table(text), x=x, y="b")
    assert (data.x.tolist(), data.y.tolist()) == columns


QUOTED = 'a,b\n1,"2\n' + "3,4\n" * 40_000  # the quotation is never closed
BAD = [
    ("a,b\n1,2\n", "A", "b", ValueError, "x must be a column of my.csv, 'a', 'b'; got 'A'"),
    ("a,b\n1,2\n", "a", "", ValueError, "y must be a column"),
    ("", "a", "b", ValueError, "x must be a column of my.csv, none"),
    ("a,b\n1,2\n3,four\n", "a", "b", ValueError, "row 3: 'b' must be a finite number, got 'four'"),
    ("a,b\n1,2\n3,inf\n", "a", "b", ValueError, "row 3: 'b' must be a finite number"),
    ("a,b\n1,2\n3,4\n", "a", "b", ValueError, "at least three rows"),
    ("a,b\n\n1,2\n\n3,-\n", "a", "b", ValueError, "row 5: 'b' must be a finite number, got '-'"),
    ("a,a,b\n1,2,3\n", "a", "b", ValueError, "x must be one column of my.csv, 'a', 'a'"),
    (QUOTED, "a", "b", ValueError, "path must be a CSV file, my.csv is not: field larger than"),
    ("a,b\n1,2\n", "a", 1, ValueError, "y must be a column of my.csv, 'a', 'b'; got 1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "x", "y", "kind", "sentence"), BAD)
def test_a_table_that_cannot_be_read_gets_a_sentence(table, text, x, y, kind, sentence):
    with pytest.raises(kind, match=sentence):
        line_data(table(text), x=x, y=y)


def test_what_is_no_table_gets_a_sentence(tmp_path, table):
    with pytest.raises(FileNotFoundError, match=r"there is none at .*nowhere\.csv"):
        line_data(tmp_path / "nowhere.csv", x="a", y="b")
    with pytest.raises(TypeError, match="path must be a path, got None"):
        line_data(None, x="a", y="b")
    with pytest.raises(ValueError, match="above must be a finite number, got '170'"):
        line_data(table("a,b\n1,2\n"), x="a", y="b", above="170")
    with pytest.raises(ValueError, match="UTF-8"):
        line_data(table("ä,b\n1,2\n", "latin-1"), x="ä", y="b")


@pytest.mark.parametrize("above", [0, 186])
def test_a_table_serves_the_figures_of_a_line(table, above):
    rows = [f"{150 + 9 * k},{20 * k + k % 2}" for k in range(9)]
    path = table("\n".join(["height (cm),reach (m)", *rows]))
    data = line_data(path, x="height (cm)", y="reach (m)", above=above)
    squares, rates = lessons.residual_squares(data), lessons.learning_rate(data)
    assert squares.state["most"] < 20 * squares.state["total"]  # large enough to be looked at
    assert "is multiplied by 1 at" not in rates.caption
    for explorer in (squares, rates):
        assert "m²" in explorer.caption
        assert explorer.error is None
