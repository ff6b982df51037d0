"""Derivatives by differences, beside numdifftools and SciPy: speed as ratios in one run, and error.

python tests/benchmarks/numerical.py
"""

import warnings
from functools import partial

import _engines as engines  # before NumPy, which reads its threads
import numpy as np

from calclearn.calculus.numerical import derivative, grad, hessian
from calclearn.descent.landscapes import bowl, himmelblau, rosenbrock

numdifftools, scipy_differentiate = engines.peers("numdifftools", "scipy.differentiate")

ONE_VARIABLE = [  # name, f, x, f'
    ("sin",          np.sin,                              1.0,  np.cos),
    ("exp",          np.exp,                              1.0,  np.exp),
    ("x**7",         lambda x: x**7,                      1.5,  lambda x: 7 * x**6),
    ("1/x at 0.01",  lambda x: 1 / x,                     0.01, lambda x: -1 / x**2),
    ("log at 0.01",  np.log,                              0.01, lambda x: 1 / x),
    ("sqrt at 1e-6", np.sqrt,                             1e-6, lambda x: 0.5 / np.sqrt(x)),
    ("tan at 1.52",  np.tan,                              1.52, lambda x: 1 / np.cos(x) ** 2),
    ("cos(50x)",     lambda x: np.cos(50 * x),            1.0,  lambda x: -50 * np.sin(50 * x)),
]  # fmt: skip


SIDES = {"ours": lambda f, x: derivative(f, x).value}
if numdifftools:
    SIDES["numdifftools"] = lambda f, x: numdifftools.Derivative(f)(x)
if scipy_differentiate:
    SIDES["scipy"] = lambda f, x: scipy_differentiate.derivative(f, x).df


def median_error(side, f, slope, x):
    around = x * np.linspace(0.97, 1.03, 40)
    return np.median([abs(side(f, float(a)) - slope(a)) / abs(slope(a)) for a in around])


def one_variable():
    print("\nderivative: time; relative error, median of 40 points around x")
    for name, f, x, slope in ONE_VARIABLE:
        jobs = {name: partial(side, f, x) for name, side in SIDES.items()}
        seconds = engines.medians(jobs, turns=25, in_a_row=5)
        print(f"  {name:14} {1e6 * seconds['ours']:4.0f} us", end="")
        for side, call in SIDES.items():
            error = median_error(call, f, slope, x)
            print(f"   {side} {seconds[side] / seconds['ours']:5.1f} x {error:8.1e}", end="")
        print()


def by_hand(f, w, h=1e-5):
    """2n calls of f, as short as Python has it."""
    slopes = []
    for step in h * np.eye(len(w)):
        slopes.append((f(w + step) - f(w - step)) / (2 * h))
    return slopes


def many_variables():
    rng = np.random.default_rng(0)
    for ours, theirs, surface in (
        *((grad, "Gradient", surface) for surface in (bowl(), himmelblau(), rosenbrock())),
        (grad, "Gradient", rosenbrock(100)),
        *((hessian, "Hessian", rosenbrock(n)) for n in (2, 5)),
    ):
        f, w = surface.function, rng.normal(size=surface.dimension)
        jobs = {"calclearn": lambda ours=ours, f=f, w=w: ours(f)(w)}
        if ours is grad:
            jobs["2n calls by hand"] = lambda f=f, w=w: by_hand(f, w)
        if numdifftools:
            peer = getattr(numdifftools, theirs)(f)
            jobs["numdifftools"] = lambda peer=peer, w=w: peer(w)
        title = f"{ours.__name__}, {surface.name}, n = {surface.dimension}"
        engines.show_beside_ours(title, engines.medians(jobs, turns=15))


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peers warn where f leaves its domain
        one_variable()
        many_variables()
