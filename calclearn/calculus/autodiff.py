"""Exact derivatives of plain NumPy code, by reverse mode.

The one decision: a derivative is carried backwards, from the result to the inputs, so that one walk
gives the slope along every input at once, at a small multiple of the price of the function itself.

The parts, each a page: ``tracing`` (an array with a memory), ``primitives`` (how a function gets
its rule), ``rules``, ``rearranging``, ``linear_algebra`` and ``fused`` (the rules), ``backward``
(the walk), ``graph`` (the trace as a picture), and here the transforms made of them.  A pull-back
is NumPy code too, so a walk under another trace is traced in its turn, and ``grad(grad(f))`` needs
nothing new.

Where a compiled engine wins: each operation costs one or two microseconds here whatever its size.
Once compiled, which takes some tenths of a second, ``jax.jit`` runs a chain of small operations
about four times faster; on layers more than a few hundred wide PyTorch and JAX gain from threads
and from fewer passes over memory.  ``tests/benchmarks/autodiff.py`` prints the figures.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from calclearn.calculus.backward import backward, like, ones, record, separate, start, untraced
from calclearn.calculus.graph import Graph, Node, trace
from calclearn.calculus.primitives import primitive, rule
from calclearn.calculus.tracing import Traced

# fmt: off
__all__ = ["Graph", "Node", "grad", "hessian", "jacobian", "primitive", "rule", "trace",
           "value_and_grad", "vjp"]
# fmt: on


def positions(f: Callable, argnum) -> tuple[int, ...]:
    """Return `argnum` as a tuple, and refuse what no transform can work with."""
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")
    argnums = argnum if isinstance(argnum, tuple) else (argnum,)
    if not argnums or not all(isinstance(k, int) for k in argnums):
        raise TypeError(f"argnum must be an int or a tuple of ints, got {argnum!r}")
    return argnums


def value_and_grad(f: Callable, argnum: int | tuple[int, ...] = 0) -> Callable:
    """Return the function x ↦ (f(x), ∇f(x)), for the price of one walk there and one back.

    Shapes and errors are those of `grad`.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    argnums = positions(f, argnum)

    def value_and_gradient(*arguments, **keywords):
        inputs, result, level = record(f, argnums, arguments, keywords)
        value = untraced(result, level)
        for x in inputs:
            if value.shape and value.shape != x.shape[1:]:
                raise ValueError(
                    f"grad needs one number for each point: for an argument of shape {x.shape} "
                    f"f must return shape {' or '.join(dict.fromkeys(['()', str(x.shape[1:])]))}, "
                    f"got {value.shape}; use jacobian(f) for several results"
                )
        walk = start(result, level, ones(value))
        del result  # the walk frees what it leaves behind, so nothing here may hold on to it
        arrived = backward(*walk)
        gradients = [
            like(arguments[k], x.value, arrived.get(x.number))
            for k, x in zip(argnums, inputs, strict=True)
        ]
        if type(arguments[argnums[0]]) in (int, float) and type(value) is not Traced:
            value = float(value) if value.shape == () else value
        return value, separate(gradients) if isinstance(argnum, tuple) else gradients[0]

    return value_and_gradient


def grad(f: Callable, argnum: int | tuple[int, ...] = 0) -> Callable:
    """Return the gradient of f, exact to rounding:  ∇f = (∂f/∂x₁, ..., ∂f/∂x_d).

    For a point of shape (d,), f returns one number and its gradient has shape (d,).  For many
    points (d, ...), f returns (...), and each point gets its own gradient, shape (d, ...).  A tuple
    in `argnum` asks for the gradients of several arguments.  A Python number gives a Python number
    and float32 stays float32.

    Raises ValueError where f returns another shape, TypeError for complex numbers, for a function
    without a rule, and for a conversion that would lose the trace.

    >>> grad(np.sin)(0.0)
    1.0
    >>> def bowl(p):
    ...     x, y = p
    ...     return x**2 + 3 * y**2
    >>> grad(bowl)(np.array([1.0, 2.0]))
    array([ 2., 12.])
    >>> grad(grad(np.sin))(np.pi / 2)
    -1.0
    """
    value_and_gradient = value_and_grad(f, argnum)
    return lambda *arguments, **keywords: value_and_gradient(*arguments, **keywords)[1]


