"""Lesson 14, how a convolutional network learns to see: a weight meets many pixels, a pixel many
weights.

    y[i, j] = b + Σ K[u, v] x[i+u, j+v]

Forward each meeting is a product. Backward each of the two receives the other one, times what came
back to that product.
"""

import ipywidgets as widgets
import numpy as np
from matplotlib.colors import Normalize

from calclearn.calculus.autodiff import vjp
from calclearn.data.digits import FULL, digits
from calclearn.exercises import exercise, outcome
from calclearn.explorers import Explorer, choice, coloured, explore, slider
from calclearn.explorers.wording import counted
from calclearn.figures.graphs import number
from calclearn.figures.images import Cells, Kernel, Shares, Tiles, short
from calclearn.figures.marks import Dots, Lines, Raster, Text
from calclearn.figures.style import BLACK, BLUE, GREY, INK, LIGHT, STEP, panels
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
HEAVIEST = 100  # of the weights that can be typed


def example(digit: int) -> np.ndarray:
    """The first image of a digit among those for training, (8, 8), as counts of ink from 0 to 16.

    The products of a convolution are then mostly whole numbers, and can be added in one's head.

    >>> example(4)[0]
    array([ 0.,  0.,  0.,  8., 15.,  1.,  0.,  0.])
    """
    data = digits().train
    return FULL * data.images[np.argmax(data.labels == digit), 0]


def convolved(x: np.ndarray, K: np.ndarray) -> np.ndarray:
    """One kernel (k, k) on one image (H, W): the map (H - k + 1, W - k + 1)."""
    return conv2d(x[None, None], K[None, None], np.zeros(1))[0, 0]


def sliding_kernel() -> Explorer:
    """A kernel slides over a digit: what it gives at one place, and at all places as a map.

    `kernel` is one of KERNELS, or your own: each of its nine numbers, k00 to k22, can be typed, or
    dragged up and down in the figure. The patch can be dragged, too, on the digit and on the map.

    >>> sliding_kernel().set(kernel="blur", row=5).state["map"].shape
    (6, 6)
    """
    weights = {
        f"k{k // 3}{k % 3}": widgets.FloatText(float(value), step=0.25)
        for k, value in enumerate(np.ravel(KERNELS["vertical edges"]))
    }
    kernels = choice([*KERNELS, OWN])

    def convolution(digit, kernel, row, column, **own) -> dict:
        x, K = example(digit), np.array(KERNELS.get(kernel, np.reshape([*own.values()], (3, 3))))
        if not np.abs(K).max() <= HEAVIEST:
            raise ValueError(f"weights must lie between −{HEAVIEST} and {HEAVIEST}")
        return {
            "image": x, "weights": K, "all_weights": (0, 0, 3, 3), "map": convolved(x, K),
            "patch": (row, column, 3, 3), "place": (row, column, 1, 1),
        }  # fmt: skip

    def caption(digit, kernel, row, column, image, weights, map) -> str:
        summed = _products(image[row : row + 3, column : column + 3], weights)
        equation = f"{summed} = " if summed else ""
        name = f"The kernel “{kernel}”" if kernel != OWN else "Your own kernel"
        return (
            f"{name} on the digit {digit}. Row {row}, column {column} of the map: "
            f"{equation}{map[row, column]:.6g} of ink. The map runs from {number(map.min())} to "
            f"{number(map.max())}."
        )

    left, middle, right = panels("flat", "flat", "flat", ratios=(1.2, 0.75, 1.2), height=3.5)
    left.set(title="digit, ink from 0 to 16")
    right.set(title="feature map")
    drawings = [
        Cells(left, "image", numbers=9, **DIGIT),
        Kernel(middle, "weights", frame="all_weights", numbers=9, drags=(*weights,)),
        Text(middle, (0.5, 1.08), "{kernel}", color=BLACK, **WORDS),
        Cells(right, "map", frame="place", numbers=1, drags=PLACE),
    ]
    explorer = explore(
        convolution, drawings, caption, digit=choice(range(10), 4), kernel=kernels,
        **_place(), **weights,
    )  # fmt: skip
    return _with_grid(explorer, kernels, [*weights.values()])


def _products(patch: np.ndarray, K: np.ndarray) -> str:
    """The products that are not 0, as a sum to be read: −15 × 1 − 3 × 2 + 4 × 0.5."""
    pairs = zip(patch.flat, K.flat, strict=True)
    signs = {True: "−", False: "+"}
    terms = [f"{signs[k < 0]} {number(x)} × {number(abs(k))}" for x, k in pairs if x and k]
    text = " ".join(terms)
    return f"−{text[2:]}" if text.startswith("−") else text.removeprefix("+ ")


