"""What the notebooks call: commit to a prediction, check an answer, see the score.

And what the lessons' files call: `exercise`, `choice` and `outcome`.
"""

from calclearn.exercises.catalogue import choice, exercise, outcome
from calclearn.exercises.predictions import Prediction, predict
from calclearn.exercises.verdicts import Score, Verdict, check, score

__all__ = [
    "Prediction", "Score", "Verdict", "check", "choice", "exercise", "outcome", "predict", "score",
]  # fmt: skip
