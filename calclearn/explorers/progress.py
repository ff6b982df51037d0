"""How far a training has come: one `descend` after the other, each from where the last one ended.

What has been learned and measured is taken over at each report of `descend`, so that whatever ends
the training leaves usable weights, and the curves that led to them.
"""

import copy
import time
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from calclearn.descent.arguments import generator, is_real
from calclearn.descent.descend import Descent, Stop, descend
from calclearn.descent.schedules import Schedule
from calclearn.descent.surfaces import Surface

ENDS = {
    Stop.OUT_OF_STEPS: "Trained to step",
    Stop.CONVERGED: "The gradient vanishes: at rest since step",
    Stop.STALLED: "No further step is possible: at rest since step",
    Stop.DIVERGED: "Diverged at step",
    Stop.EARLY: "Ended early, at step",
}
HELD_OUT = "held-out loss"
EMPTY = np.empty((2, 0))  # a curve of no steps


class Progress:
    """A training of weights (d,), from `start` in stretches of `steps` steps.

    `run` is the last Descent (None before the first), `point` holds the weights, `step` counts the
    steps of all runs, `goal` is the step where the present run ends. `curves` has for each measure
    its steps and values (2, n), over all runs: the loss, the loss on `held_out` data, and the
    `score`, a function of the weights, under its `label`.
    """

    def __init__(
        self, loss: Surface, start: np.ndarray, steps: int, *, held_out: Surface | None = None,
        score: Callable | None = None, label: str = "score", unit: str = "",
        every: int = 1, rng: Any = None,
    ) -> None:  # fmt: skip
        self.loss, self.start, self.steps, self.held_out = loss, start, steps, held_out
        self.score, self.label, self.unit, self.every = score, label, unit, every
        self.loss_label = "loss" if loss.sampler is None else "mini-batch loss"
        self.run: Descent | None = None
        self._optimizer: Any = None  # that of the last run
        self._seed = generator(0 if rng is None else rng)
        self.reset()

    def reset(self) -> None:
        """Stand at the start, and before the first mini-batch, with the measures taken there."""
        self.point, self.step, self.since, self.goal = self.start, 0, 0, self.steps
        self.seconds, self._rng = 0.0, copy.deepcopy(self._seed)
        self.curves, self._before, self._scores = {}, {}, {}
        measures = {self.loss_label: self.loss, HELD_OUT: self.held_out, self.label: self.score}
        for name, measure in measures.items():
            if measure is not None:
                value = measure(self.start)
                if not is_real(value) or np.shape(value) != ():
                    got = f"shape {np.shape(value)}" if is_real(value) else f"{value!r:.60}"
                    raise ValueError(f"the {name} must be one number, got {got}")
                self.curves[name] = np.array([[0], [value]], float)

    @property
    def next_goal(self) -> int:
        """The step to which the next run goes: the end of this stretch, or of the next one."""
        return self.steps * (self.step // self.steps + 1)

    def go_on(self, optimizer: Any, watch: Callable[[], bool]) -> None:
        """Let `descend` take the steps to the goal; each of its reports is kept, then watched.

        `watch()` is called once before it begins as well; a true answer ends the run. Within a
        stretch the same optimizer goes on with its memory and its schedule.
        """
        resuming = self.step % self.steps and optimizer == self._optimizer
        state = self.run.state if resuming else None
        self.since, self.goal, self._scores = self.step, self.next_goal, {}
        self._before = self.curves if self.step else {}
        if watch():
            return
        began = time.perf_counter()

        def report(run: Descent) -> bool:
            self.seconds = time.perf_counter() - began
            self._keep(run, optimizer)
            return watch()

        run = descend(
            self.loss, self.point, optimizer, self.goal - self.since, rng=self._rng,
            every=self.every, validation=self.held_out, watch=report, state=state,
        )  # fmt: skip
        self._keep(run, optimizer)  # an interrupt goes unreported

    def _keep(self, run: Descent, optimizer: Any) -> None:
        if np.ndim(run.values) != 1:
            raise ValueError("a training has one start and one learning rate, got arrays of them")
        self.run, self.point, self._optimizer = run, run.point, optimizer
        self.step = self.since + int(run.steps_taken)
        for step, w in zip(run.steps, run.points, strict=True) if self.score else ():
            if step not in self._scores:
                self._scores[step] = float(self.score(w))
        scores = [self._scores.get(step) for step in run.steps]
        values = {self.loss_label: run.values, HELD_OUT: run.validation, self.label: scores}
        self.curves = {
            name: np.hstack([self._before.get(name, EMPTY), [self.since + run.steps, values[name]]])
            for name in self.curves
        }

    def under_way(self) -> str:
        """Say how far it is, how well it does, and how long it will take."""
        done, left = self.step - self.since, self.goal - self.step
        seconds = max(1, self.seconds * left / done) if done else 0
        time_left = f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
        since = f", going on from step {self.since}" if self.since else ""
        ending = f"; {time_left} left" if done else ""
        return f"Step {self.step} of {self.goal}{since}: {self._measures()}{ending}."

    def at_rest(self, optimizer: str) -> str:
        """Say how it ended, and what another Train would do."""
        if not self.step:
            here = f"Not trained yet: {self._measures()}."
            return f"{here} Train takes {self.steps} steps of {optimizer}."
        stop = Stop(int(self.run.stop))
        how = "Stopped at step" if self.run.interrupted else ENDS[stop]
        of = f" of {self.goal}" if self.step < self.goal else ""
        result = f"{how} {self.step}{of}: {self._measures()}."
        if stop is Stop.DIVERGED:
            return f"{result} Start again, with a smaller learning rate."
        return f"{result} Train goes on from here to step {self.next_goal}: {optimizer}."

    def _measures(self) -> str:
        """The last value of each measure; that of the score stands before its words."""
        words = []
        for name, curve in self.curves.items():
            value = f"{curve[1, -1]:.3g}"
            words.append(f"{value} {name}" if name == self.label else f"{name} {value} {self.unit}")
        return ", ".join(map(str.strip, words))


def described(optimizer: Any) -> str:
    """Return an optimizer in words: its learning rate, and what it has not by default.

    >>> from calclearn.descent.optimizers import AdamW
    >>> described(AdamW(0.01, weight_decay=0.3))
    'AdamW, learning rate 0.01, weight decay 0.3'
    """
    words = [type(optimizer).__name__]
    for field in fields(optimizer) if is_dataclass(optimizer) else ():
        value = getattr(optimizer, field.name)
        if field.repr and (field.name == "learning_rate" or repr(value) != repr(field.default)):
            words.append(f"{field.name.replace('_', ' ')} {_formatted(value)}")
    return ", ".join(words)


def _formatted(value: Any) -> str:
    if isinstance(value, Schedule):
        return f"{value(0):.4g} at first"
    if is_dataclass(value):
        return f"({described(value)})"
    return f"{value:.4g}" if isinstance(value, float) else repr(value)
