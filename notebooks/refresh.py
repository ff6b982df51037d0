"""A stored notebook is a function of its sources: run it twice and no byte changes.

    python notebooks/refresh.py            every notebook
    python notebooks/refresh.py 07 09      those whose names begin with 07 or 09

Each notebook runs from top to bottom in a fresh kernel and is then written in one normal form, so
that a difference in git is a difference in what a learner reads. A notebook in which a cell fails
or writes to stderr is not stored; the one sentence says which.
"""

import base64
import contextlib
import hashlib
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `calclearn` does for its kernels
FOLDER = Path(__file__).resolve().parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
WIDGET = "application/vnd.jupyter.widget-view+json"
PNG_SIGNATURE = 8  # bytes
PNG_FRAME = 12  # bytes around a chunk's data: its length, its type, its checksum


def normal_png(encoded: str) -> str:
    """The same picture without the texts and dates that name the software which wrote it."""
    png = base64.b64decode(encoded)
    kept, at = [png[:PNG_SIGNATURE]], PNG_SIGNATURE
    while at < len(png):
        end = at + PNG_FRAME + int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] not in (b"tEXt", b"zTXt", b"iTXt", b"tIME"):
            kept.append(png[at:end])
        at = end
    return base64.b64encode(b"".join(kept)).decode("ascii")


def joined_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Neighbouring pieces of one stream as one: where a kernel cuts them is a matter of timing."""
    joined: list[NotebookNode] = []
    for output in outputs:
        before = joined[-1] if joined else {}
        if output.output_type == "stream" and output.name == before.get("name"):
            before.text += output.text
        else:
            joined.append(output)
    return joined


def normalise(notebook: NotebookNode, name: str) -> NotebookNode:
    """One form for one notebook, in place: what the machine, the time or chance put in is gone."""
    notebook.metadata = NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count, seen = 0, set()
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = NotebookNode(tags=tags) if tags else NotebookNode()
        # An id out of the source alone: a cell that moves keeps it, and no two cells share one.
        cell.id = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        while cell.id in seen:
            cell.id = hashlib.sha256(cell.id.encode()).hexdigest()[:8]
        seen.add(cell.id)
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        cell.outputs = joined_streams(cell.outputs)
        for position, output in enumerate(cell.outputs):
            if "execution_count" in output:
                output.execution_count = count
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = normal_png(data["image/png"])
            if WIDGET in data:
                unique = f"{name}/{cell.id}/{position}"
                data[WIDGET]["model_id"] = hashlib.sha256(unique.encode()).hexdigest()[:32]
    return notebook


def execute(notebook: NotebookNode, folder: Path = FOLDER) -> NotebookNode:
    """Run all cells in a fresh kernel, in place; RuntimeError says which cell failed, and how."""
    client = NotebookClient(
        notebook,
        timeout=600,  # for each cell, on a busy machine
        startup_timeout=600,
        kernel_name="python3",
        extra_arguments=["--Application.log_level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    with contextlib.suppress(CellExecutionError):  # which left its output in the cell
        client.execute()
    sources = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(sources, start=1):
        for output in cell.outputs:
            if output.output_type == "error":
                raise RuntimeError(f"code cell {number} raised {output.ename}: {output.evalue}")
            if output.get("name") == "stderr":
                line = output.text.strip().splitlines()[0]
                raise RuntimeError(f"code cell {number} wrote to stderr: {line}")
    return notebook


def as_text(notebook: NotebookNode) -> str:
    """The file's content: sorted keys, an indent of one, a newline at the end."""
    return nbformat.writes(notebook, version=4) + "\n"


def main(names: list[str]) -> int:
    beginnings = tuple(Path(name).name for name in names) or ("",)
    chosen = [path for path in sorted(FOLDER.glob("*.ipynb")) if path.name.startswith(beginnings)]
    if not chosen:
        print(f"no notebook in {FOLDER} begins with {' or '.join(beginnings)}", file=sys.stderr)
        return 2
    failed = 0
    for path in chosen:
        start = time.perf_counter()
        try:
            notebook = execute(nbformat.read(path, as_version=4))
        except RuntimeError as error:
            print(f"{path.name}: not stored, {error}", file=sys.stderr)
            failed = 1
            continue
        seconds = time.perf_counter() - start
        path.write_text(as_text(normalise(notebook, path.stem)), encoding="utf-8", newline="\n")
        print(f"{path.name:40} {seconds:5.1f} s", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
