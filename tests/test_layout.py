"""The course folder: a learner's work is never overwritten, and nothing leaves the folder."""

import contextlib
import errno
import os
from pathlib import Path

import pytest

from calclearn import layout
from calclearn.layout import Course, CourseError

LESSONS = ("00_start_here.ipynb", "07_how_big_a_step.ipynb", "08_a_loop.ipynb")
STEP, LOOP = LESSONS[1:]


@pytest.fixture
def package(package):
    upgrade(package, 1)
    return package


@pytest.fixture
def course(package, tmp_path):
    """A folder with the course in it."""
    folder = tmp_path / "my course"
    assert Course(folder).lay_out() == []
    return folder


def upgrade(package, version):
    for name in LESSONS:
        (package / name).write_text(f"{name}, version {version}")


def notebooks(folder):
    return {path.name: path.read_text() for path in folder.glob("*.ipynb")}


def test_in_a_checkout_the_notebooks_are_those_beside_the_package(root):
    assert set(layout.shipped().values()) == set((root / "notebooks").glob("*.ipynb"))


# What is the learner's.


def test_what_a_learner_changed_is_kept_and_named_and_a_newer_package_upgrades_the_rest(
    package, course
):
    (course / STEP).write_text("my answers")
    for version in (1, 2, 3):
        upgrade(package, version)
        assert Course(course).lay_out() == [STEP]
        assert notebooks(course)[STEP] == "my answers"
        assert notebooks(course)[LOOP] == f"{LOOP}, version {version}"


BROKEN = [
    b"", b"{", b"[]", b"7", b"[" * 200_000, b"\xff\xfe", b"0" * 10**7,
    b'{"08_a_loop.ipynb": 7}', b'{"08_a_loop.ipynb": {"a": {}, "b": 7}, "9": [null]}',
    b'{"08_a_loop.ipynb": ' + b"[" * 900 + b"]" * 900 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("which", ["manifest.json", "manifest.spare.json"])
def test_a_broken_manifest_makes_no_lesson_the_learners(package, course, which, content):
    (course / ".calclearn" / which).write_bytes(content)
    upgrade(package, 2)
    assert Course(course).lay_out() == []
    assert notebooks(course)[LOOP] == f"{LOOP}, version 2"


def test_without_any_manifest_every_file_is_the_learners(package, course):
    for path in (course / ".calclearn").iterdir():
        path.unlink()
    upgrade(package, 2)
    assert Course(course).lay_out() == list(LESSONS)
    assert notebooks(course)[LOOP] == f"{LOOP}, version 1"


# Bringing a lesson back.


def test_reset_keeps_a_dated_copy_of_what_was_changed_and_restores(package, course):
    assert Course(course).reset(STEP).endswith("there is nothing to reset.")
    assert len(list(course.glob("07*"))) == 1
    (course / STEP).write_text("my answers")
    sentence = Course(course).reset(STEP)
    (copy,) = course.glob("07_how_big_a_step.*-*-*_*.ipynb")
    assert sentence == f"{STEP} is new again; your copy is {copy.name}."
    assert copy.read_text() == "my answers"
    assert (course / STEP).read_bytes() == (package / STEP).read_bytes()


def test_two_resets_in_one_second_keep_two_copies(course, monkeypatch):
    class Clock(layout.datetime):
        @classmethod
        def now(cls):
            return cls(2026, 3, 1, 9, 30)

    monkeypatch.setattr(layout, "datetime", Clock)
    for answers in ("first", "second", "third"):
        (course / STEP).write_text(answers)
        Course(course).reset(STEP)
    copies = [path.read_text() for path in sorted(course.glob("07*.2026*"))]
    assert sorted(copies) == ["first", "second", "third"]


@pytest.mark.parametrize("name", ["", "/", "07/", ".ipynb", "42", "a" * 300, "7\0"])
def test_a_name_of_no_lesson(package, name):
    with pytest.raises(CourseError, match=r"^no notebook is called '"):
        layout.find(name)


# A disk that fills up.


@pytest.fixture
def fills_up(monkeypatch):
    """Do a deed on a disk that is full from the nth call of a function on."""

    def try_it(owner, name, nth, deed):
        calls, original = [], getattr(owner, name)

        def full(*arguments, **options):
            calls.append(name)
            if len(calls) >= nth:
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(*arguments, **options)

        with monkeypatch.context() as patch, contextlib.suppress(OSError):
            patch.setattr(owner, name, full)
            deed()

    return try_it


@pytest.mark.parametrize("call", [(Path, "open"), (os, "fsync"), (os, "replace"), (os, "rename")])
@pytest.mark.parametrize("nth", range(1, 8))
@pytest.mark.parametrize("deed", ["lay out", "upgrade", "reset"])
def test_a_full_disk_leaves_whole_files_that_are_known(
    package, tmp_path, fills_up, call, nth, deed
):
    """Afterwards there is room again, and a newer package, which knows its own."""
    folder = tmp_path / "course"
    if deed != "lay out":
        Course(folder).lay_out()
    if deed == "upgrade":
        upgrade(package, 2)
    if deed == "reset":
        (folder / STEP).write_text("my answers")
        fills_up(*call, nth, lambda: Course(folder).reset(STEP))
    else:
        fills_up(*call, nth, lambda: Course(folder).lay_out())
    whole = {f"{lesson}, version {version}" for lesson in LESSONS for version in (1, 2)}
    assert set(notebooks(folder).values()) <= whole | {"my answers"}
    assert list(folder.rglob("*.part")) == []
    upgrade(package, 3)
    kept = Course(folder).lay_out()
    answers = [name for name, text in notebooks(folder).items() if text == "my answers"]
    assert len(answers) == (deed == "reset")
    assert kept == [name for name in answers if name == STEP]
    newest = {name: f"{name}, version 3" for name in LESSONS if name not in kept}
    assert notebooks(folder).items() >= newest.items()


# What somebody else planted in the folder.


@pytest.fixture
def outside(tmp_path):
    """A file outside of the folder, which must stay as it is."""
    file = tmp_path / "outside.txt"
    file.write_text("precious")
    yield file
    assert file.read_text() == "precious"


links = pytest.mark.skipif(os.name == "nt", reason="links need rights there")


@links
@pytest.mark.parametrize("exists", [True, False])
def test_a_linked_notebook_is_kept_and_not_written_through(package, tmp_path, outside, exists):
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / STEP).symlink_to(outside if exists else tmp_path / "nothing")
    assert Course(folder).lay_out() == [STEP]
    upgrade(package, 2)
    assert Course(folder).lay_out() == [STEP]
    Course(folder).reset(STEP)
    assert not (folder / STEP).is_symlink()
    (copy,) = folder.glob("07*.*.ipynb")
    assert copy.is_symlink()
    assert not (tmp_path / "nothing").exists()


