"""Objects in the bucket and the versions of them: who is meant, and which state of it was seen."""

from dataclasses import dataclass
from datetime import datetime

DEFAULT_TENANT = "default"


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """One object of one tenant. `name` is the key of its messages on the bus."""

    bucket: str
    key: str
    tenant: str = DEFAULT_TENANT

    @property
    def name(self) -> str:
        """`bucket/key`, as MinIO keys its notifications."""
        return f"{self.bucket}/{self.key}"

    @property
    def trace(self) -> str:
        """What caches note under whatever they hold of it, so that it can be erased with the object."""
        return f"object:{self.tenant}:{self.name}"


def erasure_mark(trace: str) -> str:
    """Where the cache has it for a while that the object of this trace was erased."""
    return f"erased:{trace}"


@dataclass(frozen=True, slots=True)
class Version:
    """One state of an object.

    `sequencer` orders the states of one object: the modification time in hexadecimal nanoseconds, as in S3
    notifications. Shorter ones are padded on the right before they are compared (AWS, "Event message structure").
    """

    etag: str
    sequencer: str
    version_id: str = ""

    def precedes(self, other: "Version") -> bool:
        """Whether this state is strictly older than `other`. States of one instant do not precede each other."""
        width = max(len(self.sequencer), len(other.sequencer))
        return self.sequencer.ljust(width, "0") < other.sequencer.ljust(width, "0")

    def same_content(self, other: "Version") -> bool:
        """Whether both name the same bytes."""
        return (self.etag, self.version_id) == (other.etag, other.version_id)


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the bucket says of an object now. `size` in bytes, `last_modified` in UTC."""

    ref: ObjectRef
    etag: str
    size: int
    last_modified: datetime
    version_id: str = ""
    content_type: str = ""


def sequencer_from(moment: datetime) -> str:
    """`moment` as a sequencer: 16 hexadecimal digits of nanoseconds since the epoch (microsecond precision)."""
    return f"{int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000:016X}"
