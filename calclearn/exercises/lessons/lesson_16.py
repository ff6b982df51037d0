"""Exercises of lesson 16: what a penalty leaves of a weight, which λ to take, and why L1 gives 0.

½ (w − a)² + λ |w| is lowest at S(a, λ) = sign(a) max(|a| − λ, 0); with μ w² added, at
S(a, λ) / (1 + 2μ). Along a direction of curvature h, λ w² leaves the share h / (h + 2λ).
"""

import numpy as np

from calclearn.data import penguins
from calclearn.descent.losses import mse, polynomial_loss
from calclearn.descent.penalised import lasso, ridge
from calclearn.exercises.kinds import Choice, Function, Number


def soft(a, threshold):
    return np.sign(a) * np.maximum(np.abs(a) - threshold, 0)


def hard(a, threshold):
    return np.where(np.abs(a) > threshold, a, 0.0)


x, y = (penguins().flipper_length - 201.5) / 29.5, penguins().bill_depth - 17
train, validation, test = np.split(np.random.default_rng(9).permutation(342), [20, 120])
strengths = np.logspace(-5, 0, 11)
fitted, choosing, judging = (
    polynomial_loss(x[birds], y[birds], 6, mse) for birds in (train, validation, test)
)


def lowest(loss, weights):
    return strengths[np.argmin(loss(weights))]


by_l2, by_l1 = ridge(fitted, strengths), lasso(fitted, strengths)
chosen = lowest(choosing, by_l2)

