"""Explorer of rates at which a run is chaotic: its slope is exact, grows by the step, and misleads.

The smallest network whose loss is no quadratic has two weights, one behind the other: p = w₀ w₁ x.
Beyond 2/λmax its descent does not leave the valley, it jumps about in it. What a small change of η
does to the weights, s = dw/dη, is passed on from step to step:

    wₖ₊₁ = wₖ - η ∇L(wₖ),    sₖ₊₁ = (I - η ∇²L(wₖ)) sₖ - ∇L(wₖ)

So s shrinks or grows by the factors 1 - η λ that make the descent converge or not.
"""

from functools import lru_cache

import numpy as np

from calclearn.calculus.autodiff import grad
from calclearn.data import penguin_line
from calclearn.descent.descend import Descent, Stop, descend
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.surfaces import Surface, stack
from calclearn.explorers.controls import log_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.wording import counted
from calclearn.figures.curves import Curves, Tangent
from calclearn.figures.style import GREY, MODEL, UNSEEN, panels, style

START, FIELD = (0.2, 0.6), np.linspace(-1, 1, 801)


def two_in_a_row(x: np.ndarray, y: np.ndarray) -> Surface:
    """The mean squared error of p = w₀ w₁ x, by the mean of x² and the best product r.

    L = x̄² (w₀ w₁ - r)² + L*

    >>> loss = two_in_a_row(np.array([1.0, 2.0]), np.array([2.0, 4.0]))
    >>> float(loss([1.0, 2.0])), loss.gradient([1.0, 1.0])
    (0.0, array([-5., -5.]))
    """
    square, r = np.mean(x**2), (x @ y) / (x @ x)
    least = np.mean((y - r * x) ** 2)

    def gradient(w):
        pull = 2 * square * (w[0] * w[1] - r)
        return stack(pull * w[1], pull * w[0])

    def hessian(w):
        mixed = 2 * w[0] * w[1] - r
        return 2 * square * stack(stack(w[1] ** 2, mixed), stack(mixed, w[0] ** 2))

    return Surface(
        lambda w: square * (w[0] * w[1] - r) ** 2 + least, gradient, hessian,
        name="two weights in a row", dimension=2, minima=((np.sqrt(abs(r)),) * 2,),
    )  # fmt: skip


def sensitivities(loss: Surface, descent: Descent, learning_rate: float) -> np.ndarray:
    """dwₖ/dη for each point of a gradient descent with a constant rate, (K+1, d).

    >>> loss = two_in_a_row(np.array([1.0]), np.array([1.0]))
    >>> sensitivities(loss, descend(loss, (1, 2), GradientDescent(0.1), 1), 0.1)
    array([[ 0.,  0.],
           [-4., -2.]])
    """
    s, found = np.zeros(loss.dimension), []
    with np.errstate(all="ignore"):
        for w, g in zip(descent.points, descent.gradients, strict=True):
            found.append(s)
            s = s - learning_rate * (loss.hessian(w) @ s) - g
    return np.array(found)