PLACE = ("row", "column")  # of a patch, by which it can be dragged
BY_MIDDLE = {"drags": PLACE, "grip": (1, 1)}  # a pointer holds the patch there
DIGIT = {"frame": "patch", "shades": INK, "limit": FULL} | BY_MIDDLE
WORDS = {"ha": "center", "va": "center", "clip_on": False, "zorder": 5, "parse_math": False}


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
    fields = widgets.GridBox(cells, layout=grid)  # beside the sliders, or below where it is narrow
    top = widgets.Box([sliders, fields], layout={"flex_flow": "row wrap"})
    explorer.widget.children = (top, *rest)
    return explorer


ZEROS = 3  # the most rings of them around the image
SQUARE = np.array([[0, 1, 1, 0, 0], [0, 0, 1, 1, 0]])  # its outline, from corner to corner


def stride_and_padding() -> Explorer:
    """Which windows fit? Their middles on the padded image, and one number of the map for each.

    A track is orange where rows and columns are left over; cells in no window are crossed out.

    >>> stride_and_padding().set(size=3, stride=2, padding=1).state["map"].shape
    (4, 4)
    """
    x = example(4)

    def windows(size, stride, padding) -> dict:
        mean = np.full((1, 1, size, size), 1 / size**2)
        y = conv2d(x[None, None], mean, np.zeros(1), stride, padding)[0, 0]
        padded, starts = np.pad(x, padding), stride * np.arange(len(y))
        covered = np.isin(
            np.arange(len(padded)), starts[:, None] + np.arange(size)
        )  # rows, columns
        around = ZEROS - padding  # the image stays where it is while zeros come and go
        return {
            "cells": np.pad(padded, around, constant_values=np.nan), "map": y,
            "image": ZEROS + len(x) * SQUARE - 0.5, "edge": around + len(padded) * SQUARE - 0.5,
            "first": around + size * SQUARE - 0.5,
            "middles": around + stride * np.indices(y.shape)[::-1].reshape(2, -1) + (size - 1) / 2,
            "unused": around + np.argwhere(~np.outer(covered, covered)).T,
            "rest": left_over(size, stride, padding),
        }  # fmt: skip

    def left_over(size, stride, padding) -> int:
        """The rows at the end that no window reaches, and the columns."""
        return (len(x) + 2 * padding - size) % stride

    def reddened(name: str, control: widgets.IntSlider) -> widgets.IntSlider:
        def bands(size, stride, padding) -> list:
            now = {"size": size, "stride": stride, "padding": padding}
            each = [now | {name: value} for value in range(control.min, control.max + 1)]
            return [(at[name] + 0.5, STEP if left_over(**at) else LIGHT) for at in each]

        return coloured(control, bands)

    def caption(size, stride, padding, map, rest) -> str:
        end = f"{counted(rest, 'row')} and {counted(rest, 'column')} at the end" if rest else ""
        between = "some cells between the windows" if stride > size else ""
        unused = " and ".join(filter(None, [end, between]))
        return (
            f"8 × 8 pixels with {counted(padding, 'ring')} of zeros around them; windows of {size} "
            f"× {size} cells, {counted(stride, 'cell')} apart. The map has {len(map)} × {len(map)} "
            f"cells, the means of the windows, from {map.min():.3g} to {map.max():.3g} of ink. "
            f"{f'No window covers {unused}' if unused else 'Every cell lies in a window'}."
        )

    left, right = panels("flat", "flat", height=3.6)
    left.set(title="padded image, and where windows stand", xticks=[], yticks=[])
    left.spines[:].set_visible(False)
    right.set(title="map")
    drawings = [
        Raster(left, "cells", colors=INK, scale=Normalize(0, FULL)),
        Lines(left, "edge", "image", "first", color=[GREY, GREY, STEP], lw=[1, 1, 2.5]),
        Dots(left, "unused", color=STEP, marker="x", markeredgecolor=STEP, ms=9, mew=2),
        Dots(left, "middles", color=BLUE, ms=7),
        Cells(right, "map", shades=INK, limit=FULL),
    ]
    sliders = {
        "size": slider(3, 1, 8, 1, label="kernel size"),
        "stride": slider(1, 1, 4, 1),
        "padding": slider(0, 0, ZEROS, 1),
    }
    controls = {name: reddened(name, control) for name, control in sliders.items()}
    return explore(windows, drawings, caption, **controls)


