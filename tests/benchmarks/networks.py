"""Time steps of training beside PyTorch.

    uv run --group peers python tests/benchmarks networks recurrent

Every row is one full step on one thread, in float32: the loss, its gradient and an update by
gradient descent; of a convolution, ReLU, max pooling and a dense layer into the cross-entropy, and
of a recurrent layer whose last state goes through a dense unit into the mean squared error.
"""

import _engines as engines  # before NumPy, which reads its threads
import numpy as np

from calclearn.calculus.autodiff import value_and_grad
from calclearn.descent.losses import cross_entropy, mse
from calclearn.networks.images import Conv2D, MaxPool2D
from calclearn.networks.layers import Dense, Flatten, LastStep, ReLU
from calclearn.networks.network import Network
from calclearn.networks.recurrent import GRU, LSTM, RNN, step_by_step

RATE = np.float32(1e-4)
BATCH, CLASSES = 64, 10
STEPS, SEQUENCES = 50, 32

(torch,) = engines.peers("torch")


# The problems: a network, its initial weights, data and an error, in float32
def images(layers, size: int):
    rng = np.random.default_rng(0)
    network = Network((*layers, Flatten(), Dense(CLASSES)), (1, size, size))
    x = rng.normal(size=(BATCH, 1, size, size)).astype(np.float32)
    w = network.init(rng).astype(np.float32)
    return network, w, x, rng.integers(0, CLASSES, BATCH), cross_entropy


def sequences(layer, inputs: int):
    rng = np.random.default_rng(0)
    network = Network((layer, LastStep(), Dense(1)), (STEPS, inputs))
    w = network.init(rng).astype(np.float32)
    x = rng.normal(size=(SEQUENCES, STEPS, inputs)).astype(np.float32)
    return network, w, x, np.tanh(x[:, -1, :1]), mse


def parts_of(network, w) -> list[np.ndarray]:
    return [part for parts in network.parameters(w) for part in parts]


# The ways: each returns a function that takes one step and returns the new weights
def ours(network, w, x, y, error):
    loss = network.loss(x, y, error)
    return lambda: w - RATE * loss.value_and_gradient(w)[1]


def ours_step_by_step(network, w, x, y, error):
    layer, last, dense = network.layers

    def loss(w):
        recurrent, _, weights = network.parameters(w)
        return error(dense(weights, last((), step_by_step(layer, recurrent, x))), y)

    both = value_and_grad(loss)
    return lambda: w - RATE * both(w)[1]


def with_torch(network, w, x, y, error):
    torch.set_num_threads(1)
    nn = torch.nn

    class Last(nn.Module):
        def forward(self, outputs):
            return outputs[0][:, -1]

    makers = {
        Conv2D: lambda a, s: nn.Conv2d(s[0], a.channels, a.kernel_size, padding=a.padding),
        ReLU: lambda a, s: nn.ReLU(),
        MaxPool2D: lambda a, s: nn.MaxPool2d(a.kernel_size),
        Flatten: lambda a, s: nn.Flatten(),
        Dense: lambda a, s: nn.Linear(s[0], a.units),
        LastStep: lambda a, s: Last(),
    }
    for kind in (RNN, LSTM, GRU):
        module = getattr(nn, kind.__name__)
        makers[kind] = lambda a, s, module=module: module(s[-1], a.units, batch_first=True)
    layers = [makers[type(a)](a, s) for a, s in zip(network.layers, network.shapes, strict=False)]
    model = nn.Sequential(*layers)
    weights = [*model.parameters()]
    with torch.no_grad():
        for theirs, part in zip(weights, parts_of(network, w), strict=True):
            theirs.copy_(torch.tensor(part))
    optimizer = torch.optim.SGD(weights, lr=float(RATE))
    inputs, targets = torch.tensor(x), torch.tensor(y)
    errors = {cross_entropy: nn.functional.cross_entropy, mse: nn.functional.mse_loss}

    def step():
        optimizer.zero_grad()
        errors[error](model(inputs), targets).backward()
        optimizer.step()
        return weights

    return step


WAYS = {"calclearn": ours} | ({"PyTorch": with_torch} if torch else {})


def times_of(problem, ways: dict, turns: int) -> dict:
    """The medians, after every way has taken the same step."""
    steps, w = {name: way(*problem) for name, way in ways.items()}, problem[1]
    expected = w - steps["calclearn"]()
    for name, step in steps.items():
        came = step()
        if not isinstance(came, np.ndarray):
            came = np.concatenate([part.detach().numpy().ravel() for part in came])
        if np.abs(w - came - expected).max() > 1e-2 * np.abs(expected).max():
            raise SystemExit(f"{name} takes another step")
    return engines.medians(steps, turns, in_a_row=10)


def ratios(title: str, columns: list[str], rows: dict) -> None:
    """PyTorch's times by ours: a row of problems and turns for each name."""
    print(f"\nPyTorch's time by ours: {title}\n    {'':10s}{''.join(f'{c:>10s}' for c in columns)}")
    for name, problems in rows.items():
        print(f"    {name:10s}", end="")
        for problem, turns in problems:
            times = times_of(problem, WAYS, turns)
            print(f"{times['PyTorch'] / times['calclearn']:10.2f}", end="", flush=True)
        print()


def convolutions() -> None:
    for size, kernel, turns in ((8, 3, 100), (28, 5, 24)):
        layers = (Conv2D(8, kernel), ReLU(), MaxPool2D(2))
        title = f"{size} x {size}: 8 kernels of {kernel} x {kernel}, batch {BATCH}"
        engines.show_beside_ours(title, times_of(images(layers, size), WAYS, turns))
    if torch is None:
        return
    channels, sizes = (1, 2, 4, 8, 16, 32), (8, 14, 28)

    def two(c, size):
        layers = [Conv2D(c, 3, padding=1), ReLU(), Conv2D(2 * c, 3, padding=1), ReLU()]
        return images([*layers, MaxPool2D(2)], size), max(9, 6000 // size**2 // c)

    rows = {f"{size} x {size}": (two(c, size) for c in channels) for size in sizes}
    title = f"two convolutions of 3 x 3, batch {BATCH}, by channels"
    ratios(title, [f"{c} → {2 * c}" for c in channels], rows)


def recurrent() -> None:
    compared = WAYS | {"step by step": ours_step_by_step}
    for inputs in (1, 8):
        title = f"RNN of 32 units, {inputs} inputs, {STEPS} steps, batch {SEQUENCES}"
        engines.show_beside_ours(title, times_of(sequences(RNN(32), inputs), compared, 60))
    if torch is None:
        return
    kinds = (RNN, LSTM, GRU)
    rows = {
        f"{units}": ((sequences(kind(units), 8), max(3, 400 // units)) for kind in kinds)
        for units in (16, 32, 64, 128, 256, 512, 1024)
    }
    ratios(f"{STEPS} steps, 8 inputs, by units", [kind.__name__ for kind in kinds], rows)


if __name__ == "__main__":
    convolutions()
