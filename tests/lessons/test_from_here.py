"""The last page of the course: its loop beside PyTorch's and JAX's ends at the same loss."""

import re

import pytest

from ..cells import cells

(PAGE,) = (text for text, _ in cells("18", "markdown") if "## From here to" in text)
OURS, *THEIRS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def end_of(program: str) -> float:
    names: dict = {}
    exec(program, names)
    return float(names["end"])


@pytest.mark.parametrize(("place", "library"), [(0, "torch"), (1, "jax")])
def test_their_loops_end_where_ours_does(place, library):
    assert re.findall(r"^import (\w+)", THEIRS[place], re.M)[0] == library
    pytest.importorskip(library)
    assert end_of(THEIRS[place]) == pytest.approx(end_of(OURS), rel=1e-10)


def test_our_loop_has_come_down():
    assert end_of(OURS) == pytest.approx(52.853 / 342, rel=1e-3)
