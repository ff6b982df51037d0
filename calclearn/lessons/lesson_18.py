"""Lesson 18, can you rescue a failing run: from curves and measurements to the cause; and the loss
of a network in a plane through its weights, s(a, b) = L(w + a u + b v).

The failing runs and the instruments are in `clinic`, what they prove in `evidence`. What the
learner has tried and diagnosed is kept as long as the kernel runs.
"""

import math
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.ticker import MaxNLocator, NullLocator

from calclearn.descent.descend import Descent, descend
from calclearn.descent.optimizers import Adam, GradientDescent, Momentum
from calclearn.descent.planes import principal_directions, projected, share_shown, tabulated
from calclearn.descent.surfaces import Surface, slice_through
from calclearn.exercises import choice, exercise, outcome
from calclearn.exercises.kinds import letter_of
from calclearn.exercises.verdicts import RIGHT, WRONG, Verdict
from calclearn.explorers import Explorer, explore, slider
from calclearn.explorers import choice as menu
from calclearn.explorers.controls import turning
from calclearn.figures import legend_below, panels
from calclearn.figures.descents import Path
from calclearn.figures.marks import Dots, Drawing, Lines, Rule
from calclearn.figures.printing import typeset
from calclearn.figures.style import BEST, BLACK, BLAME, GREY, MODEL, STEP, TRAINING, VALIDATION
from calclearn.figures.surfaces import Bowl, Contours
from calclearn.lessons.clinic import INSTRUMENTS, POINTS, RUNS, Attempt, FailingRun, Plan, species
from calclearn.lessons.evidence import CAUSES, EVIDENCE
from calclearn.networks.inside import filter_normalised
from calclearn.networks.layers import Dense, ReLU
from calclearn.networks.network import Network

POINTS_FOR_A_DIAGNOSIS = 2
# fmt: off
LABELS = {
    "units": "units in a layer", "max_norm": "clipping norm", "strength": "λ of L2",
    "early": "stop early",
}
LOSSES = {
    "training": {"color": TRAINING, "marker": "o", "ms": 4, "lw": 1.3, "label": "training loss"},
    "validation": {"color": VALIDATION, "marker": "s", "ms": 5, "lw": 2.2, "label": "validation loss"},
}
GRADIENTS = {
    "first": {"color": BLAME, "lw": 1.8, "label": "first layer"},
    "last": {"color": MODEL, "lw": 1.8, "ls": (0, (4, 2)), "label": "last layer"},
}
READINGS = {
    "start": {"color": GREY, "marker": "s", "mfc": "white", "ms": 7, "lw": 1.2, "ls": ":",
              "zorder": 5, "label": "at the start"},
    "end": {"color": STEP, "marker": "o", "ms": 6, "lw": 1.6, "zorder": 4, "label": "at the end"},
}
POWERS = 10.0 ** np.arange(-6, 7, 3)
DIALS = {  # the axes of an instrument: title, what is counted, ticks, and a level to compare with
    "gradient by layer": ("size of the gradient", "layer", POWERS, 1.0),
    "weights by layer": ("scale of the weights", "layer", 10.0 ** np.arange(-3, 4), 1.0),
    "silent units": ("silent units (%)", "hidden layer", np.arange(0, 101, 20), 0.0),
    "inputs": ("standard deviation", "input", 10.0 ** np.arange(-3, 5), 1.0),
    "gradient check": ("error of the gradient", "layer", 10.0 ** np.arange(-12, 4, 3), 1e-6),
}
# fmt: on

attempts: dict[str, dict[Plan, Attempt]] = {}  # by run, in the order in which they were made
diagnosed: dict[str, Verdict] = {}  # of each run the latest verdict, or the first right one


