"""Exercises of lesson 08: the gradient 2·Xᵀ(X·w − y)/n of the mean squared error, and its lies.

Without X the loop follows the errors themselves, and rests where they add up to nothing.
"""

import numpy as np

from calclearn.exercises.kinds import Function, Number

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


exercises = {
    "08.1": Number(
        question=(
            "With `X = [[1], [2], [3]]` and `y = [2, 4, 6]`, what is the gradient of the mean "
            "squared error at `w = [0.5]`?"
        ),
        right=gradient(X, y, w)[0],
        why=(
            "Each error is carried to the weight by its own x: 2·Σ errorᵢ·xᵢ/n. It is negative, so "
            "the step goes up, towards larger w."
        ),
        mistakes=(
            (2 * (X.T @ error)[0], "This is the gradient of the sum: what does the mean change?"),
            ((X.T @ error)[0] / 3, "The two from the square was lost."),
            ((X.T @ error)[0], "The two from the square was lost, and the mean as well."),
            (2 * error.mean(), "Here X was forgotten: the errors were only averaged."),
            (2 * error.sum(), "Here X was forgotten: the errors were only added up."),
            (error.mean(), "This is the mean error. Which factors does the chain rule add?"),
            (error.sum(), "This is the sum of the errors. Which factors does the chain rule add?"),
            ((error**2).mean(), "This is the loss itself, not its slope."),
            (
                2 * (X.mean(axis=0) * error.mean())[0],
                "This multiplies two means; what is wanted is the mean of the products.",
            ),
        ),
        hints=(
            "Write the three errors down first, prediction minus target. Then each times its x.",
            "Add up errorᵢ·xᵢ over the rows, divide by n, and double.",
        ),
    ),
    "08.2": Function(
        question=(
            "Write `gradient(X, y, w)`: the gradient of the mean squared error of `X @ w` for any "
            "`X` of shape (n, 2), `y` of shape (n,) and `w` of shape (2,)."
        ),
        right=gradient,
        points=cases,
        returns=(2,),
        why="2·Xᵀ(X·w − y)/n: errors first, then X carries them back to the weights, one by one.",
        mistakes=(
            (lambda X, y, w: -gradient(X, y, w), "Right size, wrong sign: it goes uphill."),
            (lambda X, y, w: gradient(X, y, w) / 2, "The two from the square is missing."),
            (lambda X, y, w: gradient(X, y, w) * len(y), "This belongs to the sum, not the mean."),
            (
                lambda X, y, w: gradient(X, y, w) * len(y) / 2,
                "The two from the square is missing, and so is the mean.",
            ),
            (
                lambda X, y, w: np.full(2, 2 * (X @ w - y).mean()),
                "Both weights get the same number: X has still to tell them apart.",
            ),
            (
                lambda X, y, w: np.full(2, 2 * (X @ w - y).sum()),
                "Both weights get the same number: X has still to tell them apart.",
            ),
            (
                lambda X, y, w: 2 * (X @ w - y),
                "This is one number for each row. Which matrix carries the rows to the weights?",
            ),
            (
                lambda X, y, w: 2 * (X @ w - y).mean(),
                "This is one number, and there are two weights: X has still to tell them apart.",
            ),
            (
                lambda X, y, w: 2 * X.mean(axis=0) * (X @ w - y).mean(),
                "A mean of products is not the product of the means.",
            ),
            (
                lambda X, y, w: gradient(X, y, w) * len(y) / 2 / len(w),
                "This divides by the number of weights, not of rows.",
            ),
        ),
        hints=(
            "Which shape has the error, which shape has the answer, and which matrix leads over?",
            "`X.T @ error` has one number a weight. Two factors are still missing.",
        ),
    ),
    "08.3": Number(
        question=(
            "Now `y = [8, 5, 6]`, with the same `X`, and the loop's gradient is "
            "`2 * error.mean()`. At which `w` does the loop come to rest?"
        ),
        right=other.sum() / X.sum(),
        why=(
            "It stops where its own gradient vanishes, and that is where the errors add up to "
            "nothing: w·Σxᵢ = Σyᵢ. Nobody asked for that, and the loss is not lowest there."
        ),
        mistakes=(
            (
                float(X[:, 0] @ other / (X[:, 0] @ X[:, 0])),
                "That is where the right gradient vanishes. Where does this one?",
            ),
            (
                float(np.mean(other / X[:, 0])),
                "This is the mean of yᵢ/xᵢ: no gradient asks for it.",
            ),
            (float(other.mean()), "This is the mean of y: the prediction is w times x."),
            (2.0, "That was the answer for the old y."),
        ),
        hints=(
            "A loop rests where its gradient is 0. Set this one to 0, not the right one.",
            "The errors w·xᵢ − yᵢ must add up to 0: solve that for w.",
        ),
    ),
    "08.4": Number(
        question=(
            "A loop over 342 rows has `gradient = 2 * X.T @ error`, without the mean, and "
            "`learning_rate = 0.0002`. With which learning rate does the right gradient of the "
            "mean squared error take exactly the same path?"
        ),
        right=rate * rows,
        why=(
            "Only the product of rate and gradient moves the weights. A constant factor is a lie "
            "about the learning rate, and about nothing else."
        ),
        mistakes=(
            (rate, "The two gradients differ by a factor; the steps have to agree."),
            (rate / rows, "The right gradient is smaller, so its rate has to be larger."),
            (rate * rows / 2, "Both gradients have their two: only the mean is missing."),
            (rate * rows * 2, "Both gradients have their two: only the mean is missing."),
        ),
        hints=(
            "By which factor do the two gradients differ?",
            "learning_rate · gradient has to be the same in both loops.",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "It comes to rest at a line that is far from the best.",
        (
            "It stops where its own gradient vanishes, which is where the errors add up to "
            "nothing. A steep line through the middle of the cloud does that as well as the "
            "best line."
        ),
    ),
)
