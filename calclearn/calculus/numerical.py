"""Derivatives from values alone, in which the differences themselves tell how wrong they are.

A difference quotient has two enemies. Take h too large and the curve bends away from the secant
(truncation); take h too small and f(x + h) - f(x) drowns in the last digit (round-off). No single h
suits every function. So there are four quotients at an h of one's own; `derivative`, which tries a
ladder of steps, combines them by Richardson's table, and keeps the entry on which neighbours agree
best, with their disagreement as its error; and `grad`, `jacobian` and `hessian`, which measure
along lines through a point of many coordinates.

f is called in one place, `at_points`, which gives it copies and copies what it returns. So a
function may write into its argument, or return the same array again and again.

Sources: Richardson, Phil. Trans. A 210 (1911); Ridders, Advances in Engineering Software 4 (1982).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calclearn.calculus.tracing import Traced

EPS = float(np.finfo(float).eps)
SINGLE = float(np.finfo(np.float32).eps)
NUMBERS, POINTS = 2**22, 1024  # in one call of f, at most, to bound memory
quiet = np.errstate(all="ignore")  # outside the domain of f its values are NaN, and say so


# What comes in, and what f makes of it.


def real_numbers(name: str, x) -> np.ndarray:
    """`x` as a float64 array; raises where it is not real, finite numbers.

    >>> real_numbers("x", [1, 2])
    array([1., 2.])
    """
    array = _array(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be a real number or an array of them, got {x!r:.60}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {x!r:.60}")
    return array.astype(float, copy=False)


def returned(value, name: str = "f", kinds: str = "f") -> np.ndarray:
    """What a function returned, as an array of its own; raises where it is not real numbers.

    >>> returned([True, 2])
    array([1., 2.])
    """
    array = _array(value)
    if array.dtype.kind in "iub":
        array = array.astype(float)
    if array.dtype.kind not in kinds:
        got = "complex ones" if array.dtype.kind == "c" else f"{value!r:.60}"
        raise TypeError(f"{name} must return real numbers, got {got}")
    return array.copy() if array is value or array.base is not None else array


def _array(x) -> np.ndarray:
    try:
        return np.asarray(x)
    except ValueError:  # lists of different lengths
        return np.array(None)


def function(name: str, f) -> Callable:
    """`f`, if it can be called; raises `TypeError` if it cannot."""
    if not callable(f):
        raise TypeError(f"{name} must be a function, got {type(f).__name__}")
    return f


def broadcastable(**arrays) -> None:
    """Raise `ValueError` unless the shapes of the arrays go together."""
    shapes = [array.shape for array in arrays.values()]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        names, came = " and ".join(arrays), " and ".join(map(str, shapes))
        raise ValueError(f"{names} must have shapes that broadcast, got {came}") from None


@quiet
def at_points(f: Callable, points: np.ndarray, kinds: str = "f") -> np.ndarray:
    """f of every column of `points`, for an f of one point: (d, m) -> (..., m).

    Plain NumPy code takes all points in one call. That call is believed if its shape is right and
    the two points furthest apart have the values that f gives for each alone; else f is called
    point by point. A point that f refuses, as `math.log` does below 0, has the value NaN.

    >>> at_points(lambda w: np.sum(w**2), np.array([[1.0, 2.0], [0.0, 3.0]]))
    array([ 1., 13.])
    """
    total = points.sum(axis=0)
    ends = [int(total.argmin()), int(total.argmax())]  # where any branch in f would show
    try:
        together = f(points.copy())
        if isinstance(together, Traced):
            return together + np.zeros(points.shape[1:])
        together = returned(together, kinds=kinds)
        alone = [returned(f(points[:, k].copy()), kinds=kinds) for k in ends]
        if together.shape == (*alone[0].shape, points.shape[1]) and all(
            _same(together[..., k], value) for k, value in zip(ends, alone, strict=True)
        ):
            return together
    except Exception:  # if it is a mistake and no refusal of many points, the loop raises it again
        pass
    return _one_by_one(f, points, kinds)


def _same(a, b) -> bool:
    """Whether a is b, but for the order in which NumPy added the same numbers."""
    if a.shape != b.shape:
        return False
    close = np.abs(a - b) <= 1e4 * np.finfo(b.dtype).eps * np.abs(b)
    return bool(np.all(close | (a == b) | (a != a) & (b != b)))


def _one_by_one(f: Callable, points: np.ndarray, kinds: str):
    values, refused, refusal = [], [], None
    for k, point in enumerate(points.T):
        try:
            value = f(point.copy())
            values.append(value if isinstance(value, Traced) else returned(value, kinds=kinds))
        except (ArithmeticError, ValueError) as error:
            refused.append(k)
            refusal = error
    if not values:
        raise refusal
    for k in refused:
        values.insert(k, np.full(values[0].shape, np.nan))
    return np.stack(values, axis=-1)


@quiet
def elementwise(f: Callable, x, kinds: str = "f"):
    """f of every number in `x`, for an f that takes a number to a number: (...) -> (...).

    >>> import math
    >>> elementwise(math.exp, np.array([0.0, 1.0]))
    array([1.        , 2.71828183])
    """
    if isinstance(x, Traced):
        return f(x)
    if not x.size:
        return np.empty_like(x)
    if x.ndim == 0:
        values = f(x[()])
        values = values if isinstance(values, Traced) else returned(values, kinds=kinds)
    else:
        values = at_points(lambda w: f(w[0]), x.reshape(1, -1), kinds)
    if values.ndim != min(x.ndim, 1):
        shape = values.shape[: values.ndim - min(x.ndim, 1)]
        raise TypeError(f"f must return one number for one number, got shape {shape}")
    return values.reshape(x.shape)[()]


# At a step of one's own.


@quiet
def forward_difference(f: Callable, x, h=None):
    """Slope of the secant to the right of x; its error shrinks like h.

    f'(x) ≈ (f(x + h) - f(x)) / h

    `x` and `h` broadcast, so one call sweeps a thousand steps. Without an h, it is √ε max(|x|, 1).
    Raises `TypeError` or `ValueError` unless x and h are real and finite, and h is not 0.

    >>> round(float(forward_difference(np.square, 1.0, 0.5)), 6)
    2.5
    """
    x, h = _point_and_step(f, x, h, 1 / 2)
    return (elementwise(f, x + h) - elementwise(f, x)) / h


@quiet
def backward_difference(f: Callable, x, h=None):
    """Slope of the secant to the left of x; its error shrinks like h.

    f'(x) ≈ (f(x) - f(x - h)) / h

    Steps and errors as for `forward_difference`.

    >>> float(backward_difference(np.square, 1.0, 0.5))
    1.5
    """
    x, h = _point_and_step(f, x, h, 1 / 2)
    return (elementwise(f, x) - elementwise(f, x - h)) / h


@quiet
def central_difference(f: Callable, x, h=None):
    """Slope of the secant across x; the odd terms cancel, so its error shrinks like h².

    f'(x) ≈ (f(x + h) - f(x - h)) / 2h

    Without an h, it is ∛ε max(|x|, 1). Steps and errors as for `forward_difference`.

    >>> float(central_difference(np.square, 1.0, 0.5))
    2.0
    """
    x, h = _point_and_step(f, x, h, 1 / 3)
    return (elementwise(f, x + h) - elementwise(f, x - h)) / (2 * h)


@quiet
def complex_step(f: Callable, x, h=1e-20):
    """Slope read off the imaginary axis: nothing is subtracted, so h may be as small as one likes.

    f'(x) = Im f(x + ih) / h + O(h²)

    f must be analytic: `abs`, `real`, `conj` and `angle` lose the imaginary part or part of it. So
    a `TypeError` is raised where f returns a real number, and where `derivative` reliably differs.
    Source: Squire and Trapp, SIAM Review 40 (1998).

    >>> bool(complex_step(np.exp, 1.0) == np.exp(1.0))
    True
    """
    x, h = _point_and_step(f, x, h, 1 / 2)
    values = elementwise(f, x + 1j * h, kinds="fc")
    if x.size * h.size == 0:
        return np.zeros(np.broadcast_shapes(x.shape, h.shape))
    if not np.iscomplexobj(values):
        raise TypeError("f must carry complex numbers through, got a real value for a complex x")
    least = elementwise(f, x + 1e-20j, kinds="fc").imag / 1e-20
    slope = derivative(lambda t: np.real(f(t)), x)
    wrong = np.abs(least - slope.value) > 1e-6 * np.abs(slope.value) + 10 * np.asarray(slope.error)
    if np.any(wrong & slope.reliable):
        k = np.flatnonzero(wrong & slope.reliable)[0]
        came, right = np.ravel(least)[k], np.ravel(slope.value)[k]
        raise TypeError(
            f"f must carry complex numbers through, got a slope of {came:.6g} where differences of "
            f"f give {right:.6g}: abs, real, conj and the like lose the imaginary part"
        )
    return np.imag(values) / h


def _point_and_step(f, x, h, power) -> tuple[np.ndarray, np.ndarray]:
    function("f", f)
    x = real_numbers("x", x)
    h = EPS**power * np.maximum(np.abs(x), 1.0) if h is None else real_numbers("h", h)
    broadcastable(x=x, h=h)
    if not h.all():
        raise ValueError("h must not be 0")
    return x, h


# A ladder of steps.


@dataclass(frozen=True, eq=False)
class Estimate:
    """A number with its error: `value` ± `error`, from so many `evaluations` of f.

    `reliable` is false where the numbers behind it agree on nothing (a kink, a jump, a pole,
    noise); the error then only measures the disagreement.

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


