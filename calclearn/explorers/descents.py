"""Explorers of descent: the learning rate, what it does to the loss, and to each weight."""

from functools import cache

import numpy as np

from calclearn.data import LineData, penguin_line
from calclearn.descent.curvature import Regimes, eigenvalues
from calclearn.descent.descend import descend
from calclearn.descent.losses import line_loss
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.surfaces import Surface
from calclearn.explorers.controls import coloured, log_slider, round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.surfaces import turning
from calclearn.explorers.wording import ended
from calclearn.figures.curves import Data, Line
from calclearn.figures.descents import Bands, LossCurve, Path, WeightCurve
from calclearn.figures.style import REGIMES, WEIGHTS, panels
from calclearn.figures.surfaces import Bowl, Contours, Point, window_around

STEPS = 60


def first_descent(data: LineData | None = None) -> Explorer:
    """One slider, the learning rate, on a real line fit: the line, the bowl, the loss by step.

    >>> first_descent().set(learning_rate=3e-4).caption.partition(":")[0]
    'Learning rate 0.0003 converges'
    """
    data = penguin_line() if data is None else data
    surface, unit = line_loss(data.x, data.y), f"{data.y_unit}²"
    window, start = window_around(surface), _start(surface)
    left, middle, right = panels("flat", "solid", "flat", ratios=(1, 1.1, 1))

    def compute(learning_rate: float) -> dict:
        state = _walk(surface, start, learning_rate)
        return state | {"lines": state["descent"].points.T, "view": (surface, -60, 35)}

    def caption(state: dict) -> str:
        return f"{_regime(state)}; {_outcome(state, unit)}"

    Data(left, title="data, and the line at every step").update(data)
    drawings = {
        "view": Bowl(middle, window=window, title=f"path in the bowl: loss ({unit})", drags=()),
        "lines": Line(left),
        "descent": Path(middle),
        "losses": LossCurve(right, steps=STEPS, unit=unit),
    }
    return explore(compute, drawings, caption, learning_rate=_rate_slider(surface))


