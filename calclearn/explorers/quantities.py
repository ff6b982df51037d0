"""Functions and drawings take the quantities that they name, and with `**quantities` all of them.

`compute`, a drawing's `update` and a caption say in their parameters what they need, and get it out
of a dict of quantities. What does not agree is answered in a sentence that lists what there is.
"""

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from calclearn.figures.printing import fields, filled, typeset

ALL = "**"  # the parameter of a function that takes whatever it is given


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
        given = {name: quantities[by] for name, by in self.sources.items() if by in quantities}
        return quantities | given if ALL in self.sources else given

    def __call__(self, quantities: dict[str, Any]) -> Any:
        return self.function(**self.taken(quantities))


class Shown(Taker):
    """A drawing, which `update` moves; its constants are no quantities."""

    def __init__(self, drawing: Any) -> None:
        came = type(drawing).__name__
        if isinstance(drawing, type):
            raise TypeError(f"drawings must be made first, got the class {drawing.__name__}")
        if not callable(getattr(drawing, "update", None)) or not hasattr(drawing, "ax"):
            raise TypeError(f"drawings must have update and ax, got {came}")
        if drawing.ax is not None and getattr(drawing.ax, "figure", None) is None:
            raise TypeError(f"ax of {came} must be one of the panels, got {drawing.ax!r:.60}")
        self.drawing, self.kind = drawing, came
        # Its own, where the axes stand on a subfigure.
        self.figure = None if drawing.ax is None else drawing.ax.figure.canvas.figure
        parameters = getattr(drawing, "parameters", None)  # a mark gets its names as data
        if parameters is None and not (parameters := parameters_of(drawing.update)):
            raise TypeError(f"update of {came} must name, after self, quantities that it shows")
        self.drags = getattr(drawing, "drags", ())
        if isinstance(self.drags, str):
            raise TypeError(f"drags of {came} must be a tuple of names, got {self.drags!r:.60}")
        constants = getattr(drawing, "constants", {})
        super().__init__(
            f"{self.kind} takes",
            lambda **taken: drawing.update(**taken, **constants),
            {name: needed for name, needed in parameters.items() if name not in constants},
            getattr(drawing, "sources", {}),
        )

    def __call__(self, quantities: dict[str, Any]) -> None:
        try:
            super().__call__(quantities)
        except BaseException:
            # What failed half-way is drawn anew.
            getattr(self.drawing, "__dict__", {}).pop("_shown", None)
            raise


def computing(compute: Any, controls: dict) -> Taker:
    """Return the author's `compute`, which names the controls that it takes."""
    if not callable(compute):
        raise TypeError(f"compute must be a function, got {type(compute).__name__}")
    taker = Taker("compute takes", _returning(dict, "compute must return a dict", compute))
    taker.taken(controls, "the controls are")
    return taker


def describing(caption: Any) -> Taker:
    """Return the author's caption: a template, or a function that names quantities."""
    if isinstance(caption, str):
        names = dict.fromkeys(fields(caption), True)
        return Taker("the caption names", lambda **taken: filled(caption, taken), names)
    if not callable(caption):
        raise TypeError(f"caption must be a template or a function, got {type(caption).__name__}")
    checked = _returning(str, "caption must return text", caption, typeset)
    return Taker("the caption takes", checked)


def bands(function: Callable) -> Taker:
    """Return the author's bands of a track."""
    must = "bands must return a list of (upper end, colour)"
    return Taker("the bands take", _returning(list, must, function))


def shown(drawings: Iterable[Any]) -> list[Shown]:
    """Return the drawings, ready to be updated with quantities by name."""
    if not isinstance(drawings, Iterable):
        raise TypeError(f"drawings must be a list, got {type(drawings).__name__}")
    each_shown = [Shown(each) for each in drawings]
    if not each_shown:
        raise TypeError("drawings must hold at least one drawing, got none")
    if len({each.figure for each in each_shown} - {None}) != 1:
        raise TypeError("drawings must be on panels of one figure, which one call of panels makes")
    return each_shown


def parameters_of(function: Callable) -> dict[str, bool]:
    """Return the names that a function takes, and whether each has to be given.

    One that takes whatever it is given, `**values` or `dict` itself, has the name `ALL`.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # a built-in function that does not say
        return {ALL: False}
    names = {}
    for p in parameters:
        if p.kind is p.POSITIONAL_ONLY:
            raise TypeError(f"quantities are given by name: {p.name} must not stand before a /")
        if p.kind is not p.VAR_POSITIONAL:
            every = p.kind is p.VAR_KEYWORD
            names[ALL if every else p.name] = not every and p.default is p.empty
    return names


def listed(names: Iterable[Any]) -> str:
    return ", ".join(map(str, names)) or "none"


def _returning(kind: type, must: str, function: Callable, then: Callable | None = None) -> Callable:
    @wraps(function, updated=())
    def checked(**taken: Any) -> Any:
        result = function(**taken)
        if not isinstance(result, kind):
            raise TypeError(f"{must}, got {type(result).__name__}")
        return then(result) if then else result

    return checked
