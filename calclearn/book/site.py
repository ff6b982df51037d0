"""The book: all lessons as a static site, made by Sphinx, read from a disk or from any server."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import nbformat

from calclearn.book.pages import FILMS, Page, page
from calclearn.layout import CourseError, shipped

HERE = Path(__file__).parent
NEEDED = ("sphinx", "myst_nb", "furo", "sphinx-mathjax-offline")
MATHJAX = ("tex-chtml.js", "output/chtml/fonts/woff-v2/*")  # what a page loads of it

CONF = """\
project = html_title = "calclearn"
copyright = "the authors of calclearn, CC BY 4.0"
extensions = ["myst_nb"]
exclude_patterns = []
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
myst_heading_slug_func = "calclearn.book.site.slug"
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["player.css"]
html_js_files = [("player.js", {"defer": "defer"})]
html_copy_source = html_show_sourcelink = html_show_sphinx = html_use_index = False
mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}}
"""

FRONT = """\
# Calculus for machine learning, as something one can move

A course of {count} lessons in which loss surfaces, gradient descent and backpropagation follow a
slider, on real data. Every figure of this book moves, without Python and without a network: drag a
slider, use the arrow keys, or press **Play**. Commit to each prediction before you do; it stays in
your browser. The exercises that take a letter or a number are checked here, too.

{tab}
"""

TAB = """\
Code runs in the notebooks. <a href="{address}">Open the course in a tab of this browser</a>, with
nothing to install, or install calclearn and run `calclearn`.
"""
NO_TAB = "Code runs in the notebooks: install calclearn and run `calclearn`."


def slug(text: str) -> str:
    """The anchor of a heading, as JupyterLab makes it.

    >>> slug("How to work here")
    'How-to-work-here'
    """
    return text.replace(" ", "-")


def build(folder: Path, *, jobs: int | None = None, tab: str | None = None, say=print) -> None:
    """Write the book into a folder.

    `jobs` processes record the figures. `tab` is the address, seen from the book, of the course in
    a browser's tab; each page links to its lesson there. Raises CourseError where something that
    the book needs is not installed, where the folder holds other things, and where Sphinx warns.
    """
    paths, jobs = list(shipped().values()), jobs or os.cpu_count() or 1
    with making("book", "book", NEEDED, folder, say) as made:
        source = made.with_name("source")
        (source / FILMS).mkdir(parents=True)
        for stem, lesson in recorded(paths, jobs, say):
            _write(source, stem, lesson, tab)
        (source / "conf.py").write_text(CONF, encoding="utf-8")
        (source / "index.md").write_text(front(paths, tab), encoding="utf-8")
        for name in ("player.js", "player.css"):
            shutil.copy(HERE / name, source / "_static")
        copy_mathjax(source / "_static" / "mathjax")
        say("Sphinx lays the pages out.")
        _sphinx(source, made, made.with_name("doctrees"), jobs)
        for unneeded in (".buildinfo", "objects.inv"):
            (made / unneeded).unlink(missing_ok=True)


@contextmanager
def making(
    what: str, option: str, needed: Sequence[str], folder: Path, say: Callable
) -> Iterator[Path]:
    """A new folder to make a site in, whose parts then take the place of those of an earlier one.

    CourseError where the site needs what is not installed, or the folder holds other things.
    """
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        extra = f"calclearn[{option}]"
        raise CourseError(f'the {what} needs {", ".join(missing)}: pip install "{extra}"')
    mark = f"calclearn-{option}.txt"
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file; name a folder")
    if folder.exists() and any(folder.iterdir()) and not (folder / mark).is_file():
        raise CourseError(f"{folder} holds other things; name a new folder, or an empty one")
    folder.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "site"
        yield made
        (made / mark).write_text(f"Made by calclearn --{option}, which may replace it.\n")
        for part in made.iterdir():  # films that are no longer shown, say
            if part.is_dir():
                shutil.rmtree(folder / part.name, ignore_errors=True)
        shutil.copytree(made, folder, dirs_exist_ok=True)
    megabytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    seconds = time.monotonic() - begin
    say(f"The {what} is {folder / 'index.html'}: {megabytes:.1f} MB, made in {seconds:.0f} s.")


def run(
    command: Sequence[str], failed: str, makes: Path, date: int, cwd: Path | None = None
) -> None:
    """Run a module of Python that makes a file; CourseError, with its last words, if it fails."""
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd, capture_output=True, text=True, encoding="utf-8", errors="replace",
        env=os.environ | {"PYTHONWARNINGS": "ignore", "SOURCE_DATE_EPOCH": str(date)},
    )  # fmt: skip
    if ran.returncode or not makes.is_file():
        raise CourseError(f"{failed}: {(ran.stderr or ran.stdout).strip()[-2000:]}")


def recorded(paths: Sequence[Path], jobs: int, say=print):
    """The pages of the lessons, as they come, each recorded in a process of its own."""
    context = get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=1) as pool:
        waiting = {pool.submit(page, path): path for path in reversed(paths)}  # the long ones first
        try:
            for done, job in enumerate(as_completed(waiting), 1):
                made, path = job.result(), waiting[job]
                megabytes = sum(map(len, made.files.values())) / 1e6
                say(f"{done:2} of {len(paths)}  {path.stem}: {megabytes:.1f} MB")
                yield path.stem, made
        except RuntimeError as error:
            raise CourseError(str(error)) from error
        finally:  # an interrupt records no more of them
            pool.shutdown(cancel_futures=True)


def front(paths: Sequence[Path], tab: str | None) -> str:
    """The first page: what the book is, and its lessons."""
    words = NO_TAB if tab is None else TAB.format(address=f"{tab}/index.html")
    rows = [path.stem for path in paths]  # under their titles
    contents = "\n".join(["```{toctree}", ":maxdepth: 1", "", *rows, "```"])
    return f"{FRONT.format(count=len(paths), tab=words)}\n{contents}\n"


def _write(source: Path, stem: str, lesson: Page, tab: str | None) -> None:
    if tab is not None:
        link = (
            f'<p class="calclearn-where"><a href="{tab}/lab/index.html?path={stem}.ipynb">'
            "Open this lesson in the tab, where its code runs</a></p>"
        )
        lesson.notebook.cells.insert(1, nbformat.v4.new_markdown_cell(link, id="where"))
    nbformat.write(lesson.notebook, source / f"{stem}.ipynb")
    for name, content in lesson.files.items():
        (source / FILMS / name).write_bytes(content)


def copy_mathjax(folder: Path) -> None:
    """Copy what a page loads of MathJax."""
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    whole = Path(spec.origin).parent / "static" / "mathjax"
    for path in (path for part in MATHJAX for path in whole.glob(part)):
        target = folder / path.relative_to(whole)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def _sphinx(source: Path, target: Path, doctrees: Path, jobs: int = 1) -> None:
    command = ["sphinx", "-b", "html", "-W", "--keep-going", "-q", "-j", str(jobs)]
    command += ["-d", str(doctrees), str(source), str(target)]
    run(command, "Sphinx could not build the book", target / "index.html", 0)
