"""The graph for pictures."""

import numpy as np

from calclearn.calculus.autodiff import grad, trace


def test_the_graph_shows_the_chain_rule_on_every_edge():
    graph = trace(lambda w, x: np.tanh(w * x + 1.0) ** 2, 0.5, 2.0)
    names = [node.operation for node in graph.nodes]
    assert names == ["w", "x", "multiply", "add", "tanh", "power"]
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
    np.testing.assert_allclose(
        [graph.nodes[0].adjoint, graph.nodes[1].adjoint],
        grad(lambda w, x: np.tanh(w * x + 1.0) ** 2, (0, 1))(0.5, 2.0),
    )


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


def test_the_graph_of_a_constant():
    graph = trace(lambda x: 3.0, 1.0)
    assert [node.operation for node in graph.nodes] == ["x", "constant"]
    assert (graph.result.value, graph.nodes[0].adjoint) == (3, 0)


def test_the_graph_of_a_branch_that_is_left_out():
    graph = trace(lambda x: np.where(x > 0, np.sqrt(x), x), 0.0)
    assert graph.nodes[0].adjoint == 1


def test_the_inputs_of_a_method_bear_the_names_of_its_arguments():
    class Bowl:
        def height(self, x):
            return x**2

    assert [node.operation for node in trace(Bowl().height, 1.0).nodes] == ["x", "power"]
