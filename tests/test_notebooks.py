"""The stored notebooks: what git holds is what a learner gets, runs, and reads without a kernel.

nbval compares every text of a fresh run with the stored one; what it leaves out is here.
"""

import ast
import base64
import inspect
import io
import re
from dis import get_instructions as instructions
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

FOLDER = Path(__file__).parents[1] / "notebooks"
STORED = sorted(FOLDER.glob("*.ipynb"))
WIDGET, PNG = "application/vnd.jupyter.widget-view+json", "image/png"

LONGEST_CELL = 20  # lines
WIDTH = 840  # pixels of a stored picture

FORBIDDEN = {
    "reaches for the network": (
        r"\b(urllib|requests|httpx|aiohttp|ftplib|socket|wget|curl|pip)\b|https?://"
    ),
    "uses a magic or the shell": r"^\s*[%!]",
    "uses interact": r"\binteract(ive|_manual|ive_output)?\b",
    "prints into an Output widget": r"\bOutput\s*\(",
    "hides from nbval": r"NBVAL_|PYTEST_VALIDATE",
}
IMPORTS = ast.Import | ast.ImportFrom
REPR = re.compile(r"<.*>|[\w.]+\(.*\)", re.DOTALL)
LINK = re.compile(r"\]\(<?([^)\s>]+)|(?:href|src)=[\"']([^\"']+)")


def anchors(notebook):
    """What `#...` may point to: JupyterLab makes one of each heading, and HTML may name more."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    headings = re.findall(r"^#+\s+(.*?)\s*#*$", text, re.MULTILINE)
    named = re.findall(r"\b(?:id|name)=[\"']([^\"']+)", text)
    return {heading.replace(" ", "-") for heading in headings} | set(named)


def leads_nowhere(link, cell, notebook, folder):
    if re.match(r"(https?|mailto):", link):
        return False
    if link.startswith("attachment:"):
        return unquote(link.removeprefix("attachment:")) not in cell.get("attachments", {})
    path, _, anchor = unquote(link).partition("#")
    target = folder / path
    if path and (Path(path).is_absolute() or not target.is_file()):
        return True
    there = nbformat.read(target, as_version=4) if path.endswith(".ipynb") else notebook
    return bool(anchor) and anchor not in anchors(there)


def output_faults(output):
    data = output.get("data", {})
    caption = data.get("text/plain", "").strip()
    if output.output_type == "error":
        yield "an error is stored"
    if output.get("name") == "stderr":
        yield "stderr is stored"
    if WIDGET in data and PNG not in data:
        yield "a widget has no stored picture"
    if PNG in data:
        width, height = Image.open(io.BytesIO(base64.b64decode(data[PNG]))).size
        if width != WIDTH or height > WIDTH:
            yield f"a picture has {width} x {height} pixels"
        if not output.metadata.get(PNG, {}).get("alt"):
            yield "a picture has no words for those who do not see it"
    if (WIDGET in data or PNG in data) and (not caption or REPR.fullmatch(caption)):
        yield f"a figure's caption is {caption[:30]!r}"


def borrowed(code):
    """The notebook's names that its functions take when they are called."""
    for part in filter(inspect.iscode, code.co_consts):
        yield from (each.argval for each in instructions(part) if each.opname == "LOAD_GLOBAL")
        yield from borrowed(part)


def bound(source):
    """The names that a cell binds, but for what it imports."""
    body = [part for part in ast.parse(source).body if not isinstance(part, IMPORTS)]
    code = compile(ast.Module(body, []), "cell", "exec")
    return {each.argval for each in instructions(code) if each.opname == "STORE_NAME"}


def rebound(code):
    """Names that a figure's functions take, and that a later cell gives to something else."""
    for place, source in enumerate(code):
        if "explore(" in source:
            taken = {*borrowed(compile(source, "cell", "exec"))}
            for later in code[place + 1 :]:
                yield from sorted(taken & bound(later))


