"""What Kafka and the dispatchers together know of the events that are not done."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from omnibus.gauges import read_progress
from producers.log import Stored, TopicLog
from schemas.topics import MEDIA_EVENTS, QUERIES, Topic
from workers.dispatch.groups import group_of
from workers.dispatch.progress import Stage, Unfinished
from workers.domain.record import Position
from workers.ports.cache import Cache

DISPATCHED = {"media": MEDIA_EVENTS, "questions": QUERIES}
UNREAD = "unread"
"""The stage of an event that no dispatcher has taken yet."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that is not done. `at` is when Kafka got it; `stage` a `Stage`, or `UNREAD`."""

    topic: str
    position: Position
    name: str
    at: datetime
    stage: str
    tries: int = 0
    reason: str = ""

    @property
    def seconds(self) -> float:
        """For how long it has been waiting."""
        return max(0.0, (datetime.now(UTC) - self.at).total_seconds())


@dataclass(frozen=True, slots=True)
class PartitionState:
    """One partition of a topic that is dispatched. `unfinished` is None where no dispatcher has it."""

    topic: str
    partition: int
    committed: int
    end: int
    unfinished: Sequence[Unfinished] | None
    oldest: Waiting | None

    @property
    def lag(self) -> int:
        """Records that are not done, or stand behind one that is not."""
        return self.end - self.committed

    def count(self, *stages: Stage) -> int:
        """How many events are at one of these stages."""
        return sum(each.stage in stages for each in self.unfinished or ())


def as_json(event: Waiting) -> Mapping[str, Any]:
    """An event that is not done, as JSON types."""
    return {**asdict(event), "at": event.at.isoformat(), "seconds": round(event.seconds, 3)}


def partitions_of(bootstrap: str, cache: Cache | None, topic: Topic, timeout_s: float) -> Sequence[PartitionState]:
    """Every partition of `topic`. Without `cache` nothing is known of what dispatchers have.

    Raises `BusUnavailable` and `ServiceUnavailable`.
    """
    with TopicLog(bootstrap, timeout_s=timeout_s, group=group_of(topic)) as log:
        ends = log.ends(topic.name)
        committed = log.committed(topic.name)
        told = read_progress(cache, topic.name, sorted(ends)) if cache else {}
        return [
            PartitionState(
                topic=topic.name,
                partition=partition,
                committed=committed[partition],
                end=end,
                unfinished=told.get(partition),
                oldest=_oldest(log, topic, partition, (committed[partition], end), told),
            )
            for partition, end in sorted(ends.items())
        ]


def waiting_in(stored: Stored, told: Mapping[int, Sequence[Unfinished]]) -> Waiting:
    """The record with what a dispatcher has told of it."""
    position = Position(stored.partition, stored.offset)
    seen = next((each for each in told.get(stored.partition, ()) if each.position == position), None)
    return Waiting(
        topic=stored.topic,
        position=position,
        name=(seen.name if seen else "") or (stored.key or b"").decode(errors="replace"),
        at=stored.at,
        stage=seen.stage.value if seen else UNREAD,
        tries=seen.tries if seen else 0,
        reason=seen.reason if seen else "",
    )


def _oldest(
    log: TopicLog, topic: Topic, partition: int, span: tuple[int, int], told: Mapping[int, Sequence[Unfinished]]
) -> Waiting | None:
    begin, end = span
    if begin >= end:
        return None
    found = next(log.records(topic.name, {partition: min(end, begin + 1)}, {partition: begin}), None)
    return None if found is None else waiting_in(found, told)
