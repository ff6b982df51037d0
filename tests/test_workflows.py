"""The workflows: what they may do, whose actions they run, and the pages that they publish."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TEXTS = {path.name: path.read_text("utf-8") for path in ROOT.glob(".github/workflows/*.yml")}


@pytest.mark.parametrize("name", TEXTS)
def test_actions_are_pinned_and_may_only_read(name):
    uses = re.findall(r"uses: (.*)$", TEXTS[name], re.MULTILINE)
    assert uses
    for action in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", action), action
    assert yaml.safe_load(TEXTS[name])["permissions"] == {"contents": "read"}


def test_pages_are_built_with_their_extras_and_published_from_where_they_are():
    from calclearn.__main__ import parse

    jobs = yaml.safe_load(TEXTS["pages.yml"])["jobs"]
    (command,) = (step["run"] for step in jobs["build"]["steps"] if "run" in step)
    words = shlex.split(command)
    ours, *_ = parse(words[words.index("calclearn") + 1 :])
    (upload,) = (s for s in jobs["build"]["steps"] if "upload-pages" in s.get("uses", ""))
    assert upload["with"]["path"] == ours.book
    assert Path(ours.lite).is_relative_to(ours.book)
    extras = {words[k + 1] for k, word in enumerate(words) if word == "--extra"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert extras == {"book", "lite"} <= set(project["optional-dependencies"])
    assert jobs["deploy"]["needs"] == "build"
    assert jobs["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}
