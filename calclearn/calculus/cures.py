"""The sentences of what cannot be traced: each names its cause and its cure."""

import functools
import itertools
import re

import numpy as np


class LostTraceError(TypeError):
    """A traced array was to become plain numbers, and its derivative would be lost."""


CURES = {
    "float(x)": "use x as it is, np.sin(x) instead of math.sin(x), np.stack instead of storing x "
    "into an array, a[0] = x, np.mean(np.stack([a, b])) instead of np.mean([a, b]), and "
    "table.to_numpy() instead of a table of pandas",
    "int(x)": "use np.floor(x)",
    "an index x": "compute indices from plain numbers, or with np.argmax",
    "complex(x)": "complex numbers are out of scope, use real ones, and table.to_numpy() instead "
    "of a table of pandas",
    "x[0] = 1": "a traced array cannot be changed in place, so build a new one with np.where, "
    "np.stack or np.concatenate",
    "del x[0]": "use np.delete(x, 0), which returns a new array",
    "x.item()": "use x as it is, or x[0]",
    "x.tolist()": "use x as it is, or unpack it: a, b = x",
    "x.sort()": "use np.sort(x), which returns a new array",
    "x.partition()": "use np.partition(x, k), which returns a new array",
    "x.fill()": "use np.full_like(x, value), which returns a new array",
    "x.put()": "use np.where, which returns a new array",
    "x.resize()": "use np.resize(x, shape), which returns a new array",
    "x.view()": "use x.reshape or x.astype",
    "x.tobytes()": "use x as it is",
    "x.to_numpy()": "x behaves like a NumPy array, use it as it is",
}


def lost(conversion, running: bool):
    """The error of a conversion to plain numbers, inside f while it is `running`, or later."""
    if running:
        return LostTraceError(f"{conversion} would lose the derivative of x: {CURES[conversion]}")
    return LostTraceError(
        f"{conversion} of a traced number that was kept after its function had returned: "
        "it is no plain number, so compute the numbers to keep outside of grad"
    )


OBJECTS = re.compile(  # NumPy's errors of arrays whose entries are objects
    r"dtype\('O'\)|has no callable|safely coerced|^'(?:int|float)' object has no attribute"
)


def cured(error: Exception) -> Exception:
    """What to raise in place of an error that came out of the traced function."""
    if isinstance(error.__cause__, LostTraceError):  # NumPy hides it when a[0] = x fails
        return error.__cause__
    if str(error).startswith("'Traced' object has no attribute"):
        return AttributeError(
            f"a traced array has no attribute {error.name!r}: use a NumPy function that has a "
            f"rule, or write one with @primitive and rule(...)"
        ).with_traceback(error.__traceback__)
    if type(error) is not LostTraceError and OBJECTS.search(str(error)):
        return LostTraceError(
            f"NumPy can do this with arrays of numbers only: where np.array([a, b]) holds traced "
            f"numbers, use np.stack([a, b]) instead ({error})"
        ).with_traceback(error.__traceback__)
    return error


def full_name(function) -> str:
    if isinstance(function, np.ufunc):  # which do not name their module
        module = "numpy." if getattr(np, function.__name__, None) is function else ""
        return module + function.__name__
    return f"{function.__module__}.{function.__name__}".removeprefix("_operator.")


def no_rule(function):
    name = full_name(function)
    if ".fft" in name:
        return TypeError(f"{name} has no derivative rule: complex numbers are out of scope")
    return TypeError(
        f"{name} has no derivative rule: add one with rule({name}, lambda g, y, a: ...), which is "
        f"in calculus.autodiff, and gives ∂L/∂a from g = ∂L/∂y for y = {function.__name__}(a)"
    )


REFUSALS = {
    "argument": "has no derivative with respect to its argument {}: pass a plain number there",
    "option": "under grad has no {}: use np.where, or another function of NumPy that has a rule",
    "keyword": "under grad has no keyword {!r}",
    "name": "under grad takes {} by position",
    "store": "cannot store a traced array into a plain one: write a = a + x instead of a += x, and "
    "leave out= away",
}


def refused(function, what: str, name=None):
    return TypeError(f"{full_name(function)} {REFUSALS[what].format(name)}")


def verified(function, pullback, k: int | None = None):
    """A pull-back of argument k, or of all together, that names its function in its mistakes."""
    if pullback is None or (pullback.__module__ or "").startswith("calclearn."):
        return pullback  # the package's own are tested
    rule, first = f"the rule of {function.__name__}", "g, y" if k is not None else "needed, g, y"

    def numbers_like(value, share, k):
        share = np.float64(share) if isinstance(share, (int, float)) else share
        came = getattr(share, "shape", f"{share!r:.40}")
        if came == np.shape(value):
            return share
        raise ValueError(
            f"{rule} must return a cotangent of shape {np.shape(value)} for its argument {k}, "
            f"got {came}"
        )

    @functools.wraps(pullback)
    def pull(*given, **keywords):
        try:
            shares = pullback(*given, **keywords)
        except TypeError as error:
            if error.__traceback__.tb_next:  # it was raised inside
                raise
            raise TypeError(f"{rule} must take {first} and the arguments: {error}") from None
        if k is not None:
            return numbers_like(given[2 + k], shares, k)
        needed, arguments = given[0], given[3:]
        if isinstance(shares, (list, tuple)) and len(shares) == len(arguments):
            parts = zip(needed, arguments, shares, itertools.count())
            return [need and numbers_like(a, share, j) for need, a, share, j in parts]
        raise TypeError(
            f"{rule} must return one cotangent for each of {len(arguments)} arguments, "
            f"got {shares!r:.60}"
        )

    return pull