RUNGS = 14
LADDER = 0.5 / 3.0 ** np.arange(RUNGS)  # 0.5 ... 3e-7


@quiet
def derivative(f: Callable, x) -> Estimate:
    """Slope of f at x with an honest error, elementwise, and no h to choose.

    D(h) = (f(x + h) - f(x - h)) / 2h = f'(x) + c₁h² + c₂h⁴ + ...

    A function may change over distances as large as x or as large as 1, and only the differences
    can tell, so there is a ladder of steps for each. What f computes in single precision counts as
    such. `x` has any shape; f is called once, or point by point where it takes only scalars. Raises
    `TypeError` or `ValueError` unless x is real and finite and f gives one real number for each.

    Sources: Ridders, Advances in Engineering Software 4 (1982); Press et al., Numerical Recipes,
    section 5.7.

    >>> slope = derivative(np.sin, 1.0)
    >>> bool(abs(slope.value - np.cos(1.0)) < slope.error < 1e-12)
    True
    >>> derivative(abs, 0.0)
    0.0 ± 1, unreliable (58 evaluations)
    """
    function("f", f)
    x = real_numbers("x", x)
    flat = x.ravel()
    parts = ladder_slopes(lambda t: elementwise(f, flat + t), flat)
    value, error, reliable = (part.reshape(x.shape) if x.ndim else part.item() for part in parts)
    return Estimate(value, error, 2 * (2 * RUNGS + 1), reliable)


