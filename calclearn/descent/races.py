"""Races: optimizers start at one point and may spend the same number of gradients.

A line search pays for each of its trials, a Hessian for d gradients, and a point that is reached
again is paid for again.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from calclearn.descent.arguments import instance, whole
from calclearn.descent.descend import Descent, Stop, descend
from calclearn.descent.surfaces import Surface


class RaceResult(NamedTuple):
    """One optimizer's race: its descent, and for each point the price, and the gap that is left."""

    descent: Descent
    price: np.ndarray  # (K+1,) gradients
    gap: np.ndarray  # (K+1,) loss above the lowest


def running_mean(values: np.ndarray, count: int) -> np.ndarray:
    """The mean of each value and the `count` − 1 before it, at the start of what there is.

    >>> running_mean(np.array([0.0, 2.0, 4.0, 8.0]), 2)
    array([0., 1., 3., 6.])
    """
    padded = np.concatenate([np.zeros((count, *np.shape(values)[1:])), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, count, axis=0)[1:]
    return (windows.sum(axis=-1).T / np.minimum(np.arange(len(values)) + 1, count)).T


def race(
    surface: Surface, start: Any, optimizers: dict[str, Any], budget: int
) -> dict[str, RaceResult]:
    """Run each optimizer from one start until it has spent `budget` gradients.

    Raises ValueError for several starts or factors, mini-batches, and where no minimum is known.

    >>> from calclearn.descent.landscapes import booth
    >>> from calclearn.descent.optimizers import Adam
    >>> race(booth(), (9, 9), {"Adam": Adam(0.1)}, budget=20)["Adam"].price[-1]
    np.int64(20)
    """
    instance("surface", surface, Surface, "a Surface")
    if not surface.minima or surface.batch or surface.sampler:
        expected = "surface must have a known minimum, no batch of factors and no mini-batches"
        raise ValueError(f"{expected}, got {surface.name!r}")
    whole("budget", budget, 1)
    if np.ndim(start) != 1:
        raise ValueError(f"start must be one point (d,), got shape {np.shape(start)}")
    instance("optimizers", optimizers, Mapping, "a dict, optimizers by their names")
    lowest, results = surface(surface.minima[0]), {}
    paid = [0.0]  # gradients so far

    def both(w: np.ndarray) -> tuple:
        paid[0] += 1
        return surface.value_and_gradient(w)

    def hessian(w: np.ndarray) -> np.ndarray:
        paid[0] += len(w)
        return surface.hessian(w)

    counted = surface.replace(value_and_gradient=both, hessian=hessian)
    for name, optimizer in optimizers.items():
        paid[0] = 0.0
        run = descend(counted, start, optimizer, budget, validation=lambda w: paid[0])
        price, run = run.validation.astype(int), replace(run, validation=None)
        if price[-1] > budget:
            n = np.searchsorted(price, budget, side="right")
            price, stop = price[:n], np.int64(Stop.OUT_OF_STEPS)
            run = replace(run, points=run.points[:n], values=run.values[:n], stop=stop)
        results[name] = RaceResult(run, price, run.values - lowest)
    return results
