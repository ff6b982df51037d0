"""Explorers of a trained network of images: its filters, its mistakes, and one image on its way.

Nothing is trained here. The network, its weights and the record of their training come from the
lesson, and all that is shown is computed from them.
"""

import numpy as np

from calclearn.calculus.autodiff import grad
from calclearn.data.digits import LabelledImages
from calclearn.descent.arguments import whole
from calclearn.descent.descend import Descent
from calclearn.descent.losses import cross_entropy
from calclearn.explorers.controls import choice, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.figures.images import Cells, Confusion, Shares, Tiles, short
from calclearn.figures.style import INK, panels
from calclearn.networks.inside import backpropagated, length
from calclearn.networks.network import Network

OUTPUTS, GRADIENTS = "what each layer puts out", "the gradient that comes back"
MISTAKES = 6  # that are shown


def filters_and_mistakes(network: Network, run: Descent, data: LabelledImages) -> Explorer:
    """What has it learned? The filters of the first layer, and the answers to held-out images.

    `step` is any recorded step of the training. Raises ValueError unless the first layer is a
    convolution of images with one channel, and the last gives one score a class.
    """
    shapes, outputs = [*network.parameter_shapes.values()], network.shapes[-1]
    if len(shapes[0]) != 4 or shapes[0][1] != 1 or len(outputs) != 1:
        raise ValueError(
            "network must begin with a convolution of one channel and end with one score a class, "
            f"got weights of shape {shapes[0]} and outputs {outputs}"
        )
    count, _, *size = shapes[0]
    before, now, middle, right = panels(*["flat"] * 4, ratios=(0.45, 0.45, 1.4, 0.75), height=4.2)

    def filters(w: np.ndarray) -> np.ndarray:
        return network.parameters(w)[0][0][:, 0]  # (O, k, k)

    def compute(step: int) -> dict:
        w = run.points[np.argmin(np.abs(run.steps - step))]
        answers = np.argmax(network(w, data.images), axis=1)
        counts = np.zeros((*outputs, *outputs))
        np.add.at(counts, (data.labels, answers), 1)
        wrong = np.flatnonzero(answers != data.labels)[:MISTAKES]
        return {
            "filters": (filters(w), []),
            "counts": counts,
            "wrong": (
                data.images[wrong, 0],
                [f"{n}: {data.labels[n]} as {answers[n]}" for n in wrong],
            ),
            "step": step,
        }

    def caption(state: dict) -> str:
        counts, right = state["counts"], int(np.trace(state["counts"]))
        confused = counts - np.diag(np.diag(counts))
        label, answer = np.unravel_index(np.argmax(confused), confused.shape)
        times = int(confused.max())
        often = {1: "once", 2: "twice"}.get(times, f"{times} times")
        worst = f"the commonest mistake is {label} taken for {answer}, {often}"
        return (
            f"After {state['step']} steps {right} of the {len(data)} held-out images are "
            f"answered right, {right / len(data):.1%}; "
            f"{worst if times else 'none is wrong'}."
        )

    Tiles(before, count, size, 2, title="first filters").update(filters(run.points[0]), [])
    drawings = {
        "filters": Tiles(now, count, size, 2, title="filters now"),
        "counts": Confusion(middle, *outputs, title="answers to held-out images"),
        "wrong": Tiles(
            right, MISTAKES, data.images.shape[2:], 2, title="mistakes", shades=INK, lines=2
        ),
    }  # fmt: skip
    every, last = int(run.steps[1]), int(run.steps[-1])
    steps = slider(last, 0, last, every)
    return explore(compute, drawings, caption, play="step", step=steps)


def one_image(network: Network, w: np.ndarray, data: LabelledImages, image: int = 0) -> Explorer:
    """What does each layer make of one image, and what comes back to it from the loss?

    Shown are the image, the maps behind every activation and pooling, and the scores; the largest
    number of a panel has the full colour there. Raises ValueError for images of several channels.
    """
    if network.input_shape[0] != 1 or len(network.input_shape) != 3:
        raise ValueError(f"network must take inputs (1, H, W), got {network.input_shape}")
    whole("image", image, 0, len(data) - 1)
    names = [f"{k} {type(layer).__name__}" for k, layer in enumerate(network.layers)]
    sizes = dict(zip(names, network.shapes[1:], strict=True))
    maps = [name for name, size in sizes.items() if len(size) == 3 and "Conv2D" not in name]
    size, (classes,) = network.input_shape[1:], network.shapes[-1]
    first, *others, last = panels(
        *["flat"] * (len(maps) + 2), ratios=(1.2, *[1] * len(maps), 0.3), height=3.6
    )

    def compute(image: int, show: str) -> dict:
        x, label = data.images[[image]], data.labels[[image]]
        inside = {layer.name: layer for layer in backpropagated(network, w, x, label)}
        to_image = grad(lambda x: cross_entropy(network(w, x), label))(x)
        scores = inside[names[-1]]
        back = show == GRADIENTS
        shown = {name: layer.to_activation if back else layer.activation
                 for name, layer in inside.items()}  # fmt: skip
        return {name: (shown[name][0], []) for name in maps} | {
            "image": (x[0, 0], (0, 0, 0, 0)), "shares": back * to_image[0, 0],
            "scores": (shown[names[-1]].T, (0, 0, classes, 1)), "outputs": scores.activation[0],
            "lengths": (length(scores.to_activation), length(to_image)),
            "told": (image, int(label[0]), back),
        }  # fmt: skip

    def caption(state: dict) -> str:
        (image, label, back), z = state["told"], state["outputs"]
        chances = np.exp(z - z.max()) / np.sum(np.exp(z - z.max()))
        answer = int(np.argmax(z))
        gives = f"{chances[answer]:.0%} to {answer}"
        if answer != label:
            gives += f" and {chances[label]:.0%} to {label}"
        shown = "Shown is what each layer puts out"
        if back:
            at_scores, at_pixels = state["lengths"]
            shown = (
                f"Shown is the gradient of the loss, of length {at_scores:.2g} at the scores and "
                f"{at_pixels:.2g} at the pixels"
            )
        return f"Image {image} shows {label}; the network gives {gives}. {shown}."

    drawings = {
        "image": Cells(first, size, title="the image", shades=INK, limit=1),
        "shares": Shares(first, numbers=0),
        "scores": Cells(last, (classes, 1), title="scores", numbers=classes, words=short),
    }
    last.set(aspect="auto", xticks=[])
    for ax, name in zip(others, maps, strict=True):
        count, *tile = sizes[name]
        columns = 2 ** ((count.bit_length() - 1) // 2)
        drawings[name] = Tiles(ax, count, tile, columns, title=name)
    return explore(
        compute, drawings, caption, image=slider(int(image), 0, len(data) - 1, 1),
        show=choice([OUTPUTS, GRADIENTS]),
    )  # fmt: skip
