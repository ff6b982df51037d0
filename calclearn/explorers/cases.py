"""Who is in the clinic, and what ails them: the answers to lesson 18 stand here.

The one decision: each patient has one thing wrong with it, and among its knobs stand some that have
nothing to do with that.  Patients 0, A and B foretell the mass of a penguin or the depth of its
bill, C, D and E its species; F and H read digits; G foretells the carbon dioxide in the air.
"""

from functools import cache, partial

import numpy as np

from calclearn.data import digits, penguins
from calclearn.data.co2 import rises
from calclearn.descent.losses import mse
from calclearn.descent.optimizers import Adam
from calclearn.explorers.patients import AS_DELIVERED, Data, Patient, Plan
from calclearn.networks.initial import he, orthogonal, xavier
from calclearn.networks.layers import Dense, LastStep, LeakyReLU, ReLU, Sigmoid, Tanh
from calclearn.networks.network import Network
from calclearn.networks.recurrent import RNN

ACTIVATIONS = {
    "ReLU": ReLU(), "leaky ReLU": LeakyReLU(0.1), "sigmoid": Sigmoid(), "tanh": Tanh()
}  # fmt: skip
INITIALS = {AS_DELIVERED: xavier, "He": he, "Xavier": xavier}
MEASURED = ("bill_length", "bill_depth", "flipper_length", "body_mass")
MONTHS, EXPLOSIVE = 24, 1.8  # that the recurrent network reads; how much its first weights stretch


# Data
def standardised(x: np.ndarray) -> np.ndarray:
    """(x - mean) / standard deviation, column by column."""
    return (x - x.mean(axis=0)) / x.std(axis=0)


def birds(x: np.ndarray, y: np.ndarray, count: int) -> Data:
    """So many penguins to train on, and the others."""
    order = np.random.default_rng(0).permutation(len(x))
    train, rest = order[:count], order[count:]
    return Data(x[train], y[train], x[rest], y[rest])


@cache
def body_masses() -> Data:
    """Mass (kg) by three measurements."""
    x = np.stack([penguins()[name] for name in MEASURED[:3]], axis=1)
    return birds(standardised(x), penguins().body_mass[:, None] / 1000, 242)


@cache
def bill_depths() -> Data:
    """Depth of the bill (mm above 17) by three measurements, of thirty birds only."""
    x = np.stack([penguins()[name] for name in MEASURED if name != "bill_depth"], axis=1)
    return birds(standardised(x), penguins().bill_depth[:, None] - 17, 30)


@cache
def species(scaled: bool = True) -> Data:
    """Species, 0 to 2, by four measurements: in standard deviations, or in mm and g."""
    x = np.stack([penguins()[name] for name in MEASURED], axis=1)
    kinds = np.unique(penguins().species, return_inverse=True)[1]
    return birds(standardised(x) if scaled else x, kinds, 242)


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


# Networks
def dense(inputs: int, outputs: int, plan: Plan) -> Network:
    initial = INITIALS[plan.first_weights]
    hidden = (Dense(plan.units, initial), ACTIVATIONS[plan.activation]) * plan.layers
    return Network((*hidden, Dense(outputs, xavier)), (inputs,))


