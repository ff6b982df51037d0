"""A traced array computes as usual, and remembers how it came about.

    y = f(a, b)    is kept as    Traced(value of y, level, rule of f, arguments (a, b))

A function under `grad` stays plain NumPy code.  Python hands `a * b` to `__mul__`, and NumPy hands
every call that meets a traced array to `__array_ufunc__` (np.sin, np.add) or `__array_function__`
(np.sum, np.stack).  All of them do one thing, `apply`: compute the value, and make a node of it.

A `Traced` is no `ndarray`, so that nothing can slip past the table of rules: what would lose the
derivative is an error that names the cure.  NumPy may keep traced numbers as objects, though:
`np.array([x[0], 1.0])` computes with the operators below, and is stacked where it meets a function.

Two numbers order everything.  `level` says which differentiation a value belongs to: an inner one
starts later and has a larger level, and its values may be traced at the level below.  `born` counts
births downwards, so that the youngest value has the smallest.
"""

import functools
import inspect
import itertools
import operator
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calclearn.calculus import cures, structures
from calclearn.calculus.methods import Methods
from calclearn.calculus.structures import checked, has_traced, operand

births = itertools.count(0, -1)
STRONG = sys.maxsize  # the level of cotangents whose zeros are strong, see the module `strong`


class Traced(Methods):
    """An array with a memory: `value` is what `rule` made of `arguments`; an input has no rule.

    Those of the arguments that are traced at the same level are its parents; `values` are the
    arguments with the values of the parents in their place.
    """

    __slots__ = ("arguments", "born", "keywords", "level", "rule", "value", "values")
    __hash__ = None
    __pandas_priority__ = 5000  # a column of pandas leaves arithmetic to its partner's operators

    def __init__(self, value, level, rule=None, arguments=(), values=(), keywords=None):
        self.value = value
        self.level = level
        self.rule = rule
        self.arguments = arguments
        self.values = values
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
    def __floordiv__(self, other):  return apply(operator.floordiv, (self, other))
    def __rfloordiv__(self, other): return apply(operator.floordiv, (other, self))
    def __divmod__(self, other):    return self // other, self % other
    def __rdivmod__(self, other):   return other // self, other % self
    def __lt__(self, other):        return apply(operator.lt, (self, other))
    def __le__(self, other):        return apply(operator.le, (self, other))
    def __eq__(self, other):        return apply(operator.eq, (self, other))
    def __ne__(self, other):        return apply(operator.ne, (self, other))
    def __gt__(self, other):        return apply(operator.gt, (self, other))
    def __ge__(self, other):        return apply(operator.ge, (self, other))
    def __neg__(self):              return apply(operator.neg, (self,))
    def __pos__(self):              return apply(np.positive, (self,))
    def __abs__(self):              return apply(np.absolute, (self,))
    def __round__(self, digits=0):  return apply(np.round, (self, digits))
    def __bool__(self):             return bool(self.value)
    def __copy__(self):             return self
    def __deepcopy__(self, memo):   return self
    def __repr__(self):             return f"Traced({plain(self)!r})"
    def __format__(self, spec):     return format(plain(self), spec)
    def __getitem__(self, index):   return apply(operator.getitem, (self, index))
    def __iter__(self):             return iter([self[i] for i in range(len(self))])
    # fmt: on


def plain(x):
    """Return `x` without its trace, at every level: the number that a printout would show."""
    while type(x) is Traced:
        x = x.value
    return type(x)(map(plain, x)) if type(x) in (list, tuple) else x


def apply(function: Callable, arguments, keywords=None):
    """Call `function` on the values of the arguments, and make a node of what comes out.

    The node belongs to the innermost level among the arguments.  Their values may be traced at the
    level below, where NumPy then hands the same call to `apply` again.
    """
    rule = TABLE.get(function)
    if rule is None:
        raise cures.no_rule(function)
    if keywords:
        keywords = checked(function, rule, keywords)
    if rule.definition:
        arguments = [operand(a) if k in rule.operands else a for k, a in enumerate(arguments)]
        return rule.definition(*arguments, **keywords or {})
    level, values = -1, []
    for a in arguments:
        if type(a) is Traced:
            if a.level == level:
                a = a.value
            elif a.level > level:
                if level >= 0:  # those before it are constants at its level
                    values = [*arguments[: len(values)]]
                level, a = a.level, a.value
        elif type(a) not in NUMBERS and (k := len(values)) in rule.operands:
            array = operand(a)
            if array is not a:  # it was a list
                return apply(function, (*arguments[:k], array, *arguments[k + 1 :]), keywords)
            if not isinstance(a, ARRAYS) and function in OPERATIONS:
                return NotImplemented  # so Python asks the other class for its operator
        values.append(a)
    for k in rule.constants:
        if k < len(values) and values[k] is not arguments[k]:
            raise cures.refused(function, "argument", k)
    if level == STRONG and rule.name in STRONG_PRODUCTS:
        value = STRONG_PRODUCTS[rule.name](arguments, *values)
    else:
        value = function(*values, **keywords) if keywords else function(*values)
    node = Traced(value, level, rule, arguments, values, keywords)
    if not isinstance(value, tuple):
        return node
    outputs = [node[k] for k in range(len(value))]
    return type(value)(*outputs) if hasattr(value, "_fields") else tuple(outputs)


