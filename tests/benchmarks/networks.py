"""Time a small convolutional network beside PyTorch, HIPS autograd and a backward pass by hand.

    uv run --group peers python tests/benchmarks/networks.py

Every row is one full training step on one thread, in float32: the loss, its gradient and an update
by gradient descent, of a convolution, ReLU, max pooling and a dense layer into the cross-entropy.
Engines that are absent are named and left out.
The recurrent layers have a file of their own, ``recurrent``.
"""

import importlib
import os

# Read when NumPy is imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
from _engines import compared, imported, say_who_is_here, show_beside_ours
from numpy.lib.stride_tricks import sliding_window_view

from calclearn.networks.images import Conv2D, MaxPool2D
from calclearn.networks.layers import Dense, Flatten, ReLU
from calclearn.networks.network import Network

RATE = np.float32(1e-4)
BATCH, CLASSES = 64, 10
ROWS = np.arange(BATCH)
CELLS = [(u, v) for u in (0, 1) for v in (0, 1)]  # of a pooling window of 2 x 2

torch, autograd = imported("torch"), imported("autograd")


def problem(layers, size: int):
    """A network, its initial weights, and data, in float32."""
    rng = np.random.default_rng(0)
    network = Network((*layers, Flatten(), Dense(CLASSES)), (1, size, size))
    x = rng.normal(size=(BATCH, 1, size, size)).astype(np.float32)
    return network, network.init(rng).astype(np.float32), x, rng.integers(0, CLASSES, BATCH)


# The engines: each returns a function that takes one step and returns the new weights
def ours(network, w, x, labels):
    loss = network.loss(x, labels)
    return lambda: w - RATE * loss.value_and_gradient(w)[1]


def cross_entropy_by_hand(logits, labels):
    """The loss, and its gradient in the logits."""
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits)
    total = p.sum(axis=1)
    loss = np.mean(np.log(total) - logits[ROWS, labels])
    p /= total[:, None]
    p[ROWS, labels] -= 1
    p /= len(p)
    return loss, p


def to_winners(dm, m, views, places):
    """Write dm where a view is the first to equal the largest, m, and 0 elsewhere."""
    free = np.ones(m.shape, bool)
    for view, place in zip(views, places, strict=True):
        wins = view == m
        wins &= free
        free ^= wins
        np.multiply(dm, wins, out=place)


def by_hand(network, w, x, labels):
    """With (N, C, H, W) in memory: columns image by image, and matrix products of stacks."""
    (W, b), _, _, _, (V, c) = network.parameters(w)
    kernels, k = W.reshape(len(W), -1), W.shape[2]

    def step():
        windows = sliding_window_view(x, (k, k), axis=(2, 3)).transpose(0, 1, 4, 5, 2, 3)
        size = windows.shape[4:]
        columns = windows.reshape(BATCH, k * k, -1)
        z = kernels @ columns
        z += b[:, None]
        a = np.maximum(z, 0).reshape(BATCH, -1, *size)
        views = [a[:, :, u::2, v::2] for u, v in CELLS]
        m = np.maximum(np.maximum(*views[:2]), np.maximum(*views[2:]))
        features = m.reshape(BATCH, -1)
        _, d = cross_entropy_by_hand(features @ V.T + c, labels)
        dV, dc, dm = d.T @ features, d.sum(axis=0), (d @ V).reshape(m.shape)
        da = np.empty_like(a)
        to_winners(dm, m, views, [da[:, :, u::2, v::2] for u, v in CELLS])
        da *= a > 0
        g = da.reshape(BATCH, len(W), -1)
        dW = (g @ columns.transpose(0, 2, 1)).sum(axis=0)
        return w - RATE * np.concatenate([p.ravel() for p in (dW, g.sum(axis=(0, 2)), dV, dc)])

    return step


def by_hand_examples_last(network, w, x, labels):
    """With (C, H, W, N) in memory, as the layers here do it: one matrix product for all images."""
    (W, b), _, _, _, (V, c) = network.parameters(w)
    kernels, k = W.reshape(len(W), -1), W.shape[2]

    def step():
        images = np.ascontiguousarray(x.transpose(1, 2, 3, 0))
        windows = sliding_window_view(images, (k, k), axis=(1, 2)).transpose(0, 4, 5, 1, 2, 3)
        size = windows.shape[3:]
        columns = windows.reshape(k * k, -1)
        z = kernels @ columns
        z += b[:, None]
        a = np.maximum(z, 0).reshape(-1, *size)
        views = [a[:, u::2, v::2] for u, v in CELLS]
        m = np.maximum(*views[:2])
        for view in views[2:]:
            np.maximum(m, view, out=m)
        features = m.reshape(-1, BATCH)
        _, d = cross_entropy_by_hand(features.T @ V.T + c, labels)
        dV, dc, dm = d.T @ features.T, d.sum(axis=0), (V.T @ d.T).reshape(m.shape)
        da = np.empty_like(a)
        to_winners(dm, m, views, [da[:, u::2, v::2] for u, v in CELLS])
        da *= a > 0
        g = da.reshape(len(W), -1)
        dW, db = (columns @ g.T).T, g @ np.ones(g.shape[1], g.dtype)
        return w - RATE * np.concatenate([p.ravel() for p in (dW, db, dV, dc)])

    return step


