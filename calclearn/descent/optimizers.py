"""An optimizer is its equation: hyperparameters in a frozen dataclass, and a pure `update`.

    state = optimizer.init(w)
    w, state = optimizer.update(w, g, state, surface)

`w` and the gradient `g` have shape (d, ...). The state is returned and never kept, so a run can be
repeated, batched, swept and differentiated. `learning_rate` is a number, an array over the batch
(...), or a schedule: a function of the step number k = 0, 1, 2, ... Conventions are those of
`torch.optim`: momentum without the factor 1 - μ, ε outside the root.
"""

import inspect
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from typing import Any, ClassVar

import numpy as np

from calclearn.calculus.tracing import plain
from calclearn.descent.arguments import number, shown
from calclearn.descent.surfaces import Array, Surface, common_shape

Number = Any  # a float, an array over the batch, or a traced one of these
Rate = Number | Callable[[int], Number]

# Memories, each a type of its own, as the same array means another thing to another optimizer.
Velocity = namedtuple("Velocity", "v k")
SumOfSquares = namedtuple("SumOfSquares", "s k")
MeanSquare = namedtuple("MeanSquare", "s k")
Moments = namedtuple("Moments", "m v k")


@dataclass(frozen=True)
class Optimizer:
    """What all have: a learning rate, and hyperparameters that are checked when they are given."""

    learning_rate: Rate = 0.1
    below: ClassVar[dict] = {}  # the bound of each hyperparameter that has one
    memory_type: ClassVar[type | None] = None
    stays_where_flat = True  # whether the update leaves a point without a slope where it is

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            pair = name == "betas"
            if pair and not (isinstance(value, tuple) and len(value) == 2):
                raise TypeError(f"betas must be a pair of numbers, got {shown(value)}")
            for part in value if pair else (value,):
                if not (name == "learning_rate" and callable(part)):  # a schedule checks itself
                    number(name, part, 0, self.below.get(name, np.inf), many=True)
            if type(value) is np.float64:  # as a float it leaves float32 weights as they are
                object.__setattr__(self, name, float(value))

    def init(self, w: Array) -> Any:
        """The memory before the first step: zeros and the step number 0, or this number alone."""
        if self.memory_type is None:
            return 0
        return self.memory_type(*(np.zeros_like(w) for _ in self.memory_type._fields[1:]), 0)

    def rate(self, k: int) -> Number:
        """The learning rate of step k."""
        if not callable(self.learning_rate):
            return self.learning_rate
        rate = self.learning_rate(k)
        return float(rate) if type(rate) is np.float64 else rate


@dataclass(frozen=True)
class GradientDescent(Optimizer):
    """Step against the gradient, in proportion to its length.

    wₖ₊₁ = wₖ - η ∇f(wₖ)

    >>> GradientDescent(learning_rate=0.25).update(4.0, 8.0, 0)
    (2.0, 1)

    Source: Cauchy, Comptes rendus 25 (1847).
    """

    def update(self, w: Array, g: Array, k: Any, surface: Any = None) -> tuple[Array, Any]:
        return w - self.rate(k) * g, k + 1


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Let a velocity gather the gradients, and step along it: a heavy ball.

    vₖ₊₁ = μ vₖ + ∇f(wₖ)
    wₖ₊₁ = wₖ - η vₖ₊₁

    >>> Momentum(learning_rate=0.25, momentum=0.5).update(4.0, 8.0, (8.0, 1))
    (1.0, Velocity(v=12.0, k=2))

    Source: Polyak, USSR Computational Mathematics and Mathematical Physics 4 (1964).
    """

    momentum: Number = 0.9
    below: ClassVar[dict] = {"momentum": 1.0}
    memory_type: ClassVar[type] = Velocity

    def update(self, w: Array, g: Array, state: Any, surface: Any = None) -> tuple[Array, Any]:
        v, k = state
        v = self.momentum * v + g
        return w - self.rate(k) * v, Velocity(v, k + 1)


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Momentum that looks ahead: the gradient counts once more, as if the ball had rolled on.

    vₖ₊₁ = μ vₖ + ∇f(wₖ)
    wₖ₊₁ = wₖ - η (∇f(wₖ) + μ vₖ₊₁)

    >>> Nesterov(learning_rate=0.25, momentum=0.5).update(4.0, 8.0, (8.0, 1))
    (0.5, Velocity(v=12.0, k=2))

    Source: Nesterov, Soviet Math. Doklady 27 (1983); in this form Sutskever et al., ICML (2013).
    """

    def update(self, w: Array, g: Array, state: Any, surface: Any = None) -> tuple[Array, Any]:
        v, k = state
        v = self.momentum * v + g
        return w - self.rate(k) * (g + self.momentum * v), Velocity(v, k + 1)


