"""Lesson 08, why does this training loop lie: the gradient of the mean squared error is
2·Xᵀ(X·w − y)/n, and a loop with another one goes elsewhere, or at another rate.

All loops here report the true loss and take the same steps w ← w − η·g; only g differs. So what
goes wrong in a picture is the gradient, and nothing else.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from calclearn import GradientDescent, check_gradient, descend, line_loss, mse, penguin_line
from calclearn.exercises import exercise, outcome
from calclearn.explorers import Explorer, choice, explore, log_slider, slider
from calclearn.explorers.wording import counted, ended
from calclearn.figures.curves import Data, Line
from calclearn.figures.descents import LossCurve, Path
from calclearn.figures.style import LIGHT, STEP, SUSPECT, TRUE, panels
from calclearn.figures.surfaces import Contours, window_around
from calclearn.lessons.descents import progress, rate_slider

DATA = penguin_line()
LOSS, START = line_loss(DATA.x, DATA.y, mse), np.zeros(2)
STEPS, ITERATIONS = 60, 200

# The map's box is shaped by the curvature, and holds the start.
LOW, HIGH = np.transpose(window_around(LOSS, rise=1))
AWAY = np.max(abs(LOSS.minima[0] - START) / (HIGH - LOW))
WINDOW = window_around(LOSS, rise=(2.3 * AWAY) ** 2)

# The published gradient and its plausible repairs, as they are typed. The error is X @ w - y.
REPAIRS = {
    "2 * error": lambda X, error: 2 * error,
    "2 * error.mean()": lambda X, error: 2 * error.mean(),
    "2 * X.T @ error": lambda X, error: 2 * X.T @ error,
    "X.T @ error / n": lambda X, error: X.T @ error / len(error),
    "-2 * X.T @ error / n": lambda X, error: -2 * X.T @ error / len(error),
    "2 * X.T @ error / n": lambda X, error: 2 * X.T @ error / len(error),
}


def lying_loop() -> Explorer:
    """Why does this loop lie? A published gradient and its repairs, each beside the true path.

    `gradient` is chosen as it is typed, with `error = X @ w - y` and X (n, 2) holding x and a
    column of ones. The caption says what `check_gradient` finds. The rates' colours are those of
    the right gradient.

    >>> lying_loop().set(gradient="2 * error").state["report"].diagnosis
    'missing_x'
    """
    X, y = np.column_stack([DATA.x, np.ones(len(DATA))]), DATA.y

    @cache
    def suspect(gradient: str):
        def given(w):
            value = np.asarray(REPAIRS[gradient](X, X @ w - y))
            return value + 0 * w if value.ndim == 0 else value  # a number counts for every weight

        report = check_gradient(lambda w: np.mean((X @ w - y) ** 2), given, at=START)
        if given(START).shape != START.shape:
            return report, LOSS, 0  # no step that `w -= learning_rate * gradient` could take
        return report, LOSS.replace(gradient=given), STEPS

    def compute(gradient, learning_rate, step):
        report, suspected, most = suspect(gradient)
        optimizer, quantities = GradientDescent(learning_rate), {"report": report}
        for name, loss, steps in (("true", LOSS, STEPS), ("chosen", suspected, most)):
            descent = descend(loss, START, optimizer, steps)
            now = descent.points[min(step, len(descent.points) - 1)]
            quantities |= {name: descent, f"{name}_line": now}
        return quantities

    def caption(gradient, learning_rate, step, true, chosen, report) -> str:
        runs = len(chosen.points) > 1
        lies = progress(chosen, step, "kg²") if runs else "it cannot take one step"
        return (
            f"gradient = `{gradient}`. check_gradient finds “{report.diagnosis}”: "
            f"{report.message} At learning rate {learning_rate:.3g} {lies}; with the true gradient "
            f"{progress(true, step, 'kg²')}."
        )

    left, middle, right = panels("flat", "flat", "flat", height=3.6)
    drawings = [
        Data(left, DATA, title="data, and the lines"),
        Contours(middle, LOSS, window=WINDOW, title="paths on the map"),
    ]
    looks = ("true", "true gradient", TRUE, "s"), ("chosen", "chosen", SUSPECT, "o")
    for name, label, color, marker in looks:
        curve = LossCurve(right, LOSS, steps=STEPS, unit="kg²", color=color)
        curve.line.set_label(label)
        drawings += [
            Line(left, color=color).on(weights=f"{name}_line"),
            Path(middle, color=color, marker=marker).on(descent=name),
            curve.on(descent=name),
        ]
    right.legend(loc="upper right")
    return explore(
        compute, drawings, caption, play="step",
        gradient=choice([*REPAIRS], "2 * error.mean()"),
        learning_rate=rate_slider(LOSS, 1e-3, 10), step=slider(STEPS, 0, STEPS, 1),
    )  # fmt: skip


def sound_loop() -> Explorer:
    """A line trained on the mean squared error, done right: rate, batch size, iterations.

    The rows of each batch are drawn once, so that another learning rate meets the same ones.

    >>> whole = sound_loop().set(batch_size=342, iterations=200)
    >>> whole.state["weights"].round(2)
    array([0.5 , 3.66])
    """
    n = len(DATA)

    @cache
    def batches(size: int) -> list:
        rng, loss = np.random.default_rng(0), line_loss(DATA.x, DATA.y, mse, size)
        return [loss.sample(rng) for _ in range(ITERATIONS + 1)]

    def compute(learning_rate, batch_size, iterations):
        size = round(batch_size)
        drawn = iter(batches(size))
        loss = LOSS if size == n else LOSS.replace(sampler=lambda rng: next(drawn))
        on_batches = descend(loss, START, GradientDescent(learning_rate), iterations)
        on_all = replace(on_batches, values=LOSS(on_batches.points.T))
        weights = on_batches.point
        return {"on_batches": on_batches, "on_all": on_all, "weights": weights, "size": size}

    def caption(learning_rate, size, on_all, weights) -> str:
        slope, intercept = weights
        rows = size * int(on_all.steps_taken)
        return (
            f"Learning rate {learning_rate:.3g}, batches of {size}: over all {n} points "
            f"{ended(on_all, 'kg²')}, with {counted(rows, 'row')} read ({rows / n:.3g} passes); the "
            f"lowest possible is {LOSS(LOSS.minima[0]):.3g} kg². The line has slope "
            f"{slope:.3g} and intercept {intercept:.3g}."
        )

    left, middle, right = panels("flat", "flat", "flat", height=3.6)
    on_batches, on_all = (
        LossCurve(right, LOSS, steps=ITERATIONS, unit="kg²", color=color) for color in (LIGHT, STEP)
    )
    drawings = [
        Data(left, DATA, title="data, and the line"),
        Contours(middle, LOSS, window=WINDOW, title="path on the map"),
        Line(left, color=SUSPECT),
        Path(middle).on(descent="on_all"),
        on_batches.on(descent="on_batches"),
        on_all.on(descent="on_all"),
    ]
    right.legend([on_all.line, on_batches.line], ["all data", "batch"], loc="upper right")
    sizes = log_slider(16, 1, n, label="batch size")
    sizes.readout_format = ".0f"
    return explore(
        compute, drawings, caption, play="iterations", learning_rate=rate_slider(LOSS, 1e-2, 10),
        batch_size=sizes, iterations=slider(100, 1, ITERATIONS, 1),
    )  # fmt: skip


# Exercises; the questions stand in the notebook.
# fmt: off

X, y, w = np.array([[1.0], [2.0], [3.0]]), np.array([2.0, 4.0, 6.0]), np.array([0.5])
error = X @ w - y
other = np.array([8.0, 5.0, 6.0])  # on no line through the origin
rate, rows = 0.0002, 342

rng = np.random.default_rng(8)
cases = tuple(
    (rng.normal(0.7, 1, size=(n, 2)), rng.normal(size=n), rng.normal(size=2)) for n in (3, 7)
)


def gradient(X, y, w):
    return 2 * X.T @ (X @ w - y) / len(y)


outcome("08", 2, """
    It stops where its own gradient vanishes, which is where the errors add up to nothing. A steep
    line through the middle of the cloud does that as well as the best line.""")

exercise("08.1", gradient(X, y, w)[0], """
    Each error is carried to the weight by its own x: 2·Σ errorᵢ·xᵢ/n. It is negative, so the step
    goes up, towards larger w.
    > Write the three errors down first, prediction minus target. Then each times its x.
    > Add up errorᵢ·xᵢ over the rows, divide by n, and double.""", [
    (2 * (X.T @ error)[0],           "This is the gradient of the sum: what does the mean change?"),
    ((X.T @ error)[0] / 3,           "The two from the square was lost."),
    ((X.T @ error)[0],               "The two from the square was lost, and the mean as well."),
    (2 * error.mean(),               "Here X was forgotten: the errors were only averaged."),
    (2 * error,                      "This is one number for each row. Which matrix carries the rows to the weights?"),
    (2 * error.sum(),                "Here X was forgotten: the errors were only added up."),
    (error.mean(),                   "This is the mean error. Which factors does the chain rule add?"),
    (error.sum(),                    "This is the sum of the errors. Which factors does the chain rule add?"),
    ((error**2).mean(),              "This is the loss itself, not its slope."),
    (2 * (X.mean(axis=0) * error.mean())[0], "This multiplies two means; what is wanted is the mean of the products."),
])

exercise("08.2", gradient, """
    2·Xᵀ(X·w − y)/n: errors first, then X carries them back to the weights, one by one.
    > Which shape has the error, which shape has the answer, and which matrix leads over?
    > `X.T @ error` has one number for each weight. Two factors are still missing.""", [
    (lambda X, y, w: -gradient(X, y, w),                     "Right size, wrong sign: it goes uphill."),
    (lambda X, y, w: gradient(X, y, w) / 2,                  "Half of it: is the two from the square missing, or has `X.size` taken the place of the rows?"),
    (lambda X, y, w: gradient(X, y, w) * len(y),             "This belongs to the sum, not the mean."),
    (lambda X, y, w: gradient(X, y, w) * len(y) / 2,         "This comes to `X.T @ error` alone: neither the two nor the mean is in it."),
    (lambda X, y, w: np.full(2, 2 * (X @ w - y).mean()),     "Both weights get the same number: X has still to tell them apart."),
    (lambda X, y, w: np.full(2, 2 * (X @ w - y).sum()),      "Both weights get the same sum: X has still to tell them apart."),
    (lambda X, y, w: 2 * (X @ w - y),                        "This is one number for each row. Which matrix carries the rows to the weights?"),
    (lambda X, y, w: 2 * (X @ w - y).mean(),                 "This is one number, and there are two weights: X has still to tell them apart."),
    (lambda X, y, w: 2 * X.mean(axis=0) * (X @ w - y).mean(), "A mean of products is not the product of the means."),
    (lambda X, y, w: gradient(X, y, w) * len(y) / 2 / len(w), "This divides by the number of weights, not of rows."),
], points=cases, returns=(2,))

exercise("08.3", other.sum() / X.sum(), """
    It stops where its own gradient vanishes, and that is where the errors add up to nothing:
    w·Σxᵢ = Σyᵢ. Nobody asked for that, and the loss is not lowest there.
    > A loop rests where its gradient is 0. Set this one to 0, not the right one.
    > The errors w·xᵢ − yᵢ must add up to 0: solve that for w.""", [
    (float(X[:, 0] @ other / (X[:, 0] @ X[:, 0])), "That is where the right gradient vanishes. Where does this one?"),
    (float(np.mean(other / X[:, 0])), "This is the mean of yᵢ/xᵢ: no gradient asks for it."),
    (float(other.mean()),            "This is the mean of y: the prediction is w times x."),
    (2.0,                            "That was the answer for the old y."),
    (X.sum() / other.sum(),          "This is upside down."),
])

exercise("08.4", rate * rows, """
    Only the product of rate and gradient moves the weights. A constant factor is a lie about the
    learning rate, and about nothing else.
    > By which factor do the two gradients differ?
    > learning_rate · gradient has to be the same in both loops.""", [
    (rate,                           "The two gradients differ by a factor; the steps have to agree."),
    (rate / rows,                    "The right gradient is smaller, so its rate has to be larger."),
    (rate * rows / 2,                "Both gradients have their two: only the mean is missing."),
    (rate * rows * 2,                "Neither gradient lacks its two: only the mean is missing."),
])
