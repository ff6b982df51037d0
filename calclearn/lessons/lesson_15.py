"""Lesson 15, how error travels through time: back through each step of a recurrent network it is
multiplied by W_hh and by the slope of the activation,

    ∂L_t/∂h_s = ∂L_t/∂h_t · ∂h_t/∂h_{t-1} ⋯ ∂h_{s+1}/∂h_s,

so it vanishes or explodes; truncation cuts the way back, clipping shortens the step. The series is
that of the monthly rises of carbon dioxide over Mauna Loa.
"""

import math
from dataclasses import replace
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from calclearn.data.co2 import rises
from calclearn.descent.descend import descend
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.schedules import clipped
from calclearn.descent.surfaces import Surface
from calclearn.exercises import exercise, outcome
from calclearn.explorers import Explorer, choice, explore, log_slider, slider
from calclearn.explorers.controls import turning
from calclearn.explorers.wording import counted
from calclearn.figures.descents import Path
from calclearn.figures.marks import Curves, Lines, Raster, Rule
from calclearn.figures.sequences import DECADES, LONGEST, SIZES, TimeMap, Unrolled
from calclearn.figures.style import BLACK, BLAME, MODEL, PURPLE, legend_below, panels
from calclearn.figures.surfaces import Bowl, Point, grid, levels
from calclearn.networks.initial import orthogonal
from calclearn.networks.recurrent import RNN, adjoints_through_time, one_unit

UNITS = 16
ACTIVATIONS = {"tanh": "tanh", "ReLU": "relu"}


@lru_cache(maxsize=64)
def sequence(radius: float, activation: str, months: int) -> SimpleNamespace:
    """A layer with W_hh = radius · rotation on the first months of the series, not trained.

    Its states `h` (T, H); the `readout` v (H,), of which come the losses L_t = ½ (v·h_t - z_{t+1})²;
    `adjoints`, ∂L_t/∂h_s in [t, s], (T, T, H); `sums`, the same for ∂L_t/∂a_s, where a_s goes into
    φ at step s. All singular values of W_hh, and the sizes of all its eigenvalues, are the radius.

    >>> layer = sequence(0.5, "tanh", 12)
    >>> W_hh = layer.parameters[1]
    >>> bool(np.allclose(W_hh @ W_hh.T, 0.25 * np.eye(16))), layer.h.shape
    (True, (12, 16))
    """
    rng, z = np.random.default_rng(0), rises().z
    rotation, W_ih = orthogonal(rng, (UNITS, UNITS)), 0.1 * rng.normal(size=(UNITS, 1))
    readout, zeros = rng.normal(size=UNITS) / np.sqrt(UNITS), np.zeros(UNITS)
    layer = RNN(UNITS, nonlinearity=ACTIVATIONS[activation])
    parameters, x = (W_ih, radius * rotation, zeros, zeros), z[None, :months, None]
    h = layer(parameters, x)[0]
    errors = np.outer(h @ readout - z[1 : months + 1], readout)
    G = np.eye(months)[:, :, None] * errors  # one example for each loss, with the same inputs
    same = np.broadcast_to(x, (months, months, 1))
    adjoints = adjoints_through_time(layer, parameters, same, G)
    sums = adjoints * (1 - h**2 if activation == "tanh" else h > 0)
    return SimpleNamespace(
        layer=layer, parameters=parameters, x=x, h=h, readout=readout, adjoints=adjoints, sums=sums
    )


ARRIVING = {  # at step s, of the gradient of the last loss at the last step
    "guide": {"color": BLACK, "ls": "--", "lw": 1.2, "label": "radius per step"},
    "arriving": {"color": BLAME, "marker": "o", "ms": 3.5, "lw": 1, "label": "what arrives"},
}
CLIPPING = {  # the gradient of W_hh, for the loss at step t
    "whole": {"color": MODEL, "marker": "s", "ms": 3.5, "lw": 1, "label": "as it is"},
    "clipped": {"color": PURPLE, "marker": ".", "ms": 4, "lw": 2.2, "label": "clipped"},
}


