"""What only the Weaviate adapter promises of the collection that it opens, and of the server's addresses and keys."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from subprocess import run
from sys import executable
from typing import Any

import pytest
from index_adapters import PICTURES, WORDS, Home, an_object, ids_of, record_of
from index_searches import found_near
from index_weaviate import A, collection_of, opened

from workers.adapters.index import weaviate_collection, weaviate_rows
from workers.adapters.index.rows import segment_fields
from workers.adapters.index.spaces import IndexMismatch
from workers.adapters.index.weaviate_collection import connect
from workers.domain.hit import Filters
from workers.domain.segment import Space
from workers.domain.taken import Near, Taken
from workers.errors import ServiceUnavailable


@pytest.fixture(params=["weaviate"])
def home(request: pytest.FixtureRequest, new_home: Callable[[str], AbstractContextManager[Home]]) -> Iterator[Home]:
    with new_home(request.param) as home:
        yield home


ADDED_SINCE = {"taken_at", "latitude", "longitude", "parent", "place"}
"""What the first version did not know, written down."""


@contextmanager
def first_version() -> Iterator[None]:
    """Makes collections and writes segments as the first version did."""
    properties = weaviate_collection._properties

    row = weaviate_rows._row

    def fields_of(piece: Any) -> dict[str, Any]:
        return {name: value for name, value in segment_fields(piece).items() if name not in ADDED_SINCE}

    def row_of(fields: dict[str, Any], vectors: Any) -> Any:
        made = row(fields, vectors)
        made.properties.pop("place", None)
        return made

    with pytest.MonkeyPatch.context() as earlier:
        first = [each for each in properties() if each.name not in ADDED_SINCE]
        earlier.setattr(weaviate_collection, "_properties", lambda: first)
        earlier.setattr(weaviate_rows, "segment_fields", fields_of)
        earlier.setattr(weaviate_rows, "_row", row_of)
        yield


def properties_of(home: Home) -> set[str]:
    with collection_of(home) as collection:
        return {each.name for each in collection.config.get().properties}


@pytest.mark.parametrize(
    "spaces",
    [[replace(WORDS, model="words-model@2"), PICTURES], [replace(WORDS, dimensions=5), PICTURES], [WORDS]],
    ids=["another version", "another size", "a space less"],
)
def test_a_collection_of_other_models_is_refused_with_what_to_do(home: Home, spaces: Sequence[Space]) -> None:
    opened(home).write([an_object("a.txt", "boat")])
    with pytest.raises(IndexMismatch, match="go back to the profile it was made with, or delete it "):
        record_of(opened(home, spaces), A)


def test_the_order_of_the_spaces_does_not_matter(home: Home) -> None:
    each = an_object("a.txt", "boat")
    opened(home).write([each])
    assert found_near(opened(home, [PICTURES, WORDS])) == ids_of(each)


def test_a_collection_that_was_left_without_its_alias_is_taken_up(home: Home) -> None:
    each = an_object("a.txt", "boat")
    opened(home).write([each])
    url, grpc, key, _, alias = home.place.split()
    with connect(url, grpc, key) as client:
        client.alias.delete(alias_name=alias)
    assert found_near(opened(home)) == ids_of(each)


def test_a_collection_of_an_earlier_version_goes_on_with_the_properties_that_it_lacked(home: Home) -> None:
    old = an_object("old", "boat", "ship")
    with first_version():
        opened(home).write([old])
    assert properties_of(home).isdisjoint(ADDED_SINCE)
    index = opened(home)
    new = an_object("new", "boat", taken=Taken(datetime(2024, 5, 1, tzinfo=UTC), (59.33, 18.07)))
    assert index.write([new]) == [True]
    assert sorted(found_near(index)) == sorted(ids_of(old) + ids_of(new))
    assert list(index.around(index.segments(ids_of(old))[0], reach=3)) == []
    assert found_near(index, Filters(near=Near(59.3, 18.0, 10))) == ids_of(new)
    assert found_near(opened(home), Filters(taken_until=datetime(2025, 1, 1, tzinfo=UTC))) == ids_of(new)


def test_a_collection_of_other_models_is_refused_before_it_is_changed(home: Home) -> None:
    with first_version():
        opened(home).write([an_object("old", "boat")])
    with pytest.raises(IndexMismatch):
        record_of(opened(home, [WORDS]), A)
    assert properties_of(home).isdisjoint(ADDED_SINCE)


def test_a_wrong_key_is_one_line_that_says_so(home: Home) -> None:
    with pytest.raises(ServiceUnavailable, match="refuses the API key") as refused:
        record_of(opened(home, api_key="wrong"), A)
    assert "\n" not in refused.value.message


def test_no_key_is_one_line_that_says_so(home: Home) -> None:
    with pytest.raises(ServiceUnavailable, match="refuses the API key"):
        record_of(opened(home, api_key=""), A)


def test_a_server_that_is_not_there_is_one_line_with_its_address(home: Home) -> None:
    index = opened(home, url="http://127.0.0.1:1", grpc="127.0.0.1:2")
    with pytest.raises(ServiceUnavailable, match=r"http://127\.0\.0\.1:1\b.*refused") as refused:
        record_of(index, A)
    assert "\n" not in refused.value.message


def test_making_an_index_object_loads_no_vendor_and_connects_to_nothing() -> None:
    program = (
        "import sys; from workers.adapters.index.weaviate import WeaviateIndex; "
        "WeaviateIndex('http://127.0.0.1:1', '127.0.0.1:2', '', [], None); "
        "sys.exit(bool({'weaviate', 'grpc'} & set(sys.modules)))"
    )
    assert run([executable, "-c", program], check=False).returncode == 0


def test_a_closed_index_may_be_used_again(home: Home) -> None:
    index, each = opened(home), an_object("a.txt", "boat")
    index.write([each])
    index.close()
    assert found_near(index) == ids_of(each)
