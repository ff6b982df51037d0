"""Explorers of curvature: the quadratic under a point, and what those who follow it gain and pay.

Newton's method knows the surface only as the parabola that touches it. So the parabola is drawn,
with the step to where it is level, be that its lowest point or not.
"""

import numpy as np

from calclearn.descent.curvature import eigenvalues, quadratic_model
from calclearn.descent.descend import descend
from calclearn.descent.landscapes import himmelblau, two_valleys
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.second_order import BFGS, DampedNewton, Newton
from calclearn.descent.surfaces import Surface
from calclearn.explorers.controls import log_slider, round_slider, slider
from calclearn.explorers.descents import rate_for
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.races import race_on
from calclearn.explorers.wording import counted, placed
from calclearn.figures.curves import Curve, Curves, OnCurve, Tangent
from calclearn.figures.races import ModelRings, Paths, key
from calclearn.figures.style import BLACK, GREY, MODEL, OPTIMIZERS, STEP, panels, style
from calclearn.figures.surfaces import Contours, Point

CHOOSERS = ("GradientDescent", "Newton", "DampedNewton", "BFGS")


def newton_on_a_curve(surface: Surface | None = None) -> Explorer:
    """Can curvature choose the step? The parabola under the point, and the slope's own tangent.

    The parabola is level where the tangent of the slope crosses zero: Newton's next point. Raises
    ValueError for a surface of more weights than one.

    >>> newton = newton_on_a_curve().set(w=2.0)
    >>> round(float(newton.state["next"]), 6)
    1.5
    """
    surface = two_valleys() if surface is None else surface
    if surface.dimension != 1:
        raise ValueError(f"surface must have one weight, got {surface.dimension}")
    (window,) = surface.domain
    w_axis = np.linspace(*window, 400)
    heights, slopes = surface(w_axis[None]), surface.gradient(w_axis[None])[0]
    left, right = panels("flat", "flat", height=3.7)
    for ax, y, title in (
        (left, heights, f"height of {surface.name}"),
        (right, slopes, "its slope"),
    ):
        room = 0.15 * np.ptp(y)
        with style():
            ax.plot(w_axis, y, color=BLACK, lw=1.6)
            ax.set(xlim=window, ylim=(y.min() - room, y.max() + room), xlabel="$w$", title=title)
    right.axhline(0, color=GREY, lw=1)

    def compute(w: float, steps: int) -> dict:
        at = np.array([w])
        height, slope, curvature = (
            float(f(at).item()) for f in (surface, surface.gradient, surface.hessian)
        )
        run = descend(surface, at, Newton(), steps)
        first = run.points[min(1, len(run.points) - 1), 0]
        model = quadratic_model(surface, at)
        return {
            "told": (w, steps, slope, curvature), "next": first, "run": run,
            "model": (w_axis, model(w_axis[None])), "point": (w, height),
            "tangent": (w, slope, curvature), "zero": (first, 0.0),
            "low": (first, float(model(np.array([first])))),
            "later": {"Newton": (run.points[1:, 0], run.values[1:])},
        }  # fmt: skip

    def caption(state: dict) -> str:
        w, steps, slope, curvature = state["told"]
        run, first = state["run"], state["next"]
        if curvature == 0:
            return f"At {placed([w])} the curvature is 0: the parabola is a line, lowest nowhere."
        turn = "lowest" if curvature > 0 else "highest, for it opens downwards,"
        end, bend = run.point.item(), eigenvalues(surface, run.point).item()
        return (
            f"At {placed([w])} the slope is {slope:.3g} and the curvature {curvature:.3g}: the "
            f"parabola is {turn} at {first:.3f}. Newton's step no. {steps} ends at {end:.3f}, "
            f"height {run.value:.3f}, curvature {bend:.3g}."
        )

    color, marker = OPTIMIZERS["Newton"]
    newton = {"color": color, "marker": marker, "ms": 9, "mec": "white", "lw": 0, "zorder": 7}
    drawings = {
        "model": Curve(left, color=MODEL, lw=2.2), "point": OnCurve(left, drags=("w",)),
        "later": Curves(left, {"Newton": newton}), "low": Point(left, color=MODEL, marker="v"),
        "tangent": Tangent(right), "zero": Point(right, color=MODEL, marker="v"),
    }  # fmt: skip
    return explore(
        compute, drawings, caption,
        w=round_slider(surface.start[0], window, label="w"),
        steps=slider(1, 1, 8, 1, label="Newton's steps"),
    )  # fmt: skip


