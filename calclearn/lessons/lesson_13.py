"""Lesson 13, why gradients die: a gradient that goes back through n layers is multiplied by n
factors, each about (scale of the weights) × (slope of the activation).

Nothing is simulated: the gradients are those of deep networks that tell the three species of
penguins apart by four measurements, and a cure is shown by training with it. All numbers have 32
bits, as in most networks, so a gradient may leave what a number can hold.
"""

import math
from functools import cache, lru_cache

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes

from calclearn.data import penguins
from calclearn.descent.descend import Descent, Stop, descend
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.schedules import clipped
from calclearn.exercises import choice, exercise, outcome
from calclearn.explorers import Explorer, explore, log_slider, slider
from calclearn.explorers import choice as menu
from calclearn.explorers.wording import counted
from calclearn.figures.marks import Curves, Lines, Rule
from calclearn.figures.style import BLACK, BLAME, GREY, INITIALS, LOCAL, MODEL, legend_below, panels
from calclearn.networks.blocks import Block
from calclearn.networks.initial import Initial, fans, he, orthogonal, xavier
from calclearn.networks.inside import backpropagated, gradient_norms, length
from calclearn.networks.layers import Dense, ReLU, Sigmoid, Tanh
from calclearn.networks.network import Network

UNITS, DEEPEST = 32, 40  # units per layer; layers
SIZES = (1e-16, 1e10)  # of gradients and activations; what is outside runs along the edge


ACTIVATIONS = {  # as layers, their slopes from their outputs, and the largest slopes
    "sigmoid": (Sigmoid(), lambda a: a * (1 - a), 0.25),
    "tanh": (Tanh(), lambda a: 1 - a**2, 1.0),
    "ReLU": (ReLU(), lambda a: 1.0 * (a > 0), 1.0),
}


@cache
def species() -> tuple[np.ndarray, np.ndarray]:
    """The penguins' four measurements, in standard deviations from their means, and their species.

    x: (342, 4), float32; y: (342,), 0 for Adelie, 1 for Chinstrap, 2 for Gentoo.
    """
    data = penguins()
    x = np.array([data.bill_length, data.bill_depth, data.flipper_length, data.body_mass]).T
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return x.astype(np.float32), np.unique(data.species, return_inverse=True)[1]


def deep_network(depth: int, activation: str, initial: Initial = xavier, **cures: bool) -> Network:
    """A network of `depth` layers of 32 units, and three outputs, one for each species.

    A layer is a `Dense` and its activation, or with the cures `skip` or `normalise` a `Block` of
    both.

    >>> deep_network(2, "tanh").shapes[::2]
    [(4,), (32,), (32,)]
    """
    dense, layer = Dense(UNITS, initial), ACTIVATIONS[activation][0]
    hidden = (Block(dense, layer, **cures),) if any(cures.values()) else (dense, layer)
    return Network((*hidden * depth, Dense(3, initial)), (4,))


def of_scale(scale: float) -> Initial:
    """The initialisation w ~ N(0, scale² / fan_in): between equal layers 1 is Xavier's, √2 is He's.

    >>> float(of_scale(3.0)(np.random.default_rng(0), (100, 400)).std().round(2))
    0.15
    """
    return lambda rng, shape: scale / math.sqrt(fans(shape)[0]) * rng.normal(size=shape)


GRADIENTS = {  # of the loss, with respect to what a layer puts out and to its weights
    "output": {"color": BLAME, "marker": "o", "ms": 4, "label": "by output"},
    "weights": {"color": MODEL, "marker": "s", "ms": 3, "lw": 1, "label": "by weights"},
    "expected": {"color": BLACK, "ls": "--", "lw": 1.2, "label": "expected"},
}
SIGNALS = {
    "size": {"color": GREY, "marker": "o", "ms": 4, "label": "typical size"},
    "spread": {"color": LOCAL, "marker": "D", "ms": 3, "lw": 1, "label": "penguins differ by"},
}


