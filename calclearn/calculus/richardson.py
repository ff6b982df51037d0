"""Richardson's table: combine what is wrong at several steps into what is right at none of them.

A symmetric difference at step h errs by c₁h² + c₂h⁴ + ... Taken at h and at 3h, two of them cancel
the first term; two such combinations cancel the second; and so on, a triangle of columns:

    T(h, 0) = D(h),   T(h, j) = T(h, j-1) + (T(h, j-1) - T(3h, j-1)) / (9ʲ - 1)

The decision here is to compute the whole triangle and to let its entries judge one another. Where
h is large the curve is still at fault, where it is small the last digits are; in between, two
neighbours agree best, and their distance is an honest error.

Sources: Richardson, Phil. Trans. A 210 (1911); Ridders, Advances in Engineering Software 4 (1982).
"""

from dataclasses import dataclass

import numpy as np

EPS = float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class Estimate:
    """A number that knows its error: `value` ± `error`, from so many `evaluations` of f.

    `reliable` is false where the numbers behind it found nothing to agree on (a kink, a jump, a
    pole, noise); the error then only measures the disagreement.

    >>> Estimate(0.5, 1e-15, 50)
    0.5 ± 1e-15 (50 evaluations)
    """

    value: float | np.ndarray
    error: float | np.ndarray
    evaluations: int
    reliable: bool | np.ndarray = True

    def __repr__(self) -> str:
        error = np.array2string(np.asarray(self.error), formatter={"float": "{:.1g}".format})
        doubt = "" if np.all(self.reliable) else ", unreliable"
        return f"{self.value} ± {error}{doubt} ({self.evaluations} evaluations)"


def ladder(widest: float, rungs: int) -> np.ndarray:
    """Steps from wide to fine, each a third of the one before.

    >>> ladder(0.9, 3).round(12)
    array([0.9, 0.3, 0.1])
    """
    return widest / 3.0 ** np.arange(rungs)


def triangle(differences: np.ndarray, columns: int = 6) -> list[np.ndarray]:
    """The columns of the table, each one shorter than the one before.

    >>> triangle(np.array([1 + 0.9**2, 1 + 0.3**2, 1 + 0.1**2]), columns=2)[1]
    array([1., 1.])
    """
    table = [differences]
    for j in range(1, columns):
        coarse, fine = table[-1][:-1], table[-1][1:]
        table.append(fine + (fine - coarse) / (9.0**j - 1))
    return table


class Table:
    """The table of a ladder of so many rungs, as one matrix: every entry is linear in the rungs.

    The triangle of the unit vectors holds the weights of each entry, so the tables of a thousand
    functions cost one product of matrices.
    """

    def __init__(self, rungs: int):
        columns = triangle(np.eye(rungs))
        self.weights = np.concatenate([column[1:] for column in columns])
        self.steps = np.concatenate([column[1:] - column[:-1] for column in columns])
        self.uses = np.logical_or(self.weights, self.steps).astype(float)
        self.rung = np.concatenate([np.arange(j + 1, rungs) for j in range(len(columns))])
        self.finest = rungs - 2  # the entry that is the finest difference as it came
        end = 3 * (rungs - 2)  # of the third column
        self.quiet = slice(end - 3, end)

    def entries(self, differences, rounding, divisor):
        """Every entry, its distance from its neighbour as its error, and the noise at each rung.

        `differences` (rungs, n) are quotients over `divisor`, whose numerators are rounded by
        `rounding`.

        >>> h = ladder(0.5, 8)[:, None]
        >>> slopes, rounding = (np.exp(h) - np.exp(-h)) / (2 * h), 1e-16 + 0 * h
        >>> (value,), (error,) = best(*Table(8).entries(slopes, rounding, 2 * h)[:2])
        >>> bool(abs(value - 1.0) < error < 1e-13)
        True
        """
        finite = np.isfinite(differences)
        lost = 0.0
        if not finite.all():
            differences = np.where(finite, differences, 0.0)
            lost = np.where(self.uses @ ~finite, np.nan, 0.0)
        entries = self.weights @ differences + lost
        distances = np.abs(self.steps @ differences) + lost
        # Two columns on, the finest entries differ by nothing but the noise of f: no guess needed.
        noise = np.fmax(rounding, (distances[self.quiet] * divisor[-3:]).max(axis=0)) / divisor
        return entries, distances + noise[self.rung], noise

    def bounds(self, entries, errors):
        """The range beyond which an entry contradicts the finest difference.

        Neighbours may agree falsely, across a pole or beyond a domain; the finest difference may
        be noisy, but it looks at the right place.
        """
        finest, doubt = entries[self.finest], 4 * errors[self.finest]
        return finest - doubt, finest + doubt


def best(entries, errors, low=-np.inf, high=np.inf):
    """The entry of least error between `low` and `high`, with that error: (entries, n) -> (n,).

    Where no entry can be right they are NaN and ∞.
    """
    errors = np.where((low <= entries) & (entries <= high), errors, np.inf)
    index = errors.argmin(axis=0), np.arange(errors.shape[1])
    value, error = entries[index], errors[index]
    return np.where(error < np.inf, value, np.nan), error
