"""Exercises of lesson 06: the two partial derivatives of the SSE, and the direction they make.

With rᵢ = slope·xᵢ + intercept − yᵢ: ∂SSE/∂slope = 2 Σ rᵢ·xᵢ and ∂SSE/∂intercept = 2 Σ rᵢ.
"""

import numpy as np

from calclearn.data import penguin_line
from calclearn.exercises.kinds import Function, Number, Vector

x, y = penguin_line().x, penguin_line().y
n = len(x)


def residuals(slope, intercept):
    return slope * x + intercept - y


def d_slope(slope, intercept):
    return 2 * np.sum(residuals(slope, intercept) * x)


def d_intercept(slope, intercept):
    return 2 * np.sum(residuals(slope, intercept))


points = ((0.0, 3.0), (0.5, 3.0), (1.0, 5.0), (-0.7, 4.0))
g = np.array([d_slope(0.0, 3.0), d_intercept(0.0, 3.0)])
downhill = -g / np.linalg.norm(g)
to_the_minimum = np.polyfit(x, y, 1) - np.array([0.0, 3.0])
tilt = 2 * np.sum(x)
tilt_when_standardised = round(2 * np.sum(penguin_line("standardised").x), 9)

exercises = {
    "06.1": Function(
        question=(
            "Write `d_intercept(slope, intercept)`, the partial derivative of the SSE with respect "
            "to the intercept."
        ),
        right=d_intercept,
        points=points,
        why="The chain rule: 2 · residual from the square, times 1, the residual's own derivative.",
        mistakes=(
            (lambda m, c: -d_intercept(m, c), "The sign is wrong: the residual is prediction − y."),
            (lambda m, c: d_intercept(m, c) / 2, "The factor of two from the square is missing."),
            (lambda m, c: d_intercept(m, c) / n, "This is a mean; the SSE is a sum."),
            (lambda m, c: d_intercept(m, c) / (2 * n), "This is a mean, and without the two."),
            (d_slope, "This is the other one: x belongs in the derivative by the slope."),
            (lambda m, c: d_intercept(c, m), "Slope and intercept have changed places."),
            (lambda m, c: np.sum(residuals(m, c) ** 2), "This is the SSE, not its derivative."),
        ),
        hints=(
            "Differentiate one penguin's (slope · x + intercept − y)² by the intercept.",
            "The square gives a two and the residual itself; then add over all penguins.",
        ),
    ),
    "06.2": Function(
        question=(
            "Write `d_slope(slope, intercept)`, the partial derivative of the SSE with respect to "
            "the slope."
        ),
        right=d_slope,
        points=points,
        why=(
            "The chain rule again: 2 · residual, times x, because a residual changes by x when the "
            "slope changes by one."
        ),
        mistakes=(
            (d_intercept, "The x is missing: by how much does a residual change with the slope?"),
            (lambda m, c: -d_slope(m, c), "The sign is wrong: the residual is prediction − y."),
            (lambda m, c: d_slope(m, c) / 2, "The factor of two from the square is missing."),
            (lambda m, c: d_slope(m, c) / n, "This is a mean; the SSE is a sum."),
            (lambda m, c: d_slope(m, c) / (2 * n), "This is a mean, and without the two."),
            (
                lambda m, c: 2 * np.sum(residuals(m, c)) * np.sum(x),
                "Multiply each residual with its own x first, then add.",
            ),
            (lambda m, c: d_slope(c, m), "Slope and intercept have changed places."),
            (lambda m, c: 2 * np.sum(x), "The residual is missing: it remains from the square."),
        ),
        hints=(
            "Differentiate one penguin's (slope · x + intercept − y)² by the slope.",
            "It is the derivative by the intercept with one more factor inside the sum.",
        ),
    ),
    "06.3": Vector(
        question=(
            "At slope 0 and intercept 3, in which direction does the SSE fall fastest? Answer with "
            "a vector `(slope part, intercept part)` of length one."
        ),
        right=downhill,
        why="It is −∇SSE / |∇SSE|: at right angles to the contour, not towards the minimum.",
        mistakes=(
            (-downhill, "This is the steepest way up."),
            (-g, "The direction is right; divide by its length."),
            (g, "This is the steepest way up, and its length is not one."),
            (
                to_the_minimum / np.linalg.norm(to_the_minimum),
                "This points straight at the minimum, which is not the steepest way down.",
            ),
            (
                [-downhill[1], downhill[0]],
                "This is along the contour: the SSE does not change there.",
            ),
            ([downhill[1], -downhill[0]], "This is along the contour: no change of the SSE there."),
        ),
        hints=(
            "Put both partial derivatives at that point into a vector. Which way does it point?",
            "Turn it round, then divide it by its length, `np.linalg.norm`.",
        ),
    ),
    "06.4": Number(
        question=(
            "The Hessian of the SSE has 2 Σ xᵢ beside its diagonal. What is this number when x is "
            'standardised, `penguin_line("standardised").x`?'
        ),
        right=tilt_when_standardised,
        negligible=1e-3,
        why=(
            "It is zero: standardised x have the mean zero, so slope and intercept no longer "
            "interfere, and the bowl stands straight and round."
        ),
        mistakes=(
            (tilt, "This is the entry for x in centimetres above 190 mm."),
            (tilt / 2, "This is for x in centimetres above 190 mm, and without the two."),
            (2.0 * n, "This is an entry on the diagonal."),
            (1.0, "This is the standard deviation of such an x."),
        ),
        hints=(
            "What is done to x first when it is standardised? What does that do to its sum?",
            "Compute the sum of the standardised x, and think of what rounding leaves of it.",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "At right angles to the contour you stand on.",
        (
            "Along the contour nothing changes, and the direction of fastest change is as far"
            " from that as it can be. It points at the lowest point only on the axes of the "
            "oval, or in a round bowl."
        ),
    ),
)
