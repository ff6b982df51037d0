"""A recurrent layer is one operation over the whole sequence, with its own way back through time.

    h_t = step(x_t, h_{t-1}),      h_0 = 0,      t = 1 ... T

Written step by step (`step_by_step`) it is a few lines of plain NumPy, and a trace of a thousand
small operations.  But nothing except h has to wait for the step before, so the layer does the rest
for all steps at once: one matrix product brings all inputs in; going back, a loop yields the
adjoint of every sum of inputs that a gate has seen; then one product gives each weight's gradient.

    h̄_t = ∂L/∂h_t = G_t + (what step t+1 sends back)        ā_t = h̄_t · ∂h_t/∂a_t
    ∂L/∂W_ih = Σ_t ā_tᵀ x_t        ∂L/∂W_hh = Σ_t ā_tᵀ h_{t-1}        ∂L/∂b = Σ_t Σ_n ā_t

That is back-propagation through time.  With `truncate=k` the state that enters step 1, k+1, 2k+1,
... (x[:, t] with t % k == 0) counts as a constant on the way back, so that no error travels farther
than k steps.  Arrays are time first inside, (T, N, H), so that every step is one block of memory.

Layouts and meaning are PyTorch's.  This file has the plain RNN, `gated` LSTM and GRU.

How fast, next to PyTorch's eager layers on one thread in float32 (50 steps, 32 examples;
``tests/benchmarks/recurrent.py``): RNN is 3.5 times as fast at 32 units, 1.9 times at 128 and 1.3
times from 512 on; GRU 2 times at 32 units, and level from 256 on.  PyTorch's LSTM is one compiled
kernel in float32, and 2.5 times as fast as ours at any size.

Source: Werbos, "Backpropagation through time: what it does and how to do it", Proc. IEEE 78 (1990).
"""

from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

import numpy as np

from calclearn.calculus.autodiff import vjp
from calclearn.calculus.rules import sum_rows
from calclearn.calculus.tracing import Traced, plain, primitive, rule
from calclearn.descent.arguments import real_numbers, whole_number
from calclearn.descent.batches import Array
from calclearn.networks.initial import Initial, drawn, initial_like, orthogonal, xavier
from calclearn.networks.layers import Layer, Shape, relu, taken, with_axes

Parameters = tuple[Array, Array, Array, Array]  # W_ih (GH, D), W_hh (GH, H), b_ih (GH,), b_hh (GH,)
State = tuple[Array, ...]  # what is carried from step to step: h, and in an LSTM also c


