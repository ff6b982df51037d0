"""The Hessian at one point says what the surface looks like around it.

Its eigenvalues are the curvatures. Along an eigenvector of a quadratic, with eigenvalue λ, a step
of gradient descent multiplies the distance to the minimum by 1 − η λ.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calclearn.descent.arguments import array, instance, number, shown, whole
from calclearn.descent.surfaces import Array, Surface, as_points, beside, broadcast, length


def eigenvalues(surface: Surface, at: Array) -> Array:
    """The curvatures of the surface at points (d, ...), ascending along the first axis.

    ∇²f v = λ v

    >>> eigenvalues(Surface(lambda w: w[0]**2 - w[1]**2), [0, 0])
    array([-2.,  2.])
    """
    instance("surface", surface, Surface, "a Surface")
    h = surface.hessian(as_points(at, surface.dimension, "at"))
    return np.moveaxis(np.linalg.eigvalsh(np.moveaxis(h, (0, 1), (-2, -1))), -1, 0)


@np.errstate(all="ignore")  # squares may overflow
def classify(surface: Surface, at: Array) -> Any:
    """What the curvature makes of stationary points (d, ...): a word, or an array of words (...).

    "saddle" where both signs occur, "minimum" where all λ > 0, "maximum" where all λ < 0, else
    "degenerate": one |λ| ≤ 10⁻⁶ max |λ|. A point that is not stationary, ‖∇f‖ > 10⁻³ (1 + ‖w‖)
    max |λ|, is a "slope".

    >>> classify(Surface(lambda w: w[0]**2 - w[1]**2), [0, 0])
    'saddle'
    """
    curvatures, at = eigenvalues(surface, at), as_points(at)
    lowest, highest = curvatures[0], curvatures[-1]
    largest = np.nan_to_num(np.maximum(np.abs(lowest), np.abs(highest)))  # 0: no curvatures
    steep = ~(length(surface.gradient(at)) <= 1e-3 * (1 + length(at)) * largest)
    noise = 1e-6 * largest
    words = np.select(
        [steep, (lowest < -noise) & (highest > noise), lowest > noise, highest < -noise],
        ["slope", "saddle", "minimum", "maximum"],
        "degenerate",
    )
    return words if words.ndim else str(words)


def quadratic_model(surface: Surface, at: Array) -> Surface:
    """The Taylor polynomial of second order at the point `at` (d,): what Newton's step minimises.

    q(w) = f(a) + ∇f(a)·(w - a) + ½ (w - a)ᵀ ∇²f(a) (w - a)

    Its minimum, if H is positive definite, is Newton's next point. Raises ValueError unless `at` is
    a single point.

    >>> quadratic_model(Surface(lambda w: w[0]**4), [3.0]).minima[0]
    array([2.])
    """
    instance("surface", surface, Surface, "a Surface")
    a = array("at", as_points(at, surface.dimension, "at"))
    if a.ndim != 1:
        raise ValueError(f"at must be a single point ({len(a)},), got shape {a.shape}")
    value, g, h = surface(a), surface.gradient(a), surface.hessian(a)
    bends_up = bool(np.all(np.linalg.eigvalsh(h) > 0))

    def function(w: Array) -> Array:
        step = w - beside(a, w)
        return value + ((beside(g, w) + np.tensordot(h, step, 1) / 2) * step).sum(axis=0)

    return Surface(
        function, hessian=lambda w: broadcast(h, w),
        name=f"quadratic model of {surface.name}", domain=surface.domain, dimension=len(a),
        start=a, minima=(a - np.linalg.solve(h, g),) if bends_up else (),
        scale=surface.scale, steepness=surface.steepness,
    )  # fmt: skip


def shrinkage_of_steps(eigenvalues: Array, learning_rate: Any, steps: Any) -> Array:
    """How much of the minimum gradient descent from 0 has reached, along each eigenvector.

    shareᵢ = 1 - (1 - η λᵢ)ᵏ,    so that    vᵢ·wₖ = shareᵢ vᵢ·w*

    Shapes broadcast. Raises ValueError for a negative number.

    >>> shrinkage_of_steps(np.array([1.0, 0.5, 0.0]), learning_rate=1.0, steps=2)
    array([1.  , 0.75, 0.  ])

    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 7.8.
    """
    number("eigenvalues", eigenvalues, 0, many=True)
    number("learning_rate", learning_rate, 0, many=True)
    number("steps", steps, 0, many=True)
    left = 1 - learning_rate * eigenvalues
    if np.any((left < 0) & (np.asarray(steps) % 1 != 0)):
        raise ValueError(f"steps must be whole where a step overshoots, got {steps}")
    return 1 - left**steps


def factor_with_momentum(learning_rate: Any, momentum: Any, curvature: Any) -> Array:
    """What a step of momentum multiplies the distance by in the long run, along one eigenvector.

    wₖ₊₁ = (1 + μ − ηλ) wₖ − μ wₖ₋₁,    which rᵏ solves where    r² = (1 + μ − ηλ) r − μ

    The larger |r| of the two wins. Shapes broadcast. Raises ValueError for a negative rate or
    momentum.

    >>> factor_with_momentum(0.1, np.array([0.0, 0.81]), 5.0).round(6)
    array([0.5, 0.9])

    Source: Goh, "Why momentum really works", Distill (2017).
    """
    number("learning_rate", learning_rate, 0, many=True)
    number("momentum", momentum, 0, many=True)
    number("curvature", curvature, many=True)
    half = (1 + momentum - learning_rate * curvature) / 2
    root = np.emath.sqrt(half**2 - momentum)
    return np.maximum(abs(half + root), abs(half - root))


def shrinkage_of_l2(eigenvalues: Array, strength: Any) -> Array:
    """How much of the minimum is left by the penalty `strength * l2()`, along each eigenvector.

    shareᵢ = λᵢ / (λᵢ + 2c),    since    H (w - w*) + 2c w = 0,    c the strength

    While η λᵢ and λᵢ/2c are small this is `shrinkage_of_steps` for 2c = 1 / (η k). Shapes
    broadcast. Raises ValueError for a negative number.

    >>> shrinkage_of_l2(np.array([2.0, 1.0, 0.0]), strength=1.0).round(3)
    array([0.5  , 0.333, 0.   ])

    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), sections 7.1.1 and 7.8.
    """
    number("eigenvalues", eigenvalues, 0, many=True)
    number("strength", strength, 0, many=True)
    whole = eigenvalues + 2 * strength
    return eigenvalues / np.where(whole > 0, whole, 1)


@dataclass(frozen=True)
class Regimes:
    """The learning rates at which gradient descent on a quadratic changes its behaviour.

    It creeps, where `steps` steps leave more than a tenth of the distance to the minimum in the
    flattest direction, then converges, then oscillates, each up to the rate of this name, and
    diverges beyond. Raises ValueError unless all eigenvalues (d,) of the Hessian are above 0.

    >>> [Regimes(np.array([1.0, 4.0]), steps=50).name(rate) for rate in (0.2, 0.4, 0.6)]
    ['converges', 'oscillates', 'diverges']

    Source: Goh, "Why momentum really works", Distill (2017).
    """

    eigenvalues: np.ndarray
    steps: int = 100
    creeps: float = field(init=False)  # (1 − 0.1^(1/steps)) / λmin, but at most 2/λmax
    converges: float = field(init=False)  # 1/λmax, the steepest direction solved in one step
    oscillates: float = field(init=False)  # 2/λmax

    def __post_init__(self) -> None:
        curvatures = np.asarray(array("eigenvalues", self.eigenvalues, finite=False))
        above = (curvatures > 0) & (curvatures < np.inf)
        if not (above.ndim == 1 and above.size and above.all()):
            got = shown(self.eigenvalues)
            raise ValueError(f"eigenvalues must be (d,) and all above 0, got {got}")
        whole("steps", self.steps, 1)
        flattest, steepest = float(curvatures.min()), float(curvatures.max())
        creeps = min((1 - 0.1 ** (1 / self.steps)) / flattest, 2 / steepest)
        converges = max(1 / steepest, creeps)
        vars(self).update(creeps=creeps, converges=converges, oscillates=2 / steepest)

    def factor(self, learning_rate: float) -> float:
        """1 − ηλ where it is largest in size: what one step does to the worst direction."""
        number("learning_rate", learning_rate)
        factors = 1 - learning_rate * np.asarray(self.eigenvalues)
        return factors[np.argmax(np.abs(factors))]

    def name(self, learning_rate: float) -> str:
        """Which of "creeps", "converges", "oscillates" and "diverges" it does at this rate."""
        number("learning_rate", learning_rate, 0)
        names = ("creeps", "converges", "oscillates")
        return next((name for name in names if learning_rate <= getattr(self, name)), "diverges")
