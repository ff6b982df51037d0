"""Explorers of fits that go too far: good on the birds that were fitted, bad on all others.

Twenty penguins are drawn, a polynomial is fitted to them, and the other 322 judge it. Every fit
is exact, with a penalty (`ridge`, `lasso`) or after so many steps (`shrinkage_of_steps`), so that
what a figure shows is the loss's doing, and never that of a descent which has not arrived.
"""

from functools import cache

import numpy as np
from matplotlib.axes import Axes
from numpy.polynomial.polynomial import polyval

from calclearn.data import penguins
from calclearn.descent.curvature import shrinkage_of_l2, shrinkage_of_steps
from calclearn.descent.losses import mse, polynomial_loss
from calclearn.descent.penalised import lasso, ridge
from calclearn.descent.surfaces import Surface
from calclearn.explorers.controls import choice, log_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.wording import counted
from calclearn.figures.curves import Curve, Curves
from calclearn.figures.fits import Split, Weights
from calclearn.figures.style import GREY, MODEL, SEEN, STEP, UNSEEN, defaults, panels, style

SAMPLE, BIRDS, HIGHEST = 9, 20, 11  # the usual draw, the birds in it, the highest degree
CENTRE, HALF, LEVEL = 201.5, 29.5, 17.0  # mm: x runs from -1 to 1, y counts from 17 mm
WINDOW = (170, 233), (12, 23)  # mm
PENALISED = {"L1": lasso, "L2": ridge}


@cache
def drawn(sample: int) -> np.ndarray:
    """Which of the 342 penguins are in a sample: a mask."""
    order = np.random.default_rng(sample).permutation(len(penguins()))
    return np.isin(np.arange(len(order)), order[:BIRDS])


@cache
def loss_of(sample: int, degree: int, seen: bool) -> Surface:
    """The mean squared error of a polynomial on the birds of a sample, or on all others."""
    birds = drawn(sample) == seen
    x = (penguins().flipper_length[birds] - CENTRE) / HALF
    return polynomial_loss(x, penguins().bill_depth[birds] - LEVEL, degree, mse)


