"""Operations that are differentiated as one step, because their whole is simpler than their parts.

The one decision: fuse only where the mathematics collapses.  The slope of cross-entropy through
softmax is p - t, shorter than the slope of either, and safe for large logits; a linear layer needs
two matrix products and a sum for its three gradients, and no broadcasting to undo.
"""

import numpy as np

from calclearn.calculus.primitives import primitive, rule
from calclearn.calculus.rules import sum_rows

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
def softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return L = ln Σⱼ exp zⱼ - z_label for each row: logits (N, K) and labels (N,) to (N,).

    Equals the cross-entropy -ln p_label of p = softmax(z), with no overflow at large logits.
    Raises ValueError for other shapes and for labels outside of 0 to K - 1.

    >>> softmax_cross_entropy(np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([0, 0])).round(6)
    array([0.693147, 0.      ])
    """
    labels = np.asarray(labels)
    if (
        np.ndim(logits) != 2
        or labels.shape != np.shape(logits)[:1]
        or labels.dtype.kind not in "iu"
    ):
        raise ValueError(
            "logits must have shape (N, K) and labels be integers of shape (N,), "
            f"got {np.shape(logits)} and {labels.dtype} {labels.shape}"
        )
    if labels.size and not 0 <= labels.min() <= labels.max() < np.shape(logits)[1]:
        raise ValueError(
            f"labels must lie in 0 to {np.shape(logits)[1] - 1}, "
            f"got {labels.min()} to {labels.max()}"
        )
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    rows = np.arange(len(labels))
    return np.log(np.sum(np.exp(shifted), axis=1)) - shifted[rows, labels]


@rule(softmax_cross_entropy)
def pull_logits(g, y, logits, labels):
    """∂L/∂z = p - t: what the model believes, pⱼ = exp(zⱼ - z_label - L), minus what is true."""
    labels = np.asarray(labels)
    chosen = logits[np.arange(len(labels)), labels]
    # In this order: z_label + L would lose L's digits among those of a large z.
    believed = np.exp(logits - chosen[:, None] - y[:, None])
    true = np.arange(logits.shape[1]) == labels[:, None]
    return g[:, None] * (believed - true)
