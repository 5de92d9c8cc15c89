"""Segments as the index gives them back."""

from workers.domain.locator import Locator
from workers.domain.media import ObjectRef, Version
from workers.domain.segment import StoredSegment

VERSION = Version("etag", "10")


def passage(name: str, text: str) -> StoredSegment:
    return StoredSegment(
        name, ObjectRef("media", f"{name}.md"), VERSION, 0, "text", Locator(chars=(0, len(text))), text
    )


def photo(name: str, text: str) -> StoredSegment:
    return StoredSegment(name, ObjectRef("media", f"{name}.jpg"), VERSION, 0, "image", Locator(), text, derived=True)


def by_id(*segments: StoredSegment) -> dict[str, StoredSegment]:
    return {segment.id: segment for segment in segments}
