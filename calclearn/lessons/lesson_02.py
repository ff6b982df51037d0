"""Lesson 02, how small h should be: a forward difference errs by h·|f''|/2 + ε·|f|/h, a sum of
truncation, which falls with h, and round-off, which rises.
"""

from functools import cache

import numpy as np

from calclearn import central_difference, complex_step, derivative, forward_difference, grad, parse
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers import Explorer, controls, explore, log_slider
from calclearn.figures import style
from calclearn.figures.marks import Dots, Lines, Rule, Text
from calclearn.figures.slopes import FIELD, Graph

STUDIED = ["exp(x)", "sin(x)", "cos(50*x)", "sin(x) + 1000"]
RULES = (forward_difference, central_difference, complex_step)  # in the order of DIFFERENCES
BRANCHES = {
    f"{rule}, {part}": {"marker": marker, "color": color}
    for rule, marker in style.DIFFERENCES.items()
    for part, color in style.PARTS.items()
}
EPS = np.finfo(float).eps
X, H = 1.0, np.logspace(-18, 0, 181)
T = np.linspace(-2, 2, 801)  # places in the microscope, counted in h
ENDS = T[[0, -1]]


def how_small_is_small() -> Explorer:
    """How small should h be? The error of three rules against h, and the curve at the scale of h.

    Truncation shrinks with h, round-off grows. The curves are measured at x = 1; which part is the
    larger one and which h is best are predicted, from f and its derivatives.

    >>> forward, central = how_small_is_small().state["best"][0]
    >>> print(f"{forward:.0e}, {central:.0e}")
    3e-08, 8e-06
    """

    def measure(function, h):
        f, slope, study = _study(function)
        left, right = ((f(X + sign * h) - f(X)) / (h * slope) for sign in (-1, 1))
        return study | {
            "magnified": (T, (f(X + h * T) - f(X)) / (h * slope)),
            "field": (-3, 3),
            "tangent": (ENDS, ENDS),
            "forward secant": (ENDS, right * ENDS),
            "central secant": (ENDS, left + (right - left) / 2 * (ENDS + 1)),
            "neighbours": ([-1, 1], [left, right]),
            "point": (0, 0),
            "errors": (np.full(len(RULES), h), _errors(f, h)),
        }

    def caption(function, h, errors, truncated, best) -> str:
        larger = truncated[:, np.argmin(abs(np.log(H / h)))]
        parts = ", ".join(
            f"{rule} {error:.1g} ({'truncation' if bends else 'round-off'})"
            for rule, error, bends in zip(style.DIFFERENCES, errors[1], larger, strict=True)
        )
        forward, central = best[0]
        return (
            f"The derivative of `{function}` at 1 with h = {h:.2g}, relative errors: {parts}. "
            f"Best h: forward {forward:.1g}, central {central:.1g}, complex step any small one."
        )

    left, right = style.panels("flat", "flat", ratios=(1, 1.35), height=4.0)
    words = {"xlabel": "", "ylabel": "height above the point, in $h \\cdot f'(x)$"}
    zoom = Graph(left, title="the curve at the scale of $h$", **words)
    left.set(**FIELD)
    right.set(xscale="log", yscale="log", xlim=(4e-19, 2.5), ylim=(1e-17, 30))
    right.set(xlabel="$h$", title="relative error of the slope")
    right.set(xticks=10.0 ** np.arange(-18, 1, 3), yticks=10.0 ** np.arange(-15, 1, 3))
    right.grid(True, lw=0.6)
    right.minorticks_off()
    with style.style():  # lines that nothing moves, for the legend
        for rule, marker in style.DIFFERENCES.items():
            right.plot([], [], marker=marker, color=style.GREY, label=rule)
        for part, color in style.PARTS.items():
            right.plot([], [], color=color, lw=4, label=part)
    blue, red, dashed = {"color": style.MODEL, "lw": 1.8}, {"color": style.STEP}, (0, (4, 2))
    secants = {
        "forward secant": {"label": "forward"} | blue,
        "central secant": {"label": "central", "ls": dashed} | blue,
        "tangent": {"label": "tangent", "lw": 6, "alpha": 0.45} | red,
    }
    star = {"marker": "*", "ms": 14, "color": style.BEST, "mec": style.BLACK, "zorder": 6}
    drawings = [
        zoom.on(curve="magnified", limits="field"),
        Lines(left, secants),
        Dots(left, "neighbours", "point", color=[style.MODEL, style.STEP], ms=[7, 10], zorder=7),
        Text(left, text="$h$ = {h:.2g}", **style.NOTE),
        Lines(right, BRANCHES, lw=1.2, ms=5, markevery=8),
        Dots(right, "best", label="best $h$", **star),
        Rule(right, y="admitted", label="derivative", ls=dashed),
        Rule(right, x="h", **red),
        Dots(right, "errors", zorder=7, **red),
    ]
    left.legend(loc="lower right", handlelength=3)
    style.legend_below(right, columnspacing=1)
    function, h = controls.choice(STUDIED), log_slider(1e-2, 1e-18, 1.0, steps=180)
    return explore(measure, drawings, caption, function=function, h=h)