def failing_run(name: str = "A") -> Explorer:
    """What is wrong with this run? Its losses, its gradient, an instrument, and its settings.

    The thin line is the baseline, the validation loss of a prediction that ignores the inputs. A
    run that ends below the dashed line counts as fixed. Raises ValueError for another run.

    >>> failing_run("A").set(learning_rate=0.1).state["attempt"].outcome
    'fixed'
    """
    if not (isinstance(name, str) and name in RUNS):
        raise ValueError(f"name must be one of {', '.join(RUNS)}, got {name!r:.60}")
    run = RUNS[name]
    steps = max(run.settings.get("steps", (run.plan.steps,)))

    def train(instrument: str, **settings: Any) -> dict:
        attempt = run.attempt(**settings)
        places, start, end, words = INSTRUMENTS[instrument](attempt)
        k, kept, norms = attempt.descent.steps, [attempt.kept], attempt.gradient_norms
        return {
            "attempt": attempt, "settings": settings, "places": places, "words": words,
            "level": DIALS[instrument][-1],
            "training": _finite(k, attempt.training),
            "validation": _finite(k, attempt.validation),
            "kept": _finite(k[kept], attempt.validation[kept]),
            "first": _finite(k, norms[:, 0]), "last": _finite(k, norms[:, -1]),
            "start": _finite(range(len(start)), start), "end": _finite(range(len(end)), end),
        }  # fmt: skip

    def caption(attempt, settings, instrument, words) -> str:
        chosen = ", ".join(f"{_label(name)} {_shown(value)}" for name, value in settings.items())
        return (
            f"Run {name}, {chosen}: {attempt}. {_outcome(attempt).capitalize()} (target: "
            f"{run.target:g} {run.unit}). {instrument.capitalize()}: {words[0].lower()}{words[1:]}"
        )

    left, middle, right = panels("ruled", "ruled", "flat", ratios=(1.25, 1, 1), height=3.9)
    for ax in (left, middle):
        ax.set(yscale="log", xlim=(-0.02 * steps, 1.03 * steps), xlabel="step $k$")
        ax.yaxis.set_minor_locator(NullLocator())
    left.set(title=f"loss ({run.unit})", ylim=run.limits)
    middle.set(title="gradient by step", ylim=(1e-6, 1e6), yticks=POWERS)
    right.set_ylabel(" ", labelpad=-8)  # room for the longest numbers
    chart = _Chart(run)
    circle = {"color": VALIDATION, "mfc": "none", "mec": VALIDATION, "ms": 12, "mew": 2}
    drawings = [
        Lines(left, LOSSES, edge=True, markevery=10),
        Dots(left, "kept", edge=True, **circle),
        Lines(middle, GRADIENTS, edge=True),
        _InstrumentAxes(right),
        Rule(right, y="level", color=GREY, lw=0.8),
        Lines(right, READINGS, edge=True, clip_on=False),
        chart,
    ]
    thin = {"color": BLACK, "lw": 0.8, "solid_capstyle": "round"}
    left.axhline(run.attempt().baseline, label="baseline", **thin)
    left.axhline(run.target, color=BEST, ls="--", lw=1.4, label="target")
    legend_below(left, middle, right, columns=4)
    controls = {}
    for setting, values in run.settings.items():
        options = {_shown(value): value for value in values}
        controls[setting] = menu(options, getattr(run.plan, setting), label=_label(setting))
    explorer = explore(train, drawings, caption, instrument=menu(INSTRUMENTS.keys()), **controls)
    explorer.widget.children = (*explorer.widget.children, chart.table)
    return explorer


class _InstrumentAxes(Drawing):
    """The axes of an instrument, the same for every run; `update(instrument, places)`.

    So what looks large in one run is larger than what looks small in another.
    """

    background = True

    def update(self, instrument, places) -> None:
        if not self._is_new(instrument, places):
            return
        title, counted, ticks, _ = DIALS[instrument]
        scale, ends = ("linear", (-4, 104)) if 0 in ticks else ("log", ticks[[0, -1]])
        self.ax.set(title=title, xlabel=counted, yscale=scale, yticks=ticks, ylim=ends)
        self.ax.yaxis.set_minor_locator(NullLocator())
        every = 1 if len(places) <= 8 else len(places) // 4  # names have no room for more
        named = range(0, len(places), every)
        self.ax.set_xlim(-0.5, max(len(places), 1) - 0.5)
        self.ax.set_xticks(named, [places[k] for k in named])


