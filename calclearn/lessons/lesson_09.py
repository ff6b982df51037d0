"""Lesson 09, where can descent stop: near a point without slope a step multiplies the distance by
1 − η·λ along an eigenvector of the Hessian with eigenvalue λ.
"""

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from calclearn import GradientDescent, Stop, Surface, descend
from calclearn.descent import basins
from calclearn.descent.curvature import eigenvalues
from calclearn.descent.landscapes import CATALOGUE
from calclearn.descent.surfaces import shaken
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers import Explorer, controls, explore, log_slider, round_slider, slider
from calclearn.explorers.wording import placed
from calclearn.figures.basins import COORDINATES, StationaryPoints, Valleys, legend, palette
from calclearn.figures.descents import Path
from calclearn.figures.marks import Dots, Lines, Raster
from calclearn.figures.style import REGIMES, STEP, TRUE, panels
from calclearn.figures.surfaces import Contours, Point

STEPS = 100
LEAST, PER_DECADE = 1e-3, 20  # of the learning rates of the map, and how many there are
CURVES = {name: CATALOGUE[name]() for name in ("two valleys", "ripples", "parabola")}
# How far a surface is drawn, a learning rate at which it shows what it is for, and enough steps.
SUITS = {
    "Himmelblau": (5.0, 0.005, 50), "double well": (2.2, 0.1, 100), "saddle": (2.2, 0.1, 50),
    "monkey saddle": (2.2, 0.05, 100), "plateau": (3.2, 0.3, 200), "Rastrigin": (2.4, 0.003, 100),
}  # fmt: skip
SURFACES = {
    name: CATALOGUE[name]().replace(domain=((-reach, reach),) * 2)
    for name, (reach, *_) in SUITS.items()
}


def ball_on_a_curve() -> Explorer:
    """Where does the ball stop? It descends on a curve with several minima; drag it, or its rate.

    The strip below says by its colour in which minimum each start on the axis ends, at this rate.

    >>> ball_on_a_curve().set(start=1.9, learning_rate=0.02).state["run"].point.round(2)
    array([1.13])
    """

    def compute(curve, start, learning_rate):
        quantities = _descents(CURVES[curve], [start], learning_rate, 400)
        run = quantities["run"]
        places = np.column_stack([run.points, run.values])
        return quantities | {
            "walk": replace(run, points=places), "first": places[0], "balls": places.T
        }  # fmt: skip

    def caption(surface, run, ends, learning_rate, step) -> str:
        last = len(run.points) - 1
        now = f"At step {step} the ball is at {placed(run.points[step])}. " if step < last else ""
        return f"{now}{_journey(surface, run)} {_shares(surface, learning_rate, ends)}"

    curves, start = controls.choice([*CURVES]), slider(1.9, -2.2, 2.0, 0.05)
    curves.observe(lambda change: _reach(CURVES[change["new"]], start), "value")
    top, below = panels("flat", "strip", height=3.9)
    below.set(xlabel="weight $w$", yticks=[])
    look = {"ms": 13, "clip_on": False, "zorder": 16}
    held = {"mfc": "white", "mec": STEP, "mew": 2.5}
    last = {"color": STEP, "mew": 1.5, "edge": True, "step": "step", "markevery": slice(-1, None)}
    drawings = [
        Valleys(top, title="a ball that descends; below, where each start ends"),
        StationaryPoints(top),
        Path(top).on(descent="walk"),
        Point(top, drags=("start",), **held, **look).on(weights="first"),
        Dots(top, "balls", **last, **look),
        Raster(below, "basins", window="window"),
    ]
    return explore(
        compute, drawings, caption, play="step", curve=curves, start=start,
        learning_rate=controls.coloured(log_slider(0.02, 0.002, 2.0), _bands),
        step=slider(STEPS, 0, STEPS, 1),
    )  # fmt: skip


