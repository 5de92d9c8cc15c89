"""The media dispatcher's work with everything around it, and the clock in the test's hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fakes.jobs import HandWorkedJobs, Task, canned
from fakes.publisher import RecordingPublisher, Sent
from records import told

from schemas.notification import Notification
from workers.dispatch.batches import MediaLimits
from workers.dispatch.dead_letters import DeadLetters
from workers.dispatch.media import MediaWork
from workers.dispatch.retry import RetryPolicy
from workers.domain.change import Change, Outcome, Status
from workers.domain.record import Position

LEASE_S = 100.0
SILENCE_S = 4.0
TRIES = 3
PATIENCE_S = 10_000.0


def go_well(changes: Sequence[Change]) -> list[Outcome]:
    return [Outcome(Status.INDEXED) for _ in changes]


@dataclass
class World:
    """A dispatcher's work with everything around it, and the clock in the test's hand."""

    jobs: HandWorkedJobs = field(default_factory=HandWorkedJobs)
    publisher: RecordingPublisher = field(default_factory=RecordingPublisher)
    limits: MediaLimits = field(
        default_factory=lambda: MediaLimits(batch=4, jobs=2, lease_s=LEASE_S, silence_s=SILENCE_S)
    )
    per_hour: int = 1000
    now: float = 0.0
    offset: int = 0
    asked: int = 0

    def __post_init__(self) -> None:
        ids = iter(range(10_000))
        self.work = MediaWork(
            jobs=self.jobs,
            dead_letters=DeadLetters(self.publisher),
            bucket="media",
            limits=self.limits,
            policy=RetryPolicy(tries=TRIES, base_s=1.0, cap_s=8.0, patience_s=PATIENCE_S, per_hour=self.per_hour),
            new_id=lambda: f"job {next(ids)}",
            random=lambda: 1.0,
        )

    def tell(self, *notifications: Notification, partition: int = 0) -> Position:
        """A record arrives; where it stands."""
        entry = told(*notifications, offset=self.offset, partition=partition)
        self.offset += 1
        self.work.take(entry)
        return entry.position

    def step(self, seconds: float = 0.0) -> list[Position]:
        """Let time pass, push the work on by two turns (one finds a record dead, the next buries it); what is done."""
        self.now += seconds
        return [*self.work.advance(self.now), *self.work.advance(self.now)]

    def finish(self, task: Task = canned) -> list[Position]:
        """Every job under way ends now, by what the keys say unless `task` says otherwise; what is done."""
        for job_id in self.jobs.waiting:
            self.jobs.work(job_id, task)
        return self.step()

    def started(self) -> list[list[str]]:
        """The keys of each job that was started since this was last asked."""
        new = list(self.jobs.started.values())[self.asked :]
        self.asked += len(new)
        return [[change.ref.key for change in changes] for changes in new]

    def last(self) -> Change:
        """The change of the job that was started last."""
        (change,) = list(self.jobs.started.values())[-1]
        return change

    @property
    def letters(self) -> list[Sent]:
        return self.publisher.on("media.events.dlt")
