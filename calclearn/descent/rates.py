"""What a learning rate does near a minimum can be read off the Hessian, before any step is taken.

In the eigenvectors' directions of a quadratic the weights move independently, and one step of
gradient descent multiplies the distance to the minimum by

    1 − η λ        for each eigenvalue λ of the Hessian.

So it shrinks without overshooting while η < 1/λmax, overshoots and still shrinks up to 2/λmax, and
grows beyond. This is where the four words of the course come from.
"""

from dataclasses import dataclass

import numpy as np

from calclearn.descent.arguments import one_number, real_numbers, whole_number


@dataclass(frozen=True)
class Regimes:
    """The learning rates at which gradient descent on a quadratic changes its behaviour.

    It creeps up to `creeps`, converges up to `converges`, oscillates up to `oscillates`, which is
    2/λmax, and diverges beyond. It creeps where `steps` steps leave more than `left` of the
    distance to the minimum in the flattest direction, whatever happens in the others.

    eigenvalues: (d,), all above 0, of the Hessian. Raises ValueError for others.

    >>> bowl = Regimes(np.array([1.0, 4.0]), steps=50)
    >>> bowl.oscillates, bowl.name(0.2), bowl.name(0.4), bowl.name(0.6)
    (0.5, 'converges', 'oscillates', 'diverges')
    >>> bowl.factor(0.4)
    np.float64(-0.6000000000000001)

    Source: Goh, "Why momentum really works", Distill (2017).
    """

    eigenvalues: np.ndarray
    steps: int = 100
    left: float = 0.1

    def __post_init__(self) -> None:
        real_numbers("eigenvalues", self.eigenvalues)
        curvatures = np.asarray(self.eigenvalues)
        above = (curvatures > 0) & (curvatures < np.inf)
        if not (above.ndim == 1 and above.size and above.all()):
            raise ValueError(f"eigenvalues must be (d,) and all above 0, got {self.eigenvalues}")
        whole_number("steps", self.steps, 1)
        one_number("left", self.left)
        if not 0 < self.left < 1:
            raise ValueError(f"left must lie between 0 and 1, got {self.left}")

    @property
    def creeps(self) -> float:
        """(1 − left^(1/steps)) / λmin, but never past 2/λmax."""
        slow = (1 - self.left ** (1 / self.steps)) / np.min(self.eigenvalues)
        return float(min(slow, self.oscillates))

    @property
    def converges(self) -> float:
        """1/λmax, where the steepest direction is solved in one step; never below `creeps`."""
        return float(max(1 / np.max(self.eigenvalues), self.creeps))

    @property
    def oscillates(self) -> float:
        """2/λmax, the largest learning rate that does not diverge."""
        return float(2 / np.max(self.eigenvalues))

    def factor(self, learning_rate: float) -> float:
        """Return 1 − ηλ where it is largest in size: what one step does to the worst direction."""
        factors = 1 - learning_rate * np.asarray(self.eigenvalues)
        return factors[np.argmax(np.abs(factors))]

    def name(self, learning_rate: float) -> str:
        """Return "creeps", "converges", "oscillates" or "diverges"."""
        ends = {"creeps": self.creeps, "converges": self.converges, "oscillates": self.oscillates}
        return next((name for name, end in ends.items() if learning_rate <= end), "diverges")
