"""Each test starts like a fresh kernel: nothing answered, nothing predicted."""

import pytest

from calclearn.exercises import predictions, verdicts


@pytest.fixture(autouse=True)
def fresh_kernel(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    for memory in (verdicts._verdicts, verdicts._attempts, predictions._predictions):
        memory.clear()
