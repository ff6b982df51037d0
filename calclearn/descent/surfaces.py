"""A surface is a function of a point together with what is known about it.

Coordinates come first: a point has shape (d,), many points have shape (d, ...), and then

    surface(w)            (d, ...) -> (...)          the height
    surface.gradient(w)   (d, ...) -> (d, ...)       the direction of steepest ascent
    surface.hessian(w)    (d, ...) -> (d, d, ...)    the curvature

so one formula serves a point, a mesh, ten thousand starts and a sweep of learning rates alike.
A derivative that nobody worked out by hand is supplied by `calclearn.calculus.autodiff`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np

from calclearn.descent.arguments import is_real, not_negative, surface_like, whole_number
from calclearn.descent.batches import Array, as_points, everywhere

Field = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Surface:
    """A height over the space of weights, with its gradient, its Hessian and its landmarks.

    `function`, `gradient` and `hessian` take points (d, ...); `value_and_gradient` may be given
    where both together cost less. `domain` holds one (low, high) pair a coordinate, `start` a good
    first point, `minima` the known ones, global minima first. `scale` and `steepness` are the sizes
    of a typical value and of a typical gradient: by them `descend` tells a value that has exploded
    and a gradient that is small. `sampler(rng)` makes the surface of one random mini-batch;
    `batch` is the shape of an array of factors, see `__mul__`.
    Raises TypeError for what cannot be called and ValueError for points of another dimension.

    >>> bowl = Surface(lambda w: w[0]**2 + 3 * w[1]**2, lambda w: np.stack([2 * w[0], 6 * w[1]]))
    >>> float(bowl([1.0, 2.0]))
    13.0
    >>> (2 * bowl + bowl).gradient([1.0, 2.0])
    array([ 6., 36.])
    """

    function: Field = field(repr=False)
    gradient: Field | None = field(default=None, repr=False)
    hessian: Field | None = field(default=None, repr=False)
    value_and_gradient: Callable | None = field(default=None, kw_only=True, repr=False)
    name: str = field(default="", kw_only=True)
    formula: str = field(default="", kw_only=True)
    domain: tuple[tuple[float, float], ...] = field(default=(), kw_only=True)
    start: Any = field(default=None, kw_only=True)
    minima: tuple = field(default=(), kw_only=True, repr=False)
    dimension: int | None = field(default=None, kw_only=True)
    source: str = field(default="", kw_only=True, repr=False)
    scale: Any = field(default=1.0, kw_only=True, repr=False)
    steepness: Any = field(default=1.0, kw_only=True, repr=False)
    batch: tuple[int, ...] = field(default=(), kw_only=True, repr=False)
    sampler: Callable | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        f, gradient, both = self.function, self.gradient, self.value_and_gradient
        if not callable(f):
            raise TypeError(f"function must be a function of points, got {type(f).__name__}")
        for name in ("gradient", "hessian", "value_and_gradient", "sampler"):
            if getattr(self, name) is not None and not callable(getattr(self, name)):
                got = type(getattr(self, name)).__name__
                raise TypeError(f"{name} must be a function of points or None, got {got}")
        if both is None and gradient is None:
            both = by_autodiff("value_and_grad", f)
        elif both is None:
            both = lambda w: (f(w), gradient(w))  # noqa: E731
        dimension = dimension_of(self.domain, self.dimension)
        completed = {
            "dimension": dimension,
            "gradient": checked(gradient or by_autodiff("grad", f), dimension),
            "hessian": checked(self.hessian or by_autodiff("hessian", f), dimension),
            "value_and_gradient": checked(both, dimension),
        }
        for name, value in completed.items():
            object.__setattr__(self, name, value)

    def __call__(self, w: Array) -> Array:
        return self.function(as_points(w, self.dimension))

    def sample(self, rng: np.random.Generator) -> "Surface":
        """The surface of a random mini-batch; the surface itself where there are no data."""
        return self if self.sampler is None else self.sampler(rng)

    def __add__(self, other: "Surface") -> "Surface":
        """The derivative of a sum is the sum of the derivatives; so are mini-batch and scale."""
        if not isinstance(other, Surface):
            return NotImplemented
        a, b = self, other
        if None not in (a.dimension, b.dimension) and a.dimension != b.dimension:
            raise ValueError(
                f"surfaces that are added must have one dimension, got {a.dimension} "
                f"and {b.dimension}"
            )
        noisy = a.sampler is not None or b.sampler is not None

        def both(w: Array) -> tuple[Array, Array]:
            (height, slope), (more, steeper) = a.value_and_gradient(w), b.value_and_gradient(w)
            return height + more, slope + steeper

        return Surface(
            lambda w: a.function(w) + b.function(w),
            lambda w: a.gradient(w) + b.gradient(w),
            lambda w: a.hessian(w) + b.hessian(w),
            value_and_gradient=both,
            name=f"{a.name} + {b.name}",
            formula=f"{a.formula} + {b.formula}",
            domain=a.domain or b.domain,
            start=b.start if a.start is None else a.start,
            dimension=a.dimension or b.dimension,
            scale=a.scale + b.scale,
            steepness=a.steepness + b.steepness,
            batch=np.broadcast_shapes(a.batch, b.batch),
            sampler=(lambda rng: a.sample(rng) + b.sample(rng)) if noisy else None,
        )

    def __mul__(self, factor: Any) -> "Surface":
        """A multiple of the surface; an array of factors (...) makes a batch of surfaces."""
        if not is_real(factor):
            return NotImplemented
        if type(factor) is np.float64:  # a number like any other: float32 points stay float32
            factor = float(factor)
        a, label = self, f"{factor:.4g}" if isinstance(factor, int | float) else "c"
        return Surface(
            lambda w: factor * a.function(w),
            lambda w: factor * a.gradient(w),
            lambda w: factor * a.hessian(w),
            value_and_gradient=lambda w: tuple(factor * part for part in a.value_and_gradient(w)),
            name=f"{label} {a.name}",
            formula=rf"{label} \left({a.formula}\right)",
            domain=a.domain,
            start=a.start,
            minima=a.minima if np.all(factor > 0) else (),
            dimension=a.dimension,
            scale=abs(factor) * a.scale,
            steepness=abs(factor) * a.steepness,
            batch=np.broadcast_shapes(getattr(factor, "shape", ()), a.batch),
            sampler=None if a.sampler is None else lambda rng: factor * a.sample(rng),
        )

    __rmul__ = __mul__
    __array_ufunc__ = None  # so that NumPy hands `array * surface` over to __rmul__


def slice_through(surface: Surface, origin: Array, u: Array, v: Array) -> Surface:
    """The two-dimensional surface in the plane through `origin` along `u` and `v`, each (d,).

    s(a, b) = f(o + a u + b v),    ∇s = [u v]ᵀ ∇f,    ∇²s = [u v]ᵀ ∇²f [u v]

    So the bowl's picture can be drawn of a network's loss (Goodfellow, Vinyals & Saxe 2015,
    "Qualitatively characterizing neural network optimization problems", ICLR).

    >>> ball = Surface(lambda w: (w**2).sum(axis=0), lambda w: 2 * w)
    >>> plane = slice_through(ball, [0, 0, 5], [1, 0, 0], [0, 1, 0])
    >>> float(plane([3.0, 4.0]))
    50.0
    """
    surface_like(surface)
    origin = as_points(origin, surface.dimension, "origin")
    u, v = (as_points(w, origin.shape[0], name) for w, name in ((u, "u"), (v, "v")))
    if not origin.ndim == u.ndim == v.ndim == 1:
        raise ValueError(
            f"origin, u and v must be single points (d,), got shapes {origin.shape}, {u.shape} "
            f"and {v.shape}"
        )
    plane = np.stack([u, v], axis=1)  # (d, 2)

    def embedded(w: Array) -> Array:
        return np.reshape(origin, origin.shape + (1,) * (w.ndim - 1)) + np.tensordot(plane, w, 1)

    return Surface(
        lambda w: surface.function(embedded(w)),
        lambda w: np.tensordot(plane.T, surface.gradient(embedded(w)), 1),
        lambda w: np.einsum("ia,ij...,jb->ab...", plane, surface.hessian(embedded(w)), plane),
        name=f"slice through {surface.name}",
        domain=((-1.0, 1.0), (-1.0, 1.0)),
        start=(0.0, 0.0),
        source=surface.source,
        scale=surface.scale,
        steepness=surface.steepness,
        sampler=None
        if surface.sampler is None
        else lambda rng: slice_through(surface.sample(rng), origin, u, v),
    )


def shaken(surface: Surface, size: float) -> Surface:
    """The surface, tilted anew at every step: noise of this size in each coordinate's gradient.

    ∇f(w) + size · ε,    ε ~ N(0, I)

    What mini-batches do to a loss, done to a surface that has no data.

    >>> bowl = Surface(lambda w: (w * w).sum(axis=0), lambda w: 2 * w, dimension=2)
    >>> one, other = (shaken(bowl, 0.1).sample(np.random.default_rng(0)) for _ in range(2))
    >>> bool(np.all(one.gradient([1.0, 1.0]) == other.gradient([1.0, 1.0])))
    True
    """
    surface_like(surface)
    not_negative("size", size)
    if surface.dimension is None:
        raise ValueError(
            "surface must have a dimension or a domain, to know how much noise it needs"
        )

    def tilted(rng: np.random.Generator) -> Surface:
        tilt = size * rng.normal(size=surface.dimension)
        slope = Surface(
            lambda w: np.tensordot(tilt, w, 1),
            lambda w: everywhere(tilt, w),
            lambda w: everywhere(np.zeros((len(w), len(w))), w),
            scale=0.0,
            steepness=0.0,
        )
        return surface.sample(rng) + slope

    return replace(surface, name=f"shaken {surface.name}", sampler=tilted)


def dimension_of(domain: Any, dimension: int | None) -> int | None:
    """How many coordinates there are, if either says so."""
    if dimension is not None:
        whole_number("dimension", dimension, 1)
    if isinstance(domain, tuple) and not domain:
        return dimension
    shape = np.shape(domain) if isinstance(domain, tuple | list | np.ndarray) else ()
    if len(shape) != 2 or shape[1] != 2 or dimension not in (None, shape[0]):
        raise ValueError(
            f"domain must hold one (low, high) pair for each coordinate, got {domain!r:.60}"
        )
    return shape[0]


def checked(field: Field, dimension: int | None) -> Field:
    """The field behind a door: what is not a point of this dimension gets one clear sentence."""
    return lambda w: field(as_points(w, dimension))


def by_autodiff(transform: str, function: Field) -> Field:
    """The derivative from `calculus.autodiff`, which is loaded when one is first needed."""

    @cache
    def derivative() -> Field:
        from calclearn.calculus import autodiff

        return getattr(autodiff, transform)(function)

    return lambda w: derivative()(w)
