"""What the figures of plain gradient descent share: learning rates that suit a surface, the slider
coloured by what they do, and the words for it.
"""

import numpy as np

from calclearn.descent.curvature import Regimes, eigenvalues
from calclearn.descent.descend import Descent
from calclearn.descent.surfaces import Surface
from calclearn.explorers.controls import coloured, log_slider
from calclearn.explorers.wording import counted, ended
from calclearn.figures.style import REGIMES
from calclearn.figures.surfaces import window_around

STEPS = 60


def far_start(surface: Surface) -> np.ndarray:
    """Return a start far up the bowl and off its axes, on round numbers."""
    (w0, w1), ((low0, high0), (low1, high1)) = surface.minima[0], window_around(surface)
    return np.round([w0 - 0.38 * (high0 - low0), w1 + 0.1 * (high1 - low1)], 1)


def rate_for(surface: Surface, share: float) -> float:
    """A learning rate that suits the minimum: this share of 1/λmax, to one digit.

    Raises ValueError for a surface that has not two weights, or no minimum that is known.

    >>> from calclearn.descent.landscapes import booth
    >>> rate_for(booth(), 0.5)  # λmax = 18
    0.03
    """
    if surface.dimension != 2 or not surface.minima:
        raise ValueError(
            f"surface must have two weights and a known minimum, got {surface.name or surface!r}"
        )
    return float(f"{share / eigenvalues(surface, surface.minima[0])[-1]:.1g}")


def regimes(surface: Surface) -> Regimes:
    """Return which learning rates creep, converge, oscillate and diverge on a bowl."""
    return Regimes(eigenvalues(surface, surface.minima[0]), STEPS)


def bands(rates: Regimes) -> list[tuple[float, str, str]]:
    """Return the regimes as (upper end, colour, name), for a slider's track and for `Bands`."""
    ends = (rates.creeps, rates.converges, rates.oscillates, np.inf)
    return [(end, colour, name) for end, (name, colour) in zip(ends, REGIMES.items(), strict=True)]


def rate_slider(surface: Surface, least: float = 10**-1.4, most: float = 10**1.7):
    """Return a slider from rates that hardly move to some that diverge for a tenth of the data.

    `least` and `most` are times a good rate. Its track has the colours of the quantity `bands`, or
    without one those of this surface.
    """
    value, own = rate_for(surface, 0.5), bands(regimes(surface))
    control = log_slider(value, least * value, most * value, round(40 * np.log10(most / least)))
    return coloured(control, lambda bands=own: bands)


def regime(rates: Regimes, learning_rate: float) -> str:
    """Say what this learning rate does.

    >>> regime(Regimes(np.array([1.0, 4.0])), 0.6)
    'Learning rate 0.6 diverges: each step overshoots farther than the last'
    """
    name = rates.name(learning_rate)
    steps = {
        "creeps": "the steps are small",
        "converges": "no step overshoots",
        "oscillates": "each step overshoots, yet less each time",
        "diverges": "each step overshoots farther than the last",
    }[name]
    return f"Learning rate {learning_rate:.3g} {name}: {steps}"


def progress(descent: Descent, step: int, unit: str) -> str:
    """Say how far a descent is after a step; at its last one, how it ended."""
    if step >= len(descent.values) - 1:
        return ended(descent, unit)
    return f"the loss after {counted(step, 'step')} is {descent.values[step]:.3g} {unit}"
