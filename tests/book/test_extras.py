"""What `pip install "calclearn[book]"` and `"calclearn[lite]"` bring along is enough."""

import pytest

from calclearn.book import site, tab
from calclearn.layout import CourseError

SITES = [(site, "the book", "book"), (tab, "the tab", "lite")]


@pytest.mark.parametrize(("kind", "name", "extra"), SITES)
def test_what_is_not_installed_is_named(tmp_path, monkeypatch, kind, name, extra):
    monkeypatch.setattr(kind, "NEEDED", ("numpy", "no_such_module"))
    words = rf'{name} needs no_such_module: pip install "calclearn\[{extra}\]"'
    with pytest.raises(CourseError, match=words):
        kind.build(tmp_path / "new")


@pytest.mark.parametrize("kind", [site, tab])
def test_a_folder_with_other_things_is_left_alone(tmp_path, kind):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="holds other things"):
        kind.build(tmp_path)
    with pytest.raises(CourseError, match="is a file"):
        kind.build(tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").read_text() == "mine"
