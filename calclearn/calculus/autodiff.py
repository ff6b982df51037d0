"""Exact derivatives of plain NumPy code, by reverse mode.

`record` runs f on traced arrays, which leaves its graph (see `tracing`).  `walk` goes through it
from the result to the inputs.  The adjoint of a value v is v̅ = ∂L/∂v, the sum of what its children
send; once all of them have sent theirs, v applies its rule and sends its parents their shares:

    y = f(a, b):     a̅ += pull-back_a(y̅)     b̅ += pull-back_b(y̅)

A child is younger than its parents.  So the youngest value left has heard from all of its children,
and a heap by order of birth does the walk for any graph, without recursion.  A pull-back is NumPy
code, so a walk under another trace is traced in its turn, and `grad(grad(f))` needs nothing new.

Source: A. Griewank and A. Walther, Evaluating Derivatives, 2nd ed. (2008), chapter 3.
"""

import itertools
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

import numpy as np

# Importing the rules fills the table of them.
from calclearn.calculus import curves, products, reductions, structures  # noqa: F401
from calclearn.calculus.arrays import assembled
from calclearn.calculus.cures import cured
from calclearn.calculus.methods import running
from calclearn.calculus.rules import unbroadcast
from calclearn.calculus.sides import from_both_sides
from calclearn.calculus.strong import has_nan
from calclearn.calculus.structures import each_leaf, is_leaf, like, ones, real, restored
from calclearn.calculus.tracing import STRONG, Traced, plain, primitive, rule

# fmt: off
__all__ = ["Graph", "Node", "grad", "hessian", "jacobian", "primitive", "rule", "trace",  # noqa: F822
           "value_and_grad", "vjp"]
# fmt: on

levels = itertools.count()


def record(f: Callable, argnums, arguments, keywords) -> tuple[list[Traced], Traced]:
    """Run f with the arguments at positions `argnums` traced; return these, and its result."""
    level, inputs, traced = next(levels), [], list(arguments)

    def leaf(name, x):
        inputs.append(Traced(real(name, x), level))
        return inputs[-1]

    if not arguments:
        came = f"{', '.join(keywords)} by name" if keywords else "none"
        raise TypeError(f"the function that is differentiated needs an argument, got {came}")
    for k in argnums:
        if not 0 <= k < len(arguments):
            raise ValueError(f"argnum must lie in 0 to {len(arguments) - 1}, got {k}")
        traced[k] = each_leaf(leaf, f"argument {k}", arguments[k])
    running.add(level)
    try:
        result = f(*traced, **keywords)
    except (AttributeError, TypeError, ValueError) as error:
        if cured(error) is error:
            raise
        raise cured(error) from None
    finally:
        running.discard(level)
    if type(result) is not Traced or result.dtype.kind != "f":
        result = structures.real_result(result)
    if type(result) is not Traced or result.level != level:  # it does not depend on the inputs
        result = Traced(result, level)
    return inputs, result


@np.errstate(all="ignore")  # what is infinite or no number shows in the gradient
def walk(result: Traced, g, visit=None) -> dict[int, Any]:
    """Carry the adjoint g of the result back; return those of the inputs, by order of birth."""
    waiting, adjoints, arrived = [result.born], {result.born: (result, g)}, {}
    while waiting:
        born = heappop(waiting)
        node, g = adjoints.pop(born)
        rule, y = node.rule, node.value
        if type(g) is list:
            g = assembled(g, y)
        if visit:
            visit(node, g)
        if rule is None:
            arrived[born] = g
            continue
        values, keywords, shares = node.values, node.keywords, None
        if rule.together:
            needed = [a is not values[k] for k, a in enumerate(node.arguments)]
            shares = rule.together(needed, g, y, *values, **keywords or {})
        for k, parent in enumerate(node.arguments):
            value = values[k]
            if parent is value:  # a constant
                continue
            if shares:
                share = shares[k]
            elif keywords:
                share = rule.pullbacks[k](g, y, *values, **keywords)
            else:
                share = rule.pullbacks[k](g, y, *values)
                if rule.broadcasts and share.shape != value.shape:
                    share = unbroadcast(share, value.shape)
            born = parent.born
            if born in adjoints:
                share = total(adjoints[born][1], share)
            else:
                heappush(waiting, born)
            adjoints[born] = parent, share
    return arrived


