"""Drawings of a surface over two weights: its map, its bowl, and what stands on them.

Loss runs from dark (low) to light (high). The levels grow with the square of their number, so a
round bowl has rings at even distances.
"""

import numpy as np
from contourpy import contour_generator
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d.proj3d import proj_transform

from calclearn.figures.marks import Drawing, finite_range, moving, moving_pieces, pairs, put
from calclearn.figures.style import BLACK, GREY, LOSS, MODEL, STEP, WEIGHTS, style

NAMES = ("slope $w_0$", "intercept $w_1$")
OUTLINE = {"path_effects": [withStroke(linewidth=2.5, foreground="white")]}


def grid(window, count: int) -> np.ndarray:
    """Return the points of a mesh over a window ((low, high), (low, high)): (2, count, count)."""
    return np.stack(np.meshgrid(*(np.linspace(low, high, count) for low, high in window)))


def levels(heights: np.ndarray, count: int = 15) -> np.ndarray:
    """Return heights for contours, from the lowest to the highest, dense where it is low."""
    low, high = finite_range(heights)
    high = high if high > low else low + max(abs(low), 1)
    return low + (high - low) * np.linspace(0, 1, count) ** 2


def window_of(surface, window=None, *, square: bool) -> tuple[tuple[float, float], ...]:
    """Return the part of weight space to show: a window, the surface's domain, or its minimum's.

    Raises ValueError for a surface that has none of them, or not two weights, and another window.
    """
    if window is not None:
        sides = np.asarray(window) if np.shape(window) == (2, 2) else np.empty(0)
        if sides.dtype.kind not in "iuf" or not (sides.size and np.isfinite(sides).all()):
            raise ValueError(f"window must be ((low, high), (low, high)), got {window!r:.60}")
        return tuple(map(tuple, sides.tolist()))
    if not hasattr(surface, "minima"):
        came = type(surface).__name__
        raise ValueError(f"surface must be a Surface, or be given a window, got {came}")
    if surface.dimension not in (None, 2):
        raise ValueError(f"surface must have two weights, got {surface.dimension}")
    if surface.domain:
        return surface.domain
    if not surface.minima:
        raise ValueError("surface must have a domain or a known minimum, or be given a window")
    return window_around(surface, square=square)


def window_around(surface, *, rise: float = 4.5, square: bool = False):
    """Return the box in weight space around a least-squares minimum, ((low, high), (low, high)).

    It holds the points where the loss has risen by less than `rise` times `surface.scale`: with
    Hessian H the half width along weight k is √(2 · rise · scale · (H⁻¹)ₖₖ). A `square` box has
    equal sides, so that on axes of equal scale right angles look right.
    """
    best = np.asarray(surface.minima[0], float)
    inverse = np.linalg.inv(surface.hessian(best))
    half = np.sqrt(2 * rise * surface.scale * np.diag(inverse))
    half = np.full(2, half.max()) if square else half
    return tuple((float(w - h), float(w + h)) for w, h in zip(best, half, strict=True))


