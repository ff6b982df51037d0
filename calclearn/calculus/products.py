"""Rules of products of arrays and of linear algebra: einsum, solving, factorisations, norms.

A sum of products is linear in each of its factors, so the cotangent of one factor is again a sum of
products, of the result's cotangent and all the other factors.  The pull-backs of linear algebra are
the matrix identities that a textbook proves, written with `@` and transposes on the last two axes,
so that stacks of matrices need no rule of their own.

Source: M. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation (2008).
"""

import functools
import math
import string

import numpy as np

from calclearn.calculus.arrays import axes_of, places
from calclearn.calculus.kinks import euclidean, side
from calclearn.calculus.rules import unbroadcast
from calclearn.calculus.structures import operand
from calclearn.calculus.tracing import plain, primitive, rewritten, rule

# Products of matrices: of C = A B follow A̅ = C̅ Bᵀ and B̅ = Aᵀ C̅
transposed = functools.partial(np.swapaxes, axis1=-1, axis2=-2)


def as_matrices(g, a, b):
    """A vector is a row before the product and a column behind it; g gets the shape of theirs."""
    if b.ndim == 1:
        b, g = b[:, None], g[..., None]
    if a.ndim == 1:
        a, g = a[None], g[..., None, :]
    return g, a, b


def pull_left(g, y, a, b):
    if a.ndim == 2 and b.ndim == 2:
        return g @ b.T
    g, rows, columns = as_matrices(g, a, b)
    return unbroadcast(g @ transposed(columns), rows.shape).reshape(a.shape)


def pull_right(g, y, a, b):
    if a.ndim == 2 and b.ndim == 2:
        return a.T @ g
    g, rows, columns = as_matrices(g, a, b)
    if columns.ndim == 2 and rows.size and g.size:  # one matrix for a whole stack: one product
        down = rows.reshape(-1, rows.shape[-1]).T @ g.reshape(-1, g.shape[-1])
    else:
        down = unbroadcast(transposed(rows) @ g, columns.shape)
    return down.reshape(b.shape)


rule(np.matmul, pull_left, pull_right)


@rewritten(np.dot, arrays=2)
def dot(a, b, out=None):
    if np.ndim(a) and 0 < np.ndim(b) <= 2:
        return np.matmul(a, b)
    return np.tensordot(a, b, ([-1], [-2])) if np.ndim(a) and np.ndim(b) else np.multiply(a, b)


@rewritten(np.kron, arrays=2)
def kron(a, b):
    """Each number of a, times the whole of b: NumPy shows where both are read."""
    i, j = places(a), places(b)
    return np.ravel(a)[np.kron(i, j**0)] * np.ravel(b)[np.kron(i**0, j)]


@rewritten(np.cross, arrays=2)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """(a × b)ᵢ = aⱼ bₖ - aₖ bⱼ for i, j, k in turn; in the plane the third coordinate alone."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(a, axisa, 0), np.moveaxis(b, axisb, 0)
    if len(a) == len(b) == 2:
        return a[0] * b[1] - a[1] * b[0]
    a, b = [c if len(c) == 3 else [c[0], c[1], 0 * c[0]] for c in (a, b)]
    return np.stack([a[j] * b[k] - a[k] * b[j] for j, k in ((1, 2), (2, 0), (0, 1))], axisc)


# fmt: off
rewritten(np.inner, arrays=2)(lambda a, b: np.tensordot(
                                  a, b, ([-1], [-1]) if np.ndim(a) and np.ndim(b) else 0))
rewritten(np.vdot,  arrays=2)(lambda a, b: np.matmul(np.ravel(a), np.ravel(b)))
rewritten(np.outer, np.linalg.outer, arrays=2)(
                              lambda a, b, out=None: np.ravel(a)[:, None] * np.ravel(b))
rewritten(np.vecdot, np.linalg.vecdot, arrays=2)(
                              lambda a, b, axis=-1: np.sum(a * b, axis=axis))
rewritten(np.linalg.cross,  arrays=2)(lambda a, b, axis=-1: np.cross(a, b, axis=axis))
rewritten(np.linalg.matmul, arrays=2)(lambda a, b: a @ b)
if hasattr(np, "matvec"):  # from NumPy 2.2
    rewritten(np.matvec, arrays=2)(lambda a, b: (a @ b[..., None])[..., 0])
    rewritten(np.vecmat, arrays=2)(lambda a, b: (a[..., None, :] @ b)[..., 0, :])
# fmt: on


# einsum: the cotangent of one factor is the einsum of the result's cotangent and all the others
def explicit(subscripts, operands):
    """Write out the output and the ellipses, so that each axis of each operand has a letter."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    if not arrow:
        letters = sorted(set(inputs) - set(",."))
        output = "..." + "".join([c for c in letters if inputs.count(c) == 1])
    spare = "".join([c for c in string.ascii_letters if c not in subscripts])
    terms = inputs.split(",")
    rest = [len(spare) - np.ndim(a) + len(term.replace("...", "")) if "..." in term else len(spare)
            for term, a in zip(terms, operands, strict=True)]  # fmt: skip
    terms = [term.replace("...", spare[n:]) for term, n in zip(terms, rest, strict=True)]
    return terms, output.replace("...", spare[min(rest) :])


