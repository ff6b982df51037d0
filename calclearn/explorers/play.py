"""What has steps can be watched: a slider of steps, with Play, Back and Next.

Play runs in the browser and only moves the slider. It stops at the end, and goes there after the
last step of a shorter run; pressed there, it begins anew.
"""

import numbers
from typing import Any

import ipywidgets as widgets

from calclearn.descent.descend import Descent

SECONDS = 3.0  # that a whole film takes, where its pictures are neither too fast nor too slow
FASTEST, SLOWEST = 0.04, 0.5  # seconds a picture
TIMER = 10, 2**31 - 1  # milliseconds that a browser can wait


def last_step(quantities: dict[str, Any]) -> int:
    """Return the number of steps: `steps`, or those of the longest descent among the quantities.

    Raises TypeError where there is neither, or where `steps` is no number.
    """
    if "steps" in quantities:
        if not isinstance(steps := quantities["steps"], numbers.Real) or not 0 <= steps < 1e9:
            raise TypeError(f"steps must be their number, got {steps!r:.60}")
        return int(steps)
    values = list(quantities.values())
    for value in quantities.values():
        values += value.values() if isinstance(value, dict) else ()
        values += value if isinstance(value, list | tuple) else ()
    runs = [int(value.steps[-1]) for value in values if isinstance(value, Descent)]
    if not runs:
        raise TypeError(
            "play needs a control of that name, or a Descent, or a number `steps`, among the "
            f"quantities; there are {', '.join(quantities)}"
        )
    return max(runs)


def steps_of(control: widgets.IntSlider, quantities: dict[str, Any], name: str) -> tuple[int, int]:
    """Return the step to show, as the slider says, and the last one, which its end shows."""
    step = quantities[name]
    try:
        last = last_step({key: value for key, value in quantities.items() if key != name})
    except TypeError:  # what is played is no descent: the slider alone says how long it is
        return step, control.max
    return last if step >= control.max else min(step, last), last


def pace_of(control: widgets.IntSlider, pace: float | None) -> float:
    """Return the seconds of a picture: `pace`, or such that the film takes about three."""
    if pace is not None:
        return pace
    pictures = (control.max - control.min) / control.step
    return min(max(SECONDS / max(pictures, 1), FASTEST), SLOWEST)


def remote(control: widgets.IntSlider, pace: float) -> widgets.Box:
    """Return a row with Play, the slider, Back and Next; `pace` in seconds a picture."""
    interval = min(max(round(1000 * pace), TIMER[0]), TIMER[1])
    play = widgets.Play(
        value=control.value, min=control.min, max=control.max, step=control.step,
        interval=interval, show_repeat=False,
    )  # fmt: skip
    link = widgets.jslink((control, "value"), (play, "value"))  # the first sets the other

    def button(words: str, by: int) -> widgets.Button:
        def move(_) -> None:
            control.value = min(max(control.value + by, control.min), control.max)

        button = widgets.Button(description=words, layout=widgets.Layout(width="90px"))
        button.on_click(move)
        return button

    row = widgets.Layout(flex_flow="row wrap", align_items="center")
    back, forth = button("◀ Back", -control.step), button("Next ▶", control.step)
    box = widgets.Box([play, control, back, forth], layout=row)
    box.link = link  # so that it is closed with the row
    return box
