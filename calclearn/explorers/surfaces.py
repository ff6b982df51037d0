"""Explorers of the bowl: its profiles, its slopes, and how the choice of x shapes it."""

import numpy as np

from calclearn.data import LineData, penguin_line
from calclearn.descent.losses import line_loss
from calclearn.explorers.controls import round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.figures.curves import Curve, Tangent
from calclearn.figures.style import GREY, WEIGHTS, panels, style
from calclearn.figures.surfaces import (
    NAMES,
    Bowl,
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
            "weights": weights, "loss": loss, "gradient": gradient, "cut": weights,
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
        "cut": Slices(solid, surface, window=window), "place": PointOnBowl(solid),
    }  # fmt: skip
    return explore(compute, drawings, caption, **weight_sliders(window, (0.25, 0.7)), **turning())


def turning() -> dict:
    """Return the two controls that turn a bowl, in degrees; the bowl can be dragged as well."""
    return {
        "azimuth": slider(-60, -180, 180, 1, label="turn (°)"),
        "elevation": slider(35, 5, 90, 1, label="tilt (°)"),
    }


def weight_sliders(window, shares: tuple[float, float]) -> dict:
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
