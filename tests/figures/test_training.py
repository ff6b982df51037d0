"""What the curves of a training put on the paper, and when their axes stride on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from calclearn.figures.style import panels
from calclearn.figures.training import CurvesByStep, decades, round_limits

LOOKS = {"mini-batch loss": {"marker": "o"}, "held-out loss": {"marker": "s"}}


def measured(last, **curves):
    return last, {
        f"{name.replace('_', '-')} loss": np.array([range(len(values)), values], float)
        for name, values in curves.items()
    }


@pytest.fixture
def curves():
    return CurvesByStep(panels("flat")[0], LOOKS, title="loss (nat)", log=True)


def test_curves_end_in_their_markers_and_have_a_legend(curves):
    curves.update(*measured(600, mini_batch=[2.3, 0.9, 0.8], held_out=[2.3, 1.0, 0.9]))
    batch, held_out = curves.lines.values()
    assert np.array_equal(batch.get_data(), [[0, 1, 2], [2.3, 0.9, 0.8]])
    assert np.array_equal(held_out.get_data(), [[0, 1, 2], [2.3, 1.0, 0.9]])
    assert [line.get_markevery() for line in (batch, held_out)] == [[-1], [-1]]
    assert [text.get_text() for text in curves.ax.get_legend().get_texts()] == [
        "mini-batch", "held-out",
    ]  # fmt: skip
    assert curves.ax.get_xlim() == (0, 600)
    assert (curves.ax.get_yscale(), curves.ax.get_title()) == ("log", "loss (nat)")


def test_only_a_curve_that_leaves_the_axes_moves_them(curves):
    curves.update(*measured(9, mini_batch=[2.3], held_out=[2.3]))
    curves.ax.figure.stale = False
    curves.update(*measured(9, mini_batch=[2.3, 0.1], held_out=[2.3, 0.9]))
    assert not curves.ax.figure.stale
    curves.update(*measured(9, mini_batch=[2.3, 0.1, 0.02], held_out=[2.3, 0.9, 0.8]))
    assert curves.ax.figure.stale
    assert curves.ax.get_ylim() == pytest.approx((0.01, 10**0.5))


def test_an_axis_is_linear_where_a_loss_is_below_zero_and_holds_what_it_must(curves):
    curves.update(*measured(9, mini_batch=[1e300, np.inf], held_out=[0.0, np.nan]))
    assert curves.ax.get_ylim()[1] == pytest.approx(1e300)
    assert decades(np.array([np.nan, 0.0])) == (0.01, 1.0)
    curves.update(*measured(9, mini_batch=[3.0, -1.0], held_out=[3.0, 0.0]))
    assert curves.ax.get_yscale() == "linear"
    share = CurvesByStep(panels("flat")[0], {"%": {}}, title="% right", at_least=(0.0, 100.0))
    share.update(9, {"%": np.array([[0, 1], [40.0, 60.0]])})
    assert share.ax.get_ylim() == (0, 100)


VALUES = arrays(float, st.integers(1, 9), elements=st.floats(1e-6, 1e6))


@given(VALUES)
def test_limits_hold_all_values(values):
    for low, high in (decades(values), round_limits(values)):
        assert low <= values.min() * (1 + 1e-12)
        assert values.max() <= high * (1 + 1e-12)
    low, high = decades(values)
    assert high / low >= 99.9
