"""Figures that follow their sliders: one function a figure, and `explore` to make your own."""

from calclearn.explorers.areas import accumulated_area, expected_loss
from calclearn.explorers.controls import choice, coloured, log_slider, round_slider, slider
from calclearn.explorers.curves import family_of_lines, residual_squares
from calclearn.explorers.descents import each_weight, first_descent, learning_rate
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.graphs import backpropagation, learning_spirals
from calclearn.explorers.slopes import how_small_is_small, slope_at_a_point
from calclearn.explorers.surfaces import profiles, shape_of_the_bowl, which_way_is_down

__all__ = [
    "Explorer",
    "accumulated_area",
    "backpropagation",
    "choice",
    "coloured",
    "each_weight",
    "expected_loss",
    "explore",
    "family_of_lines",
    "first_descent",
    "how_small_is_small",
    "learning_rate",
    "learning_spirals",
    "log_slider",
    "profiles",
    "residual_squares",
    "round_slider",
    "shape_of_the_bowl",
    "slider",
    "slope_at_a_point",
    "which_way_is_down",
]
