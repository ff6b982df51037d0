"""The spirals are what their formula says, say that they are made, and no line splits them."""

import numpy as np
import pytest

from calclearn.data import spirals

from ..refusals import refused


def test_the_arms_are_opposite_and_wind_one_and_a_half_times():
    data = spirals(50, noise=0.0)
    arm, other = np.split(np.stack([data.x, data.y]), 2, axis=1)
    np.testing.assert_allclose(arm, -other)
    assert data.arm.tolist() == [1.0] * 50 + [-1.0] * 50
    radius, angle = np.hypot(*arm), np.unwrap(np.arctan2(*arm[::-1]))
    assert radius[-1] == pytest.approx(2.0)
    assert (np.diff(radius) > 0).all()
    assert np.ptp(angle) == pytest.approx(3 * np.pi * (1 - np.sqrt(0.03)))


def test_the_noise_has_the_given_size_and_repeats_with_its_seed():
    clean, noisy, other = spirals(5000, noise=0.0), spirals(5000, noise=0.2), spirals(5000, seed=1)
    for name in ("x", "y"):
        assert np.std(noisy[name] - clean[name]) == pytest.approx(0.2, rel=0.05)
        assert not np.array_equal(spirals(5000)[name], other[name])
        np.testing.assert_array_equal(spirals(5000, seed=1)[name], other[name])
    assert spirals().x[0] == pytest.approx(-0.014, abs=0.1)


def test_no_straight_line_does_much_better_than_chance():
    data = spirals()
    table = np.column_stack([data.x, data.y, np.ones(len(data))])
    w, *_ = np.linalg.lstsq(table, data.arm, rcond=None)
    assert np.mean(np.sign(table @ w) == data.arm) < 0.7


BAD = [
    *((lambda n=n: spirals(n), f"n must be a whole number of at least 1, got {n}")
      for n in (0, 2.5, True)),
    *((lambda noise=noise: spirals(noise=noise), "noise must be at least 0 cm and finite, got")
      for noise in (-1.0, np.nan, None, "a lot", np.complex64(1))),
    *((lambda seed=seed: spirals(seed=seed), "seed must be a whole number of at least 0")
      for seed in ("s", -1)),
]  # fmt: skip

test_what_cannot_be = refused(BAD)
