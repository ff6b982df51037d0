"""A surface is a function of a point together with its derivatives and its landmarks.

    surface(w)            (d, ...) -> (...)          the height
    surface.gradient(w)   (d, ...) -> (d, ...)       the direction of steepest ascent
    surface.hessian(w)    (d, ...) -> (d, d, ...)    the curvature

Coordinates come first: one formula serves a point (d,), a mesh and a sweep of learning rates.
"""

import contextlib
import inspect
import operator
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from calclearn.calculus import autodiff
from calclearn.calculus.tracing import Traced, plain
from calclearn.descent.arguments import floating, instance, is_real, number, shown, whole

Array = Any  # an ndarray, or what a trace puts in its place
DERIVATIVES = ("gradient", "hessian", "value_and_gradient")


class Surface:
    """A height over the space of weights, with its gradient, its Hessian and its landmarks.

    `value_and_gradient` may stand for the first two functions, and autodiff supplies what is not
    given. `domain` holds a (low, high) pair a coordinate, `start` a good first point, `minima` the
    known ones, global minima first; `scale` and `steepness` are the sizes of a typical value and
    gradient, by which `descend` recognises that a value has exploded or a gradient is small.
    `sampler(rng)` makes the surface of a random mini-batch.

    Surfaces can be added, subtracted and negated, multiplied and divided by numbers; an array of
    factors (...), whose shape is `batch`, makes a batch of surfaces. None changes: `replace` makes
    another. Raises TypeError for what cannot be called, ValueError for points of another dimension.

    >>> bowl = Surface(lambda w: w[0] ** 2 + 3 * w[1] ** 2)
    >>> (2 * bowl - bowl / 2).gradient([1.0, 2.0])
    array([ 3., 18.])
    """

    def __init__(
        self, function: Callable | None = None, gradient: Callable | None = None,
        hessian: Callable | None = None, *, value_and_gradient: Callable | None = None,
        name: str = "", domain: tuple[tuple[float, float], ...] = (),
        dimension: int | None = None, start: Any = None, minima: tuple = (),
        scale: Any = 1.0, steepness: Any = 1.0, batch: tuple[int, ...] = (),
        sampler: Callable | None = None,
    ) -> None:  # fmt: skip
        given = {key: value for key, value in locals().items() if key != "self"}
        both = value_and_gradient
        for key in ("function", *DERIVATIVES, "sampler"):
            kind = Callable if key == "function" and both is None else Callable | None
            instance(key, given[key], kind, "a function of points")
        function = given["function"] = function or (lambda w: both(w)[0])
        if both is None and gradient is None:
            both = autodiff.value_and_grad(function)
        gradient = gradient or (lambda w: both(w)[1])
        vars(self).update({key: given[key] for key in given if key not in DERIVATIVES})
        vars(self).update(
            _given=given, _gradient=gradient, dimension=dimension_of(domain, dimension),
            _both=both or (lambda w: (function(w), gradient(w))),
            _hessian=hessian or autodiff.hessian(function),
        )  # fmt: skip

    def __setattr__(self, name: str, value: Any = None) -> None:
        raise AttributeError(f"a surface does not change; surface.replace({name}=...) is another")

    __delattr__ = __setattr__

    def replace(self, **changes: Any) -> "Surface":
        """The surface with another domain, start, ...; a new function drops the old derivatives.

        >>> Surface(np.sum, np.ones_like).replace(function=lambda w: w[0]**3).gradient([2.0])
        array([12.])
        """
        kept = self._given
        if "function" in changes:
            kept = {key: kept[key] for key in ("name", "domain", "start", "dimension")}
        elif {"gradient", "value_and_gradient"} & set(changes):
            kept = {**kept, "gradient": None, "value_and_gradient": None}
        return Surface(**{**kept, **changes})

    def __repr__(self) -> str:
        size = "" if self.dimension is None else f" of dimension {self.dimension}"
        return f"<Surface {self.name or '(without a name)'}{size}>"

    def _points(self, w: Array) -> Array:
        w = as_points(w, self.dimension)
        if self.batch:
            common_shape("w and of the surface's factors", w.shape[1:], self.batch)
        return w

    def __call__(self, w: Array) -> Array:
        w = self._points(w)
        return in_type(self.function(w), w)

    def gradient(self, w: Array) -> Array:
        w = self._points(w)
        return in_type(self._gradient(w), w)

    def hessian(self, w: Array) -> Array:
        w = self._points(w)
        return in_type(self._hessian(w), w)

    def value_and_gradient(self, w: Array) -> tuple[Array, Array]:
        w = self._points(w)
        value, gradient = self._both(w)
        return in_type(value, w), in_type(gradient, w)

    def sample(self, rng: np.random.Generator) -> "Surface":
        """The surface of a random mini-batch; the surface itself where there are no data."""
        if self.sampler is None:
            return self
        return as_surface("what sampler(rng) returns", self.sampler(rng))

    def __add__(self, other: Any) -> "Surface":
        zero = isinstance(other, int) and other == 0  # where `sum` begins
        return self if zero else combination((1, self), (1, other))

    def __sub__(self, other: Any) -> "Surface":
        return combination((1, self), (-1, other))

    def __mul__(self, factor: Any) -> "Surface":
        return combination((factor, self))

    def __truediv__(self, divisor: Any) -> "Surface":
        if is_real(divisor) and np.any(plain(divisor) == 0):
            raise ValueError(f"a surface can be divided by what is not 0, got {shown(divisor)}")
        return combination((1 / divisor, self)) if is_real(divisor) else NotImplemented

    def __neg__(self) -> "Surface":
        return combination((-1, self))

    __radd__, __rmul__ = __add__, __mul__
    __array_ufunc__ = None  # so that NumPy hands `array * surface` over to __rmul__


