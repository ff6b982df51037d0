"""Time what a learner and a teacher wait for: the import, trainings, notebooks, a class of 30.

Each figure has an aim, and what is above it is named "over". Nothing fails.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np
from _engines import median, show_beside_aim, waited
from nbformat.v4 import new_code_cell

from calclearn.calculus.autodiff import value_and_grad
from calclearn.classroom import collect, sandbox
from calclearn.classroom.page import page
from calclearn.classroom.submissions import read
from calclearn.data import digits
from calclearn.descent.descend import descend
from calclearn.descent.losses import l2, line_loss, linear_fit, mse
from calclearn.descent.optimizers import Adam, GradientDescent
from calclearn.layout import shipped
from calclearn.lessons.lesson_15_tasks import trained as forecast_trained
from calclearn.networks.images import Conv2D, MaxPool2D
from calclearn.networks.layers import Dense, Dropout, Flatten, ReLU
from calclearn.networks.network import Network

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SECONDS = {"14": 20, "15": 20, "17": 20}  # of a fresh kernel; these train networks
USUAL_SECONDS = 6
RNG = np.random.default_rng(0)
STEP = "07_how_big_a_step.ipynb"
SIGNS = ("✓ Right. ", "✗ Not yet. ", "… Not answered yet. ")


def imports() -> None:
    """Both imports in one process, so that what slows the one slows the other."""
    timed = (
        "import time; start = time.process_time(); import numpy; middle = time.process_time();"
        "import calclearn; print((time.process_time() - start) / (middle - start))"
    )
    runs = (subprocess.check_output([sys.executable, "-c", timed]) for _ in range(7))
    show_beside_aim("import calclearn, beside NumPy", min(map(float, runs)), 1.15, "x")


def trainings() -> None:
    data = digits().train
    layers = (
        Conv2D(8, kernel_size=3, padding=1), ReLU(), Conv2D(16, kernel_size=3, padding=1), ReLU(),
        MaxPool2D(2), Flatten(), Dropout(0.5), Dense(10),
    )  # fmt: skip
    network = Network(layers, (1, 8, 8))
    loss, start = network.loss(data.images, data.labels, batch_size=64), network.init(0)
    seconds = median(lambda: descend(loss, start, Adam(0.005), 1200, every=1200, rng=0), 1)
    show_beside_aim("digits, 1,200 steps", seconds, 20, "s")
    show_beside_aim("forecast", median(lambda: forecast_trained(0), 1), 12, "s")


def descents() -> None:
    x = RNG.normal(size=342)
    surface = line_loss(x, 2 * x + RNG.normal(size=342), mse)
    seconds = median(lambda: descend(surface, [0.0, 0.0], GradientDescent(0.01)), 20)
    show_beside_aim("100 steps of a line fit", 1e3 * seconds, 3, "ms")
    X, noise = RNG.normal(size=(2, 200, 50)), RNG.normal(size=(2, 200))
    train, held_out = (linear_fit(X[i], X[i].sum(axis=1) + noise[i], mse) for i in range(2))

    def loss(log_strength):
        penalised = train + np.exp(log_strength) * l2()
        run = descend(penalised, np.zeros(50), GradientDescent(0.1), 500, tolerance=0)
        return held_out(run.point)

    seconds = median(lambda: value_and_grad(loss)(-2.0), 3)
    show_beside_aim("hypergradient of 500 unrolled steps", seconds, 1, "s")


def hand_in(folder: Path, students: int) -> None:
    """A lesson of each student, with chance in the place of answers."""
    chance, text = random.Random(0), shipped()[STEP].read_text(encoding="utf-8")
    for number in range(students):
        lesson = json.loads(text)
        for cell in lesson["cells"]:
            for output in cell.get("outputs", ()):
                if "".join(output.get("data", {}).get("text/plain", "")).startswith("…"):
                    output["data"]["text/plain"] = chance.choice(SIGNS)
        path = folder / f"student{number:02}" / STEP
        path.parent.mkdir()
        path.write_text(json.dumps(lesson), encoding="utf-8")


def classes() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hand_in(folder, 30)
        book = collect(folder)
        for words, job, aim in (
            ("30 notebooks collected", lambda: collect(folder), 1),
            ("as text, CSV and HTML", lambda: (book.csv(), str(book), page(book)), 1),
            ("one run again", lambda: sandbox.rerun(read(folder / "student00" / STEP)), 10),
        ):
            show_beside_aim(words, waited(job), aim, "s")


def notebooks() -> None:
    """Each in a fresh kernel, whose start and imports count, by the kernel's own clock."""
    sys.path.insert(0, str(NOTEBOOKS))
    import refresh

    clock = "import time; print(time.process_time())"
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.append(new_code_cell(clock))
        seconds = float(refresh.execute(notebook).cells[-1].outputs[0].text)
        show_beside_aim(path.stem, seconds, SECONDS.get(path.name[:2], USUAL_SECONDS), "s")


if __name__ == "__main__":
    for subject in (imports, descents, trainings, classes, notebooks):
        print(f"\n{subject.__name__}")
        subject()
