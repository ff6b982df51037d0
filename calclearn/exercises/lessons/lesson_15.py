"""Exercises of lesson 15: a weight that is used at every step gets the sum of all its parts.

Each part has come back through all the steps in between, and has been multiplied by each of them.
"""

import numpy as np

from calclearn.exercises.kinds import Function, Number

LONG = (0.8, np.array([0.0, 0.4, -0.3, 0.6, 0.2]), 1.5)
SHORT = (-1.2, np.array([0.0, 0.5, 0.7]), -1.0)


def backward(w, h, to_last):
    to_h, by_w = to_last, 0.0
    for t in range(len(h) - 1, 0, -1):
        to_a = to_h * (1 - h[t] ** 2)
        by_w += to_a * h[t - 1]
        to_h = to_a * w
    return by_w


def without_slopes(w, h, to_last):
    return to_last * sum(w ** (len(h) - 1 - t) * h[t - 1] for t in range(1, len(h)))


def without_weights(w, h, to_last):
    slopes = 1 - np.asarray(h) ** 2
    return to_last * sum(np.prod(slopes[t:]) * h[t - 1] for t in range(1, len(h)))


def last_use(w, h, to_last):
    return to_last * (1 - h[-1] ** 2) * h[-2]


def first_use(w, h, to_last):
    return to_last * np.prod(1 - h[1:] ** 2) * w ** (len(h) - 2) * h[0]


def slope_too_late(w, h, to_last):
    error, by_w = to_last, 0.0
    for t in range(len(h) - 1, 0, -1):
        by_w += error * h[t - 1]
        error *= w * (1 - h[t] ** 2)
    return by_w


def first_step_first(w, h, to_last):
    to_h, by_w = to_last, 0.0
    for t in range(1, len(h)):
        to_a = to_h * (1 - h[t] ** 2)
        by_w += to_a * h[t - 1]
        to_h = to_a * w
    return by_w


def one_state_late(w, h, to_last):
    to_h, by_w = to_last, 0.0
    for t in range(len(h) - 1, 0, -1):
        to_a = to_h * (1 - h[t] ** 2)
        by_w += to_a * h[t]
        to_h = to_a * w
    return by_w


def slope_before(w, h, to_last):
    to_h, by_w = to_last, 0.0
    for t in range(len(h) - 1, 0, -1):
        to_a = to_h * (1 - h[t - 1] ** 2)
        by_w += to_a * h[t - 1]
        to_h = to_a * w
    return by_w