def _finite(k, values: np.ndarray) -> np.ndarray:
    """A curve (2, n) without the records at which there is no number."""
    return np.stack([k, values])[:, np.isfinite(values)]


def _label(setting: str) -> str:
    return LABELS.get(setting, setting.replace("_", " "))


def _shown(value: Any) -> str:
    """The value of a setting in words: 10⁻⁷, none, yes, tanh."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return value if isinstance(value, str) else typeset(f"{value:g}")


# What the learner has tried and diagnosed.


def tried(run: FailingRun) -> list[Attempt]:
    """The learner's attempts at a run. The run as delivered is none."""
    return [each for plan, each in attempts.get(run.name, {}).items() if plan != run.plan]


class _Chart:
    """All attempts at a run, as a table below the figure; `update(attempt)` adds a row."""

    ax = None  # it is a drawing like the others, on paper of its own

    def __init__(self, run: FailingRun) -> None:
        self.run, self.table = run, widgets.HTML()

    def update(self, attempt) -> None:
        run = self.run
        rows = attempts.setdefault(run.name, {run.plan: run.attempt()})
        rows.setdefault(attempt.plan, attempt)
        heads = ["attempt", *map(_label, run.settings), f"validation loss ({run.unit})", "outcome"]
        table = _table_row("th", heads)
        for number, (plan, each) in enumerate(rows.items()):
            values = (_shown(getattr(plan, setting)) for setting in run.settings)
            loss = typeset(f"{each.score:.3g}") if math.isfinite(each.score) else "diverged"
            cells = [number, *values, loss, _outcome(each)]
            table += _table_row("td", cells, plan == attempt.plan)
        self.table.value = f'<table style="font-size: 13px; line-height: 1.5">{table}</table>'


def _table_row(kind: str, cells: list, now: bool = False) -> str:
    look = "padding: 0 14px 0 0; text-align: left" + "; font-weight: bold" * now
    row = (f'<{kind} style="{look}">{cell}</{kind}>' for cell in cells)
    return f"<tr>{''.join(row)}</tr>"


def _outcome(attempt: Attempt) -> str:
    return "as delivered" if attempt.plan == attempt.run.plan else attempt.outcome


def diagnose(name: str, cause: Any, evidence: Any) -> Verdict:
    """Say what is wrong with a run, by a number of `CAUSES`, and the letter of the `EVIDENCE`.

    A diagnosis is right where the evidence is true of this run, as delivered, and proves the cause.
    `...` means not answered yet. Never raises. A right diagnosis stays right in the `scoreboard`,
    whatever is tried later.

    >>> diagnose("A", ..., ...)
    … Not diagnosed yet. Put a number and a letter in place of the dots.
    """
    if not (isinstance(name, str) and name in RUNS):
        return Verdict(False, WRONG, f"The runs are {', '.join(RUNS)}.")
    verdict = _judged(RUNS[name], cause, evidence)
    if not (name in diagnosed and diagnosed[name].right):
        diagnosed[name] = verdict
    return verdict


def _judged(run: FailingRun, cause: Any, evidence: Any) -> Verdict:
    if cause is ... or evidence is ...:
        dots = "Put a number and a letter in place of the dots."
        return Verdict(None, "… Not diagnosed yet.", dots)
    typed = cause.strip(" .()") if isinstance(cause, str) else cause
    known = isinstance(typed, str | int | np.integer)
    number = next((n for n in CAUSES if known and typed in (n, str(n))), 0)
    letter = letter_of(evidence)
    if not number or letter not in EVIDENCE:
        causes, letters = f"1 to {len(CAUSES)}", f"a to {max(EVIDENCE)}"
        words = f"A cause is a number from {causes}, the evidence a letter, {letters}."
    elif shown := EVIDENCE[letter].contradiction(run):
        words = f"“{letter}” is not true of run {run.name}. {typeset(shown)}"
    elif EVIDENCE[letter].proves == number:
        return Verdict(True, RIGHT, CAUSES[number].why)
    elif EVIDENCE[letter].proves:
        words = f"“{letter}” is true. But it speaks for another cause than {number}."
    else:
        words = (
            f"“{letter}” is true, and not of this run alone: it proves nothing. If it were "
            f"{number}, {CAUSES[number].would}. Which of the letters says so?"
        )
    return Verdict(False, WRONG, words)


