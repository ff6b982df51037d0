"""Explorers of the bowl: its profiles, its slopes, and how the choice of x shapes it."""

import math
from functools import cache

import numpy as np

from calclearn.data import LineData, penguin_line, penguins
from calclearn.descent.curvature import eigenvalues
from calclearn.descent.losses import line_loss
from calclearn.explorers.controls import round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.figures.curves import Curve, Data, Line, Tangent
from calclearn.figures.style import GREY, WEIGHTS, panels, style
from calclearn.figures.surfaces import (
    NAMES,
    Bowl,
    Contours,
    GradientArrow,
    Point,
    PointOnBowl,
    Slices,
    grid,
    sweep,
    window_around,
)


def profiles(data: LineData | None = None) -> Explorer:
    """What happens when one weight moves? Two error profiles, and the bowl that they are cut from.

    Each profile is the SSE as one weight runs and the other stays; faint behind it are the profiles
    for other values of the weight that stays. Together they are the bowl.

    >>> bowl = profiles().set(slope=0.5, intercept=3.7)
    >>> bowl.state["loss"] < bowl.set(slope=1.0).state["loss"]
    np.True_
    """
    data = penguin_line() if data is None else data
    surface = line_loss(data.x, data.y)
    window = window_around(surface)
    unit = f"{data.y_unit}²"
    first, second, solid = panels("flat", "flat", "solid", ratios=(1, 1, 1.25))
    top = 1.05 * float(surface(grid(window, 2)).max())
    curves, tangents = [], []
    for k, ax in enumerate((first, second)):
        for other in np.linspace(*window[1 - k], 9):
            points = sweep(np.full(2, other), k, window[k])
            ax.plot(points[k], surface(points), color=GREY, lw=0.6, alpha=0.6)
        with style():
            ax.set(xlabel=NAMES[k], xlim=window[k], ylim=(0, top))
            ax.set_title(f"profile over the {('slope', 'intercept')[k]}")
        curves.append(Curve(ax, color=WEIGHTS[k], lw=2.5))
        tangents.append(Tangent(ax, color=WEIGHTS[k]))
    with style():
        first.set_ylabel(f"SSE ({unit})")

    def compute(slope: float, intercept: float, azimuth: float, elevation: float) -> dict:
        weights = np.array([slope, intercept])
        loss, gradient = surface(weights), surface.gradient(weights)
        state = {
            "weights": weights, "loss": loss, "gradient": gradient, "cut": (surface, weights),
            "place": (weights, loss), "view": (surface, azimuth, elevation),
        }  # fmt: skip
        for k in (0, 1):
            points = sweep(weights, k, window[k])
            state[f"profile {k}"] = points[k], surface(points)
            state[f"tangent {k}"] = weights[k], loss, gradient[k]
        return state

    def caption(state: dict) -> str:
        (slope, intercept), (down_slope, down_intercept) = state["weights"], state["gradient"]
        return (
            f"At slope {slope:.2f} and intercept {intercept:.2f} the SSE is "
            f"{state['loss']:.4g} {unit}. "
            f"As the slope alone grows, it {_goes(down_slope, surface)}; "
            f"as the intercept alone grows, it {_goes(down_intercept, surface)}."
        )

    drawings = {
        "profile 0": curves[0], "tangent 0": tangents[0],
        "profile 1": curves[1], "tangent 1": tangents[1],
        "view": Bowl(solid, window=window, title=f"the bowl: SSE ({unit})"),
        "cut": Slices(solid, window), "place": PointOnBowl(solid),
    }  # fmt: skip
    return explore(compute, drawings, caption, **_weights(window, (0.25, 0.7)), **turning())


