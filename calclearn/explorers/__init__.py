"""Figures that follow their sliders: one function a figure, and `explore` to make your own."""

from calclearn.explorers.clinic import clinic, ward
from calclearn.explorers.controls import choice, coloured, log_slider, round_slider, slider
from calclearn.explorers.diagnosis import diagnose
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.landscape import loss_landscape
from calclearn.explorers.live_training import training

__all__ = [
    "Explorer",
    "choice",
    "clinic",
    "coloured",
    "diagnose",
    "explore",
    "log_slider",
    "loss_landscape",
    "round_slider",
    "slider",
    "training",
    "ward",
]
