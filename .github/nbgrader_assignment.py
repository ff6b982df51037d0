"""Turn a lesson into an assignment of nbgrader: `python nbgrader_assignment.py 07 COURSE`.

COURSE is the folder that `nbgrader quickstart` made. Each exercise becomes a cell for the answer
and a locked cell, worth a point, that asks `check`. The answers of the source version are the
package's own; `nbgrader generate_assignment` takes them out. Put into nbgrader_config.py, so that a
lesson still runs from top to bottom before it is answered:

    c.ClearSolutions.code_stub = {"python": "# Your code here."}
    c.ExecutePreprocessor.timeout = 120
"""

import json
import re
import sys
from pathlib import Path

from calclearn.layout import find, shipped

# The last line of an exercise's cell, and what may stand behind it.
CHECK = re.compile(r'\s*^check\("(\d\d\.\d+)", (\w+|\.\.\.)\)[ \t]*(#.*)?\s*\Z', re.MULTILINE)

ANSWER = """{cell}
### BEGIN SOLUTION
from calclearn.exercises.catalogue import exercises

{name} = exercises("{number}")["{number}"].right
### END SOLUTION"""

TEST = """verdict = check("{number}", {name})
print(verdict)
assert verdict.right"""


def code(kind: str, number: str, source: str, **rights: bool | int) -> dict:
    """A code cell with what nbgrader keeps of it; its grade_id takes no dot."""
    identity = f"{kind}-{number.replace('.', '-')}"
    grading = {"schema_version": 3, "grade_id": identity, "task": False, **rights}
    return {
        "cell_type": "code", "id": identity, "execution_count": None, "outputs": [],
        "source": source, "metadata": {"nbgrader": grading},
    }  # fmt: skip


def assignment(lesson: dict) -> dict:
    """The lesson with two cells in the place of each exercise's one."""
    cells = []
    for cell in lesson["cells"]:
        source = "".join(cell["source"])
        asked = CHECK.search(source) if cell["cell_type"] == "code" else None
        if asked is None:
            cells.append(cell)
            continue
        number, name, _ = asked.groups()
        before = source[: asked.start()]
        if name == "...":
            name = f"answer_{number.replace('.', '_')}"
            before = f"{before}\n\n\n{name} = ...".lstrip()
        answer = ANSWER.format(cell=before, number=number, name=name)
        test = TEST.format(number=number, name=name)
        cells.append(code("answer", number, answer, solution=True, grade=False, locked=False))
        cells.append(code("test", number, test, solution=False, grade=True, locked=True, points=1))
    return lesson | {"cells": cells}


def main(lesson: str, course: str) -> None:
    name = find(lesson)
    folder = Path(course, "source", f"lesson{name[:2]}")
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(assignment(json.loads(shipped()[name].read_text(encoding="utf-8"))), indent=1)
    (folder / name).write_text(text, encoding="utf-8")
    print(folder / name)


if __name__ == "__main__":
    main(*sys.argv[1:])
