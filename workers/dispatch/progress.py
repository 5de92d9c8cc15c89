"""What a dispatcher tells of its work while it is at it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from workers.domain.record import Position


class Stage(StrEnum):
    """Where an event is that is not done: read and waiting, in the job queue, in a worker's hands, or failed before."""

    WAITING = "waiting"
    QUEUED = "queued"
    WORKING = "working"
    RETRYING = "retrying"
    BURYING = "burying"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """One event that is not done. `name` is the object's key or the request's id.

    `reason` says why it failed the last time, and `tries` how often it was given to a worker.
    """

    position: Position
    name: str
    stage: Stage
    tries: int = 0
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(**{**fields, "position": Position(**fields["position"]), "stage": Stage(fields["stage"])})
