"""The drawing of a function as a graph: values go forward, derivatives backward.

The wiring is the background, and only numbers move. Black is a value, in its box; blue a local
derivative, above its line; vermilion what is sent back, below the line, and the adjoint, the sum of
what has arrived, below the box.
"""

from numbers import Real

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import FancyBboxPatch

from calclearn.calculus.autodiff import grad
from calclearn.calculus.graph import Graph
from calclearn.figures.layers import BOX, layout
from calclearn.figures.marks import Drawing
from calclearn.figures.style import BLACK, BLAME, DPI, GREY, LIGHT, LOCAL, WIDTH, style

NODE, LABEL = (BOX, 38), (64, 34)  # pixels, as all sizes here
ROW, LEGEND = 86, 46  # from one node to the next below it; and the line of text under all
SIGNS = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷", "power": "^", "matmul": "@"}


class Pass:
    """A graph up to one step of a pass: forward through all values, then backward.

    Step 0 shows the inputs. Then comes one value a step; then the result's adjoint, which is 1;
    then one line (k, j) a step, along which node k hands its j-th parent upstream × local. `sent`
    are the lines so far, the present one last; `waiting` the nodes whose children have not all sent
    yet; `arrived` what has come down to each node, at the step `last` its derivative.
    """

    def __init__(self, graph: Graph, step: int = 0) -> None:
        self.graph, self.step, nodes = graph, step, graph.nodes
        self.operations = [k for k, node in enumerate(nodes) if node.parents]
        self.lines = [(k, j) for k in self.operations[::-1] for j in range(len(nodes[k].parents))]
        self.last = len(self.operations) + 1 + len(self.lines)
        backward = step - len(self.operations) - 1  # below 0 on the way forward
        self.sent = self.lines[: max(backward, 0)]
        self.waiting = {nodes[k].parents[j] for k, j in self.lines[len(self.sent) :]}
        self.arrived: dict = {}
        for k, j in self.sent:
            parent = nodes[k].parents[j]
            self.arrived[parent] = self.arrived.get(parent, 0.0) + downstream(graph, k, j)
        if backward >= 0:
            done = set(range(len(nodes))) - self.waiting
            self.arrived |= {k: nodes[k].adjoint for k in done}


def downstream(graph: Graph, k: int, j: int):
    """Return upstream × local, what node k sends to its j-th parent; for arrays only the shape."""
    node = graph.nodes[k]
    if np.ndim(node.adjoint) or np.ndim(node.local[j]):
        return np.full_like(graph.nodes[node.parents[j]].value, np.nan)
    return node.adjoint * node.local[j]


def number(value) -> str:
    """Return a number with two or three digits, as a figure shows it; of an array, its shape.

    >>> number(-0.12345), number(-0.0), number(np.zeros((2, 3)))
    ('−0.123', '0', '(2, 3)')
    """
    if np.ndim(value) or not np.isfinite(value):
        return str(np.shape(value)) if np.ndim(value) else "…"
    digits = 3 if abs(value) >= 1e-3 else 2
    return f"{value + 0.0:.{digits}g}".replace("e-0", "e-").replace("e+0", "e").replace("-", "−")


def formula(graph: Graph, k: int, operand: str | None = None) -> str:
    """Return what node k computes, its operands as values, or each written as `operand`."""
    node = graph.nodes[k]
    if not node.parents:
        return node.operation
    parents = [graph.nodes[p].value for p in node.parents]
    terms = [number(value) if operand is None else operand for value in parents]
    plain = [number(c) if isinstance(c, Real) else "…" for c in node.constants]
    if node.operation == "getitem":
        return f"{terms[0]}[{plain[0]}]"
    if node.operation not in SIGNS:
        operands = f"({', '.join(terms + plain)})" if operand is None else ""
        return node.operation + operands
    if plain and not _stands_first(node, parents[0]):
        terms, plain = plain, terms
    signed = [f"({term})" if term.startswith("−") else term for term in terms + plain]
    return f" {SIGNS[node.operation]} ".join(signed).strip()


def name(graph: Graph, k: int) -> str:
    """Return what stands in node k's box: an input's name, or its operation, as in `× 2`."""
    return formula(graph, k, "")


