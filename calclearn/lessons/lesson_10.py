"""Lesson 10, can curvature choose the step: Newton's step is −H⁻¹∇f, to where the quadratic model
is level.

The model is drawn over the surface that it touches, with the step, be its level place the lowest
point or not. Where a curvature is negative the step leads uphill; with its size, |λ|, it leads down.
"""

import numpy as np

from calclearn.descent.curvature import eigenvalues, quadratic_model
from calclearn.descent.descend import descend
from calclearn.descent.landscapes import double_well, himmelblau, two_valleys
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.second_order import BFGS, DampedNewton, Newton
from calclearn.descent.surfaces import Surface
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers.controls import log_slider, round_slider, slider
from calclearn.explorers.descents import rate_for
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.races import race_on
from calclearn.explorers.wording import counted, placed
from calclearn.figures.curves import OnCurve, Tangent
from calclearn.figures.marks import Dots, Lines
from calclearn.figures.races import ModelRings, Paths, key
from calclearn.figures.style import BLACK, GREY, MODEL, OPTIMIZERS, STEP, panels
from calclearn.figures.surfaces import Contours, Point

CHOOSERS = ("GradientDescent", "Newton", "DampedNewton", "BFGS")


def newton_on_a_curve() -> Explorer:
    """Can curvature choose the step? The parabola under the point, and the slope's own tangent.

    The parabola is level where the tangent of the slope crosses zero: Newton's first point.

    >>> newton = newton_on_a_curve().set(w=2.0)
    >>> round(float(newton.state["first"]), 6)
    1.5
    """
    surface = two_valleys()
    (window,) = surface.domain
    w_axis = np.linspace(*window, 400)

    def compute(w, steps):
        at = np.array([w])
        height, slope, curvature = (
            f(at).item() for f in (surface, surface.gradient, surface.hessian)
        )
        model, run = quadratic_model(surface, at), descend(surface, at, Newton(), steps)
        first = run.points[min(1, len(run.points) - 1)]
        return {
            "slope": slope,
            "curvature": curvature,
            "run": run,
            "model": (w_axis, model(w_axis[None])),
            "point": (w, height),
            "first": first.item(),
            "low": (first.item(), model(first).item()),
            "zero": (first.item(), 0.0),
            "later": (run.points[1:, 0], run.values[1:]),
        }

    def caption(w, steps, slope, curvature, run, first) -> str:
        turn = "lowest" if curvature > 0 else "highest, for it opens downwards,"
        end, bend = run.point.item(), eigenvalues(surface, run.point).item()
        return (
            f"At {placed([w])} the slope is {slope:.3g} and the curvature {curvature:.3g}: the "
            f"parabola is {turn} at {first:.3f}. Newton's step no. {steps} ends at {end:.3f}, "
            f"height {run.value:.3f}, curvature {bend:.3g}."
        )

    left, right = panels("flat", "flat", height=3.7)
    heights, slopes = surface(w_axis[None]), surface.gradient(w_axis[None])[0]
    for ax, y, title in (
        (left, heights, f"height of {surface.name}"),
        (right, slopes, "its slope"),
    ):
        room = 0.15 * np.ptp(y)
        ax.plot(w_axis, y, color=BLACK, lw=1.6)
        ax.set(xlim=window, ylim=(y.min() - room, y.max() + room), xlabel="$w$", title=title)
    right.axhline(0, color=GREY, lw=1)
    color, marker = OPTIMIZERS["Newton"]
    drawings = [
        Lines(left, "model", color=MODEL, lw=2.2),
        OnCurve(left, drags=("w",)).on(weights="point"),
        Dots(left, "later", color=color, marker=marker, ms=9, zorder=7),
        Point(left, color=MODEL, marker="v").on(weights="low"),
        Tangent(right).on(x="w", y="slope", slope="curvature"),
        Point(right, color=MODEL, marker="v").on(weights="zero"),
    ]
    return explore(
        compute,
        drawings,
        caption,
        w=round_slider(surface.start[0], window, label="w"),
        steps=slider(1, 1, 8, 1, label="Newton's steps"),
    )


