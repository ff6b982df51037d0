"""A test of what the functions and layers of a file refuse, each in its one sentence."""

import pytest


def refused(values, types):
    """The test that these calls raise ValueError and TypeError: rows of (call, message)."""

    @pytest.mark.parametrize(
        ("kind", "make", "message"),
        [*((ValueError, *row) for row in values), *((TypeError, *row) for row in types)],
    )
    def test(kind, make, message):
        with pytest.raises(kind, match=message):
            make()

    return test