def error_through_time() -> Explorer:
    """How does error travel through time? The gradient of every loss, at every step before it.

    Clipping bounds the gradient of W_hh, here for one loss at a time.

    >>> star = error_through_time()
    >>> weak, strong = (star.set(radius=r).state["factor"] for r in (0.5, 2.5))
    >>> bool(weak < 0.5 and strong > 1)
    True
    """

    def back(length, radius, activation, threshold) -> dict:
        months, s = sequence(radius, activation, length), np.arange(1, length + 1)
        sums = months.sums[:, 1:].swapaxes(1, 2)
        by_weights = np.linalg.norm(sums @ months.h[:-1], axis=(1, 2))
        sizes = np.linalg.norm(months.adjoints, axis=2)
        start, *_, end = last = sizes[-1]
        return {
            "sizes": sizes, "last": last, "end": end, "start": start, "share": start / end,
            "factor": (start / end) ** (1 / (length - 1)),
            "arriving": (s, last / end), "guide": (s, radius ** (length - 1.0 * s)),
            "whole": (s[1:], by_weights[1:]),  # h_0 = 0, so the first loss has none
            "clipped": (s[1:], np.minimum(by_weights, threshold)[1:]),
            "longest": by_weights.max(), "shortened": np.sum(by_weights > threshold),
        }  # fmt: skip

    left, middle, right, strip = panels(
        "flat", "ruled", "ruled", "strip", ratios=(1.25, 1, 1), height=4.5
    )
    middle.set(title="last loss: relative gradient", xlabel="earlier step $s$")
    middle.set(ylim=(1e-9, 1e9), yscale="log", yticks=10.0 ** np.arange(-9, 10, 3))
    right.set(title="gradient of $W_{hh}$", xlabel="loss at step $t$")
    right.set(ylim=SIZES, yscale="log", yticks=DECADES)
    for ax in (middle, right):
        ax.set(xlim=(0, LONGEST + 1))
        ax.minorticks_off()
    drawings = [
        TimeMap(left, title="loss at $t$, gradient at $s$"),
        Lines(middle, ARRIVING, edge=True),
        Rule(right, y="threshold", ls=":", label="threshold"),
        Lines(right, CLIPPING, edge=True),
        Unrolled(strip).on(sizes="last"),
    ]
    legend_below(middle, right, handlelength=1.6)
    return explore(
        back, drawings,
        "{length} steps of {activation}, radius {radius:.2f}: the gradient of the last loss is "
        "{end:.2g} at the last step and {start:.2g} at the first, {share:.2g} times as large. Each "
        "step back multiplies it by {factor:.2f}. The longest gradient of W_hh has length {longest:.3g}; clipping at "
        "{threshold:.4g} shortens {shortened} of {length}.",
        length=slider(30, 2, LONGEST, 1, label="sequence length"),
        radius=slider(0.8, 0.2, 2.5, 0.05), activation=choice([*ACTIVATIONS]),
        threshold=log_slider(1.0, 1e-3, 1e3, 60, label="clip at"),
    )  # fmt: skip


@lru_cache(maxsize=64)
def truncated_gradients(radius: float, activation: str) -> np.ndarray:
    """Return the gradient of the mean loss for pieces of 1 to 40 steps, (40, d), the true one last.

        ∂L/∂(W_ih, W_hh, b_ih, b_hh) = 1/T Σ_t Σ_s ∂L_t/∂a_s (x_s, h_{s-1}, 1, 1)ᵀ

    where s runs over the steps that no cut parts from t.
    """
    months, one, t = sequence(radius, activation, LONGEST), np.ones(LONGEST), np.arange(LONGEST)
    before = np.vstack([np.zeros(UNITS), months.h[:-1]])
    enters = np.column_stack([months.x[0], before, one, one])  # (T, 1 + H + 2)
    pieces = t // (t[:, None] + 1)  # [k, t]: the piece of k + 1 steps that step t belongs to
    together = pieces[:, :, None] == pieces[:, None, :]  # [k, t, s]
    arriving = np.einsum("kts,tsh->ksh", together, months.sums)
    return (arriving.swapaxes(1, 2) @ enters).reshape(LONGEST, -1) / LONGEST


STEPS, TARGET = 40, 0.7  # of descent; and for the last state of the unit
WINDOW = ((-1.0, 3.0), (-1.5, 3.0))
RUNS = {  # of gradient descent at a cliff
    "as it is": {"color": BLAME, "marker": "o"},
    "clipped": {"color": PURPLE, "marker": "s"},
}


@lru_cache(maxsize=64)
def landscape(length: int) -> Surface:
    """The loss of one unit after so many inputs of 1; the same object for the same number."""
    return one_unit(np.ones(length), TARGET)


@lru_cache(maxsize=64)
def _map(length: int) -> np.ndarray:
    """Return the loss over the window, (100, 100), as the number of its level."""
    heights = landscape(length)(grid(WINDOW, 100))
    return np.searchsorted(levels(heights)[1:-1], heights, "right")


