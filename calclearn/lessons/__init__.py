"""The course: each lesson with its figures, its answers and its typical mistakes.

`from calclearn import lessons`, then `lessons.learning_rate()`. The figures are the public
functions of the files `lesson_NN.py`, or `lesson_NN_subject.py` where a lesson has two, that return
an `Explorer`. They are listed from the files' text, so that one figure costs the import of one.
"""

import ast
import difflib
from functools import cache
from importlib import import_module
from pathlib import Path


@cache
def _figures() -> dict[str, str]:
    """Return the names of all figures, in the order of the course, and the module of each."""
    figures = {}
    for path in sorted(Path(__file__).parent.glob("lesson_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            returns = getattr(node, "returns", None) if isinstance(node, ast.FunctionDef) else None
            if returns and ast.unparse(returns) == "Explorer" and not node.name.startswith("_"):
                figures[node.name] = path.stem
    return figures


def __getattr__(name: str):
    if name == "__all__":
        return list(_figures())
    if name.startswith("__"):  # what Python itself looks for
        raise AttributeError(name)
    if name not in _figures():
        near = difflib.get_close_matches(name, _figures(), n=3) or list(_figures())
        raise AttributeError(f"lessons have no figure {name!r}; near it: {', '.join(near)}")
    return getattr(import_module(f"{__name__}.{_figures()[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_figures()})
