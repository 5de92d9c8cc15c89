"""What happens in the bucket of the embedded stack arrives on the bus as MinIO would have written it, once each."""

import io
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from kafka import KafkaConsumer, TopicPartition
from minio import Minio
from minio.commonconfig import CopySource, Tags
from minio.deleteobjects import DeleteObject

from omnibus.stacks.endpoints import Endpoints
from producers.s3 import s3_client
from schemas.notification import Notification
from schemas.topics import MEDIA_EVENTS

PART = 5 * 1024 * 1024
END = re.compile("/end [12]$")


@dataclass
class Topic:
    """The notifications that came since the test began, for keys below the test's own prefix."""

    consumer: KafkaConsumer
    prefix: str
    seen: list[Notification] = field(default_factory=list)

    def look(self) -> None:
        for records in self.consumer.poll(timeout_ms=50).values():
            for record in records:
                if self.prefix in record.key.decode():
                    notification = Notification.model_validate_json(record.value)
                    assert notification.key == record.key.decode()
                    self.seen.append(notification)

    def changes(self) -> list[tuple[str, str]]:
        """What happened to which key, without the prefix."""
        self.look()
        entities = [(record.event_name, record.s3.object.unescaped_key) for n in self.seen for record in n.records]
        return [(name.removeprefix("s3:Object"), key.removeprefix(self.prefix)) for name, key in entities]


@pytest.fixture
def prefix() -> str:
    return f"{uuid.uuid4().hex}/"


@pytest.fixture
def client(embedded_servers: Endpoints) -> Minio:
    return s3_client(embedded_servers.s3, embedded_servers.access_key, embedded_servers.secret_key)


@pytest.fixture
def topic(embedded_servers: Endpoints, prefix: str) -> Iterator[Topic]:
    consumer = KafkaConsumer(bootstrap_servers=embedded_servers.kafka, auto_offset_reset="earliest")
    partitions = [TopicPartition(MEDIA_EVENTS.name, number) for number in range(MEDIA_EVENTS.partitions)]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    yield Topic(consumer, prefix)
    consumer.close()


@pytest.fixture
def finish(client: Minio, topic: Topic, prefix: str, wait_until: Callable[..., object]) -> Callable[[], None]:
    """Wait until all that was done before has been reported.

    Reports that are close together may overtake one another, so one that is sent after another has arrived decides.
    """

    def mark() -> None:
        for name in ("end 1", "end 2"):
            client.put_object("media", prefix + name, io.BytesIO(b"end"), 3)
            wait_until(lambda name=name: ("Created:Put", name) in topic.changes())
        topic.seen = [notification for notification in topic.seen if not END.search(notification.key)]

    return mark


def put(client: Minio, key: str, data: bytes, **more: object) -> None:
    client.put_object("media", key, io.BytesIO(data), len(data), **more)


@pytest.mark.parametrize(
    ("data", "part_size"),
    [
        pytest.param(b"", 0, id="empty"),
        pytest.param(b"tiny", 0, id="tiny"),
        pytest.param(b"x" * 9_000_000, 16 * 1024 * 1024, id="of several chunks"),
        pytest.param(b"y" * (2 * PART + 1), PART, id="uploaded in three parts"),
    ],
)
def test_an_upload_is_reported_once_with_the_size_and_etag_that_the_bucket_gives(
    client: Minio, topic: Topic, prefix: str, wait_until: Callable[..., object], data: bytes, part_size: int
) -> None:
    put(client, f"{prefix}object", data, content_type="image/png", part_size=part_size)
    wait_until(topic.changes)
    stat = client.stat_object("media", f"{prefix}object")
    assert topic.changes() == [("Created:Put", "object")]
    entity = topic.seen[0].records[0].s3.object
    assert (entity.size, entity.e_tag) == (stat.size, stat.etag)


