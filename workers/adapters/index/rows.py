"""How objects are laid out as rows, whichever store keeps them, and read back.

An object is one *record row* (its version, media type, rejection, number of segments) and a row per segment. Every
row carries the object's `generation`, which grows whenever the object is written: while it is being replaced, its
rows of two generations exist side by side.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from workers.domain.locator import Locator
from workers.domain.media import ObjectRef, Version
from workers.domain.segment import IndexedObject, ObjectRecord, Segment, StoredSegment

OBJECT_COLUMNS = ("tenant", "bucket", "key", "etag", "sequencer", "version_id")
RECORD_COLUMNS = ("object_id", "generation", *OBJECT_COLUMNS, "segments", "rejected")
SEGMENT_COLUMNS = ("id", "generation", *OBJECT_COLUMNS, "ordinal", "modality", "locator", "text", "derived", "parent")

TAKEN_COLUMNS = ("taken_at", "latitude", "longitude")
"""Seconds since 1970, and degrees north and east; null where nobody knows."""


def object_id(ref: ObjectRef) -> str:
    """uuid5 of (tenant, bucket, key): what the rows of an object are found by."""
    return str(uuid5(NAMESPACE_URL, "omnibus:object:" + json.dumps([ref.tenant, ref.bucket, ref.key])))


def shared_fields(each: IndexedObject, generation: int) -> dict[str, Any]:
    """What every row of the object has; `TAKEN_COLUMNS` are None where nobody knows."""
    ref, version, taken = each.ref, each.version, each.taken
    latitude, longitude = taken.place or (None, None)
    return {
        "object_id": object_id(ref),
        "generation": generation,
        "tenant": ref.tenant,
        "bucket": ref.bucket,
        "key": ref.key,
        "etag": version.etag,
        "sequencer": version.sequencer,
        "version_id": version.version_id,
        "taken_at": None if taken.at is None else int(taken.at.timestamp()),
        "latitude": latitude,
        "longitude": longitude,
    }


def record_fields(each: IndexedObject) -> dict[str, Any]:
    """What the record row has beside `shared_fields`."""
    # No text, modality or vectors: no search can take a record for a segment.
    return {
        "id": object_id(each.ref),
        "is_record": True,
        "media_type": each.media_type,
        "rejected": storable(each.rejected),
        "segments": len(each.segments),
    }


def segment_fields(segment: Segment) -> dict[str, Any]:
    """What a segment's row has beside `shared_fields`, without its vectors."""
    return {
        "id": segment.id,
        "is_record": False,
        "ordinal": segment.ordinal,
        "modality": segment.modality,
        "locator": json.dumps(segment.locator.to_dict()),
        "text": storable(segment.text),
        "content_hash": segment.content_hash,
        "derived": segment.derived,
        "parent": segment.parent,
    }


def ref_from(row: Mapping[str, Any]) -> ObjectRef:
    """The object that a row belongs to."""
    return ObjectRef(row["bucket"], row["key"], row["tenant"])


def version_from(row: Mapping[str, Any]) -> Version:
    """The version of the object that a row belongs to."""
    return Version(row["etag"], row["sequencer"], row["version_id"])


def record_from(row: Mapping[str, Any]) -> ObjectRecord:
    """A record row, with the columns `RECORD_COLUMNS`."""
    return ObjectRecord(ref_from(row), version_from(row), row["segments"], row["rejected"])


def segment_from(row: Mapping[str, Any]) -> StoredSegment:
    """A segment row, with the columns `SEGMENT_COLUMNS`."""
    return StoredSegment(
        id=row["id"],
        ref=ref_from(row),
        version=version_from(row),
        ordinal=row["ordinal"],
        modality=row["modality"],
        locator=_locator_from(row["locator"]),
        text=row["text"],
        derived=row["derived"],
        parent=row["parent"] or "",
    )


def storable(text: str) -> str:
    """`text` with lone surrogates, which UTF-8 cannot hold, as question marks. The length stays the same."""
    return text.encode("utf-8", "replace").decode()


def is_storable(text: str) -> bool:
    """Whether UTF-8 can hold it (it cannot hold lone surrogates), so that some row could have it at all."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _locator_from(text: str) -> Locator:
    fields = json.loads(text)
    for name in ("chars", "box"):
        if name in fields:
            fields[name] = tuple(fields[name])
    return Locator(**fields)
