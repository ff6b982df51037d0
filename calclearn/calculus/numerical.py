"""Derivatives from values alone, in which the differences themselves tell how wrong they are.

With h too large the curve bends away from the secant; with h too small f(x + h) - f(x) drowns in
the last digit. So `derivative` tries a ladder of steps, and keeps what they agree on best, with
their disagreement as its error; `grad`, `jacobian` and `hessian` measure along lines.

f is called in one place, `at_points`, with copies: it may write into its argument.

Sources: Richardson, Phil. Trans. A 210 (1911); Ridders, Advances in Engineering Software 4 (1982);
Press et al., Numerical Recipes, section 5.7.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np

from calclearn.calculus.structures import function, real
from calclearn.calculus.tracing import Traced

EPS = float(np.finfo(float).eps)
SINGLE = float(np.finfo(np.float32).eps)
quiet = np.errstate(all="ignore")  # outside the domain of f its values are NaN, and say so


# What comes in, and what f makes of it.
def real_numbers(name: str, x) -> np.ndarray:
    """`x` as a float64 array; raises where it is not real, finite numbers."""
    array = np.asarray(real(name, x, "fiub"), float)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {x!r:.60}")
    return array


def returned(value, name: str = "f", kinds: str = "fiub") -> np.ndarray:
    """What a function returned, as an array of its own; raises where it is not real numbers."""
    value = real(name, value, kinds, "must return real numbers")
    if isinstance(value, Traced):
        return value
    return np.array(value, float if value.dtype.kind == "b" else None)


def broadcastable(**arrays) -> None:
    """Raise `ValueError` unless the shapes of the arrays go together."""
    shapes = [array.shape for array in arrays.values()]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        names, came = " and ".join(arrays), " and ".join(map(str, shapes))
        raise ValueError(f"{names} must have shapes that broadcast, got {came}") from None


def at_points(f: Callable, points: np.ndarray, kinds: str = "fiub", shape=None) -> np.ndarray:
    """f of every column of `points`, for an f of one point: (d, m) -> (..., m).

    A point that f refuses, as `math.log` does below 0, has the value NaN. Where f refuses all of
    them its error is raised, unless the `shape` of its values is known.
    """
    if points.shape[1] != 1 and (values := _in_one_call(f, points, kinds)) is not None:
        return values
    values, refusals = [], []
    for point in points.T:
        try:
            values.append(returned(f(point.copy()), kinds=kinds))
        except (ArithmeticError, ValueError) as error:
            values.append(None)
            refusals.append(error)
    if refusals:
        shapes = [value.shape for value in values if value is not None] or [shape]
        if shapes == [None]:
            raise refusals[-1]
        nothing = np.full(shapes[0], np.nan)
        values = [nothing if value is None else value for value in values]
    return np.stack(values, axis=-1) if len(values) > 1 else values[0][..., None]


def _in_one_call(f, points, kinds):
    """f of all columns of `points`, or None where it gives single points other values."""
    m, total = points.shape[1], points.sum(axis=0)
    try:
        values = returned(f(points.copy()), kinds=kinds)
        if values.shape[-1] != m:
            return None
        for k in {total.argmin(), total.argmax()} if m else ():  # far apart, so branches show
            if not _same(values[..., k], returned(f(points[:, k].copy()), kinds=kinds)):
                return None
    except Exception:  # if it is a mistake, f will make it again at a single point
        return None
    return values


def _same(a, b) -> bool:
    """Whether a is b, but for the order in which NumPy added the same numbers."""
    if a.shape != b.shape:
        return False
    a, b = a[()], b[()]
    close = abs(a - b) <= 1e4 * np.finfo(b.dtype).eps * abs(b)
    return bool((close | (a == b) | (a != a) & (b != b)).all())


@quiet
def elementwise(f: Callable, x, kinds: str = "fiub"):
    """f of every number in `x`, for an f that takes a number to a number: (...) -> (...)."""
    if isinstance(x, Traced):
        return f(x)
    if not x.size:
        return np.empty_like(x)
    values = at_points(lambda w: f(w[0]), x.reshape(1, -1), kinds)
    if values.ndim > 1:
        raise TypeError(f"f must return one number for one number, got shape {values.shape[:-1]}")
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
    values = elementwise(f, x + 1j * h, kinds="fiubc")
    if not np.iscomplexobj(values):
        raise TypeError("f must carry complex numbers through, got a real value for a complex x")
    least = elementwise(f, x + 1e-20j, kinds="fiubc").imag / 1e-20
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


LADDER = 0.5 / 3.0 ** np.arange(14)  # 0.5 ... 3e-7
COARSE = LADDER[:8]  # below 2e-4, second differences are noise
COLUMNS = 5  # of the triangle


@quiet
def derivative(f: Callable, x) -> Estimate:
    """Slope of f at x with an honest error, elementwise, and no h to choose.

    D(h) = (f(x + h) - f(x - h)) / 2h = f'(x) + c₁h² + c₂h⁴ + ...

    A function may change over distances as large as x or as large as 1, and only the differences
    can tell, so there is a ladder of steps for each. What f computes in single precision counts as
    such. `x` has any shape; f is called once, or point by point where it takes only scalars. Raises
    `TypeError` or `ValueError` unless x is real and finite and f gives one real number for each.

    >>> slope = derivative(np.sin, 1.0)
    >>> bool(abs(slope.value - np.cos(1.0)) < slope.error < 1e-12)
    True
    >>> derivative(abs, 0.0)
    0.0 ± 1, unreliable (58 evaluations)
    """
    function("f", f)
    x = real_numbers("x", x)
    flat = x.ravel()
    parts = ladder_slopes(lambda t: elementwise(f, flat + t), np.abs(flat))
    value, error, reliable = (part.reshape(x.shape) if x.ndim else part.item() for part in parts)
    return Estimate(value, error, 2 * (2 * len(LADDER) + 1), reliable)


def scales(size, *at_zero):
    """Distances over which f may change at points of that size, the wide and the narrow ones."""
    narrow = [np.where(size < 1e-100, least, np.minimum(size, 1.0)) for least in at_zero]
    return np.array([np.clip(size, 1.0, 1e100), *narrow])


def along(f, w, v, t):
    """f(w + t v): points and directions (d, n or 1), steps (k, n) -> (..., k, n)."""
    points = w[:, None] + t * v[:, None]  # (d, k, n)
    values = at_points(f, points.reshape(len(w), -1))
    return values.reshape(*values.shape[:-1], *t.shape)


def sides(evaluate: Callable, h: np.ndarray):
    """f at h, at -h and at 0 along n lines, the shape of its results, and its relative rounding.

    Steps h (rungs, k, n) give values (rungs, outputs, k, n), and (outputs, k, n) at 0.
    """
    steps = np.concatenate([h, -h, 0 * h[:1]])
    values = evaluate(steps.reshape(prod(steps.shape[:2]), steps.shape[-1]))
    eps, outputs = grain(values), values.shape[:-2]
    values = values.astype(float).reshape(prod(outputs), *steps.shape).swapaxes(0, 1)
    return values[: len(h)], values[len(h) : -1], values[-1], outputs, eps


def grain(values: np.ndarray) -> float:
    """The relative rounding of values: float32's if all are its numbers, to their last digits."""
    single, own = values.astype(np.float32), float(np.finfo(values.dtype).eps)
    fits = not (abs(single - values) > 0).any() and (single.view(np.int32) % 2**12).any()
    return max(SINGLE if fits else EPS, own)