def gradients_by_layer() -> Explorer:
    """Why do deep gradients die, or blow up? Their size in every layer, and that of the signal.

    >>> layers, sizes = gradients_by_layer().state["output"]
    >>> bool(sizes[0] < 1e-9 * sizes[-1])
    True
    """
    (x, y), bits = species(), np.finfo(np.float32)

    def back_and_forth(depth, scale, activation, skip, normalise) -> dict:
        network = deep_network(depth, activation, of_scale(scale), skip=skip, normalise=normalise)
        start = network.init(0).astype(np.float32)
        layers = backpropagated(network, start, x, y)
        parts = len(layers) // depth  # of each of the deep layers: dense and activation, or a block
        outputs = layers[parts - 1 : -1 : parts]
        a = np.array([layer.activation.astype(float) for layer in outputs])
        before = np.concatenate([np.zeros_like(a[:1]), a[:-1]])
        _, slope, steepest = ACTIVATIONS[activation]
        slopes = slope(a - before if skip else a)
        output = np.array([length(layer.to_activation) for layer in outputs])
        weights = np.array([length(layer.to_parameters[0]) for layer in layers[:-1:parts]])
        size, spread = _typical(a), _typical(a - a.mean(axis=1, keepdims=True))
        spread[spread <= bits.eps * size] = np.nan  # rounding, no difference
        factors = scale * _typical(slopes)
        if normalise:
            W = np.array([W for W, _ in network.parameters(start)[1:-1]], float)
            factors[1:] /= _typical(np.std(before[1:] @ W.transpose(0, 2, 1), axis=1))
        factors = np.sqrt(1 + factors**2) if skip else factors
        expected = output[-1] * np.append(np.cumprod(factors[:0:-1])[::-1], 1)
        return {
            "output": _finite(output), "weights": _finite(weights), "expected": _finite(expected),
            "size": _finite(size), "spread": _finite(spread), "factors": np.nan_to_num(factors),
            "flat": np.mean(slopes < steepest / 10),
        }  # fmt: skip

    def caption(
        depth, scale, activation, skip, normalise, output, size, spread, factors, flat
    ) -> str:
        gradients = output[1]
        network = f"{depth} layers of {activation}, scale {scale:.3g}{_cured(skip, normalise)}"
        if len(gradients) < depth:
            layers = len(size[0])
            where = f"in layer {layers + 1}" if layers < depth else "on the way back"
            return (
                f"{network}: {where} the numbers pass {bits.max:.1e}, the largest that 32 bits "
                f"hold. What follows is no number any more, and there is no gradient."
            )
        alive = int(np.argmax(gradients > 0))  # in the layers before it, it is rounded to 0
        back = max(depth - 1 - alive, 1)
        factor, product = gradients[alive] / gradients[-1], np.prod(factors[alive + 1 :])
        lost = f", as 32 bits hold nothing below {bits.smallest_subnormal:.1e}" if alive else ""
        last = "all penguins give the same activations"
        if len(spread[0]) == depth:
            last = f"the penguins differ by {spread[1][-1]:.2g}"
        return (
            f"{network}: each layer multiplies the gradient that goes back through it by "
            f"{factor ** (1 / back):.2g} ({'expected' if skip or normalise else 'scale × slope'}: "
            f"{product ** (1 / back):.2g}). It is "
            f"{gradients[-1]:.3g} at the last output and {gradients[0]:.3g} at the first{lost}. "
            f"In the last layer {last}; {flat:.0%} of all slopes are flat."
        )

    left, right = panels("ruled", "ruled", height=4.1)
    _sizes_by_layer(left, "backward: the gradient")
    _sizes_by_layer(right, "forward: the activations")
    drawings = [Lines(left, GRADIENTS, edge=True), Lines(right, SIGNALS, edge=True)]
    legend_below(left, right)
    scale = log_slider(1.0, 0.25, 32, 70)
    scale.readout_format = ".2f"
    return explore(
        back_and_forth, drawings, caption,
        depth=slider(20, 2, DEEPEST, 1, label="layers"), scale=scale,
        activation=menu(ACTIVATIONS.keys()), skip=widgets.Checkbox(), normalise=widgets.Checkbox(),
    )  # fmt: skip


def _cured(skip: bool, normalise: bool) -> str:
    """Return which of the two cures are in the network, as the end of its description."""
    return ", skip" * skip + ", normalised" * normalise


def _typical(values: np.ndarray) -> np.ndarray:
    """Return the root of the mean square of each layer's values, (layers, ...)."""
    return np.sqrt(np.mean(values**2, axis=tuple(range(1, values.ndim))))


