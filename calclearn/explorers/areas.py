"""Explorers of areas: the area under a curve, and the area that a test of a model measures.

All sums are those of `calculus.integrals`; what is added here is what they are taken of.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from calclearn.calculus.integrals import (
    accumulate,
    expected,
    left_sum,
    midpoint,
    simpson,
    trapezoid,
)
from calclearn.calculus.numerical import central_difference, elementwise
from calclearn.data import penguins
from calclearn.data.penguins import bell, flipper_density
from calclearn.descent.losses import line_loss
from calclearn.explorers.controls import choice, log_slider, round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.wording import typeset
from calclearn.figures.areas import Areas, Density, Misses, frame, tops
from calclearn.figures.curves import Curve, Note, OnCurve, Tangent
from calclearn.figures.style import BLACK, DATA, GREY, RULES, STEP, panels

FLIPPER = "flipper length (mm)"
FLIPPERS = (165.0, 240.0)  # no penguin of the study is outside

SUMS = {  # each rule, and where its tops meet the curve
    "left": (left_sum, (0,)), "midpoint": (midpoint, (0.5,)),
    "trapezoid": (trapezoid, (0, 1)), "Simpson": (simpson, (0, 0.5, 1)),
}  # fmt: skip
PIECES = 2 ** np.arange(1, 7)
SIZES = np.unique(np.geomspace(10, 10_000, 40).round().astype(int))
DRAWS = np.random.default_rng(3).random((4, SIZES[-1]))  # four tests, the same ones every time


def accumulated_area(
    f: Callable = flipper_density,
    limits: tuple[float, float] = FLIPPERS,
    labels: tuple[str, str, str] = (FLIPPER, "share of penguins per mm", "share of penguins"),
) -> Explorer:
    """What is an area? The pieces of a rule under f, the area as a curve, and each rule's error.

    The curve of areas has f as its derivative; `labels` name x, f and the area. f must be smooth,
    since errors are counted from `accumulate`. Raises TypeError if f is no function, ValueError
    where it is not finite or the limits are none.

    >>> accumulated_area().set(upper_limit=200.0).state["area"].round(2)
    np.float64(0.55)
    """
    if not callable(f):
        raise TypeError(f"f must be a function of x, got {type(f).__name__}")
    (a, b), f = limits, partial(elementwise, f)
    if not a < b:
        raise ValueError(f"limits must be (low, high) with low < high, got {limits}")
    limit = round_slider(a + 0.6 * (b - a), limits, label="upper limit")
    x = np.linspace(a, b, 301)
    if not np.isfinite(f(x)).all():
        raise ValueError(f"f must be finite everywhere between {a:g} and {b:g}")
    areas = accumulate(f, a, x)
    size = np.ptp(areas) or 1.0
    digits = 4 - math.floor(math.log10(size))
    unit = labels[0].partition("(")[2].rstrip(")")
    left, middle, right = panels("flat", "flat", "flat", ratios=(1.1, 1, 1), height=3.6)

    def told(value: float) -> str:
        return typeset(f"{round(float(value), digits):g}")

    def compute(rule: str, pieces: int, upper_limit: float) -> dict:
        total, nodes = SUMS[rule]
        span = max(1, len(nodes) - 1)  # pieces under one top
        ends = np.linspace(a, upper_limit, pieces // span + 1)
        sums = np.cumsum(total(f, ends[:-1], ends[1:], span))
        area, height = accumulate(f, a, upper_limit), f(np.array(upper_limit))
        slope = central_difference(lambda x: accumulate(f, a, x), upper_limit, 1e-4 * (b - a))
        misses = [[abs(s(f, a, upper_limit, n) - area) for n in PIECES] for s, _ in SUMS.values()]
        return {
            "rule": rule, "n": pieces, "area": area, "sum": sums[-1],
            "slope": slope, "note": f"slope {told(slope)}",
            "pieces": tops(f, ends, nodes), "limit": (upper_limit, height),
            "running": (ends[1:], sums), "touch": (upper_limit, area, slope),
            "misses": (PIECES, misses, (pieces, abs(sums[-1] - area))),
        }  # fmt: skip

    def caption(state: dict) -> str:
        (end, height), error = state["limit"], state["sum"] - state["area"]
        at = f"{end:g} {unit}".strip()
        miss = f"{abs(error):.2g} too {'much' if error > 0 else 'little'}"
        if abs(error) < 1e-9 * size:
            miss = "with no error to be seen"
        return (
            f"Up to {at} the {state['rule']} rule with {state['n']} pieces makes "
            f"{told(state['sum'])}, {miss}. There the accumulated area has the derivative "
            f"{told(state['slope'])}, and the curve the height {told(height)}."
        )

    frame(left, (x, f(x)), title="the curve f and its pieces", labels=labels[:2])
    frame(middle, (x, areas), title="accumulated area", labels=labels[::2])
    looks = [{"label": rule, "color": c, "marker": m, "ms": 4} for rule, (c, m) in RULES.items()]
    words = {"title": "error of each rule", "xlabel": "pieces $n$", "xlim": (1.7, 75)}
    drawings = {
        "pieces": Areas(left), "limit": OnCurve(left, drags=("upper_limit",)),
        "running": Curve(middle, color=GREY, ls="none", marker="o", ms=4),
        "touch": Tangent(middle), "note": Note(middle),
        "misses": Misses(right, looks, limits=(1e-8 * size, size), **words),
    }  # fmt: skip
    right.set_xticks(PIECES, PIECES, minor=False)
    right.minorticks_off()
    controls = {"rule": choice([*SUMS]), "pieces": slider(8, 2, 64, 2), "upper_limit": limit}
    return explore(compute, drawings, caption, **controls)


def adelie_line() -> tuple[float, float]:
    """Return slope (kg per cm above 190 mm) and intercept (kg) of the Adélie penguins' best line.

    >>> [round(weight, 2) for weight in adelie_line()]
    [0.33, 3.7]
    """
    table = penguins()
    some = table.species == "Adelie"
    x, y = (table.flipper_length[some] - 190) / 10, table.body_mass[some] / 1000
    return tuple(map(float, line_loss(x, y).minima[0]))


def expected_loss(line: tuple[float, float] | None = None) -> Explorer:
    """How wrong will a line be? The area of its loss times the density of the inputs to come.

    The line y = slope · x + intercept, x in cm above 190 mm, y in kg, is fixed (without `line`, the
    best one for the Adélie penguins); the inputs move. A test draws penguins with flippers as the
    density says, and misses the area by about σ/√n. The density can be dragged: sideways it moves,
    pulled up it gets narrower. Raises ValueError for anything but two numbers.

    >>> shift = expected_loss()
    >>> shift.set(centre=217.0).state["area"] > 2 * shift.set(centre=190.0).state["area"]
    np.True_
    """
    line = adelie_line() if line is None else line
    if np.shape(line) != (2,) or not np.isfinite(line).all():
        raise ValueError(f"line must be two numbers (slope, intercept), got {line!r}")
    slope, intercept = line
    order = np.argsort(penguins().flipper_length, kind="stable")
    flippers, masses = penguins().flipper_length[order], penguins().body_mass[order] / 1000
    squares = (slope * (flippers - 190) / 10 + intercept - masses) ** 2  # kg²

    def near(x):
        """How much each penguin counts at flipper length x: (...) -> (..., 342), one in all."""
        bells = bell(np.expand_dims(x, -1), flippers, 4.0)
        return bells / bells.sum(axis=-1, keepdims=True)

    x = np.linspace(*FLIPPERS, 301)
    neighbours = near(x)
    losses = neighbours @ squares
    left, middle, right = panels("flat", "flat", "flat", ratios=(1.1, 1, 1), height=3.6)

    def compute(centre: float, width: float, test_penguins: float) -> dict:
        n, density = round(test_penguins), bell(x, centre, width)
        area = expected(lambda x: near(x) @ squares, lambda x: bell(x, centre, width), *FLIPPERS)
        chances = density @ neighbours / density.sum()  # of each penguin to be drawn
        sums = np.cumsum(squares[np.searchsorted(np.cumsum(chances)[:-1], DRAWS)], axis=1)
        test, spread = sums[0, n - 1] / n, np.sqrt(chances @ (squares - area) ** 2)
        misses = [*np.abs(sums[:, SIZES - 1] / SIZES - area), spread / np.sqrt(SIZES)]
        return {
            "inputs": (centre, width), "n": n, "area": area, "test": test, "spread": spread,
            "density": (x, density), "product": (x, losses * density),
            "note": f"area {area:.4f} kg²", "misses": (SIZES, misses, (n, abs(test - area))),
        }  # fmt: skip

    def caption(state: dict) -> str:
        (centre, width), n, area, test = (state[k] for k in ("inputs", "n", "area", "test"))
        return (
            f"Inputs of {centre:g} mm ± {width:g} mm: the area, the expected loss, is "
            f"{area:.4f} kg². A test on {n} penguins says {test:.4f} kg², an error of "
            f"{abs(test - area):.4f}; σ/√n = {state['spread'] / math.sqrt(n):.4f} is usual."
        )

    frame(left, (x, losses), title="loss (line), inputs (area)", labels=(FLIPPER, "loss (kg²)"))
    frame(middle, (x, 0 * x), title="loss × density", labels=(FLIPPER, "kg² per mm"))
    left.plot(flippers, squares, "o", color=DATA, ms=3, alpha=0.4, mec="none")
    left.set_ylim(0, 1.4)
    middle.set_ylim(0, 0.055)
    runs = [{"color": STEP, "label": "this test"}] + (len(DRAWS) - 1) * [{"color": GREY, "lw": 0.8}]
    usual = {"color": BLACK, "ls": "--", "label": r"$\sigma/\sqrt{n}$"}
    words = {"title": "error of the test (kg²)", "xlabel": "test penguins $n$", "xlim": (8, 12_500)}
    drawings = {
        "density": Density(left, highest=1.4 * bell(0, 0, 4)),
        "product": Areas(middle, color=STEP), "note": Note(middle),
        "misses": Misses(right, [*runs, usual], limits=(1e-5, 1), **words),
    }  # fmt: skip
    test_penguins = log_slider(100, 10, 10_000, label="test penguins")
    test_penguins.readout_format = ",.0f"
    controls = {
        "centre": slider(190.0, 178.0, 226.0, 0.5, label="centre (mm)"),
        "width": slider(6.5, 4.0, 12.0, 0.1, label="width (mm)"),
        "test_penguins": test_penguins,
    }
    return explore(compute, drawings, caption, **controls)
