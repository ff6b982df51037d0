"""A class as one HTML page: which exercise is hard, which prediction surprised, and each student.

The page has no script, and its first line forbids the browser to run or to load anything. All texts
are escaped. Bars only repeat the numbers beside them.
"""

from html import escape
from pathlib import Path

from calclearn.classroom.gradebook import WORDS, Gradebook, Lesson, printable

HEAD = Path(__file__).with_name("page.html").read_text(encoding="utf-8")


def page(book: Gradebook) -> str:
    """The class as a page of HTML."""
    parts = [HEAD, f"<main>\n<h1>The class</h1>\n<p>{_text(book.source)}</p>\n"]
    parts += [_lesson(book, lesson) for lesson in book.lessons.values()]
    parts.append(_students(book))
    if book.equal:
        rows = "".join(
            f"<li>{_text(what)}: {_text(', '.join(names))}</li>\n" for what, names in book.equal
        )
        parts.append(
            f"<h2>Equal answers</h2>\n<p>A reason to ask, and no proof.</p>\n<ul>{rows}</ul>\n"
        )
    if book.ignored:
        parts.append(f"<p>No notebooks, so not read: {_text(', '.join(book.ignored))}</p>\n")
    return "".join([*parts, "</main>\n"])


def _lesson(book: Gradebook, lesson: Lesson) -> str:
    """The bars of a lesson's exercises and predictions, under a sentence that sums them up."""
    keys = "".join(f'<span class="key {word}"></span> {word} &nbsp; ' for word in WORDS.values())
    rows = []
    for number, text in lesson.exercises.items():
        counts = book.tally(number)
        numbers = ", ".join(f"{count} {word}" for word, count in counts.items())
        rows.append(_row(_text(number), _bar(counts) + numbers, _text(text)))
    questions = [_prediction(book, lesson, question) for question in lesson.predictions]
    return (
        f"<h2>Lesson {_text(lesson.number)}</h2>\n<p>{_text(_summary(book, lesson))}</p>\n"
        f"<p>{keys}</p>\n<table><tbody>\n{''.join(rows)}</tbody></table>\n{''.join(questions)}"
    )


def _summary(book: Gradebook, lesson: Lesson) -> str:
    """The exercise that fewest have right, and the prediction that surprised most."""
    said, tried, voted = [], [], []
    for number in lesson.exercises:
        counts = book.tally(number)
        if counts["right"] or counts["tried"]:
            tried.append((counts["right"], sum(counts.values()), number))
    for question in lesson.predictions:
        votes, happens = book.votes(lesson, question), lesson.happens(question)
        votes.pop("no prediction", None)
        if happens and any(votes.values()):
            voted.append((votes[happens], sum(votes.values()), question))
    if tried:
        right, among, number = min(tried, key=_share)
        said.append(f"Hardest: {number}, right for {right} of {among}.")
    if voted:
        right, among, question = min(voted, key=_share)
        surprised = f"{among - right} of {among} expected something else"
        said.append(f"Most surprising: {surprised} of “{question}”")
    return " ".join(said)


def _share(counted: tuple[int, int, str]) -> float:
    return counted[0] / counted[1]


def _prediction(book: Gradebook, lesson: Lesson, question: str) -> str:
    votes, happens = book.votes(lesson, question), lesson.happens(question)
    most = max(sum(votes.values()), 1)
    rows = []
    for option, count in votes.items():
        mark = " <strong>(this happens)</strong>" if option == happens else ""
        bar = _bar({"right" if option == happens else "tried": count, "open": most - count})
        rows.append(_row(count, bar, _text(option) + mark))
    return (
        f"<h3>Prediction: {_text(question)}</h3>\n<table><tbody>\n{''.join(rows)}</tbody></table>\n"
    )


def _students(book: Gradebook) -> str:
    titles = ["student", *book.numbers, "right", "to look at"]
    head = "".join(f'<th scope="col">{_text(title)}</th>' for title in titles)
    rows = []
    for student in book.students:
        states = [*student.words(book.numbers), student.count(True)]
        rows.append(_row(_text(student.name), *states, "<br>".join(map(_text, student.notes))))
    return (
        f'<h2>Students</h2>\n<div class="wide" tabindex="0" role="region" aria-label="Students">'
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{''.join(rows)}</tbody></table></div>\n"
    )


def _row(head: object, *cells: object) -> str:
    """A row of a table, of HTML."""
    return f'<tr><th scope="row">{head}</th>{"".join(map("<td>{}</td>".format, cells))}</tr>\n'


def _bar(counts: dict[str, int]) -> str:
    parts = (f'<span class="{word}" style="flex:{n}"></span>' for word, n in counts.items() if n)
    return f'<div class="bar" aria-hidden="true">{"".join(parts)}</div>'


def _text(text: str) -> str:
    return escape(printable(text))
