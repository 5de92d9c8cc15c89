"""The job queue: where dispatchers hand work to, knowing that it may be lost or done twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workers.domain.change import Change, Outcome


@dataclass(frozen=True, slots=True)
class JobFailure:
    """A job that ended without a result; `error` is one line."""

    error: str


@dataclass(frozen=True, slots=True)
class JobRunning:
    """A job that a worker is working on; it said so in the last `SILENCE_S` seconds."""


SILENCE_S = 15.0
"""A worker that has said nothing of its job for so long is gone, or hangs."""
SIGN_S = 1.0
"""How often it says so: should the queue lose what it said, it has said it again before anybody acts on its silence."""

JobReport = Sequence[Outcome] | JobFailure | JobRunning


class Jobs(Protocol):
    """Raises `ServiceUnavailable` when the queue does not answer."""

    def start_ingest(self, job_id: str, changes: Sequence[Change], *, expires_s: float, heavy: bool = False) -> None:
        """Queue one ingest task for these changes, all of distinct objects; a `heavy` one where nothing light waits.

        What is not begun within `expires_s` seconds is dropped: whoever sent it has sent it again by then.
        """
        ...

    def ingest_reports(self, job_ids: Sequence[str]) -> Mapping[str, JobReport]:
        """Of those ingest jobs that have ended an outcome per change, in the order they were given, or the failure.

        A job that is in nobody's hands, be it waiting or lost, has no report.
        """
        ...

    def start_question(self, request_id: str, *, generate: bool, expires: datetime) -> None:
        """Queue the steps of one question; what is not begun by `expires` is dropped."""
        ...
