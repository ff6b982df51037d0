"""Real data, small and stored in the package, each array with its name and unit."""

from calclearn.data.dataset import Dataset, LineData
from calclearn.data.penguins import penguin_line, penguins

__all__ = ["Dataset", "LineData", "penguin_line", "penguins"]
