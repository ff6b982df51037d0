"""Lesson 15's two tasks: a symbol to be recalled after a wait, and a forecast of carbon dioxide.

    h_t = z_t h_{t-1} + (1 - z_t) n_t        ∂h_t/∂h_{t-1} = z_t + ...

Where the gate z_t of a GRU is near 1 the state is kept, and so is the error that comes back.
"""

import math
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from calclearn.data import co2
from calclearn.data.co2 import WINDOW as PAST
from calclearn.data.co2 import rises, simple_forecasts
from calclearn.descent.descend import Descent, descend
from calclearn.descent.losses import cross_entropy, mse, sigmoid
from calclearn.descent.optimizers import Adam, AdamW
from calclearn.descent.schedules import cosine
from calclearn.explorers import Explorer, choice, explore, slider
from calclearn.explorers.wording import counted
from calclearn.figures import legend_below, panels
from calclearn.figures.marks import Curves, Dots, Raster, Rule
from calclearn.figures.style import BEST, BLACK, BLAME, GREEN, GREY, LIGHT, LOSS, MODEL, PURPLE
from calclearn.networks.inside import backpropagated
from calclearn.networks.layers import Dense, LastStep
from calclearn.networks.network import Network
from calclearn.networks.recurrent import GRU, RNN, adjoints_through_time

SYMBOLS, CELLS = 4, 8  # that may have to be recalled; units of each network
WAITS = (3, 10, 20, 40)  # steps between the symbol and its recall
PRACTICE, EACH, RATE = 200, 10, 0.02  # steps of training, and from record to record; of Adam
MEMORIES = {
    "plain RNN": {"color": MODEL, "marker": "s"},
    "truncated RNN": {"color": GREEN, "marker": "D", "ls": "--"},
    "GRU": {"color": BLAME, "marker": "o"},
}


