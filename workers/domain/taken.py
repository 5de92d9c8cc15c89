"""When and where a picture was taken, and the part of the earth that a search may be narrowed to."""

from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, degrees, inf, radians, sin

EARTH_KM = 6371.0088
"""The mean radius (IUGG)."""
Span = tuple[float, float]
"""Degrees, from and to, both within."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a camera wrote into its picture. `at` has a time zone; degrees north and east; either may be missing."""

    at: datetime | None = None
    place: tuple[float, float] | None = None


UNKNOWN = Taken()


@dataclass(frozen=True, slots=True)
class Near:
    """As far as `km` to the north, south, east and west of a place, in degrees north and east: a square around it."""

    latitude: float
    longitude: float
    km: float

    @property
    def latitudes(self) -> Span:
        """The parallels between which it lies."""
        reach = degrees(self.km / EARTH_KM)
        return max(-90.0, self.latitude - reach), min(90.0, self.latitude + reach)

    @property
    def longitudes(self) -> tuple[Span, ...]:
        """The meridians between which it lies: two spans across the date line, all of them around a pole.

        A circle reaches its easternmost point nearer to the pole than its centre is, so it is a little wider than along
        its own parallel. Source: J. P. Matuschek, "Finding Points Within a Distance of a Latitude/Longitude".
        """
        reach = _width(self.latitude, self.km)
        if reach >= 180:
            return ((-180.0, 180.0),)
        west, east = self.longitude - reach, self.longitude + reach
        if west < -180:
            return (west + 360, 180.0), (-180.0, east)
        if east > 180:
            return (west, 180.0), (-180.0, east - 360)
        return ((west, east),)


def _width(latitude: float, km: float) -> float:
    """Degrees of longitude that a circle reaches to either side; infinite where it has a pole in it."""
    angle, parallel = km / EARTH_KM, radians(latitude)
    if abs(parallel) + angle >= radians(90):
        return inf
    return degrees(asin(sin(angle) / cos(parallel)))
