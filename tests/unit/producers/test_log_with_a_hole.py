"""A topic whose broker counts records that it does not keep, as Tansu may just after it was killed."""

from collections.abc import Sequence
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError

from producers import log
from producers.errors import BusUnavailable

PLACE = TopicPartition("rag.queries", 0)


class Record:
    topic, partition, timestamp, key, value, headers = PLACE.topic, 0, 0, b"", b"", ()

    def __init__(self, offset: int) -> None:
        self.offset = offset


class Consumer:
    """Has record 0 of three, and says so of the third for ever."""

    def __init__(self, *, away: bool) -> None:
        self.at, self.away = 0, away

    def assign(self, _: object) -> None:
        pass

    def seek(self, _: object, offset: int) -> None:
        self.at = offset

    def position(self, _: object) -> int:
        return self.at

    def poll(self, **_: object) -> dict[TopicPartition, Sequence[Any]]:
        if self.at:
            return {}
        self.at = 1
        return {PLACE: [Record(0)]}

    def beginning_offsets(self, _: object) -> dict[TopicPartition, int]:
        if self.away and self.at:
            raise KafkaTimeoutError("no answer")
        return {PLACE: 0}


def opened(monkeypatch: pytest.MonkeyPatch, *, away: bool) -> log.TopicLog:
    monkeypatch.setattr(log, "groupless", lambda *_, **__: Consumer(away=away))
    return log.TopicLog("127.0.0.1:1", timeout_s=0.01)


def test_what_is_counted_and_not_kept_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    found = opened(monkeypatch, away=False).records(PLACE.topic, {0: 3})
    assert [record.offset for record in found] == [0]


def test_a_broker_that_is_away_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    found = opened(monkeypatch, away=True).records(PLACE.topic, {0: 3})
    assert next(found).offset == 0
    with pytest.raises(BusUnavailable, match="no answer"):
        next(found)
