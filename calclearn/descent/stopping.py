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

from calclearn.calculus.tracing import plain
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
        self.validation, self.patience = validation, np.inf if patience is None else patience

    def begin(self, seen: Seen) -> tuple[list, Past]:
        """The record and the past of a descent that has seen only its start."""
        self.large = EXPLODED * np.maximum(abs(plain(seen.value)), self.scale)
        code = self.verdict(seen.w, seen)[0]
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
        codes, finite = self.verdicts(rows)
        if not (some(codes != RUNNING) or some(stop != RUNNING)):
            return rows, stop, taken + len(rows) - 1
        for j in range(1, len(rows)):
            running = stop == RUNNING
            stop = either(running, codes[j - 1], stop)
            taken = either(running, k + j, taken)
            rows[j] = chosen(running & finite[j - 1], rows[j], rows[j - 1])
            if not some(stop == RUNNING):
                return rows[: j + 1], stop, taken
        return rows, stop, taken

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

    def verdicts(self, rows: list[Seen]) -> tuple[Array, Array]:
        """The verdict after each step of the rows, (J, ...): asked of all J steps in one go."""
        if len(rows) == 2:
            code, finite = self.verdict(rows[0].w, rows[1])
            return np.asarray(code)[None], np.asarray(finite)[None]
        w, value, g, _ = zip(*rows, strict=True)
        w, g = (np.array(plain(part)).swapaxes(0, 1) for part in (w, g))  # (d, J + 1, ...)
        steps = Seen(w[:, 1:], np.array(plain(value))[1:], g[:, 1:], None)
        return self.verdict(w[:, :-1], steps)

    def verdict(self, w: Array, new: Seen) -> tuple[Array, Array]:
        """The Stop (...) after the step from `w` to `new`, and whether `new` is finite."""
        value, g, step = abs(plain(new.value)), plain(new.gradient), plain(new.w) - plain(w)
        steepness, moved = inner(g, g), inner(step, step)
        finite = value + steepness + moved < np.inf
        code = either(moved == 0, RUNNING if self.noisy else STALLED, RUNNING)
        code = either(steepness <= self.small, CONVERGED, code)
        return either(finite & (value <= self.large), code, DIVERGED), finite
