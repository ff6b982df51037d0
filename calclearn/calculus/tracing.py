"""A traced number computes as usual and remembers which rule made it, from which parents.

The one decision: a function stays plain NumPy code.  :class:`Traced` stands in for an array and
answers to NumPy's two protocols (``__array_ufunc__`` and ``__array_function__``) by looking up the
function in a table.  It is no subclass of ``ndarray``, so nothing slips past the table unseen: a
conversion that would lose the derivative is an error that names the cure.

Two numbers order everything.  ``level`` says which differentiation a value belongs to: an inner one
starts later, so it has a larger level, and its values may themselves be traced at the level below.
``number`` is the order of birth, counted downwards: a parent is older than its child, so handing
out the smallest number first is the reverse of a topological order, and needs no sorting.

The operators are methods, not detours through the protocols, because that halves their price.
"""

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

TABLE: dict[Callable, Callable] = {}  # what to call in place of a NumPy function
UNARY: dict[np.ufunc, Any] = {}  # rules of the functions of one array, for the shortest way
NO_KEYWORDS: dict[str, Any] = {}
births = itertools.count(0, -1)


class LostTraceError(TypeError):
    """A traced array was to become plain numbers, and its derivative would be lost."""


class Traced:
    """An array with a memory: ``value`` is what ``rule`` made of ``arguments``.

    ``parents`` has an entry for each argument, the traced one at this level or None, as far as the
    last traced one.
    """

    __slots__ = ("arguments", "keywords", "level", "number", "parents", "rule", "value")
    __hash__ = None

    def __init__(self, value, level, rule, arguments, keywords, parents):
        self.value = value
        self.level = level
        self.rule = rule
        self.arguments = arguments
        self.keywords = keywords
        self.parents = parents
        self.number = next(births)

    # NumPy's protocols
    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        if keywords or method != "__call__":
            return _ufunc_method(ufunc, method, *inputs, **keywords)
        if ufunc in UNARY:
            value = self.value
            values, parents = (value,), (self,)
            return Traced(ufunc(value), self.level, UNARY[ufunc], values, NO_KEYWORDS, parents)
        if ufunc in TABLE:
            return TABLE[ufunc](*inputs)
        raise no_rule(ufunc)

    def __array_function__(self, function, types, arguments, keywords):
        if function in TABLE:
            return TABLE[function](*arguments, **keywords)
        raise no_rule(function)

    # What an array says of itself
    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    dtype = property(lambda self: self.value.dtype)
    T = property(lambda self: TABLE[np.transpose](self))
    mT = property(lambda self: TABLE[np.swapaxes](self, -1, -2))  # noqa: N815  NumPy's own name

    def __len__(self):
        return len(self.value)

    def __bool__(self):
        return bool(self.value)

    def __repr__(self):
        return f"Traced({plain(self)!r})"

    def __format__(self, spec):
        return format(plain(self), spec)

    # Indexing; `x, y = p` is one piece for each coordinate of one array
    def __getitem__(self, index):
        value = self.value
        rule = TABLE[operator.getitem]
        return Traced(value[index], self.level, rule, (value, index), NO_KEYWORDS, (self,))

    def __iter__(self):
        return iter([self[i] for i in range(len(self.value))])

    def reshape(self, *shape, order="C"):
        shape = shape[0] if len(shape) == 1 else shape
        if order != "C":
            return TABLE[np.reshape](self, shape, order=order)
        value, rule = self.value, TABLE[np.reshape]
        values, parents = (value, shape), (self,)
        return Traced(value.reshape(shape), self.level, rule, values, NO_KEYWORDS, parents)

    def transpose(self, *axes):
        return TABLE[np.transpose](self, axes[0] if len(axes) == 1 else axes or None)

    # What would lose the trace
    def __array__(self, dtype=None, copy=None):
        raise LostTraceError(
            "a traced array cannot become a plain one, because its derivative would be lost: use "
            "np.stack([x[0], x[1]]) or np.concatenate instead of np.array, and build a new array "
            "with them or with np.where instead of storing into one"
        )

    def __setitem__(self, index, value):
        raise LostTraceError(
            "a traced array cannot be changed in place, because its derivative would be lost: "
            "build a new one with np.where, np.stack or np.concatenate"
        )

    def __getattr__(self, name):
        raise AttributeError(
            f"a traced array has no attribute {name!r}: use a NumPy function that has a rule, "
            f"or write one with @primitive and rule(...)"
        )


def plain(x):
    """Return `x` without its trace, at every level: the number that a printout would show."""
    while type(x) is Traced:
        x = x.value
    return type(x)(map(plain, x)) if type(x) in (list, tuple) else x


# Errors that name their cure
def _loses_the_trace(conversion: str, cure: str) -> Callable:
    def method(self, *arguments):
        raise LostTraceError(f"{conversion} of a traced number would lose its derivative: {cure}")

    return method


