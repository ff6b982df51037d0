"""Exact derivatives of plain NumPy code, by reverse mode.

`record` runs f on traced arrays, which leaves its graph (see `tracing`).  `walk` goes through it
from the result to the inputs.  The adjoint of a value v is v̅ = ∂L/∂v, the sum of what its children
send; once all of them have sent theirs, v applies its rule and sends its parents their shares:

    y = f(a, b):     a̅ += pull-back_a(y̅)     b̅ += pull-back_b(y̅)

A child is younger than its parents.  So the youngest value left has heard from all of its children,
and a heap by order of birth does the walk for any graph, without recursion.  The transforms `grad`,
`vjp`, `jacobian` and `hessian` are made of these two.  A pull-back is NumPy code, so a walk under
another trace is traced in its turn, and `grad(grad(f))` needs nothing new.

Source: A. Griewank and A. Walther, Evaluating Derivatives, 2nd ed. (2008), chapter 3.
"""

import itertools
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np

# Importing the rules fills the table of them.
from calclearn.calculus import curves, linear_algebra, statistics, strong, ufuncs  # noqa: F401
from calclearn.calculus.arrays import assembled
from calclearn.calculus.rules import unbroadcast
from calclearn.calculus.structures import each_leaf, is_leaf
from calclearn.calculus.tracing import (
    STRONG,
    LostTraceError,
    Traced,
    operand,
    plain,
    primitive,
    rule,
    running,
)

# fmt: off
__all__ = ["Graph", "Node", "grad", "hessian", "jacobian", "primitive", "rule", "trace",  # noqa: F822
           "value_and_grad", "vjp"]
# fmt: on

levels = itertools.count()


class Recording(NamedTuple):
    """What f computed from traced arguments: `inputs` are their leaves, in order."""

    arguments: list
    inputs: list[Traced]
    result: Any
    value: Any


def record(f: Callable, argnums, arguments, keywords) -> Recording:
    """Run f with the arguments at positions `argnums` traced."""
    level, inputs, traced = next(levels), [], list(arguments)

    def leaf(name, x):
        inputs.append(Traced(real(name, x), level))
        return inputs[-1]

    if not arguments:
        raise TypeError("the function that is differentiated needs an argument, got none")
    for k in argnums:
        if not 0 <= k < len(arguments):
            raise ValueError(f"argnum must lie in 0 to {len(arguments) - 1}, got {k}")
        traced[k] = each_leaf(leaf, f"argument {k}", arguments[k])
    running.add(level)
    try:
        result = real_result(f(*traced, **keywords))
    except ValueError as error:
        if isinstance(error.__cause__, LostTraceError):  # NumPy hides it when a[0] = x fails
            raise error.__cause__ from None
        raise
    finally:
        running.discard(level)
    depends = type(result) is Traced and result.level == level
    value = result.value if depends else result
    return Recording([arguments[k] for k in argnums], inputs, result, value)


def walk(result, value, g, visit=None) -> dict[int, Any]:
    """Carry the adjoint g of the result back; return those of the inputs, by order of birth."""
    if result is value:  # it does not depend on the inputs at all
        return {}
    waiting, adjoints, arrived = [(result.born, result)], {result.born: g}, {}
    with np.errstate(all="ignore"):  # what is infinite or no number shows in the gradient
        while waiting:
            born, node = heappop(waiting)
            g = adjoints.pop(born)
            if type(g) is list:
                g = assembled(g, node.value)
            if visit:
                visit(node, g)
            if node.rule is None:
                arrived[born] = g
                continue
            for parent, share in shares(node, g):
                born = parent.born
                if born in adjoints:
                    adjoints[born] = total(adjoints[born], share)
                else:
                    adjoints[born] = share
                    heappush(waiting, (born, parent))
    return arrived


def shares(node: Traced, g) -> list[tuple[Traced, Any]]:
    """What each parent gets of the adjoint g of a node:  [(parent, g · ∂node/∂parent), ...]."""
    rule, level, arguments, keywords = node.rule, node.level, node.arguments, node.keywords
    values = []
    for a in arguments:
        values.append(a.value if type(a) is Traced and a.level == level else a)
    sent = []
    if rule.together:
        needed = [a is not values[k] for k, a in enumerate(arguments)]
        cotangents = rule.together(needed, g, node.value, *values, **keywords or {})
        return [(a, cotangents[k]) for k, a in enumerate(arguments) if needed[k]]
    for k, parent in enumerate(arguments):
        if parent is values[k]:  # a constant
            continue
        if keywords:
            share = rule.pullbacks[k](g, node.value, *values, **keywords)
        else:
            share = rule.pullbacks[k](g, node.value, *values)
        if rule.broadcasts and share.shape != parent.value.shape:
            share = unbroadcast(share, parent.value.shape)
        sent.append((parent, share))
    return sent


def total(earlier, share):
    """Add two shares of an adjoint, never in place: another node may hold the same array.

    A share that is a list of pieces (see `arrays`) waits until all have come; it has one owner.
    """
    if type(earlier) is list:
        earlier += share if type(share) is list else [(..., share)]
        return earlier
    return [*share, (..., earlier)] if type(share) is list else earlier + share