def _stands_first(node, parent) -> bool:
    """Tell x - 2 from 2 - x, of which the graph keeps x and 2, by the local derivative."""
    with np.errstate(all="ignore"):
        operate = getattr(np, node.operation)
        local = grad(lambda x: np.sum(operate(x, node.constants[0])))(parent)
    return bool(np.all(local == node.local[0]))


def wiring(graph: Graph) -> tuple[tuple[int, ...], ...]:
    """Return the parents of every node, which is all that the layout asks for."""
    return tuple(node.parents for node in graph.nodes)


def height(graph: Graph, width: int = WIDTH * DPI) -> float:
    """Return the height in inches at which the graph can be read."""
    _, (bottom, top) = layout(wiring(graph), width).span
    return ((top - bottom) * ROW + LEGEND) / DPI


class ComputationGraph(Drawing):
    """A function as a graph, `trace(f, ...)`, its numbers up to a step; `update(graph, step)`.

    Without a step all of them are shown. Below the graph stands the present line's
    upstream × local = downstream. It is laid out again when its wiring or the width changes.
    """

    background = True

    def __init__(self, ax: Axes) -> None:
        super().__init__(ax)
        self.wired, self.artists, self.product = None, [], []
        words = (-120, "upstream", BLAME), (-22, "local", LOCAL), (124, "downstream", BLAME)
        with style():
            ax.set_axis_off()
            self.sent, self.now = (
                ax.add_collection(LineCollection([], lw=lw, color=BLAME, animated=True, zorder=1))
                for lw in (1.2, 3.5)
            )
            self.frame = ax.add_patch(_box((0, 0), lw=2.5, fc="none", animated=True, zorder=4))
            look = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "center"}
            for end, word, color in words:  # upstream × local = downstream, with room for numbers
                ax.annotate(word, (0.5, 0), (end, 10), color=color, ha="right", size=11, **look)
                bold = look | {"weight": "bold", "size": 11, "color": color, "animated": True}
                self.product.append(ax.annotate("", (0.5, 0), (end + 4, 10), **bold))
            for middle, sign in ((-58, "×"), (44, "=")):
                ax.annotate(sign, (0.5, 0), (middle, 10), ha="center", size=12, **look)
            for text in ax.texts:
                text.set_in_layout(False)  # or the axes would shrink in a narrow figure

    def update(self, graph: Graph, step: int | None = None) -> None:
        walk = Pass(graph, Pass(graph).last if step is None else step)
        nodes, ops, arrived = graph.nodes, walk.operations, walk.arrived
        width = round(self.ax.figure.get_figwidth() * DPI)
        wired = width, [(node.operation, node.parents, str(node.constants)) for node in nodes]
        if wired != self.wired:
            self.wired = wired
            self._wire(graph, width)
        unknown, sent = ops[walk.step :], set(walk.sent)
        for k, (value, adjoint) in enumerate(self.numbers):
            value.set_text("" if k in unknown else number(nodes[k].value))
            adjoint.set_text(number(arrived[k]) if k in arrived else "")
        for (k, j), (local, share) in self.shares.items():
            plain = np.ndim(nodes[k].local[j]) == 0 and k not in unknown
            local.set_text(f"×{number(nodes[k].local[j])}" if plain else "")
            share.set_text(number(downstream(graph, k, j)) if (k, j) in sent else "")
        self.sent.set_segments([self.routes[line] for line in sent])
        self._point_out(walk)

    def _point_out(self, walk: Pass) -> None:
        """Frame the node that this step fills, thicken its lines, and spell out the product."""
        nodes, ops, factors = walk.graph.nodes, walk.operations, [np.nan] * 3
        if walk.sent:
            k, j = walk.sent[-1]
            here, lines, color = nodes[k].parents[j], [(k, j)], BLAME
            factors = nodes[k].adjoint, nodes[k].local[j], downstream(walk.graph, k, j)
        elif walk.step > len(ops):
            here, lines, color = len(nodes) - 1, [], BLAME
        else:
            here, color = (ops[walk.step - 1] if walk.step else None), BLACK
            lines = [line for line in self.routes if line[0] == here]
        self.now.set(segments=[self.routes[line] for line in lines], color=color)
        self.frame.set(visible=here is not None, edgecolor=color)
        if here is not None:
            self.frame.set(**dict(zip("xy", self.places[here] - np.divide(NODE, 2), strict=True)))
        plain = not any(np.ndim(factor) for factor in factors) and walk.sent
        for text, factor in zip(self.product, factors, strict=True):
            text.set_text(number(factor) if plain else "")

    def _wire(self, graph: Graph, width: int) -> None:
        """Draw the boxes and lines, and make a text for every number that will stand there."""
        for artist in self.artists:
            artist.remove()
        self.artists, plan, figure = [], layout(wiring(graph), width), self.ax.figure
        if width < WIDTH * DPI:
            figure.set_figheight(height(graph, width))
        tall = figure.get_figheight() * DPI
        self.ax.set(xlim=(0, width), ylim=(0, tall))
        (left, right), (bottom, top) = plan.span
        scale = width / (right - left), (tall - LEGEND) / (top - bottom)

        def pixels(points: np.ndarray) -> np.ndarray:
            return (points - (left, bottom)) * scale + (0, LEGEND)

        self.places = pixels(plan.places)
        self.routes = {line: pixels(route) for line, route in plan.routes.items()}
        with style():
            web = LineCollection([*self.routes.values()], colors=LIGHT, lw=1.5, zorder=0)
            self._add(self.ax.add_collection(web))
            self.numbers, self.shares = [], {}
            for k, (place, node) in enumerate(zip(self.places, graph.nodes, strict=True)):
                title, look = name(graph, k), {} if node.parents else {"weight": "bold"}
                self._add(self.ax.add_patch(_box(place, fc="white", ec=GREY, lw=1, zorder=3)))
                self._text(place, 9, title if len(title) < 10 else f"{title[:8]}…", GREY, **look)
                look = {"weight": "bold", "animated": True}
                value = self._text(place, -9, "", BLACK, animated=True)
                self.numbers.append((value, self._text(place, -28, "", BLAME, **look)))
            for line, spot in clear_spots(self.routes, self.places, width).items():
                slanted = np.nanmax(np.abs(np.diff(self.routes[line][[0, -1], 1]))) > 12
                gap = {"fc": "white", "ec": "none", "pad": 2.5 if slanted else 0.5}
                look = {"animated": True, "bbox": gap}  # a line rests where its numbers stand
                above = self._text(spot, 9, "", LOCAL, **look)
                self.shares[line] = above, self._text(spot, -9, "", BLAME, **look)
            for line, edge in edges(self.routes).items():
                self._text(edge, 9, f"to {name(graph, line[0])}", GREY, ha="right", zorder=3)

    def _text(self, place, rise: float, text: str, color: str, **look):
        look = {"ha": "center", "va": "center", "zorder": 5, "parse_math": False} | look
        return self._add(self.ax.text(place[0], place[1] + rise, text, color=color, **look))

    def _add(self, artist):
        artist.set_in_layout(False)  # or a label at the edge would make the axes shrink
        self.artists.append(artist)
        return artist


