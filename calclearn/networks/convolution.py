"""Convolution: one small kernel weighs every window of an image.

The one decision: convolution is a matrix product.  What the kernels see in one window is written
down as a column, all columns stand beside each other, and each kernel is a row:

    Y = W K + b        W: (O, C k_h k_w),   K: (C k_h k_w, H' W' N),   Y: (O, H' W' N)

So its derivative is that of a matrix product.  To write down the columns only copies numbers, and
on the way back each returns to where it came from.  The columns are kept until then; they take
k_h k_w / s² times the memory of the images.

Where a compiled engine wins: with one thread, as here, PyTorch takes about twice our time for the
first convolution of small images, and overtakes as the matrices grow.  Through a second one of 8 to
16 channels (3 × 3, batches of 64, float32) a training step takes it 1.4 times our time on images of
8 × 8 and 0.7 times on 28 × 28; through one of 16 to 32 channels 0.9 and 0.6 times.
``tests/benchmarks/networks.py`` prints the figures.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from calclearn.calculus.rules import sum_rows
from calclearn.calculus.tracing import primitive, rule
from calclearn.descent.arguments import whole_number
from calclearn.descent.batches import Array
from calclearn.networks.initial import Initial, he, initial_like
from calclearn.networks.layers import Layer, Shape, floating, taken, with_axes
from calclearn.networks.windows import (
    Pair,
    Windows,
    examples_first,
    images,
    views,
    windows_of,
)


# The columns, and the way back
@primitive
def columns(x: np.ndarray, windows: Windows) -> np.ndarray:
    """K[c,u,v,i,j,n] = x̂[n,c, s i + u, s j + v]:  (N, C, H, W) to (C, k_h, k_w, H', W', N)."""
    return windows.cells(windows.padded(x)).copy()


@primitive
def folded(K: np.ndarray, windows: Windows, shape: Shape) -> np.ndarray:
    """The adjoint of `columns`: each entry of K added to where it came from, in (N, C, H, W)."""
    whole = windows.zeros(shape, K.dtype)
    windows.put_back(windows.cells(whole), views(K))
    return windows.unpadded(whole)


rule(columns, lambda g, y, x, windows: folded(g, windows, x.shape))
rule(folded, lambda g, y, K, windows, shape: columns(g, windows))


# The matrix product
@primitive
def weighed(K: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Y = W K + b:  (C, k_h, k_w, H', W', N), (O, C, k_h, k_w) and (O,) to (N, O, H', W')."""
    rows = W.reshape(len(W), -1)
    Y = rows @ K.reshape(rows.shape[1], -1)
    Y += b[:, None]
    return examples_first(Y.reshape(len(W), *K.shape[3:]))


def pull_weighed(needed, g, y, K, W, b):
    """K̄ = Wᵀ G,  W̄ = G Kᵀ,  b̄ = G 1,  where G: (O, H' W' N) is the cotangent of Y."""
    rows = W.reshape((len(W), -1))
    G = np.transpose(g, (1, 2, 3, 0)).reshape((len(W), -1))
    flat = K.reshape((rows.shape[1], -1))
    return (
        (rows.T @ G).reshape(K.shape) if needed[0] else None,
        (flat @ G.T).T.reshape(W.shape) if needed[1] else None,  # faster than G @ flat.T
        sum_rows(G.T) if needed[2] else None,
    )


rule(weighed, together=pull_weighed)


