"""Layers of images: a small window is laid on the image at one place after the other.

Convolution weighs the numbers in every window, average pooling takes their mean, max pooling the
largest. All three begin with the same two steps, which only move numbers:

    columns    K[c,u,v,i,j,n] = x̂[n,c, s i + u, s j + v]       what each cell of a window covers
    folded     each entry of K is added to where it came from: the adjoint of the first

with a loop over the few cells of the window, never over the many windows. In memory the examples
come last, (C, H, W, N), of which the outside sees PyTorch's (N, C, H, W) as a transposed view: a
stride then leaves out whole rows of examples, never single numbers.

Images are x (N, C, H, W), and x̂ is x with p rows and columns all around it. `kernel_size` k,
`stride` s and `padding` p are whole numbers or pairs (rows, columns); sizes and shapes that do not
fit raise ValueError. The output has H' = ⌊(H + 2p - k_h) / s⌋ + 1 rows, and so columns.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from calclearn.calculus.rules import sum_rows, unbroadcast
from calclearn.calculus.tracing import plain, primitive, rule
from calclearn.descent.arguments import floating, instance, shown, whole
from calclearn.descent.surfaces import Array
from calclearn.networks.initial import EXPECTED, Initial, he
from calclearn.networks.layers import Layer, Shape, with_axes

Pair = tuple[int, int]
Size = int | Pair


class Windows(NamedTuple):
    """Windows of k_h × k_w cells, `stride` apart, on an image with `padding` all around it."""

    kernel_size: Pair
    stride: Pair
    padding: Pair

    def output_size(self, size: Pair) -> Pair:
        """How many windows an image H × W has: (H', W')."""
        (kh, kw), (sh, sw), (ph, pw) = self
        H, W = size[0] + 2 * ph, size[1] + 2 * pw
        if kh > H or kw > W:
            place = f"into the image with its padding, {H, W}"
            raise ValueError(f"kernel_size must fit {place}, got {kh, kw}")
        return (H - kh) // sh + 1, (W - kw) // sw + 1

    def cells(self, x: np.ndarray, fill: float = 0.0) -> np.ndarray:
        """K of the images x (N, C, H, W), to be read only: a view of x̂, no copy of its cells."""
        (ph, pw), size, x = self.padding, self.output_size(x.shape[2:]), examples_last(x)
        if ph or pw:
            x = np.pad(x, ((0, 0), (ph, ph), (pw, pw), (0, 0)), constant_values=fill)
        return self.cells_of(x, size)

    def cells_of(self, padded: np.ndarray, size: Pair) -> np.ndarray:
        """All cells of all windows of x̂ (C, H, W, N) as one view (C, k_h, k_w, H', W', N)."""
        (C, _, _, N), (c, h, w, n), (sh, sw) = padded.shape, padded.strides, self.stride
        shape, strides = (C, *self.kernel_size, *size, N), (c, h, w, sh * h, sw * w, n)
        return np.ndarray(shape, padded.dtype, padded, strides=strides)


def windows_of(kernel_size: Any, stride: Any, padding: Any) -> Windows:
    """Windows of sizes that are each a whole number, or a pair of them: (rows, columns)."""
    pairs, given = [], zip(Windows._fields, (kernel_size, stride, padding), (1, 1, 0), strict=True)
    for name, value, least in given:
        try:
            rows, columns = value if isinstance(value, tuple | list) else (value, value)
            whole(name, rows, least)
            whole(name, columns, least)
        except ValueError:
            expected = f"a whole number of at least {least} or a pair of them"
            raise ValueError(f"{name} must be {expected}, got {shown(value)}") from None
        pairs.append((int(rows), int(columns)))
    return Windows(*pairs)


def examples_last(x: np.ndarray) -> np.ndarray:
    """(N, C, H, W) to (C, H, W, N), moved only where it does not lie so in memory already."""
    return np.ascontiguousarray(x.transpose(1, 2, 3, 0))


@primitive
def columns(x: np.ndarray, windows: Windows) -> np.ndarray:
    """What each cell of each window covers: (N, C, H, W) to (C, k_h, k_w, H', W', N)."""
    return windows.cells(x).copy()


@primitive
def folded(K: np.ndarray, windows: Windows, shape: Shape, wins: Any = True) -> np.ndarray:
    """The adjoint of `columns`: entries of K, where they win, added to where they came from."""
    (N, C, H, W), (ph, pw) = shape, windows.padding
    padded = np.zeros((C, H + 2 * ph, W + 2 * pw, N), K.dtype)
    cells = windows.cells_of(padded, K.shape[3:5])
    (kh, kw), (sh, sw), _ = windows
    if sh >= kh and sw >= kw:  # no number is in two windows
        np.multiply(K, wins, out=cells)
    else:
        K = K if wins is True else K * wins
        for u, v in np.ndindex(windows.kernel_size):
            cells[:, u, v] += K[:, u, v]
    return padded[:, ph : ph + H, pw : pw + W].transpose(3, 0, 1, 2)


rule(columns, lambda g, y, x, windows: folded(g, windows, x.shape))
rule(
    folded, lambda g, y, K, windows, _, wins=True: unbroadcast(columns(g, windows) * wins, K.shape)
)


class Windowed(Layer):
    """What convolution and pooling have in common."""

    @cached_property
    def windows(self) -> Windows:
        """The windows, side by side where no stride is given."""
        stride = self.kernel_size if self.stride is None else self.stride
        return windows_of(self.kernel_size, stride, self.padding)

    def output_shape(self, shape: Shape) -> Shape:
        with_axes(self, "C H W", shape)
        channels = getattr(self, "channels", shape[0])  # of pooling, as many as the input has
        return (channels, *self.windows.output_size(shape[1:]))


# Convolution
@primitive
def weighed(K: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Y = W K + b:  (C, k_h, k_w, H', W', N), (O, C, k_h, k_w) and (O,) to (N, O, H', W')."""
    kernels = W.reshape(len(W), -1)
    Y = np.empty((len(W), *K.shape[3:]), np.result_type(K, W))
    np.matmul(kernels, row_by_row(K, kernels.shape[1]), out=row_by_row(Y, len(W)))
    Y += b[:, None, None, None]
    return Y.transpose(3, 0, 1, 2)


