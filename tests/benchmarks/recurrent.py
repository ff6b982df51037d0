"""Time the recurrent layers beside PyTorch, HIPS autograd and a backward pass by hand.

    uv run --group peers python tests/benchmarks/recurrent.py

Every row is one full training step on one thread, in float32: the loss, its gradient and an update
by gradient descent, of a layer whose last state goes through a dense layer of one unit into the
mean squared error.  Engines that are absent are named and left out.
"""

import importlib
import os
from itertools import pairwise

# Read when NumPy is imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
from _engines import compared, imported, medians, say_who_is_here, show_beside_ours

from calclearn.calculus.autodiff import value_and_grad
from calclearn.descent.descend import descend
from calclearn.descent.losses import mse
from calclearn.descent.optimizers import GradientDescent
from calclearn.networks.layers import Dense, LastStep
from calclearn.networks.network import Network
from calclearn.networks.recurrent import GRU, LSTM, RNN, step_by_step

RATE = np.float32(1e-4)
STEPS, BATCH = 50, 32


torch, autograd = imported("torch"), imported("autograd")


def problem(layer, inputs):
    """A network, its initial weights, and data, in float32."""
    rng = np.random.default_rng(0)
    network = Network((layer, LastStep(), Dense(1)), (STEPS, inputs))
    w = network.init(rng).astype(np.float32)
    x = rng.normal(size=(BATCH, STEPS, inputs)).astype(np.float32)
    return network, w, x, np.tanh(x[:, -1, :1])


# The engines: each returns a function that takes one step and returns the new weights
def ours(network, w, x, y):
    loss = network.loss(x, y, mse)

    def step():
        _, gradient = loss.value_and_gradient(w)
        return w - RATE * gradient

    return step


def ours_step_by_step(network, w, x, y):
    layer, last, dense = network.layers

    def loss(w):
        recurrent, _, weights = network.parameters(w)
        return mse(dense(weights, last((), step_by_step(layer, recurrent, x))), y)

    both = value_and_grad(loss)
    return lambda: w - RATE * both(w)[1]


def by_hand(network, w, x, y):
    """The same step for tanh as one would write it for speed, with nothing general about it."""
    (W_ih, W_hh, b_ih, b_hh), _, (W, b) = network.parameters(w)
    T, N, H = STEPS, BATCH, network.layers[0].units
    ones = np.ones(T * N, np.float32)

    def step():
        inputs = np.ascontiguousarray(x.swapaxes(0, 1)).reshape(T * N, -1)
        h = np.dot(inputs, W_ih.T)
        h += b_ih + b_hh
        h = h.reshape(T, N, H)
        product = np.empty((N, H), np.float32)
        transposed = np.ascontiguousarray(W_hh.T)
        np.tanh(h[0], out=h[0])
        for before, now in pairwise(h):
            np.dot(before, transposed, product)
            now += product
            np.tanh(now, out=now)
        residual = h[-1] @ W.T + b - y
        d = residual * np.float32(2 / N)
        adjoint = 1 - h * h
        adjoint[-1] *= d @ W
        for after, now in pairwise(adjoint[::-1]):
            np.dot(after, W_hh, product)
            now *= product
        flat = adjoint.reshape(T * N, H)
        db = ones @ flat
        dW_hh = flat[N:].T @ h.reshape(T * N, H)[:-N]
        parts = (flat.T @ inputs, dW_hh, db, db, d.T @ h[-1], d.sum(0))
        np.mean(residual * residual)
        return w - RATE * np.concatenate([part.ravel() for part in parts])

    return step


def with_torch(network, w, x, y):
    torch.set_num_threads(1)
    layer = network.layers[0]
    model = getattr(torch.nn, type(layer).__name__)(x.shape[2], layer.units, batch_first=True)
    dense = torch.nn.Linear(layer.units, 1)
    weights = [*model.parameters(), *dense.parameters()]
    with torch.no_grad():
        parts = [part for parts in network.parameters(w) for part in parts]
        for theirs, part in zip(weights, parts, strict=True):
            theirs.copy_(torch.tensor(part))
    optimizer = torch.optim.SGD(weights, lr=float(RATE))
    inputs, target = torch.tensor(x), torch.tensor(y)

    def step():
        optimizer.zero_grad()
        h, _ = model(inputs)
        torch.nn.functional.mse_loss(dense(h[:, -1]), target).backward()
        optimizer.step()
        return weights

    return step


def with_autograd(network, w, x, y):
    anp = importlib.import_module("autograd.numpy")
    T, N, H = STEPS, BATCH, network.layers[0].units
    start = tuple(part for parts in network.parameters(w) for part in parts)

    def loss(weights):
        W_ih, W_hh, b_ih, b_hh, W, b = weights
        a = anp.dot(anp.reshape(anp.swapaxes(x, 0, 1), (T * N, -1)), W_ih.T) + b_ih + b_hh
        a = anp.reshape(a, (T, N, H))
        h = anp.tanh(a[0])
        for t in range(1, T):
            h = anp.tanh(a[t] + anp.dot(h, W_hh.T))
        return anp.mean((anp.dot(h, W.T) + b - y) ** 2)

    both = autograd.value_and_grad(loss)
    return lambda: [a - RATE * g for a, g in zip(start, both(start)[1], strict=True)]


def times_of(layer, inputs: int, engines: dict, turns: int) -> dict:
    network, w, x, y = problem(layer, inputs)
    steps = {name: engine(network, w, x, y) for name, engine in engines.items()}
    return compared(steps, w, turns)


def main() -> None:
    say_who_is_here(torch=torch, autograd=autograd)
    engines = {"calclearn": ours, "by hand": by_hand, "calclearn, step by step": ours_step_by_step}
    engines |= {"PyTorch": with_torch} if torch else {}
    engines |= {"HIPS autograd": with_autograd} if autograd else {}
    for inputs in (1, 8):
        print(f"\nRNN of 32 units, {inputs} inputs, {STEPS} steps, batch {BATCH}")
        show_beside_ours(times_of(RNN(32), inputs, engines, turns=60))

    network, w, x, y = problem(RNN(32), 1)
    loss, optimizer = network.loss(x, y, mse), GradientDescent(RATE)
    run = {"descend": lambda: descend(loss, w, optimizer, 100, tolerance=0, every=100)}
    print(f"    in descend, per step      {1e4 * medians(run, 7, in_a_row=1)['descend']:10.0f} µs")

    if torch:
        print(f"\nPyTorch's time by ours, {STEPS} steps, batch {BATCH}, 8 inputs")
        print(f"    {'units':10s}" + "".join(f"{kind.__name__:>8s}" for kind in (RNN, LSTM, GRU)))
        for units in (16, 32, 64, 128, 256, 512, 1024):
            ratios = []
            for kind in (RNN, LSTM, GRU):
                both = {"calclearn": ours, "PyTorch": with_torch}
                times = times_of(kind(units), 8, both, turns=max(3, 400 // units))
                ratios.append(times["PyTorch"] / times["calclearn"])
            print(f"    {units:<10d}" + "".join(f"{ratio:8.2f}" for ratio in ratios))


if __name__ == "__main__":
    main()
