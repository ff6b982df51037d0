"""`calclearn`, the command: the course is laid out, and JupyterLab opens it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from calclearn import __main__ as command

pytestmark = pytest.mark.usefixtures("package")


@pytest.fixture
def launched(monkeypatch, tmp_path):
    """What JupyterLab was started with, instead of starting it."""
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/elsewhere")
    monkeypatch.chdir(tmp_path)  # and back to where the tests run
    seen = []
    monkeypatch.setattr("jupyterlab.labapp.main", lambda argv: seen.append(argv))
    return seen


def lessons(folder):
    return [path.name[:2] for path in sorted(folder.glob("*.ipynb"))]


def test_lays_the_course_out_says_where_and_opens_the_first_lesson(launched, tmp_path, capsys):
    assert command.main(["--", "--port=8901"]) == 0
    folder = tmp_path / "calclearn-course"
    assert lessons(folder) == ["00", "07", "08"]
    assert capsys.readouterr().out.splitlines()[0] == f"The course is in {folder}"
    (argv,) = launched
    assert f"--ServerApp.root_dir={folder}" in argv
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in argv
    assert "--port=8901" in argv
    assert "--no-browser" not in argv
    assert not any("websocket" in word for word in argv)  # the extension's part
    assert ("--allow-root" in argv) == (hasattr(os, "geteuid") and os.geteuid() == 0)
    first, *others = os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert others[-1] == "/elsewhere"
    settings = json.loads(Path(first, "labconfig", "default_setting_overrides.json").read_text())
    assert settings["@jupyter-widgets/jupyterlab-manager:plugin"] == {"saveState": True}
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_lay_out_starts_nothing(launched, tmp_path, capsys):
    folder = tmp_path / "class"
    assert command.main(["--lay-out", str(folder)]) == 0
    assert lessons(folder) == ["00", "07", "08"]
    assert capsys.readouterr().out == f"The course is in {folder}\n"
    (folder / "08_a_loop.ipynb").write_text("mine")
    assert command.main(["--lay-out", str(folder)]) == 0
    assert "Kept with your changes: 08" in capsys.readouterr().out
    assert command.main(["--lay-out", str(folder), "--reset", "07"]) == 0
    assert "there is nothing to reset" in capsys.readouterr().out
    assert launched == []


def test_list_names_each_lesson_with_its_question_in_one_column(capsys):
    assert command.main(["--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "00_start_here      What will calculus let a machine do?",
        "07_how_big_a_step  07 · How big a step?",
        "08_a_loop          A loop that lies",
    ]


REFUSED = [
    (["--reset", "42", "{here}"], "no notebook is called '42'; calclearn --list names them all"),
    (["{file}"], "{file} is a file; name a folder for the course"),
    (["{file}/course"], "cannot write the course to {file}/course:"),
    ([""], "the folder's name is empty; name a folder for the course"),
    (["~nosuchuser/course"], "no folder can be called '~nosuchuser/course': "),
    (["a" * 300], f"no folder can be called '{'a' * 79}: "),
    (["a\0b"], "no folder can be called 'a\\x00b': embedded null byte"),
    (["--collect", "{here}"], "there is no folder {here}; name the folder with the class's "),
    (["--collect", "{file}"], "{file} is a file; "),
    (["--collect", "{empty}"], "no notebook lies in {empty}, or in a folder below it"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "reason"), REFUSED)
def test_what_cannot_be_is_refused(launched, tmp_path, refused, words, reason):
    places = {name: (tmp_path / name).as_posix() for name in ("file", "here", "empty")}
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    line = refused(*(word.format(**places) for word in words))
    assert line.startswith(f"calclearn: {reason.format(**places)}")
    assert not (tmp_path / "here").exists()
    assert launched == []


def test_without_jupyterlab_the_course_is_laid_out_all_the_same(tmp_path, monkeypatch, refused):
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    line = refused(tmp_path / "here")
    assert line == 'calclearn: JupyterLab is missing: pip install "calclearn[course]"'
    assert lessons(tmp_path / "here") == ["00", "07", "08"]


def test_a_parent_that_cannot_be_read(monkeypatch, refused):
    def closed(path, **options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", closed)
    assert refused("closed/course").endswith("'closed/course': Permission denied")


def test_a_home_that_cannot_be_written(launched, tmp_path, monkeypatch, refused):
    (tmp_path / "file").touch()
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "file" / "runtime"))
    line = refused(tmp_path / "here")
    assert line.startswith("calclearn: JupyterLab cannot write to ")
    assert line.endswith("; set JUPYTER_RUNTIME_DIR, or HOME, to a folder of yours")
    assert launched == []


@pytest.mark.skipif(os.name == "nt", reason="other rights there")
def test_only_the_learner_reads_what_the_server_keeps(launched, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    command.main([str(tmp_path / "here")])
    assert (tmp_path / "runtime").stat().st_mode & 0o077 == 0


def test_jupyterlab_starts_where_the_command_does(launched, tmp_path):
    """So that a path among its options is taken from there. A colon separates no folders."""
    folder = tmp_path / ("a-b" if os.name == "nt" else "a:b")
    command.main([str(folder), "--no-browser", "--", "--config=mine.py"])
    assert Path.cwd() == tmp_path
    options = {f"--ServerApp.root_dir={folder}", "--config=mine.py", "--no-browser"}
    assert options <= {*launched[0]}
    assert "a:b" not in os.environ["JUPYTER_CONFIG_PATH"]


def run(*words, cwd, **options):
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "calclearn", *words],
        cwd=cwd, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, **options,
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["cp932", "cp1252"])
def test_characters_that_a_console_lacks_are_replaced(tmp_path, encoding):
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    listed = run("--list", cwd=tmp_path, env=environment)
    assert (listed.returncode, listed.stderr) == (0, b"")
    (tmp_path / "数学").touch()
    failed = run("数学", cwd=tmp_path, env=environment)
    assert failed.returncode == 1
    assert failed.stderr.startswith(b"calclearn: ")
    assert len(failed.stderr.splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="a shell of its own there")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--list | true", ""),  # nobody reads on
        ("--help | true", ""),
        ("--list >&-", ""),
        ("--list > /dev/full", "calclearn: No space left on device\n"),
    ],
)
def test_where_output_goes_nowhere_it_ends_without_a_traceback(tmp_path, words, said):
    command = f"'{sys.executable}' -m calclearn {words}"
    ended = subprocess.run(["sh", "-c", command], cwd=tmp_path, stderr=-1, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (int(bool(said)), said)


PLANTED = {
    "jupyter_server_config.py": "open({mark!r}, 'w')\n",
    "jupyter_config.py": "open({mark!r}, 'w')\n",
    "jupyter_lab_config.py": "open({mark!r}, 'w')\n",
    "jupyter_server_config.json": '{{"ServerApp": {{"ip": "0.0.0.0", "token": ""}}}}',
}


def test_what_lies_in_a_course_folder_configures_nothing(tmp_path):
    """The command is started in a folder in which somebody planted configuration everywhere."""
    course, mark = tmp_path / "course", tmp_path / "ran"
    for folder in (course, course / ".calclearn", course / ".jupyter", course / "labconfig"):
        folder.mkdir(parents=True)
        for name, text in PLANTED.items():
            (folder / name).write_text(text.format(mark=str(mark)))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER_")}
    environment |= {
        "JUPYTER_CONFIG_DIR": str(tmp_path / "home"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "PYTHONPATH": str(Path(command.__file__).parents[1]),
    }
    shown = run(".", "--no-browser", "--", "--show-config-json", cwd=course, env=environment)
    assert shown.returncode == 0, shown.stderr.decode()
    assert not mark.exists()
    said = shown.stdout.decode()
    config = json.loads(said[said.index("{") :])
    assert {"ip", "token"}.isdisjoint(config["ServerApp"])
    assert config["ServerApp"]["root_dir"] == str(course)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--bogus"], "--bogus"),
        (["one", "two"], "two"),
        (["--lay-out", "one", "two"], "--lay-out takes no DIR, so two is one too many"),
        (["--csv", "x"], "--csv goes with --collect FOLDER"),
        (["--html", "x"], "--html goes with --collect FOLDER"),
        (["--rerun"], "--rerun goes with --collect FOLDER"),
        (["--pyodide", "x"], "--pyodide goes with --lite FOLDER"),
        (["-j", "2"], "--jobs goes with --book FOLDER"),
        (["--collect", "x", "--rerun", "0"], "must be a number from 1 to 86400, not '0'"),
        (["--collect", "x", "--rerun", "soon"], "must be a number from 1 to 86400, not 'soon'"),
        (["--book", "x", "-j", "0"], "must be a number from 1 to 86400, not '0'"),
        (["--collect"], "expected one argument"),
        (["--lay-out", "x", "--book", "y"], "--lay-out and --book do not go together"),
        (["--book", "x", "--lite", "x"], "--book and --lite name the same place"),
        (["--list", "--reset", "07"], "--list and --reset do not go together"),
    ],
)
def test_bad_options_are_refused_by_name(argv, words, capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(argv)
    assert stop.value.code == 2
    assert words in capsys.readouterr().err


def test_an_interrupt_is_a_quiet_end(launched, tmp_path, monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("jupyterlab.labapp.main", interrupted)
    assert command.main([str(tmp_path / "here")]) == 130
    assert capsys.readouterr().err == "calclearn: interrupted\n"
