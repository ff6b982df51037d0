"""Figures that follow their sliders: one function a figure, and `explore` to make your own."""

from calclearn.explorers.basins import ball_on_a_curve, basin_map, noisy_saddle
from calclearn.explorers.cliffs import clipping_at_a_cliff
from calclearn.explorers.clinic import clinic, ward
from calclearn.explorers.controls import choice, coloured, log_slider, round_slider, slider
from calclearn.explorers.curvature import newton_on_a_curve, newton_on_a_map, race_by_curvature
from calclearn.explorers.diagnosis import diagnose
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.forecasts import forecast
from calclearn.explorers.images import gradient_routing, sliding_kernel
from calclearn.explorers.landscape import loss_landscape
from calclearn.explorers.learned import filters_and_mistakes, one_image
from calclearn.explorers.live_training import training
from calclearn.explorers.memory import adam_step_by_step, race_with_memory
from calclearn.explorers.noise import effect_of_schedules, noise_of_batches, race_of_batches
from calclearn.explorers.sequences import error_through_time, truncated_gradient

__all__ = [
    "Explorer",
    "adam_step_by_step",
    "ball_on_a_curve",
    "basin_map",
    "choice",
    "clinic",
    "clipping_at_a_cliff",
    "coloured",
    "diagnose",
    "effect_of_schedules",
    "error_through_time",
    "explore",
    "filters_and_mistakes",
    "forecast",
    "gradient_routing",
    "log_slider",
    "loss_landscape",
    "newton_on_a_curve",
    "newton_on_a_map",
    "noise_of_batches",
    "noisy_saddle",
    "one_image",
    "race_by_curvature",
    "race_of_batches",
    "race_with_memory",
    "round_slider",
    "slider",
    "sliding_kernel",
    "training",
    "truncated_gradient",
    "ward",
]
