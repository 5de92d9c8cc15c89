"""What the question dispatcher does with its records: start each question's steps, see that it gets its reply."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from schemas.topics import REPLIES
from workers.answer.asked import Asked, Questions, ReplyTo
from workers.answer.reply import Replies
from workers.dispatch.dead_letters import Cause, DeadLetters
from workers.dispatch.inquiries import InquiryRules, Refused, Withdrawn, inquiry
from workers.dispatch.phases import OUTSIDE, run_phases
from workers.dispatch.progress import Stage, Unfinished
from workers.domain.record import Incoming, Position
from workers.errors import Cancelled, DeadlineExceeded, OmnibusError, Permanent, ServiceUnavailable, WorkLost
from workers.ports.jobs import Jobs

RESEND_S = 1.0
"""How often it is looked whether a reply that was ready could not be sent."""


@dataclass(slots=True)
class _Open:
    """A question that has no terminal reply yet."""

    asked: Asked
    position: Position
    tries: int = 0
    lease_ends: float = 0.0


@dataclass(slots=True)
class _Cancel:
    """A cancellation that has not had its effect yet."""

    request_id: str
    position: Position
    reply_to: ReplyTo | None = None


@dataclass(slots=True)
class QuestionWork:
    """Turns questions into answer jobs, and is done with one when its terminal reply is on the bus.

    See `dispatch.loop.Work`. A question whose steps were lost is started again after `lease_s` seconds, `tries` times
    at most; after that, or after its deadline, or when it is cancelled, it gets its AnswerFailed from here. Workers
    stop when they see that a question has its reply.
    """

    jobs: Jobs
    questions: Questions
    replies: Replies
    dead_letters: DeadLetters
    rules: InquiryRules
    lease_s: float
    tries: int
    utc_now: Callable[[], datetime]
    _unread: deque[Incoming] = field(default_factory=deque)
    _new: deque[_Open] = field(default_factory=deque)
    _refused: deque[tuple[Incoming, Refused]] = field(default_factory=deque)
    _cancels: deque[_Cancel] = field(default_factory=deque)
    _open: dict[str, _Open] = field(default_factory=dict)
    _twins: list[_Open] = field(default_factory=list)
    _done: list[Position] = field(default_factory=list)
    _resend_due: float = 0.0

    patient = 0
    """No question takes long."""

    @property
    def busy(self) -> bool:
        """Whether a question is under way."""
        return bool(self._unread or self._open or self._new or self._refused or self._cancels)

    def take(self, record: Incoming) -> None:
        """Note the record."""
        self._unread.append(record)

    def drop(self, partition: int) -> None:
        """Forget the partition's questions: its next owner reads them again, and sees which have their reply."""
        self._unread = deque(record for record in self._unread if record.position.partition != partition)
        self._new = deque(entry for entry in self._new if entry.position.partition != partition)
        self._refused = deque(entry for entry in self._refused if entry[0].position.partition != partition)
        self._cancels = deque(cancel for cancel in self._cancels if cancel.position.partition != partition)
        self._open = {i: entry for i, entry in self._open.items() if entry.position.partition != partition}
        twins = [twin for twin in self._twins if twin.position.partition != partition]
        self._twins = [twin for twin in twins if twin.asked.request_id in self._open]
        # The question that these waited for is somebody else's now; they stand for themselves.
        self._new.extend(twin for twin in twins if twin.asked.request_id not in self._open)

    def unfinished(self) -> Sequence[Unfinished]:
        """What was taken and is not done."""
        return [
            *(Unfinished(record.position, "", Stage.WAITING) for record in self._unread),
            *(Unfinished(cancel.position, cancel.request_id, Stage.WAITING) for cancel in self._cancels),
            *(
                Unfinished(record.position, _whose(refused), Stage.BURYING, 1, refused.error.message)
                for record, refused in self._refused
            ),
            *(_seen_at(Stage.WAITING, entry) for entry in (*self._new, *self._twins)),
            *(_seen_at(Stage.WORKING, entry) for entry in self._open.values()),
        ]

    def advance(self, now: float) -> Sequence[Position]:
        """Read, refuse, cancel, start, see which have their reply, start again what was lost."""
        trouble = run_phases(
            [self._read, self._refuse, self._cancel, lambda: self._start_new(now), lambda: self._look_after_open(now)]
        )
        if trouble is not None and not self._done:
            raise trouble
        done, self._done = self._done, []
        return done

    def _read(self) -> None:
        while self._unread:
            record = self._unread[0]
            found = inquiry(record, self.rules, self.utc_now())
            if isinstance(found, Refused):
                self._refused.append((record, found))
            elif isinstance(found, Withdrawn):
                self._cancels.append(_Cancel(found.request_id, record.position))
            else:
                self._new.append(_Open(found, record.position))
            self._unread.popleft()

    def _refuse(self) -> None:
        for _ in range(len(self._refused)):
            record, refused = self._refused[0]
            self._refused.rotate(-1)
            # Claimed by a process that may have died since: look again, until it is done or the claim runs out.
            if refused.reply_to is None or self._told(record, refused.reply_to, refused.error):
                self.dead_letters.bury(record, Cause("parse", refused.error.kind, refused.error.message))
                self._refused.pop()
                self._done.append(record.position)

    def _told(self, record: Incoming, reply_to: ReplyTo, error: Permanent) -> bool:
        """Whether the sender of a refused record has a reply."""
        try:
            if self._is_anothers(reply_to) or not self._tell(reply_to, error):
                return False
            self._repeat(reply_to, self.replies.done([reply_to.request_id]).get(reply_to.request_id, ""))
        except ServiceUnavailable:
            self._refused[-1] = (record, Refused(self._elsewhere(reply_to), error))
            raise
        except Exception:  # noqa: BLE001 - a reply that cannot even be written must not stop those behind it
            return True
        return True

    def _is_anothers(self, reply_to: ReplyTo) -> bool:
        """Whether the id is that of a question which another record asked, and which has no reply yet."""
        asker = self._asker(reply_to.request_id)
        if asker is None or asker.asked_at == reply_to.asked_at:
            return False
        return not self.replies.done([reply_to.request_id])

    def _cancel(self) -> None:
        for _ in range(len(self._cancels)):
            cancel = self._cancels[0]
            cancel.reply_to = cancel.reply_to or self._asker(cancel.request_id)
            self._cancels.rotate(-1)
            # What nobody asked, or nobody asked yet, cannot be cancelled; what has its reply keeps it.
            if cancel.reply_to is None or self._withdraw(cancel, cancel.reply_to):
                self._cancels.pop()
                self._done.append(cancel.position)

    def _withdraw(self, cancel: _Cancel, reply_to: ReplyTo) -> bool:
        try:
            return self._tell(reply_to, Cancelled("the question was cancelled"))
        except ServiceUnavailable:
            cancel.reply_to = self._elsewhere(reply_to)
            raise

    def _asker(self, request_id: str) -> ReplyTo | None:
        """Whose question it is: one that waits here, or one that a dispatcher has started."""
        for entry in (*self._open.values(), *self._new):
            if entry.asked.request_id == request_id:
                return entry.asked.reply_to
        try:
            return self.questions.get(request_id).reply_to
        except WorkLost:
            return None

    def _start_new(self, now: float) -> None:
        answered = self.replies.done([entry.asked.request_id for entry in self._new]) if self._new else {}
        withdrawn = {cancel.request_id for cancel in self._cancels}
        for _ in range(len(self._new)):
            entry = self._new[0]
            reply_to = entry.asked.reply_to
            if reply_to.request_id in withdrawn:
                self._new.rotate(-1)
                continue
            if reply_to.request_id in answered:
                self._repeat(reply_to, answered[reply_to.request_id])
                self._done.append(entry.position)
            elif reply_to.request_id in self._open:
                self._twins.append(entry)
            else:
                self._start(entry, now)
                self._open[reply_to.request_id] = entry
            self._new.popleft()

    def _repeat(self, reply_to: ReplyTo, asked_at: str) -> None:
        """Whoever asks again with an id that has its reply gets it again; a record that is read again gets nothing."""
        if reply_to.asked_at != asked_at:
            self.replies.again(reply_to)

    def _start(self, entry: _Open, now: float) -> None:
        asked = entry.asked
        try:
            self.questions.put(asked)
            self.jobs.start_question(asked.request_id, generate=asked.query.generate, expires=asked.deadline)
        except OUTSIDE:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a question breaks must not stop those behind it
            self._fail(entry, error)
        entry.tries += 1
        entry.lease_ends = now + self.lease_s

    def _look_after_open(self, now: float) -> None:
        # One phase: no lease runs out while it cannot be seen which questions have their reply.
        self._collect()
        self._resend(now)
        self._expire(now)

    def _collect(self) -> None:
        if not self._open:
            return
        for request_id, asked_at in self.replies.done(list(self._open)).items():
            # Another dispatcher may have had the same id, and its asker the reply.
            self._repeat(self._open[request_id].asked.reply_to, asked_at)
            self._close(request_id)

    def _close(self, request_id: str) -> None:
        self._done.append(self._open.pop(request_id).position)
        # Whoever asked while the reply was on its way may have come too late to see it.
        self._new.extend(twin for twin in self._twins if twin.asked.request_id == request_id)
        self._twins = [twin for twin in self._twins if twin.asked.request_id != request_id]

    def _resend(self, now: float) -> None:
        """Send the replies that were ready when the broker was away, or whose sender died."""
        if now < self._resend_due or not self._open:
            return
        self._resend_due = now + RESEND_S
        unsent = self.replies.unsent([entry.asked.reply_to for entry in self._open.values()])
        for request_id, message in unsent.items():
            self._reply(self._open[request_id], partial(self.replies.terminal, message=message))

    def _expire(self, now: float) -> None:
        utc_now = self.utc_now()
        for entry in list(self._open.values()):
            if entry.asked.deadline <= utc_now:
                self._fail(entry, DeadlineExceeded("the deadline passed before the answer was ready"))
            elif entry.lease_ends <= now:
                self._again(entry, now)

    def _again(self, entry: _Open, now: float) -> None:
        if entry.tries >= self.tries:
            reason = f"no worker finished the question in {entry.tries} tries of {self.lease_s:.0f} s"
            self._fail(entry, WorkLost(reason))
        else:
            self._start(entry, now)

    def _fail(self, entry: _Open, error: Exception) -> None:
        self._reply(entry, lambda to: self.replies.fail(to, error))

    def _reply(self, entry: _Open, send: Callable[[ReplyTo], object]) -> None:
        try:
            send(entry.asked.reply_to)
        except ServiceUnavailable:
            entry.asked = replace(entry.asked, reply_to=self._elsewhere(entry.asked.reply_to))
            raise

    def _tell(self, reply_to: ReplyTo, error: OmnibusError) -> bool:
        """Send the failure if there is no reply yet; whether the broker has one now."""
        return self.replies.fail(reply_to, error) or reply_to.request_id in self.replies.done([reply_to.request_id])

    def _elsewhere(self, reply_to: ReplyTo) -> ReplyTo:
        """Where to reply after `reply_to` could not be reached.

        A requester's own topic may have vanished since it was looked up; the replies of all do not. A broker that is
        away says nothing about it.
        """
        try:
            gone = not self.rules.topic_exists(reply_to.topic)
        except ServiceUnavailable:
            gone = False
        return replace(reply_to, topic=REPLIES.name) if gone else reply_to


def _whose(refused: Refused) -> str:
    return refused.reply_to.request_id if refused.reply_to else ""


def _seen_at(stage: Stage, entry: _Open) -> Unfinished:
    return Unfinished(entry.position, entry.asked.request_id, stage, entry.tries)
