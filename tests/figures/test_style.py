"""The palette holds what it promises: apart for the colour-blind, apart in grey, dark to light."""

import itertools

import matplotlib.style
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from calclearn.figures import style as look
from calclearn.figures.style import GRADIENT, LOSS, panels, style

# Viénot, Brettel and Mollon (1999): linear RGB as a dichromat sees it.
DICHROMATS = {
    "protanope": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deuteranope": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lightness(rgb):
    """CIE L*, from 0 for black to 100 for white."""
    luminance = rgb @ [0.2126, 0.7152, 0.0722]
    return 116 * np.cbrt(luminance) - 16


@pytest.mark.parametrize("sight", DICHROMATS)
def test_roles_stay_apart_for_the_colour_blind(sight):
    roles = [look.DATA, look.MODEL, look.STEP, look.BEST, *look.WEIGHTS]
    seen = [np.array(DICHROMATS[sight]) @ linear(color) for color in roles]
    for (a, first), (b, second) in itertools.combinations(zip(roles, seen, strict=True), 2):
        assert np.linalg.norm(first - second) > 0.05, (a, b)


@pytest.mark.parametrize("colors", [LOSS, GRADIENT], ids=["losses", "gradients"])
def test_sizes_get_lighter_all_the_way(colors):
    shades = [lightness(linear(color[:3])) for color in colors(np.linspace(0, 1, 30))]
    assert (np.diff(shades) > 0).all()
    assert shades[-1] - shades[0] > 70


def test_panels_are_of_their_kinds_and_ruled_ones_have_level_grid_lines():
    axes = panels("flat", "solid", "strip", ratios=(1, 2))
    assert [ax.name for ax in axes] == ["rectilinear", "3d", "rectilinear"]
    for ax, lines in zip(panels("flat", "ruled"), (False, True), strict=True):
        ax.set(yscale="log", ylim=(1, 100))
        ax.figure.draw_without_rendering()
        assert {line.get_visible() for line in ax.yaxis.get_gridlines()} == {lines}
        assert not any(line.get_visible() for line in ax.xaxis.get_gridlines())


@pytest.mark.parametrize("kinds", [(), ("round",), ("strip",), (["flat"],)])
def test_unknown_panels_are_named(kinds):
    with pytest.raises(ValueError, match="kinds must be"):
        panels(*kinds)
    for bad in ({"ratios": (1,)}, {"ratios": 3}, {"ratios": (1, 0)}, {"height": np.nan}):
        with pytest.raises(ValueError, match=f"{next(iter(bad))} must be"):
            panels("flat", "flat", **bad)


def test_looks_of_regimes_and_optimizers():
    assert min(lightness(linear(color)) for color in look.REGIMES.values()) > 65, "under black text"
    colors, markers = zip(*look.OPTIMIZERS.values(), strict=True)
    assert len(set(colors)) == len(set(markers)) == len(colors)
    assert look.OPTIMIZERS["Mine"] == (look.GREY, ".")
    assert "Mine" not in look.OPTIMIZERS


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ax.clear(), lambda ax: ax.twinx().plot([1, 2]), lambda ax: ax.pie([1, 2]),
        lambda ax: ax.inset_axes((0.2, 0.2, 0.5, 0.5)).plot([1, 2]),
        lambda ax: ax.figure.add_subplot(projection="polar").bar([1], [1]),
        lambda ax: ax.secondary_xaxis("top"), lambda ax: ax.boxplot([1, 2, 9]),
        lambda ax: ax.streamplot([0, 1], [0, 1], np.ones((2, 2)), np.eye(2)),
        lambda ax: ax.figure.colorbar(ax.contourf(np.eye(2))),
        lambda ax: (ax.plot([1], label="a"), ax.figure.legend(), ax.figure.suptitle("title")),
        lambda ax: ax.set(title="a", xlabel="b"),
    ],
)  # fmt: skip
def test_nothing_drawn_on_panels_has_the_settings_of_other_plots(draw):
    pictures = []
    for looks in ([], ["dark_background", {"font.size": 20, "lines.linewidth": 9}]):
        (ax,) = panels("flat")
        with matplotlib.style.context(looks):
            draw(ax)
        with style():
            canvas = FigureCanvasAgg(ax.figure)
            canvas.draw()
        pictures.append(bytes(canvas.buffer_rgba()))
    assert pictures[0] == pictures[1]