@dataclass(frozen=True)
class AdaGrad(Optimizer):
    """Each coordinate's step shrinks as its own gradients add up, so rare ones keep large steps.

    sₖ₊₁ = sₖ + ∇f(wₖ)²
    wₖ₊₁ = wₖ - η ∇f(wₖ) / (√sₖ₊₁ + ε)

    >>> AdaGrad(learning_rate=0.5).update(4.0, 8.0, (0.0, 0))[0].round(6)
    np.float64(3.5)

    Source: Duchi, Hazan & Singer, JMLR 12 (2011).
    """

    learning_rate: Rate = 0.01
    eps: float = 1e-10
    memory_type: ClassVar[type] = SumOfSquares

    def update(self, w: Array, g: Array, state: Any, surface: Any = None) -> tuple[Array, Any]:
        s, k = state
        s = s + g * g
        return w - self.rate(k) * g / (np.sqrt(s) + self.eps), SumOfSquares(s, k + 1)


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """AdaGrad that forgets: each coordinate is divided by the recent size of its gradients.

    sₖ₊₁ = α sₖ + (1 - α) ∇f(wₖ)²
    wₖ₊₁ = wₖ - η ∇f(wₖ) / (√sₖ₊₁ + ε)

    >>> RMSProp(learning_rate=0.5, alpha=0.75).update(4.0, 8.0, (0.0, 0))[0].round(6)
    np.float64(3.0)

    Source: Tieleman & Hinton, "Neural networks for machine learning", lecture 6.5 (2012).
    """

    learning_rate: Rate = 0.01
    alpha: Number = 0.99
    eps: float = 1e-8
    below: ClassVar[dict] = {"alpha": 1.0}
    memory_type: ClassVar[type] = MeanSquare

    def update(self, w: Array, g: Array, state: Any, surface: Any = None) -> tuple[Array, Any]:
        s, k = state
        s = s + (1 - self.alpha) * (g * g - s)
        return w - self.rate(k) * g / (np.sqrt(s) + self.eps), MeanSquare(s, k + 1)


