"""Options that narrow a search to when and where pictures were taken."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from omnibus.cli.questions import narrowed, question
from schemas.questions import QueryFilters


def filters_of(after: str | None = None, before: str | None = None, near: str | None = None) -> QueryFilters:
    return question("boats", None, narrowed([], "", after, before, near)).filters


def test_a_day_begins_at_midnight_utc() -> None:
    assert filters_of(after="2024-05-01").taken_after == datetime(2024, 5, 1, tzinfo=UTC)


def test_a_time_may_have_its_offset() -> None:
    moment = datetime(2024, 5, 1, 18, 30, tzinfo=timezone(timedelta(hours=2)))
    assert filters_of(before="2024-05-01T18:30+02:00").taken_before == moment


def test_a_place_is_degrees_and_kilometres() -> None:
    near = filters_of(near="59.33,-18.07,5").near
    assert (near.latitude, near.longitude, near.km) == (59.33, -18.07, 5)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"after": "May"}, "--taken-after May: write it as 2024-05-01"),
        ({"before": "01/05/2024"}, "--taken-before 01/05/2024"),
        ({"near": "Stockholm"}, "--near Stockholm: write degrees north and east, and kilometres"),
        ({"near": "59.33,18.07"}, "--near"),
        ({"near": "99,18.07,5"}, "filters.near.latitude"),
        ({"near": "59,18.07,0"}, "filters.near.km"),
        ({"near": "nan,18.07,5"}, "filters.near.latitude"),
    ],
)
def test_what_cannot_be_read_is_one_line_with_the_option(given: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        filters_of(**given)
    assert "\n" not in str(refused.value)