def clipping_at_a_cliff() -> Explorer:
    """What does clipping save one from? Two descents on the loss of one unit, from one start.

    With inputs that are all 1, a unit with w > 1 runs to one of two ends, near -1 or near +1, and
    the sign of u decides which. In between the loss is a cliff, the steeper the longer the
    sequence, and a step that lands on it is a leap.

    >>> state = clipping_at_a_cliff().state
    >>> print(f"{state['whole'].value:.2f}, {state['clipped'].value:.2f}")
    0.08, 0.00
    """

    def two_runs(length, learning_rate, threshold, w, u) -> dict:
        limits = np.array([1e300, threshold])  # the first clips nothing
        both = descend(
            landscape(length), (w, u), clipped(GradientDescent(learning_rate), limits), STEPS
        )
        whole, short = (
            replace(both, points=both.points[..., k], values=both.values[..., k]) for k in (0, 1)
        )
        norms = np.linalg.norm(both.gradients, axis=1).T
        return {
            "surface": landscape(length), "map": _map(length), "start": (w, u),
            "whole": whole, "clipped": short, "steepest": max(norms[0]),
            "norms": dict(zip(RUNS, norms, strict=True)),
        }  # fmt: skip

    def caption(length, w, u, learning_rate, threshold, step, whole, clipped, steepest) -> str:
        values = whole.values[step], clipped.values[step]
        losses = [f"{loss:.3f}" if loss >= 0.001 else "less than 0.001" for loss in values]
        return (
            f"{counted(length, 'step')} of the unit, from w = {w:.2f}, u = {u:.2f}, learning rate "
            f"{learning_rate:.2g}: the longest gradient of the run as it is has length "
            f"{steepest:.2g}. After {counted(step, 'step')} its loss is {losses[0]}; with "
            f"gradients clipped to {threshold:.4g} it is {losses[1]}."
        )

    left, middle, right = panels("flat", "solid", "ruled", ratios=(0.8, 1.7, 0.8), height=4.2)
    names = "recurrent weight $w$", "input weight $u$"
    left.set(xlabel=names[0], ylabel=names[1], title="the loss")
    right.set(xlim=(0, STEPS), xlabel="step $k$", title="length of the gradient")
    right.set(ylim=(1e-3, 1e3), yscale="log")
    paths = [
        Path(ax, ball=True, **look).on(descent=run)
        for ax in (left, middle)
        for run, look in zip(("whole", "clipped"), RUNS.values(), strict=True)
    ]
    for path in paths[:2]:
        path.start.set_visible(False)  # it is the start's own dot that can be dragged
    drawings = [
        Raster(left, "map", window=WINDOW, interpolation="bilinear"),
        Bowl(middle, window=WINDOW, names=names, title="two balls at a cliff"),
        *paths,
        Point(left, drags=("w", "u"), color=BLACK).on(weights="start"),
        Curves(right, "norms", RUNS, edge=True, step="step", ms=4, lw=1.3),
        Rule(right, y="threshold", ls=":", label="threshold"),
    ]
    legend_below(right, columns=3)
    view = turning()
    view["azimuth"].value = 30  # from the plain, with the cliff across
    return explore(
        two_runs, drawings, caption, play="step",
        length=slider(30, 2, 60, 1, label="sequence length"),
        learning_rate=log_slider(1.0, 0.01, 10, 60),
        threshold=log_slider(1.0, 0.01, 100, 40, label="clip at"),
        w=slider(1.6, -0.8, 2.8, 0.05, label="start: w"),
        u=slider(-0.3, -1.3, 2.8, 0.05, label="start: u"), **view,
    )  # fmt: skip


# Exercises; the questions stand in the notebook.
# fmt: off

LONG = (0.8, np.array([0.0, 0.4, -0.3, 0.6, 0.2]), 1.5)
SHORT = (-1.2, np.array([0.0, 0.5, 0.7]), -1.0)
LATE = (-0.5, np.array([0.3, 0.9, 0.1, -0.4]), 1.0)  # its first state is not 0
left_after = math.log(0.01) / math.log(0.9)

def backward(
    w, h, to_last, slope=lambda h, t: 1 - h[t] ** 2, late=False, factor=None, state=-1, order=-1,
):
    """Return ∂L/∂w of h_t = tanh(w·h_{t-1} + u·x_t) from h (T+1,); its keywords are the mistakes.

    `slope` of tanh, which comes too `late`, the `factor` of a step where it is not w, the `state`
    that w meets, the `order`.
    """
    to_h, by_w = to_last, 0.0
    for t in range(1, len(h))[::order]:
        to_a = to_h * slope(h, t)
        by_w += (to_h if late else to_a) * h[t + state]
        to_h = to_a * (w if factor is None else factor)
    return by_w

outcome("15", 3, """
    0.8 to the power of 29 is about 0.0015, and tanh takes a little more at each step. Thirty
    factors, each of them close to 1, leave next to nothing.""")

