"""The contract of `workers.ports.index.Index` for when and where pictures were taken: every adapter keeps it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from index_adapters import an_object, towards
from index_searches import found_by, found_near, keys_of

from workers.domain.hit import Filters
from workers.domain.segment import IndexedObject
from workers.domain.taken import Near, Taken
from workers.ports.index import Index

MAY = datetime(2024, 5, 1, tzinfo=UTC)
HARBOUR, TOWER = (59.33, 18.07), (48.86, 2.29)


def photo(key: str, at: datetime | None = None, place: tuple[float, float] | None = None) -> IndexedObject:
    return an_object(key, "a boat", vector=towards(1, 0, 0, 0), taken=Taken(at, place))


@pytest.fixture
def photos(index: Index) -> Index:
    """Some with a time, some with a place, one with neither."""
    index.write(
        [
            photo("april", MAY - timedelta(seconds=1), TOWER),
            photo("may", MAY, HARBOUR),
            photo("moon", datetime(1969, 7, 20, 20, 17, tzinfo=UTC)),
            photo("rio", None, (-22.95, -43.21)),
            photo("unknown"),
        ]
    )
    return index


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (Filters(taken_from=MAY), {"may"}),
        (Filters(taken_until=MAY), {"april", "moon"}),
        (Filters(taken_from=MAY - timedelta(days=1), taken_until=MAY), {"april"}),
        (Filters(taken_from=MAY.astimezone(timezone(timedelta(hours=-9)))), {"may"}),
        (Filters(taken_until=datetime(1970, 1, 1, tzinfo=UTC)), {"moon"}),
        (Filters(taken_from=MAY + timedelta(microseconds=1)), set()),
        (Filters(near=Near(59.3, 18.0, 10)), {"may"}),
        (Filters(near=Near(-22.9, -43.2, 10)), {"rio"}),
        (Filters(near=Near(50, 10, 2000)), {"april", "may"}),
        (Filters(near=Near(50, 10, 2000), taken_until=MAY), {"april"}),
        (Filters(near=Near(0, 0, 20_000)), {"april", "may", "rio"}),
        (Filters(near=Near(59.3, 18.0, 10), prefix="x"), set()),
        (Filters(), {"april", "may", "moon", "rio", "unknown"}),
    ],
    ids=[
        "from",
        "until",
        "span",
        "zone",
        "before 1970",
        "fraction of a second",
        "near",
        "south and west",
        "far around",
        "both",
        "everywhere",
        "prefix",
        "nothing asked",
    ],
)
def test_only_what_was_taken_then_and_there_is_found(photos: Index, filters: Filters, keys: set[str]) -> None:
    assert keys_of(photos, found_near(photos, filters)) == keys
    assert keys_of(photos, found_by(photos, "boat", filters)) == keys


def test_places_on_both_sides_of_the_date_line_are_near_each_other(index: Index) -> None:
    index.write([photo("west", place=(-16.8, 179.9)), photo("east", place=(-16.8, -179.9)), photo("far", place=TOWER)])
    for longitude in (179.99, -179.99, 180, -180):
        assert keys_of(index, found_near(index, Filters(near=Near(-16.8, longitude, 30)))) == {"west", "east"}


def test_around_a_pole_every_longitude_is_near(index: Index) -> None:
    index.write([photo("one", place=(89.9, 10)), photo("other", place=(89.9, -170)), photo("far", place=(80, 10))])
    assert keys_of(index, found_near(index, Filters(near=Near(89.95, 100, 50)))) == {"one", "other"}


def test_a_picture_that_is_indexed_anew_without_its_time_is_not_found_by_it(index: Index) -> None:
    index.write([photo("a", MAY, HARBOUR)])
    index.write([an_object("a", "a boat", moment=2)])
    assert found_near(index, Filters(taken_from=MAY)) == []
    assert found_near(index, Filters(near=Near(*HARBOUR, 5))) == []
    assert keys_of(index, found_near(index)) == {"a"}
