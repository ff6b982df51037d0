"""Exercises of lesson 02: truncation against round-off, and a difference that subtracts nothing."""

import numpy as np

from calclearn.exercises.kinds import Choice, Function, Number

eps = np.finfo(float).eps
best = np.sqrt(2 * eps)


def complex_slope(f, x):
    return np.imag(f(x + 1e-20j)) / 1e-20


exercises = {
    "02.1": Number(
        question=(
            "A forward difference of $e^x$ at 0 errs by about h/2 (truncation) plus ε/h "
            "(round-off), with ε = `np.finfo(float).eps`. Which h makes the sum of the two as "
            "small as possible?"
        ),
        right=best,
        why=(
            "The sum is least where its slope is 0: 1/2 − ε/h² = 0, so h = √(2ε). There both parts "
            "are equal, and half of a float's digits are lost."
        ),
        mistakes=(
            (np.sqrt(eps), "Nearly: the parts balance where h/2 = ε/h, not where h = ε/h."),
            (np.sqrt(eps / 2), "The 2 is on the wrong side."),
            (eps, "With this h round-off alone is as large as the slope itself."),
            (2 * eps, "With this h round-off alone is half as large as the slope; a root is lost."),
            (np.cbrt(eps), "The cube root belongs to the central difference."),
            (2 * np.sqrt(eps), "The root reaches over the 2 as well."),
        ),
        hints=(
            "One part grows with h, the other falls. At the least sum they are of equal size.",
            "Solve h/2 = ε/h for h, or set the slope of h/2 + ε/h to 0.",
        ),
    ),
    "02.2": Number(
        question=(
            "Truncation is all that matters, and h is made ten times smaller. How many times "
            "smaller does the error of a central difference become?"
        ),
        right=100.0,
        why="Its error is h² · f‴/6, and (h/10)² = h²/100: each digit of h wins two digits.",
        mistakes=(
            (10.0, "That is so for a forward difference; what cancels in a central one?"),
            (1000.0, "An error of h³ would do that. Which is the first term that is left?"),
            (20.0, "The power of h counts, not a multiple of it."),
            (0.01, "This is the new error as a share of the old one; how many times smaller?"),
            (1.0, "It does shrink: look at the squares on the right-hand branch."),
        ),
        hints=(
            "In the figure, follow the branch of the squares over three decades of h.",
            "The error is proportional to a power of h. Which one?",
        ),
    ),
    "02.3": Function(
        question=(
            "Write a function `slope(f, x)` that returns f'(x) right to 13 digits, for any f that "
            "takes complex numbers. It needs one line."
        ),
        right=complex_slope,
        points=(
            (np.exp, 1.0),
            (np.sin, 0.3),
            (lambda z: z**5 - 2 * z, 1.7),
            (lambda z: np.sin(z) + 1000, 1.0),
            (lambda z: 1 / (1 + np.exp(-z)), -2.0),
        ),
        tolerance=1e-13,
        negligible=0.0,
        why=(
            "f(x + ih) = f(x) + ih·f'(x) − …, so the imaginary part is h·f'(x). Nothing is "
            "subtracted, nothing is rounded away, and h may be 1e-20."
        ),
        mistakes=(
            (lambda f, x: np.imag(f(x + 1e-20j)), "The imaginary part has still to be divided."),
            (lambda f, x: np.real(f(x + 1e-20j)), "The real part is f(x); the slope is elsewhere."),
            (lambda f, x: 0 * x, "With so small a step along the real line, f does not change."),
            (lambda f, x: -complex_slope(f, x), "The sign is wrong."),
            (lambda f, x: (f(x + 1e-8) - f(x)) / 1e-8, "Half the digits: this one subtracts."),
            (lambda f, x: (f(x + 1e-5) - f(x - 1e-5)) / 2e-5, "Ten digits: this one subtracts."),
        ),
        hints=(
            "Differences lose digits when they subtract. Which rule in the figure does not?",
            "Call f at x + 1j * h with a tiny h, and look at the imaginary part.",
        ),
    ),
    "02.4": Choice(
        question=(
            "1000 is added to a function, which changes no slope. What happens to the best h of "
            "its forward difference?"
        ),
        options={
            "a": "Nothing: the slope is the same.",
            "b": "It becomes larger, about as the square root of the round-off does.",
            "c": "It becomes larger, as many times as the round-off does.",
            "d": "It becomes smaller, to make up for the round-off.",
        },
        right="b",
        why=(
            "A larger value has a coarser last digit, and the best h, √(2 · round-off / bend), "
            "grows with its root. Subtract what is large and constant before you differentiate."
        ),
        mistakes=(
            ("a", "The slope is, but the values are rounded in their last digit, and that grew."),
            ("c", "Truncation grows with h as well, and stops it earlier than that."),
            ("d", "A smaller h makes round-off larger: it divides by h."),
        ),
        hints=(
            "Choose `sin(x) + 1000` in the figure and compare its stars with those of `sin(x)`.",
            "Where do h·a and b/h meet, and how does that place move when b grows?",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "0.000 000 01",
        (
            "Larger, and the curve bends away; smaller, and the last digit decides. The best "
            "is in between, and even there half of the digits are lost."
        ),
    ),
)
