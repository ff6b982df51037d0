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


def test_imports_go_one_way_and_every_room_of_mathematics_is_under_contract():
    checked = python(
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    )
    assert checked.returncode == 0, checked.stdout
    _, mathematics, _ = PROJECT["tool"]["importlinter"]["contracts"]
    listed = {name.removeprefix("calclearn.") for name in mathematics["source_modules"]}
    rooms = {path.parent.name for path in MODULES if path.parent.parent.name == "calclearn"}
    assert listed == rooms - DRAWING_ROOMS


def test_only_the_lookup_of_exercises_names_the_lessons():
    outside = (path for path in MODULES if path.parent.name != "lessons")
    naming = {path.name for path in outside if "calclearn.lessons" in path.read_text("utf-8")}
    assert naming == {"catalogue.py"}


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


def test_what_belongs_there_lies_at_the_top_and_no_lock_file_and_no_path_of_a_machine_anywhere():
    names = tracked()
    assert {name.split("/")[0] for name in names} <= TOP_LEVEL
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


def test_the_citation_and_condas_environment_are_the_project_s_and_its_version_is_said_once():
    """`cffconvert --validate` checks the rest."""
    project, texts = PROJECT["project"], [path.read_text(encoding="utf-8") for path in MODULES]
    assert importlib.metadata.version("calclearn") == project["version"]
    assert not any(re.search(r"__version__\s*=\s*[\"']", text) for text in texts)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["title"], citation["keywords"]) == (project["name"], project["keywords"])
    assert citation["license"] in project["license"].split(" AND ")
    assert "version" not in citation
    assert yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8")) == {
        "name": project["name"],
        "channels": ["conda-forge"],
        "dependencies": [
            f"python{project['requires-python']}", *project["dependencies"],
            *project["optional-dependencies"]["course"], "pip", {"pip": ["-e ."]},
        ],
    }  # fmt: skip


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
