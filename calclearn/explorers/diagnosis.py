"""A diagnosis names a cause and the evidence for it, and the evidence is put to the test.

The one decision: a piece of evidence is a question to the patient's own runs and instruments, and
the answer is computed.  So it can be false; true, and of no use; or true, and proof.

    right:  the evidence holds for this patient, and it proves the cause that was named
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from calclearn.explorers.cases import PATIENTS
from calclearn.explorers.instruments import checked, inputs, silent, weights
from calclearn.explorers.patients import HEALED, Patient

CAUSES = {  # and what the curves or the instruments would show
    1: ("The step is too large.", "the loss would grow or jump from the first steps on"),
    2: ("The step is far too small.", "the loss would go its way evenly, at a crawl"),
    3: ("The features are not scaled.", "the inputs would differ in spread"),
    4: ("Units are dead.", "the silent units would fill a layer"),
    5: ("The recurrence explodes.", "there would be a state that is carried from step to step"),
    6: ("The gradient is wrong.", "the gradient check would contradict it"),
    7: ("The labels are shuffled.", "what is learned would be worth nothing on other data"),
    8: ("The network overfits.", "the validation loss would turn while the training loss falls"),
    9: ("The network has too few units.", "more units would help, and the training loss stay high"),
}


class Evidence(NamedTuple):
    """Something that is so or not, and the cause that it proves; 0 where it proves none."""

    text: str
    proves: int
    holds: Callable[[Patient], bool]


def healed_by_rate(patient: Patient, factor: int) -> bool:
    """Does a larger (1) or smaller (-1) learning rate heal the patient, and nothing else?"""
    rates, usual = patient.knobs["learning_rate"], patient.plan.learning_rate
    other = [rate for rate in rates if factor * rate > factor * usual]
    return any(patient.trial(learning_rate=rate).outcome == HEALED for rate in other)


def calmed(patient: Patient) -> bool:
    exploded = patient.trial().diverged and "learning_rate" in patient.knobs
    return exploded and agrees(patient) and healed_by_rate(patient, -1)


def hurried(patient: Patient) -> bool:
    crawls = "learning_rate" in patient.knobs and np.ptp(np.log(patient.trial().training)) < 0.1
    return bool(crawls and healed_by_rate(patient, 1))


def agrees(patient: Patient) -> bool:
    _, report = checked(patient.trial())
    return bool(report)


def unequal(patient: Patient) -> bool:
    *others, largest = np.sort(inputs(patient.trial()).start)
    return bool(others and largest > 50 * others[-1])


def silenced(patient: Patient) -> bool:
    return 100 in silent(patient.trial(), 0).values()


def stretched(patient: Patient) -> bool:
    trial = patient.trial()
    places, scales, *_ = weights(trial)
    turns = [scale for name, scale in zip(places, scales, strict=True) if name.endswith("hh")]
    return bool(turns and turns[0] > 1.5 and trial.training[0] > 1000 * trial.nothing)


def memorised(patient: Patient) -> bool:
    trial = patient.trial()
    never = trial.validation.min() > 0.95 * trial.nothing
    return bool(trial.training[-1] < 0.5 * trial.nothing and never)


def turned(patient: Patient) -> bool:
    trial = patient.trial()
    least = trial.validation.min()
    useful = least < 0.75 * trial.nothing and trial.training[-1] < 0.5 * least
    return bool(useful and trial.validation[-1] > 1.5 * least)


def ignorant(patient: Patient) -> bool:
    trial = patient.trial()
    return bool(trial.diverged or trial.training[-1] > 0.9 * trial.nothing)


def differs(patient: Patient) -> bool:
    trial = patient.trial()
    return bool(trial.diverged or abs(np.log(trial.validation[-1] / trial.training[-1])) > 0.2)


EVIDENCE = {
    "a": Evidence(
        "The validation loss ends above the dashed line.",
        0, lambda patient: patient.trial().outcome != HEALED,
    ),
    "b": Evidence(
        "The training loss falls to less than half of the thin line. The validation loss is never "
        "clearly below it.",
        7, memorised,
    ),
    "c": Evidence(
        "The training loss ends hardly below the thin line, or above it.",
        0, ignorant,
    ),
    "d": Evidence(
        "One input is spread more than fifty times as widely as any other.",
        3, unequal,
    ),
    "e": Evidence(
        "The gradient check contradicts the gradient that the run follows.",
        6, lambda patient: not agrees(patient),
    ),
    "f": Evidence(
        "The loss stays within a tenth of where it began, and a larger learning rate heals it.",
        2, hurried,
    ),
    "g": Evidence(
        "The validation loss falls well below the thin line, turns, and ends half as high again, "
        "or more. The training loss goes on falling.",
        8, turned,
    ),
    "h": Evidence(
        "Before the first step the loss is more than a thousand times as high as the thin line, "
        "and the recurrent weights (hh) have a scale above √2.",
        5, stretched,
    ),
    "i": Evidence(
        "In one layer all units are silent, before the first step.",
        4, silenced,
    ),
    "j": Evidence(
        "The run explodes, a smaller learning rate heals it, and the gradient check agrees.",
        1, calmed,
    ),
    "k": Evidence(
        "The training loss and the validation loss end far from each other, or explode.",
        0, differs,
    ),
}  # fmt: skip

WHY = {
    1: "Each step overshoots farther than the one before, as in lesson 07. Clipping only hides it.",
    2: "The gradient is right and alive, and the weights hardly move. More steps help, slowly.",
    3: "One number rules all sums: what suits its weight is far too little for the others.",
    4: "Nothing comes back through a layer that is silent, whatever the learning rate (lesson 13).",
    5: "Each month multiplies the state by more than 1 on average, and the gradient with it.",
    6: "The loss printed is right, its gradient is not: only a comparison shows that (lesson 08).",
    7: "What was learned by heart is not so elsewhere. No knob of the training cures the data.",
    8: "What is learned late is noise (lesson 16): a penalty, or an early end, holds it back.",
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Finding:
    """What becomes of a diagnosis: `right` is True, False, or None where there is none yet."""

    right: bool | None
    message: str

    def __repr__(self) -> str:
        return f"{self.sign} {self.message}"

    def _repr_markdown_(self) -> str:
        return f"**{self.sign}** {self.message}"

    @property
    def sign(self) -> str:
        return {True: "✓ Right.", False: "✗ Not yet.", None: "… Not diagnosed yet."}[self.right]


# Of each patient the latest, or the first right one, as long as the kernel lives.
diagnosed: dict[str, Finding] = {}


def diagnose(patient: str, cause: Any, evidence: Any) -> Finding:
    """Say what ails a patient, by a number of `CAUSES`, and what proves it, a letter of `EVIDENCE`.

    The evidence is put to the test first. `...` means not answered yet. Never raises. A right
    diagnosis stays right in the ward, whatever is tried later.

    >>> diagnose("A", ..., ...)
    … Not diagnosed yet. Put a number and a letter in place of the dots.
    """
    if not (isinstance(patient, str) and patient in PATIENTS):
        return Finding(False, f"The patients are {', '.join(PATIENTS)}.")
    finding = judged(PATIENTS[patient], cause, evidence)
    before = diagnosed.get(patient)
    diagnosed[patient] = before if before and before.right else finding
    return finding


def judged(patient: Patient, cause: Any, evidence: Any) -> Finding:
    if cause is ... or evidence is ...:
        return Finding(None, "Put a number and a letter in place of the dots.")
    readable = isinstance(cause, int | str | np.integer) and str(cause).strip().isdecimal()
    number = int(cause) if readable else 0
    letter = evidence.strip(" .()").lower() if isinstance(evidence, str) else ""
    if number not in CAUSES or letter not in EVIDENCE:
        causes, letters = f"1 to {len(CAUSES)}", f"a to {max(EVIDENCE)}"
        return Finding(
            False, f"A cause is a number from {causes}, the evidence a letter, {letters}."
        )
    _, proves, holds = EVIDENCE[letter]
    if not holds(patient):
        return Finding(False, f"“{letter}” is not so in patient {patient.name}: look once more.")
    if proves == number:
        return Finding(True, WHY[number])
    if proves:
        return Finding(False, f"“{letter}” is so. But it speaks for another cause than {number}.")
    would = CAUSES[number][1]
    return Finding(
        False, f"“{letter}” is so, and not in this patient alone: it proves nothing. If it were "
        f"{number}, {would}. Which of the letters says so?",
    )  # fmt: skip