outcome("15", 3, """
    The truncated network has a cut between the symbol and its recall, so no error reaches the step
    at which it should be stored. In the plain one less than a thousandth of it arrives there. The
    gates of the GRU let almost all of it pass.""", prediction=2)

exercise("15.1", 5.0, """
    w is used at two steps that matter: the last use meets the state before it, and the one before
    meets an earlier state and goes through w once more. The two parts add up.
    > Write the states one after the other, each as a formula in w. Then differentiate.
    > Or go back: the last use sees the state before; the use before sees the state before that, times w.""", [
    (3.0, "This is the part of the last use alone. The state that it meets holds w, too."),
    (2.0, "This is the part of an earlier use alone. Where is that of the last one?"),
    (7.0, "An earlier use has to pass through the later step, which multiplies it."),
    (4.0, "The first input has its part. The second one is multiplied by w as well."),
    (1.0, "The second input has its part. The first one is multiplied by w twice."),
    (3.5, "This is the last state itself."),
])

exercise("15.2", math.ceil(left_after), """
    Each step multiplies by 0.9, and the logarithms of equal factors add up: log 0.01 / log 0.9,
    rounded up.
    > After n steps 0.9ⁿ of the error is left.
    > Take logarithms on both sides, and look out for the sign.""", [
    (math.floor(left_after), "After that many steps slightly more than a hundredth is left."),
    (left_after,             "The number of steps is a whole one."),
    (43.7,                   "Steps are whole. Which of the two neighbours leaves less than a hundredth?"),
    (45.0,                   "Fewer are enough."),
    (10.0,                   "So it would be if each step took away a tenth of the first error. It takes away a tenth of what is left."),
    (9.9,                    "Each step takes away a tenth of what is left, not of the first error."),
    (90.0,                   "The factor is the weight: what is 0.9 · 0.9?"),
    (22.0,                   "This is where a tenth is left."),
], tolerance=1e-4)

exercise("15.3", backward, """
    The inputs are not needed: the slope of tanh follows from its output, and w meets the state
    before.
    > Go from t = T down to 1 with two numbers: ∂L/∂h_t, and a sum that grows.
    > At each t: multiply by the slope, add a part to the sum, then multiply by w.""", [
    (lambda w, h, g: backward(w, h[-2:], g),                           "This is the part of the last step alone: w was used at all of them."),
    (lambda w, h, g: backward(w, h, g, slope=lambda h, t: 1.0),        "The error passes through tanh at each step: its slope is missing."),
    (lambda w, h, g: w * backward(w, h, g),                            "At each step the part is added before the error meets w."),
    (lambda w, h, g: backward(w, h, 1.0),                              "The error begins as `to_last`, which is missing."),
    (lambda w, h, g: backward(w, h[1:], g),                            "The part of the first step is missing: there w meets h[0]."),
    (lambda w, h, g: backward(w, h, g, factor=1.0),                    "From one step to the one before the error is multiplied by w."),
    (lambda w, h, g: backward(w, h, g, late=True),                     "At each step the error passes through tanh before it meets w."),
    (lambda w, h, g: backward(w, h, g, order=1),                       "The error sets out from the last step, and goes back."),
    (lambda w, h, g: g * np.prod(1 - h[1:] ** 2) * w ** (len(h) - 2) * h[0], "Only the part of the first step is left. Add all the parts."),
    (lambda w, h, g: backward(w, h, g, state=0),                       "At step t the weight meets the state before it, h[t − 1]."),
    (lambda w, h, g: backward(w, h, g, slope=lambda h, t: 1 - h[t - 1] ** 2), "The slope of tanh at step t follows from its own output, h[t]."),
    (lambda w, h, g: 0.0,                                              "This is 0 whatever comes back: the sum has to grow at each step."),
], points=(LONG, SHORT, LATE))

exercise("15.4", 3.0, """
    The way back ends where the piece begins: at step 8. How far an error gets depends on where in
    its piece it begins.
    > Write the numbers of the steps in a row, and draw the cuts between them.
    > Begin at the step of the loss and go left until you meet a cut.""", [
    (4.0,  "That many in the best case. Where in its piece does this error begin?"),
    (11.0, "So many without truncation. Where is the way back cut?"),
    (12.0, "Inputs that come after the loss cannot have caused it."),
    (2.0,  "The step of the loss itself reads an input, too."),
    (1.0,  "Within its piece the error does travel from step to step."),
    (7.0,  "The cuts are at fixed places, not at a fixed distance from the loss."),
], tolerance=1e-4)

# fmt: on
