"""Exercises of lesson 13: a gradient that goes back through n layers is a product of n factors.

Each factor is about (scale of the weights) · (slope of the activation): below 1 it dies.
"""

import math

import numpy as np

from calclearn.exercises.kinds import Choice, Function, Number

factor, little = 2 * 0.25, 1e-6
neurons = math.ceil(math.log(little) / math.log(factor))
inputs, units = 50, 20


def clip(g, max_norm):
    norm = np.sqrt(np.sum(g**2))
    return g * min(1, max_norm / norm)


exercises = {
    "13.1": Number(
        question=(
            "A chain of sigmoid neurons has w = 2, and every neuron stands at z = 0. How many "
            "neurons does it take until the derivative of the last output by the first input is "
            "less than a millionth?"
        ),
        right=neurons,
        tolerance=1e-4,
        why=(
            "Each neuron multiplies by 2 · ¼ = ½, and ½ to the power of 20 is the first below a "
            "millionth. That is the best that a sigmoid can do with this weight."
        ),
        mistakes=(
            (
                math.log(little) / math.log(factor),
                "There are no parts of a neuron. Which whole number is it?",
            ),
            (neurons / 2, "This is the number for w = 1. What does the weight do to a factor?"),
            (neurons - 1, "After so many it is still more than a millionth, by a little."),
            (neurons + 1, "One fewer is enough."),
            (6, "That many would do if each neuron took away nine tenths."),
            (1 / (little / factor), "It does not fall by the same amount each time."),
        ),
        hints=(
            "What is the slope of the sigmoid at z = 0? And the factor w·σ'(z)?",
            "Find the first power of that factor which is below a millionth; logarithms help.",
        ),
    ),
    "13.2": Number(
        question=(
            "A dense layer has 50 inputs and 20 ReLU units. Which standard deviation does He's "
            "initialisation give to its weights?"
        ),
        right=math.sqrt(2 / inputs),
        why=(
            "√(2/50): a unit sums 50 products, and the 2 makes up for the half of the inputs that "
            "ReLU has silenced."
        ),
        mistakes=(
            (2 / inputs, "This is the variance; the standard deviation is its root."),
            (math.sqrt(1 / inputs), "Half of what comes in is silenced by ReLU: make up for it."),
            (math.sqrt(2 / (inputs + units)), "This is Xavier's, a compromise with the way back."),
            (math.sqrt(2 / units), "He's rule counts what a unit sums up, not how many units."),
            (math.sqrt(2 / (inputs * units)), "Each unit sums over its own inputs only."),
            (math.sqrt(2), "This is the scale. How many products does a unit sum up?"),
            (math.sqrt(inputs / 2), "The more inputs, the smaller a weight must be."),
        ),
        hints=(
            "Which variance must a weight have for n inputs, if half of them are 0?",
            "The variance is 2/n. Which of the two numbers is n, and what has still to be done?",
        ),
    ),
    "13.3": Function(
        question=(
            "Write a function `clip(g, max_norm)` that returns the gradient `g`, an array: as it "
            "is where its length is at most `max_norm`, else shortened to that length."
        ),
        right=clip,
        points=(
            (np.array([3.0, 4.0]), 1.0),
            (np.array([0.3, -0.4]), 1.0),
            (np.array([-30.0, 5.0]), 7.0),
            (np.array([0.8, 0.9]), 1.0),
        ),
        returns=(2,),
        why="The direction stays, so the step still goes downhill; only its length is bounded.",
        mistakes=(
            (lambda g, m: np.clip(g, -m, m), "This bounds each number for itself: it turns g."),
            (lambda g, m: g * m / np.sqrt(g @ g), "This makes short gradients longer, too."),
            (lambda g, m: g / np.sqrt(g @ g), "This gives every gradient the length 1."),
            (lambda g, m: g * min(1, m / (g @ g)), "This takes the squared length for the length."),
            (
                lambda g, m: g * min(1, m / np.sum(np.abs(g))),
                "The length is the root of the sum of squares, not the sum of sizes.",
            ),
            (
                lambda g, m: g * min(1, m / np.max(np.abs(g))),
                "This looks at the largest number only, not at the length.",
            ),
            (
                lambda g, m: g / np.sqrt(g @ g) if g @ g > m * m else g,
                "What is too long comes back with length 1, whatever max_norm is.",
            ),
            (lambda g, m: g * max(1, m / np.sqrt(g @ g)), "This lengthens, but never shortens."),
            (lambda g, m: g, "Long gradients come back as long as they were."),
            (
                lambda g, m: g if g @ g <= m * m else 0 * g,
                "This throws a long gradient away; its direction is still good.",
            ),
        ),
        hints=(
            "The length is `np.linalg.norm(g)`. By what must g be multiplied to get length 1?",
            "Multiply g by the smaller of 1 and max_norm / length.",
        ),
    ),
    "13.4": Choice(
        question=(
            "A ReLU unit of the first hidden layer is below zero for every penguin. Training goes "
            "on by gradient descent. What happens to the unit?"
        ),
        options={
            "a": "It comes back slowly: its gradient is very small.",
            "b": "It comes back if the learning rate is large enough.",
            "c": "Nothing: neither its weights nor its bias move.",
            "d": "It comes back when the layers behind it have learned more.",
        },
        right="c",
        why=(
            "Its slope is 0 for every penguin, so all that comes back is multiplied by 0; and its "
            "inputs, the measurements, stay what they are. A unit in a later layer may be luckier, "
            "as its inputs change."
        ),
        mistakes=(
            ("a", "Small is not the word. What is the slope of ReLU below zero?"),
            ("b", "What is it that the learning rate is multiplied by?"),
            ("d", "Whatever they send back has to go through the slope of this unit."),
        ),
        hints=(
            "Upstream × local = downstream. What is the local derivative here?",
            "The same number comes out for every penguin. Add them all up.",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "Less than a billionth of it.",
        (
            "It is less than a trillionth of it. Each layer multiplies what goes back through it "
            "by about 0.23, and that nineteen times over. So the first layers, the ones that see "
            "the penguins, are told nothing."
        ),
    ),
)
