"""The failing runs of lesson 18: their data and networks, what is wrong with each, and what can be
measured of it.

Nothing is staged. A failing run is data, a network and a plan with one mistake in it; each setting
that the learner chooses is a training by `descend`, and all losses shown are of that training:

    w₀ = network.init(seed),    wₖ₊₁ = wₖ − η g(wₖ)        g: what the run takes for ∇L

Instruments measure a training; what a reading proves is in `evidence`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from calclearn.calculus import numerical
from calclearn.calculus.checking import GradientReport, check_gradient
from calclearn.data import digits, penguins
from calclearn.data.co2 import rises
from calclearn.descent.descend import Descent, Stop, descend
from calclearn.descent.losses import cross_entropy, l2, mse
from calclearn.descent.optimizers import Adam, GradientDescent
from calclearn.descent.schedules import clipped
from calclearn.descent.surfaces import Surface
from calclearn.explorers.wording import counted
from calclearn.networks.initial import fans, he, orthogonal, xavier
from calclearn.networks.inside import activations, length
from calclearn.networks.layers import Dense, LastStep, LeakyReLU, ReLU, Sigmoid, Tanh
from calclearn.networks.network import Network
from calclearn.networks.recurrent import RNN

RECORDS, PATIENCE = 50, 8  # records of a run; those without a better one before it is stopped
AS_DELIVERED = "as delivered"
FIXED, BETTER, FAILING = "fixed", "better", "no better"  # outcomes
POINTS = {FIXED: 2, BETTER: 1, FAILING: 0}


@dataclass(frozen=True)
class Plan:
    """What is decided before a run; a setting that the learner changes is one of these."""

    learning_rate: float = 0.1
    steps: int = 100
    units: int = 16
    layers: int = 1  # hidden ones
    activation: str = "tanh"
    initial_weights: str = AS_DELIVERED
    features: str = AS_DELIVERED
    labels: str = AS_DELIVERED
    gradient: str = AS_DELIVERED
    max_norm: float | None = None  # clips the gradient
    strength: float = 0.0  # λ of L2
    early: bool = False


class Data(NamedTuple):
    """What a network is trained on, and what is kept for validation."""

    x: np.ndarray  # (N, ...)
    y: np.ndarray  # (N,) classes, or (N, 1)
    x_validation: np.ndarray
    y_validation: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class FailingRun:
    """A failing run: its `plan` as delivered, and the `settings` of it that may be changed.

    `data` and `network` are made for a plan. `slip`, of a network, has a factor for each weight: by
    so much its derivative is wrong as delivered. A run whose validation loss is at most `target` is
    fixed, at most `better` better; both are far from every final loss, so rounding cannot change an
    outcome. `cause` is a key of `CAUSES`, `limits` are those of the losses drawn.
    """

    name: str
    cause: int
    unit: str
    plan: Plan
    settings: dict[str, tuple]
    target: float
    better: float
    limits: tuple[float, float]
    data: Callable[[Plan], Data]
    network: Callable[[Plan], Network]
    error: Callable = cross_entropy
    optimizer: Callable = GradientDescent
    slip: Callable[[Network], np.ndarray] | None = None
    seed: int = 0

    def attempt(self, **settings: Any) -> "Attempt":
        """Train with some settings changed, the others as delivered.

        Raises ValueError for a setting or a value that this run does not offer.
        """
        for name, value in settings.items():
            if value not in self.settings.get(name, ()):
                offers = {name: list(values) for name, values in self.settings.items()}
                raise ValueError(f"settings of run {self.name} are {offers}, got {name}={value!r}")
        return _train(self, replace(self.plan, **settings))


@dataclass(frozen=True, eq=False)
class Attempt:
    """One training of a failing run, and what can be read off its curves."""

    run: FailingRun
    plan: Plan
    data: Data
    network: Network
    loss: Surface  # of the training data
    followed: Surface  # the same, with the gradient that the run follows
    descent: Descent

    @property
    def diverged(self) -> bool:
        return bool(self.descent.stop == Stop.DIVERGED)

    @cached_property
    def training(self) -> np.ndarray:
        """The training loss, without penalty, of each record (K+1,)."""
        return self.descent.values - self.plan.strength * np.sum(self.descent.points**2, axis=1)

    @property
    def validation(self) -> np.ndarray:
        """The validation loss of each record (K+1,)."""
        return self.descent.validation

    @property
    def kept(self) -> int:
        """The record whose weights are kept: the last, or with `early` the best on validation."""
        return int(np.argmin(self.validation)) if self.plan.early else len(self.validation) - 1

    @property
    def score(self) -> float:
        """The validation loss of the weights that are kept; ∞ for a run that has diverged."""
        lost = self.diverged and not self.plan.early
        return np.inf if lost else float(self.validation[self.kept])

    @property
    def outcome(self) -> str:
        """fixed, better, or no better."""
        if self.score <= self.run.target:
            return FIXED
        return BETTER if self.score <= self.run.better else FAILING

    @cached_property
    def baseline(self) -> float:
        """The validation loss of predicting the training mean, or class shares, for every input."""
        y, held = self.data.y, self.data.y_validation
        best = np.log(np.bincount(y) / len(y)) if y.ndim == 1 else y.mean(axis=0)
        return float(self.run.error(np.tile(best, (len(held), 1)), held))

    @cached_property
    def gradient_norms(self) -> np.ndarray:
        """The length of the followed gradient at each weight matrix, by record (K+1, matrices)."""
        every = [matrices(self.network, gradient) for gradient in self.descent.gradients]
        with np.errstate(over="ignore"):
            return np.array([[length(g) for g in gradient] for gradient in every])

    def __str__(self) -> str:
        """How the training went."""
        steps, score = int(self.descent.steps_taken), f"{self.score:.3g} {self.run.unit}"
        after = f"after {counted(steps, 'step')}"
        if self.plan.early:
            best = self.descent.steps[self.kept]
            return f"{after} the weights of step {best} are kept; their validation loss is {score}"
        if self.diverged:
            return f"the run diverges {after}"
        training = f"{self.training[-1]:.3g} {self.run.unit}"
        return f"{after} the training loss is {training}, the validation loss {score}"


def train(run: FailingRun, plan: Plan, start: np.ndarray | None = None) -> Attempt:
    """Train the network of a failing run, from its initial weights or from others (d,)."""
    data, network = run.data(plan), run.network(plan)
    loss = followed = network.loss(data.x, data.y, run.error)
    if run.slip and plan.gradient == AS_DELIVERED:
        factors = run.slip(network)

        def wrong(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            value, g = loss.value_and_gradient(w)
            return value, (factors * g.T).T

        followed = loss.replace(value_and_gradient=wrong)
    optimizer = run.optimizer(plan.learning_rate)
    descent = descend(
        followed + plan.strength * l2() if plan.strength else followed,
        network.init(run.seed) if start is None else start,
        optimizer if plan.max_norm is None else clipped(optimizer, plan.max_norm), plan.steps,
        every=max(1, plan.steps // RECORDS), patience=PATIENCE if plan.early else None,
        validation=network.loss(data.x_validation, data.y_validation, run.error),
    )  # fmt: skip
    return Attempt(run, plan, data, network, loss, followed, descent)


_train = lru_cache(maxsize=512)(train)  # a setting that comes back has its training again


MONTHS = 24  # that the recurrent network reads


def _penguins(y: np.ndarray, names: str, count: int, scaled: bool = True) -> Data:
    """Take so many penguins to train on, and the others for validation."""
    x = np.stack([penguins()[name] for name in names.split()], axis=1)
    x = (x - x.mean(axis=0)) / x.std(axis=0) if scaled else x
    order = np.random.default_rng(0).permutation(len(x))
    train, rest = order[:count], order[count:]
    return Data(x[train], y[train], x[rest], y[rest])


@cache
def body_masses() -> Data:
    """Mass (kg) by three measurements."""
    mass = penguins().body_mass[:, None] / 1000
    return _penguins(mass, "bill_length bill_depth flipper_length", 242)


@cache
def bill_depths() -> Data:
    """Depth of the bill (mm above 17) by three measurements, of thirty birds only."""
    depth = penguins().bill_depth[:, None] - 17
    return _penguins(depth, "bill_length flipper_length body_mass", 30)


@cache
def species(scaled: bool = True) -> Data:
    """Species, 0 to 2, by four measurements: in standard deviations, or in mm and g."""
    kinds = np.unique(penguins().species, return_inverse=True)[1]
    return _penguins(kinds, "bill_length bill_depth flipper_length body_mass", 242, scaled)


@cache
def handwriting(shuffled: bool = False) -> Data:
    """Three hundred digits, with their own labels, or with those of others."""
    train, held = digits().train, digits().validation
    x, x_held = (part.images.reshape(-1, 64) for part in (train, held))
    labels = train.labels[:300]
    if shuffled:
        labels = np.random.default_rng(1).permutation(labels)
    return Data(x[:300], labels, x_held[:200], held.labels[:200])


@cache
def air() -> Data:
    """The rise of carbon dioxide in a month, by those of the two years before."""
    data = rises()
    x, held = data.x[:, -MONTHS:], data.held_out
    return Data(x[~held][::3], data.y[~held][::3], x[held], data.y[held])


# Networks, and slips of a gradient by hand: a factor for each weight.

ACTIVATIONS = {
    "ReLU": ReLU(), "leaky ReLU": LeakyReLU(0.1), "sigmoid": Sigmoid(), "tanh": Tanh()
}  # fmt: skip
INITIAL = {AS_DELIVERED: xavier, "He": he, "Xavier": xavier}
EXPLOSIVE = 1.8  # by so much the recurrent network's initial weights stretch its state


def _dense(inputs: int, outputs: int, plan: Plan) -> Network:
    initial = INITIAL[plan.initial_weights]
    hidden = (Dense(plan.units, initial), ACTIVATIONS[plan.activation]) * plan.layers
    return Network((*hidden, Dense(outputs, xavier)), (inputs,))


def _recurrent(plan: Plan) -> Network:
    """A recurrent network of ReLU, whose state is rotated, or rotated and stretched, each month."""
    stretch = EXPLOSIVE if plan.initial_weights == AS_DELIVERED else 1.0
    recurrent = RNN(
        plan.units, nonlinearity="relu",
        recurrent_initial=lambda rng, shape: stretch * orthogonal(rng, shape),
    )  # fmt: skip
    return Network((recurrent, LastStep(), Dense(1, xavier)), (MONTHS, 1))


def _lost_minus(network: Network) -> np.ndarray:
    """In the first layer alone."""
    factors = np.ones(network.dimension)
    for part in network.parameters(factors)[0]:
        part[...] = -1  # a view, so it fills the factors
    return factors


# The failing runs: each has one cause, and some of its settings have nothing to do with it.

# fmt: off
GRADIENT = {"gradient": (AS_DELIVERED, "by grad")}
LABELS = {"labels": (AS_DELIVERED, "checked again")}
KILOGRAMS = partial(
    FailingRun, unit="kg²", error=mse, target=0.17, better=0.58, limits=(0.03, 1e4),
    data=lambda plan: body_masses(), network=partial(_dense, 3, 1),
)
SPECIES = partial(
    FailingRun, unit="nats", limits=(0.01, 10), data=lambda plan: species(),
    network=partial(_dense, 4, 3),
)
DIGITS = partial(FailingRun, unit="nats", limits=(0.01, 30), network=partial(_dense, 64, 10))

RUNS = {run.name: run for run in (
    KILOGRAMS(
        name="0", cause=6, plan=Plan(learning_rate=0.002, steps=60),
        slip=lambda network: np.full(network.dimension, float(len(body_masses().x))),
        settings={"learning_rate": (0.1, 0.002, 4e-4), **GRADIENT},
    ),
    KILOGRAMS(
        name="A", cause=1, plan=Plan(learning_rate=0.5, steps=60),
        settings={"learning_rate": (0.5, 0.1, 0.003, 3e-4), "units": (4, 16, 64),
                  "max_norm": (None, 1.0)},
    ),
    FailingRun(
        name="B", cause=8, unit="mm²", error=mse, target=1.75, better=2.3, limits=(1e-3, 30),
        data=lambda plan: bill_depths(), network=partial(_dense, 3, 1), optimizer=Adam,
        plan=Plan(learning_rate=0.02, steps=300, units=32, layers=2),
        settings={"strength": (0.0, 0.001, 0.05, 3.0), "early": (False, True),
                  "units": (2, 8, 32), **LABELS},
    ),
    SPECIES(
        name="C", cause=4, seed=20, target=0.15, better=0.8,
        plan=Plan(units=4, layers=6, activation="ReLU", initial_weights="He"),
        settings={"learning_rate": (0.3, 0.1, 0.01), "activation": tuple(ACTIVATIONS),
                  "initial_weights": ("He", "Xavier")},
    ),
    SPECIES(
        name="D", cause=2, seed=3, target=0.2, better=0.64, plan=Plan(learning_rate=1e-4),
        settings={"learning_rate": (0.3, 0.001, 1e-4, 1e-5), "units": (16, 64),
                  "steps": (100, 400), **GRADIENT},
    ),
    SPECIES(
        name="E", cause=3, target=0.2, better=0.9, limits=(0.03, 1e5),
        data=lambda plan: species(plan.features != AS_DELIVERED),
        plan=Plan(learning_rate=1e-7, steps=150, layers=0),
        settings={"learning_rate": (0.3, 0.001, 1e-6, 1e-7, 1e-8),
                  "features": (AS_DELIVERED, "standardised"), "strength": (0.0, 0.01, 1.0)},
    ),
    DIGITS(
        name="F", cause=6, slip=_lost_minus, target=0.8, better=1.4,
        data=lambda plan: handwriting(), plan=Plan(steps=150, units=32),
        settings={"learning_rate": (0.3, 0.1, 0.01), "units": (8, 32), **GRADIENT, **LABELS},
    ),
    FailingRun(
        name="G", cause=5, unit="σ²", error=mse, target=0.4, better=0.78, limits=(0.03, 1e6),
        data=lambda plan: air(), network=_recurrent, plan=Plan(learning_rate=0.01),
        settings={"learning_rate": (0.03, 0.01, 0.001, 1e-4), "max_norm": (None, 1.0),
                  "initial_weights": (AS_DELIVERED, "orthogonal")},
    ),
    DIGITS(
        name="H", cause=7, target=0.6, better=1.3, optimizer=Adam,
        data=lambda plan: handwriting(plan.labels == AS_DELIVERED),
        plan=Plan(learning_rate=0.01, steps=150, units=32),
        settings={"learning_rate": (0.01, 1e-4), "strength": (0.0, 0.003, 0.1),
                  "early": (False, True), **LABELS},
    ),
)}
# fmt: on


# Instruments: what can be measured of a training, whatever is wrong with it.

FLAT = 0.01  # of the largest slope; a unit whose slopes are all below it is silent
SLOPES = {  # of an activation from its output a, of at most 1
    "ReLU": lambda a: a > 0,
    "RNN": lambda a: a > 0,  # those of these runs have ReLU
    "LeakyReLU": lambda a: np.where(a > 0, 1, 0.1),
    "Tanh": lambda a: 1 - a**2,
    "Sigmoid": lambda a: 4 * a * (1 - a),
}


class Reading(NamedTuple):
    """What an instrument shows: numbers at places, at the start of the run and at its end."""

    places: list[str]  # layers or inputs
    start: np.ndarray
    end: np.ndarray  # of no numbers where the end is not measured
    words: str


def matrix_names(network: Network) -> list[str]:
    """The weight matrices by a short name, "1 hh"."""
    layers, names = [], []
    for name, shape in network.parameter_shapes.items():
        layer, _, kind = name.split()
        layers += [layer] if layer not in layers else []
        names += [f"{len(layers)} {kind[2:]}".strip()] if len(shape) > 1 else []
    return names


def matrices(network: Network, w: np.ndarray) -> list[np.ndarray]:
    """The weight matrices out of one vector (d,), of weights or of a gradient."""
    return [part for layer in network.parameters(w) for part in layer if part.ndim > 1]


def gradient_by_layer(attempt: Attempt) -> Reading:
    """‖∂L/∂W‖ for each weight matrix, of the gradient that the run follows."""
    start, *_, end = attempt.gradient_norms
    words = f"the gradient is {start[0]:.2g} in the first layer and {start[-1]:.2g} in the last"
    return Reading(matrix_names(attempt.network), start, end, f"At the start {words}.")


def weights_by_layer(attempt: Attempt) -> Reading:
    """The scale of the weights, typical size · √inputs: in a wide layer 1 keeps a signal's size."""

    def scales(w: np.ndarray) -> np.ndarray:
        parts = matrices(attempt.network, w)
        return np.array([length(W) * np.sqrt(fans(W.shape)[0] / W.size) for W in parts])

    w, places = attempt.descent.points, matrix_names(attempt.network)
    start, end = scales(w[0]), scales(w[-1])
    moved, most = length(w[-1] - w[0]) / length(w[0]), int(np.argmax(start))
    words = (
        f"At the start the largest scale is {start[most]:.2g}, in layer {places[most]}. From "
        f"start to end all weights together move by {100 * moved:.2g} % of their length."
    )
    return Reading(places, start, end, words)


