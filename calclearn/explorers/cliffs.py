"""Explorer of a cliff: one recurrent unit has two weights, so its loss can be drawn as a map.

The one decision: the smallest network that can explode. With inputs that are all 1, a unit with
w > 1 runs to one of two ends, to -1 or to +1, and the sign of u decides which. In between the loss
is a cliff, the steeper the longer the sequence, and a step that lands on it is a leap.

    h_t = tanh(w h_{t-1} + u x_t),    h_0 = 0,    L = (h_T - target)²
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from calclearn.descent.descend import Descent, descend
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.schedules import clipped
from calclearn.descent.surfaces import Array, Surface, stack
from calclearn.explorers.controls import log_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.figures.curves import Curves
from calclearn.figures.descents import Path
from calclearn.figures.sequences import RUNS, Relief
from calclearn.figures.style import BLACK, legend_below, panels
from calclearn.figures.surfaces import Point

STEPS, TARGET = 40, 0.7
WINDOW = ((-1.0, 3.0), (-1.5, 3.0))
NO_LIMIT = 1e300


def one_unit(x: Array, target: float) -> Surface:
    """The squared error of one recurrent unit at the end of the inputs x (T,), over (w, u).

    Backward, from h̄_T = 2 (h_T - target):    ā_t = h̄_t (1 - h_t²),    h̄_{t-1} = w ā_t,

        ∂L/∂w = Σ_t ā_t h_{t-1},      ∂L/∂u = Σ_t ā_t x_t

    >>> loss = one_unit(np.array([1.0, 0.0]), 0.0)
    >>> float(loss([0.0, 5.0])), loss.gradient([0.5, 0.0])
    (0.0, array([0., 0.]))

    Source: Werbos, "Backpropagation through time: what it does and how to do it", Proc. IEEE 78
    (1990).
    """

    def states(w: Array) -> list[Array]:
        h = [0 * w[0]]
        for now in x:
            h.append(np.tanh(w[0] * h[-1] + w[1] * now))
        return h

    def both(w: Array) -> tuple[Array, Array]:
        h = states(w)
        h_bar, by_w, by_u = 2 * (h[-1] - target), 0, 0
        for t in range(len(x), 0, -1):
            a_bar = h_bar * (1 - h[t] * h[t])
            by_w, by_u = by_w + a_bar * h[t - 1], by_u + a_bar * x[t - 1]
            h_bar = a_bar * w[0]
        return (h[-1] - target) ** 2, stack(by_w, by_u)

    return Surface(
        lambda w: (states(w)[-1] - target) ** 2, lambda w: both(w)[1], value_and_gradient=both,
        name="one recurrent unit", dimension=2,
    )  # fmt: skip


@lru_cache(maxsize=64)
def landscape(steps: int) -> Surface:
    """The loss after so many inputs of 1; the same object for the same number."""
    return one_unit(np.ones(steps), TARGET)


@lru_cache(maxsize=256)
def descents(
    steps: int, w: float, u: float, learning_rate: float, threshold: float
) -> tuple[Descent, Descent]:
    """Gradient descent as it is, and clipped, from one start: one batch of two runs."""
    limits = np.array([NO_LIMIT, threshold])
    both = descend(landscape(steps), (w, u), clipped(GradientDescent(learning_rate), limits), STEPS)
    return tuple(
        replace(
            both, points=both.points[..., k], values=both.values[..., k],
            gradients=both.gradients[..., k],
        )
        for k in range(2)
    )  # fmt: skip


def clipping_at_a_cliff() -> Explorer:
    """What does clipping save one from? Two descents on the loss of one unit, from one start.

    >>> ends = clipping_at_a_cliff().state["ends"]
    >>> ends["as it is"] > 0.05, ends["clipped"] < 0.001
    (True, True)
    """
    left, middle, right = panels("flat", "flat", "flat", ratios=(1.3, 1, 1), height=3.9)

    def compute(steps, learning_rate, threshold, w, u) -> dict:
        runs = dict(zip(RUNS, descents(steps, w, u, learning_rate, threshold), strict=True))
        k = np.arange(len(runs["clipped"].values))
        norms = {name: np.linalg.norm(run.gradients, axis=1) for name, run in runs.items()}
        return {
            "told": (steps, learning_rate, threshold), "surface": landscape(steps), "start": (w, u),
            **runs, "ends": {name: float(run.values[-1]) for name, run in runs.items()},
            "steepest": max(norms["as it is"]),
            "losses": {name: (k, run.values) for name, run in runs.items()},
            "norms": {name: (k, norm) for name, norm in norms.items()}
            | {"threshold": ([0, STEPS], [threshold] * 2)},
        }  # fmt: skip

    def caption(state: dict) -> str:
        (steps, rate, threshold), (w, u), ends = (state[k] for k in ("told", "start", "ends"))
        ends = {
            name: f"{loss:.3f}" if loss >= 0.001 else "less than 0.001"
            for name, loss in ends.items()
        }
        return (
            f"A sequence of {steps} steps, from w = {w:.2f}, u = {u:.2f}, learning rate "
            f"{rate:.2g}: the steepest gradient on the way is {state['steepest']:.2g} long. As it "
            f"is, descent ends at a loss of {ends['as it is']}; with gradients clipped to "
            f"{threshold:.4g}, at {ends['clipped']}."
        )

    looks = {
        name: {"color": color, "marker": marker, "ms": 4, "lw": 1.3, "label": name}
        for name, (color, marker) in RUNS.items()
    }
    line = {"threshold": {"color": BLACK, "ls": ":", "lw": 1.2, "label": "threshold"}}
    drawings = {
        "surface": Relief(
            left, WINDOW, names=("recurrent weight $w$", "input weight $u$"), title="the loss"
        ),
        **{name: Path(left, color=color, marker=marker) for name, (color, marker) in RUNS.items()},
        "start": Point(left, drags=("w", "u"), color=BLACK),
        "losses": Curves(
            middle, looks, xlim=(0, STEPS), ylim=(0, 3), xlabel="step $k$", title="loss by step"
        ),
        "norms": Curves(
            right, looks | line, xlim=(0, STEPS), ylim=(1e-3, 1e3), yscale="log",
            xlabel="step $k$", title="length of the gradient",
        ),
    }  # fmt: skip
    for name in RUNS:
        drawings[name].start.set_visible(False)  # it is the start's own dot that can be dragged
    legend_below(right, columns=3)
    return explore(
        compute, drawings, caption, steps=slider(30, 2, 60, 1, label="sequence length"),
        learning_rate=log_slider(1.0, 0.01, 10, 60),
        threshold=log_slider(1.0, 0.01, 100, 40, label="clip at"),
        w=slider(1.6, -1.0, 3.0, 0.05, label="start: w"),
        u=slider(-0.3, -1.5, 3.0, 0.05, label="start: u"),
    )  # fmt: skip
