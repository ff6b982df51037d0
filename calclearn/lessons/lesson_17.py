"""Lesson 17, differentiating the tuning: a training is a function of its hyperparameters.

    t = (log λ, log η),    w(t) = descend(L + λ Σⱼ wⱼ², 0, GradientDescent(η)).point
    V(t) = L_val(w(t)),    ∇V by `grad`, through every step of the run

Logarithms, because a strength of 0.001 and one of 0.1 are both reasonable. The same V, given an
array of t, trains all of them at once: that is the sweep, and the map.
"""

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from calclearn.calculus.autodiff import grad
from calclearn.data import penguin_line
from calclearn.descent.descend import Descent, Stop, descend
from calclearn.descent.losses import l2, linear_fit, mse
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.surfaces import Surface, stack
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers import Explorer, explore, log_slider, slider
from calclearn.explorers import choice as menu
from calclearn.explorers.wording import counted
from calclearn.figures import legend_below, panels
from calclearn.figures.curves import Tangent
from calclearn.figures.descents import Path
from calclearn.figures.marks import Lines, Rule
from calclearn.figures.style import BLACK, GREY, MODEL, TRAINING, VALIDATION, style
from calclearn.figures.surfaces import Contours, Point
from calclearn.lessons.bills import GRID, LEVEL, bird_dots, points_of, sample_of, scaled

STRENGTHS, RATES = (1e-5, 1.0), (3e-3, 1.2)
DEGREE, STEPS, TUNINGS, SWEEP = 12, 100, 20, 97
OUTER = [0.3, 1, 3, 10]  # learning rates of the tuning itself
STARTS = {  # (λ, η)
    "weak penalty, large steps": (1e-4, 0.4),
    "strong penalty, large steps": (0.5, 0.3),
    "strong penalty, small steps": (0.5, 0.006),
}
TRAINING_LOSS = {"color": TRAINING, "ls": "--", "lw": 1.6, "label": "training loss"}
VALIDATION_LOSS = {"color": VALIDATION, "lw": 2.5, "label": "validation loss"}
PARTS = np.split(sample_of(0), [20, 120])  # birds for training, for validation, for the test
NAMES = ("penalty $\\lambda$", "learning rate $\\eta$")


def _terms(flipper: np.ndarray) -> np.ndarray:
    """Legendre's polynomials: the powers of x are so much alike that descent would crawl."""
    return np.polynomial.legendre.legvander(scaled(flipper), DEGREE)


def _loss(birds: np.ndarray) -> Surface:
    flipper, depth = points_of(birds)
    return linear_fit(_terms(flipper), depth - LEVEL, mse)


_training, _validation, _test = map(_loss, PARTS)


def _trained(t, steps: int = STEPS):
    """w(t), (DEGREE + 1, ...), for t = (log λ, log η) of shape (2, ...)."""
    penalised, start = _training + np.exp(t[0]) * l2(), np.zeros(DEGREE + 1)
    return descend(penalised, start, GradientDescent(np.exp(t[1])), steps, every=steps).point


def _score(t, steps: int = STEPS):
    """V(t), (...)."""
    return _validation(_trained(t, steps))


