"""Explorers of memory: a velocity, a scale for each weight, and Adam, which keeps both.

There are two kinds of learning rate. Where the gradient is multiplied by it, the right one depends
on the curvature. Where the gradient is first divided by its own size, it is a length.
"""

from typing import Any

import numpy as np

from calclearn.descent.landscapes import ravine
from calclearn.descent.optimizers import (
    AdaGrad,
    Adam,
    GradientDescent,
    Momentum,
    Nesterov,
    RMSProp,
)
from calclearn.descent.surfaces import Surface
from calclearn.explorers.controls import choice, log_slider, slider
from calclearn.explorers.descents import rate_for
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.races import race_on
from calclearn.figures.curves import Curves
from calclearn.figures.style import GREY, OPTIMIZERS, legend_below, panels

MEMORIES = ("GradientDescent", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam")
PARTS = {"mean": "running mean $m$", "size": r"size $\sqrt{v}$", "length": r"step, in $\eta$"}


def with_memory(learning_rate: float, length: float, momentum: float) -> dict[str, Any]:
    """The optimizers of lesson 11: the first three are given one rate, the last three another."""
    velocity = learning_rate, momentum
    return {
        "GradientDescent": GradientDescent(learning_rate),
        "Momentum": Momentum(*velocity), "Nesterov": Nesterov(*velocity),
        "AdaGrad": AdaGrad(length), "RMSProp": RMSProp(length),
        "Adam": Adam(length, betas=(momentum, 0.999)),
    }  # fmt: skip


def memory_controls(learning_rate: float, length: float) -> dict[str, Any]:
    around = learning_rate / 30, learning_rate * 10
    return {
        "learning_rate": log_slider(learning_rate, *around, label="η, velocities"),
        "length": log_slider(length, length / 30, length * 10, label="η, scales"),
        "momentum": slider(0.8, 0.0, 0.99, 0.01, label="memory μ = β₁"),
    }


def say_memory(learning_rate: float, length: float, momentum: float) -> str:
    return f"η = {learning_rate:.3g} and {length:.3g}, μ = β₁ = {momentum:.2f}"


def race_with_memory(surface: Surface | None = None) -> Explorer:
    """Why remember? Six optimizers on one surface: no memory, a velocity, or scales by weight.

    A learning rate of the first three multiplies gradients. That of the last three is about the
    length of a step, whatever the gradient. The start can be dragged.

    >>> laps = race_with_memory().state["laps"]
    >>> bool(laps["Momentum"].gap[-1] < laps["GradientDescent"].gap[-1])
    True
    """
    surface = ravine(30.0).replace(start=(-2.4, 1.2)) if surface is None else surface
    controls = memory_controls(rate_for(surface, 0.6), 0.2)
    return race_on(surface, with_memory, MEMORIES, say_memory, 80, **controls)


def adam_step_by_step() -> Explorer:
    """What does Adam's bias correction do? Its two memories and its step, with it and without.

    The gradients are 1, or noisy about 1 as those of a mini-batch are.

    >>> adam = adam_step_by_step().set(step=1)
    >>> [round(float(length), 2) for length in adam.state["lengths"]]
    [1.0, 3.16]
    """
    k = np.arange(1, 61)
    noise = np.random.default_rng(0).normal(1, 0.5, len(k))
    kinds = {"of 1": np.ones(len(k)), "of 1 ± 0.5": noise}
    axes = panels("flat", "flat", "flat", height=3.3)

    def compute(step: int, beta1: float, beta2: float, gradients: str) -> dict:
        adam, g, w, rows = Adam(1.0, (beta1, beta2)), kinds[gradients], np.zeros(1), []
        state = adam.init(w)
        for slope in g:
            new, state = adam.update(w, np.array([slope]), state)
            rows.append((state[0][0], state[1][0], (w - new)[0]))
            w = new
        m, v, length = np.transpose(rows)
        plain = m, np.sqrt(v), m / np.sqrt(v)
        fair = m / (1 - beta1**k), np.sqrt(v / (1 - beta2**k)), length
        seen = g, abs(g), np.ones(len(k))
        curves = {
            part: {"g": (k, a), "without": (k, b), "with": (k, c), "now": ([step], c[[step - 1]])}
            for part, a, b, c in zip(PARTS, seen, plain, fair, strict=True)
        }
        i, told = step - 1, (step, beta1, beta2, gradients)
        means, lengths = (m[i], fair[0][i]), (length[i], plain[2][i])
        return curves | {"told": told, "means": means, "lengths": lengths}

    def caption(state: dict) -> str:
        (step, beta1, beta2, gradients), (m, mean) = state["told"], state["means"]
        length, bare = state["lengths"]
        return (
            f"Gradients {gradients}, β₁ = {beta1:g}, β₂ = {beta2:g}. After {step} of them m is "
            f"{m:.3f}; divided by 1 − β₁^{step} = {1 - beta1**step:.3f} it is {mean:.3f}. "
            f"The step is {length:.2f} η long; uncorrected it would be {bare:.2f} η."
        )

    color, marker = OPTIMIZERS["Adam"]
    looks = {
        "g": {"color": GREY, "lw": 0, "marker": ".", "label": "gradient"},
        "without": {"color": color, "lw": 1.6, "ls": "--", "label": "as it is"},
        "with": {"color": color, "lw": 2.2, "label": "corrected"},
        "now": {"color": color, "marker": marker, "ms": 10, "mec": "white"},
    }
    scales = {"ylim": (0, 2)}, {"ylim": (0, 2)}, {"ylim": (0.1, 40), "yscale": "log"}
    drawings = {
        part: Curves(ax, looks, title=title, xlabel="step $k$", xlim=(0, len(k)), **scale)
        for ax, (part, title), scale in zip(axes, PARTS.items(), scales, strict=True)
    }
    legend_below(axes[0])
    return explore(
        compute, drawings, caption, step=slider(3, 1, len(k), 1, label="step k"),
        beta1=slider(0.9, 0.0, 0.99, 0.01, label="β₁"),
        beta2=slider(0.999, 0.5, 0.999, 0.001, label="β₂"), gradients=choice(kinds.keys()),
    )  # fmt: skip
