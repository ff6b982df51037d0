"""What the drawings of images put into their cells, read from their artists."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from calclearn.explorers.live import Painter
from calclearn.figures.images import Cells, Confusion, Kernel, Shares, Tiles, Word, short
from calclearn.figures.style import INK, SIGNED, panels


def words(texts):
    return [text.get_text() for text in texts if text.get_text()]


def luminance(colour):
    return np.dot(to_rgb(colour), (0.299, 0.587, 0.114))


def test_cells_show_the_array_and_write_the_numbers_in_the_frame(ax):
    drawing = Cells(ax, (4, 5), shades=INK, limit=16, numbers=6)
    values = np.arange(20.0).reshape(4, 5)
    drawing.update(values, (1, 2, 2, 3))
    assert np.array_equal(drawing.image.get_array(), values)
    assert drawing.image.get_clim() == (0, 16)
    assert words(drawing.numbers) == ["7", "8", "9", "12", "13", "14"]
    assert [text.get_position() for text in drawing.numbers[:4]] == [
        (2, 1), (3, 1), (4, 1), (2, 2),
    ]  # fmt: skip
    assert drawing.frame.get_bbox().bounds == (1.5, 0.5, 3, 2)
    drawing.update(values, (0, 0, 1, 1))
    assert words(drawing.numbers) == ["0"], "the others are gone"


def test_a_sign_has_a_colour_and_the_largest_number_the_full_one(ax):
    drawing = Cells(ax, (1, 3))
    drawing.update(np.array([[-4.0, 0.0, 2.0]]), (0, 0, 0, 0))
    orange, white, blue = drawing.image.to_rgba(np.array([-4.0, 0.0, 2.0]))
    assert tuple(orange) == SIGNED(0.0)
    assert white[:3] == pytest.approx(1, abs=0.01)
    assert blue[2] > blue[0]
    drawing.update(np.zeros((1, 3)), (0, 0, 0, 0))
    assert drawing.image.get_clim() == (-1, 1), "an empty image has a scale, too"


@pytest.mark.parametrize("shades", [INK, SIGNED], ids=["ink", "signed"])
def test_a_number_stands_out_from_its_cell(ax, shades):
    drawing = Cells(ax, (1, 9), shades=shades, limit=1, numbers=9)
    values = np.linspace(0 if shades is INK else -1, 1, 9)[None]
    drawing.update(values, (0, 0, 1, 9))
    for text, value in zip(drawing.numbers, values[0], strict=True):
        ground = drawing.image.to_rgba(np.array([value]))[0]
        assert abs(luminance(text.get_color()) - luminance(ground[:3])) > 0.35


def test_the_pointer_names_a_row_and_a_column(ax):
    drawing = Cells(ax, (8, 8), drags=("row", "column"), grip=(1, 1))
    assert drawing.dragged((0, 0), (5.2, 3.0), 0, 0) == pytest.approx((2.0, 4.2))


def test_a_weight_grows_as_its_cell_is_pulled_up_and_the_others_stay(ax):
    kernel = Kernel(ax, (3, 3), drags=[f"k{k}" for k in range(9)])
    moved = kernel.dragged((2.3, 0.8), (0.1, -0.7), *range(9))
    assert moved == pytest.approx((0, 1, 2, 3, 4, 6.5, 6, 7, 8))
    at_the_edge = kernel.dragged((2.9, 2.9), (2.9, 3.9), *[0] * 9)
    assert at_the_edge == pytest.approx((*[0] * 8, -1))


def test_only_cells_that_receive_something_carry_a_square(ax):
    drawing = Shares(ax, numbers=3)
    shares = np.zeros((4, 4))
    shares[1, 2], shares[3, 0] = -2, 1
    drawing.update(shares)
    middles = [path.vertices[:4].mean(axis=0).tolist() for path in drawing.squares.get_paths()]
    assert np.array(middles) == pytest.approx(np.array([[2, 1], [0, 3]]))
    assert words(drawing.numbers) == ["−2", "1"]
    assert [text.get_position() for text in drawing.numbers[:2]] == [(2, 1), (0, 3)]
    assert np.ptp(drawing.squares.get_paths()[0].vertices[:, 0]) < 1, "the pixel is seen behind it"
    drawing.update(np.ones((4, 4)))
    assert words(drawing.numbers) == [], "too many to be written out"
    drawing.update(np.zeros((4, 4)))
    assert not drawing.squares.get_paths()


def test_tiles_stand_apart_on_one_scale_and_missing_ones_leave_their_place(ax):
    drawing = Tiles(ax, 4, (2, 3), 2, lines=1)
    values = np.arange(1.0, 19).reshape(3, 2, 3)
    drawing.update(values, ["a", "b", "c"])
    canvas = drawing.image.get_array()
    assert canvas.shape == (7, 7)
    assert np.array_equal(canvas[:2, :3], values[0])
    assert np.array_equal(canvas[:2, 4:], values[1])
    assert np.array_equal(canvas[4:6, :3], values[2])
    assert canvas.mask[4:6, 4:].all()
    assert canvas.mask[2:4].all(), "room for the words"
    assert drawing.image.get_clim() == (-18, 18)
    assert words(drawing.words) == ["a", "b", "c"]
    drawing.update(values[:0], [])
    assert drawing.image.get_array().mask.all()
    assert words(drawing.words) == []


def test_more_tiles_than_there_is_room_for_are_left_out(ax):
    drawing = Tiles(ax, 2, (1, 1), 2, lines=1)
    drawing.update(np.ones((5, 1, 1)), list("abcde"))
    assert drawing.image.get_array().count() == 2
    assert words(drawing.words) == ["a", "b"]


def test_right_answers_are_blue_and_wrong_ones_orange(ax):
    counts = np.array([[9, 0, 1], [2, 7, 0], [0, 0, 8]])
    drawing = Confusion(ax, 3)
    drawing.update(counts)
    assert words(drawing.numbers) == ["9", "1", "2", "7", "8"]
    signs = np.sign(drawing.image.get_array())
    assert np.array_equal(signs, [[1, 0, -1], [-1, 1, 0], [0, 0, 1]])


def test_a_word_stands_in_the_middle(ax):
    word = Word(ax)
    word.update("no weights")
    assert word.text.get_text() == "no weights"
    assert ax.transData.inverted().transform(
        word.text.get_transform().transform(word.text.get_position())
    ) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("value", [0.005, 1.234, 9.99, -0.5, 12345.6, 0.0])
def test_short_numbers_are_right_to_the_digits_that_they_have(value):
    text = short(value)
    assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.5 if value > 10 else 0.0051)


def test_nothing_in_an_update_makes_the_figure_stale():
    left, right = panels("flat", "flat")
    drawings = [
        (Cells(left, (3, 3), numbers=9), lambda k: (np.full((3, 3), k), (0, 0, 3, 3 - k))),
        (Shares(left), lambda k: (np.eye(3) * k,)),
        (Tiles(right, 4, (2, 2), 2, lines=1), lambda k: (np.full((k, 2, 2), k), ["w"] * k)),
    ]
    for drawing, part in drawings:
        drawing.update(*part(1))
    painter = Painter(left.figure)
    painter.paint()
    painter.paint()  # the first one settles the layout
    for drawing, part in drawings:
        drawing.update(*part(2))
    assert not left.figure.stale
