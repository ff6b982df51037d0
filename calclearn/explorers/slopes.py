"""Explorers of the slope at a point: secants that become a tangent, and how far h may shrink."""

from functools import cache

import ipywidgets as widgets
import numpy as np

from calclearn.calculus import numerical
from calclearn.calculus.autodiff import grad
from calclearn.calculus.numerical import EPS
from calclearn.explorers.controls import choice, log_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.formula import parse
from calclearn.explorers.wording import typeset
from calclearn.figures.curves import Curve, Note
from calclearn.figures.slopes import ErrorCurves, Graph, Microscope, Secants
from calclearn.figures.style import DIFFERENCES, GREY, legend_below, panels

FORMULAS = {
    "sine": "sin(x)", "sigmoid": "1/(1 + exp(-x))", "absolute value": "abs(x)",
    "ReLU": "max(x, 0)",
}  # fmt: skip
STUDIED = ["exp(x)", "sin(x)", "cos(50*x)", "sin(x) + 1000"]
SIDES = numerical.backward_difference, numerical.forward_difference
T = np.linspace(-2, 2, 801)  # places in the microscope, in units of h
BOX = np.array([[-1, 1, 1, -1, -1], [-1, -1, 1, 1, -1]])


def slope_at_a_point(formula: str = "x**2") -> Explorer:
    """What is a slope at a single point? Two secants, the tangent, and a microscope on the point.

    The microscope's field is as wide as 4h. The point can be dragged along the curve, and the
    formula is the learner's own; it is read by `parse`.

    >>> explorer = slope_at_a_point().set(x=1.5, h=0.1)
    >>> [round(float(slope), 6) for slope in explorer.state["touch"][3:]]
    [2.9, 3.1, 3.0]
    >>> explorer.set(formula="2x").caption.partition(":")[0]
    'formula goes wrong at character 2, 2▸x'
    """
    places = np.linspace(-3, 3, 601)
    left, right = panels("flat", "flat", height=4.0)

    @cache
    def graph(text: str):
        f = parse(text)
        heights = f(places)
        seen = heights[abs(heights) < 1e9]
        if seen.size < 2:
            raise ValueError(f"{text} has no values between {places[0]:g} and {places[-1]:g}")
        low, high = np.quantile(seen, [0.02, 0.98])  # without the peaks of a pole
        room = 0.25 * (high - low) if high - low > 1e-6 else 1.0
        return f, heights, (low - room, high + room)

    def compute(function: str, formula: str, x: float, h: float) -> dict:
        text, x = FORMULAS.get(function, formula).strip(), round(x, 9)
        with np.errstate(all="ignore"):  # outside of its domain f is NaN, and drawn as a gap
            f, heights, limits = graph(text)
            y, rise = float(f(x)), (f(x + h * T) - f(x)) / h
            if not np.isfinite(y):
                raise ValueError(f"{text} has no value at x = {x:g}")
            exact = numerical.derivative(f, x)
            slopes = [float(rule(f, x, h)) for rule in SIDES]
            slopes.append(exact.value if exact.reliable else np.nan)
        reach = 2 * np.ptp(limits) / np.ptp(places)
        return {
            "text": text, "graph": (places, heights, limits), "touch": (x, y, h, *slopes),
            "field": (x + 2 * h * BOX[0], y + reach * h * BOX[1]),
            "view": (T, rise, (-reach, reach)), "near": (0, 0, 1, *slopes),
            "scale": typeset(f"$h$ = {h:.2g}"),
        }  # fmt: skip

    def caption(state: dict) -> str:
        x, _, h, left, right, slope = state["touch"]
        secants = (
            f"f(x) = `{state['text']}` at x = {x:g}: with h = {h:.2g} the secant to x + h has "
            f"slope {_number(right)}, the one to x − h has slope {_number(left)}."
        )
        if np.isfinite(slope):
            return f"{secants} The tangent's slope, the derivative, is {_number(slope)}."
        return f"{secants} As h shrinks they agree on no number: f has no derivative here."

    drawings = {
        "graph": Graph(left, title="the curve, two secants, the tangent"),
        "touch": Secants(left, drags=("x",)),
        "field": Curve(left, color=GREY, lw=1.2),
        "view": Microscope(right, title="what is in the box, magnified"),
        "near": Secants(right),
        "scale": Note(right),
    }
    legend_below(left)
    return explore(
        compute,
        drawings,
        caption,
        function=choice(["the typed one", *FORMULAS]),
        formula=widgets.Text(formula, continuous_update=False, description="typed f(x) ="),
        x=slider(1.0, -2.5, 2.5, 0.05),
        h=log_slider(0.5, 5e-5, 1.0),
    )


