"""Time each picture of each figure: the reply to a slider's step, at both ends and at its start.

    python tests/benchmarks/pictures.py                     every figure
    python tests/benchmarks/pictures.py learning_rate ...   those that are named

A reply is what the browser waits for: compute, caption, paint, and the pixels that differ. At each
place a control takes a few neighbouring values, as it is dragged, and the median counts. The aim is
a thirtieth of a second of the processor.
"""

import inspect
import statistics
import sys
import time

import ipywidgets as widgets
import numpy as np
from _engines import show_beside_aim

from calclearn import explorers, lessons
from calclearn.data import digits
from calclearn.descent.descend import descend
from calclearn.descent.optimizers import Adam
from calclearn.networks.images import Conv2D
from calclearn.networks.layers import Dense, Flatten, ReLU
from calclearn.networks.network import Network

AIM = 33.0  # ms
NEIGHBOURS = 5
PICTURES_A_SECOND = 3.0  # of a training


def makers() -> dict:
    """The functions of the package that make a figure, by name."""
    public = {name: getattr(room, name) for room in (lessons, explorers) for name in room.__all__}
    return {
        name: make
        for name, make in public.items()
        if inspect.isfunction(make)
        and name != "explore"
        and inspect.signature(make).return_annotation in ("Explorer", explorers.Explorer)
    }


def trained():
    """A small network that reads digits, the record of its training, and the digits held out."""
    data = digits()
    network = Network((Conv2D(4, 3), ReLU(), Flatten(), Dense(10)), (1, 8, 8))
    loss = network.loss(data.train.images, data.train.labels, batch_size=20)
    return network, descend(loss, network.init(0), Adam(0.01), 100, every=20), data.held_out


def made(name: str, make):
    network, run, data = trained()
    arguments = {
        "filters_and_mistakes": (network, run, data),
        "one_image": (network, run.point, data),
        "draw_a_digit": (network, run.point, data),
    }
    return make(*arguments.get(name, ()))


def places(control) -> dict[str, list]:
    """Neighbouring values at the lowest, the first and the highest place; or each other choice."""
    if hasattr(control, "_options_full"):
        others = [value for _, value in control._options_full if value != control.value]
        return {f"{value}"[:16]: [value] for value in others}
    if isinstance(control, widgets.Checkbox):
        return {"other": [not control.value]}
    if isinstance(control, widgets.Text):
        return {"formula": ["x**3 - x", "exp(-x**2)"]}
    if isinstance(control, widgets.IntsInput):
        return {"pixels": [[ink] * len(control.value) for ink in range(NEIGHBOURS)]}
    if isinstance(control, widgets.FloatText):
        return {"number": (control.value + np.arange(NEIGHBOURS) / 4).tolist()}
    base = getattr(control, "base", None)
    start = np.log(control.value) / np.log(base) if base else control.value
    steps = control.step * np.arange(NEIGHBOURS)
    runs = {"low": control.min + steps, "start": start + steps, "high": control.max - steps}

    def value(place):
        place = np.clip(place, control.min, control.max)
        ends = base**control.min if base else 0, base**control.max if base else 0
        return float(np.clip(base**place, *ends)) if base else type(control.value)(place)

    return {name: [value(place) for place in run] for name, run in runs.items()}


def reply(explorer, name: str, value) -> float:
    """The processor seconds of one request of the browser, and of its answer."""
    explorer.controls[name].value = value
    values = {
        name: {"index": control.index} if hasattr(control, "index") else control.value
        for name, control in explorer.controls.items()
    }
    live, edition = explorer._live, explorer._painter.edition
    request = {"values": values, "drag": None, "ratio": 1, "rest": False, "page": "", "number": 1}
    begin = time.process_time()
    live._picture(request | {"edition": edition})  # which raises, where a reply has a sentence
    return time.process_time() - begin


def figures(chosen: list[str]) -> None:
    over = count = 0
    for maker, make in makers().items():
        if chosen and maker not in chosen:
            continue
        explorer = made(maker, make)
        base = explorer.values
        for name, control in explorer.controls.items():
            for place, values in places(control).items():
                explorer.set(**base).still()
                times = [reply(explorer, name, value) for value in values]
                median = 1e3 * statistics.median(times)
                over += show_beside_aim(f"{maker}, {name}, {place}", median, AIM, "ms")
                count += 1
            explorer.set(**base)
    print(f"\n{over} of {count} places are over {AIM:g} ms")


def training() -> None:
    """How many pictures a training shows, each second of the clock on the wall."""
    network, run, data = trained()
    loss = network.loss(data.images, data.labels, batch_size=20)
    view = explorers.training(loss, run.point, Adam(0.001), 3000)
    before, begin = view._figure.shown, time.perf_counter()
    view.train()
    rate = (view._figure.shown - before) / (time.perf_counter() - begin)
    print(
        f"\na training: {rate:.1f} pictures a second, at least {PICTURES_A_SECOND:g} are aimed at"
        f"{'' if rate >= PICTURES_A_SECOND else '   too few'}"
    )


if __name__ == "__main__":
    figures(sys.argv[1:])
    training()
