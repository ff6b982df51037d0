"""Races: what each optimizer pays, and that it runs as it does alone."""

from functools import partial

import numpy as np

from calclearn.descent.descend import descend
from calclearn.descent.landscapes import booth, ravine, saddle
from calclearn.descent.losses import line_loss
from calclearn.descent.optimizers import Adam
from calclearn.descent.races import race, running_mean
from calclearn.descent.second_order import BFGS, Newton

from ..refusals import refused


class ToAndFro:
    def init(self, w):
        return False

    def update(self, w, g, state, surface=None):
        return (w - 1 if state else w + 1), not state


def test_a_race_is_what_descend_does():
    result = race(ravine(), (1.0, 2.0), {"Adam": Adam(0.1)}, 30)["Adam"]
    alone = descend(ravine(), (1.0, 2.0), Adam(0.1), 29)
    np.testing.assert_array_equal(result.descent.points, alone.points)
    np.testing.assert_array_equal(result.gap, alone.values)
    assert result.price.tolist() == list(range(1, 31))
    assert result.descent.validation is None


def test_a_hessian_costs_a_gradient_a_row_and_a_search_each_trial():
    results = race(booth(), (1, 1), {"Newton": Newton(), "BFGS": BFGS()}, 30)
    assert results["Newton"].price.tolist() == [1, 4]
    assert results["BFGS"].price[-1] == results["BFGS"].descent.evaluations


def test_what_is_beyond_the_budget_is_no_part_of_a_race():
    result = race(ravine(), (1.0, 2.0), {"Newton": Newton(0.1)}, 9)["Newton"]
    assert result.price.tolist() == [1, 4, 7]
    assert len(result.gap) == len(result.descent.points) == 3
    assert format(result.descent).startswith("at loss")


def test_a_point_that_is_reached_again_is_paid_for_again():
    result = race(booth(), (4.0, 4.0), {"to and fro": ToAndFro()}, 6)["to and fro"]
    assert len(np.unique(result.descent.points, axis=0)) == 2
    assert result.price.tolist() == [1, 2, 3, 4, 5, 6]
    optimizers = {"Adam": Adam(0.1), "Newton": Newton(), "BFGS": BFGS()}
    for result in race(booth(), booth().minima[0], optimizers, 20).values():
        assert np.all(result.gap == 0)
        assert np.all(np.diff(result.price) > 0)


def test_a_mean_of_columns_runs_along_the_first_axis():
    values = np.arange(12.0).reshape(6, 2) ** 2
    expected = [values[max(0, k - 2) : k + 1].mean(axis=0) for k in range(6)]
    np.testing.assert_allclose(running_mean(values, 3), expected)
    np.testing.assert_array_equal(running_mean(np.array([1e300, 1.0, 1.0, 3.0]), 2)[2:], [1, 2])
    assert running_mean(np.ones(2), 3).tolist() == [1, 1]


BAD = [
    (saddle(), (1, 1), {}, 20, ValueError, "must have a known minimum, .*, got 'saddle'"),
    (np.ones(2) * booth(), (1, 1), {}, 9, ValueError, "no batch of factors"),
    (line_loss([1, 2], [1, 3], batch_size=1), (1, 1), {}, 9, ValueError, "and no mini-batches"),
    (np.sum, (1, 1), {}, 9, TypeError, "surface must be a Surface"),
    (booth(), (1, 1), {}, 0, ValueError, "budget must be a whole number of at least 1, got 0"),
    (booth(), np.ones((2, 3)), {}, 9, ValueError, r"start must be one point \(d,\), got .* 3"),
    (booth(), (1, 1), [Adam()], 9, TypeError, "optimizers must be a dict, .* got"),
]  # fmt: skip
test_what_cannot_race = refused(
    [(partial(race, *given), kind, words) for *given, kind, words in BAD]
)
