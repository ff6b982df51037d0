"""Explorers of lines over data: what a line gets wrong as areas, and lines as points."""

from functools import cache

import numpy as np

from calclearn.data import LineData, penguin_line
from calclearn.descent.losses import line_loss
from calclearn.explorers.controls import choice, round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.figures.curves import Data, Line, Residuals, TotalSquare
from calclearn.figures.style import panels
from calclearn.figures.surfaces import Point, ShadedPoints, window_around


def residual_squares(data: LineData | None = None) -> Explorer:
    """How wrong is a line? Slope and intercept move it; its squared residuals are real squares.

    On the right stands one square as large as all of them together: the SSE. `points` sets how
    many of the data take part. Without `data` it shows the penguins.

    >>> residual_squares().set(slope=0.5, intercept=4, points=12).state["weights"]
    array([0.5, 4. ])
    """
    data = penguin_line() if data is None else data
    slopes, intercepts = window_around(line_loss(data.x, data.y), rise=1.4)
    corners = np.array([(m, c) for m in slopes for c in intercepts]).T
    left, right = panels("flat", "flat", ratios=(1.5, 1), height=3.9)

    @cache
    def fit(points: int):
        few = data.thinned(points)
        return few, line_loss(few.x, few.y)

    def compute(slope: float, intercept: float, points: int) -> dict:
        (few, surface), weights = fit(points), np.array([slope, intercept])
        sums = surface(weights), surface(surface.minima[0]), surface(corners).max()
        return {"data": few, "weights": weights, "squares": (few, weights), "sums": sums}

    def caption(state: dict) -> str:
        (slope, intercept), (total, least, _) = state["weights"], state["sums"]
        unit = f"{data.y_unit}²"
        verdict = (
            "hardly any line does better"
            if total < 1.005 * least
            else f"the best line reaches {least:.3g} {unit}"
        )
        return (
            f"The line with slope {slope:.2f} and intercept {intercept:.2f} misses "
            f"{len(state['data'])} points: the squares add up to "
            f"SSE = {total:.3g} {unit}; {verdict}."
        )

    drawings = {
        "data": Data(left, title="data, line and squared residuals", around=data),
        "squares": Residuals(left),
        "weights": Line(left),
        "sums": TotalSquare(right, unit=data.y_unit),
    }
    return explore(
        compute,
        drawings,
        caption,
        slope=round_slider(0.0, slopes),
        intercept=round_slider(data.y.mean(), intercepts),
        points=slider(12, 3, 40, 1),
    )


def family_of_lines(data: LineData | None = None) -> Explorer:
    """Each line is one point of weight space. A family of lines over the data, and its points.

    `family` says what differs between its lines; the thick line is the present one. The darker a
    point, the lower its SSE.

    >>> family_of_lines().set(family="through the middle").state["weights"].shape
    (2, 26)
    """
    data = penguin_line() if data is None else data
    surface = line_loss(data.x, data.y)
    window = slopes, intercepts = window_around(surface)
    left, right = panels("flat", "flat", ratios=(1.25, 1), height=3.9)
    middle = data.x.mean()

    def compute(slope: float, intercept: float, family: str) -> dict:
        t = np.linspace(-1, 1, 25)
        if family == "intercept":
            others = np.stack([0 * t + slope, intercept + t * np.ptp(intercepts) / 2])
        else:
            turned = slope + t * np.ptp(slopes) / 2
            pivot = middle if family == "through the middle" else 0.0
            others = np.stack([turned, intercept + (slope - turned) * pivot])
        weights = np.column_stack([others, (slope, intercept)])
        return {"weights": weights, "losses": (weights, surface(weights)), "now": weights[:, -1]}

    def caption(state: dict) -> str:
        (weights, losses), unit = state["losses"], f"{data.y_unit}²"
        (slope, intercept), best = state["now"], weights[:, np.argmin(losses)]
        return (
            f"Thick line, large point: slope {slope:.2f}, intercept {intercept:.2f}, "
            f"SSE {losses[-1]:.4g} {unit}. Of the lines of this family the best has slope "
            f"{best[0]:.2f}, intercept {best[1]:.2f} and SSE {losses.min():.4g} {unit}."
        )

    Data(left, title="a family of lines").update(data)
    drawings = {
        "weights": Line(left),
        "losses": ShadedPoints(
            right, window, losses=surface, title="the same lines as points (dark: low SSE)"
        ),
        "now": Point(right, drags=("slope", "intercept")),
    }
    return explore(
        compute,
        drawings,
        caption,
        slope=round_slider(0.3, slopes),
        intercept=round_slider(4.4, intercepts),
        family=choice(["slope", "intercept", "through the middle"], label="what varies"),
    )
