"""Errors compare predictions with targets; a loss is an error over fixed data, as a surface.

    error(prediction, target)    target (n,), prediction (n, ...) -> (...)

Batch axes of the prediction lie behind the target's. Any function of both that returns one number
will do for a network. Those of this module say that their `targets` are "numbers", of the
prediction's shape, or "classes", 0, ..., C - 1 (n,).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from calclearn.calculus.autodiff import grad
from calclearn.calculus.tracing import plain, primitive, rule
from calclearn.descent.arguments import array, floating, instance, number, whole
from calclearn.descent.surfaces import Array, Surface, beside, broadcast, stack

LARGEST = 1e150  # beyond which squares are infinite


@dataclass(frozen=True)
class Error:
    """The sum, or the mean, of ℓ(pᵢ, tᵢ) over all targets; `each` is ℓ.

    Raises ValueError where the prediction does not begin with the target's axes, and for no target.

    >>> mae([[1.0, 2.0], [4.0, 3.0]], [1, 2])  # two models, two data points
    array([1., 1.])
    """

    name: str
    each: Callable[[Array, Array], Array] = field(repr=False)
    averaged: bool = True
    targets = "numbers"

    @np.errstate(under="ignore")
    def __call__(self, prediction: Array, target: Array) -> Array:
        prediction, target = floating("prediction", prediction), floating("target", target)
        losses = self.each(prediction, beneath(prediction, target))
        total = np.sum(losses, axis=tuple(range(target.ndim)))
        return total / plain(target).size if self.averaged else total


def beneath(prediction: Array, target: Array) -> Array:
    """The target with an axis of length 1 for each batch axis of the prediction."""
    have, need = prediction.shape, target.shape
    if 0 in need:  # of nothing there is no mean
        raise ValueError(f"target must not be empty, got shape {need}")
    if have[: len(need)] != need:
        expected = f"prediction must have the target's shape {need}, then any batch axes"
        raise ValueError(f"{expected}, got {have}")
    return np.reshape(target, need + (1,) * (len(have) - len(need)))


@primitive
@np.errstate(under="ignore")
def sigmoid(z: Array) -> Array:
    """σ(z) = 1 / (1 + e⁻ᶻ), with no exponential that overflows; small values keep their digits.

    >>> float(sigmoid(-40.0)), float(sigmoid(800.0))
    (4.248354255291589e-18, 1.0)
    """
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


rule(sigmoid, lambda g, y, z: g * y * sigmoid(-z))


def huber_error(delta: float = 1.0) -> Error:
    """ℓ = r²/2 where |r| ≤ δ, else δ(|r| - δ/2),  r = p - t: outliers pull with a bounded force.

    >>> huber_error(delta=2.0)([1.0, 9.0], [0.0, 0.0])
    np.float64(8.25)

    Source: Huber, "Robust estimation of a location parameter", Ann. Math. Statist. 35 (1964).
    """
    number("delta", delta, 0)

    def each(p: Array, t: Array) -> Array:
        inside = np.clip(p - t, -delta, delta)
        return inside * (p - t - inside / 2)

    return Error("Huber", each)


def logistic_error(p: Array, t: Array) -> Array:
    """ℓ = -t log σ(p) - (1 - t) log(1 - σ(p)), where p is a logit, and t is 0, 1 or between."""
    outside = ~((plain(t) >= 0) & (plain(t) <= 1))
    if outside.any():
        got = plain(t)[outside][0]
        raise ValueError(f"target must hold 0 and 1, or numbers between, got {got}")
    return np.logaddexp(0, p) - t * p


sse = Error("SSE", lambda p, t: (p - t) ** 2, averaged=False)
mse = replace(sse, name="MSE", averaged=True)
mae = Error("MAE", lambda p, t: np.abs(p - t))
huber = huber_error()
binary_cross_entropy = Error("cross-entropy", logistic_error)


def cross_entropy(logits: Array, target: Array) -> Array:
    """The mean surprise at the true classes, in nats, where logits (n, C, ...) are scores.

    L = 1/n Σᵢ Σ_c t_ic [log Σ_k e^{z_ik} - z_ic]

    target: class numbers (n,), for which t_ic is 1 at the true class and else 0, or the classes'
    probabilities t (n, C), as in PyTorch. Raises ValueError where the shapes do not fit, and for a
    target that is empty, no class number from 0 to C - 1, or a probability below 0.

    >>> cross_entropy(np.zeros((2, 4)), np.array([3, 1])) == np.log(4)
    np.True_
    """
    logits = floating("logits", logits)
    target, shape = np.asarray(array("target", target, finite=False)), logits.shape
    if len(shape) < 2 or target.shape not in (shape[:1], shape[:2]):
        expected = "logits must have shape (n, C, ...) and target (n,) or (n, C)"
        raise ValueError(f"{expected}, got {shape} and {target.shape}")
    if target.ndim == 1:
        numbers, target = target, target[:, None] == np.arange(shape[1])
        wrong = numbers[~target.any(axis=1)]
        if wrong.size:
            last = shape[1] - 1
            raise ValueError(f"target must hold class numbers from 0 to {last}, got {wrong[0]}")
    elif not np.all(target >= 0):
        raise ValueError(f"target must hold probabilities of at least 0, got {np.min(target)}")
    return np.mean(surprise(logits, beneath(logits, target.astype(logits.dtype))), axis=0)


cross_entropy.targets, cross_entropy.averaged = "classes", True


@primitive
@np.errstate(under="ignore")
def surprise(z: Array, t: Array) -> Array:
    """Σ_c t_c [log Σ_k e^{z_k} - z_c] for each row: (n, C, ...), (n, C, 1...) -> (n, ...)."""
    z = z - np.max(z, axis=1, keepdims=True)  # so that no exponential overflows
    partition = np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return np.sum(t * np.where(t > 0, partition - z, 0), axis=1)  # 0 · ∞ is 0 here


@rule(surprise)
def pull_logits(g, y, z, t):
    """∂L/∂z = Σt · p - t: the predicted probabilities, p = softmax(z), minus the true ones."""
    e = np.exp(z - np.max(plain(z), axis=1, keepdims=True))
    predicted = e / np.sum(e, axis=1, keepdims=True)
    return g[:, None] * (np.sum(t, axis=1, keepdims=True) * predicted - t)


def l2(dimension: int | None = None) -> Surface:
    """Σⱼ wⱼ²: added to a loss, it draws the weights towards 0 (ridge).

    >>> (0.5 * l2()).gradient([3.0, -1.0])
    array([ 3., -1.])

    Source: Hoerl & Kennard, Technometrics 12 (1970).
    """
    return Surface(lambda w: np.sum(w * w, axis=0), lambda w: 2 * w, name="L2", dimension=dimension)


def l1(dimension: int | None = None) -> Surface:
    """Σⱼ |wⱼ|: added to a loss, it sets weights to exactly 0 (lasso). The gradient is 0 at a kink.

    >>> l1().gradient([3.0, 0.0, -1.0])
    array([ 1.,  0., -1.])

    Source: Tibshirani, J. R. Statist. Soc. B 58 (1996).
    """
    return Surface(lambda w: np.sum(np.abs(w), axis=0), np.sign, name="L1", dimension=dimension)


def line_loss(x: Array, y: Array, loss: Error = sse, batch_size: int | None = None) -> Surface:
    """How wrong the line m x + c is about the data (n,), over the weights w = (slope, intercept).

    L(m, c) = Σᵢ ℓ(m xᵢ + c, yᵢ),    or the mean

    For squares that is L* + Sxx (m - m*)² + n (m x̄ + c - ȳ)², with the means x̄, ȳ, the spread
    Sxx = Σ(xᵢ - x̄)² and the best slope m* with its loss L*: no term cancels another, even where x̄
    is a million and the spread is one.

    `sample` draws mini-batches of `batch_size` without repetition; a sum over a batch counts
    n / batch_size times. Raises ValueError for data that are not finite, or not of one length.

    >>> np.round(line_loss([1, 2, 3], [2, 4, 7]).minima[0], 6)
    array([ 2.5     , -0.666667])
    """
    x, y = data_for(loss, x=x, y=y)
    n, x_mean, y_mean = x.size, float(x.mean()), float(y.mean())
    dx, dy = x - x_mean, y - y_mean
    sxx, syy = float(dx @ dx), float(dy @ dy)
    slope = float(dx @ dy) / sxx if sxx > 0 else 0.0
    best = np.array([slope, y_mean - slope * x_mean])
    height, width = np.sqrt(syy / n) or 1.0, np.sqrt(sxx / n) or 1.0
    reach = 1.5 * np.maximum(np.abs(best), [height / width, height])
    domain = tuple(zip((best - reach).tolist(), (best + reach).tolist(), strict=True))
    details = {"name": f"{loss.name} of a line", "domain": domain}
    if loss not in (sse, mse):
        return linear_fit(np.column_stack([x, np.ones(n)]), y, loss, batch_size, **details)
    share = 1 / n if loss.averaged else 1.0
    least, a, b = share * float(np.sum((dy - slope * dx) ** 2)), share * sxx, share * n

    def value_and_gradient(w: Array) -> tuple[Array, Array]:
        m, c = w[0] - slope, w[0] * x_mean + w[1] - y_mean
        am, bc = a * m, b * c
        return least + am * m + bc * c, stack(2 * am + 2 * x_mean * bc, 2 * bc)

    details["sampler"] = mini_batches(line_loss, x, y, loss, batch_size)
    hessian = 2 * np.array([[a + b * x_mean**2, b * x_mean], [b * x_mean, b]])
    scale = share * syy or share * float(y @ y) or 1.0
    return least_squares(value_and_gradient, hessian, best, scale, **details)


def polynomial_loss(
    x: Array, y: Array, degree: int, loss: Error = sse, batch_size: int | None = None
) -> Surface:
    """How wrong w₀ + w₁ x + ... + w_k xᵏ is about the data (n,), over its weights (degree + 1,).

    L(w) = Σᵢ ℓ(Σⱼ wⱼ xᵢʲ, yᵢ),    or the mean

    Raises ValueError as `line_loss` does, and for a degree that is not 0, 1, 2, ...

    >>> np.abs(np.round(polynomial_loss([0, 1, 2, 3], [1, 2, 5, 10], degree=2).minima[0], 9))
    array([1., 0., 1.])
    """
    x, y = data_for(loss, x=x, y=y)
    whole("degree", degree, 0)
    with np.errstate(over="ignore"):
        X = np.vander(x, degree + 1, increasing=True)
    if not np.abs(X).max() <= LARGEST:
        limit, got = f"{LARGEST:g} up to the degree {degree}", f"{np.abs(x).max():g}"
        raise ValueError(f"x must have powers of at most {limit}, got {got}")
    name = f"{loss.name} of a polynomial of degree {degree}"
    return linear_fit(X, y, loss, batch_size, name=name)


def logistic_loss(x: Array, y: Array, batch_size: int | None = None) -> Surface:
    """The cross-entropy of σ(x·w + c) with labels y (n,) of 0 and 1, over (w₁, ..., w_f, c).

    L = 1/n Σᵢ [log(1 + e^{zᵢ}) - yᵢ zᵢ],    zᵢ = xᵢ·w + c

    x: one feature (n,) or several (n, f). Raises ValueError as `line_loss` does, and for other
    labels.

    >>> logistic_loss([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1]).gradient([0.0, 0.0])
    array([-0.75,  0.  ])
    """
    x, y = data_for(binary_cross_entropy, (1, 2), x=x, y=y)
    if not np.all((y == 0) | (y == 1)):
        raise ValueError(f"y must hold labels 0 and 1, got {np.unique(y)[:5]}")
    X = np.column_stack([x, np.ones(len(x))])
    return linear_fit(X, y, binary_cross_entropy, batch_size, name="logistic fit")


def linear_fit(
    X: Array, y: Array, loss: Error, batch_size: int | None = None, **details: Any
) -> Surface:
    """The loss of a model that is linear in its weights, as a surface over w (d,).

    p = X w,    and for squares    L(w) = ‖R w - Qᵀy‖² + ‖y - Q Qᵀy‖²,    X = Q R

    Row i of the design X (n, d) says how datum i weighs the weights; y: targets (n,). Raises
    ValueError as `line_loss` does.

    >>> linear_fit(np.array([[1.0], [2.0]]), np.array([1.0, 4.0]), sse)([1.0]).round(12)
    np.float64(4.0)
    """
    X, y = data_for(loss, (2,), X=X, y=y)
    share = 1 / len(y) if loss.averaged else 1.0
    details = {"sampler": mini_batches(linear_fit, X, y, loss, batch_size)} | details
    if loss not in (sse, mse):
        zero = np.zeros_like(y)
        pull = np.abs(X).T @ np.abs(grad(lambda p: np.sum(loss.each(p, y)))(zero))
        return Surface(
            lambda w: loss(np.tensordot(X, w, 1), y), dimension=len(pull), start=(0.0,) * len(pull),
            scale=float(loss(zero, y)) or 1.0,
            steepness=share * float(np.linalg.norm(pull)) or 1.0, **details,
        )  # fmt: skip
    Q, R = np.linalg.qr(X)
    target = Q.T @ y
    rest = float(np.sum((y - Q @ target) ** 2))  # what no weights explain
    sizes = np.linalg.norm(X, axis=0)
    sizes[sizes == 0] = 1  # columns of one size, so that no power of x counts as rounding
    best = np.linalg.lstsq(X / sizes, y)[0] / sizes
    scale = share * float(np.sum((y - y.mean()) ** 2)) or share * float(y @ y) or 1.0

    def value_and_gradient(w: Array) -> tuple[Array, Array]:
        r = np.tensordot(R, w, 1) - beside(target, w)
        return share * (rest + np.sum(r * r, axis=0)), 2 * share * np.tensordot(R.T, r, 1)

    return least_squares(value_and_gradient, 2 * share * R.T @ R, best, scale, **details)


def least_squares(
    value_and_gradient: Callable, H: Array, best: Array, scale: float, **details: Any
) -> Surface:
    """The surface of a fit by squares with the Hessian H, whose minimum is at `best`."""
    return Surface(
        value_and_gradient=value_and_gradient, hessian=lambda w: broadcast(H, w),
        dimension=len(best), start=(0.0,) * len(best), minima=(tuple(best.tolist()),), scale=scale,
        steepness=float(np.sqrt(2 * np.trace(H)) * np.sqrt(scale)),  # g² ≤ 2 λ (f - f*)
        **details,
    )  # fmt: skip


def mini_batches(
    fit: Callable[..., Surface], x: Array, y: Array, loss: Error, batch_size: int | None
) -> Callable[[np.random.Generator], Surface] | None:
    """The sampler of a fit: a sum over a batch counts n / batch_size times."""
    if batch_size is None:
        return None
    n = len(y)
    whole("batch_size", batch_size, 1, n)

    def sample(rng: np.random.Generator) -> Surface:
        rows = rng.choice(n, batch_size, replace=False, shuffle=False)
        batch = fit(x[rows], y[rows], loss)
        return batch if loss.averaged else (n / batch_size) * batch

    return sample


def data_for(loss: Error, axes: tuple[int, ...] = (1,), **data: Array) -> list[np.ndarray]:
    """Two arrays of finite numbers of one length n; the first has one of these numbers of axes."""
    instance("loss", loss, Error, "an error such as sse, mse, mae or huber")
    arrays = [np.array(array(name, given), dtype=float) for name, given in data.items()]
    for name, values, counts in zip(data, arrays, (axes, (1,)), strict=True):
        if values.ndim not in counts or values.size == 0:
            expected = " or ".join(("(n,)", "(n, f)")[count - 1] for count in counts)
            got = f"with n of at least 1, got {values.shape}"
            raise ValueError(f"{name} must have shape {expected} {got}")
        if (largest := np.abs(values).max()) > LARGEST:
            raise ValueError(f"{name} must be at most {LARGEST:g} in size, got {largest:g}")
    sizes = [len(values) for values in arrays]
    if sizes[0] != sizes[1]:
        names, got = " and ".join(data), " and ".join(map(str, sizes))
        raise ValueError(f"{names} must have one length, got {got}")
    return arrays
