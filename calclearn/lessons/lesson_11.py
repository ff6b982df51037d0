"""Lesson 11, why be noisy, or remember? A gradient from B of the data is off by σ/√B; optimizers
keep a velocity, a scale for each weight, or, as Adam does, both.

The price of a gradient is the number of data that it reads. All optimizers get the same batches in
the same order, so that a moving slider shows its own effect and not that of another draw.
"""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm

from calclearn.data import penguin_line
from calclearn.descent.curvature import factor_with_momentum
from calclearn.descent.descend import descend
from calclearn.descent.landscapes import quadratic, ravine
from calclearn.descent.losses import line_loss, mse
from calclearn.descent.optimizers import AdaGrad, Adam, GradientDescent, Momentum, Nesterov, RMSProp
from calclearn.descent.races import RaceResult, running_mean
from calclearn.descent.surfaces import Surface
from calclearn.exercises import exercise, outcome
from calclearn.explorers import Explorer, explore, log_slider, round_slider, slider
from calclearn.explorers.wording import counted
from calclearn.figures import panels
from calclearn.figures.descents import GAP
from calclearn.figures.marks import Dots, Lines, Raster
from calclearn.figures.style import BEST, BLACK, GREY, OPTIMIZERS, REGIMES, STEP, style
from calclearn.figures.surfaces import NAMES, Contours, Point, window_around
from calclearn.lessons.descents import rate_for
from calclearn.lessons.races import race_figure, race_on

EPOCHS, DRAWS = 6, 300
MEAN = 24  # values that are averaged for a point of a noisy curve, fewer where there are few

DATA = penguin_line()
N, UNIT = len(DATA), f"{DATA.y_unit}²"
GOAL = 3 * N, 0.001  # penguins read, and kg² above the lowest loss

# The mean squared error of a line through the penguins, with the start of all races.
WHOLE = line_loss(DATA.x, DATA.y, mse).replace(name="mean squared error")
WINDOW = window_around(WHOLE)
START = tuple(np.array(WINDOW).T[0] + (0.1, 0.6) * np.ptp(WINDOW, axis=1))
WHOLE = WHOLE.replace(domain=WINDOW, start=START)
LOWEST, HIGHEST = (float(WHOLE(w)) for w in (WHOLE.minima[0], WHOLE.start))


