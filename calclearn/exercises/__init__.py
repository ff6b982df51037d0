"""What the notebooks call: commit to a prediction, check an answer, see the score."""

from calclearn.exercises.predictions import Prediction, predict
from calclearn.exercises.verdicts import Score, Verdict, check, score

__all__ = ["Prediction", "Score", "Verdict", "check", "predict", "score"]