def faults(notebook, folder):
    """Everything that is wrong with a stored notebook, in words."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    found = []
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        found.append("execution counts are not 1..n")
    if not any(cell.outputs for cell in code):
        found.append("no output is stored")
    for place, cell in enumerate(code, 1):
        if len(cell.source.splitlines()) > LONGEST_CELL:
            found.append(f"code cell {place} is longer than {LONGEST_CELL} lines")
        for words, pattern in FORBIDDEN.items():
            if re.search(pattern, cell.source, re.MULTILINE):
                found.append(f"code cell {place} {words}")
        if any(re.match("nbval|raises-exception", tag) for tag in cell.metadata.get("tags", [])):
            found.append("a tag hides a cell from nbval")
        found += [fault for output in cell.outputs for fault in output_faults(output)]
    sources = [cell.source for cell in code if not cell.source.lstrip().startswith(("%", "!"))]
    found += [f"a later cell rebinds {name}, which a figure takes" for name in rebound(sources)]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            links = ["".join(pair) for pair in LINK.findall(cell.source)]
            nowhere = [link for link in links if leads_nowhere(link, cell, notebook, folder)]
            found += [f"a link leads nowhere: {link}" for link in nowhere]
    return found


def test_the_course_begins_where_the_command_opens_it():
    from calclearn.__main__ import START

    assert FOLDER / START in STORED


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_stored_notebook_is_whole(path):
    assert faults(nbformat.read(path, as_version=4), FOLDER) == []


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_stored_notebook_is_in_normal_form(path, refresh):
    notebook = nbformat.read(path, as_version=4)
    stored = path.read_text(encoding="utf-8")  # git may have stored other line ends on Windows
    assert refresh.as_text(refresh.normalise(notebook, path.stem)) == stored


# refresh.py itself.


def text(words):
    return new_output("stream", name="stdout", text=words)


@pytest.fixture
def lesson(refresh):
    """A small notebook; its second cell holds a figure."""
    view = {"version_major": 2, "version_minor": 0, "model_id": "0"}
    figure = new_output("display_data", data={WIDGET: view, "text/plain": "the slope is 2"})
    codes = [("explorer", figure), ("print(2)", text("2\n"))]
    cells = [new_code_cell(source, outputs=[output]) for source, output in codes]
    cells.insert(0, new_markdown_cell("# A lesson"))
    return refresh.normalise(new_notebook(cells=cells), "lesson")


def test_normal_form_forgets_chance_time_and_machine(lesson, refresh):
    stored = refresh.as_text(lesson)
    lesson.metadata.update(widgets={"state": {}}, language_info={"version": "3.99"})
    for number, cell in enumerate(lesson.cells):
        cell.id = f"random{number}"
        cell.metadata["trusted"] = True
    figure, printed = lesson.cells[1:]
    figure.execution_count = 40
    figure.outputs[0].data[WIDGET]["model_id"] = "another"
    printed.outputs = [text("2"), text("\n")]
    assert refresh.as_text(lesson) != stored
    assert refresh.as_text(refresh.normalise(lesson, "lesson")) == stored
    assert stored.endswith("}\n")


def test_cells_alike_get_ids_of_their_own(refresh):
    twins = new_notebook(cells=[new_code_cell("1"), new_code_cell("1")])
    first, second = refresh.normalise(twins, "twins").cells
    assert first.id != second.id


def test_a_picture_keeps_its_pixels_and_loses_its_texts(refresh):
    from matplotlib.figure import Figure

    file = io.BytesIO()
    Figure(figsize=(1, 1)).savefig(file, format="png")
    assert b"matplotlib" in file.getvalue()
    plain = base64.b64decode(refresh.normal_png(base64.b64encode(file.getvalue()).decode()))
    assert b"matplotlib" not in plain
    before, after = Image.open(file), Image.open(io.BytesIO(plain))
    assert (before.size, before.tobytes()) == (after.size, after.tobytes())


def test_refresh_stores_good_notebooks_and_refuses_the_others(
    refresh, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(refresh, "FOLDER", tmp_path)
    sources = {
        "01_good": "1 + 1",
        "02_fails": "2 / 0",
        "03_warns": "import sys; print('careful', file=sys.stderr)",
    }
    for name, source in sources.items():
        notebook = new_notebook(cells=[new_code_cell(source)])
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    before = {path.stem: path.read_bytes() for path in tmp_path.iterdir()}
    assert refresh.main([]) == 1
    after = {path.stem: path.read_bytes() for path in tmp_path.iterdir()}
    assert [name for name in sources if after[name] != before[name]] == ["01_good"]
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "02_fails.ipynb: not stored, code cell 1 raised ZeroDivisionError: division by zero",
        "03_warns.ipynb: not stored, code cell 1 wrote to stderr: careful",
    ]
    assert refresh.main(["99"]) == 2
