"""Figures that follow their sliders: one function a figure, and `explore` to make your own."""

from calclearn.explorers.clinic import clinic, ward
from calclearn.explorers.controls import choice, coloured, log_slider, round_slider, slider
from calclearn.explorers.diagnosis import diagnose
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.images import gradient_routing, sliding_kernel
from calclearn.explorers.landscape import loss_landscape
from calclearn.explorers.learned import filters_and_mistakes, one_image
from calclearn.explorers.live_training import training

__all__ = [
    "Explorer",
    "choice",
    "clinic",
    "coloured",
    "diagnose",
    "explore",
    "filters_and_mistakes",
    "gradient_routing",
    "log_slider",
    "loss_landscape",
    "one_image",
    "round_slider",
    "slider",
    "sliding_kernel",
    "training",
    "ward",
]
