"""How captions speak: words that more than one caption needs.

`explore` fills templates with `filled`, and sends what functions return through `typeset`.
"""

from calclearn.descent.descend import Descent, Stop
from calclearn.descent.surfaces import Array


def counted(number: int, noun: str) -> str:
    """Return how many there are of something.

    >>> counted(1, "step"), counted(3, "step")
    ('1 step', '3 steps')
    """
    return f"{number} {noun}{'s' * (number != 1)}"


def placed(point: Array) -> str:
    """Return a point's coordinates: (0.30, -1.50), or w = 0.30 where there is one.

    >>> placed([0.3, -1.5]), placed([0.3])
    ('(0.30, -1.50)', 'w = 0.30')
    """
    numbers = ", ".join(f"{coordinate:.2f}" for coordinate in point)
    return f"({numbers})" if len(point) > 1 else f"w = {numbers}"


def ended(descent: Descent, unit: str) -> str:
    """Return how one descent ended, as the end of a sentence.

    >>> from calclearn.descent.landscapes import bowl
    >>> from calclearn.descent.descend import descend
    >>> from calclearn.descent.optimizers import GradientDescent
    >>> ended(descend(bowl(), (2, 0), GradientDescent(0.4), steps=1), "kg²")
    'the loss after 1 step is 0.16 kg²'
    >>> ended(descend(bowl(), (0, 0), GradientDescent(0.4), steps=9), "kg²")
    'the loss after 0 steps, where it comes to rest, is 0 kg²'
    """
    steps, stop = counted(int(descent.steps_taken), "step"), Stop(int(descent.stop))
    if stop is Stop.DIVERGED:
        return f"it diverges after {steps}"
    rests = {Stop.CONVERGED: ", where it comes to rest,", Stop.STALLED: ", where it stalls,"}
    return f"the loss after {steps}{rests.get(stop, '')} is {descent.value:.3g} {unit}"
