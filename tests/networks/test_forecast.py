"""The forecast of carbon dioxide: what it may see, what it says, and whether it is any good."""

import numpy as np
import pytest

from calclearn.data import co2
from calclearn.data.dataset import Dataset
from calclearn.descent.descend import descend
from calclearn.descent.losses import mse
from calclearn.descent.optimizers import AdamW
from calclearn.descent.schedules import cosine
from calclearn.explorers import forecasts
from calclearn.explorers.forecasts import (
    AHEAD,
    BATCH,
    PAST,
    STEPS,
    Rises,
    forecaster,
    free_running,
    rises,
    rmse,
    simple_forecasts,
    trained,
)

AIR = co2()
HELD_OUT = np.flatnonzero(AIR.held_out)
SEEDS = range(2)


def test_each_window_holds_the_months_before_the_one_it_predicts():
    data = rises()
    for i in (0, 17, len(data.y) - 1):
        month = i + PAST + 1
        changes = np.array([AIR.co2[m] - AIR.co2[m - 1] for m in range(month - PAST, month + 1)])
        z = (changes - data.mean) / data.deviation
        assert data.x[i, :, 0] == pytest.approx(z[:-1])
        assert data.y[i, 0] == pytest.approx(z[-1])
        assert data.held_out[i] == AIR.held_out[month]
    assert (len(data.y), data.held_out.sum()) == (len(AIR) - PAST - 1, len(HELD_OUT))


def test_nothing_of_the_training_depends_on_the_years_held_out(monkeypatch):
    columns = {name: getattr(AIR, name) for name in ("year", "month", "co2", "held_out")}
    columns["co2"] = np.where(AIR.held_out, -1e6, AIR.co2)
    words = {"units": {"co2": "ppm"}, "source": "made up", "licence": "none"}
    other = Dataset(name="another air", columns=columns, **words)
    monkeypatch.setattr(forecasts, "co2", lambda: other)
    real, changed = rises(), Rises()
    assert (changed.mean, changed.deviation) == (real.mean, real.deviation)
    train = ~real.held_out
    assert np.array_equal(changed.x[train], real.x[train])
    assert np.array_equal(changed.y[train], real.y[train])


def test_free_running_feeds_the_network_its_own_forecasts():
    network = forecaster()
    w, data = network.init(3), rises()
    found = free_running(network, w)
    assert found.shape == (AHEAD, len(HELD_OUT))
    for h, i in ((1, 0), (5, 0), (12, 50), (12, 95), (1, 95)):
        month = HELD_OUT[i]
        series, level = list(data.z[: month - h]), AIR.co2[month - h]  # all that is known then
        for _ in range(h):
            z = network(w, np.array(series[-PAST:])[None, :, None])[0, 0]
            series.append(z)
            level += data.mean + data.deviation * z
        assert found[h - 1, i] == pytest.approx(level)


def test_simple_forecasts_are_their_rules():
    train = ~AIR.held_out
    by_month = {
        m: np.mean([AIR.co2[i] - AIR.co2[i - 1] for i in range(1, len(AIR))
                    if train[i] and AIR.month[i] == m])
        for m in range(1, 13)
    }  # fmt: skip
    naive, last_rise, usual = simple_forecasts().values()
    for h in (1, 7, 12):
        for i in (0, 40, 95):
            m = HELD_OUT[i]
            now, year = AIR.co2[m - h], AIR.co2[m - h] - AIR.co2[m - h - 12]
            assert naive[h - 1, i] == AIR.co2[m - 12]
            assert last_rise[h - 1, i] == pytest.approx(AIR.co2[m - 12] + year)
            to_come = sum(by_month[AIR.month[k]] for k in range(m - h + 1, m + 1))
            assert usual[h - 1, i] == pytest.approx(now + to_come)
    assert rmse(naive)[[0, 11]] == pytest.approx([1.863, 1.863], abs=5e-4)
    assert rmse(last_rise)[[0, 11]] == pytest.approx([0.401, 1.209], abs=5e-4)
    assert rmse(usual)[[0, 11]] == pytest.approx([0.311, 0.866], abs=5e-4)


@pytest.fixture(scope="module")
def errors():
    """RMSE (seed, month ahead) in ppm."""
    return np.array([rmse(free_running(forecaster(), trained(seed))) for seed in SEEDS])


def test_every_seed_beats_the_simple_rules_on_the_years_held_out(errors):
    found = errors
    naive, last_rise, usual = (rmse(rule) for rule in simple_forecasts().values())
    print("RMSE (ppm) by seed, 1, 6 and 12 months ahead:", found[:, [0, 5, 11]].round(3).tolist())
    assert (found < 0.8 * naive).all()
    assert (found[:, 0] < 0.85 * last_rise[0]).all()
    assert (found[:, 11] < 0.8 * last_rise[11]).all()
    assert (found[:, 2:11] < usual[2:11]).all()
    assert (found[:, 0] < 1.05 * usual[0]).all()  # next month, a table of usual rises is as good


def test_rounding_is_not_amplified():
    network, data = forecaster(), rises()
    noise = 1e-7 * np.random.default_rng(1).normal(size=network.dimension)
    loss = network.loss(data.x[~data.held_out], data.y[~data.held_out], mse, BATCH)
    optimizer = AdamW(cosine(0.01, STEPS), weight_decay=0.3)
    other = descend(loss, network.init(0) * (1 + noise), optimizer, STEPS, every=STEPS).point
    assert rmse(free_running(network, other)) == pytest.approx(
        rmse(free_running(network, trained(0))), abs=1e-5
    )
