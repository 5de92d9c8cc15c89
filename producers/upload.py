"""Uploading: files go into the bucket, and what became of each comes back over the bus."""

import mimetypes
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from minio import Minio
from minio.error import MinioException
from pydantic import ValidationError
from urllib3.exceptions import HTTPError

from producers.errors import BucketUnavailable
from producers.tail import Tail
from schemas.envelope import attributes_of
from schemas.index_events import (
    INDEX_EVENTS_BY_TYPE,
    MediaIndexed,
    MediaProgressed,
    MediaRejected,
    MediaRemoved,
    SkippedPage,
)

_Event = MediaIndexed | MediaRemoved | MediaRejected | MediaProgressed
KEY_LIMIT = 1024
"""Bytes of UTF-8 in an S3 key (AWS, "Naming Amazon S3 objects")."""


@dataclass(frozen=True, slots=True)
class UploadItem:
    """A file and the key that it goes under."""

    path: Path
    key: str


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that the bucket has acknowledged. `at` is on the monotonic clock, in seconds."""

    key: str
    etag: str
    at: float


@dataclass(frozen=True, slots=True)
class UploadOutcome:
    """What became of an uploaded object: `indexed`, `rejected` (with a reason) or `unfinished` (in time).

    `skipped`: pages of an indexed document that could not be read whole.
    """

    key: str
    status: str
    reason: str | None
    seconds: float
    skipped: tuple[SkippedPage, ...] = ()


def plan(paths: Iterable[Path], prefix: str = "") -> list[UploadItem]:
    """The files to upload: a file under its name, a folder's files under their paths below the folder, sorted by key.

    Raises `FileNotFoundError` for a path that is not there, and `ValueError` for a key that S3 does not allow or that
    two files would go under.
    """
    items: list[UploadItem] = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist")
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        base = path if path.is_dir() else path.parent
        items += [UploadItem(file, prefix + file.relative_to(base).as_posix()) for file in files]
    by_key: dict[str, UploadItem] = {}
    for item in items:
        size = len(item.key.encode(errors="surrogateescape"))
        if size > KEY_LIMIT:
            raise ValueError(f"{item.path}: the key would have {size} bytes; S3 allows {KEY_LIMIT}")
        other = by_key.setdefault(item.key, item)
        if not other.path.samefile(item.path):
            raise ValueError(f"{other.path} and {item.path} would both be uploaded as {item.key}")
    return sorted(by_key.values(), key=lambda item: item.key)


def put(client: Minio, bucket: str, item: UploadItem) -> Uploaded:
    """Upload one file. Raises `BucketUnavailable`."""
    content_type = mimetypes.guess_type(item.key)[0] or "application/octet-stream"
    try:
        result = client.fput_object(bucket, item.key, str(item.path), content_type=content_type)
    except (MinioException, HTTPError) as error:
        raise BucketUnavailable(f"{item.path} could not be uploaded to {bucket}: {error}") from error
    return Uploaded(key=item.key, etag=(result.etag or "").strip('"'), at=monotonic())


def outcomes(
    tail: Tail,
    bucket: str,
    uploaded: Iterable[Uploaded],
    *,
    timeout_s: float,
    progressed: Callable[[MediaProgressed], None] = lambda _: None,
) -> Iterator[UploadOutcome]:
    """What became of each uploaded object, as it is known; `unfinished` for those that `timeout_s` seconds leave over.

    `tail` reads `rag.index-events` and was made before the first upload. `progressed` is told how work of minutes goes.
    """
    waiting = {item.key: item for item in uploaded}
    if not waiting:
        return
    for record in tail.records(timeout_s=timeout_s):
        event = _event(record, bucket, waiting)
        if isinstance(event, MediaProgressed):
            progressed(event)
        outcome = _outcome(event, waiting) if event else None
        if outcome:
            del waiting[outcome.key]
            yield outcome
        if not waiting:
            return
    for item in waiting.values():
        yield UploadOutcome(item.key, "unfinished", f"not indexed within {timeout_s:.0f} s", monotonic() - item.at)


def _event(record: object, bucket: str, waiting: dict[str, Uploaded]) -> _Event | None:
    """What the record tells of one of these objects; an event of an earlier version of one says nothing of it."""
    kind = INDEX_EVENTS_BY_TYPE.get(attributes_of(getattr(record, "headers", None)).get("type", ""))
    if kind is None:
        return None
    try:
        event = kind.model_validate_json(getattr(record, "value", None) or b"")
    except ValidationError:
        # Anybody may write to a topic; what is no event says nothing of this upload.
        return None
    item = waiting.get(event.key) if event.bucket == bucket else None
    return None if item is None or event.version.etag != item.etag else event


def _outcome(event: _Event, waiting: dict[str, Uploaded]) -> UploadOutcome | None:
    seconds = max(0.0, monotonic() - waiting[event.key].at)
    if isinstance(event, MediaRejected):
        return UploadOutcome(event.key, "rejected", event.reason, seconds)
    if isinstance(event, MediaIndexed):
        return UploadOutcome(event.key, "indexed", None, seconds, tuple(event.skipped))
    return None
