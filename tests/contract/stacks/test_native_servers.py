"""Kafka, MinIO, Weaviate and Redis from the entries of docker-compose.yml, as any client sees them."""

import io
import json
import os
import signal
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest
import weaviate
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError
from minio import Minio
from minio.error import S3Error
from native_servers import NativeStack, running_native_servers
from redis import Redis
from redis.exceptions import AuthenticationError
from weaviate.auth import AuthApiKey
from weaviate.classes.config import Configure, DataType, Property
from weaviate.exceptions import WeaviateBaseError

from omnibus.stacks.control import stop
from omnibus.stacks.endpoints import Endpoints
from omnibus.stacks.native.servers import NAMES
from omnibus.stacks.state import process_started, read_state
from producers.s3 import s3_client
from producers.setup.buckets import set_up_buckets
from producers.setup.notifications import set_up_notifications
from producers.setup.topics import set_up_topics

WaitUntil = Callable[..., Any]


@pytest.fixture(scope="module")
def stack() -> Iterator[NativeStack]:
    # A folder with a space, as users have them.
    with (
        TemporaryDirectory(prefix="omnibus native-") as folder,
        running_native_servers(Path(folder) / "data") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def at(stack: NativeStack) -> Endpoints:
    return stack.endpoints


def bucket_client(at: Endpoints) -> Minio:
    return s3_client(at.s3, at.access_key, at.secret_key)


def index_client(at: Endpoints, key: str | None) -> weaviate.WeaviateClient:
    rest, grpc = at.weaviate.removeprefix("http://").split(":"), at.weaviate_grpc.split(":")
    return weaviate.connect_to_custom(
        http_host=rest[0],
        http_port=int(rest[1]),
        http_secure=False,
        grpc_host=grpc[0],
        grpc_port=int(grpc[1]),
        grpc_secure=False,
        auth_credentials=AuthApiKey(key) if key else None,
    )


def values(at: Endpoints, topic: str, count: int) -> list[bytes]:
    """The first `count` values of a topic; fewer when they do not come."""
    consumer = KafkaConsumer(
        topic, bootstrap_servers=at.kafka, auto_offset_reset="earliest", consumer_timeout_ms=20_000
    )
    try:
        return [record.value for _, record in zip(range(count), consumer, strict=False)]
    finally:
        consumer.close()


# What a client leaves with a server, and what it finds there.


def put_record(at: Endpoints, name: str) -> None:
    set_up_topics(at.kafka, {name: 1})
    producer = KafkaProducer(bootstrap_servers=at.kafka)
    producer.send(name, value=b"kept").get(timeout=20)
    producer.close()


def put_object(at: Endpoints, name: str) -> None:
    set_up_buckets(bucket_client(at), ["kept"])
    bucket_client(at).put_object("kept", name, io.BytesIO(b"kept"), 4)


def put_row(at: Endpoints, name: str) -> None:
    with index_client(at, at.weaviate_key) as client:
        rows = client.collections.create(
            f"C{name}",
            vector_config=Configure.Vectors.self_provided(),
            properties=[Property(name="text", data_type=DataType.TEXT)],
        )
        rows.data.insert({"text": "kept"}, vector=[0.6, 0.8])


def put_key(at: Endpoints, name: str) -> None:
    with Redis.from_url(at.redis) as redis:
        redis.set(name, b"kept")


def get_row(at: Endpoints, name: str) -> object:
    with index_client(at, at.weaviate_key) as client:
        found = client.collections.use(f"C{name}").query.near_vector([0.6, 0.8], limit=1).objects
        return found[0].properties["text"].encode() if found else None


PUT: Mapping[str, Callable[[Endpoints, str], None]] = {
    "kafka": put_record,
    "minio": put_object,
    "weaviate": put_row,
    "redis": put_key,
}
GET: Mapping[str, Callable[[Endpoints, str], object]] = {
    "kafka": lambda at, name: values(at, name, 1)[0],
    "minio": lambda at, name: bucket_client(at).get_object("kept", name).read(),
    "weaviate": get_row,
    "redis": lambda at, name: Redis.from_url(at.redis).get(name),
}
each_server = pytest.mark.parametrize("server", NAMES)


@each_server
def test_a_client_with_the_credentials_finds_what_it_left(at: Endpoints, server: str) -> None:
    name = f"n{uuid.uuid4().hex}"
    PUT[server](at, name)
    assert GET[server](at, name) == b"kept"


def test_the_object_store_refuses_a_wrong_secret(at: Endpoints) -> None:
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        bucket_client(replace(at, secret_key="wrong")).list_buckets()


def test_redis_refuses_a_wrong_password(at: Endpoints) -> None:
    with Redis.from_url(at.redis.replace("//:", "//:wrong")) as redis, pytest.raises(AuthenticationError):
        redis.ping()


@pytest.mark.parametrize("key", ["wrong", None])
def test_weaviate_refuses_a_wrong_key_and_none(at: Endpoints, key: str | None) -> None:
    with pytest.raises(WeaviateBaseError, match=r"401|anonymous"):
        index_client(at, key).collections.list_all()


def test_a_misspelt_topic_is_not_made(at: Endpoints) -> None:
    producer = KafkaProducer(bootstrap_servers=at.kafka, max_block_ms=2000)
    with pytest.raises(KafkaError):
        producer.send("mispelt", value=b"lost").get(timeout=5)
    producer.close(timeout=1)


def test_an_upload_is_told_to_kafka_at_once_and_once_more_from_the_disk(at: Endpoints) -> None:
    set_up_topics(at.kafka, {"media.events": 1})
    set_up_buckets(bucket_client(at), ["told"])
    set_up_notifications(bucket_client(at), "told")
    bucket_client(at).put_object("told", "a photo.jpg", io.BytesIO(b"..."), 3)
    told = [json.loads(value) for value in values(at, "media.events", 2)]
    assert [event["Key"] for event in told] == ["told/a photo.jpg"] * 2


def test_what_listens_beyond_this_machine_asks_for_a_password(stack: NativeStack) -> None:
    pids = {part.pid for part in stack.state.parts}
    listening = [c.laddr for c in psutil.net_connections("tcp") if c.pid in pids and c.status == psutil.CONN_LISTEN]
    assert listening
    beyond = {address.port for address in listening if address.ip not in {"127.0.0.1", "::1", "::ffff:127.0.0.1"}}
    # Weaviate has no setting for these two: its gRPC asks for the key, as seen above, and its cluster's port:
    grpc = int(stack.endpoints.weaviate_grpc.rpartition(":")[2])
    assert len(beyond - {grpc}) <= 1
    for port in beyond - {grpc}:
        with pytest.raises(HTTPError, match="401"):
            urlopen(f"http://127.0.0.1:{port}/indices/any", timeout=5)


@each_server
def test_a_server_that_is_killed_comes_back_with_its_data(
    stack: NativeStack, wait_until: WaitUntil, server: str
) -> None:
    def part() -> Any:
        return next(part for part in stack.state.parts if part.name == server)

    name = f"n{uuid.uuid4().hex}"
    PUT[server](stack.endpoints, name)
    before = part()
    os.kill(before.pid, signal.SIGKILL)
    wait_until(lambda: part().restarts > before.restarts and stack.state.ready, timeout_s=90)
    assert GET[server](stack.endpoints, name) == b"kept"
    PUT[server](stack.endpoints, f"{name}2")
    assert GET[server](stack.endpoints, f"{name}2") == b"kept"


def test_the_servers_stop_in_good_order_within_ten_seconds_and_start_again_with_their_data() -> None:
    with TemporaryDirectory(prefix="omnibus-") as folder:
        data = Path(folder) / "data"
        with running_native_servers(data) as first:
            put_object(first.endpoints, "kept")
            pids = [part.pid for part in first.state.parts if part.pid]
            assert len(pids) == len(NAMES)
            assert stop(data, timeout_s=10)
            # A supervisor that takes longer is killed.
            assert first.supervisor.wait() == 0
            assert not any(process_started(pid) for pid in pids)
            assert read_state(data) is None
        with running_native_servers(data) as second:
            assert second.endpoints == first.endpoints
            assert bucket_client(second.endpoints).get_object("kept", "kept").read() == b"kept"
