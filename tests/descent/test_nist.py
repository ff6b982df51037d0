"""Nonlinear regressions with certified values: NIST's Statistical Reference Datasets.

Each is a sum of squares over two to seven parameters, asked from NIST's far start and near start.
Weights are measured in units of their start, derivatives come from autodiff.

Source: https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml, data, models and certified values.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from calclearn.descent.descend import Stop, descend
from calclearn.descent.second_order import BFGS, LBFGS, DampedNewton
from calclearn.descent.surfaces import Surface

exp = np.exp


class Regression(NamedTuple):
    model: Callable
    starts: tuple
    certified: tuple
    least: float
    x: tuple
    y: tuple


# fmt: off
REGRESSIONS = {
    "Misra1a": Regression(
        lambda b, x: b[0] * (1 - exp(-b[1] * x)),
        ((500, 0.0001), (250, 0.0005)),
        (238.94212918, 0.00055015643181),
        0.12455138894,
        (
        77.6, 114.9, 141.1, 190.8, 239.9, 289, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
        760,
    ),
        (
        10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47,
        81.78,
    ),
    ),
    "Chwirut2": Regression(
        lambda b, x: exp(-b[0] * x) / (b[1] + b[2] * x),
        ((0.1, 0.01, 0.02), (0.15, 0.008, 0.01)),
        (0.16657666537, 0.0051653291286, 0.012150007096),
        513.04802941,
        (
        0.5, 1, 1.75, 3.75, 5.75, 0.875, 2.25, 3.25, 5.25, 0.75, 1.75, 2.75, 4.75, 0.625, 1.25,
        2.25, 4.25, 0.5, 3, 0.75, 3, 1.5, 6, 3, 6, 1.5, 3, 0.5, 2, 4, 0.75, 2, 5, 0.75, 2.25,
        3.75, 5.75, 3, 0.75, 2.5, 4, 0.75, 2.5, 4, 0.75, 2.5, 4, 0.5, 6, 3, 0.5, 2.75, 0.5, 1.75,
    ),
        (
        92.9, 57.1, 31.05, 11.5875, 8.025, 63.6, 21.4, 14.25, 8.475, 63.8, 26.8, 16.4625, 7.125,
        67.3, 41, 21.15, 8.175, 81.5, 13.12, 59.9, 14.62, 32.9, 5.44, 12.56, 5.44, 32, 13.95,
        75.8, 20, 10.42, 59.5, 21.67, 8.55, 62, 20.2, 7.76, 3.75, 11.81, 54.7, 23.7, 11.55, 61.3,
        17.7, 8.74, 59.2, 16.3, 8.62, 81, 4.87, 14.62, 81.7, 17.17, 81.3, 28.9,
    ),
    ),
    "DanWood": Regression(
        lambda b, x: b[0] * x ** b[1],
        ((1, 5), (0.7, 4)),
        (0.76886226176, 3.8604055871),
        0.0043173084083,
        (1.309, 1.471, 1.49, 1.565, 1.611, 1.68),
        (2.138, 3.421, 3.597, 4.34, 4.882, 5.66),
    ),
    "Rat42": Regression(
        lambda b, x: b[0] / (1 + exp(b[1] - b[2] * x)),
        ((100, 1, 0.1), (75, 2.5, 0.07)),
        (72.462237576, 2.6180768402, 0.067359200066),
        8.0565229338,
        (
        9, 14, 21, 28, 42, 57, 63, 70, 79,
    ),
        (
        8.93, 10.8, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08,
    ),
    ),
    "BoxBOD": Regression(
        lambda b, x: b[0] * (1 - exp(-b[1] * x)),
        ((1, 1), (100, 0.75)),
        (213.80940889, 0.54723748542),
        1168.0088766,
        (1, 2, 3, 5, 7, 10),
        (109, 149, 149, 191, 213, 224),
    ),
    "MGH09": Regression(
        lambda b, x: b[0] * (x * x + x * b[1]) / (x * x + x * b[2] + b[3]),
        ((25, 39, 41.5, 39), (0.25, 0.39, 0.415, 0.39)),
        (0.19280693458, 0.19128232873, 0.12305650693, 0.13606233068),
        0.00030750560385,
        (
        4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625,
    ),
        (
        0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246,
    ),
    ),
    "Eckerle4": Regression(
        lambda b, x: b[0] / b[1] * exp(-((x - b[2]) ** 2) / (2 * b[1] ** 2)),
        ((1, 10, 500), (1.5, 5, 450)),
        (1.5543827178, 4.0888321754, 451.54121844),
        0.0014635887487,
        (
        400, 405, 410, 415, 420, 425, 430, 435, 436.5, 438, 439.5, 441, 442.5, 444, 445.5, 447,
        448.5, 450, 451.5, 453, 454.5, 456, 457.5, 459, 460.5, 462, 463.5, 465, 470, 475, 480,
        485, 490, 495, 500,
    ),
        (
        0.0001575, 0.0001699, 0.000235, 0.0003102, 0.0004917, 0.000871, 0.0017418, 0.00464,
        0.0065895, 0.0097302, 0.0149002, 0.023731, 0.0401683, 0.0712559, 0.1264458, 0.2073413,
        0.2902366, 0.3445623, 0.3698049, 0.3668534, 0.3106727, 0.2078154, 0.1164354, 0.0616764,
        0.03372, 0.0194023, 0.0117831, 0.0074357, 0.0022732, 0.00088, 0.0004579, 0.0002345,
        0.0001586, 0.0001143, 7.1e-05,
    ),
    ),
    "Thurber": Regression(
        lambda b, x: (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3)
        / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3),
        ((
        1000, 1000, 400, 40, 0.7, 0.3, 0.03,
    ), (
        1300, 1500, 500, 75, 1, 0.4, 0.05,
    )),
        (
        1288.13968, 1491.0792535, 583.23836877, 75.416644291, 0.96629502864, 0.39797285797,
        0.049727297349,
    ),
        5642.7082397,
        (
        -3.067, -2.981, -2.921, -2.912, -2.84, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363,
        -2.322, -1.501, -1.46, -1.274, -1.212, -1.1, -1.046, -0.915, -0.714, -0.566, -0.545,
        -0.4, -0.309, -0.109, -0.103, 0.01, 0.119, 0.377, 0.79, 0.963, 1.006, 1.115, 1.572,
        1.841, 2.047, 2.2,
    ),
        (
        80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696,
        101.06, 401.672, 390.724, 567.534, 635.316, 733.054, 759.087, 894.206, 990.785, 1090.109,
        1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543, 1353.863, 1414.509,
        1425.208, 1421.384, 1442.962, 1464.35, 1468.705, 1447.894, 1457.628,
    ),
    ),
}
# fmt: on


def loss_of(problem, unit):
    x, y = np.array(problem.x), np.array(problem.y)
    return Surface(lambda u: np.sum((problem.model(u * unit, x) - y) ** 2), dimension=len(unit))


HARD = {  # a far start from which the method ends in another minimum, or on a plain
    ("BFGS", "Eckerle4", 0), ("LBFGS", "Eckerle4", 0),
    ("BFGS", "MGH09", 0), ("DampedNewton", "MGH09", 0),
}  # fmt: skip


@pytest.mark.parametrize("optimizer", [BFGS(), LBFGS(), DampedNewton()], ids=repr)
@pytest.mark.parametrize("name", REGRESSIONS)
@pytest.mark.parametrize("start", [0, 1])
def test_certified_parameters_to_five_digits(optimizer, name, start):
    problem = REGRESSIONS[name]
    unit = np.array(problem.starts[start])
    run = descend(loss_of(problem, unit), np.ones(len(unit)), optimizer, 2000, every=2000,
                  tolerance=1e-10)  # fmt: skip
    assert run.stop in (Stop.CONVERGED, Stop.STALLED)
    if (type(optimizer).__name__, name, start) in HARD:
        assert run.value > 1.01 * problem.least
    else:
        found = np.abs(run.point * unit)  # Eckerle4 is the same with two signs turned
        np.testing.assert_allclose(found, problem.certified, rtol=1e-5)
        assert run.value == pytest.approx(problem.least, rel=1e-6)
    assert run.steps_taken < 1000


@pytest.mark.parametrize("name", REGRESSIONS)
def test_certified_values_are_a_minimum(name):
    problem = REGRESSIONS[name]
    unit = np.array(problem.certified)
    surface, w = loss_of(problem, unit), np.ones(len(unit))
    assert surface(w) == pytest.approx(problem.least, rel=1e-9)
    assert np.all(np.linalg.eigvalsh(surface.hessian(w)) > 0)