def newton_on_a_map(surface: Surface | None = None) -> Explorer:
    """What does Newton's step rest on? The contours of the quadratic model, over the surface's.

    On the right the model and the surface are cut along Newton's step, in units of the change that
    the model promises. `damping` leads from |H| to plain gradient descent with η = 1/|λ|max.

    >>> climb = newton_on_a_map().set(x=0.0, y=0.0)
    >>> climb.state["curvatures"].tolist()
    [-42.0, -26.0]
    """
    surface = himmelblau() if surface is None else surface
    window, names, t = surface.domain, ("Newton", "DampedNewton"), np.linspace(-0.6, 2, 131)
    left, right, strip = panels("flat", "flat", "strip", height=4.3)

    def compute(x: float, y: float, steps: int, damping: float) -> dict:
        at = np.array([x, y])
        model = quadratic_model(surface, at)
        optimizers = Newton(), DampedNewton(damping)
        runs = {n: descend(surface, at, o, steps) for n, o in zip(names, optimizers, strict=True)}
        step = runs["Newton"].points[min(1, len(runs["Newton"].points) - 1)] - at
        promise = abs(surface.gradient(at) @ step) / 2 or 1.0
        line = at[:, None] + step[:, None] * t
        cut = {"surface": surface(line), "model": model(line), "point": surface(at[:, None])}
        return {
            "at": at, "steps": steps, "damping": damping, "runs": runs,
            "curvatures": eigenvalues(surface, at), "rings": (model, at),
            "cut": {
                name: (t if name != "point" else [0.0], (values - surface(at)) / promise)
                for name, values in cut.items()
            },
        }  # fmt: skip

    def caption(state: dict) -> str:
        (low, high), runs = state["curvatures"], state["runs"]
        kind = "a bowl" if low > 0 else "a hill" if high < 0 else "a saddle"
        told = "; ".join(
            f"{name} is {'higher' if run.value > run.values[0] else 'lower'} by "
            f"{abs(run.value - run.values[0]):.3g}"
            for name, run in runs.items()
        )
        return (
            f"At {placed(state['at'])} the curvatures are {low:.3g} and {high:.3g}: the model is "
            f"{kind}. After {counted(state['steps'], 'step')} {told} (damping "
            f"{state['damping']:.2g})."
        )

    Contours(
        left, window=window, names=("$x$", "$y$"), title=f"{surface.name}, and its model"
    ).update(surface)
    key(strip, names)
    looks = {
        "surface": {"color": BLACK, "label": "surface"},
        "model": {"color": MODEL, "label": "model"},
        "point": {"color": STEP, "marker": "o", "ms": 10, "mec": "white"},
    }
    axes = {
        "xlim": (t[0], t[-1]),
        "ylim": (-3, 3),
        "xlabel": "share $t$ of the step",
        "ylabel": "height, in promised changes",
    }
    drawings = {
        "rings": ModelRings(left, window), "runs": Paths(left, names, size=9),
        "at": Point(left, drags=("x", "y")),
        "cut": Curves(right, looks, title="cut along Newton's step", **axes),
    }  # fmt: skip
    with style():
        right.axvline(1, color=GREY, ls=":", lw=1.2)
        right.legend(loc="upper left")
    x, y = (round_slider(*place) for place in zip(surface.start, window, strict=True))
    return explore(
        compute, drawings, caption, x=x, y=y, steps=slider(1, 1, 8, 1),
        damping=log_slider(1e-6, 1e-6, 1.0),
    )  # fmt: skip


def race_by_curvature(surface: Surface | None = None) -> Explorer:
    """What does curvature gain, and at what price? Four optimizers, one start, equal gradients.

    A Hessian is paid like the d gradients that it costs by differences.

    >>> race = race_by_curvature().set(x=-1.0, y=-2.0)
    >>> "Newton is" in race.caption and "resting on a saddle" in race.caption
    True
    """
    surface = himmelblau() if surface is None else surface
    rate = rate_for(surface, 0.8)

    def entrants(learning_rate: float, damping: float) -> dict:
        return {
            "GradientDescent": GradientDescent(learning_rate), "Newton": Newton(),
            "DampedNewton": DampedNewton(damping), "BFGS": BFGS(),
        }  # fmt: skip

    def words(learning_rate: float, damping: float) -> str:
        return f"η = {learning_rate:.3g}, damping {damping:.2g}"

    return race_on(
        surface, entrants, CHOOSERS, words, 40,
        learning_rate=log_slider(rate, rate / 30, rate * 10),
        damping=log_slider(1e-6, 1e-6, 1.0),
    )  # fmt: skip
