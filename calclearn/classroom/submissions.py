"""What stands in one notebook that was handed in: verdicts, votes, answers, the order of its runs.

The file is data, perhaps broken, endless or hostile: it is read only up to a size, and each value
is taken only where it has the type that Jupyter writes. What prevents reading is one sentence,
`problem`. Outputs can be edited, so this is what the notebook claims; `sandbox` runs it again.
"""

import functools
import itertools
import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from calclearn.exercises.verdicts import RIGHT, UNANSWERED, WRONG
from calclearn.layout import CourseError, digest, read_file, shipped

LARGEST = 30_000_000  # bytes; with all its figures' states a lesson has some 5,000,000
LONGEST_SOURCE = 100_000  # characters of a cell in which exercises are looked for
LONGEST = 300  # characters that are kept of a question or an option
MOST = 50  # exercises, and predictions, that are read of one notebook

STATES = {"✓": True, "✗": False, "…": None}  # an exercise is right, tried or open
SIGN = re.compile(f"^({'|'.join(map(re.escape, (RIGHT, WRONG, UNANSWERED)))})", re.MULTILINE)
CHECK = re.compile(r"""\bcheck\(\s*(["'])(\d\d\.\d{1,3})\1""")
COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
SCORE = re.compile(r"^Lesson .*", re.MULTILINE)
SCORED = re.compile(r"(✓ right|✗ not yet|… open) \d+ \(([\d., ]+)\)")


class NotebookError(Exception):
    """Why a file cannot be read as a notebook, in one sentence."""


@dataclass
class Submission:
    """What one notebook holds.

    `exercises` has True for right, False for tried, None for open, by number; `votes` the option
    that was committed to, or "", by question; `options` those of each question; `answers` the
    source of each exercise's cell; `out_of_order` the fewest cells whose removal leaves the others
    in the order of their runs; `problem` why the file could not be read; `remarks` what else a
    teacher should read; `student` whose it is, and `file` its place in the class's folder.
    """

    lesson: str = ""
    exercises: dict[str, bool | None] = field(default_factory=dict)
    votes: dict[str, str] = field(default_factory=dict)
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    out_of_order: int = 0
    digest: str = ""
    problem: str = ""
    remarks: list[str] = field(default_factory=list)
    student: str = ""
    file: str = ""

    @property
    def begun(self) -> bool:
        """Whether it can be read, and is not the lesson as it was laid out."""
        return self.digest not in {"", *_untouched()}


def read(path: Path) -> Submission:
    """Read a notebook as data; never raises for what is in the file, or for what it is.

    Example
    -------
    >>> from calclearn.layout import shipped
    >>> list(read(shipped()["07_how_big_a_step.ipynb"]).exercises)[:4]
    ['07.1', '07.2', '07.3', '07.4']
    """
    try:
        content = _content(path)
        submission = _parsed(_cells(content))
        submission.digest = digest(content)
    except NotebookError as reason:
        submission = Submission(problem=str(reason))
    submission.lesson = lesson_of(path.name) or next(iter(submission.exercises), "")[:2]
    return submission


def lesson_of(name: str) -> str:
    """The number of the lesson that a file's name gives, such as 07; empty where it gives none."""
    for stem in stems():
        if stem in name:
            return stem[:2]
    number = re.search(r"(?<![0-9])(\d\d)(?=[_ .-])", name)
    return number[1] if number and any(stem.startswith(number[1]) for stem in stems()) else ""


@functools.cache
def stems() -> tuple[str, ...]:
    """The names of the course's notebooks, without their ending."""
    return tuple(name.removesuffix(".ipynb") for name in shipped())


@functools.cache
def _untouched() -> frozenset[str]:
    """The digests of the lessons as they are laid out: nobody has begun with these."""
    return frozenset(digest(path.read_bytes()) for path in shipped().values())


def _content(path: Path) -> bytes:
    try:
        size = path.lstat().st_size
        content = b"" if size > LARGEST else read_file(path)
    except CourseError:
        raise NotebookError("is no file") from None
    except OSError as error:
        raise NotebookError(f"cannot be read: {error.strerror}") from None
    if content is None:
        raise NotebookError("is a link, which is not followed")
    if max(size, len(content)) > LARGEST:
        million = 1_000_000
        raise NotebookError(
            f"has {size // million} MB, more than the {LARGEST // million} MB that are read"
        )
    return content