INKS = {"black": (0, 0, 0), "red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}
COLOUR_KERNELS = {  # a kernel, and how strongly it weighs each of the three channels
    "vertical edges": ("vertical edges", (1, 1, 1)),
    "red, not grey": ("blur", (2, -1, -1)),
    "edges in blue": ("vertical edges", (0, 0, 1)),
}


def three_channels() -> Explorer:
    """How does a kernel see colours? One map for each channel, and their sum is the output's map.

    >>> three_channels().set(kernel="red, not grey").state["partial"].shape
    (3, 6, 6)
    """

    def maps(digit, ink, kernel, row, column) -> dict:
        share = example(digit) / FULL  # of ink on white paper
        photo = 1 - share[..., None] * (1 - np.array(INKS[ink]))
        name, strengths = COLOUR_KERNELS[kernel]
        W = np.multiply.outer(strengths, np.array(KERNELS[name], float))  # (3, 3, 3)
        channels = FULL * photo.transpose(2, 0, 1)
        partial = np.array([convolved(x, K) for x, K in zip(channels, W, strict=True)])
        here = partial[:, row, column]
        return {
            "photo": photo, "channels": channels, "partial": partial, "total": partial.sum(axis=0),
            "here": here, "numbers": [number(v) for v in here], "names": ("red", "green", "blue"),
            "patch": (row, column, 3, 3), "place": (row, column, 1, 1),
        }  # fmt: skip

    def caption(digit, ink, kernel, row, column, here, total) -> str:
        red, green, blue = (number(v) if v >= 0 else f"({number(v)})" for v in here)
        return (
            f"The digit {digit} in {ink} ink on white paper, the kernel “{kernel}”. Row {row}, "
            f"column {column}: {red} of red + {green} of green + {blue} of blue = "
            f"{total[row, column]:.4g} of light. The sum runs from {number(total.min())} to "
            f"{number(total.max())}."
        )

    axes = panels(*["flat"] * 4, ratios=(1.2, 0.5, 0.5, 1.2), height=3.8)
    photo, light, partial, total = axes
    titles = "image", "channels", "partial maps", "their sum, the map"
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title)
    drawings = [
        Cells(photo, "photo", frame="patch", **BY_MIDDLE),
        Tiles(light, "channels", 3, (8, 8), 1, shades=INK.reversed(), words="names"),
        Tiles(partial, "partial", 3, (6, 6), 1, words="numbers"),
        Cells(total, "total", frame="place", numbers=1, drags=PLACE),
    ]
    return explore(
        maps, drawings, caption, digit=choice(range(10), 4), ink=choice(INKS.keys(), "red"),
        kernel=choice(COLOUR_KERNELS.keys()), **_place(),
    )  # fmt: skip


# Where the gradient goes.

CONVOLUTION, AVERAGE, MAX = "convolution", "average pooling", "max pooling"
LAYERS = {  # and the side of their windows, which pooling lays side by side
    CONVOLUTION: (convolved, 3),
    AVERAGE: (lambda x, K: avg_pool2d(x[None, None], 2)[0, 0], 2),
    MAX: (lambda x, K: max_pool2d(x[None, None], 2)[0, 0], 2),
}
ONE, ALL, VALUES = "1 from one output", "1 from every output", "each output's own value"


