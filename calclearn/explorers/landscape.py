"""The loss of a network is a surface over all of its weights, and a plane through it can be drawn.

The one decision: the drawings are those of the bowl. A plane through the weights w_K at which a
training ended is a Surface over two numbers, and the path of the training casts a shadow on it:

    s(a, b) = L(w_K + a u + b v),    (a, b)ₖ: the point of the plane that is nearest to wₖ

Only, a look at a network costs as much as many looks at a bowl. So a plane is tabulated once, and
what is drawn is read off the table.
"""

from dataclasses import replace
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from calclearn.descent.arguments import whole
from calclearn.descent.descend import Descent, descend
from calclearn.descent.optimizers import Adam, GradientDescent, Momentum
from calclearn.descent.planes import (
    Window,
    principal_directions,
    projected,
    share_shown,
    tabulated,
)
from calclearn.descent.surfaces import Surface, slice_through
from calclearn.explorers.cases import species
from calclearn.explorers.controls import choice, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.surfaces import turning
from calclearn.figures.curves import Curves
from calclearn.figures.descents import Path
from calclearn.figures.planes import PlaneBowl, PlaneMap
from calclearn.figures.style import GREY, STEP, panels, style
from calclearn.figures.surfaces import Point, PointOnBowl
from calclearn.networks.inside import filter_normalised
from calclearn.networks.layers import Dense, ReLU
from calclearn.networks.network import Network

STEPS, NODES, MARGIN = 60, 49, 0.35  # of the training; of the table, a side; around a path
NETWORK = Network((Dense(8), ReLU(), Dense(8), ReLU(), Dense(3)), (4,))
OPTIMIZERS = {
    "GradientDescent": (GradientDescent(0.2), None), "SGD": (GradientDescent(0.2), 16),
    "Momentum": (Momentum(0.05), None), "Adam": (Adam(0.03), None),
}  # fmt: skip
PLANES = {"principal directions": 0} | {f"random directions {seed}": seed for seed in (1, 2, 3)}


class Plane(NamedTuple):
    """A plane through the end of a path, its loss, and the shadow of the path."""

    u: np.ndarray  # (d,)
    v: np.ndarray  # (d,)
    share: float  # of the path's movement that the plane shows
    window: Window
    surface: Surface
    shadow: np.ndarray  # (2, K+1)


@cache
def landscape_loss() -> Surface:
    """The cross-entropy of a small network on 242 penguins, over its 139 weights."""
    return NETWORK.loss(species().x, species().y)


@cache
def path_of(optimizer: str) -> Descent:
    """A training of `STEPS` steps on record, with the loss of all penguins at each of them."""
    how, batch_size = OPTIMIZERS[optimizer]
    whole = landscape_loss()
    loss = NETWORK.loss(species().x, species().y, batch_size=batch_size) if batch_size else whole
    run = descend(loss, NETWORK.init(0), how, STEPS)
    return replace(run, values=whole(run.points.T)) if batch_size else run


def around(shadow: np.ndarray) -> Window:
    """A window that holds a path (2, K+1), with some room."""
    low, high = shadow.min(axis=1), shadow.max(axis=1)
    room = MARGIN * np.max(high - low)
    return tuple(zip((low - room).tolist(), (high + room).tolist(), strict=True))


@lru_cache(maxsize=32)
def plane_of(optimizer: str, seed: int) -> Plane:
    """The plane of a path's principal directions (seed 0), or along two random directions."""
    run = path_of(optimizer)
    if seed:
        rng = np.random.default_rng(seed)
        u, v = (filter_normalised(NETWORK, run.point, rng) for _ in range(2))
    else:
        u, v, _ = principal_directions(run.points)
    shadow = projected(run.points, run.point, u, v)
    window = ((-1.0, 1.0), (-1.0, 1.0)) if seed else around(shadow)
    surface = tabulated(slice_through(landscape_loss(), run.point, u, v), window, NODES)
    return Plane(u, v, share_shown(run.points, u, v), window, surface, shadow)


class Shadow(NamedTuple):
    """A path on a plane, as `Path` draws it."""

    points: np.ndarray  # (K+1, 2)
    values: np.ndarray  # (K+1,)


def loss_landscape(seed: int = 0) -> Explorer:
    """What does the loss of a network look like? A plane through its weights, and the path on it.

    The network has 139 weights, and tells the species of a penguin by four measurements. The plane
    opens along the principal directions of the path (seed 0), or along random ones (1 to 3), as
    long as the network's own weights, filter by filter. Raises ValueError for another seed.

    >>> landscape = loss_landscape()
    >>> landscape.state["plane"].share > 0.9
    True
    """
    whole("seed", seed, 0)
    if seed not in PLANES.values():
        raise ValueError(f"seed must be from 0 to {max(PLANES.values())}, got {seed}")
    flat, solid, right = panels("flat", "solid", "flat", ratios=(1.05, 1.1, 1), height=3.9)

    def compute(plane: int, optimizer: str, step: int, azimuth: float, elevation: float) -> dict:
        run, found = path_of(optimizer), plane_of(optimizer, plane)
        heights = found.surface(found.shadow)
        path = Shadow(found.shadow.T[: step + 1], heights[: step + 1])
        k = np.arange(STEPS + 1)
        return {
            "plane": found, "told": (plane, optimizer, step), "path": path,
            "losses": (run.values[step], heights[step]), "here": found.shadow[:, step],
            "top": (found.shadow[:, step], heights[step]),
            "map": (found.surface, found.window),
            "view": (found.surface, found.window, azimuth, elevation),
            "curves": {
                "path": (k, run.values), "shadow": (k, heights),
                "now": ([step, step], [run.values[step], heights[step]]),
            },
        }  # fmt: skip

    def caption(state: dict) -> str:
        (seed, optimizer, step), found = state["told"], state["plane"]
        loss, below = state["losses"]
        which = "two random directions" if seed else "the principal directions of the path"
        return (
            f"{optimizer}, the plane along {which}{f' ({seed})' * (seed > 0)}: it shows "
            f"{100 * found.share:.2g} % of the path's movement. At step {step} the loss is "
            f"{loss:.2g} nats, at the shadow {below:.2g} nats. The weights can go in "
            f"{NETWORK.dimension} directions, and here are two of them."
        )

    looks = {
        "path": {"color": STEP, "lw": 2, "label": "on the path"},
        "shadow": {"color": GREY, "ls": "--", "lw": 1.6, "label": "at the shadow"},
        "now": {"color": STEP, "marker": "o", "ms": 8, "mec": "white", "ls": ""},
    }
    scale = {"yscale": "log", "ylim": (3e-3, 10), "xlim": (-1, STEPS + 1), "xlabel": "step $k$"}
    drawings = {
        "map": PlaneMap(flat, title="path on the map"),
        "view": PlaneBowl(solid, title="path on the surface (nats)"),
        "path": [Path(flat), Path(solid)],
        "here": Point(flat), "top": PointOnBowl(solid),
        "curves": Curves(right, looks, title="loss (nats)", **scale),
    }  # fmt: skip
    with style():
        right.legend(loc="upper right")
    return explore(
        compute, drawings, caption, play="step",
        plane=choice(PLANES, seed), optimizer=choice(OPTIMIZERS.keys()),
        step=slider(STEPS, 0, STEPS, 1), **turning(),
    )  # fmt: skip