class Evaluation(namedtuple("Evaluation", "w value gradient count")):
    """A point (d, ...), value and gradient there, the count of evaluations so far: one or (...)."""

    def moved(self, surface: Surface, step: Array, count: Array) -> "Evaluation":
        w = in_type(self.w + step, self.w)
        return Evaluation(w, *surface.value_and_gradient(w), count)


def combination(*terms: tuple[Any, Surface]) -> Surface:
    """Σ cᵢ fᵢ of terms (cᵢ, fᵢ), and so its derivatives and mini-batches; else NotImplemented."""
    if not all(is_real(c) and isinstance(s, Surface) for c, s in terms):
        return NotImplemented
    terms = [(float(c) if isinstance(c, np.generic) else c, s) for c, s in terms]
    factors, surfaces = zip(*terms, strict=True)
    dimensions = [d for d in dict.fromkeys(s.dimension for s in surfaces) if d]
    if len(dimensions) > 1:
        got = " and ".join(map(str, dimensions))
        raise ValueError(f"surfaces that are added must have one dimension, got {got}")
    first = next((s for s in surfaces if s.domain), surfaces[0])
    shapes = [*map(np.shape, factors), *(s.batch for s in surfaces)]
    batch = common_shape("the factors", *filter(None, shapes))

    def total(parts: Iterable) -> Array:
        return reduce(operator.add, map(operator.mul, factors, parts))

    def both(w: Array) -> tuple[Array, Array]:
        values, gradients = zip(*(s.value_and_gradient(w) for s in surfaces), strict=True)
        return total(values), total(gradients)

    def sampler(rng: np.random.Generator) -> Surface:
        return combination(*((c, s.sample(rng)) for c, s in terms))

    return Surface(
        lambda w: total(s(w) for s in surfaces),
        hessian=lambda w: total(s.hessian(w) for s in surfaces),
        value_and_gradient=both,
        name=written(factors, [s.name for s in surfaces]),
        domain=first.domain, dimension=dimensions[0] if dimensions else None,
        start=next((s.start for s in surfaces if s.start is not None), None),
        minima=first.minima if len(terms) == 1 and np.all(plain(factors[0]) > 0) else (),
        scale=sum(abs(c) * s.scale for c, s in terms),
        steepness=sum(abs(c) * s.steepness for c, s in terms),
        batch=batch, sampler=sampler if any(s.sampler for s in surfaces) else None,
    )  # fmt: skip


def written(factors: Sequence, names: Sequence[str]) -> str:
    """Σ cᵢ sᵢ in words; a sum that has a sign or a factor stands in parentheses."""
    words = ""
    for c, name in zip(factors, names, strict=True):
        known = isinstance(c, int | float)
        sign = "-" if known and c < 0 else "+" if words else ""
        size = "c " if not known else "" if abs(c) == 1 else f"{abs(c):.4g} "
        is_sum = name.startswith("-") or " + " in name or " - " in name
        term = f"{size}({name})" if is_sum and (size or sign == "-") else size + name
        words += f" {sign} {term}" if words else sign + term
    return words


