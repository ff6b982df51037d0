"""How a function gets its derivative: by a rule, by a rewriting, or by being a constant.

The one decision: a derivative is data.  A :class:`Rule` is a function and the pull-backs of its
arguments, side by side in one table, and a learner adds a line to it in the way the package does.

It stands between ``tracing`` and ``rules`` because both are about something else: what an array
with a memory is, and what the derivatives of NumPy's functions are.
"""

import functools
import inspect
import sys
from collections.abc import Callable

import numpy as np

from calclearn.calculus.tracing import TABLE, UNARY, Traced, full_name, no_rule, plain


class Rule:
    """A function with the pull-backs of its arguments, called in its place on traced arrays."""

    __slots__ = (
        *("arity", "broadcasts", "function", "keywords"),
        *("name", "pullbacks", "refused", "together"),
    )

    def __init__(self, function: Callable, pullbacks: tuple = (), together: Callable | None = None):
        self.function = function
        self.name = function.__name__
        self.pullbacks = pullbacks
        self.together = together
        self.arity = sys.maxsize if together else len(pullbacks)
        self.refused = [k for k, pullback in enumerate(pullbacks) if pullback is None]
        elementwise = isinstance(function, np.ufunc) and function.signature is None
        self.broadcasts = elementwise and function.nin > 1
        self.keywords = parameters(together or next(filter(None, pullbacks)))

    def __call__(self, *arguments, **keywords):
        if keywords:
            keywords = self._known(keywords)
        level = -1
        for a in arguments:
            if type(a) is Traced and a.level > level:
                level = a.level
        if level < 0:
            return self.function(*arguments, **keywords)
        values, parents, nested = [], [], False
        for a in arguments:
            parent = None
            if type(a) is Traced:
                if a.level == level:
                    parent, a = a, a.value
                nested = nested or type(a) is Traced
            elif type(a) is list:
                a = np.asarray(a)
            values.append(a)
            parents.append(parent)
        for k in self.refused:
            self._refuse(k, *parents[k : k + 1])
        if len(parents) > self.arity:
            self._refuse(self.arity, *parents[self.arity :])
        value = (self if nested else self.function)(*values, **keywords)
        node = Traced(value, level, self, values, keywords, parents)
        if not isinstance(value, tuple):
            return node
        outputs = [node[k] for k in range(len(value))]
        return type(value)(*outputs) if hasattr(value, "_fields") else tuple(outputs)

    def _refuse(self, first, *parents):
        for k, parent in enumerate(parents, first):
            if parent is not None:
                raise TypeError(
                    f"{full_name(self.function)} has no derivative with respect to its argument "
                    f"{k}: pass a plain number there"
                )

    def _known(self, keywords):
        """Return the keywords that the pull-backs know; refuse any other that says something."""
        for name, value in keywords.items():
            if type(value) is Traced:
                raise TypeError(f"{full_name(self.function)} under grad takes {name} by position")
            if self.keywords and name not in self.keywords and value is not None:
                raise TypeError(f"{full_name(self.function)} under grad has no keyword {name!r}")
        known = self.keywords or keywords
        return {name: value for name, value in keywords.items() if name in known}


def parameters(pullback: Callable) -> tuple[str, ...]:
    """Return the names that a pull-back takes, and none where it takes any."""
    code = getattr(pullback, "__code__", None)
    if code is None or code.co_flags & inspect.CO_VARKEYWORDS:
        return ()
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def rule(function: Callable, *pullbacks: Callable | None, together: Callable | None = None):
    """Give `function` its derivative: one pull-back for each argument, in order.

    A pull-back receives the cotangent g = ∂L/∂y of the result, the result y and the arguments, and
    returns the cotangent of its own argument:

        y = f(a, b):     a̅ = pull-back_a(g, y, a, b)     b̅ = pull-back_b(g, y, a, b)

    Written in functions that have rules themselves, it can be differentiated again.  None stands
    for an argument that is never differentiated.  Where pull-backs share their work, give
    ``together(needed, g, y, a, b)`` instead, which returns all of the cotangents and may leave None
    where ``needed`` is False.  ``@rule(f)`` takes the pull-back of the first argument from the
    definition below it.

    >>> from calclearn.calculus.autodiff import grad
    >>> rule(np.sinc, lambda g, y, a: g * (np.cos(np.pi * a) - y) / a)
    >>> round(grad(np.sinc)(0.5), 6)
    -1.27324
    """
    if not callable(function):
        raise TypeError(f"function must be a function, got {type(function).__name__}")
    if not pullbacks and together is None:
        return lambda pullback: (rule(function, pullback), pullback)[1]
    found = [pullback for pullback in (*pullbacks, together) if pullback is not None]
    if not found or not all(map(callable, found)):
        raise TypeError(
            f"pullbacks must be functions or None, and one a function, got {pullbacks!r:.60}"
        )
    made = Rule(getattr(function, "primitive_of", function), pullbacks, together)
    TABLE[function] = made
    if isinstance(function, np.ufunc) and function.nin == function.nout == 1:
        UNARY[function] = made
    return None


def primitive(function: Callable) -> Callable:
    """Make `function` one operation of the trace, which gets its derivative from `rule`.

    Traced arguments come by position, and the function sees plain arrays only.  It may return a
    tuple: its pull-backs then receive a list of cotangents, None for a result that was not used.

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

    @functools.wraps(function)
    def operation(*arguments, **keywords):
        if Traced in map(type, arguments) or (keywords and Traced in map(type, keywords.values())):
            if operation not in TABLE:
                raise no_rule(operation)
            return TABLE[operation](*arguments, **keywords)
        return function(*arguments, **keywords)

    operation.primitive_of = function
    return operation


def rewritten(*functions: Callable) -> Callable:
    """Differentiate `functions` through the definition below, made of functions with rules."""

    def register(definition):
        for function in functions:
            TABLE[function] = definition
            UNARY.pop(function, None)
        return definition

    return register


def constant(*functions: Callable) -> None:
    """Let `functions` see plain numbers: their slope is zero wherever there is one."""
    for function in functions:
        rewritten(function)(functools.partial(_on_plain, function))


def _on_plain(function, *arguments, **keywords):
    return function(*plain(arguments), **{name: plain(value) for name, value in keywords.items()})
