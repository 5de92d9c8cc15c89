"""Reconciliation: bucket and index side by side. The index is the real one, in a folder."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.bucket import DictBucket

from workers.adapters.index.lance import LanceIndex
from workers.domain.media import ObjectRef, Version
from workers.domain.segment import IndexedObject, Space
from workers.ingest.reconcile import Difference, Finding, differences

AT = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)


class World:
    """A bucket and an index of it."""

    def __init__(self, folder: Path) -> None:
        self.bucket = DictBucket()
        self.index = LanceIndex(folder, [Space("text", 4, "none")])

    def put(self, key: str, data: bytes = b"content") -> ObjectRef:
        ref = ObjectRef("media", key)
        self.bucket.put(ref, data, AT)
        return ref

    def index_now(self, *refs: ObjectRef, rejected: str = "") -> None:
        """Note the objects in the index as the bucket holds them."""
        found = [info for ref in refs if (info := self.bucket.stat(ref))]
        self.index.write([IndexedObject(i.ref, Version(i.etag, "10"), "text/plain", rejected=rejected) for i in found])

    def differences(self, prefix: str = "") -> list[Difference]:
        found = differences(self.bucket, self.index, tenant="default", name="media", prefix=prefix)
        return sorted(found, key=lambda difference: difference.ref.key)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_differs_is_missing_stale_or_orphaned(world: World) -> None:
    same, stale, orphaned = (world.put(key) for key in ("same", "stale", "orphaned"))
    world.index_now(same, stale, orphaned)
    world.put("stale", b"newer content")
    world.put("missing")
    del world.bucket.objects[orphaned]
    assert [(difference.finding, difference.ref.key) for difference in world.differences()] == [
        (Finding.MISSING, "missing"),
        (Finding.ORPHANED, "orphaned"),
        (Finding.STALE, "stale"),
    ]


def test_a_rejected_object_is_not_missing(world: World) -> None:
    world.index_now(world.put("torn"), rejected="damaged_media: it is torn")
    assert world.differences() == []


def test_only_what_is_under_the_prefix_is_compared(world: World) -> None:
    gone = world.put("a/gone")
    world.index_now(gone)
    del world.bucket.objects[gone]
    for key in ("a/missing", "b/missing", "ab"):
        world.put(key)
    assert [difference.ref.key for difference in world.differences("a/")] == ["a/gone", "a/missing"]


def test_what_is_missing_is_told_as_an_upload(world: World) -> None:
    world.put("a b")
    (difference,) = world.differences()
    (record,) = difference.notification().records
    info = world.bucket.stat(ObjectRef("media", "a b"))
    assert info is not None
    assert not record.removed
    assert (record.s3.object.unescaped_key, record.s3.object.e_tag) == ("a b", info.etag)
    assert (record.event_time, record.s3.object.sequencer) == (AT, "")


def test_an_orphan_is_told_as_a_removal(world: World) -> None:
    orphan = world.put("a")
    world.index_now(orphan)
    world.bucket.objects.clear()
    (difference,) = world.differences()
    (record,) = difference.notification().records
    assert (record.removed, record.s3.bucket.name) == (True, "media")
