"""What the benchmarks share: peers that may be absent, jobs that take turns, and the printing.

The jobs take turns, in a new order each time, so that a busy machine slows all of them alike. What
counts is the median turn, in seconds of the processor.
"""

import importlib
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from types import ModuleType

# Read when NumPy is imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import numpy as np


def peers(*names: str) -> list[ModuleType | None]:
    """These modules, None for those that are absent, which are named."""
    modules = []
    for name in names:
        try:
            modules.append(importlib.import_module(name))
        except ImportError:
            modules.append(None)
    absent = ", ".join(n for n, module in zip(names, modules, strict=True) if module is None)
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}; absent: {absent or 'none'}")
    return modules


def medians(
    jobs: dict[str, Callable], turns: int = 5, in_a_row: int = 1, clock=time.process_time
) -> dict[str, float]:
    """The seconds that each job takes once; a turn does it some times in a row, as in training."""
    times = {name: [] for name in jobs}
    order = list(jobs)
    for _ in range(turns):
        random.shuffle(order)
        for name in order:
            begin = clock()
            for _ in range(in_a_row):
                jobs[name]()
            times[name].append((clock() - begin) / in_a_row)
    return {name: statistics.median(values) for name, values in times.items()}


def median(job: Callable, turns: int = 5, **more) -> float:
    return medians({"": job}, turns, **more)[""]


def waited(job: Callable) -> float:
    """The seconds on the wall, those of other processes included."""
    return median(job, 1, clock=time.perf_counter)


def show_beside_ours(title: str, times: dict[str, float], ours: str = "calclearn") -> None:
    print(f"\n{title}")
    for name, seconds in times.items():
        print(f"    {name:34s}{1e6 * seconds:12.1f} µs{seconds / times[ours]:9.2f} x ours")


def show_beside_aim(name: str, value: float, aim: float, unit: str) -> bool:
    """Print a figure with its aim; whether it is over."""
    over = value > aim
    words = f"    {name:52s}{value:10.3g} {unit:3s} aim {aim:g}{'   over' if over else ''}"
    print(words, flush=True)
    return over
