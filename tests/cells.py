"""The figures that the notebooks make themselves, out of the library: cells that end in `explore`.

One in each lesson has the tag "by-hand". The others may use the names of the cells before them.
"""

import ast
import json
import re
from functools import cache, partial
from pathlib import Path

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.ipynb"))


@cache
def cells(lesson, kind="code"):
    """The cells of this kind in a lesson's notebook, each with its source and its tags."""
    (path,) = (path for path in NOTEBOOKS if path.stem.startswith(lesson))
    stored = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        ("".join(cell["source"]), cell["metadata"].get("tags", []))
        for cell in stored
        if cell["cell_type"] == kind
    ]


def figure(source, *before):
    """The explorer that is the value of a cell's last line, after the cells `before` it."""
    names = {}
    for each in before:
        exec(each, names)
    *body, last = ast.parse(source).body
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def by_hand(lesson):
    """The imports of a lesson's notebook, its cell by hand, and the tags of that cell."""
    (imports, _), *_ = cells(lesson)
    ((source, tags),) = (cell for cell in cells(lesson) if "by-hand" in cell[1])
    return imports, source, tags


def secondary():
    """Functions that make the figures of the other cells, each with the name of its notebook."""
    for path in NOTEBOOKS:
        before = []  # what a learner has run by then, but for figures and questions
        for source, tags in cells(path.stem[:2]):
            last = ast.unparse(ast.parse(source).body[-1])
            if last.startswith("explore(") and "by-hand" not in tags:
                make = partial(figure, source, *before)
                make.__name__, make.__module__ = f"cell_of_{path.stem}", __name__
                yield make
            elif not re.match(r"lessons\.|check\(|\w*guess", last):
                before.append(source)
