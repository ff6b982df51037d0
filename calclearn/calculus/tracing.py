"""A traced array computes as usual, and remembers how it came about.

    y = f(a, b)    is kept as    Traced(value of y, level, rule of f, (a, b))

A function under `grad` stays plain NumPy code.  Python hands `a * b` to `__mul__`, and NumPy hands
every call that meets a traced array to `__array_ufunc__` (np.sin, np.add) or `__array_function__`
(np.sum, np.stack).  All of them do one thing, `apply`: compute the value, and make a node of it.

A `Traced` is no `ndarray`, so that nothing can slip past the table of rules: what would lose the
derivative is an error that names the cure.  NumPy may keep traced numbers as objects, though:
`np.array([x[0], 1.0])` computes with the operators below, and `operand` stacks it where it meets a
function.

Two numbers order everything.  `level` says which differentiation a value belongs to: an inner one
starts later and has a larger level, and its values may be traced at the level below.  `born` counts
births downwards, so that the youngest value has the smallest.
"""

import functools
import inspect
import itertools
import operator
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

births = itertools.count(0, -1)
running: set[int] = set()  # the levels whose function has not returned yet
STRONG = sys.maxsize  # the level of cotangents whose zeros are strong, see the module `strong`


class LostTraceError(TypeError):
    """A traced array was to become plain numbers, and its derivative would be lost."""