exercises = {
    "16.1": Number(
        question=(
            "Along one direction of a loss the curvature is $h = 0.6$, and without a penalty the "
            "weight would be 5. How large is it with the penalty $\\lambda w^2$, $\\lambda = 0.1$?"
        ),
        right=5 * 0.6 / (0.6 + 0.2),
        why="h / (h + 2λ) = 0.6/0.8 of it is left: the two is that of the derivative of w².",
        mistakes=(
            (5 * 0.6 / 0.7, "The derivative of λw² is 2λw: the two is missing."),
            (5 * 0.2 / 0.8, "This is what the penalty takes away; what does it leave?"),
            (5 * 0.1 / 0.7, "This is what the penalty takes away, and its two is missing."),
            (0.6 / 0.8, "This is the share; of which weight?"),
            (5 / 1.2, "This would be right for curvature 1: how large is h?"),
            (4.9, "This is the soft threshold of L1: L2 takes a share."),
            (5 - 0.1 / 0.6, "This takes a fixed amount away, as L1 does: L2 takes a share."),
            (5 * 0.4, "This is one step of gradient descent with rate 1."),
        ),
        hints=(
            "At the lowest place the whole gradient vanishes: h·(w − 5) + 2λ·w = 0.",
            "Solve h·(w − 5) + 2λ·w = 0 for w: a share h/(h + 2λ) of the full weight.",
        ),
    ),
    "16.2": Function(
        question=(
            "Both penalties at once are called the *elastic net*. Write `left_over(a, l1, l2)`: "
            "the $w$ at which $\\frac12 (w - a)^2 + l_1 |w| + l_2 w^2$ is lowest, for numbers $a$ "
            "of either sign and $l_1, l_2 \\ge 0$."
        ),
        right=lambda a, l1, l2: soft(a, l1) / (1 + 2 * l2),
        points=(
            (2.0, 0.5, 0.0),
            (2.0, 0.5, 0.25),
            (-2.0, 0.5, 0.25),
            (0.3, 0.5, 0.1),
            (-0.3, 0.5, 0.1),
            (0.9, 0.6, 1.0),
            (-1.5, 0.0, 0.5),
            (0.0, 0.2, 0.2),
        ),
        why=(
            "S(a, l₁) / (1 + 2 l₂): where w > 0 the slope w − a + l₁ + 2 l₂ w vanishes at "
            "(a − l₁)/(1 + 2 l₂), the mirror image holds below 0, and between them the kink holds."
        ),
        mistakes=(
            (
                lambda a, l1, l2: soft(a / (1 + 2 * l2), l1),
                "First the threshold, then the shrinking: compare the slopes at w = 0.",
            ),
            (lambda a, l1, l2: soft(a, l1) / (1 + l2), "The derivative of l₂w² is 2·l₂·w."),
            (lambda a, l1, l2: soft(a, l1), "This is L1 alone: where is l2?"),
            (lambda a, l1, l2: a / (1 + 2 * l2), "This is L2 alone: where is l1?"),
            (
                lambda a, l1, l2: max(a - l1, 0) / (1 + 2 * l2),
                "This is right for positive a only: what becomes of a negative one?",
            ),
            (
                lambda a, l1, l2: (a - l1 * np.sign(a)) / (1 + 2 * l2),
                "A weight smaller than the threshold must not be pushed through 0.",
            ),
            (
                lambda a, l1, l2: (a - l1) / (1 + 2 * l2),
                "The threshold pulls towards 0 from either side, and no farther than 0.",
            ),
            (
                lambda a, l1, l2: max(abs(a) - l1, 0) / (1 + 2 * l2),
                "The size is right; the sign of a is lost.",
            ),
            (
                lambda a, l1, l2: hard(a, l1) / (1 + 2 * l2),
                "This sets small weights to 0 and lets the others off: they lose l1, too.",
            ),
            (
                lambda a, l1, l2: soft(a, l1) * (1 - 2 * l2),
                "Dividing by 1 + 2·l2 is not multiplying by 1 − 2·l2.",
            ),
        ),
        hints=(
            "Suppose w > 0 and set the derivative to 0. For which a is that w really above 0?",
            "For w > 0: w − a + l1 + 2·l2·w = 0. Mirror it for w < 0; in between, 0.",
        ),
    ),
    "16.3": Number(
        question=(
            "Take the `train` and `validation` birds of this lesson, polynomials of degree 6 "
            "and L2. Of $\\lambda = 10^{-5}, 10^{-4.5}, 10^{-4}, \\dots, 10^0$ "
            "(`np.logspace(-5, 0, 11)`), which one do the validation birds choose? Give $\\lambda$."
        ),
        right=chosen,
        tolerance=0.03,
        why=(
            "The fit knows the 20 training birds only, and the 100 validation birds decide between "
            "the fits. The test birds would have chosen another λ; they were not to be asked."
        ),
        mistakes=(
            (strengths[0], "The training loss always chooses the weakest penalty."),
            (
                lowest(judging, by_l2),
                "This is the choice of degree 10, or of the test birds: they judge, and must not "
                "choose.",
            ),
            (lowest(choosing, by_l1), "This is the choice for L1. L2 is asked for."),
            (np.log10(chosen), "This is the exponent."),
            (3e-4, "This is close. Give more digits: three are enough."),
            (chosen / 10, "This is one of the eleven. Is its validation loss the lowest?"),
            (chosen * 10, "This is one of the eleven. Is its validation loss the lowest?"),
        ),
        hints=(
            "Fit with `ridge(loss_of(train, 6), strengths)`, and give the fits to another loss.",
            "`loss_of(validation, 6)(fits)` has eleven numbers; take the strength of the smallest.",
        ),
    ),
    "16.4": Choice(
        question="Why does L1 hold weights at exactly 0, and L2 not?",
        options={
            "a": "Because |w| is larger than w² for small weights, so the penalty is stronger.",
            "b": "Because computers round tiny weights of an L1 fit down to 0.",
            "c": "Because the slope of |w| does not fade on the way to 0, and that of w² does.",
            "d": "Because L1 finds out which features have nothing to do with the target.",
        },
        right="c",
        why=(
            "At w = 0 the pull of the loss meets a slope of ±λ with L1, and stays there if it is "
            "no larger. With L2 it meets the slope 2λw = 0, and the smallest pull moves the weight."
        ),
        mistakes=(
            ("a", "Make λ of L2 as strong as you like: its weights are small, and not 0."),
            ("b", "The soft threshold gives 0 with pencil and paper, too. What holds it there?"),
            ("d", "It knows the loss only. Drag the bottom: a useful weight is set to 0 as well."),
        ),
        hints=(
            "Stand at w = 0 while the loss pulls. What does each penalty hold against it?",
            "Compare the derivatives of λ|w| and of λw² just beside 0.",
        ),
    ),
}

outcomes = (  # of the predictions: what happens, and why
    (
        "More than 100 mm²: over 400 times as much.",
        (
            "The curve runs through its twenty birds by swinging between them, and leaves the "
            "paper where it has none. A loss on the birds of the fit says nothing of that."
        ),
    ),
    (
        "L1 at some finite λ, L2 never.",
        (
            "The diamond has its corners on the axes, and a corner is touched from many "
            "directions. The disc touches an axis only if the ring comes from straight ahead."
        ),
    ),
)
