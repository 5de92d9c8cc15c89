"""What the media dispatcher does with its records: one batch in flight per object, newer changes before older ones."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workers.dispatch.batches import MediaLimits, next_batch
from workers.dispatch.dead_letters import Cause, DeadLetters
from workers.dispatch.notifications import changes_in
from workers.dispatch.phases import run_phases
from workers.dispatch.progress import Stage, Unfinished
from workers.dispatch.repeats import Repeats
from workers.dispatch.retry import RetryBudget, RetryPolicy
from workers.dispatch.tasks import Flight, Task, Ticket
from workers.domain.change import Change, Outcome, Status
from workers.domain.media import ObjectRef, Version
from workers.domain.record import Incoming, Position
from workers.errors import AWAY, BadEvent, WorkLost
from workers.ports.jobs import SILENCE_S, JobFailure, JobReport, JobRunning, Jobs


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
    """Told, perhaps twice, of a change that is given up, so that whoever waits for its object learns of it."""
    _waiting: dict[ObjectRef, Task] = field(default_factory=dict)
    _flights: dict[str, Flight] = field(default_factory=dict)
    _flying: set[ObjectRef] = field(default_factory=set)
    _dead: deque[tuple[Ticket, Cause, Change | None]] = field(default_factory=deque)
    _done: list[Position] = field(default_factory=list)
    _repeats: Repeats = field(default_factory=Repeats)
    _budget: RetryBudget = field(init=False)
    _indexed_at: float = float("-inf")
    """When an object was last seen to go all the way: what others fail of since then is not that all is away."""
    _blind: bool = False
    """Whether the reports could not be seen the last time."""

    def __post_init__(self) -> None:
        self._budget = RetryBudget(self.policy.per_hour)

    @property
    def busy(self) -> bool:
        """Whether a job or a dead letter is under way."""
        return bool(self._flights or self._dead)

    @property
    def patient(self) -> int:
        """How many records are of heavy objects."""
        flying = sum(flight.heavy for flight in self._flights.values())
        return flying + sum(task.heavy for task in self._waiting.values())

    def take(self, record: Incoming) -> None:
        """Note what the record tells of; what it cannot tell becomes a dead letter."""
        told = changes_in(record, self.bucket)
        # What is bad is kept once for the record, with all that is wrong with it.
        ticket = Ticket(record, max(1, len(told.changes) + bool(told.bad)))
        if told.bad:
            reasons = dict.fromkeys(error.message for error in told.bad)
            self._dead.append((ticket, Cause("parse", BadEvent.kind, "; ".join(reasons)), None))
        elif not told.changes:
            self._complete(ticket)
        for change in told.changes:
            self._await(Task(change, ticket))

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

    def unfinished(self) -> Sequence[Unfinished]:
        """What was taken and is not done."""
        dead = [
            Unfinished(ticket.record.position, "", Stage.BURYING, cause.tries, cause.reason)
            for ticket, cause, _ in self._dead
        ]
        flying = [
            task.seen_at(Stage.WORKING if flight.begun else Stage.QUEUED)
            for flight in self._flights.values()
            for task in flight.tasks
            if not task.ticket.dropped
        ]
        waiting = [task.seen_at(Stage.RETRYING if task.reason else Stage.WAITING) for task in self._waiting.values()]
        return [*dead, *flying, *waiting]

    def _await(self, task: Task) -> None:
        ref = task.change.ref
        if task.change in self._repeats:
            self._complete(task.ticket)
            return
        older = self._waiting.get(ref)
        if older is not None and (task.repeats(older) or _version(task.change).precedes(_version(older.change))):
            older, task = task, older
        if older is not None:
            task.supersede(older)
            self._complete(older.ticket)
        self._waiting[ref] = task

    def _launch(self, now: float) -> None:
        for heavy, most in ((False, self.limits.jobs), (True, self.limits.heavy_jobs)):
            while (flying := self._count(heavy=heavy)) < most and (batch := self._next_batch(now, heavy=heavy)):
                # It may have to wait for those before it, and the lease runs from now. A heavy one waits for none.
                self._start(batch, now, self.limits.lease_s * (1 if heavy else flying + 1))

    def _count(self, *, heavy: bool) -> int:
        return sum(flight.heavy == heavy for flight in self._flights.values())

    def _next_batch(self, now: float, *, heavy: bool) -> list[Task]:
        retries, most = self._budget.left(now), self.limits.batch
        return next_batch(self._waiting, self._flying, now, retries=retries, most=most, heavy=heavy)

    def _start(self, batch: Sequence[Task], now: float, lease_s: float) -> None:
        job_id, changes = self.new_id(), [task.change for task in batch]
        self.jobs.start_ingest(job_id, changes, expires_s=lease_s, heavy=batch[0].heavy)
        self._budget.use(sum(bool(task.sent) for task in batch))
        for task in batch:
            task.sent += 1
            del self._waiting[task.change.ref]
            self._flying.add(task.change.ref)
        self._flights[job_id] = Flight(tuple(batch), now, now + lease_s)

    def _look_after_flights(self, now: float) -> None:
        # One phase: no lease runs out while the reports cannot be seen.
        self._collect(self._reports(now), now)
        self._run_lease_of_next(now)
        self._expire(now)

    def _reports(self, now: float) -> Mapping[str, JobReport]:
        was_blind, self._blind = self._blind, True
        reports = self.jobs.ingest_reports(list(self._flights))
        self._blind = False
        if was_blind:
            # No worker could say that it is at work either: it has as long as ever to do so.
            for flight in self._flights.values():
                flight.lease_ends = max(flight.lease_ends, now + SILENCE_S)
        return reports

    def _collect(self, reports: Mapping[str, JobReport], now: float) -> None:
        for job_id, report in reports.items():
            flight = self._flights[job_id]
            if isinstance(report, JobRunning):
                flight.begun = True
                flight.lease_ends = now + self.limits.silence_s
                continue
            self._land(job_id)
            if isinstance(report, JobFailure):
                self._halve(flight, report.error, now)
            elif len(report) != len(flight.tasks):
                self._halve(flight, f"{len(report)} outcomes for {len(flight.tasks)} changes", now)
            else:
                self._settle_all(flight, report, now)

    def _run_lease_of_next(self, now: float) -> None:
        """Jobs are begun in the order they were sent: the first that is not, waits for no other, and has one lease."""
        for heavy in (False, True):
            waiting = (each for each in self._flights.values() if each.heavy == heavy and not each.begun)
            if (first := next(waiting, None)) is not None:
                first.lease_ends = min(first.lease_ends, now + self.limits.lease_s)

    def _expire(self, now: float) -> None:
        for job_id in [job_id for job_id, flight in self._flights.items() if flight.lease_ends <= now]:
            flight = self._flights[job_id]
            self._land(job_id)
            if flight.begun:
                self._halve(flight, "the worker that had begun it fell silent", now)
            else:
                reason = f"no worker began it within {flight.lease_ends - flight.sent_at:.0f} s"
                for task in flight.tasks:
                    self._retry(task, Outcome(Status.RETRY, WorkLost.kind, reason, stage="work"), now, to_blame=False)

    def _land(self, job_id: str) -> None:
        flight = self._flights.pop(job_id)
        self._flying.difference_update(task.change.ref for task in flight.tasks)

    def _halve(self, flight: Flight, reason: str, now: float) -> None:
        """Nobody knows which object took the job down: each half gets a job of its own, until one object is alone."""
        lost = Outcome(Status.RETRY, WorkLost.kind, reason, stage="work")
        alone = len(flight.tasks) == 1
        for half in flight.halves():
            cohort = self.new_id()
            for task in half:
                task.cohort = cohort
                self._retry(task, lost, now, to_blame=alone)
                if not alone:
                    task.not_before = now

    def _settle_all(self, flight: Flight, outcomes: Sequence[Outcome], now: float) -> None:
        if any(outcome.status is Status.INDEXED for outcome in outcomes):
            self._indexed_at = now
        for task, outcome in zip(flight.tasks, outcomes, strict=True):
            # The job went well as a whole, so there is nothing to find in it any more.
            task.cohort = ""
            if outcome.status is Status.HEAVY:
                self._hand_over(task)
            elif outcome.status is Status.RETRY:
                away = outcome.kind in AWAY and self._indexed_at < flight.sent_at
                self._retry(task, outcome, now, to_blame=not away)
            else:
                self._settle(task, outcome, now)

    def _hand_over(self, task: Task) -> None:
        """It has yet to be begun: by a worker of the other queue."""
        task.heavy, task.sent = True, task.sent - 1
        if not task.ticket.dropped and not self._superseded(task):
            self._waiting[task.change.ref] = task

    def _superseded(self, task: Task) -> bool:
        """Whether a newer change of the object waits, which is looked at instead."""
        newer = self._waiting.get(task.change.ref)
        if newer is not None and newer.repeats(task):
            # It has been tried as often as this one, and waits as long.
            self._complete(self._waiting.pop(task.change.ref).ticket)
            newer = None
        if newer is not None:
            newer.supersede(task)
            self._complete(task.ticket)
        return newer is not None

    def _settle(self, task: Task, outcome: Outcome, now: float) -> None:
        if task.ticket.dropped:
            # Its position may be open again, for the same record read a second time; that one is not done.
            return
        if outcome.status is Status.REJECTED:
            self._dead.append((task.ticket, _cause(task, outcome, now), None))
        else:
            self._complete(task.ticket)
            self._forget_repeats(task.change)

    def _retry(self, task: Task, outcome: Outcome, now: float, *, to_blame: bool) -> None:
        if task.ticket.dropped:
            return
        task.tries += to_blame
        task.reason = f"{outcome.stage}: {outcome.reason}"
        task.failing_since = now if task.failing_since is None else task.failing_since
        if self._superseded(task):
            return
        if self.policy.exhausted(task.tries, now - task.failing_since):
            self._dead.append((task.ticket, _cause(task, outcome, now), task.change))
        else:
            task.not_before = now + self.policy.delay_s(task.sent, self.random())
            self._waiting[task.change.ref] = task

    def _forget_repeats(self, change: Change) -> None:
        self._repeats.add(change)
        waiting = self._waiting.get(change.ref)
        if waiting is not None and waiting.change in self._repeats:
            self._complete(self._waiting.pop(change.ref).ticket)

    def _bury(self) -> None:
        while self._dead:
            ticket, cause, given_up = self._dead[0]
            if given_up is not None:
                self.give_up(given_up, cause)
            self.dead_letters.bury(ticket.record, cause)
            self._dead.popleft()
            self._complete(ticket)

    def _complete(self, ticket: Ticket) -> None:
        ticket.open -= 1
        if ticket.open == 0:
            self._done.append(ticket.record.position)


def _version(change: Change) -> Version:
    return Version(change.etag, change.sequencer)


def _cause(task: Task, outcome: Outcome, now: float) -> Cause:
    after_s = 0.0 if task.failing_since is None else now - task.failing_since
    return Cause(outcome.stage, outcome.kind, outcome.reason, task.sent, after_s)