class Scoreboard(NamedTuple):
    """The points by run: of the best attempt at it, and of its diagnosis."""

    rows: tuple[tuple[str, int, str, str, int], ...]

    def __repr__(self) -> str:
        table = [("run", "attempts", "best outcome", "diagnosis", "points"), *self.rows]
        lines = ["{:<5}{!s:<10}{:<15}{:<11}{}".format(*row) for row in table]
        most = (max(POINTS.values()) + POINTS_FOR_A_DIAGNOSIS) * len(self.rows)
        return "\n".join([*lines, f"{sum(row[-1] for row in self.rows)} of {most} points"])


def scoreboard() -> Scoreboard:
    """How are the runs? Two points for a fixed one, one for a better one, two for a diagnosis.

    >>> print(scoreboard())  # doctest: +ELLIPSIS, +NORMALIZE_WHITESPACE
    run  attempts  best outcome  diagnosis  points
    A    ...
    """
    rows, verdicts = [], {None: "open", True: "right", False: "not yet"}
    for name in [name for name in RUNS if name != "0"]:  # whose diagnosis the notebook gives
        outcomes = [attempt.outcome for attempt in tried(RUNS[name])]
        best = max(outcomes, key=POINTS.get, default="not attempted")
        right = getattr(diagnosed.get(name), "right", None)
        points = POINTS.get(best, 0) + POINTS_FOR_A_DIAGNOSIS * bool(right)
        rows.append((name, len(outcomes), best, verdicts[right], points))
    return Scoreboard(tuple(rows))


# The loss of a network in a plane.

STEPS, NODES, MARGIN = 60, 49, 0.35  # of the training; of the table, a side; around a path
NETWORK = Network((Dense(8), ReLU(), Dense(8), ReLU(), Dense(3)), (4,))
OPTIMIZERS = {
    "GradientDescent": (GradientDescent(0.2), None), "SGD": (GradientDescent(0.2), 16),
    "Momentum": (Momentum(0.05), None), "Adam": (Adam(0.03), None),
}  # fmt: skip
PLANES = {"principal directions": 0} | {f"random directions {seed}": seed for seed in (1, 2, 3)}
PRINCIPAL = "the principal directions of the path"
ALONG = ("$a$, along $u$", "$b$, along $v$")


class Plane(NamedTuple):
    """A plane through the end of a path, its loss, and the shadow of the path."""

    u: np.ndarray  # (d,)
    v: np.ndarray  # (d,)
    share: float  # of the path's movement that the plane shows
    surface: Surface
    shadow: Descent  # whose points are on the plane, (K+1, 2), with their loss


@cache
def landscape_loss() -> Surface:
    """The cross-entropy of a small network on 242 penguins, over its 139 weights."""
    return NETWORK.loss(species().x, species().y)


@cache
def path_of(optimizer: str) -> Descent:
    """A training of `STEPS` steps on record, with the loss of all penguins at each of them."""
    how, batch_size = OPTIMIZERS[optimizer]
    loss = NETWORK.loss(species().x, species().y, batch_size=batch_size)
    run = descend(loss, NETWORK.init(0), how, STEPS)
    return replace(run, values=landscape_loss()(run.points.T))


