"""A forecast of the carbon dioxide over Mauna Loa, and what it has to be measured against.

The one decision: the network sees no month and no year, only by how much the air has changed from
month to month. What it knows of the seasons and of the rise it has to carry in its state.

    r_t = CO2_t - CO2_{t-1},      z_t = (r_t - mean) / deviation        of the training months

    network(z_{t-36}, ..., z_{t-1}) is its forecast of z_t
"""

from functools import cache, lru_cache

import numpy as np

from calclearn.data import co2
from calclearn.descent.descend import descend
from calclearn.descent.losses import mse
from calclearn.descent.optimizers import AdamW
from calclearn.descent.schedules import cosine
from calclearn.explorers.controls import choice, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.wording import counted
from calclearn.figures.curves import Curves
from calclearn.figures.sequences import FORECASTS, Months
from calclearn.figures.style import legend_below, panels
from calclearn.networks.layers import Dense, LastStep
from calclearn.networks.network import Network
from calclearn.networks.recurrent import RNN

PAST, AHEAD = 36, 12  # months that are seen, and that are foretold
STEPS, BATCH = 1500, 48  # of training
FIRST_SHOWN = 1991


class Rises:
    """The monthly rises in standard deviations, cut into windows of `PAST` months.

    `x` (n, PAST, 1) holds the windows and `y` (n, 1) what followed; `held_out` (n,) says whether
    that month is one of the last eight years. `mean` and `deviation` are of training months alone.
    """

    def __init__(self) -> None:
        data = co2()
        rises, train = np.diff(data.co2), ~data.held_out[1:]
        self.mean, self.deviation = rises[train].mean(), rises[train].std()
        self.z = (rises - self.mean) / self.deviation
        self.x = np.lib.stride_tricks.sliding_window_view(self.z[:-1], PAST)[..., None]
        self.y = self.z[PAST:, None]
        self.held_out = data.held_out[1 + PAST :]


rises = cache(Rises)


def forecaster(units: int = 16, truncate: int | None = None) -> Network:
    """A recurrent layer that reads `PAST` months, and one unit that foretells the next.

    >>> forecaster().dimension
    321
    """
    return Network((RNN(units, truncate=truncate), LastStep(), Dense(1)), (PAST, 1))


@lru_cache(maxsize=16)
def trained(seed: int = 0, truncate: int | None = None) -> np.ndarray:
    """Weights (d,) after `STEPS` steps of AdamW on all training months."""
    network, data = forecaster(truncate=truncate), rises()
    loss = network.loss(data.x[~data.held_out], data.y[~data.held_out], mse, BATCH)
    optimizer = AdamW(cosine(0.01, STEPS), weight_decay=0.3)
    return descend(loss, network.init(seed), optimizer, STEPS, every=STEPS).point


def free_running(network: Network, w: np.ndarray) -> np.ndarray:
    """Forecasts (AHEAD, n) in ppm of the n held-out months, row h - 1 from h months before.

    The network takes its own forecasts for what it has not seen: after h steps, of the rise of h
    months, which is added to the last value known.
    """
    data, air = rises(), co2()
    n = np.sum(air.held_out)
    origins = np.arange(len(air) - n - AHEAD, len(air) - 1)  # the last months that are known
    seen, total, found = data.x[origins - PAST], air.co2[origins], []
    for h in range(1, AHEAD + 1):
        z = network(w, seen)
        seen = np.concatenate([seen[:, 1:], z[:, None]], axis=1)
        total = total + data.mean + data.deviation * z[:, 0]
        found.append(total[AHEAD - h :][:n])
    return np.array(found)