for _name, _conversion, _cure in [
    (
        *("__float__", "float(x)"),
        "use x as it is, np.sin(x) instead of math.sin(x), and np.stack instead of a[0] = x",
    ),
    ("__int__", "int(x)", "use np.floor(x)"),
    ("__index__", "an index", "compute indices from plain numbers, or with np.argmax"),
    ("__complex__", "complex(x)", "complex numbers are out of scope, use real ones"),
    ("item", "x.item()", "use x as it is"),
    ("tolist", "x.tolist()", "use x as it is, or unpack it: a, b = x"),
    ("sort", "x.sort()", "use np.sort(x), which returns a new array"),
    ("fill", "x.fill(value)", "use np.full_like(x, value), which returns a new array"),
]:
    setattr(Traced, _name, _loses_the_trace(_conversion, _cure))


def full_name(function: Callable) -> str:
    module = "numpy" if isinstance(function, np.ufunc) else function.__module__
    return f"{module}.{function.__name__}"


def no_rule(function: Callable) -> TypeError:
    name = full_name(function)
    return TypeError(
        f"{name} has no derivative rule: add one with rule({name}, lambda g, y, a: ...), "
        f"where y = {function.__name__}(a) and g is the cotangent of y"
    )


# Methods of ufuncs: np.add.reduce is np.sum, and so on
REDUCTIONS = {
    (np.add, "reduce"): np.sum,
    (np.multiply, "reduce"): np.prod,
    (np.maximum, "reduce"): np.max,
    (np.minimum, "reduce"): np.min,
    (np.add, "accumulate"): np.cumsum,
}


def _ufunc_method(ufunc, method, *inputs, out=None, **keywords):
    if out is not None:
        raise TypeError(
            f"{full_name(ufunc)} cannot store a traced array into a plain one: "
            f"write a = a + x instead of a += x, and leave out= away"
        )
    if (ufunc, method) in REDUCTIONS:
        return TABLE[REDUCTIONS[ufunc, method]](*inputs, **{"axis": 0, **keywords})
    if method == "outer" and not keywords:
        a, b = inputs
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)
    raise TypeError(
        f"{full_name(ufunc)} under grad has no {', '.join(keywords) or method}: "
        f"use np.where, or another function of NumPy that has a rule"
    )


# Operators
NUMBERS = {float, int, np.ndarray, np.float64}
ALSO_NUMBERS = (float, int, np.ndarray, np.generic, list, tuple)


def _operator(compute: Callable, ufunc: np.ufunc) -> tuple[Callable, Callable]:
    """Return the methods of ``self * other`` and ``other * self``."""

    def forward(self, other):
        kind = type(other)
        if kind is Traced:
            if self.level != other.level:
                return TABLE[ufunc](self, other)
            values, parents = (self.value, other.value), (self, other)
        elif kind in NUMBERS or isinstance(other, ALSO_NUMBERS):
            other = np.asarray(other) if isinstance(other, (list, tuple)) else other
            values, parents = (self.value, other), (self,)
        else:
            return NotImplemented
        value = compute(*values)
        return Traced(value, self.level, TABLE[ufunc], values, NO_KEYWORDS, parents)

    def reflected(self, other):
        if type(other) not in NUMBERS and not isinstance(other, ALSO_NUMBERS):
            return NotImplemented
        other = np.asarray(other) if isinstance(other, (list, tuple)) else other
        values, parents = (other, self.value), (None, self)
        value = compute(*values)
        return Traced(value, self.level, TABLE[ufunc], values, NO_KEYWORDS, parents)

    return forward, reflected


for _name, _ufunc in {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "pow": np.power,
    "mod": np.remainder,
    "matmul": np.matmul,
}.items():
    _forward, _reflected = _operator(getattr(operator, _name), _ufunc)
    setattr(Traced, f"__{_name}__", _forward)
    setattr(Traced, f"__r{_name}__", _reflected)


def _comparison(compute):
    return lambda self, other: compute(plain(self), plain(other))


for _name in ("lt", "le", "eq", "ne", "gt", "ge", "floordiv"):
    setattr(Traced, f"__{_name}__", _comparison(getattr(operator, _name)))
Traced.__rfloordiv__ = lambda self, other: plain(other) // plain(self)


# Methods
def _method(function):
    def method(self, *arguments, **keywords):
        return TABLE[function](self, *arguments, **keywords)

    return method


# fmt: off
for _name, _function in {
    "__neg__": np.negative, "__pos__": np.positive, "__abs__": np.absolute, "__round__": np.round,
    "round": np.round, "clip": np.clip, "copy": np.copy,
    "sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min,
    "var": np.var, "std": np.std, "cumsum": np.cumsum, "dot": np.dot, "trace": np.trace,
    "diagonal": np.diagonal, "ravel": np.ravel, "flatten": np.ravel, "squeeze": np.squeeze,
    "swapaxes": np.swapaxes, "repeat": np.repeat, "take": np.take, "argmax": np.argmax,
    "argmin": np.argmin, "argsort": np.argsort, "any": np.any, "all": np.all,
    "nonzero": np.nonzero,
}.items():
    setattr(Traced, _name, _method(_function))
# fmt: on
