"""Exercises of lesson 09: what the Hessian says about a stop, and who can stop there.

Along an eigenvector with eigenvalue λ a step multiplies the distance by 1 − η·λ: more than one
where λ is negative, and more than one in size where η is above 2/λ.
"""

import math

import numpy as np

from calclearn.exercises.kinds import Choice, Number, Vector

# f(w) = w⁴ − 4w² + w: minima left and right, and a hill between
left, hill, right = sorted(np.roots([4.0, 0.0, -8.0, 1.0]).real)


def bend(w):
    return 12 * w**2 - 8


rate, aside, away = 0.1, 0.001, 0.5
steps = math.log(away / aside) / math.log(1 + 4 * rate)

exercises = {
    "09.1": Vector(
        question=(
            "At the origin the gradient of f(x, y) = x² + 4xy + y² vanishes. What are the "
            "eigenvalues of its Hessian there? Answer as `(smaller, larger)`."
        ),
        right=(-2.0, 6.0),
        why=(
            "The Hessian is ((2, 4), (4, 2)), with 2 − 4 along (1, −1) and 2 + 4 along (1, 1). "
            "Both signs occur: a saddle, although both numbers on the diagonal are positive."
        ),
        mistakes=(
            ((2.0, 2.0), "These stand on the diagonal. What does the mixed derivative do?"),
            ((0.0, 4.0), "The mixed derivative of 4xy is not that small."),
            ((-1.0, 3.0), "These belong to half the Hessian: x² has second derivative two."),
            ((-3.0, 5.0), "The diagonal is too small: x² has second derivative two."),
            ((2.0, 4.0), "These are the entries; an eigenvalue λ solves H·u = λ·u."),
            ((-6.0, 2.0), "Check the signs: the trace of the Hessian is positive."),
        ),
        hints=(
            "Write the Hessian: twice by x, twice by y, and once by each for both other places.",
            "For ((a, b), (b, a)) try the vectors (1, 1) and (1, −1), or `np.linalg.eigvalsh`.",
        ),
    ),
    "09.2": Choice(
        question=(
            "On the same f(x, y) = x² + 4xy + y², gradient descent with `learning_rate = 0.1` "
            "starts at (1, 1). Where does it go?"
        ),
        options={
            "a": "It comes to the origin and stays there.",
            "b": "It comes near the origin, turns, and runs away along (1, −1).",
            "c": "It runs away at once, along (1, 1).",
            "d": "It comes to a minimum beside the origin.",
        },
        right="a",
        why=(
            "The start lies exactly on the direction in which the surface bends up, and along it "
            "every step multiplies the distance by 1 − 0.1·6. A start beside that line would leave "
            "again."
        ),
        mistakes=(
            ("b", "To turn it would need a part along (1, −1). How large is that part at (1, 1)?"),
            ("c", "Along (1, 1) the surface bends up, not down."),
            ("d", "The gradient vanishes at one point only."),
        ),
        hints=(
            "Which eigenvector does the start lie on, and which sign has its eigenvalue?",
            "Take one step by hand: the gradient at (1, 1) is (6, 6).",
        ),
    ),
    "09.3": Number(
        question=(
            "f(w) = w⁴ − 4w² + w has its global minimum at w = −1.473. Up to which learning rate "
            "can gradient descent come to rest in it?"
        ),
        right=2 / bend(left),
        why=(
            "2/f″ at the minimum. The local minimum on the right is flatter, so there is a band of "
            "rates that can rest in the worse minimum only."
        ),
        mistakes=(
            (1 / bend(left), "There a step lands on the minimum at once; more is possible."),
            (2 / bend(right), "This is the bound of the other minimum, which is flatter."),
            (1 / bend(right), "This is half the bound, and of the other minimum."),
            (bend(left), "This is the curvature; which rate belongs to it?"),
            (2 / (12 * left**2), "The second derivative has one more term."),
            (2 / (4 * left**3 - 8 * left), "This uses a first derivative; a second one is needed."),
        ),
        hints=(
            "Near a minimum a step multiplies the distance by 1 − η·f″(w). When does it shrink?",
            "f″(w) = 12w² − 8. Put the place of the minimum in, and form 2/f″.",
        ),
    ),
    "09.4": Number(
        question=(
            "Beside a saddle with curvature −4 along x, each step multiplies x by 1 + 4η. A walk "
            "starts at x = 0.001, with η = 0.1. At which step is x first larger than 0.5?"
        ),
        right=math.ceil(steps),
        why=(
            "0.001·1.4ᵏ > 0.5 from k = ln 500/ln 1.4 on. The wait grows only with the logarithm "
            "of the distance: a hundredth of the push costs fourteen steps more. That is why a "
            "little noise is enough."
        ),
        mistakes=(
            (steps, "Steps come whole."),
            (math.floor(steps), "At this step it is almost there."),
            (math.ceil(math.log(500) / math.log(1.1)), "The factor of a step is 1 + 4η."),
            (math.ceil(math.log(500) / 0.4), "This grows without steps, like an exponential."),
            (math.ceil(500 / 1.4), "It multiplies at every step: it does not add."),
        ),
        hints=(
            "Which power of the factor turns 0.001 into 0.5?",
            "Solve 0.001·1.4ᵏ = 0.5 by logarithms, and go on to the next whole step.",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "In the deeper valley, still jumping.",
        (
            "Its floor is too sharply curved for steps of this size: every step overshoots "
            "farther, until the steeper walls throw the ball back. The flatter, higher valley"
            " would hold it."
        ),
    ),
)