def silent_units(attempt: Attempt) -> Reading:
    """The share of silent units in each hidden layer: flat for all examples, in %."""

    @np.errstate(all="ignore")
    def shares(w: np.ndarray) -> np.ndarray:
        outputs = activations(attempt.network, w, attempt.data.x)
        kinds = {name: name.split()[1] for name in outputs}
        slopes = [SLOPES[kinds[name]](a) for name, a in outputs.items() if kinds[name] in SLOPES]
        steepest = [slope.reshape(-1, slope.shape[-1]).max(axis=0) for slope in slopes]
        return np.array([100 * np.mean(each < FLAT) for each in steepest])

    start, end = (shares(attempt.descent.points[record]) for record in (0, -1))
    words = "There are no hidden units."
    if len(start):
        worst = f"In the worst layer {start.max():.0f} % of the units are silent at the start, "
        words = f"{worst}{end.max():.0f} % at the end."
    return Reading([str(k + 1) for k in range(len(start))], start, end, words)


def inputs(attempt: Attempt) -> Reading:
    """The standard deviation of each feature."""
    x = attempt.data.x
    spread = x.reshape(-1, x.shape[-1]).std(axis=0)
    used = spread[spread > 0]
    low, high = (f"{size:.2g}" for size in (used.min(), used.max()))
    range_of = f"The inputs have standard deviations from {low} to {high}."
    words = range_of if low != high else f"The standard deviation is {low}."
    return Reading([str(k + 1) for k in range(len(spread))], spread, np.zeros(0), words)