@dataclass(frozen=True)
class Adam(Optimizer):
    """Momentum divided by the recent size of the gradients, both corrected for having begun at 0.

    mₖ₊₁ = β₁ mₖ + (1 - β₁) ∇f(wₖ)          m̂ = mₖ₊₁ / (1 - β₁ᵏ⁺¹)
    vₖ₊₁ = β₂ vₖ + (1 - β₂) ∇f(wₖ)²         v̂ = vₖ₊₁ / (1 - β₂ᵏ⁺¹)
    wₖ₊₁ = wₖ - η m̂ / (√v̂ + ε)

    >>> Adam(learning_rate=0.5).update(4.0, 8.0, (0.0, 0.0, 0))[0].round(6)
    np.float64(3.5)

    Source: Kingma & Ba, "Adam: a method for stochastic optimization", ICLR (2015).
    """

    learning_rate: Rate = 0.001
    betas: tuple[Number, Number] = (0.9, 0.999)
    eps: float = 1e-8
    below: ClassVar[dict] = {"betas": 1.0}
    memory_type: ClassVar[type] = Moments

    def update(self, w: Array, g: Array, state: Any, surface: Any = None) -> tuple[Array, Any]:
        (m, v, k), (beta1, beta2) = state, self.betas
        m = m + (1 - beta1) * (g - m)
        v = v + (1 - beta2) * (g * g - v)
        # The corrections, which are numbers, go to η and ε and not to m and v, which are arrays.
        c = (1 - beta2 ** (k + 1)) ** 0.5
        step = self.rate(k) * (c / (1 - beta1 ** (k + 1)))
        return w - step * m / (np.sqrt(v) + c * self.eps), Moments(m, v, k + 1)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam whose weights also shrink by themselves, untouched by the division: weight decay.

    wₖ₊₁ = (1 - η λ) wₖ - η m̂ / (√v̂ + ε)

    >>> AdamW(learning_rate=0.5, weight_decay=0.1).update(4.0, 0.0, (0.0, 0.0, 0))[0]
    np.float64(3.8)

    Source: Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR (2019).
    """

    weight_decay: Number = 0.01

    @property
    def stays_where_flat(self) -> Any:
        return plain(self.weight_decay) == 0

    def update(self, w: Array, g: Array, state: Any, surface: Any = None) -> tuple[Array, Any]:
        shrunk = (1 - self.rate(state[-1]) * self.weight_decay) * w
        return super().update(shrunk, g, state, surface)


@dataclass(frozen=True)
class ProximalGradient(GradientDescent):
    """Gradient descent on f + λ Σ|wⱼ| that meets the kinks exactly: weights become 0 and stay so.

    wₖ₊₁ = S(wₖ - η ∇f(wₖ), η λ),    S(w, t) = sign(w) max(|w| - t, 0)

    The surface is f alone, whose gradient balances the penalty at the minimum: a descent ends there
    as STALLED, when no digit changes any more.

    >>> ProximalGradient(learning_rate=0.5, strength=2.0).update(np.array([4.0, 0.5]), 0.0, 0)[0]
    array([3., 0.])

    Source: Daubechies, Defrise & De Mol, Comm. Pure Appl. Math. 57 (2004).
    """

    strength: Number = 1.0

    @property
    def stays_where_flat(self) -> Any:
        return plain(self.strength) == 0

    def update(self, w: Array, g: Array, k: Any, surface: Any = None) -> tuple[Array, Any]:
        rate = self.rate(k)
        w = w - rate * g
        return np.sign(w) * np.maximum(np.abs(w) - rate * self.strength, 0), k + 1


# What `descend` asks of an optimizer, one's own included.
def check_optimizer(optimizer: Any) -> None:
    """Raise TypeError for what cannot start and cannot step."""
    steps = hasattr(optimizer, "init") and hasattr(optimizer, "update")
    if not steps or isinstance(optimizer, type):
        expected = "optimizer must have init and update, as Adam() has"
        raise TypeError(f"{expected}, got {shown(optimizer)}")


def first_step(optimizer: Any, w: Array, g: Array, state: Any, surface: Any) -> Any:
    """What `update` returns, or one sentence on what an optimizer of one's own must return."""
    own = getattr(optimizer, "optimizer", optimizer)  # of a clipped one
    contract = "must have update(w, g, state, surface) that returns (w, state)"
    expected, signature = f"{type(own).__name__} {contract}", inspect.signature(own.update)
    try:
        signature.bind(w, g, state, surface)
    except TypeError:
        raise TypeError(f"{expected}, got update{signature}") from None
    kept = plain(w).copy(), plain(g).copy()
    result = optimizer.update(w, g, state, surface)
    new = result[0] if isinstance(result, tuple | list) and len(result) == 2 else None
    if getattr(new, "shape", None) != w.shape or new.dtype.kind != "f":
        expected += f", w of shape {w.shape} in floating point"
        raise TypeError(f"{expected}, got {shown(result)}")
    if not np.array_equal((plain(w), plain(g)), kept, equal_nan=True):
        raise ValueError(f"{expected}, and leaves the given w and g as they are")
    return result


def begun(optimizer: Any, surface: Surface, w: Array, state: Any = None) -> tuple[Array, Any]:
    """The starts, copied to the shape of the arrays in the surface and the optimizer, and a memory.

    That is a new one, or the `state` of an earlier run once it fits this optimizer and the starts.
    """
    (d, *batch), what = w.shape, "start, of the surface's factors and of the optimizer's numbers"
    shape = common_shape(what, w.shape[1:], surface.batch, *batch_shapes(optimizer))
    w = np.reshape(w, (d, *(1,) * (len(shape) - len(batch)), *batch))
    w = w + np.zeros((d, *shape), dtype=w.dtype)
    new = optimizer.init(w)
    if state is None:
        return w, new
    fitting = {*batch_shapes(new), w.shape, w.shape[1:], (d, *w.shape)}
    if type(state) is not type(new) or not {*batch_shapes(state)} <= fitting:
        kind = type(optimizer).__name__
        raise TypeError(f"state must be a memory of {kind} for these starts, got {shown(state)}")
    return w, state


def paused(optimizer: Any, state: Any) -> Array:
    """Whether a schedule holds the learning rate (...) of the next step at 0."""
    rate = getattr(getattr(optimizer, "optimizer", optimizer), "learning_rate", None)
    k = getattr(state, "k", state)
    return callable(rate) and isinstance(k, int) and plain(rate(k)) == 0


def batch_shapes(part: Any) -> list[tuple]:
    """The shape of each array in an optimizer, in its schedule or in a tuple of them."""
    parts = part if isinstance(part, tuple) else ()
    if is_dataclass(part):
        rate = getattr(part, "learning_rate", 0.0)
        rate = rate(0) if callable(rate) else rate
        number("learning_rate", rate, 0, many=True)
        parts = *vars(part).values(), rate
    return [getattr(part, "shape", ()), *(shape for each in parts for shape in batch_shapes(each))]
