"""The Hessian at one point says what the surface looks like around it.

Its eigenvalues are the curvatures from the flattest direction to the steepest. Their signs name a
stationary point; with value and gradient it makes the quadratic that Newton's method minimises; and
along its eigenvectors it says how short of the minimum a penalty stops, and how short an early end.
"""

from typing import Any

import numpy as np

from calclearn.descent.arguments import not_negative, surface_like
from calclearn.descent.batches import Array, as_points, everywhere
from calclearn.descent.surfaces import Surface


def eigenvalues(surface: Surface, at: Array) -> Array:
    """The curvatures of the surface at points (d, ...), ascending along the first axis.

    ∇²f v = λ v

    >>> saddle = Surface(lambda w: w[0]**2 - w[1]**2, hessian=lambda w: np.diag([2.0, -2.0]))
    >>> eigenvalues(saddle, [0, 0])
    array([-2.,  2.])
    """
    surface_like(surface)
    h = surface.hessian(as_points(at, surface.dimension, "at"))
    return np.moveaxis(np.linalg.eigvalsh(np.moveaxis(h, (0, 1), (-2, -1))), -1, 0)


def classify(surface: Surface, at: Array, flat: float = 1e-6) -> Any:
    """What the curvature makes of stationary points (d, ...): a word, or an array of words (...).

    "saddle" where both signs occur, "minimum" where all λ > 0, "maximum" where all λ < 0, else
    "degenerate": some |λ| ≤ flat · max |λ|, and the second derivative cannot tell.

    >>> saddle = Surface(lambda w: w[0]**2 - w[1]**2, hessian=lambda w: np.diag([2.0, -2.0]))
    >>> classify(saddle, [0, 0])
    'saddle'
    """
    not_negative("flat", flat)
    curvatures = eigenvalues(surface, at)
    lowest, highest = curvatures[0], curvatures[-1]
    noise = flat * np.maximum(np.abs(lowest), np.abs(highest))
    words = np.select(
        [(lowest < -noise) & (highest > noise), lowest > noise, highest < -noise],
        ["saddle", "minimum", "maximum"],
        "degenerate",
    )
    return words if words.ndim else str(words)


def quadratic_model(surface: Surface, at: Array) -> Surface:
    """The Taylor polynomial of second order at the point `at` (d,): what Newton's step minimises.

    q(w) = f(a) + ∇f(a)·(w - a) + ½ (w - a)ᵀ ∇²f(a) (w - a)

    Its minimum, where the Hessian is positive definite, is Newton's next point; else it has none.
    Raises ValueError unless `at` is a single point.

    >>> quartic = Surface(lambda w: w[0]**4, lambda w: 4 * w**3, lambda w: 12 * w[None] ** 2)
    >>> quadratic_model(quartic, [3.0]).minima[0]
    array([2.])
    """
    surface_like(surface)
    a = as_points(at, surface.dimension, "at")
    if a.ndim != 1:
        raise ValueError(f"at must be a single point ({len(a)},), got shape {a.shape}")
    value, g, h = surface(a), surface.gradient(a), surface.hessian(a)
    bends_up = bool(np.all(np.linalg.eigvalsh(h) > 0))

    def beside(w: Array, constant: Array) -> Array:  # (d,) to (d, 1, ...), to meet w (d, ...)
        return np.reshape(constant, constant.shape + (1,) * (w.ndim - 1))

    def function(w: Array) -> Array:
        step = w - beside(w, a)
        return value + ((beside(w, g) + np.tensordot(h, step, 1) / 2) * step).sum(axis=0)

    return Surface(
        function,
        lambda w: beside(w, g) + np.tensordot(h, w - beside(w, a), 1),
        lambda w: everywhere(h, w),
        name=f"quadratic model of {surface.name}",
        domain=surface.domain,
        start=a,
        minima=(a - np.linalg.solve(h, g),) if bends_up else (),
        dimension=len(a),
        scale=surface.scale,
        steepness=surface.steepness,
    )


def shrinkage_of_steps(eigenvalues: Array, learning_rate: Any, steps: Any) -> Array:
    """How much of the minimum gradient descent from 0 has reached, along each eigenvector.

    shareᵢ = 1 - (1 - η λᵢ)ᵏ

    On a quadratic with Hessian H = Σ λᵢ vᵢ vᵢᵀ and minimum w* the gradient is H (w - w*), so a step
    multiplies w - w* along vᵢ by 1 - η λᵢ. It begins at -w*, and after k steps

        vᵢ·wₖ = (1 - (1 - η λᵢ)ᵏ) vᵢ·w*

    The steep directions are fitted first and the flat ones are still near 0: to stop early is to
    shrink them. eigenvalues: any shape, at least 0; all three broadcast. Raises ValueError for a
    negative number.

    >>> shrinkage_of_steps(np.array([1.0, 0.5, 0.0]), learning_rate=1.0, steps=2)
    array([1.  , 0.75, 0.  ])

    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 7.8.
    """
    not_negative("eigenvalues", eigenvalues)
    not_negative("learning_rate", learning_rate)
    not_negative("steps", steps)
    return 1 - (1 - learning_rate * eigenvalues) ** steps


def shrinkage_of_l2(eigenvalues: Array, strength: Any) -> Array:
    """How much of the minimum is left by the penalty `strength * l2()`, along each eigenvector.

    shareᵢ = λᵢ / (λᵢ + 2c),    c the strength

    The penalty c Σⱼ wⱼ² has gradient 2c w. Where the whole gradient vanishes,

        H (w - w*) + 2c w = 0,    so    vᵢ·w = λᵢ / (λᵢ + 2c)  vᵢ·w*

    While η λᵢ and λᵢ/2c are small this is the early end's share for 2c = 1 / (η k): few steps are a
    strong penalty. eigenvalues: any shape, at least 0; a flat direction stays at 0 without any
    penalty. Raises ValueError for a negative number.

    >>> shrinkage_of_l2(np.array([2.0, 1.0, 0.0]), strength=1.0).round(3)
    array([0.5  , 0.333, 0.   ])

    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), sections 7.1.1 and 7.8.
    """
    not_negative("eigenvalues", eigenvalues)
    not_negative("strength", strength)
    whole = eigenvalues + 2 * strength
    return eigenvalues / np.where(whole > 0, whole, 1)
