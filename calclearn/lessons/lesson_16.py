"""Lesson 16, when lower is worse: a loss with a penalty, L(w) + λ Σ wⱼ² or L(w) + λ Σ |wⱼ|, is
higher on the data of the fit and may be lower on all others.

Every fit is exact, with a penalty (`ridge`, `lasso`) or after a number of steps
(`shrinkage_of_steps`), so a figure shows what the loss does, and no descent that has not arrived.
"""

from functools import cache, lru_cache

import numpy as np
from numpy.polynomial.legendre import legvander
from numpy.polynomial.polynomial import polyval

from calclearn.data import penguins
from calclearn.descent.curvature import shrinkage_of_l2, shrinkage_of_steps
from calclearn.descent.losses import linear_fit, mse, polynomial_loss
from calclearn.descent.penalised import lasso, ridge
from calclearn.descent.surfaces import Surface
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers import Explorer, explore, log_slider, slider
from calclearn.explorers import choice as menu
from calclearn.explorers.wording import counted, placed
from calclearn.figures import legend_below, panels
from calclearn.figures.fits import PenaltyAndLoss
from calclearn.figures.marks import Dots, Lines, Rule, Stems
from calclearn.figures.style import BEST, GREY, MODEL, STEP, WEIGHTS, style
from calclearn.figures.surfaces import Point
from calclearn.lessons import bills
from calclearn.lessons.bills import FITTED, GRID, LEVEL, bird_dots, points_of, sample_of, scaled

SAMPLE, HIGHEST = 9, 11  # the usual sample of birds, the highest degree
FARTHEST = 120  # degree of a polynomial with far more weights than it is fitted to birds
PER_DECADE, DECADES = 20, 6  # learning is stopped at the step 10^(record / 20), to a million
PENALISED = {"L1": lasso, "L2": ridge}
DASHED = (0, (5, 2))
RING = {"color": MODEL, "mfc": "none", "mec": MODEL, "mew": 2, "ms": 13}  # around what is now


def _birds(sample: int) -> dict[str, np.ndarray]:
    """The birds to which a model is fitted and all others, (2, n) in mm, as `bird_dots` shows."""
    fitted, held_out = np.split(sample_of(sample), [FITTED])
    return {"fitted": points_of(fitted), "held_out": points_of(held_out)}


@cache
def _loss(sample: int, degree: int, part: str) -> Surface:
    """The mean squared error of a polynomial on the birds `fitted`, or on those `held_out`."""
    flipper, depth = _birds(sample)[part]
    return polynomial_loss(scaled(flipper), depth - LEVEL, degree, mse)


