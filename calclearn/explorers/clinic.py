"""The clinic: a failing run, the instruments, a few knobs, and a chart of all that was tried.

The one decision: a knob is turned as in every other figure, and each setting that was looked at is
a try. The chart below the figure keeps them all, whatever becomes of the knobs, and the ward adds
up the best of them. What a diagnosis is worth is a matter apart: see `diagnosis`.
"""

import html
import math
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.ticker import NullLocator

from calclearn.explorers.cases import PATIENTS
from calclearn.explorers.controls import choice
from calclearn.explorers.diagnosis import diagnosed
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.instruments import INSTRUMENTS, gradient_norms
from calclearn.explorers.patients import BETTER, FAILING, HEALED, Patient, Trial
from calclearn.explorers.wording import counted, typeset
from calclearn.figures.curves import Curves
from calclearn.figures.instruments import Instrument
from calclearn.figures.style import (
    BEST,
    BLACK,
    BLAME,
    MODEL,
    SEEN,
    UNSEEN,
    legend_below,
    panels,
    style,
)

EXAMPLE = "0"  # the patient whose diagnosis the lesson tells
POINTS = {HEALED: 2, BETTER: 1, FAILING: 0}
FOR_A_DIAGNOSIS = 2
LABELS = {
    "learning_rate": "learning rate", "units": "units in a layer", "max_norm": "clipping norm",
    "strength": "λ of L2", "early": "stop early", "first_weights": "first weights",
}  # fmt: skip
LOSSES = {
    "training": {"color": SEEN, "marker": "o", "ms": 4, "lw": 1.3, "label": "training loss"},
    "validation": {"color": UNSEEN, "marker": "s", "ms": 5, "lw": 2.2, "label": "validation loss"},
}
SELDOM = 10  # records from one marker to the next
HANDED_OVER = {"color": UNSEEN, "marker": "o", "mfc": "none", "ms": 12, "mew": 2, "ls": ""}
GRADIENTS = {
    "first": {"color": BLAME, "lw": 1.8, "label": "first layer"},
    "last": {"color": MODEL, "lw": 1.8, "ls": (0, (4, 2)), "label": "last layer"},
}


def label(knob: str) -> str:
    return LABELS.get(knob, knob)


def shown(value: Any) -> str:
    """The value of a knob in words.

    >>> shown(1e-07), shown(None), shown(True), shown("tanh")
    ('10⁻⁷', 'none', 'yes', 'tanh')
    """
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return value if isinstance(value, str) else typeset(f"{value:g}")


class Chart:
    """All that was tried on a patient, as a table below the figure; `update(trial)` writes a line.

    It is a drawing like the others, on paper of its own. The run as delivered is no try.
    """

    ax = None

    def __init__(self, patient: Patient) -> None:
        self.patient, self.trials = patient, {patient.plan: patient.trial()}
        self.table = widgets.HTML()

    @property
    def tries(self) -> list[Trial]:
        return [trial for plan, trial in self.trials.items() if plan != self.patient.plan]

    @property
    def best(self) -> Trial | None:
        """The first of the best tries; None before there is one."""
        return max(self.tries, key=lambda trial: POINTS[trial.outcome], default=None)

    def update(self, trial: Trial) -> None:
        self.trials.setdefault(trial.plan, trial)
        heads = [
            "try",
            *map(label, self.patient.knobs),
            f"validation loss ({self.patient.unit})",
            "outcome",
        ]
        rows = [self._row("th", heads)]
        for number, (plan, tried) in enumerate(self.trials.items()):
            settings = (shown(getattr(plan, knob)) for knob in self.patient.knobs)
            loss = typeset(f"{tried.score:.3g}") if math.isfinite(tried.score) else "diverged"
            outcome = tried.outcome if number else "as delivered"
            rows.append(self._row("td", [number, *settings, loss, outcome], plan == trial.plan))
        self.table.value = (
            f'<table style="font-size: 13px; line-height: 1.5">{"".join(rows)}</table>'
        )

    @staticmethod
    def _row(kind: str, cells: list, now: bool = False) -> str:
        look = "padding: 0 14px 0 0; text-align: left" + "; font-weight: bold" * now
        cells = "".join(
            f'<{kind} style="{look}">{html.escape(str(cell))}</{kind}>' for cell in cells
        )
        return f"<tr>{cells}</tr>"


charts: dict[str, Chart] = {}  # of each patient, as long as the kernel lives


