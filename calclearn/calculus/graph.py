"""The computation graph of a function, as numbers that a picture can show.

The one decision: the graph is read off the same trace and the same walk that compute the gradient,
so the picture cannot disagree with the derivative.
"""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from calclearn.calculus.backward import backward, ones, record, start, untraced
from calclearn.calculus.tracing import NO_KEYWORDS, Traced, plain


class Node(NamedTuple):
    """One value of a traced function: how it came about, and what it means for the result.

    `local` has ∂(this)/∂(parent) for each parent; of an array, the part of a cotangent of ones that
    goes to the parent.  `adjoint` is ∂(result)/∂(this).  `constants` are the untraced arguments.
    """

    operation: str
    value: Any
    parents: tuple[int, ...]
    local: tuple[Any, ...]
    adjoint: Any
    constants: tuple[Any, ...]


class Graph(NamedTuple):
    """The nodes of a traced function, parents before children, the result last."""

    nodes: tuple[Node, ...]

    @property
    def result(self) -> Node:
        return self.nodes[-1]


def trace(f: Callable, *arguments) -> Graph:
    """Return the computation graph of f at these arguments, for pictures and for reading.

    Along each edge the chain rule holds: upstream × local = downstream, and the adjoint of a node
    is the sum of what comes down from its children.  Inputs bear the names of f's arguments.

    >>> graph = trace(lambda x, y: x * y + y, 2.0, 3.0)
    >>> for node in graph.nodes:
    ...     print(node.operation, float(node.value), node.parents, float(node.adjoint))
    x 2.0 () 3.0
    y 3.0 () 3.0
    multiply 6.0 (0, 1) 1.0
    add 9.0 (2, 1) 1.0
    """
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")
    inputs, result, level = record(f, range(len(arguments)), arguments, {})
    visited = {x.number: (x, np.zeros(x.shape, x.dtype)[()]) for x in inputs}

    def visit(node, g):
        visited[node.number] = node, g

    g = ones(untraced(result, level))
    backward(*start(result, level, g), visit)
    oldest_first = sorted(visited, reverse=True)
    place = {number: k for k, number in enumerate(oldest_first)}
    names = dict(zip([x.number for x in inputs], argument_names(f), strict=False))
    nodes = [
        Node(
            operation=node.rule.name if node.rule else names.get(number, "input"),
            value=plain(node.value),
            parents=tuple(place[p.number] for p in node.parents if p is not None),
            local=local_derivatives(node),
            adjoint=plain(adjoint),
            constants=constants(node),
        )
        for number in oldest_first
        for node, adjoint in [visited[number]]
    ]
    if untraced(result, level) is result:  # it does not depend on the inputs at all
        nodes.append(Node("constant", plain(result), (), (), plain(g), ()))
    return Graph(tuple(nodes))


def argument_names(f: Callable) -> tuple[str, ...]:
    code = getattr(f, "__code__", None)
    return code.co_varnames[: code.co_argcount] if code else ()


def constants(node: Traced) -> tuple[Any, ...]:
    parents = itertools.chain(node.parents, itertools.repeat(None))
    pairs = zip(node.arguments, parents, strict=False)
    return tuple(plain(argument) for argument, parent in pairs if parent is None)


def local_derivatives(node: Traced) -> tuple[Any, ...]:
    """Walk back over this node alone, with inputs in the place of its parents."""
    parents = [
        None if p is None else Traced(p.value, node.level, None, (), NO_KEYWORDS, ())
        for p in node.parents
    ]
    alone = Traced(node.value, node.level, node.rule, node.arguments, node.keywords, parents)
    if isinstance(node.value, tuple):
        g = [(k, ones(y)) for k, y in enumerate(node.value)]
    else:
        g = ones(node.value)
    arrived = backward([(alone.number, alone)], {alone.number: g})
    return tuple(plain(arrived[p.number]) for p in parents if p is not None)