@primitive
def contract(terms, output, *operands):
    """Σ ∏ of the operands over every letter that the output does not name."""
    heavy = max([np.size(operand) for operand in operands]) > 1000
    return np.einsum(",".join(terms) + "->" + output, *operands, optimize=heavy)


def pull_contract(needed, g, y, terms, output, *operands):
    factors = enumerate(needed[2:])
    return None, None, *[need and pull_factor(g, terms, output, operands, k) for k, need in factors]


def pull_factor(g, terms, output, operands, k):
    """∂/∂Aₖ of Σ ∏ Aᵢ is the product of the others, with g in the place of the result.

    A letter of Aₖ that appears nowhere else, or only with length one, was summed alone: a factor of
    ones brings it back.  A letter that appears twice in Aₖ read its diagonal: an identity matrix
    puts it back there.
    """
    factors = [*zip(terms, operands, strict=True)]
    factors[k] = (output, g)
    spare = iter([c for c in string.ascii_letters if c not in "".join(terms)])
    mine = ""
    for letter, size in zip(terms[k], operands[k].shape, strict=True):
        if letter in mine:
            mine += next(spare)
            factors.append((letter + mine[-1], np.eye(size, dtype=g.dtype)))
        else:
            mine += letter
            if not any((letter, size) in zip(t, f.shape, strict=True) for t, f in factors):
                factors.append((letter, np.ones(size, g.dtype)))
    others, numbers = zip(*factors, strict=True)
    return unbroadcast(contract(others, mine, *numbers), operands[k].shape)


rule(contract, together=pull_contract)


