"""Exercises of lesson 00, on the line mass = 0.5·x + 3.7 through the penguins."""

import numpy as np

from calclearn.data import penguin_line
from calclearn.exercises.kinds import Choice, Number

x, y = penguin_line().x, penguin_line().y
slope, intercept = 0.5, 3.7
residuals = slope * x + intercept - y
mass = slope * (210 - 190) / 10 + intercept

exercises = {
    "00.1": Number(
        question=(
            "The line is mass = 0.5 · x + 3.7, where x is the flipper length above 190 mm, in cm, "
            "and the mass is in kg. Which mass, in kg, does it predict for a penguin with a "
            "flipper of 210 mm?"
        ),
        right=mass,
        why=f"The flipper is 2 cm above 190 mm, and 0.5 · 2 + 3.7 = {mass:.1f} kg.",
        mistakes=(
            (slope * 210 + intercept, "This puts the whole 210 mm in for x."),
            (slope * 21 + intercept, "This puts the whole flipper in for x, from zero on."),
            (slope * 20 + intercept, "This takes x in millimetres; the line wants centimetres."),
            (slope * 2, "The intercept is missing."),
            (intercept * 2 + slope, "Slope and intercept have changed places."),
        ),
        hints=(
            "First find x: how far is 210 mm above 190 mm, in centimetres?",
            "Put that x into the line: slope times x, and the intercept added.",
        ),
    ),
    "00.2": Number(
        question=(
            "What is the loss of the line mass = 0.5 · x + 3.7: the sum of its squared residuals "
            "over all penguins? (The residual of a penguin is prediction − measured mass.)"
        ),
        right=np.sum(residuals**2),
        why="Each residual is squared, so that too high counts like too low, and all are added.",
        mistakes=(
            (np.sum(residuals), "The residuals are added, but not squared."),
            (np.sum(np.abs(residuals)), "The sizes of the residuals are added, not the squares."),
            (np.mean(residuals**2), "This is the mean of the squares, not their sum."),
            (np.sqrt(np.sum(residuals**2)), "This is the square root of the loss."),
            (np.sum(residuals) ** 2, "Square first, then add: this adds first."),
            (
                np.sum((intercept * x + slope - y) ** 2),
                "Slope and intercept have changed places.",
            ),
        ),
        hints=(
            "Compute all predictions at once: x is an array, and so is slope · x + intercept.",
            "Subtract y, square with **2, and add with np.sum.",
        ),
    ),
    "00.3": Choice(
        question=(
            "The learning rate is set far too large. What does the loss do, step after step? "
            'Answer with the letter in quotation marks, such as `"a"`.'
        ),
        options={
            "a": "It falls, and faster than before.",
            "b": "It grows, because every step lands further up on the other side of the bowl.",
            "c": "It falls at first and then stays a little above the lowest value.",
            "d": "It stays where it was.",
        },
        right="b",
        why=(
            "A step is learning rate × slope. One that jumps over the bottom and lands higher than "
            "it began meets a steeper slope there, so that the next jump is longer still."
        ),
        mistakes=(
            ("a", "Longer steps are faster only while they do not jump over the bottom."),
            ("c", "A path that ends up near the bottom has steps that become short again."),
            ("d", "A larger learning rate moves the line by more, not by nothing."),
        ),
        hints=(
            "Move the slider to its far end and look at the loss curve.",
            "Follow the first three points of the path on the bowl: on which side is each of them, "
            "and at which height?",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "It flies out of the valley.",
        (
            "Longer steps help at first. But a step that is too long lands higher up on the "
            "other side, and the next one, longer still, higher again. Lesson 07 says exactly"
            " where that begins."
        ),
    ),
)
