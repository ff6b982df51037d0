"""Lesson 10, can curvature choose the step: Newton's step is −H⁻¹∇f, to where the quadratic model
is level.

The model is drawn over the surface that it touches, with the step, be its level place the lowest
point or not. Where a curvature is negative the step leads uphill; with its size, |λ|, it leads down.
How far to go along it, a line search asks the loss itself: φ(t) ≤ φ(0) + c t φ'(0).
"""

from typing import Any

import numpy as np
from matplotlib.ticker import EngFormatter, MaxNLocator

from calclearn import BFGS, DampedNewton, GradientDescent, Newton, Surface, descend
from calclearn.descent.curvature import eigenvalues, quadratic_model
from calclearn.descent.landscapes import double_well, himmelblau, two_valleys
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers import Explorer, explore, log_slider, round_slider, slider
from calclearn.explorers.wording import counted, placed
from calclearn.figures import style
from calclearn.figures.curves import Numbered
from calclearn.figures.descents import Paths, key
from calclearn.figures.marks import Dots, Lines, Rule, finite_range
from calclearn.figures.surfaces import Contours, ModelRings, Point
from calclearn.lessons.descents import rate_for
from calclearn.lessons.races import race_on

DAMPING = 1e-6  # of damped Newton, where it is not a control
MOST = 8  # steps on a map
LEVEL = 1e-4  # a gradient whose step changes the height by little more than rounding does
STEPS = 12  # of Newton's method on the curve: from nearly everywhere it has arrived
HIMMELBLAU = himmelblau()
CHOOSERS = ("GradientDescent", "Newton", "DampedNewton", "BFGS")


def newton_on_a_curve() -> Explorer:
    """Can curvature choose the step? The parabola under the point, and the slope's own tangent.

    The parabola is level where the tangent of the slope crosses zero: there Newton's step ends. At
    each step both are drawn anew, and the axes widen when the step leaves them.

    >>> round(newton_on_a_curve().set(w=2.0).state["next"], 6)
    1.5
    """
    surface = two_valleys()
    (window,) = surface.domain
    level = np.roots([4, 0, -6, 1])  # where the slope 4w³ − 6w + 1 vanishes
    limits = {}
    for name, f in _height_and_slope(surface).items():
        low, high = finite_range(f(np.linspace(*window, 400)[None]))
        limits[name] = 1.15 * low - 0.15 * high, 1.15 * high - 0.15 * low

    def compute(w, step):
        run = descend(surface, [w], Newton(), STEPS)
        taken = min(step, len(run.points) - 1)
        here, there = run.points[max(taken - 1, 0)], run.points[taken]
        model, points = quadratic_model(surface, here), run.points[: taken + 1, 0]
        wide = _widened(window, *here, *there)
        axis = np.linspace(*wide, 801)
        error = np.abs(points - level[np.argmin(np.abs(level - run.point))])
        quantities = {
            "run": run, "here": here.item(), "next": there.item(),
            "curvature": surface.hessian(here).item(),
            "digits": np.clip(-np.log10(error), 0, 15).astype(int),
        }  # fmt: skip
        models = _height_and_slope(model)
        for name, f in _height_and_slope(surface).items():
            start, end = f(here).item(), models[name](there).item()
            quantities |= {
                name: start,
                f"view of {name}": (wide, _widened(limits[name], start, end)),
                f"curve of {name}": (axis, f(axis[None])),
                f"model of {name}": (axis, models[name](axis[None])),
                f"points of {name}": (points, f(points[None])),
                f"start of {name}": (here.item(), start),
                f"end of {name}": (there.item(), end),
            }
        return quantities

    def caption(step, run, here, slope, curvature, next, digits) -> str:
        last = ", the last," * (step == len(run.points) - 1)
        turn = "lowest" if curvature > 0 else "highest, for it opens downwards,"
        return (
            f"Step {step}{last} starts at {placed([here])}, slope {slope:.3g}, curvature "
            f"{curvature:.3g}: the parabola is {turn} at {next:.3f}. Right digits, from point 0 "
            f"on: {', '.join(map(str, digits))}."
        )

    def pulled(start, to, w) -> tuple[float]:
        """Follow the pointer, measured where the axes show the curve's own window."""
        return (w + (to[0] - start[0]) * np.ptp(window) / np.ptp(left.get_xlim()),)

    left, right = style.panels("flat", "flat", height=3.7)
    left.set_title(f"height of {surface.name}")
    right.set_title("its slope")
    right.axhline(0, color=style.GREY, lw=1)
    color, marker = style.OPTIMIZERS["Newton"]
    looks = {"color": [style.BLACK, style.MODEL], "lw": [1.6, 2.2]}
    drawings = []
    for name, start in {"height": Point(left).drag("w", by=pulled), "slope": Point(right)}.items():
        ax = start.ax
        ax.set_xlabel("$w$")
        ax.set_ylabel(" ", labelpad=0)  # room for the longest numbers
        ax.yaxis.set_major_formatter(EngFormatter(sep="", usetex=False))
        for axis in (ax.xaxis, ax.yaxis):  # few numbers: they are drawn anew where axes widen
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        curves = f"curve of {name}", f"model of {name}"
        drawings += [
            Rule(ax, x="next", color=style.MODEL, ls=":"),
            Lines(ax, *curves, window=f"view of {name}", **looks),
            start.on(weights=f"start of {name}"),
            Numbered(ax, color=color, marker=marker).on(places=f"points of {name}"),
            Point(ax, color=style.MODEL, marker="v").on(weights=f"end of {name}"),
        ]
    return explore(
        compute, drawings, caption, play="step", pace=0.8,
        w=round_slider(surface.start[0], window, label="w"), step=slider(1, 1, STEPS, 1),
    )  # fmt: skip


