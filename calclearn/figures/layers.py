"""Where the nodes of a computation graph stand: in columns, by what each value waits for.

The places follow from the wiring alone, so that nothing moves while a slider does. A node stands
one column right of the last of its parents, and wants to stand at the mean height of its
neighbours; sorting by that, to and fro, untangles the lines. A long graph is broken into rows.

Source: Sugiyama, Tagawa & Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Trans. Systems, Man, and Cybernetics 11 (1981).
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

LIMIT = 25  # nodes; beyond it no screen shows them legibly
COLUMN, TURN = 118, 0.6  # pixels; in columns, the room that lines need where they change rows
BOX = 68  # pixels, the width of every node


class Layout(NamedTuple):
    """Places of the nodes (n, 2) and of the lines between them, in columns and heights.

    `routes[k, j]` is the line (m, 2) from the j-th parent of node k to it; a point of nan breaks it
    where it goes on in the next row. `span` is ((left, right), (bottom, top)).
    """

    places: np.ndarray
    routes: dict[tuple[int, int], np.ndarray]
    span: tuple[tuple[float, float], tuple[float, float]]
    crossings: int


@cache
def layout(parents: tuple[tuple[int, ...], ...], width: int = 840) -> Layout:
    """Return where to draw a graph whose node k has `parents[k]`, all of them before k.

    The narrower the `width` in pixels, the more rows. Raises ValueError for more than 25 nodes.
    """
    if len(parents) > LIMIT:
        raise ValueError(
            f"f must have at most {LIMIT} inputs and operations to be drawn, got {len(parents)}"
        )
    column = dict(enumerate(columns(parents)))
    chains = {  # each line as what it joins; where it passes through column c it is (k, j, c)
        (k, j): [p, *((k, j, c) for c in range(column[p] + 1, column[k])), k]
        for k, mine in enumerate(parents)
        for j, p in enumerate(mine)
    }
    column |= {bend: bend[2] for chain in chains.values() for bend in chain[1:-1]}
    links = [link for chain in chains.values() for link in pairwise(chain)]
    height, crossed = untangled(column, links)
    at, span = on_rows(height, column, width / COLUMN)
    half = BOX / 2 / width * (span[0][1] - span[0][0])
    routes = {}
    for (k, j), chain in chains.items():
        twins = [i for i, p in enumerate(parents[k]) if p == chain[0]]  # as in x · x
        bow = 0.5 * ((len(twins) - 1) / 2 - twins.index(j))
        routes[k, j] = route([at[v] for v in chain], half, bow)
    return Layout(np.array([at[k] for k in range(len(parents))]), routes, span, crossed)


def columns(parents: Sequence[tuple[int, ...]]) -> list[int]:
    """Return each node's column: after its parents, and an input right before its first use."""
    column: list[int] = []
    for mine in parents:
        column.append(1 + max((column[p] for p in mine), default=-1))
    for k, mine in enumerate(parents):
        used = [column[child] for child, theirs in enumerate(parents) if k in theirs]
        if not mine and used:
            column[k] = min(used) - 1
    return column


def untangled(column: dict, links: list[tuple]) -> tuple[dict, int]:
    """Return heights, in a column at least one apart, and how many pairs of links still cross."""
    order = [[v for v in column if column[v] == c] for c in range(max(column.values()) + 1)]
    left, right = defaultdict(list), defaultdict(list)
    for a, b in links:
        right[a].append(b)
        left[b].append(a)
    height = {v: float(i) for column in order for i, v in enumerate(column)}

    def lean(there, near, swap=True) -> None:
        """Let each column follow its neighbours, and swap its nodes where that asks for it."""
        for here in there:
            wanted = {v: np.mean([height[u] for u in near(v)] or [height[v]]) for v in here}
            if swap:
                here.sort(key=wanted.get)
            height.update(zip(here, apart([wanted[v] for v in here]), strict=True))

    rng = np.random.default_rng(0)
    best, fewest = dict(height), crossings(height, column, links)
    for sweep in range(24):
        if sweep % 6 == 5:  # stuck perhaps: begin again from another order
            height.update(zip(height, rng.random(len(height)), strict=True))
        for there, near in ((order, left.__getitem__), (order[::-1], right.__getitem__)):
            lean(there, near)
            if (count := crossings(height, column, links)) < fewest:
                best, fewest = dict(height), count
    height.update(best)
    for here in order:
        here.sort(key=height.get)
    for _ in range(24):  # the order is found; now straighten the lines
        lean(order, lambda v: left[v] + right[v], swap=False)
    return height, fewest


def crossings(height: dict, column: dict, links: list[tuple]) -> int:
    """Count the pairs of links between the same two columns whose ends stand in opposite order."""
    return sum(
        column[a] == column[c] and (height[a] - height[c]) * (height[b] - height[d]) < 0
        for (a, b), (c, d) in combinations(links, 2)
    )


def apart(wanted: Sequence[float]) -> np.ndarray:
    """Return the numbers nearest to these, in least squares, that rise by at least one each.

    What would stand too close is moved as one block around its mean.
    """
    blocks: list[tuple[float, int]] = []
    for k, y in enumerate(wanted):
        middle, size = y - k, 1
        while blocks and blocks[-1][0] > middle:
            other, more = blocks.pop()
            middle, size = (size * middle + more * other) / (size + more), size + more
        blocks.append((middle, size))
    middles, sizes = zip(*blocks, strict=True)
    return np.repeat(middles, sizes) + np.arange(len(wanted))


def on_rows(height: dict, column: dict, longest: float) -> tuple[dict, tuple]:
    """Return (column, height) of everything, rows below one another, and the span of it all."""
    count = max(column.values()) + 1
    rows = 1 if count <= longest else math.ceil(count / max(2, math.floor(longest - TURN)))
    width = math.ceil(count / rows)
    at, floor = {}, 0.5
    for row in range(rows):
        here = [v for v in height if column[v] // width == row]
        top, bottom = (end(height[v] for v in here) for end in (max, min))
        at |= {v: (column[v] % width, floor - 0.5 - top + height[v]) for v in here}
        floor -= 1 + top - bottom
    side = 0.5 if rows == 1 else 0.8
    return at, ((-side, width - 1 + side), (floor, 0.5))


def route(stops: list[tuple[float, float]], half: float, bow: float) -> np.ndarray:
    """Return the line through the stops, from box to box, level at each; `bow` bends its start."""
    t = np.linspace(0, 1, 31)
    ease, bent, parts = t * t * (3 - 2 * t), np.sin(np.pi * t), []
    ends = np.array(stops, float)
    ends[[0, -1], 0] += half, -half
    for k, ((x0, y0), (x1, y1)) in enumerate(pairwise(ends)):
        if x1 > x0:
            y = y0 + (y1 - y0) * ease + (bow * bent if k == 0 else 0)
            parts.append(np.column_stack([x0 + (x1 - x0) * t, y]))
        else:  # out at the right, and in again at the left of the next row
            out, again = np.floor(x0) + 0.75, np.ceil(x1) - 0.75
            parts.append(np.column_stack([x0 + (out - x0) * t, y0 + 0 * t]))
            parts.append(np.full((1, 2), np.nan))
            parts.append(np.column_stack([again + (x1 - again) * t, y1 + 0 * t]))
    return np.concatenate(parts)
