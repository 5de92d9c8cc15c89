"""The witness: a Kafka client that reads every topic from its beginning, and keeps what matters of it.

The embedded broker keeps its records in memory: each time it dies a new life of it begins, with empty topics, and the
witness begins to read anew. What it has seen it keeps.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic, time
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from pydantic import ValidationError

from chaos.judge import Reply
from schemas.answers import TERMINAL
from schemas.envelope import attributes_of
from schemas.notification import Notification
from schemas.topics import INDEX_EVENTS, MEDIA_EVENTS, QUERIES, REPLIES

READ = (REPLIES, MEDIA_EVENTS, INDEX_EVENTS, MEDIA_EVENTS.dead_letters, QUERIES.dead_letters)
MAKING_S = 3.0
"""How long a new life of the embedded broker loses records (docs/reliability.md), on a busy machine."""
DEAD = (MEDIA_EVENTS.dead_letters.name, QUERIES.dead_letters.name)


@dataclass(frozen=True, slots=True)
class Seen:
    """One record: when it was read, where it stood, and what it says."""

    at: float
    place: str
    """Life of the broker, topic, partition, offset."""
    what: str
    reply: Reply | None = None


class Witness:
    """Reads in a thread of its own from `start` to `stop`. `life_of_broker` tells one life of it from the next."""

    def __init__(self, bootstrap: str, life_of_broker: Callable[[], int]) -> None:
        self._bootstrap = bootstrap
        self._life_of_broker = life_of_broker
        self._stop = Event()
        self._thread = Thread(target=self._run, name="witness", daemon=True)
        self._places: set[str] = set()
        self._last = monotonic()
        self._born: dict[int, float] = {}
        self.replies: dict[str, list[Seen]] = {}
        """Request id -> its terminal replies."""
        self.notified: dict[str, list[Seen]] = {}
        """Key -> what the bucket, or a reconciliation, told of it; `what` ends with the etag."""
        self.announced: dict[str, list[Seen]] = {}
        """Key -> what our workers told of it."""
        self.dead: list[Seen] = []

    def terminal_replies(self) -> dict[str, list[Reply]]:
        """Request id -> its terminal replies, copies and all."""
        return {id_: [each.reply for each in seen if each.reply] for id_, seen in self.replies.items()}

    @property
    def life(self) -> int:
        """The life that the broker is in."""
        life = self._life_of_broker()
        self._born.setdefault(life, time())
        return life

    def is_unsafe(self, life: int, at: float) -> bool:
        """Whether the embedded broker may have lost what it acknowledged then: it was making its topics anew.

        The first life is not meant: nobody talks to it before its topics are made.
        """
        return list(self._born).index(life) > 0 and at - self._born[life] < MAKING_S

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stop.set()
        self._thread.join()

    def quiet_for(self) -> float:
        """Seconds since the last record was read."""
        return monotonic() - self._last

    def history(self, about: str) -> Iterator[tuple[float, str]]:
        """What was told of a key or a question: a time and a line for each."""
        for seen in (*self.notified.get(about, ()), *self.announced.get(about, ()), *self.replies.get(about, ())):
            yield seen.at, f"{seen.place}  {seen.what}"

    def _run(self) -> None:
        while not self._stop.is_set():
            life = self.life
            try:
                consumer = self._consumer()
            except KafkaError:
                self._stop.wait(0.2)
                continue
            try:
                while life == self.life and not self._stop.is_set():
                    self._read(consumer, life)
            except KafkaError:
                self._stop.wait(0.2)
            finally:
                consumer.close(autocommit=False)

    def _consumer(self) -> Any:
        consumer = KafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            bootstrap_timeout_ms=2000,
            reconnect_backoff_max_ms=500,
        )
        partitions = [
            TopicPartition(topic.name, number)
            for topic in READ
            for number in consumer.partitions_for_topic(topic.name) or ()
        ]
        if len(partitions) < sum(topic.partitions for topic in READ):
            consumer.close(autocommit=False)
            raise KafkaError("the topics are not there yet")
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        return consumer

    def _read(self, consumer: Any, life: int) -> None:
        for partition, records in consumer.poll(timeout_ms=100).items():
            for record in records:
                place = f"{life}:{partition.topic}:{partition.partition}:{record.offset}"
                if place not in self._places:
                    self._places.add(place)
                    self._last = monotonic()
                    self._note(record, place)

    def _note(self, record: Any, place: str) -> None:
        topic, value = record.topic, record.value or b""
        attributes = attributes_of(record.headers)
        kind = attributes.get("type", "")
        if topic in DEAD:
            reasons = {name: text.decode() for name, text in record.headers if name.startswith("dlt_")}
            self.dead.append(Seen(time(), place, f"{record.key!r} {json.dumps(reasons)}"))
        elif topic == REPLIES.name and kind in TERMINAL:
            seen = Seen(time(), place, kind, Reply(attributes.get("id", ""), kind, value))
            self.replies.setdefault(attributes["requestid"], []).append(seen)
        elif topic == MEDIA_EVENTS.name:
            self._note_notification(value, place)
        elif topic == INDEX_EVENTS.name:
            event = json.loads(value)
            what = f"{kind.removeprefix('io.omnibus.')} {event['version']['etag']} {event.get('reason', '')}"
            self.announced.setdefault(event["key"], []).append(Seen(time(), place, what))

    def _note_notification(self, value: bytes, place: str) -> None:
        try:
            notification = Notification.model_validate_json(value)
        except ValidationError:
            return
        for each in notification.records:
            entity = each.s3.object
            what = f"{each.event_name} {entity.sequencer or 'reconciled'} {entity.e_tag}"
            self.notified.setdefault(entity.unescaped_key, []).append(Seen(time(), place, what))
