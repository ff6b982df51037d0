"""Lesson 14's trained network: what its filters are, what each layer makes of an image, and what
would make it another.

The network, its weights and the record of its training come from the notebook; any that reads
images of one channel will do.
"""

import itertools
import math
from functools import lru_cache

import ipywidgets as widgets
import numpy as np

from calclearn.calculus.autodiff import grad
from calclearn.data.digits import FULL, LabelledImages
from calclearn.descent.arguments import whole
from calclearn.descent.descend import Descent
from calclearn.descent.losses import cross_entropy
from calclearn.explorers import Explorer, choice, explore, slider
from calclearn.explorers.wording import counted
from calclearn.figures.graphs import number
from calclearn.figures.images import Cells, Maps, Pad, Shares, Tiles, short
from calclearn.figures.marks import Rule, Stems, Text
from calclearn.figures.style import BLUE, INK, STEP, panels
from calclearn.networks.images import Conv2D
from calclearn.networks.inside import activations, backpropagated, length
from calclearn.networks.network import Network

OUTPUTS, GRADIENTS = "what each layer puts out", "the gradient that comes back"
MISTAKES = 6  # that are shown


def filters_and_mistakes(network: Network, run: Descent, data: LabelledImages) -> Explorer:
    """What has it learned? The filters of the first layer, and the answers to held-out images.

    `step` is any recorded step of the training. Raises ValueError unless the first layer is a
    convolution of images with one channel, and the last gives one score a class.
    """
    shape, outputs = next(iter(network.parameter_shapes.values())), network.shapes[-1]
    if len(shape) != 4 or shape[1] != 1 or len(outputs) != 1:
        raise ValueError(
            "network must begin with a convolution of one channel and end with one score a class, "
            f"got weights of shape {shape} and outputs {outputs}"
        )
    count, _, *size = shape
    right = np.eye(*outputs, dtype=bool)

    def filters(w: np.ndarray) -> np.ndarray:
        return network.parameters(w)[0][0][:, 0]  # (O, k, k)

    def answers(step) -> dict:
        record = np.argmin(np.abs(run.steps - step))
        w = run.points[record]
        answered = np.argmax(network(w, data.images), axis=1)
        counts = np.zeros((*outputs, *outputs))
        np.add.at(counts, (data.labels, answered), 1)
        wrong = np.flatnonzero(answered != data.labels)[:MISTAKES]
        return {
            "recorded": int(run.steps[record]), "filters": filters(w),
            "counts": counts, "signed": np.where(right, counts, -counts),  # for their colours
            "wrong": data.images[wrong, 0],
            "names": [f"{n}: {data.labels[n]} as {answered[n]}" for n in wrong],
        }  # fmt: skip

    def count_in_words(signed: float) -> str:
        return f"{abs(signed):.0f}" if signed else ""

    def caption(recorded, counts) -> str:
        correct, confused = int(counts[right].sum()), np.where(right, 0, counts)
        label, answer = np.unravel_index(np.argmax(confused), confused.shape)
        times, worst = int(confused.max()), "none is wrong"
        if times:
            often = {1: "once", 2: "twice"}.get(times, f"{times} times")
            worst = f"the commonest mistake is {label} taken for {answer}, {often}"
        return (
            f"After {recorded} steps {correct} of the {len(data)} held-out images are answered "
            f"right, {correct / len(data):.1%}; {worst}."
        )

    before, now, table, mistakes = panels(*["flat"] * 4, ratios=(0.45, 0.45, 1.4, 0.75), height=4.2)
    before.set(title="initial filters")
    now.set(title="filters now")
    table.set(title="answers to held-out images", xlabel="answer", ylabel="true class")
    mistakes.set(title="mistakes")
    initial = Tiles(before, "filters", count, size, 2)
    initial.update(filters=filters(run.points[0]))
    initial.image.set_animated(False)  # these stay
    drawings = [
        Tiles(now, "filters", count, size, 2),
        Cells(table, "signed", limit=8, numbers=right.size, words=count_in_words),
        Tiles(mistakes, "wrong", MISTAKES, data.images.shape[2:], 2, shades=INK, words="names"),
    ]
    every, last = int(run.steps[1]), int(run.steps[-1])
    return explore(answers, drawings, caption, play="step", step=slider(last, 0, last, every))