def which_way_is_down(data: LineData | None = None) -> Explorer:
    """Which way is down? The data and the line, the map, and the bowl, all at the same weights.

    The black arrow points straight downhill, minus the gradient; the coloured ones are its parts,
    one a weight. The map's axes have equal scales, so a right angle is a right angle. The point can
    be dragged on the map.

    >>> which_way_is_down().state["gradient"].shape
    (2,)
    """
    data = penguin_line() if data is None else data
    surface = line_loss(data.x, data.y)
    window = window_around(surface, square=True)
    unit = f"{data.y_unit}²"
    left, middle, right = panels("flat", "flat", "solid", ratios=(1, 1, 1.15))

    def compute(slope: float, intercept: float, azimuth: float, elevation: float) -> dict:
        weights = np.array([slope, intercept])
        loss, gradient = surface(weights), surface.gradient(weights)
        return {
            "weights": weights, "loss": loss, "gradient": gradient, "surface": surface,
            "arrow": (weights, gradient), "place": (weights, loss), "cut": (surface, weights),
            "view": (surface, azimuth, elevation),
        }  # fmt: skip

    def caption(state: dict) -> str:
        (slope, intercept), gradient = state["weights"], state["gradient"]
        at = f"At slope {slope:.2f}, intercept {intercept:.2f}: SSE {state['loss']:.4g} {unit}"
        if np.linalg.norm(gradient) < 0.05 * surface.scale:
            return f"{at}, and hardly any slope either way: this is the bottom of the bowl."
        angle = round(math.degrees(math.atan2(-gradient[1], -gradient[0]))) % 360
        return (
            f"{at}; ∂L/∂w₀ = {gradient[0]:.4g} and ∂L/∂w₁ = {gradient[1]:.4g}. Downhill is "
            f"{_compass(angle)} ({angle}° on the map), at right angles to the contour."
        )

    Data(left, title="data and line").update(data)
    drawings = {
        "surface": Contours(middle, window=window, title="map of the loss", equal=True),
        "view": Bowl(right, window=window, title=f"bowl: SSE ({unit})"),
        "cut": [Slices(middle, window), Slices(right, window)],
        "weights": [Line(left), Point(middle, drags=("slope", "intercept"))],
        "arrow": GradientArrow(middle),
        "place": PointOnBowl(right),
    }
    return explore(compute, drawings, caption, **_weights(window, (0.66, 0.2)), **turning())


def shape_of_the_bowl() -> Explorer:
    """How does the choice of x shape the bowl? Move the origin of x, and the unit it is counted in.

    The curvatures are the eigenvalues of the Hessian; the map has equal scales, so a round bowl
    looks round. It is round where x counts in standard deviations from the mean.

    >>> shape = shape_of_the_bowl()
    >>> shape.set(origin=201, unit=1.4).state["condition"] < 1.02
    np.True_
    """
    flippers, y = penguins().flipper_length, penguin_line().y
    left, right = panels("flat", "solid", height=3.8)

    @cache
    def fit(origin: float, unit: float):
        return line_loss((flippers - origin) / (10 * unit), y)

    def compute(origin: float, unit: float, azimuth: float, elevation: float) -> dict:
        surface = fit(origin, unit)
        curvatures = eigenvalues(surface, surface.minima[0])
        return {
            "surface": surface, "curvatures": curvatures,
            "condition": curvatures[1] / curvatures[0], "view": (surface, azimuth, elevation),
        }  # fmt: skip

    def caption(state: dict) -> str:
        flat, steep = state["curvatures"]
        ratio = state["condition"]
        shape = "round" if ratio < 1.1 else "an oval" if ratio <= 30 else "a long valley"
        return (
            f"The curvatures are {steep:.0f} across and {flat:.0f} along: their ratio, the "
            f"condition number, is {ratio:.3g}, so the bowl is {shape}."
        )

    drawings = {
        "surface": Contours(left, title="map of the loss", equal=True),
        "view": Bowl(right, title="the bowl: SSE (kg²)"),
    }
    return explore(
        compute,
        drawings,
        caption,
        origin=slider(190.0, 180.0, 210.0, 0.5, label="x = 0 at (mm)"),
        unit=slider(1.0, 0.4, 3.0, 0.05, label="unit of x (cm)"),
        **turning(),
    )


def turning() -> dict:
    """Return the two controls that turn a bowl, in degrees; the bowl can be dragged as well."""
    return {
        "azimuth": slider(-60, -180, 180, 1, label="turn (°)"),
        "elevation": slider(35, 5, 90, 1, label="tilt (°)"),
    }


def _weights(window, shares: tuple[float, float]) -> dict:
    """Return sliders for slope and intercept over a window, starting at these shares of it."""
    return {
        name: round_slider(low + share * (high - low), (low, high))
        for name, (low, high), share in zip(("slope", "intercept"), window, shares, strict=True)
    }


def _goes(slope: float, surface) -> str:
    """Say which way a loss goes from here as its weight grows."""
    if abs(slope) < 0.01 * surface.scale:
        return "is level here"
    return f"{'rises' if slope > 0 else 'falls'} here at a rate of {abs(slope):.4g} a unit"


def _compass(angle: float) -> str:
    """Say an angle in words, counted from the right and against the clock."""
    ways = ["to the right", "up and right", "up", "up and left",
            "to the left", "down and left", "down", "down and right"]  # fmt: skip
    return ways[round(angle / 45) % 8]
