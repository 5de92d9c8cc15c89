"""The one Kafka publisher: whatever Omnibus puts on the bus goes through here."""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Lock, Thread
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError

from producers.errors import BusUnavailable, TooLargeForBus
from schemas.envelope import Message, to_record

TIMEOUT_S = 10.0
NAME_ERRORS = "surrogateescape"
"""How a header name that is not UTF-8 is text here, and its own bytes on the bus: PEP 383."""
LARGEST = 16 * 1024 * 1024
"""Bytes of a record. The broker's own limit decides; ours must not be the lower one, or a record that fits into a topic
would not fit into its dead letters, which have more headers."""


class Publisher:
    """Publishes and waits for the broker's acknowledgement. Safe to use from several threads, not across a fork.

    `source` is the CloudEvents source of what it sends. Raises `BusUnavailable` when the broker does not answer.
    """

    def __init__(self, bootstrap: str, *, source: str, timeout_s: float = TIMEOUT_S) -> None:
        self._bootstrap = bootstrap
        self._source = source
        self._timeout_s = timeout_s
        self._lock = Lock()
        self._current: KafkaProducer | None = self._made()

    def _made(self) -> KafkaProducer:
        timeout_ms = int(self._timeout_s * 1000)
        try:
            # acks=all and one request in flight: an acknowledged record is kept, and those of one key keep their order.
            # Not idempotent: that goes by a number, and the embedded broker, once it was killed, gives the same numbers
            # out again. It then takes a record for a copy, acknowledges it, and keeps nothing. Copies do no harm here.
            return KafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=False,
                linger_ms=0,
                max_request_size=LARGEST,
                max_in_flight_requests_per_connection=1,
                max_block_ms=timeout_ms,
                delivery_timeout_ms=timeout_ms,
                request_timeout_ms=timeout_ms // 2,
                bootstrap_timeout_ms=timeout_ms,
                reconnect_backoff_max_ms=1000,
            )
        except KafkaError as error:
            raise BusUnavailable(
                f"Kafka at {self._bootstrap} does not answer ({error}); is the stack up? (omnibus up)"
            ) from error

    def _producer(self) -> KafkaProducer:
        # Of many threads one tries; the others must not wait their turn to try the same.
        if not self._lock.acquire(timeout=self._timeout_s):
            raise BusUnavailable(f"Kafka at {self._bootstrap} does not answer; is the stack up? (omnibus up)")
        try:
            if self._current is None:
                self._current = self._made()
            return self._current
        finally:
            self._lock.release()

    def _give_up(self, producer: KafkaProducer) -> None:
        """Have the next record sent by another producer.

        kafka-python 3.0.12 does not recover from a broker that hangs longer than a request may take: records then time
        out for ever, although the broker is back.
        """
        with self._lock:
            if self._current is producer:
                self._current = None
                Thread(target=_abandon, args=[producer], name="abandon-producer", daemon=True).start()

    def publish(
        self,
        topic: str,
        message: Message,
        *,
        key: str,
        event_id: str | None = None,
        extensions: Mapping[str, str] | None = None,
    ) -> str:
        """Send one message; its event id, a random one where none is given."""
        event_id = event_id or str(uuid.uuid4())
        record = to_record(message, event_id=event_id, source=self._source, subject=key, extensions=extensions)
        self.publish_raw(topic, key=key.encode(), value=record.value, headers=record.headers)
        return event_id

    def publish_raw(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]] = ()
    ) -> None:
        """Send one record as it is."""
        self.publish_all([(topic, key, value, headers)])

    def publish_all(
        self, records: Sequence[tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]]
    ) -> None:
        """Send (topic, key, value, headers) records together, and wait for all of them. Raises `TooLargeForBus`."""
        producer = self._producer()
        try:
            sent: list[Any] = [
                producer.send(topic, key=key, value=value, headers=_as_sent(headers))
                for topic, key, value, headers in records
            ]
            for future in sent:
                future.get(timeout=self._timeout_s)
        except MessageSizeTooLargeError as error:
            raise TooLargeForBus(f"Kafka at {self._bootstrap} does not take a record of this size: {error}") from error
        except KafkaError as error:
            self._give_up(producer)
            raise BusUnavailable(f"Kafka at {self._bootstrap} does not take messages: {error}") from error

    def close(self) -> None:
        """Send what is still waiting, and disconnect."""
        with self._lock:
            if self._current is not None:
                self._current.close(timeout=self._timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _abandon(producer: KafkaProducer) -> None:
    # Without this, closing waits for what will never be sent.
    producer._sender.force_close()
    with suppress(KafkaError):
        producer.close(timeout=1)


class _Name(str):
    """A header name whose bytes are what they were when it was read."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = NAME_ERRORS) -> bytes:
        return super().encode(encoding, NAME_ERRORS if errors == "strict" else errors)


def _as_sent(headers: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [(_Name(name), value) for name, value in headers]
