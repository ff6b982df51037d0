"""Controls of a surface over two weights: what turns its bowl, and what moves a point on it."""

from calclearn.explorers.controls import round_slider, slider


def turning() -> dict:
    """Return the two controls that turn a bowl, in degrees; the bowl can be dragged as well."""
    return {
        "azimuth": slider(-60, -180, 180, 1, label="turn (°)"),
        "elevation": slider(35, 5, 90, 1, label="tilt (°)"),
    }


def weight_sliders(window, shares: tuple[float, float]) -> dict:
    """Return sliders for slope and intercept over a window, starting at these shares of it."""
    return {
        name: round_slider(low + share * (high - low), (low, high))
        for name, (low, high), share in zip(("slope", "intercept"), window, shares, strict=True)
    }
