"""Explorers of time: what an error does to the steps before it, and what truncation leaves of that.

The one decision: nothing is simulated. The network is a recurrent layer of 16 units that reads the
monthly rises of carbon dioxide over Mauna Loa and foretells each from those before. It has not
learned anything yet: as first weights are, W_hh is a random rotation, times a radius, so that all
its singular values and the sizes of all its eigenvalues are that radius.

    L_t = ½ (v·h_t - z_{t+1})²,    ∂L_t/∂h_s = ∂L_t/∂h_t ∂h_t/∂h_{t-1} ... ∂h_{s+1}/∂h_s
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from calclearn.calculus.autodiff import vjp
from calclearn.explorers.controls import choice, log_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.forecasts import rises
from calclearn.explorers.wording import counted
from calclearn.figures.curves import Curves
from calclearn.figures.sequences import (
    AGREEMENT,
    ARRIVING,
    CLIPPING,
    LONGEST,
    ByStep,
    TimeMap,
    Unrolled,
)
from calclearn.figures.style import BLACK, legend_below, panels
from calclearn.networks.initial import orthogonal
from calclearn.networks.recurrent import RNN, adjoints_through_time

UNITS = 16
ACTIVATIONS = {"tanh": "tanh", "ReLU": "relu"}


class Sequence(NamedTuple):
    """A layer on the first months of the series, and the errors that it makes there."""

    layer: RNN
    parameters: tuple[np.ndarray, ...]
    x: np.ndarray  # (1, T, 1)
    h: np.ndarray  # (T, H)
    errors: np.ndarray  # (T, H): ∂L_t/∂h_t

    def adjoints(self) -> np.ndarray:
        """∂L_t/∂h_s in [t, s], (T, T, H): one example for each loss, with the same inputs."""
        T = len(self.h)
        G = np.zeros((T, T, UNITS))
        G[np.arange(T), np.arange(T)] = self.errors
        same = np.broadcast_to(self.x, (T, T, 1))
        return adjoints_through_time(self.layer, self.parameters, same, G)

    def gradient(self) -> np.ndarray:
        """The gradient of the mean of all L_t, by all parameters of the layer in one vector."""
        _, pull = vjp(lambda *parameters: self.layer(parameters, self.x), *self.parameters)
        return np.concatenate([part.ravel() for part in pull(self.errors[None] / len(self.h))])


def sequence(radius: float, activation: str, steps: int, truncate: int | None = None) -> Sequence:
    """A layer with W_hh = radius · rotation, over so many months.

    >>> months = sequence(0.5, "tanh", 12)
    >>> W_hh = months.parameters[1]
    >>> bool(np.allclose(W_hh @ W_hh.T, 0.25 * np.eye(16))), months.h.shape
    (True, (12, 16))
    """
    rng, z = np.random.default_rng(0), rises().z
    rotation, W_ih = orthogonal(rng, (UNITS, UNITS)), 0.1 * rng.normal(size=(UNITS, 1))
    readout, nothing = rng.normal(size=UNITS) / np.sqrt(UNITS), np.zeros(UNITS)
    layer = RNN(UNITS, nonlinearity=ACTIVATIONS[activation], truncate=truncate)
    parameters, x = (W_ih, radius * rotation, nothing, nothing), z[None, :steps, None]
    h = layer(parameters, x)[0]
    return Sequence(layer, parameters, x, h, np.outer(h @ readout - z[1 : steps + 1], readout))


def error_through_time() -> Explorer:
    """How does error travel through time? The gradient of every loss, at every step before it.

    Clipping bounds the gradient of the weights, here of W_hh for one loss at a time.

    >>> star = error_through_time()
    >>> weak, strong = (star.set(radius=r).state["factor"] for r in (0.5, 2.5))
    >>> bool(weak < 0.5 and strong > 1)
    True
    """
    left, middle, right, strip = panels(
        "flat", "flat", "flat", "strip", ratios=(1.25, 1, 1), height=4.5
    )

    def compute(steps: int, radius: float, activation: str, threshold: float) -> dict:
        months, s = sequence(radius, activation, steps), np.arange(1, steps + 1)
        adjoints = months.adjoints()
        slopes = 1 - months.h**2 if activation == "tanh" else 1.0 * (months.h > 0)
        sums = (adjoints * slopes)[:, 1:]  # [t, s] is the adjoint of the sum that goes into φ
        to_weights = length(sums.swapaxes(1, 2) @ months.h[:-1], axis=(1, 2))
        sizes = length(adjoints, axis=2)
        last = sizes[-1]
        return {
            "told": (steps, radius, activation, threshold), "sizes": sizes, "last": last,
            "factor": (last[0] / last[-1]) ** (1 / (steps - 1)), "to weights": to_weights,
            "arriving": {
                "arriving": (s, last), "guide": (s, last[-1] * radius ** (steps - 1.0 * s)),
            },
            "clipping": {
                "whole": (s[1:], to_weights[1:]),  # h_0 = 0, so the first loss has none
                "clipped": (s[1:], np.minimum(to_weights, threshold)[1:]),
                "threshold": ([0, LONGEST + 1], [threshold] * 2),
            },
        }  # fmt: skip

    def caption(state: dict) -> str:
        (steps, radius, activation, threshold), last = state["told"], state["last"]
        over = int(np.sum(state["to weights"] > threshold))
        return (
            f"{steps} steps of {activation}, radius {radius:.2f}: of the last loss a gradient of "
            f"{last[-1]:.2g} stands at the last step and {last[0]:.2g} arrives at the first. Each "
            f"step back multiplied it by {state['factor']:.2f}. The largest gradient of W_hh is "
            f"{state['to weights'].max():.3g} long; clipping at {threshold:.4g} shortens {over} of "
            f"{steps}."
        )

    drawings = {
        "sizes": TimeMap(left, title="loss at $t$, gradient at $s$"),
        "arriving": ByStep(
            middle, ARRIVING, title="gradient of the last loss", step="earlier step $s$"
        ),
        "clipping": ByStep(right, CLIPPING, title="gradient of $W_{hh}$", step="loss at step $t$"),
        "last": Unrolled(strip, "the network unrolled: one dot a step, coloured by what arrives"),
    }
    legend_below(middle, right, handlelength=1.6)
    return explore(
        compute, drawings, caption, steps=slider(30, 2, LONGEST, 1, label="sequence length"),
        radius=slider(0.8, 0.2, 2.5, 0.05), activation=choice([*ACTIVATIONS]),
        threshold=log_slider(1.0, 1e-3, 1e3, 60, label="clip at"),
    )  # fmt: skip


def truncated_gradient() -> Explorer:
    """What does truncation leave? The map of errors, cut, and the gradient beside the true one.

    >>> cut = truncated_gradient()
    >>> float(cut.set(truncate=40).state["cosine"].round(6))
    1.0
    """
    left, right = panels("flat", "flat", ratios=(1.15, 1), height=4.1)
    every = np.arange(1, LONGEST + 1)

    @lru_cache(maxsize=64)
    def agreement(radius: float, activation: str) -> tuple[np.ndarray, np.ndarray]:
        found = [sequence(radius, activation, LONGEST, k).gradient() for k in every]
        true, lengths = found[-1], np.array([length(g) for g in found])
        return lengths / lengths[-1], np.array([g @ true for g in found]) / lengths / lengths[-1]

    def compute(truncate: int, radius: float, activation: str) -> dict:
        months = sequence(radius, activation, LONGEST, truncate)
        lengths, cosines = agreement(radius, activation)
        return {
            "told": (truncate, radius, activation), "cosine": cosines[truncate - 1],
            "length": lengths[truncate - 1], "sizes": length(months.adjoints(), axis=2),
            "agreement": {
                "length": (every, lengths), "direction": (every, cosines),
                "now": ([truncate] * 2, [-1, 1.5]),
            },
        }  # fmt: skip

    def caption(state: dict) -> str:
        truncate, radius, activation = state["told"]
        angle = np.degrees(np.arccos(min(state["cosine"], 1)))
        pieces = f"cut into pieces of {counted(truncate, 'step')}"
        return (
            f"{activation}, radius {radius:.2f}, {LONGEST} steps, "
            f"{pieces if truncate < LONGEST else 'not cut'}: the gradient is "
            f"{state['length']:.2f} times as long as the true one and points {angle:.0f}° away "
            f"from it."
        )

    now = {"now": {"color": BLACK, "lw": 0.8}}
    drawings = {
        "sizes": TimeMap(left, title="loss at $t$, gradient at $s$"),
        "agreement": Curves(
            right, AGREEMENT | now, xlim=(0, LONGEST + 1), ylim=(-0.25, 1.5),
            xlabel="steps between cuts $k$", title="truncated against true gradient",
        ),
    }  # fmt: skip
    legend_below(right)
    return explore(
        compute, drawings, caption, truncate=slider(8, 1, LONGEST, 1, label="cut every"),
        radius=slider(1.1, 0.2, 2.5, 0.05), activation=choice([*ACTIVATIONS]),
    )  # fmt: skip


def length(values: np.ndarray, axis=None) -> np.ndarray:
    return np.sqrt(np.sum(values**2, axis=axis))