def vjp(f: Callable, *arguments) -> tuple[Any, Callable]:
    """Return f(x) and its pull-back g ↦ gᵀ J, a tuple with one cotangent for each argument.

    The pull-back may be used again and again.  It raises ValueError unless g has f(x)'s shape.

    >>> value, pull = vjp(lambda x: x**2, np.array([1.0, 2.0, 3.0]))
    >>> pull(np.array([1.0, 0.0, 10.0]))
    (array([ 2.,  0., 60.]),)
    """
    positions(f, 0)
    inputs, result, level = record(f, range(len(arguments)), arguments, {})
    value = untraced(result, level)

    def pull(g):
        g = cotangent(g, value)
        if g.shape != value.shape:
            raise ValueError(f"g must have shape {value.shape}, like the result, got {g.shape}")
        arrived = backward(*start(result, level, g))
        cotangents = [
            like(argument, x.value, arrived.get(x.number))
            for argument, x in zip(arguments, inputs, strict=True)
        ]
        return separate(cotangents, g)

    return value, pull


def cotangent(g, value):
    """Return g as numbers of the result's kind."""
    if type(g) is Traced:
        return g
    try:
        numbers = np.asarray(g)
    except ValueError:  # lists of different lengths
        numbers = np.array(None)
    if numbers.dtype.kind not in "fiub":
        raise TypeError(f"g must be a real number or an array of them, got {g!r:.60}")
    return numbers.astype(value.dtype, copy=False)[()]


def jacobian(f: Callable, argnum: int = 0) -> Callable:
    """Return the matrix of slopes  Jᵢⱼ = ∂fᵢ/∂xⱼ,  one walk back for each fᵢ.

    f: (d,) to (m,) gives (m, d); many points f: (d, ...) to (m, ...) give (m, d, ...).
    Raises ValueError where the results do not end in the shape of the batch.

    >>> jacobian(lambda x: np.stack([x[0] * x[1], x[0] ** 2]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [4., 0.]])
    """
    positions(f, argnum)
    if isinstance(argnum, tuple):
        raise TypeError(f"argnum must be an int, got {argnum!r}")

    def slopes(*arguments, **keywords):
        (x,), result, level = record(f, (argnum,), arguments, keywords)
        value = untraced(result, level)
        batch = x.shape[1:]
        rows = value.shape[: max(0, len(value.shape) - len(batch))]
        if value.shape and value.shape != rows + batch:
            raise ValueError(
                f"jacobian needs each result for each point: for an argument of shape {x.shape} "
                f"f must return shape (m, {str(batch)[1:-1]}), got {value.shape}"
            )
        walks = []
        for row in np.ndindex(rows):
            g = np.zeros(value.shape, value.dtype)
            g[row] = 1
            arrived = backward(*start(result, level, g[()]))
            walks.append(like(arguments[argnum], x.value, arrived.get(x.number)))
        if not rows:
            return walks[0]
        return np.reshape(np.stack(walks or [np.zeros(0)]), rows + x.shape)

    return slopes


def hessian(f: Callable, argnum: int = 0) -> Callable:
    """Return the matrix of second derivatives  Hᵢⱼ = ∂²f / ∂xᵢ∂xⱼ,  the Jacobian of the gradient.

    f: (d,) to () gives (d, d); many points f: (d, ...) to (...) give (d, d, ...).  The gradient
    is traced once and walked back d times.  Raises ValueError for other shapes.

    >>> hessian(lambda p: p[0] ** 2 * p[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    gradient_of = value_and_grad(f, argnum)

    def gradient(*arguments, **keywords):
        value, slopes = gradient_of(*arguments, **keywords)
        if np.shape(value) != slopes.shape[1:]:
            raise ValueError(
                f"hessian needs one number for each point: for an argument of shape {slopes.shape} "
                f"f must return shape {slopes.shape[1:]}, got {np.shape(value)}"
            )
        return slopes

    return jacobian(gradient, argnum)
