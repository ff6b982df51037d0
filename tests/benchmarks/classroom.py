"""Time what a teacher waits for: a class of 30 collected and written out, a notebook run again."""

import json
import random
import tempfile
from pathlib import Path

from _engines import show_beside_aim, waited

from calclearn.classroom import collect, sandbox
from calclearn.classroom.page import page
from calclearn.classroom.submissions import read
from calclearn.layout import shipped

STEP = "07_how_big_a_step.ipynb"
SIGNS = ("✓ Right. ", "✗ Not yet. ", "… Not answered yet. ")


def hand_in(folder: Path, students: int) -> None:
    """A lesson of each student, with chance in the place of answers."""
    chance, text = random.Random(0), shipped()[STEP].read_text(encoding="utf-8")
    for number in range(students):
        lesson = json.loads(text)
        for cell in lesson["cells"]:
            for output in cell.get("outputs", ()):
                if "".join(output.get("data", {}).get("text/plain", "")).startswith("…"):
                    output["data"]["text/plain"] = chance.choice(SIGNS)
        path = folder / f"student{number:02}" / STEP
        path.parent.mkdir()
        path.write_text(json.dumps(lesson), encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hand_in(folder, 30)
        book = collect(folder)
        for words, job, aim in (
            ("30 notebooks collected", lambda: collect(folder), 1),
            ("as text, CSV and HTML", lambda: (book.csv(), str(book), page(book)), 1),
            ("one run again", lambda: sandbox.rerun(read(folder / "student00" / STEP)), 10),
        ):
            show_beside_aim(words, waited(job), aim, "s")
