"""The computation graph of a function, as numbers that a picture can show.

It is read off the trace and the walk that compute the gradient, so that the picture cannot disagree
with the derivative.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from calclearn.calculus import autodiff
from calclearn.calculus.structures import function, ones
from calclearn.calculus.tracing import Traced, plain


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
    function("f", f)
    inputs, result = autodiff.record(f, range(len(arguments)), arguments, {})
    visited = {x.born: (x, np.zeros(x.shape, x.dtype)[()]) for x in inputs}
    autodiff.adjoints(result, ones(result.value), lambda v, g: visited.update({v.born: (v, g)}))

    oldest_first = sorted(visited, reverse=True)
    place = {born: k for k, born in enumerate(oldest_first)}
    names = dict(zip([x.born for x in inputs], argument_names(f), strict=False))
    nodes = []
    for born in oldest_first:
        v, g = visited[born]
        nodes.append(
            Node(
                operation=v.rule.name if v.rule else names.get(born, "constant"),
                value=plain(v.value),
                parents=tuple([place[a.born] for a in v.arguments if is_parent(a, v)]),
                local=local_derivatives(v),
                adjoint=plain(g),
                constants=tuple([plain(a) for a in v.arguments if not is_parent(a, v)]),
            )
        )
    return Graph(tuple(nodes))


def is_parent(a, v: Traced) -> bool:
    return type(a) is Traced and a.level == v.level


def local_derivatives(v: Traced) -> tuple[Any, ...]:
    """What a walk over this operation alone brings to each parent, from a cotangent of ones."""
    if v.rule is None:
        return ()
    inputs = [Traced(a.value, a.level) for a in v.arguments if is_parent(a, v)]
    fresh = iter(inputs)
    arguments = [next(fresh) if is_parent(a, v) else a for a in v.arguments]
    several = isinstance(v.value, tuple)
    g = [(k, ones(y)) for k, y in enumerate(v.value)] if several else ones(v.value)
    arrived = autodiff.walk(Traced(v.value, v.level, v.rule, arguments, v.values, v.keywords), g)
    return tuple([plain(arrived[x.born]) for x in inputs])


def argument_names(f: Callable) -> tuple[str, ...]:
    """The names of f's arguments in order, without the `self` of a method."""
    code = getattr(f, "__code__", None)  # NumPy's own functions have none
    names = code.co_varnames[: code.co_argcount] if code else ()
    return names[1:] if inspect.ismethod(f) else names
