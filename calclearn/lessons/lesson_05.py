"""Lesson 05, what happens when one weight moves: SSE(w₀, w₁) = Σ(w₀·xᵢ + w₁ − yᵢ)² is a parabola in
w₀ alone, and in w₁ alone.
"""

import numpy as np

from calclearn import line_loss, penguin_line
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers import Explorer, explore, round_slider, slider
from calclearn.explorers.controls import turning
from calclearn.explorers.wording import counted
from calclearn.figures.curves import Tangent
from calclearn.figures.marks import Lines
from calclearn.figures.style import GREY, STEP, WEIGHTS, panels
from calclearn.figures.surfaces import NAMES, Bowl, Point, Slices, grid, sweep, window_around

x, y = penguin_line().x, penguin_line().y


def profiles() -> Explorer:
    """What happens when one weight moves? Two error profiles, and the bowl that they are cut from.

    Each profile is the SSE as one weight runs and the other stays; faint behind it are the profiles
    for other values of the weight that stays. Together they are the bowl. Each move goes to the
    bottom of one profile, of the slope's and the intercept's in turn: a zigzag on the bowl.

    >>> bowl = profiles().set(slope=0.5, intercept=3.7)
    >>> bowl.state["loss"] < bowl.set(slope=1.0).state["loss"]
    np.True_
    """
    surface = line_loss(x, y)
    surface = surface.replace(domain=window_around(surface))
    window = surface.domain

    def cut(slope, intercept, moves) -> dict:
        path = [np.array([slope, intercept])]
        for k in range(moves):  # to where ∂L/∂w is zero, for one weight after the other
            w, moved = path[-1].copy(), k % 2
            w[moved] -= surface.gradient(w)[moved] / surface.hessian(w)[moved, moved]
            path.append(w)
        path = np.transpose(path)  # (2, moves + 1)
        weights = path[:, -1]
        along_slope, along_intercept = (sweep(weights, k, window[k]) for k in (0, 1))  # (2, 81)
        d_slope, d_intercept = surface.gradient(weights)
        return {
            "weights": weights, "w0": weights[0], "w1": weights[1], "loss": surface(weights),
            "over_slope": (along_slope[0], surface(along_slope)), "d_slope": d_slope,
            "over_intercept": (along_intercept[1], surface(along_intercept)),
            "d_intercept": d_intercept, "zigzag": np.stack([*path, surface(path)]),
        }  # fmt: skip

    def caption(w0, w1, moves, loss, d_slope, d_intercept) -> str:
        after = f"After {counted(moves, 'move')}, at" if moves else "At"
        return (
            f"{after} slope {w0:.2f} and intercept {w1:.2f} the SSE is {loss:.4g} kg². "
            f"Increasing the slope alone {changes(d_slope)}; increasing the intercept alone "
            f"{changes(d_intercept)}."
        )

    def changes(derivative: float) -> str:
        if abs(derivative) < 0.01 * surface.scale:
            return "hardly changes it"
        verb = "raises" if derivative > 0 else "lowers"
        return f"{verb} it by {abs(derivative):.4g} kg² per unit"

    *flat, solid = panels("flat", "flat", "solid", ratios=(1, 1, 1.25))
    flat[0].set_ylabel("SSE (kg²)")
    top, drawings = 1.05 * float(surface(grid(window, 2)).max()), []
    for k, (ax, weight) in enumerate(zip(flat, ("slope", "intercept"), strict=True)):
        ax.set(xlabel=NAMES[k], xlim=window[k], ylim=(0, top), title=f"profile over the {weight}")
        for other in np.linspace(*window[1 - k], 9):
            points = sweep(np.full(2, other), k, window[k])
            ax.plot(points[k], surface(points), color=GREY, lw=0.6, alpha=0.6)
        tangent = Tangent(ax, color=WEIGHTS[k])
        drawings += [
            Lines(ax, f"over_{weight}", color=WEIGHTS[k], lw=2.5),
            tangent.on(x=f"w{k}", y="loss", slope=f"d_{weight}"),
        ]
    drawings += [
        Bowl(solid, surface, title="the bowl: SSE (kg²)"),
        Slices(solid, surface),
        Lines(solid, "zigzag", color=STEP, lw=2, marker="o", markersize=4, zorder=19),
        Point(solid),
    ]
    return explore(
        cut, drawings, caption, play="moves", pace=0.7,
        slope=round_slider(-0.11, window[0]), intercept=round_slider(4.52, window[1]),
        moves=slider(0, 0, 12, 1), **turning(),
    )  # fmt: skip


