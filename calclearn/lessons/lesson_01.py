"""Lesson 01, what a slope at a single point is: f'(x) = lim (f(x + h) − f(x)) / h as h goes to 0."""

from functools import cache

import ipywidgets as widgets
import numpy as np

from calclearn import backward_difference, derivative, forward_difference, parse
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers import Explorer, controls, explore, log_slider, slider
from calclearn.figures import style
from calclearn.figures.marks import Area, Dots, Lines, Rule, Text
from calclearn.figures.slopes import FIELD, Graph, Secants

TYPED = "the typed one"
FORMULAS = {
    "sine": "sin(x)", "sigmoid": "1/(1 + exp(-x))", "absolute value": "abs(x)",
    "ReLU": "max(x, 0)", "cube root": "cbrt(x)",
}  # fmt: skip
X = np.linspace(-3, 3, 601)
H = np.geomspace(5e-5, 1, 120)
T = np.linspace(-2, 2, 801)  # places in the microscope, counted in h
BOX = np.array([[-1, 1, 1, -1, -1], [-1, -1, 1, 1, -1]])


def slope_at_a_point() -> Explorer:
    """What is a slope at a single point? Two secants, the tangent, and a microscope on the point.

    Below the curve stand its slopes, as far as the point has come, and the slopes of the secants
    for every h.
    The microscope's field is as wide as 4h. The point can be dragged along the curve, and the
    formula is the learner's own; it is read by `parse`.

    >>> explorer = slope_at_a_point().set(x=1.5, h=0.1)
    >>> [round(explorer.state[name], 6) for name in ("backward", "forward", "slope")]
    [2.9, 3.1, 3.0]
    """

    def look(function, formula, x, h):
        text, x = FORMULAS.get(function, formula).strip(), round(x, 9)
        f, slopes, study = _study(text)
        y, exact, reach = float(f(x)), derivative(f, x), 2 * np.ptp(study["limits"]) / np.ptp(X)
        backward, forward = (float(d(f, x, h)) for d in (backward_difference, forward_difference))
        slope = exact.value if exact.reliable and np.isfinite(y) else np.nan
        return study | {
            "text": text, "y": y, "backward": backward, "forward": forward, "slope": slope,
            "slopes": (X, np.where(x >= X, slopes, np.nan)),
            "here": (x, slope),
            "left_slopes": (H, backward_difference(f, x, H)),
            "right_slopes": (H, forward_difference(f, x, H)),
            "now": ([h, h], [backward, forward]),
            "box": (x + 2 * h * BOX[0], y + reach * h * BOX[1]),
            "magnified": (T, (f(x + h * T) - f(x)) / h), "field": (-reach, reach),
            "origin": 0, "level": 0 * y, "unit": 1,  # a height that does not exist stays NaN
        }  # fmt: skip

    def caption(
        text, x, y, h, backward, forward, slope, left_slopes, right_slopes, range_of_slopes
    ) -> str:
        steepest = max(abs(slopes[0]) for _, slopes in (left_slopes, right_slopes))  # the least h
        if not np.isfinite(y):
            return f"f(x) = `{text}` has no value at x = {x:g}, and so no derivative there."
        if np.isfinite(slope):
            end = f"The tangent's slope, the derivative, is {_number(slope)}."
        elif steepest > 10 * max(np.abs(range_of_slopes)):
            end = "As h shrinks they grow beyond all bounds: f has no derivative here."
        else:
            end = "As h shrinks they agree on no number: f has no derivative here."
        return (
            f"f(x) = `{text}` at x = {x:g}: with h = {h:.2g} the secant to x + h has slope "
            f"{_number(forward)}, the one to x − h has slope {_number(backward)}. {end}"
        )

    left, right, under, limit = style.panels("flat", "flat", "below", "below", height=5.4)
    limit.sharey(under)
    limit.set(title="slopes of the secants at x", xlabel="$h$", xscale="log", xlim=(H[0], H[-1]))
    limit.grid(True, axis="y", lw=0.6)
    under.axhline(0, color=style.BLACK, lw=0.8)
    slopes_so_far = Graph(under, title="the slope at each point, as far as x", ylabel="$f'(x)$")
    words = {"xlabel": "", "ylabel": "height above the point, in $h$"}
    zoom = Graph(right, title="what is in the box, magnified", **words)
    right.set(**FIELD)
    drawings = [
        Graph(left, title="the curve, two secants, the tangent"),
        Secants(left, drags=("x",)),
        Lines(left, "box", color=style.GREY, lw=1.2),
        zoom.on(curve="magnified", limits="field"),
        Secants(right).on(x="origin", y="level", h="unit"),
        slopes_so_far.on(curve="slopes", limits="range_of_slopes"),
        Dots(under, "here", color=style.STEP),
        Lines(limit, "left_slopes", "right_slopes", color=style.MODEL, ls=["--", "-"]),
        Dots(limit, "now", color=style.MODEL),
        Rule(limit, y="slope", color=style.STEP, lw=6, alpha=0.45),
        Text(right, text="$h$ = {h:.2g}", **style.NOTE),
    ]
    style.legend_below(left)
    return explore(
        look, drawings, caption, **_function_and_formula(),
        x=slider(1.0, -2.5, 2.5, 0.05), h=log_slider(0.5, 5e-5, 1.0),
    )  # fmt: skip