@lru_cache(maxsize=32)
def plane_of(optimizer: str, seed: int) -> Plane:
    """The plane of a path's principal directions (seed 0), or along two random directions.

    A look at a network costs as much as many looks at a bowl. So the plane is tabulated once, and
    what is drawn is read off the table.
    """
    run = path_of(optimizer)
    if seed:
        rng = np.random.default_rng(seed)
        u, v = (filter_normalised(NETWORK, run.point, rng) for _ in range(2))
    else:
        u, v, _ = principal_directions(run.points)
    cut = slice_through(landscape_loss(), run.point, u, v)
    shadow, window = projected(run.points, run.point, u, v), ((-1.0, 1.0), (-1.0, 1.0))
    if not seed:  # around the path, with some room
        room = MARGIN * np.max(np.ptp(shadow, axis=1))
        window = tuple((min(row) - room, max(row) + room) for row in shadow.tolist())
    on_plane = replace(run, points=shadow.T, values=cut(shadow))  # a table would miss some percent
    return Plane(u, v, share_shown(run.points, u, v), tabulated(cut, window, NODES), on_plane)


def loss_landscape() -> Explorer:
    """What does the loss of a network look like? A plane through its weights, and the path on it.

        s(a, b) = L(w_K + a u + b v),    (a, b)ₖ: the point of the plane that is nearest to wₖ

    The network has 139 weights, and tells the species of a penguin by four measurements. The plane
    lies along the principal directions of the path, or along random ones, as long as the network's
    own weights, filter by filter.

    >>> landscape = loss_landscape()
    >>> landscape.state["share"] > 0.9
    True
    """

    def cut(plane, optimizer, step) -> dict:
        losses, there = path_of(optimizer).values, plane_of(optimizer, plane)
        heights = there.shadow.values
        loss, height = losses[step], heights[step]
        return {
            "surface": there.surface, "shadow": there.shadow,
            "share": there.share, "percent": 100 * there.share,
            "losses": losses, "heights": heights, "loss": loss, "height": height,
            "now": ([step, step], [loss, height]),
            "directions": f"two random directions ({plane})" if plane else PRINCIPAL,
        }  # fmt: skip

    flat, solid, right = panels("flat", "solid", "ruled", ratios=(0.75, 1.8, 0.75), height=4.8)
    right.set(title="loss (nats)", yscale="log", ylim=(3e-3, 10))
    right.set(xlim=(-1, STEPS + 1), xlabel="step $k$", xticks=range(0, STEPS + 1, 20))
    looks = {
        "losses": {"color": STEP, "lw": 2, "label": "on the path"},
        "heights": {"color": GREY, "ls": "--", "lw": 1.6, "label": "at the shadow"},
    }
    drawings = [
        Contours(flat, names=ALONG, title="path on the map"),
        Bowl(solid, names=ALONG, title="path on the surface (nats)"),
        *(Path(ax, ball=True).on(descent="shadow") for ax in (flat, solid)),
        Lines(right, looks, edge=True),
        Dots(right, "now", color=STEP),
    ]
    for ax in (flat, solid):  # numbers that need the same room in every window
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    flat.yaxis.set_label_coords(-0.14, 0.5)  # the layout was made for the first window
    right.legend(loc="upper right")
    return explore(
        cut, drawings,
        "{optimizer}, the plane along {directions}: it shows {percent:.2g} % of the path's movement."
        " At step {step} the loss is {loss:.2g} nats, at the shadow {height:.2g} nats. The weights "
        f"can go in {NETWORK.dimension} directions, and here are two of them.",
        play="step", plane=menu(PLANES), optimizer=menu(OPTIMIZERS.keys()),
        step=slider(STEPS, 0, STEPS, 1), **turning(),
    )  # fmt: skip


# Exercises; the questions stand in the notebook.
# fmt: off

shares = np.array([1 / 2, 1 / 4, 1 / 4])
surprise = -shares @ np.log(shares)

def along(moves, *directions):  # the components of each move: (K, number of directions)
    return moves @ np.stack(directions, axis=1)

def share(moves, u, v):
    return np.sum(along(moves, u, v) ** 2) / np.sum(moves**2)