def basin_map() -> Explorer:
    """Where can descent stop? The path of one start on the map, and the ends of ten thousand.

    Both maps show the points where the gradient vanishes, each kind by its marker. The start can be
    dragged. `rate` counts the learning rates, 0.001 · 10^(rate / 20), so that they can be played.

    >>> where = basin_map().set(rate=20, steps=100).state["ends"]
    >>> where.shape, bool((where >= 0).all())
    ((100, 100), True)
    """

    def compute(surface, rate, steps, start_x, start_y):
        learning_rate = LEAST * 10 ** (rate / PER_DECADE)
        quantities = _descents(SURFACES[surface], [start_x, start_y], learning_rate, 100, steps)
        return quantities | {"weights": quantities["run"].points[0], "learning_rate": learning_rate}

    def caption(surface, run, ends, learning_rate, steps) -> str:
        return f"{_shares(surface, learning_rate, ends, steps)} {_journey(surface, run)}"

    def count(learning_rate) -> float:
        return PER_DECADE * math.log10(max(learning_rate, 1e-9) / LEAST)

    def bands(surface: Surface) -> list:
        return [(count(end), shade) for end, shade in _bands(surface)]

    def suit(change) -> None:
        _reach(SURFACES[change["new"]], *starts)
        _, learning_rate, steps.value = SUITS[change["new"]]
        rate.value = round(count(learning_rate))

    surfaces, steps = controls.choice([*SURFACES]), slider(50, 50, 400, 50)
    rate = slider(14, 0, 3 * PER_DECADE, 1, label="learning rate")
    rate.readout = False
    starts = [round_slider(value, (-5, 5)) for value in (0.0, 1.5)]
    surfaces.observe(suit, "value")

    left, right = panels("flat", "flat", height=4.6)
    drawings = [
        Contours(left, names=COORDINATES, title="one start (dark: low)"),
        Raster(right, "basins", window="window"),
        *(StationaryPoints(ax, size=45) for ax in (left, right)),
        Path(left).on(descent="run"),
        *(Point(ax, drags=("start_x", "start_y")) for ax in (left, right)),
    ]
    right.set(xlabel=COORDINATES[0], ylabel=COORDINATES[1], title="where 10,000 starts end")
    for ax in (left, right):  # ticks need the same room on every surface
        ax.locator_params(nbins=5, integer=True)
    legend(right)
    return explore(
        compute, drawings, caption, play="rate", pace=0.4, surface=surfaces,
        rate=controls.coloured(rate, bands), steps=steps, start_x=starts[0], start_y=starts[1],
    )  # fmt: skip


def noisy_saddle() -> Explorer:
    """What does noise do at a saddle? Two walks down a double well's ridge, one of them shaken.

    >>> noisy_saddle().set(noise=0.0).state["noisy"].point.round(6)
    array([0., 0.])
    """
    surface, start = SURFACES["double well"], np.array([0.0, 1.5])

    def compute(noise, learning_rate, seed):
        walk = {"optimizer": GradientDescent(learning_rate), "steps": STEPS, "tolerance": 0}
        quiet = descend(surface, start, **walk)
        noisy = descend(shaken(surface, noise), start, rng=seed, **walk)
        heights = {"without noise": quiet.values, "with noise": surface(noisy.points.T)}
        return {"quiet": quiet, "noisy": noisy} | heights

    def caption(noise, learning_rate, seed, quiet, noisy, step) -> str:
        here, shaken_here = (placed(run.points[step]) for run in (quiet, noisy))
        now = f"At step {step} the balls are at {here} and {shaken_here}. " if step < STEPS else ""
        far = np.abs(noisy.points[:, 0]) > 0.5
        escape = f"leaves the saddle and is past |x| = 0.5 at step {np.argmax(far)}"
        return (
            f"{now}{_journey(surface, quiet)} That is without noise, at learning rate "
            f"{learning_rate:.2f}; with noise of size {noise:.2f} (seed {seed}) it "
            f"{escape if far.any() else 'stays near the saddle'}, and after {STEPS} steps it is at "
            f"{placed(noisy.point)}."
        )

    left, right = panels("flat", "flat", ratios=(1, 1.1), height=3.6)
    right.set(xlim=(0, STEPS), ylim=(-0.2, 3.5), xlabel="step $k$", title="height by step")
    Contours(left, names=COORDINATES, title="double well, from above").update(surface)
    left.locator_params(nbins=5, integer=True)
    StationaryPoints(left, size=45).update(surface)
    names, colors, markers = ["without noise", "with noise"], [TRUE, STEP], ["s", "o"]
    drawings = [
        Path(left, color=TRUE, marker="s").on(descent="quiet"),
        Path(left, color=STEP, marker="o").on(descent="noisy"),
        Lines(right, *names, label=names, color=colors, marker=markers, ms=3, step="step"),
    ]
    right.legend()
    return explore(
        compute, drawings, caption, play="step",
        noise=slider(0.1, 0.0, 0.5, 0.01), learning_rate=slider(0.1, 0.02, 0.24, 0.01),
        seed=slider(0, 0, 9, 1), step=slider(STEPS, 0, STEPS, 1),
    )  # fmt: skip


