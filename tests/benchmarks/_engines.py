"""What the benchmarks have in common: peers that may be absent, and engines that take turns.

The engines take turns, in a new order each time, so that a busy machine slows all of them alike.  A
turn is ten steps in a row, as in training; what counts is the median turn.
"""

import importlib
import random
import statistics
import sys
import time
from collections.abc import Callable
from types import ModuleType

import numpy as np


def imported(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def say_who_is_here(**peers: ModuleType | None) -> None:
    absent = ", ".join(name for name, module in peers.items() if module is None)
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}; absent: {absent or 'none'}")


def medians(steps: dict[str, Callable], turns: int, in_a_row: int = 10) -> dict[str, float]:
    """The time of one step of each engine in seconds of the processor, from its median turn."""
    times = {name: [] for name in steps}
    order = list(steps)
    for _ in range(turns):
        random.shuffle(order)
        for name in order:
            begin = time.process_time()
            for _ in range(in_a_row):
                steps[name]()
            times[name].append((time.process_time() - begin) / in_a_row)
    return {name: statistics.median(values) for name, values in times.items()}


def compared(steps: dict[str, Callable], w, turns: int) -> dict[str, float]:
    """The medians, after every engine has been seen to take the same step from w."""
    expected = w - as_vector(steps["calclearn"]())
    for name, step in steps.items():
        if np.abs(w - as_vector(step()) - expected).max() > 1e-2 * np.abs(expected).max():
            raise SystemExit(f"{name} takes another step")
    return medians(steps, turns)


def as_vector(weights) -> np.ndarray:
    """The new weights of any engine as one vector."""
    if isinstance(weights, np.ndarray):
        return weights
    parts = [part.detach().numpy() if hasattr(part, "detach") else part for part in weights]
    return np.concatenate([np.ravel(part) for part in parts])


def show_beside_ours(times: dict[str, float]) -> None:
    for name, seconds in times.items():
        ratio = seconds / times["calclearn"]
        print(f"    {name:26s}{1e6 * seconds:10.0f} µs   {ratio:6.2f} x ours")


def show_beside_aim(name: str, value: float, aim: float, unit: str) -> bool:
    """Print a figure with its aim; whether it is over."""
    over = value > aim
    print(
        f"    {name:52s}{value:10.3g} {unit:3s} aim {aim:g}{'   over' if over else ''}", flush=True
    )
    return over