def simple_forecasts() -> dict[str, np.ndarray]:
    """The same (AHEAD, n) by three rules that anybody can apply, by their names.

    The same month last year; that, and the rise from a year before to now; and what is known, and
    the mean rise of each month that is to come, over the training years.
    """
    data = co2()
    air, months = data.co2, np.flatnonzero(data.held_out)
    change, train = np.diff(air, prepend=np.nan), ~data.held_out
    usual = np.array([np.nanmean(change[train & (data.month == m)]) for m in data.month])
    found = {name: [] for name in [*FORECASTS][1:]}
    for h in range(1, AHEAD + 1):
        now = months - h
        to_come = sum(usual[months - k] for k in range(h))
        rules = air[months - 12], air[months - 12] + air[now] - air[now - 12], air[now] + to_come
        for name, forecast in zip(found, rules, strict=True):
            found[name].append(forecast)
    return {name: np.array(forecasts) for name, forecasts in found.items()}


def rmse(forecasts: np.ndarray) -> np.ndarray:
    """√mean(error²) over the held-out months, in ppm: (..., n) -> (...)."""
    data = co2()
    return np.sqrt(np.mean((forecasts - data.co2[data.held_out]) ** 2, axis=-1))


def forecast(network: Network | None = None, w: np.ndarray | None = None) -> Explorer:
    """How far does the network see? Its forecasts of the years held out, and three simple rules.

    Without weights it is a network trained from seed 0.

    >>> errors = forecast().state["rmse"]
    >>> bool(errors["network"][0] < 0.8 * errors["same month last year"][0])
    True
    """
    network = network or forecaster()
    all_forecasts = {
        "network": free_running(network, trained() if w is None else w), **simple_forecasts(),
    }  # fmt: skip
    errors, data = {name: rmse(found) for name, found in all_forecasts.items()}, co2()
    years, truth = data.year[data.held_out], data.co2[data.held_out]
    months = np.arange(1, AHEAD + 1)

    def compute(ahead: int, rule: str) -> dict:
        shown = {name: found[ahead - 1] for name, found in all_forecasts.items()}
        hidden = dict.fromkeys(set(shown) - {"network", rule}, ([], []))
        return {
            "told": (ahead, rule), "rmse": errors,
            "series": {name: (years, values) for name, values in shown.items()} | hidden,
            "errors": {name: (years, values - truth) for name, values in shown.items()} | hidden,
            "by month": {name: (months, found) for name, found in errors.items()}
            | {"now": ([ahead], errors["network"][ahead - 1 : ahead])},
        }  # fmt: skip

    def caption(state: dict) -> str:
        ahead, rule = state["told"]
        mine, other = (state["rmse"][name][ahead - 1] for name in ("network", rule))
        share = round(1 - mine / other, 2)
        gain = f"{abs(share):.0%} {'less' if share > 0 else 'more'}" if share else "the same"
        return (
            f"Foretold {counted(ahead, 'month')} ahead, in the eight years held out: the network "
            f"is off by {mine:.2f} ppm (root mean square), the rule “{rule}” by {other:.2f} ppm. "
            f"The network's error is {gain}."
        )

    left, middle, right = panels("flat", "flat", "flat", ratios=(1.2, 1, 0.9), height=4.1)
    lines = {name: look | {"marker": "", "lw": 1.4} for name, look in FORECASTS.items()}
    now = {"now": {"color": FORECASTS["network"]["color"], "marker": "o", "ms": 11}}
    shown = data.year > FIRST_SHOWN
    drawings = {
        "series": Months(
            left, lines, measured=(data.year[shown], data.co2[shown]), held_out=years[0],
            title="carbon dioxide (ppm)", ylim=(352, 376), xticks=(1992, 1995, 1998, 2001),
        ),
        "errors": Curves(
            middle, lines, xlim=(1994, 2002), ylim=(-4, 4), xlabel="year",
            title="forecast − measured (ppm)", xticks=(1994, 1996, 1998, 2000, 2002),
        ),
        "by month": Curves(
            right, FORECASTS | now, xlim=(0.5, 12.5), ylim=(0, 2), xticks=(1, 3, 6, 9, 12),
            xlabel="months ahead", title="RMSE (ppm)",
        ),
    }  # fmt: skip
    legend_below(right, columns=2)
    return explore(
        compute, drawings, caption, ahead=slider(1, 1, AHEAD, 1, label="months ahead"),
        rule=choice([*FORECASTS][1:], label="compare with"),
    )  # fmt: skip
