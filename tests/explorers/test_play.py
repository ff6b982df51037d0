"""Play runs a slider through the steps of what was computed."""

import pytest

from calclearn.descent.descend import descend
from calclearn.descent.landscapes import bowl
from calclearn.descent.optimizers import GradientDescent
from calclearn.explorers import explore, log_slider, slider
from calclearn.figures.descents import LossCurve, Path
from calclearn.figures.marks import Text
from calclearn.figures.style import panels
from calclearn.figures.surfaces import Contours


def walk(learning_rate):
    return {"descent": descend(bowl(), (2, 1), GradientDescent(learning_rate), steps=40)}


def film_of(compute=walk, **controls):
    """A film of a path and its losses."""
    left, right = panels("flat", "flat")
    drawings = [Contours(left, bowl()), Path(left), LossCurve(right, bowl())]
    return explore(compute, drawings, "Step {step}.", play="step", **controls)


@pytest.fixture
def film():
    return film_of(learning_rate=log_slider(0.1, 0.01, 1.0))


def test_a_film_begins_at_its_end_and_shows_the_run_as_far_as_the_step(film):
    assert film.controls["step"].value == film.controls["step"].max == 40
    for step in (40, 7):
        assert film.set(step=step).caption == f"Step {step}."
        assert len(film._drawings[1].drawing.line.get_xdata()) == step + 1


def test_the_step_of_a_shorter_run_is_its_last(film):
    state = film.set(step=30).set(learning_rate=0.9).state  # diverges
    assert state["step"] == state["descent"].steps_taken < 30
    assert film.set(learning_rate=0.1).state["step"] == 30
    longer = film_of(learning_rate=log_slider(0.9, 0.05, 1.0))
    assert longer.controls["step"].max < 40
    assert longer.set(learning_rate=0.05).caption == "Step 40.", "at its end it shows all"


def test_play_stops_at_the_end_and_is_linked_to_the_slider(film):
    play, control, back, forth = film.widget.children[1].children
    assert (play.min, play.max, play.value) == (0, 40, 40)
    assert control is film.controls["step"]
    assert play.interval == 75  # ms, so that 40 steps take three seconds
    back.click()
    assert film.caption == "Step 39."
    forth.click()
    forth.click()
    assert film.caption == "Step 40."
    rate = log_slider(0.1, 0.01, 1.0)
    own = film_of(learning_rate=rate, step=slider(5, 0, 20, 5), pace=0.9)
    play, _, _, forth = own.widget.children[1].children
    assert (play.max, play.step, play.interval) == (20, 5, 900)
    forth.click()
    assert own.caption == "Step 10."


def test_play_stops_at_the_last_step_of_a_shorter_run(film):
    assert film._live.player is film.widget.children[1].children[0]
    last = film.set(learning_rate=0.9).state["descent"].steps_taken
    over = [film._answer({"step": step}, None)[-1] for step in (last - 1, last, last + 1, 40)]
    assert over == [False, False, True, True]
    assert not film._answer({"step": last, "learning_rate": 0.1}, None)[-1]


def test_a_run_of_no_steps_is_a_film_of_one_picture():
    (ax,) = panels("flat")
    rest = explore(lambda: {"steps": 0}, [Text(ax, (0, 0), "{n}")], "Step {n}.", play="n", pace=1e9)
    assert (rest.caption, rest._answer({"n": 1}, None)[-1]) == ("Step 0.", True), "it is over"
    assert rest._live.player.interval < 2**31, "that a browser can wait"


def test_a_run_recorded_now_and_then_is_played_by_its_own_steps():
    run = descend(bowl(), (2, 1), GradientDescent(0.1), steps=40, every=10)
    film = film_of(lambda: {"descent": run})
    assert (film.caption, film.set(step=25).caption) == ("Step 40.", "Step 25.")
    path, losses = (each.drawing.line for each in film._drawings[1:])
    assert losses.get_xdata().tolist() == [0, 10, 20]
    assert len(path.get_xdata()) == 3


def test_closing_a_film_closes_the_link_of_its_play(film):
    row = film.widget.children[1]
    film.close()
    assert row.link.comm is None
    film._repr_mimebundle_()
    assert row.link.comm is not None
