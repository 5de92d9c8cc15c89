"""The collection of a Weaviate index: made when there is none, checked against the models, read and written.

Weaviate's client takes more than a second to import, so every import of it is inside the function that needs it.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from socket import create_connection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workers.adapters.index.rows import TAKEN_COLUMNS
from workers.adapters.index.spaces import check_spaces, vector_column
from workers.adapters.index.weaviate_copies import Item, chunks
from workers.domain.segment import Space
from workers.errors import ServiceUnavailable
from workers.ports.locks import Locks, Renew

if TYPE_CHECKING:
    from weaviate import WeaviateClient
    from weaviate.collections import Collection

ROWS_A_CALL = 200
"""Rows of one insert: some 0.6 MB with vectors of 384 dimensions."""
WRITERS = 2
"""Inserts at a time: while the server is at one, the rows of the next are made. See `benchmarks/bulk.py`."""
MOST_ROWS = 10_000
"""What a query gives at most (QUERY_MAXIMUM_RESULTS, which is 10,000 by default)."""
OLDEST = (1, 32)
"""The first version that has aliases."""
FLAT_ROWS = 10_000
"""Rows within the filters up to which all of them are compared, exactly: 6 ms for 384 dimensions on two cores."""
CANDIDATES = (256, 1024)
"""Nodes that a graph search keeps in view (`ef`), at least and at most; in between eight times the hits asked for."""
CHANNEL = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]
"""By default a connection that broke waits up to two minutes before it looks whether the server is back."""
REMOVE = "delete it (DELETE /v1/aliases/{}, then /v1/schema/{})"
"""How an alias and its collection are removed."""
REACH_S = 2.0
"""How long a server may take to accept a connection."""
CALL_S = 20
"""How long a write may take, less than a lock lasts: 200 rows took 0.3 s, removing 10,000 of them 1.2 s."""


class CollectionGone(ServiceUnavailable):
    """The collection that was opened is not there any more, because somebody emptied the server."""


def connect(url: str, grpc: str, api_key: str) -> "WeaviateClient":
    """A client that is connected. `grpc` is `host:port`; it is encrypted when `url` is. Safe to use from threads."""
    import weaviate  # noqa: PLC0415 - see above
    from weaviate.classes.init import AdditionalConfig, Auth, Timeout  # noqa: PLC0415 - see above
    from weaviate.config import GrpcConfig  # noqa: PLC0415 - see above

    # It logs every object of a batch that failed, with its vectors. We say what went wrong ourselves.
    logging.getLogger("weaviate-client").setLevel(logging.CRITICAL)
    at = urlsplit(url)
    host, port = _host_and_port(grpc)
    secure = at.scheme == "https"
    client = weaviate.connect_to_custom(
        http_host=_bracketed(at.hostname or ""),
        http_port=at.port or (443 if secure else 80),
        http_secure=secure,
        grpc_host=_bracketed(host),
        grpc_port=port,
        grpc_secure=secure,
        auth_credentials=Auth.api_key(api_key) if api_key else None,
        additional_config=AdditionalConfig(
            timeout=Timeout(init=5, query=30, insert=CALL_S), grpc_config=GrpcConfig(channel_options=CHANNEL)
        ),
    )
    version = client.get_meta()["version"]
    if tuple(int(number) for number in version.split(".")[:2]) < OLDEST:
        client.close()
        raise ServiceUnavailable(f"Weaviate at {url} is version {version}; install {OLDEST[0]}.{OLDEST[1]} or newer")
    return client


def open_collection(client: "WeaviateClient", alias: str, spaces: Sequence[Space], locks: Locks) -> "Collection":
    """The collection behind `alias`, which is made if there is none. Raises `IndexMismatch`."""
    target = client.alias.get(alias_name=alias)
    if target is None:
        with locks.held([f"index:{alias}"]):
            target = client.alias.get(alias_name=alias)
            if target is None:
                # There may be one without its alias, of a process that was killed between the two.
                if not client.collections.exists(f"{alias}_1"):
                    _create(client, f"{alias}_1", spaces)
                client.alias.create(alias_name=alias, target_collection=f"{alias}_1")
    collection = client.collections.use(alias)
    config = collection.config.get(simple=True)
    remedy = REMOVE.format(alias, config.name)
    check_spaces(spaces_held(config.description), spaces, f"the Weaviate collection {config.name}", remedy)
    # The schema is changed by the collection's own name: an alias will not do.
    _add_properties(client.collections.use(config.name), alias, locks)
    return collection


def spaces_held(description: str | None) -> list[Space]:
    """The spaces that a collection was made with, as its description tells."""
    return [Space(**space) for space in json.loads(description or "{}").get("spaces", [])]


def insert(collection: "Collection", items: Iterable[Item], row_of: Callable[[Item], Any], renew: Renew) -> None:
    """Write the row of each item over the one of the same id, under a lock that is renewed for every call.

    Raises `ServiceUnavailable` when a row was not written.
    """

    def write(some: Sequence[Item]) -> None:
        renew()
        failed = collection.data.insert_many([row_of(item) for item in some]).errors
        if failed:
            first = next(iter(failed.values())).message
            raise ServiceUnavailable(explained(f"{len(failed)} of {len(some)} rows were not written: {first}"))

    calls = list(chunks(items, ROWS_A_CALL))
    if len(calls) == 1:
        write(calls[0])
    elif calls:
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write, calls))


def remove(collection: "Collection", condition: Any) -> int:
    """Remove all rows that meet the condition; how many there were. One call removes 10,000 at most."""
    removed = 0
    while True:
        done = collection.data.delete_many(where=condition)
        if done.failed:
            # Nobody says why: asked with `verbose`, a read-only server of version 1.39 fails at its own answer.
            shards = {shard.status.lower() for shard in collection.config.get_shards()}
            why = "store is read-only" if "readonly" in shards else f"shards are {', '.join(sorted(shards))}"
            raise ServiceUnavailable(explained(f"{done.failed} rows were not removed: {why}"))
        removed += done.successful
        if done.successful >= done.matches:
            return removed


@contextmanager
def answering(url: str, grpc: str) -> Iterator[None]:
    """What Weaviate's client raises becomes `ServiceUnavailable`, in one line; `CollectionGone` where that is why."""
    from grpc import RpcError  # noqa: PLC0415 - see above
    from httpx import HTTPError  # noqa: PLC0415 - see above
    from weaviate.exceptions import WeaviateBaseError  # noqa: PLC0415 - see above

    try:
        # The client tries a query again for a minute while nobody listens; whoever asks can decide better.
        create_connection(_host_and_port(grpc), timeout=REACH_S).close()
        yield
    except (WeaviateBaseError, HTTPError, RpcError, OSError) as error:
        if "could not find class" in str(error):
            emptied = f"the index (Weaviate at {url}) was emptied; fill it again with: omnibus reconcile --fix"
            raise CollectionGone(emptied) from error
        raise ServiceUnavailable(f"the index (Weaviate at {url}) failed: {explained(str(error))}") from error


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _bracketed(host: str) -> str:
    """As an address has it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def explained(complaint: str) -> str:
    """What the server says, in one line, and what to do where that is known."""
    said = " ".join(complaint.split())
    if "read-only" in said:
        return f"the index is read-only: free some disk space for Weaviate; start it again if it stays so ({said})"
    if "invalid api key" in said or "anonymous access not enabled" in said:
        return "it refuses the API key: use one of its AUTHENTICATION_APIKEY_ALLOWED_KEYS"
    return said


def _create(client: "WeaviateClient", name: str, spaces: Sequence[Space]) -> None:
    from weaviate.classes.config import Configure, StopwordsPreset  # noqa: PLC0415 - see above

    client.collections.create(
        name,
        description=json.dumps({"spaces": [asdict(space) for space in spaces]}),
        properties=_properties(),
        vector_config=[_vector(space) for space in spaces],
        # `words` has none left.
        inverted_index_config=Configure.inverted_index(stopwords_preset=StopwordsPreset.NONE),
    )


def _properties() -> list[Any]:
    from weaviate.classes.config import DataType, Property  # noqa: PLC0415 - see above

    flags, numbers = ("is_record", "complete", "derived"), ("generation", "segments", "ordinal")
    found_by = ("object_id", "copy", "segment_id", "tenant", "bucket", "key", "modality", "place")
    kept = ("etag", "sequencer", "version_id", "media_type", "rejected", "locator", "text", "content_hash", "parent")
    kinds = (DataType.INT, DataType.NUMBER, DataType.NUMBER)
    return [
        *(_property(flag, DataType.BOOL, filterable=flag == "is_record") for flag in flags),
        *(_property(number, DataType.INT) for number in numbers),
        *(_property(text, DataType.TEXT, filterable=True) for text in found_by),
        *(_property(text, DataType.TEXT) for text in kept),
        _property("words", DataType.TEXT, searchable=True),
        *(
            Property(name=name, data_type=kind, index_filterable=False, index_range_filters=True)
            for name, kind in zip(TAKEN_COLUMNS, kinds, strict=True)
        ),
    ]


def _add_properties(collection: "Collection", alias: str, locks: Locks) -> None:
    """Give a collection of an earlier version the properties that it has not; its rows have none of them."""

    def missing() -> list[Any]:
        held = {each.name for each in collection.config.get(simple=True).properties}
        return [each for each in _properties() if each.name not in held]

    if missing():
        with locks.held([f"index:{alias}"]):
            for each in missing():
                collection.config.add_property(each)


def _property(name: str, kind: Any, *, filterable: bool = False, searchable: bool = False) -> Any:
    from weaviate.classes.config import DataType, Property, Tokenization  # noqa: PLC0415 - see above

    more: Mapping[str, Any] = {}
    if kind is DataType.TEXT:
        tokens = Tokenization.WHITESPACE if searchable else Tokenization.FIELD
        more = {"index_searchable": searchable, "tokenization": tokens}
    return Property(name=name, data_type=kind, index_filterable=filterable, **more)


def _vector(space: Space) -> Any:
    from weaviate.classes.config import Configure, VectorDistances  # noqa: PLC0415 - see above

    quantizer = Configure.VectorIndex.Quantizer.rq()
    graph = Configure.VectorIndex.hnsw(
        distance_metric=VectorDistances.COSINE,
        dynamic_ef_min=CANDIDATES[0],
        dynamic_ef_max=CANDIDATES[1],
        flat_search_cutoff=FLAT_ROWS,
        quantizer=quantizer,
    )
    return Configure.Vectors.self_provided(name=vector_column(space.id), vector_index_config=graph)