def one_image(network: Network, w: np.ndarray, data: LabelledImages, image: int = 0) -> Explorer:
    """What does each layer make of one image, and what comes back to it from the loss?

    Shown are the image, the maps behind every activation and pooling, and the scores; and of one
    cell of the first maps its patch of pixels, its kernel and their sum. Raises ValueError for
    images of several channels, and for a network that does not begin with a convolution.
    """
    maps, first = _maps(network), network.layers[0]
    whole("image", image, 0, len(data) - 1)
    if not isinstance(first, Conv2D):
        raise ValueError(f"network must begin with a convolution, got {first}")
    (kernels, biases), *_ = network.parameters(w)  # (O, 1, k, k), (O,)
    (_, strides, around), name = first.windows, next(iter(maps))
    answers = activations(network, w, data.images[[image]])[name][0]
    (_, rows, columns), (up, aside) = answers.shape, around
    inside = answers[:, up : rows - up, aside : columns - aside]  # patches that lie on the image
    strongest = np.add(np.unravel_index(np.argmax(inside), inside.shape), (0, up, aside)).tolist()
    cell = zip(("map", "row", "column"), strongest, answers.shape, strict=True)

    def there_and_back(image, show, map, row, column) -> dict:
        x, label, back = data.images[[image]], data.labels[[image]], show == GRADIENTS
        layers = backpropagated(network, w, x, label)
        outputs = {layer.name: layer.activation[0] for layer in layers}
        gradients = {layer.name: layer.to_activation[0] for layer in layers}
        shown, last = gradients if back else outputs, layers[-1].name
        to_image, cell = pixel_gradient(network, w, x, label)[0, 0], (map, row, column)
        corner = row * strides[0] - around[0], column * strides[1] - around[1]
        total = outputs[layers[0].name][cell]
        return {each: shown[each] for each in maps} | {
            "pixels": x[0, 0], "shares": back * to_image, "label": int(label[0]),
            "scores": outputs[last], "column_of_scores": shown[last][:, None],
            "at_scores": length(gradients[last]), "at_pixels": length(to_image),
            "cell": cell, "kernel": kernels[map, 0],
            "patch": (0, 0, 0, 0) if back else (*corner, *kernels.shape[2:]),
            "sum": total - biases[map], "total": total, "after": shown[name][cell],
        }  # fmt: skip

    def caption(
        image, show, map, row, column, label, scores, at_scores, at_pixels, sum, total, after
    ) -> str:
        begin = f"Image {image} shows {label}; the network gives {_answer(scores, label)}."
        place = f"row {row}, column {column} of map {map}"
        if show == GRADIENTS:
            return (
                f"{begin} Shown is the gradient of the loss, of length {at_scores:.2g} at the "
                f"scores and {at_pixels:.2g} at the pixels; {after:.2g} comes back to {place}."
            )
        return (
            f"{begin} At {place}, pixels times kernel add up to {sum:.2f}, with the bias to "
            f"{total:.2f}; {name.split()[1]} leaves {after:.2f}."
        )

    left, middle, right, below = panels(
        "flat", "flat", "flat", "below", ratios=(1.1, 2.2, 0.45), height=4.6
    )
    left.set(title="the image")
    right.set(title="scores")
    drawings = [
        Cells(left, "pixels", frame="patch", shades=INK, limit=1, numbers=9, words=short),
        Shares(left, numbers=0, side=0.5),
        Maps(middle, maps, frame="cell", drags=("map", "row", "column")),
        Cells(
            right, "column_of_scores", numbers=network.shapes[-1][0],
            words=lambda value: number(value) if abs(value) >= 1e-5 else "≈ 0",
        ),
        Cells(below, "kernel", numbers=9, words=short),
        Text(below, (0.5, 1.09), "kernel of map {map}", ha="center", clip_on=False),
    ]  # fmt: skip
    right.set(aspect="auto")
    return explore(
        there_and_back, drawings, caption, image=slider(int(image), 0, len(data) - 1, 1),
        show=choice([OUTPUTS, GRADIENTS]),
        **{name: slider(place, 0, count - 1, 1) for name, place, count in cell},
    )  # fmt: skip


RATE, STEPS = 0.01, 20  # of the walk on the pixels


