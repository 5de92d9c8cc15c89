"""A whole stack, started as a user starts it, shared by the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from native_servers import demand_servers
from running import Stack, omnibus, up


@pytest.fixture(scope="session", params=["embedded", "services"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each stack in turn."""
    if request.param == "services":
        demand_servers()
    return str(request.param)


@pytest.fixture(scope="session")
def stack(kind: str) -> Iterator[Stack]:
    """One stack for all flow tests: use keys and prefixes of your own."""
    # Not a folder of pytest's, which it keeps for three runs.
    with TemporaryDirectory(prefix="omnibus-flows-") as folder:
        try:
            yield up(kind, Path(folder))
        finally:
            omnibus("down", "--data", folder)
