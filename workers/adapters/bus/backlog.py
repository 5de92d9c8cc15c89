"""The Backlog port over Kafka: the part of a topic's log that a group is not done with."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from producers.errors import BusUnavailable
from producers.log import TopicLog
from workers.errors import ServiceUnavailable
from workers.spool import Row, by_first


class KafkaBacklog:
    """What `group` has not committed of `topic`. Joins no group, and connects anew for each call."""

    def __init__(self, bootstrap: str, *, topic: str, group: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._group = group

    def waiting(self) -> Iterator[tuple[str, datetime]]:
        """See `ports.backlog.Backlog`. Records without a key are passed over."""
        for key, rows in groupby(by_first(self._unsorted(), 2), key=itemgetter(0)):
            *_, (_, last) = rows
            yield str(key), datetime.fromisoformat(str(last))

    def _unsorted(self) -> Iterator[Row]:
        """Key and time (ISO 8601, UTC, which sorts by time)."""
        try:
            with TopicLog(self._bootstrap, group=self._group) as log:
                ends = log.ends(self._topic)
                for stored in log.records(self._topic, ends, log.committed(self._topic)):
                    if stored.key:
                        yield stored.key.decode(errors="replace"), stored.at.isoformat(timespec="microseconds")
        except BusUnavailable as error:
            raise ServiceUnavailable(str(error)) from error
