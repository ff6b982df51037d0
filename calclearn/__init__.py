"""calclearn makes calculus for machine learning something one can move.

The names that a learner types are here; each is fetched from its room when it is first used, so
that `import calclearn` costs no more than NumPy. The house, from the ground up:

    calculus    derivatives: numerical, automatic, and a checker that names what is wrong
    descent     surfaces, losses, optimizers, and the one loop that walks down
    networks    layers of neurons, images and sequences; a network's loss is a surface, too
    data        real data, with units and sources
    figures     drawings of all that, on matplotlib
    explorers   figures that follow their sliders
    exercises   check an answer, commit to a prediction
    lessons     the course: the figures, answers and typical mistakes of each lesson

No room knows what stands above it.

>>> import calclearn
>>> calclearn.grad(lambda x: x**2)(3.0)
6.0
"""

from importlib import import_module

_ROOMS = ("calculus", "data", "descent", "exercises", "explorers", "figures", "lessons", "networks")
_NAMES = {
    "calculus.autodiff": "grad hessian jacobian value_and_grad",
    "calculus.checking": "check_gradient",
    "calculus.integrals": ("accumulate expected left_sum midpoint monte_carlo simpson trapezoid"),
    "calculus.numerical": (
        "backward_difference central_difference complex_step derivative forward_difference"
    ),
    "data": "co2 digits line_data penguin_line penguins",
    "descent.descend": "Stop descend",
    "descent.losses": "l1 l2 line_loss mse polynomial_loss sse",
    "descent.optimizers": (
        "AdaGrad Adam AdamW GradientDescent Momentum Nesterov ProximalGradient RMSProp"
    ),
    "descent.schedules": "clipped per_step",
    "descent.second_order": "BFGS DampedNewton LBFGS Newton",
    "descent.surfaces": "Surface",
    "exercises": "check predict score",
    "explorers": "explore",
    "explorers.formula": "parse",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = [*_ROOMS, *_HOME]


def __getattr__(name: str):
    if name not in __all__:
        raise AttributeError(f"calclearn has no {name!r}; it has {', '.join(__all__)}")
    module = import_module(f"calclearn.{_HOME.get(name, name)}")
    value = getattr(module, name) if name in _HOME else module
    globals()[name] = value  # so that the next look costs nothing
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
