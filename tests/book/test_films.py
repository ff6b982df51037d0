"""A film has the pixels of its figure, at every position, and is no larger than it may be.

The tests of the browser show that the player reads them from the stream.
"""

import io

import numpy as np
import pytest
from ipywidgets import Text
from PIL import Image

from calclearn import GradientDescent, descend, line_loss, penguin_line
from calclearn.book import films
from calclearn.book.films import CAP, dial, recorded
from calclearn.explorers import choice, coloured, explore, log_slider, slider
from calclearn.figures.descents import LossCurve, Path
from calclearn.figures.marks import Dots
from calclearn.figures.style import panels
from calclearn.figures.surfaces import Contours


class Paper:
    """A drawing that is a background and changes with its choice."""

    background = True

    def __init__(self, ax):
        self.ax = ax

    def update(self, paper):
        self.ax.set_facecolor(paper)


def square(**controls):
    (ax,) = panels("flat")
    ax.set(xlim=(0, 20), ylim=(0, 400))
    drawings = [Paper(ax), Dots(ax, "point")][0 if "paper" in controls else 1 :]
    return explore(lambda x: {"point": (x, x**2)}, drawings, "{x} squared", **controls)


def rgb(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def as_rgb(pixels):
    return pixels.view(np.uint8).reshape(*pixels.shape, 4)[..., :3]


def picture(film, *position):
    """The picture at a position, rebuilt as a player does, of this one alone; and of how much."""
    chain, (number, _) = [], film.grid[position]
    while number >= 0:
        chain.append(film.frames[number])
        number = chain[-1][0]
    pixels = np.full(film.shape, films.PAPER)
    for _, places, colours in reversed(chain):
        pixels.flat[places] = colours
    return pixels, len(chain), sum(len(places) for _, places, _ in chain)


@pytest.mark.parametrize("papers", [[], ["white", "#ffeedd", "#ddeeff"]])
def test_each_picture_is_the_figures_own_and_never_far(papers):
    background = {"paper": choice(papers, "#ffeedd")} if papers else {}
    explorer = square(x=slider(2, 0, 9, 1), **background)
    film = recorded(explorer, extras=0)
    assert len(film.grid) == np.prod([len(each.values) for each in film.dials]) >= 10
    for position, (_, words) in film.grid.items():
        values = {each.name: each.values[k] for each, k in zip(film.dials, position, strict=True)}
        explorer.set(**values)
        shown, steps, pixels = picture(film, *position)
        assert np.array_equal(as_rgb(shown), rgb(explorer.still())), values
        assert film.captions[words] == explorer.caption
        assert steps <= films.DEPTH + 1
        assert pixels <= np.prod(film.shape)


def test_a_small_film_is_as_sharp_as_modern_screens_and_always_the_same():
    """Recording moves nothing in its figure."""
    explorer = square(x=slider(2, 0, 3, 1))
    before, film = explorer.still(), recorded(explorer)
    assert film.ratio == 2
    assert 0 <= film.size - len(film.script("00-1")) < 40
    for x in range(4):
        pixels, _, _ = explorer.painted({"x": x}, 2)
        assert np.array_equal(picture(film, x)[0], pixels)
    assert recorded(explorer, extras=0).ratio == 1
    assert (explorer.values, explorer.still()) == ({"x": 2}, before)
    assert recorded(square(x=slider(2, 0, 3, 1))).script("a") == film.script("a")


@pytest.fixture(scope="module")
def run():
    """A figure with a film that is played, and its record."""
    (left, right), loss = panels("flat", "flat"), line_loss(penguin_line().x, penguin_line().y)

    def walk(learning_rate):
        return {"descent": descend(loss, (-0.4, 4.1), GradientDescent(learning_rate), 60)}

    drawings = [Contours(left, loss), Path(left), LossCurve(right, loss)]
    rate = coloured(log_slider(2e-4, 8e-6, 1e-2), lambda: [(8e-4, "green"), (1e-2, "red")])
    explorer = explore(walk, drawings, "{descent}", play="step", learning_rate=rate)
    return explorer, recorded(explorer, extras=0)


def test_a_film_that_is_played_has_all_rates_and_all_steps(run):
    explorer, film = run
    rates, steps = film.dials
    assert (rates.name, steps.name) == ("learning_rate", "step")
    assert {k for k, step in film.grid if step == 60} == set(range(len(rates.values)))
    assert {step for k, step in film.grid if k == rates.start} == set(range(61))
    assert rates.pace is None
    assert 0 < steps.pace < 1
    assert rates.track.startswith("linear-gradient(to right, green 0")
    assert rates.values[rates.start] == explorer.controls["learning_rate"].value
    assert film.size <= CAP
    for position in [(0, 60), (rates.start, 3), (rates.start, 60), (len(rates.values) - 1, 60)]:
        explorer.set(learning_rate=rates.values[position[0]], step=steps.values[position[1]])
        assert np.array_equal(as_rgb(picture(film, *position)[0]), rgb(explorer.still()))


def test_a_figure_that_would_be_too_large_has_fewer_positions(run):
    explorer, whole = run
    explorer.set(**{each.name: each.values[each.start] for each in whole.dials})
    small = recorded(explorer, cap=120_000, extras=0)
    assert small.size <= 120_000 < whole.size
    for few, all_ in zip(small.dials, whole.dials, strict=True):
        assert 3 <= len(few.values) < len(all_.values)
        assert few.values[few.start] == all_.values[all_.start]
        assert (few.values[0], few.values[-1]) == (all_.values[0], all_.values[-1])


def test_what_has_no_positions_to_list_makes_no_film():
    (ax,) = panels("flat")
    ax.set(xlim=(0, 2), ylim=(0, 2))
    explorer = explore(lambda x: {"point": (x, x)}, [Dots(ax, "point")], "{words}",
                       words=Text("hello"), x=slider(2, 0, 2, 1))  # fmt: skip
    assert [each.name for each in recorded(explorer).dials] == ["x"]
    assert recorded(explorer).absent == ["words"]
    assert dial("words", Text("hello")) is None


@pytest.mark.parametrize(
    ("control", "words"),
    [
        (slider(2, 0, 4, 2), ["0", "2", "4"]),
        (slider(0.5, 0, 1, 0.25), ["0.0", "0.2", "0.5", "0.8", "1.0"]),
        (log_slider(0.1, 0.01, 1, 2), ["0.0100", "0.100", "1.00"]),
        (log_slider(1e-4, 1e-6, 1e-2, 2), ["1e-06", "0.0001", "0.01"]),
        (choice(["a", None]), ["a", "None"]),
    ],
    ids=str,
)
def test_values_are_called_as_beside_their_slider(control, words):
    made = dial("the_x", control)
    assert (made.words, made.label) == (words, "the x")


def test_characters_hold_every_byte():
    stream = bytes(range(256)) * 3 + b"\xff"
    numbers = np.frombuffer(films.characters(stream), "<u2").astype(int) - 0x3400
    assert numbers.min() >= 0
    assert numbers.max() < 1 << 15
    bits = (numbers[:, None] >> np.arange(14, -1, -1)) & 1
    assert np.packbits(bits.ravel().astype(np.uint8))[: len(stream)].tobytes() == stream
