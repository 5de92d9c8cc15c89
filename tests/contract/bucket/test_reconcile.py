"""Reconciliation: bucket and index side by side. The index is the real one, in a folder."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.backlog import ListBacklog
from fakes.bucket import DictBucket

from workers.adapters.index.lance import LanceIndex
from workers.dispatch.notifications import changes_in
from workers.domain.media import ObjectInfo, ObjectRef, Version
from workers.domain.record import Incoming, Position
from workers.domain.segment import IndexedObject, Space
from workers.ingest.look import look, records_held
from workers.ingest.reconcile import Difference, Events, Finding, reconcile

AT = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)


class World:
    """A bucket, an index of it, and the events that are not done."""

    def __init__(self, folder: Path) -> None:
        self.bucket = DictBucket()
        self.backlog = ListBacklog()
        self.dead = ListBacklog(sent=AT)
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
        events = Events(self.backlog, self.dead)
        return list(reconcile(self.bucket, self.index, events, tenant="default", name="media", prefix=prefix))


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


# What is on its way


def test_a_difference_whose_event_waits_is_on_the_way_and_was_not_missed(world: World) -> None:
    for key in ("a", "b", "b/c"):
        world.put(key)
    world.backlog.keys = ["media/b", "other/a", "media/a b", "media/b"]
    assert [(found.ref.key, found.on_the_way) for found in world.differences()] == [
        ("a", False),
        ("b", True),
        ("b/c", False),
    ]


def test_an_orphan_whose_removal_waits_is_on_the_way(world: World) -> None:
    world.index_now(world.put("a"))
    world.bucket.objects.clear()
    world.backlog.keys = ["media/a"]
    assert [(found.finding, found.on_the_way) for found in world.differences()] == [(Finding.ORPHANED, True)]


# What was given up


def test_an_object_that_became_a_dead_letter_as_it_is_was_given_up(world: World) -> None:
    world.put("a")
    world.put("b")
    world.dead.keys = ["media/a"]
    assert [(found.ref.key, found.given_up) for found in world.differences()] == [("a", True), ("b", False)]


def test_an_object_that_was_put_again_after_its_dead_letter_was_not_given_up(world: World) -> None:
    world.put("a")
    world.dead.keys, world.dead.sent = ["media/a"], AT - timedelta(seconds=1)
    assert [found.given_up for found in world.differences()] == [False]


def test_an_event_that_waits_counts_more_than_a_dead_letter(world: World) -> None:
    world.put("a")
    world.dead.keys = world.backlog.keys = ["media/a"]
    assert [(found.on_the_way, found.given_up) for found in world.differences()] == [(True, False)]


def test_an_orphan_is_never_given_up(world: World) -> None:
    """A dead letter may be of the time when it was there."""
    world.index_now(world.put("a"))
    world.bucket.objects.clear()
    world.dead.keys = ["media/a"]
    assert [found.given_up for found in world.differences()] == [False]


# What changes while the listings are read


class Busy(DictBucket):
    """A bucket in which something happens when its listing has been read, or before the index's is."""

    def __init__(self, bucket: DictBucket, happens: Callable[[], object]) -> None:
        super().__init__(bucket.objects)
        self._happens = happens

    def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        yield from list(super().list(bucket, prefix))
        self._happens()


def test_an_object_that_is_put_and_indexed_meanwhile_is_no_orphan(world: World) -> None:
    world.bucket = Busy(world.bucket, lambda: world.index_now(world.put("a")))
    assert world.differences() == []


def test_an_object_that_is_indexed_after_the_index_was_listed_is_not_missing(world: World) -> None:
    world.put("a")
    world.put("b")
    world.bucket = Busy(world.bucket, lambda: world.index_now(ObjectRef("media", "a"), ObjectRef("media", "b")))
    assert world.differences() == []


def test_an_object_that_is_removed_and_forgotten_meanwhile_is_no_difference(world: World) -> None:
    ref = world.put("a")
    world.index_now(ref)

    def happens() -> None:
        world.bucket.objects.clear()
        world.index.delete(ref, Version("", "20"))

    world.bucket = Busy(world.bucket, happens)
    assert world.differences() == []


def test_what_changes_after_the_second_look_costs_an_event_that_the_worker_finds_superfluous(world: World) -> None:
    world.put("a")
    (difference,) = world.differences()
    world.index_now(ObjectRef("media", "a"))
    event = Incoming("media.events", Position(0, 0), b"media/a", difference.notification().to_json())
    (seen,) = records_held(world.index, changes_in(event, "media").changes)
    assert look(world.bucket, *seen).unchanged


def test_a_key_that_the_bucket_holds_but_does_not_list_is_no_orphan(world: World) -> None:
    """MinIO lists no key below another one: not `a/b` beside `a`."""
    world.index_now(world.put("a"), world.put("a/b"))
    hidden = ObjectRef("media", "a/b")

    class Hiding(DictBucket):
        def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
            return (info for info in super().list(bucket, prefix) if info.ref != hidden)

    world.bucket = Hiding(world.bucket.objects)
    assert world.differences() == []
