"""Explorers of convolution: a kernel that slides over a digit, and where the error of it goes.

A pixel is shown as the count that its file holds, 0 to 16 of ink; so the products of a convolution
are mostly whole numbers, and can be added in one's head.
"""

import ipywidgets as widgets
import numpy as np

from calclearn.calculus.autodiff import vjp
from calclearn.data.digits import FULL, digits
from calclearn.explorers.controls import choice, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.figures.graphs import number
from calclearn.figures.images import Cells, Kernel, Shares, Word, short
from calclearn.figures.style import BLACK, INK, panels
from calclearn.networks.images import avg_pool2d, conv2d, max_pool2d

KERNELS = {
    "vertical edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "horizontal edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "blur": [[0.0625, 0.125, 0.0625], [0.125, 0.25, 0.125], [0.0625, 0.125, 0.0625]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "neighbour to the right": [[0, 0, 0], [0, 0, 1], [0, 0, 0]],
}
OWN = "your own"
LAYERS = {  # all with windows of 3 × 3, one cell apart: (8, 8) to (6, 6)
    "convolution": lambda x, K: conv2d(x[None, None], K[None, None], np.zeros(1))[0, 0],
    "average pooling": lambda x, K: avg_pool2d(x[None, None], 3, 1)[0, 0],
    "max pooling": lambda x, K: max_pool2d(x[None, None], 3, 1)[0, 0],
}
ONE, ALL, VALUES = "1 from one output", "1 from every output", "each output's own value"


def sliding_kernel() -> Explorer:
    """A kernel slides over a digit: what it gives at one place, and at all places as a map.

    `kernel` is one of KERNELS, or your own: each of its nine numbers, k00 to k22, can be typed, or
    dragged up and down in the figure. The patch can be dragged, too, on the digit and on the map.

    >>> sliding_kernel().set(kernel="blur", row=5).state["map"][0].shape
    (6, 6)
    """
    cells = {
        f"k{k // 3}{k % 3}": widgets.BoundedFloatText(float(value), min=-8, max=8, step=0.25)
        for k, value in enumerate(np.ravel(KERNELS["vertical edges"]))
    }
    kernels = choice([*KERNELS, OWN])
    left, middle, right = panels("flat", "flat", "flat", ratios=(1.2, 0.75, 1.2), height=3.5)

    def compute(digit: int, kernel: str, row: int, column: int, **own: float) -> dict:
        K = np.array(KERNELS.get(kernel, np.reshape([*own.values()], (3, 3))), float)
        image = example(digit)
        return {
            "image": (image, (row, column, 3, 3)), "kernel": (K, (0, 0, 3, 3)),
            "map": (LAYERS["convolution"](image, K), (row, column, 1, 1)),
            "name": kernel, "digit": digit,
        }  # fmt: skip

    def caption(state: dict) -> str:
        (image, (row, column, *_)), (features, _) = state["image"], state["map"]
        summed = products(image[row : row + 3, column : column + 3], state["kernel"][0])
        equation = f"{summed} = " if summed != "0" else ""
        name = f"The kernel “{state['name']}”" if state["name"] != OWN else "Your own kernel"
        return (
            f"{name} on the digit {state['digit']}. Row {row}, column {column} of the map: "
            f"{equation}{features[row, column]:.6g} of ink. The map runs from "
            f"{number(features.min())} to {number(features.max())}."
        )

    drawings = {
        "image": _ink(left, "digit, ink from 0 to 16", numbers=9),
        "kernel": Kernel(middle, (3, 3), numbers=9, drags=(*cells,)),
        "name": Word(middle, height=1.08, color=BLACK),
        "map": Cells(right, (6, 6), title="feature map", numbers=1, drags=("row", "column")),
    }
    explorer = explore(
        compute, drawings, caption, digit=choice(range(10), 4), kernel=kernels, **_place(), **cells
    )
    return _with_grid(explorer, kernels, [*cells.values()])


def gradient_routing() -> Explorer:
    """Where does the error go? From chosen outputs back to the pixels, and to the kernel's weights.

    All windows are 3 × 3 cells, and one cell apart; the kernel finds vertical edges.

    >>> gradient_routing().set(layer="max pooling").caption.partition(":")[0]
    'Max pooling, 1 sent back as the gradient from row 2, column 0'
    """
    K = np.array(KERNELS["vertical edges"], float)
    left, middle, right = panels("flat", "flat", "flat", ratios=(1.4, 0.75, 1.05), height=4.2)

    def compute(layer: str, sent: str, digit: int, row: int, column: int) -> dict:
        image, whole = example(digit), (0, 0, 8, 8)
        output, pull = vjp(LAYERS[layer], image, K)
        sends = np.zeros((6, 6))
        sends[row, column] = 1
        G = {ONE: sends, ALL: np.ones((6, 6)), VALUES: output}[sent]
        to_image, to_kernel = pull(G)
        return {
            "image": (image, (row, column, 3, 3) if sent == ONE else whole), "shares": to_image,
            "kernel": (to_kernel, (0, 0, 3, 3) if layer == "convolution" else (0, 0, 0, 0)),
            "sent": (G, (row, column, 1, 1) if sent == ONE else (0, 0, 6, 6)),
            "patch": image[row : row + 3, column : column + 3], "words": (layer, sent),
            "note": "" if layer == "convolution" else "no weights",
        }  # fmt: skip

    def caption(state: dict) -> str:
        (layer, sent), shares = state["words"], state["shares"]
        row, column, *_ = state["sent"][1]
        here = f"row {row}, column {column}" if sent == ONE else "every output"
        what = "its own value" if sent == VALUES else "1"
        return (
            f"{layer.capitalize()}, {what} sent back as the gradient from {here}: "
            f"{_hearers(shares, 'pixel')}. {_reason(state)}"
        )

    drawings = {
        "image": _ink(left, "the pixels receive"),
        "shares": Shares(left, numbers=64),
        "kernel": Cells(middle, (3, 3), title="the weights receive", numbers=9, words=short),
        "note": Word(middle),
        "sent": Cells(
            right, (6, 6), title="what is sent back", numbers=36, words=short, drags=(*_place(),)
        ),
    }
    return explore(
        compute, drawings, caption, layer=choice(LAYERS.keys()),
        sent=choice([ONE, ALL, VALUES], label="sent back"), digit=choice(range(10), 4), **_place(),
    )  # fmt: skip


def example(digit: int) -> np.ndarray:
    """Return the first image of a digit among those for training, (8, 8), as counts from 0 to 16.

    >>> example(4)[0]
    array([ 0.,  0.,  0.,  8., 15.,  1.,  0.,  0.])
    """
    data = digits().train
    return FULL * data.images[np.argmax(data.labels == digit), 0]


def products(patch: np.ndarray, K: np.ndarray) -> str:
    """Return the products that are not 0, as a sum in words.

    >>> products(np.array([[15.0, 9.0], [3.0, 4.0]]), np.array([[-1.0, 0.0], [-2.0, 0.5]]))
    '−15 × 1 − 3 × 2 + 4 × 0.5'
    """
    terms = [
        f"{'−' if k < 0 else '+'} {number(x)} × {number(abs(k))}"
        for x, k in zip(patch.flat, K.flat, strict=True)
        if x and k
    ]
    text = " ".join(terms) or "0"
    return f"−{text[2:]}" if text.startswith("−") else text.removeprefix("+ ")


def _reason(state: dict) -> str:
    """Say why these shares are as they are."""
    (layer, sent), patch = state["words"], state["patch"]
    if layer == "convolution":
        why = "each pixel the weight that lay on it, each weight the pixel under it"
        heard = _hearers(state["kernel"][0], "weight")
        return f"And {heard}: {why}{'' if sent == ONE else ', added up over all places'}."
    if layer == "average pooling":
        return "Each window gives every pixel a ninth; there are no weights."
    if sent != ONE:
        return "Each window gives all to its largest pixel; there are no weights."
    ties = np.count_nonzero(patch == patch.max())
    first = f", the first of {ties} as large" if ties > 1 else ""
    return f"The largest of the nine, {number(patch.max())} of ink{first}, takes all."


def _hearers(shares: np.ndarray, name: str) -> str:
    """Say how many receive something other than 0, and how much."""
    heard = shares[shares != 0]
    told = f"{len(heard)} of {shares.size} {name}s receive{'s' * (len(heard) == 1)} a share"
    if not len(heard):
        return told
    low, high = (f"{end(heard):.4g}" for end in (np.min, np.max))
    return f"{told} of {low}" if low == high else f"{told}, from {low} to {high}"


def _ink(ax, title: str, numbers: int = 0) -> Cells:
    """Return the drawing of a digit, whose patch is held at its middle."""
    return Cells(
        ax, (8, 8), title=title, shades=INK, limit=FULL, numbers=numbers,
        drags=(*_place(),), grip=(1, 1),
    )  # fmt: skip


def _place() -> dict:
    return {"row": slider(2, 0, 5, 1), "column": slider(0, 0, 5, 1)}


def _with_grid(explorer: Explorer, kernels: widgets.Dropdown, cells: list) -> Explorer:
    """Put the nine numbers into a square beside the rest; they and the kernel's name keep step."""

    def follow(_) -> None:
        for control, value in zip(cells, np.ravel(KERNELS.get(kernels.value, [])), strict=False):
            control.value = value

    def release(change: dict) -> None:
        k = cells.index(change["owner"])
        if kernels.value != OWN and change["new"] != np.ravel(KERNELS[kernels.value])[k]:
            kernels.value = OWN

    kernels.observe(follow, "value")
    for k, control in enumerate(cells):
        control.tooltip = f"weight in row {k // 3}, column {k % 3}"
        control.description, control.style.description_width = "", "0px"
        control.layout.width = "84px"
        control.observe(release, "value")
    row, *rest = explorer.widget.children
    grid = widgets.Layout(grid_template_columns="repeat(3, 90px)", align_content="flex-start")
    sliders = widgets.VBox([control for control in row.children if control not in cells])
    explorer.widget.children = (widgets.HBox([sliders, widgets.GridBox(cells, layout=grid)]), *rest)
    return explorer