def ladder_slopes(evaluate: Callable, x: np.ndarray):
    """Slopes, errors and whether they are reliable, three arrays (..., n), at x (n,).

    `evaluate` gives the values of f at x + t: steps (k, n) -> (..., k, n).
    """
    size = np.abs(x)
    wide, narrow = np.maximum(size, 1.0), np.minimum(size, 1.0)
    narrow[size < 1e-100] = LADDER[-1]  # at 0, where the wide ladder ends
    h = LADDER[:, None, None] * np.array([wide, narrow])  # (rungs, 2, n)
    h = (size + h) - size  # a step that x ± h holds exactly
    steps = np.concatenate([h, -h, 0 * h[:1]])  # right, left, centre
    values = evaluate(steps.reshape(2 * len(steps), len(x)))
    shape = values.shape[:-2] + values.shape[-1:]  # (..., n)
    outputs = int(np.prod(shape[:-1]))
    values = values.reshape(outputs, *values.shape[-2:]).swapaxes(0, 1)  # (steps, outputs, n)
    columns = np.zeros((2, *values.shape[1:]))
    parts = _best_slope(
        (columns + size).ravel(),
        (columns + h[:, :, None]).reshape(RUNGS, columns.size),
        values.reshape(len(steps), columns.size),
    )
    parts = [part.reshape(2, *shape) for part in parts]
    narrower = parts[1][1] < parts[1][0]  # of its errors
    return [np.where(narrower, part[1], part[0]) for part in parts]


