"""An error function compares predictions with targets: one value, one slope, one curvature.

    sse(prediction, target)    target (n,), prediction (n, ...) -> (...)

The prediction has the target's axes first and any batch axes behind them, so a mesh of models is
judged in one call. Each error of single numbers p and t is a row of a table: ℓ(p, t), and by hand
its first and second derivative with respect to p, from which `losses` builds gradients over
weights. The last one here, `cross_entropy`, compares whole vectors and has no such row.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from calclearn.calculus.fused import class_numbers, softmax_cross_entropy
from calclearn.calculus.primitives import primitive, rule
from calclearn.calculus.tracing import Traced, plain
from calclearn.descent.arguments import one_number, real_numbers
from calclearn.descent.batches import Array

Pair = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Error:
    """The sum, or the mean, of ℓ(pᵢ, tᵢ) over all targets; `slope` is ∂ℓ/∂p, `curvature` ∂²ℓ/∂p².

    Raises ValueError where the prediction does not begin with the target's axes.

    >>> float(sse(np.array([1.0, 4.0]), np.array([1.0, 2.0])))
    4.0
    >>> mae(np.array([[1.0, 2.0], [4.0, 3.0]]), [1, 2])  # two models, two data points
    array([1., 1.])
    """

    name: str
    formula: str
    each: Pair = field(repr=False)
    slope: Pair = field(repr=False)
    curvature: Pair = field(repr=False)
    averaged: bool = True
    targets = "numbers"

    def __call__(self, prediction: Array, target: Array) -> Array:
        real_numbers("prediction", prediction)
        real_numbers("target", target)
        not_empty(target)
        in_one = compared if type(target) is not Traced else compared.primitive_of
        return in_one(prediction, target, self)


@primitive
def compared(prediction: Array, target: Array, error: Error) -> Array:
    """The sum or mean of all ℓ(pᵢ, tᵢ), as one operation of a trace: ∂ℓ/∂p is known by hand."""
    each = error.each(prediction, beside(target, prediction))
    total = np.sum(each, axis=tuple(range(np.ndim(target))))
    return total / np.size(target) if error.averaged else total


@rule(compared)
def to_prediction(g, y, prediction, target, error):
    """∂L/∂pᵢ = ∂ℓ/∂p (pᵢ, tᵢ), and of a mean one n-th."""
    share = g / np.size(target) if error.averaged else g
    return share * error.slope(prediction, beside(target, prediction))


def not_empty(target: Array) -> None:
    """Raise ValueError where there is nothing to take the sum, or the mean, of."""
    if np.size(plain(target)) == 0:
        raise ValueError(f"target must not be empty, got shape {np.shape(plain(target))}")


def beside(target: Array, prediction: Array) -> Array:
    """The target with an axis of length 1 for each batch axis that the prediction has behind."""
    have, need = np.shape(plain(prediction)), np.shape(plain(target))
    if have[: len(need)] != need:
        raise ValueError(
            f"prediction must have the target's shape {need}, then any batch axes, got {have}"
        )
    return np.reshape(target, need + (1,) * (len(have) - len(need)))


def sigmoid(z: Array) -> Array:
    """σ(z) = 1 / (1 + e⁻ᶻ), written with tanh, which never overflows."""
    return (1 + np.tanh(z / 2)) / 2


def huber_error(delta: float = 1.0) -> Error:
    """Squares up to `delta`, straight beyond: outliers pull with a bounded force.

    ℓ = r²/2 where |r| ≤ δ, else δ(|r| - δ/2),    r = p - t

    >>> float(huber_error(2.0)(np.array([1.0, 9.0]), np.array([0.0, 0.0])))
    8.25

    Source: Huber, "Robust estimation of a location parameter", Ann. Math. Statist. 35 (1964).
    """
    one_number("delta", delta)
    if delta <= 0:
        raise ValueError(f"delta must be above 0 and finite, got {delta}")

    def each(p: Array, t: Array) -> Array:
        inside = np.clip(p - t, -delta, delta)
        return inside * (p - t - inside / 2)

    return Error(
        "Huber",
        r"\frac1n \sum_i \ell_\delta(p_i - t_i)",
        each,
        lambda p, t: np.clip(p - t, -delta, delta),
        lambda p, t: 1.0 * (np.abs(p - t) <= delta),
    )


sse = Error(
    "SSE",
    r"\sum_i (p_i - t_i)^2",
    lambda p, t: (p - t) ** 2,
    lambda p, t: 2 * (p - t),
    lambda p, t: 2 + 0 * (p - t),
    averaged=False,
)
mse = replace(sse, name="MSE", formula=r"\frac1n \sum_i (p_i - t_i)^2", averaged=True)
mae = Error(
    "MAE",
    r"\frac1n \sum_i |p_i - t_i|",
    lambda p, t: np.abs(p - t),
    lambda p, t: np.sign(p - t),
    lambda p, t: 0 * (p - t),
)
huber = huber_error()
# The prediction is a logit, t is 0 or 1:  ℓ = -t log σ(p) - (1 - t) log(1 - σ(p)).
binary_cross_entropy = Error(
    "cross-entropy",
    r"\frac1n \sum_i \log(1 + e^{p_i}) - t_i p_i",
    lambda p, t: np.logaddexp(0, p) - t * p,
    lambda p, t: sigmoid(p) - t,
    lambda p, t: sigmoid(p) * sigmoid(-p),
)


def cross_entropy(logits: Array, target: Array) -> Array:
    """The mean surprise at the true classes, in nats, where logits (n, C, ...) are scores.

    L = 1/n Σᵢ [log Σ_c e^{z_ic} - z_i,tᵢ]

    target: class numbers (n,), or the classes' probabilities (n, C). PyTorch's convention. Raises
    ValueError where the shapes do not fit, for an empty target, and for a class number that is not
    one of 0, ..., C - 1.

    >>> undecided = cross_entropy(np.zeros((2, 4)), np.array([3, 1]))
    >>> round(float(undecided / np.log(4)), 12)
    1.0
    """
    real_numbers("logits", logits)
    real_numbers("target", target)
    shape, target = np.shape(plain(logits)), np.asarray(target)
    if len(shape) < 2 or target.shape not in (shape[:1], shape[:2]):
        raise ValueError(
            f"logits must have shape (n, C, ...) and target (n,) or (n, C), got {shape} "
            f"and {target.shape}"
        )
    not_empty(target)
    if target.ndim == 1:
        if target.dtype.kind in "iu" and len(shape) == 2:
            return np.mean(softmax_cross_entropy(logits, target))
        class_numbers(target, shape[1])
        target = target[:, None] == np.arange(shape[1])
    highest = np.max(plain(logits), axis=1, keepdims=True)  # so that no exponential overflows
    partition = highest[:, 0] + np.log(np.sum(np.exp(logits - highest), axis=1))  # (n, ...)
    return np.mean(partition - np.sum(beside(target, logits) * logits, axis=1), axis=0)


cross_entropy.targets, cross_entropy.averaged = "classes", True
