"""What the drawing of a classifier puts on the paper, read from its artists."""

import numpy as np

from calclearn.figures.answers import AnswerMap
from calclearn.figures.style import panels


def test_the_map_shows_answers_and_larger_points_where_errors_are_larger():
    (ax,) = panels("flat")
    points, classes = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 0.0]]), np.array([1.0, -1.0, 1.0])
    drawing = AnswerMap(ax, 3.0, points, classes)
    answers = np.linspace(-1, 1, 16).reshape(4, 4)
    drawing.update(answers, np.array([0.0, 4.0, 1.0]))
    assert np.array_equal(drawing.image.get_array(), answers)
    negative, positive = drawing.dots
    assert np.array_equal(positive.get_offsets(), points.T[[0, 2]])
    assert positive.get_sizes()[0] < positive.get_sizes()[1] < negative.get_sizes()[0]
    low, high = drawing.image.norm(-1), drawing.image.norm(1)
    assert drawing.image.cmap(low)[0] > drawing.image.cmap(low)[2], "orange"
    assert drawing.image.cmap(high)[0] < drawing.image.cmap(high)[2], "blue"
