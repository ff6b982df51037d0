"""Lesson 04, how wrong is a line: SSE(m, c) = Σ(m·xᵢ + c − yᵢ)², a height over all lines (m, c)."""

from functools import cache

import numpy as np

from calclearn import line_loss, penguin_line
from calclearn.data import LineData
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers import Explorer, controls, explore, round_slider, slider
from calclearn.figures.curves import Data, Line, Residuals, TotalSquare
from calclearn.figures.style import BEST, MODEL, legend_below, panels, style
from calclearn.figures.surfaces import Point, ShadedPoints, window_around

DATA = penguin_line()
x, y = DATA.x, DATA.y


def residual_squares(data: LineData = DATA) -> Explorer:
    """How wrong is a line? Slope and intercept move it; its squared residuals are real squares.

    On the right stands one square as large as all of them together: the SSE. `points` says how many
    of the penguins take part, or of the `data` that are given. The line can be dragged by its ends.

    >>> residual_squares().set(slope=0.5, intercept=4, points=12).state["weights"]
    array([0.5, 4. ])
    """
    slopes, intercepts = window_around(line_loss(data.x, data.y), rise=1.4)
    unit, few = data.y_unit, cache(data.thinned)
    corners = np.array([(m, c) for m in slopes for c in intercepts]).T  # (2, 4)

    def measure(slope, intercept, points) -> dict:
        weights, kept = np.array([slope, intercept]), few(points)
        loss = line_loss(kept.x, kept.y)
        total, least = loss(weights), loss(loss.minima[0])
        best = "hardly any line does better: you are there"
        if total >= 1.005 * least:
            best = f"the best line reaches {least:.3g} {unit}²"
        # Far from the data a square would be so large that those near the best line cannot be seen.
        most = min(loss(corners).max(), 12 * len(kept) * data.y.var())
        sums = {"total": total, "least": least, "most": most}
        return {"data": kept, "weights": weights, "best": best} | sums

    left, right = panels("flat", "flat", ratios=(1.5, 1), height=3.9)
    drawings = [
        Data(left, title="data, line and squared residuals", around=data),
        Residuals(left),
        Line(left, handles=(data.x.min(), data.x.max())),
        TotalSquare(right, unit=unit),
    ]
    return explore(
        measure, drawings,
        "The line with slope {slope:.2f} and intercept {intercept:.2f} misses {points} points: the "
        f"squares add up to SSE = {{total:.3g}} {unit}²; {{best}}.",
        slope=round_slider(0.0, slopes), intercept=round_slider(data.y.mean(), intercepts),
        points=slider(min(12, len(data)), 3, min(40, len(data)), 1),
    )  # fmt: skip


def far_penguin() -> Explorer:
    """What does one far penguin do to the best line? Drag it, and watch two lines.

    One has the smallest sum of squares, the other the smallest sum of absolute values. The latter
    goes through two of the points, so it is the best of the lines through a pair.

    >>> far_penguin().set(flipper=3.5, mass=3.0).caption.partition("by squares")[0]
    'With this penguin at 3.5 cm and 3.0 kg the slope is 0.46 '
    """
    data = DATA.thinned(14)
    first, second = np.triu_indices(len(data) + 1, 1)

    def fit(flipper, mass) -> dict:
        x, y = np.append(data.x, flipper), np.append(data.y, mass)
        slopes = (y[second] - y[first]) / (x[second] - x[first])  # NaN or infinite: no line
        lines = np.stack([slopes, y[first] - slopes * x[first]])  # (2, pairs)
        sizes = np.abs(lines[0][:, None] * x + lines[1][:, None] - y).sum(axis=1)
        loss = line_loss(x, y)
        squares = loss.minima[0]
        return {
            "penguin": np.array([flipper, mass]),
            "squares": squares,
            "absolute": lines[:, np.nanargmin(sizes)],
            "share": (np.polyval(squares, flipper) - mass) ** 2 / loss(squares),
        }

    (ax,) = panels("flat", height=4.0)
    with style():
        ax.plot([], [], color=MODEL, lw=2.5, label="smallest sum of squares")
        ax.plot([], [], color=BEST, lw=2.5, ls="--", label="smallest sum of absolute values")
    legend_below(ax)
    drawings = [
        Data(ax, data, title="drag the orange penguin", around=DATA),
        Line(ax).on(weights="squares"),
        Line(ax, color=BEST, dashes="--").on(weights="absolute"),
        Point(ax, drags=("flipper", "mass")).on(weights="penguin"),
    ]
    return explore(
        fit, drawings,
        "With this penguin at {flipper:.1f} cm and {mass:.1f} kg the slope is {squares[0]:.2f} by "
        "squares and {absolute[0]:.2f} by absolute values. Its square alone is {share:.0%} of the "
        "blue line's SSE.",
        flipper=slider(3.0, -2.0, 4.5, 0.1, label="its flipper, x (cm)"),
        mass=slider(5.2, 2.5, 6.5, 0.05, label="its mass (kg)"),
    )  # fmt: skip