def triangle(differences, divisor, rounding):
    """Richardson's triangle, how far its entries differ from coarser neighbours, and their noise.

    T(h, 0) = D(h),   T(h, j) = T(h, j-1) + (T(h, j-1) - T(3h, j-1)) / (9ʲ - 1)

    Each column j cancels one more power of h². Arrays are (columns, rungs, ...), NaN outside. Noise
    is rounding, or what the finest differences show of it, both divided by the `divisor` of D.
    """
    entries, distances = np.full((2, COLUMNS, *differences.shape), np.nan)
    entries[0] = differences
    for j in range(1, COLUMNS):
        finer, coarser = entries[j - 1, 1:], entries[j - 1, :-1]
        entries[j, 1:] = finer + (finer - coarser) / (9.0**j - 1)
    distances[:, 1:] = abs(entries[:, 1:] - entries[:, :-1])
    shown = (distances[2, -3:] * divisor[-3:]).max(axis=0)
    return entries, distances, np.fmax(rounding, shown) / divisor


def best(entries, errors):
    """The entry of least error on each ladder, with that error; NaN and ∞ if there is none.

    Neighbours may agree falsely, across a pole or beyond a domain. The finest difference may be
    noisy, but it is taken at the right place: no entry may contradict it, nor that of the last and
    narrowest ladder.
    """
    value, doubt = entries[0, -1], 4 * errors[0, -1]  # (..., ladders, n)
    low, high = value - doubt, value + doubt
    low, high = np.fmax(low, low[..., -1:, :]), np.fmin(high, high[..., -1:, :])
    possible = (low <= entries) & (entries <= high) & (errors < np.inf)  # no NaN is
    flat = prod(entries.shape[:2]), value.size
    errors = np.where(possible, errors, np.inf).reshape(flat)
    index = errors.argmin(axis=0), np.arange(value.size)
    error = errors[index].reshape(value.shape)
    value = entries.reshape(flat)[index].reshape(value.shape)
    return np.where(error < np.inf, value, np.nan), error