def _cells(content: bytes) -> list[dict]:
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError):
        raise NotebookError("is no JSON, or broken") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise NotebookError("is no notebook of format 4")
    return [cell for cell in cells if isinstance(cell, dict)]


def _parsed(cells: list[dict]) -> Submission:
    submission, counts = Submission(), []
    for cell in cells:
        if cell.get("cell_type") != "code":
            continue
        source, texts = _joined(cell.get("source")), list(_texts(cell.get("outputs")))
        submission.sources.append(source)
        if type(count := cell.get("execution_count")) is int:
            counts.append(count)
        asked = source[:LONGEST_SOURCE]
        numbers = [match[2] for match in CHECK.finditer(COMMENT.sub("", asked))]
        for number in numbers:
            if number in submission.exercises or len(submission.exercises) < MOST:
                submission.exercises.setdefault(number, None)
                submission.answers[number] = asked
        states = [STATES[sign[0]] for text in texts for sign in SIGN.findall(text)]
        # The last call of a cell is the one whose verdict is shown; more are there where printed.
        for number, state in zip(reversed(numbers), reversed(states), strict=False):
            _keep(submission, number, state)
        for text in texts:
            for words, listed in SCORED.findall("\n".join(SCORE.findall(text))):
                for number in listed.split(", "):
                    _keep(submission, number, STATES[words[0]])
            _vote(submission, text)
    submission.out_of_order = len(counts) - _longest_rise(counts)
    return submission


def _keep(submission: Submission, number: str, state: bool | None) -> None:
    """Keep the best state of an exercise that the notebook has: right, then tried, then open."""
    if number in submission.exercises:
        submission.exercises[number] = best(submission.exercises[number], state)


def best(*states: bool | None) -> bool | None:
    """The best of some states: right where one is right, tried where one is tried, else open."""
    return True if True in states else False if False in states else None


def _vote(submission: Submission, text: str) -> None:
    """Keep a prediction's text: its question, its options, and which was committed to."""
    lines = text[: LONGEST * MOST].splitlines()
    if not lines or not lines[0].startswith("Predict: ") or len(submission.votes) >= MOST:
        return
    question = lines[0].removeprefix("Predict: ")[:LONGEST]
    options = tuple(line[2:][:LONGEST] for line in lines if line.startswith("- "))
    said = lines[-1].removeprefix("You predicted: ")[:LONGEST]
    submission.options[question] = options
    submission.votes[question] = said if said in options else ""


def _texts(outputs: object) -> Iterator[str]:
    """The plain text of each output; a program's own errors and pictures have none."""
    for output in outputs if isinstance(outputs, list) else ():
        if isinstance(output, dict):
            data = output.get("data")
            text = _joined(data.get("text/plain")) if isinstance(data, dict) else ""
            yield text or _joined(output.get("text"))


def _joined(lines: object) -> str:
    """A text as Jupyter stores it, in one piece or in lines; nothing for any other value."""
    if isinstance(lines, list):
        return "".join(line for line in lines if isinstance(line, str))
    return lines if isinstance(lines, str) else ""


def _longest_rise(counts: list[int]) -> int:
    """The length of the longest strictly rising part of the counts, which need not be adjacent."""
    ends: list[int] = []  # the smallest last count of a rise of each length
    for count in counts:
        at = bisect_left(ends, count)
        ends[at : at + 1] = [count]
    return len(ends)


def exercise_texts(path: Path) -> dict[str, str]:
    """The question of each exercise of a lesson, by number, as its notebook words it."""
    cells = _cells(path.read_bytes())
    texts = [_joined(cell.get("source")) for cell in cells if cell.get("cell_type") == "markdown"]
    pairs = (re.findall(r"^\*\*(\d\d\.\d+)\*\* +(.+)$", text, re.MULTILINE) for text in texts)
    return dict(itertools.chain.from_iterable(pairs))