def gradient_routing() -> Explorer:
    """Where does the error go? From chosen outputs back to the pixels, and to the kernel's weights.

    The convolution has windows of 3 × 3 cells, one cell apart, and finds vertical edges; pooling
    has windows of 2 × 2 cells, side by side.

    >>> gradient_routing().set(layer="max pooling").caption.partition(":")[0]
    'Max pooling, 1 sent back as the gradient from row 2, column 0'
    """
    K = np.array(KERNELS["vertical edges"], float)

    def back(layer, sent, digit, row, column) -> dict:
        x, (forward, side) = example(digit), LAYERS[layer]
        y, pull = vjp(forward, x, K)
        convolves, i, j = layer == CONVOLUTION, *np.minimum((row, column), len(y) - 1).tolist()
        stride = 1 if convolves else side
        one = np.zeros(y.shape)
        one[i, j] = 1
        G = {ONE: one, ALL: np.ones(y.shape), VALUES: y}[sent]
        to_pixels, to_weights = pull(G)
        return {
            "image": x, "G": G, "shares": to_pixels, "to_weights": to_weights,
            "place": (i, j, 1, 1) if sent == ONE else (0, 0, *y.shape),
            "patch": (stride * i, stride * j, side, side) if sent == ONE else (0, 0, *x.shape),
            "weights": (0, 0, 3, 3) if convolves else (0, 0, 0, 0),
            "note": "" if convolves else "no weights",
        }  # fmt: skip

    def caption(layer, sent, image, place, patch, shares, to_weights) -> str:
        row, column, *_ = place
        where = f"row {row}, column {column}" if sent == ONE else "every output"
        what = "its own value" if sent == VALUES else "1"
        return (
            f"{layer.capitalize()}, {what} sent back as the gradient from {where}: "
            f"{_receivers(shares, 'pixel')}. {_reason(layer, sent, image, patch, to_weights)}"
        )

    left, middle, right = panels("flat", "flat", "flat", ratios=(1.4, 0.75, 1.05), height=4.2)
    left.set(title="the pixels receive")
    middle.set(title="the weights receive")
    right.set(title="what is sent back")
    drawings = [
        Cells(left, "image", **DIGIT),
        Shares(left, numbers=36),
        Cells(middle, "to_weights", frame="weights", numbers=9, words=short),
        Text(middle, (0.5, 0.5), "{note}", color=GREY, **WORDS),
        Cells(right, "G", frame="place", numbers=36, words=short, drags=PLACE),
    ]
    return explore(
        back, drawings, caption, layer=choice(LAYERS.keys()),
        sent=choice([ONE, ALL, VALUES], label="sent back"), digit=choice(range(10), 4), **_place(),
    )  # fmt: skip


def _reason(layer, sent, image, patch, to_weights) -> str:
    """Why these shares are as they are."""
    if layer == CONVOLUTION:
        why = "each pixel the weight that lay on it, each weight the pixel under it"
        received = _receivers(to_weights, "weight")
        return f"And {received}: {why}{'' if sent == ONE else ', added up over all places'}."
    if layer == AVERAGE:
        return "Each window gives every pixel a quarter; there are no weights."
    if sent != ONE:
        return "Each window gives all to its largest pixel; there are no weights."
    row, column, side, _ = patch
    inside = image[row : row + side, column : column + side]
    ties = np.count_nonzero(inside == inside.max())
    first = f", the first of {ties} as large" if ties > 1 else ""
    return f"The largest of the four, {number(inside.max())} of ink{first}, takes all."


def _receivers(shares: np.ndarray, name: str) -> str:
    """How many receive something other than 0, and how much."""
    some = shares[shares != 0]
    count = f"{len(some)} of {shares.size} {name}s receive{'s' * (len(some) == 1)} a share"
    if not len(some):
        return count
    low, high = (f"{end(some):.4g}" for end in (np.min, np.max))
    return f"{count} of {low}" if low == high else f"{count}, from {low} to {high}"


# Exercises; the questions stand in the notebook.
# fmt: off

channels, colours, side, size = 16, 3, 32, 5
weights = channels * (colours * size**2 + 1)
places = (side - size + 1) ** 2

pixels = np.array([[3, 6, 5, 1], [8, 2, 4, 9]])
sent = np.array([2, -3])
windows = pixels.reshape(2, 2, 2).swapaxes(0, 1).reshape(2, 4)  # (window, cell)
largest = windows == windows.max(axis=1, keepdims=True)
smallest = windows == windows.min(axis=1, keepdims=True)

x = np.array([[1, 2, 0], [6, 1, 4], [0, 6, 2]])
G = np.array([[1, -1], [2, 0]])

def to_pixels(shares):  # (window, cell); row by row
    return tuple(np.reshape(shares, (2, 2, 2)).swapaxes(0, 1).ravel().tolist())

def to_weight(u, v, G=G):  # Σ G[i, j] x[i+u, j+v]
    return float(np.sum(G * x[u : u + 2, v : v + 2]))

outcome("14", 3, """
    Forward a weight was multiplied by the pixel under it, so backward that pixel is its slope, and
    blank paper is 0. The weight's own size has no part in what it receives: it is what the pixel
    receives.""")