def with_torch(network, w, x, labels):
    torch.set_num_threads(1)
    nn, shapes = torch.nn, network.shapes
    makers = {
        Conv2D: lambda a, s: nn.Conv2d(s[0], a.channels, a.kernel_size, padding=a.padding),
        ReLU: lambda a, s: nn.ReLU(),
        MaxPool2D: lambda a, s: nn.MaxPool2d(a.kernel_size),
        Flatten: lambda a, s: nn.Flatten(),
        Dense: lambda a, s: nn.Linear(s[0], a.units),
    }
    layers = [makers[type(a)](a, s) for a, s in zip(network.layers, shapes, strict=False)]
    model = nn.Sequential(*layers)
    with torch.no_grad():
        for theirs, part in zip(model.parameters(), flat_parts(network, w), strict=True):
            theirs.copy_(torch.tensor(part))
    optimizer = torch.optim.SGD(model.parameters(), lr=float(RATE))
    inputs, targets = torch.tensor(x), torch.tensor(labels)

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        return list(model.parameters())

    return step


def with_autograd(network, w, x, labels):
    """Columns image by image, and the largest of each two by two, in plain autograd.numpy."""
    anp = importlib.import_module("autograd.numpy")
    start = flat_parts(network, w)
    outputs, _, k, _ = start[0].shape
    half = (x.shape[2] - k + 1) // 2

    def loss(weights):
        W, b, V, c = weights
        windows = sliding_window_view(x, (k, k), axis=(2, 3)).transpose(0, 1, 4, 5, 2, 3)
        columns = windows.reshape(BATCH, k * k, -1)
        z = anp.matmul(anp.reshape(W, (outputs, -1)), columns) + anp.reshape(b, (-1, 1))
        a = anp.reshape(anp.maximum(z, 0), (BATCH, outputs, half, 2, half, 2))
        features = anp.reshape(anp.max(a, axis=(3, 5)), (BATCH, -1))
        return cross_entropy(anp, anp.dot(features, V.T) + c, labels)

    return step_of(autograd.value_and_grad(loss), start)


def with_autograd_convolve(network, w, x, labels):
    """As its own example of a convolutional network does it."""
    anp = importlib.import_module("autograd.numpy")
    convolve = importlib.import_module("autograd.scipy.signal").convolve
    start = flat_parts(network, w)

    def loss(weights):
        W, b, V, c = weights
        flipped = W[:, :, ::-1, ::-1]
        z = convolve(x, flipped, axes=([2, 3], [2, 3]), dot_axes=([1], [1]), mode="valid")
        a = anp.maximum(z + anp.reshape(b, (1, -1, 1, 1)), 0)
        half = a.shape[2] // 2
        a = anp.reshape(a, (*a.shape[:2], half, 2, half, 2))
        features = anp.reshape(anp.max(anp.max(a, axis=3), axis=4), (BATCH, -1))
        return cross_entropy(anp, anp.dot(features, V.T) + c, labels)

    return step_of(autograd.value_and_grad(loss), start)


def cross_entropy(anp, logits, labels):
    logits = logits - anp.max(logits, axis=1, keepdims=True)
    return anp.mean(anp.log(anp.sum(anp.exp(logits), axis=1)) - logits[ROWS, labels])


def step_of(both, start):
    return lambda: [p - RATE * g for p, g in zip(start, both(start)[1], strict=True)]


def flat_parts(network, w) -> list[np.ndarray]:
    return [part for parts in network.parameters(w) for part in parts]


def times_of(layers, size: int, engines: dict, turns: int) -> dict:
    network, w, x, labels = problem(layers, size)
    steps = {name: engine(network, w, x, labels) for name, engine in engines.items()}
    return compared(steps, w, turns)


def main() -> None:
    say_who_is_here(torch=torch, autograd=autograd)
    engines = {
        "calclearn": ours,
        "by hand": by_hand,
        "by hand, examples last": by_hand_examples_last,
    }
    engines |= {"PyTorch": with_torch} if torch else {}
    engines |= {"HIPS autograd": with_autograd} if autograd else {}
    if autograd and imported("scipy"):
        engines["HIPS autograd, convolve"] = with_autograd_convolve
    for size, kernel, turns in ((8, 3, 100), (28, 5, 24)):
        print(f"\n{size} x {size}: 8 kernels of {kernel} x {kernel}, batch {BATCH}")
        layers = (Conv2D(8, kernel), ReLU(), MaxPool2D(2))
        show_beside_ours(times_of(layers, size, engines, turns))

    if torch:
        print(f"\nPyTorch's time by ours: two convolutions of 3 x 3, batch {BATCH}")
        channels = (1, 2, 4, 8, 16, 32)
        print(f"    {'channels':10s}" + "".join(f"{f'{c} → {2 * c}':>10s}" for c in channels))
        for size in (8, 14, 28):
            ratios = []
            for c in channels:
                layers = [Conv2D(c, 3, padding=1), ReLU(), Conv2D(2 * c, 3, padding=1), ReLU()]
                both = {"calclearn": ours, "PyTorch": with_torch}
                times = times_of([*layers, MaxPool2D(2)], size, both, max(9, 6000 // size**2 // c))
                ratios.append(times["PyTorch"] / times["calclearn"])
            label = f"{size} x {size}"
            print(f"    {label:10s}" + "".join(f"{r:10.2f}" for r in ratios), flush=True)


if __name__ == "__main__":
    main()
