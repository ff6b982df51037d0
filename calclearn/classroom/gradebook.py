"""A class: one row a student, one column an exercise, the votes, and who handed in the same.

A student is a folder directly below the one that is collected, or what the name of a file adds to
the lesson's. The best of several copies counts. Names and answers come from strangers, so text, CSV
and page make them harmless: no control characters, no formulas, no markup.
"""

import ast
import csv
import functools
import io
import itertools
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from calclearn.classroom.submissions import (
    CHECK,
    COMMENT,
    Submission,
    best,
    exercise_texts,
    lesson_of,
    read,
    stems,
)
from calclearn.layout import shipped

SHORTEST = 40  # characters; a shorter answer is the same for many who work alone
WORDS = {True: "right", False: "tried", None: "open"}
FORMULA = (*"=+-@＝＋－＠",)  # what a spreadsheet would calculate, and not show
COPY = r"[ _.-]*(\(\d+\)|-\d+|\.\d{4}-\d\d-\d\d_[\d-]+)?(_\d+)?"  # what a second download adds


@dataclass
class Student:
    """One row: the best state of each exercise, the votes, and what a teacher should read."""

    name: str
    exercises: dict[str, bool | None] = field(default_factory=dict)
    votes: dict[str, str] = field(default_factory=dict)
    out_of_order: int = 0
    notes: list[str] = field(default_factory=list)

    def count(self, state: bool | None) -> int:
        """How many exercises are right (True), tried (False) or open (None)."""
        return list(self.exercises.values()).count(state)

    def words(self, numbers: Iterable[str]) -> list[str]:
        """How each of these exercises stands in one word; empty where it was not asked."""
        return [WORDS[self.exercises[n]] if n in self.exercises else "" for n in numbers]


@dataclass(frozen=True)
class Lesson:
    """What a lesson asks: the text of each exercise by number, the predictions in their order."""

    number: str
    exercises: dict[str, str]
    predictions: tuple[str, ...]
    options: dict[str, tuple[str, ...]]

    def happens(self, question: str) -> str:
        """The option of a prediction that comes true; empty where the course does not say."""
        place = dict(zip(self.predictions, itertools.count(1))).get(question)
        option = _outcomes(self.number).get(place, 0)
        return dict(enumerate(self.options.get(question, ()), start=1)).get(option, "")


