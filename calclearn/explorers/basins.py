"""Explorers of where descent stops: a ball on a curve, a map of ten thousand starts, a saddle.

The map is computed whole for each picture: its starts are one array, and `descend` walks them all
in one call. A start counts as settled if it ended near a minimum and its next step would bring it
no farther away, so one that jumps about a minimum, or has far to go, does not.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from calclearn.descent.curvature import classify, eigenvalues
from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import CATALOGUE
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.second_order import Newton
from calclearn.descent.surfaces import Surface, shaken
from calclearn.explorers.controls import choice, coloured, log_slider, round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.wording import placed
from calclearn.figures import basins as drawn
from calclearn.figures.basins import DIVERGES, NOT_SETTLED
from calclearn.figures.curves import Curve
from calclearn.figures.descents import Path
from calclearn.figures.style import REGIMES, STEP, TRUE, panels, style
from calclearn.figures.surfaces import Point

STEPS = 100
NEAR = 0.03  # of the domain's width: what is closer to a minimum than this is at it
CURVES = {name: CATALOGUE[name]() for name in ("two valleys", "ripples", "parabola")}
REACHES = {"Himmelblau": 5.0, "double well": 2.2, "saddle": 2.2, "monkey saddle": 2.2}
REACHES |= {"plateau": 3.2, "Rastrigin": 2.4}
SURFACES = {
    name: CATALOGUE[name]().replace(domain=((-reach, reach),) * 2)
    for name, reach in REACHES.items()
}


def ends(surface: Surface, starts: np.ndarray, learning_rate: float) -> np.ndarray:
    """Return for each start (d, ...) the number of the minimum in which gradient descent settles.

    Where it has not settled after `STEPS` steps there is `NOT_SETTLED`, or `DIVERGES` if it went
    farther out than the domain is wide.

    >>> ends(CURVES["two valleys"], np.array([[-2.0, 0.1, 0.3, 2.0]]), 0.02)
    array([0, 0, 1, 1])
    """
    run = descend(surface, starts, GradientDescent(learning_rate), STEPS, tolerance=0, every=STEPS)
    here, width = run.point, np.ptp(surface.domain[0])
    with np.errstate(all="ignore"):  # what overflows is far out, and that is all there is to know
        after = here - learning_rate * run.gradients[-1]
        gone = _is_outside(surface, here) | (run.stop == Stop.DIVERGED)
        unsettled = np.where(gone, DIVERGES, NOT_SETTLED)
        if not surface.minima:
            return unsettled
        minima = np.array(surface.minima, starts.dtype)  # (m, d)
        gaps = [np.subtract.outer(m, w) for m, w in zip(minima.T, here, strict=True)]
        number = np.argmin(sum(gap * gap for gap in gaps), axis=0)
        goal = np.moveaxis(minima[number], -1, 0)
        now, then = (np.linalg.norm(w - goal, axis=0) for w in (here, after))
    settled = (now < NEAR * width) & (then <= now + 1e-4 * width) & ~gone
    return np.where(settled, number, unsettled)


@cache
def stationary(surface: Surface) -> tuple[np.ndarray, list[str]]:
    """Return the points (d, m) of the domain where the gradient vanishes, and their m kinds.

    Newton's method finds them, from a mesh of starts: unlike descent it goes to every kind.

    >>> points, kinds = stationary(CURVES["two valleys"])
    >>> points.round(2), kinds
    (array([[-1.3 ,  0.17,  1.13]]), ['minimum', 'maximum', 'minimum'])
    """
    low, high = np.transpose(surface.domain)[..., None]
    starts = _pixels(surface, 41).reshape(len(low), -1).astype(float)
    run = descend(surface, starts, Newton(), 40, tolerance=1e-20, every=40)
    level = np.linalg.norm(run.gradients[-1], axis=0) < 1e-9
    inside = np.all((low <= run.point) & (run.point <= high), axis=0)
    points = np.unique(run.point[:, level & inside].round(6), axis=1) + 0.0
    return points, classify(surface, points).tolist()


def ball_on_a_curve() -> Explorer:
    """Where does the ball stop? It descends on a curve with several minima; drag it, or its rate.

    The strip below says by its colour in which minimum each start on the axis ends, at this rate.

    >>> ball_on_a_curve().set(start=1.9, learning_rate=0.02).state["run"].point.round(2)
    array([1.13])
    """
    top, strip = panels("flat", "strip", height=3.9)

    def compute(curve: str, start: float, learning_rate: float) -> dict:
        state = _descents(CURVES[curve], [start], learning_rate, 400)
        surface, run = state["surface"], state["run"]
        walk = replace(run, points=np.column_stack([run.points, run.values]))
        window = (*surface.domain, (0, 1))
        return state | {
            "walk": walk, "start": walk.points[0], "end": walk.points[-1],
            "map": (surface, window, state["ends"][None]),
        }  # fmt: skip

    drawings = {
        "surface": drawn.Valleys(top, title="a ball that descends; below, where each start ends"),
        "stationary": drawn.StationaryPoints(top),
        "walk": Path(top),
        "start": drawn.Ball(top, drags=("start",)),
        "end": drawn.Ball(top),
        "map": drawn.BasinMap(strip, names=("weight $w$", "")),
    }
    return explore(
        compute,
        drawings,
        lambda state: f"{_journey(state)} {_shares(state)}",
        curve=choice([*CURVES]),
        start=slider(1.9, -5.0, 5.0, 0.05),
        learning_rate=_rates(0.02, 0.002),
    )


def basin_map() -> Explorer:
    """Where can descent stop? The path of one start on the map, and the ends of ten thousand.

    Both maps show the points where the gradient vanishes, each kind by its marker. The start can be
    dragged.

    >>> found = basin_map().set(learning_rate=0.01).state["ends"]
    >>> found.shape, bool((found >= 0).all())
    ((100, 100), True)
    """
    left, right, strip = panels("flat", "flat", "strip", height=4.6)

    def compute(surface: str, learning_rate: float, start_x: float, start_y: float) -> dict:
        state = _descents(SURFACES[surface], [start_x, start_y], learning_rate, 100)
        place = state["surface"], state["surface"].domain
        return state | {
            "place": place, "map": (*place, state["ends"]), "start": state["run"].points[0],
        }  # fmt: skip

    drawings = {
        "place": drawn.Landscape(left, title="one start (dark: low)"),
        "map": drawn.BasinMap(right, title="10,000 starts, coloured by where they end"),
        "stationary": [drawn.StationaryPoints(ax, size=45) for ax in (left, right)],
        "run": Path(left),
        "start": [Point(ax, drags=("start_x", "start_y")) for ax in (left, right)],
    }
    drawn.legend(strip)
    return explore(
        compute,
        drawings,
        lambda state: f"{_shares(state)} {_journey(state)}",
        surface=choice([*SURFACES]),
        learning_rate=_rates(0.01, 1e-3),
        start_x=round_slider(0.0, (-5, 5), label="start x"),
        start_y=round_slider(1.5, (-5, 5), label="start y"),
    )


def noisy_saddle() -> Explorer:
    """What does noise do at a saddle? Two walks down a double well's ridge, one of them shaken.

    >>> noisy_saddle().set(noise=0.0).state["noisy"].point.round(6)
    array([0., 0.])
    """
    surface, start = SURFACES["double well"], np.array([0.0, 1.5])
    left, right = panels("flat", "flat", ratios=(1, 1.1), height=3.6)

    def compute(noise: float, learning_rate: float, seed: int) -> dict:
        optimizer = GradientDescent(learning_rate)
        state = {"surface": surface, "noise": noise, "learning_rate": learning_rate, "seed": seed,
                 "stationary": (surface, *stationary(surface))}  # fmt: skip
        for name, walked in (("quiet", surface), ("noisy", shaken(surface, noise))):
            run = descend(walked, start, optimizer, STEPS, tolerance=0, rng=seed)
            heights = np.arange(len(run.points)), surface(run.points.T)
            state |= {name: run, f"{name} heights": heights}
        return state

    def caption(state: dict) -> str:
        far = np.abs(state["noisy"].points[:, 0]) > 0.5
        told = f"leaves it and is past |x| = 0.5 at step {np.argmax(far)}"
        return (
            f"{_journey(state | {'run': state['quiet']})} That is without noise, at learning rate "
            f"{state['learning_rate']:.2f}; with noise of size {state['noise']:.2f} (seed "
            f"{state['seed']}) it {told if far.any() else 'stays near'}, and after {STEPS} steps "
            f"it is at {placed(state['noisy'].point)}."
        )

    drawn.Landscape(left, title="double well, from above").update(surface, surface.domain)
    drawings = {"stationary": drawn.StationaryPoints(left, size=45)}
    with style():
        right.set(xlim=(0, STEPS), ylim=(-0.2, 3.5), xlabel="step $k$", title="height by step")
        for name, words, look in (
            ("quiet", "without noise", {"color": TRUE, "marker": "s"}),
            ("noisy", "with noise", {"color": STEP, "marker": "o"}),
        ):
            drawings[name] = Path(left, **look)
            drawings[f"{name} heights"] = Curve(right, label=words, ms=3, **look)
        right.legend()
    return explore(
        compute,
        drawings,
        caption,
        noise=slider(0.1, 0.0, 0.5, 0.01),
        learning_rate=slider(0.1, 0.02, 0.24, 0.01),
        seed=slider(0, 0, 9, 1),
    )


def _descents(surface: Surface, start: list, learning_rate: float, count: int) -> dict:
    """Return the descent of one start, moved into the domain, and the ends of `count` an axis."""
    start = np.clip(start, *np.transpose(surface.domain))
    return {
        "surface": surface, "learning_rate": learning_rate,
        "run": descend(surface, start, GradientDescent(learning_rate), STEPS),
        "ends": ends(surface, _pixels(surface, count), learning_rate),
        "stationary": (surface, *stationary(surface)),
    }  # fmt: skip


@cache
def _pixels(surface: Surface, count: int) -> np.ndarray:
    """Return the middles of `count` pixels along each axis of the domain, (d, ...)."""
    axes = [np.linspace(low, high, 2 * count + 1)[1::2] for low, high in surface.domain]
    return np.stack(np.meshgrid(*axes)).astype(np.float32)  # half as much to move about


def _is_outside(surface: Surface, w: np.ndarray) -> np.ndarray:
    """Say of points (d, ...) whether they are farther out than the domain is wide, (...)."""
    low, high = np.transpose(surface.domain)
    return np.any(np.abs(w.T - (low + high) / 2) > 1.5 * (high - low), axis=-1).T


@cache
def _limits(surface: Surface) -> list[float]:
    """Return 2/λmax of each minimum, ascending: the learning rate above which none rests there."""
    return sorted(2 / float(eigenvalues(surface, minimum)[-1]) for minimum in surface.minima)


def _rates(value: float, least: float):
    """Return a slider of rates, coloured by how many minima they can rest in: all, some, none."""

    def bands(surface: Surface) -> list:
        limits = _limits(surface) or [0.0]
        shades = [REGIMES[name] for name in ("converges", "oscillates", "diverges")]
        return list(zip((limits[0], limits[-1], np.inf), shades, strict=True))

    return coloured(log_slider(value, least, 1000 * least), bands)


def _shares(state: dict) -> str:
    """Say what becomes of all starts, and in how many minima a ball can rest at this rate."""
    surface, rate, found = state["surface"], state["learning_rate"], state["ends"]
    limits, many = _limits(surface), f"of {found.size} starts"
    settled, not_yet, gone = (
        f"{np.mean(which):.0%}" for which in (found >= 0, found == NOT_SETTLED, found == DIVERGES)
    )
    if not limits:
        return f"At learning rate {rate:.3g}, {gone} {many} diverge: here is no minimum."
    heights = surface(np.transpose(surface.minima))
    lowest = np.flatnonzero(heights < heights[0] + 1e-9)
    best = np.mean(np.isin(found, lowest))
    told = f" ({best:.0%} in the global one)" if len(lowest) < len(limits) else ""
    return (
        f"At learning rate {rate:.3g}, {settled} {many} settle in a minimum{told}, {not_yet} do "
        f"not within {STEPS} steps, {gone} diverge. 2/λmax is above this rate in "
        f"{sum(rate < limit for limit in limits)} of {len(limits)} minima."
    )


def _journey(state: dict) -> str:
    """Say where the one start went, and what the Hessian says about the place."""
    surface, run = state["surface"], state["run"]
    width, (points, kinds) = np.ptp(surface.domain[0]), stationary(surface)
    begin = f"From {placed(run.points[0])} the ball"
    out = _is_outside(surface, run.points.T)
    if out.any() or run.stop == Stop.DIVERGED:
        return f"{begin} is off the map at step {np.argmax(out) if out.any() else run.steps_taken}."
    gaps = np.linalg.norm(points.T - run.point, axis=1)
    if np.ptp(run.points[-2:], axis=0).max() < 1e-3 * width and gaps.min() < NEAR * width / 3:
        place, kind = points[:, np.argmin(gaps)], kinds[np.argmin(gaps)]
        curvatures = " and ".join(f"{value:.2f}" for value in eigenvalues(surface, place))
        many = "curvatures" if len(place) > 1 else "curvature"
        return (
            f"{begin} comes to the {kind}{' point' if kind == 'degenerate' else ''} at "
            f"{placed(place)}: height {surface(place):.2f}, {many} {curvatures}."
        )
    steep = np.linalg.norm(run.gradients[-1])
    return f"{begin} is at {placed(run.point)} after {STEPS} steps, on a slope of {steep:.2g}."
