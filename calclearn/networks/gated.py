"""Gates let a state pass through many steps unchanged, so that the error can travel back as far.

A plain recurrent layer multiplies the error by W_hh and φ' at each step.  A gate is a number
between 0 and 1 that the layer computes for itself, and where it is near 1 the state is kept:

    LSTM    c_t = f_t c_{t-1} + i_t g_t,              ∂c_t/∂c_{t-1} = f_t + ...
    GRU     h_t = z_t h_{t-1} + (1 - z_t) n_t,        ∂h_t/∂h_{t-1} = z_t + ...

Only the states h are stored for the way back: once they are all known, one matrix product gives the
gates of all steps again.  The slopes of every gate are formulas for all steps at once, too, and the
loop is left with what must wait for the step after: adjoints times slopes, and times W_hh.

Sums, gates and adjoints of all steps are the largest arrays here, and fresh memory is slow.  So a
sum is overwritten by its gate, and where a gate is done with, by its adjoint.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calclearn.descent.losses import sigmoid
from calclearn.descent.surfaces import Array
from calclearn.networks.recurrent import Parameters, Recurrent, State, affine


@dataclass(frozen=True)
class LSTM(Recurrent):
    """Long short-term memory: (N, T, D) to (N, T, H).

        a_t = x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh         of the blocks a_i, a_f, a_g, a_o
        i, f, o = σ(a_i), σ(a_f), σ(a_o),   g = tanh a_g      write, keep, show; what to write
        c_t = f c_{t-1} + i g,   h_t = o tanh c_t             c_0 = 0

    Backward, with G_t = ∂L/∂y_t and σ' = σ(1 - σ): c_t reaches L through h_t, and through c_{t+1},
    which holds it times the next f,

        h̄_t = G_t + ā_{t+1} W_hh,       c̄_t = h̄_t o (1 - tanh² c_t) + c̄_{t+1} f_{t+1}
        ā_i = c̄_t g i(1 - i),           ā_f = c̄_t c_{t-1} f(1 - f)
        ā_g = c̄_t i (1 - g²),           ā_o = h̄_t tanh(c_t) o(1 - o)

    `truncate` holds back both h̄ and c̄.  Raises ValueError where it is below 1.

    >>> LSTM(8).shapes((50, 3))["W_ih"], LSTM(8).output_shape((50, 3))
    ((32, 3), (50, 8))

    Source: Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9 (1997); the
    gate f: Gers, Schmidhuber & Cummins, "Learning to forget", Neural Computation 12 (2000).
    """

    gates: ClassVar[int] = 4
    carried: ClassVar[int] = 2

    def step(self, parameters: Parameters, x: Array, state: State) -> State:
        W_ih, W_hh, b_ih, b_hh = parameters
        h, c = state
        a_i, a_f, a_g, a_o = blocks(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh, self.units)
        c = sigmoid(a_f) * c + sigmoid(a_i) * np.tanh(a_g)
        return sigmoid(a_o) * np.tanh(c), c

    def forward(self, x, W_ih, W_hh, b_ih, b_hh):
        h = np.empty((*x.shape[:2], self.units), x.dtype)
        before, c = np.zeros_like(h[0]), np.zeros_like(h[0])
        for now, a in zip(h, affine(x, W_ih, b_ih + b_hh), strict=True):
            a += np.dot(before, W_hh.T)
            i, f, g, o = self.opened(a)
            c *= f
            c += i * g
            before = np.multiply(o, np.tanh(c), out=now)
        return h

    def opened(self, a: np.ndarray) -> tuple[np.ndarray, ...]:
        """The gates i, f, g, o, each (..., H), of their sums a (..., 4H), which become σ(a)."""
        i, f, g, o = blocks(a, self.units)
        g = np.tanh(g)
        a *= 0.5
        np.tanh(a, out=a)  # σ(a) = 1/2 + 1/2 tanh(a/2)
        a *= 0.5
        a += 0.5
        return i, f, g, o

    def backward(self, G, h, x, W_ih, W_hh, b_ih, b_hh):
        seen, weights = (x, shifted(h)), (W_ih, W_hh)
        a = affine(np.concatenate(seen, axis=2), np.concatenate(weights, axis=1), b_ih + b_hh)
        i, f, g, o = self.opened(a)
        c = i * g
        for t in range(1, len(c)):
            c[t] += f[t] * c[t - 1]
        shown = np.tanh(c)
        through = o * (1 - shown * shown)  # ∂h/∂c

        a_bar = a * (1 - a)  # the slopes of the gates, then ∂c/∂a and ∂h/∂a_o, in the end ā
        in_four = a_bar.reshape(*h.shape[:2], 4, self.units)
        in_four[:, :, 2] = 1 - g * g
        for k, factor in enumerate((g, shifted(c), i, shown)):
            in_four[:, :, k] *= factor
        h_bar, c_bar, sent = G.copy(), np.zeros_like(c[0]), np.zeros_like(c[0])
        window = self.window(len(h))
        for t in reversed(range(len(c))):
            adjoint, now = h_bar[t], in_four[t]
            adjoint += sent
            c_bar += adjoint * through[t]
            now[:, :3] *= c_bar[:, None]
            now[:, 3] *= adjoint
            if t % window == 0:
                sent[:] = c_bar[:] = 0
            else:
                np.dot(a_bar[t], W_hh, sent)
                c_bar *= f[t]
        return h_bar, a_bar, a_bar


@dataclass(frozen=True)
class GRU(Recurrent):
    """Gated recurrent unit: (N, T, D) to (N, T, H).

        a_t = x_t W_ihᵀ + b_ih,     s_t = h_{t-1} W_hhᵀ + b_hh      of the blocks r, z, n
        r, z = σ(a_r + s_r), σ(a_z + s_z)                           reset, keep
        n = tanh(a_n + r s_n),      h_t = (1 - z) n + z h_{t-1}

    Backward, with G_t = ∂L/∂y_t: h_t is held by h_{t+1} directly, times z, and by its three sums,

        h̄_t = G_t + h̄_{t+1} z_{t+1} + s̄_{t+1} W_hh
        ā_n = h̄_t (1 - z)(1 - n²),              s̄_n = ā_n r
        ā_r = s̄_r = ā_n s_n r(1 - r),           ā_z = s̄_z = h̄_t (h_{t-1} - n) z(1 - z)

    so that ∂L/∂W_ih is made of ā, ∂L/∂W_hh of s̄.  Raises ValueError for `truncate` below 1.

    >>> GRU(8).shapes((50, 3))["W_ih"], GRU(8).output_shape((50, 3))
    ((24, 3), (50, 8))

    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP (2014),
    with r behind the product, as cuDNN and PyTorch have it.
    """

    gates: ClassVar[int] = 3

    def step(self, parameters: Parameters, x: Array, state: State) -> State:
        W_ih, W_hh, b_ih, b_hh = parameters
        (h,) = state
        a_r, a_z, a_n = blocks(x @ W_ih.T + b_ih, self.units)
        s_r, s_z, s_n = blocks(h @ W_hh.T + b_hh, self.units)
        z, n = sigmoid(a_z + s_z), np.tanh(a_n + sigmoid(a_r + s_r) * s_n)
        return ((1 - z) * n + z * h,)

    def forward(self, x, W_ih, W_hh, b_ih, b_hh):
        h = np.empty((*x.shape[:2], self.units), x.dtype)
        before = np.zeros_like(h[0])
        for now, a in zip(h, affine(x, W_ih, b_ih), strict=True):
            s = np.dot(before, W_hh.T)
            s += b_hh
            _, z, n = self.opened(a, s)
            before = np.add(n, z * (before - n), out=now)
        return h

    def opened(self, a: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, ...]:
        """The gates r, z, n, each (..., H), of their sums a and s (..., 3H)."""
        H = self.units
        r, z = blocks(sigmoid(a[..., : 2 * H] + s[..., : 2 * H]), H)
        return r, z, np.tanh(a[..., 2 * H :] + r * s[..., 2 * H :])

    def backward(self, G, h, x, W_ih, W_hh, b_ih, b_hh):
        before, H = shifted(h), self.units
        a, s = affine(x, W_ih, b_ih), affine(before, W_hh, b_hh)
        r, z, n = self.opened(a, s)
        s_r, s_z, s_n = blocks(s, H)
        slope = (1 - z) * (1 - n * n)  # ∂h/∂a_n

        s_r[:] = slope * s_n * r * (1 - r)  # first ∂h/∂s, in the end s̄
        s_z[:] = (before - n) * z * (1 - z)
        s_n[:] = slope * r
        h_bar, sent = G.copy(), np.zeros_like(h[0])
        in_three, window = s.reshape(*h.shape[:2], 3, H), self.window(len(h))
        for t in reversed(range(len(h))):
            adjoint, now = h_bar[t], in_three[t]
            adjoint += sent
            now *= adjoint[:, None]
            if t % window == 0:
                sent[:] = 0
            else:
                np.dot(s[t], W_hh, sent)
                sent += adjoint * z[t]
        a[..., : 2 * H] = s[..., : 2 * H]
        a[..., 2 * H :] = h_bar * slope
        return h_bar, a, s


# Arrays of several gates
def blocks(a: Array, H: int) -> list[Array]:
    """Sums (..., GH) as G arrays (..., H), which share their memory."""
    return [a[..., k : k + H] for k in range(0, a.shape[-1], H)]


def shifted(h: np.ndarray) -> np.ndarray:
    """The state before each step, h_{t-1}, of the states h_t (T, N, H)."""
    return np.concatenate([np.zeros_like(h[:1]), h[:-1]])
