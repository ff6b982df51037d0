"""Explorers of noise: what a mini-batch gets wrong, what that is worth, and how to live with it.

The price of a gradient is the number of data that it reads. Everybody reads the same batches in
the same order, so that a moving slider shows its own effect and not that of another draw.
"""

from functools import cache

import numpy as np

from calclearn.data import LineData, penguin_line
from calclearn.descent.descend import Stop, descend
from calclearn.descent.losses import line_loss, mse
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.schedules import constant, cosine, step_decay, warmup
from calclearn.descent.surfaces import Surface
from calclearn.explorers.controls import log_slider, round_slider, slider
from calclearn.explorers.descents import rate_for
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.memory import MEMORIES, memory_controls, say_memory, with_memory
from calclearn.explorers.races import Lap, track
from calclearn.explorers.wording import counted
from calclearn.figures.curves import Curves
from calclearn.figures.races import GAP
from calclearn.figures.style import BLACK, GREY, SCHEDULES, STEP, legend_below, panels, style
from calclearn.figures.surfaces import NAMES, Contours, Point, window_around

EPOCHS, DRAWS, STEPS = 6, 300, 240
CALMED = f"{GAP}, running mean"
CALM = 24  # so many values are averaged for a point of a noisy curve, or fewer where there are few


class Batches:
    """The mean squared error of a line, and the mini-batches that everybody sees."""

    def __init__(self, data: LineData | None) -> None:
        self.data = data = penguin_line() if data is None else data
        whole = line_loss(data.x, data.y, mse)
        window = window_around(whole)
        start = tuple(np.array(window).T[0] + (0.1, 0.6) * np.ptp(window, axis=1))
        self.whole = whole.replace(domain=window, start=start, name="mean squared error")
        self.lowest, self.highest = float(whole(whole.minima[0])), float(whole(start))
        self.draw = cache(self._draw)

    def _draw(self, size: int) -> list[Surface]:
        noisy, rng = line_loss(self.data.x, self.data.y, mse, size), np.random.default_rng(0)
        return [noisy.sample(rng) for _ in range(max(EPOCHS * len(self.data) // size, STEPS) + 1)]

    def noisy(self, size: int) -> Surface:
        """The whole loss, whose samples are those batches, from the first on."""
        stream = iter(self.draw(size))
        return self.whole.replace(sampler=lambda rng: next(stream))

    def size(self, value: int):
        control = log_slider(value, 1, len(self.data), label="batch size")
        control.readout_format = ".0f"
        return control


def calmed(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A noisy curve as its running mean over a tenth of it, at most `CALM` values.

    >>> calmed(np.arange(40), np.arange(40) % 2)[1][:3]
    array([0.5, 0.5, 0.5])
    """
    m = min(CALM, max(1, len(y) // 10))
    return x[m - 1 :], np.convolve(y, np.full(m, 1 / m), "valid")


def in_words(gap: float, diverged: float) -> str:
    """What is left above the lowest loss; less than 10⁻⁹ is rounding.

    >>> in_words(3e-16, 9.0), in_words(0.0123, 9.0), in_words(1e30, 9.0)
    ('0', '0.012', 'diverged')
    """
    return "diverged" if gap > diverged else f"{gap if gap > 1e-9 else 0.0:.2g}"


def race_of_batches(data: LineData | None = None) -> Explorer:
    """Why be noisy? All may read the same number of data: for one gradient, or for one a batch.

    GradientDescent reads all data for a step. The others are given the mean gradient of
    `batch_size` random ones, and take more steps for that. The start can be dragged.

    >>> laps = race_of_batches().set(batch_size=10).state["laps"]
    >>> [laps[name].descent.steps_taken.item() for name in ("GradientDescent", "SGD")]
    [3, 102]
    """
    batches = Batches(data)
    whole, n, unit = batches.whole, len(batches.data), f"{batches.data.y_unit}²"

    def run(start: tuple, epochs: int, batch_size: float, **values: float) -> dict[str, Lap]:
        size, optimizers = round(batch_size), with_memory(**values)
        plain = optimizers.pop("GradientDescent")
        laps = {"GradientDescent": (descend(whole, start, plain, epochs), 1.0)}
        for name, optimizer in {"SGD": plain, **optimizers}.items():
            noisy = batches.noisy(size)
            laps[name] = descend(noisy, start, optimizer, epochs * n // size), size / n
        return {
            name: Lap(
                descent,
                *calmed(read * descent.steps, whole(descent.points.T) - batches.lowest),
            )
            for name, (descent, read) in laps.items()
        }

    def caption(state: dict) -> str:
        values, (slope, intercept) = dict(state["values"]), state["start"]
        size = round(values.pop("batch_size"))
        late = {name: lap.gap[-1] for name, lap in state["laps"].items()}
        steps = state["budget"] * n // size
        told = "; ".join(
            f"{name} {in_words(late[name], 99 * batches.highest)}"
            for name in sorted(late, key=late.get)
        )
        return (
            f"From slope {slope:.2f}, intercept {intercept:.2f} all data are read "
            f"{counted(state['budget'], 'time')}, {size} for a gradient ({steps} steps); "
            f"{say_memory(**values)}. Above the lowest loss, mean of the last steps ({unit}): "
            f"{told}."
        )

    return track(
        whole, run, caption, ("GradientDescent", "SGD", *MEMORIES[1:]), labels=NAMES,
        title=f"{CALMED} ({unit})", price="times that all data are read",
        budget=slider(3, 1, EPOCHS, 1, label="times to read all"),
        limits=(batches.lowest / 1e4, batches.lowest / 100, 9 * batches.highest),
        batch_size=batches.size(8), **memory_controls(0.05, 0.1),
    )  # fmt: skip


def noise_of_batches(data: LineData | None = None) -> Explorer:
    """How noisy is a gradient from a few data? 300 steps with 300 batches, and 1/√B beside them.

    A batch is drawn without repetition, so the noise ends at 0 where the batch is everything:
    σ/√B · √((n - B)/(n - 1)).

    >>> noise = noise_of_batches()
    >>> few, many = (noise.set(batch_size=size).state["noise"] for size in (4, 16))
    >>> round(float(few / many))
    2
    """
    batches = Batches(data)
    x, y, n, whole = batches.data.x, batches.data.y, len(batches.data), batches.whole
    unit, sizes = f"{batches.data.y_unit}²", np.arange(1, n + 1)
    orders = np.argsort(np.random.default_rng(0).random((DRAWS, n)), axis=1)
    rate = rate_for(whole, 0.5)
    left, right = panels("flat", "flat", height=3.9)

    def noise_at(place: np.ndarray) -> tuple:
        residual = place[0] * x + place[1] - y
        each = 2 * np.stack([residual * x, residual])  # (2, n): the gradient of each datum
        full = each.mean(axis=1)
        means = each[:, orders].cumsum(axis=2) / sizes  # (2, DRAWS, n): the first B of each order
        measured = np.sqrt(((means - full[:, None, None]) ** 2).sum(axis=0).mean(axis=0))
        usual = np.sqrt(((each - full[:, None]) ** 2).sum(axis=0).mean() / sizes)
        return full, means, measured, usual

    def compute(slope: float, intercept: float, batch_size: float) -> dict:
        place, i = np.array([slope, intercept]), round(batch_size) - 1
        full, means, measured, usual = noise_at(place)
        return {
            "place": place, "size": i + 1, "noise": measured[i], "usual": usual[i], "full": full,
            "cloud": {"steps": place[:, None] - rate * means[:, :, i]},
            "now": (i + 1, max(measured[i], 1e-9)),
            "curves": {
                "usual": (sizes, usual), "measured": (sizes, measured),
                "drawn": (sizes, usual * np.sqrt((n - sizes) / (n - 1))),
            },
        }  # fmt: skip

    def caption(state: dict) -> str:
        (slope, intercept), length = state["place"], np.linalg.norm(state["full"])
        return (
            f"At slope {slope:.2f} and intercept {intercept:.2f} the full gradient has length "
            f"{length:.2g} ({unit} per unit); from {state['size']} random data it is off by "
            f"{in_words(state['noise'], np.inf)} on average, and σ/√B is {state['usual']:.2g}."
        )

    Contours(left, window=whole.domain, title=f"300 steps with $\\eta$ = {rate:g}").update(whole)
    looks = {
        "usual": {"color": BLACK, "ls": "--", "lw": 1.4, "label": r"$\sigma/\sqrt{B}$"},
        "drawn": {"color": GREY, "lw": 1.2, "label": "without repetition"},
        "measured": {"color": STEP, "lw": 0, "marker": ".", "ms": 4, "label": "measured"},
    }
    start, corner = (noise_at(np.array(w))[3][0] for w in (whole.minima[0], whole.start))
    drawings = {
        "cloud": Curves(left, {"steps": {"color": STEP, "lw": 0, "marker": ".", "alpha": 0.6}}),
        "place": Point(left, drags=("slope", "intercept"), color=BLACK),
        "curves": Curves(
            right, looks, xscale="log", yscale="log", xlabel="batch size $B$",
            title=f"noise of the gradient ({unit} per unit)",
            xlim=(0.9, 1.2 * n), ylim=(start / 90, 9 * corner),
        ),
        "now": Point(right, color=BLACK),
    }  # fmt: skip
    with style():
        right.legend(loc="lower left")
    slope, intercept = (round_slider(*p) for p in zip(whole.start, whole.domain, strict=True))
    size = batches.size(8)
    return explore(compute, drawings, caption, slope=slope, intercept=intercept, batch_size=size)


def effect_of_schedules(data: LineData | None = None) -> Explorer:
    """How does a schedule tame the noise? SGD on the same batches under four of them.

    >>> gaps = effect_of_schedules().state["late"]
    >>> bool(gaps["cosine"] < gaps["constant"])
    True
    """
    batches, k = Batches(data), np.arange(STEPS + 1)
    whole, names, unit = batches.whole, tuple(SCHEDULES), f"{batches.data.y_unit}²"
    start = np.repeat(np.reshape(whole.start, (2, 1)), len(names), axis=1)  # (2, 4)
    left, right = panels("flat", "flat", ratios=(1, 1.3), height=3.7)

    def compute(learning_rate: float, batch_size: float, warm: int) -> dict:
        size, rate = round(batch_size), learning_rate
        falling = cosine(rate, STEPS)
        schedules = (
            constant(rate), step_decay(rate, 0.3, every=60), falling, warmup(falling, warm)
        )  # fmt: skip
        every = GradientDescent(lambda k: np.array([schedule(k) for schedule in schedules]))
        descent = descend(batches.noisy(size), start, every, STEPS)
        gaps = whole(np.moveaxis(descent.points, 1, 0)) - batches.lowest  # (K+1, 4)
        return {
            "told": (rate, size, warm), "stop": descent.stop,
            "rates": {n: (k, s(k) + 0.0 * k) for n, s in zip(names, schedules, strict=True)},
            "gaps": {n: calmed(descent.steps, gap) for n, gap in zip(names, gaps.T, strict=True)},
            "late": dict(zip(names, gaps[-CALM:].mean(axis=0), strict=True)),
        }  # fmt: skip

    def caption(state: dict) -> str:
        (rate, size, warm), late, stop = state["told"], state["late"], state["stop"]
        told = ", ".join(
            f"{name} {in_words(np.inf if end == Stop.DIVERGED else late[name], 1e9)}"
            for name, end in zip(names, stop, strict=True)
        )
        return (
            f"SGD, η = {rate:.3g} at most, batches of {size}, warm-up of {counted(warm, 'step')}. "
            f"Above the lowest loss, mean of the last {CALM} of {STEPS} steps ({unit}): {told}."
        )

    looks = {
        name: {"color": color, "ls": dashes, "lw": 1.5, "label": name}
        for name, (color, dashes) in SCHEDULES.items()
    }
    highest = rate_for(whole, 2)
    words = {"xlabel": "step $k$", "xlim": (0, STEPS)}
    drawings = {
        "rates": Curves(left, looks, title="learning rate", ylim=(0, 1.05 * highest), **words),
        "gaps": Curves(
            right, looks, title=f"{CALMED} ({unit})", yscale="log",
            ylim=(batches.lowest / 1e4, 2 * batches.highest), **words,
        ),
    }  # fmt: skip
    legend_below(right)
    return explore(
        compute, drawings, caption,
        learning_rate=slider(highest / 2, highest / 50, highest, highest / 50),
        batch_size=batches.size(8), warm=slider(30, 1, 120, 1, label="warm-up (steps)"),
    )  # fmt: skip
