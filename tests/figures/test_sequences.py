"""Drawings of time: a size has one colour, the future is empty, and the last loss is framed."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from calclearn.figures.sequences import LONGEST, SIZES, TimeMap, Unrolled, shades
from calclearn.figures.style import GRADIENT, LIGHT, panels


def test_colours_of_one_of_nothing_and_of_the_ends():
    colours = shades(np.array([1.0, 0.0, 1e-300, SIZES[0], 1e300, SIZES[1]]))
    assert colours[:2] == pytest.approx(np.array([GRADIENT(0.5), to_rgba(LIGHT)]), abs=0.01)
    assert (colours[[2, 4]] == colours[[3, 5]]).all()
    assert not (colours[1] == colours[2]).all()


def test_map_of_time(ax):
    drawing = TimeMap(ax, title="map")
    sizes = np.tril(np.geomspace(1e-5, 1e5, 25).reshape(5, 5))
    drawing.update(sizes)
    image = np.asarray(drawing.image.get_array())
    assert image.shape == (LONGEST, LONGEST, 4)
    assert (image[:5, :5, 3] == np.tri(5)).all()
    assert not image[5:].any()
    assert image[4, 2] == pytest.approx(shades(sizes[4, 2:3])[0])
    assert set(drawing.last.get_ydata()) == {4.5, 5.5}
    assert set(drawing.last.get_xdata()) == {0.5, 5.5}


def test_unrolled_network():
    _, strip = panels("flat", "strip")
    drawing, sizes = Unrolled(strip), np.array([1e-4, 1e-2, 1.0])
    drawing.update(sizes)
    assert drawing.states.get_offsets()[:, 0].tolist() == [1, 2, 3]
    assert drawing.states.get_facecolor() == pytest.approx(shades(sizes))
    assert drawing.loss.get_position()[0] > 3