def table(differences):
    """Richardson's triangle, in which each column cancels one more power of h²:

        T(h, 0) = D(h),   T(h, j) = T(h, j-1) + (T(h, j-1) - T(3h, j-1)) / (9ʲ - 1)

    Gives the entries that have a coarser neighbour, column by column, and their distances from it.

    >>> h = np.array([0.9, 0.3, 0.1])
    >>> table(1 + h**2)[0].round(12)
    array([1.09, 1.01, 1.  ])
    """
    column, entries, distances = differences, [], []
    for j in range(1, min(7, len(differences))):
        finer = column[1:]
        step = finer - column[:-1]
        entries.append(finer)
        distances.append(step)
        column = finer + step / (9.0**j - 1)
    return np.concatenate(entries), np.abs(np.concatenate(distances))


def finest_rung(rungs: int) -> np.ndarray:
    """The finest rung that each entry of the table uses."""
    return np.concatenate([np.arange(j, rungs) for j in range(1, min(7, rungs))])


def grain(values: np.ndarray) -> float:
    """The relative rounding of what f computes, as its values show it.

    Values that all lie on the grid of float32, and use the last digits of it, were computed in it.

    >>> grain(np.float32([0.1, 0.2]).astype(float)) == SINGLE
    True
    """
    values = values[np.isfinite(values)]
    single = values.astype(np.float32)
    if np.any(single != values) or not np.any(single.view(np.int32) % 2**12):
        return max(EPS, float(np.finfo(values.dtype).eps))
    return max(SINGLE, float(np.finfo(values.dtype).eps))


def _noise(rounding, distances, divisor):
    """The noise of quotients over `divisor`: at least rounding, and what the values show.

    Two columns on, the finest entries differ by nothing but the noise of f.
    """
    end = 3 * (len(divisor) - 2)  # of the third column
    shown = (distances[end - 3 : end] * divisor[-3:]).max(axis=0)
    return np.fmax(rounding, shown) / divisor


def _bounds(entries, errors, finest):
    """Beyond these, an entry contradicts the finest difference.

    Neighbours may agree falsely, across a pole or beyond a domain; the finest difference may be
    noisy, but it is taken at the right place.
    """
    value, doubt = entries[finest], 4 * errors[finest]
    return value - doubt, value + doubt


def _best(entries, errors, low, high):
    """The entry of least error between `low` and `high`, with that error; NaN and ∞ if none is."""
    possible = (low <= entries) & (entries <= high) & (errors < np.inf)  # no NaN is
    errors = np.where(possible, errors, np.inf)
    index = errors.argmin(axis=0), np.arange(errors.shape[1])
    value, error = entries[index], errors[index]
    return np.where(error < np.inf, value, np.nan), error


RUNG = finest_rung(RUNGS)


