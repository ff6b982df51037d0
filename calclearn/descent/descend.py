"""The only loop in the project: step, look, ask.

    w, state = optimizer.update(w, g, state, surface)      step
    value, g = surface.value_and_gradient(w)               look

and then each start that still runs is asked whether it has

    CONVERGED     ‖∇fₖ‖ ≤ tolerance · steepness, the size of a typical gradient
    DIVERGED      |fₖ| > 10⁸ max(|f₀|, scale), or something is no longer finite
    STALLED       w has come back ten times to the same point, to the last digit, and was never
                  further from it than rounding; or a line search has no lower point
    EARLY         `patience` records without a validation loss lower than all before
    OUT_OF_STEPS  none of these after `steps` steps

A single step on one spot ends nothing: momentum may be turning round, a schedule begin at 0. A run
that will still converge may climb first, momentum 0.999 by up to 10⁶: hence the 10⁸. A gradient
that is small for one mini-batch says little: where batches are drawn, nothing has CONVERGED.
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
from calclearn.descent.optimizers import (
    check_optimizer,
    checked_memory,
    first_step,
    paused,
    repeated,
)
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

EXPLODED = 1e8
STILL = 10  # returns to a point
PERIOD = 0.25  # seconds between two reports


class Stop(IntEnum):
    """Why a descent ended.

    >>> Stop(2)
    <Stop.DIVERGED: 2>
    """

    OUT_OF_STEPS = 0
    CONVERGED = 1
    DIVERGED = 2
    STALLED = 3
    EARLY = 4


RUNNING, CONVERGED, DIVERGED, STALLED, EARLY = map(int, Stop)  # while it runs, it is out of steps


@dataclass(frozen=True, eq=False, repr=False)
class Descent:
    """A descent on record: step `steps[i]` was at `points[i]`, with `values[i]`, `gradients[i]`.

    The values and gradients are those that the steps used: with mini-batches, those of the batches.
    A start that has stopped repeats its last finite point; the record ends when all have. With a
    validation surface, each start's best step and point are those of its lowest validation loss.
    Printed, it says how it stopped; a format such as `f"{descent:.2f}"` is that of the loss.
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
        return np.minimum(self.steps[self._lowest], self.steps_taken)

    @property
    def best_point(self) -> Array:
        """Where the validation loss was lowest, (d, ...)."""
        i = self._lowest
        return np.moveaxis(self.points[i, :, *np.indices(i.shape)], -1, 0)

    @property
    def _lowest(self) -> np.ndarray:
        if self.validation is None:
            raise AttributeError("only a descent with a validation surface has a best step")
        losses = plain(self.validation)
        return np.argmin(np.where(np.isnan(losses), np.inf, losses), axis=0)

    def __format__(self, spec: str) -> str:
        words = {CONVERGED: "converged", DIVERGED: "diverged", STALLED: "stalled"}
        words |= {EARLY: "stopped early", RUNNING: "out of steps"}
        if np.ndim(self.stop):
            counts = {word: np.count_nonzero(self.stop == stop) for stop, word in words.items()}
            parts = [f"{count:,} {word}" for word, count in counts.items() if count]
            return f"{np.size(self.stop):,} starts: {', '.join(parts) or 'none'}"
        stop, loss = int(self.stop), format(float(plain(self.value)), spec or ".3g")
        steps = f"after {self.steps_taken:,} step{'' if self.steps_taken == 1 else 's'}"
        if stop == RUNNING and not self.interrupted:
            return f"at loss {loss} {steps}"
        word = words[stop] if stop else "interrupted"
        return f"{word} {steps}" if stop == DIVERGED else f"{word} {steps} at loss {loss}"

    def __str__(self) -> str:
        return format(self)

    def __repr__(self) -> str:
        return f"<Descent: {self}>"


