"""A whole stack, started as a user starts it, shared by the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from running import Stack, omnibus

PROFILE = "offline-small"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """One stack for all flow tests: use keys and prefixes of your own."""
    # Not a folder of pytest's, which it keeps for three runs.
    with TemporaryDirectory(prefix="omnibus-flows-") as folder:
        data = Path(folder)
        started = omnibus("up", "--detach", "--data", str(data), "--profile", PROFILE, timeout_s=600)
        assert started.status == 0, started.err
        try:
            yield Stack(data)
        finally:
            omnibus("down", "--data", str(data))