def row_by_row(A: Array, count: int) -> Array:
    """(..., H', W', N) as matrices (H', count, W' N): a product a row, which fits the cache."""
    H, W, N = A.shape[-3:]
    return np.transpose(A.reshape((count, H, W * N)), (1, 0, 2))


def pull_weighed(needed, g, y, K, W, b):
    """K̄ = Wᵀ G,  W̄ = G Kᵀ,  b̄ = G 1,  where G: (O, H' W' N) is the cotangent of Y = W K + b."""
    kernels = W.reshape((len(W), -1))
    g = np.transpose(g, (1, 2, 3, 0))  # (O, H', W', N)
    G, covered = row_by_row(g, len(W)), row_by_row(K, kernels.shape[1])
    return (
        np.transpose(kernels.T @ G, (1, 0, 2)).reshape(K.shape) if needed[0] else None,
        np.sum(covered @ np.swapaxes(G, 1, 2), axis=0).T.reshape(W.shape) if needed[1] else None,
        sum_rows(g.reshape((len(W), -1)).T) if needed[2] else None,
    )


rule(weighed, together=pull_weighed)


def conv2d(x: Array, W: Array, b: Array, stride: Size = 1, padding: Size = 0) -> Array:
    """What `Conv2D` computes, as a function of images, kernels (O, C, k_h, k_w) and biases (O,).

    >>> conv2d([[[[1.0, 2.0, 4.0], [4.0, 5.0, 6.0]]]], [[[[-1.0, 1.0]]]], [0.0])[0, 0]
    array([[1., 2.],
           [1., 1.]])
    """
    W = floating("W", W)
    if W.ndim != 4:
        raise ValueError(f"W must have shape (O, C, k_h, k_w), got {W.shape}")
    return Conv2D(len(W), W.shape[2:], stride, padding)((W, b), x)


@dataclass(frozen=True)
class Conv2D(Windowed):
    """Each of the `channels` of the output weighs the windows of x with its own kernel.

        y[n,o,i,j] = b[o] + Σ_cuv W[o,c,u,v] x̂[n,c, s i + u, s j + v]

    (N, C, H, W) to (N, O, H', W') with W: (O, C, k_h, k_w) and b: (O,); x̂ has zeros around x.
    Backward, a weight multiplies what it covers in every window, a number of the image the weights
    that lie on it, and a bias is in every output with slope 1:

        ∂L/∂W[o,c,u,v] = Σ_nij G[n,o,i,j] x̂[n,c, s i + u, s j + v]
        ∂L/∂x̂[n,c,p,q] = Σ_o Σ_ijuv G[n,o,i,j] W[o,c,u,v]     over all s i + u = p, s j + v = q
        ∂L/∂b[o]       = Σ_nij G[n,o,i,j]

    >>> layer = Conv2D(8, kernel_size=3, stride=2, padding=1)
    >>> layer.shapes((3, 8, 8)), layer.output_shape((3, 8, 8))
    ({'W': (8, 3, 3, 3), 'b': (8,)}, (8, 4, 4))

    Source: LeCun, Bottou, Bengio & Haffner, Proc. IEEE 86 (1998); as a matrix product:
    Chellapilla, Puri & Simard, IWFHR (2006).
    """

    channels: int
    kernel_size: Size
    stride: Size = 1
    padding: Size = 0
    initial: Initial = field(default=he, repr=False)

    def __post_init__(self) -> None:
        whole("channels", self.channels, 1)
        instance("initial", self.initial, Callable, EXPECTED)
        windows_of(self.kernel_size, self.stride, self.padding)

    def shapes(self, shape: Shape) -> dict[str, Shape]:
        with_axes(self, "C H W", shape)
        W = (self.channels, shape[0], *self.windows.kernel_size)
        return {"W": W, "b": (self.channels,)}

    def forward(self, parameters: tuple[Array, Array], x: Array) -> Array:
        return weighed(columns(x, self.windows), *parameters)