def cotangents(recording: Recording, g) -> list:
    """The cotangents of the inputs, gᵀ ∂f/∂x.

    Where NaN comes out although f has a value, the walk is done once more with strong zeros:
    0 · NaN = 0 and 0 · ∞ = 0, so that the branch that a `where` did not choose does not count.
    """
    _, inputs, result, value = recording
    arrived = walk(result, value, g)
    if any(map(has_nan, arrived.values())) and not has_nan(value):
        strong = walk(result, value, Traced(g, STRONG))
        strong = {
            born: share.value if type(share) is Traced and share.level == STRONG else share
            for born, share in strong.items()
        }
        if not any(map(has_nan, strong.values())):
            arrived = strong
    return [like(x.value, arrived.get(x.born)) for x in inputs]


def has_nan(x) -> bool:
    x = plain(x)
    if x.ndim == 0:
        return bool(x != x)
    total = np.add.reduce(x, axis=None)  # NaN if one of the numbers is
    return bool(total != total and np.isnan(x).any())


def like(value, g):
    """A cotangent of `value` in its shape and dtype, that shares no memory with any other."""
    if g is None:
        g = np.zeros(value.shape, value.dtype)
    if g.shape != value.shape:
        raise ValueError(
            f"a rule returned a cotangent of shape {g.shape} for a value of shape {value.shape}"
        )
    if g.dtype.kind == "c":
        raise TypeError(f"the gradient is {g.dtype}: complex numbers are out of scope")
    if type(g) is Traced:
        return g if g.dtype == value.dtype else g.astype(value.dtype)
    return np.array(g, value.dtype) if g.shape else value.dtype.type(g)


def restored(recording: Recording, slopes) -> list:
    """One entry for each input, put together in the structures of the arguments."""
    slopes = iter(slopes)

    def leaf(name, x):
        slope = next(slopes)
        number = type(x) in (int, float) and isinstance(slope, np.floating)
        return float(slope) if number else slope

    return [each_leaf(leaf, "", argument) for argument in recording.arguments]


def real(name: str, x):
    """Return what was given under this name as floating-point numbers."""
    if type(x) in (float, int):
        return np.float64(x)
    try:
        x = operand(x)
        numbers = x if isinstance(x, (Traced, np.floating)) else np.asarray(x)
    except ValueError:  # lists of different lengths
        numbers = np.array(None)
    if numbers.dtype.kind in "iu":
        return numbers.astype(np.float64)
    if numbers.dtype.kind != "f":
        raise not_real(f"{name} must be a real number or an array of them", x, numbers)
    return numbers


def real_result(result):
    """Return what f returned as an array, a NumPy number or a traced array."""
    if isinstance(result, (list, tuple)):
        raise TypeError(
            f"f must return one number or array, got a {type(result).__name__}: "
            f"join its parts with np.stack or np.concatenate"
        )
    result = operand(result)
    numbers = result if type(result) is Traced else np.asarray(result)
    if numbers.dtype.kind not in "fiub":
        raise not_real("f must return real numbers", result, numbers)
    return numbers if type(numbers) is Traced else numbers[()]


def not_real(sentence, x, numbers):
    came = numbers.dtype if numbers.dtype.kind in "bc" else type(x).__name__
    scope = ": complex numbers are out of scope" if numbers.dtype.kind == "c" else ""
    return TypeError(f"{sentence}, got {came}{scope}")


def positions(f: Callable, argnum) -> tuple[int, ...]:
    """Return `argnum` as a tuple, and refuse what no transform can work with."""
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")
    argnums = argnum if isinstance(argnum, tuple) else (argnum,)
    if not argnums or not all(isinstance(k, int) for k in argnums):
        raise TypeError(f"argnum must be an int or a tuple of ints, got {argnum!r}")
    if len(set(argnums)) < len(argnums):
        raise ValueError(f"argnum must name each argument once, got {argnum!r}")
    return argnums


def ones(value):
    return value.dtype.type(1) if value.shape == () else np.ones(value.shape, value.dtype)