def newton_on_a_map(surface: Surface | None = None) -> Explorer:
    """What does Newton's step rest on? The contours of the quadratic model, over the surface's.

    On the right the model and the surface are cut along Newton's step, in units of the change that
    the model promises. `damping` leads from |H| to plain gradient descent with η = 1/|λ|max.

    >>> climb = newton_on_a_map().set(x=0.0, y=0.0)
    >>> climb.state["curvatures"].tolist()
    [-42.0, -26.0]
    """
    surface = himmelblau() if surface is None else surface
    window, t = surface.domain, np.linspace(-0.6, 2, 131)

    def compute(x, y, steps, damping):
        point = np.array([x, y])
        model = quadratic_model(surface, point)
        newton, damped = (
            descend(surface, point, optimizer, steps)
            for optimizer in (Newton(), DampedNewton(damping))
        )
        step = newton.points[min(1, len(newton.points) - 1)] - point
        promise = abs(surface.gradient(point) @ step) / 2 or 1.0
        line = point[:, None] + step[:, None] * t
        return {
            "point": point,
            "model": model,
            "descents": {"Newton": newton, "DampedNewton": damped},
            "curvatures": eigenvalues(surface, point),
            "cut of surface": (t, (surface(line) - surface(point)) / promise),
            "cut of model": (t, (model(line) - surface(point)) / promise),
            "here": (0.0, 0.0),
        }

    def caption(point, steps, damping, curvatures, descents) -> str:
        low, high = curvatures
        kind = "a bowl" if low > 0 else "a hill" if high < 0 else "a saddle"
        changes = {name: run.value - run.values[0] for name, run in descents.items()}
        ends = "; ".join(
            f"{name} is {'higher' if change > 0 else 'lower'} by {abs(change):.3g}"
            for name, change in changes.items()
        )
        return (
            f"At {placed(point)} the curvatures are {low:.3g} and {high:.3g}: the model is {kind}. "
            f"After {counted(steps, 'step')} {ends} (damping {damping:.2g})."
        )

    left, right, strip = panels("flat", "flat", "strip", height=4.3)
    names, title = ("Newton", "DampedNewton"), f"{surface.name}, and its model"
    key(strip, names)
    right.set(xlim=(t[0], t[-1]), ylim=(-3, 3), title="cut along Newton's step")
    right.set(xlabel="share $t$ of the step", ylabel="height, in promised changes")
    right.grid(True, axis="y", lw=0.6)
    right.axvline(1, color=GREY, ls=":", lw=1.2)
    cuts = {
        "cut of surface": {"color": BLACK, "label": "surface"},
        "cut of model": {"color": MODEL, "label": "model"},
    }
    drawings = [
        Contours(left, surface, window=window, names=("$x$", "$y$"), title=title),
        ModelRings(left, window),
        Paths(left, names, size=9),
        Point(left, drags=("x", "y")).on(weights="point"),
        Lines(right, cuts, edge=True),
        Dots(right, "here", color=STEP, ms=10),
    ]
    right.legend(loc="upper left")
    x, y = (round_slider(*place) for place in zip(surface.start, window, strict=True))
    return explore(
        compute,
        drawings,
        caption,
        x=x,
        y=y,
        steps=slider(1, 1, 8, 1),
        damping=log_slider(1e-6, 1e-6, 1.0),
    )


def race_by_curvature(surface: Surface | None = None) -> Explorer:
    """What does curvature gain, and at what price? Four optimizers, one start, equal gradients.

    A Hessian is paid like the d gradients that it costs by differences.

    >>> race = race_by_curvature().set(x=-1.0, y=-2.0)
    >>> "Newton is" in race.caption and "resting on a saddle" in race.caption
    True
    """
    surface = himmelblau() if surface is None else surface
    rate = rate_for(surface, 0.8)

    def entrants(learning_rate, damping) -> dict:
        optimizers = GradientDescent(learning_rate), Newton(), DampedNewton(damping), BFGS()
        return dict(zip(CHOOSERS, optimizers, strict=True))

    return race_on(
        surface,
        entrants,
        CHOOSERS,
        lambda learning_rate, damping: f"η = {learning_rate:.3g}, damping {damping:.2g}",
        40,
        learning_rate=log_slider(rate, rate / 30, rate * 10),
        damping=log_slider(1e-6, 1e-6, 1.0),
    )


