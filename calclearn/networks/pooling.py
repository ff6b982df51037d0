"""Pooling: every window of an image becomes one number, its largest or its mean.

The one decision: pooling has no weights, so its backward pass is a question of who is responsible.
The largest number of a window answers for it alone; of the numbers of a mean each has its share.
Both are linear in the cotangent, so each way back has an adjoint of its own, which reads from where
the other one writes, and second derivatives need nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from calclearn.calculus.tracing import plain, primitive, rule
from calclearn.descent.batches import Array
from calclearn.networks.layers import Layer, Shape, with_axes
from calclearn.networks.windows import (
    Pair,
    Windows,
    examples_first,
    examples_last,
    images,
    views,
    windows_of,
)


def pooling_windows(kernel_size: Any, stride: Any, padding: Any) -> Windows:
    """Windows side by side where no stride is given, and each of them on the image itself.

    Raises ValueError for a padding of more than half of the kernel.
    """
    found = windows_of(kernel_size, kernel_size if stride is None else stride, padding)
    (kh, kw), _, (ph, pw) = found
    if 2 * ph > kh or 2 * pw > kw:
        raise ValueError(f"padding must be at most half of kernel_size {kh, kw}, got {ph, pw}")
    return found


# The largest
@primitive
def max_pool2d(
    x: Array, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0
) -> Array:
    """The largest number of every window; see `MaxPool2D` for the equations.

    (N, C, H, W) to (N, C, H', W').  Raises ValueError for other shapes and for windows that do
    not fit.

    >>> max_pool2d(np.array([[[[1.0, 5.0, 2.0, 3.0], [4.0, 5.0, 0.0, 1.0]]]]), 2)[0, 0]
    array([[5., 3.]])
    """
    x, windows = images(x), pooling_windows(kernel_size, stride, padding)
    first, *others = views(windows.cells(windows.padded(x, -np.inf)))
    y = first.copy()
    for view in others:
        np.maximum(y, view, out=y)
    return examples_first(y)


def winners(x: np.ndarray, y: np.ndarray, windows: Windows) -> Iterator[np.ndarray]:
    """For each cell of the windows where it is the first that equals the largest number."""
    y = examples_last(y)
    free = np.ones(y.shape, bool)
    for view in views(windows.cells(windows.padded(x, -np.inf)))[:-1]:
        wins = view == y
        wins &= free
        free ^= wins
        yield wins
    yield free  # one of them has to win


@primitive
def to_winners(g: np.ndarray, x: np.ndarray, y: np.ndarray, windows: Windows) -> np.ndarray:
    """Each window's g at its winner, 0 elsewhere: (N, C, H', W') to (N, C, H, W)."""
    g, whole = examples_last(g), windows.zeros(x.shape, g.dtype)
    windows.put_back(windows.cells(whole), (g * wins for wins in winners(x, y, windows)))
    return windows.unpadded(whole)


@primitive
def from_winners(h: np.ndarray, x: np.ndarray, y: np.ndarray, windows: Windows) -> np.ndarray:
    """The adjoint of `to_winners`: for each window the h at its winner."""
    parts = views(windows.cells(windows.padded(h)))
    chosen = (part * wins for part, wins in zip(parts, winners(x, y, windows), strict=True))
    return examples_first(sum(chosen))


@rule(max_pool2d)
def pull_max(g, y, x, kernel_size, stride=None, padding=0):
    """Who wins is a fact, not a function: it has no slope, so x and y come without their trace."""
    return to_winners(g, plain(x), plain(y), pooling_windows(kernel_size, stride, padding))


rule(to_winners, lambda h, _, g, x, y, windows: from_winners(h, x, y, windows))
rule(from_winners, lambda g, _, h, x, y, windows: to_winners(g, x, y, windows))


# The mean
@primitive
def avg_pool2d(
    x: Array, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0
) -> Array:
    """The mean of every window, padding included; see `AvgPool2D` for the equations.

    (N, C, H, W) to (N, C, H', W').  Raises ValueError for other shapes and for windows that do
    not fit.

    >>> avg_pool2d(np.array([[[[1.0, 5.0, 2.0, 3.0], [4.0, 6.0, 0.0, 1.0]]]]), 2)[0, 0]
    array([[4. , 1.5]])
    """
    x, windows = images(x), pooling_windows(kernel_size, stride, padding)
    parts = views(windows.cells(windows.padded(x)))
    return examples_first(sum(parts) / len(parts))


