"""A lesson as a page: its text, code and outputs as they are stored, its figures as films.

The cells run once, in this process, for a film needs the figure and not its picture. What the page
shows is what the notebook has stored, and of that only plain text and pictures: HTML and scripts in
an output are left out, whatever wrote them. All HTML of a page is made here.
"""

import base64
import html
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat import NotebookNode
from PIL import Image
from traitlets.config import Config

from calclearn.book.answers import as_attribute, hidden, question
from calclearn.book.films import recorded
from calclearn.exercises.catalogue import exercises
from calclearn.exercises.predictions import Card
from calclearn.explorers.explore import Explorer
from calclearn.explorers.live_training import Training

PNG = "image/png"
LARGEST_OUTPUT = 200_000  # characters of text that a page shows of one output
UNANSWERED = "… Not "  # as the words begin of what waits for an answer
ELSEWHERE = (
    '<p class="calclearn-elsewhere">This answer is checked in the notebook: a page cannot run '
    "Python.</p>"
)
FILMS = "_static/films"  # where a page finds them


@dataclass(frozen=True)
class Page:
    """A lesson's notebook for myst-nb, and the files of its films by name."""

    notebook: NotebookNode
    files: dict[str, bytes]


def page(path: Path) -> Page:
    """Run a lesson and return its page. Raises RuntimeError for a cell that fails."""
    notebook = nbformat.read(path, as_version=4)
    films = Films(path.stem.partition("_")[0])
    with shell_without_screen(films.record) as shell:
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                films.shown = []
                with capture_output():
                    ran = shell.run_cell(cell.source, store_history=False)
                if error := ran.error_before_exec or ran.error_in_exec:
                    raise RuntimeError(f"{path.name}: cell {number} raised {error!r}") from error
                cell.outputs = list(_outputs(cell, films))
    return Page(notebook, films.files)


@contextmanager
def shell_without_screen(record: Callable) -> Iterator[InteractiveShell]:
    """An IPython that hands over the figures that its cells display, and leaves none behind."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    shown = shell.display_formatter.ipython_display_formatter
    for kind in (Explorer, Training, Card):
        shown.for_type(kind, record)
    try:
        yield shell
    finally:
        InteractiveShell.clear_instance()


def _outputs(cell: NotebookNode, films: "Films"):
    """The outputs of a cell as the page shows them: ours where there is one, plain ones else."""
    shown = iter(films.shown)
    asked = re.search(r'^check\("(\d\d\.\d+)"', cell.source, re.MULTILINE)
    for output in cell.outputs:
        data = output.get("data", {})
        if str(data.get("text/plain", "")).startswith(UNANSWERED):
            yield _html(_exercise(asked[1]) if asked else ELSEWHERE)
        elif PNG in data and "application/vnd.jupyter.widget-view+json" in data:
            yield _html(films.figure(next(shown, None), data))
        else:
            yield from plain(output)


def plain(output: NotebookNode) -> list[NotebookNode]:
    """An output without HTML, scripts, or more text than anybody reads."""
    if output.output_type in ("stream", "error"):
        is_stream = output.output_type == "stream"
        text = _short(output.text if is_stream else f"{output.ename}: {output.evalue}")
        return [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
    stored, data = output.get("data", {}), {}
    if "text/plain" in stored:
        data["text/plain"] = _short(stored["text/plain"])
    if (png := as_png(stored.get(PNG))) is not None:
        data[PNG] = base64.b64encode(png).decode()
    return [nbformat.v4.new_output("display_data", data=data)] if data else []


def as_png(encoded: Any) -> bytes | None:
    """The bytes of a stored picture, painted anew; None for what is no picture."""
    try:
        file, stored = io.BytesIO(), io.BytesIO(base64.b64decode(encoded))
        Image.open(stored, formats=["PNG"]).convert("RGB").save(file, "PNG")
        return file.getvalue()
    except Exception:  # Pillow raises many kinds, also for a picture of a billion pixels
        return None


def _short(text: Any) -> str:
    text = text if isinstance(text, str) else ""
    return text if len(text) <= LARGEST_OUTPUT else f"{text[:LARGEST_OUTPUT]}\n…"


class Films:
    """Records what a lesson's cells display, at the moment when they do, and makes HTML of it."""

    def __init__(self, lesson: str) -> None:
        self.lesson = lesson
        self.files: dict[str, bytes] = {}
        self.shown: list = []  # by the present cell: a film, a card, or None, in their order

    def record(self, thing: Any) -> None:
        film = recorded(thing) if isinstance(thing, Explorer) else None
        self.shown.append(thing if isinstance(thing, Card) else film)

    def figure(self, thing: Any, data: dict) -> str:
        """The HTML of a figure, a prediction, or of the picture that is stored."""
        if isinstance(thing, Card):
            return _prediction(thing)
        number = sum(name.endswith(".webp") for name in self.files) + 1
        name = f"{self.lesson}-{number}"
        words = html.escape(_short(data.get("text/plain")))
        if (png := as_png(data[PNG])) is None:
            return f"<p>{words}</p>"
        picture = Image.open(io.BytesIO(png))
        file = io.BytesIO()
        picture.save(file, "WEBP", lossless=True, method=4, exact=True)
        self.files[f"{name}.webp"] = file.getvalue()
        image = (
            f'<img src="{FILMS}/{name}.webp" width="{picture.width}" height="{picture.height}" '
            f'alt="{words}" loading="lazy">'
        )
        film, note = "", ""
        if thing is not None:
            self.files[f"{name}.js"] = thing.script(name)
            film = f' data-film="{name}" data-source="{FILMS}/{name}.js"'
            if absent := html.escape(", ".join(thing.absent)):
                more = f"In the notebook there is more to move: {absent}."
                note = f'<p class="calclearn-note">{more}</p>'
        caption = f"<figcaption>{words}</figcaption>{note}"
        return f'<figure class="calclearn-figure"{film}>{image}{caption}</figure>'


def _prediction(card: Card) -> str:
    """The HTML of a question with its options, or of its answer, which waits for the choice."""
    about = card.prediction
    if card.answer is not None:
        right, why = card.answer
        told = {"question": about.question, "right": hidden(right), "why": hidden(why)}
        return f'<div class="calclearn-reveal" data-reveal="{as_attribute(told)}"></div>'
    options = "".join(f"<li>{html.escape(option)}</li>" for option in about.options)
    words = html.escape(about.question)
    return (
        f'<div class="calclearn-predict" data-question="{words}">'
        f"<p><b>Predict:</b> {words}</p><ul>{options}</ul></div>"
    )


def _exercise(number: str) -> str:
    """The HTML of a field for an answer; of a word where only Python can check one."""
    exercise = exercises(number).get(number)
    asked = question(number, exercise) if exercise is not None else None
    if asked is None:
        return ELSEWHERE
    return f'<div class="calclearn-check" data-check="{as_attribute(asked)}"></div>'


def _html(text: str) -> NotebookNode:
    return nbformat.v4.new_output("display_data", data={"text/html": text})