@dataclass
class Gradebook:
    """A class, as `collect` returns it; `str` is its table.

    `students` are the rows in the order of their names, `lessons` what was handed in by number,
    `equal` the students with equal answers by exercise, `ignored` the files that are no notebooks,
    `source` how far the verdicts can be trusted.
    """

    students: list[Student] = field(default_factory=list)
    lessons: dict[str, Lesson] = field(default_factory=dict)
    equal: list[tuple[str, list[str]]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    source: str = ""

    @property
    def numbers(self) -> list[str]:
        """The exercises of all lessons, in their order."""
        return [number for lesson in self.lessons.values() for number in lesson.exercises]

    def tally(self, number: str) -> dict[str, int]:
        """How many students have an exercise right, tried and open."""
        states = Counter(s.exercises[number] for s in self.students if number in s.exercises)
        return {word: states[state] for state, word in WORDS.items()}

    def votes(self, lesson: Lesson, question: str) -> dict[str, int]:
        """How many students committed to each option of a prediction, in the options' order."""
        votes = Counter(s.votes[question] for s in self.students if question in s.votes)
        return {option: votes.pop(option, 0) for option in lesson.options[question]} | {
            option or "no prediction": count for option, count in votes.items()
        }

    def __str__(self) -> str:
        parts = [self.source, *map(self._lesson_text, self.lessons.values())]
        if notes := [f"{s.name}: {'; '.join(s.notes)}" for s in self.students if s.notes]:
            parts.append("\n".join(["To look at", *notes]))
        if self.equal:
            same = [f"{what}: {', '.join(names)}" for what, names in self.equal]
            parts.append("\n".join(["Equal answers, a reason to ask and no proof", *same]))
        if self.ignored:
            more = f" and {len(self.ignored) - 5} more" if len(self.ignored) > 5 else ""
            parts.append(f"No notebooks, so not read: {', '.join(self.ignored[:5])}{more}")
        return "\n\n".join(printable(part) for part in parts)

    def _lesson_text(self, lesson: Lesson) -> str:
        rows = [["student", *lesson.exercises, "right"]]
        for student in self.students:
            if any(words := student.words(lesson.exercises)):
                rows.append([student.name[:40], *words, f"{words.count('right')} of {len(words)}"])
        for word in WORDS.values():
            rows.append([word, *(str(self.tally(n)[word]) for n in lesson.exercises), ""])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [f"Lesson {lesson.number}"]
        for row in rows:
            lines.append("  ".join(map(str.ljust, row, widths)).rstrip())
        for question in lesson.predictions:
            lines += ["", f"Prediction: {question}"]
            happens = lesson.happens(question)
            for option, count in self.votes(lesson, question).items():
                lines.append(f"{count:6}  {option}{'  <- what happens' * (option == happens)}")
        return "\n".join(lines)

    def csv(self) -> str:
        """The class as comma-separated values: a row a student, a column an exercise or a vote."""
        questions = {
            question: f"prediction {lesson.number}/{place}"
            for lesson in self.lessons.values()
            for place, question in enumerate(lesson.predictions, start=1)
        }
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        counts = ["right", "tried", "open", "cells out of order"]
        writer.writerow(
            ["student", *counts, *self.numbers, *questions.values(), "equal answers", "notes"]
        )
        for student in self.students:
            equal = [what for what, names in self.equal if student.name in names]
            row = [
                student.name, *map(student.count, WORDS), student.out_of_order,
                *student.words(self.numbers), *(student.votes.get(each, "") for each in questions),
                ", ".join(equal), "; ".join(student.notes),
            ]  # fmt: skip
            writer.writerow([_plain_cell(cell) for cell in row])
        return file.getvalue()


def collect(
    folder: Path,
    rerun: Callable[[Submission], Submission] | None = None,
    source: str = "As the notebooks say; outputs can be edited.",
) -> Gradebook:
    """Read all notebooks below a folder into a class's table; run none of them.

    `rerun` takes what a notebook holds and returns it with the verdicts that count, for example
    those of a fresh run in the sandbox; `source` says where the verdicts are from.

    Example
    -------
    >>> import tempfile
    >>> from calclearn.layout import Course
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Course(Path(folder, "ada")).lay_out()
    ...     book = collect(Path(folder))
    >>> book.students[0].name, book.tally("07.2")
    ('ada', {'right': 0, 'tried': 0, 'open': 1})
    """
    handed_in, ignored = [], []
    for path, submission in _submissions(folder, rerun):
        relative = path.relative_to(folder)
        if submission is None:
            ignored.append(relative.as_posix())
        else:
            submission.student, submission.file = student_of(relative), relative.as_posix()
            handed_in.append(submission)
    lessons = _lessons(handed_in)
    return Gradebook(_students(handed_in, lessons), lessons, _equal(handed_in), ignored, source)


def _students(handed_in: list[Submission], lessons: dict[str, Lesson]) -> list[Student]:
    """A row for each student, in the order of their names."""
    students = {held.student: Student(held.student) for held in handed_in}
    for held in handed_in:
        student, notes = students[held.student], (held.problem, *held.remarks)
        student.notes += [f"{held.file} {note}" for note in notes if note]
        for number, state in held.exercises.items():
            student.exercises[number] = best(student.exercises.get(number), state)
        for question, vote in held.votes.items():
            student.votes[question] = student.votes.get(question) or vote
        student.out_of_order += held.out_of_order
        if held.lesson in lessons and not held.problem:
            for number, text in lessons[held.lesson].exercises.items():
                if text:  # the course asks it, though this notebook no longer does
                    student.exercises.setdefault(number, None)
    for student in students.values():
        if student.out_of_order:
            cells = "cell" if student.out_of_order == 1 else "cells"
            student.notes.append(f"{student.out_of_order} {cells} out of order")
    copies = Counter((held.student, held.lesson) for held in handed_in)
    for (name, lesson), count in copies.items():
        if count > 1 and lesson:
            students[name].notes.append(f"{count} notebooks of lesson {lesson}; the best counts")
    return [students[name] for name in sorted(students, key=str.casefold)]


def _lessons(handed_in: list[Submission]) -> dict[str, Lesson]:
    """The lessons that somebody has begun, by number."""
    begun = {held.lesson for held in handed_in if held.begun and (held.exercises or held.votes)}
    return {
        number: _lesson(number, [held for held in handed_in if held.lesson == number])
        for number in sorted(begun)
    }


def _equal(handed_in: list[Submission]) -> list[tuple[str, list[str]]]:
    """Who has the same notebook, and who the same text of an exercise, if it is long enough."""
    notebooks, answers = defaultdict(set), defaultdict(set)
    for held in handed_in:
        if held.begun:
            notebooks[held.digest].add(held.student)
            texts = {source: _bare(source) for source in {*held.answers.values()}}
            for number, source in held.answers.items():
                if len(text := texts[source]) >= SHORTEST:
                    answers[number, text].add(held.student)
    return [("whole notebook", sorted(who)) for who in notebooks.values() if len(who) > 1] + [
        (number, sorted(who))
        for (number, text), who in sorted(answers.items())
        if len(who) > 1 and text != _shipped_answers().get(number)
    ]


def student_of(path: Path) -> str:
    """The student of a notebook, from its path in the collected folder.

    Example
    -------
    >>> student_of(Path("ada/calclearn-course/07_how_big_a_step.ipynb"))
    'ada'
    >>> student_of(Path("lesson07/Ada Byron_123_07_how_big_a_step-2.ipynb"))
    'Ada Byron_123'
    """
    folders = [name for name in path.parts[:-1] if not re.fullmatch(r"(?i)lesson[ _-]*\d+", name)]
    if folders:
        return folders[0]
    stem = path.name.removesuffix(path.suffix)
    for lesson in (*stems(), lesson_of(path.name)):
        before, there, after = stem.partition(lesson) if lesson else (stem, "", "")
        if there:
            rest = re.sub(f"{COPY}$", "", after)
            name = (before + " " + rest).strip(" _-.")
            return re.sub(r"^\((.*)\)$", r"\1", name) or stem
    return stem


def printable(text: str) -> str:
    """The text without what a terminal would obey, or a reader would misread: controls, marks."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _plain_cell(value: object) -> object:
    text = printable(value).replace("\n", " ") if isinstance(value, str) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA) else text


def _files(folder: Path, unreadable: list[OSError]) -> Iterator[Path]:
    """Every file below a folder, in order; links to folders are named, not followed."""
    for here, folders, files in os.walk(folder, onerror=unreadable.append):
        links = [name for name in folders if Path(here, name).is_symlink()]
        folders[:] = sorted(f for f in folders if f not in links and not f.startswith("."))
        visible = [name for name in files if not name.startswith(".")]
        yield from (Path(here, name) for name in sorted(visible + links))


def _submissions(
    folder: Path, rerun: Callable[[Submission], Submission] | None
) -> Iterator[tuple[Path, Submission | None]]:
    """Each file and what it holds, None where it is no notebook; run again where that is asked."""

    def one(path: Path) -> Submission | None:
        if path.suffix.lower() != ".ipynb" and not (path.is_symlink() and path.is_dir()):
            return None
        submission = read(path)
        again = rerun and submission.begun
        return replace(rerun(submission) if again else submission, sources=[])  # 30 MB each, maybe

    unreadable: list[OSError] = []
    paths = list(_files(folder, unreadable))
    for error in unreadable:
        yield Path(error.filename), Submission(problem=f"cannot be read: {error.strerror}")
    pool = ThreadPoolExecutor(os.cpu_count() if rerun else 1)
    try:
        yield from zip(paths, pool.map(one, paths), strict=True)
    finally:  # an interrupt starts no more of them
        pool.shutdown(cancel_futures=True)


def _lesson(number: str, submissions: list[Submission]) -> Lesson:
    """What the lesson asks: the course's own words first, then what only the notebooks have."""
    path = next((path for name, path in shipped().items() if name[:2] == number), None)
    course = read(path) if path else Submission()
    texts = exercise_texts(path) if path else {}
    handed_in = [course, *submissions]
    numbers = {number: None for s in handed_in for number in s.exercises}
    options = {
        question: options for s in reversed(handed_in) for question, options in s.options.items()
    }
    questions = {question: None for s in handed_in for question in s.options}
    return Lesson(number, {n: texts.get(n, "") for n in sorted(numbers)}, tuple(questions), options)


@functools.cache
def _outcomes(lesson: str) -> dict[int, int]:
    """By prediction the option that comes true: `outcome(...)` in a lesson's file, not imported."""
    path = Path(__file__).parents[1] / "lessons" / f"lesson_{lesson}.py"
    if not lesson.isdecimal() or not path.is_file():
        return {}
    options = {}
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "outcome":
            named = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
            options[named.get("prediction", 1)] = ast.literal_eval(call.args[1])
    return options


@functools.cache
def _shipped_answers() -> dict[str, str]:
    notebooks = map(read, shipped().values())
    return {number: _bare(text) for n in notebooks for number, text in n.answers.items()}


def _bare(source: str) -> str:
    """An answer's source without what says nothing: comments, blanks, the call of check."""
    return re.sub(r"\s", "", CHECK.sub("", COMMENT.sub("", source)))
