"""The servers of the embedded stack, as any client sees them."""

import io
import uuid

from kafka import KafkaConsumer, KafkaProducer
from redis import Redis

from omnibus.stacks.endpoints import Endpoints
from producers.s3 import s3_client


def test_kafka_takes_records_and_gives_them_back(embedded_servers: Endpoints) -> None:
    producer = KafkaProducer(bootstrap_servers=embedded_servers.kafka)
    sent = producer.send("rag.replies", key=b"k", value=b"hello").get(timeout=10)
    producer.close()
    consumer = KafkaConsumer(
        "rag.replies", bootstrap_servers=embedded_servers.kafka, auto_offset_reset="earliest", consumer_timeout_ms=10000
    )
    found = next(record for record in consumer if record.partition == sent.partition and record.offset == sent.offset)
    consumer.close()
    assert (found.key, found.value) == (b"k", b"hello")


def test_the_object_store_keeps_objects_in_a_bucket_that_is_there(embedded_servers: Endpoints) -> None:
    client = s3_client(embedded_servers.s3, embedded_servers.access_key, embedded_servers.secret_key)
    key = f"servers/{uuid.uuid4()}"
    client.put_object(embedded_servers.bucket, key, io.BytesIO(b"kept"), 4)
    assert client.get_object(embedded_servers.bucket, key).read() == b"kept"


def test_redis_answers_whoever_has_the_password(embedded_servers: Endpoints) -> None:
    with Redis.from_url(embedded_servers.redis) as redis:
        assert redis.ping()
