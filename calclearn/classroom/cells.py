"""Run a notebook's cells in this process, and say after each check which exercises are right.

`python -m calclearn.classroom.cells SECONDS WALLS` reads the cells' sources, a list in JSON, from
standard input, and writes a line of JSON after each cell that checks something: the verdicts that
`check` itself remembers. Where WALLS is "none", Python's own events guard what they can.
"""

import contextlib
import json
import os
import sys
from typing import TextIO

MEMORY = 3 * 2**30  # bytes
FILE = 50 * 2**20  # bytes
FILES = 128  # that are open at once: some lie in memory
PROCESSES = 64

REFUSED = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
    "os.kill", "os.startfile", "pty.", "ctypes.", "webbrowser.", "http.", "ftplib.", "smtplib.",
)  # fmt: skip
CHANGES = (
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
    "os.chmod", "os.chown", "os.utime",
)  # fmt: skip


def limit(seconds: int, walls: bool) -> None:
    """Limit memory, processor time, files and processes, where the system has such limits."""
    with contextlib.suppress(ImportError):
        import resource

        limits = {"AS": MEMORY, "CPU": seconds, "FSIZE": FILE, "NOFILE": FILES, "CORE": 0}
        if walls:  # outside of them, those of the teacher's desktop would count
            limits["NPROC"] = PROCESSES
        for name, value in limits.items():
            with contextlib.suppress(ValueError, OSError, AttributeError):
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def guard(folder: str) -> None:
    """Refuse, inside Python, what walls would keep out: sockets, programs, files elsewhere."""

    def inside(path: object) -> bool:
        if isinstance(path, int) or path == os.devnull:
            return True
        return os.path.realpath(os.fsdecode(path)).startswith(folder + os.sep)

    def refuse(event: str, arguments: tuple) -> None:
        # A pair of sockets without a name joins the process with itself, as asyncio does.
        if event.startswith(REFUSED) and event != "socket.__new__":
            raise PermissionError(f"{event} is refused here")
        if event == "open" and arguments[0] is not None:
            path, mode, flags = arguments
            writes = set(mode or "") & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes and not inside(path):
                raise PermissionError("writing outside of the notebook's folder is refused here")
        if event.startswith(CHANGES):
            paths = [a for a in arguments if isinstance(a, str | bytes | os.PathLike)]
            if not all(map(inside, paths)):
                raise PermissionError(f"{event} outside of the notebook's folder is refused here")

    sys.addaudithook(refuse)


def run(sources: list[str], report: TextIO, guarded: bool) -> None:
    """Run the cells in order, going on after one that fails, and report after each check."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from calclearn.exercises import verdicts

    class Shell(InteractiveShell):
        """IPython without a window: a cell may ask matplotlib for one."""

        def enable_gui(self, gui: str | None = None) -> None:
            pass

    remembered = verdicts._verdicts  # before a cell can give the name another meaning
    shell = Shell.instance(config=Config(HistoryManager={"enabled": False}))
    if guarded:
        guard(os.path.realpath(os.getcwd()))
    failed = 0
    for place, source in enumerate(sources, start=1):
        failed += not shell.run_cell(source, store_history=True).success
        if "check(" in source or place == len(sources):
            states = {number: verdict.right for number, verdict in remembered.items()}
            line = json.dumps({"cells": place, "failed": failed, "exercises": states})
            print(line, file=report, flush=True)


def main(seconds: str, walls: str) -> None:
    sources = json.load(sys.stdin)
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what a cell prints, or waits for, goes nowhere
        os.dup2(nothing, stream)
    limit(int(seconds), walls != "none")
    run(sources, report, guarded=walls == "none")


if __name__ == "__main__":
    main(*sys.argv[1:])
