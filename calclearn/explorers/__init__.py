"""Figures that follow their sliders: one function a figure, and `explore` to make your own."""

from calclearn.explorers.areas import accumulated_area, expected_loss
from calclearn.explorers.basins import ball_on_a_curve, basin_map, noisy_saddle
from calclearn.explorers.controls import choice, coloured, log_slider, round_slider, slider
from calclearn.explorers.curvature import newton_on_a_curve, newton_on_a_map, race_by_curvature
from calclearn.explorers.curves import family_of_lines, residual_squares
from calclearn.explorers.descents import each_weight, first_descent, learning_rate
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.graphs import backpropagation, learning_spirals
from calclearn.explorers.loops import lying_loop, training
from calclearn.explorers.memory import adam_step_by_step, race_with_memory
from calclearn.explorers.noise import effect_of_schedules, noise_of_batches, race_of_batches
from calclearn.explorers.slopes import how_small_is_small, slope_at_a_point
from calclearn.explorers.surfaces import profiles, shape_of_the_bowl, which_way_is_down

__all__ = [
    "Explorer",
    "accumulated_area",
    "adam_step_by_step",
    "backpropagation",
    "ball_on_a_curve",
    "basin_map",
    "choice",
    "coloured",
    "each_weight",
    "effect_of_schedules",
    "expected_loss",
    "explore",
    "family_of_lines",
    "first_descent",
    "how_small_is_small",
    "learning_rate",
    "learning_spirals",
    "log_slider",
    "lying_loop",
    "newton_on_a_curve",
    "newton_on_a_map",
    "noise_of_batches",
    "noisy_saddle",
    "profiles",
    "race_by_curvature",
    "race_of_batches",
    "race_with_memory",
    "residual_squares",
    "round_slider",
    "shape_of_the_bowl",
    "slider",
    "slope_at_a_point",
    "training",
    "which_way_is_down",
]
