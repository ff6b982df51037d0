"""A pass through a graph, and its drawing at each step."""

import itertools

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad, trace
from calclearn.explorers.live import Painter
from calclearn.figures.graphs import (
    NODE,
    ComputationGraph,
    Pass,
    downstream,
    formula,
    height,
    name,
    number,
)
from calclearn.figures.style import panels


def neuron(x, w, b, target):
    return (np.tanh(w * x + b) - target) ** 2


def softmax(a, b, c):
    return -np.log(np.exp(a) / (np.exp(a) + np.exp(b) + np.exp(c)))


def chain(x):
    for _ in range(8):
        x = np.sin(x) * 1.1
    return x


FUNCTIONS = [
    (neuron, (1.5, -0.8, 0.3, 0.5)),
    (lambda x: x * x * x, (1.3,)),
    (lambda x, y: 2**x - x / 3 + y**-0.5, (1.3, 2.0)),
    (softmax, (1.0, 2.0, 0.5)),
    (chain, (0.7,)),
]


@pytest.fixture(params=FUNCTIONS, ids=lambda pair: pair[0].__name__)
def case(request):
    return request.param


def drawn(graph):
    (ax,) = panels("flat", height=height(graph))
    return ComputationGraph(ax)


def texts(artists):
    return [artist.get_text() for artist in artists]


def test_chain_rule_along_each_line(case):
    f, arguments = case
    graph = trace(f, *arguments)
    sums = dict.fromkeys(range(len(graph.nodes)), 0.0)
    for k, j in Pass(graph, 0).lines:
        sums[graph.nodes[k].parents[j]] += downstream(graph, k, j)
    exact = grad(f, tuple(range(len(arguments))))(*arguments)
    assert [sums[k] for k in range(len(arguments))] == pytest.approx(exact)


def test_numbers_shown_at_each_step(case):
    f, arguments = case
    graph = trace(f, *arguments)
    drawing, last = drawn(graph), Pass(graph, 0).last
    seen = []
    for step in range(last + 1):
        walk = Pass(graph, step)
        drawing.update(graph, step)
        values, adjoints = (texts(column) for column in zip(*drawing.numbers, strict=True))
        shares = texts(share for _, share in drawing.shares.values())
        seen.append(sum(map(bool, values)) + sum(map(bool, shares)))
        for k, j in walk.sent:
            assert k not in walk.waiting, "a node sends once its own adjoint is complete"
            assert shares[list(drawing.shares).index((k, j))] == number(downstream(graph, k, j))
        assert [bool(text) for text in adjoints] == [
            k in walk.arrived for k in range(len(graph.nodes))
        ]
    assert np.diff(seen).tolist() == [1] * len(walk.operations) + [0] + [1] * len(walk.lines)
    assert values == [number(node.value) for node in graph.nodes]
    assert adjoints == [number(node.adjoint) for node in graph.nodes]


def test_product_of_the_present_line_and_wiring_of_another_function():
    graph, other = trace(neuron, 1.5, -0.8, 0.3, 0.5), trace(chain, 0.7)
    drawing = drawn(graph)
    drawing.update(graph, 5)
    kept = list(drawing.artists)
    assert texts(drawing.product) == ["", "", ""]
    assert len(drawing.now.get_segments()) == 1
    drawing.update(trace(neuron, 1.5, -0.8, 0.3, 0.5), 8)
    upstream, local, down = (float(text.replace("−", "-")) for text in texts(drawing.product))
    assert upstream * local == pytest.approx(down, rel=0.01)
    assert len(drawing.now.get_segments()) == 1
    assert len(drawing.sent.get_segments()) == 2
    assert drawing.artists == kept
    drawing.update(other, 3)
    assert len(drawing.numbers) == len(other.nodes)
    assert not set(kept) & set(drawing.ax.get_children())


def test_labels_of_a_neuron_do_not_overlap():
    graph = trace(neuron, 1.5, -0.8, 0.3, 0.5)
    drawing = drawn(graph)
    drawing.update(graph)
    painter = Painter(drawing.ax.figure)
    painter.paint()
    renderer = painter._canvas.get_renderer()
    shown = [artist for artist in drawing.artists if hasattr(artist, "get_text")]
    assert min(artist.get_fontsize() for artist in shown) >= 10
    boxes = [artist.get_window_extent(renderer) for artist in shown if artist.get_text()]
    assert all(0 <= box.x0 < box.x1 <= 840 for box in boxes)
    for box, other in itertools.combinations(boxes, 2):
        across = min(box.x1, other.x1) - max(box.x0, other.x0)
        down = min(box.y1, other.y1) - max(box.y0, other.y0)
        assert across < 3 or down < 3


@pytest.mark.parametrize(
    ("f", "arguments", "shown", "named"),
    [
        (lambda x: x - 2, (2.0,), "2 − 2", "− 2"),
        (lambda x: 2 - x, (2.0,), "2 − 2", "2 −"),
        (lambda x: x**2, (2.0,), "2 ^ 2", "^ 2"),
        (lambda x: 2**x, (2.0,), "2 ^ 2", "2 ^"),
        (lambda x: x / 4, (2.0,), "2 ÷ 4", "÷ 4"),
        (lambda x: 4 / x, (2.0,), "4 ÷ 2", "4 ÷"),
        (lambda x, y: x * y, (2.0, -3.0), "2 × (−3)", "×"),
        (lambda x: np.tanh(x), (-0.5,), "tanh(−0.5)", "tanh"),
        (lambda p: p[1], (np.array([1.0, 2.0]),), "(2,)[1]", "[1]"),
    ],
)
def test_names_of_operations(f, arguments, shown, named):
    graph = trace(f, *arguments)
    assert formula(graph, len(graph.nodes) - 1) == shown
    assert name(graph, len(graph.nodes) - 1) == named


def test_arrays():
    W, x = np.arange(6.0).reshape(2, 3), np.ones(3)
    graph = trace(lambda W, x: np.sum(np.tanh(W @ x)), W, x)
    drawing, last = drawn(graph), Pass(graph, 0).last
    drawing.update(graph, last)
    values, adjoints = (texts(column) for column in zip(*drawing.numbers, strict=True))
    assert values[:-1] == adjoints[:-1] == ["(2, 3)", "(3,)", "(2,)", "(2,)"]
    shares = {line: share.get_text() for line, (_, share) in drawing.shares.items()}
    assert (shares[2, 0], shares[2, 1]) == ("(2, 3)", "(3,)")
    assert texts(drawing.product) == ["", "", ""]


def test_a_narrow_figure_has_more_rows():
    graph = trace(lambda w, x, b: np.tanh(w * x + b) ** 2 - 1, 1.5, -0.8, 0.3)
    drawing = drawn(graph)
    for width, rows in ((840, 1), (440, 2), (840, 1)):
        drawing.ax.figure.set_size_inches(width / 100, height(graph))
        drawing.update(graph)
        assert drawing.ax.figure.get_figheight() == height(graph, width)
        assert sum(np.isnan(route).any() for route in drawing.routes.values()) == rows - 1
        apart = np.abs(drawing.places[:, None] - drawing.places)
        assert np.sum((apart > NODE).any(axis=-1)) == len(graph.nodes) * (len(graph.nodes) - 1)