def edges(routes: dict) -> dict:
    """Return for each line that goes on in the next row the point where it leaves the first."""
    turns = {line: np.flatnonzero(np.isnan(route[:, 0])) for line, route in routes.items()}
    return {line: routes[line][turn[0] - 1] for line, turn in turns.items() if len(turn)}


def clear_spots(routes: dict, places: np.ndarray, width: int) -> dict:
    """Return for each line the point nearest its middle where a label covers least of the rest."""
    centres = [place - (0, 9) for place in places]  # of a box with the adjoint below it
    sizes, spots = [np.add(NODE, (4, 20))] * len(centres), {}
    for edge in edges(routes).values():
        centres.append(np.add(edge, (-25, 9)))
        sizes.append((50, 18))
    for line, route in sorted(routes.items(), key=lambda item: np.ptp(item[1][[0, -1], 0])):
        points = route[~np.isnan(route).any(axis=1)]
        room = (np.array(sizes)[:, None] + LABEL) / 2 - np.abs(np.array(centres)[:, None] - points)
        covered = np.clip(room, 0, None).prod(axis=-1).sum(axis=0)
        covered += 1e6 * (np.abs(points[:, 0] - width / 2) > (width - LABEL[0]) / 2)
        aside = np.abs(np.linspace(-1, 1, len(points)))
        spots[line] = points[np.argmin(covered + 20 * aside)]
        centres.append(spots[line])
        sizes.append(LABEL)
    return spots


def _box(centre, **look) -> FancyBboxPatch:
    corner = np.subtract(centre, np.divide(NODE, 2))
    return FancyBboxPatch(corner, *NODE, boxstyle="round,pad=0,rounding_size=7", **look)
