"""March a while, then look back: the only loop in the project.

The march is the loop of every textbook, update after update, and asks nothing. Whether a start has
converged, diverged or stalled meanwhile is asked once a block, for the last step; only if one has,
the block's steps are searched for the moment. So the questions cost next to nothing, for one
start of two weights as for ten thousand.

The stops, where `surface.scale` and `steepness` are the sizes of a typical value and gradient:

    CONVERGED     ‖∇fₖ‖ ≤ tolerance · steepness
    DIVERGED      |fₖ| > 10⁸ max(|f₀|, scale), or something is no longer finite
    STALLED       wₖ = wₖ₋₁ to the last digit, and ‖∇fₖ‖ is not small
    OUT_OF_STEPS  none of these after `steps` steps

A run that will still converge may climb first: momentum 0.999 by up to 10⁶. Hence the 10⁸, which
gradient descent at 1.5 times the largest stable learning rate passes in 14 steps or so. A gradient
that is small for one mini-batch says little: where batches are drawn, only DIVERGED stops a start.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from calclearn.calculus.tracing import plain
from calclearn.descent.arguments import is_real, optimizer_like, whole_number
from calclearn.descent.batches import Array, as_points, chosen, either, inner, some
from calclearn.descent.record import Descent, Seen, Stop
from calclearn.descent.surfaces import Surface

RUNNING, CONVERGED, DIVERGED, STALLED = map(int, Stop)  # while it runs, it is out of steps
EXPLODED = 1e8
BLOCK = 32  # steps between two looks back, at most; 1 where each step is a line search
NUMBERS = 2**21  # numbers that a block of points may hold


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
) -> Descent:
    """Let `optimizer` walk down `surface` from `start`, and keep what it saw.

    wₖ₊₁ = update(wₖ, ∇f(wₖ)),    k = 0, 1, ..., steps - 1

    start: one point (d,) or a batch (d, ...); one point is repeated where the optimizer's learning
    rates, or the surface's factors, are an array. Each `every`-th step is recorded, and the last.
    `rng` (a generator or a seed; None is seed 0) draws the mini-batches. `progress(k, steps)` is
    called from the first second on, about four times a second; a terminal shows a line by itself.
    KeyboardInterrupt ends the run, and what ran is returned. Everything in it can be
    differentiated by `autodiff.grad`, with respect to the start or a hyperparameter.

    Raises ValueError for a start that is not finite or of another dimension, and for a gradient
    that has not the point's shape.

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
    if not np.isfinite(plain(w)).all():
        raise ValueError(f"start must be finite, got {plain(w)}")
    whole_number("steps", steps, 0)
    whole_number("every", every, 1)
    if not (is_real(tolerance) and np.ndim(tolerance) == 0 and tolerance >= 0):
        raise ValueError(f"tolerance must be a number of at least 0, got {tolerance!r}")
    if not (progress is None or callable(progress)):
        raise TypeError(f"progress must be a function or None, got {progress!r:.60}")
    try:
        rng = np.random.default_rng(0 if rng is None else rng)
    except (TypeError, ValueError):
        raise TypeError(f"rng must be a generator or a seed, got {rng!r:.60}") from None
    with np.errstate(all="ignore"):  # a number that overflows is a divergence, not a warning
        return Run(surface, w, optimizer, rng, tolerance).finish(steps, every, progress)


