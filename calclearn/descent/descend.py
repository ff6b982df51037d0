"""March a while, then look back: the only loop in the project.

The march is the loop of every textbook, update after update, and asks nothing. Whether a start has
converged, diverged or stalled meanwhile is asked once a block, for the last step; only if one has,
the block's steps are searched for the moment. So the questions cost next to nothing, for one
start of two weights as for ten thousand.

`stopping` asks, and says what the stops are. A run can be ended at any moment, by hand or by the
`watch` that it reports to: what it has seen until then is a descent like any other.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from calclearn.calculus.tracing import plain
from calclearn.descent.arguments import (
    finite_numbers,
    generator,
    is_real,
    optimizer_like,
    whole_number,
)
from calclearn.descent.batches import Array, as_points, some
from calclearn.descent.record import Descent, Seen, Stop
from calclearn.descent.stopping import RUNNING, Judge
from calclearn.descent.surfaces import Surface

__all__ = ["Descent", "Stop", "descend"]

BLOCK = 32  # steps between two looks back, at most; 1 where each step is a line search
PERIOD = 0.25  # seconds
NUMBERS = 2**18  # numbers that a block of points may hold, to stay in the cache


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
    """Let `optimizer` walk down `surface` from `start`, and keep what it saw.

    wₖ₊₁ = update(wₖ, ∇f(wₖ)),    k = 0, 1, ..., steps - 1

    start: one point (d,) or a batch (d, ...); one point is repeated where the optimizer's learning
    rates, or the surface's factors, are an array. Each `every`-th step is recorded, and the last.
    `rng` (a generator or a seed; None is seed 0) draws the mini-batches.

    validation: the loss of data held out; it is taken of each record, and the record where it is
    lowest is the descent's `best_point`. With `patience`, a start ends EARLY after so many records
    without a new lowest one.

    `progress(k, steps)` is called from the first second on, about four times a second; a terminal
    shows a line by itself. `watch(run)` is called as often with the descent so far, and at the end;
    a true answer ends the run. So does KeyboardInterrupt at any moment from the first step on, and
    what ran is returned, finite. From the `point` of a run that was ended or out of steps, and with
    its `state`, the optimizer's memory, the same optimizer goes on as if nothing had been; only
    mini-batches are drawn anew. Everything in the descent can be differentiated by `autodiff.grad`,
    with respect to the start or a hyperparameter.

    Raises ValueError for a start that is not finite or of another dimension, for a gradient that
    has not the point's shape, and for patience without a validation surface, TypeError for what is
    no surface, no optimizer or no memory of it.

    >>> from calclearn.descent.optimizers import GradientDescent
    >>> bowl = Surface(lambda w: w[0]**2 + 3 * w[1]**2, lambda w: np.stack([2 * w[0], 6 * w[1]]))
    >>> run = descend(bowl, [3.0, 1.0], GradientDescent(learning_rate=0.25))
    >>> Stop(run.stop), int(run.steps_taken)
    (<Stop.CONVERGED: 1>, 30)
    >>> sweep = descend(bowl, [3.0, 1.0], GradientDescent(learning_rate=np.array([0.25, 0.5])))
    >>> [Stop(s).name for s in sweep.stop], sweep.steps_taken
    (['CONVERGED', 'DIVERGED'], array([30, 15]))
    """
    if not (isinstance(surface, Surface) or callable(surface)):
        raise TypeError(f"surface must be a Surface or a function of points, got {surface!r}")
    optimizer_like(optimizer)
    surface = surface if isinstance(surface, Surface) else Surface(surface)
    w = as_points(start, surface.dimension, "start")
    finite_numbers("start", plain(w))
    whole_number("steps", steps, 0)
    whole_number("every", every, 1)
    if not (is_real(tolerance) and np.ndim(tolerance) == 0 and tolerance >= 0):
        raise ValueError(f"tolerance must be a number of at least 0, got {tolerance!r}")
    if not (validation is None or isinstance(validation, Surface) or callable(validation)):
        raise TypeError(f"validation must be a Surface or a function of points, got {validation!r}")
    if patience is not None:
        whole_number("patience", patience, 1)
        if validation is None:
            raise ValueError("patience needs a validation surface, got validation=None")
    for name, told in (("progress", progress), ("watch", watch)):
        if not (told is None or callable(told)):
            raise TypeError(f"{name} must be a function or None, got {told!r:.60}")
    rng = generator(0 if rng is None else rng)
    if not (validation is None or isinstance(validation, Surface)):
        validation = Surface(validation)
    with np.errstate(all="ignore"):  # a number that overflows is a divergence, not a warning
        run = Run(surface, w, optimizer, rng, tolerance, every, validation, patience, state)
        try:
            run.finish(steps, Clock(steps, progress, watch))
            descent = run.record()
            if watch is not None:
                watch(descent)
        except KeyboardInterrupt:
            run.interrupted = True
            descent = run.record()
        return descent


class Run:
    """A descent under way."""

    def __init__(
        self,
        surface: Surface,
        w: Array,
        optimizer: Any,
        rng: np.random.Generator,
        tolerance: float,
        every: int,
        validation: Surface | None,
        patience: int | None,
        state: Any,
    ) -> None:
        self.surface, self.optimizer, self.rng = surface, optimizer, rng
        self.batch = surface.sample(rng)
        self.noisy = self.batch is not surface
        shape = common_shape(w.shape[1:], surface.batch, batch_shape(optimizer))
        if shape != w.shape[1:]:
            w = repeated(w, shape)
        try:
            value, g = self.batch.value_and_gradient(w)
        except ValueError as error:
            raise ValueError(f"surface cannot take points of shape {w.shape}: {error}") from error
        for name, part, expected in (("value", value, shape), ("gradient", g, w.shape)):
            if not is_real(part):
                raise TypeError(
                    f"the {name} of the surface must be a real number or an array of them, "
                    f"got {part!r:.60}"
                )
            if np.shape(plain(part)) != expected:
                raise ValueError(
                    f"the {name} of the surface must have shape {expected} at points of shape "
                    f"{w.shape}, got {np.shape(plain(part))}"
                )
        self.state = optimizer.init(w)
        if state is not None:
            if type(state) is not type(self.state):
                kind = type(optimizer).__name__
                raise TypeError(f"state must be a memory of {kind}, got {state!r:.60}")
            self.state = state
        rests = not self.noisy and getattr(optimizer, "rests_where_flat", True)
        self.judge = Judge(
            surface, self.noisy, tolerance if rests else None, every, validation, patience
        )
        self.seen, self.past = self.judge.begin(Seen(w, value, g, 1))
        self.interrupted = False

    def finish(self, steps: int, clock: "Clock") -> None:
        """March and look back in turn until all have stopped."""
        searches, fitting = hasattr(self.state, "seen"), 1 + NUMBERS // self.past.seen.w.size
        block, longest = 1, 1 if searches else min(BLOCK, fitting)
        while self.past.k < steps and not self.interrupted and some(self.past.stop == RUNNING):
            rows, state = self.march(min(block, steps - self.past.k), clock.pause)
            record, past = self.judge.look_back(rows, self.past)
            self.seen += record
            # At once, so that an interrupt finds those before or these.
            self.past, self.state = past, state
            block = min(2 * block, longest)
            clock.tick(self)

    def record(self) -> Descent:
        """The descent so far: the records, and the last step."""
        past, validation = self.past, self.judge.validation
        last = int(np.max(past.taken, initial=0))
        record = [entry for entry in self.seen if entry[0] <= last]
        if record[-1][0] < last:
            loss = validation(past.seen.w) if validation else None
            record.append((last, past.seen, loss))
        numbers, rows, losses = zip(*record, strict=True)
        points, values, gradients, _ = zip(*rows, strict=True)
        each = np.zeros(np.shape(past.taken), dtype=int)  # where all starts share one number
        return Descent(
            steps=np.array(numbers),
            points=in_one(points),
            values=in_one(values),
            gradients=in_one(gradients),
            stop=each + past.stop,
            steps_taken=each + past.taken,
            evaluations=each + past.seen.evaluations,
            interrupted=self.interrupted,
            validation=in_one(losses) if validation else None,
            state=self.state if some(past.stop == RUNNING) else None,
        )

    def march(self, steps: int, pause: float) -> tuple[list[Seen], Any]:
        """The loop of every textbook, for so many steps or until `pause`.

        Returns what it has seen, first the past, and the optimizer's memory after the last of it.
        """
        update, surface, rng = self.optimizer.update, self.surface, self.rng
        batch, state, seen = self.batch, self.state, self.past.seen
        searches, rows, dtype = hasattr(state, "seen"), [seen], seen.w.dtype
        try:
            for _ in range(steps):
                if searches and state.seen is not seen:
                    state = state._replace(seen=seen)
                w, memory = update(seen.w, seen.gradient, state, batch)
                if w.dtype is not dtype:  # float32 stays float32, whatever it was added to
                    w = w.astype(dtype)
                batch = surface.sample(rng)
                if searches and not self.noisy:  # a line search has looked there already
                    seen = memory.seen
                else:
                    seen = Seen(w, *batch.value_and_gradient(w), seen.evaluations + 1)
                state = memory  # not before, as an interrupt may come while the gradient is taken
                rows.append(seen)
                if w is rows[-2].w or time.perf_counter() > pause:
                    break
        except KeyboardInterrupt:
            self.interrupted = True
        self.batch = batch
        return rows, state


class Clock:
    """When to pause for a look back, and whom to tell how far the run is."""

    def __init__(self, steps: int, progress: Callable | None, watch: Callable | None) -> None:
        on_terminal = print_line if sys.stderr.isatty() else None
        self.steps, self.progress, self.watch = steps, progress or on_terminal, watch
        self.begin = time.perf_counter()
        self.pause = self.begin + PERIOD

    def tick(self, run: Run) -> None:
        now = time.perf_counter()
        if now < self.pause:
            return
        if self.progress is not None and now - self.begin > 1:
            self.progress(run.past.k, self.steps)
        if self.watch is not None and self.watch(run.record()):
            run.interrupted = True
        told = time.perf_counter()
        self.pause = told + max(PERIOD, 3 * (told - now))  # a slow listener leaves time to march


def print_line(k: int, steps: int) -> None:
    print(f"\rstep {k:,} of {steps:,} ", end="", file=sys.stderr, flush=True)


def common_shape(starts: tuple, surface: tuple, optimizer: tuple) -> tuple:
    try:
        return np.broadcast_shapes(starts, surface, optimizer)
    except ValueError:
        raise ValueError(
            f"the batch shapes of start {starts}, of the surface's factors {surface} and of the "
            f"optimizer's numbers {optimizer} must broadcast"
        ) from None


def batch_shape(hyperparameters: Any) -> tuple[int, ...]:
    """The shape (...) of the arrays among the fields of an optimizer or a schedule."""
    if is_dataclass(hyperparameters):
        hyperparameters = tuple(vars(hyperparameters).values())
    if isinstance(hyperparameters, tuple):
        return np.broadcast_shapes(*map(batch_shape, hyperparameters))
    return getattr(hyperparameters, "shape", ())


def repeated(w: Array, shape: tuple[int, ...]) -> Array:
    """Starts (d, ...) repeated to (d, *shape)."""
    d, *batch = w.shape
    ones = (1,) * (len(shape) - len(batch))
    return np.reshape(w, (d, *ones, *batch)) + np.zeros((d, *shape), dtype=w.dtype)


def in_one(rows: tuple) -> Array:
    """`np.stack`, in the quick way where no row is traced."""
    return np.array(rows) if type(plain(rows[-1])) is type(rows[-1]) else np.stack(rows)
