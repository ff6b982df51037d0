"""The walk: run a function traced, then go through its trace from the last value to the first.

The one decision: the youngest value goes first.  The adjoint of a value v is v̅ = ∂L/∂v, the sum of
what its children send.  A child is younger than its parents, so when a value is the youngest left,
all of its children have sent their shares, and it may apply its rule and send its own:

    y = f(a, b):     a̅ += pull-back_a(y̅)     b̅ += pull-back_b(y̅)

A heap by order of birth does that for any graph without recursion, and in the same step for the
chain of a hundred thousand operations as for one.  ``autodiff`` makes the transforms of it.

Source: A. Griewank and A. Walther, Evaluating Derivatives, 2nd ed. (2008), chapter 3.
"""

import gc
import itertools
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

import numpy as np

# Importing the rules fills the table of them.
from calclearn.calculus import fused, joining, linear_algebra, products  # noqa: F401
from calclearn.calculus.rearranging import assembled
from calclearn.calculus.rules import unbroadcast
from calclearn.calculus.tracing import NO_KEYWORDS, LostTraceError, Traced, plain

levels = itertools.count()


# The walk
def backward(waiting: list[tuple[int, Traced]], adjoints: dict[int, Any], visit=None) -> dict:
    """Carry the adjoints of the `waiting` nodes back to the inputs; return those of the inputs.

    `waiting` is a heap, so the youngest node comes first, and `adjoints` goes by node number.  Both
    are emptied on the way, so that memory which nobody else holds is freed as the walk goes.
    """
    arrived = {}
    while waiting:
        number, node = heappop(waiting)
        g = adjoints.pop(number)
        if type(g) is list:
            g = assembled(g, node.value)
        if visit:
            visit(node, g)
        rule = node.rule
        if rule is None:
            arrived[number] = g
            continue
        if rule.together:
            needed = [parent is not None for parent in node.parents]
            shares = rule.together(needed, g, node.value, *node.arguments, **node.keywords)
        k = -1
        for parent in node.parents:
            k += 1
            if parent is None:
                continue
            if rule.together:
                share = shares[k]
            elif node.keywords:
                share = rule.pullbacks[k](g, node.value, *node.arguments, **node.keywords)
            else:
                share = rule.pullbacks[k](g, node.value, *node.arguments)
                if rule.broadcasts and share.shape != parent.value.shape:
                    share = unbroadcast(share, parent.value.shape)
            number = parent.number
            if number in adjoints:
                adjoints[number] = total(adjoints[number], share)
            else:
                adjoints[number] = share
                heappush(waiting, (number, parent))
    return arrived


def total(earlier, share):
    """Add two shares of an adjoint, never in place: another node may hold the same array."""
    if type(earlier) is list:
        earlier += share if type(share) is list else [(..., share)]
        return earlier
    return [*share, (..., earlier)] if type(share) is list else earlier + share


# At the door
def real(x, k: int):
    """Return argument `k` as NumPy numbers that have a derivative."""
    if type(x) is Traced:
        return x
    if type(x) is float:
        return np.float64(x)
    try:
        numbers = x if isinstance(x, np.floating) else np.asarray(x)
    except ValueError:
        numbers = np.array(None)
    if numbers.dtype.kind in "iu":
        return numbers.astype(np.float64)
    if numbers.dtype.kind != "f":
        came = type(x).__name__ if numbers.dtype == object else numbers.dtype
        raise TypeError(
            f"argument {k} must be a real number or an array of them, got {came}"
            + (": complex numbers are out of scope" if numbers.dtype.kind == "c" else "")
        )
    return numbers


def record(f: Callable, argnums, arguments, keywords) -> tuple[list[Traced], Any, int]:
    """Run f with the named arguments traced; return these, the result, and the level."""
    level = next(levels)
    arguments = list(arguments)
    inputs = []
    for k in argnums:
        if not arguments:
            raise TypeError("the function that is differentiated needs an argument, got none")
        if not 0 <= k < len(arguments):
            raise ValueError(f"argnum must lie in 0 to {len(arguments) - 1}, got {k}")
        arguments[k] = Traced(real(arguments[k], k), level, None, (), NO_KEYWORDS, ())
        inputs.append(arguments[k])
    collecting = gc.isenabled()
    gc.disable()  # a trace has no cycles, and the collector would search it again as it grows
    try:
        result = f(*arguments, **keywords)
    except ValueError as error:
        if isinstance(error.__cause__, LostTraceError):  # NumPy hides it when a[0] = x fails
            raise error.__cause__ from None
        raise
    finally:
        if collecting:
            gc.enable()
    return inputs, checked(result), level


def checked(result):
    """Return the result of f as an array, NumPy number or traced value, and refuse other things."""
    if isinstance(result, (list, tuple)):
        raise TypeError(
            f"f must return one number or array, got a {type(result).__name__}: "
            f"join its parts with np.stack or np.concatenate"
        )
    numbers = result if type(result) is Traced else np.asarray(result)
    if numbers.dtype.kind not in "fiub":
        came = type(result).__name__ if numbers.dtype == object else numbers.dtype
        raise TypeError(
            f"f must return real numbers, got {came}"
            + (": complex numbers are out of scope" if numbers.dtype.kind == "c" else "")
        )
    return numbers if type(numbers) is Traced else numbers[()]


def ones(value):
    return value.dtype.type(1) if value.shape == () else np.ones(value.shape, value.dtype)


def start(result, level: int, g) -> tuple[list, dict]:
    """Give the result its adjoint, unless it does not depend on the inputs at all."""
    if type(result) is Traced and result.level == level:
        return [(result.number, result)], {result.number: g}
    return [], {}


def untraced(result, level: int):
    return result.value if type(result) is Traced and result.level == level else result


def like(argument, value, g):
    """Return a cotangent in the shape, dtype and kind of the argument that it belongs to."""
    if g is None:
        g = np.zeros(value.shape, value.dtype)[()]
    if g.shape != value.shape:
        raise ValueError(
            f"a rule returned a cotangent of shape {g.shape} for a value of shape {value.shape}"
        )
    if g.dtype != value.dtype:
        if g.dtype.kind == "c":
            raise TypeError(f"the gradient is {g.dtype}: complex numbers are out of scope")
        g = g.astype(value.dtype)
    return float(g) if type(argument) in (int, float) and type(g) is not Traced else g


def separate(cotangents: list, *taken) -> tuple:
    """Return the cotangents as arrays that share no memory, so that each may be changed."""
    found = list(taken)
    for g in cotangents:
        shared = any(np.may_share_memory(plain(g), plain(other)) for other in found)
        found.append(g.copy() if shared and np.ndim(g) else g)
    return tuple(found[len(taken) :])
