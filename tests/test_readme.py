"""What the README promises: its example runs, its links lead somewhere, its map is the course's."""

import json
import re
from pathlib import Path

from calclearn.exercises.catalogue import exercises

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_of_a_figure_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    body, call = code.split("\nexplore(")
    names = {}
    exec(f"{body}\nexplorer = explore({call}", names)
    explorer = names["explorer"]
    assert explorer.caption.startswith("Learning rate 0.0002: ")
    assert explorer.set(step=3).error is None
    assert "diverge" in explorer.set(learning_rate=5e-3).caption


def test_links_and_pictures_are_there():
    targets = re.findall(r"\]\(([^)#\s]+)\)", README)
    assert len(targets) > 5
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_map_names_every_lesson_that_is_there():
    linked = set(re.findall(r"\]\(notebooks/([^)]+\.ipynb)\)", README))
    assert linked == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_the_table_for_teachers_says_what_the_lessons_say():
    rows = re.findall(r"^\| \[(\d\d)\]\(\S+\) \| (\d+) \| ([\d, ]*?) ?\| (\d+) \|$", README, re.M)
    assert len(rows) == len(list((ROOT / "notebooks").glob("*.ipynb")))
    for number, minutes, needs, count in rows:
        (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
        top = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        assert f"*About {minutes} minutes.*" in top
        said = re.findall(r"\((\d\d)_", top[top.index("*You need*") : top.index("*About")])
        assert needs == ", ".join(said), number
        assert int(count) == len(exercises(number))


def test_the_published_course_is_linked_before_the_commands():
    """A fork writes its own address in one place, the last line."""
    assert README.index("][pages]") < README.index("```sh")
    assert re.findall(r"^\[pages\]: (\S+)$", README, re.M) == [README.split()[-1]]


def test_the_two_commands_stand_at_the_top():
    first = README.index("```sh")
    block = README[first : README.index("```", first + 5)]
    assert "pip install uv && uv run calclearn" in block
    assert "uv run pytest" in block