# Pooling
@primitive
def largest(x: np.ndarray, windows: Windows) -> np.ndarray:
    """The largest number of every window: (N, C, H, W) to (N, C, H', W')."""
    cells = windows.cells(x, -np.inf)
    y = cells[:, 0, 0].copy()
    for u, v in np.ndindex(windows.kernel_size):
        np.maximum(y, cells[:, u, v], out=y)
    return y.transpose(3, 0, 1, 2)


@rule(largest)
def pull_largest(g, y, x, windows):
    """G goes to the first cell of a window that equals its largest number, which has no slope."""
    cells, y = windows.cells(plain(x), -np.inf), examples_last(plain(y))
    wins, free = np.empty(cells.shape, bool), np.ones(y.shape, bool)
    for u, v in np.ndindex(windows.kernel_size):
        first = np.equal(cells[:, u, v], y, out=wins[:, u, v])
        first &= free
        free ^= first
    G = examples_last(g) if type(g) is np.ndarray else np.transpose(g, (1, 2, 3, 0))
    return folded(G[:, None, None], windows, x.shape, wins)


@dataclass(frozen=True)
class Pooling(Windowed):
    """What max and average pooling have in common: a padding of at most half of the kernel."""

    kernel_size: Size
    stride: Size | None = None
    padding: Size = 0

    def __post_init__(self) -> None:
        (kh, kw), _, (ph, pw) = self.windows
        if 2 * ph > kh or 2 * pw > kw:
            raise ValueError(f"padding must be at most half of kernel_size {kh, kw}, got {ph, pw}")


@dataclass(frozen=True)
class MaxPool2D(Pooling):
    """The largest number of every window, in each channel by itself; x̂ has -∞ around x.

        y[n,c,i,j] = max_uv x̂[n,c, s i + u, s j + v]

    Without a `stride`, it is the kernel's size. Backward, if (u*, v*) is where window (i, j) has
    its largest number, the first in the order of reading where several are, as in PyTorch:

        ∂L/∂x̂[n,c,p,q] = Σ_ij G[n,c,i,j]     over the windows with s i + u* = p, s j + v* = q

    >>> MaxPool2D(2).output_shape((8, 6, 7))
    (8, 3, 3)

    Source: Scherer, Müller & Behnke, ICANN (2010).
    """

    def forward(self, parameters: tuple, x: Array) -> Array:
        return largest(x, self.windows)


@dataclass(frozen=True)
class AvgPool2D(Pooling):
    """The mean of every window, in each channel by itself; x̂ has zeros around x, which count.

        y[n,c,i,j]     = 1/(k_h k_w) Σ_uv x̂[n,c, s i + u, s j + v]
        ∂L/∂x̂[n,c,p,q] = 1/(k_h k_w) Σ_ij G[n,c,i,j]     over the windows that cover (p, q)

    Without a `stride`, it is the kernel's size.

    >>> AvgPool2D(3, stride=1, padding=1)((), np.ones((1, 1, 2, 2)))[0, 0, 0].round(3)
    array([0.444, 0.444])

    Source: LeCun, Bottou, Bengio & Haffner, Proc. IEEE 86 (1998).
    """

    def forward(self, parameters: tuple, x: Array) -> Array:
        return np.transpose(np.mean(columns(x, self.windows), axis=(1, 2)), (3, 0, 1, 2))


def max_pool2d(x: Array, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> Array:
    """What `MaxPool2D` computes, as a function of images.

    >>> max_pool2d([[[[1.0, 5.0, 2.0, 3.0], [4.0, 5.0, 0.0, 1.0]]]], 2)[0, 0]
    array([[5., 3.]])
    """
    return MaxPool2D(kernel_size, stride, padding)((), x)


def avg_pool2d(x: Array, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> Array:
    """What `AvgPool2D` computes, as a function of images.

    >>> avg_pool2d([[[[1.0, 5.0, 2.0, 3.0], [4.0, 6.0, 0.0, 1.0]]]], 2)[0, 0]
    array([[4. , 1.5]])
    """
    return AvgPool2D(kernel_size, stride, padding)((), x)
