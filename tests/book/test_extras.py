"""What `pip install "calclearn[book]"` and `"calclearn[lite]"` bring along is enough."""

import importlib.metadata
import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from calclearn.book import site, tab
from calclearn.layout import CourseError

PROVIDED = importlib.metadata.packages_distributions()


def required(name, extras=()):
    """Every distribution that one needs, and that those need, by name."""
    found, waiting = set(), [(name, *extras)]
    while waiting:
        name, *extras = waiting.pop()
        if (name, *extras) in found:
            continue
        found.add((name, *extras))
        for text in importlib.metadata.requires(name) or ():
            need = Requirement(text)
            if need.marker is None or any(
                need.marker.evaluate({"extra": extra}) for extra in (*extras, "")
            ):
                waiting.append((canonicalize_name(need.name), *sorted(need.extras)))
    return {name for name, *_ in found}


@pytest.mark.parametrize(("extra", "modules"), [("book", site.NEEDED), ("lite", tab.NEEDED)])
def test_an_extra_brings_all_that_its_command_needs(extra, modules):
    pytest.importorskip("sphinx")
    there = required("calclearn", [extra])
    for module in modules:
        names = map(canonicalize_name, PROVIDED.get(re.sub(r"-", "_", module), [module]))
        assert there & set(names), module


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