def draw_a_digit(network: Network, w: np.ndarray, data: LabelledImages) -> Explorer:
    """What does the network make of a digit of one's own? And which pixels would make it another?

    The pixels can be painted in the figure. `step` walks them uphill on the chance of the `wanted`
    digit, each pixel kept between paper and ink:

        x ← x + η ∇ₓ log p(wanted | x)

    Raises ValueError for images of several channels.
    """
    maps, (_, *size) = _maps(network), network.input_shape

    @lru_cache(maxsize=4 * STEPS)
    def walked(pixels: tuple[int, ...], wanted: int, step: int) -> np.ndarray:
        if step == 0:
            return np.reshape(pixels, (1, 1, *size)) / FULL
        x = walked(pixels, wanted, step - 1)
        return np.clip(x - RATE * pixel_gradient(network, w, x, np.array([wanted])), 0, 1)

    def reading(pixels, wanted, step) -> dict:
        count = math.prod(size)
        if len(pixels) != count or not all(0 <= ink <= FULL for ink in pixels):
            raise ValueError(f"pixels must be {count} numbers from 0 to {FULL}, got {len(pixels)}")
        x, start = (walked(tuple(pixels), wanted, k) for k in (step, 0))
        outputs = activations(network, w, x)
        *_, scores = outputs.values()
        return {name: outputs[name][0] for name in maps} | {
            "image": FULL * x[0, 0], "scores": scores[0], "chances": chances(scores[0]),
            "added": FULL * np.sum(np.maximum(x - start, 0)),
            "removed": FULL * np.sum(np.maximum(start - x, 0)),
        }  # fmt: skip

    def caption(pixels, wanted, step, scores, added, removed) -> str:
        gives = f"network gives {_answer(scores, wanted)}"
        if step:
            inks = f"{added:.0f} of ink added, {removed:.0f} removed"
            return f"The {gives}, after {counted(step, 'step')} uphill: {inks}."
        if any(pixels):
            return f"The {gives}. Play walks the pixels uphill to make it {wanted}."
        return f"Draw a digit on the left with the pointer. To the blank sheet the {gives}."

    left, middle, right = panels("flat", "flat", "flat", ratios=(1.15, 2.1, 0.8), height=4)
    left.set(title="draw here")
    right.set(title="chances", xlim=(-0.6, 9.6), ylim=(0, 1), xticks=range(10))
    drawings = [
        Pad(left, "image", full=FULL, drags=("pixels", "brush", "step")),
        Maps(middle, maps),
        Rule(right, x="wanted", color=STEP, lw=1),
        Stems(right, "chances", color=BLUE, lw=8, marker="", solid_capstyle="butt"),
    ]
    stored = np.rint(FULL * data.images[:, 0]).astype(int).reshape(len(data), -1).tolist()
    first = int(np.argmax(data.labels == 4))
    pixels = widgets.IntsInput(value=stored[first], layout={"display": "none"})
    explorer = explore(
        reading, drawings, caption, play="step", pixels=pixels,
        brush=choice(["pen", "eraser"]), wanted=choice(range(10), 9), step=slider(0, 0, STEPS, 1),
    )  # fmt: skip

    def begin_with(image: list[int]) -> None:
        explorer.controls["step"].value = 0
        pixels.value = image

    following = itertools.cycle([*stored[first + 1 :], *stored[: first + 1]])
    clear, another = (widgets.Button(description=words) for words in ("Clear", "Another digit"))
    clear.on_click(lambda _: begin_with([0] * len(stored[first])))
    another.on_click(lambda _: begin_with(next(following)))
    controls = explorer.widget.children[0]
    controls.children = (*controls.children, clear, another)
    return explorer


def pixel_gradient(network: Network, w: np.ndarray, x: np.ndarray, labels: np.ndarray):
    """∂L/∂x of the cross-entropy for images x (N, C, H, W), which is -∇ₓ log p(label | x) of one."""
    return grad(lambda x: cross_entropy(network(w, x), labels))(x)


def chances(scores: np.ndarray) -> np.ndarray:
    """The probability of each class (K,) from the scores (K,): softmax.

    >>> chances(np.log([1.0, 3.0]))
    array([0.25, 0.75])
    """
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()


def _answer(scores: np.ndarray, label: int) -> str:
    """The chance of the network's answer, and that of the label if it is another."""
    p, answer = chances(scores), int(np.argmax(scores))
    gives = f"{p[answer]:.0%} to {answer}"
    return gives if answer == label else f"{gives} and {p[label]:.0%} to {label}"


def _maps(network: Network) -> dict[str, tuple[int, int, int]]:
    """The names and sizes of the maps behind every activation and pooling."""
    if network.input_shape[0] != 1 or len(network.input_shape) != 3:
        raise ValueError(f"network must take inputs (1, H, W), got {network.input_shape}")
    sizes = zip(network.layers, network.shapes[1:], strict=True)
    return {
        f"{k} {type(layer).__name__}": size
        for k, (layer, size) in enumerate(sizes)
        if len(size) == 3 and not isinstance(layer, Conv2D)
    }
