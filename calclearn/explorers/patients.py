"""A patient is a training run that fails, and a few knobs at which it may be helped.

The one decision: nothing is acted. A patient is data, a network, and a plan with something wrong
in it; every setting of its knobs is a training by `descend`, and what the learner is shown and
scored by are the losses of that training.

    w₀ = network.init(seed),    wₖ₊₁ = wₖ - η g(wₖ)        g: what the patient takes for ∇L
    handed over: the last weights, or with `early` those of the lowest validation loss

The marks that part the outcomes lie far from every loss that any setting ends at, so that rounding
decides about nothing. What ails whom stands in `cases`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from calclearn.descent.descend import Descent, Stop, descend
from calclearn.descent.losses import cross_entropy, l2
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.schedules import clipped
from calclearn.descent.surfaces import Surface
from calclearn.networks.network import Network

RECORDS, PATIENCE = 50, 8  # records of a run; those without a better one before it is stopped
AS_DELIVERED = "as delivered"
HEALED, BETTER, FAILING = "healed", "better", "no better"


@dataclass(frozen=True)
class Plan:
    """What somebody decides before a run; a knob changes one of these."""

    learning_rate: float = 0.1
    steps: int = 100
    units: int = 16
    layers: int = 1  # hidden ones
    activation: str = "tanh"
    first_weights: str = AS_DELIVERED
    features: str = AS_DELIVERED
    labels: str = AS_DELIVERED
    gradient: str = AS_DELIVERED
    max_norm: float | None = None  # clips the gradient
    strength: float = 0.0  # λ of L2
    early: bool = False


class Data(NamedTuple):
    """What a network is trained on, and what is held back for validation."""

    x: np.ndarray  # (N, ...)
    y: np.ndarray  # (N,) classes, or (N, 1)
    x_held: np.ndarray
    y_held: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Patient:
    """A failing run: its `plan` as delivered, and what may be changed about it, `knobs`.

    `data` and `network` are made for a plan. `slip`, of a network, has a factor for each weight: by
    so much its derivative is wrong as delivered. A validation loss up to `healthy` is healed, up to
    `better` better. `cause` is a key of `diagnosis.CAUSES`, `limits` are those of the losses drawn.
    """

    name: str
    cause: int
    unit: str
    plan: Plan
    knobs: dict[str, tuple]
    healthy: float
    better: float
    limits: tuple[float, float]
    data: Callable[[Plan], Data]
    network: Callable[[Plan], Network]
    error: Callable = cross_entropy
    optimizer: Callable = GradientDescent
    slip: Callable[[Network], np.ndarray] = field(
        default=lambda network: np.ones(network.dimension)
    )
    seed: int = 0

    def trial(self, **knobs: Any) -> "Trial":
        """The run with some knobs turned, the others as delivered.

        Raises ValueError for a knob or a value that this patient does not offer.
        """
        for name, value in knobs.items():
            if value not in self.knobs.get(name, ()):
                offers = {name: list(values) for name, values in self.knobs.items()}
                raise ValueError(f"knobs of patient {self.name} are {offers}, got {name}={value!r}")
        return trained(self, replace(self.plan, **knobs))


@dataclass(frozen=True, eq=False)
class Trial:
    """One run of a patient, and what can be read off it."""

    patient: Patient
    plan: Plan
    data: Data
    network: Network
    loss: Surface  # of the training data, as it is
    loop: Surface  # the same with the gradient that the run follows
    run: Descent

    @property
    def steps(self) -> int:
        return int(self.run.steps_taken)

    @property
    def diverged(self) -> bool:
        return bool(self.run.stop == Stop.DIVERGED)

    @cached_property
    def training(self) -> np.ndarray:
        """The training loss, without penalty, of each record (K+1,)."""
        return self.run.values - self.plan.strength * np.sum(self.run.points**2, axis=1)

    @property
    def validation(self) -> np.ndarray:
        """The validation loss of each record (K+1,)."""
        return self.run.validation

    @property
    def handed_over(self) -> int:
        """The record whose weights are handed over."""
        return int(np.argmin(self.validation)) if self.plan.early else len(self.validation) - 1

    @property
    def score(self) -> float:
        """The validation loss of the weights handed over; ∞ for a run that has diverged."""
        lost = self.diverged and not self.plan.early
        return np.inf if lost else float(self.validation[self.handed_over])

    @property
    def outcome(self) -> str:
        """healed, better, or no better."""
        if self.score <= self.patient.healthy:
            return HEALED
        return BETTER if self.score <= self.patient.better else FAILING

    @cached_property
    def nothing(self) -> float:
        """The validation loss of somebody who knows the training answers, and no question."""
        y, held = self.data.y, self.data.y_held
        if y.ndim == 1:
            shares = np.bincount(y) / len(y)
            return float(-np.mean(np.log(shares[held])))
        return float(np.mean((held - y.mean()) ** 2))


@lru_cache(maxsize=512)  # a knob that comes back finds its run again
def trained(patient: Patient, plan: Plan) -> Trial:
    network = patient.network(plan)
    return train(patient, plan, network, network.init(patient.seed))


def train(patient: Patient, plan: Plan, network: Network, start: np.ndarray) -> Trial:
    """Train a patient's network from these weights (d,)."""
    data = patient.data(plan)
    loss = network.loss(data.x, data.y, patient.error)
    held_back = network.loss(data.x_held, data.y_held, patient.error)
    slips = patient.slip(network) if plan.gradient == AS_DELIVERED else 1.0
    loop = loss if np.all(slips == 1) else with_factors(loss, slips)
    optimizer = patient.optimizer(plan.learning_rate)
    run = descend(
        loop + plan.strength * l2() if plan.strength else loop,
        start,
        optimizer if plan.max_norm is None else clipped(optimizer, plan.max_norm),
        plan.steps,
        every=max(1, plan.steps // RECORDS),
        validation=held_back,
        patience=PATIENCE if plan.early else None,
    )
    return Trial(patient, plan, data, network, loss, loop, run)


def with_factors(loss: Surface, factors: np.ndarray) -> Surface:
    """The loss with a gradient that is wrong by these factors (d,): g = factors · ∇L.

    >>> bowl = Surface(lambda w: np.sum(w**2, axis=0), lambda w: 2 * w)
    >>> with_factors(bowl, np.array([1.0, -1.0])).gradient([3.0, 1.0])
    array([ 6., -2.])
    """

    def both(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, g = loss.value_and_gradient(w)
        return value, (factors * g.T).T

    return loss.replace(value_and_gradient=both)
