"""What `pip install "calclearn[book]"` and `"calclearn[lite]"` bring along is enough."""

import importlib.metadata
import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from calclearn.book import site, tab

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
