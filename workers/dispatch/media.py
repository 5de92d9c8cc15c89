"""What the media dispatcher does with its records: one batch in flight per object, newer changes before older ones."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workers.dispatch.dead_letters import Cause, DeadLetters
from workers.dispatch.notifications import changes_in
from workers.dispatch.phases import run_phases
from workers.dispatch.repeats import Repeats
from workers.dispatch.retry import RetryPolicy
from workers.domain.change import Change, Outcome, Status
from workers.domain.media import ObjectRef, Version
from workers.domain.record import Incoming, Position
from workers.errors import BadEvent, WorkLost
from workers.ports.jobs import JobFailure, Jobs


@dataclass(slots=True)
class _Ticket:
    """A record and how many of its changes are still open."""

    record: Incoming
    open: int
    dropped: bool = False
    """Its partition was taken away: the record is read again, by us or by another, and settles then."""


@dataclass(slots=True)
class _Task:
    """One change on its way: the record that it came in, its tries, and when it may be tried again."""

    change: Change
    ticket: _Ticket
    tries: int = 0
    not_before: float = 0.0
    alone: bool = False


@dataclass(frozen=True, slots=True)
class _Flight:
    tasks: tuple[_Task, ...]
    lease_ends: float


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """At most `batch` objects a job and `jobs` jobs at a time: one running and one waiting per worker.

    A job that has not reported after `lease_s` seconds is taken for lost.
    """

    batch: int = 32
    jobs: int = 2
    lease_s: float = 120.0


@dataclass(slots=True)
class MediaWork:
    """Turns notifications into ingest jobs. See `dispatch.loop.Work`.

    A job is as large as the backlog is: one change at once when idle, up to `limits.batch` when not.
    """

    jobs: Jobs
    dead_letters: DeadLetters
    bucket: str
    limits: MediaLimits
    policy: RetryPolicy
    new_id: Callable[[], str]
    random: Callable[[], float]
    give_up: Callable[[Change, Cause], None] = lambda _change, _cause: None
    """Told of a change that is not tried again, so that whoever waits for its object learns of it."""
    _waiting: dict[ObjectRef, _Task] = field(default_factory=dict)
    _flights: dict[str, _Flight] = field(default_factory=dict)
    _flying: set[ObjectRef] = field(default_factory=set)
    _dead: deque[tuple[_Ticket, Cause]] = field(default_factory=deque)
    _done: list[Position] = field(default_factory=list)
    _repeats: Repeats = field(default_factory=Repeats)

    @property
    def busy(self) -> bool:
        """Whether a job or a dead letter is under way."""
        return bool(self._flights or self._dead)

    def take(self, record: Incoming) -> None:
        """Note what the record tells of; what it cannot tell becomes a dead letter."""
        try:
            changes = changes_in(record, self.bucket)
        except BadEvent as error:
            self._dead.append((_Ticket(record, 1), Cause("parse", error.kind, error.message)))
            return
        except Exception as error:  # noqa: BLE001 - whatever a hostile record breaks must cost that record alone
            reason = f"the event cannot be read ({type(error).__name__})"
            self._dead.append((_Ticket(record, 1), Cause("parse", BadEvent.kind, reason)))
            return
        ticket = _Ticket(record, max(1, len(changes)))
        if not changes:
            self._complete(ticket)
        for change in changes:
            self._await(_Task(change, ticket))

    def drop(self, partition: int) -> None:
        """Forget what waits and what flies: if the partition comes back, its records are read again.

        A job that flies ends by itself; until then its objects are not started a second time from here.
        """
        for flight in self._flights.values():
            for task in flight.tasks:
                if task.ticket.record.position.partition == partition:
                    task.ticket.dropped = True
        self._waiting = {
            ref: task for ref, task in self._waiting.items() if task.ticket.record.position.partition != partition
        }
        self._dead = deque(entry for entry in self._dead if entry[0].record.position.partition != partition)

    def advance(self, now: float) -> Sequence[Position]:
        """Bury, collect, send again what was lost, start what waits. What was done before an error is not forgotten."""
        trouble = run_phases([self._bury, lambda: self._look_after_flights(now), lambda: self._launch(now)])
        if trouble is not None and not self._done:
            raise trouble
        done, self._done = self._done, []
        return done

    def _await(self, task: _Task) -> None:
        ref = task.change.ref
        if task.change in self._repeats:
            self._complete(task.ticket)
            return
        older = self._waiting.get(ref)
        if older is not None and _version(task.change).precedes(_version(older.change)):
            older, task = task, older
        if older is not None:
            self._complete(older.ticket)
        self._waiting[ref] = task

    def _launch(self, now: float) -> None:
        while len(self._flights) < self.limits.jobs and (batch := self._next_batch(now)):
            job_id = self.new_id()
            self.jobs.start_ingest(job_id, [task.change for task in batch])
            for task in batch:
                del self._waiting[task.change.ref]
                self._flying.add(task.change.ref)
            # It may have to wait for those before it, and the lease runs from now.
            lease_s = self.limits.lease_s * (len(self._flights) + 1)
            self._flights[job_id] = _Flight(tuple(batch), now + lease_s)

    def _next_batch(self, now: float) -> list[_Task]:
        batch: list[_Task] = []
        for ref, task in self._waiting.items():
            if ref in self._flying or task.not_before > now:
                continue
            if task.alone:
                return batch or [task]
            batch.append(task)
            if len(batch) == self.limits.batch:
                break
        return batch

    def _look_after_flights(self, now: float) -> None:
        # One phase: no lease runs out while the results cannot be seen.
        self._collect(now)
        self._expire(now)

    def _collect(self, now: float) -> None:
        for job_id, result in self.jobs.ingest_results(list(self._flights)).items():
            flight = self._land(job_id)
            if isinstance(result, JobFailure):
                self._again_alone(flight, result.error, now)
                continue
            if len(result) != len(flight.tasks):
                self._again_alone(flight, f"{len(result)} outcomes for {len(flight.tasks)} changes", now)
                continue
            for task, outcome in zip(flight.tasks, result, strict=True):
                self._settle(task, outcome, now)

    def _expire(self, now: float) -> None:
        for job_id in [job_id for job_id, flight in self._flights.items() if flight.lease_ends <= now]:
            reason = f"no report within the lease of {self.limits.lease_s:.0f} s"
            self._again_alone(self._land(job_id), reason, now)

    def _land(self, job_id: str) -> _Flight:
        flight = self._flights.pop(job_id)
        self._flying.difference_update(task.change.ref for task in flight.tasks)
        return flight

    def _again_alone(self, flight: _Flight, reason: str, now: float) -> None:
        """Nobody knows which object took the job down, so each gets a job of its own."""
        for task in flight.tasks:
            task.alone = True
            self._settle(task, Outcome(Status.RETRY, WorkLost.kind, reason, stage="work"), now)

    def _settle(self, task: _Task, outcome: Outcome, now: float) -> None:
        if task.ticket.dropped:
            # Its position may be open again, for the same record read a second time; that one is not done.
            return
        task.tries += 1
        cause = Cause(outcome.stage, outcome.kind, outcome.reason, task.tries)
        if outcome.status is Status.REJECTED:
            self._dead.append((task.ticket, cause))
        elif outcome.status is not Status.RETRY:
            self._complete(task.ticket)
            self._forget_repeats(task.change)
        elif task.change.ref in self._waiting:
            # A newer change of the object waits and will be looked at instead.
            self._complete(task.ticket)
        elif self.policy.exhausted(task.tries):
            self._dead.append((task.ticket, cause))
            self.give_up(task.change, cause)
        else:
            task.not_before = now + self.policy.delay_s(task.tries, self.random())
            self._waiting[task.change.ref] = task

    def _forget_repeats(self, change: Change) -> None:
        self._repeats.add(change)
        waiting = self._waiting.get(change.ref)
        if waiting is not None and waiting.change in self._repeats:
            self._complete(self._waiting.pop(change.ref).ticket)

    def _bury(self) -> None:
        while self._dead:
            ticket, cause = self._dead[0]
            self.dead_letters.bury(ticket.record, cause)
            self._dead.popleft()
            self._complete(ticket)

    def _complete(self, ticket: _Ticket) -> None:
        ticket.open -= 1
        if ticket.open == 0:
            self._done.append(ticket.record.position)


def _version(change: Change) -> Version:
    return Version(change.etag, change.sequencer)
