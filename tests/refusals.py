"""A test of what the functions of a file refuse, each in its one sentence."""

import pytest


def refused(values, types=()):
    """The test that each call raises: rows of (call, message) for ValueError and for TypeError.

    A row of another error names it: (call, kind, message).
    """
    rows = [(call, *(kind or [ValueError]), message) for call, *kind, message in values]
    rows += [(call, TypeError, message) for call, message in types]

    @pytest.mark.parametrize(("call", "kind", "message"), rows)
    def test(call, kind, message):
        with pytest.raises(kind, match=message) as error:
            call()
        assert "\n" not in str(error.value)

    return test