def _reach(surface: Surface, *sliders) -> None:
    """Let the sliders of a start reach as far as the surface is drawn, which is around 0."""
    for control, (low, high) in zip(sliders, surface.domain, strict=True):
        control.min, control.max = low, high


@lru_cache(maxsize=64)
def _ends(surface: Surface, learning_rate: float, count: int, steps: int) -> np.ndarray:
    """Return where the starts of the map end, `count` an axis; a start that moves changes none."""
    return basins.ends(surface, basins.pixels(surface, count), learning_rate, steps)


def _descents(surface: Surface, start: list, learning_rate: float, count: int, steps=STEPS) -> dict:
    """Return the descent of one start, moved into the domain, and the ends of `count` an axis."""
    start = np.clip(start, *np.transpose(surface.domain))
    ends = _ends(surface, learning_rate, count, steps)
    return {
        "surface": surface,
        "window": (*surface.domain, (0, 1))[:2],
        "run": descend(surface, start, GradientDescent(learning_rate), steps),
        "ends": ends,
        "basins": palette(surface)[np.atleast_2d(ends)],
    }


def _bands(surface: Surface) -> list:
    """Return up to which learning rate a ball can rest in all minima, in some, in none."""
    rates = basins.limits(surface) if surface.minima else np.zeros(1)
    shades = [REGIMES[name] for name in ("converges", "oscillates", "diverges")]
    return list(zip((rates.min(), rates.max(), np.inf), shades, strict=True))


def _shares(surface: Surface, rate: float, ends: np.ndarray, steps: int = STEPS) -> str:
    """Say what becomes of all starts, and in how many minima a ball can rest at this rate."""
    groups = ends >= 0, ends <= basins.NOT_SETTLED, ends == basins.DIVERGES
    settled, not_yet, gone = (_percent(np.mean(group)) for group in groups)
    begin, many = f"At learning rate {rate:.3g}, ", f" of {ends.size} starts "
    if not surface.minima:
        return f"{begin}{gone}{many}diverge within {steps} steps: there is no minimum."
    heights = surface(np.transpose(surface.minima))
    lowest = np.flatnonzero(heights < heights[0] + 1e-9)
    best = np.mean(np.isin(ends, lowest))
    share = f" ({_percent(best)} in the global one)" if len(lowest) < len(heights) else ""
    return (
        f"{begin}{settled}{many}settle in a minimum{share}, {not_yet} do not within {steps} steps, "
        f"{gone} diverge. {np.sum(rate < basins.limits(surface))} of {len(heights)} minima can "
        "hold a ball at this rate."
    )


def _percent(share: float) -> str:
    """Return a share, as 0 % and 100 % only where it is none and all."""
    return f"{share if share in (0, 1) else np.clip(share, 0.01, 0.99):.0%}"


def _journey(surface: Surface, run) -> str:
    """Say where the one start went, and what the Hessian says about the place."""
    width, (points, kinds) = np.ptp(surface.domain[0]), basins.stationary(surface)
    begin = f"From {placed(run.points[0])} the ball"
    out = basins.is_outside(surface, run.points.T)
    if out.any() or run.stop == Stop.DIVERGED:
        return f"{begin} is off the map at step {np.argmax(out) if out.any() else run.steps_taken}."
    gaps = np.linalg.norm(points.T - run.point, axis=1)
    at_rest = np.ptp(run.points[-2:], axis=0).max() < 1e-3 * width
    if at_rest and gaps.min() < basins.NEAR * width / 3:
        place, kind = points[:, np.argmin(gaps)], kinds[np.argmin(gaps)]
        curvatures = " and ".join(f"{value:.2f}" for value in eigenvalues(surface, place))
        return (
            f"{begin} comes to the {kind}{' point' if kind == 'degenerate' else ''} at "
            f"{placed(place)}: height {surface(place):.2f}, "
            f"curvature{'s' * (len(place) > 1)} {curvatures}."
        )
    where = f"{placed(run.point)} after {len(run.points) - 1} steps"
    return f"{begin} is at {where}, on a slope of {np.linalg.norm(run.gradients[-1]):.2g}."