def reader(plan: Plan) -> Network:
    """A recurrent network of ReLU, whose state is turned, or turned and stretched, every month."""
    stretch = EXPLOSIVE if plan.first_weights == AS_DELIVERED else 1.0

    def turned(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return stretch * orthogonal(rng, shape)

    recurrent = RNN(plan.units, nonlinearity="relu", recurrent_initial=turned)
    return Network((recurrent, LastStep(), Dense(1, xavier)), (MONTHS, 1))


# Slips of a gradient by hand: a factor for each weight
def sum_for_mean(network: Network) -> np.ndarray:
    return np.full(network.dimension, float(len(body_masses().x)))


def lost_minus(network: Network) -> np.ndarray:
    """In the first layer alone."""
    factors = np.ones(network.dimension)
    for part in network.parameters(factors)[0]:
        part[...] = -1  # a view, so it fills the factors
    return factors


GRADIENTS = {"gradient": (AS_DELIVERED, "by grad")}
LABELS = {"labels": (AS_DELIVERED, "checked again")}
FEATURES = {"features": (AS_DELIVERED, "standardised")}
KILOGRAMS = {
    "unit": "kg²", "error": mse, "healthy": 0.17, "better": 0.58, "limits": (0.03, 1e4),
    "data": lambda plan: body_masses(), "network": partial(dense, 3, 1),
}  # fmt: skip
SPECIES = {
    "unit": "nats", "limits": (0.01, 10), "data": lambda plan: species(),
    "network": partial(dense, 4, 3),
}  # fmt: skip
DIGITS = {"unit": "nats", "limits": (0.01, 30), "network": partial(dense, 64, 10)}

PATIENTS = {
    patient.name: patient
    for patient in (
        Patient(
            name="0", cause=6, slip=sum_for_mean, **KILOGRAMS,
            plan=Plan(learning_rate=0.002, steps=60),
            knobs={"learning_rate": (0.1, 0.002, 4e-4), **GRADIENTS},
        ),
        Patient(
            name="A", cause=1, **KILOGRAMS,
            plan=Plan(learning_rate=0.5, steps=60),
            knobs={
                "learning_rate": (0.5, 0.1, 0.003, 3e-4), "units": (4, 16, 64),
                "max_norm": (None, 1.0),
            },
        ),
        Patient(
            name="B", cause=8, unit="mm²", error=mse, healthy=1.75, better=2.3, limits=(1e-3, 30),
            data=lambda plan: bill_depths(), network=partial(dense, 3, 1), optimizer=Adam,
            plan=Plan(learning_rate=0.02, steps=300, units=32, layers=2),
            knobs={
                "strength": (0.0, 0.001, 0.05, 3.0), "early": (False, True), "units": (2, 8, 32),
                **LABELS,
            },
        ),
        Patient(
            name="C", cause=4, seed=20, healthy=0.15, better=0.8, **SPECIES,
            plan=Plan(learning_rate=0.1, units=4, layers=6, activation="ReLU", first_weights="He"),
            knobs={
                "learning_rate": (0.3, 0.1, 0.01), "activation": tuple(ACTIVATIONS),
                "first_weights": ("He", "Xavier"),
            },
        ),
        Patient(
            name="D", cause=2, seed=3, healthy=0.2, better=0.64, **SPECIES,
            plan=Plan(learning_rate=1e-4),
            knobs={
                "learning_rate": (0.3, 0.001, 1e-4, 1e-5), "units": (16, 64),
                "steps": (100, 400), **GRADIENTS,
            },
        ),
        Patient(
            name="E", cause=3, healthy=0.2, better=0.9, **(SPECIES | {
                "limits": (0.03, 1e5),
                "data": lambda plan: species(plan.features != AS_DELIVERED),
            }),
            plan=Plan(learning_rate=1e-7, steps=150, layers=0),
            knobs={
                "learning_rate": (0.3, 0.001, 1e-6, 1e-7, 1e-8), **FEATURES,
                "strength": (0.0, 0.01, 1.0),
            },
        ),
        Patient(
            name="F", cause=6, slip=lost_minus, healthy=0.8, better=1.4, **DIGITS,
            data=lambda plan: handwriting(),
            plan=Plan(learning_rate=0.1, steps=150, units=32),
            knobs={"learning_rate": (0.3, 0.1, 0.01), "units": (8, 32), **GRADIENTS, **LABELS},
        ),
        Patient(
            name="G", cause=5, unit="σ²", error=mse, healthy=0.4, better=0.78, limits=(0.03, 1e6),
            data=lambda plan: air(), network=reader,
            plan=Plan(learning_rate=0.01),
            knobs={
                "learning_rate": (0.03, 0.01, 0.001, 1e-4), "max_norm": (None, 1.0),
                "first_weights": (AS_DELIVERED, "orthogonal"),
            },
        ),
        Patient(
            name="H", cause=7, healthy=0.6, better=1.3, **DIGITS, optimizer=Adam,
            data=lambda plan: handwriting(plan.labels == AS_DELIVERED),
            plan=Plan(learning_rate=0.01, steps=150, units=32),
            knobs={
                "learning_rate": (0.01, 1e-4), "strength": (0.0, 0.003, 0.1),
                "early": (False, True), **LABELS,
            },
        ),
    )
}  # fmt: skip
