"""The judge: what bucket, index and replies must agree on when all is quiet. Pure: it is given what was found."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What can be wrong."""

    MISSING = "missing"
    STALE = "stale"
    ORPHAN = "orphan"
    DUPLICATE = "duplicate segment"
    CONTENT = "wrong segments"
    REJECTED = "rejected"
    UNANSWERED = "unanswered question"
    ANSWERED_TWICE = "question answered twice"
    DEAD_LETTER = "dead letter"
    NOT_RECOVERED = "not recovered"


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment that an object must have. A picture's text is the model's, and is not compared."""

    modality: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Truth:
    """One object as the bucket holds it, and what must be made of it."""

    etag: str
    version_id: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Row:
    """One stored row of the index: the record of an object, or one of its segments (`ordinal` counts from 0)."""

    key: str
    is_record: bool
    etag: str
    version_id: str = ""
    id: str = ""
    ordinal: int = -1
    modality: str = ""
    text: str = ""
    segments: int = 0
    rejected: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A terminal reply as it was on the bus."""

    event_id: str
    event_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with one object or question."""

    fault: Fault
    about: str
    detail: str


def judge_index(bucket: Mapping[str, Truth], rows: Sequence[Row]) -> Iterator[Wrong]:
    """What is wrong with the index: every stored row counts, seen by searches or not."""
    by_key: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_key[row.key].append(row)
    for key in sorted(bucket.keys() | by_key.keys()):
        truth, held = bucket.get(key), by_key.get(key, [])
        if truth is None:
            yield Wrong(Fault.ORPHAN, key, f"the bucket has no such object, the index has {len(held)} rows of it")
        elif not any(row.is_record for row in held):
            yield Wrong(Fault.MISSING, key, f"the bucket holds {truth.etag}, the index has no record of it")
        else:
            yield from _judge_object(key, truth, held)


def _judge_object(key: str, truth: Truth, held: Sequence[Row]) -> Iterator[Wrong]:
    records = [row for row in held if row.is_record]
    segments = sorted((row for row in held if not row.is_record), key=lambda row: row.ordinal)
    old = [row for row in held if (row.etag, row.version_id) != (truth.etag, truth.version_id)]
    if old:
        versions = sorted({f"{row.etag} {row.version_id}".strip() for row in old})
        yield Wrong(Fault.STALE, key, f"{len(old)} rows are of {', '.join(versions)}; the bucket holds {truth.etag}")
    repeated = [id_ for id_, times in Counter(row.id for row in segments).items() if times > 1]
    if repeated or len(records) > 1:
        yield Wrong(Fault.DUPLICATE, key, f"{len(records)} records; segments stored more than once: {repeated}")
    elif records[0].rejected:
        yield Wrong(Fault.REJECTED, key, records[0].rejected)
    elif not old:
        yield from _judge_segments(key, truth, records[0], segments)


def _judge_segments(key: str, truth: Truth, record: Row, segments: Sequence[Row]) -> Iterator[Wrong]:
    if not len(truth.pieces) == len(segments) == record.segments:
        detail = f"{len(segments)} stored, the record says {record.segments}, its content makes {len(truth.pieces)}"
        yield Wrong(Fault.CONTENT, key, detail)
        return
    for ordinal, (piece, row) in enumerate(zip(truth.pieces, segments, strict=True)):
        if (row.ordinal, row.modality) != (ordinal, piece.modality) or piece.text not in (None, row.text):
            yield Wrong(Fault.CONTENT, key, f"segment {ordinal} is not what the content says there")


def judge_replies(
    asked: Collection[str], abandoned: Collection[str], replies: Mapping[str, Sequence[Reply]]
) -> Iterator[Wrong]:
    """Every question has one terminal reply, of which there may be copies: the same event id, the same bytes.

    One that was `abandoned` with its broker may have none.
    """
    for request_id in sorted(set(asked) | replies.keys()):
        found = set(replies.get(request_id, ()))
        if len(found) > 1:
            yield Wrong(Fault.ANSWERED_TWICE, request_id, "; ".join(map(str, found)))
        elif not found and request_id not in abandoned:
            yield Wrong(Fault.UNANSWERED, request_id, "no terminal reply")
