"""What a descent leaves behind: every step that it took, and for each start why it ended."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from calclearn.calculus.tracing import plain
from calclearn.descent.batches import Array


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


@dataclass(frozen=True, eq=False)
class Descent:
    """A descent on record: step `steps[i]` saw `points[i]`, `values[i]` and `gradients[i]`.

    The values and gradients are those that the steps used: with mini-batches, those of the batches.
    A start that has stopped repeats its last finite point; the record ends when all have. With a
    validation surface, each start's best step and point are those of its lowest validation loss.
    """

    steps: np.ndarray  # (K+1,)
    points: Array  # (K+1, d, ...)
    values: Array  # (K+1, ...)
    gradients: Array  # (K+1, d, ...)
    stop: np.ndarray  # (...) of Stop
    steps_taken: np.ndarray  # (...)
    evaluations: np.ndarray  # (...) of the gradient
    interrupted: bool = False
    validation: Array | None = None  # (K+1, ...) losses of the points, where they were asked for
    state: Any = None  # the optimizer's memory at the end, unless all starts came to one

    @property
    def point(self) -> Array:
        """Where the descent ended, (d, ...)."""
        return self.points[-1]

    @property
    def value(self) -> Array:
        """How low that is, (...)."""
        return self.values[-1]

    @property
    def best_step(self) -> Any:
        """The recorded step with the lowest validation loss, (...)."""
        return np.minimum(self.steps[self._lowest], self.steps_taken)

    @property
    def best_point(self) -> Array:
        """Where the validation loss was lowest, (d, ...)."""
        i = self._lowest
        if i.ndim == 0:
            return self.points[i]
        each = self.points[i, :, *np.indices(i.shape)]  # (..., d)
        return np.moveaxis(each, -1, 0)

    @property
    def _lowest(self) -> np.ndarray:
        if self.validation is None:
            raise AttributeError("only a descent with a validation surface has a best step")
        losses = plain(self.validation)
        return np.argmin(np.where(np.isnan(losses), np.inf, losses), axis=0)


class Seen(NamedTuple):
    """What is known at one point of the way."""

    w: Array  # (d, ...)
    value: Array  # (...)
    gradient: Array  # (d, ...)
    evaluations: Any  # of the gradient so far: one number, or one a start (...)