def slice_through(surface: Surface, origin: Array, u: Array, v: Array) -> Surface:
    """The two-dimensional surface in the plane through `origin` along `u` and `v`, each (d,).

    s(a, b) = f(o + a u + b v),    ∇s = [u v]ᵀ ∇f,    ∇²s = [u v]ᵀ ∇²f [u v]

    >>> ball = Surface(lambda w: (w**2).sum(axis=0))
    >>> slice_through(ball, [0, 0, 5], [1, 0, 0], [0, 1, 0])([3.0, 4.0])
    np.float64(50.0)

    Source: Goodfellow, Vinyals & Saxe, ICLR (2015).
    """
    instance("surface", surface, Surface, "a Surface")
    origin = as_points(origin, surface.dimension, "origin")
    u, v = as_points(u, len(origin), "u"), as_points(v, len(origin), "v")
    if not origin.ndim == u.ndim == v.ndim == 1:
        shapes = f"{origin.shape}, {u.shape} and {v.shape}"
        raise ValueError(f"origin, u and v must be single points (d,), got shapes {shapes}")
    plane = np.stack([u, v], axis=1)  # (d, 2)

    def embedded(w: Array) -> Array:
        return in_type(beside(origin, w) + np.tensordot(plane, w, 1), w)

    return Surface(
        lambda w: surface(embedded(w)),
        lambda w: np.tensordot(plane.T, surface.gradient(embedded(w)), 1),
        lambda w: np.einsum("ia,ij...,jb->ab...", plane, surface.hessian(embedded(w)), plane),
        name=f"slice through {surface.name}",
        domain=((-1.0, 1.0), (-1.0, 1.0)), start=(0.0, 0.0),
        scale=surface.scale, steepness=surface.steepness, batch=surface.batch,
        sampler=surface.sampler and (lambda rng: slice_through(surface.sample(rng), origin, u, v)),
    )  # fmt: skip


def shaken(surface: Surface, size: float) -> Surface:
    """The surface, tilted anew at every step, which mini-batches do to a loss.

    ∇f(w) + size · ε,    ε ~ N(0, I)

    >>> bowl = Surface(lambda w: (w * w).sum(axis=0), dimension=2)
    >>> shaken(bowl, 0.1).sample(np.random.default_rng(0)).gradient([1.0, 1.0]).round(2)
    array([2.01, 1.99])
    """
    instance("surface", surface, Surface, "a Surface")
    number("size", size, 0)
    if surface.dimension is None:
        raise ValueError("surface must have a dimension or a domain, as each coordinate has noise")

    def tilted(rng: np.random.Generator) -> Surface:
        tilt = size * rng.normal(size=surface.dimension)
        plane = Surface(lambda w: np.tensordot(tilt, w, 1), scale=0.0, steepness=0.0)
        return surface.sample(rng) + plane

    return surface.replace(name=f"shaken {surface.name}", sampler=tilted)


def as_surface(name: str, given: Any) -> Surface:
    """A surface as it is, or that of a function. Raises TypeError for anything else."""
    if isinstance(given, Surface):
        return given
    instance(name, given, Callable, "a Surface or a function of points")
    with contextlib.suppress(ValueError):  # a built-in function that does not say what it takes
        try:
            (signature := inspect.signature(given)).bind(None)
        except TypeError:
            form = "a function of one argument, the point w, as in `x, y = w`"
            raise TypeError(f"{name} must be {form}, got one of {signature}") from None
    return Surface(given)


def evaluated(name: str, function: Callable, w: Array, value: Callable | None = None) -> tuple:
    """What a function gives at the start (d, ...): a value, and perhaps a gradient, checked.

    Where it fails, the `value` alone is checked first: one that is no number has no gradient.
    """
    try:
        parts = function(w)
    except (IndexError, TypeError, ValueError) as error:
        if value is not None:
            evaluated(name, lambda w: (value(w),), w)
        if isinstance(error, TypeError):
            raise
        raise ValueError(f"{name} cannot take points of shape {w.shape}: {error}") from error
    named = ("value", w.shape[1:]), ("gradient", w.shape)
    for part, (kind, shape) in zip(parts, named, strict=False):
        what = f"the {kind} of {'the ' * (name == 'surface')}{name}"
        if not is_real(part):
            raise TypeError(f"{what} must be a real number or an array of them, got {shown(part)}")
        if (got := np.shape(part)) != shape:
            expected = f"must have shape {shape} at points of shape {w.shape}"
            raise ValueError(f"{what} {expected}, got {got}")
    return parts