def family_of_lines() -> Explorer:
    """Each line is one point of weight space. A family of lines over the data, and its points.

    `family` says what differs between its lines; the thick line is the present one. The darker a
    point, the lower its SSE.

    >>> family_of_lines().set(family="through the middle").state["lines"].shape
    (2, 26)
    """
    surface = line_loss(x, y)
    window = slopes, intercepts = window_around(surface)

    def draw(slope, intercept, family) -> dict:
        t = np.linspace(-1, 1, 25)
        if family == "intercept":
            others = np.stack([0 * t + slope, intercept + t * np.ptp(intercepts) / 2])
        else:
            turned = slope + t * np.ptp(slopes) / 2
            pivot = x.mean() if family == "through the middle" else 0.0
            others = np.stack([turned, intercept + (slope - turned) * pivot])
        lines = np.column_stack([others, (slope, intercept)])  # (2, 26), the present one last
        losses = surface(lines)
        best = np.argmin(losses)
        return {
            "lines": lines, "losses": losses, "weights": lines[:, -1], "loss": losses[-1],
            "best": lines[:, best], "least": losses[best],
        }  # fmt: skip

    left, right = panels("flat", "flat", ratios=(1.25, 1), height=3.9)
    points = ShadedPoints(right, surface, window, title="the same lines as points (dark: low SSE)")
    drawings = [
        Data(left, DATA, title="a family of lines"),
        Line(left).on(weights="lines"),
        points.on(weights="lines"),
        Point(right, drags=("slope", "intercept")),
    ]
    families = ["slope", "intercept", "through the middle"]
    return explore(
        draw, drawings,
        "Thick line, large point: slope {slope:.2f}, intercept {intercept:.2f}, SSE {loss:.4g} "
        "kg². The best line of this family has slope {best[0]:.2f}, intercept {best[1]:.2f} and "
        "SSE {least:.4g} kg².",
        slope=round_slider(0.3, slopes), intercept=round_slider(4.4, intercepts),
        family=controls.choice(families, label="what varies"),
    )  # fmt: skip


# Exercises; the questions stand in the notebook.
# fmt: off

light, heavy = y.argmin(), y.argmax()
rise = (y[heavy] - y[light]) / (x[heavy] - x[light])
mistyped = np.where(np.arange(len(y)) == 0, 10 * y, y)
r = 0.5 * x + 3.7 - mistyped
share = r[0]**2 / np.sum(r**2)


def sse(m, c, x, y):
    return np.sum((m * x + c - y)**2)


outcome("04", 1, """
    Two squared is 4, one squared plus one squared is 2. Squaring makes one large miss count more
    than two that are half as large.""")

exercise("04.1", sse, """
    One line of NumPy: predictions, minus y, squared, added. It holds for any points.
    > Write the residual of all points at once: prediction − y.
    > `**2` squares every entry of an array and `np.sum` adds them up.""", [
    (lambda m, c, x, y: np.sum(m * x + c - y),         "The residuals are added, but not squared: too high and too low cancel."),
    (lambda m, c, x, y: np.sum(np.abs(m * x + c - y)), "The sizes of the residuals are added, not their squares."),
    (lambda m, c, x, y: np.mean((m * x + c - y)**2),   "This is the mean of the squares, not their sum."),
    (lambda m, c, x, y: np.sqrt(sse(m, c, x, y)),      "This is the square root of the sum."),
    (lambda m, c, x, y: np.sum(m * x + c - y)**2,      "Square first, then add."),
    (lambda m, c, x, y: sse(c, m, x, y),               "Slope and intercept have changed places."),
    (lambda m, c, x, y: sse(m, 0.0, x, y),             "The intercept is missing."),
    (lambda m, c, *_: sse(m, c, DATA.x, DATA.y), "This always uses the penguins: use the x and y that the function is given."),
], points=((0.5, 3.7, x, y), (0.0, 3.0, x, y), (-1.5, -2.0, np.array([1.0, 2.0, 4.0]), np.array([3.0, -1.0, 0.5]))))

exercise("04.2", np.array([rise, y[light] - rise * x[light]]), """
    Through two points there is a line without residuals. With more points than weights there is
    none in general, and the smallest SSE is above zero.
    > The slope is the difference of the two y, divided by the difference of the two x.
    > The intercept is what is left of one penguin's y after slope · x is taken away.""", [
    ([1 / rise, y[light] - x[light] / rise], "The slope is upside down: it is the change of y per change of x."),
    ([rise, y[light]],                       "This is the lightest penguin's y; the intercept is the height at x = 0."),
    ([rise, y[heavy]],                       "This is the heaviest penguin's y; the intercept is the height at x = 0."),
    ([rise, y[light] + rise * x[light]],     "The slope is right; from the penguin to x = 0 the line goes the other way."),
    (np.polyfit(x, y, 1),                    "This is the best line through all penguins, not these two."),
])

exercise("04.3", share, """
    One bird out of hundreds makes up nearly the whole loss: a square grows with the square of the
    distance, so that the line with the lowest SSE runs after far points.
    > Make a copy of y, change its first entry, and compute all residuals again.
    > The fraction is the first square divided by the sum of all squares.""", [
    (100 * share,                   "This is the share in per cent; a fraction is asked for."),
    (abs(r[0]) / np.sum(np.abs(r)), "This is the share of the lengths of the residuals, not of their squares."),
    (r[0]**2 / sse(0.5, 3.7, x, y), "This divides by a sum without the mistyped square; the whole has it in."),
    (((0.5 * x + 3.7 - y)**2)[0] / sse(0.5, 3.7, x, y), "This is the share before the slip: change y first."),
    (1 - share,                     "This is the share of all the other penguins."),
    (1 / len(y),                    "This is the share of one bird in the number of birds."),
    (r[0]**2,                       "This is the bird's square; divide it by the sum of all squares."),
])

choice("04.4", "a", """
    Σ(slope · xᵢ + intercept − yᵢ) is zero as soon as the line meets the point (mean x, mean y), at
    any slope: what lies above cancels what lies below.
    > Try it: turn a line around the middle of the data and add its plain residuals.
    > What do the residuals above and below the line do to each other in a sum?""",
    b="A residual larger than one grows when it is squared.",
    c="A residual below the line has a sign, but it is counted once.",
    d="The square of kilograms is kg²: change the unit and the SSE changes.")
