"""Is this gradient right, and if not, what does the mistake look like?

A mistake leaves its mark: a lost minus flips every component, a lost 2 halves them, a lost X makes
them all alike. So what a gradient gives is laid beside the measured slopes, coordinates by points,
and one function for each kind of mistake looks for its mark, the more particular first; its name is
the diagnosis. No sentence shows the right gradient: to derive it is the exercise.

Above a few hundred coordinates f is measured along random directions, in each of which a wrong
coordinate shows; where one does, halves of the coordinates lead to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from calclearn.calculus.numerical import (
    EPS,
    along,
    at_points,
    grad,
    grain,
    ladder_slopes,
    line_slopes,
    quiet,
    real_numbers,
    returned,
)
from calclearn.calculus.structures import function

CALLS = 3  # of f at each point, to notice random numbers in it
AROUND = 5  # points compared around a single one, where a wrong gradient may be right by chance
WIDEST = 500  # coordinates, or rows of data, that are compared one by one
SAMPLE, MANY = 32, 16  # coordinates that are compared beyond that, and wrong ones that are listed


@dataclass(frozen=True)
class GradientReport:
    """The outcome of `check_gradient`: true where the gradient agrees with f.

    `diagnosis` is one word: agrees, sign, factor, missing_x, transposed, coordinate, offset,
    length, shape, kink, not_finite, raises, random or wrong; `message` says it in a sentence or
    two; `points` is the number of points that were compared.
    """

    agrees: bool
    diagnosis: str
    message: str
    points: int

    def __bool__(self) -> bool:
        return self.agrees

    def __str__(self) -> str:
        return f"{self.diagnosis}: {self.message}"


@quiet
def check_gradient(f: Callable, gradient: Callable, at=None) -> GradientReport:
    """Compare a gradient written by hand with differences of f, and name the mistake.

    gradient(w)ᵢ = ∂f/∂wᵢ  within the error of the differences, at every point

    `at` is a point as f takes it, an array (d,) or a number; or several, as a list of points or the
    columns of an array (d, m). Where f takes a number, a list is one of numbers. To a single point
    random neighbours are added, always the same; without `at`, that point is the number 0.5. At a
    kink every slope between those of its two sides is right. Raises `ValueError` where f cannot be
    called at a point of `at`, or is not one finite number there.

    >>> X, y = np.array([[1.0], [2.0], [3.0]]), np.array([2.0, 4.0, 6.0])
    >>> loss = lambda w: np.sum((X @ w - y) ** 2)
    >>> bool(check_gradient(loss, lambda w: 2 * X.T @ (X @ w - y), at=[0.5]))
    True
    >>> check_gradient(loss, lambda w: 2 * (X @ w - y), at=[0.5]).diagnosis
    'missing_x'
    """
    f, gradient, points = _points(function("f", f), function("gradient", gradient), at)
    diagnosis, message = _diagnose(f, gradient, points)
    message = message or SENTENCES[diagnosis]
    return GradientReport(diagnosis == "agrees", diagnosis, message, points.shape[1])


SENTENCES = {
    "random": "Two calls of {} at one point give different values, so there is nothing to compare. "
    "Draw its random numbers from the same seed at every call.",
    "not_finite": "The gradient is NaN or infinite at a point where f is finite.",
    "kink": "The gradient is right wherever f is smooth. At a kink of f it must lie between the "
    "slopes on the two sides, and it does not.",
    "sign": "Every component has the right size and the wrong sign: a minus was lost, or one too "
    "many was written.",
    "transposed": "The right numbers stand in the wrong places: a matrix was transposed, or "
    "coordinates were put in another order.",
    "missing_x": "All components are the same number. Each weight acts through its own column of "
    "X, so errors must be multiplied by that column before they are added up.",
    "offset": "The gradient is off by the same amount at every point: a term that does not depend "
    "on w, such as the target, was left out or added.",
    "length": "At each point the gradient has the right direction and a wrong length, by a factor "
    "that changes from point to point, as when a gradient is normalised or clipped.",
    "wrong": "The gradient differs from that of f in no way that is known here: check one "
    "coordinate, and one term of f, at a time.",
}


def _points(f, gradient, at):
    """f and its gradient of points (d,), and the points (d, m)."""
    given = 0.5 if at is None else at
    if isinstance(given, list | tuple) and given and np.ndim(given[0]) == 1:
        if len({np.shape(point) for point in given}) > 1:
            raise ValueError("at must list points of one shape, got different ones")
        given = np.stack([real_numbers("at", point) for point in given], axis=-1)
    given = real_numbers("at", given)
    if given.ndim > 2 or given.size == 0:
        raise ValueError(f"at must have shape (d,) or (d, m), got {given.shape}")
    points = np.atleast_1d(given)
    if given.ndim == 0 or _takes_one_number(f, points):
        points = points.reshape(1, -1)
        f, gradient = (lambda w, of=of: of(w[0]) for of in (f, gradient))
    points = points.reshape(len(points), -1)
    for w in points.T:
        try:
            value = f(w.copy())
        except (TypeError, ValueError, IndexError, AttributeError) as error:
            why = f"f({w if w.size > 1 else w[0]}) raises {type(error).__name__}: {error}"
            if at is None:
                why = f"without it f is called with a number, and {why}"
            raise ValueError(f"at must be a point, or points, as f takes them; {why}") from error
        value = returned(value)
        if value.size != 1:
            raise ValueError(f"f must return one number for a point, got shape {value.shape}")
        if not np.isfinite(value).all():
            raise ValueError(f"f must be finite at the points in at, got {value} at {w}")
    if points.shape[1] == 1:
        spread = 0.1 * np.where(points == 0, 1.0, np.abs(points))
        count = AROUND if len(points) <= WIDEST else 2
        near = points + spread * np.random.default_rng(0).normal(size=(len(points), count))
        points = np.concatenate([points, near], axis=1)
        points = points[:, np.isfinite(at_points(f, points)).reshape(-1)]
    return f, gradient, points


def _takes_one_number(f, points) -> bool:
    """Whether a list of numbers holds numbers for f, and no point: f gives no one number for it."""
    if points.ndim == 2 and len(points) > 1:
        return False
    try:
        value = np.asarray(f(points.ravel().copy()))
    except IndexError:  # a point, of too few numbers
        return False
    except (TypeError, ValueError):  # `math.sin` refuses an array, even one of a single number
        return True
    return value.shape == points.ravel().shape


def _diagnose(f, gradient, points) -> tuple[str, str]:
    """The diagnosis, and its message where that is not the one in SENTENCES."""
    for w in points.T:
        values = [returned(f(w.copy())).item() for _ in range(CALLS)]
        if max(values) - min(values) > 1e-12 * abs(values[0]):
            return "random", SENTENCES["random"].format("f")
    name = "the gradient"
    try:
        given = [returned(gradient(w.copy()), name) for w in points.T]
        again = returned(gradient(points[:, 0].copy()), name)
    except Exception as error:  # whatever a learner's code may raise is part of the diagnosis
        stop = f"{type(error).__name__}: {str(error).rstrip('.'):.160}"
        return "raises", f"Computing the gradient fails: {stop}."
    d, m = points.shape
    if d == 1:
        given = [np.atleast_1d(g) for g in given]  # one number may stand for an array of one
    shown = np.arange(d)
    if d > WIDEST:
        shown = np.sort(np.random.default_rng(0).choice(d, SAMPLE, replace=False))
    if any(g.shape != (d,) for g in given):
        return _wrong_shape(f, gradient, points, given, shown)
    given = np.stack(given, axis=-1)
    if not np.isfinite(given).all():
        return "not_finite", ""
    if not np.allclose(given[:, 0], np.ravel(again), rtol=1e-9, atol=0):
        return "random", SENTENCES["random"].format(name)
    if d > WIDEST:
        shown = np.union1d(shown, _wrong_coordinates(f, points, given))
    table = _beside(f, points, shown, given)
    if not table.differs.any():
        return "agrees", f"The gradient agrees with differences of f at {m} points."
    if not table.differs[table.smooth].any():
        return "kink", ""
    for mark in MARKS:
        if mistake := mark(table):
            return mark.__name__, mistake if isinstance(mistake, str) else ""
    return "wrong", ""


# A gradient beside the slopes.
@dataclass
class Comparison:
    """What a gradient gives, what differences of f measure, and their doubt: (rows, m) each."""

    given: np.ndarray
    slopes: np.ndarray
    doubt: np.ndarray
    smooth: np.ndarray  # where f has a derivative
    names: np.ndarray  # the coordinate of each row

    @property
    def differs(self) -> np.ndarray:
        return ~(np.abs(self.given - self.slopes) <= self.doubt)

    @property
    def steep(self) -> np.ndarray:
        """Where a slope is so far from 0 that its sign and size mean something."""
        return np.abs(self.slopes) > 100 * self.doubt

    def is_multiple(self, c: float) -> bool:
        """Whether given = c · slopes at every entry."""
        return bool(np.all(np.abs(self.given - c * self.slopes) <= (1 + abs(c)) * self.doubt))

    def multiple(self) -> float | None:
        """The c with given = c · slopes at every entry, or None."""
        if not self.steep.any():
            return None
        c = float(np.median(self.given[self.steep] / self.slopes[self.steep]))
        return c if self.is_multiple(c) else None

    def part(self, rows=slice(None), points=slice(None)) -> "Comparison":
        """Some rows and some columns of the table."""
        parts = self.given, self.slopes, self.doubt, self.smooth
        return Comparison(*(part[rows][:, points] for part in parts), self.names[rows])


def _beside(f, points, names, given) -> Comparison:
    """What a gradient gives for some coordinates, beside the slopes: (names, m) each."""
    sizes, given = np.abs(points[names]), given[names]
    slopes, errors = _measured(f, points, _axes(points, names), sizes)
    smooth, errors = np.ones(given.shape, bool), 10 * errors
    for i, wrong in enumerate(~(np.abs(given - slopes) <= _doubt(given, slopes, errors))):
        if wrong.any():  # it is measured again, by the ladder of steps, which notices a kink
            line = partial(along, f, points[:, wrong], _axes(points, names[i]))
            parts = ladder_slopes(line, sizes[i, wrong])
            slopes[i, wrong], error, smooth[i, wrong] = (part.ravel() for part in parts)
            errors[i, wrong] = np.where(smooth[i, wrong], 10, 1.01) * error
    unknown = ~np.isfinite(slopes)  # nothing can be said against the gradient there
    slopes[unknown], errors[unknown] = given[unknown], np.inf
    return Comparison(given, slopes, _doubt(given, slopes, errors), smooth, names)


def _axes(points, names):
    return (np.arange(len(points))[:, None] == names) * 1.0


def _measured(f, points, lines, sizes):
    """The slopes of f along lines (d, l) and their errors: (l, m) each."""
    return line_slopes(f, points, lines.T[..., None], sizes).reshape(2, *sizes.shape)


def _doubt(given, slopes, errors) -> np.ndarray:
    """How far a right gradient may be from the slopes; single precision leaves it fewer digits."""
    relative, absolute = (1e-5, 1e-6) if grain(given) > EPS else (1e-6, 1e-9)
    typical = np.abs(slopes).max(axis=1, keepdims=True, where=np.isfinite(slopes), initial=0.0)
    return relative * np.abs(slopes) + absolute * typical + errors


def _wrong_coordinates(f, points, given) -> np.ndarray:
    """Some that are wrong at one of the points, by halves of halves, along a random line in each.

    A step along a line changes each coordinate in step with its size.
    """
    d, rng, size = len(points), np.random.default_rng(0), np.abs(points[:, 0])
    usual = np.median(size[size > 0]) if np.any(size > 0) else 1.0
    size = np.where(size > 0, size, usual) * rng.choice([-1, 1], d) * rng.uniform(0.5, 2, d)
    groups = [np.arange(d)]
    while True:
        lines = np.zeros((d, len(groups)))
        for line, group in zip(lines.T, groups, strict=True):
            line[group] = size[group]
        mine = lines.T @ given
        slopes, errors = _measured(f, points, lines, np.ones(mine.shape))
        differs = np.abs(mine - slopes) > _doubt(given, slopes, 10 * errors)
        here = differs.any(axis=0).argmax()
        points, given = points[:, here, None], given[:, here, None]
        groups = [groups[k] for k in np.flatnonzero(differs[:, here])[:MANY]]
        if all(len(group) == 1 for group in groups):
            return np.concatenate([[], *groups]).astype(int)
        groups = [half for group in groups for half in np.array_split(group, 2) if len(half)]


def _wrong_shape(f, gradient, points, given, shown) -> tuple[str, str]:
    shape, (d, m) = given[0].shape, points.shape
    if any(g.shape != shape for g in given):
        return "shape", "Its shape changes from point to point."
    came = f"It has shape {shape} where w has shape {(d,)}."
    table = np.stack(given, axis=-1)  # (*shape, m)
    slopes, _ = _measured(f, points, _axes(points, shown), np.abs(points[shown]))

    def equal(numbers):
        tolerance = 1e-5 * np.abs(slopes) + 1e-7 * np.abs(slopes).max()
        return bool(np.all(np.abs(numbers[shown] - slopes) <= tolerance))

    if np.prod(shape) == d and equal(table.reshape(d, m)):
        return "shape", f"{came} The numbers are right: flatten it, or sum over the right axis."
    rows = [axis for axis in range(2) if len(shape) == 2 and shape[axis] and shape[1 - axis] == d]
    if any(equal(add(table, axis=axis)) for axis in rows for add in (np.sum, np.mean)):
        per_row = "That is one gradient for each row of data: add them up, or average."
        return "shape", f"{came} {per_row}"
    if len(shape) and max(shape) == np.prod(shape) > d:
        flat = table.reshape(-1, m)
        right = [np.any(np.all(np.abs(flat - s) <= 1e-5 * np.abs(s), axis=1)) for s in slopes]
        if not all(right) and _forgets_x(f, gradient, points[:, 0], max(shape)):
            return "missing_x", (
                f"{came} It has one number for each row of data, not for each weight: these are "
                "errors of the prediction, and X has still to carry them to the weights."
            )
    return "shape", f"{came} A gradient has one number for each weight."


def _forgets_x(f, gradient, point, rows: int) -> bool:
    """Whether one constant matrix would turn `rows` numbers of `gradient` into the slopes of f.

    A prediction X @ w passes an error e on to the weights as Xᵀe, so a gradient that forgot X gives
    the errors themselves, and ∇f(w) = A e(w) with the same A at every w. A is fitted at as many
    points as it needs and tried at others.
    """
    if max(rows, len(point)) > WIDEST:
        return False
    spread = 0.5 * np.where(point == 0, 1.0, np.abs(point))[:, None]
    points = np.random.default_rng(0).normal(point[:, None], spread, (len(point), rows + 8))
    errors = np.stack([np.ravel(gradient(w.copy())) for w in points.T], axis=-1)
    slopes = grad(f)(points)
    if not (np.isfinite(errors).all() and np.isfinite(slopes).all()):
        return False
    fitted, tried = slice(None, -4), slice(-4, None)
    A = np.linalg.lstsq(errors[:, fitted].T, slopes[:, fitted].T, rcond=1e-9)[0].T
    return bool(np.abs(A @ errors - slopes)[:, tried].max() <= 1e-5 * np.abs(slopes).max())


# The marks that mistakes leave: whether a table has them, or the message where it holds numbers.
def sign(table: Comparison) -> bool:
    return bool(table.steep.any()) and table.is_multiple(-1.0)


def factor(table: Comparison) -> str | None:
    c = table.multiple()
    if c is None:
        return None
    if abs(c) < 1e-6:
        return "The gradient is 0 where f is not flat: something in it vanishes or is never used."
    opposite = " and has the wrong sign" if c < 0 else ""
    halves = (abs(c), 1 / abs(c), 2 * abs(c), 2 / abs(c))
    off = abs(abs(c) - 1)
    if off < 0.05:
        cause = "So close to 1, look for a rounded constant, or a small term that was left out."
    elif any(k > 0.5 and abs(k - round(k)) < 1e-4 * k for k in halves):
        cause = "Look for a 2 that comes from a square, or for a sum here and a mean there."
    else:
        cause = "That is no plain 2 or n: look for a factor, such as x, missing inside a sum."
    digits = max(3, 2 - int(np.floor(np.log10(off)))) if off > 0 else 3
    size = f"{abs(c):.{digits}g} times as large as it should be everywhere"
    return f"The gradient is {size}{opposite}. {cause}"


def transposed(table: Comparison) -> bool:
    d = len(table.given)
    if d == 1 or table.names[-1] >= d:
        return False
    distance = np.abs(table.given[:, None] - table.slopes)  # (d, d, m): component i as slope j
    fits = (distance <= table.doubt[:, None] + table.doubt).all(axis=-1)
    free = np.ones(d, bool)
    for i in range(d):
        places = np.flatnonzero(fits[i] & free)
        if not places.size:
            return False
        free[i if i in places else places[0]] = False
    return True


def missing_x(table: Comparison) -> bool:
    same = np.abs(table.given - table.given[0]) <= table.doubt
    return len(table.given) > 1 and bool(np.all(same))


def coordinate(table: Comparison) -> str | None:
    wrong, steep = table.differs.any(axis=1), table.steep.any(axis=1)
    if wrong.all() or not steep[~wrong].any():
        return None
    names = [f"w[{i}]" for i in table.names[wrong]]
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    if len(names) >= MANY and len(table.names) <= SAMPLE + MANY < table.names[-1]:
        listed = ", ".join(names[:3]) + " and others"
    part = table.part(rows=wrong)
    looks = [f" It looks like: {mark.__name__}." for mark in (sign, factor) if mark(part)]
    return f"Only the derivative for {listed} is wrong; the others agree.{''.join(looks[:1])}"


def offset(table: Comparison) -> bool:
    gap, tolerance = table.given - table.slopes, table.doubt + table.doubt[:, :1]
    same = np.all(np.abs(gap - gap[:, :1]) <= tolerance)
    return bool(gap.shape[1] > 1 and same and np.any(np.abs(gap) > 5 * tolerance))


def length(table: Comparison) -> bool:
    columns = [table.part(points=[k]) for k in range(table.given.shape[1])]
    return len(table.given) > 1 and all((column.multiple() or -1) > 0 for column in columns)


MARKS = (sign, factor, transposed, missing_x, coordinate, offset, length)
