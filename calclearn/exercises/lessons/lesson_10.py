"""Exercises of lesson 10: Newton's step −H⁻¹∇f, what damping makes of it, and what H costs.

Where a curvature is negative the step leads uphill; with its size alone, |λ|, it leads down.
"""

import numpy as np

from calclearn.exercises.kinds import Choice, Number, Vector

w = 2.0
slope, bend = 4 * w**3 - 6 * w + 1, 12 * w**2 - 6

x, y = 0.25, 1.0
g, curvatures = np.array([4 * x * (x**2 - 1), 2 * y]), np.array([12 * x**2 - 4, 2.0])
here = np.array([x, y])

weights, size = 50_000, 8
gigabytes = weights**2 * size / 1e9

exercises = {
    "10.1": Number(
        question=(
            "On the curve $w^4 - 3w^2 + w$ you stand at $w = 2$. Where does one step of Newton's "
            "method lead?"
        ),
        right=w - slope / bend,
        why="w − f'(w)/f''(w): the slope divided by the curvature, both at the place you stand.",
        mistakes=(
            (w + slope / bend, "This step goes uphill: the sign."),
            (slope / bend, "This is the length of the step: where does it lead?"),
            (-slope / bend, "This is the step alone: add it to where you stand."),
            (w - slope, "This is a step of gradient descent with η = 1: the curvature is missing."),
            (w - bend / slope, "Slope and curvature have changed places."),
            (w - slope * bend, "The curvature divides the slope, it does not multiply it."),
            (w - slope / (12 * w**2), "The second derivative has lost its constant."),
        ),
        hints=(
            "You need the first and the second derivative at 2.",
            "New w = old w − slope / curvature.",
        ),
    ),
    "10.2": Vector(
        question=(
            "On the double well $(x^2 - 1)^2 + y^2$ you stand at $(0.25, 1)$, near the saddle. "
            "Where does one step lead that divides each slope by the *size* of its curvature, "
            "$|\\lambda|$? Answer as `(x, y)`. The Hessian is diagonal here."
        ),
        right=here - g / abs(curvatures),
        why=(
            "Along x the curvature is negative: divided by it, the step would lead to the saddle; "
            "divided by its size it leads down, away from it. Along y both are the same."
        ),
        mistakes=(
            (here - g / curvatures, "This is Newton's own step: it goes up along x."),
            (here + g / abs(curvatures), "This step goes uphill along both axes: the sign."),
            (-g / abs(curvatures), "This is the step alone: add it to where you stand."),
            (here - g, "This is a step of gradient descent with η = 1: no curvature in it."),
            (here - g / 4.0, "This divides by the curvature at another place."),
            (here - g / 2, "Each axis has its own curvature: this divides by y's in both."),
        ),
        hints=(
            "Along x the slope is 4x(x² − 1) and the curvature 12x² − 4. What are they along y?",
            "For each axis: old coordinate − slope / |curvature|.",
        ),
    ),
    "10.3": Number(
        question=(
            "A model has 50,000 weights. How many gigabytes (10⁹ bytes) does its whole Hessian "
            "take, at 8 bytes a number?"
        ),
        right=gigabytes,
        why=(
            "d² numbers: 2.5 billion of them, for a model that would be called tiny today. With a "
            "million weights it would be 8,000 GB, and solving with it takes about d³/3 "
            "multiplications a step."
        ),
        mistakes=(
            (weights * size / 1e9, "This is the gradient: one number a weight. The Hessian?"),
            (gigabytes / size, "These are billions of numbers; each takes 8 bytes."),
            (gigabytes / 2, "It is symmetric, so half would do; the whole of it is asked for."),
            (gigabytes * 1e9, "These are bytes."),
            (gigabytes * size, "The bytes have been counted twice, or taken for bits."),
        ),
        hints=(
            "The Hessian has a row and a column for each weight.",
            "d² numbers of 8 bytes, divided by 10⁹.",
        ),
    ),
    "10.4": Choice(
        question=(
            "Flipper length is now counted in millimetres instead of centimetres, so one weight "
            "gets ten times smaller and nothing else changes. Which method goes through the same "
            "lines as before, step for step?"
        ),
        options={
            "a": "Gradient descent, with the same learning rate.",
            "b": "Gradient descent, with a learning rate divided by ten.",
            "c": "Newton's method.",
            "d": "None of them.",
        },
        right="c",
        why=(
            "H⁻¹∇f has the unit of the weight itself, whatever that is. A gradient has the unit of "
            "the loss divided by that of the weight, so one learning rate cannot fit two units."
        ),
        mistakes=(
            ("a", "Its steps along that weight change with the unit: see the bowl of lesson 06."),
            ("b", "Then the steps of the other weight, whose unit is the same, would change too."),
            ("d", "One of them asks the surface itself how long a step should be."),
        ),
        hints=(
            "Which unit has a gradient, and which has the weight that it is subtracted from?",
            "Try it with one weight: f(w) and f(10 w), one step of each method.",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "Up, towards the top of the hill.",
        (
            "At w = 0.3 the curvature is negative, so the parabola opens downwards. It is "
            "level at its top, and there Newton's method goes: it looks for a level place, "
            "not for a low one."
        ),
    ),
)
