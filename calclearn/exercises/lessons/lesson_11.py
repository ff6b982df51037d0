"""Exercises of lesson 11: noise σ/√B, a velocity v ← μ·v + g, Adam's two means, and a schedule."""

import numpy as np

from calclearn.exercises.kinds import Function, Number, Vector


def path(velocity_of_step):
    """Three places of a weight on w²/2 from 1 with η = 0.1; the function says what is stepped."""
    w, v, places = 1.0, 0.0, []
    for _ in range(3):
        v, step = velocity_of_step(v, w)
        w -= 0.1 * step
        places.append(w)
    return np.array(places)


def heavy(v, g):
    return 0.8 * v + g, 0.8 * v + g


beta1, beta2, slope = 0.5, 0.84, 4.0
m, v = (1 - beta1**2) * slope, (1 - beta2**2) * slope**2

exercises = {
    "11.1": Number(
        question=(
            "The gradients of batches of 10 are off by 2.4 on average (data drawn at random, far "
            "more of them than a batch holds). How large must the batches be for 0.3?"
        ),
        right=640,
        why="An eighth of the noise costs 8² = 64 times the data: noise goes with 1/√B.",
        mistakes=(
            (80, "This would do if noise went with 1/B."),
            (10 * np.sqrt(8), "The root has been taken of the wrong side: more data, less noise."),
            (64, "This is how many times larger; how large is that?"),
            (10 / 64, "Smaller batches are noisier."),
            (1.25, "Smaller batches are noisier."),
        ),
        hints=(
            "By which factor must the noise shrink? What does that cost at 1/√B?",
            "2.4 · √10 = 0.3 · √B.",
        ),
    ),
    "11.2": Vector(
        question=(
            "A weight stands at $w = 1$ on the loss $w^2/2$, whose gradient is $w$. Momentum with "
            "$\\eta = 0.1$ and $\\mu = 0.8$ begins with velocity 0. Where is it after each of the "
            "first three steps? Answer as `(w1, w2, w3)`."
        ),
        right=path(heavy),
        why="v = 1, 1.7, 2.09: the velocity gathers while the gradient keeps its sign.",
        mistakes=(
            (path(lambda v, g: (0.0, g)), "This is gradient descent: the velocity is forgotten."),
            (
                path(lambda v, g: (0.8 * v + 0.2 * g, 0.8 * v + 0.2 * g)),
                "Here the new gradient counts 1 − μ; in this course and in PyTorch it counts 1.",
            ),
            (
                path(lambda v, g: (0.8 * v + g, g + 0.8 * (0.8 * v + g))),
                "This is Nesterov's step, which looks ahead.",
            ),
            (
                path(lambda v, g: (0.8 * v - g, 0.8 * v - g)),
                "This climbs: the sign.",
            ),
            (path(lambda v, g: (v + g, v + g)), "This velocity forgets nothing: where is μ?"),
            (
                np.array([1.0, *path(heavy)[:2]]),
                "The start is not one of the three: begin after the first step.",
            ),
        ),
        hints=(
            "Keep two numbers, v and w. First the velocity changes, then the weight.",
            "v = 0.8·v + w, then w = w − 0.1·v; three times.",
        ),
    ),
    "11.3": Number(
        question=(
            "Adam with $\\beta_1 = 0.5$ and $\\beta_2 = 0.84$ meets the gradient 4 at each step. "
            "How long would its second step be *without* the bias corrections, in units of "
            "$\\eta$? Take $\\varepsilon = 0$."
        ),
        right=m / np.sqrt(v),
        why=(
            "m = (1 − β₁²)·4 and v = (1 − β₂²)·4², so m/√v = (1 − β₁²)/√(1 − β₂²): the gradient "
            "itself drops out, the bias stays. Corrected it is the rate itself."
        ),
        mistakes=(
            (1.0, "This is the corrected step."),
            (m, "This is m alone: what is it divided by?"),
            (m / v, "The root of v is missing."),
            ((1 - beta1) / np.sqrt(1 - beta2), "This is the first step."),
            ((1 - beta1**2) / (1 - beta2**2), "The root of v is missing."),
            (np.sqrt(v) / m, "Upside down: m stands above."),
            (
                (1 - beta1**3) / np.sqrt(1 - beta2**3),
                "This is the third step.",
            ),
        ),
        hints=(
            "Compute m and v after two steps, both from 0.",
            "m ← 0.5·m + 0.5·4 and v ← 0.84·v + 0.16·16, twice; then m/√v.",
        ),
    ),
    "11.4": Function(
        question=(
            "Write `rate(k)`, the learning rate of step $k = 0, 1, 2, \\dots$: it is 0.4 for the "
            "first ten steps and is halved after each ten."
        ),
        right=lambda k: 0.4 * 0.5 ** (k // 10),
        points=((0,), (5,), (9,), (10,), (19,), (20,), (37,)),
        why="0.4 · 0.5^⌊k/10⌋: whole tens count, so the rate stays for ten steps and then falls.",
        mistakes=(
            (
                lambda k: 0.4 * 0.5 ** (k / 10),
                "This falls at each step: count whole tens.",
            ),
            (lambda k: 0.4 * 0.5 ** ((k + 1) // 10), "This falls one step early: k begins at 0."),
            (lambda k: 0.4 * 0.5 ** ((k - 1) // 10), "This falls one step late: k begins at 0."),
            (lambda k: 0.4 * 0.5**k, "This halves at each step."),
            (lambda k: 0.4 if k < 10 else 0.2, "This halves once only."),
            (
                lambda k: 0.4 / (1 + k // 10),
                "This divides by 2, 3, 4: halve what is left.",
            ),
        ),
        hints=(
            "How many whole tens has step k behind it? Python has an operator for that: //.",
            "Start from 0.4 and multiply by 0.5 once for each whole ten.",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "Twice less.",
        (
            "The dots follow σ/√B: four times the data, half the noise. Set the batch size to"
            " 8, then to 32, and compare what the caption says."
        ),
    ),
    (
        "About three times η.",
        (
            "Both are too small, but √v is too small by more: m is a tenth of the gradient, "
            "√v about a thirtieth. For dozens of steps Adam would run several times too fast,"
            " just when it knows least."
        ),
    ),
)
