"""Explorers of races: whoever is compared starts at one place and may spend the same.

What is spent are gradients. The surface keeps the bill, so that a line search pays for each of its
trials, and a Hessian for the d gradients that it costs by differences. How a race is shown is the
same for all races, also for those that are paid in data (see `noise`).
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from calclearn.descent.curvature import classify
from calclearn.descent.descend import Descent, Stop, descend
from calclearn.descent.surfaces import Surface
from calclearn.explorers.controls import round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.wording import placed
from calclearn.figures.races import GAP, Paths, RaceCurves, key
from calclearn.figures.style import BLACK, panels
from calclearn.figures.surfaces import Contours, Point, grid


class Lap(NamedTuple):
    """One optimizer's race: where it was, what it had paid by then, what was left to fall."""

    descent: Descent
    price: np.ndarray  # (K+1,) gradients
    gap: np.ndarray  # (K+1,) above the lowest value


class Bill:
    """A surface that counts what is asked of it: 1 for a gradient, d for a Hessian.

    >>> from calclearn.descent.second_order import Newton
    >>> from calclearn.descent.landscapes import booth
    >>> bill = Bill(booth())
    >>> bill.price(descend(bill.surface, (1, 1), Newton()))
    array([1, 4])
    """

    def __init__(self, surface: Surface) -> None:
        self.paid, self.seen = 0, {}

        def both(w: np.ndarray) -> tuple:
            self.paid += 1
            self.seen.setdefault(w.tobytes(), self.paid)
            return surface.value_and_gradient(w)

        def hessian(w: np.ndarray) -> np.ndarray:
            self.paid += len(w)
            return surface.hessian(w)

        self.surface = surface.replace(value_and_gradient=both, hessian=hessian)

    def price(self, descent: Descent) -> np.ndarray:
        """What had been paid when each point of the descent was reached, (K+1,)."""
        return np.array([self.seen[w.tobytes()] for w in descent.points])


def race(surface: Surface, start: Any, optimizers: dict[str, Any], budget: int) -> dict[str, Lap]:
    """Let all run from one start until each has spent `budget` gradients.

    >>> from calclearn.descent.landscapes import booth
    >>> from calclearn.descent.optimizers import Adam
    >>> race(booth(), (9, 9), {"Adam": Adam(0.1)}, budget=20)["Adam"].price[-1]
    np.int64(20)
    """
    lowest, laps = surface(surface.minima[0]), {}
    for name, optimizer in optimizers.items():
        bill = Bill(surface)
        descent = descend(bill.surface, start, optimizer, budget)
        price = bill.price(descent)
        kept = slice(np.searchsorted(price, budget, side="right"))
        if price[-1] > budget:
            descent = replace(
                descent, points=descent.points[kept], values=descent.values[kept],
                stop=np.int64(Stop.OUT_OF_STEPS),
            )  # fmt: skip
        laps[name] = Lap(descent, price[kept], descent.values - lowest)
    return laps


def track(
    surface: Surface, run: Callable, words: Callable, names: tuple, *, budget: Any, price: str,
    limits: tuple[float, float, float], labels=("$x$", "$y$"), title: str = GAP,
    **controls: Any,
) -> Explorer:  # fmt: skip
    """A race that can be watched: `run(start, budget, **values)` gives its laps, by name.

    `words(state)` is the caption. `limits` of the gap: lowest, arrived, highest.
    """
    window, (low, arrived, high) = surface.domain, limits
    left, right, strip = panels("flat", "flat", "strip", ratios=(1, 1.1), height=4.3)

    def compute(x: float, y: float, budget: int, **values: Any) -> dict:
        laps = run((x, y), budget, **values)
        return {
            "laps": laps, "start": np.array([x, y]), "budget": budget, "values": values,
            "paths": {name: lap.descent for name, lap in laps.items()},
            "curves": {name: (lap.price, lap.gap) for name, lap in laps.items()},
        }  # fmt: skip

    Contours(left, window=window, names=labels, title=surface.name).update(surface)
    key(strip, names)
    drawings = {
        "paths": Paths(left, names),
        "curves": RaceCurves(
            right, names, limits=(low, high), arrived=arrived, price=price, most=budget.max,
            title=title,
        ),
        "start": Point(left, drags=("x", "y"), color=BLACK),
    }  # fmt: skip
    starts = {
        axis: round_slider(*place, label=f"start {label.split()[0].strip('$')}")
        for axis, label, *place in zip("xy", labels, surface.start, window, strict=True)
    }
    return explore(compute, drawings, words, **starts, budget=budget, **controls)


def race_on(
    surface: Surface, entrants: Callable, names: tuple, words: Callable, budget: int, **controls
) -> Explorer:
    """A race on a surface, paid in gradients; `entrants(**values)` makes the optimizers by name.

    `words(**values)` says what the controls say.
    """
    high = float(np.max(surface(grid(surface.domain, 60))) - surface(surface.minima[0]))
    arrived = 10.0 ** math.floor(math.log10(1e-8 * high))

    def run(start: tuple, budget: int, **values: Any) -> dict:
        return race(surface, start, entrants(**values), budget)

    def caption(state: dict) -> str:
        return (
            f"{state['budget']} gradients each from {placed(state['start'])}, "
            f"{words(**state['values'])}: {standings(state['laps'], arrived, surface)}."
        )

    return track(
        surface, run, caption, names, price="gradients paid for",
        budget=slider(budget, 4, budget * 3 // 2, 1, label="gradients to spend"),
        limits=(arrived / 1e3, arrived, 9 * high), **controls,
    )  # fmt: skip


def standings(laps: dict[str, Lap], arrived: float, surface: Surface) -> str:
    """Who has arrived, and where the others are, best first."""
    order = []
    for name, (descent, price, gap) in laps.items():
        above, stop = np.flatnonzero(gap > arrived), Stop(int(descent.stop))
        if stop is Stop.DIVERGED:
            order.append(((2, 0.0), f"{name} diverges"))
        elif not above.size or above[-1] + 1 < len(gap):
            paid = price[above[-1] + 1 if above.size else 0]
            order.append(((0, paid), f"{name} arrives with {paid}"))
        else:
            rests = f", resting on a {classify(surface, descent.point)}"
            rests = rests if stop is Stop.CONVERGED else ""
            order.append(((1, gap[-1]), f"{name} is {gap[-1]:.3g} above the lowest{rests}"))
    return "; ".join(told for _, told in sorted(order))
