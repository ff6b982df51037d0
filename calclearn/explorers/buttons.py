"""Buttons beside a figure only move one of its sliders: whatever they do can be undone by hand."""

import ipywidgets as widgets

from calclearn.explorers.explore import Explorer


def with_buttons(explorer: Explorer, name: str, *, stride: int = 1, interval: int) -> Explorer:
    """Put Play, Back and Next, which move one of its sliders, above an explorer's figure.

    Play runs in the browser, one `stride` each `interval` milliseconds.
    """
    control = explorer.controls[name]
    limits = {"min": control.min, "max": control.max}
    play = widgets.Play(value=control.value, step=stride, interval=interval, **limits)
    widgets.jslink((control, "value"), (play, "value"))  # in this order: the first sets the other

    def button(words: str, by: int) -> widgets.Button:
        def move(_) -> None:
            control.value = min(max(control.value + by, control.min), control.max)

        button = widgets.Button(description=words, layout=widgets.Layout(width="90px"))
        button.on_click(move)
        return button

    remote = widgets.HBox([play, button("◀ Back", -stride), button("Next ▶", stride)])
    row, *rest = explorer.widget.children
    explorer.widget.children = (row, remote, *rest)
    return explorer