@dataclass(frozen=True)
class Recurrent(Layer):
    """What RNN, LSTM and GRU have in common: (N, T, D) to (N, T, H), for H `units`.

    A layer defines `step`, one step in plain NumPy, and the same for whole sequences, time first:
    `forward` returns all states h (T, N, H), `backward` three arrays of adjoints: of the states,
    h̄ (T, N, H), of what x_t adds to the sums of the G gates, and of what h_{t-1} adds (T, N, GH).
    """

    units: int
    _: KW_ONLY
    truncate: int | None = None
    initial: Initial = field(default=xavier, repr=False)
    recurrent_initial: Initial = field(default=orthogonal, repr=False)
    gates: ClassVar[int] = 1  # G
    carried: ClassVar[int] = 1  # arrays in a State

    def __post_init__(self) -> None:
        whole_number("units", self.units, 1)
        for name in ("initial", "recurrent_initial"):
            initial_like(name, getattr(self, name))
        if self.truncate is not None:
            whole_number("truncate", self.truncate, 1)

    def shapes(self, shape: Shape) -> dict[str, Shape]:
        with_axes(self, "T D", shape)
        rows = self.gates * self.units
        return {"W_ih": (rows, shape[1]), "W_hh": (rows, self.units), "b_ih": (rows,),
                "b_hh": (rows,)}  # fmt: skip

    def output_shape(self, shape: Shape) -> Shape:
        with_axes(self, "T D", shape)
        return (shape[0], self.units)

    def first(self, name: str, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """The first weights, drawn for each gate by itself."""
        draw = self.recurrent_initial if name == "W_hh" else self.initial
        one = (self.units, shape[1])
        return np.concatenate([drawn(draw, rng, one) for _ in range(self.gates)])

    def window(self, T: int) -> int:
        """How many of T steps an error can travel at most: not out of any with t % window == 0."""
        return self.truncate or T

    def __call__(self, parameters: Parameters, x: Array) -> Array:
        return all_steps(self, *taken(self, parameters, x))

    def step(self, parameters: Parameters, x: Array, state: State) -> State:
        raise NotImplementedError

    def forward(self, x, W_ih, W_hh, b_ih, b_hh) -> np.ndarray:
        raise NotImplementedError

    def backward(self, G, h, x, W_ih, W_hh, b_ih, b_hh) -> tuple[np.ndarray, ...]:
        raise NotImplementedError


def step_by_step(layer: Recurrent, parameters: Parameters, x: Array) -> Array:
    """Return layer(parameters, x) as a lesson writes it: a loop of plain NumPy that `grad` follows.

    Raises ValueError as the layer does.

    >>> layer, x = RNN(3), np.ones((2, 4, 1))
    >>> parameters = layer.init(np.random.default_rng(0), (4, 1))
    >>> bool(np.allclose(step_by_step(layer, parameters, x), layer(parameters, x)))
    True
    """
    x, *parameters = checked(layer, parameters, x)
    state = (np.zeros((len(x), layer.units), x.dtype),) * layer.carried
    outputs = []
    for t in range(x.shape[1]):
        if t % layer.window(x.shape[1]) == 0:
            state = plain(state)
        state = layer.step(parameters, x[:, t], state)
        outputs.append(state[0])
    return np.stack(outputs, axis=1)


@primitive
def all_steps(layer: Recurrent, x: Array, *parameters: Array) -> np.ndarray:
    """All states of a sequence as one operation: (N, T, D) to (N, T, H)."""
    x, *parameters = in_one_precision(x, *parameters)
    return layer.forward(time_first(x), *parameters).swapaxes(0, 1)


def pull_all_steps(needed, g, y, layer, x, *parameters):
    """Back through time; as the derivative of the steps where this derivative has one itself."""
    if Traced in map(type, (g, x, *parameters)):
        _, pull = vjp(lambda x, *parameters: step_by_step(layer, parameters, x), x, *parameters)
        return None, *pull(g)
    x, W_ih, *others = (np.asarray(a, y.dtype) for a in (x, *parameters))
    x, h = time_first(x), time_first(y)
    _, a_in, a_rec = layer.backward(g.swapaxes(0, 1), h, x, W_ih, *others)
    b_in = sum_rows(rows(a_in))
    return (
        None,
        (a_in @ W_ih).swapaxes(0, 1) if needed[1] else None,
        np.dot(rows(a_in).T, rows(x)),
        np.dot(rows(a_rec[1:]).T, rows(h[:-1])),  # h_0 = 0 adds nothing
        b_in,
        b_in if a_rec is a_in else sum_rows(rows(a_rec)),
    )


rule(all_steps, together=pull_all_steps)


def adjoints_through_time(
    layer: Recurrent, parameters: Parameters, x: np.ndarray, g: np.ndarray
) -> np.ndarray:
    """Return h̄_t = dL/dh_t of every state, (N, T, H), from the cotangent g of all outputs, alike.

    The derivative is total: what h_t does to L by itself, G_t, and through all later states.
    Raises ValueError unless g has the outputs' shape.

    A single unit that keeps half of its state, L = h_3:

    >>> half = (np.ones((1, 1)), np.full((1, 1), 0.5), np.zeros(1), np.zeros(1))
    >>> g = np.array([[[0.0], [0.0], [1.0]]])
    >>> adjoints_through_time(RNN(1, "relu"), half, np.ones((1, 3, 1)), g)[0, :, 0]
    array([0.25, 0.5 , 1.  ])
    """
    x, *parameters = in_one_precision(*checked(layer, parameters, x))
    real_numbers("g", g)
    expected, g = (*x.shape[:2], layer.units), np.asarray(g, x.dtype)
    if g.shape != expected:
        raise ValueError(f"g must have shape {expected}, like the outputs, got {g.shape}")
    x, G = time_first(x), time_first(g)
    h_bar, *_ = layer.backward(G, layer.forward(x, *parameters), x, *parameters)
    return h_bar.swapaxes(0, 1)


@dataclass(frozen=True)
class RNN(Recurrent):
    """The plain recurrent layer, with φ = tanh or relu: (N, T, D) to (N, T, H).

        a_t = x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh,      h_t = φ(a_t)

    Backward: h_t reaches L as an output, with cotangent G_t, and through a_{t+1}, which holds it
    times W_hh; and φ' can be told from h itself, as 1 - h² for tanh, and as 1 where h > 0 for relu:

        h̄_t = G_t + ā_{t+1} W_hh,      ā_t = h̄_t φ'(a_t)

    After k steps an error has been multiplied k times by W_hh and φ': it vanishes, or explodes.
    Raises ValueError for another nonlinearity, and for `truncate` below 1.

    >>> W, b = np.eye(2), np.zeros(2)
    >>> RNN(2, "relu")((W, W, b, b), np.ones((1, 3, 2)))[0, :, 0]
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
        a = x @ W_ih.T + b_ih + h @ W_hh.T + b_hh
        return (np.tanh(a) if self.nonlinearity == "tanh" else relu(a),)

    def forward(self, x, W_ih, W_hh, b_ih, b_hh):
        h = affine(x, W_ih, b_ih + b_hh)  # which lacks h_{t-1} W_hhᵀ and φ as yet
        before, product = np.zeros(h[0].shape, h.dtype), np.empty(h[0].shape, h.dtype)
        weights, tanh = np.ascontiguousarray(W_hh.T), self.nonlinearity == "tanh"
        for now in h:
            now += np.dot(before, weights, product)
            before = np.tanh(now, out=now) if tanh else np.maximum(now, 0, out=now)
        return h

    def backward(self, G, h, x, W_ih, W_hh, b_ih, b_hh):
        window, h_bar, sent = self.window(len(h)), G.copy(), np.zeros(h[0].shape, h.dtype)
        a_bar = 1 - h * h if self.nonlinearity == "tanh" else (h > 0).astype(h.dtype)
        for t, adjoint, now in zip(reversed(range(len(h))), h_bar[::-1], a_bar[::-1], strict=True):
            adjoint += sent
            now *= adjoint  # ā takes the place of φ'
            if t % window == 0:
                sent[:] = 0
            else:
                np.dot(now, W_hh, sent)
        return h_bar, a_bar, a_bar


# Arrays of whole sequences
def time_first(x: np.ndarray) -> np.ndarray:
    """(N, T, D) as (T, N, D) in one block of memory; no copy for the output of another layer."""
    return np.ascontiguousarray(x.swapaxes(0, 1))


def rows(x: np.ndarray) -> np.ndarray:
    """(T, N, D) as (T N, D)."""
    return x.reshape(x.shape[0] * x.shape[1], x.shape[2])


def affine(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """x Wᵀ + b of all steps at once: (T, N, D) to (T, N, M)."""
    y = np.dot(rows(x), W.T)  # where D = 1, np.matmul takes seven times as long
    y += b
    return y.reshape(*x.shape[:2], len(W))


def in_one_precision(*arrays: Array) -> list[np.ndarray]:
    """Floating-point arrays, all as precise as the most precise of them."""
    dtype = np.result_type(*arrays)
    return [np.asarray(a, dtype) for a in arrays]


def checked(layer: Recurrent, parameters: Parameters, x: Array) -> list[Array]:
    """x and the parameters as a recurrent layer takes them, or one sentence that says why not."""
    if not isinstance(layer, Recurrent):
        raise TypeError(f"layer must be an RNN, LSTM or GRU, got {layer!r:.60}")
    return taken(layer, parameters, x)
