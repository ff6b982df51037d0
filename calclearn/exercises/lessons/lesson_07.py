"""Exercises of lesson 07: the step w ← w − η·∇SSE(w), and how large η may be.

Along an eigenvector of the Hessian with eigenvalue λ, a step multiplies the error by 1 − η·λ.
"""

import numpy as np

from calclearn.data import penguin_line
from calclearn.exercises.kinds import Choice, Number, Vector

x, y = penguin_line().x, penguin_line().y
n = len(x)
hessian = 2 * np.array([[x @ x, x.sum()], [x.sum(), n]])
flat, steep = np.linalg.eigvalsh(hessian)


def gradient(w):
    r = w[0] * x + w[1] - y
    return 2 * np.array([r @ x, r.sum()])


start, learning_rate = np.array([0.0, 3.0]), 0.0002
g = gradient(start)
slope_first = start - learning_rate * np.array([g[0], 0.0])
one_after_the_other = np.array(
    [slope_first[0], start[1] - learning_rate * gradient(slope_first)[1]]
)

exercises = {
    "07.1": Vector(
        question=(
            "Start at slope 0 and intercept 3 and take one step of gradient descent with "
            "`learning_rate = 0.0002`. Where are you? Answer as `(slope, intercept)`."
        ),
        right=start - learning_rate * g,
        why="w − η·∇SSE(w), both weights at once, with the gradient of the place where you stood.",
        mistakes=(
            (start + learning_rate * g, "This step goes uphill: the sign."),
            (start - learning_rate * g / 2, "The gradient lacks the two from the square."),
            (start - learning_rate * g / n, "This is the step of the mean squared error."),
            (-learning_rate * g, "This is the step alone: add it to the start."),
            (learning_rate * g, "This is the step alone, and its sign is wrong."),
            (start - g, "The learning rate is missing."),
            (
                start - learning_rate * np.array([g[1], g[1]]),
                "The slope's part of the gradient has lost its x.",
            ),
            (start - learning_rate * g[::-1], "The parts of the gradient have changed places."),
            (
                one_after_the_other,
                "The intercept moved with the gradient of the new slope: move both at once.",
            ),
        ),
        hints=(
            "Compute the gradient (2 Σ rᵢxᵢ, 2 Σ rᵢ) at the start. Which way is down?",
            "New weights = old weights − learning_rate · gradient.",
        ),
    ),
    "07.2": Number(
        question=(
            "Take the mean of the squared errors instead of their sum: the loss is SSE / n. Up to "
            "which learning rate does gradient descent converge on these data?"
        ),
        right=2 * n / steep,
        why=(
            "Dividing the loss by n divides every curvature by n, so the bound 2/λmax grows n "
            "times. It no longer depends on how many points there are: that is why people use it."
        ),
        mistakes=(
            (2 / steep, "This is the bound of the sum. What does dividing by n do to λmax?"),
            (2 / (n * steep), "Dividing the loss by n makes the bowl flatter, not steeper."),
            (n / steep, "The steepest direction is right after one step here: more is possible."),
            (
                2 * n / flat,
                "This is the bound of the flattest direction; the steepest one fails first.",
            ),
            (n / flat, "This uses the flattest direction, and not its bound either."),
            (4 * n / steep, "This Hessian lacks the two from the square."),
            (
                2 * n / hessian[0, 0],
                "This takes the curvature along the slope axis; the bowl is tilted.",
            ),
            (2 * n / hessian[1, 1], "This takes the curvature along the intercept axis only."),
            (2 * n / (flat + steep), "This is the best learning rate of all, not the largest one."),
            (steep / n, "This is the curvature itself; the bound is a learning rate."),
        ),
        hints=(
            "The bound is 2/λmax. Which Hessian has the mean, if the sum has H?",
            "Divide the Hessian by n, find its largest eigenvalue, and form 2/λmax.",
        ),
    ),
    "07.3": Number(
        question=(
            "With `learning_rate` = 1/λmax the steepest direction is done after one step. By which "
            "factor is the error along the flattest direction multiplied at each step?"
        ),
        right=1 - flat / steep,
        why=(
            "1 − η·λmin = 1 − λmin/λmax: the longer the bowl, the nearer to one, and the slower. "
            "No single learning rate can serve both directions well."
        ),
        mistakes=(
            (flat / steep, "This is what a step takes away; the factor is what it leaves."),
            (1 - steep / flat, "The two curvatures have changed places."),
            (1 + flat / steep, "The sign: a step takes some of the error away."),
            (0.0, "This is the factor of the steepest direction."),
            (1 - 2 * flat / steep, "This is the factor at twice that learning rate."),
            (steep / flat, "This is how many times longer than wide the bowl is, in curvature."),
            (
                (steep - flat) / (steep + flat),
                "This is the factor at the best learning rate, not at this one.",
            ),
        ),
        hints=(
            "Along an eigenvector with eigenvalue λ the factor is 1 − η·λ. Which λ, which η?",
            "Put η = 1/λmax into 1 − η·λmin.",
        ),
    ),
    "07.4": Choice(
        question="Why is the path of gradient descent curved or bent, not straight to the minimum?",
        options={
            "a": "Because the data are noisy.",
            "b": "Because the learning rate changes on the way.",
            "c": "Because each direction shrinks by its own factor, so that their ratio changes.",
            "d": "Because the gradient is not at right angles to the contours everywhere.",
        },
        right="c",
        why=(
            "The error along the steep direction shrinks by another factor than along the flat "
            "one. Only in a round bowl, or along an eigenvector, is the path straight."
        ),
        mistakes=(
            ("a", "The noise sits in the data once and for all; the bowl itself is smooth."),
            ("b", "It is the same number at every step here."),
            ("d", "It is at right angles to them everywhere, and just that bends the path."),
        ),
        hints=(
            "Look at the path in the bowl of standardised x, and compare.",
            "After many steps, which part of the error has gone, and which is still there?",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "It gets about ten times larger.",
        (
            "The SSE is a sum over the points, and so is its curvature: with a tenth of the "
            "points the bowl is a tenth as steep. Set the points to 34 and look at the strip."
        ),
    ),
)
