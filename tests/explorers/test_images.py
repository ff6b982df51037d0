"""The explorers of images: what they show is computed here once more, with loops."""

from functools import cache

import numpy as np
import pytest

from calclearn import explorers
from calclearn.calculus.autodiff import grad
from calclearn.data import LabelledImages, digits
from calclearn.descent.descend import descend
from calclearn.descent.losses import cross_entropy
from calclearn.descent.optimizers import Adam
from calclearn.explorers.images import ALL, KERNELS, LAYERS, ONE, OWN, VALUES, example, products
from calclearn.explorers.learned import GRADIENTS, OUTPUTS
from calclearn.networks.images import Conv2D, MaxPool2D
from calclearn.networks.layers import Dense, Flatten, ReLU
from calclearn.networks.network import Network

CELLS = [f"k{u}{v}" for u in range(3) for v in range(3)]


@cache
def trained():
    """A small network after a short training, and the record of it."""
    layers = Conv2D(4, 3), ReLU(), MaxPool2D(2), Flatten(), Dense(10)
    network, data = Network(layers, (1, 8, 8)), digits()
    loss = network.loss(data.train.images[:300], data.train.labels[:300], batch_size=20)
    return network, descend(loss, network.init(0), Adam(0.01), 60, every=20), data.held_out


def drives(explorer):
    """Go through the ends of each control, and to all choices; the way back must be the way."""
    base, first, caption = explorer.values, explorer.still(), explorer.caption
    for name, control in explorer.controls.items():
        ends = [control.min, control.max] if hasattr(control, "min") else control.options
        for value in ends:
            explorer.set(**base)
            if value == base[name]:
                continue
            assert explorer.set(**{name: value}).still() != first, (name, value)
            assert explorer.error is None
            assert explorer.caption != caption
            assert explorer.caption.endswith(".")
            assert not any(word in explorer.caption for word in ("nan", "array", "np."))
    assert explorer.set(**base).still() == first


# The kernel.


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_map_is_the_sum_of_nine_products_at_every_place(kernel):
    explorer = explorers.sliding_kernel().set(kernel=kernel, digit=8)
    image, K = example(8), np.array(KERNELS[kernel])
    features, _ = explorer.state["map"]
    for i, j in np.ndindex(6, 6):
        total = sum(K[u, v] * image[i + u, j + v] for u in range(3) for v in range(3))
        assert features[i, j] == pytest.approx(total)


def test_the_caption_computes_the_framed_number():
    explorer = explorers.sliding_kernel()
    for row, column in np.ndindex(6, 6):
        explorer.set(row=row, column=column)
        told = explorer.caption.partition("of the map: ")[2].partition(" of ink")[0]
        summed, _, value = told.replace("−", "-").replace("×", "*").partition(" = ")
        assert eval(summed) == float(value) == explorer.state["map"][0][row, column]


def test_products_of_nothing_are_nothing():
    assert products(np.zeros((3, 3)), np.ones((3, 3))) == "0"
    assert products(np.ones((1, 2)), np.array([[-0.5, 2.0]])) == "−1 × 0.5 + 1 × 2"


def test_a_kernel_by_name_fills_the_nine_fields_and_a_changed_field_makes_it_ones_own():
    explorer = explorers.sliding_kernel().set(kernel="sharpen")
    assert [explorer.values[cell] for cell in CELLS] == np.ravel(KERNELS["sharpen"]).tolist()
    explorer.set(k00=2.0)
    assert explorer.values["kernel"] == OWN
    own = np.array(KERNELS["sharpen"], float)
    own[0, 0] = 2
    assert np.array_equal(explorer.state["kernel"][0], own)
    assert explorer.caption.startswith("Your own kernel on the digit 4.")
    explorer.set(kernel="blur")
    assert np.array_equal(explorer.state["kernel"][0], KERNELS["blur"])
    explorer.set(kernel=OWN)
    assert np.array_equal(explorer.state["kernel"][0], KERNELS["blur"]), "to begin from"


