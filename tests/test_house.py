"""The house itself: who may know whom, how heavy the front door is, and what lies where."""

import ast
import importlib.metadata
import json
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MODULES = sorted((ROOT / "calclearn").rglob("*.py"))

TOP_LEVEL = {
    ".binder", ".ci", ".devcontainer", ".gitattributes", ".github", ".gitignore", "CITATION.cff",
    "LICENSE", "README.md", "calclearn", "environment.yml", "notebooks", "pyproject.toml", "tests",
}  # fmt: skip
HEAVY = {"IPython", "PIL", "anywidget", "ipywidgets", "matplotlib", "pandas", "scipy", "traitlets"}
DRAWING_ROOMS = {"book", "figures", "explorers", "exercises", "lessons", "classroom"}


def python(code: str, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, encoding="utf-8"
    )


# Who may know whom.


def test_imports_go_one_way():
    checked = python(
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    )
    assert checked.returncode == 0, checked.stdout


def test_only_the_lookup_of_exercises_names_the_lessons():
    naming = {
        path.relative_to(ROOT / "calclearn").as_posix()
        for path in MODULES
        if "calclearn.lessons" in path.read_text(encoding="utf-8")
        if path.parent.name != "lessons"
    }
    assert naming == {"exercises/catalogue.py"}


def test_every_room_of_mathematics_is_under_contract():
    rooms = {path.parent.name for path in MODULES if path.parent.parent.name == "calclearn"}
    (contract,) = (
        contract
        for contract in PROJECT["tool"]["importlinter"]["contracts"]
        if contract["name"].startswith("Mathematics")
    )
    listed = {name.removeprefix("calclearn.") for name in contract["source_modules"]}
    assert listed == rooms - DRAWING_ROOMS


# The front door.


def test_importing_the_package_brings_in_numpy_and_nothing_heavier():
    heavy = f"{HEAVY}.intersection(name.partition('.')[0] for name in sys.modules)"
    loaded = python(f"import sys, json, calclearn; print(json.dumps(sorted({heavy})))")
    assert json.loads(loaded.stdout) == [], loaded.stderr


def test_editors_know_the_names_of_the_package():
    import calclearn

    stub = (ROOT / "calclearn" / "__init__.pyi").read_text(encoding="utf-8")
    names = re.findall(r"import (\w+) as (\w+)", stub)
    assert all(name == alias for name, alias in names)
    assert {name for name, _ in names} == set(calclearn.__all__)
    for module, name in re.findall(r"^from calclearn\.(\S+) import (\w+)", stub, re.MULTILINE):
        assert calclearn._HOME[name] == module


# What lies where.


def tracked() -> list[str]:
    """What git holds, and what it would be given."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.splitlines() if (ROOT / name).is_file()]


def test_nothing_lies_at_the_top_that_does_not_belong_there():
    assert {name.split("/")[0] for name in tracked()} <= TOP_LEVEL


def test_no_lock_file_and_no_path_of_a_machine_is_stored():
    names = tracked()
    assert [name for name in names if re.search(r"(\.lock|pylock\..*toml)$", name)] == []
    machine = re.compile(rf"{re.escape(str(ROOT.parent))}[/\\]|/(home|Users)/\w+/|[A-Z]:\\Users")
    texts = {name: (ROOT / name).read_bytes().decode("utf-8", "replace") for name in names}
    own = Path(__file__).relative_to(ROOT).as_posix()  # which has to spell them out
    assert [name for name, text in texts.items() if machine.search(text) and name != own] == []


def test_only_the_benchmarks_time_anything():
    """Other tests may wait, by a monotonic clock, but a busy machine turns none of them red."""
    files = [path for path in (ROOT / "tests").rglob("*.py") if path.parent.name != "benchmarks"]
    timing = re.compile(r"time\.(process_time|perf_counter|thread_time)(_ns)?\(")
    own = Path(__file__)  # which has to spell them out
    timed = [path.name for path in files if path != own and timing.search(path.read_text("utf-8"))]
    assert timed == []


def test_modules_are_named_after_a_subject():
    assert {"utils", "helpers", "misc", "common"}.isdisjoint(path.stem for path in MODULES)


def test_the_version_is_said_once():
    assert importlib.metadata.version("calclearn") == PROJECT["project"]["version"]
    texts = [path.read_text(encoding="utf-8") for path in MODULES]
    assert not any(re.search(r"__version__\s*=\s*[\"']", text) for text in texts)


def test_the_citation_is_the_project_s():
    """`cffconvert --validate` checks the rest; the version stays where it is said once."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["title"] == PROJECT["project"]["name"]
    assert citation["keywords"] == PROJECT["project"]["keywords"]
    assert citation["license"] in PROJECT["project"]["license"].split(" AND ")
    assert "version" not in citation


def test_condas_environment_is_in_step_with_the_project():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    project = PROJECT["project"]
    *packages, pip, install = environment["dependencies"]
    assert packages == [
        f"python{project['requires-python']}",
        *project["dependencies"],
        *project["optional-dependencies"]["course"],
    ]
    assert (pip, install) == ("pip", {"pip": ["-e ."]})
    assert environment["name"] == project["name"]


def test_the_benchmarks_know_the_package_as_it_is():
    """They are run by hand, so that a name that is gone would be missed late."""
    for path in (ROOT / "tests" / "benchmarks").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("calclearn"):
                names = {alias.name for alias in node.names}
                module = importlib.import_module(node.module)
                inside = pkgutil.iter_modules(getattr(module, "__path__", ()))
                assert names <= {*dir(module), *(each.name for each in inside)}, path.name


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff(command):
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