# Exercises; the questions stand in the notebook.
# fmt: off

# f(w) = w⁴ − 4w² + w: minima left and right, and a hill between
left, hill, right = sorted(np.roots([4.0, 0.0, -8.0, 1.0]).real)


def bend(w):
    return 12 * w**2 - 8


rate, aside, away = 0.1, 0.001, 0.5
steps = math.log(away / aside) / math.log(1 + 4 * rate)

outcome("09", 2, """
    Its floor is too sharply curved for steps of this size: every step overshoots farther, until
    the steeper walls throw the ball back. The flatter, higher valley would hold it.""")

exercise("09.1", (-2.0, 6.0), """
    The Hessian is ((2, 4), (4, 2)), with 2 − 4 along (1, −1) and 2 + 4 along (1, 1). Both signs
    occur: a saddle, although both numbers on the diagonal are positive.
    > Write the Hessian: twice by x, twice by y, and once by each for both other places.
    > For ((a, b), (b, a)) try the vectors (1, 1) and (1, −1), or `np.linalg.eigvalsh`.""", [
    ((2.0, 2.0),   "These stand on the diagonal. What does the mixed derivative do?"),
    ((0.0, 4.0),   "The mixed derivative of 4xy is not that small."),
    ((-1.0, 3.0),  "These belong to half the Hessian: x² has second derivative two."),
    ((-3.0, 5.0),  "The diagonal is too small: x² has second derivative two."),
    ((2.0, 4.0),   "These are the entries; an eigenvalue λ solves H·u = λ·u."),
    ((-6.0, 2.0),  "Check the signs: the trace of the Hessian is positive."),
])

choice("09.2", "a", """
    The start lies exactly on the direction in which the surface bends up, and along it every
    step multiplies the distance by 1 − 0.1·6. A start beside that line would leave again.
    > Which eigenvector does the start lie on, and which sign has its eigenvalue?
    > Take one step by hand: the gradient at (1, 1) is (6, 6).""",
    b="To turn it would need a part along (1, −1). How large is that part at (1, 1)?",
    c="Along (1, 1) the surface bends up, not down.",
    d="The gradient vanishes at one point only.")

exercise("09.3", 2 / bend(left), """
    2/f″ at the minimum. The local minimum on the right is flatter, so there is a band of rates
    that can rest in the worse minimum only.
    > Near a minimum a step multiplies the distance by 1 − η·f″(w). When does it shrink?
    > f″(w) = 12w² − 8. Put the place of the minimum in, and form 2/f″.""", [
    (1 / bend(left),                "There a step lands on the minimum at once; more is possible."),
    (2 / bend(right),               "This is the bound of the other minimum, which is flatter."),
    (1 / bend(right),               "This is half the bound, and of the other minimum."),
    (bend(left),                    "This is the curvature; which rate belongs to it?"),
    (2 / (12 * left**2),            "The second derivative has one more term."),
    (2 / (4 * left**3 - 8 * left),  "This uses a first derivative; a second one is needed."),
])

exercise("09.4", math.ceil(steps), """
    0.001·1.4ᵏ > 0.5 from k = ln 500/ln 1.4 on. The wait grows only with the logarithm of the
    distance: a hundredth of the push costs fourteen steps more. That is why a little noise is
    enough.
    > Which power of the factor turns 0.001 into 0.5?
    > Solve 0.001·1.4ᵏ = 0.5 by logarithms, and go on to the next whole step.""", [
    (steps,                                     "Steps come whole."),
    (math.floor(steps),                         "At this step it is not there yet."),
    (math.ceil(steps) + 1,                      "It is there earlier."),
    (math.ceil(math.log(500) / math.log(1.1)),  "The factor of a step is 1 + 4η."),
    (math.ceil(math.log(500) / 0.4),            "This grows without steps, like an exponential."),
    (math.ceil(500 / 1.4),                      "It multiplies at every step: it does not add."),
])