@primitive
def shared(g: np.ndarray, windows: Windows, shape: Shape) -> np.ndarray:
    """The adjoint of `avg_pool2d`: every cell of a window gets an equal share of the window's g."""
    kh, kw = windows.kernel_size
    share, whole = examples_last(g) / (kh * kw), windows.zeros(shape, g.dtype)
    windows.put_back(windows.cells(whole), [share] * (kh * kw))
    return windows.unpadded(whole)


@rule(avg_pool2d)
def pull_mean(g, y, x, kernel_size, stride=None, padding=0):
    return shared(g, pooling_windows(kernel_size, stride, padding), x.shape)


rule(shared, lambda h, _, g, windows, shape: avg_pool2d(h, *windows))


# The layers
class Pooling(Layer):
    """What both have: the windows, and a shape that shrinks by them."""

    def __post_init__(self) -> None:
        _ = self.windows  # raises where there can be none

    @cached_property
    def windows(self) -> Windows:
        """The windows that become one number each."""
        return pooling_windows(self.kernel_size, self.stride, self.padding)

    def output_shape(self, shape: Shape) -> Shape:
        with_axes(self, "C H W", shape)
        return (shape[0], *self.windows.output_size(shape[1:]))


@dataclass(frozen=True)
class MaxPool2D(Pooling):
    """The largest number of every window, in each channel by itself.

        y[n,c,i,j] = max_uv x̂[n,c, s i + u, s j + v]

    x: (N, C, H, W) to y: (N, C, H', W') with H' = ⌊(H + 2p - k_h) / s⌋ + 1.  x̂ is x with p rows and
    columns of -∞ around it; `kernel_size` k, `stride` s (k where it is not given) and `padding` p
    are whole numbers or pairs (rows, columns).

    Backward, with G = ∂L/∂y.  Near x the window's largest number stays the largest, so y moves with
    it alone, with slope 1.  If (u*, v*) is where window (i, j) has its largest number,

        ∂L/∂x̂[n,c,p,q] = Σ_ij G[n,c,i,j]     over the windows with s i + u* = p, s j + v* = q

    Where several are largest there is a kink, and the first in the order of reading takes all, as
    in PyTorch.  The second derivative is 0 wherever there is one.

    Raises ValueError for sizes that are no whole numbers, for a padding of more than half of the
    kernel, and for kernels larger than x̂.

    >>> MaxPool2D(2).output_shape((8, 6, 7))
    (8, 3, 3)

    Source: Scherer, Müller & Behnke, "Evaluation of pooling operations in convolutional
    architectures for object recognition", ICANN (2010).
    """

    kernel_size: int | Pair
    stride: int | Pair | None = None
    padding: int | Pair = 0

    def __call__(self, parameters: tuple, x: Array) -> Array:
        return max_pool2d(x, *self.windows)


@dataclass(frozen=True)
class AvgPool2D(Pooling):
    """The mean of every window, in each channel by itself.

        y[n,c,i,j] = 1/(k_h k_w) Σ_uv x̂[n,c, s i + u, s j + v]

    Shapes, sizes and errors are those of `MaxPool2D`, but the padding is 0, and counts in the mean.

    Backward, with G = ∂L/∂y.  Every cell has slope 1/(k_h k_w) in each window that covers it:

        ∂L/∂x̂[n,c,p,q] = 1/(k_h k_w) Σ_ij G[n,c,i,j]     over the windows that cover (p, q)

    It is the convolution of each channel with a kernel of equal weights that do not learn.

    >>> AvgPool2D(3, stride=1, padding=1)((), np.ones((1, 1, 2, 2)))[0, 0].round(3)
    array([[0.444, 0.444],
           [0.444, 0.444]])

    Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document
    recognition", Proc. IEEE 86 (1998).
    """

    kernel_size: int | Pair
    stride: int | Pair | None = None
    padding: int | Pair = 0

    def __call__(self, parameters: tuple, x: Array) -> Array:
        return avg_pool2d(x, *self.windows)
