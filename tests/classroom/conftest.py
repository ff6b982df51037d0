"""Notebooks as a class hands them in: the course's own cells, with answers and outputs put in."""

import json

import pytest

from calclearn.layout import shipped

STEP = "07_how_big_a_step.ipynb"
RIGHT, WRONG = "✓ Right. So it is.", "✗ Not yet. Hint 1 of 2: look again."
OPEN = "… Not answered yet. Put your answer in place of the three dots."


def code(source, *texts, count=None):
    """A code cell with plain texts as its outputs."""
    outputs = [
        {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}
        for text in texts
    ]
    return {
        "cell_type": "code", "source": source, "outputs": outputs, "execution_count": count,
        "metadata": {},
    }  # fmt: skip


def notebook(*cells):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def asked(vote=None, question="Up or down?", options=("up", "down")):
    """The text of a prediction, committed to or not."""
    state = f"You predicted: {vote}" if vote else "No prediction yet."
    return "\n".join([f"Predict: {question}", *(f"- {option}" for option in options), state])


def answered(states, vote=None, name=STEP):
    """A lesson of the course with these states of its exercises: True, False or None by number."""
    lesson = json.loads(shipped()[name].read_text(encoding="utf-8"))
    for cell in lesson["cells"]:
        for output in cell.get("outputs", ()):
            text = "".join(output.get("data", {}).get("text/plain", ""))
            for number, state in states.items():
                if f'check("{number}"' in "".join(cell["source"]) and text.startswith("…"):
                    output["data"]["text/plain"] = {True: RIGHT, False: WRONG, None: OPEN}[state]
                    cell["source"] = f'check("{number}", {number.lstrip("0")})'
            if vote and text.startswith("Predict: "):
                options = [line[2:] for line in text.splitlines() if line.startswith("- ")]
                head = text.rpartition("\n")[0]
                output["data"]["text/plain"] = f"{head}\nYou predicted: {options[vote - 1]}"
    return lesson


@pytest.fixture
def hand_in(tmp_path):
    """Store a notebook, or any text or bytes, below the folder of the class."""

    def store(name, content):
        path = tmp_path / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            content = json.dumps(content)
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return path

    return store


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "class").mkdir()
    return tmp_path / "class"
