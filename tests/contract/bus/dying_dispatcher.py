"""A dispatcher that is killed with thousands of records in flight.

Its arguments: the broker, the topic, and how many records it holds when it dies. Of the first `ALL_DONE` all are done
by then and committed, of the others every third.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence

from workers.adapters.bus.kafka import KafkaTopicConsumer
from workers.dispatch.loop import Dispatcher, Pace
from workers.dispatch.progress import Unfinished
from workers.domain.record import Incoming, Position

ALL_DONE = 1000


class Finishing:
    """Work that is done at once where `at_once` says so, and otherwise never."""

    busy = True
    patient = 0

    def __init__(self, at_once: Callable[[Incoming], bool]) -> None:
        self.taken: list[Incoming] = []
        self._at_once = at_once
        self._done: list[Position] = []

    def take(self, record: Incoming) -> None:
        self.taken.append(record)
        if self._at_once(record):
            self._done.append(record.position)

    def advance(self, now: float) -> Sequence[Position]:
        del now
        done, self._done = self._done, []
        return done

    def drop(self, partition: int) -> None:
        self.taken = [record for record in self.taken if record.position.partition != partition]

    def unfinished(self) -> Sequence[Unfinished]:
        return []


def main() -> None:
    bootstrap, topic, count = sys.argv[1:]

    def beat(in_flight: int) -> None:
        if in_flight >= int(count):
            os.kill(os.getpid(), signal.SIGKILL)

    consumer = KafkaTopicConsumer(bootstrap, topic=topic, group=f"{topic}.group", fetch_wait_ms=10, batch=500)
    work = Finishing(lambda record: record.position.offset < ALL_DONE or record.position.offset % 3 == 2)
    pace = Pace(in_flight=10 * int(count), commit_s=0.0)
    Dispatcher(consumer, work, pace, beat=beat, say=print).run(lambda: False)


if __name__ == "__main__":
    main()
