"""The second derivative chooses the step: Newton's method, and those that approximate the Hessian.

A quadratic model f + g·s + ½ sᵀ H s is stationary where H s = -g. Newton's method steps there, be
it a maximum or a saddle; `DampedNewton` does not, and `BFGS` and `LBFGS` do without the costly H.

A step along a direction p, φ(t) = f(w + t p), will do where it falls enough for its length, and
the slope at its end has flattened (Wolfe 1969):

    φ(t) ≤ φ(0) + c₁ t φ'(0)        |φ'(t)| ≤ -c₂ φ'(0)

Optimizers that search for it offer `search(here, state, surface) -> (there, state)`, from one
`Evaluation` to the next, so that `descend` evaluates nothing twice.
"""

from collections import namedtuple
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from calclearn.calculus.tracing import plain
from calclearn.descent.arguments import number, whole
from calclearn.descent.optimizers import Optimizer
from calclearn.descent.surfaces import Array, Evaluation, Surface, anywhere, inner, length, where

FALL, FLATTEN = 1e-4, 0.9  # c₁ and c₂
TRIALS, HALVINGS = 25, 60  # of a search with interpolation, and without: to a step's last digit
EPS = np.finfo(float).eps
NOISE = 4  # units in the last place: such a change of φ is only rounding

# B (d, d, ...), the guess of H⁻¹, and by how much the last step changed the value (...).
BFGSState = namedtuple("BFGSState", "inverse fall", defaults=(None, None))
LBFGSState = namedtuple("LBFGSState", "pairs", defaults=((),))  # (s, y, ρ), the newest last
Trial = namedtuple("Trial", "t value slope")  # of a line: t, φ(t) and φ'(t), each (...)


@dataclass(frozen=True)
class Newton(Optimizer):
    """Go to where the quadratic model is stationary: the minimum of a bowl, in one step.

    wₖ₊₁ = wₖ - η H⁻¹ ∇f(wₖ),    H = ∇²f(wₖ)

    Near a saddle or a maximum it climbs. Where H is singular, it takes the shortest solution.

    >>> from calclearn.descent.landscapes import double_well
    >>> w, surface = np.array([0.1, 1.0]), double_well()
    >>> Newton().update(w, surface.gradient(w), 0, surface)[0].round(4)  # towards the saddle
    array([-0.0021,  0.    ])

    Source: Nocedal & Wright, Numerical Optimization (2006), section 3.3.
    """

    learning_rate: Any = 1.0

    def update(self, w: Array, g: Array, k: Any, surface: Surface) -> tuple[Array, Any]:
        step = solved(*as_matrices(surface.hessian(w), g))[..., 0]
        return w - self.rate(k) * np.moveaxis(step, -1, 0), k + 1


@dataclass(frozen=True)
class Searching:
    """An optimizer whose steps are searches along a line."""

    memory_type: ClassVar[type] = tuple

    def init(self, w: Array) -> tuple:
        return self.memory_type()

    def update(self, w: Array, g: Array, state: Any, surface: Surface) -> tuple[Array, Any]:
        there, state = self.search(Evaluation(w, surface(w), g, 1), state, surface)
        return there.w, state


@dataclass(frozen=True)
class DampedNewton(Searching):
    """Newton's step with the size of every curvature, shortened until the value falls.

    wₖ₊₁ = wₖ - t |H|⁻¹ ∇f(wₖ),    |H| = Σ max(|λᵢ|, damping · max|λ|) vᵢ vᵢᵀ

    λᵢ, vᵢ are H's eigenvalues and eigenvectors; a `damping` below rounding counts as rounding.

    >>> from calclearn.descent.landscapes import double_well
    >>> w, surface = np.array([0.1, 1.0]), double_well()
    >>> DampedNewton().update(w, surface.gradient(w), (), surface)[0].round(4)  # away from it
    array([0.2021, 0.    ])

    Source: Dauphin et al., "Identifying and attacking the saddle point problem", NeurIPS (2014).
    """

    damping: float = 1e-12

    def __post_init__(self) -> None:
        number("damping", self.damping, 0, many=True)

    def search(self, here: Evaluation, state: tuple, surface: Surface) -> tuple:
        H, b = as_matrices(surface.hessian(here.w), here.gradient)
        H = np.where(np.isfinite(plain(H)).all(axis=(-2, -1), keepdims=True), H, 0)
        curvatures = np.linalg.eigvalsh(plain(H))
        damping = np.maximum(np.expand_dims(self.damping, -1), EPS)
        if np.all(curvatures > damping * np.max(np.abs(curvatures), axis=-1, keepdims=True)):
            step = np.linalg.solve(H, b)  # all bend up, well above the damping: |H| is H
        else:
            curvatures, directions = np.linalg.eigh(H)
            sizes = np.abs(curvatures)
            sizes = np.maximum(sizes, damping * np.max(sizes, axis=-1, keepdims=True))[..., None]
            along = np.swapaxes(directions, -1, -2) @ b
            step = directions @ (along / np.where(sizes > 0, sizes, 1))
        return backtracking(surface, here, -np.moveaxis(step[..., 0], -1, 0)), state


