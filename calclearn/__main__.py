"""The course is a folder of the learner's own: only what is untouched there is ever replaced.

    calclearn [DIR] [--no-browser] [--list] [--reset NAME] [-- JupyterLab's options]

A manifest remembers each notebook as it was laid out, so a file that still equals its entry is
upgraded with the package, and any other is the learner's work and stays.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import socket
import sys
from datetime import datetime
from pathlib import Path

START = "00_start_here.ipynb"
KEPT = ".calclearn"  # in the course folder: the manifest, and JupyterLab's settings for the course
PORTS = 50  # how many ports are tried, as many as Jupyter itself tries

# A notebook that is saved and opened again shows its figures, and nothing asks for the network.
SETTINGS = {
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
    "@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"},
}


class CourseError(Exception):
    """What the command cannot do, in one sentence."""


def shipped() -> dict[str, Path]:
    """The package's notebooks by file name: in an installed wheel, or beside it in a checkout."""
    inside = Path(__file__).with_name("course")
    folder = inside if inside.is_dir() else Path(__file__).parents[1] / "notebooks"
    return {path.name: path for path in sorted(folder.glob("*.ipynb"))}


def question(path: Path) -> str:
    """The question that a notebook's title cell asks, or its title where it asks none."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lines = "".join(cells[0]["source"]).splitlines()
    asking = [line for line in lines if line.rstrip("* ").endswith("?")]
    return (asking or lines)[0].strip("#*_ ")


def find(name: str) -> str:
    """The file name of the notebook that a learner calls 7, 07 or 07_how_big_a_step."""
    wanted = Path(name).name.removesuffix(".ipynb")
    for file in shipped():
        stem = file.removesuffix(".ipynb")
        if wanted == stem or wanted.zfill(2) == stem.partition("_")[0]:
            return file
    raise CourseError(f"no notebook is called {name!r}; calclearn --list names them all")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Course:
    """A course folder, and the manifest of what was laid out in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = folder / KEPT / "manifest.json"
        try:
            self.laid_out = dict(json.loads(self.manifest.read_text(encoding="utf-8")))
        except (FileNotFoundError, TypeError, ValueError):  # then it is all the learner's
            self.laid_out = {}

    def lay_out(self) -> list[str]:
        """Write what is missing, upgrade what is untouched; return the names of what was kept."""
        settings = self.folder / KEPT / "labconfig" / "default_setting_overrides.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(SETTINGS, indent=1), encoding="utf-8")
        kept = []
        for name, source in shipped().items():
            new, target = source.read_bytes(), self.folder / name
            here = digest(target.read_bytes()) if target.exists() else None
            if here not in (None, digest(new), self.laid_out.get(name)):
                kept.append(name)
                continue
            if here != digest(new):
                target.write_bytes(new)
            self.laid_out[name] = digest(new)
        self.remember()
        return kept

    def reset(self, name: str) -> str:
        """Bring the original back and say where the learner's copy is."""
        new, target = shipped()[name].read_bytes(), self.folder / name
        if target.read_bytes() == new:
            return f"{name} is as it was laid out; there is nothing to reset."
        now = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        copy = target.with_name(f"{target.stem}.{now}.ipynb")
        with copy.open("xb") as file:
            file.write(target.read_bytes())
        target.write_bytes(new)
        self.laid_out[name] = digest(new)
        self.remember()
        return f"{name} is new again; your copy is {copy.name}."

    def remember(self) -> None:
        self.manifest.write_text(json.dumps(self.laid_out, indent=1), encoding="utf-8")


def free_port(first: int) -> int:
    """The first free port of this machine from `first` on."""
    for port in range(first, min(first + PORTS, 65536)):
        with socket.socket() as probe:
            if os.name == "posix":  # a port that was let go a moment ago is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise CourseError(f"the {PORTS} ports from {first} on are taken; name another: -- --port 9000")


def open_in_jupyterlab(folder: Path, browser: bool, options: list[str]) -> int:
    """Run JupyterLab on the course until the learner stops it."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise CourseError('JupyterLab is missing: pip install "calclearn[course]"')
    ports = argparse.ArgumentParser(prog="calclearn --", add_help=False, allow_abbrev=False)
    ports.add_argument("--port", "--ServerApp.port", type=int, default=8888)
    wanted, options = ports.parse_known_args(options)
    port = free_port(wanted.port)
    if port != wanted.port:
        print(f"Port {wanted.port} is taken, so JupyterLab uses {port}.", flush=True)
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # Jupyter listens on this machine alone
        options.append("--allow-root")
    if not browser:
        options.append("--no-browser")
    configs = [str(folder / KEPT), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, configs))
    # The course multiplies small matrices. Two threads at that wait for each other longer than they
    # work: while the browser paints, training a small network would take twenty times as long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    from jupyterlab.labapp import main as jupyterlab  # only a launch needs it

    here = [
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{START}",
        "--ServerApp.kernel_websocket_connection_class=calclearn.connection.PromptConnection",
    ]
    return jupyterlab([*here, f"--ServerApp.port={port}", *options]) or 0


def run(arguments: argparse.Namespace, options: list[str]) -> int:
    if arguments.list:
        stems = {name.removesuffix(".ipynb"): path for name, path in shipped().items()}
        width = max(map(len, stems), default=0)
        for stem, path in stems.items():
            print(f"{stem:{width}}  {question(path)}")
        return 0
    name = find(arguments.reset) if arguments.reset else None
    folder = arguments.folder.expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file; name a folder for the course")
    try:
        course = Course(folder)
        kept = course.lay_out()
        if name:
            print(course.reset(name))
            return 0
    except OSError as error:
        raise CourseError(f"cannot write the course to {folder}: {error.strerror}") from error
    print(f"The course is in {folder}", flush=True)
    if kept:
        numbers = ", ".join(name.partition("_")[0] for name in kept)
        print(f"Kept with your changes: {numbers} (calclearn --reset NAME brings one back new).")
    return open_in_jupyterlab(folder, not arguments.no_browser, options)


def main(argv: list[str] | None = None) -> int:
    """Lay the course out in a folder and open it in JupyterLab; return the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    cut = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(
        prog="calclearn",
        description="Lay the course out in a folder and open it in JupyterLab.",
        epilog="What follows -- goes to JupyterLab: calclearn -- --port 9000",
    )
    where = {"type": Path, "default": Path("calclearn-course"), "metavar": "DIR"}
    parser.add_argument(
        "folder", nargs="?", help="the course's folder (./calclearn-course)", **where
    )
    parser.add_argument("--no-browser", action="store_true", help="start no browser")
    parser.add_argument("--list", action="store_true", help="name the notebooks, do nothing else")
    parser.add_argument(
        "--reset", metavar="NAME", help="bring a notebook back new, keep a dated copy of yours"
    )
    arguments = parser.parse_args(argv[:cut])
    try:
        return run(arguments, argv[cut + 1 :])
    except CourseError as error:
        print(f"calclearn: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