def total(earlier, share):
    """Add two shares of an adjoint, never in place: another node may hold the same array.

    A share that is a list of pieces (see `arrays`) waits until all have come; it has one owner.
    """
    if type(earlier) is list:
        earlier += share if type(share) is list else [(..., share)]
        return earlier
    return [*share, (..., earlier)] if type(share) is list else earlier + share


def adjoints(result: Traced, g, visit=None) -> dict[int, Any]:
    """What `walk` returns, if need be of a walk with strong zeros.

    Where NaN comes out although f is finite, the walk is done once more with 0 · NaN = 0 and
    0 · ∞ = 0, so that the branch that a `where` did not choose does not count.
    """
    arrived = walk(result, g, visit)
    if any(map(has_nan, arrived.values())) and np.isfinite(plain(result.value)).all():
        again = walk(result, Traced(g, STRONG), visit).items()
        again = {k: v.value if getattr(v, "level", None) == STRONG else v for k, v in again}
        arrived = arrived if any(map(has_nan, again.values())) else again
    return arrived


def cotangents(inputs, result, g) -> list:
    """The cotangents of the inputs, gᵀ ∂f/∂x."""
    arrived = adjoints(result, g)
    return [like(x.value, arrived.get(x.born)) for x in inputs]


# The transforms
def value_and_grad(f: Callable, argnum: int | tuple[int, ...] = 0) -> Callable:
    """Return the function x ↦ (f(x), ∇f(x)), for the price of one walk there and one back.

    Shapes, structures and errors are those of `grad`.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    argnums = structures.argument_numbers(f, argnum)

    def value_and_gradient(*arguments, **keywords):
        def slopes_at(*arguments):
            inputs, result = record(f, argnums, arguments, keywords)
            if result.shape != ():
                result = structures.one_number_per_point(arguments, argnums, inputs, result)
            return result.value, cotangents(inputs, result, ones(result.value))

        value, slopes = from_both_sides(slopes_at, arguments, argnums)
        chosen = [arguments[k] for k in argnums]
        gradients = restored(chosen, slopes)
        if type(chosen[0]) in (int, float) and isinstance(value, np.floating):
            value = float(value)
        return value, tuple(gradients) if isinstance(argnum, (tuple, list)) else gradients[0]

    return value_and_gradient


def grad(f: Callable, argnum: int | tuple[int, ...] = 0) -> Callable:
    """Return the gradient of f, exact to rounding:  ∇f = (∂f/∂x₁, ..., ∂f/∂x_d).

    For a point of shape (d,), f returns one number and its gradient has shape (d,).  For many
    points (d, ...), f returns (...), and each point gets its own gradient, shape (d, ...); f must
    treat each point by itself, because what comes back is the gradient of the sum of its results.
    An argument may be a dict, list or tuple of arrays, nested: the gradient has the same structure,
    and None stays None.  A list of numbers is a point.  A tuple in `argnum` asks for the gradients
    of several arguments.  Python numbers give Python numbers, and float32 stays float32.

    At a kink, as of |x| at 0, the slope is what a central difference gives, the mean of those at
    both sides; numbers that tie in a maximum, a sort or a quantile share theirs equally.  A second
    derivative is the mean of both sides, too, for which f is called beside the kink, and nan where
    there is none, as where the first one jumps.  A gradient with NaN where f is finite is computed
    again with 0 · NaN = 0 and 0 · ∞ = 0 on the way back, so the branch that np.where leaves out
    cannot spoil it.  The trace holds the arrays that f uses, no copies: f must not change them in
    place, and `a += b` is `a = a + b`.

    Raises ValueError where f returns another shape, TypeError for complex numbers, for a function
    without a rule, and for a conversion that would lose the trace.

    >>> grad(np.sin)(0.0)
    1.0
    >>> def bowl(p):
    ...     x, y = p
    ...     return x**2 + 3 * y**2
    >>> grad(bowl)(np.array([1.0, 2.0]))
    array([ 2., 12.])
    >>> grad(lambda line: line["slope"] * 3 + line["height"])({"slope": 2.0, "height": 1.0})
    {'slope': 3.0, 'height': 1.0}
    >>> grad(grad(np.sin))(np.pi / 2)
    -1.0
    """
    value_and_gradient = value_and_grad(f, argnum)
    return lambda *arguments, **keywords: value_and_gradient(*arguments, **keywords)[1]


def vjp(f: Callable, *arguments) -> tuple[Any, Callable]:
    """Return f(x) and its pull-back g ↦ gᵀ J, a tuple with one cotangent for each argument.

    The pull-back may be used again and again: it holds copies of the arguments and of f(x), which
    may be changed.  It raises ValueError unless g has f(x)'s shape.

    >>> value, pull = vjp(lambda x: x**2, np.array([1.0, 2.0, 3.0]))
    >>> pull(np.array([1.0, 0.0, 10.0]))
    (array([ 2.,  0., 60.]),)
    """
    structures.argument_numbers(f, 0)
    arguments = [each_leaf(structures.copied, "", argument) for argument in arguments]
    inputs, result = record(f, range(len(arguments)), arguments, {})
    value = result.value

    def pull(g):
        g = real("g", g, "fiub")
        if g.shape != value.shape:
            raise ValueError(f"g must have shape {value.shape}, like the result, got {g.shape}")
        return tuple(restored(arguments, cotangents(inputs, result, like(value, g))))

    return structures.copied("", value), pull


def jacobian(f: Callable, argnum: int = 0) -> Callable:
    """Return the matrix of slopes  Jᵢⱼ = ∂fᵢ/∂xⱼ,  one walk back for each fᵢ.

    f: (d,) to (m,) gives (m, d); many points f: (d, ...) to (m, ...) give (m, d, ...).  Where the
    argument is a dict, list or tuple of arrays, each array of shape s gets a Jacobian of shape
    (m, *s).  Raises ValueError where the results do not end in the shape of the batch.

    >>> jacobian(lambda x: np.stack([x[0] * x[1], x[0] ** 2]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [4., 0.]])
    """
    structures.argument_numbers(f, argnum)
    if isinstance(argnum, (tuple, list)):
        raise TypeError(f"argnum must be an int, got {argnum!r}")

    def jacobian_at(*arguments, **keywords):
        def slopes_at(*arguments):
            inputs, result = record(f, (argnum,), arguments, keywords)
            result, rows = structures.results_per_point(arguments[argnum], inputs, result)
            value, walks = result.value, []
            for row in np.ndindex(rows):
                g = np.zeros(value.shape, value.dtype)
                g[row] = 1
                walks.append(cotangents(inputs, result, g[()]))
            return value, structures.joined(rows, inputs, walks)

        _, slopes = from_both_sides(slopes_at, arguments, (argnum,))
        return restored([arguments[argnum]], slopes)[0]

    return jacobian_at


def hessian(f: Callable, argnum: int = 0) -> Callable:
    """Return the matrix of second derivatives  Hᵢⱼ = ∂²f / ∂xᵢ∂xⱼ,  the Jacobian of the gradient.

    f: (d,) to () gives (d, d); many points f: (d, ...) to (...) give (d, d, ...).  The gradient
    is traced once and walked back d times.  Raises ValueError for other shapes, and TypeError where
    the argument is a dict or a list of arrays.

    >>> hessian(lambda p: p[0] ** 2 * p[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    gradient_of = value_and_grad(f, argnum)

    def gradient(*arguments, **keywords):
        value, slopes = gradient_of(*arguments, **keywords)
        if not is_leaf(slopes):
            raise TypeError(
                f"hessian needs one array, got a {type(slopes).__name__} as argument {argnum}: "
                f"join its parts with np.concatenate"
            )
        if np.shape(value) != slopes.shape[1:]:
            raise ValueError(
                f"hessian needs one number for each point: for an argument of shape {slopes.shape} "
                f"f must return shape {slopes.shape[1:]}, got {np.shape(value)}"
            )
        return slopes

    return jacobian(gradient, argnum)


def __getattr__(name):
    """Graph, Node and trace, whose module is made of the walk above."""
    if name in ("Graph", "Node", "trace"):
        from calclearn.calculus import graph

        return getattr(graph, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
