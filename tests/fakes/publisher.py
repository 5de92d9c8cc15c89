"""Not a port: notes what was handed to the publisher. Whatever depends on a broker is tested on a real one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from producers.errors import BusUnavailable, TooLargeForBus
from schemas.envelope import Message, attributes_of, to_record


@dataclass(frozen=True)
class Sent:
    """One record, as the broker would have got it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def attributes(self) -> dict[str, str]:
        return attributes_of(self.headers)

    def text(self, header: str) -> str:
        return dict(self.headers)[header].decode()


@dataclass
class RecordingPublisher:
    """`producers.kafka.Publisher` without a broker. With `away` set, it behaves as if Kafka were away.

    `before_sending` is where a test holds a record up, `after_sending` where the acknowledgement may be lost, and
    `largest` is the broker's limit in bytes.
    """

    sent: list[Sent] = field(default_factory=list)
    away: bool = False
    before_sending: Callable[[], object] = field(default=lambda: None)
    after_sending: Callable[[], object] = field(default=lambda: None)
    largest: int = 2**30
    _lock: Any = field(default_factory=Lock)

    def publish(
        self,
        topic: str,
        message: Message,
        *,
        key: str,
        event_id: str | None = None,
        extensions: Mapping[str, str] | None = None,
    ) -> str:
        event_id = event_id or f"event-{len(self.sent)}"
        record = to_record(message, event_id=event_id, source="/test", subject=key, extensions=extensions)
        self.publish_raw(topic, key=key.encode(), value=record.value, headers=record.headers)
        return event_id

    def publish_raw(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]] = ()
    ) -> None:
        if self.away:
            raise BusUnavailable("Kafka does not take messages")
        if len(key or b"") + len(value or b"") + sum(len(header) for _, header in headers) > self.largest:
            raise TooLargeForBus("the record is too large")
        self.before_sending()
        with self._lock:
            self.sent.append(Sent(topic, key, value, tuple(headers)))
        self.after_sending()

    def publish_all(
        self, records: Sequence[tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]]
    ) -> None:
        for topic, key, value, headers in records:
            self.publish_raw(topic, key=key, value=value, headers=headers)

    def on(self, topic: str) -> list[Sent]:
        """What was sent to this topic."""
        return [record for record in self.sent if record.topic == topic]
