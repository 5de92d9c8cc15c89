"""What the media dispatcher remembers: records, their changes on the way, and the jobs that these fly in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workers.dispatch.progress import Stage, Unfinished
from workers.domain.change import Change
from workers.domain.record import Incoming


@dataclass(slots=True)
class Ticket:
    """A record and how many of its changes are still open."""

    record: Incoming
    open: int
    dropped: bool = False
    """Its partition was taken away: the record is read again, by us or by another, and settles then."""


@dataclass(slots=True)
class Task:
    """One change on its way, the record that it came in, and what became of it so far. Times are monotonic seconds."""

    change: Change
    ticket: Ticket
    sent: int = 0
    """How often it was given to a worker."""
    tries: int = 0
    """How often it failed for a reason of its own, as far as can be told."""
    failing_since: float | None = None
    not_before: float = 0.0
    reason: str = ""
    """Why it failed the last time."""
    heavy: bool = False
    """Whether a worker found it to be work of minutes or hours."""
    cohort: str = ""
    """Those of one cohort fly together and with nobody else, until the one is found that takes their job down."""

    def seen_at(self, stage: Stage) -> Unfinished:
        """As `omnibus status` shows it."""
        return Unfinished(self.ticket.record.position, self.change.ref.key, stage, self.sent, self.reason)

    def repeats(self, other: "Task") -> bool:
        """Whether it is told again what `other` tells; what was redriven is always news."""
        return not self.change.redriven and self.change.identity == other.change.identity

    def supersede(self, other: "Task") -> None:
        """Fly in place of `other`, which need not fly any more; what was redriven is still worked on anew."""
        if other.change.redriven:
            self.change = replace(self.change, redriven=True)


@dataclass(slots=True)
class Flight:
    """The tasks of one job. It is lost when it has not reported at `lease_ends`."""

    tasks: Sequence[Task]
    sent_at: float
    lease_ends: float
    begun: bool = False
    """Whether a worker was seen to work on it."""

    @property
    def heavy(self) -> bool:
        """Whether it is in the queue for heavy work. It has one task then."""
        return self.tasks[0].heavy

    def halves(self) -> Sequence[Sequence[Task]]:
        """Its tasks in two groups."""
        middle = (len(self.tasks) + 1) // 2
        return self.tasks[:middle], self.tasks[middle:]
