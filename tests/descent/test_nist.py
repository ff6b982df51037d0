"""Nonlinear regressions with certified values: NIST's Statistical Reference Datasets.

Each is a sum of squares over two to seven parameters, asked from NIST's far start and near start.
Weights are measured in units of their start, derivatives come from autodiff.

Source: https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml, data, models and certified values.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from calclearn.descent.descend import Stop, descend
from calclearn.descent.second_order import BFGS, LBFGS, DampedNewton
from calclearn.descent.surfaces import Surface

exp = np.exp
PROBLEMS = json.loads(Path(__file__).with_name("nist_reference.json").read_text(encoding="utf-8"))
MODELS = {
    "Misra1a":  lambda b, x: b[0] * (1 - exp(-b[1] * x)),
    "Chwirut2": lambda b, x: exp(-b[0] * x) / (b[1] + b[2] * x),
    "DanWood":  lambda b, x: b[0] * x ** b[1],
    "Rat42":    lambda b, x: b[0] / (1 + exp(b[1] - b[2] * x)),
    "BoxBOD":   lambda b, x: b[0] * (1 - exp(-b[1] * x)),
    "MGH09":    lambda b, x: b[0] * (x * x + x * b[1]) / (x * x + x * b[2] + b[3]),
    "Eckerle4": lambda b, x: b[0] / b[1] * exp(-((x - b[2]) ** 2) / (2 * b[1] ** 2)),
    "Thurber":  lambda b, x: (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3)
                             / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3),
}  # fmt: skip


def loss_of(name, unit):
    x, y = np.array(PROBLEMS[name]["x"]), np.array(PROBLEMS[name]["y"])
    return Surface(lambda u: np.sum((MODELS[name](u * unit, x) - y) ** 2), dimension=len(unit))


HARD = {  # a far start from which the method ends in another minimum, or on a plain
    ("BFGS", "Eckerle4", 0), ("LBFGS", "Eckerle4", 0),
    ("BFGS", "MGH09", 0), ("DampedNewton", "MGH09", 0),
}  # fmt: skip


@pytest.mark.parametrize("optimizer", [BFGS(), LBFGS(), DampedNewton()], ids=repr)
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("start", [0, 1])
def test_certified_parameters_to_five_digits(optimizer, name, start):
    problem = PROBLEMS[name]
    unit = np.array(problem["starts"][start])
    run = descend(loss_of(name, unit), np.ones(len(unit)), optimizer, 2000, every=2000,
                  tolerance=1e-10)  # fmt: skip
    assert run.stop in (Stop.CONVERGED, Stop.STALLED)
    if (type(optimizer).__name__, name, start) in HARD:
        assert run.value > 1.01 * problem["least"]
    else:
        found = np.abs(run.point * unit)  # Eckerle4 is the same with two signs turned
        np.testing.assert_allclose(found, problem["certified"], rtol=1e-5)
        assert run.value == pytest.approx(problem["least"], rel=1e-6)
    assert run.steps_taken < 1000
