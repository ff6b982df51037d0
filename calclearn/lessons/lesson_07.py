"""Lesson 07, how big a step: along an eigenvector of the Hessian with eigenvalue λ, a step of
gradient descent multiplies the error by 1 − η·λ.
"""

from functools import cache

import numpy as np

from calclearn import GradientDescent, Stop, descend, line_loss, penguin_line
from calclearn.data import LineData
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers import Explorer, explore, round_slider, slider
from calclearn.explorers.controls import turning
from calclearn.figures.descents import Bands, LossCurve, Path
from calclearn.figures.marks import Area, Dots, Lines, Rule
from calclearn.figures.style import BEST, LIGHT, MODEL, STEP, panels, style
from calclearn.figures.surfaces import Bowl, Contours, Point, PrincipalAxes, window_around
from calclearn.lessons import descents
from calclearn.lessons.descents import STEPS, far_start, progress, rate_slider

AXES = (MODEL, STEP)  # the flat one and the steep one
GOAL = 10  # steps in which the loss can come near its lowest value
DATA = penguin_line()
LOSS = line_loss(DATA.x, DATA.y)
BEST_LINE = LOSS.minima[0]


def learning_rate(data: LineData = DATA) -> Explorer:
    """How big a step? The path on the map and on the bowl, the loss, and what each rate would do.

    The track and the strip are coloured by the Hessian of the data in use: `points` takes fewer of
    them, and the bands move. The start can be dragged on the map, and the descent can be played.

    >>> "it diverges after" in learning_rate().set(learning_rate=1e-3).caption
    True
    """
    whole, unit = line_loss(data.x, data.y), f"{data.y_unit}²"
    window, start, rate = window_around(whole), far_start(whole), rate_slider(whole)
    wide, long = np.ptp(window, axis=1)

    @cache
    def loss_of(points: int):
        few = data.thinned(points)
        return line_loss(few.x, few.y)

    def walk(learning_rate, points, slope, intercept):
        surface, weights = loss_of(points), np.array([slope, intercept])
        lowest, rates = float(surface(surface.minima[0])), descents.regimes(surface)
        return {
            "surface": surface, "weights": weights, "lowest": lowest,
            "descent": descend(surface, weights, GradientDescent(learning_rate), STEPS),
            "rates": rates, "bands": descents.bands(rates),
            "goal": (GOAL, float(f"{1.13 * lowest:.2g}")),
        }  # fmt: skip

    def caption(learning_rate, descent, step, lowest, rates, goal, points, slope, intercept) -> str:
        reached = descent.stop != Stop.DIVERGED and descent.values[: GOAL + 1][-1] < goal[1]
        return (
            f"{descents.regime(rates, learning_rate)}. From ({slope:.2f}, {intercept:.2f}): along "
            f"the worse axis the error is multiplied by {_factor(rates.factor(learning_rate))} at each "
            f"step; {progress(descent, step, unit)} (lowest possible: {lowest:.3g} {unit}). With "
            f"{points} points the border 2/λmax is {rates.oscillates:.3g}. Goal ★, below "
            f"{goal[1]:.3g} {unit} in {GOAL} steps: {'reached' if reached else 'not yet'}."
        )

    left, middle, right, strip = panels(
        "flat", "solid", "flat", "strip", ratios=(0.75, 1.15, 1), height=4.1
    )
    drawings = [
        Contours(left, window=window, title="path on the map", equal=0.25 < long / wide < 4),
        PrincipalAxes(left),
        Bowl(middle, window=window, title=f"path in the bowl: SSE ({unit})"),
        Path(left),
        Path(middle),
        LossCurve(right, steps=STEPS, unit=unit),
        Dots(right, "goal", marker="*", markersize=13, color=BEST),
        Point(left, drags=("slope", "intercept")),
        Bands(strip, (rate.base**rate.min, rate.base**rate.max)),
    ]
    return explore(
        walk, drawings, caption, play="step", learning_rate=rate,
        points=slider(len(data), len(data) // 10, len(data), 1), step=slider(STEPS, 0, STEPS, 1),
        slope=round_slider(start[0], window[0], label="start slope"),
        intercept=round_slider(start[1], window[1], label="start intercept"), **turning(),
    )  # fmt: skip


def _factor(factor: float) -> str:
    """Return a factor with four digits; one that is nearly 1 by what it lacks of 1."""
    return f"1 − {1 - factor:.1g}" if 0.99995 <= factor < 1 else f"{factor:.4g}"


def two_factors() -> Explorer:
    """Why can one rate not serve both axes? Each has its own factor 1 − ηλ.

    Along an eigenvector v of the Hessian the error e = v · (w − w*) follows eₖ = (1 − ηλ)ᵏ e₀, and
    the loss is the lowest one plus ½ λ e² for each axis.

    >>> two_factors().set(learning_rate=0.0004).state["factors"].round(2)
    array([0.85, 0.01])
    """
    curvatures, directions = np.linalg.eigh(LOSS.hessian(BEST_LINE))
    lowest, fastest = float(LOSS(BEST_LINE)), 2 / curvatures.sum()

    def walk(learning_rate):
        descent = descend(LOSS, far_start(LOSS), GradientDescent(learning_rate), STEPS)
        factors = 1 - learning_rate * curvatures
        flat, steep = errors = np.abs(directions.T @ (descent.points - BEST_LINE).T)  # (2, k+1)
        parts = curvatures[:, None] / 2 * errors**2
        steps = np.arange(len(flat))
        floors = lowest + np.cumsum([0 * flat, *parts], axis=0)  # (3, k+1)
        return {
            "descent": descent, "factors": factors, "rates": ([learning_rate] * 2, factors),
            "flat": flat, "flat_loss": (steps, *floors[:2]),
            "steep": steep, "steep_loss": (steps, *floors[1:]),
        }  # fmt: skip

    def caption(learning_rate, factors, descent, step) -> str:
        flat, steep = factors
        if abs(learning_rate - fastest) < 0.005 * fastest:
            verdict = "both are equally slow, so no single rate does better"
        elif steep < -1:
            verdict = "the steep axis overshoots farther each time"
        elif -steep > flat:
            verdict = "the steep axis is the slower one, so a smaller rate is better"
        else:
            verdict = "the flat axis is the slower one, so a larger rate is better"
        return (
            f"At each step the error along the flat axis is multiplied by {flat:.3f}, along the "
            f"steep one by {steep:.3f}: {verdict}; {progress(descent, step, 'kg²')}."
        )

    left, middle, right = panels("flat", "flat", "flat")
    top = 0.001
    left.set(title="factor $1 - \\eta\\lambda$", xlabel="learning rate $\\eta$")
    left.set(xlim=(0, top), ylim=(-1.6, 1.1), xticks=[0, top / 2, top])
    middle.set(title="error along each axis", xlabel="step $k$", yscale="log")
    middle.set(xlim=(0, STEPS), ylim=(1e-6, 1e3))  # the legend stands above
    right.set(title="loss, stacked by axis (kg²)", xlabel="step $k$")
    right.set(xlim=(0, 20), ylim=(0, 400))
    with style():
        left.axhspan(-1, 1, color=LIGHT, alpha=0.4, lw=0)
        left.axvline(fastest, color=BEST, ls="--", lw=1.2)
        left.text(fastest, -1.55, "best", ha="right", va="bottom", rotation=90, color=BEST)
        for curvature, color, ls in zip(curvatures, AXES, ("-", "--"), strict=True):
            left.plot([0, top], [1, 1 - top * curvature], color=color, ls=ls)
        right.axhspan(0, lowest, color=LIGHT, lw=0)
        right.text(19.5, lowest / 2, "lowest possible", ha="right", va="center")
    labels = [f"flat, λ = {curvatures[0]:,.0f}", f"steep, λ = {curvatures[1]:,.0f}"]
    drawings = [
        Dots(left, "rates", color=STEP),
        Lines(middle, "flat", "steep", color=[*AXES], ls=["-", "--"], label=labels, step="step"),
        Area(right, "flat_loss", "steep_loss", color=[*AXES], alpha=0.7),
        Rule(right, x="step", color=STEP),
    ]
    middle.legend(loc="upper right")
    rate = slider(0.0004, 0.00001, top, 0.00001)
    return explore(walk, drawings, caption, play="step", learning_rate=rate)


def _loop(gradient, start, learning_rate, steps):
    """Gradient descent in three lines, the answer to 07.5."""
    for _ in range(steps):
        start = start - learning_rate * gradient(start)
    return start


# Exercises; the questions stand in the notebook.
# fmt: off

n, rate, start = len(DATA), 0.0002, np.array([0.0, 3.0])
H, g = LOSS.hessian(start), LOSS.gradient(start)
flat, steep = np.linalg.eigvalsh(H)
cases = [(lambda w: 8 * np.asarray(w), np.array([1.0, -2.0]), 0.2, 1), (LOSS.gradient, start, rate, 5), (np.cos, start, 0.1, 3)]
slope_first = start - rate * g * [1, 0]
one_by_one = slope_first - rate * LOSS.gradient(slope_first) * [0, 1]

outcome("07", 3, """
    The SSE is a sum over the points, and so is its curvature: with a tenth of the points the bowl
    is a tenth as steep. Set the points to 34 and look at the strip.""")

exercise("07.1", start - rate * g, """
    w − η·∇SSE(w), both weights at once, with the gradient of the place where you stood.
    > Compute the gradient (2 Σ rᵢxᵢ, 2 Σ rᵢ) at the start. Which way is down?
    > New weights = old weights − learning_rate · gradient.""", [
    (start + rate * g,               "This step goes uphill: the sign."),
    (start - rate * g / 2,           "The gradient lacks the two from the square."),
    (start - rate * g / n,           "This is the step of the mean squared error."),
    (-rate * g,                      "This is the step alone: add it to the start."),
    (rate * g,                       "This is the step alone, and its sign is wrong."),
    (start - g,                      "The learning rate is missing."),
    (start - rate * g[[1, 1]],       "The slope's part of the gradient has lost its x."),
    (start - rate * g[::-1],         "The parts of the gradient have changed places."),
    (one_by_one,                     "The intercept moved with the gradient of the new slope: move both at once."),
])

exercise("07.2", 2 * n / steep, """
    Dividing the loss by n divides every curvature by n, so the bound 2/λmax grows n times. It no
    longer depends on how many points there are: that is why people use it.
    > The bound is 2/λmax. Which Hessian has the mean, if the sum has H?
    > Divide the Hessian by n, find its largest eigenvalue, and form 2/λmax.""", [
    (2 / steep,                      "This is the bound of the sum. What does dividing by n do to λmax?"),
    (2 / (n * steep),                "Dividing the loss by n makes the bowl flatter, not steeper."),
    (n / steep,                      "The steepest direction is right after one step here: more is possible."),
    (2 * n / flat,                   "This is the bound of the flattest direction; the steepest one fails first."),
    (4 * n / steep,                  "This Hessian lacks the two from the square."),
    (2 * n / H[0, 0],                "This takes the curvature along the slope axis; the bowl is tilted."),
    (2 * n / H[1, 1],                "This takes the curvature along the intercept axis only."),
    (2 * n / (flat + steep),         "This is the best learning rate of all, not the largest one."),
    (steep / n,                      "This is the curvature itself; the bound is a learning rate."),
])

exercise("07.3", 1 - flat / steep, """
    1 − η·λmin = 1 − λmin/λmax: the longer the bowl, the nearer to one, and the slower. No single
    learning rate can serve both directions well.
    > Along an eigenvector with eigenvalue λ the factor is 1 − η·λ. Which λ, which η?
    > Put η = 1/λmax into 1 − η·λmin.""", [
    (flat / steep,                   "This is what a step takes away; the factor is what it leaves."),
    (1 - steep / flat,               "The two curvatures have changed places."),
    (1 + flat / steep,               "The sign: a step takes some of the error away."),
    (0.0,                            "This is the factor of the steepest direction."),
    (1 - 2 * flat / steep,           "This is the factor at twice that learning rate."),
    (steep / flat,                   "This is how many times longer than wide the bowl is, in curvature."),
    ((steep - flat) / (steep + flat), "This is the factor at the best learning rate, not at this one."),
])

choice("07.4", "c", """
    The error along the steep direction shrinks by another factor than along the flat one. Only in
    a round bowl, or along an eigenvector, is the path straight.
    > Look at the path in the bowl of standardised x, and compare.
    > After many steps, which part of the error has gone, and which is still there?""",
    a="The noise sits in the data once and for all; the bowl itself is smooth.",
    b="It is the same number at every step here.",
    d="It is at right angles to them everywhere, and just that bends the path.")

exercise("07.5", _loop, """
    w ← w − η · ∇L(w), again and again: the gradient is taken anew at each place.
    > A `for` loop over `range(steps)`, with one line inside it.
    > That line takes the learning rate times `gradient(w)` away from `w`.""", [
    (lambda *a: a[1],                          "This is the start: no step has been taken."),
    (lambda g, w, r, k: _loop(g, w, -r, k),     "Each step goes uphill: the sign."),
    (lambda g, w, r, k: _loop(g, w, r, k + 1),  "This takes one step more than it was asked for."),
    (lambda g, w, r, k: _loop(g, w, r, k - 1),  "This takes one step fewer than it was asked for."),
    (lambda g, w, r, k: _loop(g, w, r, min(k, 1)), "Only the first step is taken: does `return` stand inside the loop?"),
    (lambda g, w, r, k: w - k * r * g(w),      "The gradient is the one at the start at every step: take it where you stand."),
    (lambda g, w, r, k: _loop(lambda v: g(v) + (v - w) / r, w, r, k), "Each step sets out from `start` again: set out from where you stand."),
    (lambda g, w, r, k: _loop(g, w, 1, k),      "The learning rate is missing."),
    (lambda g, w, r, k: np.stack([_loop(g, w, r, i) for i in range(k + 1)]), "This is the whole path: return the last point alone."),
], points=cases, returns=(2,))