def _best_slope(size, h, values):
    """Slopes, errors and whether they are reliable: sizes of x (2n,), values (2 rungs + 1, 2n).

    The first n columns are the wide ladders of n slopes, the others the narrow ones.
    """
    eps, least = grain(values), np.finfo(values.dtype).tiny
    values = values.astype(float)
    right, left, centre = values[:RUNGS], values[RUNGS:-1], values[-1]
    width, n = 2 * h, len(centre) // 2
    height, change = np.abs(values) + least, np.abs(values - centre)
    steepness = (change[:RUNGS] + change[RUNGS:-1]) / width
    of_x = eps * (size + h) * steepness
    still = (h < 2 * SINGLE * size) & (steepness == 0)
    if still.any():  # within a float32 of x nothing moves: f may compute with x in float32
        some = np.tile(still.reshape(-1, n).any(axis=0), 2)
        steepest = np.tile(np.fmax.reduce(steepness.reshape(-1, n)), 2)
        of_x = np.where(some, SINGLE * size * np.where(still, steepest, steepness), of_x)
    rounding = eps * (height[:RUNGS] + height[RUNGS:-1]) + of_x
    entries, distances = table((right - left) / width)
    noise = _noise(rounding, distances, width)
    errors = distances + noise[RUNG]

    # A kink or a jump: the slopes to the right and to the left of x, which ought to meet in step
    # with h, stay apart by more than noise. It may hide beside x, within the steps of an entry, and
    # in the noise of finer steps.
    apart = (right + left - 2 * centre) / width
    stays = np.zeros(apart.shape, bool)
    stays[1:] = apart[1:] / apart[:-1] > 0.45
    stays[1:-1] &= stays[:-2] | stays[2:]
    apart = np.abs(apart)
    kink = np.where(stays & (apart > 4 * noise), apart + 4 * noise, 0.0)
    widest = np.maximum.accumulate(kink)
    kink = np.where(widest > 8 * noise, kink, widest)
    errors = np.maximum(errors, kink[RUNG])

    # An entry must be possible on its own ladder and on the narrow one.
    low, high = _bounds(entries, errors, RUNGS - 2)
    low, high = np.fmax(low.reshape(2, n), low[n:]), np.fmin(high.reshape(2, n), high[n:])
    value, error = _best(entries, errors, low.ravel(), high.ravel())

    # A slope of 0 is reliable too, beside the flattest secant and the rounding of the values.
    flattest = np.fmax(np.abs(value), np.fmin.reduce(steepness))
    enough = 1e-3 * flattest + eps ** (2 / 3) * height[-1] / width[0]
    return value, error, (error <= enough) & np.isfinite(centre)


# Along lines through a point of numbers.


def grad(f: Callable) -> Callable:
    """The gradient of a function of many coordinates, by central differences: f -> ∇f.

    D(h) = (f(w + heᵢ) - f(w - heᵢ)) / 2h,   ∂f/∂wᵢ ≈ D(h) + (D(h) - D(3h)) / 8

    `grad(f)` takes one point (d,) or many (d, ...), or a number, and returns an array of the same
    shape, right to about ten digits. The step is 1e-4 max(|wᵢ|, 1); where D(h) and D(3h) are too
    far apart for that, a smaller one, and at last the ladder of `derivative`. Raises `TypeError` or
    `ValueError` where the point is not real and finite, or f(w) is not one number.

    >>> grad(lambda w: w[0] ** 2 + 3 * w[1])([2.0, 1.0]).round(8)
    array([4., 3.])
    """
    return _along_axes(f, one_number=True)


def jacobian(f: Callable) -> Callable:
    """The Jacobian matrix by central differences, column by column: f (d,) -> (p,) gives (p, d).

    Jₖᵢ = ∂fₖ/∂wᵢ

    Many points (d, ...) give (p, d, ...); a number gives (p,). Errors and accuracy as for `grad`.

    >>> jacobian(lambda w: np.stack([w[0] * w[1], w[1]]))([2.0, 5.0]).round(8)
    array([[5., 2.],
           [0., 1.]])
    """
    return _along_axes(f, one_number=False)


def _along_axes(f, one_number):
    function("f", f)

    @quiet
    def transformed(w):
        w = real_numbers("w", w)
        if w.ndim == 0:
            slopes = axis_slopes(lambda p: f(p[0]), w[None, None])[0][..., 0, 0]
        else:
            slopes = axis_slopes(f, _columns(w))[0]
            slopes = slopes.reshape(*slopes.shape[:-2], *w.shape)
        outputs = slopes.shape[: slopes.ndim - w.ndim]
        if one_number and np.prod(outputs) != 1:
            raise ValueError(f"f must return one number for each point, got shape {outputs}")
        return slopes.reshape(w.shape)[()] if one_number else slopes[()]

    return transformed


