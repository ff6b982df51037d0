"""Lesson 06, which way is down: minus the gradient, −∇L = −(∂L/∂w₀, ∂L/∂w₁), at right angles to the
contour. Along a direction u of length one the loss changes at the rate ∇L · u.
"""

import numpy as np

from calclearn import line_loss, penguin_line
from calclearn.exercises import exercise, outcome
from calclearn.explorers import Explorer, explore, round_slider, slider
from calclearn.explorers.controls import turning
from calclearn.figures import surfaces
from calclearn.figures.curves import Data, Line
from calclearn.figures.marks import Dots, Lines, Rule
from calclearn.figures.style import GREY, MODEL, STEP, WEIGHTS, panels, style

DATA = penguin_line()
COMPASS = [  # counted from the right and against the clock
    "to the right", "up and right", "up", "up and left",
    "to the left", "down and left", "down", "down and right",
]  # fmt: skip
LOSS = line_loss(DATA.x, DATA.y)
LOSS = LOSS.replace(domain=surfaces.window_around(LOSS, square=True))  # right angles look right


def which_way_is_down() -> Explorer:
    """Which way is down? The line over the data, the map and the bowl, all at the same weights.

    The black arrow points straight downhill, along minus the gradient; the coloured ones are its
    parts, one for each weight. The map's axes have equal scales, so a right angle looks right. The
    point can be dragged on the map.

    >>> which_way_is_down().state["gradient"].shape
    (2,)
    """

    def look(slope, intercept) -> dict:
        w = np.array([slope, intercept])
        return {"weights": w, "loss": LOSS(w), "gradient": LOSS.gradient(w)}

    def caption(slope, intercept, loss, gradient) -> str:
        at = f"At slope {slope:.2f}, intercept {intercept:.2f}: SSE {loss:.4g} kg²"
        if np.linalg.norm(gradient) < 0.05 * LOSS.scale:
            return f"{at}, and the gradient is nearly zero: this is the bottom of the bowl."
        angle = round(_angle(-gradient)) % 360
        reached = abs(gradient[0]) < 0.03 * np.linalg.norm(gradient)
        goal = "reached" if reached else "not yet"
        return (
            f"{at}; ∂L/∂w₀ = {gradient[0]:.4g} and ∂L/∂w₁ = {gradient[1]:.4g}. Downhill is "
            f"{COMPASS[round(angle / 45) % 8]} ({angle}° on the map), at right angles to the "
            f"contour. Goal (no green arrow, and not at the bottom): {goal}."
        )

    left, middle, right = panels("flat", "flat", "solid", ratios=(1, 1, 1.15))
    slices = {"lw": 2, "ls": (0, (4, 3)), "zorder": 4}  # dashed, for the arrows may lie on them
    drawings = [
        Data(left, DATA, title="data and line"),
        surfaces.Contours(middle, LOSS, title="map of the loss", equal=True),
        surfaces.Bowl(right, LOSS, title="bowl: SSE (kg²)"),
        Rule(middle, y="intercept", color=WEIGHTS[0], **slices),
        Rule(middle, x="slope", color=WEIGHTS[1], **slices),
        surfaces.Slices(right, LOSS),
        Line(left),
        surfaces.Point(middle, drags=("slope", "intercept")),
        surfaces.GradientArrow(middle, LOSS),
        surfaces.Point(right),
    ]
    slopes, intercepts = LOSS.domain
    return explore(
        look, drawings, caption,
        slope=round_slider(1.53, slopes), intercept=round_slider(1.85, intercepts), **turning(),
    )  # fmt: skip


def every_direction() -> Explorer:
    """How steep is it in any other direction? ∇L · u = |∇L| cos φ, with u an arrow that turns.

    The arrow on the map can be dragged round. The loss is cut along it, and its slope there is one
    point of a cosine.

    >>> round(every_direction().set(angle=90.0).state["rate"], 2)  # along the intercept
    54.68
    """
    weights = np.array([-0.2, 4.5])
    gradient, loss = LOSS.gradient(weights), float(LOSS(weights))
    steepest, t = np.linalg.norm(gradient), np.linspace(-1, 1, 121)
    length = 0.3 * np.ptp(LOSS.domain[0])

    def cut(angle) -> dict:
        u = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        turn, rate = (angle - _angle(gradient) + 180) % 360 - 180, float(gradient @ u)
        name = "uphill" if rate > 0 else "downhill"
        if min(abs(turn), 180 - abs(turn)) < 3:
            name += ", as steeply as it gets"
        elif abs(abs(turn) - 90) < 5:
            name = "along the contour, where hardly anything changes"
        return {
            "weights": weights, "tip": weights + length * u,
            "gradient": gradient, "steepest": steepest,
            "turn": turn, "rate": rate, "cosine": rate / steepest, "name": name,
            "place": (0.0, loss), "tangent": (t, loss + rate * t), "here": (turn, rate),
            "slice": (t, LOSS(weights[:, None] + t * u[:, None])),
        }  # fmt: skip

    def turned(start, to, angle) -> tuple[float]:
        return (_angle(to - weights),)

    left, middle, right = panels("flat", "flat", "flat")
    middle.set(title="the loss along the arrow (kg²)", xlabel="distance $t$ along the arrow")
    middle.set(xlim=(-1, 1), ylim=(0, 2.2 * loss))
    right.set(title="slope by direction", xlabel="angle $\\varphi$ to the gradient (°)")
    right.set(xlim=(-180, 180), xticks=(-180, -90, 0, 90, 180))
    angles = np.linspace(-180, 180, 181)
    with style():
        right.axhline(0, color=GREY, lw=0.8)
        right.plot(angles, steepest * np.cos(np.radians(angles)), color=MODEL)
    drawings = [
        surfaces.Contours(left, LOSS, title="a direction on the map", equal=True),
        surfaces.GradientArrow(left, LOSS),
        surfaces.Arrow(left).on(start="weights", end="tip").drag("angle", by=turned),
        Lines(middle, "slice", color=MODEL),
        Lines(middle, "tangent", color=STEP, lw=6, alpha=0.45),
        Dots(middle, "place", color=STEP),
        Dots(right, "here", color=STEP, markersize=10),
    ]
    return explore(
        cut, drawings,
        "Direction {angle:.0f}° is {turn:.0f}° from the gradient: the loss changes by {rate:.0f} "
        "kg² per unit, which is |∇L| = {steepest:.0f} times cos φ = {cosine:.2f}. The way is "
        "{name}.",
        angle=slider(40.0, -180.0, 180.0, 1.0, label="direction (°)"),
    )  # fmt: skip


