"""The book: made without a warning, twice the same, of plain outputs and HTML of its own."""

import base64
import io
import re
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from calclearn.book import site
from calclearn.book.pages import LARGEST_OUTPUT, page, plain
from calclearn.layout import CourseError

from . import small

STEP = "07_how_big_a_step"
KINDS = (
    "text/html", "application/javascript", "image/svg+xml", "text/latex", "text/markdown",
    "application/vnd.jupyter.widget-view+json", "image/png", "application/json",
)  # fmt: skip
QUICK = 'extensions = ["myst_parser"]\nhtml_theme = "basic"\n'


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_book_that_is_bound_twice_is_the_same_byte_for_byte(book, bound, tmp_path):
    said = bound(tmp_path)
    assert re.search(r"index\.html: \d+\.\d MB, made in \d+ s\.$", said[-1])
    first, second = files(book), files(tmp_path)
    assert set(first) == set(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert "_static/films/00-1.js" in first


def test_a_page_that_is_recorded_in_a_process_of_its_own_is_the_same(pages, tmp_path):
    said = []
    made = dict(site.recorded([small.stored(tmp_path)], 1, said.append))
    assert made == {"00_small": pages["00_small"]}
    (words,) = said
    assert re.fullmatch(r" 1 of 1  00_small: \d\.\d MB", words)


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


def test_only_words_and_pictures_are_shown_of_what_a_cell_has_stored(tmp_path):
    evil = dict.fromkeys(KINDS, small.SCRIPT)
    stored = [{kind: small.SCRIPT} for kind in KINDS]
    stored += [evil | {"text/plain": "words"}, {"text/html": small.SCRIPT, "text/plain": "words"}]
    stored += [{"text/html": small.SCRIPT, "image/png": small.red()}]
    outputs = [new_output("display_data", data=data) for data in stored]
    path = tmp_path / "99_evil.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("1", outputs=outputs)]), path)
    made = page(path)
    assert "document.title" not in str(made.notebook.cells)
    shown = [output.data for output in made.notebook.cells[0].outputs]
    assert shown[:2] == [{"text/html": "<p>words</p>"}, {"text/plain": "words"}]
    assert [*shown[2]] == ["image/png"]
    Image.open(io.BytesIO(base64.b64decode(shown[2]["image/png"]))).verify()
    assert made.files == {}
    assert not InteractiveShell.initialized(), "a process that made a page is left with an IPython"


def test_a_script_that_is_printed_is_words(book):
    """Sphinx writes what an intruder's notebook has printed as text."""
    text = (book / "00_small.html").read_text(encoding="utf-8")
    assert text.count("document.title") == 2
    assert "<script>document.title" not in text
    assert "onerror=alert(1)>" not in text


def test_a_warning_of_sphinx_is_an_error(tmp_path):
    (tmp_path / "conf.py").write_text(QUICK, encoding="utf-8")
    (tmp_path / "index.md").write_text("# Front\n\n[nowhere](nowhere.ipynb)\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"nowhere\.ipynb"):
        site._sphinx(tmp_path, tmp_path / "made", tmp_path / "doctrees")


def test_a_cell_that_fails_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "ProcessPoolExecutor", lambda jobs, **_: ThreadPoolExecutor(jobs))
    path = tmp_path / "99_broken.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), path)
    with pytest.raises(CourseError, match=r"99_broken\.ipynb: cell 0 raised ZeroDivisionError"):
        list(site.recorded([path], 1, lambda words: None))