class Traced:
    """An array with a memory: `value` is what `rule` made of `arguments`; an input has no rule.

    Those of the arguments that are traced at the same level are its parents.
    """

    __slots__ = ("arguments", "born", "keywords", "level", "rule", "value")
    __hash__ = None

    def __init__(self, value, level, rule=None, arguments=(), keywords=None):
        self.value = value
        self.level = level
        self.rule = rule
        self.arguments = arguments
        self.keywords = keywords
        self.born = next(births)

    # NumPy's protocols
    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        if method == "__call__" and not keywords:
            return apply(ufunc, inputs)
        return TABLE[np.ufunc].definition(ufunc, method, *inputs, **keywords)

    def __array_function__(self, function, types, arguments, keywords):
        return apply(function, arguments, keywords)

    # fmt: off
    # Operators
    def __add__(self, other):       return apply(operator.add, (self, other))
    def __radd__(self, other):      return apply(operator.add, (other, self))
    def __sub__(self, other):       return apply(operator.sub, (self, other))
    def __rsub__(self, other):      return apply(operator.sub, (other, self))
    def __mul__(self, other):       return apply(operator.mul, (self, other))
    def __rmul__(self, other):      return apply(operator.mul, (other, self))
    def __truediv__(self, other):   return apply(operator.truediv, (self, other))
    def __rtruediv__(self, other):  return apply(operator.truediv, (other, self))
    def __pow__(self, other):       return apply(operator.pow, (self, other))
    def __rpow__(self, other):      return apply(operator.pow, (other, self))
    def __matmul__(self, other):    return apply(operator.matmul, (self, other))
    def __rmatmul__(self, other):   return apply(operator.matmul, (other, self))
    def __mod__(self, other):       return apply(operator.mod, (self, other))
    def __rmod__(self, other):      return apply(operator.mod, (other, self))
    def __floordiv__(self, other):  return on_plain(operator.floordiv, self, other)
    def __rfloordiv__(self, other): return on_plain(operator.floordiv, other, self)
    def __divmod__(self, other):    return self // other, self % other
    def __rdivmod__(self, other):   return other // self, other % self
    def __lt__(self, other):        return on_plain(operator.lt, self, other)
    def __le__(self, other):        return on_plain(operator.le, self, other)
    def __eq__(self, other):        return on_plain(operator.eq, self, other)
    def __ne__(self, other):        return on_plain(operator.ne, self, other)
    def __gt__(self, other):        return on_plain(operator.gt, self, other)
    def __ge__(self, other):        return on_plain(operator.ge, self, other)
    def __neg__(self):              return apply(operator.neg, (self,))
    def __pos__(self):              return apply(np.positive, (self,))
    def __abs__(self):              return apply(np.absolute, (self,))
    def __round__(self, digits=0):  return np.round(plain(self), digits)
    def __bool__(self):             return bool(self.value)
    def __copy__(self):             return self
    def __deepcopy__(self, memo):   return self
    def __repr__(self):             return f"Traced({plain(self)!r})"
    def __format__(self, spec):     return format(plain(self), spec)

    # What an array says of itself
    @property
    def shape(self):    return self.value.shape
    @property
    def ndim(self):     return self.value.ndim
    @property
    def size(self):     return self.value.size
    @property
    def dtype(self):    return self.value.dtype
    @property
    def itemsize(self): return self.value.itemsize
    @property
    def nbytes(self):   return self.value.nbytes
    @property
    def T(self):        return apply(np.transpose, (self,))  # noqa: N802
    @property
    def mT(self):       return apply(np.swapaxes, (self, -1, -2))  # noqa: N802
    @property
    def real(self):     return self
    @property
    def imag(self):     return np.zeros_like(plain(self))

    # Methods: x.sum(axis=0) is np.sum(x, axis=0)
    def all(self, *a, **k):        return apply(np.all, (self, *a), k)
    def any(self, *a, **k):        return apply(np.any, (self, *a), k)
    def argmax(self, *a, **k):     return apply(np.argmax, (self, *a), k)
    def argmin(self, *a, **k):     return apply(np.argmin, (self, *a), k)
    def argpartition(self, *a, **k): return apply(np.argpartition, (self, *a), k)
    def argsort(self, *a, **k):    return apply(np.argsort, (self, *a), k)
    def astype(self, dtype, *a, **k): return cast(self, dtype)
    def choose(self, *a, **k):     return apply(np.choose, (self, *a), k)
    def clip(self, *a, **k):       return apply(np.clip, (self, *a), k)
    def compress(self, condition, *a, **k): return apply(np.compress, (condition, self, *a), k)
    def conj(self):                return self
    def conjugate(self):           return self
    def copy(self, order="C"):     return apply(np.copy, (self,))
    def cumprod(self, *a, **k):    return apply(np.cumprod, (self, *a), k)
    def cumsum(self, *a, **k):     return apply(np.cumsum, (self, *a), k)
    def diagonal(self, *a, **k):   return apply(np.diagonal, (self, *a), k)
    def dot(self, b):              return apply(np.dot, (self, b))
    def flatten(self, *a, **k):    return apply(np.ravel, (self, *a), k)
    def max(self, *a, **k):        return apply(np.max, (self, *a), k)
    def mean(self, *a, **k):       return apply(np.mean, (self, *a), k)
    def min(self, *a, **k):        return apply(np.min, (self, *a), k)
    def nonzero(self):             return apply(np.nonzero, (self,))
    def prod(self, *a, **k):       return apply(np.prod, (self, *a), k)
    def ravel(self, *a, **k):      return apply(np.ravel, (self, *a), k)
    def repeat(self, *a, **k):     return apply(np.repeat, (self, *a), k)
    def round(self, *a, **k):      return apply(np.round, (self, *a), k)
    def searchsorted(self, *a, **k): return apply(np.searchsorted, (self, *a), k)
    def squeeze(self, *a, **k):    return apply(np.squeeze, (self, *a), k)
    def std(self, *a, **k):        return apply(np.std, (self, *a), k)
    def sum(self, *a, **k):        return apply(np.sum, (self, *a), k)
    def swapaxes(self, *a):        return apply(np.swapaxes, (self, *a))
    def take(self, *a, **k):       return apply(np.take, (self, *a), k)
    def trace(self, *a, **k):      return apply(np.trace, (self, *a), k)
    def transpose(self, *axes):    return apply(np.transpose, (self, one_tuple(axes) or None))
    def reshape(self, *shape, **k): return apply(np.reshape, (self, one_tuple(shape)), k)
    def var(self, *a, **k):        return apply(np.var, (self, *a), k)
    # fmt: on

    def __getitem__(self, index):
        return apply(operator.getitem, (self, index))

    def __iter__(self):
        return iter([self[i] for i in range(len(self))])

    def __len__(self):
        if not self.shape:
            raise TypeError("a traced number has no length and cannot be unpacked: its shape is ()")
        return len(self.value)

    # What would lose the trace
    def lost(self, conversion, *_, **__):
        if self.level not in running:
            raise LostTraceError(
                f"{conversion} of a traced number that was kept after its function had returned: "
                "it is no plain number, so compute the numbers to keep outside of grad"
            )
        raise LostTraceError(f"{conversion} would lose the derivative of x: {CURES[conversion]}")

    __float__ = functools.partialmethod(lost, "float(x)")
    __int__ = functools.partialmethod(lost, "int(x)")
    __index__ = functools.partialmethod(lost, "an index x")
    __complex__ = functools.partialmethod(lost, "complex(x)")
    __setitem__ = functools.partialmethod(lost, "x[0] = 1")
    __delitem__ = functools.partialmethod(lost, "del x[0]")

    def __getattr__(self, name):
        if f"x.{name}()" in CURES:
            return functools.partial(self.lost, f"x.{name}()")
        ufunc = getattr(np, name, None)
        if isinstance(ufunc, np.ufunc) and ufunc in TABLE and self.value.shape == ():
            # np.sin of an array of traced numbers asks each of them for its method `sin`
            return lambda *others: apply(ufunc, (self, *others))
        raise AttributeError(
            f"a traced array has no attribute {name!r}: use a NumPy function that has a rule, "
            f"or write one with @primitive and rule(...)"
        )