def learning_rate(data: LineData | None = None) -> Explorer:
    """How big a step? The path on the map and on the bowl, the loss, and what each rate would do.

    The track and the strip are coloured by the Hessian of the data in use: `points` takes fewer of
    them, and the bands move. The start can be dragged on the map.

    >>> "it diverges after" in learning_rate().set(learning_rate=1e-3).caption
    True
    """
    data = penguin_line() if data is None else data
    whole, unit = line_loss(data.x, data.y), f"{data.y_unit}²"
    window, start = window_around(whole), _start(whole)
    middle, solid, right, strip = panels(
        "flat", "solid", "flat", "strip", ratios=(0.75, 1.15, 1), height=4.1
    )
    control = _rate_slider(whole)

    @cache
    def fit(points: int):
        few = data.thinned(points)
        return line_loss(few.x, few.y)

    def compute(learning_rate, points, slope, intercept, azimuth, elevation) -> dict:
        surface, start = fit(points), np.array([slope, intercept])
        state = _walk(surface, start, learning_rate)
        return state | {
            "surface": surface, "view": (surface, azimuth, elevation), "start": start,
            "points": points, "bands": (bands(state["regimes"]), learning_rate),
        }  # fmt: skip

    def caption(state: dict) -> str:
        (slope, intercept), border = state["start"], state["regimes"].oscillates
        factor = abs(state["regimes"].factor(state["learning_rate"]))
        return (
            f"{_regime(state)}. In the slowest direction the distance to the bottom "
            f"{'shrinks' if factor < 1 else 'grows'} to {factor:.3g} of itself a step; "
            f"{_outcome(state, unit)} Start: slope {slope:.2f}, intercept {intercept:.2f}. With "
            f"{state['points']} points the border 2/λmax is {border:.3g}."
        )

    drawings = {
        "surface": Contours(middle, window=window, title="path on the map", equal=True),
        "view": Bowl(solid, window=window, title=f"path in the bowl: SSE ({unit})"),
        "descent": [Path(middle), Path(solid)],
        "losses": LossCurve(right, steps=STEPS, unit=unit),
        "start": Point(middle, drags=("slope", "intercept")),
        "bands": Bands(strip, (control.base**control.min, control.base**control.max)),
    }
    return explore(
        compute,
        drawings,
        caption,
        learning_rate=control,
        points=slider(len(data), len(data) // 10, len(data), 1),
        slope=round_slider(start[0], window[0], label="start slope"),
        intercept=round_slider(start[1], window[1], label="start intercept"),
        **turning(),
    )


def each_weight(data: LineData | None = None) -> Explorer:
    """Why is the path not straight? Each weight follows its own partial derivative.

    >>> each_weight().state["descent"].points.shape[1]
    2
    """
    data = penguin_line() if data is None else data
    surface = line_loss(data.x, data.y)
    window, start = window_around(surface), _start(surface)
    left, *axes = panels("flat", "flat", "flat", ratios=(0.7, 1, 1))

    def compute(learning_rate: float) -> dict:
        return _walk(surface, start, learning_rate)

    def caption(state: dict) -> str:
        descent = state["descent"]
        change = np.abs(descent.points[1] - descent.points[0])
        return (
            f"Learning rate {state['learning_rate']:.3g}: the first step moves the slope by "
            f"{change[0]:.3g} and the intercept by {change[1]:.3g}, each by η times its own "
            f"partial derivative; {ended(descent, f'{data.y_unit}²')}."
        )

    Contours(left, window=window, title="path on the map", equal=True).update(surface)
    curves = [
        WeightCurve(
            ax, k, steps=STEPS, window=window[k], best=surface.minima[0][k], color=WEIGHTS[k]
        )
        for k, ax in enumerate(axes)
    ]
    drawings = {"descent": [Path(left), *curves]}
    return explore(compute, drawings, caption, learning_rate=_rate_slider(surface))


def _walk(surface, start: np.ndarray, learning_rate: float) -> dict:
    """Return a descent with what its learning rate was bound to do."""
    descent = descend(surface, start, GradientDescent(learning_rate), STEPS)
    lowest = float(surface(surface.minima[0]))
    return {
        "descent": descent, "losses": (descent, lowest), "lowest": lowest,
        "learning_rate": learning_rate, "regimes": regimes(surface),
    }  # fmt: skip


def _start(surface) -> np.ndarray:
    """Return a start far up the bowl and off its axes, on round numbers."""
    (w0, w1), ((low0, high0), (low1, high1)) = surface.minima[0], window_around(surface)
    return np.round([w0 - 0.38 * (high0 - low0), w1 + 0.1 * (high1 - low1)], 1)


def rate_for(surface: Surface, share: float) -> float:
    """A learning rate that suits the minimum: this share of 1/λmax, to one digit.

    Raises ValueError for a surface that has not two weights, or no minimum that is known.

    >>> from calclearn.descent.landscapes import booth
    >>> rate_for(booth(), 0.5)  # λmax = 18
    0.03
    """
    if surface.dimension != 2 or not surface.minima:
        raise ValueError(
            f"surface must have two weights and a known minimum, got {surface.name or surface!r}"
        )
    return float(f"{share / eigenvalues(surface, surface.minima[0])[-1]:.1g}")


def regimes(surface: Surface) -> Regimes:
    """Return which learning rates creep, converge, oscillate and diverge on a bowl."""
    return Regimes(eigenvalues(surface, surface.minima[0]), STEPS)


def bands(rates: Regimes) -> list[tuple[float, str, str]]:
    """Return the regimes as (upper end, colour, name), for a slider's track and for `Bands`."""
    ends = (rates.creeps, rates.converges, rates.oscillates, np.inf)
    return [(end, colour, name) for end, (name, colour) in zip(ends, REGIMES.items(), strict=True)]


def _rate_slider(surface):
    """Return a slider from rates that hardly move to some that diverge for a tenth of the data."""
    value = rate_for(surface, 0.5)
    control = log_slider(value, value * 10**-1.4, value * 10**1.7, steps=124)
    return coloured(control, lambda regimes: bands(regimes))


def _regime(state: dict) -> str:
    """Say what this learning rate does."""
    name = state["regimes"].name(state["learning_rate"])
    steps = {
        "creeps": "the steps are small",
        "converges": "no step overshoots",
        "oscillates": "each step overshoots, yet less each time",
        "diverges": "each step overshoots farther than the last",
    }[name]
    return f"Learning rate {state['learning_rate']:.3g} {name}: {steps}"


def _outcome(state: dict, unit: str) -> str:
    """Say how far the descent came."""
    return f"{ended(state['descent'], unit)} (lowest possible: {state['lowest']:.3g} {unit})."
