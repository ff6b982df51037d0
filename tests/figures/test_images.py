"""What the drawings of images put into their cells, read from their artists."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from calclearn.figures.images import Cells, Kernel, Maps, Pad, Shares, Tiles
from calclearn.figures.style import INK, SIGNED


def words(texts):
    return [text.get_text() for text in texts if text.get_text()]


def luminance(colour):
    return np.dot(to_rgb(colour), (0.299, 0.587, 0.114))


def test_cells_and_the_numbers_in_the_frame(ax):
    drawing = Cells(ax, "values", frame="frame", shades=INK, limit=16, numbers=6)
    values = np.arange(20.0).reshape(4, 5)
    for shown, frame, numbers in (
        (values, (1, 2, 2, 3), ["7", "8", "9", "12", "13", "14"]), (values, (0, 0, 1, 1), ["0"]),
        (values, (0, 0, 4, 5), []),  # too many to be written
        (values[:2, :2], (-1, -1, 3, 3), ["0", "1", "5", "6"]),  # reaches beyond the cells
    ):  # fmt: skip
        drawing.update(values=shown, frame=frame)
        assert words(drawing.numbers) == numbers
        assert np.array_equal(drawing.image.get_array(), shown)
        top, left, height, width = frame
        assert drawing.frame.get_bbox().bounds == (left - 0.5, top - 0.5, width, height)
        places = [(j, i) for i, j in np.argwhere(np.isin(shown, np.array(numbers, float)))]
        assert [text.get_position() for text in drawing.numbers[: len(places)]] == places
    assert drawing.image.get_clim() == (0, 16)
    whole = Cells(ax, "values", numbers=4)
    whole.update(values=np.array([[1.0, 2.0], [-3.0, 0.0]]))
    assert words(whole.numbers) == ["1", "2", "−3", "0"]
    assert not whole.frame.get_width()


def test_a_sign_has_a_colour_and_the_largest_number_the_full_one(ax):
    drawing = Cells(ax, "values")
    drawing.update(values=np.array([[-4.0, 0.0, 2.0]]))
    orange, white, blue = drawing.image.to_rgba(np.array([-4.0, 0.0, 2.0]))
    assert tuple(orange) == SIGNED(0.0)
    assert white[:3] == pytest.approx(1, abs=0.01)
    assert blue[2] > blue[0]
    drawing.update(values=np.zeros((1, 3)))
    assert drawing.image.get_clim() == (-1, 1)


@pytest.mark.parametrize("shades", [INK, SIGNED], ids=["ink", "signed"])
def test_a_number_stands_out_from_its_cell(ax, shades):
    drawing = Cells(ax, "values", shades=shades, limit=1, numbers=9)
    values = np.linspace(0 if shades is INK else -1, 1, 9)[None]
    drawing.update(values=values)
    for text, value in zip(drawing.numbers, values[0], strict=True):
        ground = drawing.image.to_rgba(np.array([value]))[0]
        assert abs(luminance(text.get_color()) - luminance(ground[:3])) > 0.35


def test_a_stroke_of_the_pen(ax):
    pad = Pad(ax, "image", full=16, drags=("pixels", "brush", "step"))
    pad.update(image=np.zeros((5, 4)))
    way = np.array([[1.0, 0.0], [1.0, 2.0], [3.0, 2.0]])  # down, then to the right
    pixels, brush, step = pad.painted(way, [0] * 20, "pen", 7)
    ink = np.reshape(pixels, (5, 4))
    assert (brush, step) == ("pen", 0)
    assert ink[:3, 1].tolist() == [16, 16, 16]
    assert ink[2].tolist() == [5, 16, 16, 16]  # less beside the way
    assert not ink[4].any()
    dot = np.array([[1.5, 2], [1.5, 2]])
    assert max(pad.painted(dot, [0] * 20, "pen", 0)[0]) == 13
    again, *_ = pad.painted(way, [3] * 20, "pen", 0)
    erased, *_ = pad.painted(way, [16] * 20, "eraser", 0)
    assert np.array_equal(again, np.maximum(pixels, 3))
    assert np.array_equal(erased, 16 - ink.ravel())


def test_maps_of_several_layers(ax):
    drawing = Maps(ax, {"one": (3, 4, 4), "two": (9, 2, 2)})
    one, two = np.arange(48.0).reshape(3, 4, 4), -np.arange(36.0).reshape(9, 2, 2)
    drawing.update(one=one, two=two)
    canvas = drawing.image.get_array()
    top = Maps.LABEL
    assert np.array_equal(canvas[top : top + 4, 5:9], one[1] / 47)
    assert canvas.mask[top : top + 4, 4].all()  # between two maps
    assert canvas.mask[top : top + 4, 15:].all()  # maps that are not there
    below = top + 5 + Maps.LABEL
    assert np.array_equal(canvas[below + 5 : below + 9, :4], np.kron(two[8] / 35, np.ones((2, 2))))
    texts = [label.get_text() for label in drawing.labels.values()]
    assert texts == ["one, 3 maps; full colour: 47", "two, 9 maps; full colour: 35"]
    drawing.update(one=0 * one, two=two)
    assert not drawing.image.get_array()[top : top + 4, :4].any()


def test_a_cell_of_the_first_maps_is_framed_and_held(ax):
    drawing = Maps(ax, {"one": (9, 2, 2), "two": (1, 4, 4)}, frame="cell", drags=("k", "i", "j"))
    middles = {(0, 0, 0): [0.5, 0.5], (2, 1, 0): [10.5, 2.5], (8, 0, 1): [2.5, 5.5]}
    for cell, middle in middles.items():
        drawing.update(cell=cell, one=np.ones((9, 2, 2)), two=np.ones((1, 4, 4)))
        place = drawing.frame.get_bbox().get_points().mean(axis=0)
        assert (place - (0, Maps.LABEL)).tolist() == middle
        assert drawing.dragged(None, place, 0, 0, 0) == cell
    assert drawing.dragged(None, (-5, -5), 0, 0, 0) == (0, 0, 0)
    assert drawing.dragged(None, (2.5, 99), 0, 0, 0) == (8, 1, 1)


def test_a_weight_grows_in_quarters_as_its_cell_is_pulled_up_and_the_others_stay(ax):
    kernel = Kernel(ax, "weights", drags=[f"k{k}" for k in range(9)])
    kernel.update(weights=np.zeros((3, 3)))
    for start, to, before, after in (
        ((2.3, 0.8), (0.1, -0.74), range(9), (0, 1, 2, 3, 4, 6.5, 6, 7, 8)),
        ((2.9, 2.9), (2.9, 3.9), [0.1] * 9, (*[0.1] * 8, -0.9)),  # at the edge
    ):
        assert kernel.dragged(start, to, *before) == pytest.approx(after)


def test_squares_of_the_cells_that_receive_something(ax):
    drawing, shares = Shares(ax, numbers=3), np.zeros((4, 4))
    shares[1, 2], shares[3, 0] = -2, 1
    drawing.update(shares)
    corners = np.array([path.vertices[:4] for path in drawing.squares.get_paths()])
    assert corners.mean(axis=1) == pytest.approx(np.array([[2, 1], [0, 3]]))
    assert np.ptp(corners[0, :, 0]) < 1  # the pixel shows behind it
    assert words(drawing.numbers) == ["−2", "1"]
    assert [text.get_position() for text in drawing.numbers[:2]] == [(2, 1), (0, 3)]
    drawing.update(np.ones((4, 4)))
    assert words(drawing.numbers) == []
    drawing.update(np.zeros((4, 4)))
    assert not drawing.squares.get_paths()


def test_tiles_stand_apart_on_one_scale(ax):
    drawing = Tiles(ax, "values", 4, (2, 3), 2, words="names")
    values = np.arange(1.0, 19).reshape(3, 2, 3)
    drawing.update(values=values, names=["a", "b", "c"])
    canvas = drawing.image.get_array()
    assert canvas.shape == (9, 7)
    for (top, left), tile in zip(((0, 0), (0, 4), (5, 0)), values, strict=True):
        assert np.array_equal(canvas[top : top + 2, left : left + 3], tile)
    assert canvas.mask[5:7, 4:].all()  # an image that is not there
    assert canvas.mask[2:5].all()  # room for the words
    assert drawing.image.get_clim() == (-18, 18)
    assert words(drawing.words) == ["a", "b", "c"]
    for count, shown in ((0, 0), (5, 4)):  # none, and one too many
        drawing.update(values=np.ones((count, 2, 3)), names=list("abcde"[:count]))
        assert drawing.image.get_array().count() == shown * 2 * 3
        assert words(drawing.words) == list("abcd"[:shown])
