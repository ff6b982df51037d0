"""The release: built here and installed elsewhere, the course needs no checkout."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def uv():
    found = shutil.which("uv")
    if found is None and os.environ.get("CI"):
        pytest.fail("CI is set and uv is not installed")
    if found is None:
        pytest.skip("uv is not installed")
    return found


def run(*command, **options):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, encoding="utf-8", **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def release(uv, tmp_path_factory):
    """The wheel, and the source distribution that it is built from."""
    root, out = Path(__file__).parents[1], tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--installer", "uv", "--outdir", out, root)
    return [*out.glob("*.whl"), *out.glob("*.tar.gz")]


@pytest.fixture(scope="module")
def elsewhere(uv, release, tmp_path_factory):
    """An environment that holds the wheel and NumPy: no checkout, no JupyterLab."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(uv, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    numpy = f"numpy=={importlib.metadata.version('numpy')}"  # uv has it in its cache
    run(uv, "pip", "install", "--python", folder / "venv", "--no-deps", release[0], numpy)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PYTHONUTF8"] = "1"  # a pipe has another encoding on Windows

    def calclearn(*words):
        return subprocess.run(
            [str(scripts / "calclearn"), *words],
            cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8",
        )  # fmt: skip

    return folder, calclearn


def test_the_wheel_holds_every_notebook_and_nothing_of_the_workshop(release, root):
    wheel, _ = release
    names = zipfile.ZipFile(wheel).namelist()
    course = {name.removeprefix("calclearn/course/") for name in names if "/course/" in name}
    assert course == {path.name for path in (root / "notebooks").glob("*.ipynb")}
    assert "calclearn/explorers/live.js" in names
    assert "calclearn/jupyter/labconfig/default_setting_overrides.json" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"calclearn"}
    assert {"calclearn/book/tab.html", "calclearn/classroom/page.html"} <= {*names}
    assert wheel.stat().st_size < 8_000_000


def test_the_index_can_show_the_release(release):
    """Its long description renders, and its metadata are those that an index takes."""
    run(sys.executable, "-m", "twine", "check", "--strict", *release)


def test_pip_installs_the_extension_of_jupyter_enabled(elsewhere):
    folder, _ = elsewhere
    file = Path(folder, "venv", "etc", "jupyter", "jupyter_server_config.d", "calclearn.json")
    extensions = json.loads(file.read_text())["ServerApp"]["jpserver_extensions"]
    assert extensions == {"calclearn.server": True}


def test_the_command_works_away_from_the_checkout(elsewhere, root):
    folder, calclearn = elsewhere
    lessons = sorted(path.name for path in (root / "notebooks").glob("*.ipynb"))
    listed = calclearn("--list").stdout.splitlines()
    assert [line.split()[0] + ".ipynb" for line in listed] == lessons
    started = calclearn()
    assert started.returncode == 1
    assert started.stdout.splitlines() == [f"The course is in {folder / 'calclearn-course'}"]
    assert started.stderr.splitlines() == [
        'calclearn: JupyterLab is missing: pip install "calclearn[course]"'
    ]
    assert sorted(path.name for path in (folder / "calclearn-course").glob("*.ipynb")) == lessons
    lesson = folder / "calclearn-course" / "07_how_big_a_step.ipynb"
    lesson.write_text(lesson.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    collected = calclearn("--collect", ".")
    assert "0 of " in collected.stdout, collected.stderr
