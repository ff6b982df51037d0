"""Notebooks that are out to do harm: to the machine, to whoever collects them, to who reads on."""

import json
import os

import pytest

from calclearn.classroom import collect, submissions
from calclearn.classroom.page import page
from calclearn.classroom.submissions import LARGEST

from .conftest import RIGHT, STEP, asked, code, notebook

CHECKS = "\n".join(f'check("07.{i}", 1)' for i in range(1, 50))


# Each is read in moments, in memory that grows with its size, and says what it is.
HOSTILE = {
    "cells": '{"cells":[' + ",".join(['{"cell_type":"code"}'] * 10**5) + "]}",
    "outputs": json.dumps(notebook(code("1") | {"outputs": [{}] * 10**5})),
    "long cells of exercises": json.dumps(notebook(code(CHECKS + "\nx = y " * 30_000))),
    "a text of lines": json.dumps(notebook(code(CHECKS, "\n" * 10**6))),
    "counts without end": json.dumps(notebook(*(code("1", count=10**300),) * 10**4)),
    "half a character": json.dumps(
        notebook(code('check("07.1", 1)\ud800', asked("\ud800", "\ud800?", ["\ud800"])))
    ),
    "a null": json.dumps(notebook(code('check("07.1", 1)\0', f"{RIGHT}\0\x1b[31m"))),
    "the same name twice": '{"cells": [], "cells": [{"cell_type": "code", "source": 7}]}',
    "the same identity": json.dumps(notebook(*[code("1") | {"id": "a"}] * 9)),
    # With the square of their lengths, these would take hours.
    **{
        f"a slow text of {text[:9]!r}": json.dumps(
            notebook(code(text, text), code(text, f"Lesson {text}"))
        )
        for text in (" " * 10**6, "check(" * 10**5, "#" * 10**6, "Predict: " * 10**5)
    },
}


@pytest.mark.parametrize("content", HOSTILE)
def test_a_class_with_it_is_collected(hand_in, folder, content):
    text = HOSTILE[content]
    assert len(text) < LARGEST
    for name in ("ada", "bob"):
        hand_in(f"{name}/{STEP}", text)
    hand_in(f"cleo/{STEP}", notebook(code('check("07.1", 3)', RIGHT)))
    book = collect(folder)
    assert [student.name for student in book.students] == ["ada", "bob", "cleo"]
    assert book.students[2].exercises["07.1"] is True
    for text in (str(book), book.csv(), page(book)):
        assert "cleo" in text.encode().decode()  # text that can be stored


def test_a_file_and_a_folder_that_cannot_be_read_get_a_row(folder, hand_in, monkeypatch):
    hand_in(f"ada/{STEP}", notebook(code('check("07.1", 3)', RIGHT)))
    hand_in(f"bob/{STEP}", notebook(code('check("07.1", 3)', RIGHT)))
    scandir = os.scandir

    def closed(path):
        raise PermissionError(13, "Permission denied", path)

    def refused(path):
        return closed(path) if os.path.basename(path) == "bob" else scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    monkeypatch.setattr(submissions, "read_file", closed)
    book = collect(folder)
    assert [student.name for student in book.students] == ["ada", "bob"]
    assert book.students[0].notes == [f"ada/{STEP} cannot be read: Permission denied"]
    assert book.students[1].notes == ["bob cannot be read: Permission denied"]


def test_links_that_go_round_are_named_and_not_followed(folder, hand_in):
    hand_in(f"ada/{STEP}", notebook(code('check("07.1", 3)', RIGHT)))
    try:
        (folder / "ada" / "round").symlink_to(folder)
        (folder / "bob").symlink_to(folder / "bob")
        (folder / "dora").symlink_to(folder / "ada", target_is_directory=True)
        (folder / f"cleo_{STEP}").symlink_to(folder / f"cleo_{STEP}")
    except OSError:
        pytest.skip("links cannot be made here")
    book = collect(folder)
    assert [student.name for student in book.students] == ["ada", "cleo", "dora"]
    assert book.students[0].notes == ["ada/round is a link, which is not followed"]
    assert book.students[2].notes == ["dora is a link, which is not followed"]
    assert book.ignored == ["bob"]
