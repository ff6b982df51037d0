"""The book: made without a warning, twice the same, of plain outputs and HTML of its own."""

import base64
import io
import re
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from nbformat.v4 import new_output
from PIL import Image

from calclearn.book import site
from calclearn.book.pages import LARGEST_OUTPUT, plain
from calclearn.layout import CourseError

STEP = "07_how_big_a_step"
PYTHON = {"language_info": {"name": "python"}}
WIDGET = "application/vnd.jupyter.widget-view+json"
SCRIPT = "<script>document.title = 'taken'</script><img src=x onerror=alert(1)>"
FIGURE = """\
from calclearn import check, predict
from calclearn.explorers import explore, slider
from calclearn.figures import *

(ax,) = panels("flat")
ax.set(xlim=(0, 9), ylim=(0, 81))
explore(lambda x: {"point": (x, x**2)}, [Dots(ax, "point")], "x = {x}", x=slider(2, 0, 9, 1))
"""


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def picture(size=(3, 2)):
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def in_this_process(jobs, **_options):
    """Instead of processes, each of which would import all that a page needs."""
    return ThreadPoolExecutor(jobs)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A book of one small lesson, what was said of it, and the same once more over itself.

    The second is recorded in this process, in which other lessons may have run before.
    """
    folder, said = tmp_path_factory.mktemp("small"), []
    figure = {WIDGET: {}, "image/png": picture()}
    shown = {  # by the source of its cell
        FIGURE: [{"text/plain": "x = 2"} | figure],
        'predict("Where?", ["up", "down"])': [{"text/plain": "Predict: Where?"} | figure],
        'check("00.1", ...)': [{"text/plain": "… Not answered yet."}],
        "print()": [{"text/plain": SCRIPT}, {"text/plain": SCRIPT, "text/html": SCRIPT}],
    }
    cells = [nbformat.v4.new_markdown_cell("# One")]
    for source, stored in shown.items():
        outputs = [new_output("display_data", data=data) for data in stored]
        cells.append(nbformat.v4.new_code_cell(source, outputs=outputs))
    lesson = folder / "00_small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=PYTHON), lesson)
    made = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "shipped", lambda: {lesson.name: lesson})
        for executor in (site.ProcessPoolExecutor, in_this_process):
            patch.setattr(site, "ProcessPoolExecutor", executor)
            site.build(folder / "book", jobs=1, say=said.append)
            made.append(files(folder / "book"))
    return made, said


def test_a_book_that_is_made_twice_is_the_same_byte_for_byte(small):
    (first, second), _ = small
    assert set(first) == set(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert "_static/films/00-1.js" in first


def test_progress_is_said(small):
    _, said = small
    assert re.fullmatch(r" 1 of 1  00_small: 1 figures, 10 pictures, \d\.\d MB", said[0])
    assert re.search(r"index\.html: \d+\.\d MB, made in \d+ s\.$", said[2])


def test_a_page_has_the_lessons_text_code_outputs_films_and_link(book):
    text = (book / f"{STEP}.html").read_text(encoding="utf-8")
    films = re.findall(r'data-source="([^"]+)"', text)
    assert len(films) == 5
    pictures = re.findall(r'<img src="(_static/films[^"]+)"', text)
    assert len(pictures) == 5
    for name in films + pictures:
        assert (book / name).is_file()
        assert (book / name).stat().st_size <= 1_000_000
    assert text.count("data-check=") == 4
    assert "Not answered yet" not in text
    assert text.count("data-question=") == text.count("data-reveal=") == 1
    assert f'href="lite/lab/index.html?path={STEP}.ipynb"' in text
    assert "learning_rate" in text
    alternatives = re.findall(r'<img src="_static/films[^>]* alt="([^"]*)"', text)
    assert alternatives[0].startswith("Learning rate 0.0002")


def test_nothing_comes_from_another_place(book):
    for path in book.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', text)
        assert [name for name in loaded if re.match(r"(https?:)?//", name)] == []
        for name in loaded:
            assert (book / name.partition("?")[0].partition("#")[0]).exists(), name
    assert (book / "_static" / "mathjax" / "tex-chtml.js").is_file()


def test_an_output_of_many_megabytes_is_cut():
    for output in (
        new_output("stream", name="stdout", text="x" * 10_000_000),
        new_output("display_data", data={"text/plain": "x" * 10_000_000}),
        new_output("error", ename="E", evalue="x" * 10_000_000, traceback=[]),
    ):
        (shown,) = plain(output)
        assert len(str(shown)) < LARGEST_OUTPUT + 500


def test_a_script_that_is_printed_is_words(small):
    """Sphinx writes what an intruder's notebook has printed as text."""
    (made, _), _ = small
    text = made["00_small.html"].decode()
    assert text.count("document.title") == 2
    assert "<script>document.title" not in text
    assert "onerror=alert(1)>" not in text


def test_a_warning_of_sphinx_is_an_error(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "conf.py").write_text(site.CONF, encoding="utf-8")
    (tmp_path / "index.md").write_text("# Front\n\n[nowhere](nowhere.ipynb)\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"nowhere\.ipynb"):
        site._sphinx(tmp_path, tmp_path / "made", tmp_path / "doctrees")


def test_a_cell_that_fails_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "ProcessPoolExecutor", in_this_process)
    path = tmp_path / "99_broken.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]), path)
    with pytest.raises(CourseError, match=r"99_broken\.ipynb: cell 0 raised ZeroDivisionError"):
        list(site.recorded([path], 1, lambda words: None))