# The transforms
def value_and_grad(f: Callable, argnum: int | tuple[int, ...] = 0) -> Callable:
    """Return the function x ↦ (f(x), ∇f(x)), for the price of one walk there and one back.

    Shapes, structures and errors are those of `grad`.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    argnums = positions(f, argnum)

    def value_and_gradient(*arguments, **keywords):
        recording = one_number_per_point(record(f, argnums, arguments, keywords))
        value = recording.value
        gradients = restored(recording, cotangents(recording, ones(value)))
        if type(arguments[argnums[0]]) in (int, float) and type(value) is not Traced:
            value = float(value) if value.shape == () else value
        return value, tuple(gradients) if isinstance(argnum, tuple) else gradients[0]

    return value_and_gradient


def one_number_per_point(recording: Recording) -> Recording:
    """Refuse other results, but take an array of size one for its number."""
    arguments, inputs, _, value = recording
    if value.shape == ():
        return recording
    nested = not all(map(is_leaf, arguments))
    wrong = [x for x in inputs if value.shape not in (x.shape[1:], x.shape if nested else None)]
    if not wrong:
        return recording
    if value.size == 1:
        return as_number(recording)
    shape = wrong[0].shape
    raise ValueError(
        f"grad needs one number for each point: for an argument of shape {shape} "
        f"f must return shape {' or '.join(dict.fromkeys(['()', str(shape[1:])]))}, "
        f"got {value.shape}; use jacobian(f) for several results"
    )


def as_number(recording: Recording) -> Recording:
    """Take a result of shape (1, 1) and the like for the one number in it."""
    one = np.reshape(recording.result, ())
    value = one if recording.result is recording.value else one.value
    return recording._replace(result=one, value=value)


def grad(f: Callable, argnum: int | tuple[int, ...] = 0) -> Callable:
    """Return the gradient of f, exact to rounding:  ∇f = (∂f/∂x₁, ..., ∂f/∂x_d).

    For a point of shape (d,), f returns one number and its gradient has shape (d,).  For many
    points (d, ...), f returns (...), and each point gets its own gradient, shape (d, ...); f must
    treat each point by itself, because what comes back is the gradient of the sum of its results.
    An argument may be a dict, list or tuple of arrays, nested: the gradient has the same structure,
    and None stays None.  A list of numbers is a point.  A tuple in `argnum` asks for the gradients
    of several arguments.  A Python number gives a Python number, whole numbers become float64, and
    float32 stays float32.

    At a kink, as of |x| at 0, the slope is what a central difference gives, the mean of those at
    both sides.  Second derivatives of |x|, norms and standard deviations are nan there.  A gradient
    with NaN where f has a value is computed again with 0 · NaN = 0 and 0 · ∞ = 0 on the way back,
    so the branch that np.where leaves out cannot spoil it.  Arrays that f uses must not be changed
    in place before the gradient has come back: the trace holds them, not copies.

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
    positions(f, 0)
    arguments = [each_leaf(copied, "", argument) for argument in arguments]
    recording = record(f, range(len(arguments)), arguments, {})
    value = recording.value

    def pull(g):
        g = cotangent_of(value, g)
        return tuple(restored(recording, cotangents(recording, g)))

    return copied("", value), pull


def copied(name, x):
    return np.array(x) if isinstance(x, np.ndarray) else x


def cotangent_of(value, g):
    """Return what was given as cotangent g as numbers of the dtype and shape of `value`."""
    try:
        g = operand(g)
        numbers = g if type(g) is Traced else np.asarray(g)
    except ValueError:  # lists of different lengths
        numbers = np.array(None)
    if numbers.dtype.kind not in "fiub":
        raise TypeError(f"g must be a real number or an array of them, got {g!r:.60}")
    if numbers.shape != value.shape:
        raise ValueError(f"g must have shape {value.shape}, like the result, got {numbers.shape}")
    return numbers if type(numbers) is Traced else np.array(numbers, value.dtype)[()]


def jacobian(f: Callable, argnum: int = 0) -> Callable:
    """Return the matrix of slopes  Jᵢⱼ = ∂fᵢ/∂xⱼ,  one walk back for each fᵢ.

    f: (d,) to (m,) gives (m, d); many points f: (d, ...) to (m, ...) give (m, d, ...).  Where the
    argument is a dict, list or tuple of arrays, each array of shape s gets a Jacobian of shape
    (m, *s).  Raises ValueError where the results do not end in the shape of the batch.

    >>> jacobian(lambda x: np.stack([x[0] * x[1], x[0] ** 2]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [4., 0.]])
    """
    positions(f, argnum)
    if isinstance(argnum, tuple):
        raise TypeError(f"argnum must be an int, got {argnum!r}")

    def slopes(*arguments, **keywords):
        recording = record(f, (argnum,), arguments, keywords)
        value, inputs = recording.value, recording.inputs
        batch = inputs[0].shape[1:] if is_leaf(arguments[argnum]) else ()
        rows = value.shape[: max(0, len(value.shape) - len(batch))]
        if value.size == 1 and value.shape != rows + batch:
            recording = as_number(recording)
            value, rows = recording.value, ()
        if value.shape and value.shape != rows + batch:
            raise ValueError(
                f"jacobian needs each result for each point: for an argument of shape "
                f"{inputs[0].shape} f must return shape (m, {str(batch)[1:-1]}), got {value.shape}"
            )
        walks = []
        for row in np.ndindex(rows):
            g = np.zeros(value.shape, value.dtype)
            g[row] = 1
            walks.append(cotangents(recording, g[()]))
        if rows:
            walks = [
                [np.reshape(np.stack(column or [np.zeros(0)]), rows + x.shape)
                 for x, *column in zip(inputs, *walks, strict=True)]
            ]  # fmt: skip
        return restored(recording, walks[0])[0]

    return slopes


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
