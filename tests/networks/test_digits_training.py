"""A convolutional network learns to read: the one of lesson 14, from two initial weights.

python tests/networks/test_digits_training.py     prints the share of right answers for five
"""

import json
from functools import cache
from pathlib import Path

import numpy as np

from calclearn.data import digits
from calclearn.descent.descend import Stop, descend
from calclearn.descent.optimizers import Adam
from calclearn.networks.images import Conv2D, MaxPool2D
from calclearn.networks.layers import Dense, Dropout, Flatten, ReLU
from calclearn.networks.network import Network

LESSON = Path(__file__).parents[2] / "notebooks" / "14_how_a_cnn_sees.ipynb"
LAYERS = (
    Conv2D(8, kernel_size=3, padding=1),
    ReLU(),
    Conv2D(16, kernel_size=3, padding=1),
    ReLU(),
    MaxPool2D(2),
    Flatten(),
    Dropout(0.5),
    Dense(10),
)
NETWORK = Network(LAYERS, input_shape=(1, 8, 8))
STEPS = 1200


@cache
def trained(seed):
    """The weights after a training from this seed."""
    data = digits().train
    loss = NETWORK.loss(data.images, data.labels, batch_size=64)
    run = descend(loss, NETWORK.init(seed), Adam(0.005), STEPS, every=STEPS, rng=seed)
    assert run.stop == Stop.OUT_OF_STEPS
    return run.point


def share_right(w, part="held_out"):
    data = getattr(digits(), part)
    return float(np.mean(np.argmax(NETWORK(w, data.images), axis=1) == data.labels))


def test_at_least_97_percent_of_the_held_out_digits_are_read():
    assert share_right(trained(0)) >= 0.97


def test_untrained_it_guesses():
    assert share_right(NETWORK.init(0)) < 0.3


def test_the_network_is_that_of_the_lesson():
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    (written,) = (source for source in sources if "Dropout(0.5)" in source)
    names = {"np": np, "digits": digits, "print": lambda *words: None}
    exec(written, globals() | names | (found := {}), found)
    assert found["network"] == NETWORK
    (training,) = (source for source in sources if "view = explorers.training(" in source)
    assert f"steps={STEPS}," in training
    assert "log_slider(0.005," in training


def test_tiny_changes_of_the_initial_weights_change_no_answer():
    """So that what the lesson stores about its answers holds on other machines as well."""
    data = digits()
    loss = NETWORK.loss(data.train.images, data.train.labels, batch_size=64)
    start = NETWORK.init(0)
    other = start * (1 + 1e-9 * np.random.default_rng(1).normal(size=start.shape))
    # Differences grow while the learning is quick, if at all.
    one, two = (descend(loss, w, Adam(0.005), 150, every=50, rng=0).points for w in (start, other))
    for w, v in zip(one, two, strict=True):
        answers = [np.argmax(NETWORK(u, data.held_out.images), axis=1) for u in (w, v)]
        assert np.array_equal(*answers)
    assert np.abs(one - two).max() < 1e-6


if __name__ == "__main__":
    for seed in range(5):
        w = trained(seed)
        shares = ", ".join(f"{part} {share_right(w, part):.2%}" for part in ("train", "held_out"))
        print(f"seed {seed}: {shares}")
