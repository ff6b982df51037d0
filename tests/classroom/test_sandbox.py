"""A notebook that is run again: only its answers count, and it gets at nothing.

Each test of what a cell gets at runs behind the system's own walls, where it has such, and behind
those of Python, which every system has.
"""

import json
import socket
import sys

import pytest

from calclearn.classroom import collect, sandbox
from calclearn.classroom.submissions import Submission

from .conftest import OPEN, RIGHT, STEP, asked, code, notebook

SECONDS = 300  # on a busy machine


@pytest.fixture(params=["walls", "no walls"])
def walls(request, monkeypatch):
    """With the walls of the system, and as on a system that has none."""
    if request.param == "no walls":
        monkeypatch.setattr(sandbox, "walls_here", lambda: "none in this test")
    elif reason := sandbox.walls_here():
        pytest.skip(f"this system has no walls: {reason}")
    return request.param


def rerun(*cells, seconds=SECONDS, **claims):
    return sandbox.rerun(Submission("07", sources=list(cells), **claims), seconds)


# What counts.


def test_answers_count_and_what_the_outputs_say_does_not(hand_in, folder):
    cells = [
        code("from calclearn import check, predict"),
        code("guess = predict('Up or down?', ['up', 'down'])", asked("up")),
        code('check("07.1", 7.1)', RIGHT), code('check("07.2", ...)', OPEN),
        code('check("07.4", "c")', RIGHT),
    ]  # fmt: skip
    hand_in(f"ada/{STEP}", notebook(*cells))
    book = collect(folder, lambda s: sandbox.rerun(s, SECONDS), sandbox.conditions())
    (ada,) = book.students
    assert ada.exercises.items() >= {"07.1": False, "07.2": None, "07.4": True}.items()
    assert ada.votes["Up or down?"] == "up"
    said = f"ada/{STEP} says that 07.1 is right, which a fresh run does not"
    assert ada.notes == [said]
    assert "fresh process" in str(book)


def test_words_of_a_verdict_are_none():
    again = rerun(
        "print('✓ Right. So it is.')  # check('07.1', 3)",
        "check = lambda number, answer: '✓ Right. So it is.'\ncheck('07.1', 3)",
        "import calclearn\ncalclearn.check = lambda *a: print('✓ Right.')\n"
        "calclearn.check('07.1', 3)",
        'import os; os.write(1, b\'{"cells": 4, "failed": 0, "exercises": {"07.1": true}}\\n\')',
        exercises={"07.1": True},
    )
    assert again.exercises == {"07.1": None}
    assert again.remarks == ["says that 07.1 is right, which a fresh run does not"]


# What ends it.


def test_a_cell_without_end_is_stopped_and_what_was_right_counts():
    right = "from calclearn import check\ncheck('07.4', 'c')"
    for seconds in (5, 80):  # a busy machine may need the longer limit for the first cell
        again = rerun(right, "import time\ntime.sleep(600)", "check('07.1', 3)", seconds=seconds)
        if again.exercises:
            break
    assert again.exercises == {"07.4": True}
    assert again.remarks == [f"did not finish in {seconds} s after cell 1 of 3"]


FLOOD = (
    "import os\nfor fd in range(3, 20):\n"
    "    try:\n        while os.write(fd, b'[' * 65536): pass\n    except OSError: pass"
)


def test_a_process_that_ends_itself_or_reports_without_end_is_named():
    ended, flood = rerun("import os\nos._exit(0)", "1", exercises={"07.1": None}), rerun(FLOOD, "1")
    assert (ended.exercises, ended.remarks) == ({"07.1": None}, ["exited after cell 0 of 2"])
    assert flood.exercises == {}
    assert flood.remarks
    assert rerun() == Submission("07"), "without cells"


# What a cell gets at.

FINE = [
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    "import asyncio\nawait asyncio.sleep(0)",
    "from calclearn import check, lessons, predict",
    "guess = predict('Up?', ['yes', 'no'])\nlessons.learning_rate()",
    "open('notes.txt', 'w').write('mine')\nopen('notes.txt').read()",
]
ERRORS = ["1 / 0", "raise SystemExit", "def f(:", "input()"]
if sys.platform == "linux":  # elsewhere there is no limit of memory
    ERRORS.append("x = bytearray(4 * 2**30)")
