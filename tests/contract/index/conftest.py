"""Every test of the contract runs on every adapter. A new adapter is an entry in `index_adapters.ADAPTERS`."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from index_adapters import ADAPTERS, Home

from workers.ports.index import Index


@pytest.fixture(params=sorted(ADAPTERS))
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """Where the test's index lives."""
    return Home(request.param, str(tmp_path / "index"))


@pytest.fixture
def index(home: Home) -> Index:
    """An empty index."""
    return home.open()


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[ProcessPoolExecutor]:
    """Two other processes, which share nothing with this one."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        yield processes
