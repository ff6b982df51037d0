"""Functions and drawings take the quantities that they name.

`compute`, a drawing's `update` and a caption say in their parameters what they need, and get it out
of a dict of quantities. What does not agree is answered in a sentence that lists what there is.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from calclearn.figures.printing import fields, filled, typeset


class Taker:
    """A function, and the quantities that it takes: what its parameters name, or their `sources`.

    `who` begins the sentence on what is missing: "the caption takes". `parameters`, {name: whether
    it is needed}, are by default those that the function names.
    """

    def __init__(
        self, who: str, function: Callable, parameters: dict[str, bool] | None = None, sources=None
    ) -> None:
        self.who, self.function = who, function
        self.parameters = parameters_of(function) if parameters is None else parameters
        self.sources = {name: (sources or {}).get(name, name) for name in self.parameters}
        self.names = list(self.sources.values())

    def taken(self, quantities: dict[str, Any], there: str = "there are") -> dict[str, Any]:
        """Return what the function takes of the quantities; raise TypeError for what is missing."""
        needed = [self.sources[name] for name, needed in self.parameters.items() if needed]
        if missing := [name for name in needed if name not in quantities]:
            raise TypeError(f"{self.who} {listed(missing)}; {there} {listed(quantities)}")
        return {
            name: quantities[source]
            for name, source in self.sources.items()
            if source in quantities
        }

    def __call__(self, quantities: dict[str, Any]) -> Any:
        return self.function(**self.taken(quantities))


class Shown(Taker):
    """A drawing, which `update` moves; its constants are no quantities."""

    def __init__(self, drawing: Any) -> None:
        if not callable(getattr(drawing, "update", None)) or not hasattr(drawing, "ax"):
            raise TypeError(f"drawings must have update and ax, got {type(drawing).__name__}")
        self.drawing, self.kind = drawing, type(drawing).__name__
        parameters = getattr(drawing, "parameters", None)  # a mark gets its names as data
        parameters = parameters_of(drawing.update) if parameters is None else parameters
        constants = getattr(drawing, "constants", {})
        super().__init__(
            f"{self.kind} takes",
            lambda **taken: drawing.update(**taken, **constants),
            {name: needed for name, needed in parameters.items() if name not in constants},
            getattr(drawing, "sources", {}),
        )


def computing(compute: Any, controls: dict) -> Taker:
    """Return the author's `compute`, which names the controls that it takes."""
    if not callable(compute):
        raise TypeError(f"compute must be a function, got {type(compute).__name__}")
    checked = _returning(dict, "compute must return a dict", compute)
    taker = Taker("compute takes", checked, parameters_of(compute, controls))
    taker.taken(controls, "the controls are")
    return taker


def describing(caption: Any) -> Taker:
    """Return the author's caption: a template, or a function that names quantities."""
    if isinstance(caption, str):
        names = dict.fromkeys(fields(caption), True)
        return Taker("the caption names", lambda **taken: filled(caption, taken), names)
    if not callable(caption):
        raise TypeError(f"caption must be a template or a function, got {type(caption).__name__}")
    checked = _returning(str, "caption must return text", caption)
    return Taker(
        "the caption takes", lambda **taken: typeset(checked(**taken)), parameters_of(caption)
    )


def shown(drawings: Iterable[Any]) -> list[Shown]:
    """Return the drawings, ready to be updated with quantities by name."""
    if not isinstance(drawings, Iterable):
        raise TypeError(f"drawings must be a list, got {type(drawings).__name__}")
    each_shown = [Shown(each) for each in drawings]
    if not each_shown:
        raise TypeError("drawings must hold at least one drawing, got none")
    axes = [each.drawing.ax for each in each_shown if each.drawing.ax is not None]
    figures = {getattr(ax, "figure", None) for ax in axes}
    if len(figures) != 1 or None in figures:
        raise TypeError("drawings must be on panels of one figure, which one call of panels makes")
    return each_shown


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


def listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _returning(kind: type, must: str, function: Callable) -> Callable:
    def checked(**taken: Any) -> Any:
        result = function(**taken)
        if not isinstance(result, kind):
            raise TypeError(f"{must}, got {type(result).__name__}")
        return result

    return checked
