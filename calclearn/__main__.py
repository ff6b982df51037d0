"""The command: lay the course out in a folder, and open it in JupyterLab."""

import argparse
import contextlib
import errno
import functools
import importlib.util
import os
import stat
import sys
from pathlib import Path

from calclearn.layout import Course, CourseError, find, question, shipped, write_file

FOLDER, START = "calclearn-course", "00_start_here.ipynb"

# What the command does instead, what of this goes together, and the options of each.
ACTIONS = ("list", "collect", "lay-out", "reset", "book", "lite")
TOGETHER = (("lay-out", "reset"), ("book", "lite"))
GOES_WITH = {
    "csv": "collect", "html": "collect", "rerun": "collect", "jobs": "book", "pyodide": "lite",
}  # fmt: skip

# Tells Jupyter of the course's extension where pip has not, as in a checkout that is not installed.
EXTENSION = Path(__file__).with_name("jupyter")


def check_jupyters_folder() -> None:
    """Raise CourseError unless Jupyter can write what it keeps while it runs."""
    from jupyter_core.paths import jupyter_runtime_dir

    folder = Path(jupyter_runtime_dir())
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it will hold the server's token
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise CourseError(
            f"JupyterLab cannot write to {folder}: {error.strerror}; set JUPYTER_RUNTIME_DIR, or "
            "HOME, to a folder of yours"
        ) from error


def open_in_jupyterlab(folder: Path, browser: bool, options: list[str]) -> int:
    """Run JupyterLab on the course until the learner stops it."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise CourseError('JupyterLab is missing: pip install "calclearn[course]"')
    check_jupyters_folder()
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # Jupyter listens on this machine alone
        options.append("--allow-root")
    if not browser:
        options.append("--no-browser")
    configs = [str(EXTENSION), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, configs))

    from jupyterlab.labapp import main as jupyterlab  # only a launch needs it

    here = [
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{START}",
        "--ServerApp.kernel_spec_manager_class=calclearn.server.KernelsFromElsewhere",
        # A page made of a notebook has its stored pictures: widgets need a network to be shown.
        "--ClearMetadataPreprocessor.enabled=True",
    ]
    return jupyterlab([*here, *options]) or 0


def course_folder(name: str) -> Path:
    """The folder that a learner names, from the root; CourseError where it can be none."""
    if not name:
        raise CourseError("the folder's name is empty; name a folder for the course")
    try:
        if "\0" in name:
            raise ValueError("embedded null byte")
        folder = Path(name).expanduser().absolute()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # a folder to be made
            if not stat.S_ISDIR(folder.stat().st_mode):
                raise CourseError(f"{folder} is a file; name a folder for the course")
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: ~nosuchuser
        reason = getattr(error, "strerror", None) or error
        raise CourseError(f"no folder can be called {name!r:.80}: {reason}") from error
    return folder


def write(name: str, content: bytes) -> None:
    """Write a file that was named on the command line."""
    try:
        path = Path(name).absolute()
        special = path.is_relative_to("/dev") or (path.exists() and not path.is_file())
        (Path.write_bytes if special else write_file)(path, content)  # a device, a pipe stays
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CourseError(f"cannot write {name!r:.80}: {reason}") from error


def collect(arguments: argparse.Namespace) -> int:
    """Print a class's table, and write it to the files that are named."""
    from calclearn.classroom import sandbox
    from calclearn.classroom.gradebook import collect as collected
    from calclearn.classroom.page import page

    folder = course_folder(arguments.collect)
    if not folder.is_dir():
        raise CourseError(
            f"there is no folder {folder}; name the folder with the class's notebooks"
        )
    if arguments.rerun is None:
        book = collected(folder)
    else:
        print(f"Each notebook runs for {arguments.rerun} s at most.", file=sys.stderr, flush=True)
        again = functools.partial(sandbox.rerun, seconds=arguments.rerun)
        book = collected(folder, again, sandbox.conditions())
    if not book.students:
        raise CourseError(f"no notebook lies in {folder}, or in a folder below it")
    if arguments.csv is not None:  # a spreadsheet takes UTF-8 for such only behind a mark
        write(arguments.csv, book.csv().encode("utf-8-sig", "replace"))
    if arguments.html is not None:
        write(arguments.html, page(book).encode("utf-8", "replace"))
    print(book)
    return 0


def count(text: str) -> int:
    """A number of seconds or of processes, as argparse reads it."""
    if not text.isdecimal() or not 0 < int(text) <= 86_400:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to 86400, not {text!r:.40}")
    return int(text)


