"""What more than one test file needs, and how many workers the whole suite gets."""

import copy
import gc
import importlib.util
import json
import os
import re
import sys
from pathlib import Path

import hypothesis
import pytest

# A busy machine makes no test red: no example has a deadline.
hypothesis.settings.register_profile("calclearn", deadline=None)
hypothesis.settings.load_profile("calclearn")
# The kernels of the notebooks too get what `calclearn` gives them: see `calclearn.__main__`.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
collect_ignore = ["benchmarks"]  # scripts, which are run by hand


def pytest_configure(config):
    """Where Python is to write no bytecode, the hundred processes of the tests share a store of it.

    Kernels, servers and Sphinx would compile all that they import, each of them again.
    """
    if hasattr(config, "cache") and os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        sys.dont_write_bytecode = False
        sys.pycache_prefix = str(config.cache.mkdir("bytecode"))
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """For the whole suite a worker a core and one more, as some wait for browsers; four at most.

    None for files that are named.
    """
    whole = config.args_source is config.ArgsSource.TESTPATHS
    return min((os.cpu_count() or 1) + 1, 4) if whole else 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """One worker has the tests for which a browser, JupyterLab and a book are made ready."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            ready = nodeid.startswith(("tests/browser/", "tests/book/test_book.py"))
            return "ready" if ready else super()._split_scope(nodeid)

    return ByFile(config, log)


@pytest.fixture(scope="module", autouse=True)
def freed_figures(request):
    """After a file its figures are freed: ipywidgets keeps every widget until Python ends."""
    yield
    if "ipywidgets" in sys.modules and request.path.parent.name in ("book", "explorers", "lessons"):
        sys.modules["ipywidgets"].Widget.close_all()
        gc.collect()


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """A small lesson, and lesson 07, as pages of the book: by their names."""
    from calclearn.book.pages import page
    from calclearn.layout import shipped

    from .book import small

    paths = small.stored(tmp_path_factory.mktemp("small")), shipped()["07_how_big_a_step.ipynb"]
    made = {path.stem: page(path) for path in paths}
    for cell in (cell for each in made.values() for cell in each.notebook.cells):
        if cell.cell_type == "markdown":  # other lessons are not there
            cell.source = re.sub(r"\]\(\w+\.ipynb[^)]*\)", "]", cell.source)
    return made


@pytest.fixture(scope="session")
def bound(pages):
    """`bound(folder)` lays these pages out as a book; what it said comes back."""
    from calclearn.book import site

    def bind(folder):
        said = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(site, "shipped", lambda: {f"{name}.ipynb": Path(name) for name in pages})
            patch.setattr(site, "recorded", lambda *_: copy.deepcopy([*pages.items()]))
            site.build(folder, jobs=1, tab="lite", say=said.append)
        return said

    return bind


@pytest.fixture(scope="session")
def book(bound, tmp_path_factory):
    """The folder of a book."""
    folder = tmp_path_factory.mktemp("book") / "site"
    bound(folder)
    return folder


@pytest.fixture(scope="session")
def root():
    """The checkout."""
    return ROOT


@pytest.fixture
def narrow_indices(monkeypatch):
    """As where an index has 32 bits, in WebAssembly: a whole number of 64 bits is no index there.

    Random generators still draw those, and NumPy's functions refuse them.
    """
    import numpy as np

    def refusing(function):
        def narrow(*arguments, **keywords):
            for each in arguments[:2]:
                whole = isinstance(each, np.ndarray) and each.dtype.kind in "iu"
                if whole and not np.can_cast(each.dtype, np.int32):
                    raise TypeError(f"Cannot cast array data from {each.dtype} to int32")
            return function(*arguments, **keywords)

        return narrow

    for name in ("bincount", "choose", "repeat", "unravel_index", "put"):
        monkeypatch.setattr(np, name, refusing(getattr(np, name)))
    monkeypatch.setattr(np, "intp", np.int32)


@pytest.fixture
def refresh():
    """notebooks/refresh.py as a module."""
    spec = importlib.util.spec_from_file_location("refresh", ROOT / "notebooks" / "refresh.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def fresh_kernel(monkeypatch):
    """Nothing is answered, nothing predicted, as when a kernel has started."""
    from calclearn.exercises import predictions, verdicts

    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    for memory in (verdicts._verdicts, verdicts._attempts, predictions._predictions):
        memory.clear()


@pytest.fixture
def drag():
    """`drag(explorer, place, start, *path)` pulls the drawing at this place of those that can be.

    Start and path are in the drawing's own coordinates, and fractions of its axes where these are
    solid.
    """

    def dragged(explorer, place, start, *path):
        explorer.still()  # what has been drawn has found its place
        ax = explorer._held()[place].ax
        figure = ax.transAxes if ax.name == "3d" else ax.transData
        figure = figure + ax.figure.transFigure.inverted()
        start, *path, to = figure.transform([start, *path]).tolist()
        pointer = {"grip": place, "before": {}, "start": start, "path": path, "to": to}
        explorer._answer({}, pointer)

    return dragged


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Three notebooks in a place of their own, as the package would ship them."""
    from calclearn import layout

    titles = {
        "00_start_here": "# Start here\n\n**What will calculus let a machine do?**\n\nA map.",
        "07_how_big_a_step": "# 07 · How big a step?\n\nToo small creeps, too big explodes.",
        "08_a_loop": "# A loop that lies",
    }
    folder = tmp_path / "package" / "course"
    folder.mkdir(parents=True)
    for stem, title in titles.items():
        cells = [{"cell_type": "markdown", "source": title.splitlines(keepends=True)}]
        (folder / f"{stem}.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    monkeypatch.setattr(layout, "__file__", str(folder.with_name("layout.py")))
    return folder


@pytest.fixture
def refused(capsys):
    """`refused(*words)`: the one line in which the command refuses these."""
    from calclearn.__main__ import main

    def line(*words):
        assert main([str(word) for word in words]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        return line.replace(os.sep, "/")

    return line
