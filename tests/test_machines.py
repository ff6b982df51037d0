"""Machines that are made for the course: Binder's image, the container of Codespaces, and the
workflows, with the pages that they publish.

What needs neither their builders nor a network. By hand: `repo2docker --no-build --debug .` and
`npx @devcontainers/cli read-configuration --workspace-folder .`.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from calclearn.__main__ import parse

ROOT = Path(__file__).parents[1]
BINDER = ROOT / ".binder"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEVCONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
WORKFLOWS = {path.name: path.read_text("utf-8") for path in ROOT.glob(".github/workflows/*.yml")}


def version(text, pattern):
    (found,) = re.findall(pattern, text)
    return found


def test_both_have_one_python_that_the_tests_run_on_and_binder_installs_what_the_project_names():
    binder = version((BINDER / "runtime.txt").read_text(), r"^python-(3\.\d+)\n$")
    assert version(DEVCONTAINER["image"], r"/python:(3\.\d+)$") == binder
    assert f'"{binder}"' in WORKFLOWS["ci.yml"]
    oldest = version(PROJECT["requires-python"], r"^>=3\.(\d+)$")
    assert int(binder.split(".")[1]) >= int(oldest)
    wanted = version((BINDER / "requirements.txt").read_text(), r"^\.\[(\w+)\]\n$")
    assert wanted in PROJECT["optional-dependencies"]
    # With these, Binder would take another Python, or leave the files beside them out.
    assert {path.name for path in BINDER.iterdir()} == {
        "postBuild", "requirements.txt", "runtime.txt", "start",
    }  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="a shell of its own there")
def test_binder_s_scripts_run():
    shown = [sys.executable, "-c", "import os; print(os.environ['CALCLEARN_COURSE'])"]
    started = subprocess.run([BINDER / "start", *shown], capture_output=True, text=True)
    assert started.stdout == "calclearn-course\n", started.stderr
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    built = subprocess.run([BINDER / "postBuild"], env=os.environ | {"PATH": path})
    assert built.returncode == 0


def test_the_commands_of_the_container_are_the_course_s_own():
    for when in ("postCreateCommand", "postAttachCommand"):
        *_, last = DEVCONTAINER[when].split(" && ")
        uv, run, command, *words = shlex.split(last)
        assert (uv, run, command) == ("uv", "run", "calclearn")
        assert parse(words)[0].no_browser or parse(words)[0].lay_out
    assert DEVCONTAINER["forwardPorts"] == [8888]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_and_may_only_read(name):
    uses = re.findall(r"uses: (.*)$", WORKFLOWS[name], re.MULTILINE)
    assert uses
    for action in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", action), action
    assert yaml.safe_load(WORKFLOWS[name])["permissions"] == {"contents": "read"}


def test_pages_are_built_with_their_extras_and_published_from_where_they_are():
    jobs = yaml.safe_load(WORKFLOWS["pages.yml"])["jobs"]
    (command,) = (step["run"] for step in jobs["build"]["steps"] if "run" in step)
    words = shlex.split(command)
    ours, *_ = parse(words[words.index("calclearn") + 1 :])
    (upload,) = (s for s in jobs["build"]["steps"] if "upload-pages" in s.get("uses", ""))
    assert upload["with"]["path"] == ours.book
    assert Path(ours.lite).is_relative_to(ours.book)
    extras = {words[k + 1] for k, word in enumerate(words) if word == "--extra"}
    assert extras == {"book", "lite"} <= set(PROJECT["optional-dependencies"])
    assert jobs["deploy"]["needs"] == "build"
    assert jobs["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}
