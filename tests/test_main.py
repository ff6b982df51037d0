"""`calclearn`, the command: the course is laid out, and a learner's work is never overwritten."""

import json
import os
import re
import socket
import sys

import pytest

from calclearn import __main__ as command

LESSONS = {
    "00_start_here.ipynb": "# Start here\n\n**What will calculus let a machine do?**\n\nA map.",
    "07_how_big_a_step.ipynb": "# 07 · How big a step?\n\nToo small creeps, too big explodes.",
    "08_a_loop.ipynb": "# A loop that lies",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Three notebooks in a place of their own, as the package would ship them."""
    folder = tmp_path / "package" / "course"
    folder.mkdir(parents=True)
    for name, title in LESSONS.items():
        cells = [{"cell_type": "markdown", "source": title.splitlines(keepends=True)}]
        (folder / name).write_text(json.dumps({"cells": cells}), encoding="utf-8")
    monkeypatch.setattr(command, "__file__", str(folder.with_name("__main__.py")))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/elsewhere")
    return folder


@pytest.fixture
def launched(monkeypatch):
    """What JupyterLab was started with, instead of starting it."""
    seen = []
    monkeypatch.setattr("jupyterlab.labapp.main", lambda argv: seen.append(argv))
    return seen


@pytest.fixture
def course(package, launched, tmp_path):
    """A folder with the course in it."""
    folder = tmp_path / "my course"
    assert command.main([str(folder)]) == 0
    return folder


def refused(capsys, argv):
    """The one line in which the command refuses."""
    assert command.main([str(word) for word in argv]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


def test_lays_the_course_out_says_where_and_opens_the_first_lesson(
    package, launched, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert command.main(["--", "--port=8901", "--ServerApp.answer_yes=True"]) == 0
    folder = tmp_path / "calclearn-course"
    assert {path.name for path in folder.glob("*.ipynb")} == set(LESSONS)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"The course is in {folder}"
    (argv,) = launched
    assert f"--ServerApp.root_dir={folder}" in argv
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in argv
    assert "--ServerApp.answer_yes=True" in argv
    assert "--no-browser" not in argv
    assert ("--allow-root" in argv) == (hasattr(os, "geteuid") and os.geteuid() == 0)


def test_no_browser(package, launched, tmp_path):
    command.main([str(tmp_path / "here"), "--no-browser"])
    assert "--no-browser" in launched[0]


def test_its_kernels_multiply_on_one_thread_unless_asked_otherwise(
    package, launched, tmp_path, monkeypatch
):
    for before, after in ((None, "1"), ("4", "4")):
        if before is None:
            monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
        else:
            monkeypatch.setenv("OPENBLAS_NUM_THREADS", before)
        command.main([str(tmp_path / "here"), "--no-browser"])
        assert os.environ["OPENBLAS_NUM_THREADS"] == after


def test_jupyterlab_keeps_figures_in_saved_notebooks_and_asks_for_no_news(course):
    first, *others = os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert others[-1] == "/elsewhere"
    settings = command.Path(first) / "labconfig" / "default_setting_overrides.json"
    assert json.loads(settings.read_text()) == command.SETTINGS


def test_in_a_checkout_the_notebooks_are_those_beside_the_package(root):
    assert set(command.shipped().values()) == set((root / "notebooks").glob("*.ipynb"))


def test_list_names_each_lesson_with_its_question(package, capsys):
    assert command.main(["--list"]) == 0
    lines = [re.split(r"\s{2,}", line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["00_start_here", "What will calculus let a machine do?"],
        ["07_how_big_a_step", "07 · How big a step?"],
        ["08_a_loop", "A loop that lies"],
    ]


def test_the_questions_of_the_list_stand_in_one_column(capsys):
    assert command.main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len({re.match(r"\S+\s+", line).end() for line in lines}) == 1


def test_what_a_learner_changed_is_kept_and_named(course, capsys):
    mine = course / "07_how_big_a_step.ipynb"
    mine.write_text("my answers")
    capsys.readouterr()
    command.main([str(course)])
    assert mine.read_text() == "my answers"
    assert "Kept with your changes: 07 (calclearn --reset NAME" in capsys.readouterr().out


def test_a_newer_package_upgrades_what_is_untouched_and_nothing_else(package, course):
    touched, untouched = course / "07_how_big_a_step.ipynb", course / "08_a_loop.ipynb"
    touched.write_text("my answers")
    for name in LESSONS:
        (package / name).write_text("newer")
    command.main([str(course)])
    assert (touched.read_text(), untouched.read_text()) == ("my answers", "newer")
    for name in LESSONS:
        (package / name).write_text("newest")
    command.main([str(course)])
    assert (touched.read_text(), untouched.read_text()) == ("my answers", "newest")


@pytest.mark.parametrize("manifest", ["", "{", "[]", None])
def test_without_its_manifest_every_file_is_the_learners(package, course, manifest):
    where = course / ".calclearn" / "manifest.json"
    where.unlink() if manifest is None else where.write_text(manifest)
    before = (course / "08_a_loop.ipynb").read_text()
    (package / "08_a_loop.ipynb").write_text("newer")
    command.main([str(course)])
    assert (course / "08_a_loop.ipynb").read_text() == before


@pytest.mark.parametrize("name", ["7", "07", "07_how_big_a_step", "07_how_big_a_step.ipynb"])
def test_reset_keeps_a_dated_copy_and_restores(package, course, capsys, name):
    mine = course / "07_how_big_a_step.ipynb"
    mine.write_text("my answers")
    capsys.readouterr()
    assert command.main([str(course), "--reset", name]) == 0
    assert mine.read_bytes() == (package / mine.name).read_bytes()
    (copy,) = course.glob("07_how_big_a_step.*-*-*_*.ipynb")
    assert copy.read_text() == "my answers"
    assert capsys.readouterr().out == f"{mine.name} is new again; your copy is {copy.name}.\n"


def test_reset_of_an_untouched_lesson_makes_no_copy_and_starts_nothing(course, launched):
    before = len(launched)
    assert command.main([str(course), "--reset", "7"]) == 0
    assert len(list(course.glob("07*"))) == 1
    assert len(launched) == before


def test_unknown_lesson(package, tmp_path, capsys):
    line = refused(capsys, [tmp_path / "here", "--reset", "42"])
    assert line == "calclearn: no notebook is called '42'; calclearn --list names them all"
    assert not (tmp_path / "here").exists()


def test_a_file_is_no_folder(package, tmp_path, capsys):
    (tmp_path / "file").touch()
    line = refused(capsys, [tmp_path / "file"])
    assert line == f"calclearn: {tmp_path / 'file'} is a file; name a folder for the course"


def test_a_folder_that_cannot_be_written(package, tmp_path, capsys):
    (tmp_path / "file").touch()
    line = refused(capsys, [tmp_path / "file" / "course"])
    assert line.startswith(f"calclearn: cannot write the course to {tmp_path / 'file' / 'course'}:")


def test_without_jupyterlab_the_course_is_laid_out_all_the_same(
    package, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    line = refused(capsys, [tmp_path / "here"])
    assert line == 'calclearn: JupyterLab is missing: pip install "calclearn[course]"'
    assert len(list((tmp_path / "here").glob("*.ipynb"))) == len(LESSONS)


def test_a_taken_port_gives_way_to_the_next_one(package, launched, tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command.main([str(tmp_path / "here"), "--", f"--port={port}"])
    (used,) = (word for word in launched[0] if word.startswith("--ServerApp.port="))
    number = int(used.partition("=")[2])
    assert port < number < port + command.PORTS
    said = f"Port {port} is taken, so JupyterLab uses {number}."
    assert said in capsys.readouterr().out.splitlines()


def test_no_free_port(package, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "PORTS", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused(capsys, [tmp_path / "here", "--", f"--port={port}"])
    assert line == f"calclearn: the 1 ports from {port} on are taken; name another: -- --port 9000"


@pytest.mark.parametrize("argv", [["--bogus"], ["one", "two"]])
def test_bad_options_are_refused_by_name(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(argv)
    assert stop.value.code == 2
    assert argv[-1] in capsys.readouterr().err
