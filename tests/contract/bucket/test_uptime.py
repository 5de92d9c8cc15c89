"""How long the object store has been running, by the store itself."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from native_servers import running_native_servers

from omnibus.stacks.endpoints import Endpoints
from workers.adapters.bucket.uptime import MinioUptime
from workers.errors import ServiceUnavailable


def test_minio_tells_and_begins_anew_when_it_was_killed(tmp_path: Path, wait_until: Callable[..., Any]) -> None:
    with running_native_servers(tmp_path / "data") as stack:
        at = stack.endpoints
        uptime = MinioUptime(at.s3, at.access_key, at.secret_key)
        before = wait_until(lambda: (seconds := uptime.seconds()) and seconds >= 3 and seconds)
        os.kill(next(part.pid for part in stack.state.parts if part.name == "minio"), signal.SIGKILL)

        def after() -> float | None:
            try:
                return uptime.seconds()
            except ServiceUnavailable:
                return None

        wait_until(lambda: (seconds := after()) is not None and seconds < before)


def test_seaweedfs_does_not_tell(embedded_servers: Endpoints) -> None:
    at = embedded_servers
    assert MinioUptime(at.s3, at.access_key, at.secret_key).seconds() is None


def test_a_key_without_the_right_is_told_nothing(services_servers: Endpoints) -> None:
    at = services_servers
    assert MinioUptime(at.s3, at.access_key, "wrong-secret").seconds() is None


def test_a_store_out_of_reach_is_an_unavailable_service() -> None:
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        MinioUptime("http://127.0.0.1:1", "a", "b").seconds()