def _curve(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return GRID, np.clip(LEVEL + _terms(GRID) @ w, -100, 100)


def _birds_and_fit(ax) -> Lines:
    """Draw the birds, and return the drawing of the quantity `fit`."""
    look = {"label": "validation birds", "ms": 4.5, "alpha": 0.8}
    birds = bird_dots(ax, title="birds, and the fit", held_out=look)
    birds.update(fitted=points_of(PARTS[0]), held_out=points_of(PARTS[1]))
    return Lines(ax, "fit", color=MODEL, lw=2.5, label="fit")


def _in_tens(axis, limits: tuple[float, float]) -> None:
    """Label an axis of natural logarithms with powers of ten."""
    powers = np.arange(np.ceil(np.log10(limits[0])), np.log10(limits[1]) + 1e-9)
    axis.set_ticks(np.log(10) * powers, [f"$10^{{{power:.0f}}}$" for power in powers])


@style()
def slope_of_validation() -> Explorer:
    """Which way should λ and η go? The validation loss over each, with the slopes of the run.

    >>> state = slope_of_validation().set(steps=50).state
    >>> bool(np.allclose(state["slopes"], state["differences"], atol=1e-6))
    True
    """
    flat = np.zeros(DEGREE + 1)
    steepest = np.linalg.eigvalsh(_training.hessian(flat))[-1]
    top = 1.15 * float(_validation(flat))
    sweeps = [np.linspace(*np.log(limits), SWEEP) for limits in (STRENGTHS, RATES)]
    nudges = 1e-4 * np.array([[1, -1, 0, 0], [0, 0, 1, -1]])

    @lru_cache(maxsize=512)
    def swept(k: int, other: float, steps: int) -> list:
        """Curves of the training loss and of the validation loss over the k-th hyperparameter."""
        w = _trained(np.stack([sweeps[k], np.full(SWEEP, other)][:: 1 - 2 * k]), steps)
        return [(sweeps[k], np.minimum(loss(w), 2 * top)) for loss in (_training, _validation)]

    def compute(strength, learning_rate, steps) -> dict:
        t = np.log([strength, learning_rate])
        w, near = _trained(t, steps), _score(t[:, None] + nudges, steps)
        validation = float(_validation(w))
        diverges = not validation < 1e3 * top
        slopes = np.zeros(2) if diverges else grad(_score)(t, steps)
        quantities = {
            "fit": _curve(w), "training": float(_training(w)), "validation": validation,
            "diverges": diverges, "slopes": slopes, "differences": (near[::2] - near[1::2]) / 2e-4,
            "border": np.log(2 / (steepest + 2 * strength)), "height": min(validation, top),
        }  # fmt: skip
        for k, name in enumerate(("strength", "rate")):
            by = f"by_{name}"
            quantities[f"training_{by}"], quantities[f"validation_{by}"] = swept(k, t[1 - k], steps)
            quantities[f"log_{name}"] = t[k]
            quantities[f"slope_{by}"] = np.nan if diverges else slopes[k]  # NaN draws nothing
        return quantities

    def caption(
        strength, learning_rate, steps, training, validation, diverges, slopes, differences
    ) -> str:
        begin = f"λ = {strength:.2g} and η = {learning_rate:.2g}, {steps} steps: "
        if diverges:
            return f"{begin}the training diverges, and no loss in mm² is left to have a slope."
        return (
            f"{begin}training loss {training:.3f} mm², validation loss {validation:.3f} mm². Its "
            f"slope along log λ, through all steps of the run, is {slopes[0]:.4f} mm² (by "
            f"differences {differences[0]:.4f}), along log η it is {slopes[1]:.4f} mm² (by "
            f"differences {differences[1]:.4f})."
        )

    left, *axes = panels("flat", "ruled", "ruled", ratios=(1.05, 1, 1), height=3.7)
    drawings = [_birds_and_fit(left)]
    panel = {"strength": (STRENGTHS, NAMES[0]), "rate": (RATES, NAMES[1])}
    for ax, (name, (limits, words)) in zip(axes, panel.items(), strict=True):
        low, high = np.log(limits)
        room = 0.03 * (high - low)
        ax.set(xlim=(low - room, high + room), ylim=(0, top), xlabel=words)
        ax.set_title(f"loss over {words.split()[-1]} (mm²)")
        _in_tens(ax.xaxis, limits)
        curves = {f"training_by_{name}": TRAINING_LOSS, f"validation_by_{name}": VALIDATION_LOSS}
        tangent = {"x": f"log_{name}", "y": "height", "slope": f"slope_by_{name}"}
        drawings += [Lines(ax, curves, edge=True), Tangent(ax, color=MODEL).on(**tangent)]
    drawings.append(Rule(axes[1], x="border", color=GREY, lw=1.2, ls=":"))
    legend_below(left, axes[0], handlelength=1.6)
    return explore(
        compute, drawings, caption,
        strength=log_slider(1e-2, *STRENGTHS, 100, label="penalty λ"),
        learning_rate=log_slider(0.4, *RATES, 100), steps=slider(STEPS, 10, 150, 10),
    )  # fmt: skip


@style()
def tuning_by_descent() -> Explorer:
    """Descent on the hyperparameters: V is a surface like any other, and each step a training.

    >>> state = tuning_by_descent().set(step=20).state
    >>> bool(state["validation"][20] < 0.8 * state["validation"][0])
    True
    """
    window = tuple(map(tuple, np.log([STRENGTHS, (4e-3, 0.45)])))
    surface = Surface(_score, name="validation loss", dimension=2, domain=window)
    starts = np.repeat(np.log([*STARTS.values()]).T[:, :, None], len(OUTER), axis=2)
    runs = descend(surface, starts, GradientDescent(np.array(OUTER)), TUNINGS)
    tests = _test(_trained(np.moveaxis(runs.points, 1, 0)))  # (TUNINGS + 1, starts, OUTER)
    lowest, highest = runs.values.min(), max(runs.values[0].max(), tests[0].max())

    def compute(start, learning_rate, step) -> dict:
        i, j = [*STARTS].index(start), OUTER.index(learning_rate)
        descent = replace(runs, points=runs.points[:, :, i, j], values=runs.values[:, i, j])
        now = descent.points[step]
        return {
            "descent": descent, "now": np.clip(now, *np.transpose(window)), "tuned": np.exp(now),
            "fit": _curve(_trained(now)), "validation": descent.values, "test": tests[:, i, j],
        }  # fmt: skip

    def caption(start, learning_rate, step, tuned, validation, test) -> str:
        begin = (
            f"From the start “{start}”, after {counted(step, 'tuning step')} of rate "
            f"{learning_rate}: λ = {tuned[0]:.2g}, η = {tuned[1]:.2g}."
        )
        if validation[step] > 1e3 * validation[0]:
            return f"{begin} With that the training diverges, and the tuning has diverged with it."
        return (
            f"{begin} The validation loss has gone from {validation[0]:.3f} to "
            f"{validation[step]:.3f} mm², the test loss, of birds that had no say, from "
            f"{test[0]:.3f} to {test[step]:.3f} mm²."
        )

    left, middle, right = panels("flat", "flat", "ruled", ratios=(1.1, 1, 0.9), height=3.7)
    right.set(xlim=(0, TUNINGS), ylim=(0.9 * lowest, 1.03 * highest))
    right.set(xlabel="tuning step", title="loss (mm²)")
    test_look = {"color": GREY, "ls": ":", "lw": 2, "label": "test loss"}
    path, now = Path(middle), Point(middle, color=BLACK).on(weights="now")
    path.start.set_label("start")
    now.dot.set_label("now")
    drawings = [
        Contours(middle, surface, window=window, names=NAMES, title="validation loss"),
        _birds_and_fit(left),
        path,
        now,
        Lines(right, {"validation": VALIDATION_LOSS, "test": test_look}, step="step", edge=True),
    ]
    for axis, limits in zip((middle.xaxis, middle.yaxis), np.exp(window), strict=True):
        _in_tens(axis, limits)
    legend_below(left, middle, right, handlelength=1.6)
    return explore(
        compute, drawings, caption, play="step", start=menu([*STARTS]),
        learning_rate=menu(OUTER, 1, label="rate of tuning"),
        step=slider(8, 0, TUNINGS, 1, label="tuning step"),
    )  # fmt: skip


START, FIELD = (0.2, 0.6), np.linspace(-1, 1, 801)


def _two_in_a_row(x: np.ndarray, y: np.ndarray) -> Surface:
    """The mean squared error of the smallest network, p = w₀ w₁ x.

    L = x̄² (w₀ w₁ - r)² + L*, with x̄² the mean of x² and r the best product
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


def _sensitivities(loss: Surface, descent: Descent, learning_rate: float) -> np.ndarray:
    """sₖ = dwₖ/dη for each point of a gradient descent with a constant rate, (K+1, d).

    wₖ₊₁ = wₖ - η ∇L(wₖ),    sₖ₊₁ = (I - η ∇²L(wₖ)) sₖ - ∇L(wₖ)
    """
    s, each = np.zeros(loss.dimension), []
    with np.errstate(all="ignore"):
        for w, g in zip(descent.points, descent.gradients, strict=True):
            each.append(s)
            s = s - learning_rate * (loss.hessian(w) @ s) - g
    return np.array(each)


@style()
def chaotic_rates() -> Explorer:
    """Is the slope of a run always of use? The final loss over η, magnified, and the slope's size.

    Beyond 2/λmax the descent of the smallest network does not leave the valley, it jumps about.
    The slope through its steps is exact, grows with each, and misleads.

    >>> rates = chaotic_rates()
    >>> calm, wild = (abs(rates.set(learning_rate=eta).state["slope"]) for eta in (0.2, 0.9))
    >>> bool(calm < 1e-3 < 1e3 < wild)
    True
    """
    x, y = (values - values.mean() for values in (penguin_line().x, penguin_line().y))
    loss, validation = (_two_in_a_row(x[birds], y[birds]) for birds in PARTS[:2])
    border = 2 / np.linalg.eigvalsh(loss.hessian(np.array(loss.minima[0])))[-1]
    rates = border * np.linspace(0.01, 1.95, 1500)
    height_of_zero = float(validation(np.zeros(2)))
    limits = (0.6 * float(validation(loss.minima[0])), 1.4 * height_of_zero)

    def score(rate, steps: int):
        return validation(descend(loss, START, GradientDescent(rate), steps).point)

    @lru_cache(maxsize=64)
    def whole(steps: int) -> tuple[np.ndarray, np.ndarray]:
        return rates, np.minimum(score(rates, steps), 9 * height_of_zero)

    def compute(learning_rate, steps, magnification) -> dict:
        rate, reach = learning_rate, 0.05 * border / magnification
        descent = descend(loss, START, GradientDescent(rate), steps)
        diverges = int(descent.stop) == Stop.DIVERGED
        slope = 0.0 if diverges else grad(score)(rate, steps)
        drawn = np.nan if diverges else slope  # NaN draws nothing
        height = min(float(validation(descent.point)), limits[1])
        near = np.minimum(score(rate + reach * FIELD, steps), 9 * height_of_zero)
        rise = float(np.max(abs(near - height))) or 1.0  # fills the window, as reach does
        gradients = validation.gradient(descent.points.T).T
        sizes = abs(np.sum(gradients * _sensitivities(loss, descent, rate), axis=1))
        return {
            "losses": descent.values, "diverges": diverges, "reach": reach, "slope": slope,
            "whole": whole(steps), "near": near, "rise": rise, "height": height, "origin": 0.0,
            "magnified": (FIELD, (near - height) / rise),
            "drawn_slope": np.clip(drawn, -1e5, 1e5),  # steeper looks the same
            "magnified_slope": np.clip(reach * drawn / rise, -1e5, 1e5),
            "sizes": (descent.steps[1:], np.minimum(sizes[1:], 1e30)),
        }  # fmt: skip

    def caption(learning_rate, steps, reach, diverges, near, rise, losses, slope) -> str:
        begin, field = f"η = {learning_rate:.3f}, {steps} steps", f"within ±{reach:.2g} of this η"
        if diverges:
            share = 100 * np.mean(near > 8 * height_of_zero)
            return f"{begin}: the run diverges, as do {share:.0f} % of the runs {field}."
        arrived = len(losses) - 1
        early = f" (it has arrived after {arrived})" if arrived < steps else ""
        moves = np.diff(near)
        turns = int(np.sum(np.diff(np.sign(moves[abs(moves) > 1e-6])) != 0))
        least = "at least " * (turns > len(FIELD) // 10)  # too many to see all
        count = f"{least}{counted(turns, 'turning point')}" if turns else "no turning point"
        last = ", ".join(f"{value:.3f}" for value in losses[-3:])
        return (
            f"{begin}{early}: the last training losses are {last} kg². The slope of the final "
            f"validation loss along η is {slope:.2g} kg² per unit of η, and {field} that loss "
            f"changes by up to {rise:.2g} kg² and has {count}."
        )

    left, middle, right = panels("ruled", "ruled", "ruled", ratios=(1.2, 1, 0.9), height=3.6)
    left.set(xlim=(0, rates[-1]), xlabel="learning rate $\\eta$", ylim=limits)
    left.set_title("validation loss at the end (kg²)")
    middle.set(xlim=(-1, 1), ylim=(-1.1, 1.1), title="the same, magnified both ways", yticks=[])
    middle.set_xlabel("distance from $\\eta$ (window: ±1)")
    right.set(yscale="log", xlim=(0, 60), ylim=(1e-9, 1e18), xlabel="step $k$")
    right.set_title("size of the slope (kg²)")
    left.axvline(border, color=GREY, ls=":", lw=1.2)
    left.text(border, 0.96 * limits[1], "$2/\\lambda_{\\mathrm{max}}$ ", ha="right", va="top")
    drawings = [
        Lines(left, "whole", color=VALIDATION, lw=1, edge=True),
        Tangent(left, color=MODEL).on(x="learning_rate", y="height", slope="drawn_slope"),
        Lines(middle, "magnified", color=VALIDATION, lw=1, edge=True),
        Tangent(middle, color=MODEL).on(x="origin", y="origin", slope="magnified_slope"),
        Lines(right, "sizes", color=MODEL, marker=".", lw=1.4, edge=True),
    ]
    return explore(
        compute, drawings, caption,
        learning_rate=slider(round(1.56 * border, 2), 0.05, round(1.9 * border, 2), 0.005),
        steps=slider(12, 5, 60, 1), magnification=log_slider(10.0, 1.0, 1e9, 54),
    )  # fmt: skip


# Exercises; the questions stand in the notebook.
# fmt: off

slope, strength = -6.0, 0.05
target, held_out, penalty = 3.0, 2.0, 0.25
end = target / (1 + penalty)  # the minimum of (w − 3)² + λw²
moves = -target / (1 + penalty) ** 2  # dw/dλ

outcome("17", 2, """
    Steps that end early hold the weights back as a penalty does, and there is nothing left for λ to
    hold. Set the learning rate to 0.01: the loss over λ is level until λ is large. At 0.4 the same
    change of λ makes it fall by 0.2 mm².""")
outcome("17", 3, """
    On a quadratic loss each step multiplies the error along each axis by 1 − η·h, with the η of
    that step and the curvature h, and the order of factors does not matter. So the first step
    counts as much as the last.""", prediction=2)
outcome("17", 3, """
    Compare the first and the last row of the table. And at a rate a ten-thousandth larger the sign
    is another: a slope of that size points nowhere.""", prediction=3)

exercise("17.1", strength * slope, """
    dV/d log λ = λ · dV/dλ, since dλ/d log λ = λ. It is what V would change by if λ grew by a factor
    of e at this rate; one per cent more λ changes it by a hundredth of that.
    > The chain rule: dV/d log λ = dV/dλ · dλ/d log λ.
    > With u = log λ, λ = exp(u), and the derivative of exp(u) is exp(u), which is λ.""", [
    (slope / strength,                "This divides by λ. What is the slope of λ = exp(log λ)?"),
    (slope,                           "This is the slope along λ itself: a unit of log λ is another step."),
    (slope * math.log(strength),      "The logarithm of λ is not its slope."),
    (slope * math.exp(strength),      "The exponential of log λ is needed, not that of λ."),
    (strength * slope * math.log(10), "This is the slope along the logarithm to base ten."),
])

exercise("17.2", 2 * (end - held_out) * moves, """
    The training ends at w = 3/(1 + λ), which moves by −3/(1 + λ)² per unit of λ, and V has the
    slope 2(w − 2) there. It is negative: more penalty would do better.
    > Where does the training end, as a function of λ? Set 2(w − 3) + 2λw to zero.
    > Chain rule: dV/dλ = dV/dw · dw/dλ, both taken at the end of the training.""", [
    (2 * (end - held_out),            "This is the slope along w. How does w move with λ?"),
    (moves,                           "This is how w moves with λ. What does that do to V?"),
    (2 * (target - held_out) * -target, "This is right at λ = 0; the penalty is larger."),
    (2 * (end - held_out) * moves * penalty, "This is the slope along log λ; the one along λ itself is asked for."),
    ((end - held_out) * moves,        "The square brings a factor of two with it."),
    ((end - held_out) ** 2,           "This is V, and not its slope."),
])

exercise("17.3", lambda rate, steps: -4 * steps * (1 - 4 * rate) ** (steps - 1), """
    The weight is (1 − 4η)ᴷ, its derivative −4K(1 − 4η)ᴷ⁻¹. Beyond 2/λmax = 0.5 the factor is larger
    than one in size, and the slope grows with each step.
    > Each step multiplies the weight by one factor. What is the weight after K steps?
    > Differentiate (1 − 4η)ᴷ by the chain rule, or `grad` a function with a loop in it.""", [
    (lambda rate, steps: (1 - 4 * rate) ** steps, "This is the weight, not its slope."),
    (lambda rate, steps: steps * (1 - 4 * rate) ** (steps - 1), "The inner derivative is missing: 1 − 4η has a slope of its own."),
    (lambda rate, steps: 4 * steps * (1 - 4 * rate) ** (steps - 1), "The size is right. Which way does 1 − 4η go when η grows?"),
    (lambda rate, steps: -4 * steps * (1 - 4 * rate) ** steps, "One power too many: a derivative lowers the exponent."),
    (lambda rate, steps: -4 * (1 - 4 * rate) ** (steps - 1), "This is what one of the steps adds. How many steps are there?"),
], points=[(0.1, 1), (0.1, 5), (0.3, 4), (0.45, 7), (0.6, 10)])

choice("17.4", "b", """
    One derivative carried forward costs a second set of weights, however long the run. For many
    hyperparameters it would be one set each: then the way back is cheaper.
    > Which of these four keeps the derivative exact?
    > Look for the loop in this lesson that updates two things at each step.""",
    a="Every step passes the derivative on: none may be left out.",
    c="Past that border the slope grows with each step, and says nothing.",
    d="Think of lesson 02: at so small an h, rounding is all that is left.")

# fmt: on
