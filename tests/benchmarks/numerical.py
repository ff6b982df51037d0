"""Derivatives by differences, beside numdifftools and SciPy: speed as ratios in one run, and error.

    python tests/benchmarks/numerical.py

Runs are interleaved, one thread, and medians compared, so that a busy machine slows all alike.
Peers that are not installed are named and left out.
"""

import os
import statistics
import warnings
from functools import partial
from timeit import timeit

# Read when NumPy is imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
from _engines import imported, say_who_is_here

from calclearn.calculus.numerical import derivative, grad, hessian

numdifftools, scipy_differentiate = imported("numdifftools"), imported("scipy.differentiate")


def medians(*calls, runs=25, run=0.003):
    """Median seconds of each call: runs in turn, each of as many calls as fill 3 ms."""
    seconds = [[] for _ in calls]
    numbers = [max(1, int(run / timeit(call, number=3) * 3)) for call in calls]
    for _ in range(runs):
        for call, number, times in zip(calls, numbers, seconds, strict=True):
            times.append(timeit(call, number=number) / number)
    return [statistics.median(times) for times in seconds]


# fmt: off
ONE_VARIABLE = [  # name, f, x, f'; a "?" behind our error: we call it unreliable
    ("sin",          np.sin,                              1.0,  np.cos),
    ("exp",          np.exp,                              1.0,  np.exp),
    ("x**7",         lambda x: x**7,                      1.5,  lambda x: 7 * x**6),
    ("1/x at 0.01",  lambda x: 1 / x,                     0.01, lambda x: -1 / x**2),
    ("log at 0.01",  np.log,                              0.01, lambda x: 1 / x),
    ("sqrt at 1e-6", np.sqrt,                             1e-6, lambda x: 0.5 / np.sqrt(x)),
    ("|x| at 0",     np.abs,                              0.0,  lambda x: np.nan * x),
    ("tan at 1.52",  np.tan,                              1.52, lambda x: 1 / np.cos(x) ** 2),
    ("cos(50x)",     lambda x: np.cos(50 * x),            1.0,  lambda x: -50 * np.sin(50 * x)),
    ("step at 0",    lambda x: np.where(x > 0, 1.0, 0.0), 0.0,  lambda x: np.nan * x),
]
# fmt: on


def himmelblau(w):
    x, y = w
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def bowl(w):
    return w[0] ** 2 + 3 * w[1] ** 2


def rosenbrock(w):
    return np.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2, axis=0)


SIDES = {"ours": lambda f, x: derivative(f, x).value}
if numdifftools:
    SIDES["numdifftools"] = lambda f, x: numdifftools.Derivative(f)(x)
if scipy_differentiate:
    SIDES["scipy"] = lambda f, x: scipy_differentiate.derivative(f, x).df


def median_error(side, f, slope, x):
    around = x * np.linspace(0.97, 1.03, 40)
    return np.median([abs(side(f, float(a)) - slope(a)) / abs(slope(a)) for a in around])


def one_variable():
    print("\nderivative: time; error claimed; relative error, median of 40 points around x")
    for name, f, x, slope in ONE_VARIABLE:
        mine, *theirs = medians(*(partial(side, f, x) for side in SIDES.values()))
        errors = [median_error(side, f, slope, x) for side in SIDES.values()]
        claim = derivative(f, x)
        print(f"  {name:14} {mine * 1e6:4.0f} us {claim.error / abs(slope(x)):9.1e}", end="")
        print(f" {errors[0]:9.1e} {' ' if claim.reliable else '?'}", end="")
        for side, seconds, error in zip(list(SIDES)[1:], theirs, errors[1:], strict=True):
            print(f"   {side} {seconds / mine:5.1f} x {error:8.1e}", end="")
        print()


def by_hand(f, w, h=1e-5):
    """2n calls of f, as short as Python has it."""
    slopes = []
    for step in h * np.eye(len(w)):
        slopes.append((f(w + step) - f(w - step)) / (2 * h))
    return slopes


def many_variables():
    print(f"\n{'transform':28} {'ours':>9} {'2n calls':>11} {'numdifftools':>14}")
    rng = np.random.default_rng(0)
    for name, ours, theirs, f, n in (
        ("grad, bowl, n = 2", grad, "Gradient", bowl, 2),
        ("grad, himmelblau, n = 2", grad, "Gradient", himmelblau, 2),
        ("grad, rosenbrock, n = 2", grad, "Gradient", rosenbrock, 2),
        ("grad, rosenbrock, n = 100", grad, "Gradient", rosenbrock, 100),
        ("hessian, rosenbrock, n = 2", hessian, "Hessian", rosenbrock, 2),
        ("hessian, rosenbrock, n = 5", hessian, "Hessian", rosenbrock, 5),
    ):
        w = rng.normal(size=n)
        transformed = ours(f)
        calls = [lambda transformed=transformed, w=w: transformed(w), partial(by_hand, f, w)]
        if numdifftools:
            nd = getattr(numdifftools, theirs)(f)
            calls.append(lambda nd=nd, w=w: nd(w))
        mine, hand, *other = (1e6 * seconds for seconds in medians(*calls))
        beside = f"{hand:8.0f} us" if ours is grad else 11 * " "
        print(f"{name:28} {mine:6.0f} us {beside}", *(f"{t / mine:12.0f} x" for t in other))


def rosenbrock_hessian(w):
    H = np.diag(np.append(1200 * w[:-1] ** 2 - 400 * w[1:] + 2, 0.0))
    H += np.diag(np.append(0.0, np.full(len(w) - 1, 200.0)))
    return H - np.diag(400 * w[:-1], 1) - np.diag(400 * w[:-1], -1)


def hessian_errors():
    print("\nrelative error of hessian on rosenbrock")
    for n in (2, 5, 10, 20):
        w = np.random.default_rng(n).normal(size=n)
        exact = rosenbrock_hessian(w)
        print(
            f"  n = {n:3}  {np.abs(hessian(rosenbrock)(w) - exact).max() / np.abs(exact).max():.1e}"
        )


if __name__ == "__main__":
    say_who_is_here(numdifftools=numdifftools, scipy=scipy_differentiate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peers warn where f leaves its domain
        one_variable()
        many_variables()
        hessian_errors()
