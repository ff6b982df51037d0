"""Figures that follow their sliders: one function a figure, and `explore` to make your own."""

from calclearn.explorers.cliffs import clipping_at_a_cliff
from calclearn.explorers.controls import choice, coloured, log_slider, round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.forecasts import forecast
from calclearn.explorers.images import gradient_routing, sliding_kernel
from calclearn.explorers.learned import filters_and_mistakes, one_image
from calclearn.explorers.live_training import training
from calclearn.explorers.sequences import error_through_time, truncated_gradient

__all__ = [
    "Explorer",
    "choice",
    "clipping_at_a_cliff",
    "coloured",
    "error_through_time",
    "explore",
    "filters_and_mistakes",
    "forecast",
    "gradient_routing",
    "log_slider",
    "one_image",
    "round_slider",
    "slider",
    "sliding_kernel",
    "training",
    "truncated_gradient",
]