def _angle(v: np.ndarray) -> float:
    """Return the direction of a vector, in degrees."""
    return np.degrees(np.arctan2(v[1], v[0]))


# Exercises; the questions stand in the notebook.
# fmt: off

x, n = DATA.x, len(DATA)
points = ((0.0, 3.0), (0.5, 3.0), (1.0, 5.0), (-0.7, -4.0))
start = np.array([0.0, 3.0])
g, ahead = LOSS.gradient(start), LOSS.minima[0] - start
downhill = -g / np.linalg.norm(g)


def d_slope(m, c):
    return LOSS.gradient([m, c])[0]


def d_intercept(m, c):
    return LOSS.gradient([m, c])[1]


outcome("06", 2, """
    Along the contour nothing changes, and the direction of fastest change is as far from that as it
    can be. It points at the lowest point only on the axes of the oval, or in a round bowl.""")

exercise("06.1", d_intercept, """
    The chain rule: 2 · residual from the square, times 1, the residual's own derivative.
    > Differentiate one penguin's (slope · x + intercept − y)² by the intercept.
    > The square gives a two and the residual itself; then add over all penguins.""", [
    (lambda m, c: -d_intercept(m, c),          "The sign is wrong: the residual is prediction − y."),
    (lambda m, c: d_intercept(m, c) / 2,       "The factor of two from the square is missing."),
    (lambda m, c: d_intercept(m, c) / n,       "This is a mean; the SSE is a sum."),
    (lambda m, c: d_intercept(m, c) / (2 * n), "This is a mean, and without the two."),
    (d_slope,                                  "This is the other one: x belongs in the derivative by the slope."),
    (lambda m, c: d_intercept(c, m),           "Slope and intercept have changed places."),
    (lambda m, c: LOSS([m, c]),                "This is the SSE, not its derivative."),
], points=points)

exercise("06.2", d_slope, """
    The chain rule again: 2 · residual, times x, because a residual changes by x when the slope
    changes by one.
    > Differentiate one penguin's (slope · x + intercept − y)² by the slope.
    > It is the derivative by the intercept with one more factor inside the sum.""", [
    (d_intercept,                                "The x is missing: by how much does a residual change with the slope?"),
    (lambda m, c: -d_slope(m, c),                "The sign is wrong: the residual is prediction − y."),
    (lambda m, c: d_slope(m, c) / 2,             "The factor of two from the square is missing."),
    (lambda m, c: d_slope(m, c) / n,             "This is a mean; the SSE is a sum."),
    (lambda m, c: d_slope(m, c) / (2 * n),       "This is a mean, and without the two."),
    (lambda m, c: d_intercept(m, c) * np.sum(x), "Multiply each residual with its own x first, then add."),
    (lambda m, c: d_slope(c, m),                 "Slope and intercept have changed places."),
    (lambda m, c: 2 * np.sum(x),                 "The residual is missing: it remains from the square."),
], points=points)

exercise("06.3", downhill, """
    It is −∇SSE / |∇SSE|: at right angles to the contour, not towards the minimum.
    > Put both partial derivatives at that point into a vector. Which way does it point?
    > Turn it round, then divide it by its length, `np.linalg.norm`.""", [
    (-downhill,                     "This is the steepest way up."),
    (-g,                            "The direction is right; divide by its length."),
    (g,                             "This is the steepest way up, and its length is not one."),
    (ahead / np.linalg.norm(ahead), "This points straight at the minimum, which is not the steepest way down."),
    ([-downhill[1], downhill[0]],   "This is along the contour: the SSE does not change there."),
    ([downhill[1], -downhill[0]],   "This is along the contour: no change of the SSE there."),
])

exercise("06.4", round(2 * np.sum(penguin_line("standardised").x), 9), """
    It is zero: standardised x have the mean zero, so slope and intercept no longer interfere, and
    the bowl stands straight and round.
    > What is done to x first when it is standardised? What does that do to its sum?
    > Compute the sum of the standardised x, and think of what rounding leaves of it.""", [
    (2 * np.sum(x), "This is the entry for x in centimetres above 190 mm."),
    (np.sum(x),     "This is for x in centimetres above 190 mm, and without the two."),
    (2.0 * n,       "This is an entry on the diagonal."),
    (1.0,           "This is the standard deviation of such an x."),
], negligible=1e-6)
