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

_ROOMS = {
    "calculus": "calculus",
    "data": "data",
    "descent": "descent",
    "exercises": "exercises",
    "explorers": "explorers",
    "figures": "figures",
    "lessons": "lessons",
    "networks": "networks",
    "backward_difference": "calculus.numerical",
    "central_difference": "calculus.numerical",
    "check_gradient": "calculus.checking",
    "complex_step": "calculus.numerical",
    "derivative": "calculus.numerical",
    "forward_difference": "calculus.numerical",
    "grad": "calculus.autodiff",
    "hessian": "calculus.autodiff",
    "jacobian": "calculus.autodiff",
    "parse": "explorers.formula",
    "value_and_grad": "calculus.autodiff",
    "accumulate": "calculus.integrals",
    "expected": "calculus.integrals",
    "left_sum": "calculus.integrals",
    "midpoint": "calculus.integrals",
    "monte_carlo": "calculus.integrals",
    "simpson": "calculus.integrals",
    "trapezoid": "calculus.integrals",
    "Surface": "descent.surfaces",
    "Stop": "descent.descend",
    "descend": "descent.descend",
    "GradientDescent": "descent.optimizers",
    "Momentum": "descent.optimizers",
    "Nesterov": "descent.optimizers",
    "AdaGrad": "descent.optimizers",
    "RMSProp": "descent.optimizers",
    "Adam": "descent.optimizers",
    "AdamW": "descent.optimizers",
    "ProximalGradient": "descent.optimizers",
    "Newton": "descent.second_order",
    "DampedNewton": "descent.second_order",
    "BFGS": "descent.second_order",
    "LBFGS": "descent.second_order",
    "clipped": "descent.schedules",
    "per_step": "descent.schedules",
    "l1": "descent.losses",
    "l2": "descent.losses",
    "line_loss": "descent.losses",
    "polynomial_loss": "descent.losses",
    "mse": "descent.losses",
    "sse": "descent.losses",
    "co2": "data",
    "digits": "data",
    "penguin_line": "data",
    "penguins": "data",
    "check": "exercises",
    "predict": "exercises",
    "score": "exercises",
    "explore": "explorers",
}

__all__ = list(_ROOMS)


def __getattr__(name: str):
    if name not in _ROOMS:
        raise AttributeError(f"calclearn has no {name!r}; it has {', '.join(_ROOMS)}")
    room = import_module(f"calclearn.{_ROOMS[name]}")
    found = room if name == _ROOMS[name] else getattr(room, name)
    globals()[name] = found  # so that the next look costs nothing
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
