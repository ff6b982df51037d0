"""Explorers of depth: what many layers do to a gradient, why, and what keeps it alive.

The one decision: nothing is simulated. The gradients are those of deep networks that tell the three
species of penguins apart by four measurements, and a cure is shown by training with it. All numbers
have 32 bits, as in most networks, so a gradient may leave what a number can hold.
"""

import math
from functools import cache, lru_cache

import numpy as np

from calclearn.data import penguins
from calclearn.descent.descend import Descent, Stop, descend
from calclearn.descent.losses import sigmoid
from calclearn.descent.optimizers import GradientDescent
from calclearn.descent.schedules import clipped
from calclearn.explorers.buttons import with_buttons
from calclearn.explorers.controls import choice, log_slider, slider
from calclearn.explorers.explore import Explorer, explore
from calclearn.explorers.wording import counted
from calclearn.figures import depth as drawn
from calclearn.figures.style import legend_below, panels
from calclearn.networks.initial import Initial, fans, he, orthogonal, xavier
from calclearn.networks.inside import backpropagated, gradient_norms, length
from calclearn.networks.layers import Dense, ReLU, Sigmoid, Tanh
from calclearn.networks.network import Network

UNITS, STEPS, EVERY = 32, 120, 4  # units a layer; steps of training, and how many to a record
ACTIVATIONS = {  # as a layer, as a function of z, its slope from its output a, the largest slope
    "sigmoid": (Sigmoid(), sigmoid, lambda a: a * (1 - a), 0.25),
    "tanh": (Tanh(), np.tanh, lambda a: 1 - a**2, 1.0),
    "ReLU": (ReLU(), lambda z: np.maximum(z, 0), lambda a: 1.0 * (a > 0), 1.0),
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


def deep_network(depth: int, activation: str, initial: Initial = xavier) -> Network:
    """A network of so many layers of 32 units, and three outputs, one for each species.

    >>> deep_network(2, "tanh").shapes[::2]
    [(4,), (32,), (32,)]
    """
    hidden = (Dense(UNITS, initial), ACTIVATIONS[activation][0]) * depth
    return Network((*hidden, Dense(3, initial)), (4,))


def of_scale(scale: float) -> Initial:
    """The initialisation w ~ N(0, scale² / fan_in): between equal layers 1 is Xavier's, √2 is He's.

    >>> float(of_scale(3.0)(np.random.default_rng(0), (100, 400)).std().round(2))
    0.15
    """
    return lambda rng, shape: scale / math.sqrt(fans(shape)[0]) * rng.normal(size=shape)


def typical(values: np.ndarray) -> float:
    """The root of the mean square."""
    return float(np.sqrt(np.mean(values**2)))


def finite(k: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A curve without the points at which there is no number."""
    return k[np.isfinite(values)], values[np.isfinite(values)]


def gradients_by_layer() -> Explorer:
    """Why do deep gradients die, or blow up? Their size in every layer, and that of the signal.

    >>> blame = gradients_by_layer().state["found"]["output"]
    >>> bool(blame[0] < 1e-9 * blame[-1])
    True
    """
    (x, y), (left, right) = species(), panels("flat", "flat", height=4.1)

    def compute(depth: int, scale: float, activation: str) -> dict:
        _, _, slope, steepest = ACTIVATIONS[activation]
        network, k = deep_network(depth, activation, of_scale(scale)), np.arange(1, depth + 1)
        with np.errstate(all="ignore"):
            layers = backpropagated(network, network.init(0).astype(np.float32), x, y)
            outputs = [layer.activation.astype(float) for layer in layers[1::2]]
            slopes = np.array([slope(a) for a in outputs])
            found = {
                "output": [length(layer.to_activation) for layer in layers[1::2]],
                "weights": [length(layer.to_parameters[0]) for layer in layers[:-1:2]],
                "size": [typical(a) for a in outputs],
                "spread": [typical(a - a.mean(axis=0)) for a in outputs],
                "factor": [scale * typical(each) for each in slopes],
            }
            rounding = np.finfo(np.float32).eps * np.array(found["size"])
            found["spread"] = np.where(found["spread"] > rounding, found["spread"], np.nan)
            products = np.append(np.cumprod(found["factor"][:0:-1])[::-1], 1)
            found["expected"] = found["output"][-1] * products
        curves = {name: finite(k, np.array(values)) for name, values in found.items()}
        return {
            "told": (depth, scale, activation), "backward": curves, "forward": curves,
            "found": {name: values for name, (_, values) in curves.items()},
            "flat": np.mean(slopes < steepest / 10),
        }  # fmt: skip

    def caption(state: dict) -> str:
        (depth, scale, activation), found = state["told"], state["found"]
        blame, sizes, bits = found["output"], found["size"], np.finfo(np.float32)
        begin = f"{depth} layers of {activation}, scale {scale:.3g}"
        if len(blame) < depth:
            where = f"in layer {len(sizes) + 1}" if len(sizes) < depth else "on the way back"
            return (
                f"{begin}: {where} the numbers pass {bits.max:.1e}, the largest that 32 bits hold. "
                f"What follows is no number any more, and there is no gradient."
            )
        alive = int(np.argmax(blame > 0))  # in the layers before it the gradient is rounded to 0
        back = max(depth - 1 - alive, 1)
        factor, product = blame[alive] / blame[-1], np.prod(found["factor"][alive + 1 :])
        lost = f", as 32 bits hold nothing below {bits.smallest_subnormal:.1e}" if alive else ""
        spread = found["spread"]
        differ = f"differ by {spread[-1]:.2g}" if len(spread) == depth else "no longer differ"
        return (
            f"{begin}: each layer multiplies the gradient that goes back through it by "
            f"{factor ** (1 / back):.2g} (scale × slope: {product ** (1 / back):.2g}). It is "
            f"{blame[-1]:.3g} at the last output and {blame[0]:.3g} at the first{lost}. In the "
            f"last layer the penguins {differ}; {state['flat']:.0%} of all slopes are flat."
        )

    drawings = {
        "backward": drawn.ByLayer(left, drawn.GRADIENTS, "backward: size of the gradient"),
        "forward": drawn.ByLayer(right, drawn.SIGNALS, "forward: size of the activations"),
    }
    legend_below(left, right)
    scales = log_slider(1.0, 0.25, 16, 60)
    scales.readout_format = ".2f"
    return explore(
        compute, drawings, caption, depth=slider(20, 2, drawn.DEEPEST, 1, label="layers"),
        scale=scales, activation=choice(ACTIVATIONS.keys()),
    )  # fmt: skip


def chain_of_neurons() -> Explorer:
    """Where does the gradient go? Neurons one behind the other, and the product of their slopes.

        aₖ = φ(w aₖ₋₁ + b),    ∂aₙ/∂a₀ = Πₖ w φ'(zₖ),    a₀ = 0.5

    >>> chain = chain_of_neurons().set(depth=3, w=4.0, b=-2.0)  # where the sigmoid is steepest
    >>> float(chain.state["product"])
    1.0
    """
    left, right = panels("flat", "flat", ratios=(1, 1.2), height=3.9)
    every = np.linspace(-8.2, 8.2, 165)

    def compute(depth: int, w: float, b: float, activation: str) -> dict:
        _, f, slope, steepest = ACTIVATIONS[activation]
        z, a = np.zeros(depth), np.append(0.5, np.zeros(depth))
        for k in range(depth):
            z[k] = w * a[k] + b
            a[k + 1] = f(z[k])
        k, factors, bound = np.arange(1, depth + 1), w * slope(a[1:]), abs(w) * steepest
        return {
            "told": (depth, w, b, activation), "product": factors.prod(), "bound": bound**depth,
            "places": {
                "function": (every, f(every)), "slope": (every, slope(f(every))),
                "neurons": (z, a[1:]),
            },
            "products": {
                "bound": (k, bound ** k[::-1]), "factors": (k, abs(factors)),
                "product": (k, abs(factors[::-1].cumprod()[::-1])),
            },
        }  # fmt: skip

    def caption(state: dict) -> str:
        (depth, w, b, activation), (_, factors) = state["told"], state["products"]["factors"]
        neurons = counted(depth, f"{activation} neuron")
        low, high = (f"{size:.2g}" for size in (factors.min(), factors.max()))
        sizes = f"sizes from {low} to {high}" if low != high else f"the size {low}"
        return (
            f"{neurons}, w = {w:.1f}, b = {b:.1f}: w·φ'(z) has {sizes}. The product of all, the "
            f"derivative of the last output by the first input, is {state['product']:.2g}; its "
            f"size is at most {state['bound']:.2g}."
        )

    drawings = {
        "places": drawn.Neurons(left),
        "products": drawn.ByLayer(right, drawn.PRODUCTS, "size of factors and product", "neuron"),
    }
    legend_below(right)
    return explore(
        compute, drawings, caption, depth=slider(10, 1, drawn.DEEPEST, 1, label="neurons"),
        w=slider(1.0, -8.0, 8.0, 0.1), b=slider(0.0, -4.0, 4.0, 0.1),
        activation=choice(ACTIVATIONS.keys()),
    )  # fmt: skip


FIRST = {
    "too small": of_scale(0.5), "Xavier": xavier, "He": he, "orthogonal": orthogonal,
    "too large": of_scale(2.0),
}  # fmt: skip


@lru_cache(maxsize=60)  # a control that comes back finds its runs again
def train(
    depth: int, activation: str, first: str, learning_rate: float, max_norm: float | None = None
) -> Descent:
    """Train a deep network on the species by gradient descent; `max_norm` clips the gradient."""
    network, plain = deep_network(depth, activation, FIRST[first]), GradientDescent(learning_rate)
    start = network.init(0).astype(np.float32)
    optimizer = plain if max_norm is None else clipped(plain, max_norm)
    return descend(network.loss(*species()), start, optimizer, STEPS, every=EVERY)


def cures() -> Explorer:
    """What keeps a gradient alive? One deep network, trained from five kinds of first weights.

    >>> losses = cures().set(step=120, activation="ReLU").state["late"]
    >>> losses["too small"] > 1, losses["He"] < 0.1
    (True, True)
    """
    (x, y), (left, right) = species(), panels("flat", "flat", height=4.0)
    shares = np.bincount(y) / len(y)
    nothing = -float(shares @ np.log(shares))

    def compute(step, activation, depth, learning_rate, max_norm) -> dict:
        network, late, norms = deep_network(depth, activation), {}, {}
        runs = {name: train(depth, activation, name, learning_rate, max_norm) for name in FIRST}
        for name, run in runs.items():
            row = min(step // EVERY, len(run.values) - 1)
            with np.errstate(all="ignore"):
                found = [*gradient_norms(network, run.points[row], x, y).values()]
            norms[name] = finite(np.arange(1, depth + 2), np.array(found))
            over = run.stop == Stop.DIVERGED and run.steps_taken <= step
            late[name] = math.inf if over else float(run.values[row])
        losses = {name: (run.steps, run.values) for name, run in runs.items()}
        told = (step, activation, depth, learning_rate, max_norm)
        return {"told": told, "late": late, "losses": (losses, step), "norms": norms}

    def caption(state: dict) -> str:
        (step, activation, depth, learning_rate, max_norm) = state["told"]
        clip = "not clipped" if max_norm is None else f"clipped to {max_norm:g}"
        late = ", ".join(
            f"{name} {'diverges' if loss == math.inf else f'{loss:.2f}'}"
            for name, loss in state["late"].items()
        )
        return (
            f"{depth} layers of {activation}, learning rate {learning_rate:g}, gradient {clip}. "
            f"Loss after {step} steps (nats): {late}. Knowing only how many penguins there are of "
            f"each species gives {nothing:.2f}."
        )

    drawings = {
        "losses": drawn.Losses(
            left, "loss: cross-entropy (nats)", steps=STEPS, limits=(1e-3, 1e2), nothing=nothing
        ),
        "norms": drawn.ByLayer(right, drawn.FIRST_WEIGHTS, "gradient by layer, now", most=21),
    }
    legend_below(right)
    explorer = explore(
        compute, drawings, caption, step=slider(60, 0, STEPS, EVERY),
        activation=choice(ACTIVATIONS.keys(), "ReLU"),
        depth=choice([5, 10, 20], 10, label="layers"),
        learning_rate=choice([0.01, 0.03, 0.1], 0.03),
        max_norm=choice({"none": None, "to 1": 1.0, "to 0.1": 0.1}, label="clipping"),
    )  # fmt: skip
    return with_buttons(explorer, "step", stride=EVERY, interval=120)
