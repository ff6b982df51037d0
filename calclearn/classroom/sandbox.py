"""Run a notebook again, in a process of its own that can harm nothing, and trust only that.

Each notebook gets a fresh process, a folder in memory, and limits of time and memory. On Linux it
runs behind the walls of `walls`; elsewhere Python refuses sockets, programs and files, which stops
a careless cell and not a clever one, as `walls_here` says. A run shows that answers are right, not
whose they are: the package has all of them, and a cell may look them up.
"""

import functools
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import calclearn
from calclearn.classroom import walls
from calclearn.classroom.submissions import MOST, Submission

SECONDS = 120
LONGEST_REPORT = 100_000  # bytes

# What a program needs of a Linux system: its libraries, fonts, the devices that hold nothing.
SYSTEM = (
    "/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives",
    "/etc/fonts", "/etc/localtime", "/nix/store", "/dev/null", "/dev/zero", "/dev/random",
    "/dev/urandom",
)  # fmt: skip

KEPT = ("SYSTEMROOT", "PYTHONPYCACHEPREFIX")  # of the environment

WALLS = (
    "Each notebook ran in a fresh process, with no network and no file of this machine to write."
)
NO_WALLS = (
    "Each notebook ran in a fresh process. This system has no walls for it ({reason}): Python "
    "refused sockets, programs and files elsewhere, which a cell that is out to do harm can get "
    "around. Collect the notebooks of strangers on Linux."
)


def rerun(submission: Submission, seconds: int = SECONDS) -> Submission:
    """Return the submission with the verdicts of a fresh run of its cells, and no others.

    What went wrong, and what the notebook says otherwise, stands in `remarks`. Votes, which no run
    can repeat, stay as the notebook has them.
    """
    if not submission.sources:
        return submission
    report, ending = _run(submission.sources, seconds)
    try:
        run = json.loads(report.splitlines()[-1])
        cells, failed = int(run["cells"]), int(run["failed"])
        states = {
            number: state
            for number, state in list(run["exercises"].items())[:MOST]
            if re.fullmatch(r"\d\d\.\d{1,3}", number) and state in (True, False, None)
        }
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        cells, failed, states = 0, 0, {}
    remarks = []
    if ending:
        remarks.append(f"{ending} after cell {cells} of {len(submission.sources)}")
    if failed:
        remarks.append(f"has {failed} {'cell' if failed == 1 else 'cells'} with an error")
    claimed = [n for n, right in submission.exercises.items() if right and not states.get(n)]
    if claimed:
        remarks.append(f"says that {', '.join(claimed)} is right, which a fresh run does not")
    exercises = dict.fromkeys(submission.exercises) | states
    return replace(submission, exercises=exercises, remarks=[*submission.remarks, *remarks])


def conditions() -> str:
    """Under which conditions notebooks run here, in a sentence or two for the teacher."""
    reason = walls_here()
    return NO_WALLS.format(reason=reason) if reason else WALLS


@functools.cache
def walls_here() -> str:
    """Why this system has no walls; empty where it has."""
    if not sys.platform.startswith("linux"):
        return f"it is {sys.platform}"
    with tempfile.TemporaryDirectory(prefix="calclearn-") as root:
        probe = _behind_walls(root, [sys.executable, "-S", "-c", ""])
        tried = subprocess.run(probe, capture_output=True, text=True, errors="replace")
    return tried.stderr.strip()[:200] or f"exit code {tried.returncode}" if tried.returncode else ""


def _run(sources: list[str], seconds: int) -> tuple[str, str]:
    """What the run reported, and why it did not reach the last cell where it did not."""
    guarded = walls_here()
    command = [sys.executable, "-P", "-m", "calclearn.classroom.cells", str(seconds)]
    with (
        tempfile.TemporaryDirectory(prefix="calclearn-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryFile() as cells,
    ):
        cells.write(json.dumps(sources).encode())
        cells.seek(0)
        work = folder if guarded else walls.WORK
        paths = os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))
        environment = {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            "PATH": os.defpath, "PYTHONPATH": paths,
            "HOME": work, "USERPROFILE": work, "TMPDIR": work, "TEMP": work, "IPYTHONDIR": work,
            "MPLCONFIGDIR": work, "MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1",
        }  # fmt: skip
        command += ["none"] if guarded else ["linux"]
        late = threading.Event()
        with subprocess.Popen(
            command if guarded else _behind_walls(folder, command),
            stdin=cells, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=folder, env=environment, start_new_session=True,
        ) as process:  # fmt: skip
            timer = threading.Timer(seconds, lambda: (late.set(), process.kill()))
            timer.start()
            try:
                report = process.stdout.read(LONGEST_REPORT).decode("utf-8", "replace")
            finally:
                timer.cancel()
                process.kill()
    done = report.endswith("\n") and f'"cells": {len(sources)},' in report.splitlines()[-1]
    ending = "" if done else f"did not finish in {seconds} s" if late.is_set() else "exited"
    return report, ending


def _behind_walls(root: str, command: list[str]) -> list[str]:
    """The command, started by `walls` on a machine that has Python and this package."""
    package = Path(calclearn.__file__).parent
    # A checkout, the folder of work and the home hold more than modules, wherever Python looks.
    private = [Path.cwd(), Path.home()]
    private += [] if package.parent.name.endswith("-packages") else [package.parent]
    paths = [
        path
        for path in map(os.path.abspath, filter(None, sys.path))
        if not any(folder.is_relative_to(path) for folder in private)
    ]
    needed = [str(package), *SYSTEM, sys.prefix, sys.base_prefix, *paths]
    if store := sys.pycache_prefix:  # bytecode is kept there: that of these paths, and no other
        needed += [store + path for path in needed]
    real = map(os.path.realpath, needed)
    readable = [path for path in dict.fromkeys([*needed, *real]) if os.path.exists(path)]
    return [sys.executable, "-I", walls.__file__, root, *readable, "--", *command]