@pytest.mark.parametrize("name", ["with spaces", "100%", "a+b", "ünï 🎉", "a/b/c", "#?&=;:@,'\"", "k" * 200])
def test_a_key_arrives_as_it_was_uploaded(
    client: Minio, topic: Topic, prefix: str, wait_until: Callable[..., object], name: str
) -> None:
    put(client, f"{prefix}{name}", b"content")
    wait_until(topic.changes)
    assert topic.changes() == [("Created:Put", name)]


def test_an_overwritten_object_is_reported_again_with_a_later_sequencer(
    client: Minio, topic: Topic, prefix: str, finish: Callable[[], None]
) -> None:
    for content in (b"first", b"second", b"second", b""):
        put(client, f"{prefix}object", content)
    finish()
    records = [record.s3.object for n in topic.seen for record in n.records]
    by_order = sorted(records, key=lambda entity: entity.sequencer)
    assert [entity.size for entity in by_order] == [5, 6, 6, 0]
    assert len({entity.sequencer for entity in by_order}) == 4


def test_a_copy_is_reported_under_its_own_key_with_the_etag_of_the_original(
    client: Minio, topic: Topic, prefix: str, finish: Callable[[], None]
) -> None:
    put(client, f"{prefix}original", b"content")
    client.copy_object("media", f"{prefix}copy", CopySource("media", f"{prefix}original"))
    finish()
    etags = {n.key.rpartition("/")[2]: n.records[0].s3.object.e_tag for n in topic.seen}
    assert etags["copy"] == etags["original"] == client.stat_object("media", f"{prefix}copy").etag


def test_a_deleted_object_is_reported_with_a_later_sequencer_than_its_upload(
    client: Minio, topic: Topic, prefix: str, finish: Callable[[], None]
) -> None:
    put(client, f"{prefix}object", b"content")
    client.remove_object("media", f"{prefix}object")
    finish()
    sequencers = {n.event_name: n.records[0].s3.object.sequencer for n in topic.seen if n.key.endswith("object")}
    assert sequencers["s3:ObjectRemoved:Delete"] > sequencers["s3:ObjectCreated:Put"]
    assert sorted(topic.changes()) == [("Created:Put", "object"), ("Removed:Delete", "object")]


def test_each_object_of_a_bulk_delete_is_reported(
    client: Minio, topic: Topic, prefix: str, finish: Callable[[], None]
) -> None:
    for name in ("a", "b"):
        put(client, prefix + name, b"content")
    assert not list(client.remove_objects("media", [DeleteObject(prefix + name) for name in ("a", "b")]))
    finish()
    assert [change for change in sorted(topic.changes()) if change[0] == "Removed:Delete"] == [
        ("Removed:Delete", "a"),
        ("Removed:Delete", "b"),
    ]


def test_what_changes_no_content_is_not_reported(
    client: Minio, topic: Topic, prefix: str, finish: Callable[[], None]
) -> None:
    put(client, f"{prefix}object", b"content")
    tags = Tags.new_object_tags()
    tags["colour"] = "blue"
    client.set_object_tags("media", f"{prefix}object", tags)
    client.remove_object("media", f"{prefix}was never there")
    put(client, f"{prefix}folder/", b"")
    client.put_object("questions", f"{prefix}asked", io.BytesIO(b"picture"), 7)
    finish()
    assert topic.changes() == [("Created:Put", "object")]


def test_a_notification_has_the_shape_that_programs_written_for_minio_expect(
    client: Minio, topic: Topic, prefix: str, wait_until: Callable[..., object], embedded_servers: Endpoints
) -> None:
    put(client, f"{prefix}a b", b"content", content_type="text/plain")
    wait_until(topic.changes)
    record = json.loads(topic.seen[0].to_json())["Records"][0]
    assert record["eventSource"] == "minio:s3"
    assert record["s3"]["bucket"]["name"] == embedded_servers.bucket
    assert record["s3"]["object"]["key"] == f"{prefix}a+b"
    assert record["s3"]["object"]["contentType"] == "text/plain"
    assert len(record["s3"]["object"]["sequencer"]) == 16
