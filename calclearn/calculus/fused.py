"""Operations that are differentiated as one step, because their whole is simpler than their parts.

The one decision: fuse only where the mathematics collapses.  The slope of cross-entropy through
softmax is p - t, shorter than the slope of either, and safe for large logits; a linear layer needs
two matrix products and a sum for its three gradients, and no broadcasting to undo.
"""

import numpy as np

from calclearn.calculus.rules import sum_rows
from calclearn.calculus.tracing import primitive, rule

REAL = frozenset("fiub")


@primitive
def linear(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the linear layer Y = X W + b: (N, D), (D, M), (M,) to (N, M).

    Raises ValueError for other shapes.

    >>> linear(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0]))
    array([[16.]])
    """
    x, W, b = np.asarray(x), np.asarray(W), np.asarray(b)
    if b.ndim != 1 or x.ndim != 2 or W.shape != (x.shape[1], b.size):
        raise ValueError(
            f"x, W and b must have shapes (N, D), (D, M) and (M,), "
            f"got {x.shape}, {W.shape} and {b.shape}"
        )
    if not REAL.issuperset((x.dtype.kind, W.dtype.kind, b.dtype.kind)):
        raise TypeError(f"x, W and b must be real, got {x.dtype}, {W.dtype} and {b.dtype}")
    y = x @ W
    if y.dtype.kind != "f":
        return y + b
    y += b
    return y


rule(
    linear,
    lambda g, y, x, W, b: g @ W.T,
    lambda g, y, x, W, b: x.T @ g,
    lambda g, y, x, W, b: sum_rows(g),
)


@primitive
def softmax_cross_entropy(logits: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return L = ln Σⱼ exp zⱼ - z_t for each row: logits (N, K) and class numbers t (N,) to (N,).

    Equals the cross-entropy -ln p_t of p = softmax(z), with no overflow at large logits.
    Raises ValueError for other shapes and for class numbers outside of 0 to K - 1.

    >>> softmax_cross_entropy(np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([0, 0])).round(6)
    array([0.693147, 0.      ])
    """
    logits, target = np.asarray(logits), np.asarray(target)
    if logits.ndim != 2 or target.shape != logits.shape[:1] or target.dtype.kind not in "iu":
        raise ValueError(
            "logits must have shape (N, K) and target be integers of shape (N,), "
            f"got {logits.shape} and {target.dtype} {target.shape}"
        )
    class_numbers(target, logits.shape[1])
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    return np.log(np.sum(np.exp(shifted), axis=1)) - shifted[np.arange(len(target)), target]


def class_numbers(target: np.ndarray, K: int) -> None:
    """Raise ValueError unless all of the target are whole numbers from 0 to K - 1."""
    known = (target >= 0) & (target < K) & (target == np.floor(target))
    if not known.all():
        raise ValueError(
            f"target must hold class numbers from 0 to {K - 1}, got {target[~known][0]}"
        )


@rule(softmax_cross_entropy)
def pull_logits(g, y, logits, target):
    """∂L/∂z = p - t: what the model believes, pⱼ = exp(zⱼ - z_t - L), minus what is true."""
    target = np.asarray(target)
    chosen = logits[np.arange(len(target)), target]
    # In this order: z_t + L would lose L's digits among those of a large z.
    believed = np.exp(logits - chosen[:, None] - y[:, None])
    true = np.arange(logits.shape[1]) == target[:, None]
    return g[:, None] * (believed - true)
