"""A loss over fixed data is a surface over the weights, and the data need be read only once.

The squared error of a line is a paraboloid, and a paraboloid is known by a few numbers: with
the means x̄, ȳ, the spread Sxx = Σ(xᵢ - x̄)² and the best slope m* with its loss L*,

    L(m, c) = L* + Sxx (m - m*)² + n (m x̄ + c - ȳ)²

so a picture of the bowl costs the same for a hundred data points and for a million. All three terms
are positive, so none cancels another, even where x̄ is a million and the spread is one. For a
polynomial, and for errors other than squares, see `fits`.
"""

from dataclasses import replace

import numpy as np

from calclearn.descent.arguments import whole_number
from calclearn.descent.batches import Array, everywhere, stack
from calclearn.descent.errors import (
    Error,
    binary_cross_entropy,
    cross_entropy,
    huber,
    huber_error,
    mae,
    mse,
    sigmoid,
    sse,
)
from calclearn.descent.fits import (
    LARGEST,
    absolute_error_of_lines,
    data_for,
    linear_fit,
    mini_batches,
)
from calclearn.descent.surfaces import Surface

__all__ = [
    "Error",
    "binary_cross_entropy",
    "cross_entropy",
    "huber",
    "huber_error",
    "l1",
    "l2",
    "line_loss",
    "logistic_loss",
    "mae",
    "mse",
    "polynomial_loss",
    "sigmoid",
    "sse",
]


def l2(dimension: int | None = None) -> Surface:
    """The sum of squared weights; added to a loss, it draws the weights towards 0 (ridge).

    L = Σⱼ wⱼ²

    >>> (0.5 * l2()).gradient([3.0, -1.0])
    array([ 3., -1.])
    """
    return Surface(
        lambda w: np.sum(w * w, axis=0),
        lambda w: 2 * w,
        lambda w: everywhere(2 * np.eye(len(w)), w),
        name="L2",
        formula=r"\sum_j w_j^2",
        dimension=dimension,
        source="Hoerl & Kennard, Technometrics 12 (1970)",
    )


def l1(dimension: int | None = None) -> Surface:
    """The sum of absolute weights; added to a loss, it sets weights to exactly 0 (lasso).

    L = Σⱼ |wⱼ|

    The gradient at a kink is taken as 0.

    >>> l1().gradient([3.0, 0.0, -1.0])
    array([ 1.,  0., -1.])
    """
    return Surface(
        lambda w: np.sum(np.abs(w), axis=0),
        lambda w: np.sign(w) + 0 * w,
        lambda w: everywhere(np.zeros((len(w), len(w))), w),
        name="L1",
        formula=r"\sum_j |w_j|",
        dimension=dimension,
        source="Tibshirani, J. R. Statist. Soc. B 58 (1996)",
    )


def line_loss(x: Array, y: Array, loss: Error = sse, batch_size: int | None = None) -> Surface:
    """How wrong the line m x + c is about the data (n,), over the weights w = (slope, intercept).

    L(m, c) = Σᵢ ℓ(m xᵢ + c, yᵢ),    or the mean

    `batch_size` is the size of the random mini-batches that `sample` draws, without repetition; a
    sum over a batch counts n / batch_size times, so that its mean is the whole loss. Raises
    ValueError for data that are not finite, or not two arrays of one length.

    >>> bowl = line_loss([1, 2, 3], [2, 4, 7])
    >>> np.round(bowl.minima[0], 12), round(float(bowl(bowl.minima[0])), 12)
    (array([ 2.5       , -0.66666667]), 0.166666666667)
    """
    x, y = data_for(x, y, loss)
    details = {
        "name": f"{loss.name} of a line",
        "formula": loss.formula.replace("p_i", "(m x_i + c)").replace("t_i", "y_i"),
        "sampler": mini_batches(lambda i: line_loss(x[i], y[i], loss), x.size, batch_size, loss),
    }
    bowl = paraboloid(x, y, 1 / x.size if loss.averaged else 1.0, details)
    if loss in (sse, mse):
        return bowl
    design = np.column_stack([x, np.ones_like(x)])
    fit = linear_fit(design, y, loss, domain=bowl.domain, **details)
    if loss is mae:
        return replace(fit, function=absolute_error_of_lines(x, y, fit.function))
    return fit


