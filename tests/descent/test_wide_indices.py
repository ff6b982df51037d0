"""Where an index has 32 bits, as in WebAssembly, a whole number of 64 bits is no index.

On such a machine `np.bincount`, `np.choose`, `np.repeat` and their like refuse arrays of int64, and
random generators still draw int64. Here both kinds of whole numbers are the same type, so `Wide`
marks those that are drawn, and those functions refuse them as they would there.
"""

import numpy as np

from calclearn.descent.descend import descend
from calclearn.descent.landscapes import bowl
from calclearn.descent.losses import cross_entropy, line_loss, logistic_loss, mse, polynomial_loss
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.surfaces import shaken

REFUSING = (np.bincount, np.choose, np.repeat, np.unravel_index, np.put)


class Wide(np.ndarray):
    """Whole numbers of 64 bits where an index has 32; what is made of them is as wide."""

    def __array_function__(self, function, types, arguments, keywords):
        if function in REFUSING:
            raise TypeError("Cannot cast array data from int64 to int32")
        return super().__array_function__(function, types, arguments, keywords)


class Drawing(np.random.Generator):
    """A generator whose whole numbers are wide."""

    def __init__(self):
        super().__init__(np.random.PCG64(0))

    def choice(self, *arguments, **keywords):
        return np.asarray(super().choice(*arguments, **keywords)).view(Wide)

    def integers(self, *arguments, **keywords):
        return np.asarray(super().integers(*arguments, **keywords)).view(Wide)


def test_mini_batches_are_drawn_by_wide_numbers():
    x = np.linspace(-1, 1, 12)
    for loss in (
        line_loss(x, x**2, mse, batch_size=4),
        polynomial_loss(x, x**2, 3, batch_size=4),
        logistic_loss(x, x > 0, batch_size=4),
        shaken(bowl(), 0.1),
    ):
        start, settings = np.zeros(loss.dimension), {"rng": Drawing(), "validation": loss}
        run = descend(loss, start, GradientDescent(0.01), 5, **settings)
        assert run.steps_taken == 5
        assert type(run.points) is type(run.best_point) is np.ndarray


def test_class_numbers_may_be_wide():
    labels = np.array([0, 2, 1], dtype=np.int64).view(Wide)
    z = np.arange(9.0).reshape(3, 3)
    assert cross_entropy(z, labels) == cross_entropy(z, np.array([0, 2, 1]))
