"""Repeats: the same event told again, as two notification targets of one bucket tell each change twice."""

from collections import OrderedDict

from workers.domain.change import Change

KEPT = 10_000
"""Changes that are remembered: a target with a queue on disk repeats a change within seconds."""


class Repeats:
    """Remembers which changes are done.

    One that is told again needs no second look: what came after it has an event of its own. An event without a
    sequencer, such as a reconciliation's, is never taken for a repeat; nor is one that was redriven.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._done: OrderedDict[tuple[object, ...], None] = OrderedDict()

    def add(self, change: Change) -> None:
        """The change is done."""
        if change.sequencer:
            self._done[change.identity] = None
            if len(self._done) > self._kept:
                self._done.popitem(last=False)

    def __contains__(self, change: Change) -> bool:
        return not change.redriven and change.identity in self._done
