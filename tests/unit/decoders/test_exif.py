"""When and where a picture was taken, as its camera wrote; what is absurd costs the field, and nothing else."""

import contextlib
import io
import random
from datetime import UTC, datetime
from typing import Any

import pillow_heif
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Picture, Taken
from workers.errors import Permanent

TAKEN, OFFSET, SCANNED, CHANGED = 0x9003, 0x9011, 0x9004, 0x0132
NOON = "2024:05:01 12:00:00"
NOON_UTC = int(datetime(2024, 5, 1, 12, tzinfo=UTC).timestamp())
STOCKHOLM = {1: "N", 2: (59.0, 19.0, 48.0), 3: "E", 4: (18.0, 4.0, 12.0)}


def photo(exif: dict[int, Any] | None = None, gps: dict[int, Any] | None = None, changed: str = "") -> bytes:
    """A picture with these tags."""
    written = Image.Exif()
    written[CHANGED] = changed
    written.get_ifd(0x8769).update(exif or {})
    written.get_ifd(0x8825).update(gps or {})
    return saved("JPEG", exif=written)


def saved(codec: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, codec, **options)
    return buffer.getvalue()


def taken(data: bytes) -> Taken:
    picture = decode(data, "a", DecodeLimits())
    assert isinstance(picture, Picture)
    return picture.taken


@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_time_and_place_are_read_in_every_format_that_has_them(codec: str) -> None:
    pillow_heif.register_heif_opener()
    exif = Image.open(io.BytesIO(photo({TAKEN: NOON, OFFSET: "+02:00"}, STOCKHOLM))).info["exif"]
    assert taken(saved(codec, exif=exif)) == Taken(NOON_UTC - 2 * 3600, (59.33, 18.07))


def test_time_and_place_are_read_in_tiff() -> None:
    tags = ImageFileDirectory_v2()
    tags[0x8769], tags[0x8825] = {TAKEN: NOON}, STOCKHOLM
    assert taken(saved("TIFF", tiffinfo=tags)) == Taken(NOON_UTC, (59.33, 18.07))


def test_a_picture_without_either_has_neither() -> None:
    assert taken(photo()) == Taken()


@pytest.mark.parametrize(
    ("exif", "seconds"),
    [
        ({TAKEN: NOON}, NOON_UTC),
        ({TAKEN: NOON, OFFSET: "-09:30"}, NOON_UTC + 34_200),
        ({TAKEN: NOON, OFFSET: "   :  "}, NOON_UTC),
        ({TAKEN: NOON, OFFSET: "+99:00"}, NOON_UTC),
        ({SCANNED: NOON}, NOON_UTC),
        ({TAKEN: "    :  :     :  :  ", SCANNED: NOON}, NOON_UTC),
        ({TAKEN: "2024-05-01T12:00:00"}, NOON_UTC),
        ({TAKEN: "1969:07:20 20:17:00"}, -14_182_980),
    ],
    ids=["no zone", "zone", "blank zone", "absurd zone", "scanned", "blank time", "ISO 8601", "before 1970"],
)
def test_a_time_without_an_offset_counts_as_utc(exif: dict[int, Any], seconds: int) -> None:
    assert taken(photo(exif)).at == seconds


def test_when_the_file_was_changed_does_not_count() -> None:
    assert taken(photo(changed=NOON)) == Taken()


@pytest.mark.parametrize(
    "absurd",
    ["0000:00:00 00:00:00", "2024:13:01 12:00:00", "2024:02:30 12:00:00", "9999:12:31 23:59:59", "0001:01:01 00:00:00",
     "2024:05:01 25:00:00", "yesterday", "", "2024", "\0" * 19, "2" * 10_000, b"\xff\xfe\xfd", 20240501, (1, 2)],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_an_absurd_time_costs_the_time_only(absurd: Any) -> None:
    assert taken(photo({TAKEN: absurd}, STOCKHOLM)) == Taken(None, (59.33, 18.07))


@pytest.mark.parametrize(
    "absurd",
    [
        {2: (IFDRational(59, 0), 0.0, 0.0)},
        {2: (IFDRational(0, 0), IFDRational(0, 0), IFDRational(0, 0))},
        {2: (91.0, 0.0, 0.0)},
        {4: (181.0, 0.0, 0.0)},
        {4: (18.0, 61.0, 0.0)},
        {4: (18.0, 4.0)},
        {4: 18.0},
        {1: "X"},
        {1: ""},
        {3: 7},
        {2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)},
    ],
    ids=str,
)
def test_an_absurd_place_costs_the_place_only(absurd: dict[int, Any]) -> None:
    assert taken(photo({TAKEN: NOON}, STOCKHOLM | absurd)) == Taken(NOON_UTC, None)


def test_south_and_west_are_negative() -> None:
    assert taken(photo(gps={1: "S", 2: (22.0, 57.0, 0.0), 3: "W", 4: (43.0, 12.6, 0.0)})).place == (-22.95, -43.21)


def test_damaged_metadata_never_cost_the_picture_more_than_damage_does() -> None:
    original = photo({TAKEN: NOON, OFFSET: "+02:00"}, STOCKHOLM)
    start = original.index(b"Exif")
    dice = random.Random("exif")
    for _ in range(500):
        data = bytearray(original)
        for _ in range(dice.randint(1, 20)):
            data[start + 6 + dice.randrange(200)] = dice.randrange(256)
        found = Taken()
        with contextlib.suppress(Permanent):
            found = taken(bytes(data))
        assert found.place is None or (abs(found.place[0]) <= 90 and abs(found.place[1]) <= 180)
