"""What happened to an object, and what became of that: the input and the output of the ingest flow."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from workers.domain.media import ObjectRef


@dataclass(frozen=True, slots=True)
class Change:
    """One notified change of one object. It only says where to look: what the bucket holds then decides."""

    ref: ObjectRef
    etag: str
    sequencer: str
    removed: bool
    at: datetime
    """When the bucket changed (UTC)."""
    redriven: bool = False
    """Sent again from the dead letters: an object that was refused is worked on once more."""

    @property
    def identity(self) -> tuple[object, ...]:
        """Two events with the same one tell of the same change."""
        return self.ref, self.etag, self.sequencer, self.removed

    def to_dict(self) -> dict[str, Any]:
        """As JSON types, for a task's arguments."""
        return {
            "tenant": self.ref.tenant,
            "bucket": self.ref.bucket,
            "key": self.ref.key,
            "etag": self.etag,
            "sequencer": self.sequencer,
            "removed": self.removed,
            "at": self.at.isoformat(),
            "redriven": self.redriven,
        }

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(
            ref=ObjectRef(fields["bucket"], fields["key"], fields["tenant"]),
            etag=fields["etag"],
            sequencer=fields["sequencer"],
            removed=fields["removed"],
            at=datetime.fromisoformat(fields["at"]),
            # A task that was sent before there was such a field is none of these.
            redriven=fields.get("redriven", False),
        )


class Status(StrEnum):
    """What became of a change. After `RETRY` and `HEAVY` it must be worked on again.

    `HEAVY`: nothing was done yet, for it is work of minutes or hours; it belongs into the queue for that.
    """

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    REJECTED = "rejected"
    RETRY = "retry"
    HEAVY = "heavy"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change; `kind`, `reason` and `stage` are set for `REJECTED` and `RETRY`."""

    status: Status
    kind: str = ""
    reason: str = ""
    stage: str = ""

    def to_dict(self) -> dict[str, str]:
        """As JSON types, for a task's result."""
        return {"status": self.status.value, "kind": self.kind, "reason": self.reason, "stage": self.stage}

    @classmethod
    def from_dict(cls, fields: dict[str, str]) -> Self:
        """The inverse of `to_dict`."""
        return cls(Status(fields["status"]), fields["kind"], fields["reason"], fields["stage"])
