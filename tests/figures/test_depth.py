"""Drawings of depth: sizes on one logarithmic axis, neurons on their curve, losses with a step."""

import numpy as np
import pytest

from calclearn.figures.depth import (
    FIRST_WEIGHTS,
    GRADIENTS,
    PRODUCTS,
    SIGNALS,
    SIZES,
    ByLayer,
    Losses,
    Neurons,
)
from calclearn.figures.style import INITIALS, panels


@pytest.mark.parametrize("looks", [GRADIENTS, SIGNALS, PRODUCTS, FIRST_WEIGHTS])
def test_curves_differ_in_more_than_colour(looks):
    seen = {
        (str(look.get("ls", "-")), look.get("marker", ""), look["color"]) for look in looks.values()
    }
    plain = {(style, marker) for style, marker, _ in seen}
    assert len(plain) == len(looks)


def test_sizes_are_drawn_by_layer_and_run_along_the_edge_outside(ax):
    drawing, k = ByLayer(ax, SIGNALS, "sizes"), np.arange(1, 5)
    drawing.update({"size": (k, np.array([1e-40, 1e-3, 1e3, 1e40])), "spread": (k[:0], k[:0])})
    assert ax.get_yscale() == "log"
    assert drawing.lines["size"].get_xdata().tolist() == [1, 2, 3, 4]
    assert drawing.lines["size"].get_ydata() == pytest.approx([SIZES[0], 1e-3, 1e3, SIZES[1]])
    assert len(drawing.lines["spread"].get_xdata()) == 0


def test_first_weights_keep_their_look_in_both_panels():
    left, right = panels("flat", "flat")
    losses = Losses(left, "loss", steps=10, limits=(1e-3, 1e2), nothing=1.0)
    norms = ByLayer(right, FIRST_WEIGHTS, "norms")
    assert list(losses.lines) == list(norms.lines) == list(INITIALS)
    for name, line in losses.lines.items():
        assert line.get_color() == norms.lines[name].get_color() == INITIALS[name][0]
        assert line.get_linestyle() == norms.lines[name].get_linestyle()


def test_losses_show_the_step_that_is_looked_at(ax):
    drawing = Losses(ax, "loss", steps=10, limits=(1e-3, 1e2), nothing=1.0)
    curve = np.arange(3), np.array([1.0, 0.5, 1e9])
    drawing.update(dict.fromkeys(INITIALS, curve), 2)
    assert drawing.now.get_xdata() == [2, 2]
    assert drawing.lines["He"].get_ydata() == pytest.approx([1.0, 0.5, 1e2])


def test_neurons_stand_on_the_curve_or_at_the_edge(ax):
    drawing, z = Neurons(ax), np.linspace(-9, 9, 19)
    curves = {"function": (z, np.tanh(z)), "slope": (z, 1 - np.tanh(z) ** 2)}
    drawing.update(curves | {"neurons": (np.array([0.5, 30.0]), np.array([np.tanh(0.5), 1e9]))})
    (low, high), (_, top) = ax.get_xlim(), ax.get_ylim()
    dots = drawing.lines["neurons"].get_xydata()
    assert dots == pytest.approx(np.array([[0.5, np.tanh(0.5)], [high, top]]))
    assert drawing.lines["function"].get_xydata() == pytest.approx(np.column_stack([z, np.tanh(z)]))
    assert -low == high
