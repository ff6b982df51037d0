"""A layer at work: what it puts out and what it sends back, and when two such results agree."""

import numpy as np
import pytest

from calclearn.calculus.autodiff import vjp


@pytest.fixture(scope="session")
def pulled():
    """`pulled(layer, parameters, x, g)`: the output, then the cotangents of x and parameters."""

    def there_and_back(layer, parameters, x, g) -> list[np.ndarray]:
        y, pullback = vjp(lambda x, *parameters: layer(parameters, x), x, *parameters)
        return [y, *pullback(g)]

    return there_and_back


@pytest.fixture(scope="session")
def agree():
    """`agree(result, expected)`: the same arrays, one by one."""

    def close(result, expected, tolerance=1e-10):
        for one, other in zip(result, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)

    return close
