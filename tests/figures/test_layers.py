"""The layout: parents to the left, nothing on top of anything, no crossing that can be avoided."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.figures.layers import BOX, LIMIT, apart, columns, layout


@st.composite
def wirings(draw, most=12):
    """Any graph in which parents come before their children."""
    count = draw(st.integers(1, most))
    return tuple(
        tuple(draw(st.lists(st.integers(0, k - 1), max_size=3))) if k else () for k in range(count)
    )


@settings(max_examples=30, deadline=None)
@given(wirings(LIMIT))
def test_every_graph_is_laid_out_without_overlap_and_inside_its_span(parents):
    plan = layout(parents)
    assert plan.places.shape == (len(parents), 2)
    (left, right), (bottom, top) = plan.span
    assert left < plan.places[:, 0].min()
    assert plan.places[:, 0].max() < right
    assert bottom + 0.5 - 1e-9 <= plan.places[:, 1].min()
    assert plan.places[:, 1].max() <= top - 0.5 + 1e-9
    for a, b in itertools.combinations(plan.places, 2):
        assert abs(a[0] - b[0]) >= 1 or abs(a[1] - b[1]) >= 1 - 1e-9
    assert (right - left) / 840 * 100 < 1.2, "a column is at least 83 pixels wide"


@settings(max_examples=30, deadline=None)
@given(wirings())
def test_lines_run_from_the_parents_box_to_the_childs(parents):
    plan = layout(parents)
    half = BOX / 2 / 840 * np.ptp(plan.span[0])
    lines = {(k, j) for k, mine in enumerate(parents) for j in range(len(mine))}
    assert set(plan.routes) == lines
    for (k, j), route in plan.routes.items():
        assert route[0] == pytest.approx(plan.places[parents[k][j]] + (half, 0))
        assert route[-1] == pytest.approx(plan.places[k] - (half, 0))


def test_columns_follow_the_parents_and_inputs_stand_where_they_are_needed():
    neuron = ((), (), (), (), (0, 1), (4, 2), (5,), (6, 3), (7,))
    assert columns(neuron) == [0, 0, 1, 3, 1, 2, 3, 4, 5]
    assert columns(((), ())) == [0, 0]
    four_chains = ((), (), (), (), (3,), (2,), (1,), (0,))  # given in opposite order
    assert layout(neuron).crossings == layout(four_chains).crossings == 0


def test_lines_cross_only_where_they_must():
    """In 60 random graphs: the trial of all orders of all columns leaves 7 crossings."""
    rng, count = np.random.default_rng(0), 0
    for _ in range(60):
        parents = tuple(
            tuple(map(int, rng.choice(k, size=min(k, rng.integers(0, 3)), replace=False)))
            for k in range(rng.integers(4, 9))
        )
        count += layout(parents).crossings
    assert 7 <= count <= 8


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6))
def test_pushed_apart_as_little_as_can_be(wanted):
    places = apart(wanted)
    assert (np.diff(places) >= 1 - 1e-9).all()
    cost = np.sum((places - wanted) ** 2)
    rng = np.random.default_rng(0)
    for _ in range(20):  # no place near by that keeps the distances is nearer to what was wanted
        other = places + 0.3 * rng.normal(size=len(places))
        other = np.maximum.accumulate(other - np.arange(len(places))) + np.arange(len(places))
        assert np.sum((other - wanted) ** 2) >= cost - 1e-9


def test_a_long_chain_goes_on_in_rows_and_its_line_is_broken_there():
    plan = layout(tuple((k - 1,) if k else () for k in range(LIMIT)))
    assert plan.places[:7, 0].tolist() == [0, 1, 2, 3, 4, 0, 1]
    assert sorted({*np.floor(-plan.places[:, 1])}) == [0, 1, 2, 3, 4]
    broken = [line for line, route in plan.routes.items() if np.isnan(route).any()]
    assert broken == [(k, 0) for k in (5, 10, 15, 20)]


def test_the_same_value_twice_takes_two_ways_and_too_many_nodes_get_a_sentence():
    routes = layout(((), (0, 0))).routes
    assert np.abs(routes[1, 0] - routes[1, 1]).max() > 0.3
    with pytest.raises(ValueError, match=r"at most 25 inputs and operations to be drawn, got 26"):
        layout(((),) * 26)