exercises = {
    "15.1": Number(
        question=(
            "A unit without tanh keeps a part of its state and adds its input: "
            "h_t = w·h_{t−1} + x_t, with h_0 = 0 and the inputs x = (4, 1, 2). What is the "
            "derivative of the last state by w, at `w = 0.5`?"
        ),
        right=5.0,
        why=(
            "w is used at two steps that matter: the last use meets the state before it, and the "
            "one before meets an earlier state and goes through w once more. The two parts add up."
        ),
        mistakes=(
            (3.0, "This is the part of the last use alone. The state that it meets holds w, too."),
            (2.0, "This is the part of an earlier use alone. Where is that of the last one?"),
            (7.0, "An earlier use has to pass through the later step, which multiplies it."),
            (4.0, "The first input has its part. The second one is multiplied by w as well."),
            (1.0, "The second input has its part. The first one is multiplied by w twice."),
            (3.5, "This is the last state itself."),
        ),
        hints=(
            "Write the states one after the other, each as a formula in w. Then differentiate.",
            "Or go back: the last use sees the state before; the use before sees the state before "
            "that, times w.",
        ),
    ),
    "15.2": Number(
        question=(
            "A tanh unit with w = 0.9 stays so close to 0 that its slope is 1 to good accuracy. "
            "Through how many steps must an error go back until less than a hundredth of it "
            "is left?"
        ),
        right=44.0,
        tolerance=1e-4,
        why=(
            "Each step multiplies by 0.9, and the logarithms of equal factors add up: "
            "log 0.01 / log 0.9, rounded up."
        ),
        mistakes=(
            (43.0, "After that many steps slightly more than a hundredth is left."),
            (np.log(0.01) / np.log(0.9), "The number of steps is a whole one."),
            (43.7, "The number of steps is a whole one."),
            (45.0, "One step fewer is enough."),
            (10.0, "So it would be if each step took away a tenth of the first error. It takes "
                   "away a tenth of what is left."),
            (9.9, "Each step takes away a tenth of what is left, not of the first error."),
            (90.0, "The factor is the weight: what is 0.9 · 0.9?"),
            (22.0, "This is where a tenth is left."),
        ),
        hints=(
            "After n steps 0.9ⁿ of the error is left.",
            "Take logarithms on both sides, and look out for the sign.",
        ),
    ),
    "15.3": Function(
        question=(
            "A unit has gone forward, h_t = tanh(w·h_{t−1} + u·x_t), and kept its states "
            "`h = [h_0, h_1, ..., h_T]`. Write a function `backward(w, h, to_last)` that returns "
            "∂L/∂w, where `to_last` is ∂L/∂h_T."
        ),
        right=backward,
        points=(LONG, SHORT, (0.5, np.array([0.3, 0.9, 0.1, -0.4]), 1.0)),
        why=(
            "The inputs are not needed: tanh tells its slope from its output, and w meets the "
            "state before."
        ),
        mistakes=(
            (last_use, "This is the part of the last step alone: w was used at all of them."),
            (without_slopes, "The error passes through tanh at each step: its slope is missing."),
            (without_weights, "From one step to the one before the error is multiplied by w."),
            (slope_too_late, "At each step the error passes through tanh before it meets w."),
            (first_step_first, "The error sets out from the last step, and goes back."),
            (first_use, "Only the part of the first step is left. Add all the parts."),
            (one_state_late, "At step t the weight meets the state before it, h[t − 1]."),
            (slope_before, "The slope of tanh at step t is told by its own output, h[t]."),
            (
                lambda w, h, to_last: 0.0,
                "This is 0 whatever comes back: the sum has to grow at each step.",
            ),
            (lambda w, h, to_last: -backward(w, h, to_last), "The size is right, not the sign."),
        ),
        hints=(
            "Go from t = T down to 1 with two numbers: ∂L/∂h_t, and a sum that grows.",
            "At each t: multiply by the slope, add a part to the sum, then multiply by w.",
        ),
    ),
    "15.4": Number(
        question=(
            "`RNN(8, truncate=4)` reads a sequence of 12 steps, `x[:, 0]` to `x[:, 11]`, and the "
            "state that enters the steps 0, 4 and 8 counts as a constant on the way back. The "
            "loss looks at the state of step 10 alone. How many of the 12 inputs receive a "
            "gradient?"
        ),
        right=3.0,
        tolerance=1e-4,
        why=(
            "The way back ends where the piece begins: at step 8. How far an error gets depends "
            "on where in its piece it begins."
        ),
        mistakes=(
            (4.0, "That many in the best case. Where in its piece does this error begin?"),
            (11.0, "So many without truncation. Where is the way back cut?"),
            (12.0, "Inputs that come after the loss cannot have caused it."),
            (2.0, "The step of the loss itself reads an input, too."),
            (1.0, "Within its piece the error does travel from step to step."),
            (7.0, "The cuts are at fixed places, not at a fixed distance from the loss."),
        ),
        hints=(
            "Write the numbers of the steps in a row, and draw the cuts between them.",
            "Begin at the step of the loss and go left until you meet a cut.",
        ),
    ),
}  # fmt: skip

outcomes = (  # of the prediction: what happens, and why
    (
        "About a thousandth.",
        "0.8 to the power of 29 is about 0.0015, and tanh takes a little more at each step. "
        "Thirty factors, each of them close to 1, leave next to nothing.",
    ),
)