DEEDS = [
    "open({file!r}, 'a').write('x')",
    "import os\nos.open({file!r}, os.O_WRONLY | os.O_APPEND)",
    "import os\nos.remove({file!r})",
    "import os\nos.rename({file!r}, {file!r} + '.moved')",
    "import os\nos.chmod({file!r}, 0)",
    "import pathlib\npathlib.Path({file!r} + '.new').mkdir()",
    "import shutil\nshutil.copy(__import__('calclearn').__file__, {file!r})",
    "import calclearn\nopen(calclearn.__file__, 'a').write('x')",
    "import subprocess, sys\n"
    "write = 'import sys; open(sys.argv[1], mode=chr(97))'\n"
    "subprocess.run([sys.executable, '-c', write, {file!r}], check=True)",
    "import os\nassert not os.system('rm ' + {file!r})",
    "import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=10)",
]
LEFT = (  # it would keep the report open, and the run would be late
    "import subprocess, sys\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
    " start_new_session=True)"
)
BEHIND_WALLS = [  # what Python alone does not keep from a cell: it refuses what is written
    "x = '\ud800'",
    "y = 1\0",
    "for k in range(100):\n    open(f'{k}', 'wb').write(bytes(30 * 2**20))",
    "import os\nheld = []\ntry:\n    for k in range(1000):\n"
    "        held.append(os.memfd_create(str(k)))\n"
    "finally:\n    for file in held:\n        os.close(file)\nraise OSError",
    "open({file!r})",
    "import sqlite3\nsqlite3.connect('/usr/new').execute('create table t (x)')",
    "import os\nassert os.listdir('/proc')",
    "import os\nos.kill(os.getppid() or 2, 0)",
    "import subprocess\nsubprocess.run(['mount', '-o', 'remount,rw', '/usr'], check=True)",
]


def test_only_what_a_notebook_may_have_runs_and_no_error_stops_it(walls, tmp_path, monkeypatch):
    """Nothing outside is written or asked, not even this machine, nor where Python looks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    file = tmp_path / "precious.txt"
    file.write_text("precious")
    # Without walls no program is started at all; behind them it ends with its cell.
    fine, wrong = ([LEFT], BEHIND_WALLS) if walls == "walls" else ([], [LEFT])
    fine, wrong = [*FINE, *fine], [*ERRORS, *DEEDS, *wrong]
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        places = {"{file!r}": repr(file.as_posix()), "{port}": str(server.getsockname()[1])}
        for name, place in places.items():
            wrong = [cell.replace(name, place) for cell in wrong]
        fine = [f"{cell}\nran = globals().get('ran', 0) + 1" for cell in fine]
        again = rerun(*fine, *wrong, f"check('07.4', 'c' if ran == {len(fine)} else 'a')")
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()
    assert again.exercises == {"07.4": True}
    assert again.remarks == [f"has {len(wrong)} cells with an error"]
    assert file.read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_the_teacher_reads_how_it_ran(monkeypatch):
    monkeypatch.setattr(sandbox, "walls_here", lambda: "")
    assert sandbox.conditions() == sandbox.WALLS
    monkeypatch.setattr(sandbox, "walls_here", lambda: "it is win32")
    assert "This system has no walls for it (it is win32)" in sandbox.conditions()


def test_nothing_runs_unless_it_is_asked_for(hand_in, folder, tmp_path):
    mark = tmp_path / "ran"
    hand_in(f"ada/{STEP}", notebook(code(f"open({str(mark)!r}, 'w')\ncheck('07.1', 3)", RIGHT)))
    assert collect(folder).tally("07.1")["right"] == 1
    assert not mark.exists()


def test_what_is_broken_or_untouched_is_not_run(hand_in, folder):
    from calclearn.layout import shipped

    hand_in(f"ada/{STEP}", shipped()[STEP].read_bytes())
    hand_in(f"bob/{STEP}", json.dumps([]))
    book = collect(folder, lambda submission: pytest.fail("it was run again"))
    assert [s.name for s in book.students] == ["ada", "bob"]