@rewritten(np.einsum, arrays=0)
def einsum(subscripts, *operands, optimize=False, out=None, dtype=None, order="K", casting="safe"):
    if not isinstance(subscripts, str):  # einsum(a, [0, 1], b, [1, 2], [0, 2])
        given = (subscripts, *operands)
        n = len(given) // 2 * 2
        words = ["".join(["..." if i is ... else string.ascii_letters[i] for i in axes])
                 for axes in (*given[1:n:2], *given[n:])]  # fmt: skip
        operands = given[0:n:2]
        subscripts = "->".join([",".join(words[: n // 2]), *words[n // 2 :]])
    operands = [operand(a) for a in operands]
    y = contract(*explicit(subscripts, operands), *operands)
    return y if dtype is None else y.astype(dtype)


@rewritten(np.tensordot, np.linalg.tensordot, arrays=2)
def tensordot(a, b, axes=2):
    """The einsum in which axes that are summed together have the same letter."""
    n, m = np.ndim(a), np.ndim(b)
    first, second = string.ascii_letters[:n], [*string.ascii_letters[n : n + m]]
    if isinstance(axes, (int, np.integer)):
        axes = range(n - axes, n), range(axes)
    for i, j in zip(np.atleast_1d(axes[0]), np.atleast_1d(axes[1]), strict=True):
        second[j] = first[i]
    output = [c for c in (*first, *second) if (c in first) != (c in second)]
    return contract([first, "".join(second)], "".join(output), a, b)


# Solving
def pull_solve(needed, g, y, a, b):
    """Y = A⁻¹ B gives B̅ = A⁻ᵀ g and A̅ = -B̅ Yᵀ."""
    if b.ndim == 1:
        down, right = pull_solve(needed, g[..., None], y[..., None], a, b[:, None])
        return down, right[:, 0]
    right = np.linalg.solve(transposed(a), g)
    return unbroadcast(-right @ transposed(y), a.shape), unbroadcast(right, b.shape)


def pull_det(g, y, a):
    """∂ det A / ∂A = det A · A⁻ᵀ, by Jacobi; of a singular matrix its cofactors."""
    if not a.size or np.all(np.linalg.cond(plain(a)) < 1e8):
        return (g * y)[..., None, None] * transposed(np.linalg.inv(a))
    return g[..., None, None] * cofactors(a)


def cofactors(a):
    """(-1)ⁱ⁺ʲ det of A without row i and column j."""
    n = np.arange(a.shape[-1])
    kept = np.array([np.delete(n, i) for i in n])
    rows = [np.linalg.det(a[..., kept[i][:, None], kept[:, None]]) for i in n]
    return np.stack(rows, -2) * np.where((n[:, None] + n) % 2, -1, 1).astype(a.dtype)


def pull_slogdet(g, y, a):
    """∂ ln|det A| / ∂A = A⁻ᵀ; the sign has no slope."""
    if g[1] is None:
        return np.zeros(a.shape, a.dtype)
    return g[1][..., None, None] * transposed(np.linalg.inv(a))


def pull_pinv(g, y, a, rcond=None, hermitian=False, rtol=None):
    """P = A⁺ of constant rank: A̅ = -Pᵀ P̅ Pᵀ + (1 - A P) P̅ᵀ P Pᵀ + Pᵀ P P̅ᵀ (1 - P A)."""
    yT, gT = transposed(y), transposed(g)
    return -yT @ g @ yT + (gT - a @ y @ gT) @ y @ yT + yT @ y @ (gT - gT @ y @ a)


# Factorisations
def diagonal(a):
    """The matrices with the vectors of a on their diagonals."""
    return np.eye(a.shape[-1], dtype=a.dtype) * a[..., None, :]


def inverse_gaps(a):
    """1 / (aⱼ - aᵢ) off the diagonal, and 0 on it; ∞ where two are equal."""
    eye = np.eye(a.shape[-1], dtype=a.dtype)
    return (1 - eye) / (a[..., None, :] - a[..., :, None] + eye)


def pull_cholesky(g, y, a, upper=False):
    """A = L Lᵀ gives A̅ = ½ L⁻ᵀ (Φ + Φᵀ) L⁻¹, Φ the lower half of Lᵀ g with its diagonal halved."""
    y, g = (transposed(y), transposed(g)) if upper else (y, g)
    lower = np.tril(transposed(y) @ g)
    phi = lower - lower * (np.eye(a.shape[-1], dtype=a.dtype) / 2)
    right = np.linalg.solve(transposed(y), phi + transposed(phi))
    return transposed(np.linalg.solve(transposed(y), transposed(right))) / 2


def pull_eigh(g, y, a, UPLO="L"):
    """A = V Λ Vᵀ gives A̅ = V (diag λ̅ + F ∘ Vᵀ V̅) Vᵀ with Fᵢⱼ = 1 / (λⱼ - λᵢ) off the diagonal.

    NumPy reads one triangle of A, so both halves share the cotangent.  Vectors of equal eigenvalues
    have no slope, and this divides by zero.
    """
    values, vectors = y
    middle = 0 if g[0] is None else diagonal(g[0])
    if g[1] is not None:
        middle = middle + inverse_gaps(values) * (transposed(vectors) @ g[1])
    whole = vectors @ middle @ transposed(vectors)
    return (whole + transposed(whole)) / 2


def pull_svd(needed, g, y, a, full_matrices=True, compute_uv=True, hermitian=False):
    """A = U S Vᵀ gives A̅ = U (S̅ + (F ∘ skew UᵀU̅) S + S (F ∘ skew VᵀV̅)) Vᵀ + what is outside.

    F holds 1 / (sⱼ² - sᵢ²) off the diagonal, and skew X = X - Xᵀ.
    """
    m, n = a.shape[-2:]
    g_u, g_s, g_vh = g if compute_uv else (None, g, None)
    if full_matrices and m != n and not (g_u is None and g_vh is None):
        raise TypeError("numpy.linalg.svd under grad needs full_matrices=False for U and Vh")
    thin = compute_uv and (m == n or not full_matrices)
    u, s, vh = y if thin else np.linalg.svd(a, full_matrices=False)
    wide, middle, outside = s[..., None, :], 0, 0
    if g_s is not None:
        kink = (s == 0) & ((g_s != 0) | (s[..., :1] == 0))
        middle = diagonal(g_s * side(np.where(kink, s, 1)))
    if g_u is not None:
        inside = transposed(u) @ g_u
        middle = middle + inverse_gaps(s * s) * (inside - transposed(inside)) * wide
        outside = (g_u - u @ inside) / wide @ vh if m > n else 0
    if g_vh is not None:
        inside = vh @ transposed(g_vh)
        middle = middle + inverse_gaps(s * s) * (inside - transposed(inside)) * transposed(wide)
        outside = outside + (u / wide @ (g_vh - transposed(inside) @ vh) if n > m else 0)
    return (u @ middle @ vh + outside,)


@primitive
def eig_of_real(a):
    """NumPy's `eig` in real numbers: from NumPy 2.5 on its results are complex in any case."""
    result = np.linalg.eig(a)
    if np.any(np.imag(result.eigenvalues)):
        raise TypeError("numpy.linalg.eig gave complex numbers, which are out of scope")
    return type(result)(np.real(result.eigenvalues), np.real(result.eigenvectors))


def pull_eig(needed, g, y, a):
    """A V = V Λ gives A̅ = V⁻ᵀ (Λ̅ + F ∘ (VᵀV̅ - VᵀV diag VᵀV̅)) Vᵀ, Fᵢⱼ = 1 / (λⱼ - λᵢ)."""
    values, v = y
    middle = 0 if g[0] is None else diagonal(g[0])
    if g[1] is not None:
        inside = transposed(v) @ g[1]
        scale = np.diagonal(inside, axis1=-2, axis2=-1)[..., None, :]
        middle = middle + inverse_gaps(values) * (inside - transposed(v) @ v * scale)
    return (np.linalg.solve(transposed(v), middle @ transposed(v)),)


@primitive
def qr_of_tall(a):
    return tuple(np.linalg.qr(a))


def pull_qr(needed, g, y, a):
    """A = Q R gives A̅ = (Q̅ + Q sym(R R̅ᵀ - Q̅ᵀQ)) R⁻ᵀ, sym with the lower half on both sides."""
    q, r = y
    g_q = np.zeros(a.shape, a.dtype) if g[0] is None else g[0]
    lower = np.tril(-transposed(g_q) @ q + (0 if g[1] is None else r @ transposed(g[1])))
    whole = g_q + q @ (lower + transposed(np.tril(lower, -1)))
    return (transposed(np.linalg.solve(r, transposed(whole))),)


# fmt: off
rule(np.linalg.solve,    together=pull_solve)
rule(np.linalg.inv,      lambda g, y, a: -transposed(y) @ g @ transposed(y))
rule(np.linalg.det,      pull_det)
rule(np.linalg.slogdet,  pull_slogdet)
rule(np.linalg.cholesky, pull_cholesky)
rule(np.linalg.eigh,     pull_eigh)
rule(np.linalg.pinv,     pull_pinv)
rule(np.linalg.svd,      together=pull_svd)
rule(eig_of_real,        together=pull_eig)
rule(qr_of_tall,         together=pull_qr)
rewritten(np.linalg.eig)(     lambda a: eig_of_real(a))
rewritten(np.linalg.eigvals)( lambda a: eig_of_real(a)[0])
rewritten(np.linalg.svdvals)( lambda x: np.linalg.svd(x, compute_uv=False))
rewritten(np.linalg.eigvalsh)(lambda a, UPLO="L": np.linalg.eigh(a, UPLO)[0])
rewritten(np.linalg.multi_dot, arrays=0)(
                    lambda arrays, out=None: functools.reduce(np.dot, map(operand, arrays)))
# fmt: on


@rewritten(np.linalg.qr)
def qr(a, mode="reduced"):
    """Q and R; of a wide matrix [X Y] they are those of X, and R goes on with Qᵀ Y."""
    m, n = a.shape[-2:]
    if mode not in ("reduced", "r") and not (mode == "complete" and m <= n):
        raise TypeError(f"numpy.linalg.qr under grad has the modes 'reduced' and 'r', got {mode!r}")
    q, r = qr_of_tall(a[..., :, : min(m, n)])
    if m < n:
        r = np.concatenate([r, transposed(q) @ a[..., :, m:]], -1)
    return r if mode == "r" else type(np.linalg.qr(np.eye(1)))(q, r)


@rewritten(np.linalg.lstsq, arrays=2)
def lstsq(a, b, rcond=None):
    """x = A⁺ b."""
    m, n = a.shape
    s = np.linalg.svd(plain(a), compute_uv=False)
    smallest = np.finfo(s.dtype).eps * max(m, n) if rcond is None else rcond
    rank = int(np.sum(s > smallest * s.max(initial=0)))
    x = np.linalg.pinv(a, smallest) @ b
    squares = np.atleast_1d(np.sum((b - a @ x) ** 2, axis=0))
    return x, squares if rank == n < m else squares[:0], rank, s


@rewritten(np.linalg.matrix_power)
def matrix_power(a, n):
    if n < 0:
        return matrix_power(np.linalg.inv(a), -n)
    if n < 2:
        return a if n else np.linalg.matrix_power(plain(a), 0)
    half = matrix_power(a, n // 2)
    return half @ half @ a if n % 2 else half @ half


@rewritten(np.linalg.tensorsolve, arrays=2)
def tensorsolve(a, b, axes=None):
    if axes is not None:
        a = np.moveaxis(a, axes, range(a.ndim - len(axes), a.ndim))
    x = np.linalg.solve(np.reshape(a, (np.size(b), -1)), np.ravel(b))
    return np.reshape(x, np.shape(a)[np.ndim(b) :])


@rewritten(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    inverse = np.linalg.inv(np.reshape(a, (math.prod(a.shape[:ind]), -1)))
    return np.reshape(inverse, a.shape[ind:] + a.shape[:ind])


# Norms
def norm_of_vectors(x, ord, axis, keepdims):
    if ord in (None, 2):
        return euclidean(x, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum(plain(x) != 0, axis=axis, keepdims=keepdims).astype(x.dtype)
    size, combine = np.abs(x), {1: np.sum, np.inf: np.max, -np.inf: np.min}
    if ord in combine:
        return combine[ord](size, axis=axis, keepdims=keepdims)
    total = np.sum(size**ord, axis=axis, keepdims=keepdims)
    zero = plain(total) == 0
    y = np.where(zero, 1, total) ** (1 / ord)
    return np.where(zero, euclidean(x, axis=axis, keepdims=keepdims), y) if np.any(zero) else y


def norm_of_matrices(x, ord):
    """The norm of the matrices in the last two axes."""
    combine = {2: np.max, -2: np.min, "nuc": np.sum}
    if ord in combine:
        return combine[ord](np.linalg.svd(x, compute_uv=False), axis=-1)
    if ord not in (1, -1, np.inf, -np.inf):
        raise TypeError(f"numpy.linalg.norm under grad has no matrix norm {ord!r}")
    sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
    return (np.max if ord > 0 else np.min)(sums, axis=-1)


@rewritten(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    axes = axes_of(axis, x.ndim)
    if ord is None or (ord == "fro" and len(axes) == 2):
        return euclidean(x, axis=axes, keepdims=keepdims)
    if len(axes) == 1:
        return norm_of_vectors(x, ord, axes[0], keepdims)
    y = norm_of_matrices(np.moveaxis(x, axes, (-2, -1)), ord)
    return np.expand_dims(y, axes) if keepdims else y


@rewritten(np.linalg.cond)
def cond(x, p=None):
    if p in (None, 2, -2):
        s = np.linalg.svd(x, compute_uv=False)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return np.linalg.norm(x, p, (-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, (-2, -1))


# fmt: off
rewritten(np.linalg.vector_norm)(lambda x, *, axis=None, keepdims=False, ord=2:
                                     norm_of_vectors(x, ord, axis, keepdims))
rewritten(np.linalg.matrix_norm)(lambda x, keepdims=False, ord="fro":
                                     np.linalg.norm(x, ord, (-2, -1), keepdims))
# fmt: on
