"""Drawings of depth: one value for each layer, on a logarithmic axis.

The one decision: depth multiplies, so every axis of sizes here is logarithmic, and what a layer
does to a gradient is the slope of a line. All have the same limits, so that the lines of two
figures can be compared; what is smaller or larger runs along the edge.
"""

import numpy as np
from matplotlib.axes import Axes

from calclearn.figures.curves import Curves
from calclearn.figures.style import BLACK, BLAME, GREY, INITIALS, LOCAL, MODEL, style

DEEPEST = 40  # layers
SIZES = (1e-16, 1e10)
FIRST_WEIGHTS = {
    name: {"color": color, "ls": dashes, "lw": 1.8, "label": name}
    for name, (color, dashes) in INITIALS.items()
}
GRADIENTS = {  # of the loss, with respect to what a layer puts out and to its weights
    "output": {"color": BLAME, "marker": "o", "ms": 4, "label": "by output"},
    "weights": {"color": MODEL, "marker": "s", "ms": 3, "lw": 1, "label": "by weights"},
    "expected": {"color": BLACK, "ls": "--", "lw": 1.2, "label": "scale × slope"},
}
SIGNALS = {
    "size": {"color": GREY, "marker": "o", "ms": 4, "label": "typical size"},
    "spread": {"color": LOCAL, "marker": "D", "ms": 3, "lw": 1, "label": "penguins differ by"},
}
PRODUCTS = {
    "bound": {"color": GREY, "ls": "--", "lw": 1.2, "label": "largest possible"},
    "factors": {"color": LOCAL, "lw": 0, "marker": "D", "ms": 4, "label": "factor w·φ'(z)"},
    "product": {"color": BLAME, "marker": "o", "ms": 4, "label": "product, from the end"},
}


class ByLayer(Curves):
    """Sizes by layer; `update({name: (layers, sizes)})`. `looks` is a table of this file."""

    def __init__(
        self,
        ax: Axes,
        looks: dict[str, dict],
        title: str,
        layer: str = "layer",
        most: int = DEEPEST,
    ) -> None:
        ticks = 10.0 ** np.arange(-16, 11, 4)
        limits = {"xlim": (0, most + 1), "ylim": SIZES, "yscale": "log", "yticks": ticks}
        super().__init__(ax, looks, title=title, xlabel=layer, **limits)
        ax.axhline(1, color=GREY, lw=0.8)


class Neurons:
    """An activation, its slope, and the places of some neurons on it.

    `update({"function": (z, a), "slope": (z, slope), "neurons": (z, a)})`. A neuron that stands
    outside the axes is shown at their edge.
    """

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        looks = {
            "function": {"color": MODEL, "label": "φ(z)"},
            "slope": {"color": LOCAL, "ls": ":", "label": "slope φ'(z)"},
            "neurons": {"color": BLAME, "lw": 0, "marker": "o", "ms": 7, "mec": "white"},
        }
        with style():
            ax.set(title="where the neurons stand", xlabel="$z$", xticks=range(-8, 9, 4))
            ax.set(xlim=(-8.2, 8.2), ylim=(-1.1, 2.1))
            self.lines = {
                name: ax.plot([], [], animated=True, **look)[0] for name, look in looks.items()
            }
            ax.legend(handles=[self.lines["function"], self.lines["slope"]], loc="upper left")

    def update(self, curves) -> None:
        for name, line in self.lines.items():
            line.set_data(*curves[name])
        z, a = curves["neurons"]
        edges = self.ax.get_xlim(), self.ax.get_ylim()
        self.lines["neurons"].set_data(np.clip(z, *edges[0]), np.clip(a, *edges[1]))


class Losses(Curves):
    """Losses by step, one curve for each kind of first weights, and the step that is looked at.

    `update({name: (steps, losses)}, step)`. Above the thin line is who knows less than `nothing`.
    """

    def __init__(self, ax: Axes, title: str, *, steps: int, limits, nothing: float) -> None:
        scales = {"xlim": (0, steps), "ylim": limits, "yscale": "log"}
        super().__init__(ax, FIRST_WEIGHTS, title=title, xlabel="step $k$", **scales)
        ax.axhline(nothing, color=BLACK, lw=0.8)
        (self.now,) = ax.plot([], [], color=GREY, lw=1, animated=True)

    def update(self, curves, step) -> None:
        super().update(curves)
        self.now.set_data([step, step], self.ax.get_ylim())
