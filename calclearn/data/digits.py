"""Handwritten digits, dealt like cards: three parts, and as many of each digit in every one."""

import gzip
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from calclearn.data.dataset import read_only, whole

FULL = 16  # each pixel counts how many of the 16 points of a finer picture have ink on them
HANDS = 5  # one hand is held out, one is for validation, three are for training


@dataclass(frozen=True, eq=False, repr=False)
class LabelledImages:
    """Images `(N, C, H, W)`, and the class that each of them shows, `(N,)`; both are read-only.

    Whole numbers as labels become indices (`np.intp`). Raises `ValueError` for other shapes,
    `TypeError` for images of words.

    >>> LabelledImages(np.zeros((3, 1, 8, 8)), [7, 0, 7])
    3 images of 8 × 8
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self):
        images = read_only(self.images, "images", real=True)
        labels = read_only(self.labels, "labels")
        if labels.dtype.kind in "iu":
            labels = read_only(labels.astype(np.intp), "labels")
        if images.ndim != 4 or labels.shape != images.shape[:1]:
            expected = "images and labels must have shapes (N, C, H, W) and (N,)"
            raise ValueError(f"{expected}, got {images.shape} and {labels.shape}")
        vars(self).update(images=images, labels=labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        _, _, height, width = self.images.shape
        return f"{len(self)} images of {height} × {width}"


@dataclass(frozen=True, eq=False, repr=False)
class Digits:
    """The three parts of the digits: `train`, `validation` and `held_out`, with their source."""

    train: LabelledImages
    validation: LabelledImages
    held_out: LabelledImages
    name = "Handwritten digits"
    source = (
        "Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, "
        "UCI Machine Learning Repository, doi:10.24432/C50P49, the test part"
    )
    licence = "CC BY 4.0"

    def __repr__(self) -> str:
        train, validation, held_out = map(len, (self.train, self.validation, self.held_out))
        return f"{self.name}: {train} train, {validation} validation, {held_out} held out"


def digits(seed: int = 0) -> Digits:
    """The 1,797 handwritten digits of the UCI repository, dealt into three parts.

    Chance, from `seed`, orders the images of each digit; then every fifth is held out, its right
    neighbour is for validation, and the other three are for training. Each part has `images`
    (N, 1, 8, 8), whose pixels are the share of ink in their square, and `labels` (N,). All have
    writing of the same 13 people. Raises `ValueError` for another seed.

    >>> digits()
    Handwritten digits: 1077 train, 360 validation, 360 held out

    Source: UCI Machine Learning Repository, doi:10.24432/C50P49, the test part. Licence: CC BY 4.0.
    """
    return _dealt(whole("seed", seed, 0))


@cache
def _stored() -> LabelledImages:
    packed = resources.files("calclearn.data").joinpath("digits.csv.gz").read_bytes()
    lines = gzip.decompress(packed).decode("ascii").splitlines()
    table = np.loadtxt(lines, delimiter=",", dtype=np.intp)  # (1797, 65): 64 pixels, the digit
    return LabelledImages(table[:, :-1].reshape(-1, 1, 8, 8) / FULL, table[:, -1])


@cache
def _dealt(seed: int) -> Digits:
    stored = _stored()
    chance = np.random.default_rng(seed).random(len(stored))
    cards = np.lexsort((chance, stored.labels))  # by digit, and within a digit by chance
    hand = np.argsort(cards) % HANDS
    parts = hand > 1, hand == 1, hand == 0
    return Digits(*(LabelledImages(stored.images[part], stored.labels[part]) for part in parts))