def curve_of(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A fit, drawn over the flippers in mm."""
    flipper = np.linspace(*WINDOW[0], 300)
    return flipper, np.clip(LEVEL + polyval((flipper - CENTRE) / HALF, weights), -100, 100)


def split_of(sample: int) -> tuple:
    return penguins().flipper_length, penguins().bill_depth, drawn(sample)


def birds(ax: Axes, title: str) -> Split:
    labels = (penguins().label(name) for name in ("flipper_length", "bill_depth"))
    return Split(ax, **dict(zip(("xlabel", "ylabel"), labels, strict=True)),
                 xlim=WINDOW[0], ylim=WINDOW[1], title=title)  # fmt: skip


def lower_is_worse() -> Explorer:
    """When is a lower loss worse? A polynomial, the birds it was fitted to, and all others.

    >>> [f"{loss:.3g}" for loss in lower_is_worse().set(degree=10, strength=1e-8).state["losses"]]
    ['0.265', '949']
    """
    left, middle, right = panels("flat", "flat", "flat", ratios=(1.25, 1, 0.9), height=3.9)
    degrees = np.arange(HIGHEST + 1)

    def losses(sample: int, fits: list) -> np.ndarray:
        """The loss of each degree's fit on the birds seen, and on the others: (2, degrees)."""
        return np.array(
            [[loss_of(sample, d, seen)(w) for d, w in enumerate(fits)] for seen in (True, False)]
        )

    @cache
    def free(sample: int) -> np.ndarray:
        return losses(sample, [loss_of(sample, d, True).minima[0] for d in degrees])

    def compute(degree: int, strength: float, penalty: str, sample: int) -> dict:
        fits = [PENALISED[penalty](loss_of(sample, d, True), strength) for d in degrees]
        table = losses(sample, fits)
        curves = dict(zip(looks, [*free(sample), *table], strict=False))
        return {
            "told": (degree, strength, penalty, sample), "weights": fits[degree],
            "split": split_of(sample), "fit": curve_of(fits[degree]),
            "losses": table[:, degree],
            "best": int(np.argmax(table[1] <= 1.001 * table[1].min())),  # the lowest of equals
            "curves": {name: (degrees, values) for name, values in curves.items()}
            | {"now": ([degree, degree], table[:, degree])},
        }  # fmt: skip

    def caption(state: dict) -> str:
        (degree, strength, penalty, sample), weights = state["told"], state["weights"]
        seen, unseen = state["losses"]
        zeros = int(np.sum(weights == 0))
        return (
            f"Sample {sample}, degree {degree}, {penalty} with λ = {strength:.2g}: the loss is "
            f"{seen:.3g} mm² on the {BIRDS} birds of the fit and {unseen:.3g} mm² on the others. "
            f"For them degree {state['best']} would be best. The largest weight is "
            f"{np.abs(weights).max():.3g} in size, and {zeros or 'none'} of {len(weights)} "
            f"{'are' if zeros > 1 else 'is'} exactly 0."
        )

    line = {"seen": {"color": SEEN, "marker": "o"}, "unseen": {"color": UNSEEN, "marker": "s"}}
    faint, bold = {"alpha": 0.3, "ms": 3, "lw": 1}, {"ms": 4, "lw": 1.8}
    looks = {f"{name}, free": look | faint for name, look in line.items()}
    looks |= {name: look | bold for name, look in line.items()}
    looks["now"] = {"color": MODEL, "marker": "o", "mfc": "none", "ms": 13, "mew": 2, "ls": ""}
    scale = {"yscale": "log", "ylim": (0.1, 1e5), "xlim": (-0.6, HIGHEST + 0.6)}
    drawings = {
        "split": birds(left, "birds, and the fit"),
        "fit": Curve(left, color=MODEL, lw=2.5, zorder=4),
        "curves": Curves(middle, looks, title="loss (mm²) by degree", xlabel="degree", **scale),
        "weights": Weights(right, HIGHEST + 1, most=1e5),
    }
    with style():
        middle.set_xticks(range(0, HIGHEST + 1, 2))
        handles = [drawings["curves"].lines[name] for name in ("seen", "unseen", "unseen, free")]
        names = [f"the {BIRDS} birds of the fit", "the others", "without penalty"]
        middle.figure.legend(handles, names, loc="outside lower center", ncols=3)
    return explore(
        compute, drawings, caption,
        degree=slider(10, 0, HIGHEST, 1), strength=log_slider(1e-8, 1e-8, 10.0, 90, label="λ"),
        penalty=choice(["L2", "L1"]), sample=slider(SAMPLE, 0, 29, 1, label="sample of birds"),
    )  # fmt: skip


@defaults()
def early_stopping(degree: int = 10) -> Explorer:
    """What does stopping early do? The same as L2, nearly: both shrink along the flat directions.

    Raises ValueError for a degree that is not from 1 to 11.

    >>> early = early_stopping().set(steps=1000.0, strength=1e-3)
    >>> {way: f"{loss:.3g}" for way, loss in early.state["unseen"].items()}
    {'steps': '1.96', 'L2': '1.99'}
    """
    if degree not in range(1, HIGHEST + 1):
        raise ValueError(f"degree must be from 1 to {HIGHEST}, got {degree!r:.60}")
    sides = {side: loss_of(SAMPLE, degree, side == "seen") for side in ("seen", "unseen")}
    best = np.array(sides["seen"].minima[0])
    curvatures, vectors = np.linalg.eigh(sides["seen"].hessian(best))
    curvatures = np.maximum(curvatures, 0)  # the flattest may come out as -1e-17
    rate = 1 / curvatures[-1]
    share = {"steps": lambda h, k: shrinkage_of_steps(h, rate, k), "L2": shrinkage_of_l2}
    many, flat = np.logspace(0, 6, 121), np.geomspace(3e-10, curvatures[-1], 160)
    left, middle, right = panels("flat", "flat", "flat", ratios=(1.15, 1, 1), height=3.9)

    def fit(way: str, amount) -> np.ndarray:
        """The weights (d, ...) after so many steps, or with a penalty so strong."""
        shares = np.stack([share[way](h, amount) for h in curvatures])
        return np.tensordot(vectors * (vectors.T @ best), shares, 1)

    def compute(steps: float, strength: float) -> dict:
        amounts = {"steps": round(steps), "L2": strength}
        alike = {"steps": round(steps), "L2": 1 / (2 * rate * strength)}
        fits = {way: fit(way, amount) for way, amount in amounts.items()}
        losses = {way: float(sides["unseen"](weights)) for way, weights in fits.items()}
        dots = {way: share[way](curvatures, amount) for way, amount in amounts.items()}
        return {
            "amounts": amounts, "alike": alike["L2"], "unseen": losses,
            "apart": float(np.abs(dots["steps"] - dots["L2"]).max()),
            "early": curve_of(fits["steps"]), "ridged": curve_of(fits["L2"]),
            "now": {way: ([alike[way]], [loss]) for way, loss in losses.items()},
            "shares": {way: (flat, share[way](flat, amount)) for way, amount in amounts.items()},
            "dots": {way: (curvatures, shares) for way, shares in dots.items()},
        }  # fmt: skip

    def caption(state: dict) -> str:
        (steps, strength), losses = state["amounts"].values(), state["unseen"]
        return (
            f"On the others the loss is {losses['steps']:.3g} mm² after "
            f"{counted(steps, 'step')} with η = {rate:.2g}, and {losses['L2']:.3g} mm² with L2 "
            f"and λ = {strength:.2g}, which is like {state['alike']:.3g} steps. Along the "
            f"curvatures the shares of the two differ by at most {state['apart']:.2f}."
        )

    lines = {"steps": {"color": STEP, "lw": 2}, "L2": {"color": MODEL, "lw": 2, "ls": (0, (5, 2))}}
    dot = {"ls": "", "ms": 7, "mec": "white"}
    dots = {
        "steps": dot | {"color": STEP, "marker": "o"},
        "L2": dot | {"color": MODEL, "marker": "s"},
    }
    looks = {f"{way}, unseen": look for way, look in lines.items()}
    looks |= {f"{way}, seen": look | {"lw": 1, "alpha": 0.6} for way, look in lines.items()}
    axes = {"xscale": "log", "yscale": "log", "xlim": (0.6, 1.7e6), "ylim": (0.1, 100)}
    sweep = Curves(middle, looks, title="loss (mm²)", xlabel="steps $k$, or $1/(2ηλ)$", **axes)
    sweeps = {"steps": fit("steps", many), "L2": fit("L2", 1 / (2 * rate * many))}
    sweep.update({
        f"{way}, {side}": (many, loss(weights))
        for way, weights in sweeps.items() for side, loss in sides.items()
    })  # fmt: skip
    axes = {
        "xscale": "log",
        "xlim": (10**-9.5, 6),
        "ylim": (-0.04, 1.06),
        "xlabel": "curvature $h$",
    }
    birds(left, "birds, and both fits").update(*split_of(SAMPLE))
    drawings = {
        "early": Curve(left, **lines["steps"]), "ridged": Curve(left, **lines["L2"]),
        "now": Curves(middle, dots), "dots": Curves(right, dots),
        "shares": Curves(right, lines, title="share of the full fit", **axes),
    }  # fmt: skip
    with style():
        middle.text(1, 0.14, "thin: the birds of the fit", color=GREY)
        words = ["gradient descent, stopped early", "L2"]
        handles = list(drawings["shares"].lines.values())
        middle.figure.legend(handles, words, loc="outside lower center", ncols=2)
    return explore(
        compute, drawings, caption,
        steps=log_slider(1e5, 1.0, 1e6, label="steps k"),
        strength=log_slider(1e-3, 1e-6, 1.0, 72, label="λ of L2"),
    )  # fmt: skip
