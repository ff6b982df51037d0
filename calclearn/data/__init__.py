"""Data, small and stored or made in the package, each array with its name and unit."""

from calclearn.data.co2 import co2
from calclearn.data.dataset import Dataset, LineData
from calclearn.data.digits import Digits, LabelledImages, digits
from calclearn.data.own import line_data
from calclearn.data.penguins import penguin_line, penguins
from calclearn.data.spirals import spirals

__all__ = [
    "Dataset", "Digits", "LabelledImages", "LineData",
    "co2", "digits", "line_data", "penguin_line", "penguins", "spirals",
]  # fmt: skip
