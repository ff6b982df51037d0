"""Lesson 14, how a convolutional network learns to see: a weight meets many pixels, a pixel many
weights.

    y[i, j] = b + Σ K[u, v] x[i+u, j+v]

Forward each meeting is a product. Backward each of the two receives the other one, times what came
back to that product.
"""

import numpy as np

from calclearn.exercises import exercise, outcome

# Exercises; the questions stand in the notebook.
# fmt: off

channels, colours, side, size = 16, 3, 32, 5
weights = channels * (colours * size**2 + 1)
places = (side - size + 1) ** 2

pixels = np.array([[3, 6, 5, 1], [8, 2, 4, 9]])
sent = np.array([2, -3])
windows = pixels.reshape(2, 2, 2).swapaxes(0, 1).reshape(2, 4)  # (window, cell)
largest = windows == windows.max(axis=1, keepdims=True)
smallest = windows == windows.min(axis=1, keepdims=True)

x = np.array([[1, 2, 0], [6, 1, 4], [0, 6, 2]])
G = np.array([[1, -1], [2, 0]])


def to_pixels(shares):
    """What the pixels receive, row by row, from shares (window, cell)."""
    return tuple(np.reshape(shares, (2, 2, 2)).swapaxes(0, 1).ravel().tolist())


def to_weight(u, v, G=G):
    """Σ G[i, j] x[i+u, j+v]"""
    return float(np.sum(G * x[u : u + 2, v : v + 2]))


outcome("14", 3, """
    Forward a weight was multiplied by the pixel under it, so backward that pixel is its slope, and
    blank paper is 0. The weight's own size has no part in what it receives: it is what the pixel
    receives.""")

exercise("14.1", lambda n, k, s, p: (n + 2 * p - k) // s + 1, """
    The first window fits if there are k rows. After that every s rows more give one row more, and
    what is left over at the end is not looked at.
    > Where does the first row of the kernel stand at first, and where can it stand at last? Try it with small numbers on paper.
    > Count how far the kernel can move in all, then how many moves of s rows that makes. Then add the place where it stood at first.""", [
    (lambda n, k, s, p: n - k + 1,             "This is right without stride and without padding."),
    (lambda n, k, s, p: (n - k) // s + 1,      "The padding has no part in this."),
    (lambda n, k, s, p: n + 2 * p - k + 1,     "The stride has no part in this."),
    (lambda n, k, s, p: (n + p - k) // s + 1,  "Zeros are added on both sides, so each p counts more than once."),
    (lambda n, k, s, p: (n + 2 * p - k) // s,  "This counts the moves. The kernel has looked once before the first of them."),
    (lambda n, k, s, p: (n + 2 * p - k) / s + 1, "There are no parts of a row: a window that does not fit is left out."),
    (lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1, "This rounds up: a window that does not fit is left out."),
    (lambda n, k, s, p: round((n + 2 * p - k) / s) + 1, "This rounds to the nearest: a window that does not fit is left out."),
    (lambda n, k, s, p: (n + 2 * p - k + 1) // s, "The first place is divided by the stride, too. It costs no move."),
], points=((8, 3, 1, 0), (8, 3, 1, 1), (28, 5, 2, 1), (10, 2, 3, 0), (10, 4, 3, 2)))

exercise("14.2", weights, """
    Each of the 16 kernels lies on all three colours at once and has 3 · 5 · 5 weights and one bias.
    The size of the photographs has no part in it.
    > What does one output number sum up? That is how many weights one kernel has.
    > Weights of a kernel: colours times rows times columns, and a bias. How many kernels?""", [
    (weights - channels,                  "The biases are missing: one a kernel."),
    (channels * (size**2 + 1),            "A kernel has weights for every colour."),
    (channels * size**2,                  "A kernel has weights for every colour, and one bias."),
    (channels * colours * (size**2 + 1),  "The bias belongs to the kernel, and not to each of its colours."),
    (weights // channels,                 "This is one kernel."),
    (channels * places * (colours * side**2 + 1), "A dense layer with as many outputs has that many."),
    (channels * places * (colours * size**2 + 1), "The weights are shared: at all places they are the same."),
], tolerance=1e-4)

exercise("14.3", to_pixels(largest * sent[:, None]), """
    Only the winner of a window moves its output, with slope 1; a small change of the other three
    changes nothing.
    > Which pixel of a window could you change a little so that the output changes?
    > Find the largest in each window. It receives all that came back to this window.""", [
    (to_pixels(np.ones((2, 4)) * sent[:, None] / 4), "This is what average pooling does."),
    (to_pixels(np.ones((2, 4)) * sent[:, None]), "Not every pixel of a window receives something."),
    (to_pixels(largest * windows),         "These are the values on the way forward. What comes back?"),
    (to_pixels(largest * windows * sent[:, None]), "The slope of the output by its winner is not the winner's value."),
    (to_pixels(largest * sent[::-1, None]), "The two windows have changed places."),
    (to_pixels(smallest * sent[:, None]),  "Forward the largest is taken, not the smallest."),
    (to_pixels(largest * 1),               "This says which pixels win. What comes back to them?"),
    ((largest * sent[:, None]).ravel(),    "The winners are right; write the pixels row by row, not window by window."),
])

exercise("14.4", to_weight(0, 1), """
    K[0, 1] has met the upper right pixel of each window: 2, 0, 1 and 4. Each comes in with the G of
    its window.
    > Lay the kernel on each of the four windows. On which pixel does K[0, 1] lie?
    > Multiply each of these four pixels by the G of its window, and add.""", [
    (to_weight(1, 0),                "This is what K[1, 0] receives: the row comes first."),
    (to_weight(0, 0),                "This is what K[0, 0] receives."),
    (to_weight(1, 1),                "This is what K[1, 1] receives."),
    (to_weight(0, 1, 0 * G + 1),     "These pixels count, but each times its own G."),
    (to_weight(0, 1, G[::-1, ::-1]), "G is not flipped here; that is for the pixels."),
    (to_weight(0, 1, G.T),           "Rows and columns of G have changed places."),
    (2 * to_weight(0, 1),            "Each of the four meetings counts once: a pixel times its G, and no other factor."),
    (-to_weight(0, 1) / 2,           "Write the four products down one by one: a pixel times the G of its window."),
    (G[0, 0] * x[0, 1],              "This is the part of the first window; there are three more."),
])

# fmt: on
