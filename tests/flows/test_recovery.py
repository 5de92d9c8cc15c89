"""What is killed costs time, never data; what changed while nobody listened is caught up."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from kafka import KafkaProducer
from native_servers import running_native_servers
from running import omnibus, up

from producers.s3 import s3_client
from schemas.notification import change
from schemas.topics import MEDIA_EVENTS

SHORT_LEASE = {"media_lease_s": "30"}
"""What a kill costs is the lease; the default leaves room for a slow machine."""


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory of the test's own, whose stack is stopped at the end."""
    with TemporaryDirectory(prefix="omnibus-recovery-") as folder:
        try:
            yield Path(folder) / "data"
        finally:
            omnibus("down", "--data", f"{folder}/data")


def test_a_restarted_stack_finds_what_it_had_and_catches_up(
    kind: str, data: Path, tmp_path: Path, wait_until: Callable[..., object], run_servers: Callable[..., Any]
) -> None:
    stack = up(kind, data, SHORT_LEASE)
    stack.upload(
        tmp_path, {"kept.txt": b"The beacon is painted in red and white bands.", "removed.txt": b"Old tide table."}
    )
    assert omnibus("down", "--data", str(data)).status == 0

    with (run_servers if kind == "embedded" else running_native_servers)(data) as servers:
        endpoints = servers.endpoints
        s3 = s3_client(endpoints.s3, endpoints.access_key, endpoints.secret_key)
        s3.fput_object(endpoints.bucket, "added.txt", __file__)
        s3.remove_object(endpoints.bucket, "removed.txt")

    stack = up(kind, data, SHORT_LEASE)
    assert stack.search("what colour is the beacon?")[0] == "kept.txt"
    wait_until(lambda: set(stack.search("tide table")) == {"kept.txt", "added.txt"}, timeout_s=60)


def test_every_object_is_indexed_though_the_workers_are_killed(kind: str, data: Path, tmp_path: Path) -> None:
    stack = up(kind, data, SHORT_LEASE)
    files = {f"load/{n:03}.txt": f"Page {n} of the harbour register.".encode() for n in range(150)}
    stop = threading.Event()
    killer = threading.Thread(target=_kill_now_and_then, args=(data, ("ingest-light", "dispatch-media"), stop))
    killer.start()
    try:
        outcomes = stack.upload(tmp_path, files)
    finally:
        stop.set()
        killer.join()
    assert {o["key"]: o["status"] for o in outcomes} == dict.fromkeys(files, "indexed")
    status = stack.run("status", "--json").json
    assert sum(part["restarts"] for part in status["parts"]) >= 2


def _kill_now_and_then(data: Path, names: tuple[str, ...], stop: threading.Event) -> None:
    for name in names:
        if stop.wait(1.5):
            return
        parts = omnibus("status", "--json", "--data", str(data)).json["parts"]
        pid = next(part["pid"] for part in parts if part["name"] == name)
        if pid:
            os.kill(pid, signal.SIGKILL)


def test_a_backlog_of_media_does_not_delay_a_question(kind: str, data: Path, tmp_path: Path) -> None:
    stack = up(kind, data, SHORT_LEASE)
    stack.upload(tmp_path, {"answer.txt": b"The vault opens with the blue key."})
    producer = KafkaProducer(bootstrap_servers=stack.endpoints["kafka"], linger_ms=20)
    for number in range(10_000):
        event = change("put", bucket="media", key=f"backlog/{number}", sequencer=f"{number:016X}")
        producer.send(MEDIA_EVENTS.name, key=f"media/backlog/{number}".encode(), value=event.to_json())
    producer.flush()
    producer.close()
    reply = stack.run("search", "which key opens the vault?", "--json").json
    waiting = stack.run("status", "--json").json["lag"][MEDIA_EVENTS.name]
    assert reply["hits"][0]["key"] == "answer.txt"
    assert waiting > 1000, json.dumps(waiting)
