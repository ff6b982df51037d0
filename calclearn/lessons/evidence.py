"""What may be wrong with a run, and what proves it: the answers to lesson 18 stand here.

Evidence is a question to the curves and instruments of `clinic`, whose answer is computed. So it
can be false, or true of many runs, or true and proof of one cause.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from calclearn.lessons.clinic import (
    FIXED,
    INSTRUMENTS,
    Attempt,
    FailingRun,
    checked,
    inputs,
    silent,
    weights_by_layer,
)


class Cause(NamedTuple):
    text: str
    would: str  # what curves or instruments would show
    why: str  # said where the diagnosis is right; empty for the cause of none of these runs


# fmt: off
CAUSES = {number: Cause(*texts) for number, texts in enumerate([
    ("The step is too large.", "the loss would grow or jump from the first steps on",
     "Each step overshoots farther than the one before, as in lesson 07. Clipping only hides it."),
    ("The step is far too small.", "the loss would go its way evenly, at a crawl",
     "The gradient is right and alive, and the weights hardly move. More steps help, slowly."),
    ("The features are not scaled.", "the inputs would differ in spread",
     "One large feature dominates: a rate small enough for its weight is far too small for the "
     "others."),
    ("Units are dead.", "the silent units would fill a layer",
     "Nothing comes back through a layer that is silent, whatever the learning rate (lesson 13)."),
    ("The recurrence explodes.", "there would be a state that is carried from step to step",
     "Each month multiplies the state by more than 1 on average, and the gradient with it."),
    ("The gradient is wrong.", "the gradient check would contradict it",
     "The loss printed is right, its gradient is not: only a comparison shows that (lesson 08)."),
    ("The labels are shuffled.", "what is learned would be worth nothing on other data",
     "What was learned by heart is not so elsewhere. No setting of the training repairs the data."),
    ("The network overfits.", "the validation loss would turn while the training loss falls",
     "What is learned late is noise (lesson 16): a penalty, or an early end, holds it back."),
    ("The network has too few units.",
     "more units would help, and the training loss stay high", ""),
], start=1)}
# fmt: on

Conditions = Iterator[tuple[bool, str]]  # whether it is so, and what shows that


class Evidence(NamedTuple):
    """Something that is so or not, and the cause that it proves; 0 where it proves none."""

    text: str
    proves: int
    conditions: Callable[[Attempt], Conditions]  # asked of the run as delivered

    def contradiction(self, run: FailingRun) -> str:
        """What shows that it is not so, as a sentence; empty where it is so."""
        return next((shown for so, shown in self.conditions(run.attempt()) if not so), "")

    def holds(self, run: FailingRun) -> bool:
        return not self.contradiction(run)


EVIDENCE: dict[str, Evidence] = {}


def _evidence(letter: str, proves: int, text: str) -> Callable:
    """Put the conditions that follow into `EVIDENCE`."""

    def define(conditions: Callable[[Attempt], Conditions]) -> Callable:
        EVIDENCE[letter] = Evidence(text, proves, conditions)
        return conditions

    return define


def _read(attempt: Attempt, instrument: str) -> str:
    return f"The instrument “{instrument}” says: {INSTRUMENTS[instrument](attempt).words}"


def _losses(attempt: Attempt) -> str:
    """What the chart of the losses shows."""
    unit = attempt.run.unit
    if attempt.diverged:
        return f"Look at the losses: {attempt}."
    return (
        f"Look at the losses: that of training goes from {attempt.training[0]:.3g} to "
        f"{attempt.training[-1]:.3g} {unit}; that of validation is {attempt.validation.min():.3g} "
        f"{unit} at its lowest and {attempt.validation[-1]:.3g} {unit} at the end. The thin line "
        f"is at {attempt.baseline:.3g} {unit}."
    )


def _fixed_by_rate(run: FailingRun, size: str) -> tuple[bool, str]:
    """Whether a larger or smaller learning rate fixes the run, and nothing else."""
    usual, way = run.plan.learning_rate, 1 if size == "larger" else -1
    rates = [rate for rate in run.settings.get("learning_rate", ()) if way * (rate - usual) > 0]
    fixed = any(run.attempt(learning_rate=rate).outcome == FIXED for rate in rates)
    return fixed, (
        f"Try each {size} learning rate, and leave the other settings: none fixes the run."
        if rates else f"This run offers no {size} learning rate."
    )  # fmt: skip


@_evidence("a", 0, "The validation loss ends above the dashed line.")
def above_target(attempt: Attempt) -> Conditions:
    yield attempt.outcome != FIXED, _losses(attempt)


@_evidence("b", 7, "The training loss falls to less than half of the thin line. The validation "
           "loss is never clearly below it.")  # fmt: skip
def memorised(attempt: Attempt) -> Conditions:
    yield attempt.training[-1] < 0.5 * attempt.baseline, _losses(attempt)
    yield attempt.validation.min() > 0.95 * attempt.baseline, _losses(attempt)


@_evidence("c", 0, "The training loss ends hardly below the thin line, or above it.")
def above_baseline(attempt: Attempt) -> Conditions:
    yield attempt.diverged or attempt.training[-1] > 0.9 * attempt.baseline, _losses(attempt)


@_evidence("d", 3, "One input is spread more than fifty times as widely as any other.")
def unscaled_inputs(attempt: Attempt) -> Conditions:
    spread = np.sort(inputs(attempt).start)[-2:]
    yield len(spread) == 2, "There is only one input."
    yield spread[1] > 50 * spread[0], (
        f"The instrument “inputs” says: The two widest inputs have the standard deviations "
        f"{spread[0]:.2g} and {spread[1]:.2g}."
    )  # fmt: skip


@_evidence("e", 6, "The gradient check contradicts the gradient that the run follows.")
def wrong_gradient(attempt: Attempt) -> Conditions:
    yield not checked(attempt)[1], _read(attempt, "gradient check")


@_evidence("f", 2, "The loss stays within a tenth of where it began, and a larger learning rate "
           "fixes it.")  # fmt: skip
def rate_too_small(attempt: Attempt) -> Conditions:
    yield np.ptp(np.log(attempt.training)) < 0.1, _losses(attempt)
    yield _fixed_by_rate(attempt.run, "larger")


@_evidence("g", 8, "The validation loss falls well below the thin line, turns, and ends half as "
           "high again, or more. The training loss goes on falling.")  # fmt: skip
def overfits(attempt: Attempt) -> Conditions:
    least = attempt.validation.min()
    yield least < 0.75 * attempt.baseline, _losses(attempt)
    yield attempt.training[-1] < 0.5 * least, _losses(attempt)
    yield attempt.validation[-1] > 1.5 * least, _losses(attempt)


@_evidence("h", 5, "Before the first step the loss is more than a thousand times as high as the "
           "thin line, and the recurrent weights (hh) have a scale above √2.")  # fmt: skip
def large_recurrent_weights(attempt: Attempt) -> Conditions:
    places, scales, *_ = weights_by_layer(attempt)
    recurrent = [scale for name, scale in zip(places, scales, strict=True) if name.endswith("hh")]
    yield bool(recurrent), "It has no recurrent weights (hh)."
    yield recurrent[0] > 1.5, _read(attempt, "weights by layer")
    first, unit = attempt.training[0], attempt.run.unit
    yield first > 1000 * attempt.baseline, (
        f"Before the first step the loss is {first:.3g} {unit}, and the thin line is at "
        f"{attempt.baseline:.3g} {unit}."
    )  # fmt: skip


@_evidence("i", 4, "In one layer all units are silent, before the first step.")
def dead_layer(attempt: Attempt) -> Conditions:
    yield 100 in silent(attempt, 0).values(), _read(attempt, "silent units")


@_evidence("j", 1, "The run explodes, a smaller learning rate fixes it, and the gradient check "
           "agrees.")  # fmt: skip
def rate_too_large(attempt: Attempt) -> Conditions:
    yield attempt.diverged, _losses(attempt)
    yield bool(checked(attempt)[1]), _read(attempt, "gradient check")
    yield _fixed_by_rate(attempt.run, "smaller")


@_evidence("k", 0, "The training loss and the validation loss end far from each other, or explode.")
def losses_differ(attempt: Attempt) -> Conditions:
    ratio = attempt.validation[-1] / attempt.training[-1]
    yield attempt.diverged or abs(np.log(ratio)) > 0.2, _losses(attempt)