exercise("14.1", lambda n, k, s, p: (n + 2 * p - k) // s + 1, """
    The first window fits if there are k rows. After that every s rows more give one row more, and
    what is left over at the end is not looked at.
    > Where does the first row of the kernel stand at first, and where can it stand at last? Try it with small numbers on paper.
    > Count how far the kernel can move in all, then how many moves of s rows that makes. Then add the place where it stood at first.""", [
    (lambda n, k, s, p: n - k + 1,             "This is right without stride and without padding."),
    (lambda n, k, s, p: (n - k) // s + 1,      "The padding has no part in this."),
    (lambda n, k, s, p: n + 2 * p - k + 1,     "The stride has no part in this."),
    (lambda n, k, s, p: (n + p - k) // s + 1,  "Zeros are added on both sides, so each p counts more than once."),
    (lambda n, k, s, p: (n + 2 * p - k) // s,  "This counts the moves. The kernel has looked once before the first of them."),
    (lambda n, k, s, p: (n + 2 * p - k) / s + 1, "There are no parts of a row: a window that does not fit is left out."),
    (lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1, "This rounds up: a window that does not fit is left out."),
    (lambda n, k, s, p: -(-(n + 2 * p - k) // s), "The last place is lost where a window ends exactly at the edge."),
    (lambda n, k, s, p: round((n + 2 * p - k) / s) + 1, "This rounds to the nearest: a window that does not fit is left out."),
    (lambda n, k, s, p: (n + 2 * p - k + 1) // s, "The first place is divided by the stride, too. It costs no move."),
], points=((8, 3, 1, 0), (8, 3, 1, 1), (28, 5, 2, 1), (10, 2, 3, 0), (9, 4, 3, 1), (7, 2, 4, 2)))

exercise("14.2", weights, """
    Each of the 16 kernels lies on all three colours at once and has 3 · 5 · 5 weights and one bias.
    The size of the photographs has no part in it.
    > What does one output number sum up? That is how many weights one kernel has.
    > Weights of a kernel: colours times rows times columns, and a bias. How many kernels?""", [
    (weights - channels,                  "The biases are missing: one per kernel."),
    (channels * (size**2 + 1),            "A kernel has weights for every colour."),
    (channels * size**2,                  "A kernel has weights for every colour, and one bias."),
    (channels * colours * (size**2 + 1),  "The bias belongs to the kernel, and not to each of its colours."),
    (weights // channels,                 "This is one kernel."),
    (channels * places * (colours * side**2 + 1), "A dense layer with as many outputs has that many."),
    (channels * places * (colours * size**2 + 1), "The weights are shared: at all places they are the same."),
], tolerance=1e-4)

exercise("14.3", to_pixels(largest * sent[:, None]), """
    Only the winner of a window moves its output, with slope 1; a small change of the other three
    changes nothing.
    > Which pixel of a window could you change a little so that the output changes?
    > Find the largest in each window. It receives all that came back to this window.""", [
    (to_pixels(np.ones((2, 4)) * sent[:, None] / 4), "This is what average pooling does."),
    (to_pixels(np.ones((2, 4)) * sent[:, None]), "Not every pixel of a window receives something."),
    (to_pixels(largest * windows),         "These are the values on the way forward. What comes back?"),
    (to_pixels(largest * windows * sent[:, None]), "The slope of the output by its winner is not the winner's value."),
    (to_pixels(largest * sent[::-1, None]), "The two windows have changed places."),
    (to_pixels(smallest * sent[:, None]),  "Forward the largest is taken, not the smallest."),
    (to_pixels(largest * 1),               "This says which pixels win. What comes back to them?"),
    ((largest * sent[:, None]).ravel(),    "The winners are right; write the pixels row by row, not window by window."),
])

exercise("14.4", to_weight(0, 1), """
    K[0, 1] has met the upper right pixel of each window: 2, 0, 1 and 4. Each comes in with the G of
    its window.
    > Lay the kernel on each of the four windows. On which pixel does K[0, 1] lie?
    > Multiply each of these four pixels by the G of its window, and add.""", [
    (to_weight(1, 0),                "This is what K[1, 0] receives: the row comes first."),
    (to_weight(0, 0),                "This is what K[0, 0] receives."),
    (to_weight(1, 1),                "This is what K[1, 1] receives."),
    (to_weight(0, 1, 0 * G + 1),     "These pixels count, but each times its own G."),
    (to_weight(0, 1, G[::-1, ::-1]), "G is not flipped here; that is for the pixels."),
    (to_weight(0, 1, G.T),           "Rows and columns of G have changed places."),
    (2 * to_weight(0, 1),            "Each of the four meetings counts once: a pixel times its G, and no other factor."),
    (-to_weight(0, 1) / 2,           "Write the four products down one by one: a pixel times the G of its window."),
    (G[0, 0] * x[0, 1],              "This is the part of the first window; there are three more."),
])

# fmt: on
