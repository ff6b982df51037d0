"""Drawings of what a classifier answers, everywhere at once: colour is the answer on the plane."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from calclearn.figures.style import BLACK, CLASSES


class AnswerMap:
    """What a classifier answers on the plane, from -1 to +1, and the points that it learns from.

    `update(answers, errors)`: answers (n, n) over the window, errors (points,), the squared
    errors of the points: the larger a point, the more it is to be blamed.
    """

    def __init__(self, ax: Axes, window: float, points: np.ndarray, classes: np.ndarray) -> None:
        self.ax, self.groups = ax, [classes < 0, classes > 0]
        shades = LinearSegmentedColormap.from_list("answers", [CLASSES[0], "white", CLASSES[1]])
        self.image = ax.imshow(
            np.zeros((2, 2)), cmap=shades, vmin=-1.6, vmax=1.6, origin="lower", animated=True,
            extent=(-window, window, -window, window), interpolation="bilinear",
        )  # fmt: skip
        self.dots = [
            ax.scatter(*points[:, group], c=color, marker=marker, ec=BLACK, lw=0.5, animated=True)
            for group, color, marker in zip(self.groups, CLASSES, "os", strict=True)
        ]

    def update(self, answers, errors) -> None:
        self.image.set_data(answers)
        for dots, group in zip(self.dots, self.groups, strict=True):
            dots.set_sizes(8 + 20 * errors[group])