@links
@pytest.mark.parametrize("which", ["manifest.json", "manifest.spare.json"])
def test_a_linked_manifest_is_not_written_through(package, course, outside, which):
    (course / ".calclearn" / which).unlink()
    (course / ".calclearn" / which).symlink_to(outside)
    Course(course).lay_out()
    assert not (course / ".calclearn" / which).is_symlink()


@links
@pytest.mark.parametrize("place", [".", "nowhere"])
def test_a_linked_folder_of_settings_is_refused(package, tmp_path, place):
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / ".calclearn").symlink_to(tmp_path / place)
    with pytest.raises(CourseError, match="is a link; remove it"):
        Course(tmp_path / "course")


def test_a_notebook_without_end_is_kept_and_not_read_to_its_end(package, course):
    with (course / STEP).open("wb") as file:
        file.truncate(10**12)  # it takes no room on most disks
    try:
        upgrade(package, 2)
        assert Course(course).lay_out() == [STEP]
        Course(course).reset(STEP)
        assert (course / STEP).read_text() == f"{STEP}, version 2"
    finally:
        for path in course.glob("07*"):
            path.unlink()


def test_a_second_name_of_a_file_outside_is_not_written_through(package, course, outside):
    (course / STEP).unlink()
    os.link(outside, course / STEP)
    Course(course).reset(STEP)
    assert (course / STEP).read_text() == f"{STEP}, version 1"


@links
def test_a_course_folder_may_be_a_link_itself(package, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "course").symlink_to(tmp_path / "real")
    assert Course(tmp_path / "course").lay_out() == []


@pytest.mark.parametrize("place", [STEP, ".calclearn/manifest.json"])
@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_gets_a_sentence(package, course, place, kind):
    (course / place).unlink()
    if kind == "folder":
        (course / place).mkdir()
    elif hasattr(os, "mkfifo"):
        os.mkfifo(course / place)
    else:
        pytest.skip("no named pipes here")
    with pytest.raises(CourseError, match=r"is no file; move it away, and start again$"):
        Course(course).lay_out()