def dimension_of(domain: Any, dimension: int | None) -> int | None:
    """How many coordinates there are, where the domain or the dimension says so."""
    if dimension is not None:
        whole("dimension", dimension, 1)
    if isinstance(domain, tuple) and not domain:
        return dimension
    try:
        d, two = np.shape(domain)
    except ValueError:  # of other axes, or lists of different lengths
        two = 0
    if two != 2 or dimension not in (None, d):
        expected = "domain must hold one (low, high) pair for each coordinate"
        raise ValueError(f"{expected}, got {shown(domain)}")
    return d


# One start (d,) and many (d, ...) in the same code: a value or a truth value of each is (...), a
# single number for a single start. Arrays of one number are slow, so there it is Python's own.
FLOAT = np.dtype(float)


def as_points(w: Array, dimension: int | None = None, argument: str = "w") -> Array:
    """`w` as floating-point coordinates (d, ...), or one sentence saying what it should be."""
    if not (type(w) is np.ndarray or type(w) is Traced) or w.dtype.kind != "f":
        w = floating(argument, w)
    if w.ndim == 0 or w.shape[0] != (dimension or w.shape[0] or 1):
        d = "d" if dimension is None else dimension
        hint = ": one number is a point as [number]" if w.ndim == 0 else ""
        raise ValueError(f"{argument} must have shape ({d},) or ({d}, ...), got {w.shape}{hint}")
    return w


def common_shape(what: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which all broadcast, or one sentence saying whose batch shapes do not."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        got = ", ".join(map(str, filter(None, shapes)))
        raise ValueError(f"the batch shapes of {what} must broadcast, got {got}") from None


def in_type(part: Array, w: Array) -> Array:
    """A value or a derivative in the floating-point type of the points: float32 stays float32."""
    if w.dtype is FLOAT or not hasattr(part, "dtype") or part.dtype == w.dtype:
        return part
    return part.astype(w.dtype) if part.dtype.kind == "f" else part


def stack(*components: Array) -> Array:
    """Components of one shape along a new first axis: `np.stack`, without its checks."""
    return np.stack(components) if Traced in map(type, components) else np.array(components)


def beside(constant: Array, w: Array) -> Array:
    """A constant (d,) or (d, d) with an axis of length 1 for each batch axis of w (d, ...)."""
    return np.reshape(constant, constant.shape + (1,) * (w.ndim - 1))


def broadcast(constant: Array, w: Array) -> Array:
    """A constant (d,) or (d, d) as a field: the same at each of the points w (d, ...)."""
    return beside(constant, w) + np.zeros(w.shape[1:], dtype=constant.dtype)


def inner(a: Array, b: Array) -> Array:
    """a·b for each start: (d, ...), (d, ...) -> (...)."""
    if a.ndim > 1:
        return (a * b).sum(axis=0)
    return a.dot(b) if type(a) is type(b) else np.dot(a, b)  # slower, but one may be traced


def length(g: Array) -> Array:
    """‖g‖ of each start, (d, ...) -> (...); of g / max|g| where its square over- or underflows."""
    squares = inner(g, g)
    if not anywhere(~((plain(squares) > 1e-30) & (plain(squares) < np.inf))):
        return np.sqrt(squares)
    largest = np.max(np.abs(plain(g)), axis=0)
    unit = np.where((largest > 0) & (largest < np.inf), largest, 1)[()]
    return unit * np.sqrt(inner(g / unit, g / unit))


def where(which: Array, new: Any, old: Any) -> Any:
    """`np.where`, of arrays or of tuples of them; for a single start a question of yes or no."""
    if not isinstance(which, np.ndarray):
        return new if which else old
    if isinstance(new, tuple):
        return type(old)(*(np.where(which, n, o) for n, o in zip(new, old, strict=True)))
    return np.where(which, new, old)


def anywhere(which: Array) -> bool:
    """Whether it is true of any start."""
    return bool(which.any() if isinstance(which, np.ndarray) else which)
