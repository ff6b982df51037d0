"""The last page of the course: its loop beside PyTorch's and JAX's ends at the same loss."""

import json
import re
from pathlib import Path

import pytest

NOTEBOOK = next(Path(__file__).parents[2].glob("notebooks/18_*.ipynb"))
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
(PAGE,) = (text for cell in CELLS if "## From here to" in (text := "".join(cell["source"])))
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def end_of(program: str) -> float:
    names: dict = {}
    exec(program, names)
    return float(names["end"])


def test_the_page_has_three_programs():
    assert [re.findall(r"^import (\w+)", program, re.M)[0] for program in PROGRAMS] == [
        "numpy", "torch", "jax",
    ]  # fmt: skip


@pytest.mark.parametrize(("place", "library"), [(1, "torch"), (2, "jax")])
def test_their_loops_end_where_ours_does(place, library):
    pytest.importorskip(library)
    assert end_of(PROGRAMS[place]) == pytest.approx(end_of(PROGRAMS[0]), rel=1e-10)


def test_our_loop_has_come_down():
    assert end_of(PROGRAMS[0]) == pytest.approx(52.853 / 342, rel=1e-3)