def as_matrices(hessian: Array, g: Array) -> tuple[Array, Array]:
    """H (..., d, d) and g (..., d, 1), as `np.linalg` takes them; ValueError for another H."""
    got, expected = np.shape(hessian), (len(g), *g.shape)
    if got != expected:
        raise ValueError(f"the hessian of the surface must have shape {expected}, got {got}")
    return np.moveaxis(hessian, (0, 1), (-2, -1)), np.moveaxis(g, 0, -1)[..., None]


def solved(H: Array, b: Array) -> Array:
    """H⁻¹ b, the shortest one where H is singular: (..., d, d), (..., d, 1) -> (..., d, 1)."""
    try:
        return np.linalg.solve(H, b)
    except np.linalg.LinAlgError:  # of one start, perhaps: the others keep their own step
        singular = (np.linalg.slogdet(plain(H))[0] == 0)[..., None, None]
        shortest = np.linalg.pinv(np.where(np.isfinite(H), H, 0), hermitian=True) @ b
        regular = np.linalg.solve(np.where(singular, np.eye(H.shape[-1]), H), b)
        return np.where(singular, shortest, regular)


@dataclass(frozen=True)
class BFGS(Searching):
    """Newton's step with an inverse Hessian that is learnt from how the gradient changes.

    p = -B ∇f(wₖ),    wₖ₊₁ = wₖ + t p,    s = wₖ₊₁ - wₖ,    y = ∇f(wₖ₊₁) - ∇f(wₖ)
    B ← (I - ρ s yᵀ) B (I - ρ y sᵀ) + ρ s sᵀ,    ρ = 1 / yᵀs

    t comes from `strong_wolfe`, which makes yᵀs > 0, so that B, at first a multiple of the
    identity, stays positive definite.

    >>> from calclearn import descend
    >>> descend(lambda w: np.cosh(w[0] - 1) + w[1] ** 2, [-1.2, 1.0], BFGS()).point.round(6) + 0.0
    array([1., 0.])

    Source: Broyden, Fletcher, Goldfarb, Shanno (1970); Nocedal & Wright (2006), algorithm 6.1.
    """

    memory_type: ClassVar[type] = BFGSState

    def search(self, here: Evaluation, state: BFGSState, surface: Surface) -> tuple:
        (w, value, g, _), (B, fall) = here, state
        if B is None:
            (p, unit), t = first_direction(surface, g), 1.0
            eye = np.eye(len(w), dtype=w.dtype)
            B = eye.reshape(eye.shape + (1,) * (w.ndim - 1)) / unit
        else:
            p = -times(B, g)
            t = 4 * fall / inner(g, p)  # twice the step that would repeat the last fall
            t = where((t > 0) & (t < 1), t, 1.0)
        there = strong_wolfe(surface, here, p, t)
        s, y = there.w - w, there.gradient - g
        By, rho = times(B, y), inverse_curvature(y, s)
        u = (rho * (1 + rho * inner(y, By)) / 2) * s - rho * By
        outer = u[:, None] * s
        B = B + (outer + outer.swapaxes(0, 1))
        return there, BFGSState(B, there.value - value)


def first_direction(surface: Surface, g: Array) -> tuple[Array, Array]:
    """Down the gradient, no longer than 1, and its unit: the steepness, or 1 where that is 0."""
    unit = np.where(plain(surface.steepness) > 0, surface.steepness, 1)[()]
    return -g / np.maximum(unit, length(g)), unit


def inverse_curvature(y: Array, s: Array) -> Array:
    """ρ = 1 / yᵀs for each start (...), and 0 where yᵀs > 0 may be an error of rounding."""
    ys = inner(y, s)
    return where(ys > EPS * inner(abs(y), abs(s)), 1 / ys, 0.0)


def times(B: Array, g: Array) -> Array:
    """B g for each start: (d, d, ...), (d, ...) -> (d, ...)."""
    return np.dot(B, g) if g.ndim == 1 else (B * g).sum(axis=1)


@dataclass(frozen=True)
class LBFGS(Searching):
    """BFGS that keeps the last few steps s and gradient changes y in place of a d x d matrix.

    B ∇f comes from two passes over the pairs: memory and work grow with d, not with its square.

    >>> from calclearn import descend
    >>> descend(lambda w: np.cosh(w - 1).sum(axis=0), np.arange(4.0), LBFGS()).point.round(6)
    array([1., 1., 1., 1.])

    Source: Nocedal, Math. Comp. 35 (1980).
    """

    memory: int = 10
    memory_type: ClassVar[type] = LBFGSState

    def __post_init__(self) -> None:
        whole("memory", self.memory, 1)

    def search(self, here: Evaluation, state: LBFGSState, surface: Surface) -> tuple:
        pairs, g = state.pairs, here.gradient
        p = -two_loops(pairs, g) if pairs else first_direction(surface, g)[0]
        there = strong_wolfe(surface, here, p)
        s, y = there.w - here.w, there.gradient - g
        pair = s, y, inverse_curvature(y, s)
        return there, LBFGSState((*pairs, pair)[-self.memory :])