def paths():
    """Three paths as moves, with two directions at right angles in which they go more or less."""
    rng = np.random.default_rng(18)
    for steps, d in ((3, 3), (5, 4), (12, 20)):
        u, v = np.linalg.qr(rng.normal(size=(d, 2)))[0].T
        yield rng.normal(size=(steps, d)) + 2 * np.outer(rng.normal(size=steps), u), u, v

outcome("18", 3, """
    A step that is too large and a gradient that is too large by a factor make the very same path,
    and a smaller rate fixes both. Only the gradient check tells them apart. A fix that works is no
    diagnosis.""")

outcome("18", 3, """
    A descent leaves in the steepest directions and settles in the flat ones, so it bends, and
    hardly twists: a plane holds nearly all of it. It is not that remarkable, as the random walk
    below shows.""", prediction=2)

exercise("18.1", surprise, """
    ½ ln 2 + ½ ln 4 = 1.04. A loss that stays there says that nothing is learned from the pictures
    themselves: the first thing to look at in any run.
    > The surprise at a class of share p is −ln p. How large is it at a cat, at a dog?
    > Half of the time it is −ln ½, half of the time −ln ¼: take the mean.""", [
    (np.log(3),                     "This is for three classes of equal shares. Here they differ."),
    (1.5,                           "This is in bits: a nat uses the natural logarithm."),
    (-shares @ np.log10(shares),    "This is with the logarithm of base 10."),
    (-np.log(shares).sum(),         "Add up surprises as often as each class comes."),
    (-np.log(shares).mean(),        "The classes are not equally frequent."),
    (1 - shares @ shares,           "This is a share of wrong answers, not a surprise."),
    (np.log(2),                     "This is the surprise at a cat. What of the others?"),
    (0.5,                           "This is a share: what is the surprise, −ln p, at each class?"),
])

exercise("18.2", share, """
    Σ((m·u)² + (m·v)²) / Σ‖m‖²: with directions at right angles and of length 1, Pythagoras adds the
    squares. It is 1 for a path that lies in the plane.
    > `moves @ u` holds how far each move goes along u. What is the length of its shadow?
    > Add the squares of `moves @ u` and of `moves @ v`, and divide by that of all entries.""", [
    (lambda moves, u, v: np.sqrt(share(moves, u, v)),                         "This is a share of lengths. It asks for squared lengths, which add up."),
    (lambda moves, u, v: np.abs(along(moves, u, v)).sum() / np.abs(moves).sum(), "Lengths at right angles do not add up, their squares do."),
    (lambda moves, u, v: np.sum(along(moves, u) ** 2) / np.sum(moves**2),     "This is what u alone shows: v is missing."),
    (lambda moves, u, v: np.sum(along(moves, v) ** 2) / np.sum(moves**2),     "This is what v alone shows: u is missing."),
    (lambda moves, u, v: 1 - share(moves, u, v),                              "This is what stands upright on the plane, and is lost."),
    (lambda moves, u, v: np.mean(np.sum(along(moves, u, v) ** 2, axis=1) / np.sum(moves**2, axis=1)), "Add up over all moves first, and then divide: long moves count more."),
    (lambda moves, u, v: np.sum(along(moves, u + v) ** 2) / np.sum(moves**2), "(m·u + m·v)² is not (m·u)² + (m·v)²."),
    (lambda moves, u, v: np.sum(along(moves, u, v) ** 2),                     "This is the movement that is shown. Of how much?"),
], points=tuple(paths()))

choice("18.3", "d", """
    A few directions out of 139 were looked at, and the gradient hardly leans to any of them. In the
    principal plane one sees the loss fall on beyond the end.
    > How many directions has the plane, and how many has the space of the weights?
    > Look at the same end in the plane of the principal directions, and to its left.""",
    a="Look at the same run in the principal plane. Does the loss rise all around?",
    b="A plane through one point says nothing of places far from it.",
    c="Read under the figure how much of the movement such a plane shows.")

# fmt: on
