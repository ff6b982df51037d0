"""A test of what the functions of a file refuse, each in its one sentence."""

import pytest


def refused(values, types=(), kind=ValueError):
    """The test that each call raises: rows of (call, message) for this kind, and for TypeError.

    A row of another error names it: (call, kind, message).
    """
    rows = [(call, *(own or [kind]), message) for call, *own, message in values]
    rows += [(call, TypeError, message) for call, message in types]

    @pytest.mark.parametrize(("call", "kind", "message"), rows)
    def test(call, kind, message):
        with pytest.raises(kind, match=message) as error:
            call()
        assert "\n" not in str(error.value)

    return test
