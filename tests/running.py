"""A running stack as its users see it: the command, a Kafka client, an S3 client."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from minio import Minio

from omnibus.composition import projection_of
from omnibus.settings import PREFIX, load_running
from producers.reading import read_on
from workers.domain.segment import ObjectRecord

PROFILE = "offline-small"


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def omnibus(*arguments: str, timeout_s: float = 240, settings: Mapping[str, str] | None = None) -> Finished:
    """Run the command as a user does, with `settings` as variables of its environment."""
    done = subprocess.run(
        [sys.executable, "-m", "omnibus", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env={**os.environ, **{PREFIX + name.upper(): value for name, value in (settings or {}).items()}},
    )
    return Finished(done.returncode, done.stdout, done.stderr)


class Stack:
    """A running stack on `data`, seen from outside: the command, any Kafka client, any S3 client."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.status = omnibus("status", "--json", "--data", str(data)).json
        self.endpoints: dict[str, str] = self.status["endpoints"]

    def run(self, *arguments: str, timeout_s: float = 240) -> Finished:
        """A command on this stack."""
        return omnibus(*arguments, "--data", str(self.data), timeout_s=timeout_s)

    def s3(self) -> Minio:
        host = self.endpoints["s3"].removeprefix("http://")
        return Minio(
            host, access_key=self.endpoints["access_key"], secret_key=self.endpoints["secret_key"], secure=False
        )

    def upload(self, folder: Path, files: dict[str, bytes]) -> list[dict[str, Any]]:
        """Write the files below `folder`, upload them, wait; the outcomes by the order of their keys."""
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        done = self.run("upload", str(folder), "--wait", "--json")
        assert len(done.lines) >= len(files), done.err
        return done.lines

    def search(self, text: str, *arguments: str) -> list[str]:
        """The keys that a search finds, best first."""
        done = self.run("search", text, "--json", *arguments)
        assert done.status == 0, done.err
        return [hit["key"] for hit in done.json["hits"]]

    def send(
        self, topic: str, value: bytes, key: bytes | None = None, headers: Sequence[tuple[str, bytes]] = ()
    ) -> Any:
        """One record, from a program that knows nothing but Kafka."""
        producer = KafkaProducer(bootstrap_servers=self.endpoints["kafka"])
        try:
            return producer.send(topic, value=value, key=key, headers=list(headers)).get(timeout=10)
        finally:
            producer.close()

    def records(self, topic: str, wanted: Callable[[Any], bool], timeout_s: float = 60) -> Iterator[Any]:
        """The records of `topic`, from its beginning, that are `wanted`, as they come."""
        kafka = self.endpoints["kafka"]
        consumer = read_on(KafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", fetch_max_wait_ms=50))
        try:
            consumer.assign([TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic)])
            consumer.seek_to_beginning()
            deadline = time.monotonic() + timeout_s
            while time.monotonic() < deadline:
                for batch in consumer.poll(timeout_ms=100).values():
                    yield from (record for record in batch if wanted(record))
        finally:
            consumer.close()

    def first(self, topic: str, wanted: Callable[[Any], bool], timeout_s: float = 60) -> Any:
        """The first record that is `wanted`."""
        found = next(self.records(topic, wanted, timeout_s), None)
        assert found is not None, f"no such record on {topic} within {timeout_s:.0f} s"
        return found

    def question(self, payload: dict[str, Any] | bytes, **headers: str) -> tuple[dict[str, str], dict[str, Any]]:
        """Ask over the bus; the headers and the body of the first terminal reply."""
        request_id = headers.pop("ce_id", None) or str(uuid.uuid4())
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        given = [("ce_id", request_id.encode()), *((name, value.encode()) for name, value in headers.items())]
        self.send("rag.queries", body, headers=given)
        record = self.first("rag.replies", lambda r: is_terminal(r, request_id))
        return {name: value.decode() for name, value in record.headers}, json.loads(record.value)

    def held(self, prefix: str) -> dict[str, ObjectRecord]:
        """The index's records of the objects below `prefix`, by key."""
        index = projection_of(load_running(self.data))
        return {record.ref.key: record for record in index.objects("default", self.endpoints["bucket"], prefix)}

    def group_of(self, part: str) -> int:
        """The group of processes that a part runs in."""
        parts = self.run("status", "--json").json["parts"]
        return os.getpgid(next(each["pid"] for each in parts if each["name"] == part))

    @contextmanager
    def standing_still(self, part: str) -> Iterator[None]:
        """The part's processes are stopped, for less than its supervisor bears, and go on afterwards."""
        group = self.group_of(part)
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGCONT)

    def replies(self, request_id: str, timeout_s: float) -> list[Any]:
        """All terminal replies to a question that come within `timeout_s`."""
        return list(self.records("rag.replies", lambda r: is_terminal(r, request_id), timeout_s))


def up(kind: str, data: Path, settings: Mapping[str, str] | None = None) -> Stack:
    """Start a stack of this kind in the background, its servers included."""
    native = ("--native",) if kind == "services" else ()
    arguments = ("--stack", kind, *native, "--data", str(data), "--profile", PROFILE)
    started = omnibus("up", "--detach", *arguments, timeout_s=600, settings=settings)
    assert started.status == 0, started.err
    return Stack(data)


def is_terminal(record: Any, request_id: str) -> bool:
    """Whether it is a terminal reply to this question."""
    headers = dict(record.headers)
    return headers.get("ce_requestid") == request_id.encode() and headers.get("ce_type", b"").startswith(
        (b"io.omnibus.answer.completed", b"io.omnibus.answer.failed")
    )
