"""Lesson 00, what calculus lets a machine do: it makes a loss smaller, step by step, w ← w − η·∇L(w).

The data are penguins, the weights the slope and intercept of a line.
"""

import numpy as np

from calclearn import GradientDescent, descend, line_loss, penguin_line
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers import Explorer, explore
from calclearn.figures.curves import Data, Line
from calclearn.figures.descents import Bands, LossCurve, Path
from calclearn.figures.style import panels
from calclearn.figures.surfaces import Bowl, window_around
from calclearn.lessons import descents

DATA = penguin_line()
x, y = DATA.x, DATA.y


def first_descent() -> Explorer:
    """One slider, the learning rate, on a real line fit: the line, the bowl, the loss by step.

    >>> first_descent().set(learning_rate=3e-4).caption.partition(":")[0]
    'Learning rate 0.0003 converges'
    """
    loss = line_loss(x, y)
    rates, rate, lowest = descents.regimes(loss), descents.rate_slider(loss), loss(loss.minima[0])

    def walk(learning_rate):
        start, optimizer = descents.far_start(loss), GradientDescent(learning_rate)
        descent = descend(loss, start, optimizer, descents.STEPS)
        return {"descent": descent, "weights": descent.points.T, "bands": descents.bands(rates)}

    def caption(learning_rate, descent, step) -> str:
        near = np.flatnonzero(descent.values <= 1.01 * lowest)
        arrival = f" It is within 1% of that after {near[0]} steps." if len(near) else ""
        return (
            f"{descents.regime(rates, learning_rate)}; {descents.progress(descent, step, 'kg²')} "
            f"(lowest possible: {lowest:.3g} kg²).{arrival}"
        )

    left, middle, right, strip = panels(
        "flat", "solid", "flat", "strip", ratios=(1, 1.1, 1), height=4.1
    )
    title, window = "path in the bowl: loss (kg²)", window_around(loss)
    drawings = [
        Data(left, DATA, title="data, and the line at every step"),
        Bowl(middle, loss, window=window, title=title),
        Line(left),
        Path(middle, ball=True),
        LossCurve(right, loss, steps=descents.STEPS, unit="kg²"),
        Bands(strip, (rate.base**rate.min, rate.base**rate.max)),
    ]
    return explore(walk, drawings, caption, play="step", learning_rate=rate)


# Exercises; the questions stand in the notebook.
# fmt: off

slope, intercept = 0.5, 3.7
residuals = slope * x + intercept - y

outcome("00", 3, """
    Longer steps help at first. But a step that is too long lands higher up on the other side, and
    the next one, longer still, higher again. Lesson 07 says exactly where that begins.""")

exercise("00.1", slope * (210 - 190) / 10 + intercept, """
    The flipper is 2 cm above 190 mm, and 0.5 · 2 + 3.7 = 4.7 kg.
    > First find x: how far is 210 mm above 190 mm, in centimetres?
    > Put that x into the line: slope times x, and the intercept added.""", [
    (slope * 210 + intercept,        "This puts the whole 210 mm in for x."),
    (slope * 21 + intercept,         "This puts the whole flipper in for x, from zero on."),
    (slope * 20 + intercept,         "This takes x in millimetres; the line wants centimetres."),
    (slope * 2,                      "The intercept is missing."),
    (intercept,                      "This is the intercept alone, the mass at 190 mm."),
    (slope * 0.02 + intercept,       "This takes x in metres; the line wants centimetres."),
    (intercept - slope * 2,          "The sign of x: this flipper is longer than 190 mm."),
    (intercept * 2 + slope,          "Slope and intercept have changed places."),
])

exercise("00.2", np.sum(residuals**2), """
    Each residual is squared, so that too high counts like too low, and all are added.
    > Compute all predictions at once: x is an array, and so is slope · x + intercept.
    > Subtract y, square with **2, and add all of them with .sum().""", [
    (np.sum(residuals),              "The residuals are added, but not squared."),
    (np.sum(np.abs(residuals)),      "The sizes of the residuals are added, not the squares."),
    (np.mean(residuals**2),          "This is the mean of the squares, not their sum."),
    (np.sqrt(np.mean(residuals**2)), "This is the root of the mean of the squares."),
    (np.sqrt(np.sum(residuals**2)),  "This is the square root of the loss."),
    (np.sum(residuals) ** 2,         "Square first, then add: this adds first."),
    (np.sum((intercept * x + slope - y) ** 2), "Slope and intercept have changed places."),
])

choice("00.3", "b", """
    A step is learning rate × slope. One that jumps over the bottom and lands higher than it began
    meets a steeper slope there, so that the next jump is longer still.
    > Set a rate just inside the orange part of the slider and look at the loss curve.
    > Follow the first three points of the path on the bowl: on which side is each of them, and at
    which height?""",
    a="Longer steps are faster only while they do not jump over the bottom.",
    c="A path that ends up near the bottom has steps that become short again.",
    d="A larger learning rate moves the line by more, not by nothing.")
