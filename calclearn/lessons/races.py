"""Figures of races: paths on a map, what is left to fall against the price paid, the standings.

The price is a number of gradients, or of data read where the gradients are those of mini-batches.
Play raises the budget, so the race is run as far as that. Few optimizers enter at first, and a tick
box lets in each of the others.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
import numpy as np

from calclearn.descent.curvature import classify
from calclearn.descent.descend import Stop
from calclearn.descent.races import RaceResult, race
from calclearn.descent.surfaces import Surface
from calclearn.explorers.controls import round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.wording import placed
from calclearn.figures.descents import GAP, Paths, key
from calclearn.figures.marks import Curves
from calclearn.figures.style import BEST, BLACK, GREY, OPTIMIZERS, panels
from calclearn.figures.surfaces import Contours, Point, grid


def race_figure(
    surface: Surface, run: Callable, words: Callable, caption: Callable, names: tuple, *,
    budget: Any, price: str,
    limits: tuple[float, float, float], labels=("$x$", "$y$"), title: str = GAP,
    first: int | None = None, users: Mapping[str, tuple] | None = None,
    goal: tuple[float, float] | None = None, **controls: Any,
) -> Explorer:  # fmt: skip
    """Return the figure of a race: `run(names, start, budget, **values)` gives results by name.

    The `first` of the `names` enter at once, by default all. `users` names the optimizers that a
    control belongs to: it is hidden while none of them takes part. `values` are those of the
    `controls`; `words(entered, **values)` is the quantity `settings` of the optimizers that take
    part, which the caption may name beside `results`, `start` and `budget`. `limits` of the gap:
    lowest, arrived, highest. A `goal`, (price, gap), is marked by a star.
    """
    (low, arrived, high), window = limits, surface.domain
    left, right = panels("flat", "ruled", ratios=(1, 1.1), height=4.3)
    look = {"indent": False, "layout": {"width": "140px"}}
    optional = names[first:] if first else ()
    boxes = {name: widgets.Checkbox(False, description=name, **look) for name in optional}

    def hide(_=None) -> None:
        for control, those in (users or {}).items():
            used = any(name not in boxes or boxes[name].value for name in those)
            controls[control].layout.display = None if used else "none"

    def compute(x, y, budget, **values) -> dict:
        entered = [name for name in names if values.pop(name, True)]
        results = run(entered, (x, y), budget, **values)
        return {
            "start": np.array([x, y]),
            "results": results,
            "settings": words(entered, **values),
            "steps": budget,  # the film's, whose pictures are those of smaller budgets
            "descents": {name: result.descent for name, result in results.items()},
            "gaps": {name: (result.price, result.gap) for name, result in results.items()},
        }

    key(right, names)
    right.set(yscale="log", ylim=(low, high), xlim=(0, 1.03 * budget.max))
    right.set(xlabel=price, title=title)
    right.axhline(arrived, color=GREY, ls=":", lw=1.2)
    at_end = {"markevery": [-1], "ms": 8, "mec": "white", "lw": 1.6}
    looks = {
        name: {"color": color, "marker": marker} | at_end
        for name, (color, marker) in ((name, OPTIMIZERS[name]) for name in names)
    }
    drawings = [
        Contours(left, surface, window=window, names=labels, title=surface.name),
        Paths(left, names),
        Curves(right, "gaps", looks, edge=True),
        Point(left, drags=("x", "y"), color=BLACK).on(weights="start"),
    ]
    if goal:
        right.plot(*goal, "*", color=BEST, ms=13, mec="white", zorder=5)
    starts = {
        axis: round_slider(*place, label=f"start {label.split()[0].strip('$')}")
        for axis, label, *place in zip("xy", labels, surface.start, window, strict=True)
    }
    hide()
    for box in boxes.values():
        box.observe(hide, "value")
    controls |= boxes | starts | {"budget": budget}
    return explore(compute, drawings, caption, play="budget", **controls)


def race_on(
    surface: Surface, entrants: Callable, names: tuple, words: Callable, budget: int, **options
) -> Explorer:
    """A race on a surface, paid in gradients; `entrants(**values)` makes the optimizers by name.

    `words(names, **values)` gives the controls' values of these optimizers for the caption. The
    other `options` are those of `race_figure`.
    """
    high = float(np.max(surface(grid(surface.domain, 60))) - surface(surface.minima[0]))
    arrived = 10.0 ** math.floor(math.log10(1e-8 * high))

    def run(names, start, budget, **values) -> dict[str, RaceResult]:
        optimizers = entrants(**values)
        return race(surface, start, {name: optimizers[name] for name in names}, budget)

    def caption(results, start, budget, settings) -> str:
        return (
            f"{budget} gradients each from {placed(start)}, {settings}: "
            f"{standings(results, arrived, surface)}."
        )

    return race_figure(
        surface, run, words, caption, names, price="gradients paid for",
        budget=slider(budget, 4, budget * 3 // 2, 1, label="gradients to spend"),
        limits=(arrived / 1e3, arrived, 9 * high), **options,
    )  # fmt: skip


def standings(results: dict[str, RaceResult], arrived: float, surface: Surface) -> str:
    """Say which optimizers have arrived, and where the others are, best first."""
    order = []
    for name, (descent, price, gap) in results.items():
        there = np.max(np.flatnonzero(gap > arrived), initial=-1) + 1  # the first that stays below
        if descent.stop == Stop.DIVERGED:
            order.append(((2, 0.0), f"{name} diverges"))
        elif there < len(gap):
            order.append(((0, price[there]), f"{name} arrives with {price[there]}"))
        else:
            stays = descent.stop == Stop.CONVERGED
            rests = f", resting on a {classify(surface, descent.point)}" if stays else ""
            order.append(((1, gap[-1]), f"{name} is {gap[-1]:.3g} above the lowest{rests}"))
    return "; ".join(words for _, words in sorted(order))