def paraboloid(x: Array, y: Array, share: float, details: dict) -> Surface:
    """The squared error of a line by sufficient statistics; each datum counts `share`."""
    x_mean, y_mean = float(x.mean()), float(y.mean())
    dx, dy = x - x_mean, y - y_mean
    sxx, syy = float(dx @ dx), float(dy @ dy)
    slope = float(dx @ dy) / sxx if sxx > 0 else 0.0
    intercept = y_mean - slope * x_mean
    least = share * float(np.sum((dy - slope * dx) ** 2))
    a, b = share * sxx, share * x.size

    def away(w: Array) -> tuple[Array, Array]:
        m, c = w[0], w[1]  # quicker than m, c = w
        return m - slope, m * x_mean + c - y_mean

    def function(w: Array) -> Array:
        m, c = away(w)
        return least + a * m * m + b * c * c

    def gradient(w: Array) -> Array:
        m, c = away(w)
        return stack(2 * a * m + 2 * b * x_mean * c, 2 * b * c)

    def both(w: Array) -> tuple[Array, Array]:
        m, c = away(w)
        am, bc = a * m, b * c
        return least + am * m + bc * c, stack(2 * am + 2 * x_mean * bc, 2 * bc)

    hessian = 2 * np.array([[a + b * x_mean**2, b * x_mean], [b * x_mean, b]])
    scale = share * syy or share * float(y @ y) or 1.0
    height, width = np.sqrt(syy / x.size) or 1.0, np.sqrt(sxx / x.size) or 1.0
    best = np.array([slope, intercept])
    reach = 1.5 * np.maximum(np.abs(best), [height / width, height])
    return Surface(
        function,
        gradient,
        lambda w: everywhere(hessian, w),
        value_and_gradient=both,
        minima=((slope, intercept),),
        start=(0.0, 0.0),
        domain=tuple(zip((best - reach).tolist(), (best + reach).tolist(), strict=True)),
        scale=scale,
        steepness=float(np.sqrt(2 * np.trace(hessian) * scale)),
        **details,
    )


def polynomial_loss(
    x: Array, y: Array, degree: int, loss: Error = sse, batch_size: int | None = None
) -> Surface:
    """How wrong w₀ + w₁ x + ... + w_k xᵏ is about the data (n,), over its weights (degree + 1,).

    L(w) = Σᵢ ℓ(Σⱼ wⱼ xᵢʲ, yᵢ),    and for squares    L(w) = L* + ‖R (w - w*)‖²,  QR = X

    Raises ValueError as `line_loss` does, and for a degree that is not 0, 1, 2, ...

    >>> parabola = polynomial_loss([0, 1, 2, 3], [1, 2, 5, 10], degree=2)
    >>> np.abs(np.round(parabola.minima[0], 9))
    array([1., 0., 1.])
    """
    x, y = data_for(x, y, loss)
    whole_number("degree", degree, 0)
    with np.errstate(over="ignore"):
        X = np.vander(x, degree + 1, increasing=True)
    if np.abs(X).max() > LARGEST:
        raise ValueError(
            f"x must have powers of at most {LARGEST:g} up to the degree {degree}, "
            f"got {np.abs(x).max():g}"
        )
    details = {
        "name": f"{loss.name} of a polynomial of degree {degree}",
        "formula": loss.formula.replace("p_i", r"\sum_j w_j x_i^j").replace("t_i", "y_i"),
        "sampler": mini_batches(
            lambda i: polynomial_loss(x[i], y[i], degree, loss), x.size, batch_size, loss
        ),
    }
    return linear_fit(X, y, loss, **details)


def logistic_loss(x: Array, y: Array, batch_size: int | None = None) -> Surface:
    """The cross-entropy of σ(x·w + c) with labels y (n,) of 0 and 1, over (w₁, ..., w_f, c).

    L = 1/n Σᵢ [log(1 + e^{zᵢ}) - yᵢ zᵢ],    zᵢ = xᵢ·w + c

    x: one feature (n,) or several (n, f). Raises ValueError as `line_loss` does, and for other
    labels.

    >>> loss = logistic_loss([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1])
    >>> loss([0.0, 0.0]) == np.log(2), loss.gradient([0.0, 0.0])
    (np.True_, array([-0.75,  0.  ]))
    """
    x, y = data_for(x, y, binary_cross_entropy, features=True)
    if not np.all((y == 0) | (y == 1)):
        raise ValueError(f"y must hold labels 0 and 1, got {np.unique(y)[:5]}")
    details = {
        "name": "logistic fit",
        "formula": r"\frac1n \sum_i \log(1 + e^{z_i}) - y_i z_i",
        "sampler": mini_batches(
            lambda i: logistic_loss(x[i], y[i]), len(x), batch_size, binary_cross_entropy
        ),
    }
    return linear_fit(np.column_stack([x, np.ones(len(x))]), y, binary_cross_entropy, **details)
