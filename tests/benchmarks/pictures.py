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
from _engines import show_beside_aim, waited

from calclearn import explorers, lessons
from calclearn.book.films import dial
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


def places(name: str, control) -> dict[str, list]:
    """Neighbouring values at the lowest, the first and the highest place; or each other choice."""
    if isinstance(control, widgets.Text):
        return {"formula": ["x**3 - x", "exp(-x**2)"]}
    if isinstance(control, widgets.IntsInput):
        return {"pixels": [[ink] * len(control.value) for ink in range(NEIGHBOURS)]}
    if isinstance(control, widgets.FloatText):
        return {"number": [control.value + k / 4 for k in range(NEIGHBOURS)]}
    each = dial(name, control)
    if each.listed:
        pairs = zip(each.words, each.values, strict=True)
        return {word[:16]: [value] for word, value in pairs if value != control.value}
    starts = {"low": 0, "start": each.start, "high": len(each.values) - NEIGHBOURS}
    return {word: each.values[max(k, 0) :][:NEIGHBOURS] for word, k in starts.items()}


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
            for place, values in places(name, control).items():
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
    before = view._figure.shown
    seconds = waited(view.train)
    rate = (view._figure.shown - before) / seconds
    print(
        f"\na training: {rate:.1f} pictures a second, at least {PICTURES_A_SECOND:g} are aimed at"
    )


if __name__ == "__main__":
    figures(sys.argv[1:])
    training()
