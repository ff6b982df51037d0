"""Time what a learner waits for: the import, the losses, the trainings and the notebooks.

Each figure has an aim, and what is above it is named "over". Nothing fails.
"""

import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import nbformat
import numpy as np
from _engines import show_beside_aim
from nbformat.v4 import new_code_cell

from calclearn.calculus.autodiff import value_and_grad
from calclearn.data import digits
from calclearn.descent.descend import descend
from calclearn.descent.losses import l2, line_loss, linear_fit, mse
from calclearn.descent.optimizers import Adam, GradientDescent
from calclearn.lessons.lesson_15_tasks import trained as forecast_trained
from calclearn.networks.images import Conv2D, MaxPool2D
from calclearn.networks.layers import Dense, Dropout, Flatten, ReLU
from calclearn.networks.network import Network

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SECONDS = {"14": 20, "15": 20, "17": 20}  # of a fresh kernel; these train networks
USUAL_SECONDS = 6
RNG = np.random.default_rng(0)


def best(job, runs: int = 5) -> float:
    """The processor seconds of the quickest run."""
    times = []
    for _ in range(runs):
        begin = time.process_time()
        job()
        times.append(time.process_time() - begin)
    return min(times)


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
    loss = network.loss(data.images, data.labels, batch_size=64)
    seconds = best(
        lambda: descend(loss, network.init(0), Adam(0.005), 1200, every=1200, rng=0), runs=1
    )
    show_beside_aim("digits, 1,200 steps", seconds, 20, "s")
    seconds = best(lambda: forecast_trained(0), runs=1)
    show_beside_aim("forecast", seconds, 12, "s")


def grids() -> None:
    """The SSE of a line over a grid costs the same, whatever the number of data."""
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 200), np.linspace(-1, 1, 200)))
    seconds, megabytes = {}, {}
    for n in (100, 1_000_000):
        x = np.linspace(0, 1, n)
        surface = line_loss(x, 2 * x)
        seconds[n] = best(lambda surface=surface: surface(grid), runs=20)
        tracemalloc.start()
        surface(grid)
        megabytes[n] = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    show_beside_aim(
        "SSE grid, 1,000,000 data beside 100", seconds[1_000_000] / seconds[100], 5, "x"
    )
    show_beside_aim("its memory", megabytes[1_000_000] / megabytes[100], 1.1, "x")


def descents() -> None:
    x = RNG.normal(size=342)
    surface = line_loss(x, 2 * x + RNG.normal(size=342), mse)
    seconds = best(lambda: descend(surface, [0.0, 0.0], GradientDescent(0.01)), runs=20)
    show_beside_aim("100 steps of a line fit", 1e3 * seconds, 3, "ms")
    X, noise = RNG.normal(size=(2, 200, 50)), RNG.normal(size=(2, 200))
    train, held_out = (linear_fit(X[i], X[i].sum(axis=1) + noise[i], mse) for i in range(2))

    def loss(log_strength):
        penalised = train + np.exp(log_strength) * l2()
        run = descend(penalised, np.zeros(50), GradientDescent(0.1), 500, tolerance=0)
        return held_out(run.point)

    seconds = best(lambda: value_and_grad(loss)(-2.0), runs=3)
    show_beside_aim("hypergradient of 500 unrolled steps", seconds, 1, "s")


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
    for subject in (imports, grids, descents, trainings, notebooks):
        print(f"\n{subject.__name__}")
        subject()
