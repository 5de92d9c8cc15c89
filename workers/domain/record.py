"""A record of the bus, as a dispatcher takes it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record stands: offsets count within the partition."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record with its original bytes."""

    topic: str
    position: Position
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    """A name that is not UTF-8 has its other bytes as surrogates (PEP 383)."""
    unreadable: str = ""
    """Why the client cannot take the record apart; `value` is then the batch that it is in, as the broker has it."""