def conv2d(x: Array, W: Array, b: Array, stride: int | Pair = 1, padding: int | Pair = 0) -> Array:
    """Weigh every window of the images x with every kernel; see `Conv2D` for the equations.

    (N, C, H, W), (O, C, k_h, k_w) and (O,) to (N, O, H', W').  Raises ValueError for other shapes,
    for kernels larger than the image with its padding, and for sizes that are no whole numbers.

    >>> image = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    >>> edge = np.array([[[[-1.0, 1.0]]]])
    >>> conv2d(image, edge, np.zeros(1))[0, 0]
    array([[1., 1.],
           [1., 1.]])
    """
    x, W, b = images(x), floating("W", W), floating("b", b)
    C = x.shape[1]
    if W.ndim != 4 or W.shape[1] != C or b.shape != W.shape[:1]:
        raise ValueError(
            f"W and b must have shapes (O, {C}, k_h, k_w) and (O,) for x of shape {x.shape}, "
            f"got {W.shape} and {b.shape}"
        )
    return weighed(columns(x, windows_of(W.shape[2:], stride, padding)), W, b)


@dataclass(frozen=True)
class Conv2D(Layer):
    """Each of the `channels` of the output weighs the windows of x with its own kernel.

        y[n,o,i,j] = b[o] + Σ_cuv W[o,c,u,v] x̂[n,c, s i + u, s j + v]

    x: (N, C, H, W) to y: (N, O, H', W') with H' = ⌊(H + 2p - k_h) / s⌋ + 1; W: (O, C, k_h, k_w),
    b: (O,).  x̂ is x with p rows and columns of zeros around it; `kernel_size` k, `stride` s and
    `padding` p are whole numbers or pairs (rows, columns).

    Backward, with G = ∂L/∂y.  A weight is in every window, and there it is multiplied by what it
    covers; a number of the image is in each window that covers it, and there it is multiplied by
    the weight that lies on it; a bias is in every output, with slope 1:

        ∂L/∂W[o,c,u,v] = Σ_nij G[n,o,i,j] x̂[n,c, s i + u, s j + v]
        ∂L/∂x̂[n,c,p,q] = Σ_o Σ_ijuv G[n,o,i,j] W[o,c,u,v]     over all s i + u = p, s j + v = q
        ∂L/∂b[o]       = Σ_nij G[n,o,i,j]

    The first is a convolution of the image with G.  For s = 1 the second is Σ_ouv G[n,o,p-u,q-v]
    W[o,c,u,v], a convolution of G with the flipped kernels.  As matrices, with G: (O, H' W' N):

        Y = W K + b:      ∂L/∂W = G Kᵀ,      ∂L/∂K = Wᵀ G,      ∂L/∂b = G 1

    and ∂L/∂x̂ adds each entry of ∂L/∂K to the number that was copied there.

    Raises ValueError for sizes that are no whole numbers, for kernels larger than x̂, and for
    parameters of other shapes.

    >>> layer = Conv2D(8, kernel_size=3, stride=2, padding=1)
    >>> layer.shapes((3, 8, 8)), layer.output_shape((3, 8, 8))
    ({'W': (8, 3, 3, 3), 'b': (8,)}, (8, 4, 4))

    Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document
    recognition", Proc. IEEE 86 (1998); as a matrix product: Chellapilla, Puri & Simard, "High
    performance convolutional neural networks for document processing", IWFHR (2006).
    """

    channels: int
    kernel_size: int | Pair
    stride: int | Pair = 1
    padding: int | Pair = 0
    initial: Initial = field(default=he, repr=False)

    def __post_init__(self) -> None:
        whole_number("channels", self.channels, 1)
        initial_like("initial", self.initial)
        _ = self.windows  # raises where there can be none

    @cached_property
    def windows(self) -> Windows:
        """The windows that the kernels are laid on."""
        return windows_of(self.kernel_size, self.stride, self.padding)

    def shapes(self, shape: Shape) -> dict[str, Shape]:
        with_axes(self, "C H W", shape)
        W = (self.channels, shape[0], *self.windows.kernel_size)
        return {"W": W, "b": (self.channels,)}

    def output_shape(self, shape: Shape) -> Shape:
        with_axes(self, "C H W", shape)
        return (self.channels, *self.windows.output_size(shape[1:]))

    def __call__(self, parameters: tuple[Array, Array], x: Array) -> Array:
        x, W, b = taken(self, parameters, x)
        return weighed(columns(x, self.windows), W, b)
