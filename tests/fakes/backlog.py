"""The Backlog port over a list."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class ListBacklog:
    """Keys of records that are not done, as they were sent."""

    keys: list[str] = field(default_factory=list)

    def waiting(self) -> Iterator[str]:
        yield from sorted(set(self.keys))
