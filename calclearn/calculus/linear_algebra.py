"""Rules of linear algebra: solving, determinants, factorisations, norms.

The one decision: every pull-back is the matrix identity that a textbook proves, written with
``@`` and transposes on the last two axes, so stacks of matrices need no rule of their own.  They
stand apart from ``rules`` because that table would pass 300 lines with them, and because here the
derivative is a fact about matrices and not about single numbers.

Source: M. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation (2008).
"""

import numpy as np

from calclearn.calculus.primitives import rewritten, rule
from calclearn.calculus.products import transposed
from calclearn.calculus.rules import euclidean, unbroadcast


# Solving
def pull_solve_matrix(g, y, a, b):
    """y = A⁻¹ b gives A̅ = -(A⁻ᵀ g) yᵀ."""
    down = pull_solve_right(g, y, a, b, summed=False)
    if b.ndim == 1:
        return unbroadcast(-down[..., None] * y[..., None, :], a.shape)
    return unbroadcast(-down @ transposed(y), a.shape)


def pull_solve_right(g, y, a, b, summed=True):
    """y = A⁻¹ b gives b̅ = A⁻ᵀ g."""
    if b.ndim == 1:
        down = np.linalg.solve(transposed(a), g[..., None])[..., 0]
    else:
        down = np.linalg.solve(transposed(a), g)
    return unbroadcast(down, b.shape) if summed else down


def pull_inv(g, y, a):
    """Y = A⁻¹ gives A̅ = -Yᵀ g Yᵀ."""
    return -transposed(y) @ g @ transposed(y)


def pull_det(g, y, a):
    """∂ det A / ∂A = det A · A⁻ᵀ, by Jacobi."""
    return (g * y)[..., None, None] * transposed(np.linalg.inv(a))


def pull_slogdet(g, y, a):
    """∂ ln|det A| / ∂A = A⁻ᵀ; the sign has no slope."""
    if g[1] is None:
        return np.zeros(a.shape, a.dtype)
    return g[1][..., None, None] * transposed(np.linalg.inv(a))


# Factorisations read one triangle of a symmetric matrix: both halves share the cotangent
def pull_cholesky(g, y, a):
    """A = L Lᵀ gives A̅ = ½ L⁻ᵀ (Φ + Φᵀ) L⁻¹, Φ the lower half of Lᵀ g with its diagonal halved."""
    lower = np.tril(transposed(y) @ g)
    phi = lower - lower * (np.eye(a.shape[-1], dtype=a.dtype) / 2)
    right = np.linalg.solve(transposed(y), phi + transposed(phi))
    return transposed(np.linalg.solve(transposed(y), transposed(right))) / 2


def pull_eigh(g, y, a, UPLO="L"):
    """A = V Λ Vᵀ gives A̅ = V (diag λ̅ + F ∘ Vᵀ V̅) Vᵀ with Fᵢⱼ = 1 / (λⱼ - λᵢ) off the diagonal.

    Where two eigenvalues are equal, their vectors have no slope, and this divides by zero.
    """
    values, vectors = y
    middle = np.zeros(a.shape, a.dtype)
    eye = np.eye(a.shape[-1], dtype=a.dtype)
    if g[0] is not None:
        middle = middle + eye * g[0][..., None, :]
    if g[1] is not None:
        gaps = values[..., None, :] - values[..., :, None]
        middle = middle + (1 - eye) / (gaps + eye) * (transposed(vectors) @ g[1])
    whole = vectors @ middle @ transposed(vectors)
    return (whole + transposed(whole)) / 2


# fmt: off
rule(np.linalg.solve,    pull_solve_matrix, pull_solve_right)
rule(np.linalg.inv,      pull_inv)
rule(np.linalg.det,      pull_det)
rule(np.linalg.slogdet,  pull_slogdet)
rule(np.linalg.cholesky, pull_cholesky)
rule(np.linalg.eigh,     pull_eigh)
# fmt: on


@rewritten(np.linalg.eigvalsh)
def eigvalsh(a, UPLO="L"):
    return np.linalg.eigh(a, UPLO)[0]


def vector_norm(x, ord, axis, keepdims):
    size = np.abs(x)
    if ord in (None, 2):
        return euclidean(x, axis=axis, keepdims=keepdims)
    if ord == np.inf:
        return np.max(size, axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    return np.sum(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def matrix_norm(x, ord):
    """The norm of the matrices in the last two axes, which it leaves with length one."""
    if ord in (None, "fro"):
        return euclidean(x, axis=(-2, -1), keepdims=True)
    if ord == 2:  # the largest singular value
        return np.sqrt(np.max(eigvalsh(transposed(x) @ x), axis=-1))[..., None, None]
    if ord not in (1, -1, np.inf, -np.inf):
        raise TypeError(f"numpy.linalg.norm under grad has no matrix norm {ord!r}")
    along, across = (-2, -1) if abs(ord) == 1 else (-1, -2)
    sums = np.sum(np.abs(x), axis=along, keepdims=True)
    return (np.max if ord > 0 else np.min)(sums, axis=across, keepdims=True)


@rewritten(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    axes = tuple([int(i) % x.ndim for i in axes])
    if axis is None and ord is None:
        return euclidean(x, axis=axes, keepdims=keepdims)
    if len(axes) == 1:
        return vector_norm(x, ord, axes[0], keepdims)
    result = np.moveaxis(matrix_norm(np.moveaxis(x, axes, (-2, -1)), ord), (-2, -1), axes)
    return result if keepdims else np.squeeze(result, axes)
