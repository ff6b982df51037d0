"""Data, small and stored or made in the package, each array with its name and unit."""

from calclearn.data.dataset import Dataset, LineData
from calclearn.data.penguins import penguin_line, penguins
from calclearn.data.spirals import spirals

__all__ = ["Dataset", "LineData", "penguin_line", "penguins", "spirals"]
