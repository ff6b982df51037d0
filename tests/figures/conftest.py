"""Where a drawing is tried out."""

import pytest

from calclearn.figures.style import panels


@pytest.fixture
def ax():
    """One flat panel, empty."""
    return panels("flat")[0]
