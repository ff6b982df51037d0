"""The digits are the published ones, and every part has its share of each."""

import gzip
import hashlib
import sys
from importlib import resources

import numpy as np
import pytest

from calclearn.data import LabelledImages, co2, digits, penguin_line

from ..refusals import refused

digits_module = sys.modules[LabelledImages.__module__]
PARTS = ("train", "validation", "held_out")
PACKED = resources.files("calclearn.data").joinpath("digits.csv.gz").read_bytes()
TABLE = np.loadtxt(gzip.decompress(PACKED).decode().splitlines(), delimiter=",", dtype=int)


def whole(data):
    parts = [getattr(data, name) for name in PARTS]
    images = np.concatenate([part.images for part in parts])
    return images, np.concatenate([part.labels for part in parts])


def rows(images, labels):
    """Each image and its label as one row of whole numbers, in an order that no split changes."""
    table = np.column_stack([np.rint(16 * images).reshape(len(images), -1), labels]).astype(int)
    return table[np.lexsort(table.T)]


def test_the_stored_file_is_the_published_one():
    assert hashlib.sha256(PACKED).hexdigest() == (
        "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
    )
    assert TABLE.shape == (1797, 65)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_parts_are_every_image_once_and_have_their_fifths_of_each_digit(seed):
    data = digits(seed)
    labels = whole(data)[1]
    for name, count, hands in zip(PARTS, (1077, 360, 360), (3, 1, 1), strict=True):
        part = getattr(data, name)
        assert part.images.shape == (len(part), 1, 8, 8)
        assert part.labels.shape == (len(part),)
        assert len(part) == count or seed
        assert (part.images.dtype, part.labels.dtype) == (np.float64, np.intp)
        counts = np.bincount(part.labels, minlength=10)
        assert np.abs(counts - hands * np.bincount(labels) / 5).max() < 1.5
    expected = TABLE[np.lexsort(TABLE.T)]  # no two rows are the same
    assert len(np.unique(expected, axis=0)) == 1797
    assert np.array_equal(rows(*whole(data)), expected)


def test_the_same_seed_deals_the_same_parts_and_another_seed_others():
    held_out = digits().held_out
    assert digits(0) is digits(np.int64(0))
    assert not np.array_equal(held_out.images, digits(1).held_out.images)
    # The split of the lessons, fixed: the digits that are held out, in the order of the file.
    digest = hashlib.sha256(np.rint(16 * held_out.images).astype(np.uint8).tobytes()).hexdigest()
    assert digest.startswith("0f08003749ba625a")
    assert held_out.labels[:12].tolist() == [2, 5, 6, 0, 0, 1, 2, 0, 9, 9, 1, 7]


def test_an_image_is_upright():
    train = digits().train
    seven = train.images[np.argmax(train.labels == 7), 0]
    assert ["".join(".#"[int(ink > 0.4)] for ink in row) for row in seven] == [
        "..####..", "..#####.", "....##..", "..#####.",
        ".#####..", "...##...", "..##....", "..##....",
    ]  # fmt: skip


def test_images_of_one_writer_are_in_several_parts_and_make_the_test_easier():
    """In the file a writer's images stand together: cut into runs, it is harder to read."""
    x, y, place = TABLE[:, :-1].astype(float), TABLE[:, -1], np.arange(1797)
    dealt = np.empty_like(place)
    dealt[np.lexsort((np.random.default_rng(0).random(1797), y))] = place % 5

    def read(part):
        """The share that takes its digit from the nearest of the images in other parts."""
        apart = (x**2).sum(axis=1) - 2 * x @ x.T  # less a constant of each row
        apart[part[:, None] == part] = np.inf
        return np.mean(y[apart.argmin(axis=1)] == y)

    assert read(place * 5 // 1797) == pytest.approx(0.965, abs=0.001)
    assert read(dealt) == pytest.approx(0.989, abs=0.001)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint64])
def test_labels_are_indices(dtype):
    labels = LabelledImages(np.zeros((3, 1, 8, 8)), np.array([7, 0, 7], dtype)).labels
    assert labels.dtype == np.intp
    assert not labels.flags.writeable


test_what_cannot_be = refused([
    *((lambda seed=seed: digits(seed), "seed must be a whole number of at least 0, got")
      for seed in (-1, 1.5, "0", None, [1], np.zeros(2))),
    *((lambda shape=shape, labels=labels: LabelledImages(np.zeros(shape), labels),
       r"must have shapes \(N, C, H, W\) and \(N,\), got")
      for shape, labels in [((2, 8, 8), [0, 1]), ((2, 1, 8, 8), [0]), ((2, 1, 8, 8), 3)]),
    (lambda: LabelledImages([[[["a"]]]], [0]), TypeError, "images must be real numbers, got <U1"),
])  # fmt: skip


def test_labels_and_months_are_indices_where_an_index_has_32_bits(narrow_indices, monkeypatch):
    stored = digits_module._stored.__wrapped__()
    monkeypatch.setattr(digits_module, "_stored", lambda: stored)
    parts = digits_module._dealt.__wrapped__(0)
    for part in (stored, parts.train, parts.validation, parts.held_out):
        assert np.bincount(part.labels).sum() == len(part)
    assert co2.__wrapped__().co2[0] == pytest.approx(316.1)
    assert len(penguin_line().thinned(5)) == 5
