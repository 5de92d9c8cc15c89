"""The dispatcher's loop: take records, push the work on, commit what is done. One thread owns all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from workers.dispatch.phases import OUTSIDE
from workers.dispatch.progress import Unfinished
from workers.dispatch.watermark import Watermarks
from workers.domain.record import Incoming, Position
from workers.ports.consumer import Consumer


class Work(Protocol):
    """What a dispatcher does with its records. It remembers them until they are done."""

    def take(self, record: Incoming) -> None:
        """A record was read; cheap."""
        ...

    def advance(self, now: float) -> Sequence[Position]:
        """Push the work on at `now` (monotonic seconds); the positions that became done."""
        ...

    def drop(self, partition: int) -> None:
        """Forget the records of a partition that was taken away."""
        ...

    def unfinished(self) -> Sequence[Unfinished]:
        """What was taken and is not done, in no order."""
        ...

    @property
    def patient(self) -> int:
        """How many of the records have work of hours before them, for which the others must not wait."""
        ...

    @property
    def busy(self) -> bool:
        """Whether results are awaited, so that it pays to look again soon."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How the loop spends its time, in seconds, and how many records it holds before it stops taking more.

    Of patient ones it holds `patient` beside these.
    """

    in_flight: int = 256
    patient: int = 10_000
    idle_s: float = 0.1
    busy_s: float = 0.01
    commit_s: float = 0.5


class Dispatcher:
    """Runs one consumer's work until told to stop. What goes wrong outside is said, and tried again.

    `beat` is told at every turn how many records are in flight.
    """

    def __init__(
        self, consumer: Consumer, work: Work, pace: Pace, *, beat: Callable[[int], None], say: Callable[[str], None]
    ) -> None:
        self._consumer = consumer
        self._work = work
        self._pace = pace
        self._beat = beat
        self._say = say
        self._marks = Watermarks()
        self._paused = False
        self._commit_due = 0.0
        self._trouble = ""

    def run(self, stopping: Callable[[], bool]) -> None:
        """Loop until `stopping()`; then commit what is done and leave the group."""
        while not stopping():
            self.turn()
        self._commit()
        self._consumer.close()

    def turn(self) -> None:
        """One turn of the loop."""
        self._beat(self._marks.in_flight)
        records = self._consumer.poll(timeout_s=self._pace.busy_s if self._work.busy else self._pace.idle_s)
        revoked = self._consumer.revoked()
        for partition in revoked:
            self._marks.drop(partition)
            self._work.drop(partition)
        for record in (record for record in records if record.position.partition not in revoked):
            self._marks.open(record.position)
            self._work.take(record)
        self._advance()
        self._hold_back()
        if monotonic() >= self._commit_due:
            self._commit()

    def _advance(self) -> None:
        try:
            for position in self._work.advance(monotonic()):
                self._marks.complete(position)
        except OUTSIDE as error:
            # Nothing is lost: what was not done stays open, and the next turn tries again.
            self._report(str(error))
        except Exception as error:  # noqa: BLE001 - a dispatcher that ends stops every other record too
            self._report(f"unexpected: {type(error).__name__}: {error}")
        else:
            self._report("")

    def _report(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._say(trouble or "recovered")
            self._trouble = trouble

    def _hold_back(self) -> None:
        count = self._marks.in_flight - min(self._work.patient, self._pace.patient)
        full = count >= self._pace.in_flight
        # Half-empty before taking more: pausing and resuming at one mark would do so at every record.
        enough_room = count <= self._pace.in_flight // 2
        if full != self._paused and (full or enough_room):
            self._consumer.pause(paused=full)
            self._paused = full

    def _commit(self) -> None:
        self._commit_due = monotonic() + self._pace.commit_s
        offsets = self._marks.pending_commits()
        if offsets and self._consumer.commit(offsets):
            self._marks.committed(offsets)