def ladder_slopes(evaluate: Callable, size: np.ndarray):
    """Slopes, errors and whether they are reliable, three arrays (..., n), along n lines.

    `evaluate` gives f at steps (k, n) from its points as (..., k, n), `size` (n,) how far they are
    from 0: f may change over such distances, or over 1, and there is a ladder for each.
    """
    h = LADDER[:, None, None] * scales(size, LADDER[-1])  # (rungs, 2, n)
    h = (size + h) - size  # steps that x ± h holds exactly
    right, left, centre, outputs, eps = sides(evaluate, h)
    h, width = h[:, None], 2 * h[:, None]
    steepness = (abs(right - centre) + abs(left - centre)) / width
    rounding = eps * (abs(right) + abs(left) + (size + h) * steepness)
    still = (h < 2 * SINGLE * size) & (steepness == 0)
    if still.any():  # if it moves elsewhere, f computes with x in float32
        rounding += still * width * np.fmax.reduce(steepness, axis=(0, 2), keepdims=True)
    entries, distances, noise = triangle((right - left) / width, width, rounding)

    # A kink or a jump: where the terms of h are gone, the slopes to the right and to the left of x
    # stay apart by more than noise. It lies within the steps of all coarser entries, too.
    apart = (right + left - 2 * centre) / width
    jump = abs(3 * apart[1:] - apart[:-1]) / 2
    stays = jump > 4 * noise[1:]
    stays[1:] &= jump[1:] > 0.45 * jump[:-1]
    kink = np.zeros(apart.shape)
    kink[1:] = np.where(stays, jump, 0.0)
    kink = np.maximum.accumulate(kink[::-1])[::-1]
    value, error = best(entries, np.maximum(distances + noise, kink))

    # A slope of 0 is reliable too, beside the flattest secant and the rounding of the values.
    flattest = np.fmax(abs(value), np.fmin.reduce(steepness))
    enough = 1e-3 * flattest + eps ** (2 / 3) * abs(centre) / width[0]
    reliable = (error <= enough) & np.isfinite(centre)
    narrower = error[:, 1] < error[:, 0]
    parts = [np.where(narrower, part[:, 1], part[:, 0]) for part in (value, error, reliable)]
    return [part.reshape(*outputs, len(size)) for part in parts]


