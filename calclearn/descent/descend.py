"""The only loop in the project: step, look, ask.

    w, state = optimizer.update(w, g, state, surface)      step
    value, g = surface.value_and_gradient(w)               look

and then each start that still runs is asked whether it has come to an end, a `Stop`.

A single step on one spot ends nothing: momentum may be turning round, a schedule begin at 0. A run
that will still converge may climb first, momentum 0.999 by up to 10⁶: hence the 10⁸. The small
gradient of one mini-batch says little: where batches are drawn, nothing has CONVERGED.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any

import numpy as np

from calclearn.calculus.tracing import Traced, plain
from calclearn.descent.arguments import array, generator, instance, is_real, whole
from calclearn.descent.optimizers import begun, check_optimizer, first_step, paused
from calclearn.descent.surfaces import (
    Array,
    Evaluation,
    Surface,
    anywhere,
    as_points,
    as_surface,
    evaluated,
    in_type,
    inner,
    length,
    where,
)

__all__ = ["Descent", "Stop", "descend"]

EXPLODED, STILL = 1e8, 10  # times the first value; returns to a point
PERIOD = 0.25  # seconds between two reports


class Stop(IntEnum):
    """Why a descent ended.

    >>> Stop(2)
    <Stop.DIVERGED: 2>
    """

    OUT_OF_STEPS = 0  # none of the others after `steps` steps
    CONVERGED = 1  # ‖∇fₖ‖ ≤ tolerance · steepness, the size of a typical gradient
    DIVERGED = 2  # |fₖ| > 10⁸ max(|f₀|, scale), or something is no longer finite
    STALLED = 3  # ten returns to one point and no further away than rounding, or no lower point
    EARLY = 4  # `patience` records without a validation loss lower than all before


RUNNING, CONVERGED, DIVERGED, STALLED, EARLY = map(int, Stop)  # while it runs, it is out of steps
WORDS = {CONVERGED: "converged", DIVERGED: "diverged", STALLED: "stalled", EARLY: "stopped early"}


@dataclass(frozen=True, eq=False, repr=False)
class Descent:
    """A descent on record: step `steps[i]` was at `points[i]`, with `values[i]`, `gradients[i]`.

    With mini-batches, these are those of the batches. A start that has stopped repeats its last
    finite point; the record ends when all have. Printed, a descent says how it stopped; a format
    such as `f"{descent:.2f}"` is that of the loss.
    """

    steps: np.ndarray  # (K+1,)
    points: Array  # (K+1, d, ...)
    values: Array  # (K+1, ...)
    gradients: Array  # (K+1, d, ...)
    stop: np.ndarray  # (...) of Stop
    steps_taken: np.ndarray  # (...)
    evaluations: np.ndarray  # (...) of the gradient
    interrupted: bool = False
    validation: Array | None = None  # (K+1, ...) losses of the points on held-out data
    state: Any = None  # the optimizer's memory at the end, unless all starts came to one

    @property
    def point(self) -> Array:
        """The last point, (d, ...)."""
        return self.points[-1]

    @property
    def value(self) -> Array:
        """The last value, (...)."""
        return self.values[-1]

    @property
    def best_step(self) -> Any:
        """The recorded step with the lowest validation loss, (...)."""
        return np.minimum(self.steps[self._best], self.steps_taken)

    @property
    def best_point(self) -> Array:
        """Where the validation loss was lowest, (d, ...)."""
        i = self._best
        return np.moveaxis(self.points[i, :, *np.indices(i.shape)], -1, 0)

    @property
    def _best(self) -> np.ndarray:
        if self.validation is None:
            raise AttributeError("only a descent with a validation surface has a best step")
        losses = plain(self.validation)
        return np.argmin(np.where(np.isnan(losses), np.inf, losses), axis=0)

    def __format__(self, spec: str) -> str:
        if np.ndim(self.stop):
            words = WORDS | {RUNNING: "out of steps"}
            counts = {word: np.count_nonzero(self.stop == stop) for stop, word in words.items()}
            parts = [f"{count:,} {word}" for word, count in counts.items() if count]
            return f"{np.size(self.stop):,} starts: {', '.join(parts) or 'none'}"
        stop, loss = int(self.stop), f"at loss {float(plain(self.value)):{spec or '.3g'}}"
        steps = f"after {self.steps_taken:,} step{'' if self.steps_taken == 1 else 's'}"
        if stop == RUNNING and not self.interrupted:
            return f"{loss} {steps}"
        word = WORDS.get(stop, "interrupted")
        return f"{word} {steps}" if stop == DIVERGED else f"{word} {steps} {loss}"

    def __str__(self) -> str:
        return format(self)

    def __repr__(self) -> str:
        return f"<Descent: {self}>"


def descend(
    surface: Surface, start: Array, optimizer: Any, steps: int = 100, *,
    tolerance: float = 1e-8, rng: Any = None, every: int = 1,
    progress: Callable[[int, int], None] | None = None, validation: Surface | None = None,
    patience: int | None = None, watch: Callable[[Descent], Any] | None = None, state: Any = None,
) -> Descent:  # fmt: skip
    """Let `optimizer` descend `surface` from `start`, and keep a record of it.

    wₖ₊₁ = update(wₖ, ∇f(wₖ)),    k = 0, 1, ..., steps - 1

    start: one point (d,) or a batch (d, ...); one point is repeated where the optimizer's learning
    rates, or the surface's factors, are an array. Each `every`-th step is recorded, and the last.
    `rng` (a generator or a seed; None is seed 0) draws the mini-batches. `validation` is the loss
    of held-out data at each record: where it is lowest is the `best_point`, and after `patience`
    records without a new lowest one a start ends EARLY.

    `progress(k, steps)` is called about four times a second from the first second on; a terminal
    shows a line by itself. `watch(run)` is called as often with the descent so far, and at the end;
    if it returns what is true, the run stops, as by KeyboardInterrupt. From the `point` and with
    the `state` of a run, the same optimizer continues exactly; only mini-batches are drawn anew.
    `grad` differentiates through the run, with respect to the start or a hyperparameter.

    Raises ValueError and TypeError for what is no start, no surface or no optimizer.

    >>> from calclearn.descent.optimizers import GradientDescent
    >>> descend(lambda w: w[0] ** 2 + 3 * w[1] ** 2, [3.0, 1.0], GradientDescent(0.25))
    <Descent: converged after 30 steps at loss 1.04e-17>
    """
    if progress is None and sys.stderr.isatty():
        progress = print_line
    for name, given in (("progress", progress), ("watch", watch)):
        instance(name, given, Callable | None, "a function or None")
    check_optimizer(optimizer)
    surface = as_surface("surface", surface)
    validation = None if validation is None else as_surface("validation", validation)
    w = as_points(start, surface.dimension, "start")
    array("start", plain(w))
    whole("steps", steps, 0)
    whole("every", every, 1)
    if not (is_real(tolerance) and np.ndim(tolerance) == 0 and tolerance >= 0):
        raise ValueError(f"tolerance must be a number of at least 0, got {tolerance!r}")
    if patience is not None:
        whole("patience", patience, 1)
        if validation is None:
            raise ValueError("patience needs a validation surface, got validation=None")
    rng = generator(0 if rng is None else rng) if surface.sampler or rng is not None else None
    with np.errstate(all="ignore"):  # a number that overflows is a divergence, not a warning
        run = Run(surface, w, optimizer, state, rng, tolerance, validation, patience, every)
        try:
            begin = time.perf_counter()
            pause = begin + PERIOD
            while run.now[0] < steps and anywhere(run.now[3] == RUNNING):
                run.step()
                now = time.perf_counter()
                if now < pause:
                    continue
                if progress is not None and now - begin > 1:
                    progress(run.now[0], steps)
                if watch is not None and watch(run.record()):
                    run.interrupted = True
                    break
                spent = time.perf_counter() - now
                pause = now + spent + max(PERIOD, 3 * spent)  # a slow watch leaves time to run
            descent = run.record()
            if watch is not None:
                watch(descent)
        except KeyboardInterrupt:
            run.interrupted = True
            descent = run.record()
    return descent


class Run:
    """A descent under way.

    `now` is replaced as a whole at the end of each step, so that after an interrupt at any moment
    the point, its memory and the stops belong together.
    """

    def __init__(
        self, surface, w, optimizer, state, rng, tolerance, validation, patience, every
    ) -> None:  # fmt: skip
        self.surface, self.optimizer, self.rng, self.every = surface, optimizer, rng, every
        self.validation, self.patience, self.interrupted = validation, patience or np.inf, False
        self.noisy, self.searches = surface.sampler is not None, hasattr(optimizer, "search")
        (w, state), self.batch = begun(optimizer, surface, w, state), surface.sample(rng)
        here = Evaluation(w, *evaluated("surface", self.batch.value_and_gradient, w, self.batch), 1)
        ends = not self.noisy and getattr(optimizer, "stays_where_flat", True)
        self.small = where(np.asarray(ends)[()], tolerance * plain(surface.steepness), -1.0)
        self.large = EXPLODED * np.maximum(abs(plain(here.value)), plain(surface.scale))
        self.certain = np.square(max(np.max(self.small, initial=0), 1e-150))
        self.rounding = 32 * np.finfo(w.dtype).eps
        self.still, self.anchor, self.lowest, self.waited = -1, plain(w), np.inf, -1
        stop, _ = self.ask(0, here, here, None)
        self.rows = []  # of the steps 0, every, 2 every, ...
        self.now = 0, here, state, self.add_record(here, stop), 0

    def step(self) -> None:
        """Step, look, ask; a start that has stopped stays where it is."""
        k, here, before, stop, taken = self.now
        if self.searches:
            there, state = self.optimizer.search(here, before, self.batch)
        else:
            update = self.optimizer.update if k else partial(first_step, self.optimizer)
            w, state = update(here.w, here.gradient, before, self.batch)
            there = Evaluation(in_type(w, here.w), None, None, here.count)
        batch, k = self.surface.sample(self.rng), k + 1
        if self.noisy or not self.searches:
            there = Evaluation(there.w, *batch.value_and_gradient(there.w), there.count + 1)
        code, finite = self.ask(k, here, there, before)
        if not (anywhere(stop) or anywhere(code)):
            taken = k
        else:
            running = stop == RUNNING
            kept = where(running & finite, there, here)
            there = kept._replace(count=where(running, there.count, here.count))
            stop, taken = where(running, code, stop), where(running, k, taken)
        if k % self.every == 0:
            stop = self.add_record(there, stop)
        self.batch, self.now = batch, (k, there, state, stop, taken)

    def add_record(self, there: Evaluation, stop: Array) -> Array:
        """The stops (...) after this record: EARLY where the validation loss ends the patience."""
        loss = None
        if self.validation:
            (loss,) = evaluated("validation", lambda w: (self.validation(w),), there.w)
            lower = plain(loss) < self.lowest
            self.lowest = where(lower, plain(loss), self.lowest)
            self.waited = where(lower, 0, self.waited + 1)
            stop = where((self.waited >= self.patience) & (stop == RUNNING), EARLY, stop)
        self.rows.append((*there[:3], loss))
        return stop

    def ask(self, k: int, here: Evaluation, there: Evaluation, before: Any) -> tuple[Array, Array]:
        """The Stop (...) after step k from here to there, and whether all is finite there.

        A step that a schedule pauses says nothing. The point to return to is replaced after 32
        steps, 64, 128, ...: so a cycle of any length is noticed.
        """
        w, value, g, _ = there
        if k and not anywhere(self.now[3]) and Traced not in (type(value), type(w)):
            step = w - here.w
            steep, moved, least = inner(g, g), inner(step, step), self.rounding**2 * inner(w, w)
            goes_on = (steep > self.certain) & (moved > least) & (abs(value) <= self.large)
            if not anywhere(~(goes_on & (steep < np.inf) & (moved < np.inf))):
                self.still, self.anchor = 0, w
                return RUNNING, True
        value, w = abs(plain(value)), plain(w)
        steep, size, away = length(plain(g)), length(w), length(w - self.anchor)
        finite = (value < np.inf) & (steep < np.inf) & (size < np.inf)
        near = away <= self.rounding * size
        waits = (away > 0) | paused(self.optimizer, before)
        self.still = where(near, where(waits, self.still, self.still + 1), 0)
        replaced = ~near | self.searches | (k >= 32 and k & (k - 1) == 0)
        self.anchor = where(replaced, w, self.anchor)
        stalled = (self.still >= (1 if self.searches else STILL)) & (not self.noisy)
        code = where(stalled, STALLED, RUNNING)
        code = where(steep <= self.small, CONVERGED, code)
        return where(finite & (value <= self.large), code, DIVERGED), finite

    def record(self) -> Descent:
        """The descent so far: the records, and the last step."""
        k, here, state, stop, taken = self.now
        rows, steps = self.rows[: k // self.every + 1], [*range(0, k, self.every), k]
        if k % self.every:
            rows = [*rows, (*here[:3], self.validation(here.w) if self.validation else None)]
        join = np.stack if Traced in map(type, rows[-1]) else np.array
        *columns, losses = zip(*rows, strict=True)
        each = np.zeros(here.w.shape[1:], dtype=int)  # where all starts share one number
        return Descent(
            np.array(steps), *map(join, columns),
            *(each + stop, each + taken, each + here.count, self.interrupted),
            validation=join(losses) if self.validation else None,
            state=state if anywhere(stop == RUNNING) else None,
        )  # fmt: skip


def print_line(k: int, steps: int) -> None:
    print(f"\rstep {k:,} of {steps:,} ", end="", file=sys.stderr, flush=True)
