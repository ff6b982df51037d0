"""The second derivative chooses the step: Newton's method, and those that guess the Hessian.

A quadratic model q(s) = f + g·s + ½ sᵀ H s has its minimum where H s = -g. Newton's method goes
there. What follows repairs what goes wrong with that: the model's stationary point may be a
maximum or a saddle (`DampedNewton`), the step may be too long (a line search), and H is
expensive (`BFGS` learns its inverse from the gradients, `LBFGS` remembers a few of them only).

Those that search along a line have seen the next point before they step on it. They leave
what they saw in `state.seen`, and `descend` takes it from there.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from calclearn.calculus.tracing import plain
from calclearn.descent.arguments import not_negative, whole_number
from calclearn.descent.batches import Array, either, everywhere, inner
from calclearn.descent.line_search import backtracking, strong_wolfe
from calclearn.descent.optimizers import Optimizer
from calclearn.descent.record import Seen
from calclearn.descent.surfaces import Surface

EPS = np.finfo(float).eps


@dataclass(frozen=True)
class Newton(Optimizer):
    """Go to where the quadratic model is stationary: the minimum of a bowl, in one step.

    wₖ₊₁ = wₖ - η H⁻¹ ∇f(wₖ),    H = ∇²f(wₖ)

    Near a saddle or a maximum it climbs. Where H is singular, the shortest solution is taken.

    >>> from calclearn.descent.catalogue import booth
    >>> w, surface = np.array([-6.0, -4.0]), booth()
    >>> Newton().update(w, surface.gradient(w), 0, surface)[0].round(9)
    array([1., 3.])

    Source: Nocedal & Wright, Numerical Optimization (2006), section 3.3.
    """

    learning_rate: Any = 1.0

    def init(self, w: Array) -> Any:
        return 0

    def update(self, w: Array, g: Array, k: Any, surface: Surface) -> tuple[Array, Any]:
        return w - self.rate(k) * solved(surface.hessian(w), g), k + 1


class Damped(NamedTuple):
    seen: Seen | None


@dataclass(frozen=True)
class DampedNewton:
    """Newton's step with every curvature counted upwards, shortened until the value falls.

    wₖ₊₁ = wₖ - t |H|⁻¹ ∇f(wₖ),    |H| = Σ max(|λᵢ|, damping · max|λ|) vᵢ vᵢᵀ

    λᵢ, vᵢ are H's eigenvalues and eigenvectors. Down the saddle, too, the step is as long as the
    curvature allows, and t = 1, ½, ¼, ... is the first that backtracking accepts.

    >>> from calclearn.descent.catalogue import double_well
    >>> w, surface = np.array([0.1, 1.0]), double_well()
    >>> w, state = DampedNewton().update(w, surface.gradient(w), DampedNewton().init(w), surface)
    >>> w.round(4)  # away from the saddle at (0, 0), where Newton's step ends
    array([0.2021, 0.    ])

    Source: Dauphin et al., "Identifying and attacking the saddle point problem", NeurIPS (2014).
    """

    damping: float = 1e-8
    rests_where_flat: ClassVar[bool] = True

    def __post_init__(self) -> None:
        not_negative("damping", self.damping)

    def init(self, w: Array) -> Damped:
        return Damped(None)

    def update(self, w: Array, g: Array, state: Damped, surface: Surface) -> tuple[Array, Damped]:
        seen = state.seen or Seen(w, surface.function(w), g, 1)
        p = -solved(surface.hessian(w), g, self.damping)
        found = backtracking(surface, seen, p)
        return found.w, Damped(found)


def solved(hessian: Array, g: Array, damping: float | None = None) -> Array:
    """H⁻¹ g, or |H|⁻¹ g with damping, for each start: (d, d, ...), (d, ...) -> (d, ...)."""
    H, b = np.moveaxis(hessian, (0, 1), (-2, -1)), np.moveaxis(g, 0, -1)[..., None]
    if damping is not None and not bends_up(H, damping):
        return np.moveaxis(uphill_counted(H, b, damping)[..., 0], -1, 0)
    try:
        s = np.linalg.solve(H, b)
    except np.linalg.LinAlgError:  # of one start, perhaps: the others keep their own step
        singular = (np.linalg.slogdet(plain(H))[0] == 0)[..., None, None]
        shortest = np.linalg.pinv(np.where(np.isfinite(H), H, 0), hermitian=True) @ b
        regular = np.linalg.solve(np.where(singular, np.eye(H.shape[-1]), H), b)
        s = np.where(singular, shortest, regular)
    return np.moveaxis(s[..., 0], -1, 0)


def bends_up(H: Array, damping: float) -> bool:
    """Are all λ > damping · Σλ, so that there is nothing to repair? Cholesky knows without them."""
    H = plain(H)
    level = damping * np.trace(H, axis1=-2, axis2=-1)[..., None, None]
    try:
        return bool(np.all(np.isfinite(np.linalg.cholesky(H - level * np.eye(H.shape[-1])))))
    except np.linalg.LinAlgError:
        return False


def uphill_counted(H: Array, b: Array, damping: float) -> Array:
    """|H|⁻¹ b by eigenvalues and eigenvectors: (..., d, d), (..., d, 1) -> (..., d, 1)."""
    curvatures, directions = np.linalg.eigh(np.where(np.isfinite(H), H, 0))
    sizes = np.abs(curvatures)
    sizes = np.maximum(sizes, damping * np.max(sizes, axis=-1, keepdims=True))[..., None]
    along = np.swapaxes(directions, -1, -2) @ b
    return directions @ (along / np.where(sizes > 0, sizes, 1))


class BFGSState(NamedTuple):
    inverse: Array | None  # (d, d, ...): the guess of H⁻¹, None before the first step
    fall: Array | None  # (...): by how much the last step changed the value
    seen: Seen | None


@dataclass(frozen=True)
class BFGS:
    """Newton's step with an inverse Hessian that is learnt from how the gradient changes.

    p = -B ∇f(wₖ),    wₖ₊₁ = wₖ + t p,    s = wₖ₊₁ - wₖ,    y = ∇f(wₖ₊₁) - ∇f(wₖ)
    B ← (I - ρ s yᵀ) B (I - ρ y sᵀ) + ρ s sᵀ,    ρ = 1 / yᵀs

    t is found by `strong_wolfe`, which makes yᵀs > 0, so that B, at first the identity, stays
    positive definite. The search begins at 1, or at twice the step that would repeat the last fall.

    >>> from calclearn.descent.catalogue import rosenbrock
    >>> from calclearn.descent.descend import descend
    >>> run = descend(rosenbrock(), [-1.2, 1.0], BFGS())
    >>> run.point.round(6), bool(run.evaluations < 50)
    (array([1., 1.]), True)

    Source: Broyden, Fletcher, Goldfarb, Shanno (1970); Nocedal & Wright (2006), algorithm 6.1.
    """

    rests_where_flat: ClassVar[bool] = True

    def init(self, w: Array) -> BFGSState:
        return BFGSState(None, None, None)

    def update(
        self, w: Array, g: Array, state: BFGSState, surface: Surface
    ) -> tuple[Array, BFGSState]:
        B, fall, seen = state
        seen = seen or Seen(w, surface.function(w), g, 1)
        if B is None:
            B = everywhere(np.eye(len(w), dtype=w.dtype), w)
            p, t = -g, np.minimum(1, 1 / np.sqrt(inner(g, g)))
        else:
            p = -times(B, g)
            t = 4 * fall / inner(g, p)
            t = either((t > 0) & (t < 1), t, 1.0)
        found = strong_wolfe(surface, seen, p, t)
        s, y = found.w - w, found.gradient - g
        ys, By = inner(y, s), times(B, y)
        rho = either(ys > EPS * inner(y, y), 1 / ys, 0.0)
        u = (rho * (1 + rho * inner(y, By)) / 2) * s - rho * By
        outer = u[:, None] * s
        B = B + (outer + outer.swapaxes(0, 1))
        return found.w, BFGSState(B, found.value - seen.value, found)


def times(B: Array, g: Array) -> Array:
    """B g for each start: (d, d, ...), (d, ...) -> (d, ...)."""
    return np.dot(B, g) if g.ndim == 1 else (B * g).sum(axis=1)


class LBFGSState(NamedTuple):
    pairs: tuple  # of (s, y, ρ), the newest last
    seen: Seen | None


@dataclass(frozen=True)
class LBFGS:
    """BFGS that keeps the last few steps s and gradient changes y in place of a d x d matrix.

    B ∇f comes from two passes over the pairs: memory and work grow with d, not with its square.

    >>> from calclearn.descent.catalogue import rosenbrock
    >>> from calclearn.descent.descend import descend
    >>> run = descend(rosenbrock(10), rosenbrock(10).start, LBFGS())
    >>> bool(run.value < 1e-15), bool(run.evaluations < 120)
    (True, True)

    Source: Nocedal, "Updating quasi-Newton matrices with limited storage", Math. Comp. 35 (1980).
    """

    memory: int = 10
    rests_where_flat: ClassVar[bool] = True

    def __post_init__(self) -> None:
        whole_number("memory", self.memory, 1)

    def init(self, w: Array) -> LBFGSState:
        return LBFGSState((), None)

    def update(
        self, w: Array, g: Array, state: LBFGSState, surface: Surface
    ) -> tuple[Array, LBFGSState]:
        pairs, seen = state.pairs, state.seen or Seen(w, surface.function(w), g, 1)
        t = 1.0 if pairs else np.minimum(1, 1 / np.sqrt(inner(g, g)))
        found = strong_wolfe(surface, seen, -two_loops(pairs, g), t)
        s, y = found.w - w, found.gradient - g
        ys = inner(y, s)
        rho = either(ys > EPS * inner(y, y), 1 / ys, 0.0)
        return found.w, LBFGSState((*pairs, (s, y, rho))[-self.memory :], found)


def two_loops(pairs: tuple, g: Array) -> Array:
    """B g for the B that the pairs (s, y, ρ) describe: Nocedal's two-loop recursion."""
    weights = []
    for s, y, rho in reversed(pairs):
        weights.append(rho * inner(s, g))
        g = g - weights[-1] * y
    if pairs:
        _, y, rho = pairs[-1]
        g = g * either(rho > 0, 1 / (rho * inner(y, y)), 1.0)
    for (s, y, rho), weight in zip(pairs, reversed(weights), strict=True):
        g = g + (weight - rho * inner(y, g)) * s
    return g