def two_loops(pairs: tuple, g: Array) -> Array:
    """B g for the B that the pairs (s, y, ρ) describe: Nocedal's two-loop recursion."""
    weights = []
    for s, y, rho in reversed(pairs):
        weights.append(rho * inner(s, g))
        g = g - weights[-1] * y
    _, y, rho = pairs[-1]
    g = g * where(rho > 0, 1 / (rho * length(y)) / length(y), 1.0)
    for (s, y, rho), weight in zip(pairs, reversed(weights), strict=True):
        g = g + (weight - rho * inner(y, g)) * s
    return g


def backtracking(surface: Surface, here: Evaluation, p: Array) -> Evaluation:
    """Halve the step along p, from 1, until the value falls by a share of what the slope promises.

    Where the value changes by no more than rounding, a step will do that makes the gradient half as
    long. A start without such a point stays.

    Source: Armijo, Pacific J. Math. 16 (1966).
    """
    (w, value, g, count), t, best = here, 1.0, here
    rounding = NOISE * np.finfo(w.dtype).eps * abs(plain(value))
    slope, steep = plain(inner(g, p)), length(plain(g))
    waiting = slope < 0
    for _ in range(HALVINGS):
        count = count + where(waiting, 1, 0)
        there = here.moved(surface, t * p, count)
        fall = plain(value) - plain(there.value)
        enough = (fall > 0) & (fall >= -FALL * t * slope)
        enough = enough & (abs(plain(inner(there.gradient, p))) < np.inf)
        level = abs(fall) <= rounding
        if anywhere(waiting & ~enough & level):
            enough = enough | (level & (length(plain(there.gradient)) <= steep / 2))
        best = where(waiting & enough, there, best)
        waiting = waiting & ~enough
        if not anywhere(waiting):
            break
        t = where(waiting, t / 2, t)
    return best._replace(count=count)


def strong_wolfe(surface: Surface, here: Evaluation, p: Array, t: Any = 1.0) -> Evaluation:
    """A step along p, first trying `t`, that falls enough and ends flat enough.

    The step grows until a valley is between two trials; then cubic interpolation closes in. A start
    that does not succeed takes the lowest of its trials, or stays.

    Source: Nocedal & Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6.
    """
    (w, value, g, count), best = here, here
    slope = inner(g, p)
    low, high = Trial(0.0 * slope, value, slope), None
    waiting, rounding = slope < 0, NOISE * np.finfo(w.dtype).eps * abs(value)
    for _ in range(TRIALS):
        count = count + where(waiting, 1, 0)
        there = here.moved(surface, t * p, count)
        trial = Trial(t, there.value, inner(there.gradient, p))
        lower = trial.value <= value + FALL * t * slope + rounding
        flatness = abs(trial.slope)
        lower = lower & (trial.value <= low.value) & (flatness < np.inf)
        best = where(waiting & lower, there, best)
        waiting = where(lower & (flatness <= -FLATTEN * slope), False, waiting)
        if not anywhere(waiting):
            break
        high = Trial(np.inf + 0 * slope, value, slope) if high is None else high
        low, high, t = narrowed(low, high, trial, lower, waiting)
    else:  # what changed by no more than rounding has not fallen: such a start stays
        fallen = best.value < value - rounding
        best = where(waiting & ~fallen, here, best)
    return best._replace(count=count)


@np.errstate(all="ignore")  # where there is no cubic, there is NaN, and the step is halved
def narrowed(low: Trial, high: Trial, trial: Trial, lower: Array, waiting: Array) -> tuple:
    """The interval that holds a good step, with the news of a trial, and the next t to try.

    That is where the cubic through two trials and their slopes is lowest, as a share of a to b.
    """
    beyond = trial.slope * (high.t - low.t) >= 0  # the valley lies between low and the trial
    new_high = where(lower, where(beyond, low, high), trial)
    new_low = where(lower, trial, low)
    inside = new_high.t < np.inf
    a, b = where(inside, new_low, low), where(inside, new_high, trial)
    width = b.t - a.t
    c = a.slope + b.slope - 3 * (b.value - a.value) / width
    root = np.sign(width) * np.sqrt(c * c - a.slope * b.slope)
    share = 1 - (b.slope + root - c) / (b.slope - a.slope + 2 * root)
    sense = (share == share) & (inside | (share > 1))  # else it is no number, or lies behind
    share = where(sense, share, where(inside, 0.5, 5.0))
    least, most = where(inside, 0.1, 2.1), where(inside, 0.9, 5.0)
    share = where(share > least, share, least)  # not too close to an end
    share = where(share < most, share, most)
    return new_low, new_high, where(waiting, a.t + share * width, trial.t)
