"""Functions of samples and of polynomials: interpolation, slopes, areas, windows, coefficients.

What is sampled is moved and weighed by numbers that do not depend on it, so each is a formula in
functions that have rules.
"""

import functools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from calclearn.calculus.arrays import before, with_ones
from calclearn.calculus.kinks import at_kink
from calclearn.calculus.structures import operand
from calclearn.calculus.tracing import plain, primitive, rewritten, rule


# Samples
@rewritten(np.linspace, arrays=2)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    part = np.linspace(0, 1, num, endpoint).reshape(-1, *[1] * max(np.ndim(start), np.ndim(stop)))
    width = stop - start
    y = np.moveaxis(start + width * part.astype(width.dtype), 0, axis)
    y = y if dtype is None else y.astype(dtype)
    return (y, width / max(1, num - 1 if endpoint else num)) if retstep else y


@rewritten(np.logspace, arrays=2)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    y = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else y.astype(dtype)


@rewritten(np.geomspace, arrays=2)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    sign = np.sign(start)
    y = linspace(np.log(start * sign), np.log(stop * sign), num, endpoint, axis=axis)
    return (sign * np.exp(y)).astype(np.float64 if dtype is None else dtype)


@primitive
def bent(y, x, kink):
    """y, which has another slope on either side of a kink in x."""
    return y


rule(bent, lambda g, y, a, x, kink: at_kink(g, x, kink),
           lambda g, y, a, x, kink: np.zeros_like(x))  # fmt: skip


@rewritten(np.interp, arrays=3)
def interp(x, xp, fp, left=None, right=None, period=None):
    """The line between the two samples that x lies between."""
    if period is not None:
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
    if len(xp) == 1:
        y = fp[0] + 0 * x
    else:
        place = np.clip(x, xp[0], xp[-1])

        def line(k):
            return fp[k] + (fp[k + 1] - fp[k]) * ((place - xp[k]) / (xp[k + 1] - xp[k]))

        k = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)
        corner = (x == xp[k]) & (k > 0) & (xp[k - 1] < xp[k])
        y = bent((line(k) + line(k - corner)) / 2, x, corner) if np.any(corner) else line(k)
    y = y if left is None else np.where(x < xp[0], left, y)
    y = y if right is None else np.where(x > xp[-1], right, y)
    return y.astype(np.float64)


@rewritten(np.diff)
def diff(a, n=1, axis=-1, prepend=None, append=None):
    if n and (prepend is not None or append is not None):
        parts = [operand(v) for v in (prepend, a, append) if v is not None]
        edge = with_ones(np.shape(a), axis)
        a = np.concatenate([v if np.ndim(v) else np.broadcast_to(v, edge) for v in parts], axis)
    for _ in range(n):
        a = a[(*before(a, axis), slice(1, None))] - a[(*before(a, axis), slice(None, -1))]
    return a


