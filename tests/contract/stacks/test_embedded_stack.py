"""The embedded stack under bad luck: killed servers, a killed supervisor, a second stack."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from minio.error import MinioException
from redis import Redis
from urllib3.exceptions import HTTPError

from omnibus.stacks.control import stop
from omnibus.stacks.endpoints import Endpoints
from omnibus.stacks.layout import Layout
from omnibus.stacks.state import PartState, StackState, process_started, read_state
from producers.kafka import Publisher
from producers.s3 import s3_client

WaitUntil = Callable[..., Any]
RunServers = Callable[[Path], AbstractContextManager[Any]]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with TemporaryDirectory(prefix="omnibus-") as folder:
        yield Path(folder) / "a path, with spaces"


@pytest.fixture(scope="module")
def stack(run_servers: RunServers, data: Path) -> Iterator[Any]:
    """A stack that the tests of this module may break; it mends itself."""
    with run_servers(data) as running:
        yield running


def state_of(data: Path) -> StackState:
    state = read_state(data)
    assert state is not None
    return state


def part_of(state: StackState, name: str) -> PartState:
    return next(part for part in state.parts if part.name == name)


def kill(data: Path, name: str, wait_until: WaitUntil) -> None:
    """Kill a part and wait until the stack is ready again with another process for it."""
    before = part_of(state_of(data), name)
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)

    def mended() -> bool:
        state = state_of(data)
        return state.ready and part_of(state, name).restarts > before.restarts

    wait_until(mended, timeout_s=60)


def takes_objects(endpoints: Endpoints) -> bool:
    client = s3_client(endpoints.s3, endpoints.access_key, endpoints.secret_key)
    with suppress(MinioException, HTTPError):
        client.put_object("media", "after", io.BytesIO(b"restart"), 7)
        return True
    return False


def takes_records(endpoints: Endpoints) -> bool:
    producer = KafkaProducer(bootstrap_servers=endpoints.kafka, max_block_ms=5000)
    try:
        producer.send("media.events", b"{}").get(timeout=5)
    except KafkaError:
        return False
    finally:
        producer.close(timeout=1)
    return True


def test_objects_written_before_the_object_store_is_killed_are_there_after_it(
    stack: Any, data: Path, wait_until: WaitUntil
) -> None:
    client = s3_client(stack.endpoints.s3, stack.endpoints.access_key, stack.endpoints.secret_key)
    client.put_object("media", "before", io.BytesIO(b"kept"), 4)
    kill(data, "seaweedfs", wait_until)
    assert client.get_object("media", "before").read() == b"kept"
    assert takes_objects(stack.endpoints)


def test_a_killed_broker_comes_back_with_all_topics(stack: Any, data: Path, wait_until: WaitUntil) -> None:
    kill(data, "tansu", wait_until)
    assert takes_records(stack.endpoints)


def test_what_a_broker_acknowledges_after_it_was_killed_it_keeps(stack: Any, data: Path, wait_until: WaitUntil) -> None:
    """Sooner or later: what comes while it makes its topics may be lost (docs/reliability.md)."""
    kafka = stack.endpoints.kafka
    rounds = count()
    with ExitStack() as open_ones, ThreadPoolExecutor(12) as threads:
        older = [open_ones.enter_context(Publisher(kafka, source="/test")) for _ in range(6)]
        for publisher in older:
            publisher.publish_raw("rag.index-events", key=b"before", value=b"{}")
        kill(data, "tansu", wait_until)
        newer = [open_ones.enter_context(Publisher(kafka, source="/test")) for _ in range(6)]
        reader = open_ones.enter_context(closing(KafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")))
        reader.assign([TopicPartition("rag.queries", n) for n in reader.partitions_for_topic("rag.queries")])

        def keeps_a_round() -> bool:
            number = next(rounds)
            sent = [(each, f"{number} {n} {m}".encode()) for n, each in enumerate(older + newer) for m in range(3)]
            list(threads.map(lambda each: each[0].publish_raw("rag.queries", key=each[1], value=b"{}"), sent))
            left = {key for _, key in sent}
            with suppress(pytest.fail.Exception):
                wait_until(lambda: not left or _read(reader, left), timeout_s=5)
            return not left

        wait_until(keeps_a_round, timeout_s=60)


def _read(reader: KafkaConsumer, left: set[bytes]) -> bool:
    """Take what comes out of `left`; whether nothing is left."""
    left.difference_update(record.key for records in reader.poll(timeout_ms=100).values() for record in records)
    return not left


def test_what_redis_held_before_it_is_killed_is_there_after_it(stack: Any, data: Path, wait_until: WaitUntil) -> None:
    with Redis.from_url(stack.endpoints.redis) as redis:
        redis.set("before", "kept")
        # The file is flushed to disk once a second, but handed to the system at once: only a crash of that loses it.
        kill(data, "valkey", wait_until)
        assert redis.get("before") == b"kept"


def test_a_second_stack_on_the_same_directory_is_refused_with_one_line(stack: Any, data: Path) -> None:
    script = (
        "import sys, pathlib\nfrom omnibus.stacks.embedded import run_embedded\nfrom omnibus.stacks.errors import *\n"
        "try: run_embedded(pathlib.Path(sys.argv[1]))\nexcept StackFailed as failure: print(failure)"
    )
    second = subprocess.run([sys.executable, "-c", script, str(data)], capture_output=True, text=True, check=True)
    assert second.stdout.count("\n") == 1
    assert "omnibus down" in second.stdout
    assert process_started(stack.supervisor.pid)


def test_two_stacks_side_by_side_do_not_see_each_other(stack: Any, embedded_servers: Endpoints) -> None:
    one, other = (s3_client(e.s3, e.access_key, e.secret_key) for e in (stack.endpoints, embedded_servers))
    one.put_object("media", "only here", io.BytesIO(b"mine"), 4)
    assert [found.object_name for found in one.list_objects("media", prefix="only")] == ["only here"]
    assert not list(other.list_objects("media", prefix="only"))


def test_a_killed_stack_leaves_no_process_and_starts_again_on_the_same_addresses_with_all_objects(
    run_servers: RunServers, wait_until: WaitUntil
) -> None:
    with TemporaryDirectory(prefix="omnibus-") as folder:
        data = Path(folder) / "data"
        with run_servers(data) as first:
            client = s3_client(first.endpoints.s3, first.endpoints.access_key, first.endpoints.secret_key)
            client.put_object("media", "kept", io.BytesIO(b"kept"), 4)
            pids = [part.pid for part in state_of(data).parts if part.pid]
            assert len(pids) == 4
            (Layout(data).temporary / "of a worker").touch()
            first.supervisor.kill()
            first.supervisor.wait()
            wait_until(lambda: not any(process_started(pid) for pid in pids))
        with run_servers(data) as second:
            assert second.endpoints == first.endpoints
            assert client.get_object("media", "kept").read() == b"kept"
            assert not list(Layout(data).temporary.iterdir())


def test_a_stack_stops_in_good_order_within_ten_seconds(stack: Any, data: Path) -> None:
    pids = [part.pid for part in state_of(data).parts if part.pid]
    assert stop(data, timeout_s=10)
    # A supervisor that takes longer is killed.
    assert stack.supervisor.wait() == 0
    assert not any(process_started(pid) for pid in pids)
    assert read_state(data) is None