def _columns(w) -> np.ndarray:
    if w.ndim == 0 or len(w) == 0:
        raise ValueError(f"w must have shape (d,) or (d, ...), got {w.shape}")
    return w.reshape(len(w), w.size // len(w))


@quiet
def axis_slopes(f: Callable, points: np.ndarray):
    """∂f/∂wᵢ at points (d, m), and the error of each: two arrays (..., d, m)."""
    d, m = points.shape
    if m == 0:
        return 2 * [np.zeros((*returned(f(points.copy())).shape[:-1], d, 0))]
    step = max(1, NUMBERS // d)  # axes at a time
    parts = []
    for i in range(0, d, step):
        axes = np.eye(d, min(step, d - i), -i)
        parts.append(line_slopes(f, points, axes, np.abs(points[i : i + step])))
    return [np.concatenate(part, axis=-2) for part in zip(*parts, strict=True)]


@quiet
def line_slopes(f: Callable, points, lines, sizes):
    """The slopes of f along lines (d, l) at points (d, m), and their errors: two of (..., l, m).

    `sizes` (l, m) tell how far the points are from 0 along the lines, since f may change over such
    distances.
    """
    (_, m), parts = points.shape, []
    for line, k in blocks(*sizes.shape, len(points), 4):
        parts.append(_slopes(f, points[:, k], lines[:, line], sizes[line, k]))
    parts = [np.concatenate(part, axis=-1) for part in zip(*parts, strict=True)]
    return [part.reshape(*part.shape[:-1], -1, m) for part in parts]


def blocks(lines: int, points: int, d: int, steps: int):
    """Pairs of a line and a point, as two arrays of indices: as many as go into one call of f."""
    size = max(1, min(NUMBERS // d, POINTS) // steps)
    for start in range(0, lines * points, size):
        yield np.divmod(np.arange(start, min(start + size, lines * points)), points)


def _slopes(f, w, v, size):
    """Slopes and errors (..., n) at points (d, n) along directions (d, n)."""
    small = np.where(size < 1e-100, 1e-4, np.minimum(size, 1 / 32))
    rest = np.arange(len(size))
    slopes, eps = None, grain(returned(f(w[:, 0].copy())))
    for scale in (np.maximum(size, 1.0), small):
        h = (size[rest] + eps ** (1 / 4) * scale[rest]) - size[rest]
        values = _along(f, w[:, rest], v[:, rest], np.array([h, 3 * h, -h, -3 * h]))
        eps, values = grain(values), values.astype(float)
        right, far_right, left, far_left = np.moveaxis(values, -2, 0)
        near, far = (right - left) / (2 * h), (far_right - far_left) / (6 * h)
        noise, bend = eps * np.abs(values).max(axis=-2) / h, np.abs(near - far)
        steepness = np.ptp(values, axis=-2) / (6 * h)
        if slopes is None:
            slopes, errors = np.empty((2, *near.shape))
        slopes[..., rest], errors[..., rest] = near + (near - far) / 8, noise + 1e-3 * bend
        still = (steepness == 0) & (eps == EPS) & (len(rest) == len(size))  # f does not change
        loud = ~still & (noise > eps ** (3 / 8) * steepness)
        enough = (bend <= eps**0.3 * steepness + 4 * noise) & ~loud
        rest = rest[~enough.reshape(-1, len(rest)).all(axis=0)]
        if not rest.size:
            return slopes, errors
    for part, _ in blocks(len(rest), 1, len(w), 58):
        k = rest[part]
        slopes[..., k], errors[..., k], _ = slopes_by_ladder(f, w[:, k], v[:, k], size[k])
    return slopes, errors


def slopes_by_ladder(f: Callable, w, v, size):
    """Slopes, errors and whether they are reliable, (..., n), at points along directions (d, n)."""
    return ladder_slopes(lambda t: _along(f, w, v, t), size)


def _along(f, w, v, t):
    """f(w + t v): points and directions (d, n), steps (k, n) -> (..., k, n)."""
    points = w[:, None] + t * v[:, None]  # (d, k, n)
    values = at_points(f, points.reshape(len(w), -1))
    return values.reshape(*values.shape[:-1], *t.shape)


def hessian(f: Callable) -> Callable:
    """The Hessian by extrapolated second differences: f (d,) -> () gives (d, d).

    v'Hv ≈ (f(w + hv) - 2f(w) + f(w - hv)) / h²,   Hᵢⱼ = (q(eᵢ + eⱼ) - q(eᵢ) - q(eⱼ)) / 2

    where q(v) = v'Hv: curvature along a line is all that needs measuring, and the identity on the
    right turns lines into a matrix. Steps are chosen as in `derivative`, so smooth functions are
    right to about ten digits. Many points (d, ...) give (d, d, ...), a number a number. Errors as
    for `grad`.

    >>> hessian(lambda w: w[0] ** 2 * w[1])([1.0, 2.0]).round(8) + 0.0
    array([[4., 2.],
           [2., 0.]])
    """
    function("f", f)

    @quiet
    def matrix(w):
        w = real_numbers("w", w)
        if w.ndim == 0:
            return hessian(lambda p: f(p[0]))(w[None])[0, 0]
        points, d = _columns(w), len(w)
        if w.size == 0:
            return np.zeros((d, *w.shape))
        size, axes = np.abs(points), np.eye(d)[:, :, None]
        wide = np.maximum(size, 1.0)
        narrow = np.where(size < 1e-100, 1e-4, np.minimum(size, 1.0))
        lines = np.concatenate([axes * wide, axes * narrow], axis=1)
        (wide_q, narrow_q), (wide_error, narrow_error) = (
            part.reshape(2, d, -1) for part in _curvature(f, points, lines)
        )
        better = narrow_error / narrow**2 < wide_error / wide**2
        q, scale = np.where(better, narrow_q, wide_q), np.where(better, narrow, wide)
        i, j = np.triu_indices(d, 1)
        H = np.empty((d, d, points.shape[1]))
        H[range(d), range(d)] = q / scale**2
        if d > 1:
            both = _curvature(f, points, (axes[:, i] + axes[:, j]) * scale[:, None])[0]
            H[i, j] = H[j, i] = (both - q[i] - q[j]) / 2 / scale[i] / scale[j]
        return H.reshape(d, *w.shape)

    return matrix


COARSE = LADDER[:8, None]  # below 2e-4, second differences are noise


def _curvature(f, points, lines):
    """q(v) at points (d, m) along lines (d, l, m), and its error: two arrays (l, m)."""
    (d, m), parts = points.shape, []
    for line, k in blocks(lines.shape[1], m, d, 17):
        steps = np.concatenate([COARSE, -COARSE, [[0.0]]]) + np.zeros(len(k))
        values = _along(f, points[:, k], lines[:, line, k], steps)
        shape = values.shape[:-2]
        if np.prod(shape) != 1:
            raise ValueError(f"f must return one number for each point, got shape {shape}")
        eps, values = grain(values), values.reshape(values.shape[-2:]).astype(float)
        right, left, centre = values[:8], values[8:-1], values[-1]
        height = np.abs(right) + 2 * np.abs(centre) + np.abs(left)
        entries, distances = table((right - 2 * centre + left) / COARSE**2)
        noise = _noise(eps * height, distances, COARSE**2)
        errors = distances + noise[finest_rung(len(COARSE))]
        parts.append(_best(entries, errors, *_bounds(entries, errors, len(COARSE) - 2)))
    return [np.concatenate(part).reshape(-1, m) for part in zip(*parts, strict=True)]
