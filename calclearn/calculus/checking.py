"""Is this gradient right, and if not, what does the mistake look like?

A wrong gradient still descends, often enough to be believed. Differences of f know better, but a
list of numbers that disagree teaches nothing. So the decision is to treat a wrong gradient as a
patient: compare it with the slopes at several points, then test one disease after another, from
the most particular to the most general, and say in words which one fits. The right gradient itself
is never shown: to find it is the exercise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calclearn.calculus.diseases import DISEASES, Comparison, forgets_x
from calclearn.calculus.evaluation import at_points, callable_function, numbers, real, real_array
from calclearn.calculus.numerical import derivative, grad

NEIGHBOURS = 5  # compared around a single point, where a wrong gradient may be right by chance
REMEASURED = 1000  # entries, at most, that are measured again with their errors


@dataclass(frozen=True)
class GradientReport:
    """What `check_gradient` found: true where the gradient agrees with f.

    `diagnosis` is one word: agrees, sign, factor, missing_x, transposed, coordinate, length, shape,
    kink, not_finite, raises or wrong; `message` says it in a sentence or two; `points` is the
    number of points that were compared.
    """

    agrees: bool
    diagnosis: str
    message: str
    points: int

    def __bool__(self) -> bool:
        return self.agrees

    def __str__(self) -> str:
        return f"{self.diagnosis}: {self.message}"


def check_gradient(f: Callable, gradient: Callable, at=None) -> GradientReport:
    """Compare a gradient written by hand with differences of f, and name the mistake.

    gradient(w)ᵢ = ∂f/∂wᵢ  within the error of the differences, at every point

    `at` is one point (d,), to which seeded random neighbours are added; or several, as a list of
    points or an array (d, m); for a function of one number, a number or several; by default a few
    numbers around 0. At a kink every slope between those of its two sides is right. Raises
    `ValueError` where f is not finite at a given point.

    >>> X, y = np.array([[1.0], [2.0], [3.0]]), np.array([2.0, 4.0, 6.0])
    >>> loss = lambda w: np.sum((X @ w - y) ** 2)
    >>> bool(check_gradient(loss, lambda w: 2 * X.T @ (X @ w - y), at=[0.5]))
    True
    >>> check_gradient(loss, lambda w: 2 * (X @ w - y), at=[0.5]).diagnosis
    'missing_x'
    """
    callable_function("f", f)
    callable_function("gradient", gradient)
    f, gradient, points = _columns(f, gradient, at)
    diagnosis, message = _diagnose(f, gradient, points)
    return GradientReport(diagnosis == "agrees", diagnosis, message, points.shape[1])


def _diagnose(f, gradient, points) -> tuple[str, str]:
    try:
        with np.errstate(all="ignore"):
            given = [
                real(numbers(gradient(w.copy()), "the gradient"), "the gradient") for w in points.T
            ]
    except Exception as error:  # whatever a learner's code may raise is part of the diagnosis
        stop = f"{type(error).__name__}: {str(error).rstrip('.'):.160}"
        return "raises", f"Computing the gradient fails: {stop}."
    if len(points) == 1:
        given = [np.atleast_1d(g) for g in given]  # one number may stand for an array of one
    if any(g.shape != (len(points),) for g in given):
        return _wrong_shape(f, gradient, points, given)
    given = np.stack(given, axis=-1)
    if not np.isfinite(given).all():
        return "not_finite", "The gradient is NaN or infinite at a point where f is finite."

    with np.errstate(all="ignore"):  # differences may step out of the domain of f
        table, smooth = _measure(f, points, given)
    if not table.differs.any():
        return "agrees", f"The gradient agrees with differences of f at {len(given.T)} points."
    if not table.differs[smooth].any():
        return "kink", (
            "It is right wherever f is smooth. At a kink of f it must lie between the slopes on "
            "the two sides, and it does not."
        )
    if smooth.all(axis=0).any():
        table = table.part((slice(None), smooth.all(axis=0)))
    for disease in DISEASES:
        if message := disease(table):
            return disease.__name__, message
    return "wrong", (
        "It differs from f in no way that is known here: check one coordinate, and one term of f, "
        "at a time."
    )


def _measure(f, points, given) -> tuple[Comparison, np.ndarray]:
    """The slopes of f, quickly; where they contradict `given`, again and with their errors."""
    slopes, error = _slopes(f, points), np.zeros_like(given)
    smooth = np.ones(given.shape, bool)

    def table() -> Comparison:
        typical = np.nanmax(np.abs(slopes), axis=1, keepdims=True, initial=0.0)
        return Comparison(given, slopes, 1e-6 * np.abs(slopes) + 1e-9 * typical + error)

    entries = np.argwhere(table().differs)
    np.random.default_rng(0).shuffle(entries)
    for i, k in entries[:REMEASURED]:

        def along(t, i=i, w=points[:, k]):
            shifted = np.repeat(w[:, None], t.size, axis=1)
            shifted[i] = np.ravel(t)
            return at_points(f, shifted).reshape(np.shape(t))

        slope = derivative(along, points[i, k])
        smooth[i, k] = slope.reliable
        slopes[i, k] = slope.value
        error[i, k] = 10 * slope.error if slope.reliable else 1.01 * slope.error
    unknown = ~np.isfinite(slopes)  # nothing can be said against the gradient there
    slopes[unknown], error[unknown] = given[unknown], np.inf
    return table(), smooth


def _slopes(f, points) -> np.ndarray:
    try:
        return grad(f)(points)
    except (ArithmeticError, ValueError):  # a step too long for the domain of f
        return np.full(points.shape, np.nan)


def _wrong_shape(f, gradient, points, given) -> tuple[str, str]:
    d, shape, slopes = len(points), given[0].shape, _slopes(f, points)

    def equal(numbers, slopes):
        return np.allclose(numbers, slopes, rtol=1e-5, atol=1e-7 * np.abs(slopes).max())

    if any(g.shape != shape for g in given):
        return "shape", "Its shape changes from point to point."
    came = f"It has shape {shape} where w has shape {(d,)}."
    table = np.stack(given, axis=-1)
    rows = [
        axis
        for axis in range(len(shape))
        if len(shape) == 2 and shape[axis] and shape[1 - axis] == d
    ]
    if int(np.prod(shape)) == d and equal(table.reshape(d, -1), slopes):
        return "shape", f"{came} The numbers are right: flatten it, or sum over the right axis."
    if any(equal(add(table, axis=axis), slopes) for axis in rows for add in (np.sum, np.mean)):
        return (
            "shape",
            f"{came} That is one gradient for each row of data: add them up, or average.",
        )
    if len(shape) and max(shape) == np.prod(shape) > d:
        found = [
            any(equal(entry, slope) for entry in table.reshape(-1, slopes.shape[1]))
            for slope in slopes
        ]
        if not all(found) and forgets_x(f, gradient, points[:, 0], max(shape)):
            return "missing_x", (
                f"{came} It has one number for each row of data, not for each weight: these are "
                "errors of the prediction, and X has still to carry them to the weights."
            )
    return "shape", f"{came} A gradient has one number for each weight."


def _columns(f, gradient, at):
    """f and its gradient as functions of a point (d,), and the points to compare, (d, m)."""
    rng = np.random.default_rng(0)
    if at is None:
        at = 0.5
    elif isinstance(at, list | tuple) and at and np.ndim(at[0]) == 1:
        if len({np.shape(point) for point in at}) > 1:
            raise ValueError("at must list points of one shape, got different ones")
        at = np.stack([real_array("at", point) for point in at], axis=-1)
    at = real_array("at", at)
    if at.ndim > 2 or at.size == 0:
        raise ValueError(f"at must have shape (d,) or (d, m), got {at.shape}")
    points = np.atleast_1d(at)
    if at.ndim == 0 or _takes_one_number(f, points):
        points = points.reshape(1, -1)
        f, gradient = _on_columns(f), _on_columns(gradient)
    points = points.reshape(len(points), -1)
    for w in points.T:
        value = real(numbers(f(w.copy())))
        if value.shape != ():
            raise ValueError(f"f must return one number for a point, got shape {value.shape}")
        if not np.isfinite(value):
            raise ValueError(f"f must be finite at the points in at, got {value} at {w}")
    if points.shape[1] == 1:
        spread = 0.1 * np.where(points == 0, 1.0, np.abs(points))
        near = points + spread * rng.normal(size=(len(points), NEIGHBOURS))
        points = np.concatenate([points, near[:, _finite(f, near)]], axis=1)
    return f, gradient, points


def _takes_one_number(f, points) -> bool:
    if points.ndim == 2 and len(points) > 1:
        return False
    try:
        value = np.asarray(f(points.ravel().copy()))
    except (TypeError, ValueError):  # `math.sin` refuses an array, even one of a single number
        return True
    return value.shape == points.ravel().shape


def _on_columns(function):
    return lambda w: function(w[0])


def _finite(f, points) -> list[bool]:
    finite = []
    for w in points.T:
        try:
            with np.errstate(all="ignore"):
                finite.append(bool(np.isfinite(f(w.copy()))))
        except (ArithmeticError, ValueError):
            finite.append(False)
    return finite
