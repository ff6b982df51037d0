"""Lesson 03, what an area means for a model: d/dx ∫ₐˣ f(t) dt = f(x), an expected loss is
∫ loss(x) p(x) dx, and a mean over n test points misses it by about σ/√n.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from calclearn import accumulate, central_difference, expected, line_loss, penguin_line, penguins
from calclearn.calculus.integrals import left_sum, midpoint, simpson, trapezoid
from calclearn.calculus.numerical import elementwise
from calclearn.data.penguins import bell, flipper_density
from calclearn.exercises import exercise, outcome
from calclearn.explorers import Explorer, choice, explore, log_slider, round_slider, slider
from calclearn.figures.areas import Areas, frame, tops
from calclearn.figures.curves import Tangent
from calclearn.figures.marks import Dots, Lines, Text
from calclearn.figures.style import BLACK, DATA, GREY, NOTE, RULES, STEP, panels
from calclearn.figures.surfaces import Point

FLIPPER = "flipper length (mm)"
FLIPPERS = (165.0, 240.0)  # no penguin of the study is outside

SUMS = {  # each rule, and where its tops meet the curve
    "left": (left_sum, (0,)), "midpoint": (midpoint, (0.5,)),
    "trapezoid": (trapezoid, (0, 1)), "Simpson": (simpson, (0, 0.5, 1)),
}  # fmt: skip
PIECES = 2 ** np.arange(1, 7)
SIZES = np.unique(np.geomspace(10, 10_000, 40).round().astype(int))
DRAWS = np.random.default_rng(3).random((4, SIZES[-1]))  # four tests, the same ones every time

BY_RULE = {
    rule: {"label": rule, "color": c, "marker": m, "ms": 4} for rule, (c, m) in RULES.items()
}
BY_TEST = {
    "first": {"color": STEP, "label": "this test"},
    **{name: {"color": GREY, "lw": 0.8} for name in ("second", "third", "fourth")},
    "usual": {"color": BLACK, "ls": "--", "label": "typical"},
}


def accumulated_area(
    f: Callable = flipper_density,
    limits: tuple[float, float] = FLIPPERS,
    labels: tuple[str, str, str] = (FLIPPER, "share of penguins per mm", "share of penguins"),
) -> Explorer:
    """What is an area? The pieces of a rule under f, the area as a curve, and each rule's error.

    The curve of areas has f as its derivative; `labels` name x, f and the area. f must be smooth,
    since errors are measured from `accumulate`. Raises TypeError if f is no function, ValueError
    where it is not finite or the limits are none.

    >>> accumulated_area().set(upper_limit=200.0).state["area"].round(2)
    np.float64(0.55)
    """
    if not callable(f):
        raise TypeError(f"f must be a function of x, got {type(f).__name__}")
    (a, b), f = limits, partial(elementwise, f)
    if not a < b:
        raise ValueError(f"limits must be (low, high) with low < high, got {limits}")
    x = np.linspace(a, b, 301)
    if not np.isfinite(f(x)).all():
        raise ValueError(f"f must be finite everywhere between {a:g} and {b:g}")
    area_to = partial(accumulate, f, a)
    size = np.ptp(area_to(x)) or 1.0
    digits = 4 - math.floor(math.log10(size))
    unit, unit_of_area = (labels[k].partition("(")[2].rstrip(")") for k in (0, 2))

    def rounded(value) -> str:
        return f"{round(float(value), digits):g}"

    def add_up(rule, pieces, upper_limit) -> dict:
        total, nodes = SUMS[rule]
        span = max(1, len(nodes) - 1)  # pieces under one top
        ends = np.linspace(a, upper_limit, pieces // span + 1)
        sums = np.cumsum(total(f, ends[:-1], ends[1:], span))
        area = area_to(upper_limit)
        errors = {
            name: (PIECES, [abs(each(f, a, upper_limit, n) - area) for n in PIECES])
            for name, (each, _) in SUMS.items()
        }
        return errors | {
            "area": area, "slope": central_difference(area_to, upper_limit, 1e-4 * (b - a)),
            "limit": np.array([upper_limit, f(np.array(upper_limit))]),
            "tops": tops(f, ends, nodes), "running": (ends[1:], sums), "result": sums[-1],
            "now": (pieces, abs(sums[-1] - area)),
        }  # fmt: skip

    def caption(rule, pieces, result, area, slope, limit) -> str:
        end, given = f"{limit[0]:g} {unit}".strip(), f"{rounded(result)} {unit_of_area}".strip()
        error = result - area
        miss = f"which is {abs(error):.2g} too {'large' if error > 0 else 'small'}"
        if abs(error) < 1e-9 * size:
            miss = "with no visible error"
        return (
            f"Up to {end} the {rule} rule with {pieces} pieces gives {given}, {miss}. "
            f"There the accumulated area has the derivative {rounded(slope)}, and the curve the "
            f"height {rounded(limit[1])}."
        )

    left, middle, right = panels("flat", "flat", "ruled", ratios=(1.1, 1, 1), height=3.6)
    frame(left, (x, f(x)), title="the curve f and its pieces", labels=labels[:2])
    frame(middle, (x, area_to(x)), title="accumulated area", labels=labels[::2])
    (low, high), ends = middle.get_ylim(), np.linspace(a, b, 9)
    sums = np.cumsum(f(ends[:-1]) * np.diff(ends))  # of eight pieces, as at first
    middle.set_ylim(min(low, 1.05 * sums.min()), max(high, 1.05 * sums.max()))
    drawings = [
        Areas(left),
        Point(left, drags=("upper_limit",)).on(weights="limit"),
        Dots(middle, "running", edge=True, color=GREY, ms=4, mec=GREY, zorder=2),
        Tangent(middle).on(x="upper_limit", y="area"),
        Text(middle, text="slope {slope:.4g}", **NOTE),
        *_errors(right, BY_RULE, (1e-8 * size, 3 * size), (1.7, 75)),
    ]
    right.set(title="error of each rule", xlabel="pieces $n$")
    right.set_xticks(PIECES, PIECES)
    right.minorticks_off()
    return explore(
        add_up, drawings, caption,
        rule=choice([*SUMS]), pieces=slider(8, 2, 64, 2),
        upper_limit=round_slider(a + 0.6 * (b - a), limits, label="upper limit"),
    )  # fmt: skip


def expected_loss() -> Explorer:
    """How wrong will a line be? The area of its loss times the density of the inputs to come.

    The best line for the Adélie penguins is fixed; the inputs move. A test draws penguins with
    flippers as the density says, and misses the area by about σ/√n. The density can be dragged:
    sideways it moves, pulled up it gets narrower.

    >>> shift = expected_loss()
    >>> shift.set(centre=217.0).state["area"] > 2 * shift.set(centre=190.0).state["area"]
    np.True_
    """
    data, adelie = penguin_line(), penguins().species == "Adelie"
    slope, intercept = line_loss(data.x[adelie], data.y[adelie]).minima[0]
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

    def draw(centre, width, test_penguins) -> dict:
        n, density = round(test_penguins), bell(x, centre, width)
        area = expected(lambda x: near(x) @ squares, lambda x: bell(x, centre, width), *FLIPPERS)
        chances = density @ neighbours / density.sum()  # of each penguin to be drawn
        sums = np.cumsum(squares[np.searchsorted(np.cumsum(chances)[:-1], DRAWS)], axis=1)
        result, spread = sums[0, n - 1] / n, np.sqrt(chances @ (squares - area) ** 2)
        errors = [*np.abs(sums[:, SIZES - 1] / SIZES - area), spread / np.sqrt(SIZES)]
        return {name: (SIZES, row) for name, row in zip(BY_TEST, errors, strict=True)} | {
            "area": area, "density": (x, density), "product": (x, losses * density),
            "typical": spread / math.sqrt(n), "result": result, "now": (n, abs(result - area)),
        }  # fmt: skip

    def pull(start, to, centre, width) -> tuple[float, float]:
        """Follow the pointer sideways, and with the top, which is the higher the narrower."""
        top = bell(0, 0, width)
        pulled = np.clip(top + to[1] - start[1], highest / 100, highest)
        return centre + to[0] - start[0], width * top / pulled

    left, middle, right = panels("flat", "flat", "ruled", ratios=(1.1, 1, 1), height=3.6)
    inputs, highest = left.twinx(), 1.4 * bell(0, 0, 4)  # a scale of its own: the area is one
    inputs.set(ylim=(0, highest), yticks=[])
    inputs.spines[:].set_visible(False)
    frame(left, (x, losses), title="loss (line), inputs (area)", labels=(FLIPPER, "loss (kg²)"))
    frame(middle, (x, 0 * x), title="loss × density", labels=(FLIPPER, "kg² per mm"))
    left.plot(flippers, squares, "o", color=DATA, ms=3, alpha=0.4, mec="none")
    left.set_ylim(0, 1.4)
    middle.set_ylim(0, 0.055)
    drawings = [
        Areas(inputs).on(tops="density").drag("centre", "width", by=pull),
        Areas(middle, color=STEP).on(tops="product"),
        Text(middle, text="area {area:.4f} kg²", **NOTE),
        *_errors(right, BY_TEST, (1e-5, 1), (8, 12_500)),
    ]
    right.set(title="error of the test (kg²)", xlabel="test penguins $n$")
    test_penguins = log_slider(100, 10, 10_000, label="test penguins")
    test_penguins.readout_format = ",.0f"
    return explore(
        draw, drawings,
        "Inputs of {centre:g} mm ± {width:g} mm: the area, the expected loss, is {area:.4f} kg². A "
        "test on {now[0]} penguins gives {result:.4f} kg², an error of {now[1]:.4f}; the typical "
        "error of so many is {typical:.4f}.",
        centre=slider(190.0, 178.0, 226.0, 0.5, label="centre (mm)"),
        width=slider(6.5, 4.0, 12.0, 0.1, label="width (mm)"),
        test_penguins=test_penguins,
    )  # fmt: skip


def _errors(ax, looks, sizes, counts) -> list:
    """Return the drawings of errors against counts, on logarithmic axes; a ring marks `now`."""
    ax.set(xscale="log", yscale="log", xlim=counts, ylim=sizes)
    lines = Lines(ax, looks, edge=True)  # where there is no error, they run along the bottom
    box = {"frameon": True, "framealpha": 1, "edgecolor": "none", "borderpad": 0.2}
    ax.legend(loc=(0.02, 0.07), handlelength=1.4, labelspacing=0.2, **box)
    return [lines, Dots(ax, "now", edge=True, ms=11, mfc="none", mec=BLACK, mew=2, zorder=2)]


# Exercises; the questions stand in the notebook.
# fmt: off

reach, largest = 10.0, 0.6  # 03.3: flippers spread over 190 ± 10 mm, and a miss of 0.06 (x − 190) kg
area_of_loss = 2 * reach * largest**2 / 3
needed = 400 * (0.02 / 0.005)**2


def right_sum(f, a, b, n):
    h = (b - a) / n
    return h * sum(f(a + k * h) for k in range(1, n + 1))


outcome("03", 1, """
    Move the upper limit by a little and the area grows by a strip that is as high as f. So the
    slope of the area is the height of f: the sentence under the figure gives both numbers.""")

outcome("03", 3, """
    The tests scatter around and below the dashed line, and it falls by one power of ten while n
    grows by two: the typical miss is proportional to 1/√n.""", prediction=2)

exercise("03.1", right_sum, """
    The width (b − a)/n times the sum of f at a + h, a + 2h, ..., b.
    > Where are the right edges? The first is not at a, the last is at b.
    > A rectangle is (b − a)/n wide; its height is f at the edge; add up n of them.""", [
    (left_sum,                                                      "These are the left edges: the first right edge is one width after a."),
    (midpoint,                                                      "These are the heights in the middles."),
    (lambda f, a, b, n: right_sum(f, a, b, n) + f(a) * (b - a) / n, "This adds up one rectangle too many: there are n, not n + 1."),
    (lambda f, a, b, n: right_sum(f, a, b, n) - f(b) * (b - a) / n, "The last rectangle is missing: its right edge is b."),
    (lambda f, a, b, n: np.sum(f(np.linspace(a, b, n))) * (b - a) / n, "n rectangles have n + 1 edges: `linspace(a, b, n)` is one short."),
    (lambda f, a, b, n: right_sum(lambda x: f(x - a), a, b, n), "The edges are counted from 0: where does the area begin?"),
    (trapezoid,                                                     "This is the mean of both edges, which is the trapezoid rule."),
    (lambda f, a, b, n: right_sum(f, a, b, n) * n / (b - a),        "This is the sum of the heights: each must be multiplied by a width."),
    (lambda f, a, b, n: right_sum(f, a, b, n) / (b - a),            "This is right only where b − a is one: how wide is a rectangle?"),
    (lambda f, a, b, n: right_sum(f, a, b, n) * n,                  "Each rectangle is only a part of the whole width."),
], points=((np.square, 0.0, 1.0, 4), (np.exp, -1.0, 2.0, 5), (np.cos, 0.5, 4.0, 3)))

exercise("03.2", -np.exp(-1.0), """
    Moving the left end to the right by h takes a strip of h·f(x) away. So the slope is −f(x), and
    no formula for the area itself was needed. There is none.
    > Move x a little to the right. Which strip is added to the area, or taken from it?
    > The strip is as wide as the move and as high as the curve at x = 1.""", [
    (np.exp(-1.0),                                  "This would be right if the upper limit moved. Does the area grow?"),
    (-2 * np.exp(-1.0),                             "This is the slope of exp(−t²), not that of its area."),
    (2 * np.exp(-1.0),                              "This comes from the slope of exp(−t²), not from its area."),
    (np.exp(-4.0) - np.exp(-1.0),                   "The upper limit stays, so it has no part in the slope."),
    (np.exp(-1.0) - np.exp(-4.0),                   "The upper limit stays: it has no part in the slope."),
    (accumulate(lambda t: np.exp(-t**2), 1.0, 2.0), "This is the area G(1); its slope is asked for."),
    (-np.exp(-4.0),                                 "This looks at the other end, which stays."),
    (np.exp(-4.0),                                  "This looks at the other end, and that end stays."),
])

exercise("03.3", area_of_loss / (2 * reach), """
    The density is 1/20 per mm, so it is the area of the squared error divided by 20 mm: an expected
    loss is a mean, over all that x may be.
    > How high is a density that is level over 20 mm, so that its area is one?
    > Integrate 0.0036·(x − 190)² from 180 to 200, times the height of that density:
    `integrals.simpson` will do it.""", [
    (area_of_loss,         "This is the area of the loss alone: the density is missing."),
    (0.0,                  "Misses of both signs cancel; their squares do not."),
    (largest**2,           "This is the loss at the ends, where it is largest."),
    (largest**2 / 2,       "This is the mean of the smallest and the largest loss."),
    ((largest / 2)**2,     "This squares the mean miss; the mean of squares is larger."),
    (largest / 2,          "This is the mean miss without its sign; it should be squared."),
    (area_of_loss / reach, "The density is one divided by the whole width, 200 − 180."),
])

exercise("03.4", needed, """
    The error shrinks like 1/√n. A quarter of the error costs sixteen times the data, and one more
    correct digit a hundred times.
    > The standard error is σ/√n, and σ stays. What must happen to √n?
    > √n has to grow by 0.02/0.005. And n itself?""", [
    (1600,         "Four times the data only halve the error: it goes like 1/√n."),
    (800,          "Twice the data make the error smaller by √2 only."),
    (needed - 400, "These are the penguins to add; how many in all?"),
    (25,           "A smaller error needs more data, not fewer."),
    (100,          "A smaller error needs more data than before, not fewer."),
    (16,           "This is the factor by which the test grows."),
], tolerance=1e-4)