def product_rule() -> Explorer:
    """How does a product grow, how a quotient? As rectangles, from x to x + h.

    With g(x) = x² as the width: a rectangle as high as f(x) = eˣ has the area f g; one of the area
    f has the height q = f / g.

    >>> product_rule().set(x=1.0, h=0.01).caption.partition(",")[0]
    'Over h = 0.01 the product f·g grows by 8.25·h'
    """

    def grow(x, h):
        f, g, f_next, g_next = np.exp(x), x**2, np.exp(x + h), (x + h) ** 2
        q, q_next = f / g, f_next / g_next
        old, new, added = np.array([(0, g), (0, g_next), (g, g_next)])
        return {  # rectangles: their ends from left to right, their lower and upper heights
            "old": (old, 0, f), "top": (old, f, f_next),
            "side": (added, 0, f), "corner": (added, f, f_next),
            "before": (old, 0, q), "wider": (added, 0, q), "lost": (new, q_next, q),
            "product": (f_next * g_next - f * g) / h, "rule": f * g + f * 2 * x,
            "corner_per_h": (f_next - f) * (g_next - g) / h,
            "quotient": (q_next - q) / h, "rule_of_quotient": (f * g - f * 2 * x) / g**2,
        }  # fmt: skip

    left, right = style.panels("flat", "flat", height=3.8)
    left.set(title="product: sides $g = x^2$ and $f = e^x$", ylabel="$f$", ylim=(0, 9.5))
    right.set(title="quotient: area f, width g, height q", ylabel="$q = f / g$", ylim=(0, 4.6))
    parts = {
        "label": ["at x", "g · Δf", "f · Δg", "Δf · Δg"],
        "color": [style.LIGHT, style.MODEL, style.BEST, style.STEP],
    }
    strips = {
        "label": ["area f at x", "q · Δg", "height lost"],
        "color": [style.LIGHT, style.BEST, style.STEP],
    }
    drawings = [
        Area(left, "old", "top", "side", "corner", alpha=0.8, **parts),
        Area(right, "before", "wider", "lost", alpha=0.8, **strips),
    ]
    for ax in (left, right):
        ax.set(xlabel="$g$", xlim=(0, 4))
        ax.legend(loc="upper left", ncols=2)
    return explore(
        grow, drawings,
        "Over h = {h:.3g} the product f·g grows by {product:.3g}·h, of which the corner is "
        "{corner_per_h:.2g}·h; its derivative f′·g + f·g′ is {rule:.3g}. The quotient changes by "
        "{quotient:.3g}·h; its derivative (f′·g − f·g′) / g² is {rule_of_quotient:.3g}.",
        x=slider(1.3, 0.8, 1.5, 0.05), h=log_slider(0.4, 1e-3, 0.5),
    )  # fmt: skip


@cache
def _study(text: str):
    """Return the function, its slope at each of X, NaN where the two sides differ, and its curve
    with limits for both heights.
    """
    f, h = parse(text), 1e-6
    heights, backward, forward = f(X), backward_difference(f, X, h), forward_difference(f, X, h)
    if np.sum(abs(heights) < 1e9) < 2:
        raise ValueError(f"{text} has no values between {X[0]:g} and {X[-1]:g}")
    slopes = (backward + forward) / 2
    slopes[~(abs(forward - backward) < 1e-2 * (1 + abs(slopes)))] = np.nan
    limits = {"limits": _limits(heights), "range_of_slopes": _limits(slopes)}
    return f, slopes, {"curve": (X, heights)} | limits


def _limits(heights: np.ndarray) -> tuple[float, float]:
    """Return limits around heights, without the peaks of a pole."""
    known = heights[abs(heights) < 1e9]
    low, high = np.quantile(known, [0.02, 0.98]) if known.size else (0.0, 0.0)
    room = 0.25 * (high - low) if high - low > 1e-6 else 1.0
    return low - room, high + room


