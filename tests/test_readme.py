"""What the pages for readers promise: examples run, links lead somewhere, tables and commands are
the course's."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from calclearn.__main__ import START, parse
from calclearn.exercises.catalogue import exercises

from .cells import NOTEBOOKS, cells

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *(ROOT / ".github").glob("*.md")]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEACHING = (ROOT / ".github" / "TEACHING.md").read_text(encoding="utf-8")


def test_the_example_of_a_figure_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    body, call = code.split("\nexplore(")
    names = {}
    exec(f"{body}\nexplorer = explore({call}", names)
    explorer = names["explorer"]
    assert explorer.caption.startswith("Learning rate 0.0002: ")
    assert explorer.set(step=3).error is None
    assert "diverge" in explorer.set(learning_rate=5e-3).caption


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_and_pictures_are_there(page):
    targets = re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8"))
    targets = [target for target in targets if not target.startswith("https://")]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_command_takes_what_the_pages_give_it(page):
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in re.findall(r"(?:^|&& )(?:uv run )?(calclearn\b[^#&\n]*)", block, re.MULTILINE):
            parse(shlex.split(line)[1:])  # a SystemExit is an option that is not there


def test_a_newcomer_reads_the_readme_in_minutes():
    """At 200 words a minute; tables and code are looked up, not read."""
    prose = re.sub(r"```.*?```|^\|.*$", "", README, flags=re.DOTALL | re.MULTILINE)
    assert len(prose.split()) < 5 * 200


def test_the_hub_s_values_are_yaml():
    (text,) = re.findall(r"```yaml\n(.*?)```", TEACHING, re.DOTALL)
    values = yaml.safe_load(text)
    spawner = values["hub"]["config"]["KubeSpawner"]
    assert spawner["notebook_dir"] == spawner["working_dir"]  # where the course is laid out
    assert values["singleuser"]["defaultUrl"] == f"/lab/tree/calclearn-course/{START}"


def test_the_map_names_every_lesson_that_is_there():
    linked = set(re.findall(r"\]\(notebooks/([^)]+\.ipynb)\)", README))
    assert linked == {path.name for path in NOTEBOOKS}


def test_the_table_for_teachers_says_what_the_lessons_say():
    rows = re.findall(r"^\| \[(\d\d)\]\(\S+\) \| (\d+) \| ([\d, ]*?) ?\| (\d+) \|$", TEACHING, re.M)
    assert [number for number, *_ in rows] == [path.name[:2] for path in NOTEBOOKS]
    for number, minutes, needs, count in rows:
        top, _ = cells(number, "markdown")[0]
        assert f"*About {minutes} minutes.*" in top
        said = re.findall(r"\((\d\d)_", top[top.index("*You need*") : top.index("*About")])
        assert needs == ", ".join(said), number
        many = len(exercises(number))
        assert int(count) == many, f"lesson {number} has {many} exercises, not {count}"


def test_the_published_course_and_the_two_commands_stand_at_the_top():
    """A fork writes its own address in one place, the last line."""
    text, commands = README.partition("```sh")[::2]
    assert "][pages]" in text
    assert re.findall(r"^\[pages\]: (\S+)$", README, re.M) == [README.split()[-1]]
    assert "pip install uv && uv run calclearn" in commands.partition("```")[0]
    assert "uv run pytest" in commands.partition("```")[0]
