"""Exercises of lesson 04: residuals, their squares, and what one far point does to their sum."""

import numpy as np

from calclearn.data import penguin_line
from calclearn.exercises.kinds import Choice, Function, Number, Vector

x, y = penguin_line().x, penguin_line().y


def sse(slope, intercept, x, y):
    return np.sum((slope * x + intercept - y) ** 2)


light, heavy = y.argmin(), y.argmax()
slope_of_two = (y[heavy] - y[light]) / (x[heavy] - x[light])
line_of_two = np.array([slope_of_two, y[light] - slope_of_two * x[light]])

mistyped = np.where(np.arange(len(y)) == 0, 10 * y, y)
r = 0.5 * x + 3.7 - mistyped
share = r[0] ** 2 / np.sum(r**2)

exercises = {
    "04.1": Function(
        question=(
            "Write a function `sum_of_squares(slope, intercept, x, y)` that returns the sum of the "
            "squared residuals of the line slope · x + intercept at the points x, y."
        ),
        right=sse,
        points=(
            (0.5, 3.7, x, y),
            (0.0, 3.0, x, y),
            (-1.5, 2.0, np.array([1.0, 2.0, 4.0]), np.array([3.0, -1.0, 0.5])),
        ),
        why="One line of NumPy: predictions, minus y, squared, added. It holds for any points.",
        mistakes=(
            (
                lambda m, c, x, y: np.sum(m * x + c - y),
                "The residuals are added, but not squared: too high and too low cancel.",
            ),
            (
                lambda m, c, x, y: np.sum(np.abs(m * x + c - y)),
                "The sizes of the residuals are added, not their squares.",
            ),
            (
                lambda m, c, x, y: np.mean((m * x + c - y) ** 2),
                "This is the mean of the squares, not their sum.",
            ),
            (
                lambda m, c, x, y: np.sqrt(sse(m, c, x, y)),
                "This is the square root of the sum.",
            ),
            (lambda m, c, x, y: np.sum(m * x + c - y) ** 2, "Square first, then add."),
            (lambda m, c, x, y: sse(c, m, x, y), "Slope and intercept have changed places."),
            (lambda m, c, x, y: sse(m, 0.0, x, y), "The intercept is missing."),
            (
                lambda m, c, *_: sse(m, c, penguin_line().x, penguin_line().y),
                "This always uses the penguins: use the x and y that the function is given.",
            ),
        ),
        hints=(
            "Write the residual of all points at once: prediction − y.",
            "`**2` squares every entry of an array and `np.sum` adds them up.",
        ),
    ),
    "04.2": Vector(
        question=(
            f"Keep two penguins only, the lightest (x = {x[light]:.1f}, y = {y[light]:.1f}) and "
            f"the heaviest (x = {x[heavy]:.1f}, y = {y[heavy]:.1f}). Which line has an SSE of "
            "zero on these two? Answer as `(slope, intercept)`."
        ),
        right=line_of_two,
        why=(
            "Through two points there is a line without residuals. With more points than weights "
            "there is none in general, and the smallest SSE is above zero."
        ),
        mistakes=(
            (
                [1 / line_of_two[0], y[light] - x[light] / line_of_two[0]],
                "The slope is upside down: it is the change of y per change of x.",
            ),
            (
                [line_of_two[0], y[light]],
                "This is the lightest penguin's y; the intercept is the height at x = 0.",
            ),
            (
                [line_of_two[0], y[heavy]],
                "This is the heaviest penguin's y; the intercept is the height at x = 0.",
            ),
            (
                [line_of_two[0], y[light] + line_of_two[0] * x[light]],
                "The slope is right; from the penguin to x = 0 the line goes the other way.",
            ),
            (np.polyfit(x, y, 1), "This is the best line through all penguins, not these two."),
        ),
        hints=(
            "The slope is the difference of the two y, divided by the difference of the two x.",
            "The intercept is what is left of one penguin's y after slope · x is taken away.",
        ),
    ),
    "04.3": Number(
        question=(
            f"The first penguin weighs {y[0]:.2f} kg. Suppose that somebody had typed "
            f"{10 * y[0]:.1f} by mistake. For the line 0.5 · x + 3.7, which fraction of the SSE "
            "(a number between zero and one) would come from this one penguin?"
        ),
        right=share,
        why=(
            "One bird out of hundreds makes up nearly the whole loss: a square grows with the "
            "square of the distance, so that the line with the lowest SSE runs after far points."
        ),
        mistakes=(
            (100 * share, "This is the share in per cent; a fraction is asked for."),
            (
                abs(r[0]) / np.sum(np.abs(r)),
                "This is the share of the lengths of the residuals, not of their squares.",
            ),
            (
                r[0] ** 2 / sse(0.5, 3.7, x, y),
                "This divides by a sum without the mistyped square; the whole has it in.",
            ),
            (1 - share, "This is the share of all the other penguins."),
            (1 / len(y), "This is the share of one bird in the number of birds."),
            (r[0] ** 2, "This is the bird's square; divide it by the sum of all squares."),
        ),
        hints=(
            "Make a copy of y, change its first entry, and compute all residuals again.",
            "The fraction is the first square divided by the sum of all squares.",
        ),
    ),
    "04.4": Choice(
        question="Why are the residuals squared before they are added?",
        options={
            "a": "Because a plain sum is zero for every line through the mean point, however bad.",
            "b": "Because squares are smaller, and a loss has to be small.",
            "c": "Because a residual below the line would otherwise count twice.",
            "d": "Because the squares do not depend on the units of y.",
        },
        right="a",
        why=(
            "Σ(slope · xᵢ + intercept − yᵢ) is zero as soon as the line meets the point (mean x, "
            "mean y), at any slope: what lies above cancels what lies below."
        ),
        mistakes=(
            ("b", "A residual larger than one grows when it is squared."),
            ("c", "A residual below the line has a sign, but it is counted once."),
            ("d", "The square of kilograms is kg²: change the unit and the SSE changes."),
        ),
        hints=(
            "Try it: turn a line around the middle of the data and add its plain residuals.",
            "What do the residuals above and below the line do to each other in a sum?",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "Line A.",
        (
            "Two squared is 4, one squared plus one squared is 2. Squaring makes one large "
            "miss count more than two that are half as large."
        ),
    ),
)
