"""A square around a place has all of the circle around it in it, wherever on the earth."""

from math import acos, cos, degrees, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.taken import EARTH_KM, Near

PLACES = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """In kilometres along a great circle."""
    a, b, turn = radians(one[0]), radians(other[0]), radians(one[1] - other[1])
    return EARTH_KM * acos(max(-1.0, min(1.0, sin(a) * sin(b) + cos(a) * cos(b) * cos(turn))))


def holds(near: Near, place: tuple[float, float]) -> bool:
    south, north = near.latitudes
    return south <= place[0] <= north and any(west <= place[1] <= east for west, east in near.longitudes)


@given(PLACES, PLACES, st.floats(0.1, 20_100))
def test_all_that_is_within_reach_is_in_it(centre: tuple[float, float], place: tuple[float, float], km: float) -> None:
    if distance(centre, place) <= km * 0.999_999 - 0.01:
        assert holds(Near(*centre, km), place)


@given(PLACES, st.floats(0.1, 20_100))
def test_its_spans_are_on_the_earth(centre: tuple[float, float], km: float) -> None:
    near = Near(*centre, km)
    assert -90 <= near.latitudes[0] <= near.latitudes[1] <= 90
    assert all(-180 <= west <= east <= 180 for west, east in near.longitudes)


def test_it_reaches_as_far_as_it_says() -> None:
    near = Near(0, 20, 111.195)
    assert near.latitudes == (pytest.approx(-1, abs=1e-4), pytest.approx(1, abs=1e-4))
    assert near.longitudes == ((pytest.approx(19, abs=1e-4), pytest.approx(21, abs=1e-4)),)
    assert degrees(111.195 / EARTH_KM) == pytest.approx(1, abs=1e-4)