def _curve(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return GRID, LEVEL + polyval(scaled(GRID), weights)


def lower_is_worse() -> Explorer:
    """When is a lower loss worse? A polynomial, the birds it was fitted to, and all others.

    The penalty spares the intercept, which says how high the curve lies and not how it bends.

    >>> state = lower_is_worse().set(degree=10, strength=1e-8).state
    >>> [f"{state[name][10]:.3g}" for name in ("train", "test")]
    ['0.265', '949']
    """
    degrees = np.arange(HIGHEST + 1)

    @lru_cache(maxsize=64)
    def fitted(sample: int, penalty="none", strength=0.0) -> tuple[list, np.ndarray, np.ndarray]:
        """The fit of each degree, its loss on the birds of the fit, and on the others."""
        solve = PENALISED.get(penalty, lambda loss, *_: loss.minima[0])
        fits = [solve(_loss(sample, degree, "fitted"), strength, 1) for degree in degrees]
        return fits, *(
            np.array([_loss(sample, degree, part)(fits[degree]) for degree in degrees])
            for part in ("fitted", "held_out")
        )

    def compute(degree, strength, penalty, sample) -> dict:
        fits, train, test = fitted(sample, penalty, strength)
        _, free_train, free_test = fitted(sample)
        weights, zeros = fits[degree], np.flatnonzero(fits[degree] == 0)
        return _birds(sample) | {
            "weights": weights, "stems": np.clip(weights, -1e5, 1e5), "fit": _curve(weights),
            "zeros": (zeros, weights[zeros]), "largest": np.abs(weights).max(),
            "train": train, "test": test, "free_train": free_train, "free_test": free_test,
            "now": ([degree, degree], [train[degree], test[degree]]),
            "best": int(np.argmax(test <= 1.001 * test.min())),  # the lowest of equals
        }  # fmt: skip

    def caption(sample, degree, penalty, strength, train, test, best, largest, zeros) -> str:
        count = len(zeros[0])
        return (
            f"Sample {sample}, degree {degree}, {penalty} with λ = {strength:.2g}: the loss is "
            f"{train[degree]:.3g} mm² on the {FITTED} birds of the fit and {test[degree]:.3g} mm² "
            f"on the others. For them degree {best} would be best. The largest weight is "
            f"{largest:.3g} in size, and {count or 'none'} of {degree + 1} "
            f"{'are' if count > 1 else 'is'} exactly 0."
        )

    left, middle, right = panels("flat", "ruled", "flat", ratios=(1.25, 1, 0.9), height=3.9)
    middle.set(title="loss (mm²) by degree", xlabel="degree", yscale="log", ylim=(0.1, 1e5))
    middle.set(xlim=(-0.6, HIGHEST + 0.6), xticks=degrees[::2])
    right.set_yscale("symlog", linthresh=1, linscale=1)
    right.set(title="weights", xlabel="weight $w_j$, $j$ =", xticks=degrees[::2])
    right.set(xlim=(-0.7, HIGHEST + 0.7), ylim=(-1e5, 1e5))
    names = ["−$10^3$", "−$10^1$", "−1", "0", "1", "$10^1$", "$10^3$"]
    right.set_yticks([-1000, -10, -1, 0, 1, 10, 1000], names)
    right.set_yticks([], minor=True)
    right.axhline(0, color=GREY, lw=0.8)
    train, test = bills.LOSSES.values()
    curves = bills.LOSSES | {
        "free_test": test | {"label": "without penalty"}, "free_train": train | {"label": None}
    }  # fmt: skip
    look = {"alpha": [1, 1, 0.3, 0.3], "ms": [4, 4, 3, 3], "lw": [1.8, 1.8, 1, 1]}
    drawings = [
        bird_dots(left, title="birds, and the fit"),
        Lines(left, "fit", color=MODEL, lw=2.5, zorder=4),
        Lines(middle, curves, edge=True, marker=["o", "s", "s", "o"], **look),
        Dots(middle, "now", edge=True, **RING),
        Stems(right, "stems", color=MODEL, lw=2, ms=7),
        Dots(right, "zeros", ms=7, mfc="white", mec=MODEL, mew=1.6),
    ]
    legend_below(middle, columns=3)
    return explore(
        compute, drawings, caption, degree=slider(10, 0, HIGHEST, 1),
        strength=log_slider(1e-8, 1e-8, 10.0, 90, label="λ"),
        penalty=menu(["L2", "L1"]), sample=slider(SAMPLE, 0, 29, 1, label="sample of birds"),
    )  # fmt: skip


def double_descent() -> Explorer:
    """What comes far beyond? Of all polynomials that fit equally well, the one of smallest weights.

        w = X⁺ y,    Xᵢⱼ = Pⱼ(xᵢ)    Pⱼ: Legendre's polynomial of degree j, at most 1 in size

    It is the limit of the ridge in these weights as λ goes to 0.

    >>> losses = double_descent().set(degree=100).state["test"]
    >>> [f"{losses[degree]:.3g}" for degree in (4, 13, 100)]
    ['2.25', '3.21e+09', '1.87']
    """
    flipper = np.linspace(172, 231, 591)  # mm, where x runs from -1 to 1
    degrees, curves = np.arange(FARTHEST + 1), legvander(scaled(flipper), FARTHEST)

    @cache
    def fits(sample: int) -> dict:
        """Return the fits of all degrees, and their losses on the birds fitted and the others."""
        birds = _birds(sample)
        x, depth = birds["fitted"]
        X = legvander(scaled(x), FARTHEST)
        # Birds with equal flippers are equal rows, whose singular values are 0 but for rounding.
        weights = [np.linalg.lstsq(X[:, : d + 1], depth - LEVEL, 1e-13)[0] for d in degrees]

        def losses(x, depth) -> np.ndarray:
            X = legvander(scaled(x), FARTHEST)
            off = [LEVEL + X[:, : d + 1] @ weights[d] - depth for d in degrees]
            return np.mean(np.square(off), axis=1)

        lengths, test = len({*x}), losses(*birds["held_out"])
        return birds | {
            "weights": weights, "train": losses(x, depth), "test": test,
            "lengths": lengths, "enough": lengths - 1,
            "lowest": [int(part.argmin()) for part in np.split(test, [lengths])],
        }  # fmt: skip

    def compute(degree, sample) -> dict:
        known = fits(sample)
        weights = known["weights"][degree]
        return known | {
            "fit": (flipper, LEVEL + curves[:, : degree + 1] @ weights),
            "now": ([degree, degree], [known["train"][degree], known["test"][degree]]),
            "size": float(np.sqrt(weights @ weights)),
        }

    def caption(sample, degree, train, test, lengths, size, lowest) -> str:
        first, second = lowest[0], lengths + lowest[1]
        return (
            f"Sample {sample}, degree {degree}: the loss is {train[degree]:.3g} mm² on the "
            f"{FITTED} birds of the fit and {test[degree]:.3g} mm² on the others; "
            f"{counted(degree + 1, 'weight')} of length {size:.3g}. These birds have {lengths} "
            f"different flippers, so degree {lengths - 1} comes as near to them as a curve can. "
            f"The others' loss is lowest, up to there, at degree {first}, with {test[first]:.3g} "
            f"mm², and beyond at degree {second}, with {test[second]:.3g} mm²."
        )

    left, right = panels("flat", "ruled", ratios=(1.1, 1), height=3.9)
    right.set(title="loss (mm²) by degree", xlabel="degree", yscale="log", ylim=(0.03, 1e11))
    right.set(xlim=(-2, FARTHEST + 2), xticks=range(0, FARTHEST + 1, 20))
    drawings = [
        bird_dots(left, title="birds, and the fit"),
        Lines(left, "fit", color=MODEL, lw=2, zorder=4),
        Rule(right, x="enough", color=GREY, lw=1, ls=":"),
        Lines(right, bills.LOSSES, edge=True, lw=1.8, ls=["-", DASHED]),
        Dots(right, "now", edge=True, **RING),
    ]
    legend_below(right)
    return explore(
        compute, drawings, caption, play="degree", pace=0.1,
        degree=slider(HIGHEST, 0, FARTHEST, 1),
        sample=slider(SAMPLE, 0, 29, 1, label="sample of birds"),
    )  # fmt: skip


@style()
def penalty_meets_bowl() -> Explorer:
    """Why does L1 give zeros? The rings of the loss, and the diamond or disc that they touch.

    Flipper length is fitted by body mass and bill depth, each in standard deviations from its mean.
    The bottom of the bowl can be dragged: other flippers, with the same two features.

    >>> meets = penalty_meets_bowl().set(penalty="L1", strength=1.0)
    >>> meets.state["weights"].round(3)
    array([0.726, 0.   ])
    """
    columns = np.stack([penguins().body_mass, penguins().bill_depth])  # (2, n)
    X = (columns.T - columns.mean(axis=1)) / columns.std(axis=1)  # (n, 2)
    flipper = (penguins().flipper_length - penguins().flipper_length.mean()) / 10  # cm
    best = np.linalg.lstsq(X, flipper)[0]
    misses = flipper - X @ best
    strengths, reach = np.logspace(-2, 1, 121), 1.8

    def compute(strength, penalty, mass, depth) -> dict:
        bottom, solve = np.array([mass, depth]), PENALISED[penalty]
        surface = linear_fit(X, X @ bottom + misses, mse)
        weights, path = solve(surface, strength), solve(surface, strengths)
        return {
            "surface": surface, "power": {"L1": 1, "L2": 2}[penalty], "bottom": bottom,
            "weights": weights, "path": path,
            "mass_path": (strengths, path[0]), "depth_path": (strengths, path[1]),
            "mass_now": (strength, weights[0]), "depth_now": (strength, weights[1]),
            "rise": float(surface(weights) - surface(bottom)),
        }  # fmt: skip

    def caption(penalty, strength, bottom, weights, rise) -> str:
        first, second = (f"{w:.3f}" if w else "exactly 0" for w in weights)
        shape = "diamond" if penalty == "L1" else "disc"
        touches = f"touches the {shape} "
        shrunk = f"runs through 0, to which the {shape} has shrunk"
        meeting = (f"{touches}on its edge", f"{touches}at a corner", shrunk)[np.sum(weights == 0)]
        return (
            f"{penalty} with λ = {strength:.3g}: from the bottom at {placed(bottom)} the weight of "
            f"body mass is drawn to {first}, that of bill depth to {second}. The ring of the loss, "
            f"{rise:.3g} cm² above the least, {meeting}."
        )

    left, right = panels("flat", "ruled", ratios=(1, 1.1), height=4.3)
    left.set(xlim=(-reach, reach), ylim=(-reach, reach), title="penalty and loss", aspect="equal")
    left.set(xlabel="weight of body mass (cm per sd)", ylabel="weight of bill depth (cm per sd)")
    right.set(title="both weights, by the penalty's strength", xlabel="strength λ", xscale="log")
    right.set(xlim=(strengths[0], strengths[-1]), ylim=(-reach, reach))
    for line in (left.axhline, left.axvline, right.axhline):
        line(0, color=GREY, lw=0.8, zorder=1)
    features = ["body mass", "bill depth"]
    drawings = [
        PenaltyAndLoss(left, spacing=0.3),
        Lines(left, "path", color=MODEL, lw=1.4, ls=":", zorder=4),
        Point(left, drags=("mass", "depth"), color=BEST, marker="*").on(weights="bottom"),
        Point(left),
        Lines(right, "mass_path", "depth_path", color=[*WEIGHTS], lw=2, label=features),
        Dots(right, "mass_now", "depth_now", color=[*WEIGHTS], marker=["o", "s"], ms=9, zorder=6),
    ]
    right.legend(loc="upper right")
    (mass, depth), far = best.round(2), 1.2
    return explore(
        compute, drawings, caption,
        strength=log_slider(10**-0.5, 0.01, 10.0, label="λ"),  # 1 is a place, too
        penalty=menu(["L2", "L1"]),
        mass=slider(mass, -far, far, 0.01, label="bottom: mass"),
        depth=slider(depth, -far, far, 0.01, label="bottom: depth"),
    )  # fmt: skip


@style()
def early_stopping() -> Explorer:
    """What does stopping early do? Nearly the same as L2: both shrink along the flat directions.

    `record` counts the records of one descent, at the steps 10^(record / 20), so that they can be
    played.

    >>> state = early_stopping().set(record=60, strength=1e-3).state
    >>> f"{state['early_test']:.3g}", f"{state['l2_test']:.3g}"
    ('1.96', '1.99')
    """
    train, test = (_loss(SAMPLE, 10, part) for part in ("fitted", "held_out"))
    best = np.array(train.minima[0])
    curvatures, vectors = np.linalg.eigh(train.hessian(best))
    curvatures = np.maximum(curvatures, 0)  # the flattest may come out as -1e-17
    rate = 1 / curvatures[-1]
    h = np.geomspace(3e-10, curvatures[-1], 160)

    def fit(shares) -> np.ndarray:
        """The weights (11, ...) that keep these shares of the full fit along the eigenvectors."""
        return np.tensordot(vectors * (vectors.T @ best), shares, 1)

    def compute(record, strength) -> dict:
        taken, alike = round(10 ** (record / PER_DECADE)), 1 / (2 * rate * strength)
        early = shrinkage_of_steps(curvatures, rate, taken)
        l2 = shrinkage_of_l2(curvatures, strength)
        early_test, l2_test = float(test(fit(early))), float(test(fit(l2)))
        return {
            "early_fit": _curve(fit(early)), "l2_fit": _curve(fit(l2)),
            "early_test": early_test, "l2_test": l2_test, "alike": alike, "taken": taken,
            "early_now": (taken, early_test), "l2_now": (alike, l2_test),
            "early_curve": (h, shrinkage_of_steps(h, rate, taken)),
            "l2_curve": (h, shrinkage_of_l2(h, strength)),
            "early_shares": (curvatures, early), "l2_shares": (curvatures, l2),
            "apart": float(np.abs(early - l2).max()),
        }  # fmt: skip

    def caption(taken, strength, early_test, l2_test, alike, apart) -> str:
        return (
            f"On the others the loss is {early_test:.3g} mm² after {counted(taken, 'step')} "
            f"with η = {rate:.2g}, and {l2_test:.3g} mm² with L2 and λ = {strength:.2g}, which is "
            f"like {alike:.3g} steps. Along the curvatures the shares of the two differ by at most "
            f"{apart:.2f}."
        )

    left, middle, right = panels("flat", "ruled", "ruled", ratios=(1.15, 1, 1), height=3.9)
    middle.set(title="loss (mm²)", xlabel="steps $k$, or $1/(2ηλ)$", xscale="log", yscale="log")
    middle.set(xlim=(0.6, 1.7e6), ylim=(0.1, 100))
    middle.text(1, 0.14, "thin: the birds of the fit", color=GREY)
    right.set(title="share of the full fit", xlabel="curvature $h$", xscale="log")
    right.set(xlim=(10**-9.5, 6), ylim=(-0.04, 1.06))
    many, each = np.logspace(0, DECADES, 121), curvatures[:, None]
    stopped = shrinkage_of_steps(each, rate, many), STEP, "-"
    shrunk = shrinkage_of_l2(each, 1 / (2 * rate * many)), MODEL, DASHED
    for shares, color, dashes in (stopped, shrunk):
        middle.plot(many, test(fit(shares)), color=color, ls=dashes, lw=2)
        middle.plot(many, train(fit(shares)), color=color, ls=dashes, lw=1, alpha=0.6)
    look = {"color": [STEP, MODEL], "ls": ["-", DASHED], "lw": 2}
    look["label"] = ["gradient descent, stopped early", "L2"]
    dots = {"color": [STEP, MODEL], "marker": ["o", "s"], "ms": 7, "zorder": 2}
    bird_dots(left, title="birds, and both fits").update(**_birds(SAMPLE))
    drawings = [
        Lines(left, "early_fit", "l2_fit", **look),
        Dots(middle, "early_now", "l2_now", edge=True, **dots),
        Dots(right, "early_shares", "l2_shares", edge=True, **dots),
        Lines(right, "early_curve", "l2_curve", edge=True, **look),
    ]
    legend_below(right)
    last = PER_DECADE * DECADES
    record = slider(last, 0, last, 1, label="steps k")
    record.readout = False
    return explore(
        compute, drawings, caption, play="record", pace=0.08,
        strength=log_slider(1e-3, 1e-6, 1.0, 72, label="λ of L2"), record=record,
    )  # fmt: skip


# Exercises; the questions stand in the notebook.
# fmt: off

def soft(a, threshold):
    return np.sign(a) * np.maximum(np.abs(a) - threshold, 0)

def lowest(loss, weights):
    return strengths[np.argmin(loss(weights))]

x, y = scaled(penguins().flipper_length), penguins().bill_depth - LEVEL
strengths = np.logspace(-5, 0, 11)
fitting, choosing, judging = (
    polynomial_loss(x[birds], y[birds], 6, mse)
    for birds in np.split(sample_of(SAMPLE), [20, 120])
)
by_l2, by_l1 = (solve(fitting, strengths, spared=1) for solve in (ridge, lasso))
chosen, judged, sparse = lowest(choosing, by_l2), lowest(judging, by_l2), lowest(choosing, by_l1)

outcome("16", 3, """
    The curve runs through its twenty birds by swinging between them, and leaves the paper where it
    has none. A loss on the birds of the fit says nothing of that.""")
outcome("16", 3, """
    At degree 13 there is one curve that comes nearest, and it needs enormous weights. Beyond it
    there are many, and the more there are the smaller the weights of the smallest one.""",
    prediction=2)
outcome("16", 2, """
    The diamond has its corners on the axes, and a corner is touched from many directions. The disc
    touches an axis only if the ring comes from straight ahead.""", prediction=3)

exercise("16.1", 5 * 0.6 / (0.6 + 0.2), """
    h / (h + 2λ) = 0.6/0.8 of it is left: the two is that of the derivative of w².
    > At the lowest place the whole gradient vanishes: h·(w − 5) + 2λ·w = 0.
    > Solve h·(w − 5) + 2λ·w = 0 for w: a share h/(h + 2λ) of the full weight.""", [
    (5 * 0.6 / 0.7, "The derivative of λw² is 2λw: the two is missing."),
    (5 * 0.2 / 0.8, "This is what the penalty takes away; what does it leave?"),
    (5 * 0.1 / 0.7, "This is what the penalty takes away, and its two is missing."),
    (0.6 / 0.8,     "This is the share; of which weight?"),
    (5 / 1.2,       "This would be right for curvature 1: how large is h?"),
    (4.9,           "This is the soft threshold of L1: L2 takes a share."),
    (5 - 0.1 / 0.6, "This takes a fixed amount away, as L1 does: L2 takes a share."),
    (5 * 0.4,       "This is one step of gradient descent with rate 1."),
])

exercise("16.2", lambda a, l1, l2: soft(a, l1) / (1 + 2 * l2), """
    S(a, l₁) / (1 + 2 l₂): where w > 0 the slope w − a + l₁ + 2 l₂ w vanishes at
    (a − l₁)/(1 + 2 l₂), the mirror image holds below 0, and between them the kink holds.
    > Suppose w > 0 and set the derivative to 0. For which a is that w really above 0?
    > For w > 0: w − a + l1 + 2·l2·w = 0. Mirror it for w < 0; in between, 0.""", [
    (lambda a, l1, l2: soft(a / (1 + 2 * l2), l1), "First the threshold, then the shrinking: compare the slopes at w = 0."),
    (lambda a, l1, l2: soft(a, l1) / (1 + l2), "The derivative of l₂w² is 2·l₂·w."),
    (lambda a, l1, l2: soft(a, l1), "This is L1 alone: where is l2?"),
    (lambda a, l1, l2: a / (1 + 2 * l2), "This is L2 alone: where is l1?"),
    (lambda a, l1, l2: max(a - l1, 0) / (1 + 2 * l2), "This is right for positive a only: what becomes of a negative one?"),
    (lambda a, l1, l2: (a - l1 * np.sign(a)) / (1 + 2 * l2), "A weight smaller than the threshold must not be pushed through 0."),
    (lambda a, l1, l2: (a - l1) / (1 + 2 * l2), "The threshold pulls towards 0 from either side, and no farther than 0."),
    (lambda a, l1, l2: max(abs(a) - l1, 0) / (1 + 2 * l2), "The size is right; the sign of a is lost."),
    (lambda a, l1, l2: a * (abs(a) > l1) / (1 + 2 * l2), "This sets small weights to 0 and lets the others off: they lose l1, too."),
    (lambda a, l1, l2: soft(a, l1) * (1 - 2 * l2), "Dividing by 1 + 2·l2 is not multiplying by 1 − 2·l2."),
], points=[
    (2.0, 0.5, 0.0), (2.0, 0.5, 0.25), (-2.0, 0.5, 0.25), (0.3, 0.5, 0.1), (-0.3, 0.5, 0.1),
    (0.9, 0.6, 1.0), (-1.5, 0.0, 0.5), (0.0, 0.2, 0.2),
])

exercise("16.3", chosen, """
    The fit knows the 20 training birds only, and the 100 validation birds decide between the fits.
    The test birds would have chosen another λ; they were not to be asked.
    > Fit with `ridge(loss_of(train, 6), strengths, spared=1)`, and give the fits to another loss.
    > `loss_of(validation, 6)(fits)` has eleven numbers; take the strength of the smallest.""", [
    (strengths[0],            "The training loss always chooses the weakest penalty."),
    (judged,                  "This is the choice of degree 10, or of the test birds: they judge, and must not choose."),
    (sparse,                  "This is the choice for L1. L2 is asked for."),
    (np.log10(chosen),        "This is the exponent."),
    (3e-4,                    "This is close. Give more digits: three are enough."),
    *((s, f"Is {s:.3g} the one with the lowest validation loss?") for s in strengths if s not in (chosen, judged, sparse, strengths[0])),
], tolerance=0.03)

choice("16.4", "c", """
    At w = 0 the pull of the loss meets a slope of ±λ with L1, and stays there if it is no larger.
    With L2 it meets the slope 2λw = 0, and the smallest pull moves the weight.
    > Stand at w = 0 while the loss pulls. What does each penalty hold against it?
    > Compare the derivatives of λ|w| and of λw² just beside 0.""",
    a="Make λ of L2 as strong as you like: its weights are small, and not 0.",
    b="The soft threshold gives 0 with pencil and paper, too. What holds it there?",
    d="It knows the loss only. Drag the bottom: a useful weight is set to 0 as well.")

# fmt: on
