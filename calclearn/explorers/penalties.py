"""Explorers of the two penalties: where they meet the bowl, and what they leave of one weight.

An L1 penalty has a kink where a weight is 0, and a kink can hold a weight; an L2 penalty is smooth
and level there, and holds nothing. Both figures show this one fact.
"""

import numpy as np

from calclearn.data import penguins
from calclearn.descent.losses import linear_fit, mse
from calclearn.descent.penalised import lasso, ridge
from calclearn.explorers.controls import choice, log_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.wording import placed
from calclearn.figures.curves import Curve, Curves
from calclearn.figures.fits import Reach, Rings
from calclearn.figures.style import BEST, BLACK, GREY, LIGHT, MODEL, STEP, WEIGHTS, panels, style
from calclearn.figures.surfaces import Point

FEATURES = ("body_mass", "bill_depth")
POWER = {"L1": 1, "L2": 2}


def penalty_meets_bowl() -> Explorer:
    """Why does L1 give zeros? The rings of the loss, and the diamond or disc that they touch.

    Flipper length is fitted by body mass and bill depth, each in standard deviations from its mean.
    The bottom of the bowl can be dragged: other flippers, with the same two features.

    >>> meets = penalty_meets_bowl().set(penalty="L1", strength=1.0)
    >>> meets.state["weights"].round(3)
    array([0.726, 0.   ])
    """
    columns = np.stack([penguins()[name] for name in FEATURES])  # (2, n)
    X = (columns.T - columns.mean(axis=1)) / columns.std(axis=1)  # (n, 2)
    flipper = (penguins().flipper_length - penguins().flipper_length.mean()) / 10  # cm
    best = np.linalg.lstsq(X, flipper)[0]
    misses = flipper - X @ best
    strengths, reach = np.logspace(-2, 1, 121), 1.8
    left, right = panels("flat", "flat", ratios=(1, 1.1), height=4.3)

    def compute(strength: float, penalty: str, mass: float, depth: float) -> dict:
        surface = linear_fit(X, X @ np.array([mass, depth]) + misses, mse)
        solve = {"L1": lasso, "L2": ridge}[penalty]
        weights, path = solve(surface, strength), solve(surface, strengths)
        way = {name: (strengths, row) for name, row in zip("01", path, strict=True)}
        way |= {f"{name} now": ([strength], [w]) for name, w in zip("01", weights, strict=True)}
        return {
            "told": (strength, penalty), "weights": weights, "bottom": np.array([mass, depth]),
            "rings": (surface, weights), "reach": (POWER[penalty], weights), "path": path,
            "way": way, "loss": float(surface(weights)), "least": float(surface([mass, depth])),
        }  # fmt: skip

    def caption(state: dict) -> str:
        (strength, penalty), weights = state["told"], state["weights"]
        first, second = (f"{w:.3f}" if w else "exactly 0" for w in weights)
        shape = "diamond" if penalty == "L1" else "disc"
        zeros = int(np.sum(weights == 0))
        met = (
            "touches the {} on its edge",
            "touches the {} at a corner",
            "runs through 0, to which the {} has shrunk",
        )
        mass, depth = state["bottom"]
        return (
            f"{penalty} with λ = {strength:.3g}: from the bottom at {placed((mass, depth))} "
            f"the weight of body mass is drawn to {first}, that of bill depth to {second}. The "
            f"ring of the loss, {state['loss'] - state['least']:.3g} cm² above the least, "
            f"{met[zeros].format(shape)}."
        )

    with style():
        left.set(xlim=(-reach, reach), ylim=(-reach, reach), title="penalty and loss")
        left.set(
            xlabel="weight of body mass (cm per sd)", ylabel="weight of bill depth (cm per sd)"
        )
        left.set_aspect("equal")
        for line in (left.axhline, left.axvline, right.axhline):
            line(0, color=GREY, lw=0.8, zorder=1)
    marks = {"ls": "", "ms": 9, "mec": "white", "zorder": 6}
    looks = {name: {"color": color, "lw": 2} for name, color in zip("01", WEIGHTS, strict=True)}
    looks |= {
        f"{name} now": {"color": color, "marker": marker, **marks}
        for name, color, marker in zip("01", WEIGHTS, "os", strict=True)
    }
    way = Curves(
        right, looks, title="both weights, by the penalty's strength", xlabel="strength λ",
        xscale="log", xlim=(strengths[0], strengths[-1]), ylim=(-reach, reach),
    )  # fmt: skip
    with style():
        names = [name.replace("_", " ") for name in FEATURES]
        right.legend([way.lines[name] for name in "01"], names, loc="upper right")
    drawings = {
        "rings": Rings(left, spacing=0.3), "reach": Reach(left),
        "path": Curve(left, color=MODEL, lw=1.4, ls=":", zorder=4),
        "bottom": Point(left, drags=("mass", "depth"), color=BEST, marker="*"),
        "weights": Point(left), "way": way,
    }  # fmt: skip
    (mass, depth), far = best.round(2), 1.2
    return explore(
        compute, drawings, caption,
        strength=log_slider(0.3, 0.01, 10.0, label="λ"), penalty=choice(["L2", "L1"]),
        mass=slider(mass, -far, far, 0.01, label="bottom: mass"),
        depth=slider(depth, -far, far, 0.01, label="bottom: depth"),
    )  # fmt: skip


