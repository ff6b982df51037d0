"""What may be wrong with a run, and what proves it: the answers to lesson 18 stand here.

Evidence is a question to the curves and instruments of `clinic`, whose answer is computed. So it
can be false, or true of many runs, or true and proof of one cause.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from calclearn.lessons.clinic import FIXED, INSTRUMENTS, Attempt, FailingRun, checked


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


class Evidence:
    """Something that is so or not, and the cause that it proves; 0 where it proves none.

    `conditions` are pairs: whether it is so of a run as delivered, and what shows that.
    """

    def __init__(self, text: str, proves: int, *conditions: tuple[Callable, Callable]) -> None:
        self.text, self.proves, self.conditions = text, proves, conditions

    def contradiction(self, run: FailingRun) -> str:
        """What shows that it is not so, as a sentence; empty where it is so."""
        attempt = run.attempt()
        return next((shown(attempt) for so, shown in self.conditions if not so(attempt)), "")


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


def _reading(instrument: str) -> Callable[[Attempt], str]:
    return lambda attempt: (
        f"The instrument “{instrument}” says: {INSTRUMENTS[instrument](attempt).words}"
    )


def _widest_inputs(attempt: Attempt) -> np.ndarray:
    return np.sort(INSTRUMENTS["inputs"](attempt).start)[-2:]


def _recurrent_scales(attempt: Attempt) -> list[float]:
    places, scales, *_ = INSTRUMENTS["weights by layer"](attempt)
    return [scale for name, scale in zip(places, scales, strict=True) if name.endswith("hh")]


def _fixed_by_a_rate(size: str) -> tuple[Callable, Callable]:
    """The condition that a larger or smaller learning rate fixes the run, and nothing else."""

    def outcomes(attempt: Attempt) -> list[str]:
        run, usual = attempt.run, attempt.run.plan.learning_rate
        rates = run.settings.get("learning_rate", ())
        others = [rate for rate in rates if (rate > usual if size == "larger" else rate < usual)]
        return [run.attempt(learning_rate=rate).outcome for rate in others]

    def shown(attempt: Attempt) -> str:
        if not outcomes(attempt):
            return f"This run offers no {size} learning rate."
        return f"Try each {size} learning rate, and leave the other settings: none fixes the run."

    return lambda attempt: FIXED in outcomes(attempt), shown


# fmt: off
EVIDENCE = {
    "a": Evidence("The validation loss ends above the dashed line.", 0,
        (lambda run: run.outcome != FIXED, _losses)),
    "b": Evidence("The training loss falls to less than half of the thin line. The validation "
                  "loss is never clearly below it.", 7,
        (lambda run: run.training[-1] < 0.5 * run.baseline, _losses),
        (lambda run: run.validation.min() > 0.95 * run.baseline, _losses)),
    "c": Evidence("The training loss ends hardly below the thin line, or above it.", 0,
        (lambda run: run.diverged or run.training[-1] > 0.9 * run.baseline, _losses)),
    "d": Evidence("One input is spread more than fifty times as widely as any other.", 3,
        (lambda run: len(_widest_inputs(run)) == 2, lambda run: "There is only one input."),
        (lambda run: np.divide(*_widest_inputs(run)) < 1 / 50, lambda run: (
            "The instrument “inputs” says: The two widest inputs have the standard deviations "
            "{:.2g} and {:.2g}.".format(*_widest_inputs(run))))),
    "e": Evidence("The gradient check contradicts the gradient that the run follows.", 6,
        (lambda run: not checked(run)[1], _reading("gradient check"))),
    "f": Evidence("The loss stays within a tenth of where it began, and a larger learning rate "
                  "fixes it.", 2,
        (lambda run: np.ptp(np.log(run.training)) < 0.1, _losses),
        _fixed_by_a_rate("larger")),
    "g": Evidence("The validation loss falls well below the thin line, turns, and ends half as "
                  "high again, or more. The training loss goes on falling.", 8,
        (lambda run: run.validation.min() < 0.75 * run.baseline, _losses),
        (lambda run: run.training[-1] < 0.5 * run.validation.min(), _losses),
        (lambda run: run.validation[-1] > 1.5 * run.validation.min(), _losses)),
    "h": Evidence("Before the first step the loss is more than a thousand times as high as the "
                  "thin line, and the recurrent weights (hh) have a scale above √2.", 5,
        (_recurrent_scales, lambda run: "It has no recurrent weights (hh)."),
        (lambda run: _recurrent_scales(run)[0] > 1.5, _reading("weights by layer")),
        (lambda run: run.training[0] > 1000 * run.baseline, lambda run: (
            f"Before the first step the loss is {run.training[0]:.3g} {run.run.unit}, and the thin "
            f"line is at {run.baseline:.3g} {run.run.unit}."))),
    "i": Evidence("In one layer all units are silent, before the first step.", 4,
        (lambda run: 100 in INSTRUMENTS["silent units"](run).start, _reading("silent units"))),
    "j": Evidence("The run explodes, a smaller learning rate fixes it, and the gradient check "
                  "agrees.", 1,
        (lambda run: run.diverged, _losses),
        (lambda run: checked(run)[1], _reading("gradient check")),
        _fixed_by_a_rate("smaller")),
    "k": Evidence("The training loss and the validation loss end far from each other, or "
                  "explode.", 0,
        (lambda run: run.diverged or abs(np.log(run.validation[-1] / run.training[-1])) > 0.2,
         _losses)),
}
# fmt: on
