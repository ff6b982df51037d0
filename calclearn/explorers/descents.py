"""Explorers of descent: the learning rate, what it does to the loss, and to each weight."""

from functools import cache

import numpy as np

from calclearn.data import LineData, penguin_line
from calclearn.descent.descend import Descent, Stop, descend
from calclearn.descent.losses import line_loss
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.rates import Regimes
from calclearn.explorers.controls import coloured, log_slider, round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.surfaces import turning
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
    surface = line_loss(data.x, data.y)
    window, start = window_around(surface), _start(surface)
    left, middle, right = panels("flat", "solid", "flat", ratios=(1, 1.1, 1))

    def compute(learning_rate: float) -> dict:
        state = _walk(surface, start, learning_rate)
        return state | {"lines": state["descent"].points.T, "view": (surface, -60, 35)}

    def caption(state: dict) -> str:
        return f"{_regime(state)}. {_outcome(state, data)}"

    Data(left, title="data, and the line at every step").update(data)
    drawings = {
        "view": Bowl(middle, window, title=f"path in the bowl: loss ({data.y_unit}²)", drags=()),
        "lines": Line(left),
        "descent": Path(middle),
        "losses": LossCurve(right, steps=STEPS, unit=f"{data.y_unit}²"),
    }
    rates = _rate_slider(_rates(surface))
    return explore(compute, drawings, caption, learning_rate=rates)


def learning_rate(data: LineData | None = None) -> Explorer:
    """How big a step? The path on the map and on the bowl, the loss, and what each rate would do.

    The track and the strip are coloured by the Hessian of the data in use: `points` takes fewer of
    them, and the bands move. The start can be dragged on the map.

    >>> rates = learning_rate()
    >>> rates.set(learning_rate=1e-3).state["descent"].stop.item() == Stop.DIVERGED
    True
    """
    data = penguin_line() if data is None else data
    whole = line_loss(data.x, data.y)
    window, start = window_around(whole), _start(whole)
    middle, solid, right, strip = panels(
        "flat", "solid", "flat", "strip", ratios=(1, 1.15, 1), height=4.1
    )
    control = _rate_slider(_rates(whole))

    @cache
    def fit(points: int):
        few = data.thinned(points)
        return line_loss(few.x, few.y)

    def compute(learning_rate, points, slope, intercept, azimuth, elevation) -> dict:
        surface, start = fit(points), np.array([slope, intercept])
        state = _walk(surface, start, learning_rate)
        return state | {
            "surface": surface, "view": (surface, azimuth, elevation), "start": start,
            "points": points, "bands": (_bands(state["regimes"]), learning_rate),
        }  # fmt: skip

    def caption(state: dict) -> str:
        (slope, intercept), border = state["start"], state["regimes"].oscillates
        return (
            f"{_sentence(state, data)} Start: slope {slope:.2f}, intercept {intercept:.2f}. "
            f"With {state['points']} points the border 2/λmax is {border:.3g}."
        )

    drawings = {
        "surface": Contours(middle, window, title="path on the map"),
        "view": Bowl(solid, window, title=f"path in the bowl: SSE ({data.y_unit}²)"),
        "descent": [Path(middle), Path(solid)],
        "losses": LossCurve(right, steps=STEPS, unit=f"{data.y_unit}²"),
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
    left, *axes = panels("flat", "flat", "flat")

    def compute(learning_rate: float) -> dict:
        return _walk(surface, start, learning_rate)

    def caption(state: dict) -> str:
        descent = state["descent"]
        change = np.abs(descent.points[1] - descent.points[0])
        return (
            f"Learning rate {state['learning_rate']:.3g}: the first step moves the slope by "
            f"{change[0]:.3g} and the intercept by {change[1]:.3g}, each by η times its own "
            f"partial derivative. {_end(descent)}."
        )

    Contours(left, window, title="path on the map").update(surface)
    curves = [
        WeightCurve(
            ax, k, steps=STEPS, window=window[k], best=surface.minima[0][k], color=WEIGHTS[k]
        )
        for k, ax in enumerate(axes)
    ]
    rates = _rate_slider(_rates(surface))
    return explore(compute, {"descent": [Path(left), *curves]}, caption, learning_rate=rates)


def _walk(surface, start: np.ndarray, learning_rate: float) -> dict:
    """Return a descent with what its learning rate was bound to do."""
    descent = descend(surface, start, GradientDescent(learning_rate), STEPS)
    lowest = float(surface(surface.minima[0]))
    return {
        "descent": descent, "losses": (descent, lowest), "lowest": lowest,
        "learning_rate": learning_rate, "regimes": _rates(surface),
    }  # fmt: skip


def _start(surface) -> np.ndarray:
    """Return a start far up the bowl and off its axes, on round numbers."""
    (w0, w1), ((low0, high0), (low1, high1)) = surface.minima[0], window_around(surface)
    return np.round([w0 - 0.38 * (high0 - low0), w1 + 0.1 * (high1 - low1)], 1)


def _rates(surface) -> Regimes:
    return Regimes(np.linalg.eigvalsh(surface.hessian(np.array(surface.minima[0]))), STEPS)


def _rate_slider(rates: Regimes):
    """Return a slider from rates that hardly move to some that diverge for a tenth of the data."""
    value = float(f"{rates.converges / 2:.1g}")
    control = log_slider(value, value * 10**-1.4, value * 10**1.7, steps=124)
    return coloured(control, lambda state: _bands(state["regimes"]))


def _bands(rates: Regimes) -> list[tuple[float, str, str]]:
    ends = (rates.creeps, rates.converges, rates.oscillates, np.inf)
    return [(end, colour, name) for end, (name, colour) in zip(ends, REGIMES.items(), strict=True)]


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


def _outcome(state: dict, data: LineData) -> str:
    """Say how far the descent came."""
    lowest = f"the lowest possible is {state['lowest']:.4g} {data.y_unit}²"
    return f"{_end(state['descent'])}; {lowest}."


def _sentence(state: dict, data: LineData) -> str:
    """Say what this learning rate does, by which factor, and how far the descent came."""
    factor = abs(state["regimes"].factor(state["learning_rate"]))
    size = "shrinks" if factor < 1 else "grows"
    return (
        f"{_regime(state)}; in the slowest direction the distance to the bottom {size} to "
        f"{factor:.3g} of itself a step. {_outcome(state, data)}"
    )


def _end(descent: Descent) -> str:
    """Say how a descent ended."""
    taken = int(descent.steps_taken)
    return {
        Stop.DIVERGED: f"It diverges after {taken} steps",
        Stop.CONVERGED: f"It arrives after {taken} steps at loss {descent.values[-1]:.4g}",
        Stop.STALLED: f"It stalls after {taken} steps at loss {descent.values[-1]:.4g}",
        Stop.OUT_OF_STEPS: f"After {taken} steps the loss is {descent.values[-1]:.4g}",
    }[Stop(int(descent.stop))]