def _finite(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the layers, from 1, whose values are numbers, and these values."""
    (places,) = np.nonzero(np.isfinite(values))
    return places + 1, values[places]


def _sizes_by_layer(ax: Axes, title: str, most: int = DEEPEST) -> None:
    """Depth multiplies, so sizes are logarithmic; the limits are those of both figures."""
    ax.set(xlim=(0, most + 1), ylim=SIZES, yscale="log", yticks=10.0 ** np.arange(-16, 11, 4))
    ax.set(title=title, xlabel="layer")
    ax.axhline(1, color=GREY, lw=0.8)


STEPS, EVERY = 120, 4  # of training, and from one record to the next
INITIAL = {
    "too small": of_scale(0.5), "Xavier": xavier, "He": he, "orthogonal": orthogonal,
    "too large": of_scale(2.0),
}  # fmt: skip


@lru_cache(maxsize=60)  # a control that comes back has its runs again
def train(
    depth: int, activation: str, initial: str, learning_rate: float,
    max_norm: float | None = None, **cures: bool,
) -> Descent:  # fmt: skip
    """Train a deep network on the species by gradient descent; `max_norm` clips the gradient."""
    network = deep_network(depth, activation, INITIAL[initial], **cures)
    plain = GradientDescent(learning_rate)
    start = network.init(0).astype(np.float32)
    optimizer = plain if max_norm is None else clipped(plain, max_norm)
    return descend(network.loss(*species()), start, optimizer, STEPS, every=EVERY)


def cures() -> Explorer:
    """What keeps a gradient alive? One deep network, trained from several kinds of initial weights.

    >>> losses = cures().set(step=120, activation="ReLU").state["now"]
    >>> losses["too small"] > 1, losses["He"] < 0.1
    (True, True)
    """
    x, y = species()
    shares = np.bincount(y) / len(y)
    baseline = -float(shares @ np.log(shares))  # of predicting these shares for every penguin

    def training(step, initial, activation, depth, learning_rate, max_norm, **cures) -> dict:
        network, record = deep_network(depth, activation, **cures), step // EVERY
        losses, gradients, now = {}, {}, {}
        for name in initial:
            run = train(depth, activation, name, learning_rate, max_norm, **cures)
            row = min(record, len(run.values) - 1)
            over = run.stop == Stop.DIVERGED and run.steps_taken <= record * EVERY
            now[name] = math.inf if over else float(run.values[row])
            losses[name] = run.steps, run.values
            norms = gradient_norms(network, run.points[row], x, y).values()
            gradients[name] = _finite(np.array([*norms]))
        shown = {"steps": STEPS, "shown": record * EVERY, "now": now}
        return shown | {"losses": losses, "gradients": gradients}

    def caption(shown, activation, depth, skip, normalise, learning_rate, max_norm, now) -> str:
        clipping = "not clipped" if max_norm is None else f"clipped to {max_norm:g}"
        losses = ", ".join(
            f"{name} {'diverges' if loss == math.inf else f'{loss:.3g}'}"
            for name, loss in now.items()
        )
        return (
            f"{depth} layers of {activation}{_cured(skip, normalise)}, learning rate "
            f"{learning_rate:g}, gradient {clipping}. Loss after {counted(shown, 'step')} "
            f"(nats): {losses}. The baseline, which predicts the share of each species, has "
            f"{baseline:.2f}."
        )

    left, right = panels("ruled", "ruled", height=4.0)
    left.set(xlim=(0, STEPS), ylim=(1e-3, 1e2), yscale="log", xlabel="step $k$")
    left.set(title="loss: cross-entropy (nats)")
    left.axhline(baseline, color=BLACK, lw=0.8)
    _sizes_by_layer(right, "gradient by layer, now", most=DEEPEST + 1)
    drawings = [
        Curves(left, "losses", INITIALS, edge=True, lw=1.8),
        Rule(left, x="shown", color=GREY, lw=1),
        Curves(right, "gradients", INITIALS, edge=True, lw=1.8),
    ]
    legend_below(right)
    runs = {"too small, He, too large": ("too small", "He", "too large")}
    runs |= {name: (name,) for name in INITIAL} | {"all five": tuple(INITIAL)}
    return explore(
        training, drawings, caption, play="step", step=slider(STEPS // 2, 0, STEPS, EVERY),
        activation=menu(ACTIVATIONS.keys(), "ReLU"),
        depth=menu([5, 10, 20, DEEPEST], 10, label="layers"),
        skip=widgets.Checkbox(), normalise=widgets.Checkbox(),
        initial=menu(runs, label="initial weights"), learning_rate=menu([0.01, 0.03, 0.1], 0.03),
        max_norm=menu({"none": None, "to 1": 1.0, "to 0.1": 0.1}, label="clipping"),
    )  # fmt: skip


# Exercises; the questions stand in the notebook.
# fmt: off

factor, little = 2 * 0.25, 1e-6
neurons = math.ceil(math.log(little) / math.log(factor))
inputs, units = 50, 20
gradients = np.array([[3.0, -4.0], [0.3, -0.4], [-5.0, 30.0], [0.8, 0.9]])

outcome("13", 3, """
    It is less than a trillionth of it. Each layer multiplies what goes back through it by about
    0.23, and that nineteen times over. So hardly anything of the error reaches the
    first layers, the ones that receive the measurements.""")

exercise("13.1", neurons, """
    Each neuron multiplies by 2 · ¼ = ½, and ½ to the power of 20 is the first below a millionth.
    That is the best that a sigmoid can do with this weight.
    > What is the slope of the sigmoid at z = 0? And the factor w·σ'(z)?
    > Find the first power of that factor which is below a millionth; logarithms help.""", [
    (math.log(little) / math.log(factor), "There are no parts of a neuron. Which whole number is it?"),
    (neurons / 2,                       "This is the number for w = 1. What does the weight do to a factor?"),
    (neurons - 1,                       "After so many it is still more than a millionth."),
    (neurons + 1,                       "Fewer are enough."),
    (6,                                 "That many would do if each neuron took away nine tenths."),
], tolerance=1e-4)

exercise("13.2", math.sqrt(2 / inputs), """
    √(2/50): a unit sums 50 products, and the 2 makes up for the half of the inputs that ReLU has
    silenced.
    > Which variance must a weight have for n inputs, if half of them are 0?
    > The variance is 2/n. Which of the two numbers is n, and what has still to be done?""", [
    (2 / inputs,                      "This is the variance; the standard deviation is its root."),
    (1 / inputs,                      "This is a variance, and without He's two."),
    (math.sqrt(6 / inputs),           "This is the limit of a uniform distribution; which standard deviation has it?"),
    (math.sqrt(1 / inputs),           "Half of what comes in is silenced by ReLU: make up for it."),
    (math.sqrt(2 / (inputs + units)), "This is Xavier's, a compromise with the way back."),
    (math.sqrt(2 / units),            "He's rule counts what a unit sums up, not how many units."),
    (math.sqrt(2 / (inputs * units)), "Each unit sums over its own inputs only."),
    (math.sqrt(2),                    "This is the scale. How many products does a unit sum up?"),
    (math.sqrt(inputs / 2),           "The more inputs, the smaller a weight must be."),
])

exercise("13.3", lambda g, m: g * min(1, m / np.sqrt(g @ g)), """
    The direction stays, so the step still goes downhill; only its length is bounded.
    > The length is `np.linalg.norm(g)`. By what must g be multiplied to get length 1?
    > Multiply g by the smaller of 1 and max_norm / length.""", [
    (lambda g, m: np.clip(g, -m, m),    "This bounds each number for itself: it turns g."),
    (lambda g, m: g * m / np.sqrt(g @ g), "This makes short gradients longer, too."),
    (lambda g, m: g / np.sqrt(g @ g),   "This gives every gradient the length 1."),
    (lambda g, m: g * min(1, m / (g @ g)), "This takes the squared length for the length."),
    (lambda g, m: g * min(1, m / np.sum(np.abs(g))), "The length is the root of the sum of squares, not the sum of sizes."),
    (lambda g, m: g * min(1, m / np.max(np.abs(g))), "This looks at the largest number only, not at the length."),
    (lambda g, m: g / np.sqrt(g @ g) if g @ g > m * m else g, "What is too long comes back with length 1, whatever max_norm is."),
    (lambda g, m: g * min(1, 1 / np.sqrt(g @ g)), "This takes 1 for max_norm."),
    (lambda g, m: g * max(1, m / np.sqrt(g @ g)), "This lengthens, but never shortens."),
    (lambda g, m: g,                    "Long gradients come back as long as they were."),
    (lambda g, m: g if g @ g <= m * m else 0 * g, "This throws a long gradient away; its direction is still good."),
], points=tuple(zip(gradients, (6.0, 0.4, 7.0, 1.0), strict=True)), returns=(2,))

choice("13.4", "c", """
    Its slope is 0 for every penguin, so all that comes back is multiplied by 0; and its inputs, the
    measurements, stay what they are. A unit in a later layer may be luckier, as its inputs change.
    > Upstream × local = downstream. What is the local derivative here?
    > The same number comes out for every penguin. Add them all up.""",
    a="Small is not the word. What is the slope of ReLU below zero?",
    b="What is it that the learning rate is multiplied by?",
    d="Whatever they send back has to go through the slope of this unit.")

# fmt: on
