"""Lesson 14: its exercises as learners answer them, and its figures."""

from functools import cache

import numpy as np
import pytest

from calclearn import lessons
from calclearn.calculus.autodiff import grad
from calclearn.data import LabelledImages, digits
from calclearn.descent.descend import descend
from calclearn.descent.losses import cross_entropy
from calclearn.descent.optimizers import Adam
from calclearn.figures.style import STEP
from calclearn.lessons import lesson_14
from calclearn.lessons.lesson_14 import KERNELS, example
from calclearn.lessons.lesson_14_trained import GRADIENTS, OUTPUTS, RATE, STEPS
from calclearn.networks.images import Conv2D, MaxPool2D, conv2d, max_pool2d
from calclearn.networks.layers import Dense, Flatten, ReLU
from calclearn.networks.network import Network

pixels = np.array([[3.0, 6.0, 5.0, 1.0], [8.0, 2.0, 4.0, 9.0]])
x = np.array([[1.0, 2.0, 0.0], [6.0, 1.0, 4.0], [0.0, 6.0, 2.0]])
G = np.array([[1.0, -1.0], [2.0, 0.0]])


def pooled(x):
    return np.sum(max_pool2d(x[None, None], 2)[0, 0] * np.array([[2.0, -3.0]]))


def weighed(K):
    return np.sum(conv2d(x[None, None], K[None, None], np.zeros(1))[0, 0] * G)


def rows(n, k, s, p):
    return len(range(-p, n + p - k + 1, s))


received = grad(pooled)(pixels).ravel()
by_grad = grad(weighed)(np.array([[0.3, -0.2], [0.5, 1.0]]))

