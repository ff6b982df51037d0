"""Exercises of lesson 12: along each line of a graph, downstream = upstream · local derivative.

A value that goes several ways gets the sum of what comes back along them.
"""

import numpy as np

from calclearn.exercises.kinds import Function, Number, Vector

x, w, b, target = 2.0, 0.5, -0.5, 1.0
z = w * x + b
a = np.tanh(z)
upstream, local = 2 * (a - target), 1 - a**2
to_z = upstream * local

inputs, hidden = 3, 20
weights = hidden * (inputs + 1) + hidden * (hidden + 1) + (hidden + 1)
without_biases = hidden * inputs + hidden * hidden + hidden


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


exercises = {
    "12.1": Vector(
        question=(
            "A neuron has `x = 2`, `w = 0.5`, `b = -0.5` and `target = 1`. Its error is "
            "L = (tanh(w·x + b) − target)². What are its two derivatives? Answer as "
            "`(by w, by b)`."
        ),
        right=(to_z * x, to_z),
        why=(
            "2·(a − target) comes back to tanh, 1 − a² is the slope of tanh itself, and the last "
            "factor is x for the weight and 1 for the bias."
        ),
        mistakes=(
            ((upstream * x, upstream), "The blame passed through tanh without its slope."),
            ((to_z * x / 2, to_z / 2), "The two from the square is missing."),
            ((to_z, to_z), "The weight's part has lost its last factor: w is multiplied by x."),
            ((to_z * w, to_z), "The local derivative of w·x by w is the other factor."),
            ((to_z, to_z * x), "The two have changed places: which of them is multiplied by x?"),
            (
                (upstream * (1 - z**2) * x, upstream * (1 - z**2)),
                "The slope of tanh is 1 − a², with the output a and not the input.",
            ),
            (
                (upstream * a * (1 - a) * x, upstream * a * (1 - a)),
                "This is the slope of the sigmoid, and not of tanh.",
            ),
            ((-to_z * x, -to_z), "The sign: the difference is output minus target."),
            ((local * x, local), "These are local derivatives only: what comes from the error?"),
            (
                (
                    upstream * (1 - np.tanh(upstream) ** 2) * x,
                    upstream * (1 - np.tanh(upstream) ** 2),
                ),
                "The slope of tanh belongs to the place that the value took on its way forward.",
            ),
        ),
        hints=(
            "Go forward first: w·x, then + b, then tanh gives a, then the difference, the square.",
            "Backward: 2·(a − target), times the slope of tanh at that place, times x or times 1.",
        ),
    ),
    "12.2": Number(
        question=(
            "Let u = 3x, v = x + 1 and y = u·v. What is the adjoint of x, the derivative of y by "
            "x, at `x = 2`?"
        ),
        right=15.0,
        why=(
            "u sends back v·3 and v sends back u·1. Two ways lead from x to y, and what comes "
            "back along them adds up."
        ),
        mistakes=(
            (9.0, "This came along one of the ways only, the one through u."),
            (6.0, "This came along one of the ways only, the one through v."),
            (54.0, "Along a way factors multiply; what arrives from several ways does not."),
            (21.0, "Upstream of each factor stands the other one: u·v changes by v when u moves."),
            (3.0, "These are local derivatives, multiplied: two ways are no chain."),
            (4.0, "These are the local derivatives alone; what is upstream of them?"),
            (18.0, "This is y itself, the value on the way forward."),
        ),
        hints=(
            "Draw the graph. How many lines leave x?",
            "Find for each way the product of its local derivatives, and then add.",
        ),
    ),
    "12.3": Function(
        question=(
            "The sigmoid is s = 1 / (1 + exp(−z)). Write a function `local(s)` that returns its "
            "local derivative ∂s/∂z from its output s alone, as the backward pass needs it."
        ),
        right=lambda s: s * (1 - s),
        points=((0.5,), (0.1,), (0.73,), (0.95,)),
        why=(
            "Forward has computed s already, so backward needs no exponential, only a product. "
            "It is never more than a quarter, and that has consequences in the next lesson."
        ),
        mistakes=(
            (lambda s: 1 - s**2, "This is the slope of tanh from its output."),
            (lambda s: s * (s - 1), "The size is right, the sign is not: the sigmoid rises."),
            (lambda s: 1 - s, "A factor is missing: where s is near 0, the sigmoid is flat, too."),
            (lambda s: s, "A factor is missing: where s is near 1, the sigmoid is flat, too."),
            (lambda s: s**2, "This square grows up to s = 1, where the sigmoid is flat."),
            (
                lambda s: sigmoid(s) * (1 - sigmoid(s)),
                "This takes s for the input z and computes the sigmoid once more.",
            ),
            (lambda s: sigmoid(s), "This is the sigmoid of the sigmoid."),
            (
                lambda s: np.exp(-s) / (1 + np.exp(-s)) ** 2,
                "This takes s for the input z and computes the sigmoid once more.",
            ),
        ),
        hints=(
            "Differentiate 1/(1 + e) with e = exp(−z). Which part of the result is s again?",
            "exp(−z)/(1 + exp(−z)) can be written with s: what do the two add up to?",
        ),
    ),
    "12.4": Number(
        question=(
            "A network has 3 inputs, two hidden layers of 20 units and one output unit; every unit "
            "has a bias. How often must its loss be computed for one gradient by forward "
            "differences?"
        ),
        right=weights + 1.0,
        tolerance=1e-4,
        why=(
            "Each weight and bias is moved once, and the loss where you stand is subtracted "
            "from all. Backpropagation computes it once."
        ),
        mistakes=(
            (weights, "This counts the weights. The loss where you stand is needed as well."),
            (2 * weights, "Central differences need that many; forward differences need fewer."),
            (without_biases, "The biases are weights, too, and so is the place where you stand."),
            (without_biases + 1, "The biases are weights, too."),
            (2 * hidden + 1, "Each unit has a weight for every input, not only a bias."),
            (2 * hidden + 2, "Each unit has a weight for every input, not only a bias."),
            (1, "That is what backpropagation needs."),
        ),
        hints=(
            "A unit with n inputs has n + 1 weights, the bias included. Add up the three layers.",
            "Forward differences move one weight at a time. What do they subtract from?",
        ),
    ),
}

outcomes = (  # of the prediction: what happens, and why
    (
        "Hardly at all.",
        (
            "Upstream of tanh the blame is large, nearly −4. But tanh is flat at −3: its "
            "local derivative is 0.01, and what comes through it is almost nothing. The error"
            " is large and no one is told."
        ),
    ),
)
