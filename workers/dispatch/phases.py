"""The phases of a dispatcher's turn: each gets its chance, whatever went wrong in another."""

from collections.abc import Callable, Sequence

from producers.errors import BusUnavailable
from workers.errors import ServiceUnavailable

OUTSIDE = (ServiceUnavailable, BusUnavailable)
"""What a phase may raise because of something outside; it is tried again at the next turn."""


def run_phases(phases: Sequence[Callable[[], None]]) -> Exception | None:
    """Run all of them, in order; the first trouble that one of them had."""
    trouble: Exception | None = None
    for phase in phases:
        try:
            phase()
        except Exception as error:  # noqa: BLE001 - it is the caller's to raise; one record must not stop all the others
            trouble = trouble or error
    return trouble