def descend(
    surface: Surface,
    start: Array,
    optimizer: Any,
    steps: int = 100,
    *,
    tolerance: float = 1e-8,
    rng: Any = None,
    every: int = 1,
    progress: Callable[[int, int], None] | None = None,
    validation: Surface | None = None,
    patience: int | None = None,
    watch: Callable[[Descent], Any] | None = None,
    state: Any = None,
) -> Descent:
    """Let `optimizer` descend `surface` from `start`, and keep a record of it.

    wₖ₊₁ = update(wₖ, ∇f(wₖ)),    k = 0, 1, ..., steps - 1

    start: one point (d,) or a batch (d, ...); one point is repeated where the optimizer's learning
    rates, or the surface's factors, are an array. Each `every`-th step is recorded, and the last.
    `rng` (a generator or a seed; None is seed 0) draws the mini-batches. `validation` is the loss
    of held-out data at each record: where it is lowest is the `best_point`, and after `patience`
    records without a new lowest one a start ends EARLY.

    `progress(k, steps)` is called about four times a second from the first second on; a terminal
    shows a line by itself. `watch(run)` is called as often with the descent so far, and at the end.
    What `watch` returns, if true, stops the run; so does KeyboardInterrupt from the first step on,
    and what ran is returned. From the `point` and with the `state` of a run, the same optimizer
    continues exactly; only mini-batches are drawn anew. Everything in the descent can be
    differentiated by `autodiff.grad`, with respect to the start or a hyperparameter.

    Raises ValueError for a start that is not finite or of another dimension, for a gradient that
    has not the point's shape, and for patience without a validation surface, TypeError for what is
    no surface, no optimizer or no memory of it.

    >>> from calclearn.descent.optimizers import GradientDescent
    >>> bowl = Surface(lambda w: w[0]**2 + 3 * w[1]**2, lambda w: np.stack([2 * w[0], 6 * w[1]]))
    >>> descend(bowl, [3.0, 1.0], GradientDescent(learning_rate=0.25))
    <Descent: converged after 30 steps at loss 1.04e-17>
    >>> sweep = descend(bowl, [3.0, 1.0], GradientDescent(learning_rate=np.array([0.25, 0.5])))
    >>> [Stop(s).name for s in sweep.stop], sweep.steps_taken
    (['CONVERGED', 'DIVERGED'], array([30, 15]))
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
    if surface.sampler is not None or rng is not None:
        rng = generator(0 if rng is None else rng)
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
    the point, its memory and the state of each start belong together.
    """

    def __init__(
        self, surface, w, optimizer, state, rng, tolerance, validation, patience, every
    ) -> None:  # fmt: skip
        self.surface, self.optimizer, self.rng, self.every = surface, optimizer, rng, every
        self.validation, self.patience, self.interrupted = validation, patience or np.inf, False
        self.noisy, self.searches = surface.sampler is not None, hasattr(optimizer, "search")
        self.batch = surface.sample(rng) if self.noisy else surface
        w = repeated(w, surface, optimizer)
        value, g = evaluated("surface", self.batch.value_and_gradient, w, w.shape[1:], w.shape)
        here = Evaluation(w, value, g, 1)
        ends = not self.noisy and getattr(optimizer, "stays_where_flat", True)
        self.small = where(np.asarray(ends)[()], tolerance * plain(surface.steepness), -1.0)
        self.large = EXPLODED * np.maximum(abs(plain(value)), plain(surface.scale))
        self.certain = np.square(max(np.max(self.small, initial=0), 1e-150))
        self.rounding = 32 * np.finfo(w.dtype).eps
        self.still, self.anchor = 0, plain(w)
        stop, _ = self.check(0, here, True)
        self.lowest, self.waited, loss = np.inf, -1, None
        if validation:
            (loss,) = evaluated("validation", lambda w: (validation(w),), w, w.shape[1:])
            stop = self.validated(loss, stop)
        self.rows = [(*here[:3], loss)]  # of the steps 0, every, 2 every, ...
        state = optimizer.init(w) if state is None else checked_memory(optimizer, w, state)
        self.now = 0, here, state, stop, 0

    def step(self) -> None:
        """Step, look, ask; a start that has stopped stays where it is."""
        k, here, before, stop, taken = self.now
        if self.searches:
            there, state = self.optimizer.search(here, before, self.batch)
        else:
            update = self.optimizer.update if k else partial(first_step, self.optimizer)
            w, state = update(here.w, here.gradient, before, self.batch)
            there = Evaluation(in_type(w, here.w), None, None, here.count)
        batch, k = self.surface.sample(self.rng) if self.noisy else self.surface, k + 1
        if self.noisy or not self.searches:
            there = Evaluation(there.w, *batch.value_and_gradient(there.w), there.count + 1)
        if not anywhere(stop) and self.goes_on(here, there):
            taken = k
        else:
            running = stop == RUNNING
            code, finite = self.check(k, there, paused(self.optimizer, before))
            kept = where(running & finite, there, here)
            there = Evaluation(*kept[:3], where(running, there.count, here.count))
            stop, taken = where(running, code, stop), where(running, k, taken)
        if k % self.every == 0:
            loss = self.validation(there.w) if self.validation else None
            stop = self.validated(loss, stop) if self.validation else stop
            self.rows.append((*there[:3], loss))
        self.batch = batch
        self.now = k, there, state, stop, taken

    def validated(self, loss: Array, stop: Array) -> Array:
        """The stops (...) after a record with this validation loss: EARLY where patience ends."""
        lower = plain(loss) < self.lowest
        self.lowest = where(lower, plain(loss), self.lowest)
        self.waited = where(lower, 0, self.waited + 1)
        return where((self.waited >= self.patience) & (stop == RUNNING), EARLY, stop)

    def goes_on(self, here: Evaluation, there: Evaluation) -> bool:
        """Whether no start has stopped, by squares alone; where they do not decide, `check`."""
        w, value, g, _ = there
        if Traced in (type(value), type(w)):
            return False
        step = w - here.w
        steep, moved, least = inner(g, g), inner(step, step), self.rounding**2 * inner(w, w)
        certain = (steep > self.certain) & (moved > least) & (abs(value) <= self.large)
        if anywhere(~(certain & (steep < np.inf) & (moved < np.inf))):
            return False
        self.still, self.anchor = 0, w
        return True

    def check(self, k: int, there: Evaluation, paused: Array) -> tuple[Array, Array]:
        """The Stop (...) after step k to this point, and whether all there is finite.

        A step that a schedule `paused` says nothing of where the start is. The point to return to
        is replaced after 32 steps, 64, 128, ...: so a cycle of any length is noticed.
        """
        value, w = abs(plain(there.value)), plain(there.w)
        steep, size, away = length(plain(there.gradient)), length(w), length(w - self.anchor)
        finite = (value < np.inf) & (steep < np.inf) & (size < np.inf)
        near = away <= self.rounding * size
        self.still = where(near, where((away > 0) | paused, self.still, self.still + 1), 0)
        replaced = ~near | self.searches | (k >= 32 and k & (k - 1) == 0)
        self.anchor = where(replaced, w, self.anchor)
        stalled = (self.still >= (1 if self.searches else STILL)) & (not self.noisy)
        code = where(stalled, STALLED, RUNNING)
        code = where(steep <= self.small, CONVERGED, code)
        return where(finite & (value <= self.large), code, DIVERGED), finite

    def record(self) -> Descent:
        """The descent so far: the records, and the last step."""
        k, here, state, stop, taken = self.now
        rows = self.rows[: k // self.every + 1]
        steps = [*range(0, k, self.every), k]
        if k % self.every:
            rows = [*rows, (*here[:3], self.validation(here.w) if self.validation else None)]
        join = np.stack if Traced in map(type, rows[-1]) else np.array
        points, values, gradients, losses = zip(*rows, strict=True)
        each = np.zeros(here.w.shape[1:], dtype=int)  # where all starts share one number
        return Descent(
            *(np.array(steps), join(points), join(values), join(gradients)),
            *(each + stop, each + taken, each + here.count, self.interrupted),
            validation=join(losses) if self.validation else None,
            state=state if anywhere(stop == RUNNING) else None,
        )


def print_line(k: int, steps: int) -> None:
    print(f"\rstep {k:,} of {steps:,} ", end="", file=sys.stderr, flush=True)