def soft_threshold() -> Explorer:
    """What is left of one weight? A loss with its bottom at a, and each penalty added to it.

    ½ (w - a)² + λ |w|    is lowest at    sign(a) max(|a| - λ, 0)
    ½ (w - a)² + λ w²     is lowest at    a / (1 + 2λ)

    >>> soft_threshold().set(a=1.5, strength=1.0).state["left over"]
    (0.5, 0.5)
    """
    w, reach = np.linspace(-3, 3, 241), 3.0
    left, right = panels("flat", "flat", height=3.9)

    def left_over(a, strength: float) -> tuple:
        return np.sign(a) * np.maximum(abs(a) - strength, 0), a / (1 + 2 * strength)

    def compute(a: float, strength: float) -> dict:
        loss = (w - a) ** 2 / 2
        one, two = (float(place) for place in left_over(a, strength))
        total = {"L1": loss + strength * abs(w), "L2": loss + strength * w**2, "loss": loss}
        rules = dict(zip(("L1", "L2"), left_over(w, strength), strict=True)) | {"loss": w}
        heights = (one - a) ** 2 / 2 + strength * abs(one), (two - a) ** 2 / 2 + strength * two**2
        return {
            "told": (a, strength), "left over": (one, two),
            **{f"{name} total": (w, values) for name, values in total.items()},
            "rules": {name: (w, values) for name, values in rules.items()},
            "L1 at": (one, heights[0]), "L2 at": (two, heights[1]),
            "L1 of": (a, one), "L2 of": (a, two),
        }  # fmt: skip

    def caption(state: dict) -> str:
        (a, strength), (one, two) = state["told"], state["left over"]
        held = "larger than λ" if one else "no larger than λ"
        if one == 0 < strength:
            held += ": the kink holds the weight"
        return (
            f"The loss alone is lowest at a = {a:.2f}. With λ = {strength:.2f} L1 leaves "
            f"{f'{one:.2f}' if one else 'exactly 0'}, L2 leaves {two:.2f}. At w = 0 the gradient "
            f"of the loss is {-a:.2f}, in size {held}."
        )

    looks = {
        "loss": {"color": LIGHT, "lw": 2, "label": "no penalty"},
        "L1": {"color": STEP, "lw": 2.2, "label": "L1"},
        "L2": {"color": MODEL, "lw": 2.2, "ls": (0, (5, 2)), "label": "L2"},
    }
    axes = {"xlim": (-reach, reach), "xlabel": "$a$, where the loss alone is lowest"}
    rules = Curves(right, looks, title="what is left of $a$", ylim=(-reach, reach), **axes)
    with style():
        left.set(xlim=(-reach, reach), ylim=(0, 6), xlabel="$w$", title="loss + penalty")
        for ax in (left, right):
            ax.axvline(0, color=GREY, lw=0.8, zorder=1)
        right.axhline(0, color=BLACK, lw=0.8, zorder=1)
        right.figure.legend(handles=list(rules.lines.values()), loc="outside lower center", ncols=3)
    drawings = {
        "rules": rules, **{f"{name} total": Curve(left, **look) for name, look in looks.items()},
        "L1 at": Point(left), "L2 at": Point(left, color=MODEL, marker="s"),
        "L1 of": Point(right), "L2 of": Point(right, color=MODEL, marker="s"),
    }  # fmt: skip
    return explore(
        compute, drawings, caption,
        a=slider(1.6, -reach, reach, 0.05), strength=slider(0.5, 0.0, 2.0, 0.05, label="λ"),
    )  # fmt: skip
