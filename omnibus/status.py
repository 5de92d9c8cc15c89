"""What `omnibus status` reports: how far the dispatchers are behind, what is in flight, what is dead."""

from collections.abc import Mapping, Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from omnibus.doctor.servers import unreachable
from omnibus.gauges import in_flight_key
from omnibus.settings import Settings
from omnibus.stacks.state import read_state
from producers.dead_letters.box import open_box
from producers.errors import BusUnavailable
from producers.log import TopicLog
from schemas.topics import MEDIA_EVENTS, QUERIES, Topic
from workers.adapters.cache.redis import RedisCache
from workers.dispatch.groups import group_of
from workers.errors import ServiceUnavailable

DISPATCHED = {"media": MEDIA_EVENTS, "questions": QUERIES}
LOOK_MS = 200


def report(settings: Settings) -> dict[str, Any]:
    """The report as JSON types. It is complete also when a server does not answer: `problems` then says which."""
    problems: list[str] = []
    state = read_state(settings.data)
    lag: dict[str, int] = {}
    dead_letters: Mapping[str, int] = {}
    in_flight = 0
    if state is None and settings.stack == "embedded":
        problems.append(f"no stack runs on {settings.data}; start one with: omnibus up")
    else:
        away = unreachable(settings)
        problems += away.values()
        try:
            if "kafka" not in away:
                lag = {topic.name: _lag(settings.kafka, topic) for topic in DISPATCHED.values()}
                dead_letters = _open_letters(settings.kafka)
            if "redis" not in away:
                in_flight = _in_flight(settings)
        except BusUnavailable as error:
            problems.append(str(error))
        except ServiceUnavailable as error:
            problems.append(error.message)
    parts = [] if state is None else [_part(part) for part in state.parts]
    return {
        # Where the processes are somebody else's to look after, the servers are what can be seen of it.
        "ready": (state is None or state.ready) and not problems,
        "stack": settings.stack,
        "profile": settings.profile,
        "endpoints": _endpoints(settings),
        "lag": lag,
        "in_flight": in_flight,
        "dead_letters": dead_letters,
        "parts": parts,
        "problems": problems,
    }


def _endpoints(settings: Settings) -> Mapping[str, str]:
    names = ("kafka", "s3", "access_key", "secret_key", "bucket", "question_bucket")
    return {name: getattr(settings, name) for name in names}


def _part(part: Any) -> Mapping[str, Any]:
    return {
        "name": part.name,
        "phase": part.phase.value,
        "pid": part.pid,
        "restarts": part.restarts,
        "waits_for": part.waits_for,
        "log": part.log,
    }


def _in_flight(settings: Settings) -> int:
    values = RedisCache(settings.redis).get_many([in_flight_key(kind) for kind in DISPATCHED])
    return sum(int(value) for value in values if value is not None)


def _lag(bootstrap: str, topic: Topic) -> int:
    """Records that are not done: from the committed offset, or the beginning, to the end."""
    consumer = _consumer(bootstrap, group_id=group_of(topic))
    try:
        partitions = _partitions(consumer, topic)
        ends = _ends(consumer, partitions)
        beginnings = consumer.beginning_offsets(partitions)
        return sum(ends[p] - (consumer.committed(p) or beginnings[p]) for p in partitions)
    except KafkaError as error:
        raise BusUnavailable(f"Kafka at {bootstrap} does not answer: {error}") from error
    finally:
        consumer.close()


def _open_letters(bootstrap: str) -> Mapping[str, int]:
    """Those that were not redriven, by dead-letter topic."""
    with TopicLog(bootstrap, timeout_s=3.0) as log:
        topics = [topic.dead_letters.name for topic in DISPATCHED.values()]
        return {topic: len(open_box(log, topic).open) for topic in topics}


def _consumer(bootstrap: str, group_id: str) -> KafkaConsumer:
    try:
        return KafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=group_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=10,
            bootstrap_timeout_ms=3000,
        )
    except KafkaError as error:
        raise BusUnavailable(f"Kafka at {bootstrap} does not answer: {error}") from error


def _partitions(consumer: KafkaConsumer, topic: Topic) -> Sequence[TopicPartition]:
    return [TopicPartition(topic.name, number) for number in sorted(consumer.partitions_for_topic(topic.name) or ())]


def _ends(consumer: KafkaConsumer, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
    """Offsets of the records to come.

    The embedded broker reports the first offset of the last batch instead: reading from there finds the true end.
    """
    consumer.assign(partitions)
    for partition, offset in consumer.end_offsets(partitions).items():
        consumer.seek(partition, offset)
    while consumer.poll(timeout_ms=LOOK_MS):
        pass
    return {partition: consumer.position(partition) for partition in partitions}
