"""The graph for pictures."""

import numpy as np
import pytest

from calclearn.calculus.autodiff import trace


def test_the_graph_shows_the_chain_rule_on_every_edge():
    graph = trace(lambda w, x: np.tanh(w * x + 1.0) ** 2, 0.5, 2.0)
    assert " ".join(node.operation for node in graph.nodes) == "w x multiply add tanh power"
    assert [node.parents for node in graph.nodes] == [(), (), (0, 1), (2,), (3,), (4,)]
    assert [node.constants for node in graph.nodes] == [(), (), (), (1.0,), (), (2,)]
    assert graph.result.value == np.tanh(2.0) ** 2
    for k, node in enumerate(graph.nodes[:-1]):
        arriving = [
            child.adjoint * slope
            for child in graph.nodes
            for parent, slope in zip(child.parents, child.local, strict=True)
            if parent == k
        ]
        np.testing.assert_allclose(node.adjoint, sum(arriving))


def test_the_graph_of_arrays_and_unused_inputs():
    def f(p, unused):
        x, y = p
        return np.sum(np.linalg.eigh(np.diag(np.stack([x, y]))).eigenvalues) + x * y

    graph = trace(f, np.array([1.0, 2.0]), 3.0)
    p, unused = graph.nodes[0], graph.nodes[1]
    assert (p.operation, unused.operation) == ("p", "unused")
    np.testing.assert_allclose(p.adjoint, [3, 2])
    assert unused.adjoint == 0
    assert all(parent < k for k, node in enumerate(graph.nodes) for parent in node.parents)


class Bowl:
    def height(self, x):
        return x**2


@pytest.mark.parametrize(
    ("f", "x", "names", "slope"),
    [
        (lambda x: 3.0, 1.0, ["x", "constant"], 0),
        (lambda x: np.where(x > 0, np.sqrt(x), x), 0.0, ["x", "sqrt", "where"], 1),
        (Bowl().height, 1.0, ["x", "power"], 2),
        (np.sin, 0.0, ["constant", "sin"], 1),  # whose arguments have no names
    ],
)
def test_the_names_of_nodes_and_the_slope_of_the_input(f, x, names, slope):
    graph = trace(f, x)
    assert [node.operation for node in graph.nodes] == names
    assert (graph.nodes[0].adjoint, graph.result.value) == (slope, f(x))
