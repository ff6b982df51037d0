"""Blocks: normalised sums and their derivatives in a second way."""

import numpy as np

from calclearn.calculus.autodiff import grad
from calclearn.networks.blocks import Block, normalised
from calclearn.networks.layers import Dense, Dropout, ReLU

from ..refusals import refused


def test_normalised_columns_and_their_derivatives():
    rng = np.random.default_rng(0)
    z, g = rng.normal(size=(7, 3)) * [0.1, 1, 5] + [3, 0, -2], rng.normal(size=(7, 3))
    np.testing.assert_allclose(normalised(z).mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(normalised(z).std(axis=0), 1, rtol=1e-3)

    def step_by_step(z):
        apart = z - np.mean(z, axis=0)
        return np.sum(g * apart / np.sqrt(np.mean(apart**2, axis=0) + 1e-5))

    gradient = grad(lambda z: np.sum(g * normalised(z)))(z)
    np.testing.assert_allclose(gradient, grad(step_by_step)(z), atol=1e-12)


test_what_cannot_be = refused(
    [
        (lambda a=a: Block(Dense(2), a), "activation must have no weights")
        for a in (Dropout(), Dense(2))
    ],
    [
        (lambda: Block(Dense(2), "relu"), "activation must be a layer such as ReLU"),
        (lambda: Block(2, ReLU()), "dense must be a Dense layer, got 2"),
    ],
)
