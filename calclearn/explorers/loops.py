"""Explorers of training loops: gradients that lie beside the one that does not, and a sound loop.

A loop is told apart from its gradient: all of them print the true loss and take the same steps
w ← w - η g, and only g differs. So what goes wrong in a picture is the gradient, and nothing else.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from calclearn.calculus.checking import check_gradient
from calclearn.data import LineData, penguin_line
from calclearn.descent.descend import descend
from calclearn.descent.losses import line_loss, mse
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.surfaces import Surface
from calclearn.explorers.controls import choice, coloured, log_slider, slider
from calclearn.explorers.descents import bands, rate_for, regimes
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.wording import ended
from calclearn.figures.curves import Data, Line
from calclearn.figures.descents import LossCurve, Path
from calclearn.figures.style import LIGHT, SUSPECT, TRUE, panels, style
from calclearn.figures.surfaces import Contours, window_around

STEPS = 60
ITERATIONS = 200

# The published gradient and its plausible repairs, as they are typed. The error is X @ w - y.
REPAIRS = {
    "2 * error": lambda X, error: 2 * error,
    "2 * error.mean()": lambda X, error: 2 * error.mean(),
    "2 * X.T @ error": lambda X, error: 2 * X.T @ error,
    "X.T @ error / n": lambda X, error: X.T @ error / len(error),
    "-2 * X.T @ error / n": lambda X, error: -2 * X.T @ error / len(error),
    "2 * X.T @ error / n": lambda X, error: 2 * X.T @ error / len(error),
}


def lying_loop(data: LineData | None = None) -> Explorer:
    """Why does this loop lie? A published gradient and its repairs, each beside the true path.

    `gradient` is chosen as it is typed, with `error = X @ w - y` and X (n, 2) holding x and a
    column of ones. The caption says what `check_gradient` finds. The rates' colours are those of
    the right gradient.

    >>> lying_loop().set(gradient="2 * error").state["diagnosis"]
    'missing_x'
    """
    data = penguin_line() if data is None else data
    X, y, unit = np.column_stack([data.x, np.ones(len(data))]), data.y, f"{data.y_unit}²"
    surface = line_loss(data.x, y, mse)
    lowest, start = float(surface(surface.minima[0])), np.zeros(2)
    left, middle, right = panels("flat", "flat", "flat", height=3.6)

    @cache
    def suspect(gradient: str):
        def given(w):
            value = np.asarray(REPAIRS[gradient](X, X @ w - y))
            return value + 0 * w if value.ndim == 0 else value  # a number counts for every weight

        report = check_gradient(lambda w: np.mean((X @ w - y) ** 2), given, at=start)
        if given(start).shape != start.shape:
            return report, surface, 0  # no step that `w -= learning_rate * gradient` could take
        return report, surface.replace(gradient=given), STEPS

    def compute(gradient: str, learning_rate: float) -> dict:
        report, fits, steps = suspect(gradient)
        optimizer = GradientDescent(learning_rate)
        true = descend(surface, start, optimizer, STEPS)
        lying = descend(fits, start, optimizer, steps)
        return {
            "gradient": gradient, "learning_rate": learning_rate, "true": true,
            "lying": lying, "true line": true.point, "lying line": lying.point,
            "true losses": (true, lowest), "lying losses": (lying, lowest), "steps": steps,
            "diagnosis": report.diagnosis, "message": report.message,
        }  # fmt: skip

    def caption(state: dict) -> str:
        lies = ended(state["lying"], unit) if state["steps"] else "it cannot take one step"
        return (
            f"gradient = `{state['gradient']}`. check_gradient finds “{state['diagnosis']}”: "
            f"{state['message']} At learning rate {state['learning_rate']:.3g} {lies}; with the "
            f"true gradient {ended(state['true'], unit)}."
        )

    Data(left, title="data, and the last lines").update(data)
    Contours(middle, window=_window(surface, start), title="paths on the map").update(surface)
    drawings = {}
    for name, color, marker in (("true", TRUE, "s"), ("lying", SUSPECT, "o")):
        drawings[f"{name} line"] = Line(left, color=color)
        drawings[name] = Path(middle, color=color, marker=marker)
        drawings[f"{name} losses"] = LossCurve(right, steps=STEPS, unit=unit, color=color)
    _label(right, {"true gradient": drawings["true losses"], "chosen": drawings["lying losses"]})
    return explore(
        compute,
        drawings,
        caption,
        gradient=choice([*REPAIRS], "2 * error.mean()"),
        learning_rate=_rates(surface, 10**-3.0),
    )


def sound_loop(data: LineData | None = None) -> Explorer:
    """A line trained on the mean squared error, done right: rate, batch size, iterations.

    The rows of each batch are drawn once, so that another learning rate meets the same ones.

    >>> whole = sound_loop().set(batch_size=342, iterations=200)
    >>> whole.state["run"].point.round(2)
    array([0.5 , 3.66])
    """
    data = penguin_line() if data is None else data
    surface, unit = line_loss(data.x, data.y, mse), f"{data.y_unit}²"
    lowest, start = float(surface(surface.minima[0])), np.zeros(2)
    left, middle, right = panels("flat", "flat", "flat", height=3.6)

    @cache
    def batches(size: int) -> list[Surface]:
        rng, some = np.random.default_rng(0), line_loss(data.x, data.y, mse, size)
        return [some.sample(rng) for _ in range(ITERATIONS + 1)]

    def compute(learning_rate: float, batch_size: int, iterations: int) -> dict:
        drawn = iter(batches(batch_size))
        noisy = surface.replace(sampler=lambda rng: next(drawn))
        fits = surface if batch_size == len(data) else noisy
        run = descend(fits, start, GradientDescent(learning_rate), iterations)
        whole = replace(run, values=surface(run.points.T))
        return {
            "learning_rate": learning_rate, "batch_size": batch_size, "run": whole,
            "line": run.point, "batch losses": (run, lowest), "losses": (whole, lowest),
        }  # fmt: skip

    def caption(state: dict) -> str:
        run, size = state["run"], state["batch_size"]
        (slope, intercept), rows = run.point, size * int(run.steps_taken)
        return (
            f"Learning rate {state['learning_rate']:.3g}, batches of {size}: "
            f"{ended(run, unit)} over all {len(data)} points, after {rows} rows were read "
            f"({rows / len(data):.3g} passes); the lowest possible is {lowest:.3g} {unit}. The "
            f"line has slope {slope:.3g} and intercept {intercept:.3g}."
        )

    Data(left, title="data, and the last line").update(data)
    Contours(middle, window=_window(surface, start), title="path on the map").update(surface)
    drawings = {
        "line": Line(left, color=SUSPECT),
        "run": Path(middle),
        "batch losses": LossCurve(right, steps=ITERATIONS, unit=unit, color=LIGHT),
        "losses": LossCurve(right, steps=ITERATIONS, unit=unit),
    }
    _label(right, {"all data": drawings["losses"], "batch": drawings["batch losses"]})
    return explore(
        compute,
        drawings,
        caption,
        learning_rate=_rates(surface, 10**-2.0),
        batch_size=slider(min(16, len(data)), 1, len(data), 1),
        iterations=slider(100, 10, ITERATIONS, 10),
    )


def _label(ax, curves: dict) -> None:
    with style():
        ax.legend([curve.line for curve in curves.values()], [*curves], loc="upper right")


def _window(surface: Surface, start: np.ndarray):
    """Return a box around the minimum that is shaped by the curvature and holds the start."""
    low, high = np.transpose(window_around(surface, rise=1))
    away = np.max(abs(surface.minima[0] - start) / (high - low))
    return window_around(surface, rise=max(4.5, (2.3 * away) ** 2))


def _rates(surface: Surface, least: float):
    """Return a slider of rates from `least` times a good one, coloured by what the surface does."""
    value, track = rate_for(surface, 0.5), bands(regimes(surface))
    return coloured(log_slider(value, least * value, 10 * value), lambda: track)
