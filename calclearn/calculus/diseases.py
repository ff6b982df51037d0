"""The diseases of a gradient: one function each, which looks for one mistake and describes it.

A wrong gradient keeps the mark of its mistake: a lost minus flips every component, a lost 2 halves
them, a lost X makes them all alike. So the decision is to lay what a gradient gives beside the
measured slopes, as tables of coordinates by points, and to ask one question a disease. Its name is
the function's name; its answer is a sentence for the learner, or None. No answer shows the right
numbers. In `DISEASES` the more particular come first.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calclearn.calculus.numerical import grad

WIDEST = 500  # coordinates or data rows beyond which a search of all pairs is not worth its time


@dataclass(frozen=True)
class Comparison:
    """What a gradient gives, what differences of f measure, and their doubt: (d, m) each."""

    given: np.ndarray
    slopes: np.ndarray
    doubt: np.ndarray

    @property
    def differs(self) -> np.ndarray:
        return ~(np.abs(self.given - self.slopes) <= self.doubt)

    @property
    def telling(self) -> np.ndarray:
        """Where a slope is so far from 0 that its sign and size mean something."""
        return np.abs(self.slopes) > 100 * self.doubt

    def multiple(self) -> float | None:
        """The c with given = c · slopes at every entry, or None."""
        if not self.telling.any():
            return None
        c = float(np.median(self.given[self.telling] / self.slopes[self.telling]))
        fits = np.abs(self.given - c * self.slopes) <= (1 + abs(c)) * self.doubt
        return c if fits.all() else None

    def part(self, which) -> "Comparison":
        return Comparison(self.given[which], self.slopes[which], self.doubt[which])


def sign(table: Comparison) -> str | None:
    c = table.multiple()
    if c is None or abs(c + 1) > 1e-4:
        return None
    return (
        "Every component has the right size and the wrong sign: a minus was lost, or one too many "
        "was written."
    )


def factor(table: Comparison) -> str | None:
    c = table.multiple()
    if c is None:
        return None
    if abs(c) < 1e-6:
        return "It is 0 at points where f is not flat: something in it vanishes or is never used."
    opposite = " and has the wrong sign" if c < 0 else ""
    halves = (abs(c), 1 / abs(c), 2 * abs(c), 2 / abs(c))
    if any(k > 0.5 and abs(k - round(k)) < 1e-4 * k for k in halves):
        cause = "Look for a 2 that comes from a square, or for a sum here and a mean there."
    else:
        cause = "That is no plain 2 or n: look for a factor, such as x, missing inside a sum."
    return f"It is {abs(c):.3g} times as large as it should be everywhere{opposite}. {cause}"


def transposed(table: Comparison) -> str | None:
    d = len(table.given)
    if d == 1 or d > WIDEST:
        return None
    distance = np.abs(table.given[:, None] - table.slopes)  # (d, d, m): component i as slope j
    fits = (distance <= table.doubt[:, None] + table.doubt).all(axis=-1)
    free = np.ones(d, bool)
    for i in range(d):
        places = np.flatnonzero(fits[i] & free)
        if not places.size:
            return None
        free[i if i in places else places[0]] = False
    return (
        "The right numbers stand in the wrong places: a matrix was transposed, or coordinates were "
        "put in another order."
    )


def missing_x(table: Comparison) -> str | None:
    if len(table.given) == 1 or np.any(np.abs(table.given - table.given[0]) > table.doubt):
        return None
    return (
        "All components are the same number. Each weight acts through its own column of X, so "
        "errors must be multiplied by that column before they are added up."
    )


def coordinate(table: Comparison) -> str | None:
    wrong, telling = table.differs.any(axis=1), table.telling.any(axis=1)
    if wrong.all() or not telling[~wrong].any():
        return None
    names = [f"w[{i}]" for i in np.flatnonzero(wrong)]
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    looks = [
        f" It looks like: {test.__name__}." for test in (sign, factor) if test(table.part(wrong))
    ]
    return f"Only the derivative for {listed} is wrong; the others agree.{''.join(looks[:1])}"


def length(table: Comparison) -> str | None:
    columns = [table.part((slice(None), [k])) for k in range(table.given.shape[1])]
    if len(table.given) == 1 or not all((column.multiple() or -1) > 0 for column in columns):
        return None
    return (
        "At each point it has the right direction and a wrong length, by a factor that changes "
        "from point to point, as when a gradient is normalised or clipped."
    )


def offset(table: Comparison) -> str | None:
    gap = table.given - table.slopes
    if gap.shape[1] == 1 or np.any(np.abs(gap - gap[:, :1]) > table.doubt + table.doubt[:, :1]):
        return None
    return (
        "It is off by the same amount at every point: a term that does not depend on w, such as "
        "the target, was left out or added."
    )


DISEASES = (sign, factor, transposed, missing_x, coordinate, offset, length)


def forgets_x(f: Callable, gradient: Callable, point: np.ndarray, rows: int) -> bool:
    """Whether one constant matrix would turn `rows` numbers of `gradient` into the slopes of f.

    A prediction X @ w passes an error e on to the weights as Xᵀe, so a gradient that forgot X gives
    the errors themselves, and ∇f(w) = A e(w) with the same A at every w. A is fitted at as many
    points as it needs and tried at others.
    """
    if rows > WIDEST:
        return False
    rng = np.random.default_rng(0)
    spread = 0.5 * np.where(point == 0, 1.0, np.abs(point))[:, None]
    points = point[:, None] + spread * rng.normal(size=(len(point), rows + 8))
    errors = np.stack([np.ravel(gradient(w)) for w in points.T], axis=-1)
    slopes = grad(f)(points)
    if not (np.isfinite(errors).all() and np.isfinite(slopes).all()):
        return False
    fitted, tried = slice(None, -4), slice(-4, None)
    A = np.linalg.lstsq(errors[:, fitted].T, slopes[:, fitted].T, rcond=1e-9)[0].T
    return bool(np.abs(A @ errors - slopes)[:, tried].max() <= 1e-5 * np.abs(slopes).max())