CURES = {
    "float(x)": "use x as it is, np.sin(x) instead of math.sin(x), np.stack instead of storing x "
    "into an array, a[0] = x, and np.stack instead of np.array before functions that need numbers",
    "int(x)": "use np.floor(x)",
    "an index x": "compute indices from plain numbers, or with np.argmax",
    "complex(x)": "complex numbers are out of scope, use real ones",
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


def one_tuple(numbers):
    """The arguments of x.reshape(2, 3) or of x.reshape((2, 3)) as one."""
    return numbers[0] if len(numbers) == 1 else numbers


def plain(x):
    """Return `x` without its trace, at every level: the number that a printout would show."""
    while type(x) is Traced:
        x = x.value
    return type(x)(map(plain, x)) if type(x) in (list, tuple) else x


# The table
@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A function with the pull-backs of its arguments."""

    name: str
    operator: Callable | None  # of Python
    pullbacks: tuple[Callable | None, ...]
    together: Callable | None
    keywords: frozenset[str]  # those that the pull-backs take; none where they take any
    operands: frozenset[int]  # the positions of the arguments that may be lists
    constants: tuple[int, ...]  # the positions of those that have no slope
    broadcasts: bool  # whether cotangents are summed over axes along which an argument was repeated


@dataclass(frozen=True, slots=True, eq=False)
class Rewriting:
    """A function that is differentiated as another one, made of functions with rules."""

    definition: Callable
    arrays: int  # how many of the first arguments may be lists
    keywords: frozenset[str]


TABLE: dict[Callable, Rule | Rewriting] = {}
STRONG_PRODUCTS: dict[str, Callable] = {}
NUMBERS = {float, int, np.float64, np.float32}
ARRAYS = (Traced, np.ndarray, np.generic, int, float)
OPERATORS = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
    np.power: operator.pow,
    np.matmul: operator.matmul,
    np.remainder: operator.mod,
    np.negative: operator.neg,
}


def apply(function: Callable, arguments, keywords=None):
    """Call `function` on the values of the arguments, and make a node of what comes out.

    The node belongs to the innermost level among the arguments.  Their values may be traced at the
    level below, where NumPy then hands the same call to `apply` again.
    """
    rule = TABLE.get(function)
    if type(rule) is not Rule:
        return rewritten_call(function, rule, arguments, keywords or {})
    if keywords:
        keywords = checked_keywords(function, rule, keywords)
    level, values = -1, []
    for a in arguments:
        if type(a) is Traced:
            if a.level > level:  # those before it are constants at its level
                level, values = a.level, list(arguments[: len(values)])
            if a.level == level:
                a = a.value
        elif type(a) not in NUMBERS and len(values) in rule.operands:
            array = operand(a)
            if rule.operator is function and not isinstance(array, ARRAYS):
                return NotImplemented  # a class with operators of its own
            if array is not a:  # it was a list
                k = len(values)
                return apply(function, (*arguments[:k], array, *arguments[k + 1 :]), keywords)
        values.append(a)
    for k in rule.constants:
        if k >= len(values):
            break
        if values[k] is not arguments[k]:
            raise TypeError(
                f"{full_name(function)} has no derivative with respect to its argument {k}: "
                "pass a plain number there"
            )
    compute = function
    if level == STRONG and rule.name in STRONG_PRODUCTS:
        compute = functools.partial(STRONG_PRODUCTS[rule.name], arguments)
    value = compute(*values, **keywords) if keywords else compute(*values)
    node = Traced(value, level, rule, arguments, keywords)
    if not isinstance(value, tuple):
        return node
    outputs = [node[k] for k in range(len(value))]
    return type(value)(*outputs) if hasattr(value, "_fields") else tuple(outputs)


def operand(a):
    """Return an argument as an array: lists, pandas' columns, and arrays of traced numbers."""
    if type(a) is np.ndarray and not a.dtype.hasobject:
        return a
    if type(a) is Traced or isinstance(a, np.generic):
        return a
    if hasattr(a, "to_numpy"):
        a = a.to_numpy()
    if isinstance(a, (list, tuple)):
        return np.stack([operand(entry) for entry in a]) if has_traced(a) else np.asarray(a)
    if type(a) is np.ndarray and a.dtype == object:
        entries = list(a.flat)
        return np.reshape(np.stack(entries) if has_traced(a) else np.array(entries), a.shape)
    return a


def has_traced(a) -> bool:
    """Whether there is a traced array in a list, at any depth, or in an array of objects."""
    if type(a) is np.ndarray:
        return a.dtype.hasobject and any(map(has_traced, a.flat))
    return type(a) is Traced or (isinstance(a, (list, tuple)) and any(map(has_traced, a)))


def rewritten_call(function, rewriting, arguments, keywords):
    if rewriting is None:
        name = full_name(function)
        if ".fft" in name:
            raise TypeError(f"{name} has no derivative rule: complex numbers are out of scope")
        raise TypeError(
            f"{name} has no derivative rule: add one with rule({name}, lambda g, y, a: ...), "
            f"where y = {function.__name__}(a) and g is the cotangent of y"
        )
    if keywords:
        keywords = checked_keywords(function, rewriting, keywords)
    first = rewriting.arrays
    arguments = *[operand(a) for a in arguments[:first]], *arguments[first:]
    return rewriting.definition(*arguments, **keywords)


def checked_keywords(function, rule, keywords):
    """Return the keywords that a rule takes; refuse any other that says something."""
    if keywords.get("out") is not None:
        raise cannot_store(function)
    if not rule.keywords:
        taken = keywords
    else:
        taken = {name: value for name, value in keywords.items() if name in rule.keywords}
    for name, value in keywords.items():
        if type(value) is Traced and type(rule) is Rule:
            raise TypeError(f"{full_name(function)} under grad takes {name} by position")
        if name not in taken and value is not None:
            raise TypeError(f"{full_name(function)} under grad has no keyword {name!r}")
    return taken


def cannot_store(function):
    return TypeError(
        f"{full_name(function)} cannot store a traced array into a plain one: "
        f"write a = a + x instead of a += x, and leave out= away"
    )


def full_name(function: Callable) -> str:
    module = "numpy" if isinstance(function, np.ufunc) else function.__module__
    return f"{module}.{function.__name__}"


def rule(function: Callable, *pullbacks: Callable | None, together: Callable | None = None):
    """Give `function` its derivative: one pull-back for each argument, in order.

    A pull-back receives the cotangent g = ∂L/∂y of the result, the result y and the arguments, and
    returns the cotangent of its own argument:

        y = f(a, b):     a̅ = pull-back_a(g, y, a, b)     b̅ = pull-back_b(g, y, a, b)

    Written in functions that have rules themselves, it can be differentiated again.  None stands
    for an argument that is never differentiated.  Where pull-backs share their work, give
    `together(needed, g, y, a, b)` instead, which returns all of the cotangents and may leave None
    where `needed` is False.  `@rule(f)` takes the pull-back of the first argument from the
    definition below it.  Raises TypeError for what is no function.

    >>> from calclearn.calculus.autodiff import grad
    >>> @primitive
    ... def softplus(x):
    ...     return np.logaddexp(0, x)
    >>> rule(softplus, lambda g, y, x: g / (1 + np.exp(-x)))
    >>> grad(softplus)(0.0)
    0.5
    """
    if not callable(function):
        raise TypeError(f"function must be a function, got {type(function).__name__}")
    if not pullbacks and together is None:
        return lambda pullback: (rule(function, pullback), pullback)[1]
    given = [pullback for pullback in (*pullbacks, together) if pullback is not None]
    if not given or not all(map(callable, given)):
        raise TypeError(
            f"pullbacks must be functions or None, and one a function, got {pullbacks!r:.60}"
        )
    most = 0 if together else len(inspect.signature(given[0]).parameters)
    constants = [k for k in range(most) if pullbacks[k : k + 1] in ((), (None,))]
    elementwise = isinstance(function, np.ufunc) and function.signature is None
    TABLE[function] = TABLE[OPERATORS.get(function, function)] = Rule(
        name=function.__name__,
        operator=OPERATORS.get(function),
        pullbacks=pullbacks,
        together=together,
        keywords=parameters(given[0]),
        operands=frozenset(k for k, pullback in enumerate(pullbacks) if pullback),
        constants=tuple(constants),
        broadcasts=elementwise and function.nin > 1,
    )
    return None


def parameters(function: Callable) -> frozenset[str]:
    """The names that a function takes, and none where it takes any or hides them."""
    try:
        taken = inspect.signature(function).parameters.values()
    except ValueError:
        return frozenset()
    if any(p.kind is p.VAR_KEYWORD for p in taken):
        return frozenset()
    return frozenset(p.name for p in taken)


def primitive(function: Callable) -> Callable:
    """Make `function` one operation of the trace, which gets its derivative from `rule`.

    Traced arguments come by position, and the function is called with plain arrays only.  It may
    return a tuple: its pull-backs then receive a list of cotangents, None for a result that was not
    used.  Raises TypeError for what is no function.

    >>> from calclearn.calculus.autodiff import grad
    >>> @primitive
    ... def cube(x):
    ...     return x**3
    >>> rule(cube, lambda g, y, x: g * 3 * x**2)
    >>> grad(cube)(2.0)
    12.0
    """
    if not callable(function):
        raise TypeError(f"function must be a function, got {type(function).__name__}")

    @functools.wraps(function)
    def operation(*arguments, **keywords):
        if Traced in map(type, arguments) or (keywords and Traced in map(type, keywords.values())):
            return apply(operation, arguments, keywords)
        if any(type(a) in (list, np.ndarray) and has_traced(a) for a in arguments):
            return apply(operation, [operand(a) for a in arguments], keywords)
        return function(*arguments, **keywords)

    operation.primitive_of = function
    return operation


def rewritten(*functions: Callable, arrays: int = 1) -> Callable:
    """Differentiate `functions` as the definition below, made of functions with rules.

    The first `arrays` arguments are arrays, so lists and tuples among them become arrays.
    """

    def register(definition):
        rewriting = Rewriting(definition, arrays, parameters(definition))
        TABLE.update(dict.fromkeys(functions, rewriting))
        return definition

    return register


def constant(*functions: Callable) -> None:
    """Let `functions` compute with plain numbers: their slope is zero wherever there is one."""
    for function in functions:
        TABLE[function] = Rewriting(functools.partial(on_plain, function), 0, frozenset())


def on_plain(function, *arguments, **keywords):
    arguments = [operand(a) if has_traced(a) else a for a in arguments]
    return function(*plain(arguments), **{name: plain(value) for name, value in keywords.items()})


def refused(*functions: Callable, cure: str) -> None:
    """Let `functions` raise an error that names what to use instead."""

    def refusal(function, *_, **__):
        raise TypeError(f"{full_name(function)} has no derivative: {cure}")

    for function in functions:
        TABLE[function] = Rewriting(functools.partial(refusal, function), 0, frozenset())


def cast(a, dtype):
    """a.astype(dtype), a plain array where that has no slope."""
    return in_dtype(a, dtype) if np.dtype(dtype).kind in "fc" else plain(a).astype(dtype)


@primitive
def in_dtype(a, dtype):
    return a.astype(dtype)


rule(in_dtype, lambda g, y, a, dtype: in_dtype(g, a.dtype))