def _height_and_slope(surface: Surface) -> dict:
    """Return the height and the slope of a curve, functions of (1, ...)."""
    return {"height": surface, "slope": lambda w: surface.gradient(w)[0]}


def _widened(limits: tuple, *values: Any) -> tuple[float, float]:
    """Return limits that hold the values, with some room beyond those that were outside."""
    low, high = float(np.min([limits[0], *values])), float(np.max([limits[1], *values]))
    room = (high - low) / 10
    return low - room * (low < limits[0]), high + room * (high > limits[1])


def newton_on_a_map(surface: Surface = HIMMELBLAU) -> Explorer:
    """What does Newton's step rest on? The contours of the quadratic model, over the surface's.

    At each step the model is that of Newton's point. On the right it and the surface are cut along
    the step, in units of the change that the model promises. `damping` leads from |H| to plain
    gradient descent with η = 1/|λ|max.

    >>> climb = newton_on_a_map().set(x=0.0, y=0.0)
    >>> climb.state["curvatures"].tolist()
    [-42.0, -26.0]
    """
    window, t = surface.domain, np.linspace(-0.6, 2, 131)

    def compute(x, y, step, damping):
        newton, damped = (
            descend(surface, (x, y), optimizer, MOST, tolerance=LEVEL)
            for optimizer in (Newton(), DampedNewton(damping))
        )
        taken = min(step, len(newton.points) - 1)
        point, there = newton.points[max(taken - 1, 0)], newton.points[taken]
        model, way = quadratic_model(surface, point), there - point
        promise = abs(surface.gradient(point) @ way) / 2 or 1.0
        line = point[:, None] + way[:, None] * t
        return {
            "start": newton.points[0], "descents": {"Newton": newton, "DampedNewton": damped},
            "point": point, "model": model, "curvatures": eigenvalues(surface, point),
            "cut of surface": (t, (surface(line) - surface(point)) / promise),
            "cut of model": (t, (model(line) - surface(point)) / promise),
            "here": (0.0, 0.0), "end": (1.0, (model(there) - model(point)) / promise),
        }  # fmt: skip

    def caption(point, step, damping, curvatures, descents) -> str:
        low, high = curvatures
        kind = "a bowl" if low > 0 else "a hill" if high < 0 else "a saddle"
        ends = []
        for name, run in descents.items():
            change = run.values[: step + 1][-1] - run.values[0]
            side = "above" if change > 0 else "below"
            ends.append(f"{name} is {abs(change):.3g} {side} the start")
        return (
            f"At {placed(point)} the curvatures are {low:.3g} and {high:.3g}: the model is {kind}. "
            f"After {counted(step, 'step')} {'; '.join(ends)} (damping {damping:.2g})."
        )

    left, right = style.panels("flat", "ruled", height=4.3)
    key(right, CHOOSERS[1:3])
    right.set(xlim=(t[0], t[-1]), ylim=(-3, 3), title="cut along Newton's step")
    right.set(xlabel="share $t$ of the step", ylabel="height, in promised changes")
    right.axvline(1, color=style.GREY, ls=":", lw=1.2)
    cuts = {"color": [style.BLACK, style.MODEL], "label": ["surface", "model"]}
    drawings = [
        Contours(left, surface, names=("$x$", "$y$"), title=f"{surface.name}, and its model"),
        ModelRings(left, window),
        Paths(left, CHOOSERS[1:3], size=9),
        Point(left, drags=("x", "y"), color=style.BLACK).on(weights="start"),
        Dots(left, "point", color=style.STEP, ms=10, zorder=16),
        Lines(right, "cut of surface", "cut of model", edge=True, **cuts),
        Dots(right, "here", "end", color=[style.STEP, style.MODEL], marker=["o", "v"], ms=10),
    ]
    right.legend(loc="upper left")
    x, y = (round_slider(*place) for place in zip(surface.start, window, strict=True))
    return explore(
        compute, drawings, caption, play="step", pace=0.8, x=x, y=y,
        step=slider(1, 1, MOST, 1), damping=log_slider(DAMPING, DAMPING, 1.0),
    )  # fmt: skip


