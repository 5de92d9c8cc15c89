"""The backlog: the events that nobody has dealt with yet."""

from collections.abc import Iterator
from typing import Protocol


class Backlog(Protocol):
    """What one topic holds for its dispatchers. Raises `ServiceUnavailable` when the broker does not answer."""

    def waiting(self) -> Iterator[str]:
        """The keys of the records that are not done when this is first asked, sorted (code points), each once.

        A record is not done from its being sent until the group has committed an offset beyond it. In constant memory.
        """
        ...