def _function_and_formula() -> dict[str, widgets.Widget]:
    """Return a list of functions, and the field with its formula: what is typed there is chosen."""
    function = controls.choice([TYPED, *FORMULAS])
    formula = widgets.Text("x**2", continuous_update=False, description="f(x) =")

    def follow(change) -> None:
        if change["owner"] is function:
            formula.value = FORMULAS.get(function.value, formula.value)
        elif formula.value != FORMULAS.get(function.value):
            function.value = TYPED

    for control in (function, formula):
        control.observe(follow, "value")
    return {"function": function, "formula": formula}


def _number(slope: float) -> str:
    """Return a slope with six digits, and what is smaller than rounding as 0."""
    return f"{0.0 if abs(slope) < 1e-9 else slope:.6g}" if np.isfinite(slope) else "none"


# Exercises; the questions stand in the notebook.
# fmt: off

outcome("01", 2, """
    The smaller the field, the less room the curve has to bend in. The slope of the line that
    remains is what is meant by the slope of the curve at the point.""")

exercise("01.1", (2.1**3 - 2**3) / 0.1, """
    Rise over run: (2.1³ − 2³) / 0.1. The tangent at 2 is a little flatter.
    > How much higher is the curve at 2.1 than at 2? And how far apart are the two x?
    > Divide f(2.1) − f(2) by 2.1 − 2.""", [
    (2.1**3 - 2**3,                  "This is how far the curve rises; divide it by how far x runs."),
    (0.1 / (2.1**3 - 2**3),          "This is run over rise: it is upside down."),
    (3 * 2**2,                       "This is the slope of the tangent at 2; the secant is asked for."),
    (3 * 2.1**2,                     "This is the slope of the tangent at 2.1; the secant is asked for."),
    (2.1**3 / 2.1,                   "This is the slope of the line from the origin, not from x = 2."),
    ((2.1**3 - 2**3) / 2.1,          "Divide by the distance of the two x, not by one of them."),
    ((2.1**2 - 2**2) / 0.1,          "This is the secant of x²; the curve is x³."),
    ((2**3 - 1.9**3) / 0.1,          "This secant goes to the left, to x = 1.9."),
    ((2.1**3 - 1.9**3) / 0.2,        "This secant begins on the left of 2, at x = 1.9."),
])

exercise("01.2", lambda x: 2 * x - 3, """
    The rise from x to x + h is 2xh + h² − 3h. Divided by h that is 2x + h − 3, and when h has gone,
    2x − 3 is left. The 5 lifts the curve and does not tilt it.
    > Work out (x + h)² − 3(x + h) + 5 and take x² − 3x + 5 away. What is left?
    > Everything that is left has a factor h. Divide by it, and only then let h be 0.""", [
    (lambda x: 2 * x,                "The term −3x has a slope as well."),
    (lambda x: 2 * x + 3,            "Look at the sign of the slope of −3x."),
    (lambda x: 2 * x - 3 + 5,        "A constant lifts the curve; its own slope is 0."),
    (lambda x: x - 3,                "A factor of two is missing: (x + h)² has the term 2xh."),
    (lambda x: x**2 - 3 * x + 5,     "This is the curve itself, not its slope."),
    (lambda x: 2 * x - 3 * x,        "The slope of −3x is the same number everywhere."),
    (lambda x: x**2 - 3,             "The slope of x² is not x² itself."),
], points=((-2.0,), (0.0,), (1.0,), (4.0,)))

exercise("01.3", 5 - 2 * 0.1, """
    Slope times step is the change: −2 · 0.1 = −0.2. This is what a machine does when it learns: it
    asks the slope which small step makes the loss smaller.
    > How far does w move, and how much does the loss change for each unit of w?
    > New loss = old loss + slope · step, and mind the sign of the slope.""", [
    (5 + 2 * 0.1,                    "The slope is negative: with growing w the loss falls."),
    (5 - 2,                          "This is a step of a whole unit of w; the step is 0.1."),
    (-2 * 0.1,                       "This is the change alone; where does it start?"),
    (0.2,                            "This is the size of the change alone; where does it start?"),
    (5 - 0.1,                        "The step is not multiplied by the slope."),
    (5 - 2 * 3.1,                    "Multiply the slope by the step, not by the new w."),
    (5 - 0.1 / 2,                    "Multiply the step by the slope; do not divide."),
])

choice("01.4", "d", """
    At 0 the slope jumps from −1 to 1, at 1 it jumps from 1 to 2. Everywhere else f is a straight
    line. Networks of ReLUs are made like this: straight pieces, with kinks.
    > Move x slowly along the curve with a small h. Where do the two secants disagree?
    > Write down the slope left of 0, between 0 and 1, and right of 1.""",
    a="Both kinks bend the curve upwards, and at different places: they stay.",
    b="Look at the other part as well: when does the ReLU switch on?",
    c="Look at the other part as well: where does the absolute value turn?",
    e="There the curve is a straight line, and a line has a slope.")