def line_search() -> Explorer:
    """How far along a direction p? Halve the step until it falls by a fair share of the promise.

    φ(t) = f(w + t p) is the loss along damped Newton's step, and Armijo's condition is the line
    φ(0) + c t φ'(0). Both are drawn as changes, in units of |φ'(0)|.

    >>> line_search().set(x=2.0, y=2.0, c=0.0).state["accepted"]
    0.25
    """
    surface, t, tries = HIMMELBLAU, np.linspace(0, 1.1, 221), 0.5 ** np.arange(12)

    def compute(x, y, c):
        w = np.array([x, y])
        g, (curvatures, axes) = surface.gradient(w), np.linalg.eigh(surface.hessian(w))
        sizes = np.maximum(abs(curvatures), DAMPING * abs(curvatures).max())
        p = -axes @ (axes.T @ g / sizes)
        promise = -float(g @ p)

        def place(t):
            return w[:, None] + p[:, None] * t

        def change(t):
            return (surface(place(t)) - surface(w)) / (promise or 1.0)

        tried = tries[: np.argmax(change(tries) <= -c * tries) + 1]
        refused, accepted = tried[:-1], tried[-1:]
        return {
            "weights": w, "way": np.stack([w, w + p], axis=1), "promise": promise,
            "tried": tried, "accepted": accepted.item(), "fall": -promise * change(accepted).item(),
            "loss": (t, change(t)), "line": (t, -c * t),
            "fair part": (t, np.where(change(t) <= -c * t, change(t), np.nan)),
            "refused places": place(refused), "refused steps": (refused, change(refused)),
            "accepted place": place(accepted), "accepted step": (accepted, change(accepted)),
        }  # fmt: skip

    def caption(weights, c, promise, tried, fall) -> str:
        *refused, accepted = (f"1/{2**k}" if k else "1" for k in range(len(tried)))
        verdict = f"t = {accepted} is accepted: the height falls by {fall:.3g}"
        if refused:
            *others, last = refused
            others = f"{', '.join(others)} and " if others else ""
            verdict = f"t = {others}{last} {'are' if others else 'is'} refused, {verdict}"
        return (
            f"At {placed(weights)} the gradient promises a fall of {promise:.3g} for the whole "
            f"step. With c = {c:.2f}, {verdict}."
        )

    left, right = style.panels("flat", "flat", height=3.9)
    right.set(xlim=(0, t[-1]), ylim=(-1, 1), title="loss along the step")
    right.set(xlabel="share $t$ of the step", ylabel="change, as a share of $|\\varphi'(0)|$")
    right.axhline(0, color=style.GREY, lw=1)
    right.plot(t, -t, color=style.GREY, lw=1, ls=":", label="slope at $t = 0$")
    curves = {
        "loss": {"color": style.BLACK, "lw": 1.6, "label": "$\\varphi(t)$"},
        "line": {"color": style.STEP, "ls": "--", "label": "Armijo's line"},
        "fair part": {"color": style.GREEN, "lw": 4, "label": "accepted"},
    }
    refused = {"color": style.STEP, "marker": "X", "ms": 10, "zorder": 7}
    accepted = {"color": style.GREEN, "ms": 10, "zorder": 7}
    drawings = [
        Contours(left, surface, names=("$x$", "$y$"), title="damped Newton's step"),
        Lines(left, "way", color="white", lw=2),
        Point(left, drags=("x", "y"), color=style.BLACK),
        Lines(right, curves),
        Dots(left, {"refused places": refused, "accepted place": accepted}),
        Dots(right, "refused steps", edge=True, **refused),
        Dots(right, "accepted step", **accepted),
    ]
    style.legend_below(right)
    x, y = (round_slider(*place) for place in zip((0, 2), surface.domain, strict=True))
    return explore(compute, drawings, caption, x=x, y=y, c=slider(0.2, 0.0, 0.95, 0.05))


