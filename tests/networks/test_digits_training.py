"""The convolutional network of lesson 14 learns to read, and learns the same on other machines."""

import json
import re
from pathlib import Path

import numpy as np

from calclearn.data import digits
from calclearn.descent.descend import descend
from calclearn.descent.optimizers import Adam

LESSON = Path(__file__).parents[2] / "notebooks" / "14_how_a_cnn_sees.ipynb"


def test_at_least_97_percent_of_the_held_out_digits_are_read():
    """As the lesson has stored it, which is compared with a new training when the notebook runs."""
    (share,) = {
        *re.findall(r"held-out images are answered right, ([\d.]+) %", LESSON.read_text("utf-8"))
    }
    assert float(share) >= 97


def test_tiny_changes_of_the_initial_weights_change_no_answer():
    """So that what the lesson stores about its answers holds there as well."""
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    (written,) = (source for source in sources if "Dropout(0.5)" in source)
    layers = [line for line in sources[0].splitlines() if " calclearn.networks." in line]
    names = {"np": np, "digits": digits, "print": lambda *words: None}
    exec("\n".join([*layers, written]), names)
    network, data = names["network"], digits()
    loss = network.loss(data.train.images, data.train.labels, batch_size=64)
    start = network.init(0)
    other = start * (1 + 1e-9 * np.random.default_rng(1).normal(size=start.shape))
    # Differences grow while the learning is quick, if at all.
    one, two = (descend(loss, w, Adam(0.005), 150, every=50, rng=0).points for w in (start, other))
    for w, v in zip(one, two, strict=True):
        answers = [np.argmax(network(u, data.held_out.images), axis=1) for u in (w, v)]
        assert np.array_equal(*answers)
    assert np.abs(one - two).max() < 1e-6
