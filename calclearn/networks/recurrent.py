"""A recurrent layer carries a state from step to step: RNN, LSTM and GRU, in PyTorch's layouts.

    state_t = step(x_t, state_{t-1}),      h_0 = 0,      t = 1 ... T

`step` is the whole definition: `grad` follows the loop over the steps, which is back-propagation
through time. With `truncate=k` the state that enters step 1, k+1, 2k+1, ... is a constant in the
backward pass, so that no error travels farther than k steps.

A gate is a number between 0 and 1 that the layer computes for itself; where it is near 1, the state
is kept, and so is the error:

    LSTM    c_t = f_t c_{t-1} + i_t g_t,              ∂c_t/∂c_{t-1} = f_t + ...
    GRU     h_t = z_t h_{t-1} + (1 - z_t) n_t,        ∂h_t/∂h_{t-1} = z_t + ...

Source: Werbos, "Backpropagation through time: what it does and how to do it", Proc. IEEE 78 (1990).
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

import numpy as np

from calclearn.calculus.autodiff import vjp
from calclearn.calculus.rules import sum_rows
from calclearn.calculus.tracing import Traced, plain, primitive, rule
from calclearn.descent.arguments import floating, instance, whole
from calclearn.descent.losses import sigmoid
from calclearn.descent.surfaces import Array, Surface, stack
from calclearn.networks.initial import EXPECTED, Initial, drawn, orthogonal, xavier
from calclearn.networks.layers import Layer, Shape, linear, relu, with_axes

Parameters = tuple[Array, Array, Array, Array]  # W_ih (GH, D), W_hh (GH, H), b_ih (GH,), b_hh (GH,)
State = tuple[Array, ...]  # what is carried from step to step: h, and in an LSTM also c


@dataclass(frozen=True)
class Recurrent(Layer):
    """What RNN, LSTM and GRU have in common: (N, T, D) to (N, T, H), for H `units`.

    `step(parameters, x, state)` returns the state after an input x (N, D): h (N, H), the output,
    comes first. Raises ValueError for `units` and `truncate` below 1.
    """

    units: int
    _: KW_ONLY
    truncate: int | None = None
    initial: Initial = field(default=xavier, repr=False)
    recurrent_initial: Initial = field(default=orthogonal, repr=False)
    gates: ClassVar[int] = 1  # G
    carried: ClassVar[int] = 1  # arrays in a State

    def __post_init__(self) -> None:
        whole("units", self.units, 1)
        for name in ("initial", "recurrent_initial"):
            instance(name, getattr(self, name), Callable, EXPECTED)
        if self.truncate is not None:
            whole("truncate", self.truncate, 1)

    def shapes(self, shape: Shape) -> dict[str, Shape]:
        with_axes(self, "T D", shape)
        M, H = self.gates * self.units, self.units
        return {"W_ih": (M, shape[1]), "W_hh": (M, H), "b_ih": (M,), "b_hh": (M,)}

    def output_shape(self, shape: Shape) -> Shape:
        with_axes(self, "T D", shape)
        return (shape[0], self.units)

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """The initial weights, drawn for each gate by itself."""
        initial = self.recurrent_initial if name == "W_hh" else self.initial
        one = (self.units, shape[1])
        return np.concatenate([drawn(initial, rng, one) for _ in range(self.gates)])

    def forward(self, parameters: Parameters, x: Array, push: Array | None = None) -> Array:
        """All outputs (N, T, H), one step after the other; a `push`, alike, is added to each h."""
        T, outputs = x.shape[1], []
        state = (np.zeros((len(x), self.units), x.dtype),) * self.carried
        for t in range(T):
            if t % (self.truncate or T) == 0:
                state = plain(state)
            state = self.step(parameters, x[:, t], state)
            if push is not None:
                state = (state[0] + push[:, t], *state[1:])
            outputs.append(state[0])
        return np.stack(outputs, axis=1)


def step_by_step(layer: Recurrent, parameters: Parameters, x: Array) -> Array:
    """layer(parameters, x) as a loop of plain NumPy that `grad` follows.

    >>> one = np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.zeros(1)
    >>> step_by_step(RNN(1, "relu"), one, np.ones((1, 3, 1)))[0, :, 0]
    array([1., 2., 3.])
    """
    instance("layer", layer, Recurrent, "an RNN, LSTM or GRU")
    return Recurrent.forward(layer, *layer.checked(parameters, x))


def adjoints_through_time(
    layer: Recurrent, parameters: Parameters, x: np.ndarray, g: np.ndarray
) -> np.ndarray:
    """h̄_t = dL/dh_t of every state, (N, T, H), from the cotangent g of all outputs, alike.

    It counts what h_t does to L by itself and through all later states; ValueError for another g.
    Of a unit that keeps half of its state, with L = h_3:

    >>> half = np.ones((1, 1)), np.full((1, 1), 0.5), np.zeros(1), np.zeros(1)
    >>> adjoints_through_time(RNN(1), half, np.zeros((1, 3, 1)), [[[0.0], [0.0], [1.0]]])[0, :, 0]
    array([0.25, 0.5 , 1.  ])
    """
    instance("layer", layer, Recurrent, "an RNN, LSTM or GRU")
    parameters, x = layer.checked(parameters, x)
    g, expected = floating("g", g), (*x.shape[:2], layer.units)
    if g.shape != expected:
        raise ValueError(f"g must have shape {expected}, like the outputs, got {g.shape}")
    zeros = np.zeros(expected, x.dtype)
    _, pull = vjp(lambda push: Recurrent.forward(layer, parameters, x, push), zeros)
    return pull(g)[0]


@dataclass(frozen=True)
class RNN(Recurrent):
    """The plain recurrent layer, with φ = tanh or relu, its `nonlinearity`.

        a_t = x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh,      h_t = φ(a_t)

    Backward: h_t reaches L as an output, with cotangent G_t, and through a_{t+1}, which holds it
    times W_hh; and φ' follows from h itself, as 1 - h² for tanh, and as 1 where h > 0 for relu:

        h̄_t = G_t + ā_{t+1} W_hh,      ā_t = h̄_t φ'(a_t)
        ∂L/∂W_ih = Σ_t ā_tᵀ x_t,       ∂L/∂W_hh = Σ_t ā_tᵀ h_{t-1},       ∂L/∂b = Σ_t Σ_n ā_t

    After k steps an error has been multiplied k times by W_hh and φ': it vanishes, or explodes.

    >>> RNN(2, "relu")((np.eye(2), np.eye(2), [0, 0], [0, 0]), np.ones((1, 3, 2)))[0, :, 0]
    array([1., 2., 3.])

    Source: Elman, "Finding structure in time", Cognitive Science 14 (1990).
    """

    nonlinearity: str = "tanh"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity must be 'tanh' or 'relu', got {self.nonlinearity!r}")

    def step(self, parameters: Parameters, x: Array, state: State) -> State:
        W_ih, W_hh, b_ih, b_hh = parameters
        (h,) = state
        a = linear(x, W_ih, b_ih) + linear(h, W_hh, b_hh)
        return (np.tanh(a) if self.nonlinearity == "tanh" else relu(a),)

    def forward(self, parameters: Parameters, x: Array) -> Array:
        return all_steps(self, x, *parameters)


# Nothing in an RNN but h has to wait for the step before. So one product brings all inputs in, and
# one product gives each weight's gradient. Arrays are time first, (T, N, ·): a step is one block.
@primitive
def all_steps(layer: RNN, x: Array, W_ih: Array, W_hh: Array, b_ih: Array, b_hh: Array) -> Array:
    """All states of a sequence as one operation: (N, T, D) to (N, T, H)."""
    dtype = np.result_type(x, W_ih, W_hh, b_ih, b_hh)
    x, W_ih, W_hh, b = (np.asarray(a, dtype) for a in (x, W_ih, W_hh, b_ih + b_hh))
    h = np.dot(rows(time_first(x)), W_ih.T) + b  # where D = 1, faster than np.matmul
    h = h.reshape(x.shape[1], len(x), layer.units)  # lacks h_{t-1} W_hhᵀ and φ as yet
    before, product = np.zeros(h.shape[1:], dtype), np.empty(h.shape[1:], dtype)
    weights, tanh = np.ascontiguousarray(W_hh.T), layer.nonlinearity == "tanh"
    for now in h:
        now += np.dot(before, weights, product)
        before = np.tanh(now, out=now) if tanh else np.maximum(now, 0, out=now)
    return h.swapaxes(0, 1)


def pull_all_steps(needed, g, y, layer, x, *parameters):
    """The equations of `RNN`; as the derivative of the steps where it is differentiated itself."""
    if Traced in map(type, (g, x, *parameters)):
        _, pull = vjp(lambda x, *own: Recurrent.forward(layer, own, x), x, *parameters)
        return None, *pull(g)
    x, W_ih, W_hh = (np.asarray(a, y.dtype) for a in (x, *parameters[:2]))
    x, h, G = time_first(x), time_first(y), time_first(g)
    a_bar = 1 - h * h if layer.nonlinearity == "tanh" else (h > 0).astype(h.dtype)  # φ' at first
    sent = np.zeros(h.shape[1:], h.dtype)  # ā_{t+1} W_hh
    for t in reversed(range(len(h))):
        sent += G[t]
        a_bar[t] *= sent
        if layer.truncate and t % layer.truncate == 0:
            sent[:] = 0
        else:
            np.dot(a_bar[t], W_hh, sent)
    to_b = sum_rows(rows(a_bar))
    return (
        None,
        (a_bar @ W_ih).swapaxes(0, 1) if needed[1] else None,
        np.dot(rows(a_bar).T, rows(x)),
        np.dot(rows(a_bar[1:]).T, rows(h[:-1])),  # h_0 = 0 adds nothing
        to_b,
        to_b,
    )


rule(all_steps, together=pull_all_steps)


def time_first(x: np.ndarray) -> np.ndarray:
    """(N, T, D) as (T, N, D) in one block of memory; no copy for the output of another layer."""
    return np.ascontiguousarray(x.swapaxes(0, 1))


def rows(x: np.ndarray) -> np.ndarray:
    """(T, N, D) as (T N, D)."""
    return x.reshape(x.shape[0] * x.shape[1], x.shape[2])


@dataclass(frozen=True)
class LSTM(Recurrent):
    """Long short-term memory.

        a_t = x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh         of the blocks a_i, a_f, a_g, a_o
        i, f, o = σ(a_i), σ(a_f), σ(a_o),   g = tanh a_g      write, keep, show; what to write
        c_t = f c_{t-1} + i g,   h_t = o tanh c_t             c_0 = 0

    >>> LSTM(8).shapes((50, 3))["W_ih"], LSTM(8).output_shape((50, 3))
    ((32, 3), (50, 8))

    Source: Hochreiter & Schmidhuber, Neural Computation 9 (1997); the gate f: Gers, Schmidhuber
    & Cummins, Neural Computation 12 (2000).
    """

    gates: ClassVar[int] = 4
    carried: ClassVar[int] = 2

    def step(self, parameters: Parameters, x: Array, state: State) -> State:
        W_ih, W_hh, b_ih, b_hh = parameters
        h, c = state
        a_i, a_f, a_g, a_o = np.split(linear(x, W_ih, b_ih) + linear(h, W_hh, b_hh), 4, axis=1)
        c = sigmoid(a_f) * c + sigmoid(a_i) * np.tanh(a_g)
        return sigmoid(a_o) * np.tanh(c), c


@dataclass(frozen=True)
class GRU(Recurrent):
    """Gated recurrent unit.

        a_t = x_t W_ihᵀ + b_ih,     s_t = h_{t-1} W_hhᵀ + b_hh      of the blocks r, z, n
        r, z = σ(a_r + s_r), σ(a_z + s_z)                           reset, keep
        n = tanh(a_n + r s_n),      h_t = (1 - z) n + z h_{t-1}

    >>> GRU(8).shapes((50, 3))["W_ih"], GRU(8).output_shape((50, 3))
    ((24, 3), (50, 8))

    Source: Cho et al., EMNLP (2014), with r behind the product, as cuDNN and PyTorch have it.
    """

    gates: ClassVar[int] = 3

    def step(self, parameters: Parameters, x: Array, state: State) -> State:
        W_ih, W_hh, b_ih, b_hh = parameters
        (h,) = state
        a_r, a_z, a_n = np.split(linear(x, W_ih, b_ih), 3, axis=1)
        s_r, s_z, s_n = np.split(linear(h, W_hh, b_hh), 3, axis=1)
        z, n = sigmoid(a_z + s_z), np.tanh(a_n + sigmoid(a_r + s_r) * s_n)
        return ((1 - z) * n + z * h,)


def one_unit(x: Array, target: float) -> Surface:
    """The squared error of one recurrent unit at the end of the inputs x (T,), over (w, u).

    Backward, from h̄_T = 2 (h_T - target):    ā_t = h̄_t (1 - h_t²),    h̄_{t-1} = w ā_t,

        ∂L/∂w = Σ_t ā_t h_{t-1},      ∂L/∂u = Σ_t ā_t x_t

    >>> loss = one_unit(np.array([1.0, 0.0]), 0.0)
    >>> float(loss([0.0, 5.0])), loss.gradient([0.5, 0.0])
    (0.0, array([0., 0.]))
    """

    def both(w: Array) -> tuple[Array, Array]:
        h = [0 * w[0]]
        for now in x:
            h.append(np.tanh(w[0] * h[-1] + w[1] * now))
        h_bar, by_w, by_u = 2 * (h[-1] - target), 0, 0
        for t in range(len(x), 0, -1):
            a_bar = h_bar * (1 - h[t] * h[t])
            by_w, by_u = by_w + a_bar * h[t - 1], by_u + a_bar * x[t - 1]
            h_bar = a_bar * w[0]
        return (h[-1] - target) ** 2, stack(by_w, by_u)

    return Surface(value_and_gradient=both, name="one recurrent unit", dimension=2)
