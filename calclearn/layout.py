"""The course laid out in a folder of the learner's own, where only what is untouched is replaced.

A manifest remembers each notebook as it was laid out: a file that still equals its entry is
upgraded with the package, and any other is the learner's work and stays. The folder may come from
somebody else: nothing is read or written through a link in it. A file is written whole or not at
all, and the manifest first, so an interruption leaves nothing that looks like the learner's work.
"""

import contextlib
import hashlib
import itertools
import json
import os
import secrets
import stat
from datetime import datetime
from pathlib import Path

KEPT = ".calclearn"  # in the course folder: the manifest, and its spare
LARGEST_NOTEBOOK = 100_000_000  # bytes; what is longer was never laid out, and is not read further


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
    wanted = name.replace("\\", "/").rpartition("/")[2].removesuffix(".ipynb")
    for file in shipped():
        stem = file.removesuffix(".ipynb")
        if wanted == stem or (wanted and wanted.zfill(2) == stem.partition("_")[0]):
            return file
    raise CourseError(f"no notebook is called {name!r:.80}; calclearn --list names them all")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_file(path: Path) -> bytes | None:
    """The content of a file in the folder, as far as it is read; None for nothing, and for a link.

    Raises CourseError for what is neither: opening a named pipe would wait for ever.
    """
    try:
        kind = path.lstat().st_mode
        if stat.S_ISLNK(kind):
            return None
        if not stat.S_ISREG(kind):
            raise CourseError(f"{path} is no file; move it away, and start again")
        # Whoever puts a link or a pipe there in between is not followed, and not waited for.
        flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags)) as file:
            return file.read(LARGEST_NOTEBOOK)
    except FileNotFoundError:
        return None


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a link in its place is replaced, not followed."""
    new = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with new.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


class Course:
    """A course folder, and the manifest of what was laid out in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = folder / KEPT
        if kept.resolve() != folder.resolve() / KEPT:
            raise CourseError(f"{kept} is a link; remove it, and start again")
        # A disk that fills up, or an editor, may spoil the one; the spare says the same.
        self.manifests = [kept / "manifest.json", kept / "manifest.spare.json"]
        known = (entries for path in self.manifests if (entries := self._entries(path)))
        self.laid_out = next(known, {})

    @staticmethod
    def _entries(path: Path) -> dict[str, list[str]]:
        """The digests by notebook that a manifest holds; nothing where it is broken."""
        try:
            entries = dict(json.loads(read_file(path) or b"{}"))
        except (OSError, CourseError, ValueError, TypeError, RecursionError):
            return {}
        whole = all(isinstance(d, list) and {*map(type, d)} <= {str} for d in entries.values())
        return entries if whole else {}

    def lay_out(self) -> list[str]:
        """Write what is missing, upgrade what is untouched; return the names of what was kept."""
        (self.folder / KEPT).mkdir(parents=True, exist_ok=True)
        kept, writes, entries = [], {}, dict(self.laid_out)
        for name, source in shipped().items():
            new, target = source.read_bytes(), self.folder / name
            content = read_file(target)
            here = digest(content) if content is not None else None
            untouched = here in [digest(new), *self.laid_out.get(name, [])]
            if not untouched and (here is not None or target.is_symlink()):
                kept.append(name)
                continue
            entries[name] = [digest(new)]
            if here != digest(new):
                entries[name] += [here] if here is not None else []
                writes[target] = new
        self._remember(entries)
        for target, new in writes.items():
            write_file(target, new)
        return kept

    def reset(self, name: str) -> str:
        """Bring the original back and say where the learner's copy is."""
        new, target = shipped()[name].read_bytes(), self.folder / name
        if read_file(target) == new:
            return f"{name} is as it was laid out; there is nothing to reset."
        self._remember(self.laid_out | {name: [digest(new)]})
        copy = self._reserve_copy(target)
        try:
            os.replace(target, copy)  # a link moves as it is
        except BaseException:
            copy.unlink()
            raise
        try:
            write_file(target, new)
        except BaseException:
            os.replace(copy, target)
            raise
        return f"{name} is new again; your copy is {copy.name}."

    @staticmethod
    def _reserve_copy(target: Path) -> Path:
        """A new, empty file with the time in its name, which another reset cannot take as well."""
        stem = f"{target.stem}.{datetime.now():%Y-%m-%d_%H-%M-%S}"
        for number in itertools.count(1):
            copy = target.with_name(f"{stem}_{number}.ipynb" if number > 1 else f"{stem}.ipynb")
            with contextlib.suppress(FileExistsError):
                copy.open("xb").close()
                return copy

    def _remember(self, entries: dict[str, list[str]]) -> None:
        content = json.dumps(entries, indent=1).encode()
        for path in self.manifests:
            if read_file(path) != content:
                write_file(path, content)
        self.laid_out = entries