def make_sites(arguments: argparse.Namespace) -> int:
    """Make the book, the course in a browser's tab, or both, which then link to each other."""
    from calclearn.book import site, tab  # what they need, only a site needs

    names = arguments.book, arguments.lite
    book, lite = (None if name is None else course_folder(name) for name in names)

    def address(target: Path | None, here: Path) -> str | None:
        return None if target is None else Path(os.path.relpath(target, here)).as_posix()

    if book is not None:
        site.build(book, jobs=arguments.jobs, tab=address(lite, book))
    if lite is not None:
        tab.build(lite, arguments.pyodide, book=address(book, lite))
    return 0


def run(arguments: argparse.Namespace, options: list[str]) -> int:
    if arguments.book is not None or arguments.lite is not None:
        return make_sites(arguments)
    if arguments.collect is not None:
        return collect(arguments)
    if arguments.list:
        stems = {name.removesuffix(".ipynb"): path for name, path in shipped().items()}
        width = max(map(len, stems), default=0)
        for stem, path in stems.items():
            print(f"{stem:{width}}  {question(path)}")
        return 0
    name = find(arguments.reset) if arguments.reset is not None else None
    folder = course_folder(arguments.folder if arguments.lay_out is None else arguments.lay_out)
    try:
        course = Course(folder)
        kept = course.lay_out()
        if name:
            print(course.reset(name))
            return 0
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        reason = getattr(error, "strerror", None) or error
        raise CourseError(f"cannot write the course to {folder}: {reason}") from error
    print(f"The course is in {folder}", flush=True)
    if kept:
        numbers = ", ".join(name.partition("_")[0] for name in kept)
        print(f"Kept with your changes: {numbers} (calclearn --reset NAME brings one back new).")
    if arguments.lay_out is not None:
        return 0
    return open_in_jupyterlab(folder, not arguments.no_browser, options)


def parse(argv: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The command's own arguments, and JupyterLab's options after the `--`."""
    cut = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(
        prog="calclearn",
        description="Lay the course out in a folder and open it in JupyterLab.",
        epilog="What follows -- goes to JupyterLab: calclearn -- --port 9000",
    )
    add = parser.add_argument
    where = "the course's folder (./%(default)s)"
    add("folder", nargs="?", default=FOLDER, metavar="DIR", help=where)
    add("--no-browser", action="store_true", help="start no browser")
    add("--list", action="store_true", help="name the notebooks, do nothing else")
    add("--reset", metavar="NAME", help="bring a notebook back new, keep a dated copy of yours")
    add("--lay-out", metavar="FOLDER", help="lay the course out in a folder, start nothing")
    add = parser.add_argument_group("for teachers").add_argument
    add("--collect", metavar="FOLDER", help="read a class's notebooks into a table")
    add("--csv", metavar="FILE", help="write the table for a spreadsheet, too")
    add("--html", metavar="FILE", help="write a page with the class's picture, too")
    rerun = "run each notebook again in a sandbox, so long at most (120), and trust only that"
    add("--rerun", nargs="?", type=count, const=120, metavar="SECONDS", help=rerun)
    add = parser.add_argument_group("the course as static sites").add_argument
    add("--book", metavar="FOLDER", help="pages whose figures move, without Python")
    add("--lite", metavar="FOLDER", help="the notebooks in a tab of the browser")
    add("--pyodide", metavar="URL-OR-FOLDER", help="the browser's Python (its released build)")
    add("-j", "--jobs", type=count, metavar="N", help="processes for --book")
    arguments = parser.parse_args(argv[:cut])
    given = {name for name, value in vars(arguments).items() if value not in (None, False)}
    for option, other in GOES_WITH.items():
        if option in given and other not in given:
            parser.error(f"--{option} goes with --{other} FOLDER")
    for one, other in (("csv", "html"), ("book", "lite")):
        if {one, other} <= given and getattr(arguments, one) == getattr(arguments, other):
            parser.error(f"--{one} and --{other} name the same place")
    actions = [name for name in ACTIONS if name.replace("-", "_") in given]
    if len(actions) > 1 and tuple(actions) not in TOGETHER:
        parser.error(f"--{actions[0]} and --{actions[1]} do not go together")
    if actions and actions != ["reset"] and arguments.folder != FOLDER:
        parser.error(f"--{actions[0]} takes no DIR, so {arguments.folder} is one too many")
    return arguments, argv[cut + 1 :]


def main(argv: list[str] | None = None) -> int:
    """Lay the course out in a folder and open it in JupyterLab; return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console that cannot show a character shows a ?
            stream.reconfigure(errors="replace")
    try:
        try:
            return run(*parse(list(sys.argv[1:] if argv is None else argv)))
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except CourseError as error:
        print(f"calclearn: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("calclearn: interrupted", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # nobody reads on; Windows says EINVAL
            where = f" {error.filename}:" if error.filename else ""
            print(f"calclearn:{where} {error.strerror}", file=sys.stderr)
        with contextlib.suppress(OSError, AttributeError):  # what is left to write goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


if __name__ == "__main__":
    sys.exit(main())