def clinic(patient: str = "A") -> Explorer:
    """What is wrong with this run? Its losses, its gradient, an instrument, and the knobs.

    The thin line is the validation loss of somebody who knows how often each answer comes, and no
    more; up to the dashed one a run counts as healed. Raises ValueError for another patient.

    >>> clinic("A").set(learning_rate=0.1).state["trial"].outcome
    'healed'
    """
    if not (isinstance(patient, str) and patient in PATIENTS):
        raise ValueError(f"patient must be one of {', '.join(PATIENTS)}, got {patient!r:.60}")
    case = PATIENTS[patient]
    chart = charts.setdefault(patient, Chart(case))
    steps = max(case.knobs.get("steps", (case.plan.steps,)))

    def compute(instrument: str, **knobs: Any) -> dict:
        trial = case.trial(**knobs)
        k, last = trial.run.steps, trial.handed_over
        with np.errstate(over="ignore"):
            sizes = np.array([gradient_norms(trial, record) for record in range(len(k))])
        return {
            "trial": trial, "knobs": knobs, "reading": (instrument, INSTRUMENTS[instrument](trial)),
            "losses": {
                "training": finite(k, trial.training), "validation": finite(k, trial.validation),
            },
            "now": {"now": finite(k[[last]], trial.validation[[last]])},
            "gradients": {
                name: finite(k, sizes[:, column]) for name, column in (("first", 0), ("last", -1))
            },
        }  # fmt: skip

    def caption(state: dict) -> str:
        trial, (instrument, reading) = state["trial"], state["reading"]
        knobs = ", ".join(f"{label(knob)} {shown(value)}" for knob, value in state["knobs"].items())
        outcome = "This is how it came" if trial.plan == case.plan else f"It is {trial.outcome}"
        return (
            f"Patient {patient}, {knobs}: {course(trial)}. {outcome} (the dashed line: "
            f"{case.healthy:g} {case.unit}). {instrument.capitalize()}: "
            f"{reading.words[0].lower()}{reading.words[1:]}"
        )

    left, middle, right = panels("flat", "flat", "flat", ratios=(1.25, 1, 1), height=3.9)
    scale = {"yscale": "log", "xlim": (-0.02 * steps, 1.03 * steps), "xlabel": "step $k$"}
    title = f"loss ({case.unit})"
    drawings = {
        "losses": Curves(left, LOSSES, title=title, ylim=case.limits, **scale),
        "now": Curves(left, {"now": HANDED_OVER}),
        "gradients": Curves(
            middle, GRADIENTS, **scale, title="gradient by step", ylim=(1e-6, 1e6),
            yticks=10.0 ** np.arange(-6, 7, 3),
        ),
        "reading": Instrument(right),
        "trial": chart,
    }  # fmt: skip
    for line in drawings["losses"].lines.values():
        line.set_markevery(SELDOM)
    for ax in (left, middle):
        ax.yaxis.set_minor_locator(NullLocator())
    with style():
        left.axhline(case.trial().nothing, color=BLACK, lw=0.8, label="knows nothing")
        left.axhline(case.healthy, color=BEST, ls="--", lw=1.4, label="healed")
    legend_below(left, middle, right, columns=4)
    knobs = {
        knob: choice({shown(value): value for value in values}, label=label(knob))
        for knob, values in case.knobs.items()
    }
    for knob, control in knobs.items():
        control.value = getattr(case.plan, knob)
    explorer = explore(compute, drawings, caption, instrument=choice([*INSTRUMENTS]), **knobs)
    explorer.widget.children = (*explorer.widget.children, chart.table)
    return explorer


def course(trial: Trial) -> str:
    """How a run went, in words."""
    after, unit = f"after {counted(trial.steps, 'step')}", trial.patient.unit
    if trial.diverged and not trial.plan.early:
        return f"the run diverges {after}"
    if trial.plan.early:
        best = trial.run.steps[trial.handed_over]
        told_of = f"{after} the weights of step {best} are handed over, with"
    else:
        told_of = f"{after} the training loss is {trial.training[-1]:.3g} {unit},"
    return f"{told_of} the validation loss {trial.score:.3g} {unit}"


def finite(k: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A curve without the records at which there is no number."""
    return k[np.isfinite(values)], values[np.isfinite(values)]


@dataclass(frozen=True, repr=False)
class Ward:
    """How all patients are: the best of what was tried on each, and whether it is diagnosed."""

    rows: tuple[tuple[str, int, str, str, int], ...]

    def __repr__(self) -> str:
        heads = ("patient", "tries", "best outcome", "diagnosis", "points")
        table = [heads, *self.rows]
        widths = [max(len(str(row[k])) for row in table) for k in range(len(heads))]
        lines = [
            "  ".join(f"{cell!s:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
        total, most = sum(row[-1] for row in self.rows), (2 + FOR_A_DIAGNOSIS) * len(self.rows)
        return "\n".join([*lines, f"{total} of {most} points"])


def ward() -> Ward:
    """How are the patients? Two points for a healed one, one for a better one, two for a diagnosis.

    >>> print(ward())  # doctest: +ELLIPSIS
    patient  tries  best outcome  diagnosis  points
    A        ...
    """
    rows = []
    for name in PATIENTS:
        if name == EXAMPLE:
            continue
        chart, finding = charts.get(name), diagnosed.get(name)
        best = chart.best if chart else None
        right = finding.right if finding else None
        rows.append((
            name, len(chart.tries) if chart else 0, best.outcome if best else "not treated",
            {None: "open", True: "right", False: "not yet"}[right],
            (POINTS[best.outcome] if best else 0) + FOR_A_DIAGNOSIS * bool(right),
        ))  # fmt: skip
    return Ward(tuple(rows))
