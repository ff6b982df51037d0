"""What more than one test file needs, and how many workers the whole suite gets."""

import importlib.util
import os
from pathlib import Path

import hypothesis
import pytest

# A busy machine makes no test red: no example has a deadline.
hypothesis.settings.register_profile("calclearn", deadline=None)
hypothesis.settings.load_profile("calclearn")
# The kernels of the notebooks too get what `calclearn` gives them: see `calclearn.__main__`.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
collect_ignore = ["benchmarks"]  # scripts, which are run by hand


def pytest_xdist_auto_num_workers(config):
    """One worker a core (at most four) for the whole suite, none for files that are named."""
    whole = config.args_source is config.ArgsSource.TESTPATHS
    return min(os.cpu_count() or 1, 4) if whole else 0


@pytest.fixture(scope="session")
def root():
    """The checkout."""
    return ROOT


@pytest.fixture
def refresh():
    """notebooks/refresh.py as a module."""
    spec = importlib.util.spec_from_file_location("refresh", ROOT / "notebooks" / "refresh.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