class Run:
    """A descent under way."""

    def __init__(
        self, surface: Surface, w: Array, optimizer: Any, rng: np.random.Generator, tolerance: float
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
        self.seen = Seen(w, value, g, 1)
        self.state = optimizer.init(w)
        rests = not self.noisy and getattr(optimizer, "rests_where_flat", True)
        self.small = np.square(tolerance * plain(surface.steepness)) if rests else -1.0
        self.large = EXPLODED * np.maximum(abs(plain(value)), plain(surface.scale))
        code, _ = self.verdict(self.seen, self.seen)
        self.stop = either(code == STALLED, RUNNING, code)  # it cannot stall before it has moved
        self.taken = np.zeros(shape, dtype=int)
        self.interrupted = False

    def finish(self, steps: int, every: int, progress: Callable | None) -> Descent:
        """March and look back in turn until all have stopped, then put the record together."""
        searches, fitting = hasattr(self.state, "seen"), 1 + NUMBERS // self.seen.w.size
        clock, longest = Clock(progress), 1 if searches else min(BLOCK, fitting)
        record, k, block = [(0, self.seen)], 0, 1
        while k < steps and not self.interrupted and some(self.stop == RUNNING):
            rows = self.look_back(self.march(min(block, steps - k), clock.pause), k)
            record += [(i, row) for i, row in enumerate(rows, k) if i > k and i % every == 0]
            self.seen, k = rows[-1], k + len(rows) - 1
            block = min(2 * block, longest)
            clock.tick(k, steps)
        last = int(np.max(self.taken, initial=0))
        record = [(i, row) for i, row in record if i < last] + [(last, self.seen)]
        numbers, rows = zip(*record, strict=True)
        points, values, gradients, _ = zip(*rows, strict=True)
        each = np.zeros(np.shape(self.taken), dtype=int)  # where all starts share one number
        return Descent(
            steps=np.array(numbers),
            points=in_one(points),
            values=in_one(values),
            gradients=in_one(gradients),
            stop=each + self.stop,
            steps_taken=each + self.taken,
            evaluations=each + self.seen.evaluations,
            interrupted=self.interrupted,
        )

    def march(self, steps: int, pause: float) -> list[Seen]:
        """The loop of every textbook, for so many steps or until `pause`; first comes the past."""
        update, surface, rng = self.optimizer.update, self.surface, self.rng
        batch, state, seen = self.batch, self.state, self.seen
        searches, rows = hasattr(state, "seen"), [self.seen]
        try:
            for _ in range(steps):
                if searches and state.seen is not seen:
                    state = state._replace(seen=seen)
                w, state = update(seen.w, seen.gradient, state, batch)
                batch = surface.sample(rng)
                if searches and not self.noisy:  # a line search has looked there already
                    seen = state.seen
                else:
                    seen = Seen(w, *batch.value_and_gradient(w), seen.evaluations + 1)
                rows.append(seen)
                if w is rows[-2].w or time.perf_counter() > pause:
                    break
        except KeyboardInterrupt:
            self.interrupted = True
        self.state, self.batch = state, batch
        return rows

    def look_back(self, rows: list[Seen], k: int) -> list[Seen]:
        """Find the step that ended each start which has ended, and let it rest there."""
        code, _ = self.verdict(*rows[-2:]) if len(rows) > 1 else (RUNNING, True)
        ending = (code != RUNNING) & (self.stop == RUNNING)
        if not (some(ending) or some(self.stop != RUNNING)):
            self.taken = self.taken + len(rows) - 1
            return rows
        for j in range(1, len(rows)):
            code, finite = self.verdict(*rows[j - 1 : j + 1])
            running = self.stop == RUNNING
            self.stop = either(running & ending, code, self.stop)
            self.taken = either(running, k + j, self.taken)
            rows[j] = chosen(running & finite, rows[j], rows[j - 1])
            if not some(self.stop == RUNNING):
                return rows[: j + 1]
        return rows

    def verdict(self, old: Seen, new: Seen) -> tuple[Array, Array]:
        """The Stop (...) after the step from `old` to `new`, and whether `new` is finite."""
        value, g, step = abs(plain(new.value)), plain(new.gradient), plain(new.w) - plain(old.w)
        steepness, moved = inner(g, g), inner(step, step)
        finite = value + steepness + moved < np.inf
        code = either(moved == 0, RUNNING if self.noisy else STALLED, RUNNING)
        code = either(steepness <= self.small, CONVERGED, code)
        return either(finite & (value <= self.large), code, DIVERGED), finite


class Clock:
    """When to pause for a look back, and when to show how far the run is."""

    def __init__(self, progress: Callable | None) -> None:
        on_terminal = print_line if sys.stderr.isatty() else None
        self.progress = progress or on_terminal
        self.begin = time.perf_counter()
        self.pause = self.begin + 0.25

    def tick(self, k: int, steps: int) -> None:
        now = time.perf_counter()
        if now >= self.pause:
            self.pause = now + 0.25
            if self.progress is not None and now - self.begin > 1:
                self.progress(k, steps)


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
