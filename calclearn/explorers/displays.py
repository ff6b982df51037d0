"""Which cell has which figure, so that a cell that runs again frees what it showed before.

Jupyter keeps all widgets until the kernel ends, although nobody can see those whose output is gone.
A variable, or another cell, may still have the figure: it opens again when it is shown.
"""

import weakref
from collections.abc import Iterator
from typing import Any

from IPython import get_ipython
from ipywidgets import Box, Widget

_shown: dict[str, weakref.WeakSet] = {}  # by the cell's name: the figures that it has
_watched: weakref.WeakSet = weakref.WeakSet()  # the shells that say when a cell runs


def note_display(figure: Any) -> None:
    """Remember which cell makes or displays the figure, where the frontend names its cells."""
    shell = get_ipython()
    try:
        cell = shell.get_parent()["metadata"]["cellId"]
    except (AttributeError, LookupError, TypeError):
        return
    _shown.setdefault(cell, weakref.WeakSet()).add(figure)
    if shell not in _watched:
        _watched.add(shell)
        shell.events.register("pre_run_cell", _close_what_it_showed)


def _close_what_it_showed(info: Any) -> None:
    for figure in _shown.pop(getattr(info, "cell_id", None), ()):
        if not any(figure in others for others in _shown.values()):
            figure.close()


def widget_parts(widget: Widget) -> Iterator[Widget]:
    """Return a widget after all that are part of it, as a browser needs them."""
    for child in widget.children if isinstance(widget, Box) else ():
        yield from widget_parts(child)
    for name in ("layout", "style", "link"):
        if isinstance(getattr(widget, name, None), Widget):
            yield getattr(widget, name)
    yield widget


def reopen(widget: Widget) -> None:
    """Open what has been closed, by `close()` or by `Widget.close_all()`."""
    for part in widget_parts(widget):
        if part.comm is None:
            vars(part).pop("_repr_mimebundle_", None)  # `close` has put None in its place
            part.open()
