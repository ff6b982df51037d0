"""The drawing of a network: its units' maps, and derivatives as lines."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from calclearn.figures.networks import WIDEST, NamedParts, NetworkGraph, SizedPoints
from calclearn.figures.style import BLUE, ORANGE, panels

SIZES = (2, 3, 1)


def blame(*sizes, seed=0):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(after, n)), rng.normal(size=after)) for n, after in pairwise(sizes)]


def maps(*sizes):
    return [np.linspace(-1, 1, 16 * n).reshape(4, 4, n) for n in sizes]


@pytest.fixture
def drawing():
    (ax,) = panels("flat", height=5)
    return NetworkGraph(ax, len(SIZES), ("x", "y"))


def test_width_is_the_size_of_a_derivative_and_colour_its_sign(drawing):
    (W, b), (V, c) = derivatives = blame(*SIZES)
    drawing.update(maps(*SIZES), derivatives, 1.5)
    for lines, shown in ((drawing.weights, [*W.flat, *V.flat]), (drawing.biases, [*b, *c])):
        sizes = np.sort(np.abs(shown))
        assert lines.get_linewidths() == pytest.approx(WIDEST * np.minimum(sizes / 1.5, 1))
        signs = [shown[k] > 0 for k in np.argsort(np.abs(shown))]
        colors = [to_rgba(BLUE if positive else ORANGE) for positive in signs]
        assert lines.get_colors().tolist() == [[*color] for color in colors]
    assert [text.get_text() for text in drawing.sizes] == ["1.5", "0.75", "0.15"]
    frames, squares = drawing.biases.get_segments(), drawing.edges.get_segments()[SIZES[0] :]
    assert np.array_equal(frames, np.array(squares)[np.argsort(np.abs([*b, *c]))])


def test_line_of_a_weight_joins_its_two_units(drawing):
    W = np.zeros((3, 2))
    W[2, 0] = 1.0  # from the first input to the last unit
    drawing.update(maps(*SIZES), [(W, np.zeros(3)), (np.zeros((1, 3)), np.zeros(1))], 1.0)
    ((start, end),) = drawing.weights.get_segments()
    (_, right, bottom, top), (left, _, low, high) = (
        image.get_extent() for image in drawing.images[:2]
    )
    assert (start[0], end[0]) == pytest.approx((right, left))
    assert bottom + top < 2 * start[1] < 2 * top
    assert low < end[1] < (low + high) / 2
    assert len(drawing.biases.get_segments()) == 0


def test_map_of_the_first_unit_is_on_top(drawing):
    outputs = maps(*SIZES)
    outputs[1] = np.where(np.arange(3) == 0, 1.0, np.full((4, 4, 3), -1.0))
    drawing.update(outputs, blame(*SIZES), 1.0)
    colors = drawing.images[1].get_array().astype(int)
    bluer = colors[..., 2] - colors[..., 0]
    assert (bluer[-4:] > 0).all(), "blue is +1"
    assert (bluer[:4] < 0).all(), "orange is −1"
    assert (colors[4:6, :, 3] == 0).all(), "nothing is between the maps"


def test_points_of_two_classes_sized_by_their_errors_and_one_in_a_ring(ax):
    points, classes = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 0.0]]), np.array([1.0, -1.0, 1.0])
    drawing = SizedPoints(ax, points, classes, drags=("point", "shown"), also=("one",))
    drawing.update([0.0, 4.0, 1.0], 2)
    negative, positive = drawing.dots
    assert np.array_equal(positive.get_offsets(), points.T[[0, 2]])
    assert positive.get_sizes()[0] < positive.get_sizes()[1] < negative.get_sizes()[0]
    assert drawing.ring.get_xydata().tolist() == [[2.0, 0.0]]
    for to, point in (((0.9, 0.7), 1), ((-9.0, 0.1), 0)):
        assert drawing.dragged(np.zeros(2), np.array(to), 2, "all") == (point, "one")


def test_graph_shows_what_is_named_and_used(ax):
    parts = NamedParts(ax, {"x": (0, 0), "h": (1, 1), "L": (2, 0)})
    for uses, shown, lines in (
        ({"L": ["x"]}, ["x", "L"], [[(0, 0), (2, 0)]]),
        ({"h": ["x"], "L": ["h"]}, ["x", "h", "L"], [[(0, 0), (1, 1)], [(1, 1), (2, 0)]]),
    ):
        parts.update(uses)
        assert [name for name, text in parts.names.items() if text.get_visible()] == shown
        assert np.array_equal(parts.lines.get_segments(), lines)
