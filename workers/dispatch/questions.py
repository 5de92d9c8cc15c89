"""What the question dispatcher does with its records: start each question's steps, see that it gets its reply."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from schemas.topics import REPLIES
from workers.answer.asked import Asked, Questions, ReplyTo
from workers.answer.reply import Replies
from workers.dispatch.dead_letters import Cause, DeadLetters
from workers.dispatch.inquiries import InquiryRules, Refused, inquiry
from workers.dispatch.phases import run_phases
from workers.domain.record import Incoming, Position
from workers.errors import DeadlineExceeded, OmnibusError, ServiceUnavailable, WorkLost
from workers.ports.jobs import Jobs


@dataclass(slots=True)
class _Open:
    """A question that has no terminal reply yet."""

    asked: Asked
    position: Position
    tries: int = 0
    lease_ends: float = 0.0


@dataclass(slots=True)
class QuestionWork:
    """Turns questions into answer jobs, and is done with one when its terminal reply is on the bus.

    See `dispatch.loop.Work`. A question whose steps were lost is started again after `lease_s` seconds, `tries` times
    at most; after that, or after its deadline, it gets its AnswerFailed from here.
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
    _open: dict[str, _Open] = field(default_factory=dict)
    _twins: list[_Open] = field(default_factory=list)
    _done: list[Position] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        """Whether a question is under way."""
        return bool(self._unread or self._open or self._new or self._refused)

    def take(self, record: Incoming) -> None:
        """Note the record."""
        self._unread.append(record)

    def drop(self, partition: int) -> None:
        """Forget the partition's questions: its next owner reads them again, and sees which have their reply."""
        self._unread = deque(record for record in self._unread if record.position.partition != partition)
        self._new = deque(entry for entry in self._new if entry.position.partition != partition)
        self._refused = deque(entry for entry in self._refused if entry[0].position.partition != partition)
        self._open = {i: entry for i, entry in self._open.items() if entry.position.partition != partition}
        twins = [twin for twin in self._twins if twin.position.partition != partition]
        self._twins = [twin for twin in twins if twin.asked.request_id in self._open]
        # The question that these waited for is somebody else's now; they stand for themselves.
        self._new.extend(twin for twin in twins if twin.asked.request_id not in self._open)

    def advance(self, now: float) -> Sequence[Position]:
        """Read, refuse, start, see which have their reply, start again what was lost."""
        trouble = run_phases(
            [self._read, self._refuse, lambda: self._start_new(now), lambda: self._look_after_open(now)]
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
            else:
                self._new.append(_Open(found, record.position))
            self._unread.popleft()

    def _refuse(self) -> None:
        for _ in range(len(self._refused)):
            record, refused = self._refused[0]
            try:
                self.replies.fail(refused.reply_to, refused.error)
            except ServiceUnavailable:
                self._refused[0] = (record, replace(refused, reply_to=_fallback(refused.reply_to)))
                self._refused.rotate(-1)
                raise
            if not self.replies.done([refused.reply_to.request_id]):
                # Claimed by a process that may have died since: look again, until it is done or the claim runs out.
                self._refused.rotate(-1)
                continue
            self.dead_letters.bury(record, Cause("parse", refused.error.kind, refused.error.message))
            self._refused.popleft()
            self._done.append(record.position)

    def _start_new(self, now: float) -> None:
        answered = self.replies.done([entry.asked.request_id for entry in self._new]) if self._new else set()
        while self._new:
            entry = self._new[0]
            request_id = entry.asked.request_id
            if request_id in answered:
                self._done.append(entry.position)
            elif request_id in self._open:
                self._twins.append(entry)
            else:
                self._start(entry, now)
                self._open[request_id] = entry
            self._new.popleft()

    def _start(self, entry: _Open, now: float) -> None:
        self.questions.put(entry.asked)
        self.jobs.start_question(
            entry.asked.request_id, generate=entry.asked.query.generate, expires=entry.asked.deadline
        )
        entry.tries += 1
        entry.lease_ends = now + self.lease_s

    def _look_after_open(self, now: float) -> None:
        # One phase: no lease runs out while it cannot be seen which questions have their reply.
        self._collect()
        self._expire(now)

    def _collect(self) -> None:
        if not self._open:
            return
        for request_id in self.replies.done(list(self._open)):
            self._close(request_id)

    def _close(self, request_id: str) -> None:
        self._done.append(self._open.pop(request_id).position)
        self._done += [twin.position for twin in self._twins if twin.asked.request_id == request_id]
        self._twins = [twin for twin in self._twins if twin.asked.request_id != request_id]

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

    def _fail(self, entry: _Open, error: OmnibusError) -> None:
        try:
            self.replies.fail(entry.asked.reply_to, error)
        except ServiceUnavailable:
            entry.asked = replace(entry.asked, reply_to=_fallback(entry.asked.reply_to))
            raise


def _fallback(reply_to: ReplyTo) -> ReplyTo:
    """A requester's own topic may have vanished since it was looked up; the replies of all do not."""
    return replace(reply_to, topic=REPLIES.name)