right = {
    "14.1": [rows, lambda n, k, s, p: Conv2D(1, k, s, p).output_shape((1, n, n))[1]],
    "14.2": [Network((Conv2D(16, 5),), (3, 32, 32)).dimension],
    "14.3": [received],
    "14.4": [by_grad[0, 1]],
}
readings = {  # answers that are not listed as mistakes, and words of the reply
    "14.1": [
        (lambda n, k, s, p: n - (k - 1), "without stride"),
        (lambda n, k, s, p: n + 2 * p - (k - 1), "stride has no part"),
        (lambda n, k, s, p: np.ceil((n + 2 * p - k) / s) + 1, "rounds up"),
        (lambda n, k, s, p: (n - k) // s + 2 * p // s + 1, "Hint 1"),
        (lambda n, k, s, p: len(range(0, n + 2 * p - k, s)), "last place is lost"),
    ],
}


@cache
def trained():
    """A small network after a short training, the record of it, and the held-out digits."""
    layers = Conv2D(4, 3), ReLU(), MaxPool2D(2), Flatten(), Dense(10)
    network, data = Network(layers, (1, 8, 8)), digits()
    loss = network.loss(data.train.images[:300], data.train.labels[:300], batch_size=20)
    return network, descend(loss, network.init(0), Adam(0.01), 60, every=20), data.held_out


# The kernel.


def test_map_and_the_sum_in_the_caption(sliding_kernel):
    for kernel, K in KERNELS.items():
        shown = sliding_kernel.set(kernel=kernel, digit=8).state["map"]
        windows = np.lib.stride_tricks.sliding_window_view(example(8), (3, 3))
        assert shown == pytest.approx((windows * np.array(K)).sum(axis=(2, 3)))
    sliding_kernel.set(kernel="vertical edges", digit=4)
    for row, column in np.ndindex(6, 6):
        sliding_kernel.set(row=row, column=column)
        equation = sliding_kernel.caption.partition("of the map: ")[2].partition(" of ink")[0]
        summed, _, value = equation.replace("−", "-").replace("×", "*").partition(" = ")
        assert eval(summed) == float(value) == sliding_kernel.state["map"][row, column]


def test_kernel_by_name_and_ones_own(sliding_kernel, drag):
    sharpen = np.ravel(KERNELS["sharpen"]).tolist()
    sliding_kernel.set(kernel="sharpen")
    assert [sliding_kernel.values[f"k{u}{v}"] for u, v in np.ndindex(3, 3)] == sharpen
    drag(sliding_kernel, 1, (0, 0), (0, -2.0))
    assert sliding_kernel.values["kernel"] == lesson_14.OWN
    assert np.ravel(sliding_kernel.state["weights"]).tolist() == [2, *sharpen[1:]]
    assert sliding_kernel.caption.startswith("Your own kernel on the digit 4.")
    for kernel in ("blur", lesson_14.OWN):  # one's own begins from the last one
        sliding_kernel.set(kernel=kernel)
        assert np.array_equal(sliding_kernel.state["weights"], KERNELS["blur"])


def test_weights_that_are_typed(sliding_kernel):
    assert sliding_kernel.set(k11=100.0).state["weights"][1, 1] == 100
    for weight in (101.0, -1e300, np.nan):
        sliding_kernel.controls["k11"].value = weight
        assert sliding_kernel.caption == "weights must lie between −100 and 100"


def test_dragged_patch(sliding_kernel, drag):
    for place, to, cell in ((0, (4.2, 5.1), (4, 3)), (2, (1.2, 0.1), (0, 1))):
        drag(sliding_kernel.set(row=2, column=2), place, (3, 3), to)  # column and row
        assert (sliding_kernel.values["row"], sliding_kernel.values["column"]) == cell


# Windows and channels.


@pytest.mark.parametrize(
    ("size", "stride", "padding"), [(1, 2, 0), (3, 1, 0), (3, 2, 3), (8, 4, 3), (2, 4, 0)]
)
def test_windows_that_fit(stride_and_padding, size, stride, padding):
    state = stride_and_padding.set(size=size, stride=stride, padding=padding).state
    side, image = 8 + 2 * padding, np.pad(example(4), padding)
    starts = range(0, side - size + 1, stride)
    means = [[image[i : i + size, j : j + size].mean() for j in starts] for i in starts]
    assert state["map"] == pytest.approx(np.array(means))
    covered = {i + k for i in starts for k in range(size)}
    unused = {(int(x), int(y)) for x, y in state["unused"].T - (3 - padding)}
    assert unused == {(x, y) for x, y in np.ndindex(side, side) if not {x, y} <= covered}
    corners = np.array([(j, i) for i in starts for j in starts])
    assert np.array_equal(state["middles"].T - (3 - padding), corners + (size - 1) / 2)
    assert np.isfinite(state["cells"]).sum() == side**2
    assert np.array_equal(state["cells"][3:11, 3:11], example(4))
    rest, caption = side - (starts[-1] + size), stride_and_padding.caption
    assert (f"{rest} row" in caption, "Every cell" in caption) == (rest > 0, not unused)


def test_tracks_are_red_where_rows_are_left_over(stride_and_padding):
    values = stride_and_padding.set(size=3, stride=2, padding=0).values
    control = stride_and_padding.controls["stride"]
    for (_, colour), stride in zip(control.bands(**values), (1, 2, 3, 4), strict=True):
        assert (colour == STEP) == bool((8 - 3) % stride)


@pytest.mark.parametrize("kernel", lesson_14.COLOUR_KERNELS)
def test_partial_maps_add_up(three_channels, kernel):
    name, strengths = lesson_14.COLOUR_KERNELS[kernel]
    W = np.array([strength * np.array(KERNELS[name]) for strength in strengths])
    for ink, colour in lesson_14.INKS.items():
        state = three_channels.set(ink=ink, kernel=kernel, row=1, column=4).state
        whole = conv2d(state["channels"][None], W[None], np.zeros(1))[0, 0]
        assert state["total"] == pytest.approx(whole)
        assert state["here"].sum() == pytest.approx(whole[1, 4])
        assert state["channels"][:, 0, 0].tolist() == [16, 16, 16]  # white paper
        assert state["photo"].min(axis=(0, 1)).tolist() == [*colour]
        if kernel == "red, not grey":
            assert bool(np.abs(whole).max() > 1) == (ink != "black")


# Where the gradient goes.


@pytest.mark.parametrize(("layer", "stride"), [*zip(lesson_14.LAYERS, (1, 2, 2), strict=True)])
@pytest.mark.parametrize("sent", [lesson_14.ONE, lesson_14.ALL, lesson_14.VALUES])
def test_shares_of_pixels_and_weights(gradient_routing, layer, stride, sent):
    forward, side = lesson_14.LAYERS[layer]
    digit, K = example(3), np.array(KERNELS["vertical edges"], float)
    outputs = forward(digit, K)

    def total(x, K, G):
        return np.sum(forward(x, K) * G)

    for row, column in [(0, 0), (2, 3), (5, 5)]:
        settings = {"layer": layer, "sent": sent, "digit": 3, "row": row, "column": column}
        state = gradient_routing.set(**settings).state
        i, j = np.minimum((row, column), len(outputs) - 1)
        one = np.outer(np.arange(len(outputs)) == i, np.arange(len(outputs)) == j)
        G = {lesson_14.ONE: one, lesson_14.ALL: np.ones(outputs.shape)}.get(sent, outputs)
        assert np.array_equal(state["G"], G)
        to_pixels, to_weights = grad(total, (0, 1))(digit, K, G)
        assert state["shares"] == pytest.approx(to_pixels)
        assert state["to_weights"] == pytest.approx(to_weights)
        patch = (stride * i, stride * j, side, side) if sent == lesson_14.ONE else (0, 0, 8, 8)
        assert state["patch"] == patch


def test_the_largest_output_receives_alone(gradient_routing):
    caption = gradient_routing.set(layer="max pooling", column=2).caption
    assert "1 of 64 pixels receives a share of 1" in caption
    assert "16 of ink, the first of 2 as large" in caption


# What was learned.


def test_answers_and_mistakes():
    network, run, data = trained()
    explorer = lessons.filters_and_mistakes(network, run, data)
    for step, w in zip(run.steps, run.points, strict=True):
        state = explorer.set(step=int(step)).state
        answers = np.argmax(network(w, data.images), axis=1)
        wrong = np.flatnonzero(answers != data.labels)
        assert state["counts"].sum(axis=1).tolist() == np.bincount(data.labels).tolist()
        assert state["counts"].sum(axis=0).tolist() == np.bincount(answers, minlength=10).tolist()
        assert state["names"] == [f"{n}: {data.labels[n]} as {answers[n]}" for n in wrong[:6]]
        assert np.array_equal(state["filters"], w[:36].reshape(4, 3, 3))
        assert np.array_equal(state["signed"], state["counts"] * (2 * np.eye(10) - 1))
        right = 360 - len(wrong)
        words = f"{right} of the 360 held-out images are answered right, {100 * right / 360:.1f} %"
        assert f"After {step} steps {words}" in explorer.caption
    easy = LabelledImages(data.images[answers == data.labels], data.labels[answers == data.labels])
    explorer = lessons.filters_and_mistakes(network, run, easy)
    assert explorer.caption.endswith("100.0 %; none is wrong.")


def test_layers_of_one_image():
    network, run, data = trained()
    explorer = lessons.one_image(network, run.point, data, image=7)
    x, label = data.images[7:8], data.labels[7:8]
    state, z = explorer.set(show=GRADIENTS).state, network(run.point, x)[0]
    to_image = grad(lambda x: cross_entropy(network(run.point, x), label))(x)
    assert state["shares"] == pytest.approx(to_image[0, 0])
    to_scores = softmax(z) - (np.arange(10) == label)
    assert state["column_of_scores"][:, 0] == pytest.approx(to_scores)
    pooled, routed = state["2 MaxPool2D"], state["1 ReLU"]
    assert (pooled.shape, routed.shape) == ((4, 3, 3), (4, 6, 6))
    assert np.count_nonzero(routed) <= pooled.size  # one of four receives, at most
    assert routed.sum() == pytest.approx(pooled.sum())
    state = explorer.set(show=OUTPUTS).state
    assert not state["shares"].any()
    assert state["column_of_scores"][:, 0] == pytest.approx(z)
    assert state["1 ReLU"].min() == 0


@pytest.mark.parametrize("padding", [0, 1])
def test_a_cell_of_a_map_shows_its_patch_its_kernel_and_their_sum(drag, padding):
    _, _, data = trained()
    network = Network((Conv2D(4, 3, padding=padding), ReLU(), Flatten(), Dense(10)), (1, 8, 8))
    w = network.init(3)
    explorer = lessons.one_image(network, w, data, image=5)
    (W, b), *_ = network.parameters(w)
    first = explorer.state["1 ReLU"]
    inner = first[:, padding : len(first[0]) - padding, padding : len(first[0]) - padding]
    assert explorer.state["after"] == inner.max()  # it opens at the strongest answer inside
    last = first.shape[1] - 1
    for k, i, j in [(3, 0, last), (1, last, 0)]:
        state = explorer.set(map=k, row=i, column=j).state
        assert state["patch"] == (i - padding, j - padding, 3, 3)
        patch = np.pad(data.images[5, 0], padding)[i : i + 3, j : j + 3]
        assert state["sum"] == pytest.approx(np.sum(patch * W[k, 0]))
        assert np.array_equal(state["kernel"], W[k, 0])
        assert state["total"] == pytest.approx(state["sum"] + b[k])
        assert state["after"] == pytest.approx(max(state["total"], 0))
    drag(explorer, 0, (0, 0), (2 * (last + 2) + 4, 3 + 5))  # below a line for the words
    assert [explorer.values[name] for name in ("map", "row", "column")] == [2, 5, 4]


BLANK = [0] * 64


def softmax(scores):
    return np.exp(scores) / np.exp(scores).sum()


@pytest.fixture
def pad(at_first):
    return at_first(new_pad)


@cache
def new_pad():
    network, run, data = trained()
    return lessons.draw_a_digit(network, run.point, data)


def test_buttons_of_the_pad(pad):
    clear, another = pad.set(step=3).widget.children[0].children[-2:]
    clear.click()
    assert (pad.values["pixels"], pad.values["step"]) == (BLANK, 0)
    another.click()
    image = np.reshape(pad.values["pixels"], (8, 8)) / 16
    assert (trained()[2].images[:, 0] == image).all(axis=(1, 2)).any()


@pytest.mark.parametrize("wanted", [0, 4])
def test_walk_uphill(pad, wanted):
    network, run, _ = trained()
    chances = [pad.set(wanted=wanted, step=k).state["chances"][wanted] for k in range(STEPS + 1)]
    assert chances[0] < chances[-1]
    assert chances == sorted(chances)
    assert 0 <= pad.state["image"].min() <= pad.state["image"].max() <= 16
    start = np.reshape(pad.values["pixels"], (1, 1, 8, 8)) / 16
    assert pad.state["added"] == pytest.approx(np.maximum(pad.state["image"] - 16 * start, 0).sum())
    to_start = grad(lambda x: -cross_entropy(network(run.point, x), np.array([wanted])))(start)
    first = np.clip(start + RATE * to_start, 0, 1)[0, 0]
    assert pad.set(step=1).state["image"] / 16 == pytest.approx(first, abs=1e-6)


def test_drawn_digit_is_read(pad, drag):
    network, run, data = trained()
    assert pad.values["pixels"] == (16 * data.images[data.labels == 4][0]).ravel().tolist()
    for pixels in ([], [0] * 63, [17] * 64, [-1] * 64):
        assert pad.set(pixels=pixels).caption.startswith("pixels must be 64 numbers from 0 to 16")
    assert "the blank sheet the network gives" in pad.set(pixels=BLANK).caption
    assert pad.caption.startswith("Draw a digit")
    drag(pad, 0, (3, 0), (3, 3), (4, 7))
    x = np.reshape(pad.values["pixels"], (1, 1, 8, 8)) / 16
    assert x[0, 0, 0, 3] == 1
    assert np.array_equal(pad.state["image"], 16 * x[0, 0])
    assert pad.state["chances"] == pytest.approx(softmax(network(run.point, x)[0]))
    assert f"% to {np.argmax(pad.state['chances'])}" in pad.caption


def test_networks_that_cannot_be_shown():
    _, run, data = trained()
    dense = Network((Flatten(), Dense(10)), (1, 8, 8))
    colours = Network((Conv2D(4, 3), Flatten(), Dense(10)), (3, 8, 8))
    w, begins = colours.init(0), "network must begin with a convolution"
    channels = r"must take inputs \(1, H, W\), got \(3, 8, 8\)"
    for figure, arguments, words in (
        (lessons.filters_and_mistakes, (dense, run, data), f"{begins} of one"),
        (lessons.filters_and_mistakes, (colours, run, data), f"{begins} of one"),
        (lessons.one_image, (colours, w, data), channels),
        (lessons.draw_a_digit, (colours, w, data), channels),
        (lessons.one_image, (dense, w, data), f"{begins}, got Flatten"),
        (lessons.one_image, (dense, w, data, 360), "whole number from 0 to 359, got 360"),
    ):
        with pytest.raises(ValueError, match=words):
            figure(*arguments)
