"""What SeaweedFS reports of its filer, as notifications that look as if MinIO had written them.

The report (`weed/notification/webhook` in SeaweedFS) has `key`, a path below /buckets; `event_type`; and `message`
with `old_entry` and `new_entry`. Left out is what is no object: folders, parts of unfinished uploads; and what
changes no content: tags, attributes. Checked against what S3 says of the same objects in tests/contract/stacks.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from schemas.notification import Notification, change

BUCKETS = "/buckets/"
UPLOADS = ".uploads"
"""The folder of multipart uploads that are not complete yet."""
VERSIONS = ".versions"
"""Ending of the folder that holds the versions of an object in a versioned bucket."""
ETAG, VERSION_ID, DELETE_MARKER = "Seaweed-X-Amz-ETag", "Seaweed-X-Amz-Version-Id", "Seaweed-X-Amz-Delete-Marker"
NS = 1_000_000_000


class _Report(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Chunk(_Report):
    """A piece of an object's content. `fid` is where it is stored, and never used twice."""

    fid: dict[str, int] = Field(default_factory=dict)
    offset: int = 0
    size: int = 0
    modified_ts_ns: int = 0


class Attributes(_Report):
    """Times in seconds since 1970; `md5` in base64."""

    file_size: int = 0
    mtime: int = 0
    mtime_ns: int = 0
    mime: str = ""
    md5: str = ""


class Entry(_Report):
    """A file or folder. `extended` holds S3's own attributes, in base64; `content` is a small file's content."""

    name: str
    is_directory: bool = False
    attributes: Attributes = Attributes()
    chunks: tuple[Chunk, ...] = ()
    content: str = ""
    extended: dict[str, str] = Field(default_factory=dict)

    def s3_attribute(self, name: str) -> str:
        """One of S3's own attributes; empty when it is not there."""
        return base64.b64decode(self.extended.get(name, "")).decode()

    @property
    def etag(self) -> str:
        """As S3 gives it; from the MD5 sum for what came in past S3; empty when there is neither."""
        return self.s3_attribute(ETAG) or base64.b64decode(self.attributes.md5).hex()

    @property
    def changed_ns(self) -> int:
        """When the content was written, in ns since 1970. The attributes of objects know whole seconds only."""
        attributes = self.attributes
        return max((chunk.modified_ts_ns for chunk in self.chunks), default=attributes.mtime * NS + attributes.mtime_ns)

    @property
    def size(self) -> int:
        """Bytes of content."""
        return self.attributes.file_size or len(base64.b64decode(self.content))

    def same_content(self, other: "Entry") -> bool:
        """Whether both hold the same content, written at the same time."""
        return (self.chunks, self.content, self.changed_ns) == (other.chunks, other.content, other.changed_ns)


class Change(_Report):
    """`old_entry` and `new_entry`: one for a delete or a create, both for an update or a rename."""

    old_entry: Entry | None = None
    new_entry: Entry | None = None
    new_parent_path: str = ""


class FilerReport(_Report):
    """The body of one request of the webhook. Its `key` is the old path."""

    key: str
    message: Change


@dataclass(frozen=True, slots=True)
class _Place:
    bucket: str
    key: str


def notifications(body: bytes) -> list[Notification]:
    """The notifications that this report of the filer calls for: none, one, or for a rename two.

    Raises `ValueError` when it is no such report.
    """
    report = FilerReport.model_validate_json(body)
    try:
        return list(_notifications(report))
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"an attribute of {report.key} is not base64 of text: {error}") from error


def _notifications(report: FilerReport) -> Iterator[Notification]:
    old, new = report.message.old_entry, report.message.new_entry
    new_path = f"{report.message.new_parent_path}/{new.name}" if new and report.message.new_parent_path else report.key
    moved = old is not None and new is not None and new_path != report.key
    if old and (new is None or moved):
        yield from _delete(report.key, old)
    if new and (old is None or moved or not new.same_content(old)):
        yield from _put(new_path, new, None if moved else old)


def _put(path: str, new: Entry, old: Entry | None) -> Iterator[Notification]:
    place = _place(path, new)
    if place and new.s3_attribute(DELETE_MARKER):
        yield _removal(place, new.changed_ns, new)
    elif place:
        # Later than what it replaces, also where its own time is of whole seconds.
        changed_ns = max(new.changed_ns, old.changed_ns + 1 if old else 0)
        yield change(
            "put",
            **_common(place, changed_ns, new),
            size=new.size,
            etag=new.etag,
            content_type=new.attributes.mime,
            time=datetime.fromtimestamp(changed_ns / NS, UTC),
        )


def _delete(path: str, old: Entry) -> Iterator[Notification]:
    place = _place(path, old)
    if place:
        # The report has no time of its own. Just after the content that is gone is before all that may follow it.
        yield _removal(place, old.changed_ns + 1, old)


def _removal(place: _Place, at_ns: int, entry: Entry) -> Notification:
    return change("delete", **_common(place, at_ns, entry))


def _common(place: _Place, at_ns: int, entry: Entry) -> dict[str, Any]:
    return {
        "bucket": place.bucket,
        "key": place.key,
        "sequencer": f"{at_ns:016X}",
        "version_id": entry.s3_attribute(VERSION_ID),
    }


def _place(path: str, entry: Entry) -> _Place | None:
    """The object that this path stands for; None when it stands for none."""
    if entry.is_directory or not path.startswith(BUCKETS):
        return None
    bucket, _, key = path.removeprefix(BUCKETS).partition("/")
    folder = key.rpartition("/")[0]
    if not key or key.split("/")[0] == UPLOADS:
        return None
    if folder.endswith(VERSIONS) and entry.s3_attribute(VERSION_ID):
        key = folder.removesuffix(VERSIONS)
    return _Place(bucket, key)
