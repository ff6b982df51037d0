"""Figures that follow their sliders: one function a figure, and `explore` to make your own."""

from calclearn.explorers.controls import choice, coloured, log_slider, round_slider, slider
from calclearn.explorers.curves import family_of_lines, residual_squares
from calclearn.explorers.descents import each_weight, first_descent, learning_rate
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.surfaces import profiles, shape_of_the_bowl, which_way_is_down

__all__ = [
    "Explorer",
    "choice",
    "coloured",
    "each_weight",
    "explore",
    "family_of_lines",
    "first_descent",
    "learning_rate",
    "log_slider",
    "profiles",
    "residual_squares",
    "round_slider",
    "shape_of_the_bowl",
    "slider",
    "which_way_is_down",
]