def how_small_is_small() -> Explorer:
    """How small should h be? The error of three rules against h, and the curve at the scale of h.

    Truncation shrinks with h, round-off grows. The curves are measured at x = 1; which part is the
    larger one and which h is best are predicted, from f and its derivatives. Round-off is that of
    f's value and of x + h: ε (|f(x)| + |x f'(x)|) / h.

    >>> forward, central = how_small_is_small().state["curves"][3]
    >>> print(f"{forward[0]:.0e}, {central[0]:.0e}")
    3e-08, 8e-06
    """
    left, right = panels("flat", "flat", ratios=(1, 1.35), height=4.0)
    x, sweep = 1.0, np.logspace(-18, 0, 181)

    @cache
    def study(text: str):
        f = parse(text)
        slope, bend, twist = (abs(d(x)) for d in (grad(f), grad(grad(f)), grad(grad(grad(f)))))
        noise = EPS * (abs(f(x)) + x * slope)
        truncation = np.stack([bend / 2 * sweep, twist / 6 * sweep**2, twist / 6 * sweep**2])
        roundoff = np.stack([noise / sweep, noise / (2 * sweep), EPS * slope + 0 * sweep])
        errors = _errors(f, x, sweep)
        least = np.argmin(truncation + roundoff, axis=1)
        best = [(sweep[least[rule]], errors[rule, least[rule]]) for rule in (0, 1)]
        admitted = numerical.derivative(f, x).error / slope
        return f, grad(f)(x), (sweep, errors, truncation > roundoff, best, admitted)

    def compute(function: str, h: float) -> dict:
        f, slope, curves = study(function)
        rise = (f(x + h * T) - f(x)) / (h * slope)
        secants = (rule(f, x, h) / slope for rule in SIDES)
        return {
            "function": function, "view": (T, rise, (-3, 3)), "near": (0, 0, 1, *secants, 1),
            "scale": typeset(f"$h$ = {h:.2g}"), "curves": (*curves, (h, _errors(f, x, h))),
        }  # fmt: skip

    def caption(state: dict) -> str:
        _, _, truncated, ((forward, _), (central, _)), _, (h, errors) = state["curves"]
        at = np.argmin(abs(np.log(sweep / h)))
        told = ", ".join(
            f"{rule} {error:.1g} ({'truncation' if larger else 'round-off'})"
            for rule, error, larger in zip(DIFFERENCES, errors, truncated[:, at], strict=True)
        )
        return (
            f"The derivative of {state['function']} at 1 with h = {h:.2g}, relative errors: {told}."
            f" Best h: forward {forward:.1g}, central {central:.1g}, complex step any small one."
        )

    drawings = {
        "view": Microscope(left, title="the curve at the scale of $h$", unit="$h \\cdot f'(x)$"),
        "near": Secants(left),
        "scale": Note(left),
        "curves": ErrorCurves(right, (4e-19, 2.5)),
    }
    step = log_slider(1e-2, 1e-18, 1.0, steps=180)
    return explore(compute, drawings, caption, function=choice(STUDIED), h=step)


def _errors(f, x: float, h: float | np.ndarray) -> np.ndarray:
    """Return the relative errors of the three rules, (3, ...); no float is nearer than ε/2."""
    rules = numerical.forward_difference, numerical.central_difference, numerical.complex_step
    return np.maximum([abs(rule(f, x, h) / grad(f)(x) - 1) for rule in rules], EPS / 2)


def _number(slope: float) -> str:
    """Say a slope with five digits, and what is smaller than rounding as 0."""
    return f"{0.0 if abs(slope) < 1e-9 else slope:.5g}" if np.isfinite(slope) else "none"