def test_the_patch_follows_the_pointer_on_the_digit_and_on_the_map(drag):
    explorer = explorers.sliding_kernel()
    drag(explorer, "image", (3, 3), (4.2, 5.1))  # column and row of the cells
    assert (explorer.values["row"], explorer.values["column"]) == (4, 3)
    drag(explorer, "map", (3, 3), (1.2, 0.1))
    assert (explorer.values["row"], explorer.values["column"]) == (0, 1)
    drag(explorer, "image", (3, 3), (7.4, -0.4))
    assert (explorer.values["row"], explorer.values["column"]) == (0, 5), "the frame stays inside"


def test_a_weight_follows_the_pointer_up_and_down(drag):
    explorer = explorers.sliding_kernel().set(kernel="outline")
    drag(explorer, "kernel", (0, 2), (0, 0.5))
    assert explorer.values["k20"] == 0.5
    assert explorer.values["kernel"] == OWN
    assert explorer.values["k11"] == 8
    drag(explorer, "kernel", (1, 1), (1, 0))
    assert explorer.values["k11"] == 8, "and no farther than its field goes"


def test_pulling_one_weight_leaves_the_other_eight(drag):
    explorer = explorers.sliding_kernel().set(kernel="blur")
    drag(explorer, "kernel", (1, 1), (1, 0))
    expected = np.array(KERNELS["blur"])
    expected[1, 1] = 1.25
    assert explorer.values["kernel"] == OWN
    assert np.array_equal(explorer.state["kernel"][0], expected)


# Where the gradient goes.


def expected_shares(layer, image, K, G):
    """What pixels and weights receive, window by window."""
    to_image, to_kernel = np.zeros((8, 8)), np.zeros((3, 3))
    for i, j in np.ndindex(6, 6):
        window = np.s_[i : i + 3, j : j + 3]
        if layer == "convolution":
            to_image[window] += G[i, j] * K
            to_kernel += G[i, j] * image[window]
        elif layer == "average pooling":
            to_image[window] += G[i, j] / 9
        else:
            u, v = np.unravel_index(np.argmax(image[window]), (3, 3))
            to_image[i + u, j + v] += G[i, j]
    return to_image, to_kernel


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("sent", [ONE, ALL, VALUES])
def test_pixels_and_weights_receive_what_the_loop_over_windows_sends(layer, sent):
    K = np.array(KERNELS["vertical edges"], float)
    explorer = explorers.gradient_routing().set(layer=layer, sent=sent, digit=3)
    for row, column in [(0, 0), (2, 4), (5, 5)]:
        state = explorer.set(row=row, column=column).state
        G, _ = state["sent"]
        if sent == ONE:
            assert np.argwhere(G).tolist() == [[row, column]]
        elif sent == VALUES:
            assert np.allclose(G, LAYERS[layer](example(3), K))
        to_image, to_kernel = expected_shares(layer, example(3), K, G)
        assert state["shares"] == pytest.approx(to_image)
        assert state["kernel"][0] == pytest.approx(to_kernel)


def test_the_captions_of_the_three_layers_tell_who_receives_what():
    explorer = explorers.gradient_routing()
    assert "6 of 64 pixels receive a share, from −2 to 2" in explorer.caption
    assert "5 of 9 weights receive a share, from 7 to 16" in explorer.caption
    explorer.set(layer="average pooling")
    assert "9 of 64 pixels receive a share of 0.1111" in explorer.caption
    explorer.set(layer="max pooling")
    assert "1 of 64 pixels receives a share of 1" in explorer.caption
    assert "16 of ink, the first of 2 as large" in explorer.caption


def test_weights_on_blank_paper_receive_nothing():
    """What lesson 14 lets a learner predict."""
    explorer = explorers.gradient_routing()
    patch, to_kernel = explorer.state["patch"], explorer.state["kernel"][0]
    assert not patch[:, 0].any()
    assert not to_kernel[:, 0].any()
    blank = explorer.set(digit=1, row=5, column=5)  # beside the stroke
    blank.set(column=5, row=3)
    assert blank.error is None


# What was learned.


