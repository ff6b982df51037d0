"""Windows: the small rectangles of an image that a kernel is laid on, one after the other.

The one decision: a loop over the few cells of the kernel, never over the many windows.  For each of
its k_h · k_w cells there is one view of the image: what the cell (u, v) covers in window (i, j),

    view_uv[i, j] = x̂[s i + u, s j + v]        x̂: x with its padding, s: the stride

Convolution weighs and adds these views, average pooling adds them, max pooling takes the largest.
On the way back each number returns to where it came from: the same loop, with += in place of =.

Here and in ``convolution`` and ``pooling`` the examples come last in memory, (C, H, W, N), of which
the outside sees PyTorch's (N, C, H, W) as a transposed view.  A stride then leaves out whole rows
of examples, never single numbers: pooling and its way back take half the time.  Activations keep
the order in memory that they find, so between these layers nothing has to be moved.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from calclearn.descent.surfaces import Array
from calclearn.networks.layers import Shape, floating

Pair = tuple[int, int]


class Windows(NamedTuple):
    """Windows of k_h × k_w cells, `stride` apart, on an image with `padding` all around it.

    >>> Windows(kernel_size=(3, 3), stride=(2, 2), padding=(1, 1)).output_size((8, 7))
    (4, 4)
    """

    kernel_size: Pair
    stride: Pair
    padding: Pair

    def output_size(self, size: Pair) -> Pair:
        """How many windows an image H × W has:  ⌊(H + 2p - k) / s⌋ + 1 rows, and so for columns.

        Raises ValueError where it has none.
        """
        (H, W), (ph, pw) = size, self.padding
        return self.fitting((H + 2 * ph, W + 2 * pw))

    def fitting(self, size: Pair) -> Pair:
        """How many windows fit where the padding is already there."""
        (kh, kw), (sh, sw), _ = self
        H, W = size
        if kh > H or kw > W:
            raise ValueError(
                f"kernel_size must fit into the image with its padding, {H, W}, got {kh, kw}"
            )
        return (H - kh) // sh + 1, (W - kw) // sw + 1

    def padded(self, x: np.ndarray, fill: float = 0.0) -> np.ndarray:
        """x̂ with the examples last: (N, C, H, W) to (C, H + 2p, W + 2p, N)."""
        x, (ph, pw) = examples_last(x), self.padding
        if ph == pw == 0:
            return x
        C, H, W, N = x.shape
        whole = np.full((C, H + 2 * ph, W + 2 * pw, N), fill, x.dtype)
        whole[:, ph : ph + H, pw : pw + W] = x
        return whole

    def cells(self, whole: np.ndarray) -> np.ndarray:
        """All views of x̂ as one, (C, k_h, k_w, H', W', N): strides in place of copies.

        Raises ValueError where no window fits.
        """
        kernel_size, (sh, sw), _ = self
        (C, H, W, N), (c, h, w, n) = whole.shape, whole.strides
        shape = (C, *kernel_size, *self.fitting((H, W)), N)
        return np.ndarray(shape, whole.dtype, whole, strides=(c, h, w, sh * h, sw * w, n))

    # The way back
    def zeros(self, shape: Shape, dtype: Any) -> np.ndarray:
        """An empty x̂ for images of the shape (N, C, H, W)."""
        (N, C, H, W), (ph, pw) = shape, self.padding
        return np.zeros((C, H + 2 * ph, W + 2 * pw, N), dtype)

    def put_back(self, cells: np.ndarray, parts: Iterable[np.ndarray]) -> None:
        """Add to each of the views its part: the adjoint of reading the views.

        Σ_uv part_uv · view_uv(x̂) = put_back(parts) · x̂     for every x̂
        """
        (kh, kw), (sh, sw), _ = self
        apart = sh >= kh and sw >= kw  # then no number lies in two windows
        for view, part in zip(views(cells), parts, strict=True):
            if apart:
                view[...] = part
            else:
                view += part

    def unpadded(self, whole: np.ndarray) -> np.ndarray:
        """The image in x̂: (C, H + 2p, W + 2p, N) to (N, C, H, W)."""
        (ph, pw), (_, H, W, _) = self.padding, whole.shape
        return examples_first(whole[:, ph : H - ph, pw : W - pw])


def views(cells: np.ndarray) -> list[np.ndarray]:
    """The views of all cells one by one, in the order of reading: each (C, H', W', N)."""
    _, kh, kw, *_ = cells.shape
    return [cells[:, u, v] for u in range(kh) for v in range(kw)]


def examples_last(x: np.ndarray) -> np.ndarray:
    """(N, C, H, W) to (C, H, W, N), moved only where it does not lie so in memory already."""
    return np.ascontiguousarray(x.transpose(1, 2, 3, 0))


def examples_first(x: np.ndarray) -> np.ndarray:
    """(C, H, W, N) as (N, C, H, W), not moved."""
    return x.transpose(3, 0, 1, 2)


# At the door
def windows_of(kernel_size: Any, stride: Any, padding: Any) -> Windows:
    """Windows of sizes that are each a whole number, or a pair of them: (rows, columns).

    Raises ValueError for other sizes.

    >>> windows_of(2, (1, 2), 0)
    Windows(kernel_size=(2, 2), stride=(1, 2), padding=(0, 0))
    """
    try:
        return windows_known(kernel_size, stride, padding)
    except TypeError:  # lists cannot be looked up
        return windows_known.__wrapped__(kernel_size, stride, padding)


@lru_cache(typed=True)
def windows_known(kernel_size: Any, stride: Any, padding: Any) -> Windows:
    kernel_size, stride = pair("kernel_size", kernel_size, 1), pair("stride", stride, 1)
    return Windows(kernel_size, stride, pair("padding", padding, 0))


def pair(name: str, value: Any, least: int) -> Pair:
    """The same whole number for rows and columns, or one for each."""
    both = value if isinstance(value, tuple | list) else (value, value)
    whole = [n for n in both if isinstance(n, int | np.integer) and not isinstance(n, bool)]
    if not len(both) == len(whole) == 2 or min(whole) < least:
        raise ValueError(
            f"{name} must be a whole number of at least {least} or a pair of them, "
            f"got {value!r:.60}"
        )
    return int(both[0]), int(both[1])


def images(x: Array) -> Array:
    """x as floating-point images (N, C, H, W), or one sentence that says why they are none."""
    x = floating("x", x)
    if x.ndim != 4:
        raise ValueError(f"x must have shape (N, C, H, W), got {x.shape}")
    return x
