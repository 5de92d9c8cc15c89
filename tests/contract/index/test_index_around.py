"""What stands beside a segment: every adapter gives it in order, of one section and one version of the object alone."""

from dataclasses import replace

import pytest
from index_adapters import an_object, ids_of, version
from index_searches import texts_around

from workers.domain.segment import IndexedObject
from workers.ports.index import Index

FIVE = ("zero", "one", "two", "three", "four")


def in_sections(each: IndexedObject, *parents: str) -> IndexedObject:
    """The object with a parent for each of its segments."""
    pieces = zip(each.segments, parents, strict=True)
    return replace(each, segments=tuple(replace(segment, parent=parent) for segment, parent in pieces))


@pytest.mark.parametrize(
    ("of", "reach", "texts"),
    [
        (2, 1, ["one", "three"]),
        (0, 1, ["one"]),
        (4, 1, ["three"]),
        (1, 2, ["zero", "two", "three"]),
        (2, 9, ["zero", "one", "three", "four"]),
        (2, 0, []),
    ],
)
def test_what_stands_beside_a_segment_comes_in_order(index: Index, of: int, reach: int, texts: list[str]) -> None:
    each = an_object("a.txt", *FIVE)
    index.write([each, an_object("b.txt", "another zero", "another one", "another two")])
    assert texts_around(index, each, of, reach=reach) == texts


def test_a_segment_that_is_all_of_its_object_has_nothing_beside_it(index: Index) -> None:
    each = an_object("a.txt", "zero")
    index.write([each])
    assert texts_around(index, each, 0) == []


def test_another_section_of_the_object_is_passed_over(index: Index) -> None:
    each = in_sections(an_object("a.pdf", *FIVE), "birds", "birds", "", "birds", "frogs")
    index.write([each])
    assert texts_around(index, each, 1, reach=3) == ["zero", "three"]
    assert texts_around(index, each, 2, reach=3) == []


def test_of_what_stands_beside_a_segment_all_is_told(index: Index) -> None:
    each = in_sections(an_object("a.pdf", "zero", "one"), "birds", "birds")
    index.write([each])
    zero, one = index.segments(ids_of(each))
    assert list(index.around(zero, reach=1)) == [one]


def test_of_a_replaced_version_nothing_stands_beside_a_segment(index: Index) -> None:
    old, new = an_object("a.txt", "old zero", "old one", moment=1), an_object("a.txt", "new zero", "new one", moment=2)
    index.write([old])
    [seen] = index.segments(ids_of(old)[:1])
    index.write([new])
    assert list(index.around(seen, reach=1)) == []
    assert texts_around(index, new, 0) == ["new one"]


def test_of_a_removed_object_nothing_stands_beside_a_segment(index: Index) -> None:
    each = an_object("a.txt", "zero", "one")
    index.write([each])
    [seen] = index.segments(ids_of(each)[:1])
    index.delete(each.ref, version(2))
    assert list(index.around(seen, reach=1)) == []


def test_an_object_that_was_written_twice_has_each_neighbour_once(index: Index) -> None:
    each = an_object("a.txt", "zero", "one")
    index.write([each])
    index.write([each])
    assert texts_around(index, each, 0) == ["one"]


def test_the_same_key_of_another_tenant_or_bucket_stands_beside_nothing(index: Index) -> None:
    each = an_object("a.txt", "zero")
    elsewhere = [
        an_object("a.txt", "nothing", "theirs", tenant="acme"),
        an_object("a.txt", "nothing", "others", bucket="other"),
    ]
    index.write([each, *elsewhere])
    assert texts_around(index, each, 0) == []
