"""Exercises of lesson 17: slopes along a logarithm, at a training's end, and through its steps.

A step on a curvature h multiplies the weight by 1 − η·h, so after K steps w = (1 − η·h)ᴷ · w₀.
"""

import math

from calclearn.exercises.kinds import Choice, Function, Number

slope, strength = -6.0, 0.05
target, held_out, penalty = 3.0, 2.0, 0.25
end = target / (1 + penalty)  # the minimum of (w − 3)² + λw²
moves = -target / (1 + penalty) ** 2  # dw/dλ

exercises = {
    "17.1": Number(
        question=(
            "At λ = 0.05 the validation loss changes by −6 mm² per unit of λ: dV/dλ = −6. What is "
            "its slope along log λ (the natural logarithm), dV/d log λ?"
        ),
        right=strength * slope,
        why=(
            "dV/d log λ = λ · dV/dλ, since dλ/d log λ = λ. It is what V would change by if λ grew "
            "by a factor of e at this rate; one per cent more λ changes it by a hundredth of that."
        ),
        mistakes=(
            (
                slope / strength,
                "This divides by λ. What is the slope of λ = exp(log λ)?",
            ),
            (slope, "This is the slope along λ itself: a unit of log λ is another step."),
            (slope * math.log(strength), "The logarithm of λ is not its slope."),
            (
                slope * math.exp(strength),
                "The exponential of log λ is needed, not that of λ.",
            ),
            (strength * slope * math.log(10), "This is the slope along the logarithm to base ten."),
        ),
        hints=(
            "The chain rule: dV/d log λ = dV/dλ · dλ/d log λ.",
            "With u = log λ, λ = exp(u), and the derivative of exp(u) is exp(u), which is λ.",
        ),
    ),
    "17.2": Number(
        question=(
            "One weight. The training loss is $(w - 3)^2$ with the penalty $\\lambda w^2$, the "
            "validation loss is $V = (w - 2)^2$, and the training runs to its end. What is "
            "dV/dλ at λ = 0.25?"
        ),
        right=2 * (end - held_out) * moves,
        why=(
            "The training ends at w = 3/(1 + λ), which moves by −3/(1 + λ)² per unit of λ, and V "
            "has the slope 2(w − 2) there. It is negative: more penalty would do better."
        ),
        mistakes=(
            (2 * (end - held_out), "This is the slope along w. How does w move with λ?"),
            (moves, "This is how w moves with λ. What does that do to V?"),
            (2 * (target - held_out) * -target, "This is right at λ = 0; the penalty is larger."),
            (
                2 * (end - held_out) * moves * penalty,
                "This is the slope along log λ; the one along λ itself is asked for.",
            ),
            ((end - held_out) * moves, "The square brings a factor of two with it."),
            ((end - held_out) ** 2, "This is V, and not its slope."),
        ),
        hints=(
            "Where does the training end, as a function of λ? Set 2(w − 3) + 2λw to zero.",
            "Chain rule: dV/dλ = dV/dw · dw/dλ, both taken at the end of the training.",
        ),
    ),
    "17.3": Function(
        question=(
            "Gradient descent on the loss $2w^2$, whose gradient is $4w$, begins at $w = 1$. Write "
            "`slope(rate, steps)`, the derivative of the weight after so many steps with respect "
            "to the learning rate. By hand, or by `grad` through a loop: both are right."
        ),
        right=lambda rate, steps: -4 * steps * (1 - 4 * rate) ** (steps - 1),
        points=((0.1, 1), (0.1, 5), (0.3, 4), (0.45, 7), (0.6, 10)),
        why=(
            "The weight is (1 − 4η)ᴷ, its derivative −4K(1 − 4η)ᴷ⁻¹. Beyond 2/λmax = 0.5 the "
            "factor is larger than one in size, and the slope grows with each step."
        ),
        mistakes=(
            (lambda rate, steps: (1 - 4 * rate) ** steps, "This is the weight, not its slope."),
            (
                lambda rate, steps: steps * (1 - 4 * rate) ** (steps - 1),
                "The inner derivative is missing: 1 − 4η has a slope of its own.",
            ),
            (
                lambda rate, steps: 4 * steps * (1 - 4 * rate) ** (steps - 1),
                "The size is right. Which way does 1 − 4η go when η grows?",
            ),
            (
                lambda rate, steps: -4 * steps * (1 - 4 * rate) ** steps,
                "One power too many: a derivative lowers the exponent.",
            ),
            (
                lambda rate, steps: -4 * (1 - 4 * rate) ** (steps - 1),
                "This is what one of the steps adds. How many steps are there?",
            ),
        ),
        hints=(
            "Each step multiplies the weight by one factor. What is the weight after K steps?",
            "Differentiate (1 − 4η)ᴷ by the chain rule, or `grad` a function with a loop in it.",
        ),
    ),
    "17.4": Choice(
        question=(
            "A run has 10,000 steps and settles well. You want the slope of its validation loss "
            "along one hyperparameter, the learning rate, and the kept steps do not fit into "
            "memory. What do you do?"
        ),
        options={
            "a": "Take every tenth step only: the slope becomes ten times smaller.",
            "b": "Carry dw/dη along with the weights, step by step, and keep nothing.",
            "c": "Raise η until fewer steps are enough, past 2/λmax if need be.",
            "d": "Take differences with a very small h, such as 1e-15.",
        },
        right="b",
        why=(
            "One derivative carried forward costs a second set of weights, however long the run. "
            "For many hyperparameters it would be one set each: then the way back is cheaper."
        ),
        mistakes=(
            ("a", "Every step passes the derivative on: none may be left out."),
            ("c", "Past that border the slope grows with each step, and says nothing."),
            ("d", "Think of lesson 02: at so small an h, rounding is all that is left."),
        ),
        hints=(
            "Which of these four keeps the derivative exact?",
            "Look for the loop in this lesson that updates two things at each step.",
        ),
    ),
}

outcomes = (  # of the predictions: what happens, and why
    (
        "Hardly anything.",
        (
            "Steps that end early hold the weights back as a penalty does, and there is nothing "
            "left for λ to hold. Set the learning rate to 0.01: the loss over λ is level until λ "
            "is large. At 0.4 the same change of λ makes it fall by 0.2 mm²."
        ),
    ),
    (
        "It is as steep along each of them.",
        (
            "On a quadratic loss each step multiplies the error along each axis by 1 − η·h, with "
            "the η of that step and the curvature h, and the order of factors does not matter. So "
            "the first step counts as much as the last."
        ),
    ),
    (
        "More than a million times larger.",
        (
            "Compare the first and the last row of the table. And at a rate a ten-thousandth "
            "larger the sign is another: a slope of that size points nowhere."
        ),
    ),
)