def symbols(n: int, wait: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n sequences of random symbols, (n, wait + 1, 5), and the first of each, (n,).

    The first symbol, marked by a 1 in the fifth input, is to be recalled; the others distract.
    """
    drawn = np.random.default_rng(seed).integers(0, SYMBOLS, (n, wait + 1))
    x = np.zeros((n, wait + 1, SYMBOLS + 1))
    x[..., :SYMBOLS] = drawn[..., None] == np.arange(SYMBOLS)
    x[:, 0, SYMBOLS] = 1
    return x, drawn[:, 0]


def gate(parameters: tuple[np.ndarray, ...], x: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Return the gate z (N, T, H) of a GRU at its inputs x (N, T, D) and states h (N, T, H)."""
    W_ih, W_hh, b_ih, b_hh = parameters
    before = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
    _, z, _ = np.split(x @ W_ih.T + b_ih + before @ W_hh.T + b_hh, 3, axis=2)
    return sigmoid(z)


@lru_cache(maxsize=32)
def practice(name: str, wait: int, keep: float = 0.97) -> SimpleNamespace:
    """Train a network to recall a symbol after a wait; the gates of a GRU begin near `keep`.

    Of K records, measured on held-out sequences: `shares` (K,) whose symbol is recalled, the size
    `arriving` (K, T) of ∂L/∂h_t relative to that at the last step, and mean `gates` (K, H, T).
    """
    layer = {"GRU": GRU(CELLS), "truncated RNN": RNN(CELLS, truncate=7)}.get(name, RNN(CELLS))
    network = Network((layer, LastStep(), Dense(SYMBOLS)), (wait + 1, SYMBOLS + 1))
    w = network.init(0)
    if name == "GRU":
        network.parameters(w)[0][2][CELLS : 2 * CELLS] = math.log(keep / (1 - keep))  # b_z
    loss = network.loss(*symbols(2000, wait, seed=1), cross_entropy, 32)
    run = descend(loss, w, Adam(RATE), PRACTICE, every=EACH)
    (x, y), shares, arriving, gates = symbols(500, wait, seed=0), [], [], []
    for point in run.points:
        shares.append(np.mean(network(point, x).argmax(axis=1) == y))
        parameters = network.parameters(point)[0]
        inside = backpropagated(network, point, x[:64], y[:64])[0]
        adjoints = adjoints_through_time(layer, parameters, x[:64], inside.to_activation)
        sizes = np.linalg.norm(adjoints, axis=2).mean(axis=0)
        arriving.append(sizes / sizes[-1])
        z = gate(parameters, x[:64], inside.activation) if name == "GRU" else np.zeros((1, 1, 1))
        gates.append(z.mean(axis=0).T)
    return SimpleNamespace(shares=shares, arriving=np.array(arriving), gates=np.array(gates))


def task_that_needs_memory() -> Explorer:
    """Which network can wait? A symbol is shown, others distract, and then it is to be recalled.

    Three networks are trained for each wait, each only on sequences of that length: `practice`.

    >>> bool(practice("truncated RNN", 10).shares[-1] < 0.4 < 0.9 < practice("GRU", 10).shares[-1])
    True
    """

    def recall(step, wait, keep) -> dict:
        k, runs, now = round(step / EACH), {}, {}
        for name in MEMORIES:
            begin = keep if name == "GRU" else 0.97
            runs[name] = [practice(name, each, begin) for each in WAITS]
            now[name] = runs[name][WAITS.index(wait)]
        after = max(WAITS) - wait  # steps that are not in these sequences have no colour
        return {
            "recalled": {
                name: (WAITS, [100 * run.shares[k] for run in each]) for name, each in runs.items()
            },
            "arriving": {name: run.arriving[k] for name, run in now.items()},
            "shares": {name: float(run.shares[k]) for name, run in now.items()},
            "gates": np.pad(LOSS(now["GRU"].gates[k]), ((0, 0), (0, after), (0, 0))),
        }

    def caption(step, wait, keep, shares, arriving) -> str:
        right = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
        back = ", ".join(f"{sizes[0]:.2g}" for sizes in arriving.values())
        return (
            f"After {counted(step, 'step')} of training and a wait of {wait} steps, this share of "
            f"held-out symbols is recalled: {right} (by chance {1 / SYMBOLS:.0%}). The gradient at "
            f"the symbol, relative to that at the last step: {back}. The gates of the GRU began "
            f"near {keep}."
        )

    left, middle, right = panels("ruled", "ruled", "flat", ratios=(1, 1.15, 1.15), height=3.9)
    left.set(title="recalled (%)", xlabel="wait (steps)", xticks=WAITS)
    left.set(xlim=(0, 42), ylim=(0, 104))
    left.axhline(100 / SYMBOLS, color=BLACK, ls=":", lw=1)
    middle.set(title="error through time\n(last step: 1)", xlabel="step $t$; the symbol is at 0")
    middle.set(xlim=(-1, 41), ylim=(1e-6, 3), yscale="log")
    window = ((-0.5, max(WAITS) + 0.5), (0.5, CELLS + 0.5))
    right.set(title="gates of the GRU: dark writes,\nlight keeps", xlabel="step $t$")
    right.set(ylabel="units", yticks=[], xlim=window[0], ylim=window[1])
    drawings = [
        Rule(left, x="wait", color=GREY, lw=1),
        Curves(left, "recalled", MEMORIES, ms=5, clip_on=False),
        Curves(middle, "arriving", MEMORIES, ms=3, lw=1.2, edge=True),
        Raster(right, "gates", window=window),
    ]
    legend_below(left)
    return explore(
        recall, drawings, caption, play="step", step=slider(PRACTICE, 0, PRACTICE, EACH),
        wait=choice(WAITS, 40, label="wait (steps)"),
        keep=choice([0.97, 0.5], label="gate z at first"),
    )  # fmt: skip


AHEAD = 12  # months
TRAINING, BATCH = 1500, 48
FIRST_SHOWN = 1991
FORECASTS = {
    "network": {"color": MODEL, "marker": "o"},
    "same month last year": {"color": BEST, "ls": ":", "marker": "s"},
    "the same, and last year's rise": {"color": GREEN, "ls": "--", "marker": "^"},
    "usual rise of each month": {"color": PURPLE, "ls": "-.", "marker": "D"},
}


def forecaster(truncate: int | None = None) -> Network:
    """A recurrent layer that reads 36 monthly rises, and one unit that predicts the next.

    >>> forecaster().dimension
    321
    """
    return Network((RNN(16, truncate=truncate), LastStep(), Dense(1)), (PAST, 1))


@lru_cache(maxsize=16)
def trained(seed: int = 0, truncate: int | None = None) -> Descent:
    """Train a forecaster on all training months, by AdamW."""
    network, data = forecaster(truncate), rises()
    loss = network.loss(data.x[~data.held_out], data.y[~data.held_out], mse, BATCH)
    optimizer = AdamW(cosine(0.01, TRAINING), weight_decay=0.3)
    return descend(loss, network.init(seed), optimizer, TRAINING, every=15)


def free_running(network: Network, w: np.ndarray) -> np.ndarray:
    """Forecasts (AHEAD, n) in ppm of the n held-out months, row h - 1 from h months before.

    The network takes its own forecasts for the months that it has not read: after h steps, of the
    rise of h months, which is added to the last known value.
    """
    data, air = rises(), co2()
    n = np.sum(air.held_out)
    origins = np.arange(len(air) - n - AHEAD, len(air) - 1)  # the last months that are known
    window, level, forecasts = data.x[origins - PAST], air.co2[origins], []
    for h in range(1, AHEAD + 1):
        z = network(w, window)
        window = np.concatenate([window[:, 1:], z[:, None]], axis=1)
        level = level + data.mean + data.deviation * z[:, 0]
        forecasts.append(level[AHEAD - h :][:n])
    return np.array(forecasts)


def rmse(forecasts: np.ndarray) -> np.ndarray:
    """√mean(error²) over the held-out months, in ppm: (..., n) -> (...)."""
    data = co2()
    return np.sqrt(np.mean((forecasts - data.co2[data.held_out]) ** 2, axis=-1))


def forecast(network: Network | None = None, run: Descent | None = None) -> Explorer:
    """How far ahead does the network predict? The years held out, and three simple rules.

    `run` is a training of the network, which plays; without one, that from seed 0 is shown.

    >>> errors = forecast().state["errors"]
    >>> bool(errors["network"][0] < 0.8 * errors["same month last year"][0])
    True
    """
    network, run = network or forecaster(), run or trained()
    rules, data = simple_forecasts(AHEAD), co2()
    years, truth = data.year[data.held_out], data.co2[data.held_out]
    months, last = np.arange(1, AHEAD + 1), max(int(run.steps[-1]), 1)
    by_network = lru_cache(maxsize=128)(lambda record: free_running(network, run.points[record]))

    def compare(step, ahead, rule) -> dict:
        record = int(np.argmin(np.abs(run.steps - step)))
        forecasts = {"network": by_network(record), **rules}
        errors = {name: rmse(each) for name, each in forecasts.items()}
        shown = {name: forecasts[name][ahead - 1] for name in ("network", rule)}
        return {
            "taken": int(run.steps[record]), "errors": errors,
            "ppm": {name: (years, row) for name, row in shown.items()},
            "misses": {name: (years, row - truth) for name, row in shown.items()},
            "rmse": {name: (months, error) for name, error in errors.items()},
            "now": (ahead, errors["network"][ahead - 1]),
        }  # fmt: skip

    def caption(taken, ahead, rule, errors) -> str:
        mine, other = (errors[name][ahead - 1] for name in ("network", rule))
        share = round(1 - mine / other, 2)
        gain = f"{abs(share):.0%} {'smaller' if share > 0 else 'larger'}" if share else "the same"
        return (
            f"After {counted(taken, 'step')} of training, {counted(ahead, 'month')} ahead, RMSE "
            f"over the eight years held out: the network {mine:.2f} ppm, the rule “{rule}” "
            f"{other:.2f} ppm. The network's error is {gain}."
        )

    left, middle, right = panels("ruled", "ruled", "ruled", ratios=(1.2, 1, 0.9), height=4.1)
    shown, end = data.year > FIRST_SHOWN, data.year[-1] + 0.1
    left.set(title="carbon dioxide (ppm)", xlabel="year", xticks=(1992, 1995, 1998, 2001))
    left.set(xlim=(data.year[shown][0], end), ylim=(352, 376))
    left.axvspan(years[0], end, color=LIGHT, alpha=0.4, lw=0)
    left.plot(data.year[shown], data.co2[shown], color=GREY, lw=1.2, zorder=1)
    middle.set(title="forecast − measured (ppm)", xlabel="year", xticks=range(1994, 2003, 2))
    middle.set(xlim=(1994, 2002), ylim=(-4, 4))
    right.set(title="RMSE (ppm)", xlabel="months ahead", xticks=(1, 3, 6, 9, 12))
    right.set(xlim=(0.5, 12.5), ylim=(0, 2))
    plain = {name: look | {"marker": "", "lw": 1.4} for name, look in FORECASTS.items()}
    drawings = [
        Curves(left, "ppm", plain, edge=True),
        Curves(middle, "misses", plain, edge=True),
        Curves(right, "rmse", FORECASTS, edge=True),
        Dots(right, "now", color=MODEL, ms=11, mec=MODEL, edge=True),
    ]
    legend_below(right, columns=2)
    return explore(
        compare, drawings, caption, play="step",
        step=slider(last, 0, last, max(last // 100, 1)),
        ahead=slider(1, 1, AHEAD, 1, label="months ahead"),
        rule=choice([*FORECASTS][1:], label="compare with"),
    )  # fmt: skip