@lru_cache(maxsize=64)
def checked(attempt: Attempt) -> tuple[np.ndarray, GradientReport]:
    """By what share the gradient misses the slopes along a random direction in each layer.

        s(c) = L(w₀ + Σₖ cₖ dₖ),      ∂s/∂cₖ = dₖ · ∇L

    So a check of thousands of weights is one of a few numbers.
    """
    network, rng = attempt.network, np.random.default_rng(0)
    directions = np.zeros((len(matrix_names(network)), network.dimension))
    for part, row in enumerate(directions):
        W = matrices(network, row)[part]
        W[...] = rng.normal(size=W.shape)  # a view, so it fills the direction
        row /= length(row)
    w = attempt.descent.points[0]

    def along(c: np.ndarray) -> np.ndarray:
        return attempt.loss(np.moveaxis(w + np.tensordot(c, directions, (0, 0)), -1, 0))

    def given(c: np.ndarray) -> np.ndarray:
        return directions @ attempt.followed.gradient(w + c @ directions)

    here = np.zeros(len(directions))
    slopes, claimed = numerical.grad(along)(here), given(here)
    typical = np.maximum(np.abs(slopes), 1e-6 * np.abs(slopes).max() or 1.0)
    return np.abs(claimed - slopes) / typical, check_gradient(along, given, at=here)


def gradient_check(attempt: Attempt) -> Reading:
    misses, report = checked(attempt)
    names, words = matrix_names(attempt.network), report.message.replace("of f", "of the loss")
    for k, name in enumerate(names):
        words = words.replace(f"w[{k}]", f"layer {name}")
    return Reading(names, misses, np.zeros(0), words)


INSTRUMENTS: dict[str, Callable[[Attempt], Reading]] = {
    "gradient by layer": gradient_by_layer, "weights by layer": weights_by_layer,
    "silent units": silent_units, "inputs": inputs, "gradient check": gradient_check,
}  # fmt: skip
