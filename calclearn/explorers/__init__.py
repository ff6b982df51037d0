"""Figures that follow their sliders: one function a figure, and `explore` to make your own."""

from calclearn.explorers.cliffs import clipping_at_a_cliff
from calclearn.explorers.clinic import clinic, ward
from calclearn.explorers.controls import choice, coloured, log_slider, round_slider, slider
from calclearn.explorers.diagnosis import diagnose
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.forecasts import forecast
from calclearn.explorers.landscape import loss_landscape
from calclearn.explorers.live_training import training
from calclearn.explorers.sequences import error_through_time, truncated_gradient

__all__ = [
    "Explorer",
    "choice",
    "clinic",
    "clipping_at_a_cliff",
    "coloured",
    "diagnose",
    "error_through_time",
    "explore",
    "forecast",
    "log_slider",
    "loss_landscape",
    "round_slider",
    "slider",
    "training",
    "truncated_gradient",
    "ward",
]