# Exercises; the questions stand in the notebook.
# fmt: off

n = len(x)

outcome("05", 2, """
    Always, wherever the intercept is held: a sum of squares of straight lines is a parabola.
    Holding another intercept moves it, and never changes how curved it is.""")

exercise("05.1", np.mean(y - 1.0 * x), """
    It is the mean of y − slope · x: at the bottom of the intercept profile the residuals add up to
    zero.
    > Plot the profile, or ask: what must the residuals add up to at its bottom?
    > Take slope · x away from every y. Which single number is nearest to what is left?""", [
    (np.mean(y),             "This is the mean mass: the best intercept for a slope of zero."),
    (np.polyfit(x, y, 1)[1], "This goes with the best slope; here the slope is held at 1."),
    (np.mean(y + x),         "The slope's part is added; it has to be taken away."),
    (np.median(y - x),       "This is the median: it makes the sum of distances smallest."),
    (np.sum(y - x),          "This is a sum over all penguins, not a mean."),
])

exercise("05.2", lambda slope: np.mean(y - slope * x), """
    mean(y) − slope · mean(x): a line of weight space, the valley floor across the bowl. Each best
    line passes through the mean point of the data.
    > Do what you did for the slope of 1, with `slope` in its place.
    > It is one mean over all penguins of what slope · x leaves of y.""", [
    (lambda slope: np.mean(y),                      "This does not depend on the slope."),
    (lambda slope: np.mean(y - x),                  "This does not depend on the slope: it is the answer of 05.1."),
    (lambda slope: np.mean(y + slope * x),          "The slope's part is added; it has to be taken away."),
    (lambda slope: slope * np.mean(x) - np.mean(y), "The sign is wrong: this is the mean residual of the line without intercept."),
    (lambda slope: np.sum(y - slope * x),           "This is a sum, not a mean."),
    (lambda slope: np.mean(y) - slope,              "The slope has to meet x before it is taken away."),
], points=((0.0,), (1.0,), (-2.0,), (5.0,)), tolerance=5e-3)

exercise("05.3", 2 * np.sum(x**2), """
    Each residual changes by xᵢ per unit of slope, its square has the second derivative 2·xᵢ², and
    all are added: 2 Σ xᵢ², whatever the intercept and the slope.
    > Take one penguin: differentiate (slope · x + intercept − y)² twice by the slope.
    > One derivative brings down a two and an x; so what does the second one bring?""", [
    (np.sum(x**2),                  "The factor of two from the square is missing."),
    (2 * np.sum(x),                 "The x is squared too when a slope is differentiated twice."),
    (2.0 * n,                       "This is the curvature of the intercept's profile."),
    (2 * np.sum((x - x.mean())**2), "These squares are around the mean of x, not zero."),
    (2 * np.sum((x + 19)**2),       "This takes x from zero on; here it begins at 190 mm."),
    (2 * np.sum(x)**2,              "Square each x first, then add."),
    (2 * np.mean(x**2),             "This is the curvature of the mean squared error, not the sum."),
])

choice("05.4", "c", """
    Between two lowest points a curve has to bend downwards somewhere. A parabola with a positive
    second derivative bends upwards everywhere.
    > Move the other weight in the figure and watch the shape of the profile.
    > What must a curve do between two valleys, and what sign does its second derivative have there?""",
    a="Groups in the data move the bottom, but the profile remains a parabola.",
    b="The other weight moves the profile, but does not change its shape.",
    d="At the lowest point it is the first derivative that vanishes.")
