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


class Jobs(Protocol):
    """Raises `ServiceUnavailable` when the queue does not answer."""

    def start_ingest(self, job_id: str, changes: Sequence[Change]) -> None:
        """Queue one ingest task for these changes, all of distinct objects."""
        ...

    def ingest_results(self, job_ids: Sequence[str]) -> Mapping[str, Sequence[Outcome] | JobFailure]:
        """The results of those ingest jobs that have ended, an outcome per change in the order they were given."""
        ...

    def start_question(self, request_id: str, *, generate: bool, expires: datetime) -> None:
        """Queue the steps of one question; what is not begun by `expires` is dropped."""
        ...