def chaotic_rates() -> Explorer:
    """Is the slope of a run always of use? The final loss over η, magnified, and the slope's size.

    >>> rates = chaotic_rates()
    >>> calm, wild = (abs(rates.set(learning_rate=eta).state["slope"]) for eta in (0.2, 0.9))
    >>> bool(calm < 1e-3 < 1e3 < wild)
    True
    """
    x, y = (values - values.mean() for values in (penguin_line().x, penguin_line().y))
    order = np.random.default_rng(0).permutation(len(x))
    loss, validation = (two_in_a_row(x[part], y[part]) for part in (order[:20], order[20:120]))
    border = 2 / np.linalg.eigvalsh(loss.hessian(np.array(loss.minima[0])))[-1]
    rates = border * np.linspace(0.01, 1.95, 1500)
    height = float(validation(np.zeros(2)))
    limits = (0.6 * float(validation(loss.minima[0])), 1.4 * height)

    def score(rate, steps: int):
        return validation(descend(loss, START, GradientDescent(rate), steps).point)

    @lru_cache(maxsize=64)
    def whole(steps: int) -> np.ndarray:
        return np.minimum(score(rates, steps), 9 * height)

    def compute(learning_rate: float, steps: int, magnification: float) -> dict:
        rate, reach = learning_rate, 0.05 * border / magnification
        descent = descend(loss, START, GradientDescent(rate), steps)
        diverges = int(descent.stop) == Stop.DIVERGED
        passed_on = sensitivities(loss, descent, rate)  # (K+1, 2)
        each = abs(np.sum(validation.gradient(descent.points.T).T * passed_on, axis=1))
        near = np.minimum(score(rate + reach * FIELD, steps), 9 * height)
        slope = 0.0 if diverges else grad(score)(rate, steps)
        drawn = np.nan if diverges else slope  # NaN draws nothing
        value = min(float(validation(descent.point)), limits[1])
        return {
            "told": (rate, steps, reach, diverges), "slope": slope, "losses": descent.values,
            "whole": {"loss": (rates, whole(steps))}, "near": {"loss": (FIELD, near)},
            "at": (rate, value, np.clip(drawn, -1e5, 1e5)),  # steeper looks the same
            "touch": (0.0, value, np.clip(reach * drawn, -1e5, 1e5)),
            "sizes": {"slope": (descent.steps[1:], np.minimum(each[1:], 1e30))},
        }  # fmt: skip

    def caption(state: dict) -> str:
        (rate, steps, reach, diverges), near = state["told"], state["near"]["loss"][1]
        begin, field = f"η = {rate:.3f}, {steps} steps", f"within ±{reach:.2g} of this η"
        if diverges:
            share = 100 * np.mean(near > 8 * height)
            return f"{begin}: the run diverges, as do {share:.0f} % of the runs {field}."
        arrived = len(state["losses"]) - 1
        early = f" (it has arrived after {arrived})" if arrived < steps else ""
        moves = np.diff(near)
        turns = int(np.sum(np.diff(np.sign(moves[abs(moves) > 1e-6])) != 0))
        least = "at least " * (turns > len(FIELD) // 10)  # too many to see all
        count = f"{least}{counted(turns, 'turning point')}" if turns else "no turning point"
        last = ", ".join(f"{value:.3f}" for value in state["losses"][-3:])
        return (
            f"{begin}{early}: the last training losses are {last} kg². The slope of the final "
            f"validation loss along η is {state['slope']:.2g} kg² per unit of η, and that loss has "
            f"{count} {field}."
        )

    left, middle, right = panels("flat", "flat", "flat", ratios=(1.2, 1, 0.9), height=3.6)
    look = {"loss": {"color": UNSEEN, "lw": 1}}
    drawings = {
        "whole": Curves(
            left, look, xlim=(0, rates[-1]), ylim=limits, xlabel="learning rate $\\eta$",
            title="validation loss at the end (kg²)",
        ),
        "at": Tangent(left, color=MODEL),
        "near": Curves(
            middle, look, xlim=(-1, 1), ylim=limits, title="the same, magnified",
            xlabel="distance from $\\eta$ (window: ±1)",
        ),
        "touch": Tangent(middle, color=MODEL),
        "sizes": Curves(
            right, {"slope": {"color": MODEL, "marker": ".", "lw": 1.4}}, yscale="log",
            xlim=(0, 60), ylim=(1e-9, 1e18), xlabel="step $k$", title="size of the slope (kg²)",
        ),
    }  # fmt: skip
    with style():
        left.axvline(border, color=GREY, ls=":", lw=1.2)
        left.text(border, 0.96 * limits[1], "$2/\\lambda_{\\mathrm{max}}$ ", ha="right", va="top")
    return explore(
        compute, drawings, caption,
        learning_rate=slider(round(1.56 * border, 2), 0.05, round(1.9 * border, 2), 0.005),
        steps=slider(12, 5, 60, 1), magnification=log_slider(10.0, 1.0, 1e9, 54),
    )  # fmt: skip