def test_every_answer_is_counted_and_the_mistakes_are_shown():
    network, run, data = trained()
    explorer = explorers.filters_and_mistakes(network, run, data)
    for step, w in zip(run.steps, run.points, strict=True):
        state = explorer.set(step=int(step)).state
        counts, wrong = np.zeros((10, 10)), []
        for n in range(len(data)):
            answer = int(np.argmax(network(w, data.images[n : n + 1])))
            counts[data.labels[n], answer] += 1
            if answer != data.labels[n]:
                wrong.append(f"{n}: {data.labels[n]} as {answer}")
        assert np.array_equal(state["counts"], counts)
        assert state["wrong"][1] == wrong[:6]
        assert np.array_equal(state["filters"][0], w[:36].reshape(4, 3, 3))
        right = int(np.trace(counts))
        told = f"{right} of the 360 held-out images are answered right, {100 * right / 360:.1f} %"
        assert told in explorer.caption


def test_no_mistake_is_said_so():
    network, run, data = trained()
    w = run.point
    easy = np.argmax(network(w, data.images), axis=1) == data.labels
    explorer = explorers.filters_and_mistakes(
        network, run, LabelledImages(data.images[easy], data.labels[easy])
    )
    assert explorer.caption.endswith("100.0 %; none is wrong.")


def test_the_layers_of_one_image_are_those_of_the_network():
    network, run, data = trained()
    explorer = explorers.one_image(network, run.point, data, image=7).set(show=GRADIENTS)
    x, label = data.images[7:8], data.labels[7:8]
    to_image = grad(lambda x: cross_entropy(network(run.point, x), label))(x)
    assert explorer.state["shares"] == pytest.approx(to_image[0, 0])
    z = network(run.point, x)[0]
    chances = np.exp(z) / np.exp(z).sum()
    column = explorer.state["scores"][0][:, 0]
    assert column == pytest.approx(chances - (np.arange(10) == label))
    pooled, routed = (explorer.state[name][0] for name in ("2 MaxPool2D", "1 ReLU"))
    assert (pooled.shape, routed.shape) == ((4, 3, 3), (4, 6, 6))
    assert np.count_nonzero(routed) <= pooled.size, "one of four receives, at most"
    assert routed.sum() == pytest.approx(pooled.sum())
    explorer.set(show=OUTPUTS)
    assert not explorer.state["shares"].any()
    assert explorer.state["scores"][0][:, 0] == pytest.approx(z)
    assert explorer.state["1 ReLU"][0].min() == 0


def test_an_answer_is_told_with_its_probability():
    network, run, data = trained()
    explorer = explorers.one_image(network, run.point, data)
    answers = np.argmax(network(run.point, data.images), axis=1)
    wrong, right = (np.flatnonzero((answers == data.labels) == told)[0] for told in (False, True))
    for n in (int(wrong), int(right)):
        caption = explorer.set(image=n).caption
        assert caption.startswith(f"Image {n} shows {data.labels[n]}; the network gives ")
        assert f"% to {answers[n]}" in caption
        assert f"% to {data.labels[n]}" in caption


@pytest.mark.parametrize("name", ["filters_and_mistakes", "one_image"])
def test_every_control_of_what_was_learned_is_followed(name):
    network, run, data = trained()
    given = run if name == "filters_and_mistakes" else run.point
    drives(getattr(explorers, name)(network, given, data))


def test_what_cannot_be_shown_is_told_at_the_door():
    _, run, data = trained()
    dense = Network((Flatten(), Dense(10)), (1, 8, 8))
    colours = Network((Conv2D(4, 3), Flatten(), Dense(10)), (3, 8, 8))
    for network in (dense, colours):
        with pytest.raises(ValueError, match="network must begin with a convolution of one"):
            explorers.filters_and_mistakes(network, run, data)
    with pytest.raises(ValueError, match=r"network must take inputs \(1, H, W\), got \(3, 8, 8\)"):
        explorers.one_image(colours, colours.init(0), data)
    with pytest.raises(ValueError, match="image must be a whole number from 0 to 359, got 360"):
        explorers.one_image(dense, dense.init(0), data, image=360)
