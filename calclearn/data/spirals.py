"""Two spirals, a made data set: the smallest that no straight line and no bent one can split."""

import numpy as np

from calclearn.data.dataset import Dataset, whole

RADIUS, TURNS = 2.0, 1.5  # cm, and times around


def spirals(n: int = 100, noise: float = 0.05, seed: int = 0) -> Dataset:
    """Two spiral arms of n points each, made by a formula and a seed; the second is opposite.

        (x, y) = ±r (cos φ, sin φ) + noise,    r = 2 cm · √t,    φ = 3π √t,    t from 0.03 to 1

    Columns, each `(2n,)`: x and y in cm, and arm, +1.0 or -1.0. `noise` is the standard deviation
    in cm. Raises `ValueError` for n below 1 and for a negative or infinite noise.

    >>> len(spirals()), spirals().label("x"), np.unique(spirals().arm)
    (200, 'x (cm)', array([-1.,  1.]))

    Source of the task: Lang & Witbrock, "Learning to tell two spirals apart", Connectionist Models
    Summer School (1988).
    """
    n, seed = whole("n", n, 1), whole("seed", seed, 0)
    if not isinstance(noise, int | float | np.integer | np.floating) or not 0 <= noise < np.inf:
        raise ValueError(f"noise must be at least 0 cm and finite, got {noise!r:.60}")
    share = np.sqrt(np.linspace(0.03, 1, n))
    angle = 2 * np.pi * TURNS * share
    arm = RADIUS * share * np.stack([np.cos(angle), np.sin(angle)])  # (2, n)
    x, y = np.hstack([arm, -arm]) + noise * np.random.default_rng(seed).normal(size=(2, 2 * n))
    return Dataset(
        name="Two spirals (made)", columns={"x": x, "y": y, "arm": np.repeat([1.0, -1.0], n)},
        units={"x": "cm", "y": "cm"}, source=f"made by calclearn.data.spirals, seed {seed}",
        licence="CC0 1.0",
    )  # fmt: skip
