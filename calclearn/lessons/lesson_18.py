"""Lesson 18, can you rescue a failing run: from curves and measurements to the cause; and the loss
of a network in a plane through its weights, s(a, b) = L(w + a u + b v).
"""

import numpy as np

from calclearn.exercises import choice, exercise, outcome

# Exercises; the questions stand in the notebook.
# fmt: off

shares = np.array([1 / 2, 1 / 4, 1 / 4])
surprise = -shares @ np.log(shares)


def along(moves, *directions):
    """Return the components of each move along the directions: (K, number of directions)."""
    return moves @ np.stack(directions, axis=1)


def share(moves, u, v):
    return np.sum(along(moves, u, v) ** 2) / np.sum(moves**2)


def paths():
    """Three paths as moves, with two directions at right angles in which they go more or less."""
    rng = np.random.default_rng(18)
    for steps, d in ((3, 3), (5, 4), (12, 20)):
        u, v = np.linalg.qr(rng.normal(size=(d, 2)))[0].T
        yield rng.normal(size=(steps, d)) + 2 * np.outer(rng.normal(size=steps), u), u, v


outcome("18", 3, """
    A step that is too large and a gradient that is too large by a factor make the very same path,
    and a smaller rate fixes both. Only the gradient check tells them apart. A fix that works is no
    diagnosis.""")

outcome("18", 3, """
    A descent leaves in the steepest directions and settles in the flat ones, so it bends, and
    hardly twists: a plane holds nearly all of it. It is not that remarkable, as the random walk
    below shows.""", prediction=2)

exercise("18.1", surprise, """
    ½ ln 2 + ½ ln 4 = 1.04. A loss that stays there says that nothing is learned from the pictures
    themselves: the first thing to look at in any run.
    > The surprise at a class of share p is −ln p. How large is it at a cat, at a dog?
    > Half of the time it is −ln ½, half of the time −ln ¼: take the mean.""", [
    (np.log(3),                     "This is for three classes of equal shares. Here they differ."),
    (1.5,                           "This is in bits: a nat uses the natural logarithm."),
    (-shares @ np.log10(shares),    "This is with the logarithm of base 10."),
    (-np.log(shares).sum(),         "Add up surprises as often as each class comes."),
    (-np.log(shares).mean(),        "The classes are not equally frequent."),
    (1 - shares @ shares,           "This is a share of wrong answers, not a surprise."),
    (np.log(2),                     "This is the surprise at a cat. What of the others?"),
    (0.5,                           "This is a share: what is the surprise, −ln p, at each class?"),
])

exercise("18.2", share, """
    Σ((m·u)² + (m·v)²) / Σ‖m‖²: with directions at right angles and of length 1, Pythagoras adds the
    squares. It is 1 for a path that lies in the plane.
    > `moves @ u` holds how far each move goes along u. What is the length of its shadow?
    > Add the squares of `moves @ u` and of `moves @ v`, and divide by that of all entries.""", [
    (lambda moves, u, v: np.sqrt(share(moves, u, v)),                         "This is a share of lengths. It asks for squared lengths, which add up."),
    (lambda moves, u, v: np.abs(along(moves, u, v)).sum() / np.abs(moves).sum(), "Lengths at right angles do not add up, their squares do."),
    (lambda moves, u, v: np.sum(along(moves, u) ** 2) / np.sum(moves**2),     "This is what u alone shows: v is missing."),
    (lambda moves, u, v: np.sum(along(moves, v) ** 2) / np.sum(moves**2),     "This is what v alone shows: u is missing."),
    (lambda moves, u, v: 1 - share(moves, u, v),                              "This is what stands upright on the plane, and is lost."),
    (lambda moves, u, v: np.mean(np.sum(along(moves, u, v) ** 2, axis=1) / np.sum(moves**2, axis=1)), "Add up over all moves first, and then divide: long moves count more."),
    (lambda moves, u, v: np.sum(along(moves, u + v) ** 2) / np.sum(moves**2), "(m·u + m·v)² is not (m·u)² + (m·v)²."),
    (lambda moves, u, v: np.sum(along(moves, u, v) ** 2),                     "This is the movement that is shown. Of how much?"),
], points=tuple(paths()))

choice("18.3", "d", """
    A few directions out of 139 were looked at, and the gradient hardly leans to any of them. In the
    principal plane one sees the loss fall on beyond the end.
    > How many directions has the plane, and how many has the space of the weights?
    > Look at the same end in the plane of the principal directions, and to its left.""",
    a="Look at the same run in the principal plane. Does the loss rise all around?",
    b="A plane through one point says nothing of places far from it.",
    c="Read under the figure how much of the movement such a plane shows.")

# fmt: on
