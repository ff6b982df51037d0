"""Drawings on matplotlib: `from calclearn.figures import *` is enough for a cell.

It brings every drawing and mark of this folder's modules, `panels` and `legend_below`. They are
imported when the first of them is asked for, so that one module does not cost all.
"""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules


def _public() -> dict[str, object]:
    """Return the drawings by name: the public classes with an `update`, and what makes panels."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    style = import_module(f"{__name__}.style")
    drawings = {
        name: kind
        for module in modules
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == module.__name__
        if hasattr(kind, "update") and not name.startswith("_")
    }
    return drawings | {"panels": style.panels, "legend_below": style.legend_below}


def __getattr__(name: str):
    if name.startswith("__") and name != "__all__":  # what Python itself looks for
        raise AttributeError(name)
    if find_spec(f"{__name__}.{name}"):
        return import_module(f"{__name__}.{name}")
    drawings = _public()
    names = globals() | drawings | {"__all__": sorted(drawings)}
    if name not in names:
        raise AttributeError(f"calclearn.figures has no {name!r}; it has {', '.join(drawings)}")
    globals().update(drawings, __all__=names["__all__"])
    return names[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *_public()})