def race_by_curvature(surface: Surface = HIMMELBLAU) -> Explorer:
    """What does curvature gain, and at what price? Four optimizers, one start, equal gradients.

    A Hessian is paid like the d gradients that it costs by differences.

    >>> race = race_by_curvature().set(x=-1.0, y=-2.0)
    >>> "Newton is" in race.caption and "resting on a saddle" in race.caption
    True
    """
    rate = rate_for(surface, 0.8)

    def entrants(learning_rate, damping) -> dict:
        optimizers = GradientDescent(learning_rate), Newton(), DampedNewton(damping), BFGS()
        return dict(zip(CHOOSERS, optimizers, strict=True))

    def words(_, learning_rate, damping) -> str:
        return f"η = {learning_rate:.3g}, damping {damping:.2g}"

    return race_on(
        surface, entrants, CHOOSERS, words, 40,
        learning_rate=log_slider(rate, rate / 30, rate * 10),
        damping=log_slider(DAMPING, DAMPING, 1.0),
    )  # fmt: skip


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
    (w - slope / (12 * w**2),   "The second derivative has lost its constant."),
    (w - (slope - 1) / bend,    "The slope has lost its constant."),
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
    weights it would be 8,000 GB, and solving with it takes about d³/3 multiplications per step.
    > The Hessian has a row and a column for each weight.
    > d² numbers of 8 bytes, divided by 10⁹.""", [
    (weights * size / 1e9,  "This is the gradient: one number a weight. The Hessian?"),
    (gigabytes / size,      "These are billions of numbers; each takes 8 bytes."),
    (gigabytes / 2,         "It is symmetric, so half would do; the whole of it is asked for."),
    (gigabytes * 1e9,       "These are bytes."),
    (gigabytes * 1e9 / 2**30, "These are gibibytes, of 2³⁰ bytes each."),
    (gigabytes * size,      "The bytes have been counted twice, or taken for bits."),
])

choice("10.4", "c", """
    H⁻¹∇f has the unit of the weight itself, whatever that is. A gradient has the unit of the loss
    divided by that of the weight, so one learning rate cannot fit two units.
    > Which unit has a gradient, and which has the weight that it is subtracted from?
    > Try it with one weight: f(w) and f(10 w), one step of each method.""",
    a="Its steps along that weight change with the unit: see the bowl of lesson 06.",
    b="Then the steps of the other weight, whose unit is the same, would change too.",
    d="One of them asks the surface itself how long a step should be.")
