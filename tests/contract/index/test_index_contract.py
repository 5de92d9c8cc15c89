"""The contract of `workers.ports.index.Index` for writing, deleting, listing: every adapter keeps it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from index_adapters import an_object, ids_of, record_of, segment, towards, version
from index_searches import found_by, found_near, keys_of

from workers.domain.locator import Locator
from workers.domain.media import ObjectRef, Version
from workers.domain.segment import IndexedObject, Segment, StoredSegment
from workers.ports.index import Index

# Writing and replacing


def test_what_was_written_is_read_back_whole(index: Index) -> None:
    ref = ObjectRef("media", "page.pdf", "acme")
    locator = Locator(chars=(3, 9), page=2, box=(0.1, 0.25, 0.5, 1.0), start_s=1.5, end_s=2.25, frame_s=1.75)
    piece = Segment("some-id", 7, "image", locator, "a lighthouse", "hash", derived=True, parent="page-2")
    held = Version("etag", "17", "version-1")
    assert index.write([IndexedObject(ref, held, "application/pdf", (piece,))]) == [True]
    [stored] = index.segments(["some-id"])
    assert stored == StoredSegment(
        "some-id", ref, held, 7, "image", locator, "a lighthouse", derived=True, parent="page-2"
    )


def test_the_record_says_which_version_is_held_and_how_much_of_it(index: Index) -> None:
    index.write([an_object("a.txt", "one", "two", moment=5)])
    record = record_of(index, ObjectRef("media", "a.txt"))
    assert record is not None
    assert (record.version, record.segments, record.rejected) == (version(5), 2, "")


def test_of_an_object_never_written_there_is_no_record(index: Index) -> None:
    assert record_of(index, ObjectRef("media", "never.txt")) is None


def test_a_replaced_object_leaves_no_old_segment(index: Index) -> None:
    old = an_object("a.txt", "lighthouse one", "lighthouse two", "lighthouse three", moment=1)
    new = an_object("a.txt", "windmill one", moment=2)
    index.write([old])
    assert index.write([new]) == [True]
    assert found_by(index, "lighthouse") == []
    assert found_by(index, "windmill") == ids_of(new)
    assert found_near(index) == ids_of(new)
    assert [stored.text for stored in index.segments(ids_of(old))] == ["windmill one"]


def test_an_older_version_is_refused_and_changes_nothing(index: Index) -> None:
    index.write([an_object("a.txt", "new", moment=2)])
    assert index.write([an_object("a.txt", "old", "older", moment=1)]) == [False]
    assert [stored.text for stored in index.segments(found_near(index))] == ["new"]
    record = record_of(index, ObjectRef("media", "a.txt"))
    assert record is not None
    assert (record.version, record.segments) == (version(2), 1)


def test_sequencers_of_different_length_are_padded_before_they_are_compared(index: Index) -> None:
    ref = ObjectRef("media", "a.txt")
    index.write([IndexedObject(ref, Version("e1", "17A"), "text/plain")])
    assert index.write([IndexedObject(ref, Version("e2", "17"), "text/plain")]) == [False]
    assert index.write([IndexedObject(ref, Version("e3", "17A00"), "text/plain")]) == [True]


def test_a_version_of_the_same_instant_is_accepted(index: Index) -> None:
    index.write([an_object("a.txt", "first", moment=3)])
    again = an_object("a.txt", "second", moment=3)
    assert index.write([again]) == [True]
    assert [stored.text for stored in index.segments(found_near(index))] == ["second"]


def test_an_object_written_twice_is_there_once(index: Index) -> None:
    each = an_object("a.txt", "one", "two")
    assert [index.write([each]), index.write([each])] == [[True], [True]]
    assert sorted(found_near(index)) == sorted(ids_of(each))
    assert len(list(index.objects("default", "media"))) == 1


def test_one_call_decides_for_each_object_by_itself(index: Index) -> None:
    index.write([an_object("held.txt", "held", moment=9)])
    calls = [an_object("new.txt", "new"), an_object("held.txt", "older", moment=1), an_object("other.txt", "other")]
    assert index.write(calls) == [True, False, True]
    assert keys_of(index, found_near(index)) == {"new.txt", "held.txt", "other.txt"}
    assert found_by(index, "older") == []


def test_writing_no_objects_is_no_error(index: Index) -> None:
    assert list(index.write([])) == []


@pytest.mark.parametrize(
    "vectors",
    [
        {"smells": towards(1, 0, 0, 0)},
        {"words": towards(1, 0, 0)},
        {"words": np.ones((1, 4), dtype=np.float32)},
        {"words": np.array([1, 0, 0, np.nan], dtype=np.float32)},
    ],
    ids=["unknown space", "wrong size", "wrong shape", "not a number"],
)
def test_a_vector_that_fits_no_space_is_refused_before_anything_is_written(
    index: Index, vectors: dict[str, np.ndarray]
) -> None:
    ref = ObjectRef("media", "b.txt")
    wrong = IndexedObject(ref, version(1), "text/plain", (segment(ref, 0, "wrong", **vectors),))
    with pytest.raises(ValueError, match=r"smells|words"):
        index.write([an_object("a.txt", "right"), wrong])
    assert list(index.objects("default", "media")) == []


# Deleting


def test_a_deleted_object_is_forgotten(index: Index) -> None:
    index.write([an_object("a.txt", "lighthouse", "harbour"), an_object("b.txt", "lighthouse")])
    assert index.delete(ObjectRef("media", "a.txt"), version(1)) is True
    assert record_of(index, ObjectRef("media", "a.txt")) is None
    assert keys_of(index, found_by(index, "lighthouse")) == {"b.txt"}
    assert keys_of(index, found_near(index)) == {"b.txt"}
    assert [record.ref.key for record in index.objects("default", "media")] == ["b.txt"]


def test_a_newer_version_than_the_one_to_delete_stays(index: Index) -> None:
    index.write([an_object("a.txt", "lighthouse", moment=5)])
    assert index.delete(ObjectRef("media", "a.txt"), version(4)) is False
    assert len(found_by(index, "lighthouse")) == 1


def test_deleting_what_is_not_there_succeeds(index: Index) -> None:
    assert index.delete(ObjectRef("media", "never.txt"), version(1)) is True


def test_the_same_key_of_another_tenant_or_bucket_is_another_object(index: Index) -> None:
    index.write([an_object("a.txt", "x"), an_object("a.txt", "x", tenant="acme"), an_object("a.txt", "x", bucket="b")])
    index.delete(ObjectRef("media", "a.txt"), version(1))
    assert record_of(index, ObjectRef("media", "a.txt", "acme")) is not None
    assert record_of(index, ObjectRef("b", "a.txt")) is not None


# Rejected objects


def test_a_rejected_object_is_listed_with_its_reason_but_never_found(index: Index) -> None:
    index.write([an_object("a.txt", "lighthouse")])
    reason = "damaged_media: the picture's data ends early"
    ref = ObjectRef("media", "bad.jpg")
    assert index.write([IndexedObject(ref, version(1), "", rejected=reason)]) == [True]
    record = record_of(index, ref)
    assert record is not None
    assert (record.segments, record.rejected) == (0, reason)
    assert [listed.rejected for listed in index.objects("default", "media")] == ["", reason]
    assert keys_of(index, found_near(index)) == {"a.txt"}
    assert found_by(index, "damaged media picture") == []


def test_a_rejection_removes_the_segments_of_the_version_before(index: Index) -> None:
    index.write([an_object("a.txt", "lighthouse", moment=1)])
    index.write([IndexedObject(ObjectRef("media", "a.txt"), version(2), "", rejected="empty_media: nothing in it")])
    assert found_by(index, "lighthouse") == []
    assert found_near(index) == []


# Listing and reading


def test_the_listing_is_sorted_by_code_points(index: Index) -> None:
    keys = ["b", "a/2", "a/10", "Z", "é", "z", "\uffee", "😀", "a"]
    index.write([an_object(key, "boat") for key in keys])
    assert [record.ref.key for record in index.objects("default", "media")] == sorted(keys)


def test_the_listing_is_of_one_tenant_one_bucket_and_one_prefix(index: Index) -> None:
    index.write([an_object("x/1", "boat"), an_object("y/1", "boat"), an_object("x/2", "boat", bucket="other")])
    index.write([an_object("x/3", "boat", tenant="acme")])
    assert [record.ref.key for record in index.objects("default", "media", "x/")] == ["x/1"]
    assert [record.ref.key for record in index.objects("acme", "media")] == ["x/3"]


def test_many_objects_are_all_listed(index: Index) -> None:
    for start in range(0, 300, 100):
        index.write([an_object(f"{n:03}", "boat") for n in range(start, start + 100)])
    assert [record.ref.key for record in index.objects("default", "media")] == [f"{n:03}" for n in range(300)]


def test_segments_come_in_the_order_asked_for_without_unknown_ids(index: Index) -> None:
    each = an_object("a.txt", "zero", "one", "two")
    index.write([each])
    zero, one, two = ids_of(each)
    asked = [two, "unknown", zero, "it's", one, two]
    assert [stored.text for stored in index.segments(asked)] == ["two", "zero", "one", "two"]
    assert list(index.segments([])) == []


# Threads


def test_threads_share_an_index(index: Index) -> None:
    def work(n: int) -> bool:
        each = an_object(f"{n}.txt", f"boat number{n}", moment=2)
        index.write([an_object(f"{n}.txt", "old", moment=1)])
        index.write([each])
        return found_by(index, f"number{n}") == ids_of(each)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(24)))
    assert Counter(found_near(index)).most_common(1)[0][1] == 1
    assert len(list(index.objects("default", "media"))) == 24
