"""Rules of the sums of products: matmul of all ranks, dot, tensordot, einsum, cross, kron.

A sum of products is linear in each of its factors, so the cotangent of one factor is again a sum of
products, of the result's cotangent and all the other factors.
"""

import math
import string

import numpy as np

from calclearn.calculus.rules import unbroadcast
from calclearn.calculus.structures import operand
from calclearn.calculus.tracing import primitive, rewritten, rule


@rewritten(np.dot, arrays=2)
def dot(a, b, out=None):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return np.matmul(a, b) if np.ndim(b) <= 2 else np.tensordot(a, b, ([-1], [-2]))


@rewritten(np.inner, arrays=2)
def inner(a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return np.tensordot(a, b, ([-1], [-1]))


# fmt: off
rewritten(np.outer, np.linalg.outer, arrays=2)(
                               lambda a, b, out=None: np.ravel(a)[:, None] * np.ravel(b))
rewritten(np.vdot,  arrays=2)( lambda a, b: np.matmul(np.ravel(a), np.ravel(b)))
rewritten(np.vecdot, np.linalg.vecdot, arrays=2)(
                               lambda a, b, axis=-1: np.sum(a * b, axis=axis))
rewritten(np.linalg.matmul, arrays=2)(lambda a, b: a @ b)
rewritten(np.linalg.tensordot, arrays=2)(lambda a, b, axes=2: np.tensordot(a, b, axes))
if hasattr(np, "matvec"):  # from NumPy 2.2
    rewritten(np.matvec, arrays=2)(lambda a, b: (a @ b[..., None])[..., 0])
    rewritten(np.vecmat, arrays=2)(lambda a, b: (a[..., None, :] @ b)[..., 0, :])
# fmt: on


@rewritten(np.kron, arrays=2)
def kron(a, b):
    """Each number of a, times the whole of b."""
    n = max(np.ndim(a), np.ndim(b))
    a, b = [np.reshape(x, (1,) * (n - np.ndim(x)) + np.shape(x)) for x in (a, b)]
    large = np.expand_dims(a, tuple(range(1, 2 * n, 2)))
    small = np.expand_dims(b, tuple(range(0, 2 * n, 2)))
    return np.reshape(large * small, [i * j for i, j in zip(a.shape, b.shape, strict=True)])


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


rewritten(np.linalg.cross, arrays=2)(lambda a, b, axis=-1: np.cross(a, b, axis=axis))


@rewritten(np.tensordot, arrays=2)
def tensordot(a, b, axes=2):
    """Bring the summed axes together, make matrices of both, and multiply these."""
    if isinstance(axes, (int, np.integer)):
        axes = range(np.ndim(a) - axes, np.ndim(a)), range(axes)
    summed_a = [int(i) % np.ndim(a) for i in np.atleast_1d(axes[0])]
    summed_b = [int(i) % np.ndim(b) for i in np.atleast_1d(axes[1])]
    free_a = [i for i in range(np.ndim(a)) if i not in summed_a]
    free_b = [i for i in range(np.ndim(b)) if i not in summed_b]
    shape_a, shape_b = np.shape(a), np.shape(b)
    rows = math.prod([shape_a[i] for i in free_a])
    inside = math.prod([shape_a[i] for i in summed_a])
    columns = math.prod([shape_b[i] for i in free_b])
    left = np.reshape(np.transpose(a, free_a + summed_a), (rows, inside))
    right = np.reshape(np.transpose(b, summed_b + free_b), (inside, columns))
    shape = [shape_a[i] for i in free_a] + [shape_b[i] for i in free_b]
    return np.reshape(left @ right, tuple(shape))


# einsum: the cotangent of one factor is the einsum of the result's cotangent and all the others
def explicit(subscripts, operands):
    """Write out the output and the ellipses, so that each axis of each operand has a letter."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    spare = [c for c in string.ascii_letters if c not in subscripts]
    extra = [
        np.ndim(operand) - len(term.replace("...", "")) if "..." in term else 0
        for term, operand in zip(terms, operands, strict=True)
    ]
    rest = spare[: max(extra)]
    terms = tuple(
        term.replace("...", "".join(rest[len(rest) - n :]))
        for term, n in zip(terms, extra, strict=True)
    )
    if not arrow:
        letters = sorted(set(inputs) - set(",."))
        output = "..." + "".join([c for c in letters if inputs.count(c) == 1])
    return terms, output.replace("...", "".join(rest))


@primitive
def contract(terms, output, *operands):
    """Σ ∏ of the operands over every letter that the output does not name."""
    heavy = max([np.size(operand) for operand in operands]) > 1000
    return np.einsum(",".join(terms) + "->" + output, *operands, optimize=heavy)


def pull_contract(needed, g, y, terms, output, *operands):
    return (
        None,
        None,
        *[
            pull_factor(g, terms, output, operands, k) if need else None
            for k, need in enumerate(needed[2:])
        ],
    )


def pull_factor(g, terms, output, operands, k):
    """∂/∂Aₖ of Σ ∏ Aᵢ is the product of the others, with g in the place of the result.

    A letter of Aₖ that appears nowhere else, or only with length one, was summed alone: a factor of
    ones brings it back.  A letter that appears twice in Aₖ read its diagonal: an identity matrix
    puts it back there.
    """
    shape = operands[k].shape
    factors = [(output, g)] + [
        (term, operand)
        for i, (term, operand) in enumerate(zip(terms, operands, strict=True))
        if i != k
    ]
    sizes = {}
    for term, factor in factors:
        for letter, size in zip(term, np.shape(factor), strict=True):
            sizes[letter] = max(size, sizes.get(letter, 0))
    spare = iter([c for c in string.ascii_letters if c not in "".join(terms)])
    mine = ""
    for letter, size in zip(terms[k], shape, strict=True):
        if letter in mine:
            twin = next(spare)
            factors.append((letter + twin, np.eye(size, dtype=g.dtype)))
            mine += twin
        else:
            mine += letter
            if sizes.get(letter, 0) != size:
                factors.append((letter, np.ones(size, g.dtype)))
    return unbroadcast(
        contract(tuple(t for t, _ in factors), mine, *[f for _, f in factors]), shape
    )


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
