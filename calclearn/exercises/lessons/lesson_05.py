"""Exercises of lesson 05: one weight moves, the other one rests.

The loss SSE(w₀, w₁) = Σ(w₀·xᵢ + w₁ − yᵢ)² is a parabola in w₀ alone, and in w₁ alone.
"""

import numpy as np

from calclearn.data import penguin_line
from calclearn.exercises.kinds import Choice, Function, Number

x, y = penguin_line().x, penguin_line().y
n = len(x)

exercises = {
    "05.1": Number(
        question=("Hold the slope at 1 kg per cm. Which intercept, in kg, makes the SSE smallest?"),
        right=np.mean(y - 1.0 * x),
        why=(
            "It is the mean of y − slope · x: at the bottom of the intercept profile the residuals "
            "add up to zero."
        ),
        mistakes=(
            (np.mean(y), "This is the mean mass: the best intercept for a slope of zero."),
            (np.polyfit(x, y, 1)[1], "This goes with the best slope; here the slope is held at 1."),
            (np.mean(y + x), "The slope's part is added; it has to be taken away."),
            (np.median(y - x), "This is the median: it makes the sum of distances smallest."),
            (np.sum(y - x), "This is a sum over all penguins, not a mean."),
        ),
        hints=(
            "Plot the profile, or ask: what must the residuals add up to at its bottom?",
            "Take slope · x away from every y. Which single number is nearest to what is left?",
        ),
    ),
    "05.2": Function(
        question=(
            "Now for every slope: write `best_intercept(slope)`, which returns the intercept with "
            "the smallest SSE while that slope is held."
        ),
        right=lambda slope: np.mean(y - slope * x),
        points=((0.0,), (1.0,), (-2.0,), (0.4,)),
        tolerance=5e-3,  # for those who write 4.202 - 1.092 * slope
        why=(
            "mean(y) − slope · mean(x): a line of weight space, the valley floor across the bowl. "
            "Each best line passes through the mean point of the data."
        ),
        mistakes=(
            (lambda slope: np.mean(y), "This does not depend on the slope."),
            (lambda slope: np.mean(y - x), "This does not depend on the slope."),
            (
                lambda slope: np.mean(y + slope * x),
                "The slope's part is added; it has to be taken away.",
            ),
            (
                lambda slope: slope * np.mean(x) - np.mean(y),
                "The sign is wrong: this is the mean residual of the line without intercept.",
            ),
            (lambda slope: np.sum(y - slope * x), "This is a sum, not a mean."),
            (lambda slope: np.mean(y) - slope, "The slope has to meet x before it is taken away."),
        ),
        hints=(
            "Do what you did for the slope of 1, with `slope` in its place.",
            "It is one mean over all penguins of what slope · x leaves of y.",
        ),
    ),
    "05.3": Number(
        question=(
            "Now the intercept is held and the slope moves. How curved is this profile: what is "
            "the second derivative of the SSE with respect to the slope?"
        ),
        right=2 * np.sum(x**2),
        why=(
            "Each residual changes by xᵢ per unit of slope, its square has the second derivative "
            "2·xᵢ², and all are added: 2 Σ xᵢ², whatever the intercept and the slope."
        ),
        mistakes=(
            (np.sum(x**2), "The factor of two from the square is missing."),
            (2 * np.sum(x), "The x is squared too when a slope is differentiated twice."),
            (2.0 * n, "This is the curvature of the intercept's profile."),
            (2 * np.sum((x - x.mean()) ** 2), "These squares are around the mean of x, not zero."),
            (2 * np.sum(x) ** 2, "Square each x first, then add."),
            (2 * np.mean(x**2), "This is the curvature of the mean squared error, not the sum."),
        ),
        hints=(
            "Take one penguin: differentiate (slope · x + intercept − y)² twice by the slope.",
            "One derivative brings down a two and an x; so what does the second one bring?",
        ),
    ),
    "05.4": Choice(
        question="Can a profile of the SSE have two separate lowest points?",
        options={
            "a": "Yes, if the data contain two groups of penguins.",
            "b": "Yes, if the other weight is held at a bad value.",
            "c": "No: its second derivative is the same positive number everywhere.",
            "d": "No: its second derivative is zero at the lowest point.",
        },
        right="c",
        why=(
            "Between two lowest points a curve has to bend downwards somewhere. A parabola with "
            "a positive second derivative bends upwards everywhere."
        ),
        mistakes=(
            ("a", "Groups in the data move the bottom, but the profile remains a parabola."),
            ("b", "The other weight moves the profile, but does not change its shape."),
            ("d", "At the lowest point it is the first derivative that vanishes."),
        ),
        hints=(
            "Move the other weight in the figure and watch the shape of the profile.",
            "What must a curve do between two valleys, and which sign has its second derivative "
            "there?",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "A parabola, open at the top.",
        (
            "Always, wherever the intercept is held: a sum of squares of straight lines is a "
            "parabola. Holding another intercept moves it, and never changes how curved it "
            "is."
        ),
    ),
)