# Exercises; the questions stand in the notebook.
# fmt: off

curve, w = two_valleys(), 2.0
slope, bend = curve.gradient(np.array([w])).item(), curve.hessian(np.array([w])).item()

well, here = double_well(), np.array([0.25, 1.0])
g, curvatures = well.gradient(here), np.diag(well.hessian(here))

weights, size = 50_000, 8
gigabytes = weights**2 * size / 1e9

outcome("10", 3, """
    At w = 0.3 the curvature is negative, so the parabola opens downwards. It is level at its top,
    and there Newton's method goes: it looks for a level place, not for a low one.""")

exercise("10.1", w - slope / bend, """
    w − f'(w)/f''(w): the slope divided by the curvature, both at the place you stand.
    > You need the first and the second derivative at 2.
    > New w = old w − slope / curvature.""", [
    (w + slope / bend,          "This step goes uphill: the sign."),
    (slope / bend,              "This is the length of the step: where does it lead?"),
    (-slope / bend,             "This is the step alone: add it to where you stand."),
    (w - slope,                 "This is a step of gradient descent with η = 1: the curvature is missing."),
    (w - bend / slope,          "Slope and curvature have changed places."),
    (w - slope * bend,          "The curvature divides the slope, it does not multiply it."),
    (w - slope / (12 * w**2),   "The second derivative has lost its constant."),
])

exercise("10.2", here - g / abs(curvatures), """
    Along x the curvature is negative: divided by it, the step would lead to the saddle; divided by
    its size it leads down, away from it. Along y both are the same.
    > Along x the slope is 4x(x² − 1) and the curvature 12x² − 4. What are they along y?
    > For each axis: old coordinate − slope / |curvature|.""", [
    (here - g / curvatures,         "This is Newton's own step: it goes up along x."),
    (here + g / abs(curvatures),    "This step goes uphill along both axes: the sign."),
    (-g / abs(curvatures),          "This is the step alone: add it to where you stand."),
    (here - g,                      "This is a step of gradient descent with η = 1: no curvature in it."),
    (here - g / 4.0,                "This divides by the curvature at another place."),
    (here - g / 2,                  "Each axis has its own curvature: this divides by y's in both."),
])

exercise("10.3", gigabytes, """
    d² numbers: 2.5 billion of them, for a model that would be called tiny today. With a million
    weights it would be 8,000 GB, and solving with it takes about d³/3 multiplications a step.
    > The Hessian has a row and a column for each weight.
    > d² numbers of 8 bytes, divided by 10⁹.""", [
    (weights * size / 1e9,  "This is the gradient: one number a weight. The Hessian?"),
    (gigabytes / size,      "These are billions of numbers; each takes 8 bytes."),
    (gigabytes / 2,         "It is symmetric, so half would do; the whole of it is asked for."),
    (gigabytes * 1e9,       "These are bytes."),
    (gigabytes * size,      "The bytes have been counted twice, or taken for bits."),
])

choice("10.4", "c", """
    H⁻¹∇f has the unit of the weight itself, whatever that is. A gradient has the unit of the loss
    divided by that of the weight, so one learning rate cannot fit two units.
    > Which unit has a gradient, and which has the weight that it is subtracted from?
    > Try it with one weight: f(w) and f(10 w), one step of each method.""",
    options={
        "a": "Gradient descent, with the same learning rate.",
        "b": "Gradient descent, with a learning rate divided by ten.",
        "c": "Newton's method.",
        "d": "None of them."},
    a="Its steps along that weight change with the unit: see the bowl of lesson 06.",
    b="Then the steps of the other weight, whose unit is the same, would change too.",
    d="One of them asks the surface itself how long a step should be.")

# fmt: on
