"""Figures that follow their sliders: `explore` makes them of controls, drawings and a caption."""

from calclearn.explorers.controls import choice, coloured, log_slider, round_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.live_training import training

__all__ = [
    "Explorer",
    "choice",
    "coloured",
    "explore",
    "log_slider",
    "round_slider",
    "slider",
    "training",
]
