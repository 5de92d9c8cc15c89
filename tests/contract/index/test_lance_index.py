"""What only the LanceDB adapter promises: no mixing of models, repair after a crash, upkeep beside other writers."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run
from sys import executable
from typing import Any

import index_processes
import lancedb
import numpy as np
import pytest
from index_adapters import PICTURES, SPACES, WORDS, Home, an_object, ids_of, record_of, towards, version
from index_processes import wait_until
from index_searches import found_near, texts_around

from workers.adapters.index.lance import LanceIndex
from workers.adapters.index.lance_rows import rows_of
from workers.adapters.index.lance_table import DELTAS, FRAGMENTS, UNINDEXED_ROWS
from workers.adapters.index.spaces import IndexMismatch
from workers.domain.hit import Filters
from workers.domain.media import ObjectRef
from workers.domain.segment import IndexedObject, Space, Vector
from workers.domain.taken import Near, Taken
from workers.errors import ServiceUnavailable

FLAT_ROWS = 500
"""Few, so that the tests need not write the thousands that make a graph worth its while."""
EAST = towards(1, 0, 0, 0)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def index(place: Path) -> LanceIndex:
    return LanceIndex(place, SPACES, flat_rows=FLAT_ROWS)


def table_of(place: Path) -> Any:
    return lancedb.connect(place).open_table("segments")


def index_on(place: Path, column: str) -> Any:
    return next((index for index in table_of(place).list_indices() if index.columns == [column]), None)


def found(index: LanceIndex, vector: Vector = EAST, *, k: int = 100, prefix: str = "") -> list[str]:
    return [hit.segment_id for hit in index.nearest("words", vector, k=k, filters=Filters(prefix=prefix))]


def random_objects(first: int, count: int, *, moment: int = 1) -> list[IndexedObject]:
    vectors = np.random.default_rng(first).standard_normal((count, 4))
    return [
        an_object(f"{n:05}", f"boat {n}", vector=towards(*vector), moment=moment)
        for n, vector in enumerate(vectors, start=first)
    ]


# Models


@pytest.mark.parametrize(
    "spaces",
    [[replace(WORDS, model="words-model@2"), PICTURES], [replace(WORDS, dimensions=5), PICTURES], [WORDS]],
    ids=["another version", "another size", "a space less"],
)
def test_a_directory_of_other_models_is_refused_with_what_to_do(
    index: LanceIndex, place: Path, spaces: Sequence[Space]
) -> None:
    index.write([an_object("a.txt", "boat")])
    with pytest.raises(IndexMismatch, match="go back to the profile it was made with, or remove that directory"):
        record_of(LanceIndex(place, spaces), ObjectRef("media", "a.txt"))


def test_the_order_of_the_spaces_does_not_matter(index: LanceIndex, place: Path) -> None:
    each = an_object("a.txt", "boat")
    index.write([each])
    assert found(LanceIndex(place, [PICTURES, WORDS])) == ids_of(each)


def test_spaces_that_would_share_a_column_are_refused(place: Path) -> None:
    with pytest.raises(ValueError, match="punctuation"):
        LanceIndex(place, [Space("a-b", 4, "m"), Space("a.b", 4, "m")])


def test_making_an_index_object_loads_no_vendor_and_touches_no_disk(place: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from workers.adapters.index.lance import LanceIndex; "
        "LanceIndex(Path(sys.argv[1]), []); "
        "sys.exit(bool({'lancedb', 'pyarrow'} & set(sys.modules)) or Path(sys.argv[1]).exists())"
    )
    assert run([executable, "-c", program, str(place)], check=False).returncode == 0


def test_a_directory_that_cannot_be_used_is_an_unavailable_service(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(ServiceUnavailable, match="file"):
        record_of(LanceIndex(tmp_path / "file", SPACES), ObjectRef("media", "a.txt"))


# Crashes


@pytest.fixture
def interrupted(index: LanceIndex, place: Path) -> IndexedObject:
    """An object whose writer was killed after its first commit: its old and its new rows are there."""
    index.write([an_object("a.txt", "old boat", "old ship", "old raft", moment=1)])
    new = an_object("a.txt", "new boat", "new ship", moment=2)
    table_of(place).add(rows_of([new], 2, SPACES), on_bad_vectors="null")
    return new


def test_a_half_replaced_object_is_found_without_duplicates(index: LanceIndex, interrupted: IndexedObject) -> None:
    assert len(found(index)) == len(set(found(index))) == 3
    assert set(ids_of(interrupted)) < set(found(index))
    assert [stored.text for stored in index.segments(ids_of(interrupted))] == ["new boat", "new ship"]


def test_beside_a_segment_of_a_half_replaced_object_stands_nothing_of_the_old_one(
    index: LanceIndex, interrupted: IndexedObject
) -> None:
    assert texts_around(index, interrupted, 0, reach=2) == ["new ship"]


def test_duplicates_of_a_half_replaced_object_do_not_use_up_the_k(
    index: LanceIndex, interrupted: IndexedObject
) -> None:
    other = an_object("b.txt", "another boat", vector=towards(1, 0.1, 0, 0))
    index.write([other])
    assert len(found(index, k=4)) == 4
    assert set(ids_of(interrupted) + ids_of(other)) < set(found(index, k=4))


def test_looking_at_a_half_replaced_object_finishes_its_replacement(
    index: LanceIndex, interrupted: IndexedObject
) -> None:
    record = record_of(index, interrupted.ref)
    assert record is not None
    assert (record.version, record.segments) == (version(2), 2)
    assert sorted(found(index)) == sorted(ids_of(interrupted))


def test_a_half_replaced_object_is_listed_once(index: LanceIndex, interrupted: IndexedObject) -> None:
    assert [(r.ref, r.version) for r in index.objects("default", "media")] == [(interrupted.ref, version(2))]


def test_writing_a_half_replaced_object_again_mends_it(index: LanceIndex, interrupted: IndexedObject) -> None:
    assert index.write([an_object("a.txt", "stale", moment=1)]) == [False]
    assert index.write([interrupted]) == [True]
    assert sorted(found(index)) == sorted(ids_of(interrupted))


def test_deleting_a_half_replaced_object_leaves_nothing(index: LanceIndex, interrupted: IndexedObject) -> None:
    assert index.delete(interrupted.ref, interrupted.version) is True
    assert found(index) == []
    assert record_of(index, interrupted.ref) is None


def test_an_index_whose_making_was_interrupted_still_finds_words(index: LanceIndex, place: Path) -> None:
    index.write([an_object("a.txt", "boat")])
    table_of(place).drop_index("text_idx")
    reopened = LanceIndex(place, SPACES)
    assert len(reopened.matching("boats", k=5, filters=Filters())) == 1


# Earlier versions

FIRST_COLUMNS = {
    *("object_id", "generation", "is_record", "id", "tenant", "bucket", "key", "etag", "sequencer", "version_id"),
    *("media_type", "rejected", "segments", "ordinal", "modality", "locator", "text", "content_hash", "derived"),
    *("vector_words", "vector_pictures_a"),
}
"""Those of the first version, written down."""


def make_earlier(place: Path) -> None:
    table = table_of(place)
    table.drop_columns([name for name in table.schema.names if name not in FIRST_COLUMNS])
    assert set(table_of(place).schema.names) == FIRST_COLUMNS


def test_a_table_of_an_earlier_version_goes_on_with_the_columns_that_it_lacked(index: LanceIndex, place: Path) -> None:
    old = an_object("old", "boat", "ship")
    index.write([old])
    make_earlier(place)
    reopened = LanceIndex(place, SPACES)
    new = an_object("new", "boat", taken=Taken(datetime(2024, 5, 1, tzinfo=UTC), (59.33, 18.07)))
    assert reopened.write([new]) == [True]
    assert sorted(found(reopened)) == sorted(ids_of(old) + ids_of(new))
    assert [stored.parent for stored in reopened.segments(ids_of(old))] == ["", ""]
    assert texts_around(reopened, old, 0) == ["ship"]
    assert found_near(reopened, Filters(near=Near(59.3, 18.0, 10))) == ids_of(new)
    assert found_near(LanceIndex(place, SPACES), Filters(taken_until=datetime(2025, 1, 1, tzinfo=UTC))) == ids_of(new)


def test_a_table_of_other_models_is_refused_before_it_is_changed(index: LanceIndex, place: Path) -> None:
    index.write([an_object("old", "boat")])
    make_earlier(place)
    with pytest.raises(IndexMismatch):
        record_of(LanceIndex(place, [WORDS]), ObjectRef("media", "old"))
    assert set(table_of(place).schema.names) == FIRST_COLUMNS


# Upkeep


def test_many_small_writes_are_compacted_on_the_way(index: LanceIndex, place: Path) -> None:
    for each in random_objects(0, 2 * FRAGMENTS):
        index.write([each])
    wait_until(lambda: table_of(place).stats()["fragment_stats"]["num_fragments"] <= FRAGMENTS + 2)
    assert len(found(index)) == 2 * FRAGMENTS


def test_a_large_write_gets_into_the_word_index_without_being_asked(index: LanceIndex, place: Path) -> None:
    index.write(random_objects(0, UNINDEXED_ROWS))
    wait_until(lambda: index_on(place, "text").num_unindexed_rows == 0)
    assert len(index.matching("boat", k=10, filters=Filters())) == 10


def test_a_search_by_graph_finds_what_an_exact_search_finds(index: LanceIndex, place: Path) -> None:
    index.write(random_objects(0, FLAT_ROWS + 1))
    questions = [towards(*vector) for vector in np.random.default_rng(99).standard_normal((20, 4))]
    exact = [(found(index, q, k=10), found(index, q, k=300, prefix="00")) for q in questions]
    index.maintain()
    assert index_on(place, "vector_words") is not None
    assert [(found(index, q, k=10), found(index, q, k=300, prefix="00")) for q in questions] == exact


def test_what_is_written_after_the_graph_was_built_is_found_and_what_is_replaced_is_not(index: LanceIndex) -> None:
    objects = random_objects(0, FLAT_ROWS + 1)
    index.write(objects)
    index.maintain()
    moved = an_object("00000", "moved", vector=towards(0, 0, 0, 1), moment=2)
    index.write([moved])
    index.delete(objects[1].ref, version(1))
    assert found(index, towards(0, 0, 0, 1), k=1) == ids_of(moved)
    assert found(index, objects[1].segments[0].vectors["words"], k=1) != ids_of(objects[1])
    assert found(index, prefix="00000") == ids_of(moved)


def test_a_graph_of_too_many_parts_is_built_again(index: LanceIndex, place: Path) -> None:
    index.write(random_objects(0, FLAT_ROWS + 1))
    index.maintain()
    for n in range(DELTAS + 1):
        index.write([an_object(f"later/{n}", "boat")])
        index.maintain()
    assert index_on(place, "vector_words").num_segments <= DELTAS
    assert len(found(index, prefix="later/")) == DELTAS + 1


def test_others_write_while_the_index_is_maintained(place: Path, index: LanceIndex, elsewhere: Executor) -> None:
    index.write(random_objects(0, FLAT_ROWS + 1))
    updates = [[each] for moment in (2, 3) for each in random_objects(0, 40, moment=moment)]
    writer = elsewhere.submit(index_processes.write, Home("lancedb", str(place)), updates)
    rounds = 0
    while not writer.done() or rounds == 0:
        index.maintain()
        rounds += 1
    assert all(flags == [True] for flags in writer.result())
    versions = [record.version for record in index.objects("default", "media")]
    assert versions == [version(3)] * 40 + [version(1)] * (FLAT_ROWS + 1 - 40)
    assert len(found(index, k=100, prefix="0000")) == 10
