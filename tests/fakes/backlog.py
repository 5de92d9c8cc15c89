"""The Backlog port over a list."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass
class ListBacklog:
    """Keys of records that are not done, as they were sent, the last of all of them at `sent`."""

    keys: list[str] = field(default_factory=list)
    sent: datetime = datetime(2031, 1, 1, tzinfo=UTC)

    def waiting(self) -> Iterator[tuple[str, datetime]]:
        return ((key, self.sent) for key in sorted(set(self.keys)))
