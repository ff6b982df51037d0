"""Functions and drawings take the quantities that they name.

`compute`, a drawing's `update` and a caption say in their parameters what they need, and get it out
of a dict of quantities. What does not agree is answered in a sentence that lists what there is.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from calclearn.figures.printing import fields, filled, typeset


class Computing:
    """The author's `compute`, which names the controls that it takes."""

    def __init__(self, compute: Any, controls: dict) -> None:
        if not callable(compute):
            raise TypeError(f"compute must be a function, got {type(compute).__name__}")
        self.function, self.parameters = compute, parameters_of(compute, controls)
        missing = [
            name for name, needed in self.parameters.items() if needed and name not in controls
        ]
        if missing:
            raise TypeError(f"compute takes {listed(missing)}; the controls are {listed(controls)}")

    def names(self, values: dict) -> list[str]:
        return [name for name in self.parameters if name in values or not values]

    def __call__(self, inputs: dict) -> dict[str, Any]:
        result = self.function(**inputs)
        if not isinstance(result, dict):
            raise TypeError(f"compute must return a dict, got {type(result).__name__}")
        return result


class Shown:
    """A drawing, and where the quantities that its `update` names come from."""

    def __init__(self, drawing: Any) -> None:
        if not callable(getattr(drawing, "update", None)) or not hasattr(drawing, "ax"):
            raise TypeError(f"drawings must have update and ax, got {type(drawing).__name__}")
        self.drawing, self.ax, self.kind = drawing, drawing.ax, type(drawing).__name__
        self.moves = not getattr(drawing, "background", False)
        self.constants = getattr(drawing, "constants", {})
        declared = getattr(drawing, "parameters", None)  # a mark gets its names as data
        self.parameters = parameters_of(drawing.update) if declared is None else declared
        self.sources = {name: name for name in self.parameters} | dict(
            getattr(drawing, "sources", {})
        )

    def names(self, _values: dict) -> list[str]:
        drags = getattr(self.drawing, "drags", ())
        return [self.sources[name] for name in self.parameters] + list(drags)

    def update(self, quantities: dict) -> None:
        arguments = dict(self.constants)
        for name, needed in self.parameters.items():
            if name in self.constants:
                continue
            source = self.sources[name]
            if source in quantities:
                arguments[name] = quantities[source]
            elif needed:
                raise TypeError(f"{self.kind} takes {source!r}; there are {listed(quantities)}")
        self.drawing.update(**arguments)


class Caption:
    """The author's caption: a template, or a function that names quantities."""

    def __init__(self, caption: Any) -> None:
        if not callable(caption) and not isinstance(caption, str):
            raise TypeError(
                f"caption must be a template or a function, got {type(caption).__name__}"
            )
        self.caption = caption

    def names(self, values: dict) -> list[str]:
        if isinstance(self.caption, str):
            return fields(self.caption)
        return list(parameters_of(self.caption))

    def __call__(self, quantities: dict) -> str:
        if isinstance(self.caption, str):
            missing = [name for name in fields(self.caption) if name not in quantities]
            if missing:
                raise TypeError(
                    f"the caption names {listed(missing)}; there are {listed(quantities)}"
                )
            return filled(self.caption, quantities)
        text = call("the caption", self.caption, quantities)
        if not isinstance(text, str):
            raise TypeError(f"caption must return text, got {type(text).__name__}")
        return typeset(text)


def parameters_of(function: Callable, every: Iterable[str] = ()) -> dict[str, bool]:
    """Return the names that a function takes, and whether each has to be given.

    One that takes whatever it is given, `**values` or `dict` itself, takes `every` name.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # a built-in function that does not say
        return dict.fromkeys(every, True)
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if every and any(p.kind is p.VAR_KEYWORD for p in parameters):
        return dict.fromkeys(every, True)
    return {p.name: p.default is p.empty for p in parameters if p.kind not in kinds}


def call(who: str, function: Callable, quantities: dict) -> Any:
    """Call a function with the quantities that it names."""
    parameters = parameters_of(function)
    missing = [name for name, needed in parameters.items() if needed and name not in quantities]
    if missing:
        takes = "take" if who.endswith("s") else "takes"
        raise TypeError(f"{who} {takes} {listed(missing)}; there are {listed(quantities)}")
    return function(**{name: quantities[name] for name in parameters if name in quantities})


def listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def shown(drawings: Iterable[Any]) -> list[Shown]:
    """Return the drawings, ready to be updated with quantities by name."""
    try:
        each_shown = [Shown(each) for each in drawings]
    except TypeError as error:
        if "not iterable" not in str(error):
            raise
        raise TypeError(f"drawings must be a list, got {type(drawings).__name__}") from None
    if not each_shown:
        raise TypeError("drawings must hold at least one drawing, got none")
    figures = {getattr(each.ax, "figure", None) for each in each_shown if each.ax is not None}
    if len(figures) != 1 or None in figures:
        raise TypeError("drawings must be on panels of one figure, which one call of panels makes")
    return each_shown
