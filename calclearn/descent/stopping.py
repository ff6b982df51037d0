"""When a start stops is asked afterwards, and what it walked too far is taken back.

Where `surface.scale` and `steepness` are the sizes of a typical value and gradient, a start has

    CONVERGED     ‖∇fₖ‖ ≤ tolerance · steepness
    DIVERGED      |fₖ| > 10⁸ max(|f₀|, scale), or something is no longer finite
    STALLED       wₖ = wₖ₋₁ to the last digit, and ‖∇fₖ‖ is not small
    EARLY         `patience` records without a validation loss lower than all before
    OUT_OF_STEPS  none of these after `steps` steps

A run that will still converge may climb first: momentum 0.999 by up to 10⁶. Hence the 10⁸, which
gradient descent at 1.5 times the largest stable learning rate passes in 14 steps or so. A gradient
that is small for one mini-batch says little: where batches are drawn, nothing has CONVERGED.
"""

from typing import Any, NamedTuple

import numpy as np

from calclearn.calculus.tracing import Traced, plain
from calclearn.descent.arguments import is_real
from calclearn.descent.batches import Array, chosen, either, inner, some
from calclearn.descent.record import Seen, Stop
from calclearn.descent.surfaces import Surface

RUNNING, CONVERGED, DIVERGED, STALLED, EARLY = map(int, Stop)  # while it runs, it is out of steps
EXPLODED = 1e8


class Past(NamedTuple):
    """How far a descent has come, and how each start stands."""

    k: int
    seen: Seen  # at step k
    stop: Any  # (...)
    taken: Any  # (...) steps
    lowest: Any  # (...) validation loss of the records
    waited: Any  # (...) records since


class Judge:
    """Looks back on a block of steps for the one that ended each start."""

    def __init__(
        self,
        surface: Surface,
        noisy: bool,
        tolerance: float | None,
        every: int,
        validation: Surface | None,
        patience: int | None,
    ) -> None:
        self.scale, self.noisy, self.every = plain(surface.scale), noisy, every
        flat = tolerance is not None  # else a small gradient is no end
        self.small = np.square(tolerance * plain(surface.steepness)) if flat else -1.0
        self.least = float(np.max(self.small))
        self.validation, self.patience = validation, np.inf if patience is None else patience

    def begin(self, seen: Seen) -> tuple[list, Past]:
        """The record and the past of a descent that has seen only its start."""
        self.large = EXPLODED * np.maximum(abs(plain(seen.value)), self.scale)
        self.most = float(np.min(self.large, initial=np.inf))
        code, _ = self.verdict(seen, seen)
        shape = np.shape(plain(seen.value))
        stop = either(code == STALLED, RUNNING, code)  # it cannot stall before it has moved
        taken, loss, lowest = np.zeros(shape, dtype=int), None, None
        if self.validation:
            try:
                loss = self.validation(seen.w)
            except ValueError as error:
                raise ValueError(
                    f"validation cannot take points of shape {seen.w.shape}: {error}"
                ) from error
            if not is_real(loss):
                raise TypeError(
                    f"the value of validation must be a real number or an array of them, "
                    f"got {loss!r:.60}"
                )
            if np.shape(plain(loss)) != shape:
                raise ValueError(
                    f"the value of validation must have shape {shape} at points of shape "
                    f"{seen.w.shape}, got {np.shape(plain(loss))}"
                )
            lowest = either(plain(loss == loss), plain(loss), np.inf)
        return [(0, seen, loss)], Past(0, seen, stop, taken, lowest, taken)

    def look_back(self, rows: list[Seen], past: Past) -> tuple[list, Past]:
        """What is recorded of the steps `rows`, which begin at the past, and the new past."""
        k, every = past.k, self.every
        rows, stop, taken = self.at_rest(rows, past)
        if self.validation:
            return self.validated(rows, past._replace(stop=stop, taken=taken))
        record = [(i, row, None) for i, row in enumerate(rows, k) if i > k and i % every == 0]
        return record, Past(k + len(rows) - 1, rows[-1], stop, taken, None, None)

    def at_rest(self, rows: list[Seen], past: Past) -> tuple[list[Seen], Array, Array]:
        """The rows with each start at rest where it ended; its Stop and its number of steps."""
        k, _, stop, taken, *_ = past
        if len(rows) == 1:
            return rows, stop, taken
        some_end = any(map(self.ends, rows[:-1], rows[1:]))
        if not (some_end or some(stop != RUNNING)):
            return rows, stop, taken + len(rows) - 1
        for j in range(1, len(rows)):
            code, finite = self.verdict(*rows[j - 1 : j + 1])
            running = stop == RUNNING
            stop = either(running, code, stop)
            taken = either(running, k + j, taken)
            rows[j] = chosen(running & finite, rows[j], rows[j - 1])
            if not some(stop == RUNNING):
                return rows[: j + 1], stop, taken
        return rows, stop, taken

    def ends(self, old: Seen, new: Seen) -> bool:
        """Whether any start ends by this step.  Most often a look at the extremes says no."""
        value, goes_on = new.value, False
        if type(value) is not Traced:
            steepness, moved = inner(new.gradient, new.gradient), new.w[0] != old.w[0]
            if not isinstance(value, np.ndarray):
                goes_on = moved and self.least < steepness < np.inf and abs(value) <= self.most
            elif value.size:
                goes_on = moved.all() and steepness.min() > self.least and steepness.max() < np.inf
                goes_on = goes_on and -self.most <= value.min() and value.max() <= self.most
        return not goes_on and some(self.verdict(old, new)[0] != RUNNING)

    def validated(self, rows: list[Seen], past: Past) -> tuple[list, Past]:
        """The same with validation losses, and each start at rest where its patience ended."""
        k, _, stop, taken, lowest, waited = past
        record, j = [], self.every - k % self.every
        while j < len(rows):
            loss = self.validation(rows[j].w)
            record.append((k + j, rows[j], loss))
            lower = plain(loss) < lowest
            lowest, waited = either(lower, plain(loss), lowest), either(lower, 0, waited + 1)
            early = (waited >= self.patience) & ((stop == RUNNING) | (taken > k + j))
            if some(early):
                stop, taken = either(early, EARLY, stop), either(early, k + j, taken)
                rows[j + 1 :] = [chosen(early, rows[j], row) for row in rows[j + 1 :]]
                if not some(stop == RUNNING):
                    del rows[np.max(taken) - k + 1 :]
            j += self.every
        return record, Past(k + len(rows) - 1, rows[-1], stop, taken, lowest, waited)

    def verdict(self, old: Seen, new: Seen) -> tuple[Array, Array]:
        """The Stop (...) after the step from `old` to `new`, and whether `new` is finite."""
        value, g, step = abs(plain(new.value)), plain(new.gradient), plain(new.w) - plain(old.w)
        steepness, moved = inner(g, g), inner(step, step)
        finite = value + steepness + moved < np.inf
        code = either(moved == 0, RUNNING if self.noisy else STALLED, RUNNING)
        code = either(steepness <= self.small, CONVERGED, code)
        return either(finite & (value <= self.large), code, DIVERGED), finite
