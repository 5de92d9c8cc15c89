"""The dead letters of one topic as they stood when they were looked at, and which of them were redriven since.

Two passes over the topic: the first learns what was redriven, which stands after what it is about; the second gives
the letters, one at a time. Between them only ids are held, about 200 bytes a letter.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from producers.dead_letters.letter import Letter, letter_in, mark_in
from producers.log import Stored, TopicLog

SHORTEST_ID = 4
"""Characters of an id that may stand for all of it, where they are of one letter only."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant: all conditions that are set must hold. `ids` are whole ids."""

    ids: frozenset[str] = frozenset()
    kind: str = ""
    stage: str = ""
    prefix: str = ""
    """With which the object's key or the request's id begins."""

    def takes(self, letter: Letter) -> bool:
        """Whether this letter is meant."""
        return (
            (not self.ids or letter.id in self.ids)
            and (not self.kind or letter.kind == self.kind)
            and (not self.stage or letter.stage == self.stage)
            and letter.subject.startswith(self.prefix)
        )


@dataclass(slots=True)
class Box:
    """One dead-letter topic. Make it with `open_box`."""

    log: TopicLog
    topic: str
    ends: dict[int, int]
    open: dict[bytes, int] = field(default_factory=dict)
    """Id -> offset of its first letter that was not redriven."""
    redriven: dict[bytes, datetime] = field(default_factory=dict)
    """Id -> when it was last redriven."""

    def is_open(self, letter: Letter) -> bool:
        """Whether the letter was not redriven."""
        first = self.open.get(UUID(letter.id).bytes)
        return first is not None and letter.place.offset >= first

    def redriven_at(self, letter: Letter) -> datetime | None:
        """When the letter was redriven, None while it is open."""
        return None if self.is_open(letter) else self.redriven.get(UUID(letter.id).bytes)

    def open_ids(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that have an open letter here."""
        return {letter_id for letter_id in ids if UUID(letter_id).bytes in self.open}

    def letters(self, selection: Selection) -> Iterator[tuple[Letter, bool]]:
        """The letters that are meant, oldest first, each with whether it is still open.

        A record has one letter here though it was buried twice, or tells of several objects that failed.
        """
        seen: set[tuple[bytes, bool]] = set()
        for stored in self.log.records(self.topic, self.ends):
            if mark_in(stored) is not None:
                continue
            letter = letter_in(stored)
            is_open = self.is_open(letter)
            name = UUID(letter.id).bytes, is_open
            if selection.takes(letter) and name not in seen:
                seen.add(name)
                yield letter, is_open

    def copies(self, letter_id: str) -> list[Letter]:
        """Every letter of this id, oldest first."""
        every = (letter_in(stored) for stored in self.log.records(self.topic, self.ends) if mark_in(stored) is None)
        return [letter for letter in every if letter.id == letter_id]

    def named(self, beginning: str) -> list[str]:
        """The ids that begin so."""
        plain = beginning.replace("-", "").lower()
        found = {name for name in (*self.open, *self.redriven) if name.hex().startswith(plain)}
        return sorted(str(UUID(bytes=name)) for name in found)


def open_box(log: TopicLog, topic: str) -> Box:
    """Look through the dead-letter topic `topic`. Raises `producers.errors.BusUnavailable`."""
    box = Box(log, topic, dict(log.ends(topic)))
    for stored in log.records(topic, box.ends):
        _note(box, stored)
    return box


def whole_ids(boxes: Sequence[Box], beginnings: Sequence[str]) -> frozenset[str]:
    """The ids that are meant.

    Raises `ValueError` for what is none or could be of several letters, and `LookupError` for what is nobody's.
    """
    return frozenset(_whole(boxes, beginning) for beginning in beginnings)


def _whole(boxes: Sequence[Box], beginning: str) -> str:
    plain = beginning.replace("-", "")
    if len(plain) < SHORTEST_ID or set(plain.lower()) - set("0123456789abcdef"):
        raise ValueError(
            f"{beginning!r} is no id of a dead letter: at least {SHORTEST_ID} of its characters (omnibus dlq ls)"
        )
    found = [name for box in boxes for name in box.named(beginning)]
    if not found:
        raise LookupError(f"there is no dead letter {beginning}; omnibus dlq ls shows them")
    if len(found) > 1:
        raise ValueError(
            f"{len(found)} dead letters begin with {beginning}: give more of the id (omnibus dlq ls --json)"
        )
    return found[0]


def _note(box: Box, stored: Stored) -> None:
    mark = mark_in(stored)
    if mark is None:
        box.open.setdefault(UUID(letter_in(stored).id).bytes, stored.offset)
        return
    try:
        name = UUID(mark).bytes
    except ValueError:
        # Not ours: anybody may write to the topic.
        return
    box.redriven[name] = stored.at
    box.open.pop(name, None)
