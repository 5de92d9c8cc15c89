"""The Jobs port without a worker: jobs wait until the test works on them, or loses them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from workers.domain.change import Change, Outcome, Status
from workers.errors import ServiceUnavailable
from workers.ports.jobs import JobFailure, JobReport, JobRunning

Task = Callable[[Sequence[Change]], Sequence[Outcome]]


def canned(changes: Sequence[Change]) -> list[Outcome]:
    """What a worker of the tests does: the first word of the object's key says how it ends."""
    keys = [change.ref.key for change in changes]
    if "crash" in keys:
        raise RuntimeError("it crashed\non two lines")
    return [_outcome(key) for key in keys]


def _outcome(key: str) -> Outcome:
    known = {
        "refuse": Outcome(Status.REJECTED, "damaged_media", "it is torn", "decode"),
        "retry": Outcome(Status.RETRY, "object_changed", "it changed", "write"),
        "away": Outcome(Status.RETRY, "service_unavailable", "nobody answers", "write"),
    }
    return known.get(key.partition(" ")[0], Outcome(Status.INDEXED))


@dataclass(frozen=True)
class Question:
    """A question that was started."""

    request_id: str
    generate: bool
    expires: datetime


class HandWorkedJobs:
    """What was started is in `started` and `questions`, and what a worker has in hand in `begun`.

    With `away` set, the queue does not answer.
    """

    def __init__(self) -> None:
        self.started: dict[str, Sequence[Change]] = {}
        self.begun: set[str] = set()
        self.heavy: dict[str, bool] = {}
        self.questions: list[Question] = []
        self.away = False
        self._results: dict[str, list[Outcome] | JobFailure] = {}

    def start_ingest(self, job_id: str, changes: Sequence[Change], *, expires_s: float, heavy: bool = False) -> None:
        del expires_s  # nobody works on a job here unless the test says so
        self._answer()
        # Through JSON, as on a real queue.
        self.heavy[job_id] = heavy
        self.started[job_id] = [Change.from_dict(json.loads(json.dumps(change.to_dict()))) for change in changes]

    def ingest_reports(self, job_ids: Sequence[str]) -> Mapping[str, JobReport]:
        self._answer()
        known = {**dict.fromkeys(self.begun, JobRunning()), **self._results}
        return {job_id: known[job_id] for job_id in job_ids if job_id in known}

    def start_question(self, request_id: str, *, generate: bool, expires: datetime) -> None:
        self._answer()
        self.questions.append(Question(request_id, generate, expires))

    @property
    def waiting(self) -> list[str]:
        """The jobs that nobody has worked on."""
        return [job_id for job_id in self.started if job_id not in self._results]

    def work(self, job_id: str, task: Task = canned) -> None:
        """Do the job now."""
        try:
            self._results[job_id] = list(task(self.started[job_id]))
        except RuntimeError as error:
            self._results[job_id] = JobFailure(repr(error))

    def _answer(self) -> None:
        if self.away:
            raise ServiceUnavailable("the job queue does not answer")