class Contours(Drawing):
    """The map of a surface: one colour a level; `update(surface, window)` paints it again.

    A `surface` and a `window` given here stay. Without a `window` the surface's own is shown.
    """

    background = True

    @style()
    def __init__(
        self, ax: Axes, surface=None, *, window=None, names=NAMES, title: str = "",
        equal: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(ax, surface=surface, window=window)
        self.equal, self.bands = equal, None
        self.rings = ax.add_collection(LineCollection([], colors="white", lw=0.5, zorder=1.1))
        ax.set(xlabel=names[0], ylabel=names[1], title=title)
        if equal:
            ax.set_aspect("equal")

    def update(self, surface, window=None) -> None:
        window = window_of(surface, window, square=self.equal)
        if not self._is_new(surface, window):
            return
        x, y = points = grid(window, 120)
        heights = surface(points)
        steps = levels(heights)
        shades = LOSS(np.linspace(0, 1, len(steps) - 1))
        if self.bands is not None:
            self.bands.remove()
        self.bands = self.ax.contourf(x, y, heights, levels=steps, colors=shades)
        lines = contour_generator(x, y, heights).lines
        self.rings.set_segments([line for level in steps for line in lines(level)])
        self.ax.set(xlim=window[0], ylim=window[1])


class Bowl(Drawing):
    """The surface as a bowl that can be turned; `update(surface, azimuth, elevation)`, in °.

    Dragging it turns it. A `surface` given here stays. Without a `window` the surface's own is
    shown.
    """

    background = True
    drags = "azimuth", "elevation"

    def __init__(
        self, ax: Axes, surface=None, *, window=None, names=NAMES, title: str = ""
    ) -> None:
        super().__init__(ax, surface=surface)
        if ax.name != "3d":
            raise TypeError("Bowl needs solid axes, got flat ones")
        self.window, self.names = window, names
        self.sheet = self.view = None
        ax.set(title=title)
        ax.set_box_aspect((1, 1, 0.8), zoom=0.9)
        for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
            axis.set_pane_color((1, 1, 1, 0))
            axis.set_tick_params(pad=-2)
            axis.labelpad = -2
            axis.set_major_locator(MaxNLocator(4))
        ax.zaxis.set_tick_params(pad=4)
        ax.zaxis.set_major_formatter(lambda z, _: f"{z / 1000:g}k" if abs(z) >= 1000 else f"{z:g}")
        ax.mouse_init(rotate_btn=None, zoom_btn=None)

    def update(self, surface, azimuth: float = -60, elevation: float = 35) -> None:
        window = window_of(surface, self.window, square=True)
        if self._is_new(surface, window):
            points = grid(window, 28)
            heights = surface(points)
            if self.sheet is not None:
                self.sheet.remove()
            self.sheet = self.ax.add_collection(_Mesh(np.stack([*points, heights])))
            self.ax.set(xlim=window[0], ylim=window[1], zlim=levels(heights, 2))
        if (azimuth, elevation) != self.view:
            self.view = (azimuth, elevation)
            self._turn(azimuth, elevation)

    def _turn(self, azimuth: float, elevation: float) -> None:
        self.ax.view_init(elev=elevation, azim=azimuth)
        self.ax.stale = True  # which matplotlib leaves to pyplot
        a, e = np.radians([azimuth, elevation])
        sight = np.abs([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
        end_on = sight > (0.8, 0.8, 0.93)
        axes = (self.ax.xaxis, self.ax.yaxis, self.ax.zaxis)
        for axis, hidden, name in zip(axes, end_on, (*self.names, ""), strict=True):
            # An axis seen nearly from its end has no room for its numbers.
            axis.set_tick_params(labelcolor="none" if hidden else GREY)
            axis.set_label_text("" if hidden else name)

    def dragged(self, start, to, azimuth: float, elevation: float) -> tuple[float, float]:
        """Return the view after a drag across the axes: half a turn from side to side."""
        across, up = np.subtract(to, start)
        return azimuth - 180 * across, elevation - 90 * up


class PrincipalAxes(Drawing):
    """The two axes of a bowl's oval, each with its curvature; `update(surface)`.

    They run along the eigenvectors of the Hessian H at the minimum, H v = λ v, as far as the loss
    rises by twice `surface.scale`. A `surface` given here stays.
    """

    background = True

    def __init__(self, ax: Axes, surface=None) -> None:
        super().__init__(ax, surface=surface)
        look = {"color": BLACK, "lw": 1.2, "zorder": 3, "solid_capstyle": "round"} | OUTLINE
        self.lines = [ax.plot([], [], ls=ls, **look)[0] for ls in ("-", (0, (4, 2)))]
        look = {"ha": "center", "va": "center", "zorder": 4, "clip_on": True} | OUTLINE
        self.words = [ax.text(0, 0, "", **look) for _ in self.lines]

    def update(self, surface) -> None:
        if not self._is_new(surface):
            return
        best = np.asarray(surface.minima[0], float)
        curvatures, directions = np.linalg.eigh(surface.hessian(best))
        rows = zip(self.lines, self.words, curvatures, directions.T, strict=True)
        for line, text, curvature, v in rows:
            v = v if v[1] < 0 else -v  # the curvatures stand on the lower halves
            end = 2 * np.sqrt(surface.scale / curvature) * v
            put(line, np.transpose([best - end, best + end]))
            text.set_text(f"λ = {curvature:{',.0f' if curvature >= 1000 else '.3g'}}")
            text.set_position(best + 0.75 * end)


class Point(Drawing):
    """One point, of weight space, on a curve, or on a bowl; `update(weights, loss)`.

    On a bowl it stands at the `loss`. `drags` names the controls that it can move: two, or only
    that of the first coordinate.
    """

    def __init__(self, ax: Axes, *, drags=(), **look) -> None:
        super().__init__(ax)
        self.drags, self.solid = drags, ax.name == "3d"
        usual = {"color": STEP, "marker": "o", "ls": "none", "mec": "white", "mew": 1.5}
        flat, solid = {"ms": 10, "zorder": 6, "clip_on": False}, {"ms": 9, "zorder": 20}
        usual |= solid if self.solid else flat
        self.dot = moving(ax, **usual | look)

    def update(self, weights, loss: float = 0.0) -> None:
        place = pairs("weights", weights, many=False)
        put(self.dot, [*place, [loss]] if self.solid else place)

    def dragged(self, start, to, *values: float) -> tuple[float, ...]:
        """Return the point under the pointer, or its first coordinate alone."""
        return tuple(to[: len(values)])


class ShadedPoints(Drawing):
    """Points of weight space, each as dark as its loss is low; `update(weights, losses)`.

    The shades run over the whole window of the surface, so they mean the same all the time.
    """

    def __init__(self, ax: Axes, surface, window, *, title: str = "") -> None:
        super().__init__(ax)
        heights = surface(grid(window, 60))
        self.low, self.room = heights.min(), np.ptp(heights)
        ax.set(xlabel=NAMES[0], ylabel=NAMES[1], title=title, xlim=window[0], ylim=window[1])
        self.dots = ax.scatter([], [], s=46, ec=GREY, lw=0.6, animated=True, zorder=3)

    def update(self, weights, losses) -> None:
        self.dots.set_offsets(np.transpose(weights))
        self.dots.set_facecolor(LOSS(np.sqrt(np.maximum(losses - self.low, 0) / self.room)))


class Slices(Drawing):
    """The two curves that a point's weights cut out of a bowl, one for each weight moved alone.

    `update(weights)`: the curve of constant intercept in the colour of the slope, and the other way
    round.
    """

    def __init__(self, ax: Axes, surface) -> None:
        super().__init__(ax)
        self.surface, self.window = surface, window_of(surface, square=True)
        self.lines = [moving(ax, color=color, lw=2, zorder=4) for color in WEIGHTS]

    def update(self, weights) -> None:
        for k, line in enumerate(self.lines):
            points = sweep(weights, k, self.window[k])
            put(line, [*points, self.surface(points)])


class Arrow(Drawing):
    """An arrow from one place to another; `update(start, end)`."""

    def __init__(
        self, ax: Axes, *, color: str = STEP, lw: float = 3, head: float = 16, zorder: float = 6
    ) -> None:
        super().__init__(ax)
        look = {"arrowstyle": "-|>", "color": color, "lw": lw, "mutation_scale": head}
        look |= {"path_effects": [withStroke(linewidth=lw + 1.5, foreground="white")]}
        look |= {"shrinkA": 0, "shrinkB": 0}
        place = {"annotation_clip": False, "zorder": zorder, "animated": True}
        self.arrow = ax.annotate("", (0, 0), (0, 0), arrowprops=look, **place)

    def update(self, start, end) -> None:
        self.arrow.xyann, self.arrow.xy = tuple(start), tuple(end)


class GradientArrow(Drawing):
    """Minus the gradient at a point and its parts, one a weight; `update(weights, gradient)`.

    The arrows are as long as what they stand for: none at the bottom, and 0.6 of the map's width
    for the median gradient of the `surface` on the map. None is longer than that.
    """

    def __init__(self, ax: Axes, surface) -> None:
        super().__init__(ax)
        self.surface = surface
        kinds = [(WEIGHTS[0], 2), (WEIGHTS[1], 2), (BLACK, 3)]
        self.arrows = [Arrow(ax, color=color, lw=lw, head=14, zorder=5) for color, lw in kinds]

    def update(self, weights, gradient) -> None:
        weights, gradient = np.asarray(weights, float), np.asarray(gradient, float)
        window = self.ax.get_xlim(), self.ax.get_ylim()
        sides = np.ptp(window, axis=1)  # of the map, in which lengths are counted
        gradients = self.surface.gradient(grid(window, 7))
        usual = np.median(np.linalg.norm(gradients / sides[:, None, None], axis=0))
        longest = max(np.linalg.norm(gradient / sides), usual)
        whole = -0.6 * gradient / longest if longest > 0 else np.zeros(2)
        for arrow, part in zip(self.arrows, ([1, 0], [0, 1], [1, 1]), strict=True):
            arrow.update(weights, weights + whole * part)


class ModelRings(Drawing):
    """The contours of a quadratic model, over those of the surface; `update(model, point)`.

    One ring runs through the point, the others lie at even distances where the model is a bowl.
    """

    def __init__(self, ax: Axes, window) -> None:
        super().__init__(ax)
        self.mesh = grid(window, 61)
        self.rings = moving_pieces(ax, LineCollection, colors=MODEL, lw=1.4, zorder=4)

    def update(self, model, point) -> None:
        g, h = model.gradient(point), model.hessian(point)
        height = model(point)
        middle = height - g @ np.linalg.lstsq(h, g)[0] / 2  # the value where the model is level
        room = abs(height - middle) or 1.0
        lines = contour_generator(*self.mesh, model(self.mesh)).lines
        shares = (np.arange(1, 5) / 2) ** 2
        levels = middle + room * np.concatenate([-shares, shares])
        self.rings.set_segments([line for level in levels for line in lines(level)])


class _Mesh(QuadMesh):
    """A surface as a mesh (3, m, n) on solid axes, each cell as dark as its first corner is low.

    Cells are painted row by row. Rows and columns run from the back to the front, so none hides
    one that is painted later, and they need no sorting, in which `plot_surface` spends its time.
    """

    def __init__(self, mesh: np.ndarray) -> None:
        low, high = finite_range(mesh[2])
        colors = LOSS(np.sqrt((mesh[2, :-1, :-1] - low) / (high - low or 1)), alpha=0.92)
        self.mesh, self.colors = mesh, colors  # (3, m, n) and (m - 1, n - 1, 4)
        super().__init__(np.moveaxis(mesh[:2], 0, -1), ec="none", lw=0)

    def do_3d_projection(self) -> float:
        """Place the corners on the paper; the axes ask for it before they are drawn."""
        azimuth = np.radians(self.axes.azim)
        # The first coordinate runs along the columns, the second along the rows.
        forward = np.index_exp[:: _towards(np.sin(azimuth)), :: _towards(np.cos(azimuth))]
        corners = self.mesh[:, *forward]
        x, y, _ = proj_transform(*corners.reshape(3, -1), self.axes.get_proj())
        # QuadMesh offers its corners for reading only.
        self._coordinates = np.stack([x, y], axis=-1).reshape(*corners.shape[1:], 2)
        self.set_facecolor(self.colors[forward].reshape(-1, 4))
        return 0.0


def _towards(side: float) -> int:
    """The step along an axis whose end is in front, or its beginning."""
    return 1 if side > 0 else -1


def sweep(weights: np.ndarray, k: int, limits: tuple[float, float]) -> np.ndarray:
    """Return points (2, 81) in which weight k runs between the limits and the other stays."""
    points = np.repeat(np.reshape(weights, (2, 1)).astype(float), 81, axis=1)
    points[k] = np.linspace(*limits, 81)
    return points
