"""An instrument draws what it reads, on axes that another instrument changes and no other run."""

from typing import NamedTuple

import numpy as np
import pytest

from calclearn.figures.instruments import DIALS, FEW, Instrument
from calclearn.figures.style import panels


class Reading(NamedTuple):
    places: list
    start: np.ndarray
    end: np.ndarray


@pytest.fixture
def instrument():
    (ax,) = panels("flat")
    return Instrument(ax)


@pytest.mark.parametrize("name", DIALS)
def test_a_reading_stands_at_its_places(instrument, name):
    start, end = np.array([1.0, 20.0, 3.0]), np.array([2.0, 5.0])
    instrument.update(name, Reading(["1", "2", "3"], start, end))
    low, high = instrument.ax.get_ylim()
    assert instrument.start.get_ydata() == pytest.approx(np.clip(start, low, high))
    assert list(instrument.end.get_xdata()) == [0, 1]
    assert [tick.get_text() for tick in instrument.ax.get_xticklabels()] == ["1", "2", "3"]
    assert instrument.ax.get_title() == DIALS[name].title


def test_only_another_instrument_changes_the_axes(instrument):
    small, large = (Reading(["1"], np.array([x]), np.array([x])) for x in (1e-9, 1e9))
    instrument.update("gradient by layer", small)
    limits = instrument.ax.get_ylim()
    assert instrument.start.get_ydata() == [limits[0]]
    instrument.update("gradient by layer", large)
    assert instrument.ax.get_ylim() == limits
    assert instrument.start.get_ydata() == [limits[1]]
    instrument.update("silent units", large)
    assert instrument.ax.get_ylim() != limits
    assert instrument.ax.get_yscale() == "linear"


def test_many_inputs_have_few_names_and_no_line(instrument):
    many = np.linspace(0.1, 10, 8 * FEW)
    instrument.update("inputs", Reading([str(k) for k in range(len(many))], many, np.zeros(0)))
    assert len(instrument.ax.get_xticks()) <= 5
    assert instrument.start.get_linestyle() == "None"
    assert len(instrument.end.get_xdata()) == 0


def test_what_is_no_number_is_left_out(instrument):
    instrument.update("weights by layer", Reading(["1", "2"], np.array([1, np.nan]), np.zeros(0)))
    assert list(instrument.start.get_xdata()) == [0]
    instrument.update("silent units", Reading([], np.zeros(0), np.zeros(0)))
    assert len(instrument.start.get_xdata()) == 0
