"""Exercises of lesson 03: sums of rectangles, the slope of an area, the area of loss × density.

d/dx ∫ₐˣ f(t) dt = f(x), and an expected loss is ∫ loss(x) p(x) dx; a mean over n test points
misses it by about σ/√n.
"""

import numpy as np

from calclearn.calculus.integrals import accumulate
from calclearn.exercises.kinds import Function, Number


def sum_of_heights(f, a, b, n, start=0.0, pieces=None):
    """The heights at n points, the first of them `start` pieces after a."""
    return sum(f(a + (b - a) * (k + start) / (pieces or n)) for k in range(n))


def right_sum(f, a, b, n):
    return (b - a) / n * sum_of_heights(f, a, b, n, start=1)


def of_left_edges(f, a, b, n):
    return (b - a) / n * sum_of_heights(f, a, b, n)


def of_middles(f, a, b, n):
    return (b - a) / n * sum_of_heights(f, a, b, n, start=0.5)


def of_all_edges(f, a, b, n):
    return (b - a) / n * sum_of_heights(f, a, b, n + 1, pieces=n)


def of_both_edges(f, a, b, n):
    return (of_left_edges(f, a, b, n) + right_sum(f, a, b, n)) / 2


def without_width(f, a, b, n):
    return sum_of_heights(f, a, b, n, start=1)


def mean_height(f, a, b, n):
    return right_sum(f, a, b, n) / (b - a)


def whole_width(f, a, b, n):
    return n * right_sum(f, a, b, n)


# 03.3: flippers x evenly spread over 190 ± 10 mm, and a line that misses by 0.06 (x - 190) kg.
reach, largest_miss = 10.0, 0.6
area_of_loss = 2 * reach * largest_miss**2 / 3

exercises = {
    "03.1": Function(
        question=(
            "Write `right_sum(f, a, b, n)`: the area under f from a to b as n rectangles of equal "
            "width, each as high as f at its right edge."
        ),
        right=right_sum,
        points=((np.exp, 0.0, 1.0, 4), (np.square, -1.0, 2.0, 5), (np.cos, 0.5, 4.0, 3)),
        why="The width (b − a)/n times the sum of f at a + h, a + 2h, ..., b.",
        mistakes=(
            (of_left_edges, "These are the left edges: the first right edge is one width after a."),
            (of_middles, "These are the heights in the middles."),
            (of_all_edges, "This adds up one rectangle too many: there are n, not n + 1."),
            (of_both_edges, "This is the mean of both edges, which is the trapezoid rule."),
            (without_width, "This is the sum of the heights: each must be multiplied by a width."),
            (mean_height, "This is right only where b − a is one: how wide is a rectangle?"),
            (whole_width, "Each rectangle is only a part of the whole width."),
        ),
        hints=(
            "Where are the right edges? The first is not at a, the last is at b.",
            "A rectangle is (b − a)/n wide; its height is f at the edge; add up n of them.",
        ),
    ),
    "03.2": Number(
        question=(
            "G(x) is the area under exp(−t²) from t = x to t = 2: here the lower limit moves. "
            "What is the slope of G at x = 1?"
        ),
        right=-np.exp(-1.0),
        why=(
            "Moving the left end to the right by h takes a strip of h·f(x) away. So the slope is "
            "−f(x), and no formula for the area itself was needed. There is none."
        ),
        mistakes=(
            (np.exp(-1.0), "This would be right if the upper limit moved. Does the area grow?"),
            (-2 * np.exp(-1.0), "This is the slope of exp(−t²), not that of its area."),
            (2 * np.exp(-1.0), "This comes from the slope of exp(−t²), not from its area."),
            (np.exp(-4.0) - np.exp(-1.0), "The upper limit stays, so it has no part in the slope."),
            (np.exp(-1.0) - np.exp(-4.0), "The upper limit stays, so it has no part in the slope."),
            (
                accumulate(lambda t: np.exp(-(t**2)), 1.0, 2.0),
                "This is the area G(1); its slope is asked for.",
            ),
            (-np.exp(-4.0), "This looks at the other end, which stays."),
            (np.exp(-4.0), "This looks at the other end, which stays."),
        ),
        hints=(
            "Move x a little to the right. Which strip is added to the area, or taken from it?",
            "The strip is as wide as the move and as high as the curve at x = 1.",
        ),
    ),
    "03.3": Number(
        question=(
            "All flipper lengths x between 180 and 200 mm are equally likely, others do not occur. "
            "A line misses the mass by 0.06·(x − 190) kg. What is its expected squared error, in "
            "kg²?"
        ),
        right=area_of_loss / (2 * reach),
        why=(
            "The density is 1/20 per mm, so it is the area of the squared error divided by 20 mm: "
            "an expected loss is a mean, with as many numbers in it as a line has points."
        ),
        mistakes=(
            (area_of_loss, "This is the area of the loss alone: the density is missing."),
            (0.0, "Misses of both signs cancel; their squares do not."),
            (largest_miss**2, "This is the loss at the ends, where it is largest."),
            (largest_miss**2 / 2, "This is the mean of the smallest and the largest loss."),
            ((largest_miss / 2) ** 2, "This squares the mean miss; the mean of squares is larger."),
            (largest_miss / 2, "This is the mean miss without its sign; it should be squared."),
            (area_of_loss / reach, "The density is one divided by the whole width, 200 − 180."),
        ),
        hints=(
            "How high is a density that is level over 20 mm, so that its area is one?",
            "Integrate 0.0036·(x − 190)² from 180 to 200, times the height of that density.",
        ),
    ),
    "03.4": Number(
        question=(
            "A test on 400 penguins gives a loss with a standard error of 0.02 kg². On how many "
            "penguins must one test for a standard error of 0.005 kg²?"
        ),
        right=400 * (0.02 / 0.005) ** 2,
        why=(
            "The error shrinks like 1/√n. A quarter of the error costs sixteen times the data, and "
            "one more correct digit a hundred times."
        ),
        mistakes=(
            (1600, "Four times the data only halve the error: it goes like 1/√n."),
            (800, "Twice the data make the error smaller by √2 only."),
            (400 * (0.02 / 0.005) ** 2 - 400, "These are the penguins to add; how many in all?"),
            (25, "A smaller error needs more data, not fewer."),
            (100, "A smaller error needs more data, not fewer."),
            (400 * 4**4, "The factor is squared once, not twice."),
            (16, "This is the factor by which the test grows."),
        ),
        hints=(
            "The standard error is σ/√n, and σ stays. What must happen to √n?",
            "√n has to grow by 0.02/0.005. And n itself?",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "Where f is highest.",
        (
            "Move the upper limit by a little and the area grows by a strip that is as high "
            "as f. So the slope of the area is the height of f: the sentence under the figure"
            " gives both numbers."
        ),
    ),
    (
        "A hundred times as many.",
        (
            "The tests scatter around and below the dashed line, and it falls by one power of"
            " ten while n grows by two: the typical miss is proportional to 1/√n."
        ),
    ),
)
