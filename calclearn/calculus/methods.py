"""What a traced array has of an array beside its operators, and what it refuses.

    x.sum(axis=0)    is    np.sum(x, axis=0)

Conversions to plain numbers would lose the derivative: each of them is an error with its cure.
"""

import functools

import numpy as np

from calclearn.calculus.cures import CURES, lost

running: set[int] = set()  # the levels whose function has not returned yet


class Methods:
    """Attributes and methods of NumPy's arrays, of an object with a `value`."""

    __slots__ = ()

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    dtype = property(lambda self: self.value.dtype)
    itemsize = property(lambda self: self.value.itemsize)
    nbytes = property(lambda self: self.value.nbytes)
    T = property(lambda self: self.__array_function__(np.transpose, (), (self,), {}))
    mT = property(lambda self: np.swapaxes(self, -1, -2))  # noqa: N815  NumPy's own name
    real = property(lambda self: self)
    imag = property(lambda self: np.imag(self))

    def __len__(self):
        if not self.shape:
            raise TypeError("a traced number has no length and cannot be unpacked: its shape is ()")
        return len(self.value)

    def reshape(self, *shape, **keywords):
        shape = shape[0] if len(shape) == 1 else shape
        return self.__array_function__(np.reshape, (), (self, shape), keywords)

    def transpose(self, *axes):
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def _lost(self, conversion, *_, **__):
        raise lost(conversion, self.level in running)

    __float__ = functools.partialmethod(_lost, "float(x)")
    __int__ = functools.partialmethod(_lost, "int(x)")
    __index__ = functools.partialmethod(_lost, "an index x")
    __complex__ = functools.partialmethod(_lost, "complex(x)")
    __setitem__ = functools.partialmethod(_lost, "x[0] = 1")
    __delitem__ = functools.partialmethod(_lost, "del x[0]")


def method(function):
    """The method by which x.sum(axis=0) is np.sum(x, axis=0)."""
    return lambda x, *arguments, **keywords: function(x, *arguments, **keywords)


# Methods of the class, as a `__getattr__` would slow each attribute of a traced array down.
# NumPy's ufuncs are among them: np.sin of an array of objects asks each of them for its `sin`.
Methods.flatten = method(np.ravel)
Methods.compress = lambda x, condition, *more, **k: np.compress(condition, x, *more, **k)
for name, function in vars(np).items():
    unary = isinstance(function, np.ufunc) and function.nin == 1
    if unary or (callable(function) and hasattr(np.ndarray, name) and not hasattr(Methods, name)):
        setattr(Methods, name, method(function))
for conversion in CURES:
    if conversion.endswith("()"):
        name = conversion.removeprefix("x.").removesuffix("()")
        setattr(Methods, name, functools.partialmethod(Methods._lost, conversion))
