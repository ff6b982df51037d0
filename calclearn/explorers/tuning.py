"""Explorers of tuning: a whole training run is a function of its hyperparameters, and has a slope.

    t = (log λ, log η),    w(t) = descend(L + λ Σⱼ wⱼ², 0, GradientDescent(η)).point
    V(t) = L_val(w(t)),    ∇V by `grad`, through every step of the run

Logarithms, because a strength of 0.001 and one of 0.1 are both reasonable. The same `V`, given an
array of t, trains all of them at once: that is the sweep, and the map. Where the loss is not a
quadratic and the rate too large, V is still differentiable, and the derivative good for nothing.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from calclearn.calculus.autodiff import grad
from calclearn.data import penguins
from calclearn.descent.descend import descend
from calclearn.descent.losses import l2, linear_fit, mse
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.surfaces import Surface
from calclearn.explorers.controls import choice, log_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.figures.curves import Curve, Curves, Tangent
from calclearn.figures.descents import Path
from calclearn.figures.fits import Split
from calclearn.figures.style import BLACK, GREY, MODEL, SEEN, UNSEEN, legend_below, panels
from calclearn.figures.surfaces import Contours, Point

CENTRE, HALF, LEVEL = 201.5, 29.5, 17.0
WINDOW = (170, 233), (12, 23)
STRENGTHS, RATES = (1e-5, 1.0), (3e-3, 1.2)
STEPS, TUNINGS, SWEEP = 100, 20, 97
OUTER = [0.3, 1, 3, 10]  # learning rates of the tuning itself
LOSSES = {
    "training": {"color": SEEN, "ls": "--", "lw": 1.6, "label": "training loss"},
    "validation": {"color": UNSEEN, "lw": 2.5, "label": "validation loss"},
}
STARTS = {  # (λ, η)
    "weak, large steps": (1e-4, 0.4),
    "strong, large steps": (0.5, 0.3),
    "strong, small steps": (0.5, 0.006),
}


class Birds:
    """Twenty birds to train on, a hundred for validation, the rest for the end: as in lesson 16.

    `loss`, `validation` and `test` are the mean squared errors of a polynomial over its weights.
    Its terms are Legendre's: the powers of x are so much alike that descent would crawl.
    """

    def __init__(self, sample: int = 0, degree: int = 12) -> None:
        order = np.random.default_rng(sample).permutation(len(penguins()))
        self.parts, self.degree = np.split(order, [20, 120]), degree
        self.flipper, self.depth = penguins().flipper_length, penguins().bill_depth
        self.grid = np.linspace(*WINDOW[0], 300)
        self.loss, self.validation, self.test = (
            linear_fit(self.design(self.flipper[part]), self.depth[part] - LEVEL, mse)
            for part in self.parts
        )

    def design(self, flipper: np.ndarray) -> np.ndarray:
        return np.polynomial.legendre.legvander((flipper - CENTRE) / HALF, self.degree)

    def trained(self, t, steps: int = STEPS):
        """w(t), (degree + 1, ...), for t = (log λ, log η) of shape (2, ...)."""
        penalised = self.loss + np.exp(t[0]) * l2()
        start = np.zeros(self.degree + 1)
        return descend(penalised, start, GradientDescent(np.exp(t[1])), steps, every=steps).point

    def score(self, t, steps: int = STEPS):
        """V(t), (...): what the birds held back say of it."""
        return self.validation(self.trained(t, steps))

    def curve(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.grid, np.clip(LEVEL + self.design(self.grid) @ w, -100, 100)

    @property
    def split(self) -> tuple:
        """The birds of the first two parts, and which of them are trained on."""
        both = np.concatenate(self.parts[:2])
        return self.flipper[both], self.depth[both], np.arange(len(both)) < len(self.parts[0])

    def drawings(self, ax) -> dict:
        labels = (penguins().label(name) for name in ("flipper_length", "bill_depth"))
        labels = dict(zip(("xlabel", "ylabel"), labels, strict=True))
        split = Split(ax, **labels, xlim=WINDOW[0], ylim=WINDOW[1], title="birds, and the fit")
        split.seen.set_label("training birds")
        split.unseen.set(label="validation birds", markersize=4.5, alpha=0.8)
        return {"birds": split, "fit": Curve(ax, color=MODEL, lw=2.5, label="fit")}


def around(values: np.ndarray, share: float = 0.03) -> tuple[float, float]:
    return values.min() - share * np.ptp(values), values.max() + share * np.ptp(values)


def in_tens(axis, limits: tuple[float, float]) -> None:
    """Let an axis of natural logarithms say powers of ten."""
    powers = np.arange(np.ceil(np.log10(limits[0])), np.log10(limits[1]) + 1e-9)
    axis.set_ticks(np.log(10) * powers, [f"$10^{{{power:.0f}}}$" for power in powers])


def slope_of_validation() -> Explorer:
    """Which way should λ and η go? The validation loss over each, with the slopes of the run.

    >>> state = slope_of_validation().set(steps=50).state
    >>> bool(np.allclose(state["slopes"], state["differences"], atol=1e-6))
    True
    """
    birds = Birds()
    flat = np.zeros(birds.degree + 1)
    steepest = np.linalg.eigvalsh(birds.loss.hessian(flat))[-1]
    top = 1.15 * float(birds.validation(flat))
    sweeps = [np.linspace(*np.log(limits), SWEEP) for limits in (STRENGTHS, RATES)]
    nudges = 1e-4 * np.array([[1, -1, 0, 0], [0, 0, 1, -1]])

    @lru_cache(maxsize=512)
    def swept(k: int, other: float, steps: int) -> dict:
        t = np.stack([sweeps[k], np.full(SWEEP, other)][:: 1 - 2 * k])
        w = birds.trained(t, steps)
        losses = {"training": birds.loss(w), "validation": birds.validation(w)}
        return {name: (sweeps[k], np.minimum(loss, 2 * top)) for name, loss in losses.items()}

    def compute(strength: float, learning_rate: float, steps: int) -> dict:
        t = np.log([strength, learning_rate])
        w, slopes = birds.trained(t, steps), grad(birds.score)(t, steps)
        losses, near = (birds.loss(w), birds.validation(w)), birds.score(t[:, None] + nudges, steps)
        if diverges := not losses[1] < 1e3 * top:
            slopes = np.zeros(2)
        drawn = [np.nan] * 2 if diverges else slopes  # NaN draws nothing
        shown = [(x, min(losses[1], top), slope) for x, slope in zip(t, drawn, strict=True)]
        border = np.log(2 / (steepest + 2 * strength))
        return {
            "t": t, "steps": steps, "losses": losses, "slopes": slopes, "diverges": diverges,
            "differences": (near[::2] - near[1::2]) / 2e-4, "border": ([border] * 2, [0, top]),
            "birds": birds.split, "fit": birds.curve(w), "at λ": shown[0], "at η": shown[1],
            "over λ": swept(0, t[1], steps), "over η": swept(1, t[0], steps),
        }  # fmt: skip

    def caption(state: dict) -> str:
        (strength, rate), (trained, held) = np.exp(state["t"]), state["losses"]
        said = f"λ = {strength:.2g} and η = {rate:.2g}, {state['steps']} steps: "
        if state["diverges"]:
            return f"{said}the training diverges, and no loss in mm² is left to have a slope."
        (by_strength, by_rate), differences = state["slopes"], state["differences"]
        return (
            f"{said}training loss {trained:.3f} mm², validation loss {held:.3f} mm². Its "
            f"slope along log λ, through all steps of the run, is {by_strength:.4f} mm² (by "
            f"differences {differences[0]:.4f}), along log η it is {by_rate:.4f} mm² (by "
            f"differences {differences[1]:.4f})."
        )

    left, *axes = panels("flat", "flat", "flat", ratios=(1.05, 1, 1), height=3.7)
    drawings = birds.drawings(left)
    names = {"λ": ("penalty $\\lambda$", STRENGTHS), "η": ("learning rate $\\eta$", RATES)}
    for ax, (name, (words, limits)) in zip(axes, names.items(), strict=True):
        drawings[f"over {name}"] = Curves(
            ax, LOSSES, xlim=around(np.log(limits)), ylim=(0, top), xlabel=words,
            title=f"loss over {words.split()[-1]} (mm²)",
        )  # fmt: skip
        drawings[f"at {name}"] = Tangent(ax, color=MODEL)
        in_tens(ax.xaxis, limits)
    drawings["border"] = Curve(axes[1], color=GREY, lw=1.2, ls=":")
    legend_below(left, axes[0], handlelength=1.6)
    return explore(
        compute, drawings, caption,
        strength=log_slider(1e-2, *STRENGTHS, 100, label="penalty λ"),
        learning_rate=log_slider(0.4, *RATES, 100), steps=slider(STEPS, 10, 150, 10),
    )  # fmt: skip


def tuning_by_descent() -> Explorer:
    """Descent on the hyperparameters: V is a surface like any other, and each step a training.

    >>> state = tuning_by_descent().set(step=20).state
    >>> bool(state["losses"]["validation"][1][-1] < 0.8 * state["losses"]["validation"][1][0])
    True
    """
    birds = Birds()
    window = tuple(map(tuple, np.log([STRENGTHS, (4e-3, 0.45)])))
    surface = Surface(birds.score, name="validation loss", dimension=2, domain=window)
    starts = np.log([*STARTS.values()]).T  # (2, starts)
    everywhere = np.repeat(starts[:, :, None], len(OUTER), axis=2)
    runs = descend(surface, everywhere, GradientDescent(np.array(OUTER)), TUNINGS)
    tests = birds.test(birds.trained(np.moveaxis(runs.points, 1, 0)))  # (TUNINGS + 1, starts, 4)
    lowest, highest = runs.values.min(), max(runs.values[0].max(), tests[0].max())

    def compute(start: str, learning_rate: float, step: int) -> dict:
        i, j = [*STARTS].index(start), OUTER.index(learning_rate)
        path = replace(runs, points=runs.points[: step + 1, :, i, j], values=runs.values[:, i, j])
        k, losses = np.arange(step + 1), {"validation": runs.values, "test": tests}
        return {
            "told": (start, learning_rate, step), "path": path, "tuning": np.exp(path.point),
            "place": np.clip(path.point, *np.transpose(window)),
            "birds": birds.split, "fit": birds.curve(birds.trained(path.point)),
            "losses": {name: (k, loss[: step + 1, i, j]) for name, loss in losses.items()},
        }  # fmt: skip

    def caption(state: dict) -> str:
        (start, rate, step), (strength, inner) = state["told"], state["tuning"]
        held, test = (state["losses"][name][1] for name in ("validation", "test"))
        said = (
            f"From the start “{start}”, after {step} tuning steps of rate {rate}: "
            f"λ = {strength:.2g}, η = {inner:.2g}."
        )
        if held[-1] > 1e3 * held[0]:
            return f"{said} With that the training diverges, and the tuning has diverged with it."
        return (
            f"{said} The validation loss has gone from {held[0]:.3f} to {held[-1]:.3f} mm², the "
            f"test loss, of birds that had no say, from {test[0]:.3f} to {test[-1]:.3f} mm²."
        )

    left, middle, right = panels("flat", "flat", "flat", ratios=(1.1, 1, 0.9), height=3.7)
    names = ("penalty $\\lambda$", "learning rate $\\eta$")
    Contours(middle, window=window, names=names, title="validation loss").update(surface)
    for axis, limits in zip((middle.xaxis, middle.yaxis), np.exp(window), strict=True):
        in_tens(axis, limits)
    looks = {"validation": LOSSES["validation"]}
    looks["test"] = {"color": GREY, "ls": ":", "label": "test loss"}
    drawings = {
        **birds.drawings(left), "path": Path(middle), "place": Point(middle, color=BLACK),
        "losses": Curves(
            right, looks, xlim=(0, TUNINGS), ylim=(0.9 * lowest, 1.03 * highest),
            xlabel="tuning step", title="loss (mm²)",
        ),
    }  # fmt: skip
    legend_below(left, right, handlelength=1.6)
    return explore(
        compute, drawings, caption, start=choice([*STARTS]),
        learning_rate=choice(OUTER, 1, label="rate of tuning"),
        step=slider(8, 0, TUNINGS, 1, label="tuning step"),
    )  # fmt: skip