# Along lines through a point of many coordinates.
def grad(f: Callable) -> Callable:
    """The gradient of a function of many coordinates, by central differences: f -> ∇f.

    D(h) = (f(w + heᵢ) - f(w - heᵢ)) / 2h,   ∂f/∂wᵢ ≈ D(h) + (D(h) - D(3h)) / 8

    `grad(f)` takes one point (d,) or many (d, ...), or a number, and returns an array of the same
    shape, right to about ten digits. The step is 1e-4 max(|wᵢ|, 1); where D(h) and D(3h) are too
    far apart, or h is too large for a tiny wᵢ, a smaller one, and at last the ladder of
    `derivative`. Raises `TypeError` or `ValueError` where the point is not real and finite, or f(w)
    is not one number.

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

    def transformed(w):
        g, points = _columns(f, w)
        axes = np.arange(len(points))[:, None]
        slopes = line_slopes(g, points, (axes == i for i in range(len(points))), abs(points))[0]
        outputs, shape = slopes.shape[:-2], np.shape(w)
        if one_number and prod(outputs) != 1:
            raise ValueError(f"f must return one number for each point, got shape {outputs}")
        return slopes.reshape(shape if one_number else outputs + shape)[()]

    return transformed


def _columns(f, w):
    """f of one point, and the points (d, m)."""
    w = real_numbers("w", w)
    if w.ndim == 0:
        return (lambda p: f(p[0])), w.reshape(1, 1)
    if len(w) == 0:
        raise ValueError(f"w must have shape (d,) or (d, ...), got {w.shape}")
    return f, w.reshape(len(w), w.size // len(w))


@quiet
def line_slopes(f: Callable, points, lines, sizes):
    """The slopes of f along l lines through points (d, m), and their errors: two of (..., l, m).

    `lines` are directions (d, 1), and `sizes` (l, m) the distances of the points from 0 along them,
    since f may change over such distances.
    """
    y, parts = at_points(f, points), []
    for v, size in zip(lines, sizes, strict=True):
        part = _two_steps(f, points, v, size, np.maximum(size, 1.0), y)
        if not part[2].all():
            narrower = _two_steps(f, points, v, size, np.minimum(size, 1 / 32), y)
            part = np.where(part[2], part, narrower)
        if not part[2].all():
            rest = (part[2] == 0).any(axis=tuple(range(y.ndim - 1)))
            part[..., rest] = ladder_slopes(partial(along, f, points[:, rest], v), size[rest])
        parts.append(part)
    return np.moveaxis(np.array(parts), 0, -2)[:2]


def _two_steps(f, w, v, size, scale, y):
    """Slope, error and whether they will do, by D(h) and D(3h) at w along v, where f is y."""
    eps = max(EPS, float(np.finfo(y.dtype).eps))
    h = (size + 0.8 * eps ** (1 / 4) * scale) - size
    step = h * v
    places = w + step, w - step, w + 3 * step, w - 3 * step
    right, left, far_right, far_left = [at_points(f, p, shape=y.shape[:-1]) for p in places]
    near, far, change = right - left, far_right - far_left, abs(right - far_left)
    noise, bend = 6 * eps * abs(right), abs(3 * near - far)
    single = (np.float32(right) == right) & (eps == EPS)  # f may compute in single precision
    constant = (change == 0) & (scale >= 1)
    passed = (size > 0) & (size < 3e-4)  # a step passes over what f does at distances of w
    enough = ((bend + 16 * noise <= eps**0.3 * change) | constant) & ~single & ~passed
    return np.array([(27 * near - far) / (48 * h), (noise + 1e-3 * bend) / (6 * h), enough])


def hessian(f: Callable) -> Callable:
    """The Hessian by extrapolated second differences: f (d,) -> () gives (d, d).

    v'Hv ≈ (f(w + hv) - 2f(w) + f(w - hv)) / h²,   Hᵢⱼ = (q(eᵢ + eⱼ) - q(eᵢ) - q(eⱼ)) / 2

    where q(v) = v'Hv: curvature along a line is all that needs measuring, and the identity on the
    right turns lines into a matrix. Steps are chosen as in `derivative`, so smooth functions are
    right to about ten digits; a kink gives nan. Many points (d, ...) give (d, d, ...), a number a
    number. Errors as for `grad`.

    >>> hessian(lambda w: w[0] ** 2 * w[1])([1.0, 2.0]).round(8) + 0.0
    array([[4., 2.],
           [2., 0.]])
    """
    function("f", f)

    @quiet
    def matrices(w):
        g, points = _columns(f, w)
        H = np.zeros((len(points), *points.shape))
        for k, point in enumerate(points.T):
            H[..., k] = _hessian(g, point)
        return H.reshape(H.shape[: min(np.ndim(w), 1)] + np.shape(w))[()]

    return matrices


def _hessian(f, w):
    d, w = len(w), w[:, None]
    q, scale = curvatures(partial(along, f, w, np.eye(d)), scales(abs(w[:, 0]), 1e-4, 1e-8))
    H, lines = np.diag(q / scale**2), np.diag(scale)
    for i in range(d - 1):
        j = slice(i + 1, d)
        pairs = lines[:, i : i + 1] + lines[:, j]
        sums, _ = curvatures(partial(along, f, w, pairs), np.ones((1, d - i - 1)))
        H[i, j] = H[j, i] = (sums - q[i] - q[j]) / 2 / (scale[i] * scale[j])
    return H


def curvatures(evaluate: Callable, scale):
    """scale² v'Hv along n lines v, and the better of the scales (k, n) for each: two of (n,)."""
    h = COARSE[:, None, None] * scale  # (rungs, k, n)
    right, left, centre, outputs, eps = sides(evaluate, h)
    if prod(outputs) != 1:
        raise ValueError(f"f must return one number for each point, got shape {outputs}")
    right, left = right[:, 0], left[:, 0]
    rounding = eps * (abs(right) + 2 * abs(centre) + abs(left))
    entries, distances, noise = triangle((right - 2 * centre + left) / h**2, h**2, rounding)
    value, error = best(entries, distances + noise)
    kink = (error > 0.3 * abs(value)) & (error > 100 * noise.min(axis=0))
    least = error.argmin(axis=0), np.arange(scale.shape[-1])
    return np.where(kink, np.nan, value)[least] * scale[least] ** 2, scale[least]
