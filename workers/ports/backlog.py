"""The backlog: the events that nobody has dealt with yet."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class Backlog(Protocol):
    """What one topic holds for those who read it. Raises `ServiceUnavailable` when the broker does not answer."""

    def waiting(self) -> Iterator[tuple[str, datetime]]:
        """The keys of the records that are not done when this is first asked, and when the last of each was sent (UTC).

        Sorted by key (code points), each key once.
        A record is not done from its being sent until the group has committed an offset beyond it. In constant memory.
        """
        ...