# The table
@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """How a function is differentiated: by pull-backs, or by a definition in other functions."""

    name: str
    pullbacks: tuple[Callable | None, ...] = ()
    together: Callable | None = None
    definition: Callable | None = None
    keywords: frozenset[str] = frozenset()  # that it takes; none where it takes any
    operands: frozenset[int] | range = frozenset()  # the arguments that are arrays, or lists
    constants: tuple[int, ...] = ()  # those that have no slope
    broadcasts: bool = False  # whether cotangents are summed over axes that were repeated


TABLE: dict[Callable, Rule] = {}
STRONG_PRODUCTS: dict[str, Callable] = {}
NUMBERS = {float, int, np.float64, np.float32}
ARRAYS = (Traced, np.ndarray, np.generic, int, float, complex)
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
OPERATIONS = set(OPERATORS.values())


def rule(function: Callable, *pullbacks: Callable | None, together: Callable | None = None):
    """Give `function` its derivative: one pull-back for each argument, in order.

    A pull-back receives the cotangent g = ∂L/∂y of the result, the result y and the arguments, and
    returns the cotangent of its own argument:

        y = f(a, b):     a̅ = pull-back_a(g, y, a, b)     b̅ = pull-back_b(g, y, a, b)

    Written in functions that have rules themselves, it can be differentiated again.  None stands
    for an argument that is never differentiated.  Where pull-backs share their work, give
    `together(needed, g, y, a, b)` instead, which returns all of the cotangents and may leave None
    where `needed` is False.  `@rule(f)` takes the pull-back of the first argument from the
    definition below it.  Raises TypeError for what is no function; a pull-back that takes or
    returns something else raises when it runs, and names `function`.

    >>> from calclearn.calculus.autodiff import grad
    >>> @primitive
    ... def softplus(x):
    ...     return np.logaddexp(0, x)
    >>> rule(softplus, lambda g, y, x: g / (1 + np.exp(-x)))
    >>> grad(softplus)(0.0)
    0.5
    """
    structures.function("function", function)
    if isinstance(function, types.FunctionType) and not hasattr(function, "__wrapped__"):
        raise TypeError(
            f"{function.__name__} must be one operation of the trace: put @primitive above it"
        )
    if not pullbacks and together is None:
        return lambda pullback: (rule(function, pullback), pullback)[1]
    given = [pullback for pullback in (*pullbacks, together) if pullback is not None]
    if not given or not all(map(callable, given)):
        raise TypeError(
            f"pullbacks must be functions or None, and one a function, got {pullbacks!r:.60}"
        )
    most = 0 if together else len(inspect.signature(given[0]).parameters) - 2  # without g and y
    elementwise = isinstance(function, np.ufunc) and function.signature is None
    broadcasts = elementwise and function.nin > 1
    if not broadcasts:
        pullbacks = tuple([cures.verified(function, p, k) for k, p in enumerate(pullbacks)])
        together = cures.verified(function, together)
    TABLE[function] = TABLE[OPERATORS.get(function, function)] = Rule(
        name=function.__name__,
        pullbacks=pullbacks,
        together=together,
        keywords=parameters(given[0]),
        operands=frozenset(k for k, pullback in enumerate(pullbacks) if pullback),
        constants=tuple(k for k in range(most) if not any(pullbacks[k : k + 1])),
        broadcasts=broadcasts,
    )
    return None


def parameters(function: Callable) -> frozenset[str]:
    """The names that a function takes, and none where it takes any."""
    taken = inspect.signature(function).parameters.values()
    free = any(p.kind is p.VAR_KEYWORD for p in taken)
    return frozenset() if free else frozenset(p.name for p in taken)


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
    structures.function("function", function)

    @functools.wraps(function)
    def operation(*arguments, **keywords):
        if Traced in map(type, arguments) or (keywords and Traced in map(type, keywords.values())):
            return apply(operation, arguments, keywords)
        for a in arguments:
            if (type(a) is list or (type(a) is np.ndarray and a.dtype.hasobject)) and has_traced(a):
                return apply(operation, [operand(a) for a in arguments], keywords)
        return function(*arguments, **keywords)

    return operation


def rewritten(*functions: Callable, arrays: int = 1) -> Callable:
    """Differentiate `functions` as the definition below, made of functions with rules.

    The first `arrays` arguments are arrays, so lists and tuples among them become arrays.
    """

    def register(definition):
        names = parameters(definition)
        for function in functions:
            TABLE[function] = Rule(function.__name__, (), None, definition, names, range(arrays))
        return definition

    return register
