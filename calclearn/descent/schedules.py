"""A schedule is the highest learning rate times a factor that depends on the step number alone.

    ηₖ = η · factor(k),    k = 0, 1, 2, ...

`clipped` bounds the other half of a step, the gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calclearn.descent.arguments import array, number, whole
from calclearn.descent.optimizers import Number, Optimizer, check_optimizer
from calclearn.descent.surfaces import Array, length


@dataclass(frozen=True)
class Schedule:
    """η · factor(k), a function of the step number k, or of an array of them; η may be one, too."""

    learning_rate: Number
    factor: Callable[[Any], Any] = field(repr=False)

    def __post_init__(self) -> None:
        number("learning_rate", self.learning_rate, 0, many=True)

    def __call__(self, k: Any) -> Number:
        return self.learning_rate * self.factor(k)


def constant(learning_rate: Number) -> Schedule:
    """ηₖ = η."""
    return Schedule(learning_rate, lambda k: 1.0 + 0 * k)


def step_decay(learning_rate: Number, factor: Number = 0.1, every: int = 30) -> Schedule:
    """ηₖ = η γ^⌊k / every⌋: times γ, the `factor`, after each so many steps.

    >>> [step_decay(8.0, factor=0.5, every=2)(k) for k in range(5)]
    [8.0, 8.0, 4.0, 4.0, 2.0]
    """
    number("factor", factor, 0, many=True)
    whole("every", every, 1)
    return Schedule(learning_rate, lambda k: factor ** (k // every))


def exponential_decay(learning_rate: Number, factor: Number = 0.99) -> Schedule:
    """ηₖ = η γᵏ: times γ, the `factor`, after each step."""
    return step_decay(learning_rate, factor, every=1)


def cosine(learning_rate: Number, steps: int) -> Schedule:
    """ηₖ = η (1 + cos(π k / steps)) / 2: half a wave from η down to 0, and 0 from there on.

    >>> [round(float(cosine(8.0, steps=4)(k)), 6) for k in (0, 2, 4, 5)]
    [8.0, 4.0, 0.0, 0.0]

    Source: Loshchilov & Hutter, "SGDR: stochastic gradient descent with restarts", ICLR (2017).
    """
    whole("steps", steps, 1)
    return Schedule(learning_rate, lambda k: (1 + np.cos(np.pi * np.minimum(k / steps, 1))) / 2)


def warmup(learning_rate: Number | Schedule, steps: int) -> Schedule:
    """ηₖ times min(1, (k + 1) / steps): in even steps up to a learning rate, or to a schedule.

    >>> [float(warmup(8.0, steps=4)(k)) for k in range(5)]
    [2.0, 4.0, 6.0, 8.0, 8.0]

    Source: Goyal et al., "Accurate, large minibatch SGD", arXiv:1706.02677 (2017).
    """
    whole("steps", steps, 1)
    after = learning_rate if isinstance(learning_rate, Schedule) else constant(learning_rate)
    return Schedule(after.learning_rate, lambda k: np.minimum(1, (k + 1) / steps) * after.factor(k))


def per_step(learning_rates: Array) -> Schedule:
    """ηₖ = learning_rates[k]: a learning rate for each step, and the last for all steps after.

    learning_rates: (K,), or (K, ...) for a batch. Raises ValueError for none and negative ones.

    >>> [float(per_step([0.4, 0.2, 0.1])(k)) for k in range(4)]
    [0.4, 0.2, 0.1, 0.1]

    Source: Maclaurin, Duvenaud & Adams, ICML (2015).
    """
    rates = array("learning_rates", learning_rates, finite=False)
    if rates.ndim == 0 or rates.size == 0:
        raise ValueError(f"learning_rates must have shape (K,) or (K, ...), got {rates.shape}")
    number("learning_rates", rates, 0, many=True)
    batch, last = rates.shape[1:], len(rates) - 1
    return Schedule(np.ones(batch) if batch else 1.0, lambda k: rates[np.minimum(k, last)])


@dataclass(frozen=True)
class Clipped:
    """The optimizer, with a gradient longer than `max_norm` shortened to it.

    g ← g · min(1, max_norm / (‖g‖ + 10⁻⁶))

    The 10⁻⁶ is PyTorch's. Raises ValueError for a negative `max_norm`, TypeError for an optimizer
    that searches along a line: it compares gradients as they are.

    >>> from calclearn.descent.optimizers import GradientDescent
    >>> clipped(GradientDescent(1.0), 5.0).update(0.0, np.array([30.0, -40.0]), 0)[0].round(4)
    array([-3.,  4.])

    Source: Pascanu, Mikolov & Bengio, ICML (2013).
    """

    optimizer: Optimizer
    max_norm: Number

    def __post_init__(self) -> None:
        check_optimizer(self.optimizer)
        if hasattr(self.optimizer, "search"):
            expected = "optimizer must take one gradient a step, not search along a line"
            raise TypeError(f"{expected}, got {self.optimizer!r}")
        number("max_norm", self.max_norm, 0, many=True)

    @property
    def stays_where_flat(self) -> Any:
        return getattr(self.optimizer, "stays_where_flat", True)

    def init(self, w: Array) -> Any:
        return self.optimizer.init(w)

    @np.errstate(all="ignore")  # squares may overflow
    def update(self, w: Array, g: Array, state: Any, surface: Any = None) -> tuple[Array, Any]:
        share = np.minimum(1, self.max_norm / (length(g) + 1e-6))  # (...): each start's own
        return self.optimizer.update(w, share * g, state, surface)


clipped = Clipped