@cache
def _batches(size: int) -> list[Surface]:
    loss, rng = line_loss(DATA.x, DATA.y, mse, size), np.random.default_rng(0)
    return [loss.sample(rng) for _ in range(EPOCHS * N // size + 1)]


def _noisy(size: int) -> Surface:
    """The whole loss, whose samples are those batches, from the first on."""
    batches = iter(_batches(size))
    return WHOLE.replace(sampler=lambda rng: next(batches))


def _batch_size() -> Any:
    control = log_slider(8, 1, N, 17, label="batch size")  # two to double it
    control.readout_format = ".0f"
    return control


def _above(gap: float) -> str:
    """Return what is left above the lowest loss; less than 10⁻⁹ is rounding."""
    return "diverged" if gap > 99 * HIGHEST else f"{gap if gap > 1e-9 else 0.0:.2g}"


def _optimizers(learning_rate: float, length: float, momentum: float) -> dict[str, Any]:
    """The optimizers of this lesson: the first three share one rate, the last three another."""
    return {
        "GradientDescent": GradientDescent(learning_rate),
        "Momentum": Momentum(learning_rate, momentum),
        "Nesterov": Nesterov(learning_rate, momentum),
        "AdaGrad": AdaGrad(length),
        "RMSProp": RMSProp(length),
        "Adam": Adam(length, betas=(momentum, 0.999)),
    }


MEMORIES = tuple(_optimizers(1.0, 1.0, 0.5))
USERS = {"length": MEMORIES[3:], "momentum": ("Momentum", "Nesterov", "Adam")}


def _rates_and_momentum(learning_rate: float, length: float) -> dict[str, Any]:
    """The controls of `_optimizers`."""
    around = learning_rate / 30, learning_rate * 10
    return {
        "learning_rate": log_slider(learning_rate, *around, label="η (GD, momentum)"),
        "length": log_slider(length, length / 30, length * 10, label="η (with scales)"),
        "momentum": slider(0.8, 0.0, 0.99, 0.01, label="momentum μ = β₁"),
    }


def _settings(names: list, learning_rate: float, length: float, momentum: float, **_) -> str:
    """Return the values of those controls that these optimizers have."""
    length_used, momentum_used = (not {*names}.isdisjoint(each) for each in USERS.values())
    other = f" and {length:.3g}" * length_used
    return f"η = {learning_rate:.3g}{other}" + f", μ = β₁ = {momentum:.2f}" * momentum_used


def race_of_batches() -> Explorer:
    """Why be noisy? All read the same number of data: for one gradient, or for one per batch.

    GradientDescent reads all data for a step. The others are given the mean gradient of
    `batch_size` random ones, and take more steps for that. The start can be dragged. Curves and
    paths of noisy runs are running means over a quarter of an epoch, at most `MEAN` steps.

    >>> results = race_of_batches().set(batch_size=10).state["results"]
    >>> [results[name].descent.steps_taken.item() for name in ("GradientDescent", "SGD")]
    [3, 102]
    """

    def run(names, start, budget, batch_size, **values) -> dict[str, RaceResult]:
        optimizers, results = _optimizers(**values), {}
        optimizers["SGD"] = optimizers["GradientDescent"]
        for name in names:
            size = N if name == "GradientDescent" else round(batch_size)
            surface = WHOLE if size == N else _noisy(size)
            descent = descend(surface, start, optimizers[name], budget // size)
            count = max(1, min(MEAN, N // size // 4))
            path = replace(descent, points=running_mean(descent.points, count))
            gap = running_mean(WHOLE(descent.points.T) - LOWEST, count)
            results[name] = RaceResult(path, size * descent.steps, gap)
        return results

    def caption(results, start, budget, batch_size, settings) -> str:
        size, (slope, intercept) = round(batch_size), start
        ranking = sorted((run.gap[-1], name) for name, run in results.items())
        gaps = "; ".join(f"{name} {_above(gap)}" for gap, name in ranking)
        reached = any(gap[read <= GOAL[0]][-1] < GOAL[1] for _, read, gap in results.values())
        return (
            f"{budget} penguins read (epochs: {budget / N:.3g}), in batches of {size} "
            f"({counted(budget // size, 'step')}) from slope {slope:.2f}, intercept "
            f"{intercept:.2f}; {settings}. Above the lowest loss, mean of the last steps ({UNIT}): "
            f"{gaps}. Goal ★, below {GOAL[1]} {UNIT} with {GOAL[0]} penguins: "
            f"{'reached' if reached else 'not yet'}."
        )

    return race_figure(
        WHOLE.replace(name="paths, smoothed"), run, _settings, caption,
        ("GradientDescent", "SGD", *MEMORIES[1:]),
        labels=NAMES, title=f"{GAP} ({UNIT})", price="penguins read",
        limits=(LOWEST / 1e4, GOAL[1], 9 * HIGHEST), first=2, users=USERS, goal=GOAL,
        budget=slider(3 * N, N, EPOCHS * N, N // 6, label="penguins to read"),
        batch_size=_batch_size(), **_rates_and_momentum(0.05, 0.1),
    )  # fmt: skip


def noise_of_batches() -> Explorer:
    """How noisy is a gradient from a few data? 300 steps with 300 batches, and 1/√B beside them.

    A batch is drawn without repetition, so the noise ends at 0 where the batch is everything:
    σ/√B · √((n - B)/(n - 1)).

    >>> noise = noise_of_batches()
    >>> few, many = (noise.set(batch_size=size).state["noise"] for size in (4, 16))
    >>> round(float(few / many))
    2
    """
    rate, sizes = rate_for(WHOLE, 0.5), np.arange(1, N + 1)
    orders = np.argsort(np.random.default_rng(0).random((DRAWS, N)), axis=1)

    def gradients(slope, intercept, batch_size) -> dict:
        place, size = np.array([slope, intercept]), round(batch_size)
        residual = slope * DATA.x + intercept - DATA.y
        each = 2 * np.stack([residual * DATA.x, residual])  # (2, n): the gradient of each datum
        full = each.mean(axis=1)
        means = each[:, orders].cumsum(axis=2) / sizes  # (2, DRAWS, n): the first B of each order
        noise = np.sqrt(((means - full[:, None, None]) ** 2).sum(axis=0).mean(axis=0))
        independent = np.sqrt(((each - full[:, None]) ** 2).sum(axis=0).mean() / sizes)
        off, expected = noise[size - 1], independent[size - 1]
        return {
            "place": place, "cloud": place[:, None] - rate * means[:, :, size - 1],
            "independent": (sizes, independent), "measured": (sizes, noise),
            "drawn": (sizes, independent * np.sqrt((N - sizes) / (N - 1))),
            "now": (size, off), "noise": off, "expected": expected, "full": np.linalg.norm(full),
            "read": counted(size, "random penguin"), "off": _above(off),
        }  # fmt: skip

    low, high = (gradients(*place, 1)["noise"] for place in (WHOLE.minima[0], WHOLE.start))
    left, right = panels("flat", "ruled", height=3.9)
    right.set(xscale="log", xlim=(0.9, 1.2 * N), xlabel="batch size $B$")
    right.set(yscale="log", ylim=(low / 90, 9 * high), title=f"noise ({UNIT} per unit)")
    looks = {
        "independent": {"color": BLACK, "ls": "--", "lw": 1.4, "label": r"$\sigma/\sqrt{B}$"},
        "drawn": {"color": GREY, "lw": 1.2, "label": "without repetition"},
        "measured": {"color": STEP, "lw": 0, "marker": ".", "ms": 4, "label": "measured"},
    }
    drawings = [
        Contours(left, WHOLE, window=WHOLE.domain, title=f"300 steps with $\\eta$ = {rate:g}"),
        Dots(left, "cloud", color=STEP, marker=".", ms=6, mec=STEP, alpha=0.6, zorder=2),
        Point(left, drags=("slope", "intercept"), color=BLACK).on(weights="place"),
        Lines(right, looks, edge=True),
        Dots(right, "now", color=BLACK, ms=10, mew=1.5, edge=True, clip_on=False),
    ]
    right.legend(loc="lower left")
    slope, intercept = (round_slider(*p) for p in zip(WHOLE.start, WHOLE.domain, strict=True))
    return explore(
        gradients, drawings,
        "At slope {slope:.2f} and intercept {intercept:.2f} the full gradient has length {full:.2g}"
        f" ({UNIT} per unit). A gradient from {{read}} is off by {{off}} on average, and σ/√B is "
        "{expected:.2g}.",
        slope=slope, intercept=intercept, batch_size=_batch_size(),
    )  # fmt: skip


def race_with_memory(surface: Surface | None = None) -> Explorer:
    """Why remember? Six optimizers on one surface: no memory, a velocity, or scales by weight.

    A learning rate of the first three multiplies gradients. That of the last three is about the
    length of a step, whatever the gradient. The start can be dragged.

    >>> results = race_with_memory().state["results"]
    >>> bool(results["Momentum"].gap[-1] < results["GradientDescent"].gap[-1])
    True
    """
    surface = ravine(30.0).replace(start=(-2.4, 1.2)) if surface is None else surface
    controls = _rates_and_momentum(rate_for(surface, 0.6), 0.2)
    return race_on(surface, _optimizers, MEMORIES, _settings, 80, first=2, users=USERS, **controls)


STEEP = 30.0  # the larger curvature of `momentum_map`, that of the ravine in the race


def momentum_map() -> Explorer:
    """Which rate, with which momentum? How fast each pair converges in a valley, and one run.

    The valley has the curvatures λmax = 30 and λmin = λmax/κ. It diverges from η = 2(1 + μ)/λmax
    on, and is fastest at √μ = (√κ − 1)/(√κ + 1) and η = (2/(√λmax + √λmin))².

    >>> momentum_map().set(condition=9.0).state["best"].round(3)
    array([0.075, 0.25 ])
    """
    ends, steps = (0.0, 4 / STEEP), 60
    rates = ends[1] * (np.arange(160) + 0.5) / 160
    momenta = ((np.arange(100) + 0.5) / 100)[:, None]

    @cache
    def tenth(condition: float) -> np.ndarray:
        """How many steps leave a tenth of the error, at each rate and momentum."""
        both = [factor_with_momentum(rates, momenta, each) for each in (STEEP / condition, STEEP)]
        slowest = np.maximum(*both)
        return np.where(slowest < 1, -1 / np.log10(slowest), np.nan)

    def run(condition, learning_rate, momentum) -> dict:
        curvatures = flat, steep = STEEP / condition, STEEP
        valley, start = quadratic(np.diag(curvatures)), (1.0, 1.0)
        descent = descend(valley, start, Momentum(learning_rate, momentum), steps)
        plain = descend(valley, start, GradientDescent(2 / (flat + steep)), steps)
        root = (np.sqrt(condition) - 1) / (np.sqrt(condition) + 1)
        factors = factor_with_momentum(learning_rate, momentum, np.array(curvatures))
        return {
            "curvatures": curvatures, "tenth": tenth(condition), "factors": factors.tolist(),
            "here": (learning_rate, momentum), "limit": ([2 / STEEP, 4 / STEEP], [0, 1]),
            "best": np.array([(2 / (np.sqrt(flat) + np.sqrt(steep))) ** 2, root**2]),
            "descent": descent, "this run": descent.values / descent.values[0],
            "best without momentum": plain.values / plain.values[0],
        }  # fmt: skip

    def caption(curvatures, factors, learning_rate, momentum, best, step, descent) -> str:
        (flat, steep), least = factors, np.sqrt(best[1])
        if max(factors) < least + 0.005:
            verdict = "hardly any other pair is faster"
        elif steep >= 1:
            verdict = "along the steep axis each step overshoots farther than the last"
        elif max(factors) < np.sqrt(momentum) + 1e-9:
            verdict = "both are √μ, so less momentum is better"
        elif flat > steep:
            verdict = "the flat axis creeps, more of both is better"
        else:
            verdict = "the steep axis overshoots, a smaller rate is better"
        step = min(step, len(descent.values) - 1)
        return (
            f"η = {learning_rate:.3f}, μ = {momentum:.2f}, curvatures {curvatures[0]:.3g} and "
            f"{STEEP:g}: in the long run a step multiplies the error by {flat:.3f} along the flat "
            f"axis and by {steep:.3f} along the steep one; {verdict}. The limit 2(1 + μ)/λmax is "
            f"{2 * (1 + momentum) / STEEP:.3f}. Best: η = {best[0]:.3f} and μ = {best[1]:.2f}, "
            f"both by {least:.3f}. After {counted(step, 'step')} the loss is "
            f"{descent.values[step] / descent.values[0]:.2g} times the first."
        )

    left, right = panels("flat", "ruled", ratios=(1.25, 1), height=4.1)
    left.set(xlim=ends, ylim=(0, 1), xlabel=r"learning rate $\eta$")
    left.set(ylabel=r"momentum $\mu$", title="steps to a tenth of the error")
    left.set_facecolor(REGIMES["diverges"])
    left.text(0.11, 0.15, "diverges", ha="center", va="center")
    limit = r"$\eta = 2(1 + \mu)\,/\,\lambda_{\max}$"
    along = {"rotation": np.degrees(np.arctan(STEEP / 2)), "transform_rotates_text": True}
    left.text(0.088, 0.25, limit, rotation_mode="anchor", va="top", **along)
    raster = Raster(left, "tenth", window=(ends, (0, 1)), scale=LogNorm(2, 200))
    with style():
        colors = ScalarMappable(raster.scale, raster.colors)
        bar = left.figure.colorbar(colors, ax=left, ticks=[2, 10, 50, 200])
        bar.ax.set_yticklabels(["2", "10", "50", "200"])
        bar.ax.minorticks_off()
    right.set(xlim=(0, steps), xlabel="step $k$", title="loss / first loss")
    right.set(yscale="log", ylim=(1e-9, 30))
    plain = {"color": GREY, "ls": "--", "lw": 1.6, "label": "best at $\\mu = 0$"}
    mine = {"color": OPTIMIZERS["Momentum"][0], "label": "this run", "step": "step"}
    drawings = [
        raster,
        Lines(left, "limit", color=BLACK, lw=1.6),
        Dots(left, "best", marker="*", ms=15, color=BEST),
        Point(left, drags=("learning_rate", "momentum"), color=BLACK).on(weights="here"),
        Lines(right, "best without momentum", edge=True, **plain),
        Lines(right, "this run", edge=True, **mine),
    ]
    right.legend(loc="lower left")
    return explore(
        run, drawings, caption, play="step",
        condition=log_slider(30, 2, 300, label="condition number κ"),
        learning_rate=slider(0.02, 0.001, 0.133, 0.001, label="learning rate η"),
        momentum=slider(0.0, 0.0, 0.99, 0.01, label="momentum μ"),
    )  # fmt: skip


# Exercises; the questions stand in the notebook.
# fmt: off

valley = Surface(lambda w: w[0] ** 2 / 2, lambda w: w)

def path(optimizer):
    return descend(valley, (1.0,), optimizer, 3).points[1:, 0]

right = path(Momentum(0.1, 0.8))
beta1, beta2, slope = 0.5, 0.84, 4.0
m, v = (1 - beta1**2) * slope, (1 - beta2**2) * slope**2

outcome("11", 2, """
    The dots follow σ/√B: four times the data, half the noise. Set the batch size to 8, then to 32,
    and compare what the caption says.""")

outcome("11", 3, """
    Both are too small, but √v is too small by more: m is a tenth of the gradient, √v about a
    thirtieth. For dozens of steps Adam would run several times too fast, just when it knows least.""", prediction=2)

exercise("11.1", 640, """
    An eighth of the noise costs 8² = 64 times the data: noise goes with 1/√B.
    > By which factor must the noise shrink? What does that cost at 1/√B?
    > 2.4 · √10 = 0.3 · √B.""", [
    (80,              "This would do if noise went with 1/B."),
    (10 * np.sqrt(8), "The root has been taken of the wrong side: more data, less noise."),
    (64,              "This is how many times larger; how large is that?"),
    (10 / 64,         "Smaller batches are noisier."),
    (1.25,            "Batches of 1.25 are noisier than batches of 10."),
], tolerance=1e-4)

exercise("11.2", right, """
    v = 1, 1.7, 2.09: the velocity gathers while the gradient keeps its sign.
    > Keep two numbers, v and w. First the velocity changes, then the weight.
    > v = 0.8·v + w, then w = w − 0.1·v; three times.""", [
    (path(GradientDescent(0.1)),        "This is gradient descent: the velocity is forgotten."),
    (path(Momentum(0.02, 0.8)),         "Here the new gradient counts 1 − μ; in this course and in PyTorch it counts 1."),
    (path(Nesterov(0.1, 0.8)),          "This is Nesterov's step, which looks ahead."),
    ((1.1, 1.29, 1.571),                "This climbs: the sign."),
    ((0.9, 0.71, 0.449),                "This velocity forgets nothing: where is μ?"),
    ((1, 1.7, 2.09),                    "These are the velocities: where is the weight?"),
    ((1, 0.9, 0.72),                    "This moves by the old velocity: the velocity changes first."),
    (np.array([1.0, *right[:2]]),       "The start is not one of the three: begin after the first step."),
])

exercise("11.3", m / np.sqrt(v), """
    m = (1 − β₁²)·4 and v = (1 − β₂²)·4², so m/√v = (1 − β₁²)/√(1 − β₂²): the gradient itself drops
    out, the bias stays. Corrected it is the rate itself.
    > Compute m and v after two steps, both from 0.
    > m ← 0.5·m + 0.5·4 and v ← 0.84·v + 0.16·16, twice; then m/√v.""", [
    (1.0,                               "This is the corrected step."),
    (m,                                 "This is m alone: what is it divided by?"),
    (m / v,                             "The root of v is missing."),
    ((1 - beta1) / np.sqrt(1 - beta2),  "This is the first step."),
    ((1 - beta1**2) / (1 - beta2**2),   "What m is divided by is the root of v."),
    (np.sqrt(v) / m,                    "Upside down: m stands above."),
    ((1 - beta1**3) / np.sqrt(1 - beta2**3), "This is the third step."),
])

exercise("11.4", lambda k: 0.4 * 0.5 ** (k // 10), """
    0.4 · 0.5^⌊k/10⌋: whole tens count, so the rate stays for ten steps and then falls.
    > How many whole tens has step k behind it? Python has an operator for that: //.
    > Start from 0.4 and multiply by 0.5 once for each whole ten.""", [
    (lambda k: 0.4 * 0.5 ** (k / 10),   "This falls at each step: count whole tens."),
    (lambda k: 0.4 * 0.5 ** ((k + 1) // 10), "This falls one step early: k begins at 0."),
    (lambda k: 0.4 * 0.5 ** ((k - 1) // 10), "This falls one step late: k begins at 0."),
    (lambda k: 0.4 * 0.5 ** (max(k - 1, 0) // 10), "This falls one step late: step 10 is the eleventh."),
    (lambda k: 0.4 * 0.5**k,            "This halves at each step."),
    (lambda k: 0.4 if k < 10 else 0.2,  "This halves once only."),
    (lambda k: 0.4 / (1 + k // 10),     "This divides by 2, 3, 4: halve what is left."),
], points=((0,), (9,), (10,), (17,), (20,), (28,), (32,)))

# fmt: on