@cache
def _study(text: str):
    """Return f, f'(x), and over all h: each rule's errors, their larger part, the best."""
    f = parse(text)
    slope, bend, twist = (abs(d(X)) for d in (grad(f), grad(grad(f)), grad(grad(grad(f)))))
    noise = EPS * (abs(f(X)) + X * slope)  # of f's value, and of x + h
    truncation = np.stack([bend / 2 * H, twist / 6 * H**2, twist / 6 * H**2])
    roundoff = np.stack([noise / H, noise / (2 * H), EPS * slope + 0 * H])
    errors, truncated = _errors(f, H), truncation > roundoff
    least = np.argmin(truncation + roundoff, axis=1)[:2]
    branches = [
        (H[part], error[part])
        for error, bends in zip(errors, truncated, strict=True)
        for part in (bends, ~bends)
    ]
    return f, grad(f)(X), dict(zip(BRANCHES, branches, strict=True)) | {
        "truncated": truncated,
        "best": (H[least], errors[[0, 1], least]),
        "admitted": derivative(f, X).error / slope,
    }  # fmt: skip


def _errors(f, h: float | np.ndarray) -> np.ndarray:
    """Return the relative errors of the three rules, (3, ...); no float is nearer than ε/2."""
    return np.maximum([abs(rule(f, X, h) / grad(f)(X) - 1) for rule in RULES], EPS / 2)


# Exercises; the questions stand in the notebook.
# fmt: off


def complex_slope(f, x):
    return np.imag(f(x + 1e-20j)) / 1e-20


outcome("02", 2, """
    Larger, and the curve bends away; smaller, and the last digit decides. The best is in between,
    and even there half of the digits are lost.""")

exercise("02.1", np.sqrt(2 * EPS), """
    The sum is least where its slope is 0: 1/2 − ε/h² = 0, so h = √(2ε). There both parts are equal,
    and half of a float's digits are lost.
    > One part grows with h, the other falls. At the least sum they are of equal size.
    > Solve h/2 = ε/h for h, or set the slope of h/2 + ε/h to 0.""", [
    (np.sqrt(EPS),                   "This is where h = ε/h: with which factor does h stand in the sum?"),
    (np.sqrt(EPS / 2),               "The 2 is on the wrong side."),
    (EPS,                            "With this h round-off alone is as large as the slope itself."),
    (2 * EPS,                        "With this h round-off alone is half as large as the slope; a root is lost."),
    (np.cbrt(EPS),                   "The cube root belongs to the central difference."),
    (2 * np.sqrt(EPS),               "The root reaches over the 2 as well."),
])

exercise("02.2", 100.0, """
    Its error is h² · f‴/6, and (h/10)² = h²/100: each digit of h wins two digits.
    > In the figure, follow the branch of the squares over three decades of h.
    > The error is proportional to a power of h. Which one?""", [
    (10.0,                           "That is so for a forward difference; what cancels in a central one?"),
    (1000.0,                         "An error of h³ would do that. Which is the first term that is left?"),
    (20.0,                           "The power of h counts, not a multiple of it."),
    (0.01,                           "This is the new error as a share of the old one; how many times smaller?"),
    (1.0,                            "It does shrink: look at the squares on the right-hand branch."),
])

exercise("02.3", complex_slope, """
    f(x + ih) = f(x) + ih·f'(x) − …, so the imaginary part is h·f'(x). Nothing is subtracted,
    nothing is rounded away, and h may be 1e-20.
    > Differences lose digits when they subtract. Which rule in the figure does not?
    > Call f at x + 1j * h with a tiny h, and look at the imaginary part.""", [
    (lambda f, x: np.imag(f(x + 1e-20j)),              "The imaginary part has still to be divided."),
    (lambda f, x: np.real(f(x + 1e-20j)),              "The real part is f(x); the slope is elsewhere."),
    (lambda f, x: 0 * x,                               "With so small a step along the real line, f does not change."),
], tolerance=1e-13, negligible=0.0, points=(
    (np.exp, -1.0),
    (np.cos, 0.3),
    (lambda z: z**5 - 2 * z, 1.7),
    (lambda z: np.sin(z) + 1000, 1.0),
    (lambda z: 1 / (1 + np.exp(-z)), -2.0),
))

choice("02.4", "b", """
    A larger value has a coarser last digit, and the best h, √(2 · round-off / bend), grows with its
    root. Subtract what is large and constant before you differentiate.
    > Choose `sin(x) + 1000` in the figure and compare its stars with those of `sin(x)`.
    > Where do h·a and b/h meet, and how does that place move when b grows?""",
    a="The slope is, but the values are rounded in their last digit, and that grew.",
    c="Truncation grows with h as well, and stops it earlier than that.",
    d="A smaller h makes round-off larger: it divides by h.")