@rewritten(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    parts = (to_begin, np.diff(np.ravel(ary)), to_end)
    return np.concatenate([np.ravel(operand(p)).astype(ary.dtype) for p in parts if p is not None])


@rewritten(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    """(f(x + h₊) - f(x - h₋)) weighed so that parabolas are exact, and one-sided at the edges."""
    axes = tuple(range(np.ndim(f))) if axis is None else tuple(np.atleast_1d(axis))
    widths = varargs if len(varargs) > 1 else (varargs or (1.0,)) * len(axes)
    if len(widths) != len(axes):
        raise TypeError(f"numpy.gradient needs one spacing for each of {len(axes)} axes")
    slopes = [slope_along(f, operand(h), i, edge_order) for h, i in zip(widths, axes, strict=True)]
    return slopes[0] if len(axes) == 1 else tuple(slopes)


def slope_along(f, spacing, axis, edge_order):
    f = np.moveaxis(f, axis, -1)
    n = f.shape[-1]
    h = (np.diff(spacing) if np.ndim(spacing) else np.ones(n - 1) * spacing).astype(f.dtype)
    d = (f[..., 1:] - f[..., :-1]) / h
    inner = (h[:-1] * d[..., 1:] + h[1:] * d[..., :-1]) / (h[:-1] + h[1:])
    first, last = d[..., :1], d[..., -1:]
    if edge_order == 2:
        first = first - h[0] * (d[..., 1:2] - first) / (h[0] + h[1])
        last = last + h[-1] * (last - d[..., -2:-1]) / (h[-1] + h[-2])
    return np.moveaxis(np.concatenate([first, inner, last], -1), -1, axis)


@rewritten(np.trapezoid, arrays=2)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Σ (yᵢ + yᵢ₊₁) / 2 · Δxᵢ."""
    y = np.moveaxis(y, axis, -1)
    if x is not None:
        dx = np.diff(x if np.ndim(x) == 1 else np.moveaxis(x, axis, -1))
    return np.sum((y[..., 1:] + y[..., :-1]) / 2 * dx, axis=-1)


@rewritten(np.unwrap)
def unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    """Steps of whole periods are added, and they have no slope."""
    turns = np.unwrap(plain(p), discont, axis, period=period) - plain(p)
    return p + turns


@rewritten(np.convolve, arrays=2)
def convolve(a, v, mode="full"):
    """(a * v)ₙ = Σₘ aₙ₋ₘ vₘ, as a product of the windows of a with v reversed."""
    a, v = np.atleast_1d(a), np.atleast_1d(v)
    a, v = (a, v) if len(a) >= len(v) else (v, a)
    margin = len(v) - 1
    whole = sliding_window_view(np.pad(a, margin), len(v)) @ np.flip(v)
    if mode == "full":
        return whole
    start, size = (margin, len(a) - margin) if mode == "valid" else (margin // 2, len(a))
    return whole[start : start + size]


@rewritten(np.correlate, arrays=2)
def correlate(a, v, mode="valid"):
    """cₖ = Σₙ aₙ₊ₖ vₙ."""
    return convolve(a, v[::-1], mode) if len(a) >= len(v) else convolve(a[::-1], v, mode)[::-1]


@rule(np.sinc)
def pull_sinc(g, y, a):
    """(cos πa - sinc a) / a, and its series at 0, where it is 0/0."""
    near = np.abs(plain(a)) < 1e-3
    far = np.where(near, 1, a)
    series = -(np.pi**2) / 3 * a + np.pi**4 / 30 * a**3
    return g * np.where(near, series, (np.cos(np.pi * far) - np.sinc(far)) / far)


# Polynomials, the highest power first
@rewritten(np.polyval, arrays=2)
def polyval(p, x):
    """Horner's scheme: ((p₀ x + p₁) x + p₂) x + ..."""
    return functools.reduce(lambda y, coefficient: y * x + coefficient, p, 0 * x)


@rewritten(np.polyder)
def polyder(p, m=1):
    for _ in range(m):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


@rewritten(np.polyint)
def polyint(p, m=1, k=None):
    constants = np.zeros(m) if k is None else np.broadcast_to(k, (m,))
    for i in range(m):
        p = np.concatenate([p / np.arange(len(p), 0, -1), constants[i : i + 1]])
    return p


@rewritten(np.polyfit, arrays=2)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """Least squares with a column for each power, each scaled to length one."""
    if full or cov:
        raise TypeError("numpy.polyfit under grad has no full and no cov: it gives coefficients")
    A = np.vander(x, deg + 1)
    if w is not None:
        A, y = A * operand(w)[:, None], (y.T * operand(w)).T
    scale = np.sqrt(np.sum(plain(A) ** 2, axis=0))
    return (np.linalg.lstsq(A / scale, y)[0].T / scale).T


@rewritten(np.vander)
def vander(x, N=None, increasing=False):
    powers = np.arange(len(x) if N is None else N)
    return x[:, None] ** (powers if increasing else powers[::-1])


def padded(a, b):
    """Two polynomials with as many coefficients as the longer one."""
    a, b = np.atleast_1d(a), np.atleast_1d(b)
    return [np.pad(p, (max(len(a), len(b)) - len(p), 0)) for p in (a, b)]


rewritten(np.polyadd, arrays=2)(lambda a1, a2: np.add(*padded(a1, a2)))
rewritten(np.polysub, arrays=2)(lambda a1, a2: np.subtract(*padded(a1, a2)))
rewritten(np.polymul, arrays=2)(lambda a1, a2: convolve(a1, a2))
